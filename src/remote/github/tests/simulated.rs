//! The reader against the simulator: branches that move, tags in number, limits, and what is hidden.

use std::pin::Pin;
use std::time::{Duration, SystemTime};

use super::run;
use crate::model::revision::CommitSha;
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::github::read::GithubRead;
use crate::remote::history::{History, ObjectKind, Relation};
use crate::remote::http::Http;
use crate::remote::surroundings::{Pace, Surroundings};
use crate::sim::clock::Clock;
use crate::sim::fault::{Fault, FaultKind};
use crate::sim::github::access::Permissions;
use crate::sim::github::checks::NewCheck;
use crate::sim::github::git::{NewCommit, Verification};
use crate::sim::github::release::NewRelease;
use crate::sim::universe::{Setup, Universe};

/// A pace that lets the simulated clock run.
struct Simulated(Clock);

impl Pace for Simulated {
    fn sleep(&self, delay: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.advance(delay.as_secs().max(1));
        Box::pin(tokio::task::yield_now())
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.0.now())
    }
}

fn world() -> Universe {
    let universe = Universe::start(Setup::default()).expect("loopback works");
    universe.github(|github| {
        github.add_token("reader", Permissions::reader());
        github.add_token("nobody", Permissions::default());
    });
    universe
}

fn read(universe: &Universe, token: Option<&str>) -> GithubRead {
    let pace = std::sync::Arc::new(Simulated(universe.clock().clone()));
    let http = Http::new(&Surroundings { pace, ..Surroundings::silent() }).expect("a client");
    let api = universe.addresses().github_api.parse().expect("an address");
    GithubRead::new(
        http,
        api,
        "octo-org/sample".parse().expect("good"),
        token.map(|token| Secret::new(token.to_owned())),
    )
}

fn main_head(universe: &Universe) -> CommitSha {
    universe.github(|github| github.branch("main")).expect("there is one").parse().expect("a hash")
}

fn requests(universe: &Universe) -> usize {
    universe.journal().len()
}

#[test]
fn three_thousand_tags_take_one_request() {
    let universe = world();
    let main = main_head(&universe);
    universe.github(|github| {
        (0..3_000).for_each(|number| github.set_tag(&format!("v0.{number}.0"), main.as_str()));
        github.add_annotated_tag("other-v1", main.as_str());
    });
    let read = read(&universe, Some("reader"));
    let before = requests(&universe);
    let tags = run(read.tags_starting("v")).expect("answered");
    assert_eq!((tags.len(), requests(&universe) - before), (3_000, 1));
    assert!(tags.iter().all(|tag| tag.object == main && tag.kind == ObjectKind::Commit));
    assert!(tags.is_sorted_by(|a, b| a.name < b.name));
    let other = run(read.tags_starting("other-v")).expect("answered");
    assert_eq!((other.len(), other[0].kind), (1, ObjectKind::Tag));
}

#[test]
fn a_commit_is_on_a_branch_or_not_as_the_branch_moves() {
    let universe = world();
    let main = main_head(&universe);
    let [tip, side, stranger] = universe.github(|github| {
        let tip = github.commit_to("main", "Two", &[("a", "2")]);
        github.set_branch("prerelease/1.2", main.as_str());
        let side = github.commit_to("prerelease/1.2", "Aside", &[("b", "1")]);
        let stranger =
            github.add_commit(NewCommit { message: "Elsewhere".to_owned(), ..NewCommit::default() });
        [tip, side, stranger].map(|sha| sha.parse::<CommitSha>().expect("a hash"))
    });
    let read = read(&universe, Some("reader"));
    run(async {
        let branches = read.branches_matching("prerelease/").await.expect("answered");
        assert_eq!((branches.len(), &branches[0].name[..], &branches[0].head), (1, "prerelease/1.2", &side));
        for (base, head, relation) in [
            (&tip, &tip, Relation::Identical),
            (&tip, &main, Relation::Behind),
            (&main, &tip, Relation::Ahead),
            (&tip, &side, Relation::Diverged),
            (&tip, &stranger, Relation::NoCommonAncestor),
        ] {
            assert_eq!(read.compare(base, head).await.expect("answered"), relation, "{base}...{head}");
        }
        let nowhere: CommitSha = "0".repeat(40).parse().expect("good");
        assert_eq!(read.compare(&nowhere, &tip).await.expect("answered"), Relation::BranchGone);
        let error = read.compare(&tip, &nowhere).await.expect_err("no such head");
        assert!(matches!(error, RemoteError::Status { status: 404, .. }), "{error}");

        // The branch moves and goes; what was asked about its old head holds.
        universe.github(|github| github.set_branch("prerelease/1.2", tip.as_str()));
        let moved = read.branches_matching("prerelease/").await.expect("answered");
        assert_eq!(moved[0].head, tip);
        universe.github(|github| github.remove_branch("prerelease/1.2"));
        assert!(read.branches_matching("prerelease/").await.expect("answered").is_empty());
        assert_eq!(read.compare(&side, &main).await.expect("answered"), Relation::Behind);
    });
}

#[test]
fn nested_tags_say_who_made_each_of_them() {
    let universe = world();
    let main = main_head(&universe);
    universe.github(|github| {
        let inner = github.annotate("v1-inner", main.as_str());
        github.tagged_by(&inner, "Alice", "alice@example.org");
        github.vouch(&inner, Verification::valid());
        let outer = github.annotate("v1", &inner);
        github.vouch(&outer, Verification::refused("unknown_key"));
        github.set_tag("v1", &outer);
        github.vouch(main.as_str(), Verification::valid());
    });
    let read = read(&universe, Some("reader"));
    run(async {
        let tags = read.tags_starting("v1").await.expect("answered");
        let peeled = History::Api(read.clone()).peeled(&tags[0]).await.expect("answered");
        assert_eq!(peeled.commit, main);
        let [outer, inner] = &peeled.objects[..] else { panic!("two objects") };
        assert_eq!((&outer.name[..], outer.verification.verified), ("v1", false));
        assert_eq!(outer.verification.reason, "unknown_key");
        assert_eq!((&inner.name[..], inner.verification.verified), ("v1-inner", true));
        assert_eq!(inner.tagger.as_ref().map(|tagger| &tagger.email[..]), Some("alice@example.org"));
        let facts = read.commit_facts(&main).await.expect("answered").expect("it is there");
        assert!(facts.verification.verified && facts.parents.is_empty());
        assert_eq!(facts.date, (2026, 11, 20));
        let nowhere = "0".repeat(40).parse().expect("good");
        assert_eq!(read.commit_facts(&nowhere).await.expect("answered"), None);
    });
}

#[test]
fn checks_are_read_over_all_pages() {
    let universe = world();
    let main = main_head(&universe);
    universe.github(|github| {
        for number in 0..230 {
            let (head_sha, name) = (main.to_string(), format!("job {number}"));
            github.add_check(NewCheck { head_sha, name, ..NewCheck::default() });
        }
        (0..120).for_each(|number| github.add_status(main.as_str(), &format!("ci/{number}"), "success"));
    });
    let read = read(&universe, Some("reader"));
    let before = requests(&universe);
    let checks = run(read.check_runs(&main)).expect("answered");
    assert_eq!((checks.len(), requests(&universe) - before), (230, 3));
    assert!(checks.iter().all(super::super::CheckRun::passed));
    assert_eq!(run(read.combined_status(&main)).expect("answered").len(), 120);
}

#[test]
fn what_is_hidden_is_never_taken_for_absent() {
    let universe = world();
    let main = main_head(&universe);
    universe.github(|github| {
        github.settings.private = true;
        github.set_tag("v1", main.as_str());
    });
    let hint = |error: RemoteError| error.hint().unwrap_or_default();
    for (token, status) in [(Some("nobody"), 403), (None, 404)] {
        let read = read(&universe, token);
        run(async {
            let errors = [
                read.tags_starting("v").await.map(drop).expect_err("hidden"),
                read.branches_matching("").await.map(drop).expect_err("hidden"),
                read.release_by_tag("v1").await.map(drop).expect_err("hidden"),
                read.latest_release().await.map(drop).expect_err("hidden"),
                read.commit_facts(&main).await.map(drop).expect_err("hidden"),
                read.compare(&main, &main).await.map(drop).expect_err("hidden"),
                read.check_runs(&main).await.map(drop).expect_err("hidden"),
            ];
            for error in errors {
                assert!(
                    matches!(error, RemoteError::Status { status: found, .. } if found == status),
                    "{error}"
                );
                assert!(hint(error).contains("permissions:"));
            }
        });
    }
    // A token that reads the contents may still not read the checks.
    let read = read(&universe, Some("reader"));
    let checks = run(read.check_runs(&main)).expect_err("forbidden");
    assert!(hint(checks).contains("`checks: read`"));
    let statuses = run(read.combined_status(&main)).expect_err("forbidden");
    assert!(hint(statuses).contains("`statuses: read`"));
}

#[test]
fn releases_are_found_by_their_tags_once_they_are_published() {
    let universe = world();
    let main = main_head(&universe);
    universe.github(|github| {
        github.settings.immutable_releases = true;
        for (tag, draft, prerelease) in [("v1", false, false), ("v2rc1", false, true), ("v3", true, false)] {
            github.set_tag(tag, main.as_str());
            let tag_name = tag.to_owned();
            github.add_release(NewRelease { tag_name, draft, prerelease, ..NewRelease::default() });
        }
    });
    let read = read(&universe, Some("reader"));
    run(async {
        for (tag, is_there) in [("v1", true), ("v2rc1", true), ("v3", false), ("v4", false)] {
            let found = read.release_by_tag(tag).await.expect("answered");
            assert_eq!(found.map(|release| release.immutable), is_there.then_some(true), "{tag}");
        }
        let latest = read.latest_release().await.expect("answered").expect("there is one");
        assert_eq!(latest.tag_name, "v1");
    });
}

#[test]
fn failures_are_asked_again_and_a_spent_budget_says_when_to_come_again() {
    let universe = world();
    let main = main_head(&universe);
    universe.github(|github| github.set_tag("v1", main.as_str()));
    for kind in [FaultKind::Refuse, FaultKind::Drop, FaultKind::Lost, FaultKind::Late, FaultKind::Limit] {
        universe.inject(Fault { kind, service: Some("github".to_owned()), at: 1 });
        let tags = run(read(&universe, Some("reader")).tags_starting("v")).expect("the second time");
        assert_eq!(tags.len(), 1);
    }
    universe.github(|github| github.limits.hourly = 1);
    let clock = universe.clock();
    let before = clock.now();
    let checks = run(read(&universe, Some("reader")).check_runs(&main));
    // The run's own patience is a quarter of an hour, less than GitHub's hour.
    let hint = checks.expect_err("the budget is spent").hint().unwrap_or_default();
    assert!(hint.contains("run again"), "{hint}");
    assert!(clock.now() - before < 3_600);
}
