//! Names of targets, footnotes and substitutions, and whether whoever refers to them finds one.

use std::collections::{HashMap, HashSet};

use super::Troubles;

/// Where a target leads, if it leads away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum To {
    Address(String),
    Name(String),
}

/// What bears a name.
#[derive(Debug)]
struct Bearer {
    explicit: bool,
    /// Whether one bearer can be told; several implicit ones cannot.
    is_unique: bool,
    to: Option<To>,
}

/// A footnote or a reference to one that gets its label from docutils.
#[derive(Debug)]
pub(super) struct AutoNote {
    pub name: Option<String>,
    pub line: usize,
}

/// All names of a document and all that refer to them.
#[derive(Debug, Default)]
pub(super) struct Names {
    bearers: HashMap<String, Bearer>,
    /// References by name, of footnotes and citations too.
    pub references: Vec<(String, usize)>,
    /// Targets that lead to a name.
    pub indirect: Vec<(String, usize)>,
    pub anonymous_references: usize,
    pub anonymous_targets: usize,
    pub auto_notes: Vec<AutoNote>,
    pub auto_note_references: Vec<AutoNote>,
    pub symbol_notes: usize,
    pub symbol_references: Vec<usize>,
    /// The substitutions' names as written, with those that each one uses.
    substitutions: HashMap<String, (usize, Vec<String>)>,
    /// The same in small letters, each with one that is written so.
    folded: HashMap<String, String>,
    pub substitution_references: Vec<(String, usize)>,
}

/// A reference name as names are compared.
pub(super) fn normalized(name: &str) -> String {
    spaced(&name.to_lowercase())
}

/// `text` with one blank where it has any.
pub(super) fn spaced(text: &str) -> String {
    text.split(super::chars::is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

impl Names {
    /// Whether something bears `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.bearers.contains_key(name)
    }

    /// Notes what the text calls `name` in so many words; twice the same name is wrong.
    pub(super) fn explicit(&mut self, name: &str, to: Option<To>, line: usize, troubles: &mut Troubles) {
        let Some(old) = self.bearers.get_mut(name) else {
            self.bearers.insert(name.to_owned(), Bearer { explicit: true, is_unique: true, to });
            return;
        };
        let was_explicit = std::mem::replace(&mut old.explicit, true);
        if old.is_unique && to.is_some() && old.to == to {
            return;
        }
        if was_explicit {
            troubles.push(line, format!("two targets have the name `{name}`"));
            old.is_unique = false;
        } else {
            (old.is_unique, old.to) = (true, to);
        }
    }

    /// Notes what gets the name `name` by what it is, such as a section. True if something has it already.
    pub(super) fn implicit(&mut self, name: &str, to: Option<To>) -> bool {
        let Some(old) = self.bearers.get_mut(name) else {
            self.bearers.insert(name.to_owned(), Bearer { explicit: false, is_unique: true, to });
            return false;
        };
        if old.is_unique && to.is_some() && old.to == to {
            return true;
        }
        if old.is_unique && !old.explicit {
            old.is_unique = false;
        }
        true
    }

    /// Notes a substitution and the substitutions that it uses.
    pub(super) fn substitution(
        &mut self,
        name: String,
        uses: Vec<String>,
        line: usize,
        troubles: &mut Troubles,
    ) {
        if self.substitutions.contains_key(&name) {
            troubles.push(line, format!("the substitution `{name}` is defined twice"));
        }
        self.folded.insert(name.to_lowercase(), name.clone());
        self.substitutions.insert(name, (line, uses));
    }

    fn found_substitution<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        if self.substitutions.contains_key(name) {
            return Some(name);
        }
        self.folded.get(&name.to_lowercase()).map(String::as_str)
    }

    /// Tells of everything that refers to nothing.
    pub(super) fn resolve(&mut self, troubles: &mut Troubles) {
        self.resolve_substitutions(troubles);
        if self.anonymous_references != self.anonymous_targets {
            let (references, targets) = (self.anonymous_references, self.anonymous_targets);
            troubles.push(
                1,
                format!("there are {references} anonymous references (`__`) and {targets} anonymous targets"),
            );
        }
        self.resolve_indirect(troubles);
        self.resolve_notes(troubles);
        for (name, line) in &self.references {
            match self.bearers.get(name) {
                None => troubles.push(*line, format!("nothing has the name `{name}` that is referred to")),
                Some(bearer) if !bearer.is_unique => {
                    troubles
                        .push(*line, format!("several things have the name `{name}` that is referred to"));
                }
                Some(_) => {}
            }
        }
    }

    fn resolve_substitutions(&self, troubles: &mut Troubles) {
        for (name, line) in &self.substitution_references {
            if self.found_substitution(name).is_none() {
                troubles.push(*line, format!("the substitution `{name}` is not defined"));
            }
        }
        let mut done: HashSet<&str> = HashSet::new();
        let mut names: Vec<&String> = self.substitutions.keys().collect();
        names.sort();
        for start in names {
            // Depth first with an own stack, as a chain can be as long as the text.
            let mut path: Vec<(&str, usize)> = vec![(start, 0)];
            let mut on_path: HashSet<&str> = HashSet::from([start.as_str()]);
            while let Some((name, next)) = path.pop() {
                let Some((line, uses)) = self.substitutions.get(name) else { continue };
                let used = uses.get(next).map(|used| self.found_substitution(used));
                match used {
                    None => {
                        on_path.remove(name);
                        done.insert(name);
                    }
                    Some(used) => {
                        path.push((name, next + 1));
                        if let Some(used) = used.filter(|used| !done.contains(used)) {
                            if !on_path.insert(used) {
                                troubles.push(*line, format!("the substitution `{used}` uses itself"));
                                return;
                            }
                            path.push((used, 0));
                        }
                    }
                }
            }
        }
    }

    fn resolve_indirect(&self, troubles: &mut Troubles) {
        let mut good: HashSet<&str> = HashSet::new();
        for (first, line) in &self.indirect {
            let mut chain: HashSet<&str> = HashSet::new();
            let mut name = first.as_str();
            loop {
                if good.contains(name) {
                    break;
                }
                if !chain.insert(name) {
                    troubles.push(*line, format!("the target that leads to `{first}` comes back to itself"));
                    break;
                }
                match self.bearers.get(name) {
                    Some(Bearer { is_unique: true, to: Some(To::Name(next)), .. }) => name = next,
                    Some(Bearer { is_unique: true, .. }) => break,
                    Some(_) => {
                        troubles.push(
                            *line,
                            format!("several things have the name `{name}` that a target leads to"),
                        );
                        break;
                    }
                    None => {
                        troubles.push(*line, format!("nothing has the name `{name}` that a target leads to"));
                        break;
                    }
                }
            }
            good.extend(chain);
        }
    }

    /// Gives numbers to the footnotes that have none, as references by number may mean these.
    fn resolve_notes(&mut self, troubles: &mut Troubles) {
        let named: HashSet<&str> = self.auto_notes.iter().filter_map(|note| note.name.as_deref()).collect();
        let wanted = self.auto_note_references.iter();
        let unnamed = |note: &&AutoNote| note.name.as_deref().is_none_or(|name| !named.contains(name));
        let numbered: Vec<usize> = wanted.filter(unnamed).map(|reference| reference.line).collect();
        let mut number = 0_usize;
        let mut free = 0;
        for note in &self.auto_notes {
            loop {
                number += 1;
                if !self.bearers.contains_key(&number.to_string()) {
                    break;
                }
            }
            if note.name.is_none() {
                let bearer = Bearer { explicit: true, is_unique: true, to: None };
                self.bearers.insert(number.to_string(), bearer);
                free += 1;
            }
        }
        if let Some(line) = numbered.get(free) {
            troubles.push(*line, format!("there are more references `[#]_` than the {free} footnotes `[#]`"));
        }
        if let Some(line) = self.symbol_references.get(self.symbol_notes) {
            let notes = self.symbol_notes;
            troubles
                .push(*line, format!("there are more references `[*]_` than the {notes} footnotes `[*]`"));
        }
    }
}
