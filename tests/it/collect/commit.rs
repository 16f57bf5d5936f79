//! Which commit the artifacts are collected for.

use release_action::sim::github::runs::{NewArtifact, NewRun};

use crate::support::program::{Outcome, Program};
use crate::support::world::{COMMIT, REPOSITORY, TAG, TOKEN, World};

/// A commit of the default branch after the one that is released, which `wheels.yml` built too.
fn later_commit(world: &World) -> String {
    world.universe.github(|github| {
        let head_sha = github.commit_to("main", "Go on", &[("a", "b")]);
        let run = github.add_run(NewRun {
            path: ".github/workflows/wheels.yml".into(),
            head_sha: head_sha.clone(),
            ..NewRun::default()
        });
        github.add_artifact(run, NewArtifact::zip("wheels", &[("later.txt", b"later")]));
        head_sha
    })
}

/// The program on the default branch, at this commit.
fn collect(world: &World, sha: &str) -> Program {
    world
        .program("collect-artifacts")
        .input("workflows", "wheels.yml")
        .input("github-token", TOKEN)
        .env("GITHUB_REF", "refs/heads/main")
        .env("GITHUB_SHA", sha)
}

/// The same, started by the end of a run of another workflow, of a commit of the repository `home` (as JSON).
fn started_by(program: Program, world: &World, sha: &str, home: &str) -> Program {
    let run = format!(
        r#"{{"head_sha":"{sha}","head_repository":{home},"html_url":"https://github.example/actions/runs/7"}}"#
    );
    world.write("event.json", format!(r#"{{"action":"completed","workflow_run":{run}}}"#));
    program.env("GITHUB_EVENT_NAME", "workflow_run").env("GITHUB_EVENT_PATH", world.path("event.json"))
}

fn repository(full_name: &str) -> String {
    format!(r#"{{"full_name":"{full_name}"}}"#)
}

#[track_caller]
fn assert_commit(outcome: &Outcome, commit: &str) {
    assert_eq!((outcome.output("commit"), outcome.output("ready")), (commit, "true"), "{}", outcome.told());
}

#[test]
fn a_commit_that_is_given_goes_before_all_else() {
    let world = World::new();
    let later = later_commit(&world);
    let program = collect(&world, COMMIT).input("tag", TAG).input("commit", &later);
    let outcome = started_by(program, &world, COMMIT, &repository(REPOSITORY)).run().expect_code(0);
    assert_commit(&outcome, &later);
    assert!(world.path("release-assets/later.txt").exists());
}

#[test]
fn the_commit_of_the_event_goes_before_that_of_the_tag() {
    let world = World::new();
    let later = later_commit(&world);
    let program = collect(&world, COMMIT).input("tag", TAG);
    let outcome = started_by(program, &world, &later, &repository(REPOSITORY)).run().expect_code(0);
    assert_commit(&outcome, &later);
}

#[test]
fn the_commit_of_the_tag_goes_before_that_which_started_the_run() {
    let world = World::new();
    let later = later_commit(&world);
    assert_commit(&collect(&world, &later).input("tag", TAG).run().expect_code(0), COMMIT);
}

#[test]
fn without_any_other_the_commit_that_started_the_run_is_taken() {
    let world = World::new();
    let later = later_commit(&world);
    assert_commit(&collect(&world, &later).run().expect_code(0), &later);
}

#[test]
fn the_event_of_a_fork_is_refused_unless_forks_are_allowed() {
    for (home, named) in
        [(repository("stranger/sample"), "stranger/sample"), ("null".into(), "a repository that is gone")]
    {
        let world = World::new();
        let program = || started_by(collect(&world, COMMIT), &world, COMMIT, &home);
        let outcome = program().run().expect_code(1);
        assert!(outcome.finds("collect/fork-run", ""), "{}", outcome.told());
        for text in [named, "https://github.example/actions/runs/7", "`allow-forks`"] {
            assert!(outcome.stdout.contains(text), "`{text}`: {}", outcome.told());
        }
        assert!(!world.path("dist").exists());
        assert_commit(&program().input("allow-forks", "true").run().expect_code(0), COMMIT);
    }
}

#[test]
fn the_event_of_a_producer_without_its_file_is_an_error_and_not_the_default_branch() {
    let world = World::new();
    let later = later_commit(&world);
    let program = || collect(&world, &later).env("GITHUB_EVENT_NAME", "workflow_run");
    let outcome = program().run().expect_code(2);
    assert!(outcome.stdout.contains("no file tells of it"), "{}", outcome.told());
    assert!(!world.path("release-assets").exists());
    assert_commit(&program().input("commit", COMMIT).run().expect_code(0), COMMIT);
}

#[test]
fn an_event_that_tells_of_no_run_is_an_error() {
    let world = World::new();
    let program = started_by(collect(&world, COMMIT), &world, COMMIT, "null");
    world.write("event.json", r#"{"action":"completed"}"#);
    let outcome = program.run().expect_code(2);
    assert!(outcome.stdout.contains("tells of no run"), "{}", outcome.told());
}
