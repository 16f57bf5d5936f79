//! The files of a project on the disk, up to the top of its repository and no further.

use std::io;
use std::path::{Component, Path, PathBuf};

use crate::remote::disk::read::DiskRead;
use crate::remote::error::DiskError;
use crate::sources::{Entry, EntryKind, Tree, TreeError};

/// Larger than any file that people write a version into; lock files are the largest.
pub(crate) const LARGEST_BYTES: u64 = 16 << 20;

/// Larger than any file of git that holds one line.
const SMALL_BYTES: u64 = 4 << 10;

/// What marks the top of a repository; a file in worktrees and submodules.
const MARK: &str = ".git";

/// The files of a project.
#[derive(Clone, Debug)]
pub(crate) struct DiskTree {
    disk: DiskRead,
    folder: PathBuf,
    /// The project's folder without links, where it is there.
    real: PathBuf,
    /// Nothing above this folder is the repository's.
    top: PathBuf,
    /// The project's folder from there.
    place: String,
}

impl DiskTree {
    /// The files of the project in `folder`. The repository's top is the nearest folder upwards with `.git`; where there
    /// is none, the folder in which the program runs, if the project lies in it, else the project's own.
    pub(crate) fn new(disk: DiskRead, folder: PathBuf) -> Self {
        let real = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        let marked = real.ancestors().find(|above| above.join(MARK).exists()).map(Path::to_path_buf);
        let here = || Path::new(".").canonicalize().ok().filter(|here| real.starts_with(here));
        let top = marked.or_else(here).unwrap_or_else(|| real.clone());
        let place = below(&top, &real).unwrap_or_default();
        Self { disk, folder, real, top, place }
    }

    /// Where a file of the tree is.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        plain(&self.folder.join(file))
    }

    /// A file of the tree as people know it, from the folder in which the program runs.
    pub(crate) fn shown(&self, file: &str) -> String {
        self.path(file).display().to_string()
    }

    /// A file of the tree from the repository's top, with `/`, as GitHub knows it; nothing for one that lies elsewhere.
    pub(crate) fn in_repository(&self, file: &str) -> Option<String> {
        below(&self.top, &plain(&self.real.join(file)))
    }

    /// A path from the folder in which the program runs as one from the project's folder, with `/`; nothing for one that
    /// lies outside of the repository.
    pub(crate) fn of_here(&self, path: &Path) -> Option<String> {
        let path = Path::new(".").canonicalize().ok()?.join(path);
        // The file itself may be a link, or missing.
        let folder = path.parent()?;
        let folder = folder.canonicalize().unwrap_or_else(|_| plain(folder));
        let file = below(&self.top, &folder.join(path.file_name()?))?;
        let own: Vec<&str> = self.place.split('/').filter(|name| !name.is_empty()).collect();
        let names: Vec<&str> = file.split('/').collect();
        let shared = own.iter().zip(&names).take_while(|(own, name)| own == name).count();
        let up = std::iter::repeat_n("..", own.len() - shared);
        Some(up.chain(names[shared..].iter().copied()).collect::<Vec<_>>().join("/"))
    }

    /// A small file of the repository's own records, such as `HEAD`; nothing where they are kept elsewhere.
    pub(crate) fn git_file(&self, name: &str) -> Option<String> {
        self.disk.text(&self.top.join(MARK).join(name), SMALL_BYTES).ok().flatten()
    }

    /// The file without links, if it is there and the repository's.
    fn find(&self, path: &str) -> Result<Option<PathBuf>, TreeError> {
        if path.starts_with('/') || path.contains('\0') || self.in_repository(path).is_none() {
            return Ok(None);
        }
        match self.real.join(path).canonicalize() {
            Ok(real) if real.starts_with(&self.top) => Ok(Some(real)),
            Ok(_) => Err(TreeError::Unavailable {
                path: self.shown(path),
                why: "it is a link that leads out of the repository".to_owned(),
            }),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(TreeError::Unavailable { path: self.shown(path), why: error.to_string() }),
        }
    }

    fn fault(&self, path: &str, DiskError { source, .. }: &DiskError) -> TreeError {
        let path = self.shown(path);
        match source.kind() {
            io::ErrorKind::InvalidData => TreeError::NotText { path },
            io::ErrorKind::FileTooLarge => TreeError::TooLarge { path, limit_bytes: LARGEST_BYTES },
            _ => TreeError::Unavailable { path, why: source.to_string() },
        }
    }
}

impl Tree for DiskTree {
    fn text(&self, path: &str) -> Result<Option<String>, TreeError> {
        match self.find(path)? {
            Some(file) if file.is_file() => {
                self.disk.text(&file, LARGEST_BYTES).map_err(|error| self.fault(path, &error))
            }
            _ => Ok(None),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, TreeError> {
        let Some(found) = self.find(folder)?.filter(|found| found.is_dir()) else { return Ok(Vec::new()) };
        let fault = |error: DiskError| self.fault(folder, &error);
        let files = self.disk.list(&found).map_err(fault)?;
        let mut folders = self.disk.folders(&found).map_err(fault)?;
        // Tools leave links to their results, which lie elsewhere: they are no part of the project.
        folders.retain(|folder| folder.canonicalize().is_ok_and(|real| real.starts_with(&self.top)));
        let entry = |kind| {
            move |path: PathBuf| {
                // A name that is no text is none that a manifest could have.
                let name = path.file_name()?.to_str()?.to_owned();
                (path.is_file() || path.is_dir()).then_some(Entry { name, kind })
            }
        };
        let mut entries: Vec<Entry> = files.into_iter().filter_map(entry(EntryKind::File)).collect();
        entries.extend(folders.into_iter().filter_map(entry(EntryKind::Folder)));
        entries.sort();
        Ok(entries)
    }

    fn place(&self) -> &str {
        &self.place
    }
}

/// The path from `top`, with `/`; nothing for one that lies elsewhere, or is no text.
fn below(top: &Path, path: &Path) -> Option<String> {
    let parts = path.strip_prefix(top).ok()?.components();
    let names: Option<Vec<&str>> = parts.map(|part| part.as_os_str().to_str()).collect();
    names.map(|names| names.join("/"))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The path without `.` and, as far as that can be told from it alone, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test writes the files that it reads")]
mod tests {
    use super::*;

    fn repository() -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for folder in ["repo/.git", "repo/crates/a/src", "repo/crates/.hidden"] {
            std::fs::create_dir_all(root.path().join(folder)).expect("made");
        }
        for (file, text) in [
            ("outside.toml", "outside"),
            ("repo/Cargo.toml", "top"),
            ("repo/crates/a/Cargo.toml", "a"),
            ("repo/crates/a/README.md", "x"),
        ] {
            std::fs::write(root.path().join(file), text).expect("written");
        }
        root
    }

    fn tree(root: &tempfile::TempDir, folder: &str) -> DiskTree {
        DiskTree::new(DiskRead::default(), root.path().join(folder))
    }

    #[test]
    fn a_workspace_is_found_above_and_nothing_above_the_repository() {
        let root = repository();
        let tree = tree(&root, "repo/crates/a");
        let text = |path| tree.text(path).expect("told");
        assert_eq!(text("Cargo.toml").as_deref(), Some("a"));
        assert_eq!(text("../../Cargo.toml").as_deref(), Some("top"));
        for path in [
            "../../../outside.toml",
            "/etc/passwd",
            "src",
            "missing",
            "Cargo.toml/x",
            "../../../../../../../../../../x",
        ] {
            assert_eq!(text(path), None, "{path}");
        }
        assert_eq!(tree.in_repository("../../Cargo.toml").as_deref(), Some("Cargo.toml"));
        assert_eq!(tree.in_repository("Cargo.toml").as_deref(), Some("crates/a/Cargo.toml"));
        assert_eq!(tree.in_repository("../../../outside.toml"), None);
        assert_eq!(tree.place(), "crates/a");
        assert!(
            tree.shown("../../Cargo.toml").ends_with("repo/Cargo.toml"),
            "{}",
            tree.shown("../../Cargo.toml")
        );
    }

    #[test]
    fn folders_are_listed_with_what_can_be_read_in_them() {
        let root = repository();
        let tree = tree(&root, "repo");
        let names = |folder| {
            let entries = tree.list(folder).expect("listed");
            entries.into_iter().map(|Entry { name, kind }| format!("{name} {kind:?}")).collect::<Vec<_>>()
        };
        assert_eq!(names("crates/a"), ["Cargo.toml File", "README.md File", "src Folder"]);
        assert_eq!(names(""), ["Cargo.toml File", "crates Folder"]);
        assert!(names("missing").is_empty() && names("..").is_empty() && names("Cargo.toml").is_empty());
    }

    #[test]
    fn a_file_that_is_no_text_or_too_large_is_to_blame_itself() {
        let root = repository();
        let tree = tree(&root, "repo");
        std::fs::write(root.path().join("repo/VERSION"), [0xff, 0xfe]).expect("written");
        assert!(matches!(tree.text("VERSION"), Err(TreeError::NotText { .. })));
        let file = std::fs::File::create(root.path().join("repo/large")).expect("made");
        file.set_len(LARGEST_BYTES + 1).expect("grown");
        assert!(matches!(tree.text("large"), Err(TreeError::TooLarge { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_repository_is_not_followed() {
        let root = repository();
        std::os::unix::fs::symlink(root.path().join("outside.toml"), root.path().join("repo/VERSION"))
            .expect("linked");
        std::os::unix::fs::symlink("Cargo.toml", root.path().join("repo/inside")).expect("linked");
        let tree = tree(&root, "repo");
        let error = tree.text("VERSION").expect_err("refused").to_string();
        assert!(error.contains("leads out of the repository"), "{error}");
        assert_eq!(tree.text("inside").expect("read").as_deref(), Some("top"));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_outside_of_the_repository_is_not_listed() {
        let root = repository();
        std::fs::create_dir_all(root.path().join("outside/pkg")).expect("made");
        let link = |to: &Path, name: &str| {
            std::os::unix::fs::symlink(to, root.path().join("repo").join(name)).expect("linked");
        };
        link(&root.path().join("outside"), "result");
        link(&root.path().join("outside"), "lib");
        link(Path::new("crates"), "inside");
        std::fs::write(root.path().join("repo/setup.cfg"), "[metadata]\nname = x\nversion = 1.2.0\n")
            .expect("written");
        let tree = tree(&root, "repo");
        let names: Vec<_> = tree.list("").expect("listed").into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["Cargo.toml", "crates", "inside", "setup.cfg"]);
        assert!(tree.list("result").is_err(), "whoever names it hears why");
        std::fs::remove_file(root.path().join("repo/Cargo.toml")).expect("removed");
        let wanted = crate::sources::Wanted { discover: true, ..crate::sources::Wanted::default() };
        let sources = crate::sources::find(&tree, &wanted).expect("told");
        assert_eq!(sources.found.len(), 1, "{:?}", sources.found);
    }
}
