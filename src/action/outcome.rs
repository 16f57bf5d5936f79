//! How a run ended: the outcome, the report's ending and the exit code, as pure functions of the facts.

use std::fmt;
use std::process::ExitCode;

use crate::plan::Failure;
use crate::plan::execute::{Ending, ExecuteError};

/// The output `outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// This run did all of it, or looked and found nothing against it.
    Done,
    /// All of it was there already.
    AlreadyDone,
    /// A part was there already, and this run did the rest.
    Resumed,
    /// A dry run: nothing was changed.
    Planned,
    /// What the mode builds on is not there yet.
    NotReady,
    /// A finding stands against it, and nothing was changed.
    Blocked,
    /// Something was changed, or may have been, and something is left or not as declared.
    Partial,
    /// It could not be told, and nothing is known to be changed.
    Error,
}

/// The process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Settled, planned, or told to skip.
    Settled,
    /// Looked, and it is bad.
    Findings,
    /// Could not tell, or only partly done.
    Unsure,
    /// Typed wrong.
    Usage,
}

/// How a run ended, for people, for the workflow and for the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conclusion {
    /// The output `outcome`.
    pub(crate) outcome: Outcome,
    /// The report's `ending`.
    pub(crate) ending: &'static str,
    /// How many steps this run applied.
    pub(crate) applied: usize,
    /// The exit code.
    pub(crate) exit: Exit,
}

impl Conclusion {
    /// Of a run that came to its end. `present` is what the last look counted.
    pub(crate) const fn of_ending(ending: Ending, present: usize) -> Self {
        let (outcome, ending, applied, exit) = match ending {
            Ending::NotReady { applied } => return Self::not_ready(applied),
            Ending::Blocked => (Outcome::Blocked, "blocked", 0, Exit::Findings),
            Ending::Planned => (Outcome::Planned, "planned", 0, Exit::Settled),
            Ending::Converged { applied } => {
                let outcome = match applied {
                    // A mode without effects has nothing that could have been there already.
                    0 if present > 0 => Outcome::AlreadyDone,
                    0 => Outcome::Done,
                    _ if present > applied => Outcome::Resumed,
                    _ => Outcome::Done,
                };
                (outcome, "converged", applied, Exit::Settled)
            }
        };
        Self { outcome, ending, applied, exit }
    }

    /// Of a run that did not come to its end. Whether it is `in_doubt` says whether a step that does not count as applied
    /// may have changed something all the same.
    pub(crate) fn of_failure<E: Failure>(error: &ExecuteError<E>, in_doubt: bool) -> Self {
        let sure = Self::of_sure_failure(error);
        match sure.outcome {
            Outcome::Error | Outcome::Blocked if in_doubt => Self { outcome: Outcome::Partial, ..sure },
            _ => sure,
        }
    }

    fn of_sure_failure<E: Failure>(error: &ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Look(_) => Self::unsure(0),
            // The step did not come about, and the look afterwards says why it cannot.
            ExecuteError::Step { applied, report, .. } if report.blocks() => Self::spoiled(*applied),
            ExecuteError::Step { applied, .. }
            | ExecuteError::LookAgain { applied, .. }
            | ExecuteError::NotConverged { applied, .. }
            | ExecuteError::Stopped { applied, .. }
            | ExecuteError::Abandoned { applied } => Self::unsure(*applied),
            // Looked, and it is bad: the findings say what.
            ExecuteError::Spoiled { applied, .. } => Self::spoiled(*applied),
        }
    }

    /// Of a run that something came to stand against after it began.
    const fn spoiled(applied: usize) -> Self {
        let outcome = if applied > 0 { Outcome::Partial } else { Outcome::Blocked };
        Self { outcome, ending: "blocked", applied, exit: Exit::Findings }
    }

    /// Of a run that could not tell.
    pub(crate) const fn unsure(applied: usize) -> Self {
        let outcome = if applied > 0 { Outcome::Partial } else { Outcome::Error };
        Self { outcome, ending: "error", applied, exit: Exit::Unsure }
    }

    /// Of a run that found its ground not laid yet, and was told to leave it at that.
    pub(crate) const fn not_ready(applied: usize) -> Self {
        Self { outcome: Outcome::NotReady, ending: "not-ready", applied, exit: Exit::Settled }
    }

    /// Of a run that could not begin, because of what was typed.
    pub(crate) const fn typed_wrong() -> Self {
        Self { outcome: Outcome::Error, ending: "error", applied: 0, exit: Exit::Usage }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::AlreadyDone => "already-done",
            Self::Resumed => "resumed",
            Self::Planned => "planned",
            Self::NotReady => "not-ready",
            Self::Blocked => "blocked",
            Self::Partial => "partial",
            Self::Error => "error",
        })
    }
}

impl Exit {
    /// The number that a shell sees.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Settled => 0,
            Self::Findings => 1,
            Self::Unsure => 2,
            Self::Usage => 64,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Report;

    #[derive(Debug, thiserror::Error)]
    #[error("no")]
    struct No;

    impl Failure for No {
        fn is_ambiguous(&self) -> bool {
            false
        }

        fn hint(&self) -> Option<String> {
            None
        }
    }

    fn of_failure(error: &ExecuteError<No>) -> Conclusion {
        Conclusion::of_failure(error, false)
    }

    #[test]
    fn what_may_have_gone_out_is_no_run_that_changed_nothing() {
        let abandoned = |applied| ExecuteError::<No>::Abandoned { applied };
        check(Conclusion::of_failure(&abandoned(0), true), "partial error 0 2");
        check(Conclusion::of_failure(&abandoned(1), true), "partial error 1 2");
        let spoiled: ExecuteError<No> =
            ExecuteError::Spoiled { step: None, source: None, applied: 0, report: Report::default() };
        check(Conclusion::of_failure(&spoiled, true), "partial blocked 0 1");
    }

    fn check(conclusion: Conclusion, expected: &str) {
        let Conclusion { outcome, ending, applied, exit } = conclusion;
        assert_eq!(format!("{outcome} {ending} {applied} {}", exit.number()), expected);
    }

    #[test]
    fn endings() {
        check(Conclusion::of_ending(Ending::Blocked, 3), "blocked blocked 0 1");
        check(Conclusion::of_ending(Ending::Planned, 3), "planned planned 0 0");
        check(Conclusion::of_ending(Ending::Converged { applied: 3 }, 3), "done converged 3 0");
        check(Conclusion::of_ending(Ending::Converged { applied: 2 }, 3), "resumed converged 2 0");
        check(Conclusion::of_ending(Ending::Converged { applied: 0 }, 3), "already-done converged 0 0");
        check(Conclusion::of_ending(Ending::Converged { applied: 0 }, 0), "done converged 0 0");
        check(Conclusion::not_ready(0), "not-ready not-ready 0 0");
        check(Conclusion::typed_wrong(), "error error 0 64");
    }

    #[test]
    fn failures() {
        let step = |applied, report| ExecuteError::Step {
            step: String::new(),
            source: No,
            applied,
            left: Vec::new(),
            report,
        };
        check(of_failure(&ExecuteError::Look(No)), "error error 0 2");
        check(of_failure(&step(0, Report::default())), "error error 0 2");
        check(of_failure(&step(1, Report::default())), "partial error 1 2");
        let stands_against = || Report::from_iter([crate::modes::rules()[0].finding("no")]);
        check(of_failure(&step(1, stands_against())), "partial blocked 1 1");
        check(of_failure(&step(0, stands_against())), "blocked blocked 0 1");
        check(of_failure(&ExecuteError::LookAgain { source: No, applied: 2 }), "partial error 2 2");
        let not_converged: ExecuteError<No> = ExecuteError::NotConverged { applied: 2, left: Vec::new() };
        check(of_failure(&not_converged), "partial error 2 2");
        let stopped: ExecuteError<No> = ExecuteError::Stopped { applied: 0, left: Vec::new() };
        check(of_failure(&stopped), "error error 0 2");
        let abandoned: ExecuteError<No> = ExecuteError::Abandoned { applied: 1 };
        check(of_failure(&abandoned), "partial error 1 2");
        let spoiled: ExecuteError<No> =
            ExecuteError::Spoiled { step: None, source: None, applied: 1, report: Report::default() };
        check(of_failure(&spoiled), "partial blocked 1 1");
    }
}
