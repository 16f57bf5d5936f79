//! A member's contents: inflated, measured and hashed while they are hot in the cache, and not kept.

use std::sync::{Mutex, PoisonError};

use flate2::{Decompress, FlushDecompress, Status};
use memchr::memmem;

use super::super::error::ArchiveError;
use super::super::inflate::Quick;
use super::super::insight::{Insight, Observer};
use super::super::record::{Algorithm, Digest, Digester};
use super::super::source::{CHUNK_BYTES, Cursor, ReadAt};
use super::Zip;
use super::header::Member;
use crate::model::digest::Sha256;

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
const SMALL_BYTES: u64 = 2 << 20;
/// The packed and the plain bytes of the largest member for which all threads together have room.
const LARGE_BYTES: (u64, u64) = (8 << 20, 21 << 20);
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

/// Those that nobody uses, no more than there were threads at once.
static IDLE: Mutex<Vec<Inflater>> = Mutex::new(Vec::new());

/// Room for a member's data and for its contents.
#[derive(Default)]
struct Buffers {
    packed: Vec<u8>,
    plain: Vec<u8>,
}

impl Inflater {
    /// One that was put away, else a new one.
    pub(in super::super) fn take() -> Self {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| Self {
            decompressor: libdeflater::Decompressor::new(),
            buffers: Buffers::default(),
        })
    }

    /// Keeps it for the next who needs one: buffers that are made again and again leave holes in the memory.
    pub(in super::super) fn put_away(self) {
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(self);
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
                    Err(_) => self.streamed(cursor, member, wanted, &mut tally)?,
                },
                Way::Streamed => self.streamed(cursor, member, wanted, &mut tally)?,
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
            let packed_bytes = member.central.packed_bytes;
            if member.central.method == STORED {
                each_chunk(cursor, packed_bytes, &mut self.buffers.packed, |chunk| {
                    collector.update(chunk);
                    !collector.is_complete()
                })?;
            } else {
                self.pieces(cursor, packed_bytes, &mut |made| {
                    collector.update(made);
                    !collector.is_complete()
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
        each_chunk(cursor, packed_bytes, &mut self.buffers.packed, |chunk| {
            tally.update(chunk);
            true
        })?;
        Ok(Ok(packed_bytes))
    }

    /// Unpacks a member piece by piece: fast, and where that comes to anything but the claims, again and exactly.
    fn streamed(
        &mut self,
        cursor: &mut Cursor<'_>,
        member: &Member,
        wanted: Wanted,
        tally: &mut Tally,
    ) -> Result<Result<u64, Unread>, ArchiveError> {
        let claims = &member.central;
        let ended = self.pieces(cursor, claims.packed_bytes, &mut |made| {
            tally.update(made);
            tally.size_bytes <= claims.size_bytes
        })?;
        if ended && tally.size_bytes == claims.size_bytes && tally.crc32.clone().finalize() == claims.crc32 {
            return Ok(Ok(claims.packed_bytes));
        }
        *tally = Tally::new(wanted, &member.path, claims.size_bytes);
        grow(&mut self.buffers.plain, ROOM_BYTES);
        let mut slow = Slow::new(claims.size_bytes, tally, &mut self.buffers.plain[..ROOM_BYTES]);
        let again = &mut Cursor::second(cursor.source(), member.data_at());
        each_chunk(again, claims.packed_bytes, &mut self.buffers.packed, |chunk| {
            slow.feed(chunk);
            slow.state.is_none()
        })?;
        Ok(slow.finish())
    }

    /// Unpacks the next bytes for as long as `take` asks for more; tells whether a deflate stream ended with them.
    fn pieces(
        &mut self,
        cursor: &mut Cursor<'_>,
        packed_bytes: u64,
        take: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<bool, ArchiveError> {
        let Buffers { packed, plain } = &mut self.buffers;
        let mut quick = Quick::new(std::mem::take(plain));
        let mut goes_on = true;
        each_chunk(cursor, packed_bytes, packed, |mut chunk| {
            while goes_on && let Ok((used, made)) = quick.step(chunk) {
                if used == 0 && made.is_empty() {
                    return true;
                }
                chunk = &chunk[used..];
                goes_on = take(quick.made(made));
            }
            goes_on = false;
            false
        })?;
        let ended = goes_on && quick.ends_here();
        *plain = quick.into_room();
        Ok(ended)
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

/// Hands on the next bytes in chunks, for as long as `take` asks for more.
fn each_chunk(
    cursor: &mut Cursor<'_>,
    mut left: u64,
    buffer: &mut Vec<u8>,
    mut take: impl FnMut(&[u8]) -> bool,
) -> Result<(), ArchiveError> {
    grow(buffer, CHUNK_BYTES);
    let mut goes_on = true;
    while left > 0 && goes_on {
        let count = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        cursor.take(&mut buffer[..count])?;
        goes_on = take(&buffer[..count]);
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
struct Slow<'a> {
    inflate: Decompress,
    tally: &'a mut Tally,
    made_bytes: u64,
    /// No more than this is unpacked: a member that lies about its size may be a bomb.
    declared_bytes: u64,
    room: &'a mut [u8],
    state: Option<Result<u64, Unread>>,
}

impl<'a> Slow<'a> {
    fn new(declared_bytes: u64, tally: &'a mut Tally, room: &'a mut [u8]) -> Self {
        Self { inflate: Decompress::new(false), tally, made_bytes: 0, declared_bytes, room, state: None }
    }

    fn feed(&mut self, mut chunk: &[u8]) {
        while self.state.is_none() {
            let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self.inflate.decompress(chunk, self.room, FlushDecompress::None);
            let used = step(before_in, self.inflate.total_in());
            let made = step(before_out, self.inflate.total_out());
            self.tally.update(&self.room[..made]);
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
