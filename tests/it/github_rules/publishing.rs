//! R13 to R16 and R28, R29: what publishing means, and what nobody can take back.

use std::time::Duration;

use serde_json::{Value, json};

use super::desk::Desk;

#[test]
fn r13_make_latest_is_a_text() {
    let mut desk = Desk::new();
    let id = desk.draft("v1");
    let publish = json!({ "tag_name": "v1", "draft": false, "make_latest": true });
    let refused = desk.defy("PATCH", &format!("/releases/{id}"), &publish);
    assert_eq!(refused.status(), 422);
    assert!(refused.message().contains("true is not a string"), "{refused:?}");
}

#[test]
fn r13_neither_draft_nor_prerelease_can_be_the_latest() {
    let mut desk = Desk::new();
    for kind in ["draft", "prerelease"] {
        let refused = desk.post("/releases", &json!({ "tag_name": "v1", kind: true, "make_latest": "true" }));
        assert_eq!(refused.status(), 422, "{kind}");
        assert!(refused.text().contains("Latest release cannot be draft or prerelease."), "{refused:?}");
    }
}

#[test]
fn r13_a_backport_becomes_the_latest_unless_told_otherwise() {
    let mut desk = Desk::new();
    desk.github().commit_to("main", "Two", &[("a", "2")]);
    desk.published("v2.0");
    let publish = |tag: &str, latest: Option<&str>| {
        let mut body = json!({ "tag_name": tag, "draft": false });
        if let Some(latest) = latest {
            body["make_latest"] = latest.into();
        }
        body
    };
    let latest = |desk: &mut Desk| desk.get("/releases/latest").json()["tag_name"].clone();
    assert_eq!(desk.post("/releases", &publish("v1.1", Some("false"))).status(), 201);
    assert_eq!(latest(&mut desk), "v2.0");
    assert_eq!(desk.post("/releases", &publish("v1.2", None)).status(), 201);
    assert_eq!(latest(&mut desk), "v1.2");
}

#[test]
fn r13_make_latest_is_not_remembered_from_the_draft() {
    let mut desk = Desk::new();
    desk.published("v2.0");
    let draft = json!({ "tag_name": "v1.1", "draft": true, "make_latest": "false" });
    let id = desk.post("/releases", &draft).json()["id"].clone();
    desk.patch(&format!("/releases/{id}"), &json!({ "tag_name": "v1.1", "draft": false }));
    assert_eq!(desk.get("/releases/latest").json()["tag_name"], "v1.1");
}

#[test]
fn the_latest_release_is_of_the_youngest_commit_and_ready() {
    let mut desk = Desk::new();
    assert_eq!(desk.get("/releases/latest").status(), 404);
    let old = desk.github().branch("main").expect("there is one");
    desk.github().advance(Duration::from_secs(60));
    desk.github().commit_to("main", "Two", &[("a", "2")]);
    let release = |tag: &str, target: &str| {
        let latest = "legacy";
        json!({ "tag_name": tag, "target_commitish": target, "make_latest": latest })
    };
    desk.post("/releases", &release("v2", "main"));
    desk.post("/releases", &release("v1", &old));
    desk.post("/releases", &json!({ "tag_name": "v3", "prerelease": true }));
    assert_eq!(desk.get("/releases/latest").json()["tag_name"], "v2");
}

#[test]
fn r14_publishing_takes_everything_in_one_patch() {
    let mut desk = Desk::new();
    let id = desk.draft("v1-rc1");
    let publish = json!({
        "tag_name": "v1-rc1", "draft": false, "prerelease": true, "make_latest": "false", "name": "One",
    });
    let reply = desk.patch(&format!("/releases/{id}"), &publish).json();
    let shown = ["draft", "prerelease", "name"].map(|field| reply[field].clone());
    assert_eq!(shown, [json!(false), json!(true), json!("One")]);
    assert!(
        reply["published_at"].is_string()
            && reply["html_url"].as_str().is_some_and(|url| url.ends_with("/v1-rc1"))
    );
}

#[test]
fn r15_publishing_starts_no_workflow() {
    let mut desk = Desk::new();
    desk.github().add_workflow(".github/workflows/on-release.yml");
    desk.published("v1");
    assert_eq!(desk.get("/actions/runs").json()["total_count"], 0);
}

#[test]
fn r16_deleting_the_tag_turns_a_published_release_into_a_draft() {
    let mut desk = Desk::new();
    let id = desk.published("v1");
    assert_eq!(desk.delete("/git/refs/tags/v1").status(), 204);
    let release = desk.get(&format!("/releases/{id}")).json();
    assert_eq!((&release["draft"], &release["published_at"]), (&json!(true), &Value::Null));
    assert_eq!(desk.get("/releases/tags/v1").status(), 404);
}

#[test]
fn deleting_a_release_leaves_its_tag() {
    let mut desk = Desk::new();
    let id = desk.published("v1");
    assert_eq!(desk.delete(&format!("/releases/{id}")).status(), 204);
    assert!(desk.github().releases().is_empty() && desk.github().tags().contains_key("v1"));
    assert_eq!(desk.delete(&format!("/releases/{id}")).status(), 404);
}

fn immutable() -> (Desk, u64, u64) {
    let mut desk = Desk::new();
    desk.github().settings.immutable_releases = true;
    let id = desk.draft("v1");
    let asset = desk.upload(id, "name=a.whl", "bytes").json()["id"].as_u64().expect("a number");
    let published = desk.patch(&format!("/releases/{id}"), &json!({ "tag_name": "v1", "draft": false }));
    assert_eq!(published.json()["immutable"], true);
    (desk, id, asset)
}

#[test]
fn r28_files_and_tag_of_an_immutable_release_are_fixed() {
    let (mut desk, id, asset) = immutable();
    let refused = desk.upload(id, "name=b.whl", "bytes");
    assert_eq!(refused.status(), 422);
    assert_eq!(refused.message(), "Cannot upload assets to an immutable release.");
    assert!(refused.json().get("errors").is_none());
    assert_eq!(desk.delete(&format!("/releases/assets/{asset}")).status(), 422);
    let main = desk.github().commit_to("main", "Two", &[("a", "2")]);
    let moved = desk.patch("/git/refs/tags/v1", &json!({ "sha": main, "force": true }));
    assert_eq!(moved.status(), 422);
    assert!(moved.message().starts_with("Repository rule violations found"), "{moved:?}");
    assert_eq!(desk.delete("/git/refs/tags/v1").status(), 422);
    let target = json!({ "tag_name": "v1", "target_commitish": main });
    let refused = desk.patch(&format!("/releases/{id}"), &target);
    assert!(refused.text().contains("target_commitish cannot be changed when release is immutable"));
}

#[test]
fn r28_words_about_an_immutable_release_may_change() {
    let (mut desk, id, _) = immutable();
    let words = json!({
        "tag_name": "v1", "name": "One", "body": "Better words", "prerelease": false, "make_latest": "true",
    });
    let reply = desk.patch(&format!("/releases/{id}"), &words);
    assert_eq!((reply.status(), &reply.json()["body"]), (200, &json!("Better words")));
}

#[test]
fn r29_the_tag_name_of_an_immutable_release_is_burnt() {
    let (mut desk, id, _) = immutable();
    assert_eq!(desk.delete(&format!("/releases/{id}")).status(), 204);
    desk.delete("/git/refs/tags/v1");
    let again = desk.draft("v1");
    let refused = desk.patch(&format!("/releases/{again}"), &json!({ "tag_name": "v1", "draft": false }));
    assert_eq!(refused.status(), 422);
    assert!(refused.text().contains("tag_name was used by an immutable release"), "{refused:?}");
}

#[test]
fn r29_a_burnt_tag_is_burnt_for_releases_that_are_published_at_once_too() {
    let (mut desk, id, _) = immutable();
    desk.delete(&format!("/releases/{id}"));
    assert_eq!(desk.delete("/git/refs/tags/v1").status(), 204, "the tag is free once the release is gone");
    let refused = desk.post("/releases", &json!({ "tag_name": "v1" }));
    assert_eq!(refused.reasons(), [("custom".to_owned(), "tag_name".to_owned())]);
    assert!(desk.github().releases().is_empty() && desk.github().tags().is_empty());
}

#[test]
fn generated_notes_go_back_to_the_previous_tag_by_ancestry() {
    let mut desk = Desk::new();
    let tag = |desk: &Desk, branch: &str, tag: &str| {
        let sha = desk.github().commit_to(branch, &format!("Work on {tag}"), &[(tag, "x")]);
        desk.github().set_tag(tag, &sha);
    };
    tag(&desk, "main", "v1.0");
    let fork = desk.github().branch("main").expect("there is one");
    desk.github().set_branch("release/1.x", &fork);
    tag(&desk, "main", "v2.0");
    tag(&desk, "release/1.x", "v1.1");
    let notes = |desk: &mut Desk, asked: Value| {
        let reply = desk.post("/releases/generate-notes", &asked);
        assert_eq!(reply.status(), 200);
        reply.json()["body"].as_str().expect("a text").to_owned()
    };
    let of_tag = notes(&mut desk, json!({ "tag_name": "v2.0" }));
    assert!(of_tag.ends_with("/compare/v1.0...v2.0") && !of_tag.contains("v1.1"), "{of_tag}");
    // The tag is not there yet: the commit is told.
    desk.github().commit_to("main", "Later work", &[("later", "x")]);
    let next = notes(&mut desk, json!({ "tag_name": "v2.1", "target_commitish": "main" }));
    assert!(next.ends_with("/compare/v2.0...v2.1"), "{next}");
    let told = json!({ "tag_name": "v2.0", "previous_tag_name": "v1.1" });
    let told = notes(&mut desk, told);
    assert!(told.ends_with("/compare/v1.1...v2.0"), "what is told stands above what is found: {told}");
    assert!(told.contains("Work on v2.0") && !told.contains("Work on v1.0"), "{told}");
    for missing in [
        json!({ "tag_name": "v2.0", "previous_tag_name": "v0" }),
        json!({ "tag_name": "v9", "target_commitish": "nowhere" }),
    ] {
        assert_eq!(desk.post("/releases/generate-notes", &missing).status(), 404, "{missing}");
    }
}

#[test]
fn generated_notes_are_written_and_not_saved() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().set_tag("v1", &main);
    desk.github().commit_to("main", "Add a thing", &[("a", "1")]);
    let asked = json!({ "tag_name": "v2", "target_commitish": "main", "previous_tag_name": "v1" });
    let notes = desk.post("/releases/generate-notes", &asked).json();
    assert_eq!(notes["name"], "v2");
    let body = notes["body"].as_str().expect("a text");
    assert!(body.contains("Add a thing") && body.contains("/compare/v1...v2") && !body.contains("Begin"));
    assert!(desk.github().releases().is_empty());
    let made = desk
        .post("/releases", &json!({ "tag_name": "v2", "generate_release_notes": true, "body": "First." }));
    let body = made.json()["body"].as_str().expect("a text").to_owned();
    assert!(body.starts_with("First.") && body.contains("Add a thing"), "{body}");
}
