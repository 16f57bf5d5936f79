//! `Requires-Python`, alone and beside the tags of the wheel.

use super::{CORE_METADATA, quoted, read};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::checks::dist::Dist;
use crate::checks::{Check, Run, Sink, specimen_wheel};
use crate::model::version::Version;
use crate::python::specifier::SpecifierSet;
use crate::report::{Rule, Severity};

const TAGS: &str = "platform compatibility tags (PEP 425)";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "metadata/requires-python",
            severity: Severity::Error,
            rejected_by: &["pypi", "uv", "twine"],
            summary: "`Requires-Python` is no set of version specifiers",
            explain: "The field holds conditions such as `>=3.9,!=3.9.1`. `~3.9`, `>=3.x` and `>=3.9.*` are none, and an \
                      installer that cannot read them passes the release by or fails.",
            fix: "write `requires-python` in `pyproject.toml` as in `>=3.9`",
            sources: &[CORE_METADATA, "version specifiers (PEP 440)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: requires_python,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Requires-Python", ">=3.9.*");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/no-requires-python",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "METADATA or PKG-INFO does not say which versions of Python it is for",
            explain: "Without `Requires-Python` every installer on every old Python takes this release, instead of the last \
                      one that still ran there. It cannot be added to what was published.",
            fix: "set `requires-python` in `pyproject.toml`",
            sources: &[CORE_METADATA],
            since: "0.1.0",
        },
        run: Run::File {
            check: no_requires_python,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.without_metadata("Requires-Python");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/python-tag",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`Requires-Python` excludes every version that a tag of the wheel is for",
            explain: "The tag says that the wheel is for a Python which the metadata refuses, so nobody can install it \
                      there. Most often `py2` was left in `py2.py3`, or a wheel for an old Python is still built.",
            fix: "build no wheel for this Python (drop `universal = 1`), or widen `requires-python`",
            sources: &[CORE_METADATA, TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: python_tag,
            specimen: |wheel| {
                wheel.metadata("Requires-Python", ">=4");
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/narrow-tag",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a wheel without ABI and platform is tagged for one version of one interpreter",
            explain: "`cp313-none-any` is for CPython 3.13 alone, though nothing in such a wheel depends on it. Everybody \
                      else gets the sdist, or nothing.",
            fix: "tag the wheel `py3-none-any`, and say in `requires-python` from which version on it works",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: narrow_tag,
            specimen: |wheel| {
                *wheel = crate::archive::build::WheelBuilder::new("sample", "1.0", "cp313", "none", "any");
            },
        },
    },
];

fn requires_python(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && let Some(text) = metadata.get("Requires-Python")
        && let Err(error) = text.parse::<SpecifierSet>()
    {
        let error = shown(&error.to_string());
        sink.at(member, format_args!("`Requires-Python` {}: {}", quoted(text), error.escape_debug()));
    }
}

fn no_requires_python(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && metadata.get("Requires-Python").is_none_or(|value| value.trim().is_empty())
    {
        sink.at(member, "`Requires-Python` is missing");
    }
}

/// The versions of Python that a tag is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pythons {
    major: u64,
    /// The first minor version, where the tag names one.
    first_minor: Option<u64>,
    /// Whether later minor versions take the wheel, too.
    and_later: bool,
}

impl Pythons {
    /// Reads a Python tag; those of other interpreters than `cp`, `pp` and `py` name versions of their own.
    fn of(tag: &str, is_stable_abi: bool) -> Option<Self> {
        let (interpreter, digits) = tag.split_at_checked(2)?;
        let is_generic = interpreter == "py";
        if !matches!(interpreter, "py" | "cp" | "pp") || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let (major, minor) = digits.split_at_checked(1)?;
        let first_minor = if minor.is_empty() { None } else { Some(minor.parse().ok()?) };
        Some(Self { major: major.parse().ok()?, first_minor, and_later: is_generic || is_stable_abi })
    }

    /// Whether any of them fulfils `required`: one release after the other is tried.
    fn meets(self, required: &SpecifierSet) -> bool {
        let Self { major, first_minor, and_later } = self;
        let minors = match first_minor {
            None => 0..=LAST_MINOR,
            Some(first) if and_later => first..=LAST_MINOR.max(first),
            Some(first) => first..=first,
        };
        minors.into_iter().any(|minor| {
            let mut micros = (0..=LAST_MICRO).map(|micro| format!("{major}.{minor}.{micro}"));
            micros.any(|text| Version::from_pep440(&text).is_ok_and(|version| required.contains(&version)))
        })
    }
}

/// No Python has had so many minor or micro releases.
const LAST_MINOR: u64 = 40;
const LAST_MICRO: u64 = 30;
/// Nobody writes so many conditions by hand, and each costs time.
const MOST_SPECIFIERS: usize = 64;

fn python_tag(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Ok(name) = &wheel.name else { return };
    let (Some(member), Some(metadata)) = (wheel.metadata.member(), wheel.metadata.value()) else { return };
    let Some(text) = metadata.get("Requires-Python") else { return };
    let Ok(required) = text.parse::<SpecifierSet>() else { return };
    if required.specifiers.len() > MOST_SPECIFIERS {
        return;
    }
    let is_stable_abi = name.abi().iter().any(|abi| abi.starts_with("abi3"));
    let mut tags: Vec<&String> = name.python().iter().collect();
    tags.sort();
    tags.dedup();
    for tag in tags {
        if Pythons::of(tag, is_stable_abi).is_some_and(|pythons| !pythons.meets(&required)) {
            let tag = shown(tag);
            sink.at(
                member,
                format_args!("`Requires-Python` {} excludes the wheel's own tag `{tag}`", quoted(text)),
            );
        }
    }
}

fn narrow_tag(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Ok(name) = &wheel.name else { return };
    let is_generic = name.abi() == ["none"] && name.platform() == ["any"];
    let is_narrow = |tag: &String| Pythons::of(tag, false).is_some_and(|pythons| !pythons.and_later);
    if is_generic && name.python().iter().all(is_narrow) {
        let tags = shown(&name.python().join("."));
        sink.emit(format_args!("the wheel is for `{tags}` only, and names neither an ABI nor a platform"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_the_versions_they_are_for() {
        let of = |major, first_minor, and_later| Some(Pythons { major, first_minor, and_later });
        for (tag, is_stable_abi, pythons) in [
            ("py3", false, of(3, None, true)),
            ("py2", false, of(2, None, true)),
            ("py38", false, of(3, Some(8), true)),
            ("cp313", false, of(3, Some(13), false)),
            ("cp38", true, of(3, Some(8), true)),
            ("pp311", false, of(3, Some(11), false)),
            ("graalpy242", false, None),
            ("cp", false, None),
            ("ü3", false, None),
            ("cp399999999999999999999999", false, None),
        ] {
            assert_eq!(Pythons::of(tag, is_stable_abi), pythons, "{tag}");
        }
    }
}
