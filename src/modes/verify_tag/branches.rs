//! Whether the tagged commit is on a branch that its version may be released from.
//!
//! Heads are read once and compared by their hashes, so the answer is about one moment: a branch that moves meanwhile
//! changes nothing, and one that is deleted is said to be gone.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::rules::{BUDGET, NO_BRANCH, OFF_BRANCH};
use crate::model::branch_rules::{BranchBudget, BranchPattern, BranchRule};
use crate::model::revision::CommitSha;
use crate::model::tag::Tag;
use crate::model::version::Version;
use crate::remote::error::RemoteError;
use crate::remote::history::{Branch, History, Relation};
use crate::report::Finding;

/// So many branches are named in a message.
const MOST_NAMED: usize = 5;

/// A question: may this commit be released as this tag by that rule?
pub(super) struct Question<'a> {
    pub(super) tag: &'a Tag,
    pub(super) commit: &'a CommitSha,
    pub(super) rule: &'a BranchRule,
    pub(super) budget: BranchBudget,
}

impl Question<'_> {
    /// The branch that the commit is on, or why it may not be released.
    ///
    /// # Errors
    /// When the history cannot be told.
    pub(super) async fn ask(&self, history: &History) -> Result<Result<String, Finding>, RemoteError> {
        let Self { tag, commit, rule, budget } = self;
        let mut candidates = candidates(rule, history).await?;
        if candidates.is_empty() {
            let message = format!("no branch fits `{rule}`, which is about `{tag}`");
            return Ok(Err(NO_BRANCH.finding(message)));
        }
        sort(&mut candidates, commit, rule, tag.version());
        if let Some(newest) = candidates.iter().find(|branch| branch.head == **commit) {
            return Ok(Ok(newest.name.clone()));
        }
        let (compared, beyond) = candidates.split_at(budget.get().min(candidates.len()));
        let mut seen = Vec::new();
        for branch in compared {
            match history.compare(&branch.head, commit).await? {
                Relation::Identical | Relation::Behind => return Ok(Ok(branch.name.clone())),
                relation => seen.push(format!("`{}` {}", shown(&branch.name), standing(relation, branch))),
            }
        }
        let commit = commit.short();
        if beyond.is_empty() {
            let message = format!(
                "`{tag}` leads to {commit}, and `{rule}` asks for a branch that has it: {}",
                list(&seen)
            );
            return Ok(Err(OFF_BRANCH.finding(message).hint(hint(rule))));
        }
        let others: Vec<_> = beyond.iter().map(|branch| format!("`{}`", shown(&branch.name))).collect();
        let message = format!(
            "{} branches fit `{rule}`; {commit} is on none of the {} that were compared ({}), and {} were not: {}",
            candidates.len(),
            compared.len(),
            list(&seen),
            beyond.len(),
            list(&others)
        );
        Ok(Err(BUDGET.finding(message)))
    }
}

/// The branches that fit the rule. One request for each beginning that no other one covers.
async fn candidates(rule: &BranchRule, history: &History) -> Result<Vec<Branch>, RemoteError> {
    let starts: BTreeSet<&str> = rule.branches.iter().map(BranchPattern::start).collect();
    let mut found: Vec<Branch> = Vec::new();
    for start in &starts {
        let is_covered = |other: &&str| *other != *start && start.starts_with(*other);
        if !starts.iter().any(is_covered) {
            found.extend(history.branches_matching(start).await?);
        }
    }
    found.retain(|branch| rule.branches.iter().any(|pattern| pattern.matches(&branch.name)));
    Ok(found)
}

/// The likeliest first: what the commit is the newest of costs nothing, a name that the user wrote is meant, and release
/// branches are called by their numbers.
fn sort(branches: &mut Vec<Branch>, commit: &CommitSha, rule: &BranchRule, version: &Version) {
    let numbers = minor(version);
    let position = |branch: &Branch| {
        let exact = |pattern: &BranchPattern| pattern.is_exact() && pattern.as_str() == branch.name;
        rule.branches.iter().position(exact).unwrap_or(usize::MAX)
    };
    branches.sort_by_cached_key(|branch| {
        let is_about = numbers.as_deref().is_some_and(|numbers| has_numbers(&branch.name, numbers));
        (branch.head != *commit, position(branch), !is_about, Reverse(natural(&branch.name)))
    });
    branches.dedup();
}

/// The first two numbers of a version, as names of release branches have them.
fn minor(version: &Version) -> Option<String> {
    match &version.parts().release[..] {
        [major, minor, ..] => Some(format!("{major}.{minor}")),
        _ => None,
    }
}

/// Whether the numbers stand in the name, with no other digit right beside them.
fn has_numbers(name: &str, numbers: &str) -> bool {
    name.match_indices(numbers).any(|(at, _)| {
        let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        let bytes = name.as_bytes();
        !is_digit(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && !is_digit(bytes.get(at + numbers.len()))
    })
}

/// A name by whose parts `release/1.10` is higher than `release/1.9`.
fn natural(name: &str) -> Vec<(usize, String)> {
    let parts = name.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    let part = |part: &[u8]| {
        let text = String::from_utf8_lossy(part);
        let digits = text.trim_start_matches('0');
        let length = if part.first().is_some_and(u8::is_ascii_digit) { digits.len() } else { 0 };
        (length, if length > 0 { digits.to_owned() } else { text.into_owned() })
    };
    parts.map(part).collect()
}

/// How a branch stands to a commit that is not on it.
fn standing(relation: Relation, branch: &Branch) -> String {
    let head = branch.head.short();
    match relation {
        Relation::Identical | Relation::Behind => format!("({head}) has it"),
        Relation::Ahead => format!("({head}) lies behind it"),
        Relation::Diverged => format!("({head}) has gone another way"),
        Relation::NoCommonAncestor => format!("({head}) shares no history with it"),
        Relation::BranchGone => "was deleted or rewritten meanwhile".to_owned(),
    }
}

fn hint(rule: &BranchRule) -> String {
    let named: Vec<_> = rule.branches.iter().take(MOST_NAMED).map(|pattern| format!("`{pattern}`")).collect();
    let named = named.join(" or ");
    format!("merge the commit into {named} and run again, or delete the tag and tag a commit that is there")
}

fn list(all: &[String]) -> String {
    let named = all.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(MOST_NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Names of branches are strangers' texts.
fn shown(name: &str) -> String {
    name.chars().take(100).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::branch_rules::BranchRules;

    fn sha(digit: char) -> CommitSha {
        digit.to_string().repeat(40).parse().expect("a hash")
    }

    fn sorted(line: &str, version: &str, names: &[&str]) -> Vec<String> {
        let version = Version::from_pep440(version).expect("good");
        let rules: BranchRules = line.parse().expect("good");
        let rule = rules.for_version(&version).expect("a line is about it");
        let head = |name: &&str| if name.starts_with('!') { sha('a') } else { sha('b') };
        let branch = |name: &&str| Branch { name: name.trim_start_matches('!').to_owned(), head: head(name) };
        let mut branches: Vec<_> = names.iter().map(branch).collect();
        sort(&mut branches, &sha('a'), rule, &version);
        branches.into_iter().map(|branch| branch.name).collect()
    }

    #[test]
    fn the_likeliest_branches_are_compared_first() {
        let found = sorted(
            "stable = main, release/*",
            "1.9.3",
            &["release/1.8", "release/1.10", "main", "release/1.9", "release/11.90", "!release/0.1", "main"],
        );
        assert_eq!(
            found,
            ["release/0.1", "main", "release/1.9", "release/11.90", "release/1.10", "release/1.8"]
        );
    }

    #[test]
    fn numbers_are_whole_ones() {
        for (name, expected) in [
            ("release/1.9", true),
            ("1.9.x", true),
            ("v1.9", true),
            ("release/11.9", false),
            ("release/1.90", false),
            ("release/1.90-1.9", true),
            ("é1.9é", true),
        ] {
            assert_eq!(has_numbers(name, "1.9"), expected, "{name}");
        }
    }

    #[test]
    fn long_lists_are_cut() {
        let all: Vec<String> = (1..=7).map(|number| number.to_string()).collect();
        assert_eq!(list(&all), "1, 2, 3, 4, 5 and 2 more");
        assert_eq!(list(&all[..2]), "1, 2");
    }
}
