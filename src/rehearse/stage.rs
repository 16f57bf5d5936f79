//! Where a rehearsal is played: simulated services that hold the sample, and a workspace with the project's files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::sample::{Produced, Sample};
use super::{RehearseError, Row};
use crate::model::endpoints::Endpoint;
use crate::model::revision::{CommitSha, Repository};
use crate::model::secret::Secret;
use crate::model::tag::Tag;
use crate::model::wanted::Wanted;
use crate::plan::context::Context;
use crate::remote::disk::read::DiskRead;
use crate::remote::disk::write::DiskWrite;
use crate::remote::error::RemoteError;
use crate::remote::github::read::GithubRead;
use crate::remote::github::write::GithubWrite;
use crate::remote::http::Http;
use crate::remote::oidc::AmbientIdentity;
use crate::remote::pypi::Credential;
use crate::remote::pypi::read::IndexRead;
use crate::remote::pypi::write::IndexWrite;
use crate::remote::surroundings::{NoWait, Patience, Surroundings};
use crate::sim::fault::Fault;
use crate::sim::github::access::Permissions;
use crate::sim::github::git::NewCommit;
use crate::sim::github::runs::{NewArtifact, NewRun};
use crate::sim::index::{self, Publisher};
use crate::sim::universe::{Addresses, Setup, Universe};

/// The repository that is released.
const REPOSITORY: &str = "octo-org/sample";

/// The number of the repository's owner, as the identity provider states it.
const OWNER_ID: &str = "65";

/// The token of the release job. It opens nothing but the simulators.
const TOKEN: &str = "ghs_rehearsal";

/// The artifact that is a tree of its own: its files go to no release page.
const DOCUMENTATION: &str = "documentation";

/// How the release asks for what a producer left.
fn wanted(produced: &Produced) -> Wanted {
    let Produced { workflow, artifact, files: _ } = produced;
    let line = match artifact.as_str() {
        DOCUMENTATION => format!("documentation = {workflow} : {artifact} -> docs"),
        _ => format!("{workflow} : {artifact}"),
    };
    line.parse().expect("the sample's names are plain")
}

/// The services and the workspace.
#[derive(Debug)]
pub(super) struct Stage {
    universe: Universe,
    workspace: TempDir,
    killed: Arc<Notify>,
    surroundings: Surroundings,
    addresses: Addresses,
    repository: Repository,
    pub(super) tag: Tag,
    pub(super) commit: CommitSha,
    pub(super) workflows: Vec<String>,
    pub(super) artifacts: Vec<Wanted>,
}

impl Stage {
    /// Starts the services and prepares them: the tag is pushed, the producers ran and left their artifacts, the
    /// index trusts the workflow. Writes the project's files into an empty workspace.
    pub(super) fn set(sample: &Sample, surroundings: &Surroundings) -> Result<Self, RehearseError> {
        let universe = Universe::start(Setup { repository: REPOSITORY.into(), ..Setup::default() })
            .map_err(RehearseError::Start)?;
        prepare(&universe, sample);
        let killed = Arc::new(Notify::new());
        let hook = Arc::clone(&killed);
        universe.on_kill(Arc::new(move || hook.notify_one()));

        let disk = DiskWrite;
        // An image from scratch has no folder for temporary files.
        let temporary = std::env::temp_dir();
        disk.ensure_folder(&temporary).map_err(RemoteError::from)?;
        let workspace = TempDir::with_prefix_in("rehearsal-", temporary).map_err(RehearseError::Start)?;
        let changelog = [("CHANGELOG.md".to_owned(), sample.changelog.clone())];
        for (path, text) in sample.project_files.iter().chain(&changelog) {
            disk.ensure_file(&workspace.path().join(path), text.as_bytes()).map_err(RemoteError::from)?;
        }
        Ok(Self {
            addresses: universe.addresses(),
            universe,
            workspace,
            killed,
            surroundings: Surroundings {
                pace: Arc::new(NoWait),
                patience: Patience::rehearsed(),
                ..surroundings.clone()
            },
            repository: REPOSITORY.parse().expect("the constant is a repository"),
            tag: sample.tag.clone(),
            commit: sample.commit.clone(),
            workflows: sample
                .produced
                .iter()
                .map(|produced| produced.workflow.clone())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            artifacts: sample.produced.iter().map(wanted).collect(),
        })
    }

    pub(super) const fn universe(&self) -> &Universe {
        &self.universe
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

    pub(super) fn index_url(&self) -> Endpoint {
        endpoint(&self.addresses.index_url)
    }

    pub(super) fn index_read(&self) -> Result<IndexRead, RemoteError> {
        Ok(IndexRead::new(self.http()?, self.index_url(), None))
    }

    pub(super) fn index_write(&self) -> Result<IndexWrite, RemoteError> {
        let identity = AmbientIdentity {
            request_url: self.addresses.oidc_request_url.clone(),
            request_token: Secret::new(self.addresses.oidc_request_token.clone()),
        };
        let upload = endpoint(&self.addresses.repository_url);
        Ok(IndexWrite::new(self.http()?, upload, self.index_read()?, Credential::TrustedPublishing(identity)))
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

    /// Every file that went out, with what each service says of it.
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows: BTreeMap<String, Row> = BTreeMap::new();
        let row = |rows: &mut BTreeMap<String, Row>, name: &str, size_bytes: u64| {
            rows.entry(name.to_owned()).or_insert_with(|| Row {
                file_name: name.to_owned(),
                size_bytes,
                release: None,
                index: None,
            });
        };
        self.universe.github(|github| {
            let releases = github.releases().iter().filter(|release| release.tag_name == self.tag.as_str());
            for asset in releases.flat_map(|release| &release.assets) {
                row(&mut rows, &asset.name, asset.bytes.len() as u64);
                let stored = rows.get_mut(&asset.name).expect("the row was just made");
                stored.release = asset.sha256.map(|sha256| sha256.to_string());
            }
        });
        self.universe.index(|index| {
            for file in index.files() {
                row(&mut rows, &file.name, file.bytes.len() as u64);
                let stored = rows.get_mut(&file.name).expect("the row was just made");
                stored.index = Some(file.hashes.sha256.to_string());
            }
        });
        rows.into_values().collect()
    }
}

fn endpoint(text: &str) -> Endpoint {
    text.parse().expect("simulators are on loopback")
}

/// What happened before the release: a push, a tag, and the producers' runs.
fn prepare(universe: &Universe, sample: &Sample) {
    universe.github(|github| {
        github.add_token(TOKEN, Permissions::writer());
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
        let mut runs = BTreeMap::new();
        for produced in &sample.produced {
            let run = *runs.entry(&produced.workflow).or_insert_with(|| {
                github.add_run(NewRun {
                    path: format!(".github/workflows/{}", produced.workflow),
                    name: produced.workflow.clone(),
                    head_sha: sample.commit.to_string(),
                    head_branch: Some(sample.tag.to_string()),
                    ..NewRun::default()
                })
            });
            github.add_artifact(run, NewArtifact::archive(&produced.artifact, Sample::zip(produced)));
        }
    });
    universe.index(|index| {
        index.register(Publisher {
            project: sample.project.clone(),
            repository: REPOSITORY.to_owned(),
            repository_owner_id: OWNER_ID.to_owned(),
            workflow: "release.yml".to_owned(),
            environment: None,
            stage: index::Stage::Active,
        });
    });
}
