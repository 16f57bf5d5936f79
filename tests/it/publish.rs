//! publish, as its users meet it.

mod installers;
mod servers;
mod uploaders;
