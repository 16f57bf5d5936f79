//! What indexes refuse an upload with, in their own words, and what we make of it.

use std::future::Future;
use std::pin::Pin;
use std::time::SystemTime;

use super::super::taken::TAKEN;
use super::*;
use crate::remote::surroundings::{NoWait, Pace};

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain";

/// Answers as the servers of the table gave them, in its order.
const ANSWERS: [(u16, &str, &str); 12] = [
    (
        400,
        JSON,
        r#"{"message":"The server could not comply with the request since it is either malformed or otherwise incorrect.\n\n\nFile already exists ('foo_bar-1.0-py3-none-any.whl', with blake2_256 hash '0'). See the help for more information.\n\n","code":"400 File already exists","title":"Bad Request"}"#,
    ),
    (
        409,
        HTML,
        "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\"><html><head><title>Error: 409 Conflict</title></head></html>",
    ),
    (
        400,
        HTML,
        "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\"><html><title>Error: 400 Bad Request</title><pre>Package &#039;foo_bar-1.0-py3-none-any.whl&#039; already exists!</pre></html>",
    ),
    (409, TEXT, "foo_bar-1.0-py3-none-any.whl already exists in non-volatile index"),
    (
        403,
        JSON,
        r#"{"errors":[{"status":403,"message":"Not enough permissions to delete/overwrite artifact 'pypi-local:foo-bar/1.0/foo_bar-1.0-py3-none-any.whl' (user: 'ci' needs DELETE permission)."}]}"#,
    ),
    (
        403,
        JSON,
        r#"{"errors":[{"status":403,"message":"Not enough permissions to delete/overwrite all artifacts under 'pypi-local/foo-bar/1.0' (user: 'ci' needs DELETE permission)."}]}"#,
    ),
    (
        400,
        HTML,
        "<!doctype html>\n<html lang=\"en\"><head><title>400 - Nexus Repository Manager</title></head><body><div class=\"content-section\">\n      Repository does not allow updating assets: pypi-local\n    </div></body></html>",
    ),
    (400, TEXT, "pypi-hosted/packages/foo-bar/1.0/foo_bar-1.0-py3-none-any.whl cannot be updated"),
    (400, JSON, r#"{"message":"Validation failed: File name has already been taken"}"#),
    (400, TEXT, "Requested entity already exists.\n"),
    (409, TEXT, "Conflict"),
    (
        409,
        JSON,
        r#"{"$id":"1","innerException":null,"message":"The feed 'Feed' already contains file 'foo_bar-1.0-py3-none-any.whl' in package 'foo-bar 1.0'.","typeKey":"PackageAlreadyExistsException","errorCode":0}"#,
    ),
];

#[tokio::test]
async fn every_server_of_the_table_is_understood() {
    assert_eq!(ANSWERS.len(), TAKEN.len(), "each row has an answer that was seen");
    let other = || page(&format!(r#""sha256":"{}""#, Sha256::of(b"other")));
    for (row, (status, kind, body)) in TAKEN.iter().zip(ANSWERS) {
        let (server, exists) = (row.server, || vec![Reply::of(status, kind, body)]);
        assert!(!row.source.is_empty(), "{server}");
        let (outcome, posts, _) = course(exists(), vec![empty(), empty(), ours()]).await;
        assert!(outcome.is_ok() && posts == 1, "{server} shows it late: {outcome:?}");
        let (outcome, posts, _) = course(exists(), vec![other()]).await;
        assert!(matches!(outcome, Err(RemoteError::Conflict { .. })) && posts == 1, "{server}: {outcome:?}");
        let (outcome, posts, looks) = course(exists(), vec![]).await;
        let error = outcome.expect_err(server);
        assert!(error.hint().is_some_and(|hint| hint.contains("does not list them")), "{server}: {error:?}");
        assert_eq!((posts, looks), (1, 6), "{server} gets some time, and no second copy");
    }
}

#[tokio::test]
async fn bytes_that_are_there_under_another_name_are_named() {
    let twin = page(&format!(r#""sha256":"{}""#, Sha256::of(BYTES)));
    let Reply::Answer { body, .. } = twin else { unreachable!("it is one") };
    let body = String::from_utf8(body).expect("text").replace(NAME, "foo_bar-1.0-py2.py3-none-any.whl");
    let twin = Reply::of(200, "application/vnd.pypi.simple.v1+json", body);
    let (status, kind, said) = ANSWERS[0];
    let (outcome, posts, looks) = course(vec![Reply::of(status, kind, said)], vec![twin.clone()]).await;
    let error = outcome.expect_err("refused");
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("these very bytes as `foo_bar-1.0-py2.py3-none-any.whl`"))
    );
    assert_eq!((posts, looks), (1, 1));

    let (outcome, posts, _) = course(vec![Reply::Close, Reply::status(200)], vec![twin]).await;
    assert!(outcome.is_ok() && posts == 2, "nobody said that it is in the way: {outcome:?}");
}

fn user() -> Credential {
    Credential::Password { user: "ci-robot".into(), password: Secret::new("hunter2".into()) }
}

/// The message and the hint of an upload that a server refuses each time, and how often it was sent.
async fn refused(credential: Credential, reply: Reply) -> (String, String, usize) {
    let script = Script::answering(move |seen| if seen.method == "POST" { reply.clone() } else { empty() });
    let error = Made::new().ensure(&writer(&script, http(), credential)).await.expect_err("refused");
    let posts = script.seen().iter().filter(|seen| seen.method == "POST").count();
    (error.to_string(), error.hint().unwrap_or_default(), posts)
}

/// An answer of Warehouse to a client that asks for JSON.
fn warehouse(status: u16, words: &str) -> Reply {
    let body = serde_json::json!({ "message": format!("Access was denied to this resource.\n\n\n{words}\n\n"), "code": format!("{status} {words}"), "title": "Refused" });
    Reply::of(status, JSON, body.to_string())
}

#[tokio::test]
async fn each_refusal_says_what_to_do_and_is_final() {
    let cases = [
        (
            password(),
            warehouse(403, "Invalid or non-existent authentication information."),
            "right, complete and not expired",
        ),
        (password(), warehouse(403, "Invalid API Token: token is expired"), "not expired"),
        (user(), Reply::of(401, TEXT, "Unauthorized"), "may the user `ci-robot` upload to `Foo.Bar`"),
        (
            user(),
            warehouse(403, "Username/Password authentication is no longer supported."),
            "make an API token",
        ),
        (
            user(),
            warehouse(403, "The user 'ci-robot' isn't allowed to upload to project 'foo-bar'."),
            "ask an owner",
        ),
        (
            password(),
            warehouse(403, "The given token isn't allowed to upload to project 'foo-bar'."),
            "scoped to it",
        ),
        (
            password(),
            warehouse(403, "Invalid API Token: project-scoped token is not valid for project: 'foo-bar'"),
            "scoped to it",
        ),
        (
            password(),
            warehouse(403, "Non-user identities cannot create new projects. This was probably caused by"),
            "exactly this project name",
        ),
        (
            password(),
            warehouse(400, "Non-user identities cannot create new projects. This was probably caused by"),
            "exactly this project name",
        ),
        (
            password(),
            warehouse(400, "File too large. Limit for project 'foo-bar' is 100 MB."),
            "smaller file than these 20 bytes",
        ),
        (
            password(),
            Reply::of(413, HTML, "<html><head><title>413 Request Entity Too Large</title></head></html>"),
            "higher limit for `Foo.Bar`",
        ),
        (password(), Reply::status(413), "higher limit"),
        (
            password(),
            warehouse(400, "Project size too large. Limit for project 'foo-bar' total size is 10 GB."),
            "delete old releases",
        ),
        (
            password(),
            warehouse(
                400,
                "This filename was previously used by a file that has since been deleted. Use a different version.",
            ),
            "used up for ever",
        ),
        (password(), warehouse(400, "Only one sdist may be uploaded per release."), "leave this one out"),
        (
            password(),
            warehouse(400, "Attestations are only supported when using Trusted Publishing"),
            "trusted publishers only",
        ),
        (
            password(),
            warehouse(400, "Invalid attestations supplied during upload: Verification failed"),
            "sign again",
        ),
        (password(), warehouse(429, "Too many new projects created"), "run again later"),
        (
            password(),
            Reply::of(403, HTML, "<!DOCTYPE html><title>Just a moment...</title>"),
            "a proxy or a firewall may have refused",
        ),
        (
            password(),
            Reply::of(400, HTML, "<html><head><title>Blocked</title></head></html>"),
            "page for people",
        ),
        (password(), Reply::status(404), "the upload endpoint"),
        (password(), Reply::redirect("/legacy/index/"), "never sent on"),
    ];
    for (credential, reply, remedy) in cases {
        let shown = format!("{reply:?}");
        let (message, hint, posts) = refused(credential, reply).await;
        assert!(hint.contains(remedy), "{remedy:?} in {hint:?} about {shown}");
        assert!(!message.contains("hunter2") && !hint.contains("hunter2"));
        assert_eq!(posts, 1, "{shown}");
    }
}

#[tokio::test]
async fn a_redirect_to_the_same_address_with_or_without_a_slash_is_told() {
    let reply =
        Reply::Answer { status: 308, headers: vec![("location", "/legacy".into())], body: Vec::new() };
    let (message, hint, posts) = refused(password(), reply).await;
    assert!(message.contains("/legacy`") && hint.contains("`repository-url`"), "{message} {hint}");
    assert_eq!(posts, 1);
}

/// Time as it was slept away, to the last piece.
#[derive(Default)]
struct Slept(Mutex<Duration>);

impl Pace for Slept {
    fn sleep(&self, delay: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        *self.0.lock().expect("unshared") += delay;
        Box::pin(tokio::task::yield_now())
    }

    fn now(&self) -> SystemTime {
        NoWait.now()
    }
}

/// How an upload ends that gets these answers, how often it was sent, and how long that took.
async fn timed(uploads: Vec<Reply>) -> (Result<(), RemoteError>, usize, Duration) {
    let mut uploads = uploads.into_iter();
    let script = Script::answering(move |seen| match seen.method.as_str() {
        "POST" => uploads.next().unwrap_or_else(|| Reply::status(599)),
        _ => empty(),
    });
    let slept = Arc::new(Slept::default());
    let http = Http::new(&Surroundings { pace: Arc::clone(&slept) as _, ..Surroundings::silent() });
    let outcome = Made::new().ensure(&writer(&script, http.expect("a client"), password())).await;
    let posts = script.seen().iter().filter(|seen| seen.method == "POST").count();
    let slept = *slept.0.lock().expect("unshared");
    (outcome, posts, slept)
}

#[tokio::test]
async fn an_index_in_read_only_mode_is_waited_for_and_then_told_of() {
    let read_only = || warehouse(403, "Read-only mode: Uploads are temporarily disabled.");
    let (outcome, posts, slept) = timed(vec![read_only(), Reply::status(200)]).await;
    assert!(outcome.is_ok() && posts == 2 && slept > Duration::from_secs(40), "{outcome:?} {slept:?}");
    let (outcome, posts, _) = timed(vec![read_only(), read_only(), read_only(), Reply::status(200)]).await;
    let error = outcome.expect_err("closed");
    assert!(error.hint().is_some_and(|hint| hint.contains("takes no uploads now")), "{error:?}");
    assert_eq!(posts, 3);
}

#[tokio::test]
async fn a_wait_that_the_index_asks_for_is_kept_to_the_second() {
    for status in [429, 503] {
        let busy = Reply::of(status, TEXT, "").with("retry-after", "77");
        let (outcome, posts, slept) = timed(vec![busy, Reply::status(200)]).await;
        assert!(outcome.is_ok() && posts == 2, "{outcome:?}");
        // Between the looks of an index that may have taken it there are pauses of our own.
        assert!(slept >= Duration::from_secs(77), "{slept:?}");
        assert!(status == 503 || slept == Duration::from_secs(77), "{slept:?}");
    }
    let long = Reply::of(429, TEXT, "").with("retry-after", "86400");
    let (outcome, posts, slept) = timed(vec![long]).await;
    assert!(outcome.is_err() && posts == 1 && slept.is_zero(), "{slept:?}");
    let projects = warehouse(429, "Too many new projects created").with("retry-after", "9");
    let (outcome, posts, slept) = timed(vec![projects, Reply::status(200)]).await;
    assert!(outcome.is_ok() && (posts, slept) == (2, Duration::from_secs(9)), "{outcome:?} {slept:?}");
}

#[tokio::test]
async fn a_port_that_speaks_no_tls_is_told_from_one_that_is_not_there() {
    let script = Script::answering(|_| empty());
    let upload = script.url("/legacy/").as_str().replace("http://", "https://").parse().expect("good");
    let write = IndexWrite::new(http(), upload, reader(&script, http()), password());
    let error = Made::new().ensure(&write).await.expect_err("no TLS");
    assert!(matches!(error, RemoteError::Unreachable { .. }), "{error:?}");
    assert!(error.hint().is_some_and(|hint| hint.contains("speak TLS")), "{error:?}");

    let error = RemoteError::Unreachable {
        service: SERVICE,
        host: "index.invalid".into(),
        what: "uploading".into(),
        source: "invalid peer certificate: UnknownIssuer".into(),
    };
    assert!(error.hint().is_some_and(|hint| hint.contains("`SSL_CERT_FILE`")), "{error:?}");
}
