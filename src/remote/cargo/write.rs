//! Publishing, yanking and un-yanking.

use std::time::Duration;

use reqwest::Method;
use semver::Version;
use url::Url;

use super::mint::{self, Mint};
use super::read::CargoRead;
use super::refusal::{hint, says_ended, says_exists};
use super::{CargoCredential, CrateUpload, IndexedVersion, SERVICE, body, wire};
use crate::model::artifact::FileName;
use crate::model::crate_name::CrateName;
use crate::model::endpoints::Endpoint;
use crate::model::secret::Secret;
use crate::remote::doubts::Doubts;
use crate::remote::error::RemoteError;
use crate::remote::http::answer::Answer;
use crate::remote::http::call::{Call, Part};
use crate::remote::http::{Http, backoff};
use crate::remote::oidc::{self, Claims};
use crate::remote::surroundings::Event;

/// A crate is sent this often at most when replies are lost.
const SENDS: u32 = 3;
/// And this often when the registry says when to come back: it took nothing until then.
const TOLD: u32 = 5;
/// How often the index is looked at, for a minute in all, before a crate counts as not there: registries write their
/// index after they have answered.
const LOOKS: u32 = 8;
const LIMIT_BYTES: u64 = 1 << 20;

/// Publishes to a registry.
#[derive(Debug)]
pub(crate) struct CargoWrite {
    http: Http,
    read: CargoRead,
    credential: CargoCredential,
    mint: Mint,
    doubts: Doubts,
}

/// A request that was not confirmed.
struct Failure {
    error: RemoteError,
    /// How often to look whether it took effect all the same.
    looks: u32,
    again: Again,
}

/// Whether the request may be sent again.
#[derive(Clone, Copy)]
enum Again {
    /// Another one would be answered alike.
    Never,
    /// After a while, when the index does not show it.
    After(Duration),
    /// When the time is over that the registry asked for; it took nothing.
    Told(Duration),
    /// At once, with another token than this one, which has ended.
    NewToken,
}

/// What the index shows of a crate.
enum Shown {
    Same,
    Other { theirs: String },
    Nothing,
}

impl CargoWrite {
    /// A writer to the registry that `read` reads.
    pub(crate) fn new(http: Http, read: CargoRead, credential: CargoCredential) -> Self {
        Self { http, read, credential, mint: Mint::default(), doubts: Doubts::default() }
    }

    /// Sees to it that the registry holds the crate. Safe to repeat: whatever goes wrong, the index is looked at, and
    /// the crate is sent again only when it is not there.
    ///
    /// # Errors
    /// When the registry refuses it, holds other bytes as this version, or does not show it after all tries.
    pub(crate) async fn ensure_published(&self, upload: &CrateUpload<'_>) -> Result<(), RemoteError> {
        let api = self.read.api().await?;
        let parts = body::parts(upload, self.read.index())?;
        let mut tries = Tries::default();
        loop {
            let Err(failure) = self.publish(&api, upload, &parts, tries.sent()).await else { return Ok(()) };
            let Failure { error, looks, again } = failure;
            if error.is_ambiguous() {
                self.doubts.note(&upload.artifact.file_name);
            }
            match self.look(upload, looks).await {
                Ok(Shown::Same) => return Ok(()),
                Ok(Shown::Other { theirs }) => return Err(conflict(upload, theirs)),
                // Where it cannot be seen, another copy might be one too many.
                Err(_) => return Err(error),
                Ok(Shown::Nothing) => {}
            }
            if !tries.allow(&self.http, again, "the registry to take the crate").await {
                return Err(error);
            }
        }
    }

    /// Whether some try to send the crate may have taken effect, whatever the last one brought.
    pub(crate) fn is_in_doubt(&self, file: &FileName) -> bool {
        self.doubts.holds(file)
    }

    /// Sees to it that the version is yanked, or is not, and waits until the index says so. Safe to repeat.
    ///
    /// # Errors
    /// When the registry refuses it, or its index does not follow.
    pub(crate) async fn ensure_yanked(
        &self,
        krate: &CrateName,
        version: &Version,
        yanked: bool,
    ) -> Result<(), RemoteError> {
        let CargoCredential::Token(token) = &self.credential else {
            return Err(RemoteError::Missing {
                what: format!(
                    "`{krate}` {version} is not yanked: a token of trusted publishing only publishes"
                ),
                hint: "give an API token that may yank in `credentials`".into(),
            });
        };
        let api = self.read.api().await?;
        let text = version.to_string();
        let (method, last, verb) =
            if yanked { (Method::DELETE, "yank", "yanking") } else { (Method::PUT, "unyank", "un-yanking") };
        let url = api.join(&["api", "v1", "crates", krate.written(), &text, last]);
        let call = Call::new(method, SERVICE, format!("{verb} `{krate}` {version}"), url)
            .header("accept", "application/json")
            .authorized(token.expose().clone())
            .limit(LIMIT_BYTES);
        let mut tries = Tries::default();
        // No look comes first, and none between: an index that lags shows what was wanted before it is so, and to ask
        // twice changes nothing.
        while let Err(Failure { error, again, .. }) = self.take(&call, tries.sent(), yank_hint).await {
            if !tries.allow(&self.http, again, "the registry to answer").await {
                return Err(error);
            }
        }
        self.await_yanked(krate, version, yanked).await
    }

    /// Tries the credential as far as that can be done without publishing: an identity is exchanged for a token, which
    /// the run then uses. Registries have no question that every good API token may ask.
    ///
    /// # Errors
    /// When no token is to be had.
    pub(crate) async fn probe(&self) -> Result<(), RemoteError> {
        let api = self.read.api().await?;
        if let CargoCredential::TrustedPublishing(identity) = &self.credential {
            self.mint.token(&self.http, &api, identity).await?;
        }
        Ok(())
    }

    /// What this job would say of itself to the registry. Its identity token is dropped.
    ///
    /// # Errors
    /// When the runner lends no identity, or the writer has an API token.
    pub(crate) async fn identity(&self) -> Result<Claims, RemoteError> {
        let CargoCredential::TrustedPublishing(identity) = &self.credential else {
            return Err(RemoteError::Missing {
                what: "an API token says nothing of this job".into(),
                hint: "leave it out to publish by the job's identity".into(),
            });
        };
        let api = self.read.api().await?;
        let proof = identity.token(&self.http, mint::audience(&api)).await?;
        oidc::claims(&proof).ok_or_else(|| RemoteError::Missing {
            what: "the runner's identity token cannot be read".into(),
            hint: "is `ACTIONS_ID_TOKEN_REQUEST_URL` overwritten in the workflow?".into(),
        })
    }

    /// Gives back every token that was minted. Safe to repeat; what fails is told in a note.
    pub(crate) async fn revoke(&self) {
        // No token was minted without this address, and it is remembered.
        if let Some(api) = self.read.known_api() {
            self.mint.revoke(&self.http, &api).await;
        }
    }

    /// Sends the crate once and reads the answer.
    async fn publish(
        &self,
        api: &Endpoint,
        upload: &CrateUpload<'_>,
        parts: &[Part],
        sent: u32,
    ) -> Result<(), Failure> {
        let refused = |error| Failure { error, looks: 1, again: Again::Never };
        let token = self.token(api).await.map_err(refused)?;
        let what = format!("publishing `{}`", upload.artifact.file_name);
        let call = Call::new(Method::PUT, SERVICE, what, publish_address(api))
            .header("accept", "application/json")
            .header("content-type", "application/octet-stream")
            .authorized(token.expose().clone())
            .limit(LIMIT_BYTES)
            .carrying(parts.to_vec());
        let outcome =
            self.take(&call, sent, |status, said| hint(upload, &self.credential, status, said)).await;
        match outcome {
            Ok(answer) => {
                // Nothing that can be read is nothing that is wrong: the index is looked at anyhow.
                let told: wire::Published = serde_json::from_slice(&answer.body).unwrap_or_default();
                for warning in told.warnings() {
                    let note = format!("{SERVICE} says of `{}`: {warning}", upload.artifact.file_name);
                    self.http.surroundings().progress.event(Event::Note(&note));
                }
                Ok(())
            }
            Err(failure) => {
                if let Again::NewToken = failure.again {
                    self.mint.forget(&token).await;
                }
                Err(failure)
            }
        }
    }

    /// Sends a request that changes something once; what is no success is judged by status and words.
    async fn take(
        &self,
        call: &Call,
        sent: u32,
        hint: impl Fn(u16, &str) -> Option<String>,
    ) -> Result<Answer, Failure> {
        match self.http.send(call).await {
            Ok(answer) if answer.is_success() && answer.is_page() => {
                let error = answer.unexpected("the registry's confirmation", "a page of HTML");
                Err(Failure { error, looks: LOOKS, again: Again::Never })
            }
            Ok(answer) if answer.is_success() && !wire::refuses(&answer.body) => Ok(answer),
            Ok(answer) => Err(self.failure(&answer, sent, hint)),
            Err(error @ RemoteError::Unreachable { .. }) => {
                Err(Failure { error, looks: 1, again: Again::After(backoff(sent)) })
            }
            Err(error) if error.is_ambiguous() => {
                Err(Failure { error, looks: LOOKS, again: Again::After(backoff(sent)) })
            }
            Err(error) => Err(Failure { error, looks: 1, again: Again::Never }),
        }
    }

    /// What follows from an answer that is no success.
    fn failure(&self, answer: &Answer, sent: u32, hint: impl Fn(u16, &str) -> Option<String>) -> Failure {
        let said = match answer.error(None) {
            RemoteError::Status { message, .. } => message.to_ascii_lowercase(),
            _ => String::new(),
        };
        let error = answer.error(hint(answer.status, &said));
        let told = answer.asks_to_wait(self.http.surroundings().pace.now());
        if answer.is_failure_of_service() {
            // A router that lost patience answers for a registry that may still be at work.
            let again = told.unwrap_or_default().max(backoff(sent));
            return Failure { error, looks: LOOKS, again: Again::After(again) };
        }
        if says_exists(answer.status, &said) {
            return Failure { error, looks: LOOKS, again: Again::Never };
        }
        let is_lent = matches!(self.credential, CargoCredential::TrustedPublishing(_));
        let again = match told {
            Some(delay) => Again::Told(delay),
            None if is_lent && says_ended(answer.status, &said) => Again::NewToken,
            None => Again::Never,
        };
        Failure { error, looks: 1, again }
    }

    /// What goes into `Authorization` of the next request.
    async fn token(&self, api: &Endpoint) -> Result<Secret<String>, RemoteError> {
        match &self.credential {
            CargoCredential::Token(token) => Ok(token.clone()),
            CargoCredential::TrustedPublishing(identity) => self.mint.token(&self.http, api, identity).await,
        }
    }

    /// Looks up to `looks` times whether the crate is there.
    async fn look(&self, upload: &CrateUpload<'_>, looks: u32) -> Result<Shown, RemoteError> {
        for look in 1..=looks {
            let shown = shown(upload, &self.read.versions(upload.file.name()).await?);
            if !matches!(shown, Shown::Nothing) || self.http.surroundings().stop.is_requested() {
                return Ok(shown);
            }
            if look < looks {
                self.http.pause("the index to show the crate", backoff(look)).await;
            }
        }
        Ok(Shown::Nothing)
    }

    /// Looks until the index says what the API took.
    async fn await_yanked(
        &self,
        krate: &CrateName,
        version: &Version,
        yanked: bool,
    ) -> Result<(), RemoteError> {
        for look in 1..=LOOKS {
            let versions = self.read.versions(krate).await?;
            if versions.iter().any(|one| one.version == *version && one.yanked == yanked) {
                return Ok(());
            }
            if look < LOOKS {
                self.http.pause("the index to follow", backoff(look)).await;
            }
        }
        let state = if yanked { "yanked" } else { "not yanked" };
        Err(RemoteError::Missing {
            what: format!(
                "{SERVICE} took the change, and its index does not show `{krate}` {version} as {state} yet"
            ),
            hint: "run again in some minutes: to ask for it twice changes nothing".into(),
        })
    }
}

/// How often a request was sent, and why.
#[derive(Default)]
struct Tries {
    lost: u32,
    told: u32,
    new_tokens: u32,
}

impl Tries {
    /// Which try of those that count for the next pause this is.
    const fn sent(&self) -> u32 {
        self.lost + 1
    }

    /// Waits as `again` says; `false` when there is nothing to wait for.
    async fn allow(&mut self, http: &Http, again: Again, what: &str) -> bool {
        match again {
            Again::Told(delay) if self.told < TOLD && http.may_wait(delay) => {
                self.told += 1;
                http.wait_out(what, delay).await;
            }
            Again::After(delay) if self.sent() < SENDS && http.may_wait(delay) => {
                self.lost += 1;
                http.wait_out(what, delay).await;
            }
            Again::NewToken if self.new_tokens == 0 => self.new_tokens += 1,
            Again::Never | Again::Told(_) | Again::After(_) | Again::NewToken => return false,
        }
        !http.surroundings().stop.is_requested()
    }
}

fn publish_address(api: &Endpoint) -> Url {
    api.join(&["api", "v1", "crates", "new"])
}

fn yank_hint(status: u16, said: &str) -> Option<String> {
    let text = match status {
        401 | 403 if said.contains("owner") => "is the token that of an owner of this crate?",
        401 | 403 => {
            "is the token right and not expired, and may it yank? crates.io gives that right on its own"
        }
        404 | 405 => "does this registry have this version, and can versions be yanked there?",
        _ => return None,
    };
    Some(text.to_owned())
}

/// What these versions say of the crate. Build metadata does not tell versions apart: a registry has one of them.
fn shown(upload: &CrateUpload<'_>, versions: &[IndexedVersion]) -> Shown {
    let ours = upload.file.version();
    let mut found = versions.iter().filter(|one| one.version.cmp_precedence(ours).is_eq()).peekable();
    if found.peek().is_none() {
        return Shown::Nothing;
    }
    let same = |one: &IndexedVersion| one.version == *ours && one.sha256 == Some(upload.artifact.sha256);
    match found.find(|one| !same(one)) {
        None => Shown::Same,
        Some(IndexedVersion { version, .. }) if version != ours => {
            Shown::Other { theirs: format!("it is there as `{version}`") }
        }
        Some(IndexedVersion { sha256, .. }) => Shown::Other {
            theirs: sha256.map_or_else(|| "bytes without a digest".to_owned(), |digest| digest.to_string()),
        },
    }
}

fn conflict(upload: &CrateUpload<'_>, theirs: String) -> RemoteError {
    RemoteError::Conflict {
        service: SERVICE,
        file: upload.artifact.file_name.to_string(),
        ours: upload.artifact.sha256,
        theirs,
    }
}
