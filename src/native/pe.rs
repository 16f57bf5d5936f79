//! A PE file: a program or a library of Windows.
//!
//! Source: the specification "PE Format".

mod tables;

use object::LittleEndian as LE;
use object::pe::{
    IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT, IMAGE_DIRECTORY_ENTRY_EXPORT, IMAGE_DIRECTORY_ENTRY_IMPORT,
    IMAGE_NT_OPTIONAL_HDR64_MAGIC, ImageDosHeader, ImageNtHeaders32, ImageNtHeaders64,
};
use object::read::ReadRef;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader as _, optional_header_magic};

use super::Broken;
use super::parts::{Parts, text};
use tables::{Image, Tables};

/// A PE file: a program or a library of Windows.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Pe {
    /// The processor.
    pub machine: Machine,
    /// How it is loaded.
    pub kind: Kind,
    /// The libraries that are loaded with it, or later on its behalf.
    pub imports: Vec<Import>,
    /// The functions that make a module of it.
    pub python_exports: Vec<String>,
    /// What the linker let Windows do against attacks.
    pub defences: Defences,
    /// The sections that may be written to and run.
    pub writable_code: Vec<String>,
}

/// A processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Machine {
    X86,
    X86_64,
    Arm64,
    /// ARM with the calling conventions of x86, for processes that emulate it.
    Arm64Ec,
    /// Both of them.
    Arm64X,
    /// Another, by its number.
    Other(u16),
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
    #[default]
    Program,
    /// It is loaded by a program or another library.
    Library,
}

/// A library that a file needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The library's file name.
    pub library: String,
    /// When it is loaded.
    pub moment: Moment,
    /// What is taken of it, where it has the interpreter.
    pub python_names: Vec<String>,
}

/// When a library is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Together with the file.
    AtOnce,
    /// When a function of it is called first.
    FirstUse,
}

/// What the linker let Windows do against attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Defences {
    /// It may be loaded at any address.
    pub dynamic_base: bool,
    /// Its data is never run.
    pub nx_compat: bool,
    /// It may be loaded at any address of 64 bits; true where addresses are shorter.
    pub high_entropy: bool,
}

/// Whether the interpreter is in the library of this name: `python3.dll`, `python313t.dll`, `libpypy3.11-c.dll`.
pub fn has_interpreter(library: &str) -> bool {
    let name = library.to_ascii_lowercase();
    let digits = name.strip_prefix("python").and_then(|rest| rest.strip_suffix(".dll"));
    digits.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()) || rest == "-native")
        || name.strip_prefix("libpypy").is_some_and(|rest| rest.ends_with("-c.dll"))
}

/// No linker writes more, and older Windows loads no file with more than 96.
const MOST_SECTIONS: usize = 256;

/// Reads the file's headers.
///
/// # Errors
/// When it is cut short or its headers contradict one another.
pub fn read<'data, R: ReadRef<'data>>(data: R) -> Result<Pe, Broken> {
    let at = u64::from(ImageDosHeader::parse(data)?.nt_headers_offset());
    if optional_header_magic(data)? == IMAGE_NT_OPTIONAL_HDR64_MAGIC {
        read_as::<ImageNtHeaders64, R>(data, at)
    } else {
        read_as::<ImageNtHeaders32, R>(data, at)
    }
}

fn read_as<'data, H: ImageNtHeaders, R: ReadRef<'data>>(data: R, mut at: u64) -> Result<Pe, Broken> {
    let (headers, directories) = H::parse(data, &mut at)?;
    let file = headers.file_header();
    let sections = headers.sections(data, at)?;
    let optional = headers.optional_header();
    let flags = optional.dll_characteristics().0;
    let mut pe = Pe {
        machine: machine(file.machine.get(LE).0),
        kind: if file.characteristics.get(LE).0 & 0x2000 == 0 { Kind::Program } else { Kind::Library },
        defences: Defences {
            dynamic_base: flags & 0x40 != 0,
            nx_compat: flags & 0x100 != 0,
            high_entropy: flags & 0x20 != 0 || !headers.is_type_64(),
        },
        ..Pe::default()
    };
    let sections: Vec<_> = sections.iter().take(MOST_SECTIONS).collect();
    for section in &sections {
        // The first digit of the flags: 2 runs, 8 writes.
        if section.characteristics.get(LE).0 >> 28 & 0b1010 == 0b1010 {
            pe.writable_code.push(text(section.raw_name()));
        }
    }
    let tables = Tables {
        image: Image { parts: Parts::of(data)?, sections, header_bytes: optional.size_of_headers() },
        base: optional.image_base(),
        wide: headers.is_type_64(),
    };
    let directory = |index: usize| {
        let found = directories.get(index).map(|entry| (entry.virtual_address.get(LE), entry.size.get(LE)));
        found.filter(|(address, size)| *address != 0 && *size != 0)
    };
    if let Some((address, _)) = directory(IMAGE_DIRECTORY_ENTRY_IMPORT) {
        pe.imports = tables.imports(address);
    }
    if let Some((address, _)) = directory(IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT) {
        pe.imports.extend(tables.delayed_imports(address));
    }
    if let Some((address, _)) = directory(IMAGE_DIRECTORY_ENTRY_EXPORT) {
        pe.python_exports = tables.exports(address);
    }
    tables.image.parts.finish(pe)
}

const fn machine(number: u16) -> Machine {
    match number {
        0x014c => Machine::X86,
        0x8664 => Machine::X86_64,
        0xaa64 => Machine::Arm64,
        0xa641 => Machine::Arm64Ec,
        0xa64e => Machine::Arm64X,
        other => Machine::Other(other),
    }
}
