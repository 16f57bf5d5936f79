//! What a release is to hold.

use std::collections::BTreeMap;
use std::fs::File;

use release_action::model::digest::Sha256;
use release_action::sim::github::release::{NewRelease, Release};

use crate::support::program::{Outcome, Program};
use crate::support::world::{COMMIT, Phase, TAG, TOKEN, World, program, small_release};

/// The small release, collected and validated, with nothing released yet.
pub(super) fn validated() -> World {
    let world = World::new();
    world.play_until(Phase::Draft);
    world
}

/// The one release that there is.
#[track_caller]
pub(super) fn the_release(world: &World) -> Release {
    let releases = world.universe.github(|github| github.releases().to_vec());
    assert_eq!(releases.len(), 1, "{releases:#?}");
    releases.into_iter().next().expect("it was counted")
}

/// The files on the one release's page, by their names there.
#[track_caller]
pub(super) fn page(world: &World) -> BTreeMap<String, Vec<u8>> {
    let assets = the_release(world).assets;
    assets.into_iter().map(|asset| (asset.name, asset.bytes.to_vec())).collect()
}

/// The list of digests on the page, held to the files that it names.
#[track_caller]
pub(super) fn checksums(page: &BTreeMap<String, Vec<u8>>, list: &str) -> Vec<String> {
    let text = String::from_utf8(page[list].clone()).expect("it is text");
    let rows = text.lines().map(|line| line.split_once("  ").expect("a digest and a name"));
    rows.map(|(digest, name)| {
        assert_eq!(digest, Sha256::of(&page[name]).to_string(), "{name}");
        name.to_owned()
    })
    .collect()
}

/// A run that finds this about this file, and sends nothing.
#[track_caller]
pub(super) fn refused(world: &World, program: Program, check: &str, file: &str) -> Outcome {
    let before = world.writes();
    let outcome = program.run().expect_code(1);
    assert!(outcome.finds(check, file), "{}", outcome.told());
    assert_eq!(world.writes(), before, "something was sent");
    outcome
}

/// The message of the finding.
#[track_caller]
pub(super) fn message(outcome: &Outcome, check: &str) -> String {
    let findings = outcome.report["findings"].as_array().expect("there is a list");
    let found = findings.iter().find(|finding| finding["check"] == check);
    found.unwrap_or_else(|| panic!("{}", outcome.told()))["message"].as_str().expect("a text").to_owned()
}

/// Nothing is left to do, and it takes three look-ups to see that.
#[track_caller]
pub(super) fn settled(world: &World, program: Program) {
    let (requests, writes) = (world.universe.journal().len(), world.writes());
    let outcome = program.run().expect_code(0);
    assert_eq!(outcome.output("outcome"), "already-done", "{}", outcome.told());
    let made = world.universe.journal().split_off(requests);
    assert!(made.len() <= 3 && world.writes() == writes, "{made:#?}");
}

#[test]
fn a_run_that_is_stopped_calls_nothing_complete() {
    let world = validated();
    assert_eq!(world.play(Phase::Release).output("complete"), "true");
    world.universe.github(|github| {
        let moved = github.commit_to("main", "Go on", &[("README.md", "more")]);
        github.set_tag(TAG, &moved);
    });
    let outcome = world.phase(Phase::Release).run().expect_code(1);
    assert!(outcome.finds("release/other-commit", ""), "{}", outcome.told());
    assert_eq!(outcome.output("complete"), "false", "{}", outcome.told());
}

#[test]
fn files_that_a_pattern_matches_go_to_the_page_and_into_its_checksums() {
    let world = validated();
    world.write("build/one.sbom.json", "1");
    world.write("build/deep/two.sbom.json", "2");
    world.write("build/.hidden.sbom.json", "3");
    world.write("LICENSE", "as you like");
    // A vetted file that is named once more is the same file.
    let files = "build/*.sbom.json\nbuild/**/t*.json\nLICENSE\ndist/*.whl";
    let run = || world.phase(Phase::Release).input("files", files);
    let outcome = run().run().expect_code(0);
    assert_eq!((outcome.output("assets"), outcome.output("complete")), ("9", "true"), "{}", outcome.told());
    let page = page(&world);
    let listed = checksums(&page, "SHA256SUMS");
    for (name, bytes) in [("one.sbom.json", "1"), ("two.sbom.json", "2"), ("LICENSE", "as you like")] {
        assert_eq!(page[name], bytes.as_bytes());
        assert!(listed.iter().any(|listed| listed == name), "{listed:?}");
    }
    assert_eq!(listed.len(), world.files.len() + 3);
    settled(&world, run());
}

#[test]
fn a_line_that_names_no_file_stops_the_run() {
    let world = validated();
    world.write("build/sub/file", "x");
    for (line, word) in [
        ("build/*.json", "nothing"),
        ("nowhere/file", "nothing"),
        ("build", "folder"),
        ("build/*", "nothing"),
        ("build/[", "pattern"),
    ] {
        let outcome =
            refused(&world, world.phase(Phase::Release).input("files", line), "release/no-file", line);
        assert!(message(&outcome, "release/no-file").contains(word), "{line}: {}", outcome.told());
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_the_workspace_is_not_followed() {
    let world = validated();
    let elsewhere = tempfile::tempdir().expect("a folder");
    std::fs::write(elsewhere.path().join("key"), "secret").expect("written");
    world.write("build/real", "fine");
    let link = |to: &std::path::Path, name: &str| {
        std::os::unix::fs::symlink(to, world.path(name)).expect("linked");
    };
    link(&elsewhere.path().join("key"), "build/notes.txt");
    link(elsewhere.path(), "folder");
    link(&world.path("build/real"), "build/inside");
    for (line, file) in
        [("build/*.txt", "notes.txt"), ("folder/key", "folder/key"), ("folder/*", "folder/key")]
    {
        refused(&world, world.phase(Phase::Release).input("files", line), "release/link", file);
    }
    world.phase(Phase::Release).input("files", "build/inside").run().expect_code(0);
    assert_eq!(page(&world)["inside"], b"fine");
}

#[test]
fn programs_of_one_name_are_refused_and_told_apart_by_what_they_are() {
    let world = validated();
    for os in ["linux", "macos", "windows"] {
        world.write(&format!("{os}/games-collection"), program(os));
        world.write(&format!("{os}/games-collection.asc"), format!("a signature for {os}"));
    }
    let run = || world.phase(Phase::Release).input("files", "*/games-collection*");
    let outcome = refused(&world, run(), "release/asset-collision", "games-collection");
    let text = message(&outcome, "release/asset-collision");
    for part in ["linux/games-collection", "macos/games-collection"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(text.contains(&Sha256::of(&program("linux")).to_string()), "{text}");
    assert!(text.contains(&Sha256::of(&program("macos")).to_string()), "{text}");

    let run = || run().input("rename", "games-collection -> {stem}-{version}-{os}-{arch}{ext}");
    run().run().expect_code(0);
    let page = page(&world);
    for (os, arch) in [("linux", "x86_64"), ("macos", "aarch64"), ("windows", "x86_64")] {
        let name = format!("games-collection-1.2.0-{os}-{arch}");
        assert_eq!(page[&name], program(os), "{name}");
        assert_eq!(page[&format!("{name}.asc")], format!("a signature for {os}").as_bytes(), "{name}");
    }
    let listed = checksums(&page, "SHA256SUMS");
    assert!(listed.contains(&"games-collection-1.2.0-macos-aarch64".to_owned()), "{listed:?}");
    settled(&world, run());
}

#[test]
fn a_template_for_all_leaves_distributions_and_records_alone() {
    let world = validated();
    let run = || world.phase(Phase::Release).input("rename", "{tag}-{name}");
    run().run().expect_code(0);
    let page = page(&world);
    let listed = checksums(&page, "SHA256SUMS");
    assert!(page.contains_key("manifest.json") && page.contains_key("sample-1.2.0.tar.gz"), "{listed:?}");
    assert!(page.contains_key("v1.2.0-sample-linux-x86_64") && !page.contains_key("sample-linux-x86_64"));
    assert_eq!(listed.len(), world.files.len());
    settled(&world, run());
}

#[test]
fn a_name_that_cannot_be_made_stops_the_run() {
    let world = validated();
    for (rename, word) in [
        ("{stem}-{os}-{arch}{ext}", "no program"),
        ("sample-* -> sub/{name}", "no plain file name"),
        ("sample-* -> {name}.", "no plain file name"),
    ] {
        let program = world.phase(Phase::Release).input("rename", rename);
        let outcome = refused(&world, program, "release/asset-name", "sample-linux-x86_64");
        assert!(message(&outcome, "release/asset-name").contains(word), "{rename}: {}", outcome.told());
    }
    for rename in ["{nme}", "tool", "* -> tool", "[ -> {name}"] {
        world.phase(Phase::Release).input("rename", rename).run().expect_code(64);
    }
}

#[test]
fn records_go_along_as_attach_says() {
    for (attach, expected) in [("manifest", "manifest.json"), ("checksums", "SHA256SUMS"), ("none", "")] {
        let world = validated();
        let run = || world.phase(Phase::Release).input("attach", attach);
        run().run().expect_code(0);
        let page = page(&world);
        let records: Vec<_> =
            page.keys().filter(|name| ["manifest.json", "SHA256SUMS"].contains(&name.as_str())).collect();
        assert_eq!(records, if expected.is_empty() { vec![] } else { vec![expected] });
        settled(&world, run());
    }
    let world = validated();
    world.phase(Phase::Release).input("attach", "none, manifest").run().expect_code(64);
    world.phase(Phase::Release).input("attach", "signatures").run().expect_code(64);
}

#[test]
fn a_record_has_another_name_where_a_line_is_about_it() {
    let world = validated();
    let run = || {
        world
            .phase(Phase::Release)
            .input("rename", "SHA256SUMS -> {name}-python\nmanifest.json->{stem}-python{ext}")
    };
    run().run().expect_code(0);
    let page = page(&world);
    assert_eq!(checksums(&page, "SHA256SUMS-python").len(), world.files.len());
    assert!(page.contains_key("manifest-python.json") && !page.contains_key("SHA256SUMS"));
    settled(&world, run());
}

#[test]
fn r18_r19_we_refuse_what_github_takes_from_nobody_before_anything_is_sent() {
    let world = validated();
    world.write("empty", "");
    let large = File::create(world.path("large")).expect("made");
    large.set_len(2 << 30).expect("a hole takes no room");
    for file in ["empty", "large"] {
        refused(&world, world.phase(Phase::Release).input("files", file), "release/asset-size", file);
    }
}

#[test]
fn what_is_on_the_release_already_counts_towards_the_limit() {
    let world = validated();
    let id = world.universe.github(|github| {
        let new = NewRelease { tag_name: TAG.into(), draft: true, ..NewRelease::default() };
        let id = github.add_release(new);
        for number in 0..995 {
            github.add_asset(id, &format!("part-{number}"), b"x".to_vec());
        }
        id
    });
    let outcome = refused(&world, world.phase(Phase::Release), "release/asset-count", "");
    assert!(message(&outcome, "release/asset-count").contains("6 files were declared, and 995 others"));
    world.universe.github(|github| {
        let release = github.releases_mut().iter_mut().find(|release| release.id == id).expect("it is there");
        release.assets.pop();
    });
    let outcome = world.play(Phase::Release);
    assert_eq!(the_release(&world).assets.len(), 1000, "{}", outcome.told());
}

#[test]
fn r21_we_keep_names_as_they_were_typed_and_checksums_name_what_is_stored() {
    let world = validated();
    let names = ["a b.txt", "one+two.txt", "tilde~1.txt", "résumé.txt", "日本.txt", ".dotted"];
    for name in names {
        world.write(&format!("odd/{name}"), name);
    }
    let lines = "odd/*\nodd/.dotted";
    let run = || world.phase(Phase::Release).input("files", lines);
    let outcome = run().run().expect_code(0);
    let release = the_release(&world);
    for name in names {
        let asset =
            release.assets.iter().find(|asset| *asset.bytes == *name.as_bytes()).expect("it is there");
        assert_eq!(asset.label.as_deref().unwrap_or(&asset.name), name);
        let is_kept = asset.name == name;
        assert_eq!(outcome.finds("release/asset-renamed", name), !is_kept, "{}", outcome.told());
    }
    let listed = checksums(&page(&world), "SHA256SUMS");
    assert!(
        listed.contains(&"a.b.txt".to_owned()) && listed.contains(&"one+two.txt".to_owned()),
        "{listed:?}"
    );
    settled(&world, run());
}

#[test]
fn a_name_that_github_rewrites_in_a_way_that_was_not_foreseen_is_told() {
    let world = validated();
    world.write("odd/ǵame.txt", "g");
    let run = || world.phase(Phase::Release).input("files", "odd/*");
    let outcome = run().run().expect_code(0);
    let asset =
        the_release(&world).assets.into_iter().find(|asset| *asset.bytes == *b"g").expect("it is there");
    assert!(asset.name != "game.txt" && asset.label.as_deref() == Some("ǵame.txt"), "{asset:?}");
    assert!(message(&outcome, "release/asset-stored-otherwise").contains(&asset.name), "{}", outcome.told());
    settled(&world, run());
}

#[test]
fn r20_we_refuse_two_names_that_github_makes_one() {
    let world = validated();
    world.write("odd/a b.txt", "1");
    world.write("odd/a~b.txt", "2");
    refused(
        &world,
        world.phase(Phase::Release).input("files", "odd/*"),
        "release/asset-collision",
        "a~b.txt",
    );
}

#[test]
fn a_file_that_changes_after_it_was_looked_at_is_not_released() {
    let world = validated();
    world.write("build/tool.txt", "as it was");
    let path = world.path("build/tool.txt");
    world.universe.observe(std::sync::Arc::new(move |exchange| {
        if exchange.request.method == "POST" && exchange.request.path.ends_with("/releases") {
            std::fs::write(&path, "as it is").expect("it can be changed");
        }
    }));
    let run = || world.phase(Phase::Release).input("files", "build/tool.txt");
    let outcome = run().run();
    assert_ne!(outcome.code, Some(0), "{}", outcome.told());
    let release = the_release(&world);
    assert!(release.draft && release.assets.iter().all(|asset| asset.name != "tool.txt"), "{release:#?}");
    run().run().expect_code(0);
    assert_eq!(page(&world)["tool.txt"], b"as it is");
}

#[test]
fn the_tag_is_held_to_the_commit_that_was_given() {
    let world = validated();
    let other = "0123456789012345678901234567890123456789";
    let program = world.phase(Phase::Release).input("commit", other);
    let outcome = refused(&world, program, "release/other-commit", "");
    let text = message(&outcome, "release/other-commit");
    assert!(text.contains(COMMIT) && text.contains(other), "{text}");
    world.phase(Phase::Release).input("commit", COMMIT).run().expect_code(0);
}

#[test]
fn a_first_run_is_a_write_for_each_file_and_three_and_the_next_one_three_reads() {
    let world = validated();
    let before = world.writes();
    let outcome = world.play(Phase::Release);
    let files = small_release().len() + 2;
    assert_eq!(outcome.output("assets"), files.to_string());
    let writes = world.writes() - before;
    assert!(writes <= files + 3, "{writes} writes for {files} files");
    settled(&world, world.phase(Phase::Release));
}

#[test]
fn a_job_without_vetted_files_says_so() {
    let world = World::new();
    world.write("job/build/tool.txt", "a tool");
    let job = || {
        let program = world.program("create-release").input("github-token", TOKEN);
        program.input("files", "build/*").input("publish", "false").current_dir(&world.path("job"))
    };
    // Packages that are missing are not passed over in silence.
    job().run().expect_code(64);
    job().input("attach", "none").run().expect_code(0);
    assert_eq!(page(&world).into_keys().collect::<Vec<_>>(), ["tool.txt"]);
    settled(&world, job().input("attach", "none"));
}

#[test]
fn how_long_a_large_set_takes_is_said_before_it_is_begun() {
    let world = validated();
    for number in 0..300 {
        world.write(&format!("many/{number}.txt"), number.to_string());
    }
    let outcome =
        world.phase(Phase::Release).input("files", "many/*").input("dry-run", "true").run().expect_code(0);
    let text = message(&outcome, "release/many-files");
    assert!(text.starts_with("306 files") && text.contains("minutes"), "{text}");
    let outcome = world.phase(Phase::Release).input("dry-run", "true").run().expect_code(0);
    assert!(!outcome.finds("release/many-files", ""), "{}", outcome.told());
}

#[test]
fn words_that_no_input_knows_are_typed_wrong() {
    let world = validated();
    for (input, value) in
        [("on-conflict", "overwrite"), ("allow-published-changes", "yes"), ("expect-assets", "[*.whl")]
    {
        let outcome = world.phase(Phase::Release).input(input, value).run().expect_code(64);
        assert!(outcome.stdout.contains(input), "{}", outcome.told());
    }
}
