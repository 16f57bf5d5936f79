//! publish, as its users meet it.

mod conformance;
mod installers;
mod servers;
mod uploaders;
