//! Uploading, by the legacy interface.

use std::time::Duration;

use reqwest::Method;
use url::Url;

use super::form::{Form, form};
use super::mint::Mint;
use super::read::IndexRead;
use super::{Credential, CredentialKind, SERVICE, TOKEN_USER, Upload};
use crate::model::artifact::Delta;
use crate::model::endpoints::Endpoint;
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::http::answer::Answer;
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

/// Uploads to an index.
#[derive(Debug)]
pub(crate) struct IndexWrite {
    http: Http,
    upload: Endpoint,
    read: IndexRead,
    credential: Credential,
    mint: Mint,
}

/// An upload that was not confirmed.
struct Failure {
    error: RemoteError,
    /// How often to look whether the file is there all the same.
    looks: u32,
    /// How long to wait before the file is sent again, where that may help.
    again: Option<Duration>,
}

/// What the index shows of a file.
enum Shown {
    Same,
    Other { theirs: String },
    Nothing,
}

impl IndexWrite {
    /// A writer to the upload endpoint `upload`; `read` is where it looks whether a file arrived.
    pub(crate) fn new(http: Http, upload: Endpoint, read: IndexRead, credential: Credential) -> Self {
        Self { http, upload, read, credential, mint: Mint::default() }
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
        let mut sent = 1;
        loop {
            let Err(failure) = self.send(upload, &form, sent).await else { return Ok(()) };
            let Failure { error, looks, again } = failure;
            match self.look(upload, looks).await {
                Ok(Shown::Same) => return Ok(()),
                Ok(Shown::Other { theirs }) => return Err(conflict(upload, theirs)),
                // Where it cannot be seen, another copy might be one too many.
                Err(_) => return Err(error),
                Ok(Shown::Nothing) => {}
            }
            match again.filter(|delay| sent < SENDS && self.http.may_wait(*delay)) {
                Some(delay) => self.http.pause("the index to take the file", delay).await,
                None => return Err(error),
            }
            sent += 1;
        }
    }

    /// Sends the file once and reads the answer.
    async fn send(&self, upload: &Upload<'_>, form: &Form, sent: u32) -> Result<(), Failure> {
        let refused = |error| Failure { error, looks: 1, again: None };
        let (user, password) = self.login().await.map_err(refused)?;
        let what = format!("uploading `{}`", upload.artifact.file_name);
        let call = Call::new(Method::POST, SERVICE, what, with_slash(self.upload.url()))
            .header("accept", ACCEPT)
            .header("content-type", form.content_type.clone())
            .basic(&user, &password)
            .limit(LIMIT_BYTES)
            .carrying(form.parts.clone());
        match self.http.send(&call).await {
            Ok(answer) if answer.is_success() && answer.is_page() => {
                let error = answer.unexpected("the index's confirmation", "a page of HTML");
                Err(Failure { error, looks: LOOKS, again: None })
            }
            Ok(answer) if answer.is_success() => Ok(()),
            Ok(answer) => Err(self.failure(upload, &answer, sent)),
            Err(error @ RemoteError::Unreachable { .. }) => {
                Err(Failure { error, looks: 1, again: Some(backoff(sent)) })
            }
            Err(error) if error.is_ambiguous() => {
                Err(Failure { error, looks: LOOKS, again: Some(backoff(sent)) })
            }
            Err(error) => Err(refused(error)),
        }
    }

    /// What follows from an answer that is no success.
    fn failure(&self, upload: &Upload<'_>, answer: &Answer, sent: u32) -> Failure {
        let error = answer.error(None);
        let said = match &error {
            RemoteError::Status { message, .. } => message.to_ascii_lowercase(),
            _ => String::new(),
        };
        let error = answer.error(self.hint(upload, answer.status, &said));
        let told = answer.asks_to_wait(self.http.surroundings().pace.now());
        if answer.is_failure_of_service() {
            let again = told.unwrap_or_default().max(backoff(sent));
            return Failure { error, looks: LOOKS, again: Some(again) };
        }
        if says_exists(answer.status, &said) {
            return Failure { error, looks: LOOKS, again: None };
        }
        Failure { error, looks: 1, again: told }
    }

    /// User name and password of the next request.
    async fn login(&self) -> Result<(String, Secret<String>), RemoteError> {
        match &self.credential {
            Credential::Password { user, password } => Ok((user.clone(), password.clone())),
            Credential::TrustedPublishing(identity) => {
                let token = self.mint.token(&self.http, &self.upload, identity).await?;
                Ok((TOKEN_USER.to_owned(), token))
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
            (Delta::Missing, _) | (_, None) => Shown::Nothing,
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

    /// What to do about a refusal; `said` is the index's message in lower case.
    fn hint(&self, upload: &Upload<'_>, status: u16, said: &str) -> Option<String> {
        let project = upload.project;
        let text = match status {
            300..=399 => "an upload is never sent on to another address: give the one that it redirects to as `repository-url`".into(),
            _ if said.contains("previously used") => {
                "a file name is used up for ever, even when the file is deleted: release a new version".into()
            }
            _ if status == 413 || said.contains("too large") => {
                format!("build a smaller file, or ask the index for a higher limit for `{project}`")
            }
            _ if says_exists(status, said) => {
                "does the index hold these bytes under another name, or this name with other bytes? release a new version".into()
            }
            401 | 403 => match &self.credential {
                Credential::Password { user, .. } => format!(
                    "is the token right, complete and not expired, and may it upload to `{project}`? for an API token \
                     the user name is `__token__`, here it is `{}`",
                    user.chars().take(60).collect::<String>()
                ),
                Credential::TrustedPublishing(_) => format!(
                    "is this workflow a trusted publisher of `{project}` too? a token covers the projects of its publisher only"
                ),
            },
            404 | 405 => "is `repository-url` the upload endpoint, with its path?".into(),
            _ => return None,
        };
        Some(text)
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

/// Whether an index says that the name is taken, in the words of those we know of. It is only a reason to look again
/// with patience: what the index holds decides.
fn says_exists(status: u16, said: &str) -> bool {
    const WORDS: [&str; 4] = ["already exist", "already been taken", "overwrite artifact", "updating asset"];
    status == 409 || (matches!(status, 400 | 403 | 422) && WORDS.iter().any(|words| said.contains(words)))
}

fn conflict(upload: &Upload<'_>, theirs: String) -> RemoteError {
    RemoteError::Conflict {
        service: SERVICE,
        file: upload.artifact.file_name.to_string(),
        ours: upload.artifact.sha256,
        theirs,
    }
}
