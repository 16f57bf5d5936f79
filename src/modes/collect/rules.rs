//! What collect-artifacts may find, besides what its parts find (`choose`, `layout`, `stage`).

use super::{choose, layout, stage};
use crate::report::{Rule, Severity};

pub(super) const NO_COMMIT: Rule = Rule {
    id: "collect/no-commit",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "There is no commit to collect for",
    explain: "On a `workflow_run` event the commit of the event is taken; `GITHUB_SHA` is the default branch there, \
              not what was built.",
    fix: "give `tag` or `commit`",
    sources: &["GitHub's documentation of the event `workflow_run`"],
    since: "0.1.0",
};

pub(super) const MIXED: Rule = Rule {
    id: "collect/mixed-commits",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The newest runs on the branch built different commits",
    explain: "With `run: latest` each workflow is looked at by itself. Files that are not of one commit may not fit \
              together, and the output `commit` is not set.",
    fix: "do nothing if the files need not fit together, else name a commit in `commit`",
    sources: &["design: one release, one commit"],
    since: "0.1.0",
};

pub(super) const NOTHING: Rule = Rule {
    id: "collect/no-artifact",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "No artifact has a name that was asked for",
    explain: "Every pattern must match something, unless its alias has `?` behind it: a release without those files \
              would follow, and nobody would notice.",
    fix: "correct the name in `artifacts`, or find out why the producer does not upload it",
    sources: &["incident: a pattern that matched nothing was green, and the release went out without files"],
    since: "0.1.0",
};

pub(super) const AMBIGUOUS: Rule = Rule {
    id: "collect/ambiguous",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "An alias and an artifact do not belong to each other alone",
    explain: "An alias stands for one artifact: steps that follow are given its name. Which of two is meant cannot be \
              known, and one artifact under two aliases would be placed twice.",
    fix: "write the artifact's whole name and its workflow behind the alias in `artifacts`",
    sources: &["design: taking either of two is a guess"],
    since: "0.1.0",
};

pub(super) const NONE_OF_WORKFLOW: Rule = Rule {
    id: "collect/none-of-workflow",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A workflow that was named left no artifact that was asked for",
    explain: "That is fine for a workflow that only has to succeed.",
    fix: "do nothing if the workflow only has to succeed, else look at its uploads",
    sources: &["design: naming a workflow also means that it must have succeeded"],
    since: "0.1.0",
};

pub(super) const EXPIRED: Rule = Rule {
    id: "collect/expired",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "The artifact expired and cannot be downloaded any more",
    explain: "GitHub deletes artifacts after some time, which the repository and the producer set.",
    fix: "run the producer again, and keep its artifacts for longer (`retention-days`)",
    sources: &["GitHub's documentation of workflow artifacts"],
    since: "0.1.0",
};

pub(super) const NO_DIGEST: Rule = Rule {
    id: "collect/no-digest",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "GitHub states no digest for the artifact, so its transfer is not proven",
    explain: "Artifacts uploaded by versions before 4 of upload-artifact have none.",
    fix: "update upload-artifact in the producer to version 4 or later",
    sources: &["GitHub's REST interface for artifacts"],
    since: "0.1.0",
};

pub(super) const SUPERSEDED: Rule = Rule {
    id: "collect/superseded",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A re-run left two artifacts of one name with different digests; the newer one is taken",
    explain: "Re-running failed jobs keeps the artifacts of the earlier attempt. The newest is what the last attempt \
              built; the other is ignored. Names that differ only in the content hash at their end are one name here.",
    fix: "do nothing if the last attempt is right, else run all jobs of the producer again",
    sources: &["GitHub's toolkit for artifacts takes the highest id"],
    since: "0.1.0",
};

/// The rules of this mode.
pub(crate) const RULES: &[Rule] = &[
    NO_COMMIT,
    MIXED,
    NOTHING,
    AMBIGUOUS,
    NONE_OF_WORKFLOW,
    EXPIRED,
    NO_DIGEST,
    SUPERSEDED,
    choose::NO_RUN,
    choose::NOT_COMPLETE,
    choose::FAILED,
    choose::FORK,
    layout::CONFLICT,
    layout::OCCUPIED,
    layout::EMPTY,
    stage::REFUSED,
    stage::NOT_AS_STATED,
];
