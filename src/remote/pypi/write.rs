//! Uploading, by the legacy interface.

use std::time::Duration;

use reqwest::Method;
use url::Url;

use super::form::{Form, form};
use super::mint::{Lent, Mint};
use super::read::IndexRead;
use super::refusal::{Credentials, Refusal};
use super::{Credential, CredentialKind, IndexFile, SERVICE, TOKEN_USER, Upload};
use crate::model::artifact::{Delta, FileName};
use crate::model::endpoints::Endpoint;
use crate::model::secret::Secret;
use crate::remote::doubts::Doubts;
use crate::remote::error::RemoteError;
use crate::remote::http::answer::{Answer, words};
use crate::remote::http::call::Call;
use crate::remote::http::{Http, backoff};
use crate::remote::oidc::{AmbientIdentity, Claims};

/// A file is sent this often at most.
const SENDS: u32 = 3;
/// How often the index is looked at before a file counts as not there: it may lag behind the upload.
const LOOKS: u32 = 6;
/// Answers of `PyPI` are empty, other indexes' are a line.
const LIMIT_BYTES: u64 = 1 << 20;
/// `PyPI` answers in JSON when it is asked to; its text answer may lie in the reason phrase, which HTTP/2 does not have.
const ACCEPT: &str = "application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7";
/// An index that takes nothing for a while is asked again after this.
const READ_ONLY: Duration = Duration::from_secs(60);
/// What a wait between two tries is for.
const WAITING: &str = "the index to take the file";

/// Uploads to an index.
#[derive(Debug)]
pub(crate) struct IndexWrite {
    http: Http,
    upload: Endpoint,
    read: IndexRead,
    credential: Credential,
    mint: Mint,
    doubts: Doubts,
}

/// An upload that was not confirmed.
struct Failure {
    error: RemoteError,
    /// How often to look whether the file is there all the same.
    looks: u32,
    /// What may help.
    next: Next,
}

impl Failure {
    fn of(error: RemoteError, looks: u32, next: Next) -> Self {
        Self { error, looks, next }
    }

    /// An error that another try would not better.
    fn refused(error: RemoteError) -> Self {
        Self::of(error, 1, Next::Nothing)
    }
}

/// What may help after an upload that was not confirmed.
enum Next {
    Nothing,
    /// To send it again some time later, of our own accord.
    Later(Duration),
    /// To send it again no sooner than the index asked us to.
    Asked(Duration),
    /// To send it again with another token than this.
    FreshToken(Secret<String>),
    /// To find the file that has the same bytes: the index says that there is one.
    Twin,
}

/// What a request proves that we may upload with.
struct Login {
    user: String,
    password: Secret<String>,
    /// What the job said of itself, where the password is a minted token.
    claims: Option<Claims>,
}

/// What the index shows of a file.
enum Shown {
    Same,
    Other {
        theirs: String,
    },
    /// Not this name, but these bytes under another.
    Twin {
        name: String,
    },
    Nothing,
}

impl IndexWrite {
    /// A writer to the upload endpoint `upload`; `read` is where it looks whether a file arrived.
    pub(crate) fn new(http: Http, upload: Endpoint, read: IndexRead, credential: Credential) -> Self {
        Self { http, upload, read, credential, mint: Mint::default(), doubts: Doubts::default() }
    }

    /// How it proves that it may upload.
    pub(crate) fn credential_kind(&self) -> CredentialKind {
        self.credential.kind()
    }

    /// What the runner's identity would tell the index of this job. One identity token is taken for it, looked at
    /// and dropped; the index is only asked whom such tokens are for. Later calls answer what the first one found.
    ///
    /// # Errors
    /// When the index has no trusted publishing, the runner lends no identity, or a password is what was given.
    pub(crate) async fn identity(&self) -> Result<Claims, RemoteError> {
        let identity = self.ambient().ok_or_else(|| RemoteError::Missing {
            what: "a password is used, so the runner's identity is not asked for".into(),
            hint: "leave the password out to publish as a trusted publisher".into(),
        })?;
        self.mint.claims(&self.http, &self.upload, identity).await
    }

    /// Proves that the index would give this job a token: one is minted, and dropped. Done once, however often it is
    /// asked for; without trusted publishing there is nothing to prove without an upload.
    ///
    /// # Errors
    /// When the index has no trusted publishing, or does not trust this job; then the claims are told.
    pub(crate) async fn probe(&self) -> Result<(), RemoteError> {
        match self.ambient() {
            Some(identity) => self.mint.probe(&self.http, &self.upload, identity).await,
            None => Ok(()),
        }
    }

    const fn ambient(&self) -> Option<&AmbientIdentity> {
        match &self.credential {
            Credential::TrustedPublishing(identity) => Some(identity),
            Credential::Password { .. } => None,
        }
    }

    /// Sees to it that the index holds the file. Safe to repeat: whatever goes wrong, the index is looked at, and
    /// the file is sent again only when it is not there.
    ///
    /// # Errors
    /// When the index refuses it, holds other bytes under its name, or does not show it after all tries.
    pub(crate) async fn ensure_upload(&self, upload: &Upload<'_>) -> Result<(), RemoteError> {
        let form = form(upload)?;
        let (mut sent, mut renewed) = (1, false);
        loop {
            let Err(failure) = self.send(upload, &form, sent).await else { return Ok(()) };
            let Failure { error, looks, next } = failure;
            if error.is_ambiguous() {
                self.doubts.note(&upload.artifact.file_name);
            }
            match (self.look(upload, looks).await, &next) {
                (Ok(Shown::Same), _) => return Ok(()),
                (Ok(Shown::Other { theirs }), _) => return Err(conflict(upload, theirs)),
                (Ok(Shown::Twin { name }), Next::Twin) => return Err(has_twin(error, &name)),
                // Where it cannot be seen, another copy might be one too many.
                (Err(_), _) => return Err(error),
                (Ok(Shown::Nothing | Shown::Twin { .. }), _) => {}
            }
            match next {
                Next::FreshToken(stale) if !renewed && !self.http.surroundings().stop.is_requested() => {
                    self.mint.forget(&stale).await;
                    renewed = true;
                    continue;
                }
                Next::Later(delay) if sent < SENDS && self.http.may_wait(delay) => {
                    self.http.pause(WAITING, delay).await;
                }
                Next::Asked(delay) if sent < SENDS && self.http.may_wait(delay) => {
                    self.http.wait_out(WAITING, delay).await;
                }
                _ => return Err(error),
            }
            sent += 1;
        }
    }

    /// Whether some try to send the file may have taken effect, whatever the last one brought.
    pub(crate) fn is_in_doubt(&self, file: &FileName) -> bool {
        self.doubts.holds(file)
    }

    /// Sends the file once and reads the answer.
    async fn send(&self, upload: &Upload<'_>, form: &Form, sent: u32) -> Result<(), Failure> {
        let login = self.login().await.map_err(Failure::refused)?;
        let what = format!("uploading `{}`", upload.artifact.file_name);
        let call = Call::new(Method::POST, SERVICE, what, with_slash(self.upload.url()))
            .header("accept", ACCEPT)
            .header("content-type", form.content_type.clone())
            .basic(&login.user, &login.password)
            .limit(LIMIT_BYTES)
            .carrying(form.parts.clone());
        match self.http.send(&call).await {
            Ok(answer) if answer.is_success() && answer.is_page() => {
                let error = answer.unexpected("the index's confirmation", "a page of HTML");
                Err(Failure::of(error, LOOKS, Next::Nothing))
            }
            Ok(answer) if answer.is_success() => Ok(()),
            Ok(answer) => Err(self.failure(upload, &answer, login, sent)),
            Err(error @ RemoteError::Unreachable { .. }) => {
                Err(Failure::of(error, 1, Next::Later(backoff(sent))))
            }
            Err(error) if error.is_ambiguous() => Err(Failure::of(error, LOOKS, Next::Later(backoff(sent)))),
            Err(error) => Err(Failure::refused(error)),
        }
    }

    /// What follows from an answer that is no success.
    fn failure(&self, upload: &Upload<'_>, answer: &Answer, login: Login, sent: u32) -> Failure {
        let asked = answer.asks_to_wait(self.http.surroundings().pace.now()).map(Next::Asked);
        if answer.is_failure_of_service() {
            let next = asked.unwrap_or_else(|| Next::Later(backoff(sent)));
            return Failure::of(answer.error(None), LOOKS, next);
        }
        let refusal = Refusal::of(answer);
        let Login { user, password, claims } = login;
        let kind = self.credential.kind();
        let credentials = Credentials { kind, user: &user, claims: claims.as_ref() };
        let error = answer.error(refusal.remedy(answer, upload, &credentials));
        match refusal {
            Refusal::Taken => Failure::of(error, LOOKS, Next::Twin),
            // It ended while others were on their way, or the index forgot it.
            Refusal::Credential if kind == CredentialKind::TrustedPublishing => {
                Failure::of(error, 1, Next::FreshToken(password))
            }
            Refusal::ReadOnly => Failure::of(error, 1, asked.unwrap_or(Next::Later(READ_ONLY))),
            // A minute, which is what others mean by this status, would not help.
            Refusal::TooManyProjects if answer.header("retry-after").is_none() => Failure::refused(error),
            _ => Failure::of(error, 1, asked.unwrap_or(Next::Nothing)),
        }
    }

    /// User name and password of the next request.
    async fn login(&self) -> Result<Login, RemoteError> {
        match &self.credential {
            Credential::Password { user, password } => {
                Ok(Login { user: user.clone(), password: password.clone(), claims: None })
            }
            Credential::TrustedPublishing(identity) => {
                let Lent { token, claims } = self.mint.token(&self.http, &self.upload, identity).await?;
                Ok(Login { user: TOKEN_USER.to_owned(), password: token, claims })
            }
        }
    }

    /// Looks up to `looks` times whether the file is there.
    async fn look(&self, upload: &Upload<'_>, looks: u32) -> Result<Shown, RemoteError> {
        for look in 1..=looks {
            let shown = self.shown(upload).await?;
            if !matches!(shown, Shown::Nothing) || self.http.surroundings().stop.is_requested() {
                return Ok(shown);
            }
            if look < looks {
                self.http.pause("the index to show the file", backoff(look)).await;
            }
        }
        Ok(Shown::Nothing)
    }

    async fn shown(&self, upload: &Upload<'_>) -> Result<Shown, RemoteError> {
        let files = self.read.files(upload.project).await?;
        let file = files.iter().find(|file| file.file.file_name == upload.artifact.file_name.as_str());
        let theirs = |digest: Option<String>| digest.unwrap_or_else(|| "a file of another size".to_owned());
        Ok(match (upload.artifact.compare(file.map(|file| &file.file)), file) {
            (Delta::Missing, _) | (_, None) => match files.iter().find(|file| has_bytes_of(file, upload)) {
                Some(twin) => Shown::Twin { name: twin.file.file_name.clone() },
                None => Shown::Nothing,
            },
            (Delta::Same, _) => Shown::Same,
            (Delta::Differs, Some(file)) => {
                Shown::Other { theirs: theirs(file.file.sha256.map(|digest| digest.to_string())) }
            }
            (Delta::Unproven, Some(file)) => {
                let digest = self.read.digest(file).await?;
                if digest == upload.artifact.sha256 {
                    Shown::Same
                } else {
                    Shown::Other { theirs: digest.to_string() }
                }
            }
        })
    }
}

/// The address with a slash at its end: without it, indexes answer an upload with a redirect.
fn with_slash(url: &Url) -> Url {
    let mut url = url.clone();
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url
}

/// Whether a listed file has the bytes of ours, whatever its name. A size alone proves nothing.
fn has_bytes_of(file: &IndexFile, upload: &Upload<'_>) -> bool {
    file.file.sha256 == Some(upload.artifact.sha256)
}

/// The error of an index that holds the bytes under another name.
fn has_twin(error: RemoteError, name: &str) -> RemoteError {
    match error {
        RemoteError::Status { service, what, status, message, hint: _ } => {
            let hint = format!(
                "the index holds these very bytes as `{}`, and takes them under one name only: leave this file out, or \
                 release a new version",
                words(name)
            );
            RemoteError::Status { service, what, status, message, hint: Some(hint) }
        }
        other => other,
    }
}

fn conflict(upload: &Upload<'_>, theirs: String) -> RemoteError {
    RemoteError::Conflict {
        service: SERVICE,
        file: upload.artifact.file_name.to_string(),
        ours: upload.artifact.sha256,
        theirs,
    }
}
