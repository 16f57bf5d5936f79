//! The program against indexes that others wrote: pypiserver, which has pages only, and devpi, which has JSON.

use release_action::archive::build::WheelBuilder;
use tempfile::TempDir;

use crate::support::corpus::hex;
use crate::support::devpi::{self, Devpi};
use crate::support::index_server::{IndexServer, Setup};
use crate::support::program::{Outcome, Program};
use crate::support::tools::{devpi_python, python};
use crate::support::world::{ReleaseFile, write_files};

/// An index, and who uploads to it.
#[derive(Clone, Debug)]
pub(super) struct Index {
    pub(super) repository_url: String,
    pub(super) index_url: String,
    pub(super) user: String,
    pub(super) password: String,
}

impl Index {
    pub(super) fn of_server(server: &IndexServer, user: &str, password: &str) -> Self {
        let (repository_url, index_url) = (server.repository_url(), server.index_url());
        Self { repository_url, index_url, user: user.to_owned(), password: password.to_owned() }
    }

    pub(super) fn of_devpi(server: &Devpi) -> Self {
        let (repository_url, index_url) = (server.repository_url(), server.index_url());
        Self { repository_url, index_url, user: devpi::USER.into(), password: devpi::PASSWORD.into() }
    }

    /// The program's `publish` of these files to it.
    pub(super) fn publish(&self, folder: &TempDir) -> Outcome {
        Program::mode("publish")
            .flag("packages-dir", folder.path())
            .flag("repository-url", &self.repository_url)
            .flag("index-url", &self.index_url)
            .flag("user", &self.user)
            .input("password", &self.password)
            .secret(&self.password)
            .run()
    }
}

/// A wheel for every machine and the sdist of `sample` 1.2.0, which differ from those with another `text` in them.
pub(super) fn packages(text: &str) -> Vec<ReleaseFile> {
    let mut wheel = WheelBuilder::new("sample", "1.2.0", "py3", "none", "any");
    wheel.member("sample/text.py", format!("TEXT = {text:?}\n"));
    let sdist = release_action::archive::build::SdistBuilder::new("sample", "1.2.0").build();
    [wheel.build(), sdist].map(|(name, bytes)| (name.to_string(), bytes)).into()
}

/// A folder with these files.
pub(super) fn folder(files: &[ReleaseFile]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    write_files(folder.path(), files);
    folder
}

const LOGIN: (&str, &str) = ("release", "correct-horse-battery");

/// Publishes to this index, again, and other bytes under a name that is taken; `uploads` counts what reached it.
fn once_and_no_more(index: &Index, what: &str, uploads: impl Fn() -> usize) {
    let ours = folder(&packages("ours"));
    let first = index.publish(&ours).expect_code(0);
    assert_eq!((first.output("outcome"), first.output("uploaded")), ("done", "2"), "{what}");
    assert_eq!(uploads(), 2, "{what}");

    let again = index.publish(&ours).expect_code(0);
    assert_eq!((again.output("outcome"), again.output("uploaded")), ("already-done", "0"), "{what}");
    let other = index.publish(&folder(&packages("other"))).expect_code(1);
    assert!(other.finds("publish/other-bytes", "sample-1.2.0-py3-none-any.whl"), "{what}: {}", other.told());
    assert_eq!(uploads(), 2, "{what}: nothing more was sent");
}

#[test]
fn pypiserver_takes_files_once_whatever_digest_its_pages_state() {
    let Some(python) = python() else { return };
    for digest in ["sha256", "md5", "none"] {
        let server = IndexServer::set_up(python, Setup { login: Some(LOGIN), digest });
        once_and_no_more(&Index::of_server(&server, LOGIN.0, LOGIN.1), digest, || server.uploads());
        for (name, bytes) in packages("ours") {
            let stored = std::fs::read(server.packages().join(&name)).unwrap_or_default();
            assert_eq!(hex(&stored), hex(&bytes), "{name}");
        }
    }
}

#[test]
fn pypiserver_without_passwords_takes_any() {
    let Some(python) = python() else { return };
    let server = IndexServer::set_up(python, Setup { login: None, digest: "sha256" });
    once_and_no_more(&Index::of_server(&server, "anybody", "anything"), "open", || server.uploads());
}

#[test]
fn pypiserver_refuses_a_wrong_password_in_words_that_are_told() {
    let Some(python) = python() else { return };
    let server = IndexServer::set_up(python, Setup { login: Some(LOGIN), digest: "sha256" });
    let outcome = Index::of_server(&server, LOGIN.0, "staple").publish(&folder(&packages("ours")));
    let outcome = outcome.expect_code(2);
    assert!(
        outcome.stderr.contains("403") && outcome.stderr.contains("are user and password right"),
        "{}",
        outcome.told()
    );
    assert_eq!(std::fs::read_dir(server.packages()).expect("it is there").count(), 0);
}

/// Between the look and the upload somebody else was faster: the server answers 409, and what it holds decides.
#[test]
fn a_name_that_pypiserver_says_is_taken_is_looked_at_again() {
    let Some(python) = python() else { return };
    for digest in ["sha256", "none"] {
        for (theirs, is_good) in [("ours", true), ("theirs", false)] {
            let server = IndexServer::set_up(python, Setup { login: Some(LOGIN), digest });
            let (name, bytes) = packages(theirs).swap_remove(0);
            server.outrun_by(&name, &bytes);
            let outcome = Index::of_server(&server, LOGIN.0, LOGIN.1).publish(&folder(&packages("ours")));
            assert!(server.requests().contains(&"POST / 409".to_owned()), "{:?}", server.requests());
            if is_good {
                assert_eq!(outcome.code, Some(0), "{digest}: {}", outcome.told());
                assert_eq!(server.uploads(), 2, "{digest}");
            } else {
                assert!(outcome.code.is_some_and(|code| code != 0), "{digest}: {}", outcome.told());
                assert!(outcome.stderr.contains(&name), "{digest}: {}", outcome.told());
                assert_eq!(server.uploads(), 1, "{digest}: the sdist stays here");
            }
            let stored = std::fs::read(server.packages().join(&name)).expect("somebody brought it");
            assert_eq!(hex(&stored), hex(&bytes), "{digest}");
        }
    }
}

#[test]
fn devpi_takes_files_once_and_refuses_a_wrong_password() {
    let Some(python) = devpi_python() else { return };
    let server = Devpi::start(python);
    let index = Index::of_devpi(&server);
    let refused = Index { password: "staple".into(), ..index.clone() };
    let outcome = refused.publish(&folder(&packages("ours"))).expect_code(2);
    let status = server.uploads().pop().expect("the refused one");
    assert!(
        ["401", "403"].contains(&status.as_str()) && outcome.stderr.contains(&status),
        "{}",
        outcome.told()
    );

    let before = server.uploads().len();
    once_and_no_more(&index, "devpi", || server.uploads().len() - before);
    assert!(server.uploads()[before..].iter().all(|status| status == "200"), "{:?}", server.uploads());
}
