//! `validate-wheels` on 49 released files, beside the chain of tools that people run today, one after the other.
//!
//!     cargo bench --bench chain
//!
//! Compared is the time that passes, as whoever waits for it sees it; the processor time is told beside it, since the
//! chain uses one processor and the program all of them.
//! Each tool is asked as it wants to be: twine, check-wheel-contents, abi3audit and pydistcheck take all files at
//! once, auditwheel and `wheel unpack` take one. pydistcheck runs without its check for debugging symbols, which alone
//! takes longer than all the rest. A ratio below the limit fails.

#![expect(
    clippy::disallowed_methods,
    reason = "the set-up of the tests reads the environment and writes files"
)]
#![expect(clippy::print_stdout, reason = "a benchmark is for reading")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

#[path = "support/mod.rs"]
mod support;

use support::process::{Took, gather, product, took};
use support::{corpus, tools};

/// So many times the program's time the chain has to take at least.
const LEAST_RATIO: f64 = 30.0;

/// Timed runs of the program, whose median counts. The chain runs once, being long enough.
const RUNS: usize = 5;

fn main() -> ExitCode {
    let Some(python) = tools::python() else { return ExitCode::SUCCESS };
    let Some(projects) = corpus::projects() else { return ExitCode::SUCCESS };
    let work = tempfile::tempdir_in(tools::cache()).expect("a temporary folder can be made");
    let folder = work.path().join("all");
    let files: Vec<PathBuf> =
        gather(projects, &folder).into_iter().map(|pin| folder.join(&pin.file)).collect();

    took(product(&folder, work.path()));
    let mut times: Vec<Took> = (0..RUNS).map(|_| took(product(&folder, work.path()))).collect();
    times.sort_by_key(|took| took.wall);
    let product = times[RUNS / 2];

    println!("{:<24} {:>10} {:>10}", format!("{} files", files.len()), "time", "processors");
    let tell = |name: &str, took: Took| {
        println!("{name:<24} {:>8.2} s {:>8.2} s", took.wall.as_secs_f64(), took.cpu.as_secs_f64());
    };
    let mut chain = Took::default();
    for (name, commands) in commands(python, &files, work.path()) {
        let mut tool = Took::default();
        for mut command in commands {
            command.current_dir(work.path());
            tool += took(command);
            // What `wheel unpack` leaves; a machine has no room for all of it.
            drop(std::fs::remove_dir_all(unpacked(work.path())));
        }
        tell(name, tool);
        chain += tool;
    }
    tell("the chain", chain);
    tell("validate-wheels", product);
    let ratio = chain.wall.as_secs_f64() / product.wall.as_secs_f64();
    println!("ratio                    {ratio:>8.1}, and {LEAST_RATIO} at least");
    if ratio < LEAST_RATIO { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn unpacked(work: &Path) -> PathBuf {
    work.join("unpacked")
}

/// The tools in their order, each with what has to be run for all files.
fn commands(python: &tools::Python, files: &[PathBuf], work: &Path) -> Vec<(&'static str, Vec<Command>)> {
    let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let all = |keep: &dyn Fn(&str) -> bool| -> Vec<&PathBuf> {
        files.iter().filter(|path| keep(&name(path))).collect()
    };
    let wheels = all(&|name| name.ends_with(".whl"));
    let linux = all(&|name| name.contains("linux"));
    let stable = all(&|name| name.contains("-abi3-"));
    let batch = |program: &str, arguments: &[&str], files: &[&PathBuf]| {
        let mut command = python.command(program);
        command.args(arguments).args(files);
        vec![command]
    };
    let each = |program: &str, arguments: &[&str], files: &[&PathBuf]| {
        files.iter().flat_map(|file| batch(program, arguments, &[*file])).collect::<Vec<_>>()
    };
    let unpacked = unpacked(work);
    let unpack = ["unpack", "--dest", unpacked.to_str().expect("temporary folders have plain names")];
    let everything: Vec<&PathBuf> = files.iter().collect();
    let without_symbols = ["--ignore", "compiled-objects-have-debug-symbols"];
    vec![
        ("twine check", batch("twine", &["check"], &everything)),
        ("check-wheel-contents", batch("check-wheel-contents", &["--no-config"], &wheels)),
        ("auditwheel show", each("auditwheel", &["show"], &linux)),
        ("abi3audit", batch("abi3audit", &[], &stable)),
        ("wheel unpack", each("wheel", &unpack, &wheels)),
        ("pydistcheck", batch("pydistcheck", &without_symbols, &everything)),
    ]
}
