//! The marks of option lists: options of a command, with their arguments.

/// The characters that the options at the beginning of `text` take, with the blanks behind them.
pub(super) fn marker_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = option_end(bytes, 0)?;
    while bytes[at..].starts_with(b", ") {
        match option_end(bytes, at + 2) {
            Some(end) => at = end,
            None => break,
        }
    }
    let blanks = bytes[at..].iter().take_while(|byte| **byte == b' ').count();
    let is_last = at + blanks == bytes.len();
    (blanks >= 2 || (is_last && blanks <= 1)).then(|| text[..at + blanks].chars().count())
}

/// Where the option at `at` ends, with the argument that it has.
fn option_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let name_start = match rest {
        [b'-', b'-', ..] => 2,
        [b'-' | b'+' | b'/', ..] => 1,
        _ => return None,
    };
    if !rest.get(name_start).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    if rest.starts_with(b"--") || rest[0] == b'/' {
        let name_end = name_start + rest[name_start..].iter().take_while(|byte| is_name(byte)).count();
        let argument = rest.get(name_end).filter(|byte| matches!(byte, b' ' | b'='));
        let end = argument.and_then(|_| argument_end(rest, name_end + 1)).unwrap_or(name_end);
        return Some(at + end);
    }
    let blank = usize::from(rest.get(2) == Some(&b' '));
    Some(at + argument_end(rest, 2 + blank).unwrap_or(2))
}

fn argument_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    match rest.first()? {
        b'<' => {
            let length = rest[1..].iter().position(|byte| matches!(byte, b'<' | b'>'))?;
            (length > 0 && rest[1 + length] == b'>').then_some(at + length + 2)
        }
        byte if byte.is_ascii_alphabetic() => {
            let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            Some(at + rest.iter().take_while(is_part).count())
        }
        _ => None,
    }
}
