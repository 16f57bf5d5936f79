//! An ELF file: a program or a library of Linux or Android.
//!
//! Read as the loader reads it (segments and the dynamic table), and where only section headers tell where a table
//! ends (symbols, their versions), by these. Of symbols only those are kept that some rule asks for.

mod symbols;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use object::Endianness;
use object::elf::{
    self, FileHeader32, FileHeader64, PF_W, PF_X, PT_DYNAMIC, PT_GNU_STACK, PT_INTERP, PT_LOAD, SHF_ALLOC,
    SHT_NOTE,
};
use object::read::ReadRef;
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader as _, SectionHeader as _, SectionTable};

use super::Broken;

/// An ELF file: a program or a library of Linux or Android.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Elf {
    /// What it is for.
    pub kind: Kind,
    /// `e_machine`.
    pub machine: u16,
    /// Whether its addresses have 64 bits.
    pub is_64: bool,
    /// Whether its numbers begin with the highest byte.
    pub is_big_endian: bool,
    /// `e_flags`.
    pub flags: u32,
    /// The program that starts this one.
    pub interpreter: Option<String>,
    /// The libraries that it needs.
    pub needed: Vec<String>,
    /// The name that libraries know it by.
    pub soname: Option<String>,
    /// Where it looks for libraries first, and lets them look too.
    pub rpath: Option<String>,
    /// Where it looks for libraries; then `rpath` does not count.
    pub runpath: Option<String>,
    /// The versions of symbols that it needs, each with the library.
    pub versions: BTreeSet<(String, String)>,
    /// Names that it needs and does not define, weak ones left out: those that a policy of Linux forbids, or that
    /// builds of Python used to differ in.
    pub watched: BTreeSet<String>,
    /// Functions and data of the interpreter that it needs (`Py…`, `_Py…`). Local and unique symbols are left out.
    pub python_undefined: Vec<String>,
    /// The functions by which an interpreter loads it as a module: `PyInit_…`, `PyModExport_…`, and for CFFI on
    /// `PyPy` `_cffi_pypyinit_…`.
    pub python_exports: Vec<String>,
    /// `GNU_PROPERTY_X86_ISA_1_NEEDED`: 1 is the baseline, 2 is x86-64-v2, 4 is v3, 8 is v4.
    pub x86_isa_needed: u32,
    /// Whether it asks for a stack that can be run.
    pub has_executable_stack: bool,
    /// Whether the loader has to write into its code.
    pub has_text_relocations: bool,
    /// Whether some of its memory can be written and run.
    pub has_writable_code: bool,
    /// How many bytes its `.debug_…` sections take.
    pub debug_bytes: u64,
}

/// What an ELF file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A program, loaded where it says or anywhere.
    Program,
    /// A library or a module.
    Library,
    /// Something that is not loaded before a linker has had it, or never.
    #[default]
    Other,
}

/// Most entries of the dynamic table that are looked at.
const MOST_DYNAMIC: usize = 10_000;
/// Most libraries, and versions of symbols, that a file may need. Overlapping records multiply.
const MOST_NAMES: usize = 1024;
/// The longest name or search path.
const MOST_NAME_BYTES: u64 = 4 << 10;
/// Most bytes of all notes: their tables may overlap.
const MOST_NOTE_BYTES: u64 = 256 << 10;

/// Names that rules ask for, of functions and data that a file does not define itself.
static WATCHED: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let policies = include_str!("../../data/elf-policies.txt").lines();
    let forbidden = policies.filter_map(|line| line.strip_prefix("forbidden ")?.split(' ').nth(1));
    forbidden.chain(["PyFPE_jbuf", "PyFPE_dummy", "PyFPE_counter"]).collect()
});

impl Elf {
    /// The processor, as platform tags call it; `None` for one that no tag names.
    pub fn architecture(&self) -> Option<&'static str> {
        Some(match (elf::Machine(self.machine), self.is_64, self.is_big_endian) {
            (elf::EM_386, false, false) => "i686",
            (elf::EM_X86_64, true, false) => "x86_64",
            (elf::EM_PPC64, true, false) => "ppc64le",
            (elf::EM_PPC64, true, true) => "ppc64",
            (elf::EM_RISCV, true, false) => "riscv64",
            (elf::EM_AARCH64, true, false) => "aarch64",
            (elf::EM_S390, true, true) => "s390x",
            (elf::EM_LOONGARCH, true, false) => "loongarch64",
            // The fifth version of the embedded interface, with floating point in registers.
            (elf::EM_ARM, false, false) if self.flags & 0xff00_0400 == 0x0500_0400 => "armv7l",
            _ => return None,
        })
    }
}

/// Reads the file's headers.
///
/// # Errors
/// When it is cut short or its headers contradict one another.
pub fn read<'data, R: ReadRef<'data>>(data: R) -> Result<Elf, Broken> {
    let ident = data.read_bytes_at(0, 16).map_err(|()| broken("it ends inside its header"))?;
    match ident[4] {
        1 => Reader::<FileHeader32<Endianness>, R>::new(data)?.elf(),
        2 => Reader::<FileHeader64<Endianness>, R>::new(data)?.elf(),
        class => Err(broken(format_args!("its class is {class}, not 1 or 2"))),
    }
}

/// Most bytes of a segment, and of all of them, that are kept ahead of being asked for.
const MOST_AHEAD_BYTES: (u64, u64) = (512 << 10, 3 << 20);

/// The parts that will be asked for, as far as the first bytes of a long file name them: the dynamic table, and small
/// segments that can be written, which is where tools such as patchelf move tables to.
pub fn ahead(head: &[u8]) -> Vec<Range<u64>> {
    let parts = match head.get(4) {
        Some(1) => ahead_of::<FileHeader32<Endianness>>(head),
        Some(2) => ahead_of::<FileHeader64<Endianness>>(head),
        _ => None,
    };
    parts.unwrap_or_default()
}

fn ahead_of<H: FileHeader<Endian = Endianness>>(head: &[u8]) -> Option<Vec<Range<u64>>> {
    let header = H::parse(head).ok()?;
    let endian = header.endian().ok()?;
    let mut room = MOST_AHEAD_BYTES.1;
    let mut parts = Vec::new();
    for segment in header.program_headers(endian, head).ok()? {
        let (start, bytes) = (segment.p_offset(endian).into(), segment.p_filesz(endian).into());
        let is_table = segment.p_type(endian) == PT_DYNAMIC;
        let is_writable = segment.p_type(endian) == PT_LOAD && segment.p_flags(endian).contains(PF_W);
        if (is_table || is_writable) && bytes <= MOST_AHEAD_BYTES.0.min(room) {
            parts.push(start..start.saturating_add(bytes));
            room -= bytes;
        }
    }
    Some(parts)
}

fn broken(what: impl std::fmt::Display) -> Broken {
    Broken { what: what.to_string() }
}

/// So much of a file's names is kept. Names may overlap in their table, and a small file would become a large one.
fn room_bytes(length: u64) -> u64 {
    length.min((16 << 10) + length / 64)
}

/// A file whose header could be read.
struct Reader<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>> {
    data: R,
    endian: Endianness,
    header: &'data H,
    segments: &'data [H::ProgramHeader],
    length: u64,
    /// Bytes of names that may still be kept.
    room: Cell<u64>,
}

impl<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>> Reader<'data, H, R> {
    fn new(data: R) -> Result<Self, Broken> {
        let header = H::parse(data)?;
        let endian = header.endian()?;
        let length = data.len().map_err(|()| broken("it has no length"))?;
        let segments = header.program_headers(endian, data)?;
        Ok(Self { data, endian, header, segments, length, room: Cell::new(room_bytes(length)) })
    }

    /// Whatever is missing is asked for before the first of it is reported, to save passes over a long file.
    fn elf(&self) -> Result<Elf, Broken> {
        let endian = self.endian;
        let mut elf = Elf {
            machine: self.header.e_machine(endian).0,
            is_64: self.header.is_type_64(),
            is_big_endian: self.header.is_big_endian(),
            flags: self.header.e_flags(endian).0,
            ..Elf::default()
        };
        let file_type = self.header.e_type(endian);
        if file_type != elf::ET_EXEC && file_type != elf::ET_DYN {
            return Ok(elf);
        }
        let segments = self.read_segments(&mut elf);
        let dynamic = self.read_dynamic(&mut elf);
        let sections = match self.header.sections(endian, self.data) {
            Ok(sections) => self.read_sections(&sections, &mut elf),
            Err(error) => Err(error.into()),
        };
        let is_program =
            file_type == elf::ET_EXEC || elf.interpreter.is_some() || dynamic == Ok(Found::Program);
        elf.kind = if is_program { Kind::Program } else { Kind::Library };
        segments.and(dynamic).and(sections).map(|()| elf)
    }

    fn read_segments(&self, elf: &mut Elf) -> Result<(), Broken> {
        for segment in self.segments {
            let flags = segment.p_flags(self.endian);
            let (offset, size) = segment.file_range(self.endian);
            match segment.p_type(self.endian) {
                PT_LOAD => {
                    if offset.checked_add(size).is_none_or(|end| end > self.length) {
                        return Err(broken("it is cut short: a segment ends behind its end"));
                    }
                    elf.has_writable_code |= flags.contains(PF_W | PF_X);
                }
                PT_GNU_STACK => elf.has_executable_stack |= flags.contains(PF_X),
                PT_INTERP if elf.interpreter.is_none() => {
                    let path = self.name(offset..offset.saturating_add(size), 0)?;
                    elf.interpreter = Some(self.text(path)?);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn read_dynamic(&self, elf: &mut Elf) -> Result<Found, Broken> {
        let segment = self.segments.iter().find(|segment| segment.p_type(self.endian) == PT_DYNAMIC);
        let Some(segment) = segment else { return Ok(Found::Nothing) };
        let Some(table) = segment.dynamic(self.endian, self.data)? else { return Ok(Found::Nothing) };
        let rows: Vec<_> = table
            .iter()
            .take(MOST_DYNAMIC)
            .map(|row| (row.tag(self.endian), row.val(self.endian)))
            .take_while(|(tag, _)| *tag != elf::DT_NULL)
            .collect();
        let value = |wanted| rows.iter().find(|(tag, _)| *tag == wanted).map(|(_, value)| *value);
        let has = |tag, bit| value(tag).is_some_and(|flags| flags & bit != 0);
        elf.has_text_relocations = value(elf::DT_TEXTREL).is_some() || has(elf::DT_FLAGS, 4);
        let strings = match (value(elf::DT_STRTAB), value(elf::DT_STRSZ)) {
            (Some(address), Some(size)) => self.loaded(address, size),
            _ => None,
        };
        let named = |at: u64| {
            let strings = strings.clone().ok_or_else(|| broken("its names are not in its memory"))?;
            self.text(self.name(strings, at)?)
        };
        for &(tag, value) in &rows {
            match tag {
                elf::DT_NEEDED if elf.needed.len() < MOST_NAMES => elf.needed.push(named(value)?),
                elf::DT_SONAME => elf.soname = Some(named(value)?),
                elf::DT_RPATH => elf.rpath = Some(named(value)?),
                elf::DT_RUNPATH => elf.runpath = Some(named(value)?),
                _ => {}
            }
        }
        // DF_1_PIE.
        Ok(if has(elf::DT_FLAGS_1, 0x0800_0000) { Found::Program } else { Found::Library })
    }

    /// Where in the file lies what is loaded at `address`.
    fn loaded(&self, address: u64, size: u64) -> Option<Range<u64>> {
        self.segments.iter().filter(|segment| segment.p_type(self.endian) == PT_LOAD).find_map(|segment| {
            let (offset, held) = segment.file_range(self.endian);
            let inside = address.checked_sub(segment.p_vaddr(self.endian).into())?;
            let start = offset.checked_add(inside).filter(|_| inside < held)?;
            Some(start..start.checked_add(size.min(held - inside))?)
        })
    }

    /// A name to be kept. What is no UTF-8 stays visible as such.
    fn text(&self, name: &[u8]) -> Result<String, Broken> {
        let left = self.room.get().checked_sub(name.len() as u64 + 1);
        self.room.set(left.ok_or_else(|| broken("its names take more room than they may"))?);
        Ok(String::from_utf8_lossy(name).into_owned())
    }

    /// A name that starts at `at` in a part of the file and ends in a zero byte.
    fn name(&self, part: Range<u64>, at: u64) -> Result<&'data [u8], Broken> {
        let start = part.start.checked_add(at).filter(|start| *start < part.end);
        let start = start.ok_or_else(|| broken("a name lies outside of its table"))?;
        let end = part.end.min(start.saturating_add(MOST_NAME_BYTES));
        self.data.read_bytes_at_until(start..end, 0).map_err(|()| broken("a name has no end"))
    }

    fn read_sections(&self, sections: &SectionTable<'data, H, R>, elf: &mut Elf) -> Result<(), Broken> {
        let mut missing = Ok(());
        let mut note_room = MOST_NOTE_BYTES;
        let names_at = self.section_names_at(sections);
        for section in sections.iter() {
            let Some((offset, size)) = section.file_range(self.endian) else { continue };
            let is_loaded = section.sh_flags(self.endian).contains(SHF_ALLOC);
            // Notes that are not loaded are for other tools, such as those of an annotating compiler.
            if section.sh_type(self.endian) == SHT_NOTE && is_loaded && size <= note_room {
                note_room -= size;
                missing = missing.and(self.read_notes(section, elf));
            } else if size > 0 && !is_loaded && self.is_debug(section, names_at) {
                elf.debug_bytes =
                    elf.debug_bytes.saturating_add(size.min(self.length.saturating_sub(offset)));
            }
        }
        missing.and(self.read_versions(sections, elf)).and(symbols::read(self, sections, elf))
    }

    fn section_names_at(&self, sections: &SectionTable<'data, H, R>) -> u64 {
        let index = self.header.shstrndx(self.endian, self.data).ok();
        let section = index.and_then(|index| sections.iter().nth(usize::try_from(index).ok()?));
        section.map_or(u64::MAX, |section| section.sh_offset(self.endian).into())
    }

    /// Whether a section that is not loaded is for debuggers, by the beginning of its name.
    fn is_debug(&self, section: &H::SectionHeader, names_at: u64) -> bool {
        let at = names_at.checked_add(section.sh_name(self.endian).into());
        let name = at.and_then(|at| self.data.read_bytes_at(at, 8).ok()).unwrap_or_default();
        name.starts_with(b".debug_") || name == b".zdebug_"
    }

    /// Notes that do not fit are no reason to call the file broken: the loader skips them.
    fn read_notes(&self, section: &H::SectionHeader, elf: &mut Elf) -> Result<(), Broken> {
        let Ok(Some(notes)) = section.notes(self.endian, self.data) else {
            let (offset, size) = section.file_range(self.endian).unwrap_or_default();
            return match self.data.read_bytes_at(offset, size) {
                Ok(_) => Ok(()),
                Err(()) => Err(broken("a table of notes lies outside of it")),
            };
        };
        for note in notes.map_while(Result::ok) {
            let properties = note.gnu_properties(self.endian).into_iter().flatten();
            for property in properties.map_while(Result::ok) {
                if property.pr_type() == elf::GNU_PROPERTY_X86_ISA_1_NEEDED {
                    elf.x86_isa_needed |= property.data_u32(self.endian).unwrap_or_default();
                }
            }
        }
        Ok(())
    }

    fn read_versions(&self, sections: &SectionTable<'data, H, R>, elf: &mut Elf) -> Result<(), Broken> {
        let Some((records, link)) = sections.gnu_verneed(self.endian, self.data)? else { return Ok(()) };
        let strings = sections.section(link)?.file_range(self.endian).unwrap_or_default();
        let strings = strings.0..strings.0.saturating_add(strings.1);
        let mut count = 0;
        for record in records {
            let (record, versions) = record?;
            count += 1;
            let library = self.name(strings.clone(), record.vn_file.get(self.endian).into())?;
            for version in versions {
                count += 1;
                if count > MOST_NAMES {
                    return Err(broken("it needs thousands of versions of symbols"));
                }
                let version = self.name(strings.clone(), version?.vna_name.get(self.endian).into())?;
                elf.versions.insert((self.text(library)?, self.text(version)?));
            }
        }
        Ok(())
    }
}

/// What the dynamic table says the file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Library,
    Program,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::build::native::elf::{Demands, Glibc, module, module_with, program};
    use crate::archive::build::native::{Extension, Interpreter, Machine};
    use crate::native::sparse::Collector;

    const EXTENSION: Extension<'_> =
        Extension { name: "_speedups", machine: Machine::X86_64, interpreter: Interpreter::CPython };

    fn everything() -> Vec<u8> {
        let demands = Demands {
            libraries: vec![
                ("libc.so.6", vec!["GLIBC_2.2.5", "GLIBC_2.34"]),
                ("libplain.so", Vec::new()),
                ("libz.so.1", vec!["ZLIB_1.2.9"]),
            ],
            functions: vec![
                ("pthread_create", Some("GLIBC_2.34")),
                ("zcalloc", Some("ZLIB_1.2.9")),
                ("PyFPE_jbuf", None),
            ],
            soname: Some("libself.so"),
            rpath: Some("$ORIGIN/old"),
            runpath: Some("$ORIGIN/new"),
            x86_isa: Some(6),
            executable_stack: true,
            writable_code: true,
            text_relocations: true,
            debug: Some("int main"),
        };
        module_with(&EXTENSION, &demands)
    }

    #[test]
    fn every_fact_is_read() {
        let elf = read(&*everything()).expect("well-formed");
        let pairs = [("libc.so.6", "GLIBC_2.2.5"), ("libc.so.6", "GLIBC_2.34"), ("libz.so.1", "ZLIB_1.2.9")];
        let expected = Elf {
            kind: Kind::Library,
            machine: 62,
            is_64: true,
            needed: ["libc.so.6", "libplain.so", "libz.so.1"].map(str::to_owned).into(),
            soname: Some("libself.so".to_owned()),
            rpath: Some("$ORIGIN/old".to_owned()),
            runpath: Some("$ORIGIN/new".to_owned()),
            versions: pairs.map(|(library, version)| (library.to_owned(), version.to_owned())).into(),
            watched: ["PyFPE_jbuf", "zcalloc"].map(str::to_owned).into(),
            python_undefined: ["PyFPE_jbuf", "PyModuleDef_Init"].map(str::to_owned).into(),
            python_exports: vec!["PyInit__speedups".to_owned()],
            x86_isa_needed: 6,
            has_executable_stack: true,
            has_text_relocations: true,
            has_writable_code: true,
            debug_bytes: 8,
            ..Elf::default()
        };
        assert_eq!(elf, expected);
        assert_eq!(elf.architecture(), Some("x86_64"));
    }

    #[test]
    fn a_plain_module_and_a_static_program_show_none_of_the_faults() {
        let elf = read(&*module(&EXTENSION, Glibc::V2_28)).expect("well-formed");
        assert_eq!((elf.kind, elf.debug_bytes, elf.x86_isa_needed), (Kind::Library, 0, 0));
        assert!(!elf.has_executable_stack && !elf.has_text_relocations && !elf.has_writable_code);
        let elf = read(&*program("tool 1.0\n")).expect("well-formed");
        assert_eq!((elf.kind, elf.needed.len(), elf.versions.len()), (Kind::Program, 0, 0));
    }

    #[test]
    fn what_a_linker_has_not_had_yet_is_not_looked_into() {
        let mut bytes = everything();
        bytes[16] = 1; // ET_REL
        let elf = read(&*bytes).expect("its header is good");
        assert_eq!((elf.kind, elf.needed.len()), (Kind::Other, 0));
    }

    #[test]
    fn the_hard_float_interface_is_part_of_the_processor() {
        let arm = |flags| Elf { machine: 40, flags, ..Elf::default() }.architecture();
        assert_eq!([arm(0x0500_0400), arm(0x0500_0200), arm(0x0400_0400)], [Some("armv7l"), None, None]);
        let power =
            |is_big_endian| Elf { machine: 21, is_64: true, is_big_endian, ..Elf::default() }.architecture();
        assert_eq!([power(false), power(true)], [Some("ppc64le"), Some("ppc64")]);
    }

    #[test]
    fn every_truncation_is_told_or_loses_nothing_that_is_loaded() {
        let bytes = everything();
        let whole = read(&*bytes).expect("well-formed");
        for length in 0..bytes.len() {
            if let Ok(elf) = read(&bytes[..length]) {
                assert_eq!(elf.needed, whole.needed, "{length} bytes");
            }
        }
        assert!(read(&bytes[..bytes.len() / 2]).is_err_and(|broken| broken.what.contains("cut short")));
    }

    /// A long file: zeros between what is loaded and what is not.
    #[test]
    fn a_long_file_is_read_in_few_passes() {
        let mut bytes = everything();
        let sections = u64::from_le_bytes(bytes[40..48].try_into().expect("eight bytes"));
        let at = usize::try_from(sections).expect("small");
        let table = bytes.split_off(at);
        bytes.resize(at + (5 << 20), 0);
        bytes.extend(table);
        bytes[40..48].copy_from_slice(&(sections + (5 << 20)).to_le_bytes());
        let mut collector = Collector::ends_and(Vec::new(), bytes.len() as u64);
        for _ in 0..2 {
            bytes.chunks(60_000).for_each(|chunk| collector.update(chunk));
            let mut sparse = collector.finish();
            let elf = read(&sparse);
            match sparse.wants_more() {
                None => return assert_eq!(elf, read(&*bytes)),
                Some(more) => collector = more,
            }
        }
        panic!("two passes are enough");
    }

    #[test]
    fn the_head_names_the_dynamic_table_wherever_it_is() {
        let mut bytes = everything();
        let entries = usize::from(u16::from_le_bytes([bytes[56], bytes[57]]));
        let first = usize::from(bytes[32]);
        let is_dynamic = |entry: &usize| bytes[*entry..*entry + 4] == 2_u32.to_le_bytes();
        let entry = (0..entries).map(|index| first + 56 * index).find(is_dynamic).expect("it has one");
        bytes[entry + 8..entry + 16].copy_from_slice(&0x70_0000_u64.to_le_bytes());
        let size = u64::from_le_bytes(bytes[entry + 32..entry + 40].try_into().expect("eight bytes"));
        assert!(ahead(&bytes).contains(&(0x70_0000..0x70_0000 + size)));
        bytes[entry + 8..entry + 16].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(ahead(&bytes).contains(&(u64::MAX..u64::MAX)), "it goes no further than numbers do");
        assert_eq!(ahead(&bytes[..60]), []);
    }
}
