//! A run that breaks off says of each file how it stands, and the next one completes what is missing.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::stage::{Stage, set, states, wheel};
use crate::support::program::Outcome;

const LINES: &str = "crates-io\npypi: coglet\npypi: cog needs coglet";

#[test]
fn what_is_out_and_what_is_not_is_listed_file_by_file() {
    let stage = Stage::holding(&set());
    // The project of the umbrella is somebody else's.
    stage.universe.index(|index| index.create_foreign_project(&"cog".parse().expect("a name")));
    let broken = stage.publish(LINES).run().expect_code(2);
    assert_eq!((broken.output("outcome"), broken.output("uploaded")), ("partial", "3"));
    let expected = [
        "crates-io coglet-sys-1.2.0.crate proven",
        "crates-io coglet-1.2.0.crate proven",
        "pypi coglet-1.2.0-py3-none-any.whl proven",
        "pypi cog-1.2.0-py3-none-any.whl not-sent",
        "pypi cog-1.2.0.tar.gz not-sent",
    ];
    assert_eq!(states(&broken), expected);
    assert_eq!(broken.report["outputs"]["states"].as_str(), Some(broken.output("states")));
    let (_, told) = broken.stdout.split_once("did not come about").expect("what failed");
    assert!(told.contains("upload cog-1.2.0.tar.gz"), "what is left is told: {}", broken.told());
}

#[test]
fn what_was_sent_and_does_not_show_is_no_success_and_is_not_sent_again() {
    let stage = Stage::holding(&[wheel("sample", "1.2.0", &[])]);
    // The list, then the file: from there on nothing new shows.
    stage.universe.inject("stale@index:2".parse().expect("a fault"));
    let hidden = stage.publish("pypi").input("wait-for-availability", "0.01").run().expect_code(2);
    assert_eq!((hidden.output("outcome"), hidden.output("uploaded")), ("partial", "1"));
    assert_eq!(states(&hidden), ["pypi sample-1.2.0-py3-none-any.whl sent"]);
    assert!(hidden.stdout.contains("wait until "), "{}", hidden.told());
    stage.universe.settle();
    let again = stage.publish("pypi").run().expect_code(0);
    assert_eq!((again.output("outcome"), stage.writes()), ("already-done", 1));
}

#[test]
fn the_next_run_completes_what_is_missing() {
    let stage = Stage::holding(&set());
    // The lists of both projects, the part, its list, and the umbrella.
    stage.universe.inject("html@index:4".parse().expect("a fault"));
    let broken = stage.publish(LINES).run().expect_code(2);
    assert_eq!(broken.output("outcome"), "partial", "{}", broken.told());
    stage.universe.settle();
    let resumed = stage.publish(LINES).run().expect_code(0);
    assert_eq!(resumed.output("outcome"), "resumed", "{}", resumed.told());
    assert!(states(&resumed).iter().all(|state| state.ends_with(" proven")), "{}", resumed.told());
    assert_eq!(stage.writes(), 5, "each file once: {:?}", stage.writes_in_order());
}

#[test]
fn a_signal_while_an_index_hangs_gives_tokens_back_and_lists_the_files() {
    let stage = Stage::holding(&set());
    stage.trust(&["cog", "coglet"], &["coglet", "coglet-sys"]);
    // The lists of both projects, whom tokens are for twice, the token, and the first upload.
    let outcome = stopped_at(&stage, "kill@index:6", LINES);
    assert_eq!(stage.universe.crates(|crates| crates.live_tokens()), 0, "{}", outcome.told());
    assert_eq!(
        (outcome.output("outcome"), outcome.output("uploaded")),
        ("partial", "2"),
        "{}",
        outcome.told()
    );
    let under_way = "pypi coglet-1.2.0-py3-none-any.whl sent".to_owned();
    assert!(states(&outcome).contains(&under_way), "it may be there: {}", outcome.told());
    assert!(outcome.stdout.contains("run again"), "{}", outcome.told());
}

#[test]
fn the_only_file_under_way_at_a_signal_is_no_run_that_sent_nothing() {
    let stage = Stage::holding(&[wheel("sample", "1.2.0", &[])]);
    stage.trust(&["sample"], &[]);
    // The list, whom tokens are for twice, the token, and the upload.
    let outcome = stopped_at(&stage, "kill@index:5", "pypi");
    assert_eq!(states(&outcome), ["pypi sample-1.2.0-py3-none-any.whl sent"]);
    assert_eq!((outcome.output("outcome"), outcome.output("uploaded")), ("partial", "0"));
}

/// Runs the program until a request hangs, and signals it then.
fn stopped_at(stage: &Stage, fault: &str, lines: &str) -> Outcome {
    let (arrived, arrival) = channel();
    let (go_on, going_on) = channel::<()>();
    let held = Mutex::new((arrived, going_on));
    stage.universe.on_kill(Arc::new(move || {
        let (arrived, going_on) = &*held.lock().expect("no panic");
        arrived.send(()).expect("the test waits for it");
        // An error says that the test has ended, which is as good.
        let _ended = going_on.recv();
    }));
    stage.universe.inject(fault.parse().expect("a fault"));
    let running = stage.trusted(lines).spawn();
    arrival.recv_timeout(Duration::from_secs(60)).expect("the first file is sent");
    running.signal("TERM");
    let outcome = running.wait().expect_code(2);
    drop(go_on);
    assert!(outcome.elapsed < Duration::from_secs(60), "{:?}", outcome.elapsed);
    outcome
}
