//! What Windows may do against attacks.

use super::super::{Check, Run, Sink};
use super::{FORMAT, files, specimen};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::native::pe::Defences;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "pe/defences",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "A file keeps Windows from its usual defences against attacks",
            explain: "Windows places code at random addresses and never runs data, unless a file says that it cannot \
                      bear it. Linkers say so only when told to, or when they are very old.",
            fix: "link with `/DYNAMICBASE`, `/NXCOMPAT` and `/HIGHENTROPYVA`, the defaults of today's linkers",
            sources: &[FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: defences,
            specimen: |wheel| {
                specimen(wheel, ["cp313", "cp313"], "_native.cp313-win_amd64.pyd", |module| module.flags = 0);
            },
        },
    },
    Check {
        rule: Rule {
            id: "pe/writable-code",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "A section may be written to and run",
            explain: "Code that can be written to is where attacks put theirs. Compilers do not make such sections; \
                      packers do, and virus scanners look for them.",
            fix: "do not pack or encrypt the file, and take `/SECTION` out of the linker's options",
            sources: &[FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: writable_code,
            specimen: |wheel| {
                specimen(wheel, ["cp313", "cp313"], "_native.cp313-win_amd64.pyd", |module| {
                    module.code_flags |= 0x8000_0000;
                });
            },
        },
    },
];

fn defences(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, pe) in files(wheel) {
        let Defences { dynamic_base, nx_compat, high_entropy } = pe.defences;
        let said = [
            (dynamic_base, "random addresses (`DYNAMIC_BASE`)"),
            (nx_compat, "data that is never run (`NX_COMPAT`)"),
            (high_entropy, "random addresses of 64 bits (`HIGH_ENTROPY_VA`)"),
        ];
        let missing: Vec<&str> = said.into_iter().filter(|(has, _)| !has).map(|(_, what)| what).collect();
        if !missing.is_empty() {
            sink.at(&member.path, format_args!("it does not allow {}", missing.join(", ")));
        }
    }
}

fn writable_code(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, pe) in files(wheel) {
        if let Some(section) = pe.writable_code.first() {
            let section = shown(section);
            sink.at(
                &member.path,
                format_args!("its section `{}` may be written to and run", section.escape_debug()),
            );
        }
    }
}
