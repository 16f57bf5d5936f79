//! Releases that follow a branch: a tag that moves, or one for each day.

mod cut_off;
mod dated;

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use release_action::archive::build::SetBuilder;
use release_action::sim::fault::{Fault, FaultKind};
use release_action::sim::github::release::{NewRelease, Release};
use release_action::sim::journal::Entry;
use serde_json::Value;

use crate::support::program::{Kill, Outcome, Program};
use crate::support::world::{TOKEN, World};

/// Files of a build, by name.
type Build = &'static [(&'static str, &'static str)];

/// What the first commit's build leaves: a name that stays, one that does not change, one with the version in it.
const FIRST: Build = &[("tool", "tool of one"), ("guide.pdf", "a guide"), ("tool-1.0.dev1.bin", "one")];
/// What the second one's leaves.
const SECOND: Build = &[("tool", "the tool of two"), ("guide.pdf", "a guide"), ("tool-1.0.dev2.bin", "two")];

/// A repository with two commits on its branch.
struct Branch {
    world: World,
    first: String,
    second: String,
}

/// A release page, as users see it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    tag: String,
    commit: Option<String>,
    draft: bool,
    prerelease: bool,
    body: String,
    files: BTreeMap<String, String>,
}

impl Branch {
    fn new() -> Self {
        let world = World::new();
        let (first, second) = world.universe.github(|github| {
            let first = github.commit_to("main", "One", &[("a", "1")]);
            (first, github.commit_to("main", "Two", &[("a", "2")]))
        });
        Self { world, first, second }
    }

    /// Puts exactly these files where releases take them from.
    fn build(&self, files: Build) {
        let folder = self.world.path("release-assets");
        drop(fs::remove_dir_all(&folder));
        for (name, text) in files {
            self.world.write(&format!("release-assets/{name}"), text);
        }
    }

    /// The step that releases what is there as the channel's newest build.
    fn step(&self, commit: &str) -> Program {
        self.world
            .program("create-release")
            .env("GITHUB_REF", "refs/heads/main")
            .env("GITHUB_SHA", commit)
            .input("channel", "nightly")
            .input("github-token", TOKEN)
    }

    /// The same, which must end well.
    fn release(&self, commit: &str) -> Outcome {
        self.step(commit).run().expect_code(0)
    }

    /// The first build, released.
    fn released() -> Self {
        let branch = Self::new();
        branch.build(FIRST);
        branch.release(&branch.first);
        branch.build(SECOND);
        branch
    }

    /// All releases, by tag and number.
    fn shown(&self) -> Vec<Shown> {
        self.world.universe.github(|github| {
            let tags = github.tags();
            let mut releases: Vec<Release> = github.releases().to_vec();
            releases.sort_by(|one, other| (&one.tag_name, one.id).cmp(&(&other.tag_name, other.id)));
            let shown = |release: Release| Shown {
                commit: tags.get(&release.tag_name).cloned(),
                draft: release.draft,
                prerelease: release.prerelease,
                body: release.body.clone().unwrap_or_default(),
                files: release
                    .assets
                    .iter()
                    .map(|asset| (asset.name.clone(), String::from_utf8_lossy(&asset.bytes).into_owned()))
                    .collect(),
                tag: release.tag_name,
            };
            releases.into_iter().map(shown).collect()
        })
    }

    #[track_caller]
    fn the_release(&self) -> Shown {
        let shown = self.shown();
        assert_eq!(shown.len(), 1, "{shown:#?}");
        shown.into_iter().next().expect("it was counted")
    }

    /// The requests since there were `before` of them.
    fn since(&self, before: usize) -> Vec<Entry> {
        self.world.universe.journal().into_iter().skip(before).collect()
    }

    fn asked(&self) -> usize {
        self.world.universe.journal().len()
    }

    /// A second run of the same must look no more than three times, and change nothing.
    #[track_caller]
    fn is_settled(&self, step: Program) {
        let before = self.asked();
        let outcome = step.run().expect_code(0);
        assert_eq!(outcome.output("outcome"), "already-done", "{}", outcome.told());
        assert_eq!(outcome.output("complete"), "true");
        let requests = self.since(before);
        assert!(requests.len() <= 3 && requests.iter().all(|entry| !entry.is_write()), "{requests:#?}");
    }
}

fn files(build: Build) -> BTreeMap<String, String> {
    build.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn the_first_run_makes_a_prerelease_that_names_its_commit() {
    let branch = Branch::new();
    branch.build(FIRST);
    let sent = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&sent);
    branch.world.universe.observe(Arc::new(move |exchange| {
        if exchange.request.method == "PATCH"
            && let Ok(change) = serde_json::from_slice::<Value>(&exchange.request.body)
        {
            kept.lock().expect("no panic").push(change);
        }
    }));
    let outcome = branch.release(&branch.first);
    assert_eq!(
        ["tag", "draft", "assets", "complete", "outcome"].map(|name| outcome.output(name)),
        ["nightly", "false", "3", "true", "done"]
    );
    let Shown { tag, commit, draft, prerelease, body, files: held } = branch.the_release();
    assert_eq!((tag.as_str(), commit.as_ref()), ("nightly", Some(&branch.first)));
    assert!(
        !draft && prerelease && body.contains(&format!("Development build of {}.", branch.first)),
        "{body}"
    );
    assert_eq!(held, files(FIRST));
    let sent = sent.lock().expect("no panic");
    assert!(
        sent.iter().any(|change| change["make_latest"] == "false" && change["prerelease"] == true),
        "{sent:?}"
    );
    branch.is_settled(branch.step(&branch.first));
}

#[test]
fn r31_we_move_the_tag_by_force_and_never_delete_it() {
    let branch = Branch::released();
    let before = branch.asked();
    let outcome = branch.release(&branch.second);
    assert!(outcome.stdout.contains("move the tag nightly from"), "{}", outcome.told());
    let release = branch.the_release();
    assert_eq!(release.commit.as_ref(), Some(&branch.second));
    assert_eq!(release.files, files(SECOND));
    assert!(
        release.body.contains(&branch.second) && !release.body.contains(&branch.first),
        "{}",
        release.body
    );
    let requests = branch.since(before);
    let at = |method: &str, part: &str| {
        requests.iter().position(|entry| entry.method == method && entry.path.contains(part))
    };
    assert_eq!(at("DELETE", "/git/refs"), None, "R16: that would take the release back");
    let moved = at("PATCH", "/git/refs/tags/nightly").expect("it moved");
    let sent = requests.iter().rposition(|entry| entry.service == "uploads").expect("files were sent");
    let gone = at("DELETE", "/releases/assets/").expect("old files went");
    let said =
        requests.iter().rposition(|entry| entry.method == "PATCH" && entry.path.contains("/releases/"));
    assert!(sent < moved && moved < gone && Some(gone) < said, "{requests:#?}");
    branch.is_settled(branch.step(&branch.second));
}

#[test]
fn r31_we_move_the_tag_back_where_the_branch_was_set_back() {
    let branch = Branch::released();
    branch.release(&branch.second);
    branch.build(FIRST);
    branch.release(&branch.first);
    assert_eq!(branch.the_release().commit.as_ref(), Some(&branch.first));
    assert_eq!(branch.the_release().files, files(FIRST));
}

#[test]
fn r25_we_leave_a_file_away_for_one_request_only() {
    let branch = Branch::released();
    let before = branch.asked();
    branch.release(&branch.second);
    let requests = branch.since(before);
    // `tool` has other bytes: its old asset is the only one that goes while something else waits for its name.
    let renamed = requests
        .iter()
        .position(|entry| entry.method == "PATCH" && entry.path.contains("/releases/assets/"))
        .expect("the new one got the name");
    let gone =
        requests[..renamed].iter().rposition(|entry| entry.method == "DELETE").expect("the old one went");
    assert_eq!(requests[gone + 1..renamed].len(), 0, "{requests:#?}");
}

#[test]
fn r25_we_send_nothing_that_is_there() {
    let branch = Branch::released();
    let before = branch.asked();
    branch.release(&branch.second);
    let sent = branch.since(before).iter().filter(|entry| entry.service == "uploads").count();
    assert_eq!(sent, 2, "`guide.pdf` did not change");
}

#[test]
fn what_people_put_on_the_page_stays() {
    let branch = Branch::released();
    branch.world.universe.github(|github| {
        let release = &mut github.releases_mut()[0];
        release.name = Some("Fresh from the branch".into());
        release.body =
            release.body.take().map(|body| format!("Use at your own risk.\r\n\r\n{body}\r\n\r\nThanks!"));
        let id = release.id;
        github.add_asset(id, "by-hand.zip", b"theirs".to_vec());
    });
    branch.release(&branch.second);
    let release = branch.the_release();
    assert!(
        release.body.starts_with("Use at your own risk.") && release.body.ends_with("Thanks!"),
        "{}",
        release.body
    );
    assert_eq!(release.files.get("by-hand.zip").map(String::as_str), Some("theirs"));
    assert!(!release.files.contains_key("tool-1.0.dev1.bin"), "{release:#?}");
    let name = branch.world.universe.github(|github| github.releases()[0].name.clone());
    assert_eq!(name.as_deref(), Some("Fresh from the branch"));
    branch.is_settled(branch.step(&branch.second));
}

#[test]
fn notes_and_title_may_be_given() {
    let branch = Branch::released();
    branch.world.write("nightly.md", "The newest of everything.\n");
    let step = || {
        branch
            .step(&branch.second)
            .input("notes-file", "nightly.md")
            .input("title", "Build of the night ({tag})")
    };
    step().run().expect_code(0);
    assert!(branch.the_release().body.contains("The newest of everything."));
    let name = branch.world.universe.github(|github| github.releases()[0].name.clone());
    assert_eq!(name.as_deref(), Some("Build of the night (nightly)"));
    branch.is_settled(step());
    let text = "x".repeat(120_000);
    let outcome = branch.step(&branch.second).input("notes-text", text).run().expect_code(1);
    assert!(outcome.finds("release/channel-notes", ""), "{}", outcome.told());
}

/// Makes a nightly of somebody else, published at the newest commit.
fn hand_made(branch: &Branch, body: &str, held: Build) {
    branch.world.universe.github(|github| {
        github.set_tag("nightly", &branch.second);
        let body = Some(body.into());
        let new = NewRelease { tag_name: "nightly".into(), body, ..NewRelease::default() };
        let id = github.add_release(new);
        for (name, text) in held {
            github.add_asset(id, name, text.as_bytes().to_vec());
        }
    });
}

/// The run must stop for this reason, and change nothing.
#[track_caller]
fn is_refused(branch: &Branch, step: Program, check: &str, file: &str) -> Outcome {
    let (shown, writes) = (branch.shown(), branch.world.writes());
    let outcome = step.run().expect_code(1);
    assert!(outcome.finds(check, file), "{}", outcome.told());
    assert_eq!(outcome.output("complete"), "false");
    assert_eq!((branch.shown(), branch.world.writes()), (shown, writes));
    outcome
}

#[test]
fn a_release_that_somebody_else_made_is_left_alone_until_it_is_empty() {
    for (body, held) in [("Hand-made", &[][..]), ("", &[("other", "theirs")]), ("\r\n", FIRST)] {
        let branch = Branch::new();
        branch.build(FIRST);
        hand_made(&branch, body, held);
        is_refused(&branch, branch.step(&branch.second), "release/channel-not-ours", "");
        branch.world.universe.github(|github| {
            let release = &mut github.releases_mut()[0];
            release.body = Some("\r\n".into());
            release.assets.clear();
        });
        branch.release(&branch.first);
        let release = branch.the_release();
        assert_eq!((release.files, release.prerelease), (files(FIRST), true));
        branch.is_settled(branch.step(&branch.first));
    }
}

#[test]
fn a_release_that_is_handed_over_by_our_marks_keeps_its_other_files() {
    let branch = Branch::new();
    branch.build(FIRST);
    let body = "Hand-made\r\n\r\n<!-- release-action -->\r\n<!-- /release-action -->\r\n";
    hand_made(&branch, body, &[("tool", "theirs"), ("other", "theirs, too")]);
    is_refused(&branch, branch.step(&branch.second), "release/channel-file-not-ours", "tool");
    branch
        .world
        .universe
        .github(|github| github.releases_mut()[0].assets.retain(|asset| asset.name != "tool"));
    branch.release(&branch.second);
    let mut expected = files(FIRST);
    expected.insert("other".into(), "theirs, too".into());
    let release = branch.the_release();
    assert_eq!((release.files, release.body.starts_with("Hand-made")), (expected, true));
    branch.is_settled(branch.step(&branch.second));
}

#[test]
fn a_file_that_somebody_attached_is_not_replaced_when_a_build_has_that_name() {
    const WITH_SCRIPT: Build = &[("tool", "tool of three"), ("install.sh", "ours")];
    let branch = Branch::released();
    branch.world.universe.github(|github| {
        let id = github.releases()[0].id;
        github.add_asset(id, "install.sh", b"theirs".to_vec());
    });
    branch.release(&branch.second);
    branch.build(WITH_SCRIPT);
    is_refused(&branch, branch.step(&branch.second), "release/channel-file-not-ours", "install.sh");
    branch.world.universe.github(|github| {
        github.releases_mut()[0].assets.retain(|asset| asset.name != "install.sh");
    });
    branch.release(&branch.second);
    assert_eq!(branch.the_release().files, files(WITH_SCRIPT));
    branch.is_settled(branch.step(&branch.second));
}

#[test]
fn a_tag_without_a_release_is_not_moved() {
    let branch = Branch::new();
    branch.build(FIRST);
    branch.world.universe.github(|github| github.set_tag("nightly", &branch.first));
    let outcome = is_refused(&branch, branch.step(&branch.second), "release/channel-tag-not-ours", "");
    assert!(outcome.stdout.contains(&branch.first), "{}", outcome.told());
    assert_eq!(branch.world.universe.github(|github| github.tags())["nightly"], branch.first);
    // Where it leads to the commit that was built, nothing is to be moved.
    branch.release(&branch.first);
    branch.is_settled(branch.step(&branch.first));
}

#[test]
fn what_a_deleted_nightly_leaves_is_named() {
    let branch = Branch::released();
    let undo = branch.world.program("create-release").input("undo", "delete").input("tag", "nightly");
    undo.input("github-token", TOKEN).run().expect_code(0);
    let outcome = is_refused(&branch, branch.step(&branch.second), "release/channel-tag-not-ours", "");
    assert!(outcome.told().contains("git push --delete"), "{}", outcome.told());
}

#[test]
fn files_under_temporary_names_count_towards_the_limit() {
    let branch = Branch::released();
    let others = 1000 - FIRST.len() - 1;
    branch.world.universe.github(|github| {
        let id = github.releases()[0].id;
        for number in 0..others {
            github.add_asset(id, &format!("part-{number}"), b"x".to_vec());
        }
    });
    // In the end there would be no more than before; `tool` and `tool-1.0.dev2.bin` are sent before anything goes.
    let outcome = is_refused(&branch, branch.step(&branch.second), "release/asset-count", "");
    assert!(
        outcome.told().contains("999 files are on the release, and 2 are to be sent"),
        "{}",
        outcome.told()
    );
    branch.world.universe.github(|github| drop(github.releases_mut()[0].assets.pop()));
    // Cut off with both of them sent, it needs no more room than before.
    let kill = Kill::default();
    let hook = kill.clone();
    branch.world.universe.on_kill(Arc::new(move || hook.now()));
    branch.world.universe.inject(Fault {
        kind: FaultKind::KillAfter,
        service: Some("uploads".into()),
        at: 2,
    });
    branch.step(&branch.second).killed_by(&kill).run();
    assert_eq!(branch.the_release().files.len(), 1000);
    branch.release(&branch.second);
    assert_eq!(branch.the_release().files.len(), others - 1 + SECOND.len());
}

#[test]
fn other_line_ends_are_no_other_text() {
    let branch = Branch::released();
    branch.release(&branch.second);
    branch.world.universe.github(|github| {
        let release = &mut github.releases_mut()[0];
        release.body = release.body.take().map(|body| body.replace('\n', " \r\n"));
    });
    branch.is_settled(branch.step(&branch.second));
}

#[test]
fn r28_we_send_nothing_to_an_immutable_nightly_and_advise_dated_tags() {
    let branch = Branch::new();
    branch.world.universe.github(|github| github.settings.immutable_releases = true);
    branch.build(FIRST);
    branch.release(&branch.first);
    branch.is_settled(branch.step(&branch.first));
    branch.build(SECOND);
    let writes = branch.world.writes();
    let outcome = branch.step(&branch.second).run().expect_code(1);
    assert!(outcome.finds("release/channel-immutable", ""), "{}", outcome.told());
    assert!(outcome.stdout.contains("channel-tags: dated"), "{}", outcome.told());
    assert_eq!(branch.world.writes(), writes);
}

#[test]
fn the_records_are_replaced_along_and_must_be_of_the_commit() {
    let branch = Branch::new();
    let validated = |commit: &str, version: &str, files: Build| {
        branch.build(files);
        drop(fs::remove_dir_all(branch.world.path("dist")));
        for (name, bytes) in SetBuilder::new("sample", version).build() {
            branch.world.write(&format!("dist/{name}"), bytes);
        }
        let step = branch.world.program("validate-wheels").env("GITHUB_REF", "refs/heads/main");
        step.input("commit", commit).run().expect_code(0);
    };
    validated(&branch.first, "1.3.0.dev1", FIRST);
    branch.release(&branch.first);
    let before = branch.the_release().files;
    for name in ["manifest.json", "SHA256SUMS", "sample-1.3.0.dev1.tar.gz", "tool"] {
        assert!(before.contains_key(name), "{name}: {:?}", before.keys());
    }
    let outcome = branch.step(&branch.second).run().expect_code(1);
    assert!(outcome.finds("release/channel-other-commit", ""), "{}", outcome.told());

    validated(&branch.second, "1.3.0.dev2", SECOND);
    branch.release(&branch.second);
    let after = branch.the_release().files;
    assert_eq!(after.len(), before.len(), "{:?}", after.keys());
    assert!(after.keys().all(|name| !name.contains("dev1")), "{:?}", after.keys());
    assert!(after["SHA256SUMS"].contains("tool-1.0.dev2.bin") && !after["SHA256SUMS"].contains("dev1"));
    assert!(after["manifest.json"].contains(&branch.second), "{}", after["manifest.json"]);
    branch.is_settled(branch.step(&branch.second));
}

#[test]
fn further_files_and_names_are_as_for_a_version() {
    let branch = Branch::released();
    branch.world.write("notes/extra.txt", "more");
    let step = || {
        branch
            .step(&branch.second)
            .input("files", "notes/*.txt")
            .input("rename", "*.txt -> {stem}-{tag}{ext}")
    };
    step().run().expect_code(0);
    let mut expected = files(SECOND);
    expected.insert("extra-nightly.txt".into(), "more".into());
    assert_eq!(branch.the_release().files, expected);
    branch.is_settled(step());
    // Not declared any more: it was ours.
    branch.release(&branch.second);
    assert_eq!(branch.the_release().files, files(SECOND));
}

#[test]
fn a_dry_run_prints_all_of_it_and_changes_nothing() {
    let branch = Branch::released();
    let writes = branch.world.writes();
    let outcome = branch.step(&branch.second).input("dry-run", "true").run().expect_code(0);
    assert_eq!((outcome.output("outcome"), outcome.output("complete")), ("planned", "false"));
    for line in [
        "+ mark the coming files as ours in the text of nightly",
        "+ attach tool-1.0.dev2.bin (3 bytes",
        "+ send tool (15 bytes",
        "! move the tag nightly from",
        "! let tool on nightly be the new one",
        "! remove tool-1.0.dev1.bin, which is not declared any more, from nightly",
        "+ set title and notes of nightly",
    ] {
        assert!(outcome.stdout.contains(line), "`{line}` is not in\n{}", outcome.stdout);
    }
    assert_eq!(branch.world.writes(), writes);
}

#[test]
fn inputs_that_make_no_sense_beside_a_channel_are_refused() {
    let branch = Branch::new();
    branch.build(FIRST);
    for (name, value, told) in [
        ("tag", "v1.2.0", "tags of its own"),
        ("channel", "v1.2.0", "names a version"),
        ("channel", "a b", "names no channel"),
        ("channel-tags", "weekly", "neither `moving` nor `dated`"),
        ("keep-releases", "3", "a tag that moves has one release"),
        ("on-conflict", "keep", "replaces its own files"),
        ("expect-assets", "*", "what this run declares"),
        ("publish", "false", "published for each commit"),
        ("prerelease", "false", "is a prerelease"),
        ("make-latest", "true", "is a prerelease"),
        ("notes-from", "github", "else they name the commit"),
        ("title", "Sample {version}", "names no version"),
        ("title", "Two\nlines", "more than one line"),
        ("title", "\u{1b}[31mred", "control character"),
        ("previous-tag", "v1.1.0", "no versions"),
        ("rename", "{stem}-{version}{ext}", "names no version"),
    ] {
        let outcome = branch.step(&branch.first).input(name, value).run().expect_code(64);
        assert!(outcome.stderr.contains(told) || outcome.stdout.contains(told), "{name}: {}", outcome.told());
    }
    let dated = branch.step(&branch.first).input("channel-tags", "dated").input("keep-releases", "0");
    assert!(dated.run().expect_code(64).told().contains("no number of releases"));
    let world = &branch.world;
    for (name, value) in [("keep-releases", "3"), ("channel-tags", "dated")] {
        let step = world.program("create-release").input("github-token", TOKEN).input(name, value);
        assert!(step.run().expect_code(64).told().contains("there is no `channel`"), "{name}");
    }
    assert_eq!(world.writes(), 0);
}
