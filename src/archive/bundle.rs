//! A workflow artifact as GitHub stores it: a ZIP archive that somebody's job made.
//!
//! Producers stream these archives, so the strict rules for wheels do not fit them (sizes stand behind the data).
//! They are walked by the same reader, whose central directory hides no second member of one name, and unpacked
//! under rules of their own for paths, kinds and sizes: what one system could not keep, or would take for another
//! file, is refused on all. Nothing is written here: whoever calls decides where the bytes go.

use std::io::{self, BufReader, Read};

use flate2::bufread::DeflateDecoder;

use super::error::ArchiveError;
use super::source::ReadAt;
use super::zip::{self, Claims, Contents, Unread};
use super::{Limits, shown};
use crate::model::member_path::{MemberPath, MemberPathError};

/// What an artifact may cost. It may hold other things than wheels, so only what is far beyond any build's result
/// counts as a bomb: a disk that is full helps nobody.
const LIMITS: Limits = Limits {
    members: 100_000,
    header_bytes: 32 << 20,
    member_bytes: 64 << 30,
    total_bytes: 64 << 30,
    ratio: 200,
    ratio_from_bytes: 1 << 30,
    text_bytes: 0,
    record_bytes: 0,
    project_bytes: 0,
    kept_bytes: 0,
    text_lines: 0,
};

/// Unix' bit for a file that its owner may run.
const EXECUTABLE: u32 = 0o100;

const STORED: u16 = 0;
const DEFLATE: u16 = 8;
/// How much of a member's data is read at a time.
const ROOM_BYTES: usize = 64 << 10;

/// A member, as it was unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The path that the archive gives it.
    pub path: MemberPath,
    /// The size that the archive states, in bytes.
    pub size_bytes: u64,
    /// Whether it is a program: only archives made on Unix or macOS can say so.
    pub executable: bool,
}

/// Why an artifact was not unpacked.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BundleError {
    #[error("it is no ZIP archive, or a damaged one: {0}")]
    Zip(#[from] ArchiveError),
    #[error("its member `{path}` cannot be unpacked: {source}")]
    Member { path: String, source: io::Error },
    #[error("it has a member that cannot be unpacked everywhere: {0}")]
    Path(#[from] MemberPathError),
    #[error("its member `{path}` is no regular file")]
    Kind { path: String },
    #[error("two of its members are called `{path}`")]
    Twice { path: String },
    #[error(
        "its members `{path}` and `{other}` are one file where case or the spelling of Unicode does not count"
    )]
    Collision { path: String, other: String },
    #[error("its member `{path}` is a file, and `{other}` takes it for a folder")]
    FileAndFolder { path: String, other: String },
    #[error("its member `{path}` shares bytes with another record")]
    Overlap { path: String },
    #[error(
        "its member `{path}` is encrypted or packed by method {method}; stored and deflated ones are known"
    )]
    Method { path: String, method: u16 },
    #[error("its member `{path}` has {found} bytes and says {stated}")]
    MemberSize { path: String, stated: u64, found: u64 },
    #[error("its member `{path}` does not have the checksum that it states")]
    Checksum { path: String },
    #[error("its bytes could not be written")]
    Write(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Takes each regular file's member and bytes.
pub type Sink<'a> =
    dyn FnMut(&Member, &mut dyn Read) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + 'a;

/// Gives every regular file to `sink`, in the order of their paths, so that the outcome does not depend on the
/// order of the archive. Folders are passed over. No file is given before all members were looked at.
///
/// # Errors
/// When the archive is damaged or breaks a rule, or when `sink` fails.
pub fn unpack(archive: &dyn ReadAt, sink: &mut Sink<'_>) -> Result<(), BundleError> {
    let zip = zip::walk(archive, &LIMITS)?;
    let mut named = Vec::with_capacity(zip.members.len());
    for member in &zip.members {
        check(member)?;
        named.push((member.path.strip_suffix('/').unwrap_or(&member.path).parse::<MemberPath>()?, member));
    }
    refuse_collisions(&named)?;
    named.retain(|(_, member)| !member.is_directory());
    named.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    named.into_iter().try_for_each(|(path, member)| file(archive, member, path, sink))
}

/// Refuses members that no build tool makes and that some reader would take for something else.
fn check(member: &zip::Member) -> Result<(), BundleError> {
    let path = || shown(&member.path);
    if !matches!(member.attributes >> 16 & 0o170_000, 0 | 0o100_000 | 0o040_000) {
        return Err(BundleError::Kind { path: path() });
    }
    if member.contents == Contents::Unread(Unread::Overlaps) {
        return Err(BundleError::Overlap { path: path() });
    }
    let Claims { method, flags, .. } = member.central;
    if !matches!(method, STORED | DEFLATE) || (flags | member.local.flags) & zip::ENCRYPTED != 0 {
        return Err(BundleError::Method { path: path(), method });
    }
    Ok(())
}

/// Refuses members that would be one file, or a file and a folder of one name, on some system. What belongs together
/// is made to stand side by side by sorting: an archive with a hundred thousand deep paths costs no more than that.
fn refuse_collisions(named: &[(MemberPath, &zip::Member)]) -> Result<(), BundleError> {
    // No path holds this character, and none is less: what is below `a` follows `a` at once.
    let key = |path: &MemberPath| path.folded().replace('/', "\0");
    let mut sorted: Vec<_> =
        named.iter().map(|(path, member)| (key(path), !member.is_directory(), path)).collect();
    sorted.sort_unstable();
    for pair in sorted.windows(2) {
        let [(one_key, one_is_file, one), (other_key, other_is_file, other)] = pair else { continue };
        let (path, other_path) = (shown(one.as_str()), shown(other.as_str()));
        let is_below = || other_key.strip_prefix(one_key.as_str()).is_some_and(|rest| rest.starts_with('\0'));
        match (one_key == other_key, one_is_file, other_is_file) {
            (true, _, _) if one == other && one_is_file == other_is_file => {
                return Err(BundleError::Twice { path });
            }
            (true, false, false) => {}
            (true, true, true) => return Err(BundleError::Collision { path, other: other_path }),
            // Folders stand before files of the same name.
            (true, _, _) => return Err(BundleError::FileAndFolder { path: other_path, other: path }),
            (false, true, _) if is_below() => {
                return Err(BundleError::FileAndFolder { path, other: other_path });
            }
            (false, _, _) => {}
        }
    }
    Ok(())
}

/// Gives one file to `sink`, and holds what it read to what the archive states.
fn file(
    archive: &dyn ReadAt,
    member: &zip::Member,
    path: MemberPath,
    sink: &mut Sink<'_>,
) -> Result<(), BundleError> {
    let Claims { method, packed_bytes, size_bytes: stated, crc32, .. } = member.central;
    let packed = Packed { archive, at: member.data_at(), left: packed_bytes };
    let packed = BufReader::with_capacity(ROOM_BYTES, packed);
    let plain: Box<dyn Read> =
        if method == STORED { Box::new(packed) } else { Box::new(DeflateDecoder::new(packed)) };
    // One byte more than stated tells a member that lies about its size.
    let inner = plain.take(stated.saturating_add(1));
    let mut watched = Watched { inner, read: 0, crc32: crc32fast::Hasher::new(), failed: None };
    let executable = member.unix_type().is_some() && member.attributes >> 16 & EXECUTABLE != 0;
    let outcome = sink(&Member { path, size_bytes: stated, executable }, &mut watched);
    let Watched { read: found, crc32: hasher, failed, .. } = watched;
    let path = || shown(&member.path);
    if let Some(source) = failed {
        return Err(BundleError::Member { path: path(), source });
    }
    outcome.map_err(BundleError::Write)?;
    if found != stated {
        return Err(BundleError::MemberSize { path: path(), stated, found });
    }
    if hasher.finalize() != crc32 {
        return Err(BundleError::Checksum { path: path() });
    }
    Ok(())
}

/// A member's data as it lies in the archive.
struct Packed<'a> {
    archive: &'a dyn ReadAt,
    at: u64,
    left: u64,
}

impl Read for Packed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.archive.read_at(&mut buffer[..room], self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

/// Counts, adds up, and remembers that reading failed, to tell a damaged archive from a full disk.
struct Watched<R> {
    inner: R,
    read: u64,
    crc32: crc32fast::Hasher,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(count) => {
                self.read += count as u64;
                self.crc32.update(&buffer[..count]);
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
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

    use ::zip::ZipWriter;
    use ::zip::write::SimpleFileOptions;

    use super::*;
    use crate::archive::build::{ZipEntry, ZipHeader, ZipImage};

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
        unpack(&bytes, &mut |member, source| {
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes)?;
            files.push((member.path.to_string(), bytes));
            Ok(())
        })?;
        Ok(files)
    }

    #[test]
    fn files_come_out_sorted_with_their_folders() {
        let bytes = zip(|writer| {
            file(writer, "b/two.whl", b"2");
            file(writer, "a/one.whl", b"1");
            writer.add_directory("c", SimpleFileOptions::default()).expect("a good folder");
        });
        let files = unpacked(&bytes).expect("good");
        assert_eq!(files, [("a/one.whl".to_owned(), b"1".to_vec()), ("b/two.whl".to_owned(), b"2".to_vec())]);
    }

    #[test]
    fn members_that_leave_the_folder_are_refused() {
        for path in ["../x", "/x", "a/../../x", "a\\..\\x", "C:x", "aux.txt", "a./x", "a//x"] {
            let entries = vec![ZipEntry::file(path, b"x", 0o644)];
            let bytes = ZipImage { entries, ..ZipImage::default() }.bytes();
            assert!(matches!(unpacked(&bytes), Err(BundleError::Path(_))), "{path}");
        }
    }

    /// An archive of empty members; a path that ends with `/` is a folder's.
    fn of_paths(paths: &[&str]) -> Vec<u8> {
        let entry = |path: &&str| match path.strip_suffix('/') {
            Some(folder) => ZipEntry::directory(folder),
            None => ZipEntry::file(path, b"", 0o644),
        };
        ZipImage { entries: paths.iter().map(entry).collect(), ..ZipImage::default() }.bytes()
    }

    #[test]
    fn members_that_are_one_file_on_some_system_are_refused() {
        for (one, other) in [("a", "A"), ("docs/É", "docs/E\u{301}"), ("Docs/a", "docs/A"), ("ΑΣ", "ας")]
        {
            for paths in [[one, "b", other], [other, one, "c"]] {
                let found = unpacked(&of_paths(&paths)).expect_err("a collision");
                assert!(matches!(found, BundleError::Collision { .. }), "{one} {other}: {found}");
            }
        }
        for paths in [["a", "a/b"], ["A", "a/b"], ["a", "a/"], ["A/", "a"], ["a/b/c/d", "a/B"], ["a/b/", "A"]]
        {
            for paths in [[paths[0], "a b", paths[1], "a-b"], [paths[1], "a.b", "z", paths[0]]] {
                let found = unpacked(&of_paths(&paths)).expect_err("a file that is a folder");
                assert!(matches!(found, BundleError::FileAndFolder { .. }), "{paths:?}: {found}");
            }
        }
        for paths in [["a/", "A/", "a/b"], ["a", "ab", "b/a"], ["Docs/a", "docs/b", "docs/"]] {
            assert!(unpacked(&of_paths(&paths)).is_ok(), "{paths:?}");
        }
        assert!(matches!(unpacked(&of_paths(&["a/", "a/"])), Err(BundleError::Twice { .. })));
    }

    #[test]
    fn many_deep_paths_cost_no_more_than_their_bytes() {
        let deep = "d/".repeat(400);
        let paths: Vec<_> = (0..5_000).map(|number| format!("{deep}{number}")).collect();
        let paths: Vec<_> = paths.iter().map(String::as_str).collect();
        assert_eq!(unpacked(&of_paths(&paths)).expect("good").len(), 5_000);
    }

    #[test]
    fn only_systems_that_have_the_bit_tell_of_programs() {
        let is_program = |made_by: u16, mode: u32| {
            let mut entry = ZipEntry::file("tool", b"x", mode);
            entry.made_by = made_by << 8 | 20;
            let mut found = None;
            let bytes = ZipImage { entries: vec![entry], ..ZipImage::default() }.bytes();
            let unpacked = unpack(&bytes, &mut |member, source| {
                found = Some(member.executable);
                Ok(io::copy(source, &mut io::sink()).map(|_| ())?)
            });
            unpacked.expect("good");
            found.expect("a member")
        };
        for (made_by, mode, expected) in
            [(3, 0o755, true), (19, 0o700, true), (3, 0o644, false), (0, 0o755, false), (10, 0o755, false)]
        {
            assert_eq!(is_program(made_by, mode), expected, "{made_by} {mode:o}");
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
    fn two_members_of_one_name_are_refused_whatever_is_in_them() {
        let twice = |path: &str| {
            let entries =
                [("a/x.whl", b"one"), (path, b"two")].map(|(path, bytes)| ZipEntry::file(path, bytes, 0o644));
            ZipImage { entries: entries.into(), ..ZipImage::default() }.bytes()
        };
        assert!(matches!(unpacked(&twice("a/x.whl")), Err(BundleError::Twice { path }) if path == "a/x.whl"));
        assert_eq!(unpacked(&twice("b/x.whl")).expect("two folders").len(), 2, "their digests decide later");
    }

    #[test]
    fn a_name_at_the_end_of_a_long_path_is_not_cut() {
        let path = format!("{}name.whl", "folder/".repeat(140));
        let files = unpacked(&zip(|writer| file(writer, &path, b"x"))).expect("good");
        assert_eq!(files[0].0, path);
    }

    #[test]
    fn what_unpacks_to_a_thousandfold_or_twice_is_refused() {
        let mut entry = ZipEntry::file("zeros", &vec![0; 1 << 20], 0o644);
        let small = ZipImage { entries: vec![entry.clone()], ..ZipImage::default() };
        assert_eq!(unpacked(&small.bytes()).expect("small")[0].1.len(), 1 << 20, "small files may be so");
        entry.both(|header| header.size_bytes = 2 << 30);
        let bomb = ZipImage { entries: vec![entry.clone()], ..ZipImage::default() };
        assert!(matches!(unpacked(&bomb.bytes()), Err(BundleError::Zip(ArchiveError::Bomb { .. }))));
        let mut image = small;
        let mut again = image.entries[0].clone();
        again.both(|header| header.name = b"again".to_vec());
        again.offset = Some(0);
        image.entries.push(again);
        assert!(matches!(unpacked(&image.bytes()), Err(BundleError::Overlap { .. })));
    }

    #[test]
    fn lies_about_size_checksum_and_method_are_found() {
        let lying = |lie: fn(&mut ZipHeader)| {
            let mut entry = ZipEntry::file("zeros", &[0; 5000], 0o644);
            entry.both(lie);
            unpacked(&ZipImage { entries: vec![entry], ..ZipImage::default() }.bytes()).expect_err("a lie")
        };
        let more = lying(|header| header.size_bytes -= 1);
        assert!(matches!(more, BundleError::MemberSize { stated: 4999, found: 5000, .. }), "{more}");
        let fewer = lying(|header| header.size_bytes += 1);
        assert!(matches!(fewer, BundleError::MemberSize { stated: 5001, found: 5000, .. }), "{fewer}");
        assert!(matches!(lying(|header| header.crc32 ^= 1), BundleError::Checksum { .. }));
        assert!(matches!(lying(|header| header.method = 12), BundleError::Method { method: 12, .. }));
        assert!(matches!(lying(|header| header.flags |= 1), BundleError::Method { .. }));
    }

    #[test]
    fn no_mutation_makes_the_reader_panic_or_give_more_than_is_stated() {
        let entries = ["a", "b/c", "b/d"].map(|path| ZipEntry::file(path, &[5; 300], 0o644));
        let bytes = ZipImage { entries: entries.into(), zip64: true, ..ZipImage::default() }.bytes();
        let mut state = 1_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for _ in 0..20_000 {
            let mut mutated = bytes.clone();
            for _ in 0..=next(4) {
                let value = [0, 1, 0x7f, 0x80, 0xff, next(256)][next(6)];
                let at = next(mutated.len());
                mutated[at] = u8::try_from(value).expect("a byte");
            }
            if let Ok(files) = unpacked(&mutated) {
                assert!(files.iter().all(|(_, bytes)| bytes.len() <= 300));
            }
        }
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
