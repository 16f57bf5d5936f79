//! What every remote and every mode may ask of its surroundings: masks, progress, pace, patience, and whether to stop.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

/// Learns every secret before anything else happens to it, so that no log can show it.
pub(crate) trait Masks: Send + Sync {
    /// From here on `secret` is shown to nobody.
    fn mask(&self, secret: &str);

    /// The text without any secret, for what goes to another place than the log.
    fn hide(&self, text: &str) -> String;
}

/// What happens, for those who watch.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event<'a> {
    /// The whole plan, before any of it is applied: waves of lines, `!` at the head of an irreversible one.
    Plan(&'a [Vec<String>]),
    /// A step begins.
    Started(&'a str),
    /// A step came about.
    Finished(&'a str),
    /// A step failed, or its outcome is not known; the engine looks again.
    Failed(&'a str, &'a str),
    /// Bytes of a transfer so far.
    Bytes { what: &'a str, done: u64, total: Option<u64> },
    /// Nothing is done for a while, and why.
    Waiting { what: &'a str, delay: Duration },
    /// Something worth a line in the log.
    Note(&'a str),
}

/// Watches.
pub(crate) trait Progress: Send + Sync {
    /// Takes one event. Texts may hold strangers' bytes: whoever prints them neutralises them.
    fn event(&self, event: Event<'_>);
}

/// Decides how long waiting takes: real time in a release, none in `rehearse` and in tests.
pub(crate) trait Pace: Send + Sync {
    /// Waits for `delay`.
    fn sleep(&self, delay: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// What time it is on the clock that `sleep` follows: a token or a rate limit ends at a moment.
    fn now(&self) -> SystemTime;
}

/// How long silence may last before a transfer counts as broken, and how slow it may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Until a look-up's answer begins.
    pub(crate) look_up: Duration,
    /// From the last byte of a write until its answer begins: services check large files before they answer.
    pub(crate) write: Duration,
    /// Between two pieces of a body, either way.
    pub(crate) piece: Duration,
    /// The time in which an answer has to bring `least_bytes`, or to end.
    pub(crate) window: Duration,
    /// Less than this in a `window` counts as broken too.
    pub(crate) least_bytes: u64,
}

/// 16 KiB a second: eight downloads share a line of one megabit.
const LEAST_BYTES_PER_S: u64 = 16 << 10;

impl Default for Patience {
    fn default() -> Self {
        Self {
            look_up: Duration::from_secs(60),
            write: Duration::from_secs(300),
            piece: Duration::from_secs(60),
            window: Duration::from_secs(60),
            least_bytes: 60 * LEAST_BYTES_PER_S,
        }
    }
}

impl Patience {
    /// With services on this machine a second tells a trickle from a stream as well as a minute does elsewhere.
    pub(crate) fn rehearsed() -> Self {
        Self { window: Duration::from_secs(1), least_bytes: LEAST_BYTES_PER_S, ..Self::default() }
    }
}

/// Set once, by a signal: begin nothing new.
#[derive(Clone, Default, Debug)]
pub(crate) struct Stop(Arc<Signals>);

#[derive(Default, Debug)]
struct Signals {
    is_requested: AtomicBool,
    is_urgent: AtomicBool,
    changed: Notify,
}

impl Stop {
    /// From here on nothing new begins.
    pub(crate) fn request(&self) {
        self.0.is_requested.store(true, Ordering::SeqCst);
    }

    /// Whether nothing new may begin.
    pub(crate) fn is_requested(&self) -> bool {
        self.0.is_requested.load(Ordering::SeqCst)
    }

    /// From here on what is under way is not waited for either.
    pub(crate) fn hurry(&self) {
        self.request();
        self.0.is_urgent.store(true, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }

    /// Ends when nothing is waited for any more; else never.
    pub(crate) async fn is_urgent(&self) {
        loop {
            // Whoever is notified must listen before the question is asked.
            let changed = self.0.changed.notified();
            if self.0.is_urgent.load(Ordering::SeqCst) {
                return;
            }
            changed.await;
        }
    }
}

/// The surroundings of one run. Cloning shares them.
#[derive(Clone)]
pub(crate) struct Surroundings {
    /// Who hides secrets.
    pub(crate) masks: Arc<dyn Masks>,
    /// Who watches.
    pub(crate) progress: Arc<dyn Progress>,
    /// How waiting works.
    pub(crate) pace: Arc<dyn Pace>,
    /// How long services may keep us waiting.
    pub(crate) patience: Patience,
    /// Whether to begin nothing new.
    pub(crate) stop: Stop,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("stop", &self.stop).finish_non_exhaustive()
    }
}

/// Waiting in real time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RealPace;

impl Pace for RealPace {
    fn sleep(&self, delay: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(delay))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock itself, handed out by `app`")]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Waiting that takes no time; it yields once, so that others may run. Its clock stands still at the epoch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoWait;

impl Pace for NoWait {
    fn sleep(&self, _delay: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::task::yield_now())
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}

/// Shows nothing and hides nothing: for unit tests and for looks whose course nobody watches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Silent;

impl Progress for Silent {
    fn event(&self, _event: Event<'_>) {}
}

impl Masks for Silent {
    fn mask(&self, _secret: &str) {}

    fn hide(&self, text: &str) -> String {
        text.to_owned()
    }
}

impl Surroundings {
    /// Surroundings that show nothing, hide nothing and never wait.
    pub(crate) fn silent() -> Self {
        Self {
            masks: Arc::new(Silent),
            progress: Arc::new(Silent),
            pace: Arc::new(NoWait),
            patience: Patience::default(),
            stop: Stop::default(),
        }
    }
}
