//! Trove classifiers: the list that the public index accepts.

use std::sync::LazyLock;

/// The list, with its day in the first line.
const LIST: &str = include_str!("../../data/classifiers.txt");

/// The day of the list, as `YYYY-MM-DD`.
pub const LIST_DATE: &str = LIST.split_at("# date: ".len()).1.split_at("YYYY-MM-DD".len()).0;

/// What a text is among the classifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is on the list.
    Known,
    /// It is not on the list.
    Unknown,
    /// It was on the list, and the index refuses it now; these stand in for it.
    Deprecated(&'static [&'static str]),
}

/// A line of the list.
struct Entry {
    name: &'static str,
    /// What is compared when a spelling is guessed: lower case, without blanks.
    folded: Vec<char>,
    /// What stands in for it, once it is deprecated.
    deprecated: Option<Vec<&'static str>>,
}

/// The list, sorted by name.
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    LIST.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut fields = line.split('\t');
            let name = fields.next().unwrap_or_default();
            let deprecated = fields.next().map(|_flag| fields.collect());
            Entry { name, folded: folded(name), deprecated }
        })
        .collect()
});

/// What `text` is among the classifiers.
pub fn standing(text: &str) -> Standing {
    let Ok(index) = ENTRIES.binary_search_by_key(&text, |entry| entry.name) else { return Standing::Unknown };
    match &ENTRIES[index].deprecated {
        None => Standing::Known,
        Some(successors) => Standing::Deprecated(successors),
    }
}

/// The known classifier that is spelled most like `text`, if any is close.
pub fn nearest(text: &str) -> Option<&'static str> {
    // The longest classifiers have about a hundred characters; what is far longer is like none of them.
    if text.len() > 1000 {
        return None;
    }
    let wanted = folded(text);
    let limit = (wanted.len() / 8).clamp(1, 4);
    let known = ENTRIES.iter().filter(|entry| entry.deprecated.is_none());
    let close = known.filter_map(|entry| Some((distance(&wanted, &entry.folded, limit)?, entry.name)));
    close.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

fn folded(text: &str) -> Vec<char> {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// How many characters have to be put in, left out or changed to make `right` of `left`; nothing above `limit`.
///
/// Only the band of the table that can stay within the limit is filled, so the cost is the length times the limit.
fn distance(left: &[char], right: &[char], limit: usize) -> Option<usize> {
    if left.len().abs_diff(right.len()) > limit {
        return None;
    }
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, wanted) in left.iter().enumerate() {
        let first = row.saturating_sub(limit);
        let last = (row + limit + 1).min(right.len());
        let mut current = vec![usize::MAX / 2; right.len() + 1];
        if first == 0 {
            current[0] = row + 1;
        }
        for column in first..last {
            let change = above[column] + usize::from(*wanted != right[column]);
            current[column + 1] = change.min(above[column + 1] + 1).min(current[column] + 1);
        }
        if current.iter().all(|distance| *distance > limit) {
            return None;
        }
        above = current;
    }
    above.last().copied().filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_says_its_day_and_is_sorted() {
        let digits: Vec<_> = LIST_DATE.split('-').map(str::len).collect();
        assert_eq!(digits, [4, 2, 2], "{LIST_DATE}");
        assert!(LIST_DATE.bytes().all(|b| b.is_ascii_digit() || b == b'-'));
        assert!(ENTRIES.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(ENTRIES.len() > 800);
    }

    #[test]
    fn a_text_is_known_or_not() {
        assert_eq!(standing("Programming Language :: Python :: 3"), Standing::Known);
        for text in ["", "programming language :: python :: 3", "Private :: Do Not Upload", "# date: 2026"] {
            assert_eq!(standing(text), Standing::Unknown, "{text}");
        }
        assert_eq!(
            standing("Natural Language :: Ukranian"),
            Standing::Deprecated(&["Natural Language :: Ukrainian"])
        );
        assert_eq!(standing("License :: OSI Approved :: X.Net License"), Standing::Deprecated(&[]));
    }

    #[test]
    fn a_slip_of_the_pen_is_guessed() {
        for (text, near) in [
            ("programming language::python::3", Some("Programming Language :: Python :: 3")),
            ("Development Status :: 4 - Betta", Some("Development Status :: 4 - Beta")),
            ("License :: OSI Aproved :: MIT Licence", Some("License :: OSI Approved :: MIT License")),
            ("Private :: Do Not Upload", None),
            ("Natural Language :: Ukranian", Some("Natural Language :: Ukrainian")),
            ("", None),
        ] {
            assert_eq!(nearest(text), near, "{text}");
        }
        assert_eq!(nearest(&"x".repeat(1_000_000)), None);
    }

    #[test]
    fn distance_counts_changes() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        for (left, right, limit, wanted) in [
            ("abc", "abc", 0, Some(0)),
            ("abc", "abd", 1, Some(1)),
            ("abc", "abd", 0, None),
            ("kitten", "sitting", 3, Some(3)),
            ("kitten", "sitting", 2, None),
            ("", "ab", 2, Some(2)),
            ("ab", "", 2, Some(2)),
            ("abcd", "bcda", 2, Some(2)),
        ] {
            assert_eq!(distance(&chars(left), &chars(right), limit), wanted, "{left} {right}");
        }
    }
}
