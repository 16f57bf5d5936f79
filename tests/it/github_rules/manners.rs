//! What holds for every request (tokens, permissions, limits, base paths, `HEAD`), and the check on a whole
//! world.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use release_action::sim::Service as _;
use release_action::sim::github::limits::Limits;
use release_action::sim::universe::{Setup, Universe};
use serde_json::{Value, json};

use super::desk::{Desk, NOBODY, OWNER, READER, REPO, Reply, STRANGER, WRITER, request};
use crate::support::contract::Contract;

const NOTHING: &Value = &Value::Null;

#[test]
fn both_spellings_of_the_scheme_are_taken_and_unknown_tokens_are_not() {
    let mut desk = Desk::new();
    for token in ["Bearer writer", "token writer", "bearer writer"] {
        assert_eq!(desk.send(Some(token), "GET", "", NOTHING).status(), 200, "{token}");
    }
    for token in ["Bearer nonsense", "Bearer", "Basic d3JpdGVy", ""] {
        let refused = desk.send(Some(token), "GET", "", NOTHING);
        assert_eq!((refused.status(), refused.message().as_str()), (401, "Bad credentials"), "{token}");
    }
}

#[test]
fn a_token_that_may_only_look_is_told_what_it_lacks() {
    let mut desk = Desk::new();
    let id = desk.published("v1");
    for (method, target, body) in [
        ("POST", "/releases".to_owned(), json!({ "tag_name": "v2" })),
        ("PATCH", format!("/releases/{id}"), json!({ "tag_name": "v1" })),
        ("DELETE", format!("/releases/{id}"), Value::Null),
        ("POST", "/releases/generate-notes".to_owned(), json!({ "tag_name": "v2" })),
        ("DELETE", "/git/refs/tags/v1".to_owned(), Value::Null),
    ] {
        let refused = desk.send(READER, method, &target, &body);
        assert_eq!(refused.status(), 403, "{method} {target}");
        assert_eq!(refused.message(), "Resource not accessible by integration");
        let accepted = refused.header("x-accepted-github-permissions");
        assert_eq!(accepted, Some("contents=write; contents=write,workflows=write"));
        assert_eq!(desk.send(STRANGER, method, &target, &body).status(), 401, "{method} {target}");
    }
}

#[test]
fn a_private_repository_hides_from_strangers() {
    let mut desk = Desk::new();
    desk.github().settings.private = true;
    for (token, status) in [(STRANGER, 404), (NOBODY, 403), (READER, 200)] {
        assert_eq!(desk.send(token, "GET", "/releases", NOTHING).status(), status, "{token:?}");
    }
}

#[test]
fn other_repositories_are_not_found_and_letter_case_does_not_matter() {
    let mut desk = Desk::new();
    assert_eq!(desk.request(request(WRITER, "GET", "/repos/octo-org/other", NOTHING)).status(), 404);
    let found = desk.request(request(WRITER, "GET", "/repos/Octo-Org/SAMPLE", NOTHING));
    assert_eq!(found.json()["full_name"], "octo-org/sample");
    assert_eq!(found.json()["default_branch"], "main");
}

#[test]
fn paths_work_with_and_without_the_base_path() {
    let mut desk = Desk::under("/api/v3");
    for prefix in ["", "/api/v3"] {
        let reply = desk.request(request(WRITER, "GET", &format!("{prefix}{REPO}"), NOTHING));
        assert_eq!(reply.json()["url"], format!("http://api.localhost:1/api/v3{REPO}"));
        assert_eq!(reply.json()["html_url"], "http://api.localhost:1/octo-org/sample");
    }
}

#[test]
fn head_answers_as_get_without_the_body() {
    let mut desk = Desk::new();
    desk.published("v1");
    let (found, missing) = ("/releases/tags/v1", "/releases/tags/v2");
    for (target, status) in [(found, 200), (missing, 404)] {
        let reply = desk.send(WRITER, "HEAD", target, NOTHING);
        assert_eq!((reply.status(), reply.0.body.len()), (status, 0), "{target}");
    }
}

#[test]
fn only_the_simulated_version_of_the_api_is_spoken() {
    let mut desk = Desk::new();
    let mut other = request(WRITER, "GET", REPO, NOTHING);
    other.headers.retain(|(name, _)| name != "x-github-api-version");
    let reply = desk.request(other.clone());
    assert_eq!(reply.header("x-github-api-version-selected"), Some("2022-11-28"), "the default");
    other.headers.push(("x-github-api-version".to_owned(), "2019-01-01".to_owned()));
    let mut api = Desk::new();
    assert_eq!(release_action::sim::Service::handle(api.api(), &other).status, 400);
}

#[test]
fn requests_without_a_user_agent_are_refused() {
    let mut desk = Desk::new();
    let mut bare = request(WRITER, "GET", REPO, NOTHING);
    bare.headers.retain(|(name, _)| name != "user-agent");
    assert_eq!(desk.request(bare).status(), 403);
}

#[test]
fn the_hourly_budget_runs_down_and_comes_back() {
    let mut desk = Desk::new();
    desk.github().limits.hourly = 2;
    let left = |reply: &super::desk::Reply| reply.header("x-ratelimit-remaining").map(str::to_owned);
    assert_eq!(left(&desk.get("/releases")).as_deref(), Some("1"));
    assert_eq!(left(&desk.get("/releases")).as_deref(), Some("0"));
    let refused = desk.get("/releases");
    assert_eq!((refused.status(), left(&refused).as_deref()), (403, Some("0")));
    let budget = desk.request(request(WRITER, "GET", "/rate_limit", NOTHING)).json();
    assert_eq!(budget["resources"]["core"]["remaining"], 0, "looking at it costs nothing");
    let reset =
        refused.header("x-ratelimit-reset").and_then(|text| text.parse::<u64>().ok()).expect("a time");
    let wait = reset - desk.github().now_s();
    assert!(wait <= 3_600, "{wait}");
    desk.github().advance(Duration::from_secs(wait));
    assert_eq!(desk.get("/releases").status(), 200);
}

#[test]
fn creating_too_fast_is_refused_for_a_while() {
    let mut desk = Desk::new();
    desk.github().limits.refuse_creations = 1;
    desk.github().limits.retry_after_s = Some(30);
    let draft = json!({ "tag_name": "v1", "draft": true });
    let refused = desk.post("/releases", &draft);
    assert_eq!((refused.status(), refused.header("retry-after")), (403, Some("30")));
    assert!(refused.message().contains("secondary rate limit") && desk.github().releases().is_empty());
    assert_eq!(desk.post("/releases", &draft).status(), 201);
}

#[test]
fn creations_in_a_minute_are_counted_on_the_simulated_clock() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    desk.github().limits.creations_per_minute = Some(2);
    assert_eq!(desk.upload(id, "name=a", "bytes").status(), 201);
    let refused = desk.upload(id, "name=b", "bytes");
    assert_eq!((refused.status(), refused.header("retry-after")), (403, Some("60")));
    desk.github().advance(Duration::from_secs(60));
    assert_eq!(desk.upload(id, "name=b", "bytes").status(), 201);
}

#[test]
fn the_published_limits_are_eighty_a_minute_and_five_hundred_an_hour() {
    let mut desk = Desk::new();
    desk.github().limits = Limits::published();
    let at = format!("/releases/{}", desk.draft("v1"));
    let words = json!({ "tag_name": "v1", "body": "words" });
    let mut created = 1;
    let mut until_refused = |desk: &mut Desk| {
        loop {
            let reply = desk.patch(&at, &words);
            if reply.status() == 403 {
                let wait = reply.header("retry-after").and_then(|text| text.parse::<u64>().ok());
                return (created, wait.expect("it says for how long"));
            }
            created += 1;
        }
    };
    assert_eq!(until_refused(&mut desk), (80, 60));
    for minute in 2..=6 {
        desk.github().advance(Duration::from_secs(60));
        assert_eq!(until_refused(&mut desk), (minute * 80, 60));
    }
    desk.github().advance(Duration::from_secs(60));
    let (created, wait) = until_refused(&mut desk);
    assert_eq!((created, wait), (500, 3_600 - 6 * 60), "until the first ones are an hour old");
    assert_eq!(desk.get("/releases").status(), 200, "looking is free");
    assert_eq!(desk.delete(&at).status(), 204, "so is deleting");
    desk.github().advance(Duration::from_secs(wait));
    assert_eq!(desk.post("/releases", &json!({ "tag_name": "v1" })).status(), 201);
}

#[test]
fn what_was_asked_too_much_takes_nothing_new_until_the_stated_time() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    let refused = Reply(desk.api().limit());
    let stated = |reply: &Reply| reply.header("retry-after").and_then(|text| text.parse::<u64>().ok());
    assert_eq!((refused.status(), stated(&refused)), (429, Some(60)));
    assert!(refused.header("x-ratelimit-remaining").is_some() && refused.json()["status"] == "429");
    desk.github().advance(Duration::from_secs(59));
    assert_eq!(desk.get("/releases").status(), 200, "looking is allowed");
    let early = desk.upload(id, "name=a", "bytes");
    assert_eq!((early.status(), stated(&early)), (429, Some(1)), "on the host for uploads too");
    assert!(early.json()["request_id"].is_string(), "in its own form: {early:?}");
    desk.github().advance(Duration::from_secs(1));
    assert_eq!(desk.upload(id, "name=a", "bytes").status(), 201);
}

#[test]
fn a_workflows_own_token_cannot_ask_whether_releases_are_immutable() {
    let mut desk = Desk::new();
    assert_eq!(desk.get("/immutable-releases").status(), 403);
    assert_eq!(desk.send(OWNER, "GET", "/immutable-releases", NOTHING).status(), 404);
    desk.github().settings.immutable_releases = true;
    assert_eq!(desk.send(OWNER, "GET", "/immutable-releases", NOTHING).json()["enabled"], true);
}

#[test]
fn bodies_that_are_no_json_objects_are_refused() {
    let mut desk = Desk::new();
    for body in ["{", "[]", "\"x\""] {
        let mut broken = request(WRITER, "POST", &format!("{REPO}/releases"), NOTHING);
        broken.body = body.into();
        assert_eq!(release_action::sim::Service::handle(desk.api(), &broken).status, 400, "{body}");
    }
}

/// Sends one request over a socket and gives the first line of the answer.
fn ask(universe: &Universe, target: &str) -> String {
    let address = universe.addresses().github_api;
    let host = address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("the world listens");
    let request =
        format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: tests\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers in text");
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_watched_world_keeps_silent_about_good_manners() {
    let universe = Universe::start(Setup::default()).expect("loopback works");
    let guard = Contract::watch(&universe);
    assert_eq!(ask(&universe, "/repos/octo-org/sample/releases?per_page=100"), "HTTP/1.1 200 OK");
    assert_eq!(guard.violations(), []);
}

#[test]
fn a_watched_world_fails_the_test_at_its_end() {
    let universe = Universe::start(Setup::default()).expect("loopback works");
    let guard = Contract::watch(&universe);
    ask(&universe, "/repos/octo-org/sample/releases?per-page=100");
    let panic = catch_unwind(AssertUnwindSafe(|| drop(guard))).expect_err("dropping the guard fails");
    let text = panic.downcast_ref::<String>().expect("a message");
    assert!(text.contains("unknown query parameter `per-page`"), "{text}");
}
