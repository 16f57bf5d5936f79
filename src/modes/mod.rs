//! What the program does for a release: a validated request in, a plan out.
//!
//! A mode is a plain struct of its request. It knows nothing of the runner and never imports another mode;
//! what several of them need is here beside them: `release_set` (which files, proven how), `custody` (who vouches for them), `smoke` (do they work) and
//! `notes`.

pub(crate) mod bump_version;
pub(crate) mod collect;
pub(crate) mod create_release;
pub(crate) mod custody;
pub(crate) mod notes;
pub(crate) mod project;
mod proven;
pub(crate) mod publish;
mod reading;
pub(crate) mod records;
pub(crate) mod release_set;
pub(crate) mod smoke;
pub(crate) mod upload;
pub(crate) mod validate_wheels;
pub(crate) mod verify_release;
pub(crate) mod verify_tag;
pub(crate) mod yank;

use crate::report::Rule;

/// Every rule that a mode may report about the files of a release.
pub(crate) fn rules_of_files() -> impl Iterator<Item = &'static Rule> {
    [release_set::RULES, validate_wheels::RULES, smoke::RULES].into_iter().flatten()
}

/// Every rule that a mode may report, for the generated documentation.
pub fn rules() -> Vec<&'static Rule> {
    let before = [bump_version::RULES, verify_tag::RULES, upload::RULES, collect::RULES, custody::RULES]
        .into_iter()
        .flatten();
    let releases = [create_release::RULES, create_release::channel::RULES, create_release::undo::RULES];
    let behind = releases.into_iter().chain([publish::RULES, verify_release::RULES, yank::RULES]).flatten();
    before.chain(rules_of_files()).chain(behind).collect()
}
