//! Hostile archives leave nothing behind; good ones keep what they say.

use release_action::archive::build::{ZipEntry, ZipImage};
use release_action::sim::github::runs::NewArtifact;

use super::{below, collect, produced, refused, says};
use crate::support::world::World;

/// An archive with exactly these members.
fn archive(entries: Vec<ZipEntry>) -> Vec<u8> {
    ZipImage { entries, ..ZipImage::default() }.bytes()
}

fn member(path: &str) -> ZipEntry {
    ZipEntry::file(path, path.as_bytes(), 0o644)
}

fn of_paths(paths: &[&str]) -> Vec<u8> {
    archive(paths.iter().map(|path| member(path)).collect())
}

/// An artifact that must not be unpacked, beside a good one; what is said about it holds `why`.
#[track_caller]
fn unsafe_artifact(bytes: Vec<u8>, why: &str) {
    let world = World::new();
    let good = NewArtifact::zip("good", &[("good.txt", b"good")]);
    produced(&world, "more.yml", [good, NewArtifact::archive("evil", bytes)]);
    let outcome = refused(&world, collect(&world, "more.yml", "*"), "collect/unsafe-artifact");
    assert!(outcome.finds("collect/unsafe-artifact", "evil"), "{why}: {}", outcome.told());
    says(&outcome, &[why]);
    let outside = world.workspace.path().parent().expect("below a folder").join("outside.txt");
    assert!(!outside.exists() && !std::path::Path::new("/outside.txt").exists());
    assert!(below(&world, "release-staging").iter().all(|path| !path.ends_with("outside.txt")), "{why}");
}

#[test]
fn no_member_leaves_its_folder() {
    for path in ["../outside.txt", "/outside.txt", "a/../../outside.txt", "..\\outside.txt", "\\outside.txt"]
    {
        unsafe_artifact(of_paths(&["a.txt", path]), "would leave the folder");
    }
}

#[test]
fn no_member_names_a_drive_or_a_share() {
    for path in
        ["C:\\outside.txt", "c:outside.txt", "C:/outside.txt", "\\\\server\\outside.txt", "a/outside.txt:b"]
    {
        unsafe_artifact(of_paths(&["a.txt", path]), "a drive or a stream of Windows");
    }
}

#[test]
fn no_member_has_a_name_that_some_system_cannot_keep() {
    for path in ["aux.txt", "a/CON/b", "nul", "LPT1.log"] {
        unsafe_artifact(of_paths(&["a.txt", path]), "names a device on Windows");
    }
    for path in [
        "a./b",
        "a /b",
        "./b",
        "a//b",
        "a/./b",
        "a/\u{202e}gpj.exe",
        "a\tb/c",
        "a\\b",
        "a?",
        "a/<b>",
        "a|b",
        "\"a\"",
        "*",
    ] {
        unsafe_artifact(of_paths(&["a.txt", path]), "no plain file name");
    }
}

#[test]
fn no_member_is_a_link_or_a_device() {
    for kind in [0o120_000, 0o020_000, 0o060_000, 0o010_000, 0o140_000] {
        let mut odd = member("outside.txt");
        odd.attributes = (kind | 0o644) << 16;
        unsafe_artifact(archive(vec![member("a.txt"), odd]), "no regular file");
    }
}

#[test]
fn no_two_members_are_one_file_somewhere() {
    for (one, other) in [("Readme", "README"), ("a/É", "a/E\u{301}"), ("A/b", "a/B"), ("ΑΣ", "ας")] {
        unsafe_artifact(of_paths(&[one, "x", other]), "where case or the spelling of Unicode does not count");
    }
    unsafe_artifact(of_paths(&["a", "x", "a"]), "two of its members are called");
}

#[test]
fn no_member_is_a_file_and_a_folder() {
    for (file, below) in [("a", "a/b"), ("A", "a/b/c"), ("a/b", "a/B/c")] {
        unsafe_artifact(of_paths(&[below, "x", file]), "takes it for a folder");
    }
    unsafe_artifact(archive(vec![ZipEntry::directory("a"), member("A")]), "takes it for a folder");
}

#[test]
fn no_member_fills_the_disk() {
    let mut bomb = ZipEntry::file("zeros", &vec![0; 1 << 20], 0o644);
    bomb.both(|header| header.size_bytes = 3 << 30);
    unsafe_artifact(archive(vec![member("a.txt"), bomb]), "what a bomb does");
    let mut again = member("again");
    again.offset = Some(0);
    unsafe_artifact(archive(vec![member("a.txt"), again]), "shares bytes");
}

/// An archive whose directory lists so many empty members, all of them at its beginning.
fn of_members(count: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend([b"PK\x03\x04".as_slice(), &[0; 26]].concat());
    let directory_at = bytes.len() as u64;
    for number in 0..count {
        // Made by and for version 2.0, stored; the name has seven digits; no extra field, no comment, at offset 0.
        bytes.extend(b"PK\x01\x02\x14\0\x14\0");
        bytes.extend([0; 20]);
        bytes.extend(7_u16.to_le_bytes());
        bytes.extend([0; 16]);
        bytes.extend(format!("{number:07}").bytes());
    }
    let (end_at, count) = (bytes.len() as u64, u64::from(count));
    bytes.extend(b"PK\x06\x06");
    bytes.extend(44_u64.to_le_bytes());
    bytes.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [count, count, end_at - directory_at, directory_at] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(b"PK\x06\x07\0\0\0\0");
    bytes.extend(end_at.to_le_bytes());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([0xff; 12]);
    bytes.extend([0; 2]);
    bytes
}

#[test]
fn no_archive_has_more_members_than_any_build_leaves() {
    unsafe_artifact(of_members(100_001), "it has more than 100000 members");
    // The directory alone is more than is read.
    unsafe_artifact(of_members(1_000_000), "its headers hold more than");
}

#[test]
fn a_hostile_archive_is_refused_again_from_what_is_staged() {
    let world = World::new();
    produced(&world, "more.yml", [NewArtifact::archive("evil", of_paths(&["Readme", "README"]))]);
    for _ in 0..2 {
        refused(&world, collect(&world, "more.yml", "*"), "collect/unsafe-artifact");
    }
    let downloads = world.universe.journal().iter().filter(|entry| entry.path.ends_with("/zip")).count();
    assert_eq!(downloads, 1, "the second run knew it");
}

#[cfg(unix)]
#[test]
fn programs_stay_programs_where_the_archive_says_so() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let mut dos = ZipEntry::file("dos.exe", b"of a system without the bit", 0o755);
    dos.made_by = 20;
    let entries = vec![
        ZipEntry::file("bin/tool", b"#!/bin/sh\n", 0o755),
        ZipEntry::file("readme.txt", b"text", 0o644),
        dos,
    ];
    produced(&world, "more.yml", [NewArtifact::archive("tools", archive(entries))]);
    let mode = |name: &str| {
        let path = world.path("release-assets").join(name);
        path.metadata().expect("it was placed").permissions().mode() & 0o777
    };
    let run = || collect(&world, "more.yml", "*").run().expect_code(0);
    assert_eq!(run().output("outcome"), "done");
    assert_eq!(["tool", "readme.txt", "dos.exe"].map(mode), [0o755, 0o644, 0o644]);
    assert_eq!(run().output("outcome"), "already-done");

    // Somebody took the bit away: the bytes are right, and the program is none.
    let tool = world.path("release-assets/tool");
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o644)).expect("changed");
    run();
    assert_eq!(mode("tool"), 0o755);
}

#[test]
fn one_file_and_one_folder_of_a_name_in_the_target_are_findings() {
    let world = World::new();
    produced(&world, "more.yml", [NewArtifact::zip("tools", &[("tool", b"a tool")])]);
    world.write("release-assets/tool/inner", "somebody's");
    let outcome = refused(&world, collect(&world, "more.yml", "*"), "collect/occupied");
    says(&outcome, &["it is a folder there"]);

    let world = World::new();
    produced(&world, "more.yml", [NewArtifact::zip("tools", &[("tool", b"a tool")])]);
    world.write("release-assets", "somebody's");
    let outcome = refused(&world, collect(&world, "more.yml", "*"), "collect/occupied");
    says(&outcome, &["is no folder"]);
}

#[test]
fn names_of_two_artifacts_that_differ_in_case_only_are_a_conflict() {
    for (one, other) in [("Tool", "tool"), ("é", "e\u{301}")] {
        let world = World::new();
        let artifact = |name: &str, file: &str| NewArtifact::zip(name, &[(file, b"the same bytes")]);
        produced(&world, "more.yml", [artifact("linux", one), artifact("macos", other)]);
        let outcome = refused(&world, collect(&world, "more.yml", "*"), "collect/conflict");
        says(&outcome, &["`linux`", "`macos`"]);
    }
}
