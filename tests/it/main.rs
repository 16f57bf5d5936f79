//! The tests that look at the crate from outside, in one binary, since linking is the slow part.

mod archive;
mod checks;
