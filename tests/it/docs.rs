//! Documents that are written from the code, or that have to keep up with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use release_action::action::schema::aliases::alias_names;
use release_action::action::schema::faces::{action_yml, bin_action_yml, filled_in, inputs_markdown};
use release_action::action::schema::migrating::migrating_markdown;
use release_action::action::schema::{INPUTS, Kind, ModeName, OUTPUT_FAMILIES, OUTPUTS};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Reads a document. With `BLESS=1` in the environment the generated ones are written first, once for all tests.
#[expect(clippy::disallowed_methods, reason = "a test has no `action::env`, and writes a document in place")]
fn read(name: &str) -> String {
    static BLESSED: Once = Once::new();
    BLESSED.call_once(|| {
        if std::env::var("BLESS").is_ok_and(|value| value == "1") {
            fs::write(path("action.yml"), action_yml()).expect("the document is written");
            fs::write(path("bin/action.yml"), bin_action_yml()).expect("the document is written");
            fs::write(path("docs/inputs.md"), inputs_markdown()).expect("the document is written");
            fs::write(path("docs/migrating.md"), migrating_markdown()).expect("the document is written");
        }
    });
    fs::read_to_string(path(name)).unwrap_or_default()
}

fn check(name: &str, expected: &str) {
    if let Some(line) = stale_from(&read(name), expected) {
        panic!("`{name}` is stale from line {line}; run `BLESS=1 cargo test --test it docs`");
    }
}

/// The first line, counted from 1, from which a document is not as it should be.
fn stale_from(found: &str, expected: &str) -> Option<usize> {
    let differs = found.lines().zip(expected.lines()).position(|(found, expected)| found != expected);
    let line = differs.unwrap_or_else(|| found.lines().count().min(expected.lines().count())) + 1;
    (found != expected).then_some(line)
}

#[test]
fn a_stale_document_is_found() {
    assert_eq!(stale_from(&action_yml(), &action_yml()), None);
    let edited = action_yml().replace("    default: \"${{ github.token }}\"\n", "    default: \"out\"\n");
    assert!(stale_from(&edited, &action_yml()).is_some(), "a default was edited by hand");
    assert_eq!(stale_from("a\nb\n", "a\nb\nc\n"), Some(3));
    assert_eq!(stale_from("", "a\n"), Some(1));
}

#[test]
fn action_yml_is_the_schema() {
    check("action.yml", &action_yml());
}

#[test]
fn the_action_without_a_container_is_the_schema() {
    check("bin/action.yml", &bin_action_yml());
}

#[test]
fn inputs_page_is_the_schema() {
    check("docs/inputs.md", &inputs_markdown());
}

#[test]
fn the_page_about_migrating_is_the_aliases() {
    check("docs/migrating.md", &migrating_markdown());
}

/// Reads an `action.yml` by its indentation, so that the generator does not vouch for itself.
fn keys_below(file: &str, section: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let text = read(file);
    let lines = text.lines().skip_while(|line| *line != format!("{section}:")).skip(1);
    for line in lines.take_while(|line| line.starts_with("  ")) {
        match (line.strip_prefix("    "), found.last_mut()) {
            (Some(property), Some((_, properties))) => properties.push(property.to_owned()),
            _ => found.push((line.trim().trim_end_matches(':').to_owned(), Vec::new())),
        }
    }
    found
}

#[test]
fn both_actions_have_every_input_with_its_default_and_every_output() {
    for file in ["action.yml", "bin/action.yml"] {
        let inputs = keys_below(file, "inputs");
        let others: Vec<_> = inputs[INPUTS.len()..].iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(others, alias_names(), "{file}");
        for (name, properties) in &inputs[INPUTS.len()..] {
            let [description, required] = &properties[..] else { panic!("{file}: {name}: {properties:?}") };
            assert!(description.starts_with("description: \"Another name of `"), "{file}: {name}");
            assert_eq!(required, "required: false", "{file}: {name}");
        }
        for (input, (name, properties)) in INPUTS.iter().zip(inputs) {
            assert_eq!(input.name, name);
            let property = |key: &str| {
                let found = properties.iter().find_map(|line| line.strip_prefix(&format!("{key}: ")));
                found
                    .map(|value| serde_json::from_str::<serde_json::Value>(value).expect("quoted, or a word"))
            };
            assert_eq!(property("default"), filled_in(input.fallback).map(Into::into), "{file}: {name}");
            assert_eq!(property("required"), Some((input.kind == Kind::Mode).into()), "{file}: {name}");
            let description = property("description").expect("a description");
            assert!(description.as_str().expect("text").starts_with(input.doc), "{file}: {name}");
        }
        let outputs = keys_below(file, "outputs");
        assert_eq!(outputs.len(), OUTPUTS.len());
        for (output, (name, properties)) in OUTPUTS.iter().zip(outputs) {
            assert_eq!(output.name, name);
            assert!(properties[0].starts_with("description: "), "{file}: {name}");
            // A container action's outputs come from `$GITHUB_OUTPUT`; `value:` is for composite actions.
            let value = format!("value: ${{{{ steps.run.outputs.{name} }}}}");
            let expected = if file == "action.yml" { vec![] } else { vec![value] };
            assert_eq!(properties[1..], expected, "{file}: {name}");
        }
    }
}

#[test]
fn action_yml_passes_nothing_through_arguments() {
    let runs: Vec<String> = keys_below("action.yml", "runs").into_iter().map(|(line, _)| line).collect();
    assert_eq!(runs, ["using: docker", "image: Dockerfile"]);
    let text = read("action.yml");
    for key in ["name:", "description:", "author:", "branding:"] {
        assert!(text.lines().any(|line| line.starts_with(key)), "{key}");
    }
}

#[test]
fn inputs_page_has_a_section_for_each_mode_with_its_inputs_and_outputs() {
    let page = read("docs/inputs.md");
    for mode in ModeName::ALL {
        let (_, section) = page.split_once(&format!("\n## {mode}\n")).expect("a section");
        let section = section.split("\n## ").next().expect("there is a first part");
        let rows = section.lines().filter(|line| line.starts_with("| `")).count();
        let inputs = INPUTS.iter().filter(|input| input.modes.contains(mode));
        let outputs = OUTPUTS.iter().chain(OUTPUT_FAMILIES).filter(|output| output.modes.contains(mode));
        let names: Vec<_> = inputs.map(|input| input.name).chain(outputs.map(|output| output.name)).collect();
        assert_eq!(rows, names.len(), "{mode}");
        for name in names {
            assert!(section.contains(&format!("| `{name}` |")), "{mode}: {name}");
        }
    }
}

#[test]
fn report_page_names_every_outcome_of_the_schema() {
    let [page, inputs] = [read("docs/report.md"), read("docs/inputs.md")];
    let outcome = OUTPUTS.iter().find(|output| output.name == "outcome").expect("there is one");
    let names: Vec<_> = outcome.doc.split('`').skip(1).step_by(2).collect();
    assert_eq!(names.len(), 8);
    for name in names {
        assert!(inputs.contains(&format!("| `{name}` |")), "{name}");
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}
