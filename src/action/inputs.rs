//! What the user asked for: flags over `INPUT_*` over what the schema falls back to, and typed views of it.
//!
//! Pure, but for the questions whether a folder or file exists. An empty text is the same as none, because
//! that is what an unset input looks like in a workflow.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::env::{Environment, secrets_of};
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
        let separators: &[char] = if matches!(self.row(name).kind, Kind::Paths | Kind::Commands) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::endpoints::{Endpoint, PYPI_UPLOAD};
    use crate::model::revision::CommitSha;

    fn inputs(mode: ModeName, flags: &[(&'static str, &str)], variables: &[(&str, &str)]) -> Inputs {
        let flags = flags.iter().map(|(name, text)| (*name, ((*text).to_owned(), Source::Flag))).collect();
        let environment = variables.iter().copied().collect();
        Inputs::of_mode(mode, flags, &environment).expect("good")
    }

    fn text_of(error: &InputError) -> String {
        let source = std::error::Error::source(error).map(|source| format!(": {source}"));
        format!("{error}{}", source.unwrap_or_default())
    }

    #[test]
    fn flag_stands_above_input_above_default() {
        let name = "packages-dir";
        let variables = [("INPUT_PACKAGES-DIR", "from-input")];
        let text = |flags: &[_], variables: &[_]| {
            inputs(ModeName::Publish, flags, variables).text(name).map(str::to_owned)
        };
        assert_eq!(text(&[(name, "from-flag")], &variables).as_deref(), Some("from-flag"));
        assert_eq!(text(&[(name, " ")], &variables).as_deref(), Some("from-input"));
        assert_eq!(text(&[], &[("INPUT_PACKAGES-DIR", "")]).as_deref(), Some("dist"));
    }

    #[test]
    fn a_default_that_action_yml_fills_in_does_not_count_as_given() {
        let given = |variables: &[_]| inputs(ModeName::Publish, &[], variables).is_given("assets-dir");
        assert!(!given(&[("INPUT_ASSETS-DIR", "release-assets")]));
        assert!(given(&[("INPUT_ASSETS-DIR", "extra")]));
    }

    #[test]
    fn variables_of_the_runner_stand_for_what_is_not_given() {
        let variables = [("GITHUB_REPOSITORY", "o/r"), ("GITHUB_TOKEN", "ghs_x")];
        let found = inputs(ModeName::VerifyTag, &[], &variables);
        assert_eq!(found.text("repository"), Some("o/r"));
        assert_eq!(
            found.secret("github-token").map(|token| token.expose().clone()).as_deref(),
            Some("ghs_x")
        );
        assert_eq!(found.secrets(), ["ghs_x"]);
        let publish = inputs(ModeName::Publish, &[], &[]);
        assert_eq!(publish.text("repository-url"), Some(PYPI_UPLOAD));
    }

    #[test]
    fn inputs_of_other_modes_are_left_alone_and_unknown_ones_refused() {
        inputs(
            ModeName::Publish,
            &[],
            &[("INPUT_NOTES-FILE", "x"), ("INPUT_ARGS", "x"), ("INPUT_ENTRYPOINT", "y")],
        );
        let refused = |name: &str| {
            let environment = Environment::from_iter([(name, "")]);
            let error = Inputs::of_mode(ModeName::Publish, Flags::new(), &environment).expect_err("refused");
            format!("{error}; {}", error.hint().unwrap_or_default())
        };
        assert_eq!(
            refused("INPUT_PACKAGES_DIR"),
            "there is no input `packages_dir`; did you mean `packages-dir`?"
        );
        assert!(refused("INPUT_COLOUR").starts_with("there is no input `colour`; the inputs are listed"));
    }

    #[test]
    fn lists_split_at_commas_and_lines_and_paths_at_lines() {
        let found = inputs(ModeName::CollectArtifacts, &[("workflows", " a.yml, b.yml\r\n\n,c.yml")], &[]);
        assert_eq!(found.list("workflows"), ["a.yml", "b.yml", "c.yml"]);
        assert_eq!(found.list("artifacts"), ["*"]);
        let found = inputs(ModeName::ValidateWheels, &[("files", "a,b.whl\nc d.whl")], &[]);
        assert_eq!(found.paths("files"), [PathBuf::from("a,b.whl"), PathBuf::from("c d.whl")]);
    }

    #[test]
    fn paths_of_the_host_are_translated_and_other_texts_are_not() {
        let runner = [
            ("RUNNER_WORKSPACE", "/home/runner/work/r"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_WORKSPACE", "/github/workspace"),
            ("INPUT_FILES", "/github/workspace/a.whl\n/home/runner/work/r/r/b.whl"),
            ("INPUT_TAG", "/home/runner/work/r/r"),
        ];
        let found = inputs(ModeName::ValidateWheels, &[], &runner);
        assert_eq!(found.list("files"), ["/github/workspace/a.whl", "/github/workspace/b.whl"]);
        assert_eq!(found.text("tag"), Some("/home/runner/work/r/r"));
    }

    #[test]
    fn bad_values_name_the_input_and_where_it_came_from() {
        let found = inputs(ModeName::CreateRelease, &[("commit", "abc")], &[("INPUT_PUBLISH", "yes")]);
        let error = found.parsed::<CommitSha>("commit").expect_err("bad");
        assert_eq!(
            text_of(&error),
            "the flag `--commit` has a value that cannot be used: `abc` is no full commit hash of 40 hexadecimal digits"
        );
        let error = found.flag("publish").expect_err("bad");
        assert_eq!(
            text_of(&error),
            "the input `publish` has a value that cannot be used: `yes` is neither `true` nor `false`"
        );
        let error = inputs(ModeName::Publish, &[], &[("INPUT_INDEX-URL", "http://me:hunter2@example.org/")])
            .parsed::<Endpoint>("index-url")
            .expect_err("bad");
        assert!(!text_of(&error).contains("hunter2"), "{}", text_of(&error));
        let error = inputs(ModeName::CollectArtifacts, &[], &[]).required("workflows").expect_err("missing");
        assert_eq!(text_of(&error), "`collect-artifacts` needs the input `workflows`");
        assert!(error.hint().is_some_and(|hint| hint.contains("--workflows")));
    }

    #[test]
    fn named_folders_have_to_exist_and_default_ones_may_be_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path().to_str().expect("text");
        let missing = format!("{here}/missing");
        let found = inputs(ModeName::Publish, &[("assets-dir", here), ("packages-dir", &missing)], &[]);
        assert_eq!(found.optional_folder("assets-dir").expect("there"), Some(PathBuf::from(here)));
        for error in [
            found.existing_folder("packages-dir").expect_err("missing"),
            found.optional_folder("packages-dir").expect_err("missing"),
        ] {
            let expected =
                format!("the flag `--packages-dir` names a folder that does not exist: `{missing}`");
            assert_eq!(text_of(&error), expected);
        }
        assert_eq!(found.optional_folder("manifest-dir").expect("may be missing"), None);
        let found = inputs(ModeName::CreateRelease, &[("notes-file", here)], &[]);
        assert!(found.optional_file("notes-file").is_err(), "a folder is no file");
        assert!(found.optional_file("changelog").is_ok(), "the default may be missing");
    }

    #[test]
    fn debug_shows_no_secret() {
        let found = inputs(ModeName::Publish, &[("password", "hunter2")], &[("INPUT_TAG", "v1.0.0")]);
        let shown = format!("{found:?}");
        assert!(shown.contains("v1.0.0") && shown.contains("***") && !shown.contains("hunter2"), "{shown}");
    }
}
