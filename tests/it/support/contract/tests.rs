//! The check bites: each way to depart from the description is found.

use release_action::sim::{Request, Response};
use serde_json::{Value, json};

use super::{Contract, WAIVERS};

fn request(method: &str, target: &str, body: &Value) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let [method, path, query] = [method, path, query].map(str::to_owned);
    Request { method, path, query, headers: Vec::new(), body: body.into() }
}

/// What is found in a request alone.
fn asked(method: &str, target: &str, body: &Value) -> Vec<String> {
    judged(method, target, body, None)
}

/// What is found in the answer to a `GET`.
fn answered(target: &str, response: Response) -> Vec<String> {
    judged("GET", target, &Value::Null, Some(response))
}

fn judged(method: &str, target: &str, body: &Value, response: Option<Response>) -> Vec<String> {
    let found = Contract::check_parts("github", &request(method, target, body), response.as_ref());
    found.into_iter().map(|violation| violation.what).collect()
}

#[test]
fn an_unknown_property_in_a_request_is_found() {
    let body = json!({ "tag_name": "v1", "generate_release_notes": true });
    let found = asked("PATCH", "/repos/o/r/releases/1", &body);
    assert_eq!(found, ["repos/update-release: request body: unknown property `/generate_release_notes`"]);
    assert!(asked("POST", "/repos/o/r/releases", &body).is_empty(), "creating knows the property");
}

#[test]
fn a_property_of_the_wrong_type_is_found() {
    let found = asked("PATCH", "/repos/o/r/releases/1", &json!({ "make_latest": true }));
    assert!(found.iter().any(|what| what.contains("request body at `/make_latest`")), "{found:?}");
}

#[test]
fn a_missing_property_in_a_request_is_found() {
    let found = asked("POST", "/repos/o/r/releases", &json!({ "name": "x" }));
    assert!(found.iter().any(|what| what.contains("\"tag_name\" is a required property")), "{found:?}");
    assert_eq!(asked("POST", "/repos/o/r/releases", &Value::Null), ["repos/create-release: no body"]);
}

#[test]
fn a_body_where_none_belongs_is_found() {
    let found = asked("DELETE", "/repos/o/r/releases/1", &json!({}));
    assert_eq!(found, ["repos/delete-release: a body where none belongs"]);
}

#[test]
fn query_parameters_are_known_complete_and_of_their_type() {
    let list = |query: &str| asked("GET", &format!("/repos/o/r/releases?{query}"), &Value::Null);
    assert!(list("per_page=100&page=2&").is_empty(), "all known, with a trailing `&`");
    assert_eq!(list("per-page=100"), ["repos/list-releases: unknown query parameter `per-page`"]);
    assert_eq!(list("page=two"), ["repos/list-releases: `two` is no value for the query parameter `page`"]);
    let runs = asked("GET", "/repos/o/r/actions/runs?status=done", &Value::Null);
    assert_eq!(runs.len(), 1, "outside of the enumeration: {runs:?}");
    let upload = request("POST", "/repos/o/r/releases/1/assets", &json!("bytes"));
    let found = Contract::check_parts("uploads", &upload, None);
    assert!(found[0].what.ends_with("missing query parameter `name`"), "{found:?}");
}

#[test]
fn an_unknown_operation_is_found() {
    assert_eq!(asked("PUT", "/repos/o/r/releases/1", &json!({})), ["`github` has no such operation"]);
    assert_eq!(asked("GET", "/repos/o/r/release/1", &Value::Null), ["`github` has no such operation"]);
}

#[test]
fn an_upload_to_the_wrong_host_is_found() {
    let upload = asked("POST", "/repos/o/r/releases/1/assets?name=x", &json!("bytes"));
    assert_eq!(upload, ["`github` has no such operation"]);
}

fn reference() -> Value {
    let sha = "0123456789012345678901234567890123456789";
    let object = json!({ "type": "commit", "sha": sha, "url": "http://localhost/x" });
    json!({ "ref": "refs/tags/v1", "node_id": "x", "url": "http://localhost/y", "object": object })
}

#[test]
fn a_missing_property_in_an_answer_is_found() {
    let at = "/repos/o/r/git/ref/tags/v1";
    assert!(answered(at, Response::json(200, &reference())).is_empty(), "whole");
    let mut partial = reference();
    partial["object"].as_object_mut().expect("an object").remove("sha");
    let found = answered(at, Response::json(200, &partial));
    assert_eq!(found, ["git/get-ref: answer at `/object`: \"sha\" is a required property"]);
}

#[test]
fn an_invented_property_in_an_answer_is_found() {
    let mut body = reference();
    body["object"]["commit"] = "x".into();
    let found = answered("/repos/o/r/git/ref/tags/v1", Response::json(200, &body));
    assert_eq!(found, ["git/get-ref: answer: unknown property `/object/commit`"]);
}

#[test]
fn a_value_of_the_wrong_format_is_found() {
    let mut body = reference();
    body["url"] = "no address".into();
    let found = answered("/repos/o/r/git/ref/tags/v1", Response::json(200, &body));
    assert!(found.iter().any(|what| what.contains("answer at `/url`")), "{found:?}");
}

#[test]
fn an_undocumented_status_is_found() {
    let message = json!({ "message": "x" });
    let found = answered("/repos/o/r/releases/1", Response::json(409, &message));
    assert_eq!(found, ["repos/get-release: undocumented status 409"]);
    let waived = answered("/repos/o/r/releases/1", Response::json(403, &message));
    assert!(waived.is_empty(), "{waived:?}");
}

#[test]
fn a_refusal_without_a_message_is_found() {
    let found = answered("/repos/o/r/releases/1", Response::json(403, &json!({})));
    assert_eq!(found, ["repos/get-release: the answer with status 403 has no message"]);
}

#[test]
fn a_web_page_in_place_of_json_is_found() {
    let found = answered("/repos/o/r/releases/1", Response::of(200, "text/html", "<p>"));
    assert_eq!(found, ["repos/get-release: undocumented media type `text/html` for status 200"]);
}

#[test]
fn addresses_by_number_and_under_a_base_path_are_the_same_operations() {
    for target in ["/repositories/5/releases?page=2", "/api/v3/repos/o/r/releases"] {
        assert!(asked("GET", target, &Value::Null).is_empty(), "{target}");
    }
}

#[test]
fn every_waiver_says_who_has_seen_it() {
    assert!(WAIVERS.iter().all(|waiver| waiver.evidence.split(' ').count() > 4));
}

#[test]
fn other_services_are_not_judged() {
    let legacy = request("POST", "/legacy/", &json!({}));
    assert!(Contract::check_parts("index", &legacy, None).is_empty());
}
