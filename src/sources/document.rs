//! A TOML file with the places of its values.
//!
//! The `toml` crate tells where each value stands; what is read here is where the text between the quotes stands, which
//! is what an edit replaces.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Found, Role, Statement, read};
use crate::model::version::Spelling;

/// A value with its place.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// Where the lines of a text end.
#[derive(Debug)]
pub(super) struct Lines(Vec<usize>);

/// A TOML file.
#[derive(Debug)]
pub(super) struct Document<'t> {
    pub(super) file: &'t str,
    text: &'t str,
    lines: Lines,
    table: DeTable<'t>,
}

/// A text value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Text<'d> {
    /// What it means.
    pub(super) value: &'d str,
    /// How it is written between its quotes, which differs where there are escapes.
    pub(super) raw: &'d str,
    /// Where that starts, in bytes.
    pub(super) at: usize,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.0.partition_point(|end| *end < at) + 1
    }
}

impl<'t> Document<'t> {
    /// Reads `text`, which is that of `file`.
    #[expect(
        clippy::result_large_err,
        reason = "a file is read once, and what is wrong with it is told as it is"
    )]
    pub(super) fn read(file: &'t str, text: &'t str) -> Result<Self, Found> {
        let lines = Lines::of(text);
        match DeTable::parse(text) {
            Ok(table) => Ok(Self { file, text, lines, table: table.into_inner() }),
            Err(error) => Err(Found::Unreadable {
                file: file.to_owned(),
                line: error.span().map(|span| lines.line(span.start)),
                why: format!("it is no valid TOML: {}", error.message()),
            }),
        }
    }

    /// Whether the file starts with a byte order mark.
    pub(super) fn has_mark(&self) -> bool {
        self.text.starts_with('\u{feff}')
    }

    /// What stands under dotted `path`.
    pub(super) fn value(&self, path: &str) -> Option<&Value<'t>> {
        within(&self.table, path)
    }

    /// The table under dotted `path`.
    pub(super) fn table(&self, path: &str) -> Option<&DeTable<'t>> {
        table(self.value(path)?)
    }

    /// The text under dotted `path`.
    pub(super) fn text(&self, path: &str) -> Option<Text<'_>> {
        self.text_of(self.value(path)?)
    }

    /// A value as text.
    pub(super) fn text_of<'d>(&'d self, value: &'d Value<'t>) -> Option<Text<'d>> {
        let DeValue::String(text) = value.get_ref() else { return None };
        let Range { start, end } = value.span();
        let written = self.text.get(start..end)?;
        let quotes = if written.starts_with("\"\"\"") || written.starts_with("'''") { 3 } else { 1 };
        let mut raw = written.get(quotes..written.len().checked_sub(quotes)?)?;
        if quotes == 3 {
            // The first line break is not part of the text.
            raw = raw.strip_prefix("\r\n").or_else(|| raw.strip_prefix('\n')).unwrap_or(raw);
        }
        Some(Text { value: text, raw, at: end - quotes - raw.len() })
    }

    /// The texts of the list under dotted `path`; what is no text is passed over.
    pub(super) fn texts(&self, path: &str) -> Vec<Text<'_>> {
        self.value(path).map_or_else(Vec::new, |value| self.texts_of(value))
    }

    /// The texts of a list.
    pub(super) fn texts_of<'d>(&'d self, value: &'d Value<'t>) -> Vec<Text<'d>> {
        let DeValue::Array(values) = value.get_ref() else { return Vec::new() };
        values.iter().filter_map(|value| self.text_of(value)).collect()
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.lines.line(at)
    }

    /// The version that `value` states under `key`.
    pub(super) fn version(
        &self,
        value: &Value<'t>,
        key: &str,
        spelling: Spelling,
        package: Option<&str>,
    ) -> Found {
        match self.text_of(value) {
            Some(text) => self.version_text(text, key, spelling, package),
            None => self.unreadable(value.span().start, format!("`{key}` is no text")),
        }
    }

    /// The version that a text states under `key`.
    pub(super) fn version_text(
        &self,
        text: Text<'_>,
        key: &str,
        spelling: Spelling,
        package: Option<&str>,
    ) -> Found {
        let refuse = |why: String| self.unreadable(text.at, why);
        if text.raw != text.value {
            return refuse(format!("`{key}` is written with escapes"));
        }
        // PEP 440 has it that blanks around a version are no part of it.
        let bare = if spelling == Spelling::Pep440 { text.value.trim() } else { text.value };
        if let Err(error) = read(bare, spelling) {
            return refuse(format!("`{key}`: {error}"));
        }
        let start = text.at + (text.value.len() - text.value.trim_start().len());
        Found::Statement(Statement {
            file: self.file.to_owned(),
            line: self.line(start),
            span: start..start + bare.len(),
            key: key.to_owned(),
            text: bare.to_owned(),
            spelling,
            package: package.map(str::to_owned),
            role: Role::Version,
        })
    }

    /// That the file cannot be understood at a byte.
    pub(super) fn unreadable(&self, at: usize, why: String) -> Found {
        Found::Unreadable { file: self.file.to_owned(), line: Some(self.line(at)), why }
    }
}

/// What stands under dotted `path` in a table.
pub(super) fn within<'d, 't>(table: &'d DeTable<'t>, path: &str) -> Option<&'d Value<'t>> {
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    let found = table.get(head)?;
    rest.map_or(Some(found), |rest| within(self::table(found)?, rest))
}

/// A value as a table.
pub(super) fn table<'d, 't>(value: &'d Value<'t>) -> Option<&'d DeTable<'t>> {
    match value.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

/// A value as a boolean.
pub(super) fn flag(value: &Value<'_>) -> Option<bool> {
    match value.get_ref() {
        DeValue::Boolean(value) => Some(*value),
        _ => None,
    }
}

/// A value as a list.
pub(super) fn list<'d, 't>(value: &'d Value<'t>) -> &'d [Value<'t>] {
    match value.get_ref() {
        DeValue::Array(values) => values,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_between_the_quotes_has_its_place() {
        for text in [
            "x = \"1.2\"",
            "\u{feff}x = '1.2'\r\n",
            "\r\n# é\r\nx = '''\r\n1.2'''",
            "x = \"\"\"1.2\"\"\"",
            "x.'y' = 1\nz.x = '1.2'\n",
        ] {
            let document = Document::read("f", text).expect(text);
            let found = document.text("x").or_else(|| document.text("z.x")).expect(text);
            assert_eq!(&text[found.at..found.at + found.raw.len()], "1.2", "{text:?}");
            assert_eq!(found.value, "1.2");
        }
        let escaped = Document::read("f", r#"x = "1\u002e2""#).expect("good");
        let found = escaped.text("x").expect("a text");
        assert_eq!((found.value, found.raw), ("1.2", r"1\u002e2"));
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        for (text, expected) in
            [("a = 1\nb = \n", 2), ("a = 1\r\na = 2\r\n", 2), ("[a]\n[b]\n[a]\n", 3), ("y = 1\nx = é\n", 2)]
        {
            let Err(Found::Unreadable { line, why, .. }) = Document::read("f", text) else {
                panic!("{text:?} is read")
            };
            assert_eq!(line, Some(expected), "{text:?}: {why}");
        }
    }
}
