//! A runner that cancels a job: the program ends in time, says what is left, and the next run completes it.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::world::{Phase, World};

/// The runner kills 10 seconds after its first signal.
const IN_TIME: Duration = Duration::from_secs(8);

/// Publishes, with a signal while the second file is on its way. Then the connection is closed, or it hangs.
fn interrupted(hangs: bool) -> World {
    let world = World::new();
    world.play_until(Phase::Publish);
    let (arrived, arrival) = channel();
    let (go_on, going_on) = channel();
    let held = Mutex::new((arrived, going_on));
    world.universe.on_kill(Arc::new(move || {
        let (arrived, going_on) = &*held.lock().expect("no panic");
        arrived.send(()).expect("the test waits for it");
        // An error says that the test has ended, which is as good.
        let _ended = going_on.recv();
    }));
    // The listing, the first file, and then the second.
    world.universe.inject("kill@index:3".parse().expect("a fault"));
    let running = world.phase(Phase::Publish).spawn();
    arrival.recv().expect("the second file is sent");
    running.signal("TERM");
    if !hangs {
        go_on.send(()).expect("the service waits for it");
    }
    let outcome = running.wait().expect_code(2);
    drop(go_on);
    assert!(outcome.elapsed < IN_TIME, "{:?}", outcome.elapsed);
    assert!(outcome.stdout.contains("run again"), "{}", outcome.told());
    assert_eq!(world.released().indexed.len(), 1, "nothing new was begun: {}", outcome.told());
    world
}

#[test]
fn a_signal_during_publish_ends_it_and_the_next_run_completes_it() {
    let world = interrupted(false);
    assert_eq!(world.play(Phase::Publish).output("outcome"), "resumed");
    assert_eq!(world.released().indexed.len(), 3);
}

#[test]
fn a_service_that_hangs_does_not_keep_a_signal_from_ending_the_run() {
    let world = interrupted(true);
    assert_eq!(world.play(Phase::Publish).output("outcome"), "resumed");
    assert_eq!(world.released().indexed.len(), 3);
}
