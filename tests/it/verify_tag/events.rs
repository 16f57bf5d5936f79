//! Where the tag comes from: a push, a release, a person, or the end of another workflow.

use serde_json::{Value, json};

use super::{check, verify};
use crate::support::program::Program;
use crate::support::world::{COMMIT, World};

fn event(world: &World, name: &str, git_ref: &str, sha: &str, payload: &Value) -> Program {
    world.write(".event.json", payload.to_string());
    verify(world)
        .env("GITHUB_EVENT_NAME", name)
        .env("GITHUB_EVENT_PATH", world.path(".event.json"))
        .env("GITHUB_REF", git_ref)
        .env("GITHUB_SHA", sha)
}

#[test]
fn a_push_of_the_tag() {
    let world = World::new();
    let push =
        |sha: &str| event(&world, "push", "refs/tags/v1.2.0", sha, &json!({ "ref": "refs/tags/v1.2.0" }));
    check(push(COMMIT), 0, &[], &[]);
    // Somebody moved it since.
    let other = world.universe.github(|github| github.commit_to("main", "more", &[]));
    world.universe.github(|github| github.add_annotated_tag("v1.2.0", &other));
    check(push(COMMIT), 1, &["tag/other-commit"], &[COMMIT, &other]);
    check(push(&super::stray(&world)), 1, &["tag/other-commit"], &[]);
}

#[test]
fn the_publication_of_its_release_is_no_news() {
    let world = World::new();
    world.universe.github(|github| {
        github.add_release(release_action::sim::github::release::NewRelease {
            tag_name: "v1.2.0".into(),
            ..Default::default()
        })
    });
    let payload = json!({ "action": "published", "release": { "id": 1, "tag_name": "v1.2.0" } });
    check(event(&world, "release", "refs/tags/v1.2.0", COMMIT, &payload), 0, &[], &[]);
    // Some events of releases come with the default branch.
    let outcome = check(event(&world, "release", "refs/heads/main", COMMIT, &payload), 0, &[], &[]);
    assert_eq!(outcome.output("tag"), "v1.2.0");
}

#[test]
fn a_person_types_the_tag() {
    let world = World::new();
    let main = world.universe.github(|github| github.commit_to("main", "more", &[]));
    let typed = |tag: &str| {
        event(&world, "workflow_dispatch", "refs/heads/main", &main, &json!({ "inputs": { "tag": tag } }))
    };
    for tag in ["v1.2.0", "refs/tags/v1.2.0"] {
        let outcome = check(typed(tag), 0, &[], &[]);
        assert_eq!((outcome.output("tag"), outcome.output("commit")), ("v1.2.0", COMMIT));
    }
    check(typed("v1.2.1"), 1, &["tag/missing", "tag/no-changelog-section", "tag/version-mismatch"], &[]);
    // The input of the step stands above what was typed.
    check(typed("v9.9.9").input("tag", "v1.2.0"), 0, &[], &[]);
    let nothing = typed("").run().expect_code(64);
    assert!(super::log(&nothing).contains("`tag`"), "{}", nothing.told());
}

#[test]
fn the_end_of_another_workflow() {
    let world = World::new();
    let main = world.universe.github(|github| github.commit_to("main", "more", &[]));
    let ended = |event_name: &str, branch: &str, sha: &str| {
        let run = json!({
            "event": event_name, "head_branch": branch, "head_sha": sha,
            "head_repository": { "full_name": "octo-org/sample" },
        });
        event(&world, "workflow_run", "refs/heads/main", &main, &json!({ "workflow_run": run }))
    };
    let outcome = check(ended("push", "v1.2.0", COMMIT), 0, &[], &[]);
    assert_eq!((outcome.output("tag"), outcome.output("commit")), ("v1.2.0", COMMIT));
    // A branch that is called like a tag leads elsewhere.
    check(ended("push", "v1.2.0", &main), 1, &["tag/other-commit"], &[&main]);
    for (event_name, branch) in [("push", "main"), ("schedule", "v1.2.0"), ("pull_request", "v1.2.0")] {
        let outcome = ended(event_name, branch, COMMIT).run().expect_code(64);
        assert!(super::log(&outcome).contains("`tag`"), "{event_name} {branch}: {}", outcome.told());
    }
    check(ended("push", "main", COMMIT).input("tag", "v1.2.0"), 0, &[], &[]);
}
