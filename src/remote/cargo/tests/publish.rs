//! Publishing with an API token.

use super::*;

/// What a registry that first answers `puts` and whose index then looks like `pages` makes of one publication, how many
/// bodies and look-ups it saw, and what was waited for and noted.
struct Course {
    outcome: Result<(), RemoteError>,
    puts: usize,
    looks: usize,
    watch: Arc<Watch>,
}

async fn course(puts: Vec<Reply>, pages: Vec<Reply>) -> Course {
    let (mut puts, mut pages) = (puts.into_iter(), pages.into_iter());
    let mut last = nothing();
    let script = Script::answering(move |seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("PUT", "/reg/api/v1/crates/new") => puts.next().unwrap_or_else(|| Reply::status(418)),
        ("GET", "/index/config.json") => config(seen.header("host")),
        ("GET", INDEX) => {
            last = pages.next().unwrap_or_else(|| last.clone());
            last.clone()
        }
        _ => Reply::status(418),
    });
    let watch = Arc::new(Watch::default());
    let outcome = Made::new().ensure(&writer(&script, watch.http(), token())).await;
    let count = |wanted: &str| script.seen().iter().filter(|seen| seen.target == wanted).count();
    Course { outcome, puts: count("/reg/api/v1/crates/new"), looks: count(INDEX), watch }
}

#[tokio::test]
async fn a_publication_is_what_is_said_and_then_the_file() {
    let script = Script::answering(|seen| match seen.method.as_str() {
        "PUT" => Reply::status(200),
        _ => config(seen.header("host")),
    });
    Made::new().ensure(&writer(&script, http(), token())).await.expect("taken");
    let seen = script.seen().pop().expect("a request");
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("PUT", "/reg/api/v1/crates/new"));
    assert_eq!(seen.header("authorization"), Some("cio-hunter2"));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert_eq!(seen.header("content-length"), Some(seen.body.len().to_string().as_str()));
    assert!(seen.body.starts_with(&[seen.body[0], 1, 0, 0, b'{']), "some hundred bytes of JSON");
    let end = [&(BYTES.len() as u32).to_le_bytes(), BYTES].concat();
    assert!(seen.body.ends_with(&end));
}

#[tokio::test]
async fn every_form_of_success_is_one_and_its_warnings_are_told() {
    for body in ["", "null", "{}", r#"{"warnings":null}"#, r#"{"ok":true}"#, "OK"] {
        let Course { outcome, puts, looks, watch } = course(vec![Reply::json(body)], vec![]).await;
        assert!(outcome.is_ok(), "{body}: {outcome:?}");
        assert_eq!((puts, looks, watch.notes().len()), (1, 0, 0));
    }
    let body =
        r#"{"warnings":{"invalid_categories":["food"],"invalid_badges":[],"other":["no\u001b[1m readme"]}}"#;
    let Course { outcome, watch, .. } = course(vec![Reply::json(body)], vec![]).await;
    outcome.expect("taken");
    assert_eq!(
        watch.notes(),
        [
            "the crate registry says of `foo-bar-1.2.0.crate`: `food` is no category there and was left out",
            "the crate registry says of `foo-bar-1.2.0.crate`: no [1m readme"
        ]
    );
}

#[tokio::test]
async fn a_lost_reply_after_the_crate_was_taken_is_a_success() {
    for reply in [
        Reply::Close,
        Reply::status(503),
        Reply::of(200, "text/html", "<html>busy</html>"),
        Reply::of(503, "text/html", "<html><title>Application error</title></html>"),
        Reply::status(504),
    ] {
        let Course { outcome, puts, looks, .. } =
            course(vec![reply], vec![nothing(), nothing(), nothing(), nothing(), ours()]).await;
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!((puts, looks), (1, 5), "what may have arrived is looked for before it is sent again");
    }
}

#[tokio::test]
async fn a_crate_that_did_not_arrive_is_sent_again_and_not_for_ever() {
    let Course { outcome, puts, .. } =
        course(vec![Reply::Close, Reply::status(503), Reply::status(200)], vec![]).await;
    assert_eq!((outcome.is_ok(), puts), (true, 3));
    let Course { outcome, puts, looks, watch } = course(vec![Reply::Close; 4], vec![]).await;
    assert!(matches!(outcome, Err(RemoteError::Lost { .. })), "{outcome:?}");
    assert_eq!((puts, looks), (3, 24));
    assert_eq!(watch.waits()[..8], [1, 2, 4, 8, 16, 16, 16, 1], "a minute of looks, then the next try");
}

#[tokio::test]
async fn stated_waits_are_kept_to_the_second() {
    let at = "Thu, 01 Jan 1970 00:05:00 GMT";
    let words = refusal(
        429,
        "You have published too many new crates. Please try again after Thu, 01 Jan 1970 00:02:00 GMT or ask.",
    );
    for (reply, seconds) in [
        (refusal(429, "slow").with("retry-after", "40"), 40),
        (refusal(429, "slow").with("retry-after", at), 300),
        (words.clone(), 120),
        (words.with("retry-after", at), 300),
        (refusal(429, "slow"), 60),
    ] {
        let Course { outcome, puts, watch, .. } =
            course(vec![reply.clone(), reply, Reply::status(200)], vec![]).await;
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!((puts, watch.waits()), (3, vec![seconds, seconds]));
    }
    let long = refusal(429, "slow").with("retry-after", "86400");
    let Course { outcome, puts, watch, .. } = course(vec![long, Reply::status(200)], vec![]).await;
    assert_eq!((outcome.is_err(), puts, watch.waits().len()), (true, 1, 0), "nobody idles for a day");
    let Course { outcome, puts, .. } =
        course(vec![refusal(429, "slow").with("retry-after", "1"); 20], vec![]).await;
    assert_eq!((outcome.is_err(), puts), (true, 6), "and nobody waits for ever");
    let busy = Reply::status(503).with("retry-after", "90");
    let Course { outcome, watch, .. } = course(vec![busy, Reply::status(200)], vec![]).await;
    assert!(outcome.is_ok() && watch.waits().last() == Some(&90), "{:?}", watch.waits());
}

#[tokio::test]
async fn a_refusal_is_final_and_says_what_to_do() {
    for (reply, hint) in [
        (refusal(403, "authentication failed"), "is the token right"),
        (Reply::status(401), "is the token right"),
        (
            Reply::of(
                401,
                "application/json",
                r#"{"http":401,"message":"User is not authorized","details":null}"#,
            ),
            "`Bearer`",
        ),
        (refusal(403, "this crate exists but you don't seem to be an owner."), "an owner of `foo-bar`"),
        (
            refusal(
                403,
                "Trusted Publishing tokens do not support creating new crates. Publish the crate manually, first",
            ),
            "first version of `foo-bar`",
        ),
        (
            refusal(403, "New versions of this crate can only be published using Trusted Publishing"),
            "takes no API tokens",
        ),
        (refusal(400, "cannot upload a crate with a reserved name"), "choose another"),
        (refusal(413, "max upload size is: 10485760"), "exclude from `foo-bar`"),
        (refusal(400, "A verified email address is required to publish crates"), "confirm an e-mail"),
        (refusal(400, "crate was previously named `foo_bar`"), "spelling"),
        (refusal(400, "missing or empty metadata fields: description"), "`Cargo.toml`"),
        (
            Reply::of(403, "text/plain", "We require that all requests include a `User-Agent` header."),
            "a proxy",
        ),
        (Reply::of(404, "text/html", "<html><title>Nothing</title>"), "is the index"),
        (Reply::redirect("https://elsewhere.invalid/x?token=hunter2"), "never sent on"),
        (
            Reply::of(
                200,
                "application/json",
                r#"{"errors":[{"detail":"this crate exists but you don't seem to be an owner"}]}"#,
            ),
            "an owner",
        ),
    ] {
        let told = format!("{reply:?}");
        let Course { outcome, puts, looks, .. } = course(vec![reply], vec![]).await;
        let error = outcome.expect_err(&told);
        assert!(error.hint().is_some_and(|text| text.contains(hint)), "{error:?}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert_eq!((puts, looks), (1, 1), "{told}");
    }
}

#[tokio::test]
async fn a_version_that_is_taken_is_the_same_file_or_a_conflict() {
    for taken in [
        refusal(400, "crate version `1.2.0` is already uploaded"),
        refusal(400, "ERROR: Crate with version already exists: foo-bar-1.2.0"),
        Reply::status(409),
    ] {
        let late = course(vec![taken.clone()], vec![nothing(), nothing(), ours()]).await;
        assert!(late.outcome.is_ok(), "the index shows it late: {:?}", late.outcome);
        assert_eq!((late.puts, late.looks), (1, 3));

        let other = course(vec![taken.clone()], vec![lists("1.2.0", b"other", false)]).await;
        let told = other.outcome.expect_err("other bytes").to_string();
        assert!(
            told.contains(&Sha256::of(b"other").to_string()) && told.contains(&Sha256::of(BYTES).to_string()),
            "{told}"
        );

        let built = course(vec![taken.clone()], vec![lists("1.2.0+build.7", BYTES, false)]).await;
        assert!(built.outcome.expect_err("another build").to_string().contains("`1.2.0+build.7`"));

        let never = course(vec![taken], vec![]).await;
        let error = never.outcome.expect_err("it is not shown");
        assert!(error.hint().is_some_and(|hint| hint.contains("does not show it yet")), "{error:?}");
        assert_eq!((never.puts, never.looks), (1, 8));
    }
}

#[tokio::test]
async fn an_index_without_digests_proves_nothing() {
    let line = Reply::of(200, "text/plain", r#"{"name":"foo-bar","vers":"1.2.0"}"#);
    let Course { outcome, puts, .. } = course(vec![Reply::Close], vec![line]).await;
    assert!(matches!(outcome, Err(RemoteError::Conflict { .. })), "{outcome:?}");
    assert_eq!(puts, 1);
}

#[tokio::test]
async fn a_registry_that_cannot_be_seen_gets_no_second_copy() {
    let script = Script::answering(|seen| match seen.target.as_str() {
        "/index/config.json" => config(seen.header("host")),
        INDEX => Reply::status(503),
        _ => Reply::Close,
    });
    let error = Made::new().ensure(&writer(&script, http(), token())).await.expect_err("nobody knows");
    assert!(matches!(error, RemoteError::Lost { .. }), "{error:?}");
    assert_eq!(script.seen().iter().filter(|seen| seen.method == "PUT").count(), 1);
}

#[tokio::test]
async fn a_file_that_changed_is_not_sent() {
    let script = Script::answering(|seen| match seen.target.as_str() {
        INDEX => nothing(),
        _ => config(seen.header("host")),
    });
    let made = Made::new();
    for bytes in [&b"shorter"[..], &BYTES.to_ascii_uppercase()] {
        made.holds(bytes);
        let error = made.ensure(&writer(&script, http(), token())).await.expect_err("another file");
        assert!(matches!(error, RemoteError::Disk(_)), "{error:?}");
    }
    assert!(script.seen().iter().all(|seen| seen.method == "GET"));
}

#[tokio::test]
async fn no_credential_goes_to_another_registry() {
    let evil = Script::answering(|_| Reply::status(200));
    let script = Script::answering(|_| Reply::json(r#"{"dl":"x","api":"https://evil.invalid/"}"#));
    let error = Made::new().ensure(&writer(&script, http(), token())).await.expect_err("refused");
    assert!(error.to_string().contains("no credential is sent there"), "{error}");
    assert!(evil.seen().is_empty());
    assert!(script.seen().iter().all(|seen| seen.header("authorization").is_none()));
}
