//! References, tags, commits and comparisons in answers.

use serde_json::{Value, json};

use crate::sim::github::git::{Change, Commit, Object, Relation, TagObject, changes, hash_bytes, tree_hash};
use crate::sim::github::links::{Links, path, segment};

use super::{bot, date};

/// A reference and what it points at.
pub(in crate::sim::github) fn reference(links: &Links, name: &str, sha: &str, object: Object<'_>) -> Value {
    json!({
        "ref": name,
        "node_id": format!("REF_{name}"),
        "url": links.repo(&format!("/git/{}", path(name))),
        "object": target(links, sha, object.kind()),
    })
}

fn target(links: &Links, sha: &str, kind: &str) -> Value {
    json!({ "type": kind, "sha": sha, "url": links.repo(&format!("/git/{kind}s/{sha}")) })
}

/// The object of an annotated tag.
pub(in crate::sim::github) fn tag_object(links: &Links, tag: &TagObject, object: Object<'_>) -> Value {
    json!({
        "node_id": format!("TO_{}", tag.sha),
        "tag": tag.tag,
        "sha": tag.sha,
        "url": links.repo(&format!("/git/tags/{}", tag.sha)),
        "message": tag.message,
        "tagger": person(tag.date_s),
        "object": target(links, &tag.target, object.kind()),
        "verification": unsigned(),
    })
}

/// A tag as the list of tags shows it.
pub(in crate::sim::github) fn tag(links: &Links, name: &str, commit: &Commit) -> Value {
    json!({
        "name": name,
        "node_id": format!("REF_{name}"),
        "commit": short(links, commit),
        "zipball_url": links.repo(&format!("/zipball/refs/tags/{}", path(name))),
        "tarball_url": links.repo(&format!("/tarball/refs/tags/{}", path(name))),
    })
}

/// A commit by hash and address only.
pub(in crate::sim::github) fn short(links: &Links, commit: &Commit) -> Value {
    json!({ "sha": commit.sha, "url": links.repo(&format!("/commits/{}", commit.sha)) })
}

/// A commit as git knows it.
pub(in crate::sim::github) fn git_commit(links: &Links, commit: &Commit) -> Value {
    json!({
        "sha": commit.sha,
        "node_id": format!("C_{}", commit.sha),
        "url": links.repo(&format!("/git/commits/{}", commit.sha)),
        "html_url": links.page(&format!("/commit/{}", commit.sha)),
        "author": person(commit.date_s),
        "committer": person(commit.date_s),
        "message": commit.message,
        "tree": tree(links, commit),
        "parents": parents(links, commit, "/git/commits"),
        "verification": unsigned(),
    })
}

/// A commit as lists and comparisons show it.
pub(in crate::sim::github) fn commit(links: &Links, commit: &Commit) -> Value {
    let url = links.repo(&format!("/commits/{}", commit.sha));
    json!({
        "sha": commit.sha,
        "node_id": format!("C_{}", commit.sha),
        "url": url,
        "html_url": links.page(&format!("/commit/{}", commit.sha)),
        "comments_url": format!("{url}/comments"),
        "commit": {
            "url": links.repo(&format!("/git/commits/{}", commit.sha)),
            "author": person(commit.date_s),
            "committer": person(commit.date_s),
            "message": commit.message,
            "tree": tree(links, commit),
            "comment_count": 0,
            "verification": unsigned(),
        },
        "author": bot(links),
        "committer": bot(links),
        "parents": parents(links, commit, "/commits"),
    })
}

/// A branch with its head.
pub(in crate::sim::github) fn branch(links: &Links, name: &str, head: &Commit) -> Value {
    let url = links.repo(&format!("/branches/{}", path(name)));
    json!({
        "name": name,
        "commit": commit(links, head),
        "_links": { "self": url, "html": links.page(&format!("/tree/{}", path(name))) },
        "protected": false,
        "protection": { "enabled": false },
        "protection_url": format!("{url}/protection"),
    })
}

/// A branch as lists show it.
pub(in crate::sim::github) fn short_branch(links: &Links, name: &str, head: &Commit) -> Value {
    json!({ "name": name, "commit": short(links, head), "protected": false })
}

/// How one commit stands to another; `commits` are those of the page, `files` come on the first page only.
pub(in crate::sim::github) fn comparison(
    links: &Links,
    (base, head): (&Commit, &Commit),
    relation: &Relation<'_>,
    commits: &[&Commit],
    with_files: bool,
) -> Value {
    let span = format!("{}...{}", base.sha, head.sha);
    let page = links.page(&format!("/compare/{span}"));
    let mut body = json!({
        "url": links.repo(&format!("/compare/{span}")),
        "html_url": page,
        "permalink_url": page,
        "diff_url": format!("{page}.diff"),
        "patch_url": format!("{page}.patch"),
        "base_commit": commit(links, base),
        "merge_base_commit": commit(links, relation.merge_base),
        "status": relation.status(),
        "ahead_by": relation.ahead.len(),
        "behind_by": relation.behind,
        "total_commits": relation.ahead.len(),
        "commits": commits.iter().map(|one| commit(links, one)).collect::<Vec<_>>(),
    });
    if with_files {
        let changed = changes(&relation.merge_base.files, &head.files);
        body["files"] = changed.iter().take(300).map(|change| file(links, &head.sha, change)).collect();
    }
    body
}

fn file(links: &Links, sha: &str, change: &Change<'_>) -> Value {
    let lines = change.bytes.split(|byte| *byte == b'\n').count();
    let (added, removed) = match change.status {
        "added" => (lines, 0),
        "removed" => (0, lines),
        _ => (lines, lines),
    };
    let at = path(change.path);
    json!({
        "sha": hash_bytes(change.bytes),
        "filename": change.path,
        "status": change.status,
        "additions": added,
        "deletions": removed,
        "changes": added + removed,
        "blob_url": links.page(&format!("/blob/{sha}/{at}")),
        "raw_url": links.page(&format!("/raw/{sha}/{at}")),
        "contents_url": links.repo(&format!("/contents/{at}?ref={}", segment(sha))),
    })
}

fn tree(links: &Links, commit: &Commit) -> Value {
    let sha = tree_hash(&commit.files);
    json!({ "sha": sha, "url": links.repo(&format!("/git/trees/{sha}")) })
}

fn parents(links: &Links, commit: &Commit, folder: &str) -> Value {
    let parent = |sha: &String| {
        json!({
            "sha": sha,
            "url": links.repo(&format!("{folder}/{sha}")),
            "html_url": links.page(&format!("/commit/{sha}")),
        })
    };
    commit.parents.iter().map(parent).collect()
}

fn person(date_s: u64) -> Value {
    json!({ "name": "Some One", "email": "someone@example.org", "date": date(date_s) })
}

fn unsigned() -> Value {
    json!({
        "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null
    })
}
