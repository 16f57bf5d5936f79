//! The tests through the boundary: one binary, because linking is the slow part.

mod support;
