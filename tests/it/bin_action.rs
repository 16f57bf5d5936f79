//! The action without a container, `bin/action.yml`: it fetches the program that its commit pins, proves it, and runs
//! it with the inputs that the container would get. Played by bash and curl as on a runner, against a server here.

mod play;
mod releases;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use release_action::action::schema::aliases::alias_names;
use release_action::action::schema::{INPUTS, OUTPUTS, variable};
use release_action::archive::build::WheelBuilder;
use serde_json::{Value, json};

use crate::support::tools::{python, run};
use crate::support::workflow_files::root;
use crate::support::yaml;

use play::Runner;
use releases::{Answer, Releases, SYSTEMS, TAG};

/// A program that leaves its environment in the file `environment` of the workspace.
const TELLS_ITS_ENVIRONMENT: &str =
    "#!/usr/bin/env bash\nenv -0 >environment\necho outcome=done >>\"$GITHUB_OUTPUT\"\n";

fn action() -> Value {
    yaml::read(&fs::read_to_string(root().join("bin/action.yml")).expect("it is generated"))
}

#[test]
fn the_action_validates_wheels_with_the_program_that_is_pinned() {
    let program = fs::read(env!("CARGO_BIN_EXE_release-action")).expect("it was built");
    let releases = Releases::serving(&program);
    let runner = Runner::new(&releases);
    let (name, bytes) = WheelBuilder::new("sample", "1.2.0", "py3", "none", "any").build();
    fs::create_dir(runner.workspace().join("wheels")).expect("a temporary folder can be written to");
    fs::write(runner.workspace().join("wheels").join(name.to_string()), bytes).expect("as above");

    let inputs = [("mode", "validate-wheels"), ("packages-dir", "wheels")];
    let outcome = runner.play(&action(), &inputs);
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    let output = |name: &str| outcome.outputs.get(name).map_or("", String::as_str);
    assert_eq!((output("outcome"), output("wheels"), output("version")), ("done", "1", "1.2.0"));
    assert!(runner.workspace().join("release-manifest/manifest.json").is_file());

    let again = runner.play(&action(), &inputs);
    assert_eq!(again.outputs.get("outcome").map(String::as_str), Some("already-done"), "{}", again.log);
    assert_eq!(releases.requests().len(), 1, "what is proven already is not fetched again");

    fs::write(runner.workspace().join("wheels").join(name.to_string()), b"no wheel").expect("as above");
    let bad = runner.play(&action(), &inputs);
    assert_eq!(bad.code, 1, "the program's exit code is the step's\n{}", bad.log);
    assert_eq!(bad.outputs.get("outcome").map(String::as_str), Some("blocked"));
}

#[test]
fn every_input_arrives_as_it_was_written_and_runs_nothing() {
    let releases = Releases::serving(TELLS_ITS_ENVIRONMENT.as_bytes());
    let runner = Runner::new(&releases);
    let hostile = "a\"; touch gone; $(touch gone) `touch gone` 'b'\n${{ github.token }} %TEMP% /c\\d\u{e9}";
    let names: Vec<_> = INPUTS.iter().map(|input| input.name).chain(alias_names()).collect();
    let given: Vec<_> = names.iter().map(|name| (*name, hostile)).collect();
    let outcome = runner.play(&action(), &given);
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    assert!(!runner.workspace().join("gone").exists(), "an input was run");

    let bytes = fs::read(runner.workspace().join("environment")).expect("the program wrote it");
    let text = String::from_utf8(bytes).expect("what was given is UTF-8");
    let seen: BTreeMap<_, _> = text.split('\0').filter_map(|line| line.split_once('=')).collect();
    for name in &names {
        assert_eq!(seen.get(variable(name).as_str()), Some(&hostile), "{name}");
    }
    assert_eq!(seen.keys().filter(|name| name.starts_with("INPUT_")).count(), names.len());
}

#[test]
fn inputs_that_are_not_given_have_the_defaults_of_the_container() {
    let releases = Releases::serving(TELLS_ITS_ENVIRONMENT.as_bytes());
    let runner = Runner::new(&releases);
    runner.play(&action(), &[("mode", "publish")]);
    let bytes = fs::read(runner.workspace().join("environment")).expect("the program wrote it");
    let text = String::from_utf8_lossy(&bytes);
    let of_container = yaml::read(&fs::read_to_string(root().join("action.yml")).expect("it is there"));
    for (name, input) in of_container["inputs"].as_object().expect("inputs") {
        let expected = match input["default"].as_str().unwrap_or_default() {
            "${{ github.token }}" => play::TOKEN,
            default => default,
        };
        let expected = if name == "mode" { "publish" } else { expected };
        assert!(text.split('\0').any(|line| line == format!("{}={expected}", variable(name))), "{name}");
    }
}

/// The secrets of a step are not given to what is fetching its program.
#[test]
fn only_the_step_that_runs_the_program_knows_the_inputs() {
    let action = action();
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let [fetch, run] = &steps[..] else { panic!("two steps: {steps:?}") };
    assert_eq!(fetch["env"], json!({ "ACTION_REPOSITORY": "${{ github.action_repository }}" }));
    assert_eq!(
        run["env"].as_object().map(serde_json::Map::len),
        Some(INPUTS.len() + alias_names().len() + 2)
    );
    for step in steps {
        assert!(!step["run"].to_string().contains("${{"), "a text in a script is run: {step}");
    }
    let outputs = action["outputs"].as_object().expect("outputs");
    assert_eq!(outputs.len(), OUTPUTS.len());
    for (name, output) in outputs {
        assert_eq!(output["value"], format!("${{{{ steps.run.outputs.{name} }}}}"));
    }
}

#[test]
fn each_runner_fetches_the_program_of_its_system() {
    for (os, arch, file) in SYSTEMS {
        let releases = Releases::serving(b"#!/bin/sh\n");
        let runner = Runner::new(&releases).on(os, arch);
        let fetched = runner.fetch();
        assert_eq!(fetched.code, 0, "{os} {arch}: {}", fetched.log);
        assert_eq!(releases.requests(), [format!("/acme/tool/releases/download/{TAG}/{file}")]);
        let program = &fetched.outputs["program"];
        assert_eq!(program.ends_with(".exe"), os == "Windows", "{program}");
        assert_eq!(fs::read(program).expect("it was fetched"), b"#!/bin/sh\n");
    }
}

#[test]
fn a_program_with_another_checksum_is_neither_run_nor_left() {
    let releases = Releases::serving(TELLS_ITS_ENVIRONMENT.as_bytes());
    releases.answer_with(Answer::Body(b"#!/bin/sh\ntouch run\n".to_vec()));
    let runner = Runner::new(&releases);
    let outcome = runner.play(&action(), &[("mode", "publish")]);
    assert_eq!(outcome.code, 2, "{}", outcome.log);
    assert!(outcome.log.contains("::error title=release-action::"), "{}", outcome.log);
    assert!(outcome.log.contains("but bin/checksums.txt says"), "{}", outcome.log);
    assert!(!runner.workspace().join("run").exists(), "it was run");
    assert_eq!(runner.fetched_files(), Vec::<String>::new());
}

#[test]
fn a_program_that_cannot_be_had_whole_stops_the_step() {
    let whole = TELLS_ITS_ENVIRONMENT.as_bytes();
    for answer in [Answer::Missing, Answer::Truncated(whole.to_vec()), Answer::Nothing] {
        let releases = Releases::serving(whole);
        releases.answer_with(answer.clone());
        let runner = Runner::new(&releases);
        let outcome = runner.fetch();
        assert_eq!(outcome.code, 2, "{answer:?}: {}", outcome.log);
        assert!(outcome.log.contains("could not be fetched"), "{answer:?}: {}", outcome.log);
        assert_eq!(runner.fetched_files(), Vec::<String>::new(), "{answer:?}");
        assert!(outcome.outputs.is_empty(), "{answer:?}");
    }
}

#[test]
fn a_download_that_moved_is_followed() {
    let releases = Releases::serving(TELLS_ITS_ENVIRONMENT.as_bytes());
    releases.answer_with(Answer::Moved);
    let outcome = Runner::new(&releases).fetch();
    assert_eq!(outcome.code, 0, "{}", outcome.log);
    assert_eq!(releases.requests().last().map(String::as_str), Some("/elsewhere"));
}

#[test]
fn what_an_earlier_step_changed_is_fetched_again() {
    let releases = Releases::serving(TELLS_ITS_ENVIRONMENT.as_bytes());
    let runner = Runner::new(&releases);
    let program = runner.fetch().outputs["program"].clone();
    fs::write(&program, "#!/bin/sh\ntouch run\n").expect("it is ours");
    assert_eq!(runner.fetch().code, 0);
    assert_eq!(fs::read_to_string(&program).expect("it is there"), TELLS_ITS_ENVIRONMENT);

    fs::write(&program, "#!/bin/sh\ntouch run\n").expect("it is ours");
    releases.answer_with(Answer::Missing);
    assert_eq!(runner.fetch().code, 2);
    assert_eq!(runner.fetched_files(), Vec::<String>::new(), "the changed program is still there");
}

#[test]
fn a_runner_or_commit_without_a_program_is_told_so() {
    let releases = Releases::serving(b"x");
    for (os, arch) in [("Windows", "ARM64"), ("Linux", "ARM"), ("Haiku", "X64")] {
        let outcome = Runner::new(&releases).on(os, arch).fetch();
        assert_eq!(outcome.code, 2, "{}", outcome.log);
        assert!(outcome.log.contains(&format!("there is no program for {os} on {arch}")), "{}", outcome.log);
    }
    let pins = releases.pins();
    let [first, ..] = pins.lines().collect::<Vec<_>>()[..] else { panic!("{pins}") };
    let linux = "release-action-x86_64-unknown-linux-musl";
    for (pins, why) in [
        (String::new(), format!("lists no {linux}; use the action at the tag of a release")),
        (format!("# nothing yet\n{first}\n"), format!("lists no {linux}")),
        (format!("{pins}{pins}"), format!("lists {linux} twice")),
        (format!("abc  {TAG}/{linux}\n"), format!("no SHA-256 and path for {linux}")),
        (format!("{}  ../../x/{linux}\n", "0".repeat(64)), format!("no SHA-256 and path for {linux}")),
    ] {
        let outcome = Runner::new(&releases).pinned(&pins).fetch();
        assert_eq!(outcome.code, 2, "{}", outcome.log);
        assert!(outcome.log.contains(&why), "{}", outcome.log);
    }
    assert_eq!(releases.requests(), Vec::<String>::new());
}

/// The runner leaves the variable empty in some cases.
#[test]
fn without_the_runners_word_the_repository_is_told_by_the_folder_of_the_action() {
    for (folder, expected) in
        [("_actions/acme/other/feature/x/bin", "acme/other"), ("checkout/bin", "owner/of-the-job")]
    {
        let releases = Releases::serving(b"x");
        let outcome = Runner::new(&releases).in_folder(folder).fetch();
        assert_eq!(outcome.code, 0, "{}", outcome.log);
        let [request] = &releases.requests()[..] else { panic!("one request") };
        assert!(request.starts_with(&format!("/{expected}/releases/")), "{request}");
    }
}

/// `scripts/pin_programs.py` on a folder.
fn pin(folder: &std::path::Path, arguments: &[&str]) -> Option<Result<String, String>> {
    let mut script = python()?.command("python");
    script.arg(root().join("scripts/pin_programs.py")).arg("--file").arg(folder.join("checksums.txt"));
    Some(run(script.args(arguments).arg(folder)))
}

#[test]
fn the_script_pins_what_the_action_then_takes() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (_, _, file) in SYSTEMS {
        fs::write(folder.path().join(file), "x").expect("a temporary folder can be written to");
    }
    let Some(pinned) = pin(folder.path(), &[TAG]) else { return };
    pinned.expect("it pins");
    let text = fs::read_to_string(folder.path().join("checksums.txt")).expect("it was written");
    let releases = Releases::serving(b"x");
    assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), SYSTEMS.len());
    assert_eq!(Runner::new(&releases).pinned(&text).fetch().code, 0);

    let checked = |arguments: &[&str]| pin(folder.path(), arguments).expect("Python was there just now");
    checked(&["--check", TAG]).expect("nothing changed");
    checked(&["--check", "v9.9.9"]).expect_err("another tag");
    checked(&["main"]).expect_err("no tag of a release");
    fs::write(folder.path().join(SYSTEMS[0].2), "y").expect("as above");
    checked(&["--check", TAG]).expect_err("other bytes");
    fs::remove_file(folder.path().join(SYSTEMS[0].2)).expect("as above");
    checked(&[TAG]).expect_err("a system without a program");
}

#[test]
fn the_projects_own_list_is_one_that_the_script_writes() {
    let text = fs::read_to_string(root().join("bin/checksums.txt")).expect("it is there");
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(lines.is_empty() || lines.len() == SYSTEMS.len(), "{lines:?}");
    for ((_, _, file), line) in SYSTEMS.iter().zip(lines) {
        assert!(line.ends_with(&format!("/{file}")), "{line}");
    }
    let script = fs::read_to_string(root().join("scripts/pin_programs.py")).expect("it is there");
    assert!(text.lines().take(2).all(|line| script.contains(line)), "another preface");
}

#[test]
fn the_workflow_builds_the_program_of_each_system() {
    let text = fs::read_to_string(root().join(".github/workflows/programs.yml")).expect("it is there");
    let workflow = yaml::read(&text);
    let rows = workflow["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().expect("a matrix");
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let built =
        rows.iter().map(|row| format!("release-action-{}{}", text(row, "target"), text(row, "suffix")));
    assert_eq!(built.collect::<Vec<_>>(), SYSTEMS.map(|(_, _, file)| file));
}

fn shellcheck() -> Option<Command> {
    let mut shellcheck = python()?.command("shellcheck");
    shellcheck.args(["--severity=style", "--format=gcc"]);
    Some(shellcheck)
}

#[test]
fn shellcheck_finds_nothing() {
    let Some(mut shellcheck) = shellcheck() else { return };
    let scripts = ["bin/fetch.sh", ".ci/run"].map(|script| root().join(script));
    run(shellcheck.args(scripts)).expect("nothing is found");
}

#[test]
fn shellcheck_finds_a_word_that_bash_would_split() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let text = fs::read_to_string(root().join("bin/fetch.sh")).expect("it is there");
    let script = folder.path().join("fetch.sh");
    let broken = text.replace("--output \"$partial\"", "--output $partial");
    assert_ne!(broken, text);
    fs::write(&script, broken).expect("a temporary folder can be written to");
    let Some(mut shellcheck) = shellcheck() else { return };
    let found = run(shellcheck.arg(script)).expect_err("a quote is missing");
    assert!(found.contains("SC2086"), "{found}");
}
