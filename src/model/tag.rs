//! A git tag that names a release.

mod prefix;
mod ref_name;

use std::fmt;
use std::str::FromStr;

use super::crate_name::CrateFile;
use super::version::{Spelling, Unsayable, Version, VersionError};
pub use prefix::{TagPrefix, TagPrefixError};
pub use ref_name::RefFault;

/// A release tag: a prefix, then a version in SemVer or PEP 440 spelling.
#[derive(Clone, Debug)]
pub struct Tag {
    text: String,
    prefix: TagPrefix,
    version: Version,
}

/// Why a text is no release tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TagError {
    #[error("`{text}` is a branch or pull request, not a tag")]
    NotATag { text: String },
    #[error("`{text}` can be no tag: {fault}")]
    Forbidden { text: String, fault: RefFault },
    #[error("the tag `{text}` names no version of this project, whose tags {}", begin(prefix))]
    OtherPrefix { text: String, prefix: TagPrefix },
    #[error("the tag `{text}` has zeros before a number, and would be another spelling of `{plain}`")]
    LeadingZeros { text: String, plain: String },
    #[error("the tag `{text}` names no version")]
    NoVersion { text: String, source: VersionError },
    #[error("{version} has no tag in {spelling} spelling: {why}", spelling = why.spelling())]
    Unsayable { version: String, why: Unsayable },
}

fn begin(prefix: &TagPrefix) -> String {
    match prefix.as_str() {
        "" => "begin with the version".to_owned(),
        prefix => format!("begin with `{prefix}`"),
    }
}

impl Tag {
    /// Reads the name of a tag, with or without `refs/tags/`. With a prefix the tag has to begin with it; without one it
    /// may begin with `v`.
    ///
    /// # Errors
    /// When it is no tag, no tag of this prefix, or names no version.
    pub fn read(text: &str, prefix: Option<&TagPrefix>) -> Result<Self, TagError> {
        let name = match text.strip_prefix("refs/tags/") {
            Some(name) => name,
            None if text.starts_with("refs/") => return Err(TagError::NotATag { text: shown(text) }),
            None => text,
        };
        if let Err(fault) = ref_name::check(name) {
            return Err(TagError::Forbidden { text: shown(text), fault });
        }
        let prefix = prefix.cloned().unwrap_or_else(|| TagPrefix::usual(name));
        let other = || TagError::OtherPrefix { text: shown(name), prefix: prefix.clone() };
        let written = name.strip_prefix(prefix.as_str()).ok_or_else(other)?;
        let no_version = |source| TagError::NoVersion { text: shown(name), source };
        // PEP 440 would take another `v` here.
        if !written.starts_with(|c: char| c.is_ascii_digit()) {
            if prefix.as_str().is_empty() && written.starts_with('v') {
                return Err(other());
            }
            return Err(no_version(VersionError::Pep440 { text: shown(written) }));
        }
        let plain = without_leading_zeros(written);
        let version = Version::from_either(&plain).map_err(no_version)?;
        if plain != written {
            return Err(TagError::LeadingZeros {
                text: shown(name),
                plain: shown(&format!("{prefix}{plain}")),
            });
        }
        Ok(Self { text: name.to_owned(), prefix, version })
    }

    /// The tag of `version`.
    ///
    /// # Errors
    /// When this spelling cannot say the version, or git would not take the name.
    pub fn of(prefix: &TagPrefix, version: &Version, spelling: Spelling) -> Result<Self, TagError> {
        let unsayable = |why| TagError::Unsayable { version: version.to_string(), why };
        let text = format!("{prefix}{}", version.spelled(spelling).map_err(unsayable)?);
        Self::read(&text, Some(prefix))
    }

    /// The tag as git knows it, without `refs/tags/`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the version.
    pub const fn prefix(&self) -> &TagPrefix {
        &self.prefix
    }

    /// The version as the tag spells it.
    pub fn written_version(&self) -> &str {
        &self.text[self.prefix.as_str().len()..]
    }

    /// The version that the tag names.
    pub const fn version(&self) -> &Version {
        &self.version
    }

    /// Whether a crate is of the version that the tag names: the same one, however it is spelled, or the same text.
    pub fn names(&self, krate: &CrateFile) -> bool {
        krate.common_version().is_some_and(|own| own == self.version)
            || krate.version().to_string() == self.written_version()
    }
}

/// The version without zeros that change nothing. What stands behind a `+` may be a hash or a date, and keeps its own.
fn without_leading_zeros(written: &str) -> String {
    let (public, local) = written.split_at(written.find('+').unwrap_or(written.len()));
    let mut plain = String::with_capacity(written.len());
    let mut rest = public;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let (digits, after) = from.split_at(from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len()));
        let stripped = digits.trim_start_matches('0');
        plain.push_str(before);
        plain.push_str(if stripped.is_empty() { "0" } else { stripped });
        rest = after;
    }
    plain + rest + local
}

/// As much of a strange text as a message repeats.
fn shown(text: &str) -> String {
    text.escape_debug().take(120).collect()
}

/// Reads `v1.2.0`, `1.2.0` or `refs/tags/v1.2.0`.
impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text, None)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Tag {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Tag {}

#[cfg(test)]
mod tests;
