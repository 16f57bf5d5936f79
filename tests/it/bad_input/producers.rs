//! Producers that did not run, did not succeed, or left something bad.

use std::io::Write as _;

use release_action::sim::github::runs::{NewArtifact, NewRun, Run};

use super::{log, refused, says};
use crate::support::program::{Outcome, Program};
use crate::support::world::{COMMIT, Phase, World};

/// Changes the run of `wheels.yml`.
fn change(world: &World, change: impl FnOnce(&mut Run)) {
    world.universe.github(|github| {
        let run = github.runs_mut().iter_mut().find(|run| run.facts.path.ends_with("wheels.yml"));
        change(run.expect("the world has it"));
    });
}

/// Leaves another artifact with `wheels.yml`.
fn add(world: &World, artifact: NewArtifact) {
    world.universe.github(|github| {
        let run =
            github.runs_mut().iter().find(|run| run.facts.path.ends_with("wheels.yml")).map(|run| run.id);
        github.add_artifact(run.expect("the world has it"), artifact);
    });
}

/// What collect-artifacts finds, with exit code 1 and nothing placed.
#[track_caller]
fn bad(world: &World, check: &str) -> Outcome {
    let outcome = refused(world, world.phase(Phase::Collect), 1);
    assert!(outcome.finds(check, ""), "{check}: {}", outcome.told());
    assert!(!world.path("dist").exists() && !world.path("release-assets").exists(), "{}", outcome.told());
    outcome
}

/// An archive whose members have exactly these paths.
fn archive(paths: &[&str]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for path in paths {
        writer.start_file(*path, zip::write::SimpleFileOptions::default()).expect("a member");
        writer.write_all(b"bytes").expect("in memory");
    }
    writer.finish().expect("in memory").into_inner()
}

#[test]
fn a_producer_that_is_still_running() {
    let world = World::new();
    change(&world, |run| (run.facts.status, run.facts.conclusion) = ("in_progress".into(), None));
    says(&bad(&world, "collect/not-complete"), &["wheels.yml", "in_progress", "/actions/runs/"]);

    let outcome = world.phase(Phase::Collect).input("when-incomplete", "skip").run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "not-ready", "{}", outcome.told());
    assert_eq!(outcome.report["ending"], "not-ready");
    says(&outcome, &["wheels.yml", "in_progress"]);
    assert!(!world.path("dist").exists());
}

#[test]
fn a_producer_that_waits_while_another_one_failed_is_no_reason_to_skip() {
    let world = World::new();
    change(&world, |run| (run.facts.status, run.facts.conclusion) = ("queued".into(), None));
    world.universe.github(|github| {
        let tools = github.runs_mut().iter_mut().find(|run| run.facts.path.ends_with("tools.yml"));
        tools.expect("the world has it").facts.conclusion = Some("failure".into());
    });
    let outcome = refused(&world, world.phase(Phase::Collect).input("when-incomplete", "skip"), 1);
    says(&outcome, &["tools.yml", "failure"]);
}

#[test]
fn a_producer_that_failed() {
    for conclusion in ["failure", "cancelled", "timed_out", "skipped", "startup_failure", "action_required"] {
        let world = World::new();
        change(&world, |run| run.facts.conclusion = Some(conclusion.into()));
        says(&bad(&world, "collect/failed-producer"), &["wheels.yml", conclusion, "http", "/actions/runs/"]);
    }
}

#[test]
fn a_producer_that_ran_in_a_fork_only() {
    let world = World::new();
    change(&world, |run| run.facts.fork = Some("stranger/sample".into()));
    says(&bad(&world, "collect/fork-run"), &["wheels.yml", "fork"]);
}

#[test]
fn a_producer_that_never_ran_for_the_commit() {
    let world = World::new();
    change(&world, |run| run.facts.event = "pull_request".into());
    says(&bad(&world, "collect/no-run"), &["wheels.yml", COMMIT, "pull requests"]);
}

#[test]
fn a_workflow_that_is_not_there() {
    let world = World::new();
    let program = || world.phase(Phase::Collect).input("workflows", "wheel.yml, tools.yml");
    let outcome = refused(&world, program(), 1);
    says(&outcome, &["wheel.yml", "file name"]);
}

#[test]
fn names_that_no_artifact_has() {
    let world = World::new();
    let program = || world.phase(Phase::Collect).input("artifacts", "wheel-*, tools");
    let outcome = refused(&world, program(), 1);
    assert!(outcome.finds("collect/no-artifact", ""), "{}", outcome.told());
    says(&outcome, &["`wheel-*`", "`wheels`", "`tools`"]);
}

#[test]
fn producers_that_left_nothing() {
    let world = World::new();
    world.universe.github(|github| github.runs_mut().iter_mut().for_each(|run| run.artifacts.clear()));
    says(&bad(&world, "collect/no-artifact"), &["no artifact"]);
}

#[test]
fn an_artifact_without_any_file() {
    let world = World::new();
    world.universe.github(|github| github.runs_mut().iter_mut().for_each(|run| run.artifacts.clear()));
    add(&world, NewArtifact::zip("wheels", &[]));
    bad(&world, "collect/empty");
}

#[test]
fn an_artifact_that_expired() {
    let world = World::new();
    change(&world, |run| run.artifacts[0].facts.expired = true);
    let outcome = bad(&world, "collect/expired");
    assert!(outcome.finds("collect/expired", "wheels"), "{}", outcome.told());
}

#[test]
fn two_artifacts_with_one_file_name_and_other_bytes() {
    let world = World::new();
    let name = world.files[0].0.clone();
    add(&world, NewArtifact::zip("wheels-again", &[(&name, b"other bytes")]));
    let outcome = bad(&world, "collect/conflict");
    assert!(outcome.finds("collect/conflict", &name), "{}", outcome.told());
    says(&outcome, &["`wheels`", "`wheels-again`"]);
    assert_eq!(log(&outcome).matches("::error ").count(), outcome.stdout.matches("\n::error ").count());
    // The same again, from what is staged.
    bad(&world, "collect/conflict");
}

#[test]
fn a_folder_that_holds_another_file_of_the_name() {
    let world = World::new();
    let name = world.files[0].0.clone();
    world.write(&format!("dist/{name}"), "of an earlier release");
    let outcome = refused(&world, world.phase(Phase::Collect), 1);
    assert!(outcome.finds("collect/occupied", &name), "{}", outcome.told());
}

#[test]
fn an_archive_that_leaves_its_folder() {
    for path in ["../outside.whl", "/etc/outside.whl", "a/../../outside.whl", "..\\outside.whl"] {
        let world = World::new();
        add(&world, NewArtifact::archive("evil", archive(&["good.txt", path])));
        let outcome = bad(&world, "collect/unsafe-artifact");
        assert!(outcome.finds("collect/unsafe-artifact", "evil"), "{path}: {}", outcome.told());
        let staged = world.workspace_files();
        assert!(!staged.iter().any(|(file, _)| file.ends_with("outside.whl")), "{path}");
        assert!(!world.workspace.path().parent().expect("below a folder").join("outside.whl").exists());
    }
}

#[test]
fn an_archive_that_is_none() {
    let world = World::new();
    let whole = archive(&["a.txt", "b.txt"]);
    add(&world, NewArtifact::archive("cut", whole[..whole.len() / 2].to_vec()));
    let outcome = bad(&world, "collect/unsafe-artifact");
    assert!(outcome.finds("collect/unsafe-artifact", "cut"), "{}", outcome.told());
}

#[test]
fn the_own_run_without_artifacts() {
    let world = World::new();
    let own = world.universe.github(|github| {
        github.add_run(NewRun {
            path: ".github/workflows/release.yml".into(),
            head_sha: COMMIT.into(),
            status: "in_progress".into(),
            conclusion: None,
            ..NewRun::default()
        })
    });
    let program: Program =
        world.phase(Phase::Collect).input("workflows", "").env("GITHUB_RUN_ID", own.to_string());
    let outcome = refused(&world, program, 1);
    assert!(outcome.finds("collect/no-artifact", ""), "{}", outcome.told());
}

#[test]
fn a_tag_without_a_commit_to_collect_for() {
    let world = World::new();
    let outcome = refused(&world, world.phase(Phase::Collect).input("tag", "v9.9.9"), 1);
    says(&outcome, &["v9.9.9"]);
}
