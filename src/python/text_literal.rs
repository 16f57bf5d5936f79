//! The text between quotes as Python reads it: with escapes.
//!
//! Markers are the one place in metadata where this matters, because `packaging` asks Python for the value. Escapes
//! by name (`\N{…}`) are refused; the list of names is long, and nobody writes them there.

/// The value of what stands between two quotes and holds no such quote.
pub(super) fn value(text: &str) -> Result<String, String> {
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '\n', '\r', '\0']) {
        value.push_str(&rest[..at]);
        if !rest[at..].starts_with('\\') {
            return Err("a line break or a NUL in a quoted text".to_owned());
        }
        let escape = &rest[at + 1..];
        let Some(kind) = escape.chars().next() else {
            return Err("the last backslash takes the closing quote with it".to_owned());
        };
        let behind = &escape[kind.len_utf8()..];
        let (character, behind) = match kind {
            '\n' => (None, behind),
            '\r' => (None, behind.strip_prefix('\n').unwrap_or(behind)),
            '\\' | '\'' | '"' => (Some(kind), behind),
            'a' => (Some('\x07'), behind),
            'b' => (Some('\x08'), behind),
            'f' => (Some('\x0c'), behind),
            'n' => (Some('\n'), behind),
            'r' => (Some('\r'), behind),
            't' => (Some('\t'), behind),
            'v' => (Some('\x0b'), behind),
            '0'..='7' => {
                let length = escape.bytes().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
                let code = u32::from_str_radix(&escape[..length], 8).unwrap_or_default();
                (char::from_u32(code), &escape[length..])
            }
            'x' => hexadecimal(behind, 2)?,
            'u' => hexadecimal(behind, 4)?,
            'U' => hexadecimal(behind, 8)?,
            'N' => return Err("an escape by name (`\\N`) in a quoted text".to_owned()),
            '\0' => return Err("a line break or a NUL in a quoted text".to_owned()),
            other => {
                value.push('\\');
                (Some(other), behind)
            }
        };
        value.extend(character);
        rest = behind;
    }
    value.push_str(rest);
    Ok(value)
}

/// A character by its number in so many digits; half of a surrogate pair, which Python has, becomes U+FFFD.
fn hexadecimal(text: &str, digits: usize) -> Result<(Option<char>, &str), String> {
    let code = text
        .get(..digits)
        .filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()))
        .and_then(|code| u32::from_str_radix(code, 16).ok())
        .filter(|code| *code <= u32::from(char::MAX))
        .ok_or_else(|| "an escape in a quoted text is cut short or names no character".to_owned())?;
    Ok((Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)), &text[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_python() {
        for (text, read) in [
            ("", ""),
            ("plain é", "plain é"),
            (r"a\\b\'\q\é", "a\\b'\\q\\é"),
            (r"\x41\u00e9\U0001F600\101\7\ud800", "Aé\u{1F600}A\x07\u{FFFD}"),
            (r"\400", "\u{100}"),
            ("a\\\nb\\\r\nc", "abc"),
        ] {
            assert_eq!(value(text).as_deref(), Ok(read), "{text:?}");
        }
        for text in ["\\", "a\nb", "\0", "\\\0", r"\x4", r"\xé", r"\u12", r"\U00110000", r"\N{DIGIT ONE}"] {
            assert!(value(text).is_err(), "{text:?}");
        }
    }
}
