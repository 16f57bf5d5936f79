//! `Requires-Dist` and its kin: what installers will ask for.

use std::collections::BTreeSet;

use super::{CORE_METADATA, parsed, quoted, read};
use crate::archive::shown;
use crate::checks::dist::Dist;
use crate::checks::{Check, Run, Sink, specimen_wheel};
use crate::model::name::PackageName;
use crate::model::version::Version;
use crate::python::requirement::{Operand, Requirement};
use crate::report::{Rule, Severity};

const DEPENDENCIES: &str = "dependency specifiers (PEP 508)";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "metadata/requirement",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv", "twine"],
            summary: "a requirement does not follow the grammar of dependencies",
            explain: "`Requires-Dist`, `Provides-Dist` and `Obsoletes-Dist` name a project, then extras in brackets, versions \
                      and a marker. An installer that cannot read one cannot install the distribution.",
            fix: "correct the entry in `dependencies` or `optional-dependencies` of `pyproject.toml`",
            sources: &[DEPENDENCIES, CORE_METADATA],
            since: "0.1.0",
        },
        run: Run::File {
            check: requirement,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Requires-Dist", "requests>=2.x");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/direct-url",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "a requirement names an address instead of versions",
            explain: "The public index takes no distribution that depends on `name @ address`: everything that it offers \
                      must be installable from it.",
            fix: "publish the dependency on the index, and require a version of it",
            sources: &[DEPENDENCIES, "PyPI, upload"],
            since: "0.1.0",
        },
        run: Run::File {
            check: direct_url,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Requires-Dist", "other @ https://example.org/other-1.0.tar.gz");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/undeclared-extra",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a requirement belongs to an extra that is not declared",
            explain: "A marker asks for an extra that no `Provides-Extra` names. Installers warn about the extra and may \
                      never install the requirement.",
            fix: "declare the extra in `optional-dependencies` of `pyproject.toml`, or correct the marker",
            sources: &[CORE_METADATA, "extra name normalisation (PEP 685)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: undeclared_extra,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Requires-Dist", "requests; extra == \"web\"");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/repeated-requirement",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the same requirement stands twice",
            explain: "It changes nothing, and tells that two lists of dependencies were merged without a look: the next \
                      change will be made in one of them only.",
            fix: "list each dependency once",
            sources: &[CORE_METADATA],
            since: "0.1.0",
        },
        run: Run::File {
            check: repeated_requirement,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Requires-Dist", "requests>=2");
                    wheel.add_metadata("Requires-Dist", "requests>=2");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/requires-itself",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the distribution requires itself",
            explain: "A project may require itself with extras, to make one extra out of others. Without extras the \
                      requirement is empty, and with other versions it can never be met.",
            fix: "remove the requirement, or name the extras that it is about",
            sources: &[DEPENDENCIES],
            since: "0.1.0",
        },
        run: Run::File {
            check: requires_itself,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Requires-Dist", "sample");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/pinned-requirement",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "a requirement takes exactly one version",
            explain: "Whoever installs the distribution beside another one that needs another version gets neither, and a \
                      security release of the dependency cannot be taken. Right only between parts of one project.",
            fix: "require a range of versions, such as `>=1.2,<2`",
            sources: &["version specifiers (PEP 440)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: pinned,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Requires-Dist", "requests==2.34.2");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/upper-bound-only",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "a requirement has an upper bound and no lower one",
            explain: "A resolver in need may go back to the very first release of the dependency, which the distribution was \
                      never tried with.",
            fix: "say the oldest version that the code works with, such as `>=1.2,<2`",
            sources: &["version specifiers (PEP 440)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: upper_bound_only,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Requires-Dist", "requests<3");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/prerelease-requirement",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a final release requires exactly a pre-release",
            explain: "Installers leave pre-releases aside unless a requirement names one. This one does, so everybody who \
                      installs the release gets the pre-release, too.",
            fix: "require the final version of the dependency, or release a pre-release",
            sources: &["version specifiers (PEP 440)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: prerelease,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Requires-Dist", "requests==3.0rc1");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/python-marker",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a marker compares the version of Python in a way that surprises",
            explain: "`python_version` has two numbers, so that it is never `3.9.1`; `in` looks for a text in a text, where \
                      `3.1` is part of `3.10`; and what is no version is compared letter by letter.",
            fix: "compare `python_version` with two numbers and `<`, `>=` or `==`, or compare `python_full_version`",
            sources: &[DEPENDENCIES],
            since: "0.1.0",
        },
        run: Run::File {
            check: python_marker,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Requires-Dist", "tomli; python_version in \"3.9 3.10\"");
                })
            },
        },
    },
];

/// The fields that hold requirements.
const FIELDS: [&str; 3] = ["Requires-Dist", "Provides-Dist", "Obsoletes-Dist"];

fn requirement(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    for field in FIELDS {
        for text in metadata.all(field) {
            if let Err(error) = text.parse::<Requirement>() {
                let error = shown(&error.to_string());
                sink.at(member, format_args!("`{field}` {}: {}", quoted(text), error.escape_debug()));
            }
        }
    }
}

fn direct_url(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    for field in FIELDS {
        for (text, _) in parsed::<Requirement>(metadata, field).filter(|(_, found)| found.url.is_some()) {
            sink.at(member, format_args!("`{field}` {} names an address", quoted(text)));
        }
    }
}

/// The well-formed requirements with their texts, and the member where they stand.
fn requirements(dist: &Dist) -> impl Iterator<Item = (&str, &str, Requirement)> {
    read(dist).into_iter().flat_map(|(member, metadata)| {
        parsed::<Requirement>(metadata, "Requires-Dist").map(move |(text, found)| (member, text, found))
    })
}

/// The extra that a comparison asks for.
fn extra_of(left: &Operand, right: &Operand) -> Option<String> {
    match (left, right) {
        (Operand::Variable(name), Operand::Text(extra)) | (Operand::Text(extra), Operand::Variable(name))
            if name == "extra" =>
        {
            Some(extra.clone())
        }
        _ => None,
    }
}

/// The extras that a requirement is for.
fn extras(requirement: &Requirement) -> impl Iterator<Item = String> {
    requirement.comparisons.iter().filter_map(|comparison| extra_of(&comparison.left, &comparison.right))
}

/// A name in normal form; what is no name stays as it is.
fn normal(name: &str) -> String {
    name.parse::<PackageName>().map_or_else(|_| name.to_owned(), |name| name.normal().to_owned())
}

fn undeclared_extra(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((_, metadata)) = read(dist) else { return };
    let declared: BTreeSet<String> =
        metadata.all("Provides-Extra").map(|extra| normal(extra.trim())).collect();
    let mut told = BTreeSet::new();
    for (member, text, found) in requirements(dist) {
        for extra in extras(&found).filter(|extra| !extra.is_empty() && !declared.contains(&normal(extra))) {
            if told.insert(normal(&extra)) {
                sink.at(
                    member,
                    format_args!(
                        "`Requires-Dist` {} belongs to the extra {}, which no `Provides-Extra` names",
                        quoted(text),
                        quoted(&extra)
                    ),
                );
            }
        }
    }
}

fn repeated_requirement(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    let mut seen = BTreeSet::new();
    for text in metadata.all("Requires-Dist").map(str::trim).filter(|text| !seen.insert(*text)) {
        sink.at(member, format_args!("`Requires-Dist` {} stands twice", quoted(text)));
    }
}

fn requires_itself(dist: &Dist, sink: &mut Sink<'_>) {
    let Some(own) = dist.metadata().and_then(|metadata| metadata.get("Name")).map(normal) else { return };
    for (member, text, _) in
        requirements(dist).filter(|(.., found)| found.extras.is_empty() && normal(&found.name) == own)
    {
        sink.at(member, format_args!("`Requires-Dist` {} names the project itself", quoted(text)));
    }
}

/// Requirements of everybody who installs the distribution, not of an extra.
fn plain(dist: &Dist) -> impl Iterator<Item = (&str, &str, Requirement)> {
    requirements(dist).filter(|(.., found)| extras(found).next().is_none())
}

/// The one version that a requirement takes.
fn pin(found: &Requirement) -> Option<&str> {
    let exact = |operator: &str| matches!(operator, "==" | "===");
    let mut pins = found.specifiers.specifiers.iter().filter(|specifier| exact(specifier.operator));
    pins.find(|specifier| !specifier.version.ends_with(".*")).map(|specifier| specifier.version.as_str())
}

fn pinned(dist: &Dist, sink: &mut Sink<'_>) {
    for (member, text, _) in plain(dist).filter(|(.., found)| pin(found).is_some()) {
        sink.at(member, format_args!("`Requires-Dist` {} takes one version", quoted(text)));
    }
}

fn upper_bound_only(dist: &Dist, sink: &mut Sink<'_>) {
    for (member, text, found) in plain(dist) {
        let operators = || found.specifiers.specifiers.iter().map(|specifier| specifier.operator);
        let is_upper = |operator| matches!(operator, "<" | "<=");
        if operators().any(is_upper) && operators().all(|operator| is_upper(operator) || operator == "!=") {
            sink.at(member, format_args!("`Requires-Dist` {} takes any old version", quoted(text)));
        }
    }
}

fn prerelease(dist: &Dist, sink: &mut Sink<'_>) {
    let is_prerelease = |text: &str| Version::from_pep440(text).is_ok_and(|version| version.is_prerelease());
    if dist.metadata().and_then(|metadata| metadata.get("Version")).is_none_or(is_prerelease) {
        return;
    }
    for (member, text, _) in plain(dist).filter(|(.., found)| pin(found).is_some_and(is_prerelease)) {
        sink.at(member, format_args!("`Requires-Dist` {} takes a pre-release only", quoted(text)));
    }
}

/// How a comparison of Python's version surprises.
fn surprise(name: &str, operator: &str, text: &str) -> Option<&'static str> {
    let is_short = name == "python_version";
    if !is_short && name != "python_full_version" {
        return None;
    }
    if matches!(operator, "in" | "not in") {
        return Some("looks for a text in a text");
    }
    let Ok(version) = Version::from_pep440(text.trim_end_matches(".*")) else {
        return Some("compares with what is no version, letter by letter");
    };
    // Two versions are equal up to zeros at their ends: `3.8` is `3.8.0`.
    let two = text.split('.').take(2).collect::<Vec<_>>().join(".");
    let is_longer = Version::from_pep440(&two).is_ok_and(|two| two != version);
    (is_short && is_longer && operator != "===").then_some("compares two numbers with three")
}

fn python_marker(dist: &Dist, sink: &mut Sink<'_>) {
    for (member, text, found) in requirements(dist) {
        let why =
            found.comparisons.iter().find_map(|comparison| match (&comparison.left, &comparison.right) {
                (Operand::Variable(name), Operand::Text(value))
                | (Operand::Text(value), Operand::Variable(name)) => {
                    surprise(name, &comparison.operator, value)
                }
                _ => None,
            });
        if let Some(why) = why {
            sink.at(member, format_args!("the marker of `Requires-Dist` {} {why}", quoted(text)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_odd_comparisons_of_versions_surprise() {
        for (name, operator, text, surprises) in [
            ("python_version", ">=", "3.9", false),
            ("python_version", ">=", "3.8.0", false),
            ("python_version", "==", "3.*", false),
            ("python_version", "<", "4", false),
            ("python_full_version", "<", "3.11.4", false),
            ("sys_platform", "in", "linux darwin", false),
            ("python_version", ">=", "3.9.1", true),
            ("python_version", "in", "2.6 2.7", true),
            ("python_version", ">", "3.x", true),
            ("python_full_version", "not in", "3.10.1", true),
        ] {
            assert_eq!(surprise(name, operator, text).is_some(), surprises, "{name} {operator} {text}");
        }
    }
}
