//! A gzip stream, unpacked chunk by chunk while the file is hashed.
//!
//! Source: RFC 1952. A broken stream is an error; what is unusual (further members, bytes behind the end) is
//! kept as a fact.

use flate2::{Decompress, FlushDecompress, Status};

use super::super::Limits;
use super::super::error::ArchiveError;
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
    unpacked_bytes: u64,
    member: Option<Member>,
    gzip: Gzip,
}

/// Millions of empty members would keep a reader busy.
const MOST_MEMBERS: usize = 1000;
const MOST_NAME_BYTES: usize = 1024;
const NAMED: u8 = 1 << 3;
const COMMENTED: u8 = 1 << 4;

struct Member {
    inflate: Decompress,
    crc32: crc32fast::Hasher,
}

impl<'a> Gunzip<'a> {
    /// Stands before the first unpacked byte.
    ///
    /// # Errors
    /// When the source is empty, is no gzip stream, or cannot be read.
    pub(super) fn new(source: &'a dyn ReadAt, limits: &'a Limits) -> Result<Self, ArchiveError> {
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
            unpacked_bytes: 0,
            member: None,
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
        while !room.is_empty() {
            self.fill(1)?;
            let Some(member) = &mut self.member else { return Ok(0) };
            let (before_in, before_out) = (member.inflate.total_in(), member.inflate.total_out());
            let packed = &self.buffer[self.start..self.end];
            let status = member.inflate.decompress(packed, room, FlushDecompress::None);
            let step = |before, after| usize::try_from(after - before).expect("no more than a buffer holds");
            let used = step(before_in, member.inflate.total_in());
            let made = step(before_out, member.inflate.total_out());
            self.start += used;
            member.crc32.update(&room[..made]);
            self.unpacked_bytes += made as u64;
            if self.limits.is_bomb(self.unpacked_bytes, self.size_bytes) {
                let (unpacked_bytes, size_bytes) = (self.unpacked_bytes, self.size_bytes);
                return Err(ArchiveError::Bomb { unpacked_bytes, size_bytes });
            }
            match status {
                Err(_) => return Err(ArchiveError::Gzip { what: "its deflate data is damaged" }),
                Ok(Status::StreamEnd) => self.close_member()?,
                Ok(_) if used == 0 && made == 0 => {
                    return Err(ArchiveError::Gzip { what: "it is cut short" });
                }
                Ok(_) => {}
            }
            if made > 0 {
                return Ok(made);
            }
        }
        Ok(0)
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

    fn header_bytes(&mut self, count: usize) -> Result<Vec<u8>, ArchiveError> {
        self.fill(count)?;
        let bytes = self.buffer[self.start..self.end]
            .get(..count)
            .ok_or(ArchiveError::Gzip { what: "it is cut short" })?
            .to_vec();
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
        self.member = Some(Member { inflate: Decompress::new(false), crc32: crc32fast::Hasher::new() });
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
        let footer = self.header_bytes(8)?;
        let unpacked_bytes = member.inflate.total_out();
        self.gzip.empty_members += usize::from(unpacked_bytes == 0);
        if footer[..4] != member.crc32.finalize().to_le_bytes() {
            return Err(ArchiveError::Gzip { what: "its checksum does not fit its contents" });
        }
        if footer[4..] != unpacked_bytes.to_le_bytes()[..4] {
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
