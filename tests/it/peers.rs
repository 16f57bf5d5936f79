//! Real components: GitHub's own client against our simulator, and our program against a real index.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use release_action::sim::github::access::Permissions;
use release_action::sim::universe::{Setup, Universe};
use serde_json::Value;

use crate::support::container::image;
use crate::support::contract::{Contract, ContractGuard};
use crate::support::corpus::{Pinned, hex, zlmdb};
use crate::support::index_server::IndexServer;
use crate::support::program::{Outcome, Program};
use crate::support::runner::{Job, Step};
use crate::support::tools::{node, python, run};

const REPOSITORY: &str = "octo-org/sample";
const TAG: &str = "v1.2.0";
const TOKEN: &str = "ghs_tokenofarealclient";

/// A world with a tag on the default branch and a token that may write, held to GitHub's description.
fn world(base_path: &str) -> (Universe, ContractGuard) {
    let setup =
        Setup { repository: REPOSITORY.into(), github_base_path: base_path.into(), ..Setup::default() };
    let universe = Universe::start(setup).expect("loopback has free ports");
    universe.github(|github| {
        github.add_token(TOKEN, Permissions::writer());
        let commit = github.commit_to("main", "Release 1.2.0", &[("README.md", "sample")]);
        github.set_tag(TAG, &commit);
    });
    let contract = Contract::watch(&universe);
    (universe, contract)
}

/// What octokit saw when it released `file`; `until` stops it early.
fn octokit(universe: &Universe, file: &Path, until: &str) -> Option<Value> {
    let mut script = node()?.script("octokit.mjs");
    script.env("API_URL", universe.addresses().github_api).env("TOKEN", TOKEN).env("REPOSITORY", REPOSITORY);
    let said =
        run(script.env("TAG", TAG).env("FILE", file).env("UNTIL", until)).expect("octokit comes to its end");
    Some(serde_json::from_str(&said).expect("the script prints one object"))
}

#[test]
fn a_real_client_releases_on_the_simulator() {
    let (universe, _contract) = world("");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("sample-linux-x86_64");
    std::fs::write(&file, b"\x7fELF and so on").expect("a temporary folder can be written to");
    let Some(seen) = octokit(&universe, &file, "published") else { return };

    let sha256 = hex(b"\x7fELF and so on");
    assert_eq!(seen["draftByTag"], 404, "a draft has no tag to be found by");
    assert_eq!(seen["listed"], serde_json::json!([seen["id"]]));
    assert_eq!(seen["uploaded"]["state"], "uploaded");
    assert_eq!(seen["uploaded"]["digest"], format!("sha256:{sha256}"));
    assert_eq!((&seen["draft"], &seen["tag"]), (&Value::from(false), &Value::from(TAG)));
    assert_eq!(seen["publishedByTag"], 200);
    assert_eq!(seen["assets"], serde_json::json!(["sample-linux-x86_64"]));
    assert_eq!(seen["downloaded"], sha256, "through the storage's signed address");
}

#[test]
fn what_a_real_client_began_our_program_keeps_and_finishes() {
    let (universe, _contract) = world("");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (theirs, assets) = (folder.path().join("by-hand.txt"), folder.path().join("release-assets"));
    std::fs::write(&theirs, "made elsewhere").expect("a temporary folder can be written to");
    std::fs::create_dir(&assets).expect("as above");
    std::fs::write(assets.join("sample-linux-x86_64"), b"\x7fELF and so on").expect("as above");
    if octokit(&universe, &theirs, "draft").is_none() {
        return;
    }
    let create = || -> Outcome {
        Program::mode("create-release")
            .in_workflow(REPOSITORY, &format!("refs/tags/{TAG}"))
            .env("GITHUB_API_URL", universe.addresses().github_api)
            .input("github-token", TOKEN)
            .secret(TOKEN)
            .flag("assets-dir", &assets)
            .run()
            .expect_code(0)
    };
    assert_eq!(create().output("draft"), "false");
    universe.github(|github| {
        let [release] = github.releases() else { panic!("one release, not {:?}", github.releases()) };
        let names: Vec<_> = release.assets.iter().map(|asset| asset.name.as_str()).collect();
        assert!(
            !release.draft && names.contains(&"by-hand.txt") && names.contains(&"sample-linux-x86_64"),
            "{names:?}"
        );
    });
    assert_eq!(create().output("outcome"), "already-done");
}

#[test]
fn the_image_talks_to_a_server_of_ones_own() {
    let Some(image) = image() else { return };
    let (universe, _contract) = world("/api/v3");
    let mut job = Job::new(REPOSITORY, &format!("refs/tags/{TAG}"));
    job.set("GITHUB_API_URL", &universe.addresses().github_api);
    let commit = universe.github(|github| github.tags().get(TAG).cloned()).expect("the tag is there");
    job.set("GITHUB_SHA", &commit);
    let manifest = "[project]\nname = \"sample\"\nversion = \"1.2.0\"\n";
    std::fs::write(job.workspace().join("pyproject.toml"), manifest).expect("the workspace is ours");
    let outcome = job.run(image, &Step::mode("verify-tag").with("github-token", TOKEN)).expect_code(0);
    assert_eq!((outcome.output("tag"), outcome.output("version-semver")), (TAG, "1.2.0"));
    let (tags, commit) = universe.github(|github| (github.tags(), outcome.output("commit").to_owned()));
    assert_eq!(tags.get(TAG), Some(&commit));
}

#[test]
fn a_real_index_takes_zlmdb_once_and_pip_gets_it_back() {
    let (Some(corpus), Some(python)) = (zlmdb(), python()) else { return };
    let (user, password) = ("release", "correct-horse-battery");
    let server = IndexServer::start(python, user, password);
    let publish = || -> Outcome {
        Program::mode("publish")
            .flag("packages-dir", &corpus.folder)
            .flag("repository-url", server.repository_url())
            .flag("index-url", server.index_url())
            .flag("user", user)
            .input("password", password)
            .secret(password)
            .run()
            .expect_code(0)
    };
    assert_eq!(publish().output("uploaded"), "20");
    assert_eq!(server.uploads(), 20);
    for pin in &corpus.files {
        let stored = std::fs::read(server.packages().join(&pin.file)).unwrap_or_default();
        assert_eq!(hex(&stored), pin.sha256, "{} as the index keeps it", pin.file);
    }

    let again = publish();
    assert_eq!((again.output("outcome"), again.output("uploaded")), ("already-done", "0"));
    assert_eq!(server.uploads(), 20, "the second run sent something");

    let downloads = tempfile::tempdir().expect("a temporary folder can be made");
    let wheels: Vec<_> = corpus.files.iter().filter(|pin| pin.file.ends_with(".whl")).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(pin) = wheels.get(next.fetch_add(1, Ordering::Relaxed)) {
                    run(for_exactly(server.pip_download(python), pin).arg("--dest").arg(downloads.path()))
                        .unwrap_or_else(|error| panic!("{}: {error}", pin.file));
                }
            });
        }
    });
    for pin in wheels {
        let bytes = std::fs::read(downloads.path().join(&pin.file)).unwrap_or_default();
        assert_eq!(hex(&bytes), pin.sha256, "{} as pip got it", pin.file);
    }
}

#[test]
fn an_index_that_refuses_the_password_is_no_finding() {
    let (Some(corpus), Some(python)) = (zlmdb(), python()) else { return };
    let server = IndexServer::start(python, "release", "correct-horse-battery");
    let outcome = Program::mode("publish")
        .flag("packages-dir", &corpus.folder)
        .flag("repository-url", server.repository_url())
        .flag("index-url", server.index_url())
        .flag("user", "release")
        .input("password", "staple")
        .run()
        .expect_code(2);
    assert!(outcome.stderr.contains("403"), "what the index said is told:\n{}", outcome.told());
    assert_eq!(std::fs::read_dir(server.packages()).expect("it is there").count(), 0);
}

/// Lets pip choose exactly this wheel, whatever machine it runs on.
fn for_exactly(mut pip: Command, pin: &Pinned) -> Command {
    let stem = pin.file.trim_end_matches(".whl");
    let [project, version, python, abi, platforms] = stem.split('-').collect::<Vec<_>>()[..] else {
        panic!("{stem} has a build tag, which nobody expects of zlmdb")
    };
    let (implementation, digits) = python.split_at(2);
    let platform = platforms.split('.').next().unwrap_or_default();
    pip.args([
        "--only-binary=:all:",
        "--implementation",
        implementation,
        "--abi",
        abi,
        "--platform",
        platform,
    ]);
    pip.args(["--python-version", &format!("{}.{}", &digits[..1], &digits[1..])]);
    pip.arg(format!("{project}=={version}"));
    pip
}
