//! `docs/checks.md`, made of the tables.

use std::fmt::Write as _;

use super::{Run, all};
use crate::report::{Rule, family};

/// The page: every check on distributions, then `modes`, the rules of the modes themselves.
pub fn markdown(modes: &[&Rule]) -> String {
    let mut page = String::from(
        "# What is checked\n\n\
         Made from the tables in `src/`; `BLESS=1 cargo test` writes it anew. A finding that weighs `error` stops \
         the run; `fail-on`, `strict` and `ignore` change that. `release-action explain ID` prints one rule, \
         `release-action checks` lists all.\n",
    );
    page.push_str("\n## What is found in distributions\n");
    for rules in families(all().map(|check| &check.rule)) {
        section(&mut page, rules, |id| {
            let run = all().find(|check| check.rule.id == id).map(|check| &check.run);
            run.map(looks_at)
        });
    }
    if !modes.is_empty() {
        page.push_str("\n## What the modes find\n");
    }
    for rules in families(modes.iter().copied()) {
        section(&mut page, rules, |_| None);
    }
    page
}

/// One rule's page for a terminal.
pub fn text(rule: &Rule) -> String {
    let Rule { id, severity, rejected_by, summary, explain, fix, sources, since } = rule;
    let looks_at = all().find(|check| check.rule.id == *id).map(|check| looks_at(&check.run));
    let mut page = format!("{id}\n\n");
    wrap(&mut page, "", "", &format!("{}.", capitalised(summary)));
    page.push('\n');
    for paragraph in explain.split("\n\n") {
        wrap(&mut page, "", "", paragraph);
        page.push('\n');
    }
    wrap(&mut page, "What to do: ", "  ", &format!("{fix}."));
    page.push('\n');
    wrap(&mut page, "weighs:           ", INDENT, &severity.to_string());
    if let Some(looks_at) = looks_at {
        wrap(&mut page, "looks at:         ", INDENT, looks_at);
    }
    if !rejected_by.is_empty() {
        wrap(&mut page, "refused today by: ", INDENT, &rejected_by.join(", "));
    }
    wrap(&mut page, "stands on:        ", INDENT, &sources.join("; "));
    wrap(&mut page, "since:            ", INDENT, since);
    page
}

const INDENT: &str = "                  ";

/// How wide a page for a terminal is.
const COLUMNS: usize = 90;

/// Adds `text`, its first line after `first` and each further one after `next`, broken between words.
fn wrap(page: &mut String, first: &str, next: &str, text: &str) {
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > COLUMNS {
            writeln!(page, "{line}").expect(STRING);
            next.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    writeln!(page, "{line}").expect(STRING);
}

/// A family's name and its rules.
type Family<'a> = (&'a str, Vec<&'a Rule>);

fn families<'a>(rules: impl Iterator<Item = &'a Rule>) -> Vec<Family<'a>> {
    let mut families: Vec<Family<'a>> = Vec::new();
    for rule in rules {
        let name = family(rule.id);
        match families.iter_mut().find(|(found, _)| *found == name) {
            Some((_, rules)) => rules.push(rule),
            None => families.push((name, vec![rule])),
        }
    }
    families
}

const fn looks_at(run: &Run) -> &'static str {
    match run {
        Run::File { .. } => "each file",
        Run::Wheel { .. } => "each wheel",
        Run::Sdist { .. } => "each sdist",
        Run::Crate { .. } => "each crate",
        Run::Set { .. } => "all files together",
    }
}

fn section(page: &mut String, (name, rules): Family<'_>, looks_at: impl Fn(&str) -> Option<&'static str>) {
    write!(page, "\n### {name}\n").expect(STRING);
    for rule in rules {
        let Rule { id, severity, rejected_by, summary, explain, fix, sources, since } = rule;
        let summary = capitalised(summary);
        write!(page, "\n#### `{id}`\n\n{summary}.\n\n{explain}\n\n").expect(STRING);
        write!(page, "**What to do:** {fix}.\n\n").expect(STRING);
        writeln!(page, "- weighs: {severity}").expect(STRING);
        if let Some(looks_at) = looks_at(id) {
            writeln!(page, "- looks at: {looks_at}").expect(STRING);
        }
        if !rejected_by.is_empty() {
            writeln!(page, "- refused today by: {}", rejected_by.join(", ")).expect(STRING);
        }
        writeln!(page, "- stands on: {}", sources.join("; ")).expect(STRING);
        writeln!(page, "- since: {since}").expect(STRING);
    }
}

fn capitalised(text: &str) -> String {
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    first.to_uppercase() + rest
}

const STRING: &str = "writing to a string cannot fail";
