//! The sample's wheels on all platforms, and the artifacts that the workflows put them into.

use super::Produced;
use super::project;
use crate::archive::build::native::elf::{self, Glibc};
use crate::archive::build::native::{Extension, Interpreter, Machine, macho, pe};
use crate::model::artifact::FileName;

/// The minor versions of Python 3 that the project supports on `CPython`.
const CPYTHONS: [u8; 4] = [11, 12, 13, 14];

/// An interpreter that wheels are built for.
#[derive(Clone, Copy)]
enum Python {
    /// `CPython` 3 with this minor version.
    CPython(u8),
    /// `PyPy` with Python 3.11.
    PyPy,
}

/// A platform that wheels are built on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Platform {
    MacosArm64,
    WindowsX86_64,
    LinuxX86_64,
    LinuxAarch64,
}

/// What the workflows left.
pub(super) fn produced(version: &str) -> Vec<Produced> {
    let tool = elf::program(&format!("{} {version}\n", project::NAME));
    let name = format!("{}-linux-x86_64", project::NAME);
    let mut all = vec![
        produced_by("main.yml", "documentation", project::documentation()),
        produced_by("main.yml", "executable-linux-x86_64", vec![(name, tool)]),
        wheels_of("wheels.yml", "wheels-macos-arm64", Platform::MacosArm64),
        wheels_of("wheels.yml", "wheels-windows-x86_64", Platform::WindowsX86_64),
        produced_by("wheels.yml", "source-distribution", vec![plain(project::sdist())]),
        wheels_of("wheels-docker.yml", "artifacts-docker-manylinux_2_28_x86_64", Platform::LinuxX86_64),
    ];
    // Here each wheel is an artifact of its own. The name of PyPy's promises another C library than its wheel
    // does: in the project that this is taken from, names and contents had drifted apart like that.
    for python in Platform::LinuxAarch64.pythons() {
        let artifact = match python {
            Python::CPython(minor) => format!("artifacts-arm64-cpython-3.{minor}-manylinux_2_28_aarch64"),
            Python::PyPy => "artifacts-arm64-pypy-3.11-manylinux_2_36_aarch64".to_owned(),
        };
        let wheel = plain(Platform::LinuxAarch64.wheel(python));
        all.push(produced_by("wheels-arm64.yml", &artifact, vec![wheel]));
    }
    all
}

fn produced_by(workflow: &str, artifact: &str, files: Vec<(String, Vec<u8>)>) -> Produced {
    Produced { workflow: workflow.to_owned(), artifact: artifact.to_owned(), files }
}

fn wheels_of(workflow: &str, artifact: &str, platform: Platform) -> Produced {
    let wheels = platform.pythons().map(|python| plain(platform.wheel(python)));
    produced_by(workflow, artifact, wheels.collect())
}

fn plain((name, bytes): (FileName, Vec<u8>)) -> (String, Vec<u8>) {
    (name.to_string(), bytes)
}

impl Python {
    fn tag(self) -> String {
        match self {
            Self::CPython(minor) => format!("cp3{minor}"),
            Self::PyPy => "pp311".to_owned(),
        }
    }

    fn abi(self) -> String {
        match self {
            Self::CPython(_) => self.tag(),
            Self::PyPy => "pypy311_pp73".to_owned(),
        }
    }

    /// What the names of modules call it, but on Windows.
    fn in_module_name(self) -> String {
        match self {
            Self::CPython(minor) => format!("cpython-3{minor}"),
            Self::PyPy => "pypy311-pp73".to_owned(),
        }
    }

    const fn interpreter(self) -> Interpreter {
        match self {
            Self::CPython(_) => Interpreter::CPython,
            Self::PyPy => Interpreter::PyPy,
        }
    }
}

impl Platform {
    fn pythons(self) -> impl Iterator<Item = Python> {
        let pypy = (self != Self::WindowsX86_64).then_some(Python::PyPy);
        CPYTHONS.map(Python::CPython).into_iter().chain(pypy)
    }

    fn wheel(self, python: Python) -> (FileName, Vec<u8>) {
        let file = format!("{}.{}", project::EXTENSION, self.module_suffix(python));
        project::wheel([&python.tag(), &python.abi(), self.tag(python)], &file, self.module(python))
    }

    const fn tag(self, python: Python) -> &'static str {
        match (self, python) {
            (Self::MacosArm64, _) => "macosx_15_0_arm64",
            (Self::WindowsX86_64, _) => "win_amd64",
            (Self::LinuxX86_64, _) => "manylinux_2_28_x86_64",
            (Self::LinuxAarch64, Python::CPython(_)) => "manylinux_2_28_aarch64",
            (Self::LinuxAarch64, Python::PyPy) => "manylinux_2_34_aarch64",
        }
    }

    fn module_suffix(self, python: Python) -> String {
        match self {
            Self::MacosArm64 => format!("{}-darwin.so", python.in_module_name()),
            Self::WindowsX86_64 => format!("{}-win_amd64.pyd", python.tag()),
            Self::LinuxX86_64 => format!("{}-x86_64-linux-gnu.so", python.in_module_name()),
            Self::LinuxAarch64 => format!("{}-aarch64-linux-gnu.so", python.in_module_name()),
        }
    }

    fn module(self, python: Python) -> Vec<u8> {
        let extension =
            |machine| Extension { name: project::EXTENSION, machine, interpreter: python.interpreter() };
        match (self, python) {
            (Self::MacosArm64, _) => macho::module(&extension(Machine::Aarch64), (15, 0)),
            (Self::WindowsX86_64, _) => {
                let library = format!("{}.dll", python.tag().replace("cp", "python"));
                pe::module(&extension(Machine::X86_64), &library)
            }
            (Self::LinuxX86_64, _) => elf::module(&extension(Machine::X86_64), Glibc::V2_28),
            (Self::LinuxAarch64, Python::CPython(_)) => {
                elf::module(&extension(Machine::Aarch64), Glibc::V2_28)
            }
            (Self::LinuxAarch64, Python::PyPy) => elf::module(&extension(Machine::Aarch64), Glibc::V2_34),
        }
    }
}
