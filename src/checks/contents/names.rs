//! Names that cannot be imported, and names that others have, too.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

use super::super::{Check, Run, Sink};
use super::{PEER, file, is_for_tests, is_grafted, library, module, top};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::python::identifier::{is_identifier, is_keyword};
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "contents/top-level-name",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a top-level package or module has a name that cannot be imported",
            explain: "A name with a hyphen, a blank or a leading digit, and every keyword, cannot stand in an `import` \
                      statement. Usually the project's name was taken for the package's.",
            fix: "rename the folder or module to an identifier, such as `sample_tool` for `sample-tool`",
            sources: &[PEER, "Python language reference, identifiers"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: top_level_name,
            specimen: |wheel| {
                wheel.without("sample/__init__.py").member("sample-tool/__init__.py", "");
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/module-name",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "modules inside a package have names that cannot be imported",
            explain: "Scripts that are run by their path and templates are called so on purpose. Tests and hooks for \
                      PyInstaller are not counted.",
            fix: "rename what shall be imported to an identifier: letters, digits and underscores",
            sources: &[PEER, "Python language reference, identifiers"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: module_name,
            specimen: |wheel| {
                wheel.member("sample/run-it.py", "");
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/common-name",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a top-level folder has a name that many projects have by mistake",
            explain: "`tests`, `docs`, `src` and their like are folders of a repository. Packed into a wheel they are \
                      installed beside all packages, where those of two projects overwrite each other.",
            fix: "exclude the folder in the build's package discovery, or move it into the package",
            sources: &[PEER],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: common_name,
            specimen: |wheel| {
                wheel.member("tests/test_sample.py", "");
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/shadows-stdlib",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a top-level name is one of Python's standard library",
            explain: "`import` finds the standard library first, so the module is never imported, or with a changed \
                      path it replaces the real one for every program in the environment.",
            fix: "give the module another name, or move it into a package",
            sources: &["Python module index, 3.9 to 3.14"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: shadows_stdlib,
            specimen: |wheel| {
                wheel.without("sample/__init__.py").member("logging/__init__.py", "");
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/shadows-package",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a top-level name belongs to a well-known other project",
            explain: "Installed together, the two overwrite each other's files, and uninstalling one breaks the other. \
                      A vendored copy belongs inside the package.",
            fix: "exclude the folder, depend on the project instead, or move the copy into the package",
            sources: &["PyPI, most downloaded projects (2026)"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: shadows_package,
            specimen: |wheel| {
                wheel.member("requests/__init__.py", "");
            },
        },
    },
];

/// Whether `import` can name it. A hyphen is by far the most frequent reason why not.
fn can_be_imported(name: &str) -> bool {
    !name.contains(['-', ' ']) && is_identifier(name) && !is_keyword(name)
}

/// The top-level folders that hold a module and the top-level modules, each with a member that makes it one.
fn tops(wheel: &WheelFile) -> BTreeMap<&str, &str> {
    let mut tops = BTreeMap::new();
    for (member, path) in library(wheel) {
        let (first, has_more) = top(path);
        let stem = module(file(path));
        let name = if has_more { stem.map(|_| first) } else { stem };
        if let Some(name) = name.filter(|name| !is_grafted(name) && !name.ends_with(".egg-info")) {
            tops.entry(name).or_insert(&*member.path);
        }
    }
    tops
}

fn top_level_name(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (name, member) in tops(wheel) {
        // A stub package may hold a stray module.
        if !name.ends_with("-stubs") && !can_be_imported(name) {
            sink.at(member, format_args!("`import` cannot name `{}`", shown(name).escape_debug()));
        }
    }
}

fn module_name(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let mut bad = library(wheel).filter(|(_, path)| {
        let Some((folders, file)) = path.rsplit_once('/') else { return false };
        let Some(stem) = module(file).filter(|stem| !stem.starts_with("hook-")) else { return false };
        let (first, _) = top(path);
        let parts = folders.split('/').skip(1).chain([stem]);
        can_be_imported(first)
            && !is_grafted(first)
            && !is_for_tests(path)
            && !parts.into_iter().all(can_be_imported)
    });
    if let Some((member, _)) = bad.next() {
        let more = match bad.count() {
            0 => String::new(),
            count => format!(", nor {count} more in the wheel"),
        };
        sink.at(&member.path, format_args!("`import` cannot name it{more}"));
    }
}

/// What check-wheel-contents calls common.
const COMMON: &str = ".eggs .nox .tox .venv app build cli data dist doc docs example examples lib scripts src test \
                      tests venv";

fn common_name(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let project = wheel.name.as_ref().ok().map(|name| name.name().in_file_name());
    let folders: BTreeSet<&str> = library(wheel).map(|(_, path)| top(path).0).collect();
    for folder in folders {
        // A project may be called so, and own the name.
        if COMMON.split(' ').any(|common| common == folder) && project.as_deref() != Some(folder) {
            sink.at(
                folder,
                "it is installed beside other projects' packages, and many have one of this name",
            );
        }
    }
}

static STANDARD_LIBRARY: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("../../../data/stdlib_modules.txt").lines();
    lines.filter(|line| !line.starts_with('#')).collect()
});

fn shadows_stdlib(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (name, member) in tops(wheel) {
        // `test` is told by the rule about common names.
        if STANDARD_LIBRARY.contains(name) && name != "test" {
            sink.at(member, format_args!("`{name}` is a module of the standard library"));
        }
    }
}

/// Top-level names that are not only their project's name but known to be nobody else's.
const WELL_KNOWN: [&str; 16] = [
    "attr",
    "certifi",
    "click",
    "idna",
    "jinja2",
    "numpy",
    "packaging",
    "pip",
    "pydantic",
    "pytest",
    "requests",
    "rich",
    "setuptools",
    "six",
    "urllib3",
    "wheel",
];

fn shadows_package(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Ok(name) = &wheel.name else { return };
    for (top, member) in tops(wheel) {
        let owner = if top == "attr" { "attrs" } else { top };
        if WELL_KNOWN.contains(&top) && name.name().normal() != owner {
            sink.at(member, format_args!("`{top}` is the package of the project {owner}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_library_is_known() {
        for name in ["os", "logging", "asyncio", "xml"] {
            assert!(STANDARD_LIBRARY.contains(name), "{name}");
        }
        // Not in every Python: one may bring what an older or a newer one lacks.
        for name in ["distutils", "tomllib", "asyncore", "_thread", "attr", ""] {
            assert!(!STANDARD_LIBRARY.contains(name), "{name}");
        }
    }
}
