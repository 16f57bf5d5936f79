//! The marks of enumerated lists: numbers, letters and Roman numerals.

use super::lines::Line;

/// How an enumerator is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sequence {
    Auto,
    Arabic,
    LowerAlpha,
    UpperAlpha,
    LowerRoman,
    UpperRoman,
}

/// An enumerator at the beginning of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// What stands before and behind it.
    pub around: (&'static str, char),
    pub text: String,
    /// The characters that it takes, with the blanks behind it.
    pub end: usize,
}

const SEQUENCES: [Sequence; 5] = [
    Sequence::Arabic,
    Sequence::LowerAlpha,
    Sequence::UpperAlpha,
    Sequence::LowerRoman,
    Sequence::UpperRoman,
];

impl Sequence {
    fn takes(self, text: &str) -> bool {
        let is_one = text.len() == 1;
        match self {
            Self::Auto => text == "#",
            Self::Arabic => text.bytes().all(|byte| byte.is_ascii_digit()),
            Self::LowerAlpha => is_one && text.bytes().all(|byte| byte.is_ascii_lowercase()),
            Self::UpperAlpha => is_one && text.bytes().all(|byte| byte.is_ascii_uppercase()),
            Self::LowerRoman => text.bytes().all(|byte| b"ivxlcdm".contains(&byte)),
            Self::UpperRoman => text.bytes().all(|byte| b"IVXLCDM".contains(&byte)),
        }
    }

    fn ordinal(self, text: &str) -> Option<u64> {
        match self {
            Self::Auto => Some(1),
            Self::Arabic => Some(text.parse().unwrap_or(u64::MAX / 2)),
            Self::LowerAlpha | Self::UpperAlpha => {
                text.bytes().next().map(|byte| u64::from(byte.to_ascii_lowercase() - b'a') + 1)
            }
            Self::LowerRoman | Self::UpperRoman => from_roman(&text.to_ascii_uppercase()),
        }
    }

    fn text(self, ordinal: u64) -> Option<String> {
        let letter = || u8::try_from(ordinal).ok().filter(|ordinal| *ordinal <= 26);
        match self {
            Self::Auto => Some("#".to_owned()),
            Self::Arabic => Some(ordinal.to_string()),
            Self::LowerAlpha => letter().map(|ordinal| char::from(b'a' + ordinal - 1).to_string()),
            Self::UpperAlpha => letter().map(|ordinal| char::from(b'A' + ordinal - 1).to_string()),
            Self::LowerRoman => to_roman(ordinal).map(|text| text.to_ascii_lowercase()),
            Self::UpperRoman => to_roman(ordinal),
        }
    }
}

const ROMAN: [(u64, &str); 13] = [
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
];

fn to_roman(number: u64) -> Option<String> {
    if !(1..5000).contains(&number) {
        return None;
    }
    let (mut left, mut text) = (number, String::new());
    for (value, digits) in ROMAN {
        while left >= value {
            left -= value;
            text.push_str(digits);
        }
    }
    Some(text)
}

fn from_roman(text: &str) -> Option<u64> {
    let (mut rest, mut number) = (text, 0);
    for (value, digits) in ROMAN {
        while let Some(after) = rest.strip_prefix(digits) {
            number += value;
            rest = after;
        }
    }
    (rest.is_empty() && to_roman(number).as_deref() == Some(text)).then_some(number)
}

/// The enumerator that `text` begins with.
pub(super) fn mark(text: &str) -> Option<Mark> {
    let inner = text.strip_prefix('(');
    let rest = inner.unwrap_or(text);
    let length = if rest.starts_with('#') {
        1
    } else {
        rest.find(|char: char| !char.is_ascii_alphanumeric()).unwrap_or(rest.len())
    };
    let name = &rest[..length];
    let close = rest[length..].chars().next().filter(|char| matches!(char, '.' | ')'))?;
    if inner.is_some() && close != ')' {
        return None;
    }
    let after = &rest[length + 1..];
    let blanks = after.len() - after.trim_start_matches(' ').len();
    let is_known = !name.is_empty() && (name == "#" || SEQUENCES.iter().any(|sequence| sequence.takes(name)));
    let before = if inner.is_some() { "(" } else { "" };
    (is_known && (blanks > 0 || after.is_empty())).then(|| Mark {
        around: (before, close),
        text: name.to_owned(),
        end: before.len() + length + 1 + blanks,
    })
}

impl Mark {
    /// How it counts, if `expected` is no better guess, and its ordinal.
    pub(super) fn read(&self, expected: Option<Sequence>) -> (Sequence, Option<u64>) {
        let text = self.text.as_str();
        let expected = expected.filter(|sequence| *sequence != Sequence::Auto);
        let sequence = if text == "#" {
            Sequence::Auto
        } else if let Some(expected) = expected.filter(|sequence| sequence.takes(text)) {
            expected
        } else if expected.is_none() && text == "i" {
            Sequence::LowerRoman
        } else if expected.is_none() && text == "I" {
            Sequence::UpperRoman
        } else {
            SEQUENCES.into_iter().find(|sequence| sequence.takes(text)).unwrap_or(Sequence::Arabic)
        };
        (sequence, sequence.ordinal(text))
    }

    /// Whether the line behind leaves it an item of a list: it is blank, indented or the next item.
    pub(super) fn is_item(&self, sequence: Sequence, ordinal: u64, next: Option<&Line<'_>>) -> bool {
        let Some(next) = next.filter(|next| !next.text.starts_with(super::chars::is_space)) else {
            return true;
        };
        if next.text.is_empty() {
            return true;
        }
        let (before, behind) = self.around;
        let starts = |mark: &str| next.text.starts_with(&format!("{before}{mark}{behind} "));
        sequence.text(ordinal + 1).is_some_and(|mark| starts(&mark) || starts("#"))
    }
}
