//! `CITATION.cff`: the version that people are asked to cite, a key of the outermost mapping.
//!
//! The file is YAML, of which a key without indentation and a plain value are read. A version inside of a reference is
//! indented and belongs to what is cited there.

use super::Found;
use super::page::{Page, lines, trimmed};

/// The name of the file.
pub(super) const NAME: &str = "CITATION.cff";

/// What the file states; nothing where it has no version.
pub(super) fn read(page: Page<'_>) -> Option<Found> {
    let mut found = lines(page.text).filter_map(|(at, line)| {
        let rest = line.strip_prefix("version")?;
        let value = rest.trim_start_matches([' ', '\t']).strip_prefix(':')?;
        (value.is_empty() || value.starts_with([' ', '\t']))
            .then(|| at + line.len() - value.len()..at + line.len())
    });
    let span = found.next()?;
    if let Some(second) = found.next() {
        return Some(page.unreadable(Some(second.start), "`version` stands twice"));
    }
    let span = trimmed(page.text, span);
    let value = &page.text[span.clone()];
    let inner = match value.as_bytes().first() {
        None | Some(b'#') => {
            return Some(page.unreadable(Some(span.start), "`version` has no value on its line"));
        }
        Some(quote @ (b'"' | b'\'')) => {
            let length = value[1..].find(char::from(*quote)).unwrap_or(value.len() - 1);
            span.start + 1..span.start + 1 + length
        }
        Some(_) => {
            let length = value.find(" #").or_else(|| value.find("\t#")).unwrap_or(value.len());
            trimmed(page.text, span.start..span.start + length)
        }
    };
    let prefix = usize::from(page.text[inner.clone()].starts_with('v'));
    Some(page.version("version", inner.start + prefix..inner.end))
}

#[cfg(test)]
mod tests {
    use super::super::Statement;
    use super::*;
    use crate::model::version::Spelling;

    fn of(text: &str) -> Option<Found> {
        read(Page { file: NAME, text, habit: Spelling::Semver, package: None })
    }

    #[test]
    fn the_outermost_version_is_found_in_every_dress() {
        for value in ["1.2.0", "\"1.2.0\"", "'1.2.0'  # why", "v1.2.0", "1.2.0 # why", "  1.2.0  "] {
            let text = format!(
                "\u{feff}cff-version: 1.2.0\r\nreferences:\r\n  - version: 9.9.9\r\nversion: {value}\r\ntitle: x\r\n"
            );
            match of(&text) {
                Some(Found::Statement(Statement { text: version, line, span, .. })) => {
                    assert_eq!((version.as_str(), line, &text[span]), ("1.2.0", 4, "1.2.0"), "{value}");
                }
                other => panic!("{value}: {other:?}"),
            }
        }
        assert_eq!(of("cff-version: 1.2.0\nversions: x\nversion:1\n"), None);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for text in
            ["version:", "version: # none", "version: one", "version: 1.0.0\nversion: 1.0.0", "version: \""]
        {
            assert!(matches!(of(text), Some(Found::Unreadable { line: Some(_), .. })), "{text}");
        }
    }
}
