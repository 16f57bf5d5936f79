//! From TOML to the keys of the schema: unknown keys, values of the wrong type and secrets are refused, each with its line
//! and what was likely meant.
//!
//! Whether a text means anything is for whoever reads the input; here it has its type only.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Document, Project};
use crate::action::error::InputError;
use crate::action::nearest::nearest;
use crate::action::schema::aliases::{another_name, answer_to, foreign_named};
use crate::action::schema::{INPUTS, Input, Kind, ModeName, input_named};

/// Keys by the name of the input.
pub(crate) type Entries = BTreeMap<&'static str, Entry>;

/// A key's value as the text that an input would have, and its line, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// Keys for all modes, and keys for one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) common: Entries,
    pub(crate) modes: BTreeMap<ModeName, Entries>,
}

/// The table that holds a table for each project.
const PROJECT: &str = "project";

/// Inputs that tell which file and which project; they cannot stand in the file.
const CHOOSERS: [(&str, &str); 3] = [
    (
        "mode",
        "the step or the command says what to do: keys for one mode stand below its name, such as `[publish]`",
    ),
    ("config", "the file was found already: give it as an input or a flag"),
    (
        PROJECT,
        "a project is a table, `[project.NAME]`; which of them is released is said by the input `project`",
    ),
];

/// Keys that only cargo-release has, whose file has the same name.
const CARGO_RELEASE: [&str; 16] = [
    "allow-branch",
    "consolidate-commits",
    "dependent-version",
    "dev-version",
    "enable-all-features",
    "owners",
    "pre-release-commit-message",
    "pre-release-hook",
    "pre-release-replacements",
    "push",
    "push-options",
    "push-remote",
    "shared-version",
    "sign-commit",
    "sign-tag",
    "tag-name",
];

/// What to do where the file is not ours.
const ANOTHER_FILE: &str = "name one of your own by the input `config`, or `config: none`";

/// The input that is called like a mode. At the top it is a key of cargo-release's, too, and says something else there.
const PUBLISH: &str = "publish";

/// Reads the text of `file`.
///
/// # Errors
/// For the first line that cannot be used.
pub(super) fn read(file: &str, text: &str) -> Result<Document, InputError> {
    let reader = Reader { file, text, starts: text.match_indices('\n').map(|(at, _)| at + 1).collect() };
    let table = DeTable::parse(text).map_err(|error| reader.malformed(&error))?;
    reader.document(table.get_ref()).map_err(|mut faults| {
        faults.sort_by_key(|fault| fault.at);
        let others = faults.len().saturating_sub(1);
        let Fault { at, why, hint, unknown } =
            faults.into_iter().next().expect("a document without faults is one");
        let more = match others {
            0 => String::new(),
            1 => " (and another line cannot be used)".to_owned(),
            others => format!(" (and {others} other lines cannot be used)"),
        };
        let hint = hint.or_else(|| unknown.map(|(scope, name)| meant(scope, &name)));
        reader.error(Some(at), format!("{why}{more}"), hint)
    })
}

/// Something that cannot be used, and where it begins.
struct Fault {
    at: usize,
    why: String,
    hint: Option<String>,
    /// A key that is none, and where: what was meant is worked out for the fault that is told only.
    unknown: Option<(Keys, String)>,
}

impl Fault {
    fn new(at: usize, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { at, why: why.into(), hint: Some(hint.into()), unknown: None }
    }
}

/// Which keys may stand in a place: those of all modes, or of one.
type Keys = Option<ModeName>;

/// Where a key stands.
#[derive(Clone, Copy)]
enum Scope<'a> {
    Top,
    Project(&'a str),
    Mode(ModeName),
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    /// Where lines begin, but for the first.
    starts: Vec<usize>,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at) + 1
    }

    fn error(&self, at: Option<usize>, why: String, hint: Option<String>) -> InputError {
        let line = at.map(|at| self.line(at));
        InputError::Config { file: self.file.to_owned(), line, why, hint }
    }

    fn malformed(&self, error: &toml::de::Error) -> InputError {
        let at = error.span().map(|span| span.start);
        let named = error.span().and_then(|span| self.text.get(span)).unwrap_or_default();
        let hint = match named.trim_matches(['"', '\'']) {
            // A mode and an input have this name, and TOML has room for one of them.
            "publish" => "`[publish]` is the mode: write the input `publish` below `[create-release]`",
            _ => {
                "texts stand in quotes, lists in `[…]`, and tables are called `[publish]` or `[project.NAME]`"
            }
        };
        let why = format!("this is no TOML: {}", shown(error.message()));
        self.error(at, why, Some(hint.to_owned()))
    }

    fn document(&self, table: &DeTable<'_>) -> Result<Document, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut projects = Vec::new();
        let common = self.layer(table, Scope::Top, &mut faults, |faults, value| {
            let DeValue::Table(tables) = value.get_ref() else { return false };
            for (name, value) in tables {
                let at = name.span().start;
                let DeValue::Table(table) = value.get_ref() else {
                    let why = format!("`{}` is no table", shown(name.get_ref()));
                    faults.push(Fault::new(at, why, CHOOSERS[2].1));
                    continue;
                };
                if name.get_ref().trim() != name.get_ref() || name.get_ref().is_empty() {
                    let hint = "give it the project's name, such as `[project.sample]`";
                    faults.push(Fault::new(at, "a project has no name, or blanks around it", hint));
                }
                let layer = self.layer(table, Scope::Project(name.get_ref()), faults, |_, _| false);
                projects.push(Project { name: name.get_ref().to_string(), layer });
            }
            true
        });
        if table.iter().any(|(key, _)| CARGO_RELEASE.contains(&&**key.get_ref())) {
            let hint = format!("this looks like the file of cargo-release: {ANOTHER_FILE}");
            faults.iter_mut().for_each(|fault| fault.hint = Some(hint.clone()));
        }
        if faults.is_empty() { Ok(Document { common, projects }) } else { Err(faults) }
    }

    /// The keys of a table, and the tables of modes in it. `projects` takes the value of the key `project`, where one may
    /// stand.
    fn layer(
        &self,
        table: &DeTable<'_>,
        scope: Scope<'_>,
        faults: &mut Vec<Fault>,
        mut projects: impl FnMut(&mut Vec<Fault>, &Spanned<DeValue<'_>>) -> bool,
    ) -> Layer {
        let mut layer = Layer::default();
        for (key, value) in table {
            let name: &str = key.get_ref();
            if name == PROJECT && projects(faults, value) {
                continue;
            }
            if let (Ok(mode), DeValue::Table(table)) = (name.parse::<ModeName>(), value.get_ref()) {
                let entries = self.entries(table, mode, faults);
                layer.modes.insert(mode, entries);
                continue;
            }
            if let Some((row, entry)) = self.entry(scope, key, value, faults) {
                layer.common.insert(row.name, entry);
            }
        }
        layer
    }

    fn entries(&self, table: &DeTable<'_>, mode: ModeName, faults: &mut Vec<Fault>) -> Entries {
        let entry = |(key, value)| {
            let (row, entry) = self.entry(Scope::Mode(mode), key, value, faults)?;
            Some((row.name, entry))
        };
        table.iter().filter_map(entry).collect()
    }

    fn entry(
        &self,
        scope: Scope<'_>,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        faults: &mut Vec<Fault>,
    ) -> Option<(&'static Input, Entry)> {
        let at = key.span().start;
        let found = row(scope, key.get_ref()).and_then(|row| Ok((row, value_of(row, value.get_ref())?)));
        match found {
            Ok((row, text)) => Some((row, Entry { text, line: self.line(at) })),
            Err(Refusal { why, hint }) => {
                let unknown = hint.is_none().then(|| (scope.keys(), key.get_ref().to_string()));
                faults.push(Fault { at, why, hint, unknown });
                None
            }
        }
    }
}

/// Why a key or value cannot be used. Without a hint it is a key that there is not.
struct Refusal {
    why: String,
    hint: Option<String>,
}

fn refusal(why: impl Into<String>, hint: impl Into<String>) -> Refusal {
    Refusal { why: why.into(), hint: Some(hint.into()) }
}

impl Scope<'_> {
    const fn keys(self) -> Keys {
        match self {
            Self::Top | Self::Project(_) => None,
            Self::Mode(mode) => Some(mode),
        }
    }
}

/// The input that a key names.
fn row(scope: Scope<'_>, name: &str) -> Result<&'static Input, Refusal> {
    if let Some((_, hint)) = CHOOSERS.iter().find(|(chooser, _)| *chooser == name) {
        return Err(refusal(format!("`{name}` cannot be said here"), *hint));
    }
    let found = input_named(name);
    match scope {
        Scope::Top if name == PUBLISH => {
            return Err(refusal(below_its_mode(""), is_cargo_release()));
        }
        Scope::Project(project) if name == PUBLISH => {
            let why = below_its_mode(&format!("project.{}.", shown(project)));
            return Err(refusal(why, "write it there, or leave it out"));
        }
        Scope::Top | Scope::Project(_) | Scope::Mode(_) => {}
    }
    if let Some(Input { kind: Kind::Secret, name, .. }) = found {
        let why = format!("`{name}` is a secret, and whoever sees the repository reads this file");
        let given = format!("`{name}: ${{{{ secrets.… }}}}`");
        let hint = format!("keep it in the secrets of the repository, and give it in the workflow: {given}");
        return Err(refusal(why, hint));
    }
    match (found, scope) {
        (Some(row), Scope::Mode(mode)) if !row.modes.contains(&mode) => {
            let modes: Vec<_> = row.modes.iter().map(|mode| format!("`{mode}`")).collect();
            Err(refusal(
                format!("`{mode}` has no input `{name}`"),
                format!("it belongs to {}", modes.join(", ")),
            ))
        }
        (Some(row), _) => Ok(row),
        (None, scope) => {
            let name = shown(name);
            let why = match scope {
                Scope::Top => format!("there is no key `{name}`"),
                Scope::Project(project) => {
                    format!("there is no key `{name}` for the project `{}`", shown(project))
                }
                Scope::Mode(mode) => format!("`{mode}` has no input `{name}`"),
            };
            Err(Refusal { why, hint: None })
        }
    }
}

fn below_its_mode(table: &str) -> String {
    format!("`{PUBLISH}` is the mode here, and its input stands below `[{table}create-release]`")
}

fn is_cargo_release() -> String {
    format!("is this the file of cargo-release? Then {ANOTHER_FILE}")
}

/// What was likely meant by a key that is none.
fn meant(keys: Keys, name: &str) -> String {
    if let Some(ours) = another_name(name) {
        return format!("`{name}` is another action's name: write `{ours}` here");
    }
    if let Some(foreign) = foreign_named(name) {
        return foreign.instead.to_owned();
    }
    let may_stand = |row: &&Input| keys.is_none_or(|mode| row.modes.contains(&mode));
    let is_chooser = |row: &&Input| CHOOSERS.iter().any(|(name, _)| *name == row.name);
    let rows = INPUTS.iter().filter(may_stand).filter(|row| !is_chooser(row));
    let modes = ModeName::ALL.iter().filter(|_| keys.is_none()).map(|mode| mode.as_str());
    match nearest(name, rows.map(|row| row.name).chain(modes)) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "the keys are the inputs that `docs/inputs.md` lists, and the names of modes".to_owned(),
    }
}

/// Whether an input of this kind has several entries.
const fn is_list(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Text | Kind::Flag | Kind::Folder | Kind::File | Kind::Address | Kind::Secret | Kind::Mode
    )
}

/// Whether this truth value is one of the words of an input that takes a text, or has an answer as another action's.
fn has_truth_values(row: &Input, flag: bool) -> bool {
    let is_word = row.doc.contains("`true`") && row.doc.contains("`false`");
    is_word || answer_to(row.name, if flag { "true" } else { "false" }).is_some()
}

/// The text that the input would have.
fn value_of(row: &Input, value: &DeValue<'_>) -> Result<String, Refusal> {
    let name = row.name;
    match (row.kind, value) {
        (Kind::Flag, DeValue::Boolean(flag)) => Ok(flag.to_string()),
        (Kind::Flag, _) => Err(refusal(
            format!("`{name}` takes `true` or `false`, and {} stands there", kind_of(value)),
            format!("write `{name} = true`, without quotes"),
        )),
        (kind, DeValue::Array(entries)) if is_list(kind) => {
            let entries = entries.iter().map(|entry| list_entry(name, entry.get_ref()));
            Ok(entries.collect::<Result<Vec<_>, _>>()?.join("\n"))
        }
        (_, DeValue::String(text)) => Ok(text.to_string()),
        (Kind::Text, DeValue::Boolean(flag)) if has_truth_values(row, *flag) => Ok(flag.to_string()),
        // There, `tag = false` keeps it from making tags.
        (Kind::Text, DeValue::Boolean(_)) if name == "tag" => Err(refusal(
            format!("`{name}` takes a text, and {} stands there", kind_of(value)),
            is_cargo_release(),
        )),
        (Kind::Text | Kind::List, DeValue::Integer(number)) if number.radix() == 10 => {
            Ok(number.as_str().to_owned())
        }
        (kind, value) => {
            let takes = if is_list(kind) { "a list of texts" } else { "a text" };
            let form = if is_list(kind) { "[\"…\"]" } else { "\"…\"" };
            let why = format!("`{name}` takes {takes}, and {} stands there", kind_of(value));
            Err(refusal(why, format!("write `{name} = {form}`")))
        }
    }
}

fn list_entry(name: &str, value: &DeValue<'_>) -> Result<String, Refusal> {
    match value {
        DeValue::String(text) if text.trim().contains(['\n', '\r']) => {
            let why = format!("an entry of `{name}` has several lines");
            Err(refusal(why, "give each line an entry of its own"))
        }
        DeValue::String(text) => Ok(text.trim().to_owned()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        other => {
            let why = format!("an entry of `{name}` is {}, and not a text", kind_of(other));
            Err(refusal(why, "put it in quotes"))
        }
    }
}

const fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A stranger's text, short and without control characters.
fn shown(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}
