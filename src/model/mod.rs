//! Values: what a release consists of, and nothing that touches the world.
//!
//! No IO, no async, no logging, no serde. Text becomes one of these types once, at the border where it
//! enters, and every type's `Display` gives the text back.

pub mod artifact;
pub mod branch_rules;
pub mod bump;
pub mod channel;
pub mod collection;
pub mod crate_name;
pub mod digest;
pub mod endpoints;
pub mod expect;
pub mod interpreter;
pub mod manifest;
pub mod member_path;
pub mod minutes;
pub mod name;
pub mod pep440;
pub mod platform_tag;
pub mod reason;
pub mod rename;
pub mod revision;
pub mod sdist_name;
pub mod secret;
pub mod tag;
pub mod target;
pub mod version;
pub mod wanted;
pub mod wheel_name;
