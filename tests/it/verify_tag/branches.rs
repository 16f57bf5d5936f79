//! From which branches versions come.

use release_action::sim::github::git::NewCommit;

use super::{check, requests, stray, verify};
use crate::support::world::{COMMIT, World};

#[test]
fn nothing_is_demanded_unless_a_line_is_about_the_version() {
    let world = World::new();
    for rules in ["prerelease = nowhere", "stable = **", "# stable = nowhere"] {
        let before = world.universe.journal().len();
        let outcome = check(verify(&world).input("branch-rules", rules), 0, &[], &[]);
        assert_eq!(outcome.output("branch"), "", "{rules}");
        assert!(requests(&world, before).iter().all(|request| !request.contains("heads")), "{rules}");
    }
}

#[test]
fn a_commit_on_the_branch_passes_and_the_branch_is_told() {
    let world = World::new();
    // The newest of the branch, and one that others follow.
    for more in [false, true] {
        if more {
            world.universe.github(|github| github.commit_to("main", "more", &[]));
        }
        let outcome = check(verify(&world).input("branch-rules", "stable = main"), 0, &[], &[]);
        assert_eq!(outcome.output("branch"), "main");
    }
    let outcome = check(verify(&world).input("branch-rules", "stable = release/*, ma*"), 0, &[], &[]);
    assert_eq!(outcome.output("branch"), "main");
}

#[test]
fn a_commit_beside_the_branch_is_refused_with_its_standing() {
    let world = World::new();
    let rules = || verify(&world).input("branch-rules", "stable = release/1.2");
    world.universe.github(|github| {
        let first = github.add_commit(NewCommit { message: "first".into(), ..NewCommit::default() });
        github.set_branch("release/1.2", &first);
    });
    check(
        rules(),
        1,
        &["tag/off-branch"],
        &["`release/1.2`", "shares no history", "merge the commit into `release/1.2`"],
    );
    // The branch was not moved to the commit yet.
    world.universe.github(|github| {
        let commit =
            NewCommit { parents: vec![COMMIT.into()], message: "next".into(), ..NewCommit::default() };
        let next = github.add_commit(commit);
        github.set_branch("release/1.2", COMMIT);
        github.set_tag("v1.2.0", &next);
    });
    let ahead = rules().env("GITHUB_REF", "refs/heads/main").input("tag", "v1.2.0");
    check(ahead, 1, &["tag/off-branch"], &["`release/1.2`", "lies behind it"]);
    // Both went on from the same commit.
    world.universe.github(|github| github.commit_to("release/1.2", "other", &[]));
    let aside = rules().env("GITHUB_REF", "refs/heads/main").input("tag", "v1.2.0");
    check(aside, 1, &["tag/off-branch"], &["has gone another way"]);
    let outcome = verify(&world).input("ignore", "tag/off-branch").run().expect_code(64);
    assert!(super::log(&outcome).contains("cannot be ignored"), "{}", outcome.told());
}

#[test]
fn a_branch_that_is_not_there_is_said_to_be_so() {
    let world = World::new();
    for rules in ["stable = release/*", "stable = mai", "stable = main2"] {
        let program = verify(&world).input("branch-rules", rules);
        check(program, 1, &["tag/no-such-branch"], &[rules, "`v1.2.0`"]);
    }
}

#[test]
fn many_branches_are_compared_up_to_the_budget() {
    let world = World::new();
    let first = stray(&world);
    world.universe.github(|github| {
        for minor in 0..12 {
            github.set_branch(&format!("release/0.{minor}"), &first);
        }
    });
    let rules = || verify(&world).input("branch-rules", "stable = release/*");
    let before = world.universe.journal().len();
    check(
        rules(),
        1,
        &["tag/branch-budget"],
        &["12 branches fit", "10 that were compared", "2 were not: `release/0.1`, `release/0.0`"],
    );
    let compared = requests(&world, before).iter().filter(|request| request.contains("compare")).count();
    assert_eq!(compared, 10);
    check(rules().input("branch-budget", "12"), 1, &["tag/off-branch"], &["and 7 more"]);
    // The likeliest comes first: it has the version's numbers.
    world.universe.github(|github| {
        github.set_branch("release/1.2", COMMIT);
        github.commit_to("release/1.2", "more", &[]);
    });
    let before = world.universe.journal().len();
    let outcome = check(rules().input("branch-budget", "1"), 0, &[], &[]);
    assert_eq!(outcome.output("branch"), "release/1.2");
    let compared = requests(&world, before).iter().filter(|request| request.contains("compare")).count();
    assert_eq!(compared, 1);
}

#[test]
fn rules_that_make_no_sense_are_refused_before_anything_is_asked() {
    let world = World::new();
    for (input, value, said) in [
        ("branch-rules", "stabel = main", "line 1: `stabel` is no kind of versions"),
        ("branch-rules", "stable = main\nstable = x", "line 2: `stable` stands in two lines"),
        ("branch-rules", "stable = refs/heads/main", "name the branch as `main`"),
        ("branch-budget", "0", "`0` is no whole number from 1 to 100"),
        ("testpypi-for", "stabel", "stabel"),
    ] {
        let before = world.universe.journal().len();
        let outcome = verify(&world).input(input, value).run().expect_code(64);
        assert!(super::log(&outcome).contains(said), "{value}: {}", outcome.told());
        assert_eq!(world.universe.journal().len(), before);
    }
}
