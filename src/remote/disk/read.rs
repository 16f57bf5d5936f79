//! Reading.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use super::bound::{self, BindError, BindFault, BoundManifest};
use super::manifest_v1::{self, ManifestFileError};
use super::proofs::Proofs;
pub(crate) use super::proofs::Stamp;
use crate::model::digest::{Blake2b256, Blake2bHasher, Hasher, Hashes, Sha256};
use crate::model::manifest::Manifest;
use crate::remote::error::DiskError;

/// How much of a file is read at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// Reads files and folders, and remembers what it hashed. Clones share that memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiskRead {
    proofs: Arc<Proofs>,
    /// Whether whoever has a file hashed will want its BLAKE2b too.
    is_for_uploads: bool,
}

impl DiskRead {
    /// A reader that computes BLAKE2b in the same pass as SHA-256, since an index's upload form names both. Other
    /// modes have no use for it, and do not pay for it.
    pub(crate) fn for_uploads() -> Self {
        Self { is_for_uploads: true, ..Self::default() }
    }

    /// The files of `folder` itself, sorted by name. Hidden ones are left out. Links count as what they lead to, since
    /// build tools lay out their results so. A link to nowhere and a pipe are listed too: somebody meant them to be
    /// files, and whoever opens them hears why they are none.
    ///
    /// # Errors
    /// When the folder is not there (the source's kind is `NotFound`) or cannot be listed.
    pub(crate) fn list(&self, folder: &Path) -> Result<Vec<PathBuf>, DiskError> {
        self.entries(folder).map(|entries| entries.into_iter().filter(|path| !path.is_dir()).collect())
    }

    /// The folders in `folder`, sorted by name, as [`Self::list`] has the files.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub(crate) fn folders(&self, folder: &Path) -> Result<Vec<PathBuf>, DiskError> {
        self.entries(folder).map(|entries| entries.into_iter().filter(|path| path.is_dir()).collect())
    }

    /// The files below `folder`, however deep, by their paths from there with `/` between the parts, sorted. Hidden files
    /// and folders are left out, and links to folders are not followed.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub(crate) fn tree(&self, folder: &Path) -> Result<Vec<String>, DiskError> {
        let mut paths = Vec::new();
        let all = WalkDir::new(folder).min_depth(1).sort_by_file_name().into_iter();
        for entry in all.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name())) {
            let entry = entry.map_err(|error| fault(folder, "listed", error.into()))?;
            if !entry.path().is_dir() {
                let below = entry.path().strip_prefix(folder).unwrap_or_else(|_| entry.path());
                let parts = below.components().map(|part| part.as_os_str().to_string_lossy());
                paths.push(parts.collect::<Vec<_>>().join("/"));
            }
        }
        Ok(paths)
    }

    fn entries(&self, folder: &Path) -> Result<Vec<PathBuf>, DiskError> {
        let metadata = std::fs::metadata(folder).map_err(|source| fault(folder, "listed", source))?;
        if !metadata.is_dir() {
            return Err(fault(folder, "listed", io::ErrorKind::NotADirectory.into()));
        }
        let mut paths = Vec::new();
        for entry in WalkDir::new(folder).min_depth(1).max_depth(1).sort_by_file_name() {
            let entry = entry.map_err(|error| fault(folder, "listed", error.into()))?;
            if !is_hidden(entry.file_name()) {
                paths.push(entry.into_path());
            }
        }
        Ok(paths)
    }

    /// Whether `path` is a link to something outside of the folder that it stands in.
    ///
    /// # Errors
    /// When that cannot be told.
    pub(crate) fn leads_out(&self, path: &Path) -> Result<bool, DiskError> {
        let failed = |source| fault(path, "read", source);
        if !path.symlink_metadata().map_err(failed)?.is_symlink() {
            return Ok(false);
        }
        let folder = super::write::folder_of(path).canonicalize().map_err(failed)?;
        Ok(!path.canonicalize().map_err(failed)?.starts_with(folder))
    }

    /// Opens a file to read.
    ///
    /// # Errors
    /// When it is not there, may not be read, or is no regular file.
    pub(crate) fn open(&self, path: &Path) -> Result<File, DiskError> {
        open(path)
    }

    /// The size of a file in bytes, as far as that can be told without opening it; else 0.
    pub(crate) fn size_bytes(&self, path: &Path) -> u64 {
        path.metadata().map_or(0, |metadata| metadata.len())
    }

    /// Whether the file's owner may run it; on Windows, which tells programs by their names, always.
    pub(crate) fn is_executable(&self, path: &Path) -> bool {
        path.metadata().is_ok_and(|metadata| is_executable(&metadata))
    }

    /// Size and digests of a file; read once for as long as it does not change.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn hashes(&self, path: &Path) -> Result<Hashes, DiskError> {
        let file = open(path)?;
        let stamp = self.stamp(path, &file)?;
        match self.proofs.hashes(&stamp) {
            Some(hashes) => Ok(hashes),
            None => self.hash(path, file, stamp, self.is_for_uploads).map(|(hashes, _)| hashes),
        }
    }

    /// BLAKE2b of a file's bytes. Of a reader [`Self::for_uploads`] it costs nothing after [`Self::hashes`] or
    /// [`Self::bind`]; else the file is read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn blake2b256(&self, path: &Path) -> Result<Blake2b256, DiskError> {
        let file = open(path)?;
        let stamp = self.stamp(path, &file)?;
        if let Some(digest) = self.proofs.blake2b(&stamp) {
            return Ok(digest);
        }
        let (_, digest) = self.hash(path, file, stamp, true)?;
        Ok(digest.expect("it was asked for"))
    }

    /// Whether `file`, which was opened by `path`, is known to have these digests and was not changed since that was found.
    /// Nothing is read.
    ///
    /// # Errors
    /// When that cannot be told.
    pub(crate) fn is_proven(&self, path: &Path, file: &File, hashes: Hashes) -> Result<bool, DiskError> {
        Ok(self.proofs.hashes(&self.stamp(path, file)?) == Some(hashes))
    }

    /// Size and digests of a file that was just written, whatever was known of it before.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn read_back(&self, path: &Path) -> Result<Hashes, DiskError> {
        let file = open(path)?;
        let stamp = self.stamp(path, &file)?;
        self.hash(path, file, stamp, false).map(|(hashes, _)| hashes)
    }

    /// Reads the whole file once, `also_blake2b` for the second digest.
    fn hash(
        &self,
        path: &Path,
        mut file: File,
        stamp: Stamp,
        also_blake2b: bool,
    ) -> Result<(Hashes, Option<Blake2b256>), DiskError> {
        let failed = |source| fault(path, "read", source);
        let (mut hasher, mut blake2b) = (Hasher::new(), also_blake2b.then(Blake2bHasher::default));
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    hasher.update(&buffer[..read]);
                    blake2b.iter_mut().for_each(|blake2b| blake2b.update(&buffer[..read]));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
        let (hashes, blake2b) = (hasher.finish(), blake2b.map(Blake2bHasher::finish));
        // A file that somebody wrote to meanwhile has no digest worth remembering.
        if Stamp::of(path, &file).map_err(failed)? == stamp && stamp.size_bytes() == hashes.size_bytes {
            if let Some(digest) = blake2b {
                self.proofs.remember_blake2b(stamp.clone(), digest);
            }
            self.proofs.remember(stamp, hashes);
        }
        Ok((hashes, blake2b))
    }

    /// What `file` is like that was just opened by `path`, so that what is found in it can be remembered of it and
    /// of no other file.
    ///
    /// # Errors
    /// When that cannot be told.
    pub(crate) fn stamp(&self, path: &Path, file: &File) -> Result<Stamp, DiskError> {
        Stamp::of(path, file).map_err(|source| fault(path, "read", source))
    }

    /// Takes note of what somebody found who read the whole file that has this stamp. Whoever changed it meanwhile,
    /// or put another in its place, gave that another stamp: nothing is known of it then.
    pub(crate) fn remember(&self, stamp: Stamp, hashes: Hashes) {
        if stamp.size_bytes() == hashes.size_bytes {
            self.proofs.remember(stamp, hashes);
        }
    }

    /// Takes note that the text with the digest `text` was made, in this process, of the file that has this stamp.
    pub(crate) fn derive(&self, from: Stamp, text: Sha256) {
        self.proofs.derive(from, text);
    }

    /// Whether it was noted that this text was made of the file at `path`, as that is now.
    ///
    /// # Errors
    /// When that cannot be told.
    pub(crate) fn is_derived(&self, path: &Path, text: Sha256) -> Result<bool, DiskError> {
        let stamp = self.stamp(path, &open(path)?)?;
        Ok(self.proofs.is_derived(&stamp, text))
    }

    /// What is known of the file with the stamp `before` is from now on known of both names of it, which has just got a
    /// second one.
    pub(super) fn known_by(&self, before: &Stamp, names: [&Path; 2]) {
        let Some(hashes) = self.proofs.hashes(before) else { return };
        for name in names {
            // What cannot be looked at, or is another file, is hashed by whoever wants to know.
            let stamp = File::open(name).and_then(|file| Stamp::of(name, &file));
            if let Ok(stamp) = stamp
                && before.same_content(&stamp)
            {
                self.proofs.pass_on(before, &stamp);
                self.proofs.remember(stamp, hashes);
            }
        }
    }

    /// Reads a manifest file.
    ///
    /// # Errors
    /// When it cannot be read, or is not exactly what some version of this program writes.
    pub(crate) fn manifest(&self, path: &Path) -> Result<Manifest, ManifestFileError> {
        let text = self.text(path, manifest_v1::LIMIT_BYTES)?;
        let text = text.ok_or_else(|| fault(path, "read", io::ErrorKind::NotFound.into()))?;
        manifest_v1::from_json(&text).map_err(|fault| ManifestFileError::content(path, fault))
    }

    /// Finds every file of `manifest` in `folders` and proves that it still has the bytes that were vetted. A folder
    /// that is not there counts as empty. Files that the manifest does not name are no error; they are listed in
    /// [`BoundManifest::extra`].
    ///
    /// # Errors
    /// When one is missing or has other bytes; all of them are named at once.
    pub(crate) fn bind(&self, manifest: Manifest, folders: &[PathBuf]) -> Result<BoundManifest, BindError> {
        let mut faults = Vec::new();
        let files = self.present(folders, &mut faults);
        let (paths, wrong) = bound::prove(&manifest, folders, &files, |path| self.hashes(path));
        faults.extend(wrong);
        let extra = files.into_iter().filter(|path| bound::is_extra(&manifest, path)).collect();
        BoundManifest::new(manifest, paths, extra, faults)
    }

    /// Proves that `files`, and no other files of their names, still have the bytes that were vetted.
    ///
    /// # Errors
    /// As [`DiskRead::bind`].
    pub(crate) fn bind_files(
        &self,
        manifest: Manifest,
        files: &[PathBuf],
    ) -> Result<BoundManifest, BindError> {
        let (paths, faults) = bound::prove(&manifest, &[], files, |path| self.hashes(path));
        BoundManifest::new(manifest, paths, Vec::new(), faults)
    }

    /// Every file in `folders`, each folder once.
    fn present(&self, folders: &[PathBuf], faults: &mut Vec<BindFault>) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for folder in folders.iter().collect::<BTreeSet<_>>() {
            match self.list(folder) {
                Ok(found) => files.extend(found),
                Err(error) if error.source.kind() == io::ErrorKind::NotFound && !folder.exists() => {}
                Err(error) => faults.push(error.into()),
            }
        }
        files
    }

    /// The first `most_bytes` of a file, or all of it where it is shorter.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn head(&self, path: &Path, most_bytes: u64) -> Result<Vec<u8>, DiskError> {
        let mut bytes = Vec::new();
        let read = open(path)?.take(most_bytes).read_to_end(&mut bytes);
        read.map(|_| bytes).map_err(|source| fault(path, "read", source))
    }

    /// The text of a file of at most `limit_bytes`; `None` when there is none.
    ///
    /// # Errors
    /// When it is there and cannot be read, is longer, or is no UTF-8.
    pub(crate) fn text(&self, path: &Path, limit_bytes: u64) -> Result<Option<String>, DiskError> {
        let failed = |source| fault(path, "read", source);
        let file = match open(path) {
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut bytes = Vec::new();
        file.take(limit_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > limit_bytes {
            let text = format!("it has more than {limit_bytes} bytes");
            return Err(failed(io::Error::new(io::ErrorKind::FileTooLarge, text)));
        }
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error.utf8_error())))
    }

    /// What `DiskWrite::note` wrote, or as much of it as a crash left: what is too long, no text, or anything else than
    /// a file counts as nothing.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub(crate) fn noted(&self, path: &Path, limit_bytes: u64) -> Result<Option<String>, DiskError> {
        if !path.symlink_metadata().is_ok_and(|found| found.is_file()) {
            return Ok(None);
        }
        match self.text(path, limit_bytes) {
            Err(error)
                if matches!(
                    error.source.kind(),
                    io::ErrorKind::InvalidData | io::ErrorKind::FileTooLarge
                ) =>
            {
                Ok(None)
            }
            read => read,
        }
    }
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_metadata: &std::fs::Metadata) -> bool {
    true
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Opens a regular file to read. What is none is refused before it is opened: a pipe would never answer.
pub(crate) fn open(path: &Path) -> Result<File, DiskError> {
    let failed = |source| fault(path, "read", source);
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    if !metadata.is_file() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")));
    }
    File::open(path).map_err(failed)
}

/// Opens a file that is known to have `size_bytes`.
///
/// # Errors
/// When it cannot be opened, or has another size by now.
pub(crate) fn open_exactly(path: &Path, size_bytes: u64) -> Result<File, DiskError> {
    let failed = |source| fault(path, "read", source);
    let file = open(path)?;
    let found = file.metadata().map_err(failed)?.len();
    if found == size_bytes {
        return Ok(file);
    }
    let text = format!("it has {found} bytes by now, and had {size_bytes}");
    Err(failed(io::Error::new(io::ErrorKind::InvalidData, text)))
}

/// The error about `path`.
pub(super) fn fault(path: &Path, action: &'static str, source: io::Error) -> DiskError {
    DiskError { path: path.display().to_string(), action, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in files {
            put(&folder.path().join(name), content);
        }
        folder
    }

    fn put(path: &Path, content: &str) {
        use std::io::Write as _;
        File::create(path).and_then(|mut file| file.write_all(content.as_bytes())).expect("written");
    }

    fn names(paths: &[PathBuf]) -> Vec<&str> {
        paths.iter().filter_map(|path| path.file_name()?.to_str()).collect()
    }

    #[test]
    fn a_list_is_sorted_and_holds_visible_regular_files_only() {
        let folder = folder(&[("b", ""), ("a", ""), (".hidden", "")]);
        std::fs::create_dir(folder.path().join("inner")).expect("made");
        put(&folder.path().join("inner/deep"), "");
        let found = DiskRead::default().list(folder.path()).expect("listed");
        assert_eq!(names(&found), ["a", "b"]);
        assert_eq!(names(&DiskRead::default().folders(folder.path()).expect("listed")), ["inner"]);
    }

    #[test]
    fn a_missing_folder_and_a_file_are_no_folders() {
        let folder = folder(&[("file", "")]);
        let kind = |name| DiskRead::default().list(&folder.path().join(name)).expect_err(name).source.kind();
        assert_eq!(kind("nowhere"), io::ErrorKind::NotFound);
        assert_eq!(kind("file"), io::ErrorKind::NotADirectory);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_a_link_to_nowhere_is_no_file_to_pass_over() {
        let folder = folder(&[("a", "x")]);
        std::os::unix::fs::symlink(folder.path().join("a"), folder.path().join("b")).expect("linked");
        let disk = DiskRead::default();
        assert_eq!(names(&disk.list(folder.path()).expect("listed")), ["a", "b"]);
        std::os::unix::fs::symlink("nowhere", folder.path().join("c")).expect("linked");
        assert_eq!(names(&disk.list(folder.path()).expect("listed")), ["a", "b", "c"]);
        assert!(disk.open(&folder.path().join("c")).expect_err("dangling").path.ends_with('c'));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_its_folder_is_told_from_one_inside() {
        let (inside, outside) = (folder(&[("a", "x")]), folder(&[("secret", "x")]));
        let link = |name: &str, to: &Path| {
            let path = inside.path().join(name);
            std::os::unix::fs::symlink(to, &path).expect("linked");
            DiskRead::default().leads_out(&path).expect("told")
        };
        assert!(!DiskRead::default().leads_out(&inside.path().join("a")).expect("told"));
        assert!(!link("b", Path::new("a")));
        assert!(link("c", &outside.path().join("secret")));
        assert!(link("d", Path::new("c")), "by way of another link");
    }

    #[test]
    fn hashes_follow_the_file_and_are_remembered_until_it_changes() {
        let folder = folder(&[("a", "one")]);
        let (disk, path) = (DiskRead::default(), folder.path().join("a"));
        assert_eq!(disk.hashes(&path).expect("read"), Hashes::of(b"one"));
        // Remembered: a clone believes what it is told about the unchanged file.
        let stamp = || disk.stamp(&path, &disk.open(&path).expect("there")).expect("told");
        disk.remember(stamp(), Hashes::of(b"two"));
        assert_eq!(disk.clone().hashes(&path).expect("read"), Hashes::of(b"two"));
        put(&path, "three");
        assert_eq!(disk.hashes(&path).expect("read"), Hashes::of(b"three"));
        disk.remember(stamp(), Hashes::of(b"four"));
        assert_eq!(disk.hashes(&path).expect("read"), Hashes::of(b"three"), "another size is not believed");
    }

    #[cfg(unix)]
    #[test]
    fn a_second_name_is_known_too_and_a_swapped_file_is_not() {
        let folder = folder(&[("a", "one"), ("b", "two")]);
        let (disk, path) = (DiskRead::default(), |name| folder.path().join(name));
        // Told wrongly on purpose: whoever believes it has not read the file.
        let before = disk.stamp(&path("a"), &disk.open(&path("a")).expect("there")).expect("told");
        disk.remember(before.clone(), Hashes::of(b"six"));
        std::fs::hard_link(path("a"), path("c")).expect("linked");
        disk.known_by(&before, [&path("a"), &path("c")]);
        assert_eq!(disk.hashes(&path("a")).expect("read"), Hashes::of(b"six"));
        assert_eq!(disk.hashes(&path("c")).expect("read"), Hashes::of(b"six"));
        disk.known_by(&before, [&path("b"), &path("nowhere")]);
        assert_eq!(disk.hashes(&path("b")).expect("read"), Hashes::of(b"two"));
        assert_eq!(disk.read_back(&path("c")).expect("read"), Hashes::of(b"one"));
    }

    #[test]
    fn one_pass_gives_both_digests_to_a_reader_for_uploads_and_to_no_other() {
        let folder = folder(&[("a", "one")]);
        let path = folder.path().join("a");
        let known = |disk: &DiskRead| {
            disk.proofs.blake2b(&disk.stamp(&path, &disk.open(&path).expect("there")).expect("told"))
        };
        for (disk, expected) in
            [(DiskRead::for_uploads(), Some(Blake2b256::of(b"one"))), (DiskRead::default(), None)]
        {
            assert_eq!(disk.hashes(&path).expect("read"), Hashes::of(b"one"));
            assert_eq!(known(&disk), expected);
            assert_eq!(disk.clone().blake2b256(&path).expect("read"), Blake2b256::of(b"one"));
            assert_eq!(known(&disk), Some(Blake2b256::of(b"one")));
        }
        let disk = DiskRead::for_uploads();
        disk.hashes(&path).expect("read");
        put(&path, "three");
        assert_eq!(disk.blake2b256(&path).expect("read"), Blake2b256::of(b"three"));
    }

    #[test]
    fn a_file_is_proven_until_it_changes_also_while_it_is_open() {
        let folder = folder(&[("a", "one")]);
        let (disk, path) = (DiskRead::default(), folder.path().join("a"));
        let file = disk.open(&path).expect("there");
        let proven = |bytes: &[u8]| disk.is_proven(&path, &file, Hashes::of(bytes)).expect("told");
        assert!(!proven(b"one"), "nobody looked yet");
        disk.hashes(&path).expect("read");
        assert!(proven(b"one") && !proven(b"two"));
        put(&path, "three");
        assert!(!proven(b"one") && !proven(b"three"));
    }

    #[test]
    fn what_was_made_of_a_file_is_forgotten_when_it_changes() {
        let folder = folder(&[("a", "one")]);
        let (disk, path, text) = (DiskRead::default(), folder.path().join("a"), Sha256::of(b"text"));
        assert!(!disk.is_derived(&path, text).expect("told"));
        disk.derive(disk.stamp(&path, &disk.open(&path).expect("there")).expect("told"), text);
        assert!(disk.clone().is_derived(&path, text).expect("told"));
        assert!(!disk.is_derived(&path, Sha256::of(b"other")).expect("told"));
        put(&path, "three");
        assert!(!disk.is_derived(&path, text).expect("told"));
    }

    #[test]
    fn what_was_found_in_one_file_is_not_believed_of_another_in_its_place() {
        let folder = folder(&[("a", "one"), ("b", "two")]);
        let (disk, path) = (DiskRead::default(), folder.path().join("a"));
        let stamp = disk.stamp(&path, &disk.open(&path).expect("there")).expect("told");
        std::fs::rename(folder.path().join("b"), &path).expect("swapped");
        disk.remember(stamp, Hashes::of(b"one"));
        assert_eq!(disk.hashes(&path).expect("read"), Hashes::of(b"two"));
    }

    #[test]
    fn text_has_a_bound_and_may_be_absent() {
        let folder = folder(&[("a", "word")]);
        let text = |name, limit| DiskRead::default().text(&folder.path().join(name), limit);
        assert_eq!(text("a", 4).expect("read").as_deref(), Some("word"));
        assert_eq!(text("b", 4).expect("absent"), None);
        assert_eq!(text("a", 3).expect_err("longer").source.kind(), io::ErrorKind::FileTooLarge);
        let head = |limit| DiskRead::default().head(&folder.path().join("a"), limit).expect("read");
        assert_eq!((head(3), head(9)), (b"wor".to_vec(), b"word".to_vec()));
        assert!(text("", 3).is_err(), "a folder");
    }
}
