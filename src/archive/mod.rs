//! Strangers' bytes become typed contents: wheels, sdists and packed crates, read once, every read bounded.
//!
//! The walks are our own because general readers hide what a check must see: both headers of a member, bytes
//! that belong to no record, names that tools read differently. A reader here judges nothing: what breaks a
//! rule is kept as a fact for `checks`, and only an archive that cannot be walked at all is an
//! [`error::ArchiveError`]. Nothing is ever written to a disk. Our own files are packed here too (`pack`).

mod core_metadata;

pub mod build;
pub mod bundle;
pub mod checksums;
pub mod crate_file;
pub mod document;
pub mod entry_points;
pub mod error;
mod inflate;
pub mod insight;
pub mod metadata;
pub mod modules;
pub mod pack;
pub mod record;
pub mod scan;
pub mod sdist;
pub mod source;
pub mod tar;
pub mod texts;
pub mod wheel;
pub mod wheelhouse;
pub mod zip;

pub use core_metadata::core_metadata;
pub(crate) use core_metadata::proven_metadata;
pub use crate_file::{PackedCrate, packed_crate};

/// How much of a stranger's archive is read before giving up. Each field names the attack that it stops.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most members: millions of empty ones keep a reader busy for hours.
    pub members: usize,
    /// Most bytes of names and extra fields in all headers together: overlapping headers multiply long names.
    pub header_bytes: u64,
    /// Most bytes that one member may unpack to.
    pub member_bytes: u64,
    /// Most bytes that all members may unpack to.
    pub total_bytes: u64,
    /// Most times the archive's own size that its members may unpack to: bombs. The public index has the same limit.
    pub ratio: u64,
    /// Up to this many unpacked bytes the ratio does not matter, as on the public index.
    pub ratio_from_bytes: u64,
    /// Most bytes of METADATA, WHEEL or PKG-INFO, which are held in memory.
    pub text_bytes: u64,
    /// Most bytes of RECORD, which grows with the number of files.
    pub record_bytes: u64,
    /// Most bytes of pyproject.toml: what is nested in it takes fifty times as many in memory.
    pub project_bytes: u64,
    /// Most bytes of all other texts that are held in memory, each and together: entry points, `.pth` files.
    pub kept_bytes: u64,
    /// Most lines of any of these texts: a line of one byte takes a hundred in memory.
    pub text_lines: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            members: 100_000,
            header_bytes: 16 << 20,
            member_bytes: 4 << 30,
            total_bytes: 4 << 30,
            ratio: 50,
            ratio_from_bytes: 64 << 20,
            text_bytes: 4 << 20,
            record_bytes: 8 << 20,
            project_bytes: 1 << 20,
            kept_bytes: 4 << 20,
            text_lines: 100_000,
        }
    }
}

impl Limits {
    /// Whether an archive of `archive_bytes` that unpacks to `unpacked_bytes` is a bomb.
    pub(crate) const fn is_bomb(&self, unpacked_bytes: u64, archive_bytes: u64) -> bool {
        unpacked_bytes > self.total_bytes
            || (unpacked_bytes > self.ratio_from_bytes
                && unpacked_bytes > archive_bytes.saturating_mul(self.ratio))
    }
}

/// At most 160 characters of a stranger's text, for a message.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(160) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
