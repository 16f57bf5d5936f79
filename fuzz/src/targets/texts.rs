//! RECORD, METADATA, `entry_points.txt` and lists of checksums: what was read is written, and read again it is the same.

use std::fmt::Write as _;

use release_action::archive::Limits;
use release_action::archive::checksums::{self, Format, meta};
use release_action::archive::entry_points::EntryPoints;
use release_action::archive::metadata::Metadata;
use release_action::archive::record::{Record, Row};

use super::judge::judge_text;

pub(super) fn record(bytes: &[u8]) {
    let fields = |record: &Record| -> Vec<[String; 3]> {
        let fields = |Row { path, digest, size, .. }: &Row| [path.clone(), digest.clone(), size.clone()];
        record.rows.iter().map(fields).collect()
    };
    let text = String::from_utf8_lossy(bytes);
    let read = Record::parse(&text);
    let last = read.rows.iter().map(|row| row.line).chain(read.faults.iter().map(|fault| fault.line)).max();
    assert!(last.unwrap_or(0) <= text.matches(['\n', '\r']).count() + 1, "line {last:?} is behind the end");
    let rows = fields(&read);
    let mut written = String::new();
    for row in &rows {
        let quoted = row.each_ref().map(|field| format!("\"{}\"", field.replace('"', "\"\"")));
        writeln!(written, "{}", quoted.join(",")).expect("a string takes any text");
    }
    let again = Record::parse(&written);
    assert_eq!((fields(&again), again.faults), (rows, Vec::new()));
    judge_text("RECORD", bytes);
}

pub(super) fn metadata(bytes: &[u8]) {
    let read = Metadata::parse(&String::from_utf8_lossy(bytes));
    if read.stray_line.is_none() {
        let headers = read.headers().iter().map(|(name, value)| format!("{name}: {value}\n"));
        let mut written: String = headers.collect();
        if let Some(body) = read.body() {
            write!(written, "\n{body}").expect("a string takes any text");
        }
        assert_eq!(Metadata::parse(&written), read);
    }
    judge_text("METADATA", bytes);
}

pub(super) fn entry_points(bytes: &[u8]) {
    let read = EntryPoints::parse(&String::from_utf8_lossy(bytes));
    let mut written = String::new();
    for entry in &read.entries {
        let value = entry.value.replace('\n', "\n  ");
        writeln!(written, "[{}]\n{} = {value}", entry.group, entry.name).expect("a string takes any text");
    }
    assert_eq!(EntryPoints::parse(&written).entries, read.entries);
    judge_text("entry_points.txt", bytes);
}

pub(super) fn checksums(bytes: &[u8]) {
    let limits = Limits::default();
    // The two readers never both take one text: 64 digits alone are no list.
    let is_meta =
        meta::parse(bytes, &limits).is_ok_and(|meta| meta.is_some_and(|meta| meta.pairs.is_empty()));
    let Ok(read) = checksums::parse(bytes, &limits) else { return };
    assert!(!is_meta && !read.lines.is_empty());
    let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
    let mut last = 0;
    for listed in &read.lines {
        assert!(last < listed.line && listed.line <= ends + 1, "line {} is out of its order", listed.line);
        last = listed.line;
        let is_plain =
            |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':']);
        assert!(listed.path.split('/').all(is_plain), "{:?} leaves its folder", listed.path);
    }
    for format in [Format::Coreutils, Format::Bsd, Format::OpenSsl] {
        let lines = read.lines.iter().map(|listed| format.line(&listed.path, &listed.sha256) + "\n");
        let again =
            checksums::parse(lines.collect::<String>().as_bytes(), &limits).expect("it was just written");
        let said = |list: &checksums::Checksums| -> Vec<_> {
            list.lines.iter().map(|listed| (listed.path.clone(), listed.sha256)).collect()
        };
        assert_eq!((again.format, said(&again)), (format, said(&read)));
    }
}

fn owned(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

pub(super) fn records() -> Vec<Vec<u8>> {
    owned(&[
        "sample/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n\
         sample-1.0.dist-info/METADATA,sha512=x,12\nsample-1.0.dist-info/RECORD,,\n",
        "\"a,\"\"b\"\"\",md5=0cc175b9c0f1b6a831c399e269772661,1\r\n\"two\nlines\",,\r\n",
        "a\n\n,,,\n\"open",
        "../x,sha256=,-1\n/y,sha1=,99999999999999999999\nsample\\z,sha3_256==,0x1\n",
        "sample/,,\nsample-1.0.dist-info/RECORD.jws,blake2b=AA,1\n",
    ])
}

pub(super) fn metadatas() -> Vec<Vec<u8>> {
    owned(&[
        "Metadata-Version: 2.4\nName: sample\nVersion: 1.0\nSummary: A sample.\nLicense-Expression: MIT OR (Apache-2.0 \
         WITH LLVM-exception)\nLicense-File: LICENSE\nRequires-Python: >=3.9,!=3.10.*,~=3.11\nRequires-Dist: \
         a[b,c]>=1.0; python_version < \"3.12\" and extra == 'x'\nRequires-Dist: d @ https://example.org/d.zip ; \
         sys_platform in \"linux darwin\"\nProvides-Extra: x\nClassifier: Programming Language :: Python :: 3\n\
         Description-Content-Type: text/x-rst; charset=UTF-8\n\nTitle\n=====\n\nA `link <x>`_.\n",
        "Metadata-Version: 2.1\nName: sample\nVersion: 1.0.post1.dev2+local.3\nAuthor: A\nAuthor-email: \"A, B\" \
         <a@example.org>, c@example.org\nProject-URL: Home, https://example.org/\nKeywords: a,b\nPlatform: any\n\
         Description-Content-Type: text/markdown; variant=GFM\n\n# Title\n\n[a](b.md) ![c](d.png)\n",
        "Metadata-Version: 1.2\nName: sample\nVersion: 1.0\nDescription: one\n        two\n       |three\nLicense: UNKNOWN\n\
         Obsoletes-Dist: x (>1)\nRequires-External: C\n",
        "Metadata-Version: 2.6\nName: sample\nVersion: 1!2.0rc3\nDynamic: Version\nDynamic: license-file\nImport-Name: \
         sample\nImport-Namespace: a.b ; private\nProvides-Dist: x\nMaintainer-email: @\n\r\nbody",
        " folded\nFrom x\nno header\n",
        "Name:\n  x\n \n\ty\n:\nA B: c\n",
    ])
}

pub(super) fn entry_point_lists() -> Vec<Vec<u8>> {
    owned(&[
        "[console_scripts]\nsample = sample:main\nother = sample.cli:App.run [extra]\n\n[gui_scripts]\nwin = sample:gui\n",
        "[sample.plugins]\na = sample\nb = sample : x [y , z]\n# comment\n; other\n  folded = value\n",
        "stray\n[group]\n[group]\na=b\na = c\n= d\nno entry\n[a = b\n]x\n",
        "[console_scripts]\n../x = a..b:\nimport = class:1\nx=sample:main[\n",
    ])
}

pub(super) fn checksum_lists() -> Vec<Vec<u8>> {
    const A: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    const B: &str = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";
    let texts = [
        format!("{A}  a.whl\n{B} *dist/b (1).whl\r\n# comment\n\\{A}  c\\\\d\n"),
        format!("\u{feff}SHA256 (./a.whl) = {A}\nSHA256 (b) = (c) = {B}\n"),
        format!("SHA256(./a.whl)= {A}\r\nSHA2-256(../b)= {B}\r\nMD5(c)= 00\n"),
        format!("{A}\n"),
        format!("name=w.tgz\nsha256={A}\nsize=1\nwheels=a.whl,b.whl\n"),
        format!("{A}  /a\n{A}  C:/a\n{A}  a\n{B}  ./a\n"),
    ];
    texts.map(String::into_bytes).to_vec()
}
