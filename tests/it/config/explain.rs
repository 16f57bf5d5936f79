//! `explain-config`: what holds, and where it came from.

use serde_json::Value;

use super::{says, workspace};
use crate::support::program::{Outcome, Program};

const FILE: &str = "\
tag-prefix = \"v\"

[publish]
targets = [\"crates-io : coglet\", \"pypi : coglet\"]

[project.coglet]
tag-prefix = \"coglet-v\"

[project.coglet.publish]
concurrency = 2
";

fn explain(words: &[&str]) -> Program {
    words.iter().fold(Program::command("explain-config"), |program, word| program.arg(word))
}

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{}", outcome.told()))
}

#[test]
fn each_value_is_told_with_its_source() {
    let workspace = workspace(&[("release.toml", FILE)]);
    let program = explain(&["publish", "--project", "coglet"]).current_dir(workspace.path());
    let program = program.env("INPUT_USER", "robot").env("INPUT_PASSWORD", "hunter2secret");
    let outcome = program.run().expect_code(0);
    says(
        &outcome,
        &["Configured by `release.toml`, for the project `coglet` (named by the flag `--project`)."],
    );
    let row = |name: &str| {
        let lines = outcome.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.skip_while(|line| !line.starts_with(&format!("{name} "))).take(2).collect::<Vec<_>>()
    };
    assert_eq!(row("targets"), ["targets release.toml:4 [publish] crates-io : coglet", "pypi : coglet"]);
    assert_eq!(row("concurrency")[0], "concurrency release.toml:10 [project.coglet.publish] 2");
    assert_eq!(row("user")[0], "user input user robot");
    assert_eq!(row("password")[0], "password input password ***");
    assert_eq!(row("packages-dir")[0], "packages-dir default dist");
    assert_eq!(row("registries")[0], "registries not given (nothing)");
}

#[test]
fn json_has_all_of_it_and_no_secret() {
    let workspace = workspace(&[("release.toml", FILE)]);
    let program = explain(&["publish", "--json", "--tag=coglet-v1.2.0"]).current_dir(workspace.path());
    let found = json(&program.env("INPUT_PASSWORD", "hunter2secret").run().expect_code(0));
    assert_eq!(found["file"], "release.toml");
    assert_eq!(found["project"], "coglet");
    assert_eq!(found["project_because"], "its `tag-prefix` is `coglet-v`");
    let row = |name: &str| &found["modes"]["publish"][name];
    assert_eq!(row("concurrency")["line"], 10);
    assert_eq!(row("concurrency")["table"], "project.coglet.publish");
    assert_eq!(row("targets")["value"], "crates-io : coglet\npypi : coglet");
    assert_eq!((&row("password")["secret"], &row("password")["value"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(row("tag")["source"], "flag");
}

#[test]
fn without_a_mode_every_mode_shows_what_is_given_for_it() {
    let workspace = workspace(&[("release.toml", FILE)]);
    let outcome = explain(&[]).current_dir(workspace.path()).run().expect_code(0);
    says(&outcome, &["for none of its projects: coglet", "\nyank\n", "nothing is given: the defaults hold"]);
    assert!(!outcome.stdout.contains("packages-dir"), "{}", outcome.stdout);
    let elsewhere = explain(&["verify-tag"]).run().expect_code(0);
    says(&elsewhere, &["No configuration file is read"]);
}

#[test]
fn secrets_in_other_places_are_hidden_too() {
    let program = explain(&["publish"])
        .env("INPUT_INDEX-URL", "https://robot:hunter2secret@index.invalid/simple/")
        .env("INPUT_REGISTRIES", "shelf = cargo https://x.invalid/?token=hunter2secret")
        .env("GITHUB_TOKEN", "ghs_of_the_job")
        .env("INPUT_REASON", "because ghs_of_the_job")
        .secret("hunter2secret");
    let outcome = program.run().expect_code(0);
    says(&outcome, &["shelf = cargo ***"]);
    let program =
        explain(&["create-release", "--json"]).env("INPUT_TITLE", "ghs_of_the_job ##[set-output name=a]");
    let outcome = program.env("INPUT_TOKEN", "ghs_of_the_job").run().expect_code(0);
    assert!(!outcome.stdout.contains("##["), "{}", outcome.stdout);
    assert_eq!(json(&outcome)["modes"]["create-release"]["title"]["value"], "*** ##[set-output name=a]");
}

#[test]
fn what_cannot_be_used_is_told_as_the_mode_would() {
    let workspace = workspace(&[("release.toml", "[publish]\ntarget = []\n")]);
    let outcome = explain(&["publish"]).current_dir(workspace.path()).run().expect_code(64);
    says(&outcome, &["`release.toml`, line 2", "did you mean `targets`?"]);
    says(&explain(&["publihs"]).run().expect_code(64), &["did you mean `publish`?"]);
    says(&explain(&["--jsno"]).run().expect_code(64), &["did you mean `--json`?"]);
}

#[test]
fn passwords_without_the_rest_of_an_address_are_hidden() {
    for address in ["//robot:hunter2secret@index.invalid/simple/", "robot:hunter2secret@index.invalid/simple"]
    {
        for words in [&["publish"][..], &["publish", "--json"]] {
            let program = explain(words)
                .env("INPUT_INDEX-URL", address)
                .env("INPUT_USER", address)
                .env("INPUT_REGISTRIES", format!("shelf = cargo {address}"));
            let outcome = program.secret("hunter2secret").run().expect_code(0);
            says(&outcome, &["shelf = cargo ***"]);
        }
    }
    let program = explain(&["publish"]).env("INPUT_INDEX-URL", "hunter2secret index.invalid");
    program.secret("hunter2secret").run().expect_code(0);
    let program = explain(&["verify-tag"]).env("INPUT_ALLOWED-TAGGERS", "me@example.org");
    says(&program.run().expect_code(0), &["me@example.org"]);
}
