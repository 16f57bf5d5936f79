//! Writing what is too large to hold: streams are hashed on their way, copies share their bytes where they can.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write as _};
use std::path::Path;

use crate::model::digest::{Hasher, Hashes};
use crate::remote::disk::write::{DiskWrite, copy};
use crate::remote::error::DiskError;

/// What is read and written at once.
const CHUNK_BYTES: usize = 128 << 10;

impl DiskWrite {
    /// Sees to it that `path` is a folder with nothing in it: what an earlier run left there is removed.
    ///
    /// # Errors
    /// When it cannot be removed or made.
    pub(crate) fn ensure_empty_folder(&self, path: &Path) -> Result<(), DiskError> {
        match fs::remove_dir_all(path) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(error(path, "removed", source)),
            _ => self.ensure_folder(path),
        }
    }

    /// Writes a new file and answers what was written. It may be short after a crash: whoever finds it again holds it
    /// to the digest, so an artifact of a hundred thousand files need not wait for the disk at each of them.
    ///
    /// # Errors
    /// When the file is there already, or `bytes` cannot be read, or the file cannot be written.
    pub(crate) fn write_stream(&self, path: &Path, bytes: &mut dyn Read) -> Result<Hashes, DiskError> {
        let mut file = File::create_new(path).map_err(|source| error(path, "made", source))?;
        let mut hasher = Hasher::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let count = match bytes.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(source) if source.kind() == ErrorKind::Interrupted => continue,
                Err(source) => return Err(error(path, "filled", source)),
            };
            hasher.update(&chunk[..count]);
            file.write_all(&chunk[..count]).map_err(|source| error(path, "written", source))?;
        }
        Ok(hasher.finish())
    }

    /// Sees to it that `target` is a file with the bytes of `source`, which stays. A target that is there is left
    /// alone: whoever calls has compared it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn copy(&self, source: &Path, target: &Path) -> Result<(), DiskError> {
        if target.exists() {
            return Ok(());
        }
        let file = File::open(source).map_err(|error_source| error(source, "read", error_source))?;
        self.ensure_folder(target.parent().unwrap_or_else(|| Path::new(".")))?;
        copy(file, target)
    }
}

fn error(path: &Path, action: &'static str, source: std::io::Error) -> DiskError {
    DiskError { path: path.display().to_string(), action, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_hashed_while_it_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let bytes = vec![7; 300_000];
        let hashes = DiskWrite.write_stream(&path, &mut bytes.as_slice()).expect("written");
        assert_eq!(hashes, Hashes::of(&bytes));
        assert_eq!(fs::read(&path).expect("there"), bytes);
        assert!(DiskWrite.write_stream(&path, &mut bytes.as_slice()).is_err(), "it is there already");
    }

    #[test]
    fn a_copy_leaves_the_source_and_no_part() {
        let folder = tempfile::tempdir().expect("a folder");
        let (source, target) = (folder.path().join("source"), folder.path().join("deep/er/target"));
        DiskWrite.write_stream(&source, &mut b"abc".as_slice()).expect("written");
        DiskWrite.copy(&source, &target).expect("copied");
        assert_eq!(fs::read(&target).expect("there"), b"abc");
        assert!(source.exists());
        assert_eq!(fs::read_dir(target.parent().expect("deep")).expect("listed").count(), 1);
    }

    #[test]
    fn a_folder_is_emptied() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("inner");
        let disk = DiskWrite;
        disk.ensure_empty_folder(&inner).expect("made");
        disk.write_stream(&inner.join("left"), &mut b"over".as_slice()).expect("written");
        disk.ensure_empty_folder(&inner).expect("emptied");
        assert_eq!(fs::read_dir(&inner).expect("listed").count(), 0);
    }
}
