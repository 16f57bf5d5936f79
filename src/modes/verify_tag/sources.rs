//! What the project's files say of the version, held to the tag.

use super::rules::{
    DYNAMIC, MISMATCH, NO_SECTION, NO_SOURCE, PIN_BEHIND, PIN_REFUSES, STALE_LOCK, UNREADABLE, UNSAYABLE,
};
use crate::model::tag::Tag;
use crate::modes::project::tree::DiskTree;
use crate::report::{Finding, Report, Rule};
use crate::sources::{Disagreement, Found, Role, Sources, Statement};

/// So much of a file's text is repeated, in characters.
const SHOWN: usize = 100;

/// Holds every place that states a version to the tag.
pub(super) fn compare(sources: &Sources, tag: &Tag, tree: &DiskTree, report: &mut Report) {
    for found in &sources.found {
        match found {
            Found::Statement(statement) => report.extend(judge(statement, tag, tree)),
            Found::Dynamic { file, line, by } => {
                let message = format!("the version is left to `{}`", shown(by));
                report.push(at(DYNAMIC.finding(message), tree, file, Some(*line)));
            }
            Found::Unreadable { file, line, why } => {
                report.push(at(UNREADABLE.finding(why.clone()), tree, file, *line));
            }
        }
    }
    // A pin or a lock file alone says nothing of the project's own version.
    let says = |found: &Found| {
        !matches!(found, Found::Statement(Statement { role: Role::Lock | Role::Pin { .. }, .. }))
    };
    if !sources.found.iter().any(says) {
        let folder = tree.shown("");
        let folder = if folder.is_empty() { "." } else { folder.as_str() };
        report.push(NO_SOURCE.finding(format!("no file in `{folder}` states a version")));
    }
}

/// What is wrong with one place.
fn judge(statement: &Statement, tag: &Tag, tree: &DiskTree) -> Option<Finding> {
    let Statement { file, line, key, text, spelling, role, .. } = statement;
    let version = tag.version();
    let key = shown(key);
    let text = shown(text);
    if let (Role::Version | Role::Lock, Err(why)) = (role, version.spelled(*spelling)) {
        let message = format!("`{key}` cannot be {version}, as the tag `{tag}` says: {why}");
        return Some(at(UNSAYABLE.finding(message), tree, file, Some(*line)));
    }
    let disagreement = statement.disagreement(version)?;
    let wanted = version.spelled(*spelling).unwrap_or_else(|_| version.to_string());
    let (rule, message, hint): (Rule, String, String) = match (role, disagreement) {
        (Role::Version, Disagreement::Other(_)) => (
            MISMATCH,
            format!("`{key}` is {text}, the tag `{tag}` says {version}"),
            format!(
                "change {text} to {wanted} there (`bump-version` does it everywhere), commit, and tag that commit"
            ),
        ),
        (Role::Lock, Disagreement::Other(_)) => (
            STALE_LOCK,
            format!("`{key}` is {text}, the tag `{tag}` says {version}"),
            STALE_LOCK.fix.to_owned(),
        ),
        (Role::Version | Role::Lock, Disagreement::Refused | Disagreement::Behind) => (
            UNREADABLE,
            format!(
                "`{key}` is `{text}`, which is no version in {spelling} spelling; the tag `{tag}` says {wanted}"
            ),
            UNREADABLE.fix.to_owned(),
        ),
        (Role::Pin { of, requirement, .. }, Disagreement::Behind) => (
            PIN_BEHIND,
            format!("`{key}` is `{}`, and `{}` is released as {version}", shown(requirement), shown(of)),
            format!(
                "raise {text} to {wanted} there (`bump-version` does it everywhere), commit, and tag that commit"
            ),
        ),
        (Role::Pin { of, requirement, .. }, Disagreement::Refused | Disagreement::Other(_)) => (
            PIN_REFUSES,
            format!(
                "`{key}` is `{}`, which does not admit {version}, as which `{}` is released",
                shown(requirement),
                shown(of)
            ),
            PIN_REFUSES.fix.to_owned(),
        ),
    };
    Some(at(rule.finding(message).hint(hint), tree, file, Some(*line)))
}

/// The finding about a changelog without the version's section.
pub(super) fn no_section(file: &str, tag: &Tag) -> Finding {
    let message = format!("no section of it is about {}, which the tag `{tag}` names", tag.version());
    NO_SECTION.finding(message).in_file(file)
}

fn at(finding: Finding, tree: &DiskTree, file: &str, line: Option<usize>) -> Finding {
    let finding = finding.in_file(tree.shown(file));
    match line {
        Some(line) => finding.at(format!("line {line}")),
        None => finding,
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).flat_map(char::escape_debug).collect()
}
