//! What the index holds: projects, their files, and the names that can never be used again.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::attestations::Provenance;
use crate::model::artifact::Distribution;
use crate::model::digest::{Blake2b256, Hashes, Sha256};
use crate::model::name::PackageName;
use crate::model::version::Version;

/// A file that can be downloaded.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name.
    pub name: String,
    /// What the name says.
    pub distribution: Distribution,
    /// Its bytes; other ones than were sent where a fault said so.
    pub bytes: Bytes,
    /// Size and SHA-256 of `bytes`.
    pub hashes: Hashes,
    /// BLAKE2b of `bytes`.
    pub blake2b256: Blake2b256,
    /// The text fields of the upload form, in the order they came; empty for files that were placed by hand.
    pub form: Vec<(String, String)>,
    /// The wheel's METADATA, which is served beside it.
    pub metadata: Option<Bytes>,
    /// When it came, in seconds since the Unix epoch.
    pub uploaded_at: u64,
    /// Why installers should pass it over; none while they should not.
    pub yanked: Option<String>,
    /// The attestations that came with it.
    pub provenance: Option<Provenance>,
}

/// A project: a name with files.
#[derive(Clone, Debug)]
pub(super) struct Project {
    /// The name as it was last uploaded.
    pub(super) name: PackageName,
    /// Whether another user owns it.
    pub(super) foreign: bool,
    /// Its files, by name.
    pub(super) files: BTreeMap<String, File>,
}

/// All projects, by normal name.
pub(super) type Projects = BTreeMap<String, Project>;

/// The state of an index that uploads change.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    /// The projects as they are.
    pub(super) projects: Projects,
    /// The projects as they were before the latest write: what a look-up that lags behind shows.
    before: Projects,
    /// Every file name that was ever used.
    used: BTreeSet<String>,
}

impl File {
    /// Where the file is found below the origin: by its digest, so that the address of other bytes is another one.
    pub(super) fn path(&self) -> String {
        let digest = self.blake2b256.to_string();
        format!("/files/{}/{}/{}/{}", &digest[..2], &digest[2..4], &digest[4..], self.name)
    }

    /// Whether it is a source distribution.
    pub(super) const fn is_sdist(&self) -> bool {
        matches!(self.distribution, Distribution::Sdist(_))
    }

    /// The digest of the METADATA that is served beside the file.
    pub(super) fn metadata_sha256(&self) -> Option<Sha256> {
        self.metadata.as_ref().map(|metadata| Sha256::of(metadata))
    }

    /// The first value of a form field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

impl Store {
    /// Begins a write: from here on lagging look-ups show what was so far.
    fn touch(&mut self) {
        self.before = self.projects.clone();
    }

    /// The projects as a lagging look-up shows them.
    pub(super) const fn before(&self) -> &Projects {
        &self.before
    }

    /// Every file, by project and name.
    pub(super) fn files(&self) -> impl Iterator<Item = &File> {
        self.projects.values().flat_map(|project| project.files.values())
    }

    /// The file called `name`.
    pub(super) fn file(&self, name: &str) -> Option<&File> {
        self.files().find(|file| file.name == name)
    }

    /// Whether a file of this name was deleted, so that the name is burnt.
    pub(super) fn is_burnt(&self, name: &str) -> bool {
        self.used.contains(name) && self.file(name).is_none()
    }

    /// Whether the release has a source distribution.
    pub(super) fn has_sdist(&self, project: &PackageName, version: &Version) -> bool {
        self.projects.get(project.normal()).is_some_and(|project| {
            project.files.values().any(|file| file.is_sdist() && file.distribution.version() == version)
        })
    }

    /// Creates the project where there is none; its name is from here on written as in `name`.
    pub(super) fn ensure_project(&mut self, name: &PackageName) -> &mut Project {
        let fresh = || Project { name: name.clone(), foreign: false, files: BTreeMap::new() };
        let project = self.projects.entry(name.normal().to_owned()).or_insert_with(fresh);
        project.name = name.clone();
        project
    }

    /// Stores a file.
    pub(super) fn put(&mut self, project: &PackageName, file: File) {
        self.touch();
        self.used.insert(file.name.clone());
        self.ensure_project(project).files.insert(file.name.clone(), file);
    }

    /// Changes a file, and says whether there is one of this name.
    pub(super) fn change(&mut self, name: &str, change: impl FnOnce(&mut File)) -> Option<()> {
        self.touch();
        let file = self.projects.values_mut().find_map(|project| project.files.get_mut(name))?;
        change(file);
        Some(())
    }

    /// Deletes a file. Its name stays burnt.
    pub(super) fn delete(&mut self, name: &str) -> Option<File> {
        self.touch();
        self.projects.values_mut().find_map(|project| project.files.remove(name))
    }
}
