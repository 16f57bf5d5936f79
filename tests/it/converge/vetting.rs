//! What is released is vetted, whichever way its files are named.

use release_action::archive::build::WheelBuilder;

use crate::support::program::Program;
use crate::support::world::{Phase, World, small_release, write_files};

#[test]
fn files_on_the_command_line_are_checked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = small_release();
    write_files(folder.path(), &files);
    let check = |names: &[&str]| {
        let program = Program::mode("validate-wheels").current_dir(folder.path());
        names.iter().fold(program, |program, name| program.arg(name)).run()
    };
    let outcome = check(&[&files[0].0, &files[2].0]).expect_code(0);
    assert_eq!((outcome.output("wheels"), outcome.output("sdists")), ("1", "1"));
    let text = std::fs::read_to_string(folder.path().join("release-manifest/SHA256SUMS"));
    assert_eq!(text.expect("it was left").lines().count(), 2);

    let (name, mut bytes) = files[1].clone();
    bytes.truncate(bytes.len() / 2);
    write_files(folder.path(), &[(name.clone(), bytes)]);
    let outcome = check(&[&files[0].0, &name]).expect_code(1);
    assert!(outcome.stderr.contains(&name), "{}", outcome.told());
    check(&["nowhere-1.0-py3-none-any.whl"]).expect_code(64);
}

#[test]
fn without_a_manifest_the_later_modes_check_the_files_themselves() {
    let world = World::new();
    world.play_until(Phase::Validate);
    let draft = world.play(Phase::Draft);
    assert_eq!(draft.output("assets"), "4", "the files, and no manifest");
    assert_eq!(world.play(Phase::Publish).output("uploaded"), "3");
    world.play(Phase::Release);
    let before = world.writes();
    assert_eq!(world.play(Phase::Publish).output("outcome"), "already-done");
    assert_eq!(world.play(Phase::Release).output("outcome"), "already-done");
    assert_eq!(world.writes(), before);
}

#[test]
fn without_a_manifest_a_bad_wheel_still_blocks_everything() {
    let world = World::new();
    world.play_until(Phase::Validate);
    let (name, mut bytes) = world.files[0].clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    world.write(&format!("dist/{name}"), bytes);
    let before = world.writes();
    for phase in [Phase::Draft, Phase::Publish, Phase::Release] {
        let outcome = world.phase(phase).run().expect_code(1);
        assert!(outcome.report.to_string().contains(&name), "{phase:?} {}", outcome.told());
    }
    assert_eq!(world.writes(), before);
}

#[test]
fn files_of_another_version_than_the_tag_go_nowhere() {
    let (name, bytes) = WheelBuilder::new("sample", "1.3.0", "py3", "none", "any").build();
    let world = World::holding(vec![(name.to_string(), bytes)], "");
    world.phase(Phase::Collect).input("workflows", "wheels.yml").run().expect_code(0);
    let before = world.writes();
    for (phase, check) in [
        (Phase::Validate, "set/version-not-of-tag"),
        (Phase::Draft, "release/version-not-of-tag"),
        (Phase::Publish, "publish/version-not-of-tag"),
    ] {
        let outcome = world.phase(phase).run().expect_code(1);
        assert!(outcome.finds(check, ""), "{phase:?} {}", outcome.told());
    }
    assert_eq!(world.writes(), before);
}

#[test]
fn one_folder_for_everything_is_refused_before_anything_is_looked_at() {
    let world = World::new();
    world.play_until(Phase::Validate);
    for phase in [Phase::Validate, Phase::Draft, Phase::Publish] {
        let outcome = world.phase(phase).input("assets-dir", "./dist").run().expect_code(64);
        assert!(outcome.stdout.contains("declared twice"), "{}", outcome.told());
        assert!(outcome.stdout.contains("typed wrong"), "{}", outcome.told());
    }
}
