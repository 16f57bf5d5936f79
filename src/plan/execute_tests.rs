//! The engine against a world that breaks: a list of files, and a writer that fails where it is told to.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::context::Context;
use super::execute::{Broken, Ending, ExecuteError, Looks, execute};
use super::{Failure, Mode, Output, OutputField, Plan, Step};
use crate::remote::surroundings::Surroundings;
use crate::report::{Report, Rule, Severity};

const SPOILED: Rule = Rule {
    id: "test/spoiled",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "Other bytes are there",
    explain: "",
    fix: "remove them",
    sources: &[],
    since: "0.1.0",
};

/// What happens to the write with the given number, counted from 0.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Refused: nothing happens, and the error is sure.
    Refused(usize),
    /// The same, and it says nothing about the other writes.
    Alone(usize),
    /// It happens, and the reply is lost.
    Lost(usize),
    /// Other bytes are stored, and nobody says so.
    Spoiled(usize),
    /// Somebody else stored other bytes, so it is refused.
    Taken(usize),
}

#[derive(Default)]
struct World {
    files: Vec<(char, bool)>,
    writes: usize,
    looks: usize,
    /// So many looks after a write do not show it.
    stale_looks: usize,
    /// Looks after a write find that what they build on is gone again.
    withdrawn: bool,
    /// Until the look with this number others have not brought what the second wave needs.
    awaited_until: usize,
    stop_after: Option<usize>,
    /// The signal comes during the look with this number, counted from 1.
    stop_in_look: usize,
    /// The write with this number never ends, and the time for stopping ends meanwhile.
    hangs_at: Option<usize>,
    /// How often the mode left.
    left: usize,
    /// Leaving never ends.
    hangs_leaving: bool,
}

#[derive(Clone)]
struct Shared(Rc<RefCell<World>>);

struct Files(Fault, Vec<&'static str>);

struct Put(char);

impl fmt::Display for Put {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "put {}", self.0)
    }
}

impl Step for Put {
    fn irreversible(&self) -> bool {
        self.0.is_uppercase()
    }
}

struct Names(String);

impl Output for Names {
    fn fields(&self) -> Vec<OutputField> {
        vec![("names".into(), self.0.clone())]
    }
}

#[derive(Debug, thiserror::Error)]
#[error("write failed")]
struct Failed {
    ambiguous: bool,
    alone: bool,
}

impl Failure for Failed {
    fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    fn hint(&self) -> Option<String> {
        None
    }

    fn spares_others(&self) -> bool {
        self.alone
    }
}

impl Mode for Files {
    const NAME: &'static str = "files";
    const CONCURRENCY: usize = 2;
    type Step = Put;
    type Output = Names;
    type Error = Failed;
    type Readers = Shared;
    type Writers = (Shared, Surroundings);

    async fn plan(&self, cx: &Context, readers: &Shared) -> Result<Plan<Put, Names>, Failed> {
        let mut world = readers.0.borrow_mut();
        world.looks += 1;
        if world.stop_in_look == world.looks {
            cx.surroundings.stop.request();
        }
        let stale = world.writes > 0 && world.stale_looks > 0;
        if stale {
            world.stale_looks -= 1;
        }
        let seen: Vec<_> = if stale { Vec::new() } else { world.files.clone() };
        let withdrawn = world.withdrawn && world.writes > 0;
        let missing = |name: &char| !withdrawn && !seen.iter().any(|(have, _)| have == name);
        let awaits = world.looks < world.awaited_until;
        let now = if awaits { &self.1[..1] } else { &self.1[..] };
        let waves = now.iter().map(|wave| wave.chars().filter(missing).map(Put).collect::<Vec<_>>());
        let spoiled =
            seen.iter().filter(|(_, good)| !good).map(|(name, _)| SPOILED.finding("spoiled").in_file(*name));
        Ok(Plan {
            waves: waves.filter(|wave| !wave.is_empty()).collect(),
            report: spoiled.collect::<Report>(),
            output: Names(seen.iter().map(|(name, _)| name).collect()),
            present: seen.len(),
            waiting_for: (withdrawn || awaits).then(|| "the producer".to_owned()),
        })
    }

    async fn apply(
        &self,
        _cx: &Context,
        step: &Put,
        (world, surroundings): &Self::Writers,
    ) -> Result<(), Failed> {
        let hangs = world.0.borrow().hangs_at == Some(world.0.borrow().writes);
        if hangs {
            surroundings.stop.hurry();
            std::future::pending::<()>().await;
        }
        let mut world = world.0.borrow_mut();
        let number = world.writes;
        world.writes += 1;
        if world.stop_after == Some(number) {
            surroundings.stop.request();
        }
        if [Fault::Refused(number), Fault::Alone(number)].contains(&self.0) {
            return Err(Failed { ambiguous: false, alone: self.0 == Fault::Alone(number) });
        }
        world.files.push((step.0, ![Fault::Spoiled(number), Fault::Taken(number)].contains(&self.0)));
        if self.0 == Fault::Taken(number) {
            return Err(Failed { ambiguous: false, alone: false });
        }
        if self.0 == Fault::Lost(number) { Err(Failed { ambiguous: true, alone: false }) } else { Ok(()) }
    }

    async fn leave(&self, _cx: &Context, (world, _): &Self::Writers) {
        world.0.borrow_mut().left += 1;
        if world.0.borrow().hangs_leaving {
            std::future::pending::<()>().await;
        }
    }
}

const LOOKS: Looks = Looks { count: 4, delay: Duration::from_secs(1), longest_delay: Duration::from_secs(2) };

fn run(fault: Fault, world: &Shared, write: bool) -> Result<(String, Ending), ExecuteError<Failed>> {
    let surroundings = Surroundings::silent();
    let cx = Context { surroundings: surroundings.clone() };
    let mode = Files(fault, vec!["abc", "D"]);
    let writers = (world.clone(), surroundings);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime
        .block_on(execute(&mode, &cx, world, write.then_some(&writers), LOOKS))
        .map(|(plan, ending)| (plan.output.0, ending))
        .map_err(|Broken { error, output }| {
            let begun = world.0.borrow().writes > 0;
            assert!(output.is_some() || !begun, "what was seen is known: {error}");
            error
        })
}

fn world() -> Shared {
    Shared(Rc::default())
}

fn names(world: &Shared) -> String {
    let mut names: Vec<_> = world.0.borrow().files.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.into_iter().collect()
}

#[test]
fn a_run_converges_and_its_repetition_applies_nothing() {
    let world = world();
    let (output, ending) = run(Fault::None, &world, true).expect("converged");
    assert_eq!((output.as_str(), ending), ("abcD", Ending::Converged { applied: 4 }));
    let (_, ending) = run(Fault::None, &world, true).expect("converged");
    assert_eq!(ending, Ending::Converged { applied: 0 });
    assert_eq!(world.0.borrow().writes, 4);
}

#[test]
fn a_failure_that_says_nothing_about_the_others_of_its_wave_keeps_none_of_them_back() {
    for (fault, written) in [(Fault::Refused(0), "b"), (Fault::Alone(0), "bc")] {
        let world = world();
        let error = run(fault, &world, true).expect_err("one is missing");
        assert_eq!(names(&world), written);
        assert!(matches!(&error, ExecuteError::Step { step, .. } if step == "put a"), "{error:?}");
    }
}

#[test]
fn without_writers_nothing_is_written() {
    let world = world();
    let (_, ending) = run(Fault::None, &world, false).expect("planned");
    assert_eq!((ending, world.0.borrow().writes), (Ending::Planned, 0));
}

#[test]
fn after_every_fault_a_second_run_completes_the_first_and_sends_nothing_twice() {
    for number in 0..4 {
        for fault in [Fault::Refused(number), Fault::Lost(number)] {
            let world = world();
            let first = run(fault, &world, true);
            // A lost reply in the last wave is found by looking again; in the first one work is left.
            assert_eq!(first.is_ok(), fault == Fault::Lost(3), "fault at {number}");
            run(Fault::None, &world, true).expect("the second run converges");
            assert_eq!(names(&world), "Dabc", "each file once, fault at {number}");
            let (_, third) = run(Fault::None, &world, true).expect("the third run converges");
            assert_eq!(third, Ending::Converged { applied: 0 });
        }
    }
}

#[test]
fn a_wave_that_fails_is_the_last_one() {
    let world = world();
    let error = run(Fault::Refused(0), &world, true).expect_err("refused");
    assert!(!names(&world).contains('D'), "nothing irreversible after a failure");
    let ExecuteError::Step { step, left, .. } = error else { panic!("{error}") };
    assert!(step == "put a" && left.contains(&"put D".to_owned()), "{left:?}");
}

#[test]
fn other_bytes_are_never_called_converged() {
    let world = world();
    let error = run(Fault::Spoiled(3), &world, true).expect_err("spoiled");
    assert!(matches!(error, ExecuteError::Spoiled { applied: 4, .. }), "{error}");
    let (_, ending) = run(Fault::None, &world, true).expect("looked");
    assert_eq!(ending, Ending::Blocked);
}

#[test]
fn a_refusal_that_the_next_look_explains_is_a_finding() {
    let world = world();
    let error = run(Fault::Taken(1), &world, true).expect_err("taken");
    assert!(!names(&world).contains('D'), "nothing irreversible after a failure");
    let ExecuteError::Spoiled { step, source, report, .. } = error else { panic!("{error}") };
    assert!(step.as_deref() == Some("put b") && source.is_some() && report.blocks(), "{step:?}");
}

#[test]
fn stale_looks_need_patience_and_patience_ends() {
    let patient = world();
    patient.0.borrow_mut().stale_looks = 3;
    run(Fault::None, &patient, true).expect("the fourth look shows it");
    let hopeless = world();
    hopeless.0.borrow_mut().stale_looks = 99;
    let error = run(Fault::None, &hopeless, true).expect_err("never shown");
    assert!(matches!(&error, ExecuteError::NotConverged { applied: 4, left } if left.len() == 4), "{error}");
    assert_eq!(hopeless.0.borrow().looks, 5);
}

#[test]
fn a_look_that_ended_early_has_not_seen_the_result() {
    let world = world();
    world.0.borrow_mut().withdrawn = true;
    let error = run(Fault::None, &world, true).expect_err("nobody saw the files");
    assert!(matches!(error, ExecuteError::NotConverged { applied: 4, .. }), "{error}");
}

#[test]
fn what_can_be_done_without_others_is_done_and_the_rest_once_they_came() {
    let early = world();
    early.0.borrow_mut().awaited_until = 99;
    let (output, ending) = run(Fault::None, &early, true).expect("all that could be done");
    assert_eq!((output.as_str(), ending), ("abc", Ending::NotReady { applied: 3 }));
    let (_, ending) = run(Fault::None, &early, true).expect("nothing could be done");
    assert_eq!((ending, early.0.borrow().looks), (Ending::NotReady { applied: 0 }, 3));

    let meanwhile = world();
    *meanwhile.0.borrow_mut() = World { awaited_until: 2, stale_looks: 1, ..World::default() };
    let (output, ending) = run(Fault::None, &meanwhile, true).expect("they came between the looks");
    assert_eq!(ending, Ending::Converged { applied: meanwhile.0.borrow().writes });
    assert!(output.contains('D') && output.starts_with("abc"), "{output}");
}

#[test]
fn a_refusal_is_not_waited_for() {
    let world = world();
    run(Fault::Refused(3), &world, true).expect_err("refused");
    assert_eq!(world.0.borrow().looks, 2);
}

#[test]
fn a_signal_begins_nothing_new() {
    let world = world();
    world.0.borrow_mut().stop_after = Some(0);
    let error = run(Fault::None, &world, true).expect_err("stopped");
    assert!(matches!(error, ExecuteError::Stopped { .. }), "{error}");
    assert!(!names(&world).contains('D'));
}

#[test]
fn a_signal_during_the_first_look_begins_nothing_at_all() {
    let world = world();
    world.0.borrow_mut().stop_in_look = 1;
    let error = run(Fault::None, &world, true).expect_err("stopped");
    assert!(matches!(&error, ExecuteError::Stopped { applied: 0, left } if left.len() == 4), "{error}");
    assert_eq!(names(&world), "");
}

#[test]
fn a_signal_ends_the_patience() {
    let world = world();
    *world.0.borrow_mut() = World { stale_looks: 99, stop_in_look: 3, ..World::default() };
    let error = run(Fault::None, &world, true).expect_err("stopped");
    assert!(matches!(error, ExecuteError::Stopped { applied: 4, .. }), "{error}");
    assert_eq!(world.0.borrow().looks, 3);
}

#[test]
fn a_run_leaves_once_however_it_ends() {
    let left = |fault, changed: World| {
        let world = world();
        *world.0.borrow_mut() = changed;
        drop(run(fault, &world, true));
        world.0.borrow().left
    };
    let spoiled = || World { files: vec![('a', false)], ..World::default() };
    assert_eq!(left(Fault::None, World::default()), 1);
    assert_eq!(left(Fault::None, spoiled()), 1, "blocked");
    assert_eq!(left(Fault::Refused(1), World::default()), 1);
    assert_eq!(left(Fault::None, World { stale_looks: 99, ..World::default() }), 1);
    assert_eq!(left(Fault::None, World { stop_in_look: 1, ..World::default() }), 1);
    assert_eq!(left(Fault::None, World { hangs_at: Some(1), ..World::default() }), 1);
}

#[test]
fn what_hangs_when_the_time_for_stopping_ends_is_left_behind() {
    let world = world();
    world.0.borrow_mut().hangs_at = Some(1);
    let error = run(Fault::None, &world, true).expect_err("it never ends");
    assert!(matches!(error, ExecuteError::Abandoned { .. }), "{error}");
    assert_eq!((names(&world).as_str(), world.0.borrow().looks), ("a", 1));
}

#[test]
fn what_cannot_be_given_back_in_time_does_not_hide_how_far_the_run_came() {
    let world = world();
    *world.0.borrow_mut() = World { hangs_at: Some(1), hangs_leaving: true, ..World::default() };
    // That there is an answer, and that it has what was seen, is looked at in `run`.
    let error = run(Fault::None, &world, true).expect_err("it never ends");
    assert!(matches!(error, ExecuteError::Abandoned { .. }), "{error}");
    assert_eq!(world.0.borrow().left, 1);
}

#[test]
fn looks_fill_the_time_that_they_are_given() {
    for (seconds, count) in [(0, 1), (1, 2), (3, 3), (31, 6), (600, 25)] {
        assert_eq!(Looks::within(Duration::from_secs(seconds)).count, count, "{seconds} s");
    }
}
