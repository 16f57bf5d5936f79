//! Runs the real program as a runner or a person would: scrubbed environment, bounded time, everything captured.
//!
//! Every run is also a test of its own: no secret that it was given may show in anything that it leaves.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use super::runner::commands::parse_file_command;

/// Longest time a run may take before it is killed and the test fails.
const LIMIT: Duration = Duration::from_secs(120);

/// What is kept of this process' environment; all else is gone.
const KEPT: &[&str] = &["PATH", "HOME", "TMPDIR"];

/// One run of the program, being put together.
#[derive(Debug)]
pub(crate) struct Program {
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    secrets: Vec<String>,
    limit: Duration,
    current_dir: Option<PathBuf>,
    kill: Kill,
    largest_file_bytes: Option<u64>,
    files: TempDir,
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; nothing when a signal ended the program.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// What `--report` wrote; `null` when it wrote nothing.
    pub(crate) report: Value,
    /// What it wrote to `$GITHUB_OUTPUT`, as the runner understands it.
    pub(crate) outputs: BTreeMap<String, String>,
    /// What it wrote to `$GITHUB_STEP_SUMMARY`.
    pub(crate) summary: String,
    /// How long it took.
    pub(crate) elapsed: Duration,
}

/// A run under way.
#[derive(Debug)]
pub(crate) struct Running {
    program: Program,
    stdout: Receiver<Vec<u8>>,
    stderr: Receiver<Vec<u8>>,
    began: Instant,
}

/// Ends a run from another thread, such as a simulator's at request n. It may be made before the run is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kill(Arc<Mutex<Option<Child>>>);

impl Kill {
    /// Ends the run at once, as `kill -9` does; before the run began nothing happens.
    pub(crate) fn now(&self) {
        if let Some(child) = self.0.lock().expect("no holder of this lock panics").as_mut() {
            // An error says that the program has ended by itself, which is as good.
            drop(child.kill());
        }
    }
}

impl Program {
    /// `release-action MODE --report FILE`, as a step of a workflow sees it.
    pub(crate) fn mode(name: &str) -> Self {
        let mut program = Self::command(name);
        let report = program.file("report.json");
        program.arguments.extend(["--report".into(), report.display().to_string()]);
        program
    }

    /// `release-action NAME`, without anything added.
    pub(crate) fn command(name: &str) -> Self {
        let mut program = Self::bare();
        program.arguments.push(name.to_owned());
        program
    }

    /// `release-action`, without any argument: an action tells its mode by `INPUT_MODE`.
    pub(crate) fn bare() -> Self {
        let mut program = Self {
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            secrets: Vec::new(),
            limit: LIMIT,
            current_dir: None,
            kill: Kill::default(),
            largest_file_bytes: None,
            files: tempfile::tempdir().expect("a temporary folder can be made"),
        };
        for (variable, file) in [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary")] {
            let path = program.file(file);
            std::fs::write(&path, "").expect("the temporary folder can be written to");
            program.environment.insert(variable.into(), path.display().to_string());
        }
        program
    }

    /// A bare argument.
    pub(crate) fn arg(mut self, argument: impl AsRef<Path>) -> Self {
        self.arguments.push(argument.as_ref().display().to_string());
        self
    }

    /// `--name value`.
    pub(crate) fn flag(self, name: &str, value: impl AsRef<Path>) -> Self {
        self.arg(format!("--{name}")).arg(value)
    }

    /// An input as the runner passes it: `INPUT_` and the name in capitals, dashes kept.
    pub(crate) fn input(self, name: &str, value: impl AsRef<Path>) -> Self {
        self.env(&format!("INPUT_{}", name.to_uppercase()), value)
    }

    /// A variable. Those that hold a token or a password count as secrets.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        let value = value.as_ref().display().to_string();
        if name.ends_with("TOKEN") || name.ends_with("PASSWORD") {
            self.secrets.push(value.clone());
        }
        self.environment.insert(name.to_owned(), value);
        self
    }

    /// Something that the run must show nobody, wherever it learns it (a minted token, say).
    pub(crate) fn secret(mut self, secret: &str) -> Self {
        self.secrets.push(secret.to_owned());
        self
    }

    /// What a step of a workflow finds: the runner's own variables, for the repository and ref given.
    pub(crate) fn in_workflow(self, repository: &str, git_ref: &str) -> Self {
        self.env("GITHUB_ACTIONS", "true")
            .env("CI", "true")
            .env("GITHUB_REPOSITORY", repository)
            .env("GITHUB_REF", git_ref)
            .env("GITHUB_EVENT_NAME", "push")
            .env("GITHUB_RUN_ID", "101")
            .env("GITHUB_RUN_ATTEMPT", "1")
    }

    /// The folder it runs in; a new empty one otherwise.
    pub(crate) fn current_dir(mut self, folder: &Path) -> Self {
        self.current_dir = Some(folder.to_owned());
        self
    }

    /// How long it may take, where it is not the usual.
    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// `kill` ends this run.
    pub(crate) fn killed_by(mut self, kill: &Kill) -> Self {
        self.kill = kill.clone();
        self
    }

    /// It may write no larger file than this, as on a disk that is full.
    pub(crate) fn limited_to(mut self, bytes: u64) -> Self {
        self.largest_file_bytes = Some(bytes);
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Outcome {
        self.spawn().wait()
    }

    /// Starts it.
    pub(crate) fn spawn(self) -> Running {
        let current_dir = self.current_dir.clone().unwrap_or_else(|| {
            let folder = self.file("workspace");
            std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
            folder
        });
        let program = env!("CARGO_BIN_EXE_release-action");
        let mut command = match self.largest_file_bytes {
            None => Command::new(program),
            Some(bytes) => {
                // Not a shell: some drop variables with a dash in their name, such as the runner's `INPUT_*`.
                let mut limited = Command::new("prlimit");
                limited.arg(format!("--fsize={bytes}")).arg(program);
                limited
            }
        };
        command.env_clear().current_dir(current_dir).args(&self.arguments).envs(&self.environment);
        for name in KEPT {
            if let Some(value) = std::env::var_os(name).filter(|_| !self.environment.contains_key(*name)) {
                command.env(name, value);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Held while it starts, so that whoever kills it does so before or after, never in between.
        let mut slot = self.kill.0.lock().expect("no holder of this lock panics");
        let mut child = command.spawn().expect("the program was built");
        let stdout = collect(child.stdout.take().expect("it is piped"));
        let stderr = collect(child.stderr.take().expect("it is piped"));
        *slot = Some(child);
        drop(slot);
        Running { program: self, stdout, stderr, began: Instant::now() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }
}

impl Running {
    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.program.kill.0.lock().expect("no holder of this lock panics").as_ref().map_or(0, Child::id)
    }

    /// Sends a signal (`TERM`, `INT`).
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status();
        assert!(sent.expect("there is a `kill`").success(), "the program had ended before the signal came");
    }

    /// Waits for its end, and checks that it kept its secrets.
    pub(crate) fn wait(self) -> Outcome {
        let Self { program, stdout, stderr, began } = self;
        let deadline = began + program.limit;
        let left = || deadline.saturating_duration_since(Instant::now());
        let Ok(stdout) = stdout.recv_timeout(left()) else {
            program.kill.now();
            let said = stderr.recv().unwrap_or_default();
            panic!("still running after {:?}; it said:\n{}", program.limit, String::from_utf8_lossy(&said));
        };
        let stderr = stderr.recv().expect("the thread that reads sends what it read");
        let mut slot = program.kill.0.lock().expect("no holder of this lock panics");
        let mut child = slot.take().expect("it was started and nobody took it");
        let status = child.wait().expect("it is a child of this process");
        let read = |name| std::fs::read_to_string(program.file(name)).unwrap_or_default();
        let output = read("output");
        let outcome = Outcome {
            code: status.code(),
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
            report: match read("report.json").as_str() {
                "" => Value::Null,
                text => serde_json::from_str(text).unwrap_or_else(|error| panic!("report: {error}\n{text}")),
            },
            outputs: parse_file_command(&output)
                .unwrap_or_else(|error| panic!("$GITHUB_OUTPUT: {error}\n{output}"))
                .into_iter()
                .collect(),
            summary: read("summary"),
            elapsed: began.elapsed(),
        };
        outcome.keeps(&program.secrets);
        outcome
    }
}

impl Outcome {
    /// Whether the report has a finding of this check about a file whose name ends so.
    pub(crate) fn finds(&self, check: &str, file: &str) -> bool {
        let findings = self.report["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        findings.iter().any(|finding| {
            finding["check"] == check && finding["file"].as_str().unwrap_or_default().ends_with(file)
        })
    }

    /// The named output; empty when it was not set.
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    /// Fails the test with all that is known, unless the code is as expected.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.told());
        self
    }

    /// All that the run said, for the message of a failed assertion.
    pub(crate) fn told(&self) -> String {
        let Self { code, stdout, stderr, report, outputs, summary: _, elapsed } = self;
        let mut text = format!("code {code:?} after {elapsed:?}\n");
        for (name, part) in [("stdout", stdout), ("stderr", stderr)] {
            write!(text, "--- {name}\n{part}\n").expect("a String takes all");
        }
        write!(text, "--- outputs {outputs:#?}\n--- report {report:#}").expect("a String takes all");
        text
    }

    /// No secret shows, neither as it is nor in the forms in which it travels.
    #[track_caller]
    pub(crate) fn keeps(&self, secrets: &[String]) {
        let masked = |text: &str| -> String {
            text.lines()
                .filter(|line| !line.starts_with("::add-mask::"))
                .fold(String::new(), |all, line| all + line + "\n")
        };
        let places = [
            ("stdout", masked(&self.stdout)),
            ("stderr", self.stderr.clone()),
            ("the report", self.report.to_string()),
            ("the summary", self.summary.clone()),
            ("the outputs", format!("{:?}", self.outputs)),
        ];
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            for form in forms_of(secret) {
                for (place, text) in &places {
                    assert!(!text.contains(&form), "the secret `{secret}` shows in {place}:\n{text}");
                }
            }
        }
    }
}

/// A secret as it is, in a JSON text, in an address, and in a Basic credential.
pub(crate) fn forms_of(secret: &str) -> Vec<String> {
    let quoted = serde_json::to_string(secret).expect("a string is JSON");
    let escaped = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC);
    vec![
        secret.to_owned(),
        quoted.trim_matches('"').to_owned(),
        escaped.to_string(),
        STANDARD.encode(secret),
        STANDARD.encode(format!("__token__:{secret}")),
    ]
}

/// Reads a pipe to its end on a thread of its own, so that neither pipe can fill up and stop the program.
fn collect(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is worth keeping; the exit status tells the rest.
        drop(pipe.read_to_end(&mut bytes));
        drop(sender.send(bytes));
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(stdout: &str) -> Outcome {
        Outcome {
            code: Some(0),
            stdout: stdout.to_owned(),
            stderr: String::new(),
            report: Value::Null,
            outputs: BTreeMap::new(),
            summary: String::new(),
            elapsed: Duration::ZERO,
        }
    }

    #[test]
    fn a_secret_may_stand_in_a_mask_only() {
        outcome("::add-mask::hunter2\nall is well\n").keeps(&["hunter2".into()]);
    }

    #[test]
    #[should_panic(expected = "shows in stdout")]
    fn a_secret_in_the_log_fails_the_run() {
        outcome("::add-mask::hunter2\nlogging in with hunter2\n").keeps(&["hunter2".into()]);
    }

    #[test]
    #[should_panic(expected = "shows in stdout")]
    fn a_secret_in_a_basic_credential_fails_the_run() {
        outcome("Authorization: Basic X190b2tlbl9fOmh1bnRlcjI=\n").keeps(&["hunter2".into()]);
    }
}
