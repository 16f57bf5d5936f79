//! Looking for the runs of a workflow: for a commit, or on a branch.

use std::sync::PoisonError;

use super::Run;
use super::api::List;
use super::read::GithubRead;
use super::refusal::is_absent;
use super::wire::RunWire;
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;

/// GitHub finds no more runs than this.
const RUNS: usize = 1_000;
/// A page of a list holds so many.
const PAGE: usize = 100;

/// What the runs are looked for by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sought {
    /// The commit that they built.
    Commit(CommitSha),
    /// The branch that they built.
    Branch(String),
}

impl Sought {
    /// GitHub's own filter.
    fn query(&self) -> String {
        match self {
            Self::Commit(commit) => format!("head_sha={commit}"),
            Self::Branch(branch) => {
                url::form_urlencoded::Serializer::new(String::new()).append_pair("branch", branch).finish()
            }
        }
    }

    /// Whether a run is one of them. GitHub's filter is not taken at its word.
    fn is_met_by(&self, run: &Run) -> bool {
        match self {
            Self::Commit(commit) => run.head_sha == *commit,
            Self::Branch(branch) => run.head_branch.as_ref() == Some(branch),
        }
    }
}

impl std::fmt::Display for Sought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Commit(commit) => write!(f, "the commit {}", commit.short()),
            Self::Branch(branch) => write!(f, "the branch `{}`", super::cut(branch)),
        }
    }
}

impl GithubRead {
    /// The runs of a workflow (`build.yml`, or its whole path) that are `sought`, newest first. Of a branch these are
    /// the newest hundred, unless none of those succeeded; of a commit they are all.
    ///
    /// GitHub's own search has come back empty while runs existed, so an empty answer is doubted and the whole list
    /// is read here; later looks for the same read only its first page again. A workflow that is not there has no
    /// runs.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn runs(&self, workflow: &str, sought: &Sought) -> Result<Vec<Run>, RemoteError> {
        let file = workflow.rsplit('/').next().unwrap_or(workflow);
        let route = self.api.route(&["actions", "workflows", file, "runs"]);
        let what = format!("looking for runs of `{file}` for {sought}");
        let list = |route, limit| List { what: what.clone(), route, key: Some("workflow_runs"), limit };
        let search = format!("{route}?{}", sought.query());
        let is_enough = |runs: &[Run]| match sought {
            Sought::Commit(_) => true,
            Sought::Branch(_) => runs.is_empty() || runs.iter().any(Run::succeeded),
        };
        let first = if matches!(sought, Sought::Commit(_)) { RUNS } else { PAGE };
        let mut found = match self.runs_of(&list(search.clone(), first), sought).await {
            Err(error) if is_absent(&error) => {
                // In a repository that shows itself, it is the workflow that is not there.
                return self.require_repository().await.map(|()| Vec::new());
            }
            found => found?,
        };
        if !is_enough(&found) {
            found = self.runs_of(&list(search, RUNS), sought).await?;
        }
        if !found.is_empty() {
            return Ok(found);
        }
        let searched = || self.searched.lock().unwrap_or_else(PoisonError::into_inner);
        let question = (file.to_owned(), sought.clone());
        let limit = if searched().contains(&question) { PAGE } else { RUNS };
        let found = self.runs_of(&list(route, limit), sought).await?;
        searched().insert(question);
        Ok(found)
    }

    async fn runs_of(&self, list: &List, sought: &Sought) -> Result<Vec<Run>, RemoteError> {
        let runs = self.api.list::<RunWire>(list).await?.into_iter();
        let runs = runs.map(|run| run.into_run(&self.api.repository));
        let mut runs: Vec<Run> = runs.filter(|run| sought.is_met_by(run)).collect();
        runs.sort_by_key(|run| std::cmp::Reverse((run.run_number, run.run_attempt, run.id)));
        runs.dedup_by_key(|run| run.id);
        Ok(runs)
    }
}
