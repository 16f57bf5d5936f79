//! `docs/checks.md`, made of the tables.

use std::fmt::Write as _;

use super::{Run, all};
use crate::report::Rule;

/// The page: every check on distributions, then `modes`, the rules of the modes themselves.
pub fn markdown(modes: &[&Rule]) -> String {
    let mut page = String::from(
        "# What is checked\n\n\
         Made from the tables in `src/`; `BLESS=1 cargo test` writes it anew. A finding that weighs `error` stops \
         the run.\n",
    );
    page.push_str("\n## What is found in distributions\n");
    for family in families(all().map(|check| &check.rule)) {
        section(&mut page, family, |id| {
            let run = all().find(|check| check.rule.id == id).map(|check| &check.run);
            run.map(looks_at)
        });
    }
    if !modes.is_empty() {
        page.push_str("\n## What the modes find\n");
    }
    for family in families(modes.iter().copied()) {
        section(&mut page, family, |_| None);
    }
    page
}

/// A family's name and its rules.
type Family<'a> = (&'a str, Vec<&'a Rule>);

fn families<'a>(rules: impl Iterator<Item = &'a Rule>) -> Vec<Family<'a>> {
    let mut families: Vec<Family<'a>> = Vec::new();
    for rule in rules {
        let name = rule.id.split('/').next().unwrap_or(rule.id);
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
