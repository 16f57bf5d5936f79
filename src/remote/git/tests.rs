//! A real git, in repositories that the tests make.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::GitRead;
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;
use crate::remote::history::{History, ObjectKind, Relation};
use crate::remote::process::Variables;
use crate::remote::surroundings::Stop;

const ALICE: &str = "alice@example.org";

/// A repository with a home of its own for its owner: no setting and no key of whoever runs the tests.
struct Repository {
    _folder: tempfile::TempDir,
    dir: PathBuf,
    home: PathBuf,
}

impl Repository {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (dir, home) = (folder.path().join("checkout"), folder.path().join("home"));
        for one in [&dir, &home] {
            std::fs::create_dir(one).expect("made");
        }
        let repository = Self { _folder: folder, dir, home };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit("One");
        repository
    }

    fn command(&self, program: &str, words: &[&str]) -> std::process::Output {
        let mut command = Command::new(program);
        command.args(words).current_dir(&self.dir);
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GNUPGHOME", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Alice").env(format!("GIT_{role}_EMAIL"), ALICE);
            // Half past eleven in the evening, which is the next day in UTC.
            command.env(format!("GIT_{role}_DATE"), "2026-11-19T23:30:00-0100");
        }
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", &self.home).env("LC_ALL", "C");
        command.output().unwrap_or_else(|error| panic!("{program}: {error}"))
    }

    fn git(&self, words: &[&str]) -> String {
        let output = self.command("git", words);
        assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn commit(&self, message: &str) -> CommitSha {
        self.git(&["commit", "--quiet", "--allow-empty", "--no-gpg-sign", "-m", message]);
        self.sha("HEAD")
    }

    fn sha(&self, name: &str) -> CommitSha {
        self.git(&["rev-parse", name]).parse().expect("a hash")
    }

    fn read(&self) -> GitRead {
        self.read_at(&self.dir)
    }

    fn read_at(&self, dir: &Path) -> GitRead {
        let path = around("PATH").unwrap_or_default();
        let home = self.home.display().to_string();
        // What is around must not matter.
        let hostile = [("GIT_DIR", "/nowhere"), ("GIT_CONFIG_GLOBAL", "/nowhere")];
        let all = [("PATH", path.as_str()), ("HOME", &home)].into_iter().chain(hostile);
        GitRead::new(dir, Variables::harmless(all, &[]), Stop::default())
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.join(name);
        let written = std::fs::File::create(&path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
        written.expect("written");
        path.display().to_string()
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(future)
}

/// Whether this machine has a program; where it has not, the test says so and ends.
fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok()
        || Command::new(program).arg("-?").output().is_ok();
    assert!(found || around("CI").is_none_or(|value| value != "true"), "{program} is needed where `CI=true`");
    if !found {
        // Not by a macro, whose words the test harness hides while a test passes.
        let line = format!("SKIPPED: there is no {program} on this machine\n");
        drop(std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()));
    }
    found
}

#[expect(clippy::disallowed_methods, reason = "where programs are, and whether they must be there")]
fn around(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[test]
fn tags_are_listed_with_what_they_point_at() {
    let repository = Repository::new();
    let main = repository.sha("HEAD");
    repository.git(&["tag", "v1.0.0"]);
    repository.git(&["tag", "-a", "v1.1.0", "-m", "words"]);
    repository.git(&["tag", "pkg/v2"]);
    repository.git(&["tag", "tree", "HEAD^{tree}"]);
    let read = repository.read();
    run(async {
        let tags = read.tags_starting("v1").await.expect("answered");
        let found: Vec<_> = tags.iter().map(|tag| (tag.name.as_str(), tag.kind)).collect();
        assert_eq!(found, [("v1.0.0", ObjectKind::Commit), ("v1.1.0", ObjectKind::Tag)]);
        assert_eq!((&tags[0].object, tags[1].object != main), (&main, true));
        let all = read.tags_starting("").await.expect("answered");
        assert_eq!(
            all.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(),
            ["pkg/v2", "tree", "v1.0.0", "v1.1.0"]
        );
        let peeled = History::Checkout(read.clone()).peeled(&tags[1]).await.expect("answered");
        assert_eq!((peeled.commit, peeled.objects.len()), (main.clone(), 1));
        let object = &peeled.objects[0];
        assert_eq!((&object.name[..], &object.verification.reason[..]), ("v1.1.0", "unsigned"));
        assert_eq!(
            object.tagger.as_ref().map(|tagger| (&tagger.name[..], &tagger.email[..])),
            Some(("Alice", ALICE))
        );
        let tree = History::Checkout(read.clone()).peeled(&all[1]).await.expect_err("no commit");
        assert!(tree.to_string().contains("leads to no commit"), "{tree}");
    });
}

#[test]
fn nested_tags_are_followed_and_three_thousand_are_read_whole() {
    let repository = Repository::new();
    let main = repository.sha("HEAD");
    repository.git(&["tag", "-a", "inner", "-m", "x"]);
    let inner = repository.sha("inner");
    repository.git(&["tag", "-a", "outer", "-m", "x", inner.as_str()]);
    let lines: String = (0..3_000).map(|number| format!("{main} refs/tags/v0.{number}.0\n")).collect();
    let packed = repository.dir.join(".git/packed-refs");
    let mut file = std::fs::File::create(packed).expect("made");
    std::io::Write::write_all(&mut file, lines.as_bytes()).expect("written");
    let read = repository.read();
    run(async {
        let outer = read.tags_starting("outer").await.expect("answered");
        let peeled = History::Checkout(read.clone()).peeled(&outer[0]).await.expect("answered");
        let names: Vec<_> = peeled.objects.iter().map(|object| object.name.as_str()).collect();
        assert_eq!((peeled.commit, names), (main.clone(), vec!["outer", "inner"]));
        let tags = read.tags_starting("v0.").await.expect("answered");
        assert_eq!(tags.len(), 3_000);
        assert!(tags.iter().all(|tag| tag.object == main) && tags.is_sorted_by(|a, b| a.name < b.name));
    });
}

#[test]
fn branches_are_the_checkouts_own_and_those_that_it_knows_of_the_remote() {
    let repository = Repository::new();
    let main = repository.sha("HEAD");
    repository.git(&["branch", "prerelease/1.2"]);
    repository.git(&["update-ref", "refs/remotes/origin/main", main.as_str()]);
    repository.git(&["update-ref", "refs/remotes/origin/prerelease/1.1", main.as_str()]);
    repository.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    let tip = repository.commit("Two");
    let read = repository.read();
    run(async {
        let names = |found: Vec<crate::remote::history::Branch>| -> Vec<_> {
            found.into_iter().map(|branch| branch.name).collect()
        };
        let all = read.branches_matching("").await.expect("answered");
        assert_eq!(names(all), ["main", "main", "prerelease/1.1", "prerelease/1.2"]);
        let heads = read.branches_matching("main").await.expect("answered");
        assert!(heads.iter().any(|one| one.head == tip) && heads.iter().any(|one| one.head == main));
        assert_eq!(
            names(read.branches_matching("prerelease/").await.expect("answered")),
            ["prerelease/1.1", "prerelease/1.2"]
        );
        assert_eq!(read.head().await.expect("answered"), Some(tip.clone()));
    });
}

#[test]
fn one_commit_stands_to_another_as_the_history_says() {
    let repository = Repository::new();
    let main = repository.sha("HEAD");
    let tip = repository.commit("Two");
    repository.git(&["checkout", "--quiet", "-b", "side", main.as_str()]);
    let side = repository.commit("Aside");
    repository.git(&["checkout", "--quiet", "--orphan", "stranger"]);
    let stranger = repository.commit("Elsewhere");
    // Whoever may write to the checkout may not bend its history.
    repository.git(&["replace", stranger.as_str(), tip.as_str()]);
    let read = repository.read();
    run(async {
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
        assert!(error.to_string().contains("does not hold"), "{error}");
        let facts = read.commit_facts(&tip).await.expect("answered").expect("it is there");
        assert_eq!((facts.parents, facts.date), (vec![main.clone()], (2026, 11, 20)));
        assert_eq!(facts.verification.reason, "unsigned");
        assert_eq!(read.commit_facts(&nowhere).await.expect("answered"), None);
    });
}

#[test]
fn a_shallow_checkout_says_yes_where_it_can_and_never_no() {
    let repository = Repository::new();
    let main = repository.sha("HEAD");
    repository.git(&["branch", "old"]);
    let before = repository.commit("Two");
    let tip = repository.commit("Three");
    repository.git(&["branch", "side", main.as_str()]);
    let shallow = repository.home.join("shallow");
    let (from, to) = (format!("file://{}", repository.dir.display()), shallow.display().to_string());
    repository.git(&["clone", "--quiet", "--depth=2", "--no-single-branch", &from, &to]);
    let read = repository.read_at(&shallow);
    run(async {
        assert!(read.is_shallow().await.expect("answered"));
        assert_eq!(read.compare(&tip, &before).await.expect("answered"), Relation::Behind);
        let error = read.compare(&tip, &main).await.expect_err("the history ends before it");
        assert!(error.to_string().contains("shallow"), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("fetch-depth: 0")), "{:?}", error.hint());
        let facts = read.commit_facts(&before).await.expect("answered").expect("it is there");
        assert_eq!(facts.parents, vec![main.clone()], "the commit names it, though it is not connected here");
    });
    assert!(!run(repository.read().is_shallow()).expect("answered"));
}

#[test]
fn nothing_that_a_checkout_says_is_run() {
    let repository = Repository::new();
    let witness = repository.home.join("witness");
    let script = repository.file("evil", &format!("#!/bin/sh\necho ran > '{}'\nexit 0\n", witness.display()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("set");
    }
    repository.git(&[
        "tag",
        "-a",
        "v1",
        "-m",
        "words\n-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----",
    ]);
    for name in [
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "gpg.program",
        "gpg.ssh.program",
        "gpg.openpgp.program",
        "credential.helper",
    ] {
        repository.git(&["config", name, &script]);
    }
    repository.git(&["config", "pager.for-each-ref", "true"]);
    repository.git(&["config", "gpg.ssh.allowedSignersFile", &script]);
    let read = repository.read();
    run(async {
        let tags = read.tags_starting("v").await.expect("answered");
        let object = read.annotated(&tags[0].object).await.expect("answered");
        assert!(!object.verification.verified, "{object:?}");
        read.head().await.expect("answered");
        read.branches_matching("").await.expect("answered");
    });
    assert!(!witness.exists(), "a program of the checkout's choice was started");
}

#[test]
fn a_folder_without_a_repository_is_said_plainly() {
    let repository = Repository::new();
    let error = run(repository.read_at(&repository.home).tags_starting("v")).expect_err("no repository");
    assert!(
        matches!(error, RemoteError::Missing { .. }) && error.to_string().contains("not a git repository"),
        "{error}"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains(".git")), "{:?}", error.hint());
    let nowhere = repository.home.join("nowhere");
    assert!(run(repository.read_at(&nowhere).head()).is_err());
    let no_git =
        GitRead::new(&repository.dir, Variables::default().with("PATH", "/nowhere"), Stop::default());
    let error = run(no_git.head()).expect_err("no program");
    assert!(error.hint().is_some_and(|hint| hint.contains("install git")), "{error} {:?}", error.hint());
    let stopped = Stop::default();
    stopped.request();
    let read = GitRead { stop: stopped, ..repository.read() };
    // A question may be over before anybody looks at the signal.
    if let Err(error) = run(read.head()) {
        assert!(error.to_string().contains("signal"), "{error}");
    }
}

/// In a container the checkout belongs to another user, and git on its own would not look at it.
#[cfg(unix)]
#[test]
fn a_checkout_of_another_user_is_read() {
    let repository = Repository::new();
    repository.git(&["tag", "v1"]);
    for path in [repository.dir.clone(), repository.dir.join(".git")] {
        // Only root may give files away; for anybody else the checkout stays their own.
        drop(std::os::unix::fs::chown(&path, Some(1), None));
    }
    assert_eq!(run(repository.read().tags_starting("v")).expect("answered").len(), 1);
}

/// Tags with ssh's keys: `signed` is by a key of Alice's, `other` by one that nobody knows, `bobs` by Bob's under
/// Alice's name.
fn with_ssh_keys(repository: &Repository) {
    let mut signers = String::new();
    for (name, owner) in [("alice", Some(ALICE)), ("stranger", None), ("bob", Some("bob@example.org"))] {
        let path = repository.home.join(name).display().to_string();
        let made =
            repository.command("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", &path]);
        assert!(made.status.success(), "{made:?}");
        if let Some(owner) = owner {
            let key = std::fs::read_to_string(format!("{path}.pub")).expect("it is there");
            signers.push_str(&format!("{owner} namespaces=\"git\" {key}"));
        }
    }
    repository.file("signers", &signers);
    repository.git(&["config", "gpg.format", "ssh"]);
    for (tag, key) in [("signed", "alice"), ("other", "stranger"), ("bobs", "bob")] {
        let setting = format!("user.signingKey={}", repository.home.join(key).display());
        repository.git(&["-c", &setting, "tag", "-s", tag, "-m", "words"]);
    }
    let setting = format!("user.signingKey={}", repository.home.join("alice").display());
    repository.git(&["-c", &setting, "commit", "--quiet", "--allow-empty", "-S", "-m", "Signed"]);
}

fn reason(repository: &Repository, tag: &str) -> (bool, String) {
    let object = run(repository.read().annotated(&repository.sha(tag))).expect("answered");
    (object.verification.verified, object.verification.reason)
}

#[test]
fn a_tag_signed_with_ssh_is_good_by_a_key_that_the_user_trusts_for_that_person() {
    if !has("ssh-keygen") {
        return;
    }
    let repository = Repository::new();
    with_ssh_keys(&repository);
    let refused = |reason: &str| (false, reason.to_owned());
    // The checkout cannot say whom to trust.
    let signers = repository.home.join("signers").display().to_string();
    repository.git(&["config", "gpg.ssh.allowedSignersFile", &signers]);
    assert_eq!(reason(&repository, "signed"), refused("unknown_key"));
    repository.file(".gitconfig", &format!("[gpg \"ssh\"]\n\tallowedSignersFile = {signers}\n"));
    assert_eq!(reason(&repository, "signed"), (true, "valid".to_owned()));
    assert_eq!(reason(&repository, "other"), refused("unknown_key"));
    assert_eq!(reason(&repository, "bobs"), refused("bad_email"));
    let facts =
        run(repository.read().commit_facts(&repository.sha("HEAD"))).expect("answered").expect("there");
    assert!(facts.verification.verified, "{facts:?}");

    // Other words under the same signature.
    let text = repository.git(&["cat-file", "tag", "signed"]).replace("words", "swords") + "\n";
    let forged = repository.file("forged", &text);
    let forged = repository.git(&["hash-object", "-t", "tag", "-w", &forged]);
    assert_eq!(reason(&repository, &forged), refused("invalid"));
}

#[test]
fn a_tag_signed_with_gpg_is_good_by_a_key_of_the_person_who_is_named() {
    if !has("gpg") {
        return;
    }
    let repository = Repository::new();
    let ring = repository.home.join(".gnupg");
    std::fs::create_dir(&ring).expect("made");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&ring, std::fs::Permissions::from_mode(0o700)).expect("set");
    }
    for owner in [ALICE, "bob@example.org"] {
        let words =
            ["--batch", "--quiet", "--passphrase", "", "--quick-gen-key", owner, "ed25519", "sign", "never"];
        let made = repository.command("gpg", &words);
        assert!(made.status.success(), "{made:?}");
    }
    for (tag, key) in [("signed", ALICE), ("bobs", "bob@example.org")] {
        repository.git(&["tag", "-u", key, tag, "-m", "words"]);
    }
    assert_eq!(reason(&repository, "signed"), (true, "valid".to_owned()));
    assert_eq!(reason(&repository, "bobs"), (false, "bad_email".to_owned()));
    let text = repository.git(&["cat-file", "tag", "signed"]).replace("words", "swords") + "\n";
    let forged = repository.file("forged", &text);
    let forged = repository.git(&["hash-object", "-t", "tag", "-w", &forged]);
    assert_eq!(reason(&repository, &forged), (false, "invalid".to_owned()));
    let elsewhere = repository.command("gpgconf", &["--kill", "all"]);
    drop(elsewhere);
    let stranger = Repository { home: repository.dir.clone(), ..repository };
    let object = run(stranger.read().annotated(&stranger.sha("signed"))).expect("answered");
    assert_eq!(object.verification.reason, "unknown_key");
}
