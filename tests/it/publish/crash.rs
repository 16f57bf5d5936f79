//! Whatever breaks while a release goes to two registries, and wherever it breaks: the next run ends in the same world, no
//! file went out twice, and what was lent is given back.
//!
//! The rehearsal plays the real mode and clients against every fault at every request to the registries and to the identity
//! provider, without waiting; answers that are slow take real time, so they strike every fourth request only. `signals` has
//! the process itself, ended by real signals.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use release_action::archive::build::{CrateBuilder, SdistBuilder, WheelBuilder};
use release_action::model::artifact::FileName;
use release_action::rehearse::trial::{self, Trial};
use release_action::sim::fault::{Fault, FaultKind};
use release_action::sim::journal::Exchange;

/// Whom a fault may strike.
const SERVICES: [&str; 3] = ["crates", "index", "oidc"];

/// Four wheels and the sdist of `sample`, its crate, and a crate that this one needs.
pub(super) fn files() -> Vec<(FileName, Vec<u8>)> {
    let platforms = ["manylinux_2_28_x86_64", "manylinux_2_28_aarch64", "macosx_11_0_arm64", "win_amd64"];
    let wheel = |platform| WheelBuilder::new("sample", "1.2.0", "cp312", "cp312", platform).build();
    let mut files: Vec<_> = platforms.into_iter().map(wheel).collect();
    files.push(SdistBuilder::new("sample", "1.2.0").build());
    files.push(CrateBuilder::new("sample", "1.2.0").dependency("sample-core", "=1.2.0").build());
    files.push(CrateBuilder::new("sample-core", "1.2.0").build());
    files
}

/// What reached the registries.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Each request's number, service, method and path.
    requests: Vec<(u64, &'static str, String)>,
    /// How often each file was sent and kept, in the order of the first time.
    pub(super) taken: BTreeMap<String, usize>,
    /// The order in which files were kept.
    pub(super) order: Vec<String>,
    /// The requests that a fault struck.
    struck: Vec<String>,
}

impl Seen {
    /// Notes an exchange; `kind` is that of the fault which may have struck it.
    pub(super) fn note(&mut self, exchange: &Exchange, kind: Option<FaultKind>) {
        let Exchange { index, service, request, response, faulted } = exchange;
        let what = format!("{} {}", request.method, request.path);
        self.requests.push((*index, *service, what.clone()));
        if *faulted {
            self.struck.push(what.clone());
        }
        let is_good = response.as_ref().is_some_and(|response| response.status == 200);
        let is_done = match kind.filter(|_| *faulted) {
            None | Some(FaultKind::Lost | FaultKind::KillAfter) => is_good,
            // A failure is answered, but what was asked for is done.
            Some(FaultKind::Late) => true,
            Some(_) => false,
        };
        if let Some(file) = sent(service, &what, &request.body).filter(|_| is_done) {
            self.order.push(file.clone());
            *self.taken.entry(file).or_default() += 1;
        }
    }

    /// How many requests this service got, of the first so many.
    fn count(&self, service: &str, first: u64) -> u64 {
        let of_service =
            |(index, found, _): &&(u64, &'static str, String)| *found == service && *index <= first;
        self.requests.iter().filter(of_service).count() as u64
    }
}

/// The file that a request sends to a registry.
fn sent(service: &str, what: &str, body: &[u8]) -> Option<String> {
    match (service, what) {
        ("crates", "PUT /api/v1/crates/new") => {
            let length = u32::from_le_bytes(body.get(..4)?.try_into().ok()?);
            let json: serde_json::Value = serde_json::from_slice(body.get(4..4 + length as usize)?).ok()?;
            Some(format!("{}-{}.crate", json["name"].as_str()?, json["vers"].as_str()?))
        }
        ("index", "POST /legacy/") => {
            let text = String::from_utf8_lossy(body);
            let (_, rest) = text.split_once("; filename=\"")?;
            rest.split('"').next().map(str::to_owned)
        }
        _ => None,
    }
}

/// Plays the release with this fault.
fn play(fault: Option<Fault>) -> (Trial, Seen) {
    let seen: Arc<Mutex<Seen>> = Arc::default();
    let noted = Arc::clone(&seen);
    let kind = fault.as_ref().map(|fault| fault.kind);
    let observer = Arc::new(move |exchange: &Exchange| {
        noted.lock().unwrap_or_else(PoisonError::into_inner).note(exchange, kind);
    });
    let trial = trial::play_registries(files(), fault.into_iter().collect(), Some(observer));
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (trial.expect("there is something to play"), seen)
}

/// Whether a token may be left that nobody could give back: the process was killed, or nobody got to know the token, or
/// the request that gives it back was struck itself.
fn may_leave_a_token(kind: FaultKind, seen: &Seen) -> bool {
    matches!(kind, FaultKind::Kill | FaultKind::KillAfter)
        || seen.struck.iter().any(|what| what.contains("trusted_publishing"))
}

/// Plays the release with one fault at each request, or each `step`th, to each service.
fn every_request(kind: FaultKind, step: usize) {
    let (good, seen) = play(None);
    assert!(good.is_good && good.acts == 2, "{good:#?}");
    assert_eq!(good.live_tokens, 0);
    for service in SERVICES {
        let requests = seen.count(service, good.requests_of_events);
        assert!(requests >= 4, "{service} gets {requests} requests only");
        for at in (1..=requests).step_by(step) {
            let fault = Fault { kind, service: Some(service.into()), at };
            let (broken, seen) = play(Some(fault.clone()));
            assert!(broken.is_good, "{fault}: {broken:#?}\n{:?}", seen.struck);
            assert_eq!(broken.rows, good.rows, "{fault}");
            assert!(seen.taken.values().all(|times| *times == 1), "{fault}: {:?}", seen.taken);
            assert_eq!(seen.taken.len(), files().len(), "{fault}: {:?}", seen.taken);
            let allowed = usize::from(may_leave_a_token(kind, &seen));
            assert!(
                broken.live_tokens <= allowed,
                "{fault}: {} tokens, {:?}",
                broken.live_tokens,
                seen.struck
            );
        }
    }
}

#[test]
fn files_go_out_in_the_order_of_regret() {
    let (good, seen) = play(None);
    assert!(good.is_good, "{good:#?}");
    let position = |end: &str| seen.order.iter().position(|name| name.ends_with(end)).expect("it went out");
    assert!(position("sample-core-1.2.0.crate") < position("sample-1.2.0.crate"));
    assert_eq!(seen.order.last().map(String::as_str), Some("sample-1.2.0.tar.gz"), "{:?}", seen.order);
    assert_eq!(good.rows.iter().filter(|row| row.crates.is_some()).count(), 2);
    assert_eq!(good.rows.iter().filter(|row| row.index.is_some()).count(), 5);
}

#[test]
fn refused_at_any_request_the_rerun_converges() {
    every_request(FaultKind::Refuse, 1);
}

#[test]
fn dropped_before_any_request_took_effect_the_rerun_converges() {
    every_request(FaultKind::Drop, 1);
}

#[test]
fn lost_after_any_request_took_effect_nothing_is_sent_twice() {
    every_request(FaultKind::Lost, 1);
}

#[test]
fn done_and_answered_with_a_failure_at_any_request_nothing_is_sent_twice() {
    every_request(FaultKind::Late, 1);
}

#[test]
fn limits_met_at_any_request_are_waited_out() {
    every_request(FaultKind::Limit, 1);
}

#[test]
fn stale_reads_after_any_request_only_need_patience() {
    every_request(FaultKind::Stale, 1);
}

#[test]
fn a_page_instead_of_an_answer_is_no_answer() {
    every_request(FaultKind::Html, 1);
}

#[test]
fn killed_before_any_request_took_effect_the_rerun_converges() {
    every_request(FaultKind::Kill, 1);
}

#[test]
fn killed_after_any_request_took_effect_the_rerun_converges() {
    every_request(FaultKind::KillAfter, 1);
}

#[test]
fn slow_answers_are_waited_for() {
    every_request(FaultKind::Slow, 4);
}
