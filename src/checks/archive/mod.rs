//! The container: what every reader must see alike.

pub(super) mod container;
pub(super) mod headers;
pub(super) mod members;
pub(super) mod names;
pub(super) mod paths;

const ZIP_FORMAT: &str = "ZIP file format specification (APPNOTE 6.3)";
const PYPI_ZIP: &str = "PyPI, validation of ZIP archives (2025)";
