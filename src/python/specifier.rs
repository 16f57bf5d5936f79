//! Version specifiers (PEP 440): `>=3.9,!=3.9.1`.

use std::fmt;
use std::str::FromStr;

use super::GrammarError;
use crate::model::pep440::{Number, Pep440, Pre, Scanned, is_blank, scan};
use crate::model::version::Version;

/// Conditions on a version, all of which must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpecifierSet {
    /// The conditions, in the order in which they are written.
    pub specifiers: Vec<Specifier>,
}

/// One condition on a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specifier {
    /// `~=`, `==`, `!=`, `<=`, `>=`, `<`, `>` or `===`.
    pub operator: &'static str,
    /// What stands behind it, as written, without blanks: `3.9`, `3.*`.
    pub version: String,
}

/// The operators; each comes before those that it starts with.
pub(super) const OPERATORS: &[&str] = &["===", "==", "~=", "!=", "<=", ">=", "<", ">"];

/// Where a specifier at the start of a text ends, or why there is none.
pub(super) struct Prefix {
    pub(super) operator: &'static str,
    /// Where the version starts, in bytes.
    start: usize,
    /// Where it ends, in bytes.
    pub(super) end: usize,
}

/// Reads one specifier at the start of `text`, as far as it goes.
pub(super) fn prefix(text: &str) -> Result<Prefix, GrammarError> {
    let operator = *OPERATORS.iter().find(|operator| text.starts_with(**operator)).ok_or_else(|| {
        GrammarError::in_bytes(text, 0, "expected one of `~=`, `==`, `!=`, `<=`, `>=`, `<`, `>` and `===`")
    })?;
    let behind = &text[operator.len()..];
    let start = text.len() - behind.trim_start_matches(is_blank).len();
    let version = &text[start..];
    if operator == "===" {
        let length = version.find(|c: char| is_blank(c) || matches!(c, ';' | ')')).unwrap_or(version.len());
        return Ok(Prefix { operator, start, end: start + length });
    }
    let scanned = scan(version).ok_or_else(|| {
        GrammarError::in_bytes(text, start, format!("expected a version behind `{operator}`"))
    })?;
    let Scanned { version: read, release_end, public_end, end } = scanned;
    let end = match operator {
        "==" | "!=" if version[release_end..].starts_with(".*") => release_end + 2,
        "==" | "!=" => end,
        "~=" if read.release.len() < 2 => {
            let what = "`~=` needs a version of two numbers or more, such as `~=1.2`";
            return Err(GrammarError::in_bytes(text, start, what));
        }
        _ => public_end,
    };
    Ok(Prefix { operator, start, end: start + end })
}

/// Why a specifier may not go on with what stands behind it.
pub(super) fn trailing(operator: &str, rest: &str) -> String {
    let is_equality = matches!(operator, "==" | "!=");
    if rest.starts_with(".*") && is_equality {
        "`.*` goes with release numbers only, not with a pre-release, post release or local version"
            .to_owned()
    } else if rest.starts_with(".*") {
        format!("`.*` goes with `==` and `!=` only, not with `{operator}`")
    } else if rest.starts_with('+') && !is_equality {
        format!("a local version (`+`) goes with `==` and `!=` only, not with `{operator}`")
    } else {
        "expected a comma or the end behind the version".to_owned()
    }
}

impl FromStr for SpecifierSet {
    type Err = GrammarError;

    /// Reads what stands between commas; nothing at all is no condition.
    fn from_str(text: &str) -> Result<Self, GrammarError> {
        GrammarError::if_too_long(text)?;
        let mut specifiers = Vec::new();
        let mut from = 0;
        for part in text.split(',') {
            let at = from + part.len() - part.trim_start_matches(is_blank).len();
            from += part.len() + 1;
            let part = part.trim_matches(is_blank);
            if part.is_empty() {
                continue;
            }
            let within = |error: GrammarError| error.moved(text, at);
            let Prefix { operator, start, end } = prefix(part).map_err(within)?;
            if end < part.len() {
                return Err(within(GrammarError::in_bytes(part, end, trailing(operator, &part[end..]))));
            }
            specifiers.push(Specifier { operator, version: part[start..end].to_owned() });
        }
        Ok(Self { specifiers })
    }
}

impl SpecifierSet {
    /// Whether `version` fulfils all conditions; prereleases are treated as any other version.
    pub fn contains(&self, version: &Version) -> bool {
        self.specifiers.iter().all(|specifier| specifier.contains(version.parts()))
    }

    /// Whether there is no condition.
    pub const fn is_empty(&self) -> bool {
        self.specifiers.is_empty()
    }
}

impl Specifier {
    /// Whether `version` fulfils this condition; prereleases are treated as any other version.
    pub fn contains(&self, version: &Pep440) -> bool {
        if self.operator == "===" {
            return version.to_string().to_lowercase() == self.version.to_lowercase();
        }
        if let Some(base) = self.version.strip_suffix(".*") {
            let Some(base) = Pep440::read(base) else { return false };
            return version.starts_with(&base.epoch, &base.release) == (self.operator == "==");
        }
        let Some(bound) = Pep440::read(&self.version) else { return false };
        let is_equal = || match bound.local[..] {
            [] => version.is_same_public(&bound),
            _ => *version == bound,
        };
        match self.operator {
            "==" => is_equal(),
            "!=" => !is_equal(),
            ">=" => *version >= bound,
            "<=" => *version <= bound || version.is_same_public(&bound),
            "<" => *version < before_prereleases(bound),
            ">" => *version > bound && !is_kept_out(version, &bound),
            _ => {
                let prefix = &bound.release[..bound.release.len().saturating_sub(1)];
                *version >= bound && version.starts_with(&bound.epoch, prefix)
            }
        }
    }
}

/// `<1.0` does not hold for `1.0a1`, but `<1.0rc1` does.
fn before_prereleases(bound: Pep440) -> Pep440 {
    if bound.is_prerelease() {
        return bound;
    }
    Pep440 { dev: Some(Number::default()), ..bound }
}

/// `>1.0` does not hold for `1.0.post1` or `1.0+local`, but `>1.0.post1` does for `1.0.post2`.
fn is_kept_out(version: &Pep440, bound: &Pep440) -> bool {
    let pre = |version: &Pep440| -> Option<(Pre, Number)> { version.pre.clone() };
    version.is_same_public(bound)
        || bound.dev.is_none()
            && bound.post.is_none()
            && version.is_same_release(bound)
            && pre(version) == pre(bound)
}

impl fmt::Display for Specifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.operator, self.version)
    }
}

/// The conditions as they are written, without blanks.
impl fmt::Display for SpecifierSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, specifier) in self.specifiers.iter().enumerate() {
            write!(f, "{}{specifier}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> SpecifierSet {
        text.parse().expect(text)
    }

    #[test]
    fn good_sets_are_read() {
        for (text, shown) in [
            ("", ""),
            (" , ,", ""),
            (">=3.9", ">=3.9"),
            (" >= 3.9 ,\t!=3.9.*,", ">=3.9,!=3.9.*"),
            ("==1.0+Local.1", "==1.0+Local.1"),
            ("~=1!2.0.post1", "~=1!2.0.post1"),
            ("===any-thing+at/all", "===any-thing+at/all"),
            ("===", "==="),
            ("<v1.0.dev-", "<v1.0.dev-"),
        ] {
            assert_eq!(set(text).to_string(), shown, "{text:?}");
        }
    }

    #[test]
    fn bad_sets_say_where_and_why() {
        for (text, at, what) in [
            ("3.9", 1, "expected one of"),
            (">=3.9, ~3.8", 8, "expected one of"),
            (">=3.8.*", 6, "not with `>=`"),
            ("==1a1.*", 6, "release numbers only"),
            (">=1+local", 4, "a local version"),
            (">=", 3, "expected a version behind `>=`"),
            ("é>=1", 1, "expected one of"),
            ("~=1", 3, "two numbers"),
            (">=1 <2", 4, "expected a comma"),
            ("===a b", 5, "expected a comma"),
            (">=3.x", 4, "expected a comma"),
            (&">=1,".repeat(20_000), 1, "more than 65536 bytes"),
        ] {
            let error = text.parse::<SpecifierSet>().expect_err(text);
            assert!(error.at == at && error.what.contains(what), "{text}: {error}");
        }
    }

    #[test]
    fn sets_hold_what_they_say() {
        for (text, inside, outside) in [
            (">=1.0", &["1.0", "1.0+x", "1!0", "1.0.post1"][..], &["1.0rc1", "0.9"][..]),
            ("<=1.0", &["1.0", "1.0+x", "1.0a1"], &["1.0.post1", "1.0.1"]),
            ("<1.0", &["0.9", "0.9.post1"], &["1.0.dev1", "1.0a1", "1.0"]),
            ("<1.0rc1", &["1.0b1", "1.0rc1.dev1"], &["1.0rc1"]),
            (">1.0", &["1.0.1", "1.1.dev1"], &["1.0", "1.0.post1", "1.0+x"]),
            (">1.0.post1", &["1.0.post2", "1.0.post2.dev0"], &["1.0.post1", "1.0.post1+x"]),
            ("==1.0", &["1", "1.0.0", "1.0+x"], &["1.0a1", "1.0.post1"]),
            ("==1.0+x", &["1.0+x"], &["1.0", "1.0+y"]),
            ("==1.0.*", &["1", "1.0.7", "1.0a1", "1.0+x"], &["1.1", "1.10", "2!1.0"]),
            ("!=1.2.*", &["1", "1.3.dev0"], &["1.2.dev0", "1.2.9"]),
            ("~=1.2", &["1.2", "1.9"], &["1.2a1", "2.0.dev0", "2"]),
            ("~=1.2.0rc1", &["1.2.0rc1", "1.2.9"], &["1.2.0b1", "1.3"]),
            ("===1.0", &["1.0"], &["1.0.0", "1"]),
            ("", &["1", "1a1"], &[]),
        ] {
            let contains =
                |version: &&str| set(text).contains(&Version::from_pep440(version).expect("a version"));
            assert!(inside.iter().all(contains), "{text}");
            assert!(!outside.iter().any(contains), "{text}");
        }
    }
}
