//! Files that a wheel has twice.

use std::collections::HashMap;

use super::super::{Check, Run, Sink};
use super::{PEER, file};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::archive::zip::Member;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "contents/large-duplicate",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a shared library or another large file is in the wheel more than once",
            explain: "Wheels hold no links, so `libx.so`, `libx.so.1` and `libx.so.1.0` are three whole copies, and \
                      each is downloaded, unpacked and kept by everybody. A loader may even map two of them.",
            fix: "ship the file once, under the name that is loaded; for libraries that is the soname",
            sources: &[PEER],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: large_duplicate,
            specimen: |wheel| {
                wheel
                    .member("sample/table.bin", vec![7; 70 << 10])
                    .member("sample/copy.bin", vec![7; 70 << 10]);
            },
        },
    },
    Check {
        rule: Rule {
            id: "contents/duplicate",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "small files of the wheel have the same contents",
            explain: "Mostly on purpose; now and then a build packs a folder twice, under two names. Package markers \
                      and licences are not counted.",
            fix: "if a folder was packed twice, name it once in the build's configuration",
            sources: &[PEER],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: duplicate,
            specimen: |wheel| {
                wheel
                    .member("sample/one.py", "NUMBER = 1 + 1 + 1\n")
                    .member("sample/two.py", "NUMBER = 1 + 1 + 1\n");
            },
        },
    },
];

const LARGE_BYTES: u64 = 64 << 10;
/// Less than this is an empty module or little more.
const TRIVIAL_BYTES: u64 = 16;

fn is_large(member: &Member) -> bool {
    let file = file(&member.path);
    let is_library = file.ends_with(".so") || file.contains(".so.") || file.ends_with(".dylib");
    is_library && member.central.size_bytes >= TRIVIAL_BYTES || member.central.size_bytes > LARGE_BYTES
}

/// Files of the same contents, in the order in which the first of each group stands in the archive.
fn groups(wheel: &WheelFile, wanted: impl Fn(&Member) -> bool) -> Vec<Vec<&str>> {
    let mut groups: Vec<Vec<&str>> = Vec::new();
    let mut places = HashMap::new();
    for member in wheel.zip.members.iter().filter(|member| !member.is_directory() && wanted(member)) {
        let Some(digests) = member.digests() else { continue };
        let place = *places.entry(digests.sha256).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(&member.path),
            None => groups.push(vec![&member.path]),
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

fn large_duplicate(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for group in groups(wheel, is_large) {
        let first = shown(group[0]);
        let copies = group[1..].iter().take(3).map(|path| format!("`{}`", shown(path).escape_debug()));
        let more = if group.len() > 4 { " and others" } else { "" };
        let copies = copies.collect::<Vec<_>>().join(", ");
        sink.at(&first, format_args!("the same bytes are {copies}{more}"));
    }
}

fn duplicate(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let is_counted = |member: &Member| {
        let file = file(&member.path);
        let is_marker = ["__init__.py", "__main__.py", "py.typed"].contains(&file) || is_licence(file);
        let is_described = super::top(&member.path).0.ends_with(".dist-info");
        let is_small = (TRIVIAL_BYTES..=LARGE_BYTES).contains(&member.central.size_bytes);
        is_small && !is_marker && !is_described && !is_large(member)
    };
    let groups = groups(wheel, is_counted);
    if let Some(first) = groups.first() {
        let (one, other) = (shown(first[0]), shown(first[1]));
        let copies: usize = groups.iter().map(|group| group.len() - 1).sum();
        sink.at(
            &one,
            format_args!(
                "`{}` has the same bytes; {copies} such copies are in the wheel",
                other.escape_debug()
            ),
        );
    }
}

fn is_licence(file: &str) -> bool {
    let upper = file.to_ascii_uppercase();
    ["LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS"].iter().any(|name| upper.starts_with(name))
}
