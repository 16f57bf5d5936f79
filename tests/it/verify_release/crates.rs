//! Crates of a release: the sparse index is held to the manifest.

use release_action::archive::build::CrateBuilder;
use release_action::model::crate_name::CrateFile;
use release_action::model::digest::Sha256;
use release_action::sim::cargo::Scope;
use serde_json::json;

use super::{checks, found, page, run, states, tells, verify};
use crate::support::canned::closed_port;
use crate::support::program::{Outcome, Program};
use crate::support::world::{COMMIT, Phase, TAG, World, small_release};

const FILE: &str = "coglet-1.2.0.crate";

fn coglet() -> CrateFile {
    CrateFile::of_file_name(&FILE.parse().expect("a file name")).expect("a crate's")
}

/// A release page with one crate and its manifest; what the registry has is made by `publish`.
fn released(bytes: Option<&[u8]>) -> World {
    let world = World::new();
    let theirs = world.universe.crates(|crates| {
        crates.place_sample(&coglet());
        crates.bytes(coglet().name(), coglet().version()).expect("it was placed").to_vec()
    });
    let ours = bytes.unwrap_or(&theirs);
    let manifest = json!({
        "schema": "release-action/manifest/v1", "version": null, "tag": TAG, "commit": COMMIT, "projects": [],
        "artifacts": [{
            "file_name": FILE, "size_bytes": ours.len(), "sha256": Sha256::of(ours).to_string(), "kind": "crate",
        }],
    });
    page(&world, false, &[(FILE, ours), ("manifest.json", manifest.to_string().as_bytes())]);
    world
}

fn program(world: &World) -> Program {
    let index = world.universe.addresses().crates_index_url;
    let registries = format!("crates-io = cargo {index}");
    let program = verify(world).input("registries", registries).input("targets", "crates-io");
    program.input("repository-url", "").input("index-url", "")
}

#[track_caller]
fn verified(world: &World, code: i32) -> Outcome {
    run(world, program(world), code)
}

#[test]
fn a_crate_is_proven_by_the_digest_of_the_index() {
    let world = released(None);
    let outcome = verified(&world, 0);
    assert_eq!(outcome.output("proven"), "1", "{}", outcome.told());
    let state = |target: &str| (target.to_owned(), FILE.to_owned(), "proven".to_owned());
    assert_eq!(states(&outcome), [state("github"), state("crates-io")]);
    assert_eq!(checks(&outcome), Vec::<String>::new());
}

#[test]
fn other_bytes_on_the_registry_are_found_with_both_digests() {
    let world = released(Some(b"not what cargo packed"));
    let outcome = verified(&world, 1);
    let ours = Sha256::of(b"not what cargo packed").to_string();
    tells(&outcome, "verify/other-bytes", FILE, &[&ours, "`crates-io` (127.0.0.1:", "version 1.2.0"]);
}

#[test]
fn a_version_that_is_not_there_and_a_crate_that_is_not_there() {
    let world = released(None);
    let published = world.universe.crates(|crates| crates.published().len());
    assert_eq!(published, 1);
    for (name, is_known) in [("coglet-1.3.0.crate", true), ("cog-core-1.2.0.crate", false)] {
        let world = World::new();
        if is_known {
            world.universe.crates(|crates| crates.place_sample(&coglet()));
        }
        let manifest = json!({
            "schema": "release-action/manifest/v1", "version": null, "tag": null, "commit": null, "projects": [],
            "artifacts": [{
                "file_name": name, "size_bytes": 1, "sha256": Sha256::of(b"x").to_string(), "kind": "crate",
            }],
        });
        page(&world, false, &[(name, b"x"), ("manifest.json", manifest.to_string().as_bytes())]);
        let outcome = verified(&world, 1);
        tells(&outcome, "verify/not-on-registry", name, &["does not list it"]);
    }
}

/// The manifest has no version of its own where all that is released are crates.
#[test]
fn a_crate_of_another_version_than_the_tag_is_not_of_this_release() {
    for (tag, code) in [("v1.2.0", 0), ("v1.3.0", 1)] {
        let world = World::new();
        let bytes = world.universe.crates(|crates| {
            crates.place_sample(&coglet());
            crates.bytes(coglet().name(), coglet().version()).expect("it was placed").to_vec()
        });
        let manifest = json!({
            "schema": "release-action/manifest/v1", "version": null, "tag": null, "commit": null, "projects": [],
            "artifacts": [{
                "file_name": FILE, "size_bytes": bytes.len(), "sha256": Sha256::of(&bytes).to_string(), "kind": "crate",
            }],
        });
        page(&world, false, &[(FILE, &bytes), ("manifest.json", manifest.to_string().as_bytes())]);
        world.universe.github(|github| {
            github.set_tag(tag, COMMIT);
            github.releases_mut()[0].tag_name = tag.to_owned();
        });
        let outcome = run(&world, program(&world).input("tag", tag), code);
        let told = found(&outcome, "verify/manifest-of-other-release");
        assert_eq!(told.len(), usize::from(code == 1), "{}", outcome.told());
        assert!(
            told.iter().all(|(file, said)| file == FILE && said.contains("the crate says 1.2.0")),
            "{told:?}"
        );
    }
}

#[test]
fn a_yanked_version_is_told() {
    let world = released(None);
    world
        .universe
        .crates(|crates| crates.set_yanked(coglet().name(), coglet().version(), true))
        .expect("it is there");
    tells(&verified(&world, 0), "verify/yanked", FILE, &["`crates-io`"]);
}

#[test]
fn a_registry_that_asks_readers_for_a_token_gets_it() {
    let world = released(None);
    let token = world.universe.crates(|crates| {
        crates.set_auth_required(true);
        crates.issue_token(Scope::default())
    });
    let outcome = run(&world, program(&world).input("credentials", format!("crates-io = {token}")), 0);
    assert_eq!(outcome.output("proven"), "1");
    tells(&verified(&world, 2), "verify/not-asked", "", &["401"]);
}

#[test]
fn a_crate_for_which_there_is_no_target_was_looked_for_nowhere() {
    let world = released(None);
    let outcome = run(&world, verify(&world), 1);
    tells(&outcome, "verify/no-target", FILE, &["`index`"]);
}

#[test]
fn a_registry_out_of_reach_is_told() {
    let world = released(None);
    let registries = format!("crates-io = cargo {}/index/", closed_port());
    let outcome = run(&world, program(&world).input("registries", registries), 2);
    tells(&outcome, "verify/not-asked", "", &["cannot be reached", "coglet"]);
    assert!(found(&outcome, "verify/not-on-registry").is_empty(), "{}", outcome.told());
}

/// All the way: collected, vetted, attached, published to both registries, and proven; then one of the two loses a file.
#[test]
fn a_release_for_two_registries_is_proven_as_this_program_made_it() {
    let mut files = small_release();
    let (name, bytes) = CrateBuilder::new("sample", "1.2.0").build();
    files.push((name.to_string(), bytes));
    let world = World::holding(files, "");
    world.play_until(Phase::Publish);
    let index = world.universe.addresses().crates_index_url;
    let both = |program: Program| {
        let registries = format!("crates-io = cargo {index}");
        program.input("registries", registries).input("targets", "index\ncrates-io")
    };
    let token = world.universe.crates(|crates| crates.issue_token(Scope::default()));
    let credentials = format!("crates-io = {token}");
    both(world.phase(Phase::Publish)).input("credentials", credentials).run().expect_code(0);
    world.play(Phase::Release);
    let outcome = run(&world, both(verify(&world)), 0);
    assert_eq!((outcome.output("files"), outcome.output("proven")), ("5", "5"), "{}", outcome.told());
    assert_eq!(states(&outcome).len(), 9, "five on the page, three on the index, one crate");
    assert_eq!(checks(&outcome), Vec::<String>::new());

    let (wheel, _) = &world.files[0];
    world.universe.index(|index| index.delete(wheel)).expect("it was there");
    let outcome = run(&world, both(verify(&world)), 1);
    assert_eq!(outcome.output("missing"), format!("{wheel} (index)"));
    assert_eq!(outcome.output("proven"), "4");
}
