//! The body of a request: its bytes or, where nobody keeps them, size and digest.

use std::ops::Deref;

use bytes::Bytes;

use crate::model::digest::{Hashes, Sha256};

/// A whole body. It reads as the bytes that were kept.
#[derive(Clone, Debug, Default)]
pub struct Body {
    kept: Bytes,
    /// What there was to know of bytes that passed and were not kept.
    passed: Option<Hashes>,
}

impl Body {
    /// A body of which only size and digest were kept, so that files of any size can be sent.
    pub fn passed(hashes: Hashes) -> Self {
        Self { kept: Bytes::new(), passed: Some(hashes) }
    }

    /// The bytes; nothing where they were not kept.
    pub fn kept(&self) -> Option<&Bytes> {
        self.passed.is_none().then_some(&self.kept)
    }

    /// Its size in bytes, kept or not.
    pub fn size_bytes(&self) -> u64 {
        self.passed.map_or(self.kept.len() as u64, |hashes| hashes.size_bytes)
    }

    /// The digest of all bytes, kept or not.
    pub fn sha256(&self) -> Sha256 {
        self.passed.map_or_else(|| Sha256::of(&self.kept), |hashes| hashes.sha256)
    }
}

impl Deref for Body {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.kept
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self { kept: bytes.into(), passed: None }
    }
}
