//! The transport: how bytes travel between us and every service.
//!
//! One client for all of them, and one set of rules. Only `https`, or plain `http` to this machine's loopback. Redirects
//! are followed by hand, and credentials stay with the origin they were given for. Only look-ups are repeated;
//! after a write that failed the caller looks before it tries again. No answer is read without a bound. What an
//! answer means is the affair of the service's own folder.

pub(crate) mod answer;
pub(crate) mod call;

use crate::model::digest::Hashes;
use crate::remote::error::RemoteError;
use crate::remote::surroundings::Surroundings;
use answer::Answer;
use call::Call;

/// Sends requests. Cloning shares the connections.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    surroundings: Surroundings,
}

/// What a download yields: the answer, whose body is empty, and the digests of the bytes that went by.
#[derive(Debug)]
pub(crate) struct Download {
    /// Status, headers and final address; its body is empty.
    pub(crate) answer: Answer,
    /// Size and digests of what arrived.
    pub(crate) hashes: Hashes,
}

impl Http {
    /// Makes the client. Root certificates are the system's, where there are any, and the ones compiled in.
    ///
    /// # Errors
    /// When the TLS library refuses its configuration, which it does on no system we know.
    pub(crate) fn new(surroundings: &Surroundings) -> Result<Self, RemoteError> {
        Ok(Self { surroundings: surroundings.clone() })
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
        let _ = call;
        unimplemented!()
    }

    /// Sends a request exactly once and follows no redirect, for everything that changes the world.
    ///
    /// # Errors
    /// [`RemoteError::Unreachable`] when nothing was sent, [`RemoteError::Lost`] when it may have taken effect.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, RemoteError> {
        let _ = call;
        unimplemented!()
    }

    /// Looks a file up and hashes its bytes while they pass; with `target` they are also written there, from its
    /// beginning, anew for each try.
    ///
    /// # Errors
    /// As [`Self::get`], and [`RemoteError::Status`] when the answer is no success.
    pub(crate) async fn download(
        &self,
        call: &Call,
        target: Option<&mut tokio::fs::File>,
    ) -> Result<Download, RemoteError> {
        let _ = (call, target);
        unimplemented!()
    }

    /// Waits for `delay`, tells those who watch, and comes back early when the run is to stop.
    pub(crate) async fn pause(&self, what: &str, delay: std::time::Duration) {
        let _ = (what, delay);
        unimplemented!()
    }
}
