//! A member's contents: inflated, measured and hashed while they are hot in the cache, and not kept.

use flate2::{Decompress, FlushDecompress, Status};

use super::super::error::ArchiveError;
use super::super::record::{Algorithm, Digest, Digester};
use super::super::source::{CHUNK_BYTES, Cursor};
use super::header::Member;
use crate::model::digest::Sha256;

/// What a member's data turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// It was read to its end.
    Read(Digests),
    /// It was not.
    Unread(Unread),
}

/// What one pass over a member's contents found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// How many bytes the data took in the archive; fewer than declared when something follows its end.
    pub packed_bytes: u64,
    /// How many bytes the contents have.
    pub size_bytes: u64,
    /// CRC-32 of the contents.
    pub crc32: u32,
    /// SHA-256 of the contents.
    pub sha256: Sha256,
    /// The digest by the other algorithm that RECORD names for this member.
    pub other: Option<Digest>,
}

/// Why a member's contents were not read to their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// The walk has not come to it.
    NotYet,
    /// It shares bytes with another record.
    Overlaps,
    /// It is encrypted.
    Encrypted,
    /// It is compressed in a way that no installer must know.
    Method,
    /// Its deflate stream is broken or cut short.
    Deflate,
    /// It unpacks to more than it declares.
    Longer,
}

/// What the caller wants besides the digests that every member gets.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Wanted {
    /// The contents themselves.
    pub(in super::super) contents: bool,
    /// A digest by another algorithm than SHA-256.
    pub(in super::super) algorithm: Option<Algorithm>,
}

/// Members up to this size are unpacked in one go, which is a third faster; it bounds the memory of a thread.
const WHOLE_BYTES: u64 = 8 << 20;
const ROOM_BYTES: usize = 64 << 10;
const STORED: u16 = 0;
const DEFLATE: u16 = 8;
/// Every flag that says that contents or headers are encrypted.
pub(in super::super) const ENCRYPTED: u16 = 1 | 1 << 5 | 1 << 6 | 1 << 13;
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
const GZIP_FOOTER_BYTES: usize = 8;

/// Unpacks members, one after the other, in buffers that are used again.
pub(in super::super) struct Inflater {
    decompressor: libdeflater::Decompressor,
    packed: Vec<u8>,
    plain: Vec<u8>,
}

impl Inflater {
    /// An inflater whose buffers are still empty.
    pub(in super::super) fn new() -> Self {
        Self { decompressor: libdeflater::Decompressor::new(), packed: Vec::new(), plain: Vec::new() }
    }

    /// Hashes the file up to the end of the member's data, and unpacks the member on the way.
    ///
    /// # Errors
    /// When the file cannot be read. Damaged contents are no error but [`Contents::Unread`].
    pub(in super::super) fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        member: &Member,
        wanted: Wanted,
    ) -> Result<(Contents, Option<Vec<u8>>), ArchiveError> {
        let span = member.data();
        cursor.pass(span.start, &mut self.packed)?;
        let claims = &member.central;
        let mut tally = Tally::new(wanted);
        let outcome = match claims.method {
            _ if (claims.flags | member.local.flags) & ENCRYPTED != 0 => Err(Unread::Encrypted),
            STORED => self.stored(cursor, claims.packed_bytes, &mut tally)?,
            DEFLATE if claims.packed_bytes <= WHOLE_BYTES && claims.size_bytes <= WHOLE_BYTES => {
                self.whole(cursor, member, &mut tally)?
            }
            DEFLATE => self.streamed(cursor, member, &mut tally)?,
            _ => Err(Unread::Method),
        };
        cursor.pass(span.end, &mut self.packed)?;
        Ok(match outcome {
            Ok(packed_bytes) => tally.finish(packed_bytes),
            Err(unread) => (Contents::Unread(unread), None),
        })
    }

    fn stored(
        &mut self,
        cursor: &mut Cursor<'_>,
        packed_bytes: u64,
        tally: &mut Tally,
    ) -> Result<Result<u64, Unread>, ArchiveError> {
        each_chunk(cursor, packed_bytes, &mut self.packed, |chunk| tally.update(chunk))?;
        Ok(Ok(packed_bytes))
    }

    /// libdeflate does not tell where a deflate stream ended. Dressed as gzip, with the claimed CRC and size as
    /// its footer, the stream must end exactly before that footer: unless the data holds the same eight bytes
    /// somewhere, and then, or when anything is wrong, the slower way finds out what is so.
    ///
    /// libdeflate takes a few forged streams that zlib refuses (a codeword that an incomplete code leaves open).
    /// Only the contents that CRC-32 and RECORD state come out of them, so that is left alone.
    fn whole(
        &mut self,
        cursor: &mut Cursor<'_>,
        member: &Member,
        tally: &mut Tally,
    ) -> Result<Result<u64, Unread>, ArchiveError> {
        let claims = &member.central;
        let [packed_bytes, size_bytes] = [claims.packed_bytes, claims.size_bytes]
            .map(|bytes| usize::try_from(bytes).expect("a small member was chosen"));
        let data = GZIP_HEADER.len()..GZIP_HEADER.len() + packed_bytes;
        grow(&mut self.packed, data.end + GZIP_FOOTER_BYTES);
        grow(&mut self.plain, size_bytes.max(ROOM_BYTES));
        let size = u32::try_from(size_bytes).expect("a small member was chosen");
        let footer = u64::from(claims.crc32) | u64::from(size) << 32;
        self.packed[..data.start].copy_from_slice(&GZIP_HEADER);
        cursor.take(&mut self.packed[data.clone()])?;
        self.packed[data.end..data.end + GZIP_FOOTER_BYTES].copy_from_slice(&footer.to_le_bytes());

        let dressed = &self.packed[..data.end + GZIP_FOOTER_BYTES];
        let ambiguous = dressed[data.start..dressed.len() - 1]
            .windows(GZIP_FOOTER_BYTES)
            .any(|window| window == footer.to_le_bytes());
        let plain = &mut self.plain[..size_bytes];
        if !ambiguous && self.decompressor.gzip_decompress(dressed, plain) == Ok(size_bytes) {
            tally.update_known(plain, claims.crc32);
            return Ok(Ok(claims.packed_bytes));
        }
        let mut slow = Slow::new(claims.size_bytes, tally, &mut self.plain[..ROOM_BYTES]);
        slow.feed(&self.packed[data]);
        Ok(slow.finish())
    }

    fn streamed(
        &mut self,
        cursor: &mut Cursor<'_>,
        member: &Member,
        tally: &mut Tally,
    ) -> Result<Result<u64, Unread>, ArchiveError> {
        grow(&mut self.plain, ROOM_BYTES);
        let mut slow = Slow::new(member.central.size_bytes, tally, &mut self.plain[..ROOM_BYTES]);
        each_chunk(cursor, member.central.packed_bytes, &mut self.packed, |chunk| slow.feed(chunk))?;
        Ok(slow.finish())
    }
}

fn grow(buffer: &mut Vec<u8>, length: usize) {
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
}

fn each_chunk(
    cursor: &mut Cursor<'_>,
    mut left: u64,
    buffer: &mut Vec<u8>,
    mut take: impl FnMut(&[u8]),
) -> Result<(), ArchiveError> {
    grow(buffer, CHUNK_BYTES);
    while left > 0 {
        let count = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        cursor.take(&mut buffer[..count])?;
        take(&buffer[..count]);
        left -= count as u64;
    }
    Ok(())
}

/// What passed of a member's contents so far.
struct Tally {
    size_bytes: u64,
    crc32: crc32fast::Hasher,
    sha256: Digester,
    other: Option<Digester>,
    kept: Option<Vec<u8>>,
}

impl Tally {
    fn new(wanted: Wanted) -> Self {
        Self {
            size_bytes: 0,
            crc32: crc32fast::Hasher::new(),
            sha256: Digester::new(Algorithm::Sha256),
            other: wanted.algorithm.map(Digester::new),
            kept: wanted.contents.then(Vec::new),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.crc32.update(bytes);
        self.digest(bytes);
    }

    /// Takes the whole contents, whose CRC was computed already.
    fn update_known(&mut self, bytes: &[u8], crc32: u32) {
        self.crc32 = crc32fast::Hasher::new_with_initial(crc32);
        self.digest(bytes);
    }

    fn digest(&mut self, bytes: &[u8]) {
        self.size_bytes += bytes.len() as u64;
        self.sha256.update(bytes);
        if let Some(other) = &mut self.other {
            other.update(bytes);
        }
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(bytes);
        }
    }

    fn finish(self, packed_bytes: u64) -> (Contents, Option<Vec<u8>>) {
        let sha256 = self.sha256.finish();
        let digests = Digests {
            packed_bytes,
            size_bytes: self.size_bytes,
            crc32: self.crc32.finalize(),
            sha256: Sha256::from_bytes(sha256.bytes.try_into().expect("SHA-256 has 32 bytes")),
            other: self.other.map(Digester::finish),
        };
        (Contents::Read(digests), self.kept)
    }
}

/// Inflates chunk by chunk, and knows where the stream ended.
struct Slow<'a> {
    inflate: Decompress,
    tally: &'a mut Tally,
    /// No more than this is unpacked: a member that lies about its size may be a bomb.
    declared_bytes: u64,
    room: &'a mut [u8],
    state: Option<Result<u64, Unread>>,
}

impl<'a> Slow<'a> {
    fn new(declared_bytes: u64, tally: &'a mut Tally, room: &'a mut [u8]) -> Self {
        Self { inflate: Decompress::new(false), tally, declared_bytes, room, state: None }
    }

    fn feed(&mut self, mut chunk: &[u8]) {
        while self.state.is_none() {
            let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self.inflate.decompress(chunk, self.room, FlushDecompress::None);
            let used = step(before_in, self.inflate.total_in());
            let made = step(before_out, self.inflate.total_out());
            self.tally.update(&self.room[..made]);
            chunk = &chunk[used..];
            self.state = match status {
                _ if self.tally.size_bytes > self.declared_bytes => Some(Err(Unread::Longer)),
                Err(_) => Some(Err(Unread::Deflate)),
                Ok(Status::StreamEnd) => Some(Ok(self.inflate.total_in())),
                Ok(_) if used == 0 && made == 0 && chunk.is_empty() => return,
                Ok(_) if used == 0 && made == 0 => Some(Err(Unread::Deflate)),
                Ok(_) => None,
            };
        }
    }

    fn finish(self) -> Result<u64, Unread> {
        self.state.unwrap_or(Err(Unread::Deflate))
    }
}

fn step(before: u64, after: u64) -> usize {
    usize::try_from(after - before).expect("no more than a buffer holds")
}
