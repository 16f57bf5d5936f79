//! What an index means when it refuses an upload, and what to do about it.
//!
//! PyPI has a status for whole classes of reasons and tells them apart by words only, which it chose with care not to
//! change: other clients read them too. Where the words are not known the status has to do.

use super::publisher::advice;
use super::taken::says_taken;
use super::{CredentialKind, Upload};
use crate::remote::http::answer::Answer;
use crate::remote::oidc::Claims;

/// So much of a refusal is read for its reason; pages of proxies can be long.
const READ_BYTES: usize = 64 << 10;

/// Why an upload was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is a file of this name, or one with these bytes.
    Taken,
    /// There was a file of this name, and it was deleted.
    UsedUp,
    /// The release has its sdist already.
    SecondSdist,
    /// The file is too large.
    FileTooLarge,
    /// All files of the project together are.
    ProjectTooLarge,
    /// Nobody may upload now.
    ReadOnly,
    /// The account made too many projects lately.
    TooManyProjects,
    /// The credential is good, and not for this project.
    OtherProject,
    /// The project does not exist, and the credential cannot create it under this name.
    PendingName,
    /// User names with passwords are not taken any more.
    TokensOnly,
    /// The credential is wrong, expired, or for another service.
    Credential,
    /// Attestations came with a credential that allows none.
    AttestationsNeedPublisher,
    /// The attestations do not hold.
    Attestations,
    /// The address leads elsewhere.
    Redirect,
    /// There is no upload endpoint at the address.
    Address,
    /// Something else than an index answered.
    Page,
    /// Something else.
    Other,
}

/// Words of refusals in lower case, and what they mean. The first that fits counts.
const WORDS: [(&str, Refusal); 17] = [
    ("read-only mode", Refusal::ReadOnly),
    ("previously used by a file", Refusal::UsedUp),
    ("filename has already been used", Refusal::UsedUp),
    ("only one sdist may be uploaded", Refusal::SecondSdist),
    ("project size too large", Refusal::ProjectTooLarge),
    ("file too large", Refusal::FileTooLarge),
    ("entity too large", Refusal::FileTooLarge),
    ("too many new projects", Refusal::TooManyProjects),
    ("non-user identities cannot create new projects", Refusal::PendingName),
    ("allowed to upload to project", Refusal::OtherProject),
    ("token is not valid for project", Refusal::OtherProject),
    ("only supported when using trusted publishing", Refusal::AttestationsNeedPublisher),
    ("attestations are not supported", Refusal::AttestationsNeedPublisher),
    ("invalid attestations", Refusal::Attestations),
    ("username/password authentication is no longer supported", Refusal::TokensOnly),
    ("invalid or non-existent authentication", Refusal::Credential),
    ("invalid api token", Refusal::Credential),
];

impl Refusal {
    /// What an answer that is no success means.
    pub(super) fn of(answer: &Answer) -> Self {
        let said = said(answer);
        let known = WORDS.iter().find(|(words, _)| said.contains(words)).map(|(_, refusal)| *refusal);
        match answer.status {
            300..=399 => Self::Redirect,
            413 => known.unwrap_or(Self::FileTooLarge),
            400..=499 if known.is_some() => known.unwrap_or(Self::Other),
            status if says_taken(status, &said) => Self::Taken,
            401 | 403 => Self::Credential,
            404 | 405 => Self::Address,
            _ if answer.is_page() => Self::Page,
            _ => Self::Other,
        }
    }

    /// What to do about it, where that is known; `claims` are those of the job behind a minted token.
    pub(super) fn remedy(
        self,
        answer: &Answer,
        upload: &Upload<'_>,
        credential: &Credentials<'_>,
    ) -> Option<String> {
        let project = upload.project;
        let text = match self {
            Self::Taken => "the index says that the name or the bytes are taken, and does not list them: are they hidden, \
                            deleted, or there under another name? release a new version"
                .into(),
            Self::UsedUp => {
                "a file name is used up for ever, even when the file is deleted: release a new version".into()
            }
            Self::SecondSdist => format!(
                "the release has another sdist already, under a name of another spelling: leave this one out, or release a \
                 new version of `{project}`"
            ),
            Self::FileTooLarge => format!(
                "build a smaller file than these {} bytes, or ask the index for a higher limit for `{project}`",
                upload.artifact.size_bytes
            ),
            Self::ProjectTooLarge => format!(
                "delete old releases of `{project}` that nobody needs, or ask the index for a higher limit"
            ),
            Self::ReadOnly => "the index takes no uploads now: see its status page, and run again when it does. What is \
                               done is found and not repeated"
                .into(),
            Self::TooManyProjects => "the index lets nobody create more than a few projects an hour: run again later, what \
                                      is done is found and not repeated"
                .into(),
            Self::OtherProject | Self::PendingName => return Some(self.not_for_project(upload, credential)),
            Self::TokensOnly => "make an API token at the index and give it as `password`, with the user `__token__`; or \
                                 leave the password out, and publish as a trusted publisher"
                .into(),
            Self::Credential => credential.doubt(upload, answer),
            Self::AttestationsNeedPublisher => "the index takes attestations from trusted publishers only: leave the \
                                                password out and let the workflow be one, or leave the attestations out"
                .into(),
            Self::Attestations => "do the attestations belong to these very files, and were they made by the workflow that \
                                   is the trusted publisher? sign again, or leave them out"
                .into(),
            Self::Redirect => "an upload is never sent on to another address: give the one that it redirects to as \
                               `repository-url`"
                .into(),
            Self::Address => "is `repository-url` the upload endpoint, with its path?".into(),
            Self::Page => PAGE.into(),
            Self::Other => return None,
        };
        Some(text)
    }

    fn not_for_project(self, upload: &Upload<'_>, credential: &Credentials<'_>) -> String {
        let project = upload.project;
        match (self, credential.kind, credential.claims) {
            (Self::PendingName, ..) => format!(
                "does `{project}` exist at the index? if not, a pending publisher has to have exactly this project name: \
                 create one for `{project}`, or correct the name in the metadata{}",
                credential.said()
            ),
            (_, CredentialKind::TrustedPublishing, Some(claims)) => format!(
                "this job is a trusted publisher, and not of `{project}`: add it there too. On the pages of `{project}`, {}",
                advice(claims)
            ),
            (_, CredentialKind::Password, _) => {
                format!("the user is known, and has no part in `{project}`: ask an owner of it for a role")
            }
            _ => format!(
                "the token is good, and not for `{project}`: make one that is scoped to it, or to the whole account, by a \
                 user who may upload to it"
            ),
        }
    }
}

const PAGE: &str = "the answer is a page for people: is `repository-url` the upload endpoint, and does no proxy, firewall \
                    or log-in page answer in its place?";

/// What proved to the index that we may upload, as far as a remedy speaks of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Credentials<'a> {
    /// What kind of proof it is.
    pub(super) kind: CredentialKind,
    /// The user name that was sent.
    pub(super) user: &'a str,
    /// What the job said of itself, where its identity was exchanged for a token.
    pub(super) claims: Option<&'a Claims>,
}

impl Credentials<'_> {
    fn said(&self) -> String {
        self.claims.map(|claims| format!(". The job said: {claims}")).unwrap_or_default()
    }

    /// What may be wrong with it.
    fn doubt(&self, upload: &Upload<'_>, answer: &Answer) -> String {
        let project = upload.project;
        let mut text = match self.kind {
            CredentialKind::TrustedPublishing => format!(
                "the token that the index gave this job was refused, and a fresh one too: is the workflow still a trusted \
                 publisher of `{project}`?{}",
                self.said()
            ),
            CredentialKind::ApiToken => format!(
                "is the token right, complete and not expired, is it one of this index and not of its test index, and may it \
                 upload to `{project}`? it was sent with the user `__token__`"
            ),
            CredentialKind::Password => format!(
                "are user and password right, and may the user `{}` upload to `{project}`? for an API token the user name \
                 is `__token__`",
                self.user.chars().take(60).collect::<String>()
            ),
        };
        if answer.is_page() {
            text.push_str(". The answer is a page for people: a proxy or a firewall may have refused in the index's place");
        }
        text
    }
}

/// All words of an answer in lower case: the reason phrase, which HTTP/2 does not have, and the body.
fn said(answer: &Answer) -> String {
    let body = &answer.body[..answer.body.len().min(READ_BYTES)];
    format!("{}\n{}", answer.reason, String::from_utf8_lossy(body)).to_lowercase()
}
