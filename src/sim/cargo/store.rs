//! What the registry holds: crates with their versions, as they are and as they were before the latest write.

use std::collections::BTreeMap;

use bytes::Bytes;
use semver::{BuildMetadata, Version};

use super::manifest::Manifest;
use super::refusal::{Checked, Refusal};
use crate::model::crate_name::CrateName;
use crate::model::digest::Sha256;

/// One version of a crate, as tests look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The crate's name, as it was first published.
    pub name: CrateName,
    /// The version.
    pub version: Version,
    /// What the index says that the file is.
    pub sha256: Sha256,
    /// Whether it is yanked.
    pub yanked: bool,
    /// Who published it.
    pub by: PublishedBy,
}

/// Who published a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishedBy {
    /// The user, with an API token.
    User,
    /// A workflow, by trusted publishing.
    Workflow,
}

/// A version as it is kept.
#[derive(Clone, Debug)]
pub(super) struct Release {
    pub(super) version: Version,
    pub(super) sha256: Sha256,
    pub(super) bytes: Bytes,
    pub(super) yanked: bool,
    pub(super) published_at: u64,
    pub(super) published_by: PublishedBy,
    pub(super) manifest: Manifest,
}

/// A crate: a name with versions.
#[derive(Clone, Debug)]
pub(super) struct Krate {
    pub(super) name: CrateName,
    /// Whether another user owns it.
    pub(super) foreign: bool,
    pub(super) trusted_publishing_only: bool,
    /// Its versions, in the order in which they came.
    pub(super) releases: Vec<Release>,
}

/// All crates. Two spellings of one name are one key.
pub(super) type Krates = BTreeMap<CrateName, Krate>;

/// The state that requests change.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    krates: Krates,
    before: Krates,
}

impl Krate {
    /// The version that differs from `version` in build metadata at most.
    pub(super) fn release(&self, version: &Version) -> Option<&Release> {
        let wanted = without_build(version);
        self.releases.iter().find(|release| without_build(&release.version) == wanted)
    }
}

/// What tells two versions of one crate apart: all but the build metadata.
pub(super) fn without_build(version: &Version) -> Version {
    Version { build: BuildMetadata::EMPTY, ..version.clone() }
}

impl Store {
    /// The crates as they are, or as a look-up that lags behind shows them.
    pub(super) const fn seen(&self, lags: bool) -> &Krates {
        if lags { &self.before } else { &self.krates }
    }

    /// The crate of this name, however it is spelt.
    pub(super) fn krate(&self, name: &CrateName) -> Option<&Krate> {
        self.krates.get(name)
    }

    /// The crate that an address names.
    ///
    /// # Errors
    /// 404 when there is none.
    pub(super) fn find_krate(&self, name: &str) -> Checked<&Krate> {
        let known = name.parse::<CrateName>().ok().and_then(|name| self.krates.get(&name));
        known.ok_or_else(|| Refusal::of(404, format!("crate `{name}` does not exist")))
    }

    /// The version that an address names, to the letter.
    ///
    /// # Errors
    /// 404 when there is none.
    pub(super) fn find(&self, name: &str, version: &str) -> Checked<&Release> {
        let krate = self.find_krate(name)?;
        let found = krate.releases.iter().find(|release| release.version.to_string() == version);
        found.ok_or_else(|| {
            Refusal::of(404, format!("crate `{}` does not have a version `{version}`", krate.name))
        })
    }

    /// Stores a version.
    pub(super) fn put(&mut self, name: &CrateName, release: Release) {
        self.before = self.krates.clone();
        let fresh = || Krate {
            name: name.clone(),
            foreign: false,
            trusted_publishing_only: false,
            releases: Vec::new(),
        };
        self.krates.entry(name.clone()).or_insert_with(fresh).releases.push(release);
    }

    /// What is there now has been there for long: no look-up lags behind it.
    pub(super) fn settle(&mut self) {
        self.before.clone_from(&self.krates);
    }

    /// Changes a crate; nothing where there is none.
    pub(super) fn change(&mut self, name: &CrateName, change: impl FnOnce(&mut Krate)) -> Option<()> {
        self.krates.get_mut(name).map(change)
    }

    /// Yanks a version, or takes that back; nothing where there is none.
    pub(super) fn set_yanked(&mut self, name: &CrateName, version: &Version, yanked: bool) -> Option<()> {
        self.before = self.krates.clone();
        let releases = &mut self.krates.get_mut(name)?.releases;
        releases.iter_mut().find(|release| release.version == *version)?.yanked = yanked;
        Some(())
    }

    /// Every version.
    pub(super) fn published(&self) -> Vec<Publication> {
        let of = |krate: &Krate, release: &Release| Publication {
            name: krate.name.clone(),
            version: release.version.clone(),
            sha256: release.sha256,
            yanked: release.yanked,
            by: release.published_by,
        };
        self.krates
            .values()
            .flat_map(|krate| krate.releases.iter().map(move |release| of(krate, release)))
            .collect()
    }
}
