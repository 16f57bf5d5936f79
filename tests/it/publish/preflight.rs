//! Whatever stands against sending anything anywhere is told at once, and nothing is sent.

use std::net::TcpListener;

use super::stage::{Stage, VERSION, attestation, krate, sdist, set, states, wheel};
use crate::support::program::{Outcome, Program};
use crate::support::world::ReleaseFile;

const LINES: &str = "pypi: coglet\npypi: cog needs coglet\ncrates-io";

/// An address where nobody listens.
fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    format!("http://{}/", listener.local_addr().expect("an address"))
}

#[track_caller]
fn blocked(stage: &Stage, program: Program, rules: &[&str]) -> Outcome {
    let outcome = program.run().expect_code(1);
    for rule in rules {
        assert!(outcome.finds(rule, ""), "{rule}: {}", outcome.told());
    }
    assert_eq!(stage.writes(), 0, "{}", outcome.told());
    outcome
}

fn place_other_bytes(stage: &Stage, name: &str) {
    stage.universe.index(|index| {
        let placed = index.place(&name.parse().expect("a file name"), b"other".to_vec());
        assert!(placed.is_some());
    });
}

#[test]
fn problems_of_several_registries_are_told_at_once() {
    let mut files = set();
    files[0] = wheel("cog", VERSION, &["coglet<1.0"]);
    let stage = Stage::holding(&files);
    place_other_bytes(&stage, "coglet-1.2.0-py3-none-any.whl");
    let (name, bytes) = krate("coglet-sys", VERSION, &[("coglet-base", "1")]);
    stage.universe.crates(|crates| {
        let file = name
            .parse()
            .ok()
            .and_then(|name| release_action::model::crate_name::CrateFile::of_file_name(&name));
        crates.place(&file.expect("a crate"), bytes).expect("it is taken");
    });
    let outcome = blocked(&stage, stage.publish(LINES), &["publish/lockstep-excluded"]);
    assert!(outcome.finds("publish/other-bytes", "coglet-1.2.0-py3-none-any.whl"), "{}", outcome.told());
    assert!(outcome.finds("publish/other-bytes", "coglet-sys-1.2.0.crate"), "{}", outcome.told());
}

#[test]
fn registries_that_cannot_be_asked_hide_no_other() {
    let stage = Stage::holding(&set());
    let addresses = stage.universe.addresses();
    let (closed_index, closed_crates) = (closed(), closed());
    let half = format!(
        "pypi = python {} {}\ncrates-io = cargo {closed_crates}",
        addresses.repository_url, addresses.index_url
    );
    // Nothing else stands against it: it could not be told.
    let one = stage.publish("pypi\ncrates-io").input("registries", &half).run().expect_code(2);
    assert!(one.stdout.contains("cannot be reached"), "{}", one.told());
    let none = format!("pypi = python {closed_index} {closed_index}\ncrates-io = cargo {closed_crates}");
    let both = stage.publish("pypi\ncrates-io").input("registries", &none).run().expect_code(2);
    for part in ["2 registries could not be asked", "pypi: ", "crates-io: "] {
        assert!(both.stdout.contains(part), "{part}: {}", both.told());
    }
    place_other_bytes(&stage, "coglet-1.2.0-py3-none-any.whl");
    let program = stage.publish("pypi\ncrates-io").input("registries", &half);
    blocked(&stage, program, &["publish/other-bytes", "publish/registry-not-asked"]);
}

#[test]
fn packages_of_one_release_admit_one_another() {
    let floor = |requirement| {
        let files = [wheel("cog", VERSION, &[requirement]), wheel("coglet", VERSION, &[])];
        let stage = Stage::holding(&files);
        let outcome = stage.publish("pypi").input("dry-run", "true").run();
        let found = |rule| outcome.finds(rule, "cog-1.2.0-py3-none-any.whl");
        (outcome.code, found("publish/lockstep-excluded"), found("publish/lockstep-floor"))
    };
    assert_eq!(floor("coglet>=1.2.0,<2.0"), (Some(0), false, false));
    assert_eq!(floor("Coglet>=1.0"), (Some(0), false, true));
    assert_eq!(floor("coglet==1.1.0"), (Some(1), true, false));
    assert_eq!(floor("coglet==0.5; python_version < \"3.9\""), (Some(0), false, false));
    let files = [krate("coglet", VERSION, &[("coglet-sys", "1.3")]), krate("coglet-sys", VERSION, &[])];
    let stage = Stage::holding(&files);
    blocked(&stage, stage.publish("crates-io"), &["publish/lockstep-excluded"]);
}

#[test]
fn crates_are_of_the_tags_version() {
    let stage = Stage::holding(&[krate("coglet", "1.3.0", &[])]);
    let outcome = blocked(&stage, stage.publish("crates-io"), &["publish/version-not-of-tag"]);
    assert!(outcome.finds("publish/version-not-of-tag", "coglet-1.3.0.crate"), "{}", outcome.told());
    let stage =
        Stage::holding_version("1.2.0-rc.1", &[krate("coglet", "1.2.0-rc.1", &[]), sdist("cog", "1.2.0rc1")]);
    stage.publish("pypi\ncrates-io").run().expect_code(0);
}

#[test]
fn local_versions_are_for_indexes_of_ones_own() {
    let version = "1.2.0+ours";
    let stage = Stage::holding_version(version, &[wheel("sample", version, &[])]);
    let lenient = |targets: &str| stage.publish(targets).input("ignore", "filename/local-version");
    blocked(&stage, lenient("pypi"), &["publish/local-version"]);
    let addresses = stage.universe.addresses();
    let lines =
        format!("{}\nours = python {} {}", stage.registries(), addresses.repository_url, addresses.index_url);
    let outcome = lenient("ours").input("registries", lines).input("dry-run", "true").run().expect_code(0);
    assert!(!outcome.finds("publish/local-version", ""), "{}", outcome.told());
}

#[test]
fn a_file_that_is_larger_than_the_limit_is_told_before_it_is_sent() {
    // What nobody can compress: a megabyte and more of digests.
    let digest = |at: u32| *release_action::model::digest::Sha256::of(&at.to_le_bytes()).as_bytes();
    let noise: Vec<u8> = (0..40_000).flat_map(digest).collect();
    let mut builder =
        release_action::archive::build::WheelBuilder::new("sample", VERSION, "py3", "none", "any");
    let (name, bytes) = builder.member("sample/noise.bin", noise).build();
    let stage = Stage::holding(&[(name.to_string(), bytes)]);
    Program::mode("validate-wheels").current_dir(stage.folder.path()).run().expect_code(0);
    let program = || stage.publish("pypi").input("manifest-dir", "release-manifest");
    blocked(&stage, program().input("file-size-limit", "1"), &["publish/too-large"]);
    program().run().expect_code(0);
}

#[test]
fn a_limit_that_is_given_stands_for_that_of_crates_io_too() {
    let digest = |at: u32| *release_action::model::digest::Sha256::of(&at.to_le_bytes()).as_bytes();
    let noise: Vec<u8> = (0..350_000).flat_map(digest).collect();
    let (name, bytes) = release_action::archive::build::CrateBuilder::new("sample", VERSION)
        .member("noise.bin", noise)
        .build();
    assert!(bytes.len() > 10 << 20);
    let stage = Stage::holding(&[(name.to_string(), bytes)]);
    let program = || stage.publish("crates-io").input("dry-run", "true").input("ignore", "crate/too-large");
    blocked(&stage, program(), &["publish/too-large"]);
    program().input("file-size-limit", "20").run().expect_code(0);
    blocked(&stage, program().input("file-size-limit", "10"), &["publish/too-large"]);
}

#[test]
fn without_any_credential_every_registry_is_named() {
    let stage = Stage::holding(&set());
    let outcome = stage.bare("pypi\ncrates-io").run().expect_code(2);
    for part in ["pypi: there is no password", "crates-io: ", "id-token: write"] {
        assert!(outcome.stdout.contains(part), "{part}: {}", outcome.told());
    }
    assert_eq!(stage.writes(), 0);
    // Where nothing is to be sent, nobody asks for one.
    stage.publish("pypi\ncrates-io").run().expect_code(0);
    assert_eq!(stage.bare("pypi\ncrates-io").run().expect_code(0).output("outcome"), "already-done");
}

#[test]
fn what_the_job_says_of_itself_is_judged_for_every_registry() {
    let stage = Stage::holding(&set());
    stage.universe.oidc(|oidc| {
        oidc.set_claim("event_name", "workflow_run");
        oidc.set_reusable_workflow("octo-org/shared/.github/workflows/upload.yml@refs/heads/main");
    });
    stage.trust(&["cog", "coglet"], &["coglet"]);
    let rules = ["publish/refused-event", "publish/new-crate", "publish/called-workflow"];
    let outcome = blocked(&stage, stage.trusted(LINES), &rules);
    assert!(outcome.stdout.contains("no crate `coglet-sys` yet"), "{}", outcome.told());
    assert_eq!(stage.universe.crates(|crates| crates.live_tokens()), 0);
}

#[test]
fn a_token_for_an_api_that_is_anothers_stops_the_run_before_other_registries_get_anything() {
    for (api, told) in [("https://crates.example.org/", "which is another's"), ("", "names no API")] {
        let stage = Stage::holding(&set());
        stage.universe.crates(|crates| crates.name_api(api));
        let outcome = stage.publish("pypi\ncrates-io").run().expect_code(2);
        assert!(outcome.stdout.contains(told), "{}", outcome.told());
        assert_eq!((stage.writes(), outcome.output("outcome")), (0, "error"), "{}", outcome.told());
    }
}

#[test]
fn trusted_publishing_is_tried_out_before_anything_is_sent() {
    let stage = Stage::holding(&set());
    stage.trust(&[], &["coglet", "coglet-sys"]);
    // crates.io would take both crates, and PyPI trusts nobody.
    let lines = "crates-io\npypi";
    let outcome = stage.trusted(lines).input("probe-credentials", "true").run().expect_code(2);
    assert!(outcome.stdout.contains("invalid-publisher"), "{}", outcome.told());
    assert_eq!(stage.writes(), 0);
    assert_eq!(stage.universe.crates(|crates| crates.live_tokens()), 0, "what was minted is given back");
    stage.trust(&["cog", "coglet"], &[]);
    let outcome = stage.trusted(lines).input("probe-credentials", "true").run().expect_code(0);
    assert_eq!(outcome.output("uploaded"), "5");
    assert_eq!(stage.universe.crates(|crates| crates.live_tokens()), 0);
}

/// One wheel, with this in `signed/`.
fn attested(files: &[(&str, String)]) -> Stage {
    let wheel = wheel("sample", VERSION, &[]);
    let stage = Stage::holding(&[wheel]);
    let files: Vec<ReleaseFile> =
        files.iter().map(|(name, text)| ((*name).to_owned(), text.clone().into_bytes())).collect();
    crate::support::world::write_files(&stage.folder.path().join("signed"), &files);
    stage.trust(&["sample"], &[]);
    stage
}

#[test]
fn attestations_that_would_be_refused_stop_the_run() {
    let (name, bytes) = wheel("sample", VERSION, &[]);
    let sidecar = format!("{name}.publish.attestation");
    let good = attestation(&name, &bytes);
    let trusted = |stage: &Stage| stage.trusted("pypi").input("attestations-dir", "signed");

    let other = attested(&[(&sidecar, attestation(&name, b"other"))]);
    blocked(&other, trusted(&other), &["publish/attestation"]);
    let bundle = attested(&[(&sidecar, "{\"mediaType\": \"x\"}".to_owned())]);
    blocked(&bundle, trusted(&bundle), &["publish/attestation"]);

    let stage = attested(&[(&sidecar, good.clone()), ("another.whl.publish.attestation", good.clone())]);
    let with_token = stage.publish("pypi").input("attestations-dir", "signed");
    blocked(&stage, with_token, &["publish/attestation-with-token", "publish/stray-attestation"]);

    stage.universe.oidc(|oidc| {
        oidc.set_reusable_workflow("octo-org/shared/.github/workflows/upload.yml@refs/heads/main");
    });
    blocked(&stage, trusted(&stage), &["publish/reusable-workflow"]);
    let planned = trusted(&stage).input("dry-run", "true").run().expect_code(0);
    assert!(planned.stdout.contains(", with its attestations"), "{}", planned.told());
}

#[test]
fn a_taken_name_may_be_skipped_aloud() {
    let stage = Stage::holding(&set()[..3]);
    place_other_bytes(&stage, "coglet-1.2.0-py3-none-any.whl");
    let outcome = stage
        .publish("pypi: coglet\npypi: cog needs coglet")
        .input("skip-existing", "any")
        .run()
        .expect_code(0);
    assert!(
        outcome.finds("publish/skipped-other-bytes", "coglet-1.2.0-py3-none-any.whl"),
        "{}",
        outcome.told()
    );
    assert_eq!(states(&outcome)[0], "pypi coglet-1.2.0-py3-none-any.whl skipped");
    assert_eq!(stage.writes(), 2);
}

#[test]
fn what_is_out_and_yanked_is_told() {
    let stage = Stage::holding(&[wheel("sample", VERSION, &[])]);
    stage.publish("pypi").run().expect_code(0);
    stage.universe.index(|index| index.yank("sample-1.2.0-py3-none-any.whl", "bad")).expect("it is there");
    let outcome = stage.publish("pypi").run().expect_code(0);
    assert!(outcome.finds("publish/yanked", "sample-1.2.0-py3-none-any.whl"), "{}", outcome.told());
}
