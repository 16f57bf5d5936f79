//! Which artifacts a release takes and where their files go: one line of the input `artifacts`.
//!
//! `[alias[?] =] [workflow.yml :] pattern [-> folder[/template]]`. Names of artifacts hold neither `:` nor `>`, so
//! these signs always part something.

use std::fmt;
use std::str::FromStr;

use super::artifact::FileName;
use super::member_path::{MemberPath, MemberPathError};
use super::rename::{Rename, RenameError};

/// The digits of a content hash at the end of a name: the first eight up to all of SHA-256.
const HASH_DIGITS: std::ops::RangeInclusive<usize> = 8..=64;

/// The longest alias.
const LONGEST_ALIAS: usize = 64;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What the release calls the artifact. With an alias, the line means exactly one.
    pub alias: Option<Alias>,
    /// The file name of the workflow that makes it; without one, every producer may.
    pub workflow: Option<String>,
    /// What the artifact is called.
    pub pattern: NamePattern,
    /// Where its files go, if not where files of their kind go.
    pub target: Option<Target>,
}

/// The release's name for an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Letters, digits, `_` and `-`: an output is called so.
    pub name: String,
    /// Whether the artifact may be missing.
    pub optional: bool,
}

/// A pattern for names of artifacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    text: String,
    glob: Option<glob::Pattern>,
}

/// How a name fits a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is the name, or the glob matches it.
    Whole,
    /// It is the name with a content hash behind it.
    Hashed,
}

/// Where the files of an artifact go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Below this folder, in the folders that the artifact has.
    Tree(MemberPath),
    /// Into this folder, without those of the artifact, under names that this pattern makes.
    Flat(MemberPath, Rename),
}

/// Why a text is no line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum WantedError {
    #[error(
        "`{text}` before `=` is no alias: letters, digits, `_` and `-`, a letter first, {LONGEST_ALIAS} at most, and `?` behind it if the artifact may be missing"
    )]
    Alias { text: String },
    #[error("`{text}` before `:` is no file name of a workflow, such as `wheels.yml`")]
    Workflow { text: String },
    #[error("`{line}` has no pattern for the artifact's name")]
    NoPattern { line: String },
    #[error("`{text}` is no pattern for names: {why}")]
    Pattern { text: String, why: &'static str },
    #[error("the folder behind `->` is none that files can go to everywhere")]
    Folder(#[from] MemberPathError),
    #[error("`{text}` behind `->` has braces outside of its last part, or no folder before it")]
    Template { text: String },
    #[error("the names behind `->` cannot be made")]
    Rename(#[from] RenameError),
}

impl Wanted {
    /// Whether it may be that there is no such artifact.
    pub fn is_optional(&self) -> bool {
        self.alias.as_ref().is_some_and(|alias| alias.optional)
    }

    /// Whether artifacts of this workflow are meant.
    pub fn is_of(&self, workflow: &str) -> bool {
        self.workflow.as_deref().is_none_or(|wanted| wanted == workflow)
    }
}

impl FromStr for Wanted {
    type Err = WantedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rest, target) = match text.split_once("->") {
            Some((rest, target)) => (rest, Some(target.trim().parse()?)),
            None => (text, None),
        };
        let (alias, rest) = match rest.split_once('=') {
            Some((alias, rest)) => (Some(alias.trim().parse()?), rest),
            None => (None, rest),
        };
        let (workflow, pattern) = match rest.split_once(':') {
            Some((workflow, pattern)) => (Some(file_of_workflow(workflow.trim())?), pattern),
            None => (None, rest),
        };
        if pattern.trim().is_empty() {
            return Err(WantedError::NoPattern { line: shown(text) });
        }
        Ok(Self { alias, workflow, pattern: pattern.trim().parse()?, target })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { alias, workflow, pattern, target } = self;
        if let Some(Alias { name, optional }) = alias {
            write!(f, "{name}{} = ", if *optional { "?" } else { "" })?;
        }
        if let Some(workflow) = workflow {
            write!(f, "{workflow} : ")?;
        }
        write!(f, "{pattern}")?;
        match target {
            Some(Target::Tree(folder)) => write!(f, " -> {folder}"),
            Some(Target::Flat(folder, names)) => write!(f, " -> {folder}/{names}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Alias {
    type Err = WantedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, optional) = match text.strip_suffix('?') {
            Some(name) => (name.trim_end(), true),
            None => (text, false),
        };
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let is_one = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(inner)
            && name.len() <= LONGEST_ALIAS;
        match is_one {
            true => Ok(Self { name: name.to_owned(), optional }),
            false => Err(WantedError::Alias { text: shown(text) }),
        }
    }
}

fn file_of_workflow(text: &str) -> Result<String, WantedError> {
    let is_one = text.parse::<FileName>().is_ok() && [".yml", ".yaml"].iter().any(|end| text.ends_with(end));
    if is_one { Ok(text.to_owned()) } else { Err(WantedError::Workflow { text: shown(text) }) }
}

impl NamePattern {
    /// Whether an artifact of this name is meant.
    pub fn matches(&self, name: &str) -> bool {
        self.fit(name).is_some()
    }

    /// How the name fits, if it does. A pattern without glob signs is a name, which may have a content hash behind it.
    pub fn fit(&self, name: &str) -> Option<Fit> {
        if let Some(glob) = &self.glob {
            return glob.matches(name).then_some(Fit::Whole);
        }
        let rest = name.strip_prefix(self.text.as_str())?;
        let is_hash = |hash: &str| {
            HASH_DIGITS.contains(&hash.len()) && hash.bytes().all(|digit| digit.is_ascii_hexdigit())
        };
        match rest.strip_prefix('-') {
            None => rest.is_empty().then_some(Fit::Whole),
            Some(hash) => is_hash(hash).then_some(Fit::Hashed),
        }
    }
}

impl FromStr for NamePattern {
    type Err = WantedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_glob = text.contains(['*', '?', '[']);
        let glob = is_glob.then(|| glob::Pattern::new(text)).transpose();
        let glob = glob.map_err(|error| WantedError::Pattern { text: shown(text), why: error.msg })?;
        Ok(Self { text: text.to_owned(), glob })
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Target {
    type Err = WantedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        let braces = ['{', '}'];
        if !path.contains(braces) {
            return Ok(Self::Tree(path.parse()?));
        }
        match path.rsplit_once('/') {
            Some((folder, names)) if !folder.contains(braces) => {
                Ok(Self::Flat(folder.parse()?, names.parse()?))
            }
            _ => Err(WantedError::Template { text: shown(text) }),
        }
    }
}

impl Target {
    /// The folder that all of it is in.
    pub const fn folder(&self) -> &MemberPath {
        match self {
            Self::Tree(folder) | Self::Flat(folder, _) => folder,
        }
    }
}

fn shown(text: &str) -> String {
    text.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str) -> Wanted {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_mix_of_parts_comes_back_as_it_was_written() {
        for alias in ["", "macos_wheels = ", "docs? = ", "a-1 = "] {
            for workflow in ["", "wheels.yml : ", "build it.yaml : "] {
                for pattern in ["*", "wheels-macos-arm64", "wheels-*", "[ab]-?", "name with spaces", "a.b_c"]
                {
                    for target in
                        ["", " -> docs", " -> release-assets/{stem}-macos{ext}", " -> a/b/{artifact}-{name}"]
                    {
                        let text = format!("{alias}{workflow}{pattern}{target}");
                        assert_eq!(wanted(&text).to_string(), text);
                        let dense = text.replace(" = ", "=").replace(" : ", ":").replace(" -> ", "->");
                        assert_eq!(wanted(&dense), wanted(&text), "{dense}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_bare_pattern_is_all_of_a_line() {
        let Wanted { alias, workflow, pattern, target } = wanted("wheels-*");
        assert_eq!((alias, workflow, target, pattern.to_string().as_str()), (None, None, None, "wheels-*"));
    }

    #[test]
    fn folders_are_written_in_more_than_one_way() {
        for text in ["./docs", "docs/", "./docs//"] {
            assert_eq!(wanted(&format!("x -> {text}")).to_string(), "x -> docs");
        }
    }

    #[test]
    fn what_is_no_line_is_refused_for_its_reason() {
        let error = |text: &str| text.parse::<Wanted>().expect_err(text);
        let long = format!("{}=x", "a".repeat(65));
        for text in ["=x", "1a=x", "a b=x", "?=x", "ä=x", "a.b=x", "a??=x", &long] {
            assert!(matches!(error(text), WantedError::Alias { .. }), "{text}");
        }
        for text in [":x", "wheels:x", "a/wheels.yml:x", "a=b:x", "..:x"] {
            assert!(matches!(error(text), WantedError::Workflow { .. }), "{text}");
        }
        for text in ["", " ", "a=", "a.yml:", "-> docs", "a = b.yml : -> docs"] {
            assert!(matches!(error(text), WantedError::NoPattern { .. }), "{text}");
        }
        assert!(matches!(error("["), WantedError::Pattern { .. }));
        for text in
            ["x ->", "x -> /docs", "x -> ../docs", "x -> C:/docs", "x -> a//b", "x -> .", "x -> a -> b:c"]
        {
            assert!(matches!(error(text), WantedError::Folder(_)), "{text}");
        }
        for text in ["x -> {name}", "x -> {stem}/{name}", "x -> a{b/c"] {
            assert!(matches!(error(text), WantedError::Template { .. }), "{text}");
        }
        for text in ["x -> a/{nmae}", "x -> a/{name", "x -> a/{ext}"] {
            assert!(matches!(error(text), WantedError::Rename(_)), "{text}");
        }
    }

    #[test]
    fn a_name_may_have_a_content_hash_behind_it_and_nothing_else() {
        let name: NamePattern = "wheels-macos".parse().expect("a name");
        assert_eq!(name.fit("wheels-macos"), Some(Fit::Whole));
        let digits = "0123456789abcdef".repeat(5);
        for length in 0..=80 {
            let expected = (8..=64).contains(&length).then_some(Fit::Hashed);
            assert_eq!(name.fit(&format!("wheels-macos-{}", &digits[..length])), expected, "{length}");
        }
        assert_eq!(name.fit("wheels-macos-ABCDEF01"), Some(Fit::Hashed));
        for other in [
            "wheels-macos-debug",
            "wheels-macos-3f9a77bg",
            "wheels-macos3f9a77b0",
            "wheels-macos-arm64-3f9a77b0",
            "wheels-macos-",
            "Wheels-macos",
            "a-wheels-macos",
            "wheels-maco",
        ] {
            assert_eq!(name.fit(other), None, "{other}");
        }
    }

    #[test]
    fn globs_mean_what_they_match() {
        let glob: NamePattern = "wheels-*".parse().expect("a glob");
        assert_eq!(glob.fit("wheels-linux-3f9a77b0"), Some(Fit::Whole));
        assert!(glob.matches("wheels-") && !glob.matches("wheels") && !glob.matches("tools"));
    }
}
