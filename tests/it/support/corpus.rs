//! Real released files of 14 projects, fetched into `target/corpus` on first use and checked by their digests.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::tools::{cache, or_skip};
use super::workflow_files::root;

/// One released file.
#[derive(Clone, Debug)]
pub(crate) struct Pinned {
    pub(crate) project: String,
    pub(crate) file: String,
    pub(crate) size_bytes: u64,
    pub(crate) sha256: String,
}

/// Released files of one project, all good, alone in one folder that no test may change.
#[derive(Debug)]
pub(crate) struct Corpus {
    pub(crate) folder: PathBuf,
    pub(crate) files: Vec<Pinned>,
}

/// The whole release of zlmdb; nothing where it cannot be had.
pub(crate) fn zlmdb() -> Option<&'static Corpus> {
    static CORPUS: OnceLock<Result<Corpus, String>> = OnceLock::new();
    let fetched = CORPUS.get_or_init(|| {
        let files = pinned()?.into_iter().filter(|pin| pin.project == "zlmdb").collect();
        Corpus::fetched("zlmdb", files)
    });
    or_skip("the released files of zlmdb", fetched.as_ref())
}

/// The files of every project, project by project; nothing where they cannot be had.
pub(crate) fn projects() -> Option<&'static [(String, Corpus)]> {
    static CORPORA: OnceLock<Result<Vec<(String, Corpus)>, String>> = OnceLock::new();
    let fetched = CORPORA.get_or_init(|| {
        let mut projects: BTreeMap<String, Vec<Pinned>> = BTreeMap::new();
        for pin in pinned()? {
            projects.entry(pin.project.clone()).or_default().push(pin);
        }
        let fetched = projects
            .into_iter()
            .map(|(project, files)| Ok((project.clone(), Corpus::fetched(&project, files)?)));
        fetched.collect()
    });
    or_skip("the released files of all projects", fetched.as_ref()).map(Vec::as_slice)
}

fn pinned() -> Result<Vec<Pinned>, String> {
    pins(&root().join("tests/data/corpus.json"))
}

impl Corpus {
    fn fetched(project: &str, files: Vec<Pinned>) -> Result<Self, String> {
        let folder = cache().join("corpus").join(project);
        let told = |error: std::io::Error| format!("{}: {error}", folder.display());
        std::fs::create_dir_all(&folder).map_err(told)?;
        // One process fetches, the others wait for it.
        let lock = File::create(cache().join(format!("corpus/{project}.lock"))).map_err(told)?;
        lock.lock().map_err(told)?;
        let missing: Vec<_> = files.iter().filter(|pin| !pin.is_in(&folder)).collect();
        if !missing.is_empty() {
            fetch(&missing, &folder)?;
        }
        match files.iter().find(|pin| !pin.is_in(&folder)) {
            Some(pin) => Err(format!("{} was fetched and is not what it should be", pin.file)),
            None => Ok(Self { folder, files }),
        }
    }

    /// Copies every file into `folder`, for a test that changes some.
    pub(crate) fn copy_to(&self, folder: &Path) {
        std::fs::create_dir_all(folder).expect("a temporary folder can be made");
        for Pinned { file, .. } in &self.files {
            std::fs::copy(self.folder.join(file), folder.join(file)).expect("the corpus is there");
        }
    }
}

impl Pinned {
    fn is_in(&self, folder: &Path) -> bool {
        let bytes = std::fs::read(folder.join(&self.file)).unwrap_or_default();
        bytes.len() as u64 == self.size_bytes && hex(&bytes) == self.sha256
    }
}

/// The sha256 of some bytes, in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pins(path: &Path) -> Result<Vec<Pinned>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let rows = json["files"].as_array().ok_or("`files` is a list")?;
    let pin = |row: &serde_json::Value| {
        let text = |key: &str| row[key].as_str().map(str::to_owned);
        let (project, file, sha256) = (text("project")?, text("file")?, text("sha256")?);
        Some(Pinned { project, file, size_bytes: row["size_bytes"].as_u64()?, sha256 })
    };
    rows.iter().map(|row| pin(row).ok_or_else(|| format!("not a pin: {row}"))).collect()
}

/// Fetches by the machine's own Python, whose pip knows the index.
fn fetch(missing: &[&Pinned], folder: &Path) -> Result<(), String> {
    let mut child = Command::new("python3")
        .arg(root().join("tests/py/fetch_corpus.py"))
        .arg(folder)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("python3: {error}"))?;
    let lines = missing.iter().map(|pin| format!("{} {} {}\n", pin.project, pin.file, pin.sha256));
    let mut input = child.stdin.take().expect("it is piped");
    // Far less than a pipe holds; dropping it tells the script that this was all.
    input.write_all(lines.collect::<String>().as_bytes()).map_err(|error| error.to_string())?;
    drop(input);
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bytes_of_the_same_length_are_not_the_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (project, file, sha256) = ("x".to_owned(), "x.whl".to_owned(), hex(b"good"));
        let pin = Pinned { project, file, size_bytes: 4, sha256 };
        assert!(!pin.is_in(folder.path()), "it is not there yet");
        for (bytes, good) in [(b"good", true), (b"evil", false)] {
            std::fs::write(folder.path().join("x.whl"), bytes).expect("a temporary folder");
            assert_eq!(pin.is_in(folder.path()), good);
        }
    }

    #[test]
    fn the_corpus_is_the_whole_release() {
        let Some(corpus) = zlmdb() else { return };
        assert_eq!(corpus.files.len(), 20);
        let mut there: Vec<_> = std::fs::read_dir(&corpus.folder)
            .expect("it was fetched")
            .map(|entry| entry.expect("it can be listed").file_name().into_string().expect("names are ASCII"))
            .collect();
        there.sort();
        let mut expected: Vec<_> = corpus.files.iter().map(|pin| pin.file.clone()).collect();
        expected.sort();
        assert_eq!(there, expected);
    }
}
