//! For whom a wheel is, read from its tags: interpreters on one side, families of platforms on the other.
//!
//! Source: platform compatibility tags (PEP 425, 513, 571, 599, 600, 656, 730, 738, 776, 803). A family has no version:
//! a wheel for a newer manylinux is for the same family.

use std::fmt;

use crate::model::wheel_name::WheelName;

/// A version of Python: major and minor.
pub(super) type Minor = (u32, u32);

/// No Python has had so many minor versions.
pub(super) const LAST_MINOR: u32 = 40;

/// The interpreters that a pair of Python tag and ABI tag is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Interpreter {
    /// One version of `CPython`, with or without its lock.
    CPython(Minor, Threads),
    /// `CPython` from a version on, by the stable ABI.
    Stable(Minor, Threads),
    /// Every interpreter from a version of the language on.
    Any(Minor),
    /// One version of `PyPy`.
    PyPy(Minor),
    /// Any other.
    Other(String),
}

/// Which of the two builds of `CPython`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Threads {
    /// With the global lock.
    Locked,
    /// Free-threaded.
    Free,
}

impl Threads {
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Locked => "",
            Self::Free => "t",
        }
    }
}

impl Interpreter {
    /// All that a wheel is for. A wheel without ABI is for both builds of `CPython`.
    pub(super) fn of(wheel: &WheelName) -> impl Iterator<Item = Self> {
        wheel.python().iter().flat_map(|python| wheel.abi().iter().flat_map(|abi| pair(python, abi)))
    }
}

fn pair(python: &str, abi: &str) -> Vec<Interpreter> {
    let version = python.get(2..).and_then(minor);
    let (free, locked) = (Threads::Free, Threads::Locked);
    match (python.get(..2), version) {
        (Some("cp"), Some(version)) => match abi {
            "none" => vec![Interpreter::CPython(version, locked), Interpreter::CPython(version, free)],
            _ if abi.starts_with("abi3t") => vec![Interpreter::Stable(version, free)],
            _ if abi.starts_with("abi3") => vec![Interpreter::Stable(version, locked)],
            _ if abi.starts_with("cp") && abi.ends_with('t') => vec![Interpreter::CPython(version, free)],
            _ => vec![Interpreter::CPython(version, locked)],
        },
        (Some("pp"), Some(version)) => vec![Interpreter::PyPy(version)],
        (Some("py"), Some(version)) => vec![Interpreter::Any(version)],
        _ => vec![Interpreter::Other(python.to_owned())],
    }
}

/// `3` is 3.0, `38` is 3.8, `312` is 3.12.
fn minor(digits: &str) -> Option<Minor> {
    if digits.is_empty() || digits.len() > 3 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (major, minor) = digits.split_at(1);
    let minor = if minor.is_empty() { 0 } else { minor.parse().ok()? };
    Some((major.parse().ok()?, minor)).filter(|(_, minor)| *minor <= LAST_MINOR)
}

/// A system, as its users call it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum System {
    /// Every system.
    Any,
    /// Linux with glibc.
    Manylinux,
    /// Linux with musl.
    Musllinux,
    MacOs,
    Windows,
    Ios,
    Android,
    Wasm,
    /// Any other, by its whole tag.
    Other(String),
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "every platform (`any`)",
            Self::Manylinux => "Linux with glibc (manylinux)",
            Self::Musllinux => "Linux with musl (musllinux)",
            Self::MacOs => "macOS",
            Self::Windows => "Windows",
            Self::Ios => "iOS",
            Self::Android => "Android",
            Self::Wasm => "WebAssembly",
            Self::Other(tag) => return write!(f, "`{tag}`"),
        })
    }
}

/// A system on one kind of machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Family {
    pub(super) system: System,
    pub(super) machine: String,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { system, machine } = self;
        if machine.is_empty() { system.fmt(f) } else { write!(f, "{system} on {machine}") }
    }
}

/// A family that a wheel is for, and the oldest version of the system that it asks for.
pub(super) type Platform = (Family, Option<Minor>);

/// All platforms that a wheel is for.
pub(super) fn platforms(wheel: &WheelName) -> impl Iterator<Item = Platform> {
    wheel.platform().iter().flat_map(|tag| platform(tag))
}

fn platform(tag: &str) -> Vec<Platform> {
    let family = |system, machine: &str| Family { system, machine: machine.to_owned() };
    let (head, rest) = tag.split_once('_').unwrap_or((tag, ""));
    let one = |system, machine: &str, from| vec![(family(system, machine), from)];
    match head {
        "any" => one(System::Any, "", None),
        "win32" => one(System::Windows, "x86", None),
        "win" => one(System::Windows, rest, None),
        "linux" => one(System::Manylinux, rest, None),
        "manylinux1" => one(System::Manylinux, rest, Some((2, 5))),
        "manylinux2010" => one(System::Manylinux, rest, Some((2, 12))),
        "manylinux2014" => one(System::Manylinux, rest, Some((2, 17))),
        "manylinux" | "musllinux" | "macosx" | "ios" => match versioned(rest) {
            Some((from, machine)) if head == "macosx" => {
                let machines = slices(machine).iter();
                machines.map(|machine| (family(System::MacOs, machine), Some(from))).collect()
            }
            Some((from, machine)) => {
                let system = match head {
                    "manylinux" => System::Manylinux,
                    "musllinux" => System::Musllinux,
                    _ => System::Ios,
                };
                one(system, machine, Some(from))
            }
            None => one(System::Other(tag.to_owned()), "", None),
        },
        "android" => match rest.split_once('_') {
            Some((level, machine)) => {
                one(System::Android, machine, level.parse().ok().map(|level| (level, 0)))
            }
            None => one(System::Other(tag.to_owned()), "", None),
        },
        "emscripten" | "pyodide" | "pyemscripten" | "wasi" => {
            one(System::Wasm, rest.rsplit('_').next().unwrap_or_default(), None)
        }
        _ => one(System::Other(tag.to_owned()), "", None),
    }
}

/// `2_28_x86_64` is 2.28 and `x86_64`.
fn versioned(text: &str) -> Option<(Minor, &str)> {
    let (major, rest) = text.split_once('_')?;
    let (minor, machine) = rest.split_once('_')?;
    Some(((major.parse().ok()?, minor.parse().ok()?), machine))
}

/// The machines that a word of macOS stands for.
fn slices(machine: &str) -> &'static [&'static str] {
    match machine {
        "universal2" => &["arm64", "x86_64"],
        "intel" => &["i386", "x86_64"],
        "x86_64" => &["x86_64"],
        "arm64" => &["arm64"],
        "i386" => &["i386"],
        // Machines that no macOS of today runs on.
        _ => &["ppc"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wheel(tags: &str) -> WheelName {
        format!("a-1-{tags}.whl").parse().expect("a wheel's name")
    }

    #[test]
    fn interpreters_are_read_from_both_tags() {
        let (locked, free) = (Threads::Locked, Threads::Free);
        let check = |tags: &str, expected: &[Interpreter]| {
            let found: Vec<_> = Interpreter::of(&wheel(&format!("{tags}-any"))).collect();
            assert_eq!(found, expected, "{tags}");
        };
        check("cp312-cp312", &[Interpreter::CPython((3, 12), locked)]);
        check("cp37-cp37m", &[Interpreter::CPython((3, 7), locked)]);
        check("cp314-cp314t", &[Interpreter::CPython((3, 14), free)]);
        check("cp39-abi3", &[Interpreter::Stable((3, 9), locked)]);
        check("cp315-abi3t", &[Interpreter::Stable((3, 15), free)]);
        check(
            "cp315-abi3.abi3t",
            &[Interpreter::Stable((3, 15), locked), Interpreter::Stable((3, 15), free)],
        );
        check("cp313-none", &[Interpreter::CPython((3, 13), locked), Interpreter::CPython((3, 13), free)]);
        check("pp311-pypy311_pp73", &[Interpreter::PyPy((3, 11))]);
        check("py2.py3-none", &[Interpreter::Any((2, 0)), Interpreter::Any((3, 0))]);
        check("graalpy312-native", &[Interpreter::Other("graalpy312".into())]);
        check("cp9999-abi3", &[Interpreter::Other("cp9999".into())]);
        check("cp399-abi3", &[Interpreter::Other("cp399".into())]);
    }

    #[test]
    fn platforms_are_families_and_the_version_they_ask_for() {
        let check = |tag: &str, expected: &str| {
            let shown = |(family, from): Platform| {
                let from = from.map(|(major, minor)| format!(" {major}.{minor}")).unwrap_or_default();
                format!("{family}{from}")
            };
            let found: Vec<_> = platforms(&wheel(&format!("py3-none-{tag}"))).map(shown).collect();
            assert_eq!(found.join(", "), expected, "{tag}");
        };
        check("any", "every platform (`any`)");
        check("manylinux_2_28_x86_64", "Linux with glibc (manylinux) on x86_64 2.28");
        check("manylinux2014_aarch64", "Linux with glibc (manylinux) on aarch64 2.17");
        check("linux_armv7l", "Linux with glibc (manylinux) on armv7l");
        check("musllinux_1_2_i686", "Linux with musl (musllinux) on i686 1.2");
        check("macosx_10_13_universal2", "macOS on arm64 10.13, macOS on x86_64 10.13");
        check("macosx_11_0_arm64", "macOS on arm64 11.0");
        check("win32", "Windows on x86");
        check("win_arm64", "Windows on arm64");
        check("ios_13_0_arm64_iphoneos", "iOS on arm64_iphoneos 13.0");
        check("android_24_arm64_v8a", "Android on arm64_v8a 24.0");
        check("pyemscripten_2026_0_wasm32", "WebAssembly on wasm32");
        check("freebsd_14_0_release_amd64", "`freebsd_14_0_release_amd64`");
        check("manylinux_x", "`manylinux_x`");
        check("macosx_99999999999_0_arm64", "`macosx_99999999999_0_arm64`");
    }
}
