//! `Content-Disposition`: what a server calls the file that it sends.

use percent_encoding::percent_decode_str;

use crate::model::artifact::FileName;

/// The file's name: `filename*` before `filename` (RFC 6266), without any folder, and only if it is a plain name.
pub(super) fn file_name(disposition: &str) -> Option<String> {
    let parameters = parameters(disposition);
    let value = |wanted: &str| {
        parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str())
    };
    let name = value("filename*").and_then(extended).or_else(|| value("filename").map(str::to_owned))?;
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    name.parse::<FileName>().ok().map(|name| name.as_str().to_owned())
}

/// Decodes `UTF-8''percent%20encoded` (RFC 8187).
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_language, text) = rest.split_once('\'')?;
    let text = percent_decode_str(text).decode_utf8().ok()?;
    charset.eq_ignore_ascii_case("utf-8").then(|| text.into_owned())
}

/// The parameters behind the first semicolon. Quoted values may hold semicolons and escaped quotes.
fn parameters(disposition: &str) -> Vec<(String, String)> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in disposition.chars() {
        let part = parts.last_mut().expect("there is always a part");
        match c {
            _ if escaped => {
                part.push(c);
                escaped = false;
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => parts.push(String::new()),
            _ => part.push(c),
        }
    }
    let pair = |part: &String| {
        part.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
    };
    parts.iter().skip(1).filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_every_spelling() {
        for (disposition, name) in [
            ("attachment; filename=tool.exe", "tool.exe"),
            ("attachment; filename=\"a b; c.zip\"", "a b; c.zip"),
            ("attachment; filename=\"a\\\"b.zip\"", "a\"b.zip"),
            ("attachment; filename=\"fallback\"; filename*=UTF-8''na%C3%AFve%20file.bin", "naïve file.bin"),
            ("attachment; filename*=latin1''x; FileName=\"plain\"", "plain"),
        ] {
            assert_eq!(file_name(disposition).as_deref(), Some(name), "{disposition}");
        }
    }

    #[test]
    fn no_name_leads_out_of_a_folder() {
        assert_eq!(file_name("attachment; filename=\"../../etc/passwd\"").as_deref(), Some("passwd"));
        assert_eq!(file_name("a; filename*=utf-8''..%2F..%2Fx").as_deref(), Some("x"));
        for none in [
            "attachment",
            "",
            "a; filename=..",
            "a; filename=\"x/\"",
            "a; filename*=utf-8''%0A",
            "a; filename=\"c:\"",
        ] {
            assert_eq!(file_name(none), None, "{none}");
        }
    }

    #[test]
    fn nothing_in_a_header_upsets_it() {
        let whole = "attachment; filename=\"a\\\"b;\"; filename*=UTF-8''na%C3%AFve";
        for end in 0..=whole.len() {
            let _ = file_name(&whole[..end]);
        }
        for changed in crate::remote::github::tests::mutations(whole) {
            let name = file_name(&changed);
            assert!(name.is_none_or(|name| !name.contains(['/', '\\', '\0'])), "{changed}");
        }
        for odd in
            [";", "=;=", "a;filename*=''", "a;filename*='", "a;filename*=utf-8''%", "a;\"", "a;filename=\"\\"]
        {
            let _ = file_name(odd);
        }
    }
}
