//! Native code against what the wheel says of itself, whatever system the code is for.

use std::collections::BTreeSet;

use super::abi::modules::exports;
use super::{Check, Run, Sink};
use crate::archive::build::native::elf::{Glibc, module, program};
use crate::archive::build::native::{Extension, Interpreter, Machine};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::archive::zip::Member;
use crate::native::{Broken, Object};
use crate::report::{Rule, Severity};

pub(super) const TABLES: &[&[Check]] = &[CHECKS];

const TAGS: &str = "platform compatibility tags";
const WHEEL: &str = "binary distribution format, the WHEEL file";

const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "wheel-file/module-for-any",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a wheel for any platform holds an extension module",
            explain: "An extension module is for one system and one processor. With the platform tag `any`, \
                      installers take the wheel everywhere, and the import fails on all others.",
            fix: "let the build backend know of the extension module, which sets the platform tag",
            sources: &[TAGS, "auditwheel"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: module_for_any,
            specimen: |wheel| {
                wheel.native_member(MODULE, specimen());
            },
        },
    },
    Check {
        rule: Rule {
            id: "wheel-file/library-for-any",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a wheel for any platform holds libraries of one platform only",
            explain: "What the libraries do works on one system and one processor, and installers take the wheel \
                      everywhere. Wheels that bring libraries for several systems are not meant.",
            fix: "set the platform tag that the libraries are for, and `Root-Is-Purelib: false`",
            sources: &[TAGS, "auditwheel"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: library_for_any,
            specimen: |wheel| {
                wheel.native_member("sample/libhelper.so", program("no module\n"));
            },
        },
    },
    Check {
        rule: Rule {
            id: "wheel-file/module-without-abi",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a wheel with the ABI tag `none` holds an extension module",
            explain: "An extension module uses the interpreter's binary interface. The ABI tag `none` says that \
                      nothing does, and installers take the wheel for interpreters that cannot load the module.",
            fix: "build with the interpreter's ABI tag, or for the stable ABI with `abi3`",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: module_without_abi,
            specimen: |wheel| {
                wheel.tags("py3", "none", "manylinux_2_28_x86_64").native_member(MODULE, specimen());
            },
        },
    },
    Check {
        rule: Rule {
            id: "wheel-file/native-in-purelib",
            severity: Severity::Error,
            rejected_by: &["auditwheel"],
            summary: "native code is installed where only Python code belongs",
            explain: "`Root-Is-Purelib: true`, or the `purelib` folder of `.data`, puts it into the folder that \
                      interpreters for several processors may share. On some systems that is another folder than \
                      the one for native code.",
            fix: "state `Root-Is-Purelib: false` and use no `purelib` folder; `platlib` is the one for native code",
            sources: &[WHEEL, "auditwheel"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: native_in_purelib,
            specimen: |wheel| {
                wheel.tags("cp312", "cp312", "manylinux_2_28_x86_64").native_member(MODULE, specimen());
                wheel.wheel("Root-Is-Purelib", "true");
            },
        },
    },
    Check {
        rule: Rule {
            id: "wheel-file/nothing-native",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a wheel for one platform holds no native code",
            explain: "Pure Python code needs no platform tag; with one, users elsewhere have to build the sdist. Or \
                      the native code was lost on its way into the wheel.",
            fix: "look why the native code is missing; if there is none, build a wheel for `any` platform",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: nothing_native,
            specimen: |wheel| {
                wheel.tags("cp312", "cp312", "manylinux_2_28_x86_64");
            },
        },
    },
];

const MODULE: &str = "sample/_speedups.cpython-312-x86_64-linux-gnu.so";

fn specimen() -> Vec<u8> {
    let interpreter = Interpreter::CPython;
    module(&Extension { name: "_speedups", machine: Machine::X86_64, interpreter }, Glibc::V2_28)
}

/// The native files, with their paths; broken ones count.
fn natives(wheel: &WheelFile) -> impl Iterator<Item = (&Member, &Result<Object, Broken>)> {
    wheel.zip.members.iter().filter_map(|member| {
        let native = member.digests()?.insight.as_ref()?.native.as_ref()?;
        Some((member, native))
    })
}

/// Whether an interpreter imports the file.
fn is_module(path: &str, native: &Result<Object, Broken>) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let has_suffix = |end: &str, starts: &[&str]| {
        let middle = name.strip_suffix(end).and_then(|name| name.split_once('.'));
        middle.is_some_and(|(_, tag)| starts.iter().any(|start| tag.starts_with(start)))
    };
    match native {
        Ok(object @ (Object::Elf(_) | Object::MachO(_))) if !exports(object).is_empty() => true,
        // Windows has no other use for that ending.
        Ok(Object::Pe(_)) => name.ends_with(".pyd"),
        _ => has_suffix(".so", &["cpython-", "abi3", "pypy"]),
    }
}

/// Whether the file is loaded into a process, by its name.
fn is_library(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let ends = [".so", ".pyd", ".dll", ".dylib"];
    ends.iter().any(|end| name.ends_with(end)) || name.contains(".so.")
}

fn is_for_any(wheel: &WheelFile) -> bool {
    wheel.name.as_ref().is_ok_and(|name| name.platform().iter().any(|tag| tag == "any"))
}

fn module_for_any(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if is_for_any(wheel) {
        for (member, _) in natives(wheel).filter(|(member, native)| is_module(&member.path, native)) {
            sink.at(&member.path, "it is an extension module, and the platform tag is `any`");
        }
    }
}

/// What a native file is for, as far as it has to be told from others.
fn system(native: &Result<Object, Broken>) -> (u8, u16) {
    match native {
        Ok(Object::Elf(elf)) => (0, elf.machine),
        Ok(Object::MachO(_)) => (1, 0),
        Ok(Object::Pe(_)) => (2, 0),
        Err(_) => (3, 0),
    }
}

fn library_for_any(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if !is_for_any(wheel) {
        return;
    }
    let libraries: Vec<_> = natives(wheel).filter(|(member, _)| is_library(&member.path)).collect();
    let systems: BTreeSet<_> = libraries.iter().map(|(_, native)| system(native)).collect();
    if systems.len() > 1 {
        return;
    }
    for (member, native) in libraries {
        if !is_module(&member.path, native) {
            sink.at(
                &member.path,
                "it is a native library, the platform tag is `any`, and no other platform has one",
            );
        }
    }
}

fn module_without_abi(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Ok(name) = &wheel.name else { return };
    if is_for_any(wheel) || !name.abi().iter().any(|abi| abi == "none") {
        return;
    }
    for (member, _) in natives(wheel).filter(|(member, native)| is_module(&member.path, native)) {
        sink.at(&member.path, "it is an extension module, and the ABI tag is `none`");
    }
}

fn native_in_purelib(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let root_is_purelib =
        wheel.wheel.value().is_some_and(|headers| headers.get("Root-Is-Purelib") == Some("true"));
    for (member, _) in natives(wheel).filter(|(member, _)| is_library(&member.path)) {
        let (top, rest) = member.path.split_once('/').unwrap_or_default();
        let is_data = top.ends_with(".data");
        if is_data && rest.starts_with("purelib/") {
            sink.at(&member.path, "it is a native library in a `purelib` folder");
        } else if root_is_purelib && !is_data && !is_for_any(wheel) {
            sink.at(&member.path, "it is a native library, and WHEEL says `Root-Is-Purelib: true`");
        }
    }
}

fn nothing_native(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Ok(name) = &wheel.name else { return };
    // Static libraries, code for the browser and firmware have other formats.
    let other = [".a", ".lib", ".o", ".wasm", ".bin", ".jar", ".js"];
    let is_other = |member: &Member| other.iter().any(|end| member.path.ends_with(end));
    let is_whole = wheel.zip.members.iter().all(|member| member.digests().is_some());
    if is_whole
        && !is_for_any(wheel)
        && natives(wheel).next().is_none()
        && !wheel.zip.members.iter().any(is_other)
    {
        let platforms = name.platform().join(".");
        sink.emit(format_args!(
            "the platform tag is `{}`, and no member is a native file",
            shown(&platforms)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_known_by_name() {
        let broken = || Err(Broken { what: String::new() });
        for (path, is) in [
            ("a/b.cpython-313-darwin.so", true),
            ("a/b.abi3.so", true),
            ("a/libz.so", false),
            ("a/libz.so.1", false),
            ("a/pypy.so", false),
        ] {
            assert_eq!(is_module(path, &broken()), is, "{path}");
        }
    }
}
