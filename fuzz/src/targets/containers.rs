//! ZIP, tar and gzip: read in one go and in pieces, the same is said of them.

use std::io::Read as _;

use release_action::archive::build::{SdistBuilder, TarEntry, TarImage, ZipEntry, ZipImage};
use release_action::archive::sdist::{self, SdistFile};
use release_action::archive::{Limits, error::ArchiveError};

use super::judge::{CRATE, Pieces, SDIST, WHEEL, builder, crc32, good_sdist, good_wheel, judge};

/// Sizes of pieces that no record is a multiple of.
const PIECE_BYTES: [usize; 3] = [7, 61, 4099];

pub(super) fn zip(bytes: &[u8]) {
    in_pieces(WHEEL, bytes);
}

fn in_pieces(file_name: &str, bytes: &[u8]) {
    let whole = judge(file_name, &bytes);
    let most = PIECE_BYTES[bytes.len() % PIECE_BYTES.len()];
    assert_eq!(judge(file_name, &Pieces { bytes, most }), whole, "in pieces of {most} bytes");
}

/// The bytes are the archive before it is compressed.
pub(super) fn tar(bytes: &[u8]) {
    let mut tar = bytes.to_vec();
    // A wrong checksum ends the walk, and chance finds no right one. One input in some keeps what it has.
    if tar.last() != Some(&0xff) {
        tar.chunks_exact_mut(512).filter(|block| block[257..].starts_with(b"ustar")).for_each(right_checksum);
    }
    let whole = stored(&tar);
    judge(SDIST, &whole);
    judge(CRATE, &whole);
    let (first, second) = tar.split_at(tar.len() / 3);
    let parts = [stored(first), stored(second)].concat();
    assert_eq!(told(&parts), told(&whole), "as two members of a gzip stream");
}

fn right_checksum(block: &mut [u8]) {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn read(bytes: &[u8]) -> Result<SdistFile, ArchiveError> {
    let name = SDIST.parse().expect("it is a file's name");
    sdist::read(&bytes, &name, &Limits::default())
}

/// Everything of the archive but the stream around it.
fn told(bytes: &[u8]) -> Option<String> {
    let SdistFile { tar, metadata, pyproject, .. } = read(bytes).ok()?;
    let rest = (&tar.faults, tar.has_end, tar.data_after_end, &metadata, &pyproject);
    Some(format!("{:?} {rest:?}", tar.members))
}

/// `bytes` as a gzip stream that does not compress them.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    for block in bytes.chunks(0xffff) {
        let length = u16::try_from(block.len()).expect("as many as fit");
        stream.push(0);
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    // The last block, which is empty.
    stream.extend([1, 0, 0, 0xff, 0xff]);
    stream.extend(crc32(bytes).to_le_bytes());
    stream.extend(u32::try_from(bytes.len()).expect("inputs are short").to_le_bytes());
    stream
}

pub(super) fn gzip(bytes: &[u8]) {
    in_pieces(SDIST, bytes);
    let Ok(SdistFile { tar, .. }) = read(bytes) else { return };
    // That reader looks at a checksum of the header that Python passes over.
    let has_header_checksum = bytes[3] & 2 != 0;
    if tar.gzip.members == 1 && tar.gzip.trailing_bytes == 0 && !has_header_checksum {
        let other = std::io::copy(&mut flate2::bufread::GzDecoder::new(bytes), &mut std::io::sink());
        assert!(other.is_ok(), "another reader refuses what we read: {other:?}");
    }
}

pub(super) fn zips() -> Vec<Vec<u8>> {
    let edited = |edit: fn(&mut ZipImage)| {
        let mut builder = builder(["py3", "none", "any"]);
        builder.member("sample/empty.py", "").member("sample/long.py", "x = 1\n".repeat(2000));
        builder.edit_zip(edit);
        builder.build().1
    };
    vec![
        good_wheel(),
        edited(|zip| zip.entries.push(ZipEntry::directory("sample/folder"))),
        edited(|zip| zip.zip64 = true),
        edited(|zip| zip.comment = b"a comment".to_vec()),
        edited(|zip| zip.prefix = b"#!/bin/sh\n".to_vec()),
        edited(|zip| zip.entries[0].both(|header| header.extra = vec![0x55, 0x54, 5, 0, 1, 0, 0, 0, 0])),
        edited(|zip| zip.entries[0].both(|header| header.extra = vec![1, 0, 8, 0, 9, 0, 0, 0, 0, 0, 0, 0])),
        edited(|zip| {
            zip.entries[1].both(|header| header.extra = vec![0x75, 0x70, 6, 0, 1, 0, 0, 0, 0, b'x'])
        }),
        edited(|zip| {
            let entry = &mut zip.entries[1];
            entry.both(|header| header.flags |= 1 << 3);
            entry.descriptor = [&b"PK\x07\x08"[..], &entry.central.crc32.to_le_bytes(), &[0; 8]].concat();
        }),
        edited(|zip| zip.entries[1].hidden = true),
        edited(|zip| zip.directory_reversed = true),
    ]
}

pub(super) fn tars() -> Vec<Vec<u8>> {
    let mut plain = Vec::new();
    let good = good_sdist();
    flate2::bufread::GzDecoder::new(&good[..])
        .read_to_end(&mut plain)
        .expect("the builder's stream is whole");
    let of = |entries: Vec<TarEntry>| {
        let mut entries = entries;
        entries.push(TarEntry::file(
            "sample-1.0/PKG-INFO",
            "Metadata-Version: 2.4\nName: sample\nVersion: 1.0\n",
        ));
        TarImage::new(entries).bytes()
    };
    let flagged = |type_flag, data: &str| TarEntry { type_flag, ..TarEntry::file("sample-1.0/a", data) };
    vec![
        plain,
        of(vec![TarEntry::directory("sample-1.0"), TarEntry::file("sample-1.0/setup.py", "import os\n")]),
        of(vec![TarEntry::pax(&[("path", "sample-1.0/\u{e9}"), ("size", "3")]), flagged(b'0', "abc")]),
        of(vec![flagged(b'g', "19 charset=UTF-8\n1\n"), flagged(b'0', "abc")]),
        of(vec![flagged(b'L', "sample-1.0/long"), flagged(b'K', "sample-1.0/to"), flagged(b'2', "")]),
        of(vec![
            TarEntry::link("sample-1.0/l", b'2', "../x"),
            TarEntry::link("sample-1.0/h", b'1', "sample-1.0/l"),
        ]),
        of(vec![
            TarEntry::pax(&[("GNU.sparse.major", "1"), ("GNU.sparse.name", "x")]),
            flagged(b'0', "1\n0\n3\nabc"),
        ]),
        of(vec![flagged(b'S', "abc"), flagged(b'3', ""), flagged(b'7', "x")]),
        of(vec![TarEntry {
            is_gnu: true,
            ..TarEntry::file("sample-1.0/pyproject.toml", "[build-system]\n")
        }]),
    ]
}

pub(super) fn gzips() -> Vec<Vec<u8>> {
    let good = good_sdist();
    let empty = stored(b"");
    let headed = |flags: u8, fields: &[u8]| {
        let mut bytes = good.clone();
        bytes[3] = flags;
        bytes.splice(10..10, fields.iter().copied());
        bytes
    };
    let mut short = SdistBuilder::new("sample", "1.0");
    short.edit_stream(|tar| tar.truncate(700));
    vec![
        good.clone(),
        short.build().1,
        stored(&[0; 1024]),
        stored(&[0; 70_000]),
        [&empty[..], &good].concat(),
        [&good[..], &empty].concat(),
        [&good[..], &[0; 512]].concat(),
        [&good[..], b"more"].concat(),
        headed(8, b"sample-1.0.tar\0"),
        headed(16, b"comment\0"),
        headed(4, &[4, 0, b'A', b'B', 0, 0]),
        headed(2, &[0, 0]),
        headed(30, b"\x02\0xxname\0comment\0\0\0"),
    ]
}
