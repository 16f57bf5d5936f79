//! Whatever is wrong with what a user gives: one clear message with file and hint, the right exit code, and the
//! world left as it was. Every case runs the real program.

mod archives;
mod producers;
mod releases;
mod services;
mod tags;
mod typed;

use crate::support::program::{Outcome, Program};
use crate::support::world::World;

/// Everything that a bad run must not change.
#[derive(Debug, PartialEq)]
struct Scene {
    files: Vec<(String, Vec<u8>)>,
    released: crate::support::world::Released,
    writes: usize,
}

impl Scene {
    fn of(world: &World) -> Self {
        let mut files = world.workspace_files();
        // What was downloaded and proven stays staged, for the next run.
        files.retain(|(path, _)| !path.starts_with("release-staging/"));
        Self { files, released: world.released(), writes: world.writes() }
    }
}

/// Runs `program`, which must end with `code`, say why, and change nothing.
#[track_caller]
fn refused(world: &World, program: Program, code: i32) -> Outcome {
    let before = Scene::of(world);
    let outcome = program.run().expect_code(code);
    assert_tells(&outcome);
    let after = Scene::of(world);
    assert_eq!(after.released, before.released, "{}", outcome.told());
    assert_eq!(after.writes, before.writes, "something was sent\n{}", outcome.told());
    let names = |scene: &Scene| scene.files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before), "{}", outcome.told());
    assert_eq!(after.files, before.files, "a file was changed\n{}", outcome.told());
    outcome
}

/// A run that ended badly says so to everybody: people, the workflow, machines.
#[track_caller]
fn assert_tells(outcome: &Outcome) {
    let log = log(outcome);
    assert!(!log.contains("panicked") && !log.contains("RUST_BACKTRACE"), "{}", outcome.told());
    assert!(!log.contains('\u{1b}'), "colour in a log\n{}", outcome.told());
    assert!(log.contains("hint: "), "nothing says what to do\n{}", outcome.told());
    let report = &outcome.report;
    match outcome.code {
        Some(1) => {
            assert_eq!(report["ending"], "blocked", "{}", outcome.told());
            let findings = report["findings"].as_array().expect("a list");
            let blockers: Vec<_> = findings.iter().filter(|finding| finding["severity"] == "error").collect();
            assert!(!blockers.is_empty(), "{}", outcome.told());
            assert!(blockers.iter().all(|finding| finding["hint"].is_string()), "{}", outcome.told());
            assert!(["blocked", "partial"].contains(&outcome.output("outcome")), "{}", outcome.told());
        }
        Some(2) => {
            assert_eq!(report["ending"], "error", "{}", outcome.told());
            assert!(report["error"]["hint"].is_string(), "{}", outcome.told());
            assert!(["error", "partial"].contains(&outcome.output("outcome")), "{}", outcome.told());
        }
        Some(64) => assert_eq!(outcome.output("outcome"), "error", "{}", outcome.told()),
        _ => unreachable!("a bad run ends with 1, 2 or 64"),
    }
    if !report.is_null() {
        assert_eq!(report["outputs"]["outcome"], outcome.output("outcome"), "{}", outcome.told());
    }
    if outcome.stdout.contains("::") {
        assert!(outcome.stdout.contains("\n::error "), "no annotation\n{}", outcome.told());
    }
}

/// Everything that people read.
fn log(outcome: &Outcome) -> String {
    format!("{}\n{}", outcome.stdout, outcome.stderr)
}

/// The log holds every one of these.
#[track_caller]
fn says(outcome: &Outcome, texts: &[&str]) {
    let log = log(outcome);
    for text in texts {
        assert!(log.contains(text), "`{text}` is not said\n{}", outcome.told());
    }
}
