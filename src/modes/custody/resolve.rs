//! Which file a path in a list means.
//!
//! A list is written where the files are built, and an upload cuts off the folders that all of its files share. So a
//! file is first looked for below the list's own folder, then by how its path ends.

use std::collections::HashMap;

use super::Holding;

/// More files of one name are not told apart by how their paths end: searching them for every line would take too long.
const MOST_OF_A_NAME: usize = 64;

/// A file: which artifact, which of its files.
pub(super) type At = (usize, usize);

/// The files of some artifacts by path and by name.
pub(super) struct Index<'a> {
    by_path: HashMap<&'a str, Vec<At>>,
    by_name: HashMap<&'a str, Vec<(&'a str, At)>>,
}

impl<'a> Index<'a> {
    pub(super) fn of(holdings: &'a [Holding], about: &[usize]) -> Self {
        let mut index = Self { by_path: HashMap::new(), by_name: HashMap::new() };
        for holding in about {
            for (number, file) in holdings[*holding].files.iter().enumerate() {
                let (path, at) = (file.path.as_str(), (*holding, number));
                index.by_path.entry(path).or_default().push(at);
                index.by_name.entry(name_of(path)).or_default().push((path, at));
            }
        }
        index
    }

    /// The files that `path` means in a list that stands in `folder`.
    pub(super) fn find(&self, folder: &str, path: &str) -> Vec<At> {
        let full = if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
        if let Some(found) = self.by_path.get(full.as_str()) {
            return found.clone();
        }
        let of_name = self.by_name.get(name_of(path)).filter(|found| found.len() <= MOST_OF_A_NAME);
        let ends: Vec<_> = of_name
            .into_iter()
            .flatten()
            .filter_map(|(there, at)| Some((shared(there, path)?, *at)))
            .collect();
        let best = ends.iter().map(|(parts, _)| *parts).max();
        ends.into_iter().filter(|(parts, _)| Some(*parts) == best).map(|(_, at)| at).collect()
    }
}

/// The folder that `path` stands in; empty at the top.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part of `path`.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// How many parts the shorter path has, when the longer one ends with it.
fn shared(one: &str, other: &str) -> Option<usize> {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    let front = long.strip_suffix(short)?;
    (front.is_empty() || front.ends_with('/')).then(|| short.split('/').count())
}
