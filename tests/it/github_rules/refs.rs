//! R30 to R32: references, tags and what one commit is to another.

use release_action::sim::github::git::NewCommit;
use serde_json::json;

use super::desk::Desk;

#[test]
fn r30_one_reference_is_exact_and_matching_ones_only_begin_so() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().set_tag("v1.0", &main);
    desk.github().set_tag("v1.0rc1", &main);
    assert_eq!(desk.get("/git/ref/tags/v1").status(), 404);
    assert_eq!(desk.get("/git/ref/tags/v1.0").json()["object"]["sha"], main);
    assert_eq!(desk.get("/git/matching-refs/tags/v1").each("ref"), ["refs/tags/v1.0", "refs/tags/v1.0rc1"]);
    assert!(desk.get("/git/matching-refs/tags/v2").each("ref").is_empty());
}

#[test]
fn r30_annotated_and_nested_tags_lead_to_their_commit() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    let inner = desk.github().annotate("v1-inner", &main);
    let outer = desk.github().annotate("v1", &inner);
    desk.github().set_tag("v1", &outer);
    let object = desk.get("/git/ref/tags/v1").json()["object"].clone();
    assert_eq!((&object["type"], &object["sha"]), (&json!("tag"), &json!(outer)));
    let first = desk.get(&format!("/git/tags/{outer}")).json()["object"].clone();
    assert_eq!((&first["type"], &first["sha"]), (&json!("tag"), &json!(inner)));
    let second = desk.get(&format!("/git/tags/{inner}")).json()["object"].clone();
    assert_eq!((&second["type"], &second["sha"]), (&json!("commit"), &json!(main)));
    let sha = desk.accepting("application/vnd.github.sha", "/commits/tags%2Fv1");
    assert_eq!(sha.text(), main, "in one call");
    assert_eq!(desk.get("/tags").json()[0]["commit"]["sha"], main);
}

#[test]
fn r30_tags_with_slashes_are_found() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().add_annotated_tag("pkg/v1", &main);
    for target in ["/git/ref/tags/pkg/v1", "/git/ref/tags%2Fpkg%2Fv1"] {
        assert_eq!(desk.get(target).status(), 200, "{target}");
    }
    assert_eq!(desk.get("/commits/tags%2Fpkg%2Fv1").json()["sha"], main);
}

#[test]
fn r31_a_nightly_tag_moves_by_force_only() {
    let mut desk = Desk::new();
    let old = desk.github().branch("main").expect("there is one");
    let new = desk.github().commit_to("main", "Two", &[("a", "2")]);
    let moving = |sha: &str, force: bool| json!({ "sha": sha, "force": force });
    let missing = desk.patch("/git/refs/tags/nightly", &moving(&new, true));
    assert_eq!((missing.status(), missing.message().as_str()), (422, "Reference does not exist"));
    let made = json!({ "ref": "refs/tags/nightly", "sha": new });
    assert_eq!(desk.post("/git/refs", &made).status(), 201);
    let again = desk.post("/git/refs", &made);
    assert_eq!((again.status(), again.message().as_str()), (422, "Reference already exists"));
    let back = desk.patch("/git/refs/tags/nightly", &moving(&old, false));
    assert_eq!((back.status(), back.message().as_str()), (422, "Update is not a fast forward"));
    assert_eq!(desk.patch("/git/refs/tags/nightly", &moving(&old, true)).status(), 200);
    assert_eq!(desk.patch("/git/refs/tags/nightly", &moving(&new, false)).status(), 200, "forward");
    assert_eq!(desk.github().tags()["nightly"], new);
}

#[test]
fn r31_an_annotated_tag_that_is_moved_becomes_lightweight() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().add_annotated_tag("nightly", &main);
    desk.patch("/git/refs/tags/nightly", &json!({ "sha": main, "force": true }));
    assert_eq!(desk.get("/git/ref/tags/nightly").json()["object"]["type"], "commit");
}

#[test]
fn r08_a_tag_is_not_moved_to_a_commit_that_changes_workflows() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().set_tag("nightly", &main);
    desk.github().set_branch("side", &main);
    let target = desk.github().commit_to("side", "New", &[(".github/workflows/ci.yml", "on: push")]);
    let refused = desk.patch("/git/refs/tags/nightly", &json!({ "sha": target, "force": true }));
    assert_eq!((refused.status(), desk.github().tags()["nightly"].clone()), (403, main));
    assert_eq!(refused.message(), "Resource not accessible by integration");
}

#[test]
fn r31_rules_forbid_to_make_move_and_delete_tags() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().set_tag("v1", &main);
    desk.github().settings.protected_tags.push("v".to_owned());
    let made = desk.post("/git/refs", &json!({ "ref": "refs/tags/v2", "sha": main }));
    let moved = desk.patch("/git/refs/tags/v1", &json!({ "sha": main }));
    let deleted = desk.delete("/git/refs/tags/v1");
    for refused in [made, moved, deleted] {
        assert_eq!(refused.status(), 422);
        assert!(refused.message().starts_with("Repository rule violations found"), "{refused:?}");
    }
}

#[test]
fn an_annotated_tag_is_made_in_two_steps() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    let tag = json!({ "tag": "v1", "message": "One", "object": main, "type": "commit" });
    let sha = desk.post("/git/tags", &tag).json()["sha"].clone();
    assert!(desk.github().tags().is_empty(), "nothing points at it");
    desk.post("/git/refs", &json!({ "ref": "refs/tags/v1", "sha": sha }));
    assert_eq!(desk.github().tags()["v1"], main);
    let nowhere = json!({ "ref": "refs/tags/v2", "sha": "0".repeat(40) });
    assert_eq!(desk.post("/git/refs", &nowhere).message(), "Object does not exist");
}

#[test]
fn r32_the_head_is_judged_relative_to_the_base() {
    let mut desk = Desk::new();
    let first = desk.github().branch("main").expect("there is one");
    let tip = desk.github().commit_to("main", "Two", &[("a", "2")]);
    desk.github().set_branch("side", &first);
    let side = desk.github().commit_to("side", "Aside", &[("b", "1")]);
    for (base, head, status, ahead, behind) in [
        (&tip, &first, "behind", 0, 1),
        (&first, &tip, "ahead", 1, 0),
        (&tip, &tip, "identical", 0, 0),
        (&tip, &side, "diverged", 1, 1),
    ] {
        let found = desk.get(&format!("/compare/{base}...{head}?per_page=1")).json();
        let shown = ["status", "ahead_by", "behind_by"].map(|field| found[field].clone());
        assert_eq!(shown, [json!(status), json!(ahead), json!(behind)], "{base}...{head}");
        assert_eq!(found["merge_base_commit"]["sha"] == json!(first), base != head);
    }
    let named = desk.get("/compare/main...side").json();
    assert_eq!(named["files"][0]["filename"], "b", "files since the common ancestor");
}

#[test]
fn r32_files_come_on_the_first_page_only() {
    let mut desk = Desk::new();
    let first = desk.github().branch("main").expect("there is one");
    for number in 0..3 {
        desk.github().commit_to("main", "More", &[(&format!("f{number}"), "x")]);
    }
    let page = |desk: &mut Desk, page: u8| {
        desk.get(&format!("/compare/{first}...main?per_page=2&page={page}")).json()
    };
    let (one, two) = (page(&mut desk, 1), page(&mut desk, 2));
    assert_eq!(one["commits"].as_array().map(Vec::len), Some(2));
    assert_eq!(one["files"].as_array().map(Vec::len), Some(3));
    assert_eq!((two["commits"].as_array().map(Vec::len), two.get("files")), (Some(1), None));
}

#[test]
fn r32_commits_without_common_history_are_not_found_in_words() {
    let mut desk = Desk::new();
    let stranger = NewCommit { message: "Elsewhere".to_owned(), ..NewCommit::default() };
    let stranger = desk.github().add_commit(stranger);
    let refused = desk.get(&format!("/compare/main...{stranger}"));
    assert_eq!(refused.status(), 404);
    assert_eq!(refused.message(), format!("No common ancestor between main and {stranger}."));
    let unknown = desk.get("/compare/main...nowhere");
    assert_eq!((unknown.status(), unknown.message().as_str()), (404, "Not Found"));
}

#[test]
fn r32_a_commit_that_no_branch_reaches_is_found_all_the_same() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    let forked =
        NewCommit { parents: vec![main.clone()], message: "Impostor".to_owned(), ..NewCommit::default() };
    let forked = desk.github().add_commit(forked);
    assert_eq!(desk.get(&format!("/commits/{forked}")).status(), 200);
    assert_eq!(desk.get(&format!("/compare/main...{forked}")).json()["status"], "ahead");
    assert!(desk.get(&format!("/commits/{forked}/branches-where-head")).each("name").is_empty());
    assert_eq!(desk.get(&format!("/commits/{main}/branches-where-head")).each("name"), ["main"]);
}

#[test]
fn branches_with_slashes_are_found_and_listed() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().set_branch("prerelease/1.2", &main);
    assert_eq!(desk.get("/branches/prerelease/1.2").json()["commit"]["sha"], main);
    assert_eq!(desk.get("/branches").each("name"), ["main", "prerelease/1.2"]);
    let heads = desk.get("/git/matching-refs/heads/prerelease/");
    assert_eq!(heads.each("ref"), ["refs/heads/prerelease/1.2"]);
    assert_eq!(desk.get("/branches/none").status(), 404);
    assert_eq!(desk.get("/commits/none").message(), "No commit found for SHA: none");
    assert_eq!(desk.get("/commits").each("sha"), [json!(main)]);
    assert_eq!(desk.get(&format!("/git/commits/{main}")).json()["sha"], main);
}

#[test]
fn r32_a_branch_that_is_gone_leaves_its_commits() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().set_branch("prerelease/1.2", &main);
    let tip = desk.github().commit_to("prerelease/1.2", "Two", &[("a", "2")]);
    desk.github().remove_branch("prerelease/1.2");
    assert!(desk.get("/git/matching-refs/heads/prerelease").each("ref").is_empty());
    assert_eq!(desk.get("/branches/prerelease/1.2").message(), "Branch not found");
    assert_eq!(desk.get("/compare/prerelease/1.2...main").message(), "Not Found");
    assert_eq!(
        desk.get(&format!("/compare/{tip}...{main}")).json()["status"],
        "behind",
        "by hash it is there"
    );
}

#[test]
fn r30_three_thousand_tags_match_in_one_answer_and_are_listed_in_pages() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    for number in 0..3_000 {
        desk.github().set_tag(&format!("v0.{number}.0"), &main);
    }
    let matching = desk.get("/git/matching-refs/tags/v");
    assert_eq!((matching.each("ref").len(), matching.header("link")), (3_000, None));
    assert_eq!(desk.get("/git/matching-refs/tags/v0.299").each("ref").len(), 11);
    let last = desk.get("/tags?per_page=100&page=30");
    assert_eq!(last.each("name").len(), 100);
    assert!(last.header("link").is_some_and(|link| !link.contains("rel=\"next\"")), "it is the last one");
}

#[test]
fn branches_come_in_pages() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    (0..150).for_each(|number| desk.github().set_branch(&format!("b{number:03}"), &main));
    let first = desk.get("/branches?per_page=100");
    assert_eq!(first.each("name").len(), 100);
    assert!(first.header("link").is_some_and(|link| link.contains("page=2>; rel=\"next\"")), "{first:?}");
    assert_eq!(desk.get("/branches?per_page=100&page=2").each("name").len(), 51);
}

#[test]
fn files_are_read_at_a_commit_raw_or_wrapped() {
    let mut desk = Desk::new();
    let old =
        desk.github().commit_to("main", "One", &[("pkg/Cargo.toml", "version = \"1\""), ("README", "hi")]);
    desk.github().commit_to("main", "Two", &[("pkg/Cargo.toml", "version = \"2\"")]);
    let at = format!("/contents/pkg/Cargo.toml?ref={old}");
    assert_eq!(desk.accepting("application/vnd.github.raw+json", &at).text(), "version = \"1\"");
    let wrapped = desk.get(&at).json();
    assert_eq!(
        (&wrapped["encoding"], &wrapped["content"]),
        (&json!("base64"), &json!("dmVyc2lvbiA9ICIxIg==\n"))
    );
    assert_eq!(desk.get(&format!("/contents/pkg?ref={old}")).each("name"), ["Cargo.toml"]);
    assert_eq!(desk.get("/contents/none").status(), 404);
    assert_eq!(desk.get("/contents/README?ref=none").message(), "No commit found for the ref none");
}
