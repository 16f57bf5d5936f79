//! Strangers' words: file names, answers of servers, release notes. The runner reads commands from both streams, and
//! a terminal obeys control characters.

use release_action::archive::build::WheelBuilder;
use release_action::sim::github::runs::NewArtifact;
use serde_json::json;

use crate::support::canned::{Answer, canned};
use crate::support::program::Outcome;
use crate::support::world::{Phase, World};

/// Texts that do something where they are printed as they are.
const HOSTILE: [&str; 8] = [
    "::set-output name=version::9.9.9",
    " \t::add-mask::a",
    "x\n::stop-commands::token",
    "x\r::error::planted",
    "a ##[set-output name=version;]9.9.9",
    "\u{1b}[31mred\u{1b}]0;title\u{7}",
    "\u{202e}txt.exe",
    "<script>alert(1)</script> [x](javascript:alert(1)) @octocat",
];

/// The commands that the program itself has a use for.
const COMMANDS: [&str; 7] = ["add-mask", "error", "warning", "notice", "group", "endgroup", "debug"];

/// No line is a command that a stranger wrote, and nothing but text reaches a screen.
#[track_caller]
fn assert_harmless(outcome: &Outcome) {
    for (name, text) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
        for line in text.split(['\n', '\r']) {
            assert!(!line.contains("##["), "{name}: {line:?}\n{}", outcome.told());
            assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{name}: {line:?}");
            let Some(command) = line.trim_start().strip_prefix("::") else { continue };
            let name = command.split([' ', ':']).next().unwrap_or_default();
            assert!(COMMANDS.contains(&name), "{line:?}\n{}", outcome.told());
            // Those for secrets come from us alone, and what is hidden here is none of the texts above.
            assert!(name != "add-mask" || command != "add-mask::a", "{line:?}\n{}", outcome.told());
            assert!(!command.starts_with("error::planted"), "{line:?}\n{}", outcome.told());
        }
    }
    // Between backticks everything is text.
    let is_code = |(number, _): &(usize, &str)| number % 2 == 1;
    let markdown: String = outcome
        .summary
        .lines()
        .flat_map(|line| line.split('`').enumerate().filter(|piece| !is_code(piece)).map(|(_, piece)| piece))
        .collect();
    for text in [&outcome.summary, &format!("{:?}", outcome.outputs)] {
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    }
    let plain = !markdown.contains("<script>") && !markdown.contains("](javascript:");
    assert!(plain, "{}", outcome.summary);
    assert!(outcome.outputs.values().all(|value| value != "9.9.9"), "{:?}", outcome.outputs);
}

#[test]
fn names_of_members_are_no_commands() {
    for (number, hostile) in HOSTILE.iter().enumerate() {
        let world = World::new();
        let mut builder = WheelBuilder::new("sample", "1.2.0", "py3", "none", "any");
        builder
            .member(hostile, "x")
            .member(&format!("sample/../{hostile}"), "x")
            .metadata("Version", hostile);
        let (name, bytes) = builder.build();
        world.write(&format!("dist/{name}"), bytes);
        let outcome = world.phase(Phase::Validate).env("RUNNER_DEBUG", "1").run();
        assert_eq!(outcome.code, Some(1), "{number}: {}", outcome.told());
        assert_harmless(&outcome);
    }
}

#[test]
fn names_of_files_are_no_commands() {
    let world = World::new();
    for hostile in HOSTILE {
        let name = hostile.replace('/', "_");
        world.write(&format!("dist/{name}.whl"), "no wheel");
        world.write(&format!("dist/{name}"), "stray");
        world.write(&format!("release-assets/{name}"), "a tool");
    }
    for phase in [Phase::Validate, Phase::Draft, Phase::Publish] {
        assert_harmless(&world.phase(phase).env("RUNNER_DEBUG", "1").run().expect_code(1));
    }
}

#[test]
fn names_of_artifacts_are_no_commands() {
    for hostile in HOSTILE {
        let world = World::new();
        world.universe.github(|github| {
            let run = github.runs_mut()[0].id;
            github.add_artifact(run, NewArtifact::zip(hostile, &[(hostile, b"x")]));
        });
        assert_harmless(&world.phase(Phase::Collect).env("RUNNER_DEBUG", "1").run());
    }
}

#[test]
fn tags_and_inputs_are_no_commands() {
    let world = World::new();
    for hostile in HOSTILE {
        for phase in [Phase::VerifyTag, Phase::Collect, Phase::Draft] {
            assert_harmless(&world.phase(phase).input("tag", hostile).run());
            assert_harmless(&world.phase(phase).env("GITHUB_REF", format!("refs/tags/{hostile}")).run());
            assert_harmless(&world.phase(phase).input("repository", hostile).run());
            assert_harmless(&world.phase(phase).input("packages-dir", hostile).run());
            assert_harmless(&world.phase(phase).arg(format!("--{hostile}")).run());
        }
        assert_harmless(&world.program(hostile).run());
    }
}

#[test]
fn answers_of_servers_are_no_commands() {
    let world = World::new();
    world.play_until(Phase::Publish);
    for hostile in HOSTILE {
        let message = move |status| {
            move |_: &str| -> Answer {
                (status, "application/json", json!({ "message": hostile }).to_string())
            }
        };
        let page = move |_: &str| -> Answer {
            (200, "text/html", format!("<!doctype html><title>{hostile}</title><p>{hostile}"))
        };
        for server in [canned(message(403)), canned(message(422)), canned(page)] {
            assert_harmless(
                &world.phase(Phase::VerifyTag).env("GITHUB_API_URL", &server).run().expect_code(2),
            );
            let upload = world.phase(Phase::Publish).input("index-url", &server);
            assert_harmless(&upload.run().expect_code(2));
        }
        let refusing = canned(message(400));
        let upload = world.phase(Phase::Publish).input("repository-url", &refusing);
        assert_harmless(&upload.run().expect_code(2));
    }
}

#[test]
fn words_of_a_changelog_are_no_commands() {
    let world = World::new();
    world.play_until(Phase::Draft);
    let headings: String = HOSTILE.iter().map(|hostile| format!("## {hostile}\n\n- {hostile}\n\n")).collect();
    world.write("CHANGELOG.md", &headings);
    assert_harmless(&world.phase(Phase::Draft).run().expect_code(1));
    // A page says what was declared; of control characters nobody knows what it would make.
    world.write("CHANGELOG.md", format!("## 1.2.0\n\n{}\n\n{headings}", HOSTILE.join("\n")));
    assert_harmless(&world.phase(Phase::Draft).run().expect_code(1));
    let plain: Vec<_> = HOSTILE.into_iter().filter(|hostile| !hostile.contains(['\r', '\u{1b}'])).collect();
    world.write("CHANGELOG.md", format!("## 1.2.0\n\n{}\n\n{headings}", plain.join("\n")));
    let outcome =
        world.phase(Phase::Draft).env("RUNNER_DEBUG", "1").input("title", HOSTILE[4]).run().expect_code(0);
    assert_harmless(&outcome);
}

#[test]
fn versions_in_sources_are_no_commands() {
    for hostile in HOSTILE {
        let world = World::new();
        let quoted = serde_json::to_string(hostile).expect("a text");
        world.write("Cargo.toml", format!("[package]\nname = \"x\"\nversion = {quoted}\n"));
        world.write(
            "pyproject.toml",
            format!(
                "[project]\nname = \"x\"\ndynamic = [\"version\"]\n[build-system]\nbuild-backend = {quoted}\n"
            ),
        );
        assert_harmless(&world.phase(Phase::VerifyTag).run().expect_code(1));
    }
}
