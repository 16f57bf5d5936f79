//! Prefixes, spellings, and tags that are none.

use super::{check, verify};
use crate::support::world::{COMMIT, World};

#[test]
fn a_prefix_tells_the_projects_of_a_repository_apart() {
    let world = World::new();
    world.universe.github(|github| {
        for tag in ["sample-v1.2.0", "sample-v1.1.0", "other-v9.0.0", "1.2.0", "sample/1.2.0"] {
            github.set_tag(tag, COMMIT);
        }
    });
    for (prefix, tag, previous) in
        [("sample-v", "sample-v1.2.0", "sample-v1.1.0"), ("sample/", "sample/1.2.0", ""), ("v", "v1.2.0", "")]
    {
        let outcome = verify(&world).input("tag", tag).input("tag-prefix", prefix).run().expect_code(0);
        assert_eq!(outcome.output("version"), "1.2.0", "{prefix}");
        assert_eq!(outcome.output("previous-tag"), previous, "{prefix}");
    }
    let none = verify(&world).input("tag", "1.2.0").input("tag-prefix", "none");
    check(none, 0, &[], &[]);
    let wrong = verify(&world).input("tag-prefix", "sample-v");
    check(wrong, 1, &["tag/not-a-version"], &["`v1.2.0`", "begin with `sample-v`"]);
    let refused = verify(&world).input("tag-prefix", "a b").run().expect_code(64);
    assert!(super::log(&refused).contains("tag-prefix"), "{}", refused.told());
}

#[test]
fn two_tags_of_one_version_are_one_too_many() {
    let world = World::new();
    let other = super::stray(&world);
    for (tag, rules) in [
        ("1.2.0", &["tag/two-spellings"][..]),
        ("v1.2", &[]),
        ("v1", &[]),
        ("v1.2.1-rc1", &[]),
        ("w1.2.0", &[]),
    ] {
        let world = World::new();
        let other = super::stray(&world);
        world.universe.github(|github| github.set_tag(tag, &other));
        let code = i32::from(!rules.is_empty());
        let outcome = verify(&world).run().expect_code(code);
        assert_eq!(super::found(&outcome), rules, "{tag}: {}", outcome.told());
    }
    world.universe.github(|github| github.set_tag("1.2.0", &other));
    check(verify(&world), 1, &["tag/two-spellings"], &["`1.2.0` and `v1.2.0` are both 1.2.0"]);
    check(verify(&world).input("ignore", "tag/two-spellings"), 0, &[], &[]);
}

#[test]
fn leading_zeros_are_named_as_such() {
    let world = World::new();
    for (tag, plain) in [("v01.2.0", "v1.2.0"), ("v1.02.0-rc1", "v1.2.0-rc1")] {
        check(verify(&world).input("tag", tag), 1, &["tag/not-a-version"], &[tag, "zeros", plain]);
    }
}

#[test]
fn what_stands_for_nothing_cannot_be_ignored() {
    let world = World::new();
    for rule in ["tag/not-a-version", "tag/missing", "tag/other-commit", "tag/not-signed", "tag/check-failed"]
    {
        let outcome = verify(&world).input("ignore", rule).run().expect_code(64);
        assert!(super::log(&outcome).contains("cannot be ignored"), "{rule}: {}", outcome.told());
    }
    let family = verify(&world).input("tag", "v1.2.9").input("ignore", "tag");
    check(family, 1, &["tag/missing"], &[]);
    let outcome = verify(&world).input("ignore", "wheel/anything").run().expect_code(64);
    assert!(super::log(&outcome).contains("ignore"), "{}", outcome.told());
}

#[test]
fn three_thousand_tags_are_one_request() {
    let world = World::new();
    world.universe.github(|github| {
        for minor in 0..3_000 {
            github.set_tag(&format!("v0.{minor}.0"), COMMIT);
        }
    });
    let before = world.universe.journal().len();
    let outcome = check(verify(&world), 0, &[], &[]);
    assert_eq!(outcome.output("previous-tag"), "v0.2999.0");
    let asked = super::requests(&world, before);
    let lists = asked.iter().filter(|request| request.contains("matching-refs/tags")).count();
    assert_eq!(lists, 1, "{asked:?}");
}
