//! What the files of one release say about it: the wheels beside each other, and beside the sdist.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::metadata::Metadata;
use crate::archive::shown;
use crate::checks::dist::Dist;
use crate::checks::metadata::{FIELDS, format};
use crate::checks::{Check, Run, Sink};
use crate::model::artifact::Distribution;
use crate::model::name::PackageName;
use crate::python::requirement::Requirement;
use crate::python::specifier::SpecifierSet;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "set/wheel-metadata",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "the wheels of a version have different dependencies, extras or versions of Python",
            explain: "Resolvers read one wheel and take its word for all of them: a lock file made on one platform lacks \
                      what a wheel of another one needs. Markers say within one text what differs between platforms.",
            fix: "state dependencies in `pyproject.toml`, with markers where platforms differ, and build all wheels again",
            sources: &["core metadata specification", "uv, resolver internals", "PEP 643"],
            since: "0.1.0",
        },
        run: Run::Set {
            check: wheel_metadata,
            specimen: |set| {
                // An sdist that says nothing about the field agrees with both.
                set.sdists[0].metadata("Metadata-Version", "2.4").add_metadata("Dynamic", "Requires-Dist");
                set.wheels[0].add_metadata("Requires-Dist", "cffi");
                for wheel in &mut set.wheels {
                    wheel.add_metadata("Dynamic", "Requires-Dist");
                }
            },
        },
    },
    Check {
        rule: Rule {
            id: "set/sdist-metadata",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a wheel says something else than the sdist in a field that is not dynamic",
            explain: "From metadata 2.2 on, what an sdist does not mark as `Dynamic` is the same in every wheel that is built \
                      from it, and tools trust PKG-INFO without building. From 2.6 on, a dynamic list may be longer in the \
                      wheel, and never shorter.",
            fix: "build sdist and wheels from one commit, and list fields that builds compute under `dynamic`",
            sources: &["PEP 643", "PEP 808", "core metadata specification"],
            since: "0.1.0",
        },
        run: Run::Set {
            check: sdist_metadata,
            specimen: |set| {
                set.sdists[0].metadata("Requires-Python", ">=3.10");
            },
        },
    },
];

/// The fields that wheels of one version have in common.
const SHARED: [&str; 4] = ["Requires-Dist", "Requires-Python", "Provides-Extra", "Dynamic"];

/// The fields that other rules compare, or that speak about one file.
const OF_ONE_FILE: [&str; 4] = ["Metadata-Version", "Name", "Version", "Dynamic"];

/// The values of a field, in whatever order and spelling they stand.
type Values = BTreeSet<String>;

/// The files of one project and version that could be read.
#[derive(Default)]
struct Release<'a> {
    wheels: Vec<(&'a str, &'a Metadata)>,
    sdists: Vec<(&'a str, &'a Metadata)>,
}

fn releases(dists: &[Dist]) -> Vec<Release<'_>> {
    let mut releases: BTreeMap<_, Release<'_>> = BTreeMap::new();
    for (dist, distribution) in super::named(dists) {
        let Some(metadata) = dist.metadata() else { continue };
        let key = (distribution.name().clone(), distribution.version().clone());
        let release = releases.entry(key).or_default();
        match distribution {
            Distribution::Wheel(_) => release.wheels.push((dist.file_name(), metadata)),
            Distribution::Sdist(_) => release.sdists.push((dist.file_name(), metadata)),
        }
    }
    releases.into_values().collect()
}

/// The text without what does not matter: line folding and doubled blanks.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sorted(specifiers: &SpecifierSet) -> String {
    let mut texts: Vec<_> = specifiers.specifiers.iter().map(ToString::to_string).collect();
    texts.sort();
    texts.join(",")
}

fn normal_name(text: &str) -> String {
    text.parse().map_or_else(|_| plain(text), |name: PackageName| name.normal().to_owned())
}

/// A requirement without differences of spelling, which tools make when they write it down.
fn requirement(text: &str) -> String {
    let (head, marker) = text.split_once(';').map_or((text, None), |(head, marker)| (head, Some(marker)));
    let Ok(Requirement { name, extras, url, specifiers, .. }) = head.trim().parse() else {
        return plain(text);
    };
    let mut extras: Vec<_> = extras.iter().map(|extra| normal_name(extra)).collect();
    extras.sort();
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let (name, versions) = (normal_name(&name), sorted(&specifiers));
    let url = url.map(|url| format!("@{url}")).unwrap_or_default();
    let marker = marker.map(self::marker).unwrap_or_default();
    format!("{name}{extras}{versions}{url}{marker}")
}

/// A marker in one spelling. Brackets matter only where there is an `or`.
fn marker(text: &str) -> String {
    let text = plain(&text.replace('\'', "\""));
    let has_or = text.split(' ').any(|word| word == "or");
    let matters = |c: &char| !c.is_whitespace() && (has_or || !matches!(c, '(' | ')'));
    format!(";{}", text.chars().filter(matters).collect::<String>())
}

fn value(field: &str, text: &str) -> String {
    match field {
        "Requires-Dist" => requirement(text),
        "Provides-Extra" => normal_name(text),
        "Dynamic" => text.trim().to_ascii_lowercase(),
        "Requires-Python" => text.parse().map_or_else(|_| plain(text), |specifiers| sorted(&specifiers)),
        _ => plain(text),
    }
}

fn values(metadata: &Metadata, field: &str) -> Values {
    match field {
        "Description" => {
            metadata.description().map(plain).filter(|text| !text.is_empty()).into_iter().collect()
        }
        _ => metadata.all(field).map(|text| value(field, text)).filter(|text| !text.is_empty()).collect(),
    }
}

/// What the one side has and the other has not, in words.
fn difference(field: &str, own: &Values, other: &Values, its: &str) -> String {
    if field == "Description" {
        return format!("it is not the text of {its}");
    }
    let first = |a: &Values, b: &Values| {
        a.difference(b).next().map(|text| format!("`{}`", shown(text).escape_debug()))
    };
    match (first(own, other), first(other, own)) {
        (Some(own), Some(other)) => format!("it has {own}, and {its} has {other}"),
        (Some(own), None) => format!("it has {own}, and {its} has not"),
        (None, other) => format!("it lacks {}, which {its} has", other.unwrap_or_default()),
    }
}

/// Files by what they say in a field, those that say what most do first.
fn groups<'a>(files: &[(&'a str, &Metadata)], field: &str) -> Vec<(Values, Vec<&'a str>)> {
    let mut groups: BTreeMap<Values, Vec<&str>> = BTreeMap::new();
    for (file, metadata) in files {
        groups.entry(values(metadata, field)).or_default().push(file);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, files)| std::cmp::Reverse(files.len()));
    groups
}

/// So many more files of which the same is true.
fn and_more(files: &[&str]) -> String {
    match files.len() {
        0 | 1 => String::new(),
        2 => "; so does one more wheel".to_owned(),
        count => format!("; so do {} more wheels", count - 1),
    }
}

fn wheel_metadata(dists: &[Dist], sink: &mut Sink<'_>) {
    for release in releases(dists) {
        for field in SHARED {
            let groups = groups(&release.wheels, field);
            let Some(((meant, with), others)) = groups.split_first() else { continue };
            for (found, files) in others {
                let its = format!("`{}`", shown(with[0]));
                let (difference, more) = (difference(field, found, meant, &its), and_more(files));
                sink.in_file(files[0], format_args!("`{field}` differs: {difference}{more}"));
            }
        }
    }
}

/// Whether the sdist's word about a field binds the wheels, and how.
#[derive(Clone, Copy)]
enum Bond {
    Equal,
    Extended,
}

/// How the wheels are bound to what the sdist says of a field that its version of the format has.
fn bond(sdist: &Metadata, field: &str, since: (u32, u32), repeats: bool) -> Option<Bond> {
    let version = format(sdist).filter(|version| *version >= (2, 2) && since <= *version)?;
    let is_dynamic = sdist.all("Dynamic").any(|name| name.trim().eq_ignore_ascii_case(field));
    match (is_dynamic, version >= (2, 6) && repeats) {
        (false, _) => Some(Bond::Equal),
        (true, true) => Some(Bond::Extended),
        (true, false) => None,
    }
}

fn sdist_metadata(dists: &[Dist], sink: &mut Sink<'_>) {
    for Release { wheels, sdists } in releases(dists) {
        // Two sdists of one version are another rule's concern.
        let [(file, sdist)] = sdists[..] else { continue };
        let its = format!("`{}`", shown(file));
        for &(field, since, repeats) in FIELDS.iter().filter(|(field, ..)| !OF_ONE_FILE.contains(field)) {
            let Some(bond) = bond(sdist, field, since, repeats) else { continue };
            let stated = values(sdist, field);
            for (found, files) in groups(&wheels, field) {
                let agrees = match bond {
                    Bond::Equal => found == stated,
                    Bond::Extended => stated.is_subset(&found),
                };
                if !agrees {
                    let (difference, more) = (difference(field, &found, &stated, &its), and_more(&files));
                    sink.in_file(files[0], format_args!("`{field}` differs: {difference}{more}"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::build::SetBuilder;
    use crate::checks::{Candidate, judge};

    #[test]
    fn spelling_does_not_matter() {
        for (one, other) in [
            ("Foo_Bar>=1,<2", "foo-bar <2,>=1"),
            ("a[X,y]", "a[y, x]"),
            ("a; extra == 'b'", "a ; extra==\"b\""),
            ("a; (python_version < '3.8') and extra == 'b'", "a; python_version < '3.8' and extra == 'b'"),
            ("a (>=1)", "a>=1"),
        ] {
            assert_eq!(requirement(one), requirement(other));
        }
        for (one, other) in [("a>=1", "a>=2"), ("a", "b"), ("a", "a; extra == 'b'"), ("a[x]", "a")] {
            assert_ne!(requirement(one), requirement(other));
        }
    }

    /// The messages of both rules about a set that was changed.
    fn found(change: impl Fn(&mut SetBuilder)) -> Vec<String> {
        let mut set = SetBuilder::new("sample", "1.0");
        change(&mut set);
        let files = set.build().into_iter().map(|(name, bytes)| Candidate::of(name.as_str(), bytes));
        let dists = judge(files.collect());
        let mut messages = Vec::new();
        for (row, check) in CHECKS.iter().zip([wheel_metadata, sdist_metadata]) {
            let mut sink = Sink::new(&row.rule, None);
            check(&dists, &mut sink);
            messages
                .extend(sink.finish().into_iter().map(|found| format!("{} {}", found.check, found.message)));
        }
        messages
    }

    #[test]
    fn what_is_dynamic_may_differ() {
        let dynamic = |set: &mut SetBuilder, version| {
            let sdist = &mut set.sdists[0];
            sdist.metadata("Metadata-Version", version).add_metadata("Dynamic", "requires-dist");
            sdist.add_metadata("Requires-Dist", "a");
        };
        let both = |set: &mut SetBuilder, value: &str| {
            for wheel in &mut set.wheels {
                wheel.add_metadata("Requires-Dist", value);
            }
        };
        assert_eq!(found(|_| {}), [""; 0]);
        assert_eq!(found(|set| dynamic(set, "2.4")), [""; 0]);
        assert_eq!(
            found(|set| dynamic(set, "2.6")),
            [
                "set/sdist-metadata `Requires-Dist` differs: it lacks `a`, which `sample-1.0.tar.gz` has; so does one more wheel"
            ]
        );
        let extended = |set: &mut SetBuilder| {
            dynamic(set, "2.6");
            both(set, "a");
            both(set, "b");
        };
        assert_eq!(found(extended), [""; 0]);
    }

    #[test]
    fn old_sdists_bind_nobody_and_newer_fields_are_theirs() {
        let summary = |version: &'static str| {
            move |set: &mut SetBuilder| {
                set.sdists[0].metadata("Metadata-Version", version).metadata("Summary", "Another");
            }
        };
        assert_eq!(found(summary("2.1")), [""; 0]);
        assert_eq!(found(summary("2.2")).len(), 1);
        let licence = |set: &mut SetBuilder| {
            let sdist = set.sdists[0].metadata("Metadata-Version", "2.3");
            sdist.without_metadata("License-File").without_metadata("License-Expression");
        };
        assert_eq!(found(licence), [""; 0]);
    }

    #[test]
    fn what_most_wheels_say_is_meant() {
        let odd = |set: &mut SetBuilder| {
            set.sdists.clear();
            let third = set.wheels[0].clone();
            set.wheels.push(third);
            set.wheels[2].tags("cp313", "cp313", "manylinux_2_28_x86_64");
            set.wheels[1].metadata("Requires-Python", ">= 3.10");
        };
        let found = found(odd);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("`Requires-Python` differs: it has `>=3.10`, and `sample-1.0-cp312-"),
            "{found:?}"
        );
    }
}
