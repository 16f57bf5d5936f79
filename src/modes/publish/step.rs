//! The steps of publish, and the order of regret.

use std::collections::BTreeSet;
use std::fmt;

use super::route::{File, PackageId};
use crate::model::artifact::Distribution;
use crate::model::target::RegistryName;
use crate::plan;

/// What publish does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// One file goes out.
    Send(Box<Send>),
    /// What others need has to show first.
    Await(Await),
}

/// A file that goes out.
#[derive(Clone, Debug)]
pub(crate) struct Send {
    pub(super) file: File,
    pub(super) package: PackageId,
    pub(super) registry: RegistryName,
    pub(super) host: String,
    /// What goes with it, as the form of an upload carries it.
    pub(super) attestations: Option<String>,
}

/// Files of a package that have to show at a registry.
#[derive(Clone, Debug)]
pub(crate) struct Await {
    pub(super) files: Vec<File>,
    pub(super) package: PackageId,
    pub(super) registry: RegistryName,
    pub(super) host: String,
}

impl Step {
    /// The file that it sends.
    pub(super) fn sent(&self) -> Option<&Send> {
        match self {
            Self::Send(send) => Some(send),
            Self::Await(_) => None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(send) => {
                let artifact = &send.file.artifact;
                let (name, size, digest) =
                    (&artifact.file_name, artifact.size_bytes, artifact.sha256.short());
                write!(f, "upload {name} ({size} bytes, sha256 {digest}) to {}", send.host)?;
                if send.attestations.is_some() { f.write_str(", with its attestations") } else { Ok(()) }
            }
            Self::Await(Await { files, package, registry: _, host }) => match &files[..] {
                [File { artifact, .. }] => write!(f, "wait until {host} shows {}", artifact.file_name),
                files => write!(f, "wait until {host} shows the {} files of {package}", files.len()),
            },
        }
    }
}

impl plan::Step for Step {
    fn irreversible(&self) -> bool {
        matches!(self, Self::Send(_))
    }

    fn only_waits(&self) -> bool {
        matches!(self, Self::Await(_))
    }
}

/// The order of regret: one file of each package alone, since the first creates the release on the index, unless it
/// has been `begun`; then the other wheels; the sdists last, so that no installer builds from source in the meantime.
pub(super) fn waves(steps: Vec<Send>, mut begun: BTreeSet<PackageId>) -> Vec<Vec<Step>> {
    let is_sdist = |step: &Send| matches!(step.file.artifact.distribution(), Some(Distribution::Sdist(_)));
    let (sdists, others): (Vec<_>, Vec<_>) = steps.into_iter().partition(is_sdist);
    let (first, rest): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|step| begun.insert(step.package.clone()));
    let waves = [first, rest, sdists].into_iter().filter(|wave| !wave.is_empty());
    waves.map(|wave| wave.into_iter().map(|send| Step::Send(Box::new(send))).collect()).collect()
}
