//! Trusted publishing, from the identity token to the end of the minted one.

use super::*;

const TOKENS: &str = "/api/v1/trusted_publishing/tokens";

fn publisher() -> Publisher {
    Publisher::new(name("demo"), "octo-org/sample", "release.yml")
}

fn world() -> World {
    let mut world = World::new();
    world.token.clear();
    world.registry.place_sample(&file("demo-0.1.0"));
    world.registry.register(publisher());
    world
}

impl World {
    fn exchange(&mut self, body: &Value) -> (u16, Value) {
        let response = self.send("POST", TOKENS, body.to_string());
        (response.status, serde_json::from_slice(&response.body).expect("JSON"))
    }

    /// The sentence by which a fresh identity is refused.
    fn refused(&mut self) -> String {
        let jwt = self.oidc.issue(HOST);
        let (status, body) = self.exchange(&json!({ "jwt": jwt }));
        assert_eq!(status, 400, "{body}");
        body["errors"][0]["detail"].as_str().expect("a sentence").to_owned()
    }

    fn mint(&mut self) {
        let jwt = self.oidc.issue(HOST);
        let (status, body) = self.exchange(&json!({ "jwt": jwt }));
        assert_eq!(status, 200, "{body}");
        self.token = body["token"].as_str().expect("a token").to_owned();
        assert!(self.token.starts_with("cio_tp_"));
    }
}

#[test]
fn an_identity_becomes_a_token_that_publishes() {
    let mut world = world();
    world.mint();
    world.takes(&Upload::of("demo", "1.0.0"));
    assert_eq!(world.registry.published()[1].by, PublishedBy::Workflow);
    assert_eq!((world.registry.live_tokens(), world.registry.minted_tokens()), (1, 1));
    let token = std::mem::take(&mut world.token);
    assert_eq!(detail(&world.send("DELETE", TOKENS, "")), "Missing authorization header");
    world.token.clone_from(&token);
    assert_eq!(detail(&world.send("DELETE", TOKENS, "")), "Invalid authorization header");
    world.token = format!("Bearer {token}");
    for _ in 0..2 {
        let response = world.send("DELETE", TOKENS, "");
        assert_eq!((response.status, response.body.len()), (204, 0));
    }
    assert_eq!((world.registry.live_tokens(), world.registry.minted_tokens()), (0, 1));
    assert_eq!(world.refusal(403, &Upload::of("demo", "1.1.0")), "Invalid authentication token");
}

#[test]
fn the_token_ends_by_itself() {
    let mut world = world();
    world.mint();
    world.clock.advance(TOKEN_SECONDS - 1);
    world.takes(&Upload::of("demo", "1.0.0"));
    world.clock.advance(1);
    assert_eq!(world.refusal(403, &Upload::of("demo", "1.1.0")), "Invalid authentication token");
    world.registry.set_token_seconds(10);
    world.mint();
    world.clock.advance(10);
    assert_eq!(world.refusal(403, &Upload::of("demo", "1.1.0")), "Invalid authentication token");
}

#[test]
fn the_token_opens_its_crates_and_nothing_else() {
    let mut world = world();
    world.registry.place_sample(&file("other-0.1.0"));
    world.registry.place_sample(&file("third-0.1.0"));
    world.registry.register(Publisher { krate: name("third"), ..publisher() });
    world.mint();
    let said = world.refusal(403, &Upload::of("other", "1.0.0"));
    assert_eq!(said, "The provided access token is not valid for crate `other`");
    world.takes(&Upload::of("third", "1.0.0"));
    let said = world.refusal(403, &Upload::of("fresh", "1.0.0"));
    assert!(said.starts_with("Trusted Publishing tokens do not support creating new crates."), "{said}");
    for (method, path) in
        [("DELETE", "/api/v1/crates/demo/0.1.0/yank"), ("PUT", "/api/v1/crates/demo/0.1.0/unyank")]
    {
        let response = world.send(method, path, "");
        let said = detail(&response);
        assert!(response.status == 403 && said.contains("only be used for publishing"), "{said}");
    }
}

#[test]
fn workflows_publish_what_takes_workflows_only_and_are_not_counted() {
    let mut world = world();
    world.registry.set_trusted_publishing_only(&name("demo"), true).expect("it is there");
    world.registry.set_bursts(0, 0);
    world.mint();
    world.takes(&Upload::of("demo", "1.0.0"));
}

#[test]
fn each_claim_that_does_not_fit_has_its_sentence() {
    let workflow = |file: &str| format!("octo-org/sample/.github/workflows/{file}@refs/heads/main");
    let config = "The Trusted Publishing config for repository `octo-org/sample`";
    for (claim, value, said) in [
        ("repository", "octo-org".to_owned(), "Unexpected `repository` value".to_owned()),
        ("repository", "o/x".into(), "No Trusted Publishing config found for repository `o/x`.".into()),
        ("workflow_ref", "release.yml".into(), "Unexpected `workflow_ref` value".into()),
        (
            "workflow_ref",
            workflow("other.yml"),
            format!(
                "{config} does not match the workflow filename `other.yml` in the JWT. Expected workflow filenames: `release.yml`"
            ),
        ),
        ("repository_owner_id", "x".into(), "Unexpected `repository_owner_id` value".into()),
        (
            "repository_owner_id",
            "66".into(),
            format!(
                "{config} does not match the repository owner ID (66) in the JWT. Expected owner IDs: 65."
            ),
        ),
        ("event_name", "workflow_run".into(), "Trusted Publishing is not supported for workflows".into()),
        ("event_name", "pull_request_target".into(), "Trusted Publishing is not supported".into()),
        ("iss", "http://localhost/other".into(), "Unsupported JWT issuer: http://localhost/other".into()),
        ("aud", "127.0.0.1".into(), "Failed to decode JWT".into()),
    ] {
        let mut world = world();
        world.oidc.set_claim(claim, value.clone());
        let found = world.refused();
        assert!(found.starts_with(&said), "{claim}={value}: {found}");
        assert_eq!(world.registry.minted_tokens(), 0);
    }
}

#[test]
fn the_callers_workflow_counts_and_not_the_called_one() {
    let mut world = world();
    world.oidc.set_reusable_workflow("octo-org/shared/.github/workflows/publish.yml@refs/heads/main");
    world.mint();
}

#[test]
fn a_demanded_environment_must_be_the_jobs() {
    let mut world = World::new();
    world.registry.register(Publisher { environment: Some("Release".into()), ..publisher() });
    let said = world.refused();
    assert!(
        said.ends_with(
            "requires an environment, but the JWT does not specify one. Expected environments: `Release`"
        ),
        "{said}"
    );
    world.oidc.set_environment("staging");
    let said = world.refused();
    assert!(
        said.ends_with(
            "does not match the environment `staging` in the JWT. Expected environments: `Release`"
        ),
        "{said}"
    );
    world.oidc.set_environment("release");
    world.mint();
    let mut world = self::world();
    world.oidc.set_environment("any");
    world.mint();
}

#[test]
fn each_identity_is_good_once_and_for_its_time() {
    let mut world = world();
    let jwt = world.oidc.issue(HOST);
    assert_eq!(world.exchange(&json!({ "jwt": jwt })).0, 200);
    let (status, body) = world.exchange(&json!({ "jwt": jwt }));
    assert_eq!((status, &body["errors"][0]["detail"]), (400, &json!("JWT has already been used")));
    let old = world.oidc.issue(HOST);
    world.clock.advance(crate::sim::oidc::LIFETIME_SECONDS + LEEWAY);
    let (status, body) = world.exchange(&json!({ "jwt": old }));
    assert_eq!((status, &body["errors"][0]["detail"]), (400, &json!("Failed to decode JWT")));
    let (status, _) = world.exchange(&json!({ "token": "x" }));
    assert_eq!(status, 422);
    let (message, _) = jwt.rsplit_once('.').expect("three parts");
    let forged = format!("{message}.AAAA");
    assert_eq!(world.exchange(&json!({ "jwt": forged })).0, 400);
}

const LEEWAY: u64 = 60;

#[test]
fn most_registries_know_nothing_of_it() {
    let mut world = world();
    world.registry.set_trusted_publishing(false);
    let jwt = world.oidc.issue(HOST);
    assert_eq!(world.exchange(&json!({ "jwt": jwt })).0, 404);
    assert_eq!(world.send("DELETE", TOKENS, "").status, 404);
}
