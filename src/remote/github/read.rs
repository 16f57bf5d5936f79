//! Looking at GitHub.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use reqwest::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::api::{Api, List};
use super::moment;
use super::runs::Sought;
use super::wire::{
    AssetWire, CommitWire, NotesWire, PointerWire, ReleaseWire, RepositoryWire, RunArtifactWire, TagWire,
};
use super::write::{SENDS, may_repeat};
use super::{Asset, GeneratedNotes, Release, RunArtifact, cut};
use crate::model::digest::{Hashes, Sha256};
use crate::model::endpoints::Endpoint;
use crate::model::revision::{CommitSha, Repository};
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::history::Day;
use crate::remote::http::{Http, backoff};

/// GitHub shows no more releases than this.
const RELEASES: usize = 10_000;
/// GitHub takes no more assets for a release than this; some room is left for what failed uploads leave.
const ASSETS: usize = 2_000;
/// A run leaves no more artifacts than this.
const RUN_ARTIFACTS: usize = 10_000;
/// More tags than any repository that we know has.
const TAGS: usize = 40_000;
/// A commit's hash, or a refusal, is shorter than this, in bytes.
const SHORT: u64 = 1 << 20;
/// Annotated tags may point to annotated tags, but nobody nests them deeper.
const TAG_DEPTH: usize = 10;
/// An asset or artifact is smaller than this, in bytes.
pub(super) const LARGEST_FILE: u64 = 16 << 30;

/// Looks at one repository. It may hold a token, since drafts and artifacts show to tokens only; it never changes
/// anything with it.
#[derive(Clone, Debug)]
pub(crate) struct GithubRead {
    pub(super) api: Api,
    /// The repository was seen with this token, so a 404 means that the thing itself is not there.
    pub(super) visible: Arc<OnceLock<()>>,
    /// Workflows whose list of runs was searched to its end once, with what for.
    pub(super) searched: Arc<Mutex<HashSet<(String, Sought)>>>,
}

impl GithubRead {
    /// A reader of `repository` behind the API at `api`.
    pub(crate) fn new(
        http: Http,
        api: Endpoint,
        repository: Repository,
        token: Option<Secret<String>>,
    ) -> Self {
        let api = Api::new(http, api, repository, token);
        Self { api, visible: Arc::default(), searched: Arc::default() }
    }

    /// The commit that `tag` leads to, through any number of annotations; `None` if it leads to none. One request where
    /// it does. Whether it is a tag or a branch that is called `tags/…` makes no difference here; see
    /// [`Self::tag_commit_exactly`] where that matters.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn tag_commit(&self, tag: &str) -> Result<Option<CommitSha>, RemoteError> {
        let what = format!("looking up the tag `{tag}`");
        let name = format!("tags/{tag}");
        let call = self.api.bytes(what, &["commits", &name], "application/vnd.github.sha");
        let answer = self.api.http.get(&call.limit(SHORT)).await?;
        let said = String::from_utf8_lossy(&answer.body);
        match (answer.status, said.trim().parse()) {
            (200, Ok(commit)) => {
                let _ = self.visible.set(());
                Ok(Some(commit))
            }
            // A repository that is out of sight is not found; in this one, the tag leads nowhere.
            (422, _) if said.contains("No commit found") => {
                let _ = self.visible.set(());
                Ok(None)
            }
            _ => self.tag_commit_exactly(tag).await,
        }
    }

    /// The commit that `tag` points to, through any number of annotations; `None` if there is no such tag.
    ///
    /// # Errors
    /// When GitHub could not tell, the repository cannot be seen, or the tag points to no commit.
    pub(crate) async fn tag_commit_exactly(&self, tag: &str) -> Result<Option<CommitSha>, RemoteError> {
        let what = format!("looking up the tag `{tag}`");
        let segments: Vec<&str> = ["git", "ref", "tags"].into_iter().chain(tag.split('/')).collect();
        let found = self.api.find::<PointerWire>(&what, &self.api.route(&segments)).await?;
        let full_name = format!("refs/tags/{tag}");
        let Some(mut pointer) = found.filter(|found| found.name.as_ref() == Some(&full_name)) else {
            return self.require_repository().await.map(|()| None);
        };
        for _ in 0..TAG_DEPTH {
            match pointer.object.kind.as_str() {
                "commit" => return Ok(Some(pointer.object.sha)),
                "tag" => {
                    let route = self.api.route(&["git", "tags", pointer.object.sha.as_str()]);
                    pointer = self.api.get(&what, &route).await?;
                }
                other => return Err(self.api.unexpected(&what, "a tag of a commit", format!("a {other}"))),
            }
        }
        let found = format!("more than {TAG_DEPTH} tags that point to each other");
        Err(self.api.unexpected(&what, "a tag of a commit", found))
    }

    /// Whether the repository knows the commit. A commit that only a fork has counts too: being reachable from a
    /// branch is another question.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn commit(&self, commit: &CommitSha) -> Result<bool, RemoteError> {
        let what = format!("looking up the commit {}", commit.short());
        let route = self.api.route(&["git", "commits", commit.as_str()]);
        if self.api.find::<IgnoredAny>(&what, &route).await?.is_some() {
            return Ok(true);
        }
        self.require_repository().await.map(|()| false)
    }

    /// The day on which the commit was made, in UTC.
    ///
    /// # Errors
    /// When GitHub could not tell, or the commit is not there.
    pub(crate) async fn commit_date(&self, commit: &CommitSha) -> Result<Day, RemoteError> {
        let what = format!("looking up the date of {}", commit.short());
        let route = self.api.route(&["git", "commits", commit.as_str()]);
        let CommitWire { committer } = self.api.get(&what, &route).await?;
        let unreadable = || self.api.unexpected(&what, "a moment in UTC", committer.date.clone());
        moment::day(&committer.date).ok_or_else(unreadable)
    }

    /// The names of all tags.
    ///
    /// # Errors
    /// When GitHub could not tell.
    pub(crate) async fn tag_names(&self) -> Result<Vec<String>, RemoteError> {
        let what = format!("listing the tags of {}", self.api.repository);
        let list = List { what, route: self.api.route(&["tags"]), key: None, limit: TAGS };
        Ok(self.api.list::<TagWire>(&list).await?.into_iter().map(|tag| tag.name).collect())
    }

    /// The text that GitHub writes for a release of `tag`, which it stores nowhere. `target` is where the tag would be
    /// made; `previous` the tag whose release came before: without it GitHub guesses.
    ///
    /// # Errors
    /// When GitHub refuses, or does not answer.
    pub(crate) async fn generate_notes(
        &self,
        tag: &str,
        target: Option<&str>,
        previous: Option<&str>,
    ) -> Result<GeneratedNotes, RemoteError> {
        let what = format!("letting GitHub write the notes of `{tag}`");
        let route = self.api.route(&["releases", "generate-notes"]);
        let mut question = json!({ "tag_name": tag });
        for (name, value) in [("target_commitish", target), ("previous_tag_name", previous)] {
            if let Some(value) = value {
                question[name] = value.into();
            }
        }
        let mut tries = 0;
        loop {
            tries += 1;
            // It changes nothing, so it may be asked as often as a look-up.
            match self.api.change::<NotesWire>(&what, Method::POST, &route, &question).await {
                Ok(NotesWire { name, body }) => return Ok(GeneratedNotes { name, body }),
                Err(error)
                    if tries < SENDS && may_repeat(&error) && self.api.http.may_wait(backoff(tries)) =>
                {
                    self.api.http.pause(&format!("GitHub to answer ({what})"), backoff(tries)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// All releases, drafts too where the token may see them: that takes `contents: write`.
    ///
    /// # Errors
    /// When GitHub could not tell.
    pub(crate) async fn releases(&self) -> Result<Vec<Release>, RemoteError> {
        let what = format!("listing the releases of {}", self.api.repository);
        let list = List { what, route: self.api.route(&["releases"]), key: None, limit: RELEASES };
        Ok(self.api.list::<ReleaseWire>(&list).await?.into_iter().map(Release::from).collect())
    }

    /// A release by its id, which also finds what lists do not show yet.
    pub(super) async fn release(&self, id: u64) -> Result<Release, RemoteError> {
        let route = self.api.route(&["releases", &id.to_string()]);
        Ok(self.api.get::<ReleaseWire>("looking up the release", &route).await?.into())
    }

    /// All assets of a release, half-uploaded ones too.
    ///
    /// # Errors
    /// When GitHub could not tell.
    pub(crate) async fn assets(&self, release_id: u64) -> Result<Vec<Asset>, RemoteError> {
        let route = self.api.route(&["releases", &release_id.to_string(), "assets"]);
        let list = List { what: "listing the assets of the release".into(), route, key: None, limit: ASSETS };
        Ok(self.api.list::<AssetWire>(&list).await?.into_iter().map(Asset::from).collect())
    }

    /// The digest of an asset: the one that GitHub states, else that of its bytes, which are fetched.
    ///
    /// # Errors
    /// When the bytes cannot be had, or are not as many as GitHub states: it can answer with a page instead.
    pub(crate) async fn asset_digest(&self, asset: &Asset) -> Result<Sha256, RemoteError> {
        if let Some(sha256) = asset.sha256 {
            return Ok(sha256);
        }
        let what = format!("reading the asset `{}`", cut(&asset.name));
        let segments = ["releases", "assets", &asset.id.to_string()];
        let call = self.api.bytes(what.clone(), &segments, "application/octet-stream");
        let Hashes { size_bytes, sha256 } = self.api.http.download(&call.limit(LARGEST_FILE)).await?;
        if size_bytes != asset.size_bytes {
            let found = format!("{size_bytes} bytes instead of {}", asset.size_bytes);
            return Err(self.api.unexpected(&what, "the whole asset", found));
        }
        Ok(sha256)
    }

    /// The bytes of a small asset, held to the digest that GitHub states of it, or else to its size.
    ///
    /// # Errors
    /// When they cannot be had, are more than `limit_bytes`, or are not the stated ones: GitHub can answer with a page instead.
    pub(crate) async fn asset_bytes(&self, asset: &Asset, limit_bytes: u64) -> Result<Bytes, RemoteError> {
        let what = format!("reading the asset `{}`", cut(&asset.name));
        let segments = ["releases", "assets", &asset.id.to_string()];
        let call = self.api.bytes(what.clone(), &segments, "application/octet-stream");
        let answer = self.api.http.get(&call.limit(limit_bytes)).await?.success()?;
        let found = Hashes::of(&answer.body);
        match asset.sha256 {
            Some(sha256) if sha256 == found.sha256 => Ok(answer.body),
            None if asset.size_bytes == found.size_bytes => Ok(answer.body),
            _ if answer.is_page() => {
                Err(self.api.unexpected(&what, "the whole asset", "a page of HTML".to_owned()))
            }
            Some(expected) => Err(RemoteError::Digest {
                service: super::SERVICE,
                file: cut(&asset.name),
                expected,
                found: found.sha256,
            }),
            None => {
                let found = format!("{} bytes instead of {}", found.size_bytes, asset.size_bytes);
                Err(self.api.unexpected(&what, "the whole asset", found))
            }
        }
    }

    /// What a run left, expired ones too.
    ///
    /// # Errors
    /// When GitHub could not tell.
    pub(crate) async fn run_artifacts(&self, run_id: u64) -> Result<Vec<RunArtifact>, RemoteError> {
        let route = self.api.route(&["actions", "runs", &run_id.to_string(), "artifacts"]);
        let what = format!("listing the artifacts of the run {run_id}");
        let list = List { what, route, key: Some("artifacts"), limit: RUN_ARTIFACTS };
        Ok(self.api.list::<RunArtifactWire>(&list).await?.into_iter().map(RunArtifact::from).collect())
    }

    /// The branch that the repository shows first.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn default_branch(&self) -> Result<String, RemoteError> {
        let what = format!("looking up the default branch of {}", self.api.repository);
        let repository: RepositoryWire = self.api.get(&what, &self.api.route(&[])).await?;
        let _ = self.visible.set(());
        let none = || self.api.unexpected(&what, "a repository with a default branch", "none".to_owned());
        repository.default_branch.ok_or_else(none)
    }

    /// A 404 for a thing says nothing as long as the repository itself may be out of sight.
    pub(super) async fn require_repository(&self) -> Result<(), RemoteError> {
        if self.visible.get().is_none() {
            let what = format!("looking up the repository {}", self.api.repository);
            let _: IgnoredAny = self.api.get(&what, &self.api.route(&[])).await?;
            let _ = self.visible.set(());
        }
        Ok(())
    }
}
