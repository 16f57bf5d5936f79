//! publish, as its users meet it.

mod crash;
mod installers;
mod servers;
mod signals;
mod stage;
mod targets;
mod uploaders;
