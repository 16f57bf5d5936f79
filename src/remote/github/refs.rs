//! Changes of tags, and releases that come back or go: for channels that move, and for what has to be undone.

use reqwest::Method;
use serde_json::json;

use super::refusal::{NO_REF, REF_EXISTS, says};
use super::wire::PointerWire;
use super::write::{GithubWrite, LOOKS, may_repeat};
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;
use crate::remote::http::backoff;

impl GithubWrite {
    /// Lets the tag lead to `commit`, wherever it led before, and makes it where there is none. It is moved and never
    /// deleted: a published release that loses its tag becomes a draft.
    ///
    /// # Errors
    /// When GitHub refuses, or when it stays unknown whether the tag was moved.
    pub(crate) async fn move_tag(&self, name: &str, commit: &CommitSha) -> Result<(), RemoteError> {
        let _one_at_a_time = self.known.lock().await;
        let api = &self.read.api;
        let what = format!("moving the tag `{name}`");
        let mut tries = 0;
        let mut seen = self.tagged(name).await?;
        let mut exists = seen.is_some();
        while seen.as_ref() != Some(commit) {
            let (method, route, body) = if exists {
                (Method::PATCH, self.tag_route(name), json!({ "sha": commit.as_str(), "force": true }))
            } else {
                let full = format!("refs/tags/{name}");
                (Method::POST, api.route(&["git", "refs"]), json!({ "ref": full, "sha": commit.as_str() }))
            };
            let error = match api.change::<PointerWire>(&what, method, &route, &body).await {
                Ok(pointer) if pointer.object.sha == *commit => return Ok(()),
                Ok(pointer) => {
                    let found = format!("a tag at {}", pointer.object.sha.short());
                    return Err(api.unexpected(&what, "the tag where it was moved to", found));
                }
                Err(error) => error,
            };
            tries += 1;
            let (gone, made) = (says(&error, NO_REF), says(&error, REF_EXISTS));
            if tries > LOOKS || self.stopping() || !(gone || made || may_repeat(&error)) {
                return Err(error);
            }
            api.http.pause(&format!("GitHub to answer ({what})"), backoff(tries)).await;
            seen = self.tagged(name).await?;
            // A refusal tells more than a look, which may lag behind.
            exists = made || (seen.is_some() && !gone);
        }
        Ok(())
    }

    /// Deletes a tag; one that is gone already is fine. A published release of it becomes a draft: delete that first.
    ///
    /// # Errors
    /// When GitHub refuses, or when it stays unknown whether the tag was deleted.
    pub(crate) async fn delete_tag(&self, name: &str) -> Result<(), RemoteError> {
        let _one_at_a_time = self.known.lock().await;
        match self.delete(&format!("deleting the tag `{name}`"), &self.tag_route(name)).await {
            Err(error) if says(&error, NO_REF) => Ok(()),
            outcome => outcome,
        }
    }

    /// Makes a published release a draft again; a draft stays one. Its assets and its tag stay.
    ///
    /// # Errors
    /// When there is no such release, GitHub refuses, or it stays unknown whether it came back.
    pub(crate) async fn redraft(&self, release_id: u64, tag: &str) -> Result<(), RemoteError> {
        let mut known = self.known.lock().await;
        known.forget(tag);
        let release = self.read.release(release_id).await?;
        if release.draft && release.tag_name == tag {
            return Ok(());
        }
        let what = format!("making the release of `{tag}` a draft again");
        let change = json!({ "tag_name": tag, "draft": true });
        let settled = |now: &super::Release| now.draft && now.tag_name == tag;
        let release = self.patch(release_id, tag, &what, &change, settled).await?;
        if release.draft {
            Ok(())
        } else {
            Err(self.read.api.unexpected(&what, "a draft", "a published release".to_owned()))
        }
    }

    /// Deletes a release with its assets; its tag stays. One that is gone already is fine.
    ///
    /// # Errors
    /// When GitHub refuses, or when it stays unknown whether it was deleted.
    pub(crate) async fn delete_release(&self, release_id: u64) -> Result<(), RemoteError> {
        let mut known = self.known.lock().await;
        known.forget_release(release_id);
        let route = self.read.api.route(&["releases", &release_id.to_string()]);
        self.delete("deleting the release", &route).await
    }

    /// Where the tag leads now, by its reference: a lookup by name could meet a branch.
    async fn tagged(&self, name: &str) -> Result<Option<CommitSha>, RemoteError> {
        self.read.tag_commit_exactly(name).await
    }

    fn tag_route(&self, name: &str) -> String {
        let segments: Vec<&str> = ["git", "refs", "tags"].into_iter().chain(name.split('/')).collect();
        self.read.api.route(&segments)
    }
}
