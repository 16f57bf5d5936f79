//! The phases of a release, played.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::path::{MAIN_SEPARATOR, PathBuf};
use std::time::Duration;

use super::registries;
use super::script::{Phase, Script};
use super::stage::{self, Stage};
use super::stopwatch::Stopwatch;
use super::{Audience, PhaseEnding, Played, RehearseError, Scene};
use crate::model::branch_rules::{BranchBudget, BranchRules};
use crate::model::manifest::Origin;
use crate::model::minutes::Minutes;
use crate::modes::collect::{self, Allowed, CollectArtifacts, Memory, WhenIncomplete};
use crate::modes::create_release::{self, Contents, CreateRelease, Kind, Merge, Notes, OnConflict, Wording};
use crate::modes::release_set::ReleaseSet;
use crate::modes::validate_wheels::{self, ValidateWheels};
use crate::modes::verify_release::When;
use crate::modes::verify_tag::{self, Occasion, Trust, VerifyTag};
use crate::plan::execute::{Broken, Ending, ExecuteError, execute};
use crate::plan::{Mode, Output as _};
use crate::remote::history::History;
use crate::remote::python::bench::PythonRun;
use crate::remote::python::find::PythonRead;
use crate::report::policy::Policy;
use crate::report::{Finding, Report};

/// A run of the release: where it is played, what it comes from, what it does, and how far it has come. Clients are new
/// in each run, and the process's state is empty.
#[derive(Debug)]
pub(super) struct Run {
    stage: Stage,
    origin: stage::Origin,
    /// What it does.
    pub(super) script: Script,
    /// The phases that were played.
    pub(super) played: Vec<Played>,
    /// How many requests of these phases changed something on a service.
    pub(super) writes: usize,
}

impl Run {
    /// A run of this workflow, or one that its end started.
    pub(super) fn new(stage: Stage, workflow: &str) -> Result<Self, RehearseError> {
        let origin = stage.origin(workflow)?;
        let script = stage.way.script(workflow).cloned().expect("each workflow has a script");
        Ok(Self { stage, origin, script, played: Vec::new(), writes: 0 })
    }

    /// Plays the job that looks at producers and takes what they left. Changes nothing on any service.
    pub(super) async fn gather(&mut self, audience: &dyn Audience) -> Result<(), RehearseError> {
        self.play_until(self.script.gathering(), audience).await
    }

    /// Plays what is left, unless what was played forbids it.
    pub(super) async fn finish(&mut self, audience: &dyn Audience) -> Result<(), RehearseError> {
        let before = self.stage.writes();
        self.play_until(self.script.phases.len(), audience).await?;
        self.writes += self.stage.writes() - before;
        Ok(())
    }

    /// How many folders of its workspace hold something.
    pub(super) fn filled(&self) -> usize {
        self.stage.filled()
    }

    /// Plays phases up to this one, until one does not converge.
    async fn play_until(&mut self, last: usize, audience: &dyn Audience) -> Result<(), RehearseError> {
        let phases = self.script.phases;
        while self.played.len() < last && self.played.iter().all(Played::converged) {
            let (number, phase) = (self.played.len() + 1, phases[self.played.len()]);
            audience.see(Scene::Phase { number, of: phases.len(), name: phase.name() });
            let watch = Stopwatch::start();
            let played = self.phase(phase).await?;
            let played = Played { elapsed: watch.elapsed(), ..played };
            audience.see(Scene::Ended(&played));
            self.played.push(played);
        }
        Ok(())
    }

    async fn phase(&self, phase: Phase) -> Result<Played, RehearseError> {
        let (stage, name) = (&self.stage, phase.name());
        Ok(match phase {
            Phase::VerifyTag => verify_tag(stage, name).await?,
            Phase::Collect => self.collect(name).await?,
            Phase::Validate => validate(stage, name).await,
            Phase::Draft => create_release(stage, &self.script, name, false).await?,
            Phase::Approve => approve(stage, name),
            Phase::VerifyBefore => registries::verify(stage, &self.script, name, When::BeforePublish).await?,
            Phase::Publish => registries::publish(stage, &self.script, name).await?,
            Phase::VerifyAfter => registries::verify(stage, &self.script, name, When::AfterPublish).await?,
            Phase::Release => create_release(stage, &self.script, name, true).await?,
        })
    }

    async fn collect(&self, name: &'static str) -> Result<Played, RehearseError> {
        let Self { stage, origin, script, .. } = self;
        let allowed = Allowed::default();
        let (commit, workflows, own_run) = match origin {
            stage::Origin::Itself(run) => (stage.commit.clone(), Vec::new(), Some(*run)),
            stage::Origin::End(built) => {
                match collect::commit_of_event(built.clone(), &stage.repository, &allowed) {
                    Ok(commit) => (commit, stage.workflows.clone(), None),
                    Err(finding) => return Ok(blocked(name, *finding)),
                }
            }
        };
        let mode = CollectArtifacts {
            commit: Some(commit),
            tag: Some(stage.tag.clone()),
            started_by: None,
            latest: None,
            workflows,
            own_run,
            artifacts: script.artifacts.clone(),
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
}

/// A phase that something stops before it looks.
fn blocked(name: &'static str, finding: Finding) -> Played {
    let mut report = Report::default();
    report.push(finding);
    let ending = PhaseEnding::Ended(Ending::Blocked);
    Played { name, elapsed: Duration::ZERO, ending, report, outputs: Vec::new() }
}

async fn verify_tag(stage: &Stage, name: &'static str) -> Result<Played, RehearseError> {
    let mode = VerifyTag {
        tag: stage.tag.to_string(),
        prefix: None,
        commit: Some(stage.commit.clone()),
        apart: Vec::new(),
        project_dir: stage.folder(""),
        version_files: Vec::new(),
        changelog: None,
        branch_rules: BranchRules::default(),
        branch_budget: BranchBudget::USUAL,
        trust: Trust::default(),
        checks: Vec::new(),
        own_run: None,
        occasion: Occasion::Other,
        testpypi_for: Vec::new(),
        policy: Policy::default(),
    };
    let history = History::Api(stage.github_read()?);
    let readers = verify_tag::Readers { disk: stage.disk(), history };
    Ok(play(stage, name, &mode, &readers, &()).await)
}

async fn validate(stage: &Stage, name: &'static str) -> Played {
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
        origin: Origin { tag: Some(stage.tag.clone()), commit: Some(stage.commit.clone()) },
        compare_with: None,
        smoke: None,
    };
    let python = PythonRead::default();
    let readers = validate_wheels::Readers { disk: stage.disk(), index: None, python: python.clone() };
    let writers = validate_wheels::Writers { disk: stage.disk_write(), python: PythonRun::new(python) };
    play(stage, name, &mode, &readers, &writers).await
}

async fn create_release(
    stage: &Stage,
    script: &Script,
    name: &'static str,
    publish: bool,
) -> Result<Played, RehearseError> {
    let mode = CreateRelease {
        tag: stage.tag.clone(),
        commit: Some(stage.commit.clone()),
        set: script.has_packages().then(|| bound(stage)),
        contents: Contents {
            files: script.files.iter().map(|line| below(stage, line)).collect(),
            rename: script.rename.clone(),
            attach: if publish { script.attach.clone() } else { script.attach_to_draft.clone() },
            // A draft waits for nobody.
            expect: if publish { script.expect.clone() } else { Vec::new() },
        },
        on_conflict: OnConflict::Fail,
        wording: Wording {
            notes: Notes::Changelog {
                path: stage.folder("CHANGELOG.md"),
                optional: false,
                unreleased: false,
            },
            merge: Merge::default(),
            title: None,
        },
        kind: Kind::default(),
        publish,
        allow_published_changes: false,
    };
    let readers = create_release::Readers { disk: stage.disk(), github: stage.github_read()? };
    let writers = create_release::Writers { github: stage.github_write()? };
    Ok(play(stage, name, &mode, &readers, &writers).await)
}

/// What a person does on the release's page.
fn approve(stage: &Stage, name: &'static str) -> Played {
    let ending = PhaseEnding::Ended(Ending::Converged { applied: usize::from(stage.approve()) });
    Played { name, elapsed: Duration::ZERO, ending, report: Report::default(), outputs: Vec::new() }
}

/// A pattern for files of the workspace, which is not the folder that the program was started in.
fn below(stage: &Stage, line: &str) -> String {
    let workspace = stage.folder("");
    let workspace = workspace.to_string_lossy();
    // Each name between separators is a pattern; what is one by chance is meant as it stands.
    let literal: Vec<_> = workspace.split(MAIN_SEPARATOR).map(glob::Pattern::escape).collect();
    format!("{}{line}", literal.join("/"))
}

/// The manifest that the phase validate-wheels left.
pub(super) fn bound(stage: &Stage) -> ReleaseSet {
    let folders =
        [Some(stage.folder("dist")), stage.assets_folder()].into_iter().flatten().collect::<Vec<PathBuf>>();
    ReleaseSet::Manifest { file: stage.folder("release-manifest").join("manifest.json"), folders }
}

pub(super) async fn play<M: Mode>(
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
        outcome = execute(mode, &context, readers, Some(writers), mode.looks()) => Some(outcome),
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
        Some(Err(Broken { error, .. })) => failed(name, error),
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
