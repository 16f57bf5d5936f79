//! The grammar and the order of versions (PEP 440), as Python's `packaging` reads them.
//!
//! Numbers have no upper bound here, because they have none there. Nothing is judged: a local version is as good as
//! any other.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A version, taken apart. Equality and order are those of PEP 440, so `1.0` equals `1.0.0`.
#[derive(Clone, Debug)]
pub struct Pep440 {
    /// The epoch, which nearly always is zero.
    pub epoch: Number,
    /// The numbers of the release, as many as are written.
    pub release: Vec<Number>,
    /// The pre-release: `a`, `b` or `rc`, and its number.
    pub pre: Option<(Pre, Number)>,
    /// The number of the post release.
    pub post: Option<Number>,
    /// The number of the development release.
    pub dev: Option<Number>,
    /// The local part; empty without one.
    pub local: Vec<Local>,
}

/// The kinds of pre-releases, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Pre {
    Alpha,
    Beta,
    Candidate,
}

/// A number of any size.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Number {
    /// What fits into a machine word.
    Small(u64),
    /// What does not.
    Large(Large),
}

/// Decimal digits without zeros in front, more than 64 bits hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Large(Box<str>);

/// A segment of a local part. Texts come before numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Local {
    Text(String),
    Number(Number),
}

/// The start of a text, read as far as it is a version.
#[derive(Clone, Debug)]
pub struct Scanned {
    /// What was read.
    pub version: Pep440,
    /// Where the release numbers end, in bytes.
    pub release_end: usize,
    /// Where the part before the local one ends, in bytes.
    pub public_end: usize,
    /// Where all that was read ends, in bytes.
    pub end: usize,
}

impl Pep440 {
    /// Reads a version with nothing around it but blanks.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim_matches(is_blank);
        scan(text).filter(|scanned| scanned.end == text.len()).map(|scanned| scanned.version)
    }

    /// Whether this is an alpha, beta, release candidate or development release.
    pub const fn is_prerelease(&self) -> bool {
        self.pre.is_some() || self.dev.is_some()
    }

    /// Whether both have the same epoch and release numbers, whatever follows.
    pub fn is_same_release(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.trimmed_release() == other.trimmed_release()
    }

    /// Whether both are the same but for their local parts.
    pub fn is_same_public(&self, other: &Self) -> bool {
        self.is_same_release(other) && self.suffix() == other.suffix()
    }

    /// Whether the epoch is this one and the release numbers start with these; missing numbers are zero.
    pub fn starts_with(&self, epoch: &Number, release: &[Number]) -> bool {
        let zero = Number::default();
        let own = self.release.iter().chain(std::iter::repeat(&zero));
        self.epoch == *epoch && release.iter().zip(own).all(|(wanted, own)| wanted == own)
    }

    fn trimmed_release(&self) -> &[Number] {
        let zero = Number::default();
        let end = self.release.iter().rposition(|number| *number != zero).map_or(0, |last| last + 1);
        &self.release[..end]
    }

    /// What orders versions of one release: a development release comes before all else, a post release after.
    fn suffix(&self) -> impl Ord + Hash + '_ {
        let (rank, number) = match &self.pre {
            Some((kind, number)) => (1 + *kind as u8, Some(number)),
            None if self.post.is_none() && self.dev.is_some() => (0, None),
            None => (9, None),
        };
        (rank, number, self.post.as_ref(), self.dev.is_none(), self.dev.as_ref())
    }
}

impl Pre {
    /// How the normal form writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alpha => "a",
            Self::Beta => "b",
            Self::Candidate => "rc",
        }
    }
}

impl Default for Number {
    fn default() -> Self {
        Self::Small(0)
    }
}

impl Number {
    /// Reads decimal digits; none at all are zero.
    fn read(digits: &str) -> Self {
        let digits = digits.trim_start_matches('0');
        match digits.parse() {
            Ok(small) => Self::Small(small),
            Err(_) if digits.is_empty() => Self::default(),
            Err(_) => Self::Large(Large(digits.into())),
        }
    }

    /// The number that follows.
    pub fn next(&self) -> Self {
        if let Self::Small(small) = self
            && let Some(next) = small.checked_add(1)
        {
            return Self::Small(next);
        }
        let digits = self.to_string();
        let kept = digits.trim_end_matches('9');
        let zeros = "0".repeat(digits.len() - kept.len());
        let (front, last) = kept.split_at(kept.len().saturating_sub(1));
        let raised = last.bytes().next().map_or('1', |last| char::from(last + 1));
        Self::Large(Large(format!("{front}{raised}{zeros}").into()))
    }
}

/// Whether Python takes this for white space.
pub fn is_blank(character: char) -> bool {
    character.is_whitespace() || ('\x1c'..='\x1f').contains(&character)
}

/// Reads the start of `text` as far as it is a version; nothing where it starts otherwise.
pub fn scan(text: &str) -> Option<Scanned> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.word(&["v"]);
    let mut first = cursor.digits()?;
    let mut epoch = Number::default();
    if cursor.starts_with(b'!') && cursor.byte(1).is_some_and(|b| b.is_ascii_digit()) {
        epoch = Number::read(first);
        cursor.at += 1;
        first = cursor.digits()?;
    }
    let mut release = vec![Number::read(first)];
    while cursor.starts_with(b'.') && cursor.byte(1).is_some_and(|b| b.is_ascii_digit()) {
        cursor.at += 1;
        release.push(Number::read(cursor.digits()?));
    }
    let release_end = cursor.at;
    let pre =
        cursor.suffix(&["alpha", "beta", "preview", "pre", "a", "b", "c", "rc"]).map(|(word, number)| {
            let kind = match word {
                "alpha" | "a" => Pre::Alpha,
                "beta" | "b" => Pre::Beta,
                _ => Pre::Candidate,
            };
            (kind, number)
        });
    let post = if cursor.starts_with(b'-') && cursor.byte(1).is_some_and(|b| b.is_ascii_digit()) {
        cursor.at += 1;
        cursor.digits().map(Number::read)
    } else {
        cursor.suffix(&["post", "rev", "r"]).map(|(_, number)| number)
    };
    let dev = cursor.suffix(&["dev"]).map(|(_, number)| number);
    let public_end = cursor.at;
    let local = cursor.local();
    let version = Pep440 { epoch, release, pre, post, dev, local };
    Some(Scanned { version, release_end, public_end, end: cursor.at })
}

struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn starts_with(&self, byte: u8) -> bool {
        self.byte(0) == Some(byte)
    }

    fn taken(&mut self, is_wanted: impl Fn(u8) -> bool) -> &'t str {
        let rest = &self.text[self.at..];
        let end = rest.bytes().position(|b| !is_wanted(b)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn digits(&mut self) -> Option<&'t str> {
        Some(self.taken(|b| b.is_ascii_digit())).filter(|digits| !digits.is_empty())
    }

    fn separator(&mut self) {
        if self.byte(0).is_some_and(|b| matches!(b, b'.' | b'-' | b'_')) {
            self.at += 1;
        }
    }

    /// The first of the words that stands here, in any case.
    fn word(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let rest = &self.text.as_bytes()[self.at..];
        let word = *words
            .iter()
            .find(|word| rest.get(..word.len()).is_some_and(|b| b.eq_ignore_ascii_case(word.as_bytes())))?;
        self.at += word.len();
        Some(word)
    }

    /// One of the words with a number, each behind a separator or not; without a number it is zero.
    fn suffix(&mut self, words: &[&'static str]) -> Option<(&'static str, Number)> {
        let start = self.at;
        self.separator();
        let Some(word) = self.word(words) else {
            self.at = start;
            return None;
        };
        self.separator();
        Some((word, Number::read(self.digits().unwrap_or_default())))
    }

    fn local(&mut self) -> Vec<Local> {
        let mut segments = Vec::new();
        loop {
            let leads = match self.byte(0) {
                Some(b'+') => segments.is_empty(),
                Some(b'.' | b'-' | b'_') => !segments.is_empty(),
                _ => false,
            };
            if !leads || !self.byte(1).is_some_and(|b| b.is_ascii_alphanumeric()) {
                return segments;
            }
            self.at += 1;
            let segment = self.taken(|b| b.is_ascii_alphanumeric());
            segments.push(if segment.bytes().all(|b| b.is_ascii_digit()) {
                Local::Number(Number::read(segment))
            } else {
                Local::Text(segment.to_ascii_lowercase())
            });
        }
    }
}

/// The normal spelling.
impl fmt::Display for Pep440 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.epoch != Number::default() {
            write!(f, "{}!", self.epoch)?;
        }
        for (index, number) in self.release.iter().enumerate() {
            write!(f, "{}{number}", if index == 0 { "" } else { "." })?;
        }
        if let Some((kind, number)) = &self.pre {
            write!(f, "{}{number}", kind.as_str())?;
        }
        if let Some(number) = &self.post {
            write!(f, ".post{number}")?;
        }
        if let Some(number) = &self.dev {
            write!(f, ".dev{number}")?;
        }
        for (index, segment) in self.local.iter().enumerate() {
            f.write_str(if index == 0 { "+" } else { "." })?;
            segment.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Small(number) => number.fmt(f),
            Self::Large(Large(digits)) => f.write_str(digits),
        }
    }
}

impl Ord for Large {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl PartialOrd for Large {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pep440 {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.epoch, self.trimmed_release())
            .cmp(&(&other.epoch, other.trimmed_release()))
            .then_with(|| self.suffix().cmp(&other.suffix()))
            .then_with(|| self.local.cmp(&other.local))
    }
}

impl PartialOrd for Pep440 {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Pep440 {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Pep440 {}

impl Hash for Pep440 {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.epoch, self.trimmed_release(), &self.local).hash(state);
        self.suffix().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Pep440 {
        Pep440::read(text).expect(text)
    }

    #[test]
    fn every_spelling_has_one_normal_form() {
        for (text, normal) in [
            ("1.0", "1.0"),
            (" v01.002\n", "1.2"),
            ("\u{2003}1\x1f", "1"),
            ("0!1", "1"),
            ("2!1.0ALPHA.1", "2!1.0a1"),
            ("1-preview_2", "1rc2"),
            ("1c", "1rc0"),
            ("1.0a-", "1.0a0"),
            ("1.0-1", "1.0.post1"),
            ("1.0rev", "1.0.post0"),
            ("1.0b2.r3-dev_4", "1.0b2.post3.dev4"),
            ("1+Ubuntu-01_x.0", "1+ubuntu.1.x.0"),
            ("1.99999999999999999999999999999999", "1.99999999999999999999999999999999"),
        ] {
            assert_eq!(read(text).to_string(), normal, "{text:?}");
            assert_eq!(read(normal), read(text));
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "", "v", "1.", "1..2", ".1", "1!", "!1", "1-", "1+", "1+a..b", "1+a.", "1a1b1", "1.0.*", "1 2",
            "١", "1é",
        ] {
            assert!(Pep440::read(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn versions_come_in_their_order() {
        let ordered = [
            "1.dev1",
            "1a1.dev1",
            "1a1",
            "1a1.post1.dev1",
            "1a1.post1",
            "1b1",
            "1rc1",
            "1",
            "1+a",
            "1+a.b",
            "1+1",
            "1.post1.dev1",
            "1.post1",
            "1.0.1",
            "1.18446744073709551616",
            "1.99999999999999999999",
            "2",
            "1!0",
        ];
        for pair in ordered.windows(2) {
            assert!(read(pair[0]) < read(pair[1]), "{pair:?}");
        }
        assert_eq!(read("1.0.0"), read("1"));
        assert_eq!(read("0.0"), read("0"));
    }

    #[test]
    fn numbers_have_a_next_one() {
        for (number, next) in [
            ("0", "1"),
            ("9", "10"),
            ("18446744073709551615", "18446744073709551616"),
            ("18446744073709551619", "18446744073709551620"),
            ("99999999999999999999", "100000000000000000000"),
        ] {
            assert_eq!(Number::read(number).next(), Number::read(next), "{number}");
        }
    }
}
