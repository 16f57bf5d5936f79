//! What a proven file says of itself, without reading all of it once more.

use std::path::Path;

use crate::archive;
use crate::archive::metadata::Metadata;
use crate::model::artifact::Artifact;
use crate::model::digest::Hashes;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;

/// The core metadata of the distribution at `path`; nothing when its bytes are not those of `artifact`, or are no
/// distribution.
///
/// Where `disk` has proven the file and nobody touched it since, before and after the text was read, only that text is
/// read; else all of it is.
///
/// # Errors
/// When the file cannot be opened.
pub(crate) fn core_metadata(
    disk: &DiskRead,
    path: &Path,
    artifact: &Artifact,
) -> Result<Option<Metadata>, DiskError> {
    let file = disk.open(path)?;
    let hashes = Hashes { size_bytes: artifact.size_bytes, sha256: artifact.sha256 };
    if disk.is_proven(path, &file, hashes)? {
        let metadata = archive::proven_metadata(&file, artifact);
        if disk.is_proven(path, &file, hashes)? {
            return Ok(metadata.ok());
        }
    }
    Ok(archive::core_metadata(&file, artifact).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::build::WheelBuilder;
    use crate::model::artifact::{ArtifactKind, Distribution};
    use crate::remote::disk::write::DiskWrite;

    #[test]
    fn another_file_in_its_place_says_nothing_proven_or_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
        let (file_name, vetted) = builder.build();
        let (_, other) = builder.metadata("Summary", "another one").build();
        let path = folder.path().join(file_name.as_str());
        let kind = ArtifactKind::Distribution(Distribution::of_file_name(&file_name).expect("a wheel"));
        let artifact = Artifact::new(file_name, Hashes::of(&vetted), kind);
        let put = |bytes: &[u8]| DiskWrite.ensure_file(&path, bytes).expect("written");
        for is_proven in [false, true] {
            put(&vetted);
            let disk = DiskRead::default();
            if is_proven {
                disk.hashes(&path).expect("read");
            }
            let found = core_metadata(&disk, &path, &artifact).expect("opened").expect("the same bytes");
            assert_eq!(found.get("Name"), Some("sample"));
            put(&other);
            assert!(core_metadata(&disk, &path, &artifact).expect("opened").is_none());
            disk.hashes(&path).expect("read");
            assert!(core_metadata(&disk, &path, &artifact).expect("opened").is_none());
        }
    }
}
