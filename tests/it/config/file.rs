//! `release.toml` between inputs and defaults.

use super::{add_wheel, says, validate, workspace, write};
use crate::support::program::{Outcome, Program};
use crate::support::workflow_files::{declared_inputs, root};
use crate::support::world::{Phase, TOKEN, World};

#[test]
fn the_file_stands_above_the_default_and_below_input_and_flag() {
    let workspace = workspace(&[("release.toml", "[validate-wheels]\npackages-dir = \"wheels\"\n")]);
    add_wheel(&workspace, "wheels");
    let outcome = validate(&workspace).run().expect_code(0);
    says(&outcome, &["configured by `release.toml`"]);
    assert_eq!(outcome.output("wheels"), "1");
    let by_input = || validate(&workspace).input("packages-dir", "of-the-input");
    says(&by_input().run().expect_code(64), &["the input `packages-dir`", "`of-the-input`"]);
    let by_flag = by_input().flag("packages-dir", "of-the-flag");
    says(&by_flag.run().expect_code(64), &["the flag `--packages-dir`", "`of-the-flag`"]);
    write(workspace.path(), "release.toml", "packages-dir = \"of-the-file\"\n");
    says(
        &validate(&workspace).run().expect_code(64),
        &["`packages-dir` in `release.toml`, line 1,", "`of-the-file`"],
    );
}

/// The runner hands over every input that `action.yml` declares, with its default or empty.
#[test]
fn what_action_yml_hands_over_hides_nothing_of_the_file() {
    let workspace =
        workspace(&[("release.toml", "packages-dir = \"wheels\"\n[validate-wheels]\nstrict = true\n")]);
    add_wheel(&workspace, "wheels");
    for action in ["action.yml", "bin/action.yml"] {
        let text = std::fs::read_to_string(root().join(action)).expect("the project has it");
        let mut program = Program::bare().current_dir(workspace.path());
        for input in declared_inputs(&text) {
            let default = input.default.filter(|default| !default.contains("${{")).unwrap_or_default();
            program = program.input(&input.name, default);
        }
        let outcome = program.input("mode", "validate-wheels").run().expect_code(0);
        assert_eq!(outcome.output("wheels"), "1", "{action}");
    }
}

#[test]
fn a_whole_release_is_configured_by_the_file_and_its_secrets_by_the_workflow() {
    let world = World::new();
    let addresses = world.universe.addresses();
    let text = format!(
        "title = \"Sample {{version}}\"\n\n[collect-artifacts]\nworkflows = [\"wheels.yml\", \"tools.yml\"]\n\n\
         [publish]\nrepository-url = \"{}\"\nindex-url = \"{}\"\nconcurrency = 2\n",
        addresses.repository_url, addresses.index_url
    );
    world.write("release.toml", text);
    world.play(Phase::VerifyTag);
    world.program("collect-artifacts").input("github-token", TOKEN).run().expect_code(0);
    for phase in [Phase::Validate, Phase::Draft, Phase::Publish, Phase::Release] {
        world.play(phase);
    }
    let titles = world
        .universe
        .github(|github| github.releases().iter().map(|release| release.name.clone()).collect::<Vec<_>>());
    assert_eq!(format!("{titles:?}").matches("Sample 1.2.0").count(), 1, "{titles:?}");
}

fn refused(text: impl AsRef<[u8]>) -> Outcome {
    let workspace = workspace(&[]);
    add_wheel(&workspace, "dist");
    write(workspace.path(), "release.toml", text);
    let outcome = validate(&workspace).secret("hunter2secret").run().expect_code(64);
    assert!(!workspace.path().join("release-manifest").exists(), "something was done\n{}", outcome.told());
    outcome
}

#[test]
fn what_cannot_be_used_stops_every_mode_before_it_looks_at_anything() {
    says(
        &refused("[validate-wheels]\npakages-dir = \"x\"\n"),
        &["`release.toml`, line 2", "did you mean `packages-dir`?"],
    );
    says(&refused("# é\n\n[publish]\ndry-run = \"yes\"\n"), &["line 4", "`dry-run` takes `true` or `false`"]);
    says(&refused("[create-release\n"), &["line 1", "this is no TOML"]);
    says(&refused("password = \"hunter2secret\"\n"), &["line 1", "`password` is a secret"]);
    says(
        &refused("[publish]\ncredentials = [\"pypi = hunter2secret\"]\n"),
        &["line 2", "`credentials` is a secret"],
    );
    says(&refused([0xff, 0xfe, b'a', 0]), &["UTF-16"]);
    says(&refused(b"a = \"\xff\"\n"), &["no text in UTF-8"]);
    says(&refused(format!("# {}\n", "x".repeat(1 << 20))), &["larger than 1 MiB"]);
    says(&refused(format!("a = {}", "[".repeat(200_000))), &["this is no TOML"]);
    says(&refused("sign-tag = true\n"), &["cargo-release", "config: none"]);
    says(&refused("\"::error::\\u001b[31m\" = 1\n"), &["there is no key"]);
}

#[test]
fn a_bad_value_is_told_with_its_line() {
    let text = "[validate-wheels]\n\nignore = [\"metadta\"]\n";
    says(&refused(text), &["`ignore` in `release.toml`, line 3,", "did you mean `metadata`?"]);
    says(&refused("file-size-limit = 0\n"), &["`file-size-limit` in `release.toml`, line 1,"]);
}

#[test]
fn byte_order_mark_and_carriage_returns_are_no_hindrance() {
    let text = "\u{feff}# written on Windows\r\n[validate-wheels]\r\npackages-dir = \"wheels\"\r\n";
    let workspace = workspace(&[("release.toml", text)]);
    add_wheel(&workspace, "wheels");
    validate(&workspace).run().expect_code(0);
}

#[test]
fn the_file_may_be_another_one_or_none() {
    let workspace = workspace(&[
        ("release.toml", "sign-commit = true\n"),
        ("ci/release.toml", "packages-dir = \"wheels\"\n"),
        ("folder.toml/x", ""),
    ]);
    add_wheel(&workspace, "wheels");
    let with = |config: &str| validate(&workspace).input("config", config);
    with("ci/release.toml").run().expect_code(0);
    says(&with("none").run().expect_code(64), &["`packages-dir` (its default)"]);
    says(
        &with("missing.toml").run().expect_code(64),
        &["the input `config`", "`missing.toml`", "does not exist"],
    );
    says(&with("folder.toml").run().expect_code(64), &["the input `config`", "is no file"]);
    says(
        &with("none").input("project", "a").run().expect_code(64),
        &["the input `project`", "no configuration file"],
    );
}

const PROJECTS: &str = "\
[validate-wheels]
packages-dir = \"of-none\"

[project.cog]
tag-prefix = \"v\"
packages-dir = \"cog\"

[project.coglet]
tag-prefix = \"coglet-v\"

[project.coglet.validate-wheels]
packages-dir = \"coglet\"
";

#[test]
fn the_project_is_chosen_by_its_name_or_by_the_tag() {
    let workspace = workspace(&[("release.toml", PROJECTS)]);
    let folder = |program: Program| {
        let outcome = program.run().expect_code(64);
        let log = format!("{}{}", outcome.stdout, outcome.stderr);
        let (_, rest) = log.split_once("names a folder that does not exist: `").expect("no folder is there");
        rest.split('`').next().unwrap_or_default().to_owned()
    };
    assert_eq!(folder(validate(&workspace).input("tag", "v1.2.0")), "cog");
    assert_eq!(folder(validate(&workspace).env("GITHUB_REF", "refs/tags/coglet-v1.2.0")), "coglet");
    assert_eq!(folder(validate(&workspace).input("project", "coglet").input("tag", "v1.2.0")), "coglet");
    assert_eq!(folder(validate(&workspace).env("GITHUB_REF", "refs/heads/main")), "of-none");
    let unknown = validate(&workspace).input("project", "coglte").run().expect_code(64);
    says(&unknown, &["the input `project`", "did you mean `coglet`?"]);
}

/// The outcome of a bump where this file stands, with these inputs.
fn bumped(file: &str, inputs: &[(&str, &str)]) -> Outcome {
    let project = "[project]\nname = \"sample\"\nversion = \"1.2.0\"\n";
    let workspace = workspace(&[("release.toml", file), ("pyproject.toml", project)]);
    let program = Program::mode("bump-version").flag("bump", "minor").current_dir(workspace.path());
    inputs.iter().fold(program, |program, (name, value)| program.input(name, value)).run()
}

#[test]
fn what_the_file_says_is_left_aside_where_somebody_nearer_says_otherwise() {
    let whole = "[bump-version]\ncommit-to = \"branch\"\nbranch = \"main\"\nmessage = \"x\"\ncreate-tag = true\ndispatch = [\"release.yml\"]\n";
    bumped(whole, &[("commit-to", "none")]).expect_code(0);
    // A key for every mode is no word about this one.
    bumped("branch = \"main\"\n", &[]).expect_code(0);
    bumped("branch = \"main\"\ncommit-to = \"none\"\n", &[]).expect_code(0);
}

#[test]
fn what_contradicts_the_same_level_or_one_further_away_is_refused() {
    for (file, inputs, named) in [
        ("[bump-version]\nbranch = \"main\"\n", &[][..], "`branch` in `release.toml`, line 2,"),
        ("message = \"x\"\n", &[], "`message` in `release.toml`, line 1,"),
        ("commit-to = \"none\"\n", &[("message", "x")], "the input `message`"),
        (
            "commit-to = \"branch\"\n",
            &[("commit-to", "none"), ("create-tag", "true")],
            "the input `create-tag`",
        ),
        ("create-tag = false\n", &[("dispatch", "release.yml")], "the input `dispatch`"),
    ] {
        says(&bumped(file, inputs).expect_code(64), &[named]);
    }
}

#[test]
fn keys_about_other_modes_do_not_keep_artifacts_from_being_collected() {
    let workflows = "workflows = [\"wheels.yml\", \"tools.yml\"]\n";
    let collect = |text: &str, input: (&str, &str)| {
        let world = World::new();
        world.write("release.toml", text);
        world.program("collect-artifacts").input("github-token", TOKEN).input(input.0, input.1).run()
    };
    let shared = format!("branch = \"main\"\n[collect-artifacts]\n{workflows}");
    collect(&shared, ("strict", "")).expect_code(0);
    let latest = format!("[collect-artifacts]\nrun = \"latest\"\nbranch = \"main\"\n{workflows}");
    collect(&latest, ("run", "commit")).expect_code(0);
    let waiting = format!("[collect-artifacts]\nwhen-incomplete = \"wait\"\nwait-timeout = 5\n{workflows}");
    collect(&waiting, ("when-incomplete", "fail")).expect_code(0);
    let own = format!("[collect-artifacts]\nbranch = \"main\"\n{workflows}");
    says(&collect(&own, ("strict", "")).expect_code(64), &["`branch` in `release.toml`, line 2,"]);
}
