//! Which fields METADATA or PKG-INFO has: those of its version, each as often as it may stand.
//!
//! Source: the core metadata specification up to 2.6 (PEP 808).

use std::collections::BTreeMap;

use super::{CORE_METADATA, quoted, read};
use crate::archive::metadata::Metadata;
use crate::checks::dist::Dist;
use crate::checks::{Check, Run, Sink, specimen_sdist, specimen_wheel};
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "metadata/metadata-version",
            severity: Severity::Error,
            rejected_by: &["pypi", "twine"],
            summary: "METADATA or PKG-INFO does not state one known version of the format",
            explain: "`Metadata-Version` stands there once and is 1.0, 1.1, 1.2 or one of 2.1 to 2.6. Readers must \
                      refuse a major version that they do not know, and 2.0 was never approved.",
            fix: "let a current build backend write the metadata, which sets `Metadata-Version` itself",
            sources: &[CORE_METADATA],
            since: "0.1.0",
        },
        run: Run::File {
            check: metadata_version,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Metadata-Version", "2.0");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/newer-version",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "METADATA or PKG-INFO has a newer version than the public index may take",
            explain: "Metadata 2.6 (PEP 808) is of 2026, and an index takes a new version only some time after it was \
                      approved. What is newer still, nobody knows yet, and tools refuse it.",
            fix: "let the build backend write metadata 2.5 or older, where none of the newer features is used",
            sources: &[CORE_METADATA, "PEP 808"],
            since: "0.1.0",
        },
        run: Run::File {
            check: newer_version,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Metadata-Version", "2.6");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/old-version",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the format of METADATA or PKG-INFO is too old for its kind of distribution",
            explain: "A wheel has metadata 1.1 or newer. An sdist has 2.2 or newer, because only then its metadata can be \
                      trusted without building it; before that every field counts as dynamic.",
            fix: "build with a current version of the build backend",
            sources: &["binary distribution format", "source distribution format", "PEP 643"],
            since: "0.1.0",
        },
        run: Run::File {
            check: old_version,
            specimen: || {
                specimen_sdist(|sdist| {
                    sdist.metadata("Metadata-Version", "2.1").without_metadata("License-Expression");
                    sdist.without_metadata("License-File").metadata("License", "MIT");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/unknown-field",
            severity: Severity::Error,
            rejected_by: &["twine"],
            summary: "METADATA or PKG-INFO has a field that the format does not know",
            explain: "The format has no fields of one's own, and strict readers refuse the whole file for one. Most often \
                      a name is misspelt, and then what the field says is lost.",
            fix: "remove the field, or spell it as the core metadata specification does",
            sources: &[CORE_METADATA, "packaging, packaging.metadata"],
            since: "0.1.0",
        },
        run: Run::File {
            check: unknown_field,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Licence", "MIT");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/field-too-new",
            severity: Severity::Error,
            rejected_by: &["pypi", "twine"],
            summary: "a field of METADATA or PKG-INFO is newer than the version that it states",
            explain: "Every field has a version of the format that introduced it, and a reader of an older version does \
                      not know it. The index refuses such metadata.",
            fix: "raise `Metadata-Version` by a newer build backend, or leave the field out",
            sources: &[CORE_METADATA, "packaging, packaging.metadata"],
            since: "0.1.0",
        },
        run: Run::File {
            check: field_too_new,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Metadata-Version", "2.3").without_metadata("License-File");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/license-file-too-new",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`License-File` stands in metadata that is older than this field",
            explain: "Old versions of setuptools wrote `License-File` into metadata 2.1, where it means nothing. Uploaders \
                      drop the field silently, so that the index does not know of the licence files.",
            fix: "build with setuptools 77 or newer, which writes metadata 2.4",
            sources: &["PEP 639", "twine, twine.package"],
            since: "0.1.0",
        },
        run: Run::File {
            check: license_file_too_new,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Metadata-Version", "2.1").without_metadata("License-Expression");
                    wheel.metadata("License", "MIT");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/repeated-field",
            severity: Severity::Error,
            rejected_by: &["pypi", "twine"],
            summary: "a field of METADATA or PKG-INFO that may stand once stands several times",
            explain: "Readers disagree which of the values counts: the first, the last or none. The index takes none of \
                      them.",
            fix: "keep one value of the field, and let the build backend write the metadata",
            sources: &[CORE_METADATA, "packaging, packaging.metadata"],
            since: "0.1.0",
        },
        run: Run::File {
            check: repeated_field,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Summary", "Another summary");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/deprecated-field",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "METADATA or PKG-INFO uses a field that no tool reads",
            explain: "`Requires`, `Provides` and `Obsoletes` name modules, as distutils once did. They are deprecated since \
                      metadata 1.2 and installers ignore them: a dependency that stands there is not installed.",
            fix: "name projects in `Requires-Dist` (`dependencies` in `pyproject.toml`) instead",
            sources: &[CORE_METADATA],
            since: "0.1.0",
        },
        run: Run::File {
            check: deprecated_field,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Requires", "zlib");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/deprecated-url",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`Home-page` or `Download-URL` stands where `Project-URL` should",
            explain: "PEP 753 deprecates both fields. A `Project-URL` with the label `Homepage` or `Download` says the same, \
                      and indexes show it the same way.",
            fix: "move the address to `[project.urls]` in `pyproject.toml`, as `Homepage` or `Download`",
            sources: &[CORE_METADATA, "well-known project URLs (PEP 753)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: deprecated_url,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Home-page", "https://example.org/");
                })
            },
        },
    },
];

/// A version of the format.
pub(in crate::checks) type Format = (u32, u32);

/// Each field, the version that introduced it, and whether it may stand several times.
pub(in crate::checks) const FIELDS: &[(&str, Format, bool)] = &[
    ("Metadata-Version", (1, 0), false),
    ("Name", (1, 0), false),
    ("Version", (1, 0), false),
    ("Platform", (1, 0), true),
    ("Summary", (1, 0), false),
    ("Description", (1, 0), false),
    ("Keywords", (1, 0), false),
    ("Home-page", (1, 0), false),
    ("Author", (1, 0), false),
    ("Author-email", (1, 0), false),
    ("License", (1, 0), false),
    ("Supported-Platform", (1, 1), true),
    ("Download-URL", (1, 1), false),
    ("Classifier", (1, 1), true),
    ("Requires", (1, 1), true),
    ("Provides", (1, 1), true),
    ("Obsoletes", (1, 1), true),
    ("Maintainer", (1, 2), false),
    ("Maintainer-email", (1, 2), false),
    ("Requires-Dist", (1, 2), true),
    ("Provides-Dist", (1, 2), true),
    ("Obsoletes-Dist", (1, 2), true),
    ("Requires-Python", (1, 2), false),
    ("Requires-External", (1, 2), true),
    ("Project-URL", (1, 2), true),
    ("Description-Content-Type", (2, 1), false),
    ("Provides-Extra", (2, 1), true),
    ("Dynamic", (2, 2), true),
    ("License-Expression", (2, 4), false),
    ("License-File", (2, 4), true),
    ("Import-Name", (2, 5), true),
    ("Import-Namespace", (2, 5), true),
];

/// Fields with rules of their own about how often they stand.
const COUNTED_ELSEWHERE: [&str; 3] = ["Metadata-Version", "Name", "Version"];

/// The newest version that the public index is known to take.
const NEWEST_TAKEN: Format = (2, 5);
const NEWEST_KNOWN: Format = (2, 6);

/// The field `name` in any case: its spelling, the version that introduced it, whether it may stand several times.
pub(super) fn field(name: &str) -> Option<(&'static str, Format, bool)> {
    FIELDS.iter().find(|(found, ..)| found.eq_ignore_ascii_case(name)).copied()
}

/// The version of the format, where it is a known one or a newer minor one.
pub(in crate::checks) fn format(metadata: &Metadata) -> Option<Format> {
    let (major, minor) = metadata.get("Metadata-Version")?.split_once('.')?;
    let number = |digits: &str| {
        let is_plain = digits == "0" || !digits.starts_with('0');
        let is_number = is_plain && digits.bytes().all(|digit| digit.is_ascii_digit());
        is_number.then(|| digits.parse::<u32>().ok()).flatten()
    };
    let version = (number(major)?, number(minor)?);
    matches!(version, (1, 0..=2) | (2, 1..)).then_some(version)
}

/// Whether every field of the stated version of the format is known here.
pub(super) fn knows_all_fields(metadata: &Metadata) -> bool {
    format(metadata).is_none_or(|version| version <= NEWEST_KNOWN)
}

fn metadata_version(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    let values: Vec<&str> = metadata.all("Metadata-Version").collect();
    match values[..] {
        [] => sink.at(member, "`Metadata-Version` is missing"),
        [_] if format(metadata).is_some() => {}
        [value] => {
            sink.at(
                member,
                format_args!("`Metadata-Version` is {}, which was never approved", quoted(value)),
            );
        }
        _ => sink.at(member, format_args!("`Metadata-Version` stands {} times", values.len())),
    }
}

fn newer_version(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    if let Some(version @ (major, minor)) = format(metadata).filter(|version| *version > NEWEST_TAKEN) {
        let (known_major, known_minor) = if version > NEWEST_KNOWN { NEWEST_KNOWN } else { NEWEST_TAKEN };
        let who = if version > NEWEST_KNOWN { "known here" } else { "known to be taken by the public index" };
        sink.at(
            member,
            format_args!(
                "`Metadata-Version` is {major}.{minor}, and the newest {who} is {known_major}.{known_minor}"
            ),
        );
    }
}

fn old_version(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    let (what, least) = if dist.wheel().is_some() { ("a wheel", (1, 1)) } else { ("an sdist", (2, 2)) };
    if let Some((major, minor)) = format(metadata).filter(|version| *version < least) {
        let (least_major, least_minor) = least;
        sink.at(
            member,
            format_args!(
                "`Metadata-Version` is {major}.{minor}, and {what} has {least_major}.{least_minor} or newer"
            ),
        );
    }
}

fn unknown_field(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    if !knows_all_fields(metadata) {
        return;
    }
    for (name, _) in metadata.headers().iter().filter(|(name, _)| field(name).is_none()) {
        sink.at(member, format_args!("{} is no field of core metadata", quoted(name)));
    }
}

/// The fields that are newer than the stated version, each once.
fn too_new(metadata: &Metadata) -> Vec<(&'static str, Format, Format)> {
    let Some(stated) = format(metadata) else { return Vec::new() };
    let is_there = |name: &str| metadata.get(name).is_some();
    let newer = FIELDS.iter().filter(|(_, since, _)| *since > stated);
    newer.filter(|(name, ..)| is_there(name)).map(|(name, since, _)| (*name, *since, stated)).collect()
}

fn tell_too_new(member: &str, (name, since, stated): (&str, Format, Format), sink: &mut Sink<'_>) {
    let [(major, minor), (stated_major, stated_minor)] = [since, stated];
    sink.at(
        member,
        format_args!(
            "`{name}` came with metadata {major}.{minor}, and this is metadata {stated_major}.{stated_minor}"
        ),
    );
}

fn field_too_new(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    for found in too_new(metadata).into_iter().filter(|(name, ..)| *name != "License-File") {
        tell_too_new(member, found, sink);
    }
}

fn license_file_too_new(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    for found in too_new(metadata).into_iter().filter(|(name, ..)| *name == "License-File") {
        tell_too_new(member, found, sink);
    }
}

fn repeated_field(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, _) in metadata.headers() {
        if let Some((name, _, false)) = field(name).filter(|(name, ..)| !COUNTED_ELSEWHERE.contains(name)) {
            *counts.entry(name).or_default() += 1;
        }
    }
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 1) {
        sink.at(member, format_args!("`{name}` stands {count} times, and may stand once"));
    }
}

fn deprecated_field(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    for (old, new) in
        [("Requires", "Requires-Dist"), ("Provides", "Provides-Dist"), ("Obsoletes", "Obsoletes-Dist")]
    {
        if let Some(value) = metadata.get(old) {
            let value = quoted(value);
            sink.at(member, format_args!("`{old}` ({value}) is deprecated in favour of `{new}`"));
        }
    }
}

fn deprecated_url(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    for (field, label) in [("Home-page", "Homepage"), ("Download-URL", "Download")] {
        if let Some(value) = metadata.get(field).filter(|value| !matches!(value.trim(), "" | "UNKNOWN")) {
            let value = quoted(value);
            sink.at(
                member,
                format_args!("`{field}` ({value}) is deprecated in favour of `Project-URL: {label}, …`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_they_are_written() {
        for (text, version) in [
            ("1.0", Some((1, 0))),
            ("2.6", Some((2, 6))),
            ("2.17", Some((2, 17))),
            ("2.0", None),
            ("1.3", None),
            ("3.0", None),
            ("2", None),
            ("2.04", None),
            ("2.1 ", None),
            ("2.99999999999", None),
        ] {
            let metadata = Metadata::parse(&format!("Metadata-Version: {text}\n"));
            assert_eq!(format(&metadata), version, "{text}");
        }
    }
}
