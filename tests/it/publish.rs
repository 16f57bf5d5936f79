//! publish, as its users meet it.

mod conformance;
mod crash;
mod installers;
mod partial;
mod preflight;
mod provenance;
mod servers;
mod signals;
mod stage;
mod targets;
mod uploaders;
