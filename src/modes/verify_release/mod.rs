//! verify-release: what is out under a tag is what was vetted. It looks, and changes nothing anywhere.
//!
//! The release page and every registry are held to one manifest. Whatever cannot be asked hides nothing about the rest.

mod answer;
mod crates;
mod install;
mod look;
mod page;
mod python;
mod records;
mod route;
mod rules;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use futures_util::future::{FutureExt as _, join_all};
use tokio::sync::OnceCell;

use crate::model::artifact::Artifact;
use crate::model::manifest::Manifest;
use crate::model::revision::CommitSha;
use crate::model::tag::Tag;
use crate::model::target::Target;
use crate::plan::context::Context;
use crate::plan::{Failure, Mode, Plan, Step};
use crate::remote::cargo::read::CargoRead;
use crate::remote::disk::manifest_v1::ManifestFileError;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::RemoteError;
use crate::remote::github::read::GithubRead;
use crate::remote::pypi::read::IndexRead;
use crate::remote::python::bench::{BenchError, Failed, PythonRun, Verdict};
use crate::remote::python::find::PythonRead;
use crate::remote::python::trial::Trial;
use crate::report::Report;
use answer::Verified;
use install::Installable;
use look::Look;
use page::Page;
use python::PythonPlace;
use records::Records;
pub(crate) use rules::RULES;

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct VerifyRelease {
    /// The tag.
    pub(crate) tag: Tag,
    /// The commit that it is to point to, where one is known.
    pub(crate) commit: Option<CommitSha>,
    /// Whether the registries are looked at.
    pub(crate) when: When,
    /// What the release is to be.
    pub(crate) release_state: ReleaseState,
    /// The manifest, where it is on this machine; else the release's own.
    pub(crate) manifest: Option<PathBuf>,
    /// Whether every file on a Python index has to have its attestations there.
    pub(crate) require_provenance: bool,
    /// Whether what is on Python indexes is installed from there.
    pub(crate) install_check: bool,
}

/// The moment of the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Nothing went to a registry yet.
    BeforePublish,
    /// Everything is out.
    AfterPublish,
}

/// What the release is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReleaseState {
    /// For everybody to see.
    Published,
    /// For those who may write.
    Draft,
    /// Either.
    Any,
}

/// A text that is none of the words that an input takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is none of {words}")]
pub(crate) struct WordError {
    text: String,
    words: &'static str,
}

impl WordError {
    fn of(text: &str, words: &'static str) -> Self {
        Self { text: text.chars().take(60).collect(), words }
    }
}

impl FromStr for When {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "before-publish" => Ok(Self::BeforePublish),
            "after-publish" => Ok(Self::AfterPublish),
            _ => Err(WordError::of(text, "`before-publish` and `after-publish`")),
        }
    }
}

impl FromStr for ReleaseState {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "published" => Ok(Self::Published),
            "draft" => Ok(Self::Draft),
            "any" => Ok(Self::Any),
            _ => Err(WordError::of(text, "`published`, `draft` and `any`")),
        }
    }
}

/// A registry that is looked at, with what is to be there.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The line of `targets`.
    pub(crate) target: Target,
    /// Its reader.
    pub(crate) reader: RegistryRead,
}

/// Who reads a registry.
#[derive(Clone, Debug)]
pub(crate) enum RegistryRead {
    /// A Python index.
    Python(IndexRead),
    /// A registry of crates.
    Cargo(CargoRead),
}

/// What it looks at.
#[derive(Debug)]
pub(crate) struct Readers {
    /// The manifest.
    disk: DiskRead,
    /// The repository.
    github: GithubRead,
    /// The registries, in the order of `targets`.
    places: Vec<Place>,
    /// The Pythons of this machine.
    python: PythonRead,
    /// What was seen: installing changes nothing of it, so it is not asked for again afterwards.
    seen: OnceCell<Seen>,
}

impl Readers {
    /// Readers that have seen nothing yet.
    pub(crate) fn new(disk: DiskRead, github: GithubRead, places: Vec<Place>, python: PythonRead) -> Self {
        Self { disk, github, places, python, seen: OnceCell::new() }
    }
}

/// All that one look saw.
#[derive(Clone, Debug)]
struct Seen {
    report: Report,
    output: Verified,
    installable: Vec<Installable>,
}

/// What it runs; nothing of that changes a service.
#[derive(Clone, Debug)]
pub(crate) struct Writers {
    /// The Pythons of this machine.
    pub(crate) python: PythonRun,
}

/// A project is installed from its index, in an environment that is gone afterwards.
#[derive(Clone, Debug)]
pub(crate) struct Install(Trial);

impl fmt::Display for Install {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Step for Install {
    fn irreversible(&self) -> bool {
        false
    }
}

/// Why it could not tell.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyReleaseError {
    #[error(transparent)]
    Manifest(#[from] ManifestFileError),
    /// The findings name each place, with what it said.
    #[error("{count} of the questions had no answer, so the release is not verified")]
    Unasked {
        count: usize,
        #[source]
        first: Box<RemoteError>,
        report: Box<Report>,
    },
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// The look afterwards says it as a finding.
    #[error("`{command}` {end}")]
    Failed { command: String, end: String },
}

impl Failure for VerifyReleaseError {
    fn is_ambiguous(&self) -> bool {
        false
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Manifest(error) => error.hint(),
            Self::Unasked { first, .. } => first.hint(),
            Self::Bench(BenchError::Disk(error)) => error.hint(),
            Self::Bench(BenchError::Stopped) | Self::Failed { .. } => None,
            Self::Bench(_) => Some("does this Python make environments (`python3 -m venv`)?".to_owned()),
        }
    }

    fn found(&self) -> Report {
        match self {
            Self::Unasked { report, .. } => report.as_ref().clone(),
            _ => Report::default(),
        }
    }
}

impl Mode for VerifyRelease {
    const NAME: &'static str = "verify-release";
    type Step = Install;
    type Output = Verified;
    type Error = VerifyReleaseError;
    type Readers = Readers;
    type Writers = Writers;

    async fn plan(
        &self,
        cx: &Context,
        readers: &Readers,
    ) -> Result<Plan<Install, Verified>, VerifyReleaseError> {
        let Seen { report, output, installable } =
            readers.seen.get_or_try_init(|| self.look(readers)).await?.clone();
        let mut plan = Plan { waves: Vec::new(), report, output, present: 0, waiting_for: None };
        if self.install_check && !plan.report.blocks() {
            let found = readers.python.look(&cx.surroundings.stop).await;
            if installable.is_empty() {
                let message = "there is no project to install: no Python index was asked for one";
                plan.report.push(rules::NOT_TRIED.finding(message));
            }
            let (mut wave, mut installed) = (Vec::new(), 0);
            for installable in &installable {
                match install::trial(installable, found) {
                    Err(finding) => plan.report.push(*finding),
                    Ok(trial) => match readers.python.verdict(&trial) {
                        None => wave.push(Install(trial)),
                        Some(Verdict::Passed) => installed += 1,
                        Some(Verdict::Failed(failed)) => plan.report.push(install::finding(&trial, &failed)),
                    },
                }
            }
            plan.output.installed = Some(installed);
            plan.present = installed;
            plan.waves.extend((!wave.is_empty()).then_some(wave));
        }
        Ok(plan)
    }

    async fn apply(&self, cx: &Context, step: &Install, writers: &Writers) -> Result<(), VerifyReleaseError> {
        if let Some(password) = step.0.encoded_password() {
            cx.surroundings.masks.mask(password.expose());
        }
        match writers.python.ensure_tried(&step.0, &cx.surroundings.stop).await? {
            Verdict::Passed => Ok(()),
            Verdict::Failed(Failed { command, end, .. }) => Err(VerifyReleaseError::Failed { command, end }),
        }
    }
}

impl VerifyRelease {
    /// Looks at everything once.
    async fn look(&self, readers: &Readers) -> Result<Seen, VerifyReleaseError> {
        let local = self.manifest.as_deref().map(|path| readers.disk.manifest(path)).transpose()?;
        let (tag, github, mut look) = (&self.tag, &readers.github, Look::default());
        let commit = look.asked(github.tag_commit_exactly(tag.as_str()).await);
        if commit == Some(None) {
            look.find(rules::NO_TAG.finding(format!("`{tag}` is not among the tags")));
        }
        let commit = commit.flatten();
        let page = Page::of(tag, github, &mut look).await;
        if let Some(page) = &page {
            page.judge_state(self.release_state, &mut look);
        }
        let Records { manifest, checksums } = Records::of(local, page.as_ref(), github, &mut look).await;
        records::hold_to_tag(manifest.as_ref(), tag, commit.as_ref(), self.commit.as_ref(), &mut look);
        let mut installable = Vec::new();
        if let Some(manifest) = &manifest {
            if let Some(page) = &page {
                page.compare(manifest, checksums.as_ref(), github, &mut look).await;
            }
            if self.when == When::AfterPublish {
                installable = self.registries(manifest, readers, &mut look).await;
            }
        }
        let Look { report, unasked, states } = look;
        let count = unasked.len();
        if let Some(first) = unasked.into_iter().next() {
            return Err(VerifyReleaseError::Unasked {
                count,
                first: Box::new(first),
                report: Box::new(report),
            });
        }
        let release = page.map(|page| page.release);
        let output = Verified { tag: tag.clone(), commit, release, manifest, states, installed: None };
        Ok(Seen { report, output, installable })
    }

    /// Looks at all registries at once, and says what can be installed from there.
    async fn registries(&self, manifest: &Manifest, readers: &Readers, look: &mut Look) -> Vec<Installable> {
        let targets: Vec<_> = readers.places.iter().map(|place| &place.target).collect();
        let routes = route::routes(&targets, manifest, self.tag.version(), look);
        let is_told = look.report.findings().iter().any(|finding| finding.check == rules::NO_TARGET.id);
        if manifest.artifacts().iter().any(Artifact::is_package)
            && routes.iter().all(Vec::is_empty)
            && !is_told
        {
            let lines: Vec<_> = targets.iter().map(|target| format!("`{target}`")).collect();
            let message = format!("version {} fits none of: {}", self.tag.version(), lines.join(", "));
            look.find(rules::NOWHERE.finding(message));
        } else {
            for (target, _) in targets.iter().zip(&routes).filter(|(_, files)| files.is_empty()) {
                let why = if target.takes_version(self.tag.version()) {
                    "none of the files is for it".to_owned()
                } else {
                    format!("version {} does not fit it", self.tag.version())
                };
                look.find(rules::TOOK_NOTHING.finding(format!("`{target}`: {why}")));
            }
        }
        let mut looks = Vec::new();
        for (place, files) in readers.places.iter().zip(&routes) {
            let registry = &place.target.registry;
            match &place.reader {
                RegistryRead::Python(read) => {
                    let require_provenance = self.require_provenance;
                    let index = PythonPlace { registry, read, manifest, require_provenance };
                    for (project, files) in python::by_project(files) {
                        let look = async move {
                            let (look, offer) = index.look(project, &files).await;
                            let (registry, read) = (registry.clone(), read.clone());
                            (look, offer.map(|offer| Installable { registry, read, offer }))
                        };
                        looks.push(look.boxed_local());
                    }
                }
                RegistryRead::Cargo(read) => {
                    for artifact in files {
                        let look = async move { (crates::look(registry, read, artifact).await, None) };
                        looks.push(look.boxed_local());
                    }
                }
            }
        }
        let mut installable = Vec::new();
        for (seen, found) in join_all(looks).await {
            look.merge(seen);
            installable.extend(found);
        }
        installable
    }
}
