//! A manifest whose files were found and proven.

use std::path::{Path, PathBuf};

use crate::model::artifact::Artifact;
use crate::model::digest::Hashes;
use crate::model::manifest::Manifest;
use crate::remote::error::DiskError;

/// A manifest together with files that have the very bytes it states. Only `DiskRead::bind` makes one.
#[derive(Clone, Debug)]
pub(crate) struct BoundManifest {
    manifest: Manifest,
    /// One for each artifact, in the manifest's order.
    paths: Vec<PathBuf>,
    extra: Vec<PathBuf>,
}

impl BoundManifest {
    /// The manifest.
    pub(crate) const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Each artifact with the file that was proven to have its bytes, sorted by name.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&Artifact, &Path)> {
        self.manifest.artifacts().iter().zip(self.paths.iter().map(PathBuf::as_path))
    }

    /// Files in the folders that the manifest does not name, sorted: they are part of no release.
    pub(crate) fn extra(&self) -> &[PathBuf] {
        &self.extra
    }
}

/// Why files on disk are not the ones of the manifest: everything that is wrong, at once.
#[derive(Debug, thiserror::Error)]
#[error("what is on disk is not what was vetted: {}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub(crate) struct BindError {
    /// What is wrong, sorted by file name; never empty.
    pub(crate) faults: Vec<BindFault>,
}

/// What is wrong with one file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BindFault {
    /// It is in none of the folders.
    #[error("`{file}` is in none of the folders {folders}")]
    Missing {
        /// Its name.
        file: String,
        /// Where it was looked for.
        folders: String,
    },
    /// It has other bytes.
    #[error("`{path}` has other bytes")]
    Differs {
        /// Where it is.
        path: String,
        /// What the manifest states.
        expected: Box<Hashes>,
        /// What it is.
        found: Box<Hashes>,
    },
    /// It cannot be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
}
