//! How the registry says no: a status, and a list of errors in JSON.

use std::fmt;

use serde_json::json;

use crate::sim::Response;
use crate::sim::clock::http_date;

/// A request that is not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    detail: String,
    headers: Vec<(&'static str, String)>,
}

/// What answers are made of.
pub(super) type Checked<T> = Result<T, Refusal>;

/// The answer, or the refusal as one.
pub(super) fn refused(answer: Checked<Response>) -> Response {
    answer.unwrap_or_else(|refusal| refusal.response())
}

impl Refusal {
    /// Any status.
    pub(super) fn of(status: u16, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), headers: Vec::new() }
    }

    /// 400: what was sent is wrong.
    pub(super) fn bad(detail: impl Into<String>) -> Self {
        Self::of(400, detail)
    }

    /// 403: this client may not.
    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::of(403, detail)
    }

    /// 404: there is nothing at this address.
    pub(super) fn not_found() -> Self {
        Self::of(404, "Not Found")
    }

    /// 405: not with this method.
    pub(super) fn method() -> Self {
        Self::of(405, "Method Not Allowed")
    }

    /// 429: too much of `what`, until the given second of the Unix epoch.
    pub(super) fn too_many(what: &str, until: u64) -> Self {
        let date = http_date(until);
        let detail = format!(
            "You have {what} in a short period of time. Please try again after {date} or ask the registry to have your limit increased."
        );
        Self::of(429, detail).with("retry-after", date)
    }

    /// The same with a header.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The answer.
    pub(super) fn response(&self) -> Response {
        let body = json!({ "errors": [{ "detail": self.detail }] });
        let answer = Response::json(self.status, &body);
        self.headers.iter().fold(answer, |answer, (name, value)| answer.with(name, value.clone()))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}
