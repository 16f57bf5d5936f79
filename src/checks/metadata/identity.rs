//! Name and version: stated once, well formed, and those of the file name.

use super::{CORE_METADATA, read};
use crate::archive::shown;
use crate::checks::dist::Dist;
use crate::checks::{Check, Run, Sink, specimen_sdist, specimen_wheel};
use crate::model::name::PackageName;
use crate::model::version::Version;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "metadata/name",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv", "twine"],
            summary: "METADATA or PKG-INFO does not state one good project name",
            explain: "`Name` stands there once, with letters, digits, `.`, `-` and `_`, and a letter or digit at \
                      both ends.",
            fix: "set one good `name` in `pyproject.toml`, and let the build backend write the metadata",
            sources: &[CORE_METADATA, "name normalisation (PEP 503)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: name,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.without_metadata("Name");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/version",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv", "twine"],
            summary: "METADATA or PKG-INFO does not state one good version",
            explain: "`Version` stands there once, follows PEP 440 and has no blanks around it.",
            fix: "set one PEP 440 `version` in `pyproject.toml`, and let the build backend write the metadata",
            sources: &[CORE_METADATA, "version specifiers (PEP 440)"],
            since: "0.1.0",
        },
        run: Run::File {
            check: version,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Version", "one");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/name-mismatch",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv"],
            summary: "METADATA or PKG-INFO and the file name name different projects",
            explain: "An index files the distribution under one name, and an installer finds the other one inside. \
                      The file was renamed after the build, or packed from the wrong folder.",
            fix: "set the right `name` in `pyproject.toml`, build again, and do not rename what was built",
            sources: &[CORE_METADATA, "binary distribution format", "source distribution format"],
            since: "0.1.0",
        },
        run: Run::File {
            check: name_mismatch,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("Name", "other");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/version-mismatch",
            severity: Severity::Error,
            rejected_by: &["pypi", "pip", "uv"],
            summary: "METADATA or PKG-INFO and the file name state different versions",
            explain: "An installer that asked for one version gets another one, and refuses it. The file was renamed \
                      after the build, or the version was changed between two build steps.",
            fix: "set the version in one place, build again into an empty folder, and do not rename what was built",
            sources: &[CORE_METADATA, "binary distribution format", "source distribution format"],
            since: "0.1.0",
        },
        run: Run::File {
            check: version_mismatch,
            specimen: || {
                specimen_sdist(|sdist| {
                    sdist.metadata("Version", "1.1");
                })
            },
        },
    },
];

/// The one value of a header that must stand once; everything else is told.
fn single<'a>(dist: &'a Dist, header: &'static str, sink: &mut Sink<'_>) -> Option<(&'a str, &'a str)> {
    let (member, metadata) = read(dist)?;
    let values: Vec<&str> = metadata.all(header).collect();
    match values[..] {
        [] => sink.at(member, format_args!("`{header}` is missing")),
        [value] => return Some((member, value)),
        [first, second, ..] => {
            let (first, second) = (shown(first), shown(second));
            let count = values.len();
            sink.at(
                member,
                format_args!(
                    "`{header}` stands {count} times: `{}`, `{}`",
                    first.escape_debug(),
                    second.escape_debug()
                ),
            );
        }
    }
    None
}

fn name(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, value)) = single(dist, "Name", sink)
        && let Err(error) = value.parse::<PackageName>()
    {
        sink.at(member, error);
    }
}

fn version(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, value)) = single(dist, "Version", sink) else { return };
    if value.trim() != value {
        let value = shown(value);
        sink.at(member, format_args!("the version `{}` has blanks around it", value.escape_debug()));
    } else if let Err(error) = Version::from_pep440(value) {
        sink.at(member, error);
    }
}

fn name_mismatch(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && let Some(promised) = dist.distribution()
        && let Some(stated) = metadata.get("Name").and_then(|name| name.parse::<PackageName>().ok())
        && stated != *promised.name()
    {
        let promised = promised.name();
        sink.at(member, format_args!("it names the project `{stated}`, and the file name `{promised}`"));
    }
}

fn version_mismatch(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && let Some(promised) = dist.distribution()
        && let Some(stated) = metadata.get("Version").and_then(|version| Version::from_pep440(version).ok())
        && stated != *promised.version()
    {
        let promised = promised.version();
        sink.at(member, format_args!("it states the version `{stated}`, and the file name `{promised}`"));
    }
}
