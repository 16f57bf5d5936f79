//! `release-action` carries a project from "a tag was pushed" to "released everywhere, and proven".
//!
//! The modules, in reading order; `ARCHITECTURE.md` has the map and `tests/it/architecture.rs` holds who may
//! import whom.

pub mod archive;
pub mod checks;
pub mod model;
pub mod report;

mod plan;
mod remote;

pub mod sim;
