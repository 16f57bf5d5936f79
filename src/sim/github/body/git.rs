//! References, tags, commits and comparisons in answers.

use serde_json::{Value, json};

use crate::sim::github::git::{
    Change, Commit, Object, Person, Relation, TagObject, Tree, Verification, changes, hash_bytes, tree_hash,
};
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
        "tagger": person(&tag.tagger, tag.date_s),
        "object": target(links, &tag.target, object.kind()),
        "verification": verification(&tag.verification, tag.date_s),
    })
}

/// What a tree holds: its files and folders, or, where that is asked for, all that is in those too.
pub(in crate::sim::github) fn tree_object(links: &Links, tree: &Tree, all: bool, limit: usize) -> Value {
    let folders = tree.folders();
    let paths = folders.iter().copied().chain(tree.files.keys().map(String::as_str));
    let mut paths: Vec<&str> = paths.filter(|path| all || !path.contains('/')).collect();
    paths.sort_unstable();
    let truncated = paths.len() > limit;
    paths.truncate(limit);
    let entry = |path: &str| match tree.files.get(path) {
        Some(bytes) => {
            let sha = hash_bytes(bytes);
            let url = links.repo(&format!("/git/blobs/{sha}"));
            let mode = tree.mode(path);
            json!({ "path": path, "mode": mode, "type": "blob", "sha": sha, "size": bytes.len(), "url": url })
        }
        None => {
            let sha = tree.folder(path).sha();
            let url = links.repo(&format!("/git/trees/{sha}"));
            json!({ "path": path, "mode": "040000", "type": "tree", "sha": sha, "url": url })
        }
    };
    let sha = tree.sha();
    json!({
        "sha": sha,
        "url": links.repo(&format!("/git/trees/{sha}")),
        "tree": paths.into_iter().map(entry).collect::<Vec<_>>(),
        "truncated": truncated,
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
        "author": person(&Person::default(), commit.date_s),
        "committer": person(&Person::default(), commit.date_s),
        "message": commit.message,
        "tree": tree(links, commit),
        "parents": parents(links, commit, "/git/commits"),
        "verification": verification(&commit.verification, commit.date_s),
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
            "author": person(&Person::default(), commit.date_s),
            "committer": person(&Person::default(), commit.date_s),
            "message": commit.message,
            "tree": tree(links, commit),
            "comment_count": 0,
            "verification": verification(&commit.verification, commit.date_s),
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
    let sha = tree_hash(&commit.files, &commit.modes);
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

fn person(Person { name, email }: &Person, date_s: u64) -> Value {
    json!({ "name": name, "email": email, "date": date(date_s) })
}

/// What the service makes of a signature. What was signed shows only where there is something.
fn verification(Verification { verified, reason }: &Verification, date_s: u64) -> Value {
    let is_signed = reason != "unsigned";
    json!({
        "verified": verified,
        "reason": reason,
        "signature": is_signed.then_some("-----BEGIN PGP SIGNATURE-----"),
        "payload": is_signed.then_some("object"),
        "verified_at": verified.then(|| date(date_s)),
    })
}
