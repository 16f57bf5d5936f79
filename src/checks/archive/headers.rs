//! The two headers of a member: do they say the same, and nothing that only some readers know?

use std::collections::HashSet;

use super::super::{Check, Run, Sink};
use super::{PYPI_ZIP, ZIP_FORMAT};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::archive::zip::{Claims, Extra, Member};
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "archive/member-comment",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "a member has a comment",
            explain: "No build tool writes comments into a wheel, and PyPI refuses them.",
            fix: "drop the option that writes comments (`zip -c`, `ZipInfo.comment`), and pack again",
            sources: &[PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: member_comment,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].comment = b"by hand".to_vec());
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/data-descriptor",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "a member's size stands behind its data",
            explain: "A data descriptor is written by tools that stream, and a reader that streams cannot tell where \
                      the data ends.",
            fix: "write the wheel to a file instead of a pipe, so that the sizes get into the headers",
            sources: &[ZIP_FORMAT, PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: data_descriptor,
            specimen: |wheel| {
                wheel.edit_zip(|zip| {
                    let entry = &mut zip.entries[0];
                    entry.both(|header| header.flags |= Claims::DESCRIPTOR);
                    let header = &entry.central;
                    let values = [header.crc32, header.packed_bytes, header.size_bytes];
                    entry.descriptor = b"PK\x07\x08".to_vec();
                    entry.descriptor.extend(values.iter().flat_map(|value| value.to_le_bytes()));
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/duplicate-member",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "two members have the same name",
            explain: "Some readers take the first one, some the last one, and so install different files.",
            fix: "find the build step that adds the file a second time (such as `zipfile` in mode `a`), and remove it",
            sources: &[PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: duplicate_member,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries.insert(0, zip.entries[0].clone()));
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/header-name",
            severity: Severity::Error,
            rejected_by: &["pypi", "uv"],
            summary: "a member's two headers name it differently",
            explain: "Readers that stream take the name before the data, others that in the central directory: the \
                      two install different files.",
            fix: "do not trust the file: find the tool that renames members in place, and build the wheel again without it",
            sources: &[ZIP_FORMAT, PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: header_name,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].local.name = b"sample/__other__.py".to_vec());
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/header-size",
            severity: Severity::Error,
            rejected_by: &["pypi", "uv"],
            summary: "a member's two headers state different sizes",
            explain: "Readers that stream believe one header, others the other one, and so take different bytes for \
                      the member.",
            fix: "change files before they are packed, not inside the archive, and build the wheel again",
            sources: &[ZIP_FORMAT, PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: header_size,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].local.size_bytes += 1);
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/header-checksum",
            severity: Severity::Error,
            rejected_by: &["uv"],
            summary: "a member's two headers state different checksums",
            explain: "Readers that stream check one header's CRC-32, others that of the central directory.",
            fix: "sign, strip or patch files before they are packed, not inside the archive, and build again",
            sources: &[ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: header_checksum,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].local.crc32 ^= 1);
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/header-method",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a member's two headers state different compression or flags",
            explain: "Readers that stream unpack by one header, others by the other one.",
            fix: "build the wheel again with a build backend; let no step edit the archive's headers",
            sources: &[ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: header_method,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].local.flags ^= Claims::UTF8);
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/version-needed",
            severity: Severity::Error,
            rejected_by: &["pip"],
            summary: "a member asks for a newer version of the ZIP format than there is",
            explain: "Stored and deflated members need version 2.0, with ZIP64 4.5; Python refuses everything above \
                      6.3. The header was damaged or forged.",
            fix: "compare the file with the one that was built, then fetch or build it again",
            sources: &[ZIP_FORMAT, "Python, zipfile"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: version_needed,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].central.version_needed = 64);
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/extra-field",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip"],
            summary: "a member's extra fields are malformed",
            explain: "The lengths of the fields do not add up to the length of the whole, so readers disagree about \
                      what is in there.",
            fix: "do not align or pad members (`zipalign`), and write the wheel anew with `wheel pack`",
            sources: &[ZIP_FORMAT, PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: extra_field,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].local.extra = vec![0; 3]);
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/extra-repeated",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "an extra field that stands in for a size or a name stands twice",
            explain: "Readers take the first one or the last one, and so see other sizes or names.",
            fix: "clear `ZipInfo.extra` where a script copies members between archives, or use `wheel pack`",
            sources: &[PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: extra_repeated,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].local.extra = [[1, 0, 0, 0], [1, 0, 0, 0]].concat());
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/zip64-extra",
            severity: Severity::Error,
            rejected_by: &["pypi", "uv"],
            summary: "a ZIP64 extra field does not hold what its header leaves to it",
            explain: "The field holds eight bytes for each size or offset that the header does not state, four for a \
                      disk, and nothing else.",
            fix: "clear `ZipInfo.extra` where a script copies members between archives, or use `wheel pack`",
            sources: &[ZIP_FORMAT, PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: zip64_extra,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].local.extra = vec![1, 0, 4, 0, 0, 0, 0, 0]);
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/unicode-path",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "an extra field gives a member another name",
            explain: "Some readers prefer the Info-ZIP Unicode Path to the name in the header, so the two must be \
                      the same clean UTF-8.",
            fix: "store names as UTF-8 without the extra field (`zip -UN=UTF8`), or use `wheel pack`",
            sources: &[ZIP_FORMAT, PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: unicode_path,
            specimen: |wheel| {
                wheel.edit_zip(|zip| {
                    let field = b"\x75\x70\x0c\x00\x01....evil.py";
                    zip.entries[0].local.extra = field.to_vec();
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/order",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the central directory lists members in another order than they lie in the archive",
            explain: "Where two members install to one path, readers disagree about which comes last.",
            fix: "write the directory in the order of the members, as `wheel pack` and build backends do",
            sources: &[ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: order,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.directory_reversed = true);
            },
        },
    },
];

fn member_comment(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in wheel.zip.members.iter().filter(|member| member.comment_bytes > 0) {
        sink.at(&member.path, format_args!("the member has a comment of {} bytes", member.comment_bytes));
    }
}

fn data_descriptor(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in wheel.zip.members.iter().filter(|member| member.claims_descriptor()) {
        sink.at(&member.path, "the member's size and checksum stand in a data descriptor behind its data");
    }
}

fn duplicate_member(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let mut names = HashSet::new();
    for member in &wheel.zip.members {
        if !names.insert(&member.central.name) {
            sink.at(&member.path, "a second member has this name");
        }
    }
}

fn header_name(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in wheel.zip.members.iter().filter(|member| member.local.name != member.central.name) {
        let local = shown(&String::from_utf8_lossy(&member.local.name));
        let local = local.escape_debug();
        sink.at(&member.path, format_args!("the header before the data names it `{local}`"));
    }
}

/// Whether the header before the data leaves sizes and checksum to a data descriptor.
fn is_left_open(member: &Member) -> bool {
    let Claims { crc32, packed_bytes, size_bytes, .. } = member.local;
    member.claims_descriptor() && (crc32, packed_bytes, size_bytes) == (0, 0, 0)
}

fn header_size(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in wheel.zip.members.iter().filter(|member| !is_left_open(member)) {
        let sizes = |claims: &Claims| (claims.packed_bytes, claims.size_bytes);
        let (local, central) = (sizes(&member.local), sizes(&member.central));
        if local != central {
            sink.at(
                &member.path,
                format_args!(
                    "the header before the data states {} bytes of data for {}, the central directory {} for {}",
                    local.0, local.1, central.0, central.1
                ),
            );
        }
    }
}

fn header_checksum(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in wheel.zip.members.iter().filter(|member| !is_left_open(member)) {
        let (local, central) = (member.local.crc32, member.central.crc32);
        if local != central {
            let message = format!(
                "the header before the data states the CRC-32 {local:08x}, the central directory {central:08x}"
            );
            sink.at(&member.path, message);
        }
    }
}

fn header_method(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in &wheel.zip.members {
        let (local, central) = (&member.local, &member.central);
        if local.method != central.method {
            sink.at(
                &member.path,
                format_args!(
                    "the header before the data states method {}, the central directory {}",
                    local.method, central.method
                ),
            );
        } else if local.flags != central.flags {
            sink.at(
                &member.path,
                format_args!(
                    "the header before the data states flags {:#06x}, the central directory {:#06x}",
                    local.flags, central.flags
                ),
            );
        }
    }
}

/// Both headers of every member, and what they are called in messages.
fn headers(wheel: &WheelFile) -> impl Iterator<Item = (&Member, &'static str, &Claims)> {
    wheel.zip.members.iter().flat_map(|member| {
        [(member, "header before the data", &member.local), (member, "central directory", &member.central)]
    })
}

/// The newest version that readers know.
const NEWEST_VERSION: u16 = 63;

fn version_needed(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, place, claims) in headers(wheel) {
        // The upper half names a system, which nobody looks at.
        let version = claims.version_needed & 0xff;
        if version > NEWEST_VERSION {
            let (major, minor) = (version / 10, version % 10);
            sink.at(
                &member.path,
                format_args!("the {place} asks for version {major}.{minor} of the ZIP format"),
            );
        }
    }
}

fn extra_field(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, place, claims) in headers(wheel).filter(|(_, _, claims)| claims.extra.stray_bytes > 0) {
        let count = claims.extra.stray_bytes;
        sink.at(&member.path, format_args!("{count} bytes of the extra fields in the {place} make no field"));
    }
}

fn extra_repeated(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, place, claims) in headers(wheel) {
        for id in [Extra::ZIP64, Extra::UNICODE_PATH] {
            let count = claims.extra.lengths(id).count();
            if count > 1 {
                sink.at(
                    &member.path,
                    format_args!("the extra field {id:#06x} stands {count} times in the {place}"),
                );
            }
        }
    }
}

fn zip64_extra(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, place, claims) in headers(wheel) {
        if claims.extra.zip64_short {
            sink.at(
                &member.path,
                format_args!("the ZIP64 field in the {place} is too short for what it must hold"),
            );
        }
        for length in claims.extra.lengths(Extra::ZIP64).filter(|length| ![0, 8, 16, 24, 28].contains(length))
        {
            sink.at(&member.path, format_args!("the ZIP64 field in the {place} has {length} bytes"));
        }
    }
    for (member, place, claims) in headers(wheel) {
        let extra = &claims.extra;
        if !extra.zip64_used && extra.lengths(Extra::ZIP64).any(|length| length > 0) {
            sink.at(
                &member.path,
                format_args!("the {place} states all sizes itself, and has a ZIP64 field as well"),
            );
        }
    }
    // One size stands in for both only where packed and plain are the same.
    for member in wheel.zip.members.iter().filter(|member| member.local.method != 0) {
        if member.local.extra.lengths(Extra::ZIP64).any(|length| length == 8) {
            sink.at(&member.path, "the ZIP64 field in the header before the data has one size for two");
        }
    }
}

fn unicode_path(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, place, claims) in headers(wheel) {
        for path in claims.extra.unicode_paths.iter().filter(|path| **path != member.central.name) {
            let path = shown(&String::from_utf8_lossy(path));
            sink.at(
                &member.path,
                format_args!("an extra field in the {place} names it `{}`", path.escape_debug()),
            );
        }
    }
}

fn order(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if !wheel.zip.members.is_sorted_by_key(|member| member.offset) {
        sink.emit("the central directory does not list the members in the order of the archive");
    }
}
