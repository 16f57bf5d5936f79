//! The command line, built from the schema's rows.
//!
//! clap splits the arguments; every refusal is said in this program's words and ends with exit code 64.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::env::Environment;
use super::error::InputError;
use super::explain_config::{self, EXPLAIN_CONFIG_ABOUT, EXPLAIN_CONFIG_NAME};
use super::inputs::Inputs;
use super::nearest::nearest;
use super::resolve::{Flags, Source};
use super::rules::{self, CHECKS_ABOUT, CHECKS_NAME, EXPLAIN_ABOUT, EXPLAIN_NAME};
use super::schema::aliases::{aliases_of, foreign_in};
use super::schema::{
    Fallback, INIT, INIT_ABOUT, INIT_NAME, INPUTS, Input, Kind, ModeName, REHEARSE, REHEARSE_ABOUT,
    REHEARSE_NAME, inputs_of,
};

const ABOUT: &str = "Carries a project from a pushed tag to released everywhere, and proven.";

const USAGE: &str = "\
release-action <MODE> [OPTIONS]
       release-action <MODE> --help";

const PRECEDENCE: &str = "\
Flags stand above the INPUT_* variables of a workflow, those above release.toml, and that above the defaults.
Secrets are better kept out of the command line: set GITHUB_TOKEN and INPUT_PASSWORD.";

const EXIT_CODES: &str = "\
Exit codes: 0 settled or planned, 1 findings stand against it, 2 could not tell or only partly done, 64 typed wrong.";

/// The commands that are no modes.
const OTHERS: [&str; 5] = [REHEARSE_NAME, EXPLAIN_NAME, CHECKS_NAME, EXPLAIN_CONFIG_NAME, INIT_NAME];

/// What the user asked for.
#[derive(Debug)]
pub(crate) enum Invocation {
    /// A text to print on standard output: help, the version, or what is known of rules.
    Show(String),
    /// A mode, with its inputs.
    Mode(ModeName, Inputs),
    /// The rehearsal, with its flags.
    Rehearse(Inputs),
    /// The command that writes a configuration file, with its flags.
    Init(Inputs),
}

/// Whether the report goes to standard output, as far as that can be told before anything was read: secrets are
/// masked first of all, and the masks must not stand in the report.
pub(crate) fn report_is_standard_output(arguments: &[OsString], environment: &Environment) -> bool {
    let flag = arguments.windows(2).any(|pair| pair[0] == "--report" && pair[1] == "-");
    flag || arguments.iter().any(|argument| argument == "--report=-")
        || environment.get("INPUT_REPORT") == Some("-")
}

/// Reads what the user asked for from the arguments (without the program's name) and the environment.
///
/// # Errors
/// When it makes no sense.
pub(crate) fn read(arguments: &[OsString], environment: &Environment) -> Result<Invocation, InputError> {
    let mut words = vec![env!("CARGO_PKG_NAME").to_owned()];
    for argument in arguments {
        let place = || format!("the argument `{}`", argument.to_string_lossy().escape_debug());
        words.push(argument.to_str().ok_or_else(|| InputError::NoText { place: place() })?.to_owned());
    }
    insert_mode(&mut words, environment)?;
    match command().try_get_matches_from(&words) {
        Ok(matches) => invocation(&matches, environment),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            Ok(Invocation::Show(error.to_string()))
        }
        Err(error) => Err(refusal(&error, words.get(1).map_or("", String::as_str))),
    }
}

/// Puts the input `mode` in the place of the subcommand when the arguments begin without one.
fn insert_mode(words: &mut Vec<String>, environment: &Environment) -> Result<(), InputError> {
    let first = words.get(1).map(String::as_str);
    if matches!(first, Some("--help" | "-h" | "--version" | "-V")) {
        return Ok(());
    }
    match first {
        Some(word) if !word.starts_with('-') => {
            if OTHERS.contains(&word) || word == "help" {
                Ok(())
            } else {
                known_mode(word)
            }
        }
        _ => {
            let mode = environment.get("INPUT_MODE").ok_or_else(|| no_mode(words))?;
            known_mode(mode)?;
            words.insert(1, mode.to_owned());
            Ok(())
        }
    }
}

/// Without a mode in its place; perhaps one stands behind the flags.
fn no_mode(words: &[String]) -> InputError {
    let later = words.iter().skip(1).find_map(|word| word.parse::<ModeName>().ok());
    later.map_or(InputError::NoMode, |mode| InputError::Usage {
        what: format!("the mode comes before the flags: `release-action {mode} …`"),
        command: mode.to_string(),
    })
}

fn known_mode(word: &str) -> Result<(), InputError> {
    word.parse::<ModeName>().map(drop).map_err(|_unknown| {
        let names = ModeName::ALL.iter().map(|mode| mode.as_str()).chain(OTHERS);
        InputError::UnknownMode { typed: word.chars().take(60).collect(), nearest: nearest(word, names) }
    })
}

fn invocation(matches: &ArgMatches, environment: &Environment) -> Result<Invocation, InputError> {
    let Some((name, matches)) = matches.subcommand() else { return Err(InputError::NoMode) };
    if name == REHEARSE_NAME {
        let inputs = Inputs::of_flags(REHEARSE_NAME, REHEARSE, flags(REHEARSE.iter(), matches));
        return Ok(Invocation::Rehearse(inputs));
    }
    if name == INIT_NAME {
        let inputs = Inputs::of_flags(INIT_NAME, INIT, flags(INIT.iter(), matches));
        return Ok(Invocation::Init(inputs));
    }
    if name == EXPLAIN_NAME {
        let id = matches.get_one::<String>("id").map_or("", String::as_str);
        return rules::explain(id).map(Invocation::Show);
    }
    if name == CHECKS_NAME {
        let is_json = matches.get_flag("json");
        return Ok(Invocation::Show(if is_json { rules::json() } else { rules::list() }));
    }
    if name == EXPLAIN_CONFIG_NAME {
        return explain_configuration(matches, environment).map(Invocation::Show);
    }
    let mode: ModeName = name.parse().expect("every subcommand but those above is a mode");
    let inputs = Inputs::of_mode(mode, &flags_of(mode, matches), environment)?;
    Ok(Invocation::Mode(mode, inputs))
}

fn flags(rows: impl Iterator<Item = &'static Input>, matches: &ArgMatches) -> Flags {
    let mut flags = Flags::new();
    for row in rows.filter(|row| row.kind != Kind::Mode) {
        if let Some(values) = matches.get_many::<String>(row.name) {
            let text = values.map(String::as_str).collect::<Vec<_>>().join("\n");
            flags.insert(row.name, (text, if row.positional { Source::Argument } else { Source::Flag }));
        }
    }
    flags
}

fn explain_configuration(matches: &ArgMatches, environment: &Environment) -> Result<String, InputError> {
    let named = matches.get_one::<String>("of").map(String::as_str).or_else(|| environment.get("INPUT_MODE"));
    if let Some(name) = named {
        known_mode(name)?;
    }
    let mode = named.and_then(|name| name.parse().ok());
    let rows = INPUTS.iter().filter(|row| explain_config::CHOOSERS.contains(&row.name));
    explain_config::explain(mode, matches.get_flag("json"), &flags(rows, matches), environment)
}

/// The flags of a mode, those with other actions' names too.
fn flags_of(mode: ModeName, matches: &ArgMatches) -> Flags {
    let mut flags = flags(inputs_of(mode), matches);
    for alias in inputs_of(mode).flat_map(|row| aliases_of(row, mode)) {
        if let Some(values) = matches.get_many::<String>(alias.name) {
            let text = values.map(String::as_str).collect::<Vec<_>>().join("\n");
            flags.insert(alias.name, (text, Source::Flag));
        }
    }
    flags
}

fn command() -> Command {
    let root = Command::new(env!("CARGO_PKG_NAME"))
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .override_usage(USAGE)
        .after_help(format!("{PRECEDENCE}\n\n{EXIT_CODES}"))
        .subcommand_required(true)
        .subcommand_value_name("MODE")
        .subcommand_help_heading("Modes");
    let root = ModeName::ALL.iter().fold(root, |root, mode| {
        let command = mode_command(*mode);
        root.subcommand(command.after_help(format!("{PRECEDENCE}\n\n{EXIT_CODES}")))
    });
    let explain = Command::new(EXPLAIN_NAME)
        .about(EXPLAIN_ABOUT)
        .arg(Arg::new("id").value_name("ID").required(true).help("The rule's id, as a finding names it"));
    let json =
        Arg::new("json").long("json").action(ArgAction::SetTrue).help("All that is known of each, as JSON");
    let checks = Command::new(CHECKS_NAME).about(CHECKS_ABOUT).arg(json);
    let chosen = INPUTS.iter().filter(|row| explain_config::CHOOSERS.contains(&row.name));
    let json = Arg::new("json").long("json").action(ArgAction::SetTrue).help("The same as JSON");
    let explain_config = subcommand(EXPLAIN_CONFIG_NAME, EXPLAIN_CONFIG_ABOUT, chosen)
        .arg(Arg::new("of").value_name("MODE").help("The mode; without it, what is given for any of them"))
        .arg(json);
    root.subcommand(subcommand(REHEARSE_NAME, REHEARSE_ABOUT, REHEARSE.iter()).after_help(EXIT_CODES))
        .subcommand(explain)
        .subcommand(checks)
        .subcommand(explain_config)
        .subcommand(subcommand(INIT_NAME, INIT_ABOUT, INIT.iter()).after_help(EXIT_CODES))
}

fn subcommand(
    name: &'static str,
    about: &'static str,
    rows: impl Iterator<Item = &'static Input>,
) -> Command {
    let arguments = rows.filter(|row| row.kind != Kind::Mode).map(argument);
    Command::new(name).about(about).args(arguments)
}

/// A mode, with a hidden flag for each name that other actions have for its inputs.
fn mode_command(mode: ModeName) -> Command {
    let mut command = Command::new(mode.as_str()).about(mode.about());
    for row in inputs_of(mode).filter(|row| row.kind != Kind::Mode) {
        let names: Vec<_> = aliases_of(row, mode).map(|alias| alias.name).collect();
        let mut own = argument(row);
        if !names.is_empty() {
            let help = own.get_help().map(ToString::to_string).unwrap_or_default();
            own = own.help(format!("{help} [also: --{}]", names.join(", --")));
        }
        command = command.arg(own);
        for name in names {
            let spelled = Input { name, positional: false, ..*row };
            command = command.arg(flag_argument(&spelled).hide(true));
        }
    }
    command
}

fn argument(row: &'static Input) -> Arg {
    let help = match shown_fallback(row.fallback) {
        Some(fallback) => format!("{} [default: {fallback}]", row.doc),
        None => row.doc.to_owned(),
    };
    let help = help.replace('`', "");
    if row.positional {
        let argument = Arg::new(row.name).help(help);
        return argument.value_name("FILE").action(ArgAction::Append).num_args(0..);
    }
    flag_argument(row).help(help)
}

fn flag_argument(row: &Input) -> Arg {
    let argument = Arg::new(row.name).long(row.name);
    match row.kind {
        Kind::Flag => argument
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name("true|false"),
        Kind::List | Kind::Paths | Kind::Commands | Kind::Lines => {
            argument.action(ArgAction::Append).value_name(value_name(row.kind))
        }
        _ => argument.value_name(value_name(row.kind)),
    }
}

const fn value_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Commands => "COMMAND",
        Kind::Text | Kind::List | Kind::Lines | Kind::Flag | Kind::Mode => "TEXT",
        Kind::Paths | Kind::File => "FILE",
        Kind::Folder => "DIR",
        Kind::Address => "URL",
        Kind::Secret => "SECRET",
    }
}

fn shown_fallback(fallback: Fallback) -> Option<String> {
    match fallback {
        Fallback::Nothing => None,
        Fallback::Text(text) | Fallback::Derived(text) | Fallback::Named { name: text, .. } => {
            Some(text.to_owned())
        }
        Fallback::Variable { variable, .. } => Some(format!("${variable}")),
    }
}

/// clap's refusal in our words. Values are never repeated: one of them may be a secret.
fn refusal(error: &clap::Error, command: &str) -> InputError {
    let word = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.split(['=', ' ']).next().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let argument: String = word(ContextKind::InvalidArg).chars().take(60).collect();
    let usage = |what: String| InputError::Usage { what, command: command.to_owned() };
    match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => unknown_flag(&argument, command),
        ErrorKind::UnknownArgument => usage(format!("`{command}` takes no bare argument")),
        ErrorKind::MissingRequiredArgument => usage(format!("`{command}` needs to be told which")),
        ErrorKind::InvalidSubcommand => usage("there is no help on that".to_owned()),
        ErrorKind::ArgumentConflict => usage(format!("`{argument}` is given twice")),
        ErrorKind::InvalidValue | ErrorKind::NoEquals => usage(format!("`{argument}` lacks its value")),
        ErrorKind::TooManyValues => usage(format!("`{argument}` takes no value there; write `{argument}=…`")),
        _ => usage("the arguments make no sense".to_owned()),
    }
}

fn unknown_flag(typed: &str, command: &str) -> InputError {
    let name = typed.trim_start_matches('-');
    if let Some(foreign) = command.parse().ok().and_then(|mode| foreign_in(name, mode)) {
        return InputError::Foreign(foreign);
    }
    let rows = || INPUTS.iter().chain(REHEARSE).filter(|row| !row.positional && row.kind != Kind::Mode);
    let own: Vec<_> = match command.parse::<ModeName>() {
        Ok(mode) => rows().filter(|row| row.modes.contains(&mode)).map(|row| row.name).collect(),
        Err(_) if command == REHEARSE_NAME => REHEARSE.iter().map(|row| row.name).collect(),
        Err(_) if command == INIT_NAME => INIT.iter().map(|row| row.name).collect(),
        Err(_) if command == CHECKS_NAME => vec!["json"],
        Err(_) if command == EXPLAIN_CONFIG_NAME => {
            explain_config::CHOOSERS.into_iter().chain(["json"]).collect()
        }
        Err(_) => Vec::new(),
    };
    let others: Vec<_> = rows().filter(|row| row.name == name).flat_map(|row| row.modes).copied().collect();
    let nearest = if others.is_empty() { nearest(name, own) } else { None };
    InputError::UnknownFlag { command: command.to_owned(), typed: typed.to_owned(), nearest, others }
}

#[cfg(test)]
#[path = "cli_tests.rs"]
mod tests;
