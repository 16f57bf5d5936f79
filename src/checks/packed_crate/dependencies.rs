//! What a crate needs and offers, and crates of one release side by side.

use std::collections::BTreeMap;

use semver::VersionReq;

use super::super::dist::Dist;
use super::super::{Check, Run, Sink};
use super::{CARGO, CRATES_IO, for_crates_io};
use crate::archive::build::CrateBuilder;
use crate::archive::crate_file::PackedFile;
use crate::archive::shown;
use crate::report::{Rule, Severity};

/// What crates.io takes of a crate that was granted no more.
const MOST_FEATURES: usize = 300;
const MOST_DEPENDENCIES: usize = 500;

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "crate/wildcard",
            severity: Severity::Error,
            rejected_by: &["crates-io"],
            summary: "the crate needs another one in any version (`*`)",
            explain: "Such a crate would be built with versions that nobody ever tried it with, so crates.io takes no \
                      requirement that is a lone `*`, nor one that is missing.",
            fix: "require the version that the crate was tested with, as in `1.2`",
            sources: &[CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: wildcard,
            specimen: |packed| {
                packed.dependency("other", "*");
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/foreign-registry",
            severity: Severity::Error,
            rejected_by: &["cargo", "crates-io"],
            summary: "the crate needs one of another registry, and crates.io could be asked to take it",
            explain: "What is on crates.io can be built from crates.io alone. A crate for another registry names that \
                      in `publish`, and is then not asked what only crates.io demands.",
            fix: "name the registry in the manifest (`publish = [\"NAME\"]`), or depend on a crate from crates.io",
            sources: &[CARGO, CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: foreign_registry,
            specimen: |packed| {
                packed.tables(
                    "[dependencies.other]\nversion = \"1\"\nregistry-index = \"sparse+https://registry.example/\"\n",
                );
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/too-many",
            severity: Severity::Error,
            rejected_by: &["crates-io"],
            summary: "the crate has more features or dependencies than crates.io takes",
            explain: "crates.io takes 300 features, 300 others that one of them turns on, and 500 dependencies, unless \
                      it was asked to raise the limit of the crate.",
            fix: "split the crate, or have the limit raised and then `ignore` this",
            sources: &[CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: too_many,
            specimen: |packed| {
                let features: String =
                    (0..=MOST_FEATURES).map(|number| format!("f{number} = []\n")).collect();
                packed.tables(&format!("[features]\n{features}"));
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/twins",
            severity: Severity::Error,
            rejected_by: &["crates-io"],
            summary: "two crates are the same one to a registry",
            explain: "Names that differ in case or in `-` and `_`, and versions that differ behind `+`, are one crate \
                      in one version: the second of them is refused after the first one is out.",
            fix: "remove the file that is left from an older build, or give the crate a version of its own",
            sources: &[CRATES_IO, "Semantic Versioning 2.0.0, build metadata"],
            since: "0.1.0",
        },
        run: Run::Set {
            check: twins,
            specimen: |set| {
                set.crates =
                    ["1.0.0+a", "1.0.0+b"].map(|version| CrateBuilder::new("sample", version)).into();
            },
        },
    },
];

fn wildcard(packed: &PackedFile, sink: &mut Sink<'_>) {
    let Some((member, manifest)) = for_crates_io(packed) else { return };
    for dependency in manifest.dependencies().iter().filter(|one| one.requirement == VersionReq::STAR) {
        sink.at(member, format_args!("it needs `{}` in any version", dependency.name));
    }
}

fn foreign_registry(packed: &PackedFile, sink: &mut Sink<'_>) {
    let Some((member, manifest)) = for_crates_io(packed) else { return };
    for dependency in manifest.dependencies() {
        if let Some(index) = dependency.registry_index() {
            let index = shown(index);
            sink.at(member, format_args!("it needs `{}` of `{}`", dependency.name, index.escape_debug()));
        }
    }
}

fn too_many(packed: &PackedFile, sink: &mut Sink<'_>) {
    let Some((member, manifest)) = for_crates_io(packed) else { return };
    let (features, dependencies) = (manifest.features.len(), manifest.dependencies().len());
    if features > MOST_FEATURES {
        sink.at(member, format_args!("it has {features} features, and may have {MOST_FEATURES}"));
    }
    for (feature, others) in manifest.features.iter().filter(|(_, others)| others.len() > MOST_FEATURES) {
        let (feature, count) = (shown(feature), others.len());
        let feature = feature.escape_debug();
        sink.at(member, format_args!("`{feature}` turns on {count} others, and may {MOST_FEATURES}"));
    }
    if dependencies > MOST_DEPENDENCIES {
        sink.at(member, format_args!("it has {dependencies} dependencies, and may have {MOST_DEPENDENCIES}"));
    }
}

fn twins(dists: &[Dist], sink: &mut Sink<'_>) {
    let mut seen = BTreeMap::new();
    for (dist, file) in dists.iter().filter_map(|dist| Some((dist, dist.packed()?.name.as_ref()?))) {
        let version = file.version();
        let release = (version.major, version.minor, version.patch, version.pre.as_str());
        let first = *seen.entry((file.name(), release)).or_insert(dist.file_name());
        // A second file of the same name is another rule's concern.
        if first != dist.file_name() {
            sink.in_file(
                dist.file_name(),
                format_args!("to a registry it is the same as `{}`", shown(first)),
            );
        }
    }
}
