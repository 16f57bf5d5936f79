//! The files of a project's folder that state its version in plain text, and those that users name.

use super::finds::Finds;
use super::page::Page;
use super::python_package::{self, Python};
use super::setup_cfg::{self, By, Said};
use super::tree::{EntryKind, TreeError, folder};
use super::{
    Found, Package, PackageKind, SourcePattern, cargo, citation, package_json, pattern, pyproject,
    python_module, version_file,
};
use crate::model::name::PackageName;
use crate::model::version::Spelling;

/// The program that setuptools began with.
const SETUP_PY: &str = "setup.py";

/// Reads what a project's folder holds beside its TOML files, which are read before.
///
/// # Errors
/// When the tree cannot tell.
pub(super) fn read(finds: &mut Finds<'_>) -> Result<(), TreeError> {
    let entries = finds.tree.list("")?;
    let files: Vec<&str> = entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::File)
        .map(|entry| entry.name.as_str())
        .collect();
    let is_there = |name: &str| files.contains(&name);
    let habit = habit(&files);
    let mut python = python_names(finds)?;
    if is_there(setup_cfg::NAME) {
        let said = read_setup_cfg(finds, setup_cfg::NAME)?;
        python.names.extend(said.name);
        python.roots.extend(said.root);
    }
    let package = finds.packages().iter().find(|package| package.kind == PackageKind::Python);
    let package = package.map(|package| package.name.clone());
    if habit == Spelling::Pep440 {
        let page = Page { file: "", text: "", habit, package: package.as_deref() };
        python_package::read(finds, &python, page)?;
    }
    if is_there("package.json") {
        read_package_json(finds, "package.json", Named::No)?;
    }
    for name in &files {
        let is_version = version_file::NAMES.contains(&name.to_lowercase().as_str());
        if !is_version && *name != citation::NAME {
            continue;
        }
        let Some(text) = finds.text(name)? else { continue };
        let page = Page { file: name, text: &text, habit, package: None };
        let found = if is_version { version_file::discovered(page) } else { citation::read(page) };
        found.into_iter().for_each(|found| finds.add(found));
    }
    // A program that nobody runs here: what it says is known when the package is built.
    if is_there(SETUP_PY) && finds.is_silent() {
        finds.add(Found::Dynamic { file: SETUP_PY.to_owned(), line: 1, by: SETUP_PY.to_owned() });
    }
    Ok(())
}

/// How a project spells versions where nothing else tells, by the files of its folder.
fn habit(files: &[&str]) -> Spelling {
    let is_python = ["pyproject.toml", setup_cfg::NAME, SETUP_PY].iter().any(|name| files.contains(name));
    if is_python { Spelling::Pep440 } else { Spelling::Semver }
}

/// Whether a user named a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Yes,
    No,
}

/// Reads a file that a user named.
///
/// # Errors
/// When the tree cannot tell.
pub(super) fn named(finds: &mut Finds<'_>, pattern: &SourcePattern) -> Result<(), TreeError> {
    let SourcePattern { path: written, regex } = pattern;
    let none = |why: &str| Found::Unreadable { file: written.clone(), line: None, why: why.to_owned() };
    let Some(path) = finds.path("", written) else {
        finds.add(none("it is no path below the repository"));
        return Ok(());
    };
    let Some(text) = finds.text(&path)? else {
        finds.add(none("there is no such text file"));
        return Ok(());
    };
    let entries = finds.tree.list("")?;
    let files: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let page = Page { file: &path, text: &text, habit: habit(&files), package: None };
    let name = path.rsplit('/').next().unwrap_or_default();
    let found = match (regex, name) {
        (Some(regex), _) => pattern::read(page, regex),
        (None, "Cargo.toml") => return cargo::read(finds, &path),
        (None, "pyproject.toml") => return pyproject::read(finds, &path),
        (None, "package.json") => return read_package_json(finds, &path, Named::Yes),
        (None, setup_cfg::NAME) => {
            if !setup_cfg::read(&text).versions.is_empty() {
                return read_setup_cfg(finds, &path).map(|_| ());
            }
            vec![page.unreadable(None, "`[metadata]` has no `version`")]
        }
        (None, citation::NAME) => {
            vec![citation::read(page).unwrap_or_else(|| page.unreadable(None, "it has no `version`"))]
        }
        (None, name) if package_json::LOCKS.contains(&name) => package_json::lock(page),
        (None, name) if name.ends_with(".py") => python_module::named(page, python_module::VARIABLE),
        (None, _) => vec![version_file::named(page)],
    };
    found.into_iter().for_each(|found| finds.add(found));
    Ok(())
}

/// The names by which the project's package may be known, from its `pyproject.toml`.
fn python_names(finds: &mut Finds<'_>) -> Result<Python, TreeError> {
    let file = "pyproject.toml";
    let own = |package: &&Package| package.kind == PackageKind::Python && package.file == file;
    let names: Vec<String> =
        finds.packages().iter().filter(own).map(|package| package.name.clone()).collect();
    let mut python = Python { names, roots: Vec::new(), is_dynamic: finds.is_dynamic(file) };
    let Some(text) = finds.text(file)? else { return Ok(python) };
    let Ok(document) = super::document::Document::read(file, &text) else { return Ok(python) };
    for key in ["tool.maturin.module-name", "tool.flit.module.name", "tool.uv.build-backend.module-name"] {
        let module = document.text(key).and_then(|text| text.value.split('.').next());
        python.names.extend(module.map(str::to_owned));
    }
    for key in ["tool.maturin.python-source", "tool.uv.build-backend.module-root"] {
        python.roots.extend(document.text(key).map(|text| text.value.to_owned()));
    }
    let found = document.texts("tool.setuptools.packages.find.where");
    python.roots.extend(found.into_iter().map(|text| text.value.to_owned()));
    Ok(python)
}

/// Reads `setup.cfg` and what it refers to.
fn read_setup_cfg(finds: &mut Finds<'_>, file: &str) -> Result<setup_cfg::SetupCfg, TreeError> {
    let Some(text) = finds.text(file)? else { return Ok(setup_cfg::SetupCfg::default()) };
    let said = setup_cfg::read(&text);
    let page = Page { file, text: &text, habit: Spelling::Pep440, package: said.name.as_deref() };
    if let [_, Said { span, .. }, ..] = &said.versions[..] {
        finds.add(page.unreadable(Some(span.start), "`version` stands twice, which `configparser` refuses"));
        return Ok(said);
    }
    let Some(Said { span, by }) = said.versions.first() else { return Ok(said) };
    let key = "metadata.version";
    let roots: Vec<String> = said.root.iter().cloned().collect();
    let line = page.line(span.start);
    let dynamic = |by: String| Found::Dynamic { file: file.to_owned(), line, by };
    let found = match by {
        By::Itself => {
            let found = page.spelled(key, span.clone(), Spelling::Pep440, super::Role::Version);
            if matches!(found, Found::Statement(_)) {
                add_python(finds, said.name.as_deref(), file);
            }
            vec![found]
        }
        By::File(path) => {
            let path = finds.path(folder(file), path);
            let text = path.as_deref().map(|path| finds.text(path)).transpose()?.flatten();
            match path.zip(text) {
                Some((path, text)) => vec![version_file::named(Page { file: &path, text: &text, ..page })],
                None => vec![page.unreadable(Some(span.start), "it names a file that is not there")],
            }
        }
        By::Variable(variable) => {
            let by = format!("setuptools by {}", super::page::quoted(variable));
            let Some((module, name)) = variable.rsplit_once('.') else {
                finds.add(dynamic(by));
                return Ok(said);
            };
            let module = python_package::file_of(finds, folder(file), &roots, module)?;
            let text = module.as_deref().map(|module| finds.text(module)).transpose()?.flatten();
            let found = module.zip(text).map(|(module, text)| {
                python_module::named(Page { file: &module, text: &text, ..page }, name)
            });
            // A module that computes it leaves it to Python.
            let found = found.filter(|found| found.iter().all(|found| matches!(found, Found::Statement(_))));
            found.unwrap_or_else(|| vec![dynamic(by)])
        }
    };
    found.into_iter().for_each(|found| finds.add(found));
    Ok(said)
}

/// Adds a Python package that no other file names.
fn add_python(finds: &mut Finds<'_>, name: Option<&str>, file: &str) {
    let normal = |name: &str| name.parse::<PackageName>().ok();
    let Some(name) = name else { return };
    let is_known = finds.packages().iter().any(|package| {
        package.kind == PackageKind::Python
            && normal(&package.name).is_some_and(|known| Some(known) == normal(name))
    });
    if !is_known {
        finds.add_package(Package {
            name: name.to_owned(),
            kind: PackageKind::Python,
            file: file.to_owned(),
        });
    }
}

/// Reads a `package.json` and the lock files beside it.
fn read_package_json(finds: &mut Finds<'_>, file: &str, named: Named) -> Result<(), TreeError> {
    let Some(text) = finds.text(file)? else { return Ok(()) };
    let page = Page { file, text: &text, habit: Spelling::Semver, package: None };
    // One that is not published, beside other packages, holds the tools of the project and the version that npm made up.
    if named == Named::No && !finds.packages().is_empty() && package_json::is_private(page) {
        return Ok(());
    }
    let package_json::Manifest { found, package } = package_json::manifest(page);
    let is_stated = found.iter().any(|found| matches!(found, Found::Statement(_)));
    found.into_iter().for_each(|found| finds.add(found));
    let name = package.as_ref().map(|package| package.name.clone());
    package.into_iter().for_each(|package| finds.add_package(package));
    for lock in package_json::LOCKS.iter().filter(|_| is_stated) {
        let Some(lock) = finds.path(folder(file), lock) else { continue };
        let Some(text) = finds.text(&lock)? else { continue };
        let page = Page { file: &lock, text: &text, habit: Spelling::Semver, package: name.as_deref() };
        package_json::lock(page).into_iter().for_each(|found| finds.add(found));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
