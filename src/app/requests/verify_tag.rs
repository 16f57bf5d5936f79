//! The request of verify-tag.

use std::path::Path;

use super::{Ready, RequestError, Requests};
use crate::action::error::InputError;
use crate::model::branch_rules::BranchBudget;
use crate::model::tag::{Tag, TagPrefix};
use crate::modes::verify_tag::{Occasion, Readers, Trust, VerifyTag};
use crate::remote::disk::read::DiskRead;
use crate::remote::git::GitRead;
use crate::remote::github::event_tag;
use crate::remote::history::History;

/// What `tag-prefix` says where nothing stands before the version: an input that is empty is one that is not given.
const NO_PREFIX: &str = "none";

impl Requests<'_> {
    pub(in super::super) fn verify_tag(&self) -> Result<Ready<VerifyTag>, RequestError> {
        let prefix = self.tag_prefix()?;
        let tag = self.tag_text().or_else(|| self.pushed_tag(prefix.as_ref()));
        let tag = tag.ok_or_else(|| self.inputs.missing("tag"))?;
        // The commit of a tag push must be the tag's; that of any other event says nothing about the tag.
        let of_tag = format!("refs/tags/{tag}");
        let pushed = self.runner.commit.clone();
        let pushed = pushed.filter(|_| self.runner.git_ref.as_deref() == Some(of_tag.as_str()));
        let is_publication = self.runner.event_name.as_deref() == Some("release");
        let project_dir = self.inputs.existing_folder("project-dir")?;
        let history = self.history(&project_dir)?;
        let mode = VerifyTag {
            commit: self.given_or_built()?.or(pushed),
            apart: self.inputs.projects_below(&project_dir),
            project_dir,
            version_files: self.inputs.parsed_list("version-files")?,
            changelog: self.inputs.optional_file("changelog")?,
            branch_rules: self.inputs.parsed("branch-rules")?.unwrap_or_default(),
            branch_budget: self.inputs.parsed("branch-budget")?.unwrap_or(BranchBudget::USUAL),
            trust: Trust {
                signed: self.inputs.flag("require-signed-tag")?,
                taggers: self.inputs.parsed_list("allowed-taggers")?,
            },
            checks: self.inputs.parsed_list("require-checks")?,
            own_run: self.runner.run_id,
            occasion: if is_publication { Occasion::Publication } else { Occasion::Other },
            testpypi_for: self.inputs.parsed_list("testpypi-for")?,
            policy: self.policy_of_tag()?,
            tag,
            prefix,
        };
        let readers = Readers { disk: DiskRead::default(), history };
        Ok(Ready { mode, readers, writers: self.unless_dry_run(|| Ok(()))? })
    }

    /// What stands before the version in the project's tags, where somebody says so.
    pub(in super::super) fn tag_prefix(&self) -> Result<Option<TagPrefix>, InputError> {
        match self.inputs.text("tag-prefix") {
            Some(NO_PREFIX) => Ok(Some(TagPrefix::default())),
            _ => self.inputs.parsed("tag-prefix"),
        }
    }

    /// The tag that a push started the workflow with whose end started this run. GitHub does not say whether it was a tag
    /// or a branch: what does not read as a tag is none, and the commit of the run is held to the tag in any case.
    fn pushed_tag(&self, prefix: Option<&TagPrefix>) -> Option<String> {
        let name = event_tag::pushed_name(&self.event_of("workflow_run")?)?;
        Tag::read(&name, prefix).is_ok().then_some(name)
    }

    /// Whom to ask about tags, branches and commits.
    fn history(&self, project_dir: &Path) -> Result<History, RequestError> {
        if !self.inputs.flag("local")? {
            return Ok(History::Api(self.github_read()?));
        }
        if self.runner.in_image {
            let why = "the container of this action holds no git";
            let hint = "leave it out: GitHub is asked then, and nothing has to be cloned";
            return Err(self.inputs.refused("local", why, Some(hint)).into());
        }
        if self.inputs.text("require-checks").is_some() {
            let why = "a checkout does not know what was checked on GitHub";
            return Err(self
                .inputs
                .refused("require-checks", why, Some("leave it out beside `local`"))
                .into());
        }
        let (variables, stop) = (self.runner.for_children.clone(), self.surroundings.stop.clone());
        Ok(History::Checkout(GitRead::new(project_dir, variables, stop)))
    }
}
