//! The file name of a wheel: `{name}-{version}(-{build})?-{python}-{abi}-{platform}.whl`.
//!
//! Source: the binary distribution format (PEP 427) and compatibility tags (PEP 425) in the packaging
//! specifications. The parser accepts what installers accept; whether a name is in normal form is a check.

use std::fmt;
use std::str::FromStr;

use super::name::{PackageName, PackageNameError};
use super::version::{Version, VersionError};

/// A wheel's file name, taken apart. `Display` gives the text back, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WheelName {
    text: String,
    name: PackageName,
    version: Version,
    build: Option<BuildTag>,
    python: Vec<String>,
    abi: Vec<String>,
    platform: Vec<String>,
}

/// A wheel's build tag: a number, then any text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BuildTag {
    number: String,
    rest: String,
}

/// Why a text is no wheel's file name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum WheelNameError {
    #[error("it does not end in `.whl`")]
    Extension,
    #[error("it has {found} parts between its hyphens where a wheel has 5, or 6 with a build tag")]
    Parts { found: usize },
    #[error("its project name is bad")]
    Name(#[source] PackageNameError),
    #[error("its project name `{name}` has two underscores in a row")]
    DoubleUnderscore { name: String },
    #[error("its version is bad")]
    Version(#[source] VersionError),
    #[error("its build tag `{build}` does not start with a digit")]
    Build { build: String },
    #[error("its {what} tag `{tag}` is empty or holds characters that no tag has")]
    Tag { what: &'static str, tag: String },
}

impl WheelName {
    /// The project.
    pub const fn name(&self) -> &PackageName {
        &self.name
    }

    /// The project's name as this file name spells it.
    pub fn written_name(&self) -> &str {
        self.text.split('-').next().unwrap_or_default()
    }

    /// The version.
    pub const fn version(&self) -> &Version {
        &self.version
    }

    /// The version as this file name spells it.
    pub fn written_version(&self) -> &str {
        self.text.split('-').nth(1).unwrap_or_default()
    }

    /// The build tag, which most wheels have not.
    pub const fn build(&self) -> Option<&BuildTag> {
        self.build.as_ref()
    }

    /// The Python tags of the compressed set (`cp312`, `py3`).
    pub fn python(&self) -> &[String] {
        &self.python
    }

    /// The ABI tags of the compressed set (`cp312`, `abi3`, `none`).
    pub fn abi(&self) -> &[String] {
        &self.abi
    }

    /// The platform tags of the compressed set (`manylinux_2_28_x86_64`, `any`).
    pub fn platform(&self) -> &[String] {
        &self.platform
    }

    /// How many tags the compressed sets stand for.
    pub fn tag_count(&self) -> usize {
        self.python.len() * self.abi.len() * self.platform.len()
    }

    /// Every tag that the compressed sets stand for, such as `cp312-cp312-win_amd64`.
    pub fn tags(&self) -> impl Iterator<Item = String> {
        self.python.iter().flat_map(move |python| {
            self.abi.iter().flat_map(move |abi| {
                self.platform.iter().map(move |platform| format!("{python}-{abi}-{platform}"))
            })
        })
    }

    /// The stem of this wheel's `.dist-info` and `.data` directories, as the file name spells it.
    pub fn directory_stem(&self) -> String {
        format!("{}-{}", self.written_name(), self.written_version())
    }
}

impl FromStr for WheelName {
    type Err = WheelNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let stem = text.strip_suffix(".whl").ok_or(WheelNameError::Extension)?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (name, version, build, [python, abi, platform]) = match parts[..] {
            [name, version, python, abi, platform] => (name, version, None, [python, abi, platform]),
            [name, version, build, python, abi, platform] => {
                (name, version, Some(build), [python, abi, platform])
            }
            _ => return Err(WheelNameError::Parts { found: parts.len() }),
        };
        if name.contains("__") {
            return Err(WheelNameError::DoubleUnderscore { name: name.to_owned() });
        }
        Ok(Self {
            text: text.to_owned(),
            name: name.parse().map_err(WheelNameError::Name)?,
            version: Version::from_pep440(version).map_err(WheelNameError::Version)?,
            build: build.map(str::parse).transpose()?,
            python: interpreters(python)?,
            abi: tag_set("ABI", abi)?,
            platform: tag_set("platform", platform)?,
        })
    }
}

/// A Python tag is an identifier besides, so it starts with no digit.
fn interpreters(text: &str) -> Result<Vec<String>, WheelNameError> {
    let tags = tag_set("Python", text)?;
    if tags.iter().any(|tag| tag.starts_with(|c: char| c.is_ascii_digit())) {
        return Err(WheelNameError::Tag { what: "Python", tag: text.to_owned() });
    }
    Ok(tags)
}

fn tag_set(what: &'static str, text: &str) -> Result<Vec<String>, WheelNameError> {
    text.split('.')
        .map(|tag| {
            let good = !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if good { Ok(tag.to_owned()) } else { Err(WheelNameError::Tag { what, tag: text.to_owned() }) }
        })
        .collect()
}

impl FromStr for BuildTag {
    type Err = WheelNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, rest) = text.split_at(digits);
        if number.is_empty() {
            return Err(WheelNameError::Build { build: text.to_owned() });
        }
        Ok(Self { number: number.to_owned(), rest: rest.to_owned() })
    }
}

impl fmt::Display for BuildTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.number, self.rest)
    }
}

impl fmt::Display for WheelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names_come_apart_and_back() {
        for text in [
            "zlmdb-26.10.1-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
            "zlmdb-26.10.1-pp311-pypy311_pp73-macosx_15_0_arm64.whl",
            "coglet-0.23.1-cp310-abi3-macosx_11_0_arm64.whl",
            "foo-1.0-1build-py2.py3-none-any.whl",
            "Foo.Bar-1.0+local.1-py3-none-any.whl",
        ] {
            let name: WheelName = text.parse().expect(text);
            assert_eq!(name.to_string(), text);
            assert_eq!(name.tags().count(), name.tag_count());
        }
        let name: WheelName = "foo-1.0-2x-py2.py3-none-any.whl".parse().expect("good");
        assert_eq!(name.build().map(ToString::to_string).as_deref(), Some("2x"));
        assert_eq!(name.tags().collect::<Vec<_>>(), ["py2-none-any", "py3-none-any"]);
        assert_eq!(name.directory_stem(), "foo-1.0");
    }

    fn error(text: &str) -> WheelNameError {
        text.parse::<WheelName>().expect_err(text)
    }

    #[test]
    fn each_way_to_be_wrong_has_its_error() {
        assert_eq!(error("foo-1.0-py3-none-any.zip"), WheelNameError::Extension);
        assert_eq!(error("foo-1.0-py3-none.whl"), WheelNameError::Parts { found: 4 });
        assert_eq!(error("foo-1.0-1-py3-none-any-x.whl"), WheelNameError::Parts { found: 7 });
        assert!(matches!(error("-1.0-py3-none-any.whl"), WheelNameError::Name(_)));
        assert!(matches!(error("a__b-1.0-py3-none-any.whl"), WheelNameError::DoubleUnderscore { .. }));
        assert!(matches!(error("foo-x-py3-none-any.whl"), WheelNameError::Version(_)));
        assert!(matches!(error("foo-1.0-x-py3-none-any.whl"), WheelNameError::Build { .. }));
        assert!(matches!(error("foo-1.0_1-py3-none-any.whl"), WheelNameError::Version(_)));
        assert!(matches!(error("foo-1.0-py2.3-none-any.whl"), WheelNameError::Tag { .. }));
        assert!(matches!(error("foo-1.0-py2..py3-none-any.whl"), WheelNameError::Tag { .. }));
        assert!(matches!(error("foo-1.0-py3-none-a/b.whl"), WheelNameError::Tag { .. }));
    }
}
