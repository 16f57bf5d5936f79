//! The tests through the boundary: one binary, because linking is the slow part.

#![expect(clippy::disallowed_methods, reason = "tests read the environment and write the files they need")]

mod architecture;
mod archive;
mod artifact_peers;
mod bad_input;
mod baseline;
mod bin_action;
mod cargo_registry;
mod checks;
mod collect;
mod comparison;
mod container;
mod contents;
mod converge;
mod crash;
mod crates;
mod cross;
mod descriptions;
mod docs;
mod elf;
mod events;
mod examples;
mod expect;
mod fuzz_targets;
mod github_rules;
mod guards;
mod hostile;
mod lint;
mod metadata;
mod mutations;
mod native_files;
mod pages;
mod peers;
mod policy;
mod publish;
mod python;
mod rehearse;
mod release;
mod released;
mod reports;
mod reproducible;
mod secrets;
mod smoke;
mod story;
mod support;
