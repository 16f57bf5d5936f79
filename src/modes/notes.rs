//! The text of a release: a version's section of a changelog, a cut that fits, and the tag that came before.
//!
//! Pure: texts in, texts out; `sources::changelog` reads them. Whose text may be changed on a page is decided by create-release.

mod cut;
mod previous;

pub(crate) use cut::{Cut, cut};
pub(crate) use previous::{previous_of, previous_tag};

pub(crate) use crate::sources::changelog::{Form, Section, normal, section, unreleased};

/// GitHub refuses a longer text. What it counts is not documented beyond "characters", so the greater of the two usual
/// counts is held to it: that of UTF-16, where an emoji is two.
pub(crate) const LONGEST: usize = 125_000;

/// What notes that are cut leave free of [`LONGEST`], so that the release can be marked as yanked: the reason has 500
/// characters at most, of which some may be escaped.
pub(crate) const ROOM_FOR_YANK_MARK: usize = 1_000;

/// How long GitHub may find `text`; see [`LONGEST`].
pub(crate) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The first character that is neither text nor the end of a line, with the number of its line, from 1. What a service
/// makes of such characters is unknown, so a page that holds them may never be as it was asked for.
pub(crate) fn control_character(text: &str) -> Option<(usize, char)> {
    text.lines().enumerate().find_map(|(number, line)| {
        line.chars().find(|c| c.is_control() && *c != '\t').map(|found| (number + 1, found))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_sent_with_plain_line_ends_and_nothing_around_them() {
        for (text, sent) in [
            ("\u{feff}\r\n  \r\n    code\r\nb  \r\nc  \r\n\r\n", "    code\nb  \nc"),
            ("a\n\nb", "a\n\nb"),
            (" \n\t\n", ""),
            ("", ""),
        ] {
            assert_eq!(normal(text), sent, "{text:?}");
            assert_eq!(normal(sent), sent, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_found_with_its_line() {
        assert_eq!(control_character("a\tb\r\nc\n"), None);
        assert_eq!(control_character("مرحبا \u{202e}😀"), None);
        for (text, found) in [
            ("a\n\0", (2, '\0')),
            ("\u{1b}[31m", (1, '\u{1b}')),
            ("a\rb", (1, '\r')),
            ("\u{85}", (1, '\u{85}')),
        ] {
            assert_eq!(control_character(text), Some(found), "{text:?}");
        }
    }

    #[test]
    fn length_is_the_greater_of_the_usual_counts() {
        assert_eq!((length("é"), length("😀"), length("a\nb")), (1, 2, 3));
    }
}
