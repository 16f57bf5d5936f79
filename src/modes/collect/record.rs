//! What a staging folder holds: proof that an artifact was fetched and unpacked, so that it need not be again.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Chosen, landed};
use crate::archive::bundle;
use crate::model::artifact::FileName;
use crate::model::digest::{Hasher, Hashes, Sha256};
use crate::model::member_path::MemberPath;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;

/// More than the record of an artifact with a hundred thousand files: 128 MiB.
const LARGEST_BYTES: u64 = 128 << 20;

/// What is unpacked at once.
const CHUNK_BYTES: usize = 128 << 10;

const SCHEMA: &str = "release-action/staged/v2";

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
    /// Where the artifact has it.
    pub(super) member: MemberPath,
    /// Where it stands.
    pub(super) path: PathBuf,
    /// Its size and digest, as they were when it was unpacked and as they are now.
    pub(super) hashes: Hashes,
    /// Whether the artifact says that it is a program.
    pub(super) executable: bool,
}

impl StagedFile {
    /// What it is whoever staged it, and wherever.
    fn contents(&self) -> (&MemberPath, Sha256, bool) {
        let Self { member, path: _, hashes, executable } = self;
        (member, hashes.sha256, *executable)
    }
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
    member: String,
    path: String,
    sha256: String,
    executable: bool,
}

/// The staging folder of an artifact: ids are never used twice, and the digest says what must be inside.
pub(super) fn folder(staging_dir: &Path, chosen: &Chosen) -> PathBuf {
    let digest = chosen.artifact.sha256.map_or_else(|| "unproven".to_owned(), |sha256| sha256.short());
    staging_dir.join(format!("{}-{digest}", chosen.artifact.id))
}

/// The record of an artifact, if it was staged and every file still has its digest. A record that cannot be
/// understood, or that neither this process wrote nor the artifact's own bytes bear out, counts as none: the artifact
/// is fetched again, or unpacked again where the download is proven.
pub(super) fn read(
    disk: &DiskRead,
    staging_dir: &Path,
    chosen: &Chosen,
) -> Result<Option<Record>, DiskError> {
    let folder = folder(staging_dir, chosen);
    let Some(text) = disk.noted(&folder.join("record.json"), LARGEST_BYTES)? else { return Ok(None) };
    let Ok(RecordV1 { schema, archive_sha256, files, refused }) = serde_json::from_str(&text) else {
        return Ok(None);
    };
    let stated = chosen.artifact.sha256.map(|sha256| sha256.to_string());
    if schema != SCHEMA || stated.is_some_and(|stated| stated != archive_sha256) {
        return Ok(None);
    }
    let mut staged = Vec::new();
    for FileV1 { member, path, sha256, executable } in files {
        let (Ok(member), Ok(path), Ok(sha256)) =
            (member.parse(), path.parse::<FileName>(), sha256.parse::<Sha256>())
        else {
            return Ok(None);
        };
        let path = folder.join("files").join(path.as_str());
        let is_there = path.symlink_metadata().is_ok_and(|found| found.is_file());
        if !is_there {
            return Ok(None);
        }
        let hashes = disk.hashes(&path)?;
        if hashes.sha256 != sha256 {
            return Ok(None);
        }
        staged.push(StagedFile { member, path, hashes, executable });
    }
    let record = Record { files: staged, refused };
    let is_proven = is_proven(disk, &folder, chosen, &record, Sha256::of(text.as_bytes()))?;
    Ok(is_proven.then_some(record))
}

/// Whether the files are those of the artifact. The folder may hold what another job put there, and a record that only
/// agrees with the files beside it proves nothing; so the archive is unpacked again and compared.
fn is_proven(
    disk: &DiskRead,
    folder: &Path,
    chosen: &Chosen,
    Record { files: staged, refused }: &Record,
    text: Sha256,
) -> Result<bool, DiskError> {
    let archive = landed::archive(folder);
    let is_archive = archive.symlink_metadata().is_ok_and(|found| found.is_file());
    let source = match &staged[..] {
        _ if is_archive => &archive,
        // An artifact that was no archive was moved, and is its one file.
        [only] => &only.path,
        _ => return Ok(false),
    };
    let stated = chosen.artifact.sha256;
    if stated.is_some() && stated != Some(disk.hashes(source)?.sha256) {
        return Ok(false);
    }
    // Once in a process is enough, for as long as neither changes.
    if disk.is_derived(source, text)? {
        return Ok(true);
    }
    // No digest of GitHub's is about a file's name, or says why an artifact is refused.
    if stated.is_none() || refused.is_some() {
        return Ok(false);
    }
    if !is_archive {
        let is_artifact =
            |only: &StagedFile| !only.executable && only.member.as_str() == chosen.artifact.name;
        return Ok(staged.iter().all(is_artifact));
    }
    let open = disk.open(&archive)?;
    let stamp = disk.stamp(&archive, &open)?;
    let mut found = Vec::new();
    let unpacked = bundle::unpack(&open, &mut |member, bytes| {
        let mut hasher = Hasher::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            match bytes.read(&mut chunk)? {
                0 => break,
                count => hasher.update(&chunk[..count]),
            }
        }
        found.push((member.path.clone(), hasher.finish().sha256, member.executable));
        Ok(())
    });
    let found = found.iter().map(|(member, sha256, executable)| (member, *sha256, *executable));
    let is_same = unpacked.is_ok() && found.eq(staged.iter().map(StagedFile::contents));
    if is_same {
        disk.derive(stamp, text);
    }
    Ok(is_same)
}

/// The text of a record about `files`, all of which stand in the folder `files/` beside it.
pub(super) fn text(archive: &Hashes, files: &[StagedFile], refused: Option<String>) -> String {
    let file = |StagedFile { member, path, hashes, executable }: &StagedFile| FileV1 {
        member: member.to_string(),
        path: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        sha256: hashes.sha256.to_string(),
        executable: *executable,
    };
    let files = files.iter().map(file).collect();
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
        let workflow = "build.yml".into();
        Chosen { workflow, run_id: 1, run_attempt: None, artifact, alias: None, target: None }
    }

    fn zip(contents: &[u8]) -> Vec<u8> {
        let entries = vec![ZipEntry::file("dist/tool", contents, 0o755)];
        ZipImage { entries, ..ZipImage::default() }.bytes()
    }

    /// What is written of the only file of [`zip`].
    fn file(path: &str, contents: &[u8]) -> StagedFile {
        let member = "dist/tool".parse().expect("good");
        StagedFile { member, path: path.into(), hashes: Hashes::of(contents), executable: true }
    }

    /// Leaves a staging folder as somebody else could: its record agrees with the files in it.
    fn staged(
        archive: Option<&[u8]>,
        file: StagedFile,
        contents: &[u8],
        chosen: &Chosen,
    ) -> tempfile::TempDir {
        let staging = tempfile::tempdir().expect("a folder");
        let folder = folder(staging.path(), chosen);
        let put = |path: &Path, bytes: &[u8]| DiskWrite.ensure_file(path, bytes).expect("written");
        archive.into_iter().for_each(|bytes| put(&folder.join("archive"), bytes));
        put(&folder.join("files").join(&file.path), contents);
        let hashes = Hashes { sha256: chosen.artifact.sha256.expect("stated"), ..Hashes::of(b"") };
        put(&folder.join("record.json"), text(&hashes, &[file], None).as_bytes());
        staging
    }

    fn is_believed(staging: &tempfile::TempDir, chosen: &Chosen) -> bool {
        read(&DiskRead::default(), staging.path(), chosen).expect("read").is_some()
    }

    #[test]
    fn only_the_artifacts_own_bytes_bear_a_record_out() {
        let (good, other) = (zip(b"good"), zip(b"evil"));
        let wanted = chosen(&good);
        let right = || file("0-tool", b"good");
        assert!(is_believed(&staged(Some(&good), right(), b"good", &wanted), &wanted));
        for archive in [Some(good.as_slice()), Some(&other), None] {
            let evil = file("0-tool", b"evil");
            assert!(!is_believed(&staged(archive, evil, b"evil", &wanted), &wanted), "{archive:?}");
        }
        for wrong in [
            StagedFile { member: "dist/other".parse().expect("good"), ..right() },
            StagedFile { executable: false, ..right() },
        ] {
            assert!(!is_believed(&staged(Some(&good), wrong, b"good", &wanted), &wanted));
        }
        let raw = chosen(b"raw");
        let plain = |member: &str, executable| {
            let member = member.parse().expect("good");
            StagedFile { member, executable, ..file("0-tool", b"raw") }
        };
        let believed = |file| is_believed(&staged(None, file, b"raw", &raw), &raw);
        assert!(believed(plain("wheels", false)), "it is called as the artifact is");
        assert!(!believed(plain("wheels", true)) && !believed(plain("dist/tool", false)));
    }

    #[test]
    fn a_record_that_a_crash_left_in_pieces_is_none() {
        let good = zip(b"good");
        let wanted = chosen(&good);
        let staging = staged(Some(&good), file("0-tool", b"good"), b"good", &wanted);
        let record = folder(staging.path(), &wanted).join("record.json");
        let text = std::fs::read(&record).expect("there");
        assert!(is_believed(&staging, &wanted));
        for pieces in [b"".as_slice(), &text[..text.len() / 2], &vec![0; text.len()], &vec![0xff; text.len()]]
        {
            DiskWrite.ensure_file(&record, pieces).expect("written");
            assert!(!is_believed(&staging, &wanted), "{pieces:?}");
        }
    }

    #[test]
    fn a_record_names_no_file_outside_of_its_folder() {
        let good = zip(b"good");
        let wanted = chosen(&good);
        for path in ["../tool", "../../tool"] {
            let staging = staged(Some(&good), file(path, b"good"), b"good", &wanted);
            let record = folder(staging.path(), &wanted).join("record.json");
            let text = DiskRead::default().text(&record, LARGEST_BYTES).expect("read").expect("there");
            let text = text.replace("\"tool\"", &format!("{path:?}"));
            assert!(text.contains(path), "{text}");
            DiskWrite.ensure_file(&record, text.as_bytes()).expect("written");
            assert!(!is_believed(&staging, &wanted), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_a_staging_folder_is_no_file_of_it() {
        let good = zip(b"good");
        let wanted = chosen(&good);
        let staging = staged(Some(&good), file("0-tool", b"good"), b"good", &wanted);
        let file = folder(staging.path(), &wanted).join("files/0-tool");
        std::fs::rename(&file, staging.path().join("elsewhere")).expect("moved");
        std::os::unix::fs::symlink(staging.path().join("elsewhere"), &file).expect("linked");
        assert!(!is_believed(&staging, &wanted));
    }
}
