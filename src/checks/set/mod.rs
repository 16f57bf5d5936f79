//! The files of one release together.

mod absent;
mod metadata;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::dist::Dist;
use super::{Check, Run, Sink};
use crate::archive::build::{SdistBuilder, WheelBuilder};
use crate::archive::shown;
use crate::model::artifact::Distribution;
use crate::model::name::PackageName;
use crate::model::wheel_name::WheelName;
use crate::report::{Rule, Severity};

pub(super) const TABLES: &[&[Check]] = &[CHECKS, absent::CHECKS, metadata::CHECKS];

const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "set/one-version",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "the files are of different versions",
            explain: "A release has one version. Usually files of an earlier build were left in the folder.",
            fix: "build into an empty folder, or remove the files of the other version",
            sources: &["one release, one version: the manifest of this program"],
            since: "0.1.0",
        },
        run: Run::Set {
            check: one_version,
            specimen: |set| set.sdists = vec![SdistBuilder::new("sample", "1.1")],
        },
    },
    Check {
        rule: Rule {
            id: "set/duplicate-file",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "two files have the same name",
            explain: "An index and a release page hold one file of a name. Two jobs built the same wheel, or a \
                      folder was collected twice.",
            fix: "let one job build each wheel, and collect each artifact once",
            sources: &["PyPI, file names are used once"],
            since: "0.1.0",
        },
        run: Run::Set {
            check: duplicate_file,
            specimen: |set| set.wheels.extend(set.wheels.first().cloned()),
        },
    },
    Check {
        rule: Rule {
            id: "set/same-tags",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "two wheels of a project have the same tags",
            explain: "Installers take either of them, so users get different files by chance. The names differ only \
                      in spelling.",
            fix: "keep one of the two, or give the newer one a build tag",
            sources: &["platform compatibility tags", "binary distribution format, file name convention"],
            since: "0.1.0",
        },
        run: Run::Set {
            check: same_tags,
            specimen: |set| {
                let wheel = |platform| WheelBuilder::new("sample", "1.0", "cp312", "cp312", platform);
                let platforms = [
                    "manylinux2014_x86_64.manylinux_2_17_x86_64",
                    "manylinux_2_17_x86_64.manylinux2014_x86_64",
                ];
                set.wheels = platforms.map(wheel).into();
            },
        },
    },
    Check {
        rule: Rule {
            id: "set/overlapping-tags",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "two wheels of a project share a tag",
            explain: "For a machine that prefers the shared tag installers take either of them.",
            fix: "build the wheels so that each tag stands in one of them, or leave one wheel out",
            sources: &["platform compatibility tags"],
            since: "0.1.0",
        },
        run: Run::Set {
            check: overlapping_tags,
            specimen: |set| {
                let wheel = |python| WheelBuilder::new("sample", "1.0", python, "none", "any");
                set.wheels = ["py2.py3", "py3"].map(wheel).into();
            },
        },
    },
    Check {
        rule: Rule {
            id: "set/one-sdist",
            severity: Severity::Error,
            rejected_by: &["pypi"],
            summary: "a project has two sdists",
            explain: "An index takes one sdist for a version. One of them has a name in another spelling, and is \
                      probably left from an older build.",
            fix: "remove the sdist of the older build, which usually has the older spelling",
            sources: &["PyPI, one source distribution for a release"],
            since: "0.1.0",
        },
        run: Run::Set {
            check: one_sdist,
            specimen: |set| {
                let mut other = SdistBuilder::new("sample", "1.0");
                other.file_name("Sample-1.0.tar.gz");
                set.sdists.push(other);
            },
        },
    },
    Check {
        rule: Rule {
            id: "set/name-spelling",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the files spell a project's name differently",
            explain: "Names compare in normal form, so nothing breaks; but the index shows the spelling of the file \
                      that came first.",
            fix: "set `name` once, where all builds read it, and build again",
            sources: &["core metadata specification", "name normalisation (PEP 503)"],
            since: "0.1.0",
        },
        run: Run::Set {
            check: name_spelling,
            specimen: |set| {
                set.sdists[0].metadata("Name", "Sample");
            },
        },
    },
];

/// The files whose names could be taken apart.
fn named(dists: &[Dist]) -> Vec<(&Dist, Distribution)> {
    dists.iter().filter_map(|dist| dist.distribution().map(|distribution| (dist, distribution))).collect()
}

fn one_version(dists: &[Dist], sink: &mut Sink<'_>) {
    let named = named(dists);
    let mut versions: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for (dist, distribution) in &named {
        versions.entry(distribution.version()).or_default().push(dist.file_name());
    }
    // The version that most files have is likely the one that was meant.
    let Some((meant, others)) = versions.iter().max_by_key(|(_, files)| files.len()) else { return };
    for (version, files) in versions.iter().filter(|(version, _)| version != &meant) {
        for file in files {
            let other = shown(others[0]);
            sink.in_file(file, format_args!("it is of version `{version}`, and `{other}` is of `{meant}`"));
        }
    }
}

fn duplicate_file(dists: &[Dist], sink: &mut Sink<'_>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for dist in dists {
        *counts.entry(dist.file_name()).or_default() += 1;
    }
    for (file, count) in counts.into_iter().filter(|(_, count)| *count > 1) {
        sink.in_file(file, format_args!("{count} files have this name"));
    }
}

/// Wheels of one project, version and build, which an installer chooses among by tag.
fn rivals<'a>(named: &'a [(&'a Dist, Distribution)]) -> Vec<Vec<(&'a str, &'a WheelName)>> {
    let mut groups: HashMap<_, Vec<(&str, &WheelName)>> = HashMap::new();
    for (dist, distribution) in named {
        if let Distribution::Wheel(wheel) = distribution {
            let version = wheel.version().pep440();
            groups.entry((wheel.name(), version, wheel.build())).or_default().push((dist.file_name(), wheel));
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.iter_mut().for_each(|group| {
        group.sort();
        // A second file of the same name is another rule's concern.
        group.dedup_by_key(|(file, _)| *file);
    });
    groups.sort();
    groups
}

fn same_tags(dists: &[Dist], sink: &mut Sink<'_>) {
    let named = named(dists);
    for group in rivals(&named) {
        let mut seen: HashMap<BTreeSet<String>, &str> = HashMap::new();
        for (file, wheel) in group {
            let first = *seen.entry(wheel.tags().collect()).or_insert(file);
            if first != file {
                sink.in_file(file, format_args!("it has the same tags as `{}`", shown(first)));
            }
        }
    }
}

fn overlapping_tags(dists: &[Dist], sink: &mut Sink<'_>) {
    let named = named(dists);
    for group in rivals(&named) {
        let sets: Vec<BTreeSet<String>> = group.iter().map(|(_, wheel)| wheel.tags().collect()).collect();
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for (index, tags) in sets.iter().enumerate() {
            let shared = tags.iter().find_map(|tag| seen.get(tag.as_str()).map(|first| (tag, *first)));
            // Wheels that share all tags are the concern of `set/same-tags`.
            if let Some((tag, first)) = shared.filter(|(_, first)| sets[*first] != *tags) {
                let other = shown(group[first].0);
                sink.in_file(group[index].0, format_args!("it shares the tag `{tag}` with `{other}`"));
            }
            for tag in tags {
                seen.entry(tag).or_insert(index);
            }
        }
    }
}

fn one_sdist(dists: &[Dist], sink: &mut Sink<'_>) {
    let named = named(dists);
    let mut seen: HashMap<_, &str> = HashMap::new();
    for (dist, distribution) in &named {
        let Distribution::Sdist(sdist) = distribution else { continue };
        let file = dist.file_name();
        let first = *seen.entry((sdist.name(), sdist.version().pep440())).or_insert(file);
        if first != file {
            sink.in_file(
                file,
                format_args!("`{}` is an sdist of the same project and version", shown(first)),
            );
        }
    }
}

fn name_spelling(dists: &[Dist], sink: &mut Sink<'_>) {
    let mut spellings: BTreeMap<_, BTreeMap<String, &str>> = BTreeMap::new();
    for (dist, distribution) in named(dists) {
        let stated = dist.metadata().and_then(|metadata| metadata.get("Name"));
        let name = distribution.name().clone();
        // Another project's name is the concern of `metadata/name-mismatch`.
        if let Some(stated) =
            stated.filter(|stated| stated.parse().is_ok_and(|stated: PackageName| stated == name))
        {
            spellings.entry(name).or_default().entry(stated.to_owned()).or_insert(dist.file_name());
        }
    }
    for files in spellings.values().filter(|files| files.len() > 1) {
        let mut files = files.iter();
        let Some((first, first_file)) = files.next() else { continue };
        for (spelling, file) in files {
            let (spelling, first) = (shown(spelling), shown(first));
            sink.in_file(
                file,
                format_args!("it spells the project `{spelling}`, and `{first_file}` spells it `{first}`"),
            );
        }
    }
}
