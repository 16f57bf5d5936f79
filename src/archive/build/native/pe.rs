//! PE: what Windows loads.
//!
//! A library with one exported function, one imported function and one pointer that moves with it. Source: the
//! specification "PE Format". Addresses count from where the file is loaded unless a name says otherwise.

use super::{Convention, Extension, Image, Machine, TailCall, short};

/// Where the library would like to be loaded; Windows chooses another place each time it starts.
const BASE: u64 = 0x1_8000_0000;

/// Sections and headers fill whole units of this size in the file, and each of them a page in memory.
const UNIT: usize = 0x200;
const PAGE: usize = 0x1000;

const CODE_AT: usize = PAGE;
const LINKS_AT: usize = 2 * PAGE;
const DATA_AT: usize = 3 * PAGE;
const MOVES_AT: usize = 4 * PAGE;
const END: usize = 5 * PAGE;

/// A module for Windows, which takes the interpreter's functions from `library`, such as `python312.dll`.
pub fn module(extension: &Extension<'_>, library: &str) -> Vec<u8> {
    Module::new(extension, library).bytes()
}

/// A module for Windows: good by default, otherwise where told.
#[derive(Clone, Debug)]
pub struct Module<'a> {
    /// What it is.
    pub extension: &'a Extension<'a>,
    /// The libraries that are loaded with it, each with the functions that are taken of it; the interpreter's first.
    pub imports: Vec<(&'a str, Vec<&'a str>)>,
    /// The libraries that are loaded when a function of theirs is called first.
    pub delayed: Vec<(&'a str, Vec<&'a str>)>,
    /// The function that others find in it; the default is the interpreter's.
    pub exported: String,
    /// The processor, by its number in the header.
    pub machine: u16,
    /// What Windows may do against attacks; the default: any address of 64 bits, can be moved, data cannot be run.
    pub flags: u16,
    /// What may be done with the code; the default: it is read and run.
    pub code_flags: u32,
}

impl<'a> Module<'a> {
    /// A good module, which takes the interpreter's functions from `library`.
    pub fn new(extension: &'a Extension<'a>, library: &'a str) -> Self {
        Self {
            extension,
            imports: vec![(library, vec![extension.definition_function()])],
            delayed: Vec::new(),
            exported: extension.init_function(),
            machine: match extension.machine {
                Machine::X86_64 => 0x8664,
                Machine::Aarch64 => 0xaa64,
            },
            flags: 0x160,
            code_flags: 0x6000_0020,
        }
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let extension = self.extension;
        let links = Links::of(self);
        let call = TailCall {
            at: CODE_AT as u64,
            argument: DATA_AT as u64,
            function_pointer: links.pointers.0 as u64,
        };
        let name_address = BASE + (DATA_AT + extension.name_text()) as u64;
        let code = call.code(extension.machine, Convention::Windows);
        let data = extension.definition(name_address);
        let directories = Directories {
            exports: links.exports,
            imports: links.imports,
            pointers: links.pointers,
            moves: (MOVES_AT, MOVES_BYTES),
            delayed: links.delayed,
        };
        // The flags: 0x20 code, 0x40 data, then in the first digit 2 discards, 4 reads, 8 writes, 2 << 28 runs.
        let sections = [
            Section { name: ".text", at: CODE_AT, flags: self.code_flags, bytes: code },
            Section { name: ".rdata", at: LINKS_AT, flags: 0x4000_0040, bytes: links.bytes },
            Section { name: ".data", at: DATA_AT, flags: 0xc000_0040, bytes: data },
            Section { name: ".reloc", at: MOVES_AT, flags: 0x4200_0040, bytes: moves(extension) },
        ];
        assemble(self, &sections, &directories)
    }
}

struct Section {
    name: &'static str,
    at: usize,
    flags: u32,
    bytes: Vec<u8>,
}

/// Where the loader finds its tables: address and size of each.
struct Directories {
    exports: (usize, usize),
    imports: (usize, usize),
    pointers: (usize, usize),
    moves: (usize, usize),
    delayed: (usize, usize),
}

/// The tables of exported and imported functions, with the names in them.
struct Links {
    bytes: Vec<u8>,
    exports: (usize, usize),
    imports: (usize, usize),
    /// The addresses of imported functions, which the loader fills in.
    pointers: (usize, usize),
    delayed: (usize, usize),
}

impl Links {
    fn of(module: &Module<'_>) -> Self {
        let extension = module.extension;
        let mut image = Image::default();
        let libraries = Library::write(&mut image, &module.imports);
        let delayed = Library::write(&mut image, &module.delayed);
        image.align(8);
        let lists = Library::lists(&mut image, &libraries);
        let delayed_lists = Library::lists(&mut image, &delayed);
        let pointers = lists.get(1).map_or((0, 0), |_| {
            let (first, last) = (lists[libraries.len()], lists[lists.len() - 1]);
            (first.0, last.0 + last.1 - first.0)
        });

        let imports = LINKS_AT + image.len();
        for (index, library) in libraries.iter().enumerate() {
            let (lookup, pointers) = (lists[index].0, lists[libraries.len() + index].0);
            for number in [lookup, 0, 0, library.name, pointers] {
                image.u32(short(number));
            }
        }
        image.zeros(20);
        let imports = (imports, LINKS_AT + image.len() - imports);
        let mut delayed_at = (0, 0);
        if !delayed.is_empty() {
            let start = LINKS_AT + image.len();
            for (index, library) in delayed.iter().enumerate() {
                let (lookup, pointers) = (delayed_lists[index].0, delayed_lists[delayed.len() + index].0);
                // 1: these are addresses like all others here. The library's handle has a place in the data.
                for number in [1, library.name, DATA_AT + 0x800, pointers, lookup, 0, 0, 0] {
                    image.u32(short(number));
                }
            }
            image.zeros(32);
            delayed_at = (start, LINKS_AT + image.len() - start);
        }

        // The names belong to the directory of exports, as its size says.
        let exports = LINKS_AT + image.len();
        let own_name = format!("{}.pyd", extension.name);
        let [addresses, names, ordinals, own] = [40, 44, 48, 50].map(|behind| exports + behind);
        let init_function = own + own_name.len() + 1;
        for number in [0, 0, 0, own, 1, 1, 1, addresses, names, ordinals, CODE_AT, init_function] {
            image.u32(short(number));
        }
        image.u16(0);
        image.text(&own_name);
        image.text(&module.exported);
        let end = LINKS_AT + image.len();
        Self { bytes: image.bytes, exports: (exports, end - exports), imports, pointers, delayed: delayed_at }
    }
}

/// The addresses of a library's name, and of those of its functions.
struct Library {
    name: usize,
    functions: Vec<usize>,
}

impl Library {
    fn write(image: &mut Image, libraries: &[(&str, Vec<&str>)]) -> Vec<Self> {
        let one = |(library, functions): &(&str, Vec<&str>)| {
            let function = |name: &&str| {
                let at = LINKS_AT + image.len();
                image.u16(0); // No hint where in the library's table the name stands.
                image.text(name);
                at
            };
            let functions = functions.iter().map(function).collect();
            let name = LINKS_AT + image.len();
            image.text(library);
            Self { name, functions }
        };
        libraries.iter().map(one).collect()
    }

    /// For each library two lists that end with zero: first all that stay as they are, then all that become
    /// addresses. Tells address and size of each.
    fn lists(image: &mut Image, libraries: &[Self]) -> Vec<(usize, usize)> {
        let twice = libraries.iter().chain(libraries);
        let list = |library: &Self| {
            let at = LINKS_AT + image.len();
            library.functions.iter().chain(&[0]).for_each(|function| image.u64(*function as u64));
            (at, 8 * (library.functions.len() + 1))
        };
        twice.map(list).collect()
    }
}

const MOVES_BYTES: usize = 12;

/// The pointers to adjust when the library is loaded elsewhere than it would like: the one to the name, 64 bits
/// wide (10), and an empty row.
fn moves(extension: &Extension<'_>) -> Vec<u8> {
    let mut image = Image::default();
    image.u32(short(DATA_AT));
    image.u32(short(MOVES_BYTES));
    image.u16(
        10 << 12 | u16::try_from(extension.name_pointer()).expect("it is in the definition's first bytes"),
    );
    image.u16(0);
    image.bytes
}

fn assemble(module: &Module<'_>, sections: &[Section], directories: &Directories) -> Vec<u8> {
    let mut image = Image::default();
    image.raw(b"MZ");
    image.pad_to(0x3c);
    image.u32(0x40);
    image.raw(b"PE\0\0");
    image.u16(module.machine);
    image.u16(u16::try_from(sections.len()).expect("four sections"));
    image.zeros(12); // No time, no symbols.
    image.u16(240);
    image.u16(0x2022); // A library that can be run and handles large addresses.
    optional_header(&mut image, module.flags, sections, directories);
    let mut offset = UNIT;
    for Section { name, at, flags, bytes } in sections {
        let file_bytes = bytes.len().next_multiple_of(UNIT);
        image.field(name, 8);
        for number in [bytes.len(), *at, file_bytes, offset, 0, 0, 0] {
            image.u32(short(number));
        }
        image.u32(*flags);
        offset += file_bytes;
    }
    for Section { bytes, .. } in sections {
        image.align(UNIT);
        image.raw(bytes);
    }
    image.align(UNIT);
    image.bytes
}

fn optional_header(image: &mut Image, flags: u16, sections: &[Section], directories: &Directories) {
    let file_bytes = |section: &Section| section.bytes.len().next_multiple_of(UNIT);
    image.u16(0x20b); // 64 bits.
    image.raw(&[14, 0]); // The linker's version.
    image.u32(short(file_bytes(&sections[0])));
    image.u32(short(sections[1..].iter().map(file_bytes).sum()));
    for number in [0, 0, short(CODE_AT)] {
        image.u32(number); // No data without bytes, and nothing to run when it is loaded.
    }
    image.u64(BASE);
    image.u32(short(PAGE));
    image.u32(short(UNIT));
    for number in [6, 0, 0, 0, 6, 0, 0, 0] {
        image.u16(number); // Versions of Windows, of the library, and of Windows once more.
    }
    for number in [END, UNIT, 0] {
        image.u32(short(number)); // Sizes of the library and of its headers, and no checksum.
    }
    image.u16(2);
    image.u16(flags);
    for number in [0x10_0000, 0x1000, 0x10_0000, 0x1000] {
        image.u64(number); // Stack and heap, which only programs decide on.
    }
    image.u32(0);
    image.u32(16);
    let Directories { exports, imports, pointers, moves, delayed } = *directories;
    for directory in 0..16 {
        let (at, size) = match directory {
            0 => exports,
            1 => imports,
            5 => moves,
            12 => pointers,
            13 => delayed,
            _ => (0, 0),
        };
        image.u32(short(at));
        image.u32(short(size));
    }
}

#[cfg(test)]
mod tests {
    use object::LittleEndian;
    use object::read::pe::PeFile64;

    use super::super::Interpreter;
    use super::*;

    fn sample() -> Vec<u8> {
        let extension =
            Extension { name: "_speedups", machine: Machine::X86_64, interpreter: Interpreter::CPython };
        module(&extension, "python311.dll")
    }

    #[test]
    fn windows_may_place_it_anywhere_and_run_none_of_its_data() {
        let bytes = sample();
        let file = PeFile64::parse(&*bytes).expect("a PE file");
        let optional = file.nt_headers().optional_header;
        assert_eq!(optional.dll_characteristics.get(LittleEndian).0, 0x20 | 0x40 | 0x100);
        assert_eq!(file.nt_headers().file_header.characteristics.get(LittleEndian).0 & 0x2000, 0x2000);
        assert!(
            file.section_table()
                .iter()
                .all(|section| section.characteristics.get(LittleEndian).0 >> 28 & 0b1010 != 0b1010)
        );
        assert_eq!(optional.size_of_image.get(LittleEndian), short(END));
    }

    #[test]
    fn the_one_pointer_is_moved_along() {
        let bytes = sample();
        let file = PeFile64::parse(&*bytes).expect("a PE file");
        let sections = file.section_table();
        let mut blocks = file
            .data_directories()
            .relocation_blocks(&*bytes, &sections)
            .expect("readable")
            .expect("there is a table");
        let block = blocks.next().expect("readable").expect("one block");
        let moved: Vec<_> =
            block.filter(|moved| moved.typ.0 == 10).map(|moved| moved.virtual_address).collect();
        assert_eq!(moved, [short(DATA_AT + 40)]);
        let data = sections.pe_data_at(&*bytes, moved[0]).expect("in a section");
        let address = u64::from_le_bytes(*data.first_chunk().expect("eight bytes"));
        let name =
            sections.pe_data_at(&*bytes, u32::try_from(address - BASE).expect("near")).expect("in a section");
        assert!(name.starts_with(b"_speedups\0"));
        assert!(blocks.next().expect("readable").is_none());
    }
}
