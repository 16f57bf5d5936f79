//! The archive as a whole: can it be read, and does every byte of it belong somewhere?

use super::super::dist::Dist;
use super::super::{Check, Run, Sink, specimen_sdist, specimen_wheel};
use super::{PYPI_ZIP, ZIP_FORMAT};
use crate::archive::error::ArchiveError;
use crate::archive::wheel::WheelFile;
use crate::archive::{shown, zip};
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "archive/empty",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv", "twine"],
            summary: "the file is empty",
            explain: "A file without bytes is no archive. Usually a build or a download failed half-way.",
            fix: "look in the log of the build or the download for the step that failed, and make the file again",
            sources: &[ZIP_FORMAT, "RFC 1952 (gzip)"],
            since: "0.1.0",
        },
        run: Run::File { check: empty, specimen: || ("sample-1.0-py3-none-any.whl".to_owned(), Vec::new()) },
    },
    Check {
        rule: Rule {
            id: "archive/unreadable",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv"],
            summary: "the file is no archive of its kind, or is damaged",
            explain: "The archive's records contradict each other so much that its members cannot be found. Most \
                      often the file was cut short in a download or an upload.",
            fix: "compare the file's size with that of the file that was built, then fetch or build it again",
            sources: &[ZIP_FORMAT, "POSIX.1-2001 (pax)", "RFC 1952 (gzip)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: unreadable,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.edit_bytes(|bytes| bytes.truncate(bytes.len() / 2));
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/bomb",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "the archive has the measure of a bomb",
            explain: "It unpacks to more than 50 times its own size and more than 64 MiB, or has more members or \
                      longer headers than any real distribution.",
            fix: "take the bulky data out of the package, and let the program that needs it make or fetch it",
            sources: &["PyPI, limits on compression"],
            since: "0.1.0",
        },
        run: Run::File {
            check: bomb,
            specimen: || {
                specimen_sdist(|sdist| {
                    sdist.edit_stream(|bytes| bytes.resize(65 << 20, 0));
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/unaccounted-bytes",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "bytes of the archive belong to no record",
            explain: "What lies before, between or behind members is seen by some readers and not by others, which \
                      is how one file can be two archives.",
            fix: "do not change the wheel in place: unpack it with `unzip`, and write it anew with `wheel pack`",
            sources: &[ZIP_FORMAT, PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: unaccounted_bytes,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.prefix = b"#!/bin/sh\n".to_vec());
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/hidden-member",
            severity: Severity::Error,
            rejected_by: &["pypi", "uv"],
            summary: "a member is not listed in the central directory",
            explain: "Readers that stream the archive see the member, readers that use the directory do not: the two \
                      install different things.",
            fix: "do not trust the file: find the tool that edits it in place, and build the wheel again without that tool",
            sources: &[ZIP_FORMAT, PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: hidden_member,
            specimen: |wheel| {
                wheel.edit_zip(|zip| {
                    let mut hidden = zip.entries[0].clone();
                    hidden.local.name = b"sample/hidden.py".to_vec();
                    hidden.hidden = true;
                    zip.entries.insert(1, hidden);
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/trailing-bytes",
            severity: Severity::Error,
            rejected_by: &["pypi", "uv"],
            summary: "bytes follow the end of the archive",
            explain: "Nothing belongs behind the end record, not even zeros. A signature or a second archive was \
                      appended, or a tool wrote over a longer file.",
            fix: "append nothing to the wheel, publish signatures as files of their own, and build it again",
            sources: &[ZIP_FORMAT, PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: trailing_bytes,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.trailing = vec![0; 7]);
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/end-record",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "the archive's end record states other numbers than the archive has",
            explain: "The end record counts the members and measures the central directory, and readers believe it \
                      in different degrees.",
            fix: "build the wheel again, and let steps that change it write it anew with `wheel pack`",
            sources: &[ZIP_FORMAT, PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: end_record,
            specimen: |wheel| {
                wheel.edit_bytes(|bytes| {
                    let end = bytes.len() - 22;
                    bytes[end + 8] += 1;
                    bytes[end + 10] += 1;
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/two-ends",
            severity: Severity::Error,
            rejected_by: &["pypi", "uv"],
            summary: "the archive could end in two places",
            explain: "A second end record, or control characters in the comment, let readers find different archives \
                      in one file.",
            fix: "build the wheel again, without a comment and without joining archives",
            sources: &[ZIP_FORMAT, PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: two_ends,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.comment = b"PK\x05\x06".to_vec());
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/comment",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the archive has a comment",
            explain: "No tool writes one into a wheel, and PyPI's documentation forbids it.",
            fix: "drop the option that writes the comment (`zip -z`, `ZipFile.comment`), and pack again",
            sources: &["PyPI, documentation of accepted archives"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: comment,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.comment = b"built by hand".to_vec());
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/zip64-end",
            severity: Severity::Error,
            rejected_by: &["pypi", "uv"],
            summary: "the ZIP64 end record holds more than it may",
            explain: "Data in its extensible part is skipped by some readers and not by others.",
            fix: "build the wheel again with a build backend, which leaves the extensible part empty",
            sources: &[ZIP_FORMAT, PYPI_ZIP],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: zip64_end,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.zip64 = true);
                wheel.edit_bytes(|bytes| {
                    let record = bytes.len() - 22 - 20 - 56;
                    bytes[record + 4] = 45;
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/zip64-needless",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the archive has a ZIP64 end record that it does not need",
            explain: "Only archives of 4 GiB or 65535 members need one, and the two end records may disagree.",
            fix: "pack with `wheel pack`, or tell the ZIP tool not to force ZIP64 (`zip -fz-`)",
            sources: &[ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: zip64_needless,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.zip64 = true);
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/disks",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "the archive says that it is one of several disks",
            explain: "Archives that are split over several disks cannot be installed. A disk number that is not \
                      zero was damaged or forged.",
            fix: "pack the wheel as one file, without `zip -s`",
            sources: &["PyPI, documentation of accepted archives", ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: disks,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].disk = 1);
            },
        },
    },
];

/// The error and its cause, which may be the operating system's.
fn whole(error: &ArchiveError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}

fn empty(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some(error @ ArchiveError::Empty) = dist.error() {
        sink.emit(error);
    }
}

fn bomb(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some(
        error @ (ArchiveError::Bomb { .. }
        | ArchiveError::TooManyMembers { .. }
        | ArchiveError::HeadersTooLong { .. }),
    ) = dist.error()
    {
        sink.emit(error);
    }
}

fn unreadable(dist: &Dist, sink: &mut Sink<'_>) {
    match dist.error() {
        // These have rules of their own.
        None
        | Some(
            ArchiveError::Empty
            | ArchiveError::Kind
            | ArchiveError::FileName(_)
            | ArchiveError::Bomb { .. }
            | ArchiveError::TooManyMembers { .. }
            | ArchiveError::HeadersTooLong { .. },
        ) => {}
        Some(error) => sink.emit(whole(error)),
    }
}

fn unaccounted_bytes(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for zip::Gap { at, length_bytes, hidden_name } in &wheel.zip.gaps {
        if hidden_name.is_none() {
            sink.emit(format_args!("{length_bytes} bytes from byte {at} on belong to no record"));
        }
    }
}

fn hidden_member(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for zip::Gap { at, hidden_name, .. } in &wheel.zip.gaps {
        if let Some(name) = hidden_name {
            let message = format!("the local header at byte {at} is not listed in the central directory");
            sink.at(&String::from_utf8_lossy(name), message);
        }
    }
}

fn trailing_bytes(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if wheel.zip.trailing_bytes > 0 {
        sink.emit(format_args!("{} bytes follow the end record", wheel.zip.trailing_bytes));
    }
}

fn end_record(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let zip = &wheel.zip;
    let members = zip.members.len() as u64;
    let expected = [members, members, zip.directory_bytes, zip.directory_at];
    let whats =
        ["members on this disk", "members", "bytes of central directory", "as the directory's offset"];
    let end = &zip.end;
    let short = [end.disk_members, end.members].map(u64::from);
    let long = [end.directory_bytes, end.directory_at].map(u64::from);
    let stated = [short[0], short[1], long[0], long[1]];
    let sentinels = [0xffff, 0xffff, 0xffff_ffff, 0xffff_ffff];
    for (index, what) in whats.into_iter().enumerate() {
        let is_sentinel = zip.zip64.is_some() && stated[index] == sentinels[index];
        if stated[index] != expected[index] && !is_sentinel {
            sink.emit(format_args!(
                "the end record states {} {what}, and the archive has {}",
                stated[index], expected[index]
            ));
        }
    }
    if let Some(zip64) = &zip.zip64 {
        let stated = [zip64.disk_members, zip64.members, zip64.directory_bytes, zip64.directory_at];
        for (index, what) in
            whats.into_iter().enumerate().filter(|&(index, _)| stated[index] != expected[index])
        {
            sink.emit(format_args!(
                "the ZIP64 end record states {} {what}, and the archive has {}",
                stated[index], expected[index]
            ));
        }
    }
}

fn two_ends(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if wheel.zip.other_ends > 0 {
        sink.emit(format_args!("{} more end records follow the central directory", wheel.zip.other_ends));
    } else if wheel.zip.end.comment.iter().any(|byte| (1..=8).contains(byte)) {
        sink.emit("the archive's comment holds control characters, as the records of an archive do");
    }
}

fn comment(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let comment = &wheel.zip.end.comment;
    if !comment.is_empty() {
        sink.emit(format_args!(
            "the archive's comment is `{}`",
            shown(&String::from_utf8_lossy(comment)).escape_debug()
        ));
    }
}

fn zip64_end(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if let Some(zip64) = wheel.zip.zip64.as_ref().filter(|zip64| zip64.record_bytes != 44) {
        sink.emit(format_args!("the ZIP64 end record is {} bytes long, and may be 44", zip64.record_bytes));
    }
}

fn zip64_needless(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let zip = &wheel.zip;
    let needed = zip.members.len() >= 0xffff || zip.directory_at + zip.directory_bytes >= 0xffff_ffff;
    if zip.zip64.is_some() && !needed {
        let members = zip.members.len();
        sink.emit(format_args!("{members} members in {} bytes need no ZIP64 end record", zip.size_bytes));
    }
}

fn disks(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let end = &wheel.zip.end;
    if end.disk != 0 || end.directory_disk != 0 {
        sink.emit(format_args!(
            "the end record is on disk {}, its directory on {}",
            end.disk, end.directory_disk
        ));
    }
    if let Some(zip64) = &wheel.zip.zip64
        && (zip64.disk, zip64.directory_disk, zip64.locator_disk, zip64.disks) != (0, 0, 0, 1)
    {
        sink.emit(format_args!(
            "the ZIP64 end record is on disk {} (its locator says {}) of {}",
            zip64.disk, zip64.locator_disk, zip64.disks
        ));
    }
    for member in wheel.zip.members.iter().filter(|member| member.disk != 0) {
        sink.at(&member.path, format_args!("the member starts on disk {}", member.disk));
    }
}
