//! Whole files around the bytes of a target, judged by every rule: rules are readers too.

use std::sync::LazyLock;
use std::sync::mpsc::channel;

use release_action::archive::Limits;
use release_action::archive::build::{SdistBuilder, WheelBuilder, ZipEntry, ZipImage};
use release_action::archive::source::ReadAt;
use release_action::checks::{self, Dist};
use release_action::report::Report;

pub(super) const WHEEL: &str = "sample-1.0-py3-none-any.whl";
pub(super) const SDIST: &str = "sample-1.0.tar.gz";
pub(super) const CRATE: &str = "sample-1.0.0.crate";

/// Text of strangers is cut where it enters, so a message is never longer.
const LONGEST_MESSAGE_BYTES: usize = 4096;

/// What all rules say of the file.
pub(super) fn judge(file_name: &str, source: &dyn ReadAt) -> Report {
    let dist = Dist::read(file_name, source, &Limits::default());
    let report = checks::run(std::slice::from_ref(&dist)).report;
    for finding in report.findings() {
        let length = finding.message.len();
        assert!(length <= LONGEST_MESSAGE_BYTES, "{}: a message of {length} bytes", finding.check);
    }
    report
}

/// A source that gives few bytes at a time.
pub(super) struct Pieces<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) most: usize,
}

impl ReadAt for Pieces<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        let most = buffer.len().min(self.most);
        self.bytes.read_at(&mut buffer[..most], offset)
    }

    fn size(&self) -> std::io::Result<u64> {
        self.bytes.size()
    }
}

pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A good wheel for these tags.
pub(super) fn builder([python, abi, platform]: [&str; 3]) -> WheelBuilder {
    let mut builder = WheelBuilder::new("sample", "1.0", python, abi, platform);
    builder.metadata("Description-Content-Type", "text/x-rst");
    builder
}

/// Its records, which are laid out once: deflating is slow.
pub(super) fn image(mut builder: WheelBuilder) -> ZipImage {
    let (send, receive) = channel();
    builder.edit_zip(move |zip| drop(send.send(zip.clone())));
    drop(builder.build());
    receive.recv().expect("the builder lays out one archive")
}

/// The wheel with `contents` at `path`.
pub(super) fn with(image: &ZipImage, path: &str, contents: &[u8]) -> Vec<u8> {
    let mut image = image.clone();
    image.entries.retain(|entry| entry.central.name != path.as_bytes());
    let mut entry = ZipEntry::file(path, b"", 0o755);
    let length = u32::try_from(contents.len()).expect("inputs are short");
    entry.both(|header| {
        header.crc32 = crc32(contents);
        header.packed_bytes = length;
        header.size_bytes = length;
    });
    entry.data = contents.to_vec();
    image.entries.push(entry);
    image.bytes()
}

/// Judges a wheel whose `.dist-info` holds this text.
pub(super) fn judge_text(file: &str, text: &[u8]) -> Report {
    static IMAGE: LazyLock<ZipImage> = LazyLock::new(|| image(builder(["py3", "none", "any"])));
    judge(WHEEL, &with(&IMAGE, &format!("sample-1.0.dist-info/{file}"), text))
}

/// A good wheel.
pub(super) fn good_wheel() -> Vec<u8> {
    builder(["py3", "none", "any"]).build().1
}

/// A good sdist.
pub(super) fn good_sdist() -> Vec<u8> {
    SdistBuilder::new("sample", "1.0").build().1
}
