//! Which value holds, and what is said of one that cannot.

use super::*;
use crate::action::resolve::Flags;
use crate::model::endpoints::{Endpoint, PYPI_UPLOAD};
use crate::model::revision::CommitSha;

fn inputs(mode: ModeName, flags: &[(&'static str, &str)], variables: &[(&str, &str)]) -> Inputs {
    let flags = flags.iter().map(|(name, text)| (*name, ((*text).to_owned(), Source::Flag))).collect();
    let environment = variables.iter().copied().collect();
    Inputs::of_mode(mode, &flags, &environment).expect("good")
}

fn text_of(error: &InputError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

#[test]
fn flag_stands_above_input_above_default() {
    let name = "packages-dir";
    let variables = [("INPUT_PACKAGES-DIR", "from-input")];
    let text = |flags: &[_], variables: &[_]| {
        inputs(ModeName::Publish, flags, variables).text(name).map(str::to_owned)
    };
    assert_eq!(text(&[(name, "from-flag")], &variables).as_deref(), Some("from-flag"));
    assert_eq!(text(&[(name, " ")], &variables).as_deref(), Some("from-input"));
    assert_eq!(text(&[], &[("INPUT_PACKAGES-DIR", "")]).as_deref(), Some("dist"));
}

#[test]
fn a_default_that_the_user_wrote_counts_as_given() {
    let given = |variables: &[_]| inputs(ModeName::Publish, &[], variables).is_given("assets-dir");
    assert!(given(&[("INPUT_ASSETS-DIR", "release-assets")]));
    assert!(!given(&[("INPUT_ASSETS-DIR", "")]), "as `action.yml` hands over what is not given");
}

#[test]
fn variables_of_the_runner_stand_for_what_is_not_given() {
    let variables = [("GITHUB_REPOSITORY", "o/r"), ("GITHUB_TOKEN", "ghs_x")];
    let found = inputs(ModeName::VerifyTag, &[], &variables);
    assert_eq!(found.text("repository"), Some("o/r"));
    assert_eq!(found.secret("github-token").map(|token| token.expose().clone()).as_deref(), Some("ghs_x"));
    assert_eq!(found.secrets(), ["ghs_x"]);
    let publish = inputs(ModeName::Publish, &[], &[]);
    assert_eq!(publish.text("repository-url"), Some(PYPI_UPLOAD));
}

#[test]
fn inputs_of_other_modes_are_left_alone_and_unknown_ones_refused() {
    inputs(
        ModeName::Publish,
        &[],
        &[("INPUT_NOTES-FILE", "x"), ("INPUT_ARGS", "x"), ("INPUT_ENTRYPOINT", "y")],
    );
    let refused = |name: &str| {
        let environment = Environment::from_iter([(name, "")]);
        let error = Inputs::of_mode(ModeName::Publish, &Flags::new(), &environment).expect_err("refused");
        format!("{error}; {}", error.hint().unwrap_or_default())
    };
    assert_eq!(refused("INPUT_ASSETS_DIR"), "there is no input `assets_dir`; did you mean `assets-dir`?");
    assert!(refused("INPUT_COLOUR").starts_with("there is no input `colour`; the inputs are listed"));
}

#[test]
fn lists_split_at_commas_and_lines_and_paths_at_lines() {
    let found = inputs(ModeName::CollectArtifacts, &[("workflows", " a.yml, b.yml\r\n\n,c.yml")], &[]);
    assert_eq!(found.list("workflows"), ["a.yml", "b.yml", "c.yml"]);
    assert_eq!(found.list("artifacts"), ["*"]);
    let found = inputs(ModeName::ValidateWheels, &[("files", "a,b.whl\nc d.whl")], &[]);
    assert_eq!(found.paths("files"), [PathBuf::from("a,b.whl"), PathBuf::from("c d.whl")]);
}

#[test]
fn paths_of_the_host_are_translated_and_other_texts_are_not() {
    let runner = [
        ("RUNNER_WORKSPACE", "/home/runner/work/r"),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_WORKSPACE", "/github/workspace"),
        ("INPUT_FILES", "/github/workspace/a.whl\n/home/runner/work/r/r/b.whl"),
        ("INPUT_TAG", "/home/runner/work/r/r"),
    ];
    let found = inputs(ModeName::ValidateWheels, &[], &runner);
    assert_eq!(found.list("files"), ["/github/workspace/a.whl", "/github/workspace/b.whl"]);
    assert_eq!(found.text("tag"), Some("/home/runner/work/r/r"));
}

#[test]
fn bad_values_name_the_input_and_where_it_came_from() {
    let found = inputs(ModeName::CreateRelease, &[("commit", "abc")], &[("INPUT_PUBLISH", "yes")]);
    let error = found.parsed::<CommitSha>("commit").expect_err("bad");
    assert_eq!(
        text_of(&error),
        "the flag `--commit` has a value that cannot be used: `abc` is no full commit hash of 40 hexadecimal digits"
    );
    let error = found.flag("publish").expect_err("bad");
    assert_eq!(
        text_of(&error),
        "the input `publish` has a value that cannot be used: `yes` is neither `true` nor `false`"
    );
    let error = inputs(ModeName::Publish, &[], &[("INPUT_INDEX-URL", "http://me:hunter2@example.org/")])
        .parsed::<Endpoint>("index-url")
        .expect_err("bad");
    assert!(!text_of(&error).contains("hunter2"), "{}", text_of(&error));
    let error = inputs(ModeName::CollectArtifacts, &[], &[]).required("workflows").expect_err("missing");
    assert_eq!(text_of(&error), "`collect-artifacts` needs the input `workflows`");
    assert!(error.hint().is_some_and(|hint| hint.contains("--workflows")));
}

#[test]
fn named_folders_have_to_exist_and_default_ones_may_be_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path().to_str().expect("text");
    let missing = format!("{here}/missing");
    let found = inputs(ModeName::Publish, &[("assets-dir", here), ("packages-dir", &missing)], &[]);
    assert_eq!(found.optional_folder("assets-dir").expect("there"), Some(PathBuf::from(here)));
    for error in [
        found.existing_folder("packages-dir").expect_err("missing"),
        found.optional_folder("packages-dir").expect_err("missing"),
    ] {
        let expected = format!("the flag `--packages-dir` names a folder that does not exist: `{missing}`");
        assert_eq!(text_of(&error), expected);
    }
    assert_eq!(found.optional_folder("manifest-dir").expect("may be missing"), None);
    let found = inputs(ModeName::CreateRelease, &[("notes-file", here)], &[]);
    assert!(found.optional_file("notes-file").is_err(), "a folder is no file");
    assert!(found.optional_file("changelog").is_ok(), "the default may be missing");
}

#[test]
fn debug_shows_no_secret() {
    let found = inputs(ModeName::Publish, &[("password", "hunter2")], &[("INPUT_TAG", "v1.0.0")]);
    let shown = format!("{found:?}");
    assert!(shown.contains("v1.0.0") && shown.contains("***") && !shown.contains("hunter2"), "{shown}");
}
