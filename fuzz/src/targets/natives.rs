//! ELF, Mach-O and PE: read from one piece of memory and from kept parts, they are the same.

use std::sync::LazyLock;

use release_action::archive::build::ZipImage;
use release_action::archive::build::native::elf::{Demands, Glibc, module_with, program};
use release_action::archive::build::native::macho::{Module as MachO, Signing, fat};
use release_action::archive::build::native::pe::Module as Pe;
use release_action::archive::build::native::{Extension, Interpreter, Machine};
use release_action::native::sparse::Collector;
use release_action::native::{self, Format};

use super::judge::{builder, image, judge, with};

type Image = LazyLock<ZipImage>;

pub(super) fn elf(bytes: &[u8]) {
    static IMAGE: Image = LazyLock::new(|| image(builder(["cp312", "abi3", "manylinux_2_28_x86_64"])));
    read(Format::Elf, bytes);
    let (name, path) = ("sample-1.0-cp312-abi3-manylinux_2_28_x86_64.whl", "sample/_native.abi3.so");
    judge(name, &with(&IMAGE, path, bytes));
}

pub(super) fn macho(bytes: &[u8]) {
    static IMAGE: Image = LazyLock::new(|| image(builder(["cp313", "abi3", "macosx_11_0_universal2"])));
    read(Format::MachO, bytes);
    let (name, path) = ("sample-1.0-cp313-abi3-macosx_11_0_universal2.whl", "sample/_native.abi3.so");
    judge(name, &with(&IMAGE, path, bytes));
}

pub(super) fn pe(bytes: &[u8]) {
    static IMAGE: Image = LazyLock::new(|| image(builder(["cp313", "cp313", "win_amd64"])));
    read(Format::Pe, bytes);
    let (name, path) = ("sample-1.0-cp313-cp313-win_amd64.whl", "sample/_native.cp313-win_amd64.pyd");
    judge(name, &with(&IMAGE, path, bytes));
}

fn read(format: Format, bytes: &[u8]) {
    let mut collector = Collector::ends_and(native::ahead(format, bytes), bytes.len() as u64);
    bytes.chunks(997).for_each(|chunk| collector.update(chunk));
    let kept = collector.finish();
    assert_eq!(native::read(format, &kept).ok(), native::read(format, bytes).ok());
}

const fn extension(machine: Machine, interpreter: Interpreter) -> Extension<'static> {
    Extension { name: "_native", machine, interpreter }
}

const X86_64: Extension<'_> = extension(Machine::X86_64, Interpreter::CPython);
const AARCH64: Extension<'_> = extension(Machine::Aarch64, Interpreter::CPython);

pub(super) fn elfs() -> Vec<Vec<u8>> {
    let demanding = Demands {
        libraries: vec![("libc.so.6", vec!["GLIBC_2.28"]), ("libz.so.1", vec![])],
        functions: vec![("fcntl64", Some("GLIBC_2.28")), ("PyLong_AsLong", None), ("PyFPE_jbuf", None)],
        soname: Some("lib.so.1"),
        rpath: Some("/build/lib"),
        runpath: Some("$ORIGIN/../sample.libs"),
        x86_isa: Some(4),
        executable_stack: true,
        writable_code: true,
        text_relocations: true,
        debug: Some("/build/a.c"),
    };
    vec![
        module_with(&X86_64, &Demands::glibc(Glibc::V2_28)),
        module_with(&AARCH64, &Demands::glibc(Glibc::V2_34)),
        module_with(&extension(Machine::X86_64, Interpreter::PyPy), &Demands::default()),
        module_with(&X86_64, &demanding),
        program("hello"),
    ]
}

pub(super) fn machos() -> Vec<Vec<u8>> {
    let thin = |extension: &'static Extension<'static>, edit: fn(&mut MachO<'_>)| {
        let mut module = MachO::new(extension, (11, 0));
        edit(&mut module);
        module.bytes()
    };
    let [intel, arm] = [thin(&X86_64, |_| {}), thin(&AARCH64, |_| {})];
    let wide = thin(&AARCH64, |module| {
        module.libraries.push("@rpath/liblmdb.dylib");
        module.weak_libraries.push("/usr/lib/libz.1.dylib");
        module.rpaths.push("@loader_path/../sample.dylibs");
        module.undefined.extend(["PyLong_AsLong", "_Py_NoneStruct"]);
        module.object_files.push("/build/a.o");
    });
    let unsigned = thin(&X86_64, |module| module.signing = Signing::Absent);
    vec![fat(&[intel.clone(), arm.clone()]), intel, arm, wide, unsigned]
}

pub(super) fn pes() -> Vec<Vec<u8>> {
    let dll = |library: &'static str, edit: fn(&mut Pe<'static>)| {
        let mut module = Pe::new(&X86_64, library);
        edit(&mut module);
        module.bytes()
    };
    vec![
        dll("python313.dll", |_| {}),
        dll("python3.dll", |module| module.imports.push(("vcruntime140.dll", vec!["memcpy"]))),
        dll("python313.dll", |module| module.delayed.push(("codec.dll", vec!["open", "close"]))),
        dll("ucrtbased.dll", |module| {
            module.machine = 0xaa64;
            module.flags = 0;
        }),
    ]
}
