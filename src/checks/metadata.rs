//! `.dist-info` and what METADATA or PKG-INFO says: name and version, so far.

use super::dist::Dist;
use super::{Check, Run, Sink, specimen_sdist, specimen_wheel};
use crate::archive::document::{Document, NotRead, TextFault};
use crate::archive::metadata::Metadata;
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::model::name::PackageName;
use crate::model::version::Version;
use crate::report::{Rule, Severity};

const DIST_INFO: &str = "binary distribution format, the .dist-info directory";
const CORE_METADATA: &str = "core metadata specification";

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
            rejected_by: &["pypi", "twine"],
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
                    wheel.metadata("Summary", "one line\nand another one");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/name",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "twine"],
            summary: "METADATA or PKG-INFO does not state one good project name",
            explain: "`Name` stands there once, with letters, digits, `.`, `-` and `_`, and a letter or digit at \
                      both ends.",
            fix: "set one good `name` in `pyproject.toml`, and let the build backend write the metadata",
            sources: &[CORE_METADATA, "name normalisation (PEP 503)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: name,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.without_metadata("Name");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/version",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "twine"],
            summary: "METADATA or PKG-INFO does not state one good version",
            explain: "`Version` stands there once, follows PEP 440 and has no blanks around it.",
            fix: "set one PEP 440 `version` in `pyproject.toml`, and let the build backend write the metadata",
            sources: &[CORE_METADATA, "version specifiers (PEP 440)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: version,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Version", "one");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/name-mismatch",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv"],
            summary: "METADATA or PKG-INFO and the file name name different projects",
            explain: "An index files the distribution under one name, and an installer finds the other one inside. \
                      The file was renamed after the build, or packed from the wrong folder.",
            fix: "set the right `name` in `pyproject.toml`, build again, and do not rename what was built",
            sources: &[CORE_METADATA, "binary distribution format", "source distribution format"],
            since: "0.1.0",
        },
        run: Run::File {
            check: name_mismatch,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Name", "other");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/version-mismatch",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv"],
            summary: "METADATA or PKG-INFO and the file name state different versions",
            explain: "An installer that asked for one version gets another one, and refuses it. The file was renamed \
                      after the build, or the version was changed between two build steps.",
            fix: "set the version in one place, build again into an empty folder, and do not rename what was built",
            sources: &[CORE_METADATA, "binary distribution format", "source distribution format"],
            since: "0.1.0",
        },
        run: Run::File {
            check: version_mismatch,
            specimen: || {
                specimen_sdist(|sdist| {
                    sdist.metadata("Version", "1.1");
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
        Dist::Unreadable { .. } => {}
    }
}

/// What is wrong with a text, in words.
pub(super) fn fault_text(fault: TextFault) -> String {
    match fault {
        TextFault::NotUtf8 { at } => format!("it is no UTF-8 from byte {at} on"),
        TextFault::ByteOrderMark => "it starts with a byte order mark".to_owned(),
        TextFault::Nul { at } => format!("it has a NUL at byte {at}"),
    }
}

fn encoding(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some(Document::Read { member, fault: Some(fault), .. }) = dist.document() {
        sink.at(member, fault_text(*fault));
    }
}

/// The member that was read, and what it says.
fn read(dist: &Dist) -> Option<(&str, &Metadata)> {
    match dist.document() {
        Some(Document::Read { member, value, .. }) => Some((member, value)),
        _ => None,
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

/// The one value of a header that must stand once; everything else is told.
fn single<'a>(dist: &'a Dist, header: &'static str, sink: &mut Sink<'_>) -> Option<(&'a str, &'a str)> {
    let (member, metadata) = read(dist)?;
    let values: Vec<&str> = metadata.all(header).collect();
    match values[..] {
        [] => sink.at(member, format_args!("`{header}` is missing")),
        [value] => return Some((member, value)),
        [first, second, ..] => {
            let (first, second) = (shown(first), shown(second));
            let count = values.len();
            sink.at(
                member,
                format_args!(
                    "`{header}` stands {count} times: `{}`, `{}`",
                    first.escape_debug(),
                    second.escape_debug()
                ),
            );
        }
    }
    None
}

fn name(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, value)) = single(dist, "Name", sink)
        && let Err(error) = value.parse::<PackageName>()
    {
        sink.at(member, error);
    }
}

fn version(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, value)) = single(dist, "Version", sink) else { return };
    if value.trim() != value {
        let value = shown(value);
        sink.at(member, format_args!("the version `{}` has blanks around it", value.escape_debug()));
    } else if let Err(error) = Version::from_pep440(value) {
        sink.at(member, error);
    }
}

fn name_mismatch(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && let Some(promised) = dist.distribution()
        && let Some(stated) = metadata.get("Name").and_then(|name| name.parse::<PackageName>().ok())
        && stated != *promised.name()
    {
        let promised = promised.name();
        sink.at(member, format_args!("it names the project `{stated}`, and the file name `{promised}`"));
    }
}

fn version_mismatch(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && let Some(promised) = dist.distribution()
        && let Some(stated) = metadata.get("Version").and_then(|version| Version::from_pep440(version).ok())
        && stated != *promised.version()
    {
        let promised = promised.version();
        sink.at(member, format_args!("it states the version `{stated}`, and the file name `{promised}`"));
    }
}
