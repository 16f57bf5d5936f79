//! GitHub's OIDC provider: hands identity tokens to the steps of a workflow run.
//!
//! It signs with a key that it shares with the simulated indexes, so that a token counts only as it was made.

pub(super) mod jwt;

use serde_json::{Map, Value, json};

use super::clock::Clock;
use super::{Request, Response, Service};
use crate::model::endpoints::{GITHUB_OIDC_ISSUER, GITHUB_SERVER};
use jwt::Key;

/// How long an identity token counts, in seconds.
pub const LIFETIME_SECONDS: u64 = 300;

/// The path of the token endpoint: what comes after the origin in `ACTIONS_ID_TOKEN_REQUEST_URL`.
const PATH: &str = "/6f1bd1a3/idtoken/9054103264/1c2d7f0e";
/// The query that the runner puts there; clients append to it.
const QUERY: &str = "api-version=2.0";
/// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
const REQUEST_TOKEN: &str = "oidc-request-token-of-the-simulated-runner";

/// Events whose runs are of the default branch.
const DEFAULT_BRANCH_EVENTS: [&str; 3] = ["pull_request_target", "schedule", "workflow_run"];

/// The provider, and the run that it speaks for.
#[derive(Debug)]
pub struct Oidc {
    clock: Clock,
    key: Key,
    claims: Map<String, Value>,
    /// Why nobody gets a token: a status.
    refusal: Option<u16>,
    /// How old tokens are when they are handed out, in seconds.
    age_seconds: u64,
    /// How many tokens were handed out; every `jti` is made of it.
    issued: u64,
}

impl Oidc {
    /// The provider for a run of `.github/workflows/release.yml` on a tag of `repository` (`owner/name`).
    pub fn new(repository: &str, clock: Clock) -> Self {
        let owner = repository.split('/').next().unwrap_or_default();
        let workflow = format!("{repository}/.github/workflows/release.yml@refs/tags/v1.0.0");
        let claims = json!({
            "actor": "octocat",
            "actor_id": "583231",
            "base_ref": "",
            "event_name": "push",
            "head_ref": "",
            "job_workflow_ref": workflow,
            "job_workflow_sha": "1e7b5c1a9d3f4e2b8a6c0d9f7e5b3a1c2d4f6e8a",
            "ref": "refs/tags/v1.0.0",
            "ref_protected": "false",
            "ref_type": "tag",
            "repository": repository,
            "repository_id": "724501",
            "repository_owner": owner,
            "repository_owner_id": "65",
            "repository_visibility": "public",
            "run_attempt": "1",
            "run_id": "9054103264",
            "run_number": "10",
            "runner_environment": "github-hosted",
            "sha": "1e7b5c1a9d3f4e2b8a6c0d9f7e5b3a1c2d4f6e8a",
            "sub": format!("repo:{repository}:ref:refs/tags/v1.0.0"),
            "workflow": "Release",
            "workflow_ref": workflow,
            "workflow_sha": "1e7b5c1a9d3f4e2b8a6c0d9f7e5b3a1c2d4f6e8a",
        });
        let Value::Object(claims) = claims else { unreachable!("the literal above is an object") };
        Self { clock, key: Key::default(), claims, refusal: None, age_seconds: 0, issued: 0 }
    }

    /// What the issuer signs with, for the services that trust it.
    pub fn key(&self) -> Key {
        self.key.clone()
    }

    /// Path and query of `ACTIONS_ID_TOKEN_REQUEST_URL`.
    pub fn request_path_and_query(&self) -> String {
        format!("{PATH}?{QUERY}")
    }

    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub const fn request_token(&self) -> &'static str {
        REQUEST_TOKEN
    }

    /// Sets a claim of every token from here on.
    pub fn set_claim(&mut self, name: &str, value: impl Into<Value>) {
        self.claims.insert(name.to_owned(), value.into());
    }

    /// Lets the run be on another ref, such as `refs/heads/main`.
    pub fn set_ref(&mut self, full: &str) {
        let kind = if full.starts_with("refs/tags/") { "tag" } else { "branch" };
        self.set_claim("ref", full);
        self.set_claim("ref_type", kind);
        for claim in ["workflow_ref", "job_workflow_ref"] {
            let workflow = self.claim(claim).split('@').next().unwrap_or_default().to_owned();
            self.set_claim(claim, format!("{workflow}@{full}"));
        }
        if !self.claims.contains_key("environment") {
            let subject = format!("repo:{}:ref:{full}", self.claim("repository"));
            self.set_claim("sub", subject);
        }
    }

    /// Lets the run be one of another workflow of the repository, such as `publish.yml`.
    pub fn set_workflow(&mut self, file: &str) {
        let repository = self.claim("repository").to_owned();
        for claim in ["workflow_ref", "job_workflow_ref"] {
            let at = self.claim(claim).split('@').nth(1).unwrap_or_default().to_owned();
            self.set_claim(claim, format!("{repository}/.github/workflows/{file}@{at}"));
        }
    }

    /// Lets another event have set off the run. Some of them run on the default branch, whatever they are about.
    pub fn set_event(&mut self, event: &str) {
        self.set_claim("event_name", event);
        if DEFAULT_BRANCH_EVENTS.contains(&event) {
            self.set_ref("refs/heads/main");
        }
    }

    /// Refuses every request for a token with this status from here on, as when the service is down or the job lacks
    /// the permission; nothing lets it work again.
    pub const fn set_refusal(&mut self, status: Option<u16>) {
        self.refusal = status;
    }

    /// Hands out tokens that are this old, in seconds.
    pub const fn set_age_seconds(&mut self, seconds: u64) {
        self.age_seconds = seconds;
    }

    fn claim(&self, name: &str) -> &str {
        self.claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Lets the run be a deployment to `environment`, which the subject then names.
    pub fn set_environment(&mut self, environment: &str) {
        let repository = self.claim("repository");
        let subject = format!("repo:{repository}:environment:{environment}");
        self.set_claim("sub", subject);
        self.set_claim("environment", environment);
    }

    /// Lets the job be of the reusable workflow `job_workflow_ref`
    /// (`owner/name/.github/workflows/file.yml@refs/…`), called by the run's own workflow.
    pub fn set_reusable_workflow(&mut self, job_workflow_ref: &str) {
        self.set_claim("job_workflow_ref", job_workflow_ref);
    }

    /// How many tokens were handed out.
    pub const fn issued(&self) -> u64 {
        self.issued
    }

    /// A token for `audience`, as the endpoint hands it out.
    pub fn issue(&mut self, audience: &str) -> String {
        self.issued += 1;
        let now = self.clock.now().saturating_sub(self.age_seconds);
        let mut claims = self.claims.clone();
        for (name, value) in [
            ("iss", Value::from(GITHUB_OIDC_ISSUER)),
            ("aud", audience.into()),
            ("jti", format!("00000000-0000-4000-8000-{:012x}", self.issued).into()),
            ("iat", now.into()),
            ("nbf", (now.saturating_sub(300)).into()),
            ("exp", (now + LIFETIME_SECONDS).into()),
        ] {
            // A claim that was set by hand wins: that is how a token from another issuer is made.
            claims.entry(name).or_insert(value);
        }
        self.key.sign(&Value::Object(claims))
    }
}

impl Service for Oidc {
    fn name(&self) -> &'static str {
        "oidc"
    }

    fn handle(&mut self, request: &Request) -> Response {
        if request.path != PATH || request.method != "GET" {
            return Response::json(404, &json!({ "message": "Not Found" }));
        }
        match request.header("authorization").and_then(|value| value.split_once(' ')) {
            None => return Response::json(401, &json!({ "message": "Unauthorized" })),
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && token == REQUEST_TOKEN => {}
            Some(_) => return Response::json(403, &json!({ "message": "Forbidden" })),
        }
        if let Some(status) = self.refusal {
            return Response::json(status, &json!({ "message": "No token is given out." }));
        }
        let query = request.query_pairs();
        let value =
            |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        if value("api-version") != Some("2.0") {
            let message = "No api-version was specified. This request requires an api-version.";
            return Response::json(400, &json!({ "message": message }));
        }
        // Without an audience GitHub names the owner's page.
        let owner = self.claim("repository_owner");
        let default = format!("{GITHUB_SERVER}/{owner}");
        let token = self.issue(value("audience").unwrap_or(&default));
        Response::json(200, &json!({ "count": token.len(), "value": token }))
    }

    fn lag(&mut self, _reads: u32) {}

    fn corrupt(&mut self, _files: u32) {}
}

#[cfg(test)]
mod tests;
