//! Wheels and sdists that are missing, unreadable, cut short, or something else altogether.

use std::fs;
use std::os::unix::fs::symlink;

use super::{log, refused, says};
use crate::support::program::Outcome;
use crate::support::world::{Phase, World, small_release};

/// A workspace whose `dist` holds these files.
fn holding(files: &[(&str, &[u8])]) -> World {
    let world = World::new();
    fs::create_dir_all(world.path("dist")).expect("made");
    for (name, bytes) in files {
        world.write(&format!("dist/{name}"), bytes);
    }
    world
}

/// What validate-wheels finds, with exit code 1 and no manifest.
#[track_caller]
fn bad(world: &World) -> Outcome {
    let outcome = refused(world, world.phase(Phase::Validate), 1);
    assert_eq!(outcome.output("manifest"), "", "{}", outcome.told());
    outcome
}

/// Bytes without any meaning; always the same.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..count).map(step).collect()
}

#[test]
fn a_folder_with_no_file_that_matches() {
    let world = holding(&[]);
    says(&bad(&world), &["set/empty", "no wheel, no sdist"]);
    // A stray file is named, and does not count.
    world.write("dist/readme.txt", "hello");
    says(&bad(&world), &["dist/readme.txt", "no wheel (`.whl`), no sdist"]);
    for phase in [Phase::Draft, Phase::Publish] {
        refused(&world, world.phase(phase), 1);
    }
}

#[test]
fn the_files_in_folders_of_their_artifacts_are_seen_to_be_missing() {
    let world = holding(&[]);
    let (name, bytes) = small_release().swap_remove(0);
    world.write(&format!("dist/wheels-linux/{name}"), &bytes);
    says(&bad(&world), &["dist/wheels-linux", "folder"]);
    // Beside files that are found it must not be passed over in silence either.
    let (other, bytes) = small_release().swap_remove(1);
    world.write(&format!("dist/{other}"), &bytes);
    let outcome = world.phase(Phase::Validate).run();
    says(&outcome, &["dist/wheels-linux", "folder"]);
}

#[test]
fn a_file_that_cannot_be_read() {
    let world = holding(&[]);
    let name = "sample-1.2.0-py3-none-any.whl";
    symlink("nowhere", world.path(&format!("dist/{name}"))).expect("linked");
    says(&bad(&world), &[name]);
    fs::remove_file(world.path(&format!("dist/{name}"))).expect("removed");
    fs::create_dir(world.path(&format!("dist/{name}"))).expect("made");
    says(&bad(&world), &[name]);
}

#[test]
fn a_wheel_cut_short_at_any_length() {
    let (name, bytes) = small_release().swap_remove(0);
    let lengths =
        [0, 1, 3, 4, 22, 30, 100, bytes.len() / 4, bytes.len() / 2, bytes.len() - 22, bytes.len() - 1];
    for length in lengths {
        let world = holding(&[(&name, &bytes[..length])]);
        let outcome = bad(&world);
        let findings = outcome.report["findings"].as_array().expect("a list").clone();
        let about = |finding: &serde_json::Value| {
            finding["severity"] == "error" && finding["file"].as_str().unwrap_or_default().ends_with(&name)
        };
        assert!(findings.iter().any(about), "{length} bytes: {}", outcome.told());
    }
}

#[test]
fn an_sdist_cut_short_at_any_length() {
    let (name, bytes) = small_release().swap_remove(2);
    for length in [0, 1, 10, 18, bytes.len() / 2, bytes.len() - 8, bytes.len() - 1] {
        let world = holding(&[(&name, &bytes[..length])]);
        says(&bad(&world), &[&name]);
    }
}

#[test]
fn bytes_without_meaning() {
    for name in ["sample-1.2.0-py3-none-any.whl", "sample-1.2.0.tar.gz"] {
        for bytes in [noise(5_000), b"PK\x03\x04".repeat(200), vec![0; 4_096], b"<!doctype html>404".to_vec()]
        {
            let world = holding(&[(name, &bytes)]);
            says(&bad(&world), &[name]);
        }
    }
}

#[test]
fn names_that_are_none() {
    let (_, bytes) = small_release().swap_remove(0);
    for name in [
        "sample.whl",
        "sample-1.2.0.whl",
        "sample-one-py3-none-any.whl",
        "-.whl",
        "sample-1.2.0.tgz",
        "sample-1.2.0.zip",
    ] {
        let world = holding(&[(name, &bytes)]);
        says(&bad(&world), &[name]);
    }
}

#[test]
fn one_bad_file_among_good_ones_stops_all_and_is_named_once() {
    let files = small_release();
    let world =
        holding(&[(&files[0].0, &files[0].1), (&files[1].0, &files[1].1[..500]), (&files[2].0, &files[2].1)]);
    let outcome = bad(&world);
    let blamed: Vec<_> = outcome.report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .map(|finding| finding["file"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert!(blamed.iter().all(|file| file.ends_with(&files[1].0)), "{blamed:?}");
    // The later modes find the same without a manifest, and send nothing.
    for phase in [Phase::Draft, Phase::Publish] {
        says(&refused(&world, world.phase(phase), 1), &[&files[1].0]);
    }
}

#[test]
fn two_versions_in_one_folder() {
    let (name, bytes) = small_release().swap_remove(0);
    let (other, other_bytes) =
        release_action::archive::build::WheelBuilder::new("sample", "1.1.0", "py3", "none", "any").build();
    let world = holding(&[(&name, &bytes), (other.as_str(), &other_bytes)]);
    says(&bad(&world), &["1.1.0", "1.2.0"]);
}

#[test]
fn a_manifest_that_cannot_be_taken() {
    let world = World::new();
    world.play_until(Phase::Draft);
    let good = fs::read_to_string(world.path("release-manifest/manifest.json")).expect("written");
    let other_schema = good.replace("release-action/manifest/v1", "release-action/manifest/v9");
    let other_digest = good.replace("sha256\": \"", "sha256\": \"z");
    let other_path = good.replace("\"sample-1.2.0.tar.gz\"", "\"../sample-1.2.0.tar.gz\"");
    for (text, said) in [
        (&good[..good.len() / 2], "no manifest"),
        ("", "no manifest"),
        ("<html>", "no manifest"),
        (&other_schema, "release-action/manifest/v9"),
        (&other_digest, "digest"),
        (&other_path, "file name"),
    ] {
        world.write("release-manifest/manifest.json", text);
        for phase in [Phase::Draft, Phase::Publish] {
            says(&refused(&world, world.phase(phase), 2), &["release-manifest/manifest.json", said]);
        }
    }
}

#[test]
fn a_file_that_nobody_vetted() {
    let world = World::new();
    world.play_until(Phase::Draft);
    let (stale, bytes) =
        release_action::archive::build::WheelBuilder::new("sample", "1.1.0", "py3", "none", "any").build();
    world.write(&format!("dist/{stale}"), bytes);
    for phase in [Phase::Draft, Phase::Publish] {
        let outcome = refused(&world, world.phase(phase), 1);
        assert!(outcome.finds("manifest/mismatch", stale.as_str()), "{}", outcome.told());
        says(&outcome, &["release-manifest/manifest.json"]);
    }
}

#[test]
fn a_file_that_went_missing() {
    let world = World::new();
    world.play_until(Phase::Draft);
    let (name, _) = &world.files[1];
    fs::remove_file(world.path(&format!("dist/{name}"))).expect("removed");
    for phase in [Phase::Draft, Phase::Publish] {
        let outcome = refused(&world, world.phase(phase), 1);
        assert!(outcome.finds("manifest/mismatch", name), "{}", outcome.told());
    }
    // The whole folder gone is the same matter: it is not that somebody typed it wrong.
    assert!(!log(&refused(&world, world.phase(Phase::Publish), 1)).contains("does not exist"));
}
