//! `Cargo.toml`: a package's own version, the one that it inherits, and its workspace with all who share the version.
//!
//! Everything is cargo's rule but one: which members of a workspace are released together. Those that inherit the
//! version are; so is, seen from the workspace, each member with a version of its own that is published as a crate or as
//! a Python package. A member that is neither (`publish = false`: a task runner, a test helper) has its own life.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::document::{Document, Text, Value, flag, list, table, within};
use super::finds::Finds;
use super::tree::{TreeError, folder};
use super::{Found, Package, PackageKind, Role, Statement, lock, members, pins, pyproject};
use crate::model::version::Spelling;

/// How many folders upwards a workspace is looked for.
pub(super) const HIGHEST: usize = 16;

const SECTIONS: &[&str] =
    &["dependencies", "dev-dependencies", "dev_dependencies", "build-dependencies", "build_dependencies"];

/// What a manifest says.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) file: String,
    name: Option<String>,
    version: Stated,
    is_published: bool,
    /// Where it says its workspace is.
    workspace_path: Option<String>,
    pub(super) workspace: Option<Workspace>,
    pub(super) dependencies: Vec<Dependency>,
}

/// What a manifest says of its package's version.
#[derive(Debug)]
enum Stated {
    Nothing,
    Own(Found),
    Inherited { line: usize },
}

/// What the root of a workspace says.
#[derive(Debug)]
pub(super) struct Workspace {
    version: Option<Found>,
    is_published: bool,
    /// The patterns, each with its line.
    pub(super) members: Vec<(String, usize)>,
    pub(super) exclude: Vec<String>,
}

/// A dependency by path.
#[derive(Debug)]
pub(super) struct Dependency {
    /// The folder of what is depended on, from the project's.
    pub(super) folder: String,
    /// What is required of its version, for those who have it from a registry.
    pin: Option<Statement>,
}

impl Manifest {
    /// Reads a manifest. One that cannot be understood is a find.
    pub(super) fn read(finds: &mut Finds<'_>, file: &str) -> Result<Option<Self>, TreeError> {
        let Some(text) = finds.text(file)? else { return Ok(None) };
        match Document::read(file, &text) {
            Ok(document) => Ok(Some(Self::of(finds, &document))),
            Err(unreadable) => {
                finds.add(unreadable);
                Ok(None)
            }
        }
    }

    fn of(finds: &Finds<'_>, document: &Document<'_>) -> Self {
        let name = document.text("package.name").map(|text| text.value.to_owned());
        let version = match document.value("package.version") {
            None => Stated::Nothing,
            Some(value) => match table(value).and_then(|table| within(table, "workspace")) {
                Some(inherits) if flag(inherits) == Some(true) => {
                    Stated::Inherited { line: document.line(value.span().start) }
                }
                _ => {
                    Stated::Own(document.version(value, "package.version", Spelling::Semver, name.as_deref()))
                }
            },
        };
        let workspace = document.table("workspace").map(|_| Workspace {
            version: document
                .value("workspace.package.version")
                .map(|value| document.version(value, "workspace.package.version", Spelling::Semver, None)),
            is_published: is_published(document.value("workspace.package.publish")).unwrap_or(true),
            members: document
                .texts("workspace.members")
                .iter()
                .map(|text| (text.value.to_owned(), document.line(text.at)))
                .collect(),
            exclude: document.texts("workspace.exclude").iter().map(|text| text.value.to_owned()).collect(),
        });
        let is_published = is_published(document.value("package.publish"));
        Self {
            is_published: is_published.unwrap_or_else(|| workspace.as_ref().is_none_or(|w| w.is_published)),
            workspace_path: document.text("package.workspace").map(|text| text.value.to_owned()),
            dependencies: dependencies(finds, document, name.as_deref()),
            file: document.file.to_owned(),
            name,
            version,
            workspace,
        }
    }

    /// The folder that the manifest is in.
    pub(super) fn folder(&self) -> &str {
        folder(&self.file)
    }

    const fn inherits(&self) -> bool {
        matches!(self.version, Stated::Inherited { .. })
    }
}

/// What `publish` says; nothing where it is left to the workspace or not there.
fn is_published(value: Option<&Value<'_>>) -> Option<bool> {
    let value = value?;
    match value.get_ref() {
        toml::de::DeValue::Boolean(published) => Some(*published),
        toml::de::DeValue::Array(_) => Some(!list(value).is_empty()),
        _ => None,
    }
}

/// The dependencies by path of all sections.
fn dependencies(finds: &Finds<'_>, document: &Document<'_>, package: Option<&str>) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut read = |key: &str, section: &DeTable<'_>| {
        for (name, value) in section {
            let Some(table) = table(value) else { continue };
            let text = |key| table.get(key).and_then(|value| document.text_of(value));
            let target = text("path").and_then(|path| finds.path(folder(document.file), path.value));
            let Some(target) = target else { continue };
            let key = format!("{key}.{}", name.get_ref());
            let pin = text("version").and_then(|text| pin(document, text, &key, Spelling::Semver, package));
            found.push(Dependency { folder: target, pin });
        }
    };
    for section in SECTIONS {
        if let Some(table) = document.table(section) {
            read(section, table);
        }
    }
    for (name, target) in document.table("target").into_iter().flatten() {
        for section in SECTIONS {
            if let Some(found) = table(target).and_then(|target| within(target, section)).and_then(table) {
                read(&format!("target.{}.{section}", name.get_ref()), found);
            }
        }
    }
    if let Some(table) = document.table("workspace.dependencies") {
        read("workspace.dependencies", table);
    }
    found
}

/// A requirement that is a whole text, as a pin on somebody yet to be named. Nothing where it names no version.
pub(super) fn pin(
    document: &Document<'_>,
    text: Text<'_>,
    key: &str,
    spelling: Spelling,
    package: Option<&str>,
) -> Option<Statement> {
    let floor = pins::floor(text.value).filter(|_| text.raw == text.value)?;
    Some(Statement {
        file: document.file.to_owned(),
        line: document.line(text.at),
        span: text.at + floor.start..text.at + floor.end,
        key: key.to_owned(),
        text: text.value[floor].to_owned(),
        spelling,
        package: package.map(str::to_owned),
        role: Role::Pin { of: String::new(), requirement: text.value.to_owned(), at: text.at },
    })
}

/// Reads the manifest `file`, and whoever shares its version.
///
/// # Errors
/// When the tree cannot tell.
pub(super) fn read(finds: &mut Finds<'_>, file: &str) -> Result<(), TreeError> {
    if !finds.visit(file) {
        return Ok(());
    }
    let Some(start) = Manifest::read(finds, file)? else { return Ok(()) };
    let is_root = start.workspace.is_some();
    let inherits = start.inherits();
    let family = family(finds, start)?;
    let top = &family[0];
    let shared = top.workspace.as_ref().and_then(|workspace| workspace.version.clone());
    let mut in_step = BTreeMap::new();
    for manifest in &family {
        let is_start = manifest.file == file;
        let is_member = match &manifest.version {
            Stated::Nothing => false,
            Stated::Inherited { .. } => is_start || is_root || inherits,
            Stated::Own(own) if is_start => !is_inner(finds, manifest, own)?,
            Stated::Own(_) => is_root && !is_apart(finds, manifest) && is_released(finds, manifest)?,
        };
        if !is_member {
            continue;
        }
        match &manifest.version {
            Stated::Own(found) => finds.add(found.clone()),
            Stated::Inherited { line } if shared.is_none() => finds.add(Found::Unreadable {
                file: manifest.file.clone(),
                line: Some(*line),
                why: "it inherits its version (`version.workspace = true`), and no `Cargo.toml` above it has `workspace.package.version`".to_owned(),
            }),
            _ => {}
        }
        if let Some(name) = &manifest.name {
            finds.add_package(Package {
                name: name.clone(),
                kind: PackageKind::Crate,
                file: manifest.file.clone(),
            });
            let stated = match (&manifest.version, &shared) {
                (Stated::Own(Found::Statement(own)), _)
                | (Stated::Inherited { .. }, Some(Found::Statement(own))) => own.text.as_str(),
                _ => "",
            };
            in_step.insert(manifest.folder(), (name.as_str(), stated));
        }
        finds.visit(&manifest.file);
    }
    if let Some(shared) = shared.as_ref().filter(|_| is_root || inherits) {
        finds.add(shared.clone());
    }
    for manifest in &family {
        for dependency in &manifest.dependencies {
            let pin = dependency.pin.as_ref().zip(in_step.get(dependency.folder.as_str()));
            if let Some((pin, (of, _))) = pin {
                finds.add(Found::Statement(pin.on(of)));
            }
        }
    }
    let crates: BTreeMap<&str, &str> = in_step.values().copied().collect();
    if let Some(lock) = finds.path(top.folder(), "Cargo.lock") {
        lock::read_cargo(finds, &lock, &crates)?;
    }
    for folder in in_step.keys() {
        if let Some(beside) = finds.path(folder, "pyproject.toml") {
            pyproject::read(finds, &beside)?;
        }
    }
    Ok(())
}

/// The workspace that `start` is of: its root first, then all members. A package without one is alone.
fn family(finds: &mut Finds<'_>, start: Manifest) -> Result<Vec<Manifest>, TreeError> {
    if start.workspace.is_some() {
        return members::with_root(finds, start);
    }
    let Some(root) = root(finds, &start)? else { return Ok(vec![start]) };
    let family = members::with_root(finds, root)?;
    // A manifest below a workspace that does not know it: cargo builds neither, and each is read for itself.
    let is_known = family.iter().any(|manifest| manifest.file == start.file);
    Ok(if is_known { family } else { vec![start] })
}

/// The root of the workspace that `start` is in: where it says, or the nearest above that does not exclude it.
fn root(finds: &mut Finds<'_>, start: &Manifest) -> Result<Option<Manifest>, TreeError> {
    if let Some(path) = &start.workspace_path {
        let file = finds.path(start.folder(), &format!("{path}/Cargo.toml"));
        return file.map_or(Ok(None), |file| Manifest::read(finds, &file));
    }
    let mut above = start.folder().to_owned();
    for _ in 0..HIGHEST {
        let Some(next) = finds.path(&above, "..") else { return Ok(None) };
        above = next;
        let Some(file) = finds.path(&above, "Cargo.toml") else { return Ok(None) };
        if let Some(manifest) = Manifest::read(finds, &file)?
            && let Some(workspace) = &manifest.workspace
            && !members::excludes(finds, &manifest, workspace, start.folder())
        {
            return Ok(Some(manifest));
        }
    }
    Ok(None)
}

fn is_apart(finds: &Finds<'_>, manifest: &Manifest) -> bool {
    let apart = &finds.wanted.apart;
    apart.iter().any(|folder| finds.path("", folder).as_deref() == Some(manifest.folder()))
}

/// Whether a crate that nobody named is only the inside of the Python package beside it, which states another version.
fn is_inner(finds: &mut Finds<'_>, manifest: &Manifest, own: &Found) -> Result<bool, TreeError> {
    let Found::Statement(own) = own else { return Ok(false) };
    let named = finds.wanted.patterns.iter();
    let is_named =
        named.into_iter().any(|named| finds.path("", &named.path).as_deref() == Some(&manifest.file));
    if manifest.is_published || is_named {
        return Ok(false);
    }
    let Some(beside) = finds.path(manifest.folder(), "pyproject.toml") else { return Ok(false) };
    let stated = pyproject::version(finds, &beside)?;
    Ok(stated.is_some_and(|stated| own.disagreement(&stated).is_some()))
}

/// Whether a member is released: as a crate, or as the Python package whose file is beside it.
fn is_released(finds: &mut Finds<'_>, manifest: &Manifest) -> Result<bool, TreeError> {
    if manifest.is_published {
        return Ok(true);
    }
    let beside = finds.path(manifest.folder(), "pyproject.toml");
    beside.map_or(Ok(false), |beside| Ok(finds.text(&beside)?.is_some()))
}
