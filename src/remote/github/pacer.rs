//! How fast we write. GitHub counts 80 requests that create something in a minute and 500 in an hour, across all that
//! use the token's account, and refuses what comes faster; so we stay below that by ourselves.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::remote::http::Http;

/// So many writes follow each other without a pause.
const BURST: usize = 20;
/// The least time between two of those that come after them.
const SPACING: Duration = Duration::from_secs(1);
/// GitHub's limit of a minute.
const PER_MINUTE: usize = 80;
/// GitHub's limit of an hour.
const PER_HOUR: usize = 500;
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// Sets above this size are worth a word before they begin.
const WORTH_TELLING: usize = 300;
/// A pause above this is told to those who watch.
const QUIET: Duration = Duration::from_secs(2);
/// How long one run waits in all because GitHub refuses the pace: an idle job costs more than a second run, which
/// finds what the first one did.
pub(super) const BUDGET: Duration = Duration::from_secs(15 * 60);

/// Gives every write its turn. Cloning shares the count.
#[derive(Clone, Default)]
pub(super) struct Pacer(Arc<Mutex<Past>>);

/// What was sent so far.
#[derive(Default)]
struct Past {
    /// When the latest writes had their turn, the oldest first.
    turns: VecDeque<SystemTime>,
    /// How long refusals were waited out.
    waited: Duration,
}

impl fmt::Debug for Pacer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pacer").finish_non_exhaustive()
    }
}

impl Pacer {
    /// Waits until a write may be sent; says whether it may, since a signal ends the wait.
    pub(super) async fn turn(&self, http: &Http) -> bool {
        let now = http.surroundings().pace.now();
        let delay = self.past(|past| past.book(now));
        if delay > QUIET {
            http.wait_out("GitHub's limit of 80 changes in a minute and 500 in an hour", delay).await;
        } else if !delay.is_zero() {
            http.surroundings().pace.sleep(delay).await;
        }
        delay.is_zero() || !http.surroundings().stop.is_requested()
    }

    /// Whether a refusal is waited out for this long; says yes only as long as the budget of the run lasts.
    pub(super) fn affords(&self, wait: Duration) -> bool {
        self.past(|past| {
            let affordable = past.waited + wait <= BUDGET;
            if affordable {
                past.waited += wait;
            }
            affordable
        })
    }

    fn past<T>(&self, look: impl FnOnce(&mut Past) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Past {
    /// Takes the next turn; says how long it is until then.
    fn book(&mut self, now: SystemTime) -> Duration {
        let mut turn = self.turns.back().map_or(now, |latest| now.max(*latest));
        let recent = self.turns.iter().rev().take_while(|sent| **sent + MINUTE > turn).count();
        if let Some(latest) = self.turns.back().filter(|_| recent >= BURST) {
            turn = turn.max(*latest + SPACING);
        }
        for (count, span) in [(PER_MINUTE, MINUTE), (PER_HOUR, HOUR)] {
            let first = self.turns.len().checked_sub(count).and_then(|index| self.turns.get(index));
            if let Some(first) = first {
                turn = turn.max(*first + span);
            }
        }
        self.turns.push_back(turn);
        if self.turns.len() > PER_HOUR {
            self.turns.pop_front();
        }
        turn.duration_since(now).unwrap_or_default()
    }
}

/// How long so many writes take at least.
fn least(writes: usize) -> Duration {
    let start = SystemTime::UNIX_EPOCH;
    let mut past = Past::default();
    (0..writes).map(|_| past.book(start)).max().unwrap_or_default()
}

/// What is said before a set of so many files is begun, if it is large: how long GitHub's limits make it take.
pub(crate) fn foreseen(files: usize) -> Option<String> {
    if files <= WORTH_TELLING {
        return None;
    }
    let minutes = least(files).as_secs().div_ceil(60);
    Some(format!(
        "{files} files are to be sent: GitHub takes no more than 80 changes in a minute and 500 in an hour, so this \
         takes {minutes} minutes or more; a run that is cut off is simply started again and goes on where it stopped"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moments of so many turns, each write taking `each`, in milliseconds.
    fn moments(count: usize, each: Duration) -> Vec<u128> {
        let mut past = Past::default();
        let mut now = SystemTime::UNIX_EPOCH;
        let turn = |_| {
            now += past.book(now);
            let at = now.duration_since(SystemTime::UNIX_EPOCH).expect("later").as_millis();
            now += each;
            at
        };
        (0..count).map(turn).collect()
    }

    fn most_within(moments: &[u128], span_ms: u128) -> usize {
        let within = |from: &u128| moments.iter().filter(|at| *at >= from && **at < from + span_ms).count();
        moments.iter().map(within).max().unwrap_or_default()
    }

    #[test]
    fn no_minute_and_no_hour_sees_more_writes_than_github_takes() {
        for each_ms in [0, 3, 300, 2_000] {
            let moments = moments(1_300, Duration::from_millis(each_ms));
            assert!(most_within(&moments, 60_000) <= PER_MINUTE, "{each_ms}");
            assert!(most_within(&moments, 3_600_000) <= PER_HOUR, "{each_ms}");
        }
    }

    #[test]
    fn a_small_set_is_not_slowed_down() {
        assert_eq!(moments(20, Duration::ZERO).last(), Some(&0));
        // Who is slower than the limit anyway never waits.
        let slow = moments(400, Duration::from_secs(8));
        assert_eq!(slow.last(), Some(&(399 * 8_000)));
    }

    #[test]
    fn only_large_sets_are_told_of_and_the_estimate_is_the_pace() {
        assert_eq!(foreseen(300), None);
        assert!(foreseen(320).is_some_and(|note| note.contains("320 files") && note.contains("5 minutes")));
        assert!(foreseen(600).is_some_and(|note| note.contains("62 minutes")), "{:?}", foreseen(600));
    }

    #[test]
    fn waiting_ends_with_the_budget_of_the_run() {
        let pacer = Pacer::default();
        assert!(pacer.affords(BUDGET / 2) && pacer.affords(BUDGET / 2));
        assert!(!pacer.affords(Duration::from_secs(1)));
    }
}
