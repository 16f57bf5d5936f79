//! The archive of an sdist as a whole.

use std::collections::BTreeMap;

use super::super::{Check, Run, Sink};
use super::{PAX, REPRODUCIBLE, SDIST};
use crate::archive::build::TarEntry;
use crate::archive::document::{Document, NotRead};
use crate::archive::sdist::SdistFile;
use crate::archive::shown;
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "sdist/gzip-tail",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "data follows the sdist's gzip stream",
            explain: "Some readers go on with a second stream or with what lies behind, others stop: they see two \
                      archives.",
            fix: "compress the archive in one piece, and append nothing to it",
            sources: &[SDIST, "RFC 1952 (gzip)"],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: gzip_tail,
            specimen: |sdist| {
                sdist.edit_bytes(|bytes| bytes.extend(b"more"));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/gzip-padding",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "zeros or empty streams follow the sdist's gzip stream",
            explain: "They hold nothing, and no build tool writes them: the file was padded when it was copied, or \
                      joined.",
            fix: "build the sdist again, and copy it without a tool that fills up blocks (`dd conv=sync`)",
            sources: &[SDIST, "RFC 1952 (gzip)"],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: gzip_padding,
            specimen: |sdist| {
                sdist.edit_bytes(|bytes| bytes.extend([0; 9]));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/gzip-name",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the gzip header of the sdist names a file with its folder",
            explain: "`gunzip -N` would write there, and the path tells how the disk of the build machine is laid out. \
                      The header holds a plain file name or none.",
            fix: "compress with `gzip -n`, or pass the file's name without its folder to the program that compresses",
            sources: &["RFC 1952 (gzip)"],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: gzip_name,
            specimen: |sdist| {
                sdist.edit_bytes(|bytes| {
                    bytes[3] |= 1 << 3;
                    bytes.splice(10..10, *b"/home/me/sample-1.0.tar\0");
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/gzip-time",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "the gzip header of the sdist has the time of the build",
            explain: "Two builds of the same sources differ in these four bytes, so their digests differ too. Most \
                      build backends write the time unless told otherwise.",
            fix: "do nothing, or set `SOURCE_DATE_EPOCH` in the build if builds shall be reproducible",
            sources: &[REPRODUCIBLE, "RFC 1952 (gzip)"],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: gzip_time,
            specimen: |sdist| {
                sdist.edit_bytes(|bytes| bytes[4..8].copy_from_slice(&1_750_000_000_u32.to_le_bytes()));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/data-after-end",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "data follows the end mark of the tar archive",
            explain: "Most readers stop at the mark, others go on and unpack what follows.",
            fix: "pack everything at once instead of joining tar archives with `cat`",
            sources: &[PAX],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: data_after_end,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.after_end = b"more".to_vec());
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/no-end",
            severity: Severity::Error,
            rejected_by: &["uv"],
            summary: "the tar archive has no end mark",
            explain: "An archive ends in two blocks of zeros. Without them nobody can tell whether members are \
                      missing.",
            fix: "find out whether the build or a copy was cut short, and build the sdist again",
            sources: &[PAX],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: no_end,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.end_blocks = 0);
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/root",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "the sdist does not unpack into the one folder that its name promises",
            explain: "Everything lies in one top-level directory, `{name}-{version}`, spelled as in the file name. \
                      The file was renamed, or packed by hand.",
            fix: "build the sdist again (`python -m build --sdist`), and neither rename nor repack it",
            sources: &[SDIST],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: root,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries.push(TarEntry::file("other/file.txt", "")));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/pkg-info",
            severity: Severity::Error,
            rejected_by: &["pypi", "twine"],
            summary: "the sdist has no PKG-INFO in its top-level directory",
            explain: "PKG-INFO holds the project's metadata, and is a regular file. The archive of a checkout has \
                      none.",
            fix: "build the sdist with a build backend (`python -m build --sdist`) instead of packing a checkout",
            sources: &[SDIST],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: pkg_info,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries.retain(|entry| !entry.path.ends_with("/PKG-INFO")));
            },
        },
    },
];

fn gzip_tail(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let gzip = &sdist.tar.gzip;
    let full = gzip.members - gzip.empty_members;
    if full > 1 {
        sink.emit(format_args!("the file is {full} gzip streams in a row"));
    }
    if gzip.trailing_data {
        sink.emit(format_args!("{} bytes follow the gzip stream", gzip.trailing_bytes));
    }
}

fn gzip_padding(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let gzip = &sdist.tar.gzip;
    if gzip.empty_members > 0 {
        sink.emit(format_args!("{} gzip streams of the file are empty", gzip.empty_members));
    }
    if gzip.trailing_bytes > 0 && !gzip.trailing_data {
        sink.emit(format_args!("{} zeros follow the gzip stream", gzip.trailing_bytes));
    }
}

fn gzip_name(sdist: &SdistFile, sink: &mut Sink<'_>) {
    if let Some(name) = sdist.tar.gzip.file_name.as_ref().filter(|name| name.contains(['/', '\\', ':'])) {
        sink.emit(format_args!("the gzip header names the file `{}`", shown(name).escape_debug()));
    }
}

fn gzip_time(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let time = u64::from(sdist.tar.gzip.modified);
    // Times that a build was told are those of its members, or the first second.
    let is_told = time <= 1 || sdist.tar.members.iter().any(|member| member.modified == time);
    if !is_told {
        sink.emit(format_args!("the gzip header has the time {time}, which no member has"));
    }
}

fn data_after_end(sdist: &SdistFile, sink: &mut Sink<'_>) {
    if let Some(at) = sdist.tar.data_after_end {
        sink.emit(format_args!("data follows the end mark, at byte {at} of the unpacked stream"));
    }
}

fn no_end(sdist: &SdistFile, sink: &mut Sink<'_>) {
    if !sdist.tar.has_end {
        sink.emit("the tar archive ends without blocks of zeros");
    }
}

fn root(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let Ok(name) = &sdist.name else { return };
    let promised = name.stem();
    // Each with its first member: an archive may have a hundred thousand of them.
    let mut tops: BTreeMap<&str, &str> = BTreeMap::new();
    for path in sdist.tar.members.iter().map(|member| member.path.as_str()) {
        tops.entry(path.split('/').next().unwrap_or_default()).or_insert(path);
    }
    for (_, path) in tops.iter().filter(|(top, _)| **top != promised) {
        sink.at(path, format_args!("the file name promises that everything lies in `{promised}`"));
    }
    if !tops.contains_key(promised) {
        sink.emit(format_args!("there is no top-level directory `{promised}`, which the file name promises"));
    }
}

fn pkg_info(sdist: &SdistFile, sink: &mut Sink<'_>) {
    match &sdist.metadata {
        Document::Absent => {
            let path = sdist.promised_pkg_info().unwrap_or_else(|| "*/PKG-INFO".to_owned());
            sink.emit(format_args!("there is no `{path}`"));
        }
        Document::Unread { member, reason: NotRead::NoFile } => sink.at(member, "it is no regular file"),
        Document::Read { member, .. } | Document::Unread { member, .. } => {
            if let Some(promised) = sdist.promised_pkg_info().filter(|promised| promised != member) {
                sink.at(member, format_args!("the file name promises it as `{promised}`"));
            }
        }
    }
}
