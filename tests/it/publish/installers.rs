//! What was published is there for those whom it is for: pip and uv install it, and hold it to the digest.

use std::path::Path;
use std::process::Command;

use release_action::sim::index::Scope;
use release_action::sim::universe::{Setup, Universe};

use super::servers::{Index, folder, packages};
use crate::support::corpus::hex;
use crate::support::index_server::{self, IndexServer};
use crate::support::tools::{Python, python, run};

/// pip and uv, each told to install the sample from this index and no other, into `target`.
fn installers(
    python: &Python,
    index_url: &str,
    requirements: &Path,
    target: &Path,
) -> [(&'static str, Command); 2] {
    let mut pip = python.command("python");
    pip.args([
        "-m",
        "pip",
        "--isolated",
        "install",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--quiet",
    ]);
    let mut uv = python.command("uv");
    uv.args(["pip", "install", "--no-config", "--no-cache", "--quiet", "--python"]);
    uv.arg(python.command("python").get_program());
    let mut both = [("pip", pip), ("uv", uv)];
    for (name, command) in &mut both {
        command.args(["--no-deps", "--require-hashes", "--index-url", index_url]);
        command.arg("--target").arg(target.join(*name)).arg("--requirement").arg(requirements);
        for variable in
            ["PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INDEX"]
        {
            command.env_remove(variable);
        }
    }
    both
}

/// Publishes to the index, and has it installed.
fn published_and_installed(python: &Python, index: &Index) {
    let files = packages("the text that was published");
    index.publish(&folder(&files)).expect_code(0);
    let machine = tempfile::tempdir().expect("a temporary folder can be made");
    let requirements = machine.path().join("requirements.txt");
    let wheel = files.iter().find(|(name, _)| name.ends_with(".whl")).expect("there is one");
    let line = format!("sample==1.2.0 --hash=sha256:{}\n", hex(&wheel.1));
    std::fs::write(&requirements, line).expect("a temporary folder can be written to");
    for (name, mut command) in installers(python, &index.index_url, &requirements, machine.path()) {
        run(&mut command).unwrap_or_else(|error| panic!("{name}: {error}"));
        let code = "import sys; sys.path.insert(0, sys.argv[1]); import sample, sample.text; \
                    from importlib.metadata import version; \
                    print(sample.__version__, version('sample'), sample.text.TEXT)";
        let said = run(python.command("python").args(["-I", "-c", code]).arg(machine.path().join(name)));
        let said = said.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(said, "1.2.0 1.2.0 the text that was published", "{name}");
    }
}

#[test]
fn pip_and_uv_install_from_pypiserver_what_was_published() {
    let Some(python) = python() else { return };
    let login = ("release", "correct-horse-battery");
    let setup = index_server::Setup { login: Some(login), digest: "sha256" };
    let server = IndexServer::set_up(python, setup);
    published_and_installed(python, &Index::of_server(&server, login.0, login.1));
}

#[test]
fn pip_and_uv_install_from_the_simulator_what_was_published() {
    let Some(python) = python() else { return };
    let universe = Universe::start(Setup::default()).expect("loopback has free ports");
    let password = universe.index(|index| index.issue_token(Scope::User));
    let addresses = universe.addresses();
    let (repository_url, index_url) = (addresses.repository_url, addresses.index_url);
    published_and_installed(python, &Index { repository_url, index_url, user: "__token__".into(), password });
}
