//! The release end to end, by the real program: the whole order, then again with nothing to do.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};

use crate::support::corpus;
use crate::support::world::{PHASES, Phase, TAG, World};

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every file is where it belongs, with the digest it was built with.
fn assert_released(world: &World) {
    let released = world.released();
    assert_eq!(released.releases, [(TAG.to_owned(), false)]);
    let assets: BTreeSet<_> =
        released.assets.iter().map(|(name, whole, sha256)| (name.clone(), *whole, sha256.clone())).collect();
    let indexed: BTreeSet<_> = released.indexed.iter().cloned().collect();
    for (name, bytes) in &world.files {
        let digest = hex(bytes);
        assert!(assets.contains(&(name.clone(), true, Some(digest.clone()))), "{name} is not on the release");
        let is_package = name.ends_with(".whl") || name.ends_with(".tar.gz");
        assert_eq!(indexed.contains(&(name.clone(), digest)), is_package, "{name} on the index");
    }
    // The manifest and its checksums are on the release too.
    assert_eq!(assets.len(), world.files.len() + 2);
}

fn assert_story(world: &World) {
    let first = world.play_all();
    assert_eq!(
        first,
        ["done", "done", "done", "done", "done", "resumed"],
        "verify, collect, validate, draft, publish, release"
    );
    assert_released(world);

    let before = (world.writes(), world.released(), world.workspace_files());
    let again = world.play_all();
    assert_eq!(
        again,
        ["done", "already-done", "already-done", "already-done", "already-done", "already-done"]
    );
    assert_eq!(
        (world.writes(), world.released(), world.workspace_files()),
        before,
        "the second time changes nothing"
    );
}

#[test]
fn a_release_goes_out_whole_and_a_second_time_there_is_nothing_to_do() {
    assert_story(&World::new());
}

#[test]
fn a_release_goes_out_through_an_enterprise_server() {
    let world = World::holding(crate::support::world::small_release(), "/api/v3");
    world.play_all();
    assert_released(&world);
}

#[test]
fn the_real_files_of_zlmdb_go_out_whole() {
    let Some(corpus) = corpus::zlmdb() else { return };
    let read = |pin: &corpus::Pinned| {
        (pin.file.clone(), std::fs::read(corpus.folder.join(&pin.file)).expect("it was fetched"))
    };
    let mut files: Vec<_> = corpus.files.iter().map(read).collect();
    files.push(("zlmdb-tool-linux-x86_64".into(), b"a tool".to_vec()));
    let world = World::holding_version(files, "", "zlmdb", "26.10.1");
    world.play_all();
    let before = (world.writes(), world.released());
    assert_eq!(before.1.indexed.len(), 20);
    assert_eq!(before.1.releases, [("v26.10.1".to_owned(), false)]);
    world.play_all();
    assert_eq!((world.writes(), world.released()), before);
}

#[test]
fn nothing_is_public_before_everything_is_checked() {
    let world = World::new();
    for phase in PHASES {
        if phase == Phase::Publish {
            let released = world.released();
            assert!(
                released.indexed.is_empty() && released.releases == [(TAG.to_owned(), true)],
                "{released:?}"
            );
        }
        if phase == Phase::Release {
            assert_eq!(
                world.released().releases,
                [(TAG.to_owned(), true)],
                "the release page is visible last"
            );
        }
        world.play(phase);
    }
}

#[test]
fn wheels_go_out_before_the_sdist() {
    let world = World::new();
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sent);
    world.universe.observe(Arc::new(move |exchange| {
        if exchange.service == "index" && exchange.request.method == "POST" {
            let body = String::from_utf8_lossy(&exchange.request.body);
            let name =
                body.split("filename=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
            seen.lock().expect("no panic").push(name.to_owned());
        }
    }));
    world.play_all();
    let sent = sent.lock().expect("no panic");
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert!(sent.last().is_some_and(|name| name.ends_with(".tar.gz")), "{sent:?}");
}

#[test]
fn a_dry_run_writes_nothing_anywhere() {
    let world = World::new();
    for phase in [Phase::Collect, Phase::Validate, Phase::Draft, Phase::Publish, Phase::Release] {
        let before = (world.writes(), world.released(), world.workspace_files());
        let outcome = world.phase(phase).input("dry-run", "true").run();
        assert_eq!(
            (outcome.code, outcome.output("outcome")),
            (Some(0), "planned"),
            "{phase:?} {}",
            outcome.stderr
        );
        assert_eq!((world.writes(), world.released(), world.workspace_files()), before, "{phase:?}");
        world.play(phase);
    }
}

#[test]
fn changed_bytes_between_two_jobs_are_found_before_anything_is_sent() {
    let world = World::new();
    world.play_until(Phase::Draft);
    let (name, bytes) = &world.files[0];
    world.write(&format!("dist/{name}"), [bytes.as_slice(), b"x"].concat());
    let before = world.writes();
    for phase in [Phase::Draft, Phase::Publish] {
        let outcome = world.phase(phase).run();
        assert_eq!((outcome.code, outcome.output("outcome")), (Some(1), "blocked"), "{}", outcome.stderr);
        assert!(outcome.finds("manifest/mismatch", name), "{}", outcome.report);
    }
    assert_eq!(world.writes(), before);
}

#[test]
fn an_index_with_other_bytes_stops_the_run_before_anything_is_sent() {
    let world = World::new();
    world.play_until(Phase::Publish);
    let (name, _) = world.files[2].clone();
    world
        .universe
        .index(|index| index.place(&name.parse().expect("a file name"), b"other bytes".to_vec()).is_some());
    let before = world.writes();
    let outcome = world.phase(Phase::Publish).run();
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    assert!(outcome.finds("publish/other-bytes", &name), "{}", outcome.report);
    assert_eq!(world.writes(), before, "the good files were not sent either");
}
