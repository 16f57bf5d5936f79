//! Whatever breaks, and wherever it breaks: running again ends in the same world.
//!
//! The rehearsal plays real modes and clients against every fault at every request, without waiting. The process is
//! killed for real, at every request, before it takes effect and after.

use std::sync::Arc;

use release_action::archive::build::{SdistBuilder, WheelBuilder};
use release_action::rehearse::trial::{self, Trial};
use release_action::sim::fault::{Fault, FaultKind};

use crate::support::contract::Contract;
use crate::support::program::Kill;
use crate::support::world::{PHASES, Released, World};

/// A release as small as one can be that has every kind of effect.
fn play(faults: Vec<Fault>) -> Trial {
    let wheel = WheelBuilder::new("sample", "1.2.0", "cp312", "cp312", "manylinux_2_28_x86_64").build();
    let other = WheelBuilder::new("sample", "1.2.0", "cp312", "cp312", "win_amd64").build();
    let sdist = SdistBuilder::new("sample", "1.2.0").build();
    let contract = Contract::keep();
    trial::play(Some(vec![wheel, other, sdist]), faults, Some(contract.observer()))
        .expect("there is something to play")
}

fn fault(kind: FaultKind, at: u64) -> Fault {
    Fault { kind, service: None, at }
}

/// Plays the release with one fault at each of its requests; the world must end as it does without.
fn every_request(kind: FaultKind) {
    let good = play(Vec::new());
    assert!(good.is_good && good.acts == 2, "{good:?}");
    let requests = good.requests_of_events;
    assert!(requests > 20, "the release makes {requests} requests only");
    for at in 1..=requests {
        let broken = play(vec![fault(kind, at)]);
        assert!(broken.is_good, "{kind} at request {at}: {broken:#?}");
        assert_eq!(broken.rows, good.rows, "{kind} at request {at}");
        assert_eq!(broken.releases, good.releases, "{kind} at request {at}");
        assert_eq!(broken.writes_again, 0, "{kind} at request {at}");
    }
}

#[test]
fn refused_at_any_request_the_rerun_converges() {
    every_request(FaultKind::Refuse);
}

#[test]
fn dropped_before_any_request_took_effect_the_rerun_converges() {
    every_request(FaultKind::Drop);
}

#[test]
fn lost_after_any_request_took_effect_the_rerun_converges() {
    every_request(FaultKind::Lost);
}

#[test]
fn done_and_answered_with_a_failure_at_any_request_the_rerun_converges() {
    every_request(FaultKind::Late);
}

#[test]
fn uploads_that_leave_half_a_file_at_any_request_converge() {
    every_request(FaultKind::Starter);
}

#[test]
fn limits_met_at_any_request_are_waited_out() {
    every_request(FaultKind::Limit);
}

#[test]
fn stale_reads_after_any_request_only_need_patience() {
    every_request(FaultKind::Stale);
}

#[test]
fn killed_before_any_request_took_effect_the_rerun_converges() {
    every_request(FaultKind::Kill);
}

#[test]
fn killed_after_any_request_took_effect_the_rerun_converges() {
    every_request(FaultKind::KillAfter);
}

#[test]
fn a_page_instead_of_an_answer_is_no_answer() {
    every_request(FaultKind::Html);
}

#[test]
fn slow_answers_are_waited_for() {
    for at in [1, 10, 20] {
        let slow = play(vec![fault(FaultKind::Slow, at)]);
        assert!(slow.is_good && slow.acts == 2, "{slow:?}");
    }
}

#[test]
fn answers_that_trickle_are_broken_off_and_asked_for_again() {
    let good = play(Vec::new());
    for at in ["trickle@storage:1", "trickle@storage:2", "trickle@github:2", "trickle@index:1"] {
        let trickled = play(vec![at.parse().expect("a fault")]);
        assert!(trickled.is_good && trickled.acts == 2, "{at}: {trickled:?}");
        assert_eq!((&trickled.rows, &trickled.releases), (&good.rows, &good.releases), "{at}");
    }
}

#[test]
fn an_artifact_that_trickles_in_every_try_is_told_and_had_by_the_next_run() {
    let good = play(Vec::new());
    // All tries that are made for the one artifact of this release.
    let trickles = (1..=5).map(|at| format!("trickle@storage:{at}").parse().expect("a fault"));
    let trickled = play(trickles.collect());
    assert!(trickled.is_good && trickled.acts == 3, "{trickled:?}");
    assert_eq!((&trickled.rows, &trickled.releases), (&good.rows, &good.releases));
    let told = trickled.errors.join("\n");
    for part in ["was not fetched: ", "5 tries", "only ", " bytes in 1 seconds"] {
        assert!(told.contains(part), "`{part}`: {told}");
    }
}

#[test]
fn other_bytes_on_a_service_are_never_called_done() {
    let spoiled = |service: &str, at| {
        play(vec![Fault { kind: FaultKind::OtherBytes, service: Some(service.into()), at }])
    };
    let good = play(Vec::new());
    for at in 1..=3 {
        // A file on a draft that was just sent is ours to send again.
        let asset = spoiled("uploads", at);
        assert!(asset.is_good && asset.rows == good.rows, "upload {at}: {asset:?}");
        // A file on an index is out for ever: the run stops, and so does every one after it.
        let file = spoiled("index", at);
        assert!(!file.is_good && file.findings.contains(&"publish/other-bytes"), "index {at}: {file:?}");
        assert!(
            file.releases.iter().all(|(_, draft)| *draft),
            "nothing becomes visible after that: {file:?}"
        );
    }
}

/// The world after a release that nothing disturbed, and how many requests it took.
fn undisturbed() -> (Released, u64) {
    let world = World::new();
    world.play_all();
    (world.released(), world.universe.journal().len() as u64)
}

/// Kills the real process at request `at` and runs all phases again.
fn killed_at(kind: FaultKind, at: u64) -> Released {
    let world = World::new();
    let kill = Kill::default();
    let hook = kill.clone();
    world.universe.on_kill(Arc::new(move || hook.now()));
    world.universe.inject(fault(kind, at));
    for phase in PHASES {
        let outcome = world.phase(phase).killed_by(&kill).run();
        if outcome.code.is_none() {
            break;
        }
        assert_eq!(outcome.code, Some(0), "{phase:?} before the kill: {}", outcome.stderr);
    }
    assert!(world.universe.pending_faults().is_empty(), "request {at} never came");
    world.play_all();
    let before = world.writes();
    assert_eq!(world.play_all()[1..], vec!["already-done"; 5], "{kind} at request {at}");
    assert_eq!(world.writes(), before, "{kind} at request {at}");
    world.released()
}

#[test]
fn the_real_process_killed_at_any_request_converges_when_it_runs_again() {
    let (good, requests) = undisturbed();
    for at in 1..=requests {
        for kind in [FaultKind::Kill, FaultKind::KillAfter] {
            assert_eq!(killed_at(kind, at), good, "{kind} at request {at} of {requests}");
        }
    }
}
