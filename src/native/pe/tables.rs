//! The tables of imported and exported functions. Addresses count from where the file is loaded.

use object::LittleEndian as LE;
use object::pe::{ImageDelayloadDescriptor, ImageExportDirectory, ImageImportDescriptor, ImageSectionHeader};
use object::pod::Pod;
use object::read::ReadRef;

use super::super::parts::{Parts, makes_module, text};
use super::{Import, Moment, has_interpreter};

const MOST_LIBRARIES: usize = 512;
/// Of one library, and of what a file offers. No module takes or offers nearly as much.
const MOST_NAMES: usize = 4096;
const MOST_NAME_BYTES: usize = 512;

/// A file as it lies in memory.
pub(super) struct Image<'data, R> {
    pub(super) parts: Parts<R>,
    pub(super) sections: Vec<&'data ImageSectionHeader>,
    pub(super) header_bytes: u32,
}

impl<'data, R: ReadRef<'data>> Image<'data, R> {
    /// Where an address lies in the file, and where the file's part around it ends.
    fn place(&self, address: u32) -> Option<(u64, u64)> {
        let mut found = self.sections.iter().filter_map(|section| section.pe_file_range_at(address));
        let place = match found.next() {
            Some((offset, size)) => Some((u64::from(offset), u64::from(offset) + u64::from(size))),
            None => (address < self.header_bytes).then(|| (address.into(), self.header_bytes.into())),
        };
        if place.is_none() {
            self.parts.miss(address.into(), 1);
        }
        place
    }

    /// Rows at `address`, no more than `most`, nor than there are before the part around them ends.
    fn rows<T: Pod>(&self, address: u32, most: usize) -> &'data [T] {
        let Some((offset, end)) = self.place(address) else { return &[] };
        let end = end.min(self.parts.length());
        let size = size_of::<T>() as u64;
        let count = (end.saturating_sub(offset) / size).min(most as u64);
        let bytes = self.parts.bytes(offset, count * size).unwrap_or_default();
        object::pod::slice_from_all_bytes(bytes).unwrap_or_default()
    }

    fn name(&self, address: u32) -> Option<&'data [u8]> {
        let (offset, end) = self.place(address)?;
        let name = self.parts.text(offset, end)?;
        Some(&name[..name.len().min(MOST_NAME_BYTES)])
    }
}

/// The tables, and what one has to know to read them.
pub(super) struct Tables<'data, R> {
    pub(super) image: Image<'data, R>,
    /// Where the file would like to be loaded.
    pub(super) base: u64,
    /// Whether addresses have 64 bits.
    pub(super) wide: bool,
}

impl<'data, R: ReadRef<'data>> Tables<'data, R> {
    pub(super) fn imports(&self, address: u32) -> Vec<Import> {
        let rows: &[ImageImportDescriptor] = self.image.rows(address, MOST_LIBRARIES);
        let rows = rows.iter().take_while(|row| row.name.get(LE) != 0);
        let imports = rows.filter_map(|row| {
            let (lookup, filled) = (row.original_first_thunk.get(LE), row.first_thunk.get(LE));
            self.import(row.name.get(LE), if lookup == 0 { filled } else { lookup }, Moment::AtOnce)
        });
        imports.collect()
    }

    pub(super) fn delayed_imports(&self, address: u32) -> Vec<Import> {
        let rows: &[ImageDelayloadDescriptor] = self.image.rows(address, MOST_LIBRARIES);
        let rows = rows.iter().take_while(|row| row.dll_name_rva.get(LE) != 0);
        let imports = rows.filter_map(|row| {
            // Linkers of the last century wrote whole addresses.
            let base = if row.attributes.get(LE) & 1 == 1 { 0 } else { u32::try_from(self.base).ok()? };
            let name = row.dll_name_rva.get(LE).checked_sub(base)?;
            let lookup = row.import_name_table_rva.get(LE).checked_sub(base)?;
            self.import(name, lookup, Moment::FirstUse)
        });
        imports.collect()
    }

    fn import(&self, name: u32, lookup: u32, moment: Moment) -> Option<Import> {
        let library = text(self.image.name(name)?);
        let python_names = if has_interpreter(&library) { self.names(lookup) } else { Vec::new() };
        Some(Import { library, moment, python_names })
    }

    /// The names that a list of functions leads to; those that are known by number have none.
    fn names(&self, list: u32) -> Vec<String> {
        let rows: Vec<u64> = if self.wide {
            let rows: &[object::U64<LE>] = self.image.rows(list, MOST_NAMES);
            rows.iter().map(|row| row.get(LE)).take_while(|row| *row != 0).collect()
        } else {
            let rows: &[object::U32<LE>] = self.image.rows(list, MOST_NAMES);
            // The highest bit marks a number, in either width.
            let rows = rows.iter().map(|row| u64::from(row.get(LE))).take_while(|row| *row != 0);
            rows.map(|row| row | (row & 0x8000_0000) << 32).collect()
        };
        let addresses =
            rows.into_iter().filter(|row| row >> 63 == 0).filter_map(|row| u32::try_from(row).ok());
        // Two bytes before the name say where it stands in the library.
        let names = addresses.filter_map(|address| self.image.name(address.checked_add(2)?));
        let mut names: Vec<String> = names.map(text).collect();
        names.sort_unstable();
        names
    }

    pub(super) fn exports(&self, address: u32) -> Vec<String> {
        let directory: &[ImageExportDirectory] = self.image.rows(address, 1);
        let Some(directory) = directory.first() else { return Vec::new() };
        let count = directory.number_of_names.get(LE) as usize;
        if count == 0 || count > MOST_NAMES {
            return Vec::new();
        }
        let names: &[object::U32<LE>] = self.image.rows(directory.address_of_names.get(LE), count);
        let names = names.iter().filter_map(|name| self.image.name(name.get(LE)));
        names.filter(|name| makes_module(name)).map(text).collect()
    }
}
