//! The files of a project, as whoever has them hands them out.
//!
//! Paths have `/`, are relative to the project's folder and may lead upwards by `..`, since a package may be part of a
//! workspace. How far up is the tree's business: above the top of the repository there is nothing.

use std::collections::{BTreeMap, BTreeSet};

/// The files of a project.
pub trait Tree {
    /// The text of a file, with its byte order mark if it has one; nothing where no file is.
    ///
    /// # Errors
    /// When the file is there and its text cannot be had.
    fn text(&self, path: &str) -> Result<Option<String>, TreeError>;

    /// What is in a folder, sorted by name; nothing in one that is not there. The empty path is the project's folder.
    ///
    /// # Errors
    /// When the folder is there and cannot be listed.
    fn list(&self, folder: &str) -> Result<Vec<Entry>, TreeError>;

    /// The project's folder from the top of the repository: `crates/coglet`. By it `../coglet/Cargo.toml` is known to
    /// be the project's own file.
    fn place(&self) -> &str {
        ""
    }
}

/// Files by their paths.
impl Tree for BTreeMap<String, String> {
    fn text(&self, path: &str) -> Result<Option<String>, TreeError> {
        Ok(self.get(path).cloned())
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, TreeError> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let within = self.keys().filter_map(|path| path.strip_prefix(&prefix));
        let entries: BTreeSet<_> = within
            .map(|rest| match rest.split_once('/') {
                Some((name, _)) => Entry { name: name.to_owned(), kind: EntryKind::Folder },
                None => Entry { name: rest.to_owned(), kind: EntryKind::File },
            })
            .collect();
        Ok(entries.into_iter().collect())
    }
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name, without the folder.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What something in a folder is. Links count as what they lead to, or are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum EntryKind {
    File,
    Folder,
}

/// Why a tree cannot tell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TreeError {
    /// The file is to blame: a finding.
    #[error("`{path}` is not UTF-8 text")]
    NotText { path: String },
    /// The file is to blame: a finding.
    #[error("`{path}` is larger than {limit_bytes} bytes, which no file is that people write a version into")]
    TooLarge { path: String, limit_bytes: u64 },
    /// The world is to blame: an error.
    #[error("`{path}` cannot be read: {why}")]
    Unavailable { path: String, why: String },
}

/// `path` as it is seen from `folder`, without `.` and with `..` only in front. Nothing for a path that is absolute or
/// has a backslash.
pub(super) fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains(['\\', '\0']) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// A path from the top as it is seen from the folder `place`.
pub(super) fn seen_from(place: &str, path: &str) -> String {
    let own: Vec<&str> = place.split('/').filter(|part| !part.is_empty()).collect();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let shared = own.iter().zip(&parts).take_while(|(a, b)| a == b).count();
    let up = own.len() - shared;
    std::iter::repeat_n("..", up).chain(parts[shared..].iter().copied()).collect::<Vec<_>>().join("/")
}

/// The folder of a file.
pub(super) fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_without_detours() {
        for (folder, path, joined) in [
            ("", "Cargo.toml", "Cargo.toml"),
            ("crates/a", "../b/./Cargo.toml", "crates/b/Cargo.toml"),
            ("a", "../../Cargo.toml", "../Cargo.toml"),
            ("..", "../x", "../../x"),
            ("a", ".", "a"),
        ] {
            assert_eq!(join(folder, path).as_deref(), Some(joined));
        }
        for (place, path, seen) in [
            ("", "a/b", "a/b"),
            ("crates/a", "crates/a/Cargo.toml", "Cargo.toml"),
            ("crates/a", "crates/b/Cargo.toml", "../b/Cargo.toml"),
            ("crates/a", "Cargo.toml", "../../Cargo.toml"),
            ("crates/a", "crates/a", ""),
        ] {
            assert_eq!(seen_from(place, path), seen);
        }
        assert_eq!(join("a", "/etc/passwd"), None);
        assert_eq!(join("a", "b\\c"), None);
    }
}
