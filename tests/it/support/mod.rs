//! What the tests stand on: the real program, simulated worlds, real peers, real files, a runner for the container.

pub(crate) mod canned;
pub(crate) mod chance;
pub(crate) mod conformance;
pub(crate) mod container;
pub(crate) mod contract;
pub(crate) mod corpus;
pub(crate) mod cross;
pub(crate) mod devpi;
pub(crate) mod index_server;
#[cfg(target_os = "linux")]
pub(crate) mod mortal;
pub(crate) mod program;
pub(crate) mod runner;
pub(crate) mod tls;
pub(crate) mod tools;
pub(crate) mod workflow_files;
pub(crate) mod workflow_play;
pub(crate) mod world;
pub(crate) mod yaml;
