//! `entry_points.txt`: the commands that an installer makes.

mod form;
mod names;
mod objects;

use super::Check;
use crate::archive::entry_points::EntryPoint;
use crate::archive::wheel::WheelFile;

const ENTRY_POINTS: &str = "entry points specification";

pub(super) const TABLES: &[&[Check]] = &[form::CHECKS, names::CHECKS, objects::CHECKS];

/// The path that `entry_points.txt` has in this wheel.
fn path(wheel: &WheelFile) -> Option<String> {
    Some(format!("{}/entry_points.txt", wheel.dist_info()?))
}

/// The entries, and the member where they stand.
fn entries(wheel: &WheelFile) -> Option<(String, &[EntryPoint])> {
    Some((path(wheel)?, &wheel.entry_points.as_ref()?.entries))
}
