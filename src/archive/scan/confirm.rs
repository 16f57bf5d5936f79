//! Whether what follows a beginning makes a mark of it. Words that only speak of secrets must not count.

use super::MarkKind;

/// Whether `text`, which stands behind the byte `before` and in front of `rest`, begins a mark.
pub(super) fn is_mark(kind: MarkKind, text: &str, before: u8, rest: &[u8]) -> bool {
    match kind {
        MarkKind::IndexToken => run(rest, is_url_safe) >= 150,
        MarkKind::PyArmor => is_py_armor(rest),
        MarkKind::SourceDefender => false,
        MarkKind::PrivateKey => is_private_key(rest),
        MarkKind::CloudKey => !is_base64(before) && !is_url_safe(before) && is_cloud_key(rest),
        MarkKind::ForgeToken => !is_url_safe(before) && is_forge_token(text, rest),
    }
}

/// The hooks that `PyArmor` puts into code. The call itself is told by its arguments: its own source has others.
fn is_py_armor(rest: &[u8]) -> bool {
    let hooks: [&[u8]; 5] = [b"_(__name__, __file__,", b"enter__", b"exit__", b"assert__", b"bcc__"];
    hooks.iter().any(|hook| rest.starts_with(hook))
}

/// `RSA PRIVATE KEY-----` and its like, and behind the end of the line the beginning of a key that is not encrypted.
fn is_private_key(rest: &[u8]) -> bool {
    let label = run(rest, |byte| byte.is_ascii_uppercase() || byte == b' ');
    let (label, rest) = rest.split_at(label);
    let is_plain = [&b"PRIVATE KEY"[..], b"PRIVATE KEY BLOCK"].iter().any(|end| label.ends_with(end))
        && !label.starts_with(b"ENCRYPTED");
    let Some(rest) = rest.strip_prefix(b"-----").filter(|_| is_plain && label.len() <= 32) else {
        return false;
    };
    // In source code there may be `\n`, quotes and blanks between two lines.
    let between = run(rest, |byte| byte.is_ascii_whitespace() || b"\\nr'\"+,#*/|>".contains(&byte));
    between > 0 && between <= 64 && run(&rest[between..], is_base64) >= 40
}

fn is_cloud_key(rest: &[u8]) -> bool {
    let length = run(rest, |byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
    let identifier = &rest[..length];
    length == 16
        && !rest.get(length).is_some_and(|byte| is_base64(*byte) || is_url_safe(*byte))
        && identifier.iter().any(u8::is_ascii_digit)
        && is_random(identifier, 7)
        && !identifier.ends_with(b"EXAMPLE")
}

fn is_forge_token(text: &str, rest: &[u8]) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric();
    let length = run(rest, is_letter);
    if text.starts_with("github") {
        return length == 22
            && rest.get(22) == Some(&b'_')
            && run(&rest[23..], is_letter) == 59
            && is_random(&rest[23..82], 20);
    }
    length == 36 && rest.get(36) != Some(&b'_') && is_random(&rest[..36], 14)
}

/// Whether there are so many different bytes; examples are full of `x` or count from one to nine.
fn is_random(bytes: &[u8], least: usize) -> bool {
    let mut seen = [false; 256];
    bytes.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    let rising = bytes.windows(2).filter(|pair| pair[1] == pair[0].wrapping_add(1)).count();
    seen.iter().filter(|seen| **seen).count() >= least && rising * 2 < bytes.len()
}

fn run(bytes: &[u8], is_one: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !is_one(*byte)).unwrap_or(bytes.len())
}

const fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}
