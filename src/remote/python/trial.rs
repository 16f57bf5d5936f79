//! One distribution to try out by one interpreter: values, and the calls that they come to. No IO.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::digest::Sha256;
use crate::model::endpoints::Endpoint;
use crate::model::interpreter::Interpreter;
use crate::model::secret::Secret;
use crate::remote::process::Call;

/// A file, what tries it out, and what it has to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trial {
    /// The file, absolute.
    pub(crate) path: PathBuf,
    /// As the user knows it.
    pub(crate) place: String,
    /// Its bytes.
    pub(crate) sha256: Sha256,
    /// The project's name.
    pub(crate) project: String,
    /// How it comes into the environment.
    pub(crate) source: Source,
    /// By whom it is tried out.
    pub(crate) interpreter: Interpreter,
    /// uv, where it does the work of venv and pip.
    pub(crate) uv: Option<PathBuf>,
    /// The folders of the release's files.
    pub(crate) links: Vec<PathBuf>,
    /// Whether dependencies may come from the index, too.
    pub(crate) with_index: bool,
    /// The index.
    pub(crate) index: Endpoint,
    /// What is run; if nothing, every top-level module is imported.
    pub(crate) commands: Vec<Command>,
    /// How long all of it may take.
    pub(crate) limit: Duration,
}

/// What a file is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A wheel, with the modules at its top.
    Wheel {
        /// Their names.
        modules: Vec<String>,
    },
    /// An sdist, which is built.
    Sdist(BuildSystem),
    /// Whatever file of a version the installer takes from the index; there is none on this machine.
    Index(FromIndex),
}

/// What is installed by name and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FromIndex {
    /// `NAME==VERSION`.
    pub(crate) requirement: String,
    /// Whether an sdist may be built where there is no wheel. Never where there is a login: the build is code of
    /// strangers, and runs as a child of the installer that knows it.
    pub(crate) may_build: bool,
    /// The user and password that the index wants.
    pub(crate) login: Option<(String, Secret<String>)>,
}

impl FromIndex {
    /// The index with user and password in it, for the one variable that takes it: arguments show to everybody on the
    /// machine.
    fn address(&self, index: &Endpoint) -> Option<Secret<String>> {
        let (user, password) = self.login.as_ref()?;
        let mut url = index.url().clone();
        // The setters leave a `%` as it is, and installers decode what they find.
        url.set_username(&encoded(user))
            .and_then(|()| url.set_password(Some(&encoded(password.expose()))))
            .ok()?;
        Some(Secret::new(url.into()))
    }
}

/// As it can stand in an address, whatever it is.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// `[build-system]` of an sdist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BuildSystem {
    /// The requirements.
    pub(crate) requires: Vec<String>,
    /// The backend's object.
    pub(crate) backend: String,
    /// Folders of the sdist in which the backend is looked for first.
    pub(crate) backend_path: Vec<String>,
}

impl Default for BuildSystem {
    /// What installers assume where none is declared.
    fn default() -> Self {
        Self {
            requires: vec!["setuptools".to_owned(), "wheel".to_owned()],
            backend: "setuptools.build_meta:__legacy__".to_owned(),
            backend_path: Vec::new(),
        }
    }
}

/// What a distribution has to stand once it is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// A statement of Python (`import a, b`, `from a import b`).
    Python(String),
    /// A line for the system's shell.
    Shell(String),
}

/// A line that is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a command is one line without control characters")]
pub(crate) struct CommandError;

impl FromStr for Command {
    type Err = CommandError;

    fn from_str(line: &str) -> Result<Self, CommandError> {
        let line = line.trim();
        if line.is_empty() || line.chars().any(|c| c.is_control() && c != '\t') {
            return Err(CommandError);
        }
        let first = line.split([' ', '\t']).next().unwrap_or_default();
        let is_python = first == "import" || (first == "from" && line.contains(" import "));
        Ok(if is_python { Self::Python(line.to_owned()) } else { Self::Shell(line.to_owned()) })
    }
}

impl Command {
    /// The import of one module.
    pub(crate) fn import(module: &str) -> Self {
        Self::Python(format!("import {module}"))
    }

    /// What is started.
    pub(crate) fn call(&self, python: &Path) -> Call {
        match self {
            Self::Python(statement) => Call::new(python, ["-c", statement]),
            Self::Shell(line) => Call::Shell(line.clone()),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Python(text) | Self::Shell(text)) = self;
        f.write_str(text)
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tool = if self.uv.is_some() { "uv" } else { "pip" };
        let how = match &self.source {
            Source::Wheel { .. } | Source::Index(_) => "install",
            Source::Sdist(_) => "build and install",
        };
        write!(f, "{how} {} into a new environment of {} by {tool}", self.place, self.interpreter)?;
        let known = self.known_commands();
        match (&known[..], &self.source) {
            ([], Source::Wheel { .. }) => Ok(()),
            ([], Source::Sdist(_) | Source::Index(_)) => f.write_str(", then import every top-level module"),
            (commands, _) => {
                let commands: Vec<_> = commands.iter().map(|command| format!("`{command}`")).collect();
                write!(f, ", then {}", commands.join(", "))
            }
        }
    }
}

/// Which files an installer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted<'a> {
    /// What the build needs, from the index.
    Requirements(&'a [String]),
    /// The file itself, with what it depends on.
    File,
}

impl Trial {
    /// The commands, as far as they are known before the file is installed.
    pub(crate) fn known_commands(&self) -> Vec<Command> {
        match &self.source {
            Source::Wheel { modules } if self.commands.is_empty() => {
                modules.iter().map(|module| Command::import(module)).collect()
            }
            _ => self.commands.clone(),
        }
    }

    /// Makes the environment `folder`.
    pub(crate) fn make_environment(&self, folder: &Path) -> Call {
        let (interpreter, folder) = (text(&self.interpreter.executable), text(folder));
        match &self.uv {
            Some(uv) => Call::new(uv, ["venv", "--no-project", "--python", &interpreter, &folder]),
            None => Call::new(&self.interpreter.executable, ["-m", "venv", &folder]),
        }
    }

    /// The variables that an installer takes the index from, where that is not public.
    pub(crate) fn index_variables(&self) -> Vec<(&'static str, Secret<String>)> {
        let address = match &self.source {
            Source::Index(from) => from.address(&self.index),
            Source::Wheel { .. } | Source::Sdist(_) => None,
        };
        address.map_or_else(Vec::new, |address| {
            vec![("PIP_INDEX_URL", address.clone()), ("UV_DEFAULT_INDEX", address)]
        })
    }

    /// The password as it stands in those variables, which is how an installer could print it.
    pub(crate) fn encoded_password(&self) -> Option<Secret<String>> {
        match &self.source {
            Source::Index(FromIndex { login: Some((_, password)), .. }) => {
                Some(Secret::new(encoded(password.expose())))
            }
            Source::Index(_) | Source::Wheel { .. } | Source::Sdist(_) => None,
        }
    }

    /// Installs into the environment of `python`.
    pub(crate) fn install(&self, python: &Path, wanted: Wanted<'_>) -> Call {
        let mut arguments: Vec<String> = Vec::new();
        let mut add = |more: &[&str]| arguments.extend(more.iter().map(|text| (*text).to_owned()));
        let has_variables = !self.index_variables().is_empty();
        match &self.uv {
            Some(_) => add(&["pip", "install", "--python", &text(python), "--no-cache"]),
            // Isolated, pip passes over the variable as well.
            None if has_variables => add(&["-m", "pip", "install", "--no-cache-dir", "--no-input"]),
            None => add(&["-m", "pip", "--isolated", "install", "--no-cache-dir", "--no-input"]),
        }
        let index = self.index.to_string();
        let with_index = self.with_index || matches!(wanted, Wanted::Requirements(_));
        if has_variables {
            // The variables name it.
        } else if with_index {
            add(&["--index-url", &index]);
        } else {
            add(&["--no-index"]);
        }
        match wanted {
            Wanted::Requirements(requirements) => {
                add(&["--"]);
                requirements.iter().for_each(|requirement| add(&[requirement]));
            }
            Wanted::File => {
                self.links.iter().for_each(|folder| add(&["--find-links", &text(folder)]));
                let file = match &self.source {
                    Source::Index(FromIndex { requirement, .. }) => requirement.clone(),
                    Source::Wheel { .. } | Source::Sdist(_) => text(&self.path),
                };
                match (&self.source, &self.uv) {
                    (Source::Index(FromIndex { may_build: true, login: None, .. }), _) => {}
                    (Source::Wheel { .. } | Source::Index(_), _) => add(&["--only-binary", ":all:"]),
                    // uv takes `:all:` to forbid this build, too.
                    (Source::Sdist(_), Some(_)) => {
                        add(&["--no-build-isolation", "--no-binary", &self.project])
                    }
                    (Source::Sdist(_), None) => {
                        let others = ["--only-binary", ":all:", "--no-binary", &self.project];
                        add(&["--no-build-isolation"]);
                        add(&others);
                    }
                }
                add(&["--", &file]);
            }
        }
        Call::new(self.uv.as_deref().unwrap_or(python), arguments)
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_told_from_commands() {
        let parsed = |line: &str| line.parse::<Command>();
        for python in ["import zlmdb", "import a, b.c", " from a import b ", "import\ta"] {
            assert_eq!(parsed(python), Ok(Command::Python(python.trim().to_owned())), "{python}");
        }
        for shell in ["python -c 'import x'", "importer x", "from-scratch", "pytest -q"] {
            assert_eq!(parsed(shell), Ok(Command::Shell(shell.to_owned())), "{shell}");
        }
        for bad in ["", " ", "a\0b", "a\nb"] {
            assert_eq!(parsed(bad), Err(CommandError), "{bad:?}");
        }
    }

    fn from_index(login: Option<(&str, &str)>, may_build: bool, uv: bool) -> Trial {
        let login = login.map(|(user, password)| (user.to_owned(), Secret::new(password.to_owned())));
        Trial {
            path: PathBuf::new(),
            place: "sample==1.0".to_owned(),
            sha256: Sha256::of(b""),
            project: "sample".to_owned(),
            source: Source::Index(FromIndex { requirement: "sample==1.0".to_owned(), may_build, login }),
            interpreter: Interpreter {
                executable: "python3".into(),
                implementation: "cpython".to_owned(),
                version: (3, 13),
                full_version: "3.13.1".to_owned(),
                abi: "cp313".to_owned(),
                is_free_threaded: false,
                platform: crate::model::interpreter::Platform::Other("win_amd64".to_owned()),
                makes_environments: true,
            },
            uv: uv.then(|| "uv".into()),
            links: Vec::new(),
            with_index: true,
            index: "https://shelf.invalid/simple/".parse().expect("good"),
            commands: Vec::new(),
            limit: Duration::from_secs(1),
        }
    }

    fn words(trial: &Trial) -> Vec<String> {
        match trial.install(Path::new("env/python"), Wanted::File) {
            Call::Program(_, words) => words,
            Call::Shell(line) => panic!("{line}"),
        }
    }

    #[test]
    fn an_index_that_is_public_is_an_argument() {
        let words = words(&from_index(None, false, false));
        let expected = "-m pip --isolated install --no-cache-dir --no-input --index-url \
                        https://shelf.invalid/simple/ --only-binary :all: -- sample==1.0";
        assert_eq!(words.join(" "), expected);
        assert!(from_index(None, false, false).index_variables().is_empty());
        assert!(!self::words(&from_index(None, true, true)).contains(&"--only-binary".to_owned()));
    }

    #[test]
    fn a_password_is_in_no_argument_and_reads_back_from_the_variable() {
        for uv in [false, true] {
            // An installer that may not build starts nobody else's code while it knows the password.
            let trial = from_index(Some(("me", "a/b@c%d")), true, uv);
            let words = words(&trial);
            assert!(words.join(" ").contains("--only-binary :all: -- "), "{words:?}");
            let encoded = trial.encoded_password().map(|password| password.expose().clone());
            assert_eq!(encoded.as_deref(), Some("a%2Fb%40c%25d"));
            assert!(words.iter().all(|word| !word.contains("shelf") && word != "--isolated"), "{words:?}");
            for (name, address) in trial.index_variables() {
                let address = address.expose();
                assert_eq!(address, "https://me:a%2Fb%40c%25d@shelf.invalid/simple/", "{name}");
            }
            assert_eq!(trial.index_variables().len(), 2);
        }
    }
}
