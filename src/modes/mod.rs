//! What the program does for a release: a validated request in, a plan out.
//!
//! A mode is a plain struct of its request. It knows nothing of the runner and never imports another mode;
//! what several of them need is here beside them: `release_set` (which files, proven how) and `notes`.

pub(crate) mod collect;
pub(crate) mod create_release;
pub(crate) mod notes;
pub(crate) mod publish;
pub(crate) mod release_set;
pub(crate) mod validate_wheels;
pub(crate) mod verify_tag;
pub(crate) mod version_sources;

use crate::report::Rule;

/// Every rule that a mode may report, for the generated documentation.
pub fn rules() -> Vec<&'static Rule> {
    [
        verify_tag::RULES,
        collect::RULES,
        release_set::RULES,
        validate_wheels::RULES,
        create_release::RULES,
        publish::RULES,
    ]
    .into_iter()
    .flatten()
    .collect()
}
