//! The request of collect-artifacts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Ready, RequestError, Requests, lies_in};
use crate::action::error::InputError;
use crate::model::minutes::Minutes;
use crate::model::rename::Rename;
use crate::model::revision::CommitSha;
use crate::model::wanted::{Alias, Wanted};
use crate::modes::collect::{self, Allowed, CollectArtifacts, Latest, Memory, RunChoice, WhenIncomplete};

impl Requests<'_> {
    pub(in super::super) fn collect(&self) -> Result<Ready<CollectArtifacts>, RequestError> {
        let own_run = self.runner.run_id;
        let artifacts = self.artifacts()?;
        let mut workflows = self.inputs.list("workflows");
        let mut seen = BTreeSet::new();
        workflows.retain(|workflow| seen.insert(workflow.clone()));
        if workflows.is_empty() {
            let named = artifacts.iter().filter_map(|line| line.workflow.clone());
            workflows = named.collect::<BTreeSet<_>>().into_iter().collect();
        }
        if workflows.is_empty() && own_run.is_none() {
            return Err(self.inputs.missing("workflows").into());
        }
        let when_incomplete =
            self.inputs.parsed::<WhenIncomplete>("when-incomplete")?.unwrap_or(WhenIncomplete::Fail);
        let rename = self.inputs.parsed::<Rename>("rename")?;
        let allowed = Allowed { events: self.inputs.list("events"), forks: self.inputs.flag("allow-forks")? };
        let latest = self.latest(&workflows)?;
        let (commit, tag) = match &latest {
            Some(_) => (None, None),
            None => (self.commit_to_collect(&allowed)?, self.tag()?),
        };
        let is_waiting = when_incomplete == WhenIncomplete::Wait;
        if !is_waiting && self.inputs.contradicts("wait-timeout", "when-incomplete") {
            let hint = "set `when-incomplete: wait`, or leave it out";
            return Err(self.inputs.refused("wait-timeout", "nothing is waited for", Some(hint)).into());
        }
        let mode = CollectArtifacts {
            commit,
            tag,
            started_by: self.runner.commit.clone(),
            latest,
            workflows,
            own_run,
            artifacts,
            allowed,
            when_incomplete,
            wait_timeout: self.inputs.parsed("wait-timeout")?.unwrap_or(Minutes::of(60)),
            memory: Memory::default(),
            rename,
            base_dir: PathBuf::new(),
            staging_dir: self.inputs.folder("staging-dir")?,
            packages_dir: self.inputs.folder("packages-dir")?,
            assets_dir: self.inputs.folder("assets-dir")?,
            collection_dir: self.collection_dir()?,
            require_checksums: self.inputs.flag("require-checksums")?,
        };
        let readers = collect::Readers::new(self.github_read()?);
        let writers = self.unless_dry_run(|| Ok(collect::Writers::of(&readers)))?;
        Ok(Ready { mode, readers, writers })
    }

    /// The newest runs, where those are asked for: then nothing may name a commit.
    fn latest(&self, workflows: &[String]) -> Result<Option<Latest>, InputError> {
        let branch = self.inputs.text("branch").map(str::to_owned);
        match self.inputs.parsed::<RunChoice>("run")?.unwrap_or(RunChoice::Commit) {
            RunChoice::Commit if self.inputs.contradicts("branch", "run") => Err(self.inputs.refused(
                "branch",
                "the runs of a commit are taken, whatever branch they ran on",
                Some("set `run: latest`, or leave it out"),
            )),
            RunChoice::Commit => Ok(None),
            RunChoice::Latest => {
                if workflows.is_empty() {
                    return Err(self.inputs.missing("workflows"));
                }
                match ["commit", "tag"].into_iter().find(|name| self.inputs.contradicts(name, "run")) {
                    Some(name) => Err(self.inputs.refused(
                        name,
                        "`run: latest` takes the newest runs of a branch, whatever they built",
                        Some("leave one of the two out"),
                    )),
                    None => Ok(Some(Latest { branch })),
                }
            }
        }
    }

    /// The commit that was given, else that of the event, which no fork may have sent unasked.
    fn commit_to_collect(&self, allowed: &Allowed) -> Result<Option<CommitSha>, RequestError> {
        if let Some(commit) = self.inputs.parsed("commit")? {
            return Ok(Some(commit));
        }
        let Some(run) = self.producer()? else { return Ok(None) };
        match collect::commit_of_event(run, &self.repository()?, allowed) {
            Ok(commit) => Ok(Some(commit)),
            Err(finding) => Err(RequestError::Finding(finding)),
        }
    }

    /// The lines of `artifacts`, which fit together and to the other inputs.
    fn artifacts(&self) -> Result<Vec<Wanted>, InputError> {
        let lines = self.inputs.parsed_list::<Wanted>("artifacts")?;
        let workflows = self.inputs.list("workflows");
        let staging_dir = self.inputs.folder("staging-dir")?;
        let refused = |why: String, hint| Err(self.inputs.refused("artifacts", why, Some(hint)));
        let mut aliases = BTreeSet::new();
        for Wanted { alias, workflow, pattern: _, target } in &lines {
            // Expressions of workflows do not tell capitals apart.
            if let Some(Alias { name, .. }) = alias
                && !aliases.insert(name.to_ascii_lowercase())
            {
                let why = format!("two lines have the alias `{name}`");
                return refused(why, "an alias stands for one artifact: give one of them another");
            }
            if let Some(workflow) = workflow
                && !workflows.is_empty()
                && !workflows.contains(workflow)
            {
                let why = format!("a line names `{workflow}`, and `workflows` does not");
                return refused(why, "name it in `workflows` too, or leave `workflows` out");
            }
            if let Some(target) = target
                && lies_in(Path::new(target.folder().as_str()), &staging_dir)
            {
                let why = format!("`{}` lies in `staging-dir`, which is emptied", target.folder());
                return refused(why, "name a folder beside it");
            }
        }
        Ok(lines)
    }

    /// The folder of what is known about the collected files, which is not among them.
    fn collection_dir(&self) -> Result<PathBuf, InputError> {
        let collection_dir = self.inputs.folder("collection-dir")?;
        for name in ["packages-dir", "assets-dir"] {
            if lies_in(&collection_dir, &self.inputs.folder(name)?) {
                let why =
                    format!("it lies in `{name}`, and would be released with the files that it describes");
                return Err(self.inputs.refused("collection-dir", why, Some("name a folder beside them")));
            }
        }
        Ok(collection_dir)
    }
}
