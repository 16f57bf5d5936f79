//! create-release meets drafts, releases and files that are there already.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier, Mutex};

use release_action::sim::github::release::{Asset, NewRelease, Release};
use serde_json::Value;

use crate::support::world::{Phase, TAG, World, small_release};

/// The small release, collected and validated, with nothing released yet.
fn validated() -> World {
    let world = World::new();
    world.play_until(Phase::Draft);
    world
}

fn draft(tag: &str) -> NewRelease {
    NewRelease { tag_name: tag.into(), draft: true, ..NewRelease::default() }
}

fn releases(world: &World) -> Vec<Release> {
    world.universe.github(|github| github.releases().to_vec())
}

/// The one release that there is.
#[track_caller]
fn the_release(world: &World) -> Release {
    let releases = releases(world);
    assert_eq!(releases.len(), 1, "{releases:#?}");
    releases.into_iter().next().expect("it was counted")
}

/// Every file that belongs on the release page, with its bytes.
fn declared(world: &World) -> BTreeMap<String, Vec<u8>> {
    let bound = ["manifest.json", "SHA256SUMS"].map(|name| {
        let path = world.path("release-manifest").join(name);
        (name.to_owned(), std::fs::read(path).expect("validate-wheels left it"))
    });
    world.files.iter().cloned().chain(bound).collect()
}

fn stored(release: &Release) -> BTreeMap<String, Vec<u8>> {
    let whole = |asset: &Asset| {
        assert!(asset.uploaded, "{} is not whole", asset.name);
        (asset.name.clone(), asset.bytes.to_vec())
    };
    release.assets.iter().map(whole).collect()
}

/// Every change of a release from here on, as it was sent.
fn changes(world: &World) -> Arc<Mutex<Vec<Value>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    world.universe.observe(Arc::new(move |exchange| {
        if exchange.service == "github" && exchange.request.method == "PATCH" {
            let change = serde_json::from_slice(&exchange.request.body).expect("changes are JSON");
            kept.lock().expect("no panic").push(change);
        }
    }));
    seen
}

/// What the publication of the release was sent with.
fn publication(world: &World) -> Value {
    let changes = changes(world);
    world.play(Phase::Release);
    let changes = changes.lock().expect("no panic");
    changes.iter().find(|change| change["draft"] == false).expect("it was published").clone()
}

#[test]
fn two_jobs_at_the_same_time_leave_one_whole_release() {
    let world = validated();
    // Neither learns of the other's draft before it makes its own.
    let (both, seen) = (Barrier::new(2), Mutex::new(0));
    world.universe.observe(Arc::new(move |exchange| {
        if exchange.request.method == "GET" && exchange.request.path.ends_with("/releases") {
            let number = {
                let mut seen = seen.lock().expect("no panic");
                *seen += 1;
                *seen
            };
            // The first look and the writer's own of each: from then on they run free.
            if number <= 4 {
                both.wait();
            }
        }
    }));
    let running = [world.phase(Phase::Release).spawn(), world.phase(Phase::Release).spawn()];
    let outcomes = running.map(|running| running.wait());
    assert!(outcomes.iter().any(|outcome| outcome.code == Some(0)), "{}", outcomes[0].told());
    world.play(Phase::Release);

    let (drafts, published): (Vec<_>, Vec<_>) =
        releases(&world).into_iter().partition(|release| release.draft);
    assert_eq!(published.len(), 1, "{published:#?}");
    assert_eq!(stored(&published[0]), declared(&world));
    assert!(drafts.iter().all(|draft| draft.assets.is_empty()), "files got lost in {drafts:#?}");
    let before = world.writes();
    world.play(Phase::Release);
    assert_eq!(world.writes(), before);
}

#[test]
fn the_draft_of_another_tool_is_adopted_with_its_files_and_its_text() {
    let world = validated();
    let (id, theirs) = world.universe.github(|github| {
        let id = github.add_release(NewRelease {
            name: Some("Sample 1.2.0".into()),
            body: Some("## What's Changed\n\n* everything".into()),
            ..draft(TAG)
        });
        (id, github.add_asset(id, "sample_1.2.0_linux_amd64.tar.gz", b"made elsewhere".to_vec()))
    });
    let outcome = world.play(Phase::Release);
    assert!(outcome.finds("release/text-kept", ""), "{}", outcome.told());
    let release = the_release(&world);
    assert!(release.id == id && !release.draft);
    assert_eq!(release.name.as_deref(), Some("Sample 1.2.0"));
    assert_eq!(release.body.as_deref(), Some("## What's Changed\n\n* everything"));
    assert!(release.assets.iter().any(|asset| asset.id == theirs && *asset.bytes == *b"made elsewhere"));
    let mut expected = declared(&world);
    expected.insert("sample_1.2.0_linux_amd64.tar.gz".into(), b"made elsewhere".to_vec());
    assert_eq!(stored(&release), expected);
}

#[test]
fn a_release_that_a_person_published_too_early_is_not_changed() {
    let world = validated();
    world.universe.github(|github| github.add_release(NewRelease { draft: false, ..draft(TAG) }));
    let before = world.writes();
    let outcome = world.phase(Phase::Release).run().expect_code(1);
    assert_eq!(outcome.output("outcome"), "blocked");
    for name in declared(&world).keys() {
        assert!(outcome.finds("release/published-incomplete", name), "{name}: {}", outcome.told());
    }
    assert_eq!(world.writes(), before);
}

#[test]
fn a_whole_release_that_a_person_published_is_settled() {
    let world = validated();
    let files = declared(&world);
    world.universe.github(|github| {
        let id = github.add_release(NewRelease { draft: false, ..draft(TAG) });
        for (name, bytes) in files {
            github.add_asset(id, &name, bytes);
        }
    });
    let before = world.writes();
    assert_eq!(world.play(Phase::Release).output("outcome"), "already-done");
    assert_eq!(world.writes(), before);
}

#[test]
fn what_a_failed_upload_left_is_replaced() {
    let world = validated();
    let name = world.files[0].0.clone();
    world.universe.github(|github| {
        let id = github.add_release(draft(TAG));
        github.add_starter(id, &name);
    });
    world.play(Phase::Draft);
    assert_eq!(stored(&the_release(&world)), declared(&world));
}

#[test]
fn no_file_is_ever_sent_twice() {
    for broken in [None, Some("lost@uploads:2"), Some("lost@index:4")] {
        let world = World::new();
        broken.into_iter().for_each(|fault| world.universe.inject(fault.parse().expect("a fault")));
        world.play_all();
        world.play_all();
        assert!(world.universe.pending_faults().is_empty(), "{broken:?} struck");
        let (mut bodies, mut sent) = (BTreeMap::new(), 0);
        for entry in world.universe.journal().into_iter().filter(|entry| entry.service == "uploads") {
            *bodies.entry(entry.body_sha256).or_insert(0) += 1;
            sent += 1;
        }
        assert_eq!((bodies.len(), sent), (6, 6), "{broken:?}");
        // A file on its way to an index is part of a form with a boundary of its own each time.
        let forms = world.universe.journal();
        let forms = forms.iter().filter(|entry| entry.method == "POST" && entry.path == "/legacy/");
        assert_eq!(forms.count(), 3, "{broken:?}");
    }
}

#[test]
fn a_prerelease_is_marked_as_one_and_is_not_the_latest() {
    let files = vec![("sample-tool".to_owned(), b"a tool".to_vec())];
    let world = World::holding_version(files, "", "sample", "1.3.0-rc.1");
    let collected = world.phase(Phase::Collect).input("workflows", "tools.yml").run();
    collected.expect_code(0);
    let sent = publication(&world);
    assert_eq!((&sent["prerelease"], &sent["make_latest"]), (&true.into(), &"false".into()), "{sent}");
    assert!(the_release(&world).prerelease);
}

#[test]
fn the_highest_stable_version_is_the_latest_and_a_back_port_is_not() {
    for (other, latest) in [("v1.1.9", "true"), ("v2.0.0", "false"), ("v2.0.0-rc.1", "true")] {
        let world = validated();
        let prerelease = other.contains("rc");
        world.universe.github(|github| {
            github.add_release(NewRelease { draft: false, prerelease, ..draft(other) });
        });
        assert_eq!(publication(&world)["make_latest"], latest, "beside {other}");
    }
}

#[test]
fn a_draft_that_is_whole_is_only_published() {
    let world = validated();
    let outcome = world.play(Phase::Draft);
    assert_eq!((outcome.output("draft"), outcome.output("assets")), ("true", "6"));
    assert!(the_release(&world).draft);
    assert_eq!(world.play(Phase::Draft).output("outcome"), "already-done");

    let writes = world.writes();
    let changes = changes(&world);
    let outcome = world.play(Phase::Release);
    assert_eq!((outcome.output("draft"), outcome.output("outcome")), ("false", "resumed"));
    assert_eq!(world.writes(), writes + 1);
    assert_eq!(changes.lock().expect("no panic").len(), 1);
}

#[test]
fn what_a_person_wrote_into_our_draft_stays() {
    let world = validated();
    world.play(Phase::Draft);
    world.universe.github(|github| {
        let release = &mut github.releases_mut()[0];
        release.name = Some("The one with everything".into());
        release.body = release.body.take().map(|body| format!("Thanks to all!\r\n\r\n{body}"));
    });
    world.play(Phase::Release);
    let release = the_release(&world);
    assert_eq!(release.name.as_deref(), Some("The one with everything"));
    let body = release.body.expect("there are notes");
    assert!(body.starts_with("Thanks to all!") && body.contains("- Everything."), "{body}");
}

#[test]
fn a_title_that_was_asked_for_is_set() {
    let world = validated();
    world.play(Phase::Draft);
    world.phase(Phase::Draft).input("title", "Sample one two").run().expect_code(0);
    assert_eq!(the_release(&world).name.as_deref(), Some("Sample one two"));
}

#[test]
fn the_notes_are_the_changelogs_section() {
    let world = validated();
    world.write(
        "CHANGELOG.md",
        "# Changelog\n\n## [Unreleased]\n\n- Later.\n\n## [1.2.0]\n\n- Now, see [docs].\n\n## 1.1.0\n\n- Before.\n\n[docs]: docs.md\n",
    );
    world.play(Phase::Draft);
    let body = the_release(&world).body.expect("there are notes");
    assert!(body.contains("- Now, see [docs].\n\n[docs]: docs.md"), "{body}");
    assert!(!body.contains("Later") && !body.contains("Before"), "{body}");
}

#[test]
fn the_notes_may_be_a_file_and_follow_it_while_there_is_a_draft() {
    let world = validated();
    let with_notes = || world.phase(Phase::Draft).input("notes-file", "notes.md").run().expect_code(0);
    world.write("notes.md", "What is new\n");
    with_notes();
    world.write("notes.md", "What is really new\n");
    assert_eq!(with_notes().output("outcome"), "resumed");
    let body = the_release(&world).body.expect("there are notes");
    assert!(body.contains("What is really new") && body.matches("new").count() == 1, "{body}");
}

#[test]
fn a_version_without_notes_blocks_before_anything_is_sent() {
    let world = validated();
    world.write("CHANGELOG.md", "# Changelog\n\n## [1.1.0]\n\n- Before.\n");
    let before = world.writes();
    let outcome = world.phase(Phase::Draft).run().expect_code(1);
    assert!(outcome.finds("release/no-notes", "CHANGELOG.md"), "{}", outcome.told());
    assert_eq!(world.writes(), before);
}

#[test]
fn a_name_that_github_rewrites_is_kept_as_the_label_and_found_again() {
    let mut files = small_release();
    files.push(("sample tool (x86).bin".into(), b"another tool".to_vec()));
    let world = World::holding(files, "");
    world.play_until(Phase::Draft);
    let outcome = world.play(Phase::Draft);
    assert!(outcome.finds("release/asset-renamed", "sample tool (x86).bin"), "{}", outcome.told());
    let release = the_release(&world);
    let asset = release.assets.iter().find(|asset| *asset.bytes == *b"another tool").expect("it is there");
    assert_eq!(
        (asset.name.as_str(), asset.label.as_deref()),
        ("sample.tool.x86.bin", Some("sample tool (x86).bin"))
    );
    let before = world.writes();
    assert_eq!(world.play(Phase::Draft).output("outcome"), "already-done");
    assert_eq!(world.writes(), before);
}

#[test]
fn checksums_that_are_not_those_of_the_manifest_go_nowhere() {
    let world = validated();
    world.write("release-manifest/SHA256SUMS", "0000  sample-1.2.0.tar.gz\n");
    let before = world.writes();
    let outcome = world.phase(Phase::Draft).run().expect_code(1);
    assert!(outcome.finds("manifest/mismatch", "SHA256SUMS"), "{}", outcome.told());
    assert_eq!(world.writes(), before);
}

#[test]
fn other_bytes_on_a_draft_block_and_are_not_deleted() {
    let world = validated();
    let name = world.files[0].0.clone();
    world.universe.github(|github| {
        let id = github.add_release(draft(TAG));
        github.add_asset(id, &name, b"somebody's".to_vec());
    });
    let before = world.writes();
    let outcome = world.phase(Phase::Draft).run().expect_code(1);
    assert!(outcome.finds("release/asset-conflict", &name), "{}", outcome.told());
    assert_eq!(world.writes(), before);
}

#[test]
fn a_tag_that_started_the_run_and_names_no_version_is_said() {
    let world = World::new();
    let outcome = world.phase(Phase::Release).env("GITHUB_REF", "refs/tags/nightly").run().expect_code(1);
    assert!(outcome.stdout.contains("the tag `nightly` names no version"), "{}", outcome.told());
}
