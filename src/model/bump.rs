//! The version after this one.
//!
//! The steps are npm's: `patch` of `1.2.0-rc1` is `1.2.0`, and with a kind each step begins the first pre-release of the
//! next version. A pre-release's first number is 1. Whatever is asked for, the answer is higher or it is an error.

use std::fmt;
use std::str::FromStr;

use super::pep440::{Number, Pep440, Pre};
use super::version::{Version, VersionError, VersionKind};

/// What to do to a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bump {
    /// Raise the first number.
    Major,
    /// Raise the second number.
    Minor,
    /// Raise the third number, or finish a pre-release.
    Patch,
    /// The next pre-release.
    Prerelease,
    /// Finish a pre-release.
    Release,
    /// Take this one.
    To(Version),
}

/// Why there is no such next version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BumpError {
    #[error("`{text}` is neither a version nor one of {}", Bump::WORDS.join(", "))]
    Unknown { text: String },
    #[error(transparent)]
    Version(#[from] VersionError),
    #[error("{to} is not higher than {from}")]
    NotHigher { from: String, to: String },
    #[error("{from} is past {kind} already, and the next {kind} would be lower")]
    Lower { from: String, kind: VersionKind },
    #[error("{from} is no pre-release, so there is nothing to finish")]
    Finished { from: String },
    #[error("`release` makes no pre-release, so the kind `{kind}` says something else")]
    KindOfRelease { kind: VersionKind },
    #[error("`{kind}` is no kind of pre-release that has a number; use alpha, beta, rc or dev")]
    NoStage { kind: VersionKind },
    #[error("{to} is not of the kind `{kind}`")]
    OtherKind { to: String, kind: VersionKind },
}

/// What a pre-release can be.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Pre(Pre),
    Dev,
}

impl Bump {
    /// What is no version.
    pub const WORDS: [&'static str; 5] = ["major", "minor", "patch", "prerelease", "release"];

    /// The version after `from`, and its first pre-release of `kind` where one is given. Where `prerelease` begins a
    /// new version and no kind is given, it is an alpha: every other kind but `dev` can follow.
    ///
    /// # Errors
    /// When there is none that is higher, or the kind contradicts the rest.
    pub fn apply(&self, from: &Version, kind: Option<VersionKind>) -> Result<Version, BumpError> {
        let to = match self {
            Self::Major => numbered(from.parts(), 0, stage(kind)?),
            Self::Minor => numbered(from.parts(), 1, stage(kind)?),
            Self::Patch => numbered(from.parts(), 2, stage(kind)?),
            Self::Prerelease => prerelease(from, stage(kind)?)?,
            Self::Release => match kind {
                Some(kind) => return Err(BumpError::KindOfRelease { kind }),
                None => finished(from)?,
            },
            Self::To(to) => {
                if let Some(kind) = kind.filter(|kind| !kind.fits(to)) {
                    return Err(BumpError::OtherKind { to: to.to_string(), kind });
                }
                return higher(from, to.clone());
            }
        };
        higher(from, Version::of(to, from)?)
    }
}

fn higher(from: &Version, to: Version) -> Result<Version, BumpError> {
    if to > *from { Ok(to) } else { Err(BumpError::NotHigher { from: from.to_string(), to: to.to_string() }) }
}

fn stage(kind: Option<VersionKind>) -> Result<Option<Stage>, BumpError> {
    let Some(kind) = kind else { return Ok(None) };
    match kind {
        VersionKind::Alpha => Ok(Some(Stage::Pre(Pre::Alpha))),
        VersionKind::Beta => Ok(Some(Stage::Pre(Pre::Beta))),
        VersionKind::Rc => Ok(Some(Stage::Pre(Pre::Candidate))),
        VersionKind::Dev => Ok(Some(Stage::Dev)),
        VersionKind::Stable | VersionKind::Prerelease | VersionKind::Post => Err(BumpError::NoStage { kind }),
    }
}

/// Whether the release that its numbers name is still to come. `1.0.post1.dev1` comes after `1.0`.
const fn is_before_release(parts: &Pep440) -> bool {
    parts.pre.is_some() || (parts.dev.is_some() && parts.post.is_none())
}

/// The release of the same numbers.
fn bare(parts: &Pep440) -> Pep440 {
    let Pep440 { epoch, release, pre: _, post: _, dev: _, local: _ } = parts;
    Pep440 {
        epoch: epoch.clone(),
        release: release.clone(),
        pre: None,
        post: None,
        dev: None,
        local: Vec::new(),
    }
}

fn at_stage(parts: Pep440, stage: Stage, number: Number) -> Pep440 {
    match stage {
        Stage::Pre(pre) => Pep440 { pre: Some((pre, number)), ..parts },
        Stage::Dev => Pep440 { dev: Some(number), ..parts },
    }
}

/// Raises the number `at` this place, unless `parts` is a pre-release of what that would make and is to be finished.
fn numbered(parts: &Pep440, at: usize, stage: Option<Stage>) -> Pep440 {
    let mut next = bare(parts);
    let zero = Number::default();
    let is_whole = next.release.iter().skip(at + 1).all(|number| *number == zero);
    if stage.is_none() && is_whole && is_before_release(parts) {
        return next;
    }
    next.release.resize(next.release.len().max(at + 1), zero.clone());
    next.release[at] = next.release[at].next();
    next.release[at + 1..].fill(zero);
    match stage {
        Some(stage) => at_stage(next, stage, Number::Small(1)),
        None => next,
    }
}

fn prerelease(from: &Version, stage: Option<Stage>) -> Result<Pep440, BumpError> {
    let parts = from.parts();
    let next_dev = |dev: &Number| Pep440 { dev: Some(dev.next()), local: Vec::new(), ..parts.clone() };
    if let (Some(dev), None | Some(Stage::Dev)) = (&parts.dev, stage) {
        return Ok(next_dev(dev));
    }
    if !is_before_release(parts) {
        return Ok(numbered(parts, 2, Some(stage.unwrap_or(Stage::Pre(Pre::Alpha)))));
    }
    let lower = |kind| BumpError::Lower { from: from.to_string(), kind };
    let (pre, number) = match (&parts.pre, stage) {
        (_, Some(Stage::Dev)) => return Err(lower(VersionKind::Dev)),
        (Some((own, number)), None) => (*own, number.next()),
        (Some((own, number)), Some(Stage::Pre(wanted))) if *own == wanted => {
            // A development release of the pre-release comes before it, unless it is one of its post releases.
            let is_before = parts.dev.is_some() && parts.post.is_none();
            (wanted, if is_before { number.clone() } else { number.next() })
        }
        (Some((own, _)), Some(Stage::Pre(wanted))) if *own > wanted => return Err(lower(wanted.into())),
        (_, Some(Stage::Pre(wanted))) => (wanted, Number::Small(1)),
        (None, None) => (Pre::Alpha, Number::Small(1)),
    };
    Ok(at_stage(bare(parts), Stage::Pre(pre), number))
}

fn finished(from: &Version) -> Result<Pep440, BumpError> {
    let parts = from.parts();
    if is_before_release(parts) {
        Ok(bare(parts))
    } else if parts.dev.is_some() {
        Ok(Pep440 { post: parts.post.clone(), ..bare(parts) })
    } else {
        Err(BumpError::Finished { from: from.to_string() })
    }
}

/// A word, or a version in either spelling.
impl FromStr for Bump {
    type Err = BumpError;

    fn from_str(text: &str) -> Result<Self, BumpError> {
        Ok(match text {
            "major" => Self::Major,
            "minor" => Self::Minor,
            "patch" => Self::Patch,
            "prerelease" => Self::Prerelease,
            "release" => Self::Release,
            text if text.starts_with(|c: char| c.is_ascii_digit()) => Self::To(Version::from_either(text)?),
            text => return Err(BumpError::Unknown { text: text.escape_debug().take(60).collect() }),
        })
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Major => f.write_str("major"),
            Self::Minor => f.write_str("minor"),
            Self::Patch => f.write_str("patch"),
            Self::Prerelease => f.write_str("prerelease"),
            Self::Release => f.write_str("release"),
            Self::To(version) => version.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
