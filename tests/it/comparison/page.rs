//! The generated parts of `docs/peers.md`, and why this program takes what another tool refuses.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use release_action::report::Severity;

use super::{PYTHON, Row, TOOLS};
use crate::support::workflow_files::root;

/// Tools that install, upload or unpack: what one of them refuses has to be an error here, or stands in [`TAKEN`].
const REFUSERS: [&str; 5] = ["twine", "wheel", "packaging", "pip", "uv"];

/// What [`REFUSERS`] refuse and this program does not: the rule, the tool, and why.
const TAKEN: &[(&str, &str, &str)] = &[
    (
        "filename/tag-order",
        "packaging",
        "asked here by `validate_order`, which no installer and no index does: released files have such names",
    ),
    (
        "metadata/license-file-too-new",
        "packaging",
        "setuptools wrote it for years; the index and twine leave the field out instead",
    ),
    (
        "description/no-content-type",
        "twine",
        "a warning of twine's, which it counts as an error with `--strict` only",
    ),
    (
        "description/missing",
        "twine",
        "a warning of twine's, which it counts as an error with `--strict` only",
    ),
    (
        "record/path-backslash",
        "wheel",
        "the index and pip read such paths as if they were written with slashes",
    ),
];

/// The checks that a tool knows by names of its own, with what stands beside those that no specimen trips.
const NAMED: &[(&str, &str, &str)] = &[
    ("check-wheel-contents", "W001", ""),
    ("check-wheel-contents", "W002", ""),
    ("check-wheel-contents", "W003", ""),
    ("check-wheel-contents", "W004", ""),
    ("check-wheel-contents", "W005", ""),
    ("check-wheel-contents", "W006", ""),
    ("check-wheel-contents", "W007", ""),
    ("check-wheel-contents", "W008", ""),
    ("check-wheel-contents", "W009", ""),
    ("check-wheel-contents", "W010", ""),
    ("check-wheel-contents", "W101", "compares with a source tree that the user names; off by default"),
    ("check-wheel-contents", "W102", "compares with a source tree that the user names; off by default"),
    ("check-wheel-contents", "W201", "compares with names that the user lists; off by default"),
    ("check-wheel-contents", "W202", "compares with names that the user lists; off by default"),
    (
        "pydistcheck",
        "compiled-objects-have-debug-symbols",
        "not asked, since it asks the machine's own tools; here it is `elf/debug` and `macho/debug`",
    ),
    (
        "pydistcheck",
        "distro-too-large-compressed",
        "the specimen of `filename/large` is no archive, which the tool says instead",
    ),
    (
        "pydistcheck",
        "distro-too-large-uncompressed",
        "no specimen unpacks to 75 MiB; `filename/large` weighs both",
    ),
    ("pydistcheck", "expected-files", "compares with patterns that the user lists; off by default"),
    ("pydistcheck", "files-only-differ-by-case", ""),
    ("pydistcheck", "mixed-file-extensions", ""),
    ("pydistcheck", "path-contains-non-ascii-characters", ""),
    ("pydistcheck", "path-contains-spaces", ""),
    ("pydistcheck", "path-too-long", ""),
    ("pydistcheck", "too-many-files", ""),
    ("pydistcheck", "unexpected-files", ""),
];

/// The page with its generated parts written anew; what stands around them stays.
pub(super) fn rewritten(page: &str, rows: &[Row]) -> String {
    let page = with_part(page, "versions", &versions());
    let page = with_part(&page, "rules", &rules(rows));
    let page = with_part(&page, "taken", &taken(rows));
    with_part(&page, "checks", &named(rows))
}

fn with_part(page: &str, name: &str, text: &str) -> String {
    let (start, end) = (format!("<!-- {name}: generated -->\n"), format!("<!-- {name}: end -->"));
    let (before, rest) = page.split_once(&start).unwrap_or_else(|| panic!("no part {name}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("part {name} does not end"));
    format!("{before}{start}\n{text}\n{end}{after}")
}

/// The pinned version of each tool.
fn versions() -> String {
    let pins = std::fs::read_to_string(root().join("tests/data/requirements.txt")).expect("it is there");
    let pinned = |package: &str| {
        let version = pins.lines().filter_map(|pin| pin.split_once("==")).find(|(name, _)| *name == package);
        let (_, version) = version.unwrap_or_else(|| panic!("{package} is not pinned"));
        format!("{package} {version}")
    };
    let tools: Vec<_> = TOOLS.iter().map(|(_, package)| pinned(package)).collect();
    format!("Python {PYTHON}; {}.\n", tools.join(", "))
}

/// What a tool calls a check itself; nothing for a text that only describes one.
fn name_of<'a>(tool: &str, kind: &'a str) -> Option<&'a str> {
    NAMED.iter().any(|(other, name, _)| *other == tool && *name == kind).then_some(kind)
}

fn cell(row: &Row, tool: &str) -> String {
    let Some(kinds) = row.said.get(tool) else { return String::new() };
    let names: BTreeSet<&str> = kinds.iter().map(|kind| name_of(tool, kind).unwrap_or("yes")).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

fn rules(rows: &[Row]) -> String {
    let tools: Vec<&str> = TOOLS.iter().map(|(tool, _)| *tool).collect();
    let mut table =
        format!("| rule | severity | {} |\n|---|---|{}\n", tools.join(" | "), "---|".repeat(tools.len()));
    for row in rows {
        let cells: Vec<String> = if row.no_file {
            vec!["no such file can be written".to_owned()]
        } else {
            tools.iter().map(|tool| cell(row, tool)).collect()
        };
        let cells = cells.iter().fold(String::new(), |line, cell| line + " " + cell + " |");
        writeln!(table, "| `{}` | {} |{cells}", row.rule, row.severity).expect("a string");
    }
    let found = |tool: &&str| rows.iter().filter(|row| row.said.contains_key(tool)).count().to_string();
    let totals: Vec<String> = tools.iter().map(found).collect();
    writeln!(table, "| {} rules | | {} |", rows.len(), totals.join(" | ")).expect("a string");
    let alone = |severity| rows.iter().filter(|row| row.severity == severity && row.said.is_empty()).count();
    let all = |severity| rows.iter().filter(|row| row.severity == severity).count();
    let told = |severity| format!("{} of {}", alone(severity), all(severity));
    let [errors, warnings, notes] = [Severity::Error, Severity::Warning, Severity::Info].map(told);
    write!(
        table,
        "\nNone of these tools complains of {errors} errors, {warnings} warnings and {notes} notes.\n"
    )
    .expect("a string");
    table
}

/// Each refusal by a tool of what this program takes: the rule, the tool, and what the tool said.
fn lenient(rows: &[Row]) -> impl Iterator<Item = (&'static str, &'static str, &BTreeSet<String>)> {
    let rows = rows.iter().filter(|row| !row.refused);
    let pairs = rows.flat_map(|row| row.said.iter().map(|(tool, said)| (row.rule, *tool, said)));
    pairs.filter(|(_, tool, _)| REFUSERS.contains(tool))
}

fn reason(rule: &str, tool: &str) -> Option<&'static str> {
    TAKEN.iter().find(|(other, who, _)| *other == rule && *who == tool).map(|(_, _, reason)| *reason)
}

fn taken(rows: &[Row]) -> String {
    let mut table = "| rule | tool | why it is no error here |\n|---|---|---|\n".to_owned();
    for (rule, tool, _) in lenient(rows) {
        let reason = reason(rule, tool).unwrap_or_default();
        writeln!(table, "| `{rule}` | {tool} | {reason} |").expect("a string");
    }
    table
}

/// Refusals without a reason in [`TAKEN`], and reasons without a refusal.
pub(super) fn unexplained(rows: &[Row]) -> Vec<String> {
    let new = lenient(rows).filter(|(rule, tool, _)| reason(rule, tool).is_none());
    let mut wrong: Vec<_> = new.map(|(rule, tool, said)| format!("{rule}, {tool}: {said:?}")).collect();
    let refusals: BTreeSet<_> = lenient(rows).map(|(rule, tool, _)| (rule, tool)).collect();
    let old = TAKEN.iter().filter(|(rule, tool, _)| !refusals.contains(&(*rule, *tool)));
    wrong.extend(old.map(|(rule, tool, _)| format!("{tool} does not refuse {rule} any more")));
    wrong
}

fn named(rows: &[Row]) -> String {
    let mut table = "| tool | check | rules whose specimens it finds |\n|---|---|---|\n".to_owned();
    for (tool, name, unseen) in NAMED {
        let finds = rows.iter().filter(|row| row.said.get(tool).is_some_and(|kinds| kinds.contains(*name)));
        let rules: Vec<_> = finds.map(|row| format!("`{}`", row.rule)).collect();
        assert_eq!(rules.is_empty(), !unseen.is_empty(), "{tool}: {name}: {rules:?} and {unseen:?}");
        let rules = if rules.is_empty() { format!("none: {unseen}") } else { rules.join(", ") };
        writeln!(table, "| {tool} | `{name}` | {rules} |").expect("a string");
    }
    table
}
