//! What was downloaded and proven, so that a run that was ended before it unpacked need not fetch it again.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Chosen;
use crate::model::digest::{Hashes, Sha256};
use crate::model::member_path::MemberPath;
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::DiskWrite;
use crate::remote::error::DiskError;
use crate::remote::github::Downloaded;

const SCHEMA: &str = "release-action/landed/v1";
const FILE: &str = "landed.json";
/// Far more than a file name and a digest take.
const LARGEST_BYTES: u64 = 64 << 10;
/// So much of a file's name stands in its name in the staging folder, which is no longer than 255 bytes.
const LONGEST_NAME_BYTES: usize = 200;

/// A download that stands in its staging folder.
#[derive(Clone, Debug)]
pub(super) struct Landed {
    /// What GitHub said of it, and the digests of what is on the disk.
    pub(super) downloaded: Downloaded,
    /// Where its bytes are.
    pub(super) path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct LandedV1 {
    schema: String,
    archive_sha256: String,
    zipped: bool,
    file_name: Option<String>,
}

/// Where a download goes.
pub(super) fn archive(folder: &Path) -> PathBuf {
    folder.join("archive")
}

/// Where the file of this number goes.
pub(super) fn staged(folder: &Path, number: usize, member: &MemberPath) -> PathBuf {
    let name = member.file_name();
    // The number makes it one of a kind, and the name is for people. Together they are no longer than a name may be.
    let mut starts = name.char_indices().map(|(at, _)| at);
    let start = starts.find(|at| name.len() - at <= LONGEST_NAME_BYTES).unwrap_or_default();
    folder.join("files").join(format!("{number}-{}", &name[start..]))
}

/// Where a file without an archive around it goes.
pub(super) fn raw(folder: &Path, member: &MemberPath) -> PathBuf {
    staged(folder, 0, member)
}

/// Takes note of a download that is proven.
pub(super) fn note(disk: DiskWrite, folder: &Path, downloaded: Downloaded) -> Result<Landed, DiskError> {
    let landed = LandedV1 {
        schema: SCHEMA.into(),
        archive_sha256: downloaded.hashes.sha256.to_string(),
        zipped: downloaded.zipped,
        file_name: downloaded.file_name.clone(),
    };
    let text = serde_json::to_string_pretty(&landed).expect("texts are always JSON");
    disk.note(&folder.join(FILE), &text)?;
    Ok(Landed { downloaded, path: archive(folder) })
}

/// What an earlier run downloaded, if it has the digest that GitHub states. Without one nothing is proven, and what
/// cannot be understood counts as nothing: the artifact is fetched again. So does a file without an archive around it
/// that is called otherwise than its artifact, since no digest bears its name out.
pub(super) fn find(disk: &DiskRead, folder: &Path, chosen: &Chosen) -> Result<Option<Landed>, DiskError> {
    let Some(stated) = chosen.artifact.sha256 else { return Ok(None) };
    if folder.is_symlink() {
        return Ok(None);
    }
    let Some(text) = disk.noted(&folder.join(FILE), LARGEST_BYTES)? else { return Ok(None) };
    let Ok(LandedV1 { schema, archive_sha256, zipped, file_name }) = serde_json::from_str(&text) else {
        return Ok(None);
    };
    let is_called = |name: &String| zipped || *name == chosen.artifact.name;
    if schema != SCHEMA
        || archive_sha256.parse::<Sha256>() != Ok(stated)
        || !file_name.as_ref().is_none_or(is_called)
    {
        return Ok(None);
    }
    // A file without an archive around it is moved once, and the run may have ended right after that.
    let moved = file_name.as_deref().unwrap_or(&chosen.artifact.name).parse().ok().filter(|_| !zipped);
    let places = [Some(archive(folder)), moved.map(|member: MemberPath| raw(folder, &member))];
    for path in places.into_iter().flatten() {
        if path.symlink_metadata().is_ok_and(|found| found.is_file()) {
            let hashes: Hashes = disk.hashes(&path)?;
            if hashes.sha256 == stated {
                return Ok(Some(Landed { downloaded: Downloaded { hashes, zipped, file_name }, path }));
            }
        }
    }
    Ok(None)
}
