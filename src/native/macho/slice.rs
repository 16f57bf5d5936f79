//! The load commands of one slice.

use object::Endianness;
use object::macho::{self, FileType, LC_CODE_SIGNATURE, LC_LOAD_WEAK_DYLIB};
use object::read::ReadRef;
use object::read::macho::{LoadCommandData, LoadCommandVariant, MachHeader, Section as _, Segment};

use super::super::Broken;
use super::super::parts::{Parts, text};
use super::{
    Absence, Kind, Library, Machine, Platform, Signature, Slice, System, broken, signature, symbols,
};

/// No linker writes more; it bounds what is kept of a slice.
const MOST_COMMAND_BYTES: u32 = 1 << 20;
const MOST_LIBRARIES: usize = 512;
const MOST_RPATHS: usize = 128;
const MOST_SYSTEMS: usize = 8;
const MOST_NAME_BYTES: usize = 1024;

/// Where the tables lie that the load commands tell of, counted from the slice's beginning.
#[derive(Default)]
pub(super) struct Tables {
    /// Offset and count.
    pub(super) symbols: (u64, u64),
    /// Offset and size in bytes.
    pub(super) strings: (u64, u64),
    /// Index and count of the symbols that are looked for elsewhere.
    pub(super) undefined: Option<(u64, u64)>,
    /// Index and count of the symbols that others may look for.
    pub(super) exported: Option<(u64, u64)>,
    /// Index and count of the symbols of nobody else's concern.
    pub(super) local: Option<(u64, u64)>,
    /// Offset and size in bytes.
    signature: Option<(u64, u64)>,
}

/// Reads the slice in the bytes from `start` to `end` of the file.
///
/// # Errors
/// When its headers contradict one another.
pub(super) fn read<'data, M, R>(data: R, parts: &Parts<R>, start: u64, end: u64) -> Result<Slice, Broken>
where
    M: MachHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let header = M::parse(data, start)?;
    let endian = header.endian()?;
    let commands_bytes = header.sizeofcmds(endian);
    let commands_end = start + size_of::<M>() as u64 + u64::from(commands_bytes);
    if commands_bytes > MOST_COMMAND_BYTES || commands_end > end {
        return broken(format!("it says that it has {commands_bytes} bytes of load commands"));
    }
    let mut slice = Slice {
        machine: machine(header.cputype(endian).0, header.cpusubtype(endian).0),
        kind: kind(header.filetype(endian)),
        ..Slice::default()
    };
    let mut tables = Tables::default();
    let mut commands = header.load_commands(endian, data, start)?;
    while let Some(command) = commands.next()? {
        take(&mut slice, &mut tables, endian, &command)?;
    }
    symbols::read::<M, R>(parts, endian, (start, end), &tables, &mut slice);
    if let Some((offset, size)) = tables.signature {
        slice.signature = Signature::Malformed;
        if offset.checked_add(size).is_some_and(|until| until <= end - start) {
            slice.signature = signature::read(parts, start, offset, size);
        }
    }
    Ok(slice)
}

fn take<'data>(
    slice: &mut Slice,
    tables: &mut Tables,
    endian: Endianness,
    command: &LoadCommandData<'data, Endianness>,
) -> Result<(), Broken> {
    let name = |at: macho::LcStr<Endianness>| -> Result<String, Broken> {
        let bytes = command.string(endian, at)?;
        Ok(text(&bytes[..bytes.len().min(MOST_NAME_BYTES)]))
    };
    match command.variant()? {
        LoadCommandVariant::Dylib(dylib) if slice.libraries.len() < MOST_LIBRARIES => {
            let flags = command.dylib_use_flags(endian, dylib)?;
            let weak = command.cmd() == LC_LOAD_WEAK_DYLIB
                || flags.is_some_and(|flags| flags.0 & macho::DYLIB_USE_WEAK_LINK.0 != 0);
            let absence = if weak { Absence::Tolerated } else { Absence::Fatal };
            slice.libraries.push(Library { name: name(dylib.dylib.name)?, absence });
        }
        LoadCommandVariant::IdDylib(dylib) => slice.id = Some(name(dylib.dylib.name)?),
        LoadCommandVariant::Rpath(rpath) if slice.rpaths.len() < MOST_RPATHS => {
            slice.rpaths.push(name(rpath.path)?);
        }
        LoadCommandVariant::BuildVersion(version, _) if slice.systems.len() < MOST_SYSTEMS => {
            let platform = platform(version.platform.get(endian).0);
            slice.systems.push(System { platform, oldest: release(version.minos.get(endian).0) });
        }
        LoadCommandVariant::VersionMin(version) if slice.systems.len() < MOST_SYSTEMS => {
            let platform = match (command.cmd(), slice.machine) {
                (macho::LC_VERSION_MIN_MACOSX, _) => Platform::MacOs,
                // This command is older than simulators on Apple's processors.
                (macho::LC_VERSION_MIN_IPHONEOS, Machine::X86 | Machine::X86_64) => Platform::IosSimulator,
                (macho::LC_VERSION_MIN_IPHONEOS, _) => Platform::Ios,
                (other, _) => Platform::Other(other.0),
            };
            slice.systems.push(System { platform, oldest: release(version.version.get(endian).0) });
        }
        LoadCommandVariant::Symtab(symtab) => {
            tables.symbols = (symtab.symoff.get(endian).into(), symtab.nsyms.get(endian).into());
            tables.strings = (symtab.stroff.get(endian).into(), symtab.strsize.get(endian).into());
        }
        LoadCommandVariant::Dysymtab(ranges) => {
            let range = |index: object::U32<Endianness>, count: object::U32<Endianness>| {
                Some((u64::from(index.get(endian)), u64::from(count.get(endian))))
            };
            tables.local = range(ranges.ilocalsym, ranges.nlocalsym);
            tables.exported = range(ranges.iextdefsym, ranges.nextdefsym);
            tables.undefined = range(ranges.iundefsym, ranges.nundefsym);
        }
        LoadCommandVariant::LinkeditData(part) if command.cmd() == LC_CODE_SIGNATURE => {
            tables.signature = Some((part.dataoff.get(endian).into(), part.datasize.get(endian).into()));
        }
        LoadCommandVariant::Segment32(segment, sections) => dwarf(slice, endian, segment, sections)?,
        LoadCommandVariant::Segment64(segment, sections) => dwarf(slice, endian, segment, sections)?,
        _ => {}
    }
    Ok(())
}

/// Adds up the sections that hold DWARF, wherever the linker put them.
fn dwarf<S: Segment<Endian = Endianness>>(
    slice: &mut Slice,
    endian: Endianness,
    segment: &S,
    sections: &[u8],
) -> Result<(), Broken> {
    for section in segment.sections(endian, sections)? {
        if section.segment_name() == b"__DWARF" {
            slice.debug.dwarf_bytes = slice.debug.dwarf_bytes.saturating_add(section.size(endian).into());
        }
    }
    Ok(())
}

const fn machine(processor: u32, variant: u32) -> Machine {
    match (processor, variant & 0x00ff_ffff) {
        (7, _) => Machine::X86,
        (0x0100_0007, _) => Machine::X86_64,
        (0x0100_000c, 2) => Machine::Arm64E,
        (0x0100_000c, _) => Machine::Arm64,
        (18, _) => Machine::PowerPc,
        (0x0100_0012, _) => Machine::PowerPc64,
        (other, _) => Machine::Other(other),
    }
}

const fn kind(kind: FileType) -> Kind {
    match kind {
        macho::MH_EXECUTE => Kind::Program,
        macho::MH_DYLIB => Kind::Library,
        macho::MH_BUNDLE => Kind::Bundle,
        _ => Kind::Other,
    }
}

const fn platform(number: u32) -> Platform {
    match number {
        1 => Platform::MacOs,
        2 => Platform::Ios,
        6 => Platform::Catalyst,
        7 => Platform::IosSimulator,
        other => Platform::Other(other),
    }
}

/// A release in 16, 8 and 8 bits.
const fn release(number: u32) -> (u16, u8, u8) {
    let [_, _, minor, patch] = number.to_be_bytes();
    ((number >> 16) as u16, minor, patch)
}
