//! Uploading, by the legacy interface.

use crate::model::endpoints::Endpoint;
use crate::remote::error::RemoteError;
use crate::remote::http::Http;
use crate::remote::pypi::read::IndexRead;
use crate::remote::pypi::{Credential, Upload};

/// Uploads to an index.
#[derive(Debug)]
pub(crate) struct IndexWrite {
    http: Http,
    upload: Endpoint,
    read: IndexRead,
    credential: Credential,
}

impl IndexWrite {
    /// A writer to the upload endpoint `upload`; `read` is where it looks whether a file arrived.
    pub(crate) const fn new(http: Http, upload: Endpoint, read: IndexRead, credential: Credential) -> Self {
        Self { http, upload, read, credential }
    }

    /// Sees to it that the index holds the file. Safe to repeat.
    ///
    /// # Errors
    /// When the index refuses it, holds other bytes under its name, or does not show it after all tries.
    pub(crate) async fn ensure_upload(&self, upload: &Upload<'_>) -> Result<(), RemoteError> {
        let _ = (upload, &self.http, &self.upload, &self.read, &self.credential);
        unimplemented!()
    }
}
