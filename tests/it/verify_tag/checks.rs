//! Whether what is released was tried.

use release_action::sim::github::access::{Access, Permissions};
use release_action::sim::github::checks::NewCheck;
use release_action::sim::github::runs::NewRun;

use super::{check, requests, verify};
use crate::support::world::{COMMIT, TOKEN, World};

fn may_see_checks(world: &World) {
    let permissions = Permissions { checks: Access::Read, statuses: Access::Read, ..Permissions::reader() };
    world.universe.github(|github| github.add_token(TOKEN, permissions));
}

fn run(world: &World, event: &str, conclusion: Option<&str>) {
    world.universe.github(|github| {
        github.add_run(NewRun {
            path: ".github/workflows/ci.yml".into(),
            event: event.into(),
            head_sha: COMMIT.into(),
            head_branch: Some("main".into()),
            status: if conclusion.is_some() { "completed" } else { "in_progress" }.into(),
            conclusion: conclusion.map(str::to_owned),
            ..NewRun::default()
        })
    });
}

#[test]
fn a_workflow_must_have_passed_for_the_commit() {
    let world = World::new();
    let program = || verify(&world).input("require-checks", ".github/workflows/ci.yml");
    check(program(), 1, &["tag/check-missing"], &["the workflow `ci.yml` never ran for c0ffee0"]);
    run(&world, "pull_request", Some("success"));
    check(program(), 1, &["tag/check-missing"], &[]);
    run(&world, "push", Some("failure"));
    check(program(), 1, &["tag/check-failed"], &["`ci.yml` ended as `failure`"]);
    run(&world, "push", None);
    check(program(), 1, &["tag/check-pending"], &["`ci.yml` is `in_progress`"]);
    run(&world, "push", Some("success"));
    check(program(), 0, &[], &[]);
}

#[test]
fn a_check_is_found_among_check_runs_and_statuses() {
    let world = World::new();
    may_see_checks(&world);
    let program = |name: &str| verify(&world).input("require-checks", name);
    let add = |name: &str, conclusion: Option<&str>| {
        world.universe.github(|github| {
            github.add_check(NewCheck {
                head_sha: COMMIT.into(),
                name: name.into(),
                status: if conclusion.is_some() { "completed" } else { "in_progress" }.into(),
                conclusion: conclusion.map(str::to_owned),
                ..NewCheck::default()
            })
        })
    };
    add("test (ubuntu-latest, 3.12)", Some("success"));
    add("lint", Some("failure"));
    add("slow", None);
    world.universe.github(|github| {
        github.add_status(COMMIT, "buildkite/sample", "success");
        github.add_status(COMMIT, "ci/old", "error");
    });
    let before = world.universe.journal().len();
    check(program("test (ubuntu-latest, 3.12)"), 0, &[], &[]);
    let asked = requests(&world, before);
    assert!(asked.iter().any(|one| one.ends_with("check-runs")), "{asked:?}");
    assert!(
        !asked.iter().any(|one| one.ends_with("status")),
        "a name that is found is not looked for: {asked:?}"
    );
    check(program("buildkite/sample"), 0, &[], &[]);
    check(
        program("lint\nslow"),
        1,
        &["tag/check-failed", "tag/check-pending"],
        &["`lint` ended as `failure`"],
    );
    check(program("ci/old"), 1, &["tag/check-failed"], &["`ci/old` ended as `error`"]);
    check(program("tests"), 1, &["tag/check-missing"], &["`tests` never ran", "these did:", "`lint`"]);
}

#[test]
fn a_good_check_hides_no_failed_one_of_its_name() {
    let world = World::new();
    may_see_checks(&world);
    let add = |suite: u64, conclusion: &str| {
        world.universe.github(|github| {
            github.add_check(NewCheck {
                head_sha: COMMIT.into(),
                name: "test".into(),
                conclusion: Some(conclusion.into()),
                suite,
                ..NewCheck::default()
            })
        })
    };
    let program = || verify(&world).input("require-checks", "test");
    add(1, "skipped");
    check(program(), 1, &["tag/check-missing"], &["`test` never ran"]);
    add(2, "failure");
    add(3, "success");
    check(program(), 1, &["tag/check-failed"], &["`test` ended as `failure`"]);
    // Trying the suite again takes the place of what it said.
    add(2, "success");
    check(program(), 0, &[], &[]);
}

#[test]
fn a_token_that_may_not_see_them_hears_what_it_lacks() {
    let world = World::new();
    world.universe.github(|github| {
        github.settings.private = true;
        github.add_token(TOKEN, Permissions::reader());
    });
    let outcome = verify(&world).input("require-checks", "lint").run().expect_code(2);
    let log = super::log(&outcome);
    assert!(log.contains("403") && log.contains("checks"), "{}", outcome.told());
}
