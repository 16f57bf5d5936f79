//! The archive of an sdist: can every reader unpack it alike, and into one folder?

pub(super) mod container;
pub(super) mod members;

const SDIST: &str = "source distribution format";
const PAX: &str = "POSIX.1-2001 (pax)";
