//! The file's name, and its size.

mod file;
mod tags;
mod wheel;

use super::Check;

pub(super) const TABLES: &[&[Check]] = &[file::CHECKS, wheel::CHECKS, tags::CHECKS];

const WHEEL_NAMES: &str = "binary distribution format, file name convention";
const TAGS: &str = "platform compatibility tags";
const SDIST_NAMES: &str = "source distribution format, file name (PEP 625)";
