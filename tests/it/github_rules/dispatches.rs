//! Workflows that are started by name: R15's one way in which a job's token starts another workflow.

use serde_json::{Value, json};

use super::desk::{BUMPER, Desk, READER, Reply, STRANGER, WRITER};

const RELEASE: &str = ".github/workflows/release.yml";

fn desk() -> Desk {
    let desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().set_tag("v1", &main);
    desk.github().add_workflow(RELEASE);
    desk
}

fn start(desk: &mut Desk, body: &Value) -> Reply {
    desk.send(BUMPER, "POST", "/actions/workflows/release.yml/dispatches", body)
}

#[test]
fn r15_a_dispatch_begins_a_run_of_the_commit_that_its_ref_leads_to() {
    let mut desk = desk();
    let main = desk.github().branch("main").expect("there is one");
    assert_eq!(
        start(&mut desk, &json!({ "ref": "v1", "inputs": { "tag": "v1", "dry": true } })).status(),
        204
    );
    let found =
        desk.get(&format!("/actions/workflows/release.yml/runs?head_sha={main}&event=workflow_dispatch"));
    let run = found.json()["workflow_runs"][0].clone();
    let shown = ["status", "head_branch", "path"].map(|name| run[name].clone());
    assert_eq!(shown, [json!("queued"), json!("v1"), json!(RELEASE)]);
    let told = start(&mut desk, &json!({ "ref": "refs/heads/main", "return_run_details": true })).json();
    let number = told["workflow_run_id"].as_u64().expect("a number");
    assert_eq!(desk.get(&format!("/actions/runs/{number}")).json()["head_branch"], "main");
    let dispatched = desk.github().dispatched().to_vec();
    assert_eq!(dispatched[0].inputs["dry"], "true");
    assert_eq!((dispatched.len(), dispatched[1].run_id), (2, number));
}

#[test]
fn a_run_that_was_dispatched_may_show_late() {
    let mut desk = desk();
    desk.github().troubles.late_dispatches = 1;
    start(&mut desk, &json!({ "ref": "main" }));
    let count =
        |desk: &mut Desk| desk.get("/actions/workflows/release.yml/runs").json()["total_count"].clone();
    assert_eq!((count(&mut desk), count(&mut desk)), (json!(0), json!(1)));
}

#[test]
fn what_cannot_be_started_is_refused_in_words() {
    let mut desk = desk();
    assert_eq!(start(&mut desk, &json!({ "ref": "none" })).message(), "No ref found for: none");
    let missing =
        desk.send(BUMPER, "POST", "/actions/workflows/none.yml/dispatches", &json!({ "ref": "main" }));
    assert_eq!(missing.status(), 404);
    desk.github().commit_to("main", "Add it", &[(RELEASE, "on: push")]);
    let refused = start(&mut desk, &json!({ "ref": "main" }));
    assert_eq!(refused.message(), "Workflow does not have 'workflow_dispatch' trigger");
    assert_eq!(start(&mut desk, &json!({ "ref": "v1" })).status(), 204, "there it is not known");
    desk.github().settings.silent_dispatches = true;
    let refused = start(&mut desk, &json!({ "ref": "v1", "return_run_details": true }));
    assert!(refused.status() == 422 && refused.message().contains("return_run_details"));
    for (token, status) in [(STRANGER, 401), (READER, 403), (WRITER, 403)] {
        let refused =
            desk.send(token, "POST", "/actions/workflows/release.yml/dispatches", &json!({ "ref": "v1" }));
        assert_eq!(refused.status(), status);
    }
    assert_eq!(desk.github().dispatched().len(), 1);
}
