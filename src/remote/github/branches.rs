//! Branches that move forward, and branches and tags that are made where there are none. Nothing is moved by force.

use reqwest::Method;
use serde_json::json;

use super::cut;
use super::read::GithubRead;
use super::refusal::{NO_OBJECT, NO_REF, REF_EXISTS, says};
use super::wire::PointerWire;
use super::write::{GithubWrite, LOOKS, may_repeat};
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;
use crate::remote::history::Relation;
use crate::remote::http::backoff;

/// GitHub's words about a branch that somebody else moved.
const NOT_FORWARD: &str = "not a fast forward";

/// Where a branch or a tag is that was to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// Where it was to be.
    Here,
    /// At another commit, where it is left.
    Elsewhere(CommitSha),
}

/// What became of a branch that was to move forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Advanced {
    /// It has the commit: as its newest one, or behind newer ones.
    There,
    /// Somebody else moved it meanwhile, to this commit, or deleted it. Nothing was changed.
    Outrun(Option<CommitSha>),
}

impl GithubRead {
    /// The newest commit of the branch; `None` if there is no such branch.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn branch_head(&self, name: &str) -> Result<Option<CommitSha>, RemoteError> {
        let what = format!("looking up the branch `{}`", cut(name));
        let segments: Vec<&str> = ["git", "ref", "heads"].into_iter().chain(name.split('/')).collect();
        let found = self.api.find::<PointerWire>(&what, &self.api.route(&segments)).await?;
        let full_name = format!("refs/heads/{name}");
        match found.filter(|found| found.name.as_ref() == Some(&full_name)) {
            Some(found) => Ok(Some(found.object.sha)),
            None => self.require_repository().await.map(|()| None),
        }
    }
}

impl GithubWrite {
    /// Moves a branch that leads to `from` forward to `to`, whose parent that is. A branch that leads elsewhere is left
    /// as it is, unless it has `to` already.
    ///
    /// # Errors
    /// When GitHub refuses, such as for a rule of the branch, or when it stays unknown whether the branch moved.
    pub(crate) async fn advance_branch(
        &self,
        name: &str,
        from: &CommitSha,
        to: &CommitSha,
    ) -> Result<Advanced, RemoteError> {
        let _one_at_a_time = self.known.lock().await;
        let api = &self.read.api;
        let what = format!("moving the branch `{}` to {}", cut(name), to.short());
        let segments: Vec<&str> = ["git", "refs", "heads"].into_iter().chain(name.split('/')).collect();
        let route = api.route(&segments);
        let body = json!({ "sha": to.as_str(), "force": false });
        let mut tries = 0;
        loop {
            match self.read.branch_head(name).await? {
                None => return Ok(Advanced::Outrun(None)),
                Some(head) if head == *from => self.go_on(&what)?,
                Some(head) => {
                    let relation = self.read.compare(&head, to).await?;
                    let is_there = matches!(relation, Relation::Behind | Relation::Identical);
                    return Ok(if is_there { Advanced::There } else { Advanced::Outrun(Some(head)) });
                }
            }
            let error = match api.change::<PointerWire>(&what, Method::PATCH, &route, &body).await {
                Ok(pointer) if pointer.object.sha == *to => return Ok(Advanced::There),
                Ok(pointer) => {
                    let found = format!("a branch at {}", pointer.object.sha.short());
                    return Err(api.unexpected(&what, "the branch where it was moved to", found));
                }
                Err(error) => error,
            };
            tries += 1;
            // A refusal tells more than a look, which may lag behind. Without force no commit is lost, however often this
            // is sent.
            let is_late = [NOT_FORWARD, NO_REF, NO_OBJECT].iter().any(|words| says(&error, words));
            if tries > LOOKS || self.stopping() || !(is_late || may_repeat(&error)) {
                return Err(error);
            }
            api.http.pause(&format!("GitHub to show the branch ({what})"), backoff(tries)).await;
        }
    }

    /// Makes a branch at a commit, unless there is one of that name.
    ///
    /// # Errors
    /// When GitHub refuses, or when it stays unknown whether the branch was made.
    pub(crate) async fn ensure_branch(&self, name: &str, at: &CommitSha) -> Result<Placed, RemoteError> {
        let _one_at_a_time = self.known.lock().await;
        self.ensure_ref("heads", name, at).await
    }

    /// Makes a tag at a commit, unless there is one of that name. A tag of annotations that lead there is as good.
    ///
    /// # Errors
    /// When GitHub refuses, or when it stays unknown whether the tag was made.
    pub(crate) async fn ensure_tag(&self, name: &str, at: &CommitSha) -> Result<Placed, RemoteError> {
        let _one_at_a_time = self.known.lock().await;
        self.ensure_ref("tags", name, at).await
    }

    async fn ensure_ref(&self, shelf: &str, name: &str, at: &CommitSha) -> Result<Placed, RemoteError> {
        let api = &self.read.api;
        let thing = if shelf == "tags" { "tag" } else { "branch" };
        let what = format!("making the {thing} `{}` at {}", cut(name), at.short());
        let full_name = format!("refs/{shelf}/{name}");
        let body = json!({ "ref": full_name, "sha": at.as_str() });
        let mut tries = 0;
        loop {
            let found = match shelf {
                "tags" => self.read.tag_commit_exactly(name).await?,
                _ => self.read.branch_head(name).await?,
            };
            match found {
                Some(found) if found == *at => return Ok(Placed::Here),
                Some(found) => return Ok(Placed::Elsewhere(found)),
                None => self.go_on(&what)?,
            }
            let route = api.route(&["git", "refs"]);
            let error = match api.change::<PointerWire>(&what, Method::POST, &route, &body).await {
                Ok(made) if made.object.sha == *at && made.name.as_ref() == Some(&full_name) => {
                    return Ok(Placed::Here);
                }
                Ok(made) => {
                    let found = format!("one at {}", made.object.sha.short());
                    return Err(api.unexpected(&what, "the reference that was asked for", found));
                }
                Err(error) => error,
            };
            tries += 1;
            let is_early = says(&error, REF_EXISTS) || says(&error, NO_OBJECT);
            if tries > LOOKS || self.stopping() || !(is_early || may_repeat(&error)) {
                return Err(error);
            }
            api.http.pause(&format!("GitHub to answer ({what})"), backoff(tries)).await;
        }
    }
}
