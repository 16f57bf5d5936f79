//! publish meets indexes of every kind, and proves its identity to them.

use std::sync::{Arc, Mutex};

use release_action::archive::build::{SdistBuilder, WheelBuilder};
use release_action::sim::index::{Flavour, Publisher};

use crate::support::program::Program;
use crate::support::world::{Phase, REPOSITORY, ReleaseFile, World};

/// The small release, validated, with nothing published yet.
fn validated() -> World {
    let world = World::new();
    world.play_until(Phase::Draft);
    world
}

fn indexed(world: &World) -> usize {
    world.released().indexed.len()
}

/// Publishing by the identity that the runner lends to the job.
fn trusted(world: &World) -> Program {
    let addresses = world.universe.addresses();
    world
        .program("publish")
        .input("repository-url", &addresses.repository_url)
        .input("index-url", &addresses.index_url)
        .env("ACTIONS_ID_TOKEN_REQUEST_URL", &addresses.oidc_request_url)
        .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &addresses.oidc_request_token)
}

fn register(world: &World) {
    let project = "sample".parse().expect("a name");
    world.universe.index(|index| index.register(Publisher::new(project, REPOSITORY, "release.yml")));
}

/// Every token that the services hand out from here on.
fn tokens(world: &World) -> Arc<Mutex<Vec<String>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    world.universe.observe(Arc::new(move |exchange| {
        let Some(response) = exchange.response.as_ref().filter(|response| response.status == 200) else {
            return;
        };
        let field = match (exchange.service, exchange.request.path.as_str()) {
            ("oidc", _) => "value",
            ("index", "/_/oidc/mint-token") => "token",
            _ => return,
        };
        let answer: serde_json::Value = serde_json::from_slice(&response.body).expect("answers are JSON");
        kept.lock().expect("no panic").push(answer[field].as_str().expect("a token is text").to_owned());
    }));
    seen
}

#[test]
fn a_trusted_workflow_publishes_without_a_password_and_shows_no_token() {
    let world = validated();
    register(&world);
    let tokens = tokens(&world);
    let outcome = trusted(&world).run().expect_code(0);
    assert_eq!(indexed(&world), 3);
    assert_eq!(outcome.output("uploaded"), "3");
    let tokens = tokens.lock().expect("no panic");
    assert_eq!(tokens.len(), 3, "one identity to look at, one to exchange, and one token for all files");
    for token in tokens.iter() {
        let mask = format!("::add-mask::{token}\n");
        assert!(outcome.stdout.contains(&mask), "it is masked");
        assert!(!outcome.told().replace(&mask, "").contains(token.as_str()), "{}", outcome.told());
    }
}

#[test]
fn a_reusable_workflow_that_is_no_publisher_is_told_what_it_said_of_itself() {
    let world = validated();
    register(&world);
    let called = "octo-org/shared/.github/workflows/upload.yml@refs/heads/main";
    world.universe.oidc(|oidc| oidc.set_reusable_workflow(called));
    let tokens = tokens(&world);
    let outcome = trusted(&world).run().expect_code(2);
    assert_eq!(indexed(&world), 0);
    for part in ["job_workflow_ref", called, "workflow_ref", "release.yml", "no corresponding publisher"] {
        assert!(outcome.stdout.contains(part), "{part}: {}", outcome.told());
    }
    let tokens = tokens.lock().expect("no panic");
    assert!(!tokens.is_empty());
    for token in tokens.iter() {
        let told = outcome.told().replace(&format!("::add-mask::{token}\n"), "");
        assert!(!told.contains(token.as_str()), "{told}");
    }
}

#[test]
fn a_job_without_identity_and_password_is_told_what_is_missing() {
    let world = validated();
    let addresses = world.universe.addresses();
    let outcome = world
        .program("publish")
        .input("repository-url", &addresses.repository_url)
        .input("index-url", &addresses.index_url)
        .run()
        .expect_code(2);
    assert!(outcome.stdout.contains("id-token: write"), "{}", outcome.told());
}

#[test]
fn indexes_that_answer_with_pages_only_are_read_too() {
    for flavour in [Flavour::Pypiserver, Flavour::PypiserverWithoutHashes] {
        let world = validated();
        world.universe.index(|index| index.set_flavour(flavour));
        assert_eq!(world.play(Phase::Publish).output("outcome"), "done", "{flavour:?}");
        assert_eq!(indexed(&world), 3, "{flavour:?}");
        let before = world.writes();
        assert_eq!(world.play(Phase::Publish).output("outcome"), "already-done", "{flavour:?}");
        assert_eq!(world.writes(), before, "{flavour:?}");
    }
}

#[test]
fn where_no_digest_is_stated_the_bytes_are_fetched_and_compared() {
    let world = validated();
    world.universe.index(|index| index.set_flavour(Flavour::PypiserverWithoutHashes));
    let (name, bytes) = world.files[0].clone();
    // As long as ours, so that only the bytes tell.
    let other: Vec<u8> = bytes.iter().map(|byte| byte ^ 1).collect();
    world.universe.index(|index| {
        index.place(&name.parse().expect("a file name"), other);
    });
    let before = world.writes();
    let outcome = world.phase(Phase::Publish).run().expect_code(1);
    assert!(outcome.finds("publish/other-bytes", &name), "{}", outcome.told());
    assert_eq!(world.writes(), before);
    let journal = world.universe.journal();
    assert!(journal.iter().any(|entry| entry.path.starts_with("/files/") && entry.path.ends_with(&name)));
}

fn wheel(project: &str, platform: &str) -> ReleaseFile {
    let (name, bytes) = WheelBuilder::new(project, "1.2.0", "cp312", "cp312", platform).build();
    (name.to_string(), bytes)
}

/// Two projects: the first one with a file that is out already.
fn two_projects() -> Vec<ReleaseFile> {
    let sdist = |project: &str| {
        let (name, bytes) = SdistBuilder::new(project, "1.2.0").build();
        (name.to_string(), bytes)
    };
    let platforms = ["manylinux_2_28_x86_64", "win_amd64", "macosx_11_0_arm64"];
    let wheels = |project| platforms.map(|platform| wheel(project, platform)).to_vec();
    [wheels("sample"), vec![sdist("sample")], wheels("sample_extra"), vec![sdist("sample_extra")]].concat()
}

#[test]
fn several_projects_go_out_in_one_release() {
    let world = World::holding(two_projects(), "");
    world.phase(Phase::Collect).input("workflows", "wheels.yml").run().expect_code(0);
    let outcome = world.play(Phase::Validate);
    assert_eq!(outcome.output("projects"), "sample\nsample-extra");
    assert_eq!(world.play(Phase::Publish).output("uploaded"), "8");
    assert_eq!(indexed(&world), 8);
    assert_eq!(world.play(Phase::Publish).output("outcome"), "already-done");
}

#[test]
fn the_first_file_of_each_project_goes_alone_and_wheels_go_before_sdists() {
    let world = World::holding(two_projects(), "");
    let (name, bytes) = wheel("sample", "win_amd64");
    world.universe.index(|index| {
        index.place(&name.parse().expect("a file name"), bytes);
    });
    world.phase(Phase::Collect).input("workflows", "wheels.yml").run().expect_code(0);
    world.play(Phase::Validate);
    let outcome = world.phase(Phase::Publish).input("dry-run", "true").run().expect_code(0);
    let planned: Vec<_> =
        outcome.stdout.lines().filter_map(|line| line.trim().strip_prefix("! upload ")).collect();
    assert_eq!(planned.len(), 7, "{}", outcome.told());
    assert!(planned[0].starts_with("sample_extra-1.2.0-cp312"), "{planned:#?}");
    assert!(planned[5..].iter().all(|line| line.contains(".tar.gz ")), "{planned:#?}");
}

#[test]
fn a_password_is_not_shown_to_an_index_on_another_host() {
    let world = validated();
    let addresses = world.universe.addresses();
    let publish = |index_url: &str| {
        world
            .phase(Phase::Publish)
            .input("dry-run", "true")
            .input("index-url", index_url)
            .run()
            .expect_code(0)
    };
    let authorized = |service: &str| {
        let journal = world.universe.journal();
        let asked: Vec<_> = journal.into_iter().filter(|entry| entry.service == service).collect();
        assert!(!asked.is_empty(), "{service} was asked");
        asked.iter().any(|entry| entry.headers.iter().any(|(name, _)| name == "authorization"))
    };
    publish(&addresses.test_index_url);
    assert!(!authorized("test-index"));
    publish(&addresses.index_url);
    assert!(authorized("index"), "an index of one's own may ask readers for it");
}

#[test]
fn a_manifest_holds_wherever_the_files_are_carried() {
    let world = validated();
    for folder in ["dist", "release-assets", "release-manifest"] {
        let carried = world.path("carried").join(folder);
        std::fs::create_dir_all(carried.parent().expect("it has one")).expect("the workspace is ours");
        std::fs::rename(world.path(folder), carried).expect("it is there");
    }
    let carried = |phase| {
        world
            .phase(phase)
            .input("packages-dir", "carried/dist")
            .input("assets-dir", "carried/release-assets")
            .input("manifest-dir", "carried/release-manifest")
            .run()
            .expect_code(0)
    };
    carried(Phase::Draft);
    carried(Phase::Publish);
    assert_eq!(carried(Phase::Release).output("assets"), "6");
    assert_eq!(indexed(&world), 3);
}
