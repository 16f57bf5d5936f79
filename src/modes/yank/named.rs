//! Which packages are meant: those of the manifest, as the lines of `targets` share them out, or those that the lines
//! name.

use std::fmt;

use super::rules::{NOT_IN_MANIFEST, NOT_NAMED, NOT_TAKEN, OTHER_RELEASE};
use crate::model::artifact::{Artifact, Distribution};
use crate::model::crate_name::CrateName;
use crate::model::manifest::Manifest;
use crate::model::name::PackageName;
use crate::model::tag::Tag;
use crate::model::target::{Package, Registry, Target};
use crate::model::version::Version;
use crate::report::Report;

/// A package in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// All files of a Python project.
    Project(PackageName, Version),
    /// A crate.
    Crate(CrateName, semver::Version),
}

impl Subject {
    /// Its name and its version, as its registry has them.
    pub(super) fn texts(&self) -> (String, String) {
        match self {
            Self::Project(name, version) => (name.normal().to_owned(), version.to_string()),
            Self::Crate(name, version) => (name.to_string(), version.to_string()),
        }
    }

    const fn is_project(&self) -> bool {
        matches!(self, Self::Project(..))
    }

    fn is_called(&self, package: &Package) -> bool {
        match self {
            Self::Project(name, _) => package.is_project(name),
            Self::Crate(name, _) => package.is_crate(name),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, version) = self.texts();
        write!(f, "`{name}` {version}")
    }
}

/// What is known of the release.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    pub(super) tag: &'a Tag,
    pub(super) manifest: Option<&'a Manifest>,
    pub(super) targets: &'a [Target],
}

impl Named<'_> {
    /// The packages, each with its registry, in the order of the lines.
    pub(super) fn wanted(&self, report: &mut Report) -> Vec<(Registry, Subject)> {
        match self.manifest {
            Some(manifest) => self.of_manifest(manifest, report),
            None => self.targets.iter().flat_map(|target| self.of_names(target, report)).collect(),
        }
    }

    fn of_manifest(&self, manifest: &Manifest, report: &mut Report) -> Vec<(Registry, Subject)> {
        let tag = self.tag;
        let other_tag = manifest
            .origin()
            .tag
            .as_ref()
            .filter(|other| *other != tag)
            .map(|other| format!("tag `{other}`"));
        let version = manifest.version().filter(|version| *version != tag.version());
        let other_version = version.map(|version| format!("version {version}"));
        let mut crates = manifest.artifacts().iter().filter_map(Artifact::packed_crate);
        let other_version = other_version.or_else(|| {
            crates.find(|krate| !tag.names(krate)).map(|krate| format!("crate `{}`", krate.stem()))
        });
        if let Some(other) = other_tag.or(other_version) {
            report
                .push(OTHER_RELEASE.finding(format!("`{tag}` is meant, and the manifest is of the {other}")));
            return Vec::new();
        }
        let subjects = subjects(manifest);
        let mut wanted: Vec<(Registry, Subject)> = Vec::new();
        for target in self.targets {
            for package in &target.packages {
                let is_it = |subject: &&Subject| {
                    subject.is_project() == target.registry.is_python() && subject.is_called(package)
                };
                if !subjects.iter().any(|subject| is_it(&subject)) {
                    report.push(NOT_IN_MANIFEST.finding(format!("`{package}` of the line `{target}`")));
                }
            }
            let taken = subjects.iter().filter(|subject| self.takes(target, subject));
            wanted.extend(taken.map(|subject| (target.registry.clone(), subject.clone())));
        }
        for subject in subjects {
            if wanted.iter().all(|(_, other)| *other != subject) {
                report.push(NOT_TAKEN.finding(format!("no line of `targets` is about {subject}")));
            }
        }
        wanted
    }

    /// A line that names no packages takes those of its kind that no line names.
    fn takes(&self, target: &Target, subject: &Subject) -> bool {
        let is_of_kind = |target: &Target| target.registry.is_python() == subject.is_project();
        let names = |target: &Target| target.packages.iter().any(|package| subject.is_called(package));
        let is_taken = if target.packages.is_empty() {
            !self.targets.iter().any(|other| is_of_kind(other) && names(other))
        } else {
            names(target)
        };
        is_of_kind(target) && is_taken && target.takes_version(self.tag.version())
    }

    fn of_names(&self, target: &Target, report: &mut Report) -> Vec<(Registry, Subject)> {
        if !target.takes_version(self.tag.version()) {
            return Vec::new();
        }
        if target.packages.is_empty() {
            let message = format!("there is no manifest, and the line `{target}` does not name its packages");
            report.push(NOT_NAMED.finding(message));
        }
        let mut wanted = Vec::new();
        for package in &target.packages {
            match self.subject(target, package) {
                Some(subject) => wanted.push((target.registry.clone(), subject)),
                None => {
                    let version = self.tag.version();
                    let message = format!(
                        "the version {version} of the tag has no spelling in which `{}` could have `{package}`",
                        target.registry
                    );
                    report.push(NOT_NAMED.finding(message));
                }
            }
        }
        wanted
    }

    fn subject(&self, target: &Target, package: &Package) -> Option<Subject> {
        let version = self.tag.version();
        if target.registry.is_python() {
            return Some(Subject::Project(package.written().parse().ok()?, version.clone()));
        }
        let version = semver::Version::parse(&version.semver()?).ok()?;
        Some(Subject::Crate(package.written().parse().ok()?, version))
    }
}

/// The packages that a release consisted of, projects before crates.
fn subjects(manifest: &Manifest) -> Vec<Subject> {
    let version = manifest.version().into_iter();
    let projects = version.flat_map(|version| {
        manifest.projects().into_iter().map(|name| Subject::Project(name, version.clone()))
    });
    let crates = manifest.artifacts().iter().filter_map(Artifact::packed_crate);
    projects
        .chain(crates.map(|found| Subject::Crate(found.name().clone(), found.version().clone())))
        .collect()
}

/// Whether a file of an index belongs to this version of its project.
pub(super) fn is_of(file_name: &str, version: &Version) -> bool {
    let distribution = file_name.parse().ok().as_ref().and_then(Distribution::of_file_name);
    distribution.is_some_and(|found| found.version() == version)
}
