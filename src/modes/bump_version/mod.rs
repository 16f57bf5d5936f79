//! bump-version: the project gets its next version, in all files at once: on disk, as a commit, or as a pull request.
//!
//! The first look works out from the checkout what every file is to hold. Later looks, and later runs from the same
//! checkout, compare places with that: a file is as it was, as it is to be, or somebody else's. So a second run finds what
//! the first one did, and nobody's push is undone.

mod aim;
mod date;
mod diff;
mod error;
mod goal;
mod output;
mod place;
mod rules;
mod step;
mod tree;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::OnceCell;

use crate::model::bump::Bump;
use crate::model::revision::CommitSha;
use crate::model::tag::TagPrefix;
use crate::model::version::VersionKind;
use crate::modes::project::tree::DiskTree;
use crate::plan::context::Context;
use crate::plan::{Mode, Plan};
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::together::Journal;
use crate::remote::disk::write::DiskWrite;
use crate::remote::error::RemoteError;
use crate::remote::git::GitRead;
use crate::remote::github::branches::{Advanced, Placed};
use crate::remote::github::dispatch::Dispatch;
use crate::remote::github::read::GithubRead;
use crate::remote::github::write::GithubWrite;
use crate::remote::surroundings::Event;
use crate::sources::Wanted;

use aim::{Aim, Aimed};
pub(crate) use error::BumpVersionError;
use goal::Goal;
use output::Bumped;
use place::{Look, Remote};
pub(crate) use place::{Place, Then};
pub(crate) use rules::RULES;
use step::{BumpStep, NewCommit};
use tree::Files;

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct BumpVersion {
    /// The project.
    pub(crate) project: DiskTree,
    /// Where its version is looked for.
    pub(crate) wanted: Wanted,
    /// What becomes of the version.
    pub(crate) bump: Bump,
    /// Which kind of prerelease it becomes.
    pub(crate) kind: Option<VersionKind>,
    /// The changelog that gets a section, where there is one.
    pub(crate) changelog: Option<Changelog>,
    /// What stands before the version in the tag.
    pub(crate) tag_prefix: TagPrefix,
    /// The message of the commit, and the title of the pull request.
    pub(crate) message: Naming,
    /// Where the change goes.
    pub(crate) place: Place,
    /// Whether what is done is done with the job's own token, whose doings start no workflow.
    pub(crate) is_own_token: bool,
}

/// A changelog.
#[derive(Clone, Debug)]
pub(crate) struct Changelog {
    /// Its path in the project.
    pub(crate) path: String,
    /// The page of the repository, for links between versions.
    pub(crate) repository_page: Option<String>,
}

/// A text with `{tag}`, `{version}` and `{previous}` in it.
#[derive(Clone, Debug)]
pub(crate) struct Naming(pub(crate) String);

impl Naming {
    fn of(&self, goal: &Goal) -> String {
        let versions = goal.versions();
        // What stands for a word has no braces, so that nothing is replaced twice.
        let text = self.0.replace("{tag}", goal.tag.as_str());
        text.replace("{version}", &versions.to).replace("{previous}", &versions.from)
    }
}

/// What it looks at.
#[derive(Debug)]
pub(crate) struct Readers {
    disk: DiskRead,
    git: Option<GitRead>,
    github: Option<GithubRead>,
    /// The goal, once the first look has it: what a step changed is no new beginning.
    aimed: OnceCell<(Aimed, Option<Journal>)>,
    /// Whether the lines that change were shown: what follows the first plan is this run's own.
    is_shown: AtomicBool,
}

impl Readers {
    pub(crate) fn new(disk: DiskRead, git: Option<GitRead>, github: Option<GithubRead>) -> Self {
        Self { disk, git, github, aimed: OnceCell::new(), is_shown: AtomicBool::new(false) }
    }
}

/// What it changes.
#[derive(Debug)]
pub(crate) struct Writers {
    disk: DiskWrite,
    github: Option<GithubWrite>,
    /// The commit that this run made.
    made: Mutex<Option<CommitSha>>,
}

impl Writers {
    pub(crate) fn new(github: Option<GithubWrite>) -> Self {
        Self { disk: DiskWrite, github, made: Mutex::default() }
    }

    fn github(&self) -> Result<&GithubWrite, RemoteError> {
        self.github.as_ref().ok_or_else(no_github)
    }

    /// The commit that a step is about: one that was there, or the one that this run made.
    fn commit(&self, known: Option<&CommitSha>) -> Option<CommitSha> {
        let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner).clone();
        known.cloned().or_else(made)
    }
}

/// The request names a place on GitHub only together with who reads and writes it.
fn no_github() -> RemoteError {
    RemoteError::Missing {
        what: "there is no access to GitHub".to_owned(),
        hint: "give `github-token`".to_owned(),
    }
}

impl Mode for BumpVersion {
    const NAME: &'static str = "bump-version";
    type Step = BumpStep;
    type Output = Bumped;
    type Error = BumpVersionError;
    type Readers = Readers;
    type Writers = Writers;

    async fn plan(
        &self,
        cx: &Context,
        readers: &Readers,
    ) -> Result<Plan<BumpStep, Bumped>, BumpVersionError> {
        let ((goal, report), _) = readers.aimed.get_or_try_init(|| self.aim(cx, readers)).await?;
        let mut look = Look { report: report.clone(), ..Look::default() };
        if let Some(goal) = goal {
            look.output.goal = Some(goal.clone());
            self.look(goal, readers, &mut look).await?;
            if !look.report.blocks() && !look.waves.is_empty() {
                show(goal, cx, readers);
            }
        }
        let Look { mut waves, report, present, output } = look;
        // What is bad is not begun.
        if report.blocks() {
            waves.clear();
        }
        Ok(Plan { waves, report, output, present, waiting_for: None })
    }

    async fn apply(&self, _cx: &Context, step: &BumpStep, writers: &Writers) -> Result<(), BumpVersionError> {
        match step {
            BumpStep::Write { changes, versions: _ } => {
                writers.disk.ensure_together(&self.project.path(""), changes)?;
            }
            BumpStep::Tidy => writers.disk.ensure_together(&self.project.path(""), &[])?,
            BumpStep::Commit(commit) => {
                let made = ensure_commit(commit, writers.github()?).await?;
                *writers.made.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
            }
            BumpStep::Propose { head, base, title, body } => {
                writers.github()?.ensure_pull(head, base, title, body).await?;
            }
            BumpStep::Tag { tag, commit } => {
                let commit = writers.commit(commit.as_ref()).ok_or_else(|| no_commit(tag))?;
                require(tag, writers.github()?.ensure_tag(tag, &commit).await?)?;
            }
            BumpStep::Dispatch { workflow, tag, commit } => {
                let commit = writers.commit(commit.as_ref()).ok_or_else(|| no_commit(tag))?;
                let inputs = BTreeMap::new();
                let dispatch = Dispatch { workflow, git_ref: tag, commit: &commit, inputs: &inputs };
                writers.github()?.dispatch(&dispatch).await?;
            }
        }
        Ok(())
    }
}

impl BumpVersion {
    async fn aim(
        &self,
        cx: &Context,
        readers: &Readers,
    ) -> Result<(Aimed, Option<Journal>), BumpVersionError> {
        let journal = readers.disk.journal(&self.project.path(""))?;
        let files = Files { disk: &self.project, instead: BTreeMap::new() };
        let today = date::day(cx.surroundings.pace.now());
        let aim = Aim { mode: self, files, git: readers.git.as_ref(), today };
        Ok((aim.take(journal.as_ref()).await?, journal))
    }

    async fn look(&self, goal: &Goal, readers: &Readers, look: &mut Look) -> Result<(), BumpVersionError> {
        let github = || readers.github.as_ref().ok_or_else(no_github);
        let has_begun = readers.is_shown.load(Ordering::Relaxed);
        let git = readers.git.as_ref();
        let remote = |github| Remote { github, project: &self.project, goal, mode: self, git, has_begun };
        match &self.place {
            Place::Disk => {
                let journal = readers.disk.journal(&self.project.path(""))?;
                place::on_disk(goal, &self.project, journal.as_ref(), look)
            }
            Place::Branch { branch, then } => {
                remote(github()?).on_branch(branch.as_deref(), then, look).await
            }
            Place::Pull { branch, from } => remote(github()?).as_pull(branch.as_deref(), from, look).await,
        }
    }
}

/// Shows once which lines change.
fn show(goal: &Goal, cx: &Context, readers: &Readers) {
    if readers.is_shown.swap(true, Ordering::Relaxed) {
        return;
    }
    let lines = goal.edits.iter().flat_map(|edit| diff::lines(&edit.file, &edit.before, &edit.after));
    for line in lines {
        cx.surroundings.progress.event(Event::Note(&line));
    }
}

/// Makes the commit, and lets its branch lead to it.
async fn ensure_commit(commit: &NewCommit, github: &GithubWrite) -> Result<CommitSha, BumpVersionError> {
    let NewCommit { branch, makes_branch, parent, files, message, versions: _ } = commit;
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let made = github.commit_files(parent, &files, message).await?;
    if *makes_branch {
        require(branch, github.ensure_branch(branch, &made).await?)?;
    } else if let Advanced::Outrun(now) = github.advance_branch(branch, parent, &made).await? {
        return Err(BumpVersionError::Outrun { branch: branch.clone(), now });
    }
    Ok(made)
}

fn require(name: &str, placed: Placed) -> Result<(), BumpVersionError> {
    match placed {
        Placed::Here => Ok(()),
        Placed::Elsewhere(at) => Err(BumpVersionError::Taken { name: name.to_owned(), at }),
    }
}

/// A plan has the commit before what is about it.
fn no_commit(tag: &str) -> BumpVersionError {
    BumpVersionError::NoCommit { branch: tag.to_owned() }
}
