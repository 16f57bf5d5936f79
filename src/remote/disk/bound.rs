//! A manifest whose files were found and proven.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::model::artifact::Artifact;
use crate::model::digest::Hashes;
use crate::model::manifest::Manifest;
use crate::remote::error::DiskError;

/// A manifest together with files that have the very bytes it states. Only `DiskRead::bind` makes one.
#[derive(Clone, Debug)]
pub(crate) struct BoundManifest {
    manifest: Manifest,
    /// One for each artifact, in the manifest's order.
    paths: Vec<PathBuf>,
    extra: Vec<PathBuf>,
}

impl BoundManifest {
    /// Binds `paths` to the manifest, unless there are faults.
    pub(super) fn new(
        manifest: Manifest,
        paths: Vec<PathBuf>,
        mut extra: Vec<PathBuf>,
        faults: Vec<BindFault>,
    ) -> Result<Self, BindError> {
        if !faults.is_empty() {
            return Err(BindError { faults });
        }
        assert_eq!(paths.len(), manifest.artifacts().len(), "without a fault every artifact has its file");
        extra.sort();
        Ok(Self { manifest, paths, extra })
    }

    /// The manifest.
    pub(crate) const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Each artifact with the file that was proven to have its bytes, sorted by name.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&Artifact, &Path)> {
        self.manifest.artifacts().iter().zip(self.paths.iter().map(PathBuf::as_path))
    }

    /// Files in the folders that the manifest does not name, sorted: they are part of no release.
    pub(crate) fn extra(&self) -> &[PathBuf] {
        &self.extra
    }
}

/// Why files on disk are not the ones of the manifest: everything that is wrong, at once.
#[derive(Debug, thiserror::Error)]
#[error("what is on disk is not what the manifest states: {}", joined(faults))]
pub(crate) struct BindError {
    /// What is wrong, sorted by file name; never empty.
    pub(crate) faults: Vec<BindFault>,
}

fn joined(faults: &[BindFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// What is wrong with one file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BindFault {
    /// It is in none of the folders.
    #[error("`{file}` is not in {folders}")]
    Missing {
        /// Its name.
        file: String,
        /// Where it was looked for.
        folders: String,
    },
    /// It has other bytes.
    #[error(
        "`{path}` has {} bytes with SHA-256 {}, where {} bytes with SHA-256 {} were vetted",
        found.size_bytes, found.sha256, expected.size_bytes, expected.sha256
    )]
    Differs {
        /// Where it is.
        path: String,
        /// What the manifest states.
        expected: Box<Hashes>,
        /// What it is.
        found: Box<Hashes>,
    },
    /// It cannot be read.
    #[error("{0}: {source}", source = .0.source)]
    Disk(#[from] DiskError),
}

/// Whether the manifest does not name the file.
pub(super) fn is_extra(manifest: &Manifest, path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_none_or(|name| manifest.artifact(name).is_none())
}

/// Finds each artifact among `files` and compares its bytes, many at a time, largest first. A name that is in two
/// folders must have the right bytes in both: nobody could tell which was meant.
///
/// Answers one path for each artifact that was found, in the manifest's order, and all that is wrong.
pub(super) fn prove(
    manifest: &Manifest,
    folders: &[PathBuf],
    files: &[PathBuf],
    hashes: impl Fn(&Path) -> Result<Hashes, DiskError> + Sync,
) -> (Vec<PathBuf>, Vec<BindFault>) {
    let mut places: BTreeMap<&str, Vec<&Path>> = BTreeMap::new();
    for path in files {
        if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
            places.entry(name).or_default().push(path);
        }
    }
    let (mut paths, mut work) = (Vec::new(), Vec::new());
    let mut faults: BTreeMap<(String, String), BindFault> = BTreeMap::new();
    for artifact in manifest.artifacts() {
        let file = artifact.file_name.as_str();
        match places.get(file) {
            Some(found) => {
                paths.push(found[0].to_owned());
                work.extend(found.iter().map(|path| (artifact, *path)));
            }
            None => {
                let fault = BindFault::Missing { file: file.to_owned(), folders: named(folders) };
                faults.insert((file.to_owned(), String::new()), fault);
            }
        }
    }
    work.sort_by_key(|(artifact, _)| std::cmp::Reverse(artifact.size_bytes));
    let wrong = Mutex::new(&mut faults);
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(work.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((artifact, path)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(fault) = compare(artifact, path, &hashes) {
                        let key = (artifact.file_name.to_string(), path.display().to_string());
                        wrong.lock().expect("nothing panics while it holds this").insert(key, fault);
                    }
                }
            });
        }
    });
    (paths, faults.into_values().collect())
}

fn compare(
    artifact: &Artifact,
    path: &Path,
    hashes: impl Fn(&Path) -> Result<Hashes, DiskError>,
) -> Option<BindFault> {
    let Artifact { file_name: _, size_bytes, sha256, kind: _ } = artifact;
    let expected = Hashes { size_bytes: *size_bytes, sha256: *sha256 };
    match hashes(path) {
        Ok(found) if found == expected => None,
        Ok(found) => Some(BindFault::Differs {
            path: path.display().to_string(),
            expected: Box::new(expected),
            found: Box::new(found),
        }),
        Err(error) => Some(error.into()),
    }
}

fn named(folders: &[PathBuf]) -> String {
    let names: Vec<_> = folders.iter().map(|folder| format!("`{}`", folder.display())).collect();
    if names.is_empty() { "any folder".to_owned() } else { names.join(" or ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::artifact::ArtifactKind;
    use crate::model::manifest::Origin;
    use crate::remote::disk::read::DiskRead;
    use crate::remote::disk::write::DiskWrite;

    fn manifest(files: &[(&str, &[u8])]) -> Manifest {
        let artifact = |(name, bytes): &(&str, &[u8])| {
            Artifact::new(name.parse().expect("good"), Hashes::of(bytes), ArtifactKind::Other)
        };
        Manifest::new(Origin::default(), files.iter().map(artifact).collect()).expect("good")
    }

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes) in files {
            DiskWrite.ensure_file(&folder.path().join(name), bytes).expect("written");
        }
        folder
    }

    fn bind(manifest: Manifest, folders: &[&tempfile::TempDir]) -> Result<BoundManifest, BindError> {
        let mut folders: Vec<_> = folders.iter().map(|folder| folder.path().to_owned()).collect();
        folders.push("/nowhere/at/all".into());
        DiskRead::default().bind(manifest, &folders)
    }

    #[test]
    fn files_are_found_in_either_folder_and_others_are_listed() {
        let (dist, assets) =
            (folder(&[("b", b"2"), ("stray", b"?"), (".hidden", b"")]), folder(&[("a", b"1")]));
        let bound = bind(manifest(&[("a", b"1"), ("b", b"2")]), &[&dist, &assets]).expect("all there");
        let files: Vec<_> =
            bound.files().map(|(artifact, path)| (artifact.file_name.as_str(), path.to_owned())).collect();
        assert_eq!(files, [("a", assets.path().join("a")), ("b", dist.path().join("b"))]);
        assert_eq!(bound.extra(), [dist.path().join("stray")]);
        assert_eq!(bound.manifest().artifacts().len(), 2);
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let dist = folder(&[("a", b"other"), ("c", b"x"), ("d", b"4")]);
        let vetted = manifest(&[("a", b"1"), ("b", b"2"), ("c", b"3"), ("d", b"4")]);
        let error = bind(vetted, &[&dist]).expect_err("not the same");
        assert_eq!(error.faults.len(), 3);
        let text = error.to_string();
        let (found, expected) = (Hashes::of(b"x").sha256.to_string(), Hashes::of(b"3").sha256.to_string());
        for part in ["`b` is not in", "/nowhere/at/all", &found, &expected, "5 bytes"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn a_name_in_two_folders_must_be_right_in_both() {
        let (one, two) = (folder(&[("a", b"1")]), folder(&[("a", b"2")]));
        assert!(bind(manifest(&[("a", b"1")]), &[&one, &one]).is_ok());
        let error = bind(manifest(&[("a", b"1")]), &[&one, &two]).expect_err("one is wrong");
        assert!(
            matches!(&error.faults[..], [BindFault::Differs { path, .. }] if path.starts_with(two.path().to_str().expect("text")))
        );
    }

    #[test]
    fn without_a_folder_everything_is_missing() {
        let error = DiskRead::default().bind(manifest(&[("a", b"1")]), &[]).expect_err("nowhere to look");
        assert_eq!(
            error.to_string(),
            "what is on disk is not what the manifest states: `a` is not in any folder"
        );
    }
}
