//! verify-tag as a workflow and a person run it: each finding, each event, and what it costs.

mod branches;
mod checks;
mod cost;
mod events;
mod hostile;
mod local;
mod releases;
mod sources;
mod spellings;
mod trust;

use crate::support::program::{Outcome, Program};
use crate::support::world::{COMMIT, Phase, World};

/// The findings' rules, without doubles, sorted.
fn found(outcome: &Outcome) -> Vec<String> {
    let findings = outcome.report["findings"].as_array().cloned().unwrap_or_default();
    let mut rules: Vec<_> =
        findings.iter().map(|finding| finding["check"].as_str().unwrap_or_default().to_owned()).collect();
    rules.sort();
    rules.dedup();
    rules
}

/// Everything that people read.
fn log(outcome: &Outcome) -> String {
    format!("{}\n{}", outcome.stdout, outcome.stderr)
}

/// The run ends with `code` and finds exactly these rules' faults; the log says all of these texts.
#[track_caller]
fn check(program: Program, code: i32, rules: &[&str], texts: &[&str]) -> Outcome {
    let outcome = program.run().expect_code(code);
    assert_eq!(found(&outcome), rules, "{}", outcome.told());
    let log = log(&outcome);
    for text in texts {
        assert!(log.contains(text), "`{text}` is not said\n{}", outcome.told());
    }
    outcome
}

fn verify(world: &World) -> Program {
    world.phase(Phase::VerifyTag)
}

/// The requests since `before`, each as method and path below the repository.
fn requests(world: &World, before: usize) -> Vec<String> {
    let journal = world.universe.journal();
    let path = |path: &str| path.split("/sample/").nth(1).unwrap_or(path).to_owned();
    journal[before..].iter().map(|entry| format!("{} {}", entry.method, path(&entry.path))).collect()
}

/// A commit of a fork, which no branch of the repository has.
fn stray(world: &World) -> String {
    let commit =
        release_action::sim::github::git::NewCommit { message: "Stray".into(), ..Default::default() };
    world.universe.github(|github| github.add_commit(commit))
}

#[test]
fn a_good_tag_tells_all_about_itself() {
    let world = World::new();
    world.universe.github(|github| github.set_tag("v1.1.0", COMMIT));
    let outcome = check(verify(&world), 0, &[], &[]);
    for (name, value) in [
        ("outcome", "done"),
        ("tag", "v1.2.0"),
        ("version", "1.2.0"),
        ("version-pep440", "1.2.0"),
        ("version-semver", "1.2.0"),
        ("major", "1"),
        ("minor", "2"),
        ("patch", "0"),
        ("prerelease", "false"),
        ("prerelease-kind", ""),
        ("prerelease-number", ""),
        ("channel", "stable"),
        ("index", "pypi"),
        ("previous-tag", "v1.1.0"),
        ("commit", COMMIT),
        ("branch", ""),
    ] {
        assert_eq!(outcome.output(name), value, "{name}\n{}", outcome.told());
        assert!(outcome.outputs.contains_key(name), "{name} is not set\n{}", outcome.told());
    }
    let packages: serde_json::Value = serde_json::from_str(outcome.output("versions")).expect("JSON");
    let rows: Vec<_> = packages.as_array().expect("a list").iter().collect();
    assert_eq!(rows.len(), 2, "{packages:#}");
    for row in rows {
        assert_eq!((row["name"].as_str(), row["version"].as_str()), (Some("sample"), Some("1.2.0")));
        let file = if row["kind"] == "crate" { "Cargo.toml" } else { "pyproject.toml" };
        assert_eq!(row["files"], serde_json::json!([file]), "{packages:#}");
    }
    assert_eq!(world.writes(), 0);
}
