//! The release page after everything is out.

use release_action::sim::github::release::NewRelease;
use serde_json::json;

use super::{checks, found, page, released, run, states, tells, verify, verify_locally};
use crate::support::world::{COMMIT, TAG, World};

const TOOL: &str = "sample-linux-x86_64";

/// Changes an asset of the release behind everybody's back.
fn change(world: &World, name: &str, change: impl FnOnce(&mut release_action::sim::github::release::Asset)) {
    world.universe.github(|github| {
        let release = github.releases_mut().first_mut().expect("there is a release");
        change(release.assets.iter_mut().find(|asset| asset.name == name).expect("there is an asset"));
    });
}

fn remove(world: &World, name: &str) {
    world.universe.github(|github| {
        let release = github.releases_mut().first_mut().expect("there is a release");
        release.assets.retain(|asset| asset.name != name);
    });
}

fn other_bytes(asset: &mut release_action::sim::github::release::Asset) {
    let mut bytes = asset.bytes.to_vec();
    bytes[0] ^= 1;
    asset.sha256 = Some(release_action::model::digest::Sha256::of(&bytes));
    asset.bytes = bytes.into();
}

#[test]
fn a_release_made_by_this_program_is_proven_file_by_file() {
    let world = released();
    let outcome = run(&world, verify(&world), 0);
    assert_eq!(checks(&outcome), Vec::<String>::new(), "{}", outcome.told());
    assert_eq!(found(&outcome, "verify/not-immutable").len(), 1);
    for (name, value) in [
        ("outcome", "done"),
        ("tag", TAG),
        ("version", "1.2.0"),
        ("commit", COMMIT),
        ("projects", "sample"),
        ("files", "4"),
        ("proven", "4"),
        ("missing", ""),
        ("draft", "false"),
        ("immutable", "false"),
    ] {
        assert_eq!(outcome.output(name), value, "{name}\n{}", outcome.told());
    }
    assert!(outcome.output("release-url").ends_with("/releases/tag/v1.2.0"), "{}", outcome.told());
    let states = states(&outcome);
    assert_eq!(states.len(), 7, "four on the page, three on the index: {states:?}");
    assert!(states.iter().all(|(_, _, state)| state == "proven"), "{states:?}");
}

#[test]
fn the_same_by_the_manifest_of_the_workspace_and_without_a_token() {
    let world = released();
    let program = verify_locally(&world).input("github-token", "").input("manifest-dir", "release-manifest");
    let outcome = run(&world, program, 0);
    assert_eq!(outcome.output("proven"), "4");
}

#[test]
fn an_immutable_release_is_told_to_be_one() {
    let world = released();
    world.universe.github(|github| github.releases_mut()[0].immutable = true);
    let outcome = run(&world, verify(&world), 0);
    assert_eq!(outcome.output("immutable"), "true");
    assert!(found(&outcome, "verify/not-immutable").is_empty(), "{}", outcome.told());
}

#[test]
fn a_file_that_was_replaced_is_found_with_both_digests() {
    for is_stated in [true, false] {
        let world = released();
        let (_, ours) = world.files.iter().find(|(name, _)| name == TOOL).cloned().expect("a file");
        change(&world, TOOL, |asset| {
            other_bytes(asset);
            if !is_stated {
                asset.sha256 = None;
            }
        });
        let outcome = run(&world, verify(&world), 1);
        let ours = release_action::model::digest::Sha256::of(&ours).to_string();
        tells(&outcome, "verify/asset-differs", TOOL, &[&ours, "the release has 17 bytes with sha256"]);
        assert_eq!(outcome.output("proven"), "3");
        let fetched = world.universe.journal().iter().any(|entry| entry.path.contains("/release-assets/"));
        assert!(fetched, "the manifest, at least");
    }
}

#[test]
fn a_file_without_a_stated_digest_is_fetched_and_proven() {
    let world = released();
    change(&world, TOOL, |asset| asset.sha256 = None);
    let outcome = run(&world, verify(&world), 0);
    assert_eq!(outcome.output("proven"), "4", "{}", outcome.told());
}

#[test]
fn a_file_that_is_gone_is_missed() {
    let world = released();
    remove(&world, TOOL);
    let outcome = run(&world, verify(&world), 1);
    tells(&outcome, "verify/asset-missing", TOOL, &["the release does not have it"]);
    assert_eq!(outcome.output("missing"), format!("{TOOL} (github)"));
}

#[test]
fn the_remains_of_an_upload_are_no_file() {
    let world = released();
    change(&world, TOOL, |asset| {
        asset.uploaded = false;
        asset.sha256 = None;
    });
    world.universe.github(|github| {
        let id = github.releases()[0].id;
        github.add_starter(id, "another");
        github.add_asset(id, "release-action-incoming-0123", b"x".to_vec());
    });
    let outcome = run(&world, verify(&world), 1);
    let found = found(&outcome, "verify/asset-unfinished");
    let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["another", "release-action-incoming-0123", TOOL], "{}", outcome.told());
}

#[test]
fn a_file_that_nobody_declared_is_a_warning() {
    let world = released();
    world.universe.github(|github| {
        let id = github.releases()[0].id;
        github.add_asset(id, "surprise.exe", b"MZ".to_vec());
        github.add_asset(id, "RELEASE-NOTES.md", b"all of it".to_vec());
    });
    let outcome = run(&world, verify(&world), 0);
    tells(&outcome, "verify/asset-undeclared", "surprise.exe", &["2 bytes", "sha256"]);
}

#[test]
fn a_file_under_another_name_is_found_by_its_digest() {
    let world = released();
    change(&world, TOOL, |asset| asset.name = "sample-1.2.0-for-linux".to_owned());
    let outcome = run(&world, verify(&world), 0);
    tells(&outcome, "verify/asset-renamed", TOOL, &["`sample-1.2.0-for-linux`"]);
    assert_eq!(outcome.output("proven"), "4");
}

/// A release of two files with equal bytes; the page has what is given.
fn twins(assets: &[&str]) -> World {
    let world = World::new();
    let sha256 = release_action::model::digest::Sha256::of(b"twin").to_string();
    let artifact =
        |name: &str| json!({ "file_name": name, "size_bytes": 4, "sha256": sha256, "kind": "other" });
    let manifest = json!({
        "schema": "release-action/manifest/v1", "version": null, "tag": TAG, "commit": COMMIT, "projects": [],
        "artifacts": [artifact("tool-arm64"), artifact("tool-x86_64")],
    })
    .to_string();
    let sums = format!("{sha256}  tool-arm64\n{sha256}  tool-x86_64\n{sha256}  tool-twin\n");
    let mut files: Vec<(&str, &[u8])> = assets.iter().map(|name| (*name, &b"twin"[..])).collect();
    files.extend([("manifest.json", manifest.as_bytes()), ("SHA256SUMS", sums.as_bytes())]);
    page(&world, false, &files);
    world
}

#[test]
fn a_file_that_is_gone_is_not_proven_by_another_with_the_same_bytes() {
    let world = twins(&["tool-x86_64", "tool-twin"]);
    world.universe.github(|github| github.releases_mut()[0].assets.retain(|one| one.name != "tool-twin"));
    let outcome = run(&world, verify(&world), 1);
    let missing: Vec<_> = found(&outcome, "verify/asset-missing").into_iter().map(|(file, _)| file).collect();
    assert_eq!(missing, ["tool-arm64", "tool-twin"], "{}", outcome.told());
    assert!(found(&outcome, "verify/asset-renamed").is_empty(), "{}", outcome.told());
    assert_eq!(outcome.output("proven"), "1");

    // One that is called as no file of the manifest stands for one of them, and not for two.
    let world = twins(&["tool-twin"]);
    let outcome = run(&world, verify(&world), 1);
    tells(&outcome, "verify/asset-renamed", "tool-arm64", &["`tool-twin`"]);
    tells(&outcome, "verify/asset-missing", "tool-x86_64", &["the release does not have it"]);
    assert_eq!(outcome.output("proven"), "1");

    let world = twins(&["tool-x86_64", "tool-arm64", "tool-twin"]);
    assert_eq!(checks(&run(&world, verify(&world), 0)), Vec::<String>::new());
}

#[test]
fn a_package_under_another_name_is_a_warning() {
    let world = released();
    let (wheel, _) = world.files[0].clone();
    change(&world, &wheel, |asset| asset.name = "sample-latest.whl".to_owned());
    let outcome = run(&world, verify(&world), 0);
    tells(&outcome, "verify/package-renamed", &wheel, &["`sample-latest.whl`"]);
    assert_eq!(checks(&outcome), ["verify/package-renamed"], "{}", outcome.told());
}

#[test]
fn a_list_of_digests_that_disagrees_is_found() {
    let world = released();
    let replace = |text: &dyn Fn(String) -> String| {
        change(&world, "SHA256SUMS", |asset| {
            let changed = text(String::from_utf8(asset.bytes.to_vec()).expect("text"));
            asset.size_bytes = changed.len() as u64;
            asset.sha256 = Some(release_action::model::digest::Sha256::of(changed.as_bytes()));
            asset.bytes = changed.into();
        });
    };
    let zeros = "0".repeat(64);
    replace(&|text| {
        let line = |line: &str| match line.split_once("  ") {
            Some((_, name)) if name == TOOL => format!("{zeros}  {name}\n"),
            _ => format!("{line}\n"),
        };
        text.lines().map(line).collect::<String>() + &format!("{zeros}  gone.txt\n")
    });
    let outcome = run(&world, verify(&world), 1);
    tells(&outcome, "verify/checksums-disagree", TOOL, &[&zeros, "the manifest has sha256"]);
    tells(&outcome, "verify/asset-missing", "gone.txt", &["`SHA256SUMS` lists it"]);

    replace(&|text| {
        let mut kept: Vec<_> = text.lines().filter(|line| !line.contains(TOOL)).collect();
        kept.retain(|line| !line.contains("gone"));
        kept.join("\n")
    });
    let outcome = run(&world, verify(&world), 0);
    tells(&outcome, "verify/checksums-incomplete", TOOL, &["has no line for it"]);

    replace(&|_| "no list at all\n".to_owned());
    let outcome = run(&world, verify(&world), 1);
    tells(&outcome, "verify/bad-checksums", "SHA256SUMS", &["line 1"]);
}

#[test]
fn a_further_file_is_held_to_the_list_of_digests() {
    let world = released();
    let sum = release_action::model::digest::Sha256::of(b"a licence");
    world.universe.github(|github| {
        let id = github.releases()[0].id;
        github.add_asset(id, "LICENSE", b"a licence".to_vec());
    });
    change(&world, "SHA256SUMS", |asset| {
        let text = String::from_utf8(asset.bytes.to_vec()).expect("text") + &format!("{sum}  LICENSE\n");
        asset.size_bytes = text.len() as u64;
        asset.sha256 = Some(release_action::model::digest::Sha256::of(text.as_bytes()));
        asset.bytes = text.into();
    });
    assert_eq!(checks(&run(&world, verify(&world), 0)), Vec::<String>::new());
    change(&world, "LICENSE", other_bytes);
    let outcome = run(&world, verify(&world), 1);
    tells(&outcome, "verify/checksums-disagree", "LICENSE", &[&sum.to_string(), "the release has sha256"]);
}

#[test]
fn nothing_to_verify_by_is_a_failure() {
    let world = released();
    remove(&world, "manifest.json");
    let outcome = run(&world, verify(&world), 1);
    tells(&outcome, "verify/no-manifest", "", &["no `manifest.json`"]);
    assert_eq!(outcome.output("proven"), "");
}

#[test]
fn a_manifest_that_was_edited_is_refused() {
    for (text, says) in [
        ("{}", "schema"),
        ("{\"schema\": \"release-action/manifest/v9\"}", "release-action/manifest/v9"),
        ("\u{0}", "JSON"),
    ] {
        let world = released();
        change(&world, "manifest.json", |asset| {
            asset.size_bytes = text.len() as u64;
            asset.sha256 = None;
            asset.bytes = text.as_bytes().to_vec().into();
        });
        tells(&run(&world, verify(&world), 1), "verify/bad-manifest", "manifest.json", &[says]);
    }
    let world = released();
    change(&world, "manifest.json", |asset| asset.size_bytes = 17 << 20);
    tells(&run(&world, verify(&world), 1), "verify/bad-manifest", "manifest.json", &["no manifest has more"]);
}

#[test]
fn the_manifest_of_the_workspace_counts_and_the_pages_must_agree() {
    let world = released();
    let text = std::fs::read_to_string(world.path("release-manifest/manifest.json")).expect("it was written");
    let ours = release_action::model::digest::Sha256::of(b"#!/bin/sh\nexit 0\n").to_string();
    assert!(text.contains(&ours), "{text}");
    let changed = text.replace(&ours, &"0".repeat(64));
    change(&world, "manifest.json", |asset| {
        asset.sha256 = None;
        asset.bytes = changed.into();
    });
    let outcome = run(&world, verify_locally(&world), 1);
    tells(&outcome, "verify/other-manifest", TOOL, &[&ours, &"0".repeat(64)]);
    assert_eq!(outcome.output("proven"), "4", "the page has the right bytes: {}", outcome.told());
}

#[test]
fn a_manifest_of_another_release_is_refused() {
    let world = released();
    world.universe.github(|github| {
        github.set_tag("v1.3.0", COMMIT);
        let mut release = github.releases()[0].clone();
        (release.tag_name, release.id) = ("v1.3.0".to_owned(), 999);
        github.releases_mut().push(release);
    });
    let outcome = run(&world, verify(&world).input("tag", "v1.3.0"), 1);
    let told = found(&outcome, "verify/manifest-of-other-release");
    assert_eq!(told.len(), 2, "{}", outcome.told());
    assert!(told[0].1.contains("`v1.2.0`, not for `v1.3.0`"), "{told:?}");
    assert!(told[1].1.contains("says 1.3.0, the files of the manifest say 1.2.0"), "{told:?}");
}

#[test]
fn a_tag_that_was_moved_is_found() {
    let world = released();
    let other = world.universe.github(|github| {
        let other = github.commit_to("main", "another", &[]);
        github.set_tag(TAG, &other);
        other
    });
    let outcome = run(&world, verify(&world).env("GITHUB_SHA", &other), 1);
    tells(&outcome, "verify/other-commit", "", &[&other, COMMIT, "the manifest was made for"]);
    let outcome = run(&world, verify(&world).input("commit", COMMIT), 1);
    assert_eq!(found(&outcome, "verify/other-commit").len(), 2, "{}", outcome.told());
}

#[test]
fn a_tag_that_is_gone_and_one_that_never_was() {
    let world = released();
    let outcome = run(&world, verify(&world).input("tag", "v9.9.9").input("commit", ""), 1);
    tells(&outcome, "verify/no-tag", "", &["`v9.9.9`"]);
    tells(&outcome, "verify/no-release", "", &["`v9.9.9`"]);
    let outcome = run(&world, verify(&world).input("tag", "latest"), 1);
    assert_eq!(found(&outcome, "tag/not-a-version").len(), 1, "{}", outcome.told());
}

#[test]
fn a_second_release_of_the_tag_is_told() {
    let world = released();
    let second = NewRelease { tag_name: TAG.into(), draft: true, ..NewRelease::default() };
    world.universe.github(|github| github.add_release(second));
    let outcome = run(&world, verify(&world), 0);
    assert_eq!(found(&outcome, "verify/second-release").len(), 1, "{}", outcome.told());
}

#[test]
fn all_problems_are_told_at_once() {
    let world = World::new();
    page(&world, true, &[("surprise", b"x")]);
    let outcome = run(&world, verify(&world), 1);
    assert_eq!(checks(&outcome), ["verify/no-manifest", "verify/release-state"], "{}", outcome.told());
}
