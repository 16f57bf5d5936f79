//! Native files as a loader sees them: ELF, Mach-O and PE, read into plain facts. Nothing here judges.
//!
//! Bytes are strangers': every count and offset is checked by the `object` crate or by us, and whatever does not
//! fit is a [`Broken`], never a panic. A file may be longer than anybody wants to hold in memory, so the readers
//! take a [`ReadRef`], which for long files is a [`sparse::Sparse`] with only those parts that were asked for.

pub mod elf;
pub mod macho;
mod parts;
pub mod pe;
pub mod sparse;
pub mod target;

use std::ops::Range;

use object::read::ReadRef;

/// How a native file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Linux and Android.
    Elf,
    /// macOS and iOS, thin or fat.
    MachO,
    /// Windows.
    Pe,
}

impl Format {
    /// The format that the first bytes of a file announce; 64 of them are enough.
    pub fn of(head: &[u8]) -> Option<Self> {
        let number = |at: usize| {
            head.get(at..at + 4).map(|bytes| u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        };
        match number(0)? {
            0x7f45_4c46 => Some(Self::Elf),
            0xfeed_face | 0xfeed_facf | 0xcefa_edfe | 0xcffa_edfe => Some(Self::MachO),
            // Java's classes start with the same bytes; what follows there is a version of 45 or more.
            0xcafe_babe | 0xcafe_babf if number(4)? < 45 => Some(Self::MachO),
            start if start >> 16 == 0x4d5a && head.len() >= 64 => Some(Self::Pe),
            _ => None,
        }
    }
}

/// The parts of a long file that a reader will ask for, as far as its first bytes name them.
pub fn ahead(format: Format, head: &[u8]) -> Vec<Range<u64>> {
    match format {
        Format::Elf => elf::ahead(head),
        // What is asked for lies at an end already, or is known only when that was read.
        Format::MachO | Format::Pe => Vec::new(),
    }
}

/// Why a file that announces a native format cannot be read as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Broken {
    /// What does not fit.
    pub what: String,
}

impl From<object::Error> for Broken {
    fn from(error: object::Error) -> Self {
        Self { what: error.to_string() }
    }
}

/// What a loader would learn of a native file.
#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    /// Of Linux or Android.
    Elf(Box<elf::Elf>),
    /// Of macOS or iOS: one for each processor.
    MachO(Vec<macho::Slice>),
    /// Of Windows.
    Pe(pe::Pe),
}

/// Reads the file.
///
/// # Errors
/// When it is cut short or its headers contradict one another.
pub fn read<'data, R: ReadRef<'data>>(format: Format, data: R) -> Result<Object, Broken> {
    match format {
        Format::Elf => elf::read(data).map(Box::new).map(Object::Elf),
        Format::MachO => macho::read(data).map(Object::MachO),
        Format::Pe => pe::read(data).map(Object::Pe),
    }
}
