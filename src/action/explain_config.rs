//! `explain-config`: what holds for a mode, and where each value came from. Nothing is looked at but the arguments, the
//! environment and the configuration file.

use std::collections::BTreeMap;

use serde::Serialize;

use super::config::{Chosen, FILE, Summary};
use super::env::Environment;
use super::error::InputError;
use super::inputs::Inputs;
use super::line::Line;
use super::redaction::Redaction;
use super::render::table;
use super::resolve::{Flags, Source, Value};
use super::schema::{Fallback, Input, Kind, ModeName};
use crate::model::endpoints::Endpoint;

/// The command that prints what holds.
pub(crate) const EXPLAIN_CONFIG_NAME: &str = "explain-config";

/// What `explain-config` does, in one sentence.
pub(crate) const EXPLAIN_CONFIG_ABOUT: &str = "Prints what holds for a mode, and where each value came from: flag, input, file or default. Secrets are hidden.";

/// Inputs that choose what holds; the command takes them as flags.
pub(crate) const CHOOSERS: [&str; 3] = ["config", "project", "tag"];

/// A text in a table is no longer than this; JSON has all of it.
const LONGEST: usize = 100;

const HIDDEN: &str = "***";

/// What the command prints about one mode, or about all of them.
///
/// # Errors
/// When the inputs or the file make no sense.
pub(crate) fn explain(
    mode: Option<ModeName>,
    is_json: bool,
    flags: &Flags,
    environment: &Environment,
) -> Result<String, InputError> {
    let modes = mode.as_ref().map_or(ModeName::ALL, std::slice::from_ref);
    let inputs = modes.iter().map(|mode| Ok((*mode, Inputs::of_mode(*mode, flags, environment)?)));
    let inputs = inputs.collect::<Result<Vec<_>, InputError>>()?;
    let redaction = Redaction::default();
    let known = inputs.iter().flat_map(|(_, inputs)| inputs.secrets());
    known.chain(environment.secrets()).for_each(|secret| redaction.learn(secret));
    Ok(if is_json { json(&inputs, &redaction) } else { text(&inputs, mode.is_some(), &redaction) })
}

/// The text of a value as everybody may see it. Addresses may hold a password until somebody has read them as one.
fn shown(row: &Input, value: &Value, redaction: &Redaction) -> String {
    if row.kind == Kind::Secret {
        return HIDDEN.to_owned();
    }
    // A password may have any character in it, so that of something that is no address nothing can be shown.
    if row.kind == Kind::Address && value.text.parse::<Endpoint>().is_err() {
        return HIDDEN.to_owned();
    }
    let word = |word: &str| {
        let is_bad_address = word.contains("://") && word.trim_matches(',').parse::<Endpoint>().is_err();
        // As in `user:password@host`, which has no scheme.
        let has_user = word.split_once(':').is_some_and(|(_, rest)| rest.contains('@'));
        if is_bad_address || has_user { HIDDEN.to_owned() } else { word.to_owned() }
    };
    let lines = value.text.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "));
    redaction.apply(&lines.collect::<Vec<_>>().join("\n"))
}

fn text(inputs: &[(ModeName, Inputs)], is_one: bool, redaction: &Redaction) -> String {
    let mut lines = Vec::new();
    match inputs.first().and_then(|(_, inputs)| inputs.configured()) {
        None => lines.push(Line::plain(format!(
            "No configuration file is read: there is no `{FILE}`, or none is wanted."
        ))),
        Some(Summary { file, project, projects }) => {
            let project = match project {
                Some(Chosen { name, why }) => format!(", for the project `{name}` ({why})"),
                None if projects.is_empty() => String::new(),
                None => format!(", for none of its projects: {}", projects.join(", ")),
            };
            lines.push(Line::plain(format!("Configured by `{file}`{project}.")));
        }
    }
    for (mode, inputs) in inputs {
        let is_told =
            |value: Option<&Value>| is_one || value.is_some_and(|value| value.source != Source::Default);
        let rows = inputs.all().filter(|(row, value)| row.kind != Kind::Mode && is_told(*value));
        let rows: Vec<_> = rows.flat_map(|(row, value)| table_rows(row, value, redaction)).collect();
        lines.extend([Line::plain(""), Line::plain(mode.as_str())]);
        if rows.is_empty() {
            lines.push(Line::plain("  nothing is given: the defaults hold"));
        } else {
            let indented = |line: &Line| Line::plain(format!("  {}", line.text()));
            lines.extend(table(&["input", "from", "value"], &rows).iter().map(indented));
        }
    }
    lines.iter().map(|line| line.text().trim_end().to_owned() + "\n").collect()
}

/// A row for each line of the value.
fn table_rows(row: &Input, value: Option<&Value>, redaction: &Redaction) -> Vec<Vec<String>> {
    let Some(value) = value else {
        let from = match row.fallback {
            Fallback::Derived(what) => format!("({what})"),
            _ => "(nothing)".to_owned(),
        };
        return vec![vec![row.name.to_owned(), "not given".to_owned(), from]];
    };
    let from = match &value.source {
        Source::Flag => format!("flag --{}", value.alias.unwrap_or(row.name)),
        Source::Argument => "argument".to_owned(),
        Source::Input => format!("input {}", value.alias.unwrap_or(row.name)),
        Source::File { file, line, table } if table.is_empty() => format!("{file}:{line}"),
        Source::File { file, line, table } => format!("{file}:{line} [{table}]"),
        Source::Variable(variable) => format!("variable {variable}"),
        Source::Default => "default".to_owned(),
    };
    let clipped = |line: &str| match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    };
    let text = shown(row, value, redaction);
    let mut lines = text.lines().map(clipped);
    let first = vec![row.name.to_owned(), from, lines.next().unwrap_or_default()];
    std::iter::once(first).chain(lines.map(|line| vec![String::new(), String::new(), line])).collect()
}

#[derive(Serialize)]
struct ConfigV1<'a> {
    schema_version: u32,
    file: Option<&'a str>,
    project: Option<&'a str>,
    project_because: Option<&'a str>,
    projects: &'a [String],
    modes: BTreeMap<&'static str, BTreeMap<&'static str, ValueV1<'a>>>,
}

/// `value` is `null` where nothing holds, and for secrets.
#[derive(Serialize)]
struct ValueV1<'a> {
    value: Option<String>,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variable: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<&'a str>,
    secret: bool,
}

fn json(inputs: &[(ModeName, Inputs)], redaction: &Redaction) -> String {
    let configured = inputs.first().and_then(|(_, inputs)| inputs.configured());
    let project = configured.and_then(|summary| summary.project.as_ref());
    let modes = inputs.iter().map(|(mode, inputs)| {
        let rows = inputs.all().filter(|(row, _)| row.kind != Kind::Mode);
        let rows = rows.map(|(row, value)| (row.name, value_v1(row, value, redaction)));
        (mode.as_str(), rows.collect::<BTreeMap<_, _>>())
    });
    let document = ConfigV1 {
        schema_version: 1,
        file: configured.map(|summary| summary.file.as_str()),
        project: project.map(|chosen| chosen.name.as_str()),
        project_because: project.map(|chosen| chosen.why.as_str()),
        projects: configured.map(|summary| summary.projects.as_slice()).unwrap_or_default(),
        modes: modes.collect(),
    };
    let text = serde_json::to_string_pretty(&document).expect("texts can be written as JSON");
    // In a step's log this would begin a command of the runner; JSON has another spelling for it.
    format!("{}\n", text.replace("##[", "##\\u005b"))
}

fn value_v1<'a>(row: &'static Input, value: Option<&'a Value>, redaction: &Redaction) -> ValueV1<'a> {
    let secret = row.kind == Kind::Secret;
    let nothing =
        ValueV1 { value: None, source: "none", alias: None, variable: None, line: None, table: None, secret };
    let Some(value) = value else { return nothing };
    let known =
        ValueV1 { value: (!secret).then(|| shown(row, value, redaction)), alias: value.alias, ..nothing };
    match &value.source {
        Source::Flag => ValueV1 { source: "flag", ..known },
        Source::Argument => ValueV1 { source: "argument", ..known },
        Source::Input => ValueV1 { source: "input", ..known },
        Source::File { file: _, line, table } => {
            ValueV1 { source: "file", line: Some(*line), table: Some(table), ..known }
        }
        Source::Variable(variable) => ValueV1 { source: "variable", variable: Some(variable), ..known },
        Source::Default => ValueV1 { source: "default", ..known },
    }
}
