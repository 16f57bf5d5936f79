//! `VERSION` and `VERSION.txt`: a version on the first line that has anything in it.

use super::Found;
use super::page::{Page, lines, trimmed};

/// The names that such files have, besides their case.
pub(super) const NAMES: &[&str] = &["version", "version.txt"];

/// What the file states; nothing where its first line has no number in front, since not every file of this name is one
/// of this kind.
pub(super) fn discovered(page: Page<'_>) -> Option<Found> {
    let (at, line) = first(page.text)?;
    let number = line.strip_prefix(['v', 'V']).unwrap_or(line);
    number.starts_with(|c: char| c.is_ascii_digit()).then(|| version(page, at, line))
}

/// What a file states that somebody named.
pub(super) fn named(page: Page<'_>) -> Found {
    match first(page.text) {
        Some((at, line)) => version(page, at, line),
        None => page.unreadable(None, "it is empty"),
    }
}

/// The first line with something in it, without the space around.
fn first(text: &str) -> Option<(usize, &str)> {
    let (start, line) = lines(text).find(|(_, line)| !line.trim().is_empty())?;
    let span = trimmed(text, start..start + line.len());
    Some((span.start, &text[span]))
}

fn version(page: Page<'_>, at: usize, line: &str) -> Found {
    let prefix = line.len() - line.strip_prefix(['v', 'V']).unwrap_or(line).len();
    page.version("the first line", at + prefix..at + line.len())
}

#[cfg(test)]
mod tests {
    use super::super::Statement;
    use super::*;
    use crate::model::version::Spelling;

    fn page(text: &str) -> Page<'_> {
        Page { file: "VERSION", text, habit: Spelling::Pep440, package: None }
    }

    #[test]
    fn the_first_line_is_the_version() {
        for (text, at, version) in [
            ("1.2.0", 0, "1.2.0"),
            ("1.2.0\n", 0, "1.2.0"),
            ("\u{feff}1.2.0\r\n", 3, "1.2.0"),
            ("\n  v1.2.0-rc1  \nmore\n", 4, "1.2.0-rc1"),
        ] {
            match discovered(page(text)) {
                Some(Found::Statement(Statement { span, text, .. })) => {
                    assert_eq!((span.start, text.as_str()), (at, version));
                }
                other => panic!("{text:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn another_file_of_that_name_says_nothing_by_itself() {
        for text in ["", "\n\n", "MAJOR=1\nMINOR=2\n", "Version 1.2.0", "virtual"] {
            assert_eq!(discovered(page(text)), None, "{text:?}");
            assert!(matches!(named(page(text)), Found::Unreadable { .. }), "{text:?}");
        }
        assert!(matches!(discovered(page("1.2.x\n")), Some(Found::Unreadable { line: Some(1), .. })));
    }
}
