//! The request of yank.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Ready, RequestError, Requests};
use crate::action::error::InputError;
use crate::model::reason::Reason;
use crate::model::target::RegistryName;
use crate::modes::yank::{Change, Readers, RegistryRead, Writers, Yank};
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::DiskWrite;

impl Requests<'_> {
    pub(in super::super) fn yank(&self) -> Result<Ready<Yank>, RequestError> {
        let change = if self.inputs.flag("unyank")? {
            Change::Unyank
        } else {
            Change::Yank(
                self.inputs.parsed::<Reason>("reason")?.ok_or_else(|| self.inputs.missing("reason"))?,
            )
        };
        let access = self.access()?;
        let mode = Yank {
            tag: self.tag()?,
            manifest: self.manifest_file()?,
            targets: self.targets(&access)?,
            change,
        };
        let mut registries: BTreeMap<RegistryName, RegistryRead> = BTreeMap::new();
        for registry in mode.targets.iter().map(|target| &target.registry) {
            let read = if registry.is_python() {
                RegistryRead::Python(self.python_read(&access, registry)?)
            } else {
                let has_token = access.has_login(registry);
                RegistryRead::Cargo { read: self.cargo_read(&access, registry)?, has_token }
            };
            registries.insert(registry.name.clone(), read);
        }
        let readers = Readers { disk: DiskRead::default(), github: self.github_read()?, registries };
        let writers = self.unless_dry_run(|| {
            let mut registries = BTreeMap::new();
            for registry in mode.targets.iter().map(|target| &target.registry) {
                // Without a token nothing is changed there, and the plan says so.
                if !registry.is_python() && access.has_login(registry) {
                    registries.insert(registry.name.clone(), self.cargo_write(&access, registry)?);
                }
            }
            Ok(Writers { disk: DiskWrite, github: self.github_write()?, registries })
        })?;
        Ok(Ready { mode, readers, writers })
    }

    /// The release's manifest, where its folder is there.
    fn manifest_file(&self) -> Result<Option<PathBuf>, InputError> {
        let file = self.inputs.optional_folder("manifest-dir")?.map(|folder| folder.join("manifest.json"));
        match file {
            Some(file) if !file.is_file() => {
                let why = format!("it holds no `{}`", file.display());
                let hint = "put the release's `manifest.json` there, or name no folder and the packages in `targets`";
                Err(self.inputs.refused("manifest-dir", why, Some(hint)))
            }
            file => Ok(file),
        }
    }
}
