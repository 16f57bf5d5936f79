//! What the benchmarks share: the program under test as a process, and what the kernel says it took.

use std::ops::AddAssign;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::corpus;

/// Most memory that the program may take, in bytes.
pub(crate) const MOST_MEMORY_BYTES: u64 = 64 * 1024 * 1024;

/// The unit of the kernel's counts of processor time, which is the same on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// All files side by side. They make no release, having many versions, which the program says at its end; nobody
/// releases 14 projects at once, but one process with all of them is what the floor can be compared with.
pub(crate) fn gather<'a>(projects: &'a [(String, corpus::Corpus)], folder: &Path) -> Vec<&'a corpus::Pinned> {
    std::fs::create_dir(folder).expect("a temporary folder can be made");
    let files = projects.iter().flat_map(|(_, corpus)| corpus.files.iter().map(move |pin| (corpus, pin)));
    let place = |(corpus, pin): (&corpus::Corpus, &'a corpus::Pinned)| {
        let (from, to) = (corpus.folder.join(&pin.file), folder.join(&pin.file));
        std::fs::hard_link(&from, &to)
            .or_else(|_| std::fs::copy(&from, &to).map(drop))
            .expect("there is room");
        pin
    };
    files.map(place).collect()
}

/// The program under test, on all files, with nothing of this process' environment.
pub(crate) fn product(folder: &Path, manifests: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_release-action"));
    command.arg("validate-wheels").arg("--packages-dir").arg(folder).arg("--manifest-dir").arg(manifests);
    command.env_clear().current_dir(manifests);
    command
}

/// What a command took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Took {
    /// From its start to its end.
    pub(crate) wall: Duration,
    /// The time of all processors, in the program and in the kernel for it.
    pub(crate) cpu: Duration,
}

impl AddAssign for Took {
    fn add_assign(&mut self, other: Self) {
        self.wall += other.wall;
        self.cpu += other.cpu;
    }
}

/// Runs a command to its end. What it says and whether it likes what it sees is not looked at, but it has to end by
/// itself.
pub(crate) fn took(mut command: Command) -> Took {
    let (began, before) = (Instant::now(), cpu_of_children());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let took = Took { wall: began.elapsed(), cpu: cpu_of_children() - before };
    assert!(status.code().is_some_and(|code| code < 2), "{command:?}: {status}");
    took
}

/// The processor time of all children of this process that have come to their end.
fn cpu_of_children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("the kernel tells it");
    // The second field is the name in brackets, and may hold anything.
    let (_, fields) = stat.rsplit_once(") ").expect("as the kernel's manual has it");
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |field: usize| fields[field - 3].parse::<u32>().expect("a number");
    TICK * (ticks(16) + ticks(17))
}

/// The most memory that a command ever held, as the kernel counts it.
pub(crate) fn peak_bytes(mut command: Command) -> u64 {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it was built");
    let mut peak = 0;
    // The count only grows, so the last look before the end is the one that tells.
    while child.try_wait().expect("it is a child of this process").is_none() {
        peak = high_water_mark(&child).unwrap_or_default().max(peak);
        std::thread::sleep(Duration::from_micros(200));
    }
    peak
}

fn high_water_mark(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?;
    Some(kibibytes.parse::<u64>().ok()? * 1024)
}

/// Bytes as people read them.
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
