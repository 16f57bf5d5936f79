//! The archive readers on good bytes, as other readers see them, and on hostile ones.

use std::io::{Cursor, Read as _};

use release_action::archive::build::{SdistBuilder, TarEntry, WheelBuilder, ZipEntry, ZipHeader};
use release_action::archive::document::Document;
use release_action::archive::error::ArchiveError;
use release_action::archive::sdist::SdistFile;
use release_action::archive::source::ReadAt;
use release_action::archive::wheel::WheelFile;
use release_action::archive::zip::{Contents, Unread};
use release_action::archive::{Limits, sdist, wheel};
use release_action::model::digest::{Hashes, Sha256};

fn sample_wheel() -> WheelBuilder {
    let mut builder = WheelBuilder::new("Sample.Tool", "1.2.0", "py2.py3", "none", "any");
    builder.member("sample_tool/data.txt", "many lines\n".repeat(2000));
    builder
}

fn sample_sdist() -> SdistBuilder {
    let mut builder = SdistBuilder::new("Sample.Tool", "1.2.0");
    builder.member("data.txt", "many lines\n".repeat(2000));
    builder
}

fn read_wheel(builder: &WheelBuilder) -> Result<WheelFile, ArchiveError> {
    let (name, bytes) = builder.build();
    wheel::read(&bytes, &name, &Limits::default())
}

fn read_sdist(builder: &SdistBuilder) -> Result<SdistFile, ArchiveError> {
    let (name, bytes) = builder.build();
    sdist::read(&bytes, &name, &Limits::default())
}

#[test]
fn builders_make_the_same_bytes_every_time() {
    assert_eq!(sample_wheel().build(), sample_wheel().build());
    assert_eq!(sample_sdist().build(), sample_sdist().build());
}

#[test]
fn another_zip_reader_sees_the_same_members() {
    let (name, bytes) = sample_wheel().build();
    let ours = wheel::read(&bytes, &name, &Limits::default()).expect("good");
    let mut theirs = zip::ZipArchive::new(Cursor::new(&bytes)).expect("good");
    assert_eq!(theirs.len(), ours.zip.members.len());
    assert_eq!(ours.hashes, Hashes::of(&bytes));
    for (index, member) in ours.zip.members.iter().enumerate() {
        let mut entry = theirs.by_index(index).expect("good");
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).expect("good");
        assert_eq!(entry.name().expect("good"), member.path);
        let digests = member.digests().expect("good");
        assert_eq!((digests.sha256, digests.size_bytes), (Sha256::of(&contents), contents.len() as u64));
        assert_eq!(
            (digests.crc32, digests.packed_bytes),
            (member.central.crc32, member.central.packed_bytes)
        );
    }
}

#[test]
fn a_wheel_of_another_writer_is_read() {
    use std::io::Write as _;
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (path, text) in [("a/__init__.py", "x"), ("a-1.dist-info/METADATA", "Name: a\nVersion: 1\n")] {
        writer.start_file(path, options).expect("good");
        writer.write_all(text.as_bytes()).expect("good");
    }
    let bytes = writer.finish().expect("good").into_inner();
    let name = "a-1-py3-none-any.whl".parse().expect("good");
    let read = wheel::read(&bytes, &name, &Limits::default()).expect("good");
    assert_eq!(read.metadata.value().and_then(|metadata| metadata.get("name")), Some("a"));
    assert_eq!(read.zip.gaps, []);
    assert!(matches!(read.record, Document::Absent));
}

#[test]
fn another_tar_reader_sees_the_same_members() {
    let (name, bytes) = sample_sdist().build();
    let ours = sdist::read(&bytes, &name, &Limits::default()).expect("good");
    assert_eq!(ours.hashes, Hashes::of(&bytes));
    let mut theirs = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
    let mut seen = 0;
    for (entry, member) in theirs.entries().expect("good").zip(&ours.tar.members) {
        let mut entry = entry.expect("good");
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).expect("good");
        assert_eq!(
            entry.path().expect("good").to_str().map(|path| path.trim_end_matches('/')),
            Some(&*member.path)
        );
        assert_eq!((member.sha256, member.size_bytes), (Sha256::of(&contents), contents.len() as u64));
        seen += 1;
    }
    assert_eq!((seen, ours.tar.has_end), (ours.tar.members.len(), true));
    assert_eq!(ours.metadata.value().and_then(|metadata| metadata.get("Name")), Some("Sample.Tool"));
}

#[test]
fn long_names_of_both_writers_are_read() {
    let long = format!("sample_tool-1.2.0/{}/module.py", "deep".repeat(40));
    for (format, flags) in [(tar::Header::new_gnu(), true), (tar::Header::new_ustar(), false)] {
        let mut writer = tar::Builder::new(Vec::new());
        let mut header = format;
        header.set_size(1);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        if flags {
            writer.append_data(&mut header, &long, &b"x"[..]).expect("good");
        } else {
            writer.append_pax_extensions([("path", long.as_bytes())]).expect("good");
            writer.append_data(&mut header, "short", &b"x"[..]).expect("good");
        }
        let stream = writer.into_inner().expect("good");
        let mut builder = sample_sdist();
        builder.edit_stream(move |bytes| *bytes = stream.clone());
        let read = read_sdist(&builder).expect("good");
        assert_eq!(read.tar.members.iter().map(|member| &member.path).collect::<Vec<_>>(), [&long]);
        assert_eq!((read.tar.members[0].is_gnu, read.tar.faults.len()), (flags, 0));
    }
}

#[test]
fn every_truncation_is_an_error_or_is_seen() {
    let (name, bytes) = sample_wheel().build();
    for length in 0..bytes.len() {
        let read = wheel::read(&bytes[..length].to_vec(), &name, &Limits::default());
        assert!(read.is_err(), "a wheel of {length} of {} bytes was read", bytes.len());
    }
    let (name, bytes) = sample_sdist().build();
    for length in 0..bytes.len() {
        let read = sdist::read(&bytes[..length].to_vec(), &name, &Limits::default());
        assert!(read.is_err(), "an sdist of {length} of {} bytes was read", bytes.len());
    }
}

/// A small generator of numbers that look random; the seed makes a failure repeatable.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).expect("48 bits") % limit
    }

    /// Changes, removes, repeats or adds a few bytes; some of them are the signatures of records.
    pub(crate) fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let length = self.below(8).min(bytes.len() - at);
            match self.below(6) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = [0, 0xff, 0x80, 0x7f][self.below(4)],
                2 => drop(bytes.drain(at..at + length)),
                3 => {
                    let copy = bytes[at..at + length].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, copy);
                }
                4 => {
                    let signature =
                        [*b"PK\x03\x04", *b"PK\x01\x02", *b"PK\x05\x06", *b"PK\x06\x07"][self.below(4)];
                    bytes.splice(at..at, signature);
                }
                _ => bytes[at..at + length].fill(0xff),
            }
            if bytes.is_empty() {
                bytes.push(0);
            }
        }
    }
}

#[test]
fn no_mutation_makes_a_reader_panic() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (wheel_name, wheel_bytes) = WheelBuilder::new("a", "1", "py3", "none", "any").build();
    let mut zip64 = WheelBuilder::new("a", "1", "py3", "none", "any");
    zip64.edit_zip(|zip| zip.zip64 = true);
    let zip64_bytes = zip64.build().1;
    let (sdist_name, sdist_bytes) = SdistBuilder::new("a", "1").build();
    for round in 0..6000 {
        let mut bytes = if round % 2 == 0 { wheel_bytes.clone() } else { zip64_bytes.clone() };
        numbers.mutate(&mut bytes);
        if let Ok(read) = wheel::read(&bytes, &wheel_name, &Limits::default()) {
            assert_eq!(read.hashes, Hashes::of(&bytes), "round {round}");
        }
        let mut bytes = sdist_bytes.clone();
        numbers.mutate(&mut bytes);
        drop(sdist::read(&bytes, &sdist_name, &Limits::default()));
    }
}

/// Mutations of the unpacked stream get past gzip's checksum.
#[test]
fn no_mutation_of_the_tar_stream_makes_the_reader_panic() {
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    for _ in 0..1500 {
        let seed = numbers.below(usize::MAX) as u64 | 1;
        let mut builder = SdistBuilder::new("a", "1");
        builder.edit_tar(|tar| {
            tar.entries.insert(1, TarEntry::pax(&[("path", "a-1/long"), ("size", "0")]));
            tar.entries.push(TarEntry::link("a-1/link", b'2', "LICENSE"));
        });
        builder.edit_stream(move |bytes| {
            Numbers(seed).mutate(bytes);
            fit_checksums(bytes);
        });
        drop(read_sdist(&builder));
    }
}

/// Makes the checksum of every block fit that could be a header, so that the reader goes on.
fn fit_checksums(bytes: &mut [u8]) {
    for block in bytes.chunks_exact_mut(512).filter(|block| &block[257..262] == b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().copied().map(u32::from).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

#[test]
fn bombs_are_refused_before_they_unpack() {
    let zeros = vec![0; 80 << 20];
    let mut wheel = sample_wheel();
    wheel.member("bomb", zeros.clone());
    assert!(matches!(read_wheel(&wheel), Err(ArchiveError::Bomb { .. })));
    let mut sdist = sample_sdist();
    sdist.member("bomb", zeros);
    assert!(matches!(read_sdist(&sdist), Err(ArchiveError::Bomb { .. })));
}

#[test]
fn a_member_that_lies_about_its_size_is_not_unpacked_further() {
    for size_bytes in [0, 1, 21_999] {
        let mut wheel = sample_wheel();
        wheel.edit_zip(move |zip| {
            zip.entry("sample_tool/data.txt").both(|header| header.size_bytes = size_bytes);
        });
        let read = read_wheel(&wheel).expect("the archive can be walked");
        let member = read.zip.members.iter().find(|member| member.path == "sample_tool/data.txt");
        assert_eq!(member.expect("there").contents, Contents::Unread(Unread::Longer));
    }
    let mut wheel = sample_wheel();
    wheel.edit_zip(|zip| zip.entry("sample_tool/data.txt").both(|header| header.size_bytes = 22_001));
    let read = read_wheel(&wheel).expect("the archive can be walked");
    let sizes =
        read.zip.members.iter().filter_map(|member| member.digests()).map(|digests| digests.size_bytes);
    assert_eq!(sizes.filter(|&size_bytes| size_bytes == 22_000).count(), 1);
}

#[test]
fn members_that_share_bytes_are_not_unpacked_twice() {
    let mut wheel = sample_wheel();
    wheel.edit_zip(|zip| {
        let mut copy = zip.entry("sample_tool/data.txt").clone();
        copy.local = ZipHeader::default();
        copy.central.name = b"copy.txt".to_vec();
        let shared = zip.entries.iter().position(|entry| entry.central.name == b"sample_tool/data.txt");
        // The copy's own local header is never looked at: it points at the first one's.
        let before: usize = zip.entries[..shared.expect("there")]
            .iter()
            .map(|e| 30 + e.local.name.len() + e.data.len())
            .sum();
        copy.offset = Some(u32::try_from(before).expect("small"));
        copy.data.clear();
        zip.entries.push(copy);
    });
    let read = read_wheel(&wheel).expect("the archive can be walked");
    let overlaps = read.zip.members.iter().filter(|m| m.contents == Contents::Unread(Unread::Overlaps));
    assert_eq!(overlaps.count(), 1);
}

#[test]
fn bytes_behind_a_deflate_stream_are_counted() {
    // The eight bytes that a decoder could take for the end of the stream are among them.
    for extra in [vec![0], vec![0; 8], footer(), [footer(), vec![0; 3]].concat(), footer()[4..].to_vec()] {
        let extra_bytes = extra.len() as u64;
        let mut wheel = sample_wheel();
        wheel.edit_zip(move |zip| {
            let entry = zip.entry("sample_tool/data.txt");
            entry.data.extend(&extra);
            let length = u32::try_from(extra.len()).expect("small");
            entry.both(|header| header.packed_bytes += length);
        });
        let read = read_wheel(&wheel).expect("the archive can be walked");
        let member =
            read.zip.members.iter().find(|member| member.path == "sample_tool/data.txt").expect("there");
        let digests = member.digests().expect("the contents are whole");
        assert_eq!(digests.packed_bytes + extra_bytes, member.central.packed_bytes);
    }
}

fn footer() -> Vec<u8> {
    let contents = "many lines\n".repeat(2000);
    [crc32fast::hash(contents.as_bytes()).to_le_bytes(), 22_000_u32.to_le_bytes()].concat()
}

#[test]
fn limits_hold() {
    let (name, bytes) = sample_wheel().build();
    let read = |limits: Limits| wheel::read(&bytes, &name, &limits);
    assert!(matches!(
        read(Limits { members: 2, ..Limits::default() }),
        Err(ArchiveError::TooManyMembers { .. })
    ));
    assert!(matches!(
        read(Limits { header_bytes: 50, ..Limits::default() }),
        Err(ArchiveError::HeadersTooLong { .. })
    ));
    assert!(matches!(read(Limits { member_bytes: 50, ..Limits::default() }), Err(ArchiveError::Bomb { .. })));
    let short = read(Limits { text_bytes: 50, record_bytes: 50, ..Limits::default() }).expect("walked");
    assert!(
        matches!(short.metadata, Document::Unread { .. }) && matches!(short.record, Document::Unread { .. })
    );

    let (name, bytes) = sample_sdist().build();
    let read = |limits: Limits| sdist::read(&bytes, &name, &limits);
    assert!(matches!(
        read(Limits { members: 2, ..Limits::default() }),
        Err(ArchiveError::TooManyMembers { .. })
    ));
    assert!(matches!(
        read(Limits { header_bytes: 50, ..Limits::default() }),
        Err(ArchiveError::HeadersTooLong { .. })
    ));
    assert!(matches!(read(Limits { member_bytes: 50, ..Limits::default() }), Err(ArchiveError::Bomb { .. })));
    let short = read(Limits { text_bytes: 50, ..Limits::default() }).expect("walked");
    assert!(matches!(short.metadata, Document::Unread { .. }));
}

#[test]
fn zip64_sentinels_without_their_field_are_kept_as_facts() {
    let mut wheel = sample_wheel();
    wheel.edit_zip(|zip| zip.entry("sample_tool/__init__.py").local.packed_bytes = u32::MAX);
    let read = read_wheel(&wheel).expect("the central directory tells the size");
    let member =
        read.zip.members.iter().find(|member| member.path == "sample_tool/__init__.py").expect("there");
    assert_ne!(member.local.packed_bytes, member.central.packed_bytes);

    let mut wheel = sample_wheel();
    wheel.edit_zip(|zip| zip.entries[0].central.packed_bytes = u32::MAX);
    let read = read_wheel(&wheel).expect("the archive can be walked");
    assert_eq!(read.zip.members[0].contents, Contents::Unread(Unread::Overlaps));

    let mut wheel = sample_wheel();
    wheel.edit_zip(|zip| {
        let entry = &mut zip.entries[0];
        let [size, packed] = [entry.central.size_bytes, entry.central.packed_bytes].map(u64::from);
        let field = [&[1, 0, 16, 0][..], &size.to_le_bytes(), &packed.to_le_bytes()].concat();
        entry.both(|header| {
            header.extra.clone_from(&field);
            header.size_bytes = u32::MAX;
            header.packed_bytes = u32::MAX;
        });
        zip.zip64 = true;
    });
    let read = read_wheel(&wheel).expect("good");
    assert!(read.zip.members[0].digests().is_some() && read.zip.members[0].central.extra.zip64_used);
    assert!(read.zip.zip64.is_some() && read.zip.gaps.is_empty());
}

#[test]
fn a_zip64_record_that_is_not_where_it_is_said_to_be_is_an_error() {
    for at in [0_u64, u64::MAX, u64::MAX - 30, 1 << 40] {
        let mut wheel = sample_wheel();
        wheel.edit_zip(|zip| zip.zip64 = true);
        wheel.edit_bytes(move |bytes| {
            let locator = bytes.len() - 22 - 20;
            bytes[locator + 8..locator + 16].copy_from_slice(&at.to_le_bytes());
        });
        assert!(matches!(read_wheel(&wheel), Err(ArchiveError::NoRecord { .. })), "{at}");
    }
}

#[test]
fn a_directory_entry_reads_as_one() {
    let mut wheel = sample_wheel();
    wheel.edit_zip(|zip| zip.entries.insert(0, ZipEntry::directory("sample_tool")));
    let read = read_wheel(&wheel).expect("good");
    assert!(read.zip.members[0].is_directory());
    assert_eq!(read.zip.members[0].digests().map(|digests| digests.size_bytes), Some(0));
}

/// A source that shrinks after its size was asked.
struct Shrinking(Vec<u8>);

impl ReadAt for Shrinking {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.0[..self.0.len() / 2].read_at(buffer, offset)
    }

    fn size(&self) -> std::io::Result<u64> {
        self.0.size()
    }
}

#[test]
fn a_file_that_changes_while_it_is_read_is_an_error() {
    let (name, bytes) = sample_wheel().build();
    assert!(matches!(wheel::read(&Shrinking(bytes), &name, &Limits::default()), Err(ArchiveError::Changed)));
    let (name, bytes) = sample_sdist().build();
    assert!(matches!(sdist::read(&Shrinking(bytes), &name, &Limits::default()), Err(ArchiveError::Changed)));
}

#[test]
fn a_file_of_many_gzip_streams_is_given_up_on() {
    let empty = sample_sdist().edit_stream(Vec::clear).build().1;
    for (count, gives_up) in [(900, false), (1100, true)] {
        let mut builder = sample_sdist();
        let streams = empty.repeat(count);
        builder.edit_bytes(move |bytes| bytes.extend(&streams));
        let read = read_sdist(&builder);
        assert_eq!(matches!(read, Err(ArchiveError::Gzip { .. })), gives_up, "{count}");
        assert!(read.map_or(true, |read| read.tar.gzip.empty_members == count));
    }
}
