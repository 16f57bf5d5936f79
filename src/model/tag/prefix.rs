//! What stands before the version in the tags of a project.

use std::fmt;
use std::str::FromStr;

use super::ref_name::{self, RefFault};

/// What stands before the version in a tag: nothing, `v`, `coglet-v`, `coglet/v`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagPrefix(String);

/// Why a text can be no prefix of tags.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TagPrefixError {
    #[error("`{text}` can be no prefix of tags: {fault}")]
    Git { text: String, fault: RefFault },
    #[error("`{text}` is the beginning of a reference; a prefix is what stands in the tag's own name")]
    Reference { text: String },
    #[error(
        "behind `{text}` nobody could tell where the version begins; end the prefix with `v`, `-`, `/` or `@`"
    )]
    Number { text: String },
    #[error("`{text}…` is longer than {LONGEST_BYTES} bytes")]
    Long { text: String },
}

/// Longer than names of packages are; with a version behind it, it still fits into the name of a file.
const LONGEST_BYTES: usize = 100;

impl TagPrefix {
    /// The text before the version.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The prefix that a tag has where nobody said which one tags have: `v` or none.
    pub(super) fn usual(tag: &str) -> Self {
        Self(if tag.starts_with('v') { "v".to_owned() } else { String::new() })
    }
}

impl FromStr for TagPrefix {
    type Err = TagPrefixError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shown = || text.escape_debug().take(120).collect::<String>();
        if text.len() > LONGEST_BYTES {
            return Err(TagPrefixError::Long { text: shown() });
        }
        if text.starts_with("refs/") {
            return Err(TagPrefixError::Reference { text: shown() });
        }
        // What git refuses at the end of a name is not at the end of one here.
        ref_name::check(&format!("{text}0")).map_err(|fault| TagPrefixError::Git { text: shown(), fault })?;
        if text.trim_end_matches(['.', '!', '+']).ends_with(|c: char| c.is_ascii_digit()) {
            return Err(TagPrefixError::Number { text: shown() });
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for TagPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
