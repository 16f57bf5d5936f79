//! Whatever breaks while a release is yanked, and wherever: running again ends the same.

use std::sync::Arc;

use release_action::sim::fault::{Fault, FaultKind};

use super::{MANIFEST, body, by_hand, crates, with_crate, with_token, yank};
use crate::support::program::Kill;
use crate::support::world::World;

const TARGETS: &str = "crates-io\npypi";

/// All that a yank changes: the text of the release, the crates and the manifest.
type Changed = (String, Vec<(String, String, bool)>, String);

fn changed(world: &World) -> Changed {
    let manifest = std::fs::read_to_string(world.path(MANIFEST)).expect("it is there");
    (body(world), crates(world), manifest)
}

/// The world after a yank that nothing disturbed, and how many requests it took, of how many before.
fn undisturbed() -> (Changed, u64) {
    let (world, token) = with_crate();
    by_hand(&world, true);
    let before = world.universe.journal().len();
    let outcome = with_token(yank(&world, TARGETS), &token).run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "resumed", "the index was done: {}", outcome.told());
    (changed(&world), (world.universe.journal().len() - before) as u64)
}

/// Breaks the yank at its request `at`; the world has to end as `good`.
fn broken_at(kind: FaultKind, at: u64, good: &Changed) {
    let (world, token) = with_crate();
    by_hand(&world, true);
    let run = || with_token(yank(&world, TARGETS), &token);
    let kill = Kill::default();
    let hook = kill.clone();
    world.universe.on_kill(Arc::new(move || hook.now()));
    world.universe.inject(Fault { kind, service: None, at });
    let broken = run().killed_by(&kill).run();
    assert!(world.universe.pending_faults().is_empty(), "{kind}: request {at} never came\n{}", broken.told());
    let outcome = run().run().expect_code(0);
    assert_eq!(&changed(&world), good, "{kind} at request {at}: {}", outcome.told());
    let writes = world.writes();
    let outcome = run().run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "already-done", "{kind} at request {at}: {}", outcome.told());
    assert_eq!(world.writes(), writes, "{kind} at request {at}");
}

/// Breaks it at every request, some at the same time: what takes long is waiting.
fn every_request(kinds: &[FaultKind]) {
    let (good, requests) = undisturbed();
    assert!(requests >= 10, "two registries, a release and a second look make {requests} requests only");
    for kind in kinds {
        std::thread::scope(|scope| {
            for at in 1..=requests {
                let good = &good;
                scope.spawn(move || broken_at(*kind, at, good));
            }
        });
    }
}

#[test]
fn refused_or_dropped_at_any_request_the_rerun_converges() {
    every_request(&[FaultKind::Refuse, FaultKind::Drop]);
}

#[test]
fn lost_or_late_at_any_request_the_rerun_converges() {
    every_request(&[FaultKind::Lost, FaultKind::Late]);
}

#[test]
fn stale_or_a_page_at_any_request_the_rerun_converges() {
    every_request(&[FaultKind::Stale, FaultKind::Html]);
}

#[test]
fn killed_at_any_request_the_rerun_converges() {
    every_request(&[FaultKind::Kill, FaultKind::KillAfter]);
}
