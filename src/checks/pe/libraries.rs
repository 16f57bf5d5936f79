//! Libraries that are loaded with a file, and whether every user has them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use super::super::abi::modules::CPython;
use super::super::{Check, Run, Sink};
use super::{FORMAT, files, specimen};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::native::pe::{Machine, Moment, has_interpreter};
use crate::report::{Rule, Severity};

const DELVEWHEEL: &str = "delvewheel, the libraries that it leaves to Windows and Python";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "pe/library-missing",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "A library may be missing on users' machines",
            explain: "The file needs a library that is neither in the wheel nor part of Windows or Python. Where \
                      nothing else has installed it, the import fails with `DLL load failed`. A library of another \
                      distribution that is imported before is found as well.",
            fix: "put the library into the wheel with `delvewheel repair`, or link it statically",
            sources: &[DELVEWHEEL, FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: missing,
            specimen: |wheel| {
                specimen(wheel, ["cp313", "cp313"], "_native.cp313-win_amd64.pyd", |module| {
                    module.imports.push(("sqlite9.dll", vec!["sqlite9_open"]));
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "pe/debug-runtime",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "A file needs the debug version of a runtime library",
            explain: "Debug versions of the C runtime and of Python come with compilers, and nobody may pass them on. \
                      On users' machines the import fails with `DLL load failed`.",
            fix: "build with the release configuration (`/MD`, not `/MDd`) and the release version of Python",
            sources: &["Microsoft, C runtime libraries", DELVEWHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: debug_runtime,
            specimen: |wheel| {
                specimen(wheel, ["cp313", "cp313"], "_native.cp313-win_amd64.pyd", |module| {
                    module.imports.push(("VCRUNTIME140D.dll", vec!["memcpy"]));
                });
            },
        },
    },
];

/// For each library of Windows, the processors for which it has it: `i`, `x`, `a`.
static WINDOWS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let rows = include_str!("../../../data/windows-dlls.txt").lines().filter(|line| !line.starts_with('#'));
    let rows = rows.filter_map(|row| row.split_once(' '));
    rows.flat_map(|(machines, names)| names.split(' ').map(move |name| (name, machines))).collect()
});

/// Whether every Windows has the library, whose name is in lower case.
fn is_of_windows(library: &str, machine: Machine) -> bool {
    // Sets of functions that Windows itself finds the library for, and the C runtime, which is part of Windows 10
    // and of what Python needs before.
    if ["api-", "ext-"].iter().any(|prefix| library.starts_with(prefix))
        || ["combase.dll", "ucrtbase.dll"].contains(&library)
    {
        return true;
    }
    let letters: &[char] = match machine {
        Machine::X86 => &['i'],
        Machine::X86_64 => &['x'],
        Machine::Arm64 => &['a'],
        Machine::Arm64Ec | Machine::Arm64X => &['a', 'x'],
        Machine::Other(_) => return true,
    };
    let found = WINDOWS.get(library.strip_suffix(".dll").unwrap_or(library));
    found.is_some_and(|machines| machines.contains(letters))
}

/// Whether each interpreter that the wheel is installed for brings this library of the compiler's.
///
/// Source: the installers of the interpreters; the same as delvewheel's `ignore_by_abi_platform`.
fn comes_with_interpreter(wheel: &WheelFile, library: &str, machine: Machine) -> bool {
    let Ok(name) = &wheel.name else { return false };
    let brings = |tag: &String| match CPython::of_tag(tag).map(|python| python.minor) {
        Some(9..) => {
            library == "vcruntime140.dll" || library == "vcruntime140_1.dll" && machine != Machine::X86
        }
        Some(5..) => library == "vcruntime140.dll",
        Some(3..) => library == "msvcr100.dll",
        Some(_) => false,
        None if tag.starts_with("pypy3") || tag.starts_with("pp3") => library == "vcruntime140.dll",
        None if tag.starts_with("graalpy") => ["vcruntime140.dll", "vcruntime140_1.dll"].contains(&library),
        None => false,
    };
    name.python().iter().all(&brings) || name.abi().iter().all(brings)
}

/// Whether it is the debug version of a runtime, by its name in lower case.
fn is_debug(library: &str) -> bool {
    let Some(stem) = library.strip_suffix(".dll") else { return false };
    let numbered = |prefix: &str| {
        let rest = stem.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('d'));
        rest.is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
        })
    };
    stem == "ucrtbased"
        || ["vcruntime", "msvcp", "msvcr", "concrt", "vccorlib", "mfc"].iter().any(|prefix| numbered(prefix))
        || has_interpreter(library) && stem.ends_with("_d")
}

fn debug_runtime(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let abis = wheel.name.as_ref().map(|name| name.abi()).unwrap_or_default();
    // A wheel for debug versions of Python says so.
    let for_debug = abis.iter().any(|abi| CPython::of_tag(abi).is_some() && abi.ends_with('d'));
    let carried = carried(wheel);
    for (member, pe) in files(wheel).filter(|_| !for_debug) {
        for import in &pe.imports {
            let library = import.library.to_ascii_lowercase();
            if is_debug(&library) && !carried.contains(&library) {
                let library = shown(&import.library);
                let message =
                    format!("it needs `{}`, which comes with compilers only", library.escape_debug());
                sink.at(&member.path, message);
            }
        }
    }
}

/// The file names in the wheel, in lower case.
fn carried(wheel: &WheelFile) -> HashSet<String> {
    let names = wheel.zip.members.iter().filter_map(|member| member.path.rsplit('/').next());
    names.map(str::to_ascii_lowercase).collect()
}

fn missing(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let carried = carried(wheel);
    // Each missing library with the files that need it: many modules need the same.
    let mut missing: BTreeMap<String, (Vec<&str>, Moment)> = BTreeMap::new();
    for (member, pe) in files(wheel) {
        for import in &pe.imports {
            let library = import.library.to_ascii_lowercase();
            let known = has_interpreter(&library)
                || is_debug(&library)
                || is_of_windows(&library, pe.machine)
                || comes_with_interpreter(wheel, &library, pe.machine)
                || carried.contains(&library);
            if !known {
                let entry = missing.entry(library).or_insert_with(|| (Vec::new(), import.moment));
                entry.0.push(&member.path);
                if import.moment == Moment::AtOnce {
                    entry.1 = Moment::AtOnce;
                }
            }
        }
    }
    for (library, (needed_by, moment)) in missing {
        let others = match needed_by.len() - 1 {
            0 => String::new(),
            1 => ", and so does another file".to_owned(),
            others => format!(", and so do {others} other files"),
        };
        let when = match moment {
            Moment::AtOnce => "",
            Moment::FirstUse => " when it first uses it",
        };
        let library = shown(&library);
        let library = library.escape_debug();
        sink.at(
            needed_by[0],
            format_args!(
                "it needs `{library}`{when}{others}; neither the wheel nor Windows nor Python has it"
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_versions_are_told_by_their_names() {
        for name in [
            "ucrtbased.dll",
            "vcruntime140d.dll",
            "vcruntime140_1d.dll",
            "msvcp140d.dll",
            "python313_d.dll",
            "python3_d.dll",
        ] {
            assert!(is_debug(name), "{name}");
        }
        for name in [
            "ucrtbase.dll",
            "vcruntime140.dll",
            "msvcrt.dll",
            "msvcp140_codecvt_ids.dll",
            "python3.dll",
            "d3d.dll",
            "mfc.dll",
        ] {
            assert!(!is_debug(name), "{name}");
        }
    }

    #[test]
    fn windows_has_its_own() {
        assert!(is_of_windows("kernel32.dll", Machine::X86) && is_of_windows("kernel32.dll", Machine::Arm64));
        assert!(is_of_windows("api-ms-win-crt-runtime-l1-1-0.dll", Machine::X86_64));
        assert!(is_of_windows("winspool.drv", Machine::X86_64));
        assert!(
            !is_of_windows("msvcp140.dll", Machine::X86_64) && !is_of_windows("libssl-3.dll", Machine::X86)
        );
    }
}
