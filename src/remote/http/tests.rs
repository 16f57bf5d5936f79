//! The transport against a scripted server.

use std::sync::Mutex;
use std::time::SystemTime;

use super::call::Part;
use super::script::{Reply, Script};
use super::*;
use crate::model::digest::Sha256;
use crate::model::secret::Secret;
use crate::remote::disk::write::DiskWrite;
use crate::remote::surroundings::{Masks, NoWait, Pace, Progress};

fn http() -> Http {
    Http::new(&Surroundings::silent()).expect("a client")
}

fn get(script: &Script, path: &str) -> Call {
    Call::get("the service", "asking", script.url(path))
}

fn post(script: &Script) -> Call {
    Call::new(Method::POST, "the service", "telling", script.url("/told?token=hunter2"))
}

/// Adds up what a run waits.
#[derive(Default)]
struct Waits(Mutex<Vec<Duration>>);

impl Progress for Waits {
    fn event(&self, event: Event<'_>) {
        if let Event::Waiting { delay, .. } = event {
            self.0.lock().expect("unshared").push(delay);
        }
    }
}

impl Waits {
    fn seconds(&self) -> Vec<u64> {
        self.0.lock().expect("unshared").iter().map(Duration::as_secs).collect()
    }
}

fn watched() -> (Http, Arc<Waits>, Surroundings) {
    let waits = Arc::new(Waits::default());
    let progress: Arc<dyn Progress> = Arc::clone(&waits) as _;
    let surroundings = Surroundings { progress, ..Surroundings::silent() };
    (Http::new(&surroundings).expect("a client"), waits, surroundings)
}

#[tokio::test]
async fn a_look_up_survives_a_failing_service_and_network() {
    let script = Script::of([
        Reply::status(503),
        Reply::Close,
        Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()),
        Reply::json("[1]"),
    ]);
    let (http, waits, _) = watched();
    let answer = http.get(&get(&script, "/")).await.expect("the fourth try");
    assert_eq!((answer.status, &answer.body[..]), (200, &b"[1]"[..]));
    assert_eq!(waits.seconds(), [1, 2, 4]);
}

#[tokio::test]
async fn a_look_up_gives_up_after_its_tries() {
    let script = Script::answering(|_| Reply::status(502));
    let (http, waits, _) = watched();
    let answer = http.get(&get(&script, "/")).await.expect("an answer");
    assert_eq!((answer.status, script.seen().len()), (502, 5));
    assert_eq!(waits.seconds(), [1, 2, 4, 8]);
    assert!(answer.success().is_err());
}

#[tokio::test]
async fn a_refusal_is_not_asked_again() {
    let script = Script::of([Reply::status(404)]);
    assert_eq!(http().get(&get(&script, "/")).await.expect("an answer").status, 404);
    assert_eq!(script.seen().len(), 1);
}

#[tokio::test]
async fn the_service_says_how_long_to_wait() {
    let script = Script::of([Reply::status(429).with("retry-after", "40"), Reply::json("1")]);
    let (http, waits, _) = watched();
    http.get(&get(&script, "/")).await.expect("the second try");
    assert_eq!(waits.seconds(), [40]);

    let script = Script::of([Reply::status(429).with("retry-after", "86400"), Reply::json("1")]);
    assert_eq!(http.get(&get(&script, "/")).await.expect("an answer").status, 429);
}

#[tokio::test]
async fn nothing_is_tried_again_once_the_run_is_to_stop() {
    let script = Script::answering(|_| Reply::status(500));
    let (http, waits, surroundings) = watched();
    surroundings.stop.request();
    assert_eq!(http.get(&get(&script, "/")).await.expect("an answer").status, 500);
    assert_eq!((script.seen().len(), waits.seconds().len()), (1, 0));
}

/// A pace that asks the run to stop while it waits.
struct StopsMeanwhile(crate::remote::surroundings::Stop, Mutex<Duration>);

impl Pace for StopsMeanwhile {
    fn sleep(&self, delay: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.request();
        *self.1.lock().expect("unshared") += delay;
        NoWait.sleep(delay)
    }

    fn now(&self) -> SystemTime {
        NoWait.now()
    }
}

#[tokio::test]
async fn a_signal_ends_a_long_wait_within_a_second() {
    let quiet = Surroundings::silent();
    let pace = Arc::new(StopsMeanwhile(quiet.stop.clone(), Mutex::default()));
    let surroundings = Surroundings { pace: Arc::clone(&pace) as _, ..quiet };
    Http::new(&surroundings).expect("a client").pause("a sign", Duration::from_secs(600)).await;
    assert!(*pace.1.lock().expect("unshared") <= Duration::from_secs(1));
}

/// A pace that adds up what it is asked for.
#[derive(Default)]
struct Sums(Mutex<Duration>);

impl Pace for Sums {
    fn sleep(&self, delay: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        *self.0.lock().expect("unshared") += delay;
        NoWait.sleep(delay)
    }

    fn now(&self) -> SystemTime {
        NoWait.now()
    }
}

#[tokio::test]
async fn nobody_comes_back_before_the_time() {
    let pace = Arc::new(Sums::default());
    let http = Http::new(&Surroundings { pace: Arc::clone(&pace) as _, ..Surroundings::silent() });
    let http = http.expect("a client");
    let passed = || std::mem::take(&mut *pace.0.lock().expect("unshared")).as_secs_f64();
    for _ in 0..50 {
        http.pause("a sign", Duration::from_secs(40)).await;
        let seconds = passed();
        assert!((40.0..60.1).contains(&seconds), "{seconds}");
    }
    http.wait_out("a sign", Duration::from_secs(40)).await;
    assert_eq!(passed(), 40.0);
}

#[tokio::test]
async fn services_learn_who_asks_and_whom_to_write_to() {
    let script = Script::of([Reply::json("1")]);
    http().get(&get(&script, "/")).await.expect("an answer");
    let agent = script.seen()[0].header("user-agent").map(str::to_owned).expect("an agent");
    assert!(agent.starts_with("release-action/") && agent.contains("contact"), "{agent}");
}

#[tokio::test]
async fn a_write_is_sent_once_and_follows_no_redirect() {
    for reply in [Reply::status(503), Reply::redirect("/elsewhere"), Reply::status(429)] {
        let script = Script::of([reply]);
        assert!(http().send(&post(&script)).await.expect("an answer").success().is_err());
        assert_eq!(script.seen().len(), 1);
    }
}

#[tokio::test]
async fn no_connection_is_told_from_a_lost_answer() {
    let refused = Script::of([]);
    let (call, _) = (post(&refused), drop(refused));
    let error = http().send(&call).await.expect_err("nobody there");
    assert!(matches!(error, RemoteError::Unreachable { .. }) && !error.is_ambiguous(), "{error:?}");

    for reply in [Reply::Close, Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_vec())] {
        let script = Script::of([reply]);
        let error = http().send(&post(&script)).await.expect_err("lost");
        assert!(matches!(error, RemoteError::Lost { .. }) && error.is_ambiguous(), "{error:?}");
    }
}

#[tokio::test]
async fn silence_is_a_lost_answer() {
    let script = Script::of([Reply::Silence]);
    let moment = Duration::from_millis(50);
    let patience = Patience { look_up: moment, write: moment, piece: moment, ..Patience::default() };
    let error = Http { patience, ..http() }.send(&post(&script)).await.expect_err("lost");
    assert!(matches!(error, RemoteError::Lost { .. }), "{error:?}");
}

#[tokio::test]
async fn an_error_shows_neither_query_nor_header() {
    let script = Script::of([Reply::Close, Reply::status(400)]);
    let call = Call { authorization: Some(Secret::new("Bearer hunter2".into())), ..post(&script) };
    let lost = http().send(&call).await.expect_err("lost");
    let refused = http().send(&call).await.expect("an answer").error(None);
    let mut text = format!("{call:?} {lost:?} {refused:?} {refused}");
    let mut cause: Option<&dyn std::error::Error> = Some(&lost);
    while let Some(error) = cause {
        text.push_str(&error.to_string());
        cause = error.source();
    }
    assert!(text.contains("127.0.0.1") && !text.contains("hunter2") && !text.contains("told"), "{text}");
}

#[tokio::test]
async fn a_credential_stays_with_its_origin() {
    let theirs = Script::answering(|_| Reply::json("1"));
    let elsewhere = theirs.url("/file?sig=0123456789abcdef").to_string();
    let ours = Script::answering(move |seen| match seen.target.as_str() {
        "/first" => Reply::redirect("/second"),
        _ => Reply::redirect(elsewhere.clone()),
    });
    http().get(&get(&ours, "/first").bearer(&Secret::new("hunter2".into()))).await.expect("an answer");
    let sent: Vec<_> =
        ours.seen().iter().map(|seen| seen.header("authorization").map(str::to_owned)).collect();
    assert_eq!(sent, [Some("Bearer hunter2".to_owned()), Some("Bearer hunter2".to_owned())]);
    assert_eq!(theirs.seen()[0].header("authorization"), None);
    assert!(ours.seen()[0].header("user-agent").is_some_and(|agent| agent.starts_with("release-action/")));
}

#[tokio::test]
async fn a_credential_does_not_come_back_with_a_redirect() {
    let target = Arc::new(Mutex::new(String::new()));
    let home = Arc::clone(&target);
    let theirs = Script::answering(move |_| Reply::redirect(home.lock().expect("unshared").clone()));
    let elsewhere = theirs.url("/").to_string();
    let ours = Script::answering(move |seen| match seen.target.as_str() {
        "/first" => Reply::redirect(elsewhere.clone()),
        _ => Reply::json("1"),
    });
    *target.lock().expect("unshared") = ours.url("/chosen-by-them").to_string();
    http().get(&get(&ours, "/first").bearer(&Secret::new("hunter2".into()))).await.expect("an answer");
    assert_eq!(ours.seen()[1].header("authorization"), None);
}

/// Remembers what it was told to hide.
#[derive(Default)]
struct Hidden(Mutex<Vec<String>>);

impl Masks for Hidden {
    fn mask(&self, secret: &str) {
        self.0.lock().expect("unshared").push(secret.to_owned());
    }

    fn hide(&self, text: &str) -> String {
        text.to_owned()
    }
}

#[tokio::test]
async fn the_signature_of_an_address_is_masked_before_it_is_used() {
    let theirs = Script::answering(|_| Reply::json("1"));
    let elsewhere = theirs.url("/file?se=2026-11-20&sig=abc%2Fdefgh%3D").to_string();
    let ours = Script::of([Reply::redirect(elsewhere)]);
    let hidden = Arc::new(Hidden::default());
    let surroundings = Surroundings { masks: Arc::clone(&hidden) as _, ..Surroundings::silent() };
    Http::new(&surroundings).expect("a client").get(&get(&ours, "/")).await.expect("an answer");
    assert_eq!(*hidden.0.lock().expect("unshared"), ["abc%2Fdefgh%3D", "abc/defgh="]);
}

#[tokio::test]
async fn redirects_end_and_lead_nowhere_unencrypted() {
    let script = Script::answering(|_| Reply::redirect("/again"));
    let error = http().get(&get(&script, "/")).await.expect_err("a loop");
    assert!(error.to_string().contains("more than 5 redirects"), "{error}");
    assert_eq!(script.seen().len(), REDIRECTS + 1);

    for target in
        ["http://example.invalid/", "ftp://127.0.0.1/", "http://me:secret@127.0.0.1/", "file:///etc/passwd"]
    {
        let script = Script::of([Reply::redirect(target)]);
        let error = http().get(&get(&script, "/")).await.expect_err(target).to_string();
        assert!(error.contains("a redirect to") && !error.contains("secret"), "{error}");
    }
}

#[test]
fn a_stranger_does_not_lead_us_to_this_machine() {
    let url = |text: &str| text.parse::<Url>().expect("good");
    let call = Call::get("the service", "asking", url("https://a.invalid/"));
    let pass = |to: &str, from: Option<&str>| permit(&call, &url(to), from.map(url).as_ref()).is_ok();
    assert!(pass("https://b.invalid/", Some("https://a.invalid/")));
    assert!(pass("https://b.invalid/", Some("http://127.0.0.1/")));
    assert!(pass("http://127.0.0.1:1/", Some("http://127.0.0.1:2/")));
    assert!(!pass("http://127.0.0.1/", Some("https://a.invalid/")));
    assert!(!pass("http://b.invalid/", None));
}

#[tokio::test]
async fn an_answer_has_a_bound_whether_it_states_its_length_or_not() {
    let chunked =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n".to_vec();
    for reply in [Reply::json("123456789"), Reply::Raw(chunked)] {
        let script = Script::of([reply]);
        let error = http().get(&get(&script, "/").limit(8)).await.expect_err("too large");
        assert!(matches!(error, RemoteError::TooLarge { limit_bytes: 8, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_fetch_is_one_try_and_the_next_begins_anew() {
    let script = Script::of([
        Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nmuch longer than the rest".to_vec()),
        Reply::of(200, "application/zip", "whole"),
        Reply::of(410, "application/json", r#"{"message":"expired"}"#),
    ]);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let (http, waits, _) = watched();
    let error = http.fetch(&get(&script, "/"), &path).await.expect_err("cut off");
    assert!(matches!(error, RemoteError::Lost { .. }), "{error:?}");
    let fetched = http.fetch(&get(&script, "/"), &path).await.expect("whole");
    assert_eq!(fetched.size_bytes, 5);
    assert_eq!(std::fs::read(&path).expect("there"), b"whole");
    assert_eq!(fetched.answer.header("content-type"), Some("application/zip"));
    let refusal = http.fetch(&get(&script, "/"), &path).await.expect("an answer");
    assert_eq!((refusal.answer.status, refusal.size_bytes), (410, 0));
    assert!(waits.seconds().is_empty());
}

#[tokio::test]
async fn a_trickle_is_broken_off_and_a_slow_stream_is_not() {
    let patience = Patience { window: Duration::from_millis(200), least_bytes: 1000, ..Patience::default() };
    let http = Http { patience, ..http() };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let drops = |bytes| Reply::Drops { bytes, pieces: 12, pause: Duration::from_millis(50) };
    let script = Script::of([drops(10), drops(2000)]);
    let error = http.fetch(&get(&script, "/"), &path).await.expect_err("a trickle");
    let RemoteError::Lost { source, .. } = &error else { panic!("{error:?}") };
    assert!(source.to_string().starts_with("only "), "{source}");
    let fetched = http.fetch(&get(&script, "/"), &path).await.expect("slow, but fast enough");
    assert_eq!(fetched.size_bytes, 24_000);
}

#[tokio::test]
async fn an_error_page_is_no_download() {
    let script = Script::of([Reply::of(410, "application/json", r#"{"message":"expired"}"#)]);
    let error = http().download(&get(&script, "/")).await.expect_err("gone");
    assert!(
        matches!(&error, RemoteError::Status { status: 410, message, .. } if message == "expired"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_body_of_parts_is_streamed_with_its_exact_length() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    DiskWrite.ensure_file(&path, &content).expect("written");
    let script = Script::of([Reply::status(201)]);
    let sha256 = Sha256::of(&content);
    let part = |size_bytes| Part::File { path: path.clone(), size_bytes, sha256 };
    let call = post(&script).carrying(vec![
        Part::Bytes("head".into()),
        part(content.len() as u64),
        Part::Bytes("tail".into()),
    ]);
    assert_eq!(http().send(&call).await.expect("an answer").status, 201);
    let seen = &script.seen()[0];
    assert_eq!(seen.header("content-length"), Some("3000008"));
    assert!(seen.header("transfer-encoding").is_none());
    assert_eq!(seen.body, [b"head".as_slice(), &content, b"tail"].concat());

    let error = http().send(&post(&script).carrying(vec![part(7)])).await.expect_err("another size");
    assert!(matches!(error, RemoteError::Disk(_)), "{error:?}");
    assert_eq!(script.seen().len(), 1, "nothing is sent when the file is not the one that was stated");
}

#[tokio::test]
async fn a_file_that_was_swapped_after_it_was_vetted_never_arrives() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    for size in [1, 1000, 128 << 10, 3_000_000] {
        let vetted = vec![7; size];
        let mut swapped = vetted.clone();
        swapped[size / 2] = 8;
        DiskWrite.ensure_file(&path, &swapped).expect("written");
        let script = Script::of([Reply::status(201)]);
        let (size_bytes, sha256) = (size as u64, Sha256::of(&vetted));
        let call = post(&script).carrying(vec![Part::File { path: path.clone(), size_bytes, sha256 }]);
        let error = http().send(&call).await.expect_err("other bytes");
        assert!(matches!(&error, RemoteError::Disk(error) if error.action == "sent"), "{error:?}");
        assert!(!error.is_ambiguous(), "what was broken off did not take effect");
        assert!(script.seen().is_empty(), "no whole request arrives");
    }
}

#[tokio::test]
async fn an_early_refusal_is_heard() {
    let refusal = b"HTTP/1.1 413 Too Large\r\ncontent-length: 500\r\n\r\ntoo large for us".to_vec();
    let script = Script::of([Reply::Raw(refusal)]);
    let answer = http().send(&post(&script)).await.expect("an answer");
    assert_eq!(answer.status, 413);
    assert!(answer.error(None).to_string().contains("too large for us"));
}
