//! The core metadata alone, of a distribution that was vetted before.

use super::Limits;
use super::document::Document;
use super::error::ArchiveError;
use super::metadata::Metadata;
use super::source::ReadAt;
use super::{sdist, wheel};
use crate::model::artifact::{Artifact, Distribution};

/// METADATA of a wheel or PKG-INFO of an sdist, by the same reader that vetted it, and out of the same bytes.
///
/// # Errors
/// When the bytes are not those of `artifact`, or it is no distribution with such a text.
pub fn core_metadata(source: &dyn ReadAt, artifact: &Artifact) -> Result<Metadata, ArchiveError> {
    let (limits, file_name) = (Limits::default(), &artifact.file_name);
    let (hashes, document) = match artifact.distribution() {
        Some(Distribution::Wheel(_)) => {
            let wheel = wheel::read(source, file_name, &limits)?;
            (wheel.hashes, wheel.metadata)
        }
        Some(Distribution::Sdist(_)) => {
            let sdist = sdist::read(source, file_name, &limits)?;
            (sdist.hashes, sdist.metadata)
        }
        None => return Err(ArchiveError::Kind),
    };
    match document {
        Document::Read { value, .. } if hashes.sha256 == artifact.sha256 => Ok(value),
        _ => Err(ArchiveError::Changed),
    }
}

/// The same of a file that the caller has proven to have the bytes of `artifact`: of a wheel only what leads to METADATA
/// is read.
///
/// # Errors
/// When it is no distribution with such a text.
pub(crate) fn proven_metadata(source: &dyn ReadAt, artifact: &Artifact) -> Result<Metadata, ArchiveError> {
    match artifact.distribution() {
        Some(Distribution::Wheel(_)) => {
            match wheel::metadata(source, &artifact.file_name, &Limits::default())? {
                Document::Read { value, .. } => Ok(value),
                Document::Absent | Document::Unread { .. } => Err(ArchiveError::Changed),
            }
        }
        // An sdist is one stream, and small.
        _ => core_metadata(source, artifact),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::archive::build::WheelBuilder;
    use crate::model::artifact::ArtifactKind;
    use crate::model::digest::Hashes;

    #[test]
    fn another_file_of_the_same_name_says_nothing() {
        let (file_name, vetted) = WheelBuilder::new("sample", "1.0", "py3", "none", "any").build();
        let kind = ArtifactKind::Distribution(Distribution::of_file_name(&file_name).expect("a wheel"));
        let artifact = Artifact::new(file_name, Hashes::of(&vetted), kind);
        let metadata = core_metadata(&vetted, &artifact).expect("the same bytes");
        assert_eq!(metadata.get("Name"), Some("sample"));
        let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
        builder.metadata("Summary", "another one");
        let (_, swapped) = builder.build();
        assert!(matches!(core_metadata(&swapped, &artifact), Err(ArchiveError::Changed)));
    }

    /// Counts what is read.
    struct Counting(Vec<u8>, AtomicUsize);

    impl ReadAt for Counting {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            let count = self.0.read_at(buffer, offset)?;
            self.1.fetch_add(count, Ordering::Relaxed);
            Ok(count)
        }

        fn size(&self) -> io::Result<u64> {
            self.0.size()
        }
    }

    #[test]
    fn of_a_proven_wheel_little_is_read_and_the_same_found() {
        let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
        let mut state = 1_u32;
        let noise = (0..2_000_000).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        });
        builder.member("sample/data.bin", noise.collect::<Vec<u8>>());
        let (file_name, bytes) = builder.build();
        let kind = ArtifactKind::Distribution(Distribution::of_file_name(&file_name).expect("a wheel"));
        let artifact = Artifact::new(file_name, Hashes::of(&bytes), kind);
        let source = Counting(bytes, AtomicUsize::new(0));
        let light = proven_metadata(&source, &artifact).expect("a wheel");
        let read = source.1.swap(0, Ordering::Relaxed);
        let full = core_metadata(&source, &artifact).expect("a wheel");
        assert_eq!((light.headers(), light.description()), (full.headers(), full.description()));
        assert!(read < 500_000 && source.1.into_inner() > 1_500_000, "{read} bytes");
    }
}
