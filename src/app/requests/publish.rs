//! The request of publish.

use super::registries::Access;
use super::{Ready, RequestError, Requests};
use crate::model::manifest::Origin;
use crate::model::minutes::Minutes;
use crate::model::target::{Registry, RegistryName, Target};
use crate::modes::publish::registry::{NoWay, Readers, RegistryRead, RegistryWrite, Way, Writers};
use crate::modes::publish::{Publish, SizeLimit};
use crate::remote::disk::read::DiskRead;
use crate::remote::error::RemoteError;
use crate::report::policy::FileSizeLimit;

impl Requests<'_> {
    pub(in super::super) fn publish(&self) -> Result<Ready<Publish>, RequestError> {
        let access = self.access()?;
        let targets = self.targets(&access)?;
        let registries = registries_of(&targets);
        let origin = Origin { tag: self.tag()?, commit: None };
        let asked = Publish::new(self.manifest_or_folders()?, origin, targets);
        let mode = Publish {
            skip_existing: self.inputs.parsed("skip-existing")?.unwrap_or(asked.skip_existing),
            concurrency: self.inputs.parsed("concurrency")?.unwrap_or(asked.concurrency),
            size_limit: self.size_limit()?,
            attestations: self.inputs.optional_folder("attestations-dir")?,
            probe: self.inputs.flag("probe-credentials")?,
            patience: self.inputs.parsed::<Minutes>("wait-for-availability")?.unwrap_or(asked.patience),
            ..asked
        };
        let reader = |registry: &Registry| -> Result<(RegistryName, RegistryRead), RequestError> {
            let read = if registry.is_python() {
                RegistryRead::Python(self.python_read(&access, registry)?)
            } else {
                RegistryRead::Cargo(self.cargo_read(&access, registry)?)
            };
            Ok((registry.name.clone(), read))
        };
        let readers = Readers {
            disk: DiskRead::for_uploads(),
            registries: registries.iter().map(reader).collect::<Result<_, _>>()?,
        };
        let read = readers.clone();
        let writers = self.unless_dry_run(|| {
            let way = |registry: &Registry| Ok((registry.name.clone(), self.way(&access, registry)?));
            let registries = registries.iter().map(way).collect::<Result<_, RequestError>>()?;
            Ok(Writers { read, registries })
        })?;
        Ok(Ready { mode, readers, writers })
    }

    /// A way into the registry. That there is none is told when something is to be sent there.
    fn way(&self, access: &Access, registry: &Registry) -> Result<Result<Way, NoWay>, RequestError> {
        let write = if registry.is_python() {
            self.python_write(access, registry).map(|write| RegistryWrite::Python(Box::new(write)))
        } else {
            self.cargo_write(access, registry).map(|write| RegistryWrite::Cargo(Box::new(write)))
        };
        match write {
            Ok(write) => Ok(Ok(Way { write, is_trusted: !access.has_login(registry) })),
            Err(RequestError::Remote(RemoteError::Missing { what, hint })) => Ok(Err(NoWay { what, hint })),
            Err(error) => Err(error),
        }
    }

    fn size_limit(&self) -> Result<SizeLimit, RequestError> {
        let limit = self.inputs.parsed("file-size-limit")?.unwrap_or(FileSizeLimit::USUAL).bytes();
        let is_given = self.inputs.is_given("file-size-limit");
        Ok(if is_given { SizeLimit::Given(limit) } else { SizeLimit::Usual(limit) })
    }
}

/// Each registry once.
fn registries_of(targets: &[Target]) -> Vec<Registry> {
    let mut registries: Vec<Registry> = Vec::new();
    for target in targets {
        if registries.iter().all(|registry| registry.name != target.registry.name) {
            registries.push(target.registry.clone());
        }
    }
    registries
}
