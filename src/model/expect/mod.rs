//! The wheels and the sdist that a release shall consist of, as its maintainers write them down.
//!
//! One line asks for files: `sdist`, a tag triple such as `py3-none-any`, or `INTERPRETERS: PLATFORMS`, which stands
//! for every pair of the two lists. `[NAME]` begins the lines of one project. What a line cannot mean is refused: a
//! mistyped word must not become a wheel that nobody misses.

mod platform;
mod python;

pub use python::{Implementation, Interpreter};

use std::fmt;
use std::str::FromStr;

use self::platform::PlatformItem;
use self::python::Python;
use super::artifact::Distribution;
use super::name::PackageName;
use super::platform_tag::spellings;
use super::wheel_name::WheelName;

/// Everything that was asked for, in the order of the lines, nothing twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    requirements: Vec<Requirement>,
}

/// One file that was asked for. `Display` writes it as a line would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The number of the line, from 1 on.
    pub line: usize,
    /// The project that shall have it; none stands for each project of the release.
    pub project: Option<PackageName>,
    wanted: Wanted,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Sdist,
    Python(Python),
    Platform(PlatformItem),
    Pair(Python, PlatformItem),
}

impl Wanted {
    /// What is asked of the tags of a wheel; nothing where no wheel is asked for.
    const fn of_wheel(&self) -> Option<(Option<&Python>, Option<&PlatformItem>)> {
        match self {
            Self::Sdist => None,
            Self::Python(python) => Some((Some(python), None)),
            Self::Platform(platform) => Some((None, Some(platform))),
            Self::Pair(python, platform) => Some((Some(python), Some(platform))),
        }
    }
}

/// Why a text asks for nothing that can be had, and in which line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ExpectError {
    #[error("line {line}: `{word}` is no {what}")]
    Word { line: usize, word: String, what: What },
    #[error("line {line}: the range `{word}` {why}")]
    Range { line: usize, word: String, why: &'static str },
    #[error("line {line}: `{word}` stands beside words of another kind without a colon between them")]
    Mixed { line: usize, word: String },
    #[error("line {line}: `{word}` has nothing on one side of its colon")]
    Empty { line: usize, word: String },
    #[error("line {line}: `{word}` has more than one colon")]
    Colons { line: usize, word: String },
    #[error("line {line}: `[{word}]` names no project")]
    Project { line: usize, word: String },
    #[error("no line asks for anything")]
    Nothing,
}

/// What a word was meant to be, by the place where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum What {
    Word,
    Interpreter,
    Abi,
    Platform,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Word => "interpreter, platform, tag or `sdist`",
            Self::Interpreter => "interpreter",
            Self::Abi => "ABI that goes with its interpreter",
            Self::Platform => "platform",
        })
    }
}

impl ExpectError {
    /// The words that would have been right in the place of the wrong one.
    pub fn candidates(&self) -> Vec<String> {
        let Self::Word { word, what, .. } = self else { return Vec::new() };
        match what {
            What::Word => [vec!["sdist".to_owned()], interpreters(), spellings(word)].concat(),
            What::Interpreter => interpreters(),
            What::Platform => spellings(word),
            What::Abi => {
                let versions = Interpreter::all().filter(|one| one.implementation != Implementation::GraalPy);
                let abis = versions.map(|one| match one.implementation {
                    Implementation::PyPy => format!("pypy3{}_pp73", one.minor),
                    _ => one.to_string(),
                });
                ["none", "abi3", "abi3t"].map(str::to_owned).into_iter().chain(abis).collect()
            }
        }
    }

    /// The wrong word, as it was written.
    pub fn word(&self) -> Option<&str> {
        if let Self::Word { word, .. } = self { Some(word) } else { None }
    }
}

fn interpreters() -> Vec<String> {
    let fixed = ["abi3", "abi3t", "py3", "py2"].map(str::to_owned);
    fixed.into_iter().chain(Interpreter::all().map(|one| one.to_string())).collect()
}

impl Expected {
    /// Every file that was asked for.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    fn ask(&mut self, requirement: Requirement) {
        let is_new =
            |old: &Requirement| (&old.project, &old.wanted) != (&requirement.project, &requirement.wanted);
        if self.requirements.iter().all(is_new) {
            self.requirements.push(requirement);
        }
    }
}

impl Requirement {
    /// Whether the line speaks about the project.
    pub fn is_about(&self, project: &PackageName) -> bool {
        self.project.as_ref().is_none_or(|own| own == project)
    }

    /// Whether the file is one that was asked for, whatever its project.
    pub fn accepts(&self, file: &Distribution) -> bool {
        match (self.wanted.of_wheel(), file) {
            (None, Distribution::Sdist(_)) => true,
            (Some((python, platform)), Distribution::Wheel(wheel)) => {
                has_python(python, wheel) && has_platform(platform, wheel)
            }
            _ => false,
        }
    }

    /// How far the file is from what was asked for, where only one thing is wrong with it: 0 for another version of the
    /// right system, 1 for another interpreter on the right system.
    pub fn distance(&self, file: &Distribution) -> Option<u8> {
        let (python, Some(platform)) = self.wanted.of_wheel()? else { return None };
        let Distribution::Wheel(wheel) = file else { return None };
        match (has_python(python, wheel), has_platform(Some(platform), wheel)) {
            (true, false) => wheel.platform().iter().any(|tag| platform.is_kin(tag)).then_some(0),
            (false, true) => Some(1),
            _ => None,
        }
    }
}

fn has_python(wanted: Option<&Python>, wheel: &WheelName) -> bool {
    let accepts = |wanted: &Python| {
        wheel.python().iter().any(|python| wheel.abi().iter().any(|abi| wanted.accepts(python, abi)))
    };
    wanted.is_none_or(accepts)
}

fn has_platform(wanted: Option<&PlatformItem>, wheel: &WheelName) -> bool {
    wanted.is_none_or(|wanted| wheel.platform().iter().any(|tag| wanted.accepts(tag)))
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.wanted {
            Wanted::Sdist => f.write_str("sdist"),
            Wanted::Python(python) => python.fmt(f),
            Wanted::Platform(platform) => platform.fmt(f),
            Wanted::Pair(python, platform) => write!(f, "{python}: {platform}"),
        }
    }
}

/// A word of a line without a colon.
enum Word {
    Whole(Vec<Wanted>),
    Pythons(Vec<Python>),
    Platform(PlatformItem),
}

impl FromStr for Expected {
    type Err = ExpectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut expected = Self { requirements: Vec::new() };
        let mut project = None;
        for (index, text) in text.lines().enumerate() {
            let line = index + 1;
            let text = text.split('#').next().unwrap_or_default().trim();
            if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let error = |_| ExpectError::Project { line, word: shown(name) };
                project = Some(name.trim().parse().map_err(error)?);
                continue;
            }
            for wanted in wanted(line, text)? {
                expected.ask(Requirement { line, project: project.clone(), wanted });
            }
        }
        if expected.requirements.is_empty() { Err(ExpectError::Nothing) } else { Ok(expected) }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty())
}

fn wanted(line: usize, text: &str) -> Result<Vec<Wanted>, ExpectError> {
    let Some((before, behind)) = text.split_once(':') else { return list(line, text) };
    if behind.contains(':') {
        return Err(ExpectError::Colons { line, word: shown(text) });
    }
    let mut pythons = Vec::new();
    for word in words(before) {
        let found = read_pythons(line, word)?;
        pythons.extend(found.ok_or_else(|| unknown(line, word, What::Interpreter))?);
    }
    let platform = |word| PlatformItem::read(word).ok_or_else(|| unknown(line, word, What::Platform));
    let platforms = words(behind).map(platform).collect::<Result<Vec<_>, _>>()?;
    if pythons.is_empty() || platforms.is_empty() {
        return Err(ExpectError::Empty { line, word: shown(text) });
    }
    let pair = |python: &Python, platform: &PlatformItem| Wanted::Pair(python.clone(), platform.clone());
    Ok(pythons
        .iter()
        .flat_map(|python| platforms.iter().map(move |platform| pair(python, platform)))
        .collect())
}

/// A line without a colon: whole files, or interpreters on any platform, or platforms with any interpreter.
fn list(line: usize, text: &str) -> Result<Vec<Wanted>, ExpectError> {
    let mut wanted = Vec::new();
    let mut is_python = None;
    for word in words(text) {
        let kind = match read_word(line, word)? {
            Word::Whole(found) => {
                wanted.extend(found);
                continue;
            }
            Word::Pythons(found) => {
                wanted.extend(found.into_iter().map(Wanted::Python));
                true
            }
            Word::Platform(platform) => {
                wanted.push(Wanted::Platform(platform));
                false
            }
        };
        if *is_python.get_or_insert(kind) != kind {
            return Err(ExpectError::Mixed { line, word: shown(word) });
        }
    }
    Ok(wanted)
}

fn read_word(line: usize, word: &str) -> Result<Word, ExpectError> {
    if word == "sdist" {
        return Ok(Word::Whole(vec![Wanted::Sdist]));
    }
    if let [python, abi, platform] = word.split('-').collect::<Vec<_>>()[..] {
        return triple(line, [python, abi, platform]).map(Word::Whole);
    }
    if let Some(pythons) = read_pythons(line, word)? {
        return Ok(Word::Pythons(pythons));
    }
    let platform = PlatformItem::read(word).map(Word::Platform);
    platform.ok_or_else(|| match word.split_once('-') {
        Some((python, abi)) => unknown_pair(line, python, abi),
        None => unknown(line, word, What::Word),
    })
}

/// Every tag of a triple, whose parts may be sets as in a file name.
fn triple(line: usize, [pythons, abis, platforms]: [&str; 3]) -> Result<Vec<Wanted>, ExpectError> {
    let mut wanted = Vec::new();
    for python in pythons.split('.') {
        for abi in abis.split('.') {
            let tags = Python::of_tags(python, abi).ok_or_else(|| unknown_pair(line, python, abi))?;
            for platform in platforms.split('.') {
                let item =
                    PlatformItem::read(platform).ok_or_else(|| unknown(line, platform, What::Platform))?;
                wanted.push(Wanted::Pair(tags.clone(), item));
            }
        }
    }
    Ok(wanted)
}

/// One interpreter or a range of them; nothing where the word is no such thing.
fn read_pythons(line: usize, word: &str) -> Result<Option<Vec<Python>>, ExpectError> {
    let Some((first, last)) = word.split_once("..") else {
        return Ok(Python::read(word).map(|python| vec![python]));
    };
    let end = |word| Interpreter::read(word).ok_or_else(|| unknown(line, word, What::Interpreter));
    let (first, last) = (end(first)?, end(last)?);
    let bad = |why| ExpectError::Range { line, word: shown(word), why };
    if first.implementation != last.implementation {
        return Err(bad("begins with one kind of interpreter and ends with another"));
    }
    if first.minor > last.minor {
        return Err(bad("ends before it begins"));
    }
    let one = |minor| Python::Interpreter(Interpreter { minor, ..first });
    Ok(Some((first.minor..=last.minor).map(one).collect()))
}

/// Which of two tags that do not go together is the wrong one.
fn unknown_pair(line: usize, python: &str, abi: &str) -> ExpectError {
    match Python::read(python) {
        Some(_) => unknown(line, abi, What::Abi),
        None => unknown(line, python, What::Interpreter),
    }
}

fn unknown(line: usize, word: &str, what: What) -> ExpectError {
    ExpectError::Word { line, word: shown(word), what }
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests;
