//! What re-runs leave, and artifacts that are no archives.

use release_action::sim::github::runs::{NewArtifact, StatedDigest};

use super::{below, collect, produced, refused, says};
use crate::support::program::Outcome;
use crate::support::world::World;

fn text(name: &str, contents: &str) -> NewArtifact {
    NewArtifact::zip(name, &[("file.txt", contents.as_bytes())])
}

fn placed(world: &World) -> String {
    std::fs::read_to_string(world.path("release-assets/file.txt")).expect("it was placed")
}

fn warns(outcome: &Outcome) -> bool {
    outcome.finds("collect/superseded", "")
}

#[test]
fn of_two_artifacts_with_one_name_the_newest_is_taken_with_a_warning() {
    let world = World::new();
    produced(&world, "more.yml", [text("notes", "first"), text("other", "other"), text("notes", "second")]);
    let outcome = collect(&world, "more.yml", "notes").run().expect_code(0);
    assert_eq!(placed(&world), "second");
    assert!(outcome.finds("collect/superseded", "notes"), "{}", outcome.told());
    says(&outcome, &["artifact ", " has ", "::warning "]);
    assert_eq!(outcome.output("artifacts"), "1");
}

#[test]
fn two_attempts_that_built_the_same_bytes_are_no_warning() {
    let world = World::new();
    produced(&world, "more.yml", [text("notes", "same"), text("notes", "same")]);
    let outcome = collect(&world, "more.yml", "*").run().expect_code(0);
    assert!(!warns(&outcome) && placed(&world) == "same", "{}", outcome.told());
}

#[test]
fn of_two_content_hashes_the_newest_counts_with_a_warning() {
    let world = World::new();
    let [first, second] = ["notes-3f9a77b0", "notes-0123456789abcdef"];
    produced(&world, "more.yml", [text(first, "first"), text(second, "second"), text("notes-debug", "x")]);
    for line in ["alias = notes", "notes"] {
        let outcome = collect(&world, "more.yml", line).run().expect_code(0);
        assert_eq!(placed(&world), "second", "{line}");
        assert!(outcome.finds("collect/superseded", second), "{}", outcome.told());
        says(&outcome, &[first, second]);
    }
}

#[test]
fn the_whole_name_stands_above_a_content_hash() {
    let world = World::new();
    produced(&world, "more.yml", [text("notes", "whole"), text("notes-3f9a77b0", "hashed")]);
    let outcome = collect(&world, "more.yml", "alias = notes").run().expect_code(0);
    assert!(!warns(&outcome) && placed(&world) == "whole", "{}", outcome.told());
    assert_eq!(outcome.output("artifact_alias"), "notes");
}

#[test]
fn an_attempt_that_came_after_the_first_collection_is_taken_by_the_next() {
    let world = World::new();
    let run = produced(&world, "more.yml", [text("notes", "first")]);
    collect(&world, "more.yml", "notes").run().expect_code(0);
    world.universe.github(|github| github.add_artifact(run, text("notes", "second")));
    let outcome = refused(&world, collect(&world, "more.yml", "notes"), "collect/occupied");
    assert!(warns(&outcome), "{}", outcome.told());
    std::fs::remove_file(world.path("release-assets/file.txt")).expect("it was there");
    collect(&world, "more.yml", "notes").run().expect_code(0);
    assert_eq!(placed(&world), "second");
}

#[test]
fn a_newest_attempt_that_expired_is_not_replaced_by_an_older_one() {
    let world = World::new();
    let newest = NewArtifact { expired: true, ..text("notes", "second") };
    produced(&world, "more.yml", [text("notes", "first"), newest]);
    refused(&world, collect(&world, "more.yml", "notes"), "collect/expired");
}

#[test]
fn an_artifact_that_is_no_archive_is_the_one_file_it_is() {
    let world = World::new();
    let raw = NewArtifact::raw("tool.bin", b"a tool".as_slice(), "application/octet-stream");
    produced(&world, "more.yml", [raw]);
    for (line, folder) in
        [("*", "release-assets"), ("tool.bin -> site", "site"), ("t = tool.bin -> bin/{stem}-1{ext}", "bin")]
    {
        let outcome = collect(&world, "more.yml", line).run().expect_code(0);
        assert_eq!(outcome.output("files"), "1");
        let [file] = &below(&world, folder)[..] else { panic!("{folder}: {}", outcome.told()) };
        assert_eq!(std::fs::read(world.path(folder).join(file)).expect("there"), b"a tool");
    }
}

#[test]
fn a_raw_artifact_whose_name_is_no_file_name_is_refused() {
    let world = World::new();
    produced(&world, "more.yml", [NewArtifact::raw("aux.bin", b"x".as_slice(), "application/octet-stream")]);
    let outcome = refused(&world, collect(&world, "more.yml", "*"), "collect/unsafe-artifact");
    says(&outcome, &["names a device on Windows"]);
}

#[test]
fn attempts_without_digests_are_told_apart_by_their_numbers_only() {
    let world = World::new();
    let silent = |contents| NewArtifact { digest: StatedDigest::Absent, ..text("notes", contents) };
    produced(&world, "more.yml", [silent("first"), silent("second")]);
    let outcome = collect(&world, "more.yml", "notes").run().expect_code(0);
    assert_eq!(placed(&world), "second");
    assert!(outcome.finds("collect/no-digest", "notes") && !warns(&outcome), "{}", outcome.told());
}
