//! Python indexes: whether what users install is what the manifest names.

use std::collections::BTreeMap;

use super::look::{Look, Standing};
use super::rules::{NO_PROVENANCE, NOT_THERE, OTHER_BYTES, PROVENANCE_REQUIRED, UNDECLARED, YANKED};
use crate::archive::shown;
use crate::model::artifact::{Artifact, Delta, Distribution};
use crate::model::manifest::Manifest;
use crate::model::name::PackageName;
use crate::model::target::Registry;
use crate::remote::pypi::IndexFile;
use crate::remote::pypi::read::IndexRead;

/// What a file of a project is told by: the file, and what its name says.
pub(super) type Member<'a> = (&'a Artifact, &'a Distribution);

/// One index, and what it is held to.
#[derive(Clone, Copy, Debug)]
pub(super) struct PythonPlace<'a> {
    /// The registry.
    pub(super) registry: &'a Registry,
    /// Its reader.
    pub(super) read: &'a IndexRead,
    /// Which files the release consists of.
    pub(super) manifest: &'a Manifest,
    /// Whether every file has to have its attestations there.
    pub(super) require_provenance: bool,
}

/// A project that is there whole, so that it is worth installing.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// The project.
    pub(super) project: PackageName,
    /// The files, with the versions of Python that the index states for each.
    pub(super) files: Vec<(Artifact, Distribution, Option<String>)>,
}

/// The files of a route, by project.
pub(super) fn by_project<'a>(files: &[&'a Artifact]) -> BTreeMap<&'a PackageName, Vec<Member<'a>>> {
    let mut projects: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for artifact in files {
        if let Some(distribution) = artifact.distribution() {
            projects.entry(distribution.name()).or_default().push((*artifact, distribution));
        }
    }
    projects
}

impl PythonPlace<'_> {
    /// Looks at the files of one project.
    pub(super) async fn look(&self, project: &PackageName, files: &[Member<'_>]) -> (Look, Option<Offer>) {
        let mut look = Look::default();
        let name = self.registry.name.as_str();
        let Some(listed) = look.asked(self.read.files(project).await) else {
            for (artifact, _) in files {
                look.state(name, artifact, Standing::NotAsked, None);
            }
            return (look, None);
        };
        let there: BTreeMap<&str, &IndexFile> =
            listed.iter().map(|file| (file.file.file_name.as_str(), file)).collect();
        let mut offer = Offer { project: project.clone(), files: Vec::new() };
        let mut without = Vec::new();
        for (artifact, distribution) in files {
            let found = there.get(artifact.file_name.as_str()).copied();
            let standing = self.judge(artifact, found, &mut look).await;
            let provenance = found.and_then(|found| found.provenance.as_ref()).map(ToString::to_string);
            if let Some(found) = found {
                if provenance.is_none() {
                    without.push(artifact.file_name.as_str());
                }
                if found.yanked {
                    let message = format!("{} marks it as yanked", self.called());
                    look.find(YANKED.finding(message).in_file(artifact.file_name.to_string()));
                }
                let pythons = found.requires_python.clone();
                offer.files.push(((*artifact).clone(), (*distribution).clone(), pythons));
            }
            look.state(name, artifact, standing, provenance);
        }
        self.tell_provenance(&without, offer.files.len(), &mut look);
        self.tell_undeclared(&listed, project, &mut look);
        let is_whole = look.states.iter().all(|state| state.standing == Standing::Proven);
        (look, is_whole.then_some(offer))
    }

    /// What messages call the index.
    fn called(&self) -> String {
        format!("`{}` ({})", self.registry, self.registry.index().authority())
    }

    async fn judge(&self, artifact: &Artifact, found: Option<&IndexFile>, look: &mut Look) -> Standing {
        let file = artifact.file_name.to_string();
        let theirs = match (artifact.compare(found.map(|found| &found.file)), found) {
            (Delta::Same, _) => return Standing::Proven,
            (Delta::Missing, _) | (_, None) => {
                let message = format!(
                    "{} does not list it; the manifest has it with sha256 {}",
                    self.called(),
                    artifact.sha256
                );
                look.find(NOT_THERE.finding(message).in_file(file));
                return Standing::Missing;
            }
            (Delta::Differs, Some(IndexFile { file: stated, .. })) => match stated.sha256 {
                Some(sha256) => format!("sha256 {sha256}"),
                None => format!("{} bytes", stated.size_bytes.unwrap_or_default()),
            },
            (Delta::Unproven, Some(found)) => match self.read.digest(found).await {
                Ok(sha256) if sha256 == artifact.sha256 => return Standing::Proven,
                Ok(sha256) => format!("sha256 {sha256}"),
                Err(error) => {
                    look.untold(error, Some(&file));
                    return Standing::NotAsked;
                }
            },
        };
        let (size_bytes, sha256) = (artifact.size_bytes, artifact.sha256);
        let message = format!(
            "{} has it with {theirs}, the manifest with {size_bytes} bytes and sha256 {sha256}",
            self.called()
        );
        look.find(OTHER_BYTES.finding(message).in_file(file));
        Standing::Differs
    }

    /// Files without attestations: each of them where they are required; else together, where others have some.
    fn tell_provenance(&self, without: &[&str], there: usize, look: &mut Look) {
        if self.require_provenance {
            for file in without {
                let message = format!("{} shows no address of attestations for it", self.called());
                look.find(PROVENANCE_REQUIRED.finding(message).in_file(*file));
            }
        } else if !without.is_empty() && without.len() < there {
            let message = format!(
                "{} shows attestations for {} of {there} files, and none for {}",
                self.called(),
                there - without.len(),
                without.join(", ")
            );
            look.find(NO_PROVENANCE.finding(message));
        }
    }

    /// Files of this version that the manifest does not name.
    fn tell_undeclared(&self, listed: &[IndexFile], project: &PackageName, look: &mut Look) {
        for IndexFile { file, .. } in listed {
            let name = &file.file_name;
            let distribution = name.parse().ok().as_ref().and_then(Distribution::of_file_name);
            let same_release = distribution.is_some_and(|found| {
                found.name() == project && Some(found.version()) == self.manifest.version()
            });
            if same_release && self.manifest.artifact(name).is_none() {
                let digest =
                    file.sha256.map_or_else(|| "no digest".to_owned(), |sha256| format!("sha256 {sha256}"));
                let message = format!("{} lists it with {digest}", self.called());
                look.find(UNDECLARED.finding(message).in_file(shown(name)));
            }
        }
    }
}
