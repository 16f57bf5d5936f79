//! Services that fail while the release is verified: it is told that nobody could tell, and nothing is written.

use release_action::sim::fault::{Fault, FaultKind};

use super::{found, released, run, tells, verify, verify_locally};
use crate::support::canned::{canned, closed_port, log_in_page};
use crate::support::world::World;

/// How many requests one verification makes to each service.
fn requests(world: &World) -> Vec<(&'static str, u64)> {
    let began = world.universe.journal().len();
    run(world, verify(world), 0);
    let journal = world.universe.journal();
    let count = |service: &str| journal[began..].iter().filter(|entry| entry.service == service).count();
    ["github", "storage", "index"].map(|service| (service, count(service) as u64)).to_vec()
}

fn inject(world: &World, kind: FaultKind, service: &str, at: u64) {
    world.universe.inject(Fault { kind, service: Some(service.into()), at });
}

/// One fault at each request; afterwards the release is proven all the same, or nobody could tell.
fn at_every_request(kind: FaultKind, codes: &[i32]) {
    let world = released();
    let requests = requests(&world);
    assert!(requests.iter().all(|(_, count)| *count > 0), "{requests:?}");
    for (service, count) in requests {
        for at in 1..=count {
            inject(&world, kind, service, at);
            let (began, before) = (world.writes(), world.released());
            let outcome = verify(&world).run();
            let code = outcome.code.expect("it ended by itself");
            assert!(codes.contains(&code), "{kind}@{service}:{at}: {}", outcome.told());
            assert!(world.universe.pending_faults().is_empty(), "{kind}@{service}:{at} did not strike");
            if code == 2 {
                let told = found(&outcome, "verify/not-asked");
                assert!(!told.is_empty(), "{kind}@{service}:{at}: {}", outcome.told());
                assert_eq!(outcome.output("outcome"), "error");
            } else {
                assert_eq!(outcome.output("proven"), "4", "{kind}@{service}:{at}");
            }
            assert_eq!((world.writes(), world.released()), (began, before), "{kind}@{service}:{at}");
            world.universe.withdraw_faults();
            world.universe.settle();
        }
    }
}

#[test]
fn a_refusal_is_asked_again() {
    at_every_request(FaultKind::Refuse, &[0]);
}

#[test]
fn a_connection_that_breaks_is_made_again() {
    at_every_request(FaultKind::Drop, &[0]);
    at_every_request(FaultKind::Lost, &[0]);
}

#[test]
fn a_slow_answer_is_an_answer() {
    at_every_request(FaultKind::Slow, &[0]);
}

#[test]
fn a_page_for_people_is_no_answer_and_nobody_could_tell() {
    at_every_request(FaultKind::Html, &[2]);
}

#[test]
fn github_out_of_reach_does_not_hide_what_the_index_lacks() {
    let world = released();
    let (name, _) = world.files[0].clone();
    world.universe.index(|index| index.delete(&name)).expect("it was there");
    let program = verify_locally(&world).env("GITHUB_API_URL", canned(log_in_page));
    let outcome = run(&world, program, 2);
    tells(&outcome, "verify/not-on-registry", &name, &["does not list it"]);
    assert_eq!(found(&outcome, "verify/not-asked").len(), 2, "the tag and the releases: {}", outcome.told());
}

#[test]
fn an_index_out_of_reach_does_not_hide_what_the_page_lacks() {
    let world = released();
    world.universe.github(|github| {
        github.releases_mut()[0].assets.retain(|asset| asset.name != "sample-linux-x86_64");
    });
    let program = verify(&world).input("index-url", format!("{}/simple/", closed_port()));
    let outcome = run(&world, program, 2);
    tells(&outcome, "verify/asset-missing", "sample-linux-x86_64", &["the release does not have it"]);
    tells(&outcome, "verify/not-asked", "", &["cannot be reached", "listing the files of `sample`"]);
}

#[test]
fn a_wrong_token_is_told() {
    let world = released();
    let outcome = run(&world, verify(&world).input("github-token", "ghs_of_somebody_else"), 2);
    assert!(outcome.stdout.contains("GitHub answered 401"), "{}", outcome.told());
}
