//! The names in a slice's symbol table that matter here: Python's, and those of the build's object files.

use object::Endianness;
use object::macho::{N_EXT, N_OSO};
use object::read::ReadRef;
use object::read::macho::{MachHeader, Nlist};

use super::super::parts::{Parts, is_pythons, makes_module, text};
use super::Slice;
use super::slice::Tables;

/// So many symbols of each sort are looked at.
const MOST_SYMBOLS: u64 = 1 << 17;
/// A table of names that is longer is not read in one piece.
const MOST_STRINGS_BYTES: u64 = 2 << 20;
/// So many names are kept.
const MOST_NAMES: usize = 4096;

/// Adds what the symbols of the slice between `start` and `end` say.
pub(super) fn read<'data, M, R>(
    parts: &Parts<R>,
    endian: Endianness,
    (start, end): (u64, u64),
    tables: &Tables,
    slice: &mut Slice,
) where
    M: MachHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let (offset, count) = tables.symbols;
    let symbols = |range: Option<(u64, u64)>| -> &'data [M::Nlist] {
        // Without ranges, every symbol may be of every sort.
        let (first, range_count) = range.unwrap_or((0, count));
        let size = size_of::<M::Nlist>() as u64;
        let range_count = range_count.min(count.saturating_sub(first)).min(MOST_SYMBOLS);
        let (at, bytes) = (start + offset + first * size, range_count * size);
        if bytes == 0 {
            return &[];
        }
        if at + bytes > end {
            parts.miss(at, bytes);
            return &[];
        }
        let bytes = parts.bytes(at, bytes).unwrap_or_default();
        object::pod::slice_from_all_bytes(bytes).unwrap_or_default()
    };
    let undefined = symbols(tables.undefined);
    let exported = symbols(tables.exported);
    let is_public = |symbol: &&M::Nlist| !symbol.is_stab() && symbol.n_type().0 & N_EXT.0 != 0;
    let undefined = undefined.iter().filter(|symbol| is_public(symbol) && symbol.is_undefined());
    let exported = exported.iter().filter(|symbol| is_public(symbol) && symbol.is_definition());
    let local = symbols(tables.local);
    slice.debug.object_files = local.iter().filter(|symbol| symbol.stab() == Some(N_OSO)).count();

    let names = Names::of(parts, start, end, tables.strings);
    let wanted = |symbols: &mut dyn Iterator<Item = u32>, is_wanted: fn(&[u8]) -> bool| {
        let mut places: Vec<u32> = symbols.collect();
        places.sort_unstable();
        let found = places.into_iter().filter_map(|place| names.get(parts, place));
        // C's names have an underscore before them.
        let found = found.filter_map(|name| name.strip_prefix(b"_")).filter(|name| is_wanted(name));
        let mut found: Vec<String> = found.take(MOST_NAMES).map(text).collect();
        found.sort_unstable();
        found
    };
    slice.python_undefined = wanted(&mut undefined.map(|symbol| symbol.n_strx(endian)), is_pythons);
    slice.python_exports = wanted(&mut exported.map(|symbol| symbol.n_strx(endian)), makes_module);
}

/// The table of names: as a whole when it is short, else name by name.
struct Names<'data> {
    whole: Option<&'data [u8]>,
    start: u64,
    end: u64,
}

impl<'data> Names<'data> {
    fn of<R: ReadRef<'data>>(parts: &Parts<R>, start: u64, end: u64, (offset, size): (u64, u64)) -> Self {
        let names = Self { whole: None, start: start + offset, end: start + offset + size };
        if names.end > end {
            parts.miss(names.start, size);
            return Self { whole: Some(&[]), ..names };
        }
        let whole = (size <= MOST_STRINGS_BYTES).then(|| parts.bytes(names.start, size).unwrap_or_default());
        Self { whole, ..names }
    }

    fn get<R: ReadRef<'data>>(&self, parts: &Parts<R>, place: u32) -> Option<&'data [u8]> {
        match self.whole {
            Some(whole) => {
                let name = whole.get(place as usize..)?;
                // Only the beginning tells whether it is wanted, and no name of Python's is long.
                let name = &name[..name.len().min(512)];
                name.iter().position(|byte| *byte == 0).map(|length| &name[..length])
            }
            None => parts.text(self.start + u64::from(place), self.end),
        }
    }
}
