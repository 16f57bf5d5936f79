//! The file name of an sdist: `{name}-{version}.tar.gz` (PEP 625).

use std::fmt;
use std::str::FromStr;

use super::name::PackageName;
use super::version::Version;

/// An sdist's file name, taken apart. `Display` gives the text back, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SdistName {
    stem: String,
    name: PackageName,
    version: Version,
}

/// Why a text is no sdist's file name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SdistNameError {
    #[error("it does not end in `.tar.gz`")]
    Extension,
    #[error("it is not `{{name}}-{{version}}.tar.gz`")]
    Parts,
}

impl SdistName {
    /// The project.
    pub const fn name(&self) -> &PackageName {
        &self.name
    }

    /// The version.
    pub const fn version(&self) -> &Version {
        &self.version
    }

    /// The name of the one top-level directory inside, as this file name spells it.
    pub fn stem(&self) -> &str {
        &self.stem
    }

    /// The file name that PyPI demands: normalised name, canonical version.
    pub fn expected(&self) -> String {
        format!("{}-{}.tar.gz", self.name.in_file_name(), self.version.pep440())
    }
}

/// Splits at the last hyphen that has a version behind it, so that old names such as `a-b-1.0.tar.gz` are read.
impl FromStr for SdistName {
    type Err = SdistNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let stem = text.strip_suffix(".tar.gz").ok_or(SdistNameError::Extension)?;
        stem.rmatch_indices('-')
            .find_map(|(at, _)| {
                let version = Version::from_pep440(&stem[at + 1..]).ok()?;
                let name = stem[..at].parse().ok()?;
                Some(Self { stem: stem.to_owned(), name, version })
            })
            .ok_or(SdistNameError::Parts)
    }
}

impl fmt::Display for SdistName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.tar.gz", self.stem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names_come_apart_and_back() {
        for (text, name, version, expected) in [
            ("zlmdb-26.10.1.tar.gz", "zlmdb", "26.10.1", "zlmdb-26.10.1.tar.gz"),
            ("Foo-Bar-1.0.tar.gz", "foo-bar", "1.0", "foo_bar-1.0.tar.gz"),
            ("foo-1.0-1.tar.gz", "foo-1-0", "1", "foo_1_0-1.tar.gz"),
        ] {
            let read: SdistName = text.parse().expect(text);
            assert_eq!(
                (
                    read.to_string().as_str(),
                    read.name().normal(),
                    read.version().pep440().as_str(),
                    read.expected().as_str()
                ),
                (text, name, version, expected)
            );
        }
    }

    #[test]
    fn what_is_no_sdist_is_refused() {
        for bad in
            ["foo.tar.gz", "foo-.tar.gz", "-1.0.tar.gz", "foo-1.0.zip", "tool-1.2.0-x86_64-linux.tar.gz"]
        {
            assert!(bad.parse::<SdistName>().is_err(), "{bad}");
        }
    }
}
