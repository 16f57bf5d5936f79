//! `validate-wheels` on very large wheels and on very many.
//!
//!     cargo bench --bench scale
//!
//! A wheel of one gigabyte, of many members or of one, takes as much memory as any other; with many members it has to keep
//! two processors at work, where the machine has them. Ten thousand wheels take ten times as long as
//! one thousand, or a little more. What does not hold fails.

#![expect(
    clippy::disallowed_methods,
    reason = "the set-up of the tests reads the environment and writes files"
)]
#![expect(clippy::print_stdout, reason = "a benchmark is for reading")]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use release_action::archive::build::WheelBuilder;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

#[path = "support/mod.rs"]
mod support;

use support::process::{MOST_MEMORY_BYTES, mebibytes, peak_bytes, product, took};
use support::tools;

/// The contents of a large wheel, in bytes. Half of it is noise, so that there is as much to read as to unpack.
const LARGE_BYTES: usize = 1 << 30;

/// How many members the contents are divided into.
const DIVISIONS: [usize; 2] = [256, 1];

/// Processor time for each unit of time, at least.
const LEAST_PARALLEL: f64 = 1.5;

const FEW: usize = 1_000;
const MANY: usize = 10_000;

/// How much longer each of many wheels may take than each of few.
const MOST_GROWTH: f64 = 1.3;

/// Timed runs, whose median counts.
const RUNS: usize = 5;

fn main() -> ExitCode {
    let large = DIVISIONS.map(large).into_iter().all(|good| good);
    if many() && large { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The program on a folder. The sizes and numbers here are no mistakes, and everything else has to be right.
fn run(folder: &Path, work: &Path) -> Command {
    let mut command = product(folder, work);
    command.args(["--ignore", "filename/too-large"]);
    command
}

fn large(members: usize) -> bool {
    let work = tempfile::tempdir_in(tools::cache()).expect("a temporary folder can be made");
    let folder = work.path().join("large");
    std::fs::create_dir(&folder).expect("a temporary folder can be made");
    write_large(&folder.join("sample-1.0-py3-none-any.whl"), members);
    let report = work.path().join("report.json");
    let mut first = run(&folder, work.path());
    first.arg("--report").arg(&report);
    took(first);
    let clean = is_clean(&report);
    let times = took(run(&folder, work.path()));
    let parallel = times.cpu.as_secs_f64() / times.wall.as_secs_f64();
    let peak_bytes = peak_bytes(run(&folder, work.path()));
    println!("one wheel of {} MiB, {members} members", LARGE_BYTES >> 20);
    println!("    wall time        {:>7.2} s", times.wall.as_secs_f64());
    println!("    processors busy  {parallel:>7.2}");
    println!("    peak memory      {:>7.1} MiB of {} MiB", mebibytes(peak_bytes), MOST_MEMORY_BYTES >> 20);
    let alone = std::thread::available_parallelism().is_ok_and(|processors| processors.get() == 1);
    // One stream can only be unpacked from its start on, so the other processor has no more to do than to hash the file.
    let asked = if members == 1 || alone { 0.0 } else { LEAST_PARALLEL };
    clean && parallel >= asked && peak_bytes <= MOST_MEMORY_BYTES
}

/// Whether the program found no error in what was made for it: it has then read all of it.
fn is_clean(report: &Path) -> bool {
    let text = std::fs::read_to_string(report).expect("the report was written");
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let findings = report["findings"].as_array().expect("a list");
    let errors: Vec<_> = findings.iter().filter(|finding| finding["severity"] == "error").collect();
    println!("{} findings, errors: {:?}", findings.len(), errors.iter().take(3).collect::<Vec<_>>());
    errors.is_empty()
}

/// A good wheel with so many members of data, written piece by piece.
fn write_large(path: &Path, members: usize) {
    let file = BufWriter::new(File::create(path).expect("a temporary folder can be written to"));
    let mut wheel = zip::ZipWriter::new(file);
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(1))
        .unix_permissions(0o644);
    let (mut record, mut noise) = (String::new(), 0x9e37_79b9_7f4a_7c15_u64);
    let mut add = |path: &str, pieces: &mut dyn Iterator<Item = Vec<u8>>| {
        wheel.start_file(path, options).expect("a name that fits");
        let (mut digest, mut size) = (Sha256::new(), 0);
        for piece in pieces {
            digest.update(&piece);
            size += piece.len();
            wheel.write_all(&piece).expect("there is room on the disk");
        }
        record += &format!("{path},sha256={},{size}\n", URL_SAFE_NO_PAD.encode(digest.finalize()));
    };
    add("sample/__init__.py", &mut std::iter::once(b"\"\"\"A sample.\"\"\"\n".to_vec()));
    let piece_bytes = 1 << 20;
    for member in 0..members {
        let mut pieces = (0..LARGE_BYTES / members / piece_bytes).map(|_| piece(piece_bytes, &mut noise));
        add(&format!("sample/data_{member}.bin"), &mut pieces);
    }
    // The rest is that of a small wheel.
    let (_, small) = WheelBuilder::new("sample", "1.0", "py3", "none", "any").build();
    let mut small = zip::ZipArchive::new(std::io::Cursor::new(small)).expect("it was just built");
    for index in 0..small.len() {
        let mut member = small.by_index(index).expect("it was just built");
        let name = member.name().expect("it was just built").into_owned();
        if name.contains(".dist-info/") && !name.ends_with("/RECORD") {
            let mut contents = Vec::new();
            std::io::copy(&mut member, &mut contents).expect("it was just built");
            add(&name, &mut std::iter::once(contents));
        }
    }
    record += "sample-1.0.dist-info/RECORD,,\n";
    wheel.start_file("sample-1.0.dist-info/RECORD", options).expect("a name that fits");
    wheel.write_all(record.as_bytes()).expect("there is room on the disk");
    wheel.finish().and_then(|mut file| Ok(file.flush()?)).expect("there is room on the disk");
}

/// Bytes of which half can be packed.
fn piece(bytes: usize, noise: &mut u64) -> Vec<u8> {
    let mut piece = Vec::with_capacity(bytes);
    while piece.len() < bytes {
        // Marsaglia's xorshift: noise enough for a compressor.
        *noise ^= *noise << 13;
        *noise ^= *noise >> 7;
        *noise ^= *noise << 17;
        piece.extend(noise.to_le_bytes());
        piece.extend(*b"the same");
    }
    piece
}

fn many() -> bool {
    let [few, many] = [FEW, MANY].map(|count| time_of_each(count).as_secs_f64());
    let growth = many / few;
    println!("{FEW} wheels        {:>7.1} µs each", few * 1e6);
    println!("{MANY} wheels       {:>7.1} µs each", many * 1e6);
    println!("growth             {growth:>7.2} of {MOST_GROWTH}");
    growth <= MOST_GROWTH
}

/// How long the program takes for each of `count` small wheels of one release, which differ in their build number.
fn time_of_each(count: usize) -> Duration {
    let work = tempfile::tempdir_in(tools::cache()).expect("a temporary folder can be made");
    let folder = work.path().join("many");
    std::fs::create_dir(&folder).expect("a temporary folder can be made");
    for number in 1..=count {
        let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
        let (name, bytes) = builder.build_tag(&number.to_string()).build();
        std::fs::write(folder.join(name.as_str()), bytes).expect("a temporary folder can be written to");
    }
    let report = work.path().join("report.json");
    let mut first = run(&folder, work.path());
    first.arg("--report").arg(&report);
    took(first);
    assert!(is_clean(&report), "the wheels are good");
    let mut times: Vec<_> = (0..RUNS).map(|_| took(run(&folder, work.path())).wall).collect();
    times.sort();
    times[RUNS / 2] / u32::try_from(count).expect("a small number")
}
