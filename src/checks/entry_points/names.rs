//! What commands are called.

use std::collections::BTreeMap;

use super::{ENTRY_POINTS, entries};
use crate::archive::entry_points::EntryPoint;
use crate::archive::wheel::WheelFile;
use crate::checks::metadata::quoted;
use crate::checks::{Check, Run, Sink};
use crate::python::interpreter::is_command;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "entry-points/name",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "a command has a name with other characters than letters, digits, `_`, `.` and `-`",
            explain: "Installers make a file of the name. Blanks, quotes and above all slashes have no place in it, and the \
                      index refuses them.",
            fix: "rename the command in `[project.scripts]` of `pyproject.toml`",
            sources: &[ENTRY_POINTS, "PyPI, upload"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: name,
            specimen: |wheel| {
                wheel.member(
                    &wheel.dist_info("entry_points.txt"),
                    "[console_scripts]\n../sample = sample:__version__\n",
                );
            },
        },
    },
    Check {
        rule: Rule {
            id: "entry-points/directory-name",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "a command is called `.` or `..`",
            explain: "The file that an installer would make is the folder of the commands itself, or lies outside of it.",
            fix: "rename the command in `[project.scripts]` of `pyproject.toml`",
            sources: &["pip, installing wheels"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: directory_name,
            specimen: |wheel| {
                wheel.member(
                    &wheel.dist_info("entry_points.txt"),
                    "[console_scripts]\n.. = sample:__version__\n",
                );
            },
        },
    },
    Check {
        rule: Rule {
            id: "entry-points/reserved-name",
            severity: Severity::Error,
            rejected_by: &["uv"],
            summary: "a command is called as the interpreter is",
            explain: "A command `python`, `pythonw` or `python3.13` takes the place of the interpreter of the environment \
                      where it is installed, which then starts nothing else.",
            fix: "rename the command in `[project.scripts]` of `pyproject.toml`",
            sources: &["uv, installing wheels"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: reserved_name,
            specimen: |wheel| {
                wheel.member(
                    &wheel.dist_info("entry_points.txt"),
                    "[console_scripts]\nPython3.13 = sample:__version__\n",
                );
            },
        },
    },
    Check {
        rule: Rule {
            id: "entry-points/activate",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a command is called as the scripts that activate an environment",
            explain: "Virtual environments have `activate` and its kin in the folder where commands are installed, and the \
                      command replaces them.",
            fix: "rename the command in `[project.scripts]` of `pyproject.toml`",
            sources: &["Python, venv", "uv, installing wheels"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: activate,
            specimen: |wheel| {
                wheel.member(
                    &wheel.dist_info("entry_points.txt"),
                    "[console_scripts]\nactivate = sample:__version__\n",
                );
            },
        },
    },
    Check {
        rule: Rule {
            id: "entry-points/similar-names",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "two commands differ in the case of their names only, or in their group",
            explain: "On Windows and macOS both are one file, and the last one installed remains. The same holds for a name \
                      in `console_scripts` and in `gui_scripts`.",
            fix: "give each command a name of its own",
            sources: &[ENTRY_POINTS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: similar_names,
            specimen: |wheel| {
                wheel.member(
                    &wheel.dist_info("entry_points.txt"),
                    "[console_scripts]\nsample = sample:__version__\nSample = sample:__version__\n",
                );
            },
        },
    },
    Check {
        rule: Rule {
            id: "entry-points/same-as-script",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a command has the name of a file in `.data/scripts`",
            explain: "Both are installed into the same folder, and which of them remains depends on the installer.",
            fix: "drop the file from the wheel's scripts, or the command from `[project.scripts]`",
            sources: &[ENTRY_POINTS, "binary distribution format"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: same_as_script,
            specimen: |wheel| {
                wheel.member("sample-1.0.data/scripts/sample", "#!python\nprint(1)\n");
                wheel.member(
                    &wheel.dist_info("entry_points.txt"),
                    "[console_scripts]\nsample = sample:__version__\n",
                );
            },
        },
    },
];

/// The member where the entries stand, and those that become commands.
fn scripts(wheel: &WheelFile) -> Option<(String, impl Iterator<Item = &EntryPoint>)> {
    let (path, entries) = entries(wheel)?;
    Some((path, entries.iter().filter(|entry| entry.is_script())))
}

fn name(wheel: &WheelFile, sink: &mut Sink<'_>) {
    // Python's `\w` takes the letters and digits of all scripts.
    let is_good = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    let Some((path, scripts)) = scripts(wheel) else { return };
    for entry in scripts.filter(|entry| !entry.name.chars().all(is_good)) {
        sink.at(&path, format_args!("the command {} has a bad name", quoted(&entry.name)));
    }
}

fn directory_name(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((path, scripts)) = scripts(wheel) else { return };
    for entry in scripts.filter(|entry| matches!(entry.name.as_str(), "." | "..")) {
        sink.at(&path, format_args!("the command `{}` would be a folder", entry.name));
    }
}

/// A command's name on a system that ignores case, without the ending that Windows adds.
fn bare(name: &str) -> String {
    let name = name.to_lowercase();
    [".exe", ".py", ".pyw"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name).to_owned()
}

fn reserved_name(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((path, scripts)) = scripts(wheel) else { return };
    for entry in scripts.filter(|entry| is_command(&entry.name)) {
        sink.at(&path, format_args!("the command {} is the interpreter's name", quoted(&entry.name)));
    }
}

fn activate(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let is_activate = |name: &str| {
        let name = name.to_lowercase();
        matches!(name.as_str(), "activate" | "deactivate" | "activate_this.py")
            || name.starts_with("activate.")
    };
    let Some((path, scripts)) = scripts(wheel) else { return };
    for entry in scripts.filter(|entry| is_activate(&entry.name)) {
        sink.at(&path, format_args!("the command {} is part of environments", quoted(&entry.name)));
    }
}

fn similar_names(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let mut seen: BTreeMap<String, &EntryPoint> = BTreeMap::new();
    let Some((path, scripts)) = scripts(wheel) else { return };
    for entry in scripts {
        let first = *seen.entry(entry.name.to_lowercase()).or_insert(entry);
        // The same name in the same group is no well-formed file, which another rule tells.
        if (&first.group, &first.name) != (&entry.group, &entry.name) {
            sink.at(
                &path,
                format_args!(
                    "the commands {} in `{}` and {} in `{}` are one file to some systems",
                    quoted(&first.name),
                    first.group,
                    quoted(&entry.name),
                    entry.group
                ),
            );
        }
    }
}

fn same_as_script(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let script = |path: &'_ str| {
        let (top, rest) = path.split_once('/')?;
        let script = rest.strip_prefix("scripts/").filter(|_| top.ends_with(".data"))?;
        Some((bare(script), path.to_owned()))
    };
    let files: BTreeMap<String, String> =
        wheel.zip.members.iter().filter_map(|member| script(&member.path)).collect();
    let Some((path, scripts)) = scripts(wheel) else { return };
    for entry in scripts {
        if let Some(file) = files.get(&bare(&entry.name)) {
            let (name, file) = (quoted(&entry.name), quoted(file));
            sink.at(&path, format_args!("the command {name} and {file} are installed as one file"));
        }
    }
}
