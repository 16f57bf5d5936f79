//! The kinds of versions, by which users say what goes where.

use std::fmt;
use std::str::FromStr;

use super::Version;
use crate::model::pep440::Pre;

/// A kind of versions. One version may be of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum VersionKind {
    Stable,
    Prerelease,
    Alpha,
    Beta,
    Rc,
    Dev,
    Post,
}

/// A text that is no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no kind of versions")]
pub struct UnknownKind {
    /// As much of it as a message repeats.
    pub text: String,
}

impl VersionKind {
    /// All kinds, in the order of the documents.
    pub const ALL: [Self; 7] =
        [Self::Stable, Self::Prerelease, Self::Alpha, Self::Beta, Self::Rc, Self::Dev, Self::Post];

    /// What it is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Prerelease => "prerelease",
            Self::Alpha => "alpha",
            Self::Beta => "beta",
            Self::Rc => "rc",
            Self::Dev => "dev",
            Self::Post => "post",
        }
    }

    /// Whether `version` is of this kind.
    pub fn fits(self, version: &Version) -> bool {
        let parts = version.parts();
        let pre = parts.pre.as_ref().map(|(pre, _)| *pre);
        match self {
            Self::Stable => !version.is_prerelease(),
            Self::Prerelease => version.is_prerelease(),
            Self::Alpha => pre == Some(Pre::Alpha),
            Self::Beta => pre == Some(Pre::Beta),
            Self::Rc => pre == Some(Pre::Candidate),
            Self::Dev => parts.dev.is_some(),
            Self::Post => parts.post.is_some(),
        }
    }
}

impl From<Pre> for VersionKind {
    fn from(pre: Pre) -> Self {
        match pre {
            Pre::Alpha => Self::Alpha,
            Pre::Beta => Self::Beta,
            Pre::Candidate => Self::Rc,
        }
    }
}

impl FromStr for VersionKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| UnknownKind { text: text.chars().take(60).collect() })
    }
}

impl fmt::Display for VersionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
