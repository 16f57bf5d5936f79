//! Which value of an input holds: a flag's over an `INPUT_*` variable's over the configuration file's over what the
//! schema falls back to; and which of an input's names it was given by.
//!
//! An empty text is the same as none, because that is what an unset input looks like in a workflow.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::config::Config;
use super::env::Environment;
use super::error::InputError;
use super::nearest::nearest;
use super::schema::aliases::{Alias, Answer, aliases_of, answer_to, foreign_in, foreign_named, is_alias};
use super::schema::{Fallback, INPUTS, Input, Kind, ModeName, inputs_of, variable};
use super::workspace::Workspace;

/// Where a value came from, so that a message can send the user there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A flag.
    Flag,
    /// A bare argument.
    Argument,
    /// An input of the action.
    Input,
    /// The configuration file.
    File {
        /// As the user named it.
        file: Arc<str>,
        /// Counted from 1.
        line: usize,
        /// The table, without brackets; empty at the top of the file.
        table: String,
    },
    /// This variable of the environment.
    Variable(&'static str),
    /// The schema.
    Default,
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    /// Never empty, and without space around it.
    pub(crate) text: String,
    /// Where it came from.
    pub(crate) source: Source,
    /// The name of another action by which it was given.
    pub(crate) alias: Option<&'static str>,
}

/// What holds, by input name.
pub(crate) type Values = BTreeMap<&'static str, Value>;

/// What the command line gave, by the name that was typed. Inputs that may be repeated are joined by line ends.
pub(crate) type Flags = BTreeMap<&'static str, (String, Source)>;

impl Value {
    pub(super) fn new(text: &str, source: Source) -> Self {
        Self { text: text.to_owned(), source, alias: None }
    }

    /// How a message names the input `name`.
    pub(super) fn place(&self, name: &str) -> String {
        let typed = self.alias.unwrap_or(name);
        let also = self.alias.map(|_| format!(" (another name of `{name}`)")).unwrap_or_default();
        match &self.source {
            Source::Flag => format!("the flag `--{typed}`{also}"),
            Source::Argument => format!("the argument `{typed}`"),
            Source::Input => format!("the input `{typed}`{also}"),
            Source::File { file, line, table: _ } => format!("`{name}` in `{file}`, line {line},"),
            Source::Variable(variable) => format!("`{name}` (from the variable `{variable}`)"),
            Source::Default => format!("`{name}` (its default)"),
        }
    }
}

/// What was given by flags and variables, before any file was read.
#[derive(Debug)]
pub(super) struct Given {
    mode: ModeName,
    values: Values,
    /// The tag, as far as it tells the project.
    pub(super) tag: Option<String>,
}

impl Given {
    /// Takes what flags and, where there is none, `INPUT_*` variables say.
    ///
    /// # Errors
    /// When two names of one input disagree, or another action's value means nothing here.
    pub(super) fn of(mode: ModeName, flags: &Flags, environment: &Environment) -> Result<Self, InputError> {
        let workspace = Workspace::of(environment);
        let by_flag = |_: &'static Input, name: &'static str| {
            let (text, source) = flags.get(name)?;
            let text = text.trim();
            (!text.is_empty()).then(|| Value::new(text, source.clone()))
        };
        let by_variable = |row: &'static Input, name: &'static str| {
            let text = environment.get(&variable(name))?;
            let is_path = matches!(row.kind, Kind::Folder | Kind::File | Kind::Paths);
            let text = match &workspace {
                Some(workspace) if is_path => workspace.translate(text),
                _ => text.to_owned(),
            };
            Some(Value::new(&text, Source::Input))
        };
        let mut values = Values::new();
        for row in inputs_of(mode) {
            let value = match of_names(mode, row, by_flag)? {
                Some(value) => Some(value),
                None => of_names(mode, row, by_variable)?,
            };
            values.extend(value.map(|value| (row.name, value)));
        }
        let of_ref = environment.get("GITHUB_REF").and_then(|git_ref| git_ref.strip_prefix("refs/tags/"));
        // Modes that have no tag of their own belong to the project of the tag all the same.
        let of_others = || environment.get(&variable("tag"));
        let given = values.get("tag").map(|tag| tag.text.as_str()).or_else(of_others);
        let tag =
            given.map(|tag| tag.strip_prefix("refs/tags/").unwrap_or(tag)).or(of_ref).map(str::to_owned);
        Ok(Self { mode, values, tag })
    }

    /// What was given for an input.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Adds what the file and the schema say of all that was not given.
    ///
    /// # Errors
    /// When another action's value means nothing here.
    pub(super) fn complete(
        self,
        config: Option<&Config>,
        environment: &Environment,
    ) -> Result<Values, InputError> {
        let Self { mode, mut values, tag: _ } = self;
        for row in inputs_of(mode) {
            if !values.contains_key(row.name) {
                let value = config.and_then(|config| config.value(mode, row.name));
                let value = value.or_else(|| fallback(row, environment));
                values.extend(value.map(|value| (row.name, value)));
            }
            if let Some(value) = values.get_mut(row.name)
                && value.source != Source::Default
            {
                translate_value(row.name, value)?;
            }
        }
        Ok(values)
    }
}

/// The value that an input was given by its own name or by another action's, at one of the levels.
fn of_names(
    mode: ModeName,
    row: &'static Input,
    given: impl Fn(&'static Input, &'static str) -> Option<Value>,
) -> Result<Option<Value>, InputError> {
    let mut chosen = given(row, row.name);
    for alias in aliases_of(row, mode) {
        let Some(value) = given(row, alias.name) else { continue };
        let Some(value) = translated(alias, value)? else { continue };
        match &chosen {
            Some(other) if other.text == value.text => {}
            // `action.yml` fills this one in, so that nobody can tell whether the user gave it.
            Some(Value { source: Source::Input, alias: None, .. }) if is_filled_in(row) => {
                chosen = Some(value);
            }
            Some(other) => {
                return Err(InputError::Twice { one: other.place(row.name), other: value.place(row.name) });
            }
            None => chosen = Some(value),
        }
    }
    Ok(chosen)
}

const fn is_filled_in(row: &Input) -> bool {
    matches!(row.fallback, Fallback::Variable { expression: Some(_), .. })
}

/// What another action's value means here; nothing where it means what holds anyway.
fn translated(alias: &'static Alias, mut value: Value) -> Result<Option<Value>, InputError> {
    value.alias = Some(alias.name);
    match alias.translate(&value.text) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => Ok(Some(Value { text, ..value })),
        Err(why) => Err(InputError::Refused {
            place: value.place(alias.of),
            why,
            hint: Some(format!("`{}` is what this action calls it, as `docs/inputs.md` says", alias.of)),
        }),
    }
}

/// Texts that another action takes under a name of ours.
fn translate_value(name: &'static str, value: &mut Value) -> Result<(), InputError> {
    match answer_to(name, &value.text) {
        None => Ok(()),
        Some(Answer::Means(text)) => {
            text.clone_into(&mut value.text);
            Ok(())
        }
        Some(Answer::Instead(hint)) => Err(InputError::Refused {
            place: value.place(name),
            why: format!("`{}` is another action's word", value.text),
            hint: Some(hint.to_owned()),
        }),
    }
}

fn fallback(row: &'static Input, environment: &Environment) -> Option<Value> {
    match row.fallback {
        Fallback::Text(text) | Fallback::Named { value: text, .. } => Some(Value::new(text, Source::Default)),
        Fallback::Variable { variable, .. } => {
            Some(Value::new(environment.get(variable)?, Source::Variable(variable)))
        }
        Fallback::Nothing | Fallback::Derived(_) => None,
    }
}

/// Refuses inputs that nobody would read: a mistyped one is worse than none.
///
/// # Errors
/// For the first of them.
pub(super) fn refuse_unknown(mode: ModeName, environment: &Environment) -> Result<(), InputError> {
    // The runner itself accepts these two for every container action.
    let own = |name: &&str| !matches!(*name, "INPUT_ARGS" | "INPUT_ENTRYPOINT");
    for name in environment.names_with("INPUT_").into_iter().filter(own) {
        if environment.is_unreadable(name) {
            return Err(InputError::NoText { place: format!("the variable `{name}`") });
        }
        let typed = name.trim_start_matches("INPUT_").to_ascii_lowercase();
        let is_given = environment.get(name).is_some();
        let is_known = INPUTS.iter().any(|input| variable(input.name) == name) || is_alias(&typed);
        let of_others = || foreign_named(&typed).filter(|_| !is_known);
        let foreign = foreign_in(&typed, mode).or_else(of_others);
        match foreign {
            // An action without a container hands over what was not given, too.
            Some(foreign) if is_given || !is_known => return Err(InputError::Foreign(foreign)),
            _ if is_known => {}
            _ => {
                let nearest = nearest(&typed, INPUTS.iter().map(|input| input.name));
                return Err(InputError::UnknownInput { typed: typed.chars().take(60).collect(), nearest });
            }
        }
    }
    Ok(())
}
