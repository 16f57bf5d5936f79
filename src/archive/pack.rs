//! Files → a ZIP archive, as a job leaves it for others: written front to back, so that it can be hashed and sent while
//! it is written.
//!
//! The same files give the same bytes on every system: members are sorted by path, have one fixed time and, of their
//! permissions, nothing but the executable bit. Sizes and checksums stand behind the data, as in every archive that is
//! streamed.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::rc::Rc;

use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::shown;
use crate::model::digest::{Hasher, Hashes};

/// Members of this size and more need the wide fields of ZIP64, which are chosen before the data is seen. Data that
/// does not shrink becomes a little longer than it was.
const LARGE_BYTES: u64 = 0xff00_0000;
/// How much of a file is read at a time.
const CHUNK_BYTES: usize = 128 << 10;

/// A file to be packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its path in the archive, with `/` between the parts.
    pub path: String,
    /// What its bytes must be: they were seen before.
    pub hashes: Hashes,
    /// Whether it may be executed.
    pub executable: bool,
}

/// How hard to compress: 0 is not at all, 9 is as hard as can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(u8);

/// A text that is no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no compression level: there are 0 to 9")]
pub struct LevelError {
    text: String,
}

impl std::str::FromStr for Level {
    type Err = LevelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let level = text.parse().ok().filter(|level| *level <= 9).map(Self);
        level.ok_or_else(|| LevelError { text: text.chars().take(60).flat_map(char::escape_debug).collect() })
    }
}

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PackError {
    #[error("`{path}` cannot be read")]
    Read { path: String, source: io::Error },
    #[error("`{path}` changed while it was packed: {expected} before, {found} now")]
    Changed { path: String, expected: Hashed, found: Hashed },
    #[error("the archive cannot be written")]
    Write(#[source] io::Error),
    #[error("the archive cannot be made")]
    Zip(#[source] zip::result::ZipError),
}

/// Size and digest for a message.
#[derive(Debug)]
pub struct Hashed(Hashes);

impl std::fmt::Display for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sha256 {} of {} bytes", self.0.sha256, self.0.size_bytes)
    }
}

/// Opens the file of an item.
pub type Open<'a> = dyn FnMut(&Item) -> io::Result<Box<dyn Read>> + 'a;

/// Writes one file as it is to `out`. It must still have the bytes that were seen before.
///
/// # Errors
/// As [`pack`].
pub fn pass(item: &Item, open: &mut Open<'_>, out: &mut dyn Write) -> Result<(), PackError> {
    let mut source = open(item).map_err(|source| unreadable(item, source))?;
    let found = copy(item, &mut source, out)?;
    unchanged(item, found)
}

/// Writes an archive of `items` to `out`. Each must still have the bytes that were seen before.
///
/// # Errors
/// When a file cannot be read or has other bytes, or `out` takes no more.
pub fn pack(items: &[Item], level: Level, open: &mut Open<'_>, out: impl Write) -> Result<(), PackError> {
    let mut sorted: Vec<&Item> = items.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let over = Rc::new(Cell::new(false));
    let mut zip = ZipWriter::new_stream(Out { inner: out, over: Rc::clone(&over) });
    for item in sorted {
        if let Err(error) = add(item, level, open, &mut zip) {
            over.set(true);
            return Err(error);
        }
    }
    zip.finish().map_err(failed)?.into_inner().flush().map_err(PackError::Write)
}

/// Where the archive goes. The library ends an archive whenever it is dropped; after a failure that end goes nowhere,
/// or else half an archive would look like a whole one.
struct Out<W> {
    inner: W,
    over: Rc<Cell<bool>>,
}

impl<W: Write> Write for Out<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.over.get() {
            return Ok(bytes.len());
        }
        self.inner.write(bytes).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.over.set(true);
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.over.get() { Ok(()) } else { self.inner.flush() }
    }
}

fn add<W: Write>(
    item: &Item,
    level: Level,
    open: &mut Open<'_>,
    zip: &mut ZipWriter<StreamWriter<W>>,
) -> Result<(), PackError> {
    zip.start_file(item.path.as_str(), options(item, level)).map_err(failed)?;
    let mut source = open(item).map_err(|source| unreadable(item, source))?;
    let found = copy(item, &mut source, zip)?;
    unchanged(item, found)
}

fn unchanged(item: &Item, found: Hashes) -> Result<(), PackError> {
    if found == item.hashes {
        return Ok(());
    }
    let (expected, found) = (Hashed(item.hashes), Hashed(found));
    Err(PackError::Changed { path: shown(&item.path), expected, found })
}

fn options(item: &Item, Level(level): Level) -> SimpleFileOptions {
    let options = SimpleFileOptions::default()
        .system(System::Unix)
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(if item.executable { 0o755 } else { 0o644 })
        .large_file(item.hashes.size_bytes >= LARGE_BYTES);
    match level {
        0 => options.compression_method(CompressionMethod::Stored),
        level => {
            options.compression_method(CompressionMethod::Deflated).compression_level(Some(level.into()))
        }
    }
}

/// Copies a file, no more of it than it had, and tells what it was.
fn copy(item: &Item, source: &mut dyn Read, out: &mut dyn Write) -> Result<Hashes, PackError> {
    // One byte more shows that it grew.
    let mut source = source.take(item.hashes.size_bytes.saturating_add(1));
    let mut hasher = Hasher::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match source.read(&mut chunk) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(count) => {
                hasher.update(&chunk[..count]);
                out.write_all(&chunk[..count]).map_err(PackError::Write)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(item, error)),
        }
    }
}

fn unreadable(item: &Item, source: io::Error) -> PackError {
    PackError::Read { path: shown(&item.path), source }
}

fn failed(error: zip::result::ZipError) -> PackError {
    match error {
        zip::result::ZipError::Io(source) => PackError::Write(source),
        other => PackError::Zip(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::bundle;

    fn item(path: &str, bytes: &[u8], executable: bool) -> Item {
        Item { path: path.into(), hashes: Hashes::of(bytes), executable }
    }

    fn packed(files: &[(&str, &[u8], bool)], level: u8) -> Result<Vec<u8>, PackError> {
        let items: Vec<_> =
            files.iter().map(|(path, bytes, executable)| item(path, bytes, *executable)).collect();
        let bytes_of = |item: &Item| {
            let found = files.iter().find(|(path, ..)| *path == item.path).expect("it is one of them");
            found.1.to_vec()
        };
        let mut out = Vec::new();
        pack(&items, Level(level), &mut |item| Ok(Box::new(io::Cursor::new(bytes_of(item)))), &mut out)?;
        Ok(out)
    }

    #[test]
    fn the_order_of_the_files_does_not_matter_and_the_bytes_are_these() {
        let (a, b): (&[u8], &[u8]) = (b"a wheel", b"#!/bin/sh\n");
        let one = packed(&[("dist/a.whl", a, false), ("tool", b, true)], 6).expect("packed");
        let two = packed(&[("tool", b, true), ("dist/a.whl", a, false)], 6).expect("packed");
        assert_eq!(one, two);
        // What one system packs, another compares with: no byte may depend on where it was packed.
        let stored = packed(&[("dist/a.whl", a, false), ("tool", b, true)], 0).expect("packed");
        let sha256 = "5cfef94e752dc6e164becfadaee27f0747ad106a35da72d531dae1c084d9b864";
        assert_eq!(Hashes::of(&stored).sha256.to_string(), sha256, "{:?}", String::from_utf8_lossy(&stored));
    }

    #[test]
    fn what_is_packed_is_unpacked_by_the_mode_that_collects() {
        let large = b"0123456789abcdef".repeat(40_000);
        let files: [(&str, &[u8], bool); 4] =
            [("a/b/c.txt", b"c", false), ("empty", b"", false), ("naïve", &large, true), ("z", b"z", false)];
        for level in [0, 1, 6, 9] {
            let archive = packed(&files, level).expect("packed");
            let mut found = Vec::new();
            bundle::unpack(&archive, &mut |member, bytes| {
                let mut content = Vec::new();
                bytes.read_to_end(&mut content)?;
                found.push((member.path.to_string(), content, member.executable));
                Ok(())
            })
            .expect("unpacked");
            let expected: Vec<_> = files
                .iter()
                .map(|(path, bytes, executable)| ((*path).to_owned(), bytes.to_vec(), *executable))
                .collect();
            assert_eq!(found, expected, "level {level}");
        }
    }

    #[test]
    fn executable_files_stay_executable_and_nothing_else_is_kept() {
        let archive = packed(&[("a", b"a", false), ("b", b"b", true)], 6).expect("packed");
        let mut zip = zip::ZipArchive::new(io::Cursor::new(archive)).expect("an archive");
        let mut of = |name: &str| {
            let file = zip.by_name(name).expect("there");
            (file.unix_mode().expect("made on Unix") & 0o777, file.last_modified().expect("a time").year())
        };
        assert_eq!((of("a"), of("b")), ((0o644, 1980), (0o755, 1980)));
    }

    #[test]
    fn a_file_that_changed_is_not_packed() {
        for now in [b"othe".as_slice(), b"ours and more", b"our"] {
            let mut open =
                |_: &Item| -> io::Result<Box<dyn Read>> { Ok(Box::new(io::Cursor::new(now.to_vec()))) };
            let mut out = Vec::new();
            let error = pack(&[item("a", b"ours", false)], Level(6), &mut open, &mut out);
            assert!(matches!(error, Err(PackError::Changed { .. })), "{error:?}");
            assert!(!out.windows(4).any(|bytes| bytes == b"PK\x05\x06"), "it has no end");
        }
    }

    #[test]
    fn levels_are_0_to_9() {
        assert_eq!("0".parse(), Ok(Level(0)));
        assert_eq!("9".parse(), Ok(Level(9)));
        for bad in ["10", "-1", "x", ""] {
            assert!(bad.parse::<Level>().is_err(), "{bad}");
        }
    }
}
