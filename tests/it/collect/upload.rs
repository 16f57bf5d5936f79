//! upload-artifacts: what a job leaves is there once, whole, with the bytes that it had; whatever breaks on the way.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::sync::Arc;

use release_action::sim::github::runs::{NewArtifact, NewRun, RunArtifact};
use release_action::sim::universe::Universe;
use sha2::{Digest as _, Sha256};

use crate::support::program::{Kill, Outcome, Program};
use crate::support::world::{COMMIT, REPOSITORY, TAG, TOKEN, World};

/// A world with a run under way, and the token of one of its jobs.
pub(crate) struct Job {
    pub(crate) world: World,
    pub(crate) run: u64,
    pub(crate) token: String,
}

impl Job {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let (run, token) = world.universe.github(|github| {
            let run = github.add_run(NewRun {
                path: ".github/workflows/build.yml".into(),
                head_sha: COMMIT.into(),
                head_branch: Some(TAG.into()),
                ..NewRun::default()
            });
            (run, github.runtime_token(run))
        });
        world.write("dist/sample-1.2.0-py3-none-any.whl", b"a wheel");
        world.write("dist/sub/tool.txt", b"a tool");
        Self { world, run, token }
    }

    /// The mode as a step of this job runs it.
    pub(crate) fn upload(&self) -> Program {
        self.world
            .program("upload-artifacts")
            .env("ACTIONS_RUNTIME_TOKEN", &self.token)
            .env("ACTIONS_RESULTS_URL", &self.world.universe.addresses().results_url)
            .env("GITHUB_SERVER_URL", "http://127.0.0.1:9")
            .input("artifact-name", "wheels")
            .input("paths", "dist")
    }

    /// What the run has, the oldest first.
    pub(crate) fn artifacts(&self) -> Vec<RunArtifact> {
        artifacts(&self.world.universe, self.run)
    }
}

pub(crate) fn artifacts(universe: &Universe, run: u64) -> Vec<RunArtifact> {
    universe.github(|github| {
        let run = github.runs_mut().iter().find(|one| one.id == run).expect("the run is there");
        run.artifacts.clone()
    })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files of an archive.
pub(super) fn unzipped(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("an archive");
    (0..zip.len())
        .map(|at| {
            let mut file = zip.by_index(at).expect("a member");
            let mut content = Vec::new();
            file.read_to_end(&mut content).expect("whole");
            (file.name().expect("a text").into_owned(), content)
        })
        .collect()
}

/// How many requests of this kind were sent to the service of artifacts.
pub(super) fn requests(job: &Job, method: &str) -> usize {
    let entries = job.world.universe.journal();
    entries.iter().filter(|entry| entry.path.ends_with(&format!("/{method}"))).count()
}

#[test]
fn the_files_are_left_with_their_digests_and_a_second_run_has_nothing_to_do() {
    let job = Job::new();
    let outcome = job.upload().run().expect_code(0);
    assert_eq!((outcome.output("outcome"), outcome.output("files")), ("done", "3"), "{}", outcome.told());
    let [artifact] = &job.artifacts()[..] else { panic!("{:?}", job.artifacts()) };
    assert_eq!(outcome.output("artifact-name"), "wheels");
    assert_eq!(outcome.output("artifact-id"), artifact.id.to_string());
    assert_eq!(outcome.output("artifact-digest"), hex(&artifact.facts.bytes));
    let page = format!("http://127.0.0.1:9/{REPOSITORY}/actions/runs/101/artifacts/{}", artifact.id);
    assert_eq!(outcome.output("artifact-url"), page);

    let files = unzipped(&artifact.facts.bytes);
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["SHA256SUMS", "sample-1.2.0-py3-none-any.whl", "sub/tool.txt"]);
    let sums =
        format!("{}  sample-1.2.0-py3-none-any.whl\n{}  sub/tool.txt\n", hex(b"a wheel"), hex(b"a tool"));
    assert_eq!(String::from_utf8_lossy(&files[0].1), sums);
    assert_eq!(outcome.output("meta-checksum"), hex(sums.as_bytes()));

    let before = (job.artifacts().len(), requests(&job, "CreateArtifact"));
    let again = job.upload().run().expect_code(0);
    assert_eq!(again.output("outcome"), "already-done", "{}", again.told());
    assert_eq!(again.output("artifact-digest"), outcome.output("artifact-digest"));
    assert_eq!((job.artifacts().len(), requests(&job, "CreateArtifact")), before);
}

#[test]
fn what_was_uploaded_is_collected() {
    let job = Job::new();
    job.upload().run().expect_code(0);
    let collected = job
        .world
        .program("collect-artifacts")
        .env("GITHUB_RUN_ID", job.run.to_string())
        .input("github-token", TOKEN)
        .input("artifacts", "wheels")
        .run()
        .expect_code(0);
    assert_eq!(collected.output("artifacts"), "1");
    let wheel = std::fs::read(job.world.path("dist/sample-1.2.0-py3-none-any.whl")).expect("placed");
    assert_eq!(wheel, b"a wheel");
    assert!(job.world.path("release-staging").is_dir(), "it was fetched: {}", collected.told());
}

#[test]
fn both_spellings_of_the_service_are_read() {
    let job = Job::new();
    job.world.universe.github(|github| github.settings.camel_case_results = true);
    let outcome = job.upload().run().expect_code(0);
    assert_eq!(outcome.output("artifact-digest"), hex(&job.artifacts()[0].facts.bytes));
}

#[test]
fn a_large_artifact_goes_out_in_blocks() {
    let job = Job::new();
    // Does not shrink, and is not a multiple of a block.
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    })
    .take((20 << 20) + 5)
    .collect();
    job.world.write("dist/large.bin", &noise);
    let outcome = job.upload().input("compression-level", "0").run().expect_code(0);
    let stored = &job.artifacts()[0].facts.bytes;
    assert_eq!(outcome.output("artifact-digest"), hex(stored));
    assert_eq!(unzipped(stored)[1], ("large.bin".to_owned(), noise));
    let sizes: Vec<_> = job
        .world
        .universe
        .journal()
        .iter()
        .filter(|entry| entry.service == "storage" && entry.query_names.iter().any(|name| name == "blockid"))
        .map(|entry| entry.body_bytes)
        .collect();
    assert_eq!(sizes.iter().filter(|size| **size == 8 << 20).count(), 2, "{sizes:?}");
    assert_eq!(sizes.iter().sum::<u64>(), stored.len() as u64);
}

#[test]
fn without_the_runners_token_it_says_what_is_missing() {
    let job = Job::new();
    for (token, url, named) in [
        ("", "", "neither `ACTIONS_RUNTIME_TOKEN` nor `ACTIONS_RESULTS_URL`"),
        ("", "http://127.0.0.1:1/", "`ACTIONS_RUNTIME_TOKEN` is not set"),
        (&job.token, "", "`ACTIONS_RESULTS_URL` is not set"),
        ("not-a-token", "http://127.0.0.1:1/", "does not say which run and job"),
    ] {
        let program = job.upload().env("ACTIONS_RUNTIME_TOKEN", token).env("ACTIONS_RESULTS_URL", url);
        let outcome = program.run().expect_code(2);
        assert!(outcome.stdout.contains(named), "{named}: {}", outcome.told());
    }
}

#[test]
fn a_dry_run_leaves_nothing() {
    let job = Job::new();
    let outcome = job.upload().input("dry-run", "true").run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "planned");
    assert!(outcome.stdout.contains("+ upload the artifact wheels (3 files of"), "{}", outcome.told());
    assert!(job.artifacts().is_empty() && requests(&job, "CreateArtifact") == 0);
}

#[test]
fn other_bytes_under_the_name_are_a_finding_or_replaced() {
    let job = Job::new();
    job.upload().run().expect_code(0);
    let first = job.artifacts()[0].id;
    job.world.write("dist/sub/tool.txt", b"another tool");
    let outcome = job.upload().run().expect_code(1);
    assert!(outcome.finds("upload/other-bytes", "wheels"), "{}", outcome.told());
    assert_eq!(job.artifacts()[0].id, first);

    let outcome = job.upload().input("if-exists", "replace").run().expect_code(0);
    assert!(outcome.stdout.contains("! replace the artifact wheels"), "{}", outcome.told());
    let [artifact] = &job.artifacts()[..] else { panic!("{:?}", job.artifacts()) };
    assert!(artifact.id != first && outcome.output("artifact-digest") == hex(&artifact.facts.bytes));
    assert_eq!(job.upload().run().expect_code(0).output("outcome"), "already-done");
}

#[test]
fn a_name_may_say_what_is_inside() {
    let job = Job::new();
    let hashed = || job.upload().input("name-hash", "checksums");
    let outcome = hashed().run().expect_code(0);
    let name = format!("wheels-{}", outcome.output("meta-checksum"));
    assert_eq!(outcome.output("artifact-name"), name);
    assert_eq!(job.artifacts()[0].facts.name, name);
    assert_eq!(hashed().run().expect_code(0).output("outcome"), "already-done");
    job.world.write("dist/sub/tool.txt", b"another tool");
    assert_eq!(hashed().run().expect_code(0).output("outcome"), "done");
    let names: BTreeSet<_> = job.artifacts().into_iter().map(|artifact| artifact.facts.name).collect();
    assert!(names.len() == 2 && names.contains(&name), "{names:?}");
}

#[test]
fn one_file_may_go_as_it_is() {
    let job = Job::new();
    let raw =
        || job.upload().input("artifact-name", "").input("raw", "true").input("paths", "dist/sub/tool.txt");
    let outcome = raw().run().expect_code(0);
    let [artifact] = &job.artifacts()[..] else { panic!("{:?}", job.artifacts()) };
    assert_eq!((&artifact.facts.bytes[..], &*artifact.facts.name), (b"a tool".as_slice(), "tool.txt"));
    assert_eq!(artifact.facts.content_type, "text/plain");
    assert_eq!((outcome.output("artifact-name"), outcome.output("meta-checksum")), ("tool.txt", ""));
    assert_eq!(outcome.output("artifact-digest"), hex(b"a tool"));
    assert_eq!(raw().run().expect_code(0).output("outcome"), "already-done");
    job.world.write("dist/sub/tool.txt", b"another tool");
    let outcome = raw().run().expect_code(1);
    assert!(outcome.finds("upload/other-bytes", "tool.txt"), "{}", outcome.told());

    let outcome = raw().input("paths", "dist").run().expect_code(1);
    assert!(outcome.finds("upload/not-one-file", ""), "{}", outcome.told());
    raw().input("artifact-name", "tool").run().expect_code(64);
    raw().input("name-hash", "checksums").run().expect_code(64);
    job.upload().input("artifact-name", "").run().expect_code(64);
}

#[test]
fn a_record_beside_each_archive_says_what_it_is() {
    let job = Job::new();
    let wheel = "numpy-2.3.0-cp311-cp311-manylinux_2_28_x86_64.whl";
    let house =
        NewArtifact::zip("x", &[(wheel, b"w"), ("six-1.17.0-py2.py3-none-any.whl", b"s"), ("notes", b"")]);
    job.world.write("dist/wheelhouse-3.11.zip", &house.bytes);
    job.world.write("requirements.txt", "numpy\nsix\n");
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_795_219_200);
    let file = std::fs::File::options().append(true).open(job.world.path("dist/wheelhouse-3.11.zip"));
    file.and_then(|file| file.set_modified(time)).expect("the workspace is ours");
    let upload = || {
        let program = job.upload().env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
        program.input("provenance", "true").input("requirements-file", "requirements.txt")
    };
    let outcome = upload().run().expect_code(0);
    let files = unzipped(&job.artifacts()[0].facts.bytes);
    let meta = files.iter().find(|(name, _)| name == "wheelhouse-3.11.zip.meta").expect("a record");
    let expected = format!(
        "name=wheelhouse-3.11.zip\nsha256={}\nsize={}\ncreated_at=2026-11-21T00:00:00Z\nrunner=Linux X64\n\
         python=3.11\nrequirements_hash={}\nwheels={wheel},six-1.17.0-py2.py3-none-any.whl\n",
        hex(&house.bytes),
        house.bytes.len(),
        hex(b"numpy\nsix\n"),
    );
    assert_eq!(String::from_utf8_lossy(&meta.1), expected);
    assert_eq!((files.len(), outcome.output("files")), (5, "5"), "one record for one archive");
    let sums = String::from_utf8_lossy(&files[0].1).into_owned();
    assert!(sums.contains(&format!("{}  wheelhouse-3.11.zip.meta\n", hex(&meta.1))), "{sums}");
    assert_eq!(upload().run().expect_code(0).output("outcome"), "already-done");

    job.world.write("dist/wheelhouse-3.11.zip.meta", "sha256=0000\n");
    let outcome = upload().run().expect_code(1);
    assert!(outcome.finds("upload/meta-taken", ".meta"), "{}", outcome.told());
    job.world.write("dist/wheelhouse-3.11.zip.meta", &expected);
    assert_eq!(upload().run().expect_code(0).output("outcome"), "already-done");
    job.world.write("dist/damaged.tgz", "no archive");
    let outcome = upload().run().expect_code(1);
    assert!(outcome.finds("upload/unreadable-archive", "damaged.tgz"), "{}", outcome.told());
    job.upload().input("requirements-file", "requirements.txt").run().expect_code(64);
    let raw = upload().input("raw", "true").input("artifact-name", "").input("requirements-file", "");
    raw.run().expect_code(64);
}

#[test]
fn an_artifact_is_kept_as_long_as_was_asked_for_and_is_allowed() {
    let job = Job::new();
    let ends = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&ends);
    job.world.universe.observe(Arc::new(move |exchange| {
        if exchange.request.path.ends_with("/CreateArtifact") {
            let body: serde_json::Value = serde_json::from_slice(&exchange.request.body).expect("JSON");
            seen.lock().expect("nobody panicked").push(body["expires_at"].as_str().map(str::to_owned));
        }
    }));
    let upload = |name: &str| job.upload().input("artifact-name", name);
    upload("usual").run().expect_code(0);
    upload("short").input("retention-days", "1").run().expect_code(0);
    let long = upload("long").input("retention-days", "400").env("GITHUB_RETENTION_DAYS", "1");
    let outcome = long.run().expect_code(0);
    assert!(outcome.finds("upload/retention", ""), "{}", outcome.told());
    upload("odd").input("retention-days", "0").run().expect_code(64);
    let ends = ends.lock().expect("nobody panicked").clone();
    let [None, Some(short), Some(long)] = &ends[..] else { panic!("{ends:?}") };
    let months = |end: &str| {
        let number = |text: &str| text.parse::<u32>().expect("digits");
        12 * number(&end[..4]) + number(&end[5..7])
    };
    assert!(long >= short && months(long) - months(short) <= 1, "both end tomorrow: {ends:?}");
}

#[test]
fn what_another_job_left_is_replaced_too() {
    let job = Job::new();
    job.world.universe.github(|github| {
        github.add_artifact(job.run, NewArtifact::zip("wheels", &[("a", b"a")]));
    });
    let outcome = job.upload().input("if-exists", "replace").run().expect_code(0);
    assert_eq!(job.artifacts().len(), 1);
    assert_eq!(outcome.output("artifact-digest"), hex(&job.artifacts()[0].facts.bytes));
}

#[test]
fn a_path_that_names_nothing_stops_the_run() {
    let job = Job::new();
    let outcome = job.upload().input("paths", "dist\ndist/*.zip").run().expect_code(1);
    assert!(outcome.finds("upload/no-file", "dist/*.zip"), "{}", outcome.told());
    assert_eq!(requests(&job, "CreateArtifact"), 0);
}

#[cfg(unix)]
#[test]
fn names_that_another_system_cannot_keep_stop_the_run() {
    let job = Job::new();
    job.world.write("dist/what?.txt", b"x");
    job.world.write("dist/README", b"x");
    job.world.write("dist/readme", b"y");
    let outcome = job.upload().run().expect_code(1);
    assert!(outcome.finds("upload/unfit-path", "what?.txt"), "{}", outcome.told());
    assert!(outcome.finds("upload/collision", "readme"), "{}", outcome.told());
}

/// What collect-artifacts refuses is not left for it.
#[cfg(unix)]
#[test]
fn what_nobody_could_collect_is_not_uploaded() {
    for (paths, check, file) in [
        (&["aux.html"][..], "upload/unfit-path", "aux.html"),
        (&["a/COM1"], "upload/unfit-path", "a/COM1"),
        (&["ας", "ΑΣ"], "upload/collision", ""),
        (&["docs", "Docs/index.html"], "upload/collision", "docs/index.html"),
        (&["sha256sums"], "upload/collision", "sha256sums"),
        (&["SHA256SUMS/old"], "upload/collision", "SHA256SUMS/old"),
    ] {
        let job = Job::new();
        paths.iter().for_each(|path| job.world.write(&format!("dist/{path}"), b"x"));
        let outcome = job.upload().run().expect_code(1);
        assert!(outcome.stdout.contains(check), "{paths:?}: {}", outcome.told());
        assert!(outcome.finds(check, "") && outcome.stdout.to_lowercase().contains(&file.to_lowercase()));
        assert_eq!(requests(&job, "CreateArtifact"), 0, "{paths:?}");
    }
    let job = Job::new();
    job.world.write("dist/w.tgz.META", b"x");
    job.world.write("dist/w.tgz", b"x");
    let outcome = job.upload().input("provenance", "true").run().expect_code(1);
    assert!(outcome.finds("upload/collision", ""), "{}", outcome.told());
}

/// One line in a pull request makes such a link, and everybody may fetch an artifact.
#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_what_was_named_stops_the_run() {
    use std::os::unix::fs::symlink;
    let job = Job::new();
    job.world.write("secret/token.txt", b"not meant for anybody");
    let outside = |line: &str, file: &str| {
        let outcome = job.upload().input("paths", line).run().expect_code(1);
        assert!(outcome.finds("upload/link-outside", file), "{line}: {}", outcome.told());
        assert!(outcome.stdout.contains("secret/token.txt"), "{line}: {}", outcome.told());
    };
    symlink("../secret/token.txt", job.world.path("dist/link")).expect("linked");
    outside("dist", "dist/link");
    outside("dist/*", "dist/link");
    std::fs::remove_file(job.world.path("dist/link")).expect("it is there");
    symlink("../../secret", job.world.path("dist/sub/link")).expect("linked");
    outside("dist", "dist/sub/link/token.txt");
    assert_eq!(requests(&job, "CreateArtifact"), 0);
    // What a line names is meant, and so is what another line names.
    job.upload().input("paths", "dist\nsecret").input("artifact-name", "both").run().expect_code(0);
    symlink("secret/token.txt", job.world.path("alone")).expect("linked");
    job.upload().input("paths", "alone").input("artifact-name", "alone").run().expect_code(0);
}

#[test]
fn a_list_of_digests_that_the_files_bring_is_theirs_or_in_the_way() {
    let job = Job::new();
    job.world.write("dist/SHA256SUMS", "0000  something else\n");
    let outcome = job.upload().run().expect_code(1);
    assert!(outcome.finds("upload/checksums-taken", "SHA256SUMS"), "{}", outcome.told());
    let sums =
        format!("{}  sample-1.2.0-py3-none-any.whl\n{}  sub/tool.txt\n", hex(b"a wheel"), hex(b"a tool"));
    job.world.write("dist/SHA256SUMS", &sums);
    assert_eq!(job.upload().run().expect_code(0).output("files"), "3");
}

#[cfg(unix)]
#[test]
fn executable_files_stay_so() {
    use std::os::unix::fs::PermissionsExt as _;
    let job = Job::new();
    let tool = job.world.path("dist/sub/tool.txt");
    std::fs::set_permissions(tool, std::fs::Permissions::from_mode(0o755)).expect("ours");
    job.upload().run().expect_code(0);
    let artifact = job.artifacts().remove(0);
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&artifact.facts.bytes[..])).expect("an archive");
    let mut mode = |name: &str| zip.by_name(name).expect("there").unix_mode().map(|mode| mode & 0o777);
    assert_eq!((mode("sub/tool.txt"), mode("SHA256SUMS")), (Some(0o755), Some(0o644)));
}

#[test]
fn a_service_that_is_asked_too_often_is_waited_for() {
    let job = Job::new();
    job.world.universe.github(|github| github.troubles.throttled_results = 1);
    job.upload().run().expect_code(0);
    assert_eq!(job.artifacts().len(), 1);
}

#[test]
fn what_another_job_is_uploading_is_left_alone() {
    let job = Job::new();
    let theirs = job.world.universe.github(|github| github.runtime_token(job.run));
    let kill = Kill::default();
    let hook = kill.clone();
    job.world.universe.on_kill(Arc::new(move || hook.now()));
    job.world.universe.inject("kill-after@results:2".parse().expect("a fault"));
    let outcome = job.upload().env("ACTIONS_RUNTIME_TOKEN", &theirs).killed_by(&kill).run();
    assert_eq!(outcome.code, None, "killed when it had begun: {}", outcome.told());
    let outcome = job.upload().run().expect_code(2);
    assert!(outcome.stdout.contains("already exists"), "{}", outcome.told());
    assert!(outcome.stdout.contains("a name of its own"), "{}", outcome.told());
    let unfinished = job.world.universe.github(|github| github.unfinished_artifacts());
    assert_eq!(unfinished, ["wheels"]);
}

#[test]
fn neither_the_token_nor_a_signature_is_shown() {
    let job = Job::new();
    let signatures = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&signatures);
    job.world.universe.observe(Arc::new(move |exchange| {
        if exchange.service == "storage" {
            let pairs = exchange.request.query_pairs();
            assert_eq!(exchange.request.header("authorization"), None, "the token went to the store");
            let signature = pairs.into_iter().find(|(name, _)| name == "sig").map(|(_, value)| value);
            seen.lock().expect("nobody panicked").extend(signature);
        }
    }));
    let talkative = || job.upload().env("RUNNER_DEBUG", "1").env("ACTIONS_STEP_DEBUG", "true");
    job.world.universe.inject("html@storage:1".parse().expect("a fault"));
    let failed = talkative().run();
    let outcome = talkative().run().expect_code(0);
    let signatures = signatures.lock().expect("nobody panicked").clone();
    assert!(!signatures.is_empty());
    // `Program` looks for the token by itself.
    for outcome in [&failed, &outcome] {
        outcome.keeps(&signatures);
        assert!(outcome.stdout.contains(&format!("::add-mask::{}\n", job.token)), "{}", outcome.told());
    }
    let masks = |outcome: &Outcome| outcome.stdout.contains(&format!("::add-mask::{}\n", signatures[0]));
    assert!(masks(&failed) || masks(&outcome), "{}", outcome.told());
    for (path, bytes) in job.world.workspace_files() {
        assert!(!bytes.windows(job.token.len()).any(|window| window == job.token.as_bytes()), "{path}");
    }
}
