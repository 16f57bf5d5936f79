//! What Windows loads: processors, libraries, defences.

mod defences;
mod libraries;
mod machine;
mod python;

use super::Check;
use super::abi::modules::natives;
use crate::archive::build::WheelBuilder;
use crate::archive::build::native::pe::Module;
use crate::archive::build::native::{Extension, Interpreter, Machine};
use crate::archive::wheel::WheelFile;
use crate::archive::zip::Member;
use crate::native::Object;
use crate::native::pe::Pe;

pub(super) const TABLES: &[&[Check]] =
    &[machine::CHECKS, libraries::CHECKS, python::CHECKS, defences::CHECKS];

const FORMAT: &str = "Microsoft, PE Format";

/// The PE files of a wheel that Windows may have to load.
fn files(wheel: &WheelFile) -> impl Iterator<Item = (&Member, &Pe)> {
    let is_windows = |tag: &String| tag == "any" || tag.starts_with("win");
    let of_windows = wheel.name.as_ref().is_ok_and(|name| name.platform().iter().any(is_windows));
    natives(wheel).filter(move |_| of_windows).filter_map(|(member, native)| match native {
        Ok(Object::Pe(pe)) => Some((member, pe)),
        _ => None,
    })
}

/// Makes the builder one of a wheel for Windows with one module, which `edit` may change.
fn specimen(wheel: &mut WheelBuilder, [python, abi]: [&str; 2], file: &str, edit: fn(&mut Module<'_>)) {
    *wheel = WheelBuilder::new("sample", "1.0", python, abi, "win_amd64");
    let extension =
        Extension { name: "_native", machine: Machine::X86_64, interpreter: Interpreter::CPython };
    let mut module = Module::new(&extension, if abi == "abi3" { "python3.dll" } else { "python313.dll" });
    edit(&mut module);
    wheel.native_member(&format!("sample/{file}"), module.bytes());
}
