//! A file on its way out, held to the digest that was vetted: its end leaves this machine only when every byte
//! before it, and itself, were the right ones.
//!
//! Between the moment a file was vetted and the moment it is sent, anybody who may write to the folder may put other
//! bytes in its place. A service cannot take a transfer that stays shorter than it was announced, so other bytes
//! never become a file there, whether the service compares digests or not.

use std::io;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use sha2::Digest as _;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use crate::model::digest::Sha256;

/// How much of a file is read at a time.
const CHUNK_BYTES: usize = 128 << 10;

/// What a file turned out to be, once it turned out not to be what was vetted.
pub(super) type Mismatch = Arc<OnceLock<Sha256>>;

struct Passing<S> {
    source: S,
    hasher: sha2::Sha256,
    /// The last piece that was read. Of the last one of all nothing leaves before the digest is known.
    held: Option<Bytes>,
    expected: Sha256,
    mismatch: Mismatch,
}

/// The first `size_bytes` of `file`; all but its end, and then an error, when they do not have the digest
/// `expected`. What they have instead is left in `mismatch`.
pub(super) fn proven(
    file: tokio::fs::File,
    size_bytes: u64,
    expected: Sha256,
    mismatch: Mismatch,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let source = ReaderStream::with_capacity(file.take(size_bytes), CHUNK_BYTES).boxed();
    let passing = Passing { source, hasher: sha2::Sha256::new(), held: None, expected, mismatch };
    stream::try_unfold(Some(passing), |passing| async move {
        let Some(mut passing) = passing else { return Ok(None) };
        while let Some(chunk) = passing.source.try_next().await? {
            passing.hasher.update(&chunk);
            if let Some(before) = passing.held.replace(chunk) {
                return Ok(Some((before, Some(passing))));
            }
        }
        let Passing { hasher, held, expected, mismatch, .. } = passing;
        let found = Sha256::from_bytes(hasher.finalize().into());
        if found != expected {
            let _ = mismatch.set(found);
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "these are not the bytes that were vetted",
            ));
        }
        Ok(held.map(|last| (last, None)))
    })
}
