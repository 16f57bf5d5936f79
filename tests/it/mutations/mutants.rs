//! The mutants: a good wheel with one thing changed, byte by byte in its records or line by line in its texts.

use release_action::archive::build::{WheelBuilder, ZipEntry, ZipHeader, ZipImage};

/// A changed wheel.
pub(super) struct Mutant {
    /// What kind of bytes was changed.
    pub(super) class: &'static str,
    /// What exactly was changed.
    pub(super) name: String,
    /// The file.
    pub(super) bytes: Vec<u8>,
}

const DEFLATED: &str = "sample/data.txt";
const STORED: &str = "sample/stored.bin";
const METADATA: &str = "sample-1.0.dist-info/METADATA";
const TEXT: &str = "the same line over and over\n";

fn good() -> WheelBuilder {
    let mut wheel = WheelBuilder::new("sample", "1.0", "py3", "none", "any");
    wheel.member(DEFLATED, TEXT.repeat(40)).member(STORED, b"\x00\x01few bytes\xfe\xff".to_vec());
    wheel
}

fn bytes_of(wheel: &WheelBuilder) -> Vec<u8> {
    wheel.build().1
}

/// All mutants, those of one class behind each other.
pub(super) fn all() -> Vec<Mutant> {
    let mut mutants = Mutants { good: bytes_of(&good()), found: Vec::new() };
    mutants.found.push(Mutant { class: "nothing", name: "nothing".to_owned(), bytes: mutants.good.clone() });
    mutants.fields();
    mutants.flags();
    mutants.both_headers();
    mutants.extras();
    mutants.layout();
    mutants.data();
    mutants.texts();
    mutants.found
}

/// A field of a record: its class, its name, where it lies and how long it is.
type Field = (&'static str, &'static str, usize, usize);

/// What a change is called, and the change.
type Edit<T> = (&'static str, fn(&mut T));
/// The same for one of several lines.
type LineEdit = (&'static str, fn(&mut Vec<String>, usize));

const LOCAL: [Field; 11] = [
    ("signatures", "signature", 0, 4),
    ("versions", "version needed", 4, 2),
    ("method", "method", 8, 2),
    ("time", "time", 10, 2),
    ("time", "date", 12, 2),
    ("checksum", "crc", 14, 4),
    ("sizes", "packed size", 18, 4),
    ("sizes", "size", 22, 4),
    ("lengths of names and extra fields", "name length", 26, 2),
    ("lengths of names and extra fields", "extra length", 28, 2),
    ("names", "name", 30, 7),
];
const CENTRAL: [Field; 17] = [
    ("signatures", "signature", 0, 4),
    ("versions", "made by", 4, 2),
    ("versions", "version needed", 6, 2),
    ("method", "method", 10, 2),
    ("time", "time", 12, 2),
    ("time", "date", 14, 2),
    ("checksum", "crc", 16, 4),
    ("sizes", "packed size", 20, 4),
    ("sizes", "size", 24, 4),
    ("lengths of names and extra fields", "name length", 28, 2),
    ("lengths of names and extra fields", "extra length", 30, 2),
    ("comments", "comment length", 32, 2),
    ("disks and attributes", "disk", 34, 2),
    ("disks and attributes", "internal attributes", 36, 2),
    ("disks and attributes", "external attributes", 38, 4),
    ("offsets", "offset", 42, 4),
    ("names", "name", 46, 7),
];
const END: [Field; 8] = [
    ("signatures", "signature", 0, 4),
    ("end record", "disk", 4, 2),
    ("end record", "directory disk", 6, 2),
    ("end record", "members on this disk", 8, 2),
    ("end record", "members", 10, 2),
    ("end record", "directory size", 12, 4),
    ("end record", "directory offset", 16, 4),
    ("comments", "archive comment length", 20, 2),
];
const CLASSES: [&str; 13] = [
    "signatures",
    "versions",
    "method",
    "time",
    "checksum",
    "sizes",
    "lengths of names and extra fields",
    "names",
    "comments",
    "disks and attributes",
    "offsets",
    "end record",
    "flags",
];

struct Mutants {
    good: Vec<u8>,
    found: Vec<Mutant>,
}

impl Mutants {
    fn push(&mut self, class: &'static str, name: impl Into<String>, bytes: Vec<u8>) {
        let (name, is_new) = (name.into(), !self.found.iter().any(|other| other.bytes == bytes));
        if is_new {
            self.found.push(Mutant { class, name, bytes });
        }
    }

    fn built(
        &mut self,
        class: &'static str,
        name: &str,
        edit: impl FnOnce(&mut WheelBuilder) -> &mut WheelBuilder,
    ) {
        let mut wheel = good();
        edit(&mut wheel);
        self.push(class, name, bytes_of(&wheel));
    }

    fn zipped(
        &mut self,
        class: &'static str,
        name: &str,
        edit: impl Fn(&mut ZipImage) + Send + Sync + 'static,
    ) {
        self.built(class, name, |wheel| wheel.edit_zip(edit));
    }

    /// Where the records of the member `name` start: the one before the data, and the one in the directory.
    fn records(&self, name: &str) -> [usize; 2] {
        let ends_at = |signature: &[u8], length: usize| {
            let found = self.good.windows(name.len()).enumerate().find(|(at, window)| {
                *window == name.as_bytes()
                    && at.checked_sub(length).is_some_and(|start| self.good[start..].starts_with(signature))
            });
            found.expect("the good wheel has the member").0 - length
        };
        [ends_at(b"PK\x03\x04", 30), ends_at(b"PK\x01\x02", 46)]
    }

    fn fields(&mut self) {
        let end = self.good.len() - 22;
        let [local, central] = self.records(DEFLATED);
        let places: [(&str, usize, &[Field]); 3] =
            [("local", local, &LOCAL), ("central", central, &CENTRAL), ("end", end, &END)];
        for class in CLASSES {
            for (place, start, fields) in &places {
                for (_, field, offset, length) in fields.iter().filter(|field| field.0 == class) {
                    let at = start + offset;
                    let values: [Edit<[u8]>; 4] = [
                        ("low bit", |bytes| bytes[0] ^= 1),
                        ("high bit", |bytes| bytes[bytes.len() - 1] ^= 0x80),
                        ("zeros", |bytes| bytes.fill(0)),
                        ("ones", |bytes| bytes.fill(0xff)),
                    ];
                    for (value, change) in values {
                        let mut bytes = self.good.clone();
                        change(&mut bytes[at..at + length]);
                        self.push(class, format!("{class}: {place}: {field}: {value}"), bytes);
                    }
                }
            }
        }
    }

    fn flags(&mut self) {
        let [local, central] = self.records(DEFLATED);
        for bit in 0..16 {
            for (place, offsets) in [
                ("local", vec![local + 6]),
                ("central", vec![central + 8]),
                ("both", vec![local + 6, central + 8]),
            ] {
                let mut bytes = self.good.clone();
                offsets.into_iter().for_each(|at| bytes[at + bit / 8] ^= 1 << (bit % 8));
                self.push("flags", format!("flags: {place}: bit {bit}"), bytes);
            }
        }
    }

    fn both_headers(&mut self) {
        let changes: [Edit<ZipHeader>; 15] = [
            ("version needed 45", |header| header.version_needed = 45),
            ("version needed 63", |header| header.version_needed = 63),
            ("version needed 64", |header| header.version_needed = 64),
            ("method stored", |header| header.method = 0),
            ("method deflate", |header| header.method = 8),
            ("method bzip2", |header| header.method = 12),
            ("method zstd", |header| header.method = 93),
            ("no time", |header| header.modified = 0),
            ("crc", |header| header.crc32 ^= 1),
            ("crc zero", |header| header.crc32 = 0),
            ("size + 1", |header| header.size_bytes += 1),
            ("size - 1", |header| header.size_bytes -= 1),
            ("size zero", |header| header.size_bytes = 0),
            ("packed size + 1", |header| header.packed_bytes += 1),
            ("packed size - 1", |header| header.packed_bytes -= 1),
        ];
        for member in [DEFLATED, STORED, METADATA] {
            for (what, change) in changes {
                let name = format!("both headers: {member}: {what}");
                self.zipped("both headers", &name, move |zip| zip.entry(member).both(change));
            }
        }
        for new in [
            "../out.py",
            "/abs.py",
            "sample/../up.py",
            "sample//two.py",
            "sample/./dot.py",
            "sample\\back.py",
            "C:/drive.py",
            "sample/co:lon",
            "sample/nul\0",
            "sample/new\nline",
            "sample/\u{202e}turned",
            "sample/",
            "sample/data.txt/",
            "sample/__init__.py/below",
            "sample/STORED.BIN",
            "sample/\u{e9}.txt",
            "",
        ] {
            let name = format!("both names: {new:?}");
            self.zipped("names in both headers", &name, move |zip| {
                zip.entry(DEFLATED).both(|header| header.name = new.as_bytes().to_vec());
            });
            let name = format!("both names and RECORD: {new:?}");
            self.built("names in both headers", &name, |wheel| {
                wheel.edit_record(move |rows| {
                    rows.iter_mut()
                        .filter(|row| row[0] == DEFLATED)
                        .for_each(|row| new.clone_into(&mut row[0]));
                });
                wheel.edit_zip(move |zip| {
                    zip.entry(DEFLATED).both(|header| header.name = new.as_bytes().to_vec());
                })
            });
        }
        self.zipped("names in both headers", "both names: no UTF-8", |zip| {
            zip.entry(DEFLATED).both(|header| header.name = b"sample/\xff.txt".to_vec());
        });
    }

    fn extras(&mut self) {
        let unicode = |name: &[u8]| {
            let length = u8::try_from(name.len() + 5).expect("a short name");
            [&[0x75, 0x70, length, 0, 1], &crc32fast::hash(DEFLATED.as_bytes()).to_le_bytes()[..], name]
                .concat()
        };
        let wide = |length: u8| [&[1, 0, length, 0][..], &vec![0; usize::from(length)]].concat();
        let extras: [(&str, Vec<u8>); 14] = [
            ("unknown field", vec![0xfe, 0xca, 2, 0, 1, 2]),
            ("time field", b"UT\x05\x00\x01\x00\x00\x00\x00".to_vec()),
            ("one stray byte", vec![0]),
            ("three stray bytes", vec![0; 3]),
            ("length too long", vec![0xfe, 0xca, 9, 0, 1]),
            ("ZIP64 of 0 bytes", wide(0)),
            ("ZIP64 of 4 bytes", wide(4)),
            ("ZIP64 of 8 bytes", wide(8)),
            ("ZIP64 of 16 bytes", wide(16)),
            ("ZIP64 of 40 bytes", wide(40)),
            ("two ZIP64", [wide(16), wide(16)].concat()),
            ("same Unicode path", unicode(DEFLATED.as_bytes())),
            ("other Unicode path", unicode(b"sample/evil.txt")),
            ("bad Unicode path", unicode(b"sample/\xff.txt")),
        ];
        for (what, extra) in extras {
            for place in ["local", "central", "both"] {
                let extra = extra.clone();
                self.zipped("extra fields", &format!("extra fields: {place}: {what}"), move |zip| {
                    let entry = zip.entry(DEFLATED);
                    if place != "central" {
                        entry.local.extra.clone_from(&extra);
                    }
                    if place != "local" {
                        entry.central.extra.clone_from(&extra);
                    }
                });
            }
        }
    }

    fn layout(&mut self) {
        let gap = |bytes: &'static [u8]| move |zip: &mut ZipImage| zip.entries[0].descriptor = bytes.to_vec();
        self.zipped("gaps", "gap: zeros between members", gap(&[0; 4]));
        self.zipped("gaps", "gap: text between members", gap(b"hidden text"));
        self.zipped("gaps", "gap: local signature between members", gap(b"PK\x03\x04"));
        self.zipped("gaps", "gap: zeros before the directory", |zip| zip.before_directory = vec![0; 9]);
        self.zipped("gaps", "gap: a signature before the directory", |zip| {
            zip.before_directory = b"PK\x05\x06".to_vec();
        });
        for (name, prefix) in [("script", &b"#!/bin/sh\n"[..]), ("zeros", &[0; 8]), ("split mark", b"PK00")] {
            let counted = prefix.to_vec();
            self.zipped("prefix", &format!("prefix: {name}, counted"), move |zip| {
                zip.prefix.clone_from(&counted)
            });
            let bytes = [prefix, &self.good].concat();
            self.push("prefix", format!("prefix: {name}, not counted"), bytes);
        }
        let suffixes: [(&str, &[u8]); 5] = [
            ("zeros", &[0; 7]),
            ("text", b"more"),
            ("end record", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            ("end signature", b"PK\x05\x06"),
            ("long text", &[b'x'; 70_000]),
        ];
        for (name, suffix) in suffixes {
            self.push("suffix", format!("suffix: {name}"), [&self.good, suffix].concat());
        }
        for length in [1, 2, 21, 22, 23, 60] {
            let bytes = self.good[..self.good.len() - length].to_vec();
            self.push("suffix", format!("cut: {length} bytes"), bytes);
        }
        for (name, comment) in
            [("text", "made by hand"), ("end record", "PK\u{5}\u{6}"), ("control", "\u{1}")]
        {
            self.zipped("comments", &format!("comment: {name}"), move |zip| zip.comment = comment.into());
        }
        self.zipped("comments", "comment: of a member", |zip| zip.entry(DEFLATED).comment = b"x".to_vec());
        self.zipped("duplicates", "duplicate: both headers", |zip| {
            let entry = zip.entry(DEFLATED).clone();
            zip.entries.insert(0, entry);
        });
        self.zipped("duplicates", "duplicate: other contents", |zip| {
            let entry = ZipEntry::file(DEFLATED, b"other\n", 0o644);
            zip.entries.insert(0, entry);
        });
        self.zipped("duplicates", "duplicate: METADATA", |zip| {
            let entry = ZipEntry::file(METADATA, b"Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n", 0o644);
            zip.entries.insert(0, entry);
        });
        self.zipped("duplicates", "duplicate: in the directory only", |zip| {
            let mut entry = zip.entry(DEFLATED).clone();
            entry.offset = Some(0);
            zip.entries.push(entry);
        });
        self.zipped("duplicates", "hidden: a member", |zip| {
            let mut entry = ZipEntry::file("sample/hidden.py", b"", 0o644);
            entry.hidden = true;
            zip.entries.insert(0, entry);
        });
        self.zipped("duplicates", "not listed: a member", |zip| {
            zip.entries.insert(0, ZipEntry::file("sample/more.py", b"", 0o644));
        });
        self.zipped("duplicates", "missing: a member", |zip| {
            zip.entries.retain(|entry| entry.central.name != DEFLATED.as_bytes());
        });
        self.zipped("duplicates", "directory entry", |zip| {
            zip.entries.insert(0, ZipEntry::directory("sample"))
        });
        self.zipped("order", "order: directory reversed", |zip| zip.directory_reversed = true);
        self.zipped("order", "order: members reversed", |zip| zip.entries.reverse());
        self.zipped("ZIP64 end", "ZIP64 end: needless", |zip| zip.zip64 = true);
        for (name, from_end) in [
            ("length", 22 + 20 + 52),
            ("members", 22 + 20 + 32),
            ("offset", 22 + 20 + 8),
            ("locator", 22 + 12),
            ("disks", 22 + 4),
        ] {
            self.built("ZIP64 end", &format!("ZIP64 end: {name}"), |wheel| {
                wheel.edit_zip(|zip| zip.zip64 = true).edit_bytes(move |bytes| {
                    let at = bytes.len() - from_end;
                    bytes[at] ^= 1;
                })
            });
        }
        for (name, mode) in
            [("link", 0o120_777), ("device", 0o060_644), ("directory", 0o040_755), ("setuid", 0o104_755)]
        {
            self.zipped("disks and attributes", &format!("mode: {name}"), move |zip| {
                zip.entry(DEFLATED).attributes = mode << 16;
            });
        }
    }

    fn data(&mut self) {
        for (member, class) in
            [(DEFLATED, "deflated data"), (STORED, "stored data"), (METADATA, "METADATA's data")]
        {
            let start = self.records(member)[0] + 30 + member.len();
            let length = self.records(member)[0] + 18;
            let length = usize::from(u16::from_le_bytes([self.good[length], self.good[length + 1]]));
            for step in 0..12 {
                let mut bytes = self.good.clone();
                bytes[start + step * (length - 1) / 11] ^= 1 << (step % 8);
                self.push(class, format!("{class}: byte {} of {length}", step * (length - 1) / 11), bytes);
            }
        }
        let stored_block = |last: u8, text: &[u8]| {
            let length = u16::try_from(text.len()).expect("short");
            [&[last][..], &length.to_le_bytes(), &(!length).to_le_bytes(), text].concat()
        };
        let text = TEXT.repeat(40);
        let text = text.as_bytes();
        let (head, tail) = text.split_at(100);
        let whole = stored_block(1, text);
        let streams: [(&str, Vec<u8>); 12] = [
            ("one stored block", whole.clone()),
            ("two stored blocks", [stored_block(0, head), stored_block(1, tail)].concat()),
            ("an empty block first", [stored_block(0, b""), whole.clone()].concat()),
            ("an empty block last", [stored_block(0, text), stored_block(1, b"")].concat()),
            ("no last block", stored_block(0, text)),
            ("a block behind the last one", [whole.clone(), stored_block(1, b"more")].concat()),
            ("zeros behind the last block", [whole.clone(), vec![0; 3]].concat()),
            ("last block too early", [stored_block(1, head), stored_block(1, tail)].concat()),
            ("length and its complement differ", {
                let mut s = whole.clone();
                s[3] ^= 1;
                s
            }),
            ("block of the reserved type", {
                let mut s = whole.clone();
                s[0] = 7;
                s
            }),
            ("distance before the start", [0x63, 0x00, 0x42, 0xff, 0xff].to_vec()),
            ("nothing", Vec::new()),
        ];
        for (what, stream) in streams {
            self.zipped("deflate blocks", &format!("deflate blocks: {what}"), move |zip| {
                let entry = zip.entry(DEFLATED);
                entry.data.clone_from(&stream);
                entry.both(|header| header.packed_bytes = u32::try_from(stream.len()).expect("short"));
            });
        }
    }

    fn texts(&mut self) {
        let edits: [LineEdit; 5] = [
            ("left out", |lines, at| drop(lines.remove(at))),
            ("twice", |lines, at| lines.insert(at, lines[at].clone())),
            ("first character changed", |lines, at| {
                let first = if lines[at].starts_with('x') { "y" } else { "x" };
                let rest = lines[at].get(1..).unwrap_or_default();
                lines[at] = format!("{first}{rest}");
            }),
            ("last character lost", |lines, at| {
                lines[at].pop();
            }),
            ("blank line before", |lines, at| lines.insert(at, String::new())),
        ];
        for (class, file) in [("RECORD", "RECORD"), ("WHEEL", "WHEEL"), ("METADATA", "METADATA")] {
            for at in 0..6 {
                for (what, edit) in edits {
                    let name = format!("{class}: line {}: {what}", at + 1);
                    self.built(class, &name, |wheel| {
                        wheel.edit_text(file, move |bytes| {
                            let text = String::from_utf8_lossy(bytes).into_owned();
                            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                            if at < lines.len() {
                                edit(&mut lines, at);
                            }
                            *bytes = (lines.join("\n") + "\n").into_bytes();
                        })
                    });
                }
            }
            let whole: [Edit<Vec<u8>>; 6] = [
                ("byte order mark", |bytes| drop(bytes.splice(..0, *b"\xef\xbb\xbf"))),
                ("no UTF-8", |bytes| bytes.push(0xff)),
                ("NUL", |bytes| bytes.push(0)),
                ("empty", Vec::clear),
                ("CRLF", |bytes| {
                    *bytes = String::from_utf8_lossy(bytes).replace('\n', "\r\n").into_bytes();
                }),
                ("junk line first", |bytes| drop(bytes.splice(..0, *b"just words\n"))),
            ];
            for (what, edit) in whole {
                self.built(class, &format!("{class}: {what}"), |wheel| wheel.edit_text(file, edit));
            }
            self.built(class, &format!("{class}: not there"), |wheel| wheel.without(file));
        }
        for (header, value) in [
            ("Wheel-Version", "2.0"),
            ("Wheel-Version", "1.9"),
            ("Wheel-Version", "one"),
            ("Root-Is-Purelib", "maybe"),
            ("Root-Is-Purelib", "false"),
            ("Tag", "py2-none-any"),
        ] {
            self.built("WHEEL", &format!("WHEEL: {header}: {value}"), |wheel| wheel.wheel(header, value));
        }
        for (header, value) in [
            ("Name", "other"),
            ("Name", "Sample"),
            ("Name", "-bad-"),
            ("Version", "2.0"),
            ("Version", "1.0.0"),
            ("Version", "one"),
            ("Metadata-Version", "9.9"),
            ("Metadata-Version", "1.0"),
            ("Requires-Python", "=>3"),
            ("Requires-Dist", "requests >="),
            ("Requires-Dist", "requests @ file:///x"),
            ("License-Expression", "NOT-A-LICENSE"),
            ("Dynamic", "Name"),
            ("Provides-Extra", "a b"),
            ("Summary", "two\n        lines"),
        ] {
            self.built("METADATA", &format!("METADATA: {header}: {value}"), |wheel| {
                wheel.metadata(header, value)
            });
        }
        let rows: [Edit<Vec<[String; 3]>>; 10] = [
            ("md5", |rows| rows[0][1] = "md5=1B2M2Y8AsgTpgAmY7PhCfg".to_owned()),
            ("no digest", |rows| rows[0][1].clear()),
            ("padded digest", |rows| rows[0][1].push('=')),
            ("another digest", |rows| rows[0][1] = rows[1][1].clone()),
            ("no size", |rows| rows[0][2].clear()),
            ("another size", |rows| rows[0][2].push('0')),
            ("size in words", |rows| rows[0][2] = "many".to_owned()),
            ("absolute path", |rows| rows[0][0].insert(0, '/')),
            ("a file too many", |rows| {
                rows.insert(0, ["sample/lost.py".to_owned(), rows[0][1].clone(), rows[0][2].clone()])
            }),
            ("digest of itself", |rows| {
                let digest = rows[0][1].clone();
                if let Some(row) = rows.last_mut() {
                    row[1] = digest;
                }
            }),
        ];
        for (what, edit) in rows {
            self.built("RECORD", &format!("RECORD: {what}"), |wheel| wheel.edit_record(edit));
        }
    }
}
