//! The request of create-release.

mod wording;

use super::{Ready, RequestError, Requests};
use crate::action::error::InputError;
use crate::model::rename::{NameGlob, StoredAs};
use crate::modes::create_release::{self, Attached, Contents, CreateRelease, OnConflict};
use crate::modes::release_set::ReleaseSet;
use crate::remote::disk::read::DiskRead;

impl Requests<'_> {
    pub(in super::super) fn create_release(&self) -> Result<Ready<CreateRelease>, RequestError> {
        let tag = self.required_tag()?;
        let contents = self.contents()?;
        let mode = CreateRelease {
            kind: self.kind(&tag)?,
            tag,
            commit: self.given_or_built()?,
            set: self.set_beside(&contents)?,
            contents,
            on_conflict: self.inputs.parsed("on-conflict")?.unwrap_or(OnConflict::Fail),
            wording: self.wording()?,
            publish: self.inputs.flag("publish")?,
            allow_published_changes: self.inputs.flag("allow-published-changes")?,
        };
        let readers = create_release::Readers { disk: DiskRead::default(), github: self.github_read()? };
        let writers = self.unless_dry_run(|| Ok(create_release::Writers { github: self.github_write()? }))?;
        Ok(Ready { mode, readers, writers })
    }

    /// The vetted files. There are none where the user says so: with further files, without records, and without a folder.
    pub(super) fn set_beside(&self, contents: &Contents) -> Result<Option<ReleaseSet>, InputError> {
        let mut has_folder = false;
        for name in ["packages-dir", "assets-dir", "manifest-dir"] {
            has_folder |= self.inputs.optional_folder(name)?.is_some();
        }
        if !has_folder && !contents.files.is_empty() && contents.attach == [Attached::None] {
            return Ok(None);
        }
        self.manifest_or_folders().map(Some)
    }

    /// What the release holds beside the files that were vetted.
    pub(super) fn contents(&self) -> Result<Contents, InputError> {
        let attach = self.inputs.parsed_list::<Attached>("attach")?;
        if attach.len() > 1 && attach.contains(&Attached::None) {
            let why = "`none` stands beside others";
            return Err(self.inputs.refused("attach", why, Some("leave it or the others out")));
        }
        Ok(Contents {
            files: self.inputs.list("files"),
            rename: self.inputs.parsed_list::<StoredAs>("rename")?,
            attach,
            expect: self.inputs.parsed_list::<NameGlob>("expect-assets")?,
        })
    }
}
