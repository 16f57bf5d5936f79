//! What is out already, and what is higher.

use release_action::sim::github::release::NewRelease;

use super::{check, verify};
use crate::support::world::{COMMIT, World};

fn release(world: &World, tag: &str, draft: bool) {
    world.universe.github(|github| {
        github.set_tag(tag, COMMIT);
        github.add_release(NewRelease { tag_name: tag.into(), draft, ..NewRelease::default() })
    });
}

#[test]
fn a_release_that_is_out_is_told_early() {
    let world = World::new();
    world.universe.github(|github| {
        github.add_release(NewRelease { tag_name: "v1.2.0".into(), draft: true, ..NewRelease::default() })
    });
    check(verify(&world), 0, &[], &[]);
    world.universe.github(|github| github.releases_mut()[0].draft = false);
    check(verify(&world), 0, &["tag/already-released"], &["`v1.2.0` is published"]);
    check(verify(&world).input("fail-on", "tag/already-released"), 1, &["tag/already-released"], &[]);
    world.universe.github(|github| github.releases_mut()[0].immutable = true);
    check(verify(&world), 0, &["tag/immutable-release"], &["`v1.2.0` is immutable"]);
}

#[test]
fn a_lower_version_after_a_higher_one_is_a_back_port_or_a_slip() {
    let world = World::new();
    release(&world, "v1.10.0", false);
    let texts = ["`v1.2.0` comes after the release of `v1.10.0`", "ignore: tag/lower-than-latest"];
    check(verify(&world), 1, &["tag/lower-than-latest"], &texts);
    check(verify(&world).input("ignore", "tag/lower-than-latest"), 0, &[], &[]);
}

#[test]
fn a_slip_is_told_when_its_own_release_is_out_or_started_the_run() {
    let world = World::new();
    release(&world, "v1.10.0", false);
    world.universe.github(|github| {
        github.add_release(NewRelease { tag_name: "v1.2.0".into(), ..NewRelease::default() })
    });
    check(verify(&world), 1, &["tag/already-released", "tag/lower-than-latest"], &[]);
    let payload = r#"{ "action": "published", "release": { "id": 1, "tag_name": "v1.2.0" } }"#;
    world.write(".event.json", payload);
    let published = verify(&world)
        .env("GITHUB_EVENT_NAME", "release")
        .env("GITHUB_EVENT_PATH", world.path(".event.json"))
        .env("GITHUB_REF", "refs/tags/v1.2.0");
    check(published, 1, &["tag/lower-than-latest"], &["`v1.10.0`"]);
}

#[test]
fn what_was_never_released_stands_in_nobodys_way() {
    let world = World::new();
    // A tag that was refused, a prerelease, and another project's.
    world.universe.github(|github| github.set_tag("v1.9.0", COMMIT));
    release(&world, "v2.0.0-rc1", false);
    release(&world, "other-v3.0.0", false);
    check(verify(&world), 0, &[], &[]);
    // The latest release is higher, though the highest tag was never released.
    release(&world, "v1.3.0", false);
    world.universe.github(|github| github.releases_mut().retain(|release| release.tag_name == "v1.3.0"));
    check(verify(&world), 1, &["tag/lower-than-latest"], &["`v1.3.0`"]);
}

#[test]
fn a_prerelease_of_what_is_out_comes_late() {
    let world = World::new();
    release(&world, "v1.3.0", false);
    world.universe.github(|github| github.set_tag("v1.3.0-rc2", COMMIT));
    world.write("Cargo.toml", "[package]\nname = \"sample\"\nversion = \"1.3.0-rc2\"\n");
    world.write("pyproject.toml", "[project]\nname = \"sample\"\nversion = \"1.3.0rc2\"\n");
    world.write("CHANGELOG.md", "## 1.3.0rc2\n\n- All.\n");
    let program = verify(&world).input("tag", "v1.3.0-rc2").input("testpypi-for", "rc");
    let outcome = check(program, 1, &["tag/lower-than-latest"], &[]);
    assert_eq!(outcome.output("index"), "testpypi");
}
