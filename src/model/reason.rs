//! Why a release is yanked, in the words of whoever yanks it.

use std::fmt;
use std::str::FromStr;

/// One line of text for people. It is pasted into forms and stands on release pages.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reason(String);

/// Why a text is no reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a reason is one line of {LONGEST_CHARS} characters at most, and not an empty one")]
pub struct ReasonError;

/// Enough for two sentences and an address.
const LONGEST_CHARS: usize = 500;

impl Reason {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        // What turns text around makes a page say something else than it seems to.
        let bad = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if text.is_empty() || text.chars().count() > LONGEST_CHARS || text.contains(bad) {
            return Err(ReasonError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_of_bounded_length() {
        let read = |text: &str| text.parse::<Reason>().map(|reason| reason.to_string());
        assert_eq!(
            read("  loses data, see #7 — use 1.2.1 \n").as_deref(),
            Ok("loses data, see #7 — use 1.2.1")
        );
        assert!(read(&"ä".repeat(LONGEST_CHARS)).is_ok());
        for bad in
            ["", "  ", "one\ntwo", "a\u{7}b", "a\u{202e}b", "a\u{2028}b", &"ä".repeat(LONGEST_CHARS + 1)]
        {
            assert_eq!(read(bad), Err(ReasonError), "{bad:?}");
        }
    }
}
