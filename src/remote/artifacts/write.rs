//! Leaving an artifact: begin, send, commit, end. Nothing is listed, and nobody can fetch it, before the end.

use std::fmt;
use std::io::Write;

use serde_json::json;
use url::Url;

use super::blocks::Store;
use super::wire::{Created, Done};
use super::{ArtifactRead, LeftArtifact, Repeat, SERVICE};
use crate::model::digest::Hashes;
use crate::remote::error::RemoteError;
use crate::remote::http::backoff;

/// How often a step is tried whose outcome was looked up and found wanting.
const SENDS: u32 = 4;
/// Since this version an artifact need not be an archive.
const VERSION: u32 = 7;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Writes all bytes of an artifact; called once for each upload, on a thread that may block.
pub(crate) type PackBytes = Box<dyn FnOnce(&mut dyn Write) -> Result<(), BoxError> + Send>;

/// What is to be left.
#[derive(Clone, Debug)]
pub(crate) struct NewArtifact {
    /// Its name.
    pub(crate) name: String,
    /// What its bytes are: `application/zip`, or the kind of the one file that it is.
    pub(crate) media_type: String,
    /// When it may be deleted, as the service writes moments; the repository's own rule otherwise.
    pub(crate) expires_at: Option<String>,
}

/// Why an artifact was not left.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error("its bytes cannot be had")]
    Pack(#[source] BoxError),
}

/// Leaves artifacts in one run, and removes them.
#[derive(Clone)]
pub(crate) struct ArtifactWrite {
    read: ArtifactRead,
}

impl fmt::Debug for ArtifactWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArtifactWrite").finish_non_exhaustive()
    }
}

impl ArtifactWrite {
    /// A writer to where `read` looks.
    pub(crate) const fn new(read: ArtifactRead) -> Self {
        Self { read }
    }

    /// Leaves an artifact of what `pack` writes, and tells what that was. What an upload of this job that was broken
    /// off left under the name is removed first.
    ///
    /// # Errors
    /// When the name is taken, the bytes cannot be had, or the service refuses; and when it stays unknown whether the
    /// artifact is there.
    pub(crate) async fn ensure(&self, new: &NewArtifact, pack: PackBytes) -> Result<Hashes, UploadError> {
        let url = self.begin(new).await?;
        self.read.http.mask_signature(&url);
        let store = Store {
            http: self.read.http.clone(),
            url,
            what: format!("uploading the artifact `{}`", new.name),
            media_type: new.media_type.clone(),
        };
        let (hashes, ids) = store.send(pack).await?;
        store.commit(&ids).await?;
        self.end(&new.name, &hashes).await?;
        Ok(hashes)
    }

    /// Removes an artifact.
    ///
    /// # Errors
    /// When the service refuses, or it stays unknown whether it did.
    pub(crate) async fn ensure_removed(&self, left: &LeftArtifact) -> Result<(), RemoteError> {
        self.remove(&left.name, &left.job).await.map(drop)
    }

    /// Announces the artifact, and gives the signed address that takes its bytes.
    async fn begin(&self, new: &NewArtifact) -> Result<Url, RemoteError> {
        let NewArtifact { name, media_type, expires_at } = new;
        let what = format!("beginning the artifact `{name}`");
        let mut body = json!({
            "workflow_run_backend_id": self.read.run,
            "workflow_job_run_backend_id": self.read.job,
            "name": name,
            "version": VERSION,
            "mime_type": media_type,
        });
        if let Some(expires_at) = expires_at {
            body["expires_at"] = expires_at.as_str().into();
        }
        let mut tried = 1;
        loop {
            let asked = self.read.ask(what.clone(), "CreateArtifact", &body, Repeat::IfRefused).await;
            let error = match asked {
                Ok(Created { ok: true, signed_upload_url }) => {
                    return self.address(&what, &signed_upload_url);
                }
                Ok(Created { ok: false, .. }) => self.unexpected(&what, "`ok: false`"),
                Err(error) => error,
            };
            let is_taken = matches!(error, RemoteError::Status { status: 409, .. });
            if tried >= SENDS || !(is_taken || error.is_ambiguous()) {
                return Err(error);
            }
            // Complete: whoever called looks what it is. Not complete: a reply that was lost, or a run that was
            // killed, began it. What another job began is not ours to remove.
            if is_taken && self.read.artifact(name).await?.is_some() {
                return Err(error);
            }
            if !(is_taken && self.remove(name, &self.read.job).await?) {
                self.read
                    .http
                    .pause(&format!("{SERVICE} to take the artifact `{name}`"), backoff(tried))
                    .await;
            }
            tried += 1;
        }
    }

    /// Tells the service that all bytes are there. From here on everybody sees the artifact.
    async fn end(&self, name: &str, hashes: &Hashes) -> Result<(), RemoteError> {
        let what = format!("completing the artifact `{name}`");
        let body = json!({
            "workflow_run_backend_id": self.read.run,
            "workflow_job_run_backend_id": self.read.job,
            "name": name,
            "size": hashes.size_bytes.to_string(),
            "hash": format!("sha256:{}", hashes.sha256),
        });
        let mut tried = 1;
        loop {
            let asked = self.read.ask(what.clone(), "FinalizeArtifact", &body, Repeat::IfRefused).await;
            let error = match asked {
                Ok(Done { ok: true }) => return Ok(()),
                Ok(Done { ok: false }) => self.unexpected(&what, "`ok: false`"),
                Err(error) => error,
            };
            if tried >= SENDS || !error.is_ambiguous() {
                return Err(error);
            }
            self.read.http.pause(&format!("{SERVICE} to show the artifact"), backoff(tried)).await;
            let left = self.read.artifact(name).await?;
            if left.is_some_and(|left| left.sha256 == Some(hashes.sha256)) {
                return Ok(());
            }
            tried += 1;
        }
    }

    /// Removes what `job` left or began under this name; whether there was anything.
    async fn remove(&self, name: &str, job: &str) -> Result<bool, RemoteError> {
        let what = format!("removing the artifact `{name}`");
        let body = json!({
            "workflow_run_backend_id": self.read.run,
            "workflow_job_run_backend_id": job,
            "name": name,
        });
        match self.read.ask(what.clone(), "DeleteArtifact", &body, Repeat::Always).await {
            Ok(Done { ok: true }) => Ok(true),
            Ok(Done { ok: false }) => Err(self.unexpected(&what, "`ok: false`")),
            Err(RemoteError::Status { status: 404, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The address that the service gave for the bytes: encrypted, if the service is.
    fn address(&self, what: &str, text: &str) -> Result<Url, RemoteError> {
        let url = Url::parse(text).ok().filter(Url::has_host);
        let url = url.ok_or_else(|| self.unexpected(what, "no address for the bytes"))?;
        match url.scheme() == "https" || self.read.origin.scheme() == "http" {
            true => Ok(url),
            false => Err(self.unexpected(what, "an address without encryption")),
        }
    }

    fn unexpected(&self, what: &str, found: &str) -> RemoteError {
        RemoteError::Unexpected {
            service: SERVICE,
            host: self.read.origin.host_str().unwrap_or_default().to_owned(),
            what: what.to_owned(),
            expected: "what its clients know",
            found: found.to_owned(),
        }
    }
}
