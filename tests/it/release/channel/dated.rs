//! A tag for each day, and how many of them stay.

use std::time::Duration;

use release_action::sim::github::release::NewRelease;

use super::{Branch, FIRST, SECOND, files};
use crate::support::program::Program;

const DAY: Duration = Duration::from_secs(86_400);

fn step(branch: &Branch, commit: &str, keep: &str) -> Program {
    branch.step(commit).input("channel-tags", "dated").input("keep-releases", keep)
}

/// Days pass, each with a commit that is released; gives the commits.
fn days(branch: &Branch, count: usize, keep: &str) -> Vec<String> {
    let commit = |_| {
        let sha = branch.world.universe.github(|github| {
            github.advance(DAY);
            github.commit_to("main", "Another day", &[])
        });
        step(branch, &sha, keep).run().expect_code(0);
        sha
    };
    (0..count).map(commit).collect()
}

fn tags(branch: &Branch) -> Vec<String> {
    let tags = branch.world.universe.github(|github| github.tags());
    tags.into_keys().filter(|tag| tag.starts_with("nightly")).collect()
}

#[test]
fn each_day_has_a_release_of_its_own_by_the_date_of_its_commit() {
    let branch = Branch::new();
    branch.build(FIRST);
    // A day later than the commit: a run that is started again meets the same tag.
    branch.world.universe.github(|github| github.advance(DAY));
    let again = || branch.step(&branch.first).input("channel-tags", "dated");
    let outcome = again().run().expect_code(0);
    assert_eq!(outcome.output("tag"), "nightly-20261120");
    branch.world.universe.github(|github| github.advance(DAY));
    branch.is_settled(again());

    let commit = branch.world.universe.github(|github| github.commit_to("main", "Later", &[]));
    let outcome = branch.step(&commit).input("channel-tags", "dated").run().expect_code(0);
    assert_eq!(outcome.output("tag"), "nightly-20261122");
    assert_eq!(tags(&branch), ["nightly-20261120", "nightly-20261122"]);
    assert!(branch.shown().iter().all(|release| !release.draft && release.prerelease));
}

#[test]
fn a_later_commit_of_the_day_takes_its_release_over() {
    let branch = Branch::new();
    branch.build(FIRST);
    branch.step(&branch.first).input("channel-tags", "dated").run().expect_code(0);
    branch.build(SECOND);
    branch.step(&branch.second).input("channel-tags", "dated").run().expect_code(0);
    let release = branch.the_release();
    assert_eq!((release.commit.as_ref(), release.files), (Some(&branch.second), files(SECOND)));
}

#[test]
fn the_newest_stay_and_older_ones_go_with_their_tags() {
    let branch = Branch::new();
    branch.build(FIRST);
    let commits = days(&branch, 4, "2");
    assert_eq!(tags(&branch), ["nightly-20261123", "nightly-20261124"]);
    assert_eq!(branch.shown().len(), 2);
    branch.is_settled(step(&branch, &commits[3], "2"));
    let outcome = step(&branch, &commits[3], "1").input("dry-run", "true").run().expect_code(0);
    assert!(
        outcome.stdout.contains("! delete the release nightly-20261123 and its tag"),
        "{}",
        outcome.told()
    );
    assert_eq!(branch.shown().len(), 2);
}

#[test]
fn what_is_not_ours_or_not_of_the_channel_is_kept() {
    let branch = Branch::new();
    branch.build(FIRST);
    branch.release(&branch.first);
    branch.step(&branch.first).input("channel", "weekly").input("channel-tags", "dated").run().expect_code(0);
    days(&branch, 1, "9");
    branch.world.universe.github(|github| {
        let release = github.releases_mut().iter_mut().find(|release| release.tag_name == "nightly-20261121");
        release.expect("it was made").body = Some("A person took this over.".into());
    });
    days(&branch, 2, "1");
    let shown: Vec<_> = branch.shown().into_iter().map(|release| release.tag).collect();
    assert_eq!(shown, ["nightly", "nightly-20261121", "nightly-20261123", "weekly-20261120"]);
    assert!(tags(&branch).contains(&"nightly-20261121".to_owned()));
}

#[test]
fn a_tag_that_somebody_elses_draft_has_too_stays() {
    let branch = Branch::new();
    branch.build(FIRST);
    let commits = days(&branch, 2, "9");
    let theirs = branch.world.universe.github(|github| {
        let tag_name = "nightly-20261121".into();
        github.add_release(NewRelease { tag_name, draft: true, ..NewRelease::default() })
    });
    let outcome = step(&branch, &commits[1], "1").run().expect_code(0);
    assert!(outcome.stdout.contains("the tag has another one and stays"), "{}", outcome.told());
    assert_eq!(tags(&branch), ["nightly-20261121", "nightly-20261122"]);
    let left = branch.world.universe.github(|github| {
        let of_day = github.releases().iter().filter(|release| release.tag_name == "nightly-20261121");
        of_day.map(|release| release.id).collect::<Vec<_>>()
    });
    assert_eq!(left, [theirs]);
    branch.is_settled(step(&branch, &commits[1], "1"));
}

#[test]
fn r29_we_never_delete_an_immutable_nightly() {
    let branch = Branch::new();
    branch.world.universe.github(|github| github.settings.immutable_releases = true);
    branch.build(FIRST);
    let commits = days(&branch, 3, "1");
    assert_eq!(tags(&branch).len(), 3);
    let outcome = step(&branch, &commits[2], "1").run().expect_code(0);
    assert!(outcome.finds("release/channel-immutable-stays", ""), "{}", outcome.told());

    // The day's release is fixed; another commit of that day has to wait for the next.
    branch.build(SECOND);
    let commit = branch.world.universe.github(|github| github.commit_to("main", "The same day", &[]));
    let outcome = step(&branch, &commit, "1").run().expect_code(1);
    assert!(outcome.finds("release/channel-immutable", ""), "{}", outcome.told());
    assert!(outcome.told().contains("the next day"), "{}", outcome.told());
}
