//! How often GitHub is asked.

use std::time::{Duration, Instant};

use super::{check, requests, verify};
use crate::support::world::{COMMIT, World};

/// A project with ten places that state its version.
fn ten_sources(world: &World) {
    world.write("package.json", "{\n  \"name\": \"sample\",\n  \"version\": \"1.2.0\"\n}\n");
    world.write("VERSION", "1.2.0\n");
    world.write("CITATION.cff", "cff-version: 1.2.0\nversion: 1.2.0\n");
    world.write("setup.cfg", "[metadata]\nname = sample\nversion = 1.2.0\n");
    for file in ["a", "b", "c", "d"] {
        world.write(&format!("{file}.txt"), "release 1.2.0\n");
    }
}

const NAMED: &str = "a.txt: release (.*)\nb.txt: release (.*)\nc.txt: release (.*)\nd.txt: release (.*)";

#[test]
fn ten_sources_and_one_rule_with_one_branch_are_six_requests_at_most() {
    let world = World::new();
    ten_sources(&world);
    world.universe.github(|github| github.commit_to("main", "more", &[]));
    let before = world.universe.journal().len();
    let program = verify(&world)
        .input("version-files", NAMED)
        .input("branch-rules", "stable = main")
        .input("require-signed-tag", "false");
    let outcome = check(program, 0, &[], &[]);
    assert_eq!(outcome.output("branch"), "main");
    let asked = requests(&world, before);
    assert!(asked.len() <= 6, "{asked:#?}");
    let expected =
        ["matching-refs/tags", "git/tags/", "matching-refs/heads/main", "compare/", "releases/tags/v1.2.0"];
    for part in expected {
        assert!(asked.iter().any(|request| request.contains(part)), "{part}: {asked:#?}");
    }
    assert_eq!(asked.len(), expected.len(), "{asked:#?}");
}

/// With a plain tag and nothing asked of branches there are two.
#[test]
fn a_plain_tag_without_rules_is_two_requests() {
    let world = World::new();
    world.universe.github(|github| github.set_tag("v1.2.0", COMMIT));
    let before = world.universe.journal().len();
    check(verify(&world), 0, &[], &[]);
    let asked = requests(&world, before);
    assert_eq!(asked.len(), 2, "{asked:#?}");
}

/// The latest release answers for a back-port, and the higher tag is not asked about.
#[test]
fn a_back_port_is_one_request_more() {
    let world = World::new();
    world.universe.github(|github| {
        github.set_tag("v1.2.0", COMMIT);
        github.set_tag("v1.9.0", COMMIT);
        github.set_tag("v1.10.0", COMMIT);
        github.add_release(release_action::sim::github::release::NewRelease {
            tag_name: "v1.9.0".into(),
            ..Default::default()
        })
    });
    let before = world.universe.journal().len();
    check(verify(&world), 1, &["tag/lower-than-latest"], &["`v1.9.0`"]);
    let asked = requests(&world, before);
    assert_eq!(asked.len(), 3, "{asked:#?}");
}

/// The bound is generous: the program is not an optimised one here, and the machine may be busy. The least of several
/// runs tells of the program more than of its neighbours.
#[test]
fn it_takes_no_time_beside_the_network() {
    let world = World::new();
    ten_sources(&world);
    let least = (0..5).map(|_| {
        let began = Instant::now();
        check(verify(&world).input("version-files", NAMED), 0, &[], &[]);
        began.elapsed()
    });
    let least = least.min().expect("there were runs");
    assert!(least < Duration::from_secs(2), "{least:?}");
}
