//! The tests that need the whole program, in one binary, since linking is the slow part.

mod docs;
