//! What WHEEL says, against the file name.

use std::collections::BTreeSet;

use super::metadata::fault_text;
use super::{Check, Run, Sink};
use crate::archive::document::Document;
use crate::archive::metadata::Metadata;
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::report::{Rule, Severity};

const WHEEL: &str = "binary distribution format, the WHEEL file";

pub(super) const TABLES: &[&[Check]] = &[CHECKS];

const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "wheel-file/form",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "WHEEL is no list of `Key: value` lines",
            explain: "WHEEL is UTF-8 text of one `Key: value` a line. What stands behind a line that is none is \
                      lost to installers.",
            fix: "let the build backend write WHEEL, and let no later step add lines to it",
            sources: &[WHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: form,
            specimen: |wheel| {
                wheel.edit_text("WHEEL", |bytes| bytes.extend(b"no such line\n"));
            },
        },
    },
    Check {
        rule: Rule {
            id: "wheel-file/version",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "WHEEL does not state a version of the format that installers know",
            explain: "`Wheel-Version` stands there once and is `1.0` for every wheel today. Installers refuse a \
                      higher major number.",
            fix: "state `Wheel-Version: 1.0` once, as build backends do, and build again",
            sources: &[WHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: version,
            specimen: |wheel| {
                wheel.wheel("Wheel-Version", "2.0");
            },
        },
    },
    Check {
        rule: Rule {
            id: "wheel-file/newer-minor",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "WHEEL states a newer version of the format than there is",
            explain: "Installers warn and go on. Every wheel today is of version `1.0`.",
            fix: "state `Wheel-Version: 1.0`; if there is a newer format by now, update this program",
            sources: &[WHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: newer_minor,
            specimen: |wheel| {
                wheel.wheel("Wheel-Version", "1.9");
            },
        },
    },
    Check {
        rule: Rule {
            id: "wheel-file/purelib",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "WHEEL does not say where the wheel is installed",
            explain: "`Root-Is-Purelib` is `true` or `false`. Installers take everything else for `false`, and put \
                      a pure Python package where those for one platform belong.",
            fix: "state `Root-Is-Purelib: true` for pure Python, `false` for native code, and build again",
            sources: &[WHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: purelib,
            specimen: |wheel| {
                wheel.without_wheel("Root-Is-Purelib");
            },
        },
    },
    Check {
        rule: Rule {
            id: "wheel-file/tags",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "WHEEL and the file name state different tags",
            explain: "WHEEL has one `Tag` line for each tag that the file name's compressed sets stand for. \
                      Installers choose by the file name and remember WHEEL: where they differ, some of them install \
                      the wheel again and again. Most often the wheel was renamed by hand.",
            fix: "change tags with `wheel tags` or `auditwheel repair`, which change name and WHEEL together; rename nothing",
            sources: &[WHEEL, "platform compatibility tags"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: tags,
            specimen: |wheel| {
                wheel.add_wheel("Tag", "py2-none-any");
            },
        },
    },
    Check {
        rule: Rule {
            id: "wheel-file/tag-repeated",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "WHEEL states a tag twice",
            explain: "The second line does nothing, and was perhaps meant to be another tag.",
            fix: "name each tag once where the build writes WHEEL, and build again",
            sources: &[WHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: tag_repeated,
            specimen: |wheel| {
                wheel.add_wheel("Tag", "py3-none-any");
            },
        },
    },
    Check {
        rule: Rule {
            id: "wheel-file/build",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "WHEEL and the file name state different build tags",
            explain: "`Build` is the build tag of the file name, and is left out where that has none. The wheel was \
                      renamed by hand.",
            fix: "set the build tag with `wheel tags --build`, or give the file back the name it was built with",
            sources: &[WHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: build,
            specimen: |wheel| {
                wheel.add_wheel("Build", "7");
            },
        },
    },
    Check {
        rule: Rule {
            id: "wheel-file/generator",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "WHEEL does not say what wrote it",
            explain: "`Generator` names the tool that made the wheel, and its version. Whoever looks for the cause of \
                      a broken wheel begins there.",
            fix: "build the wheel with a build backend, which writes `Generator`",
            sources: &[WHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: generator,
            specimen: |wheel| {
                wheel.without_wheel("Generator");
            },
        },
    },
    Check {
        rule: Rule {
            id: "wheel-file/field",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "WHEEL has a field that the format does not know, or one too often",
            explain: "The fields are `Wheel-Version`, `Generator`, `Root-Is-Purelib`, `Tag` and `Build`, and of these \
                      only `Tag` and `Generator` are repeated. Readers pass over another, or take the first of two.",
            fix: "take the field out, or correct its spelling, where the build writes WHEEL",
            sources: &[WHEEL],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: field,
            specimen: |wheel| {
                wheel.add_wheel("Tags", "py3-none-any");
            },
        },
    },
];

/// The member that was read, and what it says.
fn read(wheel: &WheelFile) -> Option<(&str, &Metadata)> {
    match &wheel.wheel {
        Document::Read { member, value, .. } => Some((member, value)),
        _ => None,
    }
}

fn form(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Document::Read { member, fault, value } = &wheel.wheel else { return };
    if let Some(fault) = fault {
        sink.at(member, fault_text(*fault));
    }
    if let Some(stray) = &value.stray_line {
        sink.at(
            member,
            format_args!("line {} is no `Key: value`: `{}`", stray.line, stray.text.escape_debug()),
        );
    } else if let Some(line) = value.body().and_then(|body| body.lines().find(|line| !line.trim().is_empty()))
    {
        let line = shown(line);
        sink.at(member, format_args!("behind an empty line stands `{}`, which is lost", line.escape_debug()));
    }
}

/// The two numbers of `Wheel-Version`.
fn format_version(text: &str) -> Option<(u64, u64)> {
    let (major, minor) = text.split_once('.')?;
    let number = |digits: &str| {
        digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
    };
    Some((number(major)?, number(minor)?))
}

fn version(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((member, headers)) = read(wheel) else { return };
    let values: Vec<&str> = headers.all("Wheel-Version").collect();
    match values[..] {
        [] => sink.at(member, "`Wheel-Version` is missing"),
        [value] => match format_version(value) {
            None => {
                let value = shown(value);
                sink.at(
                    member,
                    format_args!("`Wheel-Version` is `{}`, which is no version", value.escape_debug()),
                );
            }
            Some((2.., _)) => {
                sink.at(member, format_args!("`Wheel-Version` is {}, and installers know 1", shown(value)));
            }
            Some(_) => {}
        },
        _ => sink.at(member, format_args!("`Wheel-Version` stands {} times", values.len())),
    }
}

fn newer_minor(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if let Some((member, headers)) = read(wheel)
        && let Some((1, minor @ 1..)) = headers.get("Wheel-Version").and_then(format_version)
    {
        sink.at(member, format_args!("`Wheel-Version` is 1.{minor}, and the newest format is 1.0"));
    }
}

fn purelib(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((member, headers)) = read(wheel) else { return };
    let values: Vec<&str> = headers.all("Root-Is-Purelib").collect();
    match values[..] {
        ["true" | "false"] => {}
        [] => sink.at(member, "`Root-Is-Purelib` is missing"),
        [value] => {
            let value = shown(value);
            sink.at(
                member,
                format_args!("`Root-Is-Purelib` is `{}`, not `true` or `false`", value.escape_debug()),
            );
        }
        _ => sink.at(member, format_args!("`Root-Is-Purelib` stands {} times", values.len())),
    }
}

fn generator(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((member, headers)) = read(wheel) else { return };
    if headers.get("Generator").is_none_or(str::is_empty) {
        sink.at(member, "`Generator` is missing");
    }
}

fn field(wheel: &WheelFile, sink: &mut Sink<'_>) {
    const FIELDS: [&str; 5] = ["Wheel-Version", "Generator", "Root-Is-Purelib", "Tag", "Build"];
    let Some((member, headers)) = read(wheel) else { return };
    for (field, _) in headers.headers() {
        if !FIELDS.iter().any(|known| known.eq_ignore_ascii_case(field)) {
            sink.at(member, format_args!("the format has no field `{}`", shown(field).escape_debug()));
        }
    }
    // `Wheel-Version` and `Root-Is-Purelib` have rules of their own; tools that repair wheels add a `Generator`.
    let count = headers.all("Build").count();
    if count > 1 {
        sink.at(member, format_args!("`Build` stands {count} times"));
    }
}

fn tags(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let (Some((member, headers)), Ok(name)) = (read(wheel), &wheel.name) else { return };
    let stated: BTreeSet<&str> = headers.all("Tag").collect();
    let promised: BTreeSet<String> = name.tags().collect();
    for tag in promised.iter().filter(|tag| !stated.contains(tag.as_str())) {
        sink.at(member, format_args!("the file name has the tag `{tag}`, and WHEEL has no such `Tag`"));
    }
    for tag in stated.iter().filter(|tag| !promised.contains(**tag)) {
        let tag = shown(tag);
        sink.at(member, format_args!("it has the tag `{}`, and the file name has not", tag.escape_debug()));
    }
}

fn tag_repeated(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((member, headers)) = read(wheel) else { return };
    let mut seen = BTreeSet::new();
    for tag in headers.all("Tag").filter(|tag| !seen.insert(*tag)) {
        let tag = shown(tag);
        sink.at(member, format_args!("the tag `{}` stands twice", tag.escape_debug()));
    }
}

fn build(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let (Some((member, headers)), Ok(name)) = (read(wheel), &wheel.name) else { return };
    let promised = name.build().map(ToString::to_string);
    let stated = headers.get("Build");
    if stated != promised.as_deref() {
        let words = |tag: Option<&str>| match tag {
            None => "none".to_owned(),
            Some(tag) => format!("`{}`", shown(tag).escape_debug()),
        };
        let (stated, promised) = (words(stated), words(promised.as_deref()));
        sink.at(member, format_args!("its build tag is {stated}, and that of the file name is {promised}"));
    }
}
