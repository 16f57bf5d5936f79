//! What a staging folder holds: proof that an artifact was fetched and unpacked, so that it need not be again.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Chosen;
use crate::model::artifact::FileName;
use crate::model::digest::{Hashes, Sha256};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;

/// More than the record of an artifact with a hundred thousand files: 64 MiB.
const LARGEST_BYTES: u64 = 64 << 20;

const SCHEMA: &str = "release-action/staged/v1";

/// A staged artifact.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Its files, unpacked.
    pub(super) files: Vec<StagedFile>,
    /// Why none of it may be used.
    pub(super) refused: Option<String>,
}

/// A file of a staged artifact.
#[derive(Clone, Debug)]
pub(super) struct StagedFile {
    /// What it is called, without the folders that the artifact had.
    pub(super) name: FileName,
    /// Where it stands.
    pub(super) path: PathBuf,
    /// Its digest, as it was when it was unpacked and as it is now.
    pub(super) sha256: Sha256,
}

#[derive(Serialize, Deserialize)]
struct RecordV1 {
    schema: String,
    archive_sha256: String,
    files: Vec<FileV1>,
    refused: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct FileV1 {
    name: String,
    path: String,
    sha256: String,
}

/// The staging folder of an artifact: ids are never used twice, and the digest says what must be inside.
pub(super) fn folder(staging_dir: &Path, chosen: &Chosen) -> PathBuf {
    let digest = chosen.artifact.sha256.map_or_else(|| "unproven".to_owned(), |sha256| sha256.short());
    staging_dir.join(format!("{}-{digest}", chosen.artifact.id))
}

/// The record of an artifact, if it was staged and every file still has its digest. A record that cannot be
/// understood counts as none: the artifact is fetched again.
pub(super) fn read(
    disk: &DiskRead,
    staging_dir: &Path,
    chosen: &Chosen,
) -> Result<Option<Record>, DiskError> {
    let folder = folder(staging_dir, chosen);
    let Some(text) = disk.text(&folder.join("record.json"), LARGEST_BYTES)? else { return Ok(None) };
    let Ok(RecordV1 { schema, archive_sha256, files, refused }) = serde_json::from_str(&text) else {
        return Ok(None);
    };
    let stated = chosen.artifact.sha256.map(|sha256| sha256.to_string());
    if schema != SCHEMA || stated.is_some_and(|stated| stated != archive_sha256) {
        return Ok(None);
    }
    let mut staged = Vec::new();
    for FileV1 { name, path, sha256 } in files {
        let path = folder.join("files").join(path);
        let (Ok(name), Ok(sha256)) = (name.parse(), sha256.parse::<Sha256>()) else { return Ok(None) };
        if !path.is_file() || disk.hashes(&path)?.sha256 != sha256 {
            return Ok(None);
        }
        staged.push(StagedFile { name, path, sha256 });
    }
    Ok(Some(Record { files: staged, refused }))
}

/// The text of a record. `files` are names, paths below `files/`, and digests.
pub(super) fn text(
    archive: &Hashes,
    files: &[(FileName, String, Sha256)],
    refused: Option<String>,
) -> String {
    let files = files
        .iter()
        .map(|(name, path, sha256)| FileV1 {
            name: name.to_string(),
            path: path.clone(),
            sha256: sha256.to_string(),
        })
        .collect();
    let record =
        RecordV1 { schema: SCHEMA.into(), archive_sha256: archive.sha256.to_string(), files, refused };
    serde_json::to_string_pretty(&record).expect("a record of texts is always JSON")
}
