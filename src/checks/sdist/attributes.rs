//! What members of an sdist carry besides their contents: links, permissions, owners, times.

use super::super::{Check, Run, Sink};
use super::{FEATURES, PAX, REPRODUCIBLE, SDIST};
use crate::archive::build::TarEntry;
use crate::archive::sdist::SdistFile;
use crate::archive::shown;
use crate::archive::tar::{Kind, Member};
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "sdist/gnu-format",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the sdist is written in GNU's own tar format",
            explain: "The specification asks for the format of POSIX.1-2001 (pax). Readers in use know GNU's headers \
                      too, so nothing breaks today; maturin writes them.",
            fix: "write the sdist with a build backend that uses the pax format, or leave it if maturin wrote it",
            sources: &[SDIST, PAX],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: gnu_format,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries.iter_mut().for_each(|entry| entry.is_gnu = true));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/mixed-formats",
            severity: Severity::Error,
            rejected_by: &["uv"],
            summary: "the sdist is written in two tar formats",
            explain: "Some headers are in GNU's format and some in that of POSIX. One program writes one format, so two \
                      archives were joined or one was edited; uv stops where the format changes.",
            fix: "write the sdist anew with a build backend (`python -m build --sdist`), and leave it as it is",
            sources: &[SDIST, PAX],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: mixed_formats,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries[1].is_gnu = true);
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/symlink",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the sdist holds symbolic links",
            explain: "Windows makes no links for ordinary users: uv leaves them out there, pip writes copies, and \
                      what a build needs may be missing.",
            fix: "replace each link by the file that it leads to before the sdist is built",
            sources: &[FEATURES],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: |sdist, sink| links(sdist, sink, Kind::SymbolicLink),
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries.push(TarEntry::link("sample-1.0/COPYING", b'2', "LICENSE")));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/hard-link",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the sdist holds hard links",
            explain: "Two files of the sources were one on the disk of the build. Strict readers refuse such members, \
                      and others make a copy.",
            fix: "copy the files instead of linking them, or tell `tar` to follow hard links (`--hard-dereference`)",
            sources: &[FEATURES],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: |sdist, sink| links(sdist, sink, Kind::HardLink),
            specimen: |sdist| {
                sdist.edit_tar(|tar| {
                    tar.entries.push(TarEntry::link("sample-1.0/COPYING", b'1', "sample-1.0/LICENSE"));
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/dangling-link",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a link of the sdist leads to nothing in it",
            explain: "The file that the link leads to was left out of the sdist, so who unpacks it has a broken link; \
                      a hard link cannot be made at all.",
            fix: "add the file that the link leads to, or leave the link out",
            sources: &[FEATURES],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: dangling_link,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries.push(TarEntry::link("sample-1.0/COPYING", b'2', "lost")));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/special-mode",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a member of the sdist has set-user, set-group or sticky bits",
            explain: "Who unpacks the archive must clear these bits, and some readers do not: a program would run with \
                      the rights of another user.",
            fix: "clear the bits in the sources (`chmod u-s,g-s,-t`), and build the sdist again",
            sources: &[SDIST, FEATURES],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: special_mode,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries[1].mode = 0o4755);
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/world-writable",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a member of the sdist may be written by everybody",
            explain: "Unpacked with these permissions, the sources can be changed by every user of the machine before \
                      they are built.",
            fix: "take the permission away in the sources (`chmod o-w`), and build with `umask 022`",
            sources: &[FEATURES],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: world_writable,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries[1].mode = 0o666);
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/owner",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "the sdist tells which user built it",
            explain: "Numbers and names of the user say nothing to others, tell something of the machine, and make two \
                      builds of the same sources differ.",
            fix: "do nothing, or let the build backend clear owners if builds shall be reproducible",
            sources: &[REPRODUCIBLE],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: owner,
            specimen: |sdist| {
                sdist.edit_tar(|tar| {
                    tar.entries[1].owner = (1000, 1000);
                    tar.entries[1].user_name = "runner".to_owned();
                });
            },
        },
    },
];

/// One finding for all members that `wanted` picks, at the first of them: whole archives are alike in this.
fn tell_all(
    sdist: &SdistFile,
    sink: &mut Sink<'_>,
    wanted: impl Fn(&Member) -> bool,
    what: impl Fn(&Member) -> String,
) {
    let mut found = sdist.tar.members.iter().filter(|member| wanted(member));
    if let Some(first) = found.next() {
        let more = match found.count() {
            0 => String::new(),
            count => format!(", and so do {count} more"),
        };
        sink.at(&first.path, format_args!("it {}{more}", what(first)));
    }
}

fn gnu_format(sdist: &SdistFile, sink: &mut Sink<'_>) {
    tell_all(sdist, sink, |member| member.is_gnu, |_| "has a header in GNU's format".to_owned());
}

fn mixed_formats(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let of_format = |is_gnu: bool| sdist.tar.members.iter().find(|member| member.is_gnu == is_gnu);
    if let (Some(gnu), Some(posix)) = (of_format(true), of_format(false)) {
        let posix = shown(&posix.path);
        sink.at(
            &gnu.path,
            format_args!("its header is in GNU's format, that of `{}` is not", posix.escape_debug()),
        );
    }
}

fn links(sdist: &SdistFile, sink: &mut Sink<'_>, kind: Kind) {
    let target = |member: &Member| {
        let link = shown(member.link.as_deref().unwrap_or_default());
        format!("leads to `{}`", link.escape_debug())
    };
    tell_all(sdist, sink, |member| member.kind == kind, target);
}

fn special_mode(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let mode = |member: &Member| format!("has the mode {:04o}", member.mode & 0o7777);
    tell_all(sdist, sink, |member| member.mode & 0o7000 != 0, mode);
}

fn world_writable(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let mode = |member: &Member| format!("has the mode {:04o}", member.mode & 0o7777);
    // A link's own mode means nothing.
    let may_write = |member: &Member| member.mode & 0o002 != 0 && member.link.is_none();
    tell_all(sdist, sink, may_write, mode);
}

fn owner(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let is_told = |member: &Member| {
        let owner = &member.owner;
        (owner.user, owner.group) != (0, 0) || owner.user_name.is_some()
    };
    let told = |member: &Member| {
        let owner = &member.owner;
        let name = shown(owner.user_name.as_deref().unwrap_or_default());
        format!("belongs to user {} `{}`, group {}", owner.user, name.escape_debug(), owner.group)
    };
    tell_all(sdist, sink, is_told, told);
}

/// The path that a symbolic link at `path` leads to, when it stays in the archive.
fn resolved(path: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn dangling_link(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let members = &sdist.tar.members;
    if members.iter().all(|member| member.link.is_none()) {
        return;
    }
    let mut paths: Vec<&str> = members.iter().map(|member| member.path.as_str()).collect();
    paths.sort_unstable();
    // Folders need no members of their own.
    let first_from = |path: &str| paths.get(paths.partition_point(|found| *found < path));
    let is_there = |path: &str| {
        let below = format!("{path}/");
        first_from(path).is_some_and(|found| *found == path)
            || first_from(&below).is_some_and(|found| found.starts_with(&below))
    };
    for member in members {
        let Some(link) = &member.link else { continue };
        let target = match member.kind {
            Kind::SymbolicLink if link.starts_with('/') => None,
            Kind::SymbolicLink => resolved(&member.path, link),
            _ => Some(link.clone()),
        };
        // Where a link leads outside, another rule tells it.
        if target.is_some_and(|target| !target.is_empty() && !is_there(&target)) {
            let link = shown(link);
            sink.at(
                &member.path,
                format_args!("it leads to `{}`, which is not in the sdist", link.escape_debug()),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::resolved;

    #[test]
    fn links_are_followed_from_where_they_lie() {
        let cases = [
            ("r/a/link", "../b", Some("r/b")),
            ("r/a/link", "./c/../d", Some("r/a/d")),
            ("r/link", "..", Some("")),
            ("link", "../x", None),
        ];
        for (path, target, expected) in cases {
            assert_eq!(resolved(path, target).as_deref(), expected, "{path} -> {target}");
        }
    }
}
