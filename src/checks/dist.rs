//! What checks look at: a file that was read, or the reason why it could not be.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::archive::crate_file::PackedFile;
use crate::archive::document::Document;
use crate::archive::error::ArchiveError;
use crate::archive::metadata::Metadata;
use crate::archive::sdist::SdistFile;
use crate::archive::source::ReadAt;
use crate::archive::wheel::WheelFile;
use crate::archive::{Limits, crate_file, sdist, source, wheel};
use crate::model::artifact::{ArtifactKind, Distribution, FileName};
use crate::model::digest::Hashes;

/// A file of the release that a Python index or a crate registry shall take.
#[derive(Debug)]
pub enum Dist {
    /// A wheel.
    Wheel(WheelFile),
    /// A source distribution.
    Sdist(SdistFile),
    /// A packed crate.
    Crate(PackedFile),
    /// Something that is none of them, or that is too broken to be looked into.
    Unreadable {
        /// What the file is called.
        file_name: String,
        /// The digests of its bytes, where these could be read.
        hashes: Option<Hashes>,
        /// Why it could not be looked into.
        error: ArchiveError,
    },
}

impl Dist {
    /// What the file is called.
    pub fn file_name(&self) -> &str {
        match self {
            Self::Wheel(wheel) => wheel.file_name.as_str(),
            Self::Sdist(sdist) => sdist.file_name.as_str(),
            Self::Crate(packed) => packed.file_name.as_str(),
            Self::Unreadable { file_name, .. } => file_name,
        }
    }

    /// The wheel, if it is one.
    pub const fn wheel(&self) -> Option<&WheelFile> {
        if let Self::Wheel(wheel) = self { Some(wheel) } else { None }
    }

    /// The sdist, if it is one.
    pub const fn sdist(&self) -> Option<&SdistFile> {
        if let Self::Sdist(sdist) = self { Some(sdist) } else { None }
    }

    /// The packed crate, if it is one.
    pub const fn packed(&self) -> Option<&PackedFile> {
        if let Self::Crate(packed) = self { Some(packed) } else { None }
    }

    /// The digests of its bytes, where these could be read.
    pub const fn hashes(&self) -> Option<Hashes> {
        match self {
            Self::Wheel(wheel) => Some(wheel.hashes),
            Self::Sdist(sdist) => Some(sdist.hashes),
            Self::Crate(packed) => Some(packed.hashes),
            Self::Unreadable { hashes, .. } => *hashes,
        }
    }

    /// Why the file could not be looked into.
    pub const fn error(&self) -> Option<&ArchiveError> {
        if let Self::Unreadable { error, .. } = self { Some(error) } else { None }
    }

    /// The distribution that the file name names, where it is of the right form.
    pub fn distribution(&self) -> Option<Distribution> {
        match self {
            Self::Wheel(wheel) => wheel.name.clone().ok().map(Distribution::Wheel),
            Self::Sdist(sdist) => sdist.name.clone().ok().map(Distribution::Sdist),
            Self::Crate(_) | Self::Unreadable { .. } => None,
        }
    }

    /// What the file is to a release, where its name is of the right form.
    pub fn kind(&self) -> Option<ArtifactKind> {
        match self.packed() {
            Some(packed) => packed.name.clone().map(ArtifactKind::Crate),
            None => self.distribution().map(ArtifactKind::Distribution),
        }
    }

    /// METADATA or PKG-INFO.
    pub const fn document(&self) -> Option<&Document<Metadata>> {
        match self {
            Self::Wheel(wheel) => Some(&wheel.metadata),
            Self::Sdist(sdist) => Some(&sdist.metadata),
            Self::Crate(_) | Self::Unreadable { .. } => None,
        }
    }

    /// What METADATA or PKG-INFO says, where it could be read.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.document().and_then(Document::value)
    }

    /// Looks into the file: as a wheel, an sdist or a crate, as its name says.
    pub fn read(file_name: &str, bytes: &dyn ReadAt, limits: &Limits) -> Self {
        let read = || match file_name.parse::<FileName>() {
            Err(error) => Err(ArchiveError::FileName(error)),
            Ok(name) if file_name.ends_with(".whl") => wheel::read(bytes, &name, limits).map(Self::Wheel),
            Ok(name) if file_name.ends_with(".tar.gz") => sdist::read(bytes, &name, limits).map(Self::Sdist),
            Ok(name) if file_name.ends_with(".crate") => {
                crate_file::read(bytes, &name, limits).map(Self::Crate)
            }
            Ok(_) => Err(ArchiveError::Kind),
        };
        read().unwrap_or_else(|error| {
            let hashes = source::hashes(bytes).ok();
            Self::Unreadable { file_name: file_name.to_owned(), hashes, error }
        })
    }
}

/// A file that waits to be looked into.
pub struct Candidate {
    /// What it is called, without any directory.
    pub file_name: String,
    /// The size in bytes that it is thought to have, which decides about the order only.
    pub size_bytes: u64,
    /// Opens it. This happens when its turn comes, since a system lets nobody hold ten thousand files open.
    pub open: Opener,
}

impl Candidate {
    /// A file whose bytes are in memory.
    pub fn of(file_name: &str, bytes: Vec<u8>) -> Self {
        let size_bytes = bytes.len() as u64;
        Self { file_name: file_name.to_owned(), size_bytes, open: Box::new(|| Ok(Box::new(bytes))) }
    }

    fn is_large_wheel(&self) -> bool {
        self.file_name.ends_with(".whl") && self.size_bytes >= wheel::SHARED_FROM_BYTES
    }
}

/// Gives a file's bytes, or says why they cannot be had.
pub type Opener = Box<dyn FnOnce() -> io::Result<Box<dyn ReadAt>> + Send>;

/// Looks into all files, on every core, and gives them back in their order.
///
/// Every second core takes the large wheels, so that few of them at a time ask for the room that large members need, and
/// the others take everything else. Both begin with the largest, so that the end is made of small pieces; whoever has
/// nothing left helps: first with whole files, then with the members of a large wheel.
pub fn judge(files: Vec<Candidate>) -> Vec<Dist> {
    let limits = Limits::default();
    let waiting = Mutex::new(Waiting::of(files));
    let read = Mutex::new(Vec::new());
    rayon::scope(|scope| {
        for core in 0..rayon::current_num_threads() {
            let (waiting, read, limits) = (&waiting, &read, &limits);
            let next = move || lock(waiting).next(core % 2 == 0);
            scope.spawn(move |_| {
                while let Some((index, candidate)) = next() {
                    let dist = look_into(candidate, limits);
                    lock(read).push((index, dist));
                }
            });
        }
    });
    let mut read = read.into_inner().unwrap_or_else(PoisonError::into_inner);
    read.sort_by_key(|(index, _)| *index);
    read.into_iter().map(|(_, dist)| dist).collect()
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Files that nobody has taken yet, the largest first.
struct Waiting {
    large_wheels: VecDeque<(usize, Candidate)>,
    others: VecDeque<(usize, Candidate)>,
}

impl Waiting {
    fn of(files: Vec<Candidate>) -> Self {
        let mut order: Vec<_> = files.into_iter().enumerate().collect();
        order.sort_by_key(|(_, candidate)| Reverse(candidate.size_bytes));
        let (large_wheels, others) = order.into_iter().partition(|(_, file)| file.is_large_wheel());
        Self { large_wheels, others }
    }

    /// The next file for a core that takes large wheels, or for one that leaves them to others while it can.
    fn next(&mut self, large_first: bool) -> Option<(usize, Candidate)> {
        if large_first {
            self.large_wheels.pop_front().or_else(|| self.others.pop_front())
        } else {
            self.others.pop_front().or_else(|| self.large_wheels.pop_back())
        }
    }
}

fn look_into(Candidate { file_name, open, .. }: Candidate, limits: &Limits) -> Dist {
    match open() {
        Ok(bytes) => Dist::read(&file_name, &*bytes, limits),
        Err(error) => Dist::Unreadable { file_name, hashes: None, error: ArchiveError::Io(error) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_come_first_and_nobody_waits_while_there_is_work() {
        let sizes = [("a.whl", 1), ("b.whl", 9), ("c.tar.gz", 30), ("d.whl", 20), ("e.whl", 5), ("f.whl", 2)];
        let files = || {
            sizes.map(|(name, mebibytes)| Candidate {
                size_bytes: mebibytes << 20,
                ..Candidate::of(name, Vec::new())
            })
        };
        let order = |large_first: bool| {
            let mut waiting = Waiting::of(files().into());
            std::iter::from_fn(|| waiting.next(large_first))
                .map(|(index, _)| sizes[index].0)
                .collect::<Vec<_>>()
        };
        assert_eq!(order(true), ["d.whl", "b.whl", "e.whl", "c.tar.gz", "f.whl", "a.whl"]);
        assert_eq!(order(false), ["c.tar.gz", "f.whl", "a.whl", "e.whl", "b.whl", "d.whl"]);
    }
}
