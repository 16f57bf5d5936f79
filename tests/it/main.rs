//! The tests through the boundary: one binary, because linking is the slow part.

#![expect(clippy::disallowed_methods, reason = "tests read the environment and write the files they need")]

mod container;
mod lint;
mod support;
