//! Packed crates: the archive, the manifest in it, and what crates.io takes.
//!
//! What only crates.io demands is not asked of a crate whose manifest is for other registries.

mod container;
mod dependencies;
mod identity;
mod metadata;

use super::Check;
use crate::archive::crate_file::{CrateManifest, PackedFile, PublishTo};

pub(super) const TABLES: &[&[Check]] =
    &[container::CHECKS, identity::CHECKS, metadata::CHECKS, dependencies::CHECKS];

const CARGO: &str = "The Cargo Book, publishing on crates.io";
const MANIFEST: &str = "The Cargo Book, the manifest format";
const CRATES_IO: &str = "crates.io, validation of published crates";

/// What crates.io calls itself in a manifest.
const CRATES_IO_NAME: &str = "crates-io";

/// The path of the manifest and what it says, where that could be read.
fn manifest(packed: &PackedFile) -> Option<(&str, &CrateManifest)> {
    Some((packed.manifest.member()?, packed.manifest()?))
}

fn is_for_crates_io(manifest: &CrateManifest) -> bool {
    match &manifest.publish {
        PublishTo::Any => true,
        PublishTo::Only(registries) => registries.iter().any(|name| name == CRATES_IO_NAME),
    }
}

/// The same, unless the manifest is not for crates.io.
fn for_crates_io(packed: &PackedFile) -> Option<(&str, &CrateManifest)> {
    manifest(packed).filter(|(_, manifest)| is_for_crates_io(manifest))
}

#[cfg(test)]
mod tests {
    use crate::archive::Limits;
    use crate::archive::build::{CrateBuilder, TarEntry};
    use crate::checks::{Dist, run};

    /// The rules that a crate breaks.
    pub(super) fn broken(edit: impl FnOnce(&mut CrateBuilder)) -> Vec<&'static str> {
        let mut builder = CrateBuilder::new("sample", "1.0.0");
        edit(&mut builder);
        let (name, bytes) = builder.build();
        let dist = Dist::read(name.as_str(), &bytes, &Limits::default());
        run(&[dist]).report.findings().into_iter().map(|finding| finding.check).collect()
    }

    #[test]
    fn a_crate_for_another_registry_is_not_asked_what_crates_io_demands() {
        let bare = |builder: &mut CrateBuilder| {
            builder.without_package("description").without_package("license").tables(
                "[dependencies.other]\nversion = \"*\"\nregistry-index = \"sparse+https://r.example/\"\n",
            );
        };
        let ours = ["crate/no-description", "crate/no-license", "crate/wildcard", "crate/foreign-registry"];
        let mut found = broken(bare);
        found.sort_by_key(|id| ours.iter().position(|ours| ours == id));
        assert_eq!(found, ours);
        assert!(
            broken(|builder| {
                bare(builder);
                builder.package("publish", "[\"ours\"]");
            })
            .is_empty()
        );
        assert_eq!(
            broken(|builder| {
                bare(builder);
                builder.package("publish", "[\"ours\", \"crates-io\"]");
            })
            .len(),
            4
        );
    }

    #[test]
    fn licenses_are_read_as_crates_io_reads_them() {
        let of = |license: &'static str| {
            broken(|builder| {
                builder.package("license", &format!("{license:?}"));
            })
        };
        for good in
            ["MIT", "MIT/Apache-2.0", "Apache-2.0 WITH LLVM-exception OR MIT", "GPL-3.0+", "LicenseRef-x"]
        {
            assert!(of(good).is_empty(), "{good}: {:?}", of(good));
        }
        for bad in ["proprietary", "MIT and", "see LICENSE"] {
            assert_eq!(of(bad), ["crate/license"], "{bad}");
        }
    }

    #[test]
    fn members_that_could_lead_elsewhere_are_noticed_in_crates_too() {
        let with = |path: &'static str| {
            broken(|builder| {
                builder.edit_tar(|tar| tar.entries.push(TarEntry::file(path, "")));
            })
        };
        assert_eq!(with("sample-1.0.0/../../etc/passwd"), ["archive/unsafe-path"]);
        assert_eq!(with("sample-1.0.0/src/LIB.rs"), ["archive/path-case-conflict"]);
        assert_eq!(with("sample-1.0.0/.git/config"), ["contents/junk"]);
        assert_eq!(with("sample-1.0.0/src/lib.rs"), ["crate/duplicate-member"]);
    }
}
