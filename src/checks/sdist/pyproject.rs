//! `pyproject.toml` of an sdist: there, readable, right, and saying what PKG-INFO says.

use toml::{Table, Value};

use super::super::{Check, Run, Sink};
use super::project;
use crate::archive::document::{Document, NotRead, TextFault};
use crate::archive::metadata::Metadata;
use crate::archive::sdist::SdistFile;
use crate::archive::shown;
use crate::model::name::PackageName;
use crate::model::version::Version;
use crate::report::{Rule, Severity};

const SDIST: &str = "source distribution format";
const PYPROJECT: &str = "pyproject.toml specification";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "sdist/no-pyproject",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the sdist has no `pyproject.toml`",
            explain: "Since PEP 517 an sdist has one, and it names the build backend. Without it installers fall back \
                      to running `setup.py` with whatever setuptools is new that day.",
            fix: "add a `pyproject.toml` with a `[build-system]` table to the project",
            sources: &[SDIST],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: no_pyproject,
            specimen: |sdist| {
                sdist.member("setup.py", "from setuptools import setup\n\nsetup()\n");
                sdist.edit_tar(|tar| tar.entries.retain(|entry| !entry.path.ends_with("/pyproject.toml")));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/no-build",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "the sdist has neither `pyproject.toml` nor `setup.py`",
            explain: "Without the one that names a build backend and the other that is one, nobody can build the sdist: \
                      pip and uv say that it is no Python project.",
            fix: "add a `pyproject.toml` with a `[build-system]` table to the project",
            sources: &[SDIST],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: no_build,
            specimen: |sdist| {
                sdist.edit_tar(|tar| tar.entries.retain(|entry| !entry.path.ends_with("/pyproject.toml")));
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/pyproject-form",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "`pyproject.toml` is no valid TOML, or cannot be read",
            explain: "Every installer reads the file before it builds, and stops where it is no UTF-8 text in the form \
                      of TOML. No build from this sdist can succeed.",
            fix: "correct the line that the message names, and build the sdist again",
            sources: &[PYPROJECT, "TOML 1.1"],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: form,
            specimen: |sdist| {
                sdist.member("pyproject.toml", "[build-system\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/build-system",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`[build-system]` of `pyproject.toml` is missing or not of the form that installers read",
            explain: "`requires` lists what the build needs and is the one key that must be there; `build-backend` and \
                      `backend-path` say what runs. Without the table, installers assume setuptools.",
            fix: "write `requires` as a list of requirements and `build-backend` as a dotted name",
            sources: &[PYPROJECT],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: build_system,
            specimen: |sdist| {
                sdist.member("pyproject.toml", "[build-system]\nbuild-backend = \"flit_core.buildapi\"\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/project-table",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`[project]` or `[dependency-groups]` of `pyproject.toml` breaks its specification",
            explain: "Backends differ in what they let pass: another one, or the next version of this one, refuses \
                      the table, and readers of metadata do not understand the key.",
            fix: "correct the key that the message names, as the specification of `pyproject.toml` has it",
            sources: &[PYPROJECT, "validate-pyproject"],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: project_table,
            specimen: |sdist| {
                sdist.member(
                    "pyproject.toml",
                    "[build-system]\nrequires = []\n[project]\nname = \"sample\"\nversion = \"1.0\"\nkeyword = \"a\"\n",
                );
            },
        },
    },
    Check {
        rule: Rule {
            id: "sdist/project-mismatch",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "`[project]` and PKG-INFO disagree",
            explain: "What `[project]` states and does not call dynamic is what PKG-INFO must say. Where they differ, \
                      the file was changed behind the build, and a wheel from this sdist says something else.",
            fix: "build the sdist again from the sources as they are, and change nothing in it afterwards",
            sources: &[PYPROJECT, "core metadata specification"],
            since: "0.1.0",
        },
        run: Run::Sdist {
            check: mismatch,
            specimen: |sdist| {
                sdist.metadata("Requires-Python", ">=3.12");
            },
        },
    },
];

/// The folder whose `pyproject.toml` is missing. Without the folder that the file name promises, that is what has to
/// be told, and not this.
fn without_pyproject(sdist: &SdistFile) -> Option<&str> {
    let root = sdist.name.as_ref().ok()?.stem();
    let is_below = |path: &str| path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    let absent = matches!(sdist.pyproject, Document::Absent);
    (absent && sdist.tar.members.iter().any(|one| is_below(&one.path))).then_some(root)
}

fn has_setup(sdist: &SdistFile, root: &str) -> bool {
    let is_setup = |path: &str| path.strip_prefix(root) == Some("/setup.py");
    sdist.tar.members.iter().any(|member| is_setup(&member.path))
}

fn no_pyproject(sdist: &SdistFile, sink: &mut Sink<'_>) {
    if let Some(root) = without_pyproject(sdist).filter(|root| has_setup(sdist, root)) {
        sink.emit(format_args!("no `pyproject.toml` is in `{}`", shown(root).escape_debug()));
    }
}

fn no_build(sdist: &SdistFile, sink: &mut Sink<'_>) {
    if let Some(root) = without_pyproject(sdist).filter(|root| !has_setup(sdist, root)) {
        let root = shown(root);
        sink.emit(format_args!("neither `pyproject.toml` nor `setup.py` is in `{}`", root.escape_debug()));
    }
}

fn form(sdist: &SdistFile, sink: &mut Sink<'_>) {
    match &sdist.pyproject {
        Document::Absent => {}
        Document::Unread { member, reason } => match reason {
            NotRead::Damaged => sink.at(member, "its contents are damaged"),
            NotRead::NoFile => sink.at(member, "it is no regular file"),
            NotRead::TooLong { limit } => sink.at(member, format_args!("it has more than {limit} bytes")),
            NotRead::TooManyLines { limit } => {
                sink.at(member, format_args!("it has more than {limit} lines"))
            }
        },
        Document::Read { member, fault: Some(TextFault::NotUtf8 { at }), .. } => {
            sink.at(member, format_args!("it is no UTF-8 from byte {at} on"));
        }
        Document::Read { member, value, .. } => {
            if let Err(error) = value.parse::<Table>() {
                let line = error.span().map_or(1, |span| 1 + value[..span.start].matches('\n').count());
                let message = shown(error.message());
                sink.at(member, format_args!("line {line}: {}", message.escape_debug()));
            }
        }
    }
}

/// The tables, where there are any, and the member that has them.
fn tables(sdist: &SdistFile) -> Option<(&str, Table)> {
    let tables = sdist.pyproject.value()?.parse().ok()?;
    Some((sdist.pyproject.member()?, tables))
}

fn build_system(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let Some((member, tables)) = tables(sdist) else { return };
    for fault in project::build_system_faults(&tables) {
        sink.at(member, fault);
    }
}

fn project_table(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let Some((member, tables)) = tables(sdist) else { return };
    for fault in project::faults(&tables) {
        sink.at(member, fault);
    }
}

fn mismatch(sdist: &SdistFile, sink: &mut Sink<'_>) {
    let (Some((member, tables)), Some(info)) = (tables(sdist), sdist.metadata.value()) else { return };
    let Some(project) = tables.get("project").and_then(Value::as_table) else { return };
    let dynamic = project.get("dynamic").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (key, header, same) in AGREEMENTS {
        let (Some(Value::String(stated)), false) =
            (project.get(*key), dynamic.iter().any(|name| name.as_str() == Some(key)))
        else {
            continue;
        };
        let found = info.get(header);
        if !found.is_some_and(|found| same(stated, found)) {
            let (stated, found) = (shown(stated), found.map(shown));
            let found = found.map_or("nothing".to_owned(), |found| format!("`{}`", found.escape_debug()));
            let stated = stated.escape_debug();
            sink.at(
                member,
                format_args!("`project.{key}` is `{stated}`, and PKG-INFO's `{header}` is {found}"),
            );
        }
    }
    dependencies(member, project, info, sink);
}

/// A key of `[project]`, the header that it becomes, and whether two texts mean the same.
type Agreement = (&'static str, &'static str, fn(&str, &str) -> bool);

const AGREEMENTS: &[Agreement] = &[
    ("name", "Name", |stated, found| match (stated.parse::<PackageName>(), found.parse::<PackageName>()) {
        (Ok(stated), Ok(found)) => stated.normal() == found.normal(),
        _ => stated == found,
    }),
    ("version", "Version", |stated, found| {
        match (Version::from_pep440(stated), Version::from_pep440(found)) {
            (Ok(stated), Ok(found)) => stated == found,
            _ => stated == found,
        }
    }),
    ("description", "Summary", |stated, found| words(stated) == words(found)),
    ("requires-python", "Requires-Python", |stated, found| clauses(stated) == clauses(found)),
];

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// A specifier's clauses without blanks, in an order of their own, since backends sort them.
fn clauses(text: &str) -> Vec<String> {
    let mut clauses: Vec<String> =
        text.split(',').map(|clause| clause.split_whitespace().collect()).collect();
    clauses.sort_unstable();
    clauses
}

/// Dependencies are counted, not read: backends write one in many ways.
fn dependencies(member: &str, project: &Table, info: &Metadata, sink: &mut Sink<'_>) {
    let Some(stated) = project.get("dependencies").and_then(Value::as_array) else { return };
    let is_optional = |line: &str| line.split_once(';').is_some_and(|(_, marker)| marker.contains("extra"));
    let found = info.all("Requires-Dist").filter(|line| !is_optional(line)).count();
    let wanted = stated.iter().filter(|one| one.as_str().is_some_and(|one| !is_optional(one))).count();
    if wanted != found {
        sink.at(
            member,
            format_args!("`project.dependencies` has {wanted} entries, and PKG-INFO requires {found}"),
        );
    }
}
