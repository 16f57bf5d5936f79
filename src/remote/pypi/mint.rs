//! Trusted publishing: the runner's identity for a token of the index, which lives a quarter of an hour.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use tokio::sync::{Mutex, OnceCell};
use url::Url;

use super::SERVICE;
use super::publisher::advice;
use crate::model::endpoints::Endpoint;
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::answer::{Answer, words};
use crate::remote::http::call::Call;
use crate::remote::http::{Http, backoff};
use crate::remote::oidc::{self, AmbientIdentity, Claims};
use reqwest::Method;

/// A token that ends sooner than this is replaced before it is used: a large file takes its time.
const SPARE: Duration = Duration::from_secs(5 * 60);
/// How long a token lives where the index does not say.
const LIFETIME: Duration = Duration::from_secs(15 * 60);
/// How often a token is asked for at most. An identity is used once, so each try takes a fresh one.
const TRIES: u32 = 3;
const LIMIT_BYTES: u64 = 256 << 10;
/// What a wait between two tries is for.
const WAITING: &str = "the index to mint a token";
/// What an index says to an identity that it has seen before: another one will do.
const REUSED: &str = "invalid-reuse-token";

/// The token of the run, made when it is first needed and renewed in time.
#[derive(Debug, Default)]
pub(super) struct Mint {
    token: Mutex<Option<Minted>>,
    claims: OnceCell<Claims>,
    probed: OnceCell<()>,
}

#[derive(Debug)]
struct Minted {
    lent: Lent,
    ends: SystemTime,
}

/// A token of the index, and what the job said of itself to get it.
#[derive(Clone, Debug)]
pub(super) struct Lent {
    pub(super) token: Secret<String>,
    pub(super) claims: Option<Claims>,
}

#[derive(Deserialize)]
struct AudienceAnswer {
    audience: String,
}

#[derive(Deserialize)]
struct MintAnswer {
    token: String,
    #[serde(default)]
    expires: Option<u64>,
}

impl Mint {
    /// A token that will do for the next minutes.
    ///
    /// # Errors
    /// When the index does not know trusted publishing, or does not trust this job; then the claims are told.
    pub(super) async fn token(
        &self,
        http: &Http,
        upload: &Endpoint,
        identity: &AmbientIdentity,
    ) -> Result<Lent, RemoteError> {
        let mut minted = self.token.lock().await;
        let now = http.surroundings().pace.now();
        if let Some(Minted { lent, .. }) = minted.as_ref().filter(|minted| minted.ends >= now + SPARE) {
            return Ok(lent.clone());
        }
        let audience = audience(http, upload).await?;
        let fresh = mint(http, upload, identity, &audience).await?;
        let lent = fresh.lent.clone();
        *minted = Some(fresh);
        Ok(lent)
    }

    /// Does not use this token again. Whoever comes with one that another has replaced meanwhile changes nothing.
    pub(super) async fn forget(&self, stale: &Secret<String>) {
        let mut minted = self.token.lock().await;
        if minted.as_ref().is_some_and(|minted| minted.lent.token.expose() == stale.expose()) {
            *minted = None;
        }
    }

    /// What an identity token says that the index would take; the token itself is dropped.
    ///
    /// # Errors
    /// When the index does not know trusted publishing, or the runner gives no token that can be read.
    pub(super) async fn claims(
        &self,
        http: &Http,
        upload: &Endpoint,
        identity: &AmbientIdentity,
    ) -> Result<Claims, RemoteError> {
        let look = || async {
            let proof = identity.token(http, &audience(http, upload).await?).await?;
            oidc::claims(&proof).ok_or_else(|| RemoteError::Missing {
                what: "the runner's identity token holds no claims that can be read".into(),
                hint: "is `ACTIONS_ID_TOKEN_REQUEST_URL` the runner's own?".into(),
            })
        };
        self.claims.get_or_try_init(look).await.cloned()
    }

    /// Has a token minted and drops it, the first time it is called.
    ///
    /// # Errors
    /// As [`Self::token`].
    pub(super) async fn probe(
        &self,
        http: &Http,
        upload: &Endpoint,
        identity: &AmbientIdentity,
    ) -> Result<(), RemoteError> {
        let attempt = || async {
            let audience = audience(http, upload).await?;
            mint(http, upload, identity, &audience).await.map(drop)
        };
        self.probed.get_or_try_init(attempt).await.copied()
    }
}

fn address(upload: &Endpoint, path: &str) -> Url {
    upload.url().join(path).expect("a path is an address beside another")
}

async fn audience(http: &Http, upload: &Endpoint) -> Result<String, RemoteError> {
    let url = address(upload, "/_/oidc/audience");
    let call = Call::get(SERVICE, "asking whom its identity tokens are for", url)
        .header("accept", "application/json")
        // Another host has no say in what the runner states for this one.
        .at_home()
        .limit(LIMIT_BYTES);
    let answer = http.get(&call).await?;
    match answer.status {
        200..=299 => {}
        404 | 405 => {
            return Err(RemoteError::Missing {
                what: format!("the index at `{}` has no trusted publishing", upload.authority()),
                hint: "give it an API token instead, or is `repository-url` wrong?".into(),
            });
        }
        403 => {
            return Err(
                answer.error(Some("is trusted publishing switched off there? give it a token".into()))
            );
        }
        _ => return Err(answer.error(None)),
    }
    let AudienceAnswer { audience } = answer.json("an audience for identity tokens")?;
    if audience.is_empty() || audience.len() > 255 || audience.contains(char::is_control) {
        return Err(answer.unexpected("an audience for identity tokens", "something else"));
    }
    own(upload, audience)
}

/// Refuses an audience that is another service's: the index would hold a token that lets it in there in our name.
fn own(upload: &Endpoint, audience: String) -> Result<String, RemoteError> {
    if upload.may_ask_for(&audience) {
        return Ok(audience);
    }
    Err(RemoteError::Missing {
        what: format!(
            "the index at `{}` asks for an identity token that is for `{audience}`, which is another service's: it gets \
             none",
            upload.authority()
        ),
        hint: "give that registry an API token in `credentials`, or is its address wrong?".into(),
    })
}

async fn mint(
    http: &Http,
    upload: &Endpoint,
    identity: &AmbientIdentity,
    audience: &str,
) -> Result<Minted, RemoteError> {
    let mut tried = 1;
    loop {
        let proof = identity.token(http, audience).await?;
        let call = Call::new(
            Method::POST,
            SERVICE,
            "exchanging the identity for a token",
            address(upload, "/_/oidc/mint-token"),
        )
        .header("accept", "application/json")
        .json(&serde_json::json!({ "token": proof.expose() }))
        .hiding(&proof)
        .limit(LIMIT_BYTES);
        let (error, wait) = match http.send(&call).await {
            Ok(answer) if answer.is_success() => return minted(http, &answer, &proof),
            Ok(answer) => {
                let delay = answer.asks_to_wait(http.surroundings().pace.now());
                let may_pass = answer.is_failure_of_service() || said(&answer).contains(REUSED);
                (refusal(&answer, &proof), delay.map(Wait::Asked).or_else(|| may_pass.then_some(Wait::Own)))
            }
            // A token more than needed does no harm: it ends by itself.
            Err(error @ (RemoteError::Unreachable { .. } | RemoteError::Lost { .. })) => {
                (error, Some(Wait::Own))
            }
            Err(error) => (error, None),
        };
        match wait {
            Some(Wait::Asked(delay)) if tried < TRIES && http.may_wait(delay) => {
                http.wait_out(WAITING, delay).await;
            }
            Some(Wait::Own) if tried < TRIES && http.may_wait(backoff(tried)) => {
                http.pause(WAITING, backoff(tried)).await;
            }
            _ => return Err(error),
        }
        tried += 1;
    }
}

fn minted(http: &Http, answer: &Answer, proof: &Secret<String>) -> Result<Minted, RemoteError> {
    let MintAnswer { token, expires } = answer.json("a token")?;
    http.surroundings().masks.mask(&token);
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(answer.unexpected("a token", "something else"));
    }
    let now = http.surroundings().pace.now();
    // Measured by the index's own clock where it tells the time: ours may be wrong.
    let theirs = answer.date().unwrap_or(now);
    let ends = expires.and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    let left = ends.map_or(LIFETIME, |ends| ends.duration_since(theirs).unwrap_or_default());
    // Nobody lends a token for longer than a day, and a nonsensical number must not overflow the clock.
    let lent = Lent { token: Secret::new(token), claims: oidc::claims(proof) };
    Ok(Minted { lent, ends: now + left.min(Duration::from_secs(86_400)) })
}

/// How long to wait before another try.
enum Wait {
    /// As long as the index asked for.
    Asked(Duration),
    /// A little longer each time.
    Own,
}

/// The reasons that an index gives for a refusal, in its own short names.
fn said(answer: &Answer) -> String {
    #[derive(Deserialize)]
    struct Refused {
        #[serde(default)]
        errors: Vec<Reason>,
    }
    #[derive(Deserialize)]
    struct Reason {
        #[serde(default)]
        code: String,
    }
    let refused = serde_json::from_slice(&answer.body).unwrap_or(Refused { errors: Vec::new() });
    let codes: Vec<_> = refused.errors.into_iter().map(|Reason { code }| code).collect();
    codes.join(" ")
}

/// Why the index does not trust this job, with what the job said of itself and what would have to change.
fn refusal(answer: &Answer, proof: &Secret<String>) -> RemoteError {
    let claims = oidc::claims(proof).filter(|_| answer.status < 500);
    let hint = claims.map(|claims| match said(answer) {
        said if said.contains("not-enabled") => {
            "the index has switched trusted publishing off: give it an API token, or run again later".to_owned()
        }
        said if said.contains(REUSED) => "the runner gave one identity twice: run the job again".to_owned(),
        said if said.contains("invalid-token") || said.contains("invalid-payload") => format!(
            "the index does not take the runner's identity at all: does it know the issuer `{}`, and are the clocks right? \
             The job said: {claims}",
            words(claims.get("iss").unwrap_or("none"))
        ),
        _ => advice(&claims),
    });
    answer.error(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_gets_no_identity_that_another_service_takes() {
        let mirror: Endpoint = "https://mirror.example.org/legacy/".parse().expect("good");
        let error = own(&mirror, "pypi".into()).expect_err("not its own");
        assert!(
            error.to_string().contains("mirror.example.org") && error.to_string().contains("`pypi`"),
            "{error}"
        );
        assert!(error.hint().is_some_and(|hint| hint.contains("`credentials`")), "{error:?}");
        assert_eq!(own(&mirror, "mirror".into()).expect("its own"), "mirror");
    }
}
