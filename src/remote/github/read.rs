//! Looking at GitHub.

use std::path::Path;

use super::{Asset, Downloaded, Release, Run, RunArtifact};
use crate::model::digest::Sha256;
use crate::model::endpoints::Endpoint;
use crate::model::revision::{CommitSha, Repository};
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::Http;

/// Looks at one repository; it may hold a token, since drafts and artifacts show to tokens only.
#[derive(Clone, Debug)]
pub(crate) struct GithubRead {
    http: Http,
    api: Endpoint,
    repository: Repository,
    token: Option<Secret<String>>,
}

impl GithubRead {
    /// A reader of `repository` behind the API at `api`.
    pub(crate) fn new(
        http: Http,
        api: Endpoint,
        repository: Repository,
        token: Option<Secret<String>>,
    ) -> Self {
        Self { http, api, repository, token }
    }

    /// The commit that `tag` points to, through any number of annotations; `None` if there is no such tag.
    pub(crate) async fn tag_commit(&self, tag: &str) -> Result<Option<CommitSha>, RemoteError> {
        Err(self.unwritten(tag))
    }

    /// Whether the repository knows the commit.
    pub(crate) async fn commit(&self, commit: &CommitSha) -> Result<bool, RemoteError> {
        Err(self.unwritten(commit.as_str()))
    }

    /// All releases, drafts too where the token may see them.
    pub(crate) async fn releases(&self) -> Result<Vec<Release>, RemoteError> {
        Err(self.unwritten("releases"))
    }

    /// All assets of a release, half-uploaded ones too.
    pub(crate) async fn assets(&self, release_id: u64) -> Result<Vec<Asset>, RemoteError> {
        Err(self.unwritten(&release_id.to_string()))
    }

    /// The digest of an asset: the one that GitHub states, else that of its bytes, which are fetched.
    pub(crate) async fn asset_digest(&self, asset: &Asset) -> Result<Sha256, RemoteError> {
        Err(self.unwritten(&asset.name))
    }

    /// The runs of a workflow (`build.yml`, or its whole path) that built `commit`, newest first.
    pub(crate) async fn runs(&self, workflow: &str, commit: &CommitSha) -> Result<Vec<Run>, RemoteError> {
        Err(self.unwritten(&format!("{workflow} {commit}")))
    }

    /// What a run left, expired ones too.
    pub(crate) async fn run_artifacts(&self, run_id: u64) -> Result<Vec<RunArtifact>, RemoteError> {
        Err(self.unwritten(&run_id.to_string()))
    }

    /// Streams an artifact into the file `path`, which is made anew. Whether the bytes are the stated ones is the
    /// caller's business: compare [`Downloaded::hashes`].
    pub(crate) async fn download_artifact(
        &self,
        artifact: &RunArtifact,
        path: &Path,
    ) -> Result<Downloaded, RemoteError> {
        Err(self.unwritten(&format!("{} {}", artifact.name, path.display())))
    }

    fn unwritten(&self, what: &str) -> RemoteError {
        let Self { http: _, api, repository, token: _ } = self;
        RemoteError::Missing { what: format!("{what} {api} {repository}"), hint: String::new() }
    }
}
