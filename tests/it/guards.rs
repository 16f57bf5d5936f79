//! Every guard can fail. `docs/guards.md` lists them with what breaks each on purpose; the breakages that no other
//! test tries are tried here, and the list itself is held to the tests it names.

use std::path::Path;
use std::process::Command;

use crate::examples::check_inputs;
use crate::pages::{blocks, check_command, check_span, dead_links, page, spans};
use crate::support::workflow_files::root;
use crate::support::world::{Phase, World};

/// The tests that a page names as `path.rs::name`.
fn named_tests(page: &str) -> Vec<(&str, &str)> {
    spans(page).into_iter().filter_map(|span| span.split_once(".rs::")).collect()
}

/// Why a test that is named so is none, if it is none.
fn missing_test(path: &str, name: &str) -> Option<String> {
    let Ok(text) = std::fs::read_to_string(root().join(format!("{path}.rs"))) else {
        return Some(format!("there is no file {path}.rs"));
    };
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let head = format!("fn {name}(");
    let at = lines.iter().position(|line| line.strip_prefix("async ").unwrap_or(line).starts_with(&head));
    let Some(at) = at else { return Some(format!("{path}.rs has no function {name}")) };
    let mut attributes = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
    (!attributes.any(|line| ["#[test]", "#[tokio::test"].iter().any(|test| line.starts_with(test))))
        .then(|| format!("{path}.rs: {name} is no test"))
}

#[test]
fn every_guard_names_tests_that_exist() {
    let text = page("docs/guards.md");
    let named = named_tests(&text);
    assert!(named.len() >= 40, "{named:?}");
    let missing: Vec<_> = named.iter().filter_map(|(path, name)| missing_test(path, name)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn a_test_that_does_not_exist_is_missed() {
    assert_eq!(missing_test("tests/it/guards", "a_test_that_does_not_exist_is_missed"), None);
    for (path, name) in
        [("tests/it/gone", "x"), ("tests/it/guards", "gone"), ("tests/it/guards", "missing_test")]
    {
        assert!(missing_test(path, name).is_some(), "{path} {name}");
    }
}

#[test]
fn each_row_of_the_list_says_how_its_guard_fails() {
    let text = page("docs/guards.md");
    let rows: Vec<_> =
        text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| guard")).collect();
    assert!(rows.len() >= 30, "{} rows", rows.len());
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, breakage, shown] = cells[..] else { panic!("three cells: {row}") };
        let is_shown = !named_tests(shown).is_empty() || shown.contains("command ");
        assert!(!breakage.is_empty() && is_shown, "{row}");
    }
}

#[test]
fn a_command_of_the_list_stands_on_the_page() {
    let text = page("docs/guards.md");
    let commands = blocks(&text, "console").len();
    let named: Vec<_> = text
        .match_indices("command ")
        .filter_map(|(at, word)| text[at + word.len()..].chars().next()?.to_digit(10))
        .collect();
    assert!(
        !named.is_empty() && named.iter().all(|number| (1..=commands as u32).contains(number)),
        "{named:?}"
    );
}

#[test]
fn a_dead_link_and_an_invented_name_are_found() {
    let text = "[a](README.md#x) [b](docs/gone.md) [c](https://example.org/x)";
    assert_eq!(dead_links("README.md", text), ["docs/gone.md"]);
    assert_eq!(dead_links("docs/inputs.md", "[x](checks.md) [y](README.md)"), ["README.md"]);
    for good in ["publish: false", "contents: write", "docs/inputs.md", "Cargo.toml", "rehearse", "--fault"] {
        assert_eq!(check_span(good), Ok(()));
    }
    for bad in
        ["publsh: false", "docs/gone.md", "tests/it/gone.rs", "gone.toml", "--gone", "release-action gone"]
    {
        assert!(check_span(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_command_that_the_program_does_not_know_is_found() {
    assert_eq!(check_command("$ release-action publish --dry-run --packages-dir dist  # why"), Ok(()));
    for bad in [
        "$ release-action gone",
        "$ release-action publish --pack",
        "$ cargo run --release -- rehearse --gone",
        "$ curl x",
    ] {
        assert!(check_command(bad).is_err(), "{bad}");
    }
}

#[test]
fn an_input_that_its_mode_does_not_read_is_found() {
    let with = |pairs: &[(&str, &str)]| -> Vec<_> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    assert_eq!(check_inputs(&with(&[("mode", "publish"), ("user", "x")])), Ok(()));
    for bad in [&[("mode", "publish"), ("changelog", "x")][..], &[("mode", "publsh")], &[("user", "x")]] {
        assert!(check_inputs(&with(bad)).is_err(), "{bad:?}");
    }
}

/// What dry runs and repetitions are held to is able to see a change: every phase that acts makes one.
#[test]
fn a_phase_that_acts_is_seen_to_act() {
    let world = World::new();
    let looks = || (world.writes(), world.released(), world.workspace_files());
    for phase in [Phase::Collect, Phase::Validate, Phase::Draft, Phase::Publish, Phase::Release] {
        let before = looks();
        world.play(phase);
        assert_ne!(looks(), before, "{phase:?}");
    }
}

/// What `.ci/run` says about dependencies, when cargo lists these.
fn dependencies(packages: &str) -> Result<(), String> {
    let script = std::fs::read_to_string(root().join(".ci/run")).expect("the check is there");
    let function: String = script
        .lines()
        .skip_while(|line| *line != "check_dependencies() {")
        .scan(false, |ended, line| (!std::mem::replace(ended, line == "}")).then(|| line.to_owned() + "\n"))
        .collect();
    assert!(function.ends_with("\n}\n"), "the function was not found:\n{function}");
    let cargo =
        format!("cargo() {{ printf '%s' \"$PACKAGES\"; }}\n{function}PATH=$PATH check_dependencies\n");
    let mut bash = Command::new("bash");
    // `cargo-deny` is another judge; this one is tried alone.
    let cargo = cargo.replace("command -v cargo-deny", "false");
    let output = bash.args(["-euo", "pipefail", "-c", &cargo]).env("PACKAGES", packages).output();
    let output = output.expect("there is a shell");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(told) }
}

#[test]
fn a_second_crypto_library_is_found() {
    let good = "rustls v1\naws-lc-rs v1\naws-lc-sys v1\nreqwest v1\nhyper v1\ntokio v1\n";
    assert_eq!(dependencies(good), Ok(()));
    for (more, why) in [("ring v0.17.0\n", "ring"), ("openssl v1\n", "openssl"), ("rustls v2\n", "rustls")] {
        let told = dependencies(&format!("{good}{more}")).expect_err(more);
        assert!(told.contains("unwanted") && told.contains(why), "{told}");
    }
    let told = dependencies(&good.replace("tokio v1\n", "")).expect_err("one is missing");
    assert!(told.contains("tokio is missing"), "{told}");
}

#[test]
fn the_limits_are_those_that_were_agreed() {
    let text = |path: &str| std::fs::read_to_string(Path::new(root()).join(path)).expect("it is there");
    for (path, limit) in [
        (".ci/run", "limit=$((45 * 60))"),
        ("benches/support/process.rs", "MOST_MEMORY_BYTES: u64 = 64 * 1024 * 1024;"),
        ("tests/it/architecture.rs", "LONGEST: usize = 700;"),
        ("tests/it/container.rs", "LARGEST_IMAGE_BYTES: u64 = 15 * 1024 * 1024;"),
    ] {
        assert!(text(path).contains(limit), "{path} does not say `{limit}`");
    }
}
