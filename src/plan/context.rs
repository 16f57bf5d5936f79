//! What a run is about, fixed before it begins.

use std::time::SystemTime;

use crate::model::revision::{CommitSha, Repository};
use crate::remote::surroundings::Surroundings;

/// The facts of one run, as the runner's variables, the event and the inputs give them. Immutable.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// The repository that is released, where one was given.
    pub(crate) repository: Option<Repository>,
    /// The full ref that started the run (`refs/tags/v1.2.0`), where there is one.
    pub(crate) git_ref: Option<String>,
    /// The commit that started the run. On `workflow_run` this is the default branch, not what was built.
    pub(crate) commit: Option<CommitSha>,
    /// The commit of the `workflow_run` event that started the run.
    pub(crate) producer_commit: Option<CommitSha>,
    /// When the run began.
    pub(crate) now: SystemTime,
    /// Masks, progress, pace, and whether to stop.
    pub(crate) surroundings: Surroundings,
}
