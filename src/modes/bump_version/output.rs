//! What a next version answers.

use super::goal::Goal;
use crate::model::revision::CommitSha;
use crate::plan::{Output, OutputField};
use crate::remote::github::pulls::Pull;

/// What it answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bumped {
    /// What the version is to become, once that is known.
    pub(super) goal: Option<Goal>,
    /// The branch that gets the commit, or has it.
    pub(super) branch: Option<String>,
    /// The commit that raised the version, once there is one.
    pub(super) commit: Option<CommitSha>,
    /// The pull request that proposes it.
    pub(super) pull: Option<Pull>,
}

impl Output for Bumped {
    fn fields(&self) -> Vec<OutputField> {
        let Self { goal, branch, commit, pull } = self;
        let mut fields: Vec<OutputField> = Vec::new();
        let mut put = |name: &'static str, value: String| fields.push((name.into(), value));
        if let Some(goal) = goal {
            put("tag", goal.tag.to_string());
            put("version", goal.written(&goal.version));
            put("previous-version", goal.written(&goal.previous));
            put("version-pep440", goal.version.pep440());
            if let Some(semver) = goal.version.semver() {
                put("version-semver", semver);
            }
            put("prerelease", goal.version.is_prerelease().to_string());
        }
        if let Some(commit) = commit {
            put("commit", commit.to_string());
        }
        if let Some(goal) = goal {
            put("changed-files", goal.files.join("\n"));
        }
        if let Some(branch) = branch {
            put("branch", branch.clone());
        }
        if let Some(pull) = pull {
            put("pull-request", pull.number.to_string());
            put("pull-request-url", pull.url.clone());
        }
        fields
    }

    /// A commit that was made stays known when a later step fails.
    fn broken_off(&self) -> Vec<OutputField> {
        self.fields()
    }
}
