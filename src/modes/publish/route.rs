//! Which file goes where, and in which order. Pure: no registry is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use super::rules::{CIRCLE, NEED_NOWHERE, NO_SUCH_PACKAGE, NO_TARGET, NO_VERSION, NOT_FOR_VERSION, NOWHERE};
use crate::archive::crate_file::{CrateManifest, DependencyKind};
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::crate_name::CrateName;
use crate::model::name::PackageName;
use crate::model::target::{Package, Registry, RegistryName, Target};
use crate::model::version::Version;
use crate::report::Report;

/// A package of the release, as registries know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PackageId {
    /// A Python project.
    Project(PackageName),
    /// A crate.
    Crate(CrateName),
}

/// A file of the release, and where its bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) artifact: Artifact,
    pub(super) path: PathBuf,
}

/// The files of one package.
#[derive(Clone, Debug)]
pub(super) struct Load {
    pub(super) package: PackageId,
    pub(super) files: Vec<File>,
}

/// What goes to one registry together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) registry: Registry,
    pub(super) loads: Vec<Load>,
    /// What has to be there before, and where.
    pub(super) needs: BTreeSet<Place>,
}

/// A package at a registry.
pub(super) type Place = (RegistryName, PackageId);

/// The files of a release that registries take.
#[derive(Debug, Default)]
pub(super) struct Packages {
    pub(super) files: BTreeMap<PackageId, Vec<File>>,
    /// What the crates say of themselves.
    pub(super) manifests: BTreeMap<CrateName, CrateManifest>,
}

impl PackageId {
    /// The package that a file belongs to; none for what goes to no registry.
    pub(super) fn of(artifact: &Artifact) -> Option<Self> {
        match &artifact.kind {
            ArtifactKind::Distribution(distribution) => Some(Self::Project(distribution.name().clone())),
            ArtifactKind::Crate(file) => Some(Self::Crate(file.name().clone())),
            ArtifactKind::Other => None,
        }
    }

    fn is(&self, package: &Package) -> bool {
        match self {
            Self::Project(name) => package.is_project(name),
            Self::Crate(name) => package.is_crate(name),
        }
    }

    const fn is_for(&self, registry: &Registry) -> bool {
        matches!(self, Self::Project(_)) == registry.is_python()
    }
}

impl fmt::Display for PackageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project(name) => name.fmt(f),
            Self::Crate(name) => name.fmt(f),
        }
    }
}

impl Group {
    fn place(&self, load: &Load) -> Place {
        (self.registry.name.clone(), load.package.clone())
    }

    fn holds(&self, place: &Place) -> bool {
        self.registry.name == place.0 && self.loads.iter().any(|load| load.package == place.1)
    }
}

/// What goes where, in the order of publishing. What goes nowhere, and lines that make no sense beside these files, are
/// in the report.
pub(super) fn groups(
    packages: &Packages,
    targets: &[Target],
    version: Option<&Version>,
    report: &mut Report,
) -> Vec<Group> {
    let taken: Vec<Vec<&PackageId>> = targets.iter().map(|target| takes(target, targets, packages)).collect();
    for (package, files) in &packages.files {
        if !taken.iter().flatten().any(|other| *other == package) {
            let what = if matches!(package, PackageId::Crate(_)) { "the crate" } else { "the project" };
            let names: Vec<_> = files.iter().map(|file| format!("`{}`", file.artifact.file_name)).collect();
            let message = format!("{what} `{package}` goes nowhere, with {}", names.join(", "));
            report.push(NO_TARGET.finding(message));
        }
    }
    for package in targets.iter().flat_map(|target| target.packages.iter().chain(&target.needs)) {
        if !packages.files.keys().any(|id| id.is(package)) {
            let there: Vec<_> = packages.files.keys().map(|id| format!("`{id}`")).collect();
            let message = format!("there is no file of `{package}`; the release has {}", there.join(", "));
            report.push(NO_SUCH_PACKAGE.finding(message));
        }
    }
    let is_active = |target: &Target| {
        target.when.is_empty() || version.is_some_and(|version| target.takes_version(version))
    };
    for target in targets.iter().filter(|target| !is_active(target)) {
        report.push(match version {
            Some(version) => NOT_FOR_VERSION.finding(format!("`{target}` takes nothing of {version}")),
            None => NO_VERSION.finding(format!("whether `{target}` takes anything cannot be told")),
        });
    }
    if let Some(version) = version.filter(|_| !packages.files.is_empty() && !targets.iter().any(is_active)) {
        report.push(NOWHERE.finding(format!("nothing of {version} is published")));
    }
    let mut groups: Vec<(Group, &Target)> = Vec::new();
    for (target, taken) in targets.iter().zip(&taken).filter(|(target, _)| is_active(target)) {
        let name = &target.registry.name;
        let is_there =
            |id: &PackageId| groups.iter().any(|(group, _)| group.holds(&(name.clone(), id.clone())));
        let loads: Vec<_> = taken
            .iter()
            .filter(|id| !is_there(id))
            .map(|id| Load { package: (*id).clone(), files: packages.files[*id].clone() })
            .collect();
        // Crates go one by one, since each may need another of its line.
        let parts: Vec<_> = if target.registry.is_python() {
            vec![loads]
        } else {
            loads.into_iter().map(|load| vec![load]).collect()
        };
        let parts = parts.into_iter().filter(|loads| !loads.is_empty());
        groups.extend(parts.map(|loads| {
            (Group { registry: target.registry.clone(), loads, needs: BTreeSet::new() }, target)
        }));
    }
    tell_lost_needs(&groups, packages, report);
    let needs: Vec<_> =
        groups.iter().map(|(group, target)| needed(group, target, &groups, packages)).collect();
    let groups: Vec<_> =
        groups.into_iter().zip(needs).map(|((group, _), needs)| Group { needs, ..group }).collect();
    let groups = behind_what_tests_need(groups, packages);
    in_order(groups).unwrap_or_else(|circle| {
        let names: Vec<_> =
            circle.iter().flat_map(|group| &group.loads).map(|load| format!("`{}`", load.package)).collect();
        report.push(CIRCLE.finding(format!("among {}", names.join(", "))));
        circle
    })
}

/// What a line takes, whatever its `when` says: what it names, else what no other line for registries of this kind names.
fn takes<'a>(target: &Target, targets: &[Target], packages: &'a Packages) -> Vec<&'a PackageId> {
    let fits = |id: &&PackageId| id.is_for(&target.registry);
    let all = packages.files.keys().filter(fits);
    if !target.packages.is_empty() {
        // In the order of the line.
        let all: Vec<_> = all.collect();
        return target
            .packages
            .iter()
            .filter_map(|package| all.iter().copied().find(|id| id.is(package)))
            .collect();
    }
    let named = |id: &PackageId| {
        let others = targets.iter().filter(|other| other.registry.is_python() == target.registry.is_python());
        others.flat_map(|other| &other.packages).any(|package| id.is(package))
    };
    all.filter(|id| !named(id)).collect()
}

/// A need that the release could meet and that no line sends anywhere would otherwise be no need at all.
fn tell_lost_needs(groups: &[(Group, &Target)], packages: &Packages, report: &mut Report) {
    let mut told: BTreeSet<(&PackageId, &str)> = BTreeSet::new();
    for (group, target) in groups {
        for need in &target.needs {
            let is_of_set = packages.files.keys().any(|id| id.is(need));
            let goes_out =
                groups.iter().flat_map(|(other, _)| &other.loads).any(|load| load.package.is(need));
            if !is_of_set || goes_out {
                continue;
            }
            for load in &group.loads {
                if told.insert((&load.package, need.written())) {
                    let message = format!("`{}` needs `{need}`, which no line sends anywhere", load.package);
                    report.push(NEED_NOWHERE.finding(message));
                }
            }
        }
    }
}

/// What has to be out before a group: what its line needs, at the same registry where it goes there, else wherever it goes;
/// and for crates what their manifests need.
fn needed(
    group: &Group,
    target: &Target,
    groups: &[(Group, &Target)],
    packages: &Packages,
) -> BTreeSet<Place> {
    let places = || groups.iter().flat_map(|(other, _)| other.loads.iter().map(|load| other.place(load)));
    let mut needs = BTreeSet::new();
    for package in &target.needs {
        let found: Vec<_> = places().filter(|(_, id)| id.is(package)).collect();
        let here: Vec<_> =
            found.iter().filter(|(registry, _)| *registry == group.registry.name).cloned().collect();
        needs.extend(if here.is_empty() { found } else { here });
    }
    for load in &group.loads {
        let PackageId::Crate(name) = &load.package else { continue };
        let Some(manifest) = packages.manifests.get(name) else { continue };
        let wanted = manifest.dependencies().iter().filter(|found| found.kind != DependencyKind::Dev);
        let wanted: Vec<_> = wanted.map(|found| PackageId::Crate(found.name.clone())).collect();
        needs.extend(places().filter(|(name, id)| *name == group.registry.name && wanted.contains(id)));
    }
    needs.retain(|place| !group.holds(place));
    needs
}

/// A registry also wants to know what a crate's tests need. Crates may test one another in a circle, which cargo allows:
/// there, and only there, such a need is left out.
fn behind_what_tests_need(mut groups: Vec<Group>, packages: &Packages) -> Vec<Group> {
    for at in 0..groups.len() {
        let group = &groups[at];
        let names = group.loads.iter().filter_map(|load| match &load.package {
            PackageId::Crate(name) => packages.manifests.get(name),
            PackageId::Project(_) => None,
        });
        let tested = names.flat_map(|manifest| manifest.dependencies());
        // One without a version is by path, and no registry hears of it.
        let tested = tested.filter(|found| {
            found.kind == DependencyKind::Dev && found.requirement != semver::VersionReq::STAR
        });
        let wanted: Vec<Place> = tested
            .map(|found| (group.registry.name.clone(), PackageId::Crate(found.name.clone())))
            .filter(|place| groups.iter().any(|other| other.holds(place)))
            .collect();
        for place in wanted {
            if !leads_to(&groups, &place, at) {
                groups[at].needs.insert(place);
            }
        }
    }
    groups
}

/// Whether a package needs the group, itself or through others.
fn leads_to(groups: &[Group], from: &Place, to: usize) -> bool {
    let (mut open, mut seen) = (vec![from], BTreeSet::new());
    while let Some(place) = open.pop() {
        if groups[to].holds(place) {
            return true;
        }
        if seen.insert(place) {
            open.extend(groups.iter().filter(|group| group.holds(place)).flat_map(|group| &group.needs));
        }
    }
    false
}

/// The same groups, each behind what it needs, otherwise as they are; the ones that are left when that cannot be.
fn in_order(mut groups: Vec<Group>) -> Result<Vec<Group>, Vec<Group>> {
    let mut ordered = Vec::new();
    while !groups.is_empty() {
        let is_free =
            |group: &Group| !group.needs.iter().any(|need| groups.iter().any(|other| other.holds(need)));
        match groups.iter().position(is_free) {
            Some(at) => ordered.push(groups.remove(at)),
            None => return Err(groups),
        }
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests;
