//! The tests through the boundary: one binary, because linking is the slow part.

#![expect(clippy::disallowed_methods, reason = "tests read the environment and write the files they need")]

mod architecture;
mod archive;
mod bad_input;
mod checks;
mod container;
mod converge;
mod crash;
mod docs;
mod examples;
mod github_rules;
mod guards;
mod hostile;
mod lint;
mod pages;
mod peers;
mod rehearse;
mod secrets;
mod story;
mod support;
