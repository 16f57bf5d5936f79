//! Trusted publishing: tokens that end, and jobs that are not trusted.

use super::*;

/// A server that mints a new token each time, as `answer` does not answer otherwise.
fn index(mut answer: impl FnMut(&Seen, usize) -> Option<Reply> + Send + 'static) -> Script {
    let mut minted = 0;
    Script::answering(move |seen| match (answer(seen, minted), seen.target.as_str()) {
        (Some(reply), _) => reply,
        (None, "/_/oidc/audience") => Reply::json(r#"{"audience":"pypi"}"#),
        (None, "/_/oidc/mint-token") => {
            minted += 1;
            Reply::json(&format!(r#"{{"success":true,"token":"pypi-minted-{minted}","expires":900}}"#))
        }
        (None, target) if target.starts_with("/id") => Reply::json(&format!(r#"{{"value":"{PROOF}"}}"#)),
        (None, "/legacy/") => Reply::status(200),
        (None, _) => empty(),
    })
}

fn publisher(script: &Script) -> IndexWrite {
    let identity = AmbientIdentity {
        request_url: script.url("/id?v=1").to_string(),
        request_token: Secret::new("request-token".into()),
    };
    writer(script, http(), Credential::TrustedPublishing(identity))
}

fn refusal(words: &str) -> Reply {
    Reply::of(403, "application/json", serde_json::json!({ "message": words }).to_string())
}

#[tokio::test]
async fn a_token_that_ended_is_replaced_once() {
    let ended = |seen: &Seen, minted: usize| {
        (seen.target == "/legacy/" && minted == 1).then(|| refusal("Invalid API Token: token is expired"))
    };
    let script = index(ended);
    Made::new().ensure(&publisher(&script)).await.expect("the second token is good");
    let seen = script.seen();
    assert_eq!((count(&seen, "/_/oidc/mint-token"), count(&seen, "/legacy/")), (2, 2));

    let script = index(|seen, _| {
        (seen.target == "/legacy/").then(|| refusal("Invalid or non-existent authentication information."))
    });
    let error = Made::new().ensure(&publisher(&script)).await.expect_err("no token is good");
    assert!(error.hint().is_some_and(|hint| hint.contains("a fresh one too")), "{error:?}");
    let seen = script.seen();
    assert_eq!((count(&seen, "/_/oidc/mint-token"), count(&seen, "/legacy/")), (2, 2));
}

#[tokio::test]
async fn uploads_side_by_side_replace_an_ended_token_together() {
    use base64::Engine as _;
    let first = base64::engine::general_purpose::STANDARD.encode("__token__:pypi-minted-1");
    let script = index(move |seen, _| {
        let is_first = seen.header("authorization") == Some(&format!("Basic {first}"));
        (seen.target == "/legacy/" && is_first).then(|| refusal("Invalid API Token: token is expired"))
    });
    let write = publisher(&script);
    let made = Made::new();
    let outcomes = futures_util::future::join_all((0..4).map(|_| made.ensure(&write))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(count(&script.seen(), "/_/oidc/mint-token"), 2);
}

#[tokio::test]
async fn a_token_for_other_projects_is_not_replaced_and_the_publisher_is_spelled_out() {
    for words in [
        "The given token isn't allowed to upload to project 'foo-bar'.",
        "Invalid API Token: OIDC scoped token is not valid for project 'foo-bar'",
    ] {
        let script = index(move |seen, _| (seen.target == "/legacy/").then(|| refusal(words)));
        let error = Made::new().ensure(&publisher(&script)).await.expect_err("not its project");
        let hint = error.hint().expect("a hint");
        assert!(hint.contains("not of `Foo.Bar`") && hint.contains("workflow `release.yml`"), "{hint}");
        let seen = script.seen();
        assert_eq!((count(&seen, "/_/oidc/mint-token"), count(&seen, "/legacy/")), (1, 1));
    }
}

#[tokio::test]
async fn a_refused_exchange_says_what_would_have_to_change() {
    for (code, remedy, tries) in [
        (
            "invalid-publisher",
            "has to name exactly the owner `a`, the repository `b`, the workflow `release.yml`",
            1,
        ),
        ("invalid-pending-publisher", "has to name exactly", 1),
        ("not-enabled", "switched trusted publishing off", 1),
        ("invalid-token", "know the issuer `none`", 1),
        ("invalid-payload", "know the issuer", 1),
        ("invalid-reuse-token", "run the job again", 3),
    ] {
        let body = format!(
            r#"{{"message":"Token request failed","errors":[{{"code":"{code}","description":"no"}}]}}"#
        );
        let script = index(move |seen, _| {
            (seen.target == "/_/oidc/mint-token").then(|| Reply::of(422, "application/json", body.clone()))
        });
        let error = Made::new().ensure(&publisher(&script)).await.expect_err(code);
        let hint = error.hint().expect("a hint");
        assert!(error.to_string().contains(code) && hint.contains(remedy), "{error} {hint}");
        assert!(!hint.contains(PROOF));
        let seen = script.seen();
        assert_eq!((count(&seen, "/_/oidc/mint-token"), count(&seen, "/legacy/")), (tries, 0), "{code}");
    }
}

#[tokio::test]
async fn a_refusal_does_not_settle_an_earlier_try_that_was_lost() {
    let doubtful = |first: Reply| async move {
        let mut first = Some(first);
        let script = index(move |seen, _| {
            let is_upload = seen.target == "/legacy/";
            is_upload.then(|| first.take().unwrap_or_else(|| refusal("not isolated")))
        });
        let (write, made) = (publisher(&script), Made::new());
        let error = made.ensure(&write).await.expect_err("refused");
        assert!(!error.is_ambiguous(), "{error}");
        write.is_in_doubt(&made.artifact.file_name)
    };
    assert!(doubtful(Reply::Close).await);
    assert!(!doubtful(refusal("no")).await);
}

#[tokio::test]
async fn an_audience_from_another_host_is_none() {
    let other = index(|_, _| None);
    let away = other.url("/_/oidc/audience").to_string();
    let script = index(move |seen, _| {
        (seen.target == "/_/oidc/audience").then(|| Reply::status(302).with("location", &away))
    });
    Made::new().ensure(&publisher(&script)).await.expect_err("it is another's");
    assert_eq!((count(&script.seen(), "/legacy/"), other.seen().len()), (0, 0));
}
