//! One artifact, from GitHub's store into its staging folder.

use std::path::Path;

use super::{Chosen, CollectError, Writers, record};
use crate::archive::bundle::{self, BundleError};
use crate::model::artifact::FileName;
use crate::remote::error::RemoteError;
use crate::report::{Rule, Severity};

pub(super) const REFUSED: Rule = Rule {
    id: "collect/unsafe-artifact",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The artifact is damaged, or would write where it must not",
    explain: "An artifact is a stranger's archive: members that leave its folder, links, two members of one name, or \
              sizes beyond all measure stop the run, and none of its files is placed.",
    fix: "mend what the producer uploads, and run the producer again",
    sources: &["GitHub's documentation of the event `workflow_run`: artifacts are untrusted data"],
    since: "0.1.0",
};

/// How often a download that arrives damaged is tried in all.
const TRIES: u32 = 3;

/// Downloads, compares, unpacks, and writes the record last: without it nothing counts.
pub(super) async fn fetch(
    staging_dir: &Path,
    chosen: &Chosen,
    writers: &Writers,
) -> Result<(), CollectError> {
    let folder = record::folder(staging_dir, chosen);
    writers.disk.ensure_empty_folder(&folder)?;
    let archive = folder.join("archive");
    let artifact = &chosen.artifact;
    let mut tries = 0;
    let downloaded = loop {
        tries += 1;
        let downloaded = writers.github.download_artifact(artifact, &archive).await?;
        match artifact.sha256 {
            Some(expected) if downloaded.hashes.sha256 != expected && tries < TRIES => {}
            Some(expected) if downloaded.hashes.sha256 != expected => {
                let (file, found) = (artifact.name.clone(), downloaded.hashes.sha256);
                return Err(RemoteError::Digest { service: "GitHub", file, expected, found }.into());
            }
            _ => break downloaded,
        }
    };

    let files = folder.join("files");
    writers.disk.ensure_empty_folder(&files)?;
    let mut written = Vec::new();
    let outcome = if downloaded.zipped {
        let open = writers.read.open(&archive)?;
        bundle::unpack(&open, &mut |_member, name, bytes| {
            let path = format!("{}-{name}", written.len());
            let hashes = writers.disk.write_stream(&files.join(&path), bytes)?;
            written.push((name.clone(), path, hashes.sha256));
            Ok(())
        })
    } else {
        let name = downloaded.file_name.as_deref().unwrap_or(&artifact.name);
        match name.parse::<FileName>() {
            Ok(name) => {
                let path = format!("0-{name}");
                writers.disk.place(&archive, &files.join(&path))?;
                written.push((name, path, downloaded.hashes.sha256));
                Ok(())
            }
            Err(error) => Err(BundleError::Name(error)),
        }
    };
    let refused = match outcome {
        Ok(()) => None,
        // The disk is at fault, not the artifact: another run may do better.
        Err(source @ BundleError::Write(_)) => {
            return Err(CollectError::Bundle { artifact: artifact.name.clone(), source });
        }
        Err(error) => Some(error.to_string()),
    };
    let text = record::text(&downloaded.hashes, &written, refused);
    Ok(writers.disk.ensure_file(&folder.join("record.json"), text.as_bytes())?)
}
