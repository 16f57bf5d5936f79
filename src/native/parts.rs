//! Reading a file part by part, with a bound on all parts together.
//!
//! Of a long file only some parts are held, and each part that is missing costs another pass over it. So a reader
//! goes on where one is missing, and all that it misses becomes known in the same pass.

use std::cell::{Cell, RefCell};

use object::read::ReadRef;

use super::Broken;

/// Tables and names of one file take no more than this together, which leaves room for both of its ends in what
/// [`super::sparse::Collector`] keeps.
const MOST_BYTES: u64 = 9 << 20;
/// What a name costs that lies apart from others.
const UNIT_BYTES: u64 = 16 << 10;
/// A name that is longer is not read.
const MOST_NAME_BYTES: u64 = 1024;

/// A file, part by part.
#[derive(Debug)]
pub(super) struct Parts<R> {
    data: R,
    length: u64,
    room_bytes: Cell<u64>,
    last_unit: Cell<u64>,
    missing: RefCell<Option<Broken>>,
}

impl<'data, R: ReadRef<'data>> Parts<R> {
    /// # Errors
    /// When the file's length cannot be told.
    pub(super) fn of(data: R) -> Result<Self, Broken> {
        let length = data.len().map_err(|()| Broken { what: "its length cannot be told".to_owned() })?;
        Ok(Self {
            data,
            length,
            room_bytes: Cell::new(MOST_BYTES),
            last_unit: Cell::new(u64::MAX),
            missing: RefCell::new(None),
        })
    }

    /// How many bytes the file has.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// Some bytes; nothing where they are missing, which [`Self::finish`] tells, or where there is no room for
    /// them, which nobody tells.
    pub(super) fn bytes(&self, offset: u64, size: u64) -> Option<&'data [u8]> {
        let room = self.room_bytes.get().checked_sub(size)?;
        self.room_bytes.set(room);
        self.data.read_bytes_at(offset, size).map_err(|()| self.miss(offset, size)).ok()
    }

    /// The text at `offset` that a zero ends before `end`. Texts that lie together are best asked for in their order.
    pub(super) fn text(&self, offset: u64, end: u64) -> Option<&'data [u8]> {
        let unit = offset / UNIT_BYTES;
        if self.last_unit.replace(unit) != unit {
            self.room_bytes.set(self.room_bytes.get().checked_sub(UNIT_BYTES)?);
        }
        let end = end.min(self.length).min(offset.saturating_add(MOST_NAME_BYTES));
        if offset >= end {
            self.miss(offset, 1);
            return None;
        }
        // One that no zero ends so near is somebody's mistake or very long, and its file still whole.
        let found =
            self.data.read_bytes_at(offset, end - offset).map_err(|()| self.miss(offset, end - offset));
        let bytes = found.ok()?;
        bytes.iter().position(|byte| *byte == 0).map(|length| &bytes[..length])
    }

    /// Notes that a table does not lie where the headers say.
    pub(super) fn miss(&self, offset: u64, size: u64) {
        let what = || Broken {
            what: format!("its headers point to {size} bytes at {offset}, and it has {} in all", self.length),
        };
        self.missing.borrow_mut().get_or_insert_with(what);
    }

    /// The facts, when nothing was missing.
    ///
    /// # Errors
    /// When something was.
    pub(super) fn finish<T>(self, facts: T) -> Result<T, Broken> {
        self.missing.into_inner().map_or(Ok(facts), Err)
    }
}

/// A name as text.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether a name belongs to Python's C interface.
pub(super) fn is_pythons(name: &[u8]) -> bool {
    name.starts_with(b"Py") || name.starts_with(b"_Py")
}

/// Whether Python calls a function of this name to make a module.
pub(super) fn makes_module(name: &[u8]) -> bool {
    name.starts_with(b"PyInit_") || name.starts_with(b"PyModExport_")
}
