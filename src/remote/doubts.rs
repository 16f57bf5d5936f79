//! Files of which a try to send them may have taken effect although it failed.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::model::artifact::FileName;

/// What a writer is not sure of. A later try that is refused for sure does not settle an earlier one.
#[derive(Debug, Default)]
pub(super) struct Doubts(Mutex<BTreeSet<String>>);

impl Doubts {
    pub(super) fn note(&self, file: &FileName) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(file.to_string());
    }

    pub(super) fn holds(&self, file: &FileName) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(file.as_str())
    }
}
