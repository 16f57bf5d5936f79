//! The targets. Each reads the bytes and asserts what must hold for any bytes, besides that nothing panics.

mod containers;
mod crates;
mod judge;
mod names;
mod natives;
mod prose;
mod texts;

/// A reader of strangers' bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it is called; so is its binary, and so is the folder of its corpus.
    pub name: &'static str,
    /// Reads the bytes, and panics where something does not hold.
    pub run: fn(&[u8]),
    /// What its corpus starts from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 15] = [
    Target { name: "zip", run: containers::zip, seeds: containers::zips },
    Target { name: "tar", run: containers::tar, seeds: containers::tars },
    Target { name: "gzip", run: containers::gzip, seeds: containers::gzips },
    Target { name: "record", run: texts::record, seeds: texts::records },
    Target { name: "metadata", run: texts::metadata, seeds: texts::metadatas },
    Target { name: "entry_points", run: texts::entry_points, seeds: texts::entry_point_lists },
    Target { name: "checksums", run: texts::checksums, seeds: texts::checksum_lists },
    Target { name: "crate_manifest", run: crates::manifest, seeds: crates::manifests },
    Target { name: "wheel_name", run: names::wheel, seeds: names::wheels },
    Target { name: "sdist_name", run: names::sdist, seeds: names::sdists },
    Target { name: "elf", run: natives::elf, seeds: natives::elfs },
    Target { name: "macho", run: natives::macho, seeds: natives::machos },
    Target { name: "pe", run: natives::pe, seeds: natives::pes },
    Target { name: "rst", run: prose::rst, seeds: prose::rsts },
    Target { name: "markdown", run: prose::markdown, seeds: prose::markdowns },
];

/// The target called `name`.
///
/// # Panics
/// When there is none.
pub fn named(name: &str) -> Target {
    *TARGETS.iter().find(|target| target.name == name).expect("a binary has the name of its target")
}
