//! The faces of the schema that are files: `action.yml`, `bin/action.yml` and `docs/inputs.md`. A test holds the
//! files to them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::aliases::{ALIASES, alias_names, aliases_of};
use super::{
    Fallback, INPUTS, Input, Kind, ModeName, OUTPUTS, OutputRow, inputs_of, output_families_of, outputs_of,
    variable,
};

const PREFACE: &str = "\
# Written from src/action/schema.rs; `BLESS=1 cargo test --test it docs` writes it anew.
name: release-action
description: Carries a Python or Rust project from a pushed tag to released everywhere, and proven.
author: The release-action maintainers
branding:
  icon: package
  color: blue
";

const CONTAINER: &str = "\
runs:
  using: docker
  image: Dockerfile
";

/// The way to run without a container. The runner sets no `INPUT_*` for composite actions, so each input is handed
/// over here, as a variable: a text that is put into a script is run by it. Git's bash for Windows would rewrite
/// variables that look like paths. The secrets are not there yet while the program is fetched.
const COMPOSITE: &str = "\
runs:
  using: composite
  steps:
    - id: fetch
      shell: bash
      env:
        ACTION_REPOSITORY: ${{ github.action_repository }}
      run: bash \"$GITHUB_ACTION_PATH/fetch.sh\"
    - id: run
      shell: bash
      run: exec \"$RELEASE_ACTION\"
      env:
        RELEASE_ACTION: ${{ steps.fetch.outputs.program }}
        MSYS2_ENV_CONV_EXCL: \"*\"
";

const INTRODUCTION: &str = "\
<!-- Written from src/action/schema.rs; `BLESS=1 cargo test --test it docs` writes it anew. -->

# Inputs and outputs

Every input is a key below `with:` in a workflow, and a flag of the same name (`files`: bare arguments) on the command line
(`release-action validate-wheels --packages-dir dist`). All but secrets may stand in the file `release.toml`, too
([configuration.md](configuration.md)). A flag stands above an input, an input above the file, and the file above the default;
an empty text is the same as none. On the command line a flag of another mode is refused, in a workflow an input of
another mode is left alone, and a name that is no input of any mode is refused in both. Some inputs have a second name that
users of other actions know (`Also`); both with different values are refused ([migrating.md](migrating.md)).

On the command line, secrets are better given by variables than by flags, which every process of the machine can
read: `GITHUB_TOKEN` stands for `github-token`, and `INPUT_PASSWORD` for `password`.

A list is separated by commas or line ends; a flag of a list may be repeated. Paths are relative to the workspace or,
on the command line, to the current folder.

## Exit codes

| code | meaning |
|---:|---|
| 0 | Settled: all is as declared. Or planned, with `dry-run`; or not ready yet (`not-ready`). |
| 1 | Looked, and it is bad: a finding stands against it. |
| 2 | Could not tell, or only partly done. Run again: what is done is found and not repeated. |
| 64 | Typed wrong: an unknown mode or input, a bad value, a folder that does not exist. |

## Outcomes

The output `outcome` says how a run ended.

| outcome | meaning | exit code |
|---|---|---:|
| `done` | This run did all of it, or looked and found nothing against it. | 0 |
| `already-done` | All of it was there already, with the same bytes. | 0 |
| `resumed` | A part was there already, and this run did the rest. | 0 |
| `planned` | `dry-run`: the plan is printed and nothing was changed. | 0 |
| `not-ready` | What the mode builds on, or what others are to add (`expect-assets`) or to do (`manual`), is not there yet. | 0 |
| `blocked` | A finding stands against it, and nothing was changed. | 1 |
| `partial` | Something was changed, or may have been, and something is left or not as declared. | 2, or 1 with a finding |
| `error` | It could not be told, and nothing is known to be changed; or it was typed wrong. | 2 or 64 |
";

/// The text of `action.yml`, which runs the container.
pub fn action_yml() -> String {
    declared(|_| None) + CONTAINER
}

/// The text of `bin/action.yml`, which fetches the program and runs it on the runner itself.
pub fn bin_action_yml() -> String {
    let mut text = declared(|output| Some(format!("${{{{ steps.run.outputs.{output} }}}}"))) + COMPOSITE;
    for name in INPUTS.iter().map(|input| input.name).chain(alias_names()) {
        writeln!(text, "        {}: ${{{{ inputs.{name} }}}}", variable(name)).expect(STRING);
    }
    text
}

/// What both actions declare: the inputs, and the outputs with what an output's `value` is, where it takes one.
fn declared(value_of: impl Fn(&str) -> Option<String>) -> String {
    let mut text = PREFACE.to_owned();
    text.push_str("inputs:\n");
    for input in INPUTS {
        let Input { name, doc, kind, fallback, modes: _, positional: _ } = input;
        let only = only(input.modes);
        let doc = yaml(&format!("{doc}{}{only}", derived(*fallback)));
        let required = *kind == Kind::Mode;
        write!(text, "  {name}:\n    description: {doc}\n    required: {required}\n").expect(STRING);
        if let Some(default) = filled_in(*fallback) {
            writeln!(text, "    default: {}", yaml(default)).expect(STRING);
        }
    }
    for name in alias_names() {
        let doc = yaml(&another_name(name));
        write!(text, "  {name}:\n    description: {doc}\n    required: false\n").expect(STRING);
    }
    text.push_str("outputs:\n");
    for OutputRow { name, doc, modes } in OUTPUTS {
        let doc = yaml(&format!("{doc}{}", only(modes)));
        write!(text, "  {name}:\n    description: {doc}\n").expect(STRING);
        if let Some(value) = value_of(name) {
            writeln!(text, "    value: {value}").expect(STRING);
        }
    }
    text
}

const STRING: &str = "writing to a string cannot fail";

/// The text of `docs/inputs.md`.
pub fn inputs_markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    for mode in ModeName::ALL {
        write!(text, "\n## {mode}\n\n{}\n\n", mode.about()).expect(STRING);
        text.push_str("| input | what it is for | default |\n|---|---|---|\n");
        for input @ Input { name, doc, kind, fallback, .. } in inputs_of(*mode) {
            let default = match (kind, fallback) {
                (Kind::Mode, _) => "required".to_owned(),
                (_, Fallback::Nothing) => String::new(),
                (_, Fallback::Text(default)) => format!("`{default}`"),
                (_, Fallback::Named { name, .. } | Fallback::Derived(name)) => (*name).to_owned(),
                (_, Fallback::Variable { variable, expression }) => match expression {
                    Some(expression) => format!("`{expression}`; `{variable}` on the command line"),
                    None => format!("`{variable}`"),
                },
            };
            let doc = format!("{doc}{}", also(input, *mode));
            writeln!(text, "| `{name}` | {} | {} |", cell(&doc), cell(&default)).expect(STRING);
        }
        text.push_str("\n| output | what it holds |\n|---|---|\n");
        for OutputRow { name, doc, modes: _ } in outputs_of(*mode).chain(output_families_of(*mode)) {
            writeln!(text, "| `{name}` | {} |", cell(doc)).expect(STRING);
        }
    }
    text
}

/// What `action.yml` states as the default: expressions only, which the program cannot evaluate. It has the plain ones
/// itself, and a configuration file stands between them and what the user gave.
pub const fn filled_in(fallback: Fallback) -> Option<&'static str> {
    match fallback {
        Fallback::Variable { expression, .. } => expression,
        Fallback::Nothing | Fallback::Text(_) | Fallback::Named { .. } | Fallback::Derived(_) => None,
    }
}

fn derived(fallback: Fallback) -> String {
    match fallback {
        Fallback::Text(default) => format!(" Default: `{default}`."),
        Fallback::Named { name: default, .. } | Fallback::Derived(default) => format!(" Default: {default}."),
        Fallback::Variable { expression: None, variable } => format!(" Default: `{variable}`."),
        _ => String::new(),
    }
}

/// What an alias stands for, in each of its modes.
fn another_name(name: &str) -> String {
    let rows: Vec<_> = ALIASES.iter().filter(|alias| alias.name == name).collect();
    let meanings = rows.iter().map(|alias| {
        let modes: Vec<_> =
            ModeName::ALL.iter().filter(|mode| alias.is_of(**mode)).map(|mode| mode.as_str()).collect();
        format!("`{}` ({})", alias.of, modes.join(", "))
    });
    let peers: BTreeSet<_> = rows.iter().flat_map(|alias| alias.from).map(|peer| peer.name()).collect();
    let peers: Vec<_> = peers.into_iter().collect();
    let meanings: Vec<_> = meanings.collect();
    format!("Another name of {}, which users of {} know.", meanings.join(" and of "), peers.join(", "))
}

/// The other names of an input in a mode, for its row.
fn also(input: &Input, mode: ModeName) -> String {
    let names: Vec<_> = aliases_of(input, mode).map(|alias| format!("`{}`", alias.name)).collect();
    if names.is_empty() { String::new() } else { format!(" Also: {}.", names.join(", ")) }
}

fn only(modes: &[ModeName]) -> String {
    if modes.len() == ModeName::ALL.len() {
        return String::new();
    }
    let names: Vec<_> = modes.iter().map(|mode| mode.as_str()).collect();
    format!(" ({})", names.join(", "))
}

/// A scalar of YAML: in double quotes YAML reads what JSON does.
fn yaml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
