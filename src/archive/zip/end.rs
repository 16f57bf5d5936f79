//! The end of a ZIP archive: end record, ZIP64 end record, locator, and what follows them.

use std::ops::Range;

use super::super::error::ArchiveError;
use super::super::source::{ReadAt, read_exact_at};
use super::{u16_at, u32_at, u64_at};

const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";
const ZIP64_SIGNATURE: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_SIGNATURE: [u8; 4] = *b"PK\x06\x07";
const END_BYTES: usize = 22;

/// The end of central directory record, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndRecord {
    /// Where it starts.
    pub at: u64,
    /// The number of its disk.
    pub disk: u16,
    /// The number of the disk where the central directory starts.
    pub directory_disk: u16,
    /// Members on this disk.
    pub disk_members: u16,
    /// Members.
    pub members: u16,
    /// Size of the central directory.
    pub directory_bytes: u32,
    /// Offset of the central directory.
    pub directory_at: u32,
    /// The archive's comment.
    pub comment: Vec<u8>,
}

/// The ZIP64 end of central directory record and its locator, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zip64End {
    /// Where the record starts, which is where the locator says.
    pub at: u64,
    /// What the record says about its own length, 44 when it has no extensible data.
    pub record_bytes: u64,
    /// The number of its disk.
    pub disk: u32,
    /// The number of the disk where the central directory starts.
    pub directory_disk: u32,
    /// Members on this disk.
    pub disk_members: u64,
    /// Members.
    pub members: u64,
    /// Size of the central directory.
    pub directory_bytes: u64,
    /// Offset of the central directory.
    pub directory_at: u64,
    /// Where the locator starts.
    pub locator_at: u64,
    /// The disk of the record, says the locator.
    pub locator_disk: u32,
    /// How many disks there are, says the locator.
    pub disks: u32,
}

impl Zip64End {
    /// The length of a record without extensible data.
    pub(super) const BYTES: u64 = 56;
    /// The length of a locator.
    pub(super) const LOCATOR_BYTES: u64 = 20;
}

/// Everything from the end record on.
pub(super) struct Tail {
    pub(super) end: EndRecord,
    pub(super) zip64: Option<Zip64End>,
    pub(super) trailing_bytes: u64,
    /// Where the searched part of the file starts, and every signature of an end record in it.
    signatures: Vec<u64>,
}

impl Tail {
    /// How many signatures of end records stand after `from`, besides the one in use.
    pub(super) fn other_ends(&self, from: u64) -> usize {
        self.signatures.iter().filter(|&&at| at >= from && at != self.end.at).count()
    }
}

/// Finds the last end record, as installers do.
///
/// # Errors
/// When there is none, its comment is cut short, or its ZIP64 locator points at no record.
pub(super) fn find(source: &dyn ReadAt, size_bytes: u64) -> Result<Tail, ArchiveError> {
    // A comment has at most 65535 bytes, so an end record that a reader finds starts within these.
    let length = size_bytes.min((END_BYTES + usize::from(u16::MAX)) as u64);
    let base = size_bytes - length;
    let mut bytes = vec![0; usize::try_from(length).expect("the tail is short")];
    read_exact_at(source, &mut bytes, base)?;
    let signatures: Vec<u64> = bytes
        .windows(END_SIGNATURE.len())
        .enumerate()
        .filter(|(_, window)| *window == END_SIGNATURE)
        .map(|(at, _)| base + at as u64)
        .collect();
    let at = signatures
        .iter()
        .rev()
        .copied()
        .find(|at| at + END_BYTES as u64 <= size_bytes)
        .ok_or(ArchiveError::NoEndRecord)?;
    let record = &bytes[usize::try_from(at - base).expect("it lies in the tail")..];
    let comment_bytes = usize::from(u16_at(record, 20));
    let comment = record
        .get(END_BYTES..END_BYTES + comment_bytes)
        .ok_or(ArchiveError::Cut { what: "archive comment", at: at + END_BYTES as u64 })?;
    let end = EndRecord {
        at,
        disk: u16_at(record, 4),
        directory_disk: u16_at(record, 6),
        disk_members: u16_at(record, 8),
        members: u16_at(record, 10),
        directory_bytes: u32_at(record, 12),
        directory_at: u32_at(record, 16),
        comment: comment.to_vec(),
    };
    let trailing_bytes = (record.len() - END_BYTES - comment_bytes) as u64;
    let zip64 = zip64(source, at)?;
    let tail = Tail { end, zip64, trailing_bytes, signatures };
    let directory = directory(&tail);
    let limit = tail.zip64.as_ref().map_or(at, |zip64| zip64.at);
    if directory.end > limit || directory.start > directory.end {
        return Err(ArchiveError::Cut { what: "central directory", at: directory.start });
    }
    Ok(tail)
}

/// Where the central directory lies, says the record that installers believe: the ZIP64 one where there is one.
pub(super) fn directory(tail: &Tail) -> Range<u64> {
    let (start, length) = match &tail.zip64 {
        Some(zip64) => (zip64.directory_at, zip64.directory_bytes),
        None => (u64::from(tail.end.directory_at), u64::from(tail.end.directory_bytes)),
    };
    start..start.saturating_add(length)
}

fn zip64(source: &dyn ReadAt, end_at: u64) -> Result<Option<Zip64End>, ArchiveError> {
    let Some(locator_at) = end_at.checked_sub(Zip64End::LOCATOR_BYTES) else { return Ok(None) };
    let mut locator = [0; Zip64End::LOCATOR_BYTES as usize];
    read_exact_at(source, &mut locator, locator_at)?;
    if locator[..4] != LOCATOR_SIGNATURE {
        return Ok(None);
    }
    let at = u64_at(&locator, 8);
    let missing = ArchiveError::NoRecord { what: "ZIP64 end record", at };
    if at.checked_add(Zip64End::BYTES).is_none_or(|end| end > locator_at) {
        return Err(missing);
    }
    let mut record = [0; Zip64End::BYTES as usize];
    read_exact_at(source, &mut record, at)?;
    if record[..4] != ZIP64_SIGNATURE {
        return Err(missing);
    }
    Ok(Some(Zip64End {
        at,
        record_bytes: u64_at(&record, 4),
        disk: u32_at(&record, 16),
        directory_disk: u32_at(&record, 20),
        disk_members: u64_at(&record, 24),
        members: u64_at(&record, 32),
        directory_bytes: u64_at(&record, 40),
        directory_at: u64_at(&record, 48),
        locator_at,
        locator_disk: u32_at(&locator, 4),
        disks: u32_at(&locator, 16),
    }))
}
