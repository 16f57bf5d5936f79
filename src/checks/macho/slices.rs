//! Slices against the platform tags: processors, systems, the oldest release.

use std::collections::{BTreeSet, HashSet};

use super::super::abi::modules::natives;
use super::super::{Check, Run, Sink};
use super::apple::{Promise, machine_name, platform_name};
use super::libraries::Loader;
use super::{DELOCATE, LOADER, TAGS, files, is_module, module, specimen};
use crate::archive::build::WheelBuilder;
use crate::archive::build::native::Machine as Built;
use crate::archive::build::native::macho::{SystemCommand, fat};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::native::macho::{Kind, Machine, Platform, Slice};
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "macho/damaged",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "A library for macOS cannot be loaded",
            explain: "The file begins like one for macOS, and its headers contradict one another or point to what is \
                      not there. The system refuses to load it: it was cut short or changed after it was linked.",
            fix: "build again, and look for the step that copies or changes the file after the linker",
            sources: &[LOADER],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: damaged,
            specimen: |wheel| {
                specimen(wheel, "macosx_11_0_arm64", |_| {});
                let bytes = module(Built::Aarch64, |_| {});
                wheel.native_member("sample/_native.cpython-313-darwin.so", &bytes[..100]);
            },
        },
    },
    Check {
        rule: Rule {
            id: "macho/architecture",
            severity: Severity::Error,
            rejected_by: &["delocate"],
            summary: "A module, or a library that one needs, lacks a processor of the platform tag",
            explain: "A wheel is installed for each processor of its platform tag; `universal2` stands for `x86_64` \
                      and `arm64`. Where a file has no slice for the interpreter's, the import fails.",
            fix: "build each file for all processors of the tag (`ARCHFLAGS`), or tag the wheel as what was built",
            sources: &[DELOCATE, TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: architecture,
            specimen: |wheel| specimen(wheel, "macosx_11_0_universal2", |_| {}),
        },
    },
    Check {
        rule: Rule {
            id: "macho/architecture-elsewhere",
            severity: Severity::Warning,
            rejected_by: &["delocate"],
            summary: "A program or a library that nothing links to lacks a processor of the platform tag",
            explain: "It cannot be started or loaded on some machines that the wheel is installed on, unless its \
                      callers choose between files for each processor, or the system translates it.",
            fix: "build programs and libraries for all processors of the tag, and join them with `lipo`",
            sources: &[DELOCATE, TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: architecture_elsewhere,
            specimen: |wheel| {
                *wheel = WheelBuilder::new("sample", "1.0", "py3", "none", "macosx_11_0_arm64");
                wheel.native_member(
                    "sample/tool.dylib",
                    module(Built::X86_64, |module| module.exported = "tool".to_owned()),
                );
            },
        },
    },
    Check {
        rule: Rule {
            id: "macho/too-new",
            severity: Severity::Error,
            rejected_by: &["delocate"],
            summary: "A file is for a newer macOS than the platform tag",
            explain: "The platform tag names the oldest macOS that the wheel is installed on. A file states its own, \
                      and the system warns or refuses to load it where it is older: functions may be missing.",
            fix: "set `MACOSX_DEPLOYMENT_TARGET` to the tag's release for everything that is linked, or raise the tag",
            sources: &[DELOCATE, LOADER, TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: too_new,
            specimen: |wheel| {
                specimen(wheel, "macosx_11_0_arm64", |module| {
                    module.systems = vec![SystemCommand::Build(1, (14, 0))];
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "macho/minor-too-new",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "A file is for a later update of the tag's macOS",
            explain: "From macOS 11 on, tags name yearly releases only, as `macosx_12_0`. The file asks for an update \
                      of that release, and users without it may miss functions.",
            fix: "set `MACOSX_DEPLOYMENT_TARGET` to a whole release, such as 12.0, and build again",
            sources: &[DELOCATE, TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: minor_too_new,
            specimen: |wheel| {
                specimen(wheel, "macosx_12_0_arm64", |module| {
                    module.systems = vec![SystemCommand::Build(1, (12, 3))];
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "macho/platform",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "A file is for another system than the platform tag",
            explain: "A file states the system it was built for: macOS, iOS on devices, or iOS in the simulator. None \
                      of them loads what was built for another, though processors and formats are the same.",
            fix: "build with the SDK of the platform tag's system (`xcrun --sdk`)",
            sources: &[LOADER, "PEP 730", TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: platform,
            specimen: |wheel| {
                specimen(wheel, "macosx_11_0_arm64", |module| {
                    module.systems = vec![SystemCommand::Build(7, (14, 0))];
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "macho/extra-architecture",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "A file holds code for a processor that the platform tag does not name",
            explain: "The wheel is never installed where that slice would be used: each user downloads and stores it \
                      for nothing. Often other files lack it, so that the wheel is no `universal2` either.",
            fix: "set `ARCHFLAGS` to the tag's processor, or build all for both and tag the wheel `universal2`",
            sources: &[DELOCATE, TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: extra_architecture,
            specimen: |wheel| {
                specimen(wheel, "macosx_11_0_arm64", |_| {});
                let slices = [Built::X86_64, Built::Aarch64].map(|machine| module(machine, |_| {}));
                wheel.native_member("sample/_native.cpython-313-darwin.so", fat(&slices));
            },
        },
    },
];

fn damaged(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, native) in natives(wheel).filter(|_| Promise::of(wheel).is_some()) {
        let is_loaded = [".so", ".dylib"].iter().any(|ending| member.path.ends_with(ending));
        if let (true, Err(broken)) = (is_loaded, native) {
            let what = shown(&broken.what);
            sink.at(&member.path, format_args!("macOS cannot load it: {}", what.escape_debug()));
        }
    }
}

/// The processors of the tag that no slice is for.
fn lacking(promise: &Promise, slices: &[Slice]) -> Vec<String> {
    let found: BTreeSet<Machine> = slices.iter().map(|slice| slice.machine).collect();
    let missing: BTreeSet<Machine> = promise.machines().filter(|machine| !found.contains(machine)).collect();
    missing.into_iter().map(|machine| format!("`{}`", machine_name(machine))).collect()
}

fn present(slices: &[Slice]) -> String {
    let found: BTreeSet<Machine> = slices.iter().map(|slice| slice.machine).collect();
    found.into_iter().map(|machine| format!("`{}`", machine_name(machine))).collect::<Vec<_>>().join(", ")
}

/// The files that interpreters load, and those that these need.
fn loaded(wheel: &WheelFile) -> HashSet<&str> {
    let loader = Loader::of(wheel);
    let mut loaded: HashSet<&str> = HashSet::new();
    for (member, slices) in files(wheel) {
        if is_module(member, slices) {
            loaded.insert(&member.path);
        }
        for slice in slices.iter().filter(|slice| slice.kind != Kind::Program) {
            loaded.extend(
                slice.libraries.iter().filter_map(|library| loader.inside(member, slice, &library.name)),
            );
        }
    }
    loaded
}

fn architecture(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some(promise) = Promise::of(wheel) else { return };
    let loaded = loaded(wheel);
    for (member, slices) in files(wheel).filter(|(member, _)| loaded.contains(member.path.as_str())) {
        tell_lacking(&promise, &member.path, slices, sink);
    }
}

fn architecture_elsewhere(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some(promise) = Promise::of(wheel) else { return };
    let loaded = loaded(wheel);
    for (member, slices) in files(wheel).filter(|(member, _)| !loaded.contains(member.path.as_str())) {
        tell_lacking(&promise, &member.path, slices, sink);
    }
}

fn tell_lacking(promise: &Promise, path: &str, slices: &[Slice], sink: &mut Sink<'_>) {
    let lacking = lacking(promise, slices);
    if !lacking.is_empty() {
        sink.at(path, format_args!("it is for {}, and lacks {}", present(slices), lacking.join(", ")));
    }
}

/// Calls `tell` for each slice of a promised processor and system with the oldest release that it runs on, and that
/// of the tag.
fn each_release(wheel: &WheelFile, mut tell: impl FnMut(&str, Release)) {
    let Some(promise) = Promise::of(wheel) else { return };
    for (member, slices) in files(wheel) {
        for slice in slices {
            for (platform, releases) in &promise.systems {
                let system = slice.systems.iter().find(|system| system.platform == *platform);
                if let (Some(system), Some(promised)) = (system, releases.get(&slice.machine)) {
                    let asked = (system.oldest.0, u16::from(system.oldest.1));
                    let (platform, machine) = (*platform, slice.machine);
                    tell(&member.path, Release { platform, machine, asked, promised: *promised });
                }
            }
        }
    }
}

/// The oldest release of a file and that of its wheel's tag.
struct Release {
    platform: Platform,
    machine: Machine,
    asked: (u16, u16),
    promised: (u16, u16),
}

impl Release {
    /// How it is told.
    fn text(&self) -> String {
        let Self { platform, machine, asked, promised } = self;
        format!(
            "for {} it runs from {} {}.{} on, and the platform tag says {}.{}",
            machine_name(*machine),
            platform_name(*platform),
            asked.0,
            asked.1,
            promised.0,
            promised.1
        )
    }

    /// Whether only an update of the same yearly release is asked for.
    fn is_update(&self) -> bool {
        self.promised.0 >= 11 && self.asked.0 == self.promised.0
    }
}

fn too_new(wheel: &WheelFile, sink: &mut Sink<'_>) {
    each_release(wheel, |path, release| {
        if release.asked > release.promised && !release.is_update() {
            sink.at(path, release.text());
        }
    });
}

fn minor_too_new(wheel: &WheelFile, sink: &mut Sink<'_>) {
    each_release(wheel, |path, release| {
        if release.asked > release.promised && release.is_update() {
            sink.at(path, release.text());
        }
    });
}

fn platform(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some(promise) = Promise::of(wheel).filter(|promise| !promise.systems.is_empty()) else { return };
    let promised = |platform: Platform| promise.systems.iter().any(|(found, _)| *found == platform);
    for (member, slices) in files(wheel) {
        for slice in slices {
            if let Some(system) = slice.systems.first()
                && !slice.systems.iter().any(|system| promised(system.platform))
            {
                let tags: Vec<String> =
                    promise.systems.iter().map(|(platform, _)| platform_name(*platform)).collect();
                sink.at(
                    &member.path,
                    format_args!(
                        "for {} it is built for {}, and the platform tag says {}",
                        machine_name(slice.machine),
                        platform_name(system.platform),
                        tags.join(" and ")
                    ),
                );
            }
        }
    }
}

fn extra_architecture(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some(promise) = Promise::of(wheel).filter(|promise| promise.complete) else { return };
    let promised: BTreeSet<Machine> = promise.machines().collect();
    for (member, slices) in files(wheel) {
        let has_promised = slices.iter().any(|slice| promised.contains(&slice.machine));
        let extra: BTreeSet<Machine> = slices.iter().map(|slice| slice.machine).collect();
        let extra: Vec<String> = extra
            .difference(&promised)
            // The system's own choice of ARM, beside the usual one.
            .filter(|machine| **machine != Machine::Arm64E)
            .map(|machine| format!("`{}`", machine_name(*machine)))
            .collect();
        if has_promised && !extra.is_empty() {
            sink.at(
                &member.path,
                format_args!("it is also for {}, which the tag does not name", extra.join(", ")),
            );
        }
    }
}
