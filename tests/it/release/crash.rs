//! The crash matrix of a release with ten files: whatever breaks, at whichever request about the release, the
//! release comes out the same, and no file is sent again that had arrived.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use release_action::archive::build::{SdistBuilder, WheelBuilder};
use release_action::model::artifact::FileName;
use release_action::rehearse::trial::{self, Trial};
use release_action::sim::fault::{Fault, FaultKind};
use release_action::sim::journal::Exchange;

use crate::support::contract::{Contract, ContractGuard};

/// A wheel, an sdist and eight others: enough that one stands between any two.
static TEN_FILES: LazyLock<Vec<(FileName, Vec<u8>)>> = LazyLock::new(|| {
    let wheel = WheelBuilder::new("sample", "1.2.0", "py3", "none", "any").build();
    let others = (1..=8).map(|number| {
        let name = format!("sample-tool-{number}.bin").parse().expect("a plain name");
        (name, format!("the tool {number}\n").into_bytes())
    });
    [wheel, SdistBuilder::new("sample", "1.2.0").build()].into_iter().chain(others).collect()
});

/// What the services saw.
#[derive(Debug, Default)]
struct Seen {
    /// The numbers, over all services, of the requests that the API had since the first one about releases, and how
    /// many there were before.
    api: Vec<u64>,
    before: u64,
    /// How many files were sent.
    uploads: u64,
    /// The files that arrived.
    stored: BTreeSet<String>,
    /// The files that were sent although they had arrived.
    twice: Vec<String>,
}

impl Seen {
    fn see(&mut self, exchange: &Exchange, fault: Option<FaultKind>) {
        match exchange.service {
            "github" if self.api.is_empty() && !exchange.request.path.contains("/releases") => {
                self.before += 1;
            }
            "github" => self.api.push(exchange.index),
            "uploads" => {
                self.uploads += 1;
                let name = exchange.request.query.clone();
                let status = exchange.response.as_ref().map(|response| response.status);
                // A file that a list does not show yet cannot be told from one that was lost: the service refuses it.
                let looked_lost = fault == Some(FaultKind::Stale) && status == Some(422);
                if self.stored.contains(&name) && !looked_lost {
                    self.twice.push(name.clone());
                }
                let arrived = status == Some(201);
                let unsaid = [FaultKind::Late, FaultKind::Lost, FaultKind::KillAfter];
                if arrived || (exchange.faulted && fault.is_some_and(|kind| unsaid.contains(&kind))) {
                    self.stored.insert(name);
                }
            }
            _ => {}
        }
    }
}

/// Plays the release; a fault strikes in its first run.
fn play(fault: Option<Fault>) -> (Trial, Seen) {
    // What is said while something is broken is held to the description by the tests of smaller releases.
    let contract = fault.is_none().then(Contract::keep);
    let judge = contract.as_ref().map(ContractGuard::observer);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let (kept, kind) = (Arc::clone(&seen), fault.as_ref().map(|fault| fault.kind));
    let observer = Arc::new(move |exchange: &Exchange| {
        if let Some(judge) = &judge {
            judge(exchange);
        }
        kept.lock().unwrap_or_else(PoisonError::into_inner).see(exchange, kind);
    });
    let trial = trial::play(Some(TEN_FILES.clone()), fault.into_iter().collect(), Some(observer));
    let trial = trial.expect("there is something to play");
    let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    (trial, seen)
}

/// Plays the release with one fault at each request about it; the world must end as it does without.
fn at_every_request(kind: FaultKind) {
    let (good, undisturbed) = play(None);
    assert!(good.is_good && good.acts == 2 && good.rows.len() >= 10, "{good:?}");
    assert_eq!((undisturbed.stored.len(), undisturbed.uploads), (12, 12), "ten files and two records");
    let of_first_act = undisturbed.api.iter().filter(|index| **index <= good.requests_of_events).count();
    assert!(of_first_act >= 10, "{of_first_act} requests only");
    let api = (1..=of_first_act as u64).map(|at| undisturbed.before + at);
    let places = api.map(|at| ("github", at)).chain((1..=undisturbed.uploads).map(|at| ("uploads", at)));
    for (service, at) in places {
        let fault = Fault { kind, service: Some(service.to_owned()), at };
        let (broken, seen) = play(Some(fault.clone()));
        assert!(broken.is_good, "{fault}: {broken:#?}");
        assert_eq!((&broken.rows, &broken.releases), (&good.rows, &good.releases), "{fault}");
        assert_eq!(broken.pages, good.pages, "{fault}");
        assert_eq!((broken.writes_again, &seen.twice), (0, &Vec::new()), "{fault}");
    }
}

#[test]
fn refused() {
    at_every_request(FaultKind::Refuse);
}

#[test]
fn dropped_before() {
    at_every_request(FaultKind::Drop);
}

#[test]
fn dropped_after_commit() {
    at_every_request(FaultKind::Lost);
}

#[test]
fn failed_and_left_half_a_file() {
    at_every_request(FaultKind::Starter);
}

#[test]
fn failed_in_words_and_done_all_the_same() {
    at_every_request(FaultKind::Late);
}

#[test]
fn listed_as_it_was_before() {
    at_every_request(FaultKind::Stale);
}

#[test]
fn limited() {
    at_every_request(FaultKind::Limit);
}

#[test]
fn killed_before() {
    at_every_request(FaultKind::Kill);
}

#[test]
fn killed_after_commit() {
    at_every_request(FaultKind::KillAfter);
}

#[test]
fn answered_with_a_page_for_people() {
    at_every_request(FaultKind::Html);
}
