//! How an ELF file is laid out: its parts, and the headers that say where they stand.

use super::super::{Image, Machine, short};

const HEADER_BYTES: usize = 64;
const SEGMENT_BYTES: usize = 56;
const SECTION_BYTES: usize = 64;

/// What the loader does with a part of the file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Segment {
    Read,
    Run,
    Write,
    /// Nothing: it is for other tools.
    Unloaded,
}

impl Segment {
    /// `p_flags`: 4 reads, 2 writes, 1 runs.
    const fn permissions(self) -> u32 {
        match self {
            Self::Read => 4,
            Self::Run => 4 | 1,
            Self::Write => 4 | 2,
            Self::Unloaded => 0,
        }
    }

    /// `sh_flags`: 2 is in memory, 1 writes, 4 runs.
    const fn flags(self) -> u64 {
        match self {
            Self::Read => 2,
            Self::Run => 2 | 4,
            Self::Write => 2 | 1,
            Self::Unloaded => 0,
        }
    }
}

/// A section.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) segment: Segment,
    pub(super) bytes: Vec<u8>,
}

/// What a section holds, with the sections that it refers to, as indexes into the parts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Program,
    Strings,
    Hashes { symbols: usize },
    Symbols { strings: usize },
    Versions { symbols: usize },
    NeededVersions { strings: usize, libraries: usize },
    Notes,
    Relocations { symbols: usize },
    Dynamic { strings: usize },
}

impl Kind {
    /// `sh_type`, `sh_link`, `sh_info` and `sh_entsize`.
    fn header(self) -> (u32, Option<usize>, u32, u64) {
        match self {
            Self::Program => (1, None, 0, 0),
            Self::Strings => (3, None, 0, 0),
            Self::Hashes { symbols } => (5, Some(symbols), 0, 4),
            Self::Symbols { strings } => (11, Some(strings), 1, 24), // One symbol is local: the empty one.
            Self::Versions { symbols } => (0x6fff_ffff, Some(symbols), 0, 2),
            Self::NeededVersions { strings, libraries } => (0x6fff_fffe, Some(strings), short(libraries), 0),
            Self::Notes => (7, None, 0, 0),
            Self::Relocations { symbols } => (4, Some(symbols), 0, 24),
            Self::Dynamic { strings } => (6, Some(strings), 0, 16),
        }
    }
}

/// Where a part stands in the file and in memory.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) offset: usize,
    pub(super) address: u64,
}

/// What the headers say of the file as a whole.
pub(super) struct Shape {
    pub(super) machine: Machine,
    /// `e_type`: 2 is a program, 3 can be loaded anywhere.
    pub(super) kind: u16,
    pub(super) base: u64,
    /// The part whose first byte is run first.
    pub(super) entry: Option<usize>,
    pub(super) executable_stack: bool,
    pub(super) writable_code: bool,
}

/// Lays the parts out and writes headers around them. `parts` is asked twice, since what a part holds depends
/// on where the others stand, and its size does not.
pub(super) fn assemble(shape: &Shape, parts: impl Fn(&[Place]) -> Vec<Part>) -> Vec<u8> {
    let unplaced = parts(&[Place::default(); 16]);
    let rows = rows(&unplaced);
    let places = lay_out(shape, &unplaced, HEADER_BYTES + rows.len() * SEGMENT_BYTES);
    let parts = parts(&places);
    let (names, name_offsets) = names(&parts);
    let end = |(part, place): (&Part, &Place)| place.offset + part.bytes.len();
    let names_at = parts.iter().zip(&places).map(end).max().unwrap_or_default();
    let sections_at = (names_at + names.len()).next_multiple_of(8);

    let mut image = Image::default();
    let entry = shape.entry.map_or(0, |part| places[part].address);
    file_header(&mut image, shape, entry, (rows.len(), parts.len() + 2), sections_at);
    for row in &rows {
        row.header(&mut image, shape, &parts, &places);
    }
    for (part, place) in parts.iter().zip(&places) {
        image.pad_to(place.offset);
        image.raw(&part.bytes);
    }
    image.raw(&names);
    image.pad_to(sections_at);
    image.zeros(SECTION_BYTES);
    for ((part, place), name) in parts.iter().zip(&places).zip(&name_offsets) {
        section_header(&mut image, *name, part, *place);
    }
    names_header(&mut image, *name_offsets.last().expect("it names itself"), names_at, names.len());
    image.bytes
}

/// The table of the sections' names, and where each name starts; the table's own is the last.
fn names(parts: &[Part]) -> (Vec<u8>, Vec<u32>) {
    let mut image = Image::default();
    image.u8(0);
    let mut offsets = Vec::new();
    for name in parts.iter().map(|part| part.name).chain([".shstrtab"]) {
        offsets.push(short(image.len()));
        image.text(name);
    }
    (image.bytes, offsets)
}

/// Each segment starts on a page of its own in memory, and right behind its predecessor in the file.
fn lay_out(shape: &Shape, parts: &[Part], start: usize) -> Vec<Place> {
    let mut offset = start;
    let mut base = shape.base;
    let mut places = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        if index > 0 && parts[index - 1].segment != part.segment {
            base += page(shape.machine);
        }
        offset = offset.next_multiple_of(8);
        places.push(Place { offset, address: base + offset as u64 });
        offset += part.bytes.len();
    }
    places
}

/// The largest page that the processor's systems have, in bytes.
pub(super) const fn page(machine: Machine) -> u64 {
    match machine {
        Machine::X86_64 => 0x1000,
        Machine::Aarch64 => 0x1_0000,
    }
}

/// A row of the table of segments.
enum SegmentRow {
    /// Parts from one to another, both included. The first holds the headers as well.
    Load {
        first: usize,
        last: usize,
    },
    Dynamic {
        part: usize,
    },
    /// Whether the stack can be run.
    Stack,
}

fn rows(parts: &[Part]) -> Vec<SegmentRow> {
    let mut rows = Vec::new();
    let mut first = 0;
    for last in 0..parts.len() {
        if parts.get(last + 1).is_none_or(|next| next.segment != parts[last].segment) {
            if parts[last].segment != Segment::Unloaded {
                rows.push(SegmentRow::Load { first, last });
            }
            first = last + 1;
        }
    }
    let dynamic = parts.iter().position(|part| matches!(part.kind, Kind::Dynamic { .. }));
    rows.extend(dynamic.map(|part| SegmentRow::Dynamic { part }));
    rows.push(SegmentRow::Stack);
    rows
}

impl SegmentRow {
    fn header(&self, image: &mut Image, shape: &Shape, parts: &[Part], places: &[Place]) {
        let end = |part: usize| places[part].offset + parts[part].bytes.len();
        let (kind, permissions, place, size, alignment) = match *self {
            Self::Load { first: 0, last } => {
                let place = Place { offset: 0, address: shape.base };
                (1, parts[0].segment.permissions(), place, end(last), page(shape.machine))
            }
            Self::Load { first, last } => {
                let size = end(last) - places[first].offset;
                let permissions = parts[first].segment.permissions();
                let write = if shape.writable_code && permissions & 1 != 0 { 2 } else { 0 };
                (1, permissions | write, places[first], size, page(shape.machine))
            }
            Self::Dynamic { part } => {
                (2, parts[part].segment.permissions(), places[part], parts[part].bytes.len(), 8)
            }
            Self::Stack => {
                let run = u32::from(shape.executable_stack);
                (0x6474_e551, 4 | 2 | run, Place::default(), 0, 16)
            }
        };
        image.u32(kind);
        image.u32(permissions);
        image.u64(place.offset as u64);
        image.u64(place.address);
        image.u64(place.address);
        image.u64(size as u64);
        image.u64(size as u64);
        image.u64(alignment);
    }
}

fn file_header(image: &mut Image, shape: &Shape, entry: u64, counts: (usize, usize), sections_at: usize) {
    let count = |count: usize| u16::try_from(count).expect("there are few segments and sections");
    image.raw(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0]); // 64 bits, little-endian, version 1.
    image.zeros(8);
    image.u16(shape.kind);
    image.u16(match shape.machine {
        Machine::X86_64 => 62,
        Machine::Aarch64 => 183,
    });
    image.u32(1);
    image.u64(entry);
    image.u64(HEADER_BYTES as u64);
    image.u64(sections_at as u64);
    image.u32(0);
    let (segments, sections) = counts;
    for number in [HEADER_BYTES, SEGMENT_BYTES, segments, SECTION_BYTES, sections, sections - 1] {
        image.u16(count(number));
    }
}

fn section_header(image: &mut Image, name: u32, part: &Part, place: Place) {
    let (kind, link, info, entry_bytes) = part.kind.header();
    image.u32(name);
    image.u32(kind);
    image.u64(part.segment.flags());
    image.u64(place.address);
    image.u64(place.offset as u64);
    image.u64(part.bytes.len() as u64);
    image.u32(link.map_or(0, |part| short(part + 1))); // Section 0 is empty.
    image.u32(info);
    image.u64(8);
    image.u64(entry_bytes);
}

/// The section that holds the sections' names is not loaded.
fn names_header(image: &mut Image, name: u32, offset: usize, size: usize) {
    image.u32(name);
    image.u32(3);
    image.zeros(16);
    image.u64(offset as u64);
    image.u64(size as u64);
    image.zeros(8);
    image.u64(1);
    image.u64(0);
}
