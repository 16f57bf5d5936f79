//! ELF files: which platform a wheel supports, held to `auditwheel`, and what broken ones do.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::archive::Numbers;
use crate::support::corpus::zlmdb;
use crate::support::tools::{python, run};
use crate::support::workflow_files::root;
use release_action::archive::Limits;
use release_action::archive::build::WheelBuilder;
use release_action::archive::build::native::elf::{Demands, Glibc, module_with, program};
use release_action::archive::build::native::{Extension, Interpreter, Machine};
use release_action::checks::{self, Dist};
use release_action::native::elf::read;

const EXTENSION: Extension<'_> =
    Extension { name: "_speedups", machine: Machine::X86_64, interpreter: Interpreter::CPython };
const MODULE: &str = "sample/_speedups.cpython-312-x86_64-linux-gnu.so";

/// A wheel of this version, whose module has these demands.
fn wheel(version: &str, platform: &str, demands: &Demands<'_>) -> WheelBuilder {
    let mut wheel = WheelBuilder::new("sample", version, "cp312", "cp312", platform);
    let machine = if platform.ends_with("aarch64") { Machine::Aarch64 } else { Machine::X86_64 };
    wheel.native_member(MODULE, module_with(&Extension { machine, ..EXTENSION }, demands));
    wheel
}

/// A bundled library that needs nothing but an old C library.
fn bundled() -> Vec<u8> {
    let libraries = vec![("libc.so.6", vec!["GLIBC_2.2.5"])];
    module_with(
        &EXTENSION,
        &Demands { soname: Some("libfoo-0a1b2c3d.so.1"), libraries, ..Demands::default() },
    )
}

/// Wheels that differ in what decides their platform, each with the answer.
fn wheels() -> Vec<(WheelBuilder, &'static str)> {
    let mut wheels = Vec::new();
    let mut add = |platform: &str, answer, edit: &dyn Fn(&mut Demands<'_>)| {
        let mut demands = Demands::glibc(Glibc::V2_28);
        edit(&mut demands);
        wheels.push((wheel(&format!("1.{}", wheels.len()), platform, &demands), answer));
    };
    let x86 = "manylinux_2_28_x86_64";
    let plain = |libraries: Vec<(&'static str, Vec<&'static str>)>| {
        move |demands: &mut Demands<'_>| {
            demands.libraries.clone_from(&libraries);
            demands.functions.clear();
        }
    };
    add(x86, "manylinux_2_28_x86_64", &|_| {});
    add("linux_x86_64", "manylinux_2_28_x86_64", &|_| {});
    add(x86, "manylinux_2_5_x86_64", &plain(vec![("libc.so.6", vec!["GLIBC_2.2.5"])]));
    add(x86, "manylinux_2_34_x86_64", &plain(vec![("libc.so.6", vec!["GLIBC_2.2.5", "GLIBC_2.34"])]));
    add(x86, "manylinux_2_36_x86_64", &plain(vec![("libc.so.6", vec!["GLIBC_2.2.5", "GLIBC_ABI_DT_RELR"])]));
    add(x86, "linux_x86_64", &plain(vec![("libc.so.6", vec!["GLIBC_PRIVATE"])]));
    add(x86, "manylinux_2_5_x86_64", &plain(vec![("libc.so.6", vec!["GLIBC_2.2.5"]), ("libz.so.1", vec![])]));
    add(x86, "manylinux_2_12_x86_64", &plain(vec![("libc.so.6", vec![]), ("libexpat.so.1", vec![])]));
    add(x86, "manylinux_2_24_x86_64", &plain(vec![("libc.so.6", vec![]), ("libmvec.so.1", vec![])]));
    add(
        x86,
        "manylinux_2_17_x86_64",
        &plain(vec![("libc.so.6", vec![]), ("libstdc++.so.6", vec!["CXXABI_TM_1"])]),
    );
    add(
        x86,
        "manylinux_2_5_x86_64",
        &plain(vec![("libc.so.6", vec![]), ("ld-linux-x86-64.so.2", vec!["GLIBC_2.35"])]),
    );
    add("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", &plain(vec![("libc.so.6", vec!["GLIBC_2.18"])]));
    add("musllinux_1_2_x86_64", "musllinux_1_2_x86_64", &plain(vec![("libc.musl-x86_64.so.1", vec![])]));
    add(
        "musllinux_1_2_x86_64",
        "linux_x86_64",
        &plain(vec![("libc.musl-x86_64.so.1", vec![]), ("libfoo.so", vec![])]),
    );
    add(x86, "linux_x86_64", &|demands| demands.libraries.push(("libfoo.so.1", vec![])));
    add(x86, "linux_x86_64", &|demands| demands.libraries.push(("libpython3.12.so.1.0", vec![])));
    add(x86, "linux_x86_64", &|demands| demands.functions.push(("PyFPE_jbuf", None)));
    add(x86, "manylinux_2_28_x86_64", &|demands| demands.x86_isa = Some(1));
    add(x86, "linux_x86_64", &|demands| demands.x86_isa = Some(1 | 2 | 4));
    add(x86, "linux_x86_64", &|demands| {
        demands.libraries.push(("libz.so.1", vec![]));
        demands.functions.push(("zcalloc", None));
    });
    add(x86, "manylinux_2_24_x86_64", &|demands| {
        demands.libraries = vec![("libc.so.6", vec!["GLIBC_2.17"])];
        demands.functions = vec![("__cxa_thread_atexit_impl", None)];
    });
    for (runpath, answer) in [
        (Some("$ORIGIN/../sample.libs"), "manylinux_2_28_x86_64"),
        (Some("${ORIGIN}/nowhere:$ORIGIN/.././sample.libs/"), "manylinux_2_28_x86_64"),
        (Some("$ORIGIN/elsewhere"), "linux_x86_64"),
        (None, "linux_x86_64"),
    ] {
        add(x86, answer, &|demands| {
            demands.libraries.push(("libfoo-0a1b2c3d.so.1", vec![]));
            demands.runpath = runpath;
        });
    }
    for (wheel, _) in wheels.iter_mut().rev().take(4) {
        wheel.native_member("sample.libs/libfoo-0a1b2c3d.so.1", bundled());
    }
    wheels
}

fn actual_platform(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).expect("it is there");
    let name = path.file_name().and_then(|name| name.to_str()).expect("names are ASCII");
    match Dist::read(name, &bytes, &Limits::default()) {
        Dist::Wheel(wheel) => checks::actual_platform(&wheel),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_platform_is_the_one_that_auditwheel_finds() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut paths = Vec::new();
    let mut expected = BTreeMap::new();
    for (wheel, answer) in wheels() {
        let (name, bytes) = wheel.build();
        let path = folder.path().join(name.as_str());
        std::fs::write(&path, bytes).expect("a temporary folder can be written to");
        assert_eq!(actual_platform(&path).as_deref(), Some(answer), "{name}");
        expected.insert(name.to_string(), answer.to_owned());
        paths.push(path);
    }
    if let Some(corpus) = zlmdb() {
        for pin in corpus.files.iter().filter(|pin| pin.file.contains("linux")) {
            let path = corpus.folder.join(&pin.file);
            expected.insert(pin.file.clone(), actual_platform(&path).expect("it has modules"));
            paths.push(path);
        }
    }
    let Some(python) = python() else { return };
    let script = root().join("tests/py/auditwheel_show.py");
    let said = run(python.command("python").arg(script).args(&paths)).expect("auditwheel comes to its end");
    let said: BTreeMap<String, String> = serde_json::from_str(&said).expect("the script prints one object");
    assert_eq!(said, expected);
}

/// Musl's own linker calls its library so, and so do modules that Rust makes. `auditwheel` looks for a file of that
/// name on the machine that it runs on.
#[test]
fn musl_has_a_second_name() {
    let libraries = vec![("libc.so", Vec::new())];
    let demands = Demands { libraries, ..Demands::default() };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (tag, answer) in [
        ("musllinux_1_1_x86_64", Some("musllinux_1_1_x86_64")),
        ("linux_x86_64", Some("musllinux_1_2_x86_64")),
        ("manylinux_2_28_x86_64", None),
    ] {
        let (name, bytes) = wheel("1.0", tag, &demands).build();
        let path = folder.path().join(name.as_str());
        std::fs::write(&path, bytes).expect("a temporary folder can be written to");
        assert_eq!(actual_platform(&path).as_deref(), answer, "{tag}");
    }
}

/// What is found by the rules about native files.
fn findings(wheel: &WheelBuilder) -> Vec<&'static str> {
    let (name, bytes) = wheel.build();
    let dist = Dist::read(name.as_str(), &bytes, &Limits::default());
    let report = checks::run(std::slice::from_ref(&dist)).report;
    let ids = report.findings().into_iter().map(|finding| finding.check);
    ids.filter(|id| !id.starts_with("contents/")).collect()
}

#[test]
fn what_lies_beside_modules_is_no_reason_for_an_alarm() {
    let mut good = wheel("1.0", "manylinux_2_28_x86_64", &Demands::glibc(Glibc::V2_28));
    let foreign = Extension { machine: Machine::Aarch64, ..EXTENSION };
    let without_init = Demands { libraries: vec![("libc.so", Vec::new())], ..Demands::default() };
    let mut helper = module_with(&foreign, &without_init);
    let init = helper.windows(7).position(|part| part == b"PyInit_").expect("it has one");
    helper[init] = b'X';
    let mut linked_later = module_with(&EXTENSION, &Demands::glibc(Glibc::V2_34));
    linked_later[16] = 1;
    good.native_member("sample/tool", program("tool 1.0\n"))
        .native_member("sample/helpers/attach-aarch64.so", helper)
        .member("sample/code.o", linked_later.clone())
        .member("sample/module.ko", linked_later)
        .member("sample/libscript.so", "GROUP ( libc.so.6 )\n")
        .member("sample/tests/truncated.elf", b"\x7fELF\x02\x01".to_vec());
    assert_eq!(findings(&good), [""; 0]);
}

#[test]
fn libraries_of_another_distribution_are_found_beside_this_one() {
    let mut demands = Demands::glibc(Glibc::V2_28);
    demands.libraries.push(("libcublas.so.12", Vec::new()));
    demands.rpath = Some("$ORIGIN/../nvidia/cublas/lib");
    let mut wheel = wheel("1.0", "manylinux_2_28_x86_64", &demands);
    assert_eq!(findings(&wheel), ["elf/external-library"], "nothing brings it");
    wheel.add_metadata("Requires-Dist", "nvidia-cublas-cu12");
    assert_eq!(findings(&wheel), [""; 0]);
    demands.rpath = Some("$ORIGIN/../sample.libs");
    wheel.native_member(MODULE, module_with(&EXTENSION, &demands));
    assert_eq!(findings(&wheel), ["elf/external-library"], "its own folder was forgotten");
}

#[test]
fn no_mutation_of_a_native_file_does_harm() {
    let demands = Demands {
        rpath: Some("$ORIGIN"),
        x86_isa: Some(1),
        debug: Some("int main"),
        ..Demands::glibc(Glibc::V2_28)
    };
    let good = module_with(&EXTENSION, &demands);
    let mut numbers = Numbers(0x0fed_cba9_8765_4321);
    let begin = Instant::now();
    let mut broken = 0;
    for _ in 0..20_000 {
        let mut bytes = good.clone();
        numbers.mutate(&mut bytes);
        broken += usize::from(read(&*bytes).is_err());
    }
    assert!(broken > 1000, "the mutations hit what matters: {broken}");
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}
