//! Lists of SHA-256 digests as other tools write them: coreutils and `shasum`, their BSD form, and OpenSSL.
//!
//! A list is a stranger's claim about files beside it. Every line is read or the whole list is refused: a line that is
//! passed over proves nothing, and nobody would notice. Paths are held to what may lie below the list's own folder.

pub mod meta;

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{Limits, shown};
use crate::model::digest::Sha256;

/// Digits of a SHA-256 digest.
const DIGITS: usize = 64;
/// No algorithm that tools write in front of a path has a longer name.
const LONGEST_ALGORITHM: usize = 20;

/// How a line is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `digest  path`, or `digest *path` for bytes as they are: `sha256sum` and `shasum -a 256`.
    Coreutils,
    /// `SHA256 (path) = digest`: `sha256sum --tag`, and the tools of the BSDs.
    Bsd,
    /// `SHA256(path)= digest`, or `SHA2-256(path)= digest` of version 3 and later: `openssl dgst -sha256`.
    OpenSsl,
}

/// A list of checksums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksums {
    /// How its first line is spelled; others may be spelled otherwise, since lists are joined.
    pub format: Format,
    /// What it says, each path once.
    pub lines: Vec<Listed>,
}

/// What one line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// A path below the list's folder, with `/` between its parts and no `.` among them.
    pub path: String,
    /// The digest that the file must have.
    pub sha256: Sha256,
    /// The line's number, from 1.
    pub line: usize,
}

/// Why bytes are no list of checksums.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ChecksumsError {
    #[error("it has more than {limit} bytes")]
    TooLong { limit: u64 },
    #[error("it has more than {limit} lines")]
    TooManyLines { limit: usize },
    #[error("it is UTF-16, as PowerShell writes text by itself; checksum files are UTF-8")]
    Utf16,
    #[error("line {line}: it is no UTF-8")]
    NotUtf8 { line: usize },
    #[error("it lists no file")]
    Empty,
    #[error("line {line}: {fault}")]
    Line { line: usize, fault: LineFault },
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum LineFault {
    #[error("`{}` is no digest with a path", text.escape_debug())]
    Form { text: String },
    #[error("a SHA-256 digest has {DIGITS} hexadecimal digits, and this one has {found}")]
    Digits { found: usize },
    #[error("`{}` is another digest than SHA-256", name.escape_debug())]
    Algorithm { name: String },
    #[error("the path `{}` {why}", path.escape_debug())]
    Path { path: String, why: &'static str },
    #[error("`{}` has another digest here than in line {first}", path.escape_debug())]
    Twice { path: String, first: usize },
}

impl Format {
    /// The line that lists `path`, without its end.
    pub fn line(self, path: &str, sha256: &Sha256) -> String {
        let escaped = escape(path);
        let mark = if matches!(escaped, Cow::Owned(_)) { "\\" } else { "" };
        match self {
            Self::Coreutils => format!("{mark}{sha256}  {escaped}"),
            Self::Bsd => format!("{mark}SHA256 ({escaped}) = {sha256}"),
            Self::OpenSsl => format!("{mark}SHA2-256({escaped})= {sha256}"),
        }
    }
}

/// Reads a list. Line ends may be those of Windows, and a byte order mark, empty lines and comments (`#`) are passed over.
///
/// # Errors
/// When any line is not understood, when there is none, or beyond a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Checksums, ChecksumsError> {
    let mut format = None;
    let mut lines: Vec<Listed> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (line, text) in text_lines(bytes, limits)? {
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let at = |fault| ChecksumsError::Line { line, fault };
        let (spelling, path, sha256) = read(text).map_err(at)?;
        format.get_or_insert(spelling);
        match seen.entry(path) {
            Entry::Vacant(entry) => {
                lines.push(Listed { path: entry.key().clone(), sha256, line });
                entry.insert(lines.len() - 1);
            }
            Entry::Occupied(entry) => {
                let before = &lines[*entry.get()];
                if before.sha256 != sha256 {
                    return Err(at(LineFault::Twice { path: shown(&before.path), first: before.line }));
                }
            }
        }
    }
    format.map(|format| Checksums { format, lines }).ok_or(ChecksumsError::Empty)
}

/// The lines of a text and their numbers, without their ends.
fn text_lines<'a>(
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<impl Iterator<Item = (usize, &'a str)> + use<'a>, ChecksumsError> {
    if bytes.len() as u64 > limits.record_bytes {
        return Err(ChecksumsError::TooLong { limit: limits.record_bytes });
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(ChecksumsError::Utf16);
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let ends = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count();
    if ends(bytes) > limits.text_lines {
        return Err(ChecksumsError::TooManyLines { limit: limits.text_lines });
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| ChecksumsError::NotUtf8 { line: ends(&bytes[..error.valid_up_to()]) + 1 })?;
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    Ok(lines.enumerate().map(|(index, line)| (index + 1, line)))
}

/// One line: its spelling, path and digest.
fn read(line: &str) -> Result<(Format, String, Sha256), LineFault> {
    let form = || LineFault::Form { text: shown(line) };
    let (is_escaped, plain) = line.strip_prefix('\\').map_or((false, line), |rest| (true, rest));
    let (format, path, digits) = match tagged(plain)? {
        Some(parts) => parts,
        None => {
            let (digits, path) = plain.split_once(' ').ok_or_else(form)?;
            (Format::Coreutils, path.strip_prefix([' ', '*']).unwrap_or(path), digits)
        }
    };
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(form());
    }
    let sha256 = digits.parse().map_err(|_bad| LineFault::Digits { found: digits.len() })?;
    let path = if is_escaped { unescape(path).ok_or_else(form)? } else { path.to_owned() };
    let inside = inside(&path).map_err(|why| LineFault::Path { path: shown(&path), why })?;
    Ok((format, inside, sha256))
}

/// The parts of a line with the algorithm in front: format, path, digits. Nothing when it has none.
fn tagged(line: &str) -> Result<Option<(Format, &str, &str)>, LineFault> {
    let Some((head, rest)) = line.split_once('(') else { return Ok(None) };
    let (format, name, end) = match head.strip_suffix(' ') {
        Some(name) => (Format::Bsd, name, ") = "),
        None => (Format::OpenSsl, head, ")= "),
    };
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'/' | b'_');
    if name.is_empty() || name.len() > LONGEST_ALGORITHM || !name.bytes().all(is_word) {
        return Ok(None);
    }
    let Some((path, digits)) = rest.rsplit_once(end) else { return Ok(None) };
    if !["SHA256", "SHA2-256"].iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Err(LineFault::Algorithm { name: name.to_owned() });
    }
    Ok(Some((format, path, digits)))
}

fn escape(path: &str) -> Cow<'_, str> {
    if path.contains(['\\', '\n', '\r']) {
        Cow::Owned(path.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r"))
    } else {
        Cow::Borrowed(path)
    }
}

/// What the writers of a line that begins with a backslash meant.
fn unescape(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        plain.push(match c {
            '\\' => match rest.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            other => other,
        });
    }
    Some(plain)
}

/// The path without its `.` parts, or why no file below the list's folder has it.
fn inside(path: &str) -> Result<String, &'static str> {
    if path.is_empty() || path.ends_with('/') {
        return Err("names no file");
    }
    if path.starts_with('/') {
        return Err("is absolute");
    }
    if path.contains('\\') {
        return Err("has a backslash; `/` stands between folders");
    }
    if path.contains(':') {
        return Err("has a colon, as drives have");
    }
    if path.contains(char::is_control) {
        return Err("has a control character");
    }
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    match &*parts {
        [] => Err("names no file"),
        parts if parts.contains(&"..") => Err("leaves the folder of the list"),
        parts => Ok(parts.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    const B: &str = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";

    fn lines(text: &str) -> Vec<(String, usize)> {
        let read =
            parse(text.as_bytes(), &Limits::default()).unwrap_or_else(|error| panic!("{text}: {error}"));
        read.lines
            .into_iter()
            .map(|listed| (format!("{} {}", listed.path, listed.sha256), listed.line))
            .collect()
    }

    #[track_caller]
    fn check(text: &str, format: Format, path: &str) {
        let read = parse(text.as_bytes(), &Limits::default()).expect(text);
        assert_eq!(read.format, format, "{text}");
        assert_eq!(read.lines, [Listed { path: path.into(), sha256: A.parse().expect("good"), line: 1 }]);
    }

    #[track_caller]
    fn refused(text: &str, message: &str) {
        let error = parse(text.as_bytes(), &Limits::default()).expect_err(text);
        assert_eq!(error.to_string(), message, "{text}");
    }

    #[test]
    fn every_spelling_is_read() {
        check(&format!("{A}  a.whl\n"), Format::Coreutils, "a.whl");
        check(&format!("{A} *a.whl"), Format::Coreutils, "a.whl");
        check(&format!("{A} a.whl"), Format::Coreutils, "a.whl");
        check(&format!("{}  ./dist//a (1).whl\r\n", A.to_uppercase()), Format::Coreutils, "dist/a (1).whl");
        check(&format!("SHA256 (a.whl) = {A}\n"), Format::Bsd, "a.whl");
        check(&format!("SHA256 (a) = (b).whl) = {A}\n"), Format::Bsd, "a) = (b).whl");
        check(&format!("SHA256(./a.whl)= {A}\n"), Format::OpenSsl, "a.whl");
        check(&format!("SHA2-256(./d/a.whl)= {A}\r\n"), Format::OpenSsl, "d/a.whl");
        check(&format!("\u{feff}{A}  ä b.whl\n\r\n"), Format::Coreutils, "ä b.whl");
    }

    #[test]
    fn lines_keep_their_numbers_and_a_path_stands_once() {
        let text = format!("# by hand\n\n{A}  a\r\n{B}  ./b\n{A}  ./a\n");
        assert_eq!(lines(&text), [(format!("a {A}"), 3), (format!("b {B}"), 4)]);
        refused(&format!("{A}  a\n{B} *a\n"), "line 2: `a` has another digest here than in line 1");
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_line() {
        for empty in ["", "\n\r\n", "\u{feff}", "# nothing\n"] {
            refused(empty, "it lists no file");
        }
        let digits =
            |found| format!("line 2: a SHA-256 digest has 64 hexadecimal digits, and this one has {found}");
        refused(&format!("{A}  a\n{}  b\n", &A[1..]), &digits(63));
        refused(&format!("{A}  a\nSHA256 (b) = {A}0\n"), &digits(65));
        refused(&format!("{A}  a\nSHA256(b)= \n"), &digits(0));
        refused(&format!("{A}\n"), &format!("line 1: `{A}` is no digest with a path"));
        refused("<html>\n", "line 1: `<html>` is no digest with a path");
        refused(
            &format!("x{}  a\n", &A[1..]),
            &format!("line 1: `x{}  a` is no digest with a path", &A[1..]),
        );
        refused(
            "MD5 (a) = 0cc175b9c0f1b6a831c399e269772661\n",
            "line 1: `MD5` is another digest than SHA-256",
        );
        refused("SHA2-512(a)= 00\n", "line 1: `SHA2-512` is another digest than SHA-256");
    }

    #[test]
    fn paths_that_no_file_beside_the_list_has_are_refused() {
        let outside = "leaves the folder of the list";
        for (path, why) in [
            ("../a", outside),
            ("d/../../a", outside),
            ("./..", outside),
            ("/etc/passwd", "is absolute"),
            ("C:/a", "has a colon, as drives have"),
            (".\\a", "has a backslash; `/` stands between folders"),
            ("a\u{1}", "has a control character"),
            ("d/", "names no file"),
            ("./.", "names no file"),
            ("", "names no file"),
        ] {
            let shown = path.escape_debug();
            refused(&format!("{A}  a\n{A}  {path}\n"), &format!("line 2: the path `{shown}` {why}"));
        }
    }

    #[test]
    fn escapes_are_understood_before_a_path_is_judged() {
        refused(&format!("\\{A}  a\\nb\n"), "line 1: the path `a\\nb` has a control character");
        refused(
            &format!("\\SHA256 (a\\\\b) = {A}\n"),
            "line 1: the path `a\\\\b` has a backslash; `/` stands between folders",
        );
        check(&format!("\\{A}  a\n"), Format::Coreutils, "a");
        refused(&format!("\\{A}  a\\x\n"), &format!("line 1: `\\\\{A}  a\\\\x` is no digest with a path"));
    }

    #[test]
    fn bytes_that_are_no_text_and_too_many_of_them_are_refused() {
        let error = |bytes: &[u8]| parse(bytes, &Limits::default()).expect_err("bad");
        assert_eq!(error(b"\xff\xfea\0"), ChecksumsError::Utf16);
        assert_eq!(error(b"\n\n\xff"), ChecksumsError::NotUtf8 { line: 3 });
        let small = Limits { record_bytes: 8, text_lines: 2, ..Limits::default() };
        assert_eq!(parse(b"123456789", &small), Err(ChecksumsError::TooLong { limit: 8 }));
        assert_eq!(parse(b"\n\n\n", &small), Err(ChecksumsError::TooManyLines { limit: 2 }));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let sha256: Sha256 = A.parse().expect("good");
        for format in [Format::Coreutils, Format::Bsd, Format::OpenSsl] {
            for path in ["a.whl", "d/a (1).whl", "ä b", "(a)", "a)= b"] {
                check(&format.line(path, &sha256), format, path);
            }
            assert!(format.line("a\\b", &sha256).starts_with('\\'));
        }
    }
}
