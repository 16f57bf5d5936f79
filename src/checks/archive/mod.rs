//! The container: what every reader must see alike.

mod attributes;
mod container;
mod headers;
mod members;
mod names;
pub(super) mod paths;
mod portable;

use super::Check;

pub(super) const TABLES: &[&[Check]] = &[
    container::CHECKS,
    headers::CHECKS,
    members::CHECKS,
    names::CHECKS,
    paths::CHECKS,
    portable::CHECKS,
    attributes::CHECKS,
];

const ZIP_FORMAT: &str = "ZIP file format specification (APPNOTE 6.3)";
const PYPI_ZIP: &str = "PyPI, validation of ZIP archives (2025)";
const BINARY: &str = "binary distribution format";
