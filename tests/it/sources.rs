//! Where a project states its version, held against those who read it: cargo, pip with the build backends, and uv.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::{ProptestConfig, proptest};
use proptest::prop_assert_eq;
use release_action::model::version::Version;
use release_action::sources::{self, Found, Role, Sources, Statement, Wanted};
use tempfile::TempDir;

mod cargo;
mod python;

/// The files of a project.
type Files = BTreeMap<String, String>;

fn files(list: &[(&str, &str)]) -> Files {
    list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// What is found in the project's folder.
fn found(files: &Files) -> Sources {
    let wanted = Wanted { discover: true, ..Wanted::default() };
    sources::find(files, &wanted).expect("a map of texts can be read")
}

fn statements(sources: &Sources) -> Vec<&Statement> {
    let found = sources.found.iter();
    found
        .filter_map(|found| match found {
            Found::Statement(statement) => Some(statement),
            _ => None,
        })
        .collect()
}

/// What was found, one line for each.
fn told(sources: &Sources) -> Vec<String> {
    let line = |found: &Found| match found {
        Found::Statement(Statement { file, line, key, text, .. }) => format!("{file}:{line} {key} = {text}"),
        Found::Dynamic { file, line, by } => format!("{file}:{line} is left to {by}"),
        Found::Unreadable { file, line: Some(line), why } => format!("{file}:{line} {why}"),
        Found::Unreadable { file, line: None, why } => format!("{file} {why}"),
    };
    sources.found.iter().map(line).collect()
}

/// The project with every place changed to a version.
fn bumped(files: &Files, to: &str) -> Files {
    let sources = found(files);
    let edits = sources::edit(files, &sources, &version(to));
    let mut files = files.clone();
    for edit in edits.unwrap_or_else(|error| panic!("{error}: {:#?}", told(&sources))) {
        assert_eq!(files.insert(edit.file, edit.after), Some(edit.before));
    }
    files
}

fn version(text: &str) -> Version {
    Version::from_pep440(text).expect("a version")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a file looks like: nothing panics, and what is edited has all its other bytes as before.
    #[test]
    fn broken_files_break_nothing(
        file in 0..8_usize,
        at in 0..600_usize,
        length in 0..12_usize,
        new in "[\\[\\]{}=\"'\\\\\r\n.,*0-9a-z^<>~# \u{feff}]{0,8}",
    ) {
        for mut files in [cargo::workspace(), python::lockstep()] {
            let path = files.keys().nth(file % files.len()).cloned().unwrap_or_default();
            let text = files.entry(path).or_default();
            let edge = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
            let (start, end) = (edge(at).unwrap_or_default(), edge(at + length).unwrap_or_default());
            text.replace_range(start..end, &new);
            let sources = found(&files);
            let Ok(edits) = sources::edit(&files, &sources, &version("7.8.9")) else { continue };
            let mut after = files.clone();
            after.extend(edits.into_iter().map(|edit| (edit.file, edit.after)));
            prop_assert_eq!(without_versions(&files), without_versions(&after));
        }
    }
}

/// The files with nothing where versions and requirements are.
fn without_versions(files: &Files) -> Files {
    let mut bare = files.clone();
    let sources = found(files);
    for place in statements(&sources).into_iter().rev() {
        let range = match &place.role {
            Role::Pin { requirement, at, .. } => *at..at + requirement.len(),
            Role::Version | Role::Lock => place.span.clone(),
        };
        bare.get_mut(&place.file).expect("it was read").replace_range(range, "");
    }
    bare
}

fn on_disk(files: &Files) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(files, folder.path());
    folder
}

fn write(files: &Files, folder: &Path) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("it is below the folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
}
