//! The files of a release beside those that were asked for.

use std::collections::BTreeSet;

use crate::checks::Dist;
use crate::model::artifact::{Distribution, FileName};
use crate::model::expect::{Expected, Requirement};
use crate::model::name::PackageName;
use crate::report::{Finding, Rule, Severity};

/// A file that a line asks for is not there.
pub(super) const MISSING: Rule = Rule {
    id: "set/expected-missing",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A wheel or sdist that `expect` asks for is not among the files",
    explain: "A job failed, was skipped, or made a wheel with other tags than were meant. A release without it goes out \
              quietly: the users of that platform build from source, or get an older version. A wheel with a stable \
              interface counts for all later versions of CPython, `py3-none-PLATFORM` for all of them, and one for an \
              older system of the same machine for newer ones.",
    fix: "find the job that should have built it; if it is not wanted any more, take it out of `expect`",
    sources: &["packaging, packaging.tags", "incident: releases went out without the wheels of one platform"],
    since: "0.1.0",
};

/// A file that no line asks for.
pub(super) const EXTRA: Rule = Rule {
    id: "set/not-expected",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A wheel or sdist is among the files that no line of `expect` asks for",
    explain: "It is left from another build, or has other tags than were meant; what goes to an index stays there for ever.",
    fix: "remove the file, or add a line to `expect` that asks for it",
    sources: &["design: what is published was meant to be published"],
    since: "0.1.0",
};

/// What the checks can only guess at, and `expect` says: with it, these rules are left aside.
pub(crate) const GUESSES: [&str; 2] = ["set/no-sdist", "set/hole"];

/// So many files that come near are named, and so many lacking ones one by one.
const MOST_NEAR: usize = 2;
const MOST_FINDINGS: usize = 40;

/// Compares the files with what was asked for. A file counts by its name: one that cannot be read is not missing.
pub(crate) fn compare(expected: &Expected, dists: &[Dist]) -> Vec<Finding> {
    let files: Vec<_> = dists.iter().filter_map(named).collect();
    let projects: BTreeSet<&PackageName> = files.iter().map(|(_, file)| file.name()).collect();
    let mut missing = Vec::new();
    for requirement in expected.requirements() {
        let about: Vec<Option<&PackageName>> = match &requirement.project {
            Some(project) => vec![Some(project)],
            None if projects.is_empty() => vec![None],
            None => projects.iter().copied().map(Some).collect(),
        };
        for project in about {
            let own = || files.iter().filter(|(_, file)| Some(file.name()) == project);
            if !own().any(|(_, file)| requirement.accepts(file)) {
                let near = near(requirement, own());
                missing.push((requirement, project.filter(|_| projects.len() > 1), near));
            }
        }
    }
    let more = missing.len().saturating_sub(MOST_FINDINGS);
    let mut findings: Vec<_> = missing.into_iter().take(MOST_FINDINGS).map(told).collect();
    if more > 0 {
        findings.push(MISSING.finding(format!("and {more} more of this kind")));
    }
    let asked_for = |file: &Distribution| {
        expected.requirements().iter().any(|one| one.is_about(file.name()) && one.accepts(file))
    };
    let extra = files.iter().filter(|(_, file)| !asked_for(file));
    findings.extend(extra.map(|(name, _)| EXTRA.finding("no line of `expect` asks for it").in_file(*name)));
    findings
}

fn named(dist: &Dist) -> Option<(&str, Distribution)> {
    let file_name = dist.file_name();
    let by_name = || Distribution::of_file_name(&file_name.parse::<FileName>().ok()?);
    Some((file_name, dist.distribution().or_else(by_name)?))
}

/// The files that come nearest to what was asked for.
fn near<'a>(
    requirement: &Requirement,
    files: impl Iterator<Item = &'a (&'a str, Distribution)>,
) -> Vec<&'a str> {
    let distance = |(name, file): &'a (&'a str, Distribution)| Some((requirement.distance(file)?, *name));
    let mut near: Vec<_> = files.filter_map(distance).collect();
    near.sort_unstable();
    near.into_iter().take(MOST_NEAR).map(|(_, name)| name).collect()
}

fn told((requirement, project, near): (&Requirement, Option<&PackageName>, Vec<&str>)) -> Finding {
    let line = requirement.line;
    let whose = project.map(|project| format!(" of `{project}`")).unwrap_or_default();
    let near: Vec<_> = near.iter().map(|name| format!("`{name}`")).collect();
    let near = match near.len() {
        0 => String::new(),
        1 => format!("; {} comes near", near[0]),
        _ => format!("; {} come near", near.join(" and ")),
    };
    MISSING.finding(format!(
        "line {line} of `expect` asks for `{requirement}`, and no file{whose} is that{near}"
    ))
}
