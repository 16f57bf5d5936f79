//! Whatever breaks while artifacts are collected, and wherever it breaks: nothing half done shows, and running again
//! ends in the same files without fetching anew what was proven.
//!
//! The program is killed for real at every request, before and after it takes effect, and in place of every single call
//! by which it changes files. Every other fault strikes at every request too.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use release_action::archive::build::{ZipEntry, ZipImage};
use release_action::model::digest::Sha256;
use release_action::sim::fault::{Fault, FaultKind};
use release_action::sim::github::runs::NewArtifact;

use crate::support::program::{Kill, Outcome, Program};
use crate::support::world::{TOKEN, World};

/// The folders that a collection fills, with what is seen in them.
const TARGETS: [&str; 4] = ["dist/", "release-assets/", "release-collection/", "site/"];
/// So many artifacts there are.
const ARTIFACTS: usize = 4;
/// So many worlds at once: most of their time they wait.
const WORKERS: usize = 6;
/// After so many, one is looked at once more: that a run finds nothing left to do shows elsewhere too.
const THOROUGHLY: usize = 5;

/// Wheels with the list of their digests, documents for a folder deep down, a file without an archive around it, and a
/// program.
fn world() -> World {
    let world = World::new();
    let (packages, tools) = world.files.split_at(3);
    let list: String =
        packages.iter().map(|(name, bytes)| format!("{}  {name}\n", Sha256::of(bytes))).collect();
    let mut wheels: Vec<_> = packages.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    wheels.push(("SHA256SUMS", list.as_bytes()));
    let pages: [(&str, &[u8]); 3] =
        [("index.html", b"<html>"), ("a/index.html", b"<html> a"), ("a/b/c.html", b"<html> a b c")];
    let (tool, bytes) = &tools[0];
    let tool = ZipImage { entries: vec![ZipEntry::file(tool, bytes, 0o755)], ..ZipImage::default() };
    let left = [
        (0, NewArtifact::zip("wheels", &wheels)),
        (0, NewArtifact::zip("documentation", &pages)),
        (1, NewArtifact::raw("notes.txt", b"what is new".to_vec(), "text/plain")),
        (1, NewArtifact::archive("tools", tool.bytes())),
    ];
    world.universe.github(|github| {
        let runs = github.runs_mut();
        runs.iter_mut().for_each(|run| run.artifacts.clear());
        let runs: Vec<_> = runs.iter().map(|run| run.id).collect();
        for (run, artifact) in left {
            github.add_artifact(runs[run], artifact);
        }
    });
    world
}

fn collect(world: &World) -> Program {
    let program = world.program("collect-artifacts").input("github-token", TOKEN);
    program.input("workflows", "wheels.yml, tools.yml").input("artifacts", "documentation -> site/docs\n*")
}

/// How many times bytes of an artifact were asked for.
fn downloads(world: &World) -> usize {
    world.universe.journal().iter().filter(|entry| entry.service == "storage").count()
}

/// Waits until what a killed process had sent has reached the services: the kernel delivers it all the same.
fn at_rest(world: &World) {
    let seen = || world.universe.journal().len();
    let mut before = seen();
    loop {
        std::thread::sleep(Duration::from_millis(150));
        match seen() {
            now if now == before => return,
            now => before = now,
        }
    }
}

/// How many artifacts are on the disk with the note that they are proven.
fn proven(world: &World) -> usize {
    let notes = world.workspace_files().into_iter().filter(|(path, _)| path.ends_with("/landed.json"));
    notes.filter(|(_, text)| serde_json::from_slice::<serde_json::Value>(text).is_ok()).count()
}

/// Everything that a collection leaves: path, bytes, and whether it is a program.
type Left = Vec<(String, Vec<u8>, bool)>;

fn left(world: &World) -> Left {
    let files = world.workspace_files().into_iter();
    let files = files.filter(|(path, _)| TARGETS.iter().any(|target| path.starts_with(target)));
    files
        .map(|(path, bytes)| (world.path(&path), path, bytes))
        .map(|(at, path, bytes)| (path, bytes, runs(&at)))
        .collect()
}

#[cfg(unix)]
fn runs(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().expect("it is there").permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn runs(_path: &std::path::Path) -> bool {
    false
}

/// What a collection leaves that nothing disturbs, and how many requests it takes.
struct Undisturbed {
    left: Left,
    requests: usize,
}

impl Undisturbed {
    fn new() -> Self {
        let world = world();
        let outcome = collect(&world).run().expect_code(0);
        assert_eq!(outcome.output("verified"), "4", "what is listed, and the file that is its own artifact");
        assert_eq!((downloads(&world), proven(&world)), (ARTIFACTS, ARTIFACTS));
        let left = left(&world);
        for path in [
            "dist/sample-1.2.0.tar.gz",
            "release-assets/notes.txt",
            "release-assets/sample-linux-x86_64",
            "release-collection/SHA256SUMS",
            "release-collection/build-info.txt",
            "release-collection/manifest.json",
            "release-collection/records/wheels/SHA256SUMS",
            "site/docs/a/b/c.html",
        ] {
            assert!(left.iter().any(|(have, ..)| have == path), "{path}");
        }
        let programs: Vec<_> =
            left.iter().filter(|(.., runs)| *runs).map(|(path, ..)| path.as_str()).collect();
        assert_eq!(programs, if cfg!(unix) { vec!["release-assets/sample-linux-x86_64"] } else { vec![] });
        Self { left, requests: world.universe.journal().len() }
    }

    /// Nothing shows that is not whole and right, and the document only beside everything that it speaks of.
    fn assert_nothing_half_done(&self, world: &World, what: &str) {
        let seen = left(world);
        for (path, bytes, _) in &seen {
            if path.rsplit('/').next().is_some_and(|name| name.starts_with(".release-action-partial-")) {
                continue;
            }
            let good = self.left.iter().find(|(good, ..)| good == path);
            assert!(good.is_some_and(|(_, good, _)| good == bytes), "{what}: `{path}` is not whole");
        }
        if seen.iter().any(|(path, ..)| path == "release-collection/manifest.json") {
            assert!(seen == self.left, "{what}: the document is there and not all that it speaks of");
        }
    }

    /// The next run ends as one that nothing disturbed.
    fn assert_converges(&self, world: &World, what: &str) {
        self.assert_nothing_half_done(world, what);
        at_rest(world);
        let (before, proven) = (downloads(world), proven(world));
        let outcome = collect(world).run();
        assert_eq!(outcome.code, Some(0), "{what}: {}", outcome.told());
        assert_eq!(
            downloads(world) - before,
            ARTIFACTS - proven,
            "{what}: what was proven is not fetched again"
        );
        self.assert_left(world, what);
    }

    /// All is there, nothing else, and nothing that a killed run left half-written.
    fn assert_left(&self, world: &World, what: &str) {
        let left = left(world);
        let paths = |left: &Left| left.iter().map(|(path, ..)| path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(&left), paths(&self.left), "{what}");
        assert!(left == self.left, "{what}: other bytes than without it");
    }

    /// A run has nothing to do.
    fn assert_settled(&self, world: &World, what: &str) {
        self.assert_left(world, what);
        let (before, files) = (downloads(world), world.workspace_files());
        let again = collect(world).run();
        assert_eq!(
            (again.code, again.output("outcome")),
            (Some(0), "already-done"),
            "{what}: {}",
            again.told()
        );
        assert!(downloads(world) == before && world.workspace_files() == files, "{what}");
    }
}

/// Gives each number from 1 to `last` to `test`, some at a time.
fn for_each(last: usize, test: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(1);
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    match next.fetch_add(1, Ordering::SeqCst) {
                        at if at <= last => test(at),
                        _ => return,
                    }
                }
            });
        }
    });
}

/// Collects with one fault, which must strike.
fn disturbed(world: &World, fault: &Fault) -> Outcome {
    let kill = Kill::default();
    let hook = kill.clone();
    world.universe.on_kill(Arc::new(move || hook.now()));
    world.universe.inject(fault.clone());
    let outcome = collect(world).killed_by(&kill).run();
    assert!(world.universe.pending_faults().is_empty(), "{fault} never came: {}", outcome.told());
    outcome
}

/// Breaks one request after the other, and runs again.
fn every_request(undisturbed: &Undisturbed, kinds: &[FaultKind], service: Option<&str>, requests: usize) {
    for_each(requests * kinds.len(), |number| {
        let (kind, at) = (kinds[number % kinds.len()], (number - 1) / kinds.len() + 1);
        let (service, at) = (service.map(str::to_owned), at as u64);
        let (world, fault) = (world(), Fault { kind, service, at });
        let outcome = disturbed(&world, &fault);
        let what = fault.to_string();
        let is_killed = matches!(kind, FaultKind::Kill | FaultKind::KillAfter);
        match outcome.code {
            None if is_killed => undisturbed.assert_converges(&world, &what),
            // A page where an answer of GitHub's was due is told, and not taken for one.
            Some(2) if kind == FaultKind::Html => undisturbed.assert_converges(&world, &what),
            Some(0) if !is_killed => return undisturbed.assert_settled(&world, &what),
            _ => panic!("{what}: {}", outcome.told()),
        }
        if number % THOROUGHLY == 0 {
            undisturbed.assert_settled(&world, &what);
        }
    });
}

#[test]
fn killed_before_or_after_any_request_the_next_run_converges() {
    let undisturbed = Undisturbed::new();
    let requests = undisturbed.requests;
    assert!((12..=60).contains(&requests), "{requests}");
    every_request(&undisturbed, &[FaultKind::Kill, FaultKind::KillAfter], None, requests);
}

#[test]
fn a_fault_at_any_request_is_made_good_by_this_run_or_the_next() {
    let undisturbed = Undisturbed::new();
    let kinds = [FaultKind::Refuse, FaultKind::Lost, FaultKind::Html];
    every_request(&undisturbed, &kinds, None, undisturbed.requests);
}

#[test]
fn a_fault_of_the_store_is_made_good_by_the_same_run() {
    let kinds = [FaultKind::Drop, FaultKind::Stale, FaultKind::Slow, FaultKind::OtherBytes];
    every_request(&Undisturbed::new(), &kinds, Some("storage"), ARTIFACTS);
}

#[cfg(target_os = "linux")]
mod of_files {
    use std::collections::BTreeSet;

    use super::*;
    use crate::support::mortal::{Call, Mortal};

    /// Where a call counts.
    fn parent(path: &str) -> &str {
        path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    #[test]
    fn killed_at_any_change_of_a_file_the_next_run_converges() {
        let Some(mortal) = Mortal::new() else { return };
        let undisturbed = Undisturbed::new();
        let of_all = world();
        let (outcome, calls) = mortal.watch(collect(&of_all), of_all.workspace.path());
        assert_eq!(outcome.code, Some(0), "{}", outcome.told());
        let calls: Vec<_> = calls.into_iter().filter(|call| call.what != "sync").collect();
        let last = calls.len();
        // Downloads, unpacks, places and writes down: there is much to break.
        assert!((60..=400).contains(&last), "{last}");
        let is_staging = |call: &Call| call.path.starts_with("release-staging");
        let placing = calls.iter().position(|call| !is_staging(call)).expect("files are placed");
        let killed = AtomicUsize::new(0);
        for_each(last, |at| {
            // Artifacts are staged all in the same way, so every second moment of that is enough.
            if at < placing && at % 2 == 0 {
                return;
            }
            let (world, what) = (world(), format!("killed at change {at} of {last}"));
            let outcome = mortal.end_at(at, collect(&world), world.workspace.path());
            assert!(matches!(outcome.code, None | Some(0)), "{what}: {}", outcome.told());
            killed.fetch_add(usize::from(outcome.code.is_none()), Ordering::SeqCst);
            match outcome.code {
                None => undisturbed.assert_converges(&world, &what),
                _ => undisturbed.assert_left(&world, &what),
            }
            if at % THOROUGHLY == 0 {
                undisturbed.assert_settled(&world, &what);
            }
        });
        // How many writes a download takes is up to the network.
        let (killed, moments) = (killed.into_inner(), last - placing / 2);
        assert!(killed + 5 >= moments, "{killed} of {moments} moments came again");
    }

    #[test]
    fn every_name_is_on_the_disk_before_the_document_speaks_of_it() {
        let Some(mortal) = Mortal::new() else { return };
        let world = world();
        let (outcome, calls) = mortal.watch(collect(&world), world.workspace.path());
        assert_eq!(outcome.code, Some(0), "{}", outcome.told());
        let at =
            |what: &str, path: &str| calls.iter().rposition(|call| call.what == what && call.path == path);
        let document = at("rename", "release-collection/manifest.json").expect("it is written");
        let mut names = BTreeSet::new();
        for (made, Call { what, path }) in calls.iter().enumerate() {
            let is_name = ["mkdir", "link", "rename"].contains(&what.as_str());
            if !is_name || !TARGETS.iter().any(|target| format!("{path}/").starts_with(target)) {
                continue;
            }
            names.insert(path.as_str());
            let synced =
                calls[made..].iter().position(|call| call.what == "sync" && call.path == parent(path));
            let synced = synced.map(|after| made + after);
            assert!(synced.is_some(), "nothing keeps the name `{path}` ({what})");
            assert!(
                made >= document || synced < Some(document),
                "the name `{path}` ({what}) is kept too late"
            );
        }
        for path in ["dist", "site", "site/docs", "site/docs/a/b", "release-collection/records/wheels"] {
            assert!(names.contains(path), "{path}: {names:?}");
        }
    }

    #[test]
    fn what_is_placed_was_written_to_the_disk_before() {
        let Some(mortal) = Mortal::new() else { return };
        let world = world();
        let (_, calls) = mortal.watch(collect(&world), world.workspace.path());
        let first =
            calls.iter().position(|call| call.what == "link" && !call.path.starts_with("release-staging/"));
        let before = &calls[..first.expect("files are placed")];
        let written: BTreeSet<_> = before
            .iter()
            .filter(|call| call.what == "write" && call.path.contains("/files/"))
            .map(|call| call.path.as_str())
            .collect();
        assert!(written.len() >= 8, "{written:?}");
        for path in written {
            let last = before.iter().rposition(|call| call.what == "write" && call.path == path);
            let synced = before.iter().rposition(|call| call.what == "sync" && call.path == path);
            assert!(synced > last, "`{path}` is placed and may be empty after a crash");
        }
    }
}
