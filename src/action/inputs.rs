//! What the user asked for, and typed views of it. Which value holds is decided in `resolve`.
//!
//! Beside the configuration file, which is read once, only the question is asked whether a folder or file exists.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::config::{self, Config, Summary};
use super::env::{Environment, secrets_of};
use super::error::InputError;
use super::files;
use super::resolve::{Flags, Given, Source, Value, Values, refuse_unknown};
use super::schema::{Input, Kind, ModeName, inputs_of};
use crate::model::secret::Secret;

/// The values of one run's inputs. `Debug` hides secrets.
#[derive(Clone)]
pub(crate) struct Inputs {
    command: &'static str,
    rows: Vec<&'static Input>,
    values: Values,
    configured: Option<Summary>,
    /// Where the file's other projects lie, if one was chosen.
    other_folders: Vec<String>,
}

impl Inputs {
    /// Finds the values of a mode's inputs. Inputs of other modes are silently left alone: the steps of one job
    /// may share their environment.
    ///
    /// # Errors
    /// When there is an `INPUT_*` variable that is no input of any mode, or one that is no text; when two names of one
    /// input disagree; when the configuration file cannot be used.
    pub(crate) fn of_mode(
        mode: ModeName,
        flags: &Flags,
        environment: &Environment,
    ) -> Result<Self, InputError> {
        refuse_unknown(mode, environment)?;
        let given = Given::of(mode, flags, environment)?;
        let config = config::load(&given)?;
        let values = given.complete(config.as_ref(), environment)?;
        let configured = config.as_ref().map(Config::summary);
        let other_folders = config.map(|config| config.other_folders(mode)).unwrap_or_default();
        let rows = inputs_of(mode).collect();
        Ok(Self { command: mode.as_str(), rows, values, configured, other_folders })
    }

    /// The values of a command that takes nothing but flags.
    pub(crate) fn of_flags(command: &'static str, rows: &'static [Input], flags: Flags) -> Self {
        let value = |(name, (text, source)): (_, (String, Source))| {
            (!text.trim().is_empty()).then(|| (name, Value::new(text.trim(), source)))
        };
        let values = flags.into_iter().filter_map(value).collect();
        Self { command, rows: rows.iter().collect(), values, configured: None, other_folders: Vec::new() }
    }

    /// The row called `name`. Asking for an input that the mode does not have is a mistake in this program.
    fn row(&self, name: &str) -> &'static Input {
        let row = self.rows.iter().find(|row| row.name == name);
        row.unwrap_or_else(|| unreachable!("`{}` has no input `{name}`", self.command))
    }

    /// Whether the mode has an input called `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.rows.iter().any(|row| row.name == name)
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(self.row(name).name)
    }

    /// The text, where there is one.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.value(name).map(|value| value.text.as_str())
    }

    /// Whether the user gave it. `action.yml` states no plain defaults, so that this can be told.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| value.source != Source::Default)
    }

    /// Whether `name` was given although `other` leaves it without meaning, by somebody who has to hear of that: at the
    /// same level as `other`, or nearer. What is said further away is left aside, and so is a key of the file that is
    /// there for other modes as well.
    pub(crate) fn contradicts(&self, name: &str, other: &str) -> bool {
        let Some(Value { source, .. }) = self.value(name) else { return false };
        let is_for_others = match source {
            Source::File { table, .. } => !self.is_own(table) && self.row(name).modes.len() > 1,
            _ => false,
        };
        let own = level(source);
        own > 0 && !is_for_others && own >= self.value(other).map_or(0, |value| level(&value.source))
    }

    /// Whether a table of the file is about this mode alone.
    fn is_own(&self, table: &str) -> bool {
        table.strip_suffix(self.command).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
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
        let hint = "`docs/inputs.md` says of each input what it takes, as does `--help` on the command line";
        text.parse().map_err(|error| InputError::Value {
            place: self.place(name),
            source: Box::new(error),
            hint,
        })
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
                let why = format!("`{shown}` is neither `true` nor `false`");
                Err(self.refused(name, why, Some("write one of the two")))
            }
        }
    }

    /// The entries of a list, in the order given. Paths and commands may hold commas, so those are one a line.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let separators: &[char] = if matches!(self.row(name).kind, Kind::Paths | Kind::Commands | Kind::Lines)
        {
            &['\n', '\r']
        } else {
            &['\n', '\r', ',']
        };
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
        secret
            .flat_map(|row| self.text(row.name).into_iter().flat_map(|text| secrets_of(row.name, text)))
            .collect()
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

    /// Other projects of the configuration file that lie below `folder`, by their paths from it: what is stated there is
    /// theirs.
    pub(crate) fn projects_below(&self, folder: &Path) -> Vec<String> {
        let Ok(folder) = std::path::absolute(folder) else { return Vec::new() };
        let below = |other: &String| {
            let other = std::path::absolute(other).ok()?;
            let names = other.strip_prefix(&folder).ok()?.components();
            let names: Option<Vec<_>> = names.map(|name| name.as_os_str().to_str()).collect();
            names.filter(|names| !names.is_empty()).map(|names| names.join("/"))
        };
        self.other_folders.iter().filter_map(below).collect()
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
        let text = self.text(name).unwrap_or_default();
        let (place, path) = (self.place(name), text.chars().take(300).collect());
        if files::is_there(Path::new(text)) {
            InputError::OfOtherKind { place, what, path }
        } else {
            InputError::NotThere { place, what, path }
        }
    }

    /// How a message names the input.
    fn place(&self, name: &str) -> String {
        self.value(name).map_or_else(|| format!("`{name}` (its default)"), |value| value.place(name))
    }

    /// The configuration file and the project in it, for people; `None` where there is no file.
    pub(crate) const fn configured(&self) -> Option<&Summary> {
        self.configured.as_ref()
    }

    /// Every input of the mode, with what holds, where something does.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static Input, Option<&Value>)> {
        self.rows.iter().map(|row| (*row, self.values.get(row.name)))
    }
}

/// How near the user a value was said; what nobody said has no level.
const fn level(source: &Source) -> u8 {
    match source {
        Source::Flag | Source::Argument => 3,
        Source::Input => 2,
        Source::File { .. } => 1,
        Source::Variable(_) | Source::Default => 0,
    }
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.rows.iter().filter_map(|row| {
            let Value { text, source, alias: _ } = self.values.get(row.name)?;
            let text = if row.kind == Kind::Secret { "***" } else { text };
            Some((row.name, (text, source)))
        });
        f.debug_map().entries(shown).finish()
    }
}

#[cfg(test)]
#[path = "inputs_tests.rs"]
mod tests;
