//! Two Python indexes, a registry of crates, and a folder of files for them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use release_action::archive::build::{CrateBuilder, SdistBuilder, WheelBuilder};
use release_action::model::crate_name::{CrateFile, CrateName};
use release_action::model::digest::Sha256;
use release_action::sim::cargo;
use release_action::sim::index::{Publisher, Scope};
use release_action::sim::universe::{Setup, Universe};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::program::{Outcome, Program};
use crate::support::world::{REPOSITORY, ReleaseFile, write_files};

/// The version that most of these tests release.
pub(super) const VERSION: &str = "1.2.0";

/// The registries and the files.
pub(super) struct Stage {
    pub(super) universe: Universe,
    pub(super) folder: TempDir,
    tokens: [String; 3],
    version: String,
}

impl Stage {
    pub(super) fn holding(files: &[ReleaseFile]) -> Self {
        Self::holding_version(VERSION, files)
    }

    pub(super) fn holding_version(version: &str, files: &[ReleaseFile]) -> Self {
        let setup = Setup { repository: REPOSITORY.into(), ..Setup::default() };
        let universe = Universe::start(setup).expect("loopback has free ports");
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_files(&folder.path().join("dist"), files);
        let tokens = [
            universe.index(|index| index.issue_token(Scope::User)),
            universe.test_index(|index| index.issue_token(Scope::User)),
            universe.crates(|crates| crates.issue_token(cargo::Scope::default())),
        ];
        Self { universe, folder, tokens, version: version.to_owned() }
    }

    /// The lines that put the simulated registries in the place of the real ones.
    pub(super) fn registries(&self) -> String {
        let addresses = self.universe.addresses();
        format!(
            "pypi = python {} {}\ntestpypi = python {} {}\ncrates-io = cargo {}",
            addresses.repository_url,
            addresses.index_url,
            addresses.test_repository_url,
            addresses.test_index_url,
            addresses.crates_index_url
        )
    }

    /// The program, with nothing to get in by.
    pub(super) fn bare(&self, targets: &str) -> Program {
        Program::mode("publish")
            .in_workflow(REPOSITORY, &format!("refs/tags/v{}", self.version))
            .current_dir(self.folder.path())
            .input("registries", self.registries())
            .input("targets", targets)
    }

    /// With a token for each registry that a line names, which it keeps to itself.
    pub(super) fn publish(&self, targets: &str) -> Program {
        let [pypi, test_pypi, crates_io] = &self.tokens;
        let credentials = [
            ("pypi", pypi.clone()),
            ("testpypi", format!("__token__ {test_pypi}")),
            ("crates-io", crates_io.clone()),
        ];
        let names: Vec<_> = targets.lines().filter_map(|line| line.split([':', ' ']).next()).collect();
        let named = credentials.iter().filter(|(name, _)| names.contains(name));
        let lines: Vec<_> = named.map(|(name, login)| format!("{name} = {login}")).collect();
        let program = self.bare(targets).input("credentials", lines.join("\n"));
        self.tokens.iter().fold(program, |program, token| program.secret(token))
    }

    /// With the identity that the runner lends.
    pub(super) fn trusted(&self, targets: &str) -> Program {
        let addresses = self.universe.addresses();
        self.bare(targets)
            .env("ACTIONS_ID_TOKEN_REQUEST_URL", &addresses.oidc_request_url)
            .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &addresses.oidc_request_token)
    }

    /// Every registry trusts the workflow, and knows these packages.
    pub(super) fn trust(&self, projects: &[&str], crates: &[&str]) {
        self.universe.index(|index| {
            for project in projects {
                let project = project.parse().expect("a name");
                index.register(Publisher::new(project, REPOSITORY, "release.yml"));
            }
        });
        self.universe.crates(|registry| {
            for name in crates {
                let name: CrateName = name.parse().expect("a name");
                registry.place_sample(&CrateFile::new(name.clone(), "0.0.1".parse().expect("a version")));
                registry.register(cargo::Publisher::new(name, REPOSITORY, "release.yml"));
            }
        });
    }

    /// How many requests so far changed something at a registry.
    pub(super) fn writes(&self) -> usize {
        self.writes_in_order().len()
    }

    /// The registries to which something was sent, in that order. Minting a token is no sending.
    pub(super) fn writes_in_order(&self) -> Vec<String> {
        let journal = self.universe.journal();
        let sends =
            journal.iter().filter(|entry| entry.path == "/legacy/" || entry.path == "/api/v1/crates/new");
        sends.map(|entry| entry.service.to_string()).collect()
    }
}

/// The lines of the plan that the log shows, without sizes, digests and hosts.
pub(super) fn plan(outcome: &Outcome) -> Vec<String> {
    let lines = outcome.stdout.lines().map(str::trim);
    let steps = lines.filter(|line| line.starts_with("! upload ") || line.starts_with("+ wait until "));
    steps.map(line).collect()
}

fn line(line: &str) -> String {
    let line = line.split(" (").next().unwrap_or_default();
    match line.split_once("wait until ") {
        Some((sign, rest)) => {
            let (_, rest) = rest.split_once(" shows ").expect("what it waits for");
            format!("{sign}wait for {rest}")
        }
        None => line.to_owned(),
    }
}

/// The output `states`, as `TARGET FILE STATE`.
pub(super) fn states(outcome: &Outcome) -> Vec<String> {
    let states: Value = serde_json::from_str(outcome.output("states")).expect("JSON");
    let rows = states.as_array().expect("a list").iter();
    rows.map(|row| {
        let text = |key: &str| row[key].as_str().expect("a text").to_owned();
        format!("{} {} {}", text("target"), text("file"), text("state"))
    })
    .collect()
}

pub(super) fn wheel(name: &str, version: &str, requires: &[&str]) -> ReleaseFile {
    let mut builder = WheelBuilder::new(name, version, "py3", "none", "any");
    for requirement in requires {
        builder.add_metadata("Requires-Dist", requirement);
    }
    let (name, bytes) = builder.build();
    (name.to_string(), bytes)
}

pub(super) fn sdist(name: &str, version: &str) -> ReleaseFile {
    let (name, bytes) = SdistBuilder::new(name, version).build();
    (name.to_string(), bytes)
}

pub(super) fn krate(name: &str, version: &str, needs: &[(&str, &str)]) -> ReleaseFile {
    let mut builder = CrateBuilder::new(name, version);
    for (name, requirement) in needs {
        builder.dependency(name, requirement);
    }
    let (name, bytes) = builder.build();
    (name.to_string(), bytes)
}

/// An umbrella, its part, and two crates of which one needs the other.
pub(super) fn set() -> Vec<ReleaseFile> {
    vec![
        wheel("cog", VERSION, &["coglet>=1.2.0,<2.0"]),
        sdist("cog", VERSION),
        wheel("coglet", VERSION, &[]),
        krate("coglet", VERSION, &[("coglet-sys", "1.2.0")]),
        krate("coglet-sys", VERSION, &[]),
    ]
}

/// An attestation of these bytes under this name, as far as anybody looks before the signature.
pub(super) fn attestation(name: &str, bytes: &[u8]) -> String {
    let statement = serde_json::json!({
        "_type": release_action::model::endpoints::IN_TOTO_STATEMENT,
        "subject": [{ "name": name, "digest": { "sha256": Sha256::of(bytes).to_string() } }],
        "predicateType": release_action::model::endpoints::PUBLISH_PREDICATE,
        "predicate": null,
    });
    let workflow = format!("/{REPOSITORY}/.github/workflows/release.yml@refs/tags/v{VERSION}");
    serde_json::json!({
        "version": 1,
        "verification_material": { "certificate": STANDARD.encode(workflow), "transparency_entries": [{}] },
        "envelope": { "statement": STANDARD.encode(statement.to_string()), "signature": "AA==" },
    })
    .to_string()
}
