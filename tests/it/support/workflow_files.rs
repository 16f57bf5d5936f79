//! Reads what the tests need of `action.yml` and of workflows: inputs with their defaults, and the steps that use us.
//!
//! Not a YAML reader: it knows the block style that these files are written in, and panics at anything else.
//! Whether the files are YAML at all is for the linters.

use std::path::{Path, PathBuf};

/// The project's own folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An input of `action.yml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeclaredInput {
    pub(crate) name: String,
    pub(crate) default: Option<String>,
}

/// A step of a workflow that uses this action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UsingStep {
    /// The line of its `uses:`, counted from 1.
    pub(crate) line: usize,
    /// What stands under `with:`; the value is the text on the key's own line.
    pub(crate) with: Vec<(String, String)>,
}

/// The workflows that users copy.
pub(crate) fn examples() -> Vec<PathBuf> {
    let folder = root().join("examples");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder can be listed").path().join("release.yml"))
        .collect();
    files.sort();
    files
}

/// All workflows of the examples: those that release, and those that help them.
pub(crate) fn all_examples() -> Vec<PathBuf> {
    let folders = examples().into_iter().filter_map(|file| file.parent().map(PathBuf::from));
    let listed = folders.flat_map(|folder| {
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
    });
    let mut files: Vec<_> = listed.map(|entry| entry.expect("a folder can be listed").path()).collect();
    files.sort();
    files
}

/// The project's own workflows.
pub(crate) fn workflows() -> Vec<PathBuf> {
    let folder = root().join(".github/workflows");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder can be listed").path())
        .collect();
    files.sort();
    files
}

/// The inputs that an `action.yml` declares.
pub(crate) fn declared_inputs(action: &str) -> Vec<DeclaredInput> {
    let mut inputs: Vec<DeclaredInput> = Vec::new();
    for (indent, key, value) in block(action, "inputs") {
        match (indent, key) {
            (2, name) => inputs.push(DeclaredInput { name: name.to_owned(), default: None }),
            (4, "default") => {
                inputs.last_mut().expect("a default stands under its input").default = Some(scalar(value));
            }
            _ => {}
        }
    }
    inputs
}

/// The outputs that an `action.yml` declares.
pub(crate) fn declared_outputs(action: &str) -> Vec<String> {
    block(action, "outputs").filter(|(indent, ..)| *indent == 2).map(|(_, key, _)| key.to_owned()).collect()
}

/// The keys below a key of the outermost level: indentation, key and what stands behind it.
fn block<'a>(text: &'a str, name: &str) -> impl Iterator<Item = (usize, &'a str, &'a str)> {
    let head = format!("{name}:");
    text.lines()
        .skip_while(move |line| *line != head)
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with([' ', '#']))
        .filter_map(|line| {
            let (key, value) = line.trim_start().split_once(':')?;
            let plain = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            plain.then_some((line.len() - line.trim_start().len(), key, value.trim()))
        })
}

/// The text that a scalar of one line stands for.
fn scalar(text: &str) -> String {
    match text.chars().next() {
        Some('\'') => text.trim_matches('\'').replace("''", "'"),
        Some('"') => serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}")),
        Some('|' | '>' | '&' | '*' | '[' | '{') => panic!("not a plain scalar: {text}"),
        _ => text.split(" #").next().unwrap_or_default().trim_end().to_owned(),
    }
}

/// The steps of a workflow whose `uses:` names a repository called `release-action`.
pub(crate) fn using_steps(workflow: &str) -> Vec<UsingStep> {
    let lines: Vec<&str> = workflow.lines().collect();
    let uses_us = |line: &&str| {
        let action = line.trim_start().trim_start_matches("- ").strip_prefix("uses: ");
        action.is_some_and(|action| {
            action.split('@').next().is_some_and(|name| name.ends_with("/release-action"))
        })
    };
    let at = lines.iter().enumerate().filter(|(_, line)| uses_us(line));
    at.map(|(index, _)| UsingStep { line: index + 1, with: with_of(&lines, index) }).collect()
}

/// What stands under the `with:` of the step whose `uses:` is at `index`.
fn with_of(lines: &[&str], index: usize) -> Vec<(String, String)> {
    let column = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let indent = column(lines[index]);
    let inside = |line: &&&str| line.trim().is_empty() || column(line) >= indent;
    let mut rest =
        lines[index + 1..].iter().take_while(|line| inside(line) && !line.trim_start().starts_with("- "));
    if !rest.any(|line| column(line) == indent && line.trim() == "with:") {
        return Vec::new();
    }
    let below: Vec<&&str> = rest.take_while(|line| line.trim().is_empty() || column(line) > indent).collect();
    let keys = below.iter().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let depth = keys.clone().map(|line| column(line)).min().unwrap_or_default();
    keys.filter(|line| column(line) == depth)
        .map(|line| {
            let (key, value) = line.trim().split_once(':').unwrap_or_else(|| panic!("no key: {line}"));
            (key.to_owned(), scalar_or_block(value.trim()))
        })
        .collect()
}

fn scalar_or_block(text: &str) -> String {
    if text.starts_with(['|', '>']) { String::new() } else { scalar(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTION: &str = "name: x\n\
        inputs:\n  \
          mode:\n    description: 'What: to do'\n    required: true\n\n  \
          # a remark: not a key of interest\n  \
          title:\n    description: >-\n      words: and more\n    default: 'it''s'\n  \
          user:\n    default: __token__ # plain\n\
        outputs:\n  outcome:\n    description: d\n\
        runs:\n  using: docker\n";

    #[test]
    fn inputs_have_their_defaults() {
        let inputs = declared_inputs(ACTION);
        let pairs: Vec<_> =
            inputs.iter().map(|input| (input.name.as_str(), input.default.as_deref())).collect();
        assert_eq!(pairs, [("mode", None), ("title", Some("it's")), ("user", Some("__token__"))]);
        assert_eq!(declared_outputs(ACTION), ["outcome"]);
    }

    #[test]
    fn steps_that_use_us_are_found_with_their_inputs() {
        let workflow = "jobs:\n  a:\n    steps:\n      \
            - uses: actions/checkout@abc\n        with:\n          path: x\n      \
            - name: n\n        uses: org/release-action@v1 # v1\n        with:\n          mode: publish\n\n          \
            workflows: |\n            a.yml\n            b.yml\n          # why\n          tag: ${{ x }}\n        \
            env:\n          A: b\n      \
            - uses: org/release-action@v1\n      \
            - run: x\n";
        let steps = using_steps(workflow);
        let keys: Vec<Vec<&str>> =
            steps.iter().map(|step| step.with.iter().map(|(key, _)| key.as_str()).collect()).collect();
        assert_eq!(keys, [vec!["mode", "workflows", "tag"], vec![]]);
        assert_eq!(steps[0].with[0].1, "publish");
    }
}
