//! Other uploaders of the same files: what twine or uv have put on an index, `publish` finds done; and what `publish` put
//! there, they find done.

use std::path::PathBuf;
use std::process::Command;

use release_action::sim::index::Scope;
use release_action::sim::universe::{Setup, Universe};
use tempfile::TempDir;

use super::servers::{Index, folder, packages};
use crate::support::devpi::Devpi;
use crate::support::index_server::{self, IndexServer};
use crate::support::tools::{Python, devpi_python, python, run};

fn files(folder: &TempDir) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.path()).expect("it is there");
    entries.map(|entry| entry.expect("a folder can be listed").path()).collect()
}

fn twine(python: &Python, index: &Index, folder: &TempDir) -> Command {
    let mut twine = python.command("twine");
    twine.args(["upload", "--non-interactive", "--disable-progress-bar", "--config-file", "/dev/null"]);
    twine.args(["--repository-url", &index.repository_url, "--username", &index.user]);
    twine.env("TWINE_PASSWORD", &index.password).args(files(folder));
    twine
}

fn uv(python: &Python, index: &Index, folder: &TempDir) -> Command {
    let mut uv = python.command("uv");
    uv.args(["publish", "--no-config", "--no-cache", "--trusted-publishing", "never"]);
    uv.args(["--publish-url", &index.repository_url, "--check-url", &index.index_url]);
    uv.args(["--username", &index.user]).env("UV_PUBLISH_PASSWORD", &index.password).args(files(folder));
    uv
}

/// Nothing is left to do for `publish`; `uploads` counts what reached the index.
fn nothing_is_left(index: &Index, folder: &TempDir, what: &str, uploads: &dyn Fn() -> usize) {
    let before = uploads();
    let outcome = index.publish(folder).expect_code(0);
    assert_eq!((outcome.output("outcome"), outcome.output("uploaded")), ("already-done", "0"), "{what}");
    assert_eq!(uploads(), before, "{what}");
}

/// One puts the files there, we find them. Then we put others there, and they find those.
fn each_finds_the_others(python: &Python, make: impl Fn() -> (Index, Box<dyn Fn() -> usize>)) {
    let release = folder(&packages("the same for all"));
    for (name, uploader) in [
        ("twine", twine as fn(&Python, &Index, &TempDir) -> Command),
        ("uv", uv as fn(&Python, &Index, &TempDir) -> Command),
    ] {
        let (index, uploads) = make();
        run(&mut uploader(python, &index, &release)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(uploads(), 2, "{name}");
        nothing_is_left(&index, &release, name, &*uploads);
    }
    let (index, uploads) = make();
    index.publish(&release).expect_code(0);
    let before = uploads();
    run(&mut uv(python, &index, &release)).unwrap_or_else(|error| panic!("uv: {error}"));
    assert_eq!(uploads(), before, "uv sends nothing that we have sent");
}

#[test]
fn uploaders_and_publish_find_each_others_files_on_pypiserver() {
    let Some(python) = python() else { return };
    let login = ("release", "correct-horse-battery");
    each_finds_the_others(python, || {
        let setup = index_server::Setup { login: Some(login), digest: "sha256" };
        let server = IndexServer::set_up(python, setup);
        (Index::of_server(&server, login.0, login.1), Box::new(move || server.uploads()))
    });
}

#[test]
fn uploaders_and_publish_find_each_others_files_on_devpi() {
    let (Some(python), Some(of_devpi)) = (python(), devpi_python()) else { return };
    each_finds_the_others(python, || {
        let server = Devpi::start(of_devpi);
        (Index::of_devpi(&server), Box::new(move || server.uploads().len()))
    });
}

#[test]
fn uploaders_and_publish_find_each_others_files_on_the_simulator() {
    let Some(python) = python() else { return };
    each_finds_the_others(python, || {
        let universe = Universe::start(Setup::default()).expect("loopback has free ports");
        let password = universe.index(|index| index.issue_token(Scope::User));
        let addresses = universe.addresses();
        let index = Index {
            repository_url: addresses.repository_url,
            index_url: addresses.index_url,
            user: "__token__".into(),
            password,
        };
        let uploads = move || universe.journal().iter().filter(|entry| entry.method == "POST").count();
        (index, Box::new(uploads))
    });
}
