//! A text member that is read into a value: METADATA, WHEEL, RECORD, PKG-INFO.

/// What became of a text member that an archive must have.
#[derive(Debug)]
pub enum Document<T> {
    /// There is none.
    Absent,
    /// It is there, and its contents were not read: they are damaged, or longer than the limit.
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

    /// Makes a value of the member's bytes.
    pub(super) fn of(member: String, bytes: &[u8], parse: impl FnOnce(&str) -> T) -> Self {
        let fault = match std::str::from_utf8(bytes) {
            Err(error) => Some(TextFault::NotUtf8 { at: error.valid_up_to() }),
            Ok(text) if text.starts_with('\u{feff}') => Some(TextFault::ByteOrderMark),
            Ok(text) => text.find('\0').map(|at| TextFault::Nul { at }),
        };
        Self::Read { member, fault, value: parse(&String::from_utf8_lossy(bytes)) }
    }
}
