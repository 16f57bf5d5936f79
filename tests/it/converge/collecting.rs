//! collect-artifacts finds the right run, and puts every file in its place once.

use release_action::sim::github::runs::{NewArtifact, NewRun};

use crate::support::program::Program;
use crate::support::world::{COMMIT, Phase, REPOSITORY, TAG, TOKEN, World, small_release};

/// The program as a job of another workflow, which a producer's end started: on the default branch, at a commit
/// that has nothing to do with what was built.
fn started_by_producer(world: &World, mode: &str) -> Program {
    world.write(
        "event.json",
        format!(
            r#"{{"action":"completed","workflow_run":{{"id":7,"head_sha":"{COMMIT}","head_repository":{{"full_name":"{REPOSITORY}"}}}}}}"#
        ),
    );
    let elsewhere = world.universe.github(|github| github.commit_to("main", "Go on", &[("a", "b")]));
    world
        .program(mode)
        .env("GITHUB_EVENT_NAME", "workflow_run")
        .env("GITHUB_EVENT_PATH", world.path("event.json"))
        .env("GITHUB_REF", "refs/heads/main")
        .env("GITHUB_SHA", elsewhere)
}

/// An artifact: its name, and its files by their paths.
type Built<'a> = (&'a str, &'a [(&'a str, &'a [u8])]);

/// A run of a workflow for the commit that is released, with these artifacts; gives its number.
fn add_run(world: &World, workflow: &str, artifacts: &[Built<'_>]) -> u64 {
    world.universe.github(|github| {
        let run = github.add_run(NewRun {
            path: format!(".github/workflows/{workflow}"),
            head_sha: COMMIT.into(),
            head_branch: Some(TAG.into()),
            ..NewRun::default()
        });
        for (name, files) in artifacts {
            github.add_artifact(run, NewArtifact::zip(name, files));
        }
        run
    })
}

fn names(world: &World, folder: &str) -> Vec<String> {
    let prefix = format!("{folder}/");
    let files = world.workspace_files().into_iter();
    files.filter_map(|(path, _)| path.strip_prefix(&prefix).map(str::to_owned)).collect()
}

#[test]
fn the_event_of_a_producer_names_the_commit() {
    let world = World::new();
    let outcome = started_by_producer(&world, "collect-artifacts")
        .input("workflows", "wheels.yml\ntools.yml")
        .input("github-token", TOKEN)
        .run()
        .expect_code(0);
    assert_eq!((outcome.output("commit"), outcome.output("files")), (COMMIT, "4"));
    assert_eq!(names(&world, "dist").len(), 3);
}

#[test]
fn the_commit_of_the_event_must_be_that_of_the_tag() {
    let world = World::new();
    let other = world.universe.github(|github| github.commit_to("main", "Bump", &[("version", "2")]));
    world.universe.github(|github| github.add_annotated_tag("v1.2.1", &other));
    world.write("pyproject.toml", "[project]\nname = \"sample\"\nversion = \"1.2.1\"\n");
    world.write("Cargo.toml", "[package]\nname = \"sample\"\nversion = \"1.2.1\"\n");
    let verify = |tag: &str| {
        started_by_producer(&world, "verify-tag").input("github-token", TOKEN).input("tag", tag).run()
    };
    let outcome = verify("v1.2.1").expect_code(1);
    assert!(outcome.finds("tag/other-commit", ""), "{}", outcome.told());
}

#[test]
fn without_named_workflows_the_runs_own_artifacts_are_taken() {
    let world = World::new();
    let (wheel, bytes) = &small_release()[0];
    let run = add_run(&world, "release.yml", &[("built-here", &[(wheel.as_str(), bytes.as_slice())])]);
    let outcome = world
        .program("collect-artifacts")
        .input("github-token", TOKEN)
        .env("GITHUB_RUN_ID", run.to_string())
        .run()
        .expect_code(0);
    assert_eq!((outcome.output("artifacts"), outcome.output("files")), ("1", "1"));
    assert_eq!(names(&world, "dist"), [wheel.as_str()]);
}

#[test]
fn a_run_that_left_nothing_is_a_failure() {
    let world = World::new();
    let run = add_run(&world, "release.yml", &[]);
    let outcome = world
        .program("collect-artifacts")
        .input("github-token", TOKEN)
        .env("GITHUB_RUN_ID", run.to_string())
        .run()
        .expect_code(1);
    assert!(outcome.finds("collect/no-artifact", ""), "{}", outcome.told());
    assert!(outcome.stdout.contains("in `workflows`"), "{}", outcome.told());
    assert!(names(&world, "dist").is_empty());
}

#[test]
fn a_tag_that_nobody_pushed_leads_nowhere_and_is_named() {
    let world = World::new();
    let outcome = world.phase(Phase::Collect).input("tag", "v9.9.9").run().expect_code(1);
    assert!(outcome.finds("collect/no-commit", ""), "{}", outcome.told());
    assert!(outcome.stdout.contains("no tag `v9.9.9`"), "{}", outcome.told());
    assert!(!outcome.stdout.contains("nothing is left to do"), "it has no plan: {}", outcome.told());
}

#[test]
fn executables_of_one_name_are_told_apart_by_a_pattern() {
    let world = World::new();
    let tools: [Built<'_>; 2] =
        [("linux", &[("bin/tool.bin", b"for linux")]), ("macos", &[("bin/tool.bin", b"for macos")])];
    add_run(&world, "binaries.yml", &tools);
    let collect = || {
        world
            .program("collect-artifacts")
            .input("workflows", "wheels.yml, binaries.yml")
            .input("github-token", TOKEN)
    };
    let outcome = collect().run().expect_code(1);
    assert!(outcome.finds("collect/conflict", "tool.bin"), "{}", outcome.told());
    assert!(outcome.stdout.contains("`rename`"), "{}", outcome.told());
    assert!(names(&world, "dist").is_empty() && names(&world, "release-assets").is_empty());

    collect().input("rename", "{stem}-{artifact}{ext}").run().expect_code(0);
    assert_eq!(names(&world, "release-assets"), ["tool-linux.bin", "tool-macos.bin"]);
    assert_eq!(names(&world, "dist").len(), 3, "wheels and sdists keep their names");
}

#[test]
fn the_same_file_in_two_artifacts_is_kept_once() {
    let world = World::new();
    let (wheel, bytes) = &small_release()[0];
    let wheel: (&str, &[u8]) = (wheel, bytes);
    add_run(&world, "more.yml", &[("again", &[wheel]), ("and-again", &[wheel])]);
    let collect = || {
        let mode = world.program("collect-artifacts").input("github-token", TOKEN);
        mode.input("workflows", "wheels.yml, more.yml").run().expect_code(0)
    };
    assert_eq!(collect().output("files"), "3");
    assert_eq!(names(&world, "dist").len(), 3);
    assert_eq!(collect().output("outcome"), "already-done");
}

#[test]
fn a_producer_that_is_started_again_is_waited_for_or_skipped() {
    let world = World::new();
    world.universe.github(|github| {
        let run = &mut github.runs_mut()[0].facts;
        run.status = "in_progress".into();
        run.conclusion = None;
    });
    let outcome = world.phase(Phase::Collect).run().expect_code(1);
    assert!(outcome.finds("collect/not-complete", ""), "{}", outcome.told());
    let outcome = world.phase(Phase::Collect).input("when-incomplete", "skip").run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "not-ready");
    assert!(names(&world, "dist").is_empty());
}
