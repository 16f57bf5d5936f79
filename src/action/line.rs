//! Lines for people: pieces of text with a tone each. Colour is added last, and never carries a meaning alone.

use super::annotate::neutral;

/// What a piece of text is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Plain text.
    Plain,
    /// What went well.
    Good,
    /// What stands against the release.
    Bad,
    /// What deserves a look.
    Doubtful,
    /// What matters less.
    Dim,
    /// What structures the output.
    Strong,
}

/// One line. Its pieces may hold strangers' text; every way out of here makes it harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pieces: Vec<(Tone, String)>,
}

impl Line {
    /// A line of plain text.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::default().then(Tone::Plain, text)
    }

    /// A line that begins with text of a tone.
    pub(crate) fn toned(tone: Tone, text: impl Into<String>) -> Self {
        Self::default().then(tone, text)
    }

    /// The line with more text at its end.
    #[must_use]
    pub(crate) fn then(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.pieces.push((tone, text.into()));
        self
    }

    /// The line with `change` applied to the text of each piece.
    pub(crate) fn map(&self, change: impl Fn(&str) -> String) -> Self {
        Self { pieces: self.pieces.iter().map(|(tone, text)| (*tone, change(text))).collect() }
    }

    /// The line without colour.
    pub(crate) fn text(&self) -> String {
        let text: String = self.pieces.iter().map(|(_, text)| text.as_str()).collect();
        neutral(&text)
    }

    /// The line with colour, for a terminal. No runner reads it, so only control characters matter.
    pub(crate) fn painted(&self) -> String {
        let pieces = self.pieces.iter().map(|(tone, text)| {
            let text = neutral(text);
            match tone.code() {
                Some(code) if !text.is_empty() => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
                _ => text,
            }
        });
        pieces.collect()
    }
}

impl Tone {
    /// The terminal's code for it (ECMA-48, "select graphic rendition").
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Good => Some("32"),
            Self::Bad => Some("1;31"),
            Self::Doubtful => Some("33"),
            Self::Dim => Some("2"),
            Self::Strong => Some("1"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_added_after_text_was_made_harmless() {
        let line = Line::toned(Tone::Bad, "error").then(Tone::Plain, ": \u{1b}[2Jx");
        assert_eq!(line.text(), "error: \\u{1b}[2Jx");
        assert_eq!(line.painted(), "\u{1b}[1;31merror\u{1b}[0m: \\u{1b}[2Jx");
    }

    #[test]
    fn pieces_do_not_make_a_command_together() {
        let line =
            Line::plain(" ").then(Tone::Dim, ":").then(Tone::Plain, ":error::#").then(Tone::Plain, "#[x");
        assert_eq!(line.text(), " \\::error::##\\[x");
    }
}
