//! Looking at GitHub.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::de::IgnoredAny;

use super::api::{Api, List};
use super::disposition::file_name;
use super::refusal::{explained, is_absent};
use super::wire::{AssetWire, PointerWire, ReleaseWire, RunArtifactWire, RunWire};
use super::{Asset, Downloaded, Release, Run, RunArtifact, cut};
use crate::model::digest::{Hashes, Sha256};
use crate::model::endpoints::Endpoint;
use crate::model::revision::{CommitSha, Repository};
use crate::model::secret::Secret;
use crate::remote::disk::write::DiskWrite;
use crate::remote::error::RemoteError;
use crate::remote::http::Http;
use crate::remote::http::answer::Answer;

/// GitHub shows no more releases than this.
const RELEASES: usize = 10_000;
/// GitHub takes no more assets for a release than this; some room is left for what failed uploads leave.
const ASSETS: usize = 2_000;
/// GitHub finds no more runs than this.
const RUNS: usize = 1_000;
/// A run leaves no more artifacts than this.
const RUN_ARTIFACTS: usize = 10_000;
/// Annotated tags may point to annotated tags, but nobody nests them deeper.
const TAG_DEPTH: usize = 10;
/// An asset or artifact is smaller than this, in bytes.
const LARGEST_FILE: u64 = 16 << 30;

/// Looks at one repository. It may hold a token, since drafts and artifacts show to tokens only; it never changes
/// anything with it.
#[derive(Clone, Debug)]
pub(crate) struct GithubRead {
    pub(super) api: Api,
    /// The repository was seen with this token, so a 404 means that the thing itself is not there.
    visible: Arc<OnceLock<()>>,
    /// Workflows and commits whose list of runs was searched to its end once.
    searched: Arc<Mutex<HashSet<(String, CommitSha)>>>,
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

    /// The commit that `tag` points to, through any number of annotations; `None` if there is no such tag.
    ///
    /// # Errors
    /// When GitHub could not tell, the repository cannot be seen, or the tag points to no commit.
    pub(crate) async fn tag_commit(&self, tag: &str) -> Result<Option<CommitSha>, RemoteError> {
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
        let Hashes { size_bytes, sha256 } =
            self.api.http.download(&call.limit(LARGEST_FILE), None).await?.hashes;
        if size_bytes != asset.size_bytes {
            let found = format!("{size_bytes} bytes instead of {}", asset.size_bytes);
            return Err(self.api.unexpected(&what, "the whole asset", found));
        }
        Ok(sha256)
    }

    /// The runs of a workflow (`build.yml`, or its whole path) that built `commit`, newest first.
    ///
    /// GitHub's own search for a commit has come back empty while runs existed, so an empty answer is doubted and
    /// the whole list is read here; later looks for the same commit read only its first page again. A workflow that
    /// is not there has no runs.
    ///
    /// # Errors
    /// When GitHub could not tell, or the repository cannot be seen.
    pub(crate) async fn runs(&self, workflow: &str, commit: &CommitSha) -> Result<Vec<Run>, RemoteError> {
        let file = workflow.rsplit('/').next().unwrap_or(workflow);
        let route = self.api.route(&["actions", "workflows", file, "runs"]);
        let what = format!("looking for runs of `{file}` for the commit {}", commit.short());
        let list = |route, limit| List { what: what.clone(), route, key: Some("workflow_runs"), limit };
        let found = match self.runs_of(&list(format!("{route}?head_sha={commit}"), RUNS), commit).await {
            Err(error) if is_absent(&error) => {
                // In a repository that shows itself, it is the workflow that is not there.
                return self.require_repository().await.map(|()| Vec::new());
            }
            found => found?,
        };
        if !found.is_empty() {
            return Ok(found);
        }
        let searched = || self.searched.lock().unwrap_or_else(PoisonError::into_inner);
        let question = (file.to_owned(), commit.clone());
        let limit = if searched().contains(&question) { 100 } else { RUNS };
        let found = self.runs_of(&list(route, limit), commit).await?;
        searched().insert(question);
        Ok(found)
    }

    async fn runs_of(&self, list: &List, commit: &CommitSha) -> Result<Vec<Run>, RemoteError> {
        let runs = self.api.list::<RunWire>(list).await?.into_iter();
        let runs = runs.map(|run| run.into_run(&self.api.repository));
        let mut runs: Vec<Run> = runs.filter(|run| run.head_sha == *commit).collect();
        runs.sort_by_key(|run| std::cmp::Reverse((run.run_number, run.run_attempt, run.id)));
        runs.dedup_by_key(|run| run.id);
        Ok(runs)
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

    /// Streams an artifact into the file `path`, which is made anew. Whether the bytes are the stated ones is the
    /// caller's business: compare [`Downloaded::hashes`].
    ///
    /// Each try asks for a new signed address, since one lasts for a minute; the token stays with GitHub.
    ///
    /// # Errors
    /// When the bytes cannot be had or the file cannot be written.
    pub(crate) async fn download_artifact(
        &self,
        artifact: &RunArtifact,
        path: &Path,
    ) -> Result<Downloaded, RemoteError> {
        let what = format!("downloading the artifact `{}`", cut(&artifact.name));
        let segments = ["actions", "artifacts", &artifact.id.to_string(), "zip"];
        let call = self.api.bytes(what, &segments, super::transport::ACCEPT_JSON).limit(LARGEST_FILE);
        let mut file = tokio::fs::File::from_std(DiskWrite.create(path)?);
        let download = self.api.http.download(&call, Some(&mut file)).await.map_err(explained)?;
        let zipped = is_zip(&download.answer);
        let file_name = download.answer.header("content-disposition").and_then(file_name);
        Ok(Downloaded { hashes: download.hashes, zipped, file_name })
    }

    /// A 404 for a thing says nothing as long as the repository itself may be out of sight.
    async fn require_repository(&self) -> Result<(), RemoteError> {
        if self.visible.get().is_none() {
            let what = format!("looking up the repository {}", self.api.repository);
            let _: IgnoredAny = self.api.get(&what, &self.api.route(&[])).await?;
            let _ = self.visible.set(());
        }
        Ok(())
    }
}

/// Since version 7 of the upload action an artifact may be one raw file. Which it is stands in the content type or
/// in the signed address, not in the list of artifacts.
fn is_zip(answer: &Answer) -> bool {
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.as_str(), "application/zip" | "application/x-zip-compressed" | "application/zip-compressed")
        || answer.url.path().to_ascii_lowercase().ends_with(".zip")
}
