//! The world: a folder for each service, a reader and a writer in each.
//!
//! Readers are nouns and hold no credential that could write; writer methods are called `ensure_…` and are safe
//! to repeat. Nothing here knows the simulators: the two meet on the socket only.

pub(crate) mod artifacts;
pub(crate) mod cargo;
pub(crate) mod disk;
mod doubts;
pub(crate) mod error;
pub(crate) mod git;
pub(crate) mod github;
pub(crate) mod history;
pub(crate) mod http;
pub(crate) mod oidc;
pub(crate) mod process;
pub(crate) mod pypi;
pub(crate) mod python;
pub(crate) mod surroundings;
