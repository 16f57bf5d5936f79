//! What was asked: one entry for each request, with bodies as digests and without any credential.

use std::fmt;

use super::{Request, Response};
use crate::model::digest::Sha256;

/// Headers that are shown with their values; of every other header the journal keeps the name alone.
const SHOWN_HEADERS: [&str; 16] = [
    "accept",
    "accept-encoding",
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "if-match",
    "if-none-match",
    "location",
    "pragma",
    "range",
    "transfer-encoding",
    "user-agent",
    "x-github-api-version",
];

/// One request, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1, over all services.
    pub index: u64,
    /// Which service it reached.
    pub service: &'static str,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, as it came.
    pub path: String,
    /// The names of the query's parameters; their values may be signatures.
    pub query_names: Vec<String>,
    /// Header names, with values where they hold no secret; of `authorization` the scheme is kept.
    pub headers: Vec<(String, String)>,
    /// SHA-256 of the request's body.
    pub body_sha256: Sha256,
    /// The size of the request's body.
    pub body_bytes: u64,
    /// The status that was sent; none while the request is worked on, and when no reply went out.
    pub status: Option<u16>,
}

/// A whole request and its answer, for observers.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The number of the request's [`Entry`].
    pub index: u64,
    /// Which service it reached.
    pub service: &'static str,
    /// The request.
    pub request: Request,
    /// What the service or the fault answered; none when nothing was done. With `faulted` it may not have been sent.
    pub response: Option<Response>,
    /// Whether a fault kept the service's answer from the client.
    pub faulted: bool,
}

impl Entry {
    /// An entry for a request that no one has answered yet.
    pub(super) fn of(index: u64, service: &'static str, request: &Request) -> Self {
        Self {
            index,
            service,
            method: request.method.clone(),
            path: request.path.clone(),
            query_names: request.query_pairs().into_iter().map(|(name, _)| name).collect(),
            headers: request.headers.iter().map(redacted).collect(),
            body_sha256: request.body.sha256(),
            body_bytes: request.body.size_bytes(),
            status: None,
        }
    }

    /// Whether the request can have changed something.
    pub fn is_write(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }

    /// The kept value of the first header called `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

fn redacted((name, value): &(String, String)) -> (String, String) {
    let kept = match name.as_str() {
        shown if SHOWN_HEADERS.contains(&shown) => value.clone(),
        "authorization" => match value.split_once(' ') {
            Some((scheme, _)) => format!("{scheme} ***"),
            None => "***".to_owned(),
        },
        _ => "***".to_owned(),
    };
    (name.clone(), kept)
}

/// One line for people: number, service, method, path, status, size.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>4} {:<10} {:<6} {}", self.index, self.service, self.method, self.path.escape_debug())?;
        match self.status {
            Some(status) => write!(f, " -> {status}")?,
            None => f.write_str(" -> no reply")?,
        }
        if self.body_bytes > 0 { write!(f, " ({} bytes sent)", self.body_bytes) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(headers: &[(&str, &str)], query: &str) -> Entry {
        let request = Request {
            method: "POST".into(),
            path: "/legacy/".into(),
            query: query.into(),
            headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            body: "abc".into(),
        };
        Entry::of(7, "index", &request)
    }

    #[test]
    fn credentials_do_not_get_in() {
        let entry = entry(
            &[("authorization", "Basic aHVudGVyMg=="), ("x-odd-token", "hunter2"), ("accept", "text/html")],
            "sig=hunter2&se=hunter2",
        );
        assert!(!format!("{entry:?}").contains("hunter2"), "{entry:?}");
        assert!(!format!("{entry:?}").contains("aHVudGVyMg"), "{entry:?}");
        assert_eq!(entry.header("authorization"), Some("Basic ***"));
        assert_eq!(entry.header("x-odd-token"), Some("***"));
        assert_eq!(entry.header("accept"), Some("text/html"));
        assert_eq!(entry.query_names, ["sig", "se"]);
    }

    #[test]
    fn a_bare_credential_without_scheme_does_not_get_in() {
        assert_eq!(entry(&[("authorization", "hunter2")], "").header("authorization"), Some("***"));
    }

    #[test]
    fn a_line_tells_number_place_and_outcome() {
        let mut entry = entry(&[], "");
        assert_eq!(entry.to_string(), "   7 index      POST   /legacy/ -> no reply (3 bytes sent)");
        entry.status = Some(200);
        assert_eq!(entry.to_string(), "   7 index      POST   /legacy/ -> 200 (3 bytes sent)");
        assert!(entry.is_write());
    }
}
