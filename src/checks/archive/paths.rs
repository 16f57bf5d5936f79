//! The paths of members: where an installer would write them.

use std::borrow::Cow;
use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

use super::super::dist::Dist;
use super::super::{Check, Run, Sink, specimen_sdist, specimen_wheel};
use crate::archive::build::TarEntry;
use crate::archive::tar::{Kind, Tar};
use crate::model::digest::Sha256;
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "archive/unsafe-path",
            severity: Severity::Error,
            rejected_by: &["pip"],
            summary: "a member's path could lead out of the folder that it is unpacked into",
            explain: "Absolute paths, `..`, `.`, empty parts, backslashes and drive letters are read differently on \
                      different systems, and can write over files outside.",
            fix: "pack relative paths, with `/` between their parts, from within the project's folder",
            sources: &[
                "binary distribution format",
                "source distribution format, archive features (PEP 721)",
            ],
            since: "0.1.0",
        },
        run: Run::File {
            check: unsafe_path,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.member("../sample.pth", "");
                    wheel.edit_record(|rows| rows.retain(|row| row[0] != "../sample.pth"));
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/path-conflict",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "a path is a file and a directory",
            explain: "No disk can hold both, so unpacking fails or loses one of them.",
            fix: "find the build step that adds a file where a directory is meant, and remove one of the two",
            sources: &["binary distribution format", "source distribution format"],
            since: "0.1.0",
        },
        run: Run::File {
            check: path_conflict,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.member("sample/part", "").member("sample/part/more.py", "");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/path-case",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "two paths differ only in upper and lower case",
            explain: "On Windows and macOS they are one file. They have the same contents, so nothing is lost; still \
                      one of them is too many.",
            fix: "delete one of the two files in the sources, and build again",
            sources: &["case-insensitive file systems"],
            since: "0.1.0",
        },
        run: Run::File {
            check: |dist, sink| collisions(dist, sink, Fold::Case, true),
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.member("sample/README.txt", "").member("sample/readme.txt", "");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/path-case-conflict",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "two different files have paths that differ only in upper and lower case",
            explain: "On Windows and macOS the second one is written over the first one.",
            fix: "rename one of the two files in the sources, and build again",
            sources: &["case-insensitive file systems"],
            since: "0.1.0",
        },
        run: Run::File {
            check: |dist, sink| collisions(dist, sink, Fold::Case, false),
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.member("sample/README.txt", "one").member("sample/readme.txt", "two");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/path-form",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "two paths differ only in how Unicode writes their letters",
            explain: "An accent is one character with its letter or a character of its own, and macOS takes both for \
                      one name. The files have the same contents, so nothing is lost; still one of them is too many.",
            fix: "delete one of the two files in the sources, and build again",
            sources: &["Unicode normalisation forms (UAX 15)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: |dist, sink| collisions(dist, sink, Fold::Form, true),
            specimen: || {
                specimen_sdist(|sdist| {
                    sdist.member("\u{fc}.txt", "").member("u\u{308}.txt", "");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/path-form-conflict",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "two different files have paths that differ only in how Unicode writes their letters",
            explain: "An accent is one character with its letter or a character of its own, and macOS takes both for \
                      one name: the second file is written over the first one.",
            fix: "rename one of the two files in the sources, and build again",
            sources: &["Unicode normalisation forms (UAX 15)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: |dist, sink| collisions(dist, sink, Fold::Form, false),
            specimen: || {
                specimen_sdist(|sdist| {
                    sdist.member("\u{fc}.txt", "one").member("u\u{308}.txt", "two");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "archive/path-colon",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "a member's path holds a colon",
            explain: "On Windows what follows the colon names a hidden stream of the file, or the path starts at a \
                      drive.",
            fix: "rename the file in the sources, without a colon, and build again",
            sources: &["NTFS alternate data streams"],
            since: "0.1.0",
        },
        run: Run::File {
            check: path_colon,
            specimen: || {
                specimen_sdist(|sdist| {
                    sdist.edit_tar(|tar| tar.entries.push(TarEntry::file("sample-1.0/a:b", "")));
                })
            },
        },
    },
];

/// A member of either archive, as far as its path matters.
pub(super) struct Item<'a> {
    /// The path, without a slash at the end.
    pub(super) path: &'a str,
    pub(super) is_directory: bool,
    sha256: Option<Sha256>,
}

pub(super) fn items(dist: &Dist) -> Vec<Item<'_>> {
    match dist {
        Dist::Wheel(wheel) => wheel
            .zip
            .members
            .iter()
            .map(|member| Item {
                path: member.path.strip_suffix('/').unwrap_or(&member.path),
                is_directory: member.is_directory(),
                sha256: member.digests().map(|digests| digests.sha256),
            })
            .collect(),
        Dist::Sdist(sdist) => of_tar(&sdist.tar),
        Dist::Crate(packed) => of_tar(&packed.tar),
        Dist::Unreadable { .. } => Vec::new(),
    }
}

fn of_tar(tar: &Tar) -> Vec<Item<'_>> {
    let items = tar.members.iter().map(|member| Item {
        path: &member.path,
        is_directory: member.kind == Kind::Directory,
        sha256: (member.kind == Kind::File).then_some(member.sha256),
    });
    items.collect()
}

/// Pairs of indexes: a path for which `leads` holds, and a path below it. For each lower path there is one pair at
/// most, with the upper path that comes first.
pub(in super::super) fn nested(paths: &[&str], leads: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..paths.len()).collect();
    // With `/` before every other character, all that is below a path follows it at once.
    let key = |index: &usize| paths[*index].bytes().map(|byte| if byte == b'/' { 0 } else { byte });
    order.sort_by(|a, b| key(a).cmp(key(b)).then(a.cmp(b)));
    let is_below =
        |upper: &str, lower: &str| lower.strip_prefix(upper).is_some_and(|rest| rest.starts_with('/'));
    let mut pairs = Vec::new();
    // Each upper path with the first index among itself and those above it.
    let mut above: Vec<(&str, usize)> = Vec::new();
    for index in order {
        let path = paths[index];
        while above.last().is_some_and(|(upper, _)| *upper != path && !is_below(upper, path)) {
            above.pop();
        }
        let is_repeated = above.last().is_some_and(|(upper, _)| *upper == path);
        let strictly = above.iter().rev().nth(usize::from(is_repeated));
        if let Some((_, first)) = strictly {
            pairs.push((*first, index));
        }
        // A path that leads twice stands here once, or many equal paths would take for ever.
        if leads(index) && !is_repeated {
            let first = above.last().map_or(index, |(_, first)| index.min(*first));
            above.push((path, first));
        }
    }
    pairs.sort_by_key(|pair| pair.1);
    pairs
}

fn unsafe_path(dist: &Dist, sink: &mut Sink<'_>) {
    for Item { path, .. } in items(dist).iter().filter(|item| !item.path.is_empty()) {
        let has_drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
        let what = if path.starts_with('/') || has_drive {
            "its path is absolute"
        } else if path.contains('\\') {
            "its path holds a backslash"
        } else if path.split('/').any(|part| part == "..") {
            "its path goes up with `..`"
        } else if path.split('/').any(|part| matches!(part, "" | ".")) {
            "a part of its path is empty or `.`"
        } else {
            continue;
        };
        sink.at(path, what);
    }
}

fn path_conflict(dist: &Dist, sink: &mut Sink<'_>) {
    let items = items(dist);
    let paths: Vec<&str> = items.iter().map(|item| item.path).collect();
    for (file, below) in nested(&paths, |index| !items[index].is_directory && !items[index].path.is_empty()) {
        sink.at(paths[below], format_args!("`{}` above it is a file", crate::archive::shown(paths[file])));
    }
}

/// What a disk may overlook between two paths.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fold {
    /// Upper and lower case.
    Case,
    /// The form in which Unicode writes a letter, and perhaps its case too.
    Form,
}

impl Fold {
    fn apply(self, path: &str) -> Cow<'_, str> {
        let is_plain = path.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        match self {
            _ if is_plain => Cow::Borrowed(path),
            Self::Case => Cow::Owned(path.to_lowercase()),
            Self::Form if path.is_ascii() => Cow::Owned(path.to_ascii_lowercase()),
            Self::Form => Cow::Owned(path.nfd().collect::<String>().to_lowercase().nfc().collect()),
        }
    }
}

fn collisions(dist: &Dist, sink: &mut Sink<'_>, fold: Fold, same_contents: bool) {
    let items = items(dist);
    if fold == Fold::Form && items.iter().all(|item| item.path.is_ascii()) {
        return;
    }
    let mut seen: HashMap<Cow<'_, str>, &Item<'_>> = HashMap::with_capacity(items.len());
    for item in items.iter().filter(|item| !item.is_directory) {
        let first = *seen.entry(fold.apply(item.path)).or_insert(item);
        let same = first.sha256.is_some() && first.sha256 == item.sha256;
        let is_case = fold == Fold::Form && Fold::Case.apply(first.path) == Fold::Case.apply(item.path);
        if first.path != item.path && same == same_contents && !is_case {
            let what = if same { "the same" } else { "other" };
            let how = if fold == Fold::Case { "case" } else { "the form of its letters" };
            let other = crate::archive::shown(first.path);
            sink.at(
                item.path,
                format_args!("`{}` differs only in {how} and has {what} contents", other.escape_debug()),
            );
        }
    }
}

fn path_colon(dist: &Dist, sink: &mut Sink<'_>) {
    for Item { path, .. } in items(dist).iter().filter(|item| item.path.contains(':')) {
        sink.at(path, "its path holds a colon");
    }
}

#[cfg(test)]
mod tests {
    use super::nested;

    #[test]
    fn paths_below_others_are_found() {
        let paths = ["a", "a-b", "a/b", "a.c", "a/b/c", "ab/c", "x/y", "x"];
        assert_eq!(nested(&paths, |_| true), [(0, 2), (0, 4), (7, 6)]);
        assert_eq!(nested(&paths, |index| index == 2), [(2, 4)]);
        assert_eq!(nested(&["a", "a", "a/b"], |index| index == 1), [(1, 2)]);
        assert_eq!(nested(&[], |_| true), []);
    }
}
