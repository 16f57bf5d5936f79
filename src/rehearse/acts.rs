//! Single runs of the release: those that events start, and those that play everything once more.

use futures_util::future::try_join_all;

use super::phase::{self, Run};
use super::stage::Stage;
use super::{Act, Audience, Nobody, Played, RehearseError, Scene};

/// A run that was played.
#[derive(Debug)]
pub(crate) struct PlayedAct {
    /// Which one.
    pub(crate) act: Act,
    /// Its phases.
    pub(crate) phases: Vec<Played>,
    /// How many of its requests changed something on a service.
    pub(crate) writes: usize,
    /// How many folders of its workspace held something when it ended.
    pub(crate) filled: usize,
}

impl PlayedAct {
    fn of(act: Act, run: Run) -> Self {
        Self { act, writes: run.writes, filled: run.filled(), phases: run.played }
    }

    /// Whether it is one of an early event.
    pub(crate) const fn is_early(&self) -> bool {
        matches!(self.act, Act::Event { is_early: true, .. })
    }

    /// Whether it went through to the last phase.
    pub(super) fn finished(&self) -> bool {
        self.phases.len() == phase::NAMES.len() && self.phases.iter().all(Played::converged)
    }

    /// Whether it left everything as it was, and did not think that it was done.
    pub(super) fn held_back(&self) -> bool {
        self.writes == 0 && self.filled == 0 && !self.phases.iter().all(Played::converged)
    }
}

/// Plays the runs of events that arrive at the same time, as the `first` and those after it `of` so many. They look and
/// download at the same time, on machines of their own; those that go on do so one after the other, as runs of one
/// commit do.
pub(super) async fn play_events(
    stage: &Stage,
    workflows: &[String],
    first: usize,
    of: usize,
    audience: &dyn Audience,
) -> Result<Vec<PlayedAct>, RehearseError> {
    let is_early = stage.is_building();
    let mut runs = Vec::new();
    for (number, workflow) in (first..).zip(workflows) {
        let stage = if number == first { stage.clone() } else { stage.on_another_machine()? };
        let stage = if is_early { stage.unwatched() } else { stage };
        let built = stage.event(workflow)?;
        runs.push((Act::Event { number, of, is_early }, workflow, Run::new(stage, built)));
    }
    let before = stage.writes();
    try_join_all(runs.iter_mut().map(|(act, workflow, run)| async {
        audience.see(Scene::Act { act: *act, workflow });
        run.gather(if is_early { &Nobody } else { audience }).await
    }))
    .await?;
    let written = stage.writes() - before;
    let mut acts = Vec::new();
    for (act, _, mut run) in runs {
        run.finish(audience).await?;
        if is_early {
            audience.see(Scene::Early(&run.played));
        }
        let act = PlayedAct::of(act, run);
        acts.push(PlayedAct { writes: act.writes + written, ..act });
    }
    Ok(acts)
}

/// Plays all phases once more, for an event that came before.
pub(super) async fn play_again(
    stage: &Stage,
    act: Act,
    workflow: &str,
    audience: &dyn Audience,
) -> Result<PlayedAct, RehearseError> {
    audience.see(Scene::Act { act, workflow });
    let mut run = Run::new(stage.clone(), stage.event(workflow)?);
    run.finish(audience).await?;
    Ok(PlayedAct::of(act, run))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::plan::execute::Ending;
    use crate::rehearse::PhaseEnding;
    use crate::report::Report;

    fn early(ending: Ending) -> PlayedAct {
        let phase = Played {
            name: "collect-artifacts",
            elapsed: Duration::ZERO,
            ending: PhaseEnding::Ended(ending),
            report: Report::default(),
            outputs: Vec::new(),
        };
        let act = Act::Event { number: 1, of: 4, is_early: true };
        PlayedAct { act, phases: vec![phase], writes: 0, filled: 0 }
    }

    #[test]
    fn an_early_run_that_left_anything_or_thought_that_it_was_done_is_no_good() {
        assert!(early(Ending::NotReady).held_back());
        assert!(!early(Ending::Converged { applied: 0 }).held_back());
        assert!(!PlayedAct { writes: 1, ..early(Ending::NotReady) }.held_back());
        assert!(!PlayedAct { filled: 1, ..early(Ending::NotReady) }.held_back());
    }
}
