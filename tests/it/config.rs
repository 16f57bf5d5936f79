//! The configuration file, by the real program: what holds, what is refused, what is explained, and what `init` writes;
//! and the names of other actions.

mod aliases;
mod explain;
mod file;
mod init;
mod projects;

use std::fs;
use std::path::Path;

use release_action::archive::build::WheelBuilder;
use tempfile::TempDir;

use crate::support::program::{Outcome, Program};

/// A workspace with these files.
fn workspace(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    folder
}

fn write(folder: &Path, path: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("a folder can be made");
    fs::write(path, text).expect("a file can be written");
}

/// A good wheel in a folder of the workspace.
fn add_wheel(workspace: &TempDir, folder: &str) {
    let (name, bytes) = WheelBuilder::new("sample", "1.2.0", "py3", "none", "any").build();
    write(workspace.path(), &format!("{folder}/{name}"), bytes);
}

fn validate(workspace: &TempDir) -> Program {
    Program::mode("validate-wheels").current_dir(workspace.path())
}

#[track_caller]
fn says(outcome: &Outcome, words: &[&str]) {
    let log = format!("{}{}", outcome.stdout, outcome.stderr);
    for word in words {
        assert!(log.contains(word), "`{word}` is not said\n{}", outcome.told());
    }
}
