//! A slice's signature, held against its pages.
//!
//! Source: `cs_blobs.h` of Apple's kernel. Whoever signed it, and whether anybody did, is not asked: the kernel
//! kills a process for a page that was changed, whoever signed it. Numbers are big-endian here.

use object::read::ReadRef;
use sha2::{Digest as _, Sha256};

use super::super::parts::Parts;
use super::Signature;

const ENVELOPE: u32 = 0xfade_0cc0;
const DIRECTORY: u32 = 0xfade_0c02;
/// A signature has a dozen of them.
const MOST_BLOBS: u32 = 64;
const MOST_SIGNATURE_BYTES: u64 = 2 << 20;

/// Reads the signature at `offset` of the slice that starts at `start`.
pub(super) fn read<'data, R: ReadRef<'data>>(
    parts: &Parts<R>,
    start: u64,
    offset: u64,
    size: u64,
) -> Signature {
    if size > MOST_SIGNATURE_BYTES {
        return Signature::Unchecked;
    }
    let Some(bytes) = parts.bytes(start + offset, size) else { return Signature::Unchecked };
    let Some(directory) = directory(bytes) else { return Signature::Malformed };
    let Some(fields) = Fields::of(directory) else { return Signature::Malformed };
    // The signature cannot sign itself.
    if fields.signed_bytes > offset {
        return Signature::Malformed;
    }
    if !fields.is_usual() {
        return Signature::Unchecked;
    }
    let Some(digests) = fields.digests(directory) else { return Signature::Malformed };
    match parts.bytes(start, fields.signed_bytes) {
        Some(signed) => compare(signed, fields.page_bytes, digests, fields.digest_bytes),
        None => Signature::Unchecked,
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.first_chunk().copied().map(u32::from_be_bytes)
}

/// The best directory of digests: the one whose digests are of the usual kind, else any.
fn directory(bytes: &[u8]) -> Option<&[u8]> {
    let count =
        number(bytes, 8).filter(|count| number(bytes, 0) == Some(ENVELOPE) && *count <= MOST_BLOBS)?;
    let mut best = None;
    for index in 0..count as usize {
        let at = number(bytes, 12 + 8 * index + 4)? as usize;
        let length = number(bytes, at.checked_add(4)?)? as usize;
        let blob = bytes.get(at..at.checked_add(length)?)?;
        if number(blob, 0) == Some(DIRECTORY)
            && (best.is_none() || Fields::of(blob).is_some_and(|fields| fields.is_usual()))
        {
            best = Some(blob);
        }
    }
    best
}

/// What a directory says of its digests.
struct Fields {
    digests_at: usize,
    count: usize,
    signed_bytes: u64,
    digest_bytes: usize,
    kind: u8,
    page_bytes: usize,
}

impl Fields {
    fn of(directory: &[u8]) -> Option<Self> {
        let [digest_bytes, kind, _, page] = *directory.get(36..40)?.first_chunk()?;
        Some(Self {
            digests_at: number(directory, 16)? as usize,
            count: number(directory, 28)? as usize,
            signed_bytes: number(directory, 32)?.into(),
            digest_bytes: digest_bytes.into(),
            kind,
            page_bytes: 1_usize.checked_shl(page.into()).filter(|_| page != 0).unwrap_or(0),
        })
    }

    /// SHA-256, whole or cut to the length of SHA-1, of pages as they are loaded.
    const fn is_usual(&self) -> bool {
        matches!((self.kind, self.digest_bytes), (2, 32) | (3, 20))
            && self.page_bytes >= 4096
            && self.page_bytes <= 1 << 16
            && self.signed_bytes > 0
    }

    /// The digests, when there is one for each page.
    fn digests<'a>(&self, directory: &'a [u8]) -> Option<&'a [u8]> {
        let pages = self.signed_bytes.div_ceil(self.page_bytes as u64);
        let enough = pages == self.count as u64;
        let size = self.count.checked_mul(self.digest_bytes).filter(|_| enough)?;
        directory.get(self.digests_at..self.digests_at.checked_add(size)?)
    }
}

fn compare(signed: &[u8], page_bytes: usize, digests: &[u8], digest_bytes: usize) -> Signature {
    let changed = signed
        .chunks(page_bytes)
        .zip(digests.chunks(digest_bytes))
        .position(|(page, digest)| &Sha256::digest(page)[..digest_bytes] != digest);
    changed.map_or(Signature::Valid, |page| Signature::Changed(page as u64 * page_bytes as u64))
}
