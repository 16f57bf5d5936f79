//! The words of a requirement: what stands at one place of its text.
//!
//! Blanks are spaces and tabs. A word ends where `packaging` sees a boundary of words, so `foo-` starts with the
//! word `foo`, and `foo_` is one.

use super::GrammarError;

/// A text and a place in it.
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The whole text.
    pub(super) const fn text(&self) -> &'t str {
        self.text
    }

    /// Where we are, in bytes.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// What is still to be read.
    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    /// Goes on by so many bytes.
    pub(super) const fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Skips blanks; whether there were any.
    pub(super) fn blanks(&mut self) -> bool {
        let start = self.at;
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t']).len();
        self.at > start
    }

    /// Everything up to the next blank.
    pub(super) fn until_blank(&mut self) -> &'t str {
        let rest = self.rest();
        let found = &rest[..rest.find([' ', '\t']).unwrap_or(rest.len())];
        self.skip(found.len());
        found
    }

    pub(super) fn eat(&mut self, character: char) -> bool {
        let found = self.rest().starts_with(character);
        if found {
            self.skip(character.len_utf8());
        }
        found
    }

    /// Takes one of the words, if it stands here and ends here.
    pub(super) fn eat_word(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let rest = self.rest();
        let ends = |word: &&&str| rest.strip_prefix(**word).is_some_and(|rest| !rest.starts_with(is_word));
        let word = *words.iter().find(ends)?;
        self.skip(word.len());
        Some(word)
    }

    /// A name of a project or an extra.
    pub(super) fn identifier(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        if !rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let mut end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        while end > 0 && rest[..end].ends_with(is_word) == rest[end..].starts_with(is_word) {
            end -= 1;
        }
        self.skip(end);
        Some(&rest[..end]).filter(|name| !name.is_empty())
    }

    /// Holds that nothing follows.
    pub(super) fn end(&mut self, of: &str) -> Result<(), GrammarError> {
        self.blanks();
        if self.is_at_end() { Ok(()) } else { Err(self.error(format!("expected the end {of}"))) }
    }

    /// An error at this place.
    pub(super) fn error(&self, what: impl Into<String>) -> GrammarError {
        GrammarError::in_bytes(self.text, self.at, what)
    }

    /// An error in the rest as an error in the whole.
    pub(super) fn moved(&self, error: GrammarError) -> GrammarError {
        error.moved(self.text, self.at)
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
