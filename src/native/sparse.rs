//! A long file of which only some parts are held in memory.
//!
//! The parts that a reader of native files needs (headers, tables, names) are a few per cent of a library, and
//! lie at its beginning and its end, or where these say. A first pass over the bytes keeps beginning and end, and
//! what the beginning names; what the reader then misses is noted, and kept by another pass.

use std::cell::RefCell;
use std::ops::Range;

use object::read::ReadRef;

/// Parts are kept in units of this many bytes, so that neighbours are asked for once.
const UNIT_BYTES: u64 = 16 << 10;
/// Kept from both ends in the first pass: so far reach the symbols of most libraries, and what patchelf appends.
const END_BYTES: u64 = 3 << 19;
/// Kept at most, in all.
const MOST_BYTES: u64 = 12 << 20;

/// Keeps the wanted parts of bytes that pass by once.
#[derive(Debug)]
pub struct Collector {
    length: u64,
    at: u64,
    /// Sorted, without overlaps, each with what was kept of it so far.
    parts: Vec<(Range<u64>, Vec<u8>)>,
}

/// The parts that were kept, to be read like the whole file.
#[derive(Debug)]
pub struct Sparse {
    length: u64,
    parts: Vec<(u64, Vec<u8>)>,
    missed: RefCell<Vec<Range<u64>>>,
}

impl Collector {
    /// Keeps both ends of a file of `length` bytes, and other parts that are known to be asked for.
    pub fn ends_and(mut wanted: Vec<Range<u64>>, length: u64) -> Self {
        wanted.extend([0..END_BYTES, length.saturating_sub(END_BYTES)..length]);
        Self::of(length, wanted)
    }

    /// Keeps these parts, as far as there is room for them.
    fn of(length: u64, mut wanted: Vec<Range<u64>>) -> Self {
        for part in &mut wanted {
            let end = part.end.checked_next_multiple_of(UNIT_BYTES).unwrap_or(length).min(length);
            *part = part.start / UNIT_BYTES * UNIT_BYTES..end;
        }
        wanted.retain(|part| !part.is_empty());
        wanted.sort_by_key(|part| part.start);
        let mut parts: Vec<Range<u64>> = Vec::new();
        for part in wanted {
            match parts.last_mut() {
                Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
                _ => parts.push(part),
            }
        }
        let mut room = MOST_BYTES;
        parts.retain(|part| {
            let fits = part.end - part.start <= room;
            room -= if fits { part.end - part.start } else { 0 };
            fits
        });
        Self { length, at: 0, parts: parts.into_iter().map(|part| (part, Vec::new())).collect() }
    }

    /// Takes the next bytes of the file.
    pub fn update(&mut self, bytes: &[u8]) {
        let passing = self.at..self.at + bytes.len() as u64;
        let first = self.parts.partition_point(|(part, _)| part.end <= passing.start);
        for (part, kept) in &mut self.parts[first..] {
            if part.start >= passing.end {
                break;
            }
            if kept.len() as u64 == part.end - part.start {
                continue;
            }
            let offset = |at: u64| usize::try_from(at - passing.start).expect("it lies in a slice");
            let (start, end) = (part.start.max(passing.start), part.end.min(passing.end));
            kept.extend_from_slice(&bytes[offset(start)..offset(end)]);
        }
        self.at = passing.end;
    }

    /// Whether nothing is wanted of what has not passed yet.
    pub fn is_complete(&self) -> bool {
        self.parts.iter().all(|(part, kept)| kept.len() as u64 == part.end - part.start)
    }

    /// The parts, once the whole file has passed, or as much of it as is wanted.
    pub fn finish(self) -> Sparse {
        let whole = |(part, kept): &(Range<u64>, Vec<u8>)| kept.len() as u64 == part.end - part.start;
        let parts = self.parts.into_iter().filter(whole).map(|(part, kept)| (part.start, kept)).collect();
        Sparse { length: self.length, parts, missed: RefCell::default() }
    }
}

impl Sparse {
    /// Keeps what was missed, and holds on to what was kept before; `None` when nothing was missed, or when there is no
    /// room for it.
    pub fn wants_more(&mut self) -> Option<Collector> {
        let missed = self.missed.borrow();
        let mut wanted: Vec<_> =
            self.parts.iter().map(|(start, kept)| *start..start + kept.len() as u64).collect();
        let before: u64 = wanted.iter().map(|part| part.end - part.start).sum();
        wanted.extend(missed.iter().cloned());
        let mut collector = Collector::of(self.length, wanted);
        let after: u64 = collector.parts.iter().map(|(part, _)| part.end - part.start).sum();
        if after <= before {
            return None;
        }
        // Parts that did not grow are there already, so that the next pass ends behind the last one that did.
        for (part, kept) in &mut collector.parts {
            let same = |(start, kept): &&mut (u64, Vec<u8>)| {
                *start == part.start && kept.len() as u64 == part.end - part.start
            };
            if let Some((_, before)) = self.parts.iter_mut().find(same) {
                *kept = std::mem::take(before);
            }
        }
        Some(collector)
    }

    fn part(&self, at: u64) -> Option<&[u8]> {
        let index = self.parts.partition_point(|(start, _)| *start <= at).checked_sub(1)?;
        let (start, kept) = &self.parts[index];
        kept.get(usize::try_from(at - start).ok()?..)
    }

    fn miss(&self, part: Range<u64>) {
        let mut missed = self.missed.borrow_mut();
        let covered = |found: &Range<u64>| found.start <= part.start && part.end <= found.end;
        if part.end <= self.length && part.start < part.end && !missed.last().is_some_and(covered) {
            missed.push(part.start / UNIT_BYTES * UNIT_BYTES..part.end);
        }
    }
}

impl<'data> ReadRef<'data> for &'data Sparse {
    fn len(self) -> Result<u64, ()> {
        Ok(self.length)
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'data [u8], ()> {
        if size == 0 {
            return Ok(&[]);
        }
        let end = offset.checked_add(size).ok_or(())?;
        let found = self.part(offset).and_then(|part| part.get(..usize::try_from(size).ok()?));
        found.ok_or_else(|| self.miss(offset..end))
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'data [u8], ()> {
        // A whole file in memory refuses such a range too, whatever stands in it.
        if range.start > range.end || range.end > self.length {
            return Err(());
        }
        let part = self.part(range.start).unwrap_or_default();
        let most = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        let seen = &part[..part.len().min(most)];
        match seen.iter().position(|byte| *byte == delimiter) {
            Some(end) => Ok(&seen[..end]),
            None => {
                // A name is short: what is missing of it lies in the next unit.
                let start = range.start + seen.len() as u64;
                self.miss(start..(start + UNIT_BYTES).min(range.end));
                Err(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn byte(at: u64) -> u8 {
        u8::try_from(at % 251).expect("small")
    }

    fn pass(collector: &mut Collector, length: u64) {
        let bytes: Vec<u8> = (0..length).map(byte).collect();
        bytes.chunks(10_007).for_each(|chunk| collector.update(chunk));
    }

    #[test]
    fn what_was_missed_is_there_after_another_pass() {
        let length = 5 << 20;
        let mut collector = Collector::ends_and(Vec::new(), length);
        pass(&mut collector, length);
        let mut sparse = collector.finish();
        assert!(sparse.wants_more().is_none(), "nothing was missed yet");
        assert_eq!((&sparse).read_bytes_at(700, 3), Ok(&[byte(700), byte(701), byte(702)][..]));
        assert_eq!((&sparse).read_bytes_at(length - 2, 2).map(<[_]>::len), Ok(2));
        assert_eq!((&sparse).read_bytes_at(length - 2, 3), Err(()), "behind the end is nothing to miss");
        assert!(sparse.wants_more().is_none());
        assert_eq!((&sparse).read_bytes_at(2 << 20, 100), Err(()));
        assert_eq!((&sparse).read_bytes_at_until(3 << 20..length, 0), Err(()));
        let mut collector = sparse.wants_more().expect("two parts were missed");
        pass(&mut collector, length);
        let mut sparse = collector.finish();
        assert_eq!((&sparse).read_bytes_at(2 << 20, 100).map(|bytes| bytes[99]), Ok(byte((2 << 20) + 99)));
        let name = (&sparse).read_bytes_at_until(3 << 20..length, 0).expect("kept now");
        assert_eq!(name.len() as u64, 251 - (3 << 20) % 251);
        assert!(sparse.wants_more().is_none());
    }

    #[test]
    fn what_reaches_behind_the_end_is_refused_as_by_bytes_in_memory() {
        let bytes = b"name\0";
        let mut collector = Collector::ends_and(Vec::new(), 5);
        collector.update(bytes);
        let mut sparse = collector.finish();
        for range in [0..5, 0..6, 3..6, 5..5, 6..6, 5..9] {
            let kept = (&sparse).read_bytes_at_until(range.clone(), 0);
            assert_eq!(kept, (&bytes[..]).read_bytes_at_until(range, 0));
        }
        for (offset, size) in [(0, 5), (0, 6), (5, 0), (6, 0), (6, 1)] {
            assert_eq!((&sparse).read_bytes_at(offset, size), (&bytes[..]).read_bytes_at(offset, size));
        }
        assert!(sparse.wants_more().is_none());
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let length = 100 << 20;
        let mut sparse = Collector::ends_and(Vec::new(), length).finish();
        assert_eq!((&sparse).read_bytes_at(0, 50 << 20), Err(()));
        assert!(
            sparse
                .wants_more()
                .is_none_or(|more| more.parts.iter().all(|(part, _)| part.end - part.start <= MOST_BYTES))
        );
        assert_eq!((&sparse).read_bytes_at(u64::MAX - 1, 8), Err(()));
    }
}
