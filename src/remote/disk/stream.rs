//! Writing what is too large to hold: streams in pieces, and second names in the place of copies.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write as _};
use std::path::Path;

use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::{Access, DiskWrite, copy, folder_of, grant, sync_folder};
use crate::remote::error::DiskError;

/// What is read and written at once.
const CHUNK_BYTES: usize = 128 << 10;

impl DiskWrite {
    /// Sees to it that `path` is a folder with nothing in it: what an earlier run left there is removed. A crash may
    /// take it away again: it is for what is proven anew whenever it is used.
    ///
    /// # Errors
    /// When it cannot be removed or made.
    pub(crate) fn ensure_empty_folder(&self, path: &Path) -> Result<(), DiskError> {
        match fs::remove_dir_all(path) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(error(path, "removed", source)),
            _ => fs::create_dir_all(path).map_err(|source| error(path, "made", source)),
        }
    }

    /// Writes a new file to which everybody has `access`, and waits until it is on the disk: nothing has to wait for that
    /// later.
    ///
    /// # Errors
    /// When the file is there already, or `bytes` cannot be read, or the file cannot be written.
    pub(crate) fn write_stream(
        &self,
        path: &Path,
        bytes: &mut dyn Read,
        access: Access,
    ) -> Result<(), DiskError> {
        let mut file = File::create_new(path).map_err(|source| error(path, "made", source))?;
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let count = match bytes.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(source) if source.kind() == ErrorKind::Interrupted => continue,
                Err(source) => return Err(error(path, "filled", source)),
            };
            file.write_all(&chunk[..count]).map_err(|source| error(path, "written", source))?;
        }
        grant(&file, access).and_then(|()| file.sync_all()).map_err(|source| error(path, "written", source))
    }

    /// Writes a file that is worth nothing when it is not whole, and is known not to be by whoever reads it: such a
    /// one waits for no disk. What had its name is removed: it may be a link to a file that is not ours.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn note(&self, path: &Path, text: &str) -> Result<(), DiskError> {
        match fs::remove_file(path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                fs::remove_dir_all(path).map_err(|source| error(path, "removed", source))?;
            }
            _ => {}
        }
        let written = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|source| error(path, "written", source))
    }

    /// Sees to it that `target` is a file with the bytes of `source`, which stays and is on the disk already, and that
    /// everybody has `access` to it: a second name where the file system has such, so that nothing is copied and what
    /// `known` knows of the one holds for the other; else a copy. The bytes of a target that is there are left alone:
    /// whoever calls has compared them. The name is there for good after [`Self::keep_names`].
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn share(
        &self,
        source: &Path,
        target: &Path,
        access: Access,
        known: &DiskRead,
    ) -> Result<(), DiskError> {
        if target.exists() {
            return self.ensure_access(target, access);
        }
        let file = File::open(source).map_err(|cause| error(source, "read", cause))?;
        let folder = folder_of(target);
        // A tree may have thousands of folders: they are kept all at once, with the names of the files.
        fs::create_dir_all(folder).map_err(|cause| error(folder, "made", cause))?;
        let before = known.stamp(source, &file)?;
        match fs::hard_link(source, target) {
            Ok(()) => {
                self.ensure_access(target, access)?;
                known.known_by(&before, [source, target]);
                Ok(())
            }
            // Somebody was faster; the look that follows says whether these are the right bytes.
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists && target.exists() => Ok(()),
            // Some file systems have no second names, and the two may lie on different ones.
            Err(_) => copy(file, target, access),
        }
    }

    /// Sees to it that the names of these files outlive a crash, and those of all folders above them: a file is not
    /// there when the folder that it is in has lost its name in the one above.
    ///
    /// All folders above, and not only those that this run made: a run that was killed may have made some and kept
    /// none. A folder above that may not be read, or that its file system does not let anybody keep, was not made by us,
    /// nor was what is above it.
    ///
    /// # Errors
    /// When a folder cannot be written to the disk.
    pub(crate) fn keep_names<'a>(&self, files: impl Iterator<Item = &'a Path>) -> Result<(), DiskError> {
        let own: BTreeSet<&Path> = files.map(folder_of).collect();
        let mut kept = BTreeSet::new();
        for folder in &own {
            let above = folder.ancestors().skip(1).map(|path| match path.as_os_str().is_empty() {
                true => Path::new("."),
                false => path,
            });
            for path in std::iter::once(*folder).chain(above) {
                if !kept.insert(path) {
                    break;
                }
                match sync_folder(path) {
                    Err(source) if !own.contains(path) && is_not_ours(&source) => break,
                    synced => synced.map_err(|source| error(path, "written", source))?,
                }
            }
        }
        Ok(())
    }

    /// Lets everybody run a file who has to; what is allowed already stays.
    fn ensure_access(&self, path: &Path, access: Access) -> Result<(), DiskError> {
        if access == Access::Read || DiskRead::default().is_executable(path) {
            return Ok(());
        }
        let failed = |source| error(path, "made a program", source);
        let file = File::open(path).map_err(failed)?;
        grant(&file, access).and_then(|()| file.sync_all()).map_err(failed)
    }
}

/// Whether a folder that cannot be kept for this reason is one that we could not have made a folder in.
fn is_not_ours(source: &std::io::Error) -> bool {
    use ErrorKind::{InvalidInput, PermissionDenied, ReadOnlyFilesystem, Unsupported};
    matches!(source.kind(), InvalidInput | PermissionDenied | ReadOnlyFilesystem | Unsupported)
}

fn error(path: &Path, action: &'static str, source: std::io::Error) -> DiskError {
    DiskError { path: path.display().to_string(), action, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_becomes_a_new_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let bytes = vec![7; 300_000];
        DiskWrite.write_stream(&path, &mut bytes.as_slice(), Access::Read).expect("written");
        assert_eq!(fs::read(&path).expect("there"), bytes);
        assert!(
            DiskWrite.write_stream(&path, &mut bytes.as_slice(), Access::Read).is_err(),
            "it is there already"
        );
    }

    #[test]
    fn a_shared_file_has_both_names_and_no_part() {
        let folder = tempfile::tempdir().expect("a folder");
        let (source, target) = (folder.path().join("source"), folder.path().join("deep/er/target"));
        DiskWrite.write_stream(&source, &mut b"abc".as_slice(), Access::Read).expect("written");
        let known = DiskRead::default();
        DiskWrite.share(&source, &target, Access::Read, &known).expect("shared");
        DiskWrite.share(&source, &target, Access::Read, &known).expect("there already");
        DiskWrite.keep_names([target.as_path()].into_iter()).expect("kept");
        assert_eq!(fs::read(&target).expect("there"), b"abc");
        assert!(source.exists());
        assert_eq!(fs::read_dir(target.parent().expect("deep")).expect("listed").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_can_be_run_wherever_its_bytes_came_from() {
        let folder = tempfile::tempdir().expect("a folder");
        let (source, target) = (folder.path().join("source"), folder.path().join("target"));
        DiskWrite.write_stream(&source, &mut b"abc".as_slice(), Access::Read).expect("written");
        let is_executable = || DiskRead::default().is_executable(&target);
        DiskWrite.share(&source, &target, Access::Read, &DiskRead::default()).expect("copied");
        assert!(!is_executable());
        DiskWrite.share(&source, &target, Access::Execute, &DiskRead::default()).expect("made one");
        assert!(is_executable());
        DiskWrite.share(&source, &target, Access::Read, &DiskRead::default()).expect("left alone");
        assert!(is_executable());
        fs::remove_file(&target).expect("removed");
        DiskWrite.share(&source, &target, Access::Execute, &DiskRead::default()).expect("copied");
        assert!(is_executable());
    }

    #[test]
    fn a_folder_is_emptied() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("inner");
        let disk = DiskWrite;
        disk.ensure_empty_folder(&inner).expect("made");
        disk.write_stream(&inner.join("left"), &mut b"over".as_slice(), Access::Read).expect("written");
        disk.ensure_empty_folder(&inner).expect("emptied");
        assert_eq!(fs::read_dir(&inner).expect("listed").count(), 0);
    }
}
