//! publish, as its users meet it.

mod partial;
mod preflight;
mod stage;
mod targets;
