//! A gzip stream, unpacked chunk by chunk while the file is hashed.
//!
//! Source: RFC 1952. A broken stream is an error; what is unusual (further members, bytes behind the end) is
//! kept as a fact.

use std::ops::Range;

use flate2::{Decompress, FlushDecompress, Status};

use super::super::Limits;
use super::super::error::ArchiveError;
use super::super::inflate::Quick;
use super::super::source::{CHUNK_BYTES, Cursor, ReadAt};
use crate::model::digest::Hashes;

/// What a gzip stream is like, besides its contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gzip {
    /// How many members it has; one is usual.
    pub members: usize,
    /// How many of them unpack to nothing.
    pub empty_members: usize,
    /// How many bytes follow the last member.
    pub trailing_bytes: u64,
    /// Whether any byte that follows the last member is not zero.
    pub trailing_data: bool,
    /// The time in the first member's header, in seconds since 1970; 0 where there is none.
    pub modified: u32,
    /// The file name in the first member's header, cut where it is longer than any.
    pub file_name: Option<String>,
}

/// Unpacks a gzip stream.
pub(super) struct Gunzip<'a> {
    cursor: Cursor<'a>,
    limits: &'a Limits,
    size_bytes: u64,
    left_bytes: u64,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    pace: Pace,
    member: Option<Member>,
    /// Which of the member's unpacked bytes nobody has taken yet.
    ready: Range<usize>,
    /// Whether the member's data came to its end.
    ended: bool,
    /// How many bytes were taken.
    unpacked_bytes: u64,
    gzip: Gzip,
}

/// How a stream is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// As one member that fills the file; anything else is an error.
    Quick,
    /// Exactly, whatever it is. It takes half as long again.
    Exact,
}

/// Millions of empty members would keep a reader busy.
const MOST_MEMBERS: usize = 1000;
const MOST_NAME_BYTES: usize = 1024;
const NAMED: u8 = 1 << 3;
const COMMENTED: u8 = 1 << 4;

/// So much is unpacked at a time, where that is done exactly.
const ROOM_BYTES: usize = 256 << 10;
const FOOTER_BYTES: usize = 8;
const CUT: ArchiveError = ArchiveError::Gzip { what: "it is cut short" };
const DAMAGED: ArchiveError = ArchiveError::Gzip { what: "its deflate data is damaged" };

struct Member {
    engine: Engine,
    crc32: crc32fast::Hasher,
    size_bytes: u64,
}

enum Engine {
    Quick(Box<Quick>),
    Exact { inflate: Decompress, room: Vec<u8> },
}

impl Engine {
    fn new(pace: Pace) -> Self {
        match pace {
            Pace::Quick => Self::Quick(Box::new(Quick::new(Vec::new()))),
            Pace::Exact => Self::Exact { inflate: Decompress::new(false), room: vec![0; ROOM_BYTES] },
        }
    }

    /// Unpacks the next data: how many bytes of it were used, where the made ones are, and whether the stream ended.
    fn step(&mut self, packed: &[u8]) -> Result<(usize, Range<usize>, bool), ArchiveError> {
        match self {
            Self::Quick(quick) => {
                let (used, made) = quick.step(packed).or(Err(DAMAGED))?;
                let ended = packed.is_empty() && made.is_empty() && quick.ends_here();
                Ok((used, made, ended))
            }
            Self::Exact { inflate, room } => {
                let (before_in, before_out) = (inflate.total_in(), inflate.total_out());
                let status = inflate.decompress(packed, room, FlushDecompress::None).or(Err(DAMAGED))?;
                let step =
                    |before, after| usize::try_from(after - before).expect("no more than a buffer holds");
                let used = step(before_in, inflate.total_in());
                Ok((used, 0..step(before_out, inflate.total_out()), status == Status::StreamEnd))
            }
        }
    }

    fn made(&self, range: Range<usize>) -> &[u8] {
        match self {
            Self::Quick(quick) => quick.made(range),
            Self::Exact { room, .. } => &room[range],
        }
    }
}

impl<'a> Gunzip<'a> {
    /// Stands before the first unpacked byte.
    ///
    /// # Errors
    /// When the source is empty, is no gzip stream, or cannot be read.
    pub(super) fn new(source: &'a dyn ReadAt, limits: &'a Limits, pace: Pace) -> Result<Self, ArchiveError> {
        let size_bytes = source.size().map_err(ArchiveError::Io)?;
        if size_bytes == 0 {
            return Err(ArchiveError::Empty);
        }
        let mut gunzip = Self {
            cursor: Cursor::new(source),
            limits,
            size_bytes,
            left_bytes: size_bytes,
            buffer: vec![0; CHUNK_BYTES],
            start: 0,
            end: 0,
            pace,
            member: None,
            ready: 0..0,
            ended: false,
            unpacked_bytes: 0,
            gzip: Gzip::default(),
        };
        gunzip.fill(2)?;
        if !gunzip.buffer[gunzip.start..gunzip.end].starts_with(&[0x1f, 0x8b]) {
            return Err(ArchiveError::NotGzip);
        }
        gunzip.open_member()?;
        Ok(gunzip)
    }

    /// Unpacks into `room`; 0 only at the end of the stream.
    ///
    /// # Errors
    /// When the stream is broken or cut short, unpacks to too much, or cannot be read.
    pub(super) fn read(&mut self, room: &mut [u8]) -> Result<usize, ArchiveError> {
        while self.ready.is_empty() && self.member.is_some() {
            if std::mem::take(&mut self.ended) { self.close_member()? } else { self.unpack()? }
        }
        let Some(member) = &self.member else { return Ok(0) };
        let count = self.ready.len().min(room.len());
        room[..count].copy_from_slice(&member.engine.made(self.ready.clone())[..count]);
        self.ready.start += count;
        self.unpacked_bytes += count as u64;
        Ok(count)
    }

    /// Unpacks the next piece of the member, and begins the next one where it ends.
    fn unpack(&mut self) -> Result<(), ArchiveError> {
        self.fill(1)?;
        let end = self.data_end();
        let Some(member) = &mut self.member else { return Ok(()) };
        let (used, made, ended) = member.engine.step(&self.buffer[self.start..end])?;
        self.start += used;
        if used == 0 && made.is_empty() && !ended {
            return Err(CUT);
        }
        member.crc32.update(member.engine.made(made.clone()));
        member.size_bytes += made.len() as u64;
        let unpacked_bytes = self.unpacked_bytes + made.len() as u64;
        if self.limits.is_bomb(unpacked_bytes, self.size_bytes) {
            return Err(ArchiveError::Bomb { unpacked_bytes, size_bytes: self.size_bytes });
        }
        self.ready = made;
        self.ended = ended;
        Ok(())
    }

    /// How many bytes were unpacked so far.
    pub(super) const fn unpacked_bytes(&self) -> u64 {
        self.unpacked_bytes
    }

    /// The size of the file.
    pub(super) const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The digests of the file, and what its gzip stream is like; to be asked at the end of the stream.
    pub(super) fn finish(self) -> (Hashes, Gzip) {
        (self.cursor.finish(), self.gzip)
    }

    /// Makes at least `count` bytes available, or all that there are.
    fn fill(&mut self, count: usize) -> Result<(), ArchiveError> {
        if self.end - self.start >= count || self.left_bytes == 0 {
            return Ok(());
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let more = usize::try_from(self.left_bytes).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES - self.end);
        self.cursor.take(&mut self.buffer[self.end..self.end + more])?;
        self.end += more;
        self.left_bytes -= more as u64;
        Ok(())
    }

    /// Where the data in the buffer ends. The quick way takes the last bytes of the file for the only footer.
    fn data_end(&self) -> usize {
        let missing = usize::try_from(self.left_bytes).unwrap_or(FOOTER_BYTES).min(FOOTER_BYTES);
        let footer_bytes = if self.pace == Pace::Quick { FOOTER_BYTES - missing } else { 0 };
        self.end.saturating_sub(footer_bytes).max(self.start)
    }

    fn header_bytes(&mut self, count: usize) -> Result<Vec<u8>, ArchiveError> {
        self.fill(count)?;
        let bytes = self.buffer[self.start..self.end].get(..count).ok_or(CUT)?.to_vec();
        self.start += count;
        Ok(bytes)
    }

    fn open_member(&mut self) -> Result<(), ArchiveError> {
        let header = self.header_bytes(10)?;
        let flags = header[3];
        if header[2] != 8 || flags & 0xe0 != 0 {
            return Err(ArchiveError::Gzip { what: "its header asks for what no reader knows" });
        }
        if flags & 4 != 0 {
            let length = self.header_bytes(2)?;
            self.header_bytes(usize::from(u16::from_le_bytes([length[0], length[1]])))?;
        }
        let is_first = self.gzip.members == 0;
        if is_first {
            self.gzip.modified = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
        }
        for flag in [NAMED, COMMENTED].into_iter().filter(|flag| flags & flag != 0) {
            let text = self.header_text()?;
            if is_first && flag == NAMED {
                self.gzip.file_name = Some(text);
            }
        }
        if flags & 2 != 0 {
            self.header_bytes(2)?;
        }
        let (engine, crc32) = (Engine::new(self.pace), crc32fast::Hasher::new());
        self.member = Some(Member { engine, crc32, size_bytes: 0 });
        self.gzip.members += 1;
        if self.gzip.members > MOST_MEMBERS {
            return Err(ArchiveError::Gzip { what: "it has thousands of members" });
        }
        Ok(())
    }

    /// A file name or a comment, up to its NUL, as Latin-1 has it.
    fn header_text(&mut self) -> Result<String, ArchiveError> {
        self.fill(CHUNK_BYTES / 2)?;
        let text = &self.buffer[self.start..self.end];
        let end = text.iter().position(|&byte| byte == 0);
        let end = end.ok_or(ArchiveError::Gzip { what: "the text in its header does not end" })?;
        let shown = text[..end.min(MOST_NAME_BYTES)].iter().copied().map(char::from).collect();
        self.start += end + 1;
        Ok(shown)
    }

    fn close_member(&mut self) -> Result<(), ArchiveError> {
        let Some(member) = self.member.take() else { return Ok(()) };
        let footer = self.header_bytes(FOOTER_BYTES)?;
        self.gzip.empty_members += usize::from(member.size_bytes == 0);
        if footer[..4] != member.crc32.finalize().to_le_bytes() {
            return Err(ArchiveError::Gzip { what: "its checksum does not fit its contents" });
        }
        if footer[4..] != member.size_bytes.to_le_bytes()[..4] {
            return Err(ArchiveError::Gzip { what: "its length does not fit its contents" });
        }
        self.fill(2)?;
        if self.buffer[self.start..self.end].starts_with(&[0x1f, 0x8b]) {
            return self.open_member();
        }
        self.pass_trailing()
    }

    fn pass_trailing(&mut self) -> Result<(), ArchiveError> {
        loop {
            let rest = &self.buffer[self.start..self.end];
            self.gzip.trailing_bytes += rest.len() as u64;
            self.gzip.trailing_data |= rest.iter().any(|&byte| byte != 0);
            self.start = self.end;
            if self.left_bytes == 0 {
                return Ok(());
            }
            self.fill(1)?;
        }
    }
}
