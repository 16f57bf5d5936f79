//! `release-action` carries a project from "a tag was pushed" to "released everywhere, and proven".
//!
//! The modules, in reading order; `ARCHITECTURE.md` has the map and `tests/it/architecture.rs` holds who may
//! import whom. What is public is public for the program and its tests: this is no library for others.

pub mod model;
pub mod report;

pub mod markup;
pub mod native;
pub mod python;
pub mod sources;

pub mod archive;
pub mod checks;

mod plan;
mod remote;

pub mod modes;

pub mod rehearse;
pub mod sim;

pub mod action;
pub mod app;
