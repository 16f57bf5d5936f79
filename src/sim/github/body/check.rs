//! Check runs and statuses in answers.

use serde_json::{Value, json};

use crate::sim::clock::START;
use crate::sim::github::checks::{CheckRun, NewCheck, Status};
use crate::sim::github::links::{Links, segment};

use super::{date, repository, user};

/// A check run.
pub(in crate::sim::github) fn run(links: &Links, run: &CheckRun) -> Value {
    let NewCheck { head_sha, name, status, conclusion, app, suite } = &run.facts;
    let url = links.repo(&format!("/check-runs/{}", run.id));
    let page = links.page(&format!("/runs/{}", run.id));
    json!({
        "id": run.id,
        "node_id": format!("CR_{}", run.id),
        "head_sha": head_sha,
        "name": name,
        "url": url,
        "html_url": page,
        "details_url": page,
        "external_id": "",
        "status": status,
        "conclusion": conclusion,
        "started_at": date(run.started_at_s),
        "completed_at": conclusion.as_ref().map(|_| date(run.started_at_s + 60)),
        "output": {
            "title": null, "summary": null, "text": null, "annotations_count": 0,
            "annotations_url": format!("{url}/annotations"),
        },
        "check_suite": { "id": 700_000 + suite },
        "app": application(links, app),
        "pull_requests": [],
    })
}

fn application(links: &Links, slug: &str) -> Value {
    json!({
        "id": slug.bytes().map(u64::from).sum::<u64>(),
        "node_id": format!("A_{slug}"),
        "slug": slug,
        "name": slug,
        "owner": user(links, slug),
        "description": null,
        "external_url": links.page(""),
        "html_url": format!("{}/apps/{}", links.web, segment(slug)),
        "created_at": date(START),
        "updated_at": date(START),
        "permissions": { "checks": "write", "metadata": "read" },
        "events": [],
    })
}

/// What somebody said of a commit.
pub(in crate::sim::github) fn status(links: &Links, status: &Status) -> Value {
    json!({
        "id": status.id,
        "node_id": format!("SC_{}", status.id),
        "context": status.context,
        "state": status.state,
        "description": null,
        "target_url": null,
        "avatar_url": null,
        "url": links.repo(&format!("/statuses/{}", status.sha)),
        "created_at": date(status.created_at_s),
        "updated_at": date(status.created_at_s),
    })
}

/// All that is said of a commit: how many contexts there are, and those of the page.
pub(in crate::sim::github) fn combined(
    links: &Links,
    private: bool,
    sha: &str,
    state: &str,
    (total, statuses): (usize, Vec<Value>),
) -> Value {
    let commit = links.repo(&format!("/commits/{sha}"));
    json!({
        "state": state,
        "sha": sha,
        "total_count": total,
        "statuses": statuses,
        "repository": repository::minimal(links, private),
        "commit_url": commit,
        "url": format!("{commit}/status"),
    })
}
