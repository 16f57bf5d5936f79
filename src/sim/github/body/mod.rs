//! The JSON of answers, written by hand from the published description.

pub(super) mod check;
pub(super) mod content;
pub(super) mod git;
pub(super) mod pull;
pub(super) mod release;
pub(super) mod repository;
pub(super) mod run;

use serde_json::{Value, json};

use crate::sim::clock::rfc3339;

use super::links::{Links, segment};

/// Somebody with an account; bots have one too.
pub(super) fn user(links: &Links, login: &str) -> Value {
    let id: u64 = login.bytes().map(u64::from).sum::<u64>() + 1_000;
    let at = |rest: &str| format!("{}/users/{}{rest}", links.api, segment(login));
    let web = format!("{}/{}", links.web, segment(login));
    json!({
        "login": login,
        "id": id,
        "node_id": format!("U_{id}"),
        "avatar_url": format!("{}/avatars/{id}", links.web),
        "gravatar_id": "",
        "url": at(""),
        "html_url": web,
        "followers_url": at("/followers"),
        "following_url": at("/following{/other_user}"),
        "gists_url": at("/gists{/gist_id}"),
        "starred_url": at("/starred{/owner}{/repo}"),
        "subscriptions_url": at("/subscriptions"),
        "organizations_url": at("/orgs"),
        "repos_url": at("/repos"),
        "events_url": at("/events{/privacy}"),
        "received_events_url": at("/received_events"),
        "type": if login.ends_with("[bot]") { "Bot" } else { "User" },
        "site_admin": false,
    })
}

/// The account that workflows act as.
pub(super) fn bot(links: &Links) -> Value {
    user(links, "github-actions[bot]")
}

/// A moment as the API writes it: to the second.
pub(super) fn date(epoch_s: u64) -> String {
    rfc3339(epoch_s).replace(".000000Z", "Z")
}
