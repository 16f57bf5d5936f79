//! The members of a workspace: patterns, what they leave out, and what is a member by being depended on.

use std::collections::BTreeSet;

use glob::{MatchOptions, Pattern};

use super::Found;
use super::cargo::{Manifest, Workspace};
use super::finds::Finds;
use super::tree::{EntryKind, TreeError};

/// More folders than any workspace has; a pattern that walks further would walk for minutes.
const MOST_FOLDERS: usize = 5_000;

const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// `root` and all members of its workspace, `root` first.
pub(super) fn with_root(finds: &mut Finds<'_>, root: Manifest) -> Result<Vec<Manifest>, TreeError> {
    let Some(workspace) = &root.workspace else { return Ok(vec![root]) };
    let mut seen = BTreeSet::from([root.folder().to_owned()]);
    let mut found = Vec::new();
    let mut waiting: Vec<String> = Vec::new();
    for (pattern, line) in &workspace.members {
        let is_pattern = pattern.contains(['*', '?', '[']);
        let folders = match folders(finds, root.folder(), pattern)? {
            Ok(folders) => folders,
            Err(why) => {
                finds.add(Found::Unreadable { file: root.file.clone(), line: Some(*line), why });
                continue;
            }
        };
        for folder in folders {
            if is_pattern && excludes(finds, &root, workspace, &folder) || !seen.insert(folder.clone()) {
                continue;
            }
            let Some(file) = finds.path(&folder, "Cargo.toml") else { continue };
            match Manifest::read(finds, &file)? {
                Some(manifest) => found.push(manifest),
                // What else is in the folders may be there on this machine only; cargo tells.
                None if is_pattern || finds.text(&file)?.is_some() => {}
                None => {
                    let why = format!("the member `{}` has no `Cargo.toml`", pattern.escape_debug());
                    finds.add(Found::Unreadable { file: root.file.clone(), line: Some(*line), why });
                }
            }
        }
    }
    let paths = |manifest: &Manifest| -> Vec<String> {
        manifest.dependencies.iter().map(|dependency| dependency.folder.clone()).collect()
    };
    waiting.extend(std::iter::once(&root).chain(&found).flat_map(paths));
    while let Some(folder) = waiting.pop() {
        let is_member =
            finds.is_within(root.folder(), &folder) && !excludes(finds, &root, workspace, &folder);
        if !is_member || seen.len() > MOST_FOLDERS || !seen.insert(folder.clone()) {
            continue;
        }
        let Some(file) = finds.path(&folder, "Cargo.toml") else { continue };
        if let Some(manifest) = Manifest::read(finds, &file)? {
            waiting.extend(paths(&manifest));
            found.push(manifest);
        }
    }
    found.sort_by(|a, b| a.file.cmp(&b.file));
    found.insert(0, root);
    Ok(found)
}

/// Whether a workspace leaves a folder out.
pub(super) fn excludes(finds: &Finds<'_>, root: &Manifest, workspace: &Workspace, folder: &str) -> bool {
    let within = |path: &str| {
        finds.path(root.folder(), path).is_some_and(|path| path == folder || finds.is_within(&path, folder))
    };
    let is_named = |pattern: &str| !pattern.contains(['*', '?', '[']) && within(pattern);
    workspace.exclude.iter().any(|path| within(path))
        && !workspace.members.iter().any(|(member, _)| is_named(member))
}

/// The folders that a pattern means, sorted; why not, where it is none or means too many.
pub(super) fn folders(
    finds: &Finds<'_>,
    base: &str,
    pattern: &str,
) -> Result<Result<BTreeSet<String>, String>, TreeError> {
    let shown = || pattern.chars().take(120).collect::<String>().escape_debug().to_string();
    let mut folders = BTreeSet::from([base.to_owned()]);
    let mut listed = 0;
    for part in pattern.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if !part.contains(['*', '?', '[']) {
            folders = folders.iter().filter_map(|folder| finds.path(folder, part)).collect();
            continue;
        }
        let Ok(matching) = Pattern::new(part) else { return Ok(Err(format!("`{}` is no pattern", shown()))) };
        let mut waiting: Vec<String> = folders.iter().cloned().collect();
        // `**` is the folders themselves and everything below them.
        let is_deep = part == "**";
        if !is_deep {
            folders.clear();
        }
        while let Some(folder) = waiting.pop() {
            listed += 1;
            for entry in finds.tree.list(&folder)? {
                let is_wanted = if is_deep {
                    !entry.name.starts_with('.')
                } else {
                    matching.matches_with(&entry.name, OPTIONS)
                };
                if entry.kind != EntryKind::Folder || !is_wanted {
                    continue;
                }
                let Some(path) = finds.path(&folder, &entry.name) else { continue };
                if is_deep {
                    waiting.push(path.clone());
                }
                folders.insert(path);
            }
            if listed > MOST_FOLDERS || folders.len() > MOST_FOLDERS {
                return Ok(Err(format!("`{}` means more than {MOST_FOLDERS} folders", shown())));
            }
        }
    }
    Ok(Ok(folders))
}
