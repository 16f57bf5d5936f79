//! Tokens and what they may do, as `permissions:` of a workflow grants it.

use std::collections::BTreeMap;

use crate::sim::Request;

use super::reply::Refusal;

/// How far a permission reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Not at all.
    #[default]
    None,
    /// Look.
    Read,
    /// Look and change.
    Write,
}

/// What a token may do; whatever is not named is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Commits, tags, releases and their assets.
    pub contents: Access,
    /// Workflow runs and their artifacts.
    pub actions: Access,
    /// Files under `.github/workflows`; no workflow's own token can ever have it.
    pub workflows: Access,
    /// Pull requests.
    pub pull_requests: Access,
    /// Discussions that accompany releases.
    pub discussions: Access,
    /// Settings of the repository.
    pub administration: Access,
    /// What applications find out about commits.
    pub checks: Access,
    /// What others say of commits.
    pub statuses: Access,
}

impl Permissions {
    /// A token that looks only: `contents: read` and `actions: read`.
    pub fn reader() -> Self {
        Self { contents: Access::Read, actions: Access::Read, ..Self::default() }
    }

    /// A release job's token: `contents: write` and `actions: read`.
    pub fn writer() -> Self {
        Self { contents: Access::Write, ..Self::reader() }
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Caller {
    /// Somebody without a token.
    Anonymous,
    /// The bearer of a known token.
    Token(Permissions),
}

impl Caller {
    /// Finds out who sent the request; both spellings of the scheme are accepted.
    ///
    /// # Errors
    ///
    /// A token that nobody issued is refused with 401, even where none is needed.
    pub(super) fn of(request: &Request, tokens: &BTreeMap<String, Permissions>) -> Result<Self, Refusal> {
        let Some(header) = request.header("authorization") else { return Ok(Self::Anonymous) };
        let token = match header.split_once(' ') {
            Some((scheme, token)) if ["token", "bearer"].contains(&scheme.to_ascii_lowercase().as_str()) => {
                token.trim()
            }
            _ => "",
        };
        let known = tokens.get(token).copied();
        known.map(Self::Token).ok_or_else(|| Refusal::new(401, "Bad credentials"))
    }

    /// Whether drafts show: to those who may push.
    pub(super) fn sees_drafts(self) -> bool {
        matches!(self, Self::Token(permissions) if permissions.contents == Access::Write)
    }

    /// Looking at what everybody may see in a public repository.
    ///
    /// # Errors
    ///
    /// A private repository hides from strangers and refuses tokens without `contents: read`.
    pub(super) fn reads_contents(self, private: bool) -> Result<(), Refusal> {
        match self {
            _ if !private => Ok(()),
            Self::Anonymous => Err(Refusal::not_found()),
            Self::Token(permissions) => allow(permissions.contents >= Access::Read, "contents=read"),
        }
    }

    /// Changing tags, releases and assets.
    ///
    /// # Errors
    ///
    /// 401 without a token, 403 without `contents: write`.
    pub(super) fn writes_contents(self) -> Result<(), Refusal> {
        let permissions = self.token()?;
        allow(permissions.contents == Access::Write, "contents=write; contents=write,workflows=write")
    }

    /// Looking at workflow runs; a token must say so even inside its own repository.
    ///
    /// # Errors
    ///
    /// 403 for a token without `actions: read`, 404 for a stranger at a private repository.
    pub(super) fn reads_actions(self, private: bool) -> Result<(), Refusal> {
        match self {
            Self::Anonymous => self.reads_contents(private),
            Self::Token(permissions) => allow(permissions.actions >= Access::Read, "actions=read"),
        }
    }

    /// Fetching an artifact, which no stranger may.
    ///
    /// # Errors
    ///
    /// 401 without a token, 403 without `actions: read`.
    pub(super) fn downloads_artifacts(self) -> Result<(), Refusal> {
        let permissions = self.token()?;
        allow(permissions.actions >= Access::Read, "actions=read")
    }

    /// Changing artifacts.
    ///
    /// # Errors
    ///
    /// 401 without a token, 403 without `actions: write`.
    pub(super) fn writes_actions(self) -> Result<(), Refusal> {
        let permissions = self.token()?;
        allow(permissions.actions == Access::Write, "actions=write")
    }

    /// Looking at pull requests.
    ///
    /// # Errors
    ///
    /// A private repository hides from strangers and refuses tokens without `pull-requests: read`.
    pub(super) fn reads_pulls(self, private: bool) -> Result<(), Refusal> {
        match self {
            _ if !private => Ok(()),
            Self::Anonymous => Err(Refusal::not_found()),
            Self::Token(permissions) => {
                allow(permissions.pull_requests >= Access::Read, "pull_requests=read")
            }
        }
    }

    /// Opening pull requests.
    ///
    /// # Errors
    ///
    /// 401 without a token, 403 without `pull-requests: write`.
    pub(super) fn writes_pulls(self) -> Result<(), Refusal> {
        let permissions = self.token()?;
        allow(permissions.pull_requests == Access::Write, "pull_requests=write")
    }

    /// Opening a discussion with a release.
    ///
    /// # Errors
    ///
    /// 403 without `discussions: write`.
    pub(super) fn writes_discussions(self) -> Result<(), Refusal> {
        let permissions = self.token()?;
        allow(permissions.discussions == Access::Write, "contents=write,discussions=write")
    }

    /// Looking at what others found out about a commit: check runs, or else statuses. In a public repository everybody
    /// may.
    ///
    /// # Errors
    ///
    /// A private repository hides from strangers and refuses tokens without `checks: read` or `statuses: read`.
    pub(super) fn reads_findings(self, private: bool, are_checks: bool) -> Result<(), Refusal> {
        match self {
            Self::Token(permissions) if private => match are_checks {
                true => allow(permissions.checks >= Access::Read, "checks=read"),
                false => allow(permissions.statuses >= Access::Read, "statuses=read"),
            },
            _ => self.reads_contents(private),
        }
    }

    /// Looking at the repository's settings.
    ///
    /// # Errors
    ///
    /// 401 without a token, 403 without `administration: read`.
    pub(super) fn reads_administration(self) -> Result<(), Refusal> {
        let permissions = self.token()?;
        allow(permissions.administration >= Access::Read, "administration=read")
    }

    /// Whether commits that change workflow files may be released from.
    pub(super) fn writes_workflows(self) -> bool {
        matches!(self, Self::Token(permissions) if permissions.workflows == Access::Write)
    }

    fn token(self) -> Result<Permissions, Refusal> {
        match self {
            Self::Anonymous => Err(Refusal::new(401, "Requires authentication")),
            Self::Token(permissions) => Ok(permissions),
        }
    }
}

fn allow(allowed: bool, accepted: &str) -> Result<(), Refusal> {
    if allowed { Ok(()) } else { Err(Refusal::forbidden(accepted)) }
}
