//! What stands against a next version, and what has to be known about it.

use crate::report::{Rule, Severity};

pub(super) const NO_VERSION: Rule = Rule {
    id: "bump/no-version",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "No file of the project states a version that could be raised",
    explain: "The sources were not checked out, the project is in another folder, or its version is computed when it is \
              built: then a tag is all that it takes.",
    fix: "check the sources out before this step, set `project-dir`, or name the files in `version-files`",
    sources: &["design: changing nothing must not look like a bump"],
    since: "0.1.0",
};

pub(super) const DISAGREE: Rule = Rule {
    id: "bump/disagree",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The files of the project do not state one version",
    explain: "The next version is counted from the one that the project has. Where files disagree, somebody changed some of \
              them and not the others, and any choice between them would be a guess.",
    fix: "let all of them state the same version, then run again",
    sources: &["incident: versions were raised in some of the files only"],
    since: "0.1.0",
};

pub(super) const UNREADABLE: Rule = Rule {
    id: "bump/unreadable",
    severity: Severity::Error,
    rejected_by: &["cargo", "pip"],
    summary: "A file that states the version cannot be understood",
    explain: "What cannot be read cannot be changed without harm, and a version that is raised in all files but one is worse \
              than none. Nothing was changed.",
    fix: "correct the file, then run again",
    sources: &["design: all files change, or none does"],
    since: "0.1.0",
};

pub(super) const DYNAMIC: Rule = Rule {
    id: "bump/dynamic",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A package's version is computed when it is built, so no file is changed for it",
    explain: "Tools such as setuptools-scm and hatch-vcs take the version from the tag. The package gets the version when the \
              commit is tagged, not before.",
    fix: "none, if the tag decides; else let a file state the version",
    sources: &["the pyproject.toml specification"],
    since: "0.1.0",
};

pub(super) const REFUSED: Rule = Rule {
    id: "bump/refused",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "There is no such next version",
    explain: "A next version is higher than the one before, in the order of PEP 440. What goes back, from a release candidate \
              to an alpha for instance, would be taken for older by every installer.",
    fix: "ask for another bump, or name the version",
    sources: &["PEP 440: the order of versions"],
    since: "0.1.0",
};

pub(super) const CANNOT_SAY: Rule = Rule {
    id: "bump/cannot-say",
    severity: Severity::Error,
    rejected_by: &["cargo", "npm", "git"],
    summary: "A file cannot state the next version, or no tag can",
    explain: "PEP 440 and SemVer share most versions and not all: post releases, epochs and a fourth number have no SemVer \
              spelling. A file that cannot be changed to the version keeps all others from it. Nothing was changed.",
    fix: "choose a version that all files can state",
    sources: &["PEP 440", "Semantic Versioning 2.0"],
    since: "0.1.0",
};

pub(super) const UNCOMMITTED: Rule = Rule {
    id: "bump/uncommitted",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The last commit does not tell what the version of the checkout is counted from",
    explain: "The next version is counted from the last commit, so that a second run makes no second bump. Either the \
              files state neither that version nor the one that was asked for, so that another bump is not committed yet; or \
              the last commit has no one version, and the files may hold the next one already.",
    fix: "commit the version that is there, or take it back (`git checkout`), then run again",
    sources: &["design: a second run finds what the first one did"],
    since: "0.1.0",
};

pub(super) const BROKEN_OFF: Rule = Rule {
    id: "bump/broken-off",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A run broke off here, and a file of it was changed since",
    explain: "The journal of that run tells what it set out from. A file that is neither as it was before nor as it was to \
              become was changed by somebody else, and is not overwritten.",
    fix: "put the file right by hand and delete `.release-action-journal.json`, then run again",
    sources: &["design: what others changed is never overwritten"],
    since: "0.1.0",
};

pub(super) const NO_UNRELEASED: Rule = Rule {
    id: "bump/no-unreleased",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The changelog has no section that could become the version's",
    explain: "The section about what is not released yet (`Unreleased`) becomes the one of the version. Without it the \
              changelog is left as it is, and the release will have no notes from it.",
    fix: "write a section `Unreleased`, or one of the version",
    sources: &["Keep a Changelog 1.1.0"],
    since: "0.1.0",
};

pub(super) const NO_BRANCH: Rule = Rule {
    id: "bump/no-branch",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The repository has no such branch",
    explain: "The commit goes on top of a branch, and none is made for that: a commit where nobody looks is no release.",
    fix: "set `branch` to the branch that releases are made from",
    sources: &["GitHub's REST interface for references"],
    since: "0.1.0",
};

pub(super) const OTHER_TEXT: Rule = Rule {
    id: "bump/other-text",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A file on the branch is not what the checkout has, nor what the bump makes of it",
    explain: "Somebody pushed to the branch after this checkout was made, or the checkout was changed by an earlier step. A \
              commit of this checkout's text would take back what they did.",
    fix: "start a new run on the branch as it is now",
    sources: &["design: what others changed is never overwritten"],
    since: "0.1.0",
};

pub(super) const HALF_DONE: Rule = Rule {
    id: "bump/half-done",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "Some files on the branch have the next version, and others do not",
    explain: "This program changes all files in one commit, so that was somebody else. Which of the versions is meant cannot \
              be told.",
    fix: "let all files on the branch state one version, then start a new run",
    sources: &["design: all files change, or none does"],
    since: "0.1.0",
};

pub(super) const BRANCH_TAKEN: Rule = Rule {
    id: "bump/branch-taken",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The branch for the pull request is there and holds something else",
    explain: "The branch is made with the commit that raises the version. One of this name without it is somebody else's, or \
              was left by an earlier bump from other files. It is neither moved nor deleted.",
    fix: "delete the branch if it is of no use, or set `pull-request-branch`",
    sources: &["design: nothing is forced"],
    since: "0.1.0",
};

pub(super) const PULL_CLOSED: Rule = Rule {
    id: "bump/pull-closed",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "Somebody closed the pull request without merging it",
    explain: "That is an answer. Another pull request from the same commit would ask again what was answered.",
    fix: "open it again on its page, or delete its branch and run again",
    sources: &["design: what others decided is not overruled"],
    since: "0.1.0",
};

pub(super) const TAG_TAKEN: Rule = Rule {
    id: "bump/tag-taken",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The tag of the next version is there already",
    explain: "The version was released, or its tag was set by hand at another commit. A tag is not moved: people and lock \
              files name it.",
    fix: "ask for a higher version, or delete the tag if nothing was released with it",
    sources: &["design: nothing is forced"],
    since: "0.1.0",
};

pub(super) const NO_DISPATCH: Rule = Rule {
    id: "bump/no-dispatch",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "The workflow that is to be started cannot be",
    explain: "GitHub starts a workflow on request only if its file on the branch has the trigger `workflow_dispatch`. That is \
              looked at first: a tag whose workflow does not start is half a release.",
    fix: "name the workflow's file, and add `workflow_dispatch:` below its `on:`",
    sources: &["GitHub's documentation of `workflow_dispatch`"],
    since: "0.1.0",
};

pub(super) const STARTS_NOTHING: Rule = Rule {
    id: "bump/starts-no-workflow",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "What a job's own token does starts no workflow",
    explain: "GitHub starts no workflow for a tag, a commit or a pull request that was made with `GITHUB_TOKEN`, so that \
              workflows cannot start each other for ever. `workflow_dispatch` is the exception. A token of an app or of a \
              person starts workflows as usual; an app's looks like a job's own, so that it gets this warning too.",
    fix: "set `dispatch` to the workflow that releases the tag, or use the token of an app",
    sources: &["GitHub's documentation of `GITHUB_TOKEN`"],
    since: "0.1.0",
};

/// The rules of this mode.
pub(crate) const RULES: &[Rule] = &[
    NO_VERSION,
    DISAGREE,
    UNREADABLE,
    DYNAMIC,
    REFUSED,
    CANNOT_SAY,
    UNCOMMITTED,
    BROKEN_OFF,
    NO_UNRELEASED,
    NO_BRANCH,
    OTHER_TEXT,
    HALF_DONE,
    BRANCH_TAKEN,
    PULL_CLOSED,
    TAG_TAKEN,
    NO_DISPATCH,
    STARTS_NOTHING,
];
