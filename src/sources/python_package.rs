//! Which modules of a project state its version: those of the package that has the project's name, or else of the one
//! package that states any.
//!
//! A folder with an `__init__.py` is not yet the project's package: it may hold its tests, or somebody else's code. So
//! a name decides first, and where none fits, only a lone witness is heard.

use std::collections::BTreeSet;

use super::Found;
use super::finds::Finds;
use super::page::Page;
use super::python_module::{self, VARIABLE};
use super::tree::{Entry, EntryKind, TreeError};

/// The modules of a package that people write its version into.
const MODULES: &[&str] =
    &["__init__.py", "__about__.py", "__version__.py", "_about.py", "_version.py", "about.py", "version.py"];

/// Where packages are, from the project's folder, besides where its files say.
const ROOTS: &[&str] = &["", "src", "python", "lib"];

/// Folders that are not installed, whatever they hold.
const NEVER: &[&str] = &[
    "bench",
    "benchmarks",
    "build",
    "ci",
    "dist",
    "doc",
    "docs",
    "example",
    "examples",
    "external",
    "extern",
    "node_modules",
    "site-packages",
    "target",
    "test",
    "testing",
    "tests",
    "third_party",
    "vendor",
    "vendored",
    "venv",
];

/// What tells which package is the project's.
#[derive(Clone, Debug, Default)]
pub(super) struct Python {
    /// The names of the project and of its modules, as written.
    pub(super) names: Vec<String>,
    /// Folders that packages are below.
    pub(super) roots: Vec<String>,
    /// Whether a tool works out the version when the package is built: then a module may hold a stand-in.
    pub(super) is_dynamic: bool,
}

/// Reads the modules of the project's package.
///
/// # Errors
/// When the tree cannot tell.
pub(super) fn read(finds: &mut Finds<'_>, python: &Python, page: Page<'_>) -> Result<(), TreeError> {
    let places: BTreeSet<String> = python.names.iter().flat_map(|name| places(name)).collect();
    let mut named = Vec::new();
    let mut others = Vec::new();
    let roots = ROOTS.iter().copied().chain(python.roots.iter().map(String::as_str));
    let roots: BTreeSet<String> = roots.filter_map(|root| finds.path("", root)).collect();
    for root in roots {
        for place in places.iter().filter(|place| place.contains('/')) {
            if let Some(folder) = finds.path(&root, place) {
                named.extend(modules(finds, python, &folder, page)?);
            }
        }
        for entry in entries(finds, &root)? {
            let Some(path) = finds.path(&root, &entry.name) else { continue };
            let stem = entry.name.strip_suffix(".py").filter(|_| entry.kind == EntryKind::File);
            let name = stem.unwrap_or(&entry.name).to_lowercase();
            let is_apart =
                finds.wanted.apart.iter().any(|apart| apart == &path || finds.is_within(apart, &path));
            if is_apart || name.starts_with('.') {
                continue;
            }
            match (entry.kind, places.contains(&name)) {
                (EntryKind::File, true) if stem.is_some() => {
                    named.extend(module(finds, python, &path, page)?)
                }
                (EntryKind::File, _) => {}
                (EntryKind::Folder, true) => named.extend(modules(finds, python, &path, page)?),
                (EntryKind::Folder, false) if NEVER.contains(&name.as_str()) => {}
                (EntryKind::Folder, false) => {
                    let found = modules(finds, python, &path, page)?;
                    others.extend((!found.is_empty()).then_some(found));
                }
            }
        }
    }
    let lone = if named.is_empty() && others.len() == 1 { others.pop() } else { None };
    named.into_iter().chain(lone.unwrap_or_default()).for_each(|found| finds.add(found));
    Ok(())
}

/// What is in a folder that may hold a package: nothing where it cannot be listed, since nobody said that one is there.
/// The project's own folder has to be.
fn entries(finds: &Finds<'_>, folder: &str) -> Result<Vec<Entry>, TreeError> {
    match finds.tree.list(folder) {
        Err(TreeError::Unavailable { .. }) if !folder.is_empty() => Ok(Vec::new()),
        listed => listed,
    }
}

/// Where a package of this name may be: `a-b.c` is `a_b_c`, or `a_b/c` where it is part of a namespace.
fn places(name: &str) -> Vec<String> {
    let name = name.to_lowercase().replace('-', "_");
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) || name.contains("..") {
        return Vec::new();
    }
    vec![name.replace('.', "_"), name.replace('.', "/")]
}

/// What the modules of a package state; nothing where the folder is no package.
fn modules(
    finds: &mut Finds<'_>,
    python: &Python,
    folder: &str,
    page: Page<'_>,
) -> Result<Vec<Found>, TreeError> {
    let entries = entries(finds, folder)?;
    let is_there =
        |name: &str| entries.iter().any(|entry| entry.name == name && entry.kind == EntryKind::File);
    let mut found = Vec::new();
    if is_there("__init__.py") {
        for name in MODULES.iter().filter(|name| is_there(name)) {
            found.extend(module(finds, python, &format!("{folder}/{name}"), page)?);
        }
    }
    Ok(found)
}

fn module(
    finds: &mut Finds<'_>,
    python: &Python,
    file: &str,
    page: Page<'_>,
) -> Result<Vec<Found>, TreeError> {
    let Some(text) = finds.text(file)? else { return Ok(Vec::new()) };
    // Most modules say nothing of it.
    if !text.contains(VARIABLE) {
        return Ok(Vec::new());
    }
    let mut found = python_module::discovered(Page { file, text: &text, ..page });
    if python.is_dynamic {
        found.retain(|found| matches!(found, Found::Statement(statement) if !is_stand_in(&statement.text)));
    }
    Ok(found)
}

/// Whether people write this version where a tool puts the real one.
fn is_stand_in(version: &str) -> bool {
    let bare = version.split('+').next().unwrap_or_default();
    ["0", "0.0", "0.0.0", "0.dev0", "0.0.0.dev0", "0.0.0dev0", "0.0.0-dev", "0.0.0.post0"].contains(&bare)
}

/// The file of a module, `a.b`, from the folder of the file that names it.
///
/// # Errors
/// When the tree cannot tell.
pub(super) fn file_of(
    finds: &mut Finds<'_>,
    folder: &str,
    roots: &[String],
    module: &str,
) -> Result<Option<String>, TreeError> {
    let path = module.replace('.', "/");
    for root in roots.iter().map(String::as_str).chain(ROOTS.iter().copied()) {
        for file in [format!("{root}/{path}/__init__.py"), format!("{root}/{path}.py")] {
            let Some(file) = finds.path(folder, file.trim_start_matches('/')) else { continue };
            if finds.text(&file)?.is_some() {
                return Ok(Some(file));
            }
        }
    }
    Ok(None)
}
