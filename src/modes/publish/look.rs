//! The look: what every registry holds, what stands against sending anything, and what is left to send.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Published, Row};
use super::error::{Fault, PublishError};
use super::preflight::{Looked, is_crates_io, is_public_index};
use super::registry::{Readers, Seen, Standing};
use super::route::{self, File, Group, Load, PackageId, Packages, Place};
use super::rules::{
    LARGE, LOCAL_VERSION, NO_PROVENANCE, NOTHING, OTHER_BYTES, OTHER_VERSION, SKIPPED, TOO_LARGE, UNDECLARED,
    YANKED,
};
use super::step::{self, Await, Send, Step};
use super::{Publish, SizeLimit, SkipExisting, attestations, lockstep};
use crate::model::artifact::{Distribution, FileName};
use crate::model::crate_name::CrateFile;
use crate::model::manifest::Manifest;
use crate::model::target::Registry;
use crate::model::version::Version;
use crate::plan::Plan;
use crate::remote::disk::bound::BoundManifest;
use crate::remote::disk::read::DiskRead;
use crate::report::{Finding, Report};

/// No project of PyPI may have larger files, whatever its limit.
const PYPI_BYTES: u64 = 1 << 30;
/// crates.io takes no larger upload.
const CRATES_IO_BYTES: u64 = 10 << 20;

impl Publish {
    /// The whole plan, and what kept registries from being asked: the others are looked at all the same.
    pub(super) async fn planned(
        &self,
        mut plan: Plan<Step, Published>,
        bound: &BoundManifest,
        readers: &Readers,
    ) -> Result<Looked, PublishError> {
        let packages = self.packages(bound, &readers.disk)?;
        let manifest = bound.manifest();
        let version = self.check(manifest, &packages, &mut plan.report);
        plan.output.projects = manifest.projects();
        plan.output.version = manifest.version().or(version.as_ref()).map(ToString::to_string);
        plan.output.artifacts = packages.files.values().flatten().map(|file| file.artifact.clone()).collect();
        plan.output.artifacts.sort_by(|a, b| a.file_name.cmp(&b.file_name));
        let groups = route::groups(&packages, &self.targets, version.as_ref(), &mut plan.report);
        plan.report.extend(self.run.lockstep(|| lockstep::find(&readers.disk, &packages))?);
        let attestations = self.attestations(&readers.disk, &packages, &mut plan.report)?;
        let mut faults: Vec<Fault> = Vec::new();
        let mut shown = BTreeSet::new();
        for group in &groups {
            let name = &group.registry.name;
            // One request is enough to learn that a registry does not answer.
            if faults.iter().any(|fault| fault.registry == *name) {
                continue;
            }
            let mut sends = Vec::new();
            let mut begun = BTreeSet::new();
            let mut sent = Vec::new();
            for load in &group.loads {
                let seen = match readers.registry(name).look(load).await {
                    Ok(seen) => seen,
                    Err(error) => {
                        faults.push(Fault { registry: name.clone(), error });
                        break;
                    }
                };
                self.tell(group, load, &seen, &attestations, &mut plan.report);
                if seen.is_new {
                    plan.output.new.insert((name.clone(), load.package.clone()));
                }
                let mut late = Vec::new();
                for (file, standing) in load.files.iter().zip(&seen.standings) {
                    match standing {
                        Standing::Missing if self.run.sent(name, &file.artifact).is_some() => {
                            late.push(file.clone())
                        }
                        Standing::Missing => sends.push(self.step(group, load, file, &attestations)),
                        Standing::Proven { .. } => drop(begun.insert(load.package.clone())),
                        Standing::Other(_) => {}
                    }
                    plan.present += usize::from(*standing != Standing::Missing);
                    let (registry, file) = (name.clone(), file.clone());
                    plan.output.rows.push(Row { registry, file, standing: standing.clone() });
                }
                if seen.standings.iter().all(|standing| *standing != Standing::Missing) {
                    shown.insert((name.clone(), load.package.clone()));
                }
                // Nothing is sent twice: what was sent has to show.
                if !late.is_empty() {
                    sent.push(self.awaiting(group, load, late));
                }
            }
            if !sends.is_empty() {
                plan.waves.extend(self.before(group, &groups, &shown));
            }
            plan.waves.extend((!sent.is_empty()).then_some(sent));
            plan.waves.extend(step::waves(sends, begun));
        }
        plan.output.present = plan.present;
        Ok((plan, faults))
    }

    /// What a group waits for: packages that it needs and that do not show yet, all of them.
    fn before(&self, group: &Group, groups: &[Group], shown: &BTreeSet<Place>) -> Option<Vec<Step>> {
        let needed = groups.iter().flat_map(|other| other.loads.iter().map(move |load| (other, load)));
        let needed = needed.filter(|(other, load)| {
            let place = (other.registry.name.clone(), load.package.clone());
            group.needs.contains(&place) && !shown.contains(&place)
        });
        let steps: Vec<_> =
            needed.map(|(other, load)| self.awaiting(other, load, load.files.clone())).collect();
        (!steps.is_empty()).then_some(steps)
    }

    fn awaiting(&self, group: &Group, load: &Load, files: Vec<File>) -> Step {
        Step::Await(Await {
            files,
            package: load.package.clone(),
            registry: group.registry.name.clone(),
            host: group.registry.index().authority().to_owned(),
        })
    }

    fn step(
        &self,
        group: &Group,
        load: &Load,
        file: &File,
        attestations: &BTreeMap<FileName, String>,
    ) -> Send {
        Send {
            file: file.clone(),
            package: load.package.clone(),
            registry: group.registry.name.clone(),
            host: group.registry.index().authority().to_owned(),
            attestations: attestations.get(&file.artifact.file_name).cloned(),
        }
    }

    /// The files that registries take, and what the crates among them say of themselves.
    fn packages(&self, bound: &BoundManifest, disk: &DiskRead) -> Result<Packages, PublishError> {
        let mut packages = Packages::default();
        for (artifact, path) in bound.files() {
            let Some(id) = PackageId::of(artifact) else { continue };
            if let PackageId::Crate(name) = &id {
                let packed = self.run.packed(disk, artifact, path)?;
                packages.manifests.insert(name.clone(), packed.manifest.clone());
            }
            let file = File { artifact: artifact.clone(), path: path.to_path_buf() };
            packages.files.entry(id).or_default().push(file);
        }
        Ok(packages)
    }

    /// What can be said of the files without asking anybody. Answers the version that lines are chosen by.
    fn check(&self, manifest: &Manifest, packages: &Packages, report: &mut Report) -> Option<Version> {
        if packages.files.is_empty() {
            report.push(NOTHING.finding("none of the files is a wheel, an sdist or a crate"));
        }
        let tag = self.origin.tag.as_ref().or(manifest.origin().tag.as_ref());
        if let (Some(tag), Some(version)) = (tag, manifest.version())
            && tag.version() != version
        {
            let message = format!("the tag `{tag}` says {}, the files say {version}", tag.version());
            report.push(OTHER_VERSION.finding(message));
        }
        let crates = || packages.files.values().flatten().filter_map(|file| file.artifact.packed_crate());
        for file in crates() {
            if let Some(tag) = tag.filter(|tag| !tag.names(file)) {
                let message =
                    format!("the tag `{tag}` says {}, the crate says {}", tag.version(), file.version());
                report.push(OTHER_VERSION.finding(message).in_file(file.to_string()));
            }
        }
        let of_tag = || tag.map(|tag| tag.version().clone());
        manifest.version().cloned().or_else(of_tag).or_else(|| crates().find_map(CrateFile::common_version))
    }

    fn attestations(
        &self,
        disk: &DiskRead,
        packages: &Packages,
        report: &mut Report,
    ) -> Result<BTreeMap<FileName, String>, PublishError> {
        let Some(folder) = &self.attestations else { return Ok(BTreeMap::new()) };
        Ok(attestations::read(disk, folder, packages.files.values().flatten(), report)?)
    }

    /// What stands against the files of a package at one registry.
    fn tell(
        &self,
        group: &Group,
        load: &Load,
        seen: &Seen,
        attestations: &BTreeMap<FileName, String>,
        report: &mut Report,
    ) {
        let (registry, host) = (&group.registry, group.registry.index().authority());
        for (file, standing) in load.files.iter().zip(&seen.standings) {
            let artifact = &file.artifact;
            let name = artifact.file_name.to_string();
            match standing {
                Standing::Missing => report.extend(self.too_large(registry, file)),
                Standing::Other(theirs) => {
                    let message =
                        format!("{host} has it with {theirs}, here it has sha256 {}", artifact.sha256);
                    let rule = if self.skip_existing == SkipExisting::Any { SKIPPED } else { OTHER_BYTES };
                    report.push(rule.finding(message).in_file(name));
                }
                Standing::Proven { yanked, provenance } => {
                    if *yanked {
                        report.push(YANKED.finding(format!("{host} has it yanked")).in_file(name.clone()));
                    }
                    if provenance.is_none() && attestations.contains_key(&artifact.file_name) {
                        let message = format!("{host} shows the file and no provenance of it");
                        report.push(NO_PROVENANCE.finding(message).in_file(name));
                    }
                }
            }
        }
        for name in &seen.undeclared {
            let message = "it is on the index and not in the manifest";
            report.push(UNDECLARED.finding(message).in_file(name.clone()));
        }
        let version =
            load.files.iter().find_map(|file| file.artifact.distribution()).map(Distribution::version);
        if let Some(version) = version.filter(|version| version.is_local() && is_public_index(registry)) {
            report.push(
                LOCAL_VERSION.finding(format!("the files of `{}` are of version {version}", load.package)),
            );
        }
    }

    fn too_large(&self, registry: &Registry, file: &File) -> Option<Finding> {
        let size = file.artifact.size_bytes;
        let (rule, most) = match self.size_limit {
            _ if !(is_crates_io(registry) || is_public_index(registry)) => return None,
            SizeLimit::Given(most) => (TOO_LARGE, most),
            SizeLimit::Usual(_) if is_crates_io(registry) => (TOO_LARGE, CRATES_IO_BYTES),
            SizeLimit::Usual(_) if size > PYPI_BYTES => (TOO_LARGE, PYPI_BYTES),
            SizeLimit::Usual(most) => (LARGE, most),
        };
        let message = format!("it has {size} bytes, and `{registry}` takes {most}");
        (size > most).then(|| rule.finding(message).in_file(file.artifact.file_name.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::artifact::{Artifact, ArtifactKind};
    use crate::model::digest::Hashes;
    use crate::model::manifest::Origin;
    use crate::model::target::{Registries, Target};
    use crate::modes::release_set::ReleaseSet;

    /// Which rule a file of so many bytes breaks at a registry.
    fn broken(registry: &str, limit: SizeLimit, size_bytes: u64) -> Option<&'static str> {
        let registries =
            Registries::read(Registries::default_index(), "own = python http://[::1]/ http://[::1]/simple/");
        let targets = Target::read(registry, &registries.expect("good")).expect("good");
        let registry = targets[0].registry.clone();
        let set = ReleaseSet::Manifest { file: "manifest.json".into(), folders: Vec::new() };
        let publish = Publish { size_limit: limit, ..Publish::new(set, Origin::default(), targets) };
        let hashes = Hashes { size_bytes, ..Hashes::of(b"") };
        let artifact = Artifact::new("sample-1.0.tar.gz".parse().expect("good"), hashes, ArtifactKind::Other);
        publish
            .too_large(&registry, &File { artifact, path: "sample-1.0.tar.gz".into() })
            .map(|finding| finding.check)
    }

    #[test]
    fn sizes_are_held_to_what_the_registry_takes() {
        const MIB: u64 = 1 << 20;
        let usual = || SizeLimit::Usual(100 * MIB);
        for (registry, limit, size, expected) in [
            ("pypi", usual(), 100 * MIB, None),
            ("pypi", usual(), 100 * MIB + 1, Some("publish/large")),
            ("testpypi", usual(), 1024 * MIB, Some("publish/large")),
            ("pypi", usual(), 1024 * MIB + 1, Some("publish/too-large")),
            ("pypi", SizeLimit::Given(300 * MIB), 300 * MIB, None),
            ("pypi", SizeLimit::Given(300 * MIB), 300 * MIB + 1, Some("publish/too-large")),
            ("crates-io", usual(), 10 * MIB, None),
            ("crates-io", usual(), 10 * MIB + 1, Some("publish/too-large")),
            ("crates-io", SizeLimit::Given(20 * MIB), 20 * MIB, None),
            ("own", usual(), 2048 * MIB, None),
        ] {
            assert_eq!(broken(registry, limit, size), expected, "{registry} {size}");
        }
    }
}
