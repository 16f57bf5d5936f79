//! The one HTTP client; this placeholder gives way to the real one.

use super::error::RemoteError;
use super::surroundings::Surroundings;

/// The one client. Cloning shares it.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    surroundings: Surroundings,
}

impl Http {
    /// A client for one run.
    pub(crate) fn new(surroundings: &Surroundings) -> Result<Self, RemoteError> {
        Ok(Self { surroundings: surroundings.clone() })
    }
}
