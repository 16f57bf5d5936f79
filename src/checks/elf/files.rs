//! How native files are made: whether they can be read, what memory they ask for, what was left in them.

use super::platform::{claims, judged};
use super::reach::is_library_name;
use super::{ABI, AUDITWHEEL, Check, Object, Run, SPECIMEN, Sink, demanding, for_linux, native, with};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::native::elf::Kind;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "elf/broken",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a library or program begins as a native file of Linux and cannot be read as one",
            explain: "Its headers lead out of the file or contradict one another. Most often a copy or a download \
                      was cut short; the loader refuses it.",
            fix: "build the file again, and compare its size and digest on each step into the wheel",
            sources: &[ABI],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: broken,
            specimen: |wheel| {
                for_linux(wheel);
                let mut module = with(&SPECIMEN, |_| {});
                module.truncate(module.len() / 2);
                wheel.native_member("sample/libcut.so", module);
            },
        },
    },
    Check {
        rule: Rule {
            id: "elf/executable-stack",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a library asks for a stack that can be executed",
            explain: "Every overflow on such a stack is a way to run code. The GNU C library refuses to load such a \
                      library into a running process since version 2.41. Most often one assembler file lacks a note.",
            fix: "link with `-z noexecstack`, and add a `.note.GNU-stack` section to assembler files",
            sources: &["GNU C library 2.41, release notes", ABI],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: executable_stack,
            specimen: |wheel| demanding(wheel, |demands| demands.executable_stack = true),
        },
    },
    Check {
        rule: Rule {
            id: "elf/text-relocations",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "the loader has to write into a library's code",
            explain: "The code was not compiled to be loaded anywhere. While the loader changes it, it can be \
                      written and run; hardened systems, musl and Android refuse it.",
            fix: "compile everything that goes into the library with `-fPIC`, and link with `-z text`",
            sources: &[ABI],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: text_relocations,
            specimen: |wheel| demanding(wheel, |demands| demands.text_relocations = true),
        },
    },
    Check {
        rule: Rule {
            id: "elf/writable-code",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a library has memory that can be both written and executed",
            explain: "A segment with both permissions lets whoever can write to it run code. Compilers and linkers \
                      make none; packers and linker scripts do.",
            fix: "link without `-N` and without a linker script of your own, and do not pack libraries",
            sources: &[ABI],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: writable_code,
            specimen: |wheel| demanding(wheel, |demands| demands.writable_code = true),
        },
    },
    Check {
        rule: Rule {
            id: "elf/debug",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a file holds debugging information",
            explain: "Sections called `.debug_…` are never loaded, are most of what a file takes, and tell paths of \
                      the build machine.",
            fix: "link with `-s`, or run `auditwheel repair --strip`",
            sources: &["pydistcheck", AUDITWHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: debug,
            specimen: |wheel| demanding(wheel, |demands| demands.debug = Some("int main(void);")),
        },
    },
];

fn broken(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if claims(wheel).is_empty() {
        return;
    }
    for member in &wheel.zip.members {
        // Tests of programs that read such files bring broken ones as data.
        let name = member.path.rsplit('/').next().unwrap_or_default();
        let is_program = !name.contains('.') && member.attributes >> 16 & 0o111 != 0;
        if (is_library_name(name) || is_program)
            && let Some(Err(broken)) = native(member)
        {
            sink.at(&member.path, format_args!("it cannot be read: {}", shown(&broken.what).escape_debug()));
        }
    }
}

fn each(wheel: &WheelFile, sink: &mut Sink<'_>, message: impl Fn(&Object<'_>) -> Option<&'static str>) {
    for (object, _) in judged(wheel).iter().filter(|(object, _)| object.elf.kind == Kind::Library) {
        if let Some(message) = message(object) {
            sink.at(object.path, message);
        }
    }
}

fn executable_stack(wheel: &WheelFile, sink: &mut Sink<'_>) {
    each(wheel, sink, |object| {
        object.elf.has_executable_stack.then_some("its `PT_GNU_STACK` can be executed")
    });
}

fn text_relocations(wheel: &WheelFile, sink: &mut Sink<'_>) {
    each(wheel, sink, |object| {
        object.elf.has_text_relocations.then_some("its dynamic table has `DT_TEXTREL`")
    });
}

fn writable_code(wheel: &WheelFile, sink: &mut Sink<'_>) {
    each(wheel, sink, |object| {
        object.elf.has_writable_code.then_some("one of its segments can be written and executed")
    });
}

fn debug(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (object, _) in judged(wheel) {
        if object.elf.debug_bytes > 0 {
            sink.at(
                object.path,
                format_args!("its `.debug_…` sections take {} bytes", object.elf.debug_bytes),
            );
        }
    }
}
