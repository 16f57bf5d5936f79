//! What a checkout says about how it is released: its packages with their versions, the workflows that leave artifacts, and
//! its changelog.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::sources::{
    self, EntryKind, Found, PackageKind, Role, SourcePattern, Sources, Tree, TreeError, Wanted,
};

/// How deep below the top manifests are looked for.
const DEEPEST: usize = 4;

/// So many folders are looked into at most; a checkout with more has build results in it.
const MOST_FOLDERS: usize = 2_000;

/// Folders whose manifests are not for releasing.
const ASIDE: [&str; 14] = [
    "build",
    "benches",
    "dist",
    "docs",
    "example",
    "examples",
    "fixtures",
    "fuzz",
    "node_modules",
    "target",
    "test",
    "tests",
    "vendor",
    "venv",
];

/// Files that name a package.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "pyproject.toml"];

/// What changelogs are called, in small letters; the first is what every mode looks for by itself.
const CHANGELOGS: [&str; 8] = [
    "changelog.md",
    "changelog.rst",
    "changes.md",
    "changes.rst",
    "history.md",
    "history.rst",
    "news.md",
    "news.rst",
];

/// Folder of the workflows.
const WORKFLOWS: &str = ".github/workflows";

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// Packages that have one version, by the folder that states it; the top folder first.
    pub(super) groups: Vec<Group>,
    /// Workflows that leave artifacts, by file name.
    pub(super) producers: Vec<String>,
    /// The changelog, where it is not called as usual.
    pub(super) changelog: Option<String>,
}

/// Packages that have one version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Group {
    /// The folder that states it; empty for the top.
    pub(super) folder: String,
    /// The manifest that was read first.
    pub(super) manifest: String,
    /// All packages.
    pub(super) packages: Vec<Package>,
    /// The versions that are stated, as written.
    pub(super) versions: BTreeSet<String>,
    /// Who decides the version where no file states one.
    pub(super) dynamic: Option<String>,
}

/// One package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) registry: Registry,
    pub(super) manifest: String,
    /// Packages of this checkout that it needs.
    pub(super) needs: Vec<String>,
}

/// Where a package goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Registry {
    CratesIo,
    Pypi,
    /// Its manifest says that it is not published, or its registry is none that is published to.
    None,
}

/// Looks through a checkout.
///
/// # Errors
/// When a file or folder is there and cannot be read.
pub(super) fn look(tree: &dyn Tree) -> Result<Findings, TreeError> {
    let mut groups: Vec<Group> = Vec::new();
    let manifests = manifests(tree)?;
    for manifest in &manifests {
        let names_one = |group: &Group| group.packages.iter().any(|package| package.manifest == *manifest);
        if !groups.iter().any(names_one)
            && let Some(found) = group(tree, manifest, &read(tree, [manifest])?)?
        {
            join(&mut groups, found);
        }
    }
    let needs = needs(&read(tree, &manifests)?);
    for package in groups.iter_mut().flat_map(|group| &mut group.packages) {
        package.needs = needs.get(&package.name).into_iter().flatten().cloned().collect();
    }
    Ok(Findings { groups, producers: producers(tree)?, changelog: changelog(tree)? })
}

fn read<'a>(tree: &dyn Tree, manifests: impl IntoIterator<Item = &'a String>) -> Result<Sources, TreeError> {
    let pattern = |path: &String| SourcePattern { path: path.clone(), regex: None };
    let patterns = manifests.into_iter().map(pattern).collect();
    sources::find(tree, &Wanted { patterns, ..Wanted::default() })
}

/// Which packages each package needs, of those that are here.
fn needs(sources: &Sources) -> BTreeMap<String, BTreeSet<String>> {
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for found in &sources.found {
        if let Found::Statement(sources::Statement {
            package: Some(package),
            role: Role::Pin { of, .. },
            ..
        }) = found
        {
            needs.entry(package.clone()).or_default().insert(of.clone());
        }
    }
    needs
}

/// A manifest beside another one states the same version, or they are of two projects.
fn join(groups: &mut Vec<Group>, found: Group) {
    let beside =
        groups.iter_mut().find(|group| group.folder == found.folder && group.versions == found.versions);
    match beside {
        Some(group) => group.packages.extend(found.packages),
        None => groups.push(found),
    }
}

fn group(tree: &dyn Tree, manifest: &str, sources: &Sources) -> Result<Option<Group>, TreeError> {
    let mut group = Group {
        folder: manifest.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
        manifest: manifest.to_owned(),
        ..Group::default()
    };
    for found in &sources.found {
        match found {
            Found::Statement(statement) if statement.role == Role::Version => {
                group.versions.insert(statement.text.clone());
            }
            Found::Dynamic { by, .. } => group.dynamic = Some(by.clone()),
            Found::Statement(_) | Found::Unreadable { .. } => {}
        }
    }
    for sources::Package { name, kind, file } in &sources.packages {
        let registry = match kind {
            PackageKind::Crate if is_public(tree, file, crate_is_public)? => Registry::CratesIo,
            PackageKind::Python if is_public(tree, file, project_is_public)? => Registry::Pypi,
            _ => Registry::None,
        };
        group.packages.push(Package {
            name: name.clone(),
            registry,
            manifest: file.clone(),
            needs: Vec::new(),
        });
    }
    Ok((!group.packages.is_empty()).then_some(group))
}

/// The manifests of the checkout, the upper ones first.
fn manifests(tree: &dyn Tree) -> Result<Vec<String>, TreeError> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    let mut looked = 0;
    for _ in 0..=DEEPEST {
        let mut below = Vec::new();
        for folder in &folders {
            looked += 1;
            if looked > MOST_FOLDERS {
                return Ok(found);
            }
            for entry in tree.list(folder)? {
                let path =
                    if folder.is_empty() { entry.name.clone() } else { format!("{folder}/{}", entry.name) };
                let is_aside = entry.name.starts_with(['.', '_']) || ASIDE.contains(&entry.name.as_str());
                match entry.kind {
                    EntryKind::File if MANIFESTS.contains(&entry.name.as_str()) => found.push(path),
                    EntryKind::Folder if !is_aside => below.push(path),
                    _ => {}
                }
            }
        }
        folders = below;
    }
    Ok(found)
}

fn is_public(tree: &dyn Tree, file: &str, says: fn(&Table) -> bool) -> Result<bool, TreeError> {
    let table = tree.text(file)?.and_then(|text| text.parse::<Table>().ok());
    Ok(table.as_ref().is_none_or(says))
}

/// `publish = false` keeps a crate at home, and so does a list of other registries.
fn crate_is_public(manifest: &Table) -> bool {
    match manifest.get("package").and_then(|package| package.get("publish")) {
        Some(Value::Boolean(is_public)) => *is_public,
        Some(Value::Array(registries)) => registries.iter().any(|name| name.as_str() == Some("crates-io")),
        _ => true,
    }
}

/// PyPI refuses projects with a classifier that begins so.
fn project_is_public(manifest: &Table) -> bool {
    let classifiers = manifest.get("project").and_then(|project| project.get("classifiers"));
    let classifiers = classifiers.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    !classifiers.iter().filter_map(Value::as_str).any(|classifier| classifier.starts_with("Private ::"))
}

/// The workflows of which a step leaves an artifact, and that do not release by themselves.
fn producers(tree: &dyn Tree) -> Result<Vec<String>, TreeError> {
    let mut producers = Vec::new();
    for entry in tree.list(WORKFLOWS)? {
        let is_workflow = [".yml", ".yaml"].iter().any(|ending| entry.name.ends_with(ending));
        if entry.kind != EntryKind::File || !is_workflow {
            continue;
        }
        let text = tree.text(&format!("{WORKFLOWS}/{}", entry.name))?.unwrap_or_default();
        let uses: Vec<_> = text.lines().filter_map(used).collect();
        let leaves = |action: &&str| {
            action.ends_with("/upload-artifact") || action.contains("upload-artifact-verified")
        };
        let releases = |action: &&str| action.ends_with("/release-action");
        let modes = text.lines().filter_map(|line| line.trim().strip_prefix("mode: "));
        let is_ours = |mode: &str| mode.trim_matches(['"', '\'']) == "upload-artifacts";
        let uploads_by_us = uses.iter().any(releases) && modes.clone().any(is_ours);
        let only_uploads = modes.clone().all(is_ours);
        if (uses.iter().any(leaves) || uploads_by_us) && (only_uploads || !uses.iter().any(releases)) {
            producers.push(entry.name);
        }
    }
    Ok(producers)
}

/// The action that a line of a workflow uses, without its version.
fn used(line: &str) -> Option<&str> {
    let action = line.trim().trim_start_matches("- ").strip_prefix("uses:")?;
    action.trim().trim_matches(['"', '\'']).split('@').next()
}

fn changelog(tree: &dyn Tree) -> Result<Option<String>, TreeError> {
    let entries = tree.list("")?;
    let files =
        || entries.iter().filter(|entry| entry.kind == EntryKind::File).map(|entry| entry.name.as_str());
    if files().any(|name| name == "CHANGELOG.md") {
        return Ok(None);
    }
    let called = |usual: &&str| files().find(|name| name.eq_ignore_ascii_case(usual));
    Ok(CHANGELOGS.iter().find_map(called).map(str::to_owned))
}
