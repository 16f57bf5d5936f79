//! The request of upload-artifacts.

use super::{Ready, RequestError, Requests};
use crate::action::error::InputError;
use crate::archive::pack::Level;
use crate::modes::upload::{
    self, ArtifactName, Form, IfExists, NameHash, Packed, Provenance, Retention, UploadArtifacts,
};
use crate::remote::artifacts::{ArtifactRead, ArtifactWrite};
use crate::remote::disk::read::DiskRead;
use crate::remote::http::Http;

impl Requests<'_> {
    pub(in super::super) fn upload(&self) -> Result<Ready<UploadArtifacts>, RequestError> {
        let paths = self.inputs.list("paths");
        if paths.is_empty() {
            return Err(self.inputs.missing("paths").into());
        }
        let mode = UploadArtifacts {
            form: self.form()?,
            paths,
            include_hidden: self.inputs.flag("include-hidden")?,
            provenance: self.provenance()?,
            if_exists: self.inputs.parsed("if-exists")?.unwrap_or(IfExists::Fail),
            retention: self.inputs.parsed::<Retention>("retention-days")?,
            kept_at_most: self.runner.retention_days,
            level: self
                .inputs
                .parsed::<Level>("compression-level")?
                .ok_or_else(|| self.inputs.missing("compression-level"))?,
            run_page: self.runner.run_page.clone(),
            packed: Packed::default(),
        };
        let disk = DiskRead::default();
        let (url, token) = (self.runner.results_url.as_deref(), self.runner.runtime_token.clone());
        let artifacts = ArtifactRead::of_runner(Http::new(self.surroundings)?, url, token)?;
        let readers = upload::Readers { disk: disk.clone(), artifacts: artifacts.clone() };
        let writers =
            self.unless_dry_run(|| Ok(upload::Writers { artifacts: ArtifactWrite::new(artifacts), disk }))?;
        Ok(Ready { mode, readers, writers })
    }

    /// What records beside archives say, if they are wanted: beside a raw file there is no room for one.
    fn provenance(&self) -> Result<Option<Provenance>, InputError> {
        let requirements = self.inputs.optional_file("requirements-file")?;
        if !self.inputs.flag("provenance")? {
            return match requirements {
                None => Ok(None),
                Some(_) => {
                    let why = "it is named in a record, and none is wanted";
                    Err(self.inputs.refused(
                        "requirements-file",
                        why,
                        Some("set `provenance`, or leave it out"),
                    ))
                }
            };
        }
        if self.inputs.flag("raw")? {
            let why = "a raw artifact is one file, and has no room for its record";
            return Err(self.inputs.refused("provenance", why, Some("leave one of the two out")));
        }
        Ok(Some(Provenance { machine: self.runner.machine.clone(), requirements }))
    }

    /// What the artifact is, and what it is called: one file as it is has its own name, and nothing else to say.
    fn form(&self) -> Result<Form, InputError> {
        let name = self.inputs.parsed::<ArtifactName>("artifact-name")?;
        let name_hash = self.inputs.parsed::<NameHash>("name-hash")?.unwrap_or(NameHash::None);
        if !self.inputs.flag("raw")? {
            let name = name.ok_or_else(|| self.inputs.missing("artifact-name"))?;
            return Ok(Form::Archive { name, name_hash });
        }
        let refused = |input| {
            let why = "a raw artifact is called as its file is";
            Err(self.inputs.refused(input, why, Some("leave it out, or leave `raw` out")))
        };
        match (name, name_hash) {
            (Some(_), _) => refused("artifact-name"),
            (None, NameHash::Checksums) => refused("name-hash"),
            (None, NameHash::None) => Ok(Form::Raw),
        }
    }
}
