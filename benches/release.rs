//! `create-release` as a whole process, on a release page with a hundred files and on one with a very large file.
//!
//!     cargo bench --bench release
//!     cargo bench --bench release -- quick      # ten files, and a small one, to see that it works
//!
//! The simulated GitHub answers each request 50 ms late. What counts there is the number of requests, and how many of
//! them change something: each costs time, and GitHub allows few of those that change something in a minute. The
//! program keeps to that pace in real time, so the first run takes more than a minute. The floor is a request for each
//! file, one after the other, at that pace. The action that most people use was counted once, in the same situation:
//! its numbers stand beside ours. More than the limits fails.

#![expect(
    clippy::disallowed_methods,
    reason = "the set-up of the tests reads the environment and writes files"
)]
#![expect(clippy::print_stdout, reason = "a benchmark is for reading")]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use release_action::archive::build::{SdistBuilder, WheelBuilder};
use release_action::sim::github::access::Permissions;
use release_action::sim::github::git::NewCommit;
use release_action::sim::universe::{Setup, Universe};

use process::{mebibytes, peak_bytes};

#[expect(dead_code, unused_imports, reason = "the tests use the rest")]
#[path = "../tests/it/support/corpus.rs"]
mod corpus;
#[expect(dead_code, reason = "the other benchmarks use the rest")]
#[path = "support/process.rs"]
mod process;
#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/support/tools.rs"]
mod tools;
#[expect(dead_code, unused_imports, reason = "the tests use the rest")]
#[path = "../tests/it/support/workflow_files.rs"]
mod workflow_files;

const QUICK: &str = "quick";
const TOKEN: &str = "ghs_of_the_benchmark";
const REPOSITORY: &str = "octo-org/sample";
const COMMIT: &str = "c0ffee0123456789c0ffee0123456789c0ffee01";
const TAG: &str = "v1.2.0";

/// What each request takes longer.
const DELAY: Duration = Duration::from_millis(50);
/// So many changes go at once, then one in this time: GitHub takes 80 in a minute.
const BURST: u32 = 20;
const BETWEEN: Duration = Duration::from_secs(1);
/// The first run may take this many times as long as a request for each file at that pace.
const MOST_OF_FLOOR: f64 = 1.25;
/// The manifest and its list of checksums, the wheel and the sdist are assets too.
const OTHER_ASSETS: usize = 4;
const ASSET_BYTES: usize = 100_000;
/// The draft, its publication, and a text that had to be corrected.
const MOST_OTHER_WRITES: usize = 3;
/// The tag, the releases and the assets.
const MOST_READS_AGAIN: usize = 3;
/// Most memory that the program may take, in bytes.
const MOST_MEMORY_BYTES: u64 = 48 << 20;
/// What the best-known action sent for a hundred files: at first, and once more.
const RIVAL: [usize; 2] = [106, 203];

fn main() -> ExitCode {
    let is_quick = std::env::args().any(|argument| argument == QUICK);
    let (many, large) = if is_quick { (10, 1 << 20) } else { (100, 1_900_000_000) };
    let good = [many_files(many), large_file(large)];
    if good.into_iter().all(|good| good) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A hundred files: the first run and a second one.
fn many_files(assets: usize) -> bool {
    let page = Page::new((OTHER_ASSETS..assets).map(|number| (format!("tool-{number}.bin"), ASSET_BYTES)));
    let runs = ["first run", "again"].map(|name| (name, page.run()));
    println!("{assets} files of {ASSET_BYTES} bytes, {} ms more for each request", DELAY.as_millis());
    for ((name, run), rival) in runs.iter().zip(RIVAL) {
        let Run { reads, writes, took } = run;
        println!(
            "    {name:<10} {reads:>4} reads {writes:>4} writes {took:>8.1?}   (another action: {rival} requests for 100 files)"
        );
    }
    let [first, again] = runs.map(|(_, run)| run);
    let assets_in_u32 = u32::try_from(assets).expect("few files");
    let floor = DELAY * assets_in_u32 + BETWEEN * assets_in_u32.saturating_sub(BURST);
    let of_floor = first.took.as_secs_f64() / floor.as_secs_f64();
    println!("    of the floor: {of_floor:.2}, and {MOST_OF_FLOOR} at most");
    let bounds = [
        ("writes of the first run", first.writes, assets + MOST_OTHER_WRITES),
        ("writes again", again.writes, 0),
        ("reads again", again.reads, MOST_READS_AGAIN),
    ];
    let keeps = |(what, found, most): (&str, usize, usize)| {
        println!("    {what}: {found}, and {most} at most");
        found <= most
    };
    bounds.map(keeps).into_iter().all(|good| good) && of_floor <= MOST_OF_FLOOR
}

/// One file that is nearly as large as GitHub takes.
fn large_file(bytes: usize) -> bool {
    let page = Page::new([("large.bin".to_owned(), bytes)]);
    let peak_bytes = peak_bytes(page.command());
    let again = page.run();
    println!("a file of {bytes} bytes");
    println!("    peak memory {:.1} MiB of {:.0} MiB", mebibytes(peak_bytes), mebibytes(MOST_MEMORY_BYTES));
    println!("    again: {} writes", again.writes);
    peak_bytes <= MOST_MEMORY_BYTES && again.writes == 0
}

/// What a run asked for.
struct Run {
    reads: usize,
    writes: usize,
    took: Duration,
}

/// A repository with a tag, and a workspace with what is to be released.
struct Page {
    universe: Universe,
    workspace: tempfile::TempDir,
}

impl Page {
    fn new(assets: impl IntoIterator<Item = (String, usize)>) -> Self {
        let setup = Setup {
            repository: REPOSITORY.into(),
            distance: DELAY,
            forgets_assets: true,
            ..Setup::default()
        };
        let universe = Universe::start(setup).expect("loopback has free ports");
        universe.github(|github| {
            github.add_token(TOKEN, Permissions::writer());
            let parents = vec![github.branch("main").expect("there is a default branch")];
            let message = "Release".to_owned();
            github.add_commit(NewCommit { sha: Some(COMMIT.into()), parents, message, files: vec![] });
            github.set_branch("main", COMMIT);
            github.add_annotated_tag(TAG, COMMIT);
        });
        let workspace = tempfile::tempdir_in(tools::cache()).expect("a temporary folder can be made");
        let folder = |name: &str| {
            let folder = workspace.path().join(name);
            std::fs::create_dir(&folder).expect("a temporary folder can be made");
            folder
        };
        let (packages, others) = (folder("dist"), folder("release-assets"));
        for (name, bytes) in [
            WheelBuilder::new("sample", "1.2.0", "py3", "none", "any").build(),
            SdistBuilder::new("sample", "1.2.0").build(),
        ] {
            std::fs::write(packages.join(name.as_str()), bytes).expect("there is room");
        }
        assets.into_iter().for_each(|(name, bytes)| write_noise(&others.join(name), bytes));
        std::fs::write(workspace.path().join("CHANGELOG.md"), "## [1.2.0]\n\n- Everything.\n")
            .expect("there is room");
        let page = Self { universe, workspace };
        page.ends_well(page.program("validate-wheels"));
        page
    }

    fn program(&self, mode: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_release-action"));
        command.arg(mode).args(["--tag", TAG]).current_dir(self.workspace.path()).env_clear();
        command
    }

    fn command(&self) -> Command {
        let mut command = self.program("create-release");
        command
            .args(["--repository", REPOSITORY])
            .env("GITHUB_TOKEN", TOKEN)
            .env("GITHUB_API_URL", self.universe.addresses().github_api);
        command
    }

    /// Runs it once.
    fn run(&self) -> Run {
        let before = self.universe.journal().len();
        let began = Instant::now();
        self.ends_well(self.command());
        let took = began.elapsed();
        let journal = self.universe.journal();
        let reads = journal[before..].iter().filter(|entry| entry.method == "GET").count();
        Run { reads, writes: journal.len() - before - reads, took }
    }

    fn ends_well(&self, mut command: Command) {
        let output = command.stdin(Stdio::null()).output().expect("it was built");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {told}");
    }
}

/// Bytes that do not repeat, and that are the same each time.
fn write_noise(path: &Path, bytes: usize) {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).expect("there is room"));
    let mut state = bytes as u64 | 1;
    for _ in 0..bytes.div_ceil(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes()).expect("there is room");
    }
    file.flush().expect("there is room");
}
