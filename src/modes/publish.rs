//! publish: wheels and sdists to a Python index. The irreversible step.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use super::release_set::{ReleaseSet, ReleaseSetError};
use crate::archive;
use crate::model::artifact::{Artifact, Delta, Distribution};
use crate::model::endpoints::Endpoint;
use crate::model::manifest::{Manifest, Origin};
use crate::model::name::PackageName;
use crate::plan::context::Context;
use crate::plan::{Failure, Mode, Output, OutputField, Plan, SeenFile, Step};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::pypi::read::IndexRead;
use crate::remote::pypi::write::IndexWrite;
use crate::remote::pypi::{IndexFile, Upload};
use crate::report::{Report, Rule, Severity};

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct Publish {
    /// Which files.
    pub(crate) set: ReleaseSet,
    /// What is known of where they come from.
    pub(crate) origin: Origin,
    /// The index that people install from, for the answer.
    pub(crate) index_url: Endpoint,
}

const NOTHING: Rule = Rule {
    id: "publish/nothing",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "There is no wheel and no sdist to publish",
    explain: "An index takes wheels and sdists. A run that published nothing must not look like one that did.",
    fix: "look whether the wheels were collected into `packages-dir`, and whether that is the right folder",
    sources: &["design: verifying nothing is a failure"],
    since: "0.1.0",
};

const OTHER_BYTES: Rule = Rule {
    id: "publish/other-bytes",
    severity: Severity::Error,
    rejected_by: &["pypi"],
    summary: "The index already holds other bytes under this name",
    explain: "A file that is out cannot be replaced: people and lock files may already have its digest. Nothing was \
              sent. A build is rarely the same twice.",
    fix: "publish the bytes that are out, or release a new version",
    sources: &[
        "PyPI: a file name can be used once",
        "incident: a run that skipped by name was green with old bytes on the index",
    ],
    since: "0.1.0",
};

const LOCAL_VERSION: Rule = Rule {
    id: "publish/local-version",
    severity: Severity::Error,
    rejected_by: &["pypi"],
    summary: "A version with a local part (`+…`) cannot be published",
    explain: "Local versions are for builds that stay at home; public indexes refuse them. Version tools add a local \
              part when the tree is not exactly at the tag.",
    fix: "build from a clean checkout of the tag",
    sources: &["PEP 440: local version identifiers"],
    since: "0.1.0",
};

const OTHER_VERSION: Rule = Rule {
    id: "publish/version-not-of-tag",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The files are of another version than the tag",
    explain: "What would go out is not what was tagged, and its version number could never be used again.",
    fix: "tag the commit that carries the version, or collect the files that were built from the tag",
    sources: &["incident: tags and built files disagreed"],
    since: "0.1.0",
};

const UNDECLARED: Rule = Rule {
    id: "publish/undeclared-file",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The index holds a file of this version that is not in the manifest",
    explain: "Somebody else published it, or it was dropped from this build. Installers may choose it.",
    fix: "find out who published it, and yank it on the index if it does not belong to the release",
    sources: &["design: one manifest names all files of a release"],
    since: "0.1.0",
};

/// The rules of this mode.
pub(crate) const RULES: &[Rule] = &[NOTHING, OTHER_BYTES, LOCAL_VERSION, OTHER_VERSION, UNDECLARED];

/// Its effect: one file goes out.
#[derive(Clone, Debug)]
pub(crate) struct Send {
    artifact: Artifact,
    distribution: Distribution,
    path: PathBuf,
    host: String,
}

impl fmt::Display for Send {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Artifact { file_name, size_bytes, sha256, .. } = &self.artifact;
        write!(f, "upload {file_name} ({size_bytes} bytes, sha256 {}) to {}", sha256.short(), self.host)
    }
}

impl Step for Send {
    fn irreversible(&self) -> bool {
        true
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    projects: BTreeSet<PackageName>,
    version: Option<String>,
    on_index: usize,
    index_url: Endpoint,
    artifacts: Vec<Artifact>,
}

impl Output for Published {
    fn fields(&self) -> Vec<OutputField> {
        let names: Vec<_> = self.projects.iter().map(PackageName::normal).collect();
        let mut fields =
            vec![("projects".into(), names.join("\n")), ("files".into(), self.on_index.to_string())];
        fields.extend(self.version.iter().map(|version| ("version".into(), version.clone())));
        fields.push(("index-url".into(), self.index_url.to_string()));
        fields
    }

    fn files(&self) -> Vec<SeenFile> {
        self.artifacts.iter().cloned().map(SeenFile::of).collect()
    }
}

/// Why it could not tell, or what did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    #[error(transparent)]
    Set(#[from] ReleaseSetError),
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error("`{file}` changed after it was checked")]
    Changed { file: PathBuf },
}

impl Failure for PublishError {
    fn is_ambiguous(&self) -> bool {
        match self {
            Self::Remote(error) => error.is_ambiguous(),
            Self::Set(_) | Self::Disk(_) | Self::Changed { .. } => false,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Set(error) => error.hint(),
            Self::Remote(error) => error.hint(),
            Self::Disk(error) => error.hint(),
            Self::Changed { .. } => Some("which process writes into this folder during the release?".into()),
        }
    }
}

/// What it looks at.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    /// The files and the manifest.
    pub(crate) disk: DiskRead,
    /// The index that people install from.
    pub(crate) index: IndexRead,
}

/// What it changes.
#[derive(Debug)]
pub(crate) struct Writers {
    /// The files that are sent.
    pub(crate) disk: DiskRead,
    /// The upload endpoint.
    pub(crate) index: IndexWrite,
}

impl Mode for Publish {
    const NAME: &'static str = "publish";
    /// PyPI takes row locks for each project, and uploads to it were designed to run side by side.
    const CONCURRENCY: usize = 4;
    type Step = Send;
    type Output = Published;
    type Error = PublishError;
    type Readers = Readers;
    type Writers = Writers;

    async fn plan(&self, cx: &Context, readers: &Readers) -> Result<Plan<Send, Published>, PublishError> {
        let vetting = self.set.vet(&readers.disk, &self.origin, &cx.surroundings.progress)?;
        let mut plan = Plan {
            waves: Vec::new(),
            report: vetting.report,
            present: 0,
            waiting_for: None,
            output: Published {
                projects: BTreeSet::new(),
                version: None,
                on_index: 0,
                index_url: self.index_url.clone(),
                artifacts: Vec::new(),
            },
        };
        let Some(bound) = vetting.bound else { return Ok(plan) };
        let manifest = bound.manifest();
        self.check(manifest, &mut plan.report);
        plan.output.projects = manifest.projects();
        plan.output.artifacts = manifest.distributions().map(|(artifact, _)| artifact.clone()).collect();
        plan.output.version = manifest.version().map(ToString::to_string);

        let (mut steps, mut begun) = (Vec::new(), BTreeSet::new());
        for project in manifest.projects() {
            let listed = readers.index.files(&project).await?;
            undeclared(&listed, manifest, &project, &mut plan.report);
            let there: BTreeMap<&str, &IndexFile> =
                listed.iter().map(|file| (file.file.file_name.as_str(), file)).collect();
            for (artifact, path) in bound.files() {
                let Some(distribution) = artifact.distribution().filter(|found| *found.name() == project)
                else {
                    continue;
                };
                match delta(artifact, there.get(artifact.file_name.as_str()).copied(), &readers.index).await?
                {
                    State::Missing => steps.push(Send {
                        artifact: artifact.clone(),
                        distribution: distribution.clone(),
                        path: path.to_path_buf(),
                        host: self.index_url.authority().to_owned(),
                    }),
                    State::Same => {
                        plan.present += 1;
                        begun.insert(project.clone());
                    }
                    State::Other(theirs) => {
                        let message = format!(
                            "{} has it with {theirs}, here it has sha256 {}",
                            self.index_url.authority(),
                            artifact.sha256
                        );
                        plan.report
                            .push(OTHER_BYTES.finding(message).in_file(artifact.file_name.to_string()));
                    }
                }
            }
        }
        plan.output.on_index = plan.present;
        plan.waves = waves(steps, begun);
        Ok(plan)
    }

    async fn apply(&self, _cx: &Context, step: &Send, writers: &Writers) -> Result<(), PublishError> {
        let Send { artifact, distribution, path, host: _ } = step;
        let file = writers.disk.open(path)?;
        let changed = || PublishError::Changed { file: path.clone() };
        let metadata = archive::core_metadata(&file, artifact).map_err(|_error| changed())?;
        let upload = Upload {
            project: distribution.name(),
            artifact,
            blake2b256: writers.disk.blake2b256(path)?,
            path,
            metadata: metadata.headers(),
            description: metadata.description(),
            attestations: None,
        };
        Ok(writers.index.ensure_upload(&upload).await?)
    }
}

impl Publish {
    fn check(&self, manifest: &Manifest, report: &mut Report) {
        if manifest.distributions().next().is_none() {
            report.push(NOTHING.finding("none of the files is a wheel or an sdist"));
        }
        let Some(version) = manifest.version() else { return };
        if version.is_local() {
            report.push(LOCAL_VERSION.finding(format!("the files are of version {version}")));
        }
        let tag = self.origin.tag.as_ref().or(manifest.origin().tag.as_ref());
        if let Some(tag) = tag.filter(|tag| tag.version() != version) {
            report.push(
                OTHER_VERSION
                    .finding(format!("the tag `{tag}` says {}, the files say {version}", tag.version())),
            );
        }
    }
}

/// How a file stands on the index.
enum State {
    Missing,
    Same,
    /// With what the index states of it.
    Other(String),
}

async fn delta(
    artifact: &Artifact,
    have: Option<&IndexFile>,
    index: &IndexRead,
) -> Result<State, RemoteError> {
    let stated = |file: &IndexFile| {
        file.file.sha256.map_or_else(
            || format!("{} bytes", file.file.size_bytes.unwrap_or_default()),
            |sha256| format!("sha256 {sha256}"),
        )
    };
    Ok(match (artifact.compare(have.map(|file| &file.file)), have) {
        (Delta::Same, _) => State::Same,
        (Delta::Differs, Some(file)) => State::Other(stated(file)),
        (Delta::Unproven, Some(file)) => {
            let theirs = index.digest(file).await?;
            if theirs == artifact.sha256 { State::Same } else { State::Other(format!("sha256 {theirs}")) }
        }
        (Delta::Missing | Delta::Differs | Delta::Unproven, _) => State::Missing,
    })
}

/// Files of this version that the manifest does not name.
fn undeclared(listed: &[IndexFile], manifest: &Manifest, project: &PackageName, report: &mut Report) {
    for file in listed {
        let name = &file.file.file_name;
        let distribution = name.parse().ok().as_ref().and_then(Distribution::of_file_name);
        let same_release = distribution
            .is_some_and(|found| found.name() == project && Some(found.version()) == manifest.version());
        if same_release && manifest.artifact(name).is_none() {
            report
                .push(UNDECLARED.finding("it is on the index and not in the manifest").in_file(name.clone()));
        }
    }
}

/// The order of regret: one file of each project alone, since the first creates the release on the index, unless it
/// has been `begun`; then the other wheels; the sdists last, so that no installer builds from source in the meantime.
fn waves(steps: Vec<Send>, mut begun: BTreeSet<PackageName>) -> Vec<Vec<Send>> {
    let (wheels, sdists): (Vec<_>, Vec<_>) =
        steps.into_iter().partition(|step| matches!(step.distribution, Distribution::Wheel(_)));
    let (first, rest): (Vec<_>, Vec<_>) =
        wheels.into_iter().partition(|step| begun.insert(step.distribution.name().clone()));
    [first, rest, sdists].into_iter().filter(|wave| !wave.is_empty()).collect()
}
