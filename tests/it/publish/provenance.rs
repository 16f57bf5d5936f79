//! Attestations arrive with their files, and the index shows where they can be read.

use serde_json::Value;

use super::stage::{Stage, VERSION, attestation, sdist, wheel};
use crate::support::program::Outcome;
use crate::support::world::{ReleaseFile, write_files};

const RULE: &str = "publish/no-provenance";

/// A wheel and an sdist, with an attestation for each.
fn attested() -> (Stage, [ReleaseFile; 2]) {
    let files = [wheel("sample", VERSION, &[]), sdist("sample", VERSION)];
    let stage = Stage::holding(&files);
    let sidecar = |(name, bytes): &ReleaseFile| {
        (format!("{name}.publish.attestation"), attestation(name, bytes).into_bytes())
    };
    write_files(&stage.folder.path().join("signed"), &files.each_ref().map(sidecar));
    stage.trust(&["sample"], &[]);
    (stage, files)
}

fn publish(stage: &Stage) -> Outcome {
    stage.trusted("pypi").input("attestations-dir", "signed").run().expect_code(0)
}

/// What `states` says of each file: its name and the address of its provenance.
fn provenance(outcome: &Outcome) -> Vec<(String, Option<String>)> {
    let states: Value = serde_json::from_str(outcome.output("states")).expect("JSON");
    let rows = states.as_array().expect("a list").iter();
    rows.map(|row| {
        assert_eq!(row["state"], "proven", "{}", outcome.told());
        let name = row["file"].as_str().expect("a name").to_owned();
        (name, row["provenance"].as_str().map(str::to_owned))
    })
    .collect()
}

#[test]
fn attestations_go_with_their_files_and_the_report_says_where_they_are() {
    let (stage, files) = attested();
    let outcome = publish(&stage);
    assert_eq!((outcome.output("outcome"), outcome.output("uploaded")), ("done", "2"), "{}", outcome.told());
    assert!(!outcome.finds(RULE, ""), "{}", outcome.told());
    let shown = provenance(&outcome);
    for (name, bytes) in &files {
        let kept = stage.universe.index(|index| {
            let file = index.file(name).expect("it arrived");
            file.provenance.clone().expect("with its attestations")
        });
        let sent: Value = serde_json::from_str(&attestation(name, bytes)).expect("JSON");
        assert_eq!(kept.attestations, [sent], "{name}");
        let path = format!("/integrity/sample/{VERSION}/{name}/provenance");
        let address = shown.iter().find_map(|(file, address)| (file == name).then_some(address.as_deref()));
        assert!(address.flatten().is_some_and(|address| address.ends_with(&path)), "{shown:?}");
    }
    let again = publish(&stage);
    assert_eq!(again.output("outcome"), "already-done", "{}", again.told());
    assert_eq!(provenance(&again), shown);
}

#[test]
fn a_file_that_was_there_before_its_attestations_is_told() {
    let (stage, [wheel, sdist]) = attested();
    stage.universe.index(|index| {
        index.place(&wheel.0.parse().expect("a name"), wheel.1.clone()).expect("there is room");
    });
    let outcome = publish(&stage);
    assert_eq!(outcome.output("uploaded"), "1", "{}", outcome.told());
    assert!(outcome.finds(RULE, &wheel.0) && !outcome.finds(RULE, &sdist.0), "{}", outcome.told());
    let shown = provenance(&outcome);
    let of = |name: &str| shown.iter().any(|(file, address)| file == name && address.is_some());
    assert!(of(&sdist.0) && !of(&wheel.0), "{shown:?}");
}
