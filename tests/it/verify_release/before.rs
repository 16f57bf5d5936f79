//! Before anything goes to a registry: the second workflow, which the publication of the release starts.

use super::{checks, drafted, found, released, run, states, tells, verify};
use crate::support::world::{Phase, TAG, World};

/// The draft, published by hand as its approval, with nothing on the index.
fn approved() -> World {
    let world = drafted();
    world.universe.github(|github| {
        let release = github.releases_mut().first_mut().expect("a draft");
        release.draft = false;
        release.published_at_s = Some(release.created_at_s);
    });
    world
}

#[test]
fn a_release_that_was_approved_is_proven_and_no_registry_is_asked() {
    let world = approved();
    let program = verify(&world)
        .input("when", "before-publish")
        .env("GITHUB_EVENT_NAME", "release")
        .input("index-url", "http://127.0.0.1:9/simple/");
    let outcome = run(&world, program, 0);
    assert_eq!((outcome.output("proven"), outcome.output("draft")), ("4", "false"));
    assert!(states(&outcome).iter().all(|(target, ..)| target == "github"), "{}", outcome.told());
    assert_eq!(checks(&outcome), Vec::<String>::new());
    let index = world.universe.journal().iter().filter(|entry| entry.service == "index").count();
    assert_eq!(index, 0);
}

#[test]
fn after_publish_the_same_release_lacks_everything_on_the_index() {
    let world = approved();
    let outcome = run(&world, verify(&world), 1);
    assert_eq!(found(&outcome, "verify/not-on-registry").len(), 3, "{}", outcome.told());
    assert_eq!(outcome.output("missing").lines().count(), 3);
}

#[test]
fn a_draft_stops_it_unless_a_draft_is_expected() {
    let world = drafted();
    let before = |state: &str| verify(&world).input("when", "before-publish").input("release-state", state);
    let outcome = run(&world, before("published"), 1);
    tells(&outcome, "verify/release-state", "", &["it is a draft", "is to be published"]);
    assert_eq!((outcome.output("draft"), outcome.output("proven")), ("true", "4"));
    assert_eq!(run(&world, before("draft"), 0).output("draft"), "true");
    run(&world, before("any"), 0);

    let world = approved();
    let program = verify(&world).input("when", "before-publish").input("release-state", "draft");
    tells(&run(&world, program, 1), "verify/release-state", "", &["it is published", "is to be a draft"]);
}

#[test]
fn a_draft_does_not_show_to_a_token_that_may_only_read() {
    let world = drafted();
    let program = verify(&world).input("when", "before-publish").input("github-token", "");
    let outcome = run(&world, program, 1);
    tells(&outcome, "verify/no-release", "", &[TAG]);
    assert!(outcome.stdout.contains("contents: write"), "{}", outcome.told());
}

#[test]
fn words_that_no_input_takes_are_refused() {
    let world = World::new();
    for (name, word) in [("when", "afterwards"), ("release-state", "public"), ("install-check", "yes")] {
        let outcome = verify(&world).input(name, word).run().expect_code(64);
        assert!(outcome.stdout.contains(word), "{}", outcome.told());
    }
    let empty = tempfile::tempdir().expect("a folder");
    let program = verify(&world).input("manifest-dir", empty.path());
    let outcome = program.run().expect_code(64);
    assert!(outcome.stdout.contains("holds no"), "{}", outcome.told());
}

#[test]
fn a_dry_run_looks_as_well() {
    let world = released();
    let outcome = run(&world, verify(&world).input("dry-run", "true"), 0);
    assert_eq!((outcome.output("outcome"), outcome.output("proven")), ("planned", "4"));
}

/// What the second workflow of `docs/verifying.md` does: the files come from the page, and no other job's folder is there.
#[test]
fn what_was_approved_is_published_from_the_page() {
    let world = approved();
    for folder in ["dist", "release-assets", "release-manifest", "release-staging"] {
        std::fs::remove_dir_all(world.path(folder)).ok();
    }
    run(&world, verify(&world).input("when", "before-publish"), 0);
    let assets = world.universe.github(|github| github.releases()[0].assets.clone());
    assert_eq!(assets.len(), 6);
    for asset in assets {
        let is_record = ["manifest.json", "SHA256SUMS"].contains(&asset.name.as_str());
        let folder = if is_record { "release-manifest" } else { "release-assets" };
        world.write(&format!("{folder}/{}", asset.name), &asset.bytes);
    }
    assert_eq!(world.play(Phase::Publish).output("uploaded"), "3");
    let outcome = run(&world, verify(&world), 0);
    assert_eq!((outcome.output("proven"), outcome.output("missing")), ("4", ""));
}
