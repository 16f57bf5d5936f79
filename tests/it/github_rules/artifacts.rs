//! The artifact service, and the half of the storage that takes bytes: what is known of them from their own clients.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use release_action::model::digest::Sha256;
use release_action::sim::github::runs::{NewArtifact, NewRun};
use serde_json::{Value, json};

use super::desk::{Desk, Reply};

/// A job of a run: its token, and the two ids that stand in it.
struct Job {
    token: String,
    ids: Value,
}

impl Job {
    fn of(desk: &Desk, run: u64) -> Self {
        let token = desk.github().runtime_token(run);
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("three parts")).expect("base64");
        let claims: Value = serde_json::from_slice(&claims).expect("JSON");
        let scopes = claims["scp"].as_str().expect("a list").to_owned();
        let scope = scopes.split(' ').find_map(|scope| scope.strip_prefix("Actions.Results:")).expect("one");
        let (run, job) = scope.split_once(':').expect("two ids");
        let ids = json!({ "workflow_run_backend_id": run, "workflow_job_run_backend_id": job });
        Self { token, ids }
    }

    /// The ids with further fields.
    fn with(&self, fields: Value) -> Value {
        let mut all = self.ids.clone();
        all.as_object_mut().expect("ids").extend(fields.as_object().expect("fields").clone());
        all
    }

    fn ask(&self, desk: &mut Desk, method: &str, fields: Value) -> Reply {
        desk.leave(&self.token, method, &self.with(fields))
    }

    fn create(&self, desk: &mut Desk, name: &str) -> String {
        let reply = self.ask(desk, "CreateArtifact", json!({ "name": name, "version": 7 }));
        assert_eq!(reply.status(), 200, "{}", reply.text());
        reply.json()["signed_upload_url"].as_str().expect("an address").to_owned()
    }

    /// Leaves an artifact of one block.
    fn leave(&self, desk: &mut Desk, name: &str, bytes: &str) -> Value {
        let address = self.create(desk, name);
        assert_eq!(desk.put(&format!("{address}&comp=block&blockid={}", id("a")), &[], bytes).status(), 201);
        let kind = [("x-ms-blob-content-type", "application/zip")];
        assert_eq!(desk.put(&format!("{address}&comp=blocklist"), &kind, &list(&["a"])).status(), 201);
        let hash = format!("sha256:{}", Sha256::of(bytes.as_bytes()));
        let fields = json!({ "name": name, "size": bytes.len().to_string(), "hash": hash });
        let reply = self.ask(desk, "FinalizeArtifact", fields);
        assert_eq!(reply.status(), 200, "{}", reply.text());
        reply.json()
    }
}

fn id(name: &str) -> String {
    STANDARD.encode(name).replace('=', "%3D")
}

fn list(names: &[&str]) -> String {
    let ids: String =
        names.iter().map(|name| format!("<Latest>{}</Latest>", STANDARD.encode(name))).collect();
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{ids}</BlockList>")
}

fn with_job() -> (Desk, u64, Job) {
    let desk = Desk::new();
    let head_sha = desk.github().branch("main").expect("there is one");
    let run = desk.github().add_run(NewRun { head_sha, status: "in_progress".into(), ..NewRun::default() });
    let job = Job::of(&desk, run);
    (desk, run, job)
}

#[test]
fn an_artifact_that_a_job_leaves_is_listed_everywhere() {
    let (mut desk, run, job) = with_job();
    let done = job.leave(&mut desk, "wheels", "PK-and-so-on");
    assert_eq!(done["ok"], true);
    let number = done["artifact_id"].as_str().expect("a number of 64 bits is a text").to_owned();

    let digest = format!("sha256:{}", Sha256::of(b"PK-and-so-on"));
    let listed = job.ask(&mut desk, "ListArtifacts", json!({ "nameFilter": "wheels" })).json();
    assert_eq!(
        (&listed["artifacts"][0]["database_id"], &listed["artifacts"][0]["size"]),
        (&json!(number), &json!("12"))
    );
    assert_eq!(listed["artifacts"][0]["digest"], digest);
    assert_eq!(
        job.ask(&mut desk, "ListArtifacts", json!({ "id_filter": "1" })).json(),
        json!({ "artifacts": [] })
    );

    let rest = desk.get(&format!("/actions/runs/{run}/artifacts")).json();
    assert_eq!((&rest["artifacts"][0]["digest"], &rest["total_count"]), (&json!(digest), &json!(1)));
    let location = desk.get(&format!("/actions/artifacts/{number}/zip")).location();
    assert_eq!(desk.fetch(&location, None).text(), "PK-and-so-on");
    let signed = job.ask(&mut desk, "GetSignedArtifactURL", json!({ "name": "wheels" })).json();
    let signed = signed["signed_url"].as_str().expect("an address").to_owned();
    assert_eq!(desk.fetch(&signed, None).text(), "PK-and-so-on");
}

#[test]
fn a_name_is_taken_from_its_beginning_on() {
    let (mut desk, run, job) = with_job();
    let other = Job::of(&desk, run);
    job.create(&mut desk, "wheels");
    assert_eq!(desk.github().unfinished_artifacts(), ["wheels"]);
    let again = |desk: &mut Desk, job: &Job| {
        job.ask(desk, "CreateArtifact", json!({ "name": "wheels", "version": 7 })).status()
    };
    assert_eq!((again(&mut desk, &job), again(&mut desk, &other)), (409, 409));
    assert_eq!(other.ask(&mut desk, "DeleteArtifact", json!({ "name": "wheels" })).status(), 404);
    assert_eq!(job.ask(&mut desk, "DeleteArtifact", json!({ "name": "wheels" })).status(), 200);
    job.leave(&mut desk, "wheels", "one");
    assert_eq!((again(&mut desk, &job), again(&mut desk, &other)), (409, 409));
    assert_eq!(job.ask(&mut desk, "DeleteArtifact", json!({ "name": "wheels" })).json()["ok"], true);
    other.leave(&mut desk, "wheels", "two");
}

#[test]
fn a_token_is_for_its_run_and_job_and_for_its_time() {
    let (mut desk, run, job) = with_job();
    let other = Job::of(&desk, run);
    let elsewhere = desk.github().add_run(NewRun::default());
    let elsewhere = Job::of(&desk, elsewhere);
    let create = json!({ "name": "wheels", "version": 7 });
    assert_eq!(desk.leave(&job.token, "CreateArtifact", &other.with(create.clone())).status(), 403);
    assert_eq!(desk.leave(&job.token, "CreateArtifact", &elsewhere.with(create.clone())).status(), 403);
    assert_eq!(
        desk.leave("made-up", "CreateArtifact", &job.with(create.clone())).json()["code"],
        "unauthenticated"
    );
    desk.github().add_artifact(run, NewArtifact::zip("theirs", &[]));
    let listed = job.ask(&mut desk, "ListArtifacts", json!({})).json();
    assert_eq!(listed["artifacts"][0]["name"], "theirs");
    assert_eq!(elsewhere.ask(&mut desk, "ListArtifacts", json!({})).json(), json!({ "artifacts": [] }));
    desk.github().advance(Duration::from_secs(6 * 3_600));
    assert_eq!(job.ask(&mut desk, "ListArtifacts", json!({})).status(), 401);
}

#[test]
fn what_makes_no_sense_is_refused_in_twirps_form() {
    let (mut desk, _, job) = with_job();
    for (method, fields, status, code) in [
        ("CreateArtifact", json!({ "name": "a/b", "version": 7 }), 400, "invalid_argument"),
        ("CreateArtifact", json!({ "version": 7 }), 400, "invalid_argument"),
        ("CreateArtifact", json!({ "name": "a", "version": 3 }), 400, "invalid_argument"),
        (
            "CreateArtifact",
            json!({ "name": "a", "version": 4, "mime_type": "text/plain" }),
            400,
            "invalid_argument",
        ),
        ("CreateArtifact", json!({ "name": 7, "version": 7 }), 400, "malformed"),
        ("CreateArtifact", json!({ "name": "a", "version": 7, "expires_at": "tomorrow" }), 400, "malformed"),
        ("FinalizeArtifact", json!({ "name": "a", "size": "1" }), 404, "not_found"),
        ("GetSignedArtifactURL", json!({ "name": "a" }), 404, "not_found"),
        ("DeleteArtifact", json!({ "name": "a" }), 404, "not_found"),
        ("Invented", json!({}), 404, "bad_route"),
    ] {
        let reply = job.ask(&mut desk, method, fields.clone());
        assert_eq!((reply.status(), &reply.json()["code"]), (status, &json!(code)), "{method} {fields}");
    }
    desk.github().troubles.throttled_results = 1;
    assert_eq!(job.ask(&mut desk, "ListArtifacts", json!({})).json()["code"], "resource_exhausted");
    assert_eq!(job.ask(&mut desk, "ListArtifacts", json!({})).status(), 200);
    job.create(&mut desk, "early");
    let early = job.ask(&mut desk, "FinalizeArtifact", json!({ "name": "early", "size": "0" }));
    assert_eq!(early.status(), 404, "no blob was committed");
}

#[test]
fn both_case_styles_are_read_and_one_is_written() {
    let (mut desk, _, job) = with_job();
    desk.github().settings.camel_case_results = true;
    let camel = json!({
        "workflowRunBackendId": job.ids["workflow_run_backend_id"],
        "workflowJobRunBackendId": job.ids["workflow_job_run_backend_id"],
        "name": "wheels", "version": 7, "mimeType": "application/zip",
    });
    let reply = desk.leave(&job.token, "CreateArtifact", &camel).json();
    assert!(reply["signedUploadUrl"].is_string() && reply["signed_upload_url"].is_null(), "{reply}");
}

#[test]
fn a_blob_is_what_the_list_of_its_blocks_says() {
    let (mut desk, _, job) = with_job();
    let address = job.create(&mut desk, "wheels");
    let put = |desk: &mut Desk, name: &str, bytes: &str| {
        desk.put(&format!("{address}&comp=block&blockid={}", id(name)), &[], bytes)
    };
    for (name, bytes) in [("a", "one"), ("b", "two"), ("c", "three"), ("b", "TWO")] {
        assert_eq!(put(&mut desk, name, bytes).status(), 201);
    }
    let code =
        |reply: Reply| (reply.status(), reply.header("x-ms-error-code").unwrap_or_default().to_owned());
    let wrong = |status: u16, text: &str| (status, text.to_owned());
    assert_eq!(code(put(&mut desk, "longer", "x")), wrong(400, "InvalidBlobOrBlock"));
    assert_eq!(code(put(&mut desk, "d", "")), wrong(400, "InvalidHeaderValue"));
    let commit = format!("{address}&comp=blocklist");
    assert_eq!(code(desk.put(&commit, &[], &list(&["a", "x"]))), wrong(400, "InvalidBlockList"));
    assert_eq!(code(desk.put(&commit, &[], "<BlockList>")), wrong(400, "InvalidXmlDocument"));
    assert_eq!(code(desk.put(&address, &[], "x")), wrong(400, "InvalidQueryParameterValue"));
    assert_eq!(
        desk.put(&commit, &[], &list(&["b", "a"])).status(),
        201,
        "blocks that no list names are left"
    );
    assert_eq!(code(desk.put(&commit, &[], &list(&["c"]))), wrong(400, "InvalidBlockList"));
    let fields = json!({ "name": "wheels", "size": "6" });
    assert_eq!(job.ask(&mut desk, "FinalizeArtifact", fields).status(), 200);
    let signed = job.ask(&mut desk, "GetSignedArtifactURL", json!({ "name": "wheels" })).json();
    assert_eq!(desk.fetch(signed["signed_url"].as_str().expect("an address"), None).text(), "TWOone");
}

#[test]
fn who_may_write_may_not_read_and_nobody_for_ever() {
    let (mut desk, _, job) = with_job();
    job.leave(&mut desk, "there", "bytes");
    let write = job.create(&mut desk, "wheels");
    let signed = job.ask(&mut desk, "GetSignedArtifactURL", json!({ "name": "there" })).json();
    let read = signed["signed_url"].as_str().expect("an address").to_owned();
    let block = format!("&comp=block&blockid={}", id("a"));
    assert_eq!(desk.fetch(&write, None).status(), 403);
    assert_eq!(desk.put(&format!("{read}{block}"), &[], "x").status(), 403);
    let token = [("authorization", "Bearer x")];
    assert_eq!(
        desk.put(&format!("{write}{block}"), &token, "x").header("x-ms-error-code"),
        Some("InvalidAuthenticationInfo")
    );
    assert_eq!(desk.put(&format!("{write}{block}"), &[], "x").status(), 201);
    desk.github().advance(Duration::from_secs(3_600));
    assert_eq!(desk.put(&format!("{write}{block}"), &[], "x").status(), 403);
}
