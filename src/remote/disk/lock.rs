//! One process at a time in a folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

use super::read::fault;
use super::write::DiskWrite;
use crate::remote::error::DiskError;

/// What the lock file is called: hidden, so that no list shows it. It stays, since whoever removes it could take it
/// from under another one.
const NAME: &str = ".lock";

/// A folder that no other process works in, until this is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl DiskWrite {
    /// Takes a folder for this process, and makes it if need be; nothing while another process has it. Where the file
    /// system knows no locks everybody may go on.
    ///
    /// # Errors
    /// When the folder cannot be made or written to.
    pub(crate) fn try_lock(&self, folder: &Path) -> Result<Option<FolderLock>, DiskError> {
        self.ensure_folder(folder)?;
        let path = folder.join(NAME);
        let failed = |source| fault(&path, "locked", source);
        // Opening a pipe would wait for somebody who reads it.
        if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
            return Err(failed(std::io::Error::other("something else than a file lies there")));
        }
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        Ok(Some(FolderLock { _file: file }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_once_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("inner");
        let first = DiskWrite.try_lock(&inner).expect("tried").expect("it is free");
        assert!(DiskWrite.try_lock(&inner).expect("tried").is_none());
        drop(first);
        assert!(DiskWrite.try_lock(&inner).expect("tried").is_some());
    }

    #[cfg(unix)]
    #[test]
    fn what_somebody_put_in_the_place_of_the_lock_is_not_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink("/dev/null", folder.path().join(NAME)).expect("made");
        let error = DiskWrite.try_lock(folder.path()).expect_err("no file");
        assert!(error.path.ends_with(NAME), "{error:?}");
    }
}
