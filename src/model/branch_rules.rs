//! From which branches versions may be released: the lines of `branch-rules`.
//!
//! A line is `KIND, … = PATTERN, …`. In a pattern `*` stands for any part of a name without a slash and `**` for any
//! part at all; `**` alone is no condition. Of several lines that are about a version the first one counts.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use super::version::{Version, VersionKind};

/// A longer pattern is a mistake: GitHub takes no names of branches beyond this, in bytes.
const LONGEST_BYTES: usize = 255;

/// How much of a strange text a message repeats, in characters.
const SHOWN: usize = 60;

/// All lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BranchRules {
    rules: Vec<BranchRule>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchRule {
    /// Which versions it is about.
    pub kinds: Vec<VersionKind>,
    /// From which branches they may be released; one of them is enough.
    pub branches: Vec<BranchPattern>,
}

/// The names of branches, with `*` and `**`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchPattern {
    text: String,
}

/// Why the lines cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct BranchRulesError {
    /// Which line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: BranchRuleFault,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BranchRuleFault {
    #[error("it is not of the form `KIND, … = PATTERN, …`, such as `stable = main`")]
    Form,
    #[error(
        "`{text}` is no kind of versions: they are `stable`, `prerelease`, `alpha`, `beta`, `rc`, `dev` and `post`"
    )]
    Kind { text: String },
    #[error("`{kind}` stands in two lines, or twice in one")]
    KindTwice { kind: VersionKind },
    #[error("`{text}` is no name of a branch, with or without `*` and `**`")]
    Pattern { text: String },
    #[error("`{text}` is a full ref: name the branch as `{name}`")]
    FullRef { text: String, name: String },
}

/// How many branches one question may cost a comparison, 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BranchBudget(NonZeroUsize);

/// Why a text is no budget.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no whole number from 1 to {most}", most = BranchBudget::MOST)]
pub struct BranchBudgetError {
    text: String,
}

impl BranchRules {
    /// The line that is about `version`; none where it may come from anywhere.
    pub fn for_version(&self, version: &Version) -> Option<&BranchRule> {
        let rule = self.rules.iter().find(|rule| rule.kinds.iter().any(|kind| kind.fits(version)))?;
        (!rule.branches.iter().any(BranchPattern::is_anywhere)).then_some(rule)
    }

    /// Whether nothing is demanded of any version.
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

impl FromStr for BranchRules {
    type Err = BranchRulesError;

    fn from_str(lines: &str) -> Result<Self, Self::Err> {
        let mut rules: Vec<BranchRule> = Vec::new();
        for (number, text) in lines.lines().enumerate() {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let at = |fault| BranchRulesError { line: number + 1, fault };
            let text = text.split_once(" #").map_or(text, |(before, _)| before);
            let rule: BranchRule = text.parse().map_err(at)?;
            let taken =
                rules.iter().flat_map(|earlier| &earlier.kinds).find(|kind| rule.kinds.contains(kind));
            if let Some(kind) = taken {
                return Err(at(BranchRuleFault::KindTwice { kind: *kind }));
            }
            rules.push(rule);
        }
        Ok(Self { rules })
    }
}

impl FromStr for BranchRule {
    type Err = BranchRuleFault;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let (kinds, branches) = line.split_once('=').ok_or(BranchRuleFault::Form)?;
        let parts = |list: &str| list.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>();
        let mut rule = Self { kinds: Vec::new(), branches: Vec::new() };
        for text in parts(kinds) {
            let kind: VersionKind =
                text.parse().map_err(|_unknown| BranchRuleFault::Kind { text: shown(&text) })?;
            if rule.kinds.contains(&kind) {
                return Err(BranchRuleFault::KindTwice { kind });
            }
            rule.kinds.push(kind);
        }
        for text in parts(branches) {
            rule.branches.push(text.parse()?);
        }
        Ok(rule)
    }
}

/// The line, as one would write it.
impl fmt::Display for BranchRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kinds, branches } = self;
        let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
        let branches: Vec<_> = branches.iter().map(BranchPattern::as_str).collect();
        write!(f, "{} = {}", kinds.join(", "), branches.join(", "))
    }
}

impl BranchPattern {
    /// The pattern as it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it says nothing about the branch.
    pub fn is_anywhere(&self) -> bool {
        self.text == "**"
    }

    /// What every name that it matches begins with: all of it where it has no `*`.
    pub fn start(&self) -> &str {
        self.text.split('*').next().unwrap_or_default()
    }

    /// Whether it names one branch.
    pub fn is_exact(&self) -> bool {
        !self.text.contains('*')
    }

    /// Whether `name` is one of its branches. The time is that of the two lengths multiplied: names are strangers' texts.
    pub fn matches(&self, name: &str) -> bool {
        let name = name.as_bytes();
        // Whether what was read of the pattern matches the first so many bytes of the name.
        let mut reached = vec![false; name.len() + 1];
        reached[0] = true;
        let mut rest = self.text.as_bytes();
        while let Some((first, behind)) = rest.split_first() {
            rest = behind;
            if *first == b'*' {
                let crosses = rest.first() == Some(&b'*');
                if crosses {
                    rest = &rest[1..];
                }
                for at in 0..name.len() {
                    reached[at + 1] |= reached[at] && (crosses || name[at] != b'/');
                }
            } else {
                for at in (0..name.len()).rev() {
                    reached[at + 1] = reached[at] && name[at] == *first;
                }
                reached[0] = false;
            }
        }
        reached[name.len()]
    }
}

impl FromStr for BranchPattern {
    type Err = BranchRuleFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(name) = text.strip_prefix("refs/heads/") {
            return Err(BranchRuleFault::FullRef { text: shown(text), name: shown(name) });
        }
        // What git refuses in the name of a branch, with `*` left to us.
        let is_foreign = |c: char| c.is_control() || c.is_whitespace() || "~^:?[\\".contains(c);
        let is_bad_part = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
        let refused = text.is_empty()
            || text.len() > LONGEST_BYTES
            || text.contains(is_foreign)
            || text.contains("..")
            || text.contains("@{")
            || text.contains("***")
            || text.ends_with('.')
            || text.starts_with('-')
            || text.split('/').any(is_bad_part);
        if refused {
            return Err(BranchRuleFault::Pattern { text: shown(text) });
        }
        Ok(Self { text: text.to_owned() })
    }
}

impl fmt::Display for BranchPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl BranchBudget {
    const MOST: usize = 100;

    /// What is spent where nobody says otherwise.
    pub const USUAL: Self = Self(NonZeroUsize::new(10).expect("ten is not zero"));

    /// How many branches.
    pub const fn get(self) -> usize {
        self.0.get()
    }
}

impl FromStr for BranchBudget {
    type Err = BranchBudgetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= Self::MOST);
        number.map(Self).ok_or_else(|| BranchBudgetError { text: shown(text) })
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(lines: &str) -> BranchRules {
        lines.parse().expect(lines)
    }

    fn rule_of(lines: &str, version: &str) -> Option<String> {
        let version = Version::from_pep440(version).expect("good");
        rules(lines).for_version(&version).map(ToString::to_string)
    }

    #[test]
    fn the_first_line_that_is_about_a_version_counts() {
        let lines = "# Cog's\n\ndev = **\nalpha, beta = main, prerelease/*  # both\nprerelease=prerelease/**\nstable = main";
        for (version, rule) in [
            ("1.2.0", Some("stable = main")),
            ("1.2.0.post1", Some("stable = main")),
            ("1.2.0a1", Some("alpha, beta = main, prerelease/*")),
            ("1.2.0rc1", Some("prerelease = prerelease/**")),
            ("1.2.0.dev1", None),
        ] {
            assert_eq!(rule_of(lines, version).as_deref(), rule, "{version}");
        }
        assert_eq!(rule_of("stable = main", "1.2.0rc1"), None, "no line is about it");
        assert!(rules(" \n# nothing\n").is_empty());
    }

    #[test]
    fn stars_stop_at_slashes_and_double_ones_do_not() {
        for (pattern, yes, no) in [
            ("main", &["main"][..], &["main2", "Main", "x/main", ""][..]),
            ("prerelease/*", &["prerelease/0.17", "prerelease/"], &["prerelease", "prerelease/a/b", "x"]),
            ("release/**", &["release/1", "release/1/2"], &["release", "xrelease/1"]),
            ("*-stable", &["1-stable", "-stable"], &["a/1-stable", "1-stable-"]),
            ("**/x*y", &["a/b/xy", "/x12y"], &["xy", "a/x/y"]),
            ("v*.*", &["v1.2", "v1.2.3"], &["v1", "v1/2.3"]),
            ("é*", &["éa"], &["e"]),
        ] {
            let pattern: BranchPattern = pattern.parse().expect(pattern);
            for name in yes {
                assert!(pattern.matches(name), "{pattern} {name}");
            }
            for name in no {
                assert!(!pattern.matches(name), "{pattern} {name}");
            }
        }
    }

    #[test]
    fn a_pattern_knows_what_its_names_begin_with() {
        for (pattern, start, is_exact) in
            [("main", "main", true), ("prerelease/*", "prerelease/", false), ("**/x", "", false)]
        {
            let pattern: BranchPattern = pattern.parse().expect(pattern);
            assert_eq!((pattern.start(), pattern.is_exact()), (start, is_exact));
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern: BranchPattern = "*a".repeat(120).parse().expect("good");
        assert!(!pattern.matches(&"a".repeat(4_000).replace("aaaa", "aab")));
    }

    #[test]
    fn lines_that_make_no_sense_are_refused_with_their_number() {
        for (lines, said) in [
            ("stable main", "line 1: it is not of the form"),
            ("\n# x\nstabel = main", "line 3: `stabel` is no kind"),
            ("stable = main\nstable, rc = x", "line 2: `stable` stands in two lines"),
            ("rc, rc = x", "`rc` stands in two lines, or twice"),
            ("stable =", "`` is no name of a branch"),
            ("= main", "`` is no kind"),
            ("stable = main,", "`` is no name of a branch"),
            ("stable = refs/heads/main", "name the branch as `main`"),
            ("stable = ma in", "`ma in` is no name"),
            ("stable = a..b", "`a..b` is no name"),
            ("stable = a[b]", "`a[b]` is no name"),
            ("stable = /a", "`/a` is no name"),
            ("stable = ***", "`***` is no name"),
            ("stable = -x", "`-x` is no name"),
            ("stable = x\u{1b}[31m", "`x\\u{1b}[31m` is no name"),
        ] {
            let error = lines.parse::<BranchRules>().expect_err(lines).to_string();
            assert!(error.contains(said), "{lines:?}: {error}");
        }
    }

    #[test]
    fn a_budget_is_a_small_number() {
        assert_eq!("1".parse::<BranchBudget>().map(BranchBudget::get), Ok(1));
        assert_eq!(BranchBudget::USUAL.get(), 10);
        for text in ["0", "101", "-1", "ten", "", "1.5"] {
            assert!(text.parse::<BranchBudget>().is_err(), "{text}");
        }
    }
}
