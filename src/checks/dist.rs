//! What checks look at: a file that was read, or the reason why it could not be.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::archive::document::Document;
use crate::archive::error::ArchiveError;
use crate::archive::metadata::Metadata;
use crate::archive::sdist::SdistFile;
use crate::archive::source::ReadAt;
use crate::archive::wheel::WheelFile;
use crate::archive::{Limits, sdist, source, wheel};
use crate::model::artifact::{Distribution, FileName};
use crate::model::digest::Hashes;

/// A file of the release that a Python index shall take.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a release has some dozen of them")]
pub enum Dist {
    /// A wheel.
    Wheel(WheelFile),
    /// A source distribution.
    Sdist(SdistFile),
    /// Something that is neither, or that is too broken to be looked into.
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

    /// The digests of its bytes, where these could be read.
    pub const fn hashes(&self) -> Option<Hashes> {
        match self {
            Self::Wheel(wheel) => Some(wheel.hashes),
            Self::Sdist(sdist) => Some(sdist.hashes),
            Self::Unreadable { hashes, .. } => *hashes,
        }
    }

    /// Why the file could not be looked into.
    pub const fn error(&self) -> Option<&ArchiveError> {
        if let Self::Unreadable { error, .. } = self { Some(error) } else { None }
    }

    /// What the file name names, where it is of the right form.
    pub fn distribution(&self) -> Option<Distribution> {
        match self {
            Self::Wheel(wheel) => wheel.name.clone().ok().map(Distribution::Wheel),
            Self::Sdist(sdist) => sdist.name.clone().ok().map(Distribution::Sdist),
            Self::Unreadable { .. } => None,
        }
    }

    /// METADATA or PKG-INFO.
    pub const fn document(&self) -> Option<&Document<Metadata>> {
        match self {
            Self::Wheel(wheel) => Some(&wheel.metadata),
            Self::Sdist(sdist) => Some(&sdist.metadata),
            Self::Unreadable { .. } => None,
        }
    }

    /// What METADATA or PKG-INFO says, where it could be read.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.document().and_then(Document::value)
    }

    /// Looks into the file: as a wheel or an sdist, as its name says.
    pub fn read(file_name: &str, bytes: &dyn ReadAt, limits: &Limits) -> Self {
        let read = || match file_name.parse::<FileName>() {
            Err(error) => Err(ArchiveError::FileName(error)),
            Ok(name) if file_name.ends_with(".whl") => wheel::read(bytes, &name, limits).map(Self::Wheel),
            Ok(name) if file_name.ends_with(".tar.gz") => sdist::read(bytes, &name, limits).map(Self::Sdist),
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
    /// Its bytes, or why they cannot be had.
    pub bytes: io::Result<Box<dyn ReadAt>>,
}

/// Looks into all files, on every core, the largest first, and gives them back in their order.
pub fn judge(files: Vec<Candidate>) -> Vec<Dist> {
    let limits = Limits::default();
    let size = |file: &Candidate| file.bytes.as_ref().ok().and_then(|bytes| bytes.size().ok());
    let mut order: Vec<(usize, Candidate)> = files.into_iter().enumerate().collect();
    order.sort_by_cached_key(|(_, file)| std::cmp::Reverse(size(file)));
    let waiting: Vec<_> = order.into_iter().map(|file| Mutex::new(Some(file))).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut read = Vec::new();
        while let Some(file) = waiting.get(next.fetch_add(1, Ordering::Relaxed)) {
            let file = file.lock().expect("no thread panics while it holds a file").take();
            let (index, Candidate { file_name, bytes }) = file.expect("each place is asked once");
            read.push((index, read_one(file_name, bytes, &limits)));
        }
        read
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(waiting.len());
    let mut read: Vec<(usize, Dist)> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut read = work();
        for other in others {
            read.extend(other.join().expect("reading an archive never panics"));
        }
        read
    });
    read.sort_by_key(|(index, _)| *index);
    read.into_iter().map(|(_, dist)| dist).collect()
}

fn read_one(file_name: String, bytes: io::Result<Box<dyn ReadAt>>, limits: &Limits) -> Dist {
    match bytes {
        Ok(bytes) => Dist::read(&file_name, &*bytes, limits),
        Err(error) => Dist::Unreadable { file_name, hashes: None, error: ArchiveError::Io(error) },
    }
}
