//! The registries of a run, and how the files of a package stand there.

use std::collections::BTreeMap;

use super::route::{File, Load, PackageId};
use super::step::Send;
use crate::model::artifact::{Artifact, Delta, Distribution};
use crate::model::name::PackageName;
use crate::model::target::RegistryName;
use crate::remote::cargo::IndexedVersion;
use crate::remote::cargo::read::CargoRead;
use crate::remote::cargo::write::CargoWrite;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::RemoteError;
use crate::remote::pypi::IndexFile;
use crate::remote::pypi::read::IndexRead;
use crate::remote::pypi::write::IndexWrite;

/// Reads one registry.
#[derive(Clone, Debug)]
pub(crate) enum RegistryRead {
    /// Of wheels and sdists.
    Python(IndexRead),
    /// Of crates.
    Cargo(CargoRead),
}

/// Writes to one registry.
#[derive(Debug)]
pub(crate) enum RegistryWrite {
    /// Of wheels and sdists.
    Python(Box<IndexWrite>),
    /// Of crates.
    Cargo(Box<CargoWrite>),
}

/// Why there is no way into a registry. Nobody misses one where nothing is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct NoWay {
    /// What is not there.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) hint: String,
}

/// A writer, with how it gets in.
#[derive(Debug)]
pub(crate) struct Way {
    /// The writer.
    pub(crate) write: RegistryWrite,
    /// Whether it is the runner's identity that lets it in.
    pub(crate) is_trusted: bool,
}

/// What it looks at.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    /// The files and the manifest.
    pub(crate) disk: DiskRead,
    /// Every registry that a line names.
    pub(crate) registries: BTreeMap<RegistryName, RegistryRead>,
}

/// What it changes.
#[derive(Debug)]
pub(crate) struct Writers {
    /// What it looks at: files that are sent, and what is waited for.
    pub(crate) read: Readers,
    /// Every registry that a line names.
    pub(crate) registries: BTreeMap<RegistryName, Result<Way, NoWay>>,
}

impl NoWay {
    /// The error that it is when something is to be sent there.
    pub(super) fn error(&self) -> RemoteError {
        RemoteError::Missing { what: self.what.clone(), hint: self.hint.clone() }
    }
}

impl Readers {
    pub(super) fn registry(&self, name: &RegistryName) -> &RegistryRead {
        self.registries.get(name).expect("there is a reader for every registry that a line names")
    }
}

impl Writers {
    pub(super) fn way(&self, name: &RegistryName) -> Result<&Way, RemoteError> {
        let way = self
            .registries
            .get(name)
            .expect("there is a way, or why not, for every registry that a line names");
        way.as_ref().map_err(NoWay::error)
    }

    /// Whether the file may be there although sending it failed.
    pub(super) fn is_in_doubt(&self, send: &Send) -> bool {
        let file = &send.file.artifact.file_name;
        self.way(&send.registry).is_ok_and(|way| match &way.write {
            RegistryWrite::Python(index) => index.is_in_doubt(file),
            RegistryWrite::Cargo(index) => index.is_in_doubt(file),
        })
    }
}

/// How a file stands at a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Missing,
    /// The same bytes are there, read back on the road of installers.
    Proven {
        yanked: bool,
        provenance: Option<String>,
    },
    /// With what the registry states of it.
    Other(String),
}

/// How a package stands at a registry.
#[derive(Debug)]
pub(super) struct Seen {
    /// One for each of its files.
    pub(super) standings: Vec<Standing>,
    /// Files of this version there that are none of the release.
    pub(super) undeclared: Vec<String>,
    /// Whether the registry knows nothing of the package at all.
    pub(super) is_new: bool,
}

impl RegistryRead {
    /// Looks.
    ///
    /// # Errors
    /// When the registry cannot be asked.
    pub(super) async fn look(&self, load: &Load) -> Result<Seen, RemoteError> {
        match (self, &load.package) {
            (Self::Python(index), PackageId::Project(project)) => python(index, project, &load.files).await,
            (Self::Cargo(index), PackageId::Crate(name)) => {
                let versions = index.versions(name).await?;
                let host = index.index().authority();
                let standings = load
                    .files
                    .iter()
                    .map(|file| krate(&file.artifact, &versions, host))
                    .collect::<Result<_, _>>()?;
                Ok(Seen { standings, undeclared: Vec::new(), is_new: versions.is_empty() })
            }
            _ => unreachable!("a package only goes where its kind is taken"),
        }
    }
}

async fn python(index: &IndexRead, project: &PackageName, files: &[File]) -> Result<Seen, RemoteError> {
    let listed = index.files(project).await?;
    let there: BTreeMap<&str, &IndexFile> =
        listed.iter().map(|file| (file.file.file_name.as_str(), file)).collect();
    let mut standings = Vec::new();
    for File { artifact, .. } in files {
        standings.push(standing(artifact, there.get(artifact.file_name.as_str()).copied(), index).await?);
    }
    let ours = files.iter().find_map(|file| file.artifact.distribution()).map(Distribution::version);
    let is_undeclared = |file: &&IndexFile| {
        let name = &file.file.file_name;
        let distribution = name.parse().ok().as_ref().and_then(Distribution::of_file_name);
        let same_release =
            distribution.is_some_and(|found| found.name() == project && Some(found.version()) == ours);
        same_release && !files.iter().any(|file| file.artifact.file_name.as_str() == *name)
    };
    let undeclared = listed.iter().filter(is_undeclared).map(|file| file.file.file_name.clone()).collect();
    Ok(Seen { standings, undeclared, is_new: listed.is_empty() })
}

async fn standing(
    artifact: &Artifact,
    have: Option<&IndexFile>,
    index: &IndexRead,
) -> Result<Standing, RemoteError> {
    let Some(have) = have else { return Ok(Standing::Missing) };
    let proven = || Standing::Proven {
        yanked: have.yanked,
        provenance: have.provenance.as_ref().map(ToString::to_string),
    };
    let stated = || match have.file.sha256 {
        Some(sha256) => format!("sha256 {sha256}"),
        None => format!("{} bytes", have.file.size_bytes.unwrap_or_default()),
    };
    Ok(match artifact.compare(Some(&have.file)) {
        Delta::Missing => Standing::Missing,
        Delta::Same => proven(),
        Delta::Differs => Standing::Other(stated()),
        Delta::Unproven => {
            let theirs = index.digest(have).await?;
            if theirs == artifact.sha256 { proven() } else { Standing::Other(format!("sha256 {theirs}")) }
        }
    })
}

/// Registries hold a version once, whatever its build metadata.
fn krate(artifact: &Artifact, versions: &[IndexedVersion], host: &str) -> Result<Standing, RemoteError> {
    let ours = artifact.packed_crate().expect("a crate's files are crates").version();
    let is_same = |found: &&IndexedVersion| {
        let theirs = &found.version;
        (theirs.major, theirs.minor, theirs.patch, &theirs.pre)
            == (ours.major, ours.minor, ours.patch, &ours.pre)
    };
    let Some(IndexedVersion { version, sha256, yanked }) = versions.iter().find(is_same) else {
        return Ok(Standing::Missing);
    };
    match sha256 {
        Some(sha256) if *sha256 == artifact.sha256 => {
            Ok(Standing::Proven { yanked: *yanked, provenance: None })
        }
        Some(sha256) => Ok(Standing::Other(format!("sha256 {sha256}"))),
        None => Err(RemoteError::Unexpected {
            service: "the crate registry",
            host: host.to_owned(),
            what: format!("looking for `{}`", artifact.file_name),
            expected: "the digest of the crate",
            found: format!("version {version} without one"),
        }),
    }
}
