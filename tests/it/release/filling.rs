//! Filling releases that others made, and replacing files.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};

use release_action::model::digest::Sha256;
use release_action::sim::github::release::{NewRelease, Release};

use super::set::{checksums, message, page, refused, settled, the_release, validated};
use crate::support::program::Program;
use crate::support::world::{Phase, TAG, TOKEN, World};

const THEIRS: &[u8] = b"somebody's";

/// A release or draft of the tag that somebody made, with these files.
fn made_by_somebody(world: &World, draft: bool, files: &[(&str, &[u8])]) -> u64 {
    world.universe.github(|github| {
        let id = github.add_release(NewRelease { tag_name: TAG.into(), draft, ..NewRelease::default() });
        for (name, bytes) in files {
            github.add_asset(id, name, bytes.to_vec());
        }
        id
    })
}

/// The name and the bytes of a file that is released.
fn a_file(world: &World) -> (String, Vec<u8>) {
    world.files[0].clone()
}

/// The workflow that attaches executables, beside the one that attaches packages: a job on another machine.
fn of_executables(world: &World) -> Program {
    let program = world.program("create-release").input("github-token", TOKEN);
    program.input("assets-dir", "executables").current_dir(&world.path("job"))
}

#[test]
fn other_bytes_are_told_with_both_digests_and_what_to_do() {
    let world = validated();
    let (name, bytes) = a_file(&world);
    made_by_somebody(&world, true, &[(&name, THEIRS)]);
    let outcome = refused(&world, world.phase(Phase::Release), "release/asset-conflict", &name);
    let text = message(&outcome, "release/asset-conflict");
    for digest in [Sha256::of(THEIRS), Sha256::of(&bytes)] {
        assert!(text.contains(&digest.to_string()), "{text}");
    }
    assert!(outcome.stdout.contains("on-conflict"), "{}", outcome.told());
}

#[test]
fn on_a_draft_a_file_is_replaced_where_that_is_asked_for() {
    let world = validated();
    let (name, bytes) = a_file(&world);
    made_by_somebody(&world, true, &[(&name, THEIRS), ("other.txt", b"stays")]);
    let run = || world.phase(Phase::Release).input("on-conflict", "replace");
    let outcome = run().run().expect_code(0);
    assert!(outcome.stdout.contains(&format!("replace {name}")), "{}", outcome.told());
    let page = page(&world);
    assert_eq!((&page[&name], &page["other.txt"][..]), (&bytes, &b"stays"[..]));
    assert_eq!(page.len(), world.files.len() + 3);
    settled(&world, run());
}

#[test]
fn the_new_file_is_whole_before_the_old_one_goes() {
    let world = validated();
    let (name, bytes) = a_file(&world);
    made_by_somebody(&world, true, &[(&name, THEIRS)]);
    let ours = Sha256::of(&bytes);
    let order = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&order);
    world.universe.observe(Arc::new(move |exchange| {
        let request = &exchange.request;
        if request.method == "DELETE" || Sha256::of(&request.body) == ours {
            seen.lock().expect("no panic").push(request.method.clone());
        }
    }));
    world.phase(Phase::Release).input("on-conflict", "replace").run().expect_code(0);
    assert_eq!(*order.lock().expect("no panic"), ["POST", "DELETE"]);
}

#[test]
fn what_is_kept_is_told_and_is_what_the_checksums_say() {
    let world = validated();
    let (name, _) = a_file(&world);
    made_by_somebody(&world, true, &[(&name, THEIRS)]);
    let run = || world.phase(Phase::Release).input("on-conflict", "keep");
    let outcome = run().run().expect_code(0);
    assert!(outcome.finds("release/asset-kept", &name), "{}", outcome.told());
    let page = page(&world);
    assert_eq!(page[&name], THEIRS);
    assert!(checksums(&page, "SHA256SUMS").contains(&name));
    settled(&world, run());
}

#[test]
fn a_file_whose_name_ours_would_get_is_never_replaced() {
    let world = validated();
    world.write("odd/a b.txt", "ours");
    made_by_somebody(&world, true, &[("a.b.txt", THEIRS)]);
    let run = world.phase(Phase::Release).input("files", "odd/*").input("on-conflict", "replace");
    refused(&world, run, "release/asset-conflict", "a b.txt");
}

#[test]
fn a_release_that_a_person_published_first_is_filled_where_that_is_allowed() {
    let world = validated();
    let id = made_by_somebody(&world, false, &[("theirs.txt", THEIRS)]);
    refused(&world, world.phase(Phase::Release), "release/published-incomplete", "manifest.json");
    let run = || world.phase(Phase::Release).input("allow-published-changes", "true");
    let outcome = run().run().expect_code(0);
    assert_eq!(
        (outcome.output("complete"), outcome.output("draft")),
        ("true", "false"),
        "{}",
        outcome.told()
    );
    assert!(the_release(&world).id == id && page(&world)["theirs.txt"] == THEIRS);
    assert_eq!(page(&world).len(), world.files.len() + 3);
    settled(&world, run());
}

#[test]
fn a_published_file_is_replaced_only_where_both_inputs_say_so() {
    let world = validated();
    let (name, bytes) = a_file(&world);
    made_by_somebody(&world, false, &[(&name, THEIRS)]);
    let one = || world.phase(Phase::Release).input("allow-published-changes", "true");
    refused(&world, one(), "release/asset-conflict", &name);
    let outcome = refused(
        &world,
        world.phase(Phase::Release).input("on-conflict", "replace"),
        "release/asset-conflict",
        &name,
    );
    assert!(outcome.stdout.contains("allow-published-changes"), "{}", outcome.told());
    one().input("on-conflict", "replace").run().expect_code(0);
    assert_eq!(page(&world)[&name], bytes);
}

#[test]
fn r28_we_try_nothing_that_an_immutable_release_refuses() {
    let world = validated();
    let (name, _) = a_file(&world);
    world.universe.github(|github| github.settings.immutable_releases = true);
    made_by_somebody(&world, false, &[(&name, THEIRS)]);
    let run =
        world.phase(Phase::Release).input("allow-published-changes", "true").input("on-conflict", "replace");
    let outcome = refused(&world, run, "release/immutable", &name);
    assert!(outcome.finds("release/immutable", "SHA256SUMS"), "{}", outcome.told());
    assert!(!outcome.stdout.contains("allow-published-changes` if"), "{}", outcome.told());
}

#[test]
fn where_releases_are_immutable_ours_is_whole_before_it_is_published() {
    let world = validated();
    world.universe.github(|github| github.settings.immutable_releases = true);
    world.play(Phase::Release);
    assert!(the_release(&world).immutable);
    settled(&world, world.phase(Phase::Release));
}

#[test]
fn a_draft_waits_for_a_person_where_it_is_not_to_be_published() {
    let world = validated();
    let outcome = world.play(Phase::Draft);
    assert_eq!((outcome.output("complete"), outcome.output("draft")), ("true", "true"));
    settled(&world, world.phase(Phase::Draft));
    world.universe.github(|github| github.releases_mut()[0].draft = false);
    // The person approved: nothing is left to do for either.
    settled(&world, world.phase(Phase::Draft));
    settled(&world, world.phase(Phase::Release));
}

/// The world of two workflows that fill one release.
fn two_workflows() -> World {
    let world = validated();
    world.write("job/executables/games-collection", "a program");
    let changelog = std::fs::read(world.path("CHANGELOG.md")).expect("it is there");
    world.write("job/CHANGELOG.md", changelog);
    world
}

const EXPECTED: &str = "*.whl\n*.tar.gz\ngames-collection\nmanifest.json";

#[test]
fn two_workflows_fill_one_release_and_the_last_one_publishes_it() {
    for packages_first in [true, false] {
        let world = two_workflows();
        let packages = || world.phase(Phase::Release).input("expect-assets", EXPECTED);
        let executables = || of_executables(&world).input("expect-assets", EXPECTED);
        let (first, second): (&dyn Fn() -> Program, &dyn Fn() -> Program) =
            if packages_first { (&packages, &executables) } else { (&executables, &packages) };
        let outcome = first().run().expect_code(0);
        assert_eq!(outcome.output("outcome"), "not-ready", "{}", outcome.told());
        assert_eq!((outcome.output("complete"), outcome.output("draft")), ("false", "true"));
        let awaited = message(&outcome, "release/awaited-asset");
        assert!(awaited.contains(if packages_first { "games-collection" } else { "." }), "{awaited}");
        let writes = world.writes();
        assert_eq!(first().run().expect_code(0).output("outcome"), "not-ready");
        assert_eq!(world.writes(), writes);

        let outcome = second().run().expect_code(0);
        assert_eq!(
            (outcome.output("complete"), outcome.output("draft")),
            ("true", "false"),
            "{}",
            outcome.told()
        );
        assert_eq!(page(&world).len(), world.files.len() + 3);
        settled(&world, first());
        settled(&world, second());
    }
}

#[test]
fn two_workflows_at_the_same_time_end_with_one_whole_published_release() {
    let world = two_workflows();
    // Both have seen that there is no release before either makes one.
    let (both, seen) = (Barrier::new(2), Mutex::new(0));
    world.universe.observe(Arc::new(move |exchange| {
        if exchange.request.method == "GET" && exchange.request.path.ends_with("/releases") {
            let number = {
                let mut seen = seen.lock().expect("no panic");
                *seen += 1;
                *seen
            };
            if number <= 2 {
                both.wait();
            }
        }
    }));
    let packages = || world.phase(Phase::Release).input("expect-assets", EXPECTED);
    let executables = || of_executables(&world).input("expect-assets", EXPECTED);
    let running = [packages().spawn(), executables().spawn()];
    for outcome in running.map(|running| running.wait()) {
        assert_eq!(outcome.code, Some(0), "{}", outcome.told());
    }
    let release = the_release(&world);
    assert!(!release.draft && release.assets.len() == world.files.len() + 3, "{release:#?}");
    settled(&world, packages());
    settled(&world, executables());
}

#[test]
fn without_expectations_a_dry_run_shows_what_would_be_filled() {
    let world = two_workflows();
    let before = world.writes();
    let outcome =
        world.phase(Phase::Release).input("expect-assets", "nothing-like-it").input("dry-run", "true").run();
    assert_eq!(outcome.output("outcome"), "planned", "{}", outcome.told());
    assert!(
        outcome.stdout.contains("attach manifest.json") && !outcome.stdout.contains("publish the release")
    );
    assert_eq!(world.writes(), before);
}

/// A world with a draft of somebody's, who does this to it as soon as the first file of ours has arrived.
fn interrupted_by(files: &[usize], act: impl Fn(&mut Release) + Send + Sync + 'static) -> Arc<World> {
    let world = validated();
    let files: Vec<_> = files.iter().map(|at| (world.files[*at].0.clone(), THEIRS)).collect();
    let files: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    made_by_somebody(&world, true, &files);
    let world = Arc::new(world);
    let (of_world, has_acted) = (Arc::downgrade(&world), AtomicBool::new(false));
    world.universe.observe(Arc::new(move |exchange| {
        if exchange.service == "uploads" && !has_acted.swap(true, Ordering::SeqCst) {
            let world = of_world.upgrade().expect("the test holds it");
            world.universe.github(|github| act(&mut github.releases_mut()[0]));
        }
    }));
    world
}

#[test]
fn nothing_is_replaced_on_a_draft_that_a_person_publishes_meanwhile() {
    // Every file has to be replaced, or the person acts while one is attached that is missing.
    for files in [&[0, 1, 2, 3][..], &[0]] {
        let world = interrupted_by(files, |release| release.draft = false);
        let run = || world.phase(Phase::Release).input("on-conflict", "replace");
        let outcome = run().run();
        assert!(matches!(outcome.code, Some(1 | 2)), "{}", outcome.told());
        assert!(outcome.stdout.contains("was published while this ran"), "{}", outcome.told());
        let page = page(&world);
        for at in files {
            assert_eq!(page[&world.files[*at].0], THEIRS, "{}", outcome.told());
        }
        assert!(page.keys().all(|name| !name.contains("incoming")), "{:?}", page.keys());
        refused(&world, run(), "release/asset-conflict", &world.files[0].0);
        run().input("allow-published-changes", "true").run().expect_code(0);
        settled(&world, run().input("allow-published-changes", "true"));
    }
}

#[test]
fn nothing_stops_a_person_from_publishing_what_may_be_changed_anyway() {
    let world = interrupted_by(&[0], |release| release.draft = false);
    let run = || {
        let run = world.phase(Phase::Release).input("on-conflict", "replace");
        run.input("allow-published-changes", "true")
    };
    run().run().expect_code(0);
    assert_eq!(page(&world)[&world.files[0].0], world.files[0].1);
    settled(&world, run());
}

#[test]
fn a_text_that_a_person_writes_meanwhile_is_not_overwritten() {
    const WORDS: &str = "Words of a person.";
    for merge in ["append", "replace"] {
        let world = interrupted_by(&[], |release| release.body = Some(WORDS.to_owned()));
        let run = || world.phase(Phase::Release).input("notes-merge", merge);
        let outcome = run().run().expect_code(2);
        assert!(outcome.stdout.contains("got another text while this ran"), "{}", outcome.told());
        assert!(outcome.stdout.contains("run again"), "{}", outcome.told());
        let release = the_release(&world);
        assert_eq!((release.body.as_deref(), release.draft), (Some(WORDS), true), "{}", outcome.told());
        // The next run knows these words, and does what its input says about them.
        run().run().expect_code(0);
        let body = the_release(&world).body.unwrap_or_default();
        assert_eq!(body.contains(WORDS), merge == "append", "{body}");
        settled(&world, run());
    }
}

#[test]
fn a_release_that_takes_the_place_of_the_one_that_was_seen_keeps_its_text() {
    const WORDS: &str = "Words of a person.";
    let world = interrupted_by(&[], |release| {
        release.id += 1000;
        release.body = Some(WORDS.to_owned());
    });
    let outcome = world.phase(Phase::Release).input("notes-merge", "replace").run().expect_code(2);
    assert!(outcome.stdout.contains("which is left as it is"), "{}", outcome.told());
    assert_eq!(the_release(&world).body.as_deref(), Some(WORDS), "{}", outcome.told());
}
