//! Files that users name: `path`, or `path: regex with one group`.
//!
//! `^` and `$` are the ends of a line, and `\d`, `\w`, `\s` mean ASCII, as versions are. A search takes time in proportion
//! to the expression's size times the text's, whatever the two are; their product is bounded, and the hits are.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use regex::bytes::{Regex, RegexBuilder};

use super::Found;
use super::page::{Page, quoted};

/// A file that is named, and how its version is found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePattern {
    /// The file, with `/`, from the project's folder.
    pub path: String,
    /// The regular expression, whose one group is the version; without one the file's name tells how it is read.
    pub regex: Option<String>,
}

/// Why a text names no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SourcePatternError {
    #[error("{} is neither a path nor `path: regular expression`", quoted(text))]
    NoPath { text: String },
    #[error("the expression {} is none: {why}", quoted(regex))]
    NoRegex { regex: String, why: String },
    #[error(
        "the expression {} has {groups} groups, and the version is one: `(?:…)` groups without one",
        quoted(regex)
    )]
    Groups { regex: String, groups: usize },
}

/// Longer than any expression that people write, in bytes.
const LONGEST: usize = 1_000;

/// How large an expression may be when it is compiled, in bytes, before the text is known.
const LARGEST: usize = 1 << 17;

/// What the size of an expression times that of a text may come to, in bytes times bytes: 4 KiB for a file of 1 MiB.
const MOST_WORK: usize = 1 << 32;

/// Files state their version in fewer places. Each search may pass the whole text.
pub(super) const MOST_HITS: usize = 16;

/// How often an expression may match at all, the matches in which its group takes no part among them.
const MOST_TRIES: usize = 10_000;

impl FromStr for SourcePattern {
    type Err = SourcePatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (path, regex) =
            text.split_once(':').map_or((text, None), |(path, regex)| (path, Some(regex.trim())));
        let path = path.trim();
        let is_path = !path.is_empty() && !path.starts_with('/') && !path.contains('\\');
        if !is_path || path.contains(char::is_control) || regex.is_some_and(str::is_empty) {
            return Err(SourcePatternError::NoPath { text: text.to_owned() });
        }
        if let Some(regex) = regex {
            let no_regex = |why| SourcePatternError::NoRegex { regex: regex.to_owned(), why };
            let groups = compiled(regex, LARGEST).map_err(no_regex)?.captures_len() - 1;
            if groups != 1 {
                return Err(SourcePatternError::Groups { regex: regex.to_owned(), groups });
            }
        }
        Ok(Self { path: path.to_owned(), regex: regex.map(str::to_owned) })
    }
}

impl fmt::Display for SourcePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.regex {
            None => f.write_str(&self.path),
            Some(regex) => write!(f, "{}: {regex}", self.path),
        }
    }
}

/// What a file states by an expression, in each place that the expression finds.
pub(super) fn read(page: Page<'_>, regex: &str) -> Vec<Found> {
    let shown = quoted(regex);
    match hits(page.text, regex, None) {
        Err(why) => vec![page.unreadable(None, format!("the expression {shown} cannot be used: {why}"))],
        Ok(hits) if hits.is_empty() => vec![page.unreadable(None, format!("nothing in it matches {shown}"))],
        Ok(hits) if hits.len() > MOST_HITS => {
            vec![page.unreadable(None, format!("{shown} matches in more than {MOST_HITS} places"))]
        }
        Ok(hits) => hits.into_iter().map(|hit| page.version(regex, hit)).collect(),
    }
}

/// Where a group of an expression matches, its first or the one of this name, one time more than may be.
///
/// # Errors
/// When the expression is none, or too large for a text of this size; why.
pub(super) fn hits(text: &str, regex: &str, group: Option<&str>) -> Result<Vec<Range<usize>>, String> {
    let regex = compiled(regex, (MOST_WORK / text.len().max(1)).min(LARGEST))?;
    let mut found = Vec::new();
    for (tried, captures) in regex.captures_iter(text.as_bytes()).enumerate() {
        if tried == MOST_TRIES {
            return Err(format!("it matches more than {MOST_TRIES} times, mostly without its group"));
        }
        let named = group.and_then(|group| captures.name(group));
        let range = named.or_else(|| captures.get(1)).map(|group| group.range());
        // An expression over bytes may cut a character in two.
        found.extend(range.filter(|range| text.get(range.clone()).is_some()));
        if found.len() > MOST_HITS {
            break;
        }
    }
    Ok(found)
}

fn compiled(regex: &str, largest: usize) -> Result<Regex, String> {
    if regex.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let mut builder = RegexBuilder::new(regex);
    builder.unicode(false).multi_line(true).crlf(true).nest_limit(50).size_limit(largest);
    builder.build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "it is too large for a file of this size".to_owned(),
        // The last line of several says what is wrong.
        error => {
            error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::Statement;
    use super::*;
    use crate::model::version::Spelling;

    fn page(text: &str) -> Page<'_> {
        Page { file: "x.h", text, habit: Spelling::Semver, package: None }
    }

    fn stated(text: &str, regex: &str) -> Vec<(usize, String)> {
        let found = read(page(text), regex).into_iter().map(|found| match found {
            Found::Statement(Statement { line, text: version, span, .. }) => {
                assert_eq!(text[span], version);
                (line, version)
            }
            other => panic!("{other:?}"),
        });
        found.collect()
    }

    fn why(text: &str, regex: &str) -> String {
        match &read(page(text), regex)[..] {
            [Found::Unreadable { why, .. }] => why.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_line_of_input_is_a_path_and_perhaps_an_expression() {
        for (text, path, regex) in [
            ("VERSION", "VERSION", None),
            (" docs/x.md : v(.+)$ ", "docs/x.md", Some("v(.+)$")),
            ("../x.h:^#define V \"(.*)\"", "../x.h", Some("^#define V \"(.*)\"")),
        ] {
            let pattern: SourcePattern = text.parse().expect(text);
            assert_eq!((pattern.path.as_str(), pattern.regex.as_deref()), (path, regex));
            assert_eq!(pattern.to_string().parse::<SourcePattern>().as_ref(), Ok(&pattern));
        }
        for text in
            ["", ":", "x:", " : (a)", "/etc/x", "a\\b", "a\nb", "x: a", "x: (a)(b)", "x: (", "x: \\p{L}(a)"]
        {
            assert!(text.parse::<SourcePattern>().is_err(), "{text}");
        }
        let error = "x: (a)(b)".parse::<SourcePattern>().expect_err("two groups").to_string();
        assert!(error.contains("has 2 groups"), "{error}");
        let long = format!("x: (a){}", "b".repeat(2_000)).parse::<SourcePattern>().expect_err("long");
        assert!(long.to_string().len() < 300, "{long}");
    }

    #[test]
    fn every_place_is_found_with_its_line() {
        let text = "\u{feff}#define A \"1.2.0\"\r\n// é\r\n#define B \"1.3.0-rc1\"\r\n";
        assert_eq!(stated(text, r#"^#define \w "(.*)"$"#), [(3, "1.3.0-rc1".to_owned())]);
        assert_eq!(
            stated(text, r#"#define \w "(.*)"$"#),
            [(1, "1.2.0".to_owned()), (3, "1.3.0-rc1".to_owned())]
        );
        assert_eq!(stated("a é 1.2.0", r"é (\d+\.\d+\.\d+)"), [(1, "1.2.0".to_owned())]);
    }

    #[test]
    fn what_finds_nothing_or_too_much_says_so() {
        assert!(why("a", "b(c)").contains("nothing in it matches"));
        assert!(why("1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "(1)").contains("more than 16"));
        assert!(why("é", "(?-u)(.)$").contains("nothing in it matches"), "half a character is no text");
        assert!(why("a", "(a)").contains("no PEP 440"));
        assert!(why("b", "(a)|b").contains("nothing in it matches"), "a group that took no part");
        assert!(why(&"b".repeat(10_001), "(a)|b").contains("more than 10000 times"));
        assert!(why(&"b".repeat(10_000), "(a)|b").contains("nothing in it matches"));
    }

    #[test]
    fn hostile_expressions_end_soon() {
        let began = std::time::Instant::now();
        let text = "a".repeat(1 << 16);
        for regex in [
            "(a*)*b",
            "(?:a|aa)+(b)",
            "(.*.*.*.*.*)=",
            "(a{1000}{1000})",
            "(((a{100}){100}){100})",
            "(?s)(a.*z)|a",
            "(x?x?x?x?x?x?x?x?x?x?xxxxxxxxxx)",
        ] {
            for found in read(page(&text), regex) {
                assert!(matches!(found, Found::Unreadable { .. }), "{regex}: {found:?}");
            }
        }
        let deep = format!("{}(a){}", "(?:".repeat(200), ")".repeat(200));
        assert!(format!("x: {deep}").parse::<SourcePattern>().is_err());
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "{:?}", began.elapsed());
    }
}
