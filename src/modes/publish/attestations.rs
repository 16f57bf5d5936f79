//! The attestations that go with the files, as a signer left them.

use std::collections::BTreeMap;
use std::path::Path;

use super::route::File;
use super::rules::{ATTESTATION, STRAY_ATTESTATION};
use crate::model::artifact::FileName;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;
use crate::remote::pypi::attestation::{self, SidecarError};
use crate::report::Report;

/// For each file that has any, what the form of an upload carries. What an index would refuse is in the report.
pub(super) fn read<'a>(
    disk: &DiskRead,
    folder: &Path,
    files: impl Iterator<Item = &'a File>,
    report: &mut Report,
) -> Result<BTreeMap<FileName, String>, DiskError> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut left: Vec<_> = disk.list(folder)?.into_iter().map(|path| (name(&path), path)).collect();
    let mut fields = BTreeMap::new();
    for File { artifact, .. } in files.filter(|file| file.artifact.distribution().is_some()) {
        let of_it =
            |(name, _): &mut (String, _)| attestation::is_sidecar_of(name, artifact.file_name.as_str());
        let mut attestations = Vec::new();
        for (_, path) in left.extract_if(.., of_it) {
            match attestation::read(disk, &path) {
                Ok(attestation) => attestations.push(attestation),
                Err(SidecarError::Disk(error)) => return Err(error),
                Err(SidecarError::Content { path, source }) => {
                    report.push(ATTESTATION.finding(source.to_string()).in_file(path));
                }
            }
        }
        for misfit in attestation::misfits(artifact, &attestations) {
            report.push(ATTESTATION.finding(misfit.to_string()).in_file(artifact.file_name.to_string()));
        }
        fields.extend(attestation::field(&attestations).map(|field| (artifact.file_name.clone(), field)));
    }
    for (_, path) in left {
        let message = "no wheel and no sdist of the release is called so";
        report.push(STRAY_ATTESTATION.finding(message).in_file(path.display().to_string()));
    }
    Ok(fields)
}
