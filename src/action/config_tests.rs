//! What a file may say, and what is said of one that cannot be used.

use super::*;
use crate::action::env::Environment;
use crate::action::resolve::{Flags, Values};

fn document(text: &str) -> Document {
    read("release.toml", text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> String {
    let error = read("release.toml", text).expect_err(text);
    format!("{error}; {}", error.hint().unwrap_or_default())
}

fn values(text: &str, mode: ModeName, variables: &[(&str, &str)]) -> Result<Values, InputError> {
    let environment: Environment = variables.iter().copied().collect();
    let given = Given::of(mode, &Flags::new(), &environment)?;
    let document = document(text);
    let project = document.choose(&given)?;
    given.complete(Some(&Config { file: FILE.into(), document, project }), &environment)
}

fn held(text: &str, mode: ModeName, name: &str, variables: &[(&str, &str)]) -> Option<String> {
    let values = values(text, mode, variables).unwrap_or_else(|error| panic!("{text}: {error}"));
    values.get(name).map(|value| value.text.clone())
}

const LAYERS: &str = "\
packages-dir = \"top\"
title = \"top\"
assets-dir = \"top\"

[create-release]
title = \"mode\"
assets-dir = \"mode\"

[project.sample]
assets-dir = \"project\"
tag-prefix = \"sample-v\"

[project.sample.create-release]
notes-text = \"both\"

[project.other]
tag-prefix = \"other/v\"
";

#[test]
fn what_is_said_of_less_stands_above_what_is_said_of_more() {
    let held = |name, variables: &[_]| held(LAYERS, ModeName::CreateRelease, name, variables);
    assert_eq!(held("packages-dir", &[]).as_deref(), Some("top"));
    assert_eq!(held("title", &[]).as_deref(), Some("mode"));
    let project = [("INPUT_PROJECT", "sample")];
    assert_eq!(held("assets-dir", &project).as_deref(), Some("project"));
    assert_eq!(held("assets-dir", &[("INPUT_PROJECT", "other")]).as_deref(), Some("mode"));
    assert_eq!(held("notes-text", &project).as_deref(), Some("both"));
    assert_eq!(held("notes-text", &[]), None);
    let given = [("INPUT_PROJECT", "sample"), ("INPUT_ASSETS-DIR", "input")];
    assert_eq!(held("assets-dir", &given).as_deref(), Some("input"));
}

#[test]
fn the_tag_chooses_the_project_whose_prefix_it_begins_with() {
    let held = |variables: &[_]| held(LAYERS, ModeName::CreateRelease, "assets-dir", variables);
    let chosen = "project";
    assert_eq!(held(&[("GITHUB_REF", "refs/tags/sample-v1.2.0")]).as_deref(), Some(chosen));
    assert_eq!(held(&[("GITHUB_REF", "refs/heads/sample-v1.2.0")]).as_deref(), Some("mode"));
    assert_eq!(
        held(&[("GITHUB_REF", "refs/tags/sample-v1.2.0"), ("INPUT_PROJECT", "other")]).as_deref(),
        Some("mode")
    );
    assert_eq!(held(&[("GITHUB_REF", "refs/tags/v1.2.0")]).as_deref(), Some("mode"));
    assert_eq!(held(&[("GITHUB_REF", "refs/tags/sample-vfast")]).as_deref(), Some("mode"), "no version");
    let of_both = "[project.a]\ntag-prefix = \"v\"\n[project.b]\ntag-prefix = \"v\"\n";
    let error = values(of_both, ModeName::Publish, &[("GITHUB_REF", "refs/tags/v1.2.0")]).expect_err("both");
    assert_eq!(error.to_string(), "the tag `v1.2.0` fits the tables of `a`, `b`");
    let error = values(LAYERS, ModeName::Publish, &[("INPUT_PROJECT", "smaple")]).expect_err("none");
    assert_eq!(error.hint().as_deref(), Some("did you mean `sample`?"));
}

#[test]
fn an_empty_text_takes_back_what_stands_behind_it() {
    let text = "ignore = [\"metadata\"]\n[project.a]\nignore = []\n";
    let held = |variables: &[_]| held(text, ModeName::ValidateWheels, "ignore", variables);
    assert_eq!(held(&[]).as_deref(), Some("metadata"));
    assert_eq!(held(&[("INPUT_PROJECT", "a")]), None);
}

#[test]
fn values_have_the_types_of_toml() {
    let text = "\u{feff}dry-run = true\r\n[publish]\r\nconcurrency = 1_0\r\ntargets = [\"crates-io : a, b\", 'pypi : c']\r\n\
                wait-for-availability = '''20'''\r\n[create-release]\r\nprerelease = true\r\nfiles = \"a\\nb\"\r\n";
    let plain = super::text(text.as_bytes()).expect("text");
    let document = document(plain);
    let publish = &document.common.modes[&ModeName::Publish];
    assert_eq!(document.common.common["dry-run"], Entry { text: "true".into(), line: 1 });
    assert_eq!(publish["concurrency"], Entry { text: "10".into(), line: 3 });
    assert_eq!(publish["targets"].text, "crates-io : a, b\npypi : c");
    assert_eq!(document.common.modes[&ModeName::CreateRelease]["prerelease"].text, "true");
    assert_eq!(
        document.common.modes[&ModeName::CreateRelease]["files"],
        Entry { text: "a\nb".into(), line: 8 }
    );
}

#[test]
fn what_cannot_be_used_is_named_with_its_line_and_what_was_meant() {
    for (text, expected) in [
        (
            "pakages-dir = \"x\"",
            "`release.toml`, line 1: there is no key `pakages-dir`; did you mean `packages-dir`?",
        ),
        ("\n[publsh]\n", "`release.toml`, line 2: there is no key `publsh`; did you mean `publish`?"),
        (
            "[publish]\n\ntitle = \"x\"",
            "`release.toml`, line 3: `publish` has no input `title`; it belongs to `create-release`",
        ),
        (
            "[publish]\ntargest = []",
            "`release.toml`, line 2: `publish` has no input `targest`; did you mean `targets`?",
        ),
        (
            "[project.a]\ntarget = []",
            "`release.toml`, line 2: there is no key `target` for the project `a`; did you mean `targets`?",
        ),
        (
            "tag_name = \"x\"",
            "`release.toml`, line 1: there is no key `tag_name`; `tag_name` is another action's name: write `tag` here",
        ),
        (
            "dry-run = \"true\"",
            "`release.toml`, line 1: `dry-run` takes `true` or `false`, and a text stands there; write `dry-run = true`, without quotes",
        ),
        (
            "tag = 1.2",
            "`release.toml`, line 1: `tag` takes a text, and a number with a point stands there; write `tag = \"…\"`",
        ),
        (
            "tag = [\"a\"]",
            "`release.toml`, line 1: `tag` takes a text, and a list stands there; write `tag = \"…\"`",
        ),
        (
            "targets = [true]",
            "`release.toml`, line 1: an entry of `targets` is a truth value, and not a text; put it in quotes",
        ),
        (
            "targets = {}",
            "`release.toml`, line 1: `targets` takes a list of texts, and a table stands there; write `targets = [\"…\"]`",
        ),
        (
            "files = [\"a\\nb\"]",
            "`release.toml`, line 1: an entry of `files` has several lines; give each line an entry of its own",
        ),
        (
            "mode = \"publish\"",
            "`release.toml`, line 1: `mode` cannot be said here; the step or the command says",
        ),
        ("project = \"a\"", "`release.toml`, line 1: `project` cannot be said here; a project is a table"),
        (
            "[[project]]\ntag = \"\"",
            "`release.toml`, line 1: `project` cannot be said here; a project is a table",
        ),
        ("[project]\na = 1", "`release.toml`, line 2: `a` is no table; a project is a table"),
        ("[project.\"\"]", "`release.toml`, line 1: a project has no name"),
        ("[project.a.project.b]", "`release.toml`, line 1: `project` cannot be said here"),
        (
            "[create-release]\nnope = 1\nworse = 2\n[publish]\nbad = 3",
            "`release.toml`, line 2: `create-release` has no input `nope` (and 2 other lines cannot be used)",
        ),
        (
            "tag = \"a\"\ntag = \"b\"",
            "`release.toml`, line 2: this is no TOML: duplicate key; texts stand in quotes",
        ),
        (
            "publish = true\n[publish]\n",
            "`release.toml`, line 2: this is no TOML: duplicate key; `[publish]` is the mode",
        ),
        (
            "publish = false\ntag = false",
            "`release.toml`, line 1: `publish` is the mode here, and its input stands below `[create-release]` (and another line cannot be used); is this the file of cargo-release? Then name one of your own",
        ),
        (
            "[project.a]\npublish = false",
            "`release.toml`, line 2: `publish` is the mode here, and its input stands below `[project.a.create-release]`; ",
        ),
        (
            "tag = false",
            "`release.toml`, line 1: `tag` takes a text, and a truth value stands there; is this the file of cargo-release?",
        ),
        (
            "[publish]\nconcurrency = true",
            "`release.toml`, line 2: `concurrency` takes a text, and a truth value stands there; write `concurrency = \"…\"`",
        ),
        ("tag = v1", "`release.toml`, line 1: this is no TOML: "),
        ("a = \"\n", "`release.toml`, line 1: this is no TOML: "),
        ("\u{1b} = 1", "`release.toml`, line 1: this is no TOML: "),
        (
            "sign-commit = true\npublsh = false",
            "`release.toml`, line 1: there is no key `sign-commit` (and another line cannot be used); this looks like the file of cargo-release",
        ),
    ] {
        let found = refused(text);
        assert!(found.starts_with(expected), "{text}\n{found}\n{expected}");
        assert!(!found.contains('\u{1b}'), "{found}");
    }
}

#[test]
fn a_secret_is_refused_and_not_repeated() {
    for (text, name) in [
        ("password = \"hunter2\"", "password"),
        ("[publish]\ncredentials = [\"pypi = hunter2\"]", "credentials"),
        ("[project.a]\ngithub-token = \"hunter2\"", "github-token"),
        ("password = \"hunter2", "no TOML"),
        ("passwort = \"hunter2\"", "passwort"),
    ] {
        let found = refused(text);
        assert!(found.contains(name) && !found.contains("hunter2"), "{found}");
    }
    assert!(refused("password = 1").contains("`password: ${{ secrets.… }}`"));
}

#[test]
fn any_text_is_read_or_refused_in_bounded_time() {
    let deep = format!("a = {}", "[".repeat(100_000));
    let wide: String = (0..20_000).map(|n| format!("key-{n} = {n}\n")).collect();
    let dotted = format!("{}b = 1", "a.".repeat(50_000));
    let long = format!("{} = 1", "k".repeat(500_000));
    for text in [deep, wide, dotted, long, "\"\" = \"\"".into(), "\0".into()] {
        assert!(refused(&text).len() < 1_000, "{}", refused(&text));
    }
    assert!(super::text(b"\xff\xfea\0").is_err() && super::text(b"a = \"\xff\"").is_err());
}

#[test]
fn truth_values_stand_where_the_input_has_such_words() {
    let text = "[create-release]\nprerelease = true\nmake-latest = false\npublish = false\n[project.a.create-release]\npublish = true\n";
    let held = |name, variables: &[_]| held(text, ModeName::CreateRelease, name, variables);
    assert_eq!(held("prerelease", &[]).as_deref(), Some("true"));
    assert_eq!(held("make-latest", &[]).as_deref(), Some("false"));
    assert_eq!(held("publish", &[]).as_deref(), Some("false"));
    assert_eq!(held("publish", &[("INPUT_PROJECT", "a")]).as_deref(), Some("true"));
    // A word that users of another action know is answered with ours.
    let error = values("[publish]\nskip-existing = true", ModeName::Publish, &[]).expect_err("not ours");
    assert!(error.hint().unwrap_or_default().contains("`same`"), "{error}");
}
