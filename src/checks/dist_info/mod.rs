//! The `.dist-info` and `.data` directories.

mod data;
mod members;
mod scripts;

use super::Check;
use crate::archive::wheel::WheelFile;
use crate::archive::zip::Member;

pub(super) const TABLES: &[&[Check]] = &[members::CHECKS, data::CHECKS, scripts::CHECKS];

const DATA: &str = "binary distribution format, the .data directory";
const DIST_INFO: &str = "binary distribution format, the .dist-info directory";

/// Files of the archive with their path below the `.dist-info` directory.
fn described(wheel: &WheelFile) -> impl Iterator<Item = (&Member, &str)> {
    let dist_info = wheel.dist_info();
    wheel.zip.members.iter().filter(|member| !member.is_directory()).filter_map(move |member| {
        let (top, path) = member.path.split_once('/')?;
        (Some(top) == dist_info).then_some((member, path))
    })
}

/// Files of the archive in any top-level `.data` directory, with that directory's name and the path below it.
fn data(wheel: &WheelFile) -> impl Iterator<Item = (&Member, &str, &str)> {
    wheel.zip.members.iter().filter(|member| !member.is_directory()).filter_map(|member| {
        let (top, path) = member.path.split_once('/')?;
        top.ends_with(".data").then_some((member, top, path))
    })
}
