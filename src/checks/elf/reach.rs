//! Which libraries the loader finds by the search paths of files in a wheel.
//!
//! Paths are those after installation: `site/…` for site-packages, `prefix/…` for what goes beside it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Object, objects};
use crate::archive::wheel::WheelFile;

/// So many places of one file are searched.
const MOST_PLACES: usize = 64;

/// Where an element of a search path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// To a folder in the installed tree, starting from the file itself.
    Folder(String),
    /// Out of the installed tree, starting from the file itself.
    Outside,
    /// To a fixed place of some machine.
    Absolute,
    /// To wherever the process was started.
    WorkingDirectory,
    /// Somewhere that only the loader knows.
    Unknown,
}

/// The elements of the path that counts for a file, and where they lead.
pub(super) fn places<'a>(object: &Object<'a>) -> impl Iterator<Item = (&'a str, Place)> {
    let elf = object.elf;
    let path = elf.runpath.as_deref().or(elf.rpath.as_deref()).filter(|path| !path.is_empty());
    let file = installed(object.path);
    let folder = file.rsplit_once('/').map_or("site", |(folder, _)| folder).to_owned();
    path.into_iter().flat_map(|path| path.split(':')).take(MOST_PLACES).map(move |element| {
        let rest = element.strip_prefix("$ORIGIN").or_else(|| element.strip_prefix("${ORIGIN}"));
        let place = match rest {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => resolve(&folder, rest),
            _ if element.starts_with('/') => Place::Absolute,
            _ if element.contains('$') => Place::Unknown,
            _ => Place::WorkingDirectory,
        };
        (element, place)
    })
}

fn installed(path: &str) -> String {
    let mut parts = path.splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(top), Some(key), Some(rest)) if top.ends_with(".data") => match key {
            "purelib" | "platlib" => format!("site/{rest}"),
            "scripts" => format!("prefix/bin/{rest}"),
            "headers" => format!("prefix/include/{rest}"),
            _ => format!("prefix/{rest}"),
        },
        _ => format!("site/{path}"),
    }
}

fn resolve(folder: &str, relative: &str) -> Place {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.len() == 1 => return Place::Outside,
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Place::Folder(parts.join("/"))
}

/// What became of a library that a file needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// It is in the wheel, where the loader looks.
    Here,
    /// It is in the wheel, and the loader does not look there.
    Elsewhere,
    /// It may be in another distribution, which this one requires and where the loader looks.
    Sibling,
    /// It is nowhere.
    Nowhere,
}

/// The native files of a wheel, as a loader finds them.
pub(super) struct Tree<'a> {
    /// The folders that hold a file of this name.
    folders: BTreeMap<&'a str, BTreeSet<String>>,
    /// What is installed directly into site-packages, and the project's own name.
    tops: BTreeSet<String>,
    /// Every folder that some file has libraries searched in.
    searched: BTreeSet<String>,
    some_sibling: bool,
    has_requirements: bool,
}

impl<'a> Tree<'a> {
    pub(super) fn of(wheel: &'a WheelFile) -> Self {
        let (mut folders, mut tops) = (BTreeMap::<&str, BTreeSet<String>>::new(), BTreeSet::new());
        for member in wheel.zip.members.iter().filter(|member| !member.is_directory()) {
            let path = installed(&member.path);
            if let Some(top) = path.strip_prefix("site/").and_then(|path| path.split('/').next()) {
                tops.insert(top.to_owned());
            }
            let folder = path.rsplit_once('/').map_or("site", |(folder, _)| folder);
            let name = member.path.rsplit('/').next().unwrap_or_default();
            if is_library_name(name) {
                folders.entry(name).or_default().insert(folder.to_owned());
            }
        }
        tops.extend(wheel.name.iter().map(|name| name.written_name().to_owned()));
        let requirements = wheel.metadata.value().and_then(|metadata| metadata.get("Requires-Dist"));
        let has_requirements = requirements.is_some();
        let mut tree =
            Self { folders, tops, searched: BTreeSet::new(), some_sibling: false, has_requirements };
        for object in objects(wheel) {
            for (_, place) in places(&object) {
                tree.some_sibling |= tree.is_sibling(&place);
                if let Place::Folder(folder) = place {
                    tree.searched.insert(folder);
                }
            }
        }
        tree
    }

    /// Where the loader finds the library `name` for `object`.
    pub(super) fn find(&self, object: &Object<'_>, name: &str) -> Found {
        let places: Vec<Place> = places(object).map(|(_, place)| place).collect();
        let holders = self.folders.get(name);
        let holds = |folder: &str| holders.is_some_and(|holders| holders.contains(folder));
        let is_here = |place: &Place| matches!(place, Place::Folder(folder) if holds(folder));
        if places.iter().any(is_here) {
            return Found::Here;
        }
        // A library is loaded after the module that needs it, and finds what that module's paths led to.
        let is_module = object.is_module();
        if !is_module
            && holders.is_some_and(|holders| holders.iter().any(|folder| self.searched.contains(folder)))
        {
            return Found::Here;
        }
        let to_sibling = places.iter().any(|place| self.is_sibling(place)) || !is_module && self.some_sibling;
        match holders {
            Some(_) => Found::Elsewhere,
            None if to_sibling && self.has_requirements => Found::Sibling,
            None => Found::Nowhere,
        }
    }

    /// Whether a place belongs to some other distribution.
    fn is_sibling(&self, place: &Place) -> bool {
        match place {
            Place::Outside => true,
            Place::Folder(folder) => {
                let top = folder.strip_prefix("site/").and_then(|folder| folder.split('/').next());
                top.is_some_and(|top| !self.tops.contains(top.strip_suffix(".libs").unwrap_or(top)))
            }
            _ => false,
        }
    }
}

/// Whether a file name is a library's: `libz.so`, `libz.so.1.2`.
pub(super) fn is_library_name(name: &str) -> bool {
    name.split('.').skip(1).any(|part| part == "so")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_where_the_file_is_installed() {
        let led = |path: &str, relative| {
            let file = installed(path);
            resolve(file.rsplit_once('/').expect("a folder").0, relative)
        };
        let folder = |path: &str| Place::Folder(path.to_owned());
        assert_eq!(led("numpy/linalg/a.so", "/../../numpy.libs"), folder("site/numpy.libs"));
        assert_eq!(led("a-1.data/platlib/a/b.so", "/./../c/"), folder("site/c"));
        assert_eq!(led("a-1.data/scripts/tool", "/../lib"), folder("prefix/lib"));
        assert_eq!(led("a/b.so", "/../.."), Place::Outside);
        assert_eq!(led("b.so", ""), folder("site"));
    }
}
