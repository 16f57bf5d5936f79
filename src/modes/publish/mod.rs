//! publish: wheels, sdists and crates to their registries. The irreversible step.
//!
//! Everything is looked at for every registry before the first byte is sent; then files go out in the order of regret,
//! and each is proven by reading it back. What a registry says of an upload is never believed.

mod answer;
mod attestations;
mod error;
mod lockstep;
mod preflight;
pub(crate) mod registry;
mod route;
mod rules;
mod run;
mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::release_set::ReleaseSet;
use crate::archive;
use crate::model::artifact::{Artifact, Distribution, FileName};
use crate::model::crate_name::CrateFile;
use crate::model::manifest::{Manifest, Origin};
use crate::model::minutes::Minutes;
use crate::model::target::{Registry, RegistryName, Target};
use crate::model::version::Version;
use crate::plan::context::Context;
use crate::plan::execute::Looks;
use crate::plan::{Mode, Plan};
use crate::remote::cargo::CrateUpload;
use crate::remote::disk::bound::BoundManifest;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::RemoteError;
use crate::remote::pypi::Upload;
use crate::remote::surroundings::Event;
use crate::report::Report;
use answer::{Published, Row};
use error::{Fault, PublishError};
use preflight::{Looked, is_crates_io, is_public_index};
use registry::{Readers, RegistryWrite, Seen, Standing, Writers};
use route::{File, Group, Load, PackageId, Packages, Place};
pub(crate) use rules::RULES;
use rules::{
    LARGE, LOCAL_VERSION, NO_PROVENANCE, NOTHING, OTHER_BYTES, OTHER_VERSION, SKIPPED, TOO_LARGE, UNDECLARED,
    YANKED,
};
use run::{Run, Sent};
use step::{Await, Send, Step};

/// No project of PyPI may have larger files, whatever its limit.
const PYPI_BYTES: u64 = 1 << 30;
/// crates.io takes no larger upload.
const CRATES_IO_BYTES: u64 = 10 << 20;

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct Publish {
    /// Which files.
    pub(crate) set: ReleaseSet,
    /// What is known of where they come from.
    pub(crate) origin: Origin,
    /// Where they go, in the order of publishing.
    pub(crate) targets: Vec<Target>,
    /// What of a file whose name is taken by other bytes.
    pub(crate) skip_existing: SkipExisting,
    /// How many files go to an index at the same time.
    pub(crate) concurrency: Concurrency,
    /// How large a file may be that a public index takes.
    pub(crate) size_limit: SizeLimit,
    /// Where the attestations are.
    pub(crate) attestations: Option<PathBuf>,
    /// Whether trusted publishing is tried out before anything is sent.
    pub(crate) probe: bool,
    /// How long a registry may take to show what was sent.
    pub(crate) patience: Minutes,
    /// What the run remembers.
    pub(crate) run: Run,
}

/// What of a file whose name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SkipExisting {
    /// The same bytes are skipped.
    Same,
    /// Any bytes are.
    Any,
}

/// How many files go to an index at the same time: 1 to 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Concurrency(usize);

/// How large a file may be that a public index takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SizeLimit {
    /// The user says so.
    Given(u64),
    /// What projects have where nobody raised it.
    Usual(u64),
}

/// A text that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is {what}")]
pub(crate) struct Unusable {
    text: String,
    what: &'static str,
}

impl FromStr for SkipExisting {
    type Err = Unusable;

    fn from_str(text: &str) -> Result<Self, Unusable> {
        match text {
            "same" => Ok(Self::Same),
            "any" => Ok(Self::Any),
            _ => Err(Unusable { text: text.chars().take(60).collect(), what: "neither `same` nor `any`" }),
        }
    }
}

impl FromStr for Concurrency {
    type Err = Unusable;

    fn from_str(text: &str) -> Result<Self, Unusable> {
        let number = text.parse().ok().filter(|number| (1..=16).contains(number));
        number
            .map(Self)
            .ok_or_else(|| Unusable { text: text.chars().take(60).collect(), what: "no number from 1 to 16" })
    }
}

impl Publish {
    /// The request with what stands for inputs that are not given.
    pub(crate) fn new(set: ReleaseSet, origin: Origin, targets: Vec<Target>) -> Self {
        Self {
            set,
            origin,
            targets,
            skip_existing: SkipExisting::Same,
            // PyPI takes row locks for each project, and uploads to it were designed to run side by side.
            concurrency: Concurrency(4),
            size_limit: SizeLimit::Usual(100 << 20),
            attestations: None,
            probe: false,
            patience: Minutes::of(10),
            run: Run::default(),
        }
    }

    fn registry(&self, name: &RegistryName) -> &Registry {
        let mut registries = self.targets.iter().map(|target| &target.registry);
        registries.find(|registry| registry.name == *name).expect("only lines name registries")
    }
}

impl Mode for Publish {
    const NAME: &'static str = "publish";
    type Step = Step;
    type Output = Published;
    type Error = PublishError;
    type Readers = Readers;
    type Writers = Writers;

    fn concurrency(&self) -> usize {
        self.concurrency.0
    }

    fn looks(&self) -> Looks {
        Looks::within(self.patience.duration())
    }

    async fn plan(&self, cx: &Context, readers: &Readers) -> Result<Plan<Step, Published>, PublishError> {
        let vetting = self.set.vet(&readers.disk, &self.origin, &cx.surroundings.progress)?;
        let mut plan = Plan {
            waves: Vec::new(),
            report: vetting.report,
            present: 0,
            waiting_for: None,
            output: Published { run: self.run.clone(), ..Published::default() },
        };
        for target in &self.targets {
            if !plan.output.indexes.contains(target.registry.index()) {
                plan.output.indexes.push(target.registry.index().clone());
            }
        }
        let Some(bound) = vetting.bound else { return Ok(plan) };
        let (plan, faults) = self.planned(plan, &bound, readers).await?;
        if faults.is_empty() { Ok(plan) } else { Err(PublishError::unsure(plan, faults)) }
    }

    async fn preflight(
        &self,
        _cx: &Context,
        first: Result<Plan<Step, Published>, PublishError>,
        writers: Option<&Writers>,
    ) -> Result<Plan<Step, Published>, PublishError> {
        self.judged(first, writers).await
    }

    async fn leave(&self, _cx: &Context, writers: &Writers) {
        for way in writers.registries.values().flatten() {
            match &way.write {
                RegistryWrite::Cargo(index) => index.revoke().await,
                // Python indexes have no way to give a token back; it ends by itself.
                RegistryWrite::Python(_) => {}
            }
        }
    }

    async fn apply(&self, cx: &Context, step: &Step, writers: &Writers) -> Result<(), PublishError> {
        match step {
            Step::Send(send) => {
                let sent = self.send(send, writers).await;
                let remember = |sent| self.run.remember(&send.registry, &send.file.artifact, sent);
                match &sent {
                    Ok(()) => remember(Sent::Taken),
                    Err(PublishError::Remote(error)) if error.is_ambiguous() => remember(Sent::Maybe),
                    Err(_) => {}
                }
                sent
            }
            Step::Await(awaited) => self.wait(cx, awaited, &writers.read).await,
        }
    }
}

impl Publish {
    /// The whole plan, and what kept registries from being asked: the others are looked at all the same.
    async fn planned(
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
            let is_of_tag = |version: &Version, written: &str| {
                spelled(file).is_some_and(|own| own == *version) || file.version().to_string() == written
            };
            if let Some(tag) = tag.filter(|tag| !is_of_tag(tag.version(), tag.written_version())) {
                let message =
                    format!("the tag `{tag}` says {}, the crate says {}", tag.version(), file.version());
                report.push(OTHER_VERSION.finding(message).in_file(file.to_string()));
            }
        }
        let of_tag = || tag.map(|tag| tag.version().clone());
        manifest.version().cloned().or_else(of_tag).or_else(|| crates().find_map(spelled))
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

    fn too_large(&self, registry: &Registry, file: &File) -> Option<crate::report::Finding> {
        let size = file.artifact.size_bytes;
        let (rule, most) = match self.size_limit {
            _ if is_crates_io(registry) => (TOO_LARGE, CRATES_IO_BYTES),
            _ if !is_public_index(registry) => return None,
            SizeLimit::Given(most) => (TOO_LARGE, most),
            SizeLimit::Usual(_) if size > PYPI_BYTES => (TOO_LARGE, PYPI_BYTES),
            SizeLimit::Usual(most) => (LARGE, most),
        };
        let message = format!("it has {size} bytes, and `{registry}` takes {most}");
        (size > most).then(|| rule.finding(message).in_file(file.artifact.file_name.to_string()))
    }

    async fn send(&self, send: &Send, writers: &Writers) -> Result<(), PublishError> {
        let File { artifact, path } = &send.file;
        let changed = || PublishError::Changed { file: path.clone() };
        let disk = &writers.read.disk;
        match &writers.way(&send.registry)?.write {
            RegistryWrite::Python(index) => {
                let file = disk.open(path)?;
                let metadata = archive::core_metadata(&file, artifact).map_err(|_error| changed())?;
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
    async fn wait(&self, cx: &Context, awaited: &Await, readers: &Readers) -> Result<(), PublishError> {
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

/// A crate's version as the versions of other files are read, where it can be.
fn spelled(file: &CrateFile) -> Option<Version> {
    Version::from_semver(&file.version().to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_that_make_no_sense_are_refused() {
        assert_eq!(["same", "any"].map(str::parse), [Ok(SkipExisting::Same), Ok(SkipExisting::Any)]);
        assert_eq!(["1", "16"].map(str::parse), [Ok(Concurrency(1)), Ok(Concurrency(16))]);
        for bad in ["", "0", "17", "-1", "many"] {
            assert!(bad.parse::<Concurrency>().is_err() && bad.parse::<SkipExisting>().is_err(), "{bad}");
        }
    }
}
