//! Several projects of one repository: none is held to the version of another.

use super::{says, workspace, write};
use crate::support::program::Program;
use crate::support::world::{COMMIT, Phase, World};

const CONFIG: &str = "[project.a]\ntag-prefix = \"a-v\"\nproject-dir = \".\"\n\n[project.b]\n\
                      tag-prefix = \"b-v\"\nproject-dir = \"./crates/b\"\n";
const ROOT: &str = "[package]\nname = \"a\"\nversion = \"1.2.0\"\n\n[workspace]\nmembers = [\"crates/b\"]\n";
const MEMBER: &str = "[package]\nname = \"b\"\nversion = \"0.3.0\"\n";

#[test]
fn the_tag_of_one_is_not_held_to_the_version_of_the_other() {
    let world = World::new();
    world.write("release.toml", CONFIG);
    world.write("Cargo.toml", ROOT);
    world.write("crates/b/Cargo.toml", MEMBER);
    world.universe.github(|github| ["a-v1.2.0", "b-v0.3.0"].map(|tag| github.set_tag(tag, COMMIT)));
    let verify = |tag: &str| world.phase(Phase::VerifyTag).input("tag", tag).input("changelog", "");
    for tag in ["a-v1.2.0", "b-v0.3.0"] {
        let outcome = verify(tag).run();
        assert!(!outcome.report.to_string().contains("tag/version-mismatch"), "{}", outcome.told());
    }
    world.write("release.toml", CONFIG.replace("./crates/b", "crates/c"));
    says(&verify("a-v1.2.0").run().expect_code(1), &["tag/version-mismatch", "crates/b/Cargo.toml"]);
}

#[test]
fn the_bump_of_one_leaves_the_other_alone() {
    let workspace =
        workspace(&[("release.toml", CONFIG), ("Cargo.toml", ROOT), ("crates/b/Cargo.toml", MEMBER)]);
    let bump = || {
        Program::mode("bump-version").flag("bump", "minor").flag("project", "a").current_dir(workspace.path())
    };
    bump().run().expect_code(0);
    let text = |path: &str| std::fs::read_to_string(workspace.path().join(path)).expect("it is there");
    assert_eq!(text("Cargo.toml"), ROOT.replace("1.2.0", "1.3.0"));
    assert_eq!(text("crates/b/Cargo.toml"), MEMBER);
    write(workspace.path(), "release.toml", CONFIG.replace("./crates/b", "crates/c"));
    let outcome = bump().run();
    assert!(outcome.code != Some(0) || text("crates/b/Cargo.toml") != MEMBER, "{}", outcome.told());
}
