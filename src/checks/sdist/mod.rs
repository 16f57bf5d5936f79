//! The archive of an sdist: can every reader unpack it alike, and into one folder?

mod attributes;
mod container;
pub(super) mod members;
mod payload;
mod project;
mod pyproject;

use super::Check;

pub(super) const TABLES: &[&[Check]] =
    &[container::CHECKS, members::CHECKS, attributes::CHECKS, pyproject::CHECKS, payload::CHECKS];

const SDIST: &str = "source distribution format";
const PAX: &str = "POSIX.1-2001 (pax)";
const FEATURES: &str = "source distribution format, archive features (PEP 721)";
const REPRODUCIBLE: &str = "reproducible builds, archive metadata";
