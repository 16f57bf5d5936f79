//! What a service answered.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use url::Url;

use crate::remote::error::RemoteError;

/// A whole answer, read within its bound.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Who answered, as a message names it.
    pub(crate) service: &'static str,
    /// What was asked, as a message tells it.
    pub(crate) what: String,
    /// The status code.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// Where the answer came from, after redirects. It may carry a signature: never print it.
    pub(crate) url: Url,
    /// The body.
    pub(crate) body: Bytes,
}

impl Answer {
    /// The host that answered, for messages.
    pub(crate) fn host(&self) -> String {
        self.url.host_str().unwrap_or_default().to_owned()
    }

    /// A header's value, where it is readable text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The answer itself when its status is 2xx.
    ///
    /// # Errors
    /// [`RemoteError::Status`] with the service's own words otherwise.
    pub(crate) fn success(self) -> Result<Self, RemoteError> {
        unimplemented!()
    }

    /// The error that this answer stands for: its status, and the service's own words, cut to a length.
    pub(crate) fn error(&self, hint: Option<String>) -> RemoteError {
        let _ = hint;
        unimplemented!()
    }

    /// Reads the body as JSON; `expected` says in a message what should have come.
    ///
    /// # Errors
    /// [`RemoteError::Unexpected`] when it is something else, such as a page of HTML.
    pub(crate) fn json<T: DeserializeOwned>(&self, expected: &'static str) -> Result<T, RemoteError> {
        let _ = expected;
        unimplemented!()
    }

    /// How long the service asks us to wait before the next request, if this answer is such a refusal:
    /// `Retry-After`, else an exhausted rate limit and its reset.
    pub(crate) fn asks_to_wait(&self, now: SystemTime) -> Option<Duration> {
        let _ = now;
        unimplemented!()
    }
}
