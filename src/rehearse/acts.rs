//! Single runs of the release: those that events start, and those that play everything once more.

use futures_util::future::try_join_all;

use super::phase::Run;
use super::stage::Stage;
use super::{Act, Audience, Nobody, Played, RehearseError, Scene};

/// A run that was played.
#[derive(Debug)]
pub(crate) struct PlayedAct {
    /// Which one.
    pub(crate) act: Act,
    /// The workflow that it is one of, or whose end started it.
    pub(crate) workflow: String,
    /// How many phases it has.
    pub(crate) of: usize,
    /// Its phases.
    pub(crate) phases: Vec<Played>,
    /// How many of its requests changed something on a service.
    pub(crate) writes: usize,
    /// How many folders of its workspace held something when it ended.
    pub(crate) filled: usize,
}

impl PlayedAct {
    fn of(act: Act, workflow: &str, run: Run) -> Self {
        Self {
            act,
            workflow: workflow.to_owned(),
            of: run.script.phases.len(),
            writes: run.writes,
            filled: run.filled(),
            phases: run.played,
        }
    }

    /// Whether it is one of an early event.
    pub(crate) const fn is_early(&self) -> bool {
        matches!(self.act, Act::Event { is_early: true, .. })
    }

    /// Whether it went through to the last phase.
    pub(super) fn finished(&self) -> bool {
        self.phases.len() == self.of && self.phases.iter().all(Played::converged)
    }

    /// Whether it did its part: to the last phase, which may leave the rest to others.
    pub(super) fn did_its_part(&self) -> bool {
        self.phases.len() == self.of
            && self.phases.iter().all(|phase| phase.converged() || phase.awaits_others())
    }

    /// Whether it left everything as it was, and did not think that it was done.
    pub(super) fn held_back(&self) -> bool {
        self.writes == 0 && self.filled == 0 && !self.phases.iter().all(Played::converged)
    }
}

/// Plays the runs of events that arrive at the same time, as the `first` and those after it `of` so many. They look and
/// download at the same time, on machines of their own; those that go on do so one after the other, as runs of one
/// workflow do for a commit, and at the same time where they are of workflows that know nothing of each other.
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
        let is_alone = number == first || stage.way.is_shared();
        let stage = if is_alone { stage.at(workflow) } else { stage.on_another_machine()? };
        let stage = if is_early { stage.unwatched() } else { stage };
        runs.push((Act::Event { number, of, is_early }, workflow, Run::new(stage, workflow)?));
    }
    let before = stage.writes();
    try_join_all(runs.iter_mut().map(|(act, workflow, run)| async {
        audience.see(Scene::Act { act: *act, workflow, by_itself: stage.way.is_shared() });
        run.gather(if is_early { &Nobody } else { audience }).await
    }))
    .await?;
    let written = stage.writes() - before;
    let mut acts = Vec::new();
    if stage.way.is_shared() {
        try_join_all(runs.iter_mut().map(|(_, _, run)| run.finish(audience))).await?;
    }
    for (act, workflow, mut run) in runs {
        run.finish(audience).await?;
        if is_early {
            audience.see(Scene::Early(&run.played));
        }
        let act = PlayedAct::of(act, workflow, run);
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
    audience.see(Scene::Act { act, workflow, by_itself: stage.way.is_shared() });
    let mut run = Run::new(stage.at(workflow), workflow)?;
    run.finish(audience).await?;
    Ok(PlayedAct::of(act, workflow, run))
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
        PlayedAct { act, workflow: "main.yml".to_owned(), of: 6, phases: vec![phase], writes: 0, filled: 0 }
    }

    #[test]
    fn an_early_run_that_left_anything_or_thought_that_it_was_done_is_no_good() {
        assert!(early(Ending::NotReady { applied: 0 }).held_back());
        assert!(!early(Ending::Converged { applied: 0 }).held_back());
        assert!(!PlayedAct { writes: 1, ..early(Ending::NotReady { applied: 0 }) }.held_back());
        assert!(!PlayedAct { filled: 1, ..early(Ending::NotReady { applied: 0 }) }.held_back());
    }
}
