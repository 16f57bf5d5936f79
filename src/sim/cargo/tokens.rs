//! Who asks: the user with an API token, or a workflow with a minted one.

use super::refusal::{Checked, Refusal};
use crate::model::crate_name::CrateName;
use crate::model::digest::Sha256;
use crate::sim::Request;

/// What minted tokens begin with.
pub(super) const MINTED: &str = "cio_tp_";
/// What API tokens begin with.
const OWN: &str = "cio";

/// What an API token is good for. The default is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// What may be done; anything where there is none.
    pub actions: Vec<Action>,
    /// Which crates; all where there is none. One that ends in `*` stands for all that begin so.
    pub crates: Vec<String>,
}

/// What an API token may be limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Creating crates.
    PublishNew,
    /// Publishing versions of crates that are there.
    PublishUpdate,
    /// Yanking, and taking that back.
    Yank,
}

/// Who holds the token of a request.
#[derive(Debug)]
pub(super) enum Holder<'a> {
    /// Nobody: there is none.
    Nobody,
    /// The user.
    User(&'a Scope),
    /// A workflow, which may publish these crates.
    Publisher { crates: &'a [CrateName] },
    /// Somebody with a minted token that does not count, or not any more.
    Expired,
}

#[derive(Clone, Debug)]
struct Minted {
    token: String,
    crates: Vec<CrateName>,
    expires: u64,
}

/// The tokens of the registry.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens {
    issued: u64,
    own: Vec<(String, Scope)>,
    minted: Vec<Minted>,
    ever_minted: usize,
}

impl Scope {
    /// Whether the token may be used for this.
    pub(super) fn allows(&self, action: Action, krate: &str) -> bool {
        let Self { actions, crates } = self;
        let fits = |pattern: &String| match pattern.strip_suffix('*') {
            Some(beginning) => krate.starts_with(beginning),
            None => krate == pattern,
        };
        (actions.is_empty() || actions.contains(&action)) && (crates.is_empty() || crates.iter().any(fits))
    }
}

impl Tokens {
    fn secret(&mut self, kind: &str) -> String {
        self.issued += 1;
        Sha256::of(format!("{kind} {}", self.issued).as_bytes()).to_string()[..32].to_owned()
    }

    /// A new API token.
    pub(super) fn issue(&mut self, scope: Scope) -> String {
        let token = format!("{OWN}{}", self.secret("api"));
        self.own.push((token.clone(), scope));
        token
    }

    /// A new token for a workflow.
    pub(super) fn mint(&mut self, crates: Vec<CrateName>, expires: u64) -> String {
        let token = format!("{MINTED}{}", self.secret("workflow"));
        self.minted.push(Minted { token: token.clone(), crates, expires });
        self.ever_minted += 1;
        token
    }

    /// Ends a token of either kind.
    pub(super) fn revoke(&mut self, token: &str) {
        self.own.retain(|(own, _)| own != token);
        self.minted.retain(|minted| minted.token != token);
    }

    /// How many minted tokens were not revoked.
    pub(super) const fn minted_and_live(&self) -> usize {
        self.minted.len()
    }

    /// How many tokens were ever minted.
    pub(super) const fn minted(&self) -> usize {
        self.ever_minted
    }

    /// Who asks. The token stands in the header as it is, or after `Bearer`.
    ///
    /// # Errors
    /// 403 when it is no token of this registry.
    pub(super) fn holder(&self, request: &Request, now: u64) -> Checked<Holder<'_>> {
        let Some(header) = request.header("authorization") else { return Ok(Holder::Nobody) };
        let token = match header.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token,
            _ => header,
        };
        if token.starts_with(MINTED) {
            let minted = self.minted.iter().find(|minted| minted.token == token && minted.expires > now);
            return Ok(minted.map_or(Holder::Expired, |minted| Holder::Publisher { crates: &minted.crates }));
        }
        let own = self.own.iter().find(|(own, _)| own == token).map(|(_, scope)| Holder::User(scope));
        own.ok_or_else(|| Refusal::forbidden("authentication failed"))
    }
}
