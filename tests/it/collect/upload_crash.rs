//! Whatever breaks while an artifact is uploaded, and wherever it breaks: running again ends in one whole artifact with
//! the bytes that it has without, and nothing half done beside it.

use std::sync::Arc;

use release_action::sim::fault::{Fault, FaultKind};
use release_action::sim::github::runs::NewArtifact;

use super::upload::{Job, hex, requests, unzipped};
use crate::support::program::{Kill, Outcome};

/// An upload that nothing disturbs.
struct Undisturbed {
    requests: u64,
    digest: String,
}

impl Undisturbed {
    fn of(job: &Job) -> Self {
        let digest = job.upload().run().expect_code(0).output("artifact-digest").to_owned();
        Self { requests: job.world.universe.journal().len() as u64, digest }
    }

    /// One artifact, with the right bytes, and nothing half done beside it; and nothing more to do.
    #[track_caller]
    fn assert_left(&self, job: &Job, what: &str) {
        let outcome: Outcome = job.upload().run();
        assert_eq!(outcome.code, Some(0), "{what}: {}", outcome.told());
        let [artifact] = &job.artifacts()[..] else { panic!("{what}: {:?}", job.artifacts()) };
        assert_eq!(outcome.output("artifact-digest"), hex(&artifact.facts.bytes), "{what}");
        assert_eq!(outcome.output("artifact-digest"), self.digest, "{what}");
        assert!(unzipped(&artifact.facts.bytes).len() >= 3, "{what}");
        let unfinished = job.world.universe.github(|github| github.unfinished_artifacts());
        assert_eq!(unfinished, Vec::<String>::new(), "{what}");
        let finished = requests(job, "FinalizeArtifact");
        assert_eq!(job.upload().run().expect_code(0).output("outcome"), "already-done", "{what}");
        assert_eq!(requests(job, "FinalizeArtifact"), finished, "{what}");
    }
}

/// Uploads with this fault, which must strike, and is withdrawn by nobody.
fn disturbed(job: &Job, fault: Fault) -> Outcome {
    let kill = Kill::default();
    let hook = kill.clone();
    job.world.universe.on_kill(Arc::new(move || hook.now()));
    job.world.universe.inject(fault.clone());
    let outcome = job.upload().killed_by(&kill).run();
    assert!(job.world.universe.pending_faults().is_empty(), "{fault} never came: {}", outcome.told());
    let is_killed = matches!(fault.kind, FaultKind::Kill | FaultKind::KillAfter);
    assert_eq!(outcome.code.is_none(), is_killed, "{fault}: {}", outcome.told());
    outcome
}

/// Breaks one request after the other; the next run at the latest finds or makes the one artifact.
fn every_request(kind: FaultKind) {
    let undisturbed = Undisturbed::of(&Job::new());
    assert!((6..=8).contains(&undisturbed.requests), "{}", undisturbed.requests);
    std::thread::scope(|scope| {
        for at in 1..=undisturbed.requests {
            let undisturbed = &undisturbed;
            scope.spawn(move || {
                let job = Job::new();
                let fault = Fault { kind, service: None, at };
                disturbed(&job, fault.clone());
                undisturbed.assert_left(&job, &fault.to_string());
            });
        }
    });
}

#[test]
fn refused_at_any_request_the_artifact_is_there_once() {
    every_request(FaultKind::Refuse);
}

#[test]
fn dropped_at_any_request_the_artifact_is_there_once() {
    every_request(FaultKind::Drop);
}

#[test]
fn lost_after_any_request_the_artifact_is_there_once() {
    every_request(FaultKind::Lost);
}

#[test]
fn a_page_in_the_place_of_any_answer_is_no_answer() {
    every_request(FaultKind::Html);
}

#[test]
fn late_answers_and_old_ones_are_no_reason_to_upload_twice() {
    every_request(FaultKind::Slow);
    every_request(FaultKind::Stale);
}

#[test]
fn killed_before_any_request_the_next_run_leaves_the_artifact_once() {
    every_request(FaultKind::Kill);
}

#[test]
fn killed_after_any_request_the_next_run_leaves_the_artifact_once() {
    every_request(FaultKind::KillAfter);
}

/// Some blocks are with the store when it breaks, and some are not.
#[test]
fn broken_at_any_block_of_many_the_artifact_is_there_once() {
    let large = || {
        let job = Job::new();
        // Two blocks of 8 MiB and the rest.
        job.world.write("dist/large.bin", vec![7; (16 << 20) + 5]);
        job
    };
    let upload = |job: &Job| job.upload().input("compression-level", "0");
    let digest = upload(&large()).run().expect_code(0).output("artifact-digest").to_owned();
    for fault in ["kill-after@storage:1", "kill@storage:3", "kill-after@storage:4", "lost@storage:2"] {
        let job = large();
        let kill = Kill::default();
        let hook = kill.clone();
        job.world.universe.on_kill(Arc::new(move || hook.now()));
        job.world.universe.inject(fault.parse().expect("a fault"));
        let outcome = upload(&job).killed_by(&kill).run();
        assert!(job.world.universe.pending_faults().is_empty(), "{fault}: {}", outcome.told());
        assert_eq!(outcome.code.is_none(), fault.starts_with("kill"), "{fault}: {}", outcome.told());
        let outcome = upload(&job).run().expect_code(0);
        let [artifact] = &job.artifacts()[..] else { panic!("{fault}: {:?}", job.artifacts()) };
        assert_eq!(
            (outcome.output("artifact-digest"), hex(&artifact.facts.bytes)),
            (digest.as_str(), digest.clone())
        );
        let unfinished = job.world.universe.github(|github| github.unfinished_artifacts());
        assert!(unfinished.is_empty(), "{fault}: {unfinished:?}");
    }
}

#[test]
fn killed_while_it_replaces_the_next_run_ends_it() {
    let undisturbed = Undisturbed::of(&Job::new());
    for at in 1..=8 {
        for kind in [FaultKind::Kill, FaultKind::KillAfter] {
            let job = Job::new();
            job.world.universe.github(|github| {
                github.add_artifact(job.run, NewArtifact::zip("wheels", &[("a", b"a")]));
            });
            let kill = Kill::default();
            let hook = kill.clone();
            job.world.universe.on_kill(Arc::new(move || hook.now()));
            job.world.universe.inject(Fault { kind, service: None, at });
            job.upload().input("if-exists", "replace").killed_by(&kill).run();
            job.world.universe.withdraw_faults();
            job.upload().input("if-exists", "replace").run().expect_code(0);
            undisturbed.assert_left(&job, &format!("{kind} at request {at} of a replacement"));
        }
    }
}
