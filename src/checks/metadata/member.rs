//! The members that tell what the distribution is: there, and clean texts.

use super::{CORE_METADATA, DIST_INFO, fault_text, read};
use crate::archive::document::{Document, NotRead};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::checks::dist::Dist;
use crate::checks::{Check, Run, Sink, specimen_wheel};
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "metadata/dist-info",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv"],
            summary: "the wheel has not the one `.dist-info` directory that its name promises",
            explain: "Everything an installer knows of a wheel stands in `{name}-{version}.dist-info`, spelled as in \
                      the file name, and there is one. Wheels that were renamed, or merged from two, break this.",
            fix: "build the wheel again, and neither rename nor merge wheels afterwards",
            sources: &[DIST_INFO],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: dist_info,
            specimen: |wheel| {
                wheel.member("other-1.0.dist-info/METADATA", "");
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/missing-member",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv"],
            summary: "METADATA, WHEEL or RECORD is missing",
            explain: "A wheel has all three in its `.dist-info` directory, and installers need them all.",
            fix: "build the wheel with a build backend (`python -m build --wheel`) instead of packing it by hand",
            sources: &[DIST_INFO],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: missing_member,
            specimen: |wheel| {
                wheel.without("METADATA");
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/text-too-long",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "METADATA, WHEEL, RECORD or PKG-INFO is too long to be read",
            explain: "No real distribution has megabytes of metadata, and whoever reads such a file must hold it in \
                      memory.",
            fix: "shorten the long description (`readme`) and link to the whole text; for RECORD, pack fewer files",
            sources: &["limits of this program"],
            since: "0.1.0",
        },
        run: Run::File {
            check: text_too_long,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.description(&"A very long text.\n".repeat(500_000));
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/encoding",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv", "twine"],
            summary: "METADATA or PKG-INFO is no clean UTF-8",
            explain: "The file is UTF-8 without a byte order mark and without NUL. Usually a README was read in \
                      another encoding.",
            fix: "save the README as UTF-8 without a byte order mark, and build again",
            sources: &[CORE_METADATA],
            since: "0.1.0",
        },
        run: Run::File {
            check: encoding,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.edit_text("METADATA", |bytes| bytes.extend(b"\xfc\n"));
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/stray-line",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a line among the headers of METADATA or PKG-INFO is no header",
            explain: "Readers take the first such line for the end of the headers, so every field behind it is lost. \
                      Most often a value of several lines was written without indentation, such as a summary.",
            fix: "write the summary (`description` in `pyproject.toml`) as one line, and build again",
            sources: &[CORE_METADATA, "Python, email.parser (compat32)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: stray_line,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Keywords", "one line\nand another one");
                })
            },
        },
    },
];

fn dist_info(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let found = wheel.dist_infos.iter().map(|name| format!("`{}`", shown(name))).collect::<Vec<_>>();
    let found_text = shown(&found.join(", "));
    let promised = wheel.name.as_ref().ok().map(|name| format!("{}.dist-info", name.directory_stem()));
    match (&promised, found.len()) {
        (Some(promised), 0) => sink.emit(format_args!(
            "there is no `.dist-info` directory where the file name promises `{promised}`"
        )),
        (None, 0) => sink.emit("there is no `.dist-info` directory"),
        (Some(promised), 1) if !wheel.dist_infos.contains(promised) => {
            sink.emit(format_args!("the file name promises `{promised}`, and the wheel has {found_text}"));
        }
        (_, 1) => {}
        (_, count) => sink.emit(format_args!("the wheel has {count} `.dist-info` directories: {found_text}")),
    }
}

fn missing_member(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let WheelFile { metadata, wheel: wheel_file, record, .. } = wheel;
    let Some(directory) = wheel.dist_info() else { return };
    let absent = [
        ("METADATA", matches!(metadata, Document::Absent)),
        ("WHEEL", matches!(wheel_file, Document::Absent)),
        ("RECORD", matches!(record, Document::Absent)),
    ];
    for (file, _) in absent.into_iter().filter(|(_, is_absent)| *is_absent) {
        sink.at(&format!("{directory}/{file}"), "the member is missing");
    }
}

fn text_too_long(dist: &Dist, sink: &mut Sink<'_>) {
    fn look<T>(document: &Document<T>, sink: &mut Sink<'_>) {
        match document {
            Document::Unread { member, reason: NotRead::TooLong { limit } } => {
                sink.at(member, format_args!("it has more than {limit} bytes"));
            }
            Document::Unread { member, reason: NotRead::TooManyLines { limit } } => {
                sink.at(member, format_args!("it has more than {limit} lines"));
            }
            _ => {}
        }
    }
    match dist {
        Dist::Wheel(wheel) => {
            look(&wheel.metadata, sink);
            look(&wheel.wheel, sink);
            look(&wheel.record, sink);
        }
        Dist::Sdist(sdist) => look(&sdist.metadata, sink),
        Dist::Crate(_) | Dist::Unreadable { .. } => {}
    }
}

fn encoding(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some(Document::Read { member, fault: Some(fault), .. }) = dist.document() {
        sink.at(member, fault_text(*fault));
    }
}

fn stray_line(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && let Some(stray) = &metadata.stray_line
    {
        let text = stray.text.escape_debug();
        sink.at(member, format_args!("line {} is no header: `{text}`", stray.line));
    }
}
