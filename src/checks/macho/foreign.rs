//! Modules in another system's format than their wheel's.

use super::super::abi::modules::{Suffix, exports, natives, suffix};
use super::super::{Check, Run, Sink};
use super::{LOADER, TAGS, is_for_any, specimen};
use crate::archive::build::native::{Extension, Interpreter, Machine, pe};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::native::Object;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[Check {
    rule: Rule {
        id: "macho/foreign-module",
        severity: Severity::Error,
        rejected_by: &[],
        summary: "A module is in the format of another system than the platform tag",
        explain: "An interpreter of Linux, Windows or macOS loads modules in its system's own format only. The \
                      module's file name is one that the tag's interpreters look for, and so the import fails.",
        fix: "build the wheel's modules on the system of its platform tag, from an empty build directory",
        sources: &[LOADER, TAGS],
        since: "0.1.0",
    },
    run: Run::Wheel {
        check: foreign_module,
        specimen: |wheel| {
            specimen(wheel, "macosx_11_0_arm64", |_| {});
            wheel.native_member("sample/_native.cpython-313-darwin.so", foreign());
        },
    },
}];

fn foreign() -> Vec<u8> {
    let extension =
        Extension { name: "_native", machine: Machine::Aarch64, interpreter: Interpreter::CPython };
    pe::module(&extension, "python313.dll")
}

fn foreign_module(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Ok(name) = &wheel.name else { return };
    if is_for_any(wheel) {
        return;
    }
    let of = |prefixes: &[&str]| {
        name.platform().iter().all(|tag| prefixes.iter().any(|prefix| tag.starts_with(prefix)))
    };
    let (apples, windows) = (of(&["macosx_", "ios_"]), of(&["win"]));
    let linux = of(&["linux", "manylinux", "musllinux", "android"]);
    for (member, native) in natives(wheel) {
        let Ok(object) = native else { continue };
        // The name says for which system it is: one for another is never looked for.
        let looked_for = match suffix(&member.path) {
            Some(Suffix::Tagged(tag)) if tag.ends_with("darwin") => apples,
            Some(Suffix::Tagged(tag)) if tag.contains("linux") => linux,
            Some(Suffix::Tagged(tag)) if tag.contains("-win") => windows,
            Some(Suffix::Stable | Suffix::StableThreaded) => apples || linux,
            Some(Suffix::Plain) => !exports(object).is_empty() && (windows == member.path.ends_with(".pyd")),
            _ => false,
        };
        let (fits, found) = match object {
            Object::MachO(_) => (apples, "Apple's"),
            Object::Pe(_) => (windows, "Windows'"),
            Object::Elf(_) => (linux, "Linux'"),
        };
        if looked_for && !fits && (apples || windows || linux) {
            let tags = name.platform().join(".");
            sink.at(
                &member.path,
                format_args!("it is in {found} format, and the platform tag is `{}`", shown(&tags)),
            );
        }
    }
}
