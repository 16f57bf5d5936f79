//! Native files of a wheel, and what the names of extension modules say.

use crate::archive::wheel::WheelFile;
use crate::archive::zip::Member;
use crate::native::{Broken, Object};

/// Each native file, with what a loader would learn of it.
pub(in super::super) fn natives(
    wheel: &WheelFile,
) -> impl Iterator<Item = (&Member, &Result<Object, Broken>)> {
    wheel.zip.members.iter().filter_map(|member| {
        let insight = member.digests()?.insight.as_ref()?;
        Some((member, insight.native.as_ref()?))
    })
}

/// What an extension module's file name says about the interpreters that load it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Suffix<'a> {
    /// `.abi3.so`: every one from some version on.
    Stable,
    /// `.abi3t.so`: the same, with or without the global lock.
    StableThreaded,
    /// `.so` or `.pyd`: every one, or it is no module.
    Plain,
    /// `.cpython-313-darwin.so`, `.cp313-win_amd64.pyd`: one.
    Tagged(&'a str),
}

/// What the file at `path` is called as a module; nothing when no interpreter looks for such a name.
pub(in super::super) fn suffix(path: &str) -> Option<Suffix<'_>> {
    let name = path.rsplit('/').next()?;
    let stem = name.strip_suffix(".so").or_else(|| name.strip_suffix(".pyd"))?;
    Some(match stem.split_once('.') {
        None => Suffix::Plain,
        Some((_, "abi3")) => Suffix::Stable,
        Some((_, "abi3t")) => Suffix::StableThreaded,
        Some((_, tag)) if INTERPRETERS.iter().any(|prefix| numbered(tag, prefix)) => Suffix::Tagged(tag),
        // A library such as `libfoo.1.so`.
        Some(_) => return None,
    })
}

/// How the tags in the names of modules begin, before a number.
const INTERPRETERS: [&str; 4] = ["cpython-", "cp", "pypy", "graalpy"];

fn numbered(tag: &str, prefix: &str) -> bool {
    tag.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// Whether a native file is an extension module: by what it offers, or by its name.
pub(in super::super) fn is_module(path: &str, exports: &[String]) -> bool {
    match suffix(path) {
        Some(Suffix::Plain) => path.ends_with(".pyd") || !exports.is_empty(),
        Some(_) => true,
        None => !exports.is_empty(),
    }
}

/// The functions of a native file that make modules of it.
pub(in super::super) fn exports(object: &Object) -> Vec<&String> {
    match object {
        Object::Elf(elf) => elf.python_exports.iter().collect(),
        Object::MachO(slices) => slices.iter().flat_map(|slice| &slice.python_exports).collect(),
        Object::Pe(pe) => pe.python_exports.iter().collect(),
    }
}

/// A version of `CPython` 3, as tags name it: `cp313`, `cp313t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct CPython {
    /// The number behind the 3.
    pub(in super::super) minor: u8,
    /// Whether it runs without the global lock.
    pub(in super::super) free_threaded: bool,
}

impl CPython {
    /// Reads a Python tag or an ABI tag.
    pub(in super::super) fn of_tag(tag: &str) -> Option<Self> {
        let rest = tag.strip_prefix("cp3")?;
        let digits = rest.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let flags = &rest[digits.len()..];
        Some(Self { minor: digits.parse().ok()?, free_threaded: flags.contains('t') })
    }
}

/// Whether modules of the wheel shall load into every interpreter from some version on, and no other promise is
/// made beside it.
pub(in super::super) fn is_stable_only(wheel: &WheelFile) -> bool {
    let abis = wheel.name.as_ref().map(crate::model::wheel_name::WheelName::abi).unwrap_or_default();
    abis.iter().any(|abi| abi == "abi3") && abis.iter().all(|abi| abi.starts_with("abi3"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_what_interpreters_look_for() {
        for (path, expected) in [
            ("a/_b.abi3.so", Some(Suffix::Stable)),
            ("a/_b.abi3t.so", Some(Suffix::StableThreaded)),
            ("a/_b.so", Some(Suffix::Plain)),
            ("a/_b.pyd", Some(Suffix::Plain)),
            ("_b.cpython-313t-darwin.so", Some(Suffix::Tagged("cpython-313t-darwin"))),
            ("_b.cp313-win_amd64.pyd", Some(Suffix::Tagged("cp313-win_amd64"))),
            ("_b.pypy311-pp73-darwin.so", Some(Suffix::Tagged("pypy311-pp73-darwin"))),
            ("libb.1.so", None),
            ("libb.so.1", None),
            ("b.dll", None),
        ] {
            assert_eq!(suffix(path), expected, "{path}");
        }
    }

    #[test]
    fn tags_name_versions() {
        let version = |minor, free_threaded| Some(CPython { minor, free_threaded });
        assert_eq!(CPython::of_tag("cp39"), version(9, false));
        assert_eq!(CPython::of_tag("cp313t"), version(13, true));
        assert_eq!(CPython::of_tag("cp314td"), version(14, true));
        assert_eq!(CPython::of_tag("cp37m"), version(7, false));
        for tag in ["py3", "pp311", "abi3", "cp27", "cp3", "cp3999"] {
            assert_eq!(CPython::of_tag(tag), None, "{tag}");
        }
    }
}
