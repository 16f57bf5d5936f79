//! Writing: by a temporary file beside the target and a rename, so that nobody sees half a file.

use std::path::{Path, PathBuf};

use crate::remote::error::DiskError;

/// Writes files and folders.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiskWrite {}

impl DiskWrite {
    /// Sees to it that `path` holds exactly `bytes`; does nothing when it does. Makes the folder if need be.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn ensure_file(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        let _ = (path, bytes);
        unimplemented!()
    }

    /// Sees to it that the folder `path` is there, with all above it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn ensure_folder(&self, path: &Path) -> Result<(), DiskError> {
        let _ = path;
        unimplemented!()
    }

    /// Moves the file `staged` to `target` in one step. When `target` is there with the same bytes, `staged` is
    /// removed instead.
    ///
    /// # Errors
    /// When `target` holds other bytes (the source's kind is `AlreadyExists`), or the file cannot be moved.
    pub(crate) fn place(&self, staged: &Path, target: &Path) -> Result<(), DiskError> {
        let _ = (staged, target);
        unimplemented!()
    }

    /// An empty hidden folder inside `folder` for files on their way; left-overs of an earlier run are removed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn staging(&self, folder: &Path) -> Result<PathBuf, DiskError> {
        let _ = folder;
        unimplemented!()
    }
}
