//! Whether native files run where the platform tag says: processor, C library, symbols.

use super::platform::{self, Libc, claims, forbidden_symbols, judged, missing_versions};
use super::policy::Family;
use super::reach::Tree;
use super::{AUDITWHEEL, Check, MANYLINUX, Run, Sink, demanding, for_linux, listed, objects, with};
use crate::archive::build::native::{Extension, Machine};
use crate::archive::wheel::WheelFile;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "elf/machine",
            severity: Severity::Error,
            rejected_by: &["auditwheel"],
            summary: "a module is for another processor than the platform tag says",
            explain: "Class, byte order and machine in the file's header say what it runs on; for `armv7l` also the \
                      fifth embedded interface with hard floating point. Installers believe the tag, and the \
                      import fails. Data for other systems may lie in a wheel, but not all native files may be such.",
            fix: "build on the processor that the tag names, or set the cross compiler's platform tag",
            sources: &[AUDITWHEEL, "platform compatibility tags"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: machine,
            specimen: |wheel| {
                for_linux(wheel);
                let extension = Extension { machine: Machine::Aarch64, ..super::SPECIMEN };
                wheel.native_member(super::SPECIMEN_PATH, with(&extension, |_| {}));
            },
        },
    },
    Check {
        rule: Rule {
            id: "elf/libc",
            severity: Severity::Error,
            rejected_by: &["auditwheel"],
            summary: "a module is linked to another C library than the platform tag says",
            explain: "`manylinux` tags promise the GNU C library, `musllinux` tags musl, and Android has its own. \
                      Neither loads what is linked to another. Static programs run everywhere.",
            fix: "build for `musllinux` on Alpine's image and for `manylinux` on its own, and let `auditwheel repair` set the tag",
            sources: &[AUDITWHEEL, MANYLINUX, "PEP 656, musllinux platform tags"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: libc,
            specimen: |wheel| {
                wheel.tags("cp312", "cp312", "musllinux_1_2_x86_64");
                let module = with(&super::SPECIMEN, |_| {});
                wheel.native_member("sample/_speedups.cpython-312-x86_64-linux-musl.so", module);
            },
        },
    },
    Check {
        rule: Rule {
            id: "elf/symbol-versions",
            severity: Severity::Error,
            rejected_by: &["auditwheel"],
            summary: "a file needs newer versions of system libraries than the platform tag promises",
            explain: "The oldest platform of a compressed set counts, since installers there take the wheel too. \
                      Each policy is a set of symbol versions that all its systems have; a missing one stops the \
                      import with `version … not found`.",
            fix: "build in the image of the policy that you claim, or let `auditwheel repair` claim what is true",
            sources: &[AUDITWHEEL, MANYLINUX],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: symbol_versions,
            specimen: |wheel| {
                demanding(wheel, |demands| {
                    demands.libraries = vec![("libc.so.6", vec!["GLIBC_2.28", "GLIBC_2.34"])];
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "elf/symbols",
            severity: Severity::Error,
            rejected_by: &["auditwheel"],
            summary: "a file needs symbols that some systems of the platform lack",
            explain: "Some functions have no version of their own, or are private to a library: that one system \
                      has them says nothing about the others. The policies name them.",
            fix: "build on an image of the claimed policy, and link private functions of zlib statically",
            sources: &[AUDITWHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: symbols,
            specimen: |wheel| {
                demanding(wheel, |demands| {
                    demands.libraries.push(("libz.so.1", Vec::new()));
                    demands.functions.push(("zcalloc", None));
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "elf/instructions",
            severity: Severity::Error,
            rejected_by: &["auditwheel"],
            summary: "a file says that it needs a newer x86-64 processor than the platform tag promises",
            explain: "`x86_64` stands for the first processors of that kind. A file that was linked for a later \
                      level (v2, v3, v4) states it in a note, and the loader refuses it on older ones.",
            fix: "compile without `-march=x86-64-v3` and the like, or choose faster code when the program runs",
            sources: &[AUDITWHEEL, "x86-64 psABI, ISA levels"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: instructions,
            specimen: |wheel| demanding(wheel, |demands| demands.x86_isa = Some(1 | 2 | 4)),
        },
    },
    Check {
        rule: Rule {
            id: "elf/old-interpreter",
            severity: Severity::Error,
            rejected_by: &["auditwheel"],
            summary: "a module needs symbols that only special builds of old Pythons had",
            explain: "`PyFPE_jbuf` and its kin are only in interpreters that were built to trap floating point \
                      errors, `PyUnicodeUCS2_…` only in those with narrow text. No platform tag stands for them.",
            fix: "build against a present, usually configured interpreter",
            sources: &[AUDITWHEEL, "PEP 513"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: old_interpreter,
            specimen: |wheel| demanding(wheel, |demands| demands.functions.push(("PyFPE_jbuf", None))),
        },
    },
    Check {
        rule: Rule {
            id: "elf/stricter-tag",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the wheel runs on older systems than the platform tag lets it",
            explain: "Nothing in the wheel asks for a C library as new as the tag says. Users of older systems \
                      get the sdist, or an older release. What is older than `manylinux2014` is not asked for.",
            fix: "let `auditwheel repair` choose the tag, which takes the most compatible one",
            sources: &[AUDITWHEEL, MANYLINUX],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: stricter_tag,
            specimen: |wheel| {
                wheel.tags("cp312", "cp312", "manylinux_2_34_x86_64");
                wheel.native_member(super::SPECIMEN_PATH, with(&super::SPECIMEN, |_| {}));
            },
        },
    },
];

fn claimed(wheel: &WheelFile) -> String {
    let claims = claims(wheel);
    let tags: Vec<_> = claims.iter().map(ToString::to_string).collect();
    listed(tags.iter().map(String::as_str))
}

fn processor(machine: u16, architecture: Option<&str>) -> String {
    architecture.map_or_else(|| format!("machine number {machine}"), str::to_owned)
}

fn machine(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let claims = claims(wheel);
    if claims.is_empty() {
        return;
    }
    let fits = |object: &super::Object<'_>| claims.iter().any(|claim| claim.fits(object.elf));
    let nothing_fits = !objects(wheel).any(|object| fits(&object));
    for object in objects(wheel).filter(|object| !fits(object) && (nothing_fits || object.is_module())) {
        let machine = processor(object.elf.machine, object.elf.architecture());
        sink.at(object.path, format_args!("it is for {machine}, and the wheel for {}", claimed(wheel)));
    }
}

fn libc(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let claims = claims(wheel);
    let of_processor = || objects(wheel).filter(|object| claims.iter().any(|claim| claim.fits(object.elf)));
    let fits = |libc: Libc| claims.iter().any(|claim| libc.fits(claim.family));
    let nothing_fits = !of_processor().any(|object| Libc::of(object.elf).is_none_or(fits));
    for object in of_processor().filter(|object| nothing_fits || object.is_module()) {
        if let Some(libc) = Libc::of(object.elf).filter(|libc| !fits(*libc)) {
            sink.at(
                object.path,
                format_args!("it is linked to {}, and the wheel is for {}", libc.name(), claimed(wheel)),
            );
        }
    }
}

fn symbol_versions(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let judged = judged(wheel);
    if judged.is_empty() {
        return;
    }
    let tree = Tree::of(wheel);
    for (object, platform) in judged {
        let missing: Vec<_> = missing_versions(&tree, &object, &platform)
            .map(|(library, version)| format!("{version} of {library}"))
            .collect();
        if !missing.is_empty() {
            let missing = listed(missing.iter().map(String::as_str));
            sink.at(object.path, format_args!("it needs {missing}, which `{platform}` does not promise"));
        }
    }
}

fn symbols(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (object, platform) in judged(wheel) {
        for (library, symbol) in forbidden_symbols(&object, &platform) {
            sink.at(
                object.path,
                format_args!("it needs `{symbol}` of `{library}`, which not every `{platform}` has"),
            );
        }
    }
}

fn instructions(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (object, platform) in judged(wheel) {
        let level = match object.elf.x86_isa_needed {
            needed if needed & !15 != 0 => "a later level",
            needed if needed & 8 != 0 => "x86-64-v4",
            needed if needed & 4 != 0 => "x86-64-v3",
            needed if needed & 2 != 0 => "x86-64-v2",
            _ => continue,
        };
        sink.at(
            object.path,
            format_args!("it needs a processor of {level}, and `{platform}` promises the baseline"),
        );
    }
}

fn old_interpreter(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (object, _) in judged(wheel) {
        let floating = object.elf.watched.iter().filter(|name| name.starts_with("PyFPE_"));
        let narrow = object.elf.python_undefined.iter().filter(|name| name.starts_with("PyUnicodeUCS2_"));
        let names: Vec<_> = floating.chain(narrow).map(String::as_str).collect();
        if !names.is_empty() {
            sink.at(object.path, format_args!("it needs {}, which no usual interpreter has", listed(names)));
        }
    }
}

/// Nobody builds images, or interpreters, for anything older.
const OLDEST_ASKED_FOR: (u32, u32) = (2, 17);

fn stricter_tag(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some(oldest) = claims(wheel).into_iter().min().filter(|claim| claim.family == Family::Manylinux)
    else {
        return;
    };
    let Some(mut actual) = platform::actual(wheel).filter(|actual| actual.family == Family::Manylinux) else {
        return;
    };
    actual.level = actual.level.max(OLDEST_ASKED_FOR);
    if actual.level < oldest.level {
        sink.emit(format_args!(
            "nothing in it asks for more than `{actual}`, and the oldest that it claims is `{oldest}`"
        ));
    }
}
