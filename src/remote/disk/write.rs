//! Writing: by a temporary file beside the target and a rename, so that nobody sees half a file.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::read::{DiskRead, fault};
use crate::model::digest::Hashes;
use crate::remote::error::DiskError;

/// What the names of our temporary files begin with: hidden, so that no list shows them.
const PARTIAL: &str = ".release-action-partial-";
/// Left-overs of killed runs may hold as many names; more are a fault of something else.
const NAMES: u32 = 10_000;

/// Writes files and folders.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DiskWrite;

/// What may be done with a file, by everybody: the steps after ours run as another user than the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read it.
    Read,
    /// Read and run it.
    Execute,
}

impl DiskWrite {
    /// Sees to it that `path` holds exactly `bytes`; does nothing when it does. Makes the folder if need be.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn ensure_file(&self, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
        if holds(path, bytes) {
            return Ok(());
        }
        let folder = folder_of(path);
        self.ensure_folder(folder)?;
        let failed = |source| fault(path, "written", source);
        let (mut file, partial) = create_partial(folder).map_err(failed)?;
        let written = file.write_all(bytes).and_then(|()| settle(file, &partial, path, Access::Read));
        written.map_err(|source| {
            let _ = std::fs::remove_file(&partial);
            failed(source)
        })
    }

    /// An empty file at `path`, to write a transfer to; it belongs into a staging folder, since it is not whole.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn create(&self, path: &Path) -> Result<File, DiskError> {
        File::create(path).map_err(|source| fault(path, "written", source))
    }

    /// Sees to it that the folder `path` is there, with all above it, and that the names of those that it makes outlive a
    /// crash.
    ///
    /// A folder's name stands in the folder above. Writing a file and its own folder to the disk says nothing of that
    /// one: after a crash the whole branch could be gone, with files in it that were told to be safe.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn ensure_folder(&self, path: &Path) -> Result<(), DiskError> {
        let failed = |source| fault(path, "made", source);
        let above = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.is_dir();
        let missing: Vec<&Path> = path.ancestors().take_while(above).collect();
        std::fs::create_dir_all(path).map_err(failed)?;
        missing.into_iter().rev().try_for_each(|made| sync_folder(folder_of(made))).map_err(failed)
    }

    /// Removes what killed runs left half-written in `folder`, which no other process writes to at the same time.
    ///
    /// # Errors
    /// When it cannot be listed, or a file cannot be removed.
    pub(crate) fn sweep(&self, folder: &Path) -> Result<(), DiskError> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(fault(folder, "listed", source)),
        };
        for entry in entries {
            let entry = entry.map_err(|source| fault(folder, "listed", source))?;
            if entry.file_name().to_string_lossy().starts_with(PARTIAL) {
                let path = entry.path();
                std::fs::remove_file(&path).map_err(|source| fault(&path, "removed", source))?;
            }
        }
        Ok(())
    }

    /// Moves the file `staged` to `target` in one step. When `target` is there with the same bytes, `staged` is
    /// removed instead. The folder of `target` is made if need be.
    ///
    /// # Errors
    /// When `target` holds other bytes (the source's kind is `AlreadyExists`), or the file cannot be moved.
    pub(crate) fn place(&self, staged: &Path, target: &Path) -> Result<(), DiskError> {
        self.ensure_folder(folder_of(target))?;
        let failed = |source| fault(target, "written", source);
        // Windows makes only files last that are open for writing.
        let opened = OpenOptions::new().read(true).write(cfg!(windows)).open(staged);
        let file = opened.map_err(|source| fault(staged, "read", source))?;
        grant(&file, Access::Read).and_then(|()| file.sync_all()).map_err(failed)?;
        // A link, other than a rename, never replaces a file that somebody else put there meanwhile.
        match std::fs::hard_link(staged, target) {
            Ok(()) => sync_folder(folder_of(target)).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => same_bytes(staged, target)?,
            // Some file systems have no links, and the two may lie on different ones.
            Err(_) if target.symlink_metadata().is_ok() => same_bytes(staged, target)?,
            Err(_) => copy(file, target, Access::Read)?,
        }
        std::fs::remove_file(staged).map_err(|source| fault(staged, "removed", source))
    }
}

/// The folder that a file lies in; a bare name lies in the current one.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether `path` is a file of its own with exactly `bytes`.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    let same_size = path
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() == bytes.len() as u64);
    same_size && std::fs::read(path).is_ok_and(|have| have == bytes)
}

pub(super) fn create_partial(folder: &Path) -> io::Result<(File, PathBuf)> {
    for number in 0..NAMES {
        let path = folder.join(format!("{PARTIAL}{}-{number}", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Gives a file that is written its final name, so that it is whole after a crash at any moment.
fn settle(file: File, partial: &Path, path: &Path, access: Access) -> io::Result<()> {
    grant(&file, access)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(partial, path)?;
    sync_folder(folder_of(path))
}

/// Lets everybody have `access`.
#[cfg(unix)]
pub(super) fn grant(file: &File, access: Access) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = match access {
        Access::Read => 0o644,
        Access::Execute => 0o755,
    };
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// Windows tells programs by the endings of their names.
#[cfg(not(unix))]
pub(super) fn grant(_file: &File, _access: Access) -> io::Result<()> {
    Ok(())
}

/// Makes a rename last. Systems that cannot open a folder keep it by themselves.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn same_bytes(staged: &Path, target: &Path) -> Result<(), DiskError> {
    let disk = DiskRead::default();
    let (ours, theirs): (Hashes, Hashes) = (disk.hashes(staged)?, disk.hashes(target)?);
    if ours == theirs {
        return Ok(());
    }
    let text = format!("other bytes are there: {} there, {} would be written", theirs.sha256, ours.sha256);
    Err(fault(target, "written", io::Error::new(io::ErrorKind::AlreadyExists, text)))
}

/// Copies to a temporary file beside `target`, then renames it.
pub(super) fn copy(mut from: File, target: &Path, access: Access) -> Result<(), DiskError> {
    let failed = |source| fault(target, "written", source);
    let (mut file, partial) = create_partial(folder_of(target)).map_err(failed)?;
    let copied = io::copy(&mut from, &mut file).and_then(|_| settle(file, &partial, target, access));
    copied.map_err(|source| {
        let _ = std::fs::remove_file(&partial);
        failed(source)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .expect("there")
            .map(|entry| entry.expect("read").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_whole_and_is_left_alone_when_it_is_right() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/er/file");
        let disk = DiskWrite;
        disk.ensure_file(&path, b"one").expect("written");
        let first = std::fs::metadata(&path).expect("there").modified().expect("a time");
        disk.ensure_file(&path, b"one").expect("nothing to do");
        assert_eq!(std::fs::metadata(&path).expect("there").modified().expect("a time"), first);
        disk.ensure_file(&path, b"two").expect("written");
        assert_eq!(std::fs::read(&path).expect("there"), b"two");
        assert_eq!(names(folder_of(&path)), ["file"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_readable_by_all_and_replaces_a_link_instead_of_its_target() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let (path, other) = (folder.path().join("file"), folder.path().join("other"));
        let disk = DiskWrite;
        disk.ensure_file(&other, b"theirs").expect("written");
        std::os::unix::fs::symlink(&other, &path).expect("linked");
        disk.ensure_file(&path, b"ours").expect("written");
        assert_eq!(std::fs::read(&other).expect("there"), b"theirs");
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o644);
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("file")).expect("made");
        assert!(DiskWrite.ensure_file(&folder.path().join("file"), b"x").is_err());
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_staged_file_is_placed_once_and_never_over_other_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = DiskWrite;
        let staging = folder.path().join("staging");
        let target = folder.path().join("dist/file");
        let stage = |bytes: &[u8]| {
            disk.ensure_file(&staging.join("file"), bytes).expect("written");
            disk.place(&staging.join("file"), &target)
        };
        stage(b"one").expect("placed");
        stage(b"one").expect("there already");
        assert!(names(&staging).is_empty());
        let error = stage(b"two").expect_err("other bytes");
        assert_eq!(error.source.kind(), io::ErrorKind::AlreadyExists);
        assert!(error.source.to_string().contains(&Hashes::of(b"two").sha256.to_string()));
        assert_eq!(std::fs::read(&target).expect("there"), b"one");
    }

    #[test]
    fn what_a_killed_run_left_half_written_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = DiskWrite;
        disk.sweep(&folder.path().join("gone")).expect("nothing to do");
        let (_file, _partial) = create_partial(folder.path()).expect("made");
        disk.ensure_file(&folder.path().join("file"), b"whole").expect("written");
        disk.ensure_file(&folder.path().join(".hidden"), b"theirs").expect("written");
        disk.sweep(folder.path()).expect("swept");
        assert_eq!(names(folder.path()), [".hidden", "file"]);
    }

    #[test]
    fn folders_are_made_from_wherever_there_is_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = DiskWrite;
        disk.ensure_folder(&folder.path().join("a/b/c")).expect("made");
        disk.ensure_folder(&folder.path().join("a/./b/../d")).expect("made");
        assert_eq!(names(&folder.path().join("a")), ["b", "d"]);
        disk.ensure_file(&folder.path().join("a/file"), b"x").expect("written");
        assert!(disk.ensure_folder(&folder.path().join("a/file/below")).is_err());
        disk.ensure_folder(Path::new("")).expect("the current one");
    }

    #[test]
    fn a_copy_across_file_systems_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        DiskWrite.ensure_file(&from, b"bytes").expect("written");
        copy(File::open(&from).expect("there"), &to, Access::Read).expect("copied");
        assert_eq!(std::fs::read(&to).expect("there"), b"bytes");
        assert_eq!(names(folder.path()), ["a", "b"]);
    }
}
