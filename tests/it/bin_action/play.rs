//! A runner, as far as a composite action knows one: contexts in the `env` of its steps, bash, and `$GITHUB_OUTPUT`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::releases::Releases;
use crate::support::runner::commands::parse_file_command;
use crate::support::workflow_files::root;

/// `github.token`.
pub(super) const TOKEN: &str = "ghs_of-the-job";

/// The machine, with this action unpacked.
pub(super) struct Runner {
    folder: tempfile::TempDir,
    action: PathBuf,
    /// `github.action_repository`.
    repository: &'static str,
    variables: BTreeMap<&'static str, String>,
}

/// What a step left, or all steps of an action.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) code: i32,
    /// Standard output and standard error.
    pub(super) log: String,
    pub(super) outputs: BTreeMap<String, String>,
}

impl Runner {
    /// One with Linux, on which `acme/tool` at v1 pins the program of `releases`.
    pub(super) fn new(releases: &Releases) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut runner = Self {
            action: folder.path().join("_actions/acme/tool/v1/bin"),
            folder,
            repository: "acme/tool",
            variables: BTreeMap::from([
                ("GITHUB_ACTIONS", "true".to_owned()),
                ("GITHUB_REPOSITORY", "owner/of-the-job".to_owned()),
                ("GITHUB_SERVER_URL", releases.origin.clone()),
                ("GITHUB_REF", "refs/tags/v1.2.0".to_owned()),
                ("GITHUB_SHA", "0".repeat(40)),
            ]),
        };
        for folder in ["work", "_temp"] {
            fs::create_dir(runner.folder.path().join(folder)).expect("a temporary folder can be written to");
        }
        runner.variables.insert("RUNNER_TEMP", runner.folder.path().join("_temp").display().to_string());
        runner.unpack();
        runner.on("Linux", "X64").pinned(&releases.pins())
    }

    fn unpack(&mut self) {
        fs::create_dir_all(&self.action).expect("a temporary folder can be written to");
        fs::copy(root().join("bin/fetch.sh"), self.action.join("fetch.sh")).expect("the script is there");
        self.variables.insert("GITHUB_ACTION_PATH", self.action.display().to_string());
    }

    pub(super) fn on(mut self, os: &str, arch: &str) -> Self {
        self.variables.extend([("RUNNER_OS", os.to_owned()), ("RUNNER_ARCH", arch.to_owned())]);
        self
    }

    /// With this text of `checksums.txt`.
    pub(super) fn pinned(self, pins: &str) -> Self {
        fs::write(self.action.join("checksums.txt"), pins).expect("a temporary folder can be written to");
        self
    }

    /// With the action in another folder, and without the runner's word about its repository.
    pub(super) fn in_folder(mut self, folder: &str) -> Self {
        let pins = fs::read_to_string(self.action.join("checksums.txt")).expect("it was pinned");
        self.action = self.folder.path().join(folder);
        self.repository = "";
        self.unpack();
        self.pinned(&pins)
    }

    pub(super) fn workspace(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Every file that fetching left in the runner's temporary folder.
    pub(super) fn fetched_files(&self) -> Vec<String> {
        let entries = walkdir::WalkDir::new(self.folder.path().join("_temp/release-action"));
        let files = entries.into_iter().flatten().filter(|entry| entry.file_type().is_file());
        files.map(|entry| entry.path().display().to_string()).collect()
    }

    /// Runs `fetch.sh` alone.
    pub(super) fn fetch(&self) -> Outcome {
        let env = BTreeMap::from([("ACTION_REPOSITORY".to_owned(), self.repository.to_owned())]);
        self.step("bash \"$GITHUB_ACTION_PATH/fetch.sh\"", &env)
    }

    /// Runs the steps of a composite action until one fails, and gives the action's outputs.
    pub(super) fn play(&self, action: &Value, inputs: &[(&str, &str)]) -> Outcome {
        let mut context: BTreeMap<String, String> = BTreeMap::from([
            ("github.action_repository".into(), self.repository.into()),
            ("github.token".into(), TOKEN.into()),
        ]);
        for (name, input) in action["inputs"].as_object().expect("the action has inputs") {
            let given = inputs.iter().find(|(given, _)| given == name).map(|(_, value)| (*value).to_owned());
            let default = || evaluate(input["default"].as_str().unwrap_or_default(), &context);
            let value = given.unwrap_or_else(default);
            context.insert(format!("inputs.{name}"), value);
        }
        let mut outcome = Outcome::default();
        for step in action["runs"]["steps"].as_array().expect("the action has steps") {
            assert_eq!(step["shell"], "bash");
            let env = step["env"].as_object().expect("every step has variables").iter();
            let env =
                env.map(|(name, value)| (name.clone(), evaluate(value.as_str().expect("a text"), &context)));
            let left = self.step(step["run"].as_str().expect("a script"), &env.collect());
            let id = step["id"].as_str().expect("every step has an id");
            context.extend(
                left.outputs.into_iter().map(|(name, value)| (format!("steps.{id}.outputs.{name}"), value)),
            );
            outcome.log += &left.log;
            outcome.code = left.code;
            if outcome.code != 0 {
                break;
            }
        }
        let outputs = action["outputs"].as_object().expect("the action has outputs").iter();
        outcome.outputs = outputs
            .map(|(name, output)| {
                (name.clone(), evaluate(output["value"].as_str().expect("a text"), &context))
            })
            .collect();
        outcome
    }

    /// Runs a script as the runner runs those of `shell: bash`.
    fn step(&self, script: &str, env: &BTreeMap<String, String>) -> Outcome {
        let file = self.folder.path().join("script.sh");
        let output = self.folder.path().join("output");
        fs::write(&file, script).expect("a temporary folder can be written to");
        fs::write(&output, "").expect("as above");
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]).arg(&file);
        bash.env_clear().env("PATH", std::env::var_os("PATH").expect("there is a search path"));
        bash.envs(&self.variables)
            .envs(env)
            .env("GITHUB_OUTPUT", &output)
            .env("GITHUB_WORKSPACE", self.workspace());
        let done =
            bash.current_dir(self.workspace()).stdin(Stdio::null()).output().expect("bash is installed");
        let told = fs::read_to_string(&output).expect("it was made above");
        Outcome {
            code: done.status.code().expect("no signal ends it"),
            log: String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned(),
            outputs: parse_file_command(&told).expect("as the runner reads it").into_iter().collect(),
        }
    }
}

/// A text in which an expression may stand: one name of a context. Nothing is known by a name that has no value.
fn evaluate(text: &str, context: &BTreeMap<String, String>) -> String {
    let Some((before, rest)) = text.split_once("${{ ") else { return text.to_owned() };
    let (name, after) = rest.split_once(" }}").expect("an expression ends");
    format!("{before}{}{after}", context.get(name).map_or("", String::as_str))
}
