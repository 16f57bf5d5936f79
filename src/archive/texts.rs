//! Small texts that checks read whole, by their paths.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Document;
use super::entry_points::EntryPoints;
use super::modules::installed;
use super::zip::Zip;

/// Texts that were kept.
#[derive(Debug, Default)]
pub struct Texts(BTreeMap<String, Document<String>>);

impl Texts {
    /// The text at `path`.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.document(path)?.value().map(String::as_str)
    }

    /// The text at `path`, and what is wrong with its bytes.
    pub fn document(&self, path: &str) -> Option<&Document<String>> {
        self.0.get(path)
    }

    /// All of them, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Document<String>)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text))
    }

    pub(super) fn insert(&mut self, path: String, bytes: Vec<u8>, most_lines: usize) {
        let text = Document::of(path.clone(), bytes, most_lines, str::to_owned);
        self.0.insert(path, text);
    }
}

/// Whether a wheel's member at `path` is such a text: what tells installers and importers what to do.
pub(super) fn is_wanted_of_wheel(path: &str, dist_info: Option<&str>) -> bool {
    if let Some(file) = dist_info.and_then(|top| path.strip_prefix(top)) {
        let names = ["/entry_points.txt", "/top_level.txt", "/namespace_packages.txt", "/zip-safe"];
        return names.contains(&file) || file.starts_with("/sboms/");
    }
    // Python reads `.pth` files where packages lie: at the top, or where `.data` puts things there.
    let mut parts = path.rsplitn(2, '/');
    let (file, folder) = (parts.next().unwrap_or_default(), parts.next());
    let is_site =
        folder.is_none_or(|folder| folder.ends_with(".data/purelib") || folder.ends_with(".data/platlib"));
    file.ends_with(".pth") && is_site
}

/// So many modules that commands start from are kept, up to so many bytes each and together.
const MOST_MODULES: usize = 64;
const LARGEST_MODULE_BYTES: u64 = 256 << 10;
const MODULES_BYTES: u64 = 2 << 20;

/// The indexes of the modules that commands start from.
pub(super) fn modules(entry_points: &EntryPoints, zip: &Zip) -> BTreeSet<usize> {
    let modules = entry_points.scripts().map(|entry| entry.object().module.replace('.', "/"));
    let paths: BTreeSet<String> = modules
        .take(MOST_MODULES)
        .flat_map(|module| [format!("{module}.py"), format!("{module}/__init__.py")])
        .collect();
    let is_named = |path: &str| installed(path).is_some_and(|path| paths.contains(path));
    let mut room_bytes = MODULES_BYTES;
    let mut kept = BTreeSet::new();
    for (index, member) in zip.members.iter().enumerate().filter(|(_, member)| is_named(&member.path)) {
        let size_bytes = member.central.size_bytes;
        if size_bytes <= LARGEST_MODULE_BYTES.min(room_bytes) {
            room_bytes -= size_bytes;
            kept.insert(index);
        }
    }
    kept
}
