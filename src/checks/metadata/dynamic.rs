//! `Dynamic`: the fields that a build may still change.

use super::fields::{field, knows_all_fields};
use super::{CORE_METADATA, quoted, read};
use crate::checks::dist::Dist;
use crate::checks::{Check, Run, Sink, specimen_wheel};
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[Check {
    rule: Rule {
        id: "metadata/dynamic",
        severity: Severity::Error,
        rejected_by: &["pypi", "twine"],
        summary: "`Dynamic` names no field that may be dynamic",
        explain: "`Dynamic` names a field of the metadata that a build from the sdist may set. `Metadata-Version`, `Name` and \
                  `Version` are never dynamic, and a name that is no field says nothing.",
        fix: "correct `dynamic` in `pyproject.toml`, and let the build backend write the metadata",
        sources: &[CORE_METADATA, "PEP 643"],
        since: "0.1.0",
    },
    run: Run::File {
        check: dynamic,
        specimen: || {
            specimen_wheel(|wheel| {
                wheel.add_metadata("Dynamic", "Version");
            })
        },
    },
}];

fn dynamic(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    for name in metadata.all("Dynamic") {
        match field(name) {
            None if knows_all_fields(metadata) => {
                sink.at(member, format_args!("`Dynamic` names {}, which is no field", quoted(name)));
            }
            Some((name @ ("Metadata-Version" | "Name" | "Version"), ..)) => {
                sink.at(member, format_args!("`Dynamic` names `{name}`, which is never dynamic"));
            }
            None | Some(_) => {}
        }
    }
}
