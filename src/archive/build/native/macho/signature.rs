//! An ad-hoc signature: digests of the file's pages, signed by nobody, as linkers make it.
//!
//! Source: `cs_blobs.h` of Apple's kernel. Numbers are big-endian here.

use super::super::short;
use crate::model::digest::Sha256;

const PAGE_BYTES: usize = 4096;
const DIGEST_BYTES: usize = 32;

/// The envelope's header with its one row, and the directory's header.
const ENVELOPE_BYTES: usize = 20;
const DIRECTORY_BYTES: usize = 88;

/// How many bytes the signature of a file of `signed_bytes` has.
pub(super) fn size(identifier: &str, signed_bytes: usize) -> usize {
    ENVELOPE_BYTES + DIRECTORY_BYTES + identifier.len() + 1 + signed_bytes.div_ceil(PAGE_BYTES) * DIGEST_BYTES
}

/// The signature of `signed`, whose first `code_bytes` can be run.
pub(super) fn of(identifier: &str, signed: &[u8], code_bytes: usize) -> Vec<u8> {
    let size = size(identifier, signed.len());
    let digests_at = DIRECTORY_BYTES + identifier.len() + 1;
    let mut bytes = Vec::with_capacity(size);
    let mut put = |numbers: &[u32]| bytes.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
    put(&[0xfade_0cc0, short(size), 1, 0, short(ENVELOPE_BYTES)]);
    put(&[
        0xfade_0c02,
        short(size - ENVELOPE_BYTES),
        0x0002_0400, // The version of this form.
        0x0002_0002, // Ad hoc, by a linker.
        short(digests_at),
        short(DIRECTORY_BYTES),
        0,
        short(signed.len().div_ceil(PAGE_BYTES)),
        short(signed.len()),
        0x2002_000c, // 32 bytes of SHA-256, and the page's logarithm.
    ]);
    put(&[0; 9]);
    put(&[short(code_bytes), 0, 0]);
    bytes.extend_from_slice(identifier.as_bytes());
    bytes.push(0);
    for page in signed.chunks(PAGE_BYTES) {
        bytes.extend_from_slice(Sha256::of(page).as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_digest_where_the_directory_says() {
        let signed = vec![7; 2 * PAGE_BYTES + 5];
        let bytes = of("_name", &signed, PAGE_BYTES);
        assert_eq!(bytes.len(), size("_name", signed.len()));
        let number =
            |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
        let directory = number(16);
        let [digests, name, pages, limit] = [16, 20, 28, 32].map(|at| number(directory + at));
        assert_eq!((pages, limit), (3, signed.len()));
        assert_eq!(&bytes[directory + name..directory + digests], b"_name\0");
        assert_eq!(bytes[directory + digests + 64..], *Sha256::of(&[7; 5]).as_bytes());
        assert_eq!((number(directory + 36), number(directory + 80)), (0x2002_000c, 0));
    }
}
