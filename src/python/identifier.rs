//! Names in Python's own grammar.

use unicode_ident::{is_xid_continue, is_xid_start};

/// What no identifier may be, as of Python 3.14; the soft keywords (`match`, `type`) may.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Whether `text` is an identifier; keywords are.
pub fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first == '_' || is_xid_start(first))
        && characters.all(is_xid_continue)
}

/// Whether `text` is a keyword, which no module that is imported by name may be called.
pub fn is_keyword(text: &str) -> bool {
    KEYWORDS.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_start_with_a_letter() {
        for text in ["a", "_", "_1", "naïve", "变量", "class", "a1"] {
            assert!(is_identifier(text), "{text}");
        }
        for text in ["", "1a", "a-b", "a.b", "a b", "\u{301}a", "€"] {
            assert!(!is_identifier(text), "{text}");
        }
    }

    #[test]
    fn keywords_are_the_hard_ones() {
        assert!(["async", "None", "import"].into_iter().all(is_keyword));
        assert!(!["match", "type", "none", "print", ""].into_iter().any(is_keyword));
    }
}
