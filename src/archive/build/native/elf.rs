//! ELF: what Linux loads and runs.
//!
//! Source: the System V ABI (generic part, and the supplements for both processors) and the Linux Standard
//! Base's chapter on symbol versions.

mod layout;

use std::collections::BTreeMap;

use super::{Convention, Extension, Image, Machine, TailCall, short};
use layout::{Kind, Part, Place, Segment, Shape, assemble};

/// The GNU C library that a module asks for at least. Each asks for a function that is as old as that release
/// on both processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glibc {
    /// 2.28, of `manylinux_2_28`.
    V2_28,
    /// 2.34, of `manylinux_2_34`.
    V2_34,
}

impl Glibc {
    const fn function(self) -> &'static str {
        match self {
            Self::V2_28 => "fcntl64",
            Self::V2_34 => "pthread_create",
        }
    }

    const fn version(self) -> &'static str {
        match self {
            Self::V2_28 => "GLIBC_2.28",
            Self::V2_34 => "GLIBC_2.34",
        }
    }
}

/// What a module asks of the system that loads it.
#[derive(Clone, Debug, Default)]
pub struct Demands<'a> {
    /// The libraries, each with the versions of its symbols.
    pub libraries: Vec<(&'a str, Vec<&'a str>)>,
    /// What it uses of these libraries, each with the version, which is one of theirs.
    pub functions: Vec<(&'a str, Option<&'a str>)>,
    /// What it wants to be called by other libraries.
    pub soname: Option<&'a str>,
    /// `DT_RPATH`.
    pub rpath: Option<&'a str>,
    /// `DT_RUNPATH`.
    pub runpath: Option<&'a str>,
    /// `GNU_PROPERTY_X86_ISA_1_NEEDED`.
    pub x86_isa: Option<u32>,
    /// Whether the stack has to be executable.
    pub executable_stack: bool,
    /// Whether its code may be written.
    pub writable_code: bool,
    /// Whether it says that its code has to be changed when it is loaded.
    pub text_relocations: bool,
    /// What its debugging information holds.
    pub debug: Option<&'a str>,
}

impl Demands<'_> {
    /// Of the GNU C library, and nothing else.
    pub fn glibc(glibc: Glibc) -> Self {
        Self {
            libraries: vec![("libc.so.6", vec![glibc.version()])],
            functions: vec![(glibc.function(), Some(glibc.version()))],
            ..Self::default()
        }
    }
}

/// A module for Linux with the GNU C library.
pub fn module(extension: &Extension<'_>, glibc: Glibc) -> Vec<u8> {
    module_with(extension, &Demands::glibc(glibc))
}

/// A module for Linux with these demands.
pub fn module_with(extension: &Extension<'_>, demands: &Demands<'_>) -> Vec<u8> {
    let shape = Shape {
        machine: extension.machine,
        kind: 3,
        base: 0,
        entry: None,
        executable_stack: demands.executable_stack,
        writable_code: demands.writable_code,
    };
    assemble(&shape, |places| Module { extension, demands, places }.parts())
}

/// A program for Linux on x86-64 that writes `text` to its standard output and ends well. It needs no library.
pub fn program(text: &str) -> Vec<u8> {
    let shape = Shape {
        machine: Machine::X86_64,
        kind: 2,
        base: 0x40_0000,
        entry: Some(1),
        executable_stack: false,
        writable_code: false,
    };
    assemble(&shape, |places| {
        let mut code = Image::default();
        code.raw(&[0xb8, 1, 0, 0, 0, 0xbf, 1, 0, 0, 0, 0x48, 0xbe]); // mov eax, write; mov edi, 1; mov rsi, …
        code.u64(places[0].address);
        code.u8(0xba); // mov edx, …
        code.u32(short(text.len()));
        code.raw(&[0x0f, 5, 0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 5]); // syscall; mov eax, exit; xor edi, edi; syscall
        let part = |name, segment, bytes| Part { name, kind: Kind::Program, segment, bytes };
        vec![
            part(".rodata", Segment::Read, text.as_bytes().to_vec()),
            part(".text", Segment::Run, code.bytes),
        ]
    })
}

/// The order of a module's parts.
const HASHES: usize = 0;
const SYMBOLS: usize = 1;
const STRINGS: usize = 2;
const VERSIONS: usize = 3;
const NEEDED_VERSIONS: usize = 4;
const RELOCATIONS: usize = 5;
const CODE: usize = 6;
const DATA: usize = 7;
const POINTERS: usize = 8;

/// A module, once it is known where its parts stand.
struct Module<'a> {
    extension: &'a Extension<'a>,
    demands: &'a Demands<'a>,
    places: &'a [Place],
}

/// The texts that other parts name by where they start.
struct Texts {
    bytes: Vec<u8>,
    at: BTreeMap<String, u32>,
}

impl Module<'_> {
    fn parts(&self) -> Vec<Part> {
        let texts = self.texts();
        let read = |name, kind, bytes| Part { name, kind, segment: Segment::Read, bytes };
        let write = |name, kind, bytes| Part { name, kind, segment: Segment::Write, bytes };
        let name_address = self.places[DATA].address + self.extension.name_text() as u64;
        let versions = Kind::NeededVersions { strings: STRINGS, libraries: self.versioned().count() };
        let pointers = 8 * (1 + self.demands.functions.len());
        let mut parts = vec![
            read(".hash", Kind::Hashes { symbols: SYMBOLS }, hashes(short(3 + self.demands.functions.len()))),
            read(".dynsym", Kind::Symbols { strings: STRINGS }, self.symbols(&texts)),
            read(".dynstr", Kind::Strings, texts.bytes.clone()),
            read(".gnu.version", Kind::Versions { symbols: SYMBOLS }, self.versions_of_symbols()),
            read(".gnu.version_r", versions, self.needed_versions(&texts)),
            read(".rela.dyn", Kind::Relocations { symbols: SYMBOLS }, self.relocations(name_address)),
            Part { name: ".text", kind: Kind::Program, segment: Segment::Run, bytes: self.code() },
            write(".data", Kind::Program, self.extension.definition(name_address)),
            write(".got", Kind::Program, vec![0; pointers]),
            write(".dynamic", Kind::Dynamic { strings: STRINGS }, self.dynamic(&texts)),
        ];
        parts.extend(self.demands.x86_isa.map(|isa| read(".note.gnu.property", Kind::Notes, isa_note(isa))));
        parts.extend(self.demands.debug.map(|text| Part {
            name: ".debug_info",
            kind: Kind::Program,
            segment: Segment::Unloaded,
            bytes: text.as_bytes().to_vec(),
        }));
        parts
    }

    fn texts(&self) -> Texts {
        let Demands { libraries, functions, soname, rpath, runpath, .. } = self.demands;
        let init_function = self.extension.init_function();
        let mut words = vec![self.extension.definition_function(), &init_function];
        words.extend(functions.iter().map(|(name, _)| *name));
        words.extend(
            libraries.iter().flat_map(|(name, versions)| [*name].into_iter().chain(versions.iter().copied())),
        );
        words.extend([soname, rpath, runpath].into_iter().flatten());
        let mut image = Image::default();
        image.u8(0);
        let mut at = BTreeMap::new();
        for word in words {
            if !at.contains_key(word) {
                at.insert(word.to_owned(), short(image.len()));
                image.text(word);
            }
        }
        Texts { bytes: image.bytes, at }
    }

    /// The libraries of which versions are needed.
    fn versioned(&self) -> impl Iterator<Item = &(&str, Vec<&str>)> {
        self.demands.libraries.iter().filter(|(_, versions)| !versions.is_empty())
    }

    /// What the tables call a version; 1 is none.
    fn version_number(&self, wanted: Option<&str>) -> u16 {
        let mut versions = self.versioned().flat_map(|(_, versions)| versions);
        let index = wanted.and_then(|wanted| versions.position(|version| *version == wanted));
        index.map_or(1, |index| u16::try_from(2 + index).expect("there are few versions"))
    }

    fn versions_of_symbols(&self) -> Vec<u8> {
        let functions = self.demands.functions.iter().map(|(_, version)| self.version_number(*version));
        let mut image = Image::default();
        [0, 1].into_iter().chain(functions).chain([1]).for_each(|number| image.u16(number));
        image.bytes
    }

    fn needed_versions(&self, texts: &Texts) -> Vec<u8> {
        let mut image = Image::default();
        let count = self.versioned().count();
        for (index, (library, versions)) in self.versioned().enumerate() {
            let size = 16 * (1 + short(versions.len()));
            image.u16(1);
            image.u16(u16::try_from(versions.len()).expect("there are few versions"));
            image.u32(texts.at[*library]);
            image.u32(16);
            image.u32(if index + 1 < count { size } else { 0 });
            for (index, version) in versions.iter().enumerate() {
                image.u32(hash(version));
                image.u16(0);
                image.u16(self.version_number(Some(version)));
                image.u32(texts.at[*version]);
                image.u32(if index + 1 < versions.len() { 16 } else { 0 });
            }
        }
        image.bytes
    }

    /// The function that calls the interpreter's, whose address stands first among the pointers.
    fn code(&self) -> Vec<u8> {
        let [at, argument, function_pointer] = [CODE, DATA, POINTERS].map(|part| self.places[part].address);
        TailCall { at, argument, function_pointer }.code(self.extension.machine, Convention::Unix)
    }

    fn symbols(&self, texts: &Texts) -> Vec<u8> {
        let mut image = Image::default();
        image.zeros(24);
        let init_function = self.extension.init_function();
        let init_section = u16::try_from(CODE + 1).expect("there are ten sections");
        let functions = self.demands.functions.iter().map(|(name, _)| *name);
        let undefined = [self.extension.definition_function()].into_iter().chain(functions);
        let init = (&*init_function, init_section, self.places[CODE].address, self.code().len() as u64);
        for (text, section, address, size) in undefined.map(|name| (name, 0, 0, 0)).chain([init]) {
            image.u32(texts.at[text]);
            image.u8(0x12); // A global function.
            image.u8(0);
            image.u16(section);
            image.u64(address);
            image.u64(size);
        }
        image.bytes
    }

    fn relocations(&self, name_address: u64) -> Vec<u8> {
        let (relative, pointer) = match self.extension.machine {
            Machine::X86_64 => (8, 6),
            Machine::Aarch64 => (1027, 1025),
        };
        let name_pointer = self.places[DATA].address + self.extension.name_pointer() as u64;
        let pointers = self.places[POINTERS].address;
        let mut image = Image::default();
        let functions = 0..1 + self.demands.functions.len() as u64;
        let functions = functions.map(|index| (pointers + 8 * index, index + 1, pointer, 0));
        for (at, symbol, kind, addend) in
            [(name_pointer, 0, relative, name_address)].into_iter().chain(functions)
        {
            image.u64(at);
            image.u64(symbol << 32 | kind);
            image.u64(addend);
        }
        image.bytes
    }

    fn dynamic(&self, texts: &Texts) -> Vec<u8> {
        let Demands { libraries, functions, soname, rpath, runpath, .. } = self.demands;
        let address = |part: usize| self.places[part].address;
        let text = |word: &str| u64::from(texts.at[word]);
        let mut rows: Vec<(u64, u64)> = libraries.iter().map(|(name, _)| (1, text(name))).collect();
        for (tag, word) in [(14, soname), (15, rpath), (29, runpath)] {
            rows.extend(word.map(|word| (tag, text(word))));
        }
        rows.extend([
            (4, address(HASHES)),
            (5, address(STRINGS)),
            (6, address(SYMBOLS)),
            (10, texts.bytes.len() as u64), // STRSZ
            (11, 24),                       // SYMENT
            (7, address(RELOCATIONS)),
            (8, 24 * (2 + functions.len() as u64)), // RELASZ
            (9, 24),                                // RELAENT
            (0x6fff_fff9, 1),                       // RELACOUNT: how many need no symbol
        ]);
        if self.versioned().count() > 0 {
            rows.extend([
                (0x6fff_fffe, address(NEEDED_VERSIONS)),
                (0x6fff_ffff, self.versioned().count() as u64), // VERNEEDNUM
            ]);
        }
        rows.push((0x6fff_fff0, address(VERSIONS)));
        if self.demands.text_relocations {
            rows.push((22, 0));
        }
        rows.push((0, 0));
        let mut image = Image::default();
        for (tag, value) in rows {
            image.u64(tag);
            image.u64(value);
        }
        image.bytes
    }
}

/// A note with one property: the instructions of x86-64 that are used.
fn isa_note(isa: u32) -> Vec<u8> {
    let mut image = Image::default();
    for number in [4, 16, 5] {
        image.u32(number); // The lengths of name and property; a list of properties.
    }
    image.text("GNU");
    for number in [0xc000_8002, 4, isa, 0] {
        image.u32(number);
    }
    image.bytes
}

/// A hash table with one bucket, which every name falls into.
fn hashes(symbols: u32) -> Vec<u8> {
    let mut image = Image::default();
    for number in [1, symbols, 1, 0].into_iter().chain((2..symbols).chain([0])) {
        image.u32(number);
    }
    image.bytes
}

/// The hash of the System V ABI.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0, |hash: u32, byte| {
        let hash = (hash << 4).wrapping_add(u32::from(byte));
        let high = hash & 0xf000_0000;
        (hash ^ high >> 24) & !high
    })
}

#[cfg(test)]
mod tests {
    use object::LittleEndian;
    use object::elf::{FileHeader64, PT_GNU_STACK, PT_LOAD};
    use object::read::elf::{FileHeader as _, ProgramHeader as _};

    use super::super::Interpreter;
    use super::*;

    fn sample(machine: Machine, glibc: Glibc) -> Vec<u8> {
        module(&Extension { name: "_speedups", machine, interpreter: Interpreter::CPython }, glibc)
    }

    /// The name of the version that a symbol of the dynamic table asks for.
    fn version_of(bytes: &[u8], symbol: usize) -> Option<(Vec<u8>, u32)> {
        let header = FileHeader64::<LittleEndian>::parse(bytes).expect("an ELF file");
        let sections = header.sections(LittleEndian, bytes).expect("sections");
        let versions = sections.versions(LittleEndian, bytes).expect("readable").expect("versions");
        let index = versions.version_index(LittleEndian, object::SymbolIndex(symbol));
        let version = versions.version(index.into()).expect("readable")?;
        Some((version.name().to_vec(), version.hash()))
    }

    #[test]
    fn the_version_of_the_library_is_asked_for_by_name_and_hash() {
        for (glibc, version) in [
            (Glibc::V2_28, (b"GLIBC_2.28".to_vec(), 0x0696_9188)),
            (Glibc::V2_34, (b"GLIBC_2.34".to_vec(), 0x0696_91b4)),
        ] {
            let bytes = sample(Machine::Aarch64, glibc);
            assert_eq!(version_of(&bytes, 1), None, "the interpreter's functions have no version");
            assert_eq!(version_of(&bytes, 2), Some(version));
        }
    }

    #[test]
    fn no_memory_can_be_written_and_run() {
        for machine in [Machine::X86_64, Machine::Aarch64] {
            let bytes = sample(machine, Glibc::V2_28);
            let header = FileHeader64::<LittleEndian>::parse(&*bytes).expect("an ELF file");
            let segments = header.program_headers(LittleEndian, &*bytes).expect("segments");
            let of = |kind| segments.iter().filter(move |segment| segment.p_type(LittleEndian) == kind);
            assert_eq!(of(PT_LOAD).count(), 3);
            assert!(of(PT_LOAD).all(|segment| segment.p_flags(LittleEndian).0 & 3 != 3));
            assert!(of(PT_LOAD).all(|segment| {
                let page = super::layout::page(machine);
                segment.p_offset(LittleEndian) % page == segment.p_vaddr(LittleEndian) % page
            }));
            assert_eq!(of(PT_GNU_STACK).map(|stack| stack.p_flags(LittleEndian).0).collect::<Vec<_>>(), [6]);
        }
    }

    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[test]
    fn the_program_runs() {
        use std::io::Write as _;
        use std::process::{Command, Stdio};

        let folder = tempfile::tempdir().expect("a folder");
        // The shell writes the file: a descriptor that this process holds for writing could be inherited by
        // another test's child, and then the program is "busy".
        let mut shell = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod +x \"$0\" && exec \"$0\""])
            .arg(folder.path().join("tool"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        shell.stdin.take().expect("a pipe").write_all(&program("tool 1.2.3\n")).expect("a reader");
        let output = shell.wait_with_output().expect("an ending");
        assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"tool 1.2.3\n"[..]));
    }
}
