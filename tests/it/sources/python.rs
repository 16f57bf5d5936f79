//! `pyproject.toml`, with pip, the build backends and uv as the judges: they read what was edited.

use std::collections::BTreeMap;
use std::path::Path;

use release_action::sources::{self, Disagreement, SourcePattern, Wanted};
use serde_json::Value;

use super::super::support::tools::{self, Python};
use super::{Files, bumped, files, found, on_disk, statements, told, version, write};

/// A project for each way of stating a version that a backend reads, by its folder, which is its name too.
fn projects() -> Vec<(&'static str, Files)> {
    let build = |backend: &str| format!("[build-system]\nrequires = []\nbuild-backend = '{backend}'\n");
    let dynamic = |name: &str, backend: &str, rest: &str| {
        format!("[project]\nname = '{name}'\ndynamic = ['version']\n{}{rest}", build(backend))
    };
    let setuptools = "setuptools.build_meta";
    let text = |name: &str| format!("# a comment\n{name} = \"0.16.0\"  # stays\nname = 'other'\n");
    let of = |list: &[(&str, String)]| -> Files {
        list.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect()
    };
    vec![
        (
            "static",
            of(&[
                (
                    "pyproject.toml",
                    format!(
                        "[project]\r\nname = 'static'\r\nversion = ' 0.16.0 ' # kept\r\ndescription = ''\r\n{}",
                        build("flit_core.buildapi").replace('\n', "\r\n")
                    ),
                ),
                ("static.py", "'''Static.'''\n".into()),
            ]),
        ),
        (
            "poetry",
            of(&[
                (
                    "pyproject.toml",
                    format!(
                        "[tool.poetry]\nname = 'poetry'\nversion = '0.16.0'\ndescription = ''\nauthors = []\n{}",
                        build("poetry.core.masonry.api")
                    ),
                ),
                ("poetry/__init__.py", String::new()),
            ]),
        ),
        (
            "hatch-path",
            of(&[
                (
                    "pyproject.toml",
                    dynamic(
                        "hatch-path",
                        "hatchling.build",
                        "[tool.hatch.version]\npath = 'src/hatch_path/about.py'\n",
                    ),
                ),
                ("src/hatch_path/about.py", text("VERSION")),
                ("src/hatch_path/__init__.py", String::new()),
            ]),
        ),
        (
            "hatch-pattern",
            of(&[
                (
                    "pyproject.toml",
                    dynamic(
                        "hatch-pattern",
                        "hatchling.build",
                        "[tool.hatch.version]\npath = 'hatch_pattern/data.txt'\npattern = '^release (?P<version>\\S+)$'\n",
                    ),
                ),
                ("hatch_pattern/data.txt", "releases 9\nrelease 0.16.0\n".into()),
                ("hatch_pattern/__init__.py", String::new()),
            ]),
        ),
        (
            "attr",
            of(&[
                (
                    "pyproject.toml",
                    dynamic(
                        "attr",
                        setuptools,
                        "[tool.setuptools.dynamic]\nversion = { attr = 'attr.about.__version__' }\n[tool.setuptools.packages.find]\nwhere = ['lib']\n",
                    ),
                ),
                ("lib/attr/__init__.py", String::new()),
                ("lib/attr/about.py", text("__version__")),
            ]),
        ),
        (
            "whole-file",
            of(&[
                (
                    "pyproject.toml",
                    dynamic(
                        "whole-file",
                        setuptools,
                        "[tool.setuptools]\npy-modules = []\n[tool.setuptools.dynamic]\nversion = { file = ['VERSION'] }\n",
                    ),
                ),
                ("VERSION", "\n0.16.0\r\n".into()),
            ]),
        ),
        (
            "flit-module",
            of(&[
                (
                    "pyproject.toml",
                    "[project]\nname = 'flit-module'\ndynamic = ['version', 'description']\n".to_owned()
                        + &build("flit_core.buildapi"),
                ),
                ("src/flit_module/__init__.py", format!("'''Module.'''\n{}", text("__version__"))),
            ]),
        ),
        (
            "pdm-file",
            of(&[
                (
                    "pyproject.toml",
                    dynamic(
                        "pdm-file",
                        "pdm.backend",
                        "[tool.pdm.version]\nsource = 'file'\npath = 'pdm_file/__init__.py'\n",
                    ),
                ),
                ("pdm_file/__init__.py", text("__version__")),
            ]),
        ),
        (
            "scikit",
            of(&[
                (
                    "pyproject.toml",
                    dynamic(
                        "scikit",
                        "scikit_build_core.build",
                        "[tool.scikit-build]\nwheel.cmake = false\n[tool.scikit-build.metadata.version]\nprovider = 'scikit_build_core.metadata.regex'\ninput = 'scikit.hpp'\nregex = '#define VERSION \"(?P<value>[^\"]+)\"'\n",
                    ),
                ),
                ("scikit.hpp", "#define VERSION \"0.16.0\"\n".into()),
                ("scikit/__init__.py", String::new()),
            ]),
        ),
    ]
}

/// What pip would install from folders, resolved among them and nothing else: names with versions.
fn read_by_pip(python: &Python, base: &Path, folders: &[&str]) -> Result<BTreeMap<String, String>, String> {
    let mut pip = python.command("python");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--dry-run"]);
    pip.args(["--no-build-isolation", "--ignore-installed", "--report", "-"]);
    pip.args(folders.iter().map(|folder| format!("./{folder}"))).current_dir(base);
    let report: Value = serde_json::from_str(&tools::run(&mut pip)?).expect("pip writes JSON");
    let installs = report["install"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    Ok(installs.iter().map(|i| (text(&i["metadata"]["name"]), text(&i["metadata"]["version"]))).collect())
}

#[test]
fn backends_read_every_version_that_was_written() {
    let Some(python) = tools::backends_python() else { return };
    let base = tempfile::tempdir().expect("a temporary folder");
    let projects = projects();
    for to in ["0.17.0rc2", "1.0.0"] {
        for (name, files) in &projects {
            let after = bumped(files, to);
            let changed: Vec<_> = files.iter().filter(|(path, text)| after[*path] != **text).collect();
            let [(path, before)] = changed[..] else { panic!("{name}: {changed:#?}") };
            assert_eq!(after[path], before.replace("0.16.0", to), "{name}");
            assert_eq!(bumped(&after, to), after, "twice is once");
            write(&after, &base.path().join(name));
        }
        let names: Vec<_> = projects.iter().map(|(name, _)| *name).collect();
        let read = read_by_pip(python, base.path(), &names).expect("pip reads them");
        for name in names {
            assert_eq!(read.get(name).map(String::as_str), Some(to), "{name}");
        }
    }
}

/// An SDK and the package that it is released with.
pub(super) fn lockstep() -> Files {
    files(&[
        (
            "pyproject.toml",
            r#"[project]
name = "cog"
version = "0.16.0"
requires-python = ">=3.9"
dependencies = [
  "Coglet >= 0.16.0,<1.0 ; python_version > '3'",  # in step
]

[project.optional-dependencies]
all = ["cog-tools[x]==0.16.0", "cog[dev]"]
dev = []

[tool.uv.workspace]
members = ["packages/*"]
exclude = ["packages/old"]

[tool.uv.sources]
coglet = { workspace = true }
cog-tools = { workspace = true }

[tool.setuptools]
py-modules = []

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"#,
        ),
        (
            "packages/coglet/pyproject.toml",
            "[project]\nname = \"coglet\"\nversion = \"0.16.0\"\nrequires-python = \">=3.9\"\n[tool.setuptools]\npy-modules = []\n[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n",
        ),
        (
            "packages/tools/pyproject.toml",
            "[project]\nname = \"cog_tools\"\nversion = \"0.16.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"coglet~=0.16.0\"]\n[project.optional-dependencies]\nx = []\n[tool.uv.sources]\ncoglet = { workspace = true }\n[tool.setuptools]\npy-modules = []\n[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n",
        ),
        (
            "packages/site/pyproject.toml",
            "[project]\nname = \"site\"\nversion = \"7\"\nrequires-python = \">=3.9\"\n[tool.uv]\npackage = false\n",
        ),
        ("packages/old/pyproject.toml", "[project]\nname = \"old\"\nversion = \"1\"\n"),
        ("packages/notes", "no package"),
    ])
}

#[test]
fn pip_resolves_packages_that_moved_together() {
    let Some(python) = tools::backends_python() else { return };
    let folders = [".[all]", "packages/coglet", "packages/tools"];
    for to in ["0.17.0a1", "1.0.0"] {
        let after = bumped(&lockstep(), to);
        let folder = on_disk(&after);
        let read = read_by_pip(python, folder.path(), &folders).expect("pip resolves them");
        assert!(read.len() == 3 && read.values().all(|version| version == to), "{read:?}");
    }
    // The judge would notice a pin that stayed.
    let mut after = bumped(&lockstep(), "1.0.0");
    after.insert("pyproject.toml".into(), lockstep()["pyproject.toml"].replacen("0.16.0\"", "1.0.0\"", 1));
    let folder = on_disk(&after);
    assert!(read_by_pip(python, folder.path(), &folders).is_err());
}

#[test]
fn uv_finds_its_lock_in_step() {
    let Some(python) = tools::python() else { return };
    let uv = |folder: &Path, check: &[&str]| {
        let mut uv = python.command("uv");
        uv.args(["lock", "--offline", "--no-config", "--quiet"]).args(check).current_dir(folder);
        tools::run(uv.env("UV_CACHE_DIR", folder.join("cache")).env_remove("VIRTUAL_ENV"))
    };
    let mut files = lockstep();
    let config = files.get_mut("pyproject.toml").expect("it is there");
    // Without anything of an index there is nothing to ask one for.
    *config =
        config.replace("all = [\"cog-tools[x]==0.16.0\", \"cog[dev]\"]", "all = [\"cog-tools==0.16.0\"]");
    let folder = on_disk(&files);
    uv(folder.path(), &[]).expect("uv locks the workspace");
    let lock = std::fs::read_to_string(folder.path().join("uv.lock")).expect("a lock file");
    files.insert("uv.lock".into(), lock);
    let after = bumped(&files, "0.17.0");
    write(&after, folder.path());
    uv(folder.path(), &["--check"]).expect("the lock file is in step");
    let stale = files["uv.lock"].as_str();
    std::fs::write(folder.path().join("uv.lock"), stale).expect("a file");
    assert!(uv(folder.path(), &["--check"]).is_err(), "the judge notices a lock file that stayed");
}

#[test]
fn packages_in_step_are_found_with_their_pins() {
    let sources = found(&lockstep());
    assert_eq!(
        told(&sources),
        [
            "packages/coglet/pyproject.toml:3 project.version = 0.16.0",
            "packages/tools/pyproject.toml:3 project.version = 0.16.0",
            "packages/tools/pyproject.toml:5 project.dependencies = 0.16.0",
            "pyproject.toml:3 project.version = 0.16.0",
            "pyproject.toml:6 project.dependencies = 0.16.0",
            "pyproject.toml:10 project.optional-dependencies.all = 0.16.0",
        ]
    );
    let of = |to: &str| -> Vec<_> {
        let pins = statements(&sources).into_iter().filter(|place| place.key.contains("dependencies"));
        pins.map(|place| place.disagreement(&version(to))).collect()
    };
    use Disagreement::{Behind, Refused};
    assert_eq!(of("0.16.0"), [None, None, None]);
    assert_eq!(of("0.16.1"), [Some(Behind), Some(Behind), Some(Refused)]);
    assert_eq!(of("1.0.0"), [Some(Refused), Some(Refused), Some(Refused)]);
}

#[test]
fn a_crate_and_its_python_package_are_followed_from_each_other() {
    let manifest = "[package]\nname = 'coglet-python'\nversion.workspace = true\npublish = false\n";
    let bindings = "[project]\nname = 'coglet'\ndynamic = ['version']\n[build-system]\nrequires = ['maturin']\nbuild-backend = 'maturin'\n";
    let files = files(&[
        ("crates/Cargo.toml", "[workspace]\nmembers = ['python']\n[workspace.package]\nversion = '0.16.0'\n"),
        ("crates/python/Cargo.toml", manifest),
        ("crates/python/pyproject.toml", bindings),
        (
            "pyproject.toml",
            "[project]\nname = 'cog'\nversion = '0.16.0'\ndependencies = ['coglet>=0.16.0,<1.0']\n",
        ),
    ]);
    let pattern: SourcePattern = "crates/Cargo.toml".parse().expect("a path");
    let wanted = Wanted { patterns: vec![pattern], discover: true, ..Wanted::default() };
    let sources = sources::find(&files, &wanted).expect("a map of texts can be read");
    assert_eq!(
        told(&sources),
        [
            "crates/Cargo.toml:4 workspace.package.version = 0.16.0",
            "pyproject.toml:3 project.version = 0.16.0",
            "pyproject.toml:4 project.dependencies = 0.16.0",
        ]
    );
    // The other way: the bindings say where their crate is.
    let mut files = files;
    let moved = bindings.to_owned() + "[tool.maturin]\nmanifest-path = 'crates/python/Cargo.toml'\n";
    files.insert("pyproject.toml".into(), moved);
    assert_eq!(told(&found(&files)), ["crates/Cargo.toml:4 workspace.package.version = 0.16.0"]);
    files.remove("crates/python/Cargo.toml");
    assert_eq!(
        told(&found(&files)),
        ["pyproject.toml:3 its version is that of `crates/python/Cargo.toml`, and there is no such file"]
    );
}

#[test]
fn who_else_decides_is_named() {
    for (backend, rest, by) in [
        ("hatchling.build", "[tool.hatch.version]\nsource = 'vcs'", "hatch-vcs"),
        (
            "hatchling.build",
            "[tool.hatch.version]\nsource = 'uv-dynamic-versioning'",
            "uv-dynamic-versioning",
        ),
        (
            "hatchling.build",
            "[tool.hatch.version]\npath = 'p.py'\npattern = '(?<=x)(y)'",
            "hatchling, from `p.py`",
        ),
        ("setuptools.build_meta", "[tool.setuptools_scm]", "setuptools-scm"),
        (
            "setuptools.build_meta",
            "[tool.setuptools.dynamic]\nversion.attr = 'p.VERSION'",
            "setuptools by `p.VERSION`, from `p.py`",
        ),
        ("setuptools.build_meta", "", "setuptools, by `setup.cfg` or `setup.py`"),
        ("setuptools.build_meta:__legacy__", "", "setuptools, by `setup.cfg` or `setup.py`"),
        ("pdm.backend", "[tool.pdm.version]\nsource = 'scm'", "pdm-backend by its source `scm`"),
        ("mesonpy", "", "mesonpy"),
        ("poetry.core.masonry.api", "", "poetry.core.masonry.api"),
    ] {
        let text = format!(
            "[project]\nname = 'p'\ndynamic = ['version']\n[build-system]\nbuild-backend = '{backend}'\n{rest}\n"
        );
        let files = files(&[("pyproject.toml", &text), ("p.py", "VERSION = '.'.join(['1', '2'])\n")]);
        assert_eq!(told(&found(&files)), [format!("pyproject.toml:3 is left to {by}")], "{text}");
        let after = sources::edit(&files, &found(&files), &version("2.0"));
        assert_eq!(after, Ok(Vec::new()), "there is nothing to write");
    }
    let required = "[project]\nname = 'p'\ndynamic = ['version']\n[build-system]\nrequires = ['setuptools>=64', 'Setuptools_SCM[toml]>=8']\n";
    assert_eq!(
        told(&found(&files(&[("pyproject.toml", required)]))),
        ["pyproject.toml:3 is left to setuptools-scm"]
    );
    let poetry =
        "[tool.poetry]\nname = 'p'\nversion = '0.0.0'\n[tool.poetry-dynamic-versioning]\nenable = true\n";
    assert_eq!(
        told(&found(&files(&[("pyproject.toml", poetry)]))),
        ["pyproject.toml:3 is left to poetry-dynamic-versioning"]
    );
}

#[test]
fn pins_of_poetry_move_too() {
    let files = files(&[
        ("coglet/pyproject.toml", "[tool.poetry]\nname = 'coglet'\nversion = '0.16.0'\n"),
        (
            "pyproject.toml",
            "[tool.poetry]\nname = 'cog'\nversion = '0.16.0'\n[tool.poetry.dependencies]\npython = '^3.9'\nCoglet = '^0.16.0'\nother = '^0.16.0'\n[tool.poetry.group.dev.dependencies]\ncoglet = { path = 'coglet', version = '0.16.*' }\n",
        ),
    ]);
    let pattern: SourcePattern = "coglet/pyproject.toml".parse().expect("a path");
    let wanted = Wanted { patterns: vec![pattern], discover: true, ..Wanted::default() };
    let sources = sources::find(&files, &wanted).expect("a map of texts can be read");
    let edits = sources::edit(&files, &sources, &version("0.17.1")).expect("it can be edited");
    let after = &edits.iter().find(|edit| edit.file == "pyproject.toml").expect("it changes").after;
    assert_eq!(
        after.lines().skip(2).collect::<Vec<_>>(),
        [
            "version = '0.17.1'",
            "[tool.poetry.dependencies]",
            "python = '^3.9'",
            "Coglet = '^0.17.1'",
            "other = '^0.16.0'",
            "[tool.poetry.group.dev.dependencies]",
            "coglet = { path = 'coglet', version = '0.17.*' }",
        ]
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let named = |rest: &str| format!("[project]\nname = 'p'\n{rest}");
    for (text, expected) in [
        (
            "\u{feff}".to_owned() + &named("version = '1'"),
            "pyproject.toml:1 it starts with a byte order mark",
        ),
        (named("version = '1'\nversion = '1'"), "pyproject.toml:4 it is no valid TOML: duplicate key"),
        (
            named("version = '1'\ndynamic = ['version']"),
            "pyproject.toml:4 `project` states a version and has it among",
        ),
        (named("version = 'one'"), "pyproject.toml:3 `project.version`: `one` is no PEP 440 version"),
        (named("version = ['1']"), "pyproject.toml:3 `project.version` is no text"),
        (named(""), "pyproject.toml:1 `project` has no version"),
        (
            named("dynamic = ['version']\n[tool.setuptools.dynamic]\nversion.file = 'gone'"),
            "pyproject.toml:3 its version is that of `gone`, and there is no such file",
        ),
        (
            named("dynamic = ['version']\n[tool.setuptools.dynamic]\nversion.file = 'empty'"),
            "empty:1 it is empty",
        ),
        (
            named("dynamic = ['version']\n[tool.setuptools.dynamic]\nversion.attr = 'twice.V'"),
            "twice.py:3 `V` is assigned twice",
        ),
        (
            named("dynamic = ['version']\n[tool.setuptools.dynamic]\nversion.file = '/etc/version'"),
            "pyproject.toml:3 its version is that of `/etc/version`, and there is no such file",
        ),
    ] {
        let files =
            files(&[("pyproject.toml", &text), ("empty", " \n"), ("twice.py", "V = '1'\n\nV = '2'\n")]);
        let told = told(&found(&files));
        assert!(told.len() == 1 && told[0].starts_with(expected), "{text}: {told:?}");
    }
}

#[test]
fn a_mark_that_is_refused_here_is_refused_by_pip() {
    let Some(python) = tools::backends_python() else { return };
    let (_, mut project) = projects().swap_remove(0);
    let folder = on_disk(&project);
    assert!(read_by_pip(python, folder.path(), &["."]).is_ok());
    let text = project.get_mut("pyproject.toml").expect("it is there");
    text.insert(0, '\u{feff}');
    let folder = on_disk(&project);
    assert!(read_by_pip(python, folder.path(), &["."]).is_err());
}
