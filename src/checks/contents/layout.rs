//! What lies at the top of the library, where Python looks for what is imported.

use std::collections::BTreeMap;

use super::super::{Check, Run, Sink};
use super::{PEER, is_grafted, library, module, top};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "contents/empty",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the wheel installs nothing",
            explain: "It has no file outside `.dist-info`. Usually the build did not find the package, since the folder \
                      is called otherwise or lies elsewhere than the build backend looks.",
            fix: "tell the build backend where the package is, build again, and look into the wheel",
            sources: &[PEER],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: empty,
            specimen: |wheel| {
                wheel.without("sample/__init__.py");
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/empty-library",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "the wheel installs nothing that can be imported",
            explain: "It has commands, headers or data alone. That is right for a tool that is no library.",
            fix: "if the wheel shall be imported, tell the build backend where the package is",
            sources: &[PEER],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: empty_library,
            specimen: |wheel| {
                wheel.without("sample/__init__.py");
                wheel.member("sample-1.0.data/data/share/sample/table.txt", "1\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/top-level-file",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a file that is no module lies where all projects' packages lie",
            explain: "It lands directly in `site-packages`: a README or LICENSE of one project overwrites another's, \
                      and type checkers find neither `py.typed` nor stubs there.",
            fix: "move the file into the package, or exclude it; licences belong into `license-files`",
            sources: &[PEER, "PEP 561"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: top_level_file,
            specimen: |wheel| {
                wheel.member("README.md", "# Sample\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/top-level-init",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`__init__.py` lies outside any package",
            explain: "It lands directly in `site-packages`, makes nothing a package, and collides with that of every \
                      other project with the same mistake.",
            fix: "name the folder around the package as the root in the build's configuration, not the package itself",
            sources: &[PEER],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: top_level_init,
            specimen: |wheel| {
                wheel.member("__init__.py", "");
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/no-module",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a top-level folder holds no module",
            explain: "It lands in `site-packages` beside packages, where Python takes it for a namespace that has \
                      nothing. Data of a project belongs into its package.",
            fix: "move the folder into the package, or exclude it from the build",
            sources: &[PEER],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: no_module,
            specimen: |wheel| {
                wheel.member("sample_data/table.txt", "1\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/several-top-levels",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "the wheel installs more than one top-level package or module",
            explain: "Some projects mean it. Others packed a folder more than they wanted. Names with a leading \
                      underscore, stubs and grafted libraries are not counted.",
            fix: "if one of them is not meant to be installed, exclude it from the build",
            sources: &[PEER],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: several_top_levels,
            specimen: |wheel| {
                wheel.member("sample_more/__init__.py", "");
            },
        },
    },
];

fn is_described(path: &str) -> bool {
    top(path).0.ends_with(".dist-info")
}

fn has_other_files(wheel: &WheelFile) -> bool {
    wheel.zip.members.iter().any(|member| !member.is_directory() && !is_described(&member.path))
}

fn empty(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if !has_other_files(wheel) {
        sink.emit("it has no file outside `.dist-info`");
    }
}

fn empty_library(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if has_other_files(wheel) && library(wheel).next().is_none() {
        sink.emit("all files outside `.dist-info` are commands, headers or data");
    }
}

fn top_level_file(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, path) in library(wheel).filter(|(_, path)| !path.contains('/')) {
        let is_at_home = module(path).is_some() || path.ends_with(".pth");
        // These two have rules of their own, which say more.
        if !is_at_home && !path.ends_with(".egg-link") && path != "setup.cfg" {
            sink.at(&member.path, "it is no module, and is installed beside other projects' packages");
        }
    }
}

fn top_level_init(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, _) in library(wheel).filter(|(_, path)| *path == "__init__.py") {
        sink.at(&member.path, "it is installed beside other projects' packages");
    }
}

/// The folders at the top of the library, with whether a module is below.
fn folders(wheel: &WheelFile) -> BTreeMap<&str, bool> {
    let mut folders = BTreeMap::new();
    for (_, path) in library(wheel) {
        if let (folder, true) = top(path) {
            let file = super::file(path);
            *folders.entry(folder).or_insert(false) |= module(file).is_some() || file.ends_with(".pyi");
        }
    }
    folders
}

/// What other rules speak of, or what tools put there with reason.
fn is_known(folder: &str) -> bool {
    is_grafted(folder)
        || folder.ends_with("-stubs")
        || folder.ends_with(".egg-info")
        || folder == "__pycache__"
}

fn no_module(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (folder, has_module) in folders(wheel) {
        if !has_module && !is_known(folder) {
            sink.at(folder, "no module is below it, and it is installed beside packages");
        }
    }
}

fn several_top_levels(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let mut names: Vec<&str> = folders(wheel).into_keys().filter(|folder| !is_known(folder)).collect();
    let modules = library(wheel).filter(|(_, path)| !path.contains('/'));
    names.extend(modules.filter_map(|(_, path)| module(path)));
    names.retain(|name| !name.starts_with('_'));
    names.sort_unstable();
    names.dedup();
    if names.len() > 1 {
        let more = names.len().saturating_sub(5);
        let shown: Vec<_> =
            names.iter().take(5).map(|name| format!("`{}`", shown(name).escape_debug())).collect();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        sink.emit(format_args!("its top levels are {}{more}", shown.join(", ")));
    }
}
