//! Small but real native files: extension modules as compilers and linkers make them, byte by byte.
//!
//! Each module is empty and can be imported: its `PyInit_…` hands a module definition to the interpreter
//! (multi-phase initialisation, PEP 489). A rehearsal thereby has files of every platform on any machine, without
//! a compiler. Nothing here reads such files.

pub mod elf;
pub mod macho;
pub mod pe;

/// The processor that a file is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// 64-bit x86.
    X86_64,
    /// 64-bit ARM.
    Aarch64,
}

/// The interpreter that loads a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpreter {
    /// The reference implementation.
    CPython,
    /// `PyPy`, whose C interface has names of its own and larger objects.
    PyPy,
}

/// An extension module.
#[derive(Clone, Copy, Debug)]
pub struct Extension<'a> {
    /// What it is imported as, without its package: `_speedups`.
    pub name: &'a str,
    /// The processor.
    pub machine: Machine,
    /// The interpreter.
    pub interpreter: Interpreter,
}

impl Extension<'_> {
    /// The function that the interpreter looks for.
    fn init_function(&self) -> String {
        format!("PyInit_{}", self.name)
    }

    /// The interpreter's function that takes a module definition.
    const fn definition_function(&self) -> &'static str {
        match self.interpreter {
            Interpreter::CPython => "PyModuleDef_Init",
            Interpreter::PyPy => "PyPyModuleDef_Init",
        }
    }

    /// A `PyModuleDef` without functions, and behind it the module's name, which has to be pointed to from
    /// [`Self::name_pointer`].
    fn definition(&self, name_address: u64) -> Vec<u8> {
        let mut image = Image::default();
        image.u64(1); // One reference, as `PyModuleDef_HEAD_INIT` states it.
        image.zeros(self.name_pointer() - 8);
        image.u64(name_address);
        image.zeros(7 * 8); // Documentation, size of the state, methods, slots, traverse, clear, free: none.
        image.text(self.name);
        image.bytes
    }

    /// Where the definition holds the pointer to the name: behind the object's head, then `m_init`, `m_index`
    /// and `m_copy`.
    const fn name_pointer(&self) -> usize {
        let head = match self.interpreter {
            Interpreter::CPython => 16, // Reference count and type.
            Interpreter::PyPy => 24,    // The same, and a link to its own object.
        };
        head + 3 * 8
    }

    /// Where the name itself stands in the definition's bytes.
    const fn name_text(&self) -> usize {
        self.name_pointer() + 8 * 8
    }
}

/// The code of a function that calls, as its last act, another function with one argument.
struct TailCall {
    /// Where the code stands.
    at: u64,
    /// The argument: an address.
    argument: u64,
    /// Where the address of the called function stands.
    function_pointer: u64,
}

/// The processor's register that holds a function's first argument.
#[derive(Clone, Copy)]
enum Convention {
    /// Everywhere but on Windows.
    Unix,
    /// On Windows.
    Windows,
}

impl TailCall {
    fn code(&self, machine: Machine, convention: Convention) -> Vec<u8> {
        match machine {
            Machine::X86_64 => self.x86_64(convention),
            Machine::Aarch64 => self.aarch64(),
        }
    }

    /// `lea first, [rip + argument]`, `jmp [rip + function_pointer]`.
    fn x86_64(&self, convention: Convention) -> Vec<u8> {
        let register = match convention {
            Convention::Unix => 0x3d,    // rdi
            Convention::Windows => 0x0d, // rcx
        };
        // Distances count from the end of the instruction.
        let mut image = Image::default();
        image.raw(&[0x48, 0x8d, register]);
        image.u32(distance(self.at + 7, self.argument).cast_unsigned());
        image.raw(&[0xff, 0x25]);
        image.u32(distance(self.at + 13, self.function_pointer).cast_unsigned());
        image.bytes
    }

    /// `adr x0, argument`, `ldr x16, function_pointer`, `br x16`.
    fn aarch64(&self) -> Vec<u8> {
        let argument = distance(self.at, self.argument).cast_unsigned();
        let pointer = distance(self.at + 4, self.function_pointer).cast_unsigned() >> 2;
        let mut image = Image::default();
        image.u32(0x1000_0000 | (argument & 3) << 29 | (argument >> 2 & 0x7_ffff) << 5);
        image.u32(0x5800_0010 | (pointer & 0x7_ffff) << 5);
        image.u32(0xd61f_0200);
        image.bytes
    }
}

fn distance(from: u64, to: u64) -> i32 {
    i32::try_from(to.cast_signed() - from.cast_signed()).expect("these files are smaller than a gigabyte")
}

/// Bytes in the making; numbers are little-endian.
#[derive(Default)]
struct Image {
    bytes: Vec<u8>,
}

impl Image {
    fn len(&self) -> usize {
        self.bytes.len()
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn u8(&mut self, number: u8) {
        self.bytes.push(number);
    }

    fn u16(&mut self, number: u16) {
        self.raw(&number.to_le_bytes());
    }

    fn u32(&mut self, number: u32) {
        self.raw(&number.to_le_bytes());
    }

    fn u64(&mut self, number: u64) {
        self.raw(&number.to_le_bytes());
    }

    fn zeros(&mut self, count: usize) {
        self.bytes.resize(self.len() + count, 0);
    }

    /// Text with the zero byte that ends it.
    fn text(&mut self, text: &str) {
        self.raw(text.as_bytes());
        self.u8(0);
    }

    /// Text in a field of `width` bytes.
    fn field(&mut self, text: &str, width: usize) {
        let free = width.checked_sub(text.len()).expect("the names of sections and segments are short");
        self.raw(text.as_bytes());
        self.zeros(free);
    }

    /// Fills up to the next multiple of `alignment`.
    fn align(&mut self, alignment: usize) {
        self.bytes.resize(self.len().next_multiple_of(alignment), 0);
    }

    /// Fills up to `offset`.
    fn pad_to(&mut self, offset: usize) {
        assert!(offset >= self.len(), "parts of a file do not overlap");
        self.bytes.resize(offset, 0);
    }
}

/// A size or an offset in one of these files, as their headers hold it.
fn short(number: usize) -> u32 {
    u32::try_from(number).expect("these files are smaller than a gigabyte")
}

#[cfg(test)]
mod tests {
    use object::read::{ExportTarget, NameOrOrdinal};
    use object::{Architecture, Object as _, ObjectSection as _};

    use super::*;

    fn text(name: NameOrOrdinal<&[u8]>) -> String {
        match name {
            NameOrOrdinal::Name(name) => String::from_utf8_lossy(name).into_owned(),
            NameOrOrdinal::Ordinal(number) => format!("#{number}"),
        }
    }

    /// Names, and where each of them stands.
    type Names = Vec<(String, String)>;

    /// What a file is made for, what it exports and from where, and what it imports and from which library.
    fn interface(bytes: &[u8]) -> (Architecture, Names, Names) {
        let file = object::File::parse(bytes).expect("a native file");
        let exports = file.exports().expect("readable").map(|export| {
            let export = export.expect("readable");
            let ExportTarget::Address { address } = export.target() else { panic!("{export:?}") };
            let section = file
                .sections()
                .find(|section| (section.address()..section.address() + section.size()).contains(&address));
            let section = section.expect("it stands in a section").name().expect("text").to_owned();
            (text(export.name()), section)
        });
        let imports = file.imports().expect("readable").map(|import| {
            let import = import.expect("readable");
            (text(import.name()), String::from_utf8_lossy(import.library()).into_owned())
        });
        (file.architecture(), exports.collect(), imports.collect())
    }

    fn owned<const N: usize>(pairs: [(&str, &str); N]) -> Names {
        pairs.map(|(name, place)| (name.to_owned(), place.to_owned())).into()
    }

    #[test]
    fn every_format_exports_the_init_function_and_imports_the_interpreters() {
        for (machine, architecture) in
            [(Machine::X86_64, Architecture::X86_64), (Machine::Aarch64, Architecture::Aarch64)]
        {
            let of = |interpreter| Extension { name: "_speedups", machine, interpreter };
            let elf = elf::module(&of(Interpreter::PyPy), elf::Glibc::V2_28);
            let expected = owned([("PyPyModuleDef_Init", ""), ("fcntl64", "libc.so.6")]);
            assert_eq!(interface(&elf), (architecture, owned([("PyInit__speedups", ".text")]), expected));

            let macho = macho::module(&of(Interpreter::PyPy), (15, 0));
            let expected = owned([("_PyPyModuleDef_Init", "")]);
            assert_eq!(interface(&macho), (architecture, owned([("_PyInit__speedups", "__text")]), expected));

            let pe = pe::module(&of(Interpreter::CPython), "python314.dll");
            let expected = owned([("PyModuleDef_Init", "python314.dll")]);
            assert_eq!(interface(&pe), (architecture, owned([("PyInit__speedups", ".text")]), expected));
        }
    }

    #[test]
    fn a_definition_points_to_its_name() {
        for (interpreter, pointer, text) in [(Interpreter::CPython, 40, 104), (Interpreter::PyPy, 48, 112)] {
            let extension = Extension { name: "_a", machine: Machine::X86_64, interpreter };
            let bytes = extension.definition(0x1234);
            assert_eq!((extension.name_pointer(), extension.name_text()), (pointer, text));
            assert_eq!(bytes[pointer..pointer + 8], 0x1234_u64.to_le_bytes());
            assert_eq!(&bytes[text..], b"_a\0");
        }
    }

    /// The expected bytes are an assembler's.
    #[test]
    fn code_reaches_forwards_and_backwards() {
        let call = TailCall { at: 0x1000, argument: 0x2003, function_pointer: 0xff8 };
        let code = call.code(Machine::X86_64, Convention::Unix);
        assert_eq!(code, [0x48, 0x8d, 0x3d, 0xfc, 0x0f, 0, 0, 0xff, 0x25, 0xeb, 0xff, 0xff, 0xff]);
        assert_eq!(call.code(Machine::X86_64, Convention::Windows)[2], 0x0d);
        let code = call.code(Machine::Aarch64, Convention::Unix);
        assert_eq!(code, [0, 0x80, 0, 0x70, 0xb0, 0xff, 0xff, 0x58, 0, 2, 0x1f, 0xd6]);
    }
}
