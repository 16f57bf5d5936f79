//! The example with two workflows and a person between them, who publishes the draft.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use release_action::archive::build::{CrateBuilder, SdistBuilder, WheelBuilder};
use release_action::model::artifact::FileName;
use release_action::model::crate_name::{CrateFile, CrateName};
use release_action::sim::cargo;
use release_action::sim::github::runs::{NewArtifact, NewRun};
use release_action::sim::index::Publisher;
use release_action::sim::journal::Exchange;
use release_action::sim::universe::Universe;
use serde_json::{Value, json};

use super::{artifact, checkout, endings, running, tag_push, world, writes};
use crate::support::contract::ContractGuard;
use crate::support::workflow_files::root;
use crate::support::workflow_play::{Event, Play};
use crate::support::world::{COMMIT, REPOSITORY, ReleaseFile, TAG};
use crate::support::yaml;

/// The version that crates.io has of the crate, because nobody creates one as a trusted publisher.
const BEFORE: &str = "1.1.0";

/// A repository whose project is `sample` with a native module and a crate, both `samplet`. The registries trust
/// `publish.yml` in its environment.
fn world_of_two_packages() -> (Universe, ContractGuard) {
    let (universe, contract) = world();
    // The commit was tried when it came to its branch.
    universe.github(|github| {
        let path = ".github/workflows/ci.yml".to_owned();
        let run =
            NewRun { path, head_sha: COMMIT.into(), head_branch: Some("main".into()), ..NewRun::default() };
        github.add_run(run)
    });
    let (workflow, environment) = ("publish.yml", Some("registries".to_owned()));
    for project in ["sample", "samplet"] {
        let publisher = Publisher::new(project.parse().expect("a name"), REPOSITORY, workflow);
        universe.index(|index| index.register(Publisher { environment: environment.clone(), ..publisher }));
    }
    universe.crates(|crates| {
        let krate: CrateName = "samplet".parse().expect("a name");
        crates.place_sample(&CrateFile::new(krate.clone(), BEFORE.parse().expect("a version")));
        let publisher = cargo::Publisher::new(krate, REPOSITORY, workflow);
        crates.register(cargo::Publisher { environment, ..publisher });
    });
    (universe, contract)
}

/// What the jobs of `examples/cog/release.yml` leave, for the project of that world.
fn artifacts_of_two_packages() -> Vec<NewArtifact> {
    let built = |(name, bytes): (FileName, Vec<u8>)| (name.to_string(), bytes);
    let floor = "samplet>=1.2.0,<2.0";
    let sdk = WheelBuilder::new("sample", "1.2.0", "py3", "none", "any")
        .add_metadata("Requires-Dist", floor)
        .build();
    let sdist = SdistBuilder::new("sample", "1.2.0").add_metadata("Requires-Dist", floor).build();
    let native = |system: &str, platform| {
        let wheel = WheelBuilder::new("samplet", "1.2.0", "cp310", "abi3", platform).build();
        artifact(&format!("coglet-{system}"), &[built(wheel)])
    };
    vec![
        artifact("cog-sdk", &[built(sdk), built(sdist)]),
        native("linux-x86_64", "manylinux_2_28_x86_64"),
        native("linux-aarch64", "manylinux_2_28_aarch64"),
        native("macos-arm64", "macosx_11_0_arm64"),
        artifact("coglet-crate", &[built(CrateBuilder::new("samplet", "1.2.0").build())]),
    ]
}

/// The example's names are those of its project; here they are the sample's.
fn of_sample(file: &str) -> Value {
    let text = std::fs::read_to_string(root().join("examples/cog").join(file)).expect("it is there");
    let mut text = text.replace("[cog]", "[sample]").replace("[coglet]", "[samplet]");
    for (theirs, ours) in [
        ("crates-io : coglet", "crates-io : samplet"),
        ("pypi : coglet", "pypi : samplet"),
        ("pypi : cog needs coglet", "pypi : sample needs samplet"),
    ] {
        text = text.replace(theirs, ours);
    }
    yaml::read(&text)
}

/// A person publishes the draft, and the event tells of it.
fn approved(universe: &Universe, run: u64, set: &[ReleaseFile]) -> Event {
    universe.github(|github| {
        github.add_artifact(run, artifact("release-set", set));
        github.end_run(run, "success");
        let [release] = &mut github.releases_mut()[..] else { panic!("one release") };
        release.draft = false;
        let path = ".github/workflows/publish.yml".to_owned();
        let run_id = github.add_run(NewRun { path, event: "release".into(), ..running() });
        let payload = json!({ "action": "published", "release": { "tag_name": TAG } });
        Event { name: "release", git_ref: format!("refs/tags/{TAG}"), sha: COMMIT.into(), run_id, payload }
    })
}

/// What goes to the registries from here on, in its order.
fn watch_uploads(universe: &Universe) -> Arc<Mutex<Vec<String>>> {
    let sent: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = Arc::clone(&sent);
    universe.observe(Arc::new(move |exchange| {
        let Exchange { service, request, .. } = exchange;
        let body = String::from_utf8_lossy(&request.body);
        let file = match (*service, request.method.as_str()) {
            ("crates", "PUT") => Some("a crate"),
            ("index", "POST") => {
                body.split_once("; filename=\"").and_then(|(_, rest)| rest.split('"').next())
            }
            _ => None,
        };
        told.lock().expect("nobody panics with it").extend(file.map(str::to_owned));
    }));
    sent
}

#[test]
fn the_example_with_a_draft_as_approval_publishes_to_two_registries_in_order() {
    let (universe, _contract) = world_of_two_packages();
    let event = tag_push(&universe, artifacts_of_two_packages());
    let mut builds = Play::new(&universe, of_sample("release.yml"), checkout());
    assert_eq!(endings(&builds.run(&event)), ["done"; 4]);
    assert!(universe.github(|github| github.releases().iter().all(|release| release.draft)));
    let nothing =
        (universe.index(|index| index.files().count()), universe.crates(|crates| crates.published().len()));
    assert_eq!(nothing, (0, 1), "nothing goes to a registry before a person says so");

    let set = builds.artifacts["release-set"].clone();
    let published = approved(&universe, event.run_id, &set);
    universe.oidc(|oidc| {
        oidc.set_claim("event_name", "release");
        oidc.set_claim("ref", format!("refs/tags/{TAG}"));
        let workflow = format!("{REPOSITORY}/.github/workflows/publish.yml@refs/tags/{TAG}");
        oidc.set_claim("workflow_ref", workflow.clone());
        oidc.set_claim("job_workflow_ref", workflow);
    });
    let sent = watch_uploads(&universe);
    let mut publishes = Play::new(&universe, of_sample("publish.yml"), checkout());
    assert_eq!(endings(&publishes.run(&published)), ["done", "done", "done", "done"]);
    assert_eq!(universe.index(|index| index.files().count()), 5);
    universe.crates(|crates| {
        let versions: Vec<_> = crates.published().iter().map(|one| one.version.to_string()).collect();
        assert_eq!(versions, [BEFORE, "1.2.0"]);
        assert_eq!(crates.live_tokens(), 0, "what was lent was given back");
    });
    let sent = sent.lock().expect("nobody panics with it").clone();
    assert_eq!(sent.len(), 6, "{sent:?}");
    assert_eq!(sent[0], "a crate", "the order of the lines");
    assert!(
        sent[1..4].iter().all(|name| name.starts_with("samplet-")),
        "what is needed comes first: {sent:?}"
    );
    assert_eq!(sent[4..], ["sample-1.2.0-py3-none-any.whl", "sample-1.2.0.tar.gz"]);

    let before = writes(&universe);
    let again = publishes.run(&published);
    assert_eq!(endings(&again)[2], "already-done");
    assert_eq!(writes(&universe), before, "running again sends nothing");
}

/// Somebody changed what the draft held before it was published: nothing goes to a registry.
#[test]
fn an_approved_release_that_is_not_what_was_checked_goes_nowhere() {
    let (universe, _contract) = world_of_two_packages();
    let event = tag_push(&universe, artifacts_of_two_packages());
    let mut builds = Play::new(&universe, of_sample("release.yml"), checkout());
    assert_eq!(endings(&builds.run(&event)), ["done"; 4]);
    let published = approved(&universe, event.run_id, &builds.artifacts["release-set"].clone());
    universe.github(|github| {
        let id = github.releases()[0].id;
        let assets = &mut github.releases_mut()[0].assets;
        assets.retain(|asset| asset.name != "samplet-1.2.0.crate");
        github.add_asset(id, "samplet-1.2.0.crate", b"something else".to_vec());
    });
    let mut publishes = Play::new(&universe, of_sample("publish.yml"), checkout());
    let played = catch_unwind(AssertUnwindSafe(|| publishes.run(&published)));
    let told = played.expect_err("it stops").downcast::<String>().expect("a message");
    assert!(told.contains("samplet-1.2.0.crate") && told.contains("before-publish"), "{told}");
    assert_eq!(universe.index(|index| index.files().count()), 0);
    assert_eq!(universe.crates(|crates| crates.published().len()), 1);
}
