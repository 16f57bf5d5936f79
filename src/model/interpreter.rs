//! A Python interpreter of this machine, and which wheels it takes.
//!
//! Source: platform compatibility tags in the packaging specifications (PEP 425, 600, 656, 703). A tag is asked whether
//! it fits, instead of listing the thousand tags that fit.

use std::fmt;
use std::path::PathBuf;

use super::wheel_name::WheelName;

/// What an interpreter says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The program.
    pub executable: PathBuf,
    /// `sys.implementation.name`: `cpython`, `pypy`.
    pub implementation: String,
    /// Major and minor version.
    pub version: (u32, u32),
    /// The whole version, as PEP 440 has it.
    pub full_version: String,
    /// The tag of its own binary interface: `cp313t`, `pypy311_pp73`.
    pub abi: String,
    /// Whether it runs without the global lock.
    pub is_free_threaded: bool,
    /// What it runs on.
    pub platform: Platform,
    /// Whether it has all that makes a virtual environment with pip in it.
    pub makes_environments: bool,
}

/// What an interpreter runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Linux: the architecture as tags spell it, and the C library.
    Linux {
        /// `x86_64`, `i686`, `aarch64`.
        arch: String,
        /// The C library, where it is one that tags know.
        libc: Option<Libc>,
    },
    /// macOS.
    Macos {
        /// Major and minor version.
        version: (u32, u32),
        /// `x86_64` or `arm64`.
        arch: String,
    },
    /// Any other: the one tag that names it (`win_amd64`).
    Other(String),
}

/// A C library of Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Libc {
    /// Whether it is musl; else it is glibc.
    pub is_musl: bool,
    /// Major and minor version.
    pub version: (u32, u32),
}

/// The names that manylinux policies had before they were numbers.
const OLD_MANYLINUX: [(&str, (u32, u32)); 3] =
    [("manylinux1_", (2, 5)), ("manylinux2010_", (2, 12)), ("manylinux2014_", (2, 17))];

/// The architectures of macOS tags that hold code for this one.
const UNIVERSAL: [(&str, &[&str]); 2] = [
    ("x86_64", &["x86_64", "universal2", "universal", "intel", "fat64", "fat3"]),
    ("arm64", &["arm64", "universal2"]),
];

impl Interpreter {
    /// Whether one of the tags in a wheel's name is one that this interpreter takes.
    pub fn takes(&self, wheel: &WheelName) -> bool {
        let platform = |tag: &String| *tag == "any" || self.platform.runs(tag);
        let any = wheel.platform().iter().any(|tag| tag == "any");
        wheel.platform().iter().any(platform)
            && wheel
                .python()
                .iter()
                .any(|python| wheel.abi().iter().any(|abi| self.takes_interface(python, abi, any)))
    }

    /// Whether code for the Python `python` and the interface `abi` runs here; `any` says that it has no native part.
    fn takes_interface(&self, python: &str, abi: &str, any: bool) -> bool {
        let Some((family, version)) = split(python) else { return false };
        let (major, minor) = self.version;
        let is_own = family == self.family();
        match (abi, version) {
            ("none", (asked, None)) => {
                asked == major && (family == "py" || (is_own && any && !self.is_cpython()))
            }
            ("none", (asked, Some(least))) if family == "py" => asked == major && least <= minor,
            ("none", (asked, Some(exact))) => {
                is_own && (asked, exact) == self.version && (self.is_cpython() || !any)
            }
            ("abi3", (asked, Some(least))) => {
                self.is_cpython()
                    && is_own
                    && !any
                    && !self.is_free_threaded
                    && asked == major
                    && least <= minor
            }
            // The stable interface of free-threaded interpreters (PEP 803).
            ("abi3t", (asked, Some(least))) => {
                self.is_cpython()
                    && is_own
                    && !any
                    && self.is_free_threaded
                    && asked == major
                    && least <= minor
            }
            (abi, (asked, Some(exact))) => {
                is_own && !any && (asked, exact) == self.version && abi == self.abi
            }
            _ => false,
        }
    }

    fn is_cpython(&self) -> bool {
        self.implementation == "cpython"
    }

    fn family(&self) -> &str {
        match self.implementation.as_str() {
            "cpython" => "cp",
            "pypy" => "pp",
            other => other,
        }
    }
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.implementation.as_str() {
            "cpython" => "CPython",
            "pypy" => "PyPy",
            "graalpy" => "GraalPy",
            other => other,
        };
        let threads = if self.is_free_threaded { " (free-threaded)" } else { "" };
        write!(f, "{name} {}{threads}", self.full_version)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linux { arch, libc: None } => write!(f, "Linux {arch}"),
            Self::Linux { arch, libc: Some(Libc { is_musl, version: (major, minor) }) } => {
                write!(f, "Linux {arch} with {} {major}.{minor}", if *is_musl { "musl" } else { "glibc" })
            }
            Self::Macos { version: (major, minor), arch } => write!(f, "macOS {major}.{minor} {arch}"),
            Self::Other(tag) => f.write_str(tag),
        }
    }
}

/// A Python tag, taken apart: the family, the major version and, where it is said, the minor one.
fn split(tag: &str) -> Option<(&str, (u32, Option<u32>))> {
    let digits = tag.find(|c: char| c.is_ascii_digit())?;
    let (family, version) = tag.split_at(digits);
    let (major, minor) = match version.split_once('_') {
        Some((major, minor)) => (major, minor),
        None => version.split_at(1),
    };
    let minor = if minor.is_empty() { None } else { Some(minor.parse().ok()?) };
    Some((family, (major.parse().ok()?, minor)))
}

impl Platform {
    /// Whether code that a platform tag stands for runs here.
    fn runs(&self, tag: &str) -> bool {
        match self {
            Self::Linux { arch, libc } => {
                tag.strip_prefix("linux_") == Some(arch)
                    || libc.is_some_and(|libc| asked_of(tag, arch).is_some_and(|asked| libc.gives(asked)))
            }
            Self::Macos { version, arch } => runs_on_macos(tag, *version, arch),
            Self::Other(own) => tag == own,
        }
    }
}

/// The C library that a tag of Linux for `arch` asks for.
fn asked_of(tag: &str, arch: &str) -> Option<Libc> {
    let rest = tag.strip_suffix(arch)?;
    if let Some((_, version)) = OLD_MANYLINUX.iter().find(|(old, _)| *old == rest) {
        return Some(Libc { is_musl: false, version: *version });
    }
    let (is_musl, version) = match rest.strip_prefix("musllinux_") {
        Some(version) => (true, version),
        None => (false, rest.strip_prefix("manylinux_")?),
    };
    let (major, minor) = version.strip_suffix('_')?.split_once('_')?;
    Some(Libc { is_musl, version: (major.parse().ok()?, minor.parse().ok()?) })
}

impl Libc {
    fn gives(self, asked: Self) -> bool {
        self.is_musl == asked.is_musl
            && self.version.0 == asked.version.0
            && self.version.1 >= asked.version.1
    }
}

fn runs_on_macos(tag: &str, (major, minor): (u32, u32), arch: &str) -> bool {
    let parts = tag.strip_prefix("macosx_").map(|rest| rest.splitn(3, '_').collect::<Vec<_>>());
    let Some([asked_major, asked_minor, asked_arch]) = parts.as_deref() else { return false };
    let (Ok(asked_major), Ok(asked_minor)) = (asked_major.parse::<u32>(), asked_minor.parse::<u32>()) else {
        return false;
    };
    let arches = UNIVERSAL.iter().find(|(name, _)| *name == arch).map_or(&[][..], |(_, arches)| arches);
    if !arches.contains(asked_arch) {
        return false;
    }
    match asked_major {
        // Nothing for arm64 alone is that old.
        10 if *asked_arch == "arm64" => false,
        10 => (4..=if major == 10 { minor } else { 16 }).contains(&asked_minor),
        // From 11 on a tag names no minor version.
        _ => asked_minor == 0 && (11..=major).contains(&asked_major),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreter(platform: Platform, minor: u32, abi: &str) -> Interpreter {
        Interpreter {
            executable: "python3".into(),
            implementation: "cpython".into(),
            version: (3, minor),
            full_version: format!("3.{minor}.0"),
            abi: abi.into(),
            is_free_threaded: abi.ends_with('t'),
            platform,
            makes_environments: true,
        }
    }

    #[track_caller]
    fn check(interpreter: &Interpreter, takes: &[&str], refuses: &[&str]) {
        for (tags, expected) in [(takes, true), (refuses, false)] {
            for tag in tags {
                let wheel = format!("x-1-{tag}.whl").parse().expect("a name");
                assert_eq!(interpreter.takes(&wheel), expected, "{tag}");
            }
        }
    }

    #[test]
    fn a_usual_linux() {
        let libc = Some(Libc { is_musl: false, version: (2, 36) });
        let linux = Platform::Linux { arch: "x86_64".into(), libc };
        check(
            &interpreter(linux, 12, "cp312"),
            &[
                "cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",
                "cp312-cp312-linux_x86_64",
                "cp39-abi3-manylinux_2_36_x86_64",
                "py2.py3-none-any",
                "py38-none-manylinux1_x86_64",
                "cp312-none-any",
                "cp311.cp312-cp311.cp312-manylinux2010_x86_64",
            ],
            &[
                "cp311-cp311-manylinux_2_17_x86_64",
                "cp312-cp312t-manylinux_2_17_x86_64",
                "cp312-cp312-manylinux_2_37_x86_64",
                "cp312-cp312-manylinux_2_17_aarch64",
                "cp312-cp312-musllinux_1_2_x86_64",
                "cp312-cp312-any",
                "cp313-abi3-manylinux_2_17_x86_64",
                "cp311-none-any",
                "py313-none-any",
                "py2-none-any",
                "pp312-none-any",
                "cp312-cp312-win_amd64",
                "cp312-cp312-manylinux_2_x86_64",
            ],
        );
    }

    #[test]
    fn free_threads_have_an_interface_of_their_own() {
        let libc = Some(Libc { is_musl: true, version: (1, 2) });
        let alpine = Platform::Linux { arch: "aarch64".into(), libc };
        check(
            &interpreter(alpine, 15, "cp315t"),
            &["cp315-cp315t-musllinux_1_1_aarch64", "cp315-abi3t-musllinux_1_2_aarch64", "py3-none-any"],
            &[
                "cp315-cp315-musllinux_1_1_aarch64",
                "cp39-abi3-musllinux_1_2_aarch64",
                "cp316-abi3t-linux_aarch64",
            ],
        );
    }

    #[test]
    fn macos_and_windows() {
        let mac = |arch: &str| Platform::Macos { version: (14, 2), arch: arch.into() };
        check(
            &interpreter(mac("arm64"), 13, "cp313"),
            &[
                "cp313-cp313-macosx_11_0_arm64",
                "cp313-cp313-macosx_10_13_universal2",
                "cp39-abi3-macosx_14_0_arm64",
            ],
            &[
                "cp313-cp313-macosx_10_13_x86_64",
                "cp313-cp313-macosx_15_0_arm64",
                "cp313-cp313-macosx_14_2_arm64",
            ],
        );
        check(
            &interpreter(mac("x86_64"), 13, "cp313"),
            &["cp313-cp313-macosx_10_9_x86_64", "cp313-cp313-macosx_11_0_universal2"],
            &["cp313-cp313-macosx_11_0_arm64", "cp313-cp313-macosx_10_17_x86_64"],
        );
        check(
            &interpreter(Platform::Other("win_amd64".into()), 13, "cp313"),
            &["cp313-cp313-win_amd64", "py3-none-win_amd64"],
            &["cp313-cp313-win32", "cp313-cp313-win_arm64"],
        );
    }
}
