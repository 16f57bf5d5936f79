//! What was proven about files in this process, so that no file is hashed twice.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use crate::model::digest::{Blake2b256, Hashes, Sha256};

/// A file at one moment. Whoever writes to it, or puts another in its place, changes the stamp.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    path: PathBuf,
    size_bytes: u64,
    modified: SystemTime,
    /// Device, inode, and the moment of the last change of either content or name.
    identity: [i64; 4],
}

impl Stamp {
    /// The stamp of `file`, which was opened by `path`.
    pub(super) fn of(path: &Path, file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            path: path.canonicalize()?,
            size_bytes: metadata.len(),
            modified: metadata.modified()?,
            identity: identity(&metadata),
        })
    }

    pub(super) const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Whether both are stamps of one content: a new name changes nothing but the moment of the last change, and no
    /// write leaves the moment of the last write as it was.
    #[cfg(unix)]
    pub(super) fn same_content(&self, other: &Self) -> bool {
        let [device, inode, ..] = self.identity;
        self.size_bytes == other.size_bytes
            && self.modified == other.modified
            && other.identity[..2] == [device, inode]
    }

    /// Nothing here tells one file from another.
    #[cfg(not(unix))]
    pub(super) fn same_content(&self, _other: &Self) -> bool {
        false
    }
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> [i64; 4] {
    use std::os::unix::fs::MetadataExt as _;
    [metadata.dev().cast_signed(), metadata.ino().cast_signed(), metadata.ctime(), metadata.ctime_nsec()]
}

#[cfg(not(unix))]
fn identity(_metadata: &std::fs::Metadata) -> [i64; 4] {
    [0; 4]
}

/// What is known of files, by stamp.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    hashes: Mutex<HashMap<Stamp, Hashes>>,
    blake2b: Mutex<HashMap<Stamp, Blake2b256>>,
    derived: Mutex<HashMap<Stamp, HashSet<Sha256>>>,
}

impl Proofs {
    pub(super) fn hashes(&self, stamp: &Stamp) -> Option<Hashes> {
        self.hashes.lock().expect("nothing panics while it holds this").get(stamp).copied()
    }

    pub(super) fn remember(&self, stamp: Stamp, hashes: Hashes) {
        self.hashes.lock().expect("nothing panics while it holds this").insert(stamp, hashes);
    }

    pub(super) fn blake2b(&self, stamp: &Stamp) -> Option<Blake2b256> {
        self.blake2b.lock().expect("nothing panics while it holds this").get(stamp).copied()
    }

    pub(super) fn remember_blake2b(&self, stamp: Stamp, digest: Blake2b256) {
        self.blake2b.lock().expect("nothing panics while it holds this").insert(stamp, digest);
    }

    pub(super) fn is_derived(&self, from: &Stamp, text: Sha256) -> bool {
        let derived = self.derived.lock().expect("nothing panics while it holds this");
        derived.get(from).is_some_and(|texts| texts.contains(&text))
    }

    pub(super) fn derive(&self, from: Stamp, text: Sha256) {
        let mut derived = self.derived.lock().expect("nothing panics while it holds this");
        derived.entry(from).or_default().insert(text);
    }

    /// What was made of the file at one moment was made of it at the other too.
    pub(super) fn pass_on(&self, before: &Stamp, after: &Stamp) {
        let mut derived = self.derived.lock().expect("nothing panics while it holds this");
        if let Some(texts) = derived.get(before).cloned() {
            derived.entry(after.clone()).or_default().extend(texts);
        }
    }
}
