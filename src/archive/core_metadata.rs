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

#[cfg(test)]
mod tests {
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
}
