//! What producers state of their files is held to the bytes, and written down with their origins.

use std::process::Command;

use release_action::model::digest::Sha256;
use release_action::sim::github::runs::NewArtifact;
use serde_json::{Value, json};

use crate::support::program::Outcome;
use crate::support::tools::or_skip;
use crate::support::world::{COMMIT, Phase, TAG, World};

const LIST: &str = "CHECKSUMS.sha256";

fn line(name: &str, bytes: &[u8]) -> String {
    format!("{}  {name}\n", Sha256::of(bytes))
}

/// The world's wheels and sdist, listed.
fn list(world: &World) -> String {
    packages(world).iter().map(|(name, bytes)| line(name, bytes)).collect()
}

fn packages(world: &World) -> &[(String, Vec<u8>)] {
    &world.files[..3]
}

/// An artifact: its name, and its files by their paths.
type Built<'a> = (&'a str, &'a [(&'a str, &'a [u8])]);

/// Replaces what `wheels.yml` left by artifacts of these names and files.
fn leave(world: &World, artifacts: &[Built<'_>]) {
    world.universe.github(|github| {
        let run = github.runs_mut().iter_mut().find(|run| run.facts.path.ends_with("wheels.yml"));
        let run = run.expect("the world has it");
        run.artifacts.clear();
        let id = run.id;
        for (name, files) in artifacts {
            github.add_artifact(id, NewArtifact::zip(name, files));
        }
    });
}

/// The wheels and the sdist in one artifact, with these texts beside them.
fn leave_with(world: &World, texts: &[(&str, &str)]) {
    let packages = packages(world).iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    let files: Vec<_> = packages.chain(texts.iter().map(|(name, text)| (*name, text.as_bytes()))).collect();
    leave(world, &[("wheels", &files)]);
}

/// Collects, which must find `check` about `file` and place nothing.
#[track_caller]
fn refused(world: &World, check: &str, file: &str) -> Outcome {
    let outcome = world.phase(Phase::Collect).run().expect_code(1);
    assert!(outcome.finds(check, file), "{check}: {}", outcome.told());
    for folder in ["dist", "release-assets", "release-collection"] {
        assert!(!world.path(folder).exists(), "{folder} is there\n{}", outcome.told());
    }
    outcome
}

#[track_caller]
fn says(outcome: &Outcome, texts: &[&str]) {
    for text in texts {
        assert!(outcome.stdout.contains(text), "`{text}` is not said\n{}", outcome.told());
    }
}

fn document(world: &World) -> Value {
    let text = std::fs::read(world.path("release-collection/manifest.json")).expect("it was written");
    serde_json::from_slice(&text).expect("it is JSON")
}

#[test]
fn a_list_that_holds_proves_the_files_and_is_kept_as_a_record() {
    for windows in [false, true] {
        let world = World::new();
        let list = if windows { list(&world).replace('\n', "\r\n") } else { list(&world) };
        leave_with(&world, &[(LIST, &list), ("VALIDATION.txt", "all \u{1b}[31mfine\n[files]\n")]);
        let outcome = world.phase(Phase::Collect).run().expect_code(0);
        assert_eq!((outcome.output("verified"), outcome.output("files")), ("3", "4"), "{}", outcome.told());
        assert_eq!((outcome.output("wheels"), outcome.output("sdists")), ("2", "1"));
        assert_eq!(outcome.output("manifest"), "release-collection/manifest.json");
        let record = |name: &str| world.path(&format!("release-collection/records/wheels/{name}"));
        assert_eq!(std::fs::read_to_string(record(LIST)).expect("kept"), list);
        assert!(!world.path("release-assets").join(LIST).exists() && record("VALIDATION.txt").exists());
        let info = std::fs::read_to_string(world.path("release-collection/build-info.txt")).expect("written");
        assert!(info.contains(&format!("commit: {COMMIT}\nfiles: 4\nverified: 3\n")), "{info}");
        assert!(
            info.contains("[records/wheels/VALIDATION.txt]\n    all \u{fffd}[31mfine\n    [files]\n"),
            "{info}"
        );
        let table = outcome.summary.split("### Platforms").nth(1).expect("a table");
        assert!(table.contains("| platform |"), "{table}");
    }
}

#[test]
fn the_document_says_where_each_file_comes_from() {
    let world = World::new();
    leave_with(&world, &[(LIST, &list(&world))]);
    world.play(Phase::Collect);
    let document = document(&world);
    assert_eq!(document["schema"], "release-action/collection/v1");
    assert_eq!((&document["tag"], &document["commit"]), (&json!(TAG), &json!(COMMIT)));
    let files = document["files"].as_array().expect("a list");
    assert_eq!(files.len(), 4);
    let (name, bytes) = &world.files[0];
    let file = files.iter().find(|file| file["path"] == format!("dist/{name}")).expect("it is listed");
    let (run, artifact) = world.universe.github(|github| {
        let run = github.runs_mut().iter().find(|run| run.facts.path.ends_with("wheels.yml"));
        let run = run.expect("the world has it");
        (run.id, run.artifacts[0].clone())
    });
    let expected = json!({
        "path": format!("dist/{name}"),
        "size_bytes": bytes.len(),
        "sha256": Sha256::of(bytes).to_string(),
        "kind": "wheel",
        "origin": {
            "workflow": "wheels.yml",
            "run_id": run,
            "run_attempt": 1,
            "artifact": "wheels",
            "artifact_id": artifact.id,
            "artifact_sha256": Sha256::of(&artifact.facts.bytes).to_string(),
            "member": name,
        },
        "proofs": [format!("wheels/{LIST}")],
    });
    assert_eq!(file, &expected);
    assert_eq!(document["records"][0]["path"], format!("records/wheels/{LIST}"));
    let check = ["--check", "--strict", "release-collection/SHA256SUMS"];
    let tool = Command::new("sha256sum").args(check).current_dir(world.workspace.path()).output();
    if let Some(output) = or_skip("sha256sum", tool) {
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn a_second_run_plans_nothing_and_a_changed_document_is_written_again() {
    let world = World::new();
    leave_with(&world, &[(LIST, &list(&world))]);
    let first = world.play(Phase::Collect);
    let before = world.workspace_files();
    let again = world.play(Phase::Collect);
    assert_eq!(again.output("outcome"), "already-done", "{}", again.told());
    assert_eq!(world.workspace_files(), before);
    assert_eq!(again.output("verified"), first.output("verified"));
    for path in ["manifest.json", "build-info.txt", &format!("records/wheels/{LIST}")] {
        world.write(&format!("release-collection/{path}"), "something else");
        world.play(Phase::Collect);
        assert_eq!(world.workspace_files(), before, "{path}");
    }
}

#[test]
fn one_flipped_digit() {
    let world = World::new();
    let (name, bytes) = world.files[0].clone();
    let right = Sha256::of(&bytes).to_string();
    let wrong =
        if right.starts_with('0') { right.replacen('0', "1", 1) } else { format!("0{}", &right[1..]) };
    leave_with(&world, &[(LIST, &list(&world).replace(&right, &wrong))]);
    let outcome = refused(&world, "collect/checksum-mismatch", "wheels");
    says(&outcome, &[&name, &right, &wrong, &format!("`wheels/{LIST}`, line 1,")]);
    let downloads = || world.universe.journal().iter().filter(|entry| entry.service == "storage").count();
    let before = downloads();
    refused(&world, "collect/checksum-mismatch", "wheels");
    assert_eq!(downloads(), before, "what arrived as it was uploaded is not fetched again");
}

#[test]
fn a_path_outside() {
    for path in ["../sample.whl", "/etc/passwd", "C:/sample.whl", "dist\\sample.whl"] {
        let world = World::new();
        leave_with(&world, &[(LIST, &(list(&world) + &line(path, b"x")))]);
        let outcome = refused(&world, "collect/bad-checksum-file", "wheels");
        says(&outcome, &[LIST, "line 4"]);
    }
}

/// The texts that are held in memory are bounded together, and no stranger's file takes that room from a proof.
#[test]
fn a_long_file_of_another_program_hides_no_manifest() {
    let world = World::new();
    let text = manifest(&world, "linux", packages(&world), TAG);
    let text = String::from_utf8(text).expect("JSON");
    let (name, bytes) = &packages(&world)[0];
    let wrong = text.replace(&Sha256::of(bytes).to_string(), &Sha256::of(b"other").to_string());
    assert_ne!(wrong, text);
    let site = format!("{{\"name\": \"a site\"}}{}", " ".repeat((16 << 20) - 18));
    let files = [(name.as_str(), bytes.as_slice()), ("manifest.json", wrong.as_bytes())];
    let files: Vec<_> = files
        .into_iter()
        .chain(packages(&world)[1..].iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
        .collect();
    leave(&world, &[("a-site", &[("manifest.json", site.as_bytes())]), ("wheels", &files)]);
    refused(&world, "collect/checksum-mismatch", "wheels");
}

#[test]
fn records_of_artifacts_that_differ_in_case_stand_apart() {
    let world = World::new();
    let both = [("one", &b"1"[..]), ("two", b"2")].map(|(name, bytes)| (name, bytes, line(name, bytes)));
    let files = both.each_ref().map(|(name, bytes, list)| [(*name, *bytes), ("SHA256SUMS", list.as_bytes())]);
    leave(&world, &[("Notes", &files[0]), ("notes", &files[1])]);
    world.play(Phase::Collect);
    let records = std::fs::read_dir(world.path("release-collection/records")).expect("there");
    let records: std::collections::BTreeSet<_> =
        records.map(|entry| entry.expect("listed").file_name().to_string_lossy().to_lowercase()).collect();
    assert_eq!(records.len(), 2, "{records:?}");
}

#[test]
fn a_listed_file_that_is_absent_and_a_file_that_is_not_listed() {
    let world = World::new();
    leave_with(&world, &[(LIST, &(list(&world) + &line("sample-1.2.0-gone.whl", b"x")))]);
    says(&refused(&world, "collect/listed-absent", "wheels"), &["`sample-1.2.0-gone.whl`", LIST]);

    let list = list(&world);
    let (_, listed) = list.split_once('\n').expect("several lines");
    leave_with(&world, &[(LIST, listed)]);
    says(&refused(&world, "collect/not-listed", "wheels"), &[&world.files[0].0]);
}

#[test]
fn a_list_of_nothing() {
    let world = World::new();
    leave_with(&world, &[("SHA256SUMS", "\r\n")]);
    says(&refused(&world, "collect/bad-checksum-file", "wheels"), &["it lists no file"]);
}

#[test]
fn nothing_verified_where_checksums_are_required() {
    let world = World::new();
    let collect = || world.phase(Phase::Collect).input("require-checksums", "true").run();
    let outcome = collect().expect_code(1);
    assert!(outcome.finds("collect/nothing-verified", ""), "{}", outcome.told());
    assert!(!world.path("dist").exists());

    leave_with(&world, &[(LIST, &list(&world))]);
    let outcome = collect().expect_code(1);
    assert!(outcome.finds("collect/no-checksum", "tools"), "{}", outcome.told());
    says(&outcome, &[&world.files[3].0]);

    let outcome = world.phase(Phase::Collect).run().expect_code(0);
    assert_eq!(outcome.output("verified"), "3", "they are optional otherwise");
}

#[test]
fn the_list_is_held_to_the_artifacts_name() {
    let world = World::new();
    let list = list(&world);
    let digest = Sha256::of(list.as_bytes()).to_string();
    let files = packages(&world).iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    let files: Vec<_> =
        files.chain([(LIST, list.as_bytes()), ("CHECKSUMS.sha256.meta", digest.as_bytes())]).collect();
    let other = Sha256::of(b"other").to_string();
    leave(&world, &[(&format!("wheels-{other}"), &files)]);
    says(&refused(&world, "collect/meta-checksum", &other), &[&digest, &other]);
    leave(&world, &[(&format!("wheels-{digest}"), &files)]);
    let outcome = world.phase(Phase::Collect).run().expect_code(0);
    assert_eq!(outcome.output("verified"), "3");
}

#[test]
fn a_wheelhouse_is_held_to_its_meta_file() {
    let world = World::new();
    let meta = |bytes: &[u8]| format!("name=w.tgz\nsha256={}\nsize={}\n", Sha256::of(bytes), bytes.len());
    leave(&world, &[("wheelhouse", &[("w.tgz", b"wheels"), ("w.tgz.meta", meta(b"others").as_bytes())])]);
    says(&refused(&world, "collect/checksum-mismatch", "wheelhouse"), &["w.tgz"]);
    leave(&world, &[("wheelhouse", &[("w.tgz", b"wheels"), ("w.tgz.meta", meta(b"wheels").as_bytes())])]);
    let outcome = world.phase(Phase::Collect).run().expect_code(0);
    assert_eq!(outcome.output("verified"), "1");
    assert!(world.path("release-assets/w.tgz.meta").exists(), "it stays beside its archive");
}

/// The manifest that validate-wheels leaves of some of the packages.
fn manifest(world: &World, job: &str, packages: &[(String, Vec<u8>)], tag: &str) -> Vec<u8> {
    for (name, bytes) in packages {
        world.write(&format!("jobs/{job}/dist/{name}"), bytes);
    }
    let folder = |name: &str| world.path(&format!("jobs/{job}/{name}"));
    let validate = world.program("validate-wheels").input("packages-dir", folder("dist")).input("tag", tag);
    validate.input("manifest-dir", folder("manifest")).run().expect_code(0);
    std::fs::read(folder("manifest").join("manifest.json")).expect("it was written")
}

#[test]
fn manifests_of_parallel_jobs_become_one() {
    let world = World::new();
    let files = packages(&world).to_vec();
    let (one, two) = files.split_at(1);
    let manifests = [manifest(&world, "one", one, TAG), manifest(&world, "two", two, TAG)];
    let all = manifest(&world, "all", &files, TAG);
    let with = |files: &[(String, Vec<u8>)], manifest: &[u8]| -> Vec<(String, Vec<u8>)> {
        files.iter().cloned().chain([("manifest.json".to_owned(), manifest.to_vec())]).collect()
    };
    let leave_both = |manifests: &[Vec<u8>; 2]| {
        let [one, two] = [with(one, &manifests[0]), with(two, &manifests[1])];
        let one: Vec<(&str, &[u8])> = one.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
        let two: Vec<(&str, &[u8])> = two.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
        leave(&world, &[("one", &one), ("two", &two)]);
    };
    leave_both(&manifests);
    let outcome = world.phase(Phase::Collect).run().expect_code(0);
    assert_eq!(outcome.output("verified"), "3");
    let merged = std::fs::read(world.path("release-collection/release-manifest.json")).expect("written");
    let [merged, all] = [merged, all].map(|bytes| String::from_utf8(bytes).expect("text"));
    assert_eq!(merged, all, "as if one job had vetted all of them");

    std::fs::remove_dir_all(world.path("dist")).expect("it is there");
    let mut other = manifests.clone();
    let text = String::from_utf8(other[1].clone()).expect("text").replace(TAG, "v1.2.1");
    other[1] = text.into_bytes();
    leave_both(&other);
    let outcome = world.phase(Phase::Collect).run().expect_code(1);
    assert!(outcome.finds("collect/manifests-differ", "two/manifest.json"), "{}", outcome.told());
    says(&outcome, &["v1.2.1", TAG]);
}

#[test]
fn a_folder_for_the_collection_among_the_files_is_refused() {
    let world = World::new();
    let outcome = world.phase(Phase::Collect).input("collection-dir", "dist/origin").run().expect_code(64);
    says(&outcome, &["`collection-dir`", "`packages-dir`"]);
}
