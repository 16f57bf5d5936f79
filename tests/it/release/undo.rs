//! Releases that are taken back.

use std::sync::Arc;

use release_action::sim::fault::{Fault, FaultKind};
use release_action::sim::github::release::NewRelease;

use crate::support::program::{Kill, Program};
use crate::support::world::{COMMIT, TAG, TOKEN, World};

/// A release with a file, published or not; and one of another version.
fn world(draft: bool) -> World {
    let world = World::new();
    world.universe.github(|github| {
        let id = github.add_release(NewRelease { tag_name: TAG.into(), draft, ..NewRelease::default() });
        github.add_asset(id, "tool", b"tool".to_vec());
        github.set_tag("v1.1.0", COMMIT);
        github.add_release(NewRelease { tag_name: "v1.1.0".into(), ..NewRelease::default() });
    });
    world
}

fn undo(world: &World, how: &str) -> Program {
    world.program("create-release").input("undo", how).input("github-token", TOKEN)
}

/// Tag, whether it is a draft and how many files it has, of every release.
fn releases(world: &World) -> Vec<(String, bool, usize)> {
    world.universe.github(|github| {
        let shown = github.releases().iter();
        shown.map(|release| (release.tag_name.clone(), release.draft, release.assets.len())).collect()
    })
}

fn tags(world: &World) -> Vec<String> {
    world.universe.github(|github| github.tags()).into_keys().collect()
}

#[track_caller]
fn is_settled(world: &World, how: &str) {
    let writes = world.writes();
    let outcome = undo(world, how).run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "already-done", "{}", outcome.told());
    assert_eq!(world.writes(), writes);
}

#[test]
fn a_release_becomes_a_draft_again_with_all_that_it_has() {
    let world = world(false);
    let outcome = undo(&world, "draft").run().expect_code(0);
    assert_eq!((outcome.output("outcome"), outcome.output("draft")), ("done", "true"));
    assert_eq!(releases(&world), [(TAG.into(), true, 1), ("v1.1.0".into(), false, 0)]);
    assert_eq!(tags(&world), ["v1.1.0", TAG]);
    is_settled(&world, "draft");
}

#[test]
fn a_release_is_deleted_and_its_tag_stays() {
    for draft in [false, true] {
        let world = world(draft);
        let outcome = undo(&world, "delete").run().expect_code(0);
        assert_eq!(outcome.output("outcome"), "done");
        assert_eq!(releases(&world), [("v1.1.0".into(), false, 0)]);
        assert_eq!(tags(&world), ["v1.1.0", TAG]);
        is_settled(&world, "delete");
    }
}

#[test]
fn what_cannot_be_taken_back_is_said() {
    let outcome = undo(&world(false), "delete").run().expect_code(0);
    for told in ["the git tag `v1.2.0` stays", "published to an index stay", "another one as the latest"] {
        assert!(outcome.stdout.contains(told), "`{told}` is not in\n{}", outcome.told());
    }
    assert!(outcome.finds("release/undo-remains", ""), "{}", outcome.told());
}

#[test]
fn a_dry_run_prints_what_would_go() {
    for (how, line) in
        [("draft", "+ make the release v1.2.0 (number"), ("delete", "! delete the release v1.2.0 (number")]
    {
        let world = world(false);
        let outcome = undo(&world, how).input("dry-run", "true").run().expect_code(0);
        assert!(outcome.stdout.contains(line), "{}", outcome.told());
        assert_eq!((outcome.output("outcome"), world.writes()), ("planned", 0));
    }
}

#[test]
fn r28_we_do_not_try_to_take_back_an_immutable_release() {
    for how in ["draft", "delete"] {
        let world = world(false);
        world.universe.github(|github| github.releases_mut()[0].immutable = true);
        let outcome = undo(&world, how).run().expect_code(1);
        assert!(outcome.finds("release/undo-immutable", ""), "{}", outcome.told());
        assert_eq!(world.writes(), 0);
    }
}

#[test]
fn where_there_is_no_release_that_is_said() {
    let world = world(false);
    let outcome = undo(&world, "delete").input("tag", "v9.9.9").run().expect_code(0);
    assert!(outcome.finds("release/undo-nothing", ""), "{}", outcome.told());
    assert!(!outcome.stdout.contains("the git tag `v9.9.9`"), "{}", outcome.told());
    assert_eq!(world.writes(), 0);
}

#[test]
fn a_channels_release_is_taken_back_by_its_tag() {
    let world = world(false);
    world.universe.github(|github| {
        github.add_release(NewRelease { tag_name: "nightly".into(), ..NewRelease::default() })
    });
    undo(&world, "delete").input("tag", "nightly").run().expect_code(0);
    assert_eq!(releases(&world).len(), 2);
}

/// Adds a draft of the same tag, and gives its number.
fn another_draft(world: &World, body: &str) -> u64 {
    world.universe.github(|github| {
        let body = Some(body.into());
        github.add_release(NewRelease { tag_name: TAG.into(), draft: true, body, ..NewRelease::default() })
    })
}

#[test]
fn a_draft_of_somebody_else_stands_against_it() {
    for (how, draft) in [("delete", false), ("delete", true), ("draft", false)] {
        let world = world(draft);
        let id = another_draft(&world, "Theirs");
        let outcome = undo(&world, how).run().expect_code(1);
        assert!(outcome.finds("release/undo-others-draft", ""), "{}", outcome.told());
        assert!(outcome.told().contains(&id.to_string()), "{}", outcome.told());
        assert_eq!(world.writes(), 0);
        world.universe.github(|github| github.releases_mut().retain(|release| release.id != id));
        undo(&world, how).run().expect_code(0);
        is_settled(&world, how);
    }
}

#[test]
fn drafts_of_ours_go_along() {
    let world = world(false);
    another_draft(&world, "<!-- release-action -->\n\n<!-- /release-action -->");
    undo(&world, "delete").run().expect_code(0);
    assert_eq!(releases(&world), [("v1.1.0".into(), false, 0)]);
    is_settled(&world, "delete");
}

#[test]
fn inputs_that_make_no_sense_with_it_are_refused() {
    let world = world(false);
    for (name, value) in
        [("channel", "nightly"), ("channel-tags", "dated"), ("keep-releases", "2"), ("undo", "away")]
    {
        undo(&world, "draft").input(name, value).run().expect_code(64);
    }
    undo(&world, "draft").env("GITHUB_REF", "refs/heads/main").run().expect_code(64);
    assert_eq!(world.writes(), 0);
}

#[test]
fn cut_off_anywhere_it_converges() {
    for (how, end) in [("draft", vec![(TAG.to_owned(), true, 1)]), ("delete", vec![])] {
        let counted = world(false);
        undo(&counted, how).run().expect_code(0);
        let requests = counted.universe.journal().len() as u64;
        let kinds = [FaultKind::Drop, FaultKind::Lost, FaultKind::KillAfter];
        let cases: Vec<_> = (1..=requests).flat_map(|at| kinds.map(|kind| (kind, at))).collect();
        std::thread::scope(|scope| {
            for (kind, at) in cases {
                let end = &end;
                scope.spawn(move || {
                    let world = world(false);
                    let kill = Kill::default();
                    let hook = kill.clone();
                    world.universe.on_kill(Arc::new(move || hook.now()));
                    world.universe.inject(Fault { kind, service: None, at });
                    let first = undo(&world, how).killed_by(&kill).run();
                    assert!(world.universe.pending_faults().is_empty(), "{kind} at request {at} never came");
                    if first.code != Some(0) {
                        undo(&world, how).run().expect_code(0);
                    }
                    let left: Vec<_> = releases(&world).into_iter().filter(|(tag, ..)| tag == TAG).collect();
                    assert_eq!(&left, end, "{how}, {kind} at request {at}");
                    is_settled(&world, how);
                });
            }
        });
    }
}
