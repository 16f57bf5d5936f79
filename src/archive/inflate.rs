//! Deflate data unpacked in pieces by the fastest means there is for that, which cannot tell where a stream ended.
//!
//! It can tell that a stream ends exactly where it was thought to, and that is what all honest files do. Whoever gets
//! another answer starts again with zlib, which is exact about everything that may be wrong.

use std::ops::Range;

use fdeflate::{DecompressionError, Decompressor};

/// So far back may deflate data refer.
const HISTORY_BYTES: usize = 32 << 10;
/// So much is unpacked at a time, plus the history: few copies of that, and it stays in the processor's cache.
const ROOM_BYTES: usize = 160 << 10;
/// The beginning of a zlib stream, which the decompressor wants to see first.
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];
/// The checksum at the end of a zlib stream, which it skips.
const ZLIB_FOOTER: [u8; 4] = [0; 4];

type Read =
    fn(&mut Decompressor, &[u8], &mut [u8], usize, bool) -> Result<(usize, usize), DecompressionError>;

/// Unpacks one deflate stream.
pub(super) struct Quick {
    inflate: Decompressor,
    room: Vec<u8>,
    at: usize,
}

/// The stream is damaged, or not what was thought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubt;

impl Quick {
    /// Stands before the first byte, and unpacks into `room`, which grows where it is too small.
    pub(super) fn new(mut room: Vec<u8>) -> Self {
        if room.len() < ROOM_BYTES {
            room.resize(ROOM_BYTES, 0);
        }
        let mut inflate = Decompressor::new();
        inflate.ignore_adler32();
        let mut quick = Self { inflate, room, at: 0 };
        let begun = quick.step(&ZLIB_HEADER);
        debug_assert_eq!(begun, Ok((2, 0..0)));
        quick
    }

    /// Unpacks the next data: tells how many bytes of it were used, and where in the room the bytes are that were made.
    /// Without either there is nothing more to be made of the data so far.
    pub(super) fn step(&mut self, packed: &[u8]) -> Result<(usize, Range<usize>), Doubt> {
        let room = &mut self.room[..ROOM_BYTES];
        if self.at == ROOM_BYTES {
            room.copy_within(self.at - HISTORY_BYTES.., 0);
            self.at = HISTORY_BYTES;
        }
        let start = self.at;
        // Called by a pointer, it is not drawn into this function, where it would be compiled for size: a third slower.
        let read: Read = std::hint::black_box(Decompressor::read);
        match read(&mut self.inflate, packed, room, start, false) {
            Ok((used, made)) => {
                self.at += made;
                Ok((used, start..self.at))
            }
            Err(_) => Err(Doubt),
        }
    }

    /// The bytes that a step made, until the next one.
    pub(super) fn made(&self, range: Range<usize>) -> &[u8] {
        &self.room[range]
    }

    /// Whether the stream ends exactly behind the data so far. What follows a stream in zlib's form has four bytes, so
    /// it must not be complete before the fourth of them, and not later.
    pub(super) fn ends_here(&mut self) -> bool {
        let (most, last) = ZLIB_FOOTER.split_at(3);
        let nothing = |used| Ok((used, self.at..self.at));
        let (before, behind) = (nothing(3), nothing(1));
        self.step(most) == before
            && !self.inflate.is_done()
            && self.step(last) == behind
            && self.inflate.is_done()
    }

    /// The room, for the next one.
    pub(super) fn into_room(self) -> Vec<u8> {
        self.room
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;

    use super::*;

    fn packed(plain: &[u8], level: Compression) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), level);
        encoder.write_all(plain).expect("a vector takes everything");
        encoder.finish().expect("a vector takes everything")
    }

    fn plain() -> Vec<u8> {
        (0..300_000_u32).flat_map(|n| ((n % 5_000) * (n % 77) % 1_000).to_le_bytes()).collect()
    }

    fn unpack(packed: &[u8], chunk_bytes: usize) -> Result<(Vec<u8>, bool), Doubt> {
        let mut quick = Quick::new(Vec::new());
        let mut plain = Vec::new();
        for mut chunk in packed.chunks(chunk_bytes) {
            loop {
                let (used, made) = quick.step(chunk)?;
                chunk = &chunk[used..];
                plain.extend_from_slice(quick.made(made.clone()));
                if used == 0 && made.is_empty() {
                    break;
                }
            }
        }
        let ends = quick.ends_here();
        Ok((plain, ends))
    }

    #[test]
    fn what_was_packed_comes_out_whatever_the_chunks() {
        for level in [0, 1, 9] {
            let packed = packed(&plain(), Compression::new(level));
            for chunk_bytes in [1, 7, 4096, packed.len()] {
                let (unpacked, ends) = unpack(&packed, chunk_bytes).expect("it is sound");
                assert!(unpacked == plain() && ends, "level {level}, chunks of {chunk_bytes} bytes");
            }
        }
        assert_eq!(unpack(&packed(&[], Compression::best()), 10), Ok((Vec::new(), true)));
    }

    #[test]
    fn a_stream_ends_nowhere_else() {
        for level in [0, 1, 9] {
            let whole = packed(&plain()[..5_000], Compression::new(level));
            for end in 0..whole.len() {
                assert!(!matches!(unpack(&whole[..end], 64), Ok((_, true))), "cut at {end}, level {level}");
            }
            for more in 1..12 {
                for filler in [0, 3, 0x4b, 0xff] {
                    let mut longer = whole.clone();
                    longer.resize(whole.len() + more, filler);
                    assert!(!matches!(unpack(&longer, 64), Ok((_, true))), "{more} more, level {level}");
                }
            }
        }
    }
}
