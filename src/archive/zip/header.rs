//! The two headers of a ZIP member, and their extra fields.

use std::ops::Range;

use super::super::Limits;
use super::super::error::ArchiveError;
use super::super::source::{ReadAt, read_exact_at};
use super::contents::{Contents, Digests, Unread};
use super::{u16_at, u32_at, u64_at};

const CENTRAL_SIGNATURE: [u8; 4] = *b"PK\x01\x02";
/// What every local header starts with.
pub(super) const LOCAL_SIGNATURE: [u8; 4] = *b"PK\x03\x04";
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
const MOST_UNICODE_PATHS: usize = 2;
/// Of a name that is no UTF-8, and so an error, this much is kept as text: each byte takes three there.
const MOST_LOSSY_BYTES: usize = 1024;

/// A member: what its two headers claim, and what its contents turned out to be.
#[derive(Debug)]
pub struct Member {
    /// The name in the central directory as text. Bytes that are no UTF-8 are replaced, and then a long name is cut.
    pub path: String,
    /// What the central directory claims.
    pub central: Claims,
    /// What the header before the data claims.
    pub local: Claims,
    /// Which system and version made it, from the central directory.
    pub made_by: u16,
    /// The number of the disk where it starts.
    pub disk: u32,
    /// How long its comment is.
    pub comment_bytes: u16,
    /// The file attributes; the upper half is the Unix mode where the archive was made on Unix.
    pub attributes: u32,
    /// Where its local header starts.
    pub offset: u64,
    /// What its data turned out to be.
    pub contents: Contents,
    data_at: u64,
}

/// What one header claims about a member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// The version needed to extract it.
    pub version_needed: u16,
    /// The general purpose flags.
    pub flags: u16,
    /// The compression method.
    pub method: u16,
    /// The time of modification, as MS-DOS writes it: date in the upper half.
    pub modified: u32,
    /// CRC-32 of the contents.
    pub crc32: u32,
    /// Size of the data in the archive, after ZIP64 substitution.
    pub packed_bytes: u64,
    /// Size of the contents, after ZIP64 substitution.
    pub size_bytes: u64,
    /// The name, as written.
    pub name: Vec<u8>,
    /// The extra fields.
    pub extra: Extra,
}

/// The extra fields of one header, as far as anybody acts upon them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extra {
    /// The fields' identifiers and lengths, in order.
    pub fields: Vec<(u16, u16)>,
    /// Bytes at the end that make no field.
    pub stray_bytes: usize,
    /// The names in Info-ZIP Unicode Path fields, the first two: one is the most that may be.
    pub unicode_paths: Vec<Vec<u8>>,
    /// A ZIP64 field was too short for what the header leaves to it.
    pub zip64_short: bool,
    /// A ZIP64 field stood in for a size, an offset or a disk.
    pub zip64_used: bool,
}

impl Extra {
    /// The identifier of ZIP64 fields.
    pub const ZIP64: u16 = 0x0001;
    /// The identifier of Info-ZIP Unicode Path fields.
    pub const UNICODE_PATH: u16 = 0x7075;

    /// The lengths of the fields with identifier `id`.
    pub fn lengths(&self, id: u16) -> impl Iterator<Item = u16> {
        self.fields.iter().filter(move |field| field.0 == id).map(|field| field.1)
    }
}

impl Claims {
    /// The flag that the name is UTF-8.
    pub const UTF8: u16 = 1 << 11;
    /// The flag that sizes and CRC follow the data.
    pub const DESCRIPTOR: u16 = 1 << 3;
}

impl Member {
    /// Whether the name is a directory's.
    pub fn is_directory(&self) -> bool {
        self.central.name.ends_with(b"/")
    }

    /// Whether either header says that a data descriptor follows the data.
    pub const fn claims_descriptor(&self) -> bool {
        (self.central.flags | self.local.flags) & Claims::DESCRIPTOR != 0
    }

    /// The file type bits of the Unix mode, where the archive says it was made on Unix or macOS.
    pub const fn unix_type(&self) -> Option<u32> {
        if matches!(self.made_by >> 8, 3 | 19) { Some(self.attributes >> 16 & 0o170_000) } else { None }
    }

    /// What was learned of the contents.
    pub const fn digests(&self) -> Option<&Digests> {
        match &self.contents {
            Contents::Read(digests) => Some(digests),
            Contents::Unread(_) => None,
        }
    }

    /// Where the data starts.
    pub(in super::super) const fn data_at(&self) -> u64 {
        self.data_at
    }

    /// Where the data lies, says the central directory.
    pub(super) const fn data(&self) -> Range<u64> {
        self.data_at..self.end()
    }

    pub(super) const fn end(&self) -> u64 {
        self.data_at.saturating_add(self.central.packed_bytes)
    }
}

/// Counts the bytes of names and extra fields that were kept.
struct Budget<'a> {
    limits: &'a Limits,
    used_bytes: u64,
}

impl Budget<'_> {
    fn spend(&mut self, bytes: usize) -> Result<(), ArchiveError> {
        self.used_bytes += bytes as u64;
        if self.used_bytes > self.limits.header_bytes {
            return Err(ArchiveError::HeadersTooLong { limit: self.limits.header_bytes });
        }
        Ok(())
    }
}

/// Reads the central directory's records, and tells how many bytes they took: fewer than `span` when something
/// else follows them inside it.
///
/// # Errors
/// When `span` does not start with a record, a record is cut short, or a limit is reached.
pub(super) fn read_directory(
    source: &dyn ReadAt,
    span: Range<u64>,
    limits: &Limits,
) -> Result<(Vec<Member>, u64), ArchiveError> {
    let length = span.end - span.start;
    if length > limits.header_bytes {
        return Err(ArchiveError::HeadersTooLong { limit: limits.header_bytes });
    }
    let mut bytes = vec![0; usize::try_from(length).expect("the limit is smaller")];
    read_exact_at(source, &mut bytes, span.start)?;
    let mut members = Vec::new();
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let at = span.end - rest.len() as u64;
        if !rest.starts_with(&CENTRAL_SIGNATURE) {
            if members.is_empty() {
                return Err(ArchiveError::NoRecord { what: "central directory", at });
            }
            break;
        }
        if members.len() == limits.members {
            return Err(ArchiveError::TooManyMembers { limit: limits.members });
        }
        let cut = ArchiveError::Cut { what: "central directory record", at };
        let Some((member, after)) = central(rest) else { return Err(cut) };
        members.push(member);
        rest = after;
    }
    members.shrink_to_fit();
    Ok((members, length - rest.len() as u64))
}

fn central(record: &[u8]) -> Option<(Member, &[u8])> {
    let (fixed, rest) = record.split_at_checked(CENTRAL_BYTES)?;
    let (name, rest) = rest.split_at_checked(usize::from(u16_at(fixed, 28)))?;
    let (extra, rest) = rest.split_at_checked(usize::from(u16_at(fixed, 30)))?;
    let comment_bytes = u16_at(fixed, 32);
    let (_comment, rest) = rest.split_at_checked(usize::from(comment_bytes))?;
    let mut claims = claims(&fixed[6..], name);
    let mut offset = u64::from(u32_at(fixed, 42));
    let mut disk = u32::from(u16_at(fixed, 34));
    claims.read_extra(extra, Some((&mut offset, &mut disk)));
    let member = Member {
        path: text_of(name),
        central: claims,
        local: Claims::default(),
        made_by: u16_at(fixed, 4),
        disk,
        comment_bytes,
        attributes: u32_at(fixed, 38),
        offset,
        contents: Contents::Unread(Unread::NotYet),
        data_at: offset,
    };
    Some((member, rest))
}

fn text_of(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(&name[..name.len().min(MOST_LOSSY_BYTES)]).into_owned(),
    }
}

/// The part that both headers share: version needed, flags, method, time, date, CRC, sizes.
fn claims(bytes: &[u8], name: &[u8]) -> Claims {
    Claims {
        version_needed: u16_at(bytes, 0),
        flags: u16_at(bytes, 2),
        method: u16_at(bytes, 4),
        modified: u32_at(bytes, 6),
        crc32: u32_at(bytes, 10),
        packed_bytes: u64::from(u32_at(bytes, 14)),
        size_bytes: u64::from(u32_at(bytes, 18)),
        name: name.to_vec(),
        extra: Extra::default(),
    }
}

impl Claims {
    /// Reads the extra fields and puts ZIP64 values in the place of their sentinels.
    fn read_extra(&mut self, mut bytes: &[u8], place: Option<(&mut u64, &mut u32)>) {
        let mut place = place;
        while let Some((head, rest)) = bytes.split_at_checked(4) {
            let (id, length) = (u16_at(head, 0), u16_at(head, 2));
            let Some((field, rest)) = rest.split_at_checked(usize::from(length)) else { break };
            self.extra.fields.push((id, length));
            match id {
                Extra::ZIP64 => self.substitute(field, place.take()),
                Extra::UNICODE_PATH if self.extra.unicode_paths.len() < MOST_UNICODE_PATHS => {
                    self.extra.unicode_paths.push(field.get(5..).unwrap_or_default().to_vec());
                }
                _ => {}
            }
            bytes = rest;
        }
        self.extra.stray_bytes = bytes.len();
    }

    fn substitute(&mut self, mut field: &[u8], place: Option<(&mut u64, &mut u32)>) {
        let mut next = |bytes: usize| {
            let (value, rest) = field.split_at_checked(bytes)?;
            field = rest;
            Some(if bytes == 8 { u64_at(value, 0) } else { u64::from(u32_at(value, 0)) })
        };
        let mut short = false;
        let mut used = false;
        let mut replace = |value: &mut u64, sentinel: u64, bytes: usize| {
            if *value == sentinel {
                used = true;
                match next(bytes) {
                    Some(found) => *value = found,
                    None => short = true,
                }
            }
        };
        replace(&mut self.size_bytes, u64::from(u32::MAX), 8);
        replace(&mut self.packed_bytes, u64::from(u32::MAX), 8);
        if let Some((offset, disk)) = place {
            replace(offset, u64::from(u32::MAX), 8);
            let mut wide = u64::from(*disk);
            replace(&mut wide, u64::from(u16::MAX), 4);
            *disk = u32::try_from(wide).unwrap_or(u32::MAX);
        }
        self.extra.zip64_short |= short;
        self.extra.zip64_used |= used;
    }
}

/// Reads the header before each member's data.
///
/// # Errors
/// When there is none at a member's offset, it reaches into the central directory, or a limit is reached.
pub(super) fn read_local_headers(
    source: &dyn ReadAt,
    members: &mut [Member],
    directory_at: u64,
    limits: &Limits,
) -> Result<(), ArchiveError> {
    let mut budget = Budget { limits, used_bytes: 0 };
    let mut variable = Vec::new();
    for member in members {
        let at = member.offset;
        if at.checked_add(LOCAL_BYTES as u64).is_none_or(|end| end > directory_at) {
            return Err(ArchiveError::NoRecord { what: "local header", at });
        }
        let mut fixed = [0; LOCAL_BYTES];
        read_exact_at(source, &mut fixed, at)?;
        if fixed[..4] != LOCAL_SIGNATURE {
            return Err(ArchiveError::NoRecord { what: "local header", at });
        }
        let [name_bytes, extra_bytes] = [26, 28].map(|place| usize::from(u16_at(&fixed, place)));
        let variable_at = at + LOCAL_BYTES as u64;
        member.data_at = variable_at + (name_bytes + extra_bytes) as u64;
        if member.data_at > directory_at {
            return Err(ArchiveError::Cut { what: "local header", at });
        }
        budget.spend(name_bytes + extra_bytes)?;
        variable.resize(name_bytes + extra_bytes, 0);
        read_exact_at(source, &mut variable, variable_at)?;
        let (name, extra) = variable.split_at(name_bytes);
        member.local = claims(&fixed[4..], name);
        member.local.read_extra(extra, None);
    }
    Ok(())
}

/// The name in the local header at `at`, when there is one before `end`.
///
/// # Errors
/// When the bytes cannot be read.
pub(super) fn local_name(source: &dyn ReadAt, at: u64, end: u64) -> Result<Option<Vec<u8>>, ArchiveError> {
    if end - at < LOCAL_BYTES as u64 {
        return Ok(None);
    }
    let mut fixed = [0; LOCAL_BYTES];
    read_exact_at(source, &mut fixed, at)?;
    let name_bytes = u64::from(u16_at(&fixed, 26)).min(end - at - LOCAL_BYTES as u64);
    if fixed[..4] != LOCAL_SIGNATURE {
        return Ok(None);
    }
    // A message shows some hundred characters at most.
    let mut name = vec![0; usize::try_from(name_bytes.min(1024)).expect("at most 1024")];
    read_exact_at(source, &mut name, at + LOCAL_BYTES as u64)?;
    Ok(Some(name))
}
