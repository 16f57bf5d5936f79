//! The output `collected`: where each artifact came from and where its files are, as one JSON text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Chosen;
use crate::model::digest::Sha256;

/// GitHub takes 1 MiB of outputs from a job, counted in UTF-16, and other steps share it: files beyond are left out.
const LARGEST_BYTES: usize = 256 << 10;

/// The artifacts with their files, which are known once they are staged.
pub(super) type Placed<'a> = (&'a Chosen, Option<Vec<(PathBuf, Sha256)>>);

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    workflow: &'a str,
    run_id: u64,
    run_attempt: Option<u64>,
    artifact_id: u64,
    digest: Option<String>,
    size_bytes: u64,
    folder: Option<String>,
    files: Option<Vec<File>>,
}

#[derive(Serialize)]
struct File {
    path: String,
    sha256: String,
}

/// The JSON text, by alias or, without one, by name.
pub(super) fn json(placed: &[Placed<'_>]) -> String {
    let mut entries: BTreeMap<String, Entry<'_>> = BTreeMap::new();
    // Aliases first: they have no two meanings.
    let (named, bare): (Vec<_>, Vec<_>) = placed.iter().partition(|(chosen, _)| chosen.alias.is_some());
    for (chosen, files) in named.into_iter().chain(bare) {
        let name = &chosen.artifact.name;
        let key = match &chosen.alias {
            Some(alias) => alias.clone(),
            None if is_shared(placed, name) => format!("{}:{name}", chosen.workflow),
            None => name.clone(),
        };
        entries.insert(key, entry(chosen, files.as_deref()));
    }
    let text = text(&entries);
    if text.len() <= LARGEST_BYTES {
        return text;
    }
    entries.values_mut().for_each(|entry| entry.files = None);
    self::text(&entries)
}

fn text(entries: &BTreeMap<String, Entry<'_>>) -> String {
    serde_json::to_string(entries).expect("texts and numbers can be written as JSON")
}

/// Whether another artifact goes by this name: an alias, or the artifact of another workflow.
fn is_shared(placed: &[Placed<'_>], name: &str) -> bool {
    let goes_by = |chosen: &Chosen| match &chosen.alias {
        Some(alias) => alias == name,
        None => chosen.artifact.name == name,
    };
    placed.iter().filter(|(chosen, _)| goes_by(chosen)).count() > 1
}

fn entry<'a>(chosen: &'a Chosen, files: Option<&[(PathBuf, Sha256)]>) -> Entry<'a> {
    let Chosen { workflow, run_id, run_attempt, artifact, alias: _, target } = chosen;
    let folder = match target {
        Some(target) => Some(target.folder().to_string()),
        None => files.and_then(common_folder).map(slashed),
    };
    let file = |(path, sha256): &(PathBuf, Sha256)| File { path: slashed(path), sha256: sha256.to_string() };
    Entry {
        name: &artifact.name,
        workflow,
        run_id: *run_id,
        run_attempt: *run_attempt,
        artifact_id: artifact.id,
        digest: artifact.sha256.map(|sha256| format!("sha256:{sha256}")),
        size_bytes: artifact.size_bytes,
        folder,
        files: files.map(|files| files.iter().map(file).collect()),
    }
}

/// The folder that all files are in, if there is one.
fn common_folder(files: &[(PathBuf, Sha256)]) -> Option<&Path> {
    let first = files.first()?.0.parent()?;
    files.iter().all(|(path, _)| path.parent() == Some(first)).then_some(first)
}

/// A path as workflows write it, on Windows too.
fn slashed(path: &Path) -> String {
    let text = path.display().to_string();
    if cfg!(windows) { text.replace('\\', "/") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::github::RunArtifact;

    fn chosen(workflow: &str, name: &str, alias: Option<&str>) -> Chosen {
        let artifact = RunArtifact {
            id: 7,
            name: name.into(),
            size_bytes: 5,
            expired: false,
            sha256: Some(Sha256::of(b"zip")),
            created_at: None,
        };
        let (workflow, alias) = (workflow.to_owned(), alias.map(str::to_owned));
        Chosen { workflow, run_id: 3, run_attempt: Some(2), artifact, alias, target: None }
    }

    fn read(placed: &[Placed<'_>]) -> serde_json::Value {
        serde_json::from_str(&json(placed)).expect("JSON")
    }

    #[test]
    fn every_artifact_has_a_key_of_its_own() {
        let all = [
            chosen("a.yml", "x", None),
            chosen("b.yml", "x", None),
            chosen("b.yml", "x-0123abcd", Some("x")),
            chosen("b.yml", "y", None),
        ];
        let placed: Vec<_> = all.iter().map(|one| (one, None)).collect();
        let keys: Vec<_> = read(&placed).as_object().expect("an object").keys().cloned().collect();
        assert_eq!(keys, ["a.yml:x", "b.yml:x", "x", "y"]);
    }

    #[test]
    fn files_of_one_folder_tell_it_and_too_many_are_left_out() {
        let one = chosen("a.yml", "x", None);
        let file = |path: &str| (PathBuf::from(path), Sha256::of(b""));
        let found = read(&[(&one, Some(vec![file("dist/a"), file("dist/b")]))]);
        assert_eq!(
            (&found["x"]["folder"], &found["x"]["files"][1]["path"]),
            (&"dist".into(), &"dist/b".into())
        );
        assert_eq!(found["x"]["digest"], format!("sha256:{}", Sha256::of(b"zip")));
        let found = read(&[(&one, Some(vec![file("dist/a"), file("assets/b")]))]);
        assert!(found["x"]["folder"].is_null());
        let many = (0..5_000).map(|number| file(&format!("dist/{number}"))).collect();
        let found = read(&[(&one, Some(many))]);
        assert!(found["x"]["files"].is_null() && found["x"]["artifact_id"] == 7);
    }
}
