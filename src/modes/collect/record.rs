//! What a staging folder holds: proof that an artifact was fetched and unpacked, so that it need not be again.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Chosen;
use crate::archive::bundle;
use crate::model::artifact::FileName;
use crate::model::digest::{Hasher, Hashes, Sha256};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;

/// More than the record of an artifact with a hundred thousand files: 64 MiB.
const LARGEST_BYTES: u64 = 64 << 20;

/// What is unpacked at once.
const CHUNK_BYTES: usize = 128 << 10;

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
/// understood, or that the artifact's own bytes do not bear out, counts as none: the artifact is fetched again.
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
        let (Ok(name), Ok(path), Ok(sha256)) = (name.parse(), path.parse::<FileName>(), sha256.parse())
        else {
            return Ok(None);
        };
        let path = folder.join("files").join(path.as_str());
        let is_there = path.symlink_metadata().is_ok_and(|found| found.is_file());
        if !is_there || disk.hashes(&path)?.sha256 != sha256 {
            return Ok(None);
        }
        staged.push(StagedFile { name, path, sha256 });
    }
    let is_proven = match chosen.artifact.sha256 {
        Some(stated) if refused.is_none() => is_proven(disk, &folder, stated, &staged)?,
        // GitHub states no digest, or nothing of it is used.
        _ => true,
    };
    Ok(is_proven.then_some(Record { files: staged, refused }))
}

/// Whether the files are those of the artifact with this digest. The folder may hold what another job put there, and
/// a record that only agrees with the files beside it proves nothing; so the archive is unpacked again and compared.
fn is_proven(
    disk: &DiskRead,
    folder: &Path,
    stated: Sha256,
    staged: &[StagedFile],
) -> Result<bool, DiskError> {
    let archive = folder.join("archive");
    if !archive.symlink_metadata().is_ok_and(|found| found.is_file()) {
        // An artifact that was no archive was moved, and is its one file.
        return Ok(matches!(staged, [only] if only.sha256 == stated));
    }
    if disk.hashes(&archive)?.sha256 != stated {
        return Ok(false);
    }
    let mut found = Vec::new();
    let unpacked = bundle::unpack(&disk.open(&archive)?, &mut |_member, name, bytes| {
        let mut hasher = Hasher::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            match bytes.read(&mut chunk)? {
                0 => break,
                count => hasher.update(&chunk[..count]),
            }
        }
        found.push((name.clone(), hasher.finish().sha256));
        Ok(())
    });
    let same = found.iter().map(|(name, sha256)| (name, sha256));
    Ok(unpacked.is_ok() && same.eq(staged.iter().map(|file| (&file.name, &file.sha256))))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::build::{ZipEntry, ZipImage};
    use crate::remote::disk::write::DiskWrite;
    use crate::remote::github::RunArtifact;

    fn chosen(archive: &[u8]) -> Chosen {
        let artifact = RunArtifact {
            id: 7,
            name: "wheels".into(),
            size_bytes: archive.len() as u64,
            expired: false,
            sha256: Some(Sha256::of(archive)),
            created_at: None,
        };
        Chosen { workflow: "build.yml".into(), artifact }
    }

    fn zip(contents: &[u8]) -> Vec<u8> {
        let entries = vec![ZipEntry::file("dist/tool", contents, 0o644)];
        ZipImage { entries, ..ZipImage::default() }.bytes()
    }

    /// Leaves a staging folder as somebody else could: its record agrees with the files in it.
    fn staged(archive: Option<&[u8]>, path: &str, contents: &[u8], chosen: &Chosen) -> tempfile::TempDir {
        let staging = tempfile::tempdir().expect("a folder");
        let folder = folder(staging.path(), chosen);
        let put = |path: &Path, bytes: &[u8]| DiskWrite.ensure_file(path, bytes).expect("written");
        archive.into_iter().for_each(|bytes| put(&folder.join("archive"), bytes));
        put(&folder.join("files").join(path), contents);
        let hashes = Hashes { sha256: chosen.artifact.sha256.expect("stated"), ..Hashes::of(b"") };
        let files = [("tool".parse().expect("good"), path.to_owned(), Sha256::of(contents))];
        put(&folder.join("record.json"), text(&hashes, &files, None).as_bytes());
        staging
    }

    fn is_believed(staging: &tempfile::TempDir, chosen: &Chosen) -> bool {
        read(&DiskRead::default(), staging.path(), chosen).expect("read").is_some()
    }

    #[test]
    fn only_the_artifacts_own_bytes_bear_a_record_out() {
        let (good, other) = (zip(b"good"), zip(b"evil"));
        let wanted = chosen(&good);
        assert!(is_believed(&staged(Some(&good), "0-tool", b"good", &wanted), &wanted));
        for archive in [Some(good.as_slice()), Some(&other), None] {
            assert!(!is_believed(&staged(archive, "0-tool", b"evil", &wanted), &wanted), "{archive:?}");
        }
        let raw = chosen(b"raw");
        assert!(is_believed(&staged(None, "0-tool", b"raw", &raw), &raw));
    }

    #[test]
    fn a_record_names_no_file_outside_of_its_folder() {
        let good = zip(b"good");
        let wanted = chosen(&good);
        for path in ["../tool", "../../tool"] {
            assert!(!is_believed(&staged(Some(&good), path, b"good", &wanted), &wanted), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_a_staging_folder_is_no_file_of_it() {
        let good = zip(b"good");
        let wanted = chosen(&good);
        let staging = staged(Some(&good), "0-tool", b"good", &wanted);
        let file = folder(staging.path(), &wanted).join("files/0-tool");
        std::fs::rename(&file, staging.path().join("elsewhere")).expect("moved");
        std::os::unix::fs::symlink(staging.path().join("elsewhere"), &file).expect("linked");
        assert!(!is_believed(&staging, &wanted));
    }
}
