//! What was proven about files in this process, so that no file is hashed twice.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use crate::model::digest::Hashes;

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

/// The digests of files, by stamp.
#[derive(Debug, Default)]
pub(super) struct Proofs(Mutex<HashMap<Stamp, Hashes>>);

impl Proofs {
    pub(super) fn hashes(&self, stamp: &Stamp) -> Option<Hashes> {
        self.0.lock().expect("nothing panics while it holds this").get(stamp).copied()
    }

    pub(super) fn remember(&self, stamp: Stamp, hashes: Hashes) {
        self.0.lock().expect("nothing panics while it holds this").insert(stamp, hashes);
    }
}
