//! R33 to R37: workflow runs, their artifacts, and the way to the bytes.

use std::time::Duration;

use release_action::model::digest::Sha256;
use release_action::sim::Service;
use release_action::sim::github::runs::{NewArtifact, NewRun, StatedDigest};
use serde_json::{Value, json};

use crate::support::contract::Contract;

use super::desk::{Desk, NOBODY, OWNER, READER, STRANGER, WRITER};

/// A desk with a run on the head of the default branch; gives the run's number and the commit.
fn with_run() -> (Desk, u64, String) {
    let desk = Desk::new();
    let head_sha = desk.github().branch("main").expect("there is one");
    let run = desk.github().add_run(NewRun { head_sha: head_sha.clone(), ..NewRun::default() });
    (desk, run, head_sha)
}

fn found(desk: &mut Desk, target: &str) -> Vec<Value> {
    let body = desk.get(target).json();
    body["workflow_runs"].as_array().expect("a list").iter().map(|run| run["id"].clone()).collect()
}

#[test]
fn r33_runs_are_found_by_commit_workflow_and_outcome() {
    let (mut desk, first, sha) = with_run();
    let add = |desk: &Desk, run: NewRun| desk.github().add_run(NewRun { head_sha: sha.clone(), ..run });
    let failed = add(&desk, NewRun { conclusion: Some("failure".to_owned()), ..NewRun::default() });
    let other =
        add(&desk, NewRun { path: ".github/workflows/other.yml@main".to_owned(), ..NewRun::default() });
    let tagged = add(
        &desk,
        NewRun { head_branch: Some("v1".to_owned()), event: "release".to_owned(), ..NewRun::default() },
    );
    let query = format!("head_sha={sha}");
    assert_eq!(
        found(&mut desk, &format!("/actions/runs?{query}")),
        [tagged, other, failed, first].map(Value::from)
    );
    let of_build = format!("/actions/workflows/build.yml/runs?{query}");
    assert_eq!(found(&mut desk, &of_build), [tagged, failed, first].map(Value::from));
    assert_eq!(found(&mut desk, &format!("{of_build}&status=success&event=push")), [json!(first)]);
    assert_eq!(found(&mut desk, &format!("{of_build}&branch=v1")), [json!(tagged)]);
    assert!(found(&mut desk, "/actions/runs?head_sha=none").is_empty());
    assert_eq!(desk.get("/actions/workflows/none.yml/runs").status(), 404);
    assert_eq!(desk.get(&format!("/actions/runs/{failed}")).json()["run_number"], 2);
}

#[test]
fn r33_a_search_by_commit_may_find_nothing_although_the_run_is_there() {
    let (mut desk, run, sha) = with_run();
    desk.github().troubles.blind_run_searches = 1;
    assert!(found(&mut desk, &format!("/actions/runs?head_sha={sha}")).is_empty());
    assert_eq!(found(&mut desk, "/actions/runs"), [json!(run)], "without the filter it is found");
}

#[test]
fn r33_a_search_ends_at_a_thousand_runs() {
    let (mut desk, _, sha) = with_run();
    for _ in 0..1_010 {
        desk.github().add_run(NewRun { head_sha: sha.clone(), ..NewRun::default() });
    }
    let target = format!("/actions/runs?head_sha={sha}&per_page=100");
    assert_eq!(desk.get(&target).json()["total_count"], 1_000);
    assert!(found(&mut desk, &format!("{target}&page=11")).is_empty());
}

#[test]
fn r33_a_run_from_a_fork_says_so() {
    let (mut desk, _, sha) = with_run();
    let fork = Some("stranger/sample".to_owned());
    let run = desk.github().add_run(NewRun { head_sha: sha, fork, ..NewRun::default() });
    let run = desk.get(&format!("/actions/runs/{run}")).json();
    assert_eq!(run["head_repository"]["full_name"], "stranger/sample");
    assert_eq!(run["repository"]["full_name"], "octo-org/sample");
}

#[test]
fn r33_a_rerun_keeps_its_number_and_counts_its_attempts() {
    let (mut desk, run, _) = with_run();
    desk.github().runs_mut()[0].facts.run_attempt = 2;
    assert_eq!(desk.get(&format!("/actions/runs/{run}")).json()["run_attempt"], 2);
    let first = desk.get(&format!("/actions/runs/{run}/attempts/1")).json();
    assert_eq!((&first["id"], &first["run_attempt"]), (&json!(run), &json!(1)));
    assert_eq!(desk.get(&format!("/actions/runs/{run}/attempts/3")).status(), 404);
}

#[test]
fn r33_each_attempt_keeps_its_own_start_and_its_own_end() {
    let (mut desk, run, _) = with_run();
    desk.github().runs_mut()[0].facts.conclusion = Some("failure".to_owned());
    desk.github().advance(Duration::from_secs(60));
    desk.github().rerun(run);
    let begun = desk.get(&format!("/actions/runs/{run}")).json();
    assert_eq!((&begun["run_attempt"], &begun["status"]), (&json!(2), &json!("in_progress")));
    assert_eq!(begun["conclusion"], Value::Null);
    let first = desk.get(&format!("/actions/runs/{run}/attempts/1")).json();
    assert_eq!((&first["status"], &first["conclusion"]), (&json!("completed"), &json!("failure")));
    assert_ne!(first["run_started_at"], begun["run_started_at"]);
    assert_eq!(first["created_at"], begun["created_at"]);
}

#[test]
fn r33_a_run_may_end_or_begin_while_others_look() {
    let (mut desk, run, _) = with_run();
    let status = |desk: &mut Desk| desk.get("/actions/runs").json()["workflow_runs"][0]["status"].clone();
    desk.github().advance_after(run, 2, "success");
    assert_eq!(
        [(); 3].map(|()| status(&mut desk)),
        ["in_progress", "in_progress", "completed"].map(Value::from)
    );
    desk.github().appear_after(run, 1);
    assert!(found(&mut desk, "/actions/runs").is_empty());
    assert_eq!(found(&mut desk, "/actions/runs"), [json!(run)]);
}

#[test]
fn r33_a_run_that_ends_says_so_from_then_on_and_its_event_says_the_same() {
    let (mut desk, _, head_sha) = with_run();
    let running = NewRun { status: "in_progress".into(), conclusion: None, head_sha, ..NewRun::default() };
    let run = desk.github().add_run(running);
    let target = format!("/actions/runs/{run}");
    let before = desk.get(&target).json();
    assert_eq!((&before["status"], &before["conclusion"]), (&json!("in_progress"), &Value::Null));
    assert_eq!(before["updated_at"], before["created_at"]);
    desk.github().advance(Duration::from_secs(60));
    desk.github().end_run(run, "success");
    let after = desk.get(&target).json();
    assert_eq!((&after["status"], &after["conclusion"]), (&json!("completed"), &json!("success")));
    assert_eq!(after["created_at"], before["created_at"]);
    assert_ne!(after["updated_at"], before["updated_at"]);

    let event = desk.github().ended_event(run);
    assert_eq!(event["workflow_run"], after);
    assert_eq!(Contract::check_event("workflow-run-completed", &event), Vec::<String>::new());
    let mut broken = event;
    broken["workflow_run"]["head_sha"] = json!(7);
    assert_ne!(Contract::check_event("workflow-run-completed", &broken), Vec::<String>::new());
}

#[test]
fn r34_a_run_may_hold_two_artifacts_of_one_name() {
    let (mut desk, run, sha) = with_run();
    let old = desk.github().add_artifact(run, NewArtifact::zip("wheels", &[("a.whl", b"old")]));
    let new = desk.github().add_artifact(run, NewArtifact::zip("wheels", &[("a.whl", b"new")]));
    desk.github().add_artifact(run, NewArtifact::zip("docs", &[("index.html", b"<p>")]));
    let list = desk.get(&format!("/actions/runs/{run}/artifacts?name=wheels&per_page=100")).json();
    assert_eq!(list["total_count"], 2);
    let ids: Vec<_> =
        list["artifacts"].as_array().expect("a list").iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, [new, old].map(Value::from), "the newest first");
    assert_eq!(list["artifacts"][0]["workflow_run"]["head_sha"], sha);
    let rising = desk.get(&format!("/actions/runs/{run}/artifacts?direction=asc")).json();
    assert_eq!(rising["artifacts"][0]["id"], old);
    assert_eq!(desk.get("/actions/artifacts?name=docs").json()["total_count"], 1);
}

#[test]
fn r35_the_digest_is_what_the_uploader_claims() {
    let (mut desk, run, _) = with_run();
    let honest = NewArtifact::archive("honest", "bytes");
    let lie = Sha256::of(b"something else");
    let claimed =
        NewArtifact { digest: StatedDigest::Claimed(lie), ..NewArtifact::archive("claimed", "bytes") };
    let early = NewArtifact { digest: StatedDigest::Absent, ..NewArtifact::archive("early", "bytes") };
    let expected =
        [format!("sha256:{}", Sha256::of(b"bytes")).into(), format!("sha256:{lie}").into(), Value::Null];
    for (artifact, digest) in [honest, claimed, early].into_iter().zip(expected) {
        let id = desk.github().add_artifact(run, artifact);
        assert_eq!(desk.get(&format!("/actions/artifacts/{id}")).json()["digest"], digest);
    }
}

#[test]
fn r36_an_artifact_may_be_a_bare_file() {
    let (mut desk, run, _) = with_run();
    let raw = NewArtifact::raw("tool x.tar.gz", "bytes", "application/gzip");
    let id = desk.github().add_artifact(run, raw);
    let location = desk.get(&format!("/actions/artifacts/{id}/zip")).location();
    let fetched = desk.fetch(&location, STRANGER);
    assert_eq!(fetched.header("content-type"), Some("application/gzip"));
    let disposition = fetched.header("content-disposition").expect("a name").to_owned();
    assert!(disposition.ends_with("filename*=UTF-8''tool%20x.tar.gz"), "{disposition}");
    assert_eq!(fetched.text(), "bytes");
}

#[test]
fn r36_an_archive_says_that_it_is_one() {
    let (mut desk, run, _) = with_run();
    let id = desk.github().add_artifact(run, NewArtifact::zip("wheels", &[("a.whl", b"bytes")]));
    let location = desk.get(&format!("/actions/artifacts/{id}/zip")).location();
    assert!(location.split('?').next().is_some_and(|path| path.ends_with(".zip")), "{location}");
    let fetched = desk.fetch(&location, STRANGER);
    assert_eq!(fetched.header("content-type"), Some("application/zip"));
    assert!(fetched.0.body.starts_with(b"PK\x03\x04"));
}

/// A desk with an artifact, and the address of its bytes on the API.
fn with_artifact() -> (Desk, String) {
    let (desk, run, _) = with_run();
    let id = desk.github().add_artifact(run, NewArtifact::archive("wheels", "bytes"));
    (desk, format!("/actions/artifacts/{id}/zip"))
}

#[test]
fn r37_the_storage_refuses_requests_with_a_token() {
    let (mut desk, at) = with_artifact();
    let redirection = desk.get(&at);
    assert_eq!(redirection.status(), 302);
    let refused = desk.fetch(&redirection.location(), WRITER);
    assert_eq!(refused.status(), 400);
    assert!(refused.text().contains("InvalidAuthenticationInfo"), "{refused:?}");
    assert_eq!(desk.fetch(&redirection.location(), STRANGER).text(), "bytes");
}

#[test]
fn r37_a_signed_address_holds_for_a_minute() {
    let (mut desk, at) = with_artifact();
    let location = desk.get(&at).location();
    desk.github().advance(Duration::from_secs(59));
    assert_eq!(desk.fetch(&location, STRANGER).status(), 200);
    desk.github().advance(Duration::from_secs(1));
    assert_eq!(desk.fetch(&location, STRANGER).status(), 403);
    let again = desk.get(&at).location();
    assert_ne!(again, location, "a new address for each request");
    assert_eq!(desk.fetch(&again, STRANGER).status(), 200);
}

#[test]
fn r37_the_signature_opens_its_own_bytes_only() {
    let (mut desk, at) = with_artifact();
    let location = desk.get(&at).location();
    let (path, query) = location.split_once('?').expect("a signature");
    for forged in [path.to_owned(), format!("{path}?sig=0"), format!("{path}x?{query}")] {
        assert_eq!(desk.fetch(&forged, STRANGER).status(), 403, "{forged}");
    }
}

#[test]
fn r37_an_expired_artifact_is_gone() {
    let (mut desk, run, _) = with_run();
    let id = desk
        .github()
        .add_artifact(run, NewArtifact { expired: true, ..NewArtifact::archive("old", "bytes") });
    assert_eq!(desk.get(&format!("/actions/artifacts/{id}")).json()["expired"], true);
    let gone = desk.get(&format!("/actions/artifacts/{id}/zip"));
    assert_eq!((gone.status(), gone.message().as_str()), (410, "Artifact has expired"));
}

#[test]
fn downloads_may_deliver_other_bytes() {
    let (mut desk, at) = with_artifact();
    let location = desk.get(&at).location();
    desk.storage().corrupt(1);
    assert_ne!(desk.fetch(&location, STRANGER).text(), "bytes");
    assert_eq!(desk.fetch(&location, STRANGER).text(), "bytes");
}

#[test]
fn runs_and_artifacts_need_their_own_permission() {
    let (mut desk, at) = with_artifact();
    for (token, target, status) in [
        (READER, "/actions/runs", 200),
        (STRANGER, "/actions/runs", 200),
        (NOBODY, "/actions/runs", 403),
        (READER, at.as_str(), 302),
        (NOBODY, at.as_str(), 403),
        (STRANGER, at.as_str(), 401),
    ] {
        let reply = desk.send(token, "GET", target, &json!(null));
        assert_eq!(reply.status(), status, "{token:?} {target}");
        let accepted = reply.header("x-accepted-github-permissions");
        assert_eq!(accepted, (status == 403).then_some("actions=read"), "{token:?} {target}");
    }
    let at = at.trim_end_matches("/zip");
    assert_eq!(desk.delete(at).status(), 403);
    assert_eq!(desk.send(OWNER, "DELETE", at, &json!(null)).status(), 204);
    assert_eq!(desk.get(at).status(), 404);
}

#[test]
fn workflows_go_by_number_and_by_file() {
    let (mut desk, _, _) = with_run();
    desk.github().add_workflow(".github/workflows/lint.yml");
    let list = desk.get("/actions/workflows").json();
    assert_eq!(list["total_count"], 2);
    let number = list["workflows"][0]["id"].clone();
    assert_eq!(desk.get("/actions/workflows/build.yml").json()["id"], number);
    assert_eq!(
        desk.get(&format!("/actions/workflows/{number}")).json()["path"],
        ".github/workflows/build.yml"
    );
}
