//! What the user asked for: flags over `INPUT_*` over what the schema falls back to, and typed views of it.
//!
//! Pure, but for the questions whether a folder or file exists. An empty text is the same as none, because
//! that is what an unset input looks like in a workflow.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::env::Environment;
use super::error::InputError;
use super::files;
use super::nearest::nearest;
use super::schema::{Fallback, INPUTS, Input, Kind, ModeName, inputs_of, variable};
use super::workspace::Workspace;
use crate::model::secret::Secret;

/// Where a value came from, so that a message can send the user there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A flag.
    Flag,
    /// A bare argument.
    Argument,
    /// An input of the action.
    Input,
    /// This variable of the environment.
    Variable(&'static str),
    /// The schema.
    Default,
}

/// A value and where it came from.
#[derive(Clone)]
struct Value {
    text: String,
    source: Source,
}

/// What the command line gave, by input name. Inputs that may be repeated are joined by line ends.
pub(crate) type Flags = BTreeMap<&'static str, (String, Source)>;

/// The values of one run's inputs. `Debug` hides secrets.
#[derive(Clone)]
pub(crate) struct Inputs {
    command: &'static str,
    rows: Vec<&'static Input>,
    values: BTreeMap<&'static str, Value>,
}

impl Inputs {
    /// Finds the values of a mode's inputs. Inputs of other modes are silently left alone: the steps of one job
    /// may share their environment.
    ///
    /// # Errors
    /// When there is an `INPUT_*` variable that is no input of any mode, or one that is no text.
    pub(crate) fn of_mode(
        mode: ModeName,
        mut flags: Flags,
        environment: &Environment,
    ) -> Result<Self, InputError> {
        refuse_unknown(environment)?;
        let workspace = Workspace::of(environment);
        let rows: Vec<_> = inputs_of(mode).collect();
        let find = |row: &&'static Input| {
            let value = flags.remove(row.name).filter(|(text, _)| !text.trim().is_empty());
            let value = value.map(|(text, source)| Value { text: text.trim().to_owned(), source });
            let value = value.or_else(|| from_environment(row, environment, &workspace));
            Some((row.name, value.or_else(|| fallback(row, environment))?))
        };
        let values = rows.iter().filter_map(find).collect();
        Ok(Self { command: mode.as_str(), rows, values })
    }

    /// The values of a command that takes nothing but flags.
    pub(crate) fn of_flags(command: &'static str, rows: &'static [Input], flags: Flags) -> Self {
        let value = |(name, (text, source)): (_, (String, Source))| {
            (!text.trim().is_empty()).then(|| (name, Value { text: text.trim().to_owned(), source }))
        };
        Self { command, rows: rows.iter().collect(), values: flags.into_iter().filter_map(value).collect() }
    }

    /// The row called `name`. Asking for an input that the mode does not have is a mistake in this program.
    fn row(&self, name: &str) -> &'static Input {
        let row = self.rows.iter().find(|row| row.name == name);
        row.unwrap_or_else(|| unreachable!("`{}` has no input `{name}`", self.command))
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(self.row(name).name)
    }

    /// The text, where there is one.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.value(name).map(|value| value.text.as_str())
    }

    /// Whether the user gave it. A value equal to the default does not count: `action.yml` fills those in.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| value.source != Source::Default)
    }

    /// The text of an input that the mode cannot do without.
    ///
    /// # Errors
    /// When it is missing.
    pub(crate) fn required(&self, name: &str) -> Result<&str, InputError> {
        self.text(name).ok_or_else(|| self.missing(name))
    }

    /// The error for an input that turns out to be needed.
    pub(crate) fn missing(&self, name: &str) -> InputError {
        InputError::Missing { command: self.command, name: self.row(name).name }
    }

    /// The error for a value that turns out to be no good, for instance beside another one.
    pub(crate) fn refused(&self, name: &str, why: impl Into<String>, hint: Option<&str>) -> InputError {
        InputError::Refused { place: self.place(name), why: why.into(), hint: hint.map(str::to_owned) }
    }

    /// The value as one of the model's types, where there is one.
    ///
    /// # Errors
    /// When the text is none.
    pub(crate) fn parsed<T>(&self, name: &str) -> Result<Option<T>, InputError>
    where
        T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
    {
        self.text(name).map(|text| self.parse(name, text)).transpose()
    }

    /// Each entry of a list as one of the model's types.
    ///
    /// # Errors
    /// When one of the texts is none.
    pub(crate) fn parsed_list<T>(&self, name: &str) -> Result<Vec<T>, InputError>
    where
        T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
    {
        self.list(name).iter().map(|text| self.parse(name, text)).collect()
    }

    fn parse<T>(&self, name: &str, text: &str) -> Result<T, InputError>
    where
        T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
    {
        text.parse().map_err(|error| InputError::Value { place: self.place(name), source: Box::new(error) })
    }

    /// Whether a flag is set.
    ///
    /// # Errors
    /// When the text is neither `true` nor `false`.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, InputError> {
        match self.text(name).unwrap_or("false").to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            other => {
                let shown: String = other.chars().take(60).collect();
                Err(self.refused(name, format!("`{shown}` is neither `true` nor `false`"), None))
            }
        }
    }

    /// The entries of a list, in the order given. Paths may hold commas, so those are one a line.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let separators: &[char] =
            if self.row(name).kind == Kind::Paths { &['\n', '\r'] } else { &['\n', '\r', ','] };
        let entries = self.text(name).unwrap_or_default().split(separators).map(str::trim);
        entries.filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    }

    /// The paths of a list of files. Whether they exist shows when they are opened.
    pub(crate) fn paths(&self, name: &str) -> Vec<PathBuf> {
        self.list(name).into_iter().map(PathBuf::from).collect()
    }

    /// A secret, where there is one.
    pub(crate) fn secret(&self, name: &str) -> Option<Secret<String>> {
        self.text(name).map(|text| Secret::new(text.to_owned()))
    }

    /// All secrets among the values: mask them before anything else.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let secret = self.rows.iter().filter(|row| row.kind == Kind::Secret);
        secret.filter_map(|row| self.text(row.name)).collect()
    }

    /// A folder that may have to be made. Inputs of this kind have a default.
    ///
    /// # Errors
    /// When there is neither a value nor a default.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, InputError> {
        self.required(name).map(PathBuf::from)
    }

    /// A folder that has to be there.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn existing_folder(&self, name: &str) -> Result<PathBuf, InputError> {
        let path = self.folder(name)?;
        if files::is_folder(&path) { Ok(path) } else { Err(self.not_there(name, "folder")) }
    }

    /// A folder that has to be there when the user named it; the default may be missing.
    ///
    /// # Errors
    /// When the user named one and there is none.
    pub(crate) fn optional_folder(&self, name: &str) -> Result<Option<PathBuf>, InputError> {
        match self.text(name).map(PathBuf::from) {
            Some(path) if files::is_folder(&path) => Ok(Some(path)),
            Some(_) if self.is_given(name) => Err(self.not_there(name, "folder")),
            _ => Ok(None),
        }
    }

    /// A file that has to be there when the user named it; the default may be missing.
    ///
    /// # Errors
    /// When the user named one and there is none.
    pub(crate) fn optional_file(&self, name: &str) -> Result<Option<PathBuf>, InputError> {
        match self.text(name).map(PathBuf::from) {
            Some(path) if files::is_file(&path) => Ok(Some(path)),
            Some(_) if self.is_given(name) => Err(self.not_there(name, "file")),
            _ => Ok(None),
        }
    }

    fn not_there(&self, name: &str, what: &'static str) -> InputError {
        let path = self.text(name).unwrap_or_default().chars().take(300).collect();
        InputError::NotThere { place: self.place(name), what, path }
    }

    /// How a message names the input.
    fn place(&self, name: &str) -> String {
        let source = self.value(name).map_or(Source::Default, |value| value.source);
        match source {
            Source::Flag => format!("the flag `--{name}`"),
            Source::Argument => format!("the argument `{name}`"),
            Source::Input => format!("the input `{name}`"),
            Source::Variable(variable) => format!("`{name}` (from the variable `{variable}`)"),
            Source::Default => format!("`{name}` (its default)"),
        }
    }
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.rows.iter().filter_map(|row| {
            let Value { text, source } = self.values.get(row.name)?;
            let text = if row.kind == Kind::Secret { "***" } else { text };
            Some((row.name, (text, source)))
        });
        f.debug_map().entries(shown).finish()
    }
}

fn from_environment(
    row: &'static Input,
    environment: &Environment,
    workspace: &Option<Workspace>,
) -> Option<Value> {
    let text = environment.get(&variable(row.name))?;
    let is_path = matches!(row.kind, Kind::Folder | Kind::File | Kind::Paths);
    let text = match workspace {
        Some(workspace) if is_path => workspace.translate(text),
        _ => text.to_owned(),
    };
    let source = match row.fallback {
        Fallback::Text(default) if default == text => Source::Default,
        _ => Source::Input,
    };
    Some(Value { text, source })
}

fn fallback(row: &'static Input, environment: &Environment) -> Option<Value> {
    let default = |text: &str| Some(Value { text: text.to_owned(), source: Source::Default });
    match row.fallback {
        Fallback::Text(text) | Fallback::Named { value: text, .. } => default(text),
        Fallback::Variable { variable, .. } => {
            let text = environment.get(variable)?.to_owned();
            Some(Value { text, source: Source::Variable(variable) })
        }
        Fallback::Nothing | Fallback::Derived(_) => None,
    }
}

/// Refuses inputs that nobody would read: a mistyped one is worse than none.
fn refuse_unknown(environment: &Environment) -> Result<(), InputError> {
    // The runner itself accepts these two for every container action.
    let own = |name: &&str| !matches!(*name, "INPUT_ARGS" | "INPUT_ENTRYPOINT");
    for name in environment.names_with("INPUT_").into_iter().filter(own) {
        if environment.is_unreadable(name) {
            return Err(InputError::NoText { place: format!("the variable `{name}`") });
        }
        if !INPUTS.iter().any(|input| variable(input.name) == name) {
            let typed = name.trim_start_matches("INPUT_").to_ascii_lowercase();
            let nearest = nearest(&typed, INPUTS.iter().map(|input| input.name));
            return Err(InputError::UnknownInput { typed: typed.chars().take(60).collect(), nearest });
        }
    }
    Ok(())
}
