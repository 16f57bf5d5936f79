//! A rehearsal that nobody watches: its outcome as plain values, for those who try many faults.

use crate::model::artifact::FileName;
use crate::remote::surroundings::Surroundings;
use crate::sim::fault::Fault;
use crate::sim::universe::Observer;

use super::{Audience, Rehearsal, RehearseError, Row, Scene};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Whether the release came about and playing it again changed nothing.
    pub is_good: bool,
    /// How many runs it took, the one that plays all again included.
    pub acts: usize,
    /// What went where.
    pub rows: Vec<Row>,
    /// The releases: tag, and whether it is a draft.
    pub releases: Vec<(String, bool)>,
    /// How many requests changed something when all was played again.
    pub writes_again: usize,
    /// How many requests the first run made.
    pub requests_of_first_act: u64,
    /// The ids of all findings, in the order they came up.
    pub findings: Vec<&'static str>,
    /// What went wrong, in words.
    pub errors: Vec<String>,
}

/// Shows nothing.
struct Nobody;

impl Audience for Nobody {
    fn see(&self, _scene: Scene<'_>) {}
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
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RehearseError::Start)?;
    let rehearsal = Rehearsal { files, faults, observer };
    let rehearsed = runtime.block_on(super::run(rehearsal, &Surroundings::silent(), &Nobody))?;
    let played = || rehearsed.acts.iter().flat_map(|(_, phases)| phases);
    Ok(Trial {
        is_good: rehearsed.is_good(),
        acts: rehearsed.acts.len(),
        writes_again: rehearsed.writes_again,
        requests_of_first_act: rehearsed.requests_of_first_act,
        findings: played().flat_map(|phase| phase.report.findings()).map(|finding| finding.check).collect(),
        errors: played().filter_map(super::Played::error).collect(),
        releases: rehearsed.releases,
        rows: rehearsed.rows,
    })
}
