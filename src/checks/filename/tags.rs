//! The tags in a wheel's name.

use super::super::{Check, Run, Sink, limits};
use super::TAGS;
use super::wheel::name_error;
use crate::archive::build::WheelBuilder;
use crate::archive::wheel::WheelFile;
use crate::model::wheel_name::{WheelName, WheelNameError};
use crate::report::{Rule, Severity};

pub(in super::super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "filename/tag",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv"],
            summary: "a tag in the wheel's name is none",
            explain: "Tags are letters, digits and `_`, several of them joined by `.`; a Python tag starts with a \
                      letter. No installer chooses a wheel with other tags.",
            fix: "build the wheel again with a current build backend; set tags of your own with `wheel tags` only",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: tag,
            specimen: |wheel| {
                wheel.file_name("sample-1.0-py3..py2-none-any.whl");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/tag-repeated",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a tag stands twice in the wheel's name",
            explain: "A compressed set names each tag once. The second one does nothing, and was perhaps meant to \
                      be another one.",
            fix: "name the tag once where the build sets it (`--python-tag`, `--plat-name`), and build again",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: tag_repeated,
            specimen: |wheel| {
                *wheel = WheelBuilder::new("sample", "1.0", "py3.py3", "none", "any");
                wheel.without_wheel("Tag").add_wheel("Tag", "py3-none-any");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/tag-order",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "the tags of a compressed set are not sorted",
            explain: "Sorted sets give one wheel one name. Several build tools write the newest platform tag \
                      first, and nothing depends on it today.",
            fix: "do nothing, or sort the tags where the build sets them if you compare wheels by name",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: tag_order,
            specimen: |wheel| {
                *wheel = WheelBuilder::new("sample", "1.0", "py3.py2", "none", "any");
                wheel.metadata("Requires-Python", ">=2.7");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/tag-count",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the wheel's name stands for very many tags",
            explain: "Each tag of one set goes with each of the others, and tools write them all out: a name of 250 \
                      characters can stand for tens of thousands.",
            fix: "name only the tags that the wheel was built for, or build several wheels",
            sources: &[TAGS, "packaging, limit on tags"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: tag_count,
            specimen: |wheel| {
                let mut tags: Vec<_> = (0..18).map(|minor| format!("cp3{minor}")).collect();
                tags.sort();
                let cpythons = tags.join(".");
                let platforms = "any.win32.win_amd64.win_arm64";
                *wheel = WheelBuilder::new("sample", "1.0", &cpythons, &cpythons, platforms);
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/tag-case",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a tag in the wheel's name has upper-case letters",
            explain: "Tags are written in lower case. Some installers compare them as they stand, and pass over the \
                      wheel.",
            fix: "write the tag in lower case where the build sets it, and build again",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: tag_case,
            specimen: |wheel| {
                *wheel = WheelBuilder::new("sample", "1.0", "Py3", "none", "any");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/python-tag",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a Python tag in the wheel's name is of no known interpreter",
            explain: "A Python tag is `py`, `cp`, `pp`, `graalpy`, `ip` or `jy` and a version. No interpreter in use \
                      looks for other ones.",
            fix: "set the Python tag to one such as `py3` or `cp312`, and build again",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: python_tag,
            specimen: |wheel| {
                *wheel = WheelBuilder::new("sample", "1.0", "python3", "none", "any");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/abi-tag",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "an ABI tag in the wheel's name is of no known interpreter",
            explain: "An ABI tag is `none`, `abi3`, `abi3t`, or one of an interpreter such as `cp313t`, `pypy311_pp73` \
                      or `graalpy242_311_native`. No interpreter in use looks for other ones.",
            fix: "set the ABI tag to `none`, `abi3` or the one of the interpreter, and build again",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: abi_tag,
            specimen: |wheel| {
                *wheel = WheelBuilder::new("sample", "1.0", "py3", "abi4", "any");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/abi3-python",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the stable ABI is named with another interpreter than CPython",
            explain: "`abi3` and `abi3t` are CPython's. With `py3` before them the wheel is chosen by no interpreter, \
                      since CPython looks for `cp3*-abi3` only.",
            fix: "set the Python tag to the oldest CPython that the wheel supports, such as `cp310`",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: abi3_python,
            specimen: |wheel| {
                *wheel = WheelBuilder::new("sample", "1.0", "py3", "abi3", "any");
            },
        },
    },
    Check {
        rule: Rule {
            id: "filename/abi-version",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the Python tag and the ABI tag are of different versions of CPython",
            explain: "`cp312` goes with the ABI `cp312`. No interpreter has the one version and the ABI of the other, \
                      so none chooses such a wheel.",
            fix: "build the wheel with the interpreter that it is for, and set no tags by hand",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: abi_version,
            specimen: |wheel| {
                *wheel = WheelBuilder::new("sample", "1.0", "cp312", "cp311", "any");
            },
        },
    },
];

fn tag(wheel: &WheelFile, sink: &mut Sink<'_>) {
    name_error(wheel, sink, |error| matches!(error, WheelNameError::Tag { .. }));
    if let Ok(name) = &wheel.name {
        for tag in name.python().iter().filter(|tag| tag.starts_with(|c: char| c.is_ascii_digit())) {
            sink.emit(format_args!("its Python tag `{tag}` starts with a digit"));
        }
    }
}

/// The compressed sets in a wheel's name, and what they hold.
fn tag_sets(wheel: &WheelFile) -> impl Iterator<Item = (&'static str, &[String])> {
    let name = wheel.name.as_ref().ok();
    name.into_iter()
        .flat_map(|name| [("Python", name.python()), ("ABI", name.abi()), ("platform", name.platform())])
}

fn tag_repeated(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (what, tags) in tag_sets(wheel) {
        for (index, tag) in tags.iter().enumerate() {
            if tags[..index].contains(tag) {
                sink.emit(format_args!("the {what} tag `{tag}` stands twice in the file name"));
            }
        }
    }
}

fn tag_order(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (what, tags) in tag_sets(wheel).filter(|(_, tags)| !tags.is_sorted()) {
        let mut sorted = tags.to_vec();
        sorted.sort();
        let (found, sorted) = (tags.join("."), sorted.join("."));
        sink.emit(format_args!("the {what} tags are `{found}`; sorted they are `{sorted}`"));
    }
}

fn tag_count(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if let Some(count) =
        wheel.name.as_ref().ok().map(WheelName::tag_count).filter(|count| *count > limits::TAGS)
    {
        sink.emit(format_args!("the file name stands for {count} tags, and {} are many", limits::TAGS));
    }
}

fn tag_case(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (what, tags) in tag_sets(wheel) {
        for tag in tags.iter().filter(|tag| tag.contains(|c: char| c.is_ascii_uppercase())) {
            sink.emit(format_args!("the {what} tag `{tag}` is written `{}`", tag.to_ascii_lowercase()));
        }
    }
}

/// What stands behind `prefix`, when it is a number.
fn number_after<'a>(tag: &'a str, prefix: &str) -> Option<&'a str> {
    let number = tag.strip_prefix(prefix)?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

/// The version of `CPython` that an ABI tag such as `cp313t` is for. Old versions had the letters `m` and `u`.
fn cpython_abi(tag: &str) -> Option<&str> {
    number_after(tag.trim_end_matches(['t', 'd', 'm', 'u']), "cp")
}

fn is_python_tag(tag: &str) -> bool {
    ["py", "cp", "pp", "graalpy", "ip", "jy"].iter().any(|prefix| number_after(tag, prefix).is_some())
}

fn is_abi_tag(tag: &str) -> bool {
    let has_prefix = |prefix: &str| {
        tag.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    matches!(tag, "none" | "abi3" | "abi3t")
        || cpython_abi(tag).is_some()
        || ["pypy", "graalpy"].into_iter().any(has_prefix)
}

fn python_tag(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if let Ok(name) = &wheel.name {
        for tag in name.python().iter().filter(|tag| !is_python_tag(&tag.to_ascii_lowercase())) {
            sink.emit(format_args!("the Python tag `{tag}` is of no known interpreter"));
        }
    }
}

fn abi_tag(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if let Ok(name) = &wheel.name {
        for tag in name.abi().iter().filter(|tag| !is_abi_tag(&tag.to_ascii_lowercase())) {
            sink.emit(format_args!("the ABI tag `{tag}` is of no known interpreter"));
        }
    }
}

fn abi3_python(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Ok(name) = &wheel.name else { return };
    let Some(abi) = name.abi().iter().find(|tag| matches!(tag.as_str(), "abi3" | "abi3t")) else { return };
    for tag in name.python().iter().filter(|tag| number_after(tag, "cp").is_none()) {
        sink.emit(format_args!(
            "the Python tag `{tag}` stands before the ABI tag `{abi}`, which is CPython's"
        ));
    }
}

fn abi_version(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Ok(name) = &wheel.name else { return };
    let pythons: Vec<_> = name.python().iter().filter_map(|tag| number_after(tag, "cp")).collect();
    let Some(python) = pythons.first() else { return };
    for tag in name.abi() {
        if cpython_abi(tag).is_some_and(|abi| !pythons.contains(&abi)) {
            sink.emit(format_args!(
                "the ABI tag `{tag}` goes with no Python tag of the name, such as `cp{python}`"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_interpreters_are_known() {
        for good in ["py3", "py2", "py313", "cp39", "cp314", "pp311", "graalpy312", "ip27", "jy27"] {
            assert!(is_python_tag(good), "{good}");
        }
        for bad in ["py", "python3", "cp3x", "any", "cp-3", "source"] {
            assert!(!is_python_tag(bad), "{bad}");
        }
        let goods = [
            "none",
            "abi3",
            "abi3t",
            "cp313",
            "cp314t",
            "cp313d",
            "cp314td",
            "cp27mu",
            "pypy311_pp73",
            "graalpy242_311_native",
        ];
        for good in goods {
            assert!(is_abi_tag(good), "{good}");
        }
        for bad in ["abi4", "cp", "cpt", "cp313x", "any", "pypy"] {
            assert!(!is_abi_tag(bad), "{bad}");
        }
    }
}
