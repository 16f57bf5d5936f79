//! `pyproject.toml`: the version of `project` and of poetry, who else decides it, and the requirements on packages that
//! are released together.

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue};

use super::cargo::pin;
use super::document::{Document, Text, flag, table};
use super::finds::Finds;
use super::tree::{TreeError, folder};
use super::{
    Found, Package, PackageKind, Role, Statement, cargo, lock, members, pins, python_dynamic, setup_cfg,
};
use crate::model::name::PackageName;
use crate::model::version::{Spelling, Version};
use crate::python::requirement::Requirement;

/// Reads the file, what it refers to, and the members of its workspace.
///
/// # Errors
/// When the tree cannot tell.
pub(super) fn read(finds: &mut Finds<'_>, file: &str) -> Result<(), TreeError> {
    if !finds.visit(file) {
        return Ok(());
    }
    let Some(text) = finds.text(file)? else { return Ok(()) };
    let document = match Document::read(file, &text) {
        Ok(document) => document,
        Err(unreadable) => {
            finds.add(unreadable);
            return Ok(());
        }
    };
    if document.has_mark() {
        let why = "it starts with a byte order mark, which Python's reader of TOML refuses".to_owned();
        finds.add(document.unreadable(0, why));
        return Ok(());
    }
    finds.add_pyproject(file);
    let name = document.text("project.name").or_else(|| document.text("tool.poetry.name"));
    let name = name.map(|text| text.value);
    if let Some(name) = name {
        let name = name.to_owned();
        finds.add_package(Package { name, kind: PackageKind::Python, file: file.to_owned() });
    }
    let is_dynamic = document.texts("project.dynamic").into_iter().find(|text| text.value == "version");
    match (document.value("project.version"), is_dynamic) {
        (Some(_), Some(dynamic)) => {
            let why = "`project` states a version and has it among `dynamic` too".to_owned();
            finds.add(document.unreadable(dynamic.at, why));
        }
        (Some(version), None) => {
            finds.add(document.version(version, "project.version", Spelling::Pep440, name));
        }
        (None, Some(dynamic)) => python_dynamic::read(finds, &document, dynamic, name)?,
        // Poetry may state it for both.
        (None, None) if document.value("tool.poetry.version").is_some() => {}
        (None, None) => {
            if let Some(project) = document.value("project") {
                let why = "`project` has no version, and none among `dynamic`".to_owned();
                finds.add(document.unreadable(project.span().start, why));
            } else if let Some((maker, at)) = python_dynamic::undeclared(&document)
                && !is_in_setup_cfg(finds, file)?
            {
                let line = document.line(at);
                finds.add(Found::Dynamic { file: file.to_owned(), line, by: maker.to_owned() });
            }
        }
    }
    if let Some(version) = document.value("tool.poetry.version") {
        let is_made = document.value("tool.poetry-dynamic-versioning.enable").and_then(flag) == Some(true);
        finds.add(if is_made {
            Found::Dynamic {
                file: file.to_owned(),
                line: document.line(version.span().start),
                by: "poetry-dynamic-versioning".to_owned(),
            }
        } else {
            document.version(version, "tool.poetry.version", Spelling::Pep440, name)
        });
    }
    read_members(finds, &document)
}

/// The version that `project` states in the file, if it does.
///
/// # Errors
/// When the tree cannot tell.
pub(super) fn version(finds: &mut Finds<'_>, file: &str) -> Result<Option<Version>, TreeError> {
    let Some(text) = finds.text(file)? else { return Ok(None) };
    let Ok(document) = Document::read(file, &text) else { return Ok(None) };
    Ok(document.text("project.version").and_then(|text| Version::from_pep440(text.value).ok()))
}

/// Whether the `setup.cfg` beside a file says what the version is.
fn is_in_setup_cfg(finds: &mut Finds<'_>, file: &str) -> Result<bool, TreeError> {
    let Some(beside) = finds.path(folder(file), setup_cfg::NAME) else { return Ok(false) };
    Ok(finds.text(&beside)?.is_some_and(|text| !setup_cfg::read(&text).versions.is_empty()))
}

/// Reads the members of uv's workspace that are packages.
fn read_members(finds: &mut Finds<'_>, document: &Document<'_>) -> Result<(), TreeError> {
    let base = folder(document.file);
    let mut excluded = BTreeSet::new();
    for pattern in document.texts("tool.uv.workspace.exclude") {
        excluded.extend(members::folders(finds, base, pattern.value)?.unwrap_or_default());
    }
    let apart: BTreeSet<_> = finds.wanted.apart.iter().filter_map(|folder| finds.path("", folder)).collect();
    for pattern in document.texts("tool.uv.workspace.members") {
        let folders = match members::folders(finds, base, pattern.value)? {
            Ok(folders) => folders,
            Err(why) => {
                finds.add(document.unreadable(pattern.at, why));
                continue;
            }
        };
        for member in folders {
            let Some(file) = finds.path(&member, "pyproject.toml") else { continue };
            let is_left_out = excluded.contains(&member) || apart.contains(&member);
            if !is_left_out && is_released(finds, &file)? {
                read(finds, &file)?;
            }
        }
    }
    Ok(())
}

/// Whether a member of a workspace is more than a set of dependencies or something that no index takes.
fn is_released(finds: &mut Finds<'_>, file: &str) -> Result<bool, TreeError> {
    let Some(text) = finds.text(file)? else { return Ok(false) };
    let Ok(document) = Document::read(file, &text) else { return Ok(true) };
    let is_private = document
        .texts("project.classifiers")
        .iter()
        .any(|classifier| classifier.value.starts_with("Private ::"));
    let is_package = document.value("tool.uv.package").and_then(flag) != Some(false);
    Ok(is_package && !is_private)
}

/// Reads the requirements of each `pyproject.toml` on the packages that were found, and the lock files beside them.
///
/// # Errors
/// When the tree cannot tell.
pub(super) fn read_pins(finds: &mut Finds<'_>) -> Result<(), TreeError> {
    let python = finds.packages().iter().filter(|package| package.kind == PackageKind::Python);
    let names: BTreeSet<PackageName> = python.filter_map(|package| package.name.parse().ok()).collect();
    if names.is_empty() {
        return Ok(());
    }
    for file in finds.take_pyprojects() {
        if let Some(lock) = finds.path(folder(&file), "uv.lock") {
            lock::read_uv(finds, &lock, &names)?;
        }
        if let Some(lock) = lock_above(finds, &file)? {
            lock::read_uv(finds, &lock, &names)?;
        }
        let Some(text) = finds.text(&file)? else { continue };
        let Ok(document) = Document::read(&file, &text) else { continue };
        let own = document.text("project.name").or_else(|| document.text("tool.poetry.name"));
        let own = own.map(|text| text.value);
        let mut others = names.clone();
        others.retain(|name| own.and_then(|own| own.parse().ok()).as_ref() != Some(name));
        let reader = Reader { document: &document, names: others, own };
        reader.requirements().into_iter().for_each(|found| finds.add(found));
    }
    Ok(())
}

/// The lock file of the nearest workspace of uv's above `file`, which holds its members.
fn lock_above(finds: &mut Finds<'_>, file: &str) -> Result<Option<String>, TreeError> {
    let mut above = folder(file).to_owned();
    for _ in 0..cargo::HIGHEST {
        let Some(next) = finds.path(&above, "..") else { return Ok(None) };
        above = next;
        let Some(root) = finds.path(&above, "pyproject.toml") else { return Ok(None) };
        let Some(text) = finds.text(&root)? else { continue };
        let is_root =
            Document::read(&root, &text).is_ok_and(|root| root.table("tool.uv.workspace").is_some());
        if is_root {
            return Ok(finds.path(&above, "uv.lock"));
        }
    }
    Ok(None)
}

/// Reads the requirements of one file on some packages.
struct Reader<'d, 't> {
    document: &'d Document<'t>,
    names: BTreeSet<PackageName>,
    own: Option<&'d str>,
}

impl Reader<'_, '_> {
    fn requirements(&self) -> Vec<Found> {
        let mut found = Vec::new();
        let Self { document, .. } = self;
        for key in ["project.dependencies", "tool.uv.dev-dependencies"] {
            found.extend(document.texts(key).into_iter().filter_map(|text| self.requirement(text, key)));
        }
        for key in ["project.optional-dependencies", "dependency-groups"] {
            for (group, list) in document.table(key).into_iter().flatten() {
                let key = format!("{key}.{}", group.get_ref());
                let texts = document.texts_of(list).into_iter();
                found.extend(texts.filter_map(|text| self.requirement(text, &key)));
            }
        }
        for key in ["tool.poetry.dependencies", "tool.poetry.dev-dependencies"] {
            found.extend(document.table(key).into_iter().flat_map(|table| self.poetry(table, key)));
        }
        for (group, settings) in document.table("tool.poetry.group").into_iter().flatten() {
            let dependencies = table(settings).and_then(|group| group.get("dependencies")).and_then(table);
            let key = format!("tool.poetry.group.{}.dependencies", group.get_ref());
            found.extend(dependencies.into_iter().flat_map(|table| self.poetry(table, &key)));
        }
        found
    }

    /// A requirement in the grammar of PEP 508, if it is on one of the packages and names a version.
    fn requirement(&self, text: Text<'_>, key: &str) -> Option<Found> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let value = text.value;
        let start = value.len() - value.trim_start().len();
        let length = value[start..].find(|c| !is_name(c)).unwrap_or(value.len() - start);
        let name: PackageName = value[start..start + length].parse().ok()?;
        let of = self.names.get(&name)?;
        if let Err(error) = value.parse::<Requirement>() {
            let why = format!("the requirement on `{of}` is none: {error}");
            return Some(self.document.unreadable(text.at, why));
        }
        let mut from = start + length;
        let mut rest = value[from..].trim_start();
        if let Some(extras) = rest.strip_prefix('[') {
            rest = extras.split_once(']')?.1.trim_start();
        }
        rest = rest.strip_prefix('(').unwrap_or(rest);
        if rest.starts_with('@') {
            return None;
        }
        from += value[from..].len() - rest.len();
        let requirement = rest.split([';', ')']).next()?.trim_end();
        let floor = pins::floor(requirement)?;
        let end = from + requirement.len();
        if text.raw.get(..end) != value.get(..end) {
            let why = format!("the requirement on `{of}` is written with escapes");
            return Some(self.document.unreadable(text.at, why));
        }
        let at = text.at + from;
        Some(Found::Statement(Statement {
            file: self.document.file.to_owned(),
            line: self.document.line(at),
            span: at + floor.start..at + floor.end,
            key: key.to_owned(),
            text: requirement[floor].to_owned(),
            spelling: Spelling::Pep440,
            package: self.own.map(str::to_owned),
            role: Role::Pin { of: of.to_string(), requirement: requirement.to_owned(), at },
        }))
    }

    /// The requirements of a table of poetry's on the packages.
    fn poetry(&self, table: &DeTable<'_>, key: &str) -> Vec<Found> {
        let mut found = Vec::new();
        for (name, value) in table {
            let of = name.get_ref().parse().ok().and_then(|name: PackageName| self.names.get(&name));
            let Some(of) = of else { continue };
            let version = match value.get_ref() {
                DeValue::Table(table) => table.get("version"),
                _ => Some(value),
            };
            let text = version.and_then(|version| self.document.text_of(version));
            let key = format!("{key}.{}", name.get_ref());
            let pin = text.and_then(|text| pin(self.document, text, &key, Spelling::Pep440, self.own));
            found.extend(pin.map(|pin| Found::Statement(pin.on(&of.to_string()))));
        }
        found
    }
}
