//! collect-artifacts: the artifacts of named workflows for one commit, proven, unpacked and placed.
//!
//! Each artifact is downloaded into a staging folder of its own, read back, compared with the digest that GitHub
//! states, and unpacked there. Only when all of them are good are their files placed, all at once, so a run that
//! stops half-way leaves the target folders as they were, and the next one fetches nothing again that is proven.
//! What their producers say of the files is held to the bytes before that, and written down beside them with their
//! origins.

mod choose;
mod collected;
mod faults;
mod landed;
mod layout;
mod map;
mod outcome;
mod ready;
mod record;
mod rules;
mod stage;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OnceCell, Semaphore};

use crate::archive::bundle::BundleError;
use crate::model::artifact::Distribution;
use crate::model::minutes::Minutes;
use crate::model::rename::Rename;
use crate::model::revision::CommitSha;
use crate::model::tag::Tag;
use crate::model::wanted::{Target, Wanted};
use crate::plan::context::Context;
use crate::plan::{Failure, Mode, Output, OutputField, Plan, SeenFile, Step};
use crate::remote::disk::lock::FolderLock;
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::DiskWrite;
use crate::remote::error::{DiskError, RemoteError};
use crate::remote::github::RunArtifact;
use crate::remote::github::download::DownloadError;
use crate::remote::github::read::GithubRead;
use crate::remote::github::runs::Sought;
use crate::remote::surroundings::Event;
use crate::report::Report;

use choose::Choice;
pub(crate) use choose::{Allowed, Latest, RunChoice, commit_of_event};
use faults::Faults;
use map::{Left, Runs};
pub(crate) use ready::Memory;
use record::Record;
pub(crate) use rules::RULES;
use rules::{MIXED, NO_COMMIT};

/// What messages call the run that this is, as the producer of artifacts.
const OWN_RUN: &str = "this run";
/// So many artifacts are unpacked at the same time: that takes a processor each, and downloading hardly any.
const UNPACKINGS: usize = 2;
/// How long to wait before the staging folder is tried again, while another run has it.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct CollectArtifacts {
    /// The commit whose runs are looked for, where it was given or came with a `workflow_run` event.
    pub(crate) commit: Option<CommitSha>,
    /// The tag whose commit is taken otherwise.
    pub(crate) tag: Option<Tag>,
    /// The commit that started this run, when there is neither.
    pub(crate) started_by: Option<CommitSha>,
    /// No commit at all, but the newest good runs on a branch.
    pub(crate) latest: Option<Latest>,
    /// File names of the workflows, such as `wheels.yml`. Without any, the artifacts of `own_run` are taken: those
    /// that earlier jobs of the same run left, for which `needs` has waited.
    pub(crate) workflows: Vec<String>,
    /// The run that this is.
    pub(crate) own_run: Option<u64>,
    /// Which artifacts are taken, and where their files go.
    pub(crate) artifacts: Vec<Wanted>,
    /// Which runs count.
    pub(crate) allowed: Allowed,
    /// What a producer that is still running means.
    pub(crate) when_incomplete: WhenIncomplete,
    /// How long producers are waited for at most, where they are.
    pub(crate) wait_timeout: Minutes,
    /// What its looks share.
    pub(crate) memory: Memory,
    /// How files that are no distributions are called when they are placed.
    pub(crate) rename: Option<Rename>,
    /// The folder from which `artifacts` names folders.
    pub(crate) base_dir: PathBuf,
    /// Where downloads are unpacked and kept.
    pub(crate) staging_dir: PathBuf,
    /// Where wheels, sdists and crates go.
    pub(crate) packages_dir: PathBuf,
    /// Where everything else goes.
    pub(crate) assets_dir: PathBuf,
    /// Where it is written down what was collected, with the texts of the producers.
    pub(crate) collection_dir: PathBuf,
    /// Whether every file must have a digest from its producer.
    pub(crate) require_checksums: bool,
}

/// What to do when a producer is still running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenIncomplete {
    /// Fail.
    Fail,
    /// End well, with nothing done: each producer's end starts another run, and the last one finds all complete.
    Skip,
    /// Look again until it is done, or it has taken too long.
    Wait,
}

/// Why a text says nothing of producers that still run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is none of `fail`, `skip` and `wait`")]
pub(crate) struct WhenIncompleteError {
    text: String,
}

impl FromStr for WhenIncomplete {
    type Err = WhenIncompleteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "fail" => Ok(Self::Fail),
            "skip" => Ok(Self::Skip),
            "wait" => Ok(Self::Wait),
            _ => Err(WhenIncompleteError { text: text.chars().take(60).collect() }),
        }
    }
}

/// An artifact that was chosen, with where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    workflow: String,
    run_id: u64,
    /// Of the run itself, whose artifacts are taken where no workflow is named, it is not asked.
    run_attempt: Option<u64>,
    artifact: RunArtifact,
    /// What the release calls it.
    alias: Option<String>,
    /// Where its files go, if not where files of their kind go.
    target: Option<Target>,
}

/// Its effects.
#[derive(Clone, Debug)]
pub(crate) enum CollectStep {
    /// Download into a staging folder, compare, unpack.
    Fetch(Chosen),
    /// Put the files of all artifacts where they belong, or none of them.
    Place { artifacts: Vec<Chosen>, commit: Option<CommitSha>, folders: [PathBuf; 3] },
}

impl fmt::Display for CollectStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetch(Chosen { workflow, artifact, .. }) => {
                let digest = artifact.sha256.map_or_else(
                    || "no digest stated".to_owned(),
                    |sha256| format!("sha256 {}", sha256.short()),
                );
                write!(f, "fetch {} of {workflow} ({} bytes, {digest})", artifact.name, artifact.size_bytes)
            }
            Self::Place { artifacts, commit: _, folders } => {
                let [packages, assets, collection] = folders.each_ref().map(|folder| folder.display());
                let count = artifacts.len();
                write!(f, "place the files of {count} artifacts in {packages} and {assets}")?;
                let targets = artifacts.iter().filter_map(|one| one.target.as_ref());
                let targets: BTreeSet<_> = targets.map(Target::folder).collect();
                targets.into_iter().try_for_each(|folder| write!(f, ", {folder}"))?;
                write!(f, ", and their origins in {collection}")
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
    ready: bool,
    commit: Option<CommitSha>,
    artifacts: usize,
    files: usize,
    packages_dir: PathBuf,
    /// Each alias with the name of its artifact.
    aliases: Vec<(String, String)>,
    /// All artifacts with their files, as JSON.
    collected: Option<String>,
    /// The document about the files, and how many of them have their digest from their producer.
    manifest: PathBuf,
    verified: usize,
    seen: Vec<SeenFile>,
}

impl Collected {
    /// Takes down what was chosen and, of what is staged, where its files go.
    fn tell(&mut self, request: &CollectArtifacts, chosen: &[Chosen], staged: &[(&Chosen, Record)]) {
        let aliased = chosen.iter().filter_map(|one| Some((one.alias.clone()?, one.artifact.name.clone())));
        self.aliases = aliased.collect();
        let files = |one: &Chosen| {
            let (_, record) = staged.iter().find(|(other, _)| other.artifact.id == one.artifact.id)?;
            Some(layout::files(request, one, record))
        };
        let placed: Vec<_> = chosen.iter().map(|one| (one, files(one))).collect();
        self.collected = Some(collected::json(&placed));
    }
}

impl Output for Collected {
    fn fields(&self) -> Vec<OutputField> {
        let count = |is: fn(&Distribution) -> bool| {
            let distributions = self.seen.iter().filter_map(|seen| seen.artifact.distribution());
            distributions.filter(|distribution| is(distribution)).count().to_string()
        };
        let crates = self.seen.iter().filter(|seen| seen.artifact.packed_crate().is_some()).count();
        let mut fields = vec![
            ("ready".into(), self.ready.to_string()),
            ("packages-dir".into(), self.packages_dir.display().to_string()),
            ("files".into(), self.files.to_string()),
            ("artifacts".into(), self.artifacts.to_string()),
            ("manifest".into(), self.manifest.display().to_string()),
            ("wheels".into(), count(|kind| matches!(kind, Distribution::Wheel(_)))),
            ("sdists".into(), count(|kind| matches!(kind, Distribution::Sdist(_)))),
            ("crates".into(), crates.to_string()),
            ("verified".into(), self.verified.to_string()),
        ];
        fields.extend(self.commit.iter().map(|commit| ("commit".into(), commit.to_string())));
        fields.extend(self.collected.iter().map(|json| ("collected".into(), json.clone())));
        let aliases = self.aliases.iter();
        fields.extend(aliases.map(|(alias, name)| (format!("artifact_{alias}").into(), name.clone())));
        fields
    }

    fn files(&self) -> Vec<SeenFile> {
        self.seen.clone()
    }
}

/// Why it could not tell, or what did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CollectError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error("the artifact `{artifact}` was not fetched")]
    Fetch { artifact: String, source: Box<DownloadError> },
    #[error("the artifact `{artifact}` cannot be staged")]
    Stage { artifact: String, source: DiskError },
    #[error("the artifact `{artifact}` cannot be unpacked")]
    Bundle { artifact: String, source: BundleError },
    #[error("no file was placed, because of what the artifacts hold")]
    Withheld,
    #[error("stopped by a signal while waiting for {missing}")]
    Stopped { missing: String },
}

/// What a look at the producers finds.
#[derive(Debug, Default)]
struct Found {
    /// Every producer succeeded.
    ready: bool,
    /// The one commit that all of it was built from.
    commit: Option<CommitSha>,
    chosen: Vec<Chosen>,
}

impl Failure for CollectError {
    fn is_ambiguous(&self) -> bool {
        false
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Remote(error) => error.hint(),
            Self::Fetch { source, .. } => source.hint(),
            Self::Disk(error) | Self::Stage { source: error, .. } => error.hint(),
            Self::Withheld => None,
            Self::Stopped { .. } => Some("run again: it looks anew, and nothing was changed".into()),
            Self::Bundle { source, .. } => match source {
                BundleError::Write(cause) => cause.downcast_ref::<DiskError>().and_then(DiskError::hint),
                _ => None,
            }
            .or_else(|| Some("is there room on the disk, and may this user write there? run again".into())),
        }
    }

    /// An artifact that is not well, or could not be had in several tries, says nothing about others. A token that is
    /// refused and a full disk do.
    fn spares_others(&self) -> bool {
        matches!(self, Self::Fetch { source, .. } if !matches!(**source, DownloadError::Refused(_)))
    }
}

/// What it looks at.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    /// The staging and target folders.
    disk: DiskRead,
    /// The repository's runs and artifacts.
    github: GithubRead,
    /// What this run found while it fetched.
    faults: Faults,
}

impl Readers {
    /// Looks at the repository of `github`, and at files.
    pub(crate) fn new(github: GithubRead) -> Self {
        Self { disk: DiskRead::default(), github, faults: Faults::default() }
    }
}

/// What it changes: files on this machine only. Artifacts are read.
#[derive(Clone, Debug)]
pub(crate) struct Writers {
    /// The staging and target folders.
    disk: DiskWrite,
    /// The same, to look at what was written.
    read: DiskRead,
    /// Where artifacts are downloaded from.
    github: GithubRead,
    /// What is found meanwhile.
    faults: Faults,
    /// Whose turn it is to unpack.
    unpackings: Arc<Semaphore>,
    /// The staging folder, once it is this process's alone.
    lock: Arc<OnceCell<FolderLock>>,
}

impl Writers {
    /// What they prove and find is known to these readers.
    pub(crate) fn of(readers: &Readers) -> Self {
        let Readers { disk, github, faults } = readers.clone();
        let unpackings = Arc::new(Semaphore::new(UNPACKINGS));
        Self { disk: DiskWrite, read: disk, github, faults, unpackings, lock: Arc::default() }
    }

    /// Keeps other processes out of the staging folder from here on: each would empty what the other fills.
    async fn take(&self, folder: &Path, cx: &Context) -> Result<(), CollectError> {
        let taken = self.lock.get_or_try_init(|| async {
            let mut is_told = false;
            loop {
                if let Some(lock) = self.disk.try_lock(folder)? {
                    return Ok(lock);
                }
                let missing = format!("another run that works in `{}`", folder.display());
                if !std::mem::replace(&mut is_told, true) {
                    cx.surroundings.progress.event(Event::Note(&format!("waiting for {missing}")));
                }
                if !ready::sleep(cx, BETWEEN_TRIES).await {
                    return Err(CollectError::Stopped { missing });
                }
            }
        });
        taken.await.map(|_| ())
    }
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
        cx: &Context,
        readers: &Readers,
    ) -> Result<Plan<CollectStep, Collected>, CollectError> {
        let mut report = Report::default();
        let Found { ready, commit, chosen } = match self.sought(&readers.github).await? {
            Some(sought) => self.choose(cx, &sought, &readers.github, &mut report).await?,
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
                Found::default()
            }
        };
        let mut plan = Plan {
            waves: Vec::new(),
            report,
            present: 0,
            waiting_for: None,
            output: Collected {
                ready,
                commit,
                artifacts: chosen.len(),
                files: 0,
                packages_dir: self.packages_dir.clone(),
                aliases: Vec::new(),
                collected: None,
                manifest: self.collection_dir.join("manifest.json"),
                verified: 0,
                seen: Vec::new(),
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
        self.compare(chosen, readers, &mut plan)?;
        Ok(plan)
    }

    async fn apply(&self, cx: &Context, step: &CollectStep, writers: &Writers) -> Result<(), CollectError> {
        writers.take(&self.staging_dir, cx).await?;
        match step {
            // Another run may have fetched it while this one waited for the folder.
            CollectStep::Fetch(chosen)
                if record::read(&writers.read, &self.staging_dir, chosen)?.is_some() =>
            {
                Ok(())
            }
            CollectStep::Fetch(chosen) => stage::fetch(&self.staging_dir, chosen, writers).await,
            CollectStep::Place { artifacts, commit, .. } => self.place(artifacts, commit.as_ref(), writers),
        }
    }
}

impl CollectArtifacts {
    /// What runs are looked for by; nothing when there is no commit.
    async fn sought(&self, github: &GithubRead) -> Result<Option<Sought>, RemoteError> {
        let commit = match (&self.latest, &self.commit, &self.tag) {
            (Some(Latest { branch: Some(branch) }), ..) => return Ok(Some(Sought::Branch(branch.clone()))),
            (Some(Latest { branch: None }), ..) => {
                return github.default_branch().await.map(|branch| Some(Sought::Branch(branch)));
            }
            (None, Some(commit), _) => Some(commit.clone()),
            (None, None, Some(tag)) => github.tag_commit(tag.as_str()).await?,
            (None, None, None) => self.started_by.clone(),
        };
        Ok(commit.map(Sought::Commit))
    }

    /// The artifacts that the runs left under the names that were asked for.
    async fn choose(
        &self,
        cx: &Context,
        sought: &Sought,
        github: &GithubRead,
        report: &mut Report,
    ) -> Result<Found, CollectError> {
        let own = self.own_run.filter(|_| self.workflows.is_empty());
        let mut producers: Vec<_> = own.map(|run| (OWN_RUN.to_owned(), run, None)).into_iter().collect();
        let mut commits: Vec<_> = match sought {
            Sought::Commit(commit) => vec![commit.clone()],
            Sought::Branch(_) => Vec::new(),
        };
        for (workflow, choice) in self.producers(cx, sought, github).await? {
            match choice {
                Choice::Good(run) => {
                    commits.push(run.head_sha);
                    producers.push((workflow, run.id, Some(run.run_attempt)));
                }
                Choice::Running { finding, .. } | Choice::Absent(finding) | Choice::Bad(finding) => {
                    report.push(finding);
                }
            }
        }
        commits.sort();
        commits.dedup();
        if commits.len() > 1 {
            let all: Vec<_> = commits.iter().map(CommitSha::short).collect();
            report.push(MIXED.finding(format!("the runs built the commits {}", all.join(", "))));
        }
        let all_found = producers.len() == self.workflows.len().max(1);
        let mut left = Vec::new();
        for (workflow, run_id, run_attempt) in producers {
            let artifacts = github.run_artifacts(run_id).await?;
            left.push(Left { workflow, run_id, run_attempt, artifacts });
        }
        let chosen = map::resolve(&self.artifacts, Runs { left: &left, all_found }, report);
        let commit = commits.pop().filter(|_| commits.is_empty());
        Ok(Found { ready: all_found, commit, chosen })
    }

    /// What is staged and placed already, and what is left.
    fn compare(
        &self,
        chosen: Vec<Chosen>,
        Readers { disk, faults, .. }: &Readers,
        plan: &mut Plan<CollectStep, Collected>,
    ) -> Result<(), DiskError> {
        let mut staged = Vec::new();
        let mut fetches = Vec::new();
        for one in &chosen {
            match record::read(disk, &self.staging_dir, one)? {
                Some(record) => staged.push((one, record)),
                None => {
                    // Fetched in this run already, in vain: that is told, and stands in the way of placing.
                    plan.report.extend(faults.of(one));
                    fetches.push(CollectStep::Fetch(one.clone()));
                }
            }
        }
        plan.present = staged.len();
        for (one, record) in &staged {
            if let Some(why) = &record.refused {
                plan.report.push(stage::REFUSED.finding(why.clone()).in_file(one.artifact.name.clone()));
            }
        }
        let mut examined = outcome::examine(self, staged, disk)?;
        if fetches.is_empty() && !plan.report.blocks() {
            examined.tell(&mut plan.report);
        }
        let layout = layout::of(self, &examined.released, &mut plan.report);
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
        plan.output.tell(self, &chosen, &examined.released);
        let commit = plan.output.commit.clone();
        if fetches.is_empty() {
            let outcome = examined.outcome(self, commit.as_ref(), &layout, disk, &mut plan.report)?;
            left |= !outcome.is_written(&self.collection_dir, disk)?;
            plan.output.verified = outcome.collection.verified();
            plan.output.seen = outcome.seen();
        }
        plan.waves.extend((!fetches.is_empty()).then_some(fetches));
        if left && !chosen.is_empty() {
            let folders = [&self.packages_dir, &self.assets_dir, &self.collection_dir].map(PathBuf::clone);
            plan.waves.push(vec![CollectStep::Place { artifacts: chosen, commit, folders }]);
        }
        Ok(())
    }

    /// Places every file, unless anything stands against any of them: then the second look says what.
    fn place(
        &self,
        artifacts: &[Chosen],
        commit: Option<&CommitSha>,
        writers: &Writers,
    ) -> Result<(), CollectError> {
        let mut staged = Vec::new();
        for one in artifacts {
            match record::read(&writers.read, &self.staging_dir, one)? {
                Some(record) if record.refused.is_none() => staged.push((one, record)),
                _ => return Err(CollectError::Withheld),
            }
        }
        let mut report = Report::default();
        let mut examined = outcome::examine(self, staged, &writers.read)?;
        examined.tell(&mut report);
        let layout = layout::of(self, &examined.released, &mut report);
        for placement in &layout {
            layout::placed(placement, &writers.read, &mut report)?;
        }
        let outcome = examined.outcome(self, commit, &layout, &writers.read, &mut report)?;
        if report.blocks() {
            return Err(CollectError::Withheld);
        }
        if layout.is_empty() {
            // The second look says that there is no file; nothing is written about none.
            return Ok(());
        }
        outcome.sweep(&layout, &self.collection_dir, writers.disk)?;
        for placement in &layout {
            writers.disk.share(&placement.staged, &placement.target, placement.access, &writers.read)?;
        }
        writers.disk.keep_names(layout.iter().map(|placement| placement.target.as_path()))?;
        Ok(outcome.write(&self.collection_dir, &writers.read, writers.disk)?)
    }
}
