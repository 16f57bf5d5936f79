//! The project in a checkout: its files, for whoever looks for its version in them.

pub(crate) mod tree;
