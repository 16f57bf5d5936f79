//! As a commit on a branch, with a tag and the workflow that releases it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use release_action::sim::github::access::{Access, Permissions};

use super::{Bench, RELEASE, at, changes_nothing, everything, heading};
use crate::support::program::Program;

fn to_branch(bench: &Bench, bump: &str) -> Program {
    bench.step(bump).input("commit-to", "branch")
}

fn released(bench: &Bench, bump: &str) -> Program {
    to_branch(bench, bump).input("create-tag", "true").input("dispatch", "release.yml")
}

#[test]
fn one_commit_raises_the_version_and_the_checkout_stays_as_it_is() {
    let bench = Bench::new();
    let before = bench.files();
    let outcome = to_branch(&bench, "minor").run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "done", "{}", outcome.told());
    for (name, text) in at("1.3.0") {
        assert_eq!(bench.on_branch("main", name), text, "{name}");
    }
    assert!(heading(&bench.on_branch("main", "CHANGELOG.md"), "1.3.0").is_some());
    assert_eq!(bench.commits("main"), ["Release v1.3.0"]);
    assert_eq!(bench.files(), before);
    let head = bench.branch("main").expect("it is there");
    assert_eq!((outcome.output("commit"), outcome.output("branch")), (head.as_str(), "main"));
    let verified = bench.universe.github(|github| github.commit(&head).expect("there").verification.verified);
    assert!(verified, "GitHub signs what names no author");
    assert_eq!(bench.tag("v1.3.0"), None);

    let again = changes_nothing(&bench, to_branch(&bench, "minor"), 0, "already-done");
    assert_eq!((again.output("commit"), again.output("version")), (head.as_str(), "1.3.0"));
}

#[test]
fn the_tag_is_made_and_the_workflow_that_nothing_else_would_start_begins_once() {
    let bench = Bench::new();
    let outcome = released(&bench, "minor").run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "done", "{}", outcome.told());
    assert!(!outcome.finds("bump/starts-no-workflow", ""), "{}", outcome.told());
    assert_eq!(bench.tag("v1.3.0"), bench.branch("main"));
    let dispatched = bench.universe.github(|github| github.dispatched().to_vec());
    assert_eq!(dispatched.len(), 1, "{dispatched:?}");
    assert_eq!((dispatched[0].path.as_str(), dispatched[0].git_ref.as_str()), (RELEASE, "v1.3.0"));
    changes_nothing(&bench, released(&bench, "minor"), 0, "already-done");
}

#[test]
fn r15_a_tag_without_a_dispatch_is_said_to_start_nothing() {
    let bench = Bench::new();
    let program = || to_branch(&bench, "minor").input("create-tag", "true");
    let planned = changes_nothing(&bench, program().input("dry-run", "true"), 0, "planned");
    assert!(planned.finds("bump/starts-no-workflow", ""), "{}", planned.told());
    // The token of an app looks the same.
    assert!(planned.stdout.contains("if this is the job's own token"), "{}", planned.told());
    let outcome = program().run().expect_code(0);
    assert!(outcome.finds("bump/starts-no-workflow", ""), "{}", outcome.told());
    assert_eq!(bench.tag("v1.3.0"), bench.branch("main"));
    // Whose token starts workflows is not told that it does not.
    let other = Bench::new();
    let person = "ghp_of_a_person";
    other.universe.github(|github| {
        github.add_token(person, everything());
    });
    let program = to_branch(&other, "minor").input("create-tag", "true").input("github-token", person);
    let outcome = program.secret(person).run().expect_code(0);
    assert!(!outcome.finds("bump/starts-no-workflow", ""), "{}", outcome.told());
}

#[test]
fn a_dry_run_tells_every_step_and_takes_none() {
    let bench = Bench::new();
    let outcome = changes_nothing(&bench, released(&bench, "minor").input("dry-run", "true"), 0, "planned");
    for told in [
        "+ commit `CHANGELOG.md`, `Cargo.lock`, `Cargo.toml`, `pyproject.toml` from 1.2.0 to 1.3.0 to `main`",
        "! tag that commit as v1.3.0",
        "! start the workflow `release.yml` on v1.3.0",
        "+version = \"1.3.0\" # the other one",
    ] {
        assert!(outcome.stdout.contains(told), "{told}: {}", outcome.told());
    }
}

#[test]
fn what_was_pushed_before_is_kept_and_noticed_where_it_matters() {
    // Other files: the commit goes on top.
    let bench = Bench::new();
    bench.universe.github(|github| github.commit_to("main", "Other work", &[("README.md", "More.\n")]));
    to_branch(&bench, "minor").run().expect_code(0);
    assert_eq!(bench.commits("main"), ["Release v1.3.0", "Other work"]);
    assert_eq!(bench.on_branch("main", "README.md"), "More.\n");
    // The same file: nothing is overwritten.
    let bench = Bench::new();
    let theirs = format!("{}\n[tool.y]\n", bench.text("pyproject.toml"));
    bench.universe.github(|github| github.commit_to("main", "A setting", &[("pyproject.toml", &theirs)]));
    let outcome = changes_nothing(&bench, to_branch(&bench, "minor"), 1, "blocked");
    assert!(outcome.finds("bump/other-text", "pyproject.toml"), "{}", outcome.told());
    // Some of the files only.
    let bench = Bench::new();
    let (name, text) = at("1.3.0").swap_remove(0);
    bench.universe.github(|github| github.commit_to("main", "By hand", &[(name, &text)]));
    let outcome = changes_nothing(&bench, to_branch(&bench, "minor"), 1, "blocked");
    assert!(outcome.finds("bump/half-done", ""), "{}", outcome.told());
}

#[test]
fn a_push_between_look_and_commit_is_not_undone() {
    let bench = Arc::new(Bench::new());
    let (of_bench, has_acted) = (Arc::downgrade(&bench), AtomicBool::new(false));
    bench.universe.observe(Arc::new(move |exchange| {
        let is_commit = exchange.request.method == "POST" && exchange.request.path.ends_with("/git/commits");
        if is_commit && !has_acted.swap(true, Ordering::SeqCst) {
            let bench = of_bench.upgrade().expect("the test holds it");
            bench.universe.github(|github| {
                github.commit_to("main", "Somebody else's", &[("README.md", "More.\n")]);
            });
        }
    }));
    let outcome = released(&bench, "minor").run().expect_code(2);
    assert!(outcome.stdout.contains("somebody pushed to `main` while this ran"), "{}", outcome.told());
    assert_eq!(bench.commits("main"), ["Somebody else's"]);
    assert_eq!(bench.tag("v1.3.0"), None);
    released(&bench, "minor").run().expect_code(0);
    assert_eq!(bench.commits("main"), ["Release v1.3.0", "Somebody else's"]);
    assert_eq!(bench.tag("v1.3.0"), bench.branch("main"));
    changes_nothing(&bench, released(&bench, "minor"), 0, "already-done");
}

#[test]
fn the_tag_goes_to_the_commit_of_the_bump_whatever_was_pushed_on_top() {
    let bench = Bench::new();
    to_branch(&bench, "minor").run().expect_code(0);
    let bumped = bench.branch("main");
    bench.universe.github(|github| github.commit_to("main", "Later work", &[("README.md", "More.\n")]));
    released(&bench, "minor").run().expect_code(0);
    assert_eq!(bench.tag("v1.3.0"), bumped);
    changes_nothing(&bench, released(&bench, "minor"), 0, "already-done");
}

#[test]
fn a_version_that_is_there_already_is_tagged_at_the_head_and_not_where_it_was_raised() {
    let bench = Bench::new();
    bench.universe.github(|github| github.commit_to("main", "Later work", &[("README.md", "More.\n")]));
    let head = bench.branch("main");
    let outcome = released(&bench, "1.2.0").run().expect_code(0);
    assert_eq!(bench.tag("v1.2.0"), head, "{}", outcome.told());
    assert_eq!(Some(outcome.output("commit").to_owned()), head);
    changes_nothing(&bench, released(&bench, "1.2.0"), 0, "already-done");
    // What the branch has by now is not what was looked at.
    let bench = Bench::new();
    let theirs = bench.text("pyproject.toml") + "# theirs\n";
    bench.universe.github(|github| github.commit_to("main", "Theirs", &[("pyproject.toml", &theirs)]));
    let outcome = changes_nothing(&bench, released(&bench, "1.2.0"), 1, "blocked");
    assert!(outcome.finds("bump/other-text", "pyproject.toml"), "{}", outcome.told());
}

#[test]
fn later_work_on_the_files_of_the_bump_does_not_hide_it() {
    let bench = Bench::new();
    to_branch(&bench, "minor").run().expect_code(0);
    let bumped = bench.branch("main");
    for name in ["pyproject.toml", "Cargo.toml", "CHANGELOG.md"] {
        let text = bench.on_branch("main", name) + "\n# More.\n";
        bench.universe.github(|github| github.commit_to("main", "Later work", &[(name, &text)]));
    }
    let outcome = released(&bench, "minor").run().expect_code(0);
    assert_eq!(bench.tag("v1.3.0"), bumped, "{}", outcome.told());
    assert_eq!(Some(outcome.output("commit").to_owned()), bumped);
    changes_nothing(&bench, released(&bench, "minor"), 0, "already-done");
}

#[test]
fn a_version_that_others_raised_is_not_raised_again() {
    let bench = Bench::new();
    let files = at("1.3.0").into_iter().map(|(name, text)| (name, text + "# theirs\n")).collect::<Vec<_>>();
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    bench.universe.github(|github| github.commit_to("main", "By hand", &files));
    let head = bench.branch("main").expect("it is there");
    let outcome = changes_nothing(&bench, released(&bench, "minor"), 1, "blocked");
    assert!(outcome.finds("bump/other-text", "Cargo.toml"), "{}", outcome.told());
    for told in [&head[..7], "a new run would raise that again", "`bump: 1.3.0`"] {
        assert!(outcome.stdout.contains(told), "{told}: {}", outcome.told());
    }
}

#[test]
fn a_bump_that_was_taken_back_in_part_is_told() {
    let bench = Bench::new();
    to_branch(&bench, "minor").run().expect_code(0);
    let files: Vec<_> = super::FILES.iter().copied().filter(|(name, _)| *name != "CHANGELOG.md").collect();
    bench.universe.github(|github| github.commit_to("main", "Back", &files));
    let outcome = changes_nothing(&bench, released(&bench, "minor"), 1, "blocked");
    assert!(outcome.finds("bump/half-done", ""), "{}", outcome.told());
}

#[test]
fn line_ends_that_git_converted_are_named() {
    let bench = Bench::new();
    bench.write("Cargo.toml", bench.text("Cargo.toml").replace('\n', "\r\n"));
    let outcome = changes_nothing(&bench, to_branch(&bench, "minor"), 1, "blocked");
    assert!(outcome.finds("bump/other-text", "Cargo.toml"), "{}", outcome.told());
    assert!(outcome.stdout.contains("core.autocrlf"), "{}", outcome.told());
}

#[test]
fn the_day_of_an_earlier_run_is_no_difference() {
    let bench = Bench::new();
    to_branch(&bench, "minor").run().expect_code(0);
    let text = bench.on_branch("main", "CHANGELOG.md");
    let heading = heading(&text, "1.3.0").expect("it has a section");
    let earlier = text.replace(&heading, "## [1.3.0] - 2026-02-01");
    bench.universe.github(|github| {
        let main = github.branch("main").expect("there");
        let parent = github.commit(&main).expect("there").parents[0].clone();
        github.set_branch("main", &parent);
        let files: Vec<_> = at("1.3.0").into_iter().chain([("CHANGELOG.md", earlier.clone())]).collect();
        let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        github.commit_to("main", "Release v1.3.0", &files);
    });
    changes_nothing(&bench, to_branch(&bench, "minor"), 0, "already-done");
}

#[test]
fn what_stands_in_the_way_is_told_before_anything_is_written() {
    type Spoil = fn(&Bench);
    let cases: [(&str, Spoil); 4] = [
        ("bump/tag-taken", |bench| bench.universe.github(|github| github.set_tag("v1.3.0", &bench.base))),
        ("bump/no-branch", |bench| bench.universe.github(|github| github.remove_branch("main"))),
        ("bump/no-dispatch", |bench| {
            bench
                .universe
                .github(|github| github.commit_to("main", "No trigger", &[(RELEASE, "on: push\n")]));
        }),
        ("bump/other-text", |bench| {
            bench.write("Cargo.toml", bench.text("Cargo.toml") + "# an earlier step's\n")
        }),
    ];
    for (check, spoil) in cases {
        let bench = Bench::new();
        spoil(&bench);
        let outcome = changes_nothing(&bench, released(&bench, "minor"), 1, "blocked");
        assert!(outcome.finds(check, ""), "{check}: {}", outcome.told());
    }
}

#[test]
fn a_project_below_the_root_is_committed_where_it_lies() {
    let files = [("python/pyproject.toml", super::FILES[0].1)];
    let bench = Bench::holding(&files);
    let program = to_branch(&bench, "minor")
        .input("project-dir", "python")
        .input("message", "{previous} to {version}\n\nAs {tag}.");
    let outcome = program.run().expect_code(0);
    assert_eq!(bench.on_branch("main", "python/pyproject.toml"), at("1.3.0")[0].1);
    assert_eq!(bench.commits("main"), ["1.2.0 to 1.3.0\n\nAs v1.3.0."]);
    assert_eq!(outcome.output("changed-files"), "python/pyproject.toml");
}

#[test]
fn without_permission_to_write_it_is_said_which_one_is_missing() {
    let bench = Bench::new();
    let reader = "ghs_of_a_reader";
    bench.universe.github(|github| {
        github.add_token(reader, Permissions { contents: Access::Read, ..everything() });
    });
    let program = to_branch(&bench, "minor").input("github-token", reader).secret(reader);
    let outcome = changes_branch_nothing(&bench, program);
    assert!(outcome.contains("contents: write"), "{outcome}");
}

/// Runs a program that fails and leaves the branch as it is; gives what it said.
fn changes_branch_nothing(bench: &Bench, program: Program) -> String {
    let outcome = program.run().expect_code(2);
    assert_eq!(bench.branch("main").as_ref(), Some(&bench.base), "{}", outcome.told());
    outcome.stdout
}
