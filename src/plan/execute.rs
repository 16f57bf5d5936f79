//! Observe, block, apply, look again.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;

use super::context::Context;
use super::{Failure, Mode, Plan, Step};
use crate::remote::surroundings::Event;
use crate::report::Report;

/// How often, and how patiently, the engine looks again after it applied something: indexes lag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looks {
    /// How many looks there are at most after applying; at least one.
    pub(crate) count: u32,
    /// How long to wait before the second of them; each later wait is twice as long.
    pub(crate) delay: Duration,
    /// No wait is longer than this.
    pub(crate) longest_delay: Duration,
}

/// How long the mode may take to leave when the time for stopping is over: less than what the program gives the whole run
/// then, so that the run still says how far it came.
const LEAVE: Duration = Duration::from_millis(1500);
const NOT_GIVEN_BACK: &str =
    "what was lent (a registry's token) could not be given back in time: it ends by itself";

/// How many looks an ambiguous failure is worth.
const LOOKS_AFTER_FAILURE: u32 = 4;

impl Looks {
    /// About ten minutes in all: an index behind a cache may show a file that late.
    pub(crate) const PATIENT: Self =
        Self { count: 24, delay: Duration::from_secs(1), longest_delay: Duration::from_secs(30) };

    /// As many looks as it takes to wait for so long.
    pub(crate) fn within(patience: Duration) -> Self {
        let (mut looks, mut waited, mut delay) =
            (Self { count: 1, ..Self::PATIENT }, Duration::ZERO, Self::PATIENT.delay);
        while waited < patience {
            waited += delay;
            delay = (delay * 2).min(looks.longest_delay);
            looks.count += 1;
        }
        looks
    }
}

/// How a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The report forbids to go on; nothing was applied.
    Blocked,
    /// Something that others bring is not there yet, and the run was told to leave it at that; what could be done without
    /// it was applied.
    NotReady { applied: usize },
    /// There was no writer; nothing was applied.
    Planned,
    /// The world is as declared; this run applied that many steps.
    Converged { applied: usize },
}

/// Why a run did not come to its end. `left` and `applied` say how far it got.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExecuteError<E: Failure> {
    /// The first look failed: nothing was applied.
    #[error(transparent)]
    Look(E),
    /// A step failed, and a second look confirms that work is left.
    #[error("{step} did not come about")]
    Step {
        /// The step, as its plan line.
        step: String,
        #[source]
        source: E,
        applied: usize,
        left: Vec<String>,
        /// What the look afterwards found, where there was one.
        report: Report,
    },
    /// All steps were applied, and the look afterwards failed.
    #[error("all steps were applied, but the result could not be read back")]
    LookAgain {
        #[source]
        source: E,
        applied: usize,
    },
    /// All steps were applied, and the world is still not as declared.
    #[error("all steps were applied, and the service still does not show the result")]
    NotConverged { applied: usize, left: Vec<String> },
    /// Steps were applied, and what can be seen now forbids to call it done or to go on.
    #[error("{}", spoiled(step.as_deref()))]
    Spoiled {
        /// The step that failed, as its plan line, where one did.
        step: Option<String>,
        #[source]
        source: Option<E>,
        applied: usize,
        report: crate::report::Report,
    },
    /// A signal asked to stop.
    #[error("stopped by a signal with work left: run again, what is done is found and not repeated")]
    Stopped { applied: usize, left: Vec<String> },
    /// A signal asked to stop, and the time for it ended while something was under way.
    #[error("stopped by a signal while a request was under way: it may or may not have taken effect")]
    Abandoned { applied: usize },
}

/// A run that did not come to its end.
pub(crate) struct Broken<M: Mode> {
    /// Why.
    pub(crate) error: ExecuteError<M::Error>,
    /// What the last look answered that saw anything, if one did and anything was begun.
    pub(crate) output: Option<M::Output>,
}

fn spoiled(step: Option<&str>) -> String {
    step.map_or_else(
        || "all steps were applied, and what is there now is not what was declared".to_owned(),
        |step| format!("{step} did not come about, and what is there now stands against it"),
    )
}

impl<E: Failure> ExecuteError<E> {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Look(error) => error.hint(),
            Self::Step { source, .. } | Self::LookAgain { source, .. } => source.hint(),
            Self::Spoiled { source, .. } => source.as_ref().and_then(Failure::hint),
            Self::NotConverged { .. } => Some(
                "services may show a result late: run again, what is done is found and not repeated".into(),
            ),
            Self::Stopped { .. } => None,
            Self::Abandoned { .. } => Some("run again: what is done is found and not repeated".into()),
        }
    }
}

/// What [`execute`] answers: the last plan it made, with how it ended.
pub(crate) type Executed<M> = (Plan<<M as Mode>::Step, <M as Mode>::Output>, Ending);

/// How far a run got, for when it breaks off.
struct Course<O> {
    /// How many steps were applied.
    applied: Cell<usize>,
    /// What the last look answered.
    output: RefCell<Option<O>>,
}

/// Runs a mode: looks, stops if the report blocks or there are no writers, applies wave by wave, and looks again
/// until nothing is left. A step whose reply was lost counts as done when the second look says so. However it ends, the
/// mode leaves what it held.
pub(crate) async fn execute<M: Mode>(
    mode: &M,
    cx: &Context,
    readers: &M::Readers,
    writers: Option<&M::Writers>,
    looks: Looks,
) -> Result<Executed<M>, Broken<M>> {
    let course = Course { applied: Cell::new(0), output: RefCell::new(None) };
    let outcome = {
        let run = pin!(run(mode, cx, (readers, writers), looks, &course));
        match select(run, pin!(cx.surroundings.stop.is_urgent())).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(((), _)) => Err(ExecuteError::Abandoned { applied: course.applied.get() }),
        }
    };
    if let Some(writers) = writers {
        let leaving = pin!(mode.leave(cx, writers));
        let over = pin!(async {
            cx.surroundings.stop.is_urgent().await;
            cx.surroundings.pace.sleep(LEAVE).await;
        });
        // What is known of the run has to be told, also by one that is about to be killed.
        if let Either::Right(_) = select(leaving, over).await {
            cx.surroundings.progress.event(Event::Note(NOT_GIVEN_BACK));
        }
    }
    outcome.map_err(|error| Broken { error, output: course.output.take() })
}

async fn run<M: Mode>(
    mode: &M,
    cx: &Context,
    (readers, writers): (&M::Readers, Option<&M::Writers>),
    looks: Looks,
    course: &Course<M::Output>,
) -> Result<Executed<M>, ExecuteError<M::Error>> {
    let first = mode.plan(cx, readers).await;
    let mut plan = mode.preflight(cx, first, writers).await.map_err(ExecuteError::Look)?;
    // A plan that will not be begun is not shown: what it would do is not known either.
    if plan.report.blocks() {
        return Ok((plan, Ending::Blocked));
    }
    if plan.is_idle() && plan.waiting_for.is_some() {
        return Ok((plan, Ending::NotReady { applied: 0 }));
    }
    cx.surroundings.progress.event(Event::Plan(&lines(&plan)));
    let Some(writers) = writers else { return Ok((plan, Ending::Planned)) };
    if plan.is_idle() {
        return Ok((plan, Ending::Converged { applied: 0 }));
    }

    loop {
        let Plan { waves, output, waiting_for, .. } = plan;
        course.output.replace(Some(output));
        let mut failed = None;
        for wave in &waves {
            if failed.is_some() || cx.surroundings.stop.is_requested() {
                break;
            }
            failed = apply_wave(mode, cx, wave, writers, &course.applied).await;
        }
        let done = Done { failed, waits: waiting_for.is_some() };
        let (seen, ending) = look_again(mode, cx, readers, looks, (done, course)).await?;
        match ending {
            Some(ending) => return Ok((seen, ending)),
            // What was waited for came meanwhile. The next plan waits for nothing, so this ends.
            None => {
                cx.surroundings.progress.event(Event::Plan(&lines(&seen)));
                plan = seen;
            }
        }
    }
}

/// What has been done, when it is looked at.
struct Done<E> {
    /// The step that failed, if one did.
    failed: Option<Failed<E>>,
    /// Whether the plan did without something that others bring.
    waits: bool,
}

/// A step that failed.
struct Failed<E> {
    /// Its plan line.
    step: String,
    /// Whether it would have changed anything.
    is_effect: bool,
    error: E,
}

/// What [`look_again`] answers: the last plan, and how that ends the run, unless it goes on.
type Seen<M> = (Plan<<M as Mode>::Step, <M as Mode>::Output>, Option<Ending>);

/// Applies the steps of one wave, some at the same time. After the first failure none is begun, unless that says nothing
/// about the others; those under way are waited for, since a request that was cut off may have taken effect.
async fn apply_wave<M: Mode>(
    mode: &M,
    cx: &Context,
    wave: &[M::Step],
    writers: &M::Writers,
    applied: &Cell<usize>,
) -> Option<Failed<M::Error>> {
    let progress = &cx.surroundings.progress;
    let begin = |step| async move {
        progress.event(Event::Started(&format!("{step}")));
        (step, mode.apply(cx, step, writers).await)
    };
    let mut waiting = wave.iter();
    let mut running: FuturesUnordered<_> =
        waiting.by_ref().take(mode.concurrency().max(1)).map(begin).collect();
    let (mut failed, mut goes_on) = (None, true);
    while let Some((step, outcome)) = running.next().await {
        let (step, is_effect) = (step.to_string(), !step.only_waits());
        match outcome {
            Ok(()) => {
                applied.update(|applied| applied + usize::from(is_effect));
                progress.event(Event::Finished(&step));
            }
            Err(error) => {
                progress.event(Event::Failed(&step, &error.to_string()));
                goes_on &= error.spares_others();
                failed.get_or_insert(Failed { step, is_effect, error });
            }
        }
        if goes_on
            && !cx.surroundings.stop.is_requested()
            && let Some(next) = waiting.next()
        {
            running.push(begin(next));
        }
    }
    failed
}

async fn look_again<M: Mode>(
    mode: &M,
    cx: &Context,
    readers: &M::Readers,
    looks: Looks,
    (Done { failed, waits }, course): (Done<M::Error>, &Course<M::Output>),
) -> Result<Seen<M>, ExecuteError<M::Error>> {
    let applied = course.applied.get();
    // A lost reply after a commit is a success, and that step was applied too.
    let with_failed = applied + usize::from(failed.as_ref().is_some_and(|failed| failed.is_effect));
    let count = match &failed {
        _ if cx.surroundings.stop.is_requested() => 1,
        None => looks.count.max(1),
        // The writer has looked for itself, with patience; a listing that lags gets a little more.
        Some(Failed { error, .. }) if error.is_ambiguous() => looks.count.clamp(1, LOOKS_AFTER_FAILURE),
        // A refusal will not turn into a success by waiting for it.
        Some(_) => 1,
    };
    let mut delay = looks.delay;
    let mut last = None;
    for look in 0..count {
        if look > 0 {
            if cx.surroundings.stop.is_requested() {
                break;
            }
            cx.surroundings.progress.event(Event::Waiting { what: "the service to show the result", delay });
            cx.surroundings.pace.sleep(delay).await;
            delay = (delay * 2).min(looks.longest_delay);
        }
        match mode.plan(cx, readers).await {
            Ok(plan) if plan.settled() => {
                return Ok((plan, Some(Ending::Converged { applied: with_failed })));
            }
            Ok(plan) if plan.report.blocks() => {
                last = Some(Ok(plan));
                break;
            }
            Ok(plan) if waits && plan.is_idle() => {
                return Ok((plan, Some(Ending::NotReady { applied: with_failed })));
            }
            Ok(plan) if waits && failed.is_none() && plan.waiting_for.is_none() => return Ok((plan, None)),
            seen => last = Some(seen),
        }
    }
    let last = last.expect("there is at least one look");
    let left = last.as_ref().map(|plan| plan.steps().map(ToString::to_string).collect()).unwrap_or_default();
    let last = last.map(|plan| {
        course.output.replace(Some(plan.output));
        plan.report
    });
    Err(match (failed, last) {
        // Looked, and it is bad: that weighs more than the failure that made us look.
        (failed, Ok(report)) if report.blocks() => {
            let (step, source) = failed.map(|Failed { step, error, .. }| (step, error)).unzip();
            ExecuteError::Spoiled { step, source, applied, report }
        }
        (Some(Failed { step, error: source, .. }), look) => {
            let report = look.unwrap_or_else(|error| error.found());
            ExecuteError::Step { step, source, applied, left, report }
        }
        (None, Err(source)) => ExecuteError::LookAgain { source, applied },
        (None, Ok(_)) if cx.surroundings.stop.is_requested() => ExecuteError::Stopped { applied, left },
        (None, Ok(_)) => ExecuteError::NotConverged { applied, left },
    })
}

/// The lines that a dry run prints.
pub(crate) fn lines<S: Step, O>(plan: &Plan<S, O>) -> Vec<Vec<String>> {
    let line = |step: &S| format!("{} {step}", if step.irreversible() { '!' } else { '+' });
    plan.waves.iter().map(|wave| wave.iter().map(line).collect()).collect()
}
