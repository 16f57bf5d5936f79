//! `validate-wheels` as a whole process on 49 released files of 14 projects, beside the least that anybody could do.
//!
//!     cargo bench --bench validate
//!
//! The floor is a process too: it reads the same files on as many threads, computes SHA-256 of each, and inflates
//! and hashes every member, and checks nothing. Runs of the two alternate, so that a busy machine slows both; the
//! medians are compared. Peak memory is read from the kernel in runs of its own. More than the limit fails.

#![expect(
    clippy::disallowed_methods,
    reason = "the set-up of the tests reads the environment and writes files"
)]
#![expect(clippy::print_stdout, reason = "a benchmark is for reading")]

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use libdeflater::Decompressor;
use sha2::{Digest, Sha256};

#[path = "support/mod.rs"]
mod support;

use support::process::{MOST_MEMORY_BYTES, gather, mebibytes, peak_bytes, product};
use support::{corpus, tools};

/// Timed runs of each of the two.
const RUNS: usize = 15;

/// Runs whose memory is watched.
const WATCHED_RUNS: usize = 3;

/// How this program is told to be the floor.
const FLOOR: &str = "floor";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [FLOOR, folder] = arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        println!("{}", floor(Path::new(folder)));
        return ExitCode::SUCCESS;
    }
    let Some(projects) = corpus::projects() else { return ExitCode::SUCCESS };
    let work = tempfile::tempdir_in(tools::cache()).expect("a temporary folder can be made");
    let folder = work.path().join("all");
    let files = gather(projects, &folder);
    let product = || product(&folder, work.path());
    let floor = || floor_process(&folder);

    let (mut products, mut floors) = (Vec::new(), Vec::new());
    // The first runs fill the caches.
    timed(product());
    timed(floor());
    for _ in 0..RUNS {
        products.push(timed(product()));
        floors.push(timed(floor()));
    }
    let peak_bytes = (0..WATCHED_RUNS).map(|_| peak_bytes(product())).max().unwrap_or_default();

    let bytes: u64 = files.iter().map(|pin| pin.size_bytes).sum();
    println!("{} files, {:.1} MB, {RUNS} runs each", files.len(), bytes as f64 / 1e6);
    let product = told("validate-wheels", &mut products);
    let floor = told("floor", &mut floors);
    println!("ratio            {:.2}", product.as_secs_f64() / floor.as_secs_f64());
    println!("peak memory      {:.1} MiB of {} MiB", mebibytes(peak_bytes), MOST_MEMORY_BYTES >> 20);
    if peak_bytes > MOST_MEMORY_BYTES { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// This program as the floor.
fn floor_process(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the kernel knows it"));
    command.arg(FLOOR).arg(folder).env_clear();
    command
}

/// How long a command takes from its start to its end.
fn timed(mut command: Command) -> Duration {
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).output().expect("it was built");
    let took = began.elapsed();
    // Blocked by many versions is the one failure that may be; see `gather`.
    let told = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<_> = told.lines().filter(|line| line.contains("error:")).collect();
    let expected = output.status.success() || errors.iter().all(|line| line.contains("set/one-version"));
    assert!(expected, "{command:?}: {told}");
    took
}

/// Prints a row and gives the median.
fn told(name: &str, times: &mut [Duration]) -> Duration {
    times.sort();
    let (fastest, median, slowest) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    println!("{name:<16} {median:>8.1?} ({fastest:.1?} to {slowest:.1?})");
    median
}

/// The least that anybody could do: every file and every member read and hashed once, on all cores, largest first.
/// Gives the number of members, so that nothing can be left out unseen.
fn floor(folder: &Path) -> usize {
    let mut files: Vec<(u64, PathBuf)> = std::fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("it can be listed"))
        .map(|entry| (entry.metadata().expect("it exists").len(), entry.path()))
        .collect();
    files.sort_by(|a, b| b.cmp(a));
    let (next, members) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let (mut decompressor, mut buffer) = (Decompressor::new(), Vec::new());
                while let Some((_, path)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let hashed = floor_of_file(path, &mut decompressor, &mut buffer);
                    members.fetch_add(hashed, Ordering::Relaxed);
                }
            });
        }
    });
    members.into_inner()
}

fn floor_of_file(path: &Path, decompressor: &mut Decompressor, buffer: &mut Vec<u8>) -> usize {
    let bytes = std::fs::read(path).expect("the corpus is there");
    std::hint::black_box(Sha256::digest(&bytes));
    if path.extension().is_some_and(|extension| extension == "whl") {
        floor_of_wheel(&bytes, decompressor, buffer)
    } else {
        floor_of_sdist(&bytes, decompressor, buffer)
    }
}

fn floor_of_wheel(bytes: &[u8], decompressor: &mut Decompressor, buffer: &mut Vec<u8>) -> usize {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("the corpus is good");
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).expect("the corpus is good");
        let start = usize::try_from(member.data_start().expect("it was found")).expect("it is in memory");
        let compressed = usize::try_from(member.compressed_size()).expect("it is in memory");
        let data = &bytes[start..start + compressed];
        if member.compression() == zip::CompressionMethod::Stored {
            std::hint::black_box(Sha256::digest(data));
            continue;
        }
        buffer.resize(usize::try_from(member.size()).expect("it fits in memory"), 0);
        let inflated = decompressor.deflate_decompress(data, buffer).expect("the corpus is good");
        std::hint::black_box(Sha256::digest(&buffer[..inflated]));
    }
    archive.len()
}

fn floor_of_sdist(bytes: &[u8], decompressor: &mut Decompressor, buffer: &mut Vec<u8>) -> usize {
    // The last four bytes of a gzip file state the length of what is in it.
    let (_, length) = bytes.split_last_chunk::<4>().expect("the corpus is good");
    buffer.resize(u32::from_le_bytes(*length) as usize, 0);
    let inflated = decompressor.gzip_decompress(bytes, buffer).expect("the corpus is good");
    let mut archive = tar::Archive::new(&buffer[..inflated]);
    let (mut members, mut content) = (0, Vec::new());
    for member in archive.entries().expect("the corpus is good") {
        content.clear();
        member.expect("the corpus is good").read_to_end(&mut content).expect("it is in memory");
        std::hint::black_box(Sha256::digest(&content));
        members += 1;
    }
    members
}
