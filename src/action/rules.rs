//! The rules for people at a terminal: `explain ID` and `checks`, made of the same rows as `docs/checks.md`.

use serde::Serialize;

use super::error::InputError;
use super::line::Line;
use super::nearest::nearest;
use super::render::table;
use crate::checks::{self, docs};
use crate::modes;
use crate::report::{Rule, family};

/// The command that prints one rule's page.
pub(crate) const EXPLAIN_NAME: &str = "explain";

/// What `explain` does, in one sentence.
pub(crate) const EXPLAIN_ABOUT: &str = "Prints what one rule is about, why it matters and what to do.";

/// The command that lists all rules.
pub(crate) const CHECKS_NAME: &str = "checks";

/// What `checks` does, in one sentence.
pub(crate) const CHECKS_ABOUT: &str = "Lists all rules: id, severity and what was found.";

/// All rules: those about distributions, then those of the modes.
pub(crate) fn all() -> impl Iterator<Item = &'static Rule> {
    checks::all().map(|check| &check.rule).chain(modes::rules())
}

/// The page of the rule that is called `id`.
///
/// # Errors
/// When there is no such rule.
pub(crate) fn explain(id: &str) -> Result<String, InputError> {
    match all().find(|rule| rule.id == id) {
        Some(rule) => Ok(docs::text(rule)),
        None => Err(InputError::UnknownRule {
            typed: id.chars().take(60).flat_map(char::escape_debug).collect(),
            nearest: nearest(id, all().map(|rule| rule.id)),
            is_family: all().any(|rule| family(rule.id) == id),
        }),
    }
}

/// All rules as a table.
pub(crate) fn list() -> String {
    let row = |rule: &Rule| vec![rule.id.to_owned(), rule.severity.to_string(), rule.summary.to_owned()];
    let rows: Vec<_> = all().map(row).collect();
    let lines = table(&["id", "severity", "what was found"], &rows);
    lines.iter().map(|line| Line::text(line) + "\n").collect()
}

#[derive(Serialize)]
struct RuleV1 {
    id: &'static str,
    severity: String,
    rejected_by: &'static [&'static str],
    summary: &'static str,
    explain: &'static str,
    fix: &'static str,
    sources: &'static [&'static str],
    since: &'static str,
}

/// All rules as a JSON list.
pub(crate) fn json() -> String {
    let row = |rule: &'static Rule| {
        let Rule { id, severity, rejected_by, summary, explain, fix, sources, since } = *rule;
        RuleV1 { id, severity: severity.to_string(), rejected_by, summary, explain, fix, sources, since }
    };
    let rules: Vec<_> = all().map(row).collect();
    let text = serde_json::to_string_pretty(&rules).expect("texts can be written as JSON");
    format!("{text}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_what_the_row_says() {
        insta::assert_snapshot!(explain("record/digest-mismatch").expect("a rule"), @"
        record/digest-mismatch

        A file has another digest than RECORD states.

        The file was changed after RECORD was written: signed, stripped, patched, or damaged.
        `wheel unpack` refuses the wheel; pip and uv do not look.

        What to do: find the step that changed the file, and run it before the wheel is packed, or
          `wheel pack` after it.

        weighs:           error
        looks at:         each wheel
        stands on:        binary distribution format, the .dist-info directory
        since:            0.1.0
        ");
        for rule in all() {
            let page = explain(rule.id).expect("a rule");
            assert!(page.starts_with(&format!("{}\n", rule.id)) && page.ends_with('\n'), "{page}");
            assert!(
                page.lines().all(|line| line.chars().count() <= 100 || !line.trim().contains(' ')),
                "{page}"
            );
        }
    }

    #[test]
    fn an_unknown_id_is_answered_with_the_nearest() {
        let refused = |id| {
            let error = explain(id).expect_err("unknown");
            format!("{error}; {}", error.hint().unwrap_or_default())
        };
        assert_eq!(
            refused("record/digest-mismach"),
            "there is no rule `record/digest-mismach`; did you mean `record/digest-mismatch`?"
        );
        assert!(refused("record").contains("`record` is a family"), "{}", refused("record"));
        assert!(
            refused("x\u{1b}").ends_with("`release-action checks` lists them all"),
            "{}",
            refused("x\u{1b}")
        );
    }

    #[test]
    fn the_lists_have_every_rule() {
        let rules: Vec<serde_json::Value> = serde_json::from_str(&json()).expect("JSON");
        assert_eq!(rules.len(), all().count());
        assert_eq!(list().lines().count(), rules.len() + 1);
        assert!(rules.iter().zip(all()).all(|(found, rule)| found["id"] == rule.id));
    }
}
