//! A whole release on this machine: the real modes, the real clients, simulated services.
//!
//! Producers end one after the other, and each end is an event that starts the release: those that come early end
//! well with nothing done, the last one goes on. The order of the phases is the product's: nothing public before
//! everything is checked, the release page visible last. Then all of it is played again with new clients, and nothing
//! may be left to do. Nothing waits: time is simulated, and passes by what was
//! to be waited.

mod acts;
mod course;
mod pace;
mod phase;
mod registries;
mod sample;
mod script;
mod stage;
mod stopwatch;
pub mod trial;

use std::time::Duration;

use crate::report::Report;
use crate::sim::fault::Fault;
pub(crate) use acts::PlayedAct;
pub use course::Happening;
pub(crate) use course::{Course, NoProducer};
pub(crate) use sample::Subject;
use sample::{Sample, SampleError};
use stage::Stage;

use crate::plan::OutputField;
use crate::plan::execute::Ending;
use crate::remote::error::RemoteError;
use crate::remote::github::event::EventError;
use crate::remote::surroundings::Surroundings;

/// How often a release that was broken by a fault is started again.
const RECOVERIES: usize = 4;

/// What is rehearsed.
#[derive(Default)]
pub(crate) struct Rehearsal {
    /// The project.
    pub(crate) subject: Subject,
    /// How the producers end.
    pub(crate) course: Course,
    /// What goes wrong before the release is out.
    pub(crate) faults: Vec<Fault>,
    /// Who sees every exchange with the services.
    pub(crate) observer: Option<crate::sim::universe::Observer>,
}

/// Why there was nothing to play.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RehearseError {
    #[error(transparent)]
    Sample(#[from] SampleError),
    #[error("the simulated services cannot be started")]
    Start(#[source] std::io::Error),
    #[error(transparent)]
    Course(#[from] NoProducer),
    #[error(transparent)]
    Event(#[from] EventError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

/// Who watches, besides the progress of the single steps.
pub(crate) trait Audience {
    /// Something happened that is worth showing.
    fn see(&self, scene: Scene<'_>);
}

/// What there is to see.
#[derive(Debug)]
pub(crate) enum Scene<'a> {
    /// What is released.
    Opening { project: &'a str, tag: &'a str, files: usize, size_bytes: u64 },
    /// A run begins: one of this workflow, or one that the end of its run started, now or before.
    Act { act: Act, workflow: &'a str, by_itself: bool },
    /// A run ended that an early event started.
    Early(&'a [Played]),
    /// A phase begins.
    Phase { number: usize, of: usize, name: &'a str },
    /// A phase ended.
    Ended(&'a Played),
    /// Everything ended.
    Curtain(&'a Rehearsed),
}

/// Which run of the release this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// That of an event; counted from 1. It is early while other producers have not ended.
    Event { number: usize, of: usize, is_early: bool },
    /// Once more from the beginning, after a fault; counted from 1.
    Recovery(usize),
    /// Once more after all is done: nothing may be left to do.
    Again,
}

/// A phase that was played.
#[derive(Debug)]
pub(crate) struct Played {
    /// What it is called.
    pub(crate) name: &'static str,
    /// How long it took.
    pub(crate) elapsed: Duration,
    /// How it ended.
    pub(crate) ending: PhaseEnding,
    /// What was found.
    pub(crate) report: Report,
    /// What the mode answered.
    pub(crate) outputs: Vec<OutputField>,
}

/// How a phase ended.
#[derive(Debug)]
pub(crate) enum PhaseEnding {
    /// As it would in a release.
    Ended(Ending),
    /// With an error.
    Failed { message: String, causes: Vec<String>, hint: Option<String> },
    /// The process was killed, as a fault asked.
    Killed,
}

impl Played {
    /// Whether the next phase may begin.
    pub(crate) fn converged(&self) -> bool {
        matches!(self.ending, PhaseEnding::Ended(Ending::Converged { .. }))
    }

    /// Whether it did its part, and the rest is for others to bring.
    pub(crate) const fn awaits_others(&self) -> bool {
        matches!(self.ending, PhaseEnding::Ended(Ending::NotReady { .. }))
    }

    /// What went wrong, in words.
    pub(crate) fn error(&self) -> Option<String> {
        match &self.ending {
            PhaseEnding::Ended(_) => None,
            PhaseEnding::Killed => Some(format!("{}: killed", self.name)),
            PhaseEnding::Failed { message, causes, hint: _ } => {
                Some([&[format!("{}: {message}", self.name)], causes.as_slice()].concat().join(": "))
            }
        }
    }

    /// How many steps came about.
    pub(crate) fn applied(&self) -> usize {
        match self.ending {
            PhaseEnding::Ended(Ending::Converged { applied } | Ending::NotReady { applied }) => applied,
            _ => 0,
        }
    }
}

/// Where a file went, with the digest that each service states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The file.
    pub file_name: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// SHA-256 on the release page, where it is there.
    pub release: Option<String>,
    /// SHA-256 on the index, where it is there.
    pub index: Option<String>,
    /// SHA-256 on the test index, where it is there.
    pub test_index: Option<String>,
    /// SHA-256 at the registry of crates, where it is there.
    pub crates: Option<String>,
}

/// What a release page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Whether it is a pre-release.
    pub prerelease: bool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Rehearsed {
    /// The runs, in the order in which they began.
    pub(crate) acts: Vec<PlayedAct>,
    /// What went where.
    pub(crate) rows: Vec<Row>,
    /// The releases: tag, and whether it is a draft.
    pub(crate) releases: Vec<(String, bool)>,
    /// What they say.
    pub(crate) pages: Vec<Page>,
    /// Whether several workflows filled one release.
    pub(crate) is_shared: bool,
    /// How many requests the runs made that events started.
    pub(crate) requests_of_events: u64,
    /// How many tokens of the registry of crates were lent and not given back.
    pub(crate) live_tokens: usize,
    /// Faults whose request never came before the release was out.
    pub(crate) unused_faults: Vec<Fault>,
}

impl Rehearsed {
    /// Whether the release came about and playing it again changed nothing.
    pub(crate) fn is_good(&self) -> bool {
        let again: Vec<_> = self.acts.iter().filter(|act| act.act == Act::Again).collect();
        let nothing_left =
            |act: &PlayedAct| act.finished() && act.phases.iter().all(|phase| phase.applied() == 0);
        !again.is_empty()
            && again.into_iter().all(nothing_left)
            && self.writes_again() == 0
            && self.acts.iter().filter(|act| act.is_early()).all(PlayedAct::held_back)
    }

    /// How many requests changed something when all was played again; there must be none.
    pub(crate) fn writes_again(&self) -> usize {
        self.acts.iter().filter(|act| act.act == Act::Again).map(|act| act.writes).sum()
    }

    /// How many steps came about in all.
    pub(crate) fn applied(&self) -> usize {
        self.acts.iter().flat_map(|act| &act.phases).map(Played::applied).sum()
    }
}

/// Plays.
///
/// # Errors
/// When there is nothing to play, or no place to play it.
pub(crate) async fn run(
    rehearsal: Rehearsal,
    surroundings: &Surroundings,
    audience: &dyn Audience,
) -> Result<Rehearsed, RehearseError> {
    let Rehearsal { subject, course, faults, observer } = rehearsal;
    let sample = Sample::of(subject)?;
    let stage = Stage::set(&sample, surroundings)?;
    let happenings = course.happenings(&stage.workflows)?;
    if let Some(observer) = observer {
        stage.universe().observe(observer);
    }
    let produced = sample.produced.iter().flat_map(|produced| &produced.files);
    audience.see(Scene::Opening {
        project: sample.project.normal(),
        tag: sample.tag.as_str(),
        files: produced.clone().count(),
        size_bytes: produced.map(|(_, bytes)| bytes.len() as u64).sum(),
    });
    faults.iter().cloned().for_each(|fault| stage.universe().inject(fault));

    let of = course::events(&happenings);
    let mut acts = Vec::new();
    for happening in &happenings {
        match happening {
            Happening::End(workflow) => stage.end(workflow),
            Happening::Events(workflows) => {
                let first = acts.len() + 1;
                acts.extend(acts::play_events(&stage, workflows, first, of, audience).await?);
            }
        }
    }
    let requests_of_events = stage.universe().journal().len() as u64;
    let recoveries = if faults.is_empty() { 0 } else { RECOVERIES };
    for recovery in 1..=recoveries {
        let left = left(&stage, &acts);
        if left.is_empty() || blocked(&acts) {
            break;
        }
        for workflow in left {
            acts.push(acts::play_again(&stage, Act::Recovery(recovery), &workflow, audience).await?);
        }
    }
    let unused_faults = faults.into_iter().filter(|fault| stage.requests(fault) < fault.at).collect();
    // Whoever plays all again does so later, when nothing is broken and no listing lags any more.
    stage.universe().withdraw_faults();
    stage.universe().settle();
    if left(&stage, &acts).is_empty() {
        for workflow in once_each(&stage, &acts) {
            acts.push(acts::play_again(&stage, Act::Again, &workflow, audience).await?);
        }
    }
    let rehearsed = Rehearsed {
        acts,
        rows: stage.rows(),
        releases: stage.releases(),
        pages: stage.pages(),
        is_shared: stage.way.is_shared(),
        requests_of_events,
        live_tokens: stage.live_tokens(),
        unused_faults,
    };
    audience.see(Scene::Curtain(&rehearsed));
    Ok(rehearsed)
}

/// Shows nothing.
struct Nobody;

impl Audience for Nobody {
    fn see(&self, _scene: Scene<'_>) {}
}

/// Whether a recovery was stopped by what it found before it changed anything: the next one would be too.
fn blocked(acts: &[PlayedAct]) -> bool {
    let Some(PlayedAct { act: Act::Recovery(_), phases, .. }) = acts.last() else { return false };
    phases.last().is_some_and(|phase| matches!(phase.ending, PhaseEnding::Ended(Ending::Blocked)))
}

/// The workflows whose runs make up the release: each that fills it, else the one whose end started the latest run.
fn once_each(stage: &Stage, acts: &[PlayedAct]) -> Vec<String> {
    if stage.way.is_shared() {
        return stage.workflows.clone();
    }
    acts.last().map(|act| act.workflow.clone()).into_iter().collect()
}

/// The workflows of the release whose runs have to be started again: those that failed, and all where each thought that
/// another one would end it.
fn left(stage: &Stage, acts: &[PlayedAct]) -> Vec<String> {
    let all = once_each(stage, acts);
    let latest = |workflow: &String| acts.iter().rfind(|act| act.workflow == *workflow);
    let is_out = all.iter().filter_map(latest).any(PlayedAct::finished);
    let did_its_part = |workflow: &String| latest(workflow).is_some_and(PlayedAct::did_its_part);
    let failed: Vec<_> = all.iter().filter(|workflow| !did_its_part(workflow)).cloned().collect();
    if failed.is_empty() && !is_out { all } else { failed }
}
