//! The values that options of directives take.

use super::chars::is_space;

/// What the value of an option must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// Anything or nothing.
    Any,
    /// Anything, but something.
    Some,
    /// Nothing.
    Flag,
    /// A whole number.
    Integer,
    /// A number that is not negative.
    Count,
    /// The same with a percent sign or without.
    Percentage,
    /// A length with a unit or without.
    Length,
    /// The same, or a percentage.
    LengthOrPercentage,
    /// The same, or the image's own width.
    FigureWidth,
    /// Names that can be made into classes.
    Classes,
    /// One of these words, in any case.
    Choice(&'static [&'static str]),
    /// One of these words, or positive numbers.
    Widths(&'static [&'static str]),
    /// One character, or its code.
    Character,
    /// The same, or its name if it is a blank.
    CharacterOrBlank,
}

const UNITS: &[&str] =
    &["em", "ex", "ch", "rem", "vw", "vh", "vmin", "vmax", "cm", "mm", "Q", "in", "pt", "pc", "px"];

impl Value {
    /// Whether the value is of this form.
    pub(super) fn takes(self, value: Option<&str>) -> bool {
        let Some(text) = value else { return matches!(self, Self::Any | Self::Flag) };
        match self {
            Self::Any | Self::Some => true,
            Self::Flag => text.trim_matches(is_space).is_empty(),
            Self::Integer => integer(text).is_some(),
            Self::Count => integer(text).is_some_and(|number| number >= 0),
            Self::Percentage => integer(text.trim_end_matches([' ', '%'])).is_some_and(|number| number >= 0),
            Self::Length => is_measure(text, |unit| unit.is_empty() || UNITS.contains(&unit)),
            Self::LengthOrPercentage => {
                is_measure(text, |unit| unit.is_empty() || unit == "%" || UNITS.contains(&unit))
            }
            Self::FigureWidth => text.eq_ignore_ascii_case("image") || Self::LengthOrPercentage.takes(value),
            Self::Classes => text.split(is_space).filter(|name| !name.is_empty()).all(is_class),
            Self::Choice(words) => words.contains(&text.to_lowercase().trim_matches(is_space)),
            Self::Widths(words) => words.contains(&text) || is_widths(text),
            Self::Character => character(text).is_some(),
            Self::CharacterOrBlank => matches!(text, "tab" | "space") || character(text).is_some(),
        }
    }
}

/// A whole number as Python reads one.
pub(super) fn integer(text: &str) -> Option<i64> {
    let text = text.trim_matches(is_space);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let good = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    if !good || digits.is_empty() || !digits.chars().all(|char| char.is_ascii_digit() || char == '_') {
        return None;
    }
    let digits = digits.replace('_', "");
    let number = digits.parse::<i64>().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') { -number } else { number })
}

fn is_measure(text: &str, is_unit: impl Fn(&str) -> bool) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number_end = digits.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(digits.len());
    let (number, unit) = digits.split_at(number_end);
    let is_number = number.bytes().filter(|byte| *byte == b'.').count() <= 1
        && number.bytes().any(|byte| byte.is_ascii_digit());
    let is_negative = text.starts_with('-') && number.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    is_number && !is_negative && is_unit(unit.trim_start_matches(' '))
}

/// Whether a class can be made of `name`: a letter is needed. Letters beyond ASCII are given the benefit of doubt.
pub(super) fn is_class(name: &str) -> bool {
    name.chars().any(|char| char.is_ascii_alphabetic() || !char.is_ascii())
}

/// The numbers of a list by commas or blanks, each of them positive.
pub(super) fn widths(text: &str) -> Option<Vec<i64>> {
    let positive = |number: &str| integer(number).filter(|number| *number > 0);
    if text.contains(',') {
        return text.split(',').map(positive).collect();
    }
    text.split(is_space).filter(|number| !number.is_empty()).map(positive).collect()
}

fn is_widths(text: &str) -> bool {
    widths(text).is_some()
}

/// The character that `text` is or whose code it is.
pub(super) fn character(text: &str) -> Option<char> {
    let text = code(text)?;
    let mut chars = text.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

/// What a code of the directive `unicode` stands for; nothing if there is no such character.
pub(super) fn code(text: &str) -> Option<String> {
    let of = |digits: &str, radix| {
        let number = u32::from_str_radix(digits, radix).ok().filter(|number| *number <= 0x0010_ffff)?;
        // A surrogate is a character for Python.
        Some(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER).to_string())
    };
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return of(text, 10);
    }
    let is_hex = |digits: &&str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lower = text.to_ascii_lowercase();
    let entity = lower.strip_prefix("&#x").and_then(|rest| rest.strip_suffix(';')).filter(is_hex);
    let prefixes = ["0x", "x", "\\x", "u+", "u", "\\u"];
    let prefixed = prefixes.iter().find_map(|prefix| lower.strip_prefix(prefix).filter(is_hex));
    match entity.or(prefixed) {
        Some(digits) => of(digits, 16),
        None => Some(text.to_owned()),
    }
}
