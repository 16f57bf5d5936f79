//! The manifest as a file: JSON, its version in its name.

use crate::model::manifest::{Manifest, ManifestError};
use crate::remote::error::DiskError;

/// What `schema` says in a manifest of this version.
pub(crate) const SCHEMA: &str = "release-action/manifest/v1";

/// Why a file is no manifest that this program can take.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestFileError {
    /// The file cannot be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// It is not JSON of the right shape.
    #[error("`{path}` is no manifest")]
    Json {
        /// The file.
        path: String,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// Its content contradicts itself.
    #[error("`{path}` is no manifest of one release")]
    Content {
        /// The file.
        path: String,
        /// What is wrong.
        #[source]
        source: ManifestError,
    },
}

/// The manifest's JSON text; the same manifest gives the same bytes.
pub(crate) fn to_json(manifest: &Manifest) -> String {
    let _ = manifest;
    unimplemented!()
}
