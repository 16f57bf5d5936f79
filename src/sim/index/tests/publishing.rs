//! Trusted publishing, from the identity token to the upload.

use serde_json::{Value, json};

use super::*;

fn publisher() -> Publisher {
    Publisher::new("demo-kit".parse().expect("good"), "octo-org/sample", "release.yml")
}

fn world() -> World {
    let mut world = World::new();
    world.index.register(publisher());
    world
}

impl World {
    fn exchange(&mut self, body: &str) -> (u16, Value) {
        let response = self.index.handle(&request("POST", "/_/oidc/mint-token", &[], body.to_owned()));
        (response.status, serde_json::from_slice(&response.body).expect("JSON"))
    }

    fn mint(&mut self, token: &str) -> (u16, Value) {
        self.exchange(&json!({ "token": token }).to_string())
    }

    /// The code of a refused exchange.
    fn refusal(&mut self, token: &str) -> String {
        let (status, body) = self.mint(token);
        assert_eq!((status, &body["message"]), (422, &"Token request failed".into()), "{body}");
        body["errors"][0]["code"].as_str().expect("a code").to_owned()
    }
}

#[test]
fn an_identity_becomes_a_token_that_uploads() {
    let mut world = world();
    let identity = world.oidc.issue("pypi");
    let (status, body) = world.mint(&identity);
    assert_eq!((status, &body["success"]), (200, &true.into()), "{body}");
    assert_eq!(body["expires"], world.clock.now() + TOKEN_SECONDS);
    world.token = body["token"].as_str().expect("a token").to_owned();
    assert!(world.token.starts_with("pypi-"));
    assert_eq!(world.upload(&Upload::wheel()), (200, String::new()));
}

#[test]
fn the_token_opens_nothing_else_and_not_for_ever() {
    let mut world = world();
    let identity = world.oidc.issue("pypi");
    world.token = world.mint(&identity).1["token"].as_str().expect("a token").to_owned();
    let (status, reason) = world.upload(&Upload::wheel().set("name", "other"));
    assert!(
        status == 403 && reason.starts_with("Non-user identities cannot create new projects."),
        "{reason}"
    );
    world.index.place(&"other-1.0.tar.gz".parse().expect("good"), "bytes").expect("an sdist");
    let (status, reason) = world.upload(&Upload::wheel().set("name", "other"));
    assert!(
        status == 403 && reason.starts_with("The given token isn't allowed to upload to project 'other'.")
    );
    world.clock.advance(TOKEN_SECONDS - 1);
    assert_eq!(world.upload(&Upload::wheel()).0, 200);
    world.clock.advance(1);
    let late = world.upload(&Upload::sdist());
    assert_eq!(late, (403, "Invalid API Token: token is expired".to_owned()));
}

#[test]
fn a_token_lives_as_long_as_the_index_says() {
    let mut world = world();
    world.index.set_token_seconds(5);
    let identity = world.oidc.issue("pypi");
    let (_, body) = world.mint(&identity);
    assert_eq!(body["expires"], world.clock.now() + 5);
    world.token = body["token"].as_str().expect("a token").to_owned();
    assert_eq!(world.upload(&Upload::wheel()).0, 200);
    world.clock.advance(5);
    assert_eq!(world.upload(&Upload::sdist()), (403, "Invalid API Token: token is expired".to_owned()));
}

#[test]
fn the_audience_is_the_indexs_own() {
    let mut world = world();
    let audience = |index: &mut Index| {
        let response = index.handle(&request("GET", "/_/oidc/audience", &[], ""));
        (response.status, serde_json::from_slice::<Value>(&response.body).expect("JSON"))
    };
    assert_eq!(audience(&mut world.index), (200, json!({ "audience": "pypi" })));
    let mut test_index = Index::test_pypi(world.clock.clone(), world.oidc.key());
    assert_eq!(audience(&mut test_index), (200, json!({ "audience": "testpypi" })));
    let identity = world.oidc.issue("testpypi");
    assert_eq!(world.refusal(&identity), "invalid-token");
}

#[test]
fn each_identity_is_good_once() {
    let mut world = world();
    let identity = world.oidc.issue("pypi");
    assert_eq!(world.mint(&identity).0, 200);
    assert_eq!(world.refusal(&identity), "invalid-reuse-token");
    let next = world.oidc.issue("pypi");
    assert_eq!(world.mint(&next).0, 200);
}

#[test]
fn what_is_no_payload_is_refused() {
    let mut world = world();
    let bodies = ["", "{}", "[]", "{\"token\":7}", "{\"token\":\"a.b\"}", "{\"token\":\"a.b.c\"}"];
    for body in bodies {
        let (status, answer) = world.exchange(body);
        assert_eq!((status, &answer["errors"][0]["code"]), (422, &"invalid-payload".into()), "{body}");
    }
}

#[test]
fn a_foreign_issuer_is_unknown() {
    let mut world = world();
    world.oidc.set_claim("iss", "http://localhost/other");
    let identity = world.oidc.issue("pypi");
    assert_eq!(world.refusal(&identity), "invalid-payload");
}

#[test]
fn a_forged_signature_is_refused() {
    let mut world = world();
    let identity = world.oidc.issue("pypi");
    let (message, signature) = identity.rsplit_once('.').expect("three parts");
    let other: String = signature.chars().rev().collect();
    assert_eq!(world.refusal(&format!("{message}.{other}")), "invalid-token");
}

#[test]
fn times_are_kept_with_half_a_minute_of_leeway() {
    let mut world = world();
    let old = world.oidc.issue("pypi");
    world.clock.advance(crate::sim::oidc::LIFETIME_SECONDS + 30);
    assert_eq!(world.refusal(&old), "invalid-token");
    let in_time = world.oidc.issue("pypi");
    world.clock.advance(crate::sim::oidc::LIFETIME_SECONDS + 29);
    assert_eq!(world.mint(&in_time).0, 200);
    let from_the_future = world.oidc.issue("pypi");
    world.clock.set(world.clock.now() - 31);
    assert_eq!(world.refusal(&from_the_future), "invalid-token");
}

#[test]
fn every_claim_of_the_publisher_counts() {
    for (claim, value) in [
        ("repository", "octo-org/other"),
        ("repository_owner", "octocat"),
        ("repository_owner_id", "66"),
        ("job_workflow_ref", "octo-org/sample/.github/workflows/other.yml@refs/tags/v1.0.0"),
        ("job_workflow_ref", "octo-org/shared/.github/workflows/release.yml@refs/tags/v1.0.0"),
        ("job_workflow_ref", "octo-org/sample/.github/workflows/release.yml@refs/heads/main"),
        ("job_workflow_ref", "octo-org/sample/.github/workflows/release@refs/tags/v1.0.0"),
    ] {
        let mut world = world();
        world.oidc.set_claim(claim, value);
        let identity = world.oidc.issue("pypi");
        assert_eq!(world.refusal(&identity), "invalid-publisher", "{claim}={value}");
    }
}

#[test]
fn a_demanded_environment_must_be_the_jobs() {
    let mut world = World::new();
    world.index.register(Publisher { environment: Some("PyPI".into()), ..publisher() });
    let identity = world.oidc.issue("pypi");
    assert_eq!(world.refusal(&identity), "invalid-publisher");
    world.oidc.set_environment("staging");
    let identity = world.oidc.issue("pypi");
    assert_eq!(world.refusal(&identity), "invalid-publisher");
    world.oidc.set_environment("pypi");
    let identity = world.oidc.issue("pypi");
    assert_eq!(world.mint(&identity).0, 200);
}

#[test]
fn a_publisher_without_environment_takes_every_job() {
    let mut world = world();
    world.oidc.set_environment("staging");
    let identity = world.oidc.issue("pypi");
    assert_eq!(world.mint(&identity).0, 200);
}

#[test]
fn a_reusable_workflow_is_matched_by_its_own_name() {
    let mut world = world();
    world.oidc.set_reusable_workflow("octo-org/sample/.github/workflows/publish.yml@refs/tags/v1.0.0");
    let identity = world.oidc.issue("pypi");
    assert_eq!(world.refusal(&identity), "invalid-publisher");
    world.index.register(Publisher { workflow: "publish.yml".into(), ..publisher() });
    let identity = world.oidc.issue("pypi");
    assert_eq!(world.mint(&identity).0, 200);
}

#[test]
fn a_pending_publisher_creates_its_project() {
    let mut world = World::new();
    world.index.register(Publisher { stage: Stage::Pending, ..publisher() });
    assert_eq!(world.get("/simple/demo-kit/", "*/*").status, 404);
    let identity = world.oidc.issue("pypi");
    world.token = world.mint(&identity).1["token"].as_str().expect("a token").to_owned();
    assert_eq!(world.get("/simple/demo-kit/", "*/*").status, 200);
    assert_eq!(world.upload(&Upload::wheel()).0, 200);
}

#[test]
fn a_pending_publisher_of_an_existing_project_ends() {
    let mut world = World::new();
    world.index.place(&"demo_kit-0.9.tar.gz".parse().expect("good"), "bytes").expect("an sdist");
    world.index.register(Publisher { stage: Stage::Pending, ..publisher() });
    let identity = world.oidc.issue("pypi");
    assert_eq!(world.refusal(&identity), "invalid-pending-publisher");
    let identity = world.oidc.issue("pypi");
    assert_eq!(world.refusal(&identity), "invalid-publisher");
}

#[test]
fn one_token_covers_every_project_of_the_workflow() {
    let mut world = world();
    let other = "other".parse().expect("good");
    world.index.register(Publisher { project: other, ..publisher() });
    let identity = world.oidc.issue("pypi");
    world.token = world.mint(&identity).1["token"].as_str().expect("a token").to_owned();
    let (status, reason) = world.upload(&Upload::wheel().set("name", "other"));
    // It gets as far as the file, which is another project's.
    assert!(status == 400 && reason.starts_with("Start filename for 'other'"), "{status} {reason}");
}

#[test]
fn switched_off_it_says_so() {
    let mut world = world();
    world.index.set_trusted_publishing(false);
    assert_eq!(world.index.handle(&request("GET", "/_/oidc/audience", &[], "")).status, 403);
    let identity = world.oidc.issue("pypi");
    assert_eq!(world.refusal(&identity), "not-enabled");
}
