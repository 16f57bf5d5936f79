//! The ZIP container as it is written: each member with what both of its headers claim, and every byte of the
//! file either belonging to a record or listed as belonging to none.
//!
//! Source: the ZIP file format specification (APPNOTE 6.3). The central directory says where members are, since
//! that is what installers believe; the walk then looks what else there is. It judges nothing.

mod contents;
mod end;
mod header;

pub use contents::{Contents, Digests, Unread};
pub(super) use contents::{ENCRYPTED, Inflater, Unpacked, Wanted, Way};
pub use end::{EndRecord, Zip64End};
pub use header::{Claims, Extra, Member};

use super::Limits;
use super::error::ArchiveError;
use super::source::{ReadAt, read_exact_at};

/// A ZIP archive's records.
#[derive(Debug)]
pub struct Zip {
    /// The size of the whole file.
    pub size_bytes: u64,
    /// The members, in the order of the central directory.
    pub members: Vec<Member>,
    /// Where the central directory starts.
    pub directory_at: u64,
    /// How many bytes the central directory's records take.
    pub directory_bytes: u64,
    /// The end record.
    pub end: EndRecord,
    /// The ZIP64 end record and its locator.
    pub zip64: Option<Zip64End>,
    /// Bytes that belong to no record, in the order of the file; the first 100 such places.
    pub gaps: Vec<Gap>,
    /// End records besides the one that was used, between the central directory and the end of the file.
    pub other_ends: usize,
    /// How many bytes follow the end record and its comment.
    pub trailing_bytes: u64,
}

/// Bytes that belong to no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Where they start.
    pub at: u64,
    /// How many there are.
    pub length_bytes: u64,
    /// The name in the local header that they start with: a member that the central directory hides.
    pub hidden_name: Option<Vec<u8>>,
}

const MOST_GAPS: usize = 100;

/// Reads all records of the archive, and no member's contents.
///
/// # Errors
/// When there is no end record, no central directory or no local header where one must be, or when a limit is
/// reached.
pub(super) fn walk(source: &dyn ReadAt, limits: &Limits) -> Result<Zip, ArchiveError> {
    let size_bytes = source.size().map_err(ArchiveError::Io)?;
    if size_bytes == 0 {
        return Err(ArchiveError::Empty);
    }
    let tail = end::find(source, size_bytes)?;
    let directory = end::directory(&tail);
    let mut members = header::read_directory(source, directory.clone(), limits)?;
    let directory_bytes = members.1;
    header::read_local_headers(source, &mut members.0, directory.start, limits)?;
    refuse_bombs(&members.0, size_bytes, limits)?;

    let other_ends = tail.other_ends(directory.start + directory_bytes);
    let trailing_bytes = tail.trailing_bytes;
    let end::Tail { end, zip64, .. } = tail;
    let mut zip = Zip {
        size_bytes,
        members: members.0,
        directory_at: directory.start,
        directory_bytes,
        end,
        zip64,
        gaps: Vec::new(),
        other_ends,
        trailing_bytes,
    };
    zip.find_gaps(source)?;
    Ok(zip)
}

fn refuse_bombs(members: &[Member], size_bytes: u64, limits: &Limits) -> Result<(), ArchiveError> {
    let unpacked_bytes =
        members.iter().fold(0_u64, |sum, member| sum.saturating_add(member.central.size_bytes));
    let too_long = members.iter().any(|member| member.central.size_bytes > limits.member_bytes);
    if too_long || limits.is_bomb(unpacked_bytes, size_bytes) {
        return Err(ArchiveError::Bomb { unpacked_bytes, size_bytes });
    }
    Ok(())
}

impl Zip {
    /// The members' indexes in the order in which they lie in the file.
    pub(super) fn by_offset(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.members.len()).collect();
        order.sort_by_key(|&index| self.members[index].offset);
        order
    }

    /// Lists the bytes that belong to no record, and marks members that share bytes with another record.
    fn find_gaps(&mut self, source: &dyn ReadAt) -> Result<(), ArchiveError> {
        let mut at = 0;
        for index in self.by_offset() {
            let member = &self.members[index];
            let (start, end) = (member.offset, member.end());
            if start < at || end > self.directory_at {
                self.members[index].contents = Contents::Unread(Unread::Overlaps);
            } else {
                self.gap(source, at, start)?;
            }
            at = at.max(end.min(self.directory_at));
            if self.members[index].claims_descriptor() {
                at += self.descriptor_bytes(source, at)?;
            }
        }
        self.gap(source, at, self.directory_at)?;
        let mut at = self.directory_at + self.directory_bytes;
        if let Some(zip64) = &self.zip64 {
            let (record, locator) = (zip64.at, zip64.locator_at);
            self.gap(source, at, record)?;
            self.gap(source, record + Zip64End::BYTES, locator)?;
            at = locator + Zip64End::LOCATOR_BYTES;
        }
        self.gap(source, at, self.end.at)
    }

    fn gap(&mut self, source: &dyn ReadAt, at: u64, next: u64) -> Result<(), ArchiveError> {
        if at < next && self.gaps.len() < MOST_GAPS {
            let hidden_name = header::local_name(source, at, next)?;
            self.gaps.push(Gap { at, length_bytes: next - at, hidden_name });
        }
        Ok(())
    }

    /// How long the data descriptor at `at` is: whatever lies before the next record, when it has the length of
    /// one (with or without signature, with or without ZIP64).
    fn descriptor_bytes(&self, source: &dyn ReadAt, at: u64) -> Result<u64, ArchiveError> {
        for length in [16, 24, 12, 20] {
            let next = at + length;
            if next == self.directory_at {
                return Ok(length);
            }
            if next + 4 <= self.directory_at {
                let mut signature = [0; 4];
                read_exact_at(source, &mut signature, next)?;
                if signature == header::LOCAL_SIGNATURE {
                    return Ok(length);
                }
            }
        }
        Ok(0)
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
