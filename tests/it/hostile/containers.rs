//! Bombs: small archives that unpack to much, that say so, or that have more members or deeper paths than any.

use flate2::{Compress, Compression, FlushCompress};
use release_action::archive::Limits;
use release_action::archive::build::{TarEntry, ZipEntry};

use super::{ended, refused, sdist, wheel};

const MIB: usize = 1 << 20;

/// A deflate stream of `mebibytes` MiB of zeros; a part of it is made once and repeated.
fn zeros(mebibytes: usize) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    let mut part = Vec::with_capacity(MIB);
    compress.compress_vec(&vec![0; MIB], &mut part, FlushCompress::Full).expect("it compresses");
    let mut stream = part.repeat(mebibytes);
    // The last block, which is empty.
    stream.extend([1, 0, 0, 0xff, 0xff]);
    stream
}

/// A gzip member of these many MiB of zeros behind `head`; its footer is wrong, which nobody should live to see.
fn gzip_of_zeros(mebibytes: usize) -> Vec<u8> {
    [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff][..], &zeros(mebibytes), &[0; 8]].concat()
}

/// A member of `packed` deflated bytes that says it has `size_bytes`.
fn deflated(path: &str, packed: Vec<u8>, size_bytes: u32) -> ZipEntry {
    let mut entry = ZipEntry::file(path, b"", 0o644);
    let packed_bytes = u32::try_from(packed.len()).expect("small");
    entry.both(|header| {
        header.method = 8;
        header.packed_bytes = packed_bytes;
        header.size_bytes = size_bytes;
    });
    entry.data = packed;
    entry
}

#[test]
fn a_member_that_unpacks_to_much_is_refused_before_it_is_unpacked() {
    let said =
        refused("ratio", wheel(|zip| zip.entries.push(deflated("sample/zeros", zeros(1024), 1024 << 20))));
    assert!(said.contains("archive/bomb"), "{said}");
    for (what, packed_bytes, size_bytes) in
        [("four gigabytes", u32::MAX - 1, u32::MAX - 1), ("all ones", u32::MAX, u32::MAX)]
    {
        refused(
            what,
            wheel(move |zip| {
                let mut entry = ZipEntry::file("sample/zeros", b"", 0o644);
                entry.both(|header| (header.packed_bytes, header.size_bytes) = (packed_bytes, size_bytes));
                zip.entries.push(entry);
            }),
        );
    }
}

#[test]
fn members_that_unpack_to_more_than_they_say_end_where_they_said() {
    let liar = |number: usize| deflated(&format!("sample/{number}"), zeros(100), 1);
    let said = refused("liars", wheel(move |zip| zip.entries.extend((0..100).map(liar))));
    assert!(said.contains("archive/deflate") || said.contains("archive/size"), "{said}");
}

#[test]
fn as_much_as_may_be_unpacked_is_unpacked_in_parts() {
    // Of 64 MiB in all nobody asks how small they were packed.
    let member = |number: usize| deflated(&format!("sample/{number}"), zeros(7), 7 << 20);
    ended("64 MiB", wheel(move |zip| zip.entries.extend((0..9).map(member))));
}

/// Stored members, each of which holds all headers that follow it.
fn nested(count: usize) -> (String, Vec<u8>) {
    wheel(move |zip| {
        let header_bytes = 30 + 8;
        let member = |number: usize| {
            let mut entry = ZipEntry::file(&format!("{number:08}"), b"", 0o644);
            let length = u32::try_from((count - 1 - number) * header_bytes).expect("small");
            entry.both(|header| (header.packed_bytes, header.size_bytes) = (length, length));
            entry
        };
        zip.entries.splice(0..0, (0..count).map(member));
    })
}

#[test]
fn members_inside_one_another_are_not_unpacked() {
    let said = refused("overlap beyond the ratio", nested(40_000));
    assert!(said.contains("archive/bomb"), "{said}");
    let said = refused("overlap below the ratio", nested(1_500));
    assert!(said.contains("archive/overlap"), "{said}");
}

#[test]
fn a_million_members_are_too_many() {
    let count: u64 = 1_000_000;
    assert!(Limits::default().members < 1_000_000);
    let local = [&b"PK\x03\x04"[..], &[0; 26], b""].concat();
    let record = [&b"PK\x01\x02"[..], &[0; 42]].concat();
    let mut bytes = local.clone();
    (0..count).for_each(|_| bytes.extend_from_slice(&record));
    let directory_bytes = count * record.len() as u64;
    let ends_at = bytes.len() as u64;
    bytes.extend(
        [&b"PK\x06\x06"[..], &44_u64.to_le_bytes(), &[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]].concat(),
    );
    for number in [count, count, directory_bytes, local.len() as u64] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([&b"PK\x06\x07\0\0\0\0"[..], &ends_at.to_le_bytes(), &1_u32.to_le_bytes()].concat());
    bytes.extend([&b"PK\x05\x06\0\0\0\0"[..], &[0xff; 12], &[0; 2]].concat());
    let said = refused("a million members", ("sample-1.0-py3-none-any.whl".to_owned(), bytes));
    assert!(said.contains("archive/bomb"), "{said}");
    // In a tar archive they have to be there, and pack well.
    let said = refused("a million files", sdist(|| vec![TarEntry::file("x", ""); 120_000]));
    assert!(said.contains("100000 members"), "{said}");
}

#[test]
fn archives_in_archives_are_files() {
    let (name, mut bytes) = wheel(|_| {});
    for depth in 0..40 {
        let inner = bytes.clone();
        bytes =
            wheel(move |zip| zip.entries.push(ZipEntry::file(&format!("sample/{depth}.whl"), &inner, 0o644)))
                .1;
    }
    ended("nested archives", (name, bytes));
}

#[test]
fn deep_folders_are_not_taken_apart_level_by_level() {
    let deep = |number: usize| ZipEntry::file(&format!("{number}/{}x", "a/".repeat(32_000)), b"", 0o644);
    ended("deep folders of a wheel", wheel(move |zip| zip.entries.extend((0..20).map(deep))));
    let same = |number: usize| ZipEntry::file(&format!("{}{number}", "a/".repeat(32_000)), b"", 0o644);
    ended("one deep folder", wheel(move |zip| zip.entries.extend((0..20).map(same))));
    ended(
        "deep folders of an sdist",
        sdist(|| {
            let deep = |number: usize| {
                let path = format!("sample-1.0/{number}/{}x", "a/".repeat(250_000));
                [TarEntry::pax(&[("path", path.as_str())]), TarEntry::file("x", "")]
            };
            (0..3).flat_map(deep).collect()
        }),
    );
}

#[test]
fn a_stream_of_zeros_ends_at_the_limit() {
    for (what, mebibytes) in [("a gigabyte of zeros", 1024), ("four gigabytes of zeros", 4 * 1024)] {
        refused(what, ("sample-1.0.tar.gz".to_owned(), gzip_of_zeros(mebibytes)));
    }
    // Zeros end a tar archive, so this is what it would be if they did not.
    let entry = || TarEntry { size_bytes: Some(0o77_777_777_777), ..TarEntry::file("sample-1.0/zeros", "") };
    refused("eight gigabytes declared", sdist(move || vec![entry()]));
    let said = refused(
        "a stream of empty members",
        ("sample-1.0.tar.gz".to_owned(), {
            let empty = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 3, 0][..], &[0; 8]].concat();
            empty.repeat(500_000)
        }),
    );
    assert!(said.contains("members"), "{said}");
    refused("a name without end", {
        let head = [0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0xff];
        ("sample-1.0.tar.gz".to_owned(), [&head[..], &vec![b'x'; 20 * MIB]].concat())
    });
}

#[test]
fn sparse_files_are_not_filled_with_zeros() {
    let sparse = TarEntry { type_flag: b'S', is_gnu: true, ..TarEntry::file("sample-1.0/holes", "x") };
    let said = refused("sparse", sdist(move || vec![sparse.clone(); 1_000]));
    assert!(said.contains("sdist/sparse"), "{said}");
    let said = refused(
        "sparse by pax",
        sdist(|| {
            let holes = [
                ("GNU.sparse.major", "1"),
                ("GNU.sparse.minor", "0"),
                ("GNU.sparse.name", "sample-1.0/holes"),
                ("GNU.sparse.realsize", "9223372036854775807"),
            ];
            vec![TarEntry::pax(&holes), TarEntry::file("sample-1.0/holes", "1\n0\n9223372036854775807\n")]
        }),
    );
    assert!(said.contains("sdist/sparse"), "{said}");
}

#[test]
fn pax_headers_full_of_records_are_read_once() {
    let filled = |records: String| {
        let header = TarEntry { type_flag: b'x', ..TarEntry::file("PaxHeaders/next", records) };
        sdist(move || (0..3).flat_map(|_| [header.clone(), TarEntry::file("sample-1.0/x", "")]).collect())
    };
    refused(
        "pax keywords that differ",
        filled((0..80_000).map(|number| format!("13 {number:06}=ab\n")).collect()),
    );
    refused("pax keywords that are the same", filled("13 keyword=x\n".repeat(80_000)));
    refused("pax numbers", filled("9".repeat(1_000_000)));
    let global =
        TarEntry { type_flag: b'g', ..TarEntry::file("PaxHeaders/all", "9 path=x\n".repeat(110_000)) };
    refused("pax headers for all", sdist(move || vec![global.clone(); 3]));
}

#[test]
fn links_that_lead_to_links_are_followed_once_each() {
    let count = 10_000;
    let chain = move |number: usize| {
        TarEntry::link(&format!("sample-1.0/l{number}"), b'2', &format!("l{}", number + 1))
    };
    ended("a chain of links", sdist(move || (0..count).map(chain).collect()));
    let ring = |number: usize| {
        TarEntry::link(&format!("sample-1.0/l{number}/x"), b'2', &format!("../l{}/x", (number + 1) % 10_000))
    };
    ended("a ring of links", sdist(move || (0..10_000).map(ring).collect()));
    let through = |number: usize| match number {
        0 => TarEntry::link("sample-1.0/a", b'2', "."),
        _ => TarEntry::file(&format!("sample-1.0/{}x{number}", "a/".repeat(40)), ""),
    };
    ended("paths through links", sdist(move || (0..10_000).map(through).collect()));
}
