//! Whatever breaks while a version is raised, and wherever: running again ends in the same one bump.

use std::sync::Arc;

use release_action::sim::fault::{Fault, FaultKind};

use super::{Bench, at, changes_nothing};
use crate::support::program::{Kill, Program};

#[cfg(target_os = "linux")]
mod local {
    use super::*;
    use crate::support::mortal::Mortal;

    /// Ends the program in place of each of the calls by which it changes files.
    fn at_every_call(is_git: bool) {
        let Some(mortal) = Mortal::new() else { return };
        let bench = Bench::new();
        if is_git && !bench.commit_all() {
            return;
        }
        let (outcome, calls) = mortal.watch(bench.bump("minor"), bench.checkout.path());
        outcome.expect_code(0);
        let good = bench.files();
        let renames = calls.iter().filter(|call| call.what == "rename").count();
        assert_eq!(renames, 5, "a journal and four files: {calls:?}");
        let counted = calls.iter().filter(|call| !call.what.contains("sync")).count();
        for at in 1..=counted {
            let bench = Bench::new();
            assert!(!is_git || bench.commit_all());
            let broken = mortal.end_at(at, bench.bump("minor"), bench.checkout.path());
            assert_eq!(broken.code, None, "call {at} of {counted}: {}", broken.told());
            let outcome = bench.bump("minor").run().expect_code(0);
            assert!(bench.files() == good, "call {at} of {counted}: {}", outcome.told());
            if is_git {
                changes_nothing(&bench, bench.bump("minor"), 0, "already-done");
            }
        }
    }

    #[test]
    fn killed_at_any_write_the_rerun_ends_in_one_bump() {
        at_every_call(false);
    }

    #[test]
    fn killed_at_any_write_in_a_checkout_of_git_the_rerun_ends_in_one_bump() {
        at_every_call(true);
    }

    #[test]
    fn a_run_for_another_version_that_is_killed_too_ends_in_that_version() {
        let Some(mortal) = Mortal::new() else { return };
        let bench = broken_off();
        let (outcome, calls) = mortal.watch(bench.bump("major"), bench.checkout.path());
        outcome.expect_code(0);
        let good = bench.files();
        let counted = calls.iter().filter(|call| !call.what.contains("sync")).count();
        for at in 1..=counted {
            let bench = broken_off();
            mortal.end_at(at, bench.bump("major"), bench.checkout.path());
            let outcome = bench.bump("major").run().expect_code(0);
            assert!(bench.files() == good, "call {at} of {counted}: {}", outcome.told());
        }
    }

    #[test]
    fn a_disk_that_is_full_leaves_every_file_as_it_was() {
        let bench = Bench::new();
        let long = format!("{}\n{}", bench.text("Cargo.lock"), "# padding\n".repeat(2_000));
        bench.write("Cargo.lock", &long);
        let before = bench.files();
        // The journal fits where the texts do not: room for it is made by leaving only the lock file long.
        for limit in [1_000, 8_000, 30_000] {
            let outcome = bench.bump("minor").limited_to(limit).run();
            assert_eq!(outcome.code, Some(2), "{limit}: {}", outcome.told());
            assert!(bench.files() == before, "{limit}: {}", outcome.told());
        }
        bench.bump("minor").run().expect_code(0);
        assert!(bench.text("Cargo.lock").ends_with("# padding\n"));
    }
}

/// A checkout in which a run to 1.3.0 broke off after its first file.
#[cfg(target_os = "linux")]
fn broken_off() -> Bench {
    let bench = Bench::new();
    bench.write(".release-action-journal.json", journal(&bench));
    let (name, text) = at("1.3.0").swap_remove(0);
    bench.write(name, text);
    bench
}

/// The journal of a run from the files that are there to 1.3.0.
fn journal(bench: &Bench) -> String {
    let entry = |name: &str, after: &str| serde_json::json!({ "name": name, "before": bench.text(name), "after": after });
    let files: Vec<_> = at("1.3.0").iter().map(|(name, text)| entry(name, text)).collect();
    serde_json::json!({ "form": 1, "files": files }).to_string()
}

#[test]
fn a_journal_whose_files_were_committed_since_is_of_no_account() {
    let bench = Bench::new();
    let journal = journal(&bench);
    for (name, text) in at("1.3.0") {
        bench.write(name, text);
    }
    if !bench.commit_all() {
        return;
    }
    bench.write(".release-action-journal.json", &journal);
    let outcome = bench.bump("minor").run().expect_code(0);
    assert_eq!(outcome.output("version"), "1.4.0", "{}", outcome.told());
    for (name, text) in at("1.4.0") {
        assert_eq!(bench.text(name), text, "{name}");
    }
    assert!(!bench.path(".release-action-journal.json").exists(), "{}", outcome.told());
}

#[test]
fn what_somebody_edits_after_a_run_broke_off_is_not_overwritten() {
    let bench = Bench::new();
    bench.write(".release-action-journal.json", journal(&bench));
    bench.write("Cargo.toml", bench.text("Cargo.toml") + "# a person's\n");
    let outcome = changes_nothing(&bench, bench.bump("minor"), 1, "blocked");
    assert!(outcome.finds("bump/broken-off", "Cargo.toml"), "{}", outcome.told());
    bench.write(".release-action-journal.json", "not ours");
    let outcome = changes_nothing(&bench, bench.bump("minor"), 2, "error");
    assert!(outcome.stderr.contains(".release-action-journal.json"), "{}", outcome.told());
}

/// Where a version goes on GitHub.
#[derive(Clone, Copy)]
enum Road {
    /// To the branch, with tag and workflow.
    Branch,
    /// As a pull request.
    Pull,
}

impl Road {
    fn run(self, bench: &Bench) -> Program {
        let step = bench.step("minor");
        match self {
            Self::Branch => {
                step.input("commit-to", "branch").input("create-tag", "true").input("dispatch", "release.yml")
            }
            Self::Pull => step.input("commit-to", "pull-request"),
        }
    }

    /// All that there is in the end: one commit, and what is about it.
    fn holds(self, bench: &Bench) -> Result<(), String> {
        let said = |what: &str| Err(what.to_owned());
        let branch = match self {
            Self::Branch => "main",
            Self::Pull => "release/v1.3.0",
        };
        if bench.branch(branch).is_none() || bench.commits(branch) != ["Release v1.3.0"] {
            return said("there is not one commit");
        }
        if at("1.3.0").iter().any(|(name, text)| bench.on_branch(branch, name) != *text) {
            return said("a file is another one");
        }
        match self {
            Self::Branch if bench.tag("v1.3.0") != bench.branch("main") => said("the tag is elsewhere"),
            Self::Branch if bench.universe.github(|github| github.dispatched().len()) != 1 => {
                said("there is not one run")
            }
            Self::Pull if bench.universe.github(|github| github.pulls().len()) != 1 => {
                said("there is not one pull request")
            }
            Self::Branch | Self::Pull => Ok(()),
        }
    }

    /// How many requests it makes when nothing breaks.
    fn requests(self) -> u64 {
        let bench = Bench::new();
        self.run(&bench).run().expect_code(0);
        self.holds(&bench).expect("it is all there");
        bench.universe.journal().len() as u64
    }

    fn broken_at(self, kind: FaultKind, at: u64) {
        let bench = Bench::new();
        let kill = Kill::default();
        let hook = kill.clone();
        bench.universe.on_kill(Arc::new(move || hook.now()));
        bench.universe.inject(Fault { kind, service: None, at });
        let broken = self.run(&bench).killed_by(&kill).run();
        let place = format!("{kind} at request {at}");
        assert!(bench.universe.pending_faults().is_empty(), "{place} never came\n{}", broken.told());
        bench.universe.settle();
        let outcome = self.run(&bench).run().expect_code(0);
        self.holds(&bench).unwrap_or_else(|error| panic!("{place}: {error}: {}", outcome.told()));
        changes_nothing(&bench, self.run(&bench), 0, "already-done");
    }

    /// Breaks it at every request, some at the same time: what takes long is waiting.
    fn every_request(self, kinds: &[FaultKind]) {
        let requests = self.requests();
        assert!(requests >= 15, "it makes {requests} requests only");
        for kind in kinds {
            std::thread::scope(|scope| {
                for at in 1..=requests {
                    scope.spawn(move || self.broken_at(*kind, at));
                }
            });
        }
    }
}

#[test]
fn refused_or_dropped_at_any_request_the_rerun_ends_in_one_bump() {
    Road::Branch.every_request(&[FaultKind::Refuse, FaultKind::Drop]);
}

#[test]
fn lost_or_late_at_any_request_the_rerun_ends_in_one_bump() {
    Road::Branch.every_request(&[FaultKind::Lost, FaultKind::Late]);
}

#[test]
fn killed_at_any_request_the_rerun_ends_in_one_bump() {
    Road::Branch.every_request(&[FaultKind::Kill, FaultKind::KillAfter]);
}

#[test]
fn a_pull_request_that_breaks_off_anywhere_is_opened_once() {
    Road::Pull.every_request(&[FaultKind::Drop, FaultKind::Lost, FaultKind::Kill, FaultKind::KillAfter]);
}
