//! The phases of a release, in the product's order: nothing public before everything is checked, visible last.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::path::PathBuf;
use std::time::Duration;

use super::stage::Stage;
use super::stopwatch::Stopwatch;
use super::{Audience, PhaseEnding, Played, RehearseError, Scene};
use crate::model::manifest::Origin;
use crate::model::minutes::Minutes;
use crate::modes::collect::{self, Allowed, CollectArtifacts, Memory, WhenIncomplete};
use crate::modes::create_release::{self, CreateRelease, Notes};
use crate::modes::publish::{self, Publish};
use crate::modes::release_set::ReleaseSet;
use crate::modes::validate_wheels::{self, ValidateWheels};
use crate::modes::verify_tag::{self, VerifyTag};
use crate::plan::execute::{Ending, ExecuteError, Looks, execute};
use crate::plan::{Mode, Output as _};
use crate::remote::github::event::ProducerRun;
use crate::remote::python::bench::PythonRun;
use crate::remote::python::find::PythonRead;
use crate::report::Report;
use crate::report::policy::Policy;

/// What the phases are called.
pub(super) const NAMES: [&str; 6] = [
    "verify-tag",
    "collect-artifacts",
    "validate-wheels",
    "create-release (draft)",
    "publish",
    "create-release (publish)",
];

/// So many of them are the first job of the workflow, which looks and downloads and writes nothing that anyone else sees.
const GATHERING: usize = 2;

/// A run of the release: where it is played, what started it, and how far it has come. Clients are new in each run, and
/// the process's state is empty.
#[derive(Debug)]
pub(super) struct Run {
    stage: Stage,
    built: ProducerRun,
    /// The phases that were played.
    pub(super) played: Vec<Played>,
    /// How many requests of these phases changed something on a service.
    pub(super) writes: usize,
}

impl Run {
    /// A run that this event started.
    pub(super) const fn new(stage: Stage, built: ProducerRun) -> Self {
        Self { stage, built, played: Vec::new(), writes: 0 }
    }

    /// Plays the job that looks at producers and takes what they left. Changes nothing on any service.
    pub(super) async fn gather(&mut self, audience: &dyn Audience) -> Result<(), RehearseError> {
        self.play_until(GATHERING, audience).await
    }

    /// Plays what is left, unless what was played forbids it.
    pub(super) async fn finish(&mut self, audience: &dyn Audience) -> Result<(), RehearseError> {
        let before = self.stage.writes();
        self.play_until(NAMES.len(), audience).await?;
        self.writes += self.stage.writes() - before;
        Ok(())
    }

    /// How many folders of its workspace hold something.
    pub(super) fn filled(&self) -> usize {
        self.stage.filled()
    }

    /// Plays phases up to this one, until one does not converge.
    async fn play_until(&mut self, last: usize, audience: &dyn Audience) -> Result<(), RehearseError> {
        while self.played.len() < last && self.played.iter().all(Played::converged) {
            let (number, name) = (self.played.len() + 1, NAMES[self.played.len()]);
            audience.see(Scene::Phase { number, of: NAMES.len(), name });
            let watch = Stopwatch::start();
            let phase = self.phase(number, name).await?;
            let phase = Played { elapsed: watch.elapsed(), ..phase };
            audience.see(Scene::Ended(&phase));
            self.played.push(phase);
        }
        Ok(())
    }

    async fn phase(&self, number: usize, name: &'static str) -> Result<Played, RehearseError> {
        let Self { stage, built, .. } = self;
        Ok(match number {
            1 => verify_tag(stage, built, name).await?,
            2 => collect(stage, built, name).await?,
            3 => validate(stage, built, name).await,
            4 => create_release(stage, name, false).await?,
            5 => publish(stage, name).await?,
            _ => create_release(stage, name, true).await?,
        })
    }
}

async fn verify_tag(stage: &Stage, built: &ProducerRun, name: &'static str) -> Result<Played, RehearseError> {
    let mode = VerifyTag {
        tag: stage.tag.to_string(),
        commit: Some(built.commit.clone()),
        project_dir: stage.folder(""),
    };
    let readers = verify_tag::Readers { disk: stage.disk(), github: stage.github_read()? };
    Ok(play(stage, name, &mode, &readers, &()).await)
}

async fn collect(stage: &Stage, built: &ProducerRun, name: &'static str) -> Result<Played, RehearseError> {
    let allowed = Allowed::default();
    let commit = match collect::commit_of_event(built.clone(), &stage.repository, &allowed) {
        Ok(commit) => commit,
        Err(finding) => {
            let mut report = Report::default();
            report.push(*finding);
            let ending = PhaseEnding::Ended(Ending::Blocked);
            return Ok(Played { name, elapsed: Duration::ZERO, ending, report, outputs: Vec::new() });
        }
    };
    let mode = CollectArtifacts {
        commit: Some(commit),
        tag: Some(stage.tag.clone()),
        started_by: None,
        latest: None,
        workflows: stage.workflows.clone(),
        own_run: None,
        artifacts: stage.artifacts.clone(),
        allowed,
        // Each producer's end starts a run, and the last one finds all of them complete.
        when_incomplete: WhenIncomplete::Skip,
        wait_timeout: Minutes::of(60),
        memory: Memory::default(),
        rename: None,
        base_dir: stage.folder(""),
        staging_dir: stage.folder("release-staging"),
        packages_dir: stage.folder("dist"),
        assets_dir: stage.folder("release-assets"),
        collection_dir: stage.folder("release-collection"),
        require_checksums: false,
    };
    let readers = collect::Readers::new(stage.github_read()?);
    let writers = collect::Writers::of(&readers);
    Ok(play(stage, name, &mode, &readers, &writers).await)
}

async fn validate(stage: &Stage, built: &ProducerRun, name: &'static str) -> Played {
    let mode = ValidateWheels {
        set: ReleaseSet::Folders {
            packages: Some(stage.folder("dist")),
            assets: stage.assets_folder(),
            policy: Policy::default(),
        },
        expect: None,
        trees: Vec::new(),
        manifest_dir: stage.folder("release-manifest"),
        records: BTreeSet::new(),
        origin: Origin { tag: Some(stage.tag.clone()), commit: Some(built.commit.clone()) },
        compare_with: None,
        smoke: None,
    };
    let python = PythonRead::default();
    let readers = validate_wheels::Readers { disk: stage.disk(), index: None, python: python.clone() };
    let writers = validate_wheels::Writers { disk: stage.disk_write(), python: PythonRun::new(python) };
    play(stage, name, &mode, &readers, &writers).await
}

async fn create_release(stage: &Stage, name: &'static str, publish: bool) -> Result<Played, RehearseError> {
    let mode = CreateRelease {
        tag: stage.tag.clone(),
        set: bound(stage),
        notes: Notes::Changelog { path: stage.folder("CHANGELOG.md"), optional: false },
        title: None,
        publish,
    };
    let readers = create_release::Readers { disk: stage.disk(), github: stage.github_read()? };
    let writers = create_release::Writers { github: stage.github_write()? };
    Ok(play(stage, name, &mode, &readers, &writers).await)
}

async fn publish(stage: &Stage, name: &'static str) -> Result<Played, RehearseError> {
    let mode = Publish { set: bound(stage), origin: Origin::default(), index_url: stage.index_url() };
    let disk = stage.disk();
    let readers = publish::Readers { disk: disk.clone(), index: stage.index_read()? };
    let writers = publish::Writers { disk, index: stage.index_write()? };
    Ok(play(stage, name, &mode, &readers, &writers).await)
}

/// The manifest that the phase validate-wheels left.
fn bound(stage: &Stage) -> ReleaseSet {
    let folders =
        [Some(stage.folder("dist")), stage.assets_folder()].into_iter().flatten().collect::<Vec<PathBuf>>();
    ReleaseSet::Manifest { file: stage.folder("release-manifest").join("manifest.json"), folders }
}

async fn play<M: Mode>(
    stage: &Stage,
    name: &'static str,
    mode: &M,
    readers: &M::Readers,
    writers: &M::Writers,
) -> Played {
    let context = stage.context();
    let outcome = tokio::select! {
        biased;
        () = stage.killed() => None,
        outcome = execute(mode, &context, readers, Some(writers), Looks::PATIENT) => Some(outcome),
    };
    let elapsed = Duration::ZERO;
    match outcome {
        None => Played {
            name,
            elapsed,
            ending: PhaseEnding::Killed,
            report: Report::default(),
            outputs: Vec::new(),
        },
        Some(Ok((plan, ending))) => {
            let outputs = plan.output.fields();
            Played { name, elapsed, ending: PhaseEnding::Ended(ending), report: plan.report, outputs }
        }
        Some(Err(error)) => failed(name, error),
    }
}

fn failed<E: crate::plan::Failure>(name: &'static str, error: ExecuteError<E>) -> Played {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push(inner.to_string());
        cause = inner.source();
    }
    let hint = error.hint();
    let message = error.to_string();
    let report = match error {
        ExecuteError::Spoiled { report, .. } | ExecuteError::Step { report, .. } => report,
        _ => Report::default(),
    };
    Played {
        name,
        elapsed: Duration::ZERO,
        ending: PhaseEnding::Failed { message, causes, hint },
        report,
        outputs: Vec::new(),
    }
}
