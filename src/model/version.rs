//! One release version in its two spellings, PEP 440 and SemVer.
//!
//! The law between the spellings is in `spelling`; users read it in `docs/versions.md`. What one spelling cannot say
//! has a reason, never a guess: a guess would be a version that can never be taken back.

mod kind;
mod spelling;

use std::cmp::Ordering;
use std::fmt;

use super::pep440::{Number, Pep440};
pub use kind::{UnknownKind, VersionKind};
pub use spelling::{Spelling, Unsayable};

/// The version of a release. Equality and order are those of PEP 440, so `1.0` equals `1.0.0`.
#[derive(Clone, Debug)]
pub struct Version {
    pep440: Pep440,
    semver: Result<semver::Version, Unsayable>,
}

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum VersionError {
    #[error("`{text}` is no PEP 440 version")]
    Pep440 { text: String },
    #[error("`{text}` is no SemVer version")]
    Semver { text: String },
    #[error("`{text}` cannot be said in PEP 440: {why}")]
    NoPep440 { text: String, why: Unsayable },
    #[error("`{text}…` is longer than {LONGEST_BYTES} bytes, and no file could have it in its name")]
    Long { text: String },
}

/// A version is part of file names, which are no longer; text that shows in messages has this bound too.
const LONGEST_BYTES: usize = 255;

/// A normal form is longer than what was read by less than this: `1r` is `1.post0`.
const GROWTH_BYTES: usize = 32;

impl Version {
    /// Reads a version in PEP 440 spelling, as `pyproject.toml` and METADATA carry it.
    ///
    /// # Errors
    /// When the text does not follow PEP 440.
    pub fn from_pep440(text: &str) -> Result<Self, VersionError> {
        check_length(text)?;
        let pep440 = Pep440::read(text).ok_or_else(|| VersionError::Pep440 { text: shown(text) })?;
        if text.len() + GROWTH_BYTES > LONGEST_BYTES {
            check_length(&pep440.to_string())?;
        }
        let semver = spelling::to_semver(&pep440, spelling::Join::Nothing);
        Ok(Self { pep440, semver })
    }

    /// Reads a version in SemVer spelling, as `Cargo.toml` carries it.
    ///
    /// # Errors
    /// When the text does not follow SemVer 2.0, or cannot be said in PEP 440.
    pub fn from_semver(text: &str) -> Result<Self, VersionError> {
        check_length(text)?;
        let read = semver::Version::parse(text);
        let semver = read.map_err(|_source| VersionError::Semver { text: shown(text) })?;
        let refused = |why| VersionError::NoPep440 { text: shown(text), why };
        let pep440 = spelling::to_pep440(&semver).map_err(refused)?;
        check_length(&pep440.to_string())?;
        Ok(Self { pep440, semver: Ok(semver) })
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

    /// Reads a version in one spelling.
    ///
    /// # Errors
    /// When the text is no version in it.
    pub fn read(text: &str, spelling: Spelling) -> Result<Self, VersionError> {
        match spelling {
            Spelling::Pep440 => Self::from_pep440(text),
            Spelling::Semver => Self::from_semver(text),
        }
    }

    /// The version of these parts; in SemVer it has a dot before the number of its pre-release where `like` has one.
    ///
    /// # Errors
    /// When it would be too long to be read again.
    pub(super) fn of(parts: Pep440, like: &Self) -> Result<Self, VersionError> {
        check_length(&parts.to_string())?;
        let join = like.semver.as_ref().map_or(spelling::Join::Nothing, spelling::Join::of);
        let semver = spelling::to_semver(&parts, join);
        Ok(Self { pep440: parts, semver })
    }

    /// The version in this spelling: in SemVer as it was read, where it was read in SemVer, and in normal form otherwise.
    ///
    /// # Errors
    /// When this spelling cannot say it, and why.
    pub fn spelled(&self, spelling: Spelling) -> Result<String, Unsayable> {
        match spelling {
            Spelling::Pep440 => Ok(self.pep440()),
            Spelling::Semver => self.semver.as_ref().map(ToString::to_string).map_err(Clone::clone),
        }
    }

    /// The normal PEP 440 spelling.
    pub fn pep440(&self) -> String {
        self.pep440.to_string()
    }

    /// The SemVer spelling, where there is one.
    pub fn semver(&self) -> Option<String> {
        self.spelled(Spelling::Semver).ok()
    }

    /// Whether this is an alpha, beta, release candidate or development release.
    pub fn is_prerelease(&self) -> bool {
        self.pep440.is_prerelease()
    }

    /// The one kind that says most of it: `Dev` for a development release of whatever, `Post` only for what is no
    /// pre-release. Never `Prerelease`.
    pub fn kind(&self) -> VersionKind {
        match self.prerelease() {
            Some((kind, _)) => kind,
            None if self.pep440.post.is_some() => VersionKind::Post,
            None => VersionKind::Stable,
        }
    }

    /// What kind of pre-release it is, and its number there.
    pub fn prerelease(&self) -> Option<(VersionKind, &Number)> {
        let Pep440 { pre, dev, .. } = &self.pep440;
        let pre = pre.as_ref().map(|(pre, number)| (VersionKind::from(*pre), number));
        dev.as_ref().map(|number| (VersionKind::Dev, number)).or(pre)
    }

    /// The numbers before everything else, as many as are written.
    pub fn release(&self) -> &[Number] {
        &self.pep440.release
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

fn check_length(text: &str) -> Result<(), VersionError> {
    let is_long = text.len() > LONGEST_BYTES;
    if is_long { Err(VersionError::Long { text: shown(text) }) } else { Ok(()) }
}

/// As much of a strange text as a message repeats.
fn shown(text: &str) -> String {
    text.escape_debug().take(120).collect()
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
mod tests;
