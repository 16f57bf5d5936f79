//! What GitHub will call a file: an estimate, since it says of its rules only that there are some.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// What GitHub has been seen to make of a name. Whoever depends on it compares with what the page then shows.
pub(super) fn stored_name(name: &str) -> String {
    let mut stored = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '@') {
            stored.push(c);
            continue;
        }
        match plain(c) {
            Some(letters) => stored.push_str(&letters),
            None if stored.ends_with('.') => {}
            None => stored.push('.'),
        }
    }
    let stored = stored.trim_end_matches('.');
    if stored.is_empty() || stored.starts_with('.') { format!("default{stored}") } else { stored.to_owned() }
}

/// The letters of ASCII that stand for a letter with marks, or for one of some other Latin alphabet.
fn plain(c: char) -> Option<String> {
    let letters = match c {
        'æ' => "ae",
        'Æ' => "AE",
        'œ' => "oe",
        'Œ' => "OE",
        'ø' => "o",
        'Ø' => "O",
        'ß' => "ss",
        'ð' | 'đ' => "d",
        'Ð' | 'Đ' => "D",
        'þ' => "th",
        'Þ' => "Th",
        'ł' => "l",
        'Ł' => "L",
        'ŋ' => "ng",
        'ı' => "i",
        _ if c.is_ascii() => return None,
        // A mark that stands by itself goes with the letter before it.
        _ if is_combining_mark(c) => return Some(String::new()),
        _ => {
            let letters: String = c.nfd().filter(|c| !is_combining_mark(*c)).collect();
            return letters.chars().all(|c| c.is_ascii_alphanumeric()).then_some(letters);
        }
    };
    Some(letters.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_estimated_as_they_were_observed() {
        for (name, stored) in [
            ("tool-1.2+local_x@y.whl", "tool-1.2+local_x@y.whl"),
            ("a b.txt", "a.b.txt"),
            ("a~(b).txt", "a.b.txt"),
            (".config", "default.config"),
            ("résumé ð.txt", "resume.d.txt"),
            ("re\u{301}sume.txt", "resume.txt"),
            ("日本.zip", "default.zip"),
            ("日本", "default"),
            ("a..b", "a.b"),
        ] {
            assert_eq!(stored_name(name), stored, "{name}");
        }
    }
}
