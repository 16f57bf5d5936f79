//! One 512-byte tar header, and the records of a pax header.
//!
//! Source: POSIX.1-2001 (`pax` interchange format, `ustar`), and what GNU tar writes instead.

/// The length of a tar block.
pub(super) const BLOCK_BYTES: usize = 512;
/// The length of the field for a path, without its prefix.
pub(super) const PATH_BYTES: usize = 100;

/// What a member of a tar archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A hard link to another member.
    HardLink,
    /// A symbolic link.
    SymbolicLink,
    /// A character device, a block device or a FIFO.
    Device,
    /// A directory.
    Directory,
    /// A file with holes, in GNU's form.
    Sparse,
    /// A type that the format does not define.
    Other(u8),
}

/// Who owned a file where the archive was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// The user's number.
    pub user: u64,
    /// The group's number.
    pub group: u64,
    /// The user's name, where it is any but `root`.
    pub user_name: Option<Box<str>>,
}

/// The fields of one header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) type_flag: u8,
    pub(super) path: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) size_bytes: u64,
    pub(super) mode: u64,
    pub(super) owner: Owner,
    pub(super) modified: u64,
    pub(super) is_gnu: bool,
}

impl Header {
    /// Reads a header that is not all zero.
    ///
    /// # Errors
    /// With what is wrong when the checksum or the size is.
    pub(super) fn parse(block: &[u8; BLOCK_BYTES]) -> Result<Self, &'static str> {
        let checksum = number(&block[148..156]).ok_or("its checksum is no number")?;
        // Some old writers added the bytes up as signed ones, and readers take both.
        let outside = |at: &usize| !(148..156).contains(at);
        let bytes = || (0..BLOCK_BYTES).map(|at| if outside(&at) { block[at] } else { b' ' });
        let unsigned: u64 = bytes().map(u64::from).sum();
        let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
        if checksum != unsigned && i64::try_from(checksum) != Ok(signed) {
            return Err("its checksum does not fit");
        }
        let is_gnu = &block[257..265] == b"ustar  \0";
        let mut path = text(&block[..100]).to_vec();
        let prefix = text(&block[345..500]);
        if &block[257..262] == b"ustar" && !is_gnu && !prefix.is_empty() {
            path = [prefix, b"/", &path].concat();
        }
        Ok(Self {
            type_flag: block[156],
            path,
            link: text(&block[157..257]).to_vec(),
            size_bytes: number(&block[124..136]).ok_or("its size is no number")?,
            mode: number(&block[100..108]).unwrap_or_default(),
            owner: owner(block),
            modified: number(&block[136..148]).unwrap_or_default(),
            is_gnu,
        })
    }

    /// What the member is; `None` for a header that speaks of the next one.
    pub(super) fn kind(&self) -> Kind {
        match self.type_flag {
            0 if self.path.ends_with(b"/") => Kind::Directory,
            0 | b'0' | b'7' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::SymbolicLink,
            b'3' | b'4' | b'6' => Kind::Device,
            b'5' => Kind::Directory,
            b'S' => Kind::Sparse,
            other => Kind::Other(other),
        }
    }
}

fn owner(block: &[u8; BLOCK_BYTES]) -> Owner {
    let name = text(&block[265..297]);
    let is_known = &block[257..262] == b"ustar" && !matches!(name, b"" | b"root");
    Owner {
        user: number(&block[108..116]).unwrap_or_default(),
        group: number(&block[116..124]).unwrap_or_default(),
        user_name: is_known.then(|| String::from_utf8_lossy(name).into()),
    }
}

/// A field up to its first NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// An octal number, or GNU's base-256 one.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        // Only positive numbers that fit are taken: no size is negative.
        let (first, rest) = (field[0] & 0x7f, &field[1..]);
        let (high, low) = rest.split_at(rest.len().saturating_sub(8));
        let fits = (first == 0 || rest.len() < 8) && high.iter().all(|&byte| byte == 0);
        let start = if rest.len() < 8 { u64::from(first) } else { 0 };
        return fits.then(|| low.iter().fold(start, |sum, &byte| sum << 8 | u64::from(byte)));
    }
    let digits = text(field).trim_ascii();
    digits.iter().try_fold(0_u64, |sum, &digit| match digit {
        b'0'..=b'7' => sum.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

/// A keyword and its value, from a pax header.
pub(super) type PaxRecord = (String, Vec<u8>);

/// The records `LENGTH KEYWORD=VALUE\n` of a pax header; `None` when they are not of that form.
pub(super) fn pax_records(mut bytes: &[u8]) -> Option<Vec<PaxRecord>> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let blank = bytes.iter().take(12).position(|&byte| byte == b' ')?;
        let digits = std::str::from_utf8(&bytes[..blank]).ok()?;
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let length: usize = digits.parse().ok()?;
        let record = bytes.get(..length)?.get(blank + 1..)?.strip_suffix(b"\n")?;
        let equals = record.iter().position(|&byte| byte == b'=')?;
        let keyword = std::str::from_utf8(&record[..equals]).ok()?.to_owned();
        records.push((keyword, record[equals + 1..].to_vec()));
        bytes = &bytes[length..];
    }
    Some(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_base_256() {
        assert_eq!(number(b"0000755\0"), Some(0o755));
        assert_eq!(number(b"   755 \0"), Some(0o755));
        assert_eq!(number(b"\0\0\0\0\0\0\0\0"), Some(0));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\0\0\0\x01\0"), Some(256));
        assert_eq!(number(b"\x80\0\0\0\0\0\x01\0"), Some(256));
        assert_eq!(number(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
        assert_eq!(number(b"\x80\0\0\x01\0\0\0\0\0\0\0\0"), None);
        assert_eq!(number(b"00000089"), None);
        assert_eq!(number(b"-0000001"), None);
    }

    #[test]
    fn pax_records_are_taken_by_their_length() {
        assert_eq!(
            pax_records(b"13 path=a\nb=\n6 x=y\n"),
            Some(vec![("path".into(), b"a\nb=".to_vec()), ("x".into(), b"y".to_vec())])
        );
        for bad in [
            &b"8 path=a\n"[..],
            b"11 path=a\n",
            b"x path=a\n",
            b"6 xyy\n",
            b"3 x",
            b"0 ",
            b"99999999999 a=b\n",
        ] {
            assert_eq!(pax_records(bad), None, "{bad:?}");
        }
    }
}
