//! collect-artifacts: the artifacts of named workflows for one commit, proven, unpacked and placed.
//!
//! Each artifact is downloaded into a staging folder of its own while it is hashed, compared with the digest that
//! GitHub states, and unpacked there. Only when all of them are good are their files placed, all at once, so a
//! run that stops half-way leaves the target folders as they were.

mod choose;
mod layout;
mod record;
mod rules;
mod stage;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::archive::bundle::BundleError;
use crate::model::revision::CommitSha;
use crate::model::tag::Tag;
use crate::plan::context::Context;
use crate::plan::{Failure, Mode, Output, OutputField, Plan, Step};
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::DiskWrite;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::github::RunArtifact;
use crate::remote::github::read::GithubRead;
use crate::report::{Finding, Report};

pub(crate) use layout::Rename;
pub(crate) use rules::RULES;
use rules::{EXPIRED, NO_COMMIT, NO_DIGEST, NONE_OF_WORKFLOW, NOTHING};

/// So many names of artifacts are told where a pattern matched none.
const MOST_NAMES: usize = 30;

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct CollectArtifacts {
    /// The commit whose runs are looked for, where it was given or came with a `workflow_run` event.
    pub(crate) commit: Option<CommitSha>,
    /// The tag whose commit is taken otherwise.
    pub(crate) tag: Option<Tag>,
    /// The commit that started this run, when there is neither.
    pub(crate) started_by: Option<CommitSha>,
    /// File names of the workflows, such as `wheels.yml`. Without any, the artifacts of `own_run` are taken: those
    /// that earlier jobs of the same run left, for which `needs` has waited.
    pub(crate) workflows: Vec<String>,
    /// The run that this is.
    pub(crate) own_run: Option<u64>,
    /// Patterns of the artifacts' names.
    pub(crate) patterns: Vec<glob::Pattern>,
    /// What a producer that is still running means: this run fails, or leaves it at that.
    pub(crate) when_incomplete: WhenIncomplete,
    /// How files that are no distributions are called when they are placed.
    pub(crate) rename: Option<Rename>,
    /// Where downloads are unpacked and kept.
    pub(crate) staging_dir: PathBuf,
    /// Where wheels and sdists go.
    pub(crate) packages_dir: PathBuf,
    /// Where everything else goes.
    pub(crate) assets_dir: PathBuf,
}

/// What to do when a producer is still running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenIncomplete {
    /// Fail.
    Fail,
    /// End well, with nothing done: each producer's end starts another run, and the last one finds all complete.
    Skip,
}

/// Why a text says nothing of producers that still run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither `fail` nor `skip`")]
pub(crate) struct WhenIncompleteError {
    text: String,
}

impl FromStr for WhenIncomplete {
    type Err = WhenIncompleteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "fail" => Ok(Self::Fail),
            "skip" => Ok(Self::Skip),
            _ => Err(WhenIncompleteError { text: text.chars().take(60).collect() }),
        }
    }
}

/// An artifact that was chosen, with where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    workflow: String,
    artifact: RunArtifact,
}

/// Its effects.
#[derive(Clone, Debug)]
pub(crate) enum CollectStep {
    /// Download into a staging folder, compare, unpack.
    Fetch(Chosen),
    /// Put the files of all artifacts where they belong, or none of them.
    Place { artifacts: Vec<Chosen>, packages_dir: PathBuf, assets_dir: PathBuf },
}

impl fmt::Display for CollectStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetch(Chosen { workflow, artifact }) => {
                let digest = artifact.sha256.map_or_else(
                    || "no digest stated".to_owned(),
                    |sha256| format!("sha256 {}", sha256.short()),
                );
                write!(f, "fetch {} of {workflow} ({} bytes, {digest})", artifact.name, artifact.size_bytes)
            }
            Self::Place { artifacts, packages_dir, assets_dir } => {
                let (packages, assets) = (packages_dir.display(), assets_dir.display());
                write!(f, "place the files of {} artifacts in {packages} and {assets}", artifacts.len())
            }
        }
    }
}

impl Step for CollectStep {
    fn irreversible(&self) -> bool {
        false
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) struct Collected {
    commit: Option<CommitSha>,
    artifacts: usize,
    files: usize,
    packages_dir: PathBuf,
}

impl Output for Collected {
    fn fields(&self) -> Vec<OutputField> {
        let mut fields = vec![
            ("packages-dir", self.packages_dir.display().to_string()),
            ("files", self.files.to_string()),
            ("artifacts", self.artifacts.to_string()),
        ];
        fields.extend(self.commit.iter().map(|commit| ("commit", commit.to_string())));
        fields
    }
}

/// Why it could not tell, or what did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CollectError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error("the artifact `{artifact}` cannot be unpacked")]
    Bundle { artifact: String, source: BundleError },
    #[error("no file was placed, because of what the artifacts hold")]
    Withheld,
}

impl Failure for CollectError {
    fn is_ambiguous(&self) -> bool {
        false
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Remote(error) => error.hint(),
            Self::Disk(error) => error.hint(),
            Self::Withheld => None,
            Self::Bundle { .. } => {
                Some("is there room on the disk, and may this user write there? run again".into())
            }
        }
    }
}

/// What it looks at.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    /// The staging and target folders.
    pub(crate) disk: DiskRead,
    /// The repository's runs and artifacts.
    pub(crate) github: GithubRead,
}

/// What it changes: files on this machine only. Artifacts are read.
#[derive(Clone, Debug)]
pub(crate) struct Writers {
    /// The staging and target folders.
    pub(crate) disk: DiskWrite,
    /// The same, to look at what was written.
    pub(crate) read: DiskRead,
    /// Where artifacts are downloaded from.
    pub(crate) github: GithubRead,
}

impl Mode for CollectArtifacts {
    const NAME: &'static str = "collect-artifacts";
    /// Downloads come from a store that serves many at once.
    const CONCURRENCY: usize = 8;
    type Step = CollectStep;
    type Output = Collected;
    type Error = CollectError;
    type Readers = Readers;
    type Writers = Writers;

    async fn plan(
        &self,
        _cx: &Context,
        readers: &Readers,
    ) -> Result<Plan<CollectStep, Collected>, CollectError> {
        let mut report = Report::default();
        let commit = self.commit(&readers.github).await?;
        let chosen = match &commit {
            Some(commit) => self.choose(commit, &readers.github, &mut report).await?,
            None => {
                report.push(
                    NO_COMMIT
                        .finding(match &self.tag {
                            Some(tag) => format!("the repository has no tag `{tag}`"),
                            None => "neither `commit` nor `tag` is given".to_owned(),
                        })
                        .hint(match &self.tag {
                            Some(_) => "push the tag, or give `commit`",
                            None => "give `tag` or `commit`",
                        }),
                );
                Vec::new()
            }
        };
        let mut plan = Plan {
            waves: Vec::new(),
            report,
            present: 0,
            waiting_for: None,
            output: Collected {
                commit,
                artifacts: chosen.len(),
                files: 0,
                packages_dir: self.packages_dir.clone(),
            },
        };
        let only_incomplete = plan.report.blockers().all(|finding| finding.check == choose::NOT_COMPLETE.id);
        if plan.report.blocks() && only_incomplete && self.when_incomplete == WhenIncomplete::Skip {
            let running: Vec<_> = plan.report.blockers().map(|finding| finding.message.clone()).collect();
            plan.waiting_for = Some(running.join("; "));
            plan.report = std::mem::take(&mut plan.report).softened(choose::NOT_COMPLETE.id);
        }
        if plan.report.blocks() || plan.waiting_for.is_some() {
            return Ok(plan);
        }
        self.compare(chosen, &readers.disk, &mut plan)?;
        Ok(plan)
    }

    async fn apply(&self, _cx: &Context, step: &CollectStep, writers: &Writers) -> Result<(), CollectError> {
        match step {
            CollectStep::Fetch(chosen) => stage::fetch(&self.staging_dir, chosen, writers).await,
            CollectStep::Place { artifacts, .. } => self.place(artifacts, writers),
        }
    }
}

impl CollectArtifacts {
    async fn commit(&self, github: &GithubRead) -> Result<Option<CommitSha>, RemoteError> {
        match (&self.commit, &self.tag) {
            (Some(commit), _) => Ok(Some(commit.clone())),
            (None, Some(tag)) => github.tag_commit(tag.as_str()).await,
            (None, None) => Ok(self.started_by.clone()),
        }
    }

    /// The artifacts that the runs of `commit` left under the names that were asked for.
    async fn choose(
        &self,
        commit: &CommitSha,
        github: &GithubRead,
        report: &mut Report,
    ) -> Result<Vec<Chosen>, RemoteError> {
        let own = self.own_run.filter(|_| self.workflows.is_empty()).map(|run| ("this run".to_owned(), run));
        let mut producers: Vec<_> = own.into_iter().collect();
        for workflow in &self.workflows {
            let runs = github.runs(workflow, commit).await?;
            producers
                .extend(choose::run(runs, workflow, commit, report).map(|run| (workflow.clone(), run.id)));
        }
        // What a producer that is missing would have left is not held against those that are there.
        let all_found = producers.len() == self.workflows.len().max(1);
        let mut chosen = Vec::new();
        let mut seen = Vec::new();
        for (workflow, run) in producers {
            let artifacts = github.run_artifacts(run).await?;
            seen.extend(artifacts.iter().map(|artifact| artifact.name.clone()));
            let wanted = |name: &str| self.patterns.iter().any(|pattern| pattern.matches(name));
            let wanted = choose::newest(artifacts, wanted, report);
            if wanted.is_empty() {
                report.push(NONE_OF_WORKFLOW.finding(format!("{workflow} (run {run}) left none")));
            }
            chosen.extend(wanted.into_iter().map(|artifact| Chosen { workflow: workflow.clone(), artifact }));
        }
        if all_found {
            report.extend(self.unmatched(&chosen, &seen));
        }
        chosen.iter().for_each(|one| check(one, report));
        Ok(chosen)
    }

    /// Patterns that no artifact has.
    fn unmatched(&self, chosen: &[Chosen], seen: &[String]) -> Vec<Finding> {
        let seen = match seen.len() {
            0 => "no artifact".to_owned(),
            1..=MOST_NAMES => format!("`{}`", seen.join("`, `")),
            all => format!("`{}` and {} more", seen[..MOST_NAMES].join("`, `"), all - MOST_NAMES),
        };
        let matched = |pattern: &&glob::Pattern| chosen.iter().any(|one| pattern.matches(&one.artifact.name));
        let finding = |pattern: &glob::Pattern| {
            NOTHING.finding(format!("no artifact is called `{pattern}`; the runs left {seen}")).hint(
                if self.workflows.is_empty() {
                    "do jobs of this run upload, and are they in `needs`? name other producers in `workflows`"
                } else {
                    "is the name right, and does every job of the producer upload?"
                },
            )
        };
        self.patterns.iter().filter(|pattern| !matched(pattern)).map(finding).collect()
    }

    /// What is staged and placed already, and what is left.
    fn compare(
        &self,
        chosen: Vec<Chosen>,
        disk: &DiskRead,
        plan: &mut Plan<CollectStep, Collected>,
    ) -> Result<(), DiskError> {
        let mut staged = Vec::new();
        let mut fetches = Vec::new();
        for one in &chosen {
            match record::read(disk, &self.staging_dir, one)? {
                Some(record) => staged.push((one, record)),
                None => fetches.push(CollectStep::Fetch(one.clone())),
            }
        }
        plan.present = staged.len();
        for (one, record) in &staged {
            if let Some(why) = &record.refused {
                plan.report.push(stage::REFUSED.finding(why.clone()).in_file(one.artifact.name.clone()));
            }
        }
        let layout = layout::of(self, &staged, &mut plan.report);
        let mut left = !fetches.is_empty();
        for placement in &layout {
            match layout::placed(placement, disk, &mut plan.report)? {
                true => plan.output.files += 1,
                false => left = true,
            }
        }
        if fetches.is_empty() && layout.is_empty() && !plan.report.blocks() {
            plan.report.push(layout::EMPTY.finding(format!("the {} artifacts hold no file", chosen.len())));
        }
        plan.waves.extend((!fetches.is_empty()).then_some(fetches));
        if left && !chosen.is_empty() {
            let (packages_dir, assets_dir) = (self.packages_dir.clone(), self.assets_dir.clone());
            plan.waves.push(vec![CollectStep::Place { artifacts: chosen, packages_dir, assets_dir }]);
        }
        Ok(())
    }

    /// Places every file, unless anything stands against any of them: then the second look says what.
    fn place(&self, artifacts: &[Chosen], writers: &Writers) -> Result<(), CollectError> {
        let mut staged = Vec::new();
        for one in artifacts {
            match record::read(&writers.read, &self.staging_dir, one)? {
                Some(record) if record.refused.is_none() => staged.push((one, record)),
                _ => return Err(CollectError::Withheld),
            }
        }
        let mut report = Report::default();
        let layout = layout::of(self, &staged, &mut report);
        for placement in &layout {
            layout::placed(placement, &writers.read, &mut report)?;
        }
        if report.blocks() {
            return Err(CollectError::Withheld);
        }
        for placement in &layout {
            writers.disk.copy(&placement.staged, &placement.target)?;
        }
        Ok(())
    }
}

/// What can be said of an artifact before it is fetched.
fn check(chosen: &Chosen, report: &mut Report) {
    let Chosen { workflow, artifact } = chosen;
    if artifact.expired {
        let made = artifact.created_at.as_deref().unwrap_or("a day that GitHub does not tell");
        report.push(EXPIRED.finding(format!("{workflow} made it on {made}")).in_file(artifact.name.clone()));
    }
    if artifact.sha256.is_none() {
        let message = format!("{workflow} uploaded it without one");
        report.push(NO_DIGEST.finding(message).in_file(artifact.name.clone()));
    }
}
