//! The provider's rules, without sockets.

use super::*;

fn request(method: &str, path_and_query: &str, authorization: Option<&str>) -> Request {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    Request {
        method: method.into(),
        path: path.into(),
        query: query.into(),
        headers: authorization.map(|value| ("authorization".into(), value.into())).into_iter().collect(),
        body: super::super::body::Body::default(),
    }
}

fn oidc() -> Oidc {
    Oidc::new("octo-org/sample", Clock::default())
}

/// The claims of the token that the endpoint hands out for `audience`.
fn claims(oidc: &mut Oidc, audience: &str) -> Map<String, Value> {
    let url = format!("{}&audience={audience}", oidc.request_path_and_query());
    let response = oidc.handle(&request("GET", &url, Some(&format!("bearer {REQUEST_TOKEN}"))));
    assert_eq!(response.status, 200);
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    let token = body["value"].as_str().expect("a token");
    assert_eq!(body["count"], token.len());
    oidc.key().verify(token).expect("signed by the issuer")
}

#[test]
fn a_token_names_audience_repository_workflow_and_times() {
    let mut oidc = oidc();
    let claims = claims(&mut oidc, "pypi");
    let now = crate::sim::clock::START;
    let workflow = "octo-org/sample/.github/workflows/release.yml@refs/tags/v1.0.0";
    for (name, value) in [
        ("iss", Value::from(GITHUB_OIDC_ISSUER)),
        ("aud", "pypi".into()),
        ("sub", "repo:octo-org/sample:ref:refs/tags/v1.0.0".into()),
        ("repository", "octo-org/sample".into()),
        ("repository_owner", "octo-org".into()),
        ("ref", "refs/tags/v1.0.0".into()),
        ("workflow_ref", workflow.into()),
        ("job_workflow_ref", workflow.into()),
        ("iat", now.into()),
        ("exp", (now + LIFETIME_SECONDS).into()),
    ] {
        assert_eq!(claims.get(name), Some(&value), "{name}");
    }
    for name in ["repository_id", "repository_owner_id", "sha", "event_name", "run_id", "jti", "nbf"] {
        assert!(claims.contains_key(name), "{name}");
    }
    assert!(!claims.contains_key("environment"));
}

#[test]
fn no_two_tokens_have_one_identifier() {
    let mut oidc = oidc();
    let first = claims(&mut oidc, "pypi");
    assert_ne!(first.get("jti"), claims(&mut oidc, "pypi").get("jti"));
    assert_eq!(oidc.issued(), 2);
}

#[test]
fn the_default_audience_is_the_owners_page() {
    let mut oidc = oidc();
    let url = oidc.request_path_and_query();
    let response = oidc.handle(&request("GET", &url, Some(&format!("Bearer {REQUEST_TOKEN}"))));
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    let claims = oidc.key().verify(body["value"].as_str().expect("a token")).expect("good");
    assert_eq!(claims.get("aud"), Some(&format!("{GITHUB_SERVER}/octo-org").into()));
}

#[test]
fn an_environment_is_named_by_the_subject() {
    let mut oidc = oidc();
    oidc.set_environment("pypi");
    let claims = claims(&mut oidc, "pypi");
    assert_eq!(claims.get("sub"), Some(&"repo:octo-org/sample:environment:pypi".into()));
    assert_eq!(claims.get("environment"), Some(&"pypi".into()));
}

#[test]
fn a_reusable_workflow_shows_in_the_jobs_claim_only() {
    let mut oidc = oidc();
    oidc.set_reusable_workflow("octo-org/shared/.github/workflows/publish.yml@refs/heads/main");
    let claims = claims(&mut oidc, "pypi");
    let job = claims.get("job_workflow_ref").and_then(Value::as_str);
    assert_eq!(job, Some("octo-org/shared/.github/workflows/publish.yml@refs/heads/main"));
    assert_ne!(claims.get("workflow_ref"), claims.get("job_workflow_ref"));
}

#[test]
fn only_the_runs_own_token_opens_the_endpoint() {
    let mut oidc = oidc();
    let url = oidc.request_path_and_query();
    for (authorization, status) in [
        (None, 401),
        (Some(REQUEST_TOKEN), 401),
        (Some("bearer wrong"), 403),
        (Some("bearer "), 403),
        (Some("Basic oidc-request-token-of-the-simulated-runner"), 403),
    ] {
        assert_eq!(oidc.handle(&request("GET", &url, authorization)).status, status, "{authorization:?}");
    }
    assert_eq!(oidc.issued(), 0);
}

#[test]
fn other_addresses_and_a_lost_query_are_refused() {
    let mut oidc = oidc();
    let authorization = format!("bearer {REQUEST_TOKEN}");
    let url = oidc.request_path_and_query();
    // A client that puts `?audience=` after the query of the address loses the version.
    let twice = format!("{url}?audience=pypi");
    for (method, url, status) in
        [("GET", "/", 404), ("POST", url.as_str(), 404), ("GET", PATH, 400), ("GET", &twice, 400)]
    {
        assert_eq!(oidc.handle(&request(method, url, Some(&authorization))).status, status, "{method} {url}");
    }
}

#[test]
fn events_of_the_default_branch_run_there() {
    let mut oidc = oidc();
    oidc.set_event("release");
    let tagged = claims(&mut oidc, "pypi");
    assert_eq!((&tagged["event_name"], &tagged["ref"]), (&json!("release"), &json!("refs/tags/v1.0.0")));
    oidc.set_event("workflow_run");
    let claims = claims(&mut oidc, "pypi");
    let workflow = "octo-org/sample/.github/workflows/release.yml@refs/heads/main";
    for (name, value) in [
        ("event_name", "workflow_run"),
        ("ref", "refs/heads/main"),
        ("ref_type", "branch"),
        ("sub", "repo:octo-org/sample:ref:refs/heads/main"),
        ("workflow_ref", workflow),
        ("job_workflow_ref", workflow),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
}

#[test]
fn tokens_can_be_old_and_can_be_refused() {
    let mut oidc = oidc();
    oidc.set_age_seconds(LIFETIME_SECONDS + 60);
    let now = crate::sim::clock::START;
    assert_eq!(claims(&mut oidc, "pypi")["exp"], now - 60);
    oidc.set_refusal(Some(403));
    let url = oidc.request_path_and_query();
    let ask = request("GET", &url, Some(&format!("bearer {REQUEST_TOKEN}")));
    assert_eq!(oidc.handle(&ask).status, 403);
    oidc.set_refusal(None);
    assert_eq!(oidc.handle(&ask).status, 200);
}
