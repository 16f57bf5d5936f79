//! Waiting in a rehearsal: it takes no time here, and passes on the clock of the simulated services.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::remote::surroundings::Pace;
use crate::sim::clock::Clock;

/// Waiting that turns the services' clock, so that limits end and tokens run out as they would.
#[derive(Debug)]
pub(super) struct Simulated {
    clock: Clock,
    /// What was waited and makes no whole second yet: the clock knows seconds only.
    rest: Mutex<Duration>,
}

impl Simulated {
    pub(super) fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), rest: Mutex::default() }
    }
}

impl Pace for Simulated {
    fn sleep(&self, delay: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = *rest + delay;
        let seconds = waited.as_secs();
        self.clock.advance(seconds);
        *rest = waited - Duration::from_secs(seconds);
        // Once, so that others may run.
        Box::pin(tokio::task::yield_now())
    }

    fn now(&self) -> SystemTime {
        let rest = *self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.clock.now()) + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn short_waits_add_up() {
        let clock = Clock::at(100);
        let pace = Simulated::new(&clock);
        for _ in 0..3 {
            pace.sleep(Duration::from_millis(700)).await;
        }
        assert_eq!(clock.now(), 102);
        assert_eq!(pace.now(), SystemTime::UNIX_EPOCH + Duration::from_millis(102_100));
    }
}
