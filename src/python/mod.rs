//! The grammars of Python packaging: what a specifier, a requirement or a licence expression may look like.
//!
//! Python's `packaging` library is the judge that indexes and installers ask, so these readers accept what it
//! accepts and refuse what it refuses; `tests/it/python.rs` holds them to it. Versions themselves are in
//! [`crate::model::version`].

pub mod classifier;
pub mod content_type;
pub mod email;
pub mod identifier;
pub mod interpreter;
pub mod license;
mod mailbox;
mod marker;
pub mod requirement;
pub mod specifier;
mod text_literal;
mod tokens;
pub mod uri;

/// Why a text is not of a grammar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} (at character {at})")]
pub struct GrammarError {
    /// What was expected or found.
    pub what: String,
    /// Where, in characters from 1.
    pub at: usize,
}

/// Nobody writes longer texts, and one that is taken apart needs a hundred times its length in memory.
const LONGEST_BYTES: usize = 64 << 10;

impl GrammarError {
    /// Refuses what is too long to be taken apart.
    fn if_too_long(text: &str) -> Result<(), Self> {
        if text.len() > LONGEST_BYTES {
            return Err(Self { what: format!("it has more than {LONGEST_BYTES} bytes"), at: 1 });
        }
        Ok(())
    }

    /// An error at a byte of a text.
    fn in_bytes(text: &str, byte: usize, what: impl Into<String>) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        Self { what: what.into(), at: before.chars().count() + 1 }
    }

    /// The same error, of a text that holds the first one from this byte on.
    fn moved(self, text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        Self { what: self.what, at: self.at + before.chars().count() }
    }
}
