//! `multipart/form-data` (RFC 7578), read strictly: what a client may not send is refused, not mended.

use std::io::BufRead as _;

use bytes::Bytes;

/// More parts than this are refused; the longest metadata known has some hundreds.
const PARTS_LIMIT: usize = 10_000;
/// The headers of one part may have this many bytes.
const HEAD_LIMIT_BYTES: usize = 8 * 1024;

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The field's name.
    pub(super) name: String,
    /// The file's name, for fields that are files.
    pub(super) file_name: Option<String>,
    /// The part's own content type.
    pub(super) content_type: Option<String>,
    /// The value.
    pub(super) body: Bytes,
}

/// Why a body is no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum MultipartError {
    #[error("the content type is not multipart/form-data with a boundary")]
    ContentType,
    #[error("the body does not begin with the boundary")]
    Preamble,
    #[error("the body ends before the closing boundary")]
    Truncated,
    #[error("a boundary is followed by something else than a line end")]
    Boundary,
    #[error("something follows the closing boundary")]
    Epilogue,
    #[error("the headers of a part are malformed")]
    Headers,
    #[error("a part has no `Content-Disposition: form-data` with a name")]
    Disposition,
    #[error("there are too many parts")]
    TooMany,
}

/// Reads a whole form.
///
/// # Errors
/// When the content type is another one, or the body is not exactly a form.
pub(super) fn parse(content_type: &str, body: &Bytes) -> Result<Vec<Part>, MultipartError> {
    let delimiter = format!("\r\n--{}", boundary(content_type)?);
    let delimiter = delimiter.as_bytes();
    // The first boundary has no line end before it.
    let mut rest = body.strip_prefix(&delimiter[2..]).ok_or(MultipartError::Preamble)?;
    let mut parts = Vec::new();
    loop {
        if let Some(epilogue) = rest.strip_prefix(b"--") {
            return if matches!(epilogue, b"" | b"\r\n") { Ok(parts) } else { Err(MultipartError::Epilogue) };
        }
        rest = rest.strip_prefix(b"\r\n").ok_or(boundary_error(rest))?;
        if parts.len() == PARTS_LIMIT {
            return Err(MultipartError::TooMany);
        }
        let head_end = find_head_end(rest)?;
        let (head, after) = rest.split_at(head_end);
        // The blank line that ends the headers may be the line end of the boundary: an empty value.
        let value = &after[2..];
        let end = find(value, delimiter).ok_or(MultipartError::Truncated)?;
        parts.push(part(head, body.slice_ref(&value[..end]))?);
        rest = &value[end + delimiter.len()..];
    }
}

const fn boundary_error(rest: &[u8]) -> MultipartError {
    if rest.len() < 2 { MultipartError::Truncated } else { MultipartError::Boundary }
}

fn boundary(content_type: &str) -> Result<String, MultipartError> {
    let (media, parameters) = parameters(content_type).ok_or(MultipartError::ContentType)?;
    let boundary = parameters.into_iter().find(|(name, _)| name == "boundary").map(|(_, value)| value);
    boundary
        .filter(|_| media.eq_ignore_ascii_case("multipart/form-data"))
        .filter(|text| (1..=70).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b)))
        .filter(|text| !text.ends_with(' '))
        .ok_or(MultipartError::ContentType)
}

/// Where the headers end: before the blank line.
fn find_head_end(rest: &[u8]) -> Result<usize, MultipartError> {
    let window = &rest[..rest.len().min(HEAD_LIMIT_BYTES)];
    match find(window, b"\r\n\r\n") {
        Some(end) => Ok(end + 2),
        None if window.len() == HEAD_LIMIT_BYTES => Err(MultipartError::Headers),
        None => Err(MultipartError::Truncated),
    }
}

/// The first place of `needle`, which begins with CR LF. Goes from line end to line end, so that a large file is
/// searched with the standard library's fast byte search.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let mut rest = &haystack[at..];
        let line = rest.skip_until(b'\n').expect("reading from memory cannot fail");
        if line == 0 {
            return None;
        }
        at += line;
        if at >= 2 && haystack[at - 2..].starts_with(needle) {
            return Some(at - 2);
        }
    }
}

fn part(head: &[u8], body: Bytes) -> Result<Part, MultipartError> {
    let head = std::str::from_utf8(head).map_err(|_source| MultipartError::Headers)?;
    let (mut disposition, mut content_type) = (None, None);
    for line in head.split_terminator("\r\n") {
        let (name, value) = line.split_once(':').ok_or(MultipartError::Headers)?;
        let token = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if name.is_empty() || !name.bytes().all(token) || value.contains(['\r', '\n', '\0']) {
            return Err(MultipartError::Headers);
        }
        let slot = match name.to_ascii_lowercase().as_str() {
            "content-disposition" => &mut disposition,
            "content-type" => &mut content_type,
            _ => continue,
        };
        if slot.replace(value.trim().to_owned()).is_some() {
            return Err(MultipartError::Headers);
        }
    }
    let disposition = disposition.ok_or(MultipartError::Disposition)?;
    let (kind, parameters) = parameters(&disposition).ok_or(MultipartError::Disposition)?;
    let value =
        |wanted: &str| parameters.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    // RFC 7578, 4.2 forbids `filename*` in forms; PyPI's framework would ignore it and see no file.
    if !kind.eq_ignore_ascii_case("form-data") || value("filename*").is_some() {
        return Err(MultipartError::Disposition);
    }
    let name = value("name").filter(|name| !name.is_empty()).ok_or(MultipartError::Disposition)?;
    Ok(Part { name, file_name: value("filename"), content_type, body })
}

/// `value; name=token; name="quoted"`, with the names in lower case; none when it is malformed.
fn parameters(text: &str) -> Option<(String, Vec<(String, String)>)> {
    let (value, mut rest) = text.split_once(';').unwrap_or((text, ""));
    let mut parameters: Vec<(String, String)> = Vec::new();
    while !rest.trim_start().is_empty() {
        let (name, after) = rest.trim_start().split_once('=')?;
        let name = name.trim_end().to_ascii_lowercase();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => {
                let (value, next) = unquoted(quoted)?;
                (value, next.trim_start())
            }
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim_end().to_owned(), &after[end..])
            }
        };
        if name.is_empty() || parameters.iter().any(|(have, _)| *have == name) {
            return None;
        }
        parameters.push((name, value));
        rest = match next.strip_prefix(';') {
            Some(rest) => rest,
            None if next.is_empty() => "",
            None => return None,
        };
    }
    Some((value.trim().to_owned(), parameters))
}

/// The text up to the closing quote, and what follows it. Backslashes escape, and so do browsers' `%22`, `%0D`
/// and `%0A`.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => {
                let value = value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n");
                return Some((value, &text[at + 1..]));
            }
            '\\' => value.push(characters.next()?.1),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=xyz";
    const GOOD: &str = concat!(
        "--xyz\r\nContent-Disposition: form-data; name=\"summary\"\r\n\r\nTwo\r\nlines --xy\r\n",
        "--xyz\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n",
        "--xyz\r\nContent-Disposition: form-data; name=\"content\"; filename=\"a \\\"b\\\".whl\"\r\n",
        "Content-Type: application/octet-stream\r\n\r\n\0\r\n\r\n--xy\r\n--xyz--\r\n",
    );

    fn error(body: &str) -> MultipartError {
        parse(TYPE, &Bytes::copy_from_slice(body.as_bytes())).expect_err(body)
    }

    #[test]
    fn values_come_out_byte_for_byte() {
        let parts = parse(TYPE, &Bytes::from_static(GOOD.as_bytes())).expect("good");
        let seen: Vec<_> = parts.iter().map(|part| (part.name.as_str(), &part.body[..])).collect();
        assert_eq!(
            seen,
            [("summary", &b"Two\r\nlines --xy"[..]), ("empty", b""), ("content", b"\0\r\n\r\n--xy")]
        );
        assert_eq!(parts[2].file_name.as_deref(), Some("a \"b\".whl"));
        assert_eq!(parts[2].content_type.as_deref(), Some("application/octet-stream"));
        assert_eq!(parts[0].file_name, None);
    }

    #[test]
    fn boundaries_are_read_quoted_and_bare() {
        for good in
            ["multipart/form-data; boundary=xyz", "Multipart/Form-Data;charset=utf-8; boundary=\"xyz\""]
        {
            assert!(parse(good, &Bytes::from_static(GOOD.as_bytes())).is_ok(), "{good}");
        }
        let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
        for bad in
            ["", "multipart/form-data", "text/plain; boundary=xyz", "multipart/form-data; boundary=", &long]
        {
            assert_eq!(parse(bad, &Bytes::new()), Err(MultipartError::ContentType), "{bad}");
        }
    }

    #[test]
    fn each_way_to_be_wrong_has_its_error() {
        let head = "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n";
        assert_eq!(error("\r\n--xyz--"), MultipartError::Preamble);
        assert_eq!(error("--xyzz\r\n"), MultipartError::Boundary);
        assert_eq!(error("--xyz--\r\nmore"), MultipartError::Epilogue);
        assert_eq!(error(&format!("{head}\r\nvalue")), MultipartError::Truncated);
        assert_eq!(error(&format!("{head}\r\nvalue\n--xyz--")), MultipartError::Truncated);
        assert_eq!(error(&format!("{head}{head}")), MultipartError::Truncated);
        assert_eq!(error("--xyz\r\nno colon\r\n\r\n\r\n--xyz--"), MultipartError::Headers);
        assert_eq!(error(&format!("--xyz\r\na:{}", "b".repeat(9000))), MultipartError::Headers);
        for disposition in [
            "X: y",
            "Content-Disposition: attachment; name=\"a\"",
            "Content-Disposition: form-data",
            "Content-Disposition: form-data; name=\"\"",
            "Content-Disposition: form-data; name=\"a",
            "Content-Disposition: form-data; name=\"a\"; name=\"b\"",
            "Content-Disposition: form-data; name=\"a\"; filename*=utf-8''b",
        ] {
            let body = format!("--xyz\r\n{disposition}\r\n\r\nvalue\r\n--xyz--");
            assert_eq!(error(&body), MultipartError::Disposition, "{disposition}");
        }
    }

    #[test]
    fn a_form_without_parts_is_a_form() {
        assert_eq!(parse(TYPE, &Bytes::from_static(b"--xyz--")), Ok(Vec::new()));
    }

    #[test]
    fn no_truncation_passes_and_none_panics() {
        // The last line end is optional.
        for end in 0..GOOD.len() - 2 {
            assert!(parse(TYPE, &Bytes::copy_from_slice(&GOOD.as_bytes()[..end])).is_err(), "{end}");
        }
    }

    #[test]
    fn no_mutation_panics() {
        let mut seed = 0x9e37_79b9_u32;
        for _ in 0..20_000 {
            let mut bytes = GOOD.as_bytes().to_vec();
            for _ in 0..3 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (seed >> 8) as usize % bytes.len();
                bytes[at] = b"\r\n-\"\\;=xyz:\0\xff"[seed as usize % 13];
            }
            // Whatever comes out, it is cut from the body.
            let parts = parse(TYPE, &Bytes::from(bytes.clone())).unwrap_or_default();
            assert!(parts.iter().map(|part| part.body.len()).sum::<usize>() < bytes.len());
        }
    }
}
