//! GitHub's rules that no schema states: one test for each number that the simulator's code mentions.
//!
//! The tests speak to the four hosts without sockets, and every exchange is held against the published
//! description on the way.

mod actions;
mod artifacts;
mod assets;
mod checks;
mod commits;
mod desk;
mod dispatches;
mod drafts;
mod manners;
mod publishing;
mod pulls;
mod refs;
