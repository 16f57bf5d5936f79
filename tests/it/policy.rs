//! What the user makes of findings: `strict`, `fail-on` and `ignore`, by the real program.

use std::fs;

use release_action::archive::build::WheelBuilder;
use release_action::checks::{self, Run};

use crate::support::program::{Outcome, Program};
use crate::support::world::{Phase, World, small_release};

/// A note, a warning and an error about wheels.
const NOTE: &str = "filename/tag-order";
const WARNING: &str = "filename/tag-repeated";
const ERROR: &str = "record/digest-mismatch";

/// A wheel that breaks the rule `id`.
pub(crate) fn breaks(id: &str) -> (String, Vec<u8>) {
    let check = checks::all().find(|check| check.rule.id == id).expect("a rule");
    match check.run {
        Run::File { specimen, .. } => specimen(),
        Run::Wheel { specimen, .. } => {
            let mut wheel = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
            specimen(&mut wheel);
            let (name, bytes) = wheel.build();
            (name.to_string(), bytes)
        }
        Run::Sdist { .. } | Run::Crate { .. } | Run::Set { .. } => panic!("`{id}` is not about one wheel"),
    }
}

/// A folder whose `dist` holds a wheel that breaks the rule `id`.
pub(crate) fn holding(id: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (name, bytes) = breaks(id);
    fs::create_dir(folder.path().join("dist")).expect("made");
    fs::write(folder.path().join("dist").join(name), bytes).expect("written");
    folder
}

pub(crate) fn validate(folder: &tempfile::TempDir) -> Program {
    Program::mode("validate-wheels").current_dir(folder.path())
}

/// The exit code of validate-wheels over a wheel that breaks `id`, with these inputs.
#[track_caller]
fn check(id: &str, inputs: &[(&str, &str)], code: i32) -> Outcome {
    let folder = holding(id);
    let program = inputs.iter().fold(validate(&folder), |program, (name, value)| program.input(name, value));
    let outcome = program.run().expect_code(code);
    assert_eq!(folder.path().join("release-manifest").exists(), code == 0, "{}", outcome.told());
    outcome
}

#[test]
fn by_itself_an_error_stops_the_run_and_nothing_else_does() {
    check(ERROR, &[], 1);
    let warned = check(WARNING, &[], 0);
    assert_ne!((warned.output("warnings"), warned.output("errors")), ("0", "0"));
    let noted = check(NOTE, &[], 0);
    assert_eq!((noted.output("warnings"), noted.output("notes")), ("0", "1"));
}

#[test]
fn how_large_a_file_may_be_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut wheel = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
    let noise = (0..1_u64 << 18).flat_map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    wheel.member("sample/data.bin", noise.collect::<Vec<_>>());
    let (name, bytes) = wheel.build();
    fs::create_dir(folder.path().join("dist")).expect("made");
    fs::write(folder.path().join("dist").join(name.as_str()), bytes).expect("written");
    let told = |limit: &str, code: i32| {
        validate(&folder)
            .input("dry-run", "true")
            .input("file-size-limit", limit)
            .run()
            .expect_code(code)
            .told()
    };
    assert!(told("1", 1).contains("may have 1048576"));
    told("3", 0);
    for limit in ["0", "1025", "1.5", "100 MB"] {
        let text = told(limit, 64);
        assert!(text.contains("`file-size-limit`") && text.contains("MiB from 1 to 1024"), "{text}");
    }
}

#[test]
fn a_lower_bar_stops_at_more() {
    check(WARNING, &[("strict", "true")], 1);
    check(NOTE, &[("strict", "true")], 0);
    check(WARNING, &[("fail-on", "warning")], 1);
    check(NOTE, &[("fail-on", "warning")], 0);
    let raised = check(NOTE, &[("fail-on", "info")], 1);
    let finding = &raised.report["findings"][0];
    assert_eq!((&finding["severity"], &finding["raised_from"]), (&"error".into(), &"info".into()));
    assert!(raised.stderr.contains("1 error weighs less by themselves"), "{}", raised.told());
    assert_eq!((raised.output("errors"), raised.output("outcome")), ("1", "blocked"));
}

#[test]
fn rules_and_families_stop_the_run_and_errors_still_do() {
    check(NOTE, &[("fail-on", NOTE)], 1);
    check(NOTE, &[("fail-on", "record\nfilename")], 1);
    check(NOTE, &[("fail-on", "record")], 0);
    check(ERROR, &[("fail-on", "filename")], 1);
}

#[test]
fn what_is_ignored_is_told_once_and_stops_nothing() {
    for name in [ERROR, "record"] {
        let outcome = check(ERROR, &[("ignore", name), ("strict", "true")], 0);
        assert_eq!((outcome.output("ignored"), outcome.output("errors")), ("1", "0"));
        assert_eq!(outcome.stderr.matches(ERROR).count(), 1, "{}", outcome.told());
        assert!(outcome.stderr.contains("1 finding ignored by policy: `record/digest-mismatch`"));
        assert!(outcome.summary.contains("1 finding ignored by policy"), "{}", outcome.summary);
        assert_eq!(outcome.report["ignored"][0]["check"], ERROR);
        assert_eq!(outcome.report["findings"], serde_json::json!([]));
    }
    check(ERROR, &[("ignore", "filename, metadata")], 1);
    check(ERROR, &[("ignore", ERROR), ("fail-on", "record")], 0);
}

#[test]
fn an_error_of_the_container_is_ignored_by_its_id_only() {
    check("archive/data-descriptor", &[("ignore", "archive")], 1);
    check("archive/data-descriptor", &[("ignore", "archive/data-descriptor")], 0);
}

#[test]
fn nothing_is_ignored_about_a_file_that_was_not_verified() {
    for id in ["archive/unreadable", "filename/extension", "filename/wheel-parts"] {
        let outcome = check(id, &[("ignore", &format!("{id}, filename, archive, metadata, wheel-file"))], 1);
        assert!(outcome.finds(id, ""), "{id} {}", outcome.told());
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("dist")).expect("made");
    let outcome = validate(&folder).input("ignore", "set").run().expect_code(1);
    assert!(outcome.finds("set/empty", ""), "{}", outcome.told());
}

#[test]
fn every_rule_about_one_wheel_can_be_named_and_a_run_that_passes_has_bound_all_its_files() {
    // The promise: whatever is ignored, a run that ends well has a manifest that names the file.
    for check in checks::all().filter(|check| matches!(check.run, Run::Wheel { .. })).step_by(7) {
        let folder = holding(check.rule.id);
        let families: Vec<_> = checks::all().map(|check| check.rule.id).collect();
        let outcome = validate(&folder).input("ignore", families.join(",")).run();
        let manifest = fs::read_to_string(folder.path().join("release-manifest/manifest.json"));
        match outcome.code {
            Some(0) => assert!(manifest.expect("it was left").contains(".whl"), "{}", check.rule.id),
            Some(1) => assert!(manifest.is_err() && outcome.output("errors") != "0", "{}", outcome.told()),
            _ => panic!("{} {}", check.rule.id, outcome.told()),
        }
    }
}

#[test]
fn names_that_no_rule_has_are_refused() {
    let folder = holding(NOTE);
    for (input, value, said) in [
        ("ignore", "recrod", "did you mean `record`?"),
        ("ignore", "record/digest-mismach", "did you mean `record/digest-mismatch`?"),
        ("fail-on", "warnings", "did you mean `warning`?"),
        ("fail-on", "none", "`release-action checks` lists them all"),
        ("ignore", "set/empty", "`set/empty` cannot be ignored: nothing would be verified"),
        ("ignore", "manifest/mismatch", "cannot be ignored"),
        ("ignore", "publish/other-bytes", "says nothing about the contents of files"),
        ("ignore", "warning", "neither a rule nor a family"),
        ("strict", "yes", "neither `true` nor `false`"),
        ("verbose", "yes", "neither `true` nor `false`"),
        ("sarif", "-", "SARIF goes to a file"),
        ("sarif", "dist/found.sarif", "among the files of the release"),
        ("records", "all", "none of `validation`, `checksums` and `build-info`"),
    ] {
        let outcome = validate(&folder).flag(input, value).run();
        let outcome = if ["strict", "verbose"].contains(&input) {
            validate(&folder).input(input, value).run()
        } else {
            outcome
        };
        let outcome = outcome.expect_code(64);
        assert!(outcome.stderr.contains(said), "{input}={value}: {}", outcome.told());
    }
    let both = validate(&folder).flag("ignore", "record").flag("fail-on", "record").run().expect_code(64);
    assert!(both.stderr.contains("stands in `fail-on` too"), "{}", both.told());
}

#[test]
fn the_later_modes_judge_by_the_policy_where_they_judge() {
    let world = World::new();
    world.play_until(Phase::Validate);
    world.write("dist/readme.txt", "a stray file is a warning");
    for phase in [Phase::Draft, Phase::Publish] {
        let before = world.writes();
        let outcome = world.phase(phase).input("strict", "true").run().expect_code(1);
        assert!(outcome.finds("set/stray-file", "readme.txt"), "{}", outcome.told());
        assert_eq!(world.writes(), before);
    }
    world.phase(Phase::Draft).input("strict", "true").input("ignore", "set/stray-file").run().expect_code(0);
    // Vetted is vetted: the manifest says so.
    world.play(Phase::Validate);
    world.phase(Phase::Publish).input("strict", "true").run().expect_code(0);
}

#[test]
fn a_stray_file_stops_a_strict_run_and_its_manifest() {
    let world = World::new();
    let (name, bytes) = small_release().swap_remove(0);
    world.write(&format!("dist/{name}"), bytes);
    world.write("dist/readme.txt", "x");
    let outcome = world.phase(Phase::Validate).input("strict", "true").run().expect_code(1);
    assert_eq!(outcome.output("manifest"), "", "{}", outcome.told());
    assert!(!world.path("release-manifest").exists());
    let outcome = world.phase(Phase::Validate).input("ignore", "set").run().expect_code(0);
    assert_eq!(outcome.output("ignored"), "1", "{}", outcome.told());
}
