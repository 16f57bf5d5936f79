//! `Provides-Extra`: the names of optional features.

use std::collections::BTreeMap;

use super::{CORE_METADATA, quoted, read};
use crate::checks::dist::Dist;
use crate::checks::{Check, Run, Sink, specimen_wheel};
use crate::model::name::PackageName;
use crate::report::{Rule, Severity};

const EXTRAS: &str = "extra name normalisation (PEP 685)";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "metadata/extra-name",
            severity: Severity::Error,
            rejected_by: &["pypi", "twine"],
            summary: "the name of an extra is no good name",
            explain: "An extra is named as a project is: letters, digits, `.`, `-` and `_`, with a letter or digit at both \
                      ends. Nobody can ask for an extra with another name.",
            fix: "rename the extra in `optional-dependencies` of `pyproject.toml`",
            sources: &[CORE_METADATA, EXTRAS],
            since: "0.1.0",
        },
        run: Run::File {
            check: extra_name,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Provides-Extra", "web server");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/extra-spelling",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the name of an extra is not in normal form",
            explain: "Since metadata 2.3 an extra is written in lower case with single hyphens. Installers that compare the \
                      names as they are do not find it otherwise.",
            fix: "build with a current build backend, or write the extra in lower case with hyphens",
            sources: &[CORE_METADATA, EXTRAS],
            since: "0.1.0",
        },
        run: Run::File {
            check: extra_spelling,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Provides-Extra", "Web_Server");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/repeated-extra",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "two extras have the same name, once it is in normal form",
            explain: "`web-server` and `Web_Server` are one extra to an installer, which installs the requirements of both or \
                      of one of them.",
            fix: "merge the extras, or give one of them another name",
            sources: &[CORE_METADATA, EXTRAS],
            since: "0.1.0",
        },
        run: Run::File {
            check: repeated_extra,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Provides-Extra", "web").add_metadata("Provides-Extra", "web");
                })
            },
        },
    },
];

fn extra_name(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    for extra in metadata.all("Provides-Extra").filter(|extra| extra.parse::<PackageName>().is_err()) {
        sink.at(member, format_args!("the extra {} has no good name", quoted(extra)));
    }
}

/// The well-named extras with their normal forms, and the member where they stand.
fn extras(dist: &Dist) -> impl Iterator<Item = (&str, &str, String)> {
    read(dist).into_iter().flat_map(|(member, metadata)| {
        metadata.all("Provides-Extra").filter_map(move |extra| {
            let name = extra.parse::<PackageName>().ok()?;
            Some((member, extra, name.normal().to_owned()))
        })
    })
}

fn extra_spelling(dist: &Dist, sink: &mut Sink<'_>) {
    for (member, extra, normal) in extras(dist).filter(|(_, extra, normal)| extra != normal) {
        sink.at(member, format_args!("the extra {} is `{normal}` in normal form", quoted(extra)));
    }
}

fn repeated_extra(dist: &Dist, sink: &mut Sink<'_>) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (member, extra, normal) in extras(dist) {
        if let Some(first) = seen.get(&normal) {
            sink.at(member, format_args!("the extra {} is the same as {}", quoted(extra), quoted(first)));
        } else {
            seen.insert(normal, extra);
        }
    }
}
