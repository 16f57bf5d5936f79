//! The `.data` directory: which parts it has, and where installers put them.

use std::collections::BTreeSet;

use super::super::{Check, Run, Sink};
use super::{DATA, data};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "dist-info/data-folder",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a `.data` directory is not named as the file name promises",
            explain: "It is `{name}-{version}.data`, spelled as in the file name. uv installs another one as an \
                      ordinary folder beside packages; pip spreads its contents all the same.",
            fix: "build the wheel again, and neither rename nor merge wheels afterwards",
            sources: &[DATA],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: data_folder,
            specimen: |wheel| {
                wheel.member("other-1.0.data/data/share/sample/table.txt", "1\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "dist-info/data-key",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "the `.data` directory has a part that installers do not know",
            explain: "Its folders are `purelib`, `platlib`, `headers`, `scripts` and `data`, each with a place of its \
                      own; no file lies directly in it.",
            fix: "put the file below one of the known folders, usually `data`",
            sources: &[DATA],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: data_key,
            specimen: |wheel| {
                wheel.member("sample-1.0.data/etc/sample.conf", "1\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "dist-info/data-library",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the library is split between the wheel's root and `.data` for no reason",
            explain: "What goes to the place of the root anyway belongs into the root. `.data/purelib` in a pure wheel \
                      and `.data/platlib` in another say the same thing twice, and tools look in one place only.",
            fix: "put the files at the root of the wheel",
            sources: &["check-wheel-contents", DATA],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: data_library,
            specimen: |wheel| {
                wheel.member("sample-1.0.data/purelib/sample/more.py", "");
            },
        },
    },
    Check {
        rule: Rule {
            id: "dist-info/data-destination",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`.data/data` puts a file where the environment keeps its own",
            explain: "The folder is unpacked over the environment's root. Files in `bin`, `lib`, `include` or \
                      `Scripts` can overwrite those of Python or of other projects, and no other part guards them.",
            fix: "use `scripts`, `headers` or the package for it, and keep data below `share` or `etc`",
            sources: &["uv, validation of data files", DATA],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: data_destination,
            specimen: |wheel| {
                wheel.member("sample-1.0.data/data/bin/sample", "#!/bin/sh\n");
            },
        },
    },
];

fn data_folder(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Ok(name) = &wheel.name else { return };
    let promised = format!("{}.data", name.directory_stem());
    let folders: BTreeSet<&str> = data(wheel).map(|(_, folder, _)| folder).collect();
    for folder in folders.into_iter().filter(|folder| *folder != promised) {
        sink.at(folder, format_args!("the file name promises `{promised}`"));
    }
}

fn data_key(wheel: &WheelFile, sink: &mut Sink<'_>) {
    const KEYS: [&str; 5] = ["purelib", "platlib", "headers", "scripts", "data"];
    let mut told = BTreeSet::new();
    for (member, folder, path) in data(wheel) {
        match path.split_once('/') {
            None => {
                sink.at(&member.path, format_args!("it lies directly in `{}`", shown(folder).escape_debug()))
            }
            Some((key, _)) if !KEYS.contains(&key) && told.insert(key) => {
                let key = shown(key);
                sink.at(&member.path, format_args!("installers know no part `{}`", key.escape_debug()));
            }
            Some(_) => {}
        }
    }
}

fn data_library(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let is_pure = wheel.wheel.value().and_then(|headers| headers.get("Root-Is-Purelib")) == Some("true");
    let (same, root) = if is_pure { ("purelib/", "a pure") } else { ("platlib/", "a platform's") };
    if let Some((member, ..)) = data(wheel).find(|(.., path)| path.starts_with(same)) {
        sink.at(&member.path, format_args!("the root of {root} wheel is installed to the same place"));
    }
}

fn data_destination(wheel: &WheelFile, sink: &mut Sink<'_>) {
    const OWN: [&str; 7] = ["bin", "lib", "lib64", "include", "scripts", "libs", "dlls"];
    for (member, _, path) in data(wheel) {
        let Some(path) = path.strip_prefix("data/") else { continue };
        match path.split_once('/') {
            None => sink.at(&member.path, "it lands at the root of the environment"),
            Some((folder, _)) if OWN.contains(&folder.to_ascii_lowercase().as_str()) => {
                sink.at(&member.path, format_args!("it lands in `{folder}` of the environment"));
            }
            Some(_) => {}
        }
    }
}
