//! API tokens: who holds one may upload, to all projects of a user or to some.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::publishing::Workflow;
use super::refusal::{Checked, Refusal};
use crate::model::digest::Sha256;
use crate::model::name::PackageName;

/// The user whose tokens are issued here.
pub const USER: &str = "release-robot";

/// What a token opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every project of the user, and new ones.
    User,
    /// One project of the user, which must exist.
    Project(PackageName),
    /// The projects of a trusted publisher, until the given second of the Unix epoch; no new ones.
    Publisher {
        /// The publisher's projects.
        projects: Vec<PackageName>,
        /// When the token ends.
        expires: u64,
        /// Who the publisher is.
        workflow: Workflow,
    },
}

/// The tokens of one index.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens {
    issued: u64,
    live: Vec<(String, Scope)>,
}

impl Tokens {
    /// A new token. `index` makes tokens of two indexes differ.
    pub(super) fn issue(&mut self, index: &str, scope: Scope) -> String {
        self.issued += 1;
        let secret = Sha256::of(format!("{index} {}", self.issued).as_bytes());
        let token = format!("pypi-AgENc2ltdWxhdGVk{secret}");
        self.live.push((token.clone(), scope));
        token
    }

    /// Ends a token before its time.
    pub(super) fn revoke(&mut self, token: &str) {
        self.live.retain(|(live, _)| live != token);
    }

    /// The scope of the token that `authorization` carries by HTTP Basic as user `__token__`.
    ///
    /// # Errors
    /// 403 when there is none, or it is no token of this index.
    pub(super) fn authenticate(&self, authorization: Option<&str>, help: &str) -> Checked<&Scope> {
        let invalid = || {
            let text = "Invalid or non-existent authentication information.";
            Refusal::forbidden(format!("{text} See {help}#invalid-auth for more information."))
        };
        let (user, password) = authorization.and_then(basic).ok_or_else(invalid)?;
        if user != "__token__" {
            let text = "Username/Password authentication is no longer supported.";
            let hint = "Migrate to API Tokens or Trusted Publishers instead.";
            return Err(Refusal::forbidden(format!("{text} {hint} See {help}#apitoken")));
        }
        self.live.iter().find(|(token, _)| *token == password).map(|(_, scope)| scope).ok_or_else(invalid)
    }
}

/// User and password of an `Authorization: Basic …` header.
pub(super) fn basic(authorization: &str) -> Option<(String, String)> {
    let (scheme, credentials) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(user: &str, password: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
    }

    #[test]
    fn a_token_counts_as_password_of_its_pseudo_user_only() {
        let mut tokens = Tokens::default();
        let token = tokens.issue("index", Scope::User);
        let good = header("__token__", &token);
        assert_eq!(tokens.authenticate(Some(&good), "help"), Ok(&Scope::User));
        for bad in [
            header(USER, &token),
            header("__token__", "pypi-x"),
            header("__token__", ""),
            format!("Bearer {token}"),
            "Basic ???".to_owned(),
            good.replace("Basic ", "Basic"),
        ] {
            assert!(tokens.authenticate(Some(&bad), "help").is_err(), "{bad}");
        }
        assert!(tokens.authenticate(None, "help").is_err());
        tokens.revoke(&token);
        assert!(tokens.authenticate(Some(&good), "help").is_err());
    }

    #[test]
    fn no_two_tokens_are_equal() {
        let (mut one, mut other) = (Tokens::default(), Tokens::default());
        let tokens = [
            one.issue("index", Scope::User),
            one.issue("index", Scope::User),
            other.issue("test-index", Scope::User),
        ];
        assert!(tokens[0] != tokens[1] && tokens[0] != tokens[2]);
    }
}
