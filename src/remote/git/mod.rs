//! The git of this machine, asked about one checkout: what GitHub would be asked, without a network.
//!
//! It only looks. No shell is involved, no file of the checkout decides what runs, and nothing is fetched. What the
//! checkout does not hold, because it is shallow, is said and never guessed.

mod ask;
mod files;
mod read;
mod signature;

use std::path::PathBuf;

use super::process::Variables;
use super::surroundings::Stop;

/// What messages call it.
const SERVICE: &str = "git";

/// Looks at one checkout.
#[derive(Clone, Debug)]
pub(crate) struct GitRead {
    /// A folder inside the checkout.
    dir: PathBuf,
    /// The variables of this program that children may see.
    variables: Variables,
    stop: Stop,
}

impl GitRead {
    /// A reader of the checkout that `dir` lies in.
    pub(crate) fn new(dir: impl Into<PathBuf>, variables: Variables, stop: Stop) -> Self {
        Self { dir: dir.into(), variables, stop }
    }
}

#[cfg(test)]
mod tests;
