//! Services that cannot be asked, refuse, or are somebody else altogether.

use std::time::Duration;

use release_action::sim::fault::{Fault, FaultKind};
use release_action::sim::github::access::{Access, Permissions};
use release_action::sim::index::Scope;

use super::{log, refused, says};
use crate::support::canned::{canned, closed_port, log_in_page};
use crate::support::program::{Outcome, Program};
use crate::support::world::{Phase, TOKEN, World};

/// Nobody waits longer than this to hear that a service cannot be reached.
const SOON: Duration = Duration::from_secs(30);

/// A world in which everything before `phase` is done.
fn before(phase: Phase) -> World {
    let world = World::new();
    world.play_until(phase);
    world
}

const OF_GITHUB: [Phase; 3] = [Phase::VerifyTag, Phase::Collect, Phase::Draft];

#[track_caller]
fn unsure(world: &World, program: Program) -> Outcome {
    let outcome = refused(world, program, 2);
    assert!(outcome.elapsed < SOON, "it took {:?}", outcome.elapsed);
    outcome
}

#[test]
fn a_wrong_token_for_github() {
    for phase in OF_GITHUB {
        let world = before(phase);
        let outcome = unsure(&world, world.phase(phase).input("github-token", "ghs_of_somebody_else"));
        says(&outcome, &["GitHub answered 401", "Bad credentials", "github-token"]);
    }
}

#[test]
fn no_token_for_github() {
    let world = before(Phase::Draft);
    let outcome = refused(&world, world.phase(Phase::Draft).input("github-token", ""), 64);
    says(&outcome, &["needs the input `github-token`"]);
    // Runs of a public repository show to everybody, their artifacts do not.
    let world = World::new();
    let outcome = refused(&world, world.phase(Phase::Collect).input("github-token", ""), 2);
    says(&outcome, &["GitHub answered 401", "github-token"]);
}

#[test]
fn a_token_that_may_not_write() {
    let world = before(Phase::Draft);
    world.universe.github(|github| github.add_token(TOKEN, Permissions::reader()));
    let sent = world.writes();
    let outcome = world.phase(Phase::Draft).run().expect_code(2);
    super::assert_tells(&outcome);
    says(&outcome, &["GitHub answered 403", "contents: write", "create a draft release"]);
    assert_eq!(outcome.output("outcome"), "error", "{}", outcome.told());
    assert!(world.released().releases.is_empty());
    assert_eq!(world.writes(), sent + 1, "a refusal is not asked for twice");
}

#[test]
fn a_token_that_may_not_see_artifacts() {
    let world = World::new();
    let blind = Permissions { actions: Access::None, ..Permissions::writer() };
    world.universe.github(|github| github.add_token(TOKEN, blind));
    says(&unsure(&world, world.phase(Phase::Collect)), &["GitHub answered 403", "actions: read"]);
}

#[test]
fn a_wrong_token_for_the_index() {
    let world = before(Phase::Publish);
    for password in ["pypi-wrong", "not even close"] {
        let sent = world.writes();
        let outcome = world.phase(Phase::Publish).input("password", password).run().expect_code(2);
        super::assert_tells(&outcome);
        says(&outcome, &["the package index answered 403", "is the token right", "__token__"]);
        assert_eq!(outcome.output("outcome"), "error", "{}", outcome.told());
        assert!(world.released().indexed.is_empty());
        assert_eq!(world.writes(), sent + 1, "the first refusal is enough");
    }
}

#[test]
fn a_token_of_another_project() {
    let world = before(Phase::Publish);
    let token =
        world.universe.index(|index| index.issue_token(Scope::Project("another".parse().expect("a name"))));
    let outcome = world.phase(Phase::Publish).input("password", token).run().expect_code(2);
    super::assert_tells(&outcome);
    says(&outcome, &["403", "`sample`"]);
}

#[test]
fn no_credential_for_the_index() {
    let world = before(Phase::Publish);
    let outcome = unsure(&world, world.phase(Phase::Publish).input("password", ""));
    says(&outcome, &["there is no password", "`id-token: write`", "an empty text"]);
}

#[test]
fn a_job_that_the_index_does_not_trust() {
    let world = before(Phase::Publish);
    let addresses = world.universe.addresses();
    let outcome = world
        .phase(Phase::Publish)
        .input("password", "")
        .env("ACTIONS_ID_TOKEN_REQUEST_URL", &addresses.oidc_request_url)
        .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &addresses.oidc_request_token)
        .run()
        .expect_code(2);
    super::assert_tells(&outcome);
    says(&outcome, &["invalid-publisher", "repository = `octo-org/sample`", "trusted publisher"]);
    assert!(world.released().indexed.is_empty());
}

#[test]
fn an_identity_service_that_is_not_encrypted_is_not_asked() {
    let world = before(Phase::Publish);
    let outcome = world
        .phase(Phase::Publish)
        .input("password", "")
        .env("ACTIONS_ID_TOKEN_REQUEST_URL", "http://identity.invalid/token?x=1")
        .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "the-runners-own-token")
        .run()
        .expect_code(2);
    super::assert_tells(&outcome);
    says(&outcome, &["`http`"]);
}

#[test]
fn github_cannot_be_reached() {
    let world = World::new();
    let outcome = unsure(&world, world.phase(Phase::VerifyTag).env("GITHUB_API_URL", closed_port()));
    says(&outcome, &["GitHub at `127.0.0.1:", "cannot be reached", "run again"]);
}

#[test]
fn the_index_cannot_be_reached() {
    let world = before(Phase::Publish);
    let outcome = unsure(&world, world.phase(Phase::Publish).input("index-url", closed_port()));
    says(&outcome, &["the package index at `127.0.0.1:", "cannot be reached"]);
}

#[test]
fn the_upload_cannot_be_reached() {
    let world = before(Phase::Publish);
    let address = format!("{}/legacy/", closed_port());
    let outcome = unsure(&world, world.phase(Phase::Publish).input("repository-url", address));
    says(&outcome, &["the package index at `127.0.0.1:", "cannot be reached", "uploading `sample-1.2.0-"]);
}

#[test]
fn a_page_in_the_place_of_github() {
    for phase in OF_GITHUB {
        let world = before(phase);
        let outcome = unsure(&world, world.phase(phase).env("GITHUB_API_URL", canned(log_in_page)));
        says(&outcome, &["GitHub at `127.0.0.1:", "a page of HTML", "proxy or a log-in page"]);
    }
}

#[test]
fn a_page_in_the_place_of_the_index() {
    let world = before(Phase::Publish);
    let outcome = unsure(&world, world.phase(Phase::Publish).input("index-url", canned(log_in_page)));
    says(&outcome, &["the package index at `127.0.0.1:", "a page of HTML", "proxy or a log-in page"]);
}

#[test]
fn a_page_in_the_place_of_the_upload() {
    let world = before(Phase::Publish);
    let program =
        world.phase(Phase::Publish).input("repository-url", format!("{}/legacy/", canned(log_in_page)));
    let outcome = program.run().expect_code(2);
    super::assert_tells(&outcome);
    says(&outcome, &["a page of HTML", "uploading `sample-1.2.0-"]);
    // The page says nothing about the file: it may be there.
    assert_eq!(outcome.output("outcome"), "partial", "{}", outcome.told());
    assert!(outcome.elapsed < 4 * SOON, "it took {:?}", outcome.elapsed);
    assert!(world.released().indexed.is_empty());
}

#[test]
fn a_page_in_the_place_of_a_release_asset_upload() {
    let world = before(Phase::Draft);
    for at in 1..=30 {
        world.universe.inject(Fault { kind: FaultKind::Html, service: Some("uploads".into()), at });
    }
    let outcome = world.phase(Phase::Draft).run().expect_code(2);
    super::assert_tells(&outcome);
    says(&outcome, &["a page of HTML", "attach sample-1.2.0"]);
    assert_eq!(outcome.output("outcome"), "partial", "the draft was made\n{}", outcome.told());
    assert!(outcome.report["applied"].as_u64().is_some_and(|applied| applied == 1), "{}", outcome.told());
    assert!(log(&outcome).contains("left to do"), "{}", outcome.told());
}

#[test]
fn an_address_of_github_that_leads_elsewhere() {
    let world = World::new();
    let index = world.universe.addresses().index_url;
    let outcome = unsure(&world, world.phase(Phase::VerifyTag).env("GITHUB_API_URL", index));
    says(&outcome, &["GitHub answered 404"]);
}

#[test]
fn a_repository_that_is_not_there() {
    let world = World::new();
    let outcome = unsure(&world, world.phase(Phase::VerifyTag).input("repository", "octo-org/smaple"));
    says(&outcome, &["octo-org/smaple", "404"]);
}

#[test]
fn an_event_that_makes_no_sense() {
    let world = World::new();
    for text in ["", "{", "[]", "{\"workflow_run\": {\"head_sha\": \"main\"}}"] {
        world.write("event.json", text);
        let program = world
            .phase(Phase::Collect)
            .env("GITHUB_EVENT_NAME", "workflow_run")
            .env("GITHUB_EVENT_PATH", world.path("event.json"));
        says(&unsure(&world, program), &["event"]);
    }
}

#[test]
fn a_report_that_cannot_be_written() {
    let world = World::new();
    let program = Program::command("verify-tag").input("github-token", TOKEN);
    let outcome = program
        .in_workflow("octo-org/sample", "refs/tags/v1.2.0")
        .env("GITHUB_API_URL", world.universe.addresses().github_api)
        .current_dir(world.workspace.path())
        .flag("report", "no/such/folder/report.json")
        .run()
        .expect_code(2);
    says(&outcome, &["no/such/folder/report.json", "cannot be written"]);
}
