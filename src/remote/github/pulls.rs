//! Pull requests between two branches of the repository.

use reqwest::Method;
use serde_json::json;

use super::api::List;
use super::cut;
use super::read::GithubRead;
use super::refusal::says;
use super::wire::changes::PullWire;
use super::write::{GithubWrite, LOOKS, may_repeat};
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;
use crate::remote::http::backoff;

/// GitHub's words about a pull request that is open already: between two branches there is one at most.
const PULL_EXISTS: &str = "A pull request already exists";
/// More pull requests than anybody opened between two branches.
const PULLS: usize = 1_000;

/// How far a pull request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PullState {
    /// It waits to be merged.
    Open,
    /// It was merged.
    Merged,
    /// It was closed, and not merged.
    Closed,
}

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pull {
    /// The number that names it for good.
    pub(crate) number: u64,
    /// Its page, for people.
    pub(crate) url: String,
    /// How far it got.
    pub(crate) state: PullState,
    /// The newest commit of its branch.
    pub(crate) head: CommitSha,
}

impl GithubRead {
    /// The pull request from one branch of this repository to another: the open one, else the newest. `None` if there
    /// never was one.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn pull_of(&self, head_branch: &str, base: &str) -> Result<Option<Pull>, RemoteError> {
        let what = format!("looking for the pull request from `{}` to `{}`", cut(head_branch), cut(base));
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        // Without the owner GitHub would not look at the branch at all.
        let head = format!("{}:{head_branch}", self.api.repository.owner());
        query.extend_pairs([("state", "all"), ("head", head.as_str()), ("base", base)]);
        let route = format!("{}?{}", self.api.route(&["pulls"]), query.finish());
        let list = List { what, route, key: None, limit: PULLS };
        let pulls = self.api.list::<PullWire>(&list).await?;
        let ours = pulls.into_iter().filter(|pull| pull.is_between(&self.api.repository, head_branch, base));
        let pulls = ours.map(Pull::from);
        Ok(pulls.max_by_key(|pull| (pull.state == PullState::Open, pull.number)))
    }
}

impl GithubWrite {
    /// Opens a pull request from one branch to another, unless one is open, which is taken as it is.
    ///
    /// # Errors
    /// When GitHub refuses, or when it stays unknown whether it was opened.
    pub(crate) async fn ensure_pull(
        &self,
        head: &str,
        base: &str,
        title: &str,
        body: &str,
    ) -> Result<Pull, RemoteError> {
        let _one_at_a_time = self.known.lock().await;
        let api = &self.read.api;
        let what = format!("opening a pull request from `{}` to `{}`", cut(head), cut(base));
        let new = json!({ "head": head, "base": base, "title": title, "body": body });
        let mut tries = 0;
        loop {
            let found = self.read.pull_of(head, base).await?;
            if let Some(open) = found.filter(|found| found.state == PullState::Open) {
                return Ok(open);
            }
            self.go_on(&what)?;
            let route = api.route(&["pulls"]);
            let error = match api.change::<PullWire>(&what, Method::POST, &route, &new).await {
                Ok(made) if made.is_between(&api.repository, head, base) => return Ok(made.into()),
                Ok(made) => {
                    let found = format!("number {}, between other branches", Pull::from(made).number);
                    return Err(api.unexpected(&what, "the pull request that was asked for", found));
                }
                Err(error) => error,
            };
            tries += 1;
            // GitHub itself takes no second one, so what may have been opened may be sent again.
            let is_repeated = says(&error, PULL_EXISTS) || may_repeat(&error);
            if tries > LOOKS || self.stopping() || !is_repeated {
                return Err(error);
            }
            api.http.pause(&format!("GitHub to show the pull request ({what})"), backoff(tries)).await;
        }
    }
}
