//! Makes the distributions of one release.

use super::{SdistBuilder, WheelBuilder};
use crate::model::artifact::FileName;

/// Makes several distributions that belong together until told otherwise.
#[derive(Clone)]
pub struct SetBuilder {
    /// The wheels.
    pub wheels: Vec<WheelBuilder>,
    /// The sdists; one project has one.
    pub sdists: Vec<SdistBuilder>,
}

impl SetBuilder {
    /// A good set: two wheels for different platforms and an sdist.
    pub fn new(name: &str, version: &str) -> Self {
        let wheel = |platform| WheelBuilder::new(name, version, "cp312", "cp312", platform);
        Self {
            wheels: vec![wheel("manylinux_2_28_x86_64"), wheel("win_amd64")],
            sdists: vec![SdistBuilder::new(name, version)],
        }
    }

    /// The names and the bytes of the files.
    pub fn build(&self) -> Vec<(FileName, Vec<u8>)> {
        let wheels = self.wheels.iter().map(WheelBuilder::build);
        wheels.chain(self.sdists.iter().map(SdistBuilder::build)).collect()
    }
}
