//! Where an archive's bytes come from: positioned reads, so that several threads may read one file.

use std::fs::File;
use std::io;

use super::error::ArchiveError;
use crate::model::digest::{Hasher, Hashes};

/// Bytes that can be read at any position without moving a shared one.
pub trait ReadAt: Send + Sync {
    /// Reads up to `buffer.len()` bytes at `offset`; 0 only at the end.
    ///
    /// # Errors
    /// When the bytes cannot be read.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// How many bytes there are.
    ///
    /// # Errors
    /// When that cannot be told.
    fn size(&self) -> io::Result<u64>;
}

impl ReadAt for File {
    #[cfg(unix)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buffer, offset)
    }

    fn size(&self) -> io::Result<u64> {
        self.metadata().map(|metadata| metadata.len())
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(buffer, offset)
    }

    fn size(&self) -> io::Result<u64> {
        (**self).size()
    }
}

impl ReadAt for [u8] {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.as_slice().read_at(buffer, offset)
    }

    fn size(&self) -> io::Result<u64> {
        self.as_slice().size()
    }
}

impl ReadAt for bytes::Bytes {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.as_ref().read_at(buffer, offset)
    }

    fn size(&self) -> io::Result<u64> {
        self.as_ref().size()
    }
}

/// Fills `buffer` from `offset` on.
///
/// # Errors
/// When the bytes cannot be read or end before `buffer` is full.
pub(super) fn read_exact_at(
    source: &dyn ReadAt,
    mut buffer: &mut [u8],
    mut offset: u64,
) -> Result<(), ArchiveError> {
    while !buffer.is_empty() {
        match source.read_at(buffer, offset) {
            Ok(0) => return Err(ArchiveError::Changed),
            Ok(count) => {
                buffer = &mut buffer[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ArchiveError::Io(error)),
        }
    }
    Ok(())
}

/// How many bytes one read of a streamed part takes.
pub(super) const CHUNK_BYTES: usize = 256 << 10;

/// Walks forward through a source and hashes what it passes.
pub(super) struct Cursor<'a> {
    source: &'a dyn ReadAt,
    at: u64,
    hasher: Option<Hasher>,
}

impl<'a> Cursor<'a> {
    /// Stands before the first byte.
    pub(super) fn new(source: &'a dyn ReadAt) -> Self {
        Self { source, at: 0, hasher: Some(Hasher::new()) }
    }

    /// Stands at `offset`, and hashes nothing: another cursor passes these bytes too.
    pub(super) fn second(source: &'a dyn ReadAt, offset: u64) -> Self {
        Self { source, at: offset, hasher: None }
    }

    /// The next bytes, as many as `buffer` holds.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn take(&mut self, buffer: &mut [u8]) -> Result<(), ArchiveError> {
        read_exact_at(self.source, buffer, self.at)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(buffer);
        }
        self.at += buffer.len() as u64;
        Ok(())
    }

    /// Hashes everything up to `offset`, with `buffer` as room for it.
    ///
    /// # Errors
    /// When the bytes cannot be read.
    pub(super) fn pass(&mut self, offset: u64, buffer: &mut Vec<u8>) -> Result<(), ArchiveError> {
        while self.at < offset {
            let count = usize::try_from(offset - self.at).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
            if buffer.len() < count {
                buffer.resize(count, 0);
            }
            self.take(&mut buffer[..count])?;
        }
        Ok(())
    }

    /// The source that it walks through.
    pub(super) const fn source(&self) -> &'a dyn ReadAt {
        self.source
    }

    /// The digests of all that was passed.
    pub(super) fn finish(self) -> Hashes {
        self.hasher.unwrap_or_default().finish()
    }
}

/// The digests of all bytes of `source`.
///
/// # Errors
/// When they cannot be read.
pub fn hashes(source: &dyn ReadAt) -> Result<Hashes, ArchiveError> {
    let size_bytes = source.size().map_err(ArchiveError::Io)?;
    let mut cursor = Cursor::new(source);
    cursor.pass(size_bytes, &mut Vec::new())?;
    Ok(cursor.finish())
}
