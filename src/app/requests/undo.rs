//! The request of create-release that takes a release back.

use super::{Ready, RequestError, Requests};
use crate::modes::create_release::undo::{Undo, UndoRelease};
use crate::modes::create_release::{Readers, Writers};
use crate::remote::disk::read::DiskRead;

impl Requests<'_> {
    /// No file is looked at: what is taken back need not be there any more.
    pub(in super::super) fn undo_release(&self) -> Result<Ready<UndoRelease>, RequestError> {
        let undo: Undo = self.inputs.parsed("undo")?.ok_or_else(|| self.inputs.missing("undo"))?;
        for name in ["channel", "channel-tags", "keep-releases"] {
            if self.inputs.is_given(name) {
                let why = "`undo` takes back the release of one tag";
                let hint = "name that tag as `tag` (`nightly`, or `nightly-20261120`), and leave this out";
                return Err(self.inputs.refused(name, why, Some(hint)).into());
            }
        }
        let tag = self.tag_text().ok_or_else(|| self.inputs.missing("tag"))?;
        let readers = Readers { disk: DiskRead::default(), github: self.github_read()? };
        let writers = self.unless_dry_run(|| Ok(Writers { github: self.github_write()? }))?;
        Ok(Ready { mode: UndoRelease { tag, undo }, readers, writers })
    }
}
