//! A rehearsal that nobody watches: its outcome as plain values, for those who try many faults and many orders.

use crate::model::artifact::FileName;
use crate::plan::execute::Ending;
use crate::remote::surroundings::Surroundings;
use crate::sim::fault::Fault;
use crate::sim::universe::Observer;

use super::{
    Course, Happening, Nobody, Page, PhaseEnding, PlayedAct, Rehearsal, RehearseError, Row, Subject,
};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Whether the release came about, playing it again changed nothing, and no early event had an effect.
    pub is_good: bool,
    /// How many runs it took, the one that plays all again included.
    pub acts: usize,
    /// Those runs.
    pub runs: Vec<TrialRun>,
    /// What went where.
    pub rows: Vec<Row>,
    /// The releases: tag, and whether it is a draft.
    pub releases: Vec<(String, bool)>,
    /// What they say.
    pub pages: Vec<Page>,
    /// How many requests changed something when all was played again.
    pub writes_again: usize,
    /// How many requests the runs made that events started.
    pub requests_of_events: u64,
    /// The ids of all findings, in the order they came up.
    pub findings: Vec<&'static str>,
    /// What went wrong, in words.
    pub errors: Vec<String>,
    /// How many tokens of the registry of crates were lent and not given back.
    pub live_tokens: usize,
}

/// One run of the release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialRun {
    /// How many phases were played.
    pub phases: usize,
    /// How the last of them ended: `converged`, `not-ready`, `blocked`, `planned`, `failed` or `killed`.
    pub ending: &'static str,
    /// How many steps came about.
    pub applied: usize,
    /// How many requests changed something on a service.
    pub writes: usize,
    /// How many folders of the workspace held something in the end.
    pub filled: usize,
    /// What `collect-artifacts` answered as `ready`, where it was played.
    pub ready: Option<String>,
    /// What was found, in words.
    pub told: Vec<String>,
}

impl TrialRun {
    fn of(act: &PlayedAct) -> Self {
        let PlayedAct { act: _, workflow: _, of: _, phases, writes, filled } = act;
        let ending = phases.last().map_or("planned", |phase| match phase.ending {
            PhaseEnding::Ended(Ending::Converged { .. }) => "converged",
            PhaseEnding::Ended(Ending::NotReady { .. }) => "not-ready",
            PhaseEnding::Ended(Ending::Blocked) => "blocked",
            PhaseEnding::Ended(Ending::Planned) => "planned",
            PhaseEnding::Failed { .. } => "failed",
            PhaseEnding::Killed => "killed",
        });
        let findings = phases.iter().flat_map(|phase| phase.report.findings());
        let mut outputs = phases.iter().flat_map(|phase| &phase.outputs);
        Self {
            phases: phases.len(),
            ending,
            applied: phases.iter().map(super::Played::applied).sum(),
            writes: *writes,
            filled: *filled,
            ready: outputs.find(|(name, _)| name == "ready").map(|(_, value)| value.clone()),
            told: findings.map(|finding| finding.message.clone()).collect(),
        }
    }
}

/// Plays the release of `files`, or of the sample where there are none, with `faults` in its first run. Does not
/// return before all is over.
///
/// # Errors
/// When there is no distribution among the files, or no place to play.
pub fn play(
    files: Option<Vec<(FileName, Vec<u8>)>>,
    faults: Vec<Fault>,
    observer: Option<Observer>,
) -> Result<Trial, Box<dyn std::error::Error>> {
    let subject = files.map_or_else(Subject::default, Subject::Files);
    tried(Rehearsal { subject, faults, observer, course: Course::default() })
}

/// Plays the release of the sample with its four producers, which end as told, while events arrive as told. The producers
/// are `main.yml`, `wheels.yml`, `wheels-docker.yml` and `wheels-arm64.yml`.
///
/// # Errors
/// When there is no place to play.
///
/// # Panics
/// When an event tells of the end of a run that has not ended, or of none that there is.
pub fn play_course(
    happenings: Vec<Happening>,
    faults: Vec<Fault>,
    observer: Option<Observer>,
) -> Result<Trial, Box<dyn std::error::Error>> {
    tried(Rehearsal { subject: Subject::Zlmdb, faults, observer, course: Course::Played(happenings) })
}

/// Plays the release that two workflows fill, `release.yml` with packages and `executables.yml` with programs. What
/// they build is there with their ends, and each event is a run of one's release jobs; those of one moment run at the
/// same time.
///
/// # Errors
/// When there is no place to play.
///
/// # Panics
/// When a workflow is none of these two.
pub fn play_shared(
    happenings: Vec<Happening>,
    faults: Vec<Fault>,
    observer: Option<Observer>,
) -> Result<Trial, Box<dyn std::error::Error>> {
    tried(Rehearsal { subject: Subject::Games, faults, observer, course: Course::Played(happenings) })
}

/// Plays the release of these wheels, sdists and crates to a registry of crates and to an index, without a release page.
///
/// # Errors
/// When there is no distribution among the files, or no place to play.
pub fn play_registries(
    files: Vec<(FileName, Vec<u8>)>,
    faults: Vec<Fault>,
    observer: Option<Observer>,
) -> Result<Trial, Box<dyn std::error::Error>> {
    tried(Rehearsal { subject: Subject::Registries(files), faults, observer, course: Course::default() })
}

fn tried(rehearsal: Rehearsal) -> Result<Trial, Box<dyn std::error::Error>> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RehearseError::Start)?;
    let rehearsed = runtime.block_on(super::run(rehearsal, &Surroundings::silent(), &Nobody))?;
    let played = || rehearsed.acts.iter().flat_map(|act| &act.phases);
    Ok(Trial {
        is_good: rehearsed.is_good(),
        acts: rehearsed.acts.len(),
        runs: rehearsed.acts.iter().map(TrialRun::of).collect(),
        writes_again: rehearsed.writes_again(),
        requests_of_events: rehearsed.requests_of_events,
        findings: played().flat_map(|phase| phase.report.findings()).map(|finding| finding.check).collect(),
        errors: played().filter_map(super::Played::error).collect(),
        releases: rehearsed.releases,
        pages: rehearsed.pages,
        rows: rehearsed.rows,
        live_tokens: rehearsed.live_tokens,
    })
}
