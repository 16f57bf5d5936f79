//! As a pull request.

use super::{Bench, at, changes_nothing};
use crate::support::program::Program;

const BRANCH: &str = "release/v1.3.0";

fn proposed(bench: &Bench, bump: &str) -> Program {
    bench.step(bump).input("commit-to", "pull-request")
}

#[test]
fn one_pull_request_proposes_the_version() {
    let bench = Bench::new();
    let before = bench.files();
    let outcome = proposed(&bench, "minor").run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "done", "{}", outcome.told());
    assert!(outcome.finds("bump/starts-no-workflow", ""), "{}", outcome.told());
    let pulls = bench.universe.github(|github| github.pulls().to_vec());
    assert_eq!(pulls.len(), 1, "{pulls:?}");
    assert_eq!((pulls[0].head.as_str(), pulls[0].base.as_str()), (BRANCH, "main"));
    assert_eq!(pulls[0].title, "Release v1.3.0");
    assert!(pulls[0].body.as_deref().is_some_and(|body| body.contains("from 1.2.0 to 1.3.0")), "{pulls:?}");
    assert_eq!(bench.commits(BRANCH), ["Release v1.3.0"]);
    assert_eq!(bench.branch("main").as_ref(), Some(&bench.base));
    for (name, text) in at("1.3.0") {
        assert_eq!(bench.on_branch(BRANCH, name), text, "{name}");
    }
    assert_eq!(outcome.output("pull-request"), "1");
    assert!(outcome.output("pull-request-url").ends_with("/pull/1"), "{}", outcome.told());
    assert_eq!(Some(outcome.output("commit").to_owned()), bench.branch(BRANCH));
    assert_eq!(bench.files(), before);
    let again = changes_nothing(&bench, proposed(&bench, "minor"), 0, "already-done");
    assert_eq!((again.output("pull-request"), again.output("branch")), ("1", BRANCH));
}

#[test]
fn what_was_merged_is_done_and_what_was_closed_is_not_asked_again() {
    let bench = Bench::new();
    proposed(&bench, "minor").run().expect_code(0);
    bench.universe.github(|github| {
        github.merge_pull(1);
        github.remove_branch(BRANCH);
    });
    let outcome = changes_nothing(&bench, proposed(&bench, "minor"), 0, "already-done");
    assert_eq!((outcome.output("branch"), outcome.output("pull-request")), ("main", "1"));

    let bench = Bench::new();
    proposed(&bench, "minor").run().expect_code(0);
    bench.universe.github(|github| github.close_pull(1));
    let outcome = changes_nothing(&bench, proposed(&bench, "minor"), 1, "blocked");
    assert!(outcome.finds("bump/pull-closed", ""), "{}", outcome.told());
    bench.universe.github(|github| github.remove_branch(BRANCH));
    let outcome = proposed(&bench, "minor").run().expect_code(0);
    assert_eq!(outcome.output("pull-request"), "2", "{}", outcome.told());
}

#[test]
fn a_branch_of_somebody_else_is_left_alone() {
    let bench = Bench::new();
    bench.universe.github(|github| {
        github.set_branch(BRANCH, &bench.base);
        github.commit_to(BRANCH, "Theirs", &[("README.md", "Theirs.\n")]);
    });
    let outcome = changes_nothing(&bench, proposed(&bench, "minor"), 1, "blocked");
    assert!(outcome.finds("bump/branch-taken", ""), "{}", outcome.told());
    let program = proposed(&bench, "minor").input("pull-request-branch", "bump/{version}");
    let outcome = program.run().expect_code(0);
    assert_eq!(outcome.output("branch"), "bump/1.3.0", "{}", outcome.told());
}

#[test]
fn a_version_that_is_tagged_is_not_proposed() {
    let bench = Bench::new();
    bench.universe.github(|github| github.set_tag("v1.3.0", &bench.base));
    let outcome = changes_nothing(&bench, proposed(&bench, "minor"), 1, "blocked");
    assert!(outcome.finds("bump/tag-taken", ""), "{}", outcome.told());
}

#[test]
fn jobs_that_may_open_none_hear_where_that_is_set() {
    let bench = Bench::new();
    bench.universe.github(|github| github.settings.jobs_open_no_pulls = true);
    let outcome = proposed(&bench, "minor").run().expect_code(2);
    assert!(outcome.stdout.contains("not permitted to create"), "{}", outcome.told());
    bench.universe.github(|github| github.settings.jobs_open_no_pulls = false);
    let outcome = proposed(&bench, "minor").run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "resumed", "{}", outcome.told());
    assert_eq!(bench.commits(BRANCH), ["Release v1.3.0"]);
}
