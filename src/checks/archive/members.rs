//! What members hold: can every reader unpack it, and is it what the headers say?

use super::super::{Check, Run, Sink};
use super::ZIP_FORMAT;
use crate::archive::wheel::WheelFile;
use crate::archive::zip::{Contents, Member, Unread};
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "archive/checksum",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "a member's contents do not have the stated checksum",
            explain: "The file was damaged after it was written. PyPI takes it, and no one can install it.",
            fix: "compare the file with the one that was built, then fetch or build it again",
            sources: &[ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: checksum,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].both(|header| header.crc32 ^= 1));
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/size",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "a member's contents do not have the stated size",
            explain: "The file was damaged after it was written, or its headers were forged.",
            fix: "fetch the file again; if it stays the same, find the step that changes it after the build",
            sources: &[ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: size,
            specimen: |wheel| {
                wheel.member("sample/data.txt", "line\n".repeat(99));
                wheel.edit_zip(|zip| zip.entry("sample/data.txt").both(|header| header.size_bytes += 1));
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/deflate",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "a member's data is damaged",
            explain: "The deflate stream breaks off, holds nonsense, or ends before its data does.",
            fix: "test the file where it was built (`python -m zipfile -t`), then fetch or build it again",
            sources: &[ZIP_FORMAT, "RFC 1951 (deflate)"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: deflate,
            specimen: |wheel| {
                wheel.member("sample/data.txt", "line\n".repeat(99));
                wheel.edit_zip(|zip| {
                    let entry = zip.entry("sample/data.txt");
                    entry.data.push(0);
                    entry.both(|header| header.packed_bytes += 1);
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/method",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip"],
            summary: "a member is compressed in a way that installers do not know",
            explain: "Wheels store members or deflate them; a tool that repacks wheels may have been told otherwise.",
            fix: "tell the tool that packs the wheel to use deflate, not bzip2, LZMA or Zstandard",
            sources: &["PyPI, supported compression", "binary distribution format"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: method,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].both(|header| header.method = 93));
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/encrypted",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "a member is encrypted",
            explain: "No installer has the password, and so none can read what is in the member.",
            fix: "pack the wheel without a password",
            sources: &[ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: encrypted,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].both(|header| header.flags |= 1));
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/overlap",
            severity: Severity::Error,
            rejected_by: &["pip"],
            summary: "two members share bytes of the archive",
            explain: "Members that overlap make small files unpack to huge ones. No ordinary tool writes them.",
            fix: "do not trust the file: build the wheel again, from clean sources and with a build backend",
            sources: &[ZIP_FORMAT, "CPython, overlapped entries (2024)"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: overlap,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].both(|header| header.packed_bytes += 40));
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/directory-entry",
            severity: Severity::Error,
            rejected_by: &["uv"],
            summary: "a directory has contents, or is not named like one",
            explain: "A directory's name ends in `/`, and it has no bytes, compressed or not. Some readers write a \
                      file for everything else.",
            fix: "leave directories out of the wheel (`zip -D`), since files imply them",
            sources: &[ZIP_FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: directory_entry,
            specimen: |wheel| {
                wheel.edit_zip(|zip| {
                    let mut entry = crate::archive::build::ZipEntry::directory("sample/empty");
                    entry.data = vec![b'x'];
                    entry.both(|header| {
                        header.crc32 = crc32fast::hash(b"x");
                        header.size_bytes = 1;
                        header.packed_bytes = 1;
                    });
                    zip.entries.insert(0, entry);
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/file-type",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a member is a link or a device",
            explain: "A wheel holds regular files. Installers write a link's target as the contents of a file, or \
                      make a link that leads elsewhere.",
            fix: "replace the link by the file that it leads to (`zip` without `-y`), and pack again",
            sources: &["binary distribution format"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: file_type,
            specimen: |wheel| {
                wheel.edit_zip(|zip| zip.entries[0].attributes = 0o120_777 << 16);
            },
        },
    },
];

fn checksum(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in &wheel.zip.members {
        let stated = member.central.crc32;
        // Where the size differs already, the checksum cannot fit.
        if let Some(found) = member.digests()
            && found.crc32 != stated
            && found.size_bytes == member.central.size_bytes
        {
            let crc32 = found.crc32;
            let message = format!(
                "its contents have the CRC-32 {crc32:08x}, the central directory states {stated:08x}"
            );
            sink.at(&member.path, message);
        }
    }
}

fn size(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in &wheel.zip.members {
        let stated = member.central.size_bytes;
        match &member.contents {
            Contents::Read(found) if found.size_bytes != stated => {
                let message = format!(
                    "its contents have {} bytes, the central directory states {stated}",
                    found.size_bytes
                );
                sink.at(&member.path, message);
            }
            Contents::Unread(Unread::Longer) => {
                let message = format!(
                    "its contents have more than the {stated} bytes that the central directory states"
                );
                sink.at(&member.path, message);
            }
            _ => {}
        }
    }
}

fn deflate(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in &wheel.zip.members {
        match &member.contents {
            Contents::Unread(Unread::Deflate) => {
                sink.at(&member.path, "its deflate stream is broken or cut short");
            }
            Contents::Read(found) if found.packed_bytes != member.central.packed_bytes => sink.at(
                &member.path,
                format_args!(
                    "its deflate stream ends after {} of {} bytes",
                    found.packed_bytes, member.central.packed_bytes
                ),
            ),
            _ => {}
        }
    }
}

/// The members whose contents were not read for the reason `reason`.
fn unread(wheel: &WheelFile, reason: Unread) -> impl Iterator<Item = &Member> {
    wheel.zip.members.iter().filter(move |member| member.contents == Contents::Unread(reason))
}

fn method(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in unread(wheel, Unread::Method) {
        let method = member.central.method;
        sink.at(
            &member.path,
            format_args!("its compression method is {method}; 0 and 8 (deflate) are known"),
        );
    }
}

fn encrypted(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in unread(wheel, Unread::Encrypted) {
        sink.at(&member.path, "it is encrypted");
    }
}

fn overlap(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in unread(wheel, Unread::Overlaps) {
        let offset = member.offset;
        sink.at(
            &member.path,
            format_args!("it starts at byte {offset} and shares bytes with another record"),
        );
    }
}

const DIRECTORY: u32 = 0o040_000;
const DOS_DIRECTORY: u32 = 0x10;
const REGULAR: u32 = 0o100_000;

fn directory_entry(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in &wheel.zip.members {
        let claims = &member.central;
        let is_empty = (claims.size_bytes, claims.packed_bytes, claims.crc32, claims.method) == (0, 0, 0, 0);
        if member.is_directory() && !is_empty {
            let packed_bytes = claims.packed_bytes;
            sink.at(&member.path, format_args!("the directory has {packed_bytes} bytes of data"));
        } else if !member.is_directory()
            && (member.unix_type() == Some(DIRECTORY) || member.attributes & DOS_DIRECTORY != 0)
        {
            sink.at(&member.path, "it is marked as a directory, and its name does not end in `/`");
        }
    }
}

fn file_type(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for member in &wheel.zip.members {
        let what = match member.unix_type() {
            None | Some(0 | DIRECTORY | REGULAR) => continue,
            Some(0o120_000) => "symbolic link",
            Some(0o010_000) => "FIFO",
            Some(0o140_000) => "socket",
            Some(_) => "device",
        };
        sink.at(&member.path, format_args!("it is marked as a {what}"));
    }
}
