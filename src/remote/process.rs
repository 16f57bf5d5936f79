//! Children: programs that this one starts, with what they say kept within bounds, and an end that takes their whole
//! tree along.
//!
//! A child leads a process group of its own. Its end, an error, a stop, and a caller that waits no longer all end the
//! group; on Linux also those that left the group, by the mark that all descendants carry in their environment.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use super::surroundings::Stop;

/// So much of the beginning of what a child says is kept.
const HEAD_BYTES: usize = 16 << 10;

/// So much of its end.
const TAIL_BYTES: usize = 48 << 10;

/// How long readers may take to come to an end once everybody who could write is gone.
const DRAIN: Duration = Duration::from_secs(2);

/// How often a stop is asked for.
const TICK: Duration = Duration::from_millis(50);

/// The variable that marks all descendants of one child.
const MARK: &str = "RELEASE_ACTION_CHILD";

/// Beginnings of the names of variables that children do not get: what the runner lends the job, and what would make
/// Python and its installers behave in another way than they do for users.
const WITHHELD: &[&str] = &[
    "ACTIONS_",
    "CONDA_",
    "GITHUB_",
    "INPUT_",
    "PIP_",
    "PYTHON",
    "RUNNER_",
    "SSH_",
    "UV_",
    "VIRTUAL_ENV",
    "XDG_",
    "__PYVENV",
];

/// Words in the names of variables that hold secrets.
const SECRET_WORDS: &[&str] = &[
    "AUTH",
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "APIKEY",
    "API_KEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
];

/// The variables of a child. `Debug` shows names only.
#[derive(Clone, Default)]
pub(crate) struct Variables(BTreeMap<String, String>);

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Variables {
    /// Those of `all` that code of strangers may see: none that the runner or an installer reads, none whose name says
    /// that it is a secret, and none that holds one of `secrets`.
    pub(crate) fn harmless<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>, secrets: &[&str]) -> Self {
        let is_harmless = |name: &str, value: &str| {
            let name = name.to_ascii_uppercase();
            !WITHHELD.iter().any(|start| name.starts_with(start))
                && !SECRET_WORDS.iter().any(|word| name.contains(word))
                && !secrets.iter().any(|secret| secret.len() >= 4 && value.contains(secret))
        };
        let kept = all.into_iter().filter(|(name, value)| is_harmless(name, value));
        Self(kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The value of a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        // Windows writes `Path`.
        let found = self.0.get(name).or_else(|| {
            self.0.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        });
        found.map(String::as_str)
    }

    /// The same with `name` set to `value`.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        if cfg!(windows) {
            self.0.retain(|found, _| !found.eq_ignore_ascii_case(name));
        }
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

/// What is started.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    /// A program and its arguments.
    Program(PathBuf, Vec<String>),
    /// A line for the system's shell.
    Shell(String),
}

impl Call {
    /// A program with arguments.
    pub(crate) fn new<A: Into<String>>(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        Self::Program(program.into(), arguments.into_iter().map(Into::into).collect())
    }

    fn command(&self) -> Command {
        match self {
            Self::Program(program, arguments) => {
                let mut command = Command::new(program);
                command.args(arguments);
                command
            }
            #[cfg(windows)]
            Self::Shell(line) => {
                let mut command = Command::new("cmd");
                command.args(["/D", "/S", "/C"]).raw_arg(format!("\"{line}\""));
                command
            }
            #[cfg(not(windows))]
            Self::Shell(line) => {
                let mut command = Command::new("/bin/sh");
                command.args(["-c", line]);
                command
            }
        }
    }
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself; without a code when a signal ended it.
    Exited { code: Option<i32> },
    /// We were asked to stop.
    Stopped,
}

/// What a child says, as it comes; the middle is dropped when it is too much. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said(Arc<Mutex<Kept>>);

#[derive(Debug)]
struct Kept {
    /// How long the head may become, in bytes.
    room: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped: u64,
}

impl Default for Kept {
    fn default() -> Self {
        Self { room: HEAD_BYTES, head: Vec::new(), tail: VecDeque::new(), dropped: 0 }
    }
}

impl Said {
    /// Keeps the first `room` bytes at least, for what is to be read as a whole.
    pub(crate) fn with_room(room: usize) -> Self {
        Self(Arc::new(Mutex::new(Kept { room, ..Kept::default() })))
    }

    fn take(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (head, rest) = bytes.split_at(bytes.len().min(kept.room - kept.head.len()));
        kept.head.extend_from_slice(head);
        kept.tail.extend(rest);
        let over = kept.tail.len().saturating_sub(TAIL_BYTES);
        kept.tail.drain(..over);
        kept.dropped += over as u64;
    }

    /// All of it so far; `None` if something was dropped.
    pub(crate) fn whole(&self) -> Option<Vec<u8>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.dropped == 0).then(|| kept.head.iter().chain(&kept.tail).copied().collect())
    }

    /// The text so far.
    pub(crate) fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = kept.head.clone();
        if kept.dropped > 0 {
            bytes.extend(format!("\n[{} bytes are left out]\n", kept.dropped).into_bytes());
        }
        bytes.extend(&kept.tail);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Runs a child to its end in the folder `dir` with exactly these variables. What it says goes to `said` as it comes, so
/// that a caller who gives up has it, too. Whoever drops the future ends the child and all that it started.
///
/// # Errors
/// When it cannot be started or waited for.
pub(crate) async fn run(
    call: &Call,
    dir: &Path,
    variables: &Variables,
    said: &Said,
    stop: &Stop,
) -> io::Result<Ended> {
    run_apart(call, dir, variables, [said, said], stop).await
}

/// As [`run`], with what the child answers and what it says about that kept apart.
///
/// # Errors
/// When it cannot be started or waited for.
pub(crate) async fn run_apart(
    call: &Call,
    dir: &Path,
    variables: &Variables,
    [answered, remarked]: [&Said; 2],
    stop: &Stop,
) -> io::Result<Ended> {
    let mark = mark();
    let mut command = call.command();
    command.env_clear().envs(&variables.0).env(MARK, &mark).current_dir(dir).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn()?;
    let tree = Tree { id: child.id(), mark };
    let readers = futures_util::future::join(
        listen(child.stdout.take(), answered.clone()),
        listen(child.stderr.take(), remarked.clone()),
    );
    tokio::pin!(readers);
    let mut is_heard = false;
    let ended = loop {
        tokio::select! {
            status = child.wait() => break Ended::Exited { code: status?.code() },
            _ = &mut readers, if !is_heard => is_heard = true,
            () = tokio::time::sleep(TICK) => if stop.is_requested() { break Ended::Stopped },
        }
    };
    drop(tree);
    if !is_heard {
        // A pipe ends when the last who holds it is gone, and they are.
        drop(tokio::time::timeout(DRAIN, readers).await);
    }
    Ok(ended)
}

async fn listen(pipe: Option<impl AsyncRead + Unpin>, said: Said) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = vec![0; 8 << 10];
    while let Ok(read @ 1..) = pipe.read(&mut buffer).await {
        said.take(&buffer[..read]);
    }
}

/// A text that no other child of this machine is marked with.
fn mark() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // The keys of hash maps come from the system's randomness; a number of a process may come again.
    let random = RandomState::new().hash_one(COUNT.fetch_add(1, Ordering::Relaxed));
    format!("{}-{random:016x}", std::process::id())
}

/// A child and its descendants, who end when this is dropped.
struct Tree {
    id: Option<u32>,
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux shows who carries it"))]
    mark: String,
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            end_group(id);
        }
        #[cfg(target_os = "linux")]
        end_marked(&self.mark);
    }
}

#[cfg(unix)]
fn end_group(leader: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // An error says that nobody of the group is left.
    if let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(windows)]
fn end_group(leader: u32) {
    // An error says that nobody is left.
    let mut taskkill = std::process::Command::new("taskkill");
    taskkill.args(["/T", "/F", "/PID", &leader.to_string()]);
    let _ = taskkill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// Ends everybody who carries the mark, until nobody is found: one that is about to die may still start another.
#[cfg(target_os = "linux")]
fn end_marked(mark: &str) {
    use rustix::process::{Pid, Signal, kill_process};
    let wanted = format!("{MARK}={mark}");
    for _ in 0..20 {
        let mut found = false;
        for id in marked(wanted.as_bytes()) {
            let ended = Pid::from_raw(id).is_some_and(|id| kill_process(id, Signal::KILL).is_ok());
            found |= ended;
        }
        if !found {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The processes that have `wanted` among their variables. What has ended, and what is another user's, shows none.
#[cfg(target_os = "linux")]
fn marked(wanted: &[u8]) -> Vec<i32> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let carries = |id: &i32| {
        std::fs::read(format!("/proc/{id}/environ"))
            .is_ok_and(|variables| variables.split(|byte| *byte == 0).any(|variable| variable == wanted))
    };
    ids.filter(carries).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_see_no_secret_and_nothing_that_steers_an_installer() {
        let all = [
            ("PATH", "/bin"),
            ("CC", "gcc"),
            ("GITHUB_TOKEN", "x"),
            ("INPUT_PASSWORD", "x"),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "x"),
            ("PYTHONPATH", "x"),
            ("PIP_INDEX_URL", "x"),
            ("uv_index", "x"),
            ("Aws_Secret_Access_Key", "x"),
            ("NPM_CONFIG", "a hunter2 in it"),
            ("npm_config__auth", "x"),
            ("SSH_AUTH_SOCK", "/tmp/agent"),
            ("GPG_PASSPHRASE", "x"),
            ("LANG", "C"),
        ];
        let kept = Variables::harmless(all, &["hunter2", "C"]);
        assert_eq!(format!("{kept:?}"), r#"{"CC", "LANG", "PATH"}"#);
        assert_eq!((kept.get("path"), kept.get("NPM_CONFIG")), (Some("/bin"), None));
    }

    #[test]
    fn the_middle_of_a_long_speech_is_dropped() {
        let said = Said::default();
        said.take(b"first ");
        (0..100).for_each(|_| said.take(&[b'x'; 4096]));
        said.take(b" last");
        let text = said.text();
        assert!(text.starts_with("first ") && text.ends_with(" last") && text.contains("bytes are left out"));
        assert!(text.len() < HEAD_BYTES + TAIL_BYTES + 100);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_child_ends_with_all_that_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let said = Said::default();
        let variables = Variables::default().with("PATH", "/usr/bin:/bin");
        let call = Call::Shell("sleep 300 & echo $!; exit 3".to_owned());
        let ended = run(&call, folder.path(), &variables, &said, &Stop::default()).await.expect("it ran");
        assert_eq!(ended, Ended::Exited { code: Some(3) });
        let id: i32 = said.text().trim().parse().expect("a number");
        // What has ended may stay listed until somebody asks how it went.
        let gone = || {
            let mut ps = std::process::Command::new("ps");
            let state =
                ps.args(["-o", "stat=", "-p", &id.to_string()]).output().expect("there is a `ps`").stdout;
            state.trim_ascii().is_empty() || state.starts_with(b"Z")
        };
        for _ in 0..100 {
            if gone() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{id} is still there");
    }
}
