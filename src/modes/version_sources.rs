//! The files of a project that state its version.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::model::version::{Version, VersionError};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;

/// Larger than any manifest that people write: 4 MiB.
const LARGEST_BYTES: u64 = 4 << 20;

/// How many folders upwards a workspace is looked for.
const HIGHEST: usize = 16;

/// A file, and what it states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The file.
    pub(crate) file: PathBuf,
    /// What it states.
    pub(crate) stated: Stated,
}

/// What a file states of the version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stated {
    /// A version, under a key.
    Version { key: &'static str, text: String, version: Version },
    /// That somebody else decides, when it is built.
    Dynamic { by: String },
    /// Nothing that can be read.
    Unreadable { why: String },
}

/// Reads `Cargo.toml` (with the workspace it inherits from) and `pyproject.toml` of `folder`; a file that is
/// not there or states nothing of a version is left out.
///
/// # Errors
/// When a file is there and cannot be read.
pub(crate) fn read(disk: &DiskRead, folder: &Path) -> Result<Vec<Source>, DiskError> {
    let mut sources = Vec::new();
    let cargo = folder.join("Cargo.toml");
    if let Some(text) = disk.text(&cargo, LARGEST_BYTES)? {
        match parse(&text) {
            Err(why) => sources.push(Source { file: cargo, stated: Stated::Unreadable { why } }),
            Ok(table) if inherits(&table) => sources.push(workspace(disk, folder)?),
            Ok(table) => {
                let stated =
                    cargo_version(&table, "package").or_else(|| cargo_version(&table, "workspace.package"));
                sources.extend(stated.map(|stated| Source { file: cargo, stated }));
            }
        }
    }
    let pyproject = folder.join("pyproject.toml");
    if let Some(text) = disk.text(&pyproject, LARGEST_BYTES)? {
        let stated = parse(&text)
            .map_or_else(|why| Some(Stated::Unreadable { why }), |table| pyproject_version(&table));
        sources.extend(stated.map(|stated| Source { file: pyproject, stated }));
    }
    Ok(sources)
}

fn parse(text: &str) -> Result<Table, String> {
    text.parse::<Table>().map_err(|error| format!("it is no valid TOML: {}", error.message()))
}

/// Follows dotted `path` through tables.
fn value<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    let found = table.get(head)?;
    rest.map_or(Some(found), |rest| value(found.as_table()?, rest))
}

fn inherits(table: &Table) -> bool {
    value(table, "package.version.workspace").and_then(Value::as_bool) == Some(true)
}

/// The workspace that `folder` belongs to: the nearest `Cargo.toml` upwards with `[workspace.package]`.
fn workspace(disk: &DiskRead, folder: &Path) -> Result<Source, DiskError> {
    let start = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    for (above, relative) in start.ancestors().take(HIGHEST).zip(0..) {
        let file = if relative == 0 { folder.join("Cargo.toml") } else { above.join("Cargo.toml") };
        let Some(text) = disk.text(&file, LARGEST_BYTES)? else { continue };
        if let Some(stated) = parse(&text).ok().and_then(|table| cargo_version(&table, "workspace.package")) {
            return Ok(Source { file, stated });
        }
    }
    let why = "it inherits its version (`version.workspace = true`), and no `Cargo.toml` above it has `workspace.package.version`";
    Ok(Source { file: folder.join("Cargo.toml"), stated: Stated::Unreadable { why: why.into() } })
}

fn cargo_version(table: &Table, section: &str) -> Option<Stated> {
    let key = if section == "package" { "package.version" } else { "workspace.package.version" };
    value(table, key).map(|version| stated(version, key, Version::from_semver))
}

fn pyproject_version(table: &Table) -> Option<Stated> {
    for key in ["project.version", "tool.poetry.version"] {
        if let Some(version) = value(table, key) {
            return Some(stated(version, key, Version::from_pep440));
        }
    }
    let dynamic = value(table, "project.dynamic").and_then(Value::as_array)?;
    if !dynamic.iter().any(|field| field.as_str() == Some("version")) {
        return None;
    }
    let backend =
        value(table, "build-system.build-backend").and_then(Value::as_str).unwrap_or("the build backend");
    // maturin takes the version from Cargo.toml, which is compared by itself.
    (backend != "maturin")
        .then(|| Stated::Dynamic { by: format!("`{}`", backend.escape_debug().take(80).collect::<String>()) })
}

fn stated(value: &Value, key: &'static str, read: fn(&str) -> Result<Version, VersionError>) -> Stated {
    let Some(text) = value.as_str() else {
        return Stated::Unreadable { why: format!("`{key}` is no text") };
    };
    match read(text) {
        Ok(version) => Stated::Version { key, text: text.to_owned(), version },
        Err(error) => Stated::Unreadable { why: format!("`{key}`: {error}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cargo(text: &str) -> Option<Stated> {
        let table = parse(text).expect("valid TOML");
        cargo_version(&table, "package").or_else(|| cargo_version(&table, "workspace.package"))
    }

    fn pyproject(text: &str) -> Option<Stated> {
        pyproject_version(&parse(text).expect("valid TOML"))
    }

    fn version(stated: Option<Stated>) -> String {
        match stated {
            Some(Stated::Version { version, .. }) => version.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn versions_are_found_where_cargo_and_python_write_them() {
        assert_eq!(version(cargo("[package]\nversion = '1.2.0-rc1'")), "1.2.0rc1");
        assert_eq!(version(cargo("[workspace.package]\nversion = '1.2.0'")), "1.2.0");
        assert_eq!(version(pyproject("[project]\nversion = '1.2.0rc1'")), "1.2.0rc1");
        assert_eq!(version(pyproject("[tool.poetry]\nversion = '1.2'")), "1.2");
        assert_eq!(cargo("[workspace]\nmembers = []"), None);
        assert_eq!(pyproject("[tool.ruff]\nline-length = 100"), None);
    }

    #[test]
    fn a_version_left_to_the_backend_is_said() {
        let text = "[project]\ndynamic = ['version']\n[build-system]\nbuild-backend = 'hatchling.build'";
        assert_eq!(pyproject(text), Some(Stated::Dynamic { by: "`hatchling.build`".into() }));
        let maturin = "[project]\ndynamic = ['version']\n[build-system]\nbuild-backend = 'maturin'";
        assert_eq!(pyproject(maturin), None);
    }

    #[test]
    fn what_is_no_version_is_unreadable() {
        for text in ["[package]\nversion = 1", "[package]\nversion = 'one'", "[package.version]\nx = 1"] {
            assert!(matches!(cargo(text), Some(Stated::Unreadable { .. })), "{text}");
        }
        assert!(parse("[package").is_err());
    }
}
