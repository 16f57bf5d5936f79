//! What GitHub's refusals mean, and what a person can do about them.

use std::time::{Duration, SystemTime};

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::SERVICE;
use super::moment::clock;
use crate::remote::error::RemoteError;
use crate::remote::http::answer::Answer;

/// No text of GitHub's is longer than this in a message, in characters.
const TEXT: usize = 500;
/// How often a refusal of one request because of the pace is waited out.
const WAITS: u32 = 4;
/// What GitHub asks for at least where it names no time; each further refusal doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(60);

/// GitHub's words about a ref that is not there.
pub(super) const NO_REF: &str = "Reference does not exist";
/// GitHub's words about a ref that somebody made a moment ago.
pub(super) const REF_EXISTS: &str = "Reference already exists";
/// GitHub's words about a commit that it does not know, or not yet.
pub(super) const NO_OBJECT: &str = "Object does not exist";

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
        let message = std::iter::once(one_line(&self.message)).chain(said).collect::<Vec<_>>().join("; ");
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
            401 => Some(EXPIRED.to_owned()),
            403 | 429 if limited(&self.headers, &words) => Some(pace_hint(&self.headers)),
            403 if writes && words.contains("by integration") && !is_about_workflows(accepted) => {
                Some(format!("{}; {READ_ONLY}", permission_hint(accepted, writes)))
            }
            403 if writes && is_about_workflows(accepted) => Some(format!("{WORKFLOW_FILES}; {READ_ONLY}")),
            404 if writes && (is_about_workflows(accepted) || self.may_be_workflows()) => {
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

    /// Whether a release or a tag "is not found" where there is nothing to find: when it is made or changed.
    fn may_be_workflows(&self) -> bool {
        self.status == 404 && matches!(self.method, Method::POST | Method::PATCH)
    }
}

fn is_about_workflows(accepted: Option<&str>) -> bool {
    accepted.is_some_and(|names| names.contains("workflows"))
}

/// What to do where GitHub does not know the token.
const EXPIRED: &str = "is `github-token` whole, of this GitHub, and not expired? a job's own token ends with the job, \
    and one of an app after an hour: run again with a new one, what is done is found and not repeated";

/// Why a job's token may do less than its workflow seems to say.
const READ_ONLY: &str = "a job's own token only reads where the repository's or organisation's settings say so and the \
    job states nothing, and always in a run for a pull request from a fork";

/// A job's token can never have the permission that GitHub asks for here, and GitHub calls it "not found".
const WORKFLOW_FILES: &str = "does the job have `permissions: contents: write`? if so, the commit changes files below \
    `.github/workflows` that the default branch has otherwise, which the job's own token may never publish: push the \
    tag first and leave the target out, or use another token";

/// When it is worth to come again.
fn pace_hint(headers: &HeaderMap) -> String {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let number = |name| header(name).and_then(|value| value.parse::<u64>().ok());
    let when = match (number("retry-after"), header("x-ratelimit-remaining"), number("x-ratelimit-reset")) {
        (Some(seconds), _, _) => format!("in {} minutes", seconds.div_ceil(60).max(1)),
        (None, Some("0"), Some(reset)) => format!("at {}", clock(reset)),
        _ => "in a quarter of an hour".to_owned(),
    };
    format!(
        "GitHub takes no more requests of this token for now, and a run waits a quarter of an hour in all: run again \
         {when}; what is done is found and not repeated, and the run goes on where it stopped"
    )
}

/// Sentences of GitHub's with one known reason.
const SENTENCES: &[(&str, &str)] = &[
    (
        "was used by an immutable release",
        "the tag once belonged to an immutable release and is used up for good: choose a new version",
    ),
    (
        "immutable",
        "the release is immutable: its files and its tag are fixed for good, so the next version has to carry the change",
    ),
    (
        "Changes must be made through a pull request",
        "the branch takes pull requests only: let the change come as one, or let the job pass the rule",
    ),
    (
        "Required status check",
        "the branch takes commits with their checks passed only: let the change come as a pull request",
    ),
    (
        "must have verified signatures",
        "the branch takes signed commits only, and GitHub signs for a job's own token or an app's, not for a person's",
    ),
    (
        "Cannot update this protected ref",
        "a rule forbids to move this branch: let the change come as a pull request, or let the job pass the rule",
    ),
    (
        "not a fast forward",
        "somebody pushed meanwhile: run again, and the next run begins with what is there now",
    ),
    (
        "not permitted to create or approve pull requests",
        "allow it in the settings of the repository or its organisation (Actions, workflow permissions), or use the token \
         of an app",
    ),
    ("No commits between", "the branch has nothing that the other one lacks: was it merged already?"),
    (
        "does not have 'workflow_dispatch' trigger",
        "the workflow needs `on: workflow_dispatch:` where it is started and on the default branch",
    ),
    (
        "Unexpected inputs provided",
        "the workflow takes such inputs only as it names below `on: workflow_dispatch: inputs:`",
    ),
    ("No ref found for", "workflows are started on a branch or a tag that is there: push it first"),
    (
        "rule violations",
        "a ruleset of the repository forbids to change this tag so: let the job pass it, or push the tag first",
    ),
    (
        "Published releases must have a valid tag",
        "GitHub could not make the tag: push the tag first, then run again",
    ),
    ("body is too long", "the notes are longer than GitHub takes (125,000 characters): shorten them"),
    ("Latest release cannot be", "a prerelease cannot be the latest release"),
    ("Bad Content-Length", "does a proxy between here and GitHub change requests?"),
    (
        "`tag_name`: already_exists",
        "somebody published a release of this tag meanwhile: run again, it is found",
    ),
    (
        "`target_commitish`: invalid",
        "the tag is to be made at what is neither a branch nor a full commit hash of this repository",
    ),
    ("Object does not exist", "the repository does not have this commit: push it first"),
    ("was archived", "the repository is archived, and nothing in it can be changed"),
    ("SAML", "authorise the token for the organisation's single sign-on"),
];

/// Names the permission that seems to be missing.
fn permission_hint(accepted: Option<&str>, writes: bool) -> String {
    let asked = accepted.map(|names| {
        // Alternatives are separated by semicolons; the first is the plainest.
        let first = names.split(';').next().unwrap_or_default();
        // In workflows they are spelled with hyphens.
        let word = |name: &str| name.trim().replace('_', "-").replacen('=', ": ", 1);
        let words = first.split(',').map(word).collect::<Vec<_>>();
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
        (Some(text), ..) => one_line(text),
        (None, "", "", "") => String::new(),
        (None, "", name, code) | (None, _, name, code @ "already_exists") => format!("`{name}`: {code}"),
        (None, message, ..) => one_line(message),
    }
}

/// A text of several lines as one: a ruleset's refusal names the rule in its third line.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.strip_prefix("pre_receive ").unwrap_or(line)).collect::<Vec<_>>().join(": ")
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
    header("retry-after").is_some() || header("x-ratelimit-remaining") == Some("0") || is_about_pace(words)
}

fn is_about_pace(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    words.contains("rate limit") || words.contains("abuse detection")
}

/// How long to wait before the same request may be sent again; `None` if it was not refused because of the pace, or
/// was often enough: what GitHub says, else a minute, then two, then four.
pub(super) fn patience(answer: &Answer, now: SystemTime, attempt: u32) -> Option<Duration> {
    if !matches!(answer.status, 403 | 429) || attempt >= WAITS {
        return None;
    }
    let names_a_time =
        answer.header("retry-after").is_some() || answer.header("x-ratelimit-remaining") == Some("0");
    if names_a_time {
        return answer.asks_to_wait(now);
    }
    let words = Refusal::of_answer(answer, &Method::POST).words();
    let is_limit = answer.status == 429 || limited(&answer.headers, &words);
    is_limit.then(|| FIRST_WAIT * 2_u32.pow(attempt))
}

/// Whether GitHub refused because a thing of that name is there already.
pub(super) fn already_exists(error: &RemoteError) -> bool {
    matches!(error, RemoteError::Status { status: 422, message, .. } if message.contains("already_exists"))
}

/// Whether GitHub says that there is no such thing.
pub(super) const fn is_absent(error: &RemoteError) -> bool {
    matches!(error, RemoteError::Status { status: 404, .. })
}

/// Whether GitHub used these words.
pub(super) fn says(error: &RemoteError, words: &str) -> bool {
    matches!(error, RemoteError::Status { message, .. } if message.contains(words))
}

/// The same refusal with what to do about it in this case.
pub(super) fn hinted(error: RemoteError, hint: &str) -> RemoteError {
    match error {
        RemoteError::Status { service, what, status, message, hint: _ } => {
            RemoteError::Status { service, what, status, message, hint: Some(hint.to_owned()) }
        }
        other => other,
    }
}

/// Whether GitHub understood, and will not do it however often it is asked; the pace is another matter.
pub(super) fn is_refused(error: &RemoteError) -> bool {
    matches!(error, RemoteError::Status { status: 403 | 404 | 422, message, .. } if !is_about_pace(message))
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
        for (message, part) in [
            ("target_commitish cannot be changed when release is immutable", "next version"),
            ("Repository was archived so is read-only.", "archived"),
            ("Resource protected by organization SAML enforcement.", "single sign-on"),
            ("Object does not exist", "push it"),
            ("body is too long (maximum is 125000 characters)", "125,000"),
        ] {
            let said = refusal(422, message, json!([])).hint().unwrap_or_default();
            assert!(said.contains(part), "{message}: {said}");
        }
        for (field, code, part) in
            [("tag_name", "already_exists", "meanwhile"), ("target_commitish", "invalid", "neither a branch")]
        {
            assert!(hint(json!([{"resource": "Release", "field": field, "code": code}])).contains(part));
        }
        let immutable = refusal(422, "Cannot upload assets to an immutable release.", json!([]));
        assert!(immutable.hint().unwrap_or_default().contains("immutable"));
        assert_eq!(hint(json!([])), "");
    }

    #[test]
    fn a_rulesets_own_words_are_told_in_one_line() {
        let rule = "pre_receive Repository rule violations found\n\nCannot create ref due to creations being \
                    restricted.\n\n";
        let errors = json!([
            {"resource": "Release", "code": "custom", "field": "pre_receive", "message": rule},
            {"resource": "Release", "code": "custom", "field": "tag_name",
             "message": "Published releases must have a valid tag"},
        ]);
        assert_eq!(
            refusal(422, "Validation Failed", errors).into_error().to_string(),
            "GitHub answered 422 (publishing): Validation Failed; Repository rule violations found: Cannot create ref \
             due to creations being restricted.; Published releases must have a valid tag"
        );
    }

    fn with_headers(status: u16, message: &str, headers: &[(&'static str, &str)]) -> Refusal {
        let headers = headers.iter().map(|(name, value)| {
            let name: reqwest::header::HeaderName = name.parse().expect("good");
            (name, value.parse().expect("good"))
        });
        Refusal { headers: headers.collect(), ..refusal(status, message, json!([])) }
    }

    #[test]
    fn what_a_token_lacks_is_named() {
        let forbidden = "Resource not accessible by integration";
        let hint = |refusal: Refusal| refusal.hint().unwrap_or_default();
        let plain =
            hint(with_headers(403, forbidden, &[("x-accepted-github-permissions", "contents=write")]));
        assert!(
            plain.contains("`contents: write`") && plain.contains("fork") && plain.contains("settings"),
            "{plain}"
        );
        let workflows = [("x-accepted-github-permissions", "contents=write; contents=write,workflows=write")];
        for refusal in [
            with_headers(403, forbidden, &workflows),
            with_headers(404, "Not Found", &workflows),
            // GitHub does not always say what it would accept.
            with_headers(404, "Not Found", &[]),
        ] {
            let said = hint(refusal);
            assert!(said.contains("contents: write") && said.contains(".github/workflows"), "{said}");
        }
        let look_up = Refusal { method: Method::GET, ..with_headers(404, "Not Found", &[]) };
        assert!(!hint(look_up).contains("workflows"));
        let expired = hint(with_headers(401, "Bad credentials", &[]));
        assert!(expired.contains("github-token") && expired.contains("expired"), "{expired}");
    }

    #[test]
    fn a_limit_says_when_to_come_again() {
        let slow = "You have exceeded a secondary rate limit.";
        for (headers, when) in [
            (vec![("retry-after", "3600")], "in 60 minutes"),
            (vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795176061")], "at 12:01 UTC"),
            (vec![], "in a quarter of an hour"),
        ] {
            let refusal = with_headers(403, slow, &headers);
            let said = refusal.hint().unwrap_or_default();
            assert!(
                said.contains(&format!("run again {when};")) && said.contains("where it stopped"),
                "{said}"
            );
            assert!(!is_refused(&refusal.into_error()), "the pace is no refusal of the thing itself");
        }
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
