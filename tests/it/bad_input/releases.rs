//! Releases that are not as they should be, and notes that are missing.

use release_action::sim::github::release::NewRelease;

use super::{refused, says};
use crate::support::world::{Phase, TAG, World};

/// A world whose files are vetted, and which is ready for the draft.
fn ready() -> World {
    let world = World::new();
    world.play_until(Phase::Draft);
    world
}

/// Makes the release by hand, with these files.
fn release(world: &World, draft: bool, files: &[(&str, &[u8])]) {
    world.universe.github(|github| {
        let id = github.add_release(NewRelease { tag_name: TAG.into(), draft, ..NewRelease::default() });
        for (name, bytes) in files {
            github.add_asset(id, name, bytes.to_vec());
        }
    });
}

#[test]
fn a_release_with_other_bytes_under_a_name() {
    for draft in [true, false] {
        let world = ready();
        let name = world.files[0].0.clone();
        release(&world, draft, &[(&name, b"other bytes")]);
        let outcome = refused(&world, world.phase(Phase::Draft), 1);
        assert!(outcome.finds("release/asset-conflict", &name), "{}", outcome.told());
        let sha256 = |bytes: &[u8]| release_action::model::digest::Sha256::of(bytes).to_string();
        says(&outcome, &[&sha256(b"other bytes"), &sha256(&world.files[0].1)]);
    }
}

#[test]
fn a_published_release_that_lacks_files() {
    let world = ready();
    let (name, bytes) = world.files[0].clone();
    release(&world, false, &[(&name, &bytes)]);
    for phase in [Phase::Draft, Phase::Release] {
        let outcome = refused(&world, world.phase(phase), 1);
        assert!(outcome.finds("release/published-incomplete", &world.files[1].0), "{}", outcome.told());
        assert!(!outcome.finds("release/published-incomplete", &name), "{}", outcome.told());
    }
}

#[test]
fn a_changelog_without_the_version() {
    let world = ready();
    world.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2025-12-01\n\n- Old.\n");
    let outcome = refused(&world, world.phase(Phase::Draft), 1);
    assert!(outcome.finds("release/no-notes", "CHANGELOG.md"), "{}", outcome.told());
    says(&outcome, &["1.2.0", "[Unreleased]", "[1.1.0] - 2025-12-01", "`## [1.2.0]`"]);

    for text in ["## [1.2.0]\n\n## [1.1.0]\n\n- Old.\n", "no heading at all\n", ""] {
        world.write("CHANGELOG.md", text);
        let outcome = refused(&world, world.phase(Phase::Draft), 1);
        assert!(outcome.finds("release/no-notes", "CHANGELOG.md"), "{text}: {}", outcome.told());
    }
    world.write("NOTES.md", " \n");
    let outcome = refused(&world, world.phase(Phase::Draft).input("notes-file", "NOTES.md"), 1);
    assert!(outcome.finds("release/no-notes", "NOTES.md"), "{}", outcome.told());
}

#[test]
fn notes_that_are_no_text() {
    let world = ready();
    for bytes in [&[0x66, 0xff, 0xfe][..], b"a\0b", b"\x1b[31mred", b"a\rb", &[0x66, 0, 0x6f, 0]] {
        world.write("NOTES.md", bytes);
        let outcome = refused(&world, world.phase(Phase::Draft).input("notes-file", "NOTES.md"), 1);
        assert!(outcome.finds("release/notes-no-text", "NOTES.md"), "{}", outcome.told());
        says(&outcome, &["NOTES.md", "UTF-8"]);
    }
    world.write("NOTES.md", vec![b'a'; (16 << 20) + 1]);
    let outcome = refused(&world, world.phase(Phase::Draft).input("notes-file", "NOTES.md"), 1);
    assert!(outcome.finds("release/notes-no-text", "NOTES.md"), "{}", outcome.told());
}

#[test]
fn a_tag_that_moved_after_the_build() {
    let world = ready();
    let other = world.universe.github(|github| {
        let other = github.commit_to("main", "moved", &[]);
        github.set_tag(TAG, &other);
        other
    });
    let outcome = refused(&world, world.phase(Phase::Draft), 1);
    assert!(outcome.finds("release/other-commit", ""), "{}", outcome.told());
    says(&outcome, &[&other]);
}

#[test]
fn files_of_another_version_than_the_tag() {
    let world = ready();
    world.universe.github(|github| {
        let main = github.branch("main").expect("there");
        github.set_tag("v2.0.0", &main);
    });
    for phase in [Phase::Validate, Phase::Draft, Phase::Publish] {
        let outcome = refused(&world, world.phase(phase).input("tag", "v2.0.0"), 1);
        says(&outcome, &["v2.0.0", "1.2.0"]);
    }
}

#[test]
fn an_index_that_holds_other_bytes() {
    let world = ready();
    let (name, bytes) = world.files[0].clone();
    let placed =
        world.universe.index(|index| index.place(&name.parse().expect("a name"), &b"other"[..]).is_some());
    assert!(placed, "{name} is a wheel");
    let outcome = refused(&world, world.phase(Phase::Publish), 1);
    assert!(outcome.finds("publish/other-bytes", &name), "{}", outcome.told());
    says(&outcome, &[&release_action::model::digest::Sha256::of(&bytes).to_string()]);
}

#[test]
fn nothing_to_publish() {
    let world = World::new();
    world.write("dist/readme.txt", "no distribution");
    world.write("release-assets/tool", "a tool");
    let outcome = refused(&world, world.phase(Phase::Publish), 1);
    says(&outcome, &["wheel", "sdist"]);
}
