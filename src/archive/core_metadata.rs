//! The core metadata alone, of a distribution that was vetted before.

use super::Limits;
use super::document::Document;
use super::error::ArchiveError;
use super::metadata::Metadata;
use super::source::ReadAt;
use super::{sdist, wheel};
use crate::model::artifact::{Distribution, FileName};

/// METADATA of a wheel or PKG-INFO of an sdist, by the same reader that vetted it.
///
/// # Errors
/// When the archive cannot be walked, or has none: then it is not the file that was vetted.
pub fn core_metadata(
    source: &dyn ReadAt,
    file_name: &FileName,
    distribution: &Distribution,
) -> Result<Metadata, ArchiveError> {
    let limits = Limits::default();
    let document = match distribution {
        Distribution::Wheel(_) => wheel::read(source, file_name, &limits)?.metadata,
        Distribution::Sdist(_) => sdist::read(source, file_name, &limits)?.metadata,
    };
    match document {
        Document::Read { value, .. } => Ok(value),
        Document::Absent | Document::Unread { .. } => Err(ArchiveError::Changed),
    }
}
