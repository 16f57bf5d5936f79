//! The index against a scripted server.

mod refusing;
mod trusted;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::read::IndexRead;
use super::write::IndexWrite;
use super::*;
use crate::model::artifact::{ArtifactKind, Distribution};
use crate::model::digest::{Blake2b256, Hashes, Sha256};
use crate::remote::error::RemoteError;
use crate::remote::http::Http;
use crate::remote::http::script::{Reply, Script, Seen};
use crate::remote::surroundings::{Event, Masks, Progress, Surroundings};

const NAME: &str = "foo_bar-1.0-py3-none-any.whl";
const BYTES: &[u8] = b"the bytes of a wheel";

fn http() -> Http {
    Http::new(&Surroundings::silent()).expect("a client")
}

fn reader(script: &Script, http: Http) -> IndexRead {
    IndexRead::new(http, script.url("/simple/").as_str().parse().expect("good"), None)
}

fn project() -> PackageName {
    "Foo.Bar".parse().expect("good")
}

/// A page that lists our file with `digest`.
fn page(digest: &str) -> Reply {
    Reply::of(
        200,
        "application/vnd.pypi.simple.v1+json",
        format!(
            r#"{{"meta":{{"api-version":"1.1"}},"files":[{{"filename":"{NAME}","url":"/f/{NAME}","hashes":{{{digest}}}}}]}}"#
        ),
    )
}

fn ours() -> Reply {
    page(&format!(r#""sha256":"{}""#, Sha256::of(BYTES)))
}

fn empty() -> Reply {
    Reply::of(200, "application/vnd.pypi.simple.v1+json", r#"{"meta":{"api-version":"1.4"},"files":[]}"#)
}

#[tokio::test]
async fn an_encrypted_index_does_not_lead_us_to_this_machine() {
    let script = Script::of([Reply::of(200, "application/zip", BYTES)]);
    let index = "https://index.invalid/simple/".parse().expect("good");
    let file = IndexFile {
        file: RemoteFile { file_name: NAME.into(), size_bytes: None, sha256: None },
        url: script.url("/private"),
        yanked: false,
        requires_python: None,
        provenance: None,
    };
    let error = IndexRead::new(http(), index, None).digest(&file).await.expect_err("refused");
    assert!(matches!(error, RemoteError::Unexpected { .. }), "{error:?}");
    assert!(script.seen().is_empty());
}

#[tokio::test]
async fn files_are_listed_from_json_and_from_html() {
    let html = format!("<a href=\"/f/{NAME}#sha256={}\">x</a>", Sha256::of(BYTES));
    for reply in [ours(), Reply::of(200, "text/html; charset=UTF-8", html)] {
        let script = Script::of([reply]);
        let files = reader(&script, http()).files(&project()).await.expect("listed");
        assert_eq!(files[0].file.sha256, Some(Sha256::of(BYTES)));
        assert_eq!(files[0].url, script.url(&format!("/f/{NAME}")));
        let seen = &script.seen()[0];
        assert_eq!(seen.target, "/simple/foo-bar/");
        assert_eq!(seen.header("cache-control"), Some("no-cache"));
        assert!(seen.header("accept").is_some_and(|accept| accept.contains("simple.v1+json")));
    }
}

#[tokio::test]
async fn an_unknown_project_has_no_files() {
    let script = Script::of([Reply::of(404, "text/html", "<html>nothing here</html>")]);
    assert_eq!(reader(&script, http()).files(&project()).await.expect("an answer"), []);
}

#[tokio::test]
async fn what_is_no_index_page_is_an_error_and_not_an_empty_list() {
    let page = "<!DOCTYPE html><html><title>Sign in</title><a href='/x.zip'>x</a></html>";
    for reply in [
        Reply::of(200, "text/html", page),
        Reply::of(200, "application/json", page),
        Reply::of(200, "application/json", r#"{"message":"hello"}"#),
        Reply::of(200, "text/plain", ""),
        Reply::of(204, "text/plain", ""),
    ] {
        let script = Script::of([reply]);
        let error = reader(&script, http()).files(&project()).await.expect_err("no page");
        assert!(matches!(error, RemoteError::Unexpected { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn another_hosts_files_are_not_this_indexs_files() {
    let other = Script::answering(|_| ours());
    let script = Script::of([Reply::redirect(other.url("/simple/foo-bar/"))]);
    let error = reader(&script, http()).files(&project()).await.expect_err("another host");
    assert!(error.to_string().contains("a redirect to `127.0.0.1:"), "{error}");
    assert!(other.seen().is_empty(), "the other host is not even asked");
}

#[tokio::test]
async fn readers_credentials_stay_with_the_index() {
    let files = Script::answering(|_| Reply::of(200, "application/octet-stream", BYTES));
    let index = Script::answering(|_| ours());
    let basic = Some(("me".to_owned(), Secret::new("hunter2".to_owned())));
    let read = IndexRead::new(http(), index.url("/simple/").as_str().parse().expect("good"), basic);
    let mut file = read.files(&project()).await.expect("listed").remove(0);
    assert_eq!(index.seen()[0].header("authorization"), Some("Basic bWU6aHVudGVyMg=="));
    file.url = files.url("/f");
    assert_eq!(read.digest(&file).await.expect("fetched"), Sha256::of(BYTES));
    assert_eq!(files.seen()[0].header("authorization"), None);
}

/// A folder with the file, and its artifact.
struct Made {
    folder: tempfile::TempDir,
    artifact: Artifact,
}

impl Made {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let made = Self {
            artifact: Artifact::new(
                NAME.parse().expect("good"),
                Hashes::of(BYTES),
                ArtifactKind::Distribution(Distribution::Wheel(NAME.parse().expect("good"))),
            ),
            folder,
        };
        crate::remote::disk::write::DiskWrite.ensure_file(&made.path(), BYTES).expect("written");
        made
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join(NAME)
    }

    async fn ensure(&self, write: &IndexWrite) -> Result<(), RemoteError> {
        let metadata = [("Metadata-Version", "2.1"), ("Name", "foo-bar"), ("Version", "1.0")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let project = project();
        let upload = Upload {
            project: &project,
            artifact: &self.artifact,
            blake2b256: Blake2b256::of(BYTES),
            path: &self.path(),
            metadata: &metadata,
            description: Some("# ünïcode"),
            attestations: None,
        };
        write.ensure_upload(&upload).await
    }
}

fn writer(script: &Script, http: Http, credential: Credential) -> IndexWrite {
    let upload = script.url("/legacy").as_str().parse().expect("good");
    IndexWrite::new(http.clone(), upload, reader(script, http), credential)
}

fn password() -> Credential {
    Credential::Password { user: "__token__".into(), password: Secret::new("pypi-hunter2".into()) }
}

/// What a server that first answers `uploads` and then looks like `pages` makes of one upload, and how many uploads
/// and look-ups it saw.
async fn course(uploads: Vec<Reply>, pages: Vec<Reply>) -> (Result<(), RemoteError>, usize, usize) {
    let (mut uploads, mut pages) = (uploads.into_iter(), pages.into_iter());
    let mut last = empty();
    let script = Script::answering(move |seen| {
        if seen.method == "POST" {
            return uploads.next().unwrap_or_else(|| Reply::status(599));
        }
        last = pages.next().unwrap_or_else(|| last.clone());
        last.clone()
    });
    let outcome = Made::new().ensure(&writer(&script, http(), password())).await;
    let posts = script.seen().iter().filter(|seen| seen.method == "POST").count();
    (outcome, posts, script.seen().len() - posts)
}

#[tokio::test]
async fn an_upload_is_one_form_with_the_whole_file() {
    let script = Script::of([Reply::status(200)]);
    Made::new().ensure(&writer(&script, http(), password())).await.expect("taken");
    let seen = &script.seen()[0];
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/legacy/"));
    assert_eq!(seen.header("authorization"), Some("Basic X190b2tlbl9fOnB5cGktaHVudGVyMg=="));
    assert_eq!(seen.header("content-length"), Some(seen.body.len().to_string().as_str()));
    assert!(seen.header("accept").is_some_and(|accept| accept.starts_with("application/json")));
    let body = String::from_utf8(seen.body.clone()).expect("text");
    let boundary =
        seen.header("content-type").and_then(|kind| kind.strip_prefix("multipart/form-data; boundary="));
    let boundary = boundary.expect("a boundary");
    let parts: Vec<_> = body.split(&format!("--{boundary}")).collect();
    assert_eq!((parts.first(), parts.last()), (Some(&""), Some(&"--\r\n")));
    assert!(
        parts.contains(&"\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n# ünïcode\r\n"),
        "{body}"
    );
    let content = format!(
        "\r\nContent-Disposition: form-data; name=\"content\"; filename=\"{NAME}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\nthe bytes of a wheel\r\n"
    );
    assert!(parts.contains(&content.as_str()), "{body}");
}

#[tokio::test]
async fn a_lost_reply_after_the_file_was_taken_is_a_success() {
    for reply in [Reply::Close, Reply::status(503), Reply::of(200, "text/html", "<html>busy</html>")] {
        let (outcome, posts, _) = course(vec![reply], vec![empty(), empty(), empty(), ours()]).await;
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(posts, 1, "what may have arrived is not sent again before the index was asked");
    }
}

#[tokio::test]
async fn a_file_that_did_not_arrive_is_sent_again_and_not_for_ever() {
    let (outcome, posts, _) =
        course(vec![Reply::Close, Reply::status(503), Reply::status(200)], vec![]).await;
    assert_eq!((outcome.is_ok(), posts), (true, 3));
    let (outcome, posts, looks) =
        course(vec![Reply::Close, Reply::Close, Reply::Close, Reply::status(200)], vec![]).await;
    assert!(matches!(outcome, Err(RemoteError::Lost { .. })), "{outcome:?}");
    assert_eq!((posts, looks), (3, 18));
}

#[tokio::test]
async fn a_redirected_upload_is_refused_in_plain_words() {
    let (outcome, posts, _) =
        course(vec![Reply::redirect("https://elsewhere.invalid/legacy/?x=hunter2")], vec![]).await;
    let error = outcome.expect_err("not followed");
    assert!(error.to_string().contains("it redirects to `https://elsewhere.invalid/legacy/`"), "{error}");
    assert_eq!(posts, 1);
}

#[tokio::test]
async fn a_name_that_is_taken_is_the_same_file_or_a_conflict() {
    let exists = || {
        Reply::of(
            400,
            "application/json",
            r#"{"message":"File already exists ('x', with blake2_256 hash '0')."}"#,
        )
    };
    let (outcome, ..) = course(vec![exists()], vec![empty(), ours()]).await;
    assert!(outcome.is_ok(), "the index shows it late: {outcome:?}");

    let other = Sha256::of(b"other");
    let (outcome, posts, _) = course(vec![exists()], vec![page(&format!(r#""sha256":"{other}""#))]).await;
    let error = outcome.expect_err("other bytes").to_string();
    assert!(error.contains(&other.to_string()) && error.contains(&Sha256::of(BYTES).to_string()), "{error}");
    assert_eq!(posts, 1);

    let (outcome, ..) = course(vec![Reply::status(409)], vec![]).await;
    assert!(matches!(outcome, Err(RemoteError::Status { status: 409, .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_file_without_a_stated_digest_is_fetched_and_hashed() {
    for (bytes, same) in [(BYTES, true), (b"other", false)] {
        let script = Script::answering(move |seen| match seen.target.as_str() {
            "/legacy/" => Reply::status(409),
            target if target.starts_with("/f/") => Reply::of(200, "application/octet-stream", bytes),
            _ => page(""),
        });
        let outcome = Made::new().ensure(&writer(&script, http(), password())).await;
        assert_eq!(outcome.is_ok(), same);
        assert!(same || matches!(outcome, Err(RemoteError::Conflict { .. })));
    }
}

#[tokio::test]
async fn an_index_that_cannot_be_seen_gets_no_second_copy() {
    let script =
        Script::answering(|seen| if seen.method == "POST" { Reply::Close } else { Reply::status(503) });
    let error = Made::new().ensure(&writer(&script, http(), password())).await.expect_err("nobody knows");
    assert!(matches!(error, RemoteError::Lost { .. }), "{error:?}");
    assert_eq!(script.seen().iter().filter(|seen| seen.method == "POST").count(), 1);
}

#[tokio::test]
async fn a_file_that_changed_is_not_sent() {
    let script = Script::answering(|_| empty());
    let made = Made::new();
    crate::remote::disk::write::DiskWrite.ensure_file(&made.path(), b"shorter").expect("written");
    let error = made.ensure(&writer(&script, http(), password())).await.expect_err("another file");
    assert!(matches!(error, RemoteError::Disk(_)), "{error:?}");
    assert!(script.seen().iter().all(|seen| seen.method == "GET"));
}

/// Masks and waits, remembered.
#[derive(Default)]
struct Watch {
    hidden: Mutex<Vec<String>>,
    waits: Mutex<Vec<Duration>>,
}

impl Masks for Watch {
    fn mask(&self, secret: &str) {
        self.hidden.lock().expect("unshared").push(secret.to_owned());
    }

    fn hide(&self, text: &str) -> String {
        text.to_owned()
    }
}

impl Progress for Watch {
    fn event(&self, event: Event<'_>) {
        if let Event::Waiting { delay, .. } = event {
            self.waits.lock().expect("unshared").push(delay);
        }
    }
}

/// A token with claims, as the runner would lend it.
const PROOF: &str = "e30.eyJzdWIiOiJyZXBvOmEvYiIsInJlcG9zaXRvcnkiOiJhL2IiLCJqb2Jfd29ya2Zsb3dfcmVmIjoiYS9iLy5naXRodWIvd29ya2Zsb3dzL3JlbGVhc2UueW1sQHJlZnMvdGFncy92MSJ9.c2ln";

async fn trusted(
    mut answer: impl FnMut(&Seen) -> Option<Reply> + Send + 'static,
    uploads: usize,
) -> (Result<(), RemoteError>, Vec<Seen>, Arc<Watch>) {
    let script = Script::answering(move |seen| match (answer(seen), seen.target.as_str()) {
        (Some(reply), _) => reply,
        (None, "/_/oidc/audience") => Reply::json(r#"{"audience":"pypi"}"#),
        (None, "/id?v=1&audience=pypi") => Reply::json(&format!(r#"{{"value":"{PROOF}"}}"#)),
        (None, "/_/oidc/mint-token") => {
            Reply::json(r#"{"success":true,"token":"pypi-minted","expires":900}"#)
        }
        (None, "/legacy/") => Reply::status(200),
        (None, _) => empty(),
    });
    let watch = Arc::new(Watch::default());
    let surroundings = Surroundings {
        masks: Arc::clone(&watch) as _,
        progress: Arc::clone(&watch) as _,
        ..Surroundings::silent()
    };
    let identity = AmbientIdentity {
        request_url: script.url("/id?v=1").to_string(),
        request_token: Secret::new("request-token".into()),
    };
    let http = Http::new(&surroundings).expect("a client");
    let write = writer(&script, http, Credential::TrustedPublishing(identity));
    let made = Made::new();
    let mut outcome = Ok(());
    for _ in 0..uploads {
        outcome = made.ensure(&write).await;
    }
    (outcome, script.seen(), watch)
}

fn count(seen: &[Seen], target: &str) -> usize {
    seen.iter().filter(|seen| seen.target == target).count()
}

#[tokio::test]
async fn a_token_is_minted_once_masked_and_used() {
    let (outcome, seen, watch) = trusted(|_| None, 3).await;
    outcome.expect("taken");
    assert_eq!((count(&seen, "/_/oidc/mint-token"), count(&seen, "/legacy/")), (1, 3));
    let mint = seen.iter().find(|seen| seen.target == "/_/oidc/mint-token").expect("asked");
    assert_eq!(String::from_utf8_lossy(&mint.body), format!(r#"{{"token":"{PROOF}"}}"#));
    let upload = seen.last().expect("uploaded");
    assert_eq!(upload.header("authorization"), Some("Basic X190b2tlbl9fOnB5cGktbWludGVk"));
    assert_eq!(*watch.hidden.lock().expect("unshared"), [PROOF, "pypi-minted"]);
}

#[tokio::test]
async fn a_token_that_ends_soon_is_replaced() {
    let soon = |seen: &Seen| {
        // The index's clock stands at 1000 seconds; ours, at the epoch, has no part in it.
        (seen.target == "/_/oidc/mint-token").then(|| {
            Reply::json(r#"{"token":"pypi-minted","expires":1299}"#)
                .with("date", "Thu, 01 Jan 1970 00:16:40 GMT")
        })
    };
    let (outcome, seen, _) = trusted(soon, 2).await;
    outcome.expect("taken");
    assert_eq!((count(&seen, "/_/oidc/mint-token"), count(&seen, "/id?v=1&audience=pypi")), (2, 2));
}

#[tokio::test]
async fn an_untrusted_job_is_told_what_it_said_and_never_its_token() {
    let body = format!(
        r#"{{"message":"Token request failed","errors":[{{"code":"invalid-publisher","description":"valid token {PROOF}, but no corresponding publisher"}}]}}"#
    );
    let refuse = move |seen: &Seen| {
        (seen.target == "/_/oidc/mint-token").then(|| Reply::of(422, "application/json", body.clone()))
    };
    let (outcome, seen, _) = trusted(refuse, 1).await;
    let error = outcome.expect_err("untrusted");
    let (text, hint) = (error.to_string(), error.hint().expect("a hint"));
    assert!(text.contains("invalid-publisher") && !text.contains(PROOF), "{text}");
    assert!(hint.contains("release.yml@refs/tags/v1") && hint.contains("environment = none"), "{hint}");
    assert_eq!((count(&seen, "/_/oidc/mint-token"), count(&seen, "/legacy/")), (1, 0));
}

#[tokio::test]
async fn a_failing_mint_gets_a_fresh_identity_each_time() {
    let mut tried = 0;
    let fail = move |seen: &Seen| {
        tried += usize::from(seen.target == "/_/oidc/mint-token");
        (seen.target == "/_/oidc/mint-token" && tried < 3)
            .then(|| if tried == 1 { Reply::Close } else { Reply::status(503) })
    };
    let (outcome, seen, watch) = trusted(fail, 1).await;
    outcome.expect("taken");
    assert_eq!((count(&seen, "/_/oidc/mint-token"), count(&seen, "/id?v=1&audience=pypi")), (3, 3));
    assert_eq!(*watch.waits.lock().expect("unshared"), [Duration::from_secs(1), Duration::from_secs(2)]);
}

#[tokio::test]
async fn the_identity_and_a_probe_take_one_token_each_and_keep_none() {
    let script = Script::answering(|seen| match seen.target.as_str() {
        "/_/oidc/audience" => Reply::json(r#"{"audience":"pypi"}"#),
        "/_/oidc/mint-token" => Reply::json(r#"{"success":true,"token":"pypi-minted","expires":900}"#),
        _ => Reply::json(&format!(r#"{{"value":"{PROOF}"}}"#)),
    });
    let identity = AmbientIdentity {
        request_url: script.url("/id?v=1").to_string(),
        request_token: Secret::new("request-token".into()),
    };
    let credential = Credential::TrustedPublishing(identity);
    assert_eq!(credential.kind(), CredentialKind::TrustedPublishing);
    let write = writer(&script, http(), credential);
    for _ in 0..2 {
        let claims = write.identity().await.expect("claims");
        assert_eq!(claims.job_workflow_file(), Some("a/b/.github/workflows/release.yml"));
    }
    assert_eq!(count(&script.seen(), "/_/oidc/mint-token"), 0);
    write.probe().await.expect("trusted");
    write.probe().await.expect("remembered");
    let seen = script.seen();
    assert_eq!((count(&seen, "/_/oidc/mint-token"), count(&seen, "/id?v=1&audience=pypi")), (1, 2));

    let quiet = Script::of([]);
    let write = writer(&quiet, http(), password());
    assert_eq!(password().kind(), CredentialKind::ApiToken);
    assert!(matches!(write.identity().await, Err(RemoteError::Missing { .. })));
    write.probe().await.expect("nothing to prove");
    assert!(quiet.seen().is_empty());
}

#[tokio::test]
async fn an_index_without_trusted_publishing_is_named() {
    let none = |seen: &Seen| (seen.target == "/_/oidc/audience").then(|| Reply::status(404));
    let (outcome, ..) = trusted(none, 1).await;
    let error = outcome.expect_err("not there");
    assert!(
        matches!(error, RemoteError::Missing { .. }) && error.to_string().contains("no trusted publishing"),
        "{error:?}"
    );
}
