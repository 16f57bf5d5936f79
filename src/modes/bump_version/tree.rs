//! The project's files as the checkout has them, with what stands for some of them: what they were before a run that broke
//! off, or in the last commit.

use std::collections::BTreeMap;

use crate::modes::project::tree::DiskTree;
use crate::sources::{Entry, Tree, TreeError};

/// The files of a project, some of them with other texts than the disk has.
#[derive(Clone, Debug)]
pub(super) struct Files<'a> {
    /// What is on the disk.
    pub(super) disk: &'a DiskTree,
    /// What stands for the texts there, by path.
    pub(super) instead: BTreeMap<String, String>,
}

impl Tree for Files<'_> {
    fn text(&self, path: &str) -> Result<Option<String>, TreeError> {
        match self.instead.get(path) {
            Some(text) => Ok(Some(text.clone())),
            None => self.disk.text(path),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, TreeError> {
        self.disk.list(folder)
    }
}
