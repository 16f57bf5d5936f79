//! What this run found of single artifacts while it fetched them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Chosen;
use crate::report::Finding;

/// Findings by the artifact's number, until the look that follows tells them. They are kept in memory only: the next
/// run tries again. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Arc<Mutex<BTreeMap<u64, Finding>>>);

impl Faults {
    pub(super) fn note(&self, chosen: &Chosen, finding: Finding) {
        let finding = finding.in_file(chosen.artifact.name.clone());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(chosen.artifact.id, finding);
    }

    pub(super) fn of(&self, chosen: &Chosen) -> Option<Finding> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&chosen.artifact.id).cloned()
    }
}
