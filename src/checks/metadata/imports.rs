//! `Import-Name` and `Import-Namespace`: what can be imported once the distribution is installed.

use std::collections::BTreeSet;

use super::{CORE_METADATA, quoted, read};
use crate::archive::metadata::Metadata;
use crate::archive::modules::Modules;
use crate::archive::wheel::WheelFile;
use crate::checks::dist::Dist;
use crate::checks::{Check, Run, Sink, specimen_wheel};
use crate::python::identifier::{is_identifier, is_keyword};
use crate::report::{Rule, Severity};

const IMPORTS: &str = "import name metadata (PEP 794)";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "metadata/import-name",
            severity: Severity::Error,
            rejected_by: &["pypi", "twine"],
            summary: "`Import-Name` or `Import-Namespace` holds no name that can be imported",
            explain: "The fields hold identifiers with dots between them, none of them a keyword, and behind a `;` nothing \
                      but `private`. One empty `Import-Name` says that there is nothing to import.",
            fix: "correct `import-names` and `import-namespaces` in `pyproject.toml`",
            sources: &[IMPORTS, CORE_METADATA],
            since: "0.1.0",
        },
        run: Run::File {
            check: form,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Metadata-Version", "2.5").add_metadata("Import-Name", "sample; internal");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/repeated-import",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a name stands twice in `Import-Name` and `Import-Namespace`",
            explain: "A name is either the project's own or a namespace that it shares, so that it stands in one of the fields, \
                      once.",
            fix: "list the name once, in `import-names` or in `import-namespaces`",
            sources: &[IMPORTS],
            since: "0.1.0",
        },
        run: Run::File {
            check: repeated,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Metadata-Version", "2.5").add_metadata("Import-Name", "sample");
                    wheel.add_metadata("Import-Namespace", "sample");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/import-parent",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`Import-Name` declares a module and not the packages around it",
            explain: "Whoever looks for `a.b` looks for `a` first: every name before a dot is declared, too, as a name of the \
                      project or as a namespace.",
            fix: "add the names before the dots to `import-names` or `import-namespaces`",
            sources: &[IMPORTS],
            since: "0.1.0",
        },
        run: Run::File {
            check: parent,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Metadata-Version", "2.5").add_metadata("Import-Name", "sample");
                    wheel.add_metadata("Import-Name", "space.tool").member("space/tool.py", "");
                    wheel.add_metadata("Import-Name", "space.tool.part").member("space/tool/part.py", "");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/no-such-import",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a declared import name is not in the wheel",
            explain: "What `Import-Name` and `Import-Namespace` declare can be imported when the release is installed, on some \
                      platform at least. In this wheel it cannot.",
            fix: "correct `import-names` in `pyproject.toml`, or let the wheel contain the module",
            sources: &[IMPORTS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: no_such_import,
            specimen: |wheel| {
                wheel.metadata("Metadata-Version", "2.5").add_metadata("Import-Name", "sample");
                wheel.add_metadata("Import-Name", "other");
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/undeclared-import",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the wheel installs a module that its import names leave out",
            explain: "Where any import name is declared, all of them are: tools that ask which project provides a module do \
                      not find this one.",
            fix: "add the module to `import-names`, with `; private` where it is not for others",
            sources: &[IMPORTS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: undeclared,
            specimen: |wheel| {
                wheel.metadata("Metadata-Version", "2.5").add_metadata("Import-Name", "sample");
                wheel.member("another.py", "");
            },
        },
    },
];

const FIELDS: [&str; 2] = ["Import-Name", "Import-Namespace"];

/// Why a value declares no import.
fn fault(value: &str) -> Option<&'static str> {
    let (name, option) = match value.split_once(';') {
        Some((name, option)) => (name.trim_end(), Some(option.trim_start())),
        None => (value.trim_end(), None),
    };
    if !name.split('.').all(is_identifier) {
        Some("is no name with identifiers between its dots")
    } else if name.split('.').any(is_keyword) {
        Some("has a keyword of Python in it")
    } else if option.is_some_and(|option| option != "private") {
        Some("has another option than `private`")
    } else {
        None
    }
}

fn form(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    for field in FIELDS {
        if field == "Import-Name" && metadata.all(field).eq([""]) {
            continue;
        }
        for value in metadata.all(field) {
            if let Some(fault) = fault(value) {
                sink.at(member, format_args!("`{field}` {} {fault}", quoted(value)));
            }
        }
    }
}

/// The well-formed names of both fields.
fn declared(metadata: &Metadata) -> impl Iterator<Item = &str> {
    let values = FIELDS.into_iter().flat_map(|field| metadata.all(field));
    let good = values.filter(|value| fault(value).is_none());
    good.map(|value| value.split(';').next().unwrap_or_default().trim_end())
}

fn repeated(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    let mut seen = BTreeSet::new();
    for name in declared(metadata).filter(|name| !seen.insert(*name)) {
        sink.at(member, format_args!("the name {} stands twice", quoted(name)));
    }
}

fn parent(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    let names: BTreeSet<&str> = declared(metadata).collect();
    for name in &names {
        // The nearest parent is enough, as that one is asked for its own.
        let parent = name.rsplit_once('.').map(|(parent, _)| parent);
        if let Some(parent) = parent.filter(|parent| !names.contains(parent)) {
            let (name, parent) = (quoted(name), quoted(parent));
            sink.at(member, format_args!("{name} is declared, and {parent} is not"));
        }
    }
}

/// METADATA, where it could be read, and the member where it stands.
fn of_wheel(wheel: &WheelFile) -> Option<(&str, &Metadata)> {
    Some((wheel.metadata.member()?, wheel.metadata.value()?))
}

fn no_such_import(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = of_wheel(wheel) else { return };
    let modules = Modules::of(wheel);
    for name in declared(metadata).filter(|name| !modules.contains(name)) {
        sink.at(member, format_args!("the wheel has no module {}", quoted(name)));
    }
}

fn undeclared(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = of_wheel(wheel) else { return };
    if FIELDS.iter().all(|field| metadata.get(field).is_none()) {
        return;
    }
    let names: BTreeSet<&str> = declared(metadata).filter_map(|name| name.split('.').next()).collect();
    let modules = Modules::of(wheel);
    // A leading underscore says that the module is private.
    let is_public = |name: &&str| is_identifier(name) && !name.starts_with('_');
    for name in modules.top_level().filter(is_public).filter(|name| !names.contains(name)) {
        sink.at(member, format_args!("no import name declares the module {}", quoted(name)));
    }
}
