//! Commands that are files of the wheel: `.data/scripts`.

use super::super::{Check, Run, Sink};
use super::{DATA, data};
use crate::archive::insight::Insight;
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::archive::zip::Member;
use crate::python::interpreter::is_command;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "dist-info/script-folder",
            severity: Severity::Error,
            rejected_by: &["uv"],
            summary: "`.data/scripts` has a folder",
            explain: "Scripts are files that installers put beside Python's own commands, one by one. uv refuses a \
                      folder there; with pip its commands are on nobody's path.",
            fix: "put scripts directly into `scripts`, and what they need into the package",
            sources: &["uv, installation of scripts", DATA],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: script_folder,
            specimen: |wheel| {
                wheel.member("sample-1.0.data/scripts/more/sample", "#!python\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "dist-info/script-name",
            severity: Severity::Error,
            rejected_by: &["uv"],
            summary: "a script would replace the environment's Python",
            explain: "A command called `python`, `python3`, `pythonw` or the like is written over the interpreter, or \
                      over the link to it, and nothing in the environment runs any more as it did.",
            fix: "give the script another name",
            sources: &["uv, reserved names of scripts"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: script_name,
            specimen: |wheel| {
                wheel.member("sample-1.0.data/scripts/python3.exe", "#!python\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "dist-info/script-start",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a script does not say what runs it",
            explain: "Installers make a script that begins with `#!python` run by the environment's interpreter. One \
                      without `#!` is taken for a shell's, and one with a carriage return in that line is not found \
                      on Linux and macOS.",
            fix: "begin the script with `#!python` and a plain line feed, or declare an entry point instead",
            sources: &[DATA],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: script_start,
            specimen: |wheel| {
                wheel.member("sample-1.0.data/scripts/sample", "import sample\n");
            },
        },
    },
];

fn scripts(wheel: &WheelFile) -> impl Iterator<Item = (&Member, &str)> {
    data(wheel).filter_map(|(member, _, path)| Some((member, path.strip_prefix("scripts/")?)))
}

fn script_folder(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, _) in scripts(wheel).filter(|(_, file)| file.contains('/')) {
        sink.at(&member.path, "it lies in a folder below `scripts`");
    }
}

fn script_name(wheel: &WheelFile, sink: &mut Sink<'_>) {
    // What lies below `data` is put into the environment as it is, and its `bin` is where the interpreter lives.
    let beside = data(wheel).filter_map(|(member, _, path)| Some((member, path.strip_prefix("data/bin/")?)));
    for (member, file) in scripts(wheel).chain(beside).filter(|(_, file)| is_command(file)) {
        sink.at(&member.path, format_args!("`{}` is the interpreter's name", shown(file).escape_debug()));
    }
}

fn script_start(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, file) in scripts(wheel) {
        let Some(Insight { first_line: Some(line), native, .. }) =
            member.digests().and_then(|digests| digests.insight.as_deref())
        else {
            continue;
        };
        // What Windows runs by its extension, and data that a script has beside it, need no such line.
        let runs_otherwise = file.rsplit_once('.').is_some_and(|(_, end)| {
            !["py", "pyw", "sh", "bash", "pl", "rb"].contains(&end.to_ascii_lowercase().as_str())
        });
        if native.is_some() || runs_otherwise {
            continue;
        }
        if !line.starts_with(b"#!") {
            sink.at(&member.path, "its first line does not begin with `#!`");
        } else if line.ends_with(b"\r") {
            sink.at(&member.path, "its first line ends in a carriage return");
        }
    }
}
