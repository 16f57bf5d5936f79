//! Whether every producer is ready, and waiting until it is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::choose::{Choice, Search};
use super::{CollectArtifacts, CollectError, WhenIncomplete};
use crate::model::tag::Tag;
use crate::plan::context::Context;
use crate::remote::error::RemoteError;
use crate::remote::github::read::GithubRead;
use crate::remote::github::runs::Sought;
use crate::remote::surroundings::Event;

/// No wait between two looks is longer.
const LONGEST_DELAY: Duration = Duration::from_secs(60);
/// A push and the run that it starts are not one moment: so long a workflow without a run is waited for.
const APPEARS_WITHIN: Duration = Duration::from_secs(30);
/// How often a wait looks whether to stop.
const PIECE: Duration = Duration::from_millis(500);

/// What the looks of one request share: what was told is not told again, and waiting is not begun anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(Arc<Mutex<Remembered>>);

#[derive(Debug, Default)]
struct Remembered {
    told: BTreeMap<String, String>,
    patience: Patience,
}

/// How long was waited, and how long the next wait is.
#[derive(Clone, Copy, Debug)]
struct Patience {
    waited: Duration,
    next: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { waited: Duration::ZERO, next: Duration::from_secs(1) }
    }
}

impl Patience {
    /// How long to wait now; nothing once `limit` is used up. The waits are added up, and no clock is asked.
    fn step(&mut self, limit: Duration) -> Option<Duration> {
        let delay = self.next.min(limit.saturating_sub(self.waited));
        if delay.is_zero() {
            return None;
        }
        self.waited += delay;
        self.next = (self.next * 2).min(LONGEST_DELAY);
        Some(delay)
    }
}

/// A workflow, and what its runs come to.
pub(super) type Producer = (String, Choice);

/// What is missing, as long as time alone can bring all of it.
fn worth_waiting_for(producers: &[Producer], waited: Duration) -> Option<String> {
    let mut missing = Vec::new();
    for (workflow, choice) in producers {
        match choice {
            Choice::Good(_) => {}
            Choice::Running { state, .. } => missing.push(format!("{workflow} ({state})")),
            Choice::Absent(_) if waited < APPEARS_WITHIN => missing.push(format!("{workflow} (no run yet)")),
            Choice::Absent(_) | Choice::Bad(_) => return None,
        }
    }
    (!missing.is_empty()).then(|| missing.join(", "))
}

impl Memory {
    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `line` says something new about the workflow.
    fn is_new(&self, workflow: &str, line: &str) -> bool {
        self.remembered().told.insert(workflow.to_owned(), line.to_owned()).as_deref() != Some(line)
    }

    fn waited(&self) -> Duration {
        self.remembered().patience.waited
    }

    fn step(&self, limit: Duration) -> Option<Duration> {
        self.remembered().patience.step(limit)
    }
}

impl CollectArtifacts {
    /// What the runs of each workflow come to, once waiting can better it no more.
    pub(super) async fn producers(
        &self,
        cx: &Context,
        sought: &Sought,
        github: &GithubRead,
    ) -> Result<Vec<Producer>, CollectError> {
        loop {
            let producers = self.look(cx, sought, github).await?;
            let missing = match self.when_incomplete {
                WhenIncomplete::Wait => worth_waiting_for(&producers, self.memory.waited()),
                WhenIncomplete::Fail | WhenIncomplete::Skip => None,
            };
            let Some(missing) = missing else { return Ok(producers) };
            let Some(delay) = self.memory.step(self.wait_timeout.duration()) else {
                let waited = self.memory.waited();
                return Ok(producers.into_iter().map(|producer| in_vain(producer, waited)).collect());
            };
            cx.surroundings.progress.event(Event::Waiting { what: &missing, delay });
            if !sleep(cx, delay).await {
                return Err(CollectError::Stopped { missing });
            }
        }
    }

    async fn look(
        &self,
        cx: &Context,
        sought: &Sought,
        github: &GithubRead,
    ) -> Result<Vec<Producer>, RemoteError> {
        let tag = self.tag.as_ref().map(Tag::as_str);
        let mut producers = Vec::new();
        for workflow in &self.workflows {
            let search = Search { workflow, sought, tag, allowed: &self.allowed };
            let (choice, line) = search.choose(github.runs(workflow, sought).await?);
            if self.memory.is_new(workflow, &line) {
                cx.surroundings.progress.event(Event::Note(&line));
            }
            producers.push((workflow.clone(), choice));
        }
        Ok(producers)
    }
}

/// A producer that waiting did not make ready: its finding says for how long.
fn in_vain((workflow, choice): Producer, waited: Duration) -> Producer {
    let choice = match choice {
        Choice::Running { state, mut finding } => {
            finding.message = format!("{}, after {} s of waiting", finding.message, waited.as_secs());
            let finding =
                finding.hint("is it stuck? look at the run, or give it more time with `wait-timeout`");
            Choice::Running { state, finding }
        }
        other => other,
    };
    (workflow, choice)
}

/// Waits; `false` when the run is to stop meanwhile.
pub(super) async fn sleep(cx: &Context, delay: Duration) -> bool {
    let mut left = delay;
    while !left.is_zero() && !cx.surroundings.stop.is_requested() {
        let piece = left.min(PIECE);
        cx.surroundings.pace.sleep(piece).await;
        left -= piece;
    }
    !cx.surroundings.stop.is_requested()
}

#[cfg(test)]
mod tests {
    use super::super::choose::{FAILED, NO_RUN, NOT_COMPLETE};
    use super::*;

    const HALF_A_MINUTE: Duration = Duration::from_secs(30);

    fn running() -> Producer {
        let choice = Choice::Running { state: "queued".into(), finding: NOT_COMPLETE.finding("queued") };
        ("wheels.yml".into(), choice)
    }

    fn absent() -> Producer {
        ("docs.yml".into(), Choice::Absent(NO_RUN.finding("none")))
    }

    #[test]
    fn looks_grow_rarer_and_the_waits_add_up_to_the_limit() {
        let mut patience = Patience::default();
        let steps = std::iter::from_fn(|| patience.step(Duration::from_secs(240)));
        let seconds: Vec<_> = steps.map(|delay| delay.as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 57]);
        assert_eq!(patience.waited, Duration::from_secs(240));
    }

    #[test]
    fn a_workflow_without_a_run_is_waited_for_half_a_minute() {
        let both = [running(), absent()];
        let missing = worth_waiting_for(&both, HALF_A_MINUTE - PIECE);
        assert_eq!(missing.as_deref(), Some("wheels.yml (queued), docs.yml (no run yet)"));
        assert_eq!(worth_waiting_for(&both, HALF_A_MINUTE), None);
        assert!(worth_waiting_for(&[running()], HALF_A_MINUTE * 100).is_some());
    }

    #[test]
    fn a_producer_that_failed_is_not_waited_for_whatever_else_runs() {
        let failed = ("tools.yml".to_owned(), Choice::Bad(FAILED.finding("failure")));
        assert_eq!(worth_waiting_for(&[running(), failed], Duration::ZERO), None);
        assert_eq!(worth_waiting_for(&[], Duration::ZERO), None);
    }
}
