//! Who made the tag.

use release_action::sim::github::git::Verification;

use super::{check, verify};
use crate::support::world::{COMMIT, World};

/// The tag `v1.2.0`, made by somebody under some name, with a signature that is `valid` or not.
fn tagged(world: &World, name: &str, email: &str, reason: &str) {
    world.universe.github(|github| {
        let object = github.annotate(name, COMMIT);
        github.tagged_by(&object, "Ada", email);
        let valid = Verification { verified: reason == "valid", reason: reason.to_owned() };
        github.vouch(&object, valid);
        github.set_tag("v1.2.0", &object);
    });
}

#[test]
fn a_tag_without_a_good_signature_is_refused_where_one_is_asked_for() {
    let world = World::new();
    let signed = || verify(&world).input("require-signed-tag", "true");
    check(verify(&world), 0, &[], &[]);
    check(signed(), 1, &["tag/not-signed"], &["there is none (`unsigned`)", "git tag -s"]);
    tagged(&world, "v1.2.0", "ada@example.org", "unknown_key");
    check(signed(), 1, &["tag/not-signed"], &["nobody is known by its key (`unknown_key`)"]);
    tagged(&world, "v1.2.0", "ada@example.org", "valid");
    check(signed(), 0, &[], &[]);
    world.universe.github(|github| github.set_tag("v1.2.0", COMMIT));
    check(signed(), 1, &["tag/not-signed"], &["plain tag"]);
}

#[test]
fn the_signed_object_of_an_old_tag_vouches_for_no_new_one() {
    let world = World::new();
    tagged(&world, "v1.1.0", "ada@example.org", "valid");
    let signed = verify(&world).input("require-signed-tag", "true");
    check(signed, 1, &["tag/signed-as-another"], &["signed as the tag `v1.1.0`"]);
}

#[test]
fn only_allowed_taggers_release_and_their_address_needs_a_signature() {
    let world = World::new();
    let by = |who: &str| verify(&world).input("allowed-taggers", who);
    tagged(&world, "v1.2.0", "ada@example.org", "valid");
    check(by("eve@example.org\nADA@example.org"), 0, &[], &[]);
    check(by("eve@example.org"), 1, &["tag/other-tagger"], &["Ada <ada@example.org>", "`eve@example.org`"]);
    tagged(&world, "v1.2.0", "eve@example.org", "unsigned");
    check(by("eve@example.org"), 1, &["tag/not-signed"], &[]);
    let outcome = by("Ada").run().expect_code(64);
    assert!(super::log(&outcome).contains("no e-mail address"), "{}", outcome.told());
}

#[test]
fn of_nested_tags_the_outermost_is_the_one_that_counts() {
    let world = World::new();
    world.universe.github(|github| {
        let inner = github.annotate("v1.2.0", COMMIT);
        github.vouch(&inner, Verification::valid());
        let outer = github.annotate("v1.2.0", &inner);
        github.set_tag("v1.2.0", &outer);
    });
    let outcome = check(verify(&world), 0, &[], &[]);
    assert_eq!(outcome.output("commit"), COMMIT);
    check(verify(&world).input("require-signed-tag", "true"), 1, &["tag/not-signed"], &[]);
}
