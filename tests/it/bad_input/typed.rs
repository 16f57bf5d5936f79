//! Typed wrong: exit code 64, and nobody was asked anything.

use super::{log, refused, says};
use crate::support::program::{Outcome, Program};
use crate::support::world::{Phase, World};

/// Typed wrong: refused before anything was looked at.
#[track_caller]
fn typed_wrong(world: &World, program: Program) -> Outcome {
    let asked = world.universe.journal().len();
    let outcome = refused(world, program, 64);
    assert_eq!(world.universe.journal().len(), asked, "somebody was asked\n{}", outcome.told());
    outcome
}

#[test]
fn a_folder_that_does_not_exist() {
    let world = World::new();
    for (phase, input) in [
        (Phase::Validate, "packages-dir"),
        (Phase::Validate, "assets-dir"),
        (Phase::VerifyTag, "project-dir"),
        (Phase::Publish, "packages-dir"),
        (Phase::Publish, "manifest-dir"),
        (Phase::Draft, "packages-dir"),
    ] {
        world.write("dist/readme.txt", "so that the default folder is there");
        let by_flag = typed_wrong(&world, world.phase(phase).flag(input, "no/such/place"));
        says(&by_flag, &["no/such/place", &format!("--{input}"), "does not exist"]);
        let by_input = typed_wrong(&world, world.phase(phase).input(input, "no/such/place"));
        says(&by_input, &["no/such/place", &format!("input `{input}`"), "does not exist"]);
    }
}

#[test]
fn the_default_folder_that_does_not_exist() {
    let world = World::new();
    for phase in [Phase::Validate, Phase::Draft, Phase::Publish] {
        let outcome = typed_wrong(&world, world.phase(phase));
        says(&outcome, &["packages-dir", "`dist`", "does not exist"]);
    }
}

#[test]
fn a_file_where_a_folder_belongs_is_told_from_nothing() {
    let world = World::new();
    world.write("dist", "a file");
    says(&typed_wrong(&world, world.phase(Phase::Validate)), &["packages-dir", "`dist`", "is no folder"]);
}

#[test]
fn files_named_one_by_one_that_do_not_exist() {
    let world = World::new();
    world.write("good-1.0-py3-none-any.whl", "whatever");
    let program = world.phase(Phase::Validate).arg("good-1.0-py3-none-any.whl").arg("nowhere.whl");
    says(&typed_wrong(&world, program), &["nowhere.whl", "there is no file"]);
    for (input, file) in [("notes-file", "NOTES.md"), ("changelog", "HISTORY.md")] {
        world.write("dist/readme.txt", "so that the default folder is there");
        let outcome = typed_wrong(&world, world.phase(Phase::Draft).input(input, file));
        says(&outcome, &[file, input, "does not exist"]);
    }
}

#[test]
fn a_mode_that_is_none() {
    let world = World::new();
    let outcome = typed_wrong(&world, world.program("validate-wheel"));
    says(&outcome, &["`validate-wheel`", "did you mean `validate-wheels`?"]);
    let outcome =
        typed_wrong(&world, Program::bare().in_workflow("a/b", "refs/heads/main").input("mode", "publsh"));
    says(&outcome, &["`publsh`", "did you mean `publish`?"]);
    let outcome = typed_wrong(&world, Program::bare().in_workflow("a/b", "refs/heads/main"));
    says(&outcome, &["no mode is given", "`collect-artifacts`"]);
}

#[test]
fn a_flag_or_input_that_is_none() {
    let world = World::new();
    let outcome = typed_wrong(&world, world.phase(Phase::Validate).flag("package-dir", "dist"));
    says(&outcome, &["`--package-dir`", "did you mean `--packages-dir`?"]);
    let outcome = typed_wrong(&world, world.phase(Phase::Validate).input("package-dir", "dist"));
    says(&outcome, &["`package-dir`", "did you mean `packages-dir`?"]);
    let outcome = typed_wrong(&world, world.phase(Phase::Validate).flag("repository-url", "x"));
    says(&outcome, &["`--repository-url`", "belongs to `publish`"]);
    // The dash is easily taken for an underscore; the runner hands it over as it was written.
    let outcome = typed_wrong(&world, world.phase(Phase::Validate).input("assets_dir", "dist"));
    says(&outcome, &["did you mean `assets-dir`?"]);
}

#[test]
fn a_value_that_is_none() {
    let world = World::new();
    world.write("dist/readme.txt", "so that the default folder is there");
    for (phase, input, value, said) in [
        (Phase::Validate, "dry-run", "maybe", "neither `true` nor `false`"),
        (Phase::Draft, "publish", "1", "neither `true` nor `false`"),
        (Phase::Collect, "when-incomplete", "hope", "none of `fail`, `skip` and `wait`"),
        (Phase::Collect, "run", "newest", "neither `commit` nor `latest`"),
        (Phase::Collect, "rename", "{nmae}", "{name}, {stem}"),
        (Phase::Collect, "artifacts", "[", "pattern"),
        (Phase::Collect, "repository", "just-a-name", "owner/name"),
        (Phase::Collect, "commit", "main", "main"),
        (Phase::Draft, "tag", "refs/heads/main", "not a tag"),
        (Phase::Publish, "index-url", "not an address", "`https://host/path`"),
        (Phase::Publish, "repository-url", "ftp://localhost/legacy/", "`https://host/path`"),
    ] {
        let outcome = typed_wrong(&world, world.phase(phase).arg(format!("--{input}={value}")));
        says(&outcome, &[&format!("--{input}"), said]);
        let outcome = typed_wrong(&world, world.phase(phase).input(input, value));
        says(&outcome, &[&format!("input `{input}`"), said]);
    }
}

#[test]
fn an_address_that_is_not_encrypted() {
    let world = World::new();
    world.play_until(Phase::Publish);
    for (input, other) in [("repository-url", "index-url"), ("index-url", "repository-url")] {
        let program = world.phase(Phase::Publish).input(input, "http://index.invalid/x/");
        let outcome = typed_wrong(&world, program);
        says(&outcome, &[&format!("input `{input}`"), "not encrypted", "loopback"]);
        assert!(!log(&outcome).contains(other), "{}", outcome.told());
    }
    let program = world.phase(Phase::VerifyTag).env("GITHUB_API_URL", "http://ghes.invalid/api/v3");
    says(&typed_wrong(&world, program), &["`GITHUB_API_URL`", "not encrypted"]);
}

#[test]
fn an_index_of_ones_own_without_the_address_to_read_it_by() {
    let world = World::new();
    world.play_until(Phase::Publish);
    let outcome = typed_wrong(&world, world.phase(Phase::Publish).input("index-url", ""));
    says(&outcome, &["input `repository-url`", "give its simple index as `index-url`"]);
}

#[test]
fn credentials_inside_an_address_are_refused_and_not_repeated() {
    let world = World::new();
    world.play_until(Phase::Publish);
    for address in [
        "https://robot:hunter2secret@index.invalid/simple/",
        "https://hunter2secret@index.invalid/simple/",
        "http://robot:hunter2secret@index.invalid/simple/",
        "robot:hunter2secret@index.invalid/simple/",
        "https://robot:hunter2secret@index.invalid:port/simple/",
        "https://index.invalid/simple/?token=hunter2secret",
        "https://index.invalid/simple/#hunter2secret",
        "http://index.invalid/simple/?token=hunter2secret",
    ] {
        for input in ["repository-url", "index-url"] {
            let program = world.phase(Phase::Publish).input(input, address).secret("hunter2secret");
            says(&typed_wrong(&world, program), &[&format!("input `{input}`")]);
        }
        let program = world.phase(Phase::VerifyTag).env("GITHUB_API_URL", address).secret("hunter2secret");
        says(&typed_wrong(&world, program), &["GITHUB_API_URL"]);
    }
}

#[test]
fn a_manifest_folder_among_the_files_it_describes() {
    let world = World::new();
    world.play_until(Phase::Validate);
    for folder in ["dist", "dist/manifest", "./dist/../dist", "release-assets/inner"] {
        let outcome = typed_wrong(&world, world.phase(Phase::Validate).input("manifest-dir", folder));
        says(&outcome, &["input `manifest-dir`", "inside the files that it describes"]);
    }
}

#[test]
fn a_folder_named_for_a_manifest_that_is_not_in_it() {
    let world = World::new();
    world.play_until(Phase::Publish);
    world.write("elsewhere/readme.txt", "no manifest");
    for phase in [Phase::Draft, Phase::Publish] {
        let outcome = typed_wrong(&world, world.phase(phase).input("manifest-dir", "elsewhere"));
        says(&outcome, &["elsewhere/manifest.json", "run validate-wheels before"]);
    }
}

#[test]
fn a_tag_that_nobody_gave() {
    let world = World::new();
    world.play_until(Phase::Draft);
    for mode in [Phase::VerifyTag, Phase::Draft] {
        let program = world.phase(mode).env("GITHUB_REF", "refs/heads/main");
        says(&typed_wrong(&world, program), &["needs the input `tag`"]);
    }
}

#[test]
fn a_run_without_a_runner_needs_to_be_told_more() {
    let world = World::new();
    let program = Program::mode("collect-artifacts").current_dir(world.workspace.path());
    says(&typed_wrong(&world, program), &["needs the input `workflows`"]);
    let program = Program::mode("verify-tag").flag("tag", "v1.2.0").current_dir(world.workspace.path());
    says(&typed_wrong(&world, program), &["needs the input `repository`"]);
}

#[test]
fn variables_of_the_runner_that_make_no_sense() {
    let world = World::new();
    for (variable, value) in [
        ("GITHUB_REPOSITORY", "no slash"),
        ("GITHUB_SHA", "main"),
        ("GITHUB_RUN_ID", "one"),
        ("GITHUB_API_URL", "x"),
    ] {
        let outcome = typed_wrong(&world, world.phase(Phase::VerifyTag).env(variable, value));
        says(&outcome, &[&format!("the variable `{variable}`")]);
    }
}
