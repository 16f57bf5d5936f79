//! The image, run as GitHub's runner runs it.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use crate::support::container::{files, image, size_bytes};
use crate::support::corpus::{Corpus, zlmdb};
use crate::support::index_server::IndexServer;
use crate::support::runner::{Job, Step};
use crate::support::tools::python;

const TAG: &str = "refs/tags/v26.10.1";
const LARGEST_IMAGE_BYTES: u64 = 15 * 1024 * 1024;

/// A job whose workspace holds zlmdb's files in `dist`.
fn job_with(corpus: &Corpus) -> Job {
    let job = Job::new("crossbario/zlmdb", TAG);
    corpus.copy_to(&job.workspace().join("dist"));
    job
}

#[test]
fn the_image_is_one_small_file() {
    let Some(image) = image() else { return };
    assert_eq!(objections(size_bytes(image), &files(image)), Vec::<String>::new());
}

/// What stands against an image: its size, and every file but the program, be it certificates or a shell.
fn objections(size_bytes: u64, files: &[String]) -> Vec<String> {
    let large = (size_bytes > LARGEST_IMAGE_BYTES).then(|| format!("it has {size_bytes} bytes"));
    let others = files.iter().filter(|file| *file != "release-action" && !is_the_engines(file));
    let others = others.map(|file| format!("it holds {file}"));
    let empty = (!files.iter().any(|file| file == "release-action")).then(|| "it lacks the program".into());
    large.into_iter().chain(others).chain(empty).collect()
}

#[test]
fn a_large_image_and_another_file_are_found() {
    let files = ["release-action", "bin/sh", "etc/hosts"].map(str::to_owned);
    assert_eq!(objections(LARGEST_IMAGE_BYTES + 1, &files), ["it has 15728641 bytes", "it holds bin/sh"]);
    assert_eq!(objections(0, &[]), ["it lacks the program"]);
}

/// Files that the engine itself puts into every container.
fn is_the_engines(file: &str) -> bool {
    file == ".dockerenv" || file.starts_with("etc/") || file.starts_with("dev/")
}

#[test]
fn validate_wheels_leaves_its_manifest_and_outputs() {
    let (Some(image), Some(corpus)) = (image(), zlmdb()) else { return };
    let job = job_with(corpus);
    // Every input that names a folder of the host comes in as the container knows it.
    let step = Step::mode("validate-wheels").with("packages-dir", job.workspace().join("dist"));
    let outcome = job.run(image, &step).expect_code(0);
    assert_eq!(outcome.output("outcome"), "done", "{}", outcome.raw);
    assert_eq!((outcome.output("wheels"), outcome.output("sdists")), ("19", "1"));
    assert!(outcome.warnings.is_empty(), "{:?}", outcome.warnings);
    assert!(outcome.summary.contains("zlmdb"), "the summary tells what was checked:\n{}", outcome.summary);

    let sums = job.workspace().join("release-manifest/SHA256SUMS");
    let text = std::fs::read_to_string(&sums).expect("it is in the workspace, where later steps look");
    assert!(corpus.files.iter().all(|pin| text.contains(&pin.sha256)), "{text}");
    let owner = std::fs::metadata(&sums).expect("as above").uid();
    assert_eq!(owner, 0, "the runner's containers are root's, and so is what they leave");
}

#[test]
fn a_truncated_wheel_is_annotated_at_its_file() {
    let (Some(image), Some(corpus)) = (image(), zlmdb()) else { return };
    let job = job_with(corpus);
    let name = &corpus.files[0].file;
    let broken = job.workspace().join("dist").join(name);
    let bytes = std::fs::read(&broken).expect("it was copied");
    std::fs::write(&broken, &bytes[..bytes.len() / 2]).expect("the workspace can be written to");
    let outcome = job.run(image, &Step::mode("validate-wheels")).expect_code(1);
    assert_eq!(outcome.output("outcome"), "blocked");
    let errors: Vec<_> = outcome.log.annotations.iter().filter(|note| note.level == "error").collect();
    let at_file =
        errors.iter().any(|note| note.file.as_deref().is_some_and(|file| file.ends_with(name.as_str())));
    assert!(at_file, "{errors:#?}");
    assert!(!job.workspace().join("release-manifest").exists(), "what is bad has no manifest");
}

#[test]
fn publish_fills_a_real_index_once() {
    let (Some(image), Some(corpus), Some(python)) = (image(), zlmdb(), python()) else { return };
    let server = IndexServer::start(python, "release", "correct horse");
    let job = job_with(corpus);
    let step = Step::mode("publish")
        .with("repository-url", server.repository_url())
        .with("index-url", server.index_url())
        .with("user", "release")
        .with("password", "correct horse");
    let outcome = job.run(image, &step).expect_code(0);
    assert_eq!((outcome.output("outcome"), outcome.output("uploaded")), ("done", "20"));
    assert_eq!(server.uploads(), 20);
    let again = job.run(image, &step).expect_code(0);
    assert_eq!((again.output("outcome"), again.output("uploaded")), ("already-done", "0"));
    assert_eq!(server.uploads(), 20, "the second run sent something");
    assert!(
        outcome.log.masks.iter().any(|mask| mask == "correct horse"),
        "the password is masked before first use"
    );
}

#[test]
fn rehearse_plays_in_the_container() {
    let Some(image) = image() else { return };
    let job = Job::new("owner/name", TAG);
    let outcome = job.run_with_arguments(image, &["rehearse"]).expect_code(0);
    assert!(outcome.raw.lines().count() > 10, "{}", outcome.raw);
}

#[test]
fn a_cancelled_step_ends_before_the_runner_kills_it() {
    let (Some(image), Some(corpus)) = (image(), zlmdb()) else { return };
    for signal in ["INT", "TERM"] {
        // It takes connections and never answers.
        let silent = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = format!("http://{}", silent.local_addr().expect("it is bound"));
        let job = job_with(corpus);
        let step = Step::mode("publish")
            .with("repository-url", format!("{address}/legacy/"))
            .with("index-url", format!("{address}/simple/"))
            .with("password", "correct horse");
        let running = job.start(image, &step, &[]);
        let connection = silent.accept().expect("the program asks what is there already");
        let cancelled = std::time::Instant::now();
        running.signal(signal);
        let outcome = running.wait();
        let took = cancelled.elapsed();
        assert!(took < Duration::from_secs(7), "SIG{signal}: it took {took:?} to end\n{}", outcome.raw);
        assert_eq!(outcome.code, Some(2), "SIG{signal}: {}", outcome.raw);
        drop(connection);
    }
}
