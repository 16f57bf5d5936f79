//! Reading.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::model::digest::Hashes;
use crate::model::manifest::Manifest;
use crate::remote::disk::bound::{BindError, BoundManifest};
use crate::remote::disk::manifest_v1::ManifestFileError;
use crate::remote::error::DiskError;

/// Reads files and folders, and remembers what it hashed. Clones share that memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiskRead {}

impl DiskRead {
    /// The regular files of `folder` itself, sorted by name; hidden ones are left out, links are followed.
    ///
    /// # Errors
    /// When the folder is not there (the source's kind is `NotFound`) or cannot be listed.
    pub(crate) fn list(&self, folder: &Path) -> Result<Vec<PathBuf>, DiskError> {
        let _ = folder;
        unimplemented!()
    }

    /// Opens a file to read.
    ///
    /// # Errors
    /// When it is not there or may not be read.
    pub(crate) fn open(&self, path: &Path) -> Result<File, DiskError> {
        let _ = path;
        unimplemented!()
    }

    /// Size and digests of a file; read once for as long as it does not change.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn hashes(&self, path: &Path) -> Result<Hashes, DiskError> {
        let _ = path;
        unimplemented!()
    }

    /// Takes note of what somebody else found while reading or writing the whole file.
    ///
    /// # Errors
    /// When the file is not there.
    pub(crate) fn remember(&self, path: &Path, hashes: Hashes) -> Result<(), DiskError> {
        let _ = (path, hashes);
        unimplemented!()
    }

    /// Reads a manifest file.
    ///
    /// # Errors
    /// When it cannot be read, or is not exactly what some version of this program writes.
    pub(crate) fn manifest(&self, path: &Path) -> Result<Manifest, ManifestFileError> {
        let _ = path;
        unimplemented!()
    }

    /// Finds every file of `manifest` in `folders` and proves that it still has the bytes that were vetted.
    ///
    /// # Errors
    /// When one is missing or has other bytes; all of them are named at once.
    pub(crate) fn bind(&self, manifest: Manifest, folders: &[PathBuf]) -> Result<BoundManifest, BindError> {
        let _ = (manifest, folders);
        unimplemented!()
    }

    /// The text of a file of at most `limit_bytes`; `None` when there is none.
    ///
    /// # Errors
    /// When it is there and cannot be read, is longer, or is no UTF-8.
    pub(crate) fn text(&self, path: &Path, limit_bytes: u64) -> Result<Option<String>, DiskError> {
        let _ = (path, limit_bytes);
        unimplemented!()
    }
}

/// Opens a file to read.
pub(crate) fn open(path: &Path) -> Result<File, DiskError> {
    File::open(path).map_err(|source| fault(path, "opened", source))
}

/// Opens a file that is known to have `size_bytes`.
///
/// # Errors
/// When it cannot be opened, or has another size by now.
pub(crate) fn open_exactly(path: &Path, size_bytes: u64) -> Result<File, DiskError> {
    let file = open(path)?;
    let found = file.metadata().map_err(|source| fault(path, "read", source))?.len();
    if found == size_bytes {
        return Ok(file);
    }
    let text = format!("it has {found} bytes by now, and had {size_bytes}");
    Err(fault(path, "sent", std::io::Error::new(std::io::ErrorKind::InvalidData, text)))
}

pub(super) fn fault(path: &Path, action: &'static str, source: std::io::Error) -> DiskError {
    DiskError { path: path.display().to_string(), action, source }
}
