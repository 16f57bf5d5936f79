//! Which files RECORD lists, and how.

use std::collections::{HashMap, HashSet};

use super::super::metadata::fault_text;
use super::super::{Check, Run, Sink};
use super::{INSTALLED, RECORD, is_special, own_rows, plain, read, rows_with_members};
use crate::archive::document::Document;
use crate::archive::record::{Record, Row, RowFaultKind};
use crate::archive::wheel::WheelFile;
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "record/form",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv"],
            summary: "RECORD is no list of path, digest and size",
            explain: "RECORD is UTF-8 text of comma-separated rows with exactly three fields. An editor or a script \
                      may have changed it.",
            fix: "let `wheel pack` write RECORD anew, and do not edit it by hand",
            sources: &[RECORD, INSTALLED],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: form,
            specimen: |wheel| {
                wheel.edit_text("RECORD", |bytes| bytes.extend(b"\n"));
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/not-listed",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "the archive has a file that RECORD does not list",
            explain: "Installation shall fail for such a wheel, and what is installed cannot be removed again. PyPI \
                      sends an e-mail about it today and has announced to refuse the file. The file was added after \
                      RECORD was written.",
            fix: "add the file to the sources and build again, or run `wheel pack` after adding it",
            sources: &[RECORD, "PyPI, announcement on RECORD (2025)"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: not_listed,
            specimen: |wheel| {
                wheel.edit_record(|rows| drop(rows.remove(0)));
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/not-in-archive",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "RECORD lists a file that the archive has not",
            explain: "Something was lost after RECORD was written, and the package is likely broken without it. \
                      PyPI sends an e-mail about it today and has announced to refuse the file.",
            fix: "find the step that deletes the file from the finished wheel, and exclude the file in the build instead",
            sources: &[RECORD, "PyPI, announcement on RECORD (2025)"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: not_in_archive,
            specimen: |wheel| {
                wheel.edit_record(|rows| {
                    let row = ["sample/lost.py".to_owned(), rows[0][1].clone(), rows[0][2].clone()];
                    rows.insert(0, row);
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/directory",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "RECORD lists a directory",
            explain: "Only files are listed. PyPI counts the row as a mismatch, of which it has announced to refuse \
                      the file.",
            fix: "list files only: let `wheel pack` write RECORD, or drop the row where a script adds it",
            sources: &[INSTALLED],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: directory,
            specimen: |wheel| {
                wheel
                    .edit_record(|rows| rows.insert(0, ["sample/".to_owned(), String::new(), String::new()]));
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/path",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a path in RECORD is not relative, or not in normal form",
            explain: "Paths are relative to the root of the wheel, separated by `/`, and have no `.`, `..` or empty \
                      parts. An uninstaller removes what stands there.",
            fix: "let `wheel pack` write RECORD, with paths from the root of the wheel",
            sources: &[INSTALLED],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: path,
            specimen: |wheel| {
                wheel.edit_record(|rows| rows[0][0].insert_str(0, "./"));
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/path-backslash",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a path in RECORD has a backslash",
            explain: "PyPI and pip read it as `/`, other tools do not. Wheels are written with `/` on every system.",
            fix: "write paths with `/` on Windows too, as `wheel pack` and current build backends do",
            sources: &[INSTALLED],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: path_backslash,
            specimen: |wheel| {
                wheel.edit_record(|rows| rows[0][0] = rows[0][0].replace('/', "\\"));
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/conflicting-rows",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "RECORD lists a file twice and differently",
            explain: "Tools believe the first row or the last one, and so disagree about what the file must be.",
            fix: "remove the step that appends rows to RECORD, and let `wheel pack` write it anew",
            sources: &[INSTALLED],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: |wheel, sink| repeated(wheel, sink, false),
            specimen: |wheel| {
                wheel.edit_record(|rows| {
                    let mut row = rows[0].clone();
                    row[2].clear();
                    rows.insert(0, row);
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/repeated-row",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "RECORD lists a file twice",
            explain: "Both rows say the same, so nothing breaks; one of them is too many.",
            fix: "remove the step that appends the row again, or let `wheel pack` write RECORD anew",
            sources: &[INSTALLED],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: |wheel, sink| repeated(wheel, sink, true),
            specimen: |wheel| {
                wheel.edit_record(|rows| rows.insert(0, rows[0].clone()));
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/self",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "RECORD does not list itself",
            explain: "It stands there with neither digest nor size, so that an uninstaller removes it as well.",
            fix: "add the row `{name}-{version}.dist-info/RECORD,,`, or let `wheel pack` write RECORD",
            sources: &[RECORD],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: itself,
            specimen: |wheel| {
                wheel.edit_record(|rows| drop(rows.pop()));
            },
        },
    },
    Check {
        rule: Rule {
            id: "record/signature-listed",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "RECORD lists its own signature",
            explain: "`RECORD.jws` and `RECORD.p7s` sign RECORD and are made after it, so they cannot stand in it. \
                      They are deprecated.",
            fix: "leave `RECORD.jws` and `RECORD.p7s` out of the wheel",
            sources: &[RECORD, "PEP 815"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: signature_listed,
            specimen: |wheel| {
                let path = wheel.dist_info("RECORD.jws");
                wheel.member(&path, "{}");
            },
        },
    },
];

fn form(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Document::Read { member, fault, value } = &wheel.record else { return };
    if let Some(fault) = fault {
        sink.at(member, fault_text(*fault));
    }
    for fault in &value.faults {
        let what = match fault.what {
            RowFaultKind::Blank => "is empty".to_owned(),
            RowFaultKind::Fields(count) => format!("has {count} fields where there must be 3"),
            RowFaultKind::Quotation => "has a quotation that does not end where it must".to_owned(),
        };
        sink.at(member, format_args!("line {} {what}", fault.line));
    }
}

fn not_listed(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((record, Record { rows, .. })) = read(wheel) else { return };
    let listed: HashSet<String> = rows.iter().map(plain).collect();
    for member in wheel.zip.members.iter().filter(|member| !member.is_directory()) {
        if !listed.contains(&member.path) && !is_special(&member.path, record) {
            sink.at(&member.path, "the file is in the archive, and RECORD does not list it");
        }
    }
}

/// Whether a row's path is a directory's: by its form, or because the archive has files or an entry there.
fn is_directory(path: &str, directories: &HashSet<&str>) -> bool {
    path.ends_with('/') || directories.contains(path)
}

/// The directories that the archive has entries for.
fn directories(wheel: &WheelFile) -> HashSet<&str> {
    wheel.zip.members.iter().filter_map(|member| member.path.strip_suffix('/')).collect()
}

fn not_in_archive(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let directories = directories(wheel);
    for (row, member) in rows_with_members(wheel) {
        if member.is_none() && !is_directory(&plain(row), &directories) {
            sink.at(
                &row.path,
                format_args!("line {} of RECORD lists the file, and the archive has none", row.line),
            );
        }
    }
}

fn directory(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let directories = directories(wheel);
    for (row, _) in rows_with_members(wheel) {
        if is_directory(&plain(row), &directories) {
            sink.at(&row.path, format_args!("line {} of RECORD lists a directory", row.line));
        }
    }
}

fn path(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((_, Record { rows, .. })) = read(wheel) else { return };
    for row in rows {
        let path = plain(row);
        let is_absolute = path.starts_with('/') || path.as_bytes().get(1) == Some(&b':');
        // A directory's path ends in `/`, which is another rule's concern.
        let path = path.strip_suffix('/').unwrap_or(&path);
        if is_absolute || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            let what = if is_absolute { "an absolute path" } else { "a path that is not in normal form" };
            sink.at(&row.path, format_args!("line {} of RECORD has {what}", row.line));
        }
    }
}

fn path_backslash(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((_, Record { rows, .. })) = read(wheel) else { return };
    for row in rows.iter().filter(|row| row.path.contains('\\')) {
        sink.at(&row.path, format_args!("line {} of RECORD has a path with a backslash", row.line));
    }
}

fn repeated(wheel: &WheelFile, sink: &mut Sink<'_>, same: bool) {
    let Some((_, Record { rows, .. })) = read(wheel) else { return };
    let mut seen: HashMap<String, &Row> = HashMap::new();
    for row in rows {
        let first = *seen.entry(plain(row)).or_insert(row);
        let says_the_same = (&first.digest, &first.size) == (&row.digest, &row.size);
        if first.line != row.line && says_the_same == same {
            let what = if same { "list the file alike" } else { "list the file differently" };
            sink.at(&row.path, format_args!("the lines {} and {} of RECORD {what}", first.line, row.line));
        }
    }
}

fn itself(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if let Some((record, _)) = read(wheel)
        && own_rows(wheel).next().is_none()
    {
        sink.at(record, "RECORD has no row for itself");
    }
}

fn signature_listed(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((record, Record { rows, .. })) = read(wheel) else { return };
    for row in rows {
        let path = plain(row);
        if path != record && is_special(&path, record) {
            sink.at(&row.path, format_args!("line {} of RECORD lists the signature of RECORD", row.line));
        }
    }
}
