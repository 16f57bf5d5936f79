//! The one set-up of the tests: tools that pip and npm install and apt unpacks, once a machine, under `target/`. What other systems
//! are built with comes from rustup and Debian too, and stays on the machine (`cross`).
//!
//! The tests download nothing else but the files of `corpus`, by the Python that is found here. Everything comes
//! through these as they are configured, so nothing here knows where they fetch from.

use std::fmt::Display;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::workflow_files::root;

/// The npm packages, each at one version.
const NPM: &[&str] = &[
    "@actions/languageservice@0.3.61",
    "@actions/workflow-parser@0.3.61",
    "@microsoft/jest-sarif@1.0.0-beta.0",
    "@octokit/rest@22.0.1",
    "esbuild@0.28.2",
];

/// GitHub's own client for artifacts, in a folder of its own: it brings more than all others together.
const ARTIFACT: &[&str] = &["@actions/artifact@6.2.1"];

/// npm's own library of versions, in a folder of its own, so that a newer one moves nothing else.
const SEMVER: &[&str] = &["semver@7.8.6"];

/// The Debian package of GitHub's command line client.
const GH: &str = "gh";

/// Python with the packages of a list in `tests/data`.
#[derive(Debug)]
pub(crate) struct Python {
    folder: PathBuf,
}

/// Node with some of the packages above.
#[derive(Debug)]
pub(crate) struct Node {
    folder: PathBuf,
}

/// Where what the tests download and build is kept between runs.
pub(crate) fn cache() -> &'static Path {
    static CACHE: OnceLock<PathBuf> = OnceLock::new();
    CACHE.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is a folder below `target`");
        target.to_owned()
    })
}

/// What a test needs, or the end of it: a test skips aloud what the machine cannot give, but on CI that is a failure.
pub(crate) fn or_skip<T>(what: &str, had: Result<T, impl Display>) -> Option<T> {
    match had {
        Ok(had) => Some(had),
        Err(why) if std::env::var("CI").is_ok_and(|value| value == "true") => {
            panic!("{what} cannot be had, and on CI nothing is skipped: {why}")
        }
        Err(why) => {
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            // Not `eprintln!`, which the test harness hides while a test passes.
            drop(writeln!(std::io::stderr(), "SKIPPED {test}: {what} cannot be had: {why}"));
            None
        }
    }
}

/// Python with its packages; nothing where they cannot be had.
pub(crate) fn python() -> Option<&'static Python> {
    static PYTHON: OnceLock<Result<Python, String>> = OnceLock::new();
    let had = PYTHON.get_or_init(|| Python::installed("python", "requirements.txt"));
    or_skip("Python with its packages", had.as_ref())
}

/// Python with `PyGithub`, apart from the judges of distributions; nothing where it cannot be had.
pub(crate) fn github_python() -> Option<&'static Python> {
    static PYTHON: OnceLock<Result<Python, String>> = OnceLock::new();
    let had = PYTHON.get_or_init(|| Python::installed("python-github", "requirements-github.txt"));
    or_skip("Python with PyGithub", had.as_ref())
}

/// Python with devpi, apart from everything else; nothing where it cannot be had.
pub(crate) fn devpi_python() -> Option<&'static Python> {
    static PYTHON: OnceLock<Result<Python, String>> = OnceLock::new();
    let had = PYTHON.get_or_init(|| Python::installed("python-devpi", "requirements-devpi.txt"));
    or_skip("Python with devpi", had.as_ref())
}

/// Python with the libraries by which PyPI judges uploads; nothing where it cannot be had.
pub(crate) fn conformance_python() -> Option<&'static Python> {
    static PYTHON: OnceLock<Result<Python, String>> = OnceLock::new();
    let had = PYTHON.get_or_init(|| Python::installed("python-conformance", "requirements-conformance.txt"));
    or_skip("Python with PyPI's libraries", had.as_ref())
}

/// Python with the backends that build packages; nothing where they cannot be had.
pub(crate) fn backends_python() -> Option<&'static Python> {
    static PYTHON: OnceLock<Result<Python, String>> = OnceLock::new();
    let had = PYTHON.get_or_init(|| Python::installed("python-backends", "requirements-backends.txt"));
    or_skip("Python with build backends", had.as_ref())
}

/// GitHub's command line client, as the machine's distribution packs it; unpacked, not installed. Nothing where it
/// cannot be had.
pub(crate) fn gh() -> Option<&'static Path> {
    static GH: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    or_skip("GitHub's command line client", GH.get_or_init(unpacked_gh).as_ref()).map(PathBuf::as_path)
}

fn unpacked_gh() -> Result<PathBuf, String> {
    let folder = once(GH, GH, |folder| {
        let download = || run(Command::new("apt-get").args(["download", "--quiet", GH]).current_dir(folder));
        if download().is_err() {
            run(Command::new("apt-get").args(["update", "--quiet"]))?;
            download()?;
        }
        let told = |error: std::io::Error| error.to_string();
        let mut files = std::fs::read_dir(folder).map_err(told)?.flatten().map(|entry| entry.path());
        let package = files.find(|path| path.extension().is_some_and(|extension| extension == "deb"));
        let package = package.ok_or("apt-get downloaded nothing")?;
        run(Command::new("dpkg").arg("-x").arg(package).arg(folder)).map(drop)
    })?;
    Ok(folder.join("usr/bin/gh"))
}

/// Node with its packages; nothing where they cannot be had.
pub(crate) fn node() -> Option<&'static Node> {
    static NODE: OnceLock<Result<Node, String>> = OnceLock::new();
    or_skip("Node with its packages", NODE.get_or_init(|| Node::installed("node", NPM)).as_ref())
}

/// Node with GitHub's client for artifacts; nothing where it cannot be had.
pub(crate) fn artifact_client() -> Option<&'static Node> {
    static NODE: OnceLock<Result<Node, String>> = OnceLock::new();
    let had = NODE.get_or_init(|| Node::installed("node-artifact", ARTIFACT));
    or_skip("GitHub's client for artifacts", had.as_ref())
}

/// Node with npm's library of versions; nothing where it cannot be had.
pub(crate) fn semver_node() -> Option<&'static Node> {
    static NODE: OnceLock<Result<Node, String>> = OnceLock::new();
    let had = NODE.get_or_init(|| Node::installed("node-semver", SEMVER));
    or_skip("Node with npm's library of versions", had.as_ref())
}

impl Python {
    fn installed(name: &str, requirements: &str) -> Result<Self, String> {
        let requirements = root().join("tests/data").join(requirements);
        let pins = std::fs::read_to_string(&requirements).map_err(|error| error.to_string())?;
        let folder = once(name, &pins, |folder| {
            run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
            let mut pip = Command::new(folder.join("bin/python"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
            run(pip.arg(&requirements)).map(drop)
        })?;
        Ok(Self { folder })
    }

    /// A program that one of the packages brought; `python` is the interpreter.
    pub(crate) fn command(&self, program: &str) -> Command {
        Command::new(self.folder.join("bin").join(program))
    }
}

impl Node {
    fn installed(name: &str, packages: &[&str]) -> Result<Self, String> {
        let folder = once(name, &packages.join("\n"), |folder| {
            std::fs::write(folder.join("package.json"), r#"{"private":true}"#)
                .map_err(|error| error.to_string())?;
            let mut npm = Command::new("npm");
            npm.args([
                "install",
                "--no-package-lock",
                "--no-fund",
                "--no-audit",
                "--ignore-scripts",
                "--silent",
            ]);
            run(npm.args(packages).current_dir(folder)).map(drop)
        })?;
        Ok(Self { folder })
    }

    /// A file of one of the packages.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.folder.join("node_modules").join(path)
    }

    /// Node on a module of `tests/js`, as it is, beside the packages that it imports.
    pub(crate) fn module(&self, name: &str) -> Command {
        // Tests of this process and of others put it there at the same time.
        let (process, thread) = (std::process::id(), std::thread::current().id());
        let copy = self.folder.join(format!("{name}.{process}.{thread:?}"));
        std::fs::copy(root().join("tests/js").join(name), &copy).expect("the cache can be written to");
        let module = self.folder.join(name);
        std::fs::rename(&copy, &module).expect("the cache can be written to");
        let mut node = Command::new("node");
        node.arg(module);
        node
    }

    /// Node on a script of `tests/js`, bundled with the packages it imports.
    ///
    /// A bundle because packages that import JSON do so in ways that not every version of Node takes.
    pub(crate) fn script(&self, name: &str) -> Command {
        let source = root().join("tests/js").join(name);
        // Tests of this process and of others bundle it at the same time.
        let (process, thread) = (std::process::id(), std::thread::current().id());
        let bundle = self.folder.join(format!("{name}.{process}.{thread:?}.cjs"));
        let mut esbuild = Command::new(self.folder.join("node_modules/.bin/esbuild"));
        esbuild.arg(source).args(["--bundle", "--platform=node", "--format=cjs", "--log-level=error"]);
        esbuild.arg(format!("--outfile={}", bundle.display()));
        run(esbuild.env("NODE_PATH", self.folder.join("node_modules")))
            .expect("the project's scripts are correct");
        let finished = self.folder.join(format!("{name}.cjs"));
        std::fs::rename(&bundle, &finished).expect("the cache can be written to");
        let mut node = Command::new("node");
        node.arg(finished);
        node
    }
}

/// A folder of the cache that `make` fills once for these `pins`, whoever comes first among all processes.
pub(super) fn once(
    name: &str,
    pins: &str,
    make: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let tools = cache().join("tools");
    let folder = tools.join(name);
    let stamp = folder.join("pins");
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(&tools).map_err(told)?;
    let lock = File::create(tools.join(format!("{name}.lock"))).map_err(told)?;
    lock.lock().map_err(told)?;
    if std::fs::read_to_string(&stamp).is_ok_and(|had| had == pins) {
        return Ok(folder);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(told)?;
    }
    std::fs::create_dir_all(&folder).map_err(told)?;
    make(&folder)?;
    std::fs::write(stamp, pins).map_err(told)?;
    Ok(folder)
}

/// Runs a command to its end, and tells what it said when it fails.
///
/// # Errors
///
/// The command cannot be started, or fails.
pub(crate) fn run(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{program}: {error}"))?;
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(told(&output.stdout));
    }
    Err(format!("{program}: {}\n{}\n{}", output.status, told(&output.stdout), told(&output.stderr)))
}
