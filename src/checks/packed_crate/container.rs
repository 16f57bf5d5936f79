//! The archive of a crate: can every reader unpack it alike, and into one folder?

use std::collections::{BTreeMap, HashSet};

use super::super::sdist::members::ambiguities;
use super::super::{Check, Run, Sink};
use super::{CARGO, CRATES_IO, is_for_crates_io};
use crate::archive::build::TarEntry;
use crate::archive::crate_file::PackedFile;
use crate::archive::shown;
use crate::archive::tar::{FaultKind, Kind};
use crate::report::{Rule, Severity};

const PACKED: &str = "cargo package, what it writes";

/// What crates.io takes of a crate that was granted no more.
const MOST_BYTES: u64 = 10 << 20;
/// What it unpacks at most.
const MOST_UNPACKED_BYTES: u64 = 512 << 20;

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "crate/name",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "the file is not called as crates are",
            explain: "A packed crate is called `NAME-VERSION.crate`, with the version in full. By that name it is found \
                      in the manifest of the release and compared with what a registry has.",
            fix: "take the file that `cargo package` left in `target/package`, and do not rename it",
            sources: &[PACKED],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: name,
            specimen: |packed| {
                packed.file_name("sample.crate");
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/root",
            severity: Severity::Error,
            rejected_by: &["cargo", "crates-io"],
            summary: "the crate does not unpack into the one folder that its name promises",
            explain: "Everything lies in one folder, `NAME-VERSION`, or unpacking it could write over another crate. \
                      The file was renamed, or packed by hand.",
            fix: "pack the crate again with `cargo package`, and neither rename nor repack the file",
            sources: &[PACKED, CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: root,
            specimen: |packed| {
                packed.edit_tar(|tar| tar.entries.push(TarEntry::file("other/file.txt", "")));
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/link",
            severity: Severity::Error,
            rejected_by: &["crates-io"],
            summary: "the crate holds a link",
            explain: "Cargo packs what a link leads to, never the link. One in the archive could make those who unpack \
                      it write outside of its folder, so crates.io takes none.",
            fix: "pack the crate again with `cargo package`, which follows links",
            sources: &[CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: link,
            specimen: |packed| {
                packed.edit_tar(|tar| {
                    tar.entries.push(TarEntry::link("sample-1.0.0/link", b'2', "src/lib.rs"));
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/member-type",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "the crate holds something that is neither a file nor a folder",
            explain: "Devices, files with holes and types that no standard names have no place among sources, and \
                      readers of archives differ in what they make of them.",
            fix: "pack the crate again with `cargo package`, which writes plain files only",
            sources: &[PACKED, "POSIX.1-2001 (pax)"],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: member_type,
            specimen: |packed| {
                packed.edit_tar(|tar| tar.entries.push(TarEntry::link("sample-1.0.0/pipe", b'6', "")));
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/duplicate-member",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "two members of the crate have the same path",
            explain: "Which of them is built depends on who unpacks the crate: the first one for some readers, the last \
                      one for others.",
            fix: "do not change the archive after it was packed, and pack the crate again with `cargo package`",
            sources: &[PACKED],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: duplicate_member,
            specimen: |packed| {
                packed.edit_tar(|tar| {
                    tar.entries.push(TarEntry::file("sample-1.0.0/src/lib.rs", "// Another one.\n"));
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/ambiguous",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "readers see different contents in the crate's archive",
            explain: "Something follows the archive's end, or headers contradict each other: what one tool looks \
                      through is then not what another one builds. Cargo writes no such archive.",
            fix: "find out what changed the file after it was packed, and pack the crate again",
            sources: &["POSIX.1-2001 (pax)", "RFC 1952 (gzip)"],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: ambiguous,
            specimen: |packed| {
                packed.edit_bytes(|bytes| bytes.extend(b"more"));
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/too-large",
            severity: Severity::Error,
            rejected_by: &["crates-io"],
            summary: "the crate is larger than crates.io takes",
            explain: "crates.io takes files of 10 MiB that unpack to 512 MiB, unless it was asked to raise the limit of \
                      the crate.",
            fix: "leave out what no build needs (`exclude` in the manifest); if the limit was raised, `ignore` this",
            sources: &[CARGO, CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: too_large,
            specimen: |packed| {
                packed.member("noise.bin", noise());
            },
        },
    },
];

/// Bytes that cannot be packed into fewer, a few more than crates.io takes.
fn noise() -> Vec<u8> {
    let mut state = 1_u64;
    let words = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 32) as u32
    });
    words.take((MOST_BYTES as usize + 1024) / 4).flat_map(u32::to_le_bytes).collect()
}

fn name(packed: &PackedFile, sink: &mut Sink<'_>) {
    if packed.name.is_none() {
        sink.emit("its name is not of the form `NAME-VERSION.crate`, with a version such as `1.2.3`");
    }
}

fn root(packed: &PackedFile, sink: &mut Sink<'_>) {
    let Some(name) = &packed.name else { return };
    let promised = name.stem();
    // Each with its first member: an archive may have a hundred thousand of them.
    let mut tops: BTreeMap<&str, &str> = BTreeMap::new();
    for path in packed.tar.members.iter().map(|member| member.path.as_str()) {
        tops.entry(path.split('/').next().unwrap_or_default()).or_insert(path);
    }
    for (_, path) in tops.iter().filter(|(top, _)| **top != promised) {
        sink.at(path, format_args!("the file name promises that everything lies in `{promised}`"));
    }
    if !tops.contains_key(&*promised) {
        sink.emit(format_args!("there is no folder `{promised}`, which the file name promises"));
    }
}

fn link(packed: &PackedFile, sink: &mut Sink<'_>) {
    for member in &packed.tar.members {
        if let Some(link) = &member.link {
            sink.at(&member.path, format_args!("it is a link to `{}`", shown(link).escape_debug()));
        }
    }
}

fn member_type(packed: &PackedFile, sink: &mut Sink<'_>) {
    for member in &packed.tar.members {
        match member.kind {
            Kind::File | Kind::Directory | Kind::HardLink | Kind::SymbolicLink => {}
            Kind::Device => sink.at(&member.path, "it is a device or a FIFO"),
            Kind::Sparse => sink.at(&member.path, "it is a sparse file"),
            Kind::Other(flag) => {
                sink.at(&member.path, format_args!("its type is `{}`", char::from(flag).escape_debug()));
            }
        }
    }
}

fn duplicate_member(packed: &PackedFile, sink: &mut Sink<'_>) {
    let mut seen = HashSet::new();
    for member in packed.tar.members.iter().filter(|member| member.kind != Kind::Directory) {
        if !seen.insert(&member.path_bytes) {
            sink.at(&member.path, "a second member has this path");
        }
    }
}

fn ambiguous(packed: &PackedFile, sink: &mut Sink<'_>) {
    let (tar, gzip) = (&packed.tar, &packed.tar.gzip);
    if gzip.members > 1 {
        sink.emit(format_args!("the file is {} gzip streams in a row", gzip.members));
    }
    if gzip.trailing_bytes > 0 {
        sink.emit(format_args!("{} bytes follow the gzip stream", gzip.trailing_bytes));
    }
    if let Some(at) = tar.data_after_end {
        sink.emit(format_args!("data follows the end mark, at byte {at} of the unpacked stream"));
    }
    if !tar.has_end {
        sink.emit("the tar archive ends without blocks of zeros");
    }
    ambiguities(&tar.faults, sink);
    for fault in &tar.faults {
        match fault.what {
            FaultKind::Contents { size_bytes } => {
                sink.at(&fault.path, format_args!("its header states {size_bytes} bytes of contents"));
            }
            FaultKind::Sparse if !is_sparse_member(packed, &fault.path) => {
                sink.at(&fault.path, "its extended header says that it is a sparse file");
            }
            _ => {}
        }
    }
}

/// A member whose own header says that it is sparse is the concern of `crate/member-type`.
fn is_sparse_member(packed: &PackedFile, path: &str) -> bool {
    packed.tar.members.iter().any(|member| member.kind == Kind::Sparse && shown(&member.path) == path)
}

fn too_large(packed: &PackedFile, sink: &mut Sink<'_>) {
    if packed.manifest().is_some_and(|manifest| !is_for_crates_io(manifest)) {
        return;
    }
    let size = packed.hashes.size_bytes;
    let unpacked: u64 = packed.tar.members.iter().map(|member| member.size_bytes).sum();
    if size > MOST_BYTES {
        sink.emit(format_args!("the file has {size} bytes, and may have {MOST_BYTES}"));
    }
    if unpacked > MOST_UNPACKED_BYTES {
        sink.emit(format_args!("the file unpacks to {unpacked} bytes, and may to {MOST_UNPACKED_BYTES}"));
    }
}
