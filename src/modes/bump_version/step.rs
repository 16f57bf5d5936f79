//! The effects of a next version, in their order.

use std::fmt;

use crate::model::revision::CommitSha;
use crate::plan::Step;
use crate::remote::disk::together::Change;

/// One effect.
#[derive(Clone, Debug)]
pub(crate) enum BumpStep {
    /// Write the files on disk, all of them or none.
    Write { changes: Vec<Change>, versions: Versions },
    /// Do away with the journal of a run that had done everything else.
    Tidy,
    /// Commit the files on top of a branch; or beside it, as the first commit of a new branch.
    Commit(NewCommit),
    /// Open a pull request.
    Propose { head: String, base: String, title: String, body: String },
    /// Tag the commit: this one, or the one that an earlier step makes.
    Tag { tag: String, commit: Option<CommitSha> },
    /// Start a workflow on the tag.
    Dispatch { workflow: String, tag: String, commit: Option<CommitSha> },
}

/// A commit to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewCommit {
    /// The branch that gets it.
    pub(crate) branch: String,
    /// Whether the branch is made with it.
    pub(crate) makes_branch: bool,
    /// What it stands on.
    pub(crate) parent: CommitSha,
    /// Paths in the repository, with their texts.
    pub(crate) files: Vec<(String, String)>,
    /// Its message.
    pub(crate) message: String,
    /// From which version to which.
    pub(crate) versions: Versions,
}

/// From which version to which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Versions {
    /// What the project states.
    pub(crate) from: String,
    /// What it is to state.
    pub(crate) to: String,
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {} to {}", self.from, self.to)
    }
}

impl fmt::Display for BumpStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write { changes, versions } => {
                let names = changes.iter().map(|change| change.name.as_str());
                write!(f, "change {} {versions}", listed(names))
            }
            Self::Tidy => f.write_str("remove the journal of a run that broke off when all was written"),
            Self::Commit(NewCommit { branch, makes_branch, parent, files, message: _, versions }) => {
                let names = listed(files.iter().map(|(path, _)| path.as_str()));
                let place = if *makes_branch { "to the new branch" } else { "to" };
                write!(f, "commit {names} {versions} {place} `{branch}`, on top of {}", parent.short())
            }
            Self::Propose { head, base, .. } => write!(f, "open a pull request from `{head}` to `{base}`"),
            Self::Tag { tag, commit: Some(commit) } => write!(f, "tag {} as {tag}", commit.short()),
            Self::Tag { tag, commit: None } => write!(f, "tag that commit as {tag}"),
            Self::Dispatch { workflow, tag, commit: _ } => {
                write!(f, "start the workflow `{workflow}` on {tag}")
            }
        }
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

impl Step for BumpStep {
    /// A tag is fetched by others the moment it is there, and a workflow that runs has effects of its own. A commit is
    /// taken back by another commit.
    fn irreversible(&self) -> bool {
        matches!(self, Self::Tag { .. } | Self::Dispatch { .. })
    }
}
