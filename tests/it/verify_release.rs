//! verify-release: what is out is what was vetted, and nothing is changed by looking.

mod before;
mod crates;
mod faults;
mod install;
mod registries;
mod release;

use release_action::archive::build::WheelBuilder;
use release_action::sim::github::release::NewRelease;
use serde_json::Value;

use crate::support::program::{Outcome, Program};
use crate::support::world::{Phase, TAG, TOKEN, World};

/// The small release, released by this program: on the page with its records, and on the index.
pub(crate) fn released() -> World {
    let world = World::new();
    world.play_all();
    world
}

/// The same as a draft, with nothing on the index.
pub(crate) fn drafted() -> World {
    let world = World::new();
    world.play_until(Phase::Publish);
    world
}

/// The program, with the manifest of the page: what is on this machine is not looked at.
pub(crate) fn verify(world: &World) -> Program {
    std::fs::remove_dir_all(world.path("release-manifest")).ok();
    verify_locally(world)
}

/// The program with the manifest of the workspace, if there is one.
pub(crate) fn verify_locally(world: &World) -> Program {
    let addresses = world.universe.addresses();
    world
        .program("verify-release")
        .input("github-token", TOKEN)
        .input("repository-url", &addresses.repository_url)
        .input("index-url", &addresses.index_url)
}

/// Runs it, and holds it to having changed nothing anywhere.
#[track_caller]
pub(crate) fn run(world: &World, program: Program, code: i32) -> Outcome {
    let (before, files, began) = (world.released(), world.workspace_files(), world.universe.journal().len());
    let outcome = program.run().expect_code(code);
    for entry in &world.universe.journal()[began..] {
        let is_look_up = ["GET", "HEAD"].contains(&entry.method.as_str());
        assert!(is_look_up, "{} {}: {}", entry.method, entry.path, outcome.told());
    }
    assert_eq!(world.released(), before, "{}", outcome.told());
    assert_eq!(world.workspace_files(), files, "{}", outcome.told());
    outcome
}

/// The findings of a check: file and message.
pub(crate) fn found(outcome: &Outcome, check: &str) -> Vec<(String, String)> {
    let findings = outcome.report["findings"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of_check = findings.iter().filter(|finding| finding["check"] == check);
    of_check.map(|finding| (text(&finding["file"]), text(&finding["message"]))).collect()
}

/// The checks that anything was found of, each once; notes left out.
pub(crate) fn checks(outcome: &Outcome) -> Vec<String> {
    let findings = outcome.report["findings"].as_array().cloned().unwrap_or_default();
    let told = findings.iter().filter(|finding| finding["severity"] != "info");
    let mut checks: Vec<_> =
        told.map(|finding| finding["check"].as_str().expect("a text").to_owned()).collect();
    checks.sort();
    checks.dedup();
    checks
}

/// Fails the test unless exactly one finding of the check says all of this about the file.
#[track_caller]
pub(crate) fn tells(outcome: &Outcome, check: &str, file: &str, parts: &[&str]) {
    let found = found(outcome, check);
    let [(name, message)] = &found[..] else { panic!("{check}: {found:?}\n{}", outcome.told()) };
    assert_eq!(name, file, "{}", outcome.told());
    for part in parts {
        assert!(message.contains(part), "{part}: {message}");
    }
}

/// A pure wheel of the released version.
pub(crate) fn pure_wheel(edit: impl FnOnce(&mut WheelBuilder)) -> (String, Vec<u8>) {
    let mut builder = WheelBuilder::new("sample", "1.2.0", "py3", "none", "any");
    edit(&mut builder);
    let (name, bytes) = builder.build();
    (name.to_string(), bytes)
}

/// The states of the answer: target, file, state.
pub(crate) fn states(outcome: &Outcome) -> Vec<(String, String, String)> {
    let states: Value = serde_json::from_str(outcome.output("states")).expect("JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = states.as_array().expect("a list").iter();
    rows.map(|row| (text(&row["target"]), text(&row["file"]), text(&row["state"]))).collect()
}

/// A release page of the tag with these files and nothing else.
pub(crate) fn page(world: &World, draft: bool, files: &[(&str, &[u8])]) {
    world.universe.github(|github| {
        let id = github.add_release(NewRelease { tag_name: TAG.into(), draft, ..NewRelease::default() });
        for (name, bytes) in files {
            github.add_asset(id, name, bytes.to_vec());
        }
    });
}
