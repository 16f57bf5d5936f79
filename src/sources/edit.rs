//! Writes another version into every place that states one.

use std::collections::BTreeMap;

use super::tree::{Entry, Tree, TreeError};
use super::{Found, Role, Sources, Statement, pins, spelled};
use crate::model::version::Version;

/// A file before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file, with `/`, from the project's folder.
    pub file: String,
    /// What it has.
    pub before: String,
    /// What it is to have.
    pub after: String,
}

/// Why a version cannot be written everywhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum EditError {
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error("`{file}` line {line} cannot say {version}: {why}")]
    Unsayable { file: String, line: usize, version: String, why: String },
    #[error("`{file}` cannot be edited: {why}")]
    Unreadable { file: String, why: String },
    #[error("`{file}` is not what it was when it was read")]
    Changed { file: String },
}

/// What `sources` have to change for all of them to state `to`: versions, lock files, and pins among the packages. A file
/// that needs no change is left out.
///
/// What comes out was read again: every place states `to`, and none came or went.
///
/// # Errors
/// When a place cannot say the version, or a file is not what it was when it was read. Then nothing is to be written.
pub fn edit(tree: &dyn Tree, sources: &Sources, to: &Version) -> Result<Vec<Edit>, EditError> {
    let mut places: BTreeMap<&str, Vec<(usize, &str, String)>> = BTreeMap::new();
    for found in &sources.found {
        match found {
            Found::Statement(statement) => {
                let change = change(statement, to)?;
                places.entry(&statement.file).or_default().push(change);
            }
            Found::Dynamic { .. } => {}
            Found::Unreadable { file, why, .. } => {
                return Err(EditError::Unreadable { file: file.clone(), why: why.clone() });
            }
        }
    }
    let mut edits = Vec::new();
    for (file, mut changes) in places {
        let changed = || EditError::Changed { file: file.to_owned() };
        let before = tree.text(file)?.ok_or_else(changed)?;
        changes.sort_by_key(|(at, _, _)| *at);
        let mut after = String::with_capacity(before.len() + 16 * changes.len());
        let mut copied = 0;
        for (at, old, new) in changes {
            // Two places that overlap, too, are a file that is not what it was.
            let kept =
                before.get(copied..at).filter(|_| before[at..].starts_with(old)).ok_or_else(changed)?;
            after.push_str(kept);
            after.push_str(&new);
            copied = at + old.len();
        }
        after.push_str(&before[copied..]);
        if after != before {
            edits.push(Edit { file: file.to_owned(), before, after });
        }
    }
    read_again(tree, sources, &edits, to)?;
    Ok(edits)
}

/// What changes at a place: where, the text there, and the one to be.
fn change<'s>(statement: &'s Statement, to: &Version) -> Result<(usize, &'s str, String), EditError> {
    let Statement { file, line, span, key: _, text, spelling, package: _, role } = statement;
    let unsayable =
        |why| EditError::Unsayable { file: file.clone(), line: *line, version: to.to_string(), why };
    match role {
        // Another spelling of the same version stays as it is.
        Role::Version | Role::Lock if statement.disagreement(to).is_none() => {
            Ok((span.start, text, text.clone()))
        }
        Role::Version | Role::Lock => {
            let new = spelled(to, *spelling).map_err(unsayable)?;
            Ok((span.start, text, new))
        }
        Role::Pin { of: _, requirement, at } => {
            let new = pins::moved(requirement, *spelling, to).map_err(unsayable)?;
            Ok((*at, requirement, new))
        }
    }
}

/// Reads what is to be written, which must state `to` in as many places as before.
fn read_again(tree: &dyn Tree, sources: &Sources, edits: &[Edit], to: &Version) -> Result<(), EditError> {
    let files = edits.iter().map(|edit| (edit.file.as_str(), edit.after.as_str())).collect();
    let again = super::find(&Edited { tree, files }, &sources.wanted)?;
    let count =
        |sources: &Sources| sources.found.iter().filter(|found| matches!(found, Found::Statement(_))).count();
    let wrong = again.found.iter().find_map(|found| match found {
        Found::Statement(statement) => statement.disagreement(to).map(|_| statement.file.as_str()),
        Found::Unreadable { file, .. } => Some(file.as_str()),
        Found::Dynamic { .. } => None,
    });
    let missing = || edits.first().filter(|_| count(sources) != count(&again)).map(|edit| edit.file.as_str());
    match wrong.or_else(missing) {
        None => Ok(()),
        Some(file) => Err(EditError::Unreadable {
            file: file.to_owned(),
            why: format!("with {to} in its place it would be read otherwise"),
        }),
    }
}

/// A tree with some files as they are to be.
struct Edited<'e> {
    tree: &'e dyn Tree,
    files: BTreeMap<&'e str, &'e str>,
}

impl Tree for Edited<'_> {
    fn text(&self, path: &str) -> Result<Option<String>, TreeError> {
        match self.files.get(path) {
            Some(text) => Ok(Some((*text).to_owned())),
            None => self.tree.text(path),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, TreeError> {
        self.tree.list(folder)
    }

    fn place(&self) -> &str {
        self.tree.place()
    }
}
