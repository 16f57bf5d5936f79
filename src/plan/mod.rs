//! The engine: what every mode has in common. It knows no mode.
//!
//! A mode looks at the world and answers with a [`Plan`], a value that can be printed. Only then, and only
//! with writers, the plan is applied (`execute`); afterwards the mode looks again, and it succeeded if the
//! second plan is empty and its report clean.

pub(crate) mod context;
pub(crate) mod execute;
#[cfg(test)]
mod execute_tests;

use std::borrow::Cow;
use std::fmt;

use crate::model::artifact::Artifact;
use crate::report::Report;
use context::Context;
use execute::Looks;

/// One effect. Its `Display` is the line that a dry run prints; it names things by tag and file name, never by
/// an id that an earlier step would have to answer, so the whole plan prints before anything happens.
pub(crate) trait Step: fmt::Display {
    /// Whether the effect cannot be taken back: such steps share no wave with others.
    fn irreversible(&self) -> bool;

    /// Whether it brings nothing about, and only waits until something shows that an earlier step brought.
    fn only_waits(&self) -> bool {
        false
    }
}

/// A mode without effects has no steps.
impl Step for std::convert::Infallible {
    fn irreversible(&self) -> bool {
        match *self {}
    }
}

/// What a look at the world yields.
#[derive(Debug)]
pub(crate) struct Plan<S, O> {
    /// What is left to do. Waves run one after the other; the steps of one wave may run at the same time.
    pub(crate) waves: Vec<Vec<S>>,
    /// What was found. A report that blocks forbids every step.
    pub(crate) report: Report,
    /// What the mode answers, as it stands in the world now: an observation, never the echo of a write.
    pub(crate) output: O,
    /// How many effects of the declared whole are already in the world, the same as declared.
    pub(crate) present: usize,
    /// What others bring and is not there yet, when the user said to leave it at that then. The steps are those that can be
    /// done without it.
    pub(crate) waiting_for: Option<String>,
}

impl<S: Step, O> Plan<S, O> {
    /// Nothing is left to do, nothing stands against the result, and nothing is waited for: a look that ended early
    /// because something is not there yet has seen no result.
    pub(crate) fn settled(&self) -> bool {
        self.is_idle() && !self.report.blocks() && self.waiting_for.is_none()
    }

    /// Nothing is left that could be done now.
    pub(crate) fn is_idle(&self) -> bool {
        self.steps().next().is_none()
    }

    /// All steps that are left, in order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &S> {
        self.waves.iter().flatten()
    }
}

/// One value of a mode's answer: an output's name as the schema declares it, or its family, and its text.
pub(crate) type OutputField = (Cow<'static, str>, String);

/// A mode's typed answer.
pub(crate) trait Output {
    /// The fields in the order of the schema; a field without a value is left out.
    fn fields(&self) -> Vec<OutputField>;

    /// The files that the answer is about, for people to see.
    fn files(&self) -> Vec<SeenFile> {
        Vec::new()
    }

    /// What a run that did come to its end brought about itself.
    fn effects(&self) -> Vec<OutputField> {
        Vec::new()
    }

    /// Whether this run sent something that may be there, although no step says that it was applied.
    fn is_in_doubt(&self) -> bool {
        false
    }

    /// What is told when the run broke off after it began: nothing, unless it is known all the same.
    fn broken_off(&self) -> Vec<OutputField> {
        Vec::new()
    }
}

/// A file as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenFile {
    /// The file.
    pub(crate) artifact: Artifact,
    /// The platform that its contents ask for, whatever its name claims; only of wheels with native code.
    pub(crate) actual_platform: Option<String>,
}

impl SeenFile {
    /// A file into which nobody looked.
    pub(crate) const fn of(artifact: Artifact) -> Self {
        Self { artifact, actual_platform: None }
    }
}

/// One of the things that the program does for a release: a validated request that can look and act.
pub(crate) trait Mode {
    /// What users call it.
    const NAME: &'static str;
    /// How many steps of one wave run at the same time.
    const CONCURRENCY: usize = 1;
    /// A closed enum of its effects.
    type Step: Step;
    /// Its answer.
    type Output: Output;
    /// Why it could not tell.
    type Error: Failure;
    /// What it may look at.
    type Readers;
    /// What it may change. A dry run holds none, so it cannot change anything.
    type Writers;

    /// How many steps of one wave of this run run at the same time.
    fn concurrency(&self) -> usize {
        Self::CONCURRENCY
    }

    /// How patiently the run looks again after it applied something.
    fn looks(&self) -> Looks {
        Looks::PATIENT
    }

    /// Looks, and says what is left to do.
    async fn plan(
        &self,
        cx: &Context,
        readers: &Self::Readers,
    ) -> Result<Plan<Self::Step, Self::Output>, Self::Error>;

    /// Judges the first look before anything is applied: what only shows with the writers at hand, such as whether a
    /// registry would trust this job, and what the look found of errors in several places. It sends nothing.
    async fn preflight(
        &self,
        _cx: &Context,
        first: Result<Plan<Self::Step, Self::Output>, Self::Error>,
        _writers: Option<&Self::Writers>,
    ) -> Result<Plan<Self::Step, Self::Output>, Self::Error> {
        first
    }

    /// Gives back what the writers were lent, however the run ends. What fails is told in a note.
    async fn leave(&self, _cx: &Context, _writers: &Self::Writers) {}

    /// Brings one effect about. Safe to repeat.
    async fn apply(
        &self,
        cx: &Context,
        step: &Self::Step,
        writers: &Self::Writers,
    ) -> Result<(), Self::Error>;
}

/// An error that can tell how sure it is and what to do.
pub(crate) trait Failure: std::error::Error + 'static {
    /// Whether the effect may have come about all the same: then it is worth looking again, with patience.
    fn is_ambiguous(&self) -> bool;

    /// What to do about it.
    fn hint(&self) -> Option<String>;

    /// What was found all the same, where a look went on past what it could not see.
    fn found(&self) -> Report {
        Report::default()
    }

    /// Whether it says nothing about the other steps of its wave: then those are begun all the same.
    fn spares_others(&self) -> bool {
        false
    }
}
