//! Trusted publishing: the runner's identity for a token that lasts half an hour and is given back at the end.

use std::time::{Duration, SystemTime};

use reqwest::Method;
use tokio::sync::Mutex;
use url::Url;

use super::{SERVICE, wire};
use crate::model::endpoints::Endpoint;
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::answer::Answer;
use crate::remote::http::call::Call;
use crate::remote::http::{Http, backoff};
use crate::remote::oidc::{self, AmbientIdentity};
use crate::remote::surroundings::Event;

/// A token that ends sooner than this is replaced before it is used.
const SPARE: Duration = Duration::from_secs(5 * 60);
/// How long a token lives. Registries do not say it in their answer; crates.io documents it.
const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// How often a token is asked for at most. An identity is used once, so each try takes a fresh one.
const TRIES: u32 = 3;
/// How often a token is given back at most: whoever waits for it has nothing else to do.
const REVOCATIONS: u32 = 2;
/// A job does not idle for longer than this at its end for a token that ends by itself.
const LONGEST_REVOCATION: Duration = Duration::from_secs(2 * 60);
const LIMIT_BYTES: u64 = 256 << 10;

/// The tokens of the run: each made when it is first needed, renewed in time, and remembered until it is given back.
#[derive(Debug, Default)]
pub(super) struct Mint(Mutex<Minted>);

#[derive(Debug, Default)]
struct Minted {
    current: Option<(Secret<String>, SystemTime)>,
    /// Every token that was not given back, the current one too.
    alive: Vec<Secret<String>>,
}

impl Mint {
    /// A token that will do for the next minutes.
    ///
    /// # Errors
    /// When the registry does not know trusted publishing, or does not trust this job; then the claims are told.
    pub(super) async fn token(
        &self,
        http: &Http,
        api: &Endpoint,
        identity: &AmbientIdentity,
    ) -> Result<Secret<String>, RemoteError> {
        let mut minted = self.0.lock().await;
        let now = http.surroundings().pace.now();
        if let Some((token, _)) = minted.current.as_ref().filter(|(_, ends)| *ends >= now + SPARE) {
            return Ok(token.clone());
        }
        let token = mint(http, api, identity).await?;
        minted.alive.push(token.clone());
        minted.current = Some((token.clone(), now + LIFETIME));
        Ok(token)
    }

    /// Makes no more use of `token`: the registry does not take it.
    pub(super) async fn forget(&self, token: &Secret<String>) {
        let mut minted = self.0.lock().await;
        if minted.current.as_ref().is_some_and(|(current, _)| current == token) {
            minted.current = None;
        }
    }

    /// Gives every token back. What cannot be given back is told, and ends by itself.
    pub(super) async fn revoke(&self, http: &Http, api: &Endpoint) {
        let alive = {
            let mut minted = self.0.lock().await;
            minted.current = None;
            std::mem::take(&mut minted.alive)
        };
        for token in alive {
            if let Err(error) = revoke(http, api, &token).await {
                let note = format!(
                    "a token of {SERVICE} at `{}` was not given back and ends by itself within 30 minutes: {error}",
                    api.authority()
                );
                http.surroundings().progress.event(Event::Note(&note));
            }
        }
    }
}

/// For whom an identity token is made: the host that is to take it, so that it is of no use anywhere else.
pub(super) fn audience(api: &Endpoint) -> &str {
    api.authority()
}

fn address(api: &Endpoint) -> Url {
    api.join(&["api", "v1", "trusted_publishing", "tokens"])
}

async fn mint(
    http: &Http,
    api: &Endpoint,
    identity: &AmbientIdentity,
) -> Result<Secret<String>, RemoteError> {
    let mut tried = 1;
    loop {
        let proof = identity.token(http, audience(api)).await?;
        let call = Call::new(Method::POST, SERVICE, "exchanging the identity for a token", address(api))
            .header("accept", "application/json")
            .json(&serde_json::json!({ "jwt": proof.expose() }))
            .hiding(&proof)
            .limit(LIMIT_BYTES);
        let (error, again) = match http.send(&call).await {
            Ok(answer) if answer.is_success() => return minted(http, &answer),
            Ok(answer) => {
                let told = answer.asks_to_wait(http.surroundings().pace.now());
                let again = told.map(|delay| (delay, true));
                let failed = answer.is_failure_of_service().then(|| (backoff(tried), false));
                (refusal(&answer, api, &proof), again.or(failed))
            }
            // A token more than needed does little harm: nobody has it, and it ends by itself.
            Err(error @ (RemoteError::Unreachable { .. } | RemoteError::Lost { .. })) => {
                (error, Some((backoff(tried), false)))
            }
            Err(error) => (error, None),
        };
        match again.filter(|(delay, _)| tried < TRIES && http.may_wait(*delay)) {
            Some((delay, true)) => http.wait_out("the registry to mint a token", delay).await,
            Some((delay, false)) => http.pause("the registry to mint a token", delay).await,
            None => return Err(error),
        }
        tried += 1;
    }
}

fn minted(http: &Http, answer: &Answer) -> Result<Secret<String>, RemoteError> {
    let wire::Minted { token } = answer.json("a token")?;
    http.surroundings().masks.mask(&token);
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(answer.unexpected("a token", "something else"));
    }
    Ok(Secret::new(token))
}

/// Why the registry does not trust this job, with what the job said of itself.
fn refusal(answer: &Answer, api: &Endpoint, proof: &Secret<String>) -> RemoteError {
    if matches!(answer.status, 404 | 405) {
        return RemoteError::Missing {
            what: format!("{SERVICE} at `{}` has no trusted publishing", api.authority()),
            hint: "give it an API token in `credentials`, or is the index wrong?".into(),
        };
    }
    let claims = oidc::claims(proof).filter(|_| answer.status < 500 && answer.status != 429);
    answer.error(claims.map(|claims| {
        format!(
            "does the trusted publisher that is configured at the registry name exactly this repository, the file name \
             of this workflow (`workflow_ref`) and this environment? the job said: {claims}"
        )
    }))
}

async fn revoke(http: &Http, api: &Endpoint, token: &Secret<String>) -> Result<(), RemoteError> {
    let call = Call::new(Method::DELETE, SERVICE, "giving the token back", address(api))
        .header("accept", "application/json")
        .bearer(token)
        .limit(LIMIT_BYTES);
    let mut tried = 1;
    loop {
        let (error, told) = match http.send(&call).await {
            Ok(answer) if answer.is_success() && !answer.is_page() => return Ok(()),
            // Who does not know the token, or not any more, has nothing left to take back.
            Ok(answer) if matches!(answer.status, 401 | 404) => return Ok(()),
            Ok(answer) if answer.is_success() => {
                (answer.unexpected("that it is done", "a page of HTML"), None)
            }
            Ok(answer) => (answer.error(None), answer.asks_to_wait(http.surroundings().pace.now())),
            Err(error) => (error, None),
        };
        let delay = told.unwrap_or_else(|| backoff(tried));
        if tried >= REVOCATIONS || delay > LONGEST_REVOCATION {
            return Err(error);
        }
        // A run that was told to stop does not wait here, and tries again all the same.
        http.wait_out("the registry to take the token back", delay).await;
        tried += 1;
    }
}
