//! The request of verify-release.

use std::path::PathBuf;

use super::{Ready, RequestError, Requests};
use crate::action::error::InputError;
use crate::model::target::{RegistryKind, Target};
use crate::modes::verify_release::{
    Place, Readers, RegistryRead, ReleaseState, VerifyRelease, When, Writers,
};
use crate::remote::disk::read::DiskRead;
use crate::remote::python::bench::PythonRun;
use crate::remote::python::find::PythonRead;

impl Requests<'_> {
    pub(in super::super) fn verify_release(&self) -> Result<Ready<VerifyRelease>, RequestError> {
        let tag = self.required_tag()?;
        // The commit of a tag push, and that of a published release, must be the tag's.
        let of_tag = format!("refs/tags/{tag}");
        let started = self.runner.commit.clone();
        let started = started.filter(|_| self.runner.git_ref.as_deref() == Some(of_tag.as_str()));
        let when = self.inputs.parsed("when")?.unwrap_or(When::AfterPublish);
        let mode = VerifyRelease {
            tag,
            commit: self.given_or_built()?.or(started),
            when,
            release_state: self.inputs.parsed("release-state")?.unwrap_or(ReleaseState::Published),
            manifest: self.manifest_on_disk()?,
            require_provenance: self.inputs.flag("require-provenance")?,
            install_check: self.install_check(when)?,
        };
        let python = PythonRead::new(self.runner.for_children.clone());
        let readers = Readers::new(DiskRead::default(), self.github_read()?, self.places()?, python.clone());
        let writers = self.unless_dry_run(|| Ok(Writers { python: PythonRun::new(python) }))?;
        Ok(Ready { mode, readers, writers })
    }

    /// The registries of `targets`, each with its reader.
    fn places(&self) -> Result<Vec<Place>, RequestError> {
        let access = self.access()?;
        let targets = self.targets(&access)?;
        let place = |target: Target| {
            let reader = match target.registry.kind {
                RegistryKind::Python { .. } => {
                    RegistryRead::Python(self.python_read(&access, &target.registry)?)
                }
                RegistryKind::Cargo { .. } => {
                    RegistryRead::Cargo(self.cargo_read(&access, &target.registry)?)
                }
            };
            Ok(Place { target, reader })
        };
        targets.into_iter().map(place).collect()
    }

    /// The manifest of `manifest-dir`, where that folder is there.
    fn manifest_on_disk(&self) -> Result<Option<PathBuf>, InputError> {
        let file = self.inputs.optional_folder("manifest-dir")?.map(|folder| folder.join("manifest.json"));
        match file {
            Some(file) if !file.is_file() => {
                let why = format!("it holds no `{}`", file.display());
                let hint = "name the folder that `validate-wheels` wrote, or none to take the release's own manifest";
                Err(self.inputs.refused("manifest-dir", why, Some(hint)))
            }
            file => Ok(file),
        }
    }

    fn install_check(&self, when: When) -> Result<bool, InputError> {
        if !self.inputs.flag("install-check")? {
            return Ok(false);
        }
        if when == When::BeforePublish {
            let why = "before anything is published there is nothing to install";
            return Err(self.inputs.refused(
                "install-check",
                why,
                Some("leave it out, or say `when: after-publish`"),
            ));
        }
        if self.runner.in_image {
            let why = "the container of this action holds no Python to install with";
            let hint = "use the `bin` sub-action in this step, which runs on the runner itself, or the command line: \
                        `release-action verify-release --install-check`";
            return Err(self.inputs.refused("install-check", why, Some(hint)));
        }
        Ok(true)
    }
}
