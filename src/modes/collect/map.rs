//! Which of the artifacts that the runs left each line of `artifacts` means. Pure: what the runs left goes in, what
//! to fetch and what stands against it comes out.
//!
//! A line with an alias means one artifact, and takes it first; the others share out what is left, in their order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Chosen;
use super::rules::{AMBIGUOUS, EXPIRED, NO_DIGEST, NONE_OF_WORKFLOW, NOTHING, SUPERSEDED};
use crate::model::wanted::{Alias, Fit, Wanted};
use crate::remote::github::RunArtifact;
use crate::report::{Finding, Report};

/// So many names of artifacts are told where none, or more than one, is meant.
const MOST_NAMES: usize = 30;

/// What one run left.
#[derive(Clone, Debug)]
pub(super) struct Left {
    /// The workflow's file name.
    pub(super) workflow: String,
    /// The run's number.
    pub(super) run_id: u64,
    /// How often the run was started, where that is known.
    pub(super) run_attempt: Option<u64>,
    /// Its artifacts, of all attempts.
    pub(super) artifacts: Vec<RunArtifact>,
}

/// The runs, and whether every producer has one: what a missing one would have left is not held against the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Runs<'a> {
    pub(super) left: &'a [Left],
    pub(super) all_found: bool,
}

/// The artifacts that a name stands for in one run: the newest, and what earlier attempts left.
#[derive(Clone, Debug)]
struct Pick<'a> {
    of: &'a Left,
    newest: &'a RunArtifact,
    older: Vec<&'a RunArtifact>,
}

/// What each line means. Findings say which of them mean nothing, or more than they may.
pub(super) fn resolve(lines: &[Wanted], runs: Runs<'_>, report: &mut Report) -> Vec<Chosen> {
    let mut chosen: BTreeMap<u64, (Pick<'_>, &Wanted)> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let (named, bare): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.alias.is_some());
    for line in named {
        let picks: Vec<_> = picks(line, runs).collect();
        match &picks[..] {
            [] => report.extend(runs.nothing_for(line)),
            [pick] => match chosen.get(&pick.newest.id) {
                Some((_, other)) => report.push(two_aliases(pick, other, line)),
                None => {
                    taken.extend(pick.ids());
                    chosen.insert(pick.newest.id, (pick.clone(), line));
                }
            },
            several => report.push(several_for_one(several, line)),
        }
    }
    for line in bare {
        let picks: Vec<_> = picks(line, runs).collect();
        if picks.is_empty() {
            report.extend(runs.nothing_for(line));
        }
        for pick in picks.into_iter().filter(|pick| !taken.contains(&pick.newest.id)).collect::<Vec<_>>() {
            taken.extend(pick.ids());
            chosen.insert(pick.newest.id, (pick, line));
        }
    }
    for of in runs.left {
        let mut picks: Vec<_> = chosen.values().filter(|(pick, _)| std::ptr::eq(pick.of, of)).collect();
        picks.sort_by_key(|(pick, _)| &pick.newest.name);
        if picks.is_empty() {
            report.push(NONE_OF_WORKFLOW.finding(format!("{} (run {}) left none", of.workflow, of.run_id)));
        }
        picks.iter().for_each(|(pick, _)| pick.judge(report));
    }
    let mut chosen: Vec<_> = chosen.into_values().map(|(pick, line)| pick.chosen_by(line)).collect();
    let place = |one: &Chosen| runs.left.iter().position(|left| left.run_id == one.run_id);
    chosen.sort_by(|one, other| (place(one), &one.artifact.name).cmp(&(place(other), &other.artifact.name)));
    chosen
}

/// What a line means in each run: artifacts of its name or, where there is none, of its name and a content hash.
fn picks<'a>(line: &'a Wanted, runs: Runs<'a>) -> impl Iterator<Item = Pick<'a>> {
    let of_line = runs.left.iter().filter(|left| line.is_of(&left.workflow));
    of_line.flat_map(move |left| {
        let fitting = |fit| left.artifacts.iter().filter(move |one| line.pattern.fit(&one.name) == Some(fit));
        let mut names: BTreeMap<&str, Vec<&RunArtifact>> = BTreeMap::new();
        fitting(Fit::Whole).for_each(|one| names.entry(&one.name).or_default().push(one));
        if names.is_empty() {
            // Each attempt that built other bytes left another hash.
            fitting(Fit::Hashed).for_each(|one| names.entry("").or_default().push(one));
        }
        names.into_values().filter_map(move |mut attempts| {
            attempts.sort_by_key(|one| Reverse(one.id));
            let mut attempts = attempts.into_iter();
            Some(Pick { of: left, newest: attempts.next()?, older: attempts.collect() })
        })
    })
}

impl Pick<'_> {
    fn ids(&self) -> impl Iterator<Item = u64> {
        self.older.iter().map(|older| older.id).chain([self.newest.id])
    }

    fn chosen_by(&self, line: &Wanted) -> Chosen {
        Chosen {
            workflow: self.of.workflow.clone(),
            run_id: self.of.run_id,
            run_attempt: self.of.run_attempt,
            artifact: self.newest.clone(),
            alias: line.alias.as_ref().map(|alias| alias.name.clone()),
            target: line.target.clone(),
        }
    }

    /// What can be said of an artifact before it is fetched.
    fn judge(&self, report: &mut Report) {
        let Self { of, newest, older } = self;
        let digest =
            |one: &RunArtifact| one.sha256.map_or_else(|| "none".to_owned(), |sha256| sha256.to_string());
        if let Some(other) = older.iter().find(|other| other.sha256 != newest.sha256) {
            let called = |one: &RunArtifact| match newest.name == other.name {
                true => format!("artifact {}", one.id),
                false => format!("`{}` (artifact {})", one.name, one.id),
            };
            let message =
                format!("{} has {}, {} has {}", called(other), digest(other), called(newest), digest(newest));
            report.push(SUPERSEDED.finding(message).in_file(newest.name.clone()));
        }
        if newest.expired {
            let made = newest.created_at.as_deref().unwrap_or("a day that GitHub does not tell");
            let there = of.artifacts.iter().filter(|one| !one.expired).map(|one| one.name.as_str());
            let message =
                format!("{} made it on {made}; what is still there is {}", of.workflow, list(there));
            report.push(EXPIRED.finding(message).in_file(newest.name.clone()));
        }
        if newest.sha256.is_none() {
            let message = format!("{} uploaded it without one", of.workflow);
            report.push(NO_DIGEST.finding(message).in_file(newest.name.clone()));
        }
    }
}

impl Runs<'_> {
    /// That no artifact is meant by a line, with what there is instead; nothing if that may be.
    fn nothing_for(self, line: &Wanted) -> Option<Finding> {
        let Wanted { alias, workflow, pattern, target: _ } = line;
        let of_line: Vec<_> = self.left.iter().filter(|left| line.is_of(&left.workflow)).collect();
        let is_told = self.all_found || (workflow.is_some() && !of_line.is_empty());
        if line.is_optional() || !is_told {
            return None;
        }
        let seen = of_line.iter().flat_map(|left| &left.artifacts).map(|one| one.name.as_str());
        let stands_for = match alias {
            Some(Alias { name, .. }) => format!(", which `{name}` stands for"),
            None => String::new(),
        };
        let who = workflow.as_deref().unwrap_or("the runs");
        let message = format!("no artifact is called `{pattern}`{stands_for}; {who} left {}", list(seen));
        let is_own = of_line.iter().any(|left| left.workflow == super::OWN_RUN);
        Some(NOTHING.finding(message).hint(if is_own {
            "do jobs of this run upload, and are they in `needs`? name other producers in `workflows`"
        } else {
            "is the name right, and does every job of the producer upload? an alias with `?` behind it may be missing"
        }))
    }
}

fn several_for_one(several: &[Pick<'_>], line: &Wanted) -> Finding {
    let names = several.iter().map(|pick| format!("{} of {}", pick.newest.name, pick.of.workflow));
    let names: Vec<_> = names.collect();
    let alias = line.alias.as_ref().map_or("", |alias| alias.name.as_str());
    let message = format!(
        "`{alias}` stands for one artifact, and there are {}",
        list(names.iter().map(String::as_str))
    );
    AMBIGUOUS.finding(message).hint(
        "write the whole name, without the content hash at its end, and the workflow before it: `alias = wheels.yml : name`",
    )
}

fn two_aliases(pick: &Pick<'_>, other: &Wanted, line: &Wanted) -> Finding {
    let alias = |line: &Wanted| line.alias.as_ref().map_or_else(String::new, |alias| alias.name.clone());
    let message = format!("both `{}` and `{}` stand for it", alias(other), alias(line));
    AMBIGUOUS.finding(message).in_file(pick.newest.name.clone()).hint("leave one of the two lines out")
}

/// Names for a message, each once.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect::<BTreeSet<_>>().into_iter().collect();
    match names.len() {
        0 => "no artifact".to_owned(),
        1..=MOST_NAMES => format!("`{}`", names.join("`, `")),
        all => format!("`{}` and {} more", names[..MOST_NAMES].join("`, `"), all - MOST_NAMES),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest::Sha256;

    fn left(workflow: &str, run_id: u64, names: &[&str]) -> Left {
        let artifact = |(index, name): (usize, &&str)| RunArtifact {
            id: run_id * 100 + index as u64,
            name: (*name).to_owned(),
            size_bytes: 1,
            expired: false,
            sha256: Some(Sha256::of(format!("{name}{index}").as_bytes())),
            created_at: None,
        };
        let artifacts = names.iter().enumerate().map(artifact).collect();
        Left { workflow: workflow.into(), run_id, run_attempt: Some(1), artifacts }
    }

    /// What lines mean: `alias=number`, and the findings' ids.
    fn resolved(lines: &[&str], left: &[Left]) -> (Vec<String>, Vec<&'static str>) {
        let lines: Vec<Wanted> = lines.iter().map(|line| line.parse().expect("a line")).collect();
        let mut report = Report::default();
        let chosen = resolve(&lines, Runs { left, all_found: true }, &mut report);
        let chosen = chosen.iter().map(|one| {
            let alias = one.alias.as_deref().map_or_else(String::new, |alias| format!("{alias}="));
            format!("{alias}{}", one.artifact.id)
        });
        (chosen.collect(), report.findings().iter().map(|finding| finding.check).collect())
    }

    #[track_caller]
    fn check(lines: &[&str], left: &[Left], chosen: &[&str], findings: &[&str]) {
        let (found, told) = resolved(lines, left);
        assert_eq!(
            (&*found, &*told),
            (&chosen.iter().map(ToString::to_string).collect::<Vec<_>>()[..], findings)
        );
    }

    #[test]
    fn lines_with_an_alias_choose_first_and_the_rest_is_for_the_others() {
        let runs = [left("a.yml", 1, &["docs", "wheels-x"]), left("b.yml", 2, &["wheels-y"])];
        check(&["*", "d = docs"], &runs, &["d=100", "101", "200"], &[]);
        check(&["wheels-*", "docs -> site"], &runs, &["100", "101", "200"], &[]);
        check(&["b.yml : *"], &runs, &["200"], &["collect/none-of-workflow"]);
        check(&["d? = nothing", "*"], &runs, &["100", "101", "200"], &[]);
        check(&["d = nothing", "*"], &runs, &["100", "101", "200"], &["collect/no-artifact"]);
        check(&["d = docs", "docs"], &runs[..1], &["d=100"], &[]);
    }

    #[test]
    fn an_alias_and_an_artifact_belong_to_each_other_alone() {
        let runs = [left("a.yml", 1, &["x", "y"]), left("b.yml", 2, &["x"])];
        check(
            &["one = a.yml : [xy]", "b.yml : x"],
            &runs,
            &["200"],
            &["collect/ambiguous", "collect/none-of-workflow"],
        );
        check(&["one = x", "*"], &runs, &["100", "101", "200"], &["collect/ambiguous"]);
        check(&["one = b.yml : x", "two = b.yml : *"], &runs[1..], &["one=200"], &["collect/ambiguous"]);
    }

    #[test]
    fn the_newest_attempt_counts_with_or_without_a_hash() {
        let old = "x-aaaaaaaa";
        let runs = [left("a.yml", 1, &[old, "x-bbbbbbbb", "x-debug"])];
        check(&["x"], &runs, &["101"], &["collect/superseded"]);
        check(&["one = x", "*"], &runs, &["one=101", "102"], &["collect/superseded"]);
        check(&["*"], &runs, &["100", "101", "102"], &[]);
        let runs = [left("a.yml", 1, &["x", old, "x"])];
        check(&["one = x"], &runs, &["one=102"], &["collect/superseded"]);
        check(&[&format!("one = {old}")], &runs, &["one=101"], &[]);
    }

    #[test]
    fn a_producer_that_is_missing_excuses_lines_of_any_workflow_only() {
        let runs = [left("a.yml", 1, &["x"])];
        let told = |line: &str| {
            let (lines, mut report) = ([line.parse().expect("a line")], Report::default());
            resolve(&lines, Runs { left: &runs, all_found: false }, &mut report);
            report.findings().iter().any(|finding| finding.check == NOTHING.id)
        };
        assert!(!told("y") && !told("b.yml : y") && told("a.yml : y"));
    }

    #[test]
    fn long_lists_of_names_are_cut() {
        let names: Vec<_> = (100..150).map(|number| number.to_string()).collect();
        let told = list(names.iter().map(String::as_str));
        assert!(
            told.contains("`129`") && !told.contains("`130`") && told.ends_with(" and 20 more"),
            "{told}"
        );
        assert_eq!(list(["a", "a", "b"].into_iter()), "`a`, `b`");
    }
}
