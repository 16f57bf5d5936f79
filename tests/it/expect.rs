//! What a release has to have: `expect` and `package-tree` of validate-wheels, by the real program.

use std::fs;

use release_action::archive::build::SetBuilder;
use serde_json::Value;

use crate::support::program::{Outcome, Program};

const LINUX: &str = "sample-1.0-cp312-cp312-manylinux_2_28_x86_64.whl";
const WINDOWS: &str = "sample-1.0-cp312-cp312-win_amd64.whl";
const SDIST: &str = "sample-1.0.tar.gz";

/// A folder whose `dist` holds the files of these sets.
fn holding(sets: &[SetBuilder]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("dist")).expect("made");
    for (name, bytes) in sets.iter().flat_map(SetBuilder::build) {
        fs::write(folder.path().join("dist").join(name.as_str()), bytes).expect("written");
    }
    folder
}

fn validate(folder: &tempfile::TempDir) -> Program {
    Program::mode("validate-wheels").current_dir(folder.path())
}

/// What the run found of the rule: the file's name and the message.
fn found(outcome: &Outcome, check: &str) -> Vec<String> {
    let findings = outcome.report["findings"].as_array().cloned().unwrap_or_default();
    let of_rule = findings.iter().filter(|finding| finding["check"] == check);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    of_rule
        .map(|finding| {
            let file = text(&finding["file"]);
            format!("{} {}", file.rsplit('/').next().unwrap_or_default(), text(&finding["message"]))
                .trim()
                .to_owned()
        })
        .collect()
}

/// Judges a set by a matrix: the files that are missing and those that nobody expects.
#[track_caller]
fn check(change: impl Fn(&mut SetBuilder), expect: &str, missing: &[&str], extra: &[&str]) -> Outcome {
    let mut set = SetBuilder::new("sample", "1.0");
    change(&mut set);
    let folder = holding(&[set]);
    let code = i32::from(!missing.is_empty());
    let outcome = validate(&folder).input("expect", expect).run().expect_code(code);
    assert_eq!(found(&outcome, "set/expected-missing"), missing, "{}", outcome.told());
    let extra: Vec<_> = extra.iter().map(|file| format!("{file} no line of `expect` asks for it")).collect();
    assert_eq!(found(&outcome, "set/not-expected"), extra, "{}", outcome.told());
    assert_eq!(folder.path().join("release-manifest").exists(), code == 0);
    outcome
}

#[test]
fn a_set_that_has_what_was_asked_for_passes() {
    let good = |_: &mut SetBuilder| {};
    check(good, "sdist\ncp312: manylinux_2_28_x86_64, win_amd64", &[], &[]);
    check(good, "sdist\n# all of them\ncp312", &[], &[]);
    check(good, "manylinux_*_x86_64 win_amd64 sdist", &[], &[]);
    check(good, "sdist\ncp312: manylinux_2_34_x86_64\ncp312-cp312-win_amd64", &[], &[]);
    check(good, "[Sample]\nsdist\ncp312", &[], &[]);
}

#[test]
fn what_is_missing_stops_the_run_and_says_what_comes_near() {
    check(
        |_| {},
        "sdist\ncp311..cp312: manylinux_2_17_x86_64, win_amd64",
        &[
            "line 2 of `expect` asks for `cp311: manylinux_2_17_x86_64`, and no file is that",
            &format!(
                "line 2 of `expect` asks for `cp311: win_amd64`, and no file is that; `{WINDOWS}` comes near"
            ),
            &format!(
                "line 2 of `expect` asks for `cp312: manylinux_2_17_x86_64`, and no file is that; `{LINUX}` comes near"
            ),
        ],
        &[LINUX],
    );
    check(
        |set| set.sdists.clear(),
        "sdist\ncp312",
        &["line 1 of `expect` asks for `sdist`, and no file is that"],
        &[],
    );
    // A project that has no file at all.
    let missing = "line 2 of `expect` asks for `sdist`, and no file is that";
    check(|_| {}, "[other]\nsdist\n[sample]\nsdist\ncp312", &[missing], &[]);
}

#[test]
fn a_missing_wheel_cannot_be_ignored() {
    let folder = holding(&[SetBuilder::new("sample", "1.0")]);
    let expect = "sdist, cp312\nmusllinux_1_2_x86_64";
    let outcome = validate(&folder).input("expect", expect).input("ignore", "set").run();
    assert_eq!(outcome.code, Some(1), "{}", outcome.told());
    let one = validate(&folder).input("expect", "cp312 sdist").input("ignore", "set/expected-missing").run();
    assert_eq!(one.code, Some(64), "{}", one.told());
}

#[test]
fn what_nobody_expects_is_a_warning() {
    check(|_| {}, "cp312: win_amd64", &[], &[LINUX, SDIST]);
    check(|_| {}, "[sample]\nsdist\nwin_amd64", &[], &[LINUX]);
    let folder = holding(&[SetBuilder::new("sample", "1.0")]);
    validate(&folder).input("expect", "cp312").input("strict", "true").run().expect_code(1);
}

#[test]
fn each_project_has_to_have_what_no_section_limits() {
    let mut other = SetBuilder::new("other", "1.0");
    other.wheels.truncate(1);
    let folder = holding(&[SetBuilder::new("sample", "1.0"), other]);
    let outcome = validate(&folder).input("expect", "sdist\ncp312: win_amd64, manylinux_*_x86_64").run();
    let missing = "line 2 of `expect` asks for `cp312: win_amd64`, and no file of `other` is that";
    assert_eq!(found(&outcome, "set/expected-missing"), [missing], "{}", outcome.told());
    let sections = "sdist\ncp312: manylinux_*_x86_64\n[sample]\nwin_amd64";
    let outcome = validate(&folder).input("expect", sections).run().expect_code(0);
    assert_eq!(found(&outcome, "set/not-expected"), [""; 0]);
}

/// A text that cannot be meant: nothing is looked at, and the message helps.
#[track_caller]
fn refused(expect: &str, told: &[&str]) {
    let folder = holding(&[SetBuilder::new("sample", "1.0")]);
    let outcome = validate(&folder).input("expect", expect).run().expect_code(64);
    for part in told {
        assert!(outcome.stderr.contains(part), "{part}: {}", outcome.told());
    }
    assert!(!folder.path().join("release-manifest").exists());
}

#[test]
fn a_typo_is_refused_with_its_line_and_the_nearest_word() {
    refused("sdist\ncp31: win_amd64", &["line 2", "`cp31` is no interpreter", "did you mean `cp31"]);
    refused("cp312: win_amd46", &["line 1", "`win_amd46` is no platform", "did you mean `win_amd64`?"]);
    refused("cp312: manylinux_2_28_x86_46", &["did you mean `manylinux_2_28_x86_64`?"]);
    refused("cp312: macosx_*_univeral2", &["did you mean `macosx_*_universal2`?"]);
    refused("sdits", &["`sdits` is no interpreter, platform, tag or `sdist`", "did you mean `sdist`?"]);
    refused("py3-nnoe-any", &["`nnoe` is no ABI", "did you mean `none`?"]);
    refused("cp312..cp311", &["line 1", "`cp312..cp311` ends before it begins", "docs/expect.md"]);
    refused("cp312 win_amd64", &["`win_amd64` stands beside words of another kind"]);
    refused("# later", &["no line asks for anything"]);
    refused("[no name]\nsdist", &["`[no name]` names no project"]);
}

#[test]
fn the_command_line_takes_a_line_a_flag() {
    let folder = holding(&[SetBuilder::new("sample", "1.0")]);
    let program = validate(&folder).flag("expect", "sdist").flag("expect", "cp312..cp313: win_amd64");
    let outcome = program.run().expect_code(1);
    assert_eq!(found(&outcome, "set/expected-missing").len(), 1, "{}", outcome.told());
}

#[test]
fn what_is_said_stands_above_what_is_guessed() {
    let mut set = SetBuilder::new("sample", "1.0");
    set.sdists.clear();
    let folder = holding(&[set]);
    let guessed = validate(&folder).run().expect_code(0);
    assert_eq!(found(&guessed, "set/no-sdist"), ["`sample` has 2 wheels and no sdist"]);
    let said = validate(&folder).input("expect", "cp312").input("strict", "true").run().expect_code(0);
    assert_eq!(said.output("ignored"), "1");
    validate(&folder).input("expect", "cp312").input("fail-on", "set/no-sdist").run().expect_code(1);
}

#[test]
fn a_file_that_cannot_be_read_is_not_missing() {
    let folder = holding(&[SetBuilder::new("sample", "1.0")]);
    fs::write(folder.path().join("dist").join(WINDOWS), b"no wheel").expect("written");
    let outcome = validate(&folder).input("expect", "sdist\ncp312: win_amd64 manylinux_2_28_x86_64").run();
    assert_eq!(outcome.code, Some(1));
    assert_eq!(found(&outcome, "set/expected-missing"), [""; 0], "{}", outcome.told());
}

#[test]
fn wheels_are_compared_with_the_packages_in_the_checkout() {
    let folder = holding(&[SetBuilder::new("sample", "1.0")]);
    let package = folder.path().join("src/sample");
    fs::create_dir_all(package.join("__pycache__")).expect("made");
    for file in ["__init__.py", "_speedups.c", ".hidden", "__pycache__/x.pyc"] {
        fs::write(package.join(file), "").expect("written");
    }
    let run = |tree: &str| validate(&folder).input("package-tree", tree).run();
    let good = run("src/sample").expect_code(0);
    assert!(
        found(&good, "contents/missing-source").is_empty() && found(&good, "contents/extra-file").is_empty()
    );
    run("sample=src/sample").expect_code(0);
    fs::write(package.join("new.py"), "").expect("written");
    fs::rename(package.join("__init__.py"), package.join("other.py")).expect("moved");
    let bad = run("src/sample").expect_code(0);
    assert_eq!(found(&bad, "contents/missing-source").len(), 4, "{}", bad.told());
    assert_eq!(found(&bad, "contents/extra-file").len(), 2, "{}", bad.told());
    let nowhere = run("src/smaple").expect_code(64);
    assert!(nowhere.stderr.contains("there is no folder `src/smaple`"), "{}", nowhere.told());
    run("a-b").expect_code(64);
}
