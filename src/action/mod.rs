//! The edge: GitHub's runner protocol, the command line, and text for people.
//!
//! Most of it are pure functions: variables and arguments in, typed values out; typed results in, text out. Only
//! `env` reads the environment, only `files` touches files, and `console` and `delivery` print. No mode knows this
//! module, and it decides nothing about a release.

pub mod schema;

pub(crate) mod account;
pub(crate) mod annotate;
pub(crate) mod bars;
pub(crate) mod cli;
pub(crate) mod config;
pub(crate) mod console;
pub(crate) mod context;
pub(crate) mod delivery;
pub(crate) mod env;
pub(crate) mod error;
pub(crate) mod explain_config;
pub(crate) mod files;
pub(crate) mod inputs;
pub(crate) mod line;
pub(crate) mod nearest;
pub(crate) mod outcome;
pub(crate) mod outputs;
pub(crate) mod platforms;
pub(crate) mod random;
pub(crate) mod redaction;
pub(crate) mod render;
pub(crate) mod report_v1;
pub(crate) mod resolve;
pub(crate) mod rules;
pub(crate) mod sarif;
pub(crate) mod summary;
pub(crate) mod workspace;
