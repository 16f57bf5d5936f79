//! Where the notes come from, and how they come to stand on the page.

use release_action::sim::github::release::{NewRelease, Release};

use crate::support::program::{Outcome, Program};
use crate::support::world::{COMMIT, Phase, TAG, World};

const OPEN: &str = "<!-- release-action -->\n";
const CLOSE: &str = "\n<!-- /release-action -->";
const TOO_LONG: &str = "release/notes-too-long";

/// The small release, collected and validated, with nothing released yet.
fn validated() -> World {
    let world = World::new();
    world.play_until(Phase::Draft);
    world
}

#[track_caller]
fn release(world: &World) -> Release {
    let releases = world.universe.github(|github| github.releases().to_vec());
    assert_eq!(releases.len(), 1, "{releases:#?}");
    releases.into_iter().next().expect("it was counted")
}

#[track_caller]
fn body(world: &World) -> String {
    release(world).body.expect("there is a text")
}

/// Our part of the page.
#[track_caller]
fn notes(world: &World) -> String {
    let body = body(world);
    let behind = body.split_once(OPEN).expect("it begins").1;
    behind.rsplit_once(CLOSE).expect("it ends").0.to_owned()
}

/// Runs it, and again: the second run has nothing to do, whatever the page made of the ends of lines.
#[track_caller]
fn settles(world: &World, program: impl Fn() -> Program) -> Outcome {
    let outcome = program().run().expect_code(0);
    world.universe.github(|github| {
        let release = &mut github.releases_mut()[0];
        release.body = release.body.take().map(|body| body.replace("\r\n", "\n").replace('\n', "\r\n"));
    });
    let (before, text) = (world.writes(), body(world));
    let again = program().run().expect_code(0);
    assert_eq!(again.output("outcome"), "already-done", "{}", again.told());
    assert_eq!((world.writes(), body(world)), (before, text), "{}", again.told());
    world.universe.github(|github| {
        let release = &mut github.releases_mut()[0];
        release.body = release.body.take().map(|body| body.replace("\r\n", "\n"));
    });
    outcome
}

/// Refused before anything was sent.
#[track_caller]
fn refused(world: &World, program: Program, code: i32) -> Outcome {
    let before = world.writes();
    let outcome = program.run().expect_code(code);
    assert_eq!(world.writes(), before, "{}", outcome.told());
    outcome
}

/// A text on the page that a person wrote.
fn written(world: &World, body: &str, draft: bool) {
    let body = Some(body.to_owned());
    let new = NewRelease { tag_name: TAG.into(), draft, body, ..NewRelease::default() };
    let files = world.files.clone();
    world.universe.github(|github| {
        let id = github.add_release(new);
        if !draft {
            let bound = ["manifest.json", "SHA256SUMS"].map(|name| {
                let bytes = std::fs::read(world.path("release-manifest").join(name)).expect("it is there");
                (name.to_owned(), bytes)
            });
            for (name, bytes) in files.into_iter().chain(bound) {
                github.add_asset(id, &name, bytes);
            }
        }
    });
}

/// What GitHub was asked to write notes from.
fn questions(world: &World) -> usize {
    let journal = world.universe.journal();
    journal.iter().filter(|entry| entry.path.ends_with("/releases/generate-notes")).count()
}

#[test]
fn a_changelog_may_be_written_in_any_usual_way() {
    let world = validated();
    for (file, text) in [
        (
            "CHANGELOG.md",
            "\u{feff}# Changes\r\n\r\n## v1.2.0 (2026-01-31)\r\n\r\n- Now, see [x].\r\n\r\n## v1.1.0\r\n\r\n- Old.\r\n\r\n[x]: y\r\n",
        ),
        ("HISTORY.md", "# 1.2.0\n\n- Now, see [x].\n\n# 1.1.0\n\n- Old.\n\n[x]: y\n"),
        (
            "docs/news.md",
            "Version 1.2.0\n-------------\n\n- Now, see [x].\n\nVersion 1.1.0\n-------------\n\n[x]: y\n",
        ),
        (
            "linked.md",
            "## [v1.2.0](z) (2026-01-31)\n\n- Now, see [x].\n\n[x]: y\n\n<a name=\"1.1.0\"></a>\n## [v1.1.0](z)\n",
        ),
    ] {
        world.write(file, text);
        settles(&world, || world.phase(Phase::Draft).input("changelog", file));
        assert_eq!(notes(&world), "- Now, see [x].\n\n[x]: y", "{file}");
    }
    world.write("CHANGES.rst", "1.2.0\n=====\n\nAdded\n-----\n\n* ``x``\n\n1.1.0\n=====\n\n* Old.\n");
    settles(&world, || world.phase(Phase::Draft).input("changelog", "CHANGES.rst"));
    assert_eq!(notes(&world), "### Added\n\n* ``x``");
}

#[test]
fn what_is_unreleased_stands_for_the_version_on_request() {
    let world = validated();
    world.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n- Soon.\n\n## [1.1.0]\n\n- Old.\n");
    let outcome = refused(&world, world.phase(Phase::Draft), 1);
    assert!(outcome.finds("release/no-notes", "CHANGELOG.md"), "{}", outcome.told());
    assert!(outcome.stdout.contains("[Unreleased] · [1.1.0]"), "{}", outcome.told());
    let on_request = || world.phase(Phase::Draft).input("changelog-unreleased", "true");
    settles(&world, on_request);
    assert_eq!(notes(&world), "- Soon.");
    world.write("CHANGELOG.md", "## [1.1.0]\n\n- Old.\n");
    let outcome = refused(&world, on_request(), 1);
    assert!(outcome.finds("release/no-notes", "CHANGELOG.md"), "{}", outcome.told());
}

#[test]
fn the_notes_may_be_an_input_or_none() {
    let world = validated();
    settles(&world, || world.phase(Phase::Draft).input("notes-text", "Just **this**.\r\n\r\nAnd that."));
    assert_eq!(notes(&world), "Just **this**.\n\nAnd that.");
    // A draft that has a text keeps it.
    settles(&world, || world.phase(Phase::Draft).input("notes-from", "none"));
    assert_eq!(notes(&world), "Just **this**.\n\nAnd that.");

    let world = validated();
    world.write("CHANGELOG.md", "nothing of the kind");
    settles(&world, || world.phase(Phase::Draft).input("notes-from", "none"));
    assert_eq!(notes(&world), "");
}

#[test]
fn inputs_that_nobody_would_read_are_refused() {
    let world = validated();
    world.write("notes.md", "x");
    for (inputs, named) in [
        (&[("notes-from", "magic")][..], "notes-from"),
        (&[("notes-text", "x"), ("notes-file", "notes.md")], "notes-file"),
        (&[("notes-from", "changelog"), ("notes-text", "x")], "notes-text"),
        (&[("notes-from", "github"), ("notes-file", "notes.md")], "notes-file"),
        (&[("previous-tag", "v1.1.0")], "previous-tag"),
        (&[("notes-from", "text")], "notes-text"),
        (&[("notes-from", "file")], "notes-file"),
        (&[("notes-merge", "mix")], "notes-merge"),
    ] {
        let asked = world.universe.journal().len();
        let program = inputs
            .iter()
            .fold(world.phase(Phase::Draft), |program, (name, value)| program.input(name, value));
        let outcome = refused(&world, program, 64);
        assert!(outcome.stdout.contains(&format!("`{named}`")), "{inputs:?}: {}", outcome.told());
        assert_eq!(world.universe.journal().len(), asked);
    }
}

/// Tags of earlier, later and other releases.
fn with_tags(world: &World) {
    world.universe.github(|github| {
        let parent = github.commit_to("main", "Something else", &[]);
        for tag in ["v1.0.0", "v1.1.0", "v1.2.0-rc.1", "v2.0.0", "v1.10.0", "nightly", "nightly-20260101"] {
            github.set_tag(tag, &parent);
        }
        github.set_branch("main", COMMIT);
    });
}

#[test]
fn github_writes_the_notes_once_since_the_version_before() {
    let world = validated();
    with_tags(&world);
    let with_github = |phase| world.phase(phase).input("notes-from", "github");
    settles(&world, || with_github(Phase::Draft));
    let text = notes(&world);
    assert!(text.starts_with("## What's Changed") && text.ends_with("/compare/v1.1.0...v1.2.0"), "{text}");
    assert_eq!(questions(&world), 1);
    // What a person makes of it stays, and GitHub is not asked again.
    world.universe.github(|github| {
        let release = &mut github.releases_mut()[0];
        release.body =
            release.body.take().map(|body| body.replace("## What's Changed", "## All that is new"));
    });
    with_github(Phase::Release).run().expect_code(0);
    assert!(notes(&world).starts_with("## All that is new"));
    assert_eq!(questions(&world), 1);
}

#[test]
fn the_tag_before_may_be_told_and_has_to_be_there() {
    let world = validated();
    with_tags(&world);
    let since =
        |tag: &str| world.phase(Phase::Draft).input("notes-from", "github").input("previous-tag", tag);
    let outcome = refused(&world, since("v0.9.0"), 1);
    assert!(outcome.finds("release/no-previous-tag", ""), "{}", outcome.told());
    assert!(outcome.stdout.contains("v2.0.0 · v1.10.0 · v1.2.0 · "), "{}", outcome.told());
    since("v1.0.0").run().expect_code(0);
    assert!(notes(&world).ends_with("/compare/v1.0.0...v1.2.0"));
}

#[test]
fn nobody_is_asked_for_notes_that_have_no_place() {
    let world = validated();
    written(&world, "By hand.", true);
    world.phase(Phase::Draft).input("notes-from", "github").run().expect_code(0);
    assert_eq!((questions(&world), body(&world).as_str()), (0, "By hand."));
    let outcome =
        refused(&world, world.phase(Phase::Draft).input("notes-from", "github").input("tag", "1.2.0"), 1);
    assert!(outcome.finds("release/no-tag", ""), "{}", outcome.told());
}

#[test]
fn what_people_wrote_stays_gives_way_or_gets_the_notes_beside_it() {
    let ours = format!("{OPEN}- Everything.{CLOSE}");
    for (merge, expected) in [
        ("keep", "Read this!\r\n".to_owned()),
        ("append", format!("Read this!\n\n{ours}")),
        ("prepend", format!("{ours}\n\nRead this!\n")),
        ("replace", ours.clone()),
    ] {
        let world = validated();
        written(&world, "Read this!\r\n", true);
        let outcome = settles(&world, || world.phase(Phase::Draft).input("notes-merge", merge));
        assert_eq!(outcome.finds("release/text-kept", ""), merge == "keep", "{merge}: {}", outcome.told());
        assert_eq!(body(&world).replace("\r\n", "\n"), expected.replace("\r\n", "\n"), "{merge}");
        // The notes change, and what people wrote does not.
        world.write("CHANGELOG.md", "## 1.2.0\n\n- More.\n");
        settles(&world, || world.phase(Phase::Draft).input("notes-merge", merge));
        let text = body(&world);
        assert_eq!(text.contains("Read this!"), merge != "replace", "{merge}: {text}");
        assert_eq!(
            (text.contains("- More."), text.contains("- Everything.")),
            (merge != "keep", false),
            "{merge}"
        );
    }
}

#[test]
fn the_text_of_a_published_release_is_changed_on_request_only() {
    for (merge, allowed, changed) in [
        ("keep", true, false),
        ("append", false, false),
        ("append", true, true),
        ("replace", false, false),
        ("replace", true, true),
    ] {
        let world = validated();
        written(&world, "Read this!", false);
        let flag = if allowed { "true" } else { "false" };
        let program =
            || world.phase(Phase::Release).input("notes-merge", merge).input("allow-published-changes", flag);
        let outcome = settles(&world, program);
        assert_eq!(body(&world).contains("- Everything."), changed, "{merge} {allowed}");
        assert_eq!(
            body(&world).contains("Read this!"),
            !(changed && merge == "replace"),
            "{merge} {allowed}"
        );
        assert_eq!(outcome.finds("release/text-kept", ""), !changed, "{merge} {allowed}: {}", outcome.told());
    }
}

/// Notes in sections, about as long as told.
fn long(characters: usize) -> String {
    let mut text = String::from("### 0\n\n");
    for number in 1.. {
        if text.len() > characters {
            break;
        }
        text.push_str(&format!("- One of many changes, see [{number}].\n"));
        if number % 100 == 0 {
            text.push_str(&format!("\n### {number}\n\n"));
        }
    }
    text.push_str("\n[1]: first\n[99999]: last\n");
    text
}

#[test]
fn r10_we_cut_what_is_too_long_and_attach_all_of_it() {
    let world = validated();
    let text = long(200_000);
    world.write("NOTES.md", &text);
    let outcome = settles(&world, || world.phase(Phase::Draft).input("notes-file", "NOTES.md"));
    assert!(outcome.finds(TOO_LONG, ""), "{}", outcome.told());
    assert_eq!(outcome.output("assets"), "7", "{}", outcome.told());
    let release = release(&world);
    let body = release.body.expect("there is a text");
    // The mark of a yank has room above it.
    assert!(body.encode_utf16().count() <= 124_000, "{}", body.len());
    assert!(body.len() > 110_000, "{}", body.len());
    let whole = release.assets.iter().find(|asset| asset.name == "RELEASE-NOTES.md").expect("it is attached");
    assert_eq!(String::from_utf8_lossy(&whole.bytes), text);
    let notice = "**There is more: these notes are longer than this page can show.";
    let (kept, behind) = body.split_once(notice).expect("it says so");
    let last = kept.trim_end().lines().last().unwrap_or_default();
    let sections = "00].";
    assert!(last.starts_with("- One of many") && last.ends_with(sections), "before a heading: {last}");
    assert!(
        behind.contains(&format!("/octo-org/sample/releases/download/{TAG}/RELEASE-NOTES.md)")),
        "{behind}"
    );
    assert!(behind.contains("[1]: first") && !behind.contains("[99999]"), "{behind}");
    // Published, it stays so, and so does what it refers to.
    let published = || world.phase(Phase::Release).input("notes-file", "NOTES.md");
    assert_eq!(published().run().expect_code(0).output("assets"), "7");
    settles(&world, published);
    // What fits, fits.
    world.write("NOTES.md", "😀".repeat(62_000));
    let world = validated();
    world.write("NOTES.md", "ö".repeat(124_900));
    let outcome = settles(&world, || world.phase(Phase::Draft).input("notes-file", "NOTES.md"));
    assert!(!outcome.finds(TOO_LONG, "") && outcome.output("assets") == "6", "{}", outcome.told());
}

#[test]
fn r10_what_others_wrote_counts_too() {
    let world = validated();
    written(&world, &"x".repeat(124_000), true);
    world.write("NOTES.md", long(2_000));
    let program = || world.phase(Phase::Draft).input("notes-file", "NOTES.md").input("notes-merge", "append");
    let outcome = settles(&world, program);
    assert!(outcome.finds(TOO_LONG, ""), "{}", outcome.told());
    let body = body(&world);
    assert!(body.encode_utf16().count() <= 125_000 && body.contains("There is more"), "{}", body.len());

    let world = validated();
    written(&world, &"x".repeat(124_950), true);
    let outcome = settles(&world, || world.phase(Phase::Draft).input("notes-merge", "prepend"));
    assert!(outcome.finds("release/text-kept", ""), "{}", outcome.told());
    assert_eq!(release(&world).assets.len(), 6);
}

#[test]
fn notes_come_out_as_they_were_typed_and_act_on_nothing() {
    let world = validated();
    let mut hostile = String::from(
        "a ##[set-output name=version;]9.9.9\n::error::planted\n::set-output name=draft::9.9.9\n\u{202e}txt.exe \u{200f}\n\
         😀 𝔘𝔫𝔦 é e\u{301} \u{feff}x\n<script>alert(1)</script> @octocat\n`${{ github.token }}` $(id) %0A%25\n\t\ttabs  \n\
         <<EOF\nEOF\n",
    );
    hostile.push_str(&"long ".repeat(10_000));
    for (number, text) in [hostile.clone(), hostile.replace('\n', "\r\n")].into_iter().enumerate() {
        world.write("NOTES.md", &text);
        let outcome = settles(&world, || {
            world.phase(Phase::Draft).input("notes-file", "NOTES.md").env("RUNNER_DEBUG", "1")
        });
        assert_eq!(notes(&world), hostile.trim_end(), "{number}");
        for words in ["##[", "planted", "9.9.9", "txt.exe", "alert(1)"] {
            let told =
                [&outcome.stdout, &outcome.stderr, &outcome.summary, &format!("{:?}", outcome.outputs)];
            assert!(told.iter().all(|text| !text.contains(words)), "{words}: {}", outcome.told());
        }
    }
}

#[test]
fn a_megabyte_of_notes_is_cut_and_attached() {
    let world = validated();
    for text in ["##[set-output name=a;]b ::error::c\n".repeat(30_000), "x".repeat(1 << 20)] {
        world.universe.github(|github| github.releases_mut().clear());
        world.write("NOTES.md", &text);
        let outcome = settles(&world, || world.phase(Phase::Draft).input("notes-file", "NOTES.md"));
        assert!(outcome.finds(TOO_LONG, "") && !outcome.stdout.contains("##["), "{}", outcome.told());
        let release = release(&world);
        let whole = release.assets.iter().find(|asset| asset.name == "RELEASE-NOTES.md").expect("attached");
        assert_eq!(String::from_utf8_lossy(&whole.bytes).trim_end(), text.trim_end());
        assert!(notes(&world).encode_utf16().count() <= 125_000);
    }
}

#[test]
fn our_own_marks_in_the_notes_mark_nothing() {
    let world = validated();
    let nested =
        "<!-- release<!-- release-action -->-action --> <!-- /rel<!-- /release-action -->ease-action -->";
    for text in [
        "a <!-- /release-action --> b <!-- release-action --> c",
        nested,
        "<!-- an open comment",
        "a -->",
        "<!-- release-action -->",
    ] {
        world.write("NOTES.md", text);
        settles(&world, || world.phase(Phase::Draft).input("notes-file", "NOTES.md"));
        let body = body(&world);
        assert_eq!((body.matches(OPEN.trim()).count(), body.matches(CLOSE.trim()).count()), (1, 1), "{body}");
        // Only what shows on a page is compared: the spelling of a comment does not.
        let plain = |text: &str| text.replace(' ', "");
        assert_eq!(plain(&notes(&world)), plain(text));
    }
}

#[test]
fn a_dry_run_asks_for_the_notes_and_sends_nothing_else() {
    let world = validated();
    let before = world.writes();
    world.phase(Phase::Draft).input("dry-run", "true").run().expect_code(0);
    assert_eq!(world.writes(), before);
    let outcome =
        world.phase(Phase::Draft).input("dry-run", "true").input("notes-from", "github").run().expect_code(0);
    assert_eq!((questions(&world), world.writes()), (1, before + 1), "{}", outcome.told());
    assert_eq!(outcome.report["ending"], "planned", "{}", outcome.told());
    assert!(world.universe.github(|github| github.releases().is_empty()));
}
