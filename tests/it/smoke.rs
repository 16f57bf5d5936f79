//! The smoke test, by the real program with the interpreters of this machine: pip by default, uv where it is on `PATH`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use release_action::archive::build::{SdistBuilder, WheelBuilder};
use release_action::model::interpreter::{Interpreter, Libc, Platform};
use tempfile::TempDir;

use crate::support::index_server::IndexServer;
use crate::support::program::{Outcome, Program};
use crate::support::tools::{Python, python, run};
use crate::support::workflow_files::root;

/// A build backend in the sdist itself, which needs nothing but Python.
const BACKEND: &str = r#"
import base64, hashlib, os, zipfile

def get_requires_for_build_wheel(config_settings=None):
    return REQUIRES

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "sample-1.0-py3-none-any.whl"
    info = "sample-1.0.dist-info/"
    members = {
        "sample/__init__.py": open("sample/__init__.py").read(),
        info + "METADATA": "Metadata-Version: 2.1\nName: sample\nVersion: 1.0\n",
        info + "WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        for path, text in members.items():
            wheel.writestr(path, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            rows.append("%s,sha256=%s,%d\n" % (path, digest, len(text.encode())))
        rows.append(info + "RECORD,,\n")
        wheel.writestr(info + "RECORD", "".join(rows))
    return name
"#;

/// A folder of files to validate.
struct Release(TempDir);

impl Release {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("dist")).expect("made");
        Self(folder)
    }

    fn wheel(self, edit: impl FnOnce(&mut WheelBuilder)) -> Self {
        let mut builder = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
        edit(&mut builder);
        let (name, bytes) = builder.build();
        fs::write(self.0.path().join("dist").join(name.as_str()), bytes).expect("written");
        self
    }

    /// An sdist with the backend above.
    fn sdist(self, requires: &str, asked: &str, module: &str) -> Self {
        let mut builder = SdistBuilder::new("sample", "1.0");
        let pyproject = format!(
            "[build-system]\nrequires = [{requires}]\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n\n\
             [project]\nname = \"sample\"\nversion = \"1.0\"\ndescription = \"A sample distribution\"\n\
             license = \"MIT\"\nlicense-files = [\"LICENSE\"]\nrequires-python = \">=3.9\"\n"
        );
        builder.member("pyproject.toml", pyproject).member("sample/__init__.py", module);
        builder.member("backend.py", BACKEND.replace("REQUIRES", &format!("[{asked}]")));
        let (name, bytes) = builder.build();
        fs::write(self.0.path().join("dist").join(name.as_str()), bytes).expect("written");
        self
    }

    fn validate(&self) -> Program {
        Program::mode("validate-wheels").current_dir(self.0.path())
    }

    fn test(&self) -> Program {
        self.validate().input("smoke-test", "true").input("smoke-index-url", NO_INDEX)
    }

    /// The same for the sdist alone.
    fn test_sdist(&self) -> Program {
        self.validate().input("smoke-test-sdist", "true").input("smoke-index-url", NO_INDEX)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.0.path().join("release-manifest/smoke-test.log")).unwrap_or_default()
    }

    fn has_manifest(&self) -> bool {
        self.0.path().join("release-manifest/manifest.json").exists()
    }
}

/// Nobody listens there: whoever asks an index without being told to fails.
const NO_INDEX: &str = "http://127.0.0.1:9/simple/";

fn message(outcome: &Outcome, check: &str) -> String {
    let findings = outcome.report["findings"].as_array().cloned().unwrap_or_default();
    let found = findings.iter().find(|finding| finding["check"] == check);
    let found = found.unwrap_or_else(|| panic!("no {check}: {}", outcome.told()));
    format!(
        "{} ({})",
        found["message"].as_str().unwrap_or_default(),
        found["hint"].as_str().unwrap_or_default()
    )
}

/// With uv on `PATH`, which the tests have beside their Python.
fn with_uv(program: Program, python: &Python) -> Program {
    let uv = Path::new(python.command("uv").get_program()).to_owned();
    let folder = uv.parent().expect("it lies in a folder").display().to_string();
    let path = std::env::var("PATH").expect("tests have a PATH");
    program.env("PATH", format!("{folder}:{path}"))
}

#[test]
fn a_good_wheel_is_installed_alone_and_stands_the_commands_without_secrets() {
    let release = Release::new().wheel(|_| {});
    let look = "import os, sys; assert sys.prefix != sys.base_prefix; assert os.listdir('.') == []; \
                secret = [n for n in os.environ if n.startswith(('GITHUB_', 'INPUT_', 'PYTHON')) or 'TOKEN' in n]; \
                assert secret == [] and 'PIP_INDEX_URL' not in os.environ, secret; \
                assert os.environ['HOME'] != os.environ['SMOKE_WORKSPACE']; \
                assert os.path.isfile(os.environ['SMOKE_WORKSPACE'] + '/dist/sample-1.0-py3-none-any.whl')";
    let commands = format!("import sample, os\nfrom sample import __version__\npython -c \"{look}\"");
    let outcome = release
        .test()
        .input("smoke-commands", commands)
        .env("GITHUB_TOKEN", "ghs_nobodyshallseethis")
        .env("NPM_TOKEN", "npm_nobodyshallseethis")
        .env("PIP_INDEX_URL", "http://127.0.0.1:9/")
        .env("PYTHONPATH", "/nowhere")
        .run()
        .expect_code(0);
    assert_eq!((outcome.output("smoke-tested"), outcome.output("outcome")), ("1", "done"));
    let log = release.log();
    assert!(log.contains("$ from sample import __version__\n[ended with exit code 0]"), "{log}");
    assert!(release.has_manifest());
}

#[test]
fn a_dry_run_shows_what_would_be_run_and_runs_nothing() {
    let release = Release::new().wheel(|wheel| {
        wheel.member("other/__init__.py", "raise SystemExit('it was imported')");
    });
    let outcome = release.test().input("dry-run", "true").run().expect_code(0);
    assert!(outcome.stderr.contains("then `import other`, `import sample`"), "{}", outcome.told());
    assert!(!release.has_manifest() && release.log().is_empty(), "{}", outcome.told());
    assert_eq!(outcome.output("smoke-tested"), "0");
}

#[test]
fn a_wheel_whose_module_raises_is_not_bound() {
    let Some(python) = python() else { return };
    let release = Release::new().wheel(|wheel| {
        wheel.member("sample/__init__.py", "raise RuntimeError('boom ghs_saidbyachild \\x1b[31m')");
    });
    let outcome =
        with_uv(release.test(), python).env("GITHUB_TOKEN", "ghs_saidbyachild").run().expect_code(1);
    let said = message(&outcome, "smoke/command-failed");
    assert!(
        said.contains("`import sample` ended with exit code 1 in a new environment of CPython"),
        "{said}"
    );
    assert!(said.contains("RuntimeError: boom ***"), "{said}");
    assert!(!release.has_manifest());
    let log = release.log();
    assert!(log.contains("RuntimeError: boom ***") && !log.contains('\u{1b}'), "{log}");
    let mended =
        with_uv(release.test(), python).input("smoke-commands", "python -c pass").run().expect_code(0);
    assert_eq!(mended.output("smoke-tested"), "1");
}

#[test]
fn what_nobody_here_can_run_is_passed_over_and_alone_it_is_an_error() {
    let Some(python) = python() else { return };
    let release = Release::new().wheel(|wheel| {
        wheel.metadata("Requires-Python", ">=3.99");
    });
    let outcome = release.test().run().expect_code(1);
    let said = message(&outcome, "smoke/nothing-ran");
    assert!(said.contains("which has CPython 3."), "{said}");
    assert!(!release.has_manifest() && release.log().is_empty());
    let outcome = release.test_sdist().run().expect_code(1);
    assert!(message(&outcome, "smoke/nothing-ran").contains("there is no sdist"), "{}", outcome.told());

    let release = Release::new().wheel(|_| {}).wheel(|wheel| {
        wheel.tags("cp26", "none", "any").member("sample/__init__.py", "raise RuntimeError('not for us')");
    });
    let outcome = with_uv(release.test(), python).run().expect_code(0);
    assert_eq!((outcome.output("smoke-tested"), outcome.output("wheels")), ("1", "2"));
    assert!(outcome.stderr.contains("1 file(s) are for other systems or Pythons"), "{}", outcome.told());
}

/// A module that starts two children, one of them in a session of its own, tells who they are, and hangs.
const HANGS: &str = r#"
import os, subprocess, sys, time
children = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=own)
            for own in (False, True)]
path = os.environ["SMOKE_WORKSPACE"] + "/pids"
with open(path + ".new", "w") as file:
    file.write(" ".join(str(child.pid) for child in [*children]) + " " + str(os.getpid()))
os.rename(path + ".new", path)
time.sleep(600)
"#;

/// Whether a process is there and has not ended.
fn is_alive(pid: &str) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", pid]).output().expect("there is a `ps`");
    let state = String::from_utf8_lossy(&state.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

#[track_caller]
fn all_dead(pids: &str) {
    let began = Instant::now();
    // Only Linux shows whose child one is that has a session of its own.
    let pids: Vec<_> =
        pids.split(' ').enumerate().filter(|(at, _)| cfg!(target_os = "linux") || *at != 1).collect();
    while pids.iter().any(|(_, pid)| is_alive(pid)) {
        assert!(began.elapsed() < Duration::from_secs(5), "some of {pids:?} are still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_signal_ends_what_hangs_with_all_that_it_started() {
    let Some(python) = python() else { return };
    let release = Release::new().wheel(|wheel| {
        wheel.member("sample/__init__.py", HANGS);
    });
    let running = with_uv(release.test(), python).spawn();
    let (pids, began) = (release.0.path().join("pids"), Instant::now());
    while !pids.exists() {
        assert!(began.elapsed() < Duration::from_secs(100), "the module was not imported");
        std::thread::sleep(Duration::from_millis(20));
    }
    let pids = fs::read_to_string(pids).expect("they are there");
    assert!(pids.split(' ').all(is_alive), "{pids}");
    running.signal("TERM");
    let outcome = running.wait().expect_code(2);
    all_dead(&pids);
    assert!(!release.has_manifest() && release.log().contains("[stopped]"), "{}", outcome.told());
}

#[test]
fn what_hangs_is_ended_when_its_time_is_over() {
    let Some(python) = python() else { return };
    let release = Release::new().wheel(|wheel| {
        wheel.member("sample/__init__.py", HANGS);
    });
    let outcome = with_uv(release.test(), python).input("smoke-timeout", "0.1").run().expect_code(1);
    let said = message(&outcome, "smoke/timed-out");
    assert!(said.contains("was not done in time"), "{said}");
    assert!(!release.has_manifest());
    // On a busy machine the time may be over before the module is imported.
    if let Ok(pids) = fs::read_to_string(release.0.path().join("pids")) {
        all_dead(&pids);
    }
}

#[test]
fn an_sdist_with_its_own_backend_is_built_without_an_index_by_pip_and_by_uv() {
    let Some(python) = python() else { return };
    let release = Release::new().sdist("", "", "VALUE = 1\n");
    for program in [release.test_sdist(), with_uv(release.test_sdist(), python)] {
        let outcome = program.run().expect_code(0);
        assert_eq!(outcome.output("smoke-tested"), "1");
        let log = release.log();
        assert!(log.contains("$ build and install the sdist") && log.contains("$ import sample"), "{log}");
    }
    let release = Release::new().sdist("", "", "raise ImportError('of the sdist')\n");
    let outcome = with_uv(release.test_sdist(), python).run().expect_code(1);
    assert!(message(&outcome, "smoke/command-failed").contains("of the sdist"), "{}", outcome.told());
}

/// A project on the index, of nothing but one module.
fn on_index(server: &IndexServer, name: &str) {
    let (file, bytes) = WheelBuilder::new(name, "1.0", "py3", "none", "any").build();
    fs::write(server.packages().join(file.as_str()), bytes).expect("the index reads a folder");
}

#[test]
fn requirements_come_from_the_index_and_dependencies_only_where_that_is_allowed() {
    let Some(python) = python() else { return };
    let server = IndexServer::start(python, "release", "correct-horse-battery");
    ["needed", "asked_for", "dependency"].iter().for_each(|name| on_index(&server, name));
    let release = Release::new().sdist("\"needed >=1\"", "'asked_for'", "");
    let outcome = with_uv(release.test_sdist(), python).run().expect_code(1);
    let said = message(&outcome, "smoke/not-installed");
    assert!(
        said.contains("install the build requirements: needed >=1") && said.contains("smoke-index-url"),
        "{said}"
    );
    let test =
        || release.validate().input("smoke-test-sdist", "true").flag("smoke-index-url", server.index_url());
    let outcome = with_uv(test(), python).run().expect_code(0);
    assert_eq!(outcome.output("smoke-tested"), "1");
    let log = release.log();
    assert!(log.contains("$ install what the build backend asked for: asked_for\n"), "{log}");

    let release = Release::new().wheel(|wheel| {
        wheel.add_metadata("Requires-Dist", "dependency").member("sample/__init__.py", "import dependency\n");
    });
    let test = || {
        with_uv(release.validate().input("smoke-test", "true"), python)
            .flag("smoke-index-url", server.index_url())
    };
    let outcome = test().run().expect_code(1);
    let said = message(&outcome, "smoke/not-installed");
    assert!(
        said.contains("it depends on dependency") && said.contains("`smoke-dependencies: index`"),
        "{said}"
    );
    let outcome = test().input("smoke-dependencies", "index").run().expect_code(0);
    assert_eq!(outcome.output("smoke-tested"), "1");
}

#[test]
fn the_image_and_inputs_that_make_no_sense_are_refused() {
    let release = Release::new().wheel(|_| {});
    let outcome = release.test().env("RELEASE_ACTION_IMAGE", "1").run().expect_code(64);
    assert!(
        outcome.stderr.contains("holds no Python") && outcome.stderr.contains("`bin` sub-action"),
        "{}",
        outcome.told()
    );
    let dockerfile = fs::read_to_string(root().join("Dockerfile")).expect("it is there");
    let (_, image) = dockerfile.split_once("FROM scratch").expect("the last stage");
    assert!(image.contains("\nENV RELEASE_ACTION_IMAGE=1\n"), "{image}");
    for (input, value, said) in [
        ("smoke-timeout", "0", "no number of minutes"),
        ("smoke-dependencies", "pypi", "neither `folder` nor `index`"),
        ("smoke-test", "yes", "neither `true` nor `false`"),
    ] {
        let outcome = release.test().input(input, value).run().expect_code(64);
        assert!(outcome.stderr.contains(said), "{}", outcome.told());
    }
    let outcome = release.validate().input("smoke-commands", "import sample").run().expect_code(64);
    assert!(outcome.stderr.contains("nobody would run them"), "{}", outcome.told());
}

/// The tags of an interpreter as `packaging` lists them, of arguments in JSON.
const TAGS: &str = r#"
import json, sys
from packaging import _manylinux, _musllinux, tags
for name, version, abi, system in json.loads(sys.argv[1]):
    version = tuple(version)
    kind, arch, numbers = system
    if kind == "macos":
        platforms = list(tags.mac_platforms(tuple(numbers), arch))
    elif kind == "windows":
        platforms = [arch]
    else:
        _manylinux._get_glibc_version.cache_clear()
        _manylinux._get_glibc_version = lambda numbers=numbers: tuple(numbers)
        _manylinux._get_glibc_version.cache_clear = lambda: None
        _musllinux._get_musl_version = lambda _, numbers=numbers: _musllinux._MuslVersion(*numbers)
        of = _manylinux if kind == "glibc" else _musllinux
        if kind == "glibc":
            _manylinux._have_compatible_abi = lambda *_: True
        platforms = [*of.platform_tags([arch]), "linux_" + arch]
    if name == "cp":
        found = [*tags.cpython_tags(version, [abi], platforms)]
        interpreter = "cp%d%d" % version
    else:
        found = [*tags.generic_tags("pp%d%d" % version, [abi], platforms)]
        interpreter = "pp3"
    found += tags.compatible_tags(version, interpreter, platforms)
    print(" ".join(sorted({str(tag) for tag in found})))
"#;

#[test]
fn interpreters_take_the_tags_that_packaging_lists_and_no_others() {
    let Some(python) = python() else { return };
    let glibc = |arch: &str, version| Platform::Linux {
        arch: arch.into(),
        libc: Some(Libc { is_musl: false, version }),
    };
    let musl = |arch: &str| Platform::Linux {
        arch: arch.into(),
        libc: Some(Libc { is_musl: true, version: (1, 2) }),
    };
    let mac = |arch: &str, version| Platform::Macos { version, arch: arch.into() };
    let all = [
        ("cp", 12, "cp312", glibc("x86_64", (2, 36))),
        ("cp", 14, "cp314t", glibc("aarch64", (2, 28))),
        ("cp", 9, "cp39", musl("x86_64")),
        ("cp", 13, "cp313", mac("arm64", (14, 2))),
        ("cp", 10, "cp310", mac("x86_64", (12, 6))),
        ("cp", 8, "cp38", mac("x86_64", (10, 15))),
        ("cp", 13, "cp313", Platform::Other("win_amd64".into())),
        ("pp", 11, "pypy311_pp73", glibc("x86_64", (2, 17))),
    ];
    let asked: Vec<_> = all
        .iter()
        .map(|(name, minor, abi, platform)| {
            let system = match platform {
                Platform::Linux { arch, libc } => {
                    let Libc { is_musl, version } = libc.expect("each has one");
                    serde_json::json!([if is_musl { "musl" } else { "glibc" }, arch, version])
                }
                Platform::Macos { version, arch } => serde_json::json!(["macos", arch, version]),
                Platform::Other(tag) => serde_json::json!(["windows", tag, null]),
            };
            serde_json::json!([name, [3, minor], abi, system])
        })
        .collect();
    let asked = serde_json::Value::from(asked).to_string();
    let said = run(python.command("python").args(["-c", TAGS, &asked])).expect("packaging was installed");
    let lists: Vec<Vec<&str>> = said.lines().map(|line| line.split(' ').collect()).collect();
    assert_eq!(lists.len(), all.len());
    let mut compared = 0;
    for ((name, minor, abi, platform), own) in all.iter().zip(&lists) {
        let interpreter = Interpreter {
            executable: "python3".into(),
            implementation: if *name == "cp" { "cpython" } else { "pypy" }.into(),
            version: (3, *minor),
            full_version: format!("3.{minor}.0"),
            abi: (*abi).into(),
            is_free_threaded: abi.ends_with('t'),
            platform: platform.clone(),
            makes_environments: true,
        };
        for tag in lists.iter().flatten() {
            let wheel = format!("x-1-{tag}.whl").parse().expect("a wheel's name");
            assert_eq!(
                interpreter.takes(&wheel),
                own.contains(tag),
                "{tag} by {interpreter} on {platform:?}"
            );
            compared += 1;
        }
    }
    assert!(compared > 20_000, "{compared}");
}
