//! A small GitHub runner: runs this action's image as actions/runner 2.336 runs a container action on Linux.
//!
//! It knows what a release meets: the `docker run` command, the environment, the path translation, the command
//! files and the log's commands. It knows no workflow language: a test says what the expressions came to.

pub(crate) mod commands;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::workflow_files::{declared_inputs, root};
use commands::{Log, parse_file_command};

/// Longest time a step may take before its container is removed and the test fails.
const LIMIT: Duration = Duration::from_secs(120);

/// Largest summary that the runner uploads, in bytes.
const LARGEST_SUMMARY: usize = 1024 * 1024;

/// The command files: the variable that tells each one, and how its name begins.
const COMMAND_FILES: &[(&str, &str)] = &[
    ("GITHUB_ENV", "set_env_"),
    ("GITHUB_OUTPUT", "set_output_"),
    ("GITHUB_PATH", "add_path_"),
    ("GITHUB_STATE", "save_state_"),
    ("GITHUB_STEP_SUMMARY", "step_summary_"),
];

/// One job on one machine: a workspace and the runner's folders. Dropping it removes them.
#[derive(Debug)]
pub(crate) struct Job {
    folder: TempDir,
    repository: String,
    environment: BTreeMap<String, String>,
    token: String,
}

/// One step that uses this action: what stands under `with:`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Step {
    with: BTreeMap<String, String>,
}

/// A step under way.
#[derive(Debug)]
pub(crate) struct RunningStep<'a> {
    job: &'a Job,
    container: String,
    identity: String,
    child: Child,
    lines: Receiver<String>,
    began: Instant,
    warnings: Vec<String>,
    given: Vec<String>,
}

/// What a step came to.
#[derive(Debug)]
pub(crate) struct StepOutcome {
    pub(crate) code: Option<i32>,
    /// Every line of stdout and stderr as it came, before the runner took it.
    pub(crate) raw: String,
    pub(crate) log: Log,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) summary: String,
    /// What the runner itself warned of.
    pub(crate) warnings: Vec<String>,
    pub(crate) elapsed: Duration,
}

impl Step {
    /// A step with `mode: MODE`.
    pub(crate) fn mode(name: &str) -> Self {
        Self::default().with("mode", name)
    }

    /// A line under `with:`, its expressions evaluated.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.with.insert(name.to_owned(), value.as_ref().display().to_string());
        self
    }
}

impl Job {
    /// A job for a push of `git_ref` to `repository` (`owner/name`), on an empty workspace.
    pub(crate) fn new(repository: &str, git_ref: &str) -> Self {
        let folder =
            tempfile::Builder::new().prefix("runner-").tempdir().expect("a temporary folder can be made");
        let mut job = Self {
            folder,
            repository: repository.into(),
            environment: BTreeMap::new(),
            token: "ghs_0123456789jobtoken".into(),
        };
        for (path, _) in job.mounts() {
            std::fs::create_dir_all(path).expect("a temporary folder can be written to");
        }
        let event = serde_json::json!({ "ref": git_ref, "repository": { "full_name": repository } });
        job.event(&event);
        job.environment = job.variables(git_ref);
        job
    }

    /// Replaces the event that started the job.
    pub(crate) fn event(&self, event: &Value) {
        let file = self.temp().join("_github_workflow/event.json");
        std::fs::write(file, event.to_string()).expect("a temporary folder can be written to");
    }

    /// A variable of the runner's, such as the API's address on another server.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Where the repository is checked out.
    pub(crate) fn workspace(&self) -> PathBuf {
        self.folder.path().join(self.name()).join(self.name())
    }

    /// Runs a step to its end.
    pub(crate) fn run(&self, image: &str, step: &Step) -> StepOutcome {
        self.start(image, step, &[]).wait()
    }

    /// Runs the image with arguments, as `runs.args` would; ours has none, but `rehearse` is no mode.
    pub(crate) fn run_with_arguments(&self, image: &str, arguments: &[&str]) -> StepOutcome {
        self.start(image, &Step::default(), arguments).wait()
    }

    /// Starts a step.
    pub(crate) fn start(&self, image: &str, step: &Step, arguments: &[&str]) -> RunningStep<'_> {
        let identity = self.identity();
        let (mut environment, warnings) = self.environment_of(step);
        for (variable, prefix) in COMMAND_FILES {
            let file = self.temp().join("_runner_file_commands").join(format!("{prefix}{identity}"));
            std::fs::write(&file, "").expect("a temporary folder can be written to");
            environment.insert((*variable).to_owned(), self.translated(&file.display().to_string()));
        }
        let container = format!("{}_{}", image.replace([':', '/'], "_"), &identity[..6]);
        let mut child = self
            .docker_run(image, &container, &identity[..6], &environment, arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("docker is installed");
        let (sender, lines) = channel();
        for pipe in [
            Box::new(child.stdout.take().expect("it is piped")) as Box<dyn Read + Send>,
            Box::new(child.stderr.take().expect("it is piped")),
        ] {
            let sender = sender.clone();
            std::thread::spawn(move || {
                let lines = BufReader::new(pipe).split(b'\n').map_while(Result::ok);
                // The receiver is gone only when the test has failed already.
                lines.for_each(|line| drop(sender.send(String::from_utf8_lossy(&line).into_owned())));
            });
        }
        let given = ["password", "github-token"].iter().filter_map(|name| step.with.get(*name).cloned());
        let given = given.chain([self.token.clone()]).collect();
        RunningStep { job: self, container, identity, child, lines, began: Instant::now(), warnings, given }
    }

    /// The command, word for word.
    fn docker_run(
        &self,
        image: &str,
        container: &str,
        label: &str,
        environment: &BTreeMap<String, String>,
        arguments: &[&str],
    ) -> Command {
        let mut command = Command::new("docker");
        command.args([
            "run",
            "--name",
            container,
            "--label",
            label,
            "--workdir",
            "/github/workspace",
            "--rm",
        ]);
        for name in environment.keys() {
            command.args(["-e", name]);
        }
        command.args(["-e", "GITHUB_ACTIONS=true", "-e", "CI=true"]);
        // Where a job has services, the runner names their network here. The host's has the test's servers.
        command.args(["--network", "host"]);
        if Path::new("/var/run/docker.sock").exists() {
            command.args(["-v", "/var/run/docker.sock:/var/run/docker.sock"]);
        }
        for (outside, inside) in self.mounts() {
            command.args(["-v", &format!("{}:{inside}", outside.display())]);
        }
        command.arg(image).args(arguments);
        let kept =
            ["PATH", "DOCKER_HOST"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.env_clear().envs(kept).envs(environment);
        command
    }

    /// The environment of a step's container, and what the runner warns of.
    fn environment_of(&self, step: &Step) -> (BTreeMap<String, String>, Vec<String>) {
        let action =
            std::fs::read_to_string(root().join("action.yml")).expect("the project has an action.yml");
        let declared = declared_inputs(&action);
        let mut environment = self.environment.clone();
        for input in &declared {
            // An input without a default is passed all the same, as an empty text.
            let default = match input.default.as_deref() {
                Some("${{ github.token }}") => self.token.clone(),
                Some(expression) if expression.contains("${{") => {
                    panic!("the runner's stand-in cannot evaluate {expression}")
                }
                other => other.unwrap_or_default().to_owned(),
            };
            environment.insert(input_variable(&input.name), default);
        }
        let mut warnings = Vec::new();
        for (name, value) in &step.with {
            if !declared.iter().any(|input| input.name == *name) {
                warnings.push(format!("Unexpected input(s) '{name}'"));
            }
            environment.insert(input_variable(name), value.clone());
        }
        for value in environment.values_mut() {
            *value = self.translated(value);
        }
        (environment, warnings)
    }

    /// The runner's variables: the documented ones, and none with a token.
    fn variables(&self, git_ref: &str) -> BTreeMap<String, String> {
        let owner = self.repository.split('/').next().unwrap_or_default();
        let temp = self.temp().display().to_string();
        let event = self.temp().join("_github_workflow/event.json").display().to_string();
        let ref_name = git_ref.trim_start_matches("refs/tags/").trim_start_matches("refs/heads/");
        let ref_type = if git_ref.starts_with("refs/tags/") { "tag" } else { "branch" };
        let parent = self.folder.path().join(self.name()).display().to_string();
        let workspace = self.workspace().display().to_string();
        let pairs: &[(&str, &str)] = &[
            ("HOME", &format!("{temp}/_github_home")),
            ("GITHUB_ACTION", "__self"),
            ("GITHUB_ACTION_REF", ""),
            ("GITHUB_ACTION_REPOSITORY", ""),
            ("GITHUB_ACTOR", "octocat"),
            ("GITHUB_ACTOR_ID", "583231"),
            ("GITHUB_BASE_REF", ""),
            ("GITHUB_EVENT_NAME", "push"),
            ("GITHUB_EVENT_PATH", &event),
            ("GITHUB_HEAD_REF", ""),
            ("GITHUB_JOB", "release"),
            ("GITHUB_REF", git_ref),
            ("GITHUB_REF_NAME", ref_name),
            ("GITHUB_REF_PROTECTED", "false"),
            ("GITHUB_REF_TYPE", ref_type),
            ("GITHUB_REPOSITORY", &self.repository),
            ("GITHUB_REPOSITORY_ID", "1296269"),
            ("GITHUB_REPOSITORY_OWNER", owner),
            ("GITHUB_REPOSITORY_OWNER_ID", "583231"),
            ("GITHUB_RETENTION_DAYS", "90"),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("GITHUB_RUN_ID", "101"),
            ("GITHUB_RUN_NUMBER", "7"),
            ("GITHUB_SHA", "2f1b0d8d5f3c0e3a9a7b6c5d4e3f2a1b0c9d8e7f"),
            ("GITHUB_TRIGGERING_ACTOR", "octocat"),
            ("GITHUB_WORKFLOW", "release"),
            ("GITHUB_WORKFLOW_REF", &format!("{}/.github/workflows/release.yml@{git_ref}", self.repository)),
            ("GITHUB_WORKFLOW_SHA", "2f1b0d8d5f3c0e3a9a7b6c5d4e3f2a1b0c9d8e7f"),
            ("GITHUB_WORKSPACE", &workspace),
            ("RUNNER_ARCH", "X64"),
            ("RUNNER_ENVIRONMENT", "github-hosted"),
            ("RUNNER_NAME", "a runner"),
            ("RUNNER_OS", "Linux"),
            ("RUNNER_TEMP", &temp),
            ("RUNNER_TOOL_CACHE", "/opt/hostedtoolcache"),
            // Longer than no mount and shorter than the workspace, this one stays a path of the host.
            ("RUNNER_WORKSPACE", &parent),
        ];
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The folders of the host that the container sees, in the runner's order.
    fn mounts(&self) -> [(PathBuf, &'static str); 5] {
        [
            (self.temp(), "/github/runner_temp"),
            (self.temp().join("_github_home"), "/github/home"),
            (self.temp().join("_github_workflow"), "/github/workflow"),
            (self.temp().join("_runner_file_commands"), "/github/file_commands"),
            (self.workspace(), "/github/workspace"),
        ]
    }

    /// A value whose whole text is, or begins with, a folder that is mounted tells the container's path instead.
    fn translated(&self, value: &str) -> String {
        let mut mounts = self.mounts();
        // The deepest first: the runner's own folders lie in its temporary folder.
        mounts.sort_by_key(|(outside, _)| std::cmp::Reverse(outside.as_os_str().len()));
        for (outside, inside) in mounts {
            let outside = outside.display().to_string();
            match value.strip_prefix(&outside) {
                Some("") => return inside.to_owned(),
                Some(rest) if rest.starts_with('/') => return format!("{inside}{rest}"),
                _ => {}
            }
        }
        value.to_owned()
    }

    fn temp(&self) -> PathBuf {
        self.folder.path().join("_temp")
    }

    /// The repository's name without its owner.
    fn name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }

    /// Hexadecimal digits that no other step on this machine has.
    fn identity(&self) -> String {
        use std::sync::atomic::{AtomicU32, Ordering};
        static STEPS: AtomicU32 = AtomicU32::new(0);
        let step = STEPS.fetch_add(1, Ordering::Relaxed);
        let seed = format!("{step} {} {}", std::process::id(), self.folder.path().display());
        <sha2::Sha256 as sha2::Digest>::digest(seed).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The variable of an input: spaces become `_`, dashes stay.
fn input_variable(name: &str) -> String {
    format!("INPUT_{}", name.replace(' ', "_").to_uppercase())
}

impl RunningStep<'_> {
    /// Sends a signal (`TERM`, `INT`) to the docker client, which passes it on, as the runner does on cancel.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.expect("there is a `kill`").success(), "the step had ended before the signal came");
    }

    /// Waits for the end, and takes in what the step left.
    pub(crate) fn wait(mut self) -> StepOutcome {
        let (mut raw, mut log) = (String::new(), Log::default());
        let deadline = self.began + LIMIT;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    log.line(&line);
                    raw.push_str(&line);
                    raw.push('\n');
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    drop(Command::new("docker").args(["rm", "--force", &self.container]).output());
                    panic!("the step is still running after {LIMIT:?}; it said:\n{raw}");
                }
            }
        }
        let status = self.child.wait().expect("it is a child of this process");
        let outputs = self.read("set_output_");
        let summary = self.read("step_summary_");
        assert!(summary.len() <= LARGEST_SUMMARY, "the summary is too large, the runner drops it");
        for annotation in &mut log.annotations {
            annotation.file =
                annotation.file.take().map(|file| file.trim_start_matches("/github/workspace/").into());
        }
        let outcome = StepOutcome {
            code: status.code(),
            outputs: parse_file_command(&outputs)
                .unwrap_or_else(|error| panic!("{error}:\n{outputs}"))
                .into_iter()
                .collect(),
            summary,
            log,
            raw,
            warnings: self.warnings,
            elapsed: self.began.elapsed(),
        };
        outcome.keeps(&self.given);
        outcome
    }

    fn read(&self, prefix: &str) -> String {
        let file = self.job.temp().join("_runner_file_commands").join(format!("{prefix}{}", self.identity));
        std::fs::read_to_string(file).expect("the step leaves the runner's files in place")
    }
}

impl StepOutcome {
    /// The named output; empty when it was not set.
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    /// Fails the test with all that is known, unless the code is as expected.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "after {:?}\n{}\n{:#?}", self.elapsed, self.raw, self.outputs);
        assert!(self.log.others.is_empty(), "the log holds commands that act: {:?}", self.log.others);
        self
    }

    /// What the step was given shows nowhere but in a mask.
    #[track_caller]
    fn keeps(&self, secrets: &[String]) {
        let logged: Vec<&str> = self.raw.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            let places = [logged.join("\n"), self.summary.clone(), format!("{:?}", self.outputs)];
            assert!(places.iter().all(|place| !place.contains(secret)), "a secret shows:\n{}", self.raw);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_values_that_begin_with_a_mounted_folder_are_translated() {
        let job = Job::new("owner/name", "refs/tags/v1.0.0");
        let workspace = job.workspace().display().to_string();
        assert_eq!(job.translated(&workspace), "/github/workspace");
        assert_eq!(job.translated(&format!("{workspace}/dist")), "/github/workspace/dist");
        let two = format!("{workspace}/a\n{workspace}/b");
        assert_eq!(
            job.translated(&two),
            format!("/github/workspace/a\n{workspace}/b"),
            "only at its beginning"
        );
        assert_eq!(job.translated(&format!("see {workspace}")), format!("see {workspace}"));
        assert_eq!(job.translated(&format!("{workspace}-old")), format!("{workspace}-old"));
    }

    #[test]
    fn the_runners_own_folders_are_told_by_their_own_mount() {
        let job = Job::new("owner/name", "refs/tags/v1.0.0");
        let inside = |name: &str| job.translated(&job.variables("refs/tags/v1.0.0")[name]);
        assert_eq!(inside("HOME"), "/github/home");
        assert_eq!(inside("GITHUB_EVENT_PATH"), "/github/workflow/event.json");
        assert_eq!(inside("RUNNER_TEMP"), "/github/runner_temp");
        assert_eq!(
            Path::new(&inside("RUNNER_WORKSPACE")).join("name"),
            job.workspace(),
            "it stays the host's"
        );
    }

    #[test]
    fn dashes_stay_in_the_names_of_inputs() {
        assert_eq!(input_variable("packages-dir"), "INPUT_PACKAGES-DIR");
        assert_eq!(input_variable("a b"), "INPUT_A_B");
    }
}
