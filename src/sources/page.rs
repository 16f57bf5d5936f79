//! One file on its way to what it states: what all readers of plain texts share.

use std::ops::Range;

use super::{Found, Role, Statement};
use crate::model::version::{Spelling, Version, VersionError};

/// A file that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    /// Its path.
    pub(super) file: &'a str,
    /// Its text.
    pub(super) text: &'a str,
    /// How the project spells versions where a file does not tell.
    pub(super) habit: Spelling,
    /// The package that it is about, where that is known.
    pub(super) package: Option<&'a str>,
}

impl Page<'_> {
    /// What states the version at `span`, under `key`, in the spelling that its text tells.
    pub(super) fn version(&self, key: &str, span: Range<usize>) -> Found {
        let text = self.text.get(span.clone()).unwrap_or_default();
        match spelling(text, self.habit) {
            Ok(spelling) => self.stated(key, span, spelling, Role::Version),
            Err(error) => self.unreadable(Some(span.start), format!("{}: {error}", quoted(key))),
        }
    }

    /// The same where the kind of file decides the spelling.
    pub(super) fn spelled(&self, key: &str, span: Range<usize>, spelling: Spelling, role: Role) -> Found {
        let text = self.text.get(span.clone()).unwrap_or_default();
        match super::read(text, spelling) {
            Ok(_version) => self.stated(key, span, spelling, role),
            Err(error) => self.unreadable(Some(span.start), format!("{}: {error}", quoted(key))),
        }
    }

    /// What cannot be read, and the byte that is to blame.
    pub(super) fn unreadable(&self, at: Option<usize>, why: impl Into<String>) -> Found {
        let line = at.map(|at| self.line(at));
        Found::Unreadable { file: self.file.to_owned(), line, why: why.into() }
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }

    fn stated(&self, key: &str, span: Range<usize>, spelling: Spelling, role: Role) -> Found {
        Found::Statement(Statement {
            file: self.file.to_owned(),
            line: self.line(span.start),
            text: self.text.get(span.clone()).unwrap_or_default().to_owned(),
            span,
            key: key.to_owned(),
            spelling,
            package: self.package.map(str::to_owned),
            role,
        })
    }
}

/// How `text` spells a version: where both grammars agree on it, as is the `habit`.
///
/// # Errors
/// When it is no version in either spelling, or each makes another one of it.
pub(super) fn spelling(text: &str, habit: Spelling) -> Result<Spelling, VersionError> {
    // PEP 440 reads over space around a version, and over a `v`, which are not a part of it where it is replaced.
    if !text.starts_with(|c: char| c.is_ascii_digit()) || text.ends_with(char::is_whitespace) {
        return Err(VersionError::Pep440 { text: text.chars().take(120).collect() });
    }
    Version::from_either(text)?;
    let (is_pep440, is_semver) = (Version::from_pep440(text).is_ok(), Version::from_semver(text).is_ok());
    // PEP 440 takes `1.2.0-rc1` too, as another way to write `1.2.0rc1`.
    Ok(match (is_semver, is_pep440 && !text.contains('-')) {
        (true, true) => habit,
        (true, false) => Spelling::Semver,
        (false, _) => Spelling::Pep440,
    })
}

/// A version in a spelling, where that can say it.
pub(super) fn said_in(version: &Version, spelling: Spelling) -> Option<String> {
    match spelling {
        Spelling::Pep440 => Some(version.pep440()),
        Spelling::Semver => version.semver(),
    }
}

/// Text of strangers for a message: short, and on one line.
pub(super) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("`{}{more}`", short.escape_debug())
}

/// The bytes of `text` within `span` that are not space around it.
pub(super) fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let inner = text.get(span.clone()).unwrap_or_default();
    let start = span.start + (inner.len() - inner.trim_start().len());
    start..start + inner.trim().len()
}

/// The lines of `text` with the byte at which each begins, without their ends and without a byte order mark.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut at = start;
    text[start..].split_inclusive('\n').map(move |line| {
        let begin = at;
        at += line.len();
        (begin, line.trim_end_matches(['\n', '\r']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_tells_its_spelling_and_the_project_the_rest() {
        for (text, pep440, semver) in [
            ("1.2.0", Some(Spelling::Pep440), Some(Spelling::Semver)),
            ("1.2.0+build", Some(Spelling::Pep440), Some(Spelling::Semver)),
            ("1.2", Some(Spelling::Pep440), Some(Spelling::Pep440)),
            ("1.2.0rc1", Some(Spelling::Pep440), Some(Spelling::Pep440)),
            ("1.2.0.dev1", Some(Spelling::Pep440), Some(Spelling::Pep440)),
            ("1.2.0-rc.1", Some(Spelling::Semver), Some(Spelling::Semver)),
            ("1.2.0-alpha3", Some(Spelling::Semver), Some(Spelling::Semver)),
            ("1.2.0-1", None, None),
            ("v1.2.0", None, None),
            ("1.2.0 ", None, None),
            ("", None, None),
        ] {
            assert_eq!(spelling(text, Spelling::Pep440).ok(), pep440, "{text}");
            assert_eq!(spelling(text, Spelling::Semver).ok(), semver, "{text}");
        }
    }

    #[test]
    fn lines_know_where_they_begin() {
        let text = "\u{feff}a\r\n\nb\r\nc";
        let found: Vec<_> = lines(text).collect();
        assert_eq!(found, [(3, "a"), (6, ""), (7, "b"), (10, "c")]);
        assert!(found.iter().all(|(at, line)| text[*at..].starts_with(line)));
        assert_eq!(lines("").count(), 0);
    }

    #[test]
    fn strangers_are_quoted_short_and_on_one_line() {
        assert_eq!(quoted("a\n::error::b"), "`a\\n::error::b`");
        assert!(quoted(&"x".repeat(1000)).chars().count() < 90);
    }

    #[test]
    fn space_is_cut_off_a_span() {
        assert_eq!(trimmed("  1.2 \n", 0..7), 2..5);
        assert_eq!(trimmed("   ", 1..3), 3..3);
    }
}
