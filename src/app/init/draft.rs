//! The text of a configuration file for what was found, and why it says so.

use std::collections::BTreeSet;

use crate::model::tag::TagPrefix;

use super::find::{Findings, Group, Package, Registry};

/// A file to write, and what to tell about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) because: Vec<String>,
}

/// The file for what was found.
pub(super) fn draft(found: &Findings) -> Draft {
    let Findings { groups, producers, changelog } = found;
    let mut lines = vec![
        "# Configuration of release-action. Flags and inputs stand above it; docs/configuration.md of the action says".to_owned(),
        "# what may stand here, and `release-action explain-config` what holds.".to_owned(),
    ];
    let mut because: Vec<String> = groups.iter().flat_map(told).collect();
    if groups.is_empty() {
        because.push("No `Cargo.toml` or `pyproject.toml` with a package was found.".to_owned());
    }
    if let Some(file) = changelog {
        because.push(format!("`{}` is the changelog.", plain(file)));
        lines.push(String::new());
        lines.push(format!("changelog = {}", quoted(file)));
    }
    let is_one_project = is_one_project(groups);
    if is_one_project {
        lines.extend(shared(groups));
    }
    if !producers.is_empty() {
        let names: Vec<_> = producers.iter().map(|name| format!("`{}`", plain(name))).collect();
        because.push(format!("Workflows that leave artifacts: {}.", names.join(", ")));
        lines.extend([
            String::new(),
            "[collect-artifacts]".to_owned(),
            "# Each of them has to succeed for the commit: take out those that build nothing for a release."
                .to_owned(),
            format!("workflows = {}", list(producers)),
        ]);
    }
    if is_one_project {
        let packages: Vec<_> = groups.iter().flat_map(|group| &group.packages).collect();
        lines.extend(targets("publish", &packages));
        if groups.len() > 1 {
            because.push("All of them state the same version, so they are released together.".to_owned());
        }
    } else {
        because.push(
            "They state different versions, so each is a project of its own, whose tags begin with its name."
                .to_owned(),
        );
        let mut names = BTreeSet::new();
        for group in groups {
            lines.extend(project(group, &mut names));
        }
    }
    lines.push(String::new());
    Draft { text: lines.join("\n"), because }
}

fn is_one_project(groups: &[Group]) -> bool {
    let stated: BTreeSet<_> = groups.iter().map(|group| (&group.versions, &group.dynamic)).collect();
    stated.len() <= 1
}

/// What is said of a group.
fn told(group: &Group) -> Vec<String> {
    let version = match (&group.versions.iter().collect::<Vec<_>>()[..], &group.dynamic) {
        ([], Some(by)) => format!("{} decides its version", plain(by)),
        ([], None) => "no version is stated".to_owned(),
        ([version], _) => format!("version {}", plain(version)),
        (several, _) => {
            let several: Vec<_> = several.iter().map(|version| plain(version)).collect();
            format!("versions {}, which do not agree", several.join(" and "))
        }
    };
    let line = |package: &Package| {
        let goes = match package.registry {
            Registry::CratesIo => "a crate for crates.io",
            Registry::Pypi => "a distribution for PyPI",
            Registry::None => "not published",
        };
        format!("`{}` names `{}`: {goes}, {version}.", plain(&package.manifest), plain(&package.name))
    };
    group.packages.iter().map(line).collect()
}

/// Where the project is, and which files further away state the version: for every mode, since what `verify-tag`
/// compares is what `bump-version` has to raise. At the top of the file, above its first table.
fn shared(groups: &[Group]) -> Vec<String> {
    let Some((top, others)) = groups.split_first() else { return Vec::new() };
    let mut keys = Vec::new();
    if !top.folder.is_empty() {
        keys.push(format!("project-dir = {}", quoted(&top.folder)));
    }
    let files: Vec<_> = others.iter().map(|group| from_folder(&top.folder, &group.manifest)).collect();
    if !files.is_empty() {
        keys.push(format!("version-files = {}", list(&files)));
    }
    if !keys.is_empty() {
        keys.insert(0, String::new());
    }
    keys
}

/// A path from the top as it is from a folder.
fn from_folder(folder: &str, path: &str) -> String {
    if folder.is_empty() {
        return path.to_owned();
    }
    match path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) => rest.to_owned(),
        None => format!("{}{path}", "../".repeat(folder.split('/').count())),
    }
}

/// The tables of one project of several.
fn project(group: &Group, names: &mut BTreeSet<String>) -> Vec<String> {
    let Some(first) = group.packages.first() else { return Vec::new() };
    let folder = group.folder.rsplit('/').next().unwrap_or_default();
    let candidates =
        [first.name.clone(), format!("{}-{folder}", first.name), folder.to_owned(), group.manifest.clone()];
    // The last ones never end, so that every group has its table.
    let mut candidates = candidates.into_iter().chain((1..).map(|number| format!("project-{number}")));
    let is_good = |name: &String| !name.is_empty() && prefix(name).parse::<TagPrefix>().is_ok();
    let Some(name) = candidates.find(|name| is_good(name) && names.insert(name.clone())) else {
        return Vec::new();
    };
    let key = if is_bare(&name) { name.clone() } else { quoted(&name) };
    let mut lines =
        vec![String::new(), format!("[project.{key}]"), format!("tag-prefix = {}", quoted(&prefix(&name)))];
    if !group.folder.is_empty() {
        lines.push(format!("project-dir = {}", quoted(&group.folder)));
    }
    let packages: Vec<_> = group.packages.iter().collect();
    lines.extend(targets(&format!("project.{key}.publish"), &packages));
    lines
}

/// What the tags of a project begin with.
fn prefix(name: &str) -> String {
    format!("{name}-v")
}

/// The table of `publish`: a line for each package, after those that it needs.
fn targets(table: &str, packages: &[&Package]) -> Vec<String> {
    let is_placed = |package: &&Package| package.registry != Registry::None && is_name(&package.name);
    let mut left: Vec<&Package> = packages.iter().copied().filter(is_placed).collect();
    left.sort_by_key(|package| package.registry);
    let mut entries = Vec::new();
    while !left.is_empty() {
        let waits = |package: &Package| {
            left.iter().any(|other| {
                other.registry == package.registry
                    && other.name != package.name
                    && package.needs.contains(&other.name)
            })
        };
        // Packages that need each other are told in the order in which they were found; `publish` refuses them.
        let next = left.iter().position(|package| !waits(package)).unwrap_or_default();
        let package = left.remove(next);
        let is_placed = |name: &&String| {
            let same = |other: &&&Package| other.registry == package.registry && other.name == **name;
            **name != package.name && packages.iter().any(|other| same(&other))
        };
        let needs: Vec<_> = package.needs.iter().filter(is_placed).map(String::as_str).collect();
        let needs = if needs.is_empty() { String::new() } else { format!(" needs {}", needs.join(", ")) };
        let registry = match package.registry {
            Registry::CratesIo => "crates-io",
            Registry::Pypi | Registry::None => "pypi",
        };
        entries.push(format!("{registry} : {}{needs}", package.name));
    }
    if entries.is_empty() {
        return entries;
    }
    vec![
        String::new(),
        format!("[{table}]"),
        "# In this order. Without a password each registry is asked for trusted publishing.".to_owned(),
        format!("targets = {}", list(&entries)),
    ]
}

fn list(entries: &[String]) -> String {
    let quoted: Vec<_> = entries.iter().map(|entry| quoted(entry)).collect();
    match &quoted[..] {
        [] => "[]".to_owned(),
        [one] => format!("[{one}]"),
        several => format!("[\n    {},\n]", several.join(",\n    ")),
    }
}

/// Whether a registry could have a package of this name; anything else would not be one entry of a list.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_bare(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// A text in quotes: TOML's basic strings are JSON's, but for one character.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

fn plain(text: &str) -> String {
    text.chars().take(100).flat_map(char::escape_debug).collect()
}
