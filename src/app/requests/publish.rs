//! The request of publish.

use super::{Ready, RequestError, Requests};
use crate::model::manifest::Origin;
use crate::model::target::INDEX;
use crate::modes::publish::{Publish, Readers, Writers};
use crate::remote::disk::read::DiskRead;

impl Requests<'_> {
    pub(in super::super) fn publish(&self) -> Result<Ready<Publish>, RequestError> {
        let access = self.access()?;
        let registry = access.registries().get(INDEX).expect("every run knows it");
        let mode = Publish {
            set: self.manifest_or_folders()?,
            origin: Origin { tag: self.tag()?, commit: None },
            index_url: registry.index().clone(),
        };
        let disk = DiskRead::default();
        let readers = Readers { disk: disk.clone(), index: self.python_read(&access, registry)? };
        let writers =
            self.unless_dry_run(|| Ok(Writers { disk, index: self.python_write(&access, registry)? }))?;
        Ok(Ready { mode, readers, writers })
    }
}
