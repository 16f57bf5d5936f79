//! Exactly the artifacts that were declared, under the names that the release has for them.

use release_action::sim::github::runs::NewArtifact;
use serde_json::{Value, json};

use super::{below, collect, produced, refused, says};
use crate::support::program::Outcome;
use crate::support::world::World;

const HASH: &str = "3f9a77b05f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10";

fn text(name: &str, contents: &str) -> NewArtifact {
    NewArtifact::zip(name, &[("file.txt", contents.as_bytes())])
}

fn collected(outcome: &Outcome) -> Value {
    serde_json::from_str(outcome.output("collected")).expect("the output is JSON")
}

/// The names of the artifacts that were taken, by key.
fn taken(outcome: &Outcome) -> Vec<(String, String)> {
    let all = collected(outcome);
    let all = all.as_object().expect("an object").iter();
    all.map(|(key, value)| (key.clone(), value["name"].as_str().expect("a name").to_owned())).collect()
}

#[track_caller]
fn takes(outcome: &Outcome, expected: &[(&str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(key, name)| ((*key).to_owned(), (*name).to_owned())).collect();
    assert_eq!(taken(outcome), expected, "{}", outcome.told());
}

#[test]
fn a_declared_map_gives_an_output_for_each_alias_and_one_with_everything() {
    let world = World::new();
    let hashed = format!("wheels-macos-arm64-{HASH}");
    produced(&world, "more.yml", [text(&hashed, "a note"), text("wheels-macos-arm64-debug", "not this")]);
    let run = produced(
        &world,
        "docs.yml",
        [NewArtifact::zip("documentation", &[("index.html", b"<html>"), ("api/index.html", b"<html> api")])],
    );
    let lines = "macos_wheels = more.yml : wheels-macos-arm64\n\
                 documentation = docs.yml : documentation -> docs\n\
                 extra? = more.yml : not-built-today";
    let outcome = collect(&world, "", lines).run().expect_code(0);
    assert_eq!(outcome.output("artifact_macos_wheels"), hashed);
    assert_eq!(outcome.output("artifact_documentation"), "documentation");
    assert!(!outcome.outputs.contains_key("artifact_extra"), "{}", outcome.told());
    takes(&outcome, &[("documentation", "documentation"), ("macos_wheels", &hashed)]);
    let documentation = &collected(&outcome)["documentation"];
    let digest = |bytes: &[u8]| release_action::model::digest::Sha256::of(bytes).to_string();
    assert_eq!(documentation["workflow"], "docs.yml");
    assert_eq!((&documentation["run_id"], &documentation["run_attempt"]), (&json!(run), &json!(1)));
    assert!(documentation["artifact_id"].is_u64() && documentation["size_bytes"].is_u64());
    assert!(documentation["digest"].as_str().is_some_and(|digest| digest.starts_with("sha256:")));
    assert_eq!(documentation["folder"], "docs");
    assert_eq!(
        documentation["files"],
        json!([
            { "path": "docs/api/index.html", "sha256": digest(b"<html> api") },
            { "path": "docs/index.html", "sha256": digest(b"<html>") },
        ])
    );
    assert_eq!(below(&world, "docs"), ["api/index.html", "index.html"]);

    let again = collect(&world, "", lines).run().expect_code(0);
    assert_eq!(again.output("outcome"), "already-done");
    assert_eq!(again.output("collected"), outcome.output("collected"));
}

#[test]
fn documents_travel_as_trees_beside_what_a_bare_pattern_takes() {
    let world = World::new();
    let pages: [(&str, &[u8]); 3] = [
        ("index.html", b"<html>"),
        ("a/index.html", b"<html> a"),
        ("a/sample-1.2.0.tar.gz", b"for download"),
    ];
    produced(&world, "docs.yml", [NewArtifact::zip("documentation", &pages), text("note", "a note")]);
    let lines = "docs = documentation -> site/docs, *";
    let outcome = collect(&world, "docs.yml", lines).run().expect_code(0);
    assert_eq!(below(&world, "site/docs"), ["a/index.html", "a/sample-1.2.0.tar.gz", "index.html"]);
    assert_eq!(below(&world, "release-assets"), ["file.txt"], "what has an alias is not taken twice");
    assert!(!world.path("dist").exists());
    takes(&outcome, &[("docs", "documentation"), ("note", "note")]);
}

#[test]
fn a_template_names_the_files_of_an_artifact() {
    let world = World::new();
    let tool = |name: &str, bytes: &[u8]| NewArtifact::zip(name, &[("bin/tool.exe", bytes)]);
    produced(&world, "more.yml", [tool("linux", b"for linux"), tool("macos", b"for macos")]);
    let lines = "linux -> release-assets/{stem}-linux{ext}\nmac = macos -> elsewhere/{artifact}-{name}";
    let outcome = collect(&world, "more.yml", lines).run().expect_code(0);
    assert_eq!(below(&world, "release-assets"), ["tool-linux.exe"]);
    assert_eq!(below(&world, "elsewhere"), ["macos-tool.exe"]);
    assert_eq!(collected(&outcome)["mac"]["folder"], "elsewhere");
    assert_eq!(outcome.output("files"), "2");
}

#[test]
fn a_line_means_the_artifacts_of_its_workflow() {
    let world = World::new();
    produced(&world, "one.yml", [text("built", "one")]);
    produced(&world, "two.yml", [text("built", "two")]);
    let lines = "first = one.yml : built -> first\nsecond = two.yml : built -> second";
    let outcome = collect(&world, "one.yml, two.yml", lines).run().expect_code(0);
    let file = |folder: &str| std::fs::read_to_string(world.path(folder).join("file.txt")).expect("placed");
    assert_eq!((file("first"), file("second")), ("one".to_owned(), "two".to_owned()));
    takes(&outcome, &[("first", "built"), ("second", "built")]);
}

#[test]
fn a_required_artifact_that_is_missing_fails_with_what_was_seen_instead() {
    let world = World::new();
    produced(&world, "one.yml", [text("wheels-linux", "a"), text("wheels-macos-debug", "b")]);
    produced(&world, "two.yml", [text("wheels-macos", "c")]);
    let lines = "mac = one.yml : wheels-macos\n*";
    let outcome = refused(&world, collect(&world, "one.yml, two.yml", lines), "collect/no-artifact");
    says(&outcome, &["`wheels-macos`", "`mac`", "one.yml left `wheels-linux`, `wheels-macos-debug`"]);
    let lines = "mac? = one.yml : wheels-macos\nwheels-linux";
    let outcome = collect(&world, "one.yml", lines).run().expect_code(0);
    takes(&outcome, &[("wheels-linux", "wheels-linux")]);
}

#[test]
fn two_different_artifacts_for_one_alias_fail_with_both() {
    let world = World::new();
    produced(&world, "one.yml", [text("wheels-linux", "a"), text("wheels-macos", "b")]);
    produced(&world, "two.yml", [text("wheels-linux", "c")]);
    let outcome = refused(&world, collect(&world, "one.yml", "wheels = wheels-*"), "collect/ambiguous");
    says(&outcome, &["`wheels`", "`wheels-linux of one.yml`, `wheels-macos of one.yml`"]);
    let lines = "linux = wheels-linux";
    let outcome = refused(&world, collect(&world, "one.yml, two.yml", lines), "collect/ambiguous");
    says(&outcome, &["`linux`", "one.yml", "two.yml", "the workflow before it"]);
}

#[test]
fn a_workflow_that_is_named_twice_is_one() {
    let world = World::new();
    produced(&world, "one.yml", [text("notes", "n")]);
    let outcome = collect(&world, "one.yml, one.yml", "n = notes").run().expect_code(0);
    assert_eq!(outcome.output("artifact_n"), "notes");
    assert!(!outcome.finds("collect/none-of-workflow", ""), "{}", outcome.told());
}

#[test]
fn two_aliases_for_one_artifact_fail_with_both() {
    let world = World::new();
    produced(&world, "one.yml", [text("wheels-linux", "a")]);
    let lines = "one = wheels-linux -> one\ntwo = wheels-* -> two";
    let outcome = refused(&world, collect(&world, "one.yml", lines), "collect/ambiguous");
    assert!(outcome.finds("collect/ambiguous", "wheels-linux"), "{}", outcome.told());
    says(&outcome, &["both `one` and `two`"]);
}

#[test]
fn an_artifact_that_expired_fails_with_what_is_still_there() {
    let world = World::new();
    let expired = NewArtifact { expired: true, ..text("wheels", "a") };
    produced(&world, "one.yml", [expired, text("tools", "b")]);
    let outcome = refused(&world, collect(&world, "one.yml", "w = wheels"), "collect/expired");
    assert!(outcome.finds("collect/expired", "wheels"), "{}", outcome.told());
    says(&outcome, &["one.yml", "still there is `tools`"]);
    // Nobody asked for it.
    collect(&world, "one.yml", "tools").run().expect_code(0);
}

#[test]
fn targets_that_meet_are_a_conflict_of_two_artifacts() {
    let world = World::new();
    let one = NewArtifact::zip("one", &[("a", b"a file")]);
    let two = NewArtifact::zip("two", &[("A/b", b"below it"), ("c", b"c")]);
    let three = NewArtifact::zip("three", &[("C", b"C")]);
    produced(&world, "more.yml", [one, two, three]);
    let run = |lines: &str| refused(&world, collect(&world, "more.yml", lines), "collect/conflict");
    says(&run("one -> site\ntwo -> site"), &["`one`", "`two`", "below it"]);
    says(&run("two -> site\nthree -> Site"), &["`two`", "`three`"]);
    says(
        &run("two -> release-assets/{stem}\nthree -> release-assets"),
        &["`release-assets/c`", "`release-assets/C`"],
    );
}

#[test]
fn lines_that_do_not_fit_together_are_refused_before_anybody_is_asked() {
    let world = World::new();
    for (workflows, lines, said) in [
        ("wheels.yml", "a = x\nA = y", "two lines have the alias `A`"),
        ("wheels.yml", "a = tools.yml : x", "names `tools.yml`"),
        ("wheels.yml", "1 = x", "`1` before `=` is no alias"),
        ("wheels.yml", "wheels : x", "file name of a workflow"),
        ("wheels.yml", "x -> ../docs", "behind `->`"),
        ("wheels.yml", "x -> docs/{nmae}", "{name}, {stem}"),
        ("wheels.yml", "x -> release-staging/docs", "`staging-dir`"),
        ("wheels.yml", "a =", "no pattern"),
    ] {
        let asked = world.universe.journal().len();
        let outcome = collect(&world, workflows, lines).run().expect_code(64);
        assert!(outcome.stderr.contains(said) || outcome.stdout.contains(said), "{said}: {}", outcome.told());
        assert_eq!(world.universe.journal().len(), asked, "{lines}");
    }
}

#[test]
fn a_dry_run_tells_where_everything_would_go() {
    let world = World::new();
    produced(&world, "docs.yml", [text("documentation", "a page")]);
    let program = collect(&world, "docs.yml", "docs = documentation -> site").input("dry-run", "true");
    let outcome = program.run().expect_code(0);
    assert_eq!(outcome.output("artifact_docs"), "documentation");
    let docs = &collected(&outcome)["docs"];
    assert_eq!((&docs["folder"], &docs["files"]), (&json!("site"), &Value::Null));
    says(&outcome, &["fetch documentation of docs.yml", ", site"]);
    assert!(!world.path("site").exists());
}
