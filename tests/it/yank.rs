//! Releases that are yanked, as far as their registries allow that, and un-yanked.

mod crash;

use release_action::model::crate_name::{CrateFile, CrateName};
use release_action::sim::cargo::{Action, Scope};
use release_action::sim::github::release::{NewRelease, Release};
use release_action::sim::index::Flavour;
use serde_json::{Value, json};

use crate::support::program::{Outcome, Program};
use crate::support::world::{Phase, TAG, TOKEN, World};

const REASON: &str = "Loses data when the disk is full: use 1.2.1";
const OPEN: &str = "<!-- release-action:yanked -->\n";
const CLOSE: &str = "\n<!-- /release-action:yanked -->";
const MANIFEST: &str = "release-manifest/manifest.json";

/// The small release, published to the index and on GitHub.
fn published() -> World {
    let world = World::new();
    world.play_all();
    world
}

/// The release with a crate beside it, published too, and a token that may yank it.
fn with_crate() -> (World, String) {
    let world = published();
    let token = world.universe.crates(|crates| {
        crates.place_sample(&krate("sample-core", "1.2.0"));
        crates.place_sample(&krate("sample-core", "1.1.0"));
        crates.issue_token(Scope { actions: vec![Action::Yank], ..Scope::default() })
    });
    let mut manifest = manifest(&world);
    let file = json!({ "file_name": "sample-core-1.2.0.crate", "size_bytes": 7, "sha256": "0".repeat(64), "kind": "crate" });
    manifest["artifacts"].as_array_mut().expect("there is a list").push(file);
    world.write(MANIFEST, serde_json::to_string_pretty(&manifest).expect("it is JSON") + "\n");
    (world, token)
}

fn krate(name: &str, version: &str) -> CrateFile {
    CrateFile::new(name.parse().expect("good"), version.parse().expect("good"))
}

fn manifest(world: &World) -> Value {
    serde_json::from_slice(&std::fs::read(world.path(MANIFEST)).expect("it is there")).expect("it is JSON")
}

/// The registries, all of them simulators.
fn in_world(world: &World, program: Program) -> Program {
    let addresses = world.universe.addresses();
    let (upload, index, crates) =
        (&addresses.repository_url, &addresses.index_url, &addresses.crates_index_url);
    let registries = format!(
        "pypi = python {upload} {index}\ncrates-io = cargo {crates}\nshelf = python {upload} {index}"
    );
    program.input("github-token", TOKEN).input("registries", registries)
}

fn yank(world: &World, targets: &str) -> Program {
    in_world(world, world.program("yank")).input("targets", targets).input("reason", REASON)
}

fn unyank(world: &World, targets: &str) -> Program {
    in_world(world, world.program("yank")).input("targets", targets).input("unyank", "true")
}

fn with_token(program: Program, token: &str) -> Program {
    program.input("credentials", format!("crates-io = {token}")).secret(token)
}

/// What a person does on the index.
fn by_hand(world: &World, yanked: bool) {
    world.universe.index(|index| {
        let names: Vec<_> = index.files().map(|file| file.name.clone()).collect();
        for name in names {
            if yanked { index.yank(&name, REASON) } else { index.unyank(&name) }.expect("it is there");
        }
    });
}

#[track_caller]
fn release(world: &World) -> Release {
    let releases = world.universe.github(|github| github.releases().to_vec());
    assert_eq!(releases.len(), 1, "{releases:#?}");
    releases.into_iter().next().expect("it was counted")
}

fn body(world: &World) -> String {
    release(world).body.unwrap_or_default()
}

/// Name, version and whether it is yanked, of all crates.
fn crates(world: &World) -> Vec<(String, String, bool)> {
    let published = world.universe.crates(|crates| crates.published());
    published.into_iter().map(|one| (one.name.to_string(), one.version.to_string(), one.yanked)).collect()
}

fn list(outcome: &Outcome, output: &str) -> Vec<Value> {
    serde_json::from_str(outcome.output(output)).unwrap_or_else(|error| panic!("{error}: {}", outcome.told()))
}

/// Ends as said and changes nothing.
#[track_caller]
fn changes_nothing(world: &World, program: Program, code: i32, ending: &str) -> Outcome {
    let (writes, files, crates_before) = (world.writes(), world.workspace_files(), crates(world));
    let outcome = program.run().expect_code(code);
    assert_eq!(outcome.output("outcome"), ending, "{}", outcome.told());
    assert_eq!((world.writes(), world.workspace_files()), (writes, files), "{}", outcome.told());
    assert_eq!(crates(world), crates_before, "{}", outcome.told());
    outcome
}

#[test]
fn the_release_is_marked_the_manifest_says_it_and_a_person_is_told_where_to_go() {
    let world = published();
    let (before, assets) = (body(&world), release(&world).assets.len());
    let outcome = yank(&world, "pypi").run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "not-ready", "{}", outcome.told());

    let index = &world.universe.addresses().index_url;
    let origin = index.strip_suffix("/simple/").expect("it ends so");
    let page = format!("{origin}/manage/project/sample/release/1.2.0/");
    let manual = list(&outcome, "manual");
    let expected = json!([{ "registry": "pypi", "package": "sample", "version": "1.2.0", "action": "yank", "page": page, "reason": REASON }]);
    assert_eq!(json!(manual), expected);
    for (place, text) in [("the log", &outcome.stdout), ("the summary", &outcome.summary)] {
        // The summary makes no link of an address in a text.
        let path = "/manage/project/sample/release/1.2.0/";
        assert!(text.contains(path) && text.contains(REASON), "{place}: {text}");
    }
    assert!(outcome.finds("yank/by-hand", ""), "{}", outcome.told());

    let after = release(&world);
    let text = after.body.expect("there is one");
    let mark = text.strip_prefix(OPEN).and_then(|text| text.strip_suffix(&format!("{CLOSE}\n\n{before}")));
    assert!(mark.is_some_and(|mark| mark.contains(REASON)), "{text}");
    assert_eq!((after.name.as_deref(), after.draft, after.assets.len()), (Some(TAG), false, assets));
    assert_eq!(manifest(&world)["yanked"], json!({ "reason": REASON }));

    // A second run finds all that, and only the person is missing.
    let outcome = changes_nothing(&world, yank(&world, "pypi"), 0, "not-ready");
    assert_eq!(list(&outcome, "manual"), manual);
    let first = world.files[0].0.clone();
    world.universe.index(|index| index.yank(&first, REASON)).expect("it is there");
    let outcome = changes_nothing(&world, yank(&world, "pypi"), 0, "not-ready");
    assert_eq!(list(&outcome, "packages")[0]["state"], "partly");
    assert!(outcome.stdout.contains("1 of its 3 files"), "{}", outcome.told());
    by_hand(&world, true);
    let outcome = changes_nothing(&world, yank(&world, "pypi"), 0, "already-done");
    assert_eq!(
        (list(&outcome, "manual"), &list(&outcome, "packages")[0]["state"]),
        (vec![], &json!("yanked"))
    );
}

#[test]
fn a_yank_that_is_taken_back_leaves_no_trace() {
    let (world, token) = with_crate();
    let targets = "pypi\ncrates-io: sample-core";
    // The manifest as this program writes it.
    let (text, before) = (body(&world), crates(&world));
    with_token(yank(&world, targets), &token).run().expect_code(0);
    by_hand(&world, true);
    with_token(unyank(&world, targets), &token).run().expect_code(0);
    let without = std::fs::read(world.path(MANIFEST)).expect("it is there");
    assert_eq!((body(&world), crates(&world)), (text, before));
    assert!(manifest(&world).get("yanked").is_none());

    let outcome = changes_nothing(&world, with_token(unyank(&world, targets), &token), 0, "not-ready");
    let manual = list(&outcome, "manual");
    assert_eq!((&manual[0]["action"], &manual[0]["reason"]), (&json!("un-yank"), &Value::Null));
    by_hand(&world, false);
    changes_nothing(&world, with_token(unyank(&world, targets), &token), 0, "already-done");
    assert_eq!(std::fs::read(world.path(MANIFEST)).expect("it is there"), without);
}

#[test]
fn crates_are_yanked_with_a_token_and_other_versions_are_left_alone() {
    let (world, token) = with_crate();
    let outcome = with_token(yank(&world, "crates-io"), &token).run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "done", "{}", outcome.told());
    assert!(outcome.finds("yank/not-taken", ""), "the project is left: {}", outcome.told());
    let expected = [
        ("sample-core".to_owned(), "1.1.0".to_owned(), false),
        ("sample-core".to_owned(), "1.2.0".to_owned(), true),
    ];
    let mut found = crates(&world);
    found.sort();
    assert_eq!(found, expected);
    // To find that it is done takes no token.
    changes_nothing(&world, yank(&world, "crates-io"), 0, "already-done");
}

#[test]
fn without_a_token_that_may_yank_nothing_is_changed() {
    let (world, _) = with_crate();
    let outcome = changes_nothing(&world, yank(&world, "pypi\ncrates-io"), 1, "blocked");
    assert!(outcome.finds("yank/no-token", ""), "{}", outcome.told());
    assert!(outcome.stdout.contains("scope `yank`"), "{}", outcome.told());
    // What a dry run would do without one is known as well.
    changes_nothing(&world, yank(&world, "crates-io").input("dry-run", "true"), 1, "blocked");
}

#[test]
fn a_registry_that_refuses_does_not_keep_the_release_from_being_marked() {
    let (world, _) = with_crate();
    let scope = Scope { actions: vec![Action::PublishUpdate], ..Scope::default() };
    let token = world.universe.crates(|crates| crates.issue_token(scope));
    let outcome = with_token(yank(&world, "crates-io"), &token).run().expect_code(2);
    assert_eq!(outcome.output("outcome"), "partial", "{}", outcome.told());
    assert!(outcome.stdout.contains("does not have the required permissions"), "{}", outcome.told());
    assert!(body(&world).starts_with(OPEN));
    assert!(manifest(&world).get("yanked").is_none(), "that comes when all is done");
    let token = world.universe.crates(|crates| crates.issue_token(Scope::default()));
    let outcome = with_token(yank(&world, "crates-io"), &token).run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "resumed", "{}", outcome.told());
    assert_eq!(manifest(&world)["yanked"]["reason"], REASON);
}

#[test]
fn a_dry_run_says_all_and_changes_nothing() {
    let (world, token) = with_crate();
    let run = with_token(yank(&world, "pypi\ncrates-io"), &token).input("dry-run", "true");
    let outcome = changes_nothing(&world, run, 0, "planned");
    for told in [
        "+ yank the crate `sample-core` 1.2.0 on crates-io (127.0.0.1",
        "+ mark the release v1.2.0 as yanked",
        "+ write into release-manifest/manifest.json that it is yanked",
        "/manage/project/sample/release/1.2.0/",
        REASON,
    ] {
        assert!(outcome.stdout.contains(told), "{told}: {}", outcome.told());
    }
}

#[test]
fn without_a_manifest_the_lines_name_the_packages() {
    let (world, token) = with_crate();
    std::fs::remove_dir_all(world.path("release-manifest")).expect("it was there");
    let outcome = changes_nothing(&world, yank(&world, "pypi: Sample\ncrates-io"), 1, "blocked");
    assert!(outcome.finds("yank/not-named", ""), "{}", outcome.told());
    let outcome =
        with_token(yank(&world, "pypi: Sample\ncrates-io: sample-core"), &token).run().expect_code(0);
    assert_eq!(list(&outcome, "manual").len(), 1, "{}", outcome.told());
    assert!(crates(&world).contains(&("sample-core".to_owned(), "1.2.0".to_owned(), true)));
    assert!(body(&world).contains(REASON) && !world.path("release-manifest").exists());
}

#[test]
fn what_does_not_fit_together_stops_it_before_anybody_is_asked() {
    let world = published();
    for (program, check) in [
        (yank(&world, "pypi").input("tag", "v1.3.0"), "yank/other-release"),
        (yank(&world, "pypi: sampel"), "yank/not-in-manifest"),
        (yank(&world, "crates-io: sample"), "yank/not-in-manifest"),
    ] {
        let requests = world.universe.journal().len();
        let outcome = changes_nothing(&world, program, 1, "blocked");
        assert!(outcome.finds(check, ""), "{check}: {}", outcome.told());
        assert_eq!(world.universe.journal().len(), requests, "{check}");
    }
}

#[test]
fn a_crate_of_another_version_than_the_tag_is_not_yanked() {
    for only_crates in [false, true] {
        let (world, token) = with_crate();
        world.universe.crates(|crates| crates.place_sample(&krate("sample-core", "1.1.9")));
        let mut manifest = manifest(&world);
        let files = manifest["artifacts"].as_array_mut().expect("there is a list");
        files.retain(|file| !only_crates || file["kind"] == "crate");
        files.last_mut().expect("it is a crate")["file_name"] = json!("sample-core-1.1.9.crate");
        if only_crates {
            manifest["projects"] = json!([]);
            (manifest["version"], manifest["tag"]) = (Value::Null, Value::Null);
        }
        world.write(MANIFEST, serde_json::to_string_pretty(&manifest).expect("it is JSON") + "\n");
        let run = with_token(yank(&world, "crates-io").input("tag", TAG), &token);
        let outcome = changes_nothing(&world, run, 1, "blocked");
        assert!(outcome.finds("yank/other-release", ""), "{}", outcome.told());
        assert!(outcome.stdout.contains("crate `sample-core-1.1.9`"), "{}", outcome.told());
    }
}

#[test]
fn without_a_manifest_the_index_spells_the_version() {
    let (world, token) = with_crate();
    world.universe.crates(|crates| crates.place_sample(&krate("sample-core", "1.4.0-beta.2")));
    std::fs::remove_dir_all(world.path("release-manifest")).expect("it was there");
    for tag in ["v1.4.0b2", "v1.4.0-beta.2"] {
        let run = yank(&world, "crates-io: sample-core").input("tag", tag);
        let outcome = with_token(run, &token).run().expect_code(0);
        assert_eq!(list(&outcome, "packages")[0]["version"], "1.4.0-beta.2", "{}", outcome.told());
        assert!(crates(&world).contains(&("sample-core".to_owned(), "1.4.0-beta.2".to_owned(), true)));
    }
}

#[test]
fn taking_back_nothing_is_not_success() {
    let world = published();
    std::fs::remove_dir_all(world.path("release-manifest")).expect("it was there");
    let outcome = changes_nothing(&world, yank(&world, "pypi: sample").input("tag", "v9.0.0"), 1, "blocked");
    assert!(outcome.finds("yank/nothing", "") && outcome.finds("yank/absent", ""), "{}", outcome.told());
    // A release on GitHub makes up for no package.
    let outcome = changes_nothing(&world, yank(&world, "crates-io: sample"), 1, "blocked");
    assert!(outcome.finds("yank/nothing", "") && outcome.finds("yank/absent", ""), "{}", outcome.told());
    // What is not on one registry is told, and the rest is done.
    let outcome = yank(&world, "crates-io: sample\npypi: sample").run().expect_code(0);
    assert!(outcome.finds("yank/absent", ""), "{}", outcome.told());
    assert_eq!(list(&outcome, "packages")[0]["state"], "absent");
    assert!(body(&world).starts_with(OPEN));
}

#[test]
fn packages_without_a_release_on_github_are_yanked_too() {
    let (world, token) = with_crate();
    world.universe.github(|github| github.releases_mut().clear());
    let outcome = with_token(yank(&world, "crates-io"), &token).run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "done", "{}", outcome.told());
    assert!(outcome.finds("yank/no-release", ""), "{}", outcome.told());
}

#[test]
fn what_is_typed_wrong_is_refused() {
    let world = published();
    for (program, input) in [
        (in_world(&world, world.program("yank")), "reason"),
        (yank(&world, "pypi").input("reason", "one\ntwo"), "reason"),
        (yank(&world, "pypi").input("reason", "x".repeat(501)), "reason"),
        (yank(&world, "pipy"), "targets"),
        (yank(&world, "pypi").input("manifest-dir", "dist"), "manifest-dir"),
    ] {
        let outcome = changes_nothing(&world, program, 64, "error");
        assert!(outcome.stdout.contains(&format!("`{input}`")), "{input}: {}", outcome.told());
    }
}

#[test]
fn r28_the_text_of_an_immutable_release_is_marked_all_the_same() {
    let world = World::new();
    world.universe.github(|github| github.settings.immutable_releases = true);
    world.play_all();
    assert!(release(&world).immutable);
    let before = body(&world);
    yank(&world, "pypi").run().expect_code(0);
    assert!(body(&world).starts_with(OPEN));
    unyank(&world, "pypi").run().expect_code(0);
    assert_eq!(body(&world), before);
}

#[test]
fn a_text_without_room_for_the_mark_keeps_nothing_else_from_being_yanked() {
    let (world, token) = with_crate();
    let full = "x".repeat(124_900);
    world.universe.github(|github| github.releases_mut()[0].body = Some(full.clone()));
    let program = || with_token(yank(&world, "pypi\ncrates-io"), &token);
    let outcome = program().run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "not-ready", "{}", outcome.told());
    assert!(outcome.finds("yank/no-room", ""), "{}", outcome.told());
    assert_eq!(body(&world), full);
    assert!(crates(&world).iter().any(|(_, version, yanked)| version == "1.2.0" && *yanked));

    world.universe.github(|github| github.releases_mut()[0].body = Some("x".repeat(124_000)));
    let outcome = program().run().expect_code(0);
    assert!(!outcome.finds("yank/no-room", "") && body(&world).starts_with(OPEN), "{}", outcome.told());
}

#[test]
fn a_reason_is_text_on_the_page_and_another_one_takes_its_place() {
    let world = published();
    let before = body(&world);
    let odd = "a & b <!-- /release-action:yanked --> <img src=x>";
    yank(&world, "pypi").input("reason", odd).run().expect_code(0);
    let text = body(&world);
    assert!(text.contains("a &amp; b &lt;!-- /release-action:yanked --> &lt;img src=x>"), "{text}");
    changes_nothing(&world, yank(&world, "pypi").input("reason", odd), 0, "not-ready");
    yank(&world, "pypi").run().expect_code(0);
    let text = body(&world);
    assert!(text.contains(REASON) && !text.contains("&lt;img") && text.ends_with(&before), "{text}");
    // GitHub's pages write other line ends.
    world.universe.github(|github| github.releases_mut()[0].body = Some(text.replace('\n', "\r\n")));
    changes_nothing(&world, yank(&world, "pypi"), 0, "not-ready");
    unyank(&world, "pypi").run().expect_code(0);
    assert_eq!(body(&world), before.replace('\n', "\r\n"));
}

#[test]
fn a_draft_is_marked_before_anybody_publishes_it() {
    let world = published();
    world.universe.github(|github| {
        github.releases_mut().clear();
        github.add_release(NewRelease { tag_name: TAG.into(), draft: true, ..NewRelease::default() });
    });
    yank(&world, "pypi").run().expect_code(0);
    let release = release(&world);
    assert!(
        release.draft
            && release.body.is_some_and(|body| body.starts_with(OPEN) && body.ends_with(CLOSE.trim()))
    );
}

#[test]
fn a_text_that_a_person_writes_meanwhile_stays() {
    const WORDS: &str = "Words of a person.";
    let world = std::sync::Arc::new(published());
    let (of_world, has_acted) =
        (std::sync::Arc::downgrade(&world), std::sync::atomic::AtomicBool::new(false));
    world.universe.observe(std::sync::Arc::new(move |exchange| {
        let is_look = exchange.service == "github" && exchange.request.path.ends_with("/releases");
        if is_look && !has_acted.swap(true, std::sync::atomic::Ordering::SeqCst) {
            let world = of_world.upgrade().expect("the test holds it");
            world.universe.github(|github| github.releases_mut()[0].body = Some(WORDS.to_owned()));
        }
    }));
    let outcome = yank(&world, "pypi").run().expect_code(2);
    assert!(outcome.stdout.contains("got another text while this ran"), "{}", outcome.told());
    assert_eq!(body(&world), WORDS);
    yank(&world, "pypi").run().expect_code(0);
    assert!(body(&world).starts_with(OPEN) && body(&world).ends_with(WORDS));
}

#[test]
fn an_index_without_such_pages_has_none_and_pages_of_html_say_what_is_yanked() {
    let world = published();
    for flavour in [Flavour::Warehouse, Flavour::Pypiserver] {
        by_hand(&world, false);
        world.universe.index(|index| index.set_flavour(flavour));
        let outcome = yank(&world, "shelf").run().expect_code(0);
        assert_eq!(list(&outcome, "manual")[0]["page"], Value::Null, "{flavour:?}: {}", outcome.told());
        assert!(outcome.stdout.contains("its documentation says"), "{}", outcome.told());
        by_hand(&world, true);
        changes_nothing(&world, yank(&world, "shelf"), 0, "already-done");
    }
}

#[test]
fn spellings_of_one_crate_are_one() {
    assert_eq!("sample-core".parse::<CrateName>(), "Sample_Core".parse());
    let (world, token) = with_crate();
    let outcome = with_token(yank(&world, "crates-io: Sample_Core"), &token).run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "done", "{}", outcome.told());
}

#[test]
fn what_was_yanked_is_not_released_any_further() {
    let world = published();
    yank(&world, "pypi").run().expect_code(0);
    for phase in [Phase::Publish, Phase::Release] {
        let outcome = changes_nothing(&world, world.phase(phase), 1, "blocked");
        assert!(outcome.finds("manifest/yanked", MANIFEST), "{phase:?}: {}", outcome.told());
        assert!(outcome.stdout.contains(REASON), "{phase:?}: {}", outcome.told());
    }
    unyank(&world, "pypi").run().expect_code(0);
    world.play(Phase::Publish);
    world.play(Phase::Release);
}

#[test]
fn a_line_for_other_versions_takes_nothing_and_one_without_names_takes_the_rest() {
    let (world, token) = with_crate();
    let outcome =
        yank(&world, "pypi when prerelease\nshelf: sample when stable\npypi when alpha").run().expect_code(0);
    let packages = list(&outcome, "packages");
    assert_eq!((packages.len(), &packages[0]["registry"]), (1, &json!("shelf")), "{}", outcome.told());
    assert!(outcome.finds("yank/not-taken", ""), "the crate is left: {}", outcome.told());
    let run = with_token(yank(&world, "crates-io: sample-core\ncrates-io"), &token);
    let outcome = run.run().expect_code(0);
    assert_eq!(list(&outcome, "packages").len(), 1, "a crate is taken once: {}", outcome.told());
}

#[test]
fn the_rest_of_a_release_runs_on_beside_the_mark() {
    let world = published();
    yank(&world, "pypi").run().expect_code(0);
    let marked = body(&world);
    unyank(&world, "pypi").run().expect_code(0);
    world.universe.github(|github| github.releases_mut()[0].body = Some(marked.clone()));
    let (writes, outcome) = (world.writes(), world.play(Phase::Release));
    assert_eq!((outcome.output("outcome"), world.writes()), ("already-done", writes), "{}", outcome.told());
    assert_eq!(body(&world), marked);
}
