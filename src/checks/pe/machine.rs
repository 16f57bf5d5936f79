//! Files that can be read, and processors.

use std::collections::BTreeMap;

use super::super::abi::modules::{Suffix, is_module, natives, suffix};
use super::super::{Check, Run, Sink};
use super::{FORMAT, files, specimen};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::native::pe::Machine;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "pe/damaged",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "A library for Windows cannot be loaded",
            explain: "The file begins like one for Windows, and its headers point to what is not there. Windows \
                      refuses to load it: it was cut short or changed after it was linked.",
            fix: "build again, and look for the step that copies or changes the file after the linker",
            sources: &[FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: damaged,
            specimen: |wheel| {
                specimen(wheel, ["cp313", "cp313"], "_native.cp313-win_amd64.pyd", |_| {});
                let mut bytes = b"MZ".to_vec();
                bytes.resize(100, 0xff);
                wheel.native_member("sample/_native.cp313-win_amd64.pyd", bytes);
            },
        },
    },
    Check {
        rule: Rule {
            id: "pe/machine",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "A library is for another processor than the wheel's tag, or than who loads it",
            explain: "A process loads libraries of its own processor only. The interpreter is that of the platform \
                      tag, so that its modules, and all that these need, must be as well.",
            fix: "build with the compiler for the processor of the platform tag, and take libraries of the same",
            sources: &[FORMAT, "platform compatibility tags"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: machine,
            specimen: |wheel| {
                specimen(wheel, ["cp313", "cp313"], "_native.cp313-win_amd64.pyd", |module| {
                    module.machine = 0xaa64;
                });
            },
        },
    },
];

fn damaged(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, native) in natives(wheel) {
        let path = member.path.to_ascii_lowercase();
        if let Err(broken) = native
            && (path.ends_with(".pyd") || path.ends_with(".dll"))
        {
            let what = shown(&broken.what);
            sink.at(&member.path, format_args!("Windows cannot load it: {}", what.escape_debug()));
        }
    }
}

/// What people call a processor.
fn name(machine: Machine) -> String {
    match machine {
        Machine::X86 => "32-bit x86".to_owned(),
        Machine::X86_64 => "x86-64".to_owned(),
        Machine::Arm64 => "ARM64".to_owned(),
        Machine::Arm64Ec => "ARM64EC".to_owned(),
        Machine::Arm64X => "ARM64X".to_owned(),
        Machine::Other(number) => format!("machine {number:#06x}"),
    }
}

/// The processor of an interpreter for the platform.
fn promised(platform: &str) -> Option<Machine> {
    match platform {
        "win32" => Some(Machine::X86),
        "win_amd64" => Some(Machine::X86_64),
        "win_arm64" => Some(Machine::Arm64),
        _ => None,
    }
}

/// Whether a process of one processor loads a library of the other.
fn loads(process: Machine, library: Machine) -> bool {
    process == library || process == Machine::Arm64 && library == Machine::Arm64X
}

fn machine(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let platforms = wheel.name.as_ref().map(|name| name.platform()).unwrap_or_default();
    let interpreters: Vec<Machine> = platforms.iter().filter_map(|tag| promised(tag)).collect();
    let mut libraries: BTreeMap<String, Vec<Machine>> = BTreeMap::new();
    for (member, pe) in files(wheel) {
        let file = member.path.rsplit('/').next().unwrap_or_default();
        libraries.entry(file.to_ascii_lowercase()).or_default().push(pe.machine);
    }
    for (member, pe) in files(wheel) {
        if !interpreters.is_empty()
            && is_module(&member.path, &pe.python_exports)
            && !is_for_another(&member.path, pe.machine)
            && !interpreters.iter().any(|interpreter| loads(*interpreter, pe.machine))
        {
            let tags: Vec<String> = platforms.iter().map(|tag| format!("`{tag}`")).collect();
            let message = format!(
                "it is for {}, and the platform tag is {}",
                name(pe.machine),
                shown(&tags.join(", "))
            );
            sink.at(&member.path, message);
        }
        for import in &pe.imports {
            let Some(found) = libraries.get(&import.library.to_ascii_lowercase()) else { continue };
            if !found.iter().any(|library| loads(pe.machine, *library)) {
                let library = shown(&import.library);
                let message = format!(
                    "it is for {}, and needs `{}`, which is in the wheel for {}",
                    name(pe.machine),
                    library.escape_debug(),
                    name(found[0])
                );
                sink.at(&member.path, message);
            }
        }
    }
}

/// Whether the file's own name says another platform, which no interpreter of the wheel's would look for.
fn is_for_another(path: &str, machine: Machine) -> bool {
    let Some(Suffix::Tagged(tag)) = suffix(path) else { return false };
    tag.rsplit('-').next().and_then(promised) == Some(machine)
}
