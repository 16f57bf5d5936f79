//! `init`: a file to begin with, that the program then reads.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::{says, workspace, write};
use crate::support::program::Program;

fn init(workspace: &TempDir) -> Program {
    Program::command("init").current_dir(workspace.path())
}

fn written(workspace: &TempDir) -> String {
    fs::read_to_string(workspace.path().join("release.toml")).expect("it was written")
}

/// What holds for a mode by the file.
fn explained(workspace: &TempDir, mode: &str, project: &str) -> Value {
    let program = Program::command("explain-config").arg(mode).arg("--json").input("project", project);
    let outcome = program.current_dir(workspace.path()).run().expect_code(0);
    let found: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    found["modes"][mode].clone()
}

const COG: &[(&str, &str)] = &[
    (
        "pyproject.toml",
        "[project]\nname = \"cog\"\nversion = \"1.2.0\"\ndependencies = [\"coglet>=1.2.0,<2\"]\n",
    ),
    (
        "crates/Cargo.toml",
        "[workspace]\nmembers = [\"coglet\", \"inner\"]\n[workspace.package]\nversion = \"1.2.0\"\n",
    ),
    ("crates/coglet/Cargo.toml", "[package]\nname = \"coglet\"\nversion.workspace = true\n"),
    ("crates/inner/Cargo.toml", "[package]\nname = \"inner\"\nversion.workspace = true\npublish = false\n"),
    ("coglet/pyproject.toml", "[project]\nname = \"coglet\"\nversion = \"1.2.0\"\n"),
    ("CHANGES.md", "# Changes\n"),
    ("node_modules/x/pyproject.toml", "[project]\nname = \"stranger\"\nversion = \"9\"\n"),
    (".github/workflows/wheels.yml", "jobs:\n  a:\n    steps:\n      - uses: actions/upload-artifact@v7\n"),
    (".github/workflows/lint.yml", "jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v7\n"),
    (
        ".github/workflows/release.yml",
        "jobs:\n  a:\n    steps:\n      - uses: org/release-action@v1\n        with:\n          mode: publish\n      - uses: actions/upload-artifact@v7\n",
    ),
];

#[test]
fn packages_of_one_version_are_one_project() {
    let workspace = workspace(COG);
    let outcome = init(&workspace).run().expect_code(0);
    says(
        &outcome,
        &[
            "`pyproject.toml` names `cog`: a distribution for PyPI, version 1.2.0.",
            "`crates/inner/Cargo.toml` names `inner`: not published",
            "`CHANGES.md` is the changelog.",
            "Workflows that leave artifacts: `wheels.yml`.",
            "released together",
            "Written to `release.toml`",
        ],
    );
    let text = written(&workspace);
    assert!(!text.contains("stranger") && !text.contains("[project."), "{text}");
    let publish = explained(&workspace, "publish", "");
    assert_eq!(
        publish["targets"]["value"], "crates-io : coglet\npypi : coglet\npypi : cog needs coglet",
        "{text}"
    );
    assert_eq!(explained(&workspace, "collect-artifacts", "")["workflows"]["value"], "wheels.yml");
    assert_eq!(explained(&workspace, "create-release", "")["changelog"]["value"], "CHANGES.md");
    let files = explained(&workspace, "verify-tag", "")["version-files"]["value"].to_string();
    assert!(files.contains("coglet/pyproject.toml") && files.contains("crates/"), "{files}");
    // As `publish` reads its lines: it gets as far as the folder that is not there.
    let outcome = Program::mode("publish").current_dir(workspace.path()).run().expect_code(64);
    says(&outcome, &["`packages-dir` (its default)"]);
}

#[test]
fn packages_of_different_versions_are_projects_of_their_own() {
    let workspace = workspace(&[
        ("a/pyproject.toml", "[project]\nname = \"alpha\"\nversion = \"1.0\"\n"),
        ("b/Cargo.toml", "[package]\nname = \"beta\"\nversion = \"2.0.0\"\n"),
    ]);
    says(&init(&workspace).run().expect_code(0), &["a project of its own"]);
    let tag = Program::command("explain-config").arg("verify-tag").arg("--json").flag("tag", "beta-v2.0.0");
    let found: Value =
        serde_json::from_str(&tag.current_dir(workspace.path()).run().expect_code(0).stdout).expect("JSON");
    assert_eq!(found["project"], "beta");
    assert_eq!(found["modes"]["verify-tag"]["project-dir"]["value"], "b");
    assert_eq!(explained(&workspace, "publish", "alpha")["targets"]["value"], "pypi : alpha");
}

#[test]
fn what_is_there_is_never_changed() {
    let workspace = workspace(COG);
    write(workspace.path(), "release.toml", "# mine\n");
    let outcome = init(&workspace).run().expect_code(64);
    says(&outcome, &["`release.toml`", "it is there already", "`--config`"]);
    assert_eq!(written(&workspace), "# mine\n");
    let outcome = init(&workspace).arg("--dry-run").run().expect_code(0);
    says(&outcome, &["targets = [", "would not be written"]);
    assert_eq!(written(&workspace), "# mine\n");
    init(&workspace).flag("config", "other.toml").run().expect_code(0);
    assert!(workspace.path().join("other.toml").is_file());
}

#[test]
fn a_dry_run_prints_what_a_run_writes_and_leaves_nothing() {
    let workspace = workspace(COG);
    let shown = init(&workspace).arg("--dry-run").run().expect_code(0).stdout;
    assert!(!workspace.path().join("release.toml").exists());
    init(&workspace).run().expect_code(0);
    let (_, rest) = shown.split_once("would say:\n\n").expect("it is shown");
    assert_eq!(rest.trim_end(), written(&workspace).trim_end());
}

#[test]
fn names_that_would_be_toml_or_commands_stay_texts() {
    let workspace = workspace(&[
        ("a/pyproject.toml", "[project]\nname = \"x\\\"]\\n[publish]\\nuser = \\\"me\"\nversion = \"1.0\"\n"),
        ("b/pyproject.toml", "[project]\nname = \"::error::y\"\nversion = \"2.0\"\n"),
    ]);
    let outcome = init(&workspace).run().expect_code(0);
    assert!(!outcome.stdout.lines().any(|line| line.starts_with("::")), "{}", outcome.stdout);
    assert_eq!(explained(&workspace, "publish", "")["user"]["source"], "default", "{}", written(&workspace));
}

#[test]
fn an_empty_folder_gets_a_file_that_says_nothing() {
    let workspace = workspace(&[("release-notes.md", "")]);
    says(
        &init(&workspace).run().expect_code(0),
        &["No `Cargo.toml` or `pyproject.toml` with a package was found."],
    );
    assert_eq!(explained(&workspace, "publish", "")["targets"]["source"], "none");
}

/// What both modes have is one project's in both: a version that is raised is raised wherever the tag is compared.
#[test]
fn the_version_is_raised_in_every_file_that_the_tag_is_compared_with() {
    let python = "[project]\nname = \"cog\"\nversion = \"1.2.0\"\n";
    let rust = "[package]\nname = \"coglet\"\nversion = \"1.2.0\"\nedition = \"2024\"\n";
    let workspace = workspace(&[("python/pyproject.toml", python), ("rust/Cargo.toml", rust)]);
    init(&workspace).run().expect_code(0);
    let bump = Program::mode("bump-version").flag("bump", "minor").current_dir(workspace.path());
    bump.run().expect_code(0);
    for file in ["python/pyproject.toml", "rust/Cargo.toml"] {
        let text = fs::read_to_string(workspace.path().join(file)).expect("it is there");
        assert!(text.contains("version = \"1.3.0\""), "{file}: {text}\n{}", written(&workspace));
    }
    let (raised, compared) =
        (explained(&workspace, "bump-version", ""), explained(&workspace, "verify-tag", ""));
    for key in ["project-dir", "version-files"] {
        assert_eq!(raised[key], compared[key], "{}", written(&workspace));
        assert_eq!(raised[key]["source"], "file", "{}", written(&workspace));
    }
}

#[test]
fn tags_begin_with_nothing_that_git_would_refuse() {
    let workspace = workspace(&[
        ("app/pyproject.toml", "[project]\nname = \"My App\"\nversion = \"1.0\"\n"),
        ("a b/pyproject.toml", "[project]\nname = \"x..y\"\nversion = \"2.0\"\n"),
        ("good/pyproject.toml", "[project]\nname = \"good\"\nversion = \"3.0\"\n"),
    ]);
    init(&workspace).run().expect_code(0);
    let text = written(&workspace);
    let prefixes: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("tag-prefix = ")).collect();
    assert_eq!(prefixes.len(), 3, "{text}");
    for prefix in ["\"app-v\"", "\"project-1-v\"", "\"good-v\""] {
        assert!(prefixes.contains(&prefix), "{text}");
    }
    for (project, folder) in [("app", "app"), ("project-1", "a b"), ("good", "good")] {
        let tag = explained(&workspace, "bump-version", project);
        assert_eq!(tag["project-dir"]["value"], folder, "{text}");
    }
}
