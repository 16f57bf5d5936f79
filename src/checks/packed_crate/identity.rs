//! The manifest of a crate: there, readable, cargo's own work, and of the crate that the file name names.

use super::super::{Check, Run, Sink};
use super::{CARGO, CRATES_IO, MANIFEST, manifest};
use crate::archive::crate_file::{DependencySource, PackedFile, PublishTo};
use crate::archive::document::{Document, NotRead, TextFault};
use crate::archive::shown;
use crate::report::{Rule, Severity};

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "crate/no-manifest",
            severity: Severity::Error,
            rejected_by: &["cargo", "crates-io"],
            summary: "the crate has no `Cargo.toml`, or more than one",
            explain: "One file of this name and this case lies in the crate's folder. A second one in other letters \
                      would take its place on disks that overlook case.",
            fix: "pack the crate with `cargo package`, and keep no other file called `cargo.toml` beside the manifest",
            sources: &[CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: no_manifest,
            specimen: |packed| {
                packed.edit_tar(|tar| tar.entries.retain(|entry| !entry.path.ends_with("/Cargo.toml")));
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/manifest-form",
            severity: Severity::Error,
            rejected_by: &["cargo", "crates-io"],
            summary: "`Cargo.toml` cannot be read as the manifest of a packed crate",
            explain: "It is no UTF-8 text, no TOML, lacks name or version, has a key of another kind than cargo reads, \
                      or inherits one (`workspace = true`), of which a packed crate has none.",
            fix: "pack the crate with `cargo package`, which writes the manifest anew",
            sources: &[MANIFEST, CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: manifest_form,
            specimen: |packed| {
                packed.package("license", "{ workspace = true }");
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/name-mismatch",
            severity: Severity::Error,
            rejected_by: &["cargo", "crates-io"],
            summary: "the manifest names another crate or version than the file name",
            explain: "A registry is told name and version from the manifest and finds the folder by them; what it then \
                      calls the crate is not what this release calls it.",
            fix: "pack the crate again with `cargo package`, and do not rename the file",
            sources: &[CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: name_mismatch,
            specimen: |packed| {
                packed.package("version", "\"1.0.1\"");
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/not-normalised",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "the manifest is not the one that cargo writes when it packs a crate",
            explain: "It has a workspace, or needs a crate from a path, from git or from a registry that only this \
                      machine knows. Nobody else can build that, and a registry would be told other dependencies than \
                      by cargo.",
            fix: "pack the crate with `cargo package` instead of by hand",
            sources: &[MANIFEST, CARGO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: not_normalised,
            specimen: |packed| {
                packed.tables("[dependencies.other]\nversion = \"1\"\npath = \"../other\"\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/patch",
            severity: Severity::Error,
            rejected_by: &["crates-io"],
            summary: "the manifest has a `[patch]` table",
            explain: "Patches change what a workspace on one machine is built from. Cargo leaves them out of a packed \
                      crate, and crates.io takes none with them.",
            fix: "pack the crate with `cargo package` instead of by hand",
            sources: &[CRATES_IO],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: patch,
            specimen: |packed| {
                packed.tables("[patch.crates-io]\nother = { path = \"../other\" }\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/publish-false",
            severity: Severity::Error,
            rejected_by: &["cargo"],
            summary: "the manifest forbids to publish the crate",
            explain: "`publish = false` is there so that a crate reaches no registry by mistake. A registry does not \
                      look at it; `cargo publish` does.",
            fix: "take `publish = false` out of the manifest, or the crate out of `packages-dir`",
            sources: &[MANIFEST],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: publish_false,
            specimen: |packed| {
                packed.package("publish", "false");
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/dirty",
            severity: Severity::Warning,
            rejected_by: &["cargo"],
            summary: "the crate was packed from files that were not committed",
            explain: "Cargo packs such a checkout only if told to (`--allow-dirty`), and takes it down. What is in the \
                      crate can then not be found in the repository, by nobody.",
            fix: "pack the crate from a clean checkout; if a build changes files, let it do so outside of the package",
            sources: &["The Cargo Book, cargo package"],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: dirty,
            specimen: |packed| {
                packed.member(".cargo_vcs_info.json", "{\"git\": {\"sha1\": \"\", \"dirty\": true}}\n");
            },
        },
    },
    Check {
        rule: Rule {
            id: "crate/readme",
            severity: Severity::Error,
            rejected_by: &["cargo"],
            summary: "the readme that the manifest names is not in the crate, or is no text",
            explain: "A registry is told the readme's text beside the crate. Without it the crate's page stays empty, \
                      and for this version nobody can fill it later.",
            fix: "name a readme in UTF-8 that is in the package, or write `readme = false`",
            sources: &[MANIFEST, "The Cargo Book, registry web API"],
            since: "0.1.0",
        },
        run: Run::Crate {
            check: readme,
            specimen: |packed| {
                packed.without_member("README.md");
            },
        },
    },
];

fn no_manifest(packed: &PackedFile, sink: &mut Sink<'_>) {
    match &packed.manifest {
        Document::Absent => sink.emit("there is no `Cargo.toml` in its folder"),
        Document::Unread { member, reason: NotRead::NoFile } => sink.at(member, "it is no regular file"),
        Document::Unread { .. } | Document::Read { .. } => {}
    }
    let is_other = |path: &str| {
        let below = path.split_once('/').map(|(_, below)| below);
        below.is_some_and(|below| below.eq_ignore_ascii_case("cargo.toml") && below != "Cargo.toml")
    };
    for member in packed.tar.members.iter().filter(|member| is_other(&member.path)) {
        sink.at(&member.path, "it is called `Cargo.toml` in other letters");
    }
}

fn manifest_form(packed: &PackedFile, sink: &mut Sink<'_>) {
    let (member, why) = match &packed.manifest {
        Document::Unread { member, reason: NotRead::TooLong { limit } } => {
            (member, format!("it has more than {limit} bytes"))
        }
        Document::Unread { member, reason: NotRead::TooManyLines { limit } } => {
            (member, format!("it has more than {limit} lines"))
        }
        Document::Unread { member, reason: NotRead::Damaged } => (member, "it is damaged".to_owned()),
        Document::Read { member, fault: Some(TextFault::NotUtf8 { at }), .. } => {
            (member, format!("it is no UTF-8 from byte {at} on"))
        }
        Document::Read { member, value: Err(error), .. } => (member, error.to_string()),
        Document::Absent | Document::Unread { reason: NotRead::NoFile, .. } | Document::Read { .. } => return,
    };
    sink.at(member, why);
}

fn name_mismatch(packed: &PackedFile, sink: &mut Sink<'_>) {
    if let (Some(file), Some((member, manifest))) = (&packed.name, manifest(packed)) {
        let (name, version) = (&manifest.name, &manifest.version);
        if file.name().written() != name.written() || file.version() != version {
            let (promised, at) = (file.name(), file.version());
            sink.at(member, format_args!("it is of `{name}` {version}, the file name of `{promised}` {at}"));
        }
    }
}

fn not_normalised(packed: &PackedFile, sink: &mut Sink<'_>) {
    let Some((member, manifest)) = manifest(packed) else { return };
    for table in manifest.left_over.iter().filter(|table| **table != "patch") {
        sink.at(member, format_args!("it has a `{table}` table"));
    }
    for dependency in manifest.dependencies() {
        if let DependencySource::Local(key) = dependency.source {
            sink.at(member, format_args!("its dependency `{}` has the key `{key}`", dependency.name));
        }
    }
}

fn patch(packed: &PackedFile, sink: &mut Sink<'_>) {
    if let Some((member, _)) = manifest(packed).filter(|(_, manifest)| manifest.left_over.contains(&"patch"))
    {
        sink.at(member, "it has a `patch` table");
    }
}

fn publish_false(packed: &PackedFile, sink: &mut Sink<'_>) {
    if let Some((member, manifest)) = manifest(packed)
        && let PublishTo::Only(registries) = &manifest.publish
        && registries.is_empty()
    {
        sink.at(member, "it says `publish = false`, or names no registry there");
    }
}

fn dirty(packed: &PackedFile, sink: &mut Sink<'_>) {
    if packed.packed_from.as_ref().is_some_and(|from| from.is_dirty) {
        sink.emit("cargo took down that the checkout had changes which were not committed");
    }
}

fn readme(packed: &PackedFile, sink: &mut Sink<'_>) {
    let Some((member, manifest)) = manifest(packed) else { return };
    let Some(path) = &manifest.readme else { return };
    let path = shown(path);
    let path = path.escape_debug();
    match &packed.readme {
        Document::Absent => {
            sink.at(member, format_args!("it names the readme `{path}`, which is not in the crate"))
        }
        Document::Unread { member, reason: NotRead::NoFile } => {
            sink.at(member, "the readme is no regular file")
        }
        Document::Unread { member, .. } => sink.at(member, "the readme is too long to be told to a registry"),
        Document::Read { member, fault: Some(TextFault::NotUtf8 { at }), .. } => {
            sink.at(member, format_args!("the readme is no UTF-8 from byte {at} on"));
        }
        Document::Read { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::broken;
    use crate::archive::build::TarEntry;

    #[test]
    fn manifests_that_nobody_can_read_are_told_once() {
        for text in ["[package]\nname = \"sample\"\n", "[package", "", "\u{0}"] {
            let found = broken(|builder| {
                builder.edit_manifest(move |bytes| *bytes = text.into());
            });
            assert_eq!(found, ["crate/manifest-form"], "{text}");
        }
        let not_utf8 = broken(|builder| {
            builder.edit_manifest(|bytes| bytes.extend(b"# \xff\n"));
        });
        assert_eq!(not_utf8, ["crate/manifest-form"]);
    }

    #[test]
    fn a_manifest_in_other_letters_is_none() {
        let twin = |path: &'static str| {
            broken(|builder| {
                builder.edit_tar(move |tar| tar.entries.push(TarEntry::file(path, "[package]\n")));
            })
        };
        assert!(twin("sample-1.0.0/CARGO.toml").contains(&"crate/no-manifest"));
        assert!(twin("sample-1.0.0/below/cargo.toml").is_empty());
    }

    #[test]
    fn a_file_that_was_renamed_is_noticed() {
        let renamed = broken(|builder| {
            builder.file_name("Sample-1.0.0.crate");
        });
        assert_eq!(renamed.iter().filter(|id| **id == "crate/name-mismatch").count(), 1);
    }
}
