//! What modules take from Python's C interface, and which interpreters have it.

pub(super) mod modules;
mod stable;
mod tags;

use super::Check;

pub(super) const TABLES: &[&[Check]] = &[stable::CHECKS, tags::CHECKS];
