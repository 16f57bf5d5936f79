//! GitHub's own client for artifacts and ours, on one service: what one of them leaves, the other one gets.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::collect::upload::{Job, hex};
use crate::support::tools::{artifact_client, run};
use crate::support::world::{REPOSITORY, TOKEN};

/// GitHub's client in this job: what it says in the end.
fn theirs(job: &Job, arguments: &[&str]) -> Option<Value> {
    let addresses = job.world.universe.addresses();
    let mut script: Command = artifact_client()?.module("artifact.mjs");
    script
        .args(arguments)
        .current_dir(job.world.workspace.path())
        .env("ACTIONS_RUNTIME_TOKEN", &job.token)
        .env("ACTIONS_RESULTS_URL", &addresses.results_url)
        .env("GITHUB_API_URL", &addresses.github_api)
        // It refuses servers that are not GitHub's, by their names.
        .env("GITHUB_SERVER_URL", "http://github.localhost")
        .env("GITHUB_REPOSITORY", REPOSITORY)
        .env("GITHUB_RUN_ID", job.run.to_string())
        .env("GITHUB_WORKSPACE", job.world.workspace.path())
        .env("TOKEN", TOKEN);
    let said = run(&mut script).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    let last = said.lines().last().unwrap_or_default();
    Some(serde_json::from_str(last).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{said}")))
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn what_githubs_client_leaves_we_collect() {
    let job = Job::new();
    let (root, wheel) = (job.world.path("dist"), job.world.path("dist/sample-1.2.0-py3-none-any.whl"));
    let tool = job.world.path("dist/sub/tool.txt");
    let Some(seen) = theirs(&job, &["upload", "wheels", &text(&root), &text(&wheel), &text(&tool)]) else {
        return;
    };
    let [artifact] = &job.artifacts()[..] else { panic!("{:?}", job.artifacts()) };
    assert_eq!(seen["digest"], hex(&artifact.facts.bytes), "what it says that it sent is what is stored");
    assert_eq!(artifact.facts.content_type, "application/zip");

    std::fs::remove_dir_all(&root).expect("the workspace is ours");
    let outcome = collected(&job, "wheels");
    assert_eq!(outcome.output("files"), "2", "{}", outcome.told());
    assert_eq!(std::fs::read(wheel).expect("placed"), b"a wheel");
}

/// What our program collects of this run.
fn collected(job: &Job, name: &str) -> crate::support::program::Outcome {
    job.world
        .program("collect-artifacts")
        .env("GITHUB_RUN_ID", job.run.to_string())
        .input("github-token", TOKEN)
        .input("artifacts", name)
        .run()
        .expect_code(0)
}

#[test]
fn a_raw_file_that_githubs_client_leaves_we_collect() {
    let job = Job::new();
    let tool = job.world.path("dist/sub/tool.txt");
    let Some(seen) = theirs(&job, &["raw", &text(&tool)]) else { return };
    let [artifact] = &job.artifacts()[..] else { panic!("{:?}", job.artifacts()) };
    assert_eq!((artifact.facts.name.as_str(), seen["digest"].as_str()), ("tool.txt", Some(&*hex(b"a tool"))));
    assert_eq!(artifact.facts.content_type, "text/plain");
    assert_eq!(collected(&job, "tool.txt").output("files"), "1");
    assert_eq!(std::fs::read(job.world.path("release-assets/tool.txt")).expect("placed"), b"a tool");
}

#[test]
fn what_we_leave_githubs_client_downloads() {
    let job = Job::new();
    let outcome = job.upload().run().expect_code(0);
    let (id, digest) =
        (outcome.output("artifact-id"), format!("sha256:{}", outcome.output("artifact-digest")));
    let Some(listed) = theirs(&job, &["list"]) else { return };
    assert_eq!(
        (&listed["artifacts"][0]["name"], &listed["artifacts"][0]["digest"]),
        (&"wheels".into(), &digest.clone().into())
    );
    assert_eq!(listed["artifacts"][0]["id"].to_string(), id);
    // One file as it is goes the same ways.
    let raw =
        job.upload().input("artifact-name", "").input("raw", "true").input("paths", "dist/sub/tool.txt");
    let raw = raw.run().expect_code(0);
    for way in ["download", "fetch"] {
        let folder = job.world.path(&format!("{way}-raw"));
        let digest = format!("sha256:{}", raw.output("artifact-digest"));
        let seen =
            theirs(&job, &[way, raw.output("artifact-id"), &text(&folder), &digest]).expect("as above");
        assert_eq!(seen["digestMismatch"], false, "{way}: {seen}");
        assert_eq!(std::fs::read(folder.join("tool.txt")).unwrap_or_default(), b"a tool", "{way}");
    }
    for way in ["download", "fetch"] {
        let folder = job.world.path(way);
        let seen = theirs(&job, &[way, id, &text(&folder), &digest]).expect("it was there a moment ago");
        assert_eq!(seen["digestMismatch"], false, "{way}: {seen}");
        let read = |path: &str| std::fs::read(folder.join(path)).unwrap_or_default();
        assert_eq!(read("sample-1.2.0-py3-none-any.whl"), b"a wheel", "{way}");
        assert_eq!(read("sub/tool.txt"), b"a tool", "{way}");
        assert_eq!(hex(&read("SHA256SUMS")), outcome.output("meta-checksum"), "{way}");
    }
}
