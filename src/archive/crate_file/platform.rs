//! For which platforms a dependency is wanted: a target's name or a `cfg(…)` expression, in cargo's spelling.
//!
//! Source: the reference of Rust, conditional compilation. Nothing is judged, so no grammar is needed: the pieces are
//! put together again with the blanks that cargo puts between them.

/// `text` as cargo spells it when it tells a registry: one blank behind each comma and around each `=`, no comma before a
/// closing parenthesis.
pub(super) fn spelled(text: &str) -> String {
    let text = text.trim();
    if !text.starts_with("cfg(") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            ',' | '(' | ')' | '=' => 1,
            _ if first.is_whitespace() => {
                rest = rest.trim_start();
                continue;
            }
            _ => {
                let ends = |c: char| matches!(c, '"' | ',' | '(' | ')' | '=') || c.is_whitespace();
                rest.find(ends).unwrap_or(rest.len())
            }
        };
        let (piece, after) = rest.split_at(length);
        match piece {
            ")" => {
                out.truncate(out.trim_end_matches([',', ' ']).len());
                out.push(')');
            }
            "," => out.push_str(", "),
            "=" => out.push_str(" = "),
            piece => out.push_str(piece),
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::spelled;

    #[test]
    fn blanks_stand_where_cargo_puts_them() {
        for (text, expected) in [
            ("x86_64-pc-windows-msvc", "x86_64-pc-windows-msvc"),
            (" cfg(unix) ", "cfg(unix)"),
            ("cfg( any(unix,windows, ) )", "cfg(any(unix, windows))"),
            ("cfg(all( not ( miri ) ,target_os=\"a b,c\" ))", "cfg(all(not(miri), target_os = \"a b,c\"))"),
            ("cfg(any())", "cfg(any())"),
            ("cfg(any(a,,))", "cfg(any(a))"),
            ("cfg(feature = \"open", "cfg(feature = \"open"),
        ] {
            assert_eq!(spelled(text), expected);
        }
    }
}
