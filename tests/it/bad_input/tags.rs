//! Tags that name no version, are not there, or say something else than the sources.

use std::fs;

use super::{refused, says};
use crate::support::world::{COMMIT, Phase, World};

#[test]
fn a_tag_that_names_no_version() {
    let world = World::new();
    for tag in ["release", "v", "v1.x", "nightly-2026-01-31", "1.2.0-nightly", "vv1.2.0"] {
        let outcome =
            refused(&world, world.phase(Phase::VerifyTag).env("GITHUB_REF", format!("refs/tags/{tag}")), 1);
        assert!(outcome.finds("tag/not-a-version", ""), "{tag}: {}", outcome.told());
        says(&outcome, &[tag.trim(), "`v1.2.0`"]);
    }
    let outcome = refused(&world, world.phase(Phase::VerifyTag).input("tag", "latest"), 1);
    says(&outcome, &["`latest`"]);
}

#[test]
fn a_release_of_a_tag_that_names_no_version() {
    let world = World::new();
    world.play_until(Phase::Draft);
    let outcome = refused(&world, world.phase(Phase::Draft).env("GITHUB_REF", "refs/tags/nightly"), 1);
    says(&outcome, &["nightly", "names no version"]);
}

#[test]
fn a_tag_that_is_not_there() {
    let world = World::new();
    for program in ["v1.2.1", "1.2.0"].map(|tag| world.phase(Phase::VerifyTag).input("tag", tag)) {
        let outcome = refused(&world, program, 1);
        assert!(outcome.finds("tag/missing", ""), "{}", outcome.told());
    }
    world.play_until(Phase::Draft);
    world.write("CHANGELOG.md", "## 1.2.0\n\n- All.\n\n## 1.2\n");
    let outcome = refused(&world, world.phase(Phase::Draft).input("tag", "1.2.0"), 1);
    assert!(outcome.finds("release/no-tag", ""), "{}", outcome.told());
}

#[test]
fn sources_that_state_another_version() {
    let world = World::new();
    world.write("Cargo.toml", "[package]\nname = \"sample\"\nversion = \"1.3.0\"\n");
    let outcome = refused(&world, world.phase(Phase::VerifyTag), 1);
    assert!(outcome.finds("tag/version-mismatch", "Cargo.toml"), "{}", outcome.told());
    says(&outcome, &["Cargo.toml", "`package.version` is 1.3.0", "`v1.2.0` says 1.2.0"]);

    world.write("pyproject.toml", "[project]\nname = \"sample\"\nversion = \"1.2.0.dev1\"\n");
    let outcome = refused(&world, world.phase(Phase::VerifyTag), 1);
    assert!(outcome.finds("tag/version-mismatch", "Cargo.toml"), "{}", outcome.told());
    assert!(outcome.finds("tag/version-mismatch", "pyproject.toml"), "{}", outcome.told());
    says(&outcome, &["`project.version` is 1.2.0.dev1"]);
}

#[test]
fn a_version_inherited_from_the_workspace() {
    let world = World::new();
    fs::remove_file(world.path("pyproject.toml")).expect("removed");
    world.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"crates/sample\"]\n[workspace.package]\nversion = \"1.3.0\"\n",
    );
    world.write("crates/sample/Cargo.toml", "[package]\nname = \"sample\"\nversion.workspace = true\n");
    let program = || world.phase(Phase::VerifyTag).input("project-dir", "crates/sample");
    let outcome = refused(&world, program(), 1);
    says(&outcome, &["`workspace.package.version` is 1.3.0", "`v1.2.0` says 1.2.0"]);

    world.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"crates/sample\"]\n[workspace.package]\nversion = \"1.2.0\"\n",
    );
    program().run().expect_code(0);

    world.write("Cargo.toml", "[workspace]\nmembers = [\"crates/sample\"]\n");
    let outcome = refused(&world, program(), 1);
    assert!(outcome.finds("tag/unreadable-source", "Cargo.toml"), "{}", outcome.told());
}

#[test]
fn sources_that_cannot_be_read() {
    let world = World::new();
    for (text, said) in [
        ("[package", "no valid TOML"),
        ("[package]\nversion = 1\n", "no text"),
        ("[package]\nversion = \"one\"\n", "one"),
    ] {
        world.write("Cargo.toml", text);
        let outcome = refused(&world, world.phase(Phase::VerifyTag), 1);
        assert!(outcome.finds("tag/unreadable-source", "Cargo.toml"), "{}", outcome.told());
        says(&outcome, &[said]);
    }
    world.write("Cargo.toml", [0xff, 0xfe, 0x00]);
    says(&refused(&world, world.phase(Phase::VerifyTag), 1), &["Cargo.toml", "UTF-8"]);
}

#[test]
fn a_project_without_any_version() {
    let world = World::new();
    fs::remove_file(world.path("pyproject.toml")).expect("removed");
    fs::remove_file(world.path("Cargo.toml")).expect("removed");
    let outcome = refused(&world, world.phase(Phase::VerifyTag), 1);
    assert!(outcome.finds("tag/no-version-source", ""), "{}", outcome.told());
}

#[test]
fn a_commit_that_is_not_the_tags() {
    let world = World::new();
    let other = "0123456789abcdef0123456789abcdef01234567";
    let outcome = refused(&world, world.phase(Phase::VerifyTag).input("commit", other), 1);
    says(&outcome, &[other, COMMIT]);
    let main = world.universe.github(|github| github.commit_to("main", "more", &[]));
    let outcome = refused(&world, world.phase(Phase::VerifyTag).input("commit", &main), 1);
    assert!(outcome.finds("tag/other-commit", ""), "{}", outcome.told());
    says(&outcome, &[&main, COMMIT]);
}
