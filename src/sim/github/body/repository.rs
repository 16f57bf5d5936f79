//! Repositories in answers.

use serde_json::{Map, Value, json};

use crate::sim::clock::START;
use crate::sim::github::links::{Links, REPOSITORY_ID};

use super::{date, user};

/// The addresses in every repository object: the field and what follows the repository's own address.
const ADDRESSES: &[(&str, &str)] = &[
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
];

/// A repository as other objects embed it.
pub(in crate::sim::github) fn minimal(links: &Links, private: bool) -> Map<String, Value> {
    let mut repository: Map<String, Value> =
        ADDRESSES.iter().map(|(field, rest)| ((*field).to_owned(), links.repo(rest).into())).collect();
    let Value::Object(facts) = json!({
        "id": REPOSITORY_ID,
        "node_id": format!("R_{REPOSITORY_ID}"),
        "name": links.name,
        "full_name": links.full_name(),
        "owner": user(links, &links.owner),
        "private": private,
        "html_url": links.page(""),
        "description": null,
        "fork": false,
    }) else {
        unreachable!("the literal is an object")
    };
    repository.extend(facts);
    repository
}

/// A fork as workflow runs embed it.
pub(in crate::sim::github) fn fork(links: &Links, full_name: &str) -> Map<String, Value> {
    let (owner, name) = full_name.split_once('/').unwrap_or((full_name, &links.name));
    let elsewhere = Links { owner: owner.to_owned(), name: name.to_owned(), ..links.clone() };
    let mut repository = minimal(&elsewhere, false);
    repository.insert("id".to_owned(), (REPOSITORY_ID + 1).into());
    repository.insert("node_id".to_owned(), format!("R_{}", REPOSITORY_ID + 1).into());
    repository.insert("fork".to_owned(), true.into());
    repository
}

/// The repository in full.
pub(in crate::sim::github) fn full(links: &Links, private: bool, default_branch: &str, push: bool) -> Value {
    let mut repository = minimal(links, private);
    let page = links.page("");
    let Value::Object(facts) = json!({
        "clone_url": format!("{page}.git"),
        "git_url": format!("{page}.git"),
        "ssh_url": format!("{page}.git"),
        "svn_url": page,
        "mirror_url": null,
        "homepage": null,
        "language": "Python",
        "license": null,
        "default_branch": default_branch,
        "forks": 0, "forks_count": 0, "network_count": 0,
        "watchers": 0, "watchers_count": 0, "stargazers_count": 0, "subscribers_count": 0,
        "open_issues": 0, "open_issues_count": 0,
        "size": 1,
        "has_issues": true,
        "has_projects": false,
        "has_wiki": false,
        "has_downloads": true,
        "has_pages": false,
        "has_discussions": true,
        "archived": false,
        "disabled": false,
        "visibility": if private { "private" } else { "public" },
        "pushed_at": date(START),
        "created_at": date(START),
        "updated_at": date(START),
        "permissions": { "admin": false, "maintain": false, "push": push, "triage": false, "pull": true },
    }) else {
        unreachable!("the literal is an object")
    };
    repository.extend(facts);
    repository.into()
}
