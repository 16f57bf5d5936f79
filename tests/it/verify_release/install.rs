//! `install-check`: a user's way to the release, by pip, from a simulated index.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use release_action::archive::build::SdistBuilder;
use release_action::model::digest::Sha256;

use super::{checks, found, pure_wheel, run, verify};
use crate::support::program::Outcome;
use crate::support::tools::{Python, python};
use crate::support::world::World;

/// A release of one pure wheel, that is out.
fn out(wheel: (String, Vec<u8>)) -> World {
    let world = World::holding(vec![wheel, ("notes.txt".to_owned(), b"notes\n".to_vec())], "");
    world.play_all();
    world
}

fn check(world: &World, code: i32) -> Outcome {
    run(world, verify(world).input("install-check", "true"), code)
}

#[test]
fn a_release_is_installed_by_name_and_version_and_imported() {
    let Some(_) = python() else { return };
    let world = out(pure_wheel(|wheel| {
        wheel.member("sample/__init__.py", "import os; assert 'PIP_INDEX_URL' not in os.environ");
    }));
    let outcome = check(&world, 0);
    assert_eq!((outcome.output("installed"), outcome.output("outcome")), ("1", "done"), "{}", outcome.told());
    assert!(outcome.stdout.contains("install sample==1.2.0 from 127.0.0.1"), "{}", outcome.told());
    let journal = world.universe.journal();
    let is_fetch = |path: &str| path.starts_with("/files/") && path.ends_with(".whl");
    assert!(journal.iter().any(|entry| is_fetch(&entry.path)), "pip fetched it");
}

#[test]
fn a_release_that_cannot_be_imported_is_found() {
    let Some(_) = python() else { return };
    let world = out(pure_wheel(|wheel| {
        wheel.member("sample/__init__.py", "raise RuntimeError('boom')");
    }));
    let outcome = check(&world, 1);
    let told = found(&outcome, "verify/not-imported");
    assert!(told.len() == 1 && told[0].1.contains("RuntimeError: boom"), "{}", outcome.told());
}

#[test]
fn a_release_that_needs_what_the_index_does_not_have_is_found() {
    let Some(_) = python() else { return };
    let world = out(pure_wheel(|wheel| {
        wheel.add_metadata("Requires-Dist", "nobody-has-this>=1");
    }));
    let outcome = check(&world, 1);
    let told = found(&outcome, "verify/not-installed");
    assert!(told.len() == 1 && told[0].1.contains("nobody-has-this"), "{}", outcome.told());
}

#[test]
fn a_release_for_other_systems_proves_nothing_here() {
    let Some(_) = python() else { return };
    let world = out(pure_wheel(|wheel| {
        wheel.tags("cp26", "none", "any");
    }));
    let outcome = check(&world, 1);
    assert_eq!(checks(&outcome), ["verify/nothing-installs-here"], "{}", outcome.told());
    assert!(found(&outcome, "verify/nothing-installs-here")[0].1.contains("`sample`"));
}

#[test]
fn a_dry_run_installs_nothing() {
    let Some(_) = python() else { return };
    let world = out(pure_wheel(|_| {}));
    let program = verify(&world).input("install-check", "true").input("dry-run", "true");
    let outcome = run(&world, program, 0);
    assert_eq!((outcome.output("outcome"), outcome.output("installed")), ("planned", "0"));
    assert!(world.universe.journal().iter().all(|entry| !entry.path.starts_with("/files/")));
}

#[test]
fn nothing_is_installed_of_a_release_that_is_not_whole() {
    let world = out(pure_wheel(|_| {}));
    world.universe.index(|index| {
        let (name, bytes) = SdistBuilder::new("sample", "1.2.0").build();
        index.place(&name, bytes).expect("an sdist");
        index.delete("sample-1.2.0-py3-none-any.whl").expect("it was there");
    });
    let outcome = check(&world, 1);
    assert_eq!(checks(&outcome), ["verify/not-on-registry", "verify/undeclared-file"], "{}", outcome.told());
}

#[test]
fn it_is_refused_in_the_container_and_before_anything_is_out() {
    let world = World::new();
    let program = verify(&world).input("install-check", "true");
    let outcome = program.env("RELEASE_ACTION_IMAGE", "1").run().expect_code(64);
    assert!(outcome.stdout.contains("holds no Python"), "{}", outcome.told());
    assert!(outcome.stdout.contains("release-action verify-release --install-check"), "{}", outcome.told());
    let program = verify(&world).input("install-check", "true").input("when", "before-publish");
    assert!(program.run().expect_code(64).stdout.contains("nothing to install"));
}

/// A server of files that wants a user and a password for everything, and prints its port.
const PRIVATE_SERVER: &str = r#"
import base64, functools, http.server, sys

class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.headers.get("Authorization") != "Basic " + base64.b64encode(sys.argv[2].encode()).decode():
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic realm=shelf")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=sys.argv[1]))
print(server.server_port, flush=True)
server.serve_forever()
"#;

/// The server, until it is dropped.
struct PrivateIndex(Child);

impl Drop for PrivateIndex {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl PrivateIndex {
    /// Serves `folder` to whoever logs in, and gives its origin.
    fn start(python: &Python, folder: &Path, login: &str) -> (Self, String) {
        let mut command = python.command("python");
        command.args(["-c", PRIVATE_SERVER]).arg(folder).arg(login);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the interpreter was installed");
        let mut port = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut port).expect("it is text");
        (Self(child), format!("http://127.0.0.1:{}", port.trim()))
    }
}

#[test]
fn an_index_that_is_not_public_is_installed_from_and_its_password_stays_with_the_installer() {
    let Some(python) = python() else { return };
    let looks = "import os, glob; text = repr(dict(os.environ)); assert 'hunter' not in text, text; \
                 assert not glob.glob(os.path.expanduser('~/.netrc'))";
    let world = out(pure_wheel(|wheel| {
        wheel.member("sample/__init__.py", looks);
    }));
    let (name, bytes) = &world.files[0];
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("simple/sample");
    std::fs::create_dir_all(&project).expect("made");
    let link = format!("<!DOCTYPE html><a href=\"{name}#sha256={}\">{name}</a>", Sha256::of(bytes));
    std::fs::write(project.join("index.html"), link).expect("written");
    std::fs::write(project.join(name), bytes).expect("written");
    // Its characters are such as an address has to write in another way.
    let (_server, origin) = PrivateIndex::start(python, folder.path(), "keeper:hunter/2@x%y");
    let program = |password: &str| {
        verify(&world)
            .input("install-check", "true")
            .input("repository-url", format!("{origin}/legacy/"))
            .input("index-url", format!("{origin}/simple/"))
            .input("user", "keeper")
            .input("password", password)
            .secret("hunter")
    };
    let outcome = run(&world, program("hunter/2@x%y"), 0);
    assert_eq!(outcome.output("installed"), "1", "{}", outcome.told());
    run(&world, program("hunter/3"), 2);
}

#[test]
fn nothing_is_built_by_an_installer_that_knows_a_password() {
    let Some(python) = python() else { return };
    let (name, bytes) = SdistBuilder::new("sample", "1.2.0").build();
    let (name, link_of) = (name.to_string(), Sha256::of(&bytes));
    let world = out((name.clone(), bytes.clone()));
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("simple/sample");
    std::fs::create_dir_all(&project).expect("made");
    let link = format!("<!DOCTYPE html><a href=\"{name}#sha256={link_of}\">{name}</a>");
    std::fs::write(project.join("index.html"), link).expect("written");
    std::fs::write(project.join(&name), bytes).expect("written");
    let (_server, origin) = PrivateIndex::start(python, folder.path(), "keeper:hunter2");
    let program = verify(&world)
        .input("install-check", "true")
        .input("repository-url", format!("{origin}/legacy/"))
        .input("index-url", format!("{origin}/simple/"))
        .input("user", "keeper")
        .input("password", "hunter2")
        .secret("hunter2");
    let outcome = run(&world, program, 1);
    let told = found(&outcome, "verify/nothing-installs-here");
    assert!(told.len() == 1 && told[0].1.contains("wants a password"), "{}", outcome.told());
}
