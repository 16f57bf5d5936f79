//! What can be made to go wrong: a kind of fault, a service, and the request that it strikes.

use std::fmt;
use std::str::FromStr;

/// Every service that a fault can name.
pub const SERVICES: [&str; 8] =
    ["github", "uploads", "storage", "results", "index", "test-index", "crates", "oidc"];

/// For how long a service that was asked too much takes nothing new, in seconds.
pub const LIMITED_S: u64 = 60;

/// A fault that strikes one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Whose requests are counted; every service's when there is none.
    pub service: Option<String>,
    /// Which request it strikes, counted from the moment of the injection: 1 is the next one.
    pub at: u64,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// 503; nothing is done.
    Refuse,
    /// The connection is closed; nothing is done.
    Drop,
    /// The request is done, and the connection is closed without a reply.
    Lost,
    /// The request is done, and 502 is answered all the same.
    Late,
    /// 502; of a file that was sent to a release a row is left that holds its name and no bytes. Of anything else
    /// nothing is done.
    Starter,
    /// 429, because too much was asked; nothing is done, and GitHub takes nothing new for a minute of its own clock.
    Limit,
    /// From this request on the service's look-ups lag behind, for three reads.
    Stale,
    /// The request is done; the reply comes late and in pieces.
    Slow,
    /// The request is done; the reply comes byte by byte, each of them late.
    Trickle,
    /// The next file that the service stores gets other bytes than were sent.
    OtherBytes,
    /// 200 with a page for people, as a captive portal sends it; nothing is done.
    Html,
    /// The hook runs (it ends the client), and the connection is closed; nothing is done.
    Kill,
    /// The request is done; then the hook runs, and the connection is closed without a reply.
    KillAfter,
}

/// Why a text names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum FaultError {
    #[error("`{text}` is no fault of the form `KIND@N` or `KIND@SERVICE:N`")]
    Form { text: String },
    #[error("`{text}` is no kind of fault: there are {}", FaultKind::ALL.map(FaultKind::word).join(", "))]
    Kind { text: String },
    #[error("`{text}` is no simulated service: there are {}", SERVICES.join(", "))]
    Service { text: String },
    #[error("`{text}` is no request number: the next request is 1")]
    Number { text: String },
}

impl FaultKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 13] = [
        Self::Refuse,
        Self::Drop,
        Self::Lost,
        Self::Late,
        Self::Starter,
        Self::Limit,
        Self::Stale,
        Self::Slow,
        Self::Trickle,
        Self::OtherBytes,
        Self::Html,
        Self::Kill,
        Self::KillAfter,
    ];

    /// The word that a user types.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Drop => "drop",
            Self::Lost => "lost",
            Self::Late => "late",
            Self::Starter => "starter",
            Self::Limit => "limit",
            Self::Stale => "stale",
            Self::Slow => "slow",
            Self::Trickle => "trickle",
            Self::OtherBytes => "other-bytes",
            Self::Html => "html",
            Self::Kill => "kill",
            Self::KillAfter => "kill-after",
        }
    }

    /// Whether the service's own answer does not reach the client: something else does, or nothing.
    pub const fn replaces_reply(self) -> bool {
        !matches!(self, Self::Stale | Self::Slow | Self::Trickle | Self::OtherBytes)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for FaultKind {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.word() == text)
            .ok_or_else(|| FaultError::Kind { text: shown(text) })
    }
}

impl Fault {
    /// Whether `service`'s requests are among those counted.
    pub fn counts(&self, service: &str) -> bool {
        self.service.as_deref().is_none_or(|named| named == service)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, service, at } = self;
        match service {
            Some(service) => write!(f, "{kind}@{service}:{at}"),
            None => write!(f, "{kind}@{at}"),
        }
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, place) = text.split_once('@').ok_or_else(|| FaultError::Form { text: shown(text) })?;
        let kind = kind.parse()?;
        let (service, number) = match place.split_once(':') {
            Some((service, number)) => (Some(service), number),
            None => (None, place),
        };
        if let Some(unknown) = service.filter(|service| !SERVICES.contains(service)) {
            return Err(FaultError::Service { text: shown(unknown) });
        }
        let at = number
            .parse()
            .ok()
            .filter(|at| *at > 0 && !number.starts_with('+'))
            .ok_or_else(|| FaultError::Number { text: shown(number) })?;
        Ok(Self { kind, service: service.map(str::to_owned), at })
    }
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_comes_back_from_its_text() {
        for kind in FaultKind::ALL {
            for text in [format!("{kind}@3"), format!("{kind}@test-index:12")] {
                assert_eq!(text.parse::<Fault>().expect("good").to_string(), text);
            }
        }
        let fault: Fault = "other-bytes@uploads:2".parse().expect("good");
        assert_eq!(fault, Fault { kind: FaultKind::OtherBytes, service: Some("uploads".into()), at: 2 });
    }

    #[test]
    fn each_way_to_be_wrong_has_its_error() {
        let error = |text: &str| text.parse::<Fault>().expect_err(text);
        assert!(matches!(error("drop"), FaultError::Form { .. }));
        assert!(matches!(error("Drop@1"), FaultError::Kind { .. }));
        assert!(matches!(error("drop@pypi:1"), FaultError::Service { .. }));
        for number in ["drop@0", "drop@", "drop@-1", "drop@+1", "drop@index:x"] {
            assert!(matches!(error(number), FaultError::Number { .. }), "{number}");
        }
        assert!(error("pop@1").to_string().contains("refuse, drop, lost"), "{}", error("pop@1"));
    }

    #[test]
    fn a_fault_without_service_counts_every_request() {
        let fault = |text: &str| text.parse::<Fault>().expect("good");
        assert!(fault("drop@1").counts("github") && fault("drop@1").counts("index"));
        assert!(fault("drop@index:1").counts("index") && !fault("drop@index:1").counts("test-index"));
    }
}
