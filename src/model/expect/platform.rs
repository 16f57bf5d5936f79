//! Which platforms a line asks for, and which wheels they take.

use std::fmt;

use crate::model::platform_tag::{Platform, glob_meets, is_known, modern, patterns};

/// What a line asks of the last tag of a wheel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PlatformItem {
    /// A wheel that runs wherever one of this tag does.
    Tag(String),
    /// A wheel with a tag that this text with `*` and `?` matches.
    Glob(String),
}

impl PlatformItem {
    /// Reads a tag, or a glob that some tag matches.
    pub(super) fn read(word: &str) -> Option<Self> {
        if word.contains(['*', '?']) {
            return patterns().any(|pattern| glob_meets(word, pattern)).then(|| Self::Glob(word.to_owned()));
        }
        is_known(word).then(|| Self::Tag(word.to_owned()))
    }

    /// Whether a wheel with this tag is one that was asked for.
    pub(super) fn accepts(&self, tag: &str) -> bool {
        match self {
            Self::Tag(wanted) => tag == wanted || Platform::of(tag).serves(&Platform::of(wanted)),
            Self::Glob(glob) => names(tag).iter().any(|name| glob_meets(glob, name)),
        }
    }

    /// Whether a wheel with this tag is for the same kind of system in another version.
    pub(super) fn is_kin(&self, tag: &str) -> bool {
        matches!(self, Self::Tag(wanted) if Platform::of(tag).is_kin(&Platform::of(wanted)))
    }
}

/// The names by which a glob may know a tag: its own, that of today, and those of its slices.
fn names(tag: &str) -> Vec<String> {
    let platform = Platform::of(tag);
    let (major, minor) = platform.least;
    let slices = platform.kinds().into_iter().filter(|_| platform.system == "macosx");
    let slices = slices.map(|(system, machine)| format!("{system}_{major}_{minor}_{machine}"));
    [tag.to_owned(), modern(tag)].into_iter().chain(slices).collect()
}

impl fmt::Display for PlatformItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(text) | Self::Glob(text) => f.write_str(text),
        }
    }
}
