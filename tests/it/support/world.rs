//! A simulated world with one small release in it, and the real program let loose on it, mode by mode.

use std::fs;
use std::path::{Path, PathBuf};

use release_action::action::schema::{ModeName, is_output_of};
use release_action::archive::build::SetBuilder;
use release_action::sim::github::access::Permissions;
use release_action::sim::github::git::NewCommit;
use release_action::sim::github::runs::{NewArtifact, NewRun};
use release_action::sim::index::Scope;
use release_action::sim::universe::{Setup, Universe};
use tempfile::TempDir;

use super::contract::{Contract, ContractGuard};
use super::program::{Outcome, Program};

/// The token of the release job.
pub(crate) const TOKEN: &str = "ghs_of_the_release_job";
/// The repository.
pub(crate) const REPOSITORY: &str = "octo-org/sample";
/// The commit that is released.
pub(crate) const COMMIT: &str = "c0ffee0123456789c0ffee0123456789c0ffee01";
/// The tag of the small release.
pub(crate) const TAG: &str = "v1.2.0";

/// The phases of a release, in the product's order.
pub(crate) const PHASES: [Phase; 6] =
    [Phase::VerifyTag, Phase::Collect, Phase::Validate, Phase::Draft, Phase::Publish, Phase::Release];

/// One step of the workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    VerifyTag,
    Collect,
    Validate,
    Draft,
    Publish,
    Release,
}

/// A file that is released, and its bytes.
pub(crate) type ReleaseFile = (String, Vec<u8>);

/// The services, the workspace, and what is released. Every exchange with GitHub is held to the contract.
pub(crate) struct World {
    // Judged first, while the universe still stands.
    _contract: ContractGuard,
    pub(crate) universe: Universe,
    pub(crate) workspace: TempDir,
    pub(crate) files: Vec<ReleaseFile>,
    tag: String,
    password: String,
}

/// Two wheels and an sdist of `sample` 1.2.0, and an executable.
pub(crate) fn small_release() -> Vec<ReleaseFile> {
    let files = SetBuilder::new("sample", "1.2.0").build();
    let mut files: Vec<_> = files.into_iter().map(|(name, bytes)| (name.to_string(), bytes)).collect();
    files.push(("sample-linux-x86_64".to_owned(), b"#!/bin/sh\nexit 0\n".to_vec()));
    files
}

impl World {
    /// The small release, built and pushed, with nothing released yet.
    pub(crate) fn new() -> Self {
        Self::holding(small_release(), "")
    }

    /// These files, built by two workflows; GitHub's API begins at `base_path`.
    pub(crate) fn holding(files: Vec<ReleaseFile>, base_path: &str) -> Self {
        Self::holding_version(files, base_path, "sample", "1.2.0")
    }

    /// The same for another project and version.
    pub(crate) fn holding_version(
        files: Vec<ReleaseFile>,
        base_path: &str,
        project: &str,
        version: &str,
    ) -> Self {
        let tag = format!("v{version}");
        let setup =
            Setup { repository: REPOSITORY.into(), github_base_path: base_path.into(), ..Setup::default() };
        let universe = Universe::start(setup).expect("loopback is there");
        let contract = Contract::watch(&universe);
        let (packages, others): (Vec<_>, Vec<_>) =
            files.iter().partition(|(name, _)| name.ends_with(".whl") || name.ends_with(".tar.gz"));
        universe.github(|github| {
            github.add_token(TOKEN, Permissions::writer());
            let parent = github.branch("main").expect("there is a default branch");
            github.add_commit(NewCommit {
                sha: Some(COMMIT.into()),
                parents: vec![parent],
                message: "Release".into(),
                files: vec![],
            });
            github.set_branch("main", COMMIT);
            github.add_annotated_tag(&tag, COMMIT);
            for (workflow, artifact, files) in
                [("wheels.yml", "wheels", packages), ("tools.yml", "tools", others)]
            {
                let path = format!(".github/workflows/{workflow}");
                let run = github.add_run(NewRun {
                    path,
                    head_sha: COMMIT.into(),
                    head_branch: Some(tag.clone()),
                    ..NewRun::default()
                });
                let files: Vec<_> =
                    files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
                github.add_artifact(run, NewArtifact::zip(artifact, &files));
            }
        });
        let password = universe.index(|index| index.issue_token(Scope::User));
        let world = Self {
            _contract: contract,
            universe,
            workspace: tempfile::tempdir().expect("a temporary folder"),
            files,
            tag,
            password,
        };
        let stated = format!("name = \"{project}\"\nversion = \"{version}\"\n");
        world.write("Cargo.toml", format!("[package]\n{stated}"));
        world.write("pyproject.toml", format!("[project]\n{stated}"));
        world.write("CHANGELOG.md", format!("# Changelog\n\n## [{version}] - 2026-01-31\n\n- Everything.\n"));
        world
    }

    /// Writes a file of the workspace.
    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("below the workspace"))
            .expect("the workspace can be written to");
        fs::write(path, bytes).expect("the workspace can be written to");
    }

    /// A path of the workspace.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.workspace.path().join(path)
    }

    /// Every file below the workspace, by its path there, with its bytes.
    pub(crate) fn workspace_files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = walkdir::WalkDir::new(self.workspace.path())
            .into_iter()
            .map(|entry| entry.expect("the workspace can be listed"))
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let path =
                    entry.path().strip_prefix(self.workspace.path()).expect("below it").display().to_string();
                (path, fs::read(entry.path()).expect("it can be read"))
            })
            .collect();
        files.sort();
        files
    }

    /// The program in a mode, in this world, as a step of a workflow would run it.
    pub(crate) fn program(&self, mode: &str) -> Program {
        let addresses = self.universe.addresses();
        Program::mode(mode)
            .in_workflow(REPOSITORY, &format!("refs/tags/{}", self.tag))
            .env("GITHUB_SHA", COMMIT)
            .env("GITHUB_API_URL", &addresses.github_api)
            .current_dir(self.workspace.path())
    }

    /// The program as a phase of the release runs it.
    pub(crate) fn phase(&self, phase: Phase) -> Program {
        let addresses = self.universe.addresses();
        match phase {
            Phase::VerifyTag => self.program("verify-tag").input("github-token", TOKEN),
            Phase::Collect => self
                .program("collect-artifacts")
                .input("workflows", "wheels.yml, tools.yml")
                .input("github-token", TOKEN),
            Phase::Validate => self.program("validate-wheels"),
            Phase::Draft => {
                self.program("create-release").input("publish", "false").input("github-token", TOKEN)
            }
            Phase::Publish => self
                .program("publish")
                .input("repository-url", &addresses.repository_url)
                .input("index-url", &addresses.index_url)
                .input("password", &self.password),
            Phase::Release => self.program("create-release").input("github-token", TOKEN),
        }
    }

    /// Runs a phase, which must settle.
    pub(crate) fn play(&self, phase: Phase) -> Outcome {
        let outcome = self.phase(phase).run();
        let mode: ModeName = outcome.report["mode"].as_str().unwrap_or_default().parse().expect("a mode");
        for name in outcome.outputs.keys() {
            assert!(is_output_of(mode, name), "{mode} sets `{name}`, which is not declared");
        }
        assert_eq!(outcome.code, Some(0), "{phase:?}\n{}\n{}", outcome.stdout, outcome.stderr);
        outcome
    }

    /// Runs all phases, which must settle, and gives their `outcome`s.
    pub(crate) fn play_all(&self) -> Vec<String> {
        PHASES.map(|phase| self.play(phase).output("outcome").to_owned()).to_vec()
    }

    /// Runs the phases before `phase`.
    pub(crate) fn play_until(&self, phase: Phase) {
        for before in PHASES.into_iter().take_while(|before| *before != phase) {
            self.play(before);
        }
    }

    /// How many requests so far changed something on a service.
    pub(crate) fn writes(&self) -> usize {
        self.universe
            .journal()
            .iter()
            .filter(|entry| !["GET", "HEAD"].contains(&entry.method.as_str()))
            .count()
    }

    /// What is out: for each file its name and digest on the release and on the index; whether the release is out.
    pub(crate) fn released(&self) -> Released {
        self.universe.github(|github| {
            let releases: Vec<_> =
                github.releases().iter().map(|release| (release.tag_name.clone(), release.draft)).collect();
            let mut assets: Vec<_> = github
                .releases()
                .iter()
                .flat_map(|release| &release.assets)
                .map(|asset| {
                    (asset.name.clone(), asset.uploaded, asset.sha256.map(|sha256| sha256.to_string()))
                })
                .collect();
            assets.sort();
            let mut indexed: Vec<_> = self.universe.index(|index| {
                index.files().map(|file| (file.name.clone(), file.hashes.sha256.to_string())).collect()
            });
            indexed.sort();
            Released { releases, assets, indexed }
        })
    }
}

/// What is out in the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Released {
    /// Tag and whether it is a draft.
    pub(crate) releases: Vec<(String, bool)>,
    /// Name, whether it is whole, digest.
    pub(crate) assets: Vec<(String, bool, Option<String>)>,
    /// Name and digest.
    pub(crate) indexed: Vec<(String, String)>,
}

/// Writes `files` into `folder`.
pub(crate) fn write_files(folder: &Path, files: &[ReleaseFile]) {
    fs::create_dir_all(folder).expect("the folder can be made");
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).expect("the folder can be written to");
    }
}

/// The beginning of a program for Linux (ELF), macOS (Mach-O) or Windows (PE).
pub(crate) fn program(os: &str) -> Vec<u8> {
    let mut bytes = vec![0; 256];
    let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
    match os {
        "linux" => {
            put(0, b"\x7fELF\x02\x01\x01");
            put(18, &[62, 0]);
        }
        "macos" => {
            put(0, &[0xcf, 0xfa, 0xed, 0xfe]);
            put(4, &0x0100_000c_u32.to_le_bytes());
        }
        _ => {
            put(0, b"MZ");
            put(60, &[0x80]);
            put(0x80, b"PE\0\0\x64\x86");
        }
    }
    bytes
}
