//! A nightly that breaks off anywhere: the next run makes the same page as if nothing had been.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use release_action::sim::fault::{Fault, FaultKind};
use release_action::sim::github::release::{NewRelease, Release};

use super::{Branch, FIRST, SECOND, Shown};
use crate::support::program::{Kill, Program};

/// Faults are struck in so many worlds at the same time: most of what a broken run does is wait.
const AT_ONCE: usize = 16;

/// A run that is killed before a request is one that is killed after the one before it.
const KINDS: &[FaultKind] = &[FaultKind::Drop, FaultKind::Lost, FaultKind::KillAfter];

/// What a world has to be, whatever happened on the way.
type Expected<'a> = (&'a [Shown], &'a [String]);

fn tags(branch: &Branch) -> Vec<String> {
    branch.world.universe.github(|github| github.tags()).into_keys().collect()
}

/// Does `what` to every case, several at a time.
fn each<T: Sync>(cases: &[T], what: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    what(case);
                }
            });
        }
    });
}

/// Runs `step` in a world of `make`, undisturbed; then once for each of its requests and kind of fault, with that fault,
/// and again until a run has nothing to do.
fn every_request(
    kinds: &[FaultKind],
    make: impl Fn() -> Branch + Sync,
    step: impl Fn(&Branch) -> Program + Sync,
) {
    let good = make();
    let before = good.asked();
    step(&good).run().expect_code(0);
    let requests = (good.asked() - before) as u64;
    assert!(requests > 5, "{requests} requests only");
    let (shown, tags) = (good.shown(), tags(&good));
    let cases: Vec<_> = (1..=requests).flat_map(|at| kinds.iter().map(move |kind| (*kind, at))).collect();
    each(&cases, |case| broken(&make(), &step, *case, (&shown, &tags)));
}

fn broken(
    branch: &Branch,
    step: impl Fn(&Branch) -> Program,
    (kind, at): (FaultKind, u64),
    good: Expected<'_>,
) {
    let kill = Kill::default();
    let hook = kill.clone();
    branch.world.universe.on_kill(Arc::new(move || hook.now()));
    branch.world.universe.inject(Fault { kind, service: None, at });
    let first = step(branch).killed_by(&kill).run();
    assert!(branch.world.universe.pending_faults().is_empty(), "{kind} at request {at} never came");
    // A run that got over the fault by itself leaves nothing to the next one.
    let second = if first.code == Some(0) { &first } else { &step(branch).run() };
    assert_eq!(second.code, Some(0), "{kind} at request {at}: {}\n{}", first.told(), second.told());
    let (shown, stand) = good;
    assert_eq!(branch.shown(), shown, "{kind} at request {at}: {}\n{}", first.told(), second.told());
    assert_eq!(tags(branch), stand, "{kind} at request {at}");
    // A look-up that lags behind may have been the last.
    branch.world.universe.settle();
    branch.is_settled(step(branch));
}

#[test]
fn a_first_nightly_that_is_cut_off_anywhere_converges() {
    let make = || {
        let branch = Branch::new();
        branch.build(SECOND);
        branch
    };
    // A draft that was just made is what lists show late.
    every_request(&[KINDS, &[FaultKind::Stale]].concat(), make, |branch| branch.step(&branch.second));
}

/// Worlds that have these releases and tags, without a run that makes them.
fn template(releases: Vec<Release>, tags: Vec<(String, String)>) -> impl Fn() -> Branch + Sync {
    move || {
        let branch = Branch::new();
        branch.build(SECOND);
        branch.world.universe.github(|github| {
            for (tag, commit) in &tags {
                github.set_tag(tag, commit);
            }
            for Release { tag_name, name, body, prerelease, assets, .. } in releases.clone() {
                let id = github.add_release(NewRelease {
                    tag_name,
                    name,
                    body,
                    prerelease,
                    ..NewRelease::default()
                });
                for asset in assets {
                    github.add_asset(id, &asset.name, asset.bytes);
                }
            }
        });
        branch
    }
}

/// A world as the first build left it.
fn released(old: &Branch) -> impl Fn() -> Branch + Sync {
    let releases = old.world.universe.github(|github| github.releases().to_vec());
    template(releases, vec![("nightly".to_owned(), old.first.clone())])
}

#[test]
fn a_nightly_over_another_that_is_cut_off_anywhere_converges() {
    every_request(KINDS, released(&Branch::released()), |branch| branch.step(&branch.second));
}

#[test]
fn a_nightly_whose_cut_off_build_is_never_finished_leaves_nothing_behind() {
    // The run of the second commit is killed at each request; the next that runs is of the first commit again.
    let old = Branch::released();
    let make = released(&old);
    let counted = make();
    let before = counted.asked();
    counted.release(&counted.second);
    let cases: Vec<u64> = (1..=(counted.asked() - before) as u64).collect();
    each(&cases, |at| {
        let branch = make();
        let kill = Kill::default();
        let hook = kill.clone();
        branch.world.universe.on_kill(Arc::new(move || hook.now()));
        branch.world.universe.inject(Fault { kind: FaultKind::KillAfter, service: None, at: *at });
        branch.step(&branch.second).killed_by(&kill).run();
        branch.build(FIRST);
        branch.release(&branch.first);
        assert_eq!(branch.shown(), old.shown(), "killed after request {at}");
        branch.is_settled(branch.step(&branch.first));
    });
}

#[test]
fn old_releases_that_go_are_gone_wherever_it_is_cut_off() {
    let step = |branch: &Branch| {
        branch.step(&branch.second).input("channel-tags", "dated").input("keep-releases", "1")
    };
    let old = Branch::new();
    old.build(SECOND);
    step(&old).run().expect_code(0);
    // The same release, and one as if it had been made two days before.
    let mut releases = old.world.universe.github(|github| github.releases().to_vec());
    let mut before = releases[0].clone();
    before.tag_name = "nightly-20261118".into();
    before.body = before.body.take().map(|body| body.replace(&old.second, &old.first));
    releases.push(before);
    let tags = [("nightly-20261120", &old.second), ("nightly-20261118", &old.first)];
    every_request(
        KINDS,
        template(releases, tags.map(|(tag, commit)| (tag.to_owned(), commit.clone())).into()),
        step,
    );
}
