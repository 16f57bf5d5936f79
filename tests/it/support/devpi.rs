//! A real devpi from PyPI, on a free loopback port, until it is dropped. Unlike pypiserver it has the simple index in JSON.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use tempfile::TempDir;

use super::tools::Python;
use super::workflow_files::root;

/// Who may upload.
pub(crate) const USER: &str = "release";
/// The user's password.
pub(crate) const PASSWORD: &str = "correct-horse-battery";

/// The server with its one index, and its log.
#[derive(Debug)]
pub(crate) struct Devpi {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Devpi {
    /// Starts it with an empty index, which takes a file name once. Everybody may look.
    pub(crate) fn start(python: &Python) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let complaints = folder.path().join("complaints");
        let mut child = python
            .command("python")
            .arg(root().join("tests/py/devpi_index.py"))
            .arg(folder.path().join("state"))
            .arg(PASSWORD)
            .arg(folder.path().join("log"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&complaints).expect("a temporary folder can be written to"))
            .spawn()
            .expect("the interpreter was installed");
        let mut port = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut port).expect("it is text");
        let Ok(port) = port.trim().parse() else {
            panic!("devpi did not start:\n{}", std::fs::read_to_string(complaints).unwrap_or_default())
        };
        Self { child, port, folder }
    }

    /// Where files are uploaded.
    pub(crate) fn repository_url(&self) -> String {
        format!("http://127.0.0.1:{}/{USER}/stable/", self.port)
    }

    /// Where installers look.
    pub(crate) fn index_url(&self) -> String {
        format!("http://127.0.0.1:{}/{USER}/stable/+simple/", self.port)
    }

    /// The statuses of the uploads so far.
    pub(crate) fn uploads(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let to = format!("POST /{USER}/stable/ ");
        log.lines().filter_map(|line| line.strip_prefix(&to)).map(str::to_owned).collect()
    }
}

impl Drop for Devpi {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
