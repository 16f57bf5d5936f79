//! What a release consists of: artifacts, each a name and a digest, wherever their bytes may be.

use std::fmt;
use std::str::FromStr;

use super::crate_name::CrateFile;
use super::digest::{Hashes, Sha256};
use super::name::PackageName;
use super::sdist_name::SdistName;
use super::version::Version;
use super::wheel_name::WheelName;

/// The name of a file, without any directory: what a release page and an index call it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName(String);

/// Why a text is no file name that may be placed on a disk or sent to a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no plain file name: it is empty, too long, starts or ends badly, or holds a path separator or control character", text.escape_debug())]
pub struct FileNameError {
    text: String,
}

impl FileName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Refuses what a disk could take for a path, a device stream or a control sequence.
impl FromStr for FileName {
    type Err = FileNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad_character = |c: char| {
            c.is_control()
                || matches!(c, '/' | '\\' | ':' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        let bad = text.is_empty()
            || text.len() > 255
            || matches!(text, "." | "..")
            || text.ends_with([' ', '.'])
            || text.starts_with(' ')
            || text.chars().any(bad_character);
        if bad {
            Err(FileNameError { text: text.chars().take(120).collect() })
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One file of a release: its identity, never its location. The same value stands for the file on disk, in the
/// manifest, on the release page and in the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// What the file is called everywhere.
    pub file_name: FileName,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
    /// What it is.
    pub kind: ArtifactKind,
}

/// What an artifact is, which decides where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a release has some dozen of them")]
pub enum ArtifactKind {
    /// Goes to an index, and to the release page.
    Distribution(Distribution),
    /// Goes to a crate registry, and to the release page.
    Crate(CrateFile),
    /// Goes to the release page only: an executable, an archive, a document.
    Other,
}

impl ArtifactKind {
    /// What a file among the packages is, by its name.
    pub fn of_file_name(file_name: &FileName) -> Self {
        match (Distribution::of_file_name(file_name), CrateFile::of_file_name(file_name)) {
            (Some(distribution), _) => Self::Distribution(distribution),
            (None, Some(found)) => Self::Crate(found),
            (None, None) => Self::Other,
        }
    }
}

/// A file that a Python index takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Distribution {
    /// A built distribution.
    Wheel(WheelName),
    /// A source distribution.
    Sdist(SdistName),
}

impl Distribution {
    /// The project that the file name names.
    pub const fn name(&self) -> &PackageName {
        match self {
            Self::Wheel(wheel) => wheel.name(),
            Self::Sdist(sdist) => sdist.name(),
        }
    }

    /// The version that the file name names.
    pub const fn version(&self) -> &Version {
        match self {
            Self::Wheel(wheel) => wheel.version(),
            Self::Sdist(sdist) => sdist.version(),
        }
    }

    /// Reads a wheel's or an sdist's file name; `None` for every other file.
    pub fn of_file_name(file_name: &FileName) -> Option<Self> {
        let text = file_name.as_str();
        text.parse().map(Self::Wheel).ok().or_else(|| text.parse().map(Self::Sdist).ok())
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wheel(wheel) => wheel.fmt(f),
            Self::Sdist(sdist) => sdist.fmt(f),
        }
    }
}

/// A file as a remote service states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// What the service calls it.
    pub file_name: String,
    /// Its size in bytes, where the service tells.
    pub size_bytes: Option<u64>,
    /// Its digest, where the service tells.
    pub sha256: Option<Sha256>,
}

/// How a remote file stands to the artifact that should be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delta {
    /// There is none.
    Missing,
    /// The same bytes are there.
    Same,
    /// Other bytes are there.
    Differs,
    /// A file is there and the service states no digest: fetch and hash it.
    Unproven,
}

impl Artifact {
    /// Makes an artifact of what one pass over a file found.
    pub fn new(file_name: FileName, hashes: Hashes, kind: ArtifactKind) -> Self {
        let Hashes { size_bytes, sha256 } = hashes;
        Self { file_name, size_bytes, sha256, kind }
    }

    /// The wheel or sdist that this is.
    pub const fn distribution(&self) -> Option<&Distribution> {
        match &self.kind {
            ArtifactKind::Distribution(distribution) => Some(distribution),
            ArtifactKind::Crate(_) | ArtifactKind::Other => None,
        }
    }

    /// The packed crate that this is.
    pub const fn packed_crate(&self) -> Option<&CrateFile> {
        match &self.kind {
            ArtifactKind::Crate(found) => Some(found),
            ArtifactKind::Distribution(_) | ArtifactKind::Other => None,
        }
    }

    /// Whether a registry takes it under its name, which nobody may change then.
    pub const fn is_package(&self) -> bool {
        !matches!(self.kind, ArtifactKind::Other)
    }

    /// The comparison that every mode uses: by digest, never by name alone.
    pub fn compare(&self, have: Option<&RemoteFile>) -> Delta {
        let Some(RemoteFile { file_name: _, size_bytes, sha256 }) = have else { return Delta::Missing };
        match (sha256, size_bytes) {
            (Some(sha256), _) if *sha256 == self.sha256 => Delta::Same,
            (Some(_), _) => Delta::Differs,
            (None, Some(size_bytes)) if *size_bytes != self.size_bytes => Delta::Differs,
            (None, _) => Delta::Unproven,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_a_folder_are_refused() {
        for good in ["a.whl", "games-collection", ".config", "a b"] {
            assert!(good.parse::<FileName>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a\\b", "c:d", "a\nb", "a\u{202e}b", "a.", "a ", &"x".repeat(256)] {
            assert!(bad.parse::<FileName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn comparison_goes_by_digest_first() {
        let artifact = Artifact::new("a".parse().expect("good"), Hashes::of(b"abc"), ArtifactKind::Other);
        let have = |size_bytes, sha256| RemoteFile { file_name: "a".into(), size_bytes, sha256 };
        let delta = |size, digest| artifact.compare(Some(&have(size, digest)));
        assert_eq!(artifact.compare(None), Delta::Missing);
        assert_eq!(delta(None, Some(artifact.sha256)), Delta::Same);
        assert_eq!(delta(Some(3), Some(Sha256::of(b"abd"))), Delta::Differs);
        assert_eq!(delta(Some(4), None), Delta::Differs);
        assert_eq!(delta(Some(3), None), Delta::Unproven);
        assert_eq!(delta(None, None), Delta::Unproven);
    }
}
