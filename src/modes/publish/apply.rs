//! Bringing steps about: sending a file, and waiting until what others need shows.

use std::time::Duration;

use super::Publish;
use super::SkipExisting;
use super::error::PublishError;
use super::registry::{Readers, RegistryWrite, Standing, Writers};
use super::route::{File, Load, PackageId};
use super::step::{Await, Send};
use crate::model::artifact::Artifact;
use crate::modes::proven::core_metadata;
use crate::plan::Mode as _;
use crate::plan::context::Context;
use crate::plan::execute::Looks;
use crate::remote::cargo::CrateUpload;
use crate::remote::error::RemoteError;
use crate::remote::pypi::Upload;
use crate::remote::surroundings::Event;

impl Publish {
    /// Sends a file, with all that its registry wants to be told.
    pub(super) async fn send(&self, send: &Send, writers: &Writers) -> Result<(), PublishError> {
        let File { artifact, path } = &send.file;
        let changed = || PublishError::Changed { file: path.clone() };
        let disk = &writers.read.disk;
        match &writers.way(&send.registry)?.write {
            RegistryWrite::Python(index) => {
                let metadata = core_metadata(disk, path, artifact)?.ok_or_else(changed)?;
                let PackageId::Project(project) = &send.package else {
                    unreachable!("an index takes projects")
                };
                let upload = Upload {
                    project,
                    artifact,
                    blake2b256: disk.blake2b256(path)?,
                    path,
                    metadata: metadata.headers(),
                    description: metadata.description(),
                    attestations: send.attestations.as_deref(),
                };
                Ok(index.ensure_upload(&upload).await?)
            }
            RegistryWrite::Cargo(index) => {
                let packed = self.run.packed(disk, artifact, path)?;
                let upload = CrateUpload {
                    file: artifact.packed_crate().expect("only crates go to a registry of crates"),
                    artifact,
                    path,
                    manifest: &packed.manifest,
                    readme: packed.readme.as_ref().map(|readme| (readme.path.as_str(), readme.text.as_str())),
                };
                Ok(index.ensure_published(&upload).await?)
            }
        }
    }

    /// Waits until the registry shows the files, as long as the request allows.
    pub(super) async fn wait(
        &self,
        cx: &Context,
        awaited: &Await,
        readers: &Readers,
    ) -> Result<(), PublishError> {
        let Await { files, package, registry, host } = awaited;
        let load = Load { package: package.clone(), files: files.clone() };
        let Looks { count, mut delay, longest_delay } = self.looks();
        let mut missing = files.len();
        for look in 0..count {
            let seen = readers.registry(registry).look(&load).await?;
            for (file, standing) in files.iter().zip(&seen.standings) {
                if let Standing::Other(theirs) = standing
                    && self.skip_existing == SkipExisting::Same
                {
                    return Err(conflict(file, theirs.clone()).into());
                }
            }
            missing = seen.standings.iter().filter(|standing| **standing == Standing::Missing).count();
            if missing == 0 {
                return Ok(());
            }
            if look + 1 == count || cx.surroundings.stop.is_requested() {
                break;
            }
            let what = format!("{host} to show {package}");
            cx.surroundings.progress.event(Event::Waiting { what: &what, delay });
            cx.surroundings.pace.sleep(delay).await;
            delay = (delay * 2).min(longest_delay);
        }
        Err(PublishError::NotShown {
            host: host.clone(),
            package: package.to_string(),
            files: format!("{missing} of {} files", files.len()),
            minutes: minutes(self.patience.duration()),
        })
    }
}

fn minutes(duration: Duration) -> f64 {
    duration.as_secs_f64() / 60.0
}

fn conflict(file: &File, theirs: String) -> RemoteError {
    let Artifact { file_name, size_bytes: _, sha256, kind: _ } = &file.artifact;
    RemoteError::Conflict { service: "the registry", file: file_name.to_string(), ours: *sha256, theirs }
}
