//! Producers that are not ready yet, and other runs in the same folder.

use std::time::{Duration, Instant};

use release_action::sim::github::runs::NewArtifact;

use crate::support::program::{Outcome, Program};
use crate::support::world::{Phase, World};

/// A wait that does not end by itself takes longer than this.
const AT_ONCE: Duration = Duration::from_secs(30);

fn run_of(world: &World, workflow: &str) -> u64 {
    world.universe.github(|github| {
        let run = github.runs_mut().iter().find(|run| run.facts.path.ends_with(workflow));
        run.expect("the world has it").id
    })
}

/// Puts a producer under way; it ends with `conclusion` after so many looks.
fn ends_after(world: &World, workflow: &str, looks: u32, conclusion: &str) {
    let run = run_of(world, workflow);
    world.universe.github(|github| github.advance_after(run, looks, conclusion));
}

/// Puts a producer under way for ever.
fn runs_on(world: &World, workflow: &str) {
    ends_after(world, workflow, u32::MAX, "success");
}

fn waiting(world: &World) -> Program {
    world.phase(Phase::Collect).input("when-incomplete", "wait")
}

/// How many wheels and sdists were placed.
fn packages(world: &World) -> usize {
    world.workspace_files().iter().filter(|(path, _)| path.starts_with("dist/")).count()
}

#[track_caller]
fn says(outcome: &Outcome, text: &str) {
    assert!(outcome.stdout.contains(text), "`{text}` is not said: {}", outcome.told());
}

#[test]
fn producers_are_waited_for_and_what_is_missing_is_named() {
    let world = World::new();
    ends_after(&world, "wheels.yml", 1, "success");
    ends_after(&world, "tools.yml", 2, "success");
    let outcome = waiting(&world).run().expect_code(0);
    assert_eq!((outcome.output("outcome"), outcome.output("ready")), ("done", "true"));
    says(&outcome, "for wheels.yml (in_progress), tools.yml (in_progress)\n");
    says(&outcome, "for tools.yml (in_progress)\n");
    assert_eq!(outcome.stdout.matches("  waiting ").count(), 2, "{}", outcome.told());
    assert_eq!(packages(&world), 3);
}

#[test]
fn a_wait_ends_with_its_timeout() {
    let world = World::new();
    runs_on(&world, "wheels.yml");
    let outcome = waiting(&world).input("wait-timeout", "0.02").run().expect_code(1);
    assert!(outcome.finds("collect/not-complete", ""), "{}", outcome.told());
    says(&outcome, "after 1 s of waiting");
    says(&outcome, "`wait-timeout`");
    assert_eq!((outcome.output("ready"), packages(&world)), ("false", 0));
}

#[test]
fn a_producer_that_fails_ends_the_wait_at_once() {
    let world = World::new();
    runs_on(&world, "wheels.yml");
    ends_after(&world, "tools.yml", 1, "failure");
    let outcome = waiting(&world).run().expect_code(1);
    assert!(outcome.elapsed < AT_ONCE, "{}", outcome.told());
    assert!(outcome.finds("collect/failed-producer", ""), "{}", outcome.told());
    says(&outcome, &format!("/actions/runs/{}", run_of(&world, "tools.yml")));
    assert_eq!(outcome.output("ready"), "false");
}

#[test]
fn whatever_is_no_success_is_a_finding_that_names_the_run_and_is_not_waited_for() {
    for conclusion in ["failure", "cancelled", "stale", "startup_failure", "timed_out", "action_required"] {
        let world = World::new();
        world.universe.github(|github| {
            let run = github.runs_mut().iter_mut().find(|run| run.facts.path.ends_with("wheels.yml"));
            run.expect("the world has it").facts.conclusion = Some(conclusion.into());
        });
        let outcome = waiting(&world).run().expect_code(1);
        assert!(outcome.finds("collect/failed-producer", ""), "{}", outcome.told());
        says(&outcome, &format!("wheels.yml ended with {conclusion} (http"));
        says(&outcome, &format!("/actions/runs/{}", run_of(&world, "wheels.yml")));
        assert!(!outcome.stdout.contains("  waiting "), "{}", outcome.told());
    }
}

#[test]
fn a_run_that_begins_a_little_later_is_waited_for() {
    let world = World::new();
    let run = run_of(&world, "tools.yml");
    // A search that finds nothing is followed by the whole list: two lists are one look.
    world.universe.github(|github| github.appear_after(run, 2));
    let outcome = waiting(&world).run().expect_code(0);
    says(&outcome, "for tools.yml (no run yet)\n");
    assert_eq!(outcome.output("files"), "4");
}

#[test]
fn a_run_that_is_started_again_is_waited_for_and_its_new_artifacts_are_taken() {
    let world = World::new();
    let run = run_of(&world, "tools.yml");
    world.universe.github(|github| {
        github.rerun(run);
        github.advance_after(run, 1, "success");
        github.add_artifact(run, NewArtifact::zip("tools", &[("sample-linux-x86_64", b"built again")]));
    });
    let outcome = waiting(&world).run().expect_code(0);
    says(&outcome, "attempt 2");
    assert!(outcome.finds("collect/superseded", "tools"), "{}", outcome.told());
    let tool = std::fs::read(world.path("release-assets/sample-linux-x86_64")).expect("it was placed");
    assert_eq!(tool, b"built again");
}

#[test]
fn a_skip_ends_well_with_a_notice_and_is_not_ready() {
    let world = World::new();
    runs_on(&world, "wheels.yml");
    let outcome = world.phase(Phase::Collect).input("when-incomplete", "skip").run().expect_code(0);
    assert_eq!((outcome.output("outcome"), outcome.output("ready")), ("not-ready", "false"));
    says(&outcome, "\n::notice ");
    assert_eq!(packages(&world), 0);
}

#[test]
fn a_failure_is_not_ready_either() {
    let world = World::new();
    runs_on(&world, "wheels.yml");
    let outcome = world.phase(Phase::Collect).run().expect_code(1);
    assert_eq!((outcome.output("outcome"), outcome.output("ready")), ("blocked", "false"));
}

#[test]
fn of_the_events_of_all_producers_in_any_order_the_last_one_collects() {
    for order in [["wheels.yml", "tools.yml"], ["tools.yml", "wheels.yml"]] {
        let world = World::new();
        order.iter().for_each(|workflow| runs_on(&world, workflow));
        let mut outcomes = Vec::new();
        for workflow in order {
            world.universe.github(|github| {
                let run = github.runs_mut().iter_mut().find(|run| run.facts.path.ends_with(workflow));
                let run = &mut run.expect("the world has it").facts;
                (run.status, run.conclusion) = ("completed".into(), Some("success".into()));
            });
            let outcome = world.phase(Phase::Collect).input("when-incomplete", "skip").run().expect_code(0);
            outcomes.push(outcome.output("outcome").to_owned());
        }
        assert_eq!(outcomes, ["not-ready", "done"]);
        assert_eq!(packages(&world), 3);
    }
}

#[test]
fn a_time_to_wait_makes_sense_only_for_those_who_wait() {
    let world = World::new();
    let refused = |program: Program, told: &str| says(&program.run().expect_code(64), told);
    refused(world.phase(Phase::Collect).input("wait-timeout", "5"), "nothing is waited for");
    refused(waiting(&world).input("wait-timeout", "0"), "no number of minutes");
    refused(waiting(&world).input("when-incomplete", "hope"), "`hope`");
}

/// Waits for a moment that has to come.
#[track_caller]
fn until(came: impl Fn() -> bool) {
    let began = Instant::now();
    while !came() {
        assert!(began.elapsed() < AT_ONCE, "it did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn asked_for(world: &World, what: &str) -> bool {
    world.universe.journal().iter().any(|entry| entry.path.ends_with(what))
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_wait() {
    let world = World::new();
    runs_on(&world, "tools.yml");
    let running = waiting(&world).spawn();
    until(|| asked_for(&world, "/tools.yml/runs"));
    running.signal("TERM");
    let outcome = running.wait().expect_code(2);
    assert!(outcome.elapsed < AT_ONCE, "{}", outcome.told());
    says(&outcome, "stopped by a signal while waiting for tools.yml (in_progress)");
}

#[test]
fn two_runs_at_once_in_one_folder_end_the_same() {
    let world = World::new();
    // Many artifacts, so that the two are at work at the same time.
    let run = run_of(&world, "tools.yml");
    world.universe.github(|github| {
        for number in 0..20 {
            let file = format!("file-{number}");
            let bytes = vec![number; 300_000];
            github.add_artifact(run, NewArtifact::zip(&format!("more-{number}"), &[(&file, &bytes)]));
        }
    });
    let running = [world.phase(Phase::Collect).spawn(), world.phase(Phase::Collect).spawn()];
    for outcome in running.map(|running| running.wait().expect_code(0)) {
        assert_eq!((outcome.output("ready"), outcome.output("files")), ("true", "24"), "{}", outcome.told());
    }
    assert_eq!(packages(&world), 3);
    assert_eq!(world.play(Phase::Collect).output("outcome"), "already-done");
    let downloads = world.universe.journal().iter().filter(|entry| entry.path.ends_with("/zip")).count();
    assert_eq!(downloads, 22, "each artifact is fetched once");
}

#[test]
fn a_staging_folder_belongs_to_one_run_at_a_time() {
    let world = World::new();
    world.write("release-staging/.lock", "");
    let lock = std::fs::File::options().write(true).open(world.path("release-staging/.lock")).expect("there");
    lock.lock().expect("nobody else has it");
    let running = world.phase(Phase::Collect).spawn();
    until(|| asked_for(&world, "/artifacts"));
    // Long enough for a run that does not ask to have begun to fetch.
    std::thread::sleep(Duration::from_millis(500));
    assert!(!asked_for(&world, "/zip"), "nothing is fetched while another run has the folder");
    lock.unlock().expect("it was held");
    let outcome = running.wait().expect_code(0);
    says(&outcome, "waiting for another run that works in `");
    assert_eq!(packages(&world), 3);
}
