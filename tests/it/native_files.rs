//! Mach-O and PE files and the stable ABI: what the rules say of files made for them, how that compares with the
//! tools of others, and that no broken file breaks a reader.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::Stdio;

use release_action::archive::build::WheelBuilder;
use release_action::archive::build::native::macho::{self, Signing, SystemCommand, fat};
use release_action::archive::build::native::{Extension, Interpreter, Machine, pe};
use release_action::checks::{self, Candidate, judge};
use release_action::native::sparse::{Collector, Sparse};
use release_action::native::{self, Broken, Format, Object};
use serde_json::{Value, json};

use crate::archive::Numbers;
use crate::support::tools::{python, run};
use crate::support::workflow_files::root;

const fn extension(machine: Machine) -> Extension<'static> {
    Extension { name: "_native", machine, interpreter: Interpreter::CPython }
}

const ARM64: Extension<'_> = extension(Machine::Aarch64);
const X86_64: Extension<'_> = extension(Machine::X86_64);

fn macho(edit: impl FnOnce(&mut macho::Module<'_>)) -> Vec<u8> {
    let mut module = macho::Module::new(&ARM64, (11, 0));
    edit(&mut module);
    module.bytes()
}

fn intel(edit: impl FnOnce(&mut macho::Module<'_>)) -> Vec<u8> {
    let mut module = macho::Module::new(&X86_64, (10, 9));
    edit(&mut module);
    module.bytes()
}

fn dll<'a>(library: &'a str, edit: impl FnOnce(&mut pe::Module<'a>)) -> Vec<u8> {
    let mut module = pe::Module::new(&X86_64, library);
    edit(&mut module);
    module.bytes()
}

fn wheel(tags: &str, members: &[(&str, Vec<u8>)]) -> (String, Vec<u8>) {
    let [python, abi, platform] = tags.split('-').collect::<Vec<_>>()[..] else { panic!("{tags}") };
    let mut builder = WheelBuilder::new("sample", "1.0", python, abi, platform);
    for (path, bytes) in members {
        builder.native_member(path, bytes.clone());
    }
    let (file_name, bytes) = builder.build();
    (file_name.to_string(), bytes)
}

/// The rules of these families that the wheel breaks, with what was said.
fn findings((file_name, bytes): (String, Vec<u8>)) -> Vec<(&'static str, String)> {
    let verdict = checks::run(&judge(vec![Candidate::of(&file_name, bytes)]));
    let found = verdict.report.findings().into_iter();
    let found = found
        .filter(|finding| ["macho/", "pe/", "abi/"].iter().any(|family| finding.check.starts_with(family)));
    found.map(|finding| (finding.check, finding.message.clone())).collect()
}

/// Asserts which rules a wheel breaks.
fn breaks(tags: &str, members: &[(&str, Vec<u8>)], expected: &[&str]) {
    let findings = findings(wheel(tags, members));
    let found: BTreeSet<&str> = findings.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(found, expected.iter().copied().collect(), "{tags}: {findings:#?}");
}

const SO: &str = "sample/_native.cpython-313-darwin.so";
const STABLE_SO: &str = "sample/_native.abi3.so";
const PYD: &str = "sample/_native.cp313-win_amd64.pyd";

#[test]
fn good_wheels_for_apples_systems_break_nothing() {
    let both = fat(&[intel(|_| {}), macho(|_| {})]);
    breaks("cp313-cp313-macosx_10_9_universal2", &[(SO, both)], &[]);
    let old = intel(|module| module.systems = vec![SystemCommand::OldestMacOs((10, 9))]);
    breaks("cp313-cp313-macosx_10_9_x86_64", &[(SO, old)], &[]);
    let unsigned = intel(|module| module.signing = Signing::Absent);
    breaks("cp313-cp313-macosx_10_9_intel", &[(SO, unsigned)], &[]);
    let phone = macho(|module| {
        module.systems = vec![SystemCommand::Build(2, (13, 0))];
        module.signing = Signing::Absent;
        module.libraries.push("@rpath/Python.framework/Python");
    });
    breaks("cp313-cp313-ios_13_0_arm64_iphoneos", &[("sample/_native.cpython-313-iphoneos.so", phone)], &[]);
    let simulator = intel(|module| module.systems = vec![SystemCommand::OldestIos((13, 0))]);
    breaks("cp313-cp313-ios_13_0_x86_64_iphonesimulator", &[("sample/_native.so", simulator)], &[]);
    let zippered = macho(|module| module.systems.push(SystemCommand::Build(6, (14, 0))));
    breaks("cp313-cp313-macosx_11_0_arm64", &[(SO, zippered)], &[]);
    breaks("cp311-abi3-macosx_11_0_arm64", &[(STABLE_SO, macho(|_| {}))], &[]);
}

#[test]
fn libraries_are_found_where_the_loader_finds_them() {
    let library = || macho(|module| module.exported = "lmdb".to_owned());
    let linked = |name: &'static str, path: &'static str| {
        macho(|module| {
            module.libraries.push(name);
            module.rpaths.push(path);
        })
    };
    let beside = |module: Vec<u8>| [(SO, module), ("sample/.dylibs/liblmdb.dylib", library())];
    let tags = "cp313-cp313-macosx_11_0_arm64";
    breaks(tags, &beside(linked("@rpath/liblmdb.dylib", "@loader_path/.dylibs")), &[]);
    breaks(tags, &beside(linked("@rpath/liblmdb.dylib", "@loader_path/../sample/.dylibs/")), &[]);
    breaks(tags, &beside(linked("@loader_path/.dylibs/liblmdb.dylib", "/usr/lib/swift")), &[]);
    let missing = &["macho/library-missing"];
    breaks(tags, &beside(linked("@rpath/liblmdb.dylib", "@loader_path/lib")), missing);
    breaks(tags, &beside(linked("@loader_path/../../../lib/liblmdb.dylib", "@loader_path")), missing);
    breaks(tags, &beside(linked("liblmdb.dylib", "@loader_path")), missing);
    breaks(tags, &beside(linked("/DLC/liblmdb.dylib", "@loader_path")), &["macho/foreign-library"]);
    breaks(tags, &beside(linked("/usr/lib/libz.1.dylib", "/opt/local/lib")), &["macho/rpath"]);
    breaks(
        tags,
        &[(SO, linked("/usr/local/lib/libpython3.13.dylib", "@loader_path"))],
        &["macho/python-linked"],
    );
    let weak = macho(|module| module.weak_libraries.push("/opt/homebrew/lib/libfast.dylib"));
    breaks(tags, &[(SO, weak)], &[]);
}

#[test]
fn slices_are_held_against_the_tag() {
    let thin = &[(SO, intel(|_| {}))];
    breaks("cp313-cp313-macosx_11_0_universal2", thin, &["macho/architecture"]);
    breaks("cp313-cp313-macosx_11_0_arm64", thin, &["macho/architecture"]);
    let new = fat(&[intel(|_| {}), macho(|module| module.systems = vec![SystemCommand::Build(1, (12, 1))])]);
    breaks("cp313-cp313-macosx_10_9_universal2", &[(SO, new.clone())], &["macho/too-new"]);
    breaks("cp313-cp313-macosx_12_0_universal2", &[(SO, new.clone())], &["macho/minor-too-new"]);
    breaks("cp313-cp313-macosx_13_0_arm64", &[(SO, new)], &["macho/extra-architecture"]);
    let needed = macho(|module| module.libraries.push("@loader_path/libtool.dylib"));
    let tool = || ("sample/libtool.dylib", intel(|module| module.exported = "tool".to_owned()));
    let tags = "cp313-cp313-macosx_11_0_arm64";
    breaks(tags, &[(SO, macho(|_| {})), tool()], &["macho/architecture-elsewhere"]);
    breaks(tags, &[(SO, needed), tool()], &["macho/architecture"]);
    for signing in [Signing::Absent, Signing::Malformed, Signing::Outdated] {
        breaks(tags, &[(SO, macho(|module| module.signing = signing))], &["macho/signature"]);
    }
    breaks(
        "cp313-cp313-manylinux_2_28_aarch64",
        &[("sample/_native.so", macho(|_| {}))],
        &["macho/foreign-module"],
    );
    breaks("cp313-cp313-manylinux_2_28_aarch64", &[("sample/data/tool.dylib", macho(|_| {}))], &[]);
}

#[test]
fn what_windows_loads_is_held_against_the_tag() {
    let tags = "cp313-cp313-win_amd64";
    let good = || dll("python313.dll", |_| {});
    breaks(tags, &[(PYD, good())], &[]);
    breaks("cp311-abi3-win_amd64", &[("sample/_native.pyd", dll("python3.dll", |_| {}))], &[]);
    breaks("cp311-abi3-win_amd64", &[("sample/_native.pyd", good())], &["pe/abi3-library"]);
    breaks(
        "cp313-cp313t-win_amd64",
        &[("sample/_native.cp313t-win_amd64.pyd", dll("python313t.dll", |_| {}))],
        &[],
    );
    breaks("cp313-cp313t-win_amd64", &[("sample/_native.pyd", good())], &["pe/python-version"]);
    breaks("cp315-abi3.abi3t-win_amd64", &[("sample/_native.pyd", dll("python3t.dll", |_| {}))], &[]);
    let abi3_name = "sample/_native.abi3.pyd";
    breaks("cp311-abi3-win_amd64", &[(abi3_name, dll("python3.dll", |_| {}))], &["pe/module-name"]);
    breaks(
        tags,
        &[("sample/_native.cp312-win_amd64.pyd", dll("python312.dll", |_| {}))],
        &["pe/module-name"],
    );
    let delayed = dll("python313.dll", |module| module.delayed.push(("codec.dll", vec!["open"])));
    let said = findings(wheel(tags, &[(PYD, delayed.clone())]));
    assert!(
        matches!(&said[..], [("pe/library-missing", text)] if text.contains("when it first uses it")),
        "{said:?}"
    );
    breaks(tags, &[(PYD, delayed.clone()), ("sample.libs/Codec.dll", good())], &[]);
    let other = dll("python313.dll", |module| module.machine = 0xaa64);
    breaks(tags, &[(PYD, delayed), ("sample.libs/codec.dll", other)], &["pe/machine"]);
    let debug = dll("python313_d.dll", |_| {});
    breaks(tags, &[(PYD, debug)], &["pe/debug-runtime"]);
    let loose = dll("python313.dll", |module| module.flags = 0x140);
    breaks(tags, &[(PYD, loose)], &["pe/defences"]);
    // What is loaded into other processes is nobody's mistake.
    let injected = dll("kernel32.dll", |module| {
        module.machine = 0xaa64;
        module.exported = "attach".to_owned();
    });
    breaks(tags, &[(PYD, good()), ("sample/attach_arm64.dll", injected)], &[]);
}

/// Wheels with the tag `abi3`, and what abi3audit says of them.
#[test]
fn abi3audit_says_the_same() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let names: [&[&str]; 4] = [
        &["PyLong_FromLong", "_Py_NoneStruct"],
        &["PyType_GetName", "PyBuffer_Release", "Py_IncRef"],
        &["_PyUnicode_Ready", "PyUnicode_AsUTF8", "PyExc_ValueError"],
        &["PyObject_GetBuffer", "_PyLong_Sign", "PyDict_GetItemRef"],
    ];
    let mut ours = BTreeMap::new();
    for (case, names) in names.iter().enumerate() {
        let apple = macho(|module| module.undefined.extend(*names));
        let both = fat(&[intel(|module| module.undefined.extend(*names)), macho(|_| {})]);
        let windows = dll("python3.dll", |module| module.imports[0].1.extend(*names));
        let made = [
            wheel("cp39-abi3-macosx_11_0_arm64", &[(STABLE_SO, apple)]),
            wheel("cp310-abi3-macosx_10_9_universal2", &[(STABLE_SO, both)]),
            wheel("cp311-abi3-win_amd64", &[("sample/_native.pyd", windows)]),
        ];
        for (file_name, bytes) in made {
            let file_name = file_name.replace("1.0", &format!("1.{case}"));
            std::fs::write(folder.path().join(&file_name), &bytes).expect("the folder is ours");
            ours.insert(file_name.clone(), findings((file_name, bytes)));
        }
    }
    let mut judge = python.command("python");
    judge.arg(root().join("tests/py/abi3_judge.py"));
    judge.args(ours.keys().map(|name| folder.path().join(name)));
    let theirs: Value =
        serde_json::from_str(&run(&mut judge).expect("abi3audit reads the wheels")).expect("JSON");
    let mut told = 0;
    for (file_name, ours) in ours {
        let quoted = |rule: &str| -> BTreeSet<String> {
            let messages = ours.iter().filter(|(found, _)| *found == rule);
            let parts = messages.flat_map(|(_, message)| message.split('`').skip(1).step_by(2));
            parts
                .filter(|name| name.starts_with("Py") || name.starts_with("_Py"))
                .map(str::to_owned)
                .collect()
        };
        let theirs = &theirs[&file_name];
        let foreign = theirs["foreign"].as_array().expect("a list");
        let foreign = foreign.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let newer = theirs["newer"].as_object().expect("an object").keys().cloned().collect();
        assert_eq!((quoted("abi/not-stable"), quoted("abi/too-new")), (foreign, newer), "{file_name}");
        told += ours.len();
    }
    assert!(told >= 9, "three of four cases are bad on each platform, not {told} wheels");
}

#[test]
fn delvewheel_takes_the_same_libraries_for_those_of_others() {
    let Some(python) = python() else { return };
    let tags = [
        "cp38-cp38-win_amd64",
        "cp39-cp39-win32",
        "cp313-cp313-win_amd64",
        "cp313-cp313t-win_arm64",
        "cp311-abi3-win_amd64",
        "cp38-abi3-win_amd64",
        "pp311-pypy311_pp73-win_amd64",
        "py3-none-win_amd64",
    ];
    let names = [
        "vcruntime140.dll",
        "vcruntime140_1.dll",
        "msvcp140.dll",
        "msvcr90.dll",
        "msvcr100.dll",
        "msvcrt.dll",
        "vcomp140.dll",
        "kernel32.dll",
        "combase.dll",
        "api-ms-win-crt-heap-l1-1-0.dll",
        "libssl-3-x64.dll",
        "winspool.drv",
        "opengl32.dll",
        "aadtb.dll",
        "bcryptprimitives.dll",
        "libpypy3.11-c.dll",
        "concrt140.dll",
    ];
    let mut judge = python.command("python");
    judge.arg(root().join("tests/py/dll_judge.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut judge = judge.spawn().expect("Python starts");
    let asked = json!({ "tags": tags, "names": names }).to_string();
    judge.stdin.take().expect("a pipe").write_all(asked.as_bytes()).expect("it listens");
    let output = judge.wait_with_output().expect("it ends");
    let theirs: BTreeMap<String, BTreeSet<String>> = serde_json::from_slice(&output.stdout).expect("JSON");
    for tags in tags {
        let machine = match tags.rsplit('-').next() {
            Some("win32") => 0x14c,
            Some("win_arm64") => 0xaa64,
            _ => 0x8664,
        };
        let module = dll("kernel32.dll", |module| {
            module.machine = machine;
            module.imports = names.map(|name| (name, vec!["function"])).to_vec();
        });
        let said = findings(wheel(tags, &[("sample/_native.pyd", module)]));
        let missing = said.iter().filter(|(rule, _)| *rule == "pe/library-missing");
        let missing = missing.filter_map(|(_, message)| message.split('`').nth(1)).map(str::to_owned);
        assert_eq!(missing.collect::<BTreeSet<_>>(), theirs[tags], "{tags}");
    }
}

#[test]
fn the_lists_are_those_of_the_pinned_packages() {
    let Some(python) = python() else { return };
    for (script, list) in [("abi3.py", "abi3.txt"), ("windows_dlls.py", "windows-dlls.txt")] {
        let written = run(python.command("python").arg(root().join("scripts").join(script)));
        let kept = std::fs::read_to_string(root().join("data").join(list)).expect("it is in the repository");
        assert!(
            written.expect("the script runs").trim() == kept.trim(),
            "data/{list} is not what {script} writes"
        );
    }
}

/// Reads a file of which only parts are held, as the reader of archives does.
fn read_in_parts(format: Format, bytes: &[u8]) -> (Result<Object, Broken>, usize) {
    let pass = |mut collector: Collector| -> Sparse {
        bytes.chunks(65_536).for_each(|chunk| collector.update(chunk));
        collector.finish()
    };
    let mut sparse = pass(Collector::ends_and(native::ahead(format, bytes), bytes.len() as u64));
    let mut passes = 1;
    loop {
        let read = native::read(format, &sparse);
        match sparse.wants_more() {
            Some(more) if passes < 6 => sparse = pass(more),
            _ => return (read, passes),
        }
        passes += 1;
    }
}

#[test]
fn a_long_file_is_read_in_few_passes_as_a_short_one_is() {
    let module = macho(|module| module.undefined.extend(["PyLong_AsLong", "Py_None"]));
    let mut long = intel(|_| {});
    long.resize(5 << 20, 0);
    let middle = fat(&[long.clone(), module, long]);
    let (read, passes) = read_in_parts(Format::MachO, &middle);
    assert_eq!(read, native::read(Format::MachO, &middle[..]));
    let Ok(Object::MachO(slices)) = read else { panic!("{read:?}") };
    assert_eq!((slices.len(), slices[1].python_undefined.len()), (3, 3));
    assert!(passes <= 5, "{passes} passes");

    let mut library = dll("python313.dll", |module| module.delayed.push(("codec.dll", vec!["open"])));
    library.resize(6 << 20, 0);
    let (read, passes) = read_in_parts(Format::Pe, &library);
    assert_eq!((&read, passes), (&native::read(Format::Pe, &library[..]), 1));
}

#[test]
fn a_file_that_says_that_it_has_countless_slices_is_refused_at_once() {
    for magic in [0xcafe_babe_u32, 0xcafe_babf] {
        let mut bytes = [magic.to_be_bytes(), 0x7fff_ffff_u32.to_be_bytes()].concat();
        bytes.resize(1 << 20, 0xff);
        assert!(native::read(Format::MachO, &bytes[..]).is_err());
    }
    let good = fat(&[intel(|_| {}), macho(|_| {})]);
    for (at, number) in [(16, 0xffff_0000_u32), (20, 0xffff_ffff), (36, 0x4000)] {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
        assert!(native::read(Format::MachO, &bytes[..]).is_err(), "{at}");
    }
}

#[test]
fn no_mutation_makes_a_reader_of_native_files_panic() {
    let mut numbers = Numbers(0x5851_f42d_4c95_7f2d);
    let apple = macho(|module| {
        module.libraries.push("@rpath/liblmdb.dylib");
        module.rpaths.push("@loader_path");
        module.object_files.push("/build/a.o");
    });
    let windows = dll("python313.dll", |module| module.delayed.push(("codec.dll", vec!["open"])));
    let files = [
        (Format::MachO, fat(&[intel(|_| {}), apple.clone()])),
        (Format::MachO, apple),
        (Format::Pe, windows),
    ];
    let mut whole = 0;
    for round in 0..6000 {
        let (format, good) = &files[round % files.len()];
        let mut bytes = good.clone();
        // The headers are a small part of the file, and where mistakes matter most.
        let headers = if round % 4 == 0 { bytes.len() } else { 0x400 };
        let mut head: Vec<u8> = bytes.drain(..headers).collect();
        numbers.mutate(&mut head);
        head.append(&mut bytes);
        whole += usize::from(native::read(*format, &head[..]).is_ok());
        if round % 16 == 0 {
            drop(read_in_parts(*format, &head));
        }
    }
    assert!(whole > 100 && whole < 5900, "{whole} of 6000 were still readable");
}
