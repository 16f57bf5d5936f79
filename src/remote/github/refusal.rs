//! What GitHub's refusals mean, and what a person can do about them.

use std::time::{Duration, SystemTime};

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::SERVICE;
use crate::remote::error::RemoteError;
use crate::remote::http::answer::Answer;

/// No text of GitHub's is longer than this in a message, in characters.
const TEXT: usize = 500;
/// How often a refusal because of the pace is waited out.
const WAITS: u32 = 4;
/// A wait longer than this is no use to a release; the person hears of it instead.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// An answer that is no success.
#[derive(Debug)]
pub(super) struct Refusal {
    /// What was asked.
    pub(super) what: String,
    /// The method of the request.
    pub(super) method: Method,
    /// The status code.
    pub(super) status: u16,
    /// GitHub's own words.
    pub(super) message: String,
    /// GitHub's list of what is wrong with which field.
    pub(super) errors: Vec<Value>,
    /// The headers.
    pub(super) headers: HeaderMap,
}

impl Refusal {
    /// Reads an answer, whose body may be anything.
    pub(super) fn of_answer(answer: &Answer, method: &Method) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let message = body.get("message").and_then(Value::as_str);
        let errors = body.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
        Self {
            what: answer.what.clone(),
            method: method.clone(),
            status: answer.status,
            message: message.map_or_else(|| nameless(&answer.body), str::to_owned),
            errors,
            headers: answer.headers.clone(),
        }
    }

    /// The error that it becomes.
    pub(super) fn into_error(self) -> RemoteError {
        let hint = self.hint();
        let said = self.errors.iter().map(told).filter(|text| !text.is_empty());
        let message = std::iter::once(self.message.clone()).chain(said).collect::<Vec<_>>().join("; ");
        let message = message.chars().take(TEXT).collect();
        RemoteError::Status { service: SERVICE, what: self.what, status: self.status, message, hint }
    }

    /// Everything GitHub said, for looking up known sentences.
    fn words(&self) -> String {
        let mut words = self.message.clone();
        for error in &self.errors {
            words.push(' ');
            words.push_str(&told(error));
        }
        words
    }

    /// What to ask oneself. Known sentences come first, then what the status means.
    fn hint(&self) -> Option<String> {
        let words = self.words();
        if let Some((_, hint)) = SENTENCES.iter().find(|(sentence, _)| words.contains(sentence)) {
            return Some((*hint).to_owned());
        }
        let accepted =
            self.headers.get("x-accepted-github-permissions").and_then(|value| value.to_str().ok());
        let writes = self.method != Method::GET;
        match self.status {
            401 => Some("is `github-token` whole, of this GitHub, and not expired?".to_owned()),
            403 | 429 if limited(&self.headers, &words) => Some(
                "the limit of requests is used up: run again later, what is done is found and not repeated"
                    .to_owned(),
            ),
            403 | 404 if writes && accepted.is_some_and(|names| names.contains("workflows")) => {
                Some(WORKFLOW_FILES.to_owned())
            }
            403 | 404 => Some(permission_hint(accepted, writes)),
            410 => Some("the artifact has expired: run its workflow again".to_owned()),
            301 | 302 | 307 | 308 => {
                Some("has the repository been renamed or moved? use its present name".to_owned())
            }
            _ => None,
        }
    }
}

/// A job's token can never have the permission that GitHub asks for here.
const WORKFLOW_FILES: &str = "does the job have `permissions: contents: write`? if so, the commit changes files below \
    `.github/workflows` that the default branch has otherwise, which the job's own token may never publish: push the \
    tag first and leave `commit` out, or use another token";

/// Sentences of GitHub's with one known reason.
const SENTENCES: &[(&str, &str)] = &[
    (
        "was used by an immutable release",
        "the tag once belonged to an immutable release and is used up for good: choose a new version",
    ),
    (
        "immutable release",
        "the release is immutable: nothing can be added any more, so the next version has to carry it",
    ),
    (
        "rule violations",
        "does a ruleset of the repository forbid to make this tag? let the job pass it, or push the tag first",
    ),
    (
        "Published releases must have a valid tag",
        "GitHub could not make the tag: push the tag first, then run again",
    ),
    ("body is too long", "the notes are longer than GitHub takes (125,000 characters): shorten them"),
    ("Latest release cannot be", "a prerelease cannot be the latest release"),
    ("Bad Content-Length", "does a proxy between here and GitHub change requests?"),
];

/// Names the permission that seems to be missing.
fn permission_hint(accepted: Option<&str>, writes: bool) -> String {
    let asked = accepted.map(|names| {
        // Alternatives are separated by semicolons; the first is the plainest.
        let first = names.split(';').next().unwrap_or_default();
        let words = first.split(',').map(|name| name.trim().replacen('=', ": ", 1)).collect::<Vec<_>>();
        words.join("`, `").chars().filter(|c| !c.is_control()).take(120).collect::<String>()
    });
    let permission = match (asked.as_deref(), writes) {
        (Some(asked), _) if !asked.is_empty() => asked,
        (_, true) => "contents: write",
        (_, false) => "contents: read`, and for artifacts `actions: read",
    };
    format!("is it there, and may the token see it? does the job have `permissions:` with `{permission}`?")
}

/// One entry of GitHub's list of errors, in words.
fn told(error: &Value) -> String {
    let field = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
    match (error.as_str(), field("message"), field("field"), field("code")) {
        (Some(text), ..) => text.to_owned(),
        (None, "", "", "") => String::new(),
        (None, "", name, code) | (None, _, name, code @ "already_exists") => format!("`{name}`: {code}"),
        (None, message, ..) => message.to_owned(),
    }
}

/// Words for a body without any.
fn nameless(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * TEXT)]).trim().to_owned();
    match text {
        text if text.is_empty() => "no explanation".to_owned(),
        text if text.starts_with('<') => "a page of HTML".to_owned(),
        text => text,
    }
}

/// Whether the refusal is about how often we ask.
fn limited(headers: &HeaderMap, words: &str) -> bool {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    header("retry-after").is_some()
        || header("x-ratelimit-remaining") == Some("0")
        || words.contains("rate limit")
        || words.contains("abuse detection")
}

/// How long to wait before the same request may be sent again; `None` if it was not refused because of the pace, or
/// if waiting would take too long.
pub(super) fn patience(answer: &Answer, now: SystemTime, attempt: u32) -> Option<Duration> {
    let refused = matches!(answer.status, 403 | 429) && attempt < WAITS;
    answer.asks_to_wait(now).filter(|wait| refused && *wait <= LONGEST_WAIT)
}

/// Whether GitHub refused because a thing of that name is there already.
pub(super) fn already_exists(error: &RemoteError) -> bool {
    matches!(error, RemoteError::Status { status: 422, message, .. } if message.contains("already_exists"))
}

/// Whether GitHub says that there is no such thing.
pub(super) const fn is_absent(error: &RemoteError) -> bool {
    matches!(error, RemoteError::Status { status: 404, .. })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(status: u16, message: &str, errors: Value) -> Refusal {
        Refusal {
            what: "publishing".into(),
            method: Method::PATCH,
            status,
            message: message.into(),
            errors: errors.as_array().cloned().unwrap_or_default(),
            headers: HeaderMap::new(),
        }
    }

    #[test]
    fn fields_and_their_faults_are_told() {
        let errors = json!([
            {"resource": "ReleaseAsset", "code": "already_exists", "field": "name"},
            {"code": "custom", "field": "size", "message": "size must be greater than or equal to 1"},
            "plain words",
            {}, 7, null
        ]);
        let error = refusal(422, "Validation Failed", errors).into_error();
        assert_eq!(
            error.to_string(),
            "GitHub answered 422 (publishing): Validation Failed; `name`: already_exists; \
             size must be greater than or equal to 1; plain words"
        );
        assert!(already_exists(&error));
    }

    #[test]
    fn known_sentences_have_their_own_hints() {
        let hint = |errors| refusal(422, "Validation Failed", errors).hint().unwrap_or_default();
        let rule = "pre_receive Repository rule violations found\n\nCannot create ref due to creations being restricted.";
        assert!(
            hint(json!([{"message": rule}, {"message": "Published releases must have a valid tag"}]))
                .contains("ruleset")
        );
        assert!(
            hint(json!([{"message": "Published releases must have a valid tag"}])).contains("push the tag")
        );
        let immutable = refusal(422, "Cannot upload assets to an immutable release.", json!([]));
        assert!(immutable.hint().unwrap_or_default().contains("immutable"));
        assert_eq!(hint(json!([])), "");
    }

    #[test]
    fn texts_are_bounded_however_long_the_answer_is() {
        let errors = json!(vec![json!({"message": "y".repeat(10_000)}); 100]);
        let error = refusal(422, &"x".repeat(10_000), errors).into_error();
        assert!(error.to_string().chars().count() < TEXT + 60);
        assert_eq!(nameless(b"<html>".as_slice()), "a page of HTML");
        assert_eq!(nameless(&[0xff; 9]).chars().count(), 9);
        assert_eq!(nameless(b" \n"), "no explanation");
        assert!(nameless(&vec![b'z'; 1 << 20]).len() <= 4 * TEXT);
    }
}
