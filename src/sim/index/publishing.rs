//! Trusted publishing: an identity token of GitHub's becomes an upload token for a quarter of an hour.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::store::Store;
use super::tokens::Scope;
use crate::model::endpoints::GITHUB_OIDC_ISSUER;
use crate::model::name::PackageName;
use crate::sim::oidc::jwt::{self, Key};
use crate::sim::{Request, Response};

/// How long a minted token counts, in seconds.
pub const TOKEN_SECONDS: u64 = 900;
/// How far clocks may be apart, in seconds.
const LEEWAY_SECONDS: u64 = 30;

/// A workflow that may upload to a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// The project.
    pub project: PackageName,
    /// `owner/name`.
    pub repository: String,
    /// The owner's number, which survives renames.
    pub repository_owner_id: String,
    /// The workflow's file name, such as `release.yml`.
    pub workflow: String,
    /// The environment that the job must be of, where one is demanded.
    pub environment: Option<String>,
    /// Whether the project is there already.
    pub stage: Stage,
}

/// A workflow, as it is shown to those who ask who published a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// `owner/name`.
    pub repository: String,
    /// The workflow's file name.
    pub file: String,
    /// The environment, where the publisher names one.
    pub environment: Option<String>,
}

/// Whether a publisher's project exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It does.
    Active,
    /// The first token creates it.
    Pending,
}

/// What trusted publishing remembers.
#[derive(Clone, Debug)]
pub(super) struct TrustedPublishing {
    /// The audience that identity tokens must be made for.
    pub(super) audience: &'static str,
    /// Off: the exchange is refused.
    pub(super) enabled: bool,
    /// How long a minted token counts, in seconds.
    pub(super) token_seconds: u64,
    key: Key,
    publishers: Vec<Publisher>,
    /// Identity tokens that were used, by their `jti`.
    used: BTreeSet<String>,
}

/// Why an exchange is refused: a code and a description.
type Invalid = (&'static str, String);

impl Publisher {
    /// The publisher of an existing project, with the owner's number that the simulated provider states and no
    /// environment.
    pub fn new(project: PackageName, repository: &str, workflow: &str) -> Self {
        Self {
            project,
            repository: repository.to_owned(),
            repository_owner_id: "65".to_owned(),
            workflow: workflow.to_owned(),
            environment: None,
            stage: Stage::Active,
        }
    }

    fn described(&self) -> Workflow {
        Workflow {
            repository: self.repository.clone(),
            file: self.workflow.clone(),
            environment: self.environment.clone(),
        }
    }

    fn owner(&self) -> &str {
        self.repository.split('/').next().unwrap_or_default()
    }

    /// Whether this registration and `other` describe the same workflow, for whatever projects.
    fn is_same_workflow(&self, other: &Self) -> bool {
        let identity = |publisher: &Self| {
            let Self { project: _, repository, repository_owner_id, workflow, environment, stage: _ } =
                publisher;
            (repository.clone(), repository_owner_id.clone(), workflow.clone(), environment.clone())
        };
        identity(self) == identity(other)
    }
}

impl TrustedPublishing {
    /// Trusts the issuer that holds `key`.
    pub(super) const fn new(audience: &'static str, key: Key) -> Self {
        Self {
            audience,
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

    /// `GET /_/oidc/audience`.
    pub(super) fn audience(&self) -> Response {
        if self.enabled {
            Response::json(200, &json!({ "audience": self.audience }))
        } else {
            Response::json(403, &json!({ "message": "Trusted publishing functionality not enabled" }))
        }
    }

    /// `POST /_/oidc/mint-token`. `issue` gives out the token of the index.
    pub(super) fn mint(
        &mut self,
        request: &Request,
        now: u64,
        store: &mut Store,
        issue: impl FnOnce(Scope) -> String,
    ) -> Response {
        match self.exchange(&request.body, now, store) {
            Ok((projects, workflow)) => {
                let expires = now + self.token_seconds;
                let token = issue(Scope::Publisher { projects, expires, workflow });
                Response::json(200, &json!({ "success": true, "token": token, "expires": expires }))
            }
            Err((code, description)) => {
                let errors = json!([{ "code": code, "description": description }]);
                Response::json(422, &json!({ "message": "Token request failed", "errors": errors }))
            }
        }
    }

    fn exchange(
        &mut self,
        body: &[u8],
        now: u64,
        store: &mut Store,
    ) -> Result<(Vec<PackageName>, Workflow), Invalid> {
        let payload: Value =
            serde_json::from_slice(body).map_err(|error| ("invalid-payload", error.to_string()))?;
        let token = payload
            .get("token")
            .and_then(Value::as_str)
            .ok_or_else(|| ("invalid-payload", "token: Field required, a valid string".to_owned()))?;
        let unverified =
            jwt::claims(token).map_err(|_malformed| ("invalid-payload", "malformed JWT".to_owned()))?;
        if text(&unverified, "iss") != Some(GITHUB_OIDC_ISSUER) {
            return Err(("invalid-payload", "unknown trusted publishing issuer".to_owned()));
        }
        if !self.enabled {
            return Err((
                "not-enabled",
                "GitHub-based trusted publishing functionality not enabled".to_owned(),
            ));
        }
        let claims = self
            .verified(token, now)
            .ok_or_else(|| ("invalid-token", "malformed or invalid token".to_owned()))?;
        self.reify_pending(&claims, store)?;
        let publisher = self.find(&claims, Stage::Active).map_err(|why| {
            ("invalid-publisher", format!("valid token, but no corresponding publisher ({why})"))
        })?;
        let id = text(&claims, "jti").unwrap_or_default().to_owned();
        if !self.used.insert(id) {
            return Err(("invalid-reuse-token", "invalid token: already used".to_owned()));
        }
        Ok((self.projects_of(&publisher), publisher.described()))
    }

    /// The claims, when signature, issuer, audience and times are right.
    fn verified(&self, token: &str, now: u64) -> Option<Map<String, Value>> {
        let claims = self.key.verify(token).ok()?;
        let time = |name: &str| claims.get(name).and_then(Value::as_u64);
        let begun = |at: u64| at <= now + LEEWAY_SECONDS;
        let good = claims.get("aud").and_then(Value::as_str) == Some(self.audience)
            && time("exp").is_some_and(|at| at + LEEWAY_SECONDS > now)
            && time("iat").is_some_and(begun)
            && time("nbf").is_none_or(begun);
        good.then_some(claims)
    }

    /// Creates the project of a pending publisher that the claims describe.
    fn reify_pending(&mut self, claims: &Map<String, Value>, store: &mut Store) -> Result<(), Invalid> {
        let Ok(pending) = self.find(claims, Stage::Pending) else { return Ok(()) };
        let at =
            self.publishers.iter().position(|publisher| *publisher == pending).expect("it was just found");
        if store.projects.contains_key(pending.project.normal()) {
            self.publishers.remove(at);
            return Err(("invalid-pending-publisher", "valid token, but project already exists".to_owned()));
        }
        store.ensure_project(&pending.project);
        self.publishers[at].stage = Stage::Active;
        Ok(())
    }

    /// The registered publisher that the claims describe, or what stands against each.
    fn find(&self, claims: &Map<String, Value>, stage: Stage) -> Result<Publisher, String> {
        let claim = |name: &str| text(claims, name).unwrap_or_default();
        let (repository, workflow_ref) = (claim("repository"), claim("job_workflow_ref"));
        let workflow = workflow_file(workflow_ref)
            .ok_or_else(|| "Could not job extract workflow filename from OIDC claims".to_owned())?;
        let described = |publisher: &&Publisher| {
            publisher.stage == stage
                && publisher.repository.eq_ignore_ascii_case(repository)
                && publisher.owner() == claim("repository_owner")
                && publisher.repository_owner_id == claim("repository_owner_id")
                && publisher.workflow == workflow
        };
        let environment = claim("environment");
        let found = |wanted: Option<&str>| {
            self.publishers.iter().filter(described).find(|publisher| {
                match (&publisher.environment, wanted) {
                    (Some(registered), Some(wanted)) => registered.eq_ignore_ascii_case(wanted),
                    (None, None) => true,
                    _ => false,
                }
            })
        };
        // A publisher that names the environment goes before one that does not care.
        let specific = if environment.is_empty() { None } else { found(Some(environment)) };
        let publisher = specific
            .or_else(|| found(None))
            .ok_or_else(|| "Publisher with matching claims was not found".to_owned())?;
        workflow_ref_fits(publisher, claims)?;
        Ok(publisher.clone())
    }

    /// Every project that the same workflow is registered for.
    fn projects_of(&self, publisher: &Publisher) -> Vec<PackageName> {
        self.publishers
            .iter()
            .filter(|other| other.stage == Stage::Active && other.is_same_workflow(publisher))
            .map(|other| other.project.clone())
            .collect()
    }
}

/// The job's workflow must be of the publisher's own repository, at the commit or ref that runs.
fn workflow_ref_fits(publisher: &Publisher, claims: &Map<String, Value>) -> Result<(), String> {
    let Publisher { repository, workflow, .. } = publisher;
    let found = text(claims, "job_workflow_ref").unwrap_or_default();
    let expected: Vec<String> = ["ref", "sha"]
        .iter()
        .filter_map(|claim| text(claims, claim).filter(|value| !value.is_empty()))
        .map(|at| format!("{repository}/.github/workflows/{workflow}@{at}"))
        .collect();
    if expected.is_empty() {
        return Err("The ref and sha claims are empty".to_owned());
    }
    if expected.iter().any(|expected| expected == found) {
        return Ok(());
    }
    Err(format!("The job_workflow_ref claim does not match, expecting one of {expected:?}, got '{found}'"))
}

/// `release.yml` of `owner/name/.github/workflows/release.yml@refs/heads/main`.
fn workflow_file(workflow_ref: &str) -> Option<&str> {
    let (path, _) = workflow_ref.split_once('@')?;
    let file = path.rsplit('/').next()?;
    let stem = file.strip_suffix(".yml").or_else(|| file.strip_suffix(".yaml"))?;
    (!stem.is_empty()).then_some(file)
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}
