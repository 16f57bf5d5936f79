//! Names of packages.

use std::fmt;
use std::str::FromStr;

/// The name of a Python project, as written and in normal form.
///
/// Two names are the same project when their normal forms agree (name normalisation, PEP 503); equality, order
/// and hash follow that.
#[derive(Clone, Debug)]
pub struct PackageName {
    written: String,
    normal: String,
}

/// A name is part of file names, which are no longer; text that shows in messages has this bound too.
const LONGEST_BYTES: usize = 255;

/// Why a text names no Python project.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no project name: letters, digits, `.`, `-` and `_`, with a letter or digit at both ends, 255 at most"
)]
pub struct PackageNameError {
    text: String,
}

impl PackageName {
    /// The name in normal form: lower case, every run of `-`, `_` and `.` as one `-`.
    pub fn normal(&self) -> &str {
        &self.normal
    }

    /// The normal form as file names carry it: with `_` for `-`.
    pub fn in_file_name(&self) -> String {
        self.normal.replace('-', "_")
    }
}

impl FromStr for PackageName {
    type Err = PackageNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_long = text.len() > LONGEST_BYTES;
        if is_long || !edge(text.chars().next()) || !edge(text.chars().last()) || !text.chars().all(inner) {
            return Err(PackageNameError { text: text.chars().take(120).collect() });
        }
        let mut normal = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '.' | '-' | '_' if normal.ends_with('-') => {}
                '.' | '-' | '_' => normal.push('-'),
                c => normal.push(c.to_ascii_lowercase()),
            }
        }
        Ok(Self { written: text.to_owned(), normal })
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl PartialEq for PackageName {
    fn eq(&self, other: &Self) -> bool {
        self.normal == other.normal
    }
}

impl Eq for PackageName {}

impl PartialOrd for PackageName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PackageName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.normal.cmp(&other.normal)
    }
}

impl std::hash::Hash for PackageName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.normal.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_project_are_equal() {
        let names = ["Foo.Bar", "foo-bar", "FOO__bar", "foo-._bar"]
            .map(|name| name.parse::<PackageName>().expect("good"));
        assert!(
            names.iter().all(|name| *name == names[0]
                && name.normal() == "foo-bar"
                && name.in_file_name() == "foo_bar")
        );
        assert_eq!(names[0].to_string(), "Foo.Bar");
    }

    #[test]
    fn what_pypi_refuses_is_refused() {
        for bad in ["", "-foo", "foo_", "foo bar", "foo/bar", "föö", "foo\n"] {
            assert!(bad.parse::<PackageName>().is_err(), "{bad:?}");
        }
    }
}
