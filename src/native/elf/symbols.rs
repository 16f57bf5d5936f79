//! The symbols of an ELF file that rules ask for, out of the dynamic table.

use object::Endianness;
use object::elf::{SHT_DYNSYM, STB_GLOBAL, STB_WEAK};
use object::read::ReadRef;
use object::read::elf::{FileHeader, SectionHeader as _, SectionTable, Sym as _};

use super::{Elf, Reader, WATCHED, broken};
use crate::native::Broken;

/// Tables that take more than this are not looked into: a handful of libraries in the world have such, and none of
/// them is loaded by an interpreter as a module.
const MOST_TABLE_BYTES: u64 = 9 << 20;
/// Most names that are kept of each kind.
const MOST_KEPT: usize = 4096;
/// The longest name that is kept or compared.
const MOST_NAME_BYTES: usize = 256;

const EXPORTS: [&[u8]; 4] = [b"PyInit_", b"PyInitU_", b"PyModExport_", b"_cffi_pypyinit_"];

pub(super) fn read<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
    reader: &Reader<'data, H, R>,
    sections: &SectionTable<'data, H, R>,
    elf: &mut Elf,
) -> Result<(), Broken> {
    let endian = reader.endian;
    let Some(table) = sections.iter().find(|section| section.sh_type(endian) == SHT_DYNSYM) else {
        return Ok(());
    };
    let (at, size) = table.file_range(endian).unwrap_or_default();
    let (names_at, names_size) = sections.section(table.link(endian))?.file_range(endian).unwrap_or_default();
    if size.saturating_add(names_size) > MOST_TABLE_BYTES {
        return Ok(());
    }
    // One read for each, so that a long file is passed once more and not once for each name.
    let both = (reader.data.read_bytes_at(at, size), reader.data.read_bytes_at(names_at, names_size));
    let (Ok(_), Ok(names)) = both else { return Err(broken("its symbols lie outside of it")) };
    let symbols: &[H::Sym] = table.data_as_array(endian, reader.data)?;
    for symbol in symbols {
        let Some(name) = usize::try_from(symbol.st_name(endian)).ok().and_then(|at| names.get(at..)) else {
            continue;
        };
        let is_weak = symbol.st_bind() == STB_WEAK;
        if !is_weak && symbol.st_bind() != STB_GLOBAL {
            continue;
        }
        let is_undefined = symbol.is_undefined(endian);
        if is_undefined && (name.starts_with(b"Py") || name.starts_with(b"_Py")) {
            keep(reader, &mut elf.python_undefined, name);
        } else if !is_undefined && EXPORTS.iter().any(|start| name.starts_with(start)) {
            keep(reader, &mut elf.python_exports, name);
        }
        if is_undefined
            && !is_weak
            && let Some(name) = ended(name).and_then(|name| str::from_utf8(name).ok())
            && WATCHED.contains(name)
        {
            elf.watched.insert(name.to_owned());
        }
    }
    for names in [&mut elf.python_undefined, &mut elf.python_exports] {
        names.sort_unstable();
        names.dedup();
    }
    Ok(())
}

/// Keeps a name while there is room.
fn keep<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
    reader: &Reader<'data, H, R>,
    names: &mut Vec<String>,
    name: &[u8],
) {
    if names.len() < MOST_KEPT
        && let Some(name) = ended(name)
    {
        names.extend(reader.text(name));
    }
}

/// The name up to the zero byte that ends it, if it is not too long.
fn ended(name: &[u8]) -> Option<&[u8]> {
    let name = &name[..name.len().min(MOST_NAME_BYTES + 1)];
    name.iter().position(|byte| *byte == 0).map(|end| &name[..end])
}
