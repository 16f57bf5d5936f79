//! A member's contents: inflated, measured and hashed while they are hot in the cache, and not kept.

use std::sync::Mutex;

use flate2::{Decompress, FlushDecompress, Status};
use memchr::memmem;

use super::super::error::ArchiveError;
use super::super::insight::{Insight, Observer};
use super::super::record::{Algorithm, Digest, Digester};
use super::super::source::{CHUNK_BYTES, Cursor, ReadAt};
use super::Zip;
use super::header::Member;
use crate::model::digest::Sha256;
use crate::native::sparse::Collector;

/// A member's contents, and its bytes where they were wanted.
pub(in super::super) type Unpacked = (Contents, Option<Vec<u8>>);

/// What a member's data turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Contents {
    /// It was read to its end.
    Read(Digests),
    /// It was not.
    Unread(Unread),
}

/// What one pass over a member's contents found.
#[derive(Debug, Clone, PartialEq)]
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
    /// What else was seen in the contents.
    pub insight: Option<Box<Insight>>,
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

/// How a member is unpacked. In one go is twice as fast as piece by piece, and needs room for all of it, packed and plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Way {
    /// In one go, in the buffers of its thread. What is stored counts here too.
    Small,
    /// In one go, in the one room that all threads share, if no other is in it; else piece by piece.
    Large,
    /// Piece by piece.
    Streamed,
}

impl Way {
    /// The way that fits the sizes a member claims.
    pub(in super::super) fn of(member: &Member) -> Self {
        let (packed_bytes, size_bytes) = (member.central.packed_bytes, member.central.size_bytes);
        if member.central.method != DEFLATE || packed_bytes.saturating_add(size_bytes) <= SMALL_BYTES {
            Self::Small
        } else if packed_bytes <= LARGE_BYTES.0 && size_bytes <= LARGE_BYTES.1 {
            Self::Large
        } else {
            Self::Streamed
        }
    }
}

/// So much room, for packed and plain bytes, has each thread for itself.
const SMALL_BYTES: u64 = 6 << 20;
/// The packed and the plain bytes of the largest member for which all threads together have room.
const LARGE_BYTES: (u64, u64) = (12 << 20, 25 << 20);
/// So much of a member is unpacked at a time, piece by piece. Each time costs a copy of the 32 KiB that may be referred to.
const ROOM_BYTES: usize = 1 << 20;

/// The room for one large member. It is kept, since allocators do not give back what they are given back.
static LARGE: Mutex<Buffers> = Mutex::new(Buffers { packed: Vec::new(), plain: Vec::new() });
const STORED: u16 = 0;
const DEFLATE: u16 = 8;
/// Every flag that says that contents or headers are encrypted.
pub(in super::super) const ENCRYPTED: u16 = 1 | 1 << 5 | 1 << 6 | 1 << 13;
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
const GZIP_FOOTER_BYTES: usize = 8;

/// Unpacks members, one after the other, in buffers that are used again.
pub(in super::super) struct Inflater {
    decompressor: libdeflater::Decompressor,
    buffers: Buffers,
}

/// Room for a member's data and for its contents.
#[derive(Default)]
struct Buffers {
    packed: Vec<u8>,
    plain: Vec<u8>,
}

impl Inflater {
    /// An inflater whose buffers are still empty.
    pub(in super::super) fn new() -> Self {
        Self { decompressor: libdeflater::Decompressor::new(), buffers: Buffers::default() }
    }

    /// Reads members that lie behind the cursor in this order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(in super::super) fn read_all(
        &mut self,
        cursor: &mut Cursor<'_>,
        zip: &Zip,
        wanted: &[(usize, Wanted)],
    ) -> Result<Vec<Unpacked>, ArchiveError> {
        wanted.iter().map(|(index, wanted)| self.read(cursor, &zip.members[*index], *wanted)).collect()
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
    ) -> Result<Unpacked, ArchiveError> {
        let span = member.data();
        cursor.pass(span.start, &mut self.buffers.packed)?;
        let claims = &member.central;
        let mut tally = Tally::new(wanted, &member.path, claims.size_bytes);
        let outcome = match claims.method {
            _ if (claims.flags | member.local.flags) & ENCRYPTED != 0 => Err(Unread::Encrypted),
            STORED => self.stored(cursor, claims.packed_bytes, &mut tally)?,
            DEFLATE => match Way::of(member) {
                Way::Small => whole(&mut self.decompressor, &mut self.buffers, cursor, member, &mut tally)?,
                Way::Large => match LARGE.try_lock() {
                    Ok(mut large) => whole(&mut self.decompressor, &mut large, cursor, member, &mut tally)?,
                    Err(_) => self.streamed(cursor, member, &mut tally)?,
                },
                Way::Streamed => self.streamed(cursor, member, &mut tally)?,
            },
            _ => Err(Unread::Method),
        };
        cursor.pass(span.end, &mut self.buffers.packed)?;
        Ok(match outcome {
            Ok(packed_bytes) => {
                self.look_again(cursor.source(), member, &mut tally.observer)?;
                tally.finish(packed_bytes)
            }
            Err(unread) => (Contents::Unread(unread), None),
        })
    }

    /// Passes a long native file again, as often as its reader misses a part that was not kept.
    fn look_again(
        &mut self,
        source: &dyn ReadAt,
        member: &Member,
        observer: &mut Observer,
    ) -> Result<(), ArchiveError> {
        let mut passes = 1;
        while let Some(mut collector) = observer.wants_more(passes) {
            let cursor = &mut Cursor::second(source, member.data_at());
            if member.central.method == STORED {
                each_chunk(cursor, member.central.packed_bytes, &mut self.buffers.packed, |chunk| {
                    collector.update(chunk)
                })?;
            } else {
                grow(&mut self.buffers.plain, ROOM_BYTES);
                let room = &mut self.buffers.plain[..ROOM_BYTES];
                let mut slow = Slow::new(member.central.size_bytes, &mut collector, room);
                each_chunk(cursor, member.central.packed_bytes, &mut self.buffers.packed, |chunk| {
                    slow.feed(chunk)
                })?;
            }
            observer.another_pass(collector);
            passes += 1;
        }
        Ok(())
    }

    fn stored(
        &mut self,
        cursor: &mut Cursor<'_>,
        packed_bytes: u64,
        tally: &mut Tally,
    ) -> Result<Result<u64, Unread>, ArchiveError> {
        each_chunk(cursor, packed_bytes, &mut self.buffers.packed, |chunk| tally.update(chunk))?;
        Ok(Ok(packed_bytes))
    }

    fn streamed(
        &mut self,
        cursor: &mut Cursor<'_>,
        member: &Member,
        tally: &mut Tally,
    ) -> Result<Result<u64, Unread>, ArchiveError> {
        grow(&mut self.buffers.plain, ROOM_BYTES);
        let mut slow = Slow::new(member.central.size_bytes, tally, &mut self.buffers.plain[..ROOM_BYTES]);
        each_chunk(cursor, member.central.packed_bytes, &mut self.buffers.packed, |chunk| slow.feed(chunk))?;
        Ok(slow.finish())
    }
}

/// libdeflate does not tell where a deflate stream ended. Dressed as gzip, with the claimed CRC and size as
/// its footer, the stream must end exactly before that footer: unless the data holds the same eight bytes
/// somewhere, and then, or when anything is wrong, the slower way finds out what is so.
///
/// libdeflate takes a few forged streams that zlib refuses (a codeword that an incomplete code leaves open).
/// Only the contents that CRC-32 and RECORD state come out of them, so that is left alone.
fn whole(
    decompressor: &mut libdeflater::Decompressor,
    Buffers { packed, plain }: &mut Buffers,
    cursor: &mut Cursor<'_>,
    member: &Member,
    tally: &mut Tally,
) -> Result<Result<u64, Unread>, ArchiveError> {
    let claims = &member.central;
    let [packed_bytes, size_bytes] = [claims.packed_bytes, claims.size_bytes]
        .map(|bytes| usize::try_from(bytes).expect("a small member was chosen"));
    let data = GZIP_HEADER.len()..GZIP_HEADER.len() + packed_bytes;
    grow(packed, data.end + GZIP_FOOTER_BYTES);
    grow(plain, size_bytes.max(ROOM_BYTES));
    let size = u32::try_from(size_bytes).expect("a small member was chosen");
    let footer = u64::from(claims.crc32) | u64::from(size) << 32;
    packed[..data.start].copy_from_slice(&GZIP_HEADER);
    cursor.take(&mut packed[data.clone()])?;
    packed[data.end..data.end + GZIP_FOOTER_BYTES].copy_from_slice(&footer.to_le_bytes());

    let dressed = &packed[..data.end + GZIP_FOOTER_BYTES];
    let ambiguous = memmem::find(&dressed[data.start..dressed.len() - 1], &footer.to_le_bytes()).is_some();
    let room = &mut plain[..size_bytes];
    if !ambiguous && decompressor.gzip_decompress(dressed, room) == Ok(size_bytes) {
        tally.update_known(room, claims.crc32);
        return Ok(Ok(claims.packed_bytes));
    }
    let mut slow = Slow::new(claims.size_bytes, tally, &mut plain[..ROOM_BYTES]);
    slow.feed(&packed[data]);
    Ok(slow.finish())
}

fn grow(buffer: &mut Vec<u8>, length: usize) {
    if buffer.len() < length {
        // A vector that grows by itself doubles, and that would cost more memory than all else together.
        buffer.reserve_exact(length - buffer.len());
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
    observer: Observer,
}

impl Tally {
    fn new(wanted: Wanted, path: &str, size_bytes: u64) -> Self {
        Self {
            observer: Observer::new(path, size_bytes, true),
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
        self.observer.update(bytes);
    }

    /// Takes the whole contents, whose CRC was computed already.
    fn update_known(&mut self, bytes: &[u8], crc32: u32) {
        self.crc32 = crc32fast::Hasher::new_with_initial(crc32);
        self.digest(bytes);
        self.observer.whole(bytes);
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

    fn finish(self, packed_bytes: u64) -> Unpacked {
        let sha256 = self.sha256.finish();
        let digests = Digests {
            packed_bytes,
            size_bytes: self.size_bytes,
            crc32: self.crc32.finalize(),
            sha256: Sha256::from_bytes(sha256.bytes.try_into().expect("SHA-256 has 32 bytes")),
            other: self.other.map(Digester::finish),
            insight: self.observer.finish(),
        };
        (Contents::Read(digests), self.kept)
    }
}

/// Inflates chunk by chunk, and knows where the stream ended.
struct Slow<'a, S> {
    inflate: Decompress,
    sink: &'a mut S,
    made_bytes: u64,
    /// No more than this is unpacked: a member that lies about its size may be a bomb.
    declared_bytes: u64,
    room: &'a mut [u8],
    state: Option<Result<u64, Unread>>,
}

/// Where unpacked bytes go.
trait Passing {
    fn pass(&mut self, bytes: &[u8]);
}

impl Passing for Tally {
    fn pass(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl Passing for Collector {
    fn pass(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl<'a, S: Passing> Slow<'a, S> {
    fn new(declared_bytes: u64, sink: &'a mut S, room: &'a mut [u8]) -> Self {
        Self { inflate: Decompress::new(false), sink, made_bytes: 0, declared_bytes, room, state: None }
    }

    fn feed(&mut self, mut chunk: &[u8]) {
        while self.state.is_none() {
            let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self.inflate.decompress(chunk, self.room, FlushDecompress::None);
            let used = step(before_in, self.inflate.total_in());
            let made = step(before_out, self.inflate.total_out());
            self.sink.pass(&self.room[..made]);
            self.made_bytes += made as u64;
            chunk = &chunk[used..];
            self.state = match status {
                _ if self.made_bytes > self.declared_bytes => Some(Err(Unread::Longer)),
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
