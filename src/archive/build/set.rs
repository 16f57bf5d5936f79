//! Makes the distributions of one release.

use super::native::elf::{self, Glibc};
use super::native::{Extension, Interpreter, Machine, pe};
use super::{CrateBuilder, SdistBuilder, WheelBuilder, in_file_name};
use crate::model::artifact::FileName;

/// Makes several distributions that belong together until told otherwise.
#[derive(Clone)]
pub struct SetBuilder {
    /// The wheels.
    pub wheels: Vec<WheelBuilder>,
    /// The sdists; one project has one.
    pub sdists: Vec<SdistBuilder>,
    /// The packed crates; there is none until one is added.
    pub crates: Vec<CrateBuilder>,
}

impl SetBuilder {
    /// A good set: two wheels for different platforms, each with a module, and an sdist.
    pub fn new(name: &str, version: &str) -> Self {
        let wheel = |platform, suffix, module: Vec<u8>| {
            let mut wheel = WheelBuilder::new(name, version, "cp312", "cp312", platform);
            wheel.native_member(&format!("{}/_speedups.{suffix}", in_file_name(name)), module);
            wheel
        };
        let (machine, interpreter) = (Machine::X86_64, Interpreter::CPython);
        let extension = Extension { name: "_speedups", machine, interpreter };
        let linux = elf::module(&extension, Glibc::V2_28);
        let windows = pe::module(&extension, "python312.dll");
        Self {
            wheels: vec![
                wheel("manylinux_2_28_x86_64", "cpython-312-x86_64-linux-gnu.so", linux),
                wheel("win_amd64", "cp312-win_amd64.pyd", windows),
            ],
            sdists: vec![SdistBuilder::new(name, version)],
            crates: Vec::new(),
        }
    }

    /// The names and the bytes of the files.
    pub fn build(&self) -> Vec<(FileName, Vec<u8>)> {
        let wheels = self.wheels.iter().map(WheelBuilder::build);
        let sdists = self.sdists.iter().map(SdistBuilder::build);
        wheels.chain(sdists).chain(self.crates.iter().map(CrateBuilder::build)).collect()
    }
}
