//! The process itself, ended or delayed at any request of a release to two registries: what it was lent is given back
//! unless it is killed, and the next run completes what is missing.

use std::process::Command;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use release_action::model::crate_name::{CrateFile, CrateName};
use release_action::sim::cargo;
use release_action::sim::fault::{Fault, FaultKind};
use release_action::sim::index::Publisher;
use release_action::sim::universe::{Setup, Universe};
use tempfile::TempDir;

use super::crash::{Seen, files};
use super::servers::folder;
use crate::support::program::{Kill, Outcome, Program};
use crate::support::workflow_play::registries;
use crate::support::world::REPOSITORY;

/// The registries, which trust the workflow, and the files.
struct World {
    universe: Universe,
    files: TempDir,
    seen: Arc<Mutex<Seen>>,
}

impl World {
    fn new() -> Self {
        let setup = Setup { repository: REPOSITORY.into(), ..Setup::default() };
        let universe = Universe::start(setup).expect("loopback has free ports");
        universe.index(|index| {
            index.register(Publisher::new("sample".parse().expect("a name"), REPOSITORY, "release.yml"));
        });
        universe.crates(|crates| {
            for name in ["sample", "sample-core"] {
                let name: CrateName = name.parse().expect("a name");
                crates.place_sample(&CrateFile::new(name.clone(), "0.0.1".parse().expect("a version")));
                crates.register(cargo::Publisher::new(name, REPOSITORY, "release.yml"));
            }
        });
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let noted = Arc::clone(&seen);
        universe.observe(Arc::new(move |exchange| {
            noted.lock().unwrap_or_else(PoisonError::into_inner).note(exchange, None);
        }));
        let files: Vec<_> = files().into_iter().map(|(name, bytes)| (name.to_string(), bytes)).collect();
        Self { universe, files: folder(&files), seen }
    }

    fn program(&self) -> Program {
        let addresses = self.universe.addresses();
        Program::mode("publish")
            .in_workflow(REPOSITORY, "refs/tags/v1.2.0")
            .env("ACTIONS_ID_TOKEN_REQUEST_URL", &addresses.oidc_request_url)
            .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &addresses.oidc_request_token)
            .flag("packages-dir", self.files.path())
            .input("registries", registries(&addresses))
            .input("targets", "crates-io\npypi")
    }

    fn live_tokens(&self) -> usize {
        self.universe.crates(|crates| crates.live_tokens())
    }

    /// Publishes what is missing, then nothing; no file went out twice.
    fn completes(&self, what: &str) {
        let outcome = self.program().run().expect_code(0);
        assert!(
            ["done", "resumed", "already-done"].contains(&outcome.output("outcome")),
            "{}",
            outcome.told()
        );
        let again = self.program().run().expect_code(0);
        assert_eq!(again.output("outcome"), "already-done", "{what}: {}", again.told());
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(seen.taken.len(), files().len(), "{what}: {:?}", seen.taken);
        assert!(seen.taken.values().all(|times| *times == 1), "{what}: {:?}", seen.taken);
    }
}

/// How many requests a run makes that nothing disturbs.
fn undisturbed() -> u64 {
    let world = World::new();
    world.program().run().expect_code(0);
    assert_eq!(world.live_tokens(), 0);
    let requests = world.universe.journal().len() as u64;
    world.completes("undisturbed");
    requests
}

/// Runs the program and signals it while it waits for the answer to its request `at`.
fn signalled(world: &World, at: u64) -> Outcome {
    let process = Arc::new(AtomicU32::new(0));
    let (found, count) = (Arc::clone(&process), AtomicU64::new(0));
    world.universe.observe(Arc::new(move |_| {
        if count.fetch_add(1, Ordering::SeqCst) + 1 == at {
            while found.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            let id = found.load(Ordering::SeqCst).to_string();
            // An error says that it has ended by itself, which is as good.
            drop(Command::new("kill").args(["-TERM", &id]).status());
        }
    }));
    let running = world.program().within(Duration::from_secs(30)).spawn();
    process.store(running.id(), Ordering::SeqCst);
    running.wait()
}

#[test]
fn a_signal_at_any_request_ends_it_and_leaves_no_token() {
    let requests = undisturbed();
    assert!(requests > 15, "the release makes {requests} requests only");
    for at in 1..=requests {
        let world = World::new();
        let outcome = signalled(&world, at);
        let what = format!("signal at request {at} of {requests}");
        assert!(matches!(outcome.code, Some(0 | 2)), "{what}: {}", outcome.told());
        assert_eq!(world.live_tokens(), 0, "{what}: {}", outcome.told());
        if outcome.code == Some(0) {
            assert!(at > requests / 2, "{what}: it went on: {}", outcome.told());
        }
        world.completes(&what);
    }
}

/// Every third request, before it takes effect and after: the rehearsal has killed it at each of them already, by halves.
#[test]
fn killed_the_next_run_completes_what_is_missing() {
    let requests = undisturbed();
    for at in (1..=requests).step_by(3) {
        for kind in [FaultKind::Kill, FaultKind::KillAfter] {
            let world = World::new();
            let kill = Kill::default();
            let hook = kill.clone();
            world.universe.on_kill(Arc::new(move || hook.now()));
            world.universe.inject(Fault { kind, service: None, at });
            let outcome = world.program().killed_by(&kill).run();
            assert_eq!(outcome.code, None, "{kind} at request {at}: {}", outcome.told());
            world.completes(&format!("{kind} at request {at} of {requests}"));
        }
    }
}

/// The tokens of both registries run out while files are on their way.
#[test]
fn tokens_that_run_out_on_the_way_are_replaced_at_the_latest_by_the_next_run() {
    for at in 1..=files().len() {
        let world = World::new();
        let clock = world.universe.clock().clone();
        let count = AtomicUsize::new(0);
        world.universe.observe(Arc::new(move |exchange| {
            let is_upload = matches!(exchange.request.path.as_str(), "/api/v1/crates/new" | "/legacy/");
            if is_upload && count.fetch_add(1, Ordering::SeqCst) + 1 == at {
                clock.advance(3600);
            }
        }));
        let outcome = world.program().run();
        assert!(matches!(outcome.code, Some(0 | 2)), "after upload {at}: {}", outcome.told());
        world.completes(&format!("tokens ran out after upload {at}"));
    }
}
