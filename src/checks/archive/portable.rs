//! Paths that not every system can hold, or that tools read in several ways.

use std::collections::BTreeMap;

use super::super::dist::Dist;
use super::super::{Check, Run, Sink, limits, specimen_wheel};
use super::paths::{Item, items};
use crate::report::{Rule, Severity};

const NAMES: &str = "Windows, naming files, paths and namespaces";

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "archive/path-windows",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a path cannot be made on Windows",
            explain: "Names such as `aux` and `com1` are devices there whatever follows the dot, the characters \
                      `<>\"|?*` are not allowed, and a dot or blank at the end of a name is dropped.",
            fix: "rename the file in the sources, and build again",
            sources: &[NAMES],
            since: "0.1.0",
        },
        run: Run::File { check: path_windows, specimen: || with_member("sample/aux.py") },
    },
    Check {
        rule: Rule {
            id: "archive/path-long",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a path is very long",
            explain: "Windows takes paths of 260 characters with the folder that Python is installed in, and disks \
                      with encrypted names take 143 bytes between two slashes.",
            fix: "shorten the names of folders and files in the sources, and build again",
            sources: &[NAMES, "pydistcheck, path-too-long"],
            since: "0.1.0",
        },
        run: Run::File {
            check: path_long,
            specimen: || with_member(&format!("sample/{}data.txt", "folder/".repeat(28))),
        },
    },
    Check {
        rule: Rule {
            id: "archive/path-space",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a path has a space in it",
            explain: "Scripts that do not quote paths fail at it, and no module can be imported from such a name.",
            fix: "rename the file in the sources, with `_` or `-` for the space, and build again",
            sources: &["pydistcheck, path-contains-spaces"],
            since: "0.1.0",
        },
        run: Run::File {
            check: |dist, sink| tell_all(dist, sink, "a space", |path| path.contains(' ')),
            specimen: || with_member("sample/two words.txt"),
        },
    },
    Check {
        rule: Rule {
            id: "archive/path-non-ascii",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a path has characters beyond ASCII",
            explain: "Systems store such names in several forms and encodings, so the file may not be found again \
                      where it was unpacked with another locale.",
            fix: "rename the file in the sources with plain letters, and build again",
            sources: &["pydistcheck, path-contains-non-ascii-characters"],
            since: "0.1.0",
        },
        run: Run::File {
            check: |dist, sink| tell_all(dist, sink, "characters beyond ASCII", |path| !path.is_ascii()),
            specimen: || with_member("sample/\u{fc}mlaut.txt"),
        },
    },
    Check {
        rule: Rule {
            id: "archive/mixed-extensions",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "files of one kind have several extensions",
            explain: "Some end in `.yml` and some in `.yaml`, or the like. Patterns that name only one of them, such \
                      as those for package data, miss the others.",
            fix: "do nothing, or choose one extension for each kind of file",
            sources: &["pydistcheck, mixed-file-extensions"],
            since: "0.1.0",
        },
        run: Run::File {
            check: mixed_extensions,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.member("sample/one.yml", "").member("sample/two.yaml", "");
                })
            },
        },
    },
];

fn with_member(path: &str) -> (String, Vec<u8>) {
    specimen_wheel(|wheel| {
        wheel.member(path, "");
    })
}

/// One finding for all paths that `wanted` picks, at the first of them.
fn tell_all(dist: &Dist, sink: &mut Sink<'_>, what: &str, wanted: impl Fn(&str) -> bool) {
    let items = items(dist);
    let mut found = items.iter().filter(|item| wanted(item.path));
    if let Some(Item { path, .. }) = found.next() {
        let more = match found.count() {
            0 => String::new(),
            count => format!(", and so have {count} more"),
        };
        sink.at(path, format_args!("its path has {what}{more}"));
    }
}

/// Whether Windows takes `part` for a device, whatever stands behind a dot.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end();
    let digit = |rest: &str| {
        let mut rest = rest.chars();
        let first = rest.next();
        rest.next().is_none() && matches!(first, Some('0'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}'))
    };
    match (stem.get(..3), stem.get(3..)) {
        (Some(head), Some("")) => {
            ["con", "prn", "aux", "nul"].iter().any(|name| head.eq_ignore_ascii_case(name))
        }
        (Some(head), Some(rest)) => {
            ["com", "lpt"].iter().any(|name| head.eq_ignore_ascii_case(name)) && digit(rest)
                || ["conin$", "conout$"].iter().any(|name| stem.eq_ignore_ascii_case(name))
        }
        _ => false,
    }
}

/// Why Windows cannot make a file with `path`.
fn windows_fault(path: &str) -> Option<String> {
    let is_bad = |byte: &u8| matches!(byte, b'<' | b'>' | b'"' | b'|' | b'?' | b'*');
    path.split('/').find_map(|part| {
        let shown = || crate::archive::shown(part).escape_debug().to_string();
        if is_device(part) {
            Some(format!("`{}` is a device on Windows", shown()))
        } else if let Some(bad) = part.as_bytes().iter().find(|byte| is_bad(byte)) {
            Some(format!("its path holds `{}`, which Windows does not allow", char::from(*bad)))
        } else if part.ends_with([' ', '.']) && !matches!(part, "." | "..") {
            Some(format!("`{}` ends in a dot or a blank, which Windows drops", shown()))
        } else {
            None
        }
    })
}

fn path_windows(dist: &Dist, sink: &mut Sink<'_>) {
    for Item { path, .. } in items(dist) {
        if let Some(fault) = windows_fault(path) {
            sink.at(path, fault);
        }
    }
}

fn path_long(dist: &Dist, sink: &mut Sink<'_>) {
    for Item { path, .. } in items(dist) {
        let (characters, most) = (path.chars().count(), limits::PATH_CHARACTERS);
        let part = path.split('/').map(str::len).max().unwrap_or_default();
        if characters > most {
            sink.at(path, format_args!("its path has {characters} characters, and {most} are many"));
        } else if part > limits::PATH_PART_BYTES {
            let most = limits::PATH_PART_BYTES;
            sink.at(path, format_args!("a part of its path has {part} bytes, and {most} are many"));
        }
    }
}

/// Extensions that mean the same.
const ALIKE: [&[&str]; 6] = [
    &["yml", "yaml"],
    &["jpg", "jpeg"],
    &["cc", "cpp", "cxx"],
    &["htm", "html"],
    &["txt", "text"],
    &["jsonl", "ndjson"],
];

fn mixed_extensions(dist: &Dist, sink: &mut Sink<'_>) {
    // A crate has no lists of package data that could miss one of them.
    if dist.packed().is_some() {
        return;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let items = items(dist);
    for item in items.iter().filter(|item| !item.is_directory) {
        if let Some((_, extension)) = item.path.rsplit_once('.') {
            *counts.entry(extension).or_default() += 1;
        }
    }
    for group in ALIKE {
        let found: Vec<String> = group
            .iter()
            .filter_map(|extension| Some(format!("{} `.{extension}`", counts.get(extension)?)))
            .collect();
        if found.len() > 1 {
            sink.emit(format_args!(
                "there are files of one kind with several extensions: {}",
                found.join(", ")
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::windows_fault;

    #[test]
    fn windows_refuses_devices_and_marks() {
        let bads = [
            "a/aux.py",
            "NUL",
            "com1",
            "a/LPT9.tar.gz",
            "com\u{b9}.x",
            "con .txt",
            "a?b",
            "a./b",
            "a ",
            "conin$",
        ];
        for bad in bads {
            assert!(windows_fault(bad).is_some(), "{bad}");
        }
        for good in
            ["aux_.py", "console", "com", "com10", "lptx", "a.b/c", ".hidden", "co", "\u{fc}x/y", "nulls.py"]
        {
            assert!(windows_fault(good).is_none(), "{good}");
        }
    }
}
