//! Under which licence: the expression, the older fields, and the files.

use std::collections::BTreeSet;

use super::fields::format;
use super::{CORE_METADATA, parsed, quoted, read};
use crate::archive::metadata::Metadata;
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::checks::dist::Dist;
use crate::checks::{Check, Run, Sink, specimen_sdist, specimen_wheel};
use crate::python::license::Expression;
use crate::report::{Rule, Severity};

const LICENSES: &str = "licence metadata (PEP 639)";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "metadata/license-expression",
            severity: Severity::Error,
            rejected_by: &["pypi", "twine"],
            summary: "`License-Expression` is no SPDX expression",
            explain: "The field holds identifiers of the SPDX list, joined by `AND`, `OR` and `WITH`. A licence that has none \
                      is called `LicenseRef-` and a name.",
            fix: "write `license` in `pyproject.toml` as an SPDX expression, such as `MIT OR Apache-2.0`",
            sources: &[LICENSES, CORE_METADATA],
            since: "0.1.0",
        },
        run: Run::File {
            check: expression,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("License-Expression", "Apache 2.0");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/license-spelling",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`License-Expression` is not in its canonical spelling",
            explain: "Identifiers are compared in any case, and written in that of the SPDX list. Tools that look for the \
                      licence by its text miss another spelling.",
            fix: "spell the expression as the message does",
            sources: &[LICENSES],
            since: "0.1.0",
        },
        run: Run::File {
            check: spelling,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("License-Expression", "mit");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/deprecated-license",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`License-Expression` uses an identifier that SPDX has deprecated",
            explain: "Deprecated identifiers were ambiguous, most often about later versions of a licence: `GPL-2.0` became \
                      `GPL-2.0-only` and `GPL-2.0-or-later`.",
            fix: "use the identifier that SPDX names instead",
            sources: &[LICENSES, "SPDX licence list"],
            since: "0.1.0",
        },
        run: Run::File {
            check: deprecated,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.metadata("License-Expression", "GPL-2.0");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/two-licenses",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "`License` and `License-Expression` stand side by side",
            explain: "The expression replaces the older field. Where both stand, nobody can tell which of them holds, and \
                      the index refuses the file.",
            fix: "keep `license` in `pyproject.toml` as an SPDX expression, and drop the other one",
            sources: &[LICENSES, "PyPI, upload"],
            since: "0.1.0",
        },
        run: Run::File {
            check: two_licenses,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("License", "MIT");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/license-classifier",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a licence classifier stands beside `License-Expression`",
            explain: "PEP 639 deprecates the classifiers that start with `License ::`, since most of them do not say which \
                      version of a licence they mean. Beside an expression they can only repeat or contradict it.",
            fix: "remove the `License ::` classifiers",
            sources: &[LICENSES],
            since: "0.1.0",
        },
        run: Run::File {
            check: classifier,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("Classifier", "License :: OSI Approved :: MIT License");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/license-text",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`License` holds the text of a licence",
            explain: "The field is for the name of a licence. A whole text in it is shown where a name is expected, and \
                      says nothing to a program.",
            fix: "set `license` to an SPDX expression and `license-files` to the files with the texts",
            sources: &[CORE_METADATA, LICENSES],
            since: "0.1.0",
        },
        run: Run::File {
            check: text,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.without_metadata("License-Expression");
                    wheel.metadata("License", "MIT License\n        \n        Copyright (c) Jane Doe");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/license-file-path",
            severity: Severity::Error,
            rejected_by: &["pypi", "twine"],
            summary: "`License-File` holds no plain relative path",
            explain: "The path is relative, has `/` between its parts, and neither `..` nor `*`: it is written after the \
                      patterns of `license-files` were looked up.",
            fix: "let a current build backend write the metadata, and keep the licence files inside the project",
            sources: &[LICENSES, "packaging, packaging.metadata"],
            since: "0.1.0",
        },
        run: Run::File {
            check: file_path,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.add_metadata("License-File", "../LICENSE");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/license-file-missing",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "a licence file that the metadata names is not in the distribution",
            explain: "Each `License-File` is a path below `.dist-info/licenses/` in a wheel, and below the top-level \
                      directory in an sdist. The index looks there and refuses the file when it finds nothing.",
            fix: "build with a current build backend, and let the sdist contain what `license-files` names",
            sources: &[LICENSES, "PyPI, upload"],
            since: "0.1.0",
        },
        run: Run::File {
            check: file_missing,
            specimen: || {
                specimen_sdist(|sdist| {
                    sdist.add_metadata("License-File", "NOTICE");
                })
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/undeclared-license-file",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a file in `.dist-info/licenses` is named by no `License-File`",
            explain: "Tools that collect licences go by the metadata, and so leave this file out.",
            fix: "name the file in `license-files` of `pyproject.toml`",
            sources: &[LICENSES],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: undeclared_file,
            specimen: |wheel| {
                wheel.member(&wheel.dist_info("licenses/NOTICE"), "Made by Jane Doe.\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "metadata/no-license",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "METADATA or PKG-INFO says nothing about the licence",
            explain: "There is no `License-Expression`, no `License`, no `License-File` and no classifier of a licence. \
                      Without a licence nobody may use what is published.",
            fix: "set `license` in `pyproject.toml` to an SPDX expression",
            sources: &[LICENSES],
            since: "0.1.0",
        },
        run: Run::File {
            check: no_license,
            specimen: || {
                specimen_wheel(|wheel| {
                    wheel.without_metadata("License-Expression").without_metadata("License-File");
                    wheel.without("licenses/LICENSE");
                })
            },
        },
    },
];

fn expression(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    for text in metadata.all("License-Expression") {
        if let Err(error) = text.parse::<Expression>() {
            let error = shown(&error.to_string());
            sink.at(member, format_args!("`License-Expression` {}: {}", quoted(text), error.escape_debug()));
        }
    }
}

fn spelling(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    for (text, found) in
        parsed::<Expression>(metadata, "License-Expression").filter(|(text, found)| *text != found.canonical)
    {
        let canonical = quoted(&found.canonical);
        sink.at(member, format_args!("`License-Expression` {} is spelled {canonical}", quoted(text)));
    }
}

fn deprecated(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    for (_, found) in parsed::<Expression>(metadata, "License-Expression") {
        for id in found.deprecated {
            sink.at(member, format_args!("{} is deprecated by SPDX", quoted(&id)));
        }
    }
}

/// The value of a field that says something.
fn filled<'a>(metadata: &'a Metadata, field: &str) -> Option<&'a str> {
    metadata.get(field).filter(|value| !matches!(value.trim(), "" | "UNKNOWN"))
}

fn two_licenses(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && let Some(old) = filled(metadata, "License")
        && let Some(new) = filled(metadata, "License-Expression")
    {
        let (old, new) = (quoted(old), quoted(new));
        sink.at(member, format_args!("`License` is {old}, and `License-Expression` is {new}"));
    }
}

fn license_classifiers(metadata: &Metadata) -> impl Iterator<Item = &str> {
    metadata.all("Classifier").filter(|classifier| classifier.starts_with("License ::"))
}

fn classifier(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    let Some(expression) = filled(metadata, "License-Expression") else { return };
    for classifier in license_classifiers(metadata) {
        let (classifier, expression) = (quoted(classifier), quoted(expression));
        sink.at(member, format_args!("{classifier} stands beside `License-Expression` {expression}"));
    }
}

fn text(dist: &Dist, sink: &mut Sink<'_>) {
    if let Some((member, metadata)) = read(dist)
        && let Some(text) = metadata.get("License").filter(|text| text.trim().contains('\n'))
    {
        let lines = text.lines().count();
        sink.at(member, format_args!("`License` has {lines} lines: {}", quoted(text.trim())));
    }
}

/// Why a path cannot be that of a licence file.
fn path_fault(path: &str) -> Option<&'static str> {
    let mut characters = path.chars();
    let has_drive =
        characters.next().is_some_and(|first| first.is_ascii_alphabetic()) && characters.next() == Some(':');
    let is_odd = path.split('/').any(|part| matches!(part, "" | "."));
    match path {
        _ if path.contains("..") => Some("has `..`"),
        _ if path.contains('*') => Some("is a pattern"),
        _ if path.contains('\\') => Some("has backslashes"),
        _ if path.starts_with('/') || has_drive => Some("is absolute"),
        _ if is_odd => Some("has an empty part or `.`"),
        _ => None,
    }
}

/// The licence files that the metadata names, where the format has that field; and the member that names them.
fn license_files(dist: &Dist) -> impl Iterator<Item = (&str, &str)> {
    let found = read(dist).filter(|(_, metadata)| format(metadata).is_some_and(|version| version >= (2, 4)));
    found
        .into_iter()
        .flat_map(|(member, metadata)| metadata.all("License-File").map(move |path| (member, path)))
}

fn file_path(dist: &Dist, sink: &mut Sink<'_>) {
    for (member, path) in license_files(dist) {
        if let Some(fault) = path_fault(path) {
            sink.at(member, format_args!("`License-File` {} {fault}", quoted(path)));
        }
    }
}

/// Where licence files lie, and what lies there.
fn licenses_of(dist: &Dist) -> Option<(String, BTreeSet<&str>)> {
    let (folder, paths): (_, Vec<&str>) = match dist {
        Dist::Wheel(wheel) => {
            let paths = wheel.zip.members.iter().map(|member| member.path.as_str());
            (format!("{}/licenses/", wheel.dist_info()?), paths.collect())
        }
        Dist::Sdist(sdist) => {
            let paths = sdist.tar.members.iter().map(|member| member.path.as_str());
            (sdist.metadata.member()?.strip_suffix("PKG-INFO")?.to_owned(), paths.collect())
        }
        Dist::Crate(_) | Dist::Unreadable { .. } => return None,
    };
    let files = paths.into_iter().filter_map(|path| path.strip_prefix(folder.as_str())).collect();
    Some((folder, files))
}

fn file_missing(dist: &Dist, sink: &mut Sink<'_>) {
    let mut named = license_files(dist).filter(|(_, path)| path_fault(path).is_none()).peekable();
    if named.peek().is_none() {
        return;
    }
    let Some((folder, files)) = licenses_of(dist) else { return };
    for (member, path) in named.filter(|(_, path)| !files.contains(path)) {
        sink.at(member, format_args!("there is no {} in {}", quoted(path), quoted(&folder)));
    }
}

fn undeclared_file(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let (Some(metadata), Some(directory)) = (wheel.metadata.value(), wheel.dist_info()) else { return };
    if format(metadata).is_none_or(|version| version < (2, 4)) {
        return;
    }
    let folder = format!("{directory}/licenses/");
    let named: BTreeSet<&str> = metadata.all("License-File").collect();
    for path in wheel.zip.members.iter().map(|member| member.path.as_str()) {
        let file = path.strip_prefix(&folder).filter(|file| !file.is_empty() && !file.ends_with('/'));
        if file.is_some_and(|file| !named.contains(file)) {
            sink.at(path, "no `License-File` names it");
        }
    }
}

fn no_license(dist: &Dist, sink: &mut Sink<'_>) {
    let Some((member, metadata)) = read(dist) else { return };
    let fields = ["License-Expression", "License", "License-File"];
    let says = fields.iter().any(|field| filled(metadata, field).is_some())
        || license_classifiers(metadata).next().is_some();
    if !says {
        sink.at(member, "no field says anything about the licence");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_licence_files_are_plain() {
        for path in ["LICENSE", "a/b/LICENSE.txt", "LICENSES/MIT.txt", "ü"] {
            assert_eq!(path_fault(path), None, "{path}");
        }
        for path in ["../LICENSE", "a..b", "LICEN*", "/LICENSE", "C:/LICENSE", "a\\b", "a//b", "./a", ""] {
            assert!(path_fault(path).is_some(), "{path}");
        }
    }
}
