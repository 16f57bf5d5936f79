//! `baseline: previous-release`: what the release before had and this one lacks, asked from an index on loopback.

use std::time::Duration;

use release_action::archive::build::{SdistBuilder, WheelBuilder};
use release_action::sim::fault::{Fault, FaultKind};
use release_action::sim::index::Flavour;
use release_action::sim::universe::{Setup, Universe};
use tempfile::TempDir;

use crate::support::canned::{canned, closed_port, log_in_page};
use crate::support::program::{Outcome, Program};
use crate::support::world::{ReleaseFile, write_files};

const VANISHED: &str = "set/vanished-since-baseline";
const RAISED: &str = "set/raised-since-baseline";
const NO_BASELINE: &str = "set/no-baseline";

/// An index, and a folder with the release that is about to go there.
struct Shop {
    universe: Universe,
    folder: TempDir,
}

/// Pure wheels, so that the rules about native code have nothing to say.
fn wheel(version: &str, tags: [&str; 3], requires_python: &str) -> ReleaseFile {
    let [python, abi, platform] = tags;
    let mut wheel = WheelBuilder::new("sample", version, python, abi, platform);
    wheel.metadata("Requires-Python", requires_python);
    let (name, bytes) = wheel.build();
    (name.to_string(), bytes)
}

fn sdist(version: &str) -> ReleaseFile {
    let mut sdist = SdistBuilder::new("sample", version);
    sdist.metadata("Requires-Python", ">=3.12");
    let (name, bytes) = sdist.build();
    (name.to_string(), bytes)
}

const LINUX: [&str; 3] = ["cp312", "abi3", "manylinux_2_28_x86_64"];
const WINDOWS: [&str; 3] = ["cp312", "abi3", "win_amd64"];
const PURE: [&str; 3] = ["py3", "none", "any"];

impl Shop {
    /// A shop that is to release these files.
    fn releasing(files: &[ReleaseFile]) -> Self {
        let setup = Setup { slow: Duration::from_millis(50), ..Setup::default() };
        let universe = Universe::start(setup).expect("loopback is there");
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_files(&folder.path().join("dist"), files);
        Self { universe, folder }
    }

    /// Files that went out long ago; `!` is one that was yanked.
    fn after(self, names: &[&str]) -> Self {
        self.universe.index(|index| {
            for name in names {
                let bare = name.trim_start_matches('!');
                index.place(&bare.parse().expect("a file name"), "long ago").expect("a distribution");
                if *name != bare {
                    index.yank(bare, "broken").expect("it is there");
                }
            }
        });
        self
    }

    fn program(&self) -> Program {
        Program::mode("validate-wheels")
            .current_dir(self.folder.path())
            .input("baseline", "previous-release")
            .input("index-url", &self.universe.addresses().index_url)
    }

    /// The findings of this family of rules, each with its message; the run ends with `code`.
    #[track_caller]
    fn found(&self, code: i32) -> Vec<(String, String)> {
        found(&self.program().run().expect_code(code))
    }

    fn asked(&self) -> usize {
        self.universe.journal().iter().filter(|entry| entry.path.starts_with("/simple/sample/")).count()
    }
}

fn found(outcome: &Outcome) -> Vec<(String, String)> {
    let findings = outcome.report["findings"].as_array().expect("a list");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let pairs = findings.iter().map(|finding| (text(&finding["check"]), text(&finding["message"])));
    pairs.filter(|(check, _)| [VANISHED, RAISED, NO_BASELINE].contains(&check.as_str())).collect()
}

/// Whether a finding of the rule says this.
fn tells(outcome: &Outcome, rule: &str, part: &str) -> bool {
    found(outcome).iter().any(|(check, message)| check == rule && message.contains(part))
}

#[test]
fn a_wheel_and_an_sdist_that_vanished_are_warnings_with_their_names() {
    let shop = Shop::releasing(&[wheel("1.2.0", LINUX, ">=3.12")]).after(&[
        "sample-1.1.0-cp312-abi3-manylinux_2_17_x86_64.whl",
        "sample-1.1.0-cp312-abi3-win_amd64.whl",
        "sample-1.1.0.tar.gz",
    ]);
    let outcome = shop.program().run().expect_code(0);
    let expected = [
        "there is no sdist any more: sample 1.1.0 has `sample-1.1.0.tar.gz`",
        "there is no wheel for Windows any more: sample 1.1.0 has `sample-1.1.0-cp312-abi3-win_amd64.whl`",
    ];
    let warned: Vec<_> = found(&outcome).into_iter().filter(|(check, _)| check == VANISHED).collect();
    assert_eq!(warned.iter().map(|(_, message)| message.as_str()).collect::<Vec<_>>(), expected);
    assert!(tells(&outcome, RAISED, "2.28, and asked for 2.17"), "{}", outcome.told());
    assert_eq!(outcome.output("baseline"), "sample 1.1.0");
    let manifest = shop.folder.path().join("release-manifest");
    std::fs::remove_dir_all(&manifest).expect("it was left");
    let strict = shop.program().input("fail-on", VANISHED).run().expect_code(1);
    assert_eq!(strict.output("outcome"), "blocked", "{}", strict.told());
    assert!(!manifest.exists());
}

#[test]
fn nothing_is_asked_and_nothing_told_without_a_baseline() {
    let shop = Shop::releasing(&[wheel("1.2.0", LINUX, ">=3.12")]).after(&["sample-1.1.0.tar.gz"]);
    for program in [shop.program().input("baseline", "none"), shop.program().input("baseline", "")] {
        let outcome = program.run().expect_code(0);
        assert_eq!((found(&outcome), outcome.output("baseline")), (Vec::new(), ""));
    }
    assert_eq!(shop.asked(), 0);
    let outcome = shop.program().flag("baseline", "last").run().expect_code(64);
    assert!(outcome.stderr.contains("neither `none` nor `previous-release`"), "{}", outcome.told());
}

#[test]
fn what_only_moved_is_no_loss() {
    let now = [wheel("1.2.0", LINUX, ">=3.12"), wheel("1.2.0", WINDOWS, ">=3.12"), sdist("1.2.0")];
    let shop = Shop::releasing(&now).after(&[
        "sample-1.1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
        "sample-1.1.0-cp313-cp313-win_amd64.whl",
        "sample-1.1.0-cp311-cp311-win_amd64.whl",
        "sample-1.1.0.tar.gz",
    ]);
    shop.universe.index(|index| {
        index.set_requires_python("sample-1.1.0.tar.gz", ">=3.11").expect("it is there");
    });
    let found = shop.found(0);
    let [(check, message)] = &found[..] else { panic!("{found:?}") };
    assert_eq!(check, RAISED);
    assert!(
        message.starts_with("`Requires-Python` is `>=3.12` and was `>=3.11`: Python 3.11 is"),
        "{message}"
    );
}

#[test]
fn pages_without_json_tell_as_much() {
    for flavour in [Flavour::Pypiserver, Flavour::PypiserverWithoutHashes] {
        let shop = Shop::releasing(&[wheel("1.2.0", PURE, ">=3.12"), sdist("1.2.0")]).after(&[
            "sample-1.1.0-py3-none-any.whl",
            "sample-1.1.0.tar.gz",
            "!sample-1.1.5-cp312-cp312-win32.whl",
        ]);
        shop.universe.index(|index| {
            index.set_flavour(flavour);
            index.set_requires_python("sample-1.1.0-py3-none-any.whl", ">=3.10").expect("it is there");
        });
        let found = shop.found(0);
        assert!(found.len() == 1 && found[0].1.contains("was `>=3.10`: Python 3.10 to 3.11"), "{found:?}");
    }
}

#[test]
fn the_release_before_is_the_last_one_that_counts() {
    let others = [
        "sample-1.1.0-cp312-abi3-win_amd64.whl",
        "!sample-1.1.1-cp312-abi3-win_arm64.whl",
        "sample-1.2.0rc1-cp312-abi3-win32.whl",
        "sample-1.10.0-cp312-abi3-macosx_11_0_arm64.whl",
    ];
    for (version, compared, lost) in
        [("1.2.0", "1.1.0", "win_amd64"), ("1.2.0rc2", "1.2.0rc1", "win32"), ("2.0", "1.10.0", "macosx")]
    {
        let shop = Shop::releasing(&[wheel(version, LINUX, ">=3.12")]).after(&others);
        let outcome = shop.program().run().expect_code(0);
        assert_eq!(outcome.output("baseline"), format!("sample {compared}"), "{version}");
        assert!(tells(&outcome, VANISHED, lost), "{version}: {}", outcome.told());
    }
}

#[test]
fn a_first_release_is_said_to_be_compared_with_nothing() {
    let files = [wheel("1.2.0", PURE, ">=3.12"), sdist("1.2.0")];
    for (before, said) in [
        (&[][..], "the index has no file of `sample`, so 1.2.0 is compared with nothing"),
        (
            &["sample-1.2.0rc1.tar.gz"][..],
            "the index has no final release of `sample` before 1.2.0 that is not yanked",
        ),
        (
            &["!sample-1.1.0.tar.gz", "sample-1.3.0.tar.gz"][..],
            "the index has no final release of `sample` before",
        ),
    ] {
        let shop = Shop::releasing(&files).after(before);
        let outcome = shop.program().run().expect_code(0);
        let found = found(&outcome);
        assert!(found.len() == 1 && found[0].0 == NO_BASELINE && found[0].1.contains(said), "{found:?}");
        assert!(outcome.stderr.contains(said), "it is said aloud: {}", outcome.told());
        assert_eq!(outcome.output("baseline"), "");
    }
}

#[test]
fn an_index_that_stumbles_is_asked_again() {
    for kind in [FaultKind::Refuse, FaultKind::Drop, FaultKind::Lost, FaultKind::Slow] {
        let shop = Shop::releasing(&[wheel("1.2.0", PURE, ">=3.12")])
            .after(&["sample-1.1.0-py3-none-any.whl", "sample-1.1.0.tar.gz"]);
        shop.universe.inject(Fault { kind, service: Some("index".into()), at: 1 });
        let outcome = shop.program().input("dry-run", "true").run().expect_code(0);
        assert!(tells(&outcome, VANISHED, "sdist"), "{kind}: {}", outcome.told());
        assert!(shop.universe.pending_faults().is_empty(), "{kind} struck");
    }
}

#[test]
fn an_index_that_cannot_be_asked_is_an_error_and_leaves_no_manifest() {
    let files = [wheel("1.2.0", PURE, ">=3.12")];
    let page =
        |status, content_type, body: &'static str| canned(move |_| (status, content_type, body.to_owned()));
    let json = "application/vnd.pypi.simple.v1+json";
    for (origin, said) in [
        (closed_port(), "cannot be reached"),
        (canned(log_in_page), "a page of HTML"),
        (page(500, "text/plain", "oops"), "the package index answered 500"),
        (page(401, "text/plain", "who are you?"), "user name and password"),
        (page(200, json, "{\"files\": [{}]}"), "other JSON"),
        (page(200, json, "\u{0}\u{1}garbage"), "was expected"),
    ] {
        let shop = Shop::releasing(&files);
        let outcome = shop.program().input("index-url", format!("{origin}/simple/")).run().expect_code(2);
        let told = outcome.told();
        assert!(
            told.contains("what the release before had cannot be told") && told.contains(said),
            "{said}: {told}"
        );
        assert_eq!(outcome.output("outcome"), "error");
        assert!(!shop.folder.path().join("release-manifest").exists(), "{told}");
    }
}

#[test]
fn an_index_that_cannot_be_asked_hides_no_finding() {
    let (name, _) = wheel("1.2.0", PURE, ">=3.12");
    let shop = Shop::releasing(&[(name, b"no archive".to_vec())]);
    let outcome =
        shop.program().input("index-url", format!("{}/simple/", closed_port())).run().expect_code(1);
    assert!(outcome.finds("archive/unreadable", ""), "{}", outcome.told());
    assert!(tells(&outcome, NO_BASELINE, "cannot be reached"), "{}", outcome.told());
}

#[test]
fn names_of_strangers_on_the_index_do_no_harm() {
    let evil = "\u{1b}[31m::error::x\n";
    let files: Vec<_> =
        ["sample-1.1.0.tar.gz", evil, "sample-1.1.0-a.b.c.d-e.f.g.h-i.j.k.l.whl", "../../x.whl"]
            .iter()
            .map(|name| serde_json::json!({ "filename": name, "url": "x", "requires-python": evil }))
            .collect();
    let body = serde_json::json!({ "meta": { "api-version": "1.1" }, "files": files }).to_string();
    let origin = canned(move |_| (200, "application/vnd.pypi.simple.v1+json", body.clone()));
    let shop = Shop::releasing(&[wheel("1.2.0", PURE, ">=3.12"), sdist("1.2.0")]);
    let outcome = shop.program().input("index-url", format!("{origin}/simple/")).run().expect_code(0);
    assert_eq!(outcome.output("baseline"), "sample 1.1.0", "{}", outcome.told());
    assert!(
        !outcome.stderr.contains('\u{1b}') && !outcome.stdout.contains("::error::x"),
        "{}",
        outcome.told()
    );
}
