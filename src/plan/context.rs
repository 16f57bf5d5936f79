//! What every look and every step of a run may ask of its surroundings.

use crate::remote::surroundings::Surroundings;

/// The context of one run. What the run is about stands in the mode's own request.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Masks, progress, pace, and whether to stop.
    pub(crate) surroundings: Surroundings,
}
