//! An index that judges uploads by the libraries which PyPI uses, on a free loopback port, until it is dropped.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use tempfile::TempDir;

use super::tools::Python;
use super::workflow_files::root;

/// The password of the user `__token__`.
pub(crate) const PASSWORD: &str = "pypi-of-the-conformance-index";

/// The index, and its log.
#[derive(Debug)]
pub(crate) struct ConformanceIndex {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl ConformanceIndex {
    /// Starts it, empty.
    pub(crate) fn start(python: &Python) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let complaints = folder.path().join("complaints");
        let mut child = python
            .command("python")
            .arg(root().join("tests/py/conformance_index.py"))
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
            panic!("the index did not start:\n{}", std::fs::read_to_string(complaints).unwrap_or_default())
        };
        Self { child, port, folder }
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where files are uploaded.
    pub(crate) fn repository_url(&self) -> String {
        format!("http://{}/legacy/", self.authority())
    }

    /// Where installers look.
    pub(crate) fn index_url(&self) -> String {
        format!("http://{}/simple/", self.authority())
    }

    /// The statuses of the uploads so far.
    pub(crate) fn uploads(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        log.lines().filter_map(|line| line.strip_prefix("POST /legacy/ ")).map(str::to_owned).collect()
    }
}

impl Drop for ConformanceIndex {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
