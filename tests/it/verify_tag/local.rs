//! The checkout's own git instead of GitHub: no network, and the same findings.

use std::path::Path;
use std::process::Command;

use super::check;
use crate::support::program::Program;

/// A repository with a tagged commit on `main`, and one that was tagged beside it.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    git(at, &["init", "--quiet", "--initial-branch", "main"]);
    commit(at, "1.1.0");
    git(at, &["tag", "v1.1.0"]);
    commit(at, "1.2.0");
    git(at, &["tag", "--annotate", "--message", "Release", "v1.2.0"]);
    folder
}

#[expect(clippy::disallowed_methods, reason = "a test writes the files that are committed")]
fn commit(at: &Path, version: &str) {
    std::fs::write(at.join("VERSION"), format!("{version}\n")).expect("written");
    git(at, &["add", "VERSION"]);
    git(at, &["commit", "--quiet", "--message", version]);
}

#[track_caller]
fn git(at: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgSign=false"])
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .current_dir(at)
        .output()
        .expect("git is on this machine");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// As a person types it: no repository, no token, and no way to a GitHub.
fn verify(at: &Path, tag: &str) -> Program {
    Program::mode("verify-tag")
        .flag("tag", tag)
        .arg("--local")
        .env("GITHUB_API_URL", "http://127.0.0.1:9")
        .current_dir(at)
}

#[test]
fn a_good_tag_needs_no_network() {
    let folder = repository();
    let commit = git(folder.path(), &["rev-parse", "HEAD"]);
    let outcome = check(verify(folder.path(), "v1.2.0").flag("branch-rules", "stable = main"), 0, &[], &[]);
    assert_eq!(outcome.output("commit"), commit);
    assert_eq!(outcome.output("branch"), "main");
    assert_eq!(outcome.output("previous-tag"), "v1.1.0");
}

#[test]
fn the_findings_are_those_of_github() {
    let folder = repository();
    let at = folder.path();
    check(verify(at, "v1.2.1"), 1, &["tag/missing", "tag/version-mismatch"], &["VERSION", "line 1"]);
    let rules = ["tag/lower-than-latest", "tag/other-checkout", "tag/version-mismatch"];
    check(verify(at, "v1.1.0"), 1, &rules, &["`v1.1.0` comes after the tag `v1.2.0`"]);
    let signed = verify(at, "v1.2.0").arg("--require-signed-tag");
    check(signed, 1, &["tag/not-signed"], &["there is none"]);
    let none = verify(at, "v1.2.0").flag("branch-rules", "stable = release/*");
    check(none, 1, &["tag/no-such-branch"], &[]);
    git(at, &["checkout", "--quiet", "-b", "release/1.2", "v1.1.0"]);
    git(at, &["checkout", "--quiet", "v1.2.0"]);
    let behind = verify(at, "v1.2.0").flag("branch-rules", "stable = release/*");
    check(behind, 1, &["tag/off-branch"], &["`release/1.2`", "lies behind it"]);
}

#[test]
fn what_a_checkout_cannot_tell_is_refused() {
    let folder = repository();
    let outcome = verify(folder.path(), "v1.2.0").flag("require-checks", "ci.yml").run().expect_code(64);
    assert!(super::log(&outcome).contains("does not know what was checked"), "{}", outcome.told());
    let nowhere = tempfile::tempdir().expect("a folder");
    let outcome = verify(nowhere.path(), "v1.2.0").run().expect_code(2);
    assert!(super::log(&outcome).contains("git"), "{}", outcome.told());
}

#[test]
fn a_shallow_checkout_does_not_guess() {
    let folder = repository();
    let clone = tempfile::tempdir().expect("a folder");
    let from = format!("file://{}", folder.path().display());
    git(clone.path(), &["clone", "--quiet", "--depth", "1", "--branch", "v1.2.0", &from, "."]);
    check(verify(clone.path(), "v1.2.0"), 0, &[], &[]);
    git(folder.path(), &["checkout", "--quiet", "main"]);
    commit(folder.path(), "1.3.0");
    git(clone.path(), &["fetch", "--quiet", "--depth", "1", "origin", "main:refs/remotes/origin/main"]);
    let outcome = verify(clone.path(), "v1.2.0").flag("branch-rules", "stable = main").run().expect_code(2);
    assert!(super::log(&outcome).contains("shallow"), "{}", outcome.told());
}
