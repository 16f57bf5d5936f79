//! What others found out about a commit: check runs, and the statuses that are older than those.

use super::api::List;
use super::read::GithubRead;
use super::wire::{CheckRunWire, StatusWire};
use super::{CheckRun, CommitStatus};
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;

/// More than any commit has: GitHub itself looks at the newest thousand suites only.
const CHECKS: usize = 10_000;

impl GithubRead {
    /// The check runs of a commit: of each suite the newest of every name. Jobs of workflows are among them.
    ///
    /// # Errors
    /// When GitHub could not tell, or the token may not see them: that takes `checks: read` in a private repository.
    pub(crate) async fn check_runs(&self, commit: &CommitSha) -> Result<Vec<CheckRun>, RemoteError> {
        let what = format!("looking up the checks of {}", commit.short());
        let route = self.api.route(&["commits", commit.as_str(), "check-runs"]);
        let list = List { what, route, key: Some("check_runs"), limit: CHECKS };
        Ok(self.api.list::<CheckRunWire>(&list).await?.into_iter().map(CheckRun::from).collect())
    }

    /// The statuses of a commit: the newest of each context.
    ///
    /// # Errors
    /// When GitHub could not tell, or the token may not see them: that takes `statuses: read` in a private repository.
    pub(crate) async fn combined_status(&self, commit: &CommitSha) -> Result<Vec<CommitStatus>, RemoteError> {
        let what = format!("looking up the statuses of {}", commit.short());
        let route = self.api.route(&["commits", commit.as_str(), "status"]);
        let list = List { what, route, key: Some("statuses"), limit: CHECKS };
        Ok(self.api.list::<StatusWire>(&list).await?.into_iter().map(CommitStatus::from).collect())
    }
}
