//! Attestations, from the form of an upload to the pages that show them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::model::digest::Sha256;
use crate::model::endpoints::{IN_TOTO_STATEMENT, PUBLISH_PREDICATE, SLSA_PROVENANCE_PREDICATE};

const WHEEL_NAME: &str = "demo_kit-1.0-py3-none-any.whl";
const OURS: &str = "/octo-org/sample/.github/workflows/release.yml@refs/tags/v1.0.0";

/// What is stated about the wheel, as signers state it.
fn statement() -> Value {
    json!({
        "_type": IN_TOTO_STATEMENT,
        "subject": [{ "name": WHEEL_NAME, "digest": { "sha256": Sha256::of(&wheel(&WHEEL)).to_string() } }],
        "predicateType": PUBLISH_PREDICATE,
        "predicate": null,
    })
}

fn slsa() -> Value {
    let mut statement = statement();
    statement["predicateType"] = json!(SLSA_PROVENANCE_PREDICATE);
    statement["predicate"] = json!({ "buildDefinition": {} });
    statement
}

fn attestation_of(statement: &Value, certificate: &str) -> Value {
    json!({
        "version": 1,
        "verification_material": {
            "certificate": STANDARD.encode(certificate),
            "transparency_entries": [{ "logIndex": "1" }],
        },
        "envelope": { "statement": STANDARD.encode(statement.to_string()), "signature": STANDARD.encode("s") },
    })
}

fn attestation(statement: &Value) -> Value {
    attestation_of(statement, OURS)
}

/// A world whose token is a workflow's.
fn world() -> World {
    let mut world = World::new();
    let publisher = Publisher::new("demo-kit".parse().expect("good"), "octo-org/sample", "release.yml");
    world.index.register(publisher);
    let identity = world.oidc.issue("pypi");
    let mint = request("POST", "/_/oidc/mint-token", &[], json!({ "token": identity }).to_string());
    let body: Value = serde_json::from_slice(&world.index.handle(&mint).body).expect("JSON");
    world.token = body["token"].as_str().expect("a token").to_owned();
    world
}

fn with(attestations: &Value) -> Upload {
    Upload::wheel().add("attestations", &attestations.to_string())
}

#[test]
fn attestations_are_taken_and_shown() {
    let mut world = world();
    let sent = json!([attestation(&statement()), attestation(&slsa())]);
    assert_eq!(world.upload(&with(&sent)), (200, String::new()));
    assert_eq!(world.upload(&Upload::sdist()).0, 200);
    let listing = world.get("/simple/demo-kit/", "application/vnd.pypi.simple.v1+json");
    let listing: Value = serde_json::from_slice(&listing.body).expect("JSON");
    let path = format!("/integrity/demo-kit/1.0/{WHEEL_NAME}/provenance");
    assert_eq!(listing["files"][0]["provenance"], format!("http://127.0.0.1:1{path}"));
    assert_eq!(listing["files"][1]["provenance"], Value::Null);
    let page = world.get("/simple/demo-kit/", "text/html");
    let page = String::from_utf8(page.body.to_vec()).expect("text");
    assert_eq!(page.matches(&format!("data-provenance=\"http://127.0.0.1:1{path}\"")).count(), 1, "{page}");
    let shown = world.get(&path, "*/*");
    assert_eq!(shown.header("content-type"), Some("application/vnd.pypi.integrity.v1+json"));
    let publisher = json!({
        "kind": "GitHub", "repository": "octo-org/sample", "workflow": "release.yml", "environment": null,
    });
    let expected = json!({
        "version": 1, "attestation_bundles": [{ "publisher": publisher, "attestations": sent }],
    });
    assert_eq!(serde_json::from_slice::<Value>(&shown.body).expect("JSON"), expected);
    for other in
        [path.replace("1.0/", "1.1/"), path.replace("demo-kit", "demo"), path.replace(".whl", ".zip")]
    {
        assert_eq!(world.get(&other, "*/*").status, 404, "{other}");
    }
    assert_eq!(
        world
            .index
            .file(WHEEL_NAME)
            .and_then(|file| file.provenance.as_ref())
            .map(|it| it.attestations.len()),
        Some(2)
    );
}

#[test]
fn a_second_upload_brings_no_attestations() {
    let mut world = world();
    assert_eq!(world.upload(&Upload::wheel()).0, 200);
    assert_eq!(world.upload(&with(&json!([attestation(&statement())]))).0, 200);
    assert!(world.index.file(WHEEL_NAME).is_some_and(|file| file.provenance.is_none()));
}

#[test]
fn only_workflows_bring_attestations() {
    let mut world = World::new();
    let (status, reason) = world.upload(&with(&json!([attestation(&statement())])));
    assert!(
        status == 400 && reason.ends_with("Attestations are only supported when using Trusted Publishing"),
        "{reason}"
    );
}

/// A change of a good statement.
type Change = fn(&mut Value);

#[test]
fn what_is_stated_is_about_this_file() {
    let changes: [(Change, &str); 9] = [
        (|it| it["_type"] = json!("other"), "invalid statement: type `other`"),
        (|it| it["subject"] = json!([]), "too many subjects in statement (must be exactly one)"),
        (|it| it["subject"] = json!([it["subject"][0], it["subject"][0]]), "too many subjects"),
        (|it| it["subject"][0]["name"] = json!(""), "invalid subject: missing name"),
        (|it| it["subject"][0]["name"] = json!("wheel"), "invalid subject: unknown distribution format"),
        (
            |it| it["subject"][0]["name"] = json!("demo_kit-1.1-py3-none-any.whl"),
            "subject does not match distribution name: demo_kit-1.1-py3-none-any.whl != demo_kit-1.0-py3-none-any.whl",
        ),
        (|it| it["subject"][0]["digest"] = json!({}), "subject does not match distribution digest"),
        (|it| it["predicateType"] = json!("other"), "unknown attestation type: other"),
        (|it| it["predicate"] = json!({ "a": 1 }), "unexpected predicate in a publish attestation"),
    ];
    let mut world = world();
    for (change, said) in changes {
        let mut statement = statement();
        change(&mut statement);
        let (status, reason) = world.upload(&with(&json!([attestation(&statement)])));
        let start = "Invalid attestations supplied during upload: Could not verify the uploaded artifact using the included attestation: ";
        assert!(status == 400 && reason.starts_with(&format!("{start}{said}")), "{said}: {reason}");
    }
    let mut empty = statement();
    empty["predicate"] = json!({});
    assert_eq!(world.upload(&with(&json!([attestation(&empty)]))).0, 200);
}

#[test]
fn the_workflow_that_began_the_run_signed() {
    let mut world = world();
    for other in [
        "/octo-org/sample/.github/workflows/caller.yml@refs/tags/v1.0.0",
        "/octo-org/other/.github/workflows/release.yml@refs/tags/v1.0.0",
        "/other-octo-org/sample/.github/workflows/release.yml@refs/tags/v1.0.0",
        "a certificate of no workflow",
    ] {
        let sent = json!([attestation_of(&statement(), other)]);
        let (status, reason) = world.upload(&with(&sent));
        assert_eq!(status, 400);
        assert!(
            reason.contains("does not match expected Trusted Publisher (release.yml @ octo-org/sample)"),
            "{reason}"
        );
    }
}

#[test]
fn attestations_are_few_and_each_of_its_kind() {
    let mut world = world();
    let (one, other) = (attestation(&statement()), attestation(&slsa()));
    let (_, reason) = world.upload(&with(&json!([one, other, one])));
    assert!(reason.ends_with("A maximum of 2 attestations per file are supported"), "{reason}");
    let (_, reason) = world.upload(&with(&json!([one, one])));
    assert!(
        reason.contains("Multiple attestations for the same file with the same predicate type"),
        "{reason}"
    );
    let changed = |at: &str, value: Value| {
        let mut sent = one.clone();
        *sent.pointer_mut(at).expect("a place") = value;
        json!([sent])
    };
    for sent in [
        json!({}),
        json!([{}]),
        changed("/version", json!(2)),
        changed("/verification_material/transparency_entries", json!([])),
        changed("/verification_material/certificate", json!("")),
        changed("/envelope/signature", json!("?")),
    ] {
        let (status, reason) = world.upload(&with(&sent));
        assert!(
            status == 400 && reason.contains("Error while decoding the included attestation"),
            "{sent}: {reason}"
        );
    }
}
