//! A runner that cancels a job: the program ends in time, says what is left, and the next run completes it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::support::world::{Phase, World};

/// The runner kills 10 seconds after its first signal.
const IN_TIME: Duration = Duration::from_secs(8);

/// Sends the signal to a process of ours.
fn terminate(process: u32) {
    let sent = std::process::Command::new("kill").args(["-TERM", &process.to_string()]).status();
    assert!(sent.expect("there is a `kill`").success(), "the process is still there");
}

/// Publishes, with a signal at the second file's upload, for which there is `answer` or not.
fn interrupted(answer: bool) -> World {
    let world = World::new();
    world.play_until(Phase::Publish);
    let process = Arc::new(OnceLock::<u32>::new());
    let target = Arc::clone(&process);
    world.universe.on_kill(Arc::new(move || {
        terminate(*target.wait());
        if !answer {
            std::thread::sleep(Duration::from_secs(12));
        }
    }));
    // The listing, the first file, and then the second.
    world.universe.inject("kill@index:3".parse().expect("a fault"));
    let running = world.phase(Phase::Publish).spawn();
    process.set(running.id()).expect("nobody else sets it");
    let outcome = running.wait().expect_code(2);
    assert!(outcome.elapsed < IN_TIME, "{:?}", outcome.elapsed);
    assert!(outcome.stdout.contains("run again"), "{}", outcome.told());
    let out = world.released().indexed.len();
    assert!(out < 3, "nothing new was begun, and {out} files went out");
    world
}

#[test]
fn a_signal_during_publish_ends_it_and_the_next_run_completes_it() {
    let world = interrupted(true);
    assert_eq!(world.released().indexed.len(), 1);
    assert_eq!(world.play(Phase::Publish).output("outcome"), "resumed");
    assert_eq!(world.released().indexed.len(), 3);
}

#[test]
fn a_service_that_hangs_does_not_keep_a_signal_from_ending_the_run() {
    let world = interrupted(false);
    world.play(Phase::Publish);
    assert_eq!(world.released().indexed.len(), 3);
}
