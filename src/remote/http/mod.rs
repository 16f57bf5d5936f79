//! The transport: how bytes travel between us and every service.
//!
//! One set of rules for all of them. Only `https`, or plain `http` to this machine's loopback. Redirects are
//! followed by hand, and credentials stay with the origin they were given for. Only look-ups are repeated; after
//! a write that failed the caller looks before it tries again. No answer is read without a bound. What an answer
//! means is the affair of the service's own folder.

pub(crate) mod answer;
pub(crate) mod call;
mod client;
mod date;
mod proven;
#[cfg(test)]
pub(crate) mod script;
#[cfg(test)]
mod tests;
mod transfer;

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use url::Url;

use crate::model::digest::Hashes;
use crate::model::endpoints::is_loopback;
use crate::remote::error::RemoteError;
use crate::remote::surroundings::{Event, Patience, Surroundings};
use answer::Answer;
use call::Call;
use client::Clients;
use transfer::{Sink, Sunk};

/// How often a look-up is sent at most.
const TRIES: u32 = 5;
/// A look-up follows this many redirects and no more.
const REDIRECTS: usize = 5;
/// A service that asks for more patience than this gets an error instead: a job that idles for an hour costs more
/// than a second run, which finds what the first one did.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// A wait is cut into pieces, so that a signal is heard in time.
const PIECE: Duration = Duration::from_secs(1);

/// Sends requests. Cloning shares the connections.
#[derive(Clone)]
pub(crate) struct Http {
    clients: Arc<Clients>,
    surroundings: Surroundings,
    patience: Patience,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

/// What one try of a download into a file yields.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// Status, headers and final address. Its body is empty, unless the answer is a refusal.
    pub(crate) answer: Answer,
    /// How many bytes were written; none when the answer is a refusal.
    pub(crate) size_bytes: u64,
}

impl Http {
    /// Makes the client. Root certificates are the system's, where there are any, and the ones compiled in.
    ///
    /// # Errors
    /// When the HTTP library refuses its configuration, which it does on no system we know.
    pub(crate) fn new(surroundings: &Surroundings) -> Result<Self, RemoteError> {
        Ok(Self {
            clients: Arc::new(Clients::new()?),
            surroundings: surroundings.clone(),
            patience: surroundings.patience,
        })
    }

    /// The surroundings that this client was made in.
    pub(crate) const fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// Looks something up: follows redirects, and tries again after a failure of the service or of the network.
    /// Whatever the service answered in the end is `Ok`, a 404 too; [`Answer::success`] tells them apart.
    ///
    /// # Errors
    /// When there was no whole answer after all tries.
    pub(crate) async fn get(&self, call: &Call) -> Result<Answer, RemoteError> {
        self.patiently(call, Sink::Memory).await.map(|(answer, _)| answer)
    }

    /// Sends a request exactly once and follows no redirect, for everything that changes the world.
    ///
    /// # Errors
    /// [`RemoteError::Unreachable`] when nothing was sent, [`RemoteError::Lost`] when it may have taken effect.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, RemoteError> {
        permit(call, &call.url, None)?;
        let response = self.exchange(call, &call.url, true).await?;
        self.read(call, call.url.clone(), response, Sink::Memory).await.map(|(answer, _)| answer)
    }

    /// Looks a file up and hashes its bytes while they pass, without keeping them.
    ///
    /// # Errors
    /// As [`Self::get`], and [`RemoteError::Status`] when the answer is no success.
    pub(crate) async fn download(&self, call: &Call) -> Result<Hashes, RemoteError> {
        let (answer, sunk) = self.patiently(call, Sink::Hashed).await?;
        answer.success()?;
        let Sunk::Hashed(hashes) = sunk else { unreachable!("a successful answer went through the hasher") };
        Ok(hashes)
    }

    /// Looks a file up once and writes it to `target`, which is made anew. Whoever calls decides whether to try again,
    /// since it takes more than whole answers to know that the file is the right one. A refusal is `Ok`.
    ///
    /// # Errors
    /// When there was no whole answer, or the file cannot be written.
    pub(crate) async fn fetch(&self, call: &Call, target: &Path) -> Result<Fetched, RemoteError> {
        let (answer, sunk) = self.look_up(call, Sink::File(target)).await?;
        let size_bytes = if let Sunk::Written(size_bytes) = sunk { size_bytes } else { 0 };
        Ok(Fetched { answer, size_bytes })
    }

    /// Waits for `delay` or a little longer, tells those who watch, and comes back early when the run is to stop.
    pub(crate) async fn pause(&self, what: &str, delay: Duration) {
        self.idle(what, delay, delay.mul_f64(jitter())).await;
    }

    /// Waits for exactly as long as a service told us to.
    pub(crate) async fn wait_out(&self, what: &str, delay: Duration) {
        self.idle(what, delay, delay).await;
    }

    async fn idle(&self, what: &str, delay: Duration, mut left: Duration) {
        self.surroundings.progress.event(Event::Waiting { what, delay });
        while !left.is_zero() && !self.surroundings.stop.is_requested() {
            let piece = left.min(PIECE);
            self.surroundings.pace.sleep(piece).await;
            left -= piece;
        }
    }

    /// Whether a wait of `delay` before another try is worth its while: not when the run is to stop, and not when
    /// it is longer than any run should idle.
    pub(crate) fn may_wait(&self, delay: Duration) -> bool {
        delay <= LONGEST_WAIT && !self.surroundings.stop.is_requested()
    }

    /// Repeats a look-up until it has an answer that another try would not better.
    async fn patiently(&self, call: &Call, sink: Sink<'_>) -> Result<(Answer, Sunk), RemoteError> {
        debug_assert!(matches!(call.method, Method::GET | Method::HEAD), "only look-ups are repeated");
        let mut tried = 1;
        loop {
            let outcome = self.look_up(call, sink).await;
            let (delay, asked) = match &outcome {
                Ok((answer, _)) => match answer.asks_to_wait(self.surroundings.pace.now()) {
                    Some(delay) => (delay, true),
                    None if answer.is_failure_of_service() => (backoff(tried), false),
                    None => return outcome,
                },
                Err(RemoteError::Unreachable { .. } | RemoteError::Lost { .. }) => (backoff(tried), false),
                Err(_) => return outcome,
            };
            if tried >= TRIES || !self.may_wait(delay) {
                return outcome;
            }
            let what = format!("{} to answer ({})", call.service, call.what);
            // Who comes back before the time that was asked for is refused again.
            if asked {
                self.wait_out(&what, delay).await;
            } else {
                self.pause(&what, delay).await;
            }
            tried += 1;
        }
    }

    /// One try: asks, follows redirects, reads the answer.
    async fn look_up(&self, call: &Call, sink: Sink<'_>) -> Result<(Answer, Sunk), RemoteError> {
        let mut url = call.url.clone();
        permit(call, &url, None)?;
        let mut at_home = true;
        for _ in 0..=REDIRECTS {
            let response = self.exchange(call, &url, at_home).await?;
            let Some(next) = redirect(&response, &url) else {
                return self.read(call, url, response, sink).await;
            };
            permit(call, &next, Some(&url))?;
            if next.origin() != url.origin() {
                if call.stays_at_home {
                    let found = format!("a redirect to `{}`", authority(&next));
                    return Err(unexpected(call, &url, "an answer of its own", found));
                }
                // A credential is for one origin only, and stays behind even when a redirect comes back to it.
                at_home = false;
                self.mask_signature(&next);
            }
            url = next;
        }
        Err(unexpected(call, &url, "an answer", format!("more than {REDIRECTS} redirects")))
    }

    /// Hides what makes a signed address a credential, as it is sent and decoded.
    pub(crate) fn mask_signature(&self, url: &Url) {
        let signs = |name: &str| {
            let name = name.to_ascii_lowercase();
            ["sig", "token", "credential", "key"].iter().any(|word| name.contains(word))
        };
        for pair in url.query().unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or_default();
            if signs(name) && value.len() >= 8 {
                self.surroundings.masks.mask(value);
                let decoded = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
                if decoded != value {
                    self.surroundings.masks.mask(&decoded);
                }
            }
        }
    }
}

/// 1, 2, 4, 8 … seconds after the first, second, … try.
pub(crate) fn backoff(tried: u32) -> Duration {
    Duration::from_secs(1 << tried.saturating_sub(1).min(4))
}

/// A factor between 1 and 1.5, so that the jobs of one release do not all come back at the same moment, and none before
/// the moment that a service named. The standard library's own random keys are all the chance this takes.
fn jitter() -> f64 {
    let chance = u32::try_from(RandomState::new().hash_one(0_u8) >> 32).expect("32 bits are left");
    1.0 + f64::from(chance) / f64::from(u32::MAX) / 2.0
}

/// Where a look-up's answer sends us, if it does.
fn redirect(response: &reqwest::Response, url: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(reqwest::header::LOCATION)?.to_str().ok()?;
    url.join(location).ok()
}

/// Lets an address pass that is encrypted or never leaves this machine. An encrypted one does not lead to a plain
/// one, on this machine or elsewhere: a stranger does not choose what we ask of our own services.
fn permit(call: &Call, url: &Url, from: Option<&Url>) -> Result<(), RemoteError> {
    let fault = match (url.scheme(), from.map(Url::scheme)) {
        _ if !url.username().is_empty() || url.password().is_some() => "an address with credentials in it",
        ("https", _) | ("http", None | Some("http")) if url.scheme() == "https" || is_loopback(url) => {
            return Ok(());
        }
        ("http", _) => "a plain `http` address",
        _ => "an address that is not `https`",
    };
    let found = if from.is_some() { format!("a redirect to {fault}") } else { fault.to_owned() };
    Err(unexpected(call, url, "an `https` address", found))
}

/// The error for an answer that is not what the interface promises.
fn unexpected(call: &Call, url: &Url, expected: &'static str, found: String) -> RemoteError {
    let (service, host) = (call.service, authority(url));
    RemoteError::Unexpected { service, host, what: call.what.clone(), expected, found }
}

/// The host and, where it is not the scheme's own, the port: all of an address that a message shows.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
