//! Licence expressions (PEP 639, SPDX): `MIT OR Apache-2.0`.
//!
//! Operators and identifiers may be in any case; the canonical spelling is that of the SPDX list.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::LazyLock;

use super::GrammarError;

/// The SPDX list, with its version in the first line.
const LIST: &str = include_str!("../../data/spdx.txt");

/// Python itself reads no deeper, and `packaging` asks Python.
const DEEPEST: usize = 200;

/// A licence expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// The expression in its canonical spelling.
    pub canonical: String,
    /// Identifiers in it that SPDX has deprecated.
    pub deprecated: Vec<String>,
}

/// What the list says of one identifier.
#[derive(Clone, Copy)]
struct Entry {
    identifier: &'static str,
    is_deprecated: bool,
}

/// The licences and the exceptions, by their identifiers in lower case.
struct Spdx {
    licenses: HashMap<String, Entry>,
    exceptions: HashMap<String, Entry>,
}

static SPDX: LazyLock<Spdx> = LazyLock::new(|| {
    let table = |wanted: &str| {
        let rows = LIST.lines().filter(|line| !line.starts_with('#'));
        let fields = rows.map(|line| line.split('\t').collect::<Vec<_>>());
        let entries = fields.filter_map(|fields| match fields[..] {
            [kind, identifier, ref flags @ ..] if kind == wanted => {
                Some((identifier.to_lowercase(), Entry { identifier, is_deprecated: !flags.is_empty() }))
            }
            _ => None,
        });
        entries.collect()
    };
    Spdx { licenses: table("license"), exceptions: table("exception") }
});

/// A word of an expression: where it starts, in bytes, and what it is.
struct Word<'t> {
    at: usize,
    text: &'t str,
    lower: String,
}

/// What may stand next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A licence or an opening parenthesis.
    Operand,
    /// An exception, behind `WITH`.
    Exception,
    /// An operator, a closing parenthesis or the end; `WITH` only right behind a licence.
    Operator { is_behind_license: bool },
}

impl FromStr for Expression {
    type Err = GrammarError;

    fn from_str(text: &str) -> Result<Self, GrammarError> {
        GrammarError::if_too_long(text)?;
        let words: Vec<_> = words(text).collect();
        let references = references(&words);
        let mut expression = Self { canonical: String::new(), deprecated: Vec::new() };
        let mut next = Next::Operand;
        let mut depth = 0;
        for word in &words {
            let refused = |what: String| GrammarError::in_bytes(text, word.at, what);
            next = match (word.lower.as_str(), next) {
                ("(", Next::Operand) if depth < DEEPEST => {
                    depth += 1;
                    expression.push("(");
                    Next::Operand
                }
                ("(", Next::Operand) => {
                    return Err(refused(format!("parentheses are nested more than {DEEPEST} deep")));
                }
                (")", Next::Operator { .. }) if depth > 0 => {
                    depth -= 1;
                    expression.push(")");
                    Next::Operator { is_behind_license: false }
                }
                ("and" | "or", Next::Operator { .. }) => {
                    expression.push(&word.text.to_ascii_uppercase());
                    Next::Operand
                }
                ("with", Next::Operator { is_behind_license: true }) => {
                    expression.push("WITH");
                    Next::Exception
                }
                ("(" | ")" | "and" | "or" | "with", _) => return Err(refused(misplaced(word.text, next))),
                (_, Next::Operand) => {
                    expression.license(word, &references).map_err(refused)?;
                    Next::Operator { is_behind_license: true }
                }
                (_, Next::Exception) => {
                    expression.exception(word).map_err(refused)?;
                    Next::Operator { is_behind_license: false }
                }
                (_, Next::Operator { .. }) => return Err(refused(misplaced(word.text, next))),
            };
        }
        match next {
            Next::Operator { .. } if depth == 0 => Ok(expression),
            Next::Operator { .. } => Err(GrammarError::in_bytes(text, text.len(), "expected `)`")),
            _ => Err(GrammarError::in_bytes(text, text.len(), misplaced("", next))),
        }
    }
}

fn misplaced(found: &str, next: Next) -> String {
    let expected = match next {
        Next::Operand => "a licence or `(`",
        Next::Exception => "an exception behind `WITH`",
        Next::Operator { is_behind_license: true } => "`AND`, `OR`, `WITH` or the end",
        Next::Operator { is_behind_license: false } => "`AND`, `OR` or the end",
    };
    if found.is_empty() {
        format!("expected {expected}")
    } else {
        format!("expected {expected}, found `{}`", shown(found))
    }
}

/// Messages stay short, whatever stands in the text.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

/// The words; each parenthesis is one.
fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &text[at..];
        at = text.len() - rest.trim_start_matches(crate::model::pep440::is_blank).len();
        let rest = &text[at..];
        let ends = |c: char| matches!(c, '(' | ')') || crate::model::pep440::is_blank(c);
        let length = match rest.chars().next()? {
            '(' | ')' => 1,
            _ => rest.find(ends).unwrap_or(rest.len()),
        };
        let word = Word { at, text: &rest[..length], lower: rest[..length].to_lowercase() };
        at += length;
        Some(word)
    })
}

/// References to licences of one's own, by their lower case; of several spellings the last one is canonical.
fn references<'t>(words: &[Word<'t>]) -> HashMap<String, &'t str> {
    let own = words.iter().filter(|word| word.lower.starts_with(REFERENCE));
    own.filter_map(|word| Some((word.lower.clone(), word.text.get(REFERENCE.len()..)?))).collect()
}

const REFERENCE: &str = "licenseref-";

impl Expression {
    fn push(&mut self, word: &str) {
        if !(self.canonical.is_empty() || self.canonical.ends_with('(') || word == ")") {
            self.canonical.push(' ');
        }
        self.canonical.push_str(word);
    }

    fn license(&mut self, word: &Word<'_>, references: &HashMap<String, &str>) -> Result<(), String> {
        if let Some(name) = word.lower.strip_prefix(REFERENCE) {
            let is_good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
            let written = references.get(&word.lower).copied().unwrap_or(name);
            if name.is_empty() || !name.bytes().all(is_good) {
                return Err(format!(
                    "`{}` is no `LicenseRef-` with letters, digits, `.` and `-`",
                    shown(word.text)
                ));
            }
            self.push(&format!("LicenseRef-{written}"));
            return Ok(());
        }
        let (name, plus) = word.lower.strip_suffix('+').map_or((word.lower.as_str(), ""), |name| (name, "+"));
        let entry =
            SPDX.licenses.get(name).ok_or_else(|| format!("SPDX has no licence `{}`", shown(word.text)))?;
        self.push(&format!("{}{plus}", entry.identifier));
        // `GPL-2.0+` has an entry of its own.
        self.note(*SPDX.licenses.get(&word.lower).unwrap_or(entry));
        Ok(())
    }

    fn exception(&mut self, word: &Word<'_>) -> Result<(), String> {
        let entry = SPDX.exceptions.get(&word.lower);
        let entry = entry.ok_or_else(|| format!("SPDX has no licence exception `{}`", shown(word.text)))?;
        self.push(entry.identifier);
        self.note(*entry);
        Ok(())
    }

    fn note(&mut self, entry: Entry) {
        if entry.is_deprecated && !self.deprecated.iter().any(|noted| noted == entry.identifier) {
            self.deprecated.push(entry.identifier.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_expressions_get_their_canonical_spelling() {
        for (text, canonical, deprecated) in [
            ("mit", "MIT", &[][..]),
            (" ( mit\tOr APACHE-2.0)and 0bsd+ ", "(MIT OR Apache-2.0) AND 0BSD+", &[]),
            ("gpl-2.0-only with classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", &[]),
            (
                "gpl-2.0+ or lgpl-2.1 or GPL-2.0+",
                "GPL-2.0+ OR LGPL-2.1 OR GPL-2.0+",
                &["GPL-2.0+", "LGPL-2.1"],
            ),
            ("LICENSEREF-My.Own OR licenseref-MY.own", "LicenseRef-MY.own OR LicenseRef-MY.own", &[]),
        ] {
            let found: Expression = text.parse().expect(text);
            assert_eq!(found.canonical, canonical);
            assert_eq!(found.deprecated, deprecated);
        }
    }

    #[test]
    fn bad_expressions_say_where_and_why() {
        for (text, at, what) in [
            ("", 1, "a licence or `(`"),
            (" ", 2, "a licence or `(`"),
            ("MIT Apache-2.0", 5, "`AND`, `OR`, `WITH`"),
            ("MIT/Apache-2.0", 1, "no licence `MIT/Apache-2.0`"),
            ("MIT OR", 7, "a licence or `(`"),
            ("(MIT", 5, "`)`"),
            ("MIT)", 4, "expected"),
            ("()", 2, "a licence"),
            ("MIT (MIT)", 5, "found `(`"),
            ("MIT WITH", 9, "an exception"),
            ("(MIT) WITH Classpath-exception-2.0", 7, "`AND`, `OR`"),
            ("MIT WITH nothing", 10, "no licence exception"),
            ("LicenseRef-", 1, "no `LicenseRef-`"),
            ("LicenseRef-a+", 1, "no `LicenseRef-`"),
            ("é OR MIT", 1, "no licence `é`"),
        ] {
            let error = text.parse::<Expression>().expect_err(text);
            assert!(error.at == at && error.what.contains(what), "{text}: {error}");
        }
        assert!(format!("{}MIT", "(".repeat(1_000_000)).parse::<Expression>().is_err());
    }
}
