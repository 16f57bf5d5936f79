//! The staging folder may hold what another job left there: only what the artifacts' own bytes bear out is used.

use std::path::PathBuf;

use release_action::model::digest::Sha256;
use release_action::sim::github::runs::{NewArtifact, StatedDigest};
use serde_json::{Value, json};

use super::{collect, produced};
use crate::support::program::Outcome;
use crate::support::world::World;

/// A world whose only artifact is this one.
fn world_of(artifact: NewArtifact) -> World {
    let world = World::new();
    produced(&world, "more.yml", [artifact]);
    world
}

fn run(world: &World) -> Outcome {
    collect(world, "more.yml", "*").run().expect_code(0)
}

fn downloads(world: &World) -> usize {
    world.universe.journal().iter().filter(|entry| entry.path.ends_with("/zip")).count()
}

/// The staging folder of the only artifact.
fn folder(world: &World) -> PathBuf {
    let entries = std::fs::read_dir(world.path("release-staging")).expect("it is there");
    let folders = entries.map(|entry| entry.expect("listed").path()).filter(|path| path.is_dir());
    let folders: Vec<_> = folders.collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders[0].clone()
}

/// Changes the record of the only artifact as somebody else could.
fn forge(world: &World, change: impl FnOnce(&mut Value)) {
    let path = folder(world).join("record.json");
    let text = std::fs::read_to_string(&path).expect("it is there");
    let mut record: Value = serde_json::from_str(&text).expect("JSON");
    change(&mut record);
    std::fs::write(&path, record.to_string()).expect("it can be written");
}

fn forget_what_was_placed(world: &World) {
    std::fs::remove_dir_all(world.path("release-assets")).expect("it is there");
    std::fs::remove_dir_all(world.path("release-collection")).expect("it is there");
}

#[test]
fn a_record_that_is_no_text_counts_as_none() {
    let world = world_of(NewArtifact::zip("tools", &[("tool.txt", b"good")]));
    run(&world);
    std::fs::write(folder(&world).join("record.json"), b"\xff\xfe\0").expect("it can be written");
    run(&world);
    let record = folder(&world).join("record.json");
    std::fs::remove_file(&record).expect("it is there");
    std::fs::create_dir(&record).expect("a folder in its place");
    run(&world);
    assert_eq!(std::fs::read(world.path("release-assets/tool.txt")).expect("placed"), b"good");
}

/// GitHub states no digest that could bear out what was left in the folder.
#[test]
fn without_a_digest_nothing_that_an_earlier_run_staged_is_used() {
    let good = [
        NewArtifact::zip("tool.txt", &[("tool.txt", b"good")]),
        NewArtifact::raw("tool.txt", b"good".to_vec(), "text/plain"),
    ];
    for artifact in good {
        let world = world_of(NewArtifact { digest: StatedDigest::Absent, ..artifact });
        run(&world);
        assert_eq!(downloads(&world), 1, "one run knows what it did itself");
        forget_what_was_placed(&world);
        let staged = folder(&world).join("files/0-tool.txt");
        std::fs::remove_file(&staged).expect("it is there");
        std::fs::write(&staged, b"evil").expect("it can be written");
        forge(&world, |record| record["files"][0]["sha256"] = json!(Sha256::of(b"evil").to_string()));
        run(&world);
        assert_eq!(std::fs::read(world.path("release-assets/tool.txt")).expect("placed"), b"good");
        assert_eq!(downloads(&world), 2);
    }
}

/// The digest is about the bytes: nothing but the download says what the file is called.
#[test]
fn a_forged_record_gives_a_file_without_an_archive_no_other_name() {
    let world = world_of(NewArtifact::raw("tool.txt", b"good".to_vec(), "text/plain"));
    run(&world);
    assert_eq!(run(&world).output("outcome"), "already-done", "the true name is believed");
    for file in ["record.json", "landed.json"] {
        forget_what_was_placed(&world);
        let path = folder(&world).join(file);
        let text = std::fs::read_to_string(&path).expect("it is there");
        let forged = text.replace("\"tool.txt\"", "\"evil-1.0.tar.gz\"");
        assert_ne!(forged, text, "{file}");
        std::fs::write(&path, forged).expect("it can be written");
        if file == "landed.json" {
            std::fs::remove_file(folder(&world).join("record.json")).expect("it is there");
        }
        run(&world);
        assert!(!world.path("dist").exists(), "{file}");
        assert!(world.path("release-assets/tool.txt").exists(), "{file}");
    }
}

/// It would be told as a fault of the producer, run after run.
#[test]
fn a_forged_refusal_stops_nobody() {
    let world = world_of(NewArtifact::zip("tools", &[("tool.txt", b"good")]));
    run(&world);
    forge(&world, |record| record["refused"] = json!("it is damaged"));
    run(&world);
    assert_eq!(downloads(&world), 1, "the download was proven");
}

#[cfg(unix)]
#[test]
fn no_link_in_the_staging_folder_leads_a_write_out_of_it() {
    use std::os::unix::fs::symlink;
    for artifact in [
        NewArtifact::zip("tool.txt", &[("tool.txt", b"good")]),
        NewArtifact::raw("tool.txt", b"good".to_vec(), "text/plain"),
    ] {
        let world = world_of(artifact);
        run(&world);
        forget_what_was_placed(&world);
        let (folder, outside) = (folder(&world), world.path("outside"));
        std::fs::create_dir(&outside).expect("made");
        let archive = folder.join("archive");
        if !archive.exists() {
            std::fs::rename(folder.join("files/0-tool.txt"), &archive).expect("moved back");
        }
        std::fs::remove_dir_all(folder.join("files")).expect("it is there");
        std::fs::remove_file(folder.join("record.json")).expect("it is there");
        symlink(&outside, folder.join("files")).expect("linked");
        symlink(outside.join("record"), folder.join("record.json")).expect("linked");
        run(&world);
        assert_eq!(downloads(&world), 1, "the download was proven");
        let left: Vec<_> = std::fs::read_dir(&outside).expect("there").collect();
        assert!(left.is_empty(), "{left:?}");
        assert_eq!(std::fs::read(world.path("release-assets/tool.txt")).expect("placed"), b"good");
    }
}

#[test]
fn the_longest_name_that_a_file_may_have_is_staged_too() {
    let name = format!("{}.txt", "é".repeat(125));
    assert_eq!(name.len(), 254);
    for artifact in [
        NewArtifact::zip("tools", &[(&name, b"good")]),
        NewArtifact::raw(&name, b"good".to_vec(), "text/plain"),
    ] {
        let world = world_of(artifact);
        run(&world);
        assert_eq!(std::fs::read(world.path("release-assets").join(&name)).expect("placed"), b"good");
        assert_eq!(run(&world).output("outcome"), "already-done");
    }
}
