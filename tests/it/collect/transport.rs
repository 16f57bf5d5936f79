//! Artifacts on their way: whatever breaks is tried again or told, what is bad stays alone, and what was proven is
//! never fetched twice.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use release_action::model::digest::Sha256;
use release_action::sim::github::access::Permissions;
use release_action::sim::github::runs::{NewArtifact, StatedDigest};
use release_action::sim::github::settings::Troubles;

use crate::support::program::{Kill, Outcome};
use crate::support::world::{Phase, TOKEN, World};

/// How many times bytes of an artifact were asked for.
fn downloads(world: &World) -> usize {
    world.universe.journal().iter().filter(|entry| entry.service == "storage").count()
}

/// Leaves another artifact with the first workflow.
fn add(world: &World, artifact: NewArtifact) {
    world.universe.github(|github| {
        let run = github.runs_mut()[0].id;
        github.add_artifact(run, artifact);
    });
}

/// The staging folders that hold this file.
fn staged(world: &World, file: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(world.path("release-staging")) else { return Vec::new() };
    let folders = entries.map(|entry| entry.expect("it can be listed").path());
    folders.filter(|folder| folder.join(file).exists()).collect()
}

fn is_placed(world: &World) -> bool {
    world.path("dist").exists() || world.path("release-assets").exists()
}

/// Bytes that no compressor makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let block = |number: usize| Sha256::of(&number.to_le_bytes()).to_string().into_bytes();
    (0..length.div_ceil(64)).flat_map(block).take(length).collect()
}

/// What the report says about the artifact, in this check's words.
fn message<'a>(outcome: &'a Outcome, check: &str) -> &'a str {
    let findings = outcome.report["findings"].as_array().expect("a list");
    let found = findings.iter().find(|finding| finding["check"] == check);
    found.and_then(|finding| finding["message"].as_str()).unwrap_or_else(|| panic!("{}", outcome.told()))
}

/// One download goes wrong so; the next try makes it good, and the right bytes arrive.
fn survives(trouble: fn(&mut Troubles)) {
    let world = World::new();
    world.universe.github(|github| trouble(&mut github.troubles));
    let outcome = world.play(Phase::Collect);
    assert_eq!(downloads(&world), 3, "two artifacts, one of them twice: {}", outcome.told());
    for (name, bytes) in &world.files {
        let folder = if name.starts_with("sample-linux") { "release-assets" } else { "dist" };
        assert_eq!(&std::fs::read(world.path(folder).join(name)).expect("placed"), bytes, "{name}");
    }
}

#[test]
fn a_download_that_breaks_off_is_tried_again() {
    survives(|troubles| troubles.cut_downloads = 1);
}

#[test]
fn a_download_that_ends_too_early_is_tried_again() {
    survives(|troubles| troubles.short_downloads = 1);
}

#[test]
fn a_download_of_other_bytes_is_tried_again() {
    survives(|troubles| troubles.corrupt_downloads = 1);
}

#[test]
fn a_page_in_the_place_of_the_bytes_is_tried_again() {
    survives(|troubles| troubles.html_downloads = 1);
}

/// Without a digest, the size and the kind of the answer are all that tells.
#[test]
fn a_file_without_a_digest_is_neither_a_page_nor_a_part_of_itself() {
    let troubles: [fn(&mut Troubles); 2] =
        [|troubles| troubles.html_downloads = 1, |troubles| troubles.short_downloads = 1];
    for trouble in troubles {
        let world = World::new();
        world.universe.github(|github| {
            github.runs_mut().iter_mut().for_each(|run| run.artifacts.clear());
            trouble(&mut github.troubles);
        });
        let digest = StatedDigest::Absent;
        add(
            &world,
            NewArtifact { digest, ..NewArtifact::raw("tool.bin", b"a tool".to_vec(), "application/x-tool") },
        );
        world.play(Phase::Collect);
        assert_eq!(std::fs::read(world.path("release-assets/tool.bin")).expect("placed"), b"a tool");
        assert_eq!(downloads(&world), 2);
    }
}

/// The longest test of these: the pauses between five tries are real.
#[test]
fn an_artifact_that_is_never_the_stated_one_is_told_with_both_digests_and_alone() {
    let world = World::new();
    let stated = Sha256::of(b"something else");
    let stored = noise(1000);
    add(
        &world,
        NewArtifact { digest: StatedDigest::Claimed(stated), ..NewArtifact::archive("odd", stored.clone()) },
    );
    let outcome = world.phase(Phase::Collect).run().expect_code(1);
    assert!(outcome.finds("collect/not-as-stated", "odd"), "{}", outcome.told());
    let told = message(&outcome, "collect/not-as-stated");
    for part in [stated.to_string(), Sha256::of(&stored).to_string(), "in each of 5 tries".to_owned()] {
        assert!(told.contains(&part), "`{part}`: {told}");
    }
    assert_eq!(downloads(&world), 7, "five of it, one of each other");
    assert!(outcome.elapsed > Duration::from_secs(11), "it pauses between tries: {:?}", outcome.elapsed);
    assert!(!is_placed(&world));
    assert_eq!(staged(&world, "record.json").len(), 2, "the others are kept");
}

#[test]
fn an_artifact_that_expires_before_it_is_fetched_leaves_the_others_fetched() {
    let world = World::new();
    world.universe.github(|github| github.troubles.expired_downloads = 1);
    let outcome = world.phase(Phase::Collect).run().expect_code(1);
    assert!(message(&outcome, "collect/expired").contains("410"), "{}", outcome.told());
    assert!(!is_placed(&world));
    assert_eq!((downloads(&world), staged(&world, "record.json").len()), (1, 1));
    world.play(Phase::Collect);
    assert_eq!(downloads(&world), 2, "what was proven is not fetched again");
}

#[test]
fn a_token_that_is_revoked_in_the_middle_stops_the_run_and_keeps_what_is_proven() {
    let requests = |world: &World| {
        let journal = world.universe.journal();
        let of_api = journal.into_iter().filter(|entry| entry.service == "github");
        of_api.take_while(|entry| !entry.path.ends_with("/zip")).count()
    };
    let undisturbed = World::new();
    undisturbed.play(Phase::Collect);
    let world = World::new();
    let until_first = u32::try_from(requests(&undisturbed)).expect("a few") + 1;
    world.universe.github(|github| github.troubles.tokens_last = Some(until_first));
    let outcome = world.phase(Phase::Collect).run().expect_code(2);
    for part in ["GitHub answered 401", "downloading the artifact `", "was not fetched", "github-token"] {
        assert!(outcome.stdout.contains(part), "`{part}`: {}", outcome.told());
    }
    assert!(!is_placed(&world));
    assert_eq!((downloads(&world), staged(&world, "record.json").len()), (1, 1));
    world.universe.github(|github| {
        github.troubles.tokens_last = None;
        github.add_token(TOKEN, Permissions::writer());
    });
    world.play(Phase::Collect);
    assert_eq!(downloads(&world), 2);
}

#[test]
fn nothing_and_no_archive_are_refused_by_name() {
    for (artifact, told) in [
        (NewArtifact::archive("bad", Vec::new()), "0 bytes"),
        (NewArtifact::raw("bad", Vec::new(), "application/octet-stream"), "0 bytes"),
        (NewArtifact::archive("bad", b"plain text".to_vec()), "no ZIP archive"),
    ] {
        let world = World::new();
        add(&world, artifact);
        let outcome = world.phase(Phase::Collect).run().expect_code(1);
        assert!(outcome.finds("collect/unsafe-artifact", "bad"), "{}", outcome.told());
        assert!(message(&outcome, "collect/unsafe-artifact").contains(told), "{}", outcome.told());
        assert!(!is_placed(&world));
        world.phase(Phase::Collect).run().expect_code(1);
        assert_eq!(downloads(&world), 3, "the next run fetches neither the others nor this one again");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_the_next_run_goes_on() {
    // What does not fit when it is downloaded, and what does not fit when it is unpacked.
    let zeros = vec![0; 400_000];
    for artifact in
        [NewArtifact::archive("large", noise(400_000)), NewArtifact::zip("large", &[("zeros.bin", &zeros)])]
    {
        let is_archive = artifact.bytes.len() < 100_000;
        let world = World::new();
        add(&world, artifact);
        let outcome = world.phase(Phase::Collect).limited_to(200_000).run().expect_code(2);
        for part in ["`large`", "release-staging", "ulimit"] {
            assert!(outcome.stdout.contains(part), "`{part}`: {}", outcome.told());
        }
        assert!(!is_placed(&world));
        let before = downloads(&world);
        if is_archive {
            world.play(Phase::Collect);
            assert_eq!((before, downloads(&world)), (3, 3), "the archive was proven already");
        }
    }
}

/// Collects again after all that a run left but the proven downloads is gone.
#[test]
fn a_proven_download_is_unpacked_and_not_fetched_again() {
    let world = World::new();
    add(&world, NewArtifact::raw("raw.txt", b"one file as it is".to_vec(), "text/plain"));
    world.play(Phase::Collect);
    let good = world.workspace_files();
    assert_eq!(downloads(&world), 3);
    for folder in staged(&world, "record.json") {
        std::fs::remove_file(folder.join("record.json")).expect("it is there");
        if folder.join("archive").exists() {
            std::fs::remove_dir_all(folder.join("files")).expect("it is there");
        }
    }
    for folder in ["dist", "release-assets"] {
        std::fs::remove_dir_all(world.path(folder)).expect("it is there");
    }
    world.play(Phase::Collect);
    assert_eq!(downloads(&world), 3);
    assert!(world.workspace_files() == good, "the same files at the same places");

    // A download that somebody wrote to is none.
    let spoiled = &staged(&world, "archive")[0];
    std::fs::remove_file(spoiled.join("record.json")).expect("it is there");
    std::fs::write(spoiled.join("archive"), b"other bytes").expect("it can be written");
    world.play(Phase::Collect);
    assert_eq!(downloads(&world), 4);
    assert!(world.workspace_files() == good, "the same files at the same places");
}

/// Ends a run as soon as `moment` has come. Whether it came before the run ended by itself.
fn killed_at(world: &World, moment: impl Fn(&World) -> bool + Sync) -> bool {
    let (kill, over) = (Kill::default(), AtomicBool::new(false));
    let running = world.phase(Phase::Collect).killed_by(&kill).spawn();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                if moment(world) {
                    return kill.now();
                }
                std::thread::sleep(Duration::from_micros(200));
            }
        });
        let outcome = running.wait();
        over.store(true, Ordering::SeqCst);
        assert!(matches!(outcome.code, None | Some(0)), "{}", outcome.told());
        outcome.code.is_none()
    })
}

/// Kills a run at a moment, in new worlds until that succeeds, and runs again: the world ends as it does without, and
/// nothing that was proven is fetched twice.
fn converges_after_a_kill(moment: impl Fn(&World) -> bool + Sync) {
    let many = || {
        let world = World::new();
        let contents = noise(16 << 10);
        let names: Vec<_> = (0..300).map(|number| format!("data/part-{number:03}.bin")).collect();
        let files: Vec<_> = names.iter().map(|name| (name.as_str(), contents.as_slice())).collect();
        add(&world, NewArtifact::zip("many", &files));
        world
    };
    let undisturbed = many();
    undisturbed.play(Phase::Collect);
    for _ in 0..20 {
        let world = many();
        if !killed_at(&world, &moment) {
            continue;
        }
        let (before, proven) = (downloads(&world), staged(&world, "landed.json").len());
        world.play(Phase::Collect);
        assert_eq!(downloads(&world) - before, 3 - proven, "what was proven is not fetched again");
        let files = |world: &World| {
            let files = world.workspace_files().into_iter();
            files.filter(|(path, _)| !path.starts_with("release-staging/")).collect::<Vec<_>>()
        };
        assert!(files(&world) == files(&undisturbed), "other files than without the kill");
        assert_eq!(world.play(Phase::Collect).output("outcome"), "already-done");
        return;
    }
    panic!("every run ended before its moment came");
}

/// Whether any folder of the staging area has something at this path.
fn has_begun(world: &World, path: &str) -> bool {
    !staged(world, path).is_empty()
}

#[test]
fn killed_while_it_downloads_it_converges() {
    converges_after_a_kill(|world| has_begun(world, "archive"));
}

#[test]
fn killed_while_it_unpacks_it_converges() {
    converges_after_a_kill(|world| has_begun(world, "files/20-part-020.bin"));
}

#[test]
fn killed_while_it_places_it_converges() {
    converges_after_a_kill(|world| world.path("release-assets/part-020.bin").exists());
}

/// The simulator ends the client at the moment that it asks for the bytes, before and after it is answered.
#[test]
fn killed_by_the_store_it_converges() {
    for fault in ["kill@storage:1", "kill-after@storage:2"] {
        let world = World::new();
        let kill = Kill::default();
        let hook = kill.clone();
        world.universe.on_kill(Arc::new(move || hook.now()));
        world.universe.inject(fault.parse().expect("a fault"));
        assert_eq!(world.phase(Phase::Collect).killed_by(&kill).run().code, None, "{fault}");
        assert!(!is_placed(&world));
        let (before, proven) = (downloads(&world), staged(&world, "landed.json").len());
        world.play(Phase::Collect);
        assert_eq!(downloads(&world) - before, 2 - proven, "{fault}");
    }
}

#[cfg(unix)]
#[test]
fn placing_takes_no_second_copy() {
    use std::os::unix::fs::MetadataExt as _;
    let world = World::new();
    world.play(Phase::Collect);
    let of = |path: &Path| path.metadata().expect("placed").nlink();
    assert!(world.files.iter().all(|(name, _)| {
        let folder = if name.starts_with("sample-linux") { "release-assets" } else { "dist" };
        of(&world.path(folder).join(name)) == 2
    }));
}
