//! Several workflows, or several jobs of one, fill one release: in any order, at the same time, and through faults.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use release_action::rehearse::Happening;
use release_action::rehearse::trial::{self, Trial};
use release_action::sim::fault::{Fault, FaultKind};
use release_action::sim::journal::Exchange;

use super::set::{page, settled, the_release, validated};
use crate::support::contract::Contract;
use crate::support::program::Program;
use crate::support::world::{TOKEN, World};

/// The workflows of the sample: one with packages, one with programs.
const WORKFLOWS: [&str; 2] = ["release.yml", "executables.yml"];

fn ends(workflow: &str) -> Happening {
    Happening::End(workflow.to_owned())
}

fn runs(workflows: &[&str]) -> Happening {
    Happening::Events(workflows.iter().map(|name| (*name).to_owned()).collect())
}

/// One builds and releases before the other has built.
fn one_by_one([first, second]: [&str; 2]) -> Vec<Happening> {
    vec![ends(first), runs(&[first]), ends(second), runs(&[second])]
}

/// Both have built, and release at the same time.
fn at_once() -> Vec<Happening> {
    vec![ends(WORKFLOWS[0]), ends(WORKFLOWS[1]), runs(&WORKFLOWS)]
}

/// How often each file was sent and stored.
type Stored = Arc<Mutex<BTreeMap<String, usize>>>;

fn play(happenings: Vec<Happening>, faults: Vec<Fault>) -> (Trial, BTreeMap<String, usize>) {
    let contract = Contract::keep();
    let judge = contract.observer();
    let stored = Stored::default();
    let kept = Arc::clone(&stored);
    let observer = Arc::new(move |exchange: &Exchange| {
        judge(exchange);
        let status = exchange.response.as_ref().map(|response| response.status);
        if exchange.service == "uploads" && status == Some(201) {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            *kept.entry(exchange.request.query.clone()).or_default() += 1;
        }
    });
    let trial = trial::play_shared(happenings, faults, Some(observer)).expect("there is a place to play");
    let stored = std::mem::take(&mut *stored.lock().unwrap_or_else(PoisonError::into_inner));
    (trial, stored)
}

#[test]
fn in_any_order_and_at_once_the_same_release_comes_of_two_workflows() {
    let (packages_first, stored) = play(one_by_one(WORKFLOWS), Vec::new());
    let names: Vec<_> = packages_first.rows.iter().map(|row| row.file_name.as_str()).collect();
    assert_eq!(
        names,
        [
            "SHA256SUMS",
            "games-collection-2.4.0-linux-x86_64",
            "games-collection-2.4.0-macos-aarch64",
            "games-collection-2.4.0-windows-x86_64.exe",
            "games_collection-2.4.0-py3-none-any.whl",
            "games_collection-2.4.0-py3-none-any.whl.sigstore.json",
            "games_collection-2.4.0.tar.gz",
            "games_collection-2.4.0.tar.gz.sigstore.json",
            "manifest.json",
        ]
    );
    assert!(packages_first.rows.iter().all(|row| row.release.is_some()), "{packages_first:#?}");
    assert_eq!(packages_first.rows.iter().filter(|row| row.index.is_some()).count(), 2);
    assert_eq!(packages_first.releases, [("v2.4.0".to_owned(), false)]);
    assert!(packages_first.pages[0].text.contains("Nine men's morris"), "{packages_first:#?}");
    assert_eq!(stored.len(), 9, "{stored:?}");

    let (programs_first, _) = play(one_by_one([WORKFLOWS[1], WORKFLOWS[0]]), Vec::new());
    for trial in [&packages_first, &programs_first] {
        assert!(trial.is_good && trial.acts == 4, "{trial:#?}");
        assert_eq!((trial.runs[0].ending, trial.runs[1].ending), ("not-ready", "converged"), "{trial:#?}");
    }
    let (together, stored) = play(at_once(), Vec::new());
    assert!(together.is_good && together.acts == 4, "{together:#?}");
    assert!(stored.len() == 9 && stored.values().all(|times| *times == 1), "{stored:?}");
    for other in [programs_first, together] {
        assert_eq!(
            (&other.rows, &other.releases, &other.pages),
            (&packages_first.rows, &packages_first.releases, &packages_first.pages)
        );
    }
}

/// A fault at every `step`th request: each of the kinds in its turn.
fn through_faults(happenings: fn() -> Vec<Happening>, step: usize) {
    const KINDS: [FaultKind; 10] = [
        FaultKind::Refuse,
        FaultKind::Drop,
        FaultKind::Lost,
        FaultKind::Late,
        FaultKind::Starter,
        FaultKind::Limit,
        FaultKind::Stale,
        FaultKind::Html,
        FaultKind::Kill,
        FaultKind::KillAfter,
    ];
    let (good, _) = play(happenings(), Vec::new());
    assert!(good.is_good && good.requests_of_events > 40, "{good:#?}");
    for (at, kind) in (1..=good.requests_of_events).step_by(step).zip(KINDS.into_iter().cycle()) {
        let (broken, _) = play(happenings(), vec![Fault { kind, service: None, at }]);
        assert!(broken.is_good, "{kind} at request {at}: {broken:#?}");
        assert_eq!(
            (&broken.rows, &broken.releases, &broken.pages),
            (&good.rows, &good.releases, &good.pages),
            "{kind} at request {at}"
        );
    }
}

#[test]
fn broken_at_any_request_two_workflows_end_with_the_same_release() {
    through_faults(|| one_by_one([WORKFLOWS[1], WORKFLOWS[0]]), 1);
}

#[test]
fn broken_while_they_run_at_once_two_workflows_end_with_the_same_release() {
    through_faults(at_once, 2);
}

/// How many jobs of a matrix attach files at the same time, and how many each.
const JOBS: usize = 3;
const EACH: usize = 4;

/// A job of a matrix, on a machine of its own.
fn job(world: &World, number: usize) -> Program {
    let expected: Vec<_> = (0..JOBS).map(|job| format!("part-{job}-{}.bin", EACH - 1)).collect();
    world
        .program("create-release")
        .input("github-token", TOKEN)
        .input("attach", "none")
        .input("files", "out/*.bin")
        .input("expect-assets", expected.join("\n"))
        .current_dir(&world.path(&format!("job-{number}")))
}

#[test]
fn jobs_of_a_matrix_fill_one_release_at_the_same_time_while_lists_lag() {
    let world = validated();
    let changelog = std::fs::read(world.path("CHANGELOG.md")).expect("it is there");
    for job in 0..JOBS {
        world.write(&format!("job-{job}/CHANGELOG.md"), &changelog);
        for part in 0..EACH {
            world.write(&format!("job-{job}/out/part-{job}-{part}.bin"), format!("{job} and {part}"));
        }
    }
    for at in [2, 5, 9, 14, 20, 27] {
        world.universe.inject(Fault { kind: FaultKind::Stale, service: Some("github".to_owned()), at });
    }
    let stored = Stored::default();
    let kept = Arc::clone(&stored);
    world.universe.observe(Arc::new(move |exchange| {
        let status = exchange.response.as_ref().map(|response| response.status);
        if exchange.service == "uploads" && status == Some(201) {
            *kept.lock().expect("no panic").entry(exchange.request.query.clone()).or_default() += 1;
        }
    }));
    let running: Vec<_> = (0..JOBS).map(|number| job(&world, number).spawn()).collect();
    for outcome in running.into_iter().map(|running| running.wait()) {
        assert_eq!(outcome.code, Some(0), "{}", outcome.told());
    }
    world.universe.withdraw_faults();
    world.universe.settle();
    // A list that lagged at the very end hides what the others brought: then a run of any job ends it.
    if the_release(&world).draft {
        job(&world, 0).run().expect_code(0);
    }
    let release = the_release(&world);
    assert!(!release.draft && release.assets.iter().all(|asset| asset.uploaded), "{release:#?}");
    let page = page(&world);
    for (job, part) in (0..JOBS).flat_map(|job| (0..EACH).map(move |part| (job, part))) {
        let stored = page.get(&format!("part-{job}-{part}.bin")).expect("nothing is lost");
        assert_eq!(*stored, format!("{job} and {part}").into_bytes());
    }
    let stored = stored.lock().expect("no panic");
    assert!(page.len() == JOBS * EACH && stored.len() == JOBS * EACH, "{stored:?}");
    assert!(stored.values().all(|times| *times == 1), "{stored:?}");
    (0..JOBS).for_each(|number| settled(&world, job(&world, number)));
}
