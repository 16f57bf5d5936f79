//! Mach-O files: programs and libraries of macOS and iOS, with one slice for each processor.
//!
//! Source: `mach-o/fat.h`, `mach-o/loader.h` and `mach-o/nlist.h`.

mod signature;
mod slice;
mod symbols;

use object::Endianness;
use object::macho::{MachHeader32, MachHeader64};
use object::read::ReadRef;

use super::Broken;
use super::parts::Parts;

/// What is there for one processor.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Slice {
    /// The processor.
    pub machine: Machine,
    /// How it is loaded.
    pub kind: Kind,
    /// The systems that it says it is for, with the oldest release of each; empty when it says nothing.
    pub systems: Vec<System>,
    /// What a library calls itself.
    pub id: Option<String>,
    /// The libraries that are loaded with it.
    pub libraries: Vec<Library>,
    /// Where libraries whose names begin with `@rpath` are looked for.
    pub rpaths: Vec<String>,
    /// What it takes from Python's C interface, without C's underscore.
    pub python_undefined: Vec<String>,
    /// The functions that make a module of it, without C's underscore.
    pub python_exports: Vec<String>,
    /// Its signature.
    pub signature: Signature,
    /// What it tells debuggers.
    pub debug: Debug,
}

/// A processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Machine {
    X86,
    X86_64,
    Arm64,
    /// ARM with signed pointers, which only Apple's own programs use.
    Arm64E,
    PowerPc,
    PowerPc64,
    /// Another, by its number.
    Other(u32),
}

impl Default for Machine {
    fn default() -> Self {
        Self::Other(0)
    }
}

/// How a file is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// It is started.
    Program,
    /// It is linked to.
    Library,
    /// It is loaded by a program that asks for it.
    Bundle,
    /// It is not loaded: object files, debugging information.
    #[default]
    Other,
}

/// A system, and the oldest release of it that a file runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct System {
    /// The system.
    pub platform: Platform,
    /// Major, minor and patch.
    pub oldest: (u16, u8, u8),
}

/// A system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// macOS.
    MacOs,
    /// iOS on a device.
    Ios,
    /// iOS in Xcode's simulator.
    IosSimulator,
    /// iOS programs on macOS.
    Catalyst,
    /// Another, by its number.
    Other(u32),
}

/// A library that is loaded with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// Its name, most often a path.
    pub name: String,
    /// What happens when it is not there.
    pub absence: Absence,
}

/// What happens when a library is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// Nothing is loaded.
    Fatal,
    /// Its functions have no address.
    Tolerated,
}

/// A signature over the pages of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signature {
    /// There is none.
    #[default]
    Absent,
    /// There is one, and the file is too long, or the digests too unusual, to compare all of it.
    Unchecked,
    /// Every page has the digest that was signed.
    Valid,
    /// It has not the form of a signature.
    Malformed,
    /// The page at this offset in its slice was changed after it was signed.
    Changed(u64),
}

/// What a file tells debuggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Debug {
    /// How many bytes of DWARF it has.
    pub dwarf_bytes: u64,
    /// How many object files of the build it names.
    pub object_files: usize,
}

const FAT_32: u32 = 0xcafe_babe;
const FAT_64: u32 = 0xcafe_babf;
/// More processors than Apple ever had at a time.
const MOST_SLICES: u32 = 32;

/// Reads the file's headers.
///
/// # Errors
/// When it is cut short or its headers contradict one another.
pub fn read<'data, R: ReadRef<'data>>(data: R) -> Result<Vec<Slice>, Broken> {
    let parts = Parts::of(data)?;
    let head = number(data, 0)?;
    if head != FAT_32 && head != FAT_64 {
        let slice = thin(data, &parts, 0, parts.length())?;
        return parts.finish(slice.into_iter().collect());
    }
    let count = number(data, 4)?;
    if count > MOST_SLICES {
        return broken(format!("it says that it has {count} slices"));
    }
    let mut ranges = Vec::new();
    for index in 0..u64::from(count) {
        let (offset, size) = if head == FAT_32 {
            let at = 8 + 20 * index;
            (u64::from(number(data, at + 8)?), u64::from(number(data, at + 12)?))
        } else {
            let at = 8 + 32 * index;
            let long =
                |at| Ok::<_, Broken>(u64::from(number(data, at)?) << 32 | u64::from(number(data, at + 4)?));
            (long(at + 8)?, long(at + 16)?)
        };
        match offset.checked_add(size) {
            Some(end) if end <= parts.length() => ranges.push(offset..end),
            _ => return broken(format!("its slice of {size} bytes at {offset} lies outside of it")),
        }
    }
    ranges.sort_by_key(|range| (range.start, range.end));
    if let Some(pair) = ranges.windows(2).find(|pair| pair[1].start < pair[0].end) {
        return broken(format!("its slices at {} and {} overlap", pair[0].start, pair[1].start));
    }
    let mut slices = Vec::new();
    let mut fault = None;
    for range in ranges {
        match thin(data, &parts, range.start, range.end) {
            Ok(slice) => slices.extend(slice),
            // The slices behind it may miss parts as well.
            Err(error) => drop(fault.get_or_insert(error)),
        }
    }
    match fault {
        Some(fault) => Err(fault),
        None => parts.finish(slices),
    }
}

fn broken<T>(what: String) -> Result<T, Broken> {
    Err(Broken { what })
}

fn number<'data, R: ReadRef<'data>>(data: R, at: u64) -> Result<u32, Broken> {
    let bytes = data.read_bytes_at(at, 4).ok().and_then(|bytes| bytes.first_chunk().copied());
    bytes.map(u32::from_be_bytes).ok_or_else(|| Broken { what: format!("it ends, or was not read, at {at}") })
}

/// What is there for one processor; nothing when it is an archive of object files, or LLVM's bitcode.
fn thin<'data, R: ReadRef<'data>>(
    data: R,
    parts: &Parts<R>,
    start: u64,
    end: u64,
) -> Result<Option<Slice>, Broken> {
    let read = match number(data, start)? {
        0xfeed_facf | 0xcffa_edfe => slice::read::<MachHeader64<Endianness>, R>,
        0xfeed_face | 0xcefa_edfe => slice::read::<MachHeader32<Endianness>, R>,
        0x213c_6172 | 0xdec0_170b | 0x4243_c0de => return Ok(None),
        other => return broken(format!("its slice at {start} begins with {other:#010x}")),
    };
    read(data, parts, start, end).map(Some)
}
