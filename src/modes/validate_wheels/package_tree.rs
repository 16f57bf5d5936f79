//! The wheels beside the packages in the checkout that they were built from.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::archive::wheel::WheelFile;
use crate::checks::Dist;
use crate::checks::contents::tree::{self, MISSING};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;
use crate::report::Finding;

/// A package of the checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackageTree {
    /// What it is imported as.
    pub(crate) name: String,
    /// Its folder, or its file where it is one module.
    pub(crate) path: PathBuf,
}

/// Why a text names no package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no package: a name of Python's is missing before `=`, or at the end of the path")]
pub(crate) struct PackageTreeError {
    text: String,
}

/// Reads `src/sample`, or `sample=lib` where the folder is not called like the package.
impl std::str::FromStr for PackageTree {
    type Err = PackageTreeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || PackageTreeError { text: text.chars().take(120).collect() };
        let (name, path) = match text.split_once('=') {
            Some((name, path)) => (name.trim().to_owned(), PathBuf::from(path.trim())),
            None => {
                let path = PathBuf::from(text);
                let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(error)?;
                (name.strip_suffix(".py").unwrap_or(name).to_owned(), path)
            }
        };
        let is_word = |word: &str| {
            !word.is_empty()
                && !word.starts_with(|c: char| c.is_ascii_digit())
                && word.chars().all(|c| c.is_alphanumeric() || c == '_')
        };
        let is_good = name.split('.').all(is_word) && !path.as_os_str().is_empty();
        if is_good { Ok(Self { name, path }) } else { Err(error()) }
    }
}

/// A package and its files, by their paths in a wheel.
#[derive(Debug)]
pub(crate) struct Tree {
    name: String,
    files: Vec<String>,
}

impl PackageTree {
    /// Lists the files.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub(crate) fn list(&self, disk: &DiskRead) -> Result<Tree, DiskError> {
        let base = self.name.replace('.', "/");
        let files = if self.path.is_file() {
            vec![format!("{base}.py")]
        } else {
            disk.tree(&self.path)?.into_iter().map(|below| format!("{base}/{below}")).collect()
        };
        Ok(Tree { name: self.name.clone(), files })
    }
}

impl Tree {
    /// Whether the wheel has any file of the package.
    fn is_of(&self, wheel: &WheelFile) -> bool {
        let base = self.name.replace('.', "/");
        let is_own = |path: &str| {
            path.match_indices(&base).any(|(at, _)| {
                let (before, behind) = (&path[..at], &path[at + base.len()..]);
                (before.is_empty() || before.ends_with('/')) && behind.starts_with(['/', '.'])
            })
        };
        wheel.zip.members.iter().any(|member| is_own(&member.path))
    }
}

/// Compares each wheel with the packages. Where the release has several projects, a wheel is compared with those that it
/// has a file of, and a package that no wheel has is missing.
pub(crate) fn compare(trees: &[Tree], dists: &[Dist]) -> Vec<Finding> {
    let wheels: Vec<&WheelFile> = dists.iter().filter_map(Dist::wheel).collect();
    let project = |wheel: &&'_ WheelFile| wheel.name.as_ref().ok().map(|name| name.name().clone());
    let is_one = wheels.iter().filter_map(project).collect::<BTreeSet<_>>().len() < 2;
    let mut findings = Vec::new();
    for wheel in &wheels {
        let own = trees.iter().filter(|tree| is_one || tree.is_of(wheel));
        let files: Vec<String> = own.flat_map(|tree| tree.files.iter().cloned()).collect();
        if !files.is_empty() {
            findings.extend(tree::compare_with_tree(wheel, &files));
        }
    }
    let lost = trees.iter().filter(|tree| !is_one && !wheels.iter().any(|wheel| tree.is_of(wheel)));
    findings.extend(lost.map(|tree| MISSING.finding(format!("no wheel has the package `{}`", tree.name))));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_by_their_folders_or_before_the_sign() {
        for (text, name, path) in [
            ("src/sample", "sample", "src/sample"),
            ("sample=lib", "sample", "lib"),
            ("a.b = lib/x=y", "a.b", "lib/x=y"),
            ("src/module.py", "module", "src/module.py"),
            ("sample/", "sample", "sample/"),
        ] {
            let tree: PackageTree = text.parse().expect(text);
            assert_eq!((tree.name.as_str(), tree.path), (name, PathBuf::from(path)), "{text}");
        }
        for bad in [".", "..", "/", "sample=", "=lib", "a-b", "1a", "a..b=lib", "a/b=lib"] {
            assert!(bad.parse::<PackageTree>().is_err(), "{bad}");
        }
    }
}
