//! What lies in a distribution that should not, or lies in the wrong place.

mod duplicates;
mod layout;
mod leftovers;
mod names;
mod secrets;
mod sites;
pub mod tree;
mod types;

use super::{Check, Dist};
use crate::archive::insight::Insight;
use crate::archive::tar::{Kind, Tar};
use crate::archive::wheel::WheelFile;
use crate::archive::zip::Member;

pub(super) const TABLES: &[&[Check]] = &[
    layout::CHECKS,
    names::CHECKS,
    duplicates::CHECKS,
    leftovers::CHECKS,
    sites::CHECKS,
    types::CHECKS,
    secrets::CHECKS,
];

const WHEEL: &str = "binary distribution format";
const PEER: &str = "check-wheel-contents";

/// A wheel's files that land where Python imports from, each with its path there.
fn library(wheel: &WheelFile) -> impl Iterator<Item = (&Member, &str)> {
    wheel.zip.members.iter().filter(|member| !member.is_directory()).filter_map(|member| {
        let Some((top, rest)) = member.path.split_once('/') else { return Some((member, &*member.path)) };
        if top.ends_with(".dist-info") {
            return None;
        }
        if top.ends_with(".data") {
            let (key, path) = rest.split_once('/')?;
            return ["purelib", "platlib"].contains(&key).then_some((member, path));
        }
        Some((member, &*member.path))
    })
}

/// The first part of a path, and whether there are more.
fn top(path: &str) -> (&str, bool) {
    path.split_once('/').map_or((path, false), |(top, _)| (top, true))
}

/// The last part of a path.
fn file(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What a file is imported as, if it is a module: source, or an extension module with or without tags in its name.
fn module(file: &str) -> Option<&str> {
    let stem = file.strip_suffix(".py").or_else(|| {
        let stem = file.strip_suffix(".so").or_else(|| file.strip_suffix(".pyd"))?;
        let tag = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let untagged = stem.rsplit_once('.').filter(|(_, end)| !end.is_empty() && end.bytes().all(tag));
        Some(untagged.map_or(stem, |(start, _)| start))
    })?;
    (!stem.is_empty()).then_some(stem)
}

/// Where the tools that graft shared libraries into wheels put them.
fn is_grafted(top: &str) -> bool {
    top.ends_with(".libs") || top.ends_with(".dylibs")
}

/// Each file of a distribution by its path, an sdist's or a crate's without the folder around everything.
fn files(dist: &Dist) -> Box<dyn Iterator<Item = (&str, &str, Option<&Insight>)> + '_> {
    match dist {
        Dist::Wheel(wheel) => {
            let files = wheel.zip.members.iter().filter(|member| !member.is_directory());
            Box::new(files.map(|member| {
                let insight = member.digests().and_then(|digests| digests.insight.as_deref());
                (&*member.path, &*member.path, insight)
            }))
        }
        Dist::Sdist(sdist) => Box::new(files_of_tar(&sdist.tar)),
        Dist::Crate(packed) => Box::new(files_of_tar(&packed.tar)),
        Dist::Unreadable { .. } => Box::new(std::iter::empty()),
    }
}

fn files_of_tar(tar: &Tar) -> impl Iterator<Item = (&str, &str, Option<&Insight>)> {
    let files = tar.members.iter().filter(|member| member.kind == Kind::File);
    files.map(|member| {
        let below = member.path.split_once('/').map_or(&*member.path, |(_, rest)| rest);
        (&*member.path, below, member.insight.as_deref())
    })
}

/// Whether a path leads to what is there for tests or as an example, where odd files have their place.
fn is_for_tests(path: &str) -> bool {
    path.split('/').any(|part| {
        let part = part.to_ascii_lowercase();
        let exact = ["doc", "docs", "demo", "demos", "fixtures", "fixture", "vectors", "mocks", "testdata"];
        part.starts_with("test")
            || part.starts_with("example")
            || part.ends_with("tests")
            || exact.contains(&part.as_str())
            || part.split_once('.').is_some_and(|(stem, _)| stem.ends_with("_test"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_known_by_their_names() {
        for (name, stem) in [
            ("a.py", Some("a")),
            ("a.cpython-313-x86_64-linux-gnu.so", Some("a")),
            ("a.abi3.so", Some("a")),
            ("a.so", Some("a")),
            ("a.cp313-win_amd64.pyd", Some("a")),
            ("a.b.c.so", Some("a.b")),
            ("liba.so.1", None),
            (".py", None),
            ("a.pyi", None),
            ("README", None),
        ] {
            assert_eq!(module(name), stem, "{name}");
        }
    }

    #[test]
    fn tests_and_examples_are_known_by_their_folders() {
        for path in
            ["tests/a", "a/test_b.py", "a/testing/b", "examples/a", "pkg/x_test.go", "integration-tests/a"]
        {
            assert!(is_for_tests(path), "{path}");
        }
        for path in ["a/b.py", "contest/a", "latest/a", "doctor/a"] {
            assert!(!is_for_tests(path), "{path}");
        }
    }
}
