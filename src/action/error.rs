//! What a user can type wrong. All of it ends with exit code 64, before anything was looked at.

use super::files::FileError;
use super::schema::aliases::Foreign;
use super::schema::{ModeName, REHEARSE_NAME};

/// Why the arguments and inputs make no sense. No message repeats the value of a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// Neither an argument nor the input `mode` says what to do.
    #[error("no mode is given")]
    NoMode,
    /// The word is no mode.
    #[error("there is no mode `{typed}`")]
    UnknownMode { typed: String, nearest: Option<&'static str> },
    /// The flag is none of this command.
    #[error("`{command}` has no flag `{typed}`")]
    UnknownFlag { command: String, typed: String, nearest: Option<&'static str>, others: Vec<ModeName> },
    /// There is an `INPUT_*` variable that nobody reads.
    #[error("there is no input `{typed}`")]
    UnknownInput { typed: String, nearest: Option<&'static str> },
    /// A name of another action that no input of ours stands for.
    #[error("`{}` is an input of {}, and not of `{}`", .0.name, peers(.0), .0.mode)]
    Foreign(&'static Foreign),
    /// Two names of one input were given, and disagree.
    #[error("{one} and {other} say different things")]
    Twice { one: String, other: String },
    /// The configuration file cannot be used.
    #[error("`{}`{}: {why}", file.escape_debug(), at(*line))]
    Config { file: String, line: Option<usize>, why: String, hint: Option<String> },
    /// The tag is that of several projects of the configuration file.
    #[error("the tag `{tag}` fits the tables of {projects}")]
    SeveralProjects { tag: String, projects: String },
    /// A file is there and cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The text is no rule's id.
    #[error("there is no rule `{typed}`")]
    UnknownRule { typed: String, nearest: Option<&'static str>, is_family: bool },
    /// The command line makes no sense in another way.
    #[error("{what}")]
    Usage { what: String, command: String },
    /// An argument or variable is no UTF-8.
    #[error("{place} is no text in UTF-8")]
    NoText { place: String },
    /// An input is missing that the mode cannot do without.
    #[error("`{command}` needs the input `{name}`")]
    Missing { command: &'static str, name: &'static str },
    /// A value does not have the form it should have.
    #[error("{place} has a value that cannot be used")]
    Value { place: String, source: Box<dyn std::error::Error + Send + Sync>, hint: &'static str },
    /// A value cannot be used, by itself or beside another one.
    #[error("{place} has a value that cannot be used: {why}")]
    Refused { place: String, why: String, hint: Option<String> },
    /// A folder or file does not exist.
    #[error("{place} names a {what} that does not exist: `{path}`")]
    NotThere { place: String, what: &'static str, path: String },
    /// A folder stands where a file is meant, or the other way round.
    #[error("{place} names something that is no {what}: `{path}`")]
    OfOtherKind { place: String, what: &'static str, path: String },
}

impl InputError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        let did_you_mean = |nearest: &Option<&str>, prefix: &str| {
            nearest.as_ref().map(|nearest| format!("did you mean `{prefix}{nearest}`?"))
        };
        match self {
            Self::NoMode => Some(format!(
                "give one, such as `release-action validate-wheels`, or `with: mode:` in a workflow. There are {}",
                modes()
            )),
            Self::UnknownMode { nearest, .. } => {
                did_you_mean(nearest, "").or_else(|| Some(format!("there are {}", modes())))
            }
            Self::UnknownFlag { command, nearest, others, .. } => {
                Some(did_you_mean(nearest, "--").or_else(|| belongs(others)).unwrap_or_else(|| help(command)))
            }
            Self::UnknownInput { nearest, .. } => did_you_mean(nearest, "")
                .or_else(|| Some("the inputs are listed in `docs/inputs.md` and `action.yml`".to_owned())),
            Self::UnknownRule { typed, is_family: true, .. } => {
                Some(format!("`{typed}` is a family; `release-action checks` lists its rules"))
            }
            Self::UnknownRule { nearest, .. } => did_you_mean(nearest, "")
                .or_else(|| Some("`release-action checks` lists them all".to_owned())),
            Self::Usage { command, .. } => Some(help(command)),
            Self::Missing { name, .. } => {
                Some(format!("give `--{name}` on the command line, or `with: {name}:` in a workflow"))
            }
            Self::Refused { hint, .. } | Self::Config { hint, .. } => hint.clone(),
            Self::Foreign(foreign) => Some(foreign.instead.to_owned()),
            Self::Twice { .. } => Some("leave one of the two out".to_owned()),
            Self::SeveralProjects { .. } => {
                Some("say by the input `project` which of them is released".to_owned())
            }
            Self::File(_) => Some("may the program read it?".to_owned()),
            Self::NotThere { .. } => Some(
                "is the path relative to the folder the program runs in, and did the step before make it?"
                    .to_owned(),
            ),
            Self::OfOtherKind { what, .. } => Some(format!("name a {what}, or move what is in its place")),
            Self::NoText { .. } => Some("write it in UTF-8".to_owned()),
            Self::Value { hint, .. } => Some((*hint).to_owned()),
        }
    }
}

fn peers(foreign: &Foreign) -> String {
    let names: Vec<_> = foreign.from.iter().map(|peer| peer.name()).collect();
    names.join(" and ")
}

fn at(line: Option<usize>) -> String {
    line.map(|line| format!(", line {line}")).unwrap_or_default()
}

fn modes() -> String {
    let names: Vec<_> = ModeName::ALL.iter().map(|mode| format!("`{mode}`")).collect();
    format!("{}, and for trying it out `{REHEARSE_NAME}`", names.join(", "))
}

fn belongs(others: &[ModeName]) -> Option<String> {
    let names: Vec<_> = others.iter().map(|mode| format!("`{mode}`")).collect();
    (!names.is_empty()).then(|| format!("it belongs to {}", names.join(", ")))
}

fn help(command: &str) -> String {
    format!("`{} --help` lists what there is", format!("release-action {command}").trim_end())
}
