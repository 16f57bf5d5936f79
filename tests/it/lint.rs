//! Other people's judges on everything that GitHub reads: both `action.yml`, our workflows, and the examples.

use std::path::PathBuf;
use std::process::Command;

use crate::pages::readme_workflow;
use crate::support::tools::{node, python, run};
use crate::support::workflow_files::{all_examples, root, workflows};

/// The action's own file.
fn action() -> PathBuf {
    root().join("action.yml")
}

/// The actions' files: the container's, and the one that runs on the runner itself.
fn actions() -> Vec<PathBuf> {
    vec![action(), root().join("bin/action.yml")]
}

/// A workflow that is fine but for one line, in a folder of its own.
fn workflow_with(step: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("release.yml");
    let text = format!(
        "name: x\non: push\npermissions: {{}}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - {step}\n"
    );
    std::fs::write(&file, text).expect("a temporary folder can be written to");
    (folder, file)
}

fn language_service(files: &[PathBuf]) -> Option<String> {
    let mut lint = node()?.script("lint.mjs");
    Some(run(lint.arg(action()).args(files)).expect("the language service judges, whatever it finds"))
}

#[test]
fn githubs_language_service_finds_nothing() {
    let files: Vec<_> = [actions(), workflows(), all_examples()].concat();
    let Some(found) = language_service(&files) else { return };
    assert_eq!(found, "");
}

#[test]
fn githubs_language_service_finds_a_wrong_input_of_ours() {
    let step =
        "uses: org/release-action@v1\n        with:\n          mode: publish\n          package-dir: dist";
    let (_folder, file) = workflow_with(step);
    let Some(found) = language_service(&[file]) else { return };
    assert!(found.contains("package-dir"), "{found}");
}

/// The README's workflow as a user finishes it: with the job that builds, and with a commit in place of the version.
fn readme() -> (tempfile::TempDir, PathBuf) {
    let build =
        "jobs:\n  build:\n    runs-on: ubuntu-latest\n    permissions: {}\n    steps:\n      - run: make\n";
    let commit = format!("release-action@{}", "0".repeat(40));
    let text = readme_workflow().replace("jobs:\n", build).replace("release-action@v1", &commit);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("release.yml");
    std::fs::write(&file, format!("name: release\n{text}\n")).expect("a temporary folder can be written to");
    (folder, file)
}

#[test]
fn the_readmes_workflow_is_taken_by_every_linter() {
    let (_folder, file) = readme();
    if let Some(found) = language_service(std::slice::from_ref(&file)) {
        assert_eq!(found, "");
    }
    if let Some(mut check) = schema_check("vendor.github-workflows", std::slice::from_ref(&file)) {
        run(&mut check).expect("it is as the schema says");
    }
    if let Some(mut zizmor) = zizmor(&[file]) {
        run(&mut zizmor).expect("nothing is found");
    }
}

/// `check-jsonschema` with one of the schemas that it brings.
fn schema_check(schema: &str, files: &[PathBuf]) -> Option<Command> {
    let mut check = python()?.command("check-jsonschema");
    check.args(["--builtin-schema", schema]).args(files);
    Some(check)
}

#[test]
fn the_published_schemas_hold() {
    let workflows: Vec<_> = [workflows(), all_examples()].concat();
    for (schema, files) in [("vendor.github-actions", actions()), ("vendor.github-workflows", workflows)] {
        let Some(mut check) = schema_check(schema, &files) else { return };
        run(&mut check).expect("the files are as the schema says");
    }
}

#[test]
fn a_workflow_against_the_schema_is_found() {
    let (_folder, file) = workflow_with("uses: 1\n        wiht: {}");
    let Some(mut check) = schema_check("vendor.github-workflows", &[file]) else { return };
    run(&mut check).expect_err("`wiht` is no key of a step");
}

/// `zizmor` without network.
fn zizmor(files: &[PathBuf]) -> Option<Command> {
    let mut zizmor = python()?.command("zizmor");
    zizmor.args(["--offline", "--no-progress", "--color=never", "--format=plain"]).args(files);
    Some(zizmor)
}

#[test]
fn zizmor_finds_nothing() {
    let Some(mut zizmor) = zizmor(&[actions(), workflows(), all_examples()].concat()) else { return };
    run(&mut zizmor).expect("nothing was found that is not ignored with a reason");
}

#[test]
fn zizmor_finds_an_input_that_is_put_into_a_script() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("action.yml");
    let text = std::fs::read_to_string(root().join("bin/action.yml")).expect("it is generated");
    let broken = text.replace("exec \"$RELEASE_ACTION\"", "exec \"$RELEASE_ACTION\" ${{ inputs.mode }}");
    assert_ne!(broken, text);
    std::fs::write(&file, broken).expect("a temporary folder can be written to");
    let Some(mut zizmor) = zizmor(&[file]) else { return };
    let found = run(&mut zizmor).expect_err("it is an injection");
    assert!(found.contains("template-injection"), "{found}");
}

#[test]
fn zizmor_finds_an_injection() {
    let (_folder, file) = workflow_with("run: echo ${{ github.event.issue.title }}");
    let Some(mut zizmor) = zizmor(&[file]) else { return };
    let found = run(&mut zizmor).expect_err("it is an injection");
    assert!(found.contains("template-injection"), "{found}");
}
