//! What a service answered.

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::authority;
use super::call::Call;
use super::date::{date_in_words, http_date};
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;

/// A service's own words are cut to this many characters.
const WORDS: usize = 300;
/// What a service that only says "too often" gets before it is asked again.
const AFTER_TOO_OFTEN: Duration = Duration::from_secs(60);

/// A whole answer, read within its bound.
#[derive(Clone)]
pub(crate) struct Answer {
    /// Who answered, as a message names it.
    pub(crate) service: &'static str,
    /// What was asked, as a message tells it.
    pub(crate) what: String,
    /// The status code.
    pub(crate) status: u16,
    /// The words beside the status code, where the protocol still has them.
    pub(crate) reason: String,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// Where the answer came from, after redirects. It may carry a signature: never print it.
    pub(crate) url: Url,
    /// The body. It may carry a token: never print it.
    pub(crate) body: Bytes,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("service", &self.service)
            .field("what", &self.what)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// The answer as far as its head tells.
    pub(super) fn begin(call: &Call, url: Url, response: &reqwest::Response) -> Self {
        let words = response.extensions().get::<hyper::ext::ReasonPhrase>();
        let reason = words
            .and_then(|words| std::str::from_utf8(words.as_bytes()).ok())
            .or_else(|| response.status().canonical_reason())
            .unwrap_or_default();
        Self {
            service: call.service,
            what: call.what.clone(),
            status: response.status().as_u16(),
            reason: reason.to_owned(),
            headers: response.headers().clone(),
            url,
            body: Bytes::new(),
        }
    }

    /// The answer without these secrets, if it is a refusal: all of that may be told, and its words are cut to a
    /// length, which leaves halves that nobody could find later.
    pub(super) fn keeping(mut self, secrets: &[Secret<String>]) -> Self {
        if self.is_success() {
            return self;
        }
        for secret in secrets.iter().map(Secret::expose).filter(|secret| !secret.is_empty()) {
            self.reason = self.reason.replace(secret.as_str(), "***");
            let bytes = secret.as_bytes();
            if self.body.windows(bytes.len()).any(|window| window == bytes) {
                self.body = String::from_utf8_lossy(&self.body).replace(secret.as_str(), "***").into();
            }
        }
        self
    }

    /// The host and port that answered, for messages.
    pub(crate) fn host(&self) -> String {
        authority(&self.url)
    }

    /// A header's value, where it is readable text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// When the service sent it, by its own clock.
    pub(crate) fn date(&self) -> Option<SystemTime> {
        self.header("date").and_then(http_date)
    }

    /// Whether the status is 2xx.
    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Whether another try may find the service well again.
    pub(crate) const fn is_failure_of_service(&self) -> bool {
        matches!(self.status, 408 | 500..=599)
    }

    /// Whether the body is a page for people, whatever its headers say.
    pub(crate) fn is_page(&self) -> bool {
        let start = String::from_utf8_lossy(&self.body[..self.body.len().min(512)]).to_ascii_lowercase();
        let start = start.trim_start_matches('\u{feff}').trim_start();
        start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with("<head")
    }

    /// The answer itself when its status is 2xx.
    ///
    /// # Errors
    /// [`RemoteError::Status`] with the service's own words otherwise.
    pub(crate) fn success(self) -> Result<Self, RemoteError> {
        if self.is_success() { Ok(self) } else { Err(self.error(None)) }
    }

    /// The error that this answer stands for: its status, and the service's own words, cut to a length.
    pub(crate) fn error(&self, hint: Option<String>) -> RemoteError {
        let hint = hint.or_else(|| self.usual_hint());
        RemoteError::Status {
            service: self.service,
            what: self.what.clone(),
            status: self.status,
            message: self.message(),
            hint,
        }
    }

    /// Reads the body as JSON; `expected` says in a message what should have come.
    ///
    /// # Errors
    /// [`RemoteError::Unexpected`] when it is something else, such as a page of HTML.
    pub(crate) fn json<T: DeserializeOwned>(&self, expected: &'static str) -> Result<T, RemoteError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let found = match self.body.first() {
                None => "nothing".to_owned(),
                Some(_) if self.is_page() => "a page of HTML".to_owned(),
                Some(_) => format!("something else ({})", words(&error.to_string())),
            };
            self.unexpected(expected, found)
        })
    }

    /// The error for an answer that is not what the interface promises.
    pub(crate) fn unexpected(&self, expected: &'static str, found: impl Into<String>) -> RemoteError {
        let (service, what) = (self.service, self.what.clone());
        RemoteError::Unexpected { service, host: self.host(), what, expected, found: found.into() }
    }

    /// How long the service asks us to wait before the next request, if this answer is such a refusal:
    /// `Retry-After` or the moment that its words name, whichever is later, else an exhausted rate limit and its reset,
    /// else a minute when it says "too often".
    pub(crate) fn asks_to_wait(&self, now: SystemTime) -> Option<Duration> {
        let refuses = matches!(self.status, 403 | 429) || self.is_failure_of_service();
        if !refuses {
            return None;
        }
        // Both clocks of the difference should be the service's: ours may be wrong.
        let now = self.date().unwrap_or(now);
        let until = |moment: SystemTime| moment.duration_since(now).unwrap_or_default();
        let after = self.header("retry-after").and_then(|after| {
            let seconds = after.trim().parse().ok().map(Duration::from_secs);
            seconds.or_else(|| http_date(after).map(until))
        });
        // crates.io says it in words too, and what stands between may have taken the header.
        let said = (self.status == 429).then(|| date_in_words(&self.message()).map(until)).flatten();
        if after.is_some() || said.is_some() {
            return after.max(said);
        }
        if self.is_failure_of_service() {
            return None;
        }
        if self.header("x-ratelimit-remaining").map(str::trim) == Some("0") {
            let reset = self.header("x-ratelimit-reset").and_then(|reset| reset.trim().parse().ok());
            let moment =
                reset.and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
            return Some(moment.map_or(AFTER_TOO_OFTEN, |moment| until(moment) + Duration::from_secs(1)));
        }
        let too_often = self.status == 429 || self.message().to_ascii_lowercase().contains("rate limit");
        too_often.then_some(AFTER_TOO_OFTEN)
    }

    /// What the service says about a refusal, in the forms that the services we know use.
    fn message(&self) -> String {
        if let 300..=399 = self.status {
            return match self.header("location").and_then(|location| self.url.join(location).ok()) {
                Some(target) => {
                    let host = target.host_str().unwrap_or_default();
                    words(&format!("it redirects to `{}://{host}{}`", target.scheme(), target.path()))
                }
                None => "it redirects to nowhere".into(),
            };
        }
        let said = match serde_json::from_slice::<Value>(&self.body) {
            Ok(value) => said_in_json(&value),
            Err(_) if self.is_page() => title(&String::from_utf8_lossy(&self.body)),
            Err(_) => String::from_utf8_lossy(&self.body[..self.body.len().min(4 * WORDS)]).into_owned(),
        };
        let said = words(&said);
        if said.is_empty() { words(&self.reason) } else { said }
    }

    fn usual_hint(&self) -> Option<String> {
        let text = match self.status {
            300..=399 => "has the address moved? give the address that it redirects to",
            401 => "is the token right, and has it not expired?",
            429 => "run again later: what is done is found and not repeated",
            500..=599 => "the service is not well: run again, what is done is found and not repeated",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// `message`, then what is in `errors` and `details`; `detail` and `error` where there is neither.
fn said_in_json(value: &Value) -> String {
    let one = |value: &Value| -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Object(fields) => {
                let get = |name| fields.get(name).and_then(Value::as_str);
                let what = ["description", "detail", "message"].into_iter().find_map(get);
                let parts: Vec<_> =
                    [get("resource"), get("field"), get("code"), what].into_iter().flatten().collect();
                (!parts.is_empty()).then(|| parts.join(" "))
            }
            _ => None,
        }
    };
    let text = |name| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let errors = value.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let all: Vec<String> = text("message")
        .into_iter()
        .chain(errors.iter().take(10).filter_map(one))
        .chain(text("details").filter(|_| value.get("message").is_some()))
        .collect();
    if all.is_empty() {
        ["detail", "error", "title"].into_iter().find_map(text).or_else(|| one(value)).unwrap_or_default()
    } else {
        all.join(": ")
    }
}

/// The title of a page, which is all that a message can use of it.
fn title(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let found = lower.find("<title").and_then(|start| {
        let start = start + lower[start..].find('>')? + 1;
        let end = start + lower[start..].find("</title")?;
        page.get(start..end)
    });
    match found.map(str::trim).filter(|title| !title.is_empty()) {
        Some(title) => format!("a page of HTML, `{title}`"),
        None => "a page of HTML".to_owned(),
    }
}

/// Strangers' words for a message: one line without control characters, cut to a length.
pub(crate) fn words(text: &str) -> String {
    let hidden =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let visible: String = text
        .chars()
        .take(8 * WORDS)
        .filter(|c| !hidden(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().expect("good"), value.parse().expect("good")))
            .collect();
        Answer {
            service: "the service",
            what: "asking".into(),
            status,
            reason: "Reason".into(),
            headers,
            url: "http://127.0.0.1/a/b".parse().expect("good"),
            body: Bytes::from(body.to_owned()),
        }
    }

    fn message(status: u16, body: &str) -> String {
        answer(status, &[], body).message()
    }

    #[test]
    fn the_services_words_are_found_in_every_form_they_have() {
        for (body, expected) in [
            (r#"{"message":"Bad credentials","documentation_url":"x"}"#, "Bad credentials"),
            (
                r#"{"message":"Validation Failed","errors":[{"resource":"Release","code":"already_exists","field":"tag_name"}]}"#,
                "Validation Failed: Release tag_name already_exists",
            ),
            (
                r#"{"message":"Token request failed","errors":[{"code":"invalid-publisher","description":"no match"}]}"#,
                "Token request failed: invalid-publisher no match",
            ),
            (r#"{"errors":[{"detail":"too big"}]}"#, "too big"),
            (r#"{"detail":"Not Found"}"#, "Not Found"),
            (
                r#"{"http":401,"message":"User is not authorized","details":"no token"}"#,
                "User is not authorized: no token",
            ),
            (r#"{"http":400,"message":"Bad","details":null}"#, "Bad"),
            ("400 File already exists\n", "400 File already exists"),
            ("<!DOCTYPE html><html><title>Log in</title>", "a page of HTML, `Log in`"),
            ("", "Reason"),
            ("[1, 2]", "Reason"),
        ] {
            assert_eq!(message(400, body), expected, "{body}");
        }
    }

    #[test]
    fn strangers_words_are_cut_and_lose_their_control_characters() {
        let text = message(400, &format!("a\u{1b}[31m\r\n::error::\u{202e}{}", "ö".repeat(5000)));
        assert!(text.starts_with("a [31m ::error::ö"), "{text}");
        assert!(text.chars().count() <= WORDS + 2 && !text.contains(char::is_control));
    }

    #[test]
    fn a_redirect_is_shown_without_its_query() {
        let answer = answer(308, &[("location", "/legacy/?token=hunter2")], "");
        assert_eq!(answer.message(), "it redirects to `http://127.0.0.1/legacy/`");
    }

    #[test]
    fn waits_are_read_from_every_header_that_asks_for_one() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let wait = |status, headers: &[(&'static str, &str)], body| {
            answer(status, headers, body).asks_to_wait(now).map(|delay| delay.as_secs())
        };
        assert_eq!(wait(503, &[("retry-after", "7")], ""), Some(7));
        assert_eq!(wait(429, &[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")], ""), Some(10));
        assert_eq!(
            wait(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "784111787")], ""),
            Some(11)
        );
        let foreign_clock = [
            ("date", "Sun, 06 Nov 1994 08:49:27 GMT"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "784111787"),
        ];
        assert_eq!(wait(403, &foreign_clock, ""), Some(21));
        assert_eq!(wait(403, &[], r#"{"message":"You have exceeded a secondary rate limit"}"#), Some(60));
        assert_eq!(wait(429, &[], ""), Some(60));
        assert_eq!(
            wait(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "nonsense")], ""),
            Some(60)
        );
        assert_eq!(wait(403, &[("x-ratelimit-remaining", "12")], "no"), None);
        assert_eq!(wait(503, &[], ""), None);
        let words =
            r#"{"errors":[{"detail":"Please try again after Sun, 06 Nov 1994 08:50:07 GMT or ask."}]}"#;
        assert_eq!(wait(429, &[], words), Some(30));
        assert_eq!(wait(429, &[("retry-after", "7")], words), Some(30), "the later one counts");
        assert_eq!(wait(429, &[("retry-after", "70")], words), Some(70));
        assert_eq!(wait(429, &[("retry-after", "nonsense")], ""), Some(60));
        assert_eq!(wait(403, &[], words), None);
        assert_eq!(wait(200, &[("retry-after", "7")], ""), None);
    }

    #[test]
    fn json_that_is_none_is_told_from_a_page() {
        let found = |body| match answer(200, &[], body).json::<Vec<u8>>("a list").expect_err("no list") {
            RemoteError::Unexpected { found, .. } => found,
            other => panic!("{other}"),
        };
        assert_eq!(found(" <html>"), "a page of HTML");
        assert_eq!(found(""), "nothing");
        assert!(found("{}").starts_with("something else"));
        assert_eq!(answer(200, &[], "[1]").json::<Vec<u8>>("a list").expect("good"), [1]);
    }

    #[test]
    fn a_refusal_keeps_the_secrets_of_its_request_also_where_it_is_cut() {
        let secret = "hunter2-and-more";
        let body = format!("{} {secret}", "x".repeat(WORDS - 8));
        let keeping = |status| answer(status, &[], &body).keeping(&[Secret::new(secret.to_owned())]);
        assert!(message(403, &body).contains("hunter2"), "the cut goes through the secret");
        assert!(!keeping(403).message().contains("hunter2"), "{}", keeping(403).message());
        assert!(keeping(200).body.ends_with(secret.as_bytes()), "what is no refusal is left as it is");
    }

    #[test]
    fn debug_shows_no_body() {
        assert!(!format!("{:?}", answer(200, &[], "hunter2")).contains("hunter2"));
    }
}
