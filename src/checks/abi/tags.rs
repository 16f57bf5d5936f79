//! The tag `abi3` against the interpreters beside it and the names of modules.

use super::super::{Check, Run, Sink};
use super::modules::{CPython, Suffix, exports, is_module, natives, suffix};
use crate::archive::build::WheelBuilder;
use crate::archive::build::native::{Extension, Interpreter, Machine, macho};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::report::{Rule, Severity};

const TAGS: &str = "platform compatibility tags";

/// The first Python with a stable ABI for interpreters without the global lock.
const FIRST_ABI3T: u8 = 15;

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "abi/module-name",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "An abi3 wheel has a module for one version of Python only",
            explain: "Of `module.cpython-313-darwin.so` and its like, Python imports those only that name its own \
                      version. In a wheel with the tag `abi3`, which is installed for all later versions, others do \
                      not find the module; a name with `.abi3.so`, on Windows `.pyd`, is found by all.",
            fix: "build the module as one of the limited API (`py_limited_api`), so that its name ends in `.abi3.so`",
            sources: &["PEP 3149", "PEP 384", TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: module_name,
            specimen: |wheel| specimen(wheel, ["cp39", "abi3"], "_native.cpython-39-darwin.so"),
        },
    },
    Check {
        rule: Rule {
            id: "abi/no-module",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "An abi3 wheel has no extension module",
            explain: "The tag `abi3` promises modules that use the stable ABI, and shuts out every interpreter but \
                      CPython. A wheel of programs or plain libraries fits any Python, and says so by `py3-none`.",
            fix: "tag a wheel without extension modules `py3-none` and its platform",
            sources: &[TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: no_module,
            specimen: |wheel| {
                *wheel = WheelBuilder::new("sample", "1.0", "cp39", "abi3", "macosx_11_0_arm64");
            },
        },
    },
    Check {
        rule: Rule {
            id: "abi/could-be-stable",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "All modules say that they use the stable ABI, and the wheel is for one Python only",
            explain: "Each module's name ends in `.abi3.so`, so that all later versions of Python could load it. The \
                      wheel's tags keep it from them: one wheel with the tag `abi3` would serve instead of one for \
                      each version.",
            fix: "tag the wheel `abi3` with the oldest Python (`py_limited_api` of the `bdist_wheel` command)",
            sources: &["PEP 384", TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: could_be_stable,
            specimen: |wheel| specimen(wheel, ["cp313", "cp313"], "_native.abi3.so"),
        },
    },
    Check {
        rule: Rule {
            id: "abi/free-threaded",
            severity: Severity::Error,
            rejected_by: &["pip", "uv"],
            summary: "The wheel's stable ABI is none of the interpreter beside it",
            explain: "Interpreters without the global lock do not load modules of `abi3`: objects look different \
                      there. Their stable ABI is `abi3t`, which begins with Python 3.15.",
            fix: "build a wheel for each interpreter without the global lock (`cp314-cp314t`), or `abi3t` from 3.15 on",
            sources: &["PEP 703", "PEP 803", TAGS],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: free_threaded,
            specimen: |wheel| specimen(wheel, ["cp313t", "abi3"], "_native.abi3.so"),
        },
    },
];

fn specimen(wheel: &mut WheelBuilder, [python, abi]: [&str; 2], file: &str) {
    *wheel = WheelBuilder::new("sample", "1.0", python, abi, "macosx_11_0_arm64");
    let extension =
        Extension { name: "_native", machine: Machine::Aarch64, interpreter: Interpreter::CPython };
    wheel.native_member(&format!("sample/{file}"), macho::module(&extension, (11, 0)));
}

fn abis(wheel: &WheelFile) -> &[String] {
    wheel.name.as_ref().map(crate::model::wheel_name::WheelName::abi).unwrap_or_default()
}

/// Each extension module: its path, and what its name says.
fn modules(wheel: &WheelFile) -> Vec<(&str, Option<Suffix<'_>>)> {
    let all = natives(wheel).filter(|(member, native)| {
        let exports: Vec<String> =
            native.as_ref().map(|object| exports(object).into_iter().cloned().collect()).unwrap_or_default();
        is_module(&member.path, &exports)
    });
    all.map(|(member, _)| (member.path.as_str(), suffix(&member.path))).collect()
}

fn module_name(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if !super::modules::is_stable_only(wheel) {
        return;
    }
    for (path, suffix) in modules(wheel) {
        if let Some(Suffix::Tagged(tag)) = suffix {
            let tag = shown(tag);
            sink.at(
                path,
                format_args!(
                    "the wheel has the tag `abi3`, and the module is for `{}` only",
                    tag.escape_debug()
                ),
            );
        }
    }
}

fn no_module(wheel: &WheelFile, sink: &mut Sink<'_>) {
    // What cannot be read may be one: any file that is called like a module counts.
    let called_so = |path: &str| suffix(path).is_some();
    if super::modules::is_stable_only(wheel)
        && modules(wheel).is_empty()
        && !wheel.zip.members.iter().any(|member| called_so(&member.path))
    {
        sink.emit("the wheel has the tag `abi3`, and no member is an extension module");
    }
}

fn could_be_stable(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let [abi] = abis(wheel) else { return };
    // Without the global lock, the stable ABI comes later.
    let Some(CPython { free_threaded: false, .. }) = CPython::of_tag(abi) else { return };
    let modules = modules(wheel);
    if !modules.is_empty() && modules.iter().all(|(_, suffix)| *suffix == Some(Suffix::Stable)) {
        sink.emit(format_args!(
            "the wheel has the tag `{abi}`, and all its modules ({}) are called `.abi3.so`",
            modules.len()
        ));
    }
}

fn free_threaded(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Ok(name) = &wheel.name else { return };
    for (tag, python) in name.python().iter().filter_map(|tag| Some((tag, CPython::of_tag(tag)?))) {
        for abi in name.abi() {
            if abi == "abi3" && python.free_threaded {
                sink.emit(format_args!(
                    "the tag `{tag}-abi3`: `{tag}` has no global lock, and does not load modules of `abi3`"
                ));
            } else if abi == "abi3t" && python.minor < FIRST_ABI3T {
                sink.emit(format_args!("the tag `{tag}-abi3t`: `abi3t` begins with Python 3.{FIRST_ABI3T}"));
            }
        }
    }
}
