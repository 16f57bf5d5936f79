//! Several drafts of one tag, lists that lag behind, and where the files end up.

use std::sync::Arc;

use serde_json::{Value, json};

use super::world::{Notes, Shared, artifact, at, file, publication, serve, text, writer_in};
use super::{asked, reader, run, writer};
use crate::remote::error::RemoteError;
use crate::remote::github::{MakeLatest, canonical, marked};
use crate::remote::http::script::Script;
use crate::remote::surroundings::Surroundings;

/// A world in which another job of ours made a draft of the tag; so many lists do not show it.
fn with_theirs(lists: usize) -> (Shared, Script) {
    let world = Shared::default();
    let script = serve(&world);
    {
        let mut world = world.lock().expect("no panic inside");
        let id = world.id();
        let upload = script.url(&format!("/api/v3/repos/owner/name/releases/{id}/assets{{?name,label}}"));
        let theirs = json!({"id": id, "tag_name": "v1", "draft": true, "prerelease": false, "name": "1.0",
            "body": marked("notes"), "upload_url": upload.as_str().replace("%7B", "{").replace("%7D", "}")});
        world.releases.push(theirs);
        world.late.push((id, lists));
    }
    (world, script)
}

fn held(world: &Shared) -> Vec<String> {
    let held = world.lock().expect("no panic inside").held();
    held.iter().map(|one| one.rsplit_once(' ').expect("a digest").0.to_owned()).collect()
}

fn ids(world: &Shared) -> Vec<Value> {
    world.lock().expect("no panic inside").releases.iter().map(|release| release["id"].clone()).collect()
}

#[test]
fn the_answer_to_ones_own_request_outweighs_lists_that_do_not_show_it() {
    let world = Shared::default();
    world.lock().expect("no panic inside").late.push((1, 99));
    let script = serve(&world);
    let (_folder, path) = file(b"x");
    let write = writer(&script);
    run(async {
        assert_eq!(write.ensure_draft(&text()).await.expect("made").id, 1);
        write.ensure_asset("v1", &artifact("a", b"x"), &at(&path)).await.expect("stored");
        write.ensure_published("v1", &publication(false, MakeLatest::No)).await.expect("published");
    });
    assert_eq!(held(&world), ["1 a"]);
    assert_eq!(asked(&script).iter().filter(|one| *one == "POST /releases").count(), 1);
}

#[test]
fn a_list_that_hides_our_draft_may_hide_an_older_one_and_is_given_time() {
    // Neither the look before nor the two after it show theirs, nor do those two show ours.
    let (world, script) = with_theirs(3);
    world.lock().expect("no panic inside").late.push((2, 3));
    assert_eq!(run(writer(&script).ensure_draft(&text())).expect("theirs").id, 1);
    assert_eq!(ids(&world), [json!(1)], "ours is removed");
}

#[test]
fn the_files_follow_when_the_release_turns_out_to_be_another_draft() {
    let (world, script) = with_theirs(2);
    let (_folder, path) = file(b"x");
    let write = writer(&script);
    run(async {
        assert_eq!(write.ensure_draft(&text()).await.expect("made").id, 2, "theirs does not show yet");
        for name in ["a", "b"] {
            write.ensure_asset("v1", &artifact(name, b"x"), &at(&path)).await.expect("stored");
        }
        assert_eq!(held(&world), ["2 a", "2 b"]);
        world.lock().expect("no panic inside").put(1, "theirs", b"y");
        write.ensure_published("v1", &publication(false, MakeLatest::No)).await.expect("published");
    });
    assert_eq!(held(&world), ["1 a", "1 b", "1 theirs"]);
    assert_eq!(ids(&world), [json!(1)]);
    assert_eq!(world.lock().expect("no panic inside").releases[0]["draft"], json!(false));
}

#[test]
fn the_files_follow_when_another_job_removes_the_draft() {
    let (world, script) = with_theirs(2);
    let (_folder, path) = file(b"x");
    let write = writer(&script);
    run(async {
        assert_eq!(write.ensure_draft(&text()).await.expect("made").id, 2);
        write.ensure_asset("v1", &artifact("a", b"x"), &at(&path)).await.expect("stored");
        {
            let mut world = world.lock().expect("no panic inside");
            world.releases.retain(|release| release["id"] == 1);
            world.assets.clear();
        }
        write.ensure_asset("v1", &artifact("b", b"x"), &at(&path)).await.expect("stored elsewhere");
    });
    assert_eq!(held(&world), ["1 a", "1 b"]);
}

#[test]
fn a_file_that_is_asked_for_again_is_looked_for_in_the_tags_release() {
    let (world, script) = with_theirs(2);
    let (_folder, path) = file(b"x");
    let write = writer(&script);
    run(async {
        write.ensure_draft(&text()).await.expect("made");
        for _ in 0..2 {
            write.ensure_asset("v1", &artifact("a", b"x"), &at(&path)).await.expect("stored");
        }
    });
    assert_eq!(held(&world), ["1 a"], "and the draft that held it only is removed");
    assert_eq!(ids(&world), [json!(1)]);
}

#[test]
fn a_draft_with_files_that_are_nowhere_else_is_kept_and_told() {
    let (world, script) = with_theirs(0);
    {
        let mut world = world.lock().expect("no panic inside");
        let id = world.id();
        world.releases.push(json!({"id": id, "tag_name": "v1", "draft": true, "body": marked("x")}));
        world.put(id, "only-here", b"y");
        world.put(id, "changed", b"one");
        world.put(1, "changed", b"another");
    }
    let notes = Arc::new(Notes::default());
    let surroundings = Surroundings { progress: Arc::clone(&notes) as _, ..Surroundings::silent() };
    let write = writer_in(&surroundings, &script);
    run(write.ensure_published("v1", &publication(false, MakeLatest::No))).expect("published");
    assert_eq!(held(&world), ["1 changed", "2 changed", "2 only-here"]);
    assert!(notes.all().iter().any(|note| note.contains("`only-here`")), "{:?}", notes.all());
}

#[test]
fn drafts_of_others_are_never_removed() {
    let (world, script) = with_theirs(0);
    {
        let mut world = world.lock().expect("no panic inside");
        let id = world.id();
        world.releases.push(json!({"id": id, "tag_name": "v1", "draft": true, "body": "by hand"}));
    }
    run(writer(&script).ensure_published("v1", &publication(false, MakeLatest::No))).expect("published");
    assert_eq!(ids(&world).len(), 2);
}

#[test]
fn who_comes_too_late_for_a_published_release_hears_of_it() {
    let (world, script) = with_theirs(2);
    let (_folder, path) = file(b"x");
    let write = writer(&script);
    let error = run(async {
        write.ensure_draft(&text()).await.expect("made");
        write.ensure_asset("v1", &artifact("a", b"x"), &at(&path)).await.expect("stored");
        world.lock().expect("no panic inside").releases[0]["draft"] = json!(false);
        write.ensure_published("v1", &publication(false, MakeLatest::No)).await.expect_err("too late")
    });
    assert!(matches!(&error, RemoteError::Missing { what, .. } if what.contains("`a`")), "{error}");
    assert_eq!(held(&world), ["2 a"], "nothing is lost");
}

/// What a job does until it sees its files in the tag's release; says how often it had to begin again.
async fn job(script: &Script, number: usize) -> usize {
    let (_folder, path) = file(b"x");
    let names = [format!("{number}-one"), format!("{number}-two"), "common".to_owned()];
    for run in 0..4 {
        let write = writer(script);
        write.ensure_draft(&text()).await.expect("made or found");
        for name in &names {
            write.ensure_asset("v1", &artifact(name, b"x"), &at(&path)).await.expect("stored");
        }
        let releases = reader(script).releases().await.expect("listed");
        let release = canonical(&releases, "v1").expect("there is one").id;
        let assets = reader(script).assets(release).await.expect("listed");
        if names.iter().all(|name| assets.iter().any(|asset| asset.is_called(name))) {
            return run;
        }
    }
    panic!("job {number} never sees its files");
}

#[test]
fn jobs_that_run_at_the_same_time_end_with_the_union_in_one_release() {
    for lag in [0, 1, 2, 5, 9] {
        let world = Shared::default();
        world.lock().expect("no panic inside").lag = lag;
        let script = serve(&world);
        let begun_again: usize = std::thread::scope(|scope| {
            let jobs: Vec<_> = (0..6)
                .map(|number| {
                    let script = &script;
                    scope.spawn(move || run(job(script, number)))
                })
                .collect();
            jobs.into_iter().map(|job| job.join().expect("no panic inside")).sum()
        });
        assert!(lag > 0 || begun_again == 0, "where lists are fresh, nobody has to begin again");
        run(writer(&script).ensure_published("v1", &publication(false, MakeLatest::No))).expect("published");
        // The first release is the one, whoever made it, and it holds everything.
        assert_eq!(ids(&world).len(), 1, "{lag}: {:?}", held(&world));
        assert_eq!(held(&world).len(), 13, "{lag}: {:?}", held(&world));
    }
}
