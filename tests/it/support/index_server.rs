//! A real Python index: pypiserver from PyPI, on a free loopback port, until it is dropped.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::tools::{Python, run};
use super::workflow_files::root;

/// The server, its packages and its log.
#[derive(Debug)]
pub(crate) struct IndexServer {
    child: Child,
    port: u16,
    folder: TempDir,
}

/// How the server is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup<'a> {
    /// Who may upload; everybody where nobody is named.
    pub(crate) login: Option<(&'a str, &'a str)>,
    /// The digest that the links of its pages state: `sha256`, `md5` or `none`.
    pub(crate) digest: &'a str,
}

impl IndexServer {
    /// Starts an empty index to which one user may upload; everybody may look.
    pub(crate) fn start(python: &Python, user: &str, password: &str) -> Self {
        Self::set_up(python, Setup { login: Some((user, password)), digest: "sha256" })
    }

    /// Starts an empty index.
    pub(crate) fn set_up(python: &Python, Setup { login, digest }: Setup<'_>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        for name in ["packages", "rival"] {
            std::fs::create_dir(folder.path().join(name)).expect("a temporary folder can be written to");
        }
        let users = match login {
            None => PathBuf::from("."),
            Some((user, password)) => {
                let users = folder.path().join("users");
                std::fs::write(&users, format!("{user}:{}\n", hashed(python, password))).expect("as above");
                users
            }
        };
        // A file, because it reports every refused upload there, and a pipe that nobody reads would fill up.
        let complaints = folder.path().join("complaints");
        let mut child = python
            .command("python")
            .arg(root().join("tests/py/index_server.py"))
            .args([&folder.path().join("packages"), &users, &folder.path().join("log")])
            .arg(digest)
            .arg(folder.path().join("rival"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&complaints).expect("as above"))
            .spawn()
            .expect("the interpreter was installed");
        let mut port = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut port).expect("it is text");
        let Ok(port) = port.trim().parse() else {
            panic!("the index did not start:\n{}", std::fs::read_to_string(complaints).unwrap_or_default())
        };
        Self { child, port, folder }
    }

    /// Somebody else brings this file at the moment when the next upload arrives, before that is looked at.
    pub(crate) fn outrun_by(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join("rival").join(name), bytes)
            .expect("a temporary folder can be written to");
    }

    /// Where files are uploaded.
    pub(crate) fn repository_url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Where installers look.
    pub(crate) fn index_url(&self) -> String {
        format!("http://127.0.0.1:{}/simple/", self.port)
    }

    /// Where the files lie that it holds.
    pub(crate) fn packages(&self) -> PathBuf {
        self.folder.path().join("packages")
    }

    /// The requests so far: method, path and status.
    pub(crate) fn requests(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// How many of the requests so far were uploads.
    pub(crate) fn uploads(&self) -> usize {
        self.requests().iter().filter(|request| request.starts_with("POST ")).count()
    }

    /// `pip download` of exactly this project from this index and no other, whatever platform a file is for.
    pub(crate) fn pip_download(&self, python: &Python) -> Command {
        let mut pip = python.command("python");
        pip.args(["-m", "pip", "--isolated", "download", "--no-deps", "--no-cache-dir", "--quiet"]);
        pip.args(["--disable-pip-version-check", "--index-url", &self.index_url()]);
        pip.env_remove("PIP_FIND_LINKS");
        pip
    }
}

impl Drop for IndexServer {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A password as the file of users holds it.
fn hashed(python: &Python, password: &str) -> String {
    let code = "import sys; from passlib.apache import HtpasswdFile as F; f = F(default_scheme='sha256_crypt'); \
        f.set_password('u', sys.argv[1]); print(f.to_string().decode().strip().removeprefix('u:'))";
    run(python.command("python").args(["-c", code, password])).expect("passlib was installed")
}
