//! What tools and people leave behind, and a build packs with the rest.

use super::super::dist::Dist;
use super::super::{Check, Run, Sink, specimen_wheel};
use super::{PEER, WHEEL, file, files, library, top};
use crate::archive::sdist::SdistFile;
use crate::archive::wheel::WheelFile;
use crate::report::{Rule, Severity};

const DISTCHECK: &str = "pydistcheck, unexpected-files";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "contents/bytecode",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the distribution holds compiled bytecode",
            explain: "`.pyc` and `.pyo` files fit one version of Python, installers write them anew, and they hold the \
                      paths of the machine that built them.",
            fix: "exclude `__pycache__`, `*.pyc` and `*.pyo` from the build",
            sources: &[PEER],
            since: "0.1.0",
        },
        run: Run::File {
            check: bytecode,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.member("sample/__pycache__/a.cpython-313.pyc", "");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/junk",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the distribution holds what a system, an editor or a tool left behind",
            explain: "Thumbnails, caches, swap files and rejected patches are of no use to anybody else, and tell what \
                      is not meant to be told: folder names, old contents, whole histories.",
            fix: "delete the file, name it in `.gitignore` and in the build's excludes, and build from a clean checkout",
            sources: &[DISTCHECK],
            since: "0.1.0",
        },
        run: Run::File {
            check: junk,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.member("sample/.DS_Store", "");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/repository-file",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the wheel holds a file that only the repository needs",
            explain: "Settings of git, of continuous integration and of services do nothing where a wheel is \
                      installed.",
            fix: "exclude the file from the wheel in the build's configuration",
            sources: &[DISTCHECK],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: repository_file,
            specimen: |wheel| {
                wheel.member("sample/.gitignore", "*.pyc\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/repository-file-in-sdist",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "the sdist holds files that only the repository needs",
            explain: "Settings of git, of continuous integration and of services are not needed to build. Some build \
                      backends always add `.gitignore`.",
            fix: "exclude the files from the sdist if nobody builds or tests with them",
            sources: &[DISTCHECK],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: repository_file_in_sdist,
            specimen: |sdist| {
                sdist.member(".github/workflows/ci.yml", "on: push\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/build-file",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the wheel installs what belongs to its build or its tests",
            explain: "A wheel is built already: `setup.py`, `setup.cfg`, `conftest.py` and `.egg-info` at its top land \
                      in `site-packages`, where pytest and setuptools take them for everybody's.",
            fix: "exclude the file from the wheel, which usually means to correct the package discovery",
            sources: &[WHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: build_file,
            specimen: |wheel| {
                wheel.member("setup.py", "");
            },
        },
    },
];

fn bytecode(dist: &Dist, sink: &mut Sink<'_>) {
    for (member, path, _) in files(dist) {
        if path.ends_with(".pyc") || path.ends_with(".pyo") {
            sink.at(member, "it is bytecode");
        }
    }
}

/// Folders that tools fill for themselves.
const CACHES: [&str; 12] = [
    "__MACOSX",
    ".git",
    ".hg",
    ".svn",
    ".idea",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    ".ipynb_checkpoints",
    ".nox",
    ".tox",
];
const DROPPINGS: [&str; 7] =
    [".DS_Store", "Thumbs.db", "desktop.ini", ".coverage", "nohup.out", ".lycheecache", ".Rhistory"];

fn junk(dist: &Dist, sink: &mut Sink<'_>) {
    for (member, path, _) in files(dist) {
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        // Cargo packs the author's manifest under this name.
        let is_cargos = dist.packed().is_some() && path == "Cargo.toml.orig";
        let is_dropping = DROPPINGS.contains(&file)
            || file.starts_with("._")
            || [".swp", ".swo", ".orig", ".rej", "~"]
                .iter()
                .any(|end| file.ends_with(end) && file.len() > end.len());
        if let Some(cache) = folders.split('/').find(|folder| CACHES.contains(folder)) {
            sink.at(member, format_args!("`{cache}` is a tool's own folder"));
        } else if is_dropping && !is_cargos {
            sink.at(member, "it was left behind by a system, an editor or a tool");
        }
    }
}

const SETTINGS: [&str; 31] = [
    ".gitignore",
    ".gitattributes",
    ".gitmodules",
    ".git-blame-ignore-revs",
    ".gitkeep",
    ".mailmap",
    ".editorconfig",
    ".pre-commit-config.yaml",
    "appveyor.yml",
    ".appveyor.yml",
    "azure-pipelines.yml",
    ".azure-pipelines.yml",
    ".cirrus.star",
    ".cirrus.yml",
    "codecov.yml",
    ".codecov.yml",
    ".coveragerc",
    ".gitlab-ci.yml",
    ".gitpod.yml",
    ".hadolint.yaml",
    ".lycheeignore",
    ".readthedocs.yaml",
    ".readthedocs.yml",
    ".travis.yml",
    "vsts-ci.yml",
    ".vsts-ci.yml",
    ".dockerignore",
    "dependabot.yml",
    "renovate.json",
    "Jenkinsfile",
    ".bumpversion.cfg",
];
const SETTINGS_FOLDERS: [&str; 7] =
    [".appveyor", ".binder", ".circleci", ".github", ".gitlab", ".vscode", ".devcontainer"];

fn is_of_repository(path: &str) -> bool {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    SETTINGS.contains(&file) || folders.split('/').any(|folder| SETTINGS_FOLDERS.contains(&folder))
}

fn repository_file(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in wheel.zip.members.iter().filter(|member| !member.is_directory()) {
        // An empty folder is kept with such a file, and does no harm.
        if is_of_repository(&member.path) && file(&member.path) != ".gitkeep" {
            sink.at(&member.path, "only the repository has use for it");
        }
    }
}

fn repository_file_in_sdist(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let paths = sdist.tar.members.iter().map(|member| &*member.path);
    let mut found = paths.filter(|path| path.split_once('/').is_some_and(|(_, path)| is_of_repository(path)));
    if let Some(first) = found.next() {
        match found.count() {
            0 => sink.at(first, "only the repository has use for it"),
            more => sink.at(first, format_args!("only the repository has use for it, and for {more} more")),
        }
    }
}

fn build_file(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let mut last_folder = "";
    for (member, path) in library(wheel) {
        let (first, has_more) = top(path);
        let is_build_file = !has_more && ["setup.py", "setup.cfg", "conftest.py"].contains(&path);
        if is_build_file || first.ends_with(".egg-info") && first != last_folder {
            last_folder = first;
            sink.at(&member.path, "it belongs to the build or the tests, and is installed beside packages");
        }
    }
}
