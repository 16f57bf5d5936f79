//! Core metadata (METADATA, PKG-INFO) and the WHEEL file: headers as Python's `email` package reads them.
//!
//! Source: the core metadata specification, which defers to Python's `email.parser` with the compat32 policy.
//! Installers and indexes use that parser, so its habits are the format: names in any case, folded lines, and
//! the first line that is no header ends the headers, whatever comes behind it.

/// Headers in order, and the text behind them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    headers: Vec<(String, String)>,
    body: Option<String>,
    /// The line, from 1, that ended the headers without being empty, as everything behind it is lost.
    pub stray_line: Option<StrayLine>,
}

/// A line among the headers that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrayLine {
    /// Its number, from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
}

impl Metadata {
    /// Reads headers and body.
    pub fn parse(text: &str) -> Self {
        let mut metadata = Self::default();
        let mut rest = text;
        let mut number = 0;
        while !rest.is_empty() {
            let (line, after) = split_line(rest);
            number += 1;
            let bare = line.trim_end_matches(['\r', '\n']);
            if bare.is_empty() {
                rest = after;
                break;
            }
            if bare.starts_with([' ', '\t']) {
                match metadata.headers.last_mut() {
                    Some((_, value)) => value.push_str(line),
                    // Python drops a first line that continues nothing.
                    None => metadata.stray(number, bare),
                }
            } else if let Some((name, value)) = header(line) {
                metadata.headers.push((name.to_owned(), value.trim_start_matches([' ', '\t']).to_owned()));
            } else if bare.starts_with("From ") {
                metadata.stray(number, bare);
            } else {
                metadata.stray(number, bare);
                break;
            }
            rest = after;
        }
        for (_, value) in &mut metadata.headers {
            value.truncate(value.trim_end_matches(['\r', '\n']).len());
        }
        metadata.body = (!rest.is_empty()).then(|| rest.to_owned());
        metadata
    }

    fn stray(&mut self, line: usize, text: &str) {
        self.stray_line.get_or_insert_with(|| StrayLine { line, text: super::shown(text) });
    }

    /// The headers in order, names as written, values without the blanks before them.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first value of the header `name`, in any case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Every value of the header `name`, in any case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The text behind the headers.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// The project's description: the body, or in old metadata the header.
    pub fn description(&self) -> Option<&str> {
        self.body().or_else(|| self.get("Description"))
    }
}

/// The first line with its end, and the rest: `\n`, `\r\n` and `\r` all end a line.
fn split_line(text: &str) -> (&str, &str) {
    let end = match text.find(['\n', '\r']) {
        None => text.len(),
        Some(at) if text[at..].starts_with("\r\n") => at + 2,
        Some(at) => at + 1,
    };
    text.split_at(end)
}

/// A header's name has printable ASCII characters and no colon or blank.
fn header(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_python_reads_them() {
        let metadata = Metadata::parse(
            "Metadata-Version: 2.1\r\nNAME:  foo\nSummary: one\n  two\n\tthree\nClassifier: a\nclassifier:b\nEmpty:\n\nbody\n\nmore",
        );
        assert_eq!(metadata.get("name"), Some("foo"));
        assert_eq!(metadata.get("Summary"), Some("one\n  two\n\tthree"));
        assert_eq!(metadata.all("Classifier").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(metadata.get("empty"), Some(""));
        assert_eq!(metadata.description(), Some("body\n\nmore"));
        assert_eq!(metadata.stray_line, None);
        assert_eq!(metadata.headers().len(), 6);
    }

    #[test]
    fn the_first_line_that_is_no_header_ends_them() {
        let metadata = Metadata::parse("Name: foo\nno header\nVersion: 1\n");
        assert_eq!((metadata.get("Name"), metadata.get("Version")), (Some("foo"), None));
        assert_eq!(metadata.body(), Some("no header\nVersion: 1\n"));
        assert_eq!(metadata.stray_line.map(|stray| stray.line), Some(2));
        for junk in ["\u{feff}Name: foo\n", "Na me: foo\n", ": foo\n", "Näme: foo\n"] {
            let metadata = Metadata::parse(junk);
            assert!(metadata.headers().is_empty() && metadata.stray_line.is_some(), "{junk:?}");
        }
        assert!(Metadata::parse(" folded\nName: foo\n").stray_line.is_some());
        assert_eq!(Metadata::parse("").headers(), []);
        assert_eq!(Metadata::parse("Description: x\n").description(), Some("x"));
    }
}
