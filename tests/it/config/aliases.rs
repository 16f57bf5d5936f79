//! The names of other actions, as steps of a workflow give them.

use release_action::action::schema::ModeName;
use release_action::action::schema::aliases::{ALIASES, FOREIGN, Means};

use super::says;
use crate::support::program::Program;
use crate::support::world::{Phase, TOKEN, World};

#[test]
fn every_other_name_gives_its_input_in_each_of_its_modes() {
    for alias in ALIASES {
        let (typed, expected) = match alias.means {
            // An address that is none would be hidden.
            Means::Same if alias.of.ends_with("-url") => ("https://typed.invalid/", "https://typed.invalid/"),
            Means::Same => ("ghs_typed", "ghs_typed"),
            Means::Words(words) => words[0],
        };
        for mode in ModeName::ALL.iter().filter(|mode| alias.is_of(**mode)) {
            let program = Program::command("explain-config").arg(mode.as_str()).arg("--json");
            let outcome = program.input(alias.name, typed).run().expect_code(0);
            let found: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
            let row = &found["modes"][mode.as_str()][alias.of];
            assert_eq!(row["source"], "input", "{mode} {}", alias.name);
            assert_eq!(row["alias"], alias.name, "{mode} {}", alias.name);
            if row["secret"] == false {
                assert_eq!(row["value"], expected, "{mode} {}", alias.name);
            }
        }
    }
}

#[test]
fn names_without_a_counterpart_are_answered_with_what_to_write() {
    for foreign in FOREIGN {
        let program = Program::mode(foreign.mode.as_str()).input(foreign.name, "true");
        let outcome = program.run().expect_code(64);
        says(
            &outcome,
            &[&format!("`{}` is an input of {}", foreign.name, foreign.from[0].name()), foreign.instead],
        );
        // What the `bin` sub-action hands over of inputs that were not given.
        if ALIASES.iter().any(|alias| alias.name == foreign.name) {
            let outcome = Program::mode(foreign.mode.as_str()).input(foreign.name, "").run();
            let log = format!("{}{}", outcome.stdout, outcome.stderr);
            assert!(!log.contains("is an input of"), "{}", outcome.told());
        }
    }
}

#[test]
fn two_names_of_one_input_have_to_agree() {
    let world = World::new();
    let step = |tag: &str| world.phase(Phase::VerifyTag).input("tag", "v1.2.0").input("tag_name", tag);
    step("v1.2.0").run().expect_code(0);
    let asked = world.universe.journal().len();
    let outcome = step("v1.3.0").run().expect_code(64);
    says(
        &outcome,
        &["the input `tag` and the input `tag_name` (another name of `tag`) say different things"],
    );
    assert_eq!(world.universe.journal().len(), asked, "somebody was asked");
}

/// `action.yml` fills `github-token` in, and nobody means that token who gives another one.
#[test]
fn a_token_under_another_name_stands_above_the_jobs_own() {
    let world = World::new();
    let step = world.phase(Phase::VerifyTag).input("github-token", "ghs_of_another_job_of_nobody");
    step.input("token", TOKEN).run().expect_code(0);
}

#[test]
fn a_step_of_another_action_makes_the_same_release() {
    let world = World::new();
    world.play_until(Phase::Draft);
    let step = |draft: &str| {
        let step = world.program("create-release").input("token", TOKEN).input("tag_name", "v1.2.0");
        step.input("body", "All of it.").input("name", "Sample 1.2.0").input("draft", draft)
    };
    assert_eq!(step("true").run().expect_code(0).output("draft"), "true");
    assert_eq!(step("false").run().expect_code(0).output("draft"), "false");
    let notes = world.universe.github(|github| format!("{:?}", github.releases()));
    assert!(notes.contains("All of it.") && notes.contains("Sample 1.2.0"), "{notes}");
}

#[test]
fn words_that_mean_something_else_here_are_translated_or_refused() {
    let world = World::new();
    world.play_until(Phase::Publish);
    let outcome = world.phase(Phase::Publish).input("skip-existing", "true").run().expect_code(64);
    says(&outcome, &["the input `skip-existing`", "another action's word", "write `same`"]);
    let outcome = world.phase(Phase::Draft).input("draft", "perhaps").run().expect_code(64);
    says(
        &outcome,
        &["the input `draft` (another name of `publish`)", "`perhaps` is neither `true` nor `false`"],
    );
    world.phase(Phase::Draft).input("make_latest", "legacy").run().expect_code(0);
}

#[test]
fn a_password_under_another_name_is_hidden() {
    let program = Program::mode("publish").env("GITHUB_ACTIONS", "true").env("INPUT_TOKEN", "hunter2secret");
    let outcome = program.run().expect_code(64);
    says(&outcome, &["::add-mask::hunter2secret"]);
}
