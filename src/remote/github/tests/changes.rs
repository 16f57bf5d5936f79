//! Changes of branches and files against the simulator: whatever breaks at whichever request, running again ends in the
//! same repository.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::model::revision::CommitSha;
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::github::branches::{Advanced, Placed};
use crate::remote::github::dispatch::{Dispatch, StartedRun};
use crate::remote::github::pulls::PullState;
use crate::remote::github::read::GithubRead;
use crate::remote::github::write::GithubWrite;
use crate::remote::http::Http;
use crate::remote::surroundings::{Pace, Patience, Silent, Stop, Surroundings};
use crate::sim::clock::Clock;
use crate::sim::fault::{Fault, FaultKind};
use crate::sim::github::access::{Access, Permissions};
use crate::sim::github::settings::{BranchRule, Forbidden};
use crate::sim::universe::{Setup, Universe};

const TOKEN: &str = "ghs_bumper";
const WORKFLOW: &str = "release.yml";
const OLD: &str = "version = \"1\"\r\n";
const NEW: &str = "version = \"2\"\r\n";
const FILES: [(&str, &str); 2] = [("pkg/Cargo.toml", NEW), ("run.sh", "#!/bin/sh\n# 2\n")];

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

/// A repository with a version in it, and clients that a signal may stop.
struct Stage {
    universe: Universe,
    base: CommitSha,
    stop: Arc<Mutex<Stop>>,
}

impl Stage {
    fn new() -> Self {
        let setup = Setup { slow: Duration::from_millis(5), ..Setup::default() };
        let universe = Universe::start(setup).expect("a world");
        let base = universe.github(|github| {
            let all = Access::Write;
            github
                .add_token(TOKEN, Permissions { actions: all, pull_requests: all, ..Permissions::writer() });
            github.add_workflow(&format!(".github/workflows/{WORKFLOW}"));
            let files = [("pkg/Cargo.toml", OLD), ("run.sh", "#!/bin/sh\n"), ("README.md", "Read me.")];
            let base = github.commit_to("main", "One", &files);
            github.set_mode(&base, "run.sh", "100755");
            base
        });
        let stop = Arc::new(Mutex::new(Stop::default()));
        let ends = Arc::clone(&stop);
        universe.on_kill(Arc::new(move || ends.lock().expect("unshared").request()));
        Self { universe, base: sha(&base), stop }
    }

    /// Clients of a process of its own.
    fn clients(&self) -> (GithubRead, GithubWrite) {
        self.clients_with(Some(TOKEN))
    }

    fn clients_with(&self, token: Option<&str>) -> (GithubRead, GithubWrite) {
        let stop = Stop::default();
        *self.stop.lock().expect("unshared") = stop.clone();
        let surroundings = Surroundings {
            masks: Arc::new(Silent),
            progress: Arc::new(Silent),
            pace: Arc::new(Simulated(self.universe.clock().clone())),
            patience: Patience::rehearsed(),
            stop,
        };
        let http = Http::new(&surroundings).expect("a client");
        let api = || self.universe.addresses().github_api.parse().expect("an address");
        let repository = || "octo-org/sample".parse().expect("good");
        let secret = |token: &str| Secret::new(token.to_owned());
        let read = GithubRead::new(http.clone(), api(), repository(), token.map(secret));
        (read, GithubWrite::new(http, api(), repository(), secret(token.unwrap_or_default())))
    }

    fn write(&self) -> GithubWrite {
        self.clients().1
    }

    fn branch(&self, name: &str) -> Option<CommitSha> {
        self.universe.github(|github| github.branch(name)).map(|found| sha(&found))
    }

    fn tag(&self, name: &str) -> Option<CommitSha> {
        self.universe.github(|github| github.tags().get(name).cloned()).map(|found| sha(&found))
    }

    /// The commits of a branch down to the one that all began with, the newest first.
    fn since_base(&self, branch: &str) -> Vec<CommitSha> {
        let mut found = Vec::new();
        let mut at = self.branch(branch).expect("the branch is there");
        while at != self.base {
            let parent =
                self.universe.github(|github| github.commit(at.as_str()).expect("there").parents[0].clone());
            found.push(std::mem::replace(&mut at, sha(&parent)));
        }
        found
    }

    fn pushes(&self, path: &str) -> CommitSha {
        sha(&self.universe.github(|github| github.commit_to("main", "Meanwhile", &[(path, "theirs")])))
    }

    fn rule(&self, forbids: Forbidden, older: bool) {
        let rule = BranchRule { beginning: "main".into(), forbids, older };
        self.universe.github(|github| github.settings.branch_rules = vec![rule]);
    }

    /// `METHOD path` of all that was sent to change something.
    fn changes(&self) -> Vec<String> {
        let writes = self.universe.journal().into_iter().filter(|entry| entry.method != "GET");
        writes
            .map(|entry| format!("{} {}", entry.method, entry.path.replace("/repos/octo-org/sample", "")))
            .collect()
    }

    fn requests(&self) -> u64 {
        self.universe.journal().len() as u64
    }

    fn inject(&self, kind: FaultKind, at: u64) {
        self.universe.inject(Fault { kind, service: Some("github".into()), at });
    }
}

fn sha(text: &str) -> CommitSha {
    text.parse().expect("a hash")
}

/// The commit with the new version on top of the branch's newest one, unless it has the version already.
async fn bumped(read: &GithubRead, write: &GithubWrite, branch: &str) -> Result<CommitSha, RemoteError> {
    let head = read.branch_head(branch).await?.ok_or_else(|| missing("the branch"))?;
    let text = read.file(FILES[0].0, &head).await?.ok_or_else(|| missing("the file"))?;
    if text == NEW {
        return read.last_commit_of(FILES[0].0, branch).await?.ok_or_else(|| missing("its commit"));
    }
    let commit = write.commit_files(&head, &FILES, "Version 2").await?;
    match write.advance_branch(branch, &head, &commit).await? {
        Advanced::There => Ok(commit),
        Advanced::Outrun(_) => Err(missing("the branch as it was")),
    }
}

fn missing(what: &str) -> RemoteError {
    RemoteError::Missing { what: what.to_owned(), hint: String::new() }
}

/// A bump on the branch itself, with its tag and the workflow that is to follow.
async fn directly(stage: &Stage) -> Result<(), RemoteError> {
    let (read, write) = stage.clients();
    let commit = bumped(&read, &write, "main").await?;
    if write.ensure_tag("v2", &commit).await? != Placed::Here {
        return Err(missing("a free tag"));
    }
    let inputs = BTreeMap::from([("tag".to_owned(), "v2".to_owned())]);
    let dispatch = Dispatch { workflow: WORKFLOW, git_ref: "v2", commit: &commit, inputs: &inputs };
    write.dispatch(&dispatch).await.map(|_| ())
}

/// A bump that waits in a pull request.
async fn by_pull(stage: &Stage) -> Result<(), RemoteError> {
    let (read, write) = stage.clients();
    let base = read.branch_head("main").await?.ok_or_else(|| missing("the branch"))?;
    write.ensure_branch("release/v2", &base).await?;
    bumped(&read, &write, "release/v2").await?;
    let pull = write.ensure_pull("release/v2", "main", "Version 2", "As asked.").await?;
    assert_eq!((pull.state, pull.number), (PullState::Open, 1));
    Ok(())
}

async fn converge(stage: &Stage, by: By) -> usize {
    let mut errors = Vec::new();
    for run in 1..=3 {
        let outcome = match by {
            By::Branch => directly(stage).await,
            By::Pull => by_pull(stage).await,
        };
        match outcome {
            Ok(()) => return run,
            Err(error) => errors.push(error),
        }
    }
    panic!("{errors:?} {:#?}", stage.universe.journal())
}

#[derive(Clone, Copy, Debug)]
enum By {
    Branch,
    Pull,
}

/// Says what is wrong with the repository after all that `by` does.
fn require_done(stage: &Stage, by: By, case: &str) {
    let branch = if matches!(by, By::Pull) { "release/v2" } else { "main" };
    let commits = stage.since_base(branch);
    assert_eq!(commits.len(), 1, "{case}: one bump, whatever happened");
    stage.universe.github(|github| {
        let commit = github.commit(commits[0].as_str()).expect("it is there").clone();
        assert_eq!((commit.message.as_str(), commit.verification.verified), ("Version 2", true), "{case}");
        let texts: Vec<&str> =
            commit.files.values().map(|bytes| std::str::from_utf8(bytes).expect("a text")).collect();
        assert_eq!(texts, ["Read me.", NEW, FILES[1].1], "{case}");
        assert_eq!(commit.modes.get("run.sh").map(String::as_str), Some("100755"), "{case}");
        let counts = (github.pulls().len(), github.dispatched().len());
        assert_eq!(counts, if matches!(by, By::Pull) { (1, 0) } else { (0, 1) }, "{case}");
    });
    match by {
        By::Branch => assert_eq!(stage.tag("v2").as_ref(), commits.first(), "{case}"),
        By::Pull => assert_eq!(stage.branch("main").as_ref(), Some(&stage.base), "{case}"),
    }
}

const KINDS: [FaultKind; 10] = [
    FaultKind::Refuse,
    FaultKind::Drop,
    FaultKind::Lost,
    FaultKind::Late,
    FaultKind::Limit,
    FaultKind::Stale,
    FaultKind::Slow,
    FaultKind::Html,
    FaultKind::Kill,
    FaultKind::KillAfter,
];

async fn every_fault(by: By) {
    let good = Stage::new();
    assert_eq!(converge(&good, by).await, 1);
    require_done(&good, by, "without a fault");
    let (requests, changes) = (good.requests(), good.changes());
    assert_eq!(converge(&good, by).await, 1);
    assert_eq!(good.changes(), changes, "a run that finds all done sends nothing");
    for kind in KINDS {
        for at in 1..=requests {
            let stage = Stage::new();
            stage.inject(kind, at);
            converge(&stage, by).await;
            require_done(&stage, by, &format!("{by:?} {kind}@{at}"));
        }
    }
}

#[tokio::test]
async fn every_fault_at_every_request_ends_in_one_commit_one_tag_and_one_run() {
    every_fault(By::Branch).await;
}

#[tokio::test]
async fn every_fault_at_every_request_ends_in_one_pull_request() {
    every_fault(By::Pull).await;
}

#[tokio::test]
async fn what_is_sent_for_a_bump_is_sent_once() {
    let stage = Stage::new();
    converge(&stage, By::Branch).await;
    assert_eq!(
        stage.changes(),
        [
            "POST /git/trees",
            "POST /git/commits",
            "PATCH /git/refs/heads/main",
            "POST /git/refs",
            "POST /actions/workflows/release.yml/dispatches",
        ]
    );
    assert_eq!(stage.universe.github(|github| github.dispatched()[0].inputs["tag"].clone()), "v2");
}

#[tokio::test]
async fn a_signal_lets_nothing_new_begin() {
    let stage = Stage::new();
    let (_, write) = stage.clients();
    stage.stop.lock().expect("unshared").request();
    let inputs = BTreeMap::new();
    let dispatch = Dispatch { workflow: WORKFLOW, git_ref: "main", commit: &stage.base, inputs: &inputs };
    let errors = [
        write.commit_files(&stage.base, &FILES, "Version 2").await.map(|_| ()),
        write.advance_branch("main", &stage.base, &stage.base.clone()).await.map(|_| ()),
        write.ensure_branch("other", &stage.base).await.map(|_| ()),
        write.ensure_tag("v2", &stage.base).await.map(|_| ()),
        write.ensure_pull("other", "main", "a", "b").await.map(|_| ()),
        write.dispatch(&dispatch).await.map(|_| ()),
    ];
    for error in errors {
        let error = error.expect_err("stopped");
        assert!(error.to_string().contains("a signal asked to stop"), "{error}");
    }
    assert_eq!(stage.changes(), [""; 0]);
}

#[tokio::test]
async fn files_come_byte_by_byte_and_only_files() {
    let stage = Stage::new();
    let odd = "\u{feff}a = 1\r\nb = 'ä'\n";
    let at =
        sha(&stage.universe.github(|github| github.commit_to("main", "Odd", &[("odd file+.toml", odd)])));
    let (read, _) = stage.clients();
    assert_eq!(read.file("odd file+.toml", &at).await.expect("told").expect("there"), odd);
    assert_eq!(read.file("odd file+.toml", &stage.base).await.expect("told"), None);
    assert_eq!(read.file("pkg/none", &at).await.expect("told"), None);
    let folder = read.file("pkg", &at).await.expect_err("a folder");
    assert!(matches!(folder, RemoteError::Unexpected { .. }), "{folder}");
    let nowhere = read.file("odd file+.toml", &sha(&"0".repeat(40))).await.expect_err("no such commit");
    assert!(nowhere.to_string().contains("No commit found"), "{nowhere}");
    let before = stage.requests();
    for path in ["", "/etc/passwd", "../up", "a//b", "a/./b", "a\\b", "a\0b"] {
        assert!(read.file(path, &at).await.is_err(), "{path:?}");
        assert!(stage.write().commit_files(&at, &[(path, "x")], "m").await.is_err(), "{path:?}");
    }
    assert_eq!(stage.requests(), before, "nothing is asked for what is no path");
}

#[tokio::test]
async fn what_is_out_of_sight_is_never_called_absent() {
    let stage = Stage::new();
    stage.universe.github(|github| github.settings.private = true);
    let (read, _) = stage.clients_with(None);
    assert!(read.file("README.md", &stage.base).await.is_err());
    assert!(read.branch_head("main").await.is_err());
    assert!(read.last_commit_of("README.md", "main").await.is_err());
    assert!(read.pull_of("other", "main").await.is_err());
    let (read, _) = stage.clients();
    assert_eq!(read.branch_head("none").await.expect("told"), None);
    assert_eq!(read.branch_head("mai").await.expect("told"), None);
    assert_eq!(read.last_commit_of("README.md", "none").await.expect("told"), None);
    assert_eq!(read.last_commit_of("none", "main").await.expect("told"), None);
    assert_eq!(read.last_commit_of("README.md", "main").await.expect("told"), Some(stage.base.clone()));
}

#[tokio::test]
async fn modes_are_kept_in_a_repository_whose_list_of_files_is_cut_too() {
    for entries in [100_000, 3] {
        let stage = Stage::new();
        stage.universe.github(|github| {
            github.set_mode(stage.base.as_str(), "pkg/Cargo.toml", "100755");
            github.settings.tree_entries = entries;
        });
        let files = [("pkg/Cargo.toml", NEW), ("run.sh", "x"), ("pkg/new/file", "y"), ("README.md/z", "z")];
        let made = stage.write().commit_files(&stage.base, &files, "m").await.expect("made");
        let commit = stage.universe.github(|github| github.commit(made.as_str()).expect("there").clone());
        let modes: Vec<_> = commit.modes.iter().map(|(path, mode)| format!("{path} {mode}")).collect();
        assert_eq!(modes, ["pkg/Cargo.toml 100755", "run.sh 100755"], "{entries}");
        assert_eq!(commit.files["pkg/new/file"], "y");
    }
}

#[tokio::test]
async fn links_and_folders_are_left_alone() {
    for entries in [100_000, 3] {
        let stage = Stage::new();
        stage.universe.github(|github| {
            github.set_mode(stage.base.as_str(), "README.md", "120000");
            github.settings.tree_entries = entries;
        });
        for (path, found) in [("README.md", "a symbolic link"), ("pkg", "a folder")] {
            let error = stage.write().commit_files(&stage.base, &[(path, "x")], "m").await.expect_err(path);
            assert!(error.to_string().contains(&format!("`{path}` is {found}")), "{error}");
        }
        assert_eq!(stage.changes(), [""; 0]);
    }
}

#[tokio::test]
async fn texts_that_are_there_already_make_no_commit() {
    let stage = Stage::new();
    let files = [("pkg/Cargo.toml", OLD), ("run.sh", "#!/bin/sh\n")];
    let made = stage.write().commit_files(&stage.base, &files, "m").await.expect("nothing to do");
    assert_eq!((made, stage.changes()), (stage.base.clone(), vec!["POST /git/trees".to_owned()]));
}

#[tokio::test]
async fn what_somebody_pushed_meanwhile_is_never_lost() {
    let stage = Stage::new();
    let write = stage.write();
    let ours = write.commit_files(&stage.base, &FILES, "Version 2").await.expect("made");
    let theirs = stage.pushes("other");
    let outrun = write.advance_branch("main", &stage.base, &ours).await.expect("told");
    assert_eq!(
        (outrun, stage.branch("main")),
        (Advanced::Outrun(Some(theirs.clone())), Some(theirs.clone()))
    );
    assert!(!stage.changes().iter().any(|change| change.starts_with("PATCH")), "seen before it was sent");

    // The look shows the past, and GitHub's refusal is believed.
    stage.inject(FaultKind::Stale, 1);
    let outrun = write.advance_branch("main", &stage.base, &ours).await.expect("told");
    assert_eq!((outrun, stage.branch("main")), (Advanced::Outrun(Some(theirs.clone())), Some(theirs)));
    stage.universe.settle();
    stage.universe.github(|github| github.remove_branch("main"));
    let gone = write.advance_branch("main", &stage.base, &ours).await.expect("told");
    assert_eq!(gone, Advanced::Outrun(None));
}

#[tokio::test]
async fn a_branch_that_went_on_from_our_commit_has_it() {
    let stage = Stage::new();
    let write = stage.write();
    let ours = write.commit_files(&stage.base, &FILES, "Version 2").await.expect("made");
    assert_eq!(write.advance_branch("main", &stage.base, &ours).await.expect("moved"), Advanced::There);
    let theirs = stage.pushes("other");
    assert_eq!(write.advance_branch("main", &stage.base, &ours).await.expect("there"), Advanced::There);
    assert_eq!(stage.branch("main"), Some(theirs));
}

#[tokio::test]
async fn a_branch_or_tag_of_that_name_stays_where_it_is() {
    let stage = Stage::new();
    let write = stage.write();
    let theirs = stage.pushes("other");
    stage.universe.github(|github| {
        github.add_annotated_tag("v1", theirs.as_str());
        github.set_branch("release/v1", theirs.as_str());
    });
    let elsewhere = Placed::Elsewhere(theirs.clone());
    assert_eq!(write.ensure_tag("v1", &stage.base).await.expect("told"), elsewhere);
    assert_eq!(write.ensure_branch("release/v1", &stage.base).await.expect("told"), elsewhere);
    assert_eq!(write.ensure_tag("v1", &theirs).await.expect("annotated"), Placed::Here);
    assert_eq!(write.ensure_branch("release/v1", &theirs).await.expect("there"), Placed::Here);
    assert_eq!(stage.changes(), [""; 0]);
    // A tag is no branch, and the other way round.
    assert_eq!(write.ensure_branch("v1", &stage.base).await.expect("made"), Placed::Here);
    assert_eq!((stage.branch("v1"), stage.tag("v1")), (Some(stage.base.clone()), Some(theirs)));
}

#[tokio::test]
async fn rules_of_a_branch_are_told_with_the_way_round_them() {
    for (forbids, words) in [
        (Forbidden::Unreviewed, "pull requests only"),
        (Forbidden::Unchecked("ci".into()), "come as a pull request"),
        (Forbidden::Update, "come as a pull request"),
    ] {
        for older in [false, true] {
            let stage = Stage::new();
            stage.rule(forbids.clone(), older);
            let error = directly(&stage).await.expect_err("forbidden");
            assert!(error.hint().is_some_and(|hint| hint.contains(words)), "{error:?}");
            assert_eq!(stage.branch("main"), Some(stage.base.clone()));
            assert_eq!(stage.changes().len(), 3, "a rule is not tried twice");
            by_pull(&stage).await.expect("that is the way round it");
        }
    }
    let stage = Stage::new();
    stage.rule(Forbidden::Unsigned, false);
    directly(&stage).await.expect("GitHub signed it");
}

#[tokio::test]
async fn what_a_token_or_the_repository_does_not_allow_is_named() {
    let weak = |change: fn(&mut Permissions)| {
        let stage = Stage::new();
        let all = Access::Write;
        let mut permissions = Permissions { actions: all, pull_requests: all, ..Permissions::writer() };
        change(&mut permissions);
        stage.universe.github(|github| github.add_token(TOKEN, permissions));
        stage
    };
    let hint = |outcome: Result<(), RemoteError>| outcome.expect_err("refused").hint().expect("a hint");
    let told = hint(directly(&weak(|token| token.contents = Access::Read)).await);
    assert!(told.contains("contents: write"), "{told}");
    let told = hint(directly(&weak(|token| token.actions = Access::Read)).await);
    assert!(told.contains("actions: write"), "{told}");
    let told = hint(by_pull(&weak(|token| token.pull_requests = Access::Read)).await);
    assert!(told.contains("pull-requests: write"), "{told}");
    let stage = Stage::new();
    stage.universe.github(|github| github.settings.jobs_open_no_pulls = true);
    let told = hint(by_pull(&stage).await);
    assert!(told.contains("allow it in the settings"), "{told}");
    let stage = Stage::new();
    let files = [(".github/workflows/release.yml", "on: push")];
    let told = hint(stage.write().commit_files(&stage.base, &files, "m").await.map(|_| ()));
    assert!(told.contains("leave them out"), "{told}");
}

#[tokio::test]
async fn a_pull_request_that_ended_is_told_and_another_one_opened() {
    let stage = Stage::new();
    by_pull(&stage).await.expect("opened");
    let (read, write) = stage.clients();
    let state = async || read.pull_of("release/v2", "main").await.expect("told").map(|pull| pull.state);
    stage.universe.github(|github| github.close_pull(1));
    assert_eq!(state().await, Some(PullState::Closed));
    let second = write.ensure_pull("release/v2", "main", "Version 2", "Again.").await.expect("opened");
    assert_eq!((second.number, second.head), (2, stage.branch("release/v2").expect("there")));
    assert!(second.url.ends_with("/octo-org/sample/pull/2"), "{}", second.url);
    stage.universe.github(|github| github.merge_pull(2));
    assert_eq!(state().await, Some(PullState::Merged));
    let error = write.ensure_pull("release/v2", "main", "Version 2", "Again.").await.expect_err("merged");
    assert!(error.hint().is_some_and(|hint| hint.contains("merged already")), "{error:?}");
    assert_eq!(read.pull_of("release/v2", "other").await.expect("told"), None);
}

#[tokio::test]
async fn a_workflow_is_started_once_on_each_ref_of_a_commit() {
    let stage = Stage::new();
    stage.universe.github(|github| github.set_tag("v1", stage.base.as_str()));
    let inputs = BTreeMap::new();
    let on = |git_ref| Dispatch {
        workflow: ".github/workflows/release.yml",
        git_ref,
        commit: &stage.base,
        inputs: &inputs,
    };
    let start = async |git_ref| stage.write().dispatch(&on(git_ref)).await;
    let first: StartedRun = start("v1").await.expect("started").expect("its number is told");
    assert!(first.url.ends_with(&format!("/actions/runs/{}", first.id)), "{}", first.url);
    assert_eq!(start("refs/tags/v1").await.expect("there"), Some(first.clone()));
    assert_ne!(start("main").await.expect("started").map(|run| run.id), Some(first.id));
    stage.universe.github(|github| github.end_run(first.id, "failure"));
    assert_eq!(start("v1").await.expect("there"), Some(first), "whoever wants it anew starts the run again");
    assert_eq!(stage.universe.github(|github| github.dispatched().len()), 2);
    let error = start("none").await.expect_err("no such ref");
    assert!(error.hint().is_some_and(|hint| hint.contains("a tag that is there")), "{error:?}");
    let other = Dispatch { workflow: "none.yml", ..on("v1") };
    let error = stage.write().dispatch(&other).await.expect_err("no such workflow");
    assert!(error.to_string().contains("no workflow `none.yml`"), "{error}");
}

#[tokio::test]
async fn a_run_that_shows_late_or_on_an_older_server_is_no_second_one() {
    let inputs = BTreeMap::new();
    for kind in [FaultKind::Lost, FaultKind::Late] {
        let stage = Stage::new();
        stage.universe.github(|github| github.troubles.late_dispatches = 6);
        let dispatch = Dispatch { workflow: WORKFLOW, git_ref: "main", commit: &stage.base, inputs: &inputs };
        // Two lists are looked at before.
        stage.inject(kind, 3);
        let run = stage.write().dispatch(&dispatch).await.expect("started");
        assert!(run.is_some());
        assert_eq!(stage.universe.github(|github| github.dispatched().len()), 1, "{kind}");
    }
    let stage = Stage::new();
    stage.universe.github(|github| github.settings.silent_dispatches = true);
    let dispatch = Dispatch { workflow: WORKFLOW, git_ref: "main", commit: &stage.base, inputs: &inputs };
    let run = stage.write().dispatch(&dispatch).await.expect("started");
    let begun = stage.universe.github(|github| github.dispatched().to_vec());
    assert_eq!((begun.len(), run.map(|run| run.id)), (1, Some(begun[0].run_id)));
}
