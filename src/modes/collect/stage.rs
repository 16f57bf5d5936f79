//! One artifact, from GitHub's store into its staging folder.

use std::path::{Path, PathBuf};

use super::landed::{self, Landed};
use super::record::{self, StagedFile};
use super::rules::EXPIRED;
use super::{Chosen, CollectError, Writers};
use crate::archive::bundle::{self, BundleError};
use crate::model::digest::Sha256;
use crate::model::member_path::MemberPath;
use crate::remote::disk::write::Access;
use crate::remote::error::DiskError;
use crate::remote::github::download::DownloadError;
use crate::report::{Rule, Severity};

pub(super) const REFUSED: Rule = Rule {
    id: "collect/unsafe-artifact",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The artifact is damaged, or would write where it must not",
    explain: "An artifact is a stranger's archive: members that leave its folder, links and devices, names that Windows \
              cannot keep, members that are one file where case or the spelling of Unicode does not count, or sizes \
              beyond all measure stop the run, and none of its files is placed.",
    fix: "mend what the producer uploads, and run the producer again",
    sources: &["GitHub's documentation of the event `workflow_run`: artifacts are untrusted data"],
    since: "0.1.0",
};

pub(super) const NOT_AS_STATED: Rule = Rule {
    id: "collect/not-as-stated",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "What arrives is not the artifact that GitHub states",
    explain: "The file is read back from the disk and held to the digest, or where GitHub states none to the size. \
              Five tries are made for one artifact, whatever goes wrong, with 1, 2, 4 and 8 seconds between them and a \
              new signed address for each. A proxy that answers with a page of its own shows like this too.",
    fix: "run again, and run the producer again if it stays",
    sources: &["incident: a download that broke off was taken for whole, and the wheels were damaged"],
    since: "0.1.0",
};

/// Downloads, unless that was done and proven; unpacks, and writes the record last: without it nothing counts.
///
/// What is wrong with this one artifact tells nothing about the others, which are fetched all the same.
pub(super) async fn fetch(
    staging_dir: &Path,
    chosen: &Chosen,
    writers: &Writers,
) -> Result<(), CollectError> {
    let folder = record::folder(staging_dir, chosen);
    let job = Job { folder, chosen: chosen.clone(), writers: writers.clone() };
    let landed = match job.clone().blocking(Job::landed).await? {
        Some(landed) => landed,
        None => job.download().await?,
    };
    // Two processors' worth: the downloads of others go on meanwhile.
    let _turn = writers.unpackings.acquire().await.expect("nobody closes it");
    job.blocking(move |job| job.unpack(landed)).await
}

/// What is done for one artifact.
#[derive(Clone)]
struct Job {
    folder: PathBuf,
    chosen: Chosen,
    writers: Writers,
}

impl Job {
    /// Does what may wait for the disk, or take long, on a thread of its own.
    async fn blocking<T: Send + 'static>(
        self,
        work: impl FnOnce(&Self) -> Result<T, CollectError> + Send + 'static,
    ) -> Result<T, CollectError> {
        let done = tokio::task::spawn_blocking(move || work(&self)).await;
        done.expect("no artifact makes the reader panic")
    }

    fn failed(&self, source: DiskError) -> CollectError {
        CollectError::Stage { artifact: self.chosen.artifact.name.clone(), source }
    }

    fn landed(&self) -> Result<Option<Landed>, CollectError> {
        let Self { folder, chosen, writers } = self;
        let landed = landed::find(&writers.read, folder, chosen).map_err(|error| self.failed(error))?;
        if landed.is_none() {
            writers.disk.ensure_empty_folder(folder).map_err(|error| self.failed(error))?;
        }
        Ok(landed)
    }

    /// What is wrong with this one artifact is noted as a finding as well.
    async fn download(&self) -> Result<Landed, CollectError> {
        let Self { folder, chosen, writers } = self;
        let path = landed::archive(folder);
        let outcome = writers.github.download_artifact(&chosen.artifact, &path, &writers.read).await;
        match &outcome {
            Err(error @ DownloadError::Gone { .. }) => {
                writers.faults.note(chosen, EXPIRED.finding(format!("{}: {error}", chosen.workflow)));
            }
            Err(error @ DownloadError::NotAsStated { .. }) => {
                writers.faults.note(chosen, NOT_AS_STATED.finding(error.to_string()));
            }
            _ => {}
        }
        let artifact = chosen.artifact.name.clone();
        let downloaded = outcome.map_err(|source| CollectError::Fetch { artifact, source: source.into() })?;
        let noted = |job: &Self| {
            landed::note(job.writers.disk, &job.folder, downloaded).map_err(|error| job.failed(error))
        };
        self.clone().blocking(noted).await
    }

    fn unpack(&self, landed: Landed) -> Result<(), CollectError> {
        let Self { folder, chosen: Chosen { artifact, .. }, writers } = self;
        let failed = |error| self.failed(error);
        let Landed { downloaded, path } = landed;
        let mut written = Vec::new();
        let stamp = |path: &Path| {
            writers.read.open(path).and_then(|file| writers.read.stamp(path, &file)).map_err(failed)
        };
        let mut source = None;
        let outcome = match downloaded.file_name.as_deref().unwrap_or(&artifact.name).parse::<MemberPath>() {
            _ if downloaded.hashes.size_bytes == 0 => Err("it has 0 bytes".to_owned()),
            _ if downloaded.zipped => {
                let archive = writers.read.open(&path).map_err(failed)?;
                source = Some(writers.read.stamp(&path, &archive).map_err(failed)?);
                self.unzip(&archive, &mut written)?
            }
            Ok(member) => {
                let place = landed::raw(folder, &member);
                if path != place {
                    writers.disk.ensure_empty_folder(&folder.join("files")).map_err(failed)?;
                    writers.disk.place(&path, &place).map_err(failed)?;
                }
                source = Some(stamp(&place)?);
                let hashes = downloaded.hashes;
                written.push(StagedFile { member, path: place, hashes, executable: false });
                Ok(())
            }
            Err(error) => Err(BundleError::Path(error).to_string()),
        };
        // What is refused without being opened stays where it is.
        let source = source.map_or_else(|| stamp(&path), Ok)?;
        let text = record::text(&downloaded.hashes, &written, outcome.err());
        writers.disk.note(&folder.join("record.json"), &text).map_err(failed)?;
        writers.read.derive(source, Sha256::of(text.as_bytes()));
        Ok(())
    }

    /// Unpacks, and reads each file back once: its digest is that of what is on the disk. The inner error says why the
    /// artifact may not be used.
    fn unzip(
        &self,
        archive: &std::fs::File,
        written: &mut Vec<StagedFile>,
    ) -> Result<Result<(), String>, CollectError> {
        let Self { folder, chosen, writers } = self;
        let files = folder.join("files");
        writers.disk.ensure_empty_folder(&files).map_err(|error| self.failed(error))?;
        let outcome = bundle::unpack(archive, &mut |member, bytes| {
            let path = landed::staged(folder, written.len(), &member.path);
            let executable = member.executable;
            let access = if executable { Access::Execute } else { Access::Read };
            writers.disk.write_stream(&path, bytes, access)?;
            let hashes = writers.read.read_back(&path)?;
            written.push(StagedFile { member: member.path.clone(), path, hashes, executable });
            Ok(())
        });
        match outcome {
            Ok(()) => Ok(Ok(())),
            // The disk is at fault, not the artifact: another run may do better.
            Err(source @ BundleError::Write(_)) => {
                Err(CollectError::Bundle { artifact: chosen.artifact.name.clone(), source })
            }
            Err(error) => Ok(Err(error.to_string())),
        }
    }
}
