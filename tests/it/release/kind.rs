//! Prereleases, the latest release, titles, targets and discussions.

use std::sync::{Arc, Mutex};

use release_action::sim::github::access::{Access, Permissions};
use release_action::sim::github::release::{NewRelease, Release};
use serde_json::Value;

use crate::support::program::{Outcome, Program};
use crate::support::world::{COMMIT, Phase, TOKEN, World};

/// The small release, collected and validated, with nothing released yet.
fn validated() -> World {
    let world = World::new();
    world.play_until(Phase::Draft);
    world
}

/// A release candidate, collected, as files that are no distributions.
fn candidate() -> World {
    let files = vec![("sample-tool".to_owned(), b"a tool".to_vec())];
    let world = World::holding_version(files, "", "sample", "1.3.0-rc.1");
    world.phase(Phase::Collect).input("workflows", "tools.yml").run().expect_code(0);
    world
}

fn release(world: &World) -> Release {
    world.universe.github(|github| github.releases().last().cloned().expect("there is one"))
}

/// Runs it and gives what the release was made with and what it was published with; then again, which does nothing.
#[track_caller]
fn sent(world: &World, program: impl Fn() -> Program) -> (Value, Value, Outcome) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    world.universe.observe(Arc::new(move |exchange| {
        let request = &exchange.request;
        if exchange.service == "github" && ["POST", "PATCH"].contains(&request.method.as_str()) {
            let body: Value = serde_json::from_slice(&request.body).expect("changes are JSON");
            kept.lock().expect("no panic").push(body);
        }
    }));
    let outcome = program().run().expect_code(0);
    let before = world.writes();
    let again = program().run().expect_code(0);
    assert_eq!((again.output("outcome"), world.writes()), ("already-done", before), "{}", again.told());
    let seen = seen.lock().expect("no panic");
    let of = |draft: bool| seen.iter().rfind(|body| body["draft"] == draft).cloned().unwrap_or_default();
    (of(true), of(false), outcome)
}

/// Refused before anybody was asked.
#[track_caller]
fn mistyped(world: &World, program: Program, input: &str, said: &str) {
    let asked = world.universe.journal().len();
    let outcome = program.run().expect_code(64);
    assert!(outcome.stdout.contains(&format!("`{input}`")), "{}", outcome.told());
    assert!(outcome.stdout.contains(said), "{said}: {}", outcome.told());
    assert_eq!(world.universe.journal().len(), asked, "{}", outcome.told());
}

#[test]
fn a_prerelease_is_what_its_version_says_unless_somebody_says_otherwise() {
    for (choice, prerelease) in [("auto", true), ("true", true), ("false", false)] {
        let world = candidate();
        let (draft, publication, outcome) =
            sent(&world, || world.phase(Phase::Release).input("prerelease", choice));
        assert_eq!(
            (&draft["prerelease"], &publication["prerelease"]),
            (&prerelease.into(), &prerelease.into())
        );
        assert_eq!(publication["make_latest"], "false", "{}", outcome.told());
        assert_eq!(release(&world).prerelease, prerelease);
    }
    let world = validated();
    let (_, publication, _) = sent(&world, || world.phase(Phase::Release).input("prerelease", "true"));
    assert_eq!((&publication["prerelease"], &publication["make_latest"]), (&true.into(), &"false".into()));
}

#[test]
fn r13_we_mark_the_highest_stable_version_as_the_latest_unless_somebody_decides() {
    for (other, choice, latest) in [
        ("v1.1.0", "auto", "true"),
        ("v2.0.0", "auto", "false"),
        ("v2.0.0", "true", "true"),
        ("v1.1.0", "false", "false"),
    ] {
        let world = validated();
        world.universe.github(|github| {
            github.add_release(NewRelease { tag_name: other.into(), ..NewRelease::default() });
        });
        let (draft, publication, _) =
            sent(&world, || world.phase(Phase::Release).input("make-latest", choice));
        assert_eq!(publication["make_latest"], latest, "{choice} beside {other}");
        assert!(draft.get("make_latest").is_none(), "a draft remembers nothing of it: {draft}");
    }
}

#[test]
fn r13_we_ask_for_no_latest_release_that_github_would_refuse() {
    let world = candidate();
    let program = |phase| world.phase(phase).input("make-latest", "true");
    mistyped(&world, program(Phase::Release), "make-latest", "no prerelease");
    let world = validated();
    let program = |phase| world.phase(phase).input("make-latest", "true");
    mistyped(&world, program(Phase::Release).input("prerelease", "true"), "make-latest", "no prerelease");
    mistyped(&world, program(Phase::Draft), "make-latest", "publish: false");
    for input in ["make-latest", "prerelease"] {
        mistyped(&world, world.phase(Phase::Release).input(input, "newest"), input, "none of `auto`");
    }
}

#[test]
fn a_mark_that_a_person_set_on_a_published_release_stays() {
    let world = validated();
    world.play(Phase::Release);
    world.universe.github(|github| github.releases_mut()[0].prerelease = true);
    let changing = || world.phase(Phase::Release).input("allow-published-changes", "true");
    changing().run().expect_code(0);
    assert!(release(&world).prerelease);
    changing().input("prerelease", "false").run().expect_code(0);
    assert!(!release(&world).prerelease);
}

#[test]
fn a_title_is_filled_in_and_kept() {
    let world = validated();
    for (template, title) in [("{name} {version} ({tag})", "sample 1.2.0 (v1.2.0)"), ("😀 { x }", "😀 { x }")]
    {
        sent(&world, || world.phase(Phase::Draft).input("title", template));
        assert_eq!(release(&world).name.as_deref(), Some(title));
    }
    mistyped(&world, world.phase(Phase::Draft).input("title", "{versoin}"), "title", "`{versoin}`");
    mistyped(&world, world.phase(Phase::Draft).input("title", "a\nb"), "title", "one line");

    let world = candidate();
    let outcome = world.phase(Phase::Draft).input("title", "{name}").run().expect_code(1);
    assert!(outcome.finds("release/title", ""), "{}", outcome.told());
}

#[test]
fn r07_we_say_where_the_tag_is_made_if_it_is_not_there() {
    for target in ["main", "refs/heads/main", COMMIT] {
        let world = validated();
        let program = || world.phase(Phase::Release).input("tag", "1.2.0").input("target-commitish", target);
        let (draft, publication, outcome) = sent(&world, program);
        assert_eq!(
            (&draft["target_commitish"], &publication["target_commitish"]),
            (&COMMIT.into(), &COMMIT.into())
        );
        let tags = world.universe.github(|github| github.tags());
        assert_eq!(tags.get("1.2.0").map(String::as_str), Some(COMMIT), "{}", outcome.told());
    }
    // A tag that is there decides, and nothing else is sent: the workflow rule of GitHub looks at what is sent.
    let world = validated();
    let (draft, publication, _) =
        sent(&world, || world.phase(Phase::Release).input("target-commitish", "main"));
    assert!(draft.get("target_commitish").is_none() && publication.get("target_commitish").is_none());
}

#[test]
fn r07_we_make_no_tag_at_another_commit_than_the_one_that_was_built() {
    let world = validated();
    let elsewhere = world.universe.github(|github| github.commit_to("main", "Later", &[]));
    let before = world.writes();
    for target in ["main", &elsewhere] {
        let program = world.phase(Phase::Draft).input("tag", "1.2.0").input("target-commitish", target);
        let outcome = program.run().expect_code(1);
        assert!(outcome.finds("release/other-commit", ""), "{}", outcome.told());
        assert!(outcome.stdout.contains("would be made at"), "{}", outcome.told());
    }
    assert_eq!(world.writes(), before);
}

#[test]
fn a_target_that_is_not_there_is_told_before_anything_is_sent() {
    let world = validated();
    let before = world.writes();
    for target in ["gone", "c0ffee0", "0000000000000000000000000000000000000000"] {
        let program = world.phase(Phase::Draft).input("tag", "1.2.0").input("target-commitish", target);
        let outcome = program.run().expect_code(1);
        assert!(outcome.finds("release/no-target", ""), "{target}: {}", outcome.told());
        assert!(!outcome.finds("release/no-tag", ""), "{target}: {}", outcome.told());
    }
    assert_eq!(world.writes(), before);
    for target in ["refs/tags/v1.2.0", "a b", "-x"] {
        mistyped(
            &world,
            world.phase(Phase::Draft).input("target-commitish", target),
            "target-commitish",
            "neither a branch",
        );
    }
}

#[test]
fn r08_we_name_the_workflow_rule_when_a_tag_cannot_be_made() {
    let world = World::new();
    let branched = world.universe.github(|github| {
        github.set_branch("old", COMMIT);
        let sha = github.commit_to("old", "Another workflow", &[(".github/workflows/x.yml", "on: push\n")]);
        for run in github.runs_mut() {
            run.facts.head_sha.clone_from(&sha);
        }
        sha
    });
    let at = |phase: Phase| world.phase(phase).env("GITHUB_SHA", &branched).input("tag", "1.2.0");
    at(Phase::Collect).input("commit", &branched).run().expect_code(0);
    at(Phase::Validate).input("commit", &branched).run().expect_code(0);
    let outcome = at(Phase::Release).input("target-commitish", "old").run().expect_code(2);
    assert!(outcome.stdout.contains(".github/workflows"), "{}", outcome.told());
    assert!(world.universe.github(|github| github.releases().iter().all(|release| release.draft)));
}

#[test]
fn r09_we_open_a_discussion_and_are_not_stopped_without_one() {
    let writes = |discussions| Permissions { discussions, ..Permissions::writer() };
    for (categories, permissions, opened) in [
        (&["Announcements"][..], writes(Access::Write), true),
        (&["General"], writes(Access::Write), false),
        (&["Announcements"], writes(Access::None), false),
    ] {
        let world = validated();
        world.universe.github(|github| {
            github.settings.discussion_categories =
                categories.iter().map(|name| (*name).to_owned()).collect();
            github.add_token(TOKEN, permissions);
        });
        let program = || world.phase(Phase::Release).input("discussion-category", "Announcements");
        let (draft, publication, outcome) = sent(&world, program);
        assert!(draft.get("discussion_category_name").is_none(), "{draft}");
        assert_eq!(publication.get("discussion_category_name").is_some(), opened, "{publication}");
        let release = release(&world);
        assert!(!release.draft, "{}", outcome.told());
        assert_eq!(release.discussion_category_name.as_deref(), opened.then_some("Announcements"));
        assert_eq!(outcome.stdout.contains("without a discussion"), !opened, "{}", outcome.told());
    }
}
