//! GitHub's rules by their numbers, as the program keeps to them.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier, Mutex};

use release_action::model::digest::Sha256;
use release_action::sim::Request;
use release_action::sim::github::access::Permissions;
use release_action::sim::github::release::NewRelease;
use serde_json::Value;

use super::set::{page, settled, the_release, validated};
use crate::support::program::{Kill, Program};
use crate::support::world::{COMMIT, Phase, TAG, TOKEN, World};

fn draft(tag: &str) -> NewRelease {
    NewRelease { tag_name: tag.into(), draft: true, ..NewRelease::default() }
}

/// Every request to one of GitHub's hosts from here on.
fn requests(world: &World) -> Arc<Mutex<Vec<(&'static str, Request)>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    world.universe.observe(Arc::new(move |exchange| {
        kept.lock().expect("no panic").push((exchange.service, exchange.request.clone()));
    }));
    seen
}

fn is_write(request: &Request) -> bool {
    request.method != "GET"
}

/// The bodies of all changes of a release.
fn changes(seen: &Mutex<Vec<(&'static str, Request)>>) -> Vec<Value> {
    let seen = seen.lock().expect("no panic");
    let changes = seen.iter().filter(|(_, request)| request.method == "PATCH");
    changes.map(|(_, request)| serde_json::from_slice(&request.body).expect("changes are JSON")).collect()
}

fn uploads(world: &World) -> usize {
    world.universe.journal().iter().filter(|entry| entry.service == "uploads").count()
}

#[test]
fn a_first_run_takes_a_write_for_each_file_and_two_more_and_a_second_run_three_looks() {
    let world = validated();
    let seen = requests(&world);
    world.play(Phase::Release);
    let files = page(&world).len();
    let (writes, looks) = {
        let seen = seen.lock().expect("no panic");
        let writes = seen.iter().filter(|(_, request)| is_write(request)).count();
        (writes, seen.len() - writes)
    };
    assert_eq!(writes, files + 2, "the draft and its publication");
    assert!(looks <= 10, "{looks} looks");
    settled(&world, world.phase(Phase::Release));
}

#[test]
fn r01_r03_we_never_look_a_release_up_by_its_tag_and_change_it_by_its_number() {
    let world = validated();
    let id = world.universe.github(|github| github.add_release(draft(TAG)));
    let seen = requests(&world);
    world.play(Phase::Release);
    assert_eq!(the_release(&world).id, id);
    let own = format!("/releases/{id}");
    for (service, request) in seen.lock().expect("no panic").iter() {
        assert!(!request.path.contains("/releases/tags/"), "{}", request.path);
        assert!(!is_write(request) || request.path.contains(&own), "{service} {}", request.path);
    }
}

#[test]
fn r02_we_find_a_draft_on_the_second_page() {
    let world = validated();
    let id = world.universe.github(|github| {
        let id = github.add_release(draft(TAG));
        for number in 0..120 {
            github.add_release(draft(&format!("v0.0.{number}")));
        }
        id
    });
    world.play(Phase::Release);
    let releases = world.universe.github(|github| github.releases().to_vec());
    let ours: Vec<_> = releases.iter().filter(|release| release.tag_name == TAG).collect();
    assert!(ours.len() == 1 && ours[0].id == id && !ours[0].draft, "{ours:#?}");
}

#[test]
fn r04_we_trust_the_answer_over_a_list_that_lags() {
    // The draft is the fourth request: a tag, a list, the writer's list, and itself. The eighth publishes it.
    for at in [4, 6, 8] {
        let world = validated();
        world.universe.inject(format!("stale@github:{at}").parse().expect("a fault"));
        let outcome = world.phase(Phase::Release).run().expect_code(0);
        assert_eq!(outcome.output("complete"), "true", "{}", outcome.told());
        assert_eq!(page(&world).len(), uploads(&world), "{at}: every file is sent once");
        assert!(!the_release(&world).draft, "{at}");
        assert!(world.universe.pending_faults().is_empty(), "{at} struck");
    }
}

#[test]
fn r05_we_take_the_published_release_and_not_the_draft_beside_it() {
    let world = validated();
    world.play(Phase::Release);
    let id = the_release(&world).id;
    world.universe.github(|github| github.add_release(draft(TAG)));
    settled(&world, world.phase(Phase::Release));
    let releases = world.universe.github(|github| github.releases().to_vec());
    assert!(releases.len() == 2 && releases.iter().any(|release| release.id == id && !release.draft));
}

/// A job on a machine of its own that attaches its own program.
fn job(world: &World, number: usize) -> Program {
    let folder = format!("job{number}");
    world.write(&format!("{folder}/executables/tool-{number}"), format!("program {number}"));
    world.write(&format!("{folder}/executables/common.txt"), "the same in all");
    let changelog = std::fs::read(world.path("CHANGELOG.md")).expect("it is there");
    world.write(&format!("{folder}/CHANGELOG.md"), changelog);
    let program = world.program("create-release").input("github-token", TOKEN).input("publish", "false");
    program.input("assets-dir", "executables").current_dir(&world.path(&folder))
}

#[test]
fn r06_we_fill_one_draft_however_many_jobs_begin_at_once() {
    const JOBS: usize = 5;
    for stale in [false, true] {
        let world = validated();
        // None learns of another's draft before it makes its own.
        let (all, seen) = (Barrier::new(JOBS), Mutex::new(0));
        world.universe.observe(Arc::new(move |exchange| {
            if exchange.request.method == "GET" && exchange.request.path.ends_with("/releases") {
                let number = {
                    let mut seen = seen.lock().expect("no panic");
                    *seen += 1;
                    *seen
                };
                // The first look and the writer's own of each.
                if number <= 2 * JOBS {
                    all.wait();
                }
            }
        }));
        if stale {
            // Around the time when the drafts are made, lists show the past.
            for at in [3 * JOBS + 1, 3 * JOBS + 6] {
                world.universe.inject(format!("stale@github:{at}").parse().expect("a fault"));
            }
        }
        let running: Vec<_> = (0..JOBS).map(|number| job(&world, number).spawn()).collect();
        for (number, running) in running.into_iter().enumerate() {
            let outcome = running.wait();
            assert_eq!(outcome.code, Some(0), "{stale} {number}: {}", outcome.told());
        }
        assert!(world.universe.pending_faults().is_empty());
        let mut expected: BTreeSet<String> = (0..JOBS).map(|number| format!("tool-{number}")).collect();
        expected.insert("common.txt".to_owned());
        let held: BTreeSet<String> = page(&world).into_keys().collect();
        assert_eq!(held, expected, "{stale}");
        for number in 0..JOBS {
            settled(&world, job(&world, number));
        }
    }
}

#[test]
fn r06_we_leave_one_whole_release_when_jobs_publish_the_same_at_once() {
    let world = validated();
    let running: Vec<_> = (0..4).map(|_| world.phase(Phase::Release).spawn()).collect();
    for outcome in running.into_iter().map(|running| running.wait()) {
        assert_eq!(outcome.code, Some(0), "{}", outcome.told());
    }
    assert!(!the_release(&world).draft, "and no second draft is left");
    assert_eq!(page(&world).len(), world.files.len() + 2);
    settled(&world, world.phase(Phase::Release));
}

#[test]
fn r07_we_leave_the_tag_where_it_was_pushed() {
    let world = validated();
    let before = world.universe.github(|github| github.tags());
    let seen = requests(&world);
    world.play(Phase::Release);
    assert_eq!(world.universe.github(|github| github.tags()), before);
    assert_eq!(before[TAG], COMMIT);
    for (_, request) in seen.lock().expect("no panic").iter().filter(|(_, request)| is_write(request)) {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        assert!(!body.contains("target_commitish"), "{body}");
    }
}

#[test]
fn r11_we_publish_under_a_protected_tag_that_was_pushed() {
    let world = validated();
    world.universe.github(|github| github.settings.protected_tags.push("v".to_owned()));
    world.play(Phase::Release);
    assert!(!the_release(&world).draft);
}

#[test]
fn r11_we_quote_the_rule_that_forbids_to_make_the_tag() {
    let world = validated();
    world.universe.github(|github| github.settings.protected_tags.push("1".to_owned()));
    // Another name of the version, which is no tag yet.
    let outcome = world.phase(Phase::Release).input("tag", "1.2.0").input("target-commitish", COMMIT).run();
    assert_ne!(outcome.code, Some(0));
    let told = outcome.told();
    assert!(told.contains("Cannot create ref due to creations being restricted."), "{told}");
    assert!(told.contains("ruleset") && told.contains("push the tag"), "{told}");
    assert!(the_release(&world).draft);
}

#[test]
fn r12_we_name_the_tag_in_every_change_of_a_draft() {
    let world = validated();
    world.play(Phase::Draft);
    let seen = requests(&world);
    // The title makes a change of a draft that is none of its publication.
    world.phase(Phase::Release).input("title", "Another").run().expect_code(0);
    let changes = changes(&seen);
    assert!(changes.len() == 2 && changes.iter().all(|change| change["tag_name"] == TAG), "{changes:#?}");
    let release = the_release(&world);
    assert!(release.tag_name == TAG && !release.draft && release.name.as_deref() == Some("Another"));
}

#[test]
fn r13_r14_we_say_what_becomes_the_latest_in_words_and_only_when_we_publish() {
    let world = validated();
    let seen = requests(&world);
    world.play(Phase::Draft);
    world.phase(Phase::Draft).input("title", "Another").run().expect_code(0);
    assert!(changes(&seen).iter().all(|change| change.get("make_latest").is_none()));
    world.phase(Phase::Release).input("title", "Another").run().expect_code(0);
    let last = changes(&seen).pop().expect("it was published");
    assert_eq!((&last["draft"], &last["make_latest"]), (&false.into(), &"true".into()), "{last}");
    assert!(is_write(&seen.lock().expect("no panic").iter().rfind(|(_, one)| is_write(one)).expect("one").1));
}

#[test]
fn r17_we_send_files_to_the_address_of_the_answer_with_their_length() {
    let world = World::new();
    world.play_until(Phase::Draft);
    let seen = requests(&world);
    world.play(Phase::Release);
    let seen = seen.lock().expect("no panic");
    let sent: Vec<_> = seen.iter().filter(|(service, _)| *service == "uploads").collect();
    assert_eq!(sent.len(), world.files.len() + 2);
    for (_, request) in sent {
        assert_eq!(request.header("content-length"), Some(request.body.len().to_string().as_str()));
        assert_eq!(request.header("content-type"), Some("application/octet-stream"));
    }
}

#[test]
fn r22_we_clear_what_a_failed_upload_leaves_and_send_the_file_again() {
    let world = validated();
    world.universe.github(|github| github.troubles.failing_uploads = 1);
    world.play(Phase::Release);
    let release = the_release(&world);
    assert!(release.assets.iter().all(|asset| asset.uploaded), "{:#?}", release.assets);
    assert_eq!(uploads(&world), release.assets.len() + 1);
}

#[test]
fn r23_we_look_before_we_send_again_what_may_have_arrived() {
    let world = validated();
    world.universe.github(|github| github.troubles.ambiguous_uploads = 2);
    world.play(Phase::Release);
    assert_eq!(uploads(&world), the_release(&world).assets.len(), "nothing is sent twice");
}

#[test]
fn r24_r26_we_hash_a_file_without_a_digest_and_take_no_page_for_it() {
    let world = validated();
    world.play(Phase::Release);
    world.universe.github(|github| {
        github.releases_mut()[0].assets[0].sha256 = None;
        github.troubles.unicorn_downloads = 1;
    });
    let before = world.writes();
    assert_ne!(world.phase(Phase::Release).run().code, Some(0), "a page is not the file");
    let outcome = world.phase(Phase::Release).run().expect_code(0);
    assert_eq!((outcome.output("outcome"), world.writes()), ("already-done", before), "{}", outcome.told());
}

#[test]
fn r24_we_prove_by_the_bytes_what_a_server_without_digests_took() {
    let world = validated();
    world.universe.github(|github| github.settings.undigested_assets = true);
    let run = || world.phase(Phase::Draft).input("on-conflict", "replace");
    // A file that arrives damaged is noticed at once, and sent again.
    world.universe.github(|github| github.troubles.corrupt_uploads = 1);
    run().run().expect_code(0);
    let whole = page(&world);
    let name = world.files[0].0.clone();
    assert_eq!(whole[&name], world.files[0].1);
    // The old one goes only when the new one is proven.
    world.universe.github(|github| {
        let assets = &mut github.releases_mut()[0].assets;
        let asset = assets.iter_mut().find(|asset| asset.name == name).expect("it is there");
        asset.bytes = b"old".as_slice().into();
        asset.size_bytes = 3;
        github.troubles.corrupt_uploads = 1;
    });
    run().run().expect_code(0);
    assert_eq!(page(&world), whole);
    let before = world.writes();
    let outcome = run().run().expect_code(0);
    assert_eq!((outcome.output("outcome"), world.writes()), ("already-done", before), "{}", outcome.told());
}

#[test]
fn r25_we_replace_a_file_wherever_the_process_is_killed() {
    let world = validated();
    let run = || world.phase(Phase::Draft).input("on-conflict", "replace");
    run().run().expect_code(0);
    let whole = page(&world);
    let name = world.files[0].0.clone();
    let spoil = || {
        world.universe.github(|github| {
            let assets = &mut github.releases_mut()[0].assets;
            let asset = assets.iter_mut().find(|asset| asset.name == name).expect("it is there");
            asset.bytes = b"old".as_slice().into();
            asset.sha256 = Some(Sha256::of(b"old"));
        });
    };
    spoil();
    let before = world.universe.journal().len();
    run().run().expect_code(0);
    let requests = world.universe.journal().len() - before;
    assert_eq!(page(&world), whole);
    for kind in ["kill", "kill-after"] {
        for at in 1..=requests {
            spoil();
            let kill = Kill::default();
            let hook = kill.clone();
            world.universe.on_kill(Arc::new(move || hook.now()));
            world.universe.inject(format!("{kind}@{at}").parse().expect("a fault"));
            let outcome = run().killed_by(&kill).run();
            assert_eq!(outcome.code, None, "{kind} {at}: {}", outcome.told());
            let held = page(&world);
            let is_held = held.contains_key(&name) || held.keys().any(|name| name.contains("incoming"));
            assert!(is_held, "{kind} {at}: neither the old file nor the new one: {:?}", held.keys());
            run().run().expect_code(0);
            assert_eq!(page(&world), whole, "{kind} {at}");
        }
    }
}

#[test]
fn r27_we_read_every_page_of_the_files() {
    let world = validated();
    world.play(Phase::Draft);
    world.universe.github(|github| {
        let id = github.releases()[0].id;
        for number in 0..150 {
            github.add_asset(id, &format!("theirs-{number}"), b"theirs".to_vec());
        }
        // Ours stand at the end of the list.
        github.releases_mut()[0].assets.rotate_left(6);
    });
    let before = world.writes();
    world.play(Phase::Release);
    assert_eq!(world.writes(), before + 1, "it is only published");
}

#[test]
fn r29_we_say_that_a_tag_is_used_up() {
    let world = validated();
    world.universe.github(|github| {
        github.settings.immutable_releases = true;
        github.add_release(NewRelease { draft: false, ..draft(TAG) });
        github.releases_mut().clear();
    });
    let outcome = world.phase(Phase::Release).run();
    assert_ne!(outcome.code, Some(0));
    let told = outcome.told();
    assert!(
        told.contains("tag_name was used by an immutable release") && told.contains("new version"),
        "{told}"
    );
    assert!(the_release(&world).draft, "the draft is left for a person");
}

#[test]
fn r30_we_read_the_tag_by_its_whole_name_in_one_request() {
    let world = validated();
    world.universe.github(|github| {
        let main = github.branch("main").expect("there is one");
        github.set_tag(&format!("{TAG}-other"), &main);
    });
    let seen = requests(&world);
    world.play(Phase::Draft);
    let seen = seen.lock().expect("no panic");
    let of_tags: Vec<_> = seen.iter().filter(|(_, one)| one.path.contains("tags")).collect();
    assert!(of_tags.iter().all(|(_, one)| one.path.contains("/commits/tags%2F")), "{of_tags:#?}");
    assert_eq!(of_tags.len(), 2, "before and after");
}

#[test]
fn we_wait_as_long_as_we_are_told_to_and_send_nothing_twice() {
    let world = validated();
    world.universe.github(|github| {
        github.limits.refuse_creations = 1;
        github.limits.retry_after_s = Some(1);
    });
    let outcome = world.phase(Phase::Release).run().expect_code(0);
    assert!(outcome.elapsed.as_secs() >= 1, "{:?}", outcome.elapsed);
    assert_eq!(uploads(&world), the_release(&world).assets.len());
}

#[test]
fn we_say_when_to_come_again_where_waiting_is_too_long() {
    let world = validated();
    world.universe.github(|github| {
        github.limits.refuse_creations = 99;
        github.limits.retry_after_s = Some(3600);
    });
    let outcome = world.phase(Phase::Release).run();
    assert_ne!(outcome.code, Some(0));
    let told = outcome.told();
    assert!(told.contains("run again in 60 minutes") && told.contains("where it stopped"), "{told}");
    world.universe.github(|github| github.limits.refuse_creations = 0);
    world.play(Phase::Release);
}

#[test]
fn we_name_the_permission_that_is_missing() {
    let world = validated();
    world.universe.github(|github| github.add_token(TOKEN, Permissions::reader()));
    let outcome = world.phase(Phase::Release).run();
    assert_ne!(outcome.code, Some(0));
    let told = outcome.told();
    assert!(told.contains("contents: write") && told.contains("fork"), "{told}");
    assert!(world.universe.github(|github| github.releases().is_empty()));
}

#[test]
fn a_token_that_ends_in_the_middle_is_named_and_the_next_one_goes_on() {
    let world = validated();
    world.universe.github(|github| github.troubles.tokens_last = Some(6));
    let outcome = world.phase(Phase::Release).run();
    assert_ne!(outcome.code, Some(0));
    assert!(outcome.told().contains("not expired"), "{}", outcome.told());
    let stored = page(&world).len();
    assert!(stored > 0, "it began");
    world.universe.github(|github| {
        github.troubles.tokens_last = None;
        github.add_token(TOKEN, Permissions::writer());
    });
    let before = uploads(&world);
    world.play(Phase::Release);
    assert_eq!(uploads(&world), before + page(&world).len() - stored, "what is there is not sent again");
}
