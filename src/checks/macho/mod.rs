//! What macOS and iOS load: processors, the oldest system, libraries, signatures.

mod apple;
mod contents;
mod foreign;
mod libraries;
mod slices;

use super::Check;
use super::abi::modules::{Suffix, natives, suffix};
use crate::archive::build::WheelBuilder;
use crate::archive::build::native::macho::Module;
use crate::archive::build::native::{Extension, Interpreter, Machine};
use crate::archive::wheel::WheelFile;
use crate::archive::zip::Member;
use crate::native::Object;
use crate::native::macho::{Kind, Slice};
use apple::Promise;

pub(super) const TABLES: &[&[Check]] =
    &[slices::CHECKS, foreign::CHECKS, libraries::CHECKS, contents::CHECKS];

const LOADER: &str = "Apple, `mach-o/loader.h`";
const DELOCATE: &str = "delocate";
const TAGS: &str = "platform compatibility tags";

/// The Mach-O files of a wheel that a system of Apple's may have to load, with their slices that are loaded.
fn files(wheel: &WheelFile) -> impl Iterator<Item = (&Member, &[Slice])> {
    let may_be_apples = Promise::of(wheel).is_some() || is_for_any(wheel);
    natives(wheel).filter(move |_| may_be_apples).filter_map(|(member, native)| match native {
        Ok(Object::MachO(slices)) if slices.iter().any(|slice| slice.kind != Kind::Other) => {
            Some((member, slices.as_slice()))
        }
        _ => None,
    })
}

fn is_for_any(wheel: &WheelFile) -> bool {
    wheel.name.as_ref().is_ok_and(|name| name.platform().iter().any(|tag| tag == "any"))
}

/// Whether the interpreter itself loads the file.
fn is_module(member: &Member, slices: &[Slice]) -> bool {
    slices.iter().any(|slice| !slice.python_exports.is_empty())
        || suffix(&member.path).is_some_and(|suffix| suffix != Suffix::Plain)
}

/// Makes the builder one of a wheel for macOS with one module, which `edit` may change.
fn specimen(wheel: &mut WheelBuilder, platform: &str, edit: fn(&mut Module<'_>)) {
    *wheel = WheelBuilder::new("sample", "1.0", "cp313", "cp313", platform);
    wheel.native_member("sample/_native.cpython-313-darwin.so", module(Machine::Aarch64, edit));
}

fn module(machine: Machine, edit: fn(&mut Module<'_>)) -> Vec<u8> {
    let extension = Extension { name: "_native", machine, interpreter: Interpreter::CPython };
    let mut module = Module::new(&extension, (11, 0));
    edit(&mut module);
    module.bytes()
}
