//! What a release lacks, as far as the other files tell.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::build::WheelBuilder;
use crate::archive::build::native::elf::{Glibc, module};
use crate::archive::build::native::{Extension, Interpreter as Built, Machine};
use crate::checks::dist::Dist;
use crate::checks::{Check, Run, Sink};
use crate::model::artifact::{Distribution, FileName};
use crate::model::expect::{Implementation, Interpreter};
use crate::model::name::PackageName;
use crate::model::platform_tag::Platform;
use crate::model::version::Version;
use crate::model::wheel_name::WheelName;
use crate::python::specifier::SpecifierSet;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "set/no-sdist",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a project has several wheels and no sdist",
            explain: "Distributions of Linux build from the sdist, and so does every installer on a system that no wheel \
                      is for. Usually the job that builds it failed, or its artifact was not collected. One wheel alone \
                      is not taken for a release.",
            fix: "build an sdist too (`python -m build --sdist`), or ignore this rule where the sources are not given away",
            sources: &["Python Packaging User Guide, package formats"],
            since: "0.1.0",
        },
        run: Run::Set { check: no_sdist, specimen: |set| set.sdists.clear() },
    },
    Check {
        rule: Rule {
            id: "set/hole",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a version of Python has no wheel on a platform, while an older and a newer one have",
            explain: "For each kind of system and processor the wheels go from one version of an interpreter to another. One \
                      between them that has neither a wheel of its own nor one with a stable interface was most likely \
                      lost, and its users build from source.",
            fix: "look whether the build for this version failed; else say so by `Requires-Python`, or ignore the rule",
            sources: &["platform compatibility tags", "packaging, packaging.tags"],
            since: "0.1.0",
        },
        run: Run::Set {
            check: hole,
            specimen: |set| {
                let wheel = |minor: u8| {
                    let extension =
                        Extension { name: "_a", machine: Machine::X86_64, interpreter: Built::CPython };
                    let tag = format!("cp3{minor}");
                    let mut wheel = WheelBuilder::new("sample", "1.0", &tag, &tag, "manylinux_2_28_x86_64");
                    let path = format!("sample/_a.cpython-3{minor}-x86_64-linux-gnu.so");
                    wheel.native_member(&path, module(&extension, Glibc::V2_28));
                    wheel
                };
                set.wheels = [11, 13].map(wheel).into();
            },
        },
    },
];

/// The files of a project by what their names say, even where they could not be read: a broken wheel is there.
#[derive(Default)]
struct Project<'a> {
    wheels: Vec<WheelName>,
    has_sdist: bool,
    requires_python: Option<&'a str>,
}

fn projects(dists: &[Dist]) -> BTreeMap<PackageName, Project<'_>> {
    let mut projects: BTreeMap<PackageName, Project<'_>> = BTreeMap::new();
    for dist in dists {
        let by_name = || dist.file_name().parse::<FileName>().ok();
        let found = dist.distribution().or_else(|| Distribution::of_file_name(&by_name()?));
        let Some(distribution) = found else { continue };
        let project = projects.entry(distribution.name().clone()).or_default();
        let requires_python = dist.metadata().and_then(|metadata| metadata.get("Requires-Python"));
        project.requires_python = project.requires_python.or(requires_python);
        match distribution {
            Distribution::Wheel(wheel) => project.wheels.push(wheel),
            Distribution::Sdist(_) => project.has_sdist = true,
        }
    }
    projects
}

fn no_sdist(dists: &[Dist], sink: &mut Sink<'_>) {
    for (name, project) in projects(dists) {
        let wheels = project.wheels.len();
        if wheels > 1 && !project.has_sdist {
            sink.emit(format_args!("`{name}` has {wheels} wheels and no sdist"));
        }
    }
}

/// A kind of system and processor.
type Kind = (String, String);

/// The wheels for each kind of system: their Python and ABI tags. Those for any system stand with each kind.
fn by_kind(wheels: &[WheelName]) -> BTreeMap<Kind, BTreeSet<(&str, &str)>> {
    let mut kinds: BTreeMap<Kind, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for wheel in wheels {
        for kind in wheel.platform().iter().flat_map(|tag| Platform::of(tag).kinds()) {
            let tags = kinds.entry(kind).or_default();
            for python in wheel.python() {
                tags.extend(wheel.abi().iter().map(|abi| (&**python, &**abi)));
            }
        }
    }
    let any = kinds.get(&("any".to_owned(), String::new())).cloned().unwrap_or_default();
    kinds.values_mut().for_each(|tags| tags.extend(&any));
    kinds
}

/// The interpreters between others that none of the wheels is for, each with its neighbours.
fn holes(tags: &BTreeSet<(&str, &str)>) -> Vec<[Interpreter; 3]> {
    let mut minors: BTreeMap<Implementation, BTreeSet<u8>> = BTreeMap::new();
    for interpreter in tags.iter().filter_map(|(python, abi)| Interpreter::of_tags(python, abi)) {
        minors.entry(interpreter.implementation).or_default().insert(interpreter.minor);
    }
    let mut holes = Vec::new();
    for (implementation, minors) in minors {
        let interpreter = |minor| Interpreter { implementation, minor };
        for (&low, &high) in minors.iter().zip(minors.iter().skip(1)) {
            let between = (low + 1..high).map(interpreter);
            let is_hole = |one: &Interpreter| !tags.iter().any(|(python, abi)| one.takes(python, abi));
            holes.extend(between.filter(is_hole).map(|hole| [interpreter(low), hole, interpreter(high)]));
        }
    }
    holes
}

/// Whether the project wants to run on some release of this version of Python.
fn is_wanted(requires_python: Option<&SpecifierSet>, interpreter: Interpreter) -> bool {
    let releases = [0, 99].map(|patch| format!("3.{}.{patch}", interpreter.minor));
    let holds = |specifiers: &SpecifierSet| {
        releases
            .iter()
            .any(|text| Version::from_pep440(text).is_ok_and(|version| specifiers.contains(&version)))
    };
    requires_python.is_none_or(holds)
}

fn hole(dists: &[Dist], sink: &mut Sink<'_>) {
    for (name, project) in projects(dists) {
        let requires_python = project.requires_python.and_then(|text| text.parse().ok());
        for ((system, machine), tags) in by_kind(&project.wheels) {
            let platform = if machine.is_empty() { system } else { format!("{system} on {machine}") };
            for [low, hole, high] in holes(&tags) {
                if is_wanted(requires_python.as_ref(), hole) {
                    sink.emit(format_args!(
                        "`{name}` has wheels of {platform} for `{low}` and `{high}`, and none for `{hole}`"
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tags: &[&str], expected: &[&str]) {
        let wheels = tags.iter().map(|tags| format!("sample-1.0-{tags}.whl").parse().expect("a wheel"));
        let wheels: Vec<WheelName> = wheels.collect();
        let mut found = Vec::new();
        for ((system, machine), tags) in by_kind(&wheels) {
            found.extend(holes(&tags).iter().map(|[_, hole, _]| format!("{hole} {system} {machine}")));
        }
        assert_eq!(found, expected, "{tags:?}");
    }

    #[test]
    fn holes_are_counted_by_platform_and_interpreter() {
        check(&["cp311-cp311-win32", "cp313-cp313-win32"], &["cp312 win32 "]);
        check(&["cp39-cp39-win32", "cp312-cp312-win32"], &["cp310 win32 ", "cp311 win32 "]);
        check(&["cp311-cp311-win32", "cp313-cp313-win_amd64"], &[]);
        check(&["cp311-cp311-win32", "cp313-cp313-win32", "cp312-cp312-win32"], &[]);
        check(&["cp313-cp313-win32", "cp314-cp314t-win32", "cp311-cp311-win32"], &["cp312 win32 "]);
        check(&["pp39-pypy39_pp73-win32", "pp311-pypy311_pp73-win32"], &["pp310 win32 "]);
        check(&["cp27-cp27m-win32", "cp312-cp312-win32"], &[]);
        check(
            &["cp311-cp311-manylinux2014_x86_64", "cp313-cp313-manylinux_2_28_x86_64"],
            &["cp312 manylinux x86_64"],
        );
        check(
            &[
                "cp311-cp311-macosx_10_9_universal2",
                "cp312-cp312-macosx_11_0_arm64",
                "cp313-cp313-macosx_11_0_universal2",
            ],
            &["cp312 macosx x86_64"],
        );
    }

    #[test]
    fn wheels_for_more_than_one_version_fill_holes() {
        check(&["cp310-cp310-win32", "cp311-abi3-win32", "cp314-cp314-win32"], &[]);
        check(&["cp310-cp310-win32", "cp311-abi3-win32", "cp314-cp314t-win32"], &[]);
        check(&["cp311-cp311-win32", "cp313-cp313-win32", "py3-none-win32"], &[]);
        check(&["cp311-cp311-win32", "cp313-cp313-win32", "py3-none-any"], &[]);
        check(&["cp311-cp311-win32", "cp313-cp313-win32", "py2-none-any"], &["cp312 win32 "]);
        check(&["cp311-cp311-win32", "cp313-cp313-win32", "cp310-abi3-win_amd64"], &["cp312 win32 "]);
        check(&["cp313-cp313t-win32", "cp315-cp315t-win32", "cp311-abi3-win32"], &["cp314t win32 "]);
        check(&["cp313-cp313t-win32", "cp316-cp316t-win32", "cp314-abi3t-win32"], &[]);
    }

    #[test]
    fn versions_that_the_project_leaves_out_are_no_holes() {
        let cp312 = Interpreter { implementation: Implementation::CPython, minor: 12 };
        let wanted = |text: &str| is_wanted(Some(&text.parse().expect(text)), cp312);
        assert!(wanted(">=3.9") && wanted(">=3.12.4") && wanted(">=3.9,!=3.12.1") && is_wanted(None, cp312));
        assert!(!wanted(">=3.9,!=3.12.*") && !wanted(">=3.13"));
    }
}
