//! What GitHub answers where files, branches and pull requests are changed.

use serde::Deserialize;

use super::{RepositoryWire, ShaWire, parsed};
use crate::model::revision::{CommitSha, Repository};
use crate::remote::github::pulls::{Pull, PullState};

/// A commit of git's own.
#[derive(Debug, Deserialize)]
pub(in crate::remote::github) struct NewCommitWire {
    /// Its hash.
    #[serde(deserialize_with = "parsed")]
    pub(in crate::remote::github) sha: CommitSha,
    /// Its files.
    pub(in crate::remote::github) tree: ShaWire,
    /// What it was made on.
    pub(in crate::remote::github) parents: Vec<ShaWire>,
}

/// The files of a commit, or of a folder.
#[derive(Debug, Deserialize)]
pub(in crate::remote::github) struct TreeWire {
    /// Its hash.
    #[serde(deserialize_with = "parsed")]
    pub(in crate::remote::github) sha: CommitSha,
    /// What it holds.
    pub(in crate::remote::github) tree: Vec<EntryWire>,
    /// Whether there is more than is listed.
    pub(in crate::remote::github) truncated: bool,
}

/// A file or a folder in a tree.
#[derive(Debug, Deserialize)]
pub(in crate::remote::github) struct EntryWire {
    /// Its name, or its path where a whole tree is listed.
    pub(in crate::remote::github) path: String,
    /// How git keeps it.
    pub(in crate::remote::github) mode: String,
    /// `blob`, `tree` or `commit`.
    #[serde(rename = "type")]
    pub(in crate::remote::github) kind: String,
    /// Its hash.
    #[serde(deserialize_with = "parsed")]
    pub(in crate::remote::github) sha: CommitSha,
}

/// A pull request in an answer.
#[derive(Debug, Deserialize)]
pub(in crate::remote::github) struct PullWire {
    number: u64,
    html_url: String,
    state: String,
    merged_at: Option<String>,
    head: EndWire,
    base: EndWire,
}

/// One end of a pull request.
#[derive(Debug, Deserialize)]
struct EndWire {
    #[serde(rename = "ref")]
    name: String,
    #[serde(deserialize_with = "parsed")]
    sha: CommitSha,
    repo: Option<RepositoryWire>,
}

impl PullWire {
    /// Whether it is one between these branches of this repository. GitHub's filter is not taken at its word.
    pub(in crate::remote::github) fn is_between(
        &self,
        repository: &Repository,
        head: &str,
        base: &str,
    ) -> bool {
        let home = self.head.repo.as_ref().and_then(|repo| repo.full_name.as_deref());
        home.is_some_and(|home| home.eq_ignore_ascii_case(&repository.to_string()))
            && self.head.name == head
            && self.base.name == base
    }
}

impl From<PullWire> for Pull {
    fn from(wire: PullWire) -> Self {
        let PullWire { number, html_url: url, state, merged_at, head, base: _ } = wire;
        let state = match (state.as_str(), merged_at) {
            (_, Some(_)) => PullState::Merged,
            ("open", None) => PullState::Open,
            _ => PullState::Closed,
        };
        Self { number, url, state, head: head.sha }
    }
}

/// A run that was asked for, where the server tells of it.
#[derive(Debug, Deserialize)]
pub(in crate::remote::github) struct DispatchedWire {
    /// The run's number.
    pub(in crate::remote::github) workflow_run_id: u64,
    /// Its page.
    pub(in crate::remote::github) html_url: String,
}
