//! R1 to R13, as far as drafts go: finding them, making them, and how they lose their tags.

use release_action::sim::Service;
use release_action::sim::github::release::NewRelease;
use serde_json::json;

use super::desk::{Desk, READER, STRANGER};

#[test]
fn r01_a_draft_is_not_found_by_its_tag() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().set_tag("v1", &main);
    let id = desk.draft("v1");
    assert_eq!(desk.get("/releases/tags/v1").status(), 404, "even with a token that may push");
    desk.patch(&format!("/releases/{id}"), &json!({ "tag_name": "v1", "draft": false }));
    assert_eq!(desk.get("/releases/tags/v1").json()["id"], id);
}

#[test]
fn r01_the_other_interface_finds_a_draft_by_its_tag_for_those_who_may_push() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    let ask = |desk: &mut Desk, token: Option<&str>, name: &str, tag: &str| {
        let question = "query Q($name: String!, $owner: String!, $tagName: String!) { repository(owner: $owner, \
                        name: $name) { release(tagName: $tagName) { databaseId, isDraft } } }";
        let variables = json!({ "owner": "octo-org", "name": name, "tagName": tag });
        let body = json!({ "query": question, "variables": variables });
        desk.request(super::desk::request(token, "POST", "/graphql", &body)).json()
    };
    let found = ask(&mut desk, super::desk::WRITER, "sample", "v1");
    assert_eq!(found["data"]["repository"]["release"], json!({ "databaseId": id, "isDraft": true }));
    for (token, tag) in [(super::desk::WRITER, "v2"), (READER, "v1")] {
        let missing = ask(&mut desk, token, "sample", tag);
        assert_eq!(missing, json!({ "data": { "repository": { "release": null } } }), "{token:?} {tag}");
    }
    assert_eq!(ask(&mut desk, READER, "other", "v1")["errors"][0]["type"], "NOT_FOUND");
    let other = json!({ "query": "{ viewer { login } }" });
    let refused = desk.request(super::desk::request(READER, "POST", "/graphql", &other));
    assert_eq!((refused.status(), refused.json()["errors"].is_array()), (200, true));
    let question = json!({ "query": "{ release(tagName: $tagName) { databaseId, isDraft } }" });
    let refused = desk.request(super::desk::request(STRANGER, "POST", "/graphql", &question));
    assert_eq!(refused.status(), 401, "it is not for strangers");
}

#[test]
fn r02_drafts_are_listed_for_those_who_may_push_only() {
    let mut desk = Desk::new();
    desk.draft("v2");
    desk.published("v1");
    assert_eq!(desk.get("/releases").each("tag_name"), ["v1", "v2"]);
    for token in [READER, STRANGER] {
        let list = desk.send(token, "GET", "/releases", &json!(null));
        assert_eq!(list.each("tag_name"), ["v1"], "{token:?}");
    }
}

#[test]
fn r02_releases_come_in_pages_of_thirty_and_a_hundred_at_most() {
    let mut desk = Desk::new();
    for number in 0..120 {
        let tag_name = format!("v{number}");
        desk.github().add_release(NewRelease { tag_name, ..NewRelease::default() });
    }
    assert_eq!(desk.get("/releases").each("id").len(), 30);
    let first = desk.get("/releases?per_page=500");
    assert_eq!(first.each("id").len(), 100);
    let link = first.header("link").expect("there is more");
    let next = link.split(',').find(|part| part.contains("rel=\"next\"")).expect("a next page");
    assert!(next.contains("/repositories/"), "further pages go by the repository's number: {next}");
    let address = next.trim().trim_start_matches('<').split('>').next().expect("an address").to_owned();
    let target = address.strip_prefix("http://api.localhost:1").expect("on the API's host");
    let second = desk.request(super::desk::request(super::desk::WRITER, "GET", target, &json!(null)));
    assert_eq!(second.each("id").len(), 20);
    assert!(!second.header("link").expect("there was something before").contains("rel=\"next\""));
}

#[test]
fn r03_a_draft_is_found_by_its_number_by_those_who_may_push() {
    let mut desk = Desk::new();
    let at = format!("/releases/{}", desk.draft("v1"));
    assert_eq!(desk.get(&at).json()["tag_name"], "v1");
    for token in [READER, STRANGER] {
        assert_eq!(desk.send(token, "GET", &at, &json!(null)).status(), 404, "{token:?}");
    }
}

#[test]
fn r04_lists_lag_behind_the_latest_write_and_numbers_never_do() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    let id = desk.draft("v1");
    desk.api().lag(2);
    assert!(desk.get("/releases").each("id").is_empty());
    assert_eq!(desk.get(&format!("/releases/{id}")).status(), 200, "by number");
    assert!(desk.get("/releases").each("id").is_empty());
    assert_eq!(desk.get("/releases").each("id"), [json!(id)], "the lag is over");

    desk.upload(id, "name=a.whl", "bytes");
    desk.api().lag(1);
    assert!(desk.get(&format!("/releases/{id}/assets")).each("id").is_empty());
    assert_eq!(desk.get(&format!("/releases/{id}/assets")).each("name"), ["a.whl"]);

    desk.post("/git/refs", &json!({ "ref": "refs/tags/v1", "sha": main }));
    desk.api().lag(1);
    assert_eq!(desk.get("/git/ref/tags/v1").status(), 404);
    assert_eq!(desk.get("/git/ref/tags/v1").status(), 200);

    desk.patch(&format!("/releases/{id}"), &json!({ "tag_name": "v1", "draft": false }));
    desk.api().lag(1);
    assert_eq!(desk.get("/releases/tags/v1").status(), 404);
    assert_eq!(desk.get("/releases/tags/v1").status(), 200);
}

#[test]
fn r04_a_lag_shows_what_was_before_the_latest_write_and_not_before_all_writes() {
    let mut desk = Desk::new();
    let first = desk.draft("v1");
    desk.draft("v2");
    desk.api().lag(1);
    assert_eq!(desk.get("/releases").each("id"), [json!(first)]);
}

#[test]
fn r05_a_second_published_release_of_a_tag_is_refused() {
    let mut desk = Desk::new();
    desk.published("v1");
    let again = desk.post("/releases", &json!({ "tag_name": "v1", "draft": false }));
    assert_eq!(again.status(), 422);
    assert_eq!(again.reasons(), [("already_exists".to_owned(), "tag_name".to_owned())]);
    let draft = desk.draft("v1");
    let publish = json!({ "tag_name": "v1", "draft": false });
    assert_eq!(desk.patch(&format!("/releases/{draft}"), &publish).status(), 422);
    assert!(desk.github().releases()[1].draft, "the refusal changed nothing");
}

#[test]
fn r06_drafts_of_one_tag_are_made_as_often_as_asked() {
    let mut desk = Desk::new();
    let ids = [desk.draft("v1"), desk.draft("v1"), desk.draft("v1")];
    assert!(ids.is_sorted() && ids[0] < ids[1], "{ids:?}");
    assert_eq!(desk.get("/releases").each("tag_name"), ["v1", "v1", "v1"]);
}

#[test]
fn r07_the_tag_is_made_on_publishing_at_the_target() {
    let mut desk = Desk::new();
    let tagged = desk.github().commit_to("main", "One", &[("a", "1")]);
    desk.github().commit_to("main", "Two", &[("a", "2")]);
    let body = json!({ "tag_name": "v1", "target_commitish": tagged, "draft": true });
    let id = desk.post("/releases", &body).json()["id"].clone();
    assert!(desk.github().tags().is_empty(), "a draft makes no tag");
    desk.patch(&format!("/releases/{id}"), &json!({ "tag_name": "v1", "draft": false }));
    assert_eq!(desk.github().tags()["v1"], tagged);
    desk.published("v2");
    let head = desk.github().branch("main").expect("there is one");
    assert_eq!(desk.github().tags()["v2"], head, "the default branch unless told otherwise");
}

#[test]
fn r07_an_existing_tag_stays_where_it_is() {
    let mut desk = Desk::new();
    let old = desk.github().branch("main").expect("there is one");
    desk.github().set_tag("v1", &old);
    desk.github().commit_to("main", "Later", &[("a", "1")]);
    let body = json!({ "tag_name": "v1", "target_commitish": "main" });
    assert_eq!(desk.post("/releases", &body).status(), 201);
    assert_eq!(desk.github().tags()["v1"], old);
}

#[test]
fn r07_a_target_that_is_no_branch_and_no_commit_is_refused() {
    let mut desk = Desk::new();
    let refused = desk.post("/releases", &json!({ "tag_name": "v1", "target_commitish": "nowhere" }));
    assert_eq!(refused.status(), 422);
    assert_eq!(refused.reasons(), [("invalid".to_owned(), "target_commitish".to_owned())]);
}

#[test]
fn r08_a_target_that_changes_workflows_is_not_found_for_a_workflows_own_token() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().set_branch("prerelease/x", &main);
    let target = desk.github().commit_to("prerelease/x", "New", &[(".github/workflows/ci.yml", "on: push")]);
    let body = json!({ "tag_name": "v1", "target_commitish": target, "draft": true });
    assert_eq!(desk.post("/releases", &body).status(), 404);
    let reference = json!({ "ref": "refs/tags/v1", "sha": target });
    let refused = desk.post("/git/refs", &reference);
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.message(), "Resource not accessible by integration");
    let draft = desk.send(super::desk::OWNER, "POST", "/releases", &body);
    assert_eq!(draft.status(), 201);
    let publish = json!({ "tag_name": "v1", "draft": false });
    assert_eq!(desk.patch(&format!("/releases/{}", draft.json()["id"]), &publish).status(), 404);
    assert!(desk.github().tags().is_empty());
}

#[test]
fn r08_a_tag_that_was_pushed_before_needs_no_target() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().set_branch("prerelease/x", &main);
    let target = desk.github().commit_to("prerelease/x", "New", &[(".github/workflows/ci.yml", "on: push")]);
    desk.github().set_tag("v1", &target);
    assert_eq!(desk.post("/releases", &json!({ "tag_name": "v1" })).status(), 201);
}

#[test]
fn r09_an_unknown_discussion_category_is_not_found() {
    let mut desk = Desk::new();
    desk.github().settings.discussion_categories.push("News".to_owned());
    let body = |category: &str| json!({ "tag_name": "v1", "discussion_category_name": category });
    assert_eq!(desk.send(super::desk::OWNER, "POST", "/releases", &body("Olds")).status(), 404);
    assert_eq!(desk.post("/releases", &body("News")).status(), 403, "it needs `discussions: write` too");
    let made = desk.send(super::desk::OWNER, "POST", "/releases", &body("News"));
    assert!(made.json()["discussion_url"].is_string(), "{made:?}");
}

#[test]
fn r10_notes_have_at_most_125_000_characters() {
    let mut desk = Desk::new();
    let body = |letters: usize| json!({ "tag_name": "v1", "body": "ä".repeat(letters), "draft": true });
    assert_eq!(desk.post("/releases", &body(125_000)).status(), 201);
    let refused = desk.post("/releases", &body(125_001));
    assert_eq!(refused.status(), 422);
    assert!(refused.text().contains("maximum is 125000 characters"), "{refused:?}");
}

#[test]
fn r11_a_protected_tag_stops_the_publication_and_not_the_draft() {
    let mut desk = Desk::new();
    desk.github().settings.protected_tags.push("v".to_owned());
    let id = desk.draft("v1");
    let refused = desk.patch(&format!("/releases/{id}"), &json!({ "tag_name": "v1", "draft": false }));
    assert_eq!(refused.status(), 422);
    let expected = [("custom", "pre_receive"), ("custom", "tag_name")];
    assert_eq!(refused.reasons(), expected.map(|(code, field)| (code.to_owned(), field.to_owned())));
    assert!(desk.github().releases()[0].draft && desk.github().tags().is_empty());
}

#[test]
fn r12_patch_without_tag_name_untags_a_draft() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    let reply = desk.patch(&format!("/releases/{id}"), &json!({ "draft": false, "body": "notes" }));
    assert_eq!(reply.status(), 200);
    let tag_name = reply.json()["tag_name"].as_str().expect("a text").to_owned();
    let digits = tag_name.strip_prefix("untagged-").expect("the tag is lost");
    assert!(digits.len() == 20 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{tag_name}");
    assert_eq!(reply.json()["draft"], true, "and it is a draft still");
    assert_eq!(reply.json()["body"], "notes", "the rest took effect");
    assert!(desk.github().tags().is_empty());
}

#[test]
fn r12_patch_with_tag_name_keeps_it() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    let reply = desk.patch(&format!("/releases/{id}"), &json!({ "tag_name": "v1", "body": "notes" }));
    assert_eq!(reply.json()["tag_name"], "v1");
}

#[test]
fn r12_a_published_release_keeps_its_tag_without_being_told() {
    let mut desk = Desk::new();
    let id = desk.published("v1");
    let reply = desk.patch(&format!("/releases/{id}"), &json!({ "body": "notes" }));
    assert_eq!(reply.json()["tag_name"], "v1");
    assert_eq!(reply.json()["draft"], false);
}

#[test]
fn r12_where_patches_are_forgiving_a_draft_is_published_without_its_tag_name() {
    let mut desk = Desk::new();
    desk.github().settings.strict_patches = false;
    let id = desk.draft("v1");
    let reply = desk.patch(&format!("/releases/{id}"), &json!({ "draft": false }));
    assert_eq!((&reply.json()["tag_name"], &reply.json()["draft"]), (&json!("v1"), &json!(false)));
}
