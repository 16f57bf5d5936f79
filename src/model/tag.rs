//! A git tag that names a release.

use std::fmt;
use std::str::FromStr;

use super::crate_name::CrateFile;
use super::version::{Version, VersionError};

/// A release tag: an optional `v`, then a version in SemVer or PEP 440 spelling.
#[derive(Clone, Debug)]
pub struct Tag {
    text: String,
    version: Version,
}

/// Why a text is no release tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TagError {
    #[error("`{text}` is a branch or pull request, not a tag")]
    NotATag { text: String },
    #[error("the tag `{text}` names no version")]
    NoVersion { text: String, source: VersionError },
}

impl Tag {
    /// The tag as git knows it, without `refs/tags/`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The version as the tag spells it.
    pub fn written_version(&self) -> &str {
        self.text.strip_prefix('v').unwrap_or(&self.text)
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

/// Reads `v1.2.0`, `1.2.0` or `refs/tags/v1.2.0`.
impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shown = || text.chars().take(120).collect::<String>();
        let name = match text.strip_prefix("refs/tags/") {
            Some(name) => name,
            None if text.starts_with("refs/") => return Err(TagError::NotATag { text: shown() }),
            None => text,
        };
        let number = name.strip_prefix('v').unwrap_or(name);
        // PEP 440 would take a second `v` and surrounding space.
        let read = if number.starts_with(|c: char| c.is_ascii_digit()) && !name.contains(char::is_whitespace)
        {
            Version::from_either(number)
        } else {
            Err(VersionError::Pep440 { text: shown() })
        };
        let version = read.map_err(|source| TagError::NoVersion { text: shown(), source })?;
        Ok(Self { text: name.to_owned(), version })
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
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_from_refs_and_names() {
        for (text, name, version) in [
            ("refs/tags/v1.2.0", "v1.2.0", "1.2.0"),
            ("v1.2.0-rc.1", "v1.2.0-rc.1", "1.2.0rc1"),
            ("26.10.1", "26.10.1", "26.10.1"),
            ("v1.0.0rc1", "v1.0.0rc1", "1.0.0rc1"),
        ] {
            let tag: Tag = text.parse().expect("good");
            assert_eq!((tag.as_str(), tag.version().pep440().as_str()), (name, version));
        }
    }

    #[test]
    fn a_tag_names_the_crates_of_its_version() {
        for (tag, version, expected) in [
            ("v1.4.0", "1.4.0", true),
            ("v1.4.0b2", "1.4.0-beta.2", true),
            ("v1.4.0-beta.2", "1.4.0-beta.2", true),
            ("v1.4.0", "1.4.1", false),
            ("v1.4.0b2", "1.4.0-beta.3", false),
            ("v1.4.0", "1.4.0-beta.2", false),
        ] {
            let krate =
                CrateFile::new("coglet".parse().expect("a name"), version.parse().expect("a version"));
            let tag: Tag = tag.parse().expect("good");
            assert_eq!(tag.names(&krate), expected, "{tag} {version}");
        }
    }

    #[test]
    fn what_names_no_version_is_refused() {
        for text in ["refs/heads/main", "refs/pull/5/merge", "latest", "vv1.0", "v", "", "release-1.0.0"] {
            assert!(text.parse::<Tag>().is_err(), "{text}");
        }
    }
}
