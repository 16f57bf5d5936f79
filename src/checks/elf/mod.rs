//! What Linux loads: libraries, symbol versions, search paths.
//!
//! Judged are the files that are for a claimed platform. Others may lie in a wheel as data, or to help on other
//! systems.

mod compatibility;
mod files;
mod libraries;
mod modules;
mod paths;
mod platform;
mod policy;
mod reach;

pub use platform::actual_platform;

use super::{Check, Run, Sink};
use crate::archive::build::WheelBuilder;
use crate::archive::build::native::elf::{Demands, Glibc, module_with};
use crate::archive::build::native::{Extension, Interpreter, Machine};
use crate::archive::wheel::WheelFile;
use crate::archive::zip::Member;
use crate::native::elf::{Elf, Kind};
use crate::native::{Broken, Object as Native};

pub(super) const TABLES: &[&[Check]] =
    &[compatibility::CHECKS, libraries::CHECKS, paths::CHECKS, modules::CHECKS, files::CHECKS];

const AUDITWHEEL: &str = "auditwheel";
const ABI: &str = "System V ABI, dynamic linking";
const MANYLINUX: &str = "PEP 600, future manylinux platform tags";

/// A program or a library in a wheel.
struct Object<'a> {
    path: &'a str,
    elf: &'a Elf,
}

impl Object<'_> {
    fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Whether the interpreter loads it by an `import`.
    fn is_module(&self) -> bool {
        let name = self.file_name();
        !self.elf.python_exports.is_empty() || modules::suffix(name).is_some()
    }
}

/// What was read of a member, if it announced itself as a native file.
fn native(member: &Member) -> Option<&Result<Native, Broken>> {
    member.digests()?.insight.as_ref()?.native.as_ref()
}

/// The programs and libraries for Linux and Android in a wheel.
fn objects(wheel: &WheelFile) -> impl Iterator<Item = Object<'_>> {
    wheel.zip.members.iter().filter_map(|member| match native(member)? {
        Ok(Native::Elf(elf)) if elf.kind != Kind::Other => Some(Object { path: &member.path, elf }),
        _ => None,
    })
}

const SPECIMEN: Extension<'static> =
    Extension { name: "_speedups", machine: Machine::X86_64, interpreter: Interpreter::CPython };
const SPECIMEN_PATH: &str = "sample/_speedups.cpython-312-x86_64-linux-gnu.so";

/// Makes the wheel one for Linux, with a good module.
fn for_linux(wheel: &mut WheelBuilder) {
    wheel.tags("cp312", "cp312", "manylinux_2_28_x86_64");
    demanding(wheel, |_| {});
}

/// Makes the wheel one for Linux, with a module that demands more than the C library.
fn demanding<'a>(wheel: &mut WheelBuilder, edit: impl FnOnce(&mut Demands<'a>)) {
    wheel.tags("cp312", "cp312", "manylinux_2_28_x86_64");
    wheel.native_member(SPECIMEN_PATH, with(&SPECIMEN, edit));
}

fn with<'a>(extension: &Extension<'_>, edit: impl FnOnce(&mut Demands<'a>)) -> Vec<u8> {
    let mut demands = Demands::glibc(Glibc::V2_28);
    edit(&mut demands);
    module_with(extension, &demands)
}

/// Names for a message, a few of them.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> =
        names.into_iter().map(|name| format!("`{}`", crate::archive::shown(name).escape_debug())).collect();
    match names.len() {
        0..=4 => names.join(", "),
        count => format!("{} and {} more", names[..3].join(", "), count - 3),
    }
}
