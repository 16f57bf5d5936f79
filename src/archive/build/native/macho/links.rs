//! The contents of `__LINKEDIT`: names, and what the loader does with them.
//!
//! Source: `mach-o/loader.h` for the loader's instructions and the tree of exports, `mach-o/nlist.h` for symbols.

use super::super::{Extension, Image, short};
use super::{CODE_AT, DEFINITION_AT, LINKS_AT, Module, numbers};

/// What the loader and other tools read of names: the contents of `__LINKEDIT` but for the signature. A place
/// is where a part starts in the file, and its size.
pub(super) struct Links {
    pub(super) bytes: Vec<u8>,
    /// How many symbols are local, exported and undefined, in this order.
    counts: [usize; 3],
    rebase: (usize, usize),
    bind: (usize, usize),
    exports: (usize, usize),
    symbols: (usize, usize),
    strings: (usize, usize),
}

impl Links {
    pub(super) fn of(module: &Module<'_>) -> Self {
        let extension = module.extension;
        let init_function = format!("_{}", module.exported);
        let called = format!("_{}", extension.definition_function());
        let mut strings = Image::default();
        strings.raw(b" \0");
        let mut add_name = |name: &str| {
            let at = short(strings.len());
            strings.text(name);
            at
        };
        let names = [&*init_function, &*called].map(&mut add_name);
        let more: Vec<u32> = module.undefined.iter().map(|name| add_name(&format!("_{name}"))).collect();
        let object_files: Vec<u32> = module.object_files.iter().map(|name| add_name(name)).collect();
        let mut image = Image::default();
        let mut add = |part: &[u8]| {
            let place = (LINKS_AT + image.len(), part.len());
            image.raw(part);
            image.align(8);
            place
        };
        let rebase = add(&rebase(extension));
        let bind = add(&bind(&called));
        let exports = add(&exports(&init_function));
        let symbols = add(&symbols(&object_files, names, &more));
        let strings = add(&strings.bytes);
        image.align(16); // Signatures start at multiples of 16.
        let counts = [object_files.len(), 1, 1 + more.len()];
        Self { bytes: image.bytes, counts, rebase, bind, exports, symbols, strings }
    }

    /// `LC_DYLD_INFO_ONLY`; nothing is bound weakly or late.
    pub(super) fn loader_command(&self) -> Vec<u8> {
        let [rebase, bind, exports] = [self.rebase, self.bind, self.exports];
        numbers(0x8000_0022, &[rebase.0, rebase.1, bind.0, bind.1, 0, 0, 0, 0, exports.0, exports.1])
    }

    /// `LC_SYMTAB`.
    pub(super) fn symbols_command(&self) -> Vec<u8> {
        numbers(2, &[self.symbols.0, self.counts.iter().sum(), self.strings.0, self.strings.1])
    }

    /// `LC_DYSYMTAB`.
    pub(super) fn ranges_command(&self) -> Vec<u8> {
        let [local, exported, undefined] = self.counts;
        let mut ranges = [0; 18];
        ranges[..6].copy_from_slice(&[0, local, local, exported, local + exported, undefined]);
        numbers(0xb, &ranges)
    }
}

/// For the loader: add where the file was loaded to the pointer to the name, which is in segment 1.
fn rebase(extension: &Extension<'_>) -> Vec<u8> {
    let mut image = Image::default();
    image.raw(&[0x11, 0x21]);
    variable(&mut image, DEFINITION_AT + extension.name_pointer());
    image.raw(&[0x51, 0]);
    image.bytes
}

/// For the loader: look for the function in all that is loaded, for it is the interpreter's, and put its address
/// at the beginning of segment 1.
fn bind(called: &str) -> Vec<u8> {
    let mut image = Image::default();
    image.raw(&[0x3e, 0x40]);
    image.text(called);
    image.raw(&[0x51, 0x71, 0, 0x90, 0]);
    image.bytes
}

/// The tree of exported names: a root, and one leaf.
fn exports(name: &str) -> Vec<u8> {
    let mut leaf = Image::default();
    leaf.u8(0); // A regular symbol.
    variable(&mut leaf, CODE_AT);
    let mut image = Image::default();
    image.raw(&[0, 1]);
    image.text(name);
    // This number is one byte long as long as it is below 128.
    let leaf_at = u8::try_from(image.len() + 1).ok().filter(|at| *at < 128);
    image.u8(leaf_at.expect("the names of these modules are short"));
    image.u8(u8::try_from(leaf.len()).expect("a few bytes"));
    image.raw(&leaf.bytes);
    image.u8(0);
    image.bytes
}

/// What debuggers are told, the function in section 1, and those that are looked for everywhere.
fn symbols(object_files: &[u32], [init_function, called]: [u32; 2], more: &[u32]) -> Vec<u8> {
    let mut image = Image::default();
    let mut add = |name: u32, [kind, section]: [u8; 2], library: u16, address: u64| {
        image.u32(name);
        image.u8(kind);
        image.u8(section);
        image.u16(library);
        image.u64(address);
    };
    object_files.iter().for_each(|name| add(*name, [0x66, 0], 1, 0)); // N_OSO
    add(init_function, [0x0f, 1], 0, CODE_AT as u64);
    [called].iter().chain(more).for_each(|name| add(*name, [1, 0], 0xfe00, 0));
    image.bytes
}

/// A number of variable length: seven bits a byte, the lowest first (LEB128).
fn variable(image: &mut Image, mut number: usize) {
    while number > 0x7f {
        image.u8(u8::try_from(number & 0x7f).expect("seven bits") | 0x80);
        number >>= 7;
    }
    image.u8(u8::try_from(number).expect("seven bits"));
}
