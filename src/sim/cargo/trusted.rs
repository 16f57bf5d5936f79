//! Trusted publishing: an identity token of GitHub's becomes a token for half an hour, which can be given back.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Crates;
use super::refusal::{Checked, Refusal};
use super::tokens::MINTED;
use crate::model::crate_name::CrateName;
use crate::model::endpoints::GITHUB_OIDC_ISSUER;
use crate::sim::oidc::jwt::{self, Key};
use crate::sim::{Request, Response};

/// How long a minted token counts, in seconds.
pub const TOKEN_SECONDS: u64 = 1_800;
/// How far clocks may be apart, in seconds.
const LEEWAY_SECONDS: u64 = 60;
/// Events that run with the rights of the repository on what strangers sent. The words of the real refusal are not
/// published; that it is one is documented.
const REFUSED_EVENTS: [&str; 2] = ["pull_request_target", "workflow_run"];

/// A workflow that may publish new versions of a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// The crate.
    pub krate: CrateName,
    /// `owner/name`.
    pub repository: String,
    /// The owner's number, which survives renames.
    pub repository_owner_id: String,
    /// The workflow's file name, such as `release.yml`.
    pub workflow: String,
    /// The environment that the job must be of, where one is demanded.
    pub environment: Option<String>,
}

/// What trusted publishing remembers.
#[derive(Clone, Debug)]
pub(super) struct TrustedPublishing {
    /// Off: there is no such address.
    pub(super) enabled: bool,
    /// How long a minted token counts, in seconds.
    pub(super) token_seconds: u64,
    key: Key,
    publishers: Vec<Publisher>,
    /// Identity tokens that were used, by their `jti`.
    used: BTreeSet<String>,
}

impl Publisher {
    /// A publisher with the owner's number that the simulated provider states, and no environment.
    pub fn new(krate: CrateName, repository: &str, workflow: &str) -> Self {
        Self {
            krate,
            repository: repository.to_owned(),
            repository_owner_id: "65".to_owned(),
            workflow: workflow.to_owned(),
            environment: None,
        }
    }
}

impl TrustedPublishing {
    /// Trusts the issuer that holds `key`.
    pub(super) const fn new(key: Key) -> Self {
        Self {
            enabled: true,
            token_seconds: TOKEN_SECONDS,
            key,
            publishers: Vec::new(),
            used: BTreeSet::new(),
        }
    }

    /// Registers a publisher.
    pub(super) fn register(&mut self, publisher: Publisher) {
        self.publishers.push(publisher);
    }

    /// The claims, when signature, issuer, audience and times are right.
    fn verified(&self, token: &str, audience: &str, now: u64) -> Checked<Map<String, Value>> {
        let malformed = || Refusal::bad("Failed to decode JWT");
        let unverified = jwt::claims(token).map_err(|_malformed| malformed())?;
        let issuer = text(&unverified, "iss");
        if issuer != GITHUB_OIDC_ISSUER {
            return Err(Refusal::bad(format!("Unsupported JWT issuer: {issuer}")));
        }
        let claims = self.key.verify(token).map_err(|_forged| malformed())?;
        let time = |name: &str| claims.get(name).and_then(Value::as_u64);
        let good = text(&claims, "aud") == audience
            && time("exp").is_some_and(|at| at + LEEWAY_SECONDS > now)
            && time("iat").is_some_and(|at| at <= now + LEEWAY_SECONDS);
        if good { Ok(claims) } else { Err(malformed()) }
    }

    /// The crates whose publishers the claims describe.
    fn crates(&self, claims: &Map<String, Value>) -> Checked<Vec<CrateName>> {
        let claim = |name: &str| text(claims, name);
        let repository = claim("repository");
        let odd = |what: &str| Refusal::bad(format!("Unexpected `{what}` value"));
        if !repository.contains('/') {
            return Err(odd("repository"));
        }
        let workflow = workflow_file(claim("workflow_ref")).ok_or_else(|| odd("workflow_ref"))?;
        let owner = claim("repository_owner_id");
        if owner.parse::<i32>().is_err() {
            return Err(odd("repository_owner_id"));
        }
        let event = claim("event_name");
        if REFUSED_EVENTS.contains(&event) {
            return Err(Refusal::bad(format!(
                "Trusted Publishing is not supported for workflows that are triggered by the `{event}` event"
            )));
        }
        let all: Vec<&Publisher> = self
            .publishers
            .iter()
            .filter(|publisher| publisher.repository.eq_ignore_ascii_case(repository))
            .collect();
        if all.is_empty() {
            return Err(Refusal::bad(format!(
                "No Trusted Publishing config found for repository `{repository}`."
            )));
        }
        let config = format!("The Trusted Publishing config for repository `{repository}`");
        let same_owner = narrowed(
            &all,
            |publisher| publisher.repository_owner_id == owner,
            |others| {
                let ids = listed(others.iter().map(|publisher| publisher.repository_owner_id.clone()));
                format!(
                    "{config} does not match the repository owner ID ({owner}) in the JWT. Expected owner IDs: {ids}. Please recreate the Trusted Publishing config to update the repository owner ID."
                )
            },
        )?;
        let same_workflow = narrowed(
            &same_owner,
            |publisher| publisher.workflow == workflow,
            |others| {
                let files = listed(others.iter().map(|publisher| format!("`{}`", publisher.workflow)));
                format!(
                    "{config} does not match the workflow filename `{workflow}` in the JWT. Expected workflow filenames: {files}"
                )
            },
        )?;
        let environment = claim("environment");
        let fits = |publisher: &Publisher| {
            publisher.environment.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(environment))
        };
        let found = narrowed(&same_workflow, fits, |others| {
            let names = listed(
                others.iter().flat_map(|publisher| &publisher.environment).map(|it| format!("`{it}`")),
            );
            match environment {
                "" => format!(
                    "{config} requires an environment, but the JWT does not specify one. Expected environments: {names}"
                ),
                other => format!(
                    "{config} does not match the environment `{other}` in the JWT. Expected environments: {names}"
                ),
            }
        })?;
        Ok(found.into_iter().map(|publisher| publisher.krate.clone()).collect())
    }
}

/// Those that fit; or a refusal that tells what the others want, when none does.
fn narrowed<'a>(
    all: &[&'a Publisher],
    fits: impl Fn(&Publisher) -> bool,
    refusal: impl Fn(&[&'a Publisher]) -> String,
) -> Checked<Vec<&'a Publisher>> {
    let (fitting, others): (Vec<_>, Vec<_>) = all.iter().copied().partition(|publisher| fits(publisher));
    if fitting.is_empty() { Err(Refusal::bad(refusal(&others))) } else { Ok(fitting) }
}

fn listed(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// `POST /api/v1/trusted_publishing/tokens`. The audience is the registry's own host.
///
/// # Errors
/// 400 with what does not fit.
pub(super) fn exchange(registry: &mut Crates, request: &Request) -> Checked<Response> {
    let now = registry.clock.now();
    registry.limits.are_open(now)?;
    let payload: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::bad(format!("Failed to parse the request body as JSON: {error}")))?;
    let token = payload
        .get("jwt")
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::of(422, "Failed to deserialize the JSON body: missing field `jwt`"))?;
    let trusted = &mut registry.trusted_publishing;
    let audience = request.header("host").unwrap_or_default();
    let claims = trusted.verified(token, audience, now)?;
    if !trusted.used.insert(text(&claims, "jti").to_owned()) {
        return Err(Refusal::bad("JWT has already been used"));
    }
    let crates = match trusted.crates(&claims) {
        Ok(crates) => crates,
        Err(refusal) => {
            // What is refused is not remembered: there it is rolled back.
            trusted.used.remove(text(&claims, "jti"));
            return Err(refusal);
        }
    };
    let expires = now + trusted.token_seconds;
    let token = registry.tokens.mint(crates, expires);
    Ok(Response::json(200, &json!({ "token": token })))
}

/// `DELETE /api/v1/trusted_publishing/tokens`. A token that ended already is as good as any.
///
/// # Errors
/// 401 when no minted token comes with the request.
pub(super) fn revoke(registry: &mut Crates, request: &Request) -> Checked<Response> {
    let header =
        request.header("authorization").ok_or_else(|| Refusal::of(401, "Missing authorization header"))?;
    let token = header
        .strip_prefix("Bearer ")
        .filter(|token| token.starts_with(MINTED))
        .ok_or_else(|| Refusal::of(401, "Invalid authorization header"))?;
    registry.tokens.revoke(token);
    Ok(Response::empty(204))
}

/// `release.yml` of `owner/name/.github/workflows/release.yml@refs/heads/main`.
fn workflow_file(workflow_ref: &str) -> Option<&str> {
    let (path, _) = workflow_ref.split_once('@')?;
    let file = path.rsplit('/').next()?;
    let stem = file.strip_suffix(".yml").or_else(|| file.strip_suffix(".yaml"))?;
    (!stem.is_empty()).then_some(file)
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> &'a str {
    claims.get(name).and_then(Value::as_str).unwrap_or_default()
}
