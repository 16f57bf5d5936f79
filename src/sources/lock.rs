//! Lock files that repeat the version of the packages that they are for: `Cargo.lock`, `uv.lock`.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Document, Text, list, table};
use super::finds::Finds;
use super::tree::TreeError;
use super::{Found, Role, Statement};
use crate::model::name::PackageName;
use crate::model::version::Spelling;

/// Reads what `Cargo.lock` has of `crates`, which are names with the version that each states.
///
/// An entry without a source is a crate of the workspace, or one that is depended on by path from elsewhere. Others name
/// it as `coglet`, or as `coglet 0.16.0` where there are two of that name; cargo's first format always did the latter.
///
/// # Errors
/// When the tree cannot tell.
pub(super) fn read_cargo(
    finds: &mut Finds<'_>,
    file: &str,
    crates: &BTreeMap<&str, &str>,
) -> Result<(), TreeError> {
    if crates.is_empty() || !finds.visit(file) {
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
    let packages = document.value("package").map_or(&[][..], list);
    let entries = || document.value("root").into_iter().chain(packages).filter_map(table);
    let mut own: BTreeMap<&str, Vec<Text<'_>>> = BTreeMap::new();
    for entry in entries().filter(|entry| !entry.contains_key("source")) {
        let Some((name, version)) = entry.get("name").zip(entry.get("version")) else { continue };
        let Some(name) = document.text_of(name).filter(|name| crates.contains_key(name.value)) else {
            continue;
        };
        match document.text_of(version) {
            Some(text) => own.entry(name.value).or_default().push(text),
            None => finds.add(document.unreadable(version.span().start, "the version is no text".to_owned())),
        }
    }
    let mut stated: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, mut versions) in own {
        if versions.len() > 1 {
            versions.retain(|version| crates.get(name) == Some(&version.value));
        }
        let [version] = versions[..] else {
            let why = format!("it has `{}` more than once", name.escape_debug());
            finds.add(Found::Unreadable { file: file.to_owned(), line: None, why });
            continue;
        };
        let key = format!("package.{name}.version");
        finds.add(as_lock(document.version_text(version, &key, Spelling::Semver, Some(name))));
        stated.insert(name, version.value);
    }
    for entry in entries() {
        let Some(dependencies) = entry.get("dependencies") else { continue };
        for text in document.texts_of(dependencies) {
            let Some((name, version)) = text.value.split_once(' ') else { continue };
            if text.raw != text.value || stated.get(name) != Some(&version) {
                continue;
            }
            let start = text.at + name.len() + 1;
            finds.add(Found::Statement(Statement {
                file: file.to_owned(),
                line: document.line(start),
                span: start..start + version.len(),
                key: "package.dependencies".to_owned(),
                text: version.to_owned(),
                spelling: Spelling::Semver,
                package: Some(name.to_owned()),
                role: Role::Lock,
            }));
        }
    }
    Ok(())
}

/// Reads what `uv.lock` has of the Python packages `names`, which are those of the workspace: they have a path as their
/// source. A version that is made by the build is not there.
///
/// # Errors
/// When the tree cannot tell.
pub(super) fn read_uv(
    finds: &mut Finds<'_>,
    file: &str,
    names: &BTreeSet<PackageName>,
) -> Result<(), TreeError> {
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
    for entry in document.value("package").map_or(&[][..], list).iter().filter_map(table) {
        let Some((name, version)) = entry.get("name").zip(entry.get("version")) else { continue };
        let source = entry.get("source").and_then(table);
        let is_own = source.is_some_and(|source| {
            ["editable", "virtual", "directory"].iter().any(|k| source.contains_key(*k))
        });
        let name = document.text_of(name).map(|name| name.value);
        let Some(name) = name.filter(|name| name.parse().is_ok_and(|name| is_own && names.contains(&name)))
        else {
            continue;
        };
        let key = format!("package.{name}.version");
        finds.add(as_lock(document.version(version, &key, Spelling::Pep440, Some(name))));
    }
    Ok(())
}

fn as_lock(found: Found) -> Found {
    match found {
        Found::Statement(statement) => Found::Statement(Statement { role: Role::Lock, ..statement }),
        found => found,
    }
}
