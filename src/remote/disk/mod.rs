//! The files of this machine, read and written under the same rules as a remote service.
//!
//! A file appears whole or not at all. Nothing here decides what a file means. All calls block: they are for the thread that
//! has nothing else to do meanwhile.

pub(crate) mod bound;
pub(crate) mod collection_v1;
pub(crate) mod gather;
pub(crate) mod lock;
pub(crate) mod manifest_v1;
pub(crate) mod proofs;
pub(crate) mod read;
pub(crate) mod stream;
pub(crate) mod together;
pub(crate) mod write;
