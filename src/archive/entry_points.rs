//! `entry_points.txt`, as Python's `configparser` reads it when it keeps the case of names and knows `=` only.
//!
//! Source: the entry points specification, which names that parser. `importlib.metadata`, which installers use,
//! has a simpler one: it knows neither comments with `;` nor values of several lines, and fails on both.

use std::collections::BTreeSet;
use std::sync::Arc;

/// The groups that installers make commands of.
pub const SCRIPT_GROUPS: [&str; 2] = ["console_scripts", "gui_scripts"];

/// What `entry_points.txt` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryPoints {
    /// The entries, in the order of the file.
    pub entries: Vec<EntryPoint>,
    /// What no reader, or not every reader, takes.
    pub faults: Vec<Fault>,
}

/// One entry: `name = module:attribute [extra]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// The group where it stands.
    pub group: Arc<str>,
    /// Its name.
    pub name: String,
    /// What stands behind the `=`, without the blanks around it.
    pub value: String,
}

/// A line that not every reader takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its number, from 1.
    pub line: usize,
    /// Its text, shortened.
    pub text: String,
    /// Why.
    pub what: FaultKind,
}

/// Why not every reader takes a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// It stands before the first group.
    NoGroup,
    /// It starts a group that was there before.
    RepeatedGroup,
    /// It has the name of an entry that was there before in the same group.
    RepeatedName,
    /// It is no group and no entry.
    NoEntry,
    /// It is a comment in a group that starts with `;`.
    Semicolon,
    /// It continues the value of the line before.
    Continuation,
}

/// An entry's value, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectPath<'a> {
    /// The module.
    pub module: &'a str,
    /// What is taken from the module, where something is.
    pub attribute: Option<&'a str>,
    /// What stands in the brackets behind it, where some are.
    pub extras: Option<&'a str>,
}

impl EntryPoints {
    /// Reads the text line by line.
    pub fn parse(text: &str) -> Self {
        let mut reader = Reader::default();
        for (index, line) in text.split('\n').enumerate() {
            reader.line(index + 1, line);
        }
        reader.read
    }

    /// The entries that become commands.
    pub fn scripts(&self) -> impl Iterator<Item = &EntryPoint> {
        self.entries.iter().filter(|entry| entry.is_script())
    }
}

impl EntryPoint {
    /// Whether installers make a command of it.
    pub fn is_script(&self) -> bool {
        SCRIPT_GROUPS.contains(&&*self.group)
    }

    /// Its value, taken apart; the parts are as they are written.
    pub fn object(&self) -> ObjectPath<'_> {
        let (path, extras) = match self.value.split_once('[') {
            Some((path, extras)) => (path.trim(), Some(extras.trim().trim_end_matches(']').trim())),
            None => (self.value.as_str(), None),
        };
        let (module, attribute) = match path.split_once(':') {
            Some((module, attribute)) => (module.trim(), Some(attribute.trim())),
            None => (path, None),
        };
        ObjectPath { module, attribute, extras }
    }
}

#[derive(Default)]
struct Reader {
    read: EntryPoints,
    group: Option<Arc<str>>,
    groups: BTreeSet<Arc<str>>,
    names: BTreeSet<(Arc<str>, String)>,
    indentation: usize,
    /// Whether a value is open, which a deeper line continues.
    in_value: bool,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) {
        let text = line.trim_matches(is_blank);
        let fault = |what| Fault { line: number, text: super::shown(text), what };
        if text.is_empty() || text.starts_with('#') {
            return;
        }
        if text.starts_with(';') {
            // Before the first group `importlib.metadata` passes over any line.
            if self.group.is_some() {
                self.read.faults.push(fault(FaultKind::Semicolon));
            }
            return;
        }
        let indentation = line.chars().take_while(|c| is_blank(*c)).count();
        if self.in_value && indentation > self.indentation {
            if let Some(entry) = self.read.entries.last_mut() {
                entry.value.push('\n');
                entry.value.push_str(text);
            }
            return self.read.faults.push(fault(FaultKind::Continuation));
        }
        self.indentation = indentation;
        if let Some(name) = header(text) {
            let group: Arc<str> = name.into();
            if !self.groups.insert(Arc::clone(&group)) {
                self.read.faults.push(fault(FaultKind::RepeatedGroup));
            }
            self.group = Some(group);
            self.in_value = false;
        } else {
            match (self.group.clone(), text.split_once('=')) {
                (None, _) => self.read.faults.push(fault(FaultKind::NoGroup)),
                (Some(group), Some((name, value))) if !name.is_empty() => {
                    let (name, value) = (name.trim_end_matches(is_blank), value.trim_start_matches(is_blank));
                    if !self.names.insert((Arc::clone(&group), name.to_owned())) {
                        self.read.faults.push(fault(FaultKind::RepeatedName));
                    }
                    let (name, value) = (name.to_owned(), value.to_owned());
                    self.read.entries.push(EntryPoint { group, name, value });
                    self.in_value = true;
                }
                (Some(_), _) => self.read.faults.push(fault(FaultKind::NoEntry)),
            }
        }
    }
}

/// The name of a group: between the first bracket and the last one, whatever follows.
fn header(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let end = inner.rfind(']').filter(|end| *end > 0)?;
    Some(&inner[..end])
}

/// What Python's `str.strip` takes off.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_files_are_read() {
        let text = "# tools\n[console_scripts]\r\nfoo = foomod:main\r\n\nBar=pkg.bar : Cls.run [a, b]\n\n[pytest11]\n  nbval = nbval.plugin\n";
        let read = EntryPoints::parse(text);
        let entries: Vec<_> = read.entries.iter().map(|e| (&*e.group, &*e.name, e.object())).collect();
        let object = |module, attribute, extras| ObjectPath { module, attribute, extras };
        assert_eq!(
            entries,
            [
                ("console_scripts", "foo", object("foomod", Some("main"), None)),
                ("console_scripts", "Bar", object("pkg.bar", Some("Cls.run"), Some("a, b"))),
                ("pytest11", "nbval", object("nbval.plugin", None, None)),
            ]
        );
        assert_eq!((read.faults.len(), read.scripts().count()), (0, 2));
        assert_eq!(EntryPoints::parse(""), EntryPoints::default());
    }

    /// The verdicts are those of Python's `configparser`, but for the last two.
    #[test]
    fn each_fault_has_its_kind() {
        for (text, line, what) in [
            ("a = b\n", 1, FaultKind::NoGroup),
            ("\u{feff}[g]\n", 1, FaultKind::NoGroup),
            ("[g]\n[h]\n[g]\n", 3, FaultKind::RepeatedGroup),
            ("[g]\na = b\na = c\n", 3, FaultKind::RepeatedName),
            ("[g]\na: b\n", 2, FaultKind::NoEntry),
            ("[g]\n= b\n", 2, FaultKind::NoEntry),
            ("[g]\n[]\n", 2, FaultKind::NoEntry),
            ("[g]\n; a = b\n", 2, FaultKind::Semicolon),
            ("[g]\na = b\n\n\tc\n", 4, FaultKind::Continuation),
        ] {
            let read = EntryPoints::parse(text);
            let faults: Vec<_> = read.faults.iter().map(|fault| (fault.line, fault.what)).collect();
            assert_eq!(faults, [(line, what)], "{text:?}");
        }
        let cases = EntryPoints::parse("[g]\na = b\nA = c\n[h]\na = b\n");
        assert_eq!((cases.entries.len(), cases.faults.len()), (3, 0));
    }
}
