//! Sockets, faults, hooks and the journal.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::*;
use crate::model::crate_name::CrateFile;
use crate::model::digest::Sha256;
use crate::sim::github::access::Permissions;
use crate::sim::github::release::NewRelease;
use crate::sim::index::Scope;

/// Host and port of an address.
fn authority(address: &str) -> &str {
    address.trim_start_matches("http://").split('/').next().expect("an authority")
}

/// A connection that does not hang for ever when a test is wrong.
fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(authority(address)).expect("the world listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a duration");
    stream
}

fn ask(stream: &mut TcpStream, head: &str, body: &[u8]) {
    let head = format!("{head} HTTP/1.1\r\nhost: {}\r\n", stream.peer_addr().expect("connected"));
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    stream.write_all(format!("{head}{length}\r\n").as_bytes()).expect("sent");
    stream.write_all(body).expect("sent");
}

/// One reply: its head, and as much of the body as the head announces. Empty when the connection was closed instead.
fn reply(stream: &mut TcpStream, is_head: bool) -> (String, Vec<u8>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).expect("a reply or the end") == 0 {
            return (String::from_utf8(head).expect("text"), Vec::new());
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("text");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |n| n.parse().expect("a number"));
    let mut body = vec![0; if is_head { 0 } else { length }];
    stream.read_exact(&mut body).expect("the whole body");
    (head, body)
}

/// The status line of one request on a connection of its own; empty when it was closed without a reply.
fn get(address: &str, path: &str) -> String {
    let mut stream = connect(address);
    ask(&mut stream, &format!("GET {path}"), b"");
    let (head, _) = reply(&mut stream, false);
    head.lines().next().unwrap_or_default().to_owned()
}

fn start() -> (Universe, String) {
    let universe = Universe::start(Setup::default()).expect("ports are free");
    let index = universe.addresses().index_url;
    (universe, index)
}

fn inject(universe: &Universe, fault: &str) {
    universe.inject(fault.parse().expect("a good fault"));
}

#[test]
fn every_service_has_an_origin_of_its_own() {
    let universe =
        Universe::start(Setup { github_base_path: "/api/v3".into(), ..Setup::default() }).expect("ports");
    let Addresses {
        github_api,
        results_url,
        repository_url,
        index_url,
        test_repository_url,
        test_index_url,
        crates_index_url,
        oidc_request_url,
        oidc_request_token,
    } = universe.addresses();
    assert_eq!(authority(&repository_url), authority(&index_url));
    let origins =
        [&github_api, &results_url, &index_url, &test_index_url, &crates_index_url, &oidc_request_url];
    for (at, one) in origins.iter().enumerate() {
        assert!(origins[at + 1..].iter().all(|other| authority(one) != authority(other)), "{origins:?}");
    }
    assert!(github_api.ends_with("/api/v3") && repository_url.ends_with("/legacy/"));
    assert!(test_repository_url.ends_with("/legacy/") && test_index_url.ends_with("/simple/"));
    assert!(crates_index_url.ends_with('/'), "{crates_index_url}");
    assert!(oidc_request_url.contains('?') && !oidc_request_token.is_empty());
}

#[test]
fn a_connection_is_used_again_and_head_has_no_body() {
    let (universe, index) = start();
    universe
        .index(|index| index.place(&"demo-1.0.tar.gz".parse().expect("good"), "bytes").map(|_| ()))
        .expect("an sdist");
    let mut stream = connect(&index);
    ask(&mut stream, "HEAD /simple/demo/", b"");
    let (head, _) = reply(&mut stream, true);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && !head.contains("content-length: 0"), "{head}");
    assert!(head.contains("\r\ndate: Fri, 20 Nov 2026 12:00:00 GMT\r\n"), "the world's own time: {head}");
    ask(&mut stream, "GET /simple/demo/", b"");
    let (again, body) = reply(&mut stream, false);
    assert!(again.starts_with("HTTP/1.1 200 OK\r\n") && body.starts_with(b"<!DOCTYPE html>"));
    assert_eq!(universe.journal().len(), 2);
}

#[test]
fn the_cargo_registry_is_asked_held_up_and_looked_at() {
    let (universe, _index) = start();
    let file = CrateFile::new("demo".parse().expect("good"), semver::Version::new(1, 0, 0));
    universe.crates(|registry| registry.place_sample(&file));
    assert_eq!(universe.crates(|registry| registry.published().len()), 1);
    let index = universe.addresses().crates_index_url;
    assert_eq!(get(&index, "/index/de/mo/demo"), "HTTP/1.1 200 OK");
    inject(&universe, "limit@crates:1");
    assert_eq!(get(&index, "/index/de/mo/demo"), "HTTP/1.1 429 Too Many Requests");
    inject(&universe, "stale@crates:1");
    assert_eq!(
        get(&index, "/index/de/mo/demo"),
        "HTTP/1.1 200 OK",
        "what was placed has been there for long"
    );
}

#[test]
fn reasons_travel_in_the_status_line() {
    let (_universe, index) = start();
    let mut stream = connect(&index);
    ask(&mut stream, "POST /legacy/", b"x");
    let (head, _) = reply(&mut stream, false);
    assert!(
        head.starts_with("HTTP/1.1 403 Invalid or non-existent authentication information. See "),
        "{head}"
    );
}

#[test]
fn a_fault_strikes_the_request_it_names_and_no_other() {
    let (universe, index) = start();
    let test_index = universe.addresses().test_index_url;
    inject(&universe, "refuse@3");
    inject(&universe, "html@test-index:1");
    assert_eq!(get(&index, "/simple/"), "HTTP/1.1 200 OK");
    assert_eq!(get(&test_index, "/simple/x/"), "HTTP/1.1 200 OK");
    assert_eq!(universe.pending_faults().len(), 1);
    assert_eq!(get(&index, "/simple/"), "HTTP/1.1 503 Service Unavailable");
    assert_eq!(get(&index, "/simple/"), "HTTP/1.1 200 OK");
    assert_eq!(get(&test_index, "/simple/x/"), "HTTP/1.1 404 Not Found");
    assert_eq!(universe.pending_faults(), []);
}

#[test]
fn an_injected_fault_counts_from_its_injection() {
    let (universe, index) = start();
    get(&index, "/simple/");
    inject(&universe, "refuse@1");
    assert_eq!(get(&index, "/simple/"), "HTTP/1.1 503 Service Unavailable");
}

#[test]
fn html_is_a_page_where_data_was_expected() {
    let (universe, index) = start();
    inject(&universe, "html@1");
    let mut stream = connect(&index);
    ask(&mut stream, "GET /_/oidc/audience", b"");
    let (head, body) = reply(&mut stream, false);
    assert!(head.contains("content-type: text/html") && body.starts_with(b"<!doctype html>"), "{head}");
}

/// Asks the OIDC provider for a token: every answered request counts one up.
fn issue(universe: &Universe) -> String {
    let Addresses { oidc_request_url, oidc_request_token, .. } = universe.addresses();
    let (_, path) = oidc_request_url["http://".len()..].split_once('/').expect("a path");
    let mut stream = connect(&oidc_request_url);
    let head = format!(
        "GET /{path}&audience=x HTTP/1.1\r\nhost: x\r\nauthorization: bearer {oidc_request_token}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("sent");
    reply(&mut stream, false).0
}

#[test]
fn faults_before_do_nothing_and_faults_after_have_done_it() {
    for (fault, done) in [("drop@1", 0), ("kill@1", 0), ("refuse@1", 0), ("lost@1", 1), ("kill-after@1", 1)] {
        let (universe, _) = start();
        inject(&universe, fault);
        let head = issue(&universe);
        assert_eq!(head.is_empty(), fault != "refuse@1", "{fault}: {head}");
        assert_eq!(universe.oidc(|oidc| oidc.issued()), done, "{fault}");
        let status = universe.journal()[0].status;
        assert_eq!(status, (fault == "refuse@1").then_some(503), "{fault}");
        assert!(issue(&universe).starts_with("HTTP/1.1 200 OK"), "{fault}");
    }
}

#[test]
fn the_hook_runs_once_and_may_look_at_the_world() {
    let (universe, index) = start();
    let universe = Arc::new(universe);
    let (kills, weak) = (Arc::new(AtomicUsize::new(0)), Arc::downgrade(&universe));
    let counted = Arc::clone(&kills);
    universe.on_kill(Arc::new(move || {
        let universe = weak.upgrade().expect("the world lives");
        assert_eq!(universe.journal().len(), 1);
        assert_eq!(universe.index(|index| index.files().count()), 0);
        counted.fetch_add(1, Ordering::SeqCst);
    }));
    inject(&universe, "kill@1");
    assert_eq!(get(&index, "/simple/"), "");
    assert_eq!(kills.load(Ordering::SeqCst), 1);
    assert_eq!(get(&index, "/simple/"), "HTTP/1.1 200 OK");
    assert_eq!(kills.load(Ordering::SeqCst), 1);
}

#[test]
fn a_slow_reply_is_whole() {
    let setup = Setup { slow: Duration::from_millis(20), ..Setup::default() };
    let universe = Universe::start(setup).expect("ports are free");
    inject(&universe, "slow@1");
    let begun = std::time::Instant::now();
    let mut stream = connect(&universe.addresses().index_url);
    ask(&mut stream, "GET /simple/", b"");
    let (head, body) = reply(&mut stream, false);
    assert!(head.starts_with("HTTP/1.1 200 OK") && body.ends_with(b"</html>\n"), "{head}");
    assert!(begun.elapsed() >= Duration::from_millis(40));
}

#[test]
fn stale_and_other_bytes_reach_the_service() {
    let (universe, index) = start();
    let place =
        |name: &str| universe.index(|index| index.place(&name.parse().expect("good"), "x").map(|_| ()));
    place("demo-1.0.tar.gz").expect("an sdist");
    inject(&universe, "stale@index:1");
    for _ in 0..3 {
        assert_eq!(get(&index, "/simple/demo/"), "HTTP/1.1 404 Not Found");
    }
    assert_eq!(get(&index, "/simple/demo/"), "HTTP/1.1 200 OK");
    inject(&universe, "other-bytes@1");
    get(&index, "/simple/");
    assert_eq!(universe.index(|index| index.corrupt_files_left()), 1);
}

#[test]
fn the_journal_tells_what_was_asked_without_secrets() {
    let (universe, index) = start();
    issue(&universe);
    let mut stream = connect(&index);
    ask(&mut stream, "POST /legacy?token=hunter2", b"abc");
    reply(&mut stream, false);
    let journal = universe.journal();
    let lines: Vec<String> = journal.iter().map(ToString::to_string).collect();
    assert!(lines[0].starts_with("   1 oidc       GET    /") && lines[0].ends_with(" -> 200"), "{lines:?}");
    assert_eq!(lines[1], "   2 index      POST   /legacy -> 308 (3 bytes sent)");
    assert_eq!(journal[1].body_sha256, crate::model::digest::Sha256::of(b"abc"));
    assert_eq!(journal[0].header("authorization"), Some("bearer ***"));
    let token = universe.addresses().oidc_request_token;
    let everything = format!("{journal:?}");
    assert!(!everything.contains("hunter2") && !everything.contains(&token));
}

#[test]
fn observers_see_whole_exchanges() {
    let (universe, index) = start();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    universe.observe(Arc::new(move |exchange: &Exchange| lock(&kept).push(exchange.clone())));
    inject(&universe, "lost@2");
    get(&index, "/simple/x/?y=z");
    get(&index, "/simple/");
    let seen = lock(&seen);
    let status = |at: usize| seen[at].response.as_ref().map(|response| response.status);
    assert_eq!((seen[0].index, seen[0].service, seen[0].faulted), (1, "index", false));
    assert_eq!((seen[0].request.query.as_str(), status(0)), ("y=z", Some(404)));
    assert_eq!((seen[1].faulted, status(1)), (true, Some(200)));
}

#[test]
fn a_body_that_breaks_off_is_no_request() {
    let (universe, index) = start();
    let mut stream = connect(&index);
    stream.write_all(b"POST /legacy/ HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc").expect("sent");
    stream.shutdown(std::net::Shutdown::Write).expect("open");
    let (head, _) = reply(&mut stream, false);
    assert_eq!((head.as_str(), universe.journal().len()), ("", 0));
}

#[test]
fn the_services_share_one_clock() {
    let (universe, _) = start();
    universe.clock().advance(100);
    universe
        .index(|index| index.place(&"demo-1.0.tar.gz".parse().expect("good"), "x").map(|_| ()))
        .expect("an sdist");
    let at = universe.index(|index| index.files().map(|file| file.uploaded_at).collect::<Vec<_>>());
    assert_eq!(at, [START + 100]);
}

#[test]
fn tokens_of_the_two_indexes_differ() {
    let (universe, _) = start();
    let token = universe.index(|index| index.issue_token(Scope::User));
    assert_ne!(token, universe.test_index(|index| index.issue_token(Scope::User)));
}

#[test]
fn a_dropped_world_closes_its_connections_at_once() {
    let (universe, index) = start();
    let mut stream = connect(&index);
    ask(&mut stream, "GET /simple/", b"");
    reply(&mut stream, false);
    drop(universe);
    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    assert!(TcpStream::connect(authority(&index)).is_err());
}

/// An address of a draft for uploads, and a token for it.
fn with_draft(universe: &Universe) -> (String, u64) {
    universe.github(|github| {
        github.add_token("writer", Permissions::writer());
        let draft = NewRelease { tag_name: "v1".into(), draft: true, ..NewRelease::default() };
        let id = github.add_release(draft);
        (github.upload_origin(), id)
    })
}

/// Sends a file to a release, and gives the status line.
fn upload(origin: &str, base: &str, id: u64, name: &str, bytes: &[u8]) -> String {
    let mut stream = connect(origin);
    let target = format!("POST {base}/repos/octo-org/sample/releases/{id}/assets?name={name} HTTP/1.1");
    let head = format!("{target}\r\nhost: x\r\nuser-agent: tests\r\nauthorization: Bearer writer");
    let length = bytes.len();
    stream.write_all(format!("{head}\r\ncontent-length: {length}\r\n\r\n").as_bytes()).expect("sent");
    stream.write_all(bytes).expect("sent");
    reply(&mut stream, false).0.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn half_an_upload_leaves_a_row_and_anything_else_leaves_nothing() {
    let (universe, index) = start();
    let (origin, id) = with_draft(&universe);
    inject(&universe, "starter@uploads:1");
    assert_eq!(upload(&origin, "", id, "a.whl", b"bytes"), "HTTP/1.1 502 Bad Gateway");
    assert_eq!(upload(&origin, "", id, "a.whl", b"bytes"), "HTTP/1.1 422 Unprocessable Entity");
    assert_eq!(upload(&origin, "", id, "b.whl", b"bytes"), "HTTP/1.1 201 Created");
    let rows = |universe: &Universe| {
        universe.github(|github| {
            let assets = github.releases()[0].assets.iter();
            assets.map(|asset| (asset.name.clone(), asset.uploaded)).collect::<Vec<_>>()
        })
    };
    assert_eq!(rows(&universe), [("a.whl".to_owned(), false), ("b.whl".to_owned(), true)]);
    // An upload that would have been refused leaves nothing either.
    inject(&universe, "starter@uploads:1");
    assert_eq!(upload(&origin, "", id, "b.whl", b"other"), "HTTP/1.1 502 Bad Gateway");
    assert_eq!(upload(&origin, "", id, "c.whl", b"bytes"), "HTTP/1.1 201 Created", "it struck once");
    assert_eq!(rows(&universe).len(), 3);
    inject(&universe, "starter@1");
    assert_eq!(get(&index, "/simple/"), "HTTP/1.1 502 Bad Gateway");
    assert_eq!(get(&index, "/simple/"), "HTTP/1.1 200 OK");
}

#[test]
fn late_is_done_and_limited_is_not() {
    let (universe, _) = start();
    let (origin, id) = with_draft(&universe);
    let names = || universe.github(|github| github.releases()[0].assets.len());
    inject(&universe, "late@uploads:1");
    assert_eq!(upload(&origin, "", id, "a.whl", b"bytes"), "HTTP/1.1 502 Bad Gateway");
    assert_eq!(names(), 1);
    inject(&universe, "limit@uploads:1");
    assert_eq!(upload(&origin, "", id, "b.whl", b"bytes"), "HTTP/1.1 429 Too Many Requests");
    assert_eq!(upload(&origin, "", id, "b.whl", b"bytes"), "HTTP/1.1 429 Too Many Requests", "it goes on");
    assert_eq!(names(), 1);
    universe.clock().advance(super::super::fault::LIMITED_S);
    assert_eq!(upload(&origin, "", id, "b.whl", b"bytes"), "HTTP/1.1 201 Created");
}

#[test]
fn files_that_are_not_kept_have_their_size_and_their_digest() {
    let setup = Setup { forgets_assets: true, github_base_path: "/api/v3".into(), ..Setup::default() };
    let universe = Universe::start(setup).expect("ports");
    let (origin, id) = with_draft(&universe);
    assert_eq!(authority(&origin), authority(&universe.addresses().github_api), "one host for both");
    let file = vec![7; 3 << 20];
    assert_eq!(upload(&origin, "/api/uploads", id, "large", &file), "HTTP/1.1 201 Created");
    universe.github(|github| {
        let asset = &github.releases()[0].assets[0];
        assert_eq!((asset.size_bytes, asset.sha256), (3 << 20, Some(Sha256::of(&file))));
        assert!(asset.bytes.is_empty());
    });
    let entry = universe.journal().remove(0);
    assert_eq!((entry.service, entry.body_bytes), ("uploads", 3 << 20));
    assert_eq!(entry.body_sha256, Sha256::of(&file));
    universe.github(|github| github.troubles.corrupt_uploads = 1);
    upload(&origin, "/api/uploads", id, "spoiled", &file);
    universe.github(|github| assert_ne!(github.releases()[0].assets[1].sha256, Some(Sha256::of(&file))));
}

#[test]
fn a_distance_holds_up_every_request() {
    let distance = Duration::from_millis(30);
    let universe = Universe::start(Setup { distance, ..Setup::default() }).expect("ports");
    let began = Instant::now();
    for _ in 0..3 {
        assert_eq!(get(&universe.addresses().index_url, "/simple/"), "HTTP/1.1 200 OK");
    }
    assert!(began.elapsed() >= distance * 3, "{:?}", began.elapsed());
}
