//! Why an archive cannot be walked.

use std::io;

use crate::model::artifact::FileNameError;

/// Why an archive cannot be walked at all. Who reads the file adds which one it is.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ArchiveError {
    #[error("it could not be read")]
    Io(#[source] io::Error),
    #[error("it changed while it was read")]
    Changed,
    #[error("it has no `Cargo.toml` that can be read")]
    Manifest,
    #[error("its name is no file name")]
    FileName(#[source] FileNameError),
    #[error("it is no wheel (`.whl`), no sdist (`.tar.gz`) and no packed crate (`.crate`)")]
    Kind,
    #[error("it is empty")]
    Empty,
    #[error("it has no end record: it is no ZIP archive, or was cut short")]
    NoEndRecord,
    #[error(
        "its {what} at byte {at} reaches past the end of what can hold it: the file is damaged or cut short"
    )]
    Cut { what: &'static str, at: u64 },
    #[error("there is no {what} at byte {at}, where the archive says it is")]
    NoRecord { what: &'static str, at: u64 },
    #[error("it is no gzip stream")]
    NotGzip,
    #[error("its gzip stream is broken: {what}")]
    Gzip { what: &'static str },
    #[error("its tar header at byte {at} of the unpacked stream is broken: {what}")]
    TarHeader { what: &'static str, at: u64 },
    #[error("it has more than {limit} members")]
    TooManyMembers { limit: usize },
    #[error("its headers hold more than {limit} bytes of names and extra fields")]
    HeadersTooLong { limit: u64 },
    #[error("its {size_bytes} bytes unpack to {unpacked_bytes} bytes or more, which is what a bomb does")]
    Bomb { unpacked_bytes: u64, size_bytes: u64 },
}
