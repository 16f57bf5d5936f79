//! The pages that people write keep up with the program: what they name is there, and what they show works.

use std::collections::BTreeSet;
use std::path::Path;

use release_action::action::schema::{INPUTS, ModeName};
use serde_json::Value;

use crate::examples::check_inputs;
use crate::support::program::Program;
use crate::support::workflow_files::root;
use crate::support::yaml;

/// Scopes of `permissions:`, which stand in texts beside our inputs.
const SCOPES: &[&str] = &["contents", "actions", "id-token", "pull-requests", "checks", "statuses"];

/// Files that users have, and those that the program makes.
const NAMES_OF_USERS: &[&str] =
    &["Cargo.toml", "pyproject.toml", "manifest.json", "SHA256SUMS", "release.toml"];

/// Every page below the project's folder, by its path there.
pub(crate) fn pages() -> Vec<String> {
    let hidden = |name: &str| name.starts_with('.') || ["target", "src"].contains(&name);
    let mut pages: Vec<_> = walkdir::WalkDir::new(root())
        .min_depth(1)
        .into_iter()
        .filter_entry(|entry| !hidden(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.expect("the project can be listed"))
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "md"))
        .map(|entry| entry.path().strip_prefix(root()).expect("it is below").display().to_string())
        .collect();
    pages.sort();
    pages
}

pub(crate) fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The blocks of a page between fences of one kind.
pub(crate) fn blocks(page: &str, kind: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while lines.by_ref().any(|line| line == format!("```{kind}")) {
        blocks.push(lines.by_ref().take_while(|line| *line != "```").collect::<Vec<_>>().join("\n"));
    }
    blocks
}

/// What stands between single backticks, outside of blocks.
pub(crate) fn spans(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2);
    prose.flat_map(|part| part.split('`').skip(1).step_by(2)).collect()
}

/// The relative links of the page `name` that lead nowhere.
pub(crate) fn dead_links<'a>(name: &str, page: &'a str) -> Vec<&'a str> {
    let folder = root().join(name).parent().map(Path::to_owned).expect("a page lies in a folder");
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let leads = |target: &&str| {
        let path = target.split('#').next().unwrap_or_default();
        !target.contains("://") && !folder.join(path).exists()
    };
    targets.filter(leads).collect()
}

/// What is wrong with a command line that a page shows.
pub(crate) fn check_command(line: &str) -> Result<(), String> {
    let line = line.split(" #").next().unwrap_or_default().trim();
    let words =
        match line.strip_prefix("$ release-action ").or(line.strip_prefix("$ cargo run --release -- ")) {
            Some(words) => words.split_whitespace().collect::<Vec<_>>(),
            None if line == "$ cargo test" => return Ok(()),
            None => return Err(format!("nobody taught this test to judge `{line}`")),
        };
    let (name, arguments) = words.split_first().ok_or("no command")?;
    let help = Program::command(name).arg("--help").run();
    if help.code != Some(0) {
        return Err(format!("there is no command `{name}`"));
    }
    let flags = arguments.iter().filter(|argument| argument.starts_with("--"));
    for flag in flags.map(|flag| flag.split('=').next().unwrap_or_default()) {
        let shown = help.stdout.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        if !shown.clone().any(|word| word == flag) {
            return Err(format!("`{name}` has no flag `{flag}`"));
        }
    }
    Ok(())
}

/// What is wrong with something that a page names between backticks.
pub(crate) fn check_span(span: &str) -> Result<(), String> {
    if let Some((key, _)) = span.split_once(": ") {
        let known = INPUTS.iter().any(|input| input.name == key) || SCOPES.contains(&key);
        return if known { Ok(()) } else { Err(format!("`{key}` is no input")) };
    }
    if span.starts_with("--") || span.starts_with("release-action ") {
        let line = if span.starts_with("--") { format!("rehearse {span}") } else { span[15..].to_owned() };
        return check_command(&format!("$ release-action {line}"));
    }
    let is_path =
        span.contains('/') || [".md", ".yml", ".toml", ".json"].iter().any(|end| span.ends_with(end));
    if is_path && !NAMES_OF_USERS.contains(&span) && !root().join(span).exists() {
        return Err(format!("there is no `{span}`"));
    }
    Ok(())
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    assert!(pages.len() >= 9 && pages.iter().any(|name| name == "docs/guards.md"), "{pages:?}");
    for name in pages {
        let text = page(&name);
        assert_eq!(dead_links(&name, &text), Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn the_readme_names_what_is_there() {
    let text = page("README.md");
    let faults: Vec<_> = spans(&text).into_iter().filter_map(|span| check_span(span).err()).collect();
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn the_readme_shows_commands_that_the_program_knows() {
    let text = page("README.md");
    let lines: Vec<String> = blocks(&text, "console").join("\n").lines().map(str::to_owned).collect();
    assert!(lines.len() >= 6, "{lines:?}");
    for line in lines {
        check_command(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[test]
fn the_readme_has_a_row_for_each_mode() {
    let text = page("README.md");
    let (_, section) = text.split_once("\n## Modes\n").expect("a section");
    let section = section.split("\n## ").next().expect("there is a first part");
    let rows: BTreeSet<_> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(str::to_owned))
        .collect();
    assert_eq!(rows, ModeName::ALL.iter().map(ToString::to_string).collect());
}

#[test]
fn the_readmes_workflow_gives_each_mode_inputs_that_it_reads() {
    let steps = readme_steps();
    assert_eq!(steps.len(), 6);
    for with in steps {
        check_inputs(&with).unwrap_or_else(|error| panic!("{with:?}: {error}"));
    }
}

#[test]
fn the_readmes_step_without_a_container_gives_inputs_that_its_mode_reads() {
    let text = page("README.md");
    let (_, section) = text.split_once("\n## On macOS and Windows\n").expect("a section");
    let [block] = &blocks(section, "yaml")[..] else { panic!("one step") };
    let steps = yaml::read(block);
    let path = steps[0]["uses"].as_str().and_then(|uses| uses.strip_prefix("org/release-action/"));
    let folder = path.and_then(|path| path.split('@').next()).expect("it uses us");
    assert!(root().join(folder).join("action.yml").is_file(), "{folder}");
    let with = steps[0]["with"].as_object().expect("inputs").iter();
    let with: Vec<_> = with
        .map(|(key, value)| (key.clone(), value.as_str().expect("inputs are texts").to_owned()))
        .collect();
    check_inputs(&with).unwrap_or_else(|error| panic!("{with:?}: {error}"));
}

/// The workflow that the README shows.
pub(crate) fn readme_workflow() -> String {
    blocks(&page("README.md"), "yaml").into_iter().next().expect("the README shows a workflow")
}

fn readme_steps() -> Vec<Vec<(String, String)>> {
    let workflow = yaml::read(&readme_workflow());
    let steps = workflow["jobs"]["release"]["steps"].as_array().expect("steps");
    let ours = steps
        .iter()
        .filter(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("/release-action@")));
    let text = |value: &Value| value.as_str().expect("inputs are texts").to_owned();
    let with = |step: &Value| {
        let map = step["with"].as_object().expect("inputs");
        map.iter().map(|(key, value)| (key.clone(), text(value))).collect()
    };
    ours.map(with).collect()
}

#[test]
fn the_page_about_reports_shows_rules_that_exist() {
    let text = page("docs/report.md");
    let shown: Value = serde_json::from_str(&blocks(&text, "json")[0]).expect("the example is a report");
    let rules = page("docs/checks.md");
    let findings = shown["findings"].as_array().expect("a list");
    assert!(findings.len() > 1);
    for finding in findings {
        let id = finding["check"].as_str().expect("an id");
        let (_, section) =
            rules.split_once(&format!("#### `{id}`")).unwrap_or_else(|| panic!("no rule {id}"));
        let severity = finding["severity"].as_str().expect("a word");
        let section = section.split("\n#### ").next().expect("there is a first part");
        assert!(section.contains(&format!("- weighs: {severity}")), "{id} does not weigh {severity}");
    }
}
