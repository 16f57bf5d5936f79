//! The platform tags of a wheel: what the index takes, and what installers look for.

use super::{Check, Run, Sink};
use crate::archive::build::WheelBuilder;
use crate::archive::wheel::WheelFile;
use crate::model::platform_tag::{ALIASES, is_accepted, versioned};
use crate::report::{Rule, Severity};

pub(super) const TABLES: &[&[Check]] = &[CHECKS];

const TAGS: &str = "platform compatibility tags";
const PEP_600: &str = "PEP 600 (manylinux)";

const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "tags/platform",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "PyPI takes no wheels for a platform tag of the file name",
            explain: "Only platforms whose tags promise enough to install by are taken: `linux_x86_64` says nothing of \
                      the C library, and other systems have no agreed tags. Other indexes may take them.",
            fix: "repair Linux wheels with `auditwheel repair`; leave wheels for other platforms out of the upload",
            sources: &[TAGS, "PyPI, accepted platform tags"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: platform,
            specimen: |wheel| {
                *wheel = WheelBuilder::new("sample", "1.0", "py3", "none", "linux_x86_64");
            },
        },
    },
    Check {
        rule: Rule {
            id: "tags/alias",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "of the two names of a manylinux platform the wheel has one",
            explain: "`manylinux2014` and `manylinux_2_17` are one platform. Installers of before 2021 know only the \
                      old name, and tools that compare names as text may miss the other.",
            fix: "do nothing, or name both, as `auditwheel repair` does",
            sources: &[PEP_600],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: alias,
            specimen: |wheel| {
                *wheel = WheelBuilder::new("sample", "1.0", "py3", "none", "manylinux2014_x86_64");
            },
        },
    },
    Check {
        rule: Rule {
            id: "tags/libc-unreleased",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a platform tag asks for a C library that is not released",
            explain: "No system has that version of glibc or musl, so no installer chooses the wheel by this tag. \
                      Usually a digit is wrong.",
            fix: "let `auditwheel repair` choose the tag, or correct the version where the build sets it",
            sources: &[PEP_600, "PEP 656 (musllinux)"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: libc_unreleased,
            specimen: |wheel| {
                *wheel = WheelBuilder::new("sample", "1.0", "py3", "none", "manylinux_2_280_x86_64");
            },
        },
    },
    Check {
        rule: Rule {
            id: "tags/apple-machine",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a platform tag names a version of an Apple system that the processor never had",
            explain: "macOS runs on arm64 from 11.0 on, and no iPhone has an x86-64 processor. On Intel, Python may \
                      report 10.16 for 11.0, and pass over a tag of 11.0.",
            fix: "set `MACOSX_DEPLOYMENT_TARGET` to 11.0 or later for arm64, to 10.13 or so for x86-64, and build again",
            sources: &[TAGS, "PEP 730 (iOS)"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: apple_machine,
            specimen: |wheel| {
                *wheel = WheelBuilder::new("sample", "1.0", "py3", "none", "macosx_10_15_arm64");
            },
        },
    },
];

/// The platform tags of the file name.
fn platforms(wheel: &WheelFile) -> &[String] {
    wheel.name.as_ref().map_or(&[], |name| name.platform())
}

fn platform(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for tag in platforms(wheel).iter().filter(|tag| !is_accepted(tag)) {
        let why = if tag.starts_with("linux_") {
            "it says nothing of the C library, and `auditwheel repair` finds out the tag that does"
        } else {
            "no such tag is on PyPI's list"
        };
        sink.emit(format_args!("the platform tag `{tag}` is not taken: {why}"));
    }
}

fn alias(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let tags = platforms(wheel);
    for tag in tags {
        for (one, other) in ALIASES.into_iter().flat_map(|(old, new)| [(old, new), (new, old)]) {
            let Some(machine) = tag.strip_prefix(one) else { continue };
            let twin = format!("{other}{machine}");
            if is_accepted(&twin) && !tags.contains(&twin) {
                sink.emit(format_args!("the file name has `{tag}`, and not `{twin}`, which is the same"));
            }
        }
    }
}

/// The newest minor versions that are released: glibc 2.43 came in February 2026, and one comes every half year.
const NEWEST_GLIBC: (u32, u32) = (2, 44);
const NEWEST_MUSL: (u32, u32) = (1, 2);

fn libc_unreleased(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (system, name, newest) in [("manylinux", "glibc", NEWEST_GLIBC), ("musllinux", "musl", NEWEST_MUSL)] {
        for tag in platforms(wheel) {
            if versioned(tag, system).is_some_and(|(version, _)| version > newest) {
                let (major, minor) = newest;
                sink.emit(format_args!("`{tag}` asks for a newer {name} than {major}.{minor}"));
            }
        }
    }
}

fn apple_machine(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for tag in platforms(wheel) {
        let what = match (versioned(tag, "macosx"), versioned(tag, "ios")) {
            (Some(((10, _), "arm64")), _) => "arm64 came with macOS 11.0",
            (Some(((11, 0), "x86_64")), _) => "Python may call this system 10.16 on Intel",
            (_, Some((_, "x86_64_iphoneos"))) => "only the simulator runs on x86-64",
            _ => continue,
        };
        sink.emit(format_args!("the platform tag is `{tag}`, and {what}"));
    }
}
