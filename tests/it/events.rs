//! Four producers end, and events tell of it, in whatever order: one release comes of it, and always the same.

use std::sync::{Arc, LazyLock, Mutex};

use release_action::rehearse::trial::{self, Trial, TrialRun};
use release_action::rehearse::{Happening, Row};
use release_action::sim::fault::{Fault, FaultKind};

/// The producers of the sample.
const PRODUCERS: [&str; 4] = ["main.yml", "wheels.yml", "wheels-docker.yml", "wheels-arm64.yml"];

fn ends(workflow: &str) -> Happening {
    Happening::End(workflow.to_owned())
}

/// Events of these workflows' ends, at the same time.
fn events(workflows: &[&str]) -> Happening {
    Happening::Events(workflows.iter().map(|name| (*name).to_owned()).collect())
}

fn event(workflow: &str) -> Happening {
    events(&[workflow])
}

/// Each producer's end is told before the next one ends.
fn one_by_one(order: [&str; 4]) -> Vec<Happening> {
    order.into_iter().flat_map(|workflow| [ends(workflow), event(workflow)]).collect()
}

/// Every order in which four producers can end.
fn orders() -> Vec<[&'static str; 4]> {
    let mut orders = Vec::new();
    for code in 0..256_usize {
        let order = [0, 2, 4, 6].map(|shift| PRODUCERS[code >> shift & 3]);
        if PRODUCERS.iter().all(|workflow| order.contains(workflow)) {
            orders.push(order);
        }
    }
    orders
}

/// Everything that anybody else can see afterwards, and what was sent to get there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct World {
    rows: Vec<Row>,
    releases: Vec<(String, bool)>,
    /// What went to the release page and to the index, sorted: the services, with the name of the file.
    sent: Vec<(String, String)>,
}

/// Plays, and gives the world that was left with the runs that it took.
#[track_caller]
fn play_with(happenings: Vec<Happening>, faults: Vec<Fault>) -> (World, Vec<TrialRun>) {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sent);
    let played = trial::play_course(
        happenings,
        faults,
        Some(Arc::new(move |exchange| {
            let request = &exchange.request;
            if request.method != "POST" || !["uploads", "index"].contains(&exchange.service) {
                return;
            }
            let body = String::from_utf8_lossy(&request.body);
            let form = body.split("filename=\"").nth(1).and_then(|rest| rest.split('"').next());
            let query = request.query.split('&').find_map(|pair| pair.strip_prefix("name="));
            if let Some(name) = form.filter(|_| exchange.service == "index").or(query) {
                seen.lock().expect("no panic").push((exchange.service.to_owned(), name.to_owned()));
            }
        })),
    );
    let played = played.expect("there is a place to play");
    assert!(played.is_good && played.writes_again == 0, "{played:#?}");
    let Trial { rows, releases, runs, .. } = played;
    let mut sent = std::mem::take(&mut *sent.lock().expect("no panic"));
    sent.sort();
    (World { rows, releases, sent }, runs)
}

#[track_caller]
fn play(happenings: Vec<Happening>) -> (World, Vec<TrialRun>) {
    play_with(happenings, Vec::new())
}

/// What is left where the producers end in the order in which they are named here.
fn usual() -> World {
    USUAL.clone()
}

static USUAL: LazyLock<World> = LazyLock::new(|| {
    let (world, _) = play(one_by_one(PRODUCERS));
    assert_eq!(world.rows.iter().filter(|row| row.index.is_some()).count(), 20);
    assert_eq!(world.releases, [("v26.10.1".to_owned(), false)]);
    // Twenty packages go to both services; an executable, the manifest and its checksums to the release page.
    assert_eq!(world.sent.len(), 20 + 23);
    let mut once = world.sent.clone();
    once.dedup();
    assert_eq!(once, world.sent, "nothing is sent twice");
    world
});

/// The run ended well, did nothing, and named what is missing.
#[track_caller]
fn assert_early(run: &TrialRun, missing: &[&str]) {
    let TrialRun { phases, ending, applied, writes, filled, ready, told } = run;
    assert_eq!((*phases, *ending, ready.as_deref()), (2, "not-ready", Some("false")), "{run:?}");
    assert_eq!((*applied, *writes, *filled), (0, 0, 0), "it left something: {run:?}");
    assert_eq!(told.len(), missing.len(), "{run:?}");
    for workflow in missing {
        let begins = format!("{workflow} is in_progress (http");
        assert!(told.iter().any(|text| text.starts_with(&begins)), "{workflow}: {told:?}");
    }
}

/// The run released: all phases, with effects.
#[track_caller]
fn assert_released(run: &TrialRun) {
    assert_eq!((run.phases, run.ending, run.ready.as_deref()), (6, "converged", Some("true")), "{run:?}");
    assert!(run.applied > 0 && run.writes > 0, "{run:?}");
}

/// The run found everything done: it played all phases, and nothing was left to send.
#[track_caller]
fn assert_idle(run: &TrialRun) {
    assert_eq!((run.phases, run.ending, run.writes), (6, "converged", 0), "{run:?}");
}

#[test]
fn in_every_order_the_last_end_releases_and_the_world_is_the_same() {
    let usual = usual();
    let orders = orders();
    assert_eq!(orders.len(), 24);
    let check = |order: &[&'static str; 4]| {
        let (world, runs) = play(one_by_one(*order));
        assert_eq!(world, usual, "{order:?}");
        let [early @ .., last, again] = &runs[..] else { panic!("{order:?}: {runs:?}") };
        assert_eq!(early.len(), 3, "{order:?}: {runs:?}");
        early.iter().enumerate().for_each(|(at, run)| assert_early(run, &order[at + 1..]));
        assert_released(last);
        assert_idle(again);
    };
    std::thread::scope(|scope| {
        for half in orders.chunks(12) {
            scope.spawn(move || half.iter().for_each(check));
        }
    });
}

#[test]
fn events_that_arrive_after_all_producers_ended_find_the_release_done() {
    let happenings = PRODUCERS.iter().map(|name| ends(name)).chain(PRODUCERS.iter().map(|name| event(name)));
    let (world, runs) = play(happenings.collect());
    assert_eq!(world, usual());
    let [first, later @ ..] = &runs[..] else { panic!("{runs:?}") };
    assert_released(first);
    assert_eq!(later.len(), 4, "three events, and all again");
    later.iter().for_each(assert_idle);
}

#[test]
fn an_event_that_is_delivered_twice_does_nothing_the_second_time() {
    let twice = |workflow: &str| [ends(workflow), event(workflow), event(workflow)];
    let (world, runs) = play(PRODUCERS.iter().flat_map(|name| twice(name)).collect());
    assert_eq!(world, usual());
    assert_eq!(runs.len(), 9);
    runs[..6].iter().enumerate().for_each(|(at, run)| assert_early(run, &PRODUCERS[at / 2 + 1..]));
    assert_released(&runs[6]);
    assert_idle(&runs[7]);
}

#[test]
fn two_events_at_the_same_time_end_in_the_same_release() {
    let [first, second, third, fourth] = PRODUCERS;
    let happenings = vec![
        ends(first),
        ends(second),
        events(&[first, second]),
        ends(third),
        ends(fourth),
        events(&[third, fourth]),
    ];
    let (world, runs) = play(happenings);
    assert_eq!(world, usual());
    let [early, also_early, released, idle, again] = &runs[..] else { panic!("{runs:?}") };
    assert_early(early, &[third, fourth]);
    assert_early(also_early, &[third, fourth]);
    assert_released(released);
    assert_idle(idle);
    assert!(idle.applied > 0, "on a machine of its own everything is collected once more: {idle:?}");
    assert_idle(again);
}

#[test]
fn of_all_events_the_last_one_is_enough() {
    // Of the runs that wait for their turn, GitHub keeps the newest: others are cancelled before they begin.
    let [others @ .., last] = PRODUCERS;
    let happenings = others.map(ends).into_iter().chain([ends(last), event(last)]);
    let (world, runs) = play(happenings.collect());
    assert_eq!((world, runs.len()), (usual(), 2));
}

#[test]
fn an_early_run_that_breaks_leaves_the_release_to_the_last_one() {
    let usual = usual();
    for (kind, at) in [(FaultKind::Kill, 1), (FaultKind::Html, 4), (FaultKind::KillAfter, 6)] {
        let (world, runs) = play_with(one_by_one(PRODUCERS), vec![Fault { kind, service: None, at }]);
        assert_eq!(world, usual, "{kind}@{at}");
        assert!(["killed", "failed"].contains(&runs[0].ending), "{kind}@{at}: {:?}", runs[0]);
        assert_eq!((runs[0].writes, runs[0].filled), (0, 0), "{kind}@{at}");
        assert_early(&runs[1], &PRODUCERS[2..]);
        assert_released(&runs[3]);
        assert_eq!(runs.len(), 5, "{kind}@{at}: nobody had to start it again");
    }
}
