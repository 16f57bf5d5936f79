//! What validate-wheels leaves for people and machines beside its manifest, and the commands about rules.

use std::fs;

use serde_json::Value;

use crate::policy::{breaks, holding, validate};
use crate::support::program::Program;
use crate::support::tools::node;
use crate::support::world::{PHASES, Phase, World};

const NOTE: &str = "filename/tag-order";

#[test]
fn notes_about_files_are_counted_and_told_on_request() {
    let folder = holding(NOTE);
    let quiet = validate(&folder).run().expect_code(0);
    assert!(!quiet.stderr.contains(NOTE) && !quiet.summary.contains(NOTE), "{}", quiet.told());
    assert!(quiet.stderr.contains("1 note left out here"), "{}", quiet.told());
    assert!(quiet.summary.contains("1 note"), "{}", quiet.summary);
    assert!(quiet.finds(NOTE, ".whl"), "the report has it");
    for input in ["verbose", "strict"] {
        let told = validate(&folder).input(input, "true").run().expect_code(0);
        assert!(told.stderr.contains(NOTE) && told.summary.contains(NOTE), "{input} {}", told.told());
    }
}

#[test]
fn the_summary_shows_platforms_and_interpreters() {
    let world = World::new();
    world.play_until(Phase::Validate);
    let outcome = world.play(Phase::Validate);
    let (_, table) = outcome.summary.split_once("### Platforms\n\n").expect("a table");
    let lines: Vec<_> = table.lines().take(4).collect();
    assert_eq!(lines[0], "| platform | in fact | cp312 |");
    assert!(lines[2].starts_with("| `manylinux_2_28_x86_64` | ") && lines[2].ends_with(" |"), "{table}");
    assert!(lines[3].starts_with("| `win_amd64` | "), "{table}");
    assert!(table.contains("\nsdist: `sample-1.2.0.tar.gz` ("), "{table}");
    let files = outcome.report["files"].as_array().expect("a list");
    let kinds: Vec<_> = files.iter().map(|file| file["kind"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds, ["wheel", "wheel", "sdist", "other"], "{files:?}");
    assert_eq!(files[0]["interpreter"], "cp312");
}

#[test]
fn a_blocked_run_still_shows_what_there_is() {
    let outcome = validate(&holding("record/digest-mismatch")).run().expect_code(1);
    assert_eq!(outcome.report["files"].as_array().map(Vec::len), Some(1), "{}", outcome.told());
    assert!(outcome.summary.contains("| platform | py3 |"), "{}", outcome.summary);
}

/// SARIF of a run over wheels that break these rules.
fn sarif(ids: &[&str], inputs: &[(&str, &str)]) -> Value {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("dist")).expect("made");
    for id in ids {
        let (name, bytes) = breaks(id);
        fs::write(folder.path().join("dist").join(name), bytes).expect("written");
    }
    let program = inputs.iter().fold(validate(&folder), |program, (name, value)| program.input(name, value));
    let outcome = program.input("sarif", "found.sarif").run();
    let text = fs::read_to_string(folder.path().join("found.sarif"));
    serde_json::from_str(&text.unwrap_or_else(|error| panic!("{error} {}", outcome.told()))).expect("JSON")
}

#[test]
fn sarif_names_rule_file_and_member() {
    let found = sarif(&["record/digest-mismatch", NOTE], &[]);
    let run = &found["runs"][0];
    let results = run["results"].as_array().expect("results");
    let result = |id: &str| results.iter().find(|result| result["ruleId"] == id).expect("it is there");
    let mismatch = result("record/digest-mismatch");
    assert_eq!(mismatch["level"], "error");
    let location = &mismatch["locations"][0];
    let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("a path");
    assert!(uri.starts_with("dist/sample-1.0-") && uri.ends_with(".whl"), "{uri}");
    assert!(location["logicalLocations"][0]["name"].is_string(), "{location}");
    assert_eq!(result(NOTE)["level"], "note");
    let quiet = sarif(&["record/digest-mismatch"], &[("ignore", "record")]);
    assert_eq!(quiet["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn sarif_is_as_its_schema_says() {
    let Some(node) = node() else { return };
    let schema = node.file("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(schema).expect("the package has it")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let faults = |value: &Value| schema.iter_errors(value).map(|fault| fault.to_string()).collect::<Vec<_>>();
    for ids in [&["record/digest-mismatch", NOTE][..], &["archive/unreadable"], &[]] {
        assert_eq!(faults(&sarif(ids, &[("fail-on", "info")])), Vec::<String>::new(), "{ids:?}");
    }
    let mut broken = sarif(&[NOTE], &[]);
    broken["runs"][0]["results"][0]["level"] = "info".into();
    assert!(!faults(&broken).is_empty(), "the schema knows no such level");
}

#[test]
fn a_sarif_file_that_cannot_be_written_is_not_passed_over() {
    let folder = holding(NOTE);
    let outcome = validate(&folder).input("sarif", "no/such/folder/x.sarif").run().expect_code(2);
    assert!(outcome.stderr.contains("the SARIF file `no/such/folder/x.sarif` cannot be written"));
}

const RECORDS: [&str; 3] = ["VALIDATION.txt", "CHECKSUMS.sha256", "build-info.txt"];

#[test]
fn records_are_left_once_and_released_by_nobody() {
    let world = World::new();
    let play = |phase: Phase| match phase {
        Phase::Validate => world.phase(phase).input("records", "validation, checksums, build-info").run(),
        phase => world.phase(phase).run(),
    };
    for phase in PHASES {
        let outcome = play(phase);
        assert_eq!(outcome.code, Some(0), "{phase:?} {}", outcome.told());
    }
    let read = |name: &str| {
        fs::read_to_string(world.path("release-manifest").join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let [validation, checksums, build_info] = RECORDS.map(read);
    assert_eq!(checksums, read("SHA256SUMS"));
    for (name, _) in &world.files {
        assert!(validation.contains(name) && build_info.contains(name), "{name}\n{validation}\n{build_info}");
    }
    assert!(validation.contains("verdict: passed\nerrors: 0\n"), "{validation}");
    assert!(build_info.contains(&checksums), "{build_info}");
    let released = world.released();
    assert_eq!(released.assets.len(), world.files.len() + 2, "{released:?}");
    assert_eq!(released.indexed.len(), 3, "{released:?}");

    let before = world.workspace_files();
    assert_eq!(play(Phase::Validate).output("outcome"), "already-done");
    assert_eq!(world.workspace_files(), before);
}

#[test]
fn without_the_wish_no_record_is_left() {
    let folder = holding(NOTE);
    validate(&folder).run().expect_code(0);
    let left = fs::read_dir(folder.path().join("release-manifest")).expect("a folder").count();
    assert_eq!(left, 2, "manifest.json and SHA256SUMS");
}

#[test]
fn one_record_of_them_is_left_and_a_changed_one_is_mended() {
    let folder = holding(NOTE);
    let validate = || validate(&folder).input("records", "build-info").run().expect_code(0);
    validate();
    let path = |name: &str| folder.path().join("release-manifest").join(name);
    assert!(path("build-info.txt").exists() && !path("VALIDATION.txt").exists());
    let good = fs::read(path("build-info.txt")).expect("read");
    fs::write(path("build-info.txt"), "changed").expect("written");
    assert_eq!(validate().output("outcome"), "resumed");
    assert_eq!(fs::read(path("build-info.txt")).expect("read"), good);
}

#[test]
fn a_rule_is_explained_and_a_mistyped_one_is_answered() {
    let outcome = Program::command("explain").arg("record/digest-mismatch").run().expect_code(0);
    assert!(outcome.stdout.starts_with("record/digest-mismatch\n\n"), "{}", outcome.told());
    for part in ["What to do: ", "weighs:", "stands on:", "since:"] {
        assert!(outcome.stdout.contains(part), "{part}: {}", outcome.stdout);
    }
    let outcome = Program::command("explain").arg("record/digest-mismach").run().expect_code(64);
    assert!(outcome.stderr.contains("did you mean `record/digest-mismatch`?"), "{}", outcome.told());
    Program::command("explain").run().expect_code(64);
    let outcome = Program::command("checks").arg("--jsn").run().expect_code(64);
    assert!(outcome.stderr.contains("did you mean `--json`?"), "{}", outcome.told());
}

#[test]
fn all_rules_are_listed_for_people_and_machines() {
    let list = Program::command("checks").run().expect_code(0).stdout;
    let json = Program::command("checks").arg("--json").run().expect_code(0).stdout;
    let rules: Vec<Value> = serde_json::from_str(&json).expect("a list");
    assert_eq!(list.lines().count(), rules.len() + 1);
    for (line, rule) in list.lines().skip(1).zip(&rules) {
        let mut words = line.split_whitespace();
        assert_eq!(words.next(), rule["id"].as_str());
        assert_eq!(words.next(), rule["severity"].as_str());
    }
}
