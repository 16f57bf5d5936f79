//! Libraries that are loaded with a file, and where the loader looks for them.

use std::collections::{BTreeSet, HashMap};

use super::super::{Check, Run, Sink};
use super::{DELOCATE, LOADER, files, specimen};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::archive::zip::Member;
use crate::native::macho::{Absence, Kind, Slice};
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "macho/foreign-library",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "A file needs a library at a path that users do not have",
            explain: "The path is one of the machine that built the wheel, such as Homebrew's. Elsewhere the import \
                      fails, or takes another version that happens to be installed there.",
            fix: "put the libraries into the wheel with `delocate-wheel`, or link them statically",
            sources: &[DELOCATE, LOADER],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: foreign_library,
            specimen: |wheel| {
                specimen(wheel, "macosx_11_0_arm64", |module| {
                    module.libraries.push("/opt/homebrew/opt/lmdb/lib/liblmdb.dylib");
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "macho/library-missing",
            severity: Severity::Warning,
            rejected_by: &["delocate"],
            summary: "A library is not in the wheel where the loader looks for it",
            explain: "Paths that begin with `@rpath` or `@loader_path` lead to places near the file. Nothing in the \
                      wheel is there. The import fails unless another distribution's module has loaded the library \
                      before.",
            fix: "put the library into the wheel with `delocate-wheel`, which also writes the paths",
            sources: &[DELOCATE, "Apple, dyld manual page"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: library_missing,
            specimen: |wheel| {
                specimen(wheel, "macosx_11_0_arm64", |module| {
                    module.rpaths.push("@loader_path/.dylibs");
                    module.libraries.push("@rpath/liblmdb.dylib");
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "macho/rpath",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "The loader is told to look for libraries at a path of the building machine",
            explain: "An absolute search path outside the system does not exist at users', or belongs to somebody \
                      else: whoever may write there decides what code the interpreter loads.",
            fix: "delete the path with `install_name_tool -delete_rpath`, or run `delocate-wheel`, and sign again",
            sources: &[DELOCATE, LOADER],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: rpath,
            specimen: |wheel| {
                specimen(wheel, "macosx_11_0_arm64", |module| module.rpaths.push("/Users/runner/work/lib"));
            },
        },
    },
    Check {
        rule: Rule {
            id: "macho/python-linked",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "A file links to the library of one installation of Python",
            explain: "On macOS, modules find Python's functions in the process that loads them. One that names \
                      `libpython` or `Python.framework` fails where Python is installed elsewhere, or loads a second \
                      interpreter.",
            fix: "link modules with `-undefined dynamic_lookup`, and without `-lpython` or `-framework Python`",
            sources: &[DELOCATE, "CPython documentation, C API stability"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: python_linked,
            specimen: |wheel| {
                specimen(wheel, "macosx_11_0_arm64", |module| {
                    module.libraries.push("/Library/Frameworks/Python.framework/Versions/3.13/Python");
                });
            },
        },
    },
];

/// Whether a path belongs to the system.
fn is_systems(path: &str) -> bool {
    let inside =
        |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    ["/usr/lib", "/System"].iter().any(|prefix| inside(prefix)) && !path.split('/').any(|part| part == "..")
}

/// Whether a path leads to the interpreter.
fn is_pythons(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    ["Python.framework/", "Python3.framework/"].iter().any(|framework| path.contains(framework))
        || name.starts_with("libpython3")
        || name.starts_with("libpypy3")
}

/// Modules on iOS link to Python's framework, which the app brings.
fn is_for_macos(wheel: &WheelFile) -> bool {
    wheel.name.as_ref().is_ok_and(|name| !name.platform().iter().any(|tag| tag.starts_with("ios_")))
}

/// More search paths than any wheel has; it bounds the work.
const MOST_FOLDERS: usize = 256;

/// Knows where the loader finds what is in a wheel.
pub(super) struct Loader<'a> {
    /// Each Mach-O file by where it is installed.
    files: HashMap<&'a str, &'a str>,
    /// What stands behind `@rpath/`, for any file of the wheel: search paths of all files that were loaded before
    /// count.
    rpath: HashMap<&'a str, &'a str>,
}

impl<'a> Loader<'a> {
    pub(super) fn of(wheel: &'a WheelFile) -> Self {
        let files: HashMap<&str, &str> =
            files(wheel).map(|(member, _)| (installed(&member.path), member.path.as_str())).collect();
        let mut folders = BTreeSet::new();
        for (member, slices) in self::files(wheel) {
            for path in slices
                .iter()
                .flat_map(|slice| slice.rpaths.iter().map(move |path| place(member, slice, path)))
            {
                if folders.len() < MOST_FOLDERS {
                    folders.extend(path);
                }
            }
        }
        let mut rpath = HashMap::new();
        for folder in &folders {
            for (at, path) in &files {
                let rest = if folder.is_empty() {
                    Some(*at)
                } else {
                    at.strip_prefix(folder.as_str()).and_then(|rest| rest.strip_prefix('/'))
                };
                rpath.extend(rest.map(|rest| (rest, *path)));
            }
        }
        Self { files, rpath }
    }

    /// The wheel's file that the loader finds under this name for a slice of `member`.
    pub(super) fn inside(&self, member: &Member, slice: &Slice, name: &str) -> Option<&'a str> {
        match name.strip_prefix("@rpath/") {
            Some(rest) => self.rpath.get(rest).copied(),
            None => self.files.get(place(member, slice, name)?.as_str()).copied(),
        }
    }
}

/// Where a member is installed, counted from where packages are.
fn installed(path: &str) -> &str {
    let moved = path.split_once('/').filter(|(top, _)| top.ends_with(".data"));
    let inside =
        moved.and_then(|(_, rest)| rest.strip_prefix("platlib/").or_else(|| rest.strip_prefix("purelib/")));
    inside.unwrap_or(path)
}

/// Where a path that begins at the file itself leads, as long as it stays beside packages.
fn place(member: &Member, slice: &Slice, path: &str) -> Option<String> {
    let rest = match path.split_once('/').unwrap_or((path, "")) {
        ("@loader_path", rest) => rest,
        ("@executable_path", rest) if slice.kind == Kind::Program => rest,
        _ => return None,
    };
    let mut parts: Vec<&str> = installed(&member.path).split('/').collect();
    parts.pop();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Each library that must be there, once for a file however many slices name it.
fn each_library<'a>(wheel: &'a WheelFile, mut tell: impl FnMut(&'a Member, &'a Slice, &'a str)) {
    for (member, slices) in files(wheel) {
        let mut seen = BTreeSet::new();
        for slice in slices {
            for library in slice.libraries.iter().filter(|library| library.absence == Absence::Fatal) {
                if seen.insert(&library.name) {
                    tell(member, slice, &library.name);
                }
            }
        }
    }
}

fn foreign_library(wheel: &WheelFile, sink: &mut Sink<'_>) {
    each_library(wheel, |member, _, name| {
        if name.starts_with('/') && !is_systems(name) && !is_pythons(name) {
            let name = shown(name);
            sink.at(&member.path, format_args!("it needs `{}`", name.escape_debug()));
        }
    });
}

fn library_missing(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let loader = Loader::of(wheel);
    each_library(wheel, |member, slice, name| {
        if !name.starts_with('/') && !is_pythons(name) && loader.inside(member, slice, name).is_none() {
            let name = shown(name);
            let message =
                format!("it needs `{}`, which leads to no library in the wheel", name.escape_debug());
            sink.at(&member.path, message);
        }
    });
}

fn rpath(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, slices) in files(wheel) {
        let paths: BTreeSet<&String> = slices.iter().flat_map(|slice| &slice.rpaths).collect();
        for path in paths.into_iter().filter(|path| path.starts_with('/') && !is_systems(path)) {
            let path = shown(path);
            sink.at(&member.path, format_args!("libraries are looked for in `{}`", path.escape_debug()));
        }
    }
}

fn python_linked(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if !is_for_macos(wheel) {
        return;
    }
    let loader = Loader::of(wheel);
    each_library(wheel, |member, slice, name| {
        if is_pythons(name) && loader.inside(member, slice, name).is_none() {
            let name = shown(name);
            sink.at(&member.path, format_args!("it needs `{}`", name.escape_debug()));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_system_are_known() {
        for path in [
            "/usr/lib/libSystem.B.dylib",
            "/System/Library/Frameworks/A.framework/A",
            "/usr/lib",
            "/usr/lib/swift",
        ] {
            assert!(is_systems(path), "{path}");
        }
        for path in [
            "/usr/local/lib/a.dylib",
            "/usr/library/a.dylib",
            "/usr/lib/../local/a.dylib",
            "/opt/a.dylib",
            "a.dylib",
        ] {
            assert!(!is_systems(path), "{path}");
        }
    }

    #[test]
    fn members_are_installed_beside_packages() {
        assert_eq!(installed("a/b.so"), "a/b.so");
        assert_eq!(installed("a-1.data/platlib/a/b.so"), "a/b.so");
        assert_eq!(installed("a-1.data/scripts/tool"), "a-1.data/scripts/tool");
    }
}
