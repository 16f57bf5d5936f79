//! The names of modules, and the function that the interpreter looks for.

use super::platform::judged;
use super::{Check, Run, SPECIMEN, Sink, for_linux, listed, with};
use crate::archive::wheel::WheelFile;
use crate::report::{Rule, Severity};

const IMPORT: &str = "PEP 3149, ABI version tagged .so files";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "elf/module-suffix",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a module's file name is for another interpreter or processor than the wheel's tags",
            explain: "Interpreters import a module only if its suffix is theirs (`.cpython-313-x86_64-linux-gnu.so`) \
                      or says nothing. A module for another one is there in vain.",
            fix: "build each wheel in a clean folder with the interpreter that it is for",
            sources: &[IMPORT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: module_suffix,
            specimen: |wheel| {
                for_linux(wheel);
                let module = with(&SPECIMEN, |_| {});
                wheel.native_member("sample/_speedups.cpython-311-x86_64-linux-gnu.so", module);
            },
        },
    },
    Check {
        rule: Rule {
            id: "elf/init-function",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "a module lacks the function that the interpreter looks for",
            explain: "`import a` calls `PyInit_a` of the file; from Python 3.15 on also `PyModExport_a`, and CFFI \
                      has its own for `PyPy`. Without it the import fails. Renamed files lack it.",
            fix: "name the file as the module calls itself, and export its `PyInit_…`",
            sources: &["PEP 489, multi-phase extension module initialization"],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: init_function,
            specimen: |wheel| {
                for_linux(wheel);
                let module = with(&SPECIMEN, |_| {});
                wheel.native_member("sample/_renamed.cpython-312-x86_64-linux-gnu.so", module);
            },
        },
    },
];

/// What stands between a module's name and `.so`, if it is of an interpreter.
pub(super) fn suffix(file_name: &str) -> Option<&str> {
    let (_, suffix) = file_name.strip_suffix(".so")?.split_once('.')?;
    let tag = suffix.rsplit('.').next().unwrap_or_default();
    let is_tag = tag == "abi3" || tag == "abi3t" || tag.starts_with("cpython-") || tag.starts_with("pypy");
    is_tag.then_some(tag)
}

/// The Python tag that a suffix stands for: `cp313` and whether it is free-threaded, `pp311`.
fn python_tag(suffix: &str) -> Option<(String, bool)> {
    let (interpreter, rest) = suffix
        .strip_prefix("cpython-")
        .map(|rest| ("cp", rest))
        .or_else(|| Some(("pp", suffix.strip_prefix("pypy")?)))?;
    let abi = rest.split('-').next().unwrap_or_default();
    let end = abi.find(|c: char| !c.is_ascii_digit()).unwrap_or(abi.len());
    let (digits, flags) = abi.split_at(end);
    (digits.len() >= 2).then(|| (format!("{interpreter}{digits}"), flags.contains('t')))
}

/// The processor that a suffix names, as platform tags call it; 32-bit ARM and x86 have many names.
fn processor(suffix: &str) -> Option<&'static str> {
    let name = suffix.splitn(3, '-').nth(2)?.split('-').next()?;
    Some(match name {
        "x86_64" => "x86_64",
        "i386" | "i686" => "i686",
        "aarch64" => "aarch64",
        "arm" => "armv7l",
        "powerpc64le" => "ppc64le",
        "s390x" => "s390x",
        "riscv64" => "riscv64",
        "loongarch64" => "loongarch64",
        _ => return None,
    })
}

fn module_suffix(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Ok(name) = &wheel.name else { return };
    // Wheels for many interpreters may have modules for each.
    let is_for_one = name.python().iter().all(|tag| tag.starts_with("cp") || tag.starts_with("pp"))
        && !name.abi().iter().any(|abi| abi.starts_with("abi3") || abi == "none");
    for (object, platform) in judged(wheel) {
        let Some(suffix) = suffix(object.file_name()) else { continue };
        if let Some((python, is_threaded)) = python_tag(suffix).filter(|_| is_for_one) {
            let threaded = |abi: &String| abi.starts_with("cp") && abi.ends_with('t');
            let fits = name.python().contains(&python)
                && (!python.starts_with("cp") || name.abi().iter().any(|abi| threaded(abi) == is_threaded));
            if !fits {
                let tags = format!("{}-{}", name.python().join("."), name.abi().join("."));
                sink.at(
                    object.path,
                    format_args!(
                        "it is a module for {}, and the wheel for {}",
                        listed([suffix]),
                        listed([&*tags])
                    ),
                );
                continue;
            }
        }
        let is_android = platform.family == super::policy::Family::Android;
        if let Some(processor) =
            processor(suffix).filter(|processor| !is_android && *processor != platform.architecture)
        {
            sink.at(
                object.path,
                format_args!("its name says {processor}, and it is for {}", platform.architecture),
            );
        }
    }
}

fn init_function(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (object, _) in judged(wheel) {
        let name = object.file_name();
        let Some(module) = suffix(name).and_then(|_| name.split('.').next()) else { continue };
        // Other than ASCII is written in another way there.
        let mut starts = ["PyInit_", "PyModExport_", "_cffi_pypyinit_"].iter();
        let exports = &object.elf.python_exports;
        let is_there = |start: &str| exports.contains(&format!("{start}{module}"));
        if module.is_ascii() && !module.starts_with("lib") && !starts.any(|start| is_there(start)) {
            let has = if exports.is_empty() {
                "nothing like it".to_owned()
            } else {
                listed(exports.iter().map(String::as_str))
            };
            sink.at(
                object.path,
                format_args!("it exports no {}, but {has}", listed([&*format!("PyInit_{module}")])),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_name_interpreter_and_processor() {
        for (file, python, cpu) in [
            ("a.cpython-313-x86_64-linux-gnu.so", Some(("cp313", false)), Some("x86_64")),
            ("a.cpython-313t-aarch64-linux-gnu.so", Some(("cp313", true)), Some("aarch64")),
            ("a.cpython-37m-i386-linux-gnu.so", Some(("cp37", false)), Some("i686")),
            ("a.pypy311-pp73-x86_64-linux-gnu.so", Some(("pp311", false)), Some("x86_64")),
            ("a.abi3.so", None, None),
        ] {
            let suffix = suffix(file).unwrap_or_else(|| panic!("{file}"));
            assert_eq!(
                python_tag(suffix),
                python.map(|(tag, threaded)| (tag.to_owned(), threaded)),
                "{file}"
            );
            assert_eq!(processor(suffix), cpu, "{file}");
        }
        assert_eq!(["libz.so", "a.so", "libz.abi3.so.6", "a.b.so"].map(suffix), [None; 4]);
    }
}
