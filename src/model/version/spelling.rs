//! The law between the spellings.
//!
//! | PEP 440 | SemVer, as we write it | and as we read it too |
//! |---|---|---|
//! | `1.2.0`, `1.2` | `1.2.0` | |
//! | `1.2.0a3` | `1.2.0-alpha3` | `-alpha.3`, `-a3`, `-a.3` |
//! | `1.2.0b1` | `1.2.0-beta1` | `-beta.1`, `-b1`, `-b.1` |
//! | `1.2.0rc1` | `1.2.0-rc1` | `-rc.1`, and `c`, `pre` and `preview` for `rc` |
//! | `1.2.0.dev1` | `1.2.0-dev1` | `-dev.1` |
//! | `1.2.0+build.5` | `1.2.0+build.5` | single `-` in place of the dots |
//!
//! A word without a number has the number 0, and letters are read in any case. Whatever is not here has a row in
//! [`Unsayable`].

use std::fmt;

use super::LONGEST_BYTES;
use crate::model::pep440::{Number, Pep440, Pre};

/// How a version is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Spelling {
    /// As Python's packages write it: `1.2.0rc1`.
    Pep440,
    /// As crates and npm's packages write it: `1.2.0-rc1`.
    Semver,
}

/// Why a version that one spelling says cannot be said in the other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Unsayable {
    #[error("SemVer has no epochs (`{epoch}!`)")]
    Epoch { epoch: String },
    #[error("SemVer has three numbers and no more, not {count}")]
    Numbers { count: usize },
    #[error("SemVer has no post releases (`.post{number}`)")]
    Post { number: String },
    #[error("SemVer has no development releases of pre-releases (`{suffix}`)")]
    PrereleaseAndDev { suffix: String },
    #[error("the numbers of SemVer end at {largest} for cargo, before {number}", largest = u64::MAX)]
    Large { number: String },
    #[error("its SemVer spelling would be longer than {LONGEST_BYTES} bytes")]
    Long,
    #[error("PEP 440 has no pre-releases of the kind `{word}`, only -alphaN, -betaN, -rcN and -devN")]
    Word { word: String },
    #[error(
        "PEP 440 has no pre-releases without a word (`-{prerelease}`; use -alphaN, -betaN, -rcN or -devN)"
    )]
    NoWord { prerelease: String },
    #[error("PEP 440 has one number behind the word of a pre-release, and nothing else (`-{prerelease}`)")]
    Numbering { prerelease: String },
    #[error("PEP 440 has single dots or hyphens between letters and digits behind the `+` (`+{build}`)")]
    Build { build: String },
}

/// What stands between the word and the number of a pre-release in SemVer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Join {
    Nothing,
    Dot,
}

impl Unsayable {
    /// The spelling that cannot say it.
    pub const fn spelling(&self) -> Spelling {
        match self {
            Self::Epoch { .. }
            | Self::Numbers { .. }
            | Self::Post { .. }
            | Self::PrereleaseAndDev { .. }
            | Self::Large { .. }
            | Self::Long => Spelling::Semver,
            Self::Word { .. } | Self::NoWord { .. } | Self::Numbering { .. } | Self::Build { .. } => {
                Spelling::Pep440
            }
        }
    }
}

impl Join {
    pub(super) fn of(version: &semver::Version) -> Self {
        if version.pre.contains('.') { Self::Dot } else { Self::Nothing }
    }
}

pub(super) fn to_pep440(version: &semver::Version) -> Result<Pep440, Unsayable> {
    let semver::Version { major, minor, patch, pre, build } = version;
    let suffix = if pre.is_empty() { String::new() } else { pep440_suffix(pre)? };
    let local = if build.is_empty() { String::new() } else { format!("+{build}") };
    let read = Pep440::read(&format!("{major}.{minor}.{patch}{suffix}{local}"));
    read.ok_or_else(|| Unsayable::Build { build: shown(build) })
}

fn pep440_suffix(prerelease: &str) -> Result<String, Unsayable> {
    let word_ends = prerelease.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(prerelease.len());
    let (word, rest) = prerelease.split_at(word_ends);
    let known = match word.to_ascii_lowercase().as_str() {
        "alpha" | "a" => "a",
        "beta" | "b" => "b",
        "rc" | "c" | "pre" | "preview" => "rc",
        "dev" => ".dev",
        "" if prerelease.starts_with(|c: char| c.is_ascii_digit()) => {
            return Err(Unsayable::NoWord { prerelease: shown(prerelease) });
        }
        "" => return Err(Unsayable::Word { word: shown(prerelease) }),
        other => return Err(Unsayable::Word { word: shown(other) }),
    };
    let number = rest.strip_prefix('.').unwrap_or(rest);
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Unsayable::Numbering { prerelease: shown(prerelease) });
    }
    Ok(format!("{known}{}", if number.is_empty() { "0" } else { number }))
}

pub(super) fn to_semver(version: &Pep440, join: Join) -> Result<semver::Version, Unsayable> {
    let Pep440 { epoch, release, pre, post, dev, local } = version;
    if *epoch != Number::default() {
        return Err(Unsayable::Epoch { epoch: shown(&epoch.to_string()) });
    }
    let mut numbers = [0; 3];
    if release.len() > numbers.len() {
        return Err(Unsayable::Numbers { count: release.len() });
    }
    if let Some(number) = post {
        return Err(Unsayable::Post { number: shown(&number.to_string()) });
    }
    for (place, number) in numbers.iter_mut().zip(release) {
        *place = match number {
            Number::Small(small) => *small,
            Number::Large(_) => return Err(Unsayable::Large { number: shown(&number.to_string()) }),
        };
    }
    let suffix = match (pre, dev) {
        (None, None) => None,
        (Some((Pre::Alpha, number)), None) => Some(("alpha", number)),
        (Some((Pre::Beta, number)), None) => Some(("beta", number)),
        (Some((Pre::Candidate, number)), None) => Some(("rc", number)),
        (None, Some(number)) => Some(("dev", number)),
        (Some((kind, number)), Some(dev)) => {
            let suffix = format!("{}{number}.dev{dev}", kind.as_str());
            return Err(Unsayable::PrereleaseAndDev { suffix: shown(&suffix) });
        }
    };
    let [major, minor, patch] = numbers;
    let mut text = format!("{major}.{minor}.{patch}");
    if let Some((word, number)) = suffix {
        let join = match join {
            Join::Nothing => "",
            Join::Dot => ".",
        };
        text.push_str(&format!("-{word}{join}{number}"));
    }
    for (index, segment) in local.iter().enumerate() {
        text.push_str(&format!("{}{segment}", if index == 0 { '+' } else { '.' }));
    }
    if text.len() > LONGEST_BYTES {
        return Err(Unsayable::Long);
    }
    Ok(semver::Version::parse(&text)
        .expect("numbers, a word with a number, and letters and digits are SemVer"))
}

/// As much of a strange text as a message repeats.
fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

impl fmt::Display for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pep440 => "PEP 440",
            Self::Semver => "SemVer",
        })
    }
}
