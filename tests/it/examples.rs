//! The examples use this action as it is: modes and inputs that exist, in the order that the product stands for. And
//! they work: each is played, step by step, with the real program.

mod approval;
mod bump;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use release_action::action::schema::{ModeName, inputs_of};
use release_action::archive::build::{SdistBuilder, WheelBuilder};
use release_action::model::artifact::FileName;
use release_action::sim::github::git::NewCommit;
use release_action::sim::github::runs::{NewArtifact, NewRun};
use release_action::sim::index::{Index, Publisher};
use release_action::sim::universe::{Setup, Universe};
use serde_json::{Value, json};

use crate::pages::readme_workflow;
use crate::support::contract::{Contract, ContractGuard};
use crate::support::program::Outcome;
use crate::support::workflow_files::{UsingStep, all_examples, examples, root, using_steps};
use crate::support::workflow_play::{Event, Play};
use crate::support::world::{COMMIT, REPOSITORY, ReleaseFile, TAG, program};
use crate::support::yaml;

#[test]
fn examples_give_each_mode_inputs_that_it_reads() {
    for file in all_examples() {
        let text = std::fs::read_to_string(&file).expect("it was listed");
        let steps = using_steps(&text);
        // A version is raised in one step.
        let least = if file.ends_with("bump.yml") { 1 } else { 2 };
        assert!(steps.len() >= least, "{} uses us in {} steps only", file.display(), steps.len());
        for step in steps {
            let at = format!("{}:{}", file.display(), step.line);
            if let Err(error) = check_inputs(&step.with) {
                panic!("{at}: {error}");
            }
        }
    }
}

/// What is wrong with the inputs that a step gives.
pub(crate) fn check_inputs(with: &[(String, String)]) -> Result<(), String> {
    let (_, mode) = with.iter().find(|(key, _)| key == "mode").ok_or("no mode")?;
    let mode: ModeName = mode.parse().map_err(|error| format!("{error}"))?;
    match with.iter().find(|(key, _)| inputs_of(mode).all(|input| input.name != key)) {
        Some((key, _)) => Err(format!("`{mode}` has no input `{key}`")),
        None => Ok(()),
    }
}

#[test]
fn examples_play_the_modes_in_the_order_of_a_release() {
    let order = |file: &PathBuf| -> Vec<String> {
        let steps = using_steps(&std::fs::read_to_string(file).expect("it was listed"));
        let value = |step: &UsingStep, name: &str| {
            step.with.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value).to_owned()
        };
        steps
            .iter()
            .map(|step| format!("{} {}", value(step, "mode"), value(step, "publish")).trim().to_owned())
            .collect()
    };
    let all = [
        "verify-tag",
        "collect-artifacts",
        "validate-wheels",
        "create-release false",
        "publish",
        "create-release true",
    ];
    // The one that waits for a person to publish the draft has the rest in another workflow.
    let (before, after) =
        (&all[..4], ["collect-artifacts", "verify-release", "publish", "verify-release"].map(str::to_owned));
    for file in examples() {
        let rest = file.with_file_name("publish.yml");
        if rest.exists() {
            assert_eq!(order(&file), before, "{}", file.display());
            assert_eq!(order(&rest), after, "{}", rest.display());
        } else {
            assert_eq!(order(&file), all, "{}", file.display());
        }
    }
}

/// The services of a private repository, which has a tag and whose default branch went on since. They trust
/// `release.yml`, in its environment `pypi`.
fn world() -> (Universe, ContractGuard) {
    world_of(TAG)
}

/// The same with another tag.
fn world_of(tag: &str) -> (Universe, ContractGuard) {
    let setup = Setup { repository: REPOSITORY.into(), ..Setup::default() };
    let universe = Universe::start(setup).expect("loopback has free ports");
    let contract = Contract::watch(&universe);
    universe.github(|github| {
        github.settings.private = true;
        let parents = vec![github.branch("main").expect("there is a default branch")];
        let message = "Release 1.2.0".to_owned();
        github.add_commit(NewCommit { sha: Some(COMMIT.into()), parents, message, files: vec![] });
        github.set_branch("main", COMMIT);
        github.add_annotated_tag(tag, COMMIT);
        github.commit_to("main", "Go on", &[("README.md", "more")]);
    });
    universe.oidc(|oidc| oidc.set_environment("pypi"));
    let publisher = |environment: &str| {
        let project = "sample".parse().expect("a project's name");
        let publisher = Publisher::new(project, REPOSITORY, "release.yml");
        Publisher { environment: Some(environment.into()), ..publisher }
    };
    universe.index(|index| index.register(publisher("pypi")));
    universe.test_index(|index| index.register(publisher("testpypi")));
    (universe, contract)
}

/// What a checkout of the tagged commit gives.
fn checkout() -> Vec<ReleaseFile> {
    checkout_of("1.2.0")
}

/// The same with another version.
fn checkout_of(version: &str) -> Vec<ReleaseFile> {
    let stated = format!("name = \"sample\"\nversion = \"{version}\"\n");
    vec![
        ("Cargo.toml".to_owned(), format!("[package]\n{stated}").into()),
        ("pyproject.toml".to_owned(), format!("[project]\n{stated}").into()),
        (
            "CHANGELOG.md".to_owned(),
            format!("# Changelog\n\n## [{version}] - 2026-01-31\n\n- Everything.\n").into(),
        ),
    ]
}

/// What the checkout of a project gives whose scripts state the version, too.
fn games_checkout() -> Vec<ReleaseFile> {
    let mut files = checkout();
    files.push(("scripts/__init__.py".to_owned(), b"__version__ = \"1.2.0\"\n".to_vec()));
    files
}

fn wheel(python: &str, platform: &str) -> ReleaseFile {
    let (name, bytes) = WheelBuilder::new("sample", "1.2.0", python, python, platform).build();
    (name.to_string(), bytes)
}

fn sdist() -> ReleaseFile {
    let (name, bytes) = SdistBuilder::new("sample", "1.2.0").build();
    (name.to_string(), bytes)
}

fn artifact(name: &str, files: &[ReleaseFile]) -> NewArtifact {
    let files: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    NewArtifact::zip(name, &files)
}

fn example(project: &str) -> Value {
    let file = root().join("examples").join(project).join("release.yml");
    yaml::read(&std::fs::read_to_string(file).expect("it is there"))
}

fn endings(outcomes: &[Outcome]) -> Vec<&str> {
    outcomes.iter().map(|outcome| outcome.output("outcome")).collect()
}

fn writes(universe: &Universe) -> usize {
    universe.journal().iter().filter(|entry| !["GET", "HEAD"].contains(&entry.method.as_str())).count()
}

/// The release is out: its page is visible with these files and the manifest's two, the index has these packages.
fn assert_out(universe: &Universe, packages: usize, others: &[&str]) {
    assert_eq!(universe.index(|index| index.files().count()), packages);
    universe.github(|github| {
        let [release] = github.releases() else { panic!("one release, not {:?}", github.releases()) };
        assert!(!release.draft && release.tag_name == TAG, "{release:?}");
        assert!(release.body.as_deref().is_some_and(|body| body.contains("Everything")), "{release:?}");
        let names: Vec<_> = release.assets.iter().map(|asset| asset.name.as_str()).collect();
        assert_eq!(names.len(), packages + others.len() + 2, "{names:?}");
        for name in others.iter().chain(&["manifest.json", "SHA256SUMS"]) {
            assert!(names.contains(name), "no {name} in {names:?}");
        }
    });
}

/// A pushed tag's run of `release.yml`, whose own jobs left these artifacts.
fn tag_push(universe: &Universe, artifacts: Vec<NewArtifact>) -> Event {
    push_of(universe, TAG, "release.yml", artifacts)
}

/// A run of one of the workflows for a tag that was pushed, whose own jobs left these artifacts.
fn push_of(universe: &Universe, tag: &str, file: &str, artifacts: Vec<NewArtifact>) -> Event {
    let run_id = universe.github(|github| {
        let path = format!(".github/workflows/{file}");
        let run = github.add_run(NewRun { path, head_branch: Some(tag.into()), ..running() });
        for one in artifacts {
            github.add_artifact(run, one);
        }
        run
    });
    let (git_ref, payload) = (format!("refs/tags/{tag}"), json!({}));
    Event { name: "push", git_ref, sha: COMMIT.into(), run_id, payload }
}

/// A run for the tag that is under way.
fn running() -> NewRun {
    NewRun {
        status: "in_progress".into(),
        conclusion: None,
        head_sha: COMMIT.into(),
        head_branch: Some(TAG.into()),
        ..NewRun::default()
    }
}

const ALL_DONE: [&str; 6] = ["done", "done", "done", "done", "done", "resumed"];
/// Collecting and validating begin on a new machine, with empty folders; what is public is there already.
const AGAIN: [&str; 6] = ["done", "done", "done", "already-done", "already-done", "already-done"];

#[test]
fn the_example_of_one_workflow_releases() {
    // The tag, and the version as Python spells it.
    for (tag, version, is_test) in
        [(TAG, "1.2.0", false), ("v1.2.0-beta1", "1.2.0b1", true), ("v1.2.0-rc1", "1.2.0rc1", false)]
    {
        let (universe, _contract) = world_of(tag);
        let mut artifacts = Vec::new();
        let built = |(name, bytes): (FileName, Vec<u8>)| [(name.to_string(), bytes)];
        artifacts.push(artifact("wheels-sdist", &built(SdistBuilder::new("sample", version).build())));
        for (system, platform) in [
            ("ubuntu-latest", "manylinux_2_28_x86_64"),
            ("macos-latest", "macosx_11_0_arm64"),
            ("windows-latest", "win_amd64"),
        ] {
            for (python, cp) in [("3.11", "cp311"), ("3.12", "cp312"), ("3.13", "cp313")] {
                let wheel = WheelBuilder::new("sample", version, cp, cp, platform).build();
                artifacts.push(artifact(&format!("wheels-{system}-{python}"), &built(wheel)));
            }
        }
        let event = push_of(&universe, tag, "release.yml", artifacts);
        let mut play = Play::new(&universe, example("dioxide"), checkout_of(&tag[1..]));
        assert_eq!(endings(&play.run(&event)), ALL_DONE, "{tag}");
        let on = |index: &mut Index| index.files().count();
        let there = (universe.index(on), universe.test_index(on));
        assert_eq!(there, if is_test { (0, 10) } else { (10, 0) }, "{tag}");
        universe.github(|github| {
            let [release] = github.releases() else { panic!("one release, not {:?}", github.releases()) };
            let out = (release.draft, release.prerelease, release.assets.len());
            assert_eq!(out, (false, tag != TAG, 12), "{tag}");
        });

        let before = writes(&universe);
        assert_eq!(endings(&play.run(&event)), AGAIN, "{tag}");
        assert_eq!(writes(&universe), before, "running again sends nothing");
    }
}

#[test]
fn the_workflow_of_the_readme_releases() {
    let (universe, _contract) = world();
    let event = tag_push(
        &universe,
        vec![
            artifact("packages", &[wheel("cp312", "win_amd64"), sdist()]),
            artifact("tool", &[("sample-tool".to_owned(), b"a tool".to_vec())]),
        ],
    );
    let mut play = Play::new(&universe, yaml::read(&readme_workflow()), checkout());
    assert_eq!(endings(&play.run(&event)), ALL_DONE);
    assert_out(&universe, 2, &["sample-tool"]);
}

/// The play can fail: a job that may too little, and files that reach the next job in another folder.
#[test]
fn an_example_that_would_not_release_fails() {
    let text = std::fs::read_to_string(root().join("examples/dioxide/release.yml")).expect("it is there");
    for (from, to, why) in [
        ("      actions: read # the artifacts of this run\n", "", "403"),
        ("            release-manifest\n", "", "packages-dir"),
        ("      id-token: write", "      contents: read", "id-token"),
    ] {
        let broken = text.replacen(from, to, 1);
        assert_ne!(broken, text, "{from:?} is not in it");
        let (universe, contract) = world();
        let event =
            tag_push(&universe, vec![artifact("wheels-all", &[wheel("cp312", "win_amd64"), sdist()])]);
        let played = catch_unwind(AssertUnwindSafe(|| {
            let outcomes = Play::new(&universe, yaml::read(&broken), checkout()).run(&event);
            endings(&outcomes).join(" ")
        }));
        let told = match &played {
            Ok(endings) => endings.as_str(),
            Err(panic) => panic.downcast_ref::<String>().map_or("", String::as_str),
        };
        assert!(played.is_err() && told.contains(why), "{from:?}: {told}");
        drop(contract);
    }
}

/// The four producers with what they leave.
fn producers() -> [(&'static str, Vec<NewArtifact>); 4] {
    let with_note = |name: &str, mut files: Vec<ReleaseFile>| {
        files.push(("VALIDATION.txt".to_owned(), format!("{name} is fine\n").into_bytes()));
        artifact(name, &files)
    };
    let arm64 = |python: &str, tag: &str| {
        let name = format!("artifacts-arm64-cpython-{python}-manylinux_2_28_aarch64");
        with_note(&name, vec![wheel(tag, "manylinux_2_28_aarch64")])
    };
    let pypy =
        WheelBuilder::new("sample", "1.2.0", "pp311", "pypy311_pp73", "manylinux_2_36_aarch64").build();
    let pypy = (pypy.0.to_string(), pypy.1);
    let page = |path: &str| (path.to_owned(), b"<html>".to_vec());
    let documentation = [page("index.html"), page("api/index.html")];
    // wamp-cicd puts a content hash behind the name.
    let hashed = format!("wheels-macos-arm64-{}", "3f9a77b0".repeat(8));
    [
        ("main.yml", vec![artifact("documentation", &documentation)]),
        (
            "wheels.yml",
            vec![
                with_note(&hashed, vec![wheel("cp312", "macosx_11_0_arm64")]),
                with_note("wheels-windows-x86_64", vec![wheel("cp312", "win_amd64")]),
                artifact("source-distribution", &[sdist()]),
            ],
        ),
        (
            "wheels-docker.yml",
            vec![with_note(
                "artifacts-docker-manylinux_2_28_x86_64",
                vec![wheel("cp311", "manylinux_2_28_x86_64"), wheel("cp312", "manylinux_2_28_x86_64")],
            )],
        ),
        (
            "wheels-arm64.yml",
            vec![
                arm64("3.11", "cp311"),
                arm64("3.12", "cp312"),
                arm64("3.13", "cp313"),
                arm64("3.14", "cp314"),
                with_note("artifacts-arm64-pypy-3.11-manylinux_2_36_aarch64", vec![pypy]),
            ],
        ),
    ]
}

/// The run that the end of this producer's run starts.
fn ended(universe: &Universe, producer: u64, run_id: u64) -> Event {
    universe.github(|github| Event {
        name: "workflow_run",
        git_ref: "refs/heads/main".into(),
        sha: github.branch("main").expect("the default branch"),
        run_id,
        payload: github.ended_event(producer),
    })
}

#[test]
fn the_example_of_many_workflows_releases_when_the_last_one_ends() {
    let backwards = {
        let [a, b, c, d] = producers();
        [d, c, b, a]
    };
    for producers in [producers(), backwards] {
        let (universe, _contract) = world();
        let runs = universe.github(|github| {
            producers.map(|(file, artifacts)| {
                let path = format!(".github/workflows/{file}");
                let run = github.add_run(NewRun { path, ..running() });
                for one in artifacts {
                    github.add_artifact(run, one);
                }
                run
            })
        });
        let mut play = Play::new(&universe, example("zlmdb"), checkout());
        let [early @ .., last] = runs;
        for run in early {
            universe.github(|github| github.end_run(run, "success"));
            assert_eq!(endings(&play.run(&ended(&universe, run, 900))), ["done", "not-ready"]);
        }
        universe.github(|github| github.end_run(last, "success"));
        let event = ended(&universe, last, 901);
        let mut stranger = event.clone();
        stranger.payload["workflow_run"]["head_repository"]["full_name"] = "stranger/sample".into();
        assert!(play.run(&stranger).is_empty(), "forks release nothing");
        assert_eq!(writes(&universe), 0);

        assert_eq!(endings(&play.run(&event)), ALL_DONE);
        // The notes of the producers (VALIDATION.txt) are kept, and are no part of the release.
        assert_out(&universe, 10, &[]);

        let before = writes(&universe);
        assert_eq!(endings(&play.run(&event)), AGAIN);
        assert_eq!(writes(&universe), before, "running again sends nothing");
    }
}

#[test]
fn the_example_of_two_workflows_releases_when_the_release_is_whole() {
    let folder = root().join("examples/games_collection");
    let executables = std::fs::read_to_string(folder.join("executables.yml")).expect("it is there");
    for step in using_steps(&executables) {
        check_inputs(&step.with).unwrap_or_else(|error| panic!("executables.yml:{}: {error}", step.line));
    }
    // The programs come last, first, and between the draft and the index.
    for packages_before in [6, 0, 4] {
        let (universe, _contract) = world();
        let (name, bytes) = WheelBuilder::new("sample", "1.2.0", "py3", "none", "any").build();
        let packages = artifact("packages", &[(name.to_string(), bytes), sdist()]);
        let of_packages = push_of(&universe, TAG, "release.yml", vec![packages]);
        let programs = [("linux", ""), ("macos", ""), ("windows", ".exe")].map(|(os, ending)| {
            artifact(&format!("executables-{os}"), &[(format!("games-collection{ending}"), program(os))])
        });
        let of_programs = push_of(&universe, TAG, "executables.yml", programs.to_vec());
        let mut packages = Play::new(&universe, example("games_collection"), games_checkout());
        let mut programs = Play::new(&universe, yaml::read(&executables), checkout());
        match packages_before {
            6 => {
                let outcomes = packages.run(&of_packages);
                assert_eq!(endings(&outcomes), ["done", "done", "done", "done", "done", "not-ready"]);
                assert_eq!(endings(&programs.run(&of_programs)), ["done", "done"]);
            }
            0 => {
                assert_eq!(endings(&programs.run(&of_programs)), ["done", "not-ready"]);
                let outcomes = packages.run(&of_packages);
                assert_eq!(endings(&outcomes), ["done", "done", "done", "resumed", "done", "resumed"]);
            }
            _ => {
                let mut begun = example("games_collection");
                let jobs = begun["jobs"].as_object_mut().expect("a workflow has jobs");
                assert!(jobs.remove("publish").is_some() && jobs.remove("release").is_some());
                let outcomes = Play::new(&universe, begun, games_checkout()).run(&of_packages);
                assert_eq!(endings(&outcomes), ["done"; 4]);
                assert_eq!(endings(&programs.run(&of_programs)), ["done", "not-ready"], "PyPI comes first");
                assert!(universe.github(|github| github.releases().iter().all(|release| release.draft)));
                let outcomes = packages.run(&of_packages);
                assert_eq!(endings(&outcomes), ["done", "done", "done", "already-done", "done", "resumed"]);
            }
        }
        let others = [
            "games-collection-1.2.0-linux-x86_64",
            "games-collection-1.2.0-macos-aarch64",
            "games-collection-1.2.0-windows-x86_64.exe",
        ];
        assert_out(&universe, 2, &others);
        let before = writes(&universe);
        packages.run(&of_packages);
        programs.run(&of_programs);
        assert_eq!(writes(&universe), before, "running again sends nothing");
    }
}
