//! A text member that is read into a value: METADATA, WHEEL, RECORD, PKG-INFO.

/// What became of a text member that an archive must have.
#[derive(Debug)]
pub enum Document<T> {
    /// There is none.
    Absent,
    /// It is there, and its contents were not read: they are damaged, or longer than a limit.
    Unread {
        /// Which member it is.
        member: String,
        /// Why.
        reason: NotRead,
    },
    /// It was read.
    Read {
        /// Which member it is.
        member: String,
        /// Why its bytes are no clean text, of which `value` was made anyhow.
        fault: Option<TextFault>,
        /// What it says.
        value: T,
    },
}

/// Why a text member was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRead {
    /// Its contents are damaged.
    Damaged,
    /// It has more bytes than the limit.
    TooLong {
        /// The limit in bytes.
        limit: u64,
    },
    /// It has more lines than the limit.
    TooManyLines {
        /// The limit.
        limit: usize,
    },
    /// It is a link, a device or a directory.
    NoFile,
}

/// Why bytes are no clean text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFault {
    /// They are no UTF-8 from this byte on.
    NotUtf8 {
        /// Where.
        at: usize,
    },
    /// They start with a byte order mark.
    ByteOrderMark,
    /// There is a NUL.
    Nul {
        /// Where.
        at: usize,
    },
}

impl<T> Document<T> {
    /// What the member says, where it could be read.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Read { value, .. } => Some(value),
            Self::Absent | Self::Unread { .. } => None,
        }
    }

    /// The member's path, where there is one.
    pub fn member(&self) -> Option<&str> {
        match self {
            Self::Absent => None,
            Self::Unread { member, .. } | Self::Read { member, .. } => Some(member),
        }
    }

    /// Makes a value of the member's bytes, unless they have more lines than `most_lines`.
    pub(super) fn of(
        member: String,
        bytes: Vec<u8>,
        most_lines: usize,
        parse: impl FnOnce(&str) -> T,
    ) -> Self {
        if lines(&bytes) > most_lines {
            return Self::Unread { member, reason: NotRead::TooManyLines { limit: most_lines } };
        }
        let (fault, text) = match String::from_utf8(bytes) {
            Err(error) => {
                let fault = TextFault::NotUtf8 { at: error.utf8_error().valid_up_to() };
                (Some(fault), String::from_utf8_lossy(error.as_bytes()).into_owned())
            }
            Ok(text) if text.starts_with('\u{feff}') => (Some(TextFault::ByteOrderMark), text),
            Ok(text) => (text.find('\0').map(|at| TextFault::Nul { at }), text),
        };
        Self::Read { member, fault, value: parse(&text) }
    }
}

/// How many ends of lines there are: `\n`, `\r\n` or `\r`.
fn lines(bytes: &[u8]) -> usize {
    let ends = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    ends - bytes.windows(2).filter(|pair| *pair == b"\r\n").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_however_they_end() {
        for (text, count) in [("", 0), ("a", 0), ("a\nb\r\nc\rd", 3), ("\r\r\n\n\r", 4)] {
            assert_eq!(lines(text.as_bytes()), count, "{text:?}");
        }
        let read = |most| Document::of("RECORD".into(), b"a\nb\n".to_vec(), most, str::len);
        assert!(matches!(read(2), Document::Read { value: 4, .. }));
        assert!(matches!(read(1), Document::Unread { reason: NotRead::TooManyLines { limit: 1 }, .. }));
    }
}
