//! A workflow artifact as GitHub stores it: a ZIP archive that somebody's job made.
//!
//! Producers stream these archives, so the strict rules for wheels do not fit them (sizes stand behind the data).
//! They are unpacked by the `zip` library under our own rules for names, kinds and sizes. It writes nothing:
//! whoever calls decides where the bytes go.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::model::artifact::{FileName, FileNameError};

/// A hundred thousand members: more is an attack on memory.
const MOST_MEMBERS: usize = 100_000;

/// 64 GiB unpacked: more is an attack on the disk.
const LARGEST_BYTES: u64 = 64 << 30;

/// A member, as it was unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The path that the archive gives it.
    pub path: String,
    /// The size that the archive states, in bytes.
    pub size_bytes: u64,
}

/// Why an artifact was not unpacked.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BundleError {
    #[error("it is no ZIP archive, or a damaged one: {0}")]
    Zip(#[from] ZipError),
    #[error("its member `{path}` cannot be unpacked: {source}")]
    Member { path: String, source: io::Error },
    #[error("its member `{path}` would leave the folder it is unpacked to")]
    Path { path: String },
    #[error("its member `{path}` is no regular file")]
    Kind { path: String },
    #[error("{0}")]
    Name(#[from] FileNameError),
    #[error("its member `{path}` has {found} bytes and says {stated}")]
    MemberSize { path: String, stated: u64, found: u64 },
    #[error("it has {members} members, and {MOST_MEMBERS} are the most")]
    Members { members: usize },
    #[error("it unpacks to more than {LARGEST_BYTES} bytes")]
    Size,
    #[error("its bytes could not be written")]
    Write(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Takes each regular file's member, name and bytes.
pub type Sink<'a> =
    dyn FnMut(&Member, &FileName, &mut dyn Read) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + 'a;

/// Gives every regular file to `sink`, in the order of their paths, so that the outcome does not depend on the
/// order of the archive. Folders are passed over.
///
/// # Errors
/// When the archive is damaged or breaks a rule, or when `sink` fails.
pub fn unpack(archive: impl Read + Seek, sink: &mut Sink<'_>) -> Result<(), BundleError> {
    let mut archive = ZipArchive::new(archive)?;
    if archive.len() > MOST_MEMBERS {
        return Err(BundleError::Members { members: archive.len() });
    }
    let mut members = BTreeMap::new();
    let mut total: u64 = 0;
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index)?;
        let path: String = file.name()?.chars().take(1024).collect();
        if file.enclosed_name().is_none() || path.contains('\\') || path.starts_with('/') {
            return Err(BundleError::Path { path });
        }
        if file.is_symlink()
            || file.unix_mode().is_some_and(|mode| !matches!(mode & 0o170_000, 0 | 0o100_000 | 0o040_000))
        {
            return Err(BundleError::Kind { path });
        }
        if file.is_dir() {
            continue;
        }
        total = total.saturating_add(file.size());
        if total > LARGEST_BYTES {
            return Err(BundleError::Size);
        }
        let name: FileName = path.rsplit('/').next().unwrap_or_default().parse()?;
        let member = Member { path: path.clone(), size_bytes: file.size() };
        members.insert(path, (index, member, name));
    }
    for (path, (index, member, name)) in members {
        let file = archive.by_index(index)?;
        // One byte more than stated tells a member that lies about its size; the checksum is compared at the end.
        let mut watched =
            Watched { inner: file.take(member.size_bytes.saturating_add(1)), read: 0, failed: None };
        let outcome = sink(&member, &name, &mut watched);
        if let Some(source) = watched.failed {
            return Err(BundleError::Member { path, source });
        }
        outcome.map_err(BundleError::Write)?;
        if watched.read != member.size_bytes {
            return Err(BundleError::MemberSize { path, stated: member.size_bytes, found: watched.read });
        }
    }
    Ok(())
}

/// Counts, and remembers that reading failed, to tell a damaged archive from a full disk.
struct Watched<R> {
    inner: R,
    read: u64,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(count) => {
                self.read += count as u64;
                Ok(count)
            }
            Err(error) => {
                self.failed = Some(io::Error::new(error.kind(), error.to_string()));
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zip(build: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        build(&mut writer);
        writer.finish().expect("memory takes it").into_inner()
    }

    fn file(writer: &mut ZipWriter<Cursor<Vec<u8>>>, path: &str, bytes: &[u8]) {
        writer.start_file(path, SimpleFileOptions::default()).expect("a good member");
        writer.write_all(bytes).expect("memory takes it");
    }

    fn unpacked(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, BundleError> {
        let mut files = Vec::new();
        unpack(Cursor::new(bytes), &mut |_member, name, source| {
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes)?;
            files.push((name.to_string(), bytes));
            Ok(())
        })?;
        Ok(files)
    }

    #[test]
    fn files_come_out_sorted_without_their_folders() {
        let bytes = zip(|writer| {
            file(writer, "b/two.whl", b"2");
            file(writer, "a/one.whl", b"1");
            writer.add_directory("c", SimpleFileOptions::default()).expect("a good folder");
        });
        let files = unpacked(&bytes).expect("good");
        assert_eq!(files, [("one.whl".to_owned(), b"1".to_vec()), ("two.whl".to_owned(), b"2".to_vec())]);
    }

    #[test]
    fn members_that_leave_the_folder_are_refused() {
        for path in ["../x", "/x", "a/../../x", "a\\..\\x"] {
            let bytes = zip(|writer| file(writer, path, b"x"));
            assert!(
                matches!(unpacked(&bytes), Err(BundleError::Path { .. } | BundleError::Name(_))),
                "{path}"
            );
        }
    }

    #[test]
    fn links_are_refused() {
        let bytes = zip(|writer| {
            writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).expect("a link")
        });
        assert!(matches!(unpacked(&bytes), Err(BundleError::Kind { .. })));
    }

    #[test]
    fn damage_is_found_wherever_it_is() {
        let bytes = zip(|writer| file(writer, "one.whl", &[7; 5000]));
        for cut in 0..bytes.len() {
            assert!(unpacked(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        let data = bytes.windows(7).position(|window| window == b"one.whl").expect("the local name") + 8;
        let mut damaged = bytes;
        damaged[data] ^= 0x55;
        assert!(unpacked(&damaged).is_err());
    }
}
