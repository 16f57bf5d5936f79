//! What is gathered while files are read: each place once, each text fetched once.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::tree::{Tree, TreeError, join, seen_from};
use super::{Found, Package, Sources, Wanted};

/// What was found so far.
pub(super) struct Finds<'w> {
    pub(super) tree: &'w dyn Tree,
    pub(super) wanted: &'w Wanted,
    found: Vec<Found>,
    packages: BTreeSet<Package>,
    texts: BTreeMap<String, Option<Rc<str>>>,
    visited: BTreeSet<String>,
    pyprojects: Vec<String>,
}

impl<'w> Finds<'w> {
    pub(super) const fn new(tree: &'w dyn Tree, wanted: &'w Wanted) -> Self {
        Self {
            tree,
            wanted,
            found: Vec::new(),
            packages: BTreeSet::new(),
            texts: BTreeMap::new(),
            visited: BTreeSet::new(),
            pyprojects: Vec::new(),
        }
    }

    /// The text of a file. One that is there and holds none is a find.
    pub(super) fn text(&mut self, file: &str) -> Result<Option<Rc<str>>, TreeError> {
        if let Some(known) = self.texts.get(file) {
            return Ok(known.clone());
        }
        let text = match self.tree.text(file) {
            Ok(text) => text.map(Rc::from),
            Err(error @ TreeError::Unavailable { .. }) => return Err(error),
            Err(error) => {
                self.add(Found::Unreadable { file: file.to_owned(), line: None, why: error.to_string() });
                None
            }
        };
        self.texts.insert(file.to_owned(), text.clone());
        Ok(text)
    }

    /// Whether `file` is looked at for the first time as what it is.
    pub(super) fn visit(&mut self, file: &str) -> bool {
        self.visited.insert(file.to_owned())
    }

    /// `path` from `folder`, as the shortest path from the project's folder.
    pub(super) fn path(&self, folder: &str, path: &str) -> Option<String> {
        let top = self.tree.place();
        let full = join(&join(top, folder)?, path)?;
        Some(seen_from(top, &full))
    }

    /// Whether `path` is below `folder`, both from the project's folder.
    pub(super) fn is_within(&self, folder: &str, path: &str) -> bool {
        let full = |path| join(self.tree.place(), path);
        let (Some(folder), Some(path)) = (full(folder), full(path)) else { return false };
        let rest = if folder.is_empty() { Some(path.as_str()) } else { path.strip_prefix(folder.as_str()) };
        rest.is_some_and(|rest| {
            (folder.is_empty() || rest.starts_with('/')) && !rest.is_empty() && !rest.starts_with("..")
        })
    }

    /// Remembers a `pyproject.toml` whose requirements are looked at when all packages are known.
    pub(super) fn add_pyproject(&mut self, file: &str) {
        self.pyprojects.push(file.to_owned());
    }

    /// Each `pyproject.toml` that was read.
    pub(super) fn take_pyprojects(&mut self) -> Vec<String> {
        std::mem::take(&mut self.pyprojects)
    }

    pub(super) fn add(&mut self, found: Found) {
        self.found.push(found);
    }

    pub(super) fn add_package(&mut self, package: Package) {
        self.packages.insert(package);
    }

    pub(super) const fn packages(&self) -> &BTreeSet<Package> {
        &self.packages
    }

    /// Whether nothing says anything of the version so far.
    pub(super) const fn is_silent(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether `file` leaves the version to somebody else.
    pub(super) fn is_dynamic(&self, file: &str) -> bool {
        self.found.iter().any(|found| matches!(found, Found::Dynamic { file: own, .. } if own == file))
    }

    /// Everything in order. What was found in two ways is there once, as it was found first.
    pub(super) fn finish(self) -> Sources {
        let Self { tree: _, wanted, mut found, packages, texts: _, visited: _, pyprojects: _ } = self;
        found.sort_by(|a, b| place(a).cmp(&place(b)));
        found.dedup_by(|a, b| match (&*a, &*b) {
            (Found::Statement(a), Found::Statement(b)) => a.file == b.file && a.span == b.span,
            (a, b) => a == b,
        });
        Sources { found, packages: packages.into_iter().collect(), wanted: wanted.clone() }
    }
}

/// Where something was found: file, byte where one is known, line.
fn place(found: &Found) -> (&str, usize, usize) {
    match found {
        Found::Statement(statement) => (&statement.file, statement.line, statement.span.start),
        Found::Dynamic { file, line, .. } => (file, *line, 0),
        Found::Unreadable { file, line, .. } => (file, line.unwrap_or_default(), 0),
    }
}
