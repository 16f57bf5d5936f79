//! Whether `entry_points.txt` can be read, by every reader alike.

use super::{ENTRY_POINTS, path};
use crate::archive::document::Document;
use crate::archive::entry_points::{Fault, FaultKind};
use crate::archive::wheel::WheelFile;
use crate::checks::metadata::fault_text;
use crate::checks::{Check, Run, Sink};
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "entry-points/form",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "`entry_points.txt` is no well-formed file of groups and entries",
            explain: "The file is UTF-8 and has groups in brackets with lines `name = value`. No group stands twice, and no \
                      name twice in one group.",
            fix: "let the build backend write the file from `[project.scripts]` and `[project.entry-points]`",
            sources: &[ENTRY_POINTS, "Python, configparser", "PyPI, upload"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: form,
            specimen: |wheel| {
                wheel.member(
                    &wheel.dist_info("entry_points.txt"),
                    "[console_scripts]\nsample = sample:__version__\nsample = sample:__doc__\n",
                );
            },
        },
    },
    Check {
        rule: Rule {
            id: "entry-points/ambiguous-line",
            severity: Severity::Error,
            rejected_by: &["pip"],
            summary: "`entry_points.txt` has a line that installers cannot read",
            explain: "The specification names `configparser`, which takes comments with `;` and values of several lines. \
                      `importlib.metadata`, with which installers and programs read the file, knows neither: it fails on \
                      such a line, or takes it for an entry.",
            fix: "write each entry on one line, and comments with `#`",
            sources: &[ENTRY_POINTS, "Python, importlib.metadata"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: ambiguous_line,
            specimen: |wheel| {
                wheel.member(
                    &wheel.dist_info("entry_points.txt"),
                    "[console_scripts]\n; commands\nsample = sample:__version__\n",
                );
            },
        },
    },
];

fn form(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some(path) = path(wheel) else { return };
    match wheel.texts.document(&path) {
        Some(Document::Read { fault: Some(fault), .. }) => sink.at(&path, fault_text(*fault)),
        Some(Document::Read { .. }) => {}
        _ if wheel.zip.members.iter().any(|member| member.path == path) => {
            sink.at(&path, "it is damaged or too long, and could not be read");
        }
        _ => {}
    }
    for fault in faults(wheel) {
        let why = match fault.what {
            FaultKind::NoGroup => "stands before the first group",
            FaultKind::RepeatedGroup => "starts a group that was there before",
            FaultKind::RepeatedName => "has a name that was there before in its group",
            FaultKind::NoEntry => "is no group, and no `name = value`",
            FaultKind::Semicolon | FaultKind::Continuation => continue,
        };
        tell(&path, fault, why, sink);
    }
}

fn ambiguous_line(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some(path) = path(wheel) else { return };
    for fault in faults(wheel) {
        match fault.what {
            FaultKind::Semicolon => tell(&path, fault, "is a comment that starts with `;`", sink),
            FaultKind::Continuation => tell(&path, fault, "continues the value of the line before", sink),
            _ => {}
        }
    }
}

fn faults(wheel: &WheelFile) -> &[Fault] {
    wheel.entry_points.as_ref().map_or(&[], |read| &read.faults)
}

fn tell(path: &str, Fault { line, text, .. }: &Fault, why: &str, sink: &mut Sink<'_>) {
    sink.at(path, format_args!("line {line} {why}: `{}`", text.escape_debug()));
}
