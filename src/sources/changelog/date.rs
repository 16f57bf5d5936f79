//! Dates as the headings of changelogs write them.

use std::ops::Range;
use std::str::FromStr;

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    year: u16,
    month: usize,
    day: u8,
}

/// How a day is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `2026-01-31`, with this between the numbers.
    Numbers(char),
    /// `January 31, 2026`, or `Jan 31, 2026`.
    MonthFirst { short: bool },
    /// `31 January 2026`, or `31 Jan 2026`.
    DayFirst { short: bool },
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Date {
    /// The day as this style writes it.
    pub(super) fn written(self, style: Style) -> String {
        let Self { year, month, day } = self;
        let name = |short: bool| {
            let name = MONTHS[month - 1];
            if short { &name[..3] } else { name }
        };
        match style {
            Style::Numbers(between) => format!("{year:04}{between}{month:02}{between}{day:02}"),
            Style::MonthFirst { short } => format!("{} {day}, {year}", name(short)),
            Style::DayFirst { short } => format!("{day} {} {year}", name(short)),
        }
    }
}

/// Reads `2026-01-31`.
impl FromStr for Date {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_shaped = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let number = |span: Range<usize>| text.get(span).and_then(|digits| digits.parse().ok());
        let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
            return Err(());
        };
        let is_day = is_shaped && (1..=12).contains(&month) && (1..=31).contains(&day);
        let day = u8::try_from(day).map_err(|_large| ())?;
        is_day.then_some(Self { year, month: usize::from(month), day }).ok_or(())
    }
}

/// The first date in a text, and how it is written.
pub(super) fn find(text: &str) -> Option<(Range<usize>, Style)> {
    let starts_word = |at: usize| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
    text.char_indices().filter(|(at, c)| c.is_ascii_alphanumeric() && starts_word(*at)).find_map(|(at, _)| {
        let (length, style) = date(&text[at..])?;
        Some((at..at + length, style))
    })
}

/// The date that a text begins with, how long it is and how it is written.
fn date(text: &str) -> Option<(usize, Style)> {
    if let Some(between) = text.as_bytes().get(4).copied().filter(|byte| b"-/.".contains(byte)) {
        let between = char::from(between);
        let numbers: Vec<&str> = text.get(..10)?.split(between).collect();
        let lengths: Vec<usize> = numbers.iter().map(|number| number.len()).collect();
        let digits = numbers.concat().bytes().all(|byte| byte.is_ascii_digit());
        let ends = !text[10..].starts_with(|c: char| c.is_ascii_alphanumeric());
        return (lengths == [4, 2, 2] && digits && ends).then_some((10, Style::Numbers(between)));
    }
    let mut words = text.split(' ');
    let (first, second, third) = (words.next()?, words.next()?, words.next()?);
    let year = third.bytes().take_while(u8::is_ascii_digit).count();
    if year != 4 {
        return None;
    }
    let length = first.len() + second.len() + 2 + year;
    if let Some(short) = month(first) {
        return is_day(second.strip_suffix(',')?).then_some((length, Style::MonthFirst { short }));
    }
    let short = month(second)?;
    is_day(first).then_some((length, Style::DayFirst { short }))
}

/// Whether the name of a month is cut short; nothing where it is none.
fn month(name: &str) -> Option<bool> {
    MONTHS.iter().find_map(|month| match name {
        name if name == *month => Some(false),
        name if name == &month[..3] => Some(true),
        _ => None,
    })
}

fn is_day(text: &str) -> bool {
    matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_is_found_and_written_again() {
        let date: Date = "2026-01-05".parse().expect("a day");
        for (text, written) in [
            ("] - 2025-12-31", "2026-01-05"),
            (" (2025/12/31)", "2026/01/05"),
            ("2025.12.31:", "2026.01.05"),
            (" (December 31, 2025)", "January 5, 2026"),
            (" — Dec 31, 2025", "Jan 5, 2026"),
            (" (31 December 2025)", "5 January 2026"),
            (" 1 Dec 2025", "5 Jan 2026"),
        ] {
            let (span, style) = find(text).expect(text);
            assert_eq!(date.written(style), written);
            assert!(text[span].ends_with("31") || text.contains("2025"), "{text}");
        }
        for text in [
            "",
            "2025-12-3",
            "2025-12-311",
            "12025-12-31",
            "20251231",
            "Dec 2025",
            "May 1 2025",
            "é 31, 2025",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn only_days_are_days() {
        for text in
            ["2026-13-01", "2026-00-01", "2026-01-32", "2026-1-1", "2026-01-1\n", "+026-01-01", "today", ""]
        {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }
}
