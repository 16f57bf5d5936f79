//! Secrets are replaced by `***` in everything that leaves the program.
//!
//! The runner hides what it was told to mask in its log only; reports, summaries and terminals are ours to guard.

use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Shorter texts are no secret, and replacing them would make everything unreadable.
const SHORTEST: usize = 4;

const SHOWN: &str = "***";

/// All secrets of the run, in every spelling that a server or library could repeat them in.
#[derive(Default)]
pub(crate) struct Redaction {
    /// Longest first, so that a secret inside another one leaves no rest of the other.
    spellings: RwLock<Vec<String>>,
}

impl Redaction {
    /// From here on `secret` is shown to nobody, and of one with many lines no line.
    pub(crate) fn learn(&self, secret: &str) {
        let lines = secret.split(['\n', '\r']).map(str::trim).filter(|line| line.len() >= SHORTEST);
        let mut spellings = self.spellings.write().unwrap_or_else(PoisonError::into_inner);
        for line in lines {
            spellings.extend(spellings_of(line));
        }
        spellings.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        spellings.dedup();
    }

    /// Whether every line of it is hidden already.
    pub(crate) fn knows(&self, secret: &str) -> bool {
        let spellings = self.spellings.read().unwrap_or_else(PoisonError::into_inner);
        let is_known = |line: &str| spellings.iter().any(|spelling| spelling == line);
        secret.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).all(is_known)
    }

    /// The text with `***` in place of every secret.
    pub(crate) fn apply(&self, text: &str) -> String {
        let spellings = self.spellings.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = Cow::Borrowed(text);
        for spelling in spellings.iter().filter(|spelling| spelling.len() <= text.len()).collect::<Vec<_>>() {
            if text.contains(spelling.as_str()) {
                text = Cow::Owned(text.replace(spelling.as_str(), SHOWN));
            }
        }
        text.into_owned()
    }
}

/// The secret as it is, as a part of an address, as JSON has it, and as `Debug` would show it.
fn spellings_of(secret: &str) -> [String; 4] {
    let json = serde_json::Value::from(secret).to_string();
    [
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        json.trim_matches('"').to_owned(),
        secret.escape_debug().to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(secrets: &[&str], text: &str, expected: &str) {
        let redaction = Redaction::default();
        secrets.iter().for_each(|secret| redaction.learn(secret));
        assert_eq!(redaction.apply(text), expected);
    }

    #[test]
    fn secrets_are_replaced_in_every_spelling() {
        check(&["hunter2"], "a hunter2, hunter2b", "a ***, ***b");
        check(&["pa ss/w"], "GET /?p=pa%20ss%2Fw", "GET /?p=***");
        check(&["pa\"ss"], r#"{"password":"pa\"ss"}"#, r#"{"password":"***"}"#);
        check(&["line-one\nline-two\n"], "only line-two", "only ***");
    }

    #[test]
    fn a_secret_inside_another_leaves_no_rest() {
        check(&["token", "token-and-more"], "x token-and-more y token", "x *** y ***");
    }

    #[test]
    fn what_is_too_short_to_be_a_secret_is_left() {
        check(&["", "a", "\n"], "a banana", "a banana");
    }
}
