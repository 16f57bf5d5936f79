//! The example that raises a version on request, played: one commit, its tag, and the workflows that release it.

use std::collections::BTreeMap;

use release_action::sim::universe::{Setup, Universe};
use serde_json::json;

use super::{endings, writes};
use crate::support::contract::Contract;
use crate::support::workflow_files::root;
use crate::support::workflow_play::{Event, Play};
use crate::support::world::REPOSITORY;
use crate::support::yaml;

const PYPROJECT: &str = "[project]\nname = \"sample\"\nversion = \"1.2.0\"\n";

#[test]
fn the_example_that_raises_a_version_starts_the_release_once() {
    let universe = Universe::start(Setup { repository: REPOSITORY.into(), ..Setup::default() });
    let universe = universe.expect("loopback has free ports");
    let _contract = Contract::watch(&universe);
    let text = |file: &str| {
        let file = root().join("examples/games_collection").join(file);
        std::fs::read_to_string(file).expect("it is there")
    };
    let (release, executables) = (text("release.yml"), text("executables.yml"));
    let sha = universe.github(|github| {
        let files = [
            ("pyproject.toml", PYPROJECT),
            (".github/workflows/release.yml", release.as_str()),
            (".github/workflows/executables.yml", executables.as_str()),
        ];
        for (path, _) in &files[1..] {
            github.add_workflow(path);
        }
        github.commit_to("main", "Begin", &files)
    });
    let checkout = vec![("pyproject.toml".to_owned(), PYPROJECT.into())];
    let mut play = Play::new(&universe, yaml::read(&text("bump.yml")), checkout);
    play.context.insert("inputs.bump".to_owned(), "minor".to_owned());
    let git_ref = "refs/heads/main".to_owned();
    let event = Event { name: "workflow_dispatch", git_ref, sha, run_id: 101, payload: json!({}) };
    assert_eq!(endings(&play.run(&event)), ["done"]);

    let before = writes(&universe);
    universe.github(|github| {
        let head = github.branch("main").expect("it is there");
        assert_eq!(github.tags(), BTreeMap::from([("v1.3.0".to_owned(), head.clone())]));
        let commit = github.commit(&head).expect("it is there");
        assert_eq!(commit.files["pyproject.toml"], PYPROJECT.replace("1.2.0", "1.3.0"));
        let started: Vec<_> =
            github.dispatched().iter().map(|run| (run.path.clone(), run.git_ref.clone())).collect();
        let of = |file: &str| (format!(".github/workflows/{file}"), "v1.3.0".to_owned());
        assert_eq!(started, [of("release.yml"), of("executables.yml")]);
    });
    // The job that is run again has the same checkout.
    assert_eq!(endings(&play.run(&event)), ["already-done"]);
    assert_eq!(writes(&universe), before);
}
