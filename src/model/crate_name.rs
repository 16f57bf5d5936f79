//! Names of crates, and of the files that carry them.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use semver::Version;

use super::artifact::FileName;

/// The name of a crate, as written. Two names are the same crate when they differ in case and in `-` and `_` only, as
/// crates.io has it; equality, order and hash follow that.
#[derive(Clone, Debug)]
pub struct CrateName {
    written: String,
    canonical: String,
}

/// Why a text names no crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is no crate name: ASCII letters, digits, `-` and `_`, a letter first, 64 characters at most",
    text.escape_debug()
)]
pub struct CrateNameError {
    text: String,
}

/// As crates.io has it.
const LONGEST_CHARS: usize = 64;
/// What files of packed crates are called after name and version.
const ENDING: &str = ".crate";

impl CrateName {
    /// The name as its author writes it.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The form that is the same for all spellings of one name: lower case, `_` for `-`.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

impl FromStr for CrateName {
    type Err = CrateNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let good = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
            && text.len() <= LONGEST_CHARS;
        if !good {
            return Err(CrateNameError { text: text.chars().take(120).collect() });
        }
        Ok(Self { written: text.to_owned(), canonical: text.to_ascii_lowercase().replace('-', "_") })
    }
}

impl fmt::Display for CrateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl PartialEq for CrateName {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for CrateName {}

impl PartialOrd for CrateName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CrateName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.canonical.cmp(&other.canonical)
    }
}

impl Hash for CrateName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

/// What a packed crate's file name says: `NAME-VERSION.crate`, as `cargo package` writes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CrateFile {
    name: CrateName,
    version: Version,
}

impl CrateFile {
    /// The crate `name` in `version`.
    pub const fn new(name: CrateName, version: Version) -> Self {
        Self { name, version }
    }

    /// The crate's name.
    pub const fn name(&self) -> &CrateName {
        &self.name
    }

    /// Its version, which is always in SemVer spelling.
    pub const fn version(&self) -> &Version {
        &self.version
    }

    /// The version as those of other files are read, so that they can be compared. Not every one has such a spelling.
    pub fn common_version(&self) -> Option<super::version::Version> {
        super::version::Version::from_semver(&self.version.to_string()).ok()
    }

    /// `NAME-VERSION`: the file's stem, and the one folder in it.
    pub fn stem(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    /// Reads the file name of a packed crate; `None` for every other file. A name may have dashes, and so may a version:
    /// the version is the longest ending that is one.
    pub fn of_file_name(file_name: &FileName) -> Option<Self> {
        let stem = file_name.as_str().strip_suffix(ENDING)?;
        stem.match_indices('-').find_map(|(at, _)| {
            let (name, version) = (&stem[..at], &stem[at + 1..]);
            Some(Self { name: name.parse().ok()?, version: Version::parse(version).ok()? })
        })
    }
}

impl fmt::Display for CrateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{ENDING}", self.stem())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, String)> {
        let found = CrateFile::of_file_name(&text.parse().expect("a file name"))?;
        assert_eq!(found.to_string(), text);
        Some((found.name().to_string(), found.version().to_string()))
    }

    #[test]
    fn file_names_tell_name_and_version() {
        for (text, name, version) in [
            ("coglet-0.9.0-alpha.3.crate", "coglet", "0.9.0-alpha.3"),
            ("a-1-1.0.0.crate", "a-1", "1.0.0"),
            ("A_b-1.2.3-rc.1+build.5.crate", "A_b", "1.2.3-rc.1+build.5"),
        ] {
            assert_eq!(read(text), Some((name.to_owned(), version.to_owned())), "{text}");
        }
        for bad in [
            "coglet.crate",
            "coglet-1.0.crate",
            "-1.0.0.crate",
            "1a-1.0.0.crate",
            "a-1.0.0.tar.gz",
            "a-01.0.0.crate",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn spellings_of_one_name_are_one_crate() {
        let name = |text: &str| text.parse::<CrateName>().expect("good");
        assert_eq!(name("Serde-Json"), name("serde_json"));
        assert_eq!(name("Serde-Json").written(), "Serde-Json");
        for bad in ["", "-a", "a.b", "ä", &"x".repeat(65)] {
            assert!(bad.parse::<CrateName>().is_err(), "{bad}");
        }
    }
}
