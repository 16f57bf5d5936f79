//! Where a rehearsal is played: simulated services that hold the sample, and a workspace with the project's files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::pace::Simulated;
use super::sample::Sample;
use super::script::{Job, Way};
use super::{Page, RehearseError, Row};
use crate::model::crate_name::CrateFile;
use crate::model::endpoints::Endpoint;
use crate::model::name::PackageName;
use crate::model::revision::{CommitSha, Repository};
use crate::model::secret::Secret;
use crate::model::tag::Tag;
use crate::model::target::{Registries, Registry, RegistryKind};
use crate::plan::context::Context;
use crate::remote::cargo::CargoCredential;
use crate::remote::cargo::read::CargoRead;
use crate::remote::cargo::write::CargoWrite;
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::DiskWrite;
use crate::remote::error::RemoteError;
use crate::remote::github::event::{ProducerRun, producer_run};
use crate::remote::github::read::GithubRead;
use crate::remote::github::write::GithubWrite;
use crate::remote::http::Http;
use crate::remote::oidc::AmbientIdentity;
use crate::remote::pypi::Credential;
use crate::remote::pypi::read::IndexRead;
use crate::remote::pypi::write::IndexWrite;
use crate::remote::surroundings::{Patience, Silent, Surroundings};
use crate::sim::cargo::{self, Publication, PublishedBy};
use crate::sim::fault::Fault;
use crate::sim::github::access::Permissions;
use crate::sim::github::git::NewCommit;
use crate::sim::github::limits::Limits;
use crate::sim::github::runs::{NewArtifact, NewRun};
use crate::sim::index::{self, Index, Publisher};
use crate::sim::universe::{Addresses, Setup, Universe};

/// The repository that is released.
const REPOSITORY: &str = "octo-org/sample";

/// The number of the repository's owner, as the identity provider states it.
const OWNER_ID: &str = "65";

/// The token of the release job. It opens nothing but the simulators.
const TOKEN: &str = "ghs_rehearsal";

/// The folders that a release fills in its workspace.
const FILLED: [&str; 7] = [
    "release-staging",
    "dist",
    "release-assets",
    "docs",
    "executables",
    "release-collection",
    "release-manifest",
];

/// How long the producers take from one end to the next.
const BETWEEN_ENDS: Duration = Duration::from_secs(600);

/// What a run of the release is.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// One that the end of another workflow's run started.
    End(ProducerRun),
    /// One that built what it releases, with its number.
    Itself(u64),
}

/// The services, and a workspace of the machine on which the release runs. Clones share both.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    universe: Arc<Universe>,
    workspace: Arc<TempDir>,
    /// The workspaces of workflows that release by themselves.
    workspaces: BTreeMap<String, Arc<TempDir>>,
    killed: Arc<Notify>,
    surroundings: Surroundings,
    addresses: Addresses,
    /// What a checkout gives: path and text.
    checkout: Vec<(String, String)>,
    /// The runs of the producers, with the artifacts that each leaves before it ends.
    producers: BTreeMap<String, (u64, Vec<NewArtifact>)>,
    pub(super) repository: Repository,
    pub(super) tag: Tag,
    pub(super) commit: CommitSha,
    pub(super) workflows: Vec<String>,
    pub(super) way: Way,
}

impl Stage {
    /// Starts the services and prepares them: the tag is pushed, the producers are under way, the index trusts the
    /// workflow. Writes the project's files into an empty workspace.
    pub(super) fn set(sample: &Sample, surroundings: &Surroundings) -> Result<Self, RehearseError> {
        let universe = Universe::start(Setup { repository: REPOSITORY.into(), ..Setup::default() })
            .map_err(RehearseError::Start)?;
        let producers = prepare(&universe, sample);
        let killed = Arc::new(Notify::new());
        let hook = Arc::clone(&killed);
        universe.on_kill(Arc::new(move || hook.notify_one()));

        let mut checkout = sample.project_files.clone();
        checkout.push(("CHANGELOG.md".to_owned(), sample.changelog.clone()));
        let mut workflows: Vec<String> = Vec::new();
        for produced in &sample.produced {
            if !workflows.contains(&produced.workflow) {
                workflows.push(produced.workflow.clone());
            }
        }
        let mut workspaces = BTreeMap::new();
        if sample.way.is_shared() {
            for workflow in &workflows {
                workspaces.insert(workflow.clone(), Arc::new(workspace(&checkout)?));
            }
        }
        Ok(Self {
            addresses: universe.addresses(),
            workspace: Arc::new(workspace(&checkout)?),
            workspaces,
            checkout,
            producers,
            killed,
            surroundings: Surroundings {
                pace: Arc::new(Simulated::new(universe.clock())),
                patience: Patience::rehearsed(),
                ..surroundings.clone()
            },
            repository: REPOSITORY.parse().expect("the constant is a repository"),
            tag: sample.tag.clone(),
            workflows,
            commit: sample.commit.clone(),
            way: sample.way.clone(),
            universe: Arc::new(universe),
        })
    }

    pub(super) fn universe(&self) -> &Universe {
        &self.universe
    }

    /// The same services, seen from a machine of its own.
    pub(super) fn on_another_machine(&self) -> Result<Self, RehearseError> {
        Ok(Self { workspace: Arc::new(workspace(&self.checkout)?), ..self.clone() })
    }

    /// The same services, seen from where the release's jobs of this workflow run.
    pub(super) fn at(&self, workflow: &str) -> Self {
        let workspace = self.workspaces.get(workflow).unwrap_or(&self.workspace);
        Self { workspace: Arc::clone(workspace), ..self.clone() }
    }

    /// The same, where nobody watches the single steps.
    pub(super) fn unwatched(&self) -> Self {
        let surroundings = Surroundings { progress: Arc::new(Silent), ..self.surroundings.clone() };
        Self { surroundings, ..self.clone() }
    }

    /// A producer goes on: it leaves the rest of its artifacts, and ends well unless its later jobs release them.
    pub(super) fn end(&self, workflow: &str) {
        self.universe.clock().advance(BETWEEN_ENDS.as_secs());
        let (run, artifacts) = &self.producers[workflow];
        self.universe.github(|github| {
            for artifact in artifacts {
                github.add_artifact(*run, artifact.clone());
            }
            if !self.way.is_shared() {
                github.end_run(*run, "success");
            }
        });
    }

    /// Whether some producer has not ended, without whose files nothing can be released.
    pub(super) fn is_building(&self) -> bool {
        !self.way.is_shared()
            && self
                .universe
                .github(|github| github.runs_mut().iter().any(|run| run.facts.status != "completed"))
    }

    /// What a run of the release comes from: where producers' ends start it, what the event tells of one, read as that
    /// of any `workflow_run` event is.
    pub(super) fn origin(&self, workflow: &str) -> Result<Origin, RehearseError> {
        let (run, _) = &self.producers[workflow];
        if self.way.is_shared() {
            return Ok(Origin::Itself(*run));
        }
        let event = self.universe.github(|github| github.ended_event(*run));
        Ok(Origin::End(producer_run(event.to_string().as_bytes())?))
    }

    /// How many folders of the workspace a release has begun to fill.
    pub(super) fn filled(&self) -> usize {
        FILLED.iter().filter(|name| self.folder(name).exists()).count()
    }

    /// Ends when a fault kills the process that is played.
    pub(super) async fn killed(&self) {
        self.killed.notified().await;
    }

    pub(super) fn folder(&self, name: &str) -> PathBuf {
        self.workspace.path().join(name)
    }

    /// The folder of the files that are no distributions, once there is one.
    pub(super) fn assets_folder(&self) -> Option<PathBuf> {
        Some(self.folder("release-assets")).filter(|folder| folder.is_dir())
    }

    pub(super) fn context(&self) -> Context {
        Context { surroundings: self.surroundings.clone() }
    }

    /// A reader that has not seen any file yet.
    pub(super) fn disk(&self) -> DiskRead {
        DiskRead::default()
    }

    pub(super) fn disk_write(&self) -> DiskWrite {
        DiskWrite
    }

    pub(super) fn github_read(&self) -> Result<GithubRead, RemoteError> {
        Ok(GithubRead::new(
            self.http()?,
            self.api(),
            self.repository.clone(),
            Some(Secret::new(TOKEN.into())),
        ))
    }

    pub(super) fn github_write(&self) -> Result<GithubWrite, RemoteError> {
        Ok(GithubWrite::new(self.http()?, self.api(), self.repository.clone(), Secret::new(TOKEN.into())))
    }

    /// A reader of an index.
    pub(super) fn python_read(&self, index: &Endpoint) -> Result<IndexRead, RemoteError> {
        Ok(IndexRead::new(self.http()?, index.clone(), None))
    }

    /// A writer to an index, which trusts the workflow.
    pub(super) fn python_write(
        &self,
        upload: &Endpoint,
        index: &Endpoint,
    ) -> Result<IndexWrite, RemoteError> {
        let credential = Credential::TrustedPublishing(self.identity());
        Ok(IndexWrite::new(self.http()?, upload.clone(), self.python_read(index)?, credential))
    }

    /// A reader of a registry of crates.
    pub(super) fn cargo_read(&self, index: &Endpoint) -> Result<CargoRead, RemoteError> {
        Ok(CargoRead::new(self.http()?, index.clone(), None))
    }

    /// A writer to a registry of crates, which trusts the workflow.
    pub(super) fn cargo_write(&self, index: &Endpoint) -> Result<CargoWrite, RemoteError> {
        let credential = CargoCredential::TrustedPublishing(self.identity());
        Ok(CargoWrite::new(self.http()?, self.cargo_read(index)?, credential))
    }

    /// From here on identities are those of this job.
    pub(super) fn run_as(&self, job: Job) {
        self.universe.oidc(|oidc| {
            oidc.set_workflow(job.workflow);
            job.environment.into_iter().for_each(|environment| oidc.set_environment(environment));
        });
    }

    fn identity(&self) -> AmbientIdentity {
        AmbientIdentity {
            request_url: self.addresses.oidc_request_url.clone(),
            request_token: Secret::new(self.addresses.oidc_request_token.clone()),
        }
    }

    fn http(&self) -> Result<Http, RemoteError> {
        Http::new(&self.surroundings)
    }

    fn api(&self) -> Endpoint {
        endpoint(&self.addresses.github_api)
    }

    /// How many requests so far changed something on a service.
    pub(super) fn writes(&self) -> usize {
        self.universe
            .journal()
            .iter()
            .filter(|entry| !matches!(entry.method.as_str(), "GET" | "HEAD"))
            .count()
    }

    /// How many requests so far were among those that the fault counts.
    pub(super) fn requests(&self, fault: &Fault) -> u64 {
        self.universe.journal().iter().filter(|entry| fault.counts(entry.service)).count() as u64
    }

    /// The releases: tag, and whether it is a draft.
    pub(super) fn releases(&self) -> Vec<(String, bool)> {
        self.universe.github(|github| {
            github.releases().iter().map(|release| (release.tag_name.clone(), release.draft)).collect()
        })
    }

    /// What the release pages say.
    pub(super) fn pages(&self) -> Vec<Page> {
        self.universe.github(|github| {
            let pages = github.releases().iter().map(|release| Page {
                title: release.name.clone().unwrap_or_default(),
                text: release.body.clone().unwrap_or_default(),
                prerelease: release.prerelease,
            });
            pages.collect()
        })
    }

    /// A person publishes the draft of the release; whether there was one.
    pub(super) fn approve(&self) -> bool {
        self.universe.github(|github| {
            let mut drafts = github.releases_mut().iter_mut().filter(|release| release.draft);
            let draft = drafts.find(|release| release.tag_name == self.tag.as_str());
            draft.map(|release| release.draft = false).is_some()
        })
    }

    /// How many tokens that registries of crates lent to a run were not given back.
    pub(super) fn live_tokens(&self) -> usize {
        self.universe.crates(|crates| crates.live_tokens())
    }

    /// The registries, as the inputs name them: here they are all on this machine.
    pub(super) fn registries(&self) -> Registries {
        let Addresses {
            repository_url,
            index_url,
            test_repository_url,
            test_index_url,
            crates_index_url,
            ..
        } = &self.addresses;
        let lines = format!(
            "pypi = python {repository_url} {index_url}\n\
             testpypi = python {test_repository_url} {test_index_url}\n\
             crates-io = cargo {crates_index_url}\n"
        );
        let kind = RegistryKind::Python { upload: endpoint(repository_url), index: endpoint(index_url) };
        let index = Registry { kind, ..Registries::default_index() };
        Registries::read(index, &lines).expect("the lines are plain")
    }

    /// Every file that went out, with what each service says of it.
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows: BTreeMap<String, Row> = BTreeMap::new();
        let row = |rows: &mut BTreeMap<String, Row>, name: &str, size_bytes: u64| {
            rows.entry(name.to_owned()).or_insert_with(|| Row {
                file_name: name.to_owned(),
                size_bytes,
                release: None,
                index: None,
                test_index: None,
                crates: None,
            });
        };
        self.universe.github(|github| {
            let releases = github.releases().iter().filter(|release| release.tag_name == self.tag.as_str());
            for asset in releases.flat_map(|release| &release.assets) {
                row(&mut rows, &asset.name, asset.size_bytes);
                let stored = rows.get_mut(&asset.name).expect("the row was just made");
                stored.release = asset.sha256.map(|sha256| sha256.to_string());
            }
        });
        let mut indexed = |index: &mut Index, is_test: bool| {
            for file in index.files() {
                row(&mut rows, &file.name, file.bytes.len() as u64);
                let stored = rows.get_mut(&file.name).expect("the row was just made");
                let column = if is_test { &mut stored.test_index } else { &mut stored.index };
                *column = Some(file.hashes.sha256.to_string());
            }
        };
        self.universe.index(|index| indexed(index, false));
        self.universe.test_index(|index| indexed(index, true));
        self.universe.crates(|crates| {
            let published = crates.published();
            let is_new = |one: &Publication| one.by == PublishedBy::Workflow;
            for Publication { name, version, sha256, .. } in published.into_iter().filter(is_new) {
                let size = crates.bytes(&name, &version).map_or(0, |bytes| bytes.len() as u64);
                let file_name = CrateFile::new(name, version).to_string();
                row(&mut rows, &file_name, size);
                let stored = rows.get_mut(&file_name).expect("the row was just made");
                stored.crates = Some(sha256.to_string());
            }
        });
        rows.into_values().collect()
    }
}

fn endpoint(text: &str) -> Endpoint {
    text.parse().expect("simulators are on loopback")
}

/// A workspace with what a checkout gives.
fn workspace(checkout: &[(String, String)]) -> Result<TempDir, RehearseError> {
    let disk = DiskWrite;
    // An image from scratch has no folder for temporary files.
    let temporary = std::env::temp_dir();
    disk.ensure_folder(&temporary).map_err(RemoteError::from)?;
    let workspace = TempDir::with_prefix_in("rehearsal-", temporary).map_err(RehearseError::Start)?;
    for (path, text) in checkout {
        disk.ensure_file(&workspace.path().join(path), text.as_bytes()).map_err(RemoteError::from)?;
    }
    Ok(workspace)
}

/// What happened before the release: a push, a tag, and the producers' runs, which are under way. The first job of each
/// is done and has left its artifact; what the others leave is given back.
fn prepare(universe: &Universe, sample: &Sample) -> BTreeMap<String, (u64, Vec<NewArtifact>)> {
    let mut producers: BTreeMap<String, (u64, Vec<NewArtifact>)> = BTreeMap::new();
    universe.github(|github| {
        github.add_token(TOKEN, Permissions::writer());
        github.limits = Limits::published();
        let parent = github.branch("main").expect("the simulator begins with a branch");
        let files = sample
            .project_files
            .iter()
            .map(|(path, text)| (path.clone(), Bytes::from(text.clone())))
            .collect();
        let sha = Some(sample.commit.to_string());
        github.add_commit(NewCommit {
            sha,
            parents: vec![parent],
            message: format!("Release {}", sample.tag),
            files,
        });
        github.set_branch("main", sample.commit.as_str());
        github.add_annotated_tag(sample.tag.as_str(), sample.commit.as_str());
        for produced in &sample.produced {
            let artifact = NewArtifact::archive(&produced.artifact, Sample::zip(produced));
            if let Some((_, later)) = producers.get_mut(&produced.workflow) {
                later.push(artifact);
                continue;
            }
            let run = github.add_run(NewRun {
                path: format!(".github/workflows/{}", produced.workflow),
                name: produced.workflow.clone(),
                status: "in_progress".to_owned(),
                conclusion: None,
                head_sha: sample.commit.to_string(),
                head_branch: Some(sample.tag.to_string()),
                ..NewRun::default()
            });
            github.add_artifact(run, artifact);
            producers.insert(produced.workflow.clone(), (run, Vec::new()));
        }
    });
    trust(universe, sample);
    producers
}

/// Lets the job that is trusted publish every package, and places what is out already.
fn trust(universe: &Universe, sample: &Sample) {
    let publisher = |project: PackageName| Publisher {
        project,
        repository: REPOSITORY.to_owned(),
        repository_owner_id: OWNER_ID.to_owned(),
        workflow: sample.trusted.workflow.to_owned(),
        environment: sample.trusted.environment.map(str::to_owned),
        stage: index::Stage::Active,
    };
    for project in sample.projects() {
        universe.index(|index| index.register(publisher(project.clone())));
        universe.test_index(|index| index.register(publisher(project.clone())));
    }
    universe.crates(|crates| {
        sample.crates.iter().for_each(|file| crates.place_sample(file));
        for krate in sample.packed() {
            let publisher = cargo::Publisher::new(krate, REPOSITORY, sample.trusted.workflow);
            let environment = sample.trusted.environment.map(str::to_owned);
            crates.register(cargo::Publisher { environment, ..publisher });
        }
    });
}
