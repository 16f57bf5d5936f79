//! Mach-O: what macOS loads.
//!
//! A bundle with one function, which dyld binds to the interpreter's when it loads it, and an ad-hoc signature,
//! without which Macs with Apple's processors kill the process. Source: `mach-o/loader.h`.

mod links;
mod signature;

use super::{Convention, Extension, Image, Machine, TailCall, short};
use crate::model::digest::Sha256;
use links::Links;

/// Larger than the pages of either processor: segments start at multiples of it, in the file and in memory.
const PAGE: usize = 0x4000;

/// Where the code stands. Linkers leave room for load commands as well.
const CODE_AT: usize = 0x1000;

const DATA_AT: usize = PAGE;
const LINKS_AT: usize = 2 * PAGE;

/// In the data, the called function's address comes first, and the definition behind it.
const DEFINITION_AT: usize = 8;

/// A module for macOS from a release (major, minor) on.
pub fn module(extension: &Extension<'_>, oldest_system: (u8, u8)) -> Vec<u8> {
    Module::new(extension, oldest_system).bytes()
}

/// A module for macOS: good by default, otherwise where told.
#[derive(Clone, Debug)]
pub struct Module<'a> {
    /// What it is.
    pub extension: &'a Extension<'a>,
    /// The load commands that say which system it is for.
    pub systems: Vec<SystemCommand>,
    /// The libraries that are loaded with it, besides the system's.
    pub libraries: Vec<&'a str>,
    /// The libraries that are loaded with it if they are there.
    pub weak_libraries: Vec<&'a str>,
    /// Where libraries whose names begin with `@rpath` are looked for.
    pub rpaths: Vec<&'a str>,
    /// The function that others find in it; the default is the interpreter's.
    pub exported: String,
    /// What it looks for elsewhere, besides the interpreter's function that it calls.
    pub undefined: Vec<&'a str>,
    /// The object files that it names to debuggers.
    pub object_files: Vec<&'a str>,
    /// Whether anybody signed it.
    pub signing: Signing,
}

/// A load command that says which system a file is for.
#[derive(Clone, Copy, Debug)]
pub enum SystemCommand {
    /// Today's: a system by its number, and its oldest release, major and minor.
    Build(u8, (u8, u8)),
    /// That of macOS before 10.14.
    OldestMacOs((u8, u8)),
    /// That of iOS before 12.
    OldestIos((u8, u8)),
}

/// Whether anybody signed a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// As linkers do.
    AdHoc,
    /// Nobody did.
    Absent,
    /// Its data was changed afterwards.
    Outdated,
    /// What stands for the signature is none.
    Malformed,
}

impl<'a> Module<'a> {
    /// A good module for macOS from a release (major, minor) on.
    pub fn new(extension: &'a Extension<'a>, oldest_system: (u8, u8)) -> Self {
        Self {
            extension,
            systems: vec![SystemCommand::Build(1, oldest_system)],
            libraries: Vec::new(),
            weak_libraries: Vec::new(),
            rpaths: Vec::new(),
            exported: extension.init_function(),
            undefined: Vec::new(),
            object_files: Vec::new(),
            signing: Signing::AdHoc,
        }
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let extension = self.extension;
        let call = TailCall {
            at: CODE_AT as u64,
            argument: (DATA_AT + DEFINITION_AT) as u64,
            function_pointer: DATA_AT as u64,
        };
        let code = call.code(extension.machine, Convention::Unix);
        let mut data = vec![0; DEFINITION_AT];
        data.extend(extension.definition((DATA_AT + DEFINITION_AT + extension.name_text()) as u64));
        let links = Links::of(self);
        let signature_bytes = match self.signing {
            Signing::Absent => 0,
            _ => signature::size(extension.name, LINKS_AT + links.bytes.len()),
        };
        let file = File { module: self, signature_bytes, code, data, links };
        let mut image = file.unsigned();
        let mut signature = signature::of(extension.name, &image.bytes, PAGE);
        match self.signing {
            Signing::AdHoc => {}
            Signing::Absent => signature.clear(),
            Signing::Outdated => image.bytes[DATA_AT + DEFINITION_AT] ^= 2,
            Signing::Malformed => signature.fill(0),
        }
        image.raw(&signature);
        image.bytes
    }
}

/// One file of a file for each processor.
pub fn fat(slices: &[Vec<u8>]) -> Vec<u8> {
    let mut numbers = vec![0xcafe_babe, short(slices.len())];
    let mut at = PAGE;
    for slice in slices {
        let header = |at: usize| u32::from_le_bytes([slice[at], slice[at + 1], slice[at + 2], slice[at + 3]]);
        // The last number is the page's logarithm.
        numbers.extend([header(4), header(8), short(at), short(slice.len()), 14]);
        at = (at + slice.len()).next_multiple_of(PAGE);
    }
    let mut image = Image::default();
    numbers.into_iter().for_each(|number| image.raw(&number.to_be_bytes()));
    for slice in slices {
        image.align(PAGE);
        image.raw(slice);
    }
    image.bytes
}

/// A file, before it is written.
struct File<'a> {
    module: &'a Module<'a>,
    code: Vec<u8>,
    data: Vec<u8>,
    links: Links,
    signature_bytes: usize,
}

impl File<'_> {
    fn unsigned(&self) -> Image {
        let commands = self.commands();
        let mut image = Image::default();
        let (processor, variant) = match self.module.extension.machine {
            Machine::X86_64 => (0x0100_0007, 3),
            Machine::Aarch64 => (0x0100_000c, 0),
        };
        let size = commands.iter().map(Vec::len).sum();
        // 8 is a bundle; 0x85: nothing is undefined, dyld loads it, each symbol knows its library.
        for number in [0xfeed_facf, processor, variant, 8, short(commands.len()), short(size), 0x85, 0] {
            image.u32(number);
        }
        for command in commands {
            image.raw(&command);
        }
        image.pad_to(CODE_AT);
        image.raw(&self.code);
        image.pad_to(DATA_AT);
        image.raw(&self.data);
        image.pad_to(LINKS_AT);
        image.raw(&self.links.bytes);
        image
    }

    fn commands(&self) -> Vec<Vec<u8>> {
        let links_bytes = self.links.bytes.len() + self.signature_bytes;
        // The last numbers are what the pages allow: 1 reads, 2 writes, 4 runs.
        let code = Segment { name: "__TEXT", at: 0, file_bytes: PAGE, protection: 5 };
        let data = Segment { name: "__DATA", at: DATA_AT, file_bytes: PAGE, protection: 3 };
        let links = Segment { name: "__LINKEDIT", at: LINKS_AT, file_bytes: links_bytes, protection: 1 };
        let mut commands = vec![
            // 0x80000400: nothing but instructions.
            code.command(Some(("__text", CODE_AT, self.code.len(), 0x8000_0400))),
            data.command(Some(("__data", DATA_AT, self.data.len(), 0))),
            links.command(None),
            self.links.loader_command(),
            self.links.symbols_command(),
            self.links.ranges_command(),
            self.identity_command(),
        ];
        let Module { systems, libraries, weak_libraries, rpaths, .. } = self.module;
        commands.extend(systems.iter().map(|system| system.command()));
        commands.push(library_command(0xc, "/usr/lib/libSystem.B.dylib"));
        commands.extend(libraries.iter().map(|library| library_command(0xc, library)));
        commands.extend(weak_libraries.iter().map(|library| library_command(0x8000_0018, library)));
        commands.extend(rpaths.iter().map(|path| path_command(path)));
        if self.signature_bytes > 0 {
            let at = LINKS_AT + self.links.bytes.len();
            commands.push(numbers(0x1d, &[at, self.signature_bytes])); // LC_CODE_SIGNATURE
        }
        commands
    }

    /// `LC_UUID`: taken from the contents, as linkers do.
    fn identity_command(&self) -> Vec<u8> {
        let mut image = command(0x1b, 24);
        let digest = Sha256::of(&[&*self.code, &*self.data, &*self.links.bytes].concat());
        let mut identity: [u8; 16] = *digest.as_bytes().first_chunk().expect("a digest is twice as long");
        identity[6] = identity[6] & 0x0f | 0x30; // Version 3: made from contents.
        identity[8] = identity[8] & 0x3f | 0x80;
        image.raw(&identity);
        image.bytes
    }
}

impl SystemCommand {
    fn command(self) -> Vec<u8> {
        let release = |(major, minor): (u8, u8)| usize::from(major) << 16 | usize::from(minor) << 8;
        match self {
            Self::Build(platform, oldest) => {
                numbers(0x32, &[platform.into(), release(oldest), release(oldest), 0])
            }
            Self::OldestMacOs(oldest) => numbers(0x24, &[release(oldest), release(oldest)]),
            Self::OldestIos(oldest) => numbers(0x25, &[release(oldest), release(oldest)]),
        }
    }
}

/// A part of the file that is mapped into memory, at the same place there.
struct Segment {
    name: &'static str,
    at: usize,
    file_bytes: usize,
    protection: u32,
}

impl Segment {
    /// `LC_SEGMENT_64`, with at most one section: its name, place, size and flags.
    fn command(&self, section: Option<(&str, usize, usize, u32)>) -> Vec<u8> {
        let Self { name, at, file_bytes, protection } = *self;
        let count = short(section.iter().count());
        let mut image = command(0x19, 72 + 80 * count);
        image.field(name, 16);
        for number in [at, file_bytes.next_multiple_of(PAGE), at, file_bytes] {
            image.u64(number as u64);
        }
        for number in [protection, protection, count, 0] {
            image.u32(number);
        }
        if let Some((section, at, size, flags)) = section {
            image.field(section, 16);
            image.field(name, 16);
            image.u64(at as u64);
            image.u64(size as u64);
            for number in [short(at), 3, 0, 0, flags, 0, 0, 0] {
                image.u32(number);
            }
        }
        image.bytes
    }
}

/// `LC_LOAD_DYLIB` and its like.
fn library_command(kind: u32, name: &str) -> Vec<u8> {
    let width = (name.len() + 1).next_multiple_of(8);
    let mut image = command(kind, 24 + short(width));
    for number in [24, 2, 0x0547_0000, 0x0001_0000] {
        image.u32(number);
    }
    image.field(name, width);
    image.bytes
}

/// `LC_RPATH`.
fn path_command(path: &str) -> Vec<u8> {
    let width = (path.len() + 1).next_multiple_of(4);
    let width = if width.is_multiple_of(8) { width + 4 } else { width };
    let mut image = command(0x8000_001c, 12 + short(width));
    image.u32(12);
    image.field(path, width);
    image.bytes
}

/// The beginning of a load command.
fn command(kind: u32, size: u32) -> Image {
    let mut image = Image::default();
    image.u32(kind);
    image.u32(size);
    image
}

/// A load command that holds nothing but numbers.
fn numbers(kind: u32, numbers: &[usize]) -> Vec<u8> {
    let mut image = command(kind, 8 + 4 * short(numbers.len()));
    for number in numbers {
        image.u32(short(*number));
    }
    image.bytes
}

#[cfg(test)]
mod tests {
    use object::Endianness;
    use object::macho::{LC_CODE_SIGNATURE, MH_BUNDLE, MachHeader64, PLATFORM_MACOS};
    use object::read::macho::{LoadCommandVariant, MachHeader as _};

    use super::super::Interpreter;
    use super::*;

    fn sample(name: &str) -> Vec<u8> {
        module(&Extension { name, machine: Machine::Aarch64, interpreter: Interpreter::CPython }, (15, 2))
    }

    /// What the load commands say.
    #[derive(Default)]
    struct Said {
        identity: [u8; 16],
        system: Option<(bool, u32)>,
        library: Vec<u8>,
        signature: Option<(u32, u32)>,
    }

    fn said(bytes: &[u8]) -> Said {
        let header = MachHeader64::<Endianness>::parse(bytes, 0).expect("a Mach-O file");
        let endian = header.endian().expect("known");
        assert_eq!(header.filetype(endian), MH_BUNDLE);
        let mut said = Said::default();
        let mut commands = header.load_commands(endian, bytes, 0).expect("readable");
        while let Some(command) = commands.next().expect("readable") {
            match command.variant().expect("readable") {
                LoadCommandVariant::Uuid(uuid) => said.identity = uuid.uuid,
                LoadCommandVariant::BuildVersion(version, _) => {
                    said.system =
                        Some((version.platform.get(endian) == PLATFORM_MACOS, version.minos.get(endian).0));
                }
                LoadCommandVariant::Dylib(dylib) => {
                    said.library = command.string(endian, dylib.dylib.name).expect("text").to_vec();
                }
                LoadCommandVariant::LinkeditData(data) if command.cmd() == LC_CODE_SIGNATURE => {
                    said.signature = Some((data.dataoff.get(endian), data.datasize.get(endian)));
                }
                _ => {}
            }
        }
        said
    }

    #[test]
    fn a_bundle_states_its_system_its_library_and_its_signature() {
        let bytes = sample("_speedups");
        let said = said(&bytes);
        assert_eq!(said.system, Some((true, 15 << 16 | 2 << 8)));
        assert_eq!(said.library, b"/usr/lib/libSystem.B.dylib");
        let (offset, size) = said.signature.expect("signed");
        assert_eq!((offset % 16, (offset + size) as usize), (0, bytes.len()));
        assert_eq!(bytes[offset as usize..][..4], [0xfa, 0xde, 0x0c, 0xc0]);
    }

    #[test]
    fn the_identity_follows_the_contents() {
        let [one, other] = ["_one", "_two"].map(|name| said(&sample(name)).identity);
        assert_ne!(one, other);
        assert_eq!(one, said(&sample("_one")).identity);
        assert_eq!((one[6] >> 4, one[8] >> 6), (3, 2));
    }
}
