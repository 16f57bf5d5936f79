//! Names of a repository and of a commit in it.

use std::fmt;
use std::str::FromStr;

/// A repository on GitHub: `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Repository {
    owner: String,
    name: String,
}

/// A full commit hash: 40 hexadecimal digits (64 in repositories that use SHA-256), lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitSha(String);

/// Why a text names no repository or no commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RevisionError {
    #[error("`{text}` is no repository of the form `owner/name`")]
    Repository { text: String },
    #[error("`{text}` is no full commit hash of 40 hexadecimal digits")]
    Commit { text: String },
}

impl Repository {
    /// The user or organisation.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The repository's own name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for Repository {
    type Err = RevisionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        match text.split_once('/') {
            Some((owner, name)) if part(owner) && part(name) => {
                Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
            }
            _ => Err(RevisionError::Repository { text: text.chars().take(120).collect() }),
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl CommitSha {
    /// The hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits, for tables and logs that people read.
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl FromStr for CommitSha {
    type Err = RevisionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !matches!(text.len(), 40 | 64) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(RevisionError::Commit { text: text.chars().take(120).collect() });
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for CommitSha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
