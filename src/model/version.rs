//! One release version in its two spellings, PEP 440 and SemVer, and the law between them.
//!
//! | SemVer | PEP 440 |
//! |---|---|
//! | `1.2.0` | `1.2.0` |
//! | `1.2.0-alpha3`, `-alpha.3`, `-a3` | `1.2.0a3` |
//! | `1.2.0-beta1`, `-beta.1`, `-b1` | `1.2.0b1` |
//! | `1.2.0-rc1`, `-rc.1` | `1.2.0rc1` |
//! | `1.2.0-dev1`, `-dev.1` | `1.2.0.dev1` |
//! | `1.2.0+build.5` | `1.2.0+build.5` |
//!
//! Epochs, post releases, more than three release numbers, and a pre-release that is also a development
//! release have no SemVer spelling. Every other SemVer pre-release has no PEP 440 spelling and is refused:
//! a guess here would be a version that can never be taken back.

use std::cmp::Ordering;
use std::fmt;

use super::pep440::{Number, Pep440, Pre};

/// The version of a release. Equality and order are those of PEP 440, so `1.0` equals `1.0.0`.
#[derive(Clone, Debug)]
pub struct Version {
    pep440: Pep440,
    semver: Option<semver::Version>,
}

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum VersionError {
    #[error("`{text}` is no PEP 440 version")]
    Pep440 { text: String },
    #[error("`{text}` is no SemVer version")]
    Semver { text: String },
    #[error(
        "the SemVer pre-release `-{prerelease}` of `{text}` has no PEP 440 spelling (use -alphaN, -betaN, -rcN or -devN)"
    )]
    NoPep440 { text: String, prerelease: String },
}

impl Version {
    /// Reads a version in PEP 440 spelling, as `pyproject.toml` and METADATA carry it.
    ///
    /// # Errors
    /// When the text does not follow PEP 440.
    pub fn from_pep440(text: &str) -> Result<Self, VersionError> {
        let refused = || VersionError::Pep440 { text: shown(text) };
        if text.len() > LONGEST_BYTES {
            return Err(refused());
        }
        let pep440 = Pep440::read(text).ok_or_else(refused)?;
        let semver = to_semver(&pep440);
        Ok(Self { pep440, semver })
    }

    /// Reads a version in SemVer spelling, as `Cargo.toml` carries it.
    ///
    /// # Errors
    /// When the text does not follow SemVer 2.0, or its pre-release cannot be said in PEP 440.
    pub fn from_semver(text: &str) -> Result<Self, VersionError> {
        let refused = || VersionError::Semver { text: shown(text) };
        if text.len() > LONGEST_BYTES {
            return Err(refused());
        }
        let semver = semver::Version::parse(text).map_err(|_source| refused())?;
        let pep440 = to_pep440(&semver).ok_or_else(|| VersionError::NoPep440 {
            text: shown(text),
            prerelease: shown(semver.pre.as_str()),
        })?;
        Ok(Self { pep440, semver: Some(semver) })
    }

    /// Reads a version in either spelling, SemVer first: where both grammars take a text they may differ
    /// (`1.0.0-1` is a pre-release to SemVer and a post release to PEP 440), and such a text is refused.
    ///
    /// # Errors
    /// When the text is no version in either spelling.
    pub fn from_either(text: &str) -> Result<Self, VersionError> {
        match Self::from_semver(text) {
            Err(VersionError::Semver { .. }) => Self::from_pep440(text),
            decided => decided,
        }
    }

    /// The normal PEP 440 spelling.
    pub fn pep440(&self) -> String {
        self.pep440.to_string()
    }

    /// The SemVer spelling, where there is one.
    pub fn semver(&self) -> Option<String> {
        self.semver.as_ref().map(ToString::to_string)
    }

    /// Whether this is an alpha, beta, release candidate or development release.
    pub fn is_prerelease(&self) -> bool {
        self.pep440.is_prerelease()
    }

    /// The version taken apart.
    pub const fn parts(&self) -> &Pep440 {
        &self.pep440
    }

    /// Whether the version has a local part (`+…`), which no public index takes.
    pub fn is_local(&self) -> bool {
        !self.pep440.local.is_empty()
    }
}

/// A version is part of file names, which are no longer; text that shows in messages has this bound too.
const LONGEST_BYTES: usize = 255;

fn shown(text: &str) -> String {
    text.chars().take(120).collect()
}

fn to_pep440(semver: &semver::Version) -> Option<Pep440> {
    let mut text = format!("{}.{}.{}", semver.major, semver.minor, semver.patch);
    if !semver.pre.is_empty() {
        let pre = semver.pre.as_str();
        let word_ends = pre.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(pre.len());
        let (word, number) = pre.split_at(word_ends);
        let number = number.strip_prefix('.').unwrap_or(number);
        if !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        text.push_str(match word.to_ascii_lowercase().as_str() {
            "alpha" | "a" => "a",
            "beta" | "b" => "b",
            "rc" | "c" | "pre" | "preview" => "rc",
            "dev" => ".dev",
            _ => return None,
        });
        text.push_str(if number.is_empty() { "0" } else { number });
    }
    if !semver.build.is_empty() {
        text.push('+');
        text.push_str(semver.build.as_str());
    }
    Pep440::read(&text)
}

fn to_semver(version: &Pep440) -> Option<semver::Version> {
    let zero = Number::default();
    let (major, minor, patch) = match &version.release[..] {
        [major] => (major, &zero, &zero),
        [major, minor] => (major, minor, &zero),
        [major, minor, patch] => (major, minor, patch),
        _ => return None,
    };
    if version.epoch != zero || version.post.is_some() {
        return None;
    }
    let mut text = format!("{major}.{minor}.{patch}");
    match (&version.pre, &version.dev) {
        (None, None) => {}
        (Some((kind, number)), None) => {
            let word = match kind {
                Pre::Alpha => "alpha",
                Pre::Beta => "beta",
                Pre::Candidate => "rc",
            };
            text.push_str(&format!("-{word}{number}"));
        }
        (None, Some(number)) => text.push_str(&format!("-dev{number}")),
        (Some(_), Some(_)) => return None,
    }
    if let Some((_, local)) = version.to_string().split_once('+') {
        text.push('+');
        text.push_str(local);
    }
    semver::Version::parse(&text).ok()
}

/// The PEP 440 spelling.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pep440.fmt(f)
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.pep440 == other.pep440
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.pep440.cmp(&other.pep440)
    }
}

impl std::hash::Hash for Version {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.pep440.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_both_ways() {
        for (semver, pep440) in [
            ("0.17.0", "0.17.0"),
            ("0.17.0-alpha3", "0.17.0a3"),
            ("0.17.0-beta1", "0.17.0b1"),
            ("0.17.0-rc1", "0.17.0rc1"),
            ("0.17.0-dev1", "0.17.0.dev1"),
            ("1.2.0+build.5", "1.2.0+build.5"),
        ] {
            let read = Version::from_semver(semver).expect("good");
            assert_eq!(read.pep440(), pep440);
            let back = Version::from_pep440(pep440).expect("good");
            assert_eq!(back.semver().as_deref(), Some(semver));
            assert_eq!(read, back);
            assert_eq!(read.is_prerelease(), semver.contains('-'));
        }
    }

    #[test]
    fn other_spellings_of_a_prerelease_are_read() {
        for text in ["1.0.0-rc.1", "1.0.0-rc1", "1.0.0rc1", "1.0rc1", "1.0.0-RC1"] {
            assert_eq!(
                Version::from_either(text).expect("good").pep440(),
                if text == "1.0rc1" { "1.0rc1" } else { "1.0.0rc1" }
            );
        }
        assert_eq!(Version::from_either("0.0.1-alpha").expect("good").pep440(), "0.0.1a0");
    }

    #[test]
    fn what_semver_cannot_say_has_no_semver() {
        for text in ["1!2.0", "1.0.post1", "1.2.3.4", "1.0a1.dev2"] {
            assert_eq!(Version::from_pep440(text).expect("good").semver(), None, "{text}");
        }
    }

    #[test]
    fn a_version_that_no_file_name_could_hold_is_none() {
        let long = format!("1.{}0", "0.".repeat(2_000_000));
        for read in [Version::from_pep440, Version::from_semver, Version::from_either] {
            let error = read(&long).expect_err("too long").to_string();
            assert!(error.len() < 200, "{error}");
        }
    }

    #[test]
    fn doubtful_texts_are_refused() {
        for text in ["1.0.0-1", "1.0.0-nightly", "1.0.0-alpha.1.2", "latest", "", "v", "1.0.0-rc1-2"] {
            assert!(Version::from_either(text).is_err(), "{text}");
        }
    }
}
