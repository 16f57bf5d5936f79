//! Files that somebody named line by line: single ones, whole folders, and patterns.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};
use walkdir::WalkDir;

use super::read::{DiskRead, fault};
use super::write::folder_of;
use crate::remote::error::DiskError;

/// `*` stays within a part of a path; `**` crosses them.
const MATCHING: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// A file that was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its path below the folder that all named files have in common, with `/` between the parts.
    pub(crate) member: String,
    /// Whether it may be executed.
    pub(crate) executable: bool,
    /// Where a link leads by which it was found, if that is in none of the folders that were named.
    pub(crate) outside: Option<PathBuf>,
}

/// All files that were named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gathered {
    /// The files, each once, sorted by [`Found::member`].
    pub(crate) files: Vec<Found>,
    /// Lines that name nothing.
    pub(crate) unmatched: Vec<String>,
}

/// What one line names: a folder, and files by their paths from there.
struct Named {
    base: PathBuf,
    below: Vec<PathBuf>,
    /// The line names the one file itself, wherever it leads.
    is_itself: bool,
}

impl DiskRead {
    /// The files that `lines` name, each line a file, a folder with all below it, or a pattern. What is hidden is left
    /// out of folders and patterns unless `hidden` says otherwise; a file that a line names itself is always taken.
    /// Links count as what they lead to.
    ///
    /// The paths that the files keep begin where the lines part: at a folder for one folder, at the first part with a
    /// wildcard for one pattern, and at the folder that is common to all where there are several lines.
    ///
    /// # Errors
    /// When a folder cannot be listed, or a name is no text.
    pub(crate) fn gather(&self, lines: &[String], hidden: bool) -> Result<Gathered, DiskError> {
        let mut gathered = Gathered::default();
        let mut all = Vec::new();
        for line in lines {
            match named(line, hidden)? {
                Some(named) if !named.below.is_empty() => all.push(named),
                _ => gathered.unmatched.push(line.clone()),
            }
        }
        for named in &mut all {
            let failed = |source| fault(&named.base, "read", source);
            named.base = named.base.canonicalize().map_err(failed)?;
        }
        let root =
            all.iter().map(|named| named.base.as_path()).reduce(common).unwrap_or_else(|| Path::new(""));
        let mut files = BTreeMap::new();
        let folders: Vec<_> = all.iter().filter(|named| !named.is_itself).map(|named| &named.base).collect();
        for Named { base, below, is_itself } in &all {
            let above = base.strip_prefix(root).unwrap_or_else(|_| Path::new(""));
            for below in below {
                let path = base.join(below);
                let member = member(&above.join(below)).ok_or_else(|| {
                    let text = "its name is no text in UTF-8";
                    fault(&path, "named", std::io::Error::new(std::io::ErrorKind::InvalidData, text))
                })?;
                let leads_to = path.canonicalize().map_err(|source| fault(&path, "read", source))?;
                let is_meant = *is_itself || folders.iter().any(|folder| leads_to.starts_with(folder));
                let outside = (!is_meant).then_some(leads_to);
                // Whichever line means the file itself counts.
                let found = files.entry(member).or_insert_with(|| (path, outside.clone()));
                found.1 = std::mem::take(&mut found.1).and(outside);
            }
        }
        let found = |(member, (path, outside)): (String, (PathBuf, Option<PathBuf>))| {
            let executable = is_executable(&path);
            Found { path, member, executable, outside }
        };
        gathered.files = files.into_iter().map(found).collect();
        Ok(gathered)
    }
}

/// What one line of single files names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// These files, each a path as the line spells it, sorted; none when nothing matches.
    Files(Vec<PathBuf>),
    /// A folder.
    Folder,
    /// No pattern, for this reason.
    Bad(&'static str),
}

impl DiskRead {
    /// The files that a line names: one itself, or those that a pattern matches. Folders are passed over by patterns, and
    /// so is what is hidden. Links count as what they lead to; one to nowhere counts as a file, which nobody can open.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub(crate) fn single_files(&self, line: &str) -> Result<Line, DiskError> {
        let path = Path::new(line);
        if path.is_dir() {
            return Ok(Line::Folder);
        }
        if path.symlink_metadata().is_ok() {
            return Ok(Line::Files(vec![path.to_owned()]));
        }
        let parts: Vec<&str> = line.split(['/', std::path::MAIN_SEPARATOR]).collect();
        let Some(at) = parts.iter().position(|part| part.contains(['*', '?', '['])) else {
            return Ok(Line::Files(Vec::new()));
        };
        let pattern = match Pattern::new(&parts[at..].join("/")) {
            Ok(pattern) => pattern,
            Err(error) => return Ok(Line::Bad(error.msg)),
        };
        let above = parts[..at].join("/");
        let base = if at > 0 && above.is_empty() { Path::new("/") } else { Path::new(&above) };
        let folder = if at == 0 { Path::new(".") } else { base };
        if !folder.is_dir() {
            return Ok(Line::Files(Vec::new()));
        }
        let deepest = if parts[at..].contains(&"**") { usize::MAX } else { parts.len() - at };
        let all = WalkDir::new(folder).min_depth(1).max_depth(deepest).sort_by_file_name().into_iter();
        let is_shown = |name: &std::ffi::OsStr| !name.as_encoded_bytes().starts_with(b".");
        let mut files = Vec::new();
        for entry in all.filter_entry(|entry| entry.depth() == 0 || is_shown(entry.file_name())) {
            let entry = entry.map_err(|error| fault(folder, "listed", error.into()))?;
            let below = entry.path().strip_prefix(folder).unwrap_or_else(|_| entry.path());
            let is_meant = member(below).is_some_and(|text| pattern.matches_with(&text, MATCHING));
            if is_meant && !entry.path().is_dir() {
                files.push(base.join(below));
            }
        }
        Ok(Line::Files(files))
    }

    /// The path without links, where it leads anywhere.
    pub(crate) fn resolved(&self, path: &Path) -> PathBuf {
        path.canonicalize().unwrap_or_else(|_| path.to_owned())
    }

    /// Whether a path that begins in the working folder and does not climb ends elsewhere all the same: through a link.
    pub(crate) fn leads_out_of_here(&self, path: &Path) -> bool {
        let stays = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        stays && path.exists() && !self.resolved(path).starts_with(self.resolved(Path::new(".")))
    }

    /// When a file was written last, in seconds since 1970.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn written_s(&self, path: &Path) -> Result<u64, DiskError> {
        let written = path.metadata().and_then(|metadata| metadata.modified());
        let written = written.map_err(|source| fault(path, "read", source))?;
        Ok(written.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs())
    }
}

/// What a line names; nothing when there is nothing of that name, and it is no pattern.
fn named(line: &str, hidden: bool) -> Result<Option<Named>, DiskError> {
    let path = Path::new(line);
    if path.is_dir() {
        return Ok(Some(Named { base: path.to_owned(), below: walk(path, hidden)?, is_itself: false }));
    }
    if path.exists() {
        let name = path.file_name().map(PathBuf::from);
        let base = folder_of(path).to_owned();
        return Ok(name.map(|name| Named { base, below: vec![name], is_itself: true }));
    }
    let parts: Vec<&str> = line.split(['/', std::path::MAIN_SEPARATOR]).collect();
    let Some(at) = parts.iter().position(|part| part.contains(['*', '?', '['])) else { return Ok(None) };
    let Ok(pattern) = Pattern::new(&parts[at..].join("/")) else { return Ok(None) };
    let base = match parts[..at].join("/") {
        base if base.is_empty() && at == 0 => PathBuf::from("."),
        base if base.is_empty() => PathBuf::from("/"),
        base => PathBuf::from(base),
    };
    if !base.is_dir() {
        return Ok(None);
    }
    // A folder that matches stands for all below it.
    let matches = |below: &PathBuf| {
        let is_named = |path: &Path| member(path).is_some_and(|text| pattern.matches_with(&text, MATCHING));
        below.ancestors().any(|path| !path.as_os_str().is_empty() && is_named(path))
    };
    let below = walk(&base, hidden)?.into_iter().filter(matches).collect();
    Ok(Some(Named { base, below, is_itself: false }))
}

/// Every file below a folder, by its path from there.
fn walk(folder: &Path, hidden: bool) -> Result<Vec<PathBuf>, DiskError> {
    let all = WalkDir::new(folder).min_depth(1).follow_links(true).sort_by_file_name().into_iter();
    let is_shown = |name: &std::ffi::OsStr| hidden || !name.as_encoded_bytes().starts_with(b".");
    let mut found = Vec::new();
    for entry in all.filter_entry(|entry| entry.depth() == 0 || is_shown(entry.file_name())) {
        let entry = entry.map_err(|error| fault(folder, "listed", error.into()))?;
        if !entry.file_type().is_dir() {
            let below = entry.path().strip_prefix(folder).unwrap_or_else(|_| entry.path());
            found.push(below.to_owned());
        }
    }
    Ok(found)
}

/// The longest folder that both lie in, or are.
fn common<'a>(one: &'a Path, other: &'a Path) -> &'a Path {
    one.ancestors().find(|above| other.starts_with(above)).unwrap_or_else(|| Path::new(""))
}

fn member(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

/// Other systems have no such bit.
#[cfg(not(unix))]
fn is_executable(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::disk::write::DiskWrite;

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for path in ["dist/a.whl", "dist/sub/b.whl", "dist/.hidden", "docs/index.html", "README.md"] {
            DiskWrite.ensure_file(&folder.path().join(path), path.as_bytes()).expect("written");
        }
        folder
    }

    fn gathered(folder: &tempfile::TempDir, lines: &[&str], hidden: bool) -> (Vec<String>, Vec<String>) {
        let lines: Vec<_> = lines.iter().map(|line| folder.path().join(line).display().to_string()).collect();
        let found = DiskRead::default().gather(&lines, hidden).expect("gathered");
        (found.files.into_iter().map(|found| found.member).collect(), found.unmatched)
    }

    #[test]
    fn lines_of_single_files_pass_folders_over() {
        let folder = tree();
        let named = |line: &str| {
            let line = folder.path().join(line).display().to_string();
            let below =
                |path: PathBuf| path.strip_prefix(folder.path()).expect("below it").display().to_string();
            match DiskRead::default().single_files(&line).expect("it can be listed") {
                Line::Files(files) => files.into_iter().map(below).collect::<Vec<_>>().join(" "),
                other => format!("{other:?}"),
            }
        };
        for (line, expected) in [
            ("dist/*", "dist/a.whl"),
            ("dist/**/*.whl", "dist/a.whl dist/sub/b.whl"),
            ("*/*.html", "docs/index.html"),
            ("*.html", ""),
            ("dist/.hidden", "dist/.hidden"),
            ("README.md", "README.md"),
            ("nowhere/*", ""),
            ("nothing", ""),
            ("dist", "Folder"),
        ] {
            assert_eq!(named(line), expected, "{line}");
        }
        assert!(named("dist/[").starts_with("Bad"), "{}", named("dist/["));
    }

    #[test]
    fn paths_begin_where_the_lines_part() {
        let folder = tree();
        for (lines, members) in [
            (vec!["dist"], vec!["a.whl", "sub/b.whl"]),
            (vec!["dist/*.whl"], vec!["a.whl"]),
            (vec!["dist/**/*.whl"], vec!["a.whl", "sub/b.whl"]),
            (vec!["dist/s*"], vec!["sub/b.whl"]),
            (vec!["README.md"], vec!["README.md"]),
            (vec!["dist", "docs"], vec!["dist/a.whl", "dist/sub/b.whl", "docs/index.html"]),
            (vec!["dist", "dist/sub/b.whl"], vec!["a.whl", "sub/b.whl"]),
            (vec!["dist/a.whl", "README.md"], vec!["README.md", "dist/a.whl"]),
            (vec!["docs/../dist/sub"], vec!["b.whl"]),
        ] {
            assert_eq!(
                gathered(&folder, &lines, false),
                (members.iter().map(ToString::to_string).collect(), vec![]),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn hidden_files_are_taken_when_asked_for() {
        let folder = tree();
        assert_eq!(gathered(&folder, &["dist"], true).0, [".hidden", "a.whl", "sub/b.whl"]);
        assert_eq!(gathered(&folder, &["dist/.hidden"], false).0, [".hidden"]);
    }

    #[test]
    fn what_names_nothing_is_told() {
        let folder = tree();
        for line in ["gone", "dist/*.zip", "gone/*", "dist/[", "docs/*/*"] {
            let (files, unmatched) = gathered(&folder, &["README.md", line], false);
            assert_eq!((files.len(), unmatched.len()), (1, 1), "{line}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_count_as_what_they_lead_to_and_the_executable_bit_is_seen() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tree();
        std::os::unix::fs::symlink("../docs", folder.path().join("dist/docs")).expect("linked");
        let tool = folder.path().join("dist/tool");
        DiskWrite.ensure_file(&tool, b"#!").expect("written");
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).expect("set");
        let line = folder.path().join("dist").display().to_string();
        let found = DiskRead::default().gather(&[line], false).expect("gathered").files;
        let seen: Vec<_> = found.iter().map(|found| (found.member.as_str(), found.executable)).collect();
        assert_eq!(
            seen,
            [("a.whl", false), ("docs/index.html", false), ("sub/b.whl", false), ("tool", true)]
        );
    }
}
