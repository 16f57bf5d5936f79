//! Trusted publishing.

use super::*;
use crate::remote::http::script::Seen;
use crate::remote::surroundings::{NoWait, Pace};

/// A token with claims, as the runner would lend it.
const PROOF: &str = "e30.eyJzdWIiOiJyZXBvOmEvYiIsIndvcmtmbG93X3JlZiI6ImEvYi8uZ2l0aHViL3dvcmtmbG93cy9yZWxlYXNlLnltbEByZWZzL3RhZ3MvdjEifQ.c2ln";
const TOKENS: &str = "/reg/api/v1/trusted_publishing/tokens";
const NEW: &str = "/reg/api/v1/crates/new";

/// A registry with trusted publishing and a runner; `answer` answers before them.
struct Stage {
    script: Script,
    watch: Arc<Watch>,
    write: CargoWrite,
    made: Made,
}

impl Stage {
    fn new(answer: impl FnMut(&Seen) -> Option<Reply> + Send + 'static) -> Self {
        let watch = Arc::new(Watch::default());
        let http = watch.http();
        Self::with(answer, watch, http)
    }

    fn with(
        mut answer: impl FnMut(&Seen) -> Option<Reply> + Send + 'static,
        watch: Arc<Watch>,
        http: Http,
    ) -> Self {
        let mut minted = 0;
        let script = Script::answering(move |seen| {
            let mut known = |reply| answer(seen).unwrap_or(reply);
            match (seen.method.as_str(), seen.target.as_str()) {
                ("GET", "/index/config.json") => config(seen.header("host")),
                ("GET", target) if target.starts_with("/id?v=1&audience=127.0.0.1%3A") => {
                    known(Reply::json(&format!(r#"{{"value":"{PROOF}"}}"#)))
                }
                ("POST", TOKENS) => {
                    minted += 1;
                    known(Reply::json(&format!(r#"{{"token":"cio_tp_{minted}"}}"#)))
                }
                ("DELETE", TOKENS) => known(Reply::status(204)),
                ("PUT", NEW) => known(Reply::status(200)),
                _ => known(nothing()),
            }
        });
        let identity = AmbientIdentity {
            request_url: script.url("/id?v=1").to_string(),
            request_token: Secret::new("request-token".into()),
        };
        let write = writer(&script, http, CargoCredential::TrustedPublishing(identity));
        Self { script, watch, write, made: Made::new() }
    }

    fn seen(&self, method: &str, target: &str) -> Vec<Seen> {
        let seen = self.script.seen().into_iter();
        seen.filter(|seen| seen.method == method && seen.target == target).collect()
    }

    /// With what each request of this kind was authorised.
    fn by(&self, method: &str, target: &str) -> Vec<String> {
        let seen = self.seen(method, target).into_iter();
        seen.map(|seen| seen.header("authorization").unwrap_or_default().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_token_is_minted_once_masked_used_and_given_back() {
    let stage = Stage::new(|_| None);
    for _ in 0..3 {
        stage.made.ensure(&stage.write).await.expect("taken");
    }
    stage.write.revoke().await;
    stage.write.revoke().await;
    let [mint] = &stage.seen("POST", TOKENS)[..] else { panic!("one token") };
    assert_eq!(String::from_utf8_lossy(&mint.body), format!(r#"{{"jwt":"{PROOF}"}}"#));
    assert_eq!(stage.by("PUT", NEW), ["cio_tp_1"; 3]);
    assert_eq!(stage.by("DELETE", TOKENS), ["Bearer cio_tp_1"]);
    assert_eq!(*stage.watch.hidden.lock().expect("unshared"), [PROOF, "cio_tp_1"]);
    assert!(stage.watch.notes().is_empty());
}

#[tokio::test]
async fn what_never_minted_gives_nothing_back() {
    let stage = Stage::new(|_| None);
    stage.write.revoke().await;
    assert!(stage.script.seen().is_empty());
    let script = Script::answering(|seen| config(seen.header("host")));
    let write = writer(&script, http(), token());
    write.probe().await.expect("an address");
    write.revoke().await;
    assert!(script.seen().iter().all(|seen| seen.method == "GET"));
}

#[tokio::test]
async fn a_probe_mints_the_token_that_is_used_later() {
    let stage = Stage::new(|_| None);
    stage.write.probe().await.expect("trusted");
    stage.write.probe().await.expect("trusted");
    stage.made.ensure(&stage.write).await.expect("taken");
    assert_eq!((stage.seen("POST", TOKENS).len(), stage.by("PUT", NEW)), (1, vec!["cio_tp_1".to_owned()]));
}

#[tokio::test]
async fn an_identity_is_looked_at_and_dropped() {
    let stage = Stage::new(|_| None);
    let claims = stage.write.identity().await.expect("claims");
    assert_eq!(claims.get("sub"), Some("repo:a/b"));
    assert!(stage.seen("POST", TOKENS).is_empty());
    let script = Script::answering(|seen| config(seen.header("host")));
    let error = writer(&script, http(), token()).identity().await.expect_err("a token");
    assert!(matches!(error, RemoteError::Missing { .. }), "{error:?}");
}

#[tokio::test]
async fn an_untrusted_job_is_told_what_it_said_and_never_its_token() {
    let stage = Stage::new(|seen| {
        let refused = refusal(400, &format!("No Trusted Publishing config found for {PROOF}"));
        (seen.method == "POST").then_some(refused)
    });
    let error = stage.made.ensure(&stage.write).await.expect_err("untrusted");
    let (text, hint) = (error.to_string(), error.hint().expect("a hint"));
    assert!(text.contains("No Trusted Publishing config") && !text.contains(PROOF), "{text}");
    assert!(hint.contains("release.yml@refs/tags/v1") && hint.contains("environment = none"), "{hint}");
    assert_eq!((stage.seen("POST", TOKENS).len(), stage.seen("PUT", NEW).len()), (1, 0));
    let none = Stage::new(|seen| (seen.method == "POST").then(|| Reply::status(404)));
    let error = none.made.ensure(&none.write).await.expect_err("not there");
    assert!(error.to_string().contains("has no trusted publishing"), "{error}");
}

#[tokio::test]
async fn a_failing_mint_gets_a_fresh_identity_each_time_and_waits_as_told() {
    let mut tried = 0;
    let stage = Stage::new(move |seen| {
        if seen.method != "POST" {
            return None;
        }
        tried += 1;
        match tried {
            1 => Some(Reply::Close),
            2 => Some(refusal(429, "slow").with("retry-after", "50")),
            _ => None,
        }
    });
    stage.made.ensure(&stage.write).await.expect("taken");
    let asked = stage.script.seen().iter().filter(|seen| seen.target.starts_with("/id?")).count();
    assert_eq!((stage.seen("POST", TOKENS).len(), asked), (3, 3));
    assert_eq!(stage.watch.waits(), [1, 50]);
}

#[tokio::test]
async fn a_token_that_ended_early_is_replaced_once_and_all_are_given_back() {
    let ended = || refusal(403, "Invalid authentication token");
    let stage = Stage::new(move |seen| {
        (seen.header("authorization") == Some("cio_tp_1") && seen.method == "PUT").then(ended)
    });
    stage.made.ensure(&stage.write).await.expect("taken");
    assert_eq!(stage.by("PUT", NEW), ["cio_tp_1", "cio_tp_2"]);
    stage.write.revoke().await;
    assert_eq!(stage.by("DELETE", TOKENS), ["Bearer cio_tp_1", "Bearer cio_tp_2"]);
    let stage = Stage::new(move |seen| (seen.method == "PUT").then(ended));
    let error = stage.made.ensure(&stage.write).await.expect_err("never taken");
    assert!(error.hint().is_some_and(|hint| hint.contains("trusted publisher of `foo-bar`")), "{error:?}");
    assert_eq!(stage.by("PUT", NEW), ["cio_tp_1", "cio_tp_2"], "once and not again");
}

/// A clock that a test sets.
#[derive(Default)]
struct Clock(Mutex<Duration>);

impl Pace for Clock {
    fn sleep(&self, delay: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        NoWait.sleep(delay)
    }

    fn now(&self) -> std::time::SystemTime {
        std::time::SystemTime::UNIX_EPOCH + *self.0.lock().expect("unshared")
    }
}

#[tokio::test]
async fn a_token_with_less_than_five_minutes_is_replaced() {
    let clock = Arc::new(Clock::default());
    let surroundings = Surroundings { pace: Arc::clone(&clock) as _, ..Surroundings::silent() };
    let http = Http::new(&surroundings).expect("a client");
    let stage = Stage::with(|_| None, Arc::default(), http);
    for minutes in [0, 25, 26, 50] {
        *clock.0.lock().expect("unshared") = Duration::from_secs(minutes * 60);
        stage.made.ensure(&stage.write).await.expect("taken");
    }
    assert_eq!(stage.by("PUT", NEW), ["cio_tp_1", "cio_tp_1", "cio_tp_2", "cio_tp_2"]);
}

#[tokio::test]
async fn a_token_that_nobody_takes_back_is_told_and_not_shown() {
    for (reply, requests, is_told) in [
        (Reply::status(204), 1, false),
        (Reply::status(401), 1, false),
        (Reply::Close, 2, true),
        (refusal(500, "no cio_tp_1"), 2, true),
    ] {
        let stage = Stage::new(move |seen| (seen.method == "DELETE").then(|| reply.clone()));
        stage.made.ensure(&stage.write).await.expect("taken");
        stage.write.revoke().await;
        assert_eq!(stage.seen("DELETE", TOKENS).len(), requests);
        let notes = stage.watch.notes();
        assert_eq!(notes.iter().any(|note| note.contains("ends by itself within 30 minutes")), is_told);
        assert!(!notes.iter().any(|note| note.contains("cio_tp_")), "{notes:?}");
    }
}

#[tokio::test]
async fn an_identity_does_not_yank() {
    let stage = Stage::new(|_| None);
    let error = stage.write.ensure_yanked(&krate(), &version(), true).await.expect_err("refused");
    assert!(error.hint().is_some_and(|hint| hint.contains("API token")), "{error:?}");
    assert!(stage.script.seen().is_empty());
}
