//! The Pythons of this machine: found, asked what they are, and used to try a distribution out in an environment that
//! is gone afterwards.
//!
//! [`find::PythonRead`] starts interpreters and asks them about themselves; nothing else is done before a plan is
//! printed. [`bench::PythonRun`] installs and runs what the plan says. The two share what was found out, so that a second
//! look knows of it.

pub(crate) mod bench;
pub(crate) mod find;
pub(crate) mod log;
pub(crate) mod trial;
