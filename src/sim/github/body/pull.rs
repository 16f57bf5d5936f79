//! Pull requests in answers.

use serde_json::{Value, json};

use crate::sim::github::links::Links;
use crate::sim::github::pulls::Pull;
use crate::sim::github::settings::Settings;

use super::{bot, date, repository, user};

/// A pull request as lists show it.
pub(in crate::sim::github) fn simple(links: &Links, settings: &Settings, pull: &Pull) -> Value {
    let Pull { number, title, body: text, head, base, head_sha, base_sha, open, created_at_s, merged_at_s } =
        pull;
    let at = |rest: &str| links.repo(&format!("/pulls/{number}{rest}"));
    let issue = |rest: &str| links.repo(&format!("/issues/{number}{rest}"));
    let page = links.page(&format!("/pull/{number}"));
    let statuses = links.repo(&format!("/statuses/{head_sha}"));
    let review_comment = links.repo("/pulls/comments{/number}");
    let mut home = repository::full(links, settings.private, &settings.default_branch, false);
    // Here it comes without what only the repository's own answer counts.
    let counts = ["network_count", "subscribers_count"];
    home.as_object_mut().into_iter().for_each(|home| home.retain(|name, _| !counts.contains(&name.as_str())));
    let end = |name: &str, sha: &str| {
        json!({
            "label": format!("{}:{name}", links.owner),
            "ref": name,
            "sha": sha,
            "user": user(links, &links.owner),
            "repo": home,
        })
    };
    let mut body = json!({
        "id": 30_000 + number,
        "node_id": format!("PR_{number}"),
        "number": number,
        "state": if *open { "open" } else { "closed" },
        "locked": false,
        "title": title,
        "body": text,
        "user": bot(links),
        "draft": false,
        "labels": [],
        "assignee": null,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "milestone": null,
        "author_association": "CONTRIBUTOR",
        "auto_merge": null,
        "created_at": date(*created_at_s),
        "updated_at": date(merged_at_s.unwrap_or(*created_at_s)),
        "closed_at": (!open).then(|| date(merged_at_s.unwrap_or(*created_at_s))),
        "merged_at": merged_at_s.map(date),
        "merge_commit_sha": null,
        "head": end(head, head_sha),
        "base": end(base, base_sha),
        "url": at(""),
        "html_url": page,
        "diff_url": format!("{page}.diff"),
        "patch_url": format!("{page}.patch"),
        "issue_url": issue(""),
        "commits_url": at("/commits"),
        "comments_url": issue("/comments"),
        "review_comments_url": at("/comments"),
        "review_comment_url": review_comment,
        "statuses_url": statuses,
    });
    let link = |address: &str| json!({ "href": address });
    body["_links"] = json!({
        "self": link(&at("")),
        "html": link(&page),
        "issue": link(&issue("")),
        "comments": link(&issue("/comments")),
        "review_comments": link(&at("/comments")),
        "review_comment": link(&review_comment),
        "commits": link(&at("/commits")),
        "statuses": link(&statuses),
    });
    body
}

/// A pull request by itself, with how many commits and files it changes.
pub(in crate::sim::github) fn full(
    links: &Links,
    settings: &Settings,
    pull: &Pull,
    (commits, files): (usize, usize),
) -> Value {
    let mut body = simple(links, settings, pull);
    let merged = pull.merged_at_s.is_some();
    let Value::Object(more) = json!({
        "commits": commits,
        "changed_files": files,
        "additions": files,
        "deletions": files,
        "comments": 0,
        "review_comments": 0,
        "maintainer_can_modify": false,
        "mergeable": null,
        "mergeable_state": "unknown",
        "merged": merged,
        "merged_by": merged.then(|| user(links, &links.owner)),
    }) else {
        unreachable!("the literal is an object")
    };
    body.as_object_mut().into_iter().for_each(|body| body.extend(more.clone()));
    body
}
