//! A ZIP archive laid out record by record, so that each can be made wrong.

/// A ZIP archive before it becomes bytes.
#[derive(Clone, Debug, Default)]
pub struct ZipImage {
    /// Bytes before the first member; offsets count them.
    pub prefix: Vec<u8>,
    /// The members, in the order of the file.
    pub entries: Vec<ZipEntry>,
    /// Bytes between the last member and the central directory.
    pub before_directory: Vec<u8>,
    /// Whether the central directory lists the members in the opposite order.
    pub directory_reversed: bool,
    /// Whether a ZIP64 end record and locator are written.
    pub zip64: bool,
    /// The archive's comment.
    pub comment: Vec<u8>,
    /// Bytes behind the end record.
    pub trailing: Vec<u8>,
}

/// A member with both of its headers.
#[derive(Clone, Debug, Default)]
pub struct ZipEntry {
    /// The header before the data.
    pub local: ZipHeader,
    /// The header in the central directory.
    pub central: ZipHeader,
    /// The data as it lies in the archive.
    pub data: Vec<u8>,
    /// Bytes behind the data: a data descriptor.
    pub descriptor: Vec<u8>,
    /// Which system and version made it.
    pub made_by: u16,
    /// The number of the disk where it starts.
    pub disk: u16,
    /// The file attributes.
    pub attributes: u32,
    /// Its comment.
    pub comment: Vec<u8>,
    /// Where the central directory says it starts, if not where it does.
    pub offset: Option<u32>,
    /// Whether the central directory leaves it out.
    pub hidden: bool,
}

/// The fields that both headers have.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the names are those of the reader's `Claims`")]
pub struct ZipHeader {
    pub version_needed: u16,
    pub flags: u16,
    pub method: u16,
    pub modified: u32,
    pub crc32: u32,
    pub packed_bytes: u32,
    pub size_bytes: u32,
    pub name: Vec<u8>,
    pub extra: Vec<u8>,
}

/// 1980-01-01, the first day that MS-DOS knows.
const MODIFIED: u32 = 0x0021_0000;
const MADE_ON_UNIX: u16 = 3 << 8 | 20;

impl ZipEntry {
    /// A regular file with `contents`, deflated where that is shorter.
    pub fn file(path: &str, contents: &[u8], mode: u32) -> Self {
        let deflated = deflate(contents);
        let (method, data) =
            if deflated.len() < contents.len() { (8, deflated) } else { (0, contents.to_vec()) };
        Self::new(path, contents, (method, data), 0o100_000 | mode)
    }

    /// A directory.
    pub fn directory(path: &str) -> Self {
        Self::new(&format!("{path}/"), b"", (0, Vec::new()), 0o040_755)
    }

    fn new(path: &str, contents: &[u8], (method, data): (u16, Vec<u8>), mode: u32) -> Self {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("samples are small");
        let header = ZipHeader {
            version_needed: 20,
            flags: if path.is_ascii() { 0 } else { 1 << 11 },
            method,
            modified: MODIFIED,
            crc32: crc32fast::hash(contents),
            packed_bytes: length(&data),
            size_bytes: length(contents),
            name: path.as_bytes().to_vec(),
            extra: Vec::new(),
        };
        Self {
            local: header.clone(),
            central: header,
            data,
            made_by: MADE_ON_UNIX,
            attributes: mode << 16,
            ..Self::default()
        }
    }

    /// Changes both headers alike.
    pub fn both(&mut self, change: impl Fn(&mut ZipHeader)) {
        change(&mut self.local);
        change(&mut self.central);
    }
}

/// The deflate stream of `contents`, without any header.
pub(super) fn deflate(contents: &[u8]) -> Vec<u8> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut deflated = vec![0; compressor.deflate_compress_bound(contents.len())];
    let length = compressor
        .deflate_compress(contents, &mut deflated)
        .expect("the bound is large enough for any input");
    deflated.truncate(length);
    deflated
}

impl ZipHeader {
    fn write(&self, bytes: &mut Vec<u8>) {
        for short in [self.version_needed, self.flags, self.method] {
            bytes.extend(short.to_le_bytes());
        }
        for long in [self.modified, self.crc32, self.packed_bytes, self.size_bytes] {
            bytes.extend(long.to_le_bytes());
        }
        for length in [self.name.len(), self.extra.len()] {
            bytes.extend(short(length).to_le_bytes());
        }
    }
}

fn short(length: usize) -> u16 {
    u16::try_from(length).expect("samples are small")
}

fn long(length: usize) -> u32 {
    u32::try_from(length).expect("samples are small")
}

impl ZipImage {
    /// The entry called `name` in the central directory.
    ///
    /// # Panics
    /// When there is none.
    pub fn entry(&mut self, name: &str) -> &mut ZipEntry {
        let entry = self.entries.iter_mut().find(|entry| entry.central.name == name.as_bytes());
        entry.expect("the image has the entry that is edited")
    }

    /// The archive.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.prefix.clone();
        let mut directory: Vec<Vec<u8>> = Vec::new();
        for entry in &self.entries {
            let offset = entry.offset.unwrap_or(long(bytes.len()));
            bytes.extend(b"PK\x03\x04");
            entry.local.write(&mut bytes);
            for part in [&entry.local.name, &entry.local.extra, &entry.data, &entry.descriptor] {
                bytes.extend(part);
            }
            if !entry.hidden {
                directory.push(entry.central_record(offset));
            }
        }
        if self.directory_reversed {
            directory.reverse();
        }
        bytes.extend(&self.before_directory);
        let at = bytes.len();
        bytes.extend(directory.concat());
        self.write_end(&mut bytes, directory.len(), at);
        bytes
    }

    fn write_end(&self, bytes: &mut Vec<u8>, count: usize, at: usize) {
        let length = bytes.len() - at;
        if self.zip64 {
            let record_at = bytes.len() as u64;
            bytes.extend(b"PK\x06\x06");
            bytes.extend(44_u64.to_le_bytes());
            bytes.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for value in [count, count, length, at] {
                bytes.extend((value as u64).to_le_bytes());
            }
            bytes.extend(b"PK\x06\x07\0\0\0\0");
            bytes.extend(record_at.to_le_bytes());
            bytes.extend(1_u32.to_le_bytes());
        }
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend([short(count).to_le_bytes(), short(count).to_le_bytes()].concat());
        bytes.extend([long(length).to_le_bytes(), long(at).to_le_bytes()].concat());
        bytes.extend(short(self.comment.len()).to_le_bytes());
        bytes.extend(&self.comment);
        bytes.extend(&self.trailing);
    }
}

impl ZipEntry {
    fn central_record(&self, offset: u32) -> Vec<u8> {
        let mut bytes = b"PK\x01\x02".to_vec();
        bytes.extend(self.made_by.to_le_bytes());
        self.central.write(&mut bytes);
        bytes.extend(short(self.comment.len()).to_le_bytes());
        bytes.extend(self.disk.to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(self.attributes.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
        for part in [&self.central.name, &self.central.extra, &self.comment] {
            bytes.extend(part);
        }
        bytes
    }
}
