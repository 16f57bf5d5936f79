//! Where the change goes, and what is left to do there.

use std::collections::BTreeMap;

use super::error::BumpVersionError;
use super::goal::{Goal, Whole};
use super::output::Bumped;
use super::rules::{
    BRANCH_TAKEN, HALF_DONE, NO_BRANCH, NO_DISPATCH, OTHER_TEXT, PULL_CLOSED, STARTS_NOTHING, TAG_TAKEN,
};
use super::step::{BumpStep, NewCommit};
use super::tree::Files;
use super::{BumpVersion, Naming};
use crate::model::revision::CommitSha;
use crate::modes::project::tree::DiskTree;
use crate::remote::disk::together::{Change, Journal};
use crate::remote::git::GitRead;
use crate::remote::github::pulls::PullState;
use crate::remote::github::read::GithubRead;
use crate::remote::github::runs::Sought;
use crate::remote::history::Relation;
use crate::report::{Finding, Report};
use crate::sources::{self, Edit, Found, Role, Tree as _};

/// Where the change goes.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// Onto the disk.
    Disk,
    /// As a commit onto a branch, or the default one.
    Branch { branch: Option<String>, then: Then },
    /// As a pull request to a branch, or the default one, from a branch of this name.
    Pull { branch: Option<String>, from: Naming },
}

/// What follows a commit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Then {
    /// Whether it is tagged.
    pub(crate) tags: bool,
    /// The workflows that are started on the tag.
    pub(crate) starts: Vec<String>,
}

/// What a look found, while it looks.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub(super) waves: Vec<Vec<BumpStep>>,
    pub(super) report: Report,
    pub(super) present: usize,
    pub(super) output: Bumped,
}

impl Look {
    fn step(&mut self, step: BumpStep) {
        self.waves.push(vec![step]);
    }
}

/// What is left to do on the disk.
pub(super) fn on_disk(
    goal: &Goal,
    disk: &DiskTree,
    journal: Option<&Journal>,
    look: &mut Look,
) -> Result<(), BumpVersionError> {
    let mut changes = Vec::new();
    for edit in &goal.edits {
        let seen = disk.text(&edit.file)?.unwrap_or_default();
        let path = disk.path(&edit.file);
        let (name, before, after) = (edit.file.clone(), edit.before.clone(), edit.after.clone());
        // A journal has to tell of all files, also of those that are as they are to be.
        if seen != after || journal.is_some() {
            changes.push(Change { name, path, before, seen, after });
        }
    }
    if changes.iter().any(|change| change.seen != change.after) {
        look.step(BumpStep::Write { changes, versions: goal.versions() });
    } else if journal.is_some() {
        look.step(BumpStep::Tidy);
    } else {
        look.present += 1;
    }
    Ok(())
}

/// How far a branch is.
enum Reach {
    /// The version is still to be raised.
    Before,
    /// This commit raised it.
    Raised(CommitSha),
    /// That cannot be told.
    Unclear,
}

/// So many pushes to one file are looked through for the commit that raised the version.
const MOST_PUSHES: usize = 10;

/// What to do where git gave the checkout other line ends than the commit has.
const LINE_ENDS: &str = "only the ends of its lines differ, as git converts them: check out with `core.autocrlf` set to \
    `false`, or run on Linux";

/// A place on GitHub, and who looks at it.
pub(super) struct Remote<'a> {
    pub(super) github: &'a GithubRead,
    pub(super) project: &'a DiskTree,
    pub(super) goal: &'a Goal,
    pub(super) mode: &'a BumpVersion,
    /// Who knows which commit is checked out.
    pub(super) git: Option<&'a GitRead>,
    /// Whether this run began to change something: what is there may be its own.
    pub(super) has_begun: bool,
}

impl Remote<'_> {
    /// What is left to do on a branch, and behind that.
    pub(super) async fn on_branch(
        &self,
        branch: Option<&str>,
        then: &Then,
        look: &mut Look,
    ) -> Result<(), BumpVersionError> {
        let Some((branch, head)) = self.branch(branch, look).await? else { return Ok(()) };
        look.output.branch = Some(branch.clone());
        let commit = match self.reach(&branch, &head, look).await? {
            Reach::Before => None,
            Reach::Raised(commit) => {
                look.present += 1;
                Some(commit)
            }
            Reach::Unclear => return Ok(()),
        };
        let tagged = self.github.tag_commit_exactly(self.goal.tag.as_str()).await?;
        let commit = match (&tagged, commit) {
            (Some(tagged), Some(_)) if self.is_since_checkout(tagged).await? => Some(tagged.clone()),
            (_, commit) => commit,
        };
        if let Some(tagged) = tagged.as_ref().filter(|tagged| commit.as_ref() != Some(*tagged))
            && (then.tags || commit.is_none())
            && !self.is_of_this_run(tagged).await?
        {
            let (tag, wanted) = (
                &self.goal.tag,
                commit.as_ref().map_or("a commit that is still to be made", CommitSha::short),
            );
            let message =
                format!("`{tag}` points to {}, and would have to point to {wanted}", tagged.short());
            look.report.push(TAG_TAKEN.finding(message));
            return Ok(());
        }
        for workflow in &then.starts {
            self.require_trigger(workflow, &head, look).await?;
        }
        if look.report.blocks() {
            return Ok(());
        }
        if commit.is_none() {
            look.step(self.commit(&branch, false, &head));
        }
        look.output.commit = commit.clone();
        self.behind(then, commit, tagged.is_some(), look).await
    }

    /// The tag, and the workflows that are started on it.
    async fn behind(
        &self,
        then: &Then,
        commit: Option<CommitSha>,
        is_tagged: bool,
        look: &mut Look,
    ) -> Result<(), BumpVersionError> {
        let tag = self.goal.tag.as_str();
        // Also when the tag is there: whoever made it, this is what a person has to know at the end.
        if then.tags && then.starts.is_empty() && self.mode.is_own_token {
            let message = format!(
                "if this is the job's own token, the tag that it makes starts no workflow, and nothing will release `{tag}` by itself"
            );
            look.report.push(STARTS_NOTHING.finding(message));
        }
        if then.tags && is_tagged {
            look.present += 1;
        } else if then.tags {
            look.step(BumpStep::Tag { tag: tag.to_owned(), commit: commit.clone() });
        }
        for workflow in &then.starts {
            let is_started = match &commit {
                Some(commit) if is_tagged => self.is_started(workflow, commit).await?,
                _ => false,
            };
            if is_started {
                look.present += 1;
            } else {
                let (workflow, tag, commit) = (workflow.clone(), tag.to_owned(), commit.clone());
                look.step(BumpStep::Dispatch { workflow, tag, commit });
            }
        }
        Ok(())
    }

    /// What is left to do for a pull request.
    pub(super) async fn as_pull(
        &self,
        base: Option<&str>,
        from: &Naming,
        look: &mut Look,
    ) -> Result<(), BumpVersionError> {
        let Some((base, base_head)) = self.branch(base, look).await? else { return Ok(()) };
        let branch = from.of(self.goal);
        let pull = self.github.pull_of(&branch, &base).await?;
        look.output.pull.clone_from(&pull);
        match self.reach(&base, &base_head, look).await? {
            Reach::Before => {}
            // It was merged, or somebody committed the same.
            Reach::Raised(commit) => {
                look.present += 1;
                look.output.commit = Some(commit);
                look.output.branch = Some(base);
                return Ok(());
            }
            Reach::Unclear => return Ok(()),
        }
        look.output.branch = Some(branch.clone());
        if let Some(tagged) = self.github.tag_commit_exactly(self.goal.tag.as_str()).await? {
            let message = format!("`{}` points to {} already", self.goal.tag, tagged.short());
            look.report.push(TAG_TAKEN.finding(message));
            return Ok(());
        }
        match self.github.branch_head(&branch).await? {
            None => look.step(self.commit(&branch, true, &base_head)),
            Some(head)
                if pull.as_ref().is_some_and(|pull| pull.state == PullState::Closed && pull.head == head) =>
            {
                let number = pull.map(|pull| pull.number).unwrap_or_default();
                let message = format!("number {number}, from `{branch}` to `{base}`");
                look.report.push(PULL_CLOSED.finding(message));
                return Ok(());
            }
            Some(head) if self.whole_at(&head).await? == Whole::New => {
                look.present += 1;
                look.output.commit = Some(self.raised_on(&branch, &head).await?);
            }
            Some(head) => {
                let message = format!(
                    "`{branch}` is at {}, where the files do not state {}",
                    head.short(),
                    self.goal.versions().to
                );
                look.report.push(BRANCH_TAKEN.finding(message));
                return Ok(());
            }
        }
        if self.mode.is_own_token {
            let message = "if this is the job's own token, the pull request that it opens starts no workflow: its checks do \
                           not run until somebody pushes to it, or closes and opens it again";
            let hint = "give the token of an app or of a person, or start the checks by hand";
            look.report.push(STARTS_NOTHING.finding(message).hint(hint));
        }
        if pull.is_some_and(|pull| pull.state == PullState::Open) {
            look.present += 1;
            return Ok(());
        }
        let title = self.mode.message.of(self.goal).lines().next().unwrap_or_default().to_owned();
        look.step(BumpStep::Propose { head: branch, base, title, body: self.description() });
        Ok(())
    }

    /// Whether a tag's commit is the one that this run made, although the branch does not show it yet.
    async fn is_of_this_run(&self, tagged: &CommitSha) -> Result<bool, BumpVersionError> {
        Ok(self.has_begun && self.whole_at(tagged).await? == Whole::New)
    }

    /// The branch that was named, or the default one, with its newest commit.
    async fn branch(
        &self,
        name: Option<&str>,
        look: &mut Look,
    ) -> Result<Option<(String, CommitSha)>, BumpVersionError> {
        let name = match name {
            Some(name) => name.to_owned(),
            None => self.github.default_branch().await?,
        };
        let head = self.github.branch_head(&name).await?;
        if head.is_none() {
            look.report.push(NO_BRANCH.finding(format!("there is no branch `{name}`")));
        }
        Ok(head.map(|head| (name, head)))
    }

    /// What a commit holds of all files.
    async fn whole_at(&self, commit: &CommitSha) -> Result<Whole, BumpVersionError> {
        let mut texts = Vec::new();
        for edit in self.goal.held() {
            texts.push(self.text_at(edit, commit).await?);
        }
        Ok(self.goal.whole(texts.iter().map(Option::as_deref)))
    }

    /// What a commit has in the place of a file.
    async fn text_at(&self, edit: &Edit, commit: &CommitSha) -> Result<Option<String>, BumpVersionError> {
        let bytes = match self.project.in_repository(&edit.file) {
            Some(path) => self.github.file(&path, commit).await?,
            None => None,
        };
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()))
    }

    /// The commit that raised the version on a branch that has it: the last one that changed a file which states it.
    /// Where nothing changes, the version was raised long before, and the branch's newest commit is the one to release.
    async fn raised_on(&self, branch: &str, head: &CommitSha) -> Result<CommitSha, BumpVersionError> {
        let raised = match &self.goal.anchor {
            Some(path) => self.github.last_commit_of(path, branch).await?,
            None => None,
        };
        Ok(raised.unwrap_or_else(|| head.clone()))
    }

    /// The commit that made exactly this bump, on a branch where others changed its files afterwards. One that was taken
    /// back since is none.
    async fn raised_before(
        &self,
        branch: &str,
        head: &CommitSha,
    ) -> Result<Option<CommitSha>, BumpVersionError> {
        let Some(path) = &self.goal.anchor else { return Ok(None) };
        if !self.has_version(head).await? {
            return Ok(None);
        }
        for commit in self.github.last_commits_of(path, branch, MOST_PUSHES).await? {
            if self.whole_at(&commit).await? == Whole::New {
                return Ok(Some(commit));
            }
        }
        Ok(None)
    }

    /// Whether the file by which the bump is known states the next version in the commit, whatever else is in it.
    async fn has_version(&self, commit: &CommitSha) -> Result<bool, BumpVersionError> {
        let is_anchor = |edit: &&Edit| self.project.in_repository(&edit.file) == self.goal.anchor;
        let Some(edit) = self.goal.edits.iter().find(is_anchor) else { return Ok(false) };
        let Some(text) = self.text_at(edit, commit).await? else { return Ok(false) };
        let files = Files { disk: self.project, instead: BTreeMap::from([(edit.file.clone(), text)]) };
        let Ok(sources) = sources::find(&files, &self.mode.wanted) else { return Ok(false) };
        let mut stated = sources.found.iter().filter_map(|found| match found {
            Found::Statement(statement) if statement.file == edit.file => Some(statement),
            _ => None,
        });
        let first = stated.find(|statement| statement.role == Role::Version);
        Ok(first.is_some_and(|statement| statement.disagreement(&self.goal.version).is_none()))
    }

    /// How far a branch is; what stands in the way is told.
    async fn reach(
        &self,
        branch: &str,
        head: &CommitSha,
        look: &mut Look,
    ) -> Result<Reach, BumpVersionError> {
        let whole = self.whole_at(head).await?;
        match &whole {
            Whole::Old => return Ok(Reach::Before),
            Whole::New => return Ok(Reach::Raised(self.raised_on(branch, head).await?)),
            Whole::Others(_) | Whole::Mixed { .. } => {}
        }
        if let Some(raised) = self.raised_before(branch, head).await? {
            return Ok(Reach::Raised(raised));
        }
        let hint = match self.has_version(head).await? {
            true => Some(self.hint_of_raised(&self.raised_on(branch, head).await?)),
            false => None,
        };
        let hint = match self.differs_in_ends_only(&whole, head).await? {
            true => Some(LINE_ENDS.to_owned()),
            false => hint,
        };
        self.tell(&whole, branch, head, hint.as_deref(), look);
        Ok(Reach::Unclear)
    }

    /// Whether all that is strange about a commit's files is where their lines end.
    async fn differs_in_ends_only(
        &self,
        whole: &Whole,
        commit: &CommitSha,
    ) -> Result<bool, BumpVersionError> {
        let Whole::Others(files) = whole else { return Ok(false) };
        for edit in self.goal.held().iter().filter(|edit| files.contains(&edit.file)) {
            let Some(text) = self.text_at(edit, commit).await? else { return Ok(false) };
            let plain = |text: &str| text.replace("\r\n", "\n");
            if ![&edit.before, &edit.after].into_iter().any(|known| plain(known) == plain(&text)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn hint_of_raised(&self, raised: &CommitSha) -> String {
        let version = self.goal.versions().to;
        format!(
            "the branch states {version} since {} or before, and a new run would raise that again: name the version \
             (`bump: {version}`) to go on from there",
            raised.short()
        )
    }

    /// Whether a tag of a version that changes nothing leads to what the branch was when an earlier run of this checkout
    /// tagged it: others may have pushed since.
    async fn is_since_checkout(&self, tagged: &CommitSha) -> Result<bool, BumpVersionError> {
        let Some(git) = self.git.filter(|_| self.goal.edits.is_empty()) else { return Ok(false) };
        if !git.has_commit().await {
            return Ok(false);
        }
        let Some(checkout) = git.head().await? else { return Ok(false) };
        let relation = self.github.compare(&checkout, tagged).await?;
        Ok(matches!(relation, Relation::Identical | Relation::Ahead)
            && self.whole_at(tagged).await? == Whole::New)
    }

    fn commit(&self, branch: &str, makes_branch: bool, parent: &CommitSha) -> BumpStep {
        let file = |edit: &Edit| Some((self.project.in_repository(&edit.file)?, edit.after.clone()));
        BumpStep::Commit(NewCommit {
            branch: branch.to_owned(),
            makes_branch,
            parent: parent.clone(),
            files: self.goal.edits.iter().filter_map(file).collect(),
            message: self.mode.message.of(self.goal),
            versions: self.goal.versions(),
        })
    }

    /// Whether the workflow was started on the tag, whatever became of that run.
    async fn is_started(&self, workflow: &str, commit: &CommitSha) -> Result<bool, BumpVersionError> {
        let runs = self.github.runs(workflow, &Sought::Commit(commit.clone())).await?;
        let tag = self.goal.tag.as_str();
        Ok(runs.iter().any(|run| {
            run.event == "workflow_dispatch" && run.head_branch.as_deref() == Some(tag) && !run.from_fork
        }))
    }

    /// A workflow without the trigger is refused by GitHub when the tag is there already.
    async fn require_trigger(
        &self,
        workflow: &str,
        head: &CommitSha,
        look: &mut Look,
    ) -> Result<(), BumpVersionError> {
        let path = format!(".github/workflows/{workflow}");
        let message = match self.github.file(&path, head).await? {
            None => format!("there is no `{path}` at {}", head.short()),
            Some(text) if !String::from_utf8_lossy(&text).contains("workflow_dispatch") => {
                format!("`{path}` has no trigger `workflow_dispatch`")
            }
            Some(_) => return Ok(()),
        };
        look.report.push(NO_DISPATCH.finding(message));
        Ok(())
    }

    /// What the pull request says.
    fn description(&self) -> String {
        let versions = self.goal.versions();
        let files: String = self.goal.files.iter().map(|file| format!("- `{file}`\n")).collect();
        format!(
            "Raises the version {versions}, in\n\n{files}\nAfter the merge, tag the commit as `{}`.\n",
            self.goal.tag
        )
    }

    /// Why the branch cannot be gone on from.
    fn tell(&self, whole: &Whole, branch: &str, head: &CommitSha, hint: Option<&str>, look: &mut Look) {
        let hinted = |finding: Finding| match hint {
            Some(hint) => finding.hint(hint),
            None => finding,
        };
        let at = format!("on `{branch}`, at {}", head.short());
        match whole {
            Whole::Old | Whole::New => {}
            Whole::Others(files) => {
                let what = match self.goal.edits.is_empty() {
                    true => "it is not what the checkout has",
                    false => "it is neither what the checkout has nor what the bump makes of that",
                };
                for file in files {
                    let finding = OTHER_TEXT.finding(format!("{at}, {what}")).in_file(file.clone());
                    look.report.push(hinted(finding));
                }
            }
            Whole::Mixed { old, new } => {
                let have = if new.len() == 1 { "has" } else { "have" };
                let (new, old) = (new.join(", "), old.join(", "));
                let message = format!("{at}, {new} {have} the next version, and {old} not");
                look.report.push(hinted(HALF_DONE.finding(message)));
            }
        }
    }
}
