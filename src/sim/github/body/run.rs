//! Workflows, their runs and artifacts in answers.

use serde_json::{Value, json};

use crate::sim::clock::START;
use crate::sim::github::git::Commit;
use crate::sim::github::links::{Links, REPOSITORY_ID, segment};
use crate::sim::github::runs::{NewRun, Run, RunArtifact};

use super::{bot, date, repository};

/// How long an artifact is kept.
const RETENTION_S: u64 = 90 * 86_400;

/// A workflow.
pub(in crate::sim::github) fn workflow(links: &Links, id: u64, path: &str) -> Value {
    let file = path.rsplit('/').next().unwrap_or(path);
    json!({
        "id": id,
        "node_id": format!("W_{id}"),
        "name": file,
        "path": path,
        "state": "active",
        "created_at": date(START),
        "updated_at": date(START),
        "url": links.repo(&format!("/actions/workflows/{id}")),
        "html_url": links.page(&format!("/blob/main/{path}")),
        "badge_url": links.page(&format!("/workflows/{}/badge.svg", segment(file))),
    })
}

/// A run; `head` is its commit when the repository has it.
pub(in crate::sim::github) fn run(links: &Links, private: bool, run: &Run, head: Option<&Commit>) -> Value {
    let NewRun {
        path,
        name,
        event,
        status,
        conclusion,
        head_sha,
        head_branch,
        run_number,
        run_attempt,
        fork,
    } = &run.facts;
    let at = |rest: &str| links.repo(&format!("/actions/runs/{}{rest}", run.id));
    let suite = run.id + 500_000;
    let home = repository::minimal(links, private);
    json!({
        "id": run.id,
        "node_id": format!("WFR_{}", run.id),
        "name": name,
        "display_title": head.map_or("a commit", |commit| commit.message.lines().next().unwrap_or_default()),
        "path": path,
        "event": event,
        "status": status,
        "conclusion": conclusion,
        "head_sha": head_sha,
        "head_branch": head_branch,
        "run_number": run_number,
        "run_attempt": run_attempt,
        "run_started_at": date(run.started_at_s),
        "created_at": date(run.created_at_s),
        "updated_at": date(run.updated_at_s),
        "workflow_id": run.workflow_id,
        "check_suite_id": suite,
        "check_suite_node_id": format!("CS_{suite}"),
        "check_suite_url": links.repo(&format!("/check-suites/{suite}")),
        "url": at(""),
        "html_url": links.page(&format!("/actions/runs/{}", run.id)),
        "jobs_url": at("/jobs"),
        "logs_url": at("/logs"),
        "artifacts_url": at("/artifacts"),
        "cancel_url": at("/cancel"),
        "rerun_url": at("/rerun"),
        "previous_attempt_url": (*run_attempt > 1).then(|| at(&format!("/attempts/{}", run_attempt - 1))),
        "workflow_url": links.repo(&format!("/actions/workflows/{}", run.workflow_id)),
        "pull_requests": [],
        "actor": bot(links),
        "triggering_actor": bot(links),
        "head_commit": head.map(simple_commit),
        "head_repository": fork.as_ref().map_or_else(|| home.clone(), |name| repository::fork(links, name)),
        "head_repository_id": head_repository_id(&run.facts),
        "repository": home,
    })
}

/// An artifact of a run.
pub(in crate::sim::github) fn artifact(links: &Links, run: &Run, artifact: &RunArtifact) -> Value {
    let url = links.repo(&format!("/actions/artifacts/{}", artifact.id));
    let mut origin = json!({
        "id": run.id,
        "repository_id": REPOSITORY_ID,
        "head_repository_id": head_repository_id(&run.facts),
        "head_sha": run.facts.head_sha,
    });
    if let Some(branch) = &run.facts.head_branch {
        origin["head_branch"] = branch.as_str().into();
    }
    json!({
        "id": artifact.id,
        "node_id": format!("A_{}", artifact.id),
        "name": artifact.facts.name,
        "size_in_bytes": artifact.facts.bytes.len(),
        "url": url,
        "archive_download_url": format!("{url}/zip"),
        "expired": artifact.facts.expired,
        "digest": artifact.digest().map(|digest| format!("sha256:{digest}")),
        "created_at": date(artifact.created_at_s),
        "updated_at": date(artifact.created_at_s),
        "expires_at": date(artifact.created_at_s + RETENTION_S),
        "workflow_run": origin,
    })
}

const fn head_repository_id(facts: &NewRun) -> u64 {
    if facts.fork.is_some() { REPOSITORY_ID + 1 } else { REPOSITORY_ID }
}

fn simple_commit(commit: &Commit) -> Value {
    let person = json!({ "name": "Some One", "email": "someone@example.org" });
    json!({
        "id": commit.sha,
        "tree_id": crate::sim::github::git::tree_hash(&commit.files, &commit.modes),
        "message": commit.message,
        "timestamp": date(commit.date_s),
        "author": person,
        "committer": person,
    })
}
