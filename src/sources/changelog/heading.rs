//! What the heading of a changelog is about.

use crate::model::version::Version;

/// What a heading is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A version.
    Version(Version),
    /// What has no version yet.
    Unreleased,
    /// Anything else.
    Other,
}

/// How freely a heading is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A version that comes first is what the heading is about, whatever follows.
    Free,
    /// Nothing but a date or a remark set off by punctuation may follow: `### 2.0 compatibility` is about no version.
    Strict,
    /// As strictly, and no name of a project comes first: `### Python 3.14` is about no version of ours.
    Bare,
}

/// Words that may stand before the version.
const WORDS: &[&str] = &["version", "release", "released"];

/// Words before a version that make it another one's story.
const RELATIONS: &[&str] =
    &["since", "from", "until", "before", "after", "to", "for", "in", "until", "upgrading"];

/// What the heading with this text is about. These are read: `1.2.0`, `v1.2.0`, `[1.2.0]`, `[v1.2.0](link)`,
/// `Version 1.2.0`, `<a name="…"></a>1.2.0` and, with nothing but a date behind it, `project 1.2.0`.
pub(crate) fn subject(heading: &str, reading: Reading) -> Subject {
    let text = without_tags(heading);
    let (word, rest) = first_word(&text);
    let lower = word.to_lowercase();
    if lower == "unreleased" {
        return Subject::Unreleased;
    }
    let fits = |rest: &str| reading == Reading::Free || is_aside(rest);
    if let Some(version) = version(&word) {
        return if fits(rest) { Subject::Version(version) } else { Subject::Other };
    }
    let (second, rest) = first_word(rest);
    let named = match lower.as_str() {
        lower if WORDS.contains(&lower) => fits(rest),
        lower if RELATIONS.contains(&lower) => false,
        _ => reading != Reading::Bare && is_name(&word) && is_aside(rest),
    };
    version(&second).filter(|_| named).map_or(Subject::Other, Subject::Version)
}

/// The first word without what adorns it, and what follows. A link is a word: its text.
fn first_word(text: &str) -> (String, &str) {
    let text = text.trim_start();
    let adorned = text.trim_start_matches(['[', '*', '_', '`']);
    let bracketed = text[..text.len() - adorned.len()].contains('[');
    let end = if bracketed { adorned.find(']') } else { adorned.find([' ', '\t', '(', ']']) };
    let (word, rest) = adorned.split_at(end.unwrap_or(adorned.len()));
    let word = word.trim().trim_end_matches([':', ',', '*', '_', '`', ']']);
    let mut rest = rest.trim_start_matches([']', '*', '_', '`']);
    // The target of the link.
    for (open, close) in [('(', ')'), ('[', ']')] {
        if bracketed && rest.starts_with(open) {
            rest = rest.find(close).map_or("", |end| &rest[end + 1..]);
            break;
        }
    }
    (word.to_owned(), rest.trim_start_matches(['*', '_', '`']))
}

fn version(word: &str) -> Option<Version> {
    let number = word.strip_prefix(['v', 'V']).unwrap_or(word);
    number.starts_with(|c: char| c.is_ascii_digit()).then(|| Version::from_either(number).ok())?
}

/// Whether nothing follows, or something that is set off: a date, a remark in parentheses or behind a dash.
fn is_aside(rest: &str) -> bool {
    let rest = rest.trim();
    rest.is_empty() || rest.starts_with(['(', '[', '-', '–', '—', ':', ',', '/', '|', '<']) || is_date(rest)
}

/// Whether the text begins like a date: `2026-…`, `2026/…`.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 4 && bytes[..4].iter().all(u8::is_ascii_digit) && matches!(bytes[4], b'-' | b'/' | b'.')
}

/// Whether the word may be the name of a project.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// The heading without HTML tags, such as anchors, and without the hashes that may close it.
fn without_tags(heading: &str) -> String {
    let mut text = String::new();
    let mut rest = heading;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        match tag.split_once('>') {
            Some((_, behind)) => rest = behind,
            None => {
                text.push('<');
                rest = tag;
                break;
            }
        }
    }
    text.push_str(rest);
    text.trim().trim_end_matches('#').trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(heading: &str, reading: Reading) -> String {
        match subject(heading, reading) {
            Subject::Version(version) => version.to_string(),
            Subject::Unreleased => "unreleased".into(),
            Subject::Other => "other".into(),
        }
    }

    #[test]
    fn headings_are_read_as_people_write_them() {
        for heading in [
            "1.2.0",
            "v1.2.0",
            "[1.2.0] - 2026-01-31",
            "[1.2.0]",
            "1.2.0 (2026-01-31)",
            "1.2.0(2026-01-31)",
            "[v1.2.0](https://example.org/v1.2.0) (2026-01-31)",
            "[1.2.0][] 2026-01-31",
            "[1.2.0][compare] - today",
            "Version 1.2.0",
            "Release v1.2.0 — 2026-01-31",
            "**1.2.0** (2026-01-31)",
            "`1.2.0`",
            "**[1.2.0](x)**",
            "1.2.0:",
            "1.2.0, 2026-01-31",
            "1.2.0 / 2026-01-31",
            "<a name=\"1.2.0\"></a>1.2.0 (2026-01-31)",
            "<a id='x'></a> [1.2.0](y) ##",
            "sample-project 1.2.0 (2026-01-31)",
            "Sample 1.2.0",
            "1.2",
        ] {
            let expected = if heading == "1.2" { "1.2" } else { "1.2.0" };
            assert_eq!(of(heading, Reading::Strict), expected, "{heading}");
            assert_eq!(of(heading, Reading::Free), expected, "{heading}");
        }
        for heading in ["Unreleased", "[Unreleased]", "[unreleased](x) - soon", "UNRELEASED"] {
            assert_eq!(of(heading, Reading::Strict), "unreleased", "{heading}");
        }
    }

    #[test]
    fn other_headings_are_about_no_version() {
        for heading in [
            "Since 1.1.0",
            "Fixed 1.1.0 regressions",
            "Added",
            "",
            "v",
            "latest",
            "[",
            "<a",
            "1.0.0-nightly",
            "Changes in 1.2.0",
        ] {
            assert_eq!(of(heading, Reading::Free), "other", "{heading}");
        }
        assert_eq!(of("1.2.0 the best", Reading::Free), "1.2.0");
        assert_eq!(of("2.0 compatibility", Reading::Strict), "other");
        assert_eq!(of("Version 2.0 compatibility", Reading::Strict), "other");
    }
}
