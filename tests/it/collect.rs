//! collect-artifacts through the program: each sentence that its documents say, shown.

mod attempts;
mod checksum_peers;
mod commit;
mod crash;
mod custody;
mod map;
mod runs;
mod staging;
mod transport;
mod unpacking;
pub(crate) mod upload;
mod upload_crash;
mod waiting;

use release_action::sim::github::runs::{NewArtifact, NewRun};

use crate::support::program::{Outcome, Program};
use crate::support::world::{COMMIT, TAG, TOKEN, World};

/// A run of `workflow` for the commit that is released, with these artifacts.
fn produced(world: &World, workflow: &str, artifacts: impl IntoIterator<Item = NewArtifact>) -> u64 {
    world.universe.github(|github| {
        let run = github.add_run(NewRun {
            path: format!(".github/workflows/{workflow}"),
            head_sha: COMMIT.into(),
            head_branch: Some(TAG.into()),
            ..NewRun::default()
        });
        for artifact in artifacts {
            github.add_artifact(run, artifact);
        }
        run
    })
}

/// collect-artifacts with these lines of `artifacts`, of these workflows; without any, of those that the lines name.
fn collect(world: &World, workflows: &str, artifacts: &str) -> Program {
    let program = world.program("collect-artifacts").input("github-token", TOKEN);
    program.input("workflows", workflows).input("artifacts", artifacts)
}

/// The files below `folder`, by their paths from there.
fn below(world: &World, folder: &str) -> Vec<String> {
    let prefix = format!("{folder}/");
    let files = world.workspace_files().into_iter();
    files.filter_map(|(path, _)| path.strip_prefix(&prefix).map(str::to_owned)).collect()
}

/// Runs `program`, which finds `check` and places nothing, anywhere.
#[track_caller]
fn refused(world: &World, program: Program, check: &str) -> Outcome {
    let placed = |world: &World| {
        let files = world.workspace_files().into_iter();
        files.filter(|(path, _)| !path.starts_with("release-staging/")).collect::<Vec<_>>()
    };
    let before = placed(world);
    let outcome = program.run().expect_code(1);
    assert!(outcome.finds(check, ""), "{check}: {}", outcome.told());
    assert_eq!(placed(world), before, "{}", outcome.told());
    outcome
}

/// The log holds every one of these.
#[track_caller]
fn says(outcome: &Outcome, texts: &[&str]) {
    for text in texts {
        assert!(outcome.stdout.contains(text), "`{text}` is not said\n{}", outcome.told());
    }
}
