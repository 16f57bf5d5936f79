//! Tags, branches and files that strangers named, and a GitHub that refuses.

use release_action::sim::fault::{Fault, FaultKind};
use release_action::sim::github::access::{Access, Permissions};
use release_action::sim::github::limits::Limits;

use super::{check, log, verify};
use crate::support::world::{COMMIT, TOKEN, World};

/// What the runner, a shell, a terminal or git could take for more than a name.
const HOSTILE: &[&str] = &[
    "v1.2.0;touch pwned",
    "v1.2.0$(touch pwned)",
    "v1.2.0`touch pwned`",
    "v1.2.0|x",
    "v1.2.0 && x",
    "v1.2.0\n::set-output name=x::y",
    "::error::x",
    "##[error]x",
    "v1.2.0\r\n::add-mask::v",
    "v1.2.0\u{1b}[31m",
    "v1.2.0\u{202e}0.2.1v",
    "../../../git/refs",
    "v1.2.0/../v1.2.0",
    "--upload-pack=touch",
    "-v1.2.0",
    "v1.2.0?x=y",
    "v1.2.0#x",
    "v1.2.0%2e",
    "v1.2.0\u{0}",
    "v1.2.0.lock",
    "v1..2",
    "v1.2.0@{1}",
    "v1.2.0~1",
    "v1.2.0^",
    "v1.2.0:x",
    "v1.2.0*",
    "v1.2.0[a]",
    "v1.2.0\\x",
];

#[test]
fn a_hostile_tag_is_refused_without_a_request_and_shown_harmlessly() {
    let world = World::new();
    for tag in HOSTILE.iter().filter(|tag| !tag.contains('\0')) {
        let before = world.universe.journal().len();
        let outcome = check(verify(&world).input("tag", tag), 1, &["tag/not-a-version"], &[]);
        let log = log(&outcome);
        let own = ["::error ", "::add-mask::ghs_of_the_release_job"];
        let is_command = |line: &str| line.starts_with("::") && !own.iter().any(|own| line.starts_with(own));
        assert!(!log.lines().any(is_command), "{tag:?}: {}", outcome.told());
        assert!(
            !log.contains("##[") && !log.contains('\u{1b}') && !log.contains('\u{202e}'),
            "{}",
            outcome.told()
        );
        assert_eq!(world.universe.journal().len(), before, "{tag:?}");
        assert!(!world.path("pwned").exists());
        assert_eq!(outcome.output("tag"), "", "{tag:?}");
    }
}

/// Tags and branches that others pushed are read in passing.
#[test]
fn hostile_names_of_others_change_nothing() {
    let world = World::new();
    let other = super::stray(&world);
    world.universe.github(|github| {
        for name in HOSTILE {
            github.set_tag(name, &other);
            github.set_branch(&format!("release/{name}"), &other);
        }
    });
    check(verify(&world), 0, &[], &[]);
    let outcome =
        verify(&world).input("branch-rules", "stable = release/**").input("branch-budget", "100").run();
    let outcome = outcome.expect_code(1);
    assert_eq!(super::found(&outcome), ["tag/off-branch"]);
    let log = log(&outcome);
    assert!(
        !log.contains('\u{1b}') && !log.contains("\n::set-output") && !log.contains("\n::add-mask"),
        "{}",
        outcome.told()
    );
}

#[test]
fn a_file_with_commands_in_it_shows_them_harmlessly() {
    let world = World::new();
    world.write("VERSION", "1 ##[add-mask]x\n");
    let outcome = verify(&world).run().expect_code(1);
    assert!(!log(&outcome).contains("##[add-mask]"), "{}", outcome.told());
    world.write("VERSION", "1.2.0\n");
    world.write("x.txt", "release ##[add-mask]x\n");
    let outcome = verify(&world).input("version-files", "x.txt: release (.*)").run().expect_code(1);
    assert!(!log(&outcome).contains("##[add-mask]"), "{}", outcome.told());
}

#[test]
fn a_repository_that_the_token_may_not_see_is_an_error_and_no_missing_tag() {
    let world = World::new();
    world.universe.github(|github| {
        github.settings.private = true;
        github.add_token(TOKEN, Permissions { contents: Access::None, ..Permissions::reader() });
    });
    let outcome = verify(&world).run().expect_code(2);
    let log = log(&outcome);
    assert!(log.contains("403") || log.contains("404"), "{}", outcome.told());
    assert!(log.contains("hint: ") && log.contains("contents: read"), "{}", outcome.told());
    assert!(!outcome.finds("tag/missing", ""), "{}", outcome.told());
}

#[test]
fn a_repository_that_hides_is_not_one_without_tags() {
    let world = World::new();
    world.universe.github(|github| github.settings.private = true);
    let outcome = verify(&world).input("repository", "octo-org/other").run().expect_code(2);
    assert!(log(&outcome).contains("404") && log(&outcome).contains("octo-org/other"), "{}", outcome.told());
    assert!(!outcome.finds("tag/missing", ""), "{}", outcome.told());
}

/// What was found before GitHub failed is told all the same.
#[test]
fn findings_about_files_survive_a_failure_of_github() {
    let world = World::new();
    world.write("VERSION", "1.1.9\n");
    let outcome = verify(&world).env("GITHUB_API_URL", "http://127.0.0.1:9").run().expect_code(2);
    assert!(outcome.finds("tag/version-mismatch", "VERSION"), "{}", outcome.told());
    assert!(log(&outcome).contains("is 1.1.9"), "{}", outcome.told());
}

#[test]
fn a_budget_of_requests_that_is_used_up_is_said_plainly() {
    let world = World::new();
    world.universe.github(|github| github.limits = Limits { hourly: 2, ..Limits::default() });
    let outcome = verify(&world).input("branch-rules", "stable = main").run().expect_code(2);
    let log = log(&outcome);
    assert!(log.contains("limit"), "{}", outcome.told());
    assert!(log.contains("hint: "), "{}", outcome.told());
}

#[test]
fn a_page_that_is_no_answer_and_a_lost_one_are_no_finding() {
    for kind in [FaultKind::Html, FaultKind::Refuse, FaultKind::Drop] {
        for at in [1, 4] {
            let world = World::new();
            world.universe.github(|github| github.commit_to("main", "more", &[]));
            world.universe.inject(Fault { kind, service: Some("github".into()), at });
            let outcome = verify(&world).input("branch-rules", "stable = main").run();
            // A look is repeated, but for an answer that no GitHub gives.
            let expected = if kind == FaultKind::Html { 2 } else { 0 };
            assert_eq!(outcome.code, Some(expected), "{kind:?} at {at}: {}", outcome.told());
            assert!(super::found(&outcome).is_empty(), "{kind:?} at {at}: {}", outcome.told());
            if expected == 0 {
                assert_eq!(outcome.output("commit"), COMMIT);
            }
        }
    }
}
