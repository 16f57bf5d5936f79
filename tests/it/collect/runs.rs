//! Which run of a workflow is taken.

use release_action::sim::github::runs::{NewArtifact, NewRun};

use crate::support::program::{Outcome, Program};
use crate::support::world::{COMMIT, TAG, TOKEN, World};

/// A run of `more.yml` for the commit that is released; its artifact holds one file, called after it.
fn add(world: &World, name: &str, run: NewRun) -> u64 {
    let head_sha = if run.head_sha.is_empty() { COMMIT.to_owned() } else { run.head_sha.clone() };
    world.universe.github(|github| {
        let run = NewRun { path: ".github/workflows/more.yml".into(), head_sha, ..run };
        let run = github.add_run(run);
        github.add_artifact(run, NewArtifact::zip("files", &[(name, name.as_bytes())]));
        run
    })
}

fn on(event: &str) -> NewRun {
    NewRun { event: event.into(), ..NewRun::default() }
}

fn ended(conclusion: &str) -> NewRun {
    NewRun { conclusion: Some(conclusion.into()), ..NewRun::default() }
}

fn collect(world: &World) -> Program {
    world.program("collect-artifacts").input("workflows", "more.yml").input("github-token", TOKEN)
}

/// The program goes well and takes the one run that is called so.
#[track_caller]
fn takes(world: &World, program: Program, name: &str) -> Outcome {
    let outcome = program.run().expect_code(0);
    let files = world.workspace_files().into_iter();
    let taken: Vec<_> =
        files.filter_map(|(path, _)| path.strip_prefix("release-assets/").map(str::to_owned)).collect();
    assert_eq!(taken, [name], "{}", outcome.told());
    outcome
}

/// The lines of the log that tell of the choice.
fn choices(outcome: &Outcome) -> Vec<&str> {
    outcome.stdout.lines().map(str::trim).filter(|line| line.starts_with("more.yml: ")).collect()
}

#[test]
fn the_run_of_the_tag_goes_before_newer_ones() {
    let world = World::new();
    add(&world, "of-the-tag", NewRun { head_branch: Some(TAG.into()), ..NewRun::default() });
    add(&world, "newer", NewRun::default());
    let outcome = takes(&world, collect(&world), "of-the-tag");
    assert!(choices(&outcome)[0].ends_with("; not run 2 (not of the tag)"), "{}", outcome.told());
}

#[test]
fn of_several_runs_the_newest_is_taken() {
    let world = World::new();
    add(&world, "older", NewRun::default());
    add(&world, "newer", NewRun::default());
    takes(&world, collect(&world), "newer");
}

#[test]
fn a_newest_run_that_failed_is_not_mended_by_an_older_one() {
    let world = World::new();
    add(&world, "older", NewRun::default());
    add(&world, "newer", ended("failure"));
    let outcome = collect(&world).run().expect_code(1);
    assert!(outcome.finds("collect/failed-producer", ""), "{}", outcome.told());
    assert_eq!(outcome.output("ready"), "false");
}

#[test]
fn runs_of_pull_requests_do_not_count_unless_they_are_named() {
    let world = World::new();
    add(&world, "of-the-push", NewRun::default());
    add(&world, "of-the-request", on("pull_request"));
    takes(&world, collect(&world), "of-the-push");

    let world = World::new();
    add(&world, "of-the-request", on("pull_request"));
    let outcome = collect(&world).run().expect_code(1);
    assert!(outcome.finds("collect/no-run", ""), "{}", outcome.told());
    assert!(outcome.stdout.contains("started by `pull_request`"), "{}", outcome.told());
    takes(&world, collect(&world).input("events", "push, pull_request"), "of-the-request");
}

#[test]
fn only_runs_of_the_events_that_are_named_count() {
    let world = World::new();
    add(&world, "by-push", NewRun::default());
    add(&world, "by-schedule", on("schedule"));
    takes(&world, collect(&world).input("events", "push\nworkflow_dispatch"), "by-push");
    let outcome = collect(&world).input("events", "workflow_dispatch").run().expect_code(1);
    assert!(outcome.finds("collect/no-run", ""), "{}", outcome.told());
    for text in ["run 2 (started by `schedule`)", "run 1 (started by `push`)", "`events`"] {
        assert!(outcome.stdout.contains(text), "`{text}`: {}", outcome.told());
    }
}

#[test]
fn runs_of_forks_count_only_where_they_are_allowed() {
    let world = World::new();
    add(&world, "ours", NewRun::default());
    add(&world, "theirs", NewRun { fork: Some("stranger/sample".into()), ..NewRun::default() });
    let outcome = takes(&world, collect(&world), "ours");
    assert!(choices(&outcome)[0].ends_with("; not run 2 (from a fork)"), "{}", outcome.told());

    let world = World::new();
    add(&world, "theirs", NewRun { fork: Some("stranger/sample".into()), ..NewRun::default() });
    let outcome = collect(&world).run().expect_code(1);
    assert!(outcome.finds("collect/fork-run", ""), "{}", outcome.told());
    takes(&world, collect(&world).input("allow-forks", "true"), "theirs");
}

#[test]
fn a_run_of_another_file_does_not_count() {
    let world = World::new();
    add(&world, "of-the-file", NewRun::default());
    let renamed = add(&world, "of-another", NewRun::default());
    world.universe.github(|github| {
        let run = github.runs_mut().iter_mut().find(|run| run.id == renamed).expect("it was added");
        run.facts.path = ".github/workflows/old.yml@main".into();
    });
    let outcome = takes(&world, collect(&world), "of-the-file");
    assert!(choices(&outcome)[0].contains("of the file `.github/workflows/old.yml`"), "{}", outcome.told());
}

#[test]
fn every_page_of_the_runs_is_read() {
    let world = World::new();
    add(&world, "the-first", NewRun::default());
    for _ in 0..230 {
        add(&world, "of-the-request", on("pull_request"));
    }
    let outcome = takes(&world, collect(&world), "the-first");
    assert!(choices(&outcome)[0].ends_with(" and 220 more"), "{}", outcome.told());
}

#[test]
fn a_search_that_finds_nothing_is_doubted() {
    let world = World::new();
    add(&world, "there-all-the-same", NewRun::default());
    world.universe.github(|github| github.troubles.blind_run_searches = 1);
    takes(&world, collect(&world), "there-all-the-same");
}

#[test]
fn one_line_tells_which_run_was_chosen_and_why_no_other() {
    let world = World::new();
    add(&world, "by-schedule", on("schedule"));
    add(&world, "of-the-request", on("pull_request"));
    let chosen = add(&world, "chosen", NewRun { run_attempt: 2, ..NewRun::default() });
    let outcome = takes(&world, collect(&world), "chosen");
    let [line] = choices(&outcome)[..] else { panic!("one line: {}", outcome.told()) };
    assert!(line.starts_with("more.yml: run 3 (push of main, attempt 2, success) http"), "{line}");
    let end = format!("/actions/runs/{chosen}; not run 2 (started by `pull_request`), run 1 (older)");
    assert!(line.ends_with(&end), "{line}");
}

/// The program, told to take the newest good runs.
fn latest(world: &World) -> Program {
    collect(world).input("run", "latest")
}

#[test]
fn the_latest_run_is_the_newest_that_succeeded_on_the_branch() {
    let world = World::new();
    let later = world.universe.github(|github| github.commit_to("main", "Go on", &[("a", "b")]));
    let of_later = |run: NewRun| NewRun { head_sha: later.clone(), ..run };
    add(&world, "older", NewRun::default());
    add(&world, "newest", of_later(NewRun::default()));
    add(&world, "failed", of_later(ended("failure")));
    let under_way = NewRun { status: "in_progress".into(), conclusion: None, ..NewRun::default() };
    add(&world, "under-way", of_later(under_way));
    add(&world, "elsewhere", of_later(NewRun { head_branch: Some("next".into()), ..NewRun::default() }));
    let outcome = takes(&world, latest(&world), "newest");
    assert_eq!(outcome.output("commit"), later);
    let not = "; not run 4 (in_progress), run 3 (failure), run 1 (older)";
    assert!(choices(&outcome)[0].ends_with(not), "{}", outcome.told());
}

#[test]
fn the_latest_run_is_looked_for_on_the_branch_that_is_named() {
    let world = World::new();
    add(&world, "elsewhere", NewRun { head_branch: Some("next/a&b".into()), ..NewRun::default() });
    add(&world, "on-main", NewRun::default());
    takes(&world, latest(&world).input("branch", "next/a&b"), "elsewhere");
}

#[test]
fn the_latest_run_is_looked_for_on_the_default_branch_of_the_repository() {
    let world = World::new();
    world.universe.github(|github| github.settings.default_branch = "trunk".into());
    add(&world, "on-trunk", NewRun { head_branch: Some("trunk".into()), ..NewRun::default() });
    add(&world, "on-main", NewRun::default());
    takes(&world, latest(&world), "on-trunk");
}

#[test]
fn a_branch_on_which_nothing_succeeded_has_no_latest_run() {
    let world = World::new();
    add(&world, "failed", ended("failure"));
    let outcome = latest(&world).run().expect_code(1);
    assert!(outcome.finds("collect/no-run", ""), "{}", outcome.told());
    assert!(outcome.stdout.contains("run 1 (failure)"), "{}", outcome.told());
}

#[test]
fn latest_runs_of_different_commits_are_taken_with_a_warning() {
    let world = World::new();
    let later = world.universe.github(|github| github.commit_to("main", "Go on", &[("a", "b")]));
    add(&world, "later", NewRun { head_sha: later, ..NewRun::default() });
    let outcome = latest(&world)
        .input("workflows", "wheels.yml, more.yml")
        .input("branch", "main")
        .run()
        .expect_code(1);
    assert!(outcome.finds("collect/no-run", ""), "wheels.yml ran for the tag only: {}", outcome.told());
    world.universe.github(|github| {
        github.runs_mut().iter_mut().for_each(|run| run.facts.head_branch = Some("main".into()));
    });
    let outcome = latest(&world).input("workflows", "wheels.yml, more.yml").run().expect_code(0);
    assert!(outcome.finds("collect/mixed-commits", ""), "{}", outcome.told());
    assert_eq!((outcome.output("commit"), outcome.output("ready")), ("", "true"));
}

#[test]
fn inputs_that_contradict_one_another_are_refused() {
    let world = World::new();
    for (program, told) in [
        (latest(&world).input("commit", COMMIT), "commit"),
        (latest(&world).input("tag", TAG), "tag"),
        (latest(&world).input("workflows", ""), "workflows"),
        (collect(&world).input("branch", "main"), "branch"),
        (collect(&world).input("run", "newest"), "run"),
        (collect(&world).input("allow-forks", "perhaps"), "allow-forks"),
    ] {
        let outcome = program.run().expect_code(64);
        assert!(outcome.stdout.contains(told), "`{told}`: {}", outcome.told());
    }
}
