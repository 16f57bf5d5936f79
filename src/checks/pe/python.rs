//! The interpreter's library, and names of modules.

use super::super::abi::modules::{CPython, Suffix, is_module, is_stable_only, suffix};
use super::super::{Check, Run, Sink};
use super::{FORMAT, files, specimen};
use crate::archive::shown;
use crate::archive::wheel::WheelFile;
use crate::native::pe::Pe;
use crate::report::{Rule, Severity};

const WINDOWS_PYTHON: &str = "CPython documentation, extending on Windows";

pub(super) const CHECKS: &[Check] = &[
    Check {
        rule: Rule {
            id: "pe/python-version",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "A file needs the library of another Python than the wheel's tag",
            explain: "On Windows a module names the interpreter's library: `python313.dll`, or `python313t.dll` \
                      without the global lock. An interpreter of another version does not bring it, and the import \
                      fails with `DLL load failed`, or a second interpreter is loaded into the process.",
            fix: "build the module with the headers and the import library of the Python that the tag names",
            sources: &[WINDOWS_PYTHON, FORMAT],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: python_version,
            specimen: |wheel| {
                specimen(wheel, ["cp313", "cp313"], "_native.cp313-win_amd64.pyd", |module| {
                    module.imports[0].0 = "python312.dll";
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "pe/abi3-library",
            severity: Severity::Error,
            rejected_by: &[],
            summary: "A module of an abi3 wheel needs the library of one version of Python",
            explain: "Modules of the stable ABI take all from `python3.dll`, which every version has. With \
                      `python313.dll` the module loads into Python 3.13 only, whatever functions it uses, and the \
                      wheel's tag `abi3` promises all later versions.",
            fix: "define `Py_LIMITED_API` for every source, and link `python3.lib`",
            sources: &["PEP 384", WINDOWS_PYTHON],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: abi3_library,
            specimen: |wheel| {
                specimen(wheel, ["cp313", "abi3"], "_native.pyd", |module| {
                    module.imports[0].0 = "python313.dll";
                });
            },
        },
    },
    Check {
        rule: Rule {
            id: "pe/module-name",
            severity: Severity::Warning,
            rejected_by: &[],
            summary: "A module's file name fits none of the wheel's tags",
            explain: "Python on Windows imports `module.cp313-win_amd64.pyd` with its own version and platform in the \
                      name, and `module.pyd`. Others are not found, and `.abi3.pyd` is a name of other systems.",
            fix: "let the build backend name the module, and build it with the Python that the tag names",
            sources: &["PEP 3149", WINDOWS_PYTHON],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: module_name,
            specimen: |wheel| specimen(wheel, ["cp313", "cp313"], "_native.cp313-win32.pyd", |_| {}),
        },
    },
    Check {
        rule: Rule {
            id: "pe/could-be-stable",
            severity: Severity::Info,
            rejected_by: &[],
            summary: "All modules need `python3.dll` only, and the wheel is for one Python",
            explain: "`python3.dll` has the stable ABI, and the modules were compiled for it. On Windows one wheel \
                      with the tag `abi3` would serve all later versions of Python.",
            fix: "tag the wheel `abi3` with the oldest Python, if modules on other systems keep to the limited API too",
            sources: &["PEP 384", WINDOWS_PYTHON],
            since: "0.1.0",
        },
        run: Run::Wheel {
            check: could_be_stable,
            specimen: |wheel| {
                specimen(wheel, ["cp313", "cp313"], "_native.cp313-win_amd64.pyd", |module| {
                    module.imports[0].0 = "python3.dll";
                });
            },
        },
    },
];

/// The interpreter that a library of `CPython`'s belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Dll {
    /// The version; none for the stable ABI.
    minor: Option<u8>,
    free_threaded: bool,
}

impl Dll {
    /// Reads `python313t.dll`; nothing when it is no library of `CPython` 3.
    fn of(library: &str) -> Option<Self> {
        let name = library.to_ascii_lowercase();
        let stem = name.strip_prefix("python3")?.strip_suffix(".dll")?;
        let stem = stem.strip_suffix("_d").unwrap_or(stem);
        let digits = stem.strip_suffix('t').unwrap_or(stem);
        let minor = if digits.is_empty() { None } else { Some(digits.parse().ok()?) };
        Some(Self { minor, free_threaded: digits.len() < stem.len() })
    }

    /// Whether an interpreter with this ABI tag brings it.
    fn is_of(self, abi: &str) -> bool {
        match CPython::of_tag(abi) {
            Some(python) => match self.minor {
                Some(minor) => (minor, self.free_threaded) == (python.minor, python.free_threaded),
                // From 3.15 on there is a stable ABI for both.
                None => self.free_threaded == python.free_threaded || python.minor >= 15,
            },
            None => match abi {
                "abi3" => self.minor.is_none() && !self.free_threaded,
                "abi3t" => self.minor.is_none(),
                _ => false,
            },
        }
    }
}

/// The libraries of `CPython` that a file needs.
fn dlls(pe: &Pe) -> impl Iterator<Item = (&str, Dll)> {
    pe.imports.iter().filter_map(|import| Some((import.library.as_str(), Dll::of(&import.library)?)))
}

/// The ABIs for which a file is loaded: that of its name, else those of the wheel's tags; none when nobody says.
fn loaded_for(wheel: &WheelFile, path: &str) -> Vec<String> {
    let Ok(name) = &wheel.name else { return Vec::new() };
    if let Some(Suffix::Tagged(tag)) = suffix(path) {
        return tag.split('-').next().filter(|tag| CPython::of_tag(tag).is_some()).map_or_else(Vec::new, own);
    }
    let is_none = |abi: &String| abi == "none";
    let abis = if name.abi().iter().any(is_none) { name.python() } else { name.abi() };
    if abis.iter().any(|abi| abi.starts_with("py") && !abi.starts_with("pypy")) {
        return Vec::new();
    }
    abis.to_vec()
}

fn own(tag: &str) -> Vec<String> {
    vec![tag.to_owned()]
}

fn python_version(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, pe) in files(wheel).filter(|_| !is_stable_only(wheel)) {
        let abis = loaded_for(wheel, &member.path);
        for (library, dll) in dlls(pe) {
            if !abis.is_empty() && !abis.iter().any(|abi| dll.is_of(abi)) {
                let (library, abis) = (shown(library), abis.join(", "));
                let message =
                    format!("it needs `{}`, and is loaded for {}", library.escape_debug(), shown(&abis));
                sink.at(&member.path, message);
            }
        }
    }
}

fn abi3_library(wheel: &WheelFile, sink: &mut Sink<'_>) {
    for (member, pe) in files(wheel).filter(|_| is_stable_only(wheel)) {
        if matches!(suffix(&member.path), Some(Suffix::Tagged(_))) {
            continue;
        }
        for (library, _) in dlls(pe).filter(|(_, dll)| dll.minor.is_some()) {
            let library = shown(library);
            let library = library.escape_debug();
            sink.at(
                &member.path,
                format_args!(
                    "the wheel has the tag `abi3`, and it needs `{library}` instead of `python3.dll`"
                ),
            );
        }
    }
}

fn module_name(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let Ok(name) = &wheel.name else { return };
    for (member, _) in files(wheel).filter(|(member, _)| member.path.ends_with(".pyd")) {
        match suffix(&member.path) {
            Some(Suffix::Stable) => {
                sink.at(&member.path, "on Windows Python looks for `.pyd`, and not for `.abi3.pyd`");
            }
            Some(Suffix::Tagged(tag)) if !is_stable_only(wheel) => {
                let Some((abi, platform)) = tag.rsplit_once('-') else { continue };
                let abi = abi.replace('-', "_");
                let known = CPython::of_tag(&abi).is_some() || abi.starts_with("pypy");
                let fits = |tags: &[String], tag: &str| tags.iter().any(|found| found == tag);
                let abi_fits = fits(name.abi(), &abi) || fits(name.abi(), "none");
                let platform_fits = fits(name.platform(), platform) || fits(name.platform(), "any");
                if known && !(abi_fits && platform_fits) {
                    let (tag, tags) =
                        (shown(tag), [name.abi().join("."), name.platform().join(".")].join("-"));
                    let message = format!(
                        "its name says `{}`, and the tag says `{}`",
                        tag.escape_debug(),
                        shown(&tags)
                    );
                    sink.at(&member.path, message);
                }
            }
            _ => {}
        }
    }
}

fn could_be_stable(wheel: &WheelFile, sink: &mut Sink<'_>) {
    let abis = wheel.name.as_ref().map(|name| name.abi()).unwrap_or_default();
    let [abi] = abis else { return };
    let Some(CPython { free_threaded: false, .. }) = CPython::of_tag(abi) else { return };
    let modules: Vec<_> =
        files(wheel).filter(|(member, pe)| is_module(&member.path, &pe.python_exports)).collect();
    let stable = |pe: &Pe| {
        let mut dlls = dlls(pe).peekable();
        dlls.peek().is_some() && dlls.all(|(_, dll)| dll.minor.is_none())
    };
    if !modules.is_empty() && modules.iter().all(|(_, pe)| stable(pe)) {
        sink.emit(format_args!(
            "the wheel has the tag `{abi}`, and all its modules ({}) need `python3.dll` only",
            modules.len()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_belongs_to_an_interpreter() {
        for (library, abi, expected) in [
            ("python313.dll", "cp313", true),
            ("PYTHON313.DLL", "cp313", true),
            ("python313t.dll", "cp313t", true),
            ("python313t.dll", "cp313", false),
            ("python313.dll", "cp313t", false),
            ("python3.dll", "cp313", true),
            ("python3.dll", "cp313t", false),
            ("python3t.dll", "cp313t", true),
            ("python3t.dll", "cp315", true),
            ("python3t.dll", "abi3t", true),
            ("python3.dll", "abi3", true),
            ("python39.dll", "abi3", false),
            ("python311.dll", "pypy311_pp73", false),
        ] {
            assert_eq!(Dll::of(library).expect("one of CPython's").is_of(abi), expected, "{library} {abi}");
        }
        for other in ["libpypy3.11-c.dll", "python27.dll", "pythoncom313.dll", "python3x.dll"] {
            assert_eq!(Dll::of(other), None, "{other}");
        }
    }
}
