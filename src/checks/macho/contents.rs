//! Signatures, and what is there for debuggers only.

use super::super::{Check, Run, Sink};
use super::apple::machine_name;
use super::{LOADER, files, specimen};
use crate::archive::build::native::macho::Signing;
use crate::archive::wheel::WheelFile;
use crate::native::macho::{Machine, Signature, Slice};
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "macho/signature",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "Code for Apple's processors is not signed, or was changed afterwards",
            explain: "Macs with Apple's processors run signed code only; a linker's own signature is enough. A tool \
                      that changes the file later, such as `strip` or `install_name_tool` of other systems, leaves a \
                      signature that fits no longer, and macOS kills the interpreter when it loads the file.",
            fix: "sign after the last change to the file with `codesign --force --sign -`",
            sources: &["Apple, TN3126 Inside code signing: hashes", LOADER],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: signature,
            specimen: |wheel| {
                specimen(wheel, "macosx_11_0_arm64", |module| module.signing = Signing::Outdated);
            },
        },
    },
    Check {
        rule: Rule {
            id: "macho/debug",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "A file carries what only debuggers on the building machine can use",
            explain: "Without being told otherwise, the linker lists the object files of the build with their paths, \
                      where debuggers would find debugging information. Users have none of them: the file is larger, \
                      and tells where it was built.",
            fix: "strip the file with `strip -S`, or link with `-Wl,-S`, and sign afterwards",
            sources: &[LOADER, "pydistcheck, compiled-objects-have-debug-symbols"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: debug,
            specimen: |wheel| {
                specimen(wheel, "macosx_11_0_arm64", |module| {
                    module.object_files.push("/Users/runner/work/sample/build/_native.o");
                });
            },
        },
    },
];

fn signature(wheel: &WheelFile, sink: &mut Sink<'_>) {
    // What is for iOS is signed with the app.
    let is_ios = |tag: &String| tag.starts_with("ios_");
    if wheel.name.as_ref().is_ok_and(|name| name.platform().iter().any(is_ios)) {
        return;
    }
    let of_apple = |slice: &&Slice| matches!(slice.machine, Machine::Arm64 | Machine::Arm64E);
    for (member, slices) in files(wheel) {
        for slice in slices.iter().filter(of_apple) {
            let what = match slice.signature {
                Signature::Absent => "it is not signed".to_owned(),
                Signature::Malformed => "what stands for its signature is none".to_owned(),
                Signature::Changed(page) => format!("the page at {page:#x} was changed after it was signed"),
                Signature::Valid | Signature::Unchecked => continue,
            };
            sink.at(&member.path, format_args!("for {}, {what}", machine_name(slice.machine)));
        }
    }
}

fn debug(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, slices) in files(wheel) {
        let objects = slices.iter().map(|slice| slice.debug.object_files).max().unwrap_or_default();
        let dwarf = slices.iter().map(|slice| slice.debug.dwarf_bytes).fold(0, u64::saturating_add);
        if objects > 0 {
            let files =
                if objects == 1 { "one object file".to_owned() } else { format!("{objects} object files") };
            sink.at(&member.path, format_args!("it names {files} of its build"));
        }
        if dwarf > 0 {
            sink.at(&member.path, format_args!("it has {dwarf} bytes of debugging information"));
        }
    }
}
