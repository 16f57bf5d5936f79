//! Modules that promise to use nothing but the stable ABI.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::super::{Check, Run, Sink};
use super::modules::{CPython, Suffix, natives, suffix};
use crate::archive::build::WheelBuilder;
use crate::archive::build::native::{Extension, Interpreter, Machine, macho};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::native::Object;
use crate::report::{Rule, Severity};

const STABLE_ABI: &str = "CPython documentation, C API stability: contents of the limited API";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "abi/not-stable",
            severity: Severity::Error,
            rejected_by: &["abi3audit"],
            summary: "A module of an abi3 wheel uses what is not in the stable ABI",
            explain: "A wheel with the tag `abi3` is installed for all later versions of Python. What is not in the \
                      stable ABI may be missing there or mean something else, and then the import fails or the \
                      process dies.",
            fix: "define `Py_LIMITED_API` for every source of the module, or build a wheel for each Python",
            sources: &[STABLE_ABI, "abi3info"],
            since: "0.1.0",
        },
        run: Run::Wheel { check: not_stable, specimen: |wheel| specimen(wheel, "_PyUnicode_Ready") },
    },
    Check {
        rule: Rule {
            id: "abi/too-new",
            severity: Severity::Error,
            rejected_by: &["abi3audit"],
            summary: "A module uses a part of the stable ABI that its oldest Python has not",
            explain: "The stable ABI grows. The wheel's Python tag names the oldest version that it is installed for, \
                      and there the import fails with an undefined symbol.",
            fix: "set `Py_LIMITED_API` to the version of the wheel's Python tag, or raise the tag",
            sources: &[STABLE_ABI, "abi3info"],
            since: "0.1.0",
        },
        run: Run::Wheel { check: too_new, specimen: |wheel| specimen(wheel, "PyType_GetName") },
    },
];

fn specimen(wheel: &mut WheelBuilder, name: &str) {
    *wheel = WheelBuilder::new("sample", "1.0", "cp39", "abi3", "macosx_11_0_arm64");
    let extension =
        Extension { name: "_native", machine: Machine::Aarch64, interpreter: Interpreter::CPython };
    let mut module = macho::Module::new(&extension, (11, 0));
    module.undefined.push(name);
    wheel.native_member("sample/_native.abi3.so", module.bytes());
}

/// Each name of the stable ABI, with the minor version of the Python 3 that first had it.
static STABLE: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| {
    let rows = include_str!("../../../data/abi3.txt").lines().filter(|line| !line.starts_with('#'));
    let entries = rows.filter_map(|row| row.split_once(' '));
    entries.filter_map(|(name, added)| Some((name, added.parse().ok()?))).collect()
});

/// The oldest Python that the wheel is installed for because of its `abi3`.
fn baseline(wheel: &WheelFile) -> Option<u8> {
    let name = wheel.name.as_ref().ok().filter(|name| name.abi().iter().any(|abi| abi == "abi3"))?;
    name.python().iter().filter_map(|tag| CPython::of_tag(tag)).map(|python| python.minor).min()
}

/// Calls `tell` with each native file that shall be stable and the names of Python's that it uses.
fn each_use(wheel: &WheelFile, mut tell: impl FnMut(&str, BTreeSet<&str>)) {
    for (member, native) in natives(wheel) {
        // A module for one version is not loaded by others, whatever the wheel says.
        let Ok(object) = native else { continue };
        if matches!(suffix(&member.path), Some(Suffix::Tagged(_))) {
            continue;
        }
        let names: BTreeSet<&str> = match object {
            Object::Elf(elf) => elf.python_undefined.iter().map(String::as_str).collect(),
            Object::MachO(slices) => {
                slices.iter().flat_map(|slice| &slice.python_undefined).map(String::as_str).collect()
            }
            Object::Pe(pe) => {
                pe.imports.iter().flat_map(|import| &import.python_names).map(String::as_str).collect()
            }
        };
        let pythons = |name: &&str| name.starts_with("Py") || name.starts_with("_Py");
        tell(&member.path, names.into_iter().filter(pythons).collect());
    }
}

/// So many names are told of a file.
const MOST_TOLD: usize = 8;

/// Names in one sentence.
fn told(names: &[String]) -> String {
    let mut text = names.iter().take(MOST_TOLD).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > MOST_TOLD {
        text += &format!(" and {} more", names.len() - MOST_TOLD);
    }
    text
}

fn not_stable(wheel: &WheelFile, sink: &mut Sink<'_>) {
    if baseline(wheel).is_none() {
        return;
    }
    each_use(wheel, |member, names| {
        let is_foreign = |name: &&str| !STABLE.contains_key(name) && !name.starts_with("PyInit_");
        let foreign: Vec<String> = names
            .into_iter()
            .filter(is_foreign)
            .map(|name| format!("`{}`", shown(name).escape_debug()))
            .collect();
        if !foreign.is_empty() {
            sink.at(
                member,
                format_args!("the wheel has the tag `abi3`, and not in the stable ABI: {}", told(&foreign)),
            );
        }
    });
}

fn too_new(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Some(baseline) = baseline(wheel) else { return };
    each_use(wheel, |member, names| {
        let newer = names.into_iter().filter_map(|name| Some((name, *STABLE.get(name)?)));
        let newer: Vec<String> = newer
            .filter(|(_, added)| *added > baseline)
            .map(|(name, added)| format!("`{name}` (3.{added})"))
            .collect();
        if !newer.is_empty() {
            sink.at(
                member,
                format_args!(
                    "the wheel is installed from Python 3.{baseline} on, and newer: {}",
                    told(&newer)
                ),
            );
        }
    });
}
