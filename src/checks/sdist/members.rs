//! The members of an sdist.

use std::collections::HashSet;

use super::super::archive::paths::nested;
use super::super::{Check, Run, Sink};
use super::{FEATURES, PAX, SDIST};
use crate::archive::build::TarEntry;
use crate::archive::sdist::SdistFile;
use crate::archive::shown;
use crate::archive::tar::{Fault, FaultKind, Kind};
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "sdist/link-outside",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "a link leads out of the sdist",
            explain: "Links are relative and stay in the top-level directory, or unpacking could write elsewhere.",
            fix: "put the file itself into the sdist in place of the link",
            sources: &[FEATURES],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: link_outside,
            specimen: |sdist| {
                sdist.edit_tar(|tar| {
                    tar.entries.push(TarEntry::link("sample-1.0/link", b'2', "../../etc/passwd"))
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/device",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "the sdist holds a device or a FIFO",
            explain: "Sources are files, directories and links; making a device asks for rights that nobody \
                      unpacking sources has.",
            fix: "exclude the device or FIFO from the sdist, and build again",
            sources: &[FEATURES],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: device,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries.push(TarEntry::link("sample-1.0/pipe", b'6', "")));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/through-link",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a member lies behind a link",
            explain: "The link is unpacked first, and the member is then written to where it leads. No ordinary \
                      tool writes such an archive.",
            fix: "do not trust the file: build the sdist again, from clean sources and with a build backend",
            sources: &[FEATURES],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: through_link,
            specimen: |sdist| {
                sdist.edit_tar(|tar| {
                    tar.entries.push(TarEntry::link("sample-1.0/link", b'2', "sample"));
                    tar.entries.push(TarEntry::file("sample-1.0/link/file.py", ""));
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/duplicate-member",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "two members of the sdist have the same path",
            explain: "Who unpacks the archive gets the last one, who looks for one file may get the first one.",
            fix: "find the build step that adds the file a second time, and remove it",
            sources: &[SDIST, "Python, tarfile"],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: duplicate_member,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries.push(TarEntry::file("sample-1.0/LICENSE", "another one\n")));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/pax",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "an extended header of the sdist is read in different ways",
            explain: "Malformed or repeated records, another path or size than the header has, or records for all members \
                      let readers see different archives in one file.",
            fix: "write the sdist with a build backend (`python -m build --sdist`), without pax headers of your own",
            sources: &[PAX],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: pax,
            specimen: |sdist| {
                sdist.edit_tar(|tar| {
                    tar.entries.insert(1, TarEntry::pax(&[("comment", "one"), ("comment", "two")]));
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/sparse",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "the sdist holds a sparse file",
            explain: "Files with holes are GNU's own and unpack to something else elsewhere.",
            fix: "pack without `--sparse` (`-S`), or write the sdist with a build backend",
            sources: &[PAX, SDIST],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: sparse,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries.insert(1, TarEntry::pax(&[("GNU.sparse.major", "1")])));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/contents",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a link, directory or device of the sdist has contents",
            explain: "Some readers skip the contents, others take them for the next header.",
            fix: "write the sdist with a build backend (`python -m build --sdist`) instead of a tar writer of your own",
            sources: &[PAX],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: contents,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries[0].size_bytes = Some(512));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/type",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "a member of the sdist is of a type that the format does not define",
            explain: "Some readers take it for a file, others pass over it, and so they unpack different files; pip and \
                      uv stop.",
            fix: "leave the member out, or write the sdist with a build backend (`python -m build --sdist`)",
            sources: &[PAX],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: unknown_type,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries.push(TarEntry::link("sample-1.0/volume", b'V', "")));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/contiguous-file",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a file of the sdist is of type `7`, which is to lie in one piece on the disk",
            explain: "The format leaves open what readers make of this type. Those of today take it for a file; no build \
                      backend writes it.",
            fix: "write the sdist with a build backend (`python -m build --sdist`)",
            sources: &[PAX],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: contiguous_file,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries.push(TarEntry::link("sample-1.0/volume", b'7', "")));
            },
        },
    },
];

/// Whether a link from `base` (parts of a folder) to `target` leaves the folder that `base` starts with.
fn leaves(base: &[&str], target: &str) -> bool {
    let mut depth = base.len();
    if target.starts_with(['/', '\\']) || target.as_bytes().get(1) == Some(&b':') {
        return true;
    }
    for part in target.split(['/', '\\']) {
        match part {
            "" | "." => {}
            // Going above the top-level directory leaves it, even if the way leads back.
            ".." if depth <= 1 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

fn link_outside(sdist: &SdistFile, sink: &mut Sink<'_>) {
    for member in &sdist.tar.members {
        let Some(link) = &member.link else { continue };
        let parts: Vec<&str> = member.path.split('/').collect();
        let is_outside = match member.kind {
            Kind::SymbolicLink => leaves(&parts[..parts.len() - 1], link),
            // A hard link's target is a path from the top of the archive.
            _ => match link.split_once('/') {
                Some((top, rest)) => top != parts[0] || leaves(&parts[..1], rest),
                None => true,
            },
        };
        if is_outside {
            sink.at(
                &member.path,
                format_args!("it leads to `{}`, out of the sdist", shown(link).escape_debug()),
            );
        }
    }
}

fn device(sdist: &SdistFile, sink: &mut Sink<'_>) {
    for member in sdist.tar.members.iter().filter(|member| member.kind == Kind::Device) {
        sink.at(&member.path, "it is a device or a FIFO");
    }
}

fn through_link(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let members = &sdist.tar.members;
    let paths: Vec<&str> = members.iter().map(|member| member.path.as_str()).collect();
    let is_link = |index: usize| matches!(members[index].kind, Kind::SymbolicLink | Kind::HardLink);
    for (link, below) in nested(&paths, is_link).into_iter().filter(|(link, below)| link < below) {
        let target = members[link].link.as_deref().unwrap_or_default();
        let (link, target) = (shown(paths[link]), shown(target));
        let message = format!("`{}` above it is a link to `{}`", link.escape_debug(), target.escape_debug());
        sink.at(paths[below], message);
    }
}

fn duplicate_member(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let mut seen = HashSet::new();
    for member in sdist.tar.members.iter().filter(|member| member.kind != Kind::Directory) {
        if !seen.insert(&member.path_bytes) {
            sink.at(&member.path, "a second member has this path");
        }
    }
}

fn pax(sdist: &SdistFile, sink: &mut Sink<'_>) {
    ambiguities(&sdist.tar.faults, sink);
}

/// Tells what readers of extended headers take in different ways.
pub(in super::super) fn ambiguities(faults: &[Fault], sink: &mut Sink<'_>) {
    for fault in faults {
        let message = match &fault.what {
            FaultKind::Sparse | FaultKind::Contents { .. } => continue,
            FaultKind::PaxForm => "its extended header is malformed".to_owned(),
            FaultKind::PaxRepeated { keyword } => format!("its extended header has `{keyword}` twice"),
            FaultKind::PaxText { keyword } => format!("`{keyword}` in its extended header is no clean text"),
            FaultKind::PaxSize { header_bytes, pax } => {
                format!(
                    "its header states {header_bytes} bytes, its extended header `{}`",
                    pax.escape_debug()
                )
            }
            FaultKind::PaxPath { header } => {
                format!("its header has the path `{}`, its extended header another", header.escape_debug())
            }
            FaultKind::PaxGlobal { keyword } => {
                format!("an extended header for all members states `{keyword}`")
            }
            FaultKind::PaxCharset { charset } => {
                format!("its extended header asks for the character set `{}`", charset.escape_debug())
            }
            FaultKind::Dangling => "headers speak of a next member twice, or of none".to_owned(),
        };
        if fault.path.is_empty() {
            sink.emit(message);
        } else {
            sink.at(&fault.path, message);
        }
    }
}

fn sparse(sdist: &SdistFile, sink: &mut Sink<'_>) {
    for fault in sdist.tar.faults.iter().filter(|fault| fault.what == FaultKind::Sparse) {
        sink.at(&fault.path, "it is a sparse file");
    }
}

fn contents(sdist: &SdistFile, sink: &mut Sink<'_>) {
    for fault in &sdist.tar.faults {
        if let FaultKind::Contents { size_bytes } = fault.what {
            sink.at(&fault.path, format_args!("its header states {size_bytes} bytes of contents"));
        }
    }
}

fn unknown_type(sdist: &SdistFile, sink: &mut Sink<'_>) {
    for member in &sdist.tar.members {
        if let Kind::Other(flag) = member.kind {
            sink.at(&member.path, format_args!("its type is `{}`", char::from(flag).escape_debug()));
        }
    }
}

fn contiguous_file(sdist: &SdistFile, sink: &mut Sink<'_>) {
    for member in sdist.tar.members.iter().filter(|member| member.type_flag == b'7') {
        sink.at(&member.path, "its type is `7`");
    }
}

#[cfg(test)]
mod tests {
    use super::leaves;
    use crate::archive::Limits;
    use crate::archive::build::{SdistBuilder, TarEntry};
    use crate::checks::{Dist, run};

    /// The rules that an sdist with `entries` breaks.
    fn broken(entries: Vec<TarEntry>) -> Vec<&'static str> {
        let mut sdist = SdistBuilder::new("sample", "1.0");
        sdist.edit_tar(move |tar| tar.entries.extend(entries.clone()));
        let (name, bytes) = sdist.build();
        let dist = Dist::read(name.as_str(), &bytes, &Limits::default());
        run(&[dist]).report.findings().into_iter().map(|finding| finding.check).collect()
    }

    #[test]
    fn a_pax_path_that_the_header_could_hold_is_the_same_there() {
        let renamed = |pax: &str, header: &str| {
            broken(vec![TarEntry::pax(&[("path", pax)]), TarEntry::file(header, "")])
        };
        let long = format!("sample-1.0/{}", "a".repeat(120));
        assert!(renamed("sample-1.0/a.py", "sample-1.0/a.py").is_empty());
        assert!(renamed(&long, &long[..100]).is_empty());
        assert_eq!(renamed("sample-1.0/a.py", "sample-1.0/b.py"), ["sdist/pax"]);
    }

    #[test]
    fn files_in_one_piece_are_of_an_odd_type() {
        assert_eq!(broken(vec![TarEntry::link("sample-1.0/a.py", b'7', "")]), ["sdist/contiguous-file"]);
    }

    #[test]
    fn links_are_followed_by_their_parts() {
        let base = ["root", "docs"];
        for inside in ["file", "../file", "a/../../b", "./x", ".", ".."] {
            assert!(!leaves(&base, inside), "{inside}");
        }
        for outside in ["../..", "../../root/file", "/etc", "C:/x", "\\x", "..\\..\\x", "a/../../../b"] {
            assert!(leaves(&base, outside), "{outside}");
        }
    }
}
