//! Simulators of the services a release talks to: loopback HTTP, state in memory.
//!
//! They follow the services' published descriptions and refuse what the services refuse. They share no type
//! with our clients (`remote`); the two meet on the socket only, so a wrong field name cannot agree with itself.

use body::Body;
use bytes::Bytes;

pub mod body;
pub mod cargo;
pub mod clock;
pub mod fault;
pub mod github;
pub mod index;
pub mod journal;
pub mod oidc;
mod server;
pub mod universe;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, percent-encoded as it came, without query.
    pub path: String,
    /// The query as it came, without `?`; empty when there is none.
    pub query: String,
    /// Header names in lower case, with values, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Body,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The words after the status code, where they are not the usual ones: PyPI puts its errors there.
    pub reason: Option<String>,
    /// Header names with values. `Content-Length` is the server's own affair.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
    /// Whether the connection breaks when half of the body is out; its whole length was announced.
    pub breaks_off: bool,
}

/// One simulated service: a pure state machine, tested without sockets.
pub trait Service: Send {
    /// What the journal and `--fault` call it: `github`, `uploads`, `storage`, `results`, `index`, `test-index`, `crates`,
    /// `oidc`.
    fn name(&self) -> &'static str;

    /// Answers a request.
    fn handle(&mut self, request: &Request) -> Response;

    /// The next `reads` look-ups of each kind that the service does not promise to be consistent show the
    /// state as it was before the latest write (a listing that lags). Services that are always consistent ignore it.
    fn lag(&mut self, reads: u32);

    /// From here on the service stores other bytes than it is sent, for the next `files` files.
    fn corrupt(&mut self, files: u32);

    /// Too much was asked. This is the answer to the present request, which does nothing; services that say when
    /// they will take more hold to it.
    fn limit(&mut self) -> Response {
        let text = "429 Too Many Requests";
        Response::of(429, "text/plain; charset=utf-8", text).with("retry-after", fault::LIMITED_S.to_string())
    }

    /// The request fails half-way. Services that clean up after themselves keep nothing of it.
    fn break_off(&mut self, _request: &Request) {}
}

impl Request {
    /// The first value of the header called `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// The query's pairs, decoded.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    /// The path's segments, decoded; `/a/b` has two.
    pub fn segments(&self) -> Vec<String> {
        let decode = |part| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
        self.path.trim_matches('/').split('/').filter(|part| !part.is_empty()).map(decode).collect()
    }
}

impl Response {
    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, reason: None, headers: Vec::new(), body: Bytes::new(), breaks_off: false }
    }

    /// An answer in JSON.
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::of(status, "application/json; charset=utf-8", value.to_string())
    }

    /// An answer of the given content type.
    pub fn of(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            reason: None,
            headers: vec![("content-type".into(), content_type.into())],
            body: body.into(),
            breaks_off: false,
        }
    }

    /// Replaces the words after the status code.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// The first value of the header called `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}
