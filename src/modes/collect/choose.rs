//! Which run of a workflow counts for a commit, and which of its artifacts.

use std::collections::BTreeMap;

use super::rules::SUPERSEDED;
use crate::model::revision::CommitSha;
use crate::remote::github::{Run, RunArtifact};
use crate::report::{Report, Rule, Severity};

pub(super) const NO_RUN: Rule = Rule {
    id: "collect/no-run",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The workflow has no run for the commit",
    explain: "Every workflow that was named must have run for the commit that is released. Runs of pull requests do \
              not count: they build a merge of the commit with its base.",
    fix: "correct the workflow's file name, or push the commit so that the workflow runs for it",
    sources: &["GitHub's REST interface for workflow runs"],
    since: "0.1.0",
};

pub(super) const NOT_COMPLETE: Rule = Rule {
    id: "collect/not-complete",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The producer is still running",
    explain: "Its artifacts are not whole yet.",
    fix: "run again when it is done",
    sources: &["GitHub's REST interface for workflow runs"],
    since: "0.1.0",
};

pub(super) const FAILED: Rule = Rule {
    id: "collect/failed-producer",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The producer did not succeed",
    explain: "A run that failed, was cancelled or went stale may have left some of its artifacts. A release made of \
              them would be short of files, and nobody would notice.",
    fix: "mend the producer, run it again, then this",
    sources: &["incident: 92 of 104 files were released, since one builder had failed"],
    since: "0.1.0",
};

pub(super) const FORK: Rule = Rule {
    id: "collect/fork-run",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The only run for the commit comes from a fork",
    explain: "Whoever owns the fork decided what that run built.",
    fix: "push the commit to a branch of this repository, so that the workflow runs there",
    sources: &["GitHub's documentation of the event `workflow_run`: artifacts are untrusted data"],
    since: "0.1.0",
};

/// The run that counts: of this repository, not of a pull request, the highest number, its latest attempt, and
/// completed with success. Otherwise a finding says why there is none.
pub(super) fn run(runs: Vec<Run>, workflow: &str, commit: &CommitSha, report: &mut Report) -> Option<Run> {
    let total = runs.len();
    let (forks, own): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| run.from_fork);
    let pull_requests = own.iter().filter(|run| run.event.starts_with("pull_request")).count();
    let newest = own
        .into_iter()
        .filter(|run| !run.event.starts_with("pull_request"))
        .max_by_key(|run| (run.run_number, run.run_attempt));
    let Some(run) = newest else {
        report.push(match forks.first() {
            Some(fork) => FORK.finding(format!("{workflow} ran for {commit} in a fork only: {}", fork.html_url)),
            None => NO_RUN
                .finding(format!("{workflow} has no run for {commit} ({total} seen, {pull_requests} of them for pull requests)"))
                .hint("is the workflow's file name right, was the commit pushed, and may the token see runs (`actions: read`)?"),
        });
        return None;
    };
    if run.status != "completed" {
        let message = format!("{workflow} is {} ({})", run.status, run.html_url);
        report.push(NOT_COMPLETE.finding(message));
        return None;
    }
    let conclusion = run.conclusion.as_deref().unwrap_or("nothing");
    if conclusion != "success" {
        let message = format!("{workflow} ended with {conclusion} ({})", run.html_url);
        report.push(FAILED.finding(message));
        return None;
    }
    Some(run)
}

/// Of each name that is wanted, the artifact with the highest id: re-runs leave several.
pub(super) fn newest(
    artifacts: Vec<RunArtifact>,
    wanted: impl Fn(&str) -> bool,
    report: &mut Report,
) -> Vec<RunArtifact> {
    let mut by_name: BTreeMap<String, RunArtifact> = BTreeMap::new();
    for artifact in artifacts.into_iter().filter(|artifact| wanted(&artifact.name)) {
        match by_name.get_mut(&artifact.name) {
            None => {
                by_name.insert(artifact.name.clone(), artifact);
            }
            Some(have) => {
                if have.sha256 != artifact.sha256 {
                    let digest = |one: &RunArtifact| {
                        one.sha256.map_or_else(|| "none".into(), |sha256| sha256.to_string())
                    };
                    let (older, newer) =
                        if have.id < artifact.id { (&*have, &artifact) } else { (&artifact, &*have) };
                    let message = format!(
                        "artifact {} has {}, artifact {} has {}",
                        older.id,
                        digest(older),
                        newer.id,
                        digest(newer)
                    );
                    report.push(SUPERSEDED.finding(message).in_file(artifact.name.clone()));
                }
                if have.id < artifact.id {
                    *have = artifact;
                }
            }
        }
    }
    by_name.into_values().collect()
}
