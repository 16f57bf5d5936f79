//! Files that are changed without a clone: blobs, trees, commits, and the branches that they end on.

use release_action::sim::github::settings::{BranchRule, Forbidden};
use serde_json::{Value, json};

use super::desk::{Desk, NOBODY, OWNER, READER, Reply, STRANGER};

fn text(path: &str, content: &str) -> Value {
    json!({ "path": path, "mode": "100644", "type": "blob", "content": content })
}

/// A desk whose default branch has three files, and the hash of its tree.
fn desk() -> (Desk, String, String) {
    let mut desk = Desk::new();
    let files = [("pkg/Cargo.toml", "1"), ("pkg/src/lib.rs", "code"), ("run.sh", "#!/bin/sh")];
    let main = desk.github().commit_to("main", "One", &files);
    desk.github().set_mode(&main, "run.sh", "100755");
    let tree = desk.get(&format!("/git/commits/{main}")).json()["tree"]["sha"].clone();
    (desk, main, tree.as_str().expect("a hash").to_owned())
}

fn made(desk: &mut Desk, base: &str, entries: &[Value]) -> Reply {
    desk.post("/git/trees", &json!({ "base_tree": base, "tree": entries }))
}

fn sha(reply: &Reply) -> String {
    assert_eq!(reply.status(), 201, "{}", reply.text());
    reply.json()["sha"].as_str().expect("a hash").to_owned()
}

fn committed(desk: &mut Desk, tree: &str, parent: &str) -> String {
    sha(&desk.post("/git/commits", &json!({ "message": "Two", "tree": tree, "parents": [parent] })))
}

#[test]
fn a_tree_lists_a_folder_or_all_of_it_with_modes() {
    let (mut desk, main, tree) = desk();
    let rows = |reply: &Reply| -> Vec<String> {
        let all = reply.json()["tree"].as_array().expect("a list").clone();
        let word = |row: &Value, name: &str| row[name].as_str().expect("a text").to_owned();
        all.iter().map(|row| ["mode", "type", "path"].map(|name| word(row, name)).join(" ")).collect()
    };
    let top = desk.get(&format!("/git/trees/{tree}"));
    assert_eq!(rows(&top), ["040000 tree pkg", "100755 blob run.sh"]);
    let folder = top.json()["tree"][0]["sha"].as_str().expect("a hash").to_owned();
    let inside = desk.get(&format!("/git/trees/{folder}"));
    assert_eq!(rows(&inside), ["100644 blob Cargo.toml", "040000 tree src"]);
    let all = desk.get(&format!("/git/trees/{main}?recursive=1"));
    assert_eq!(all.json()["sha"], tree, "a commit's tree goes by the commit too");
    assert_eq!(rows(&all).len(), 5);
    desk.github().settings.tree_entries = 3;
    let cut = desk.get(&format!("/git/trees/{tree}?recursive=0"));
    assert_eq!((rows(&cut).len(), &cut.json()["truncated"]), (3, &json!(true)), "`0` is all of it as well");
    assert_eq!(desk.get(&format!("/git/trees/{}", "0".repeat(40))).status(), 404);
}

#[test]
fn what_a_tree_does_not_name_stays_and_modes_are_what_is_sent() {
    let (mut desk, main, tree) = desk();
    let blob = sha(&desk.post("/git/blobs", &json!({ "content": "aGk=\n", "encoding": "base64" })));
    let plain = sha(&desk.post("/git/blobs", &json!({ "content": "" })));
    assert_ne!(blob, plain);
    let entries = [
        text("pkg/Cargo.toml", "2"),
        text("run.sh", "#!/bin/sh"),
        json!({ "path": "docs/hi", "mode": "100755", "type": "blob", "sha": blob }),
        json!({ "path": "pkg/src", "mode": "040000", "type": "tree", "sha": null }),
    ];
    let changed = sha(&made(&mut desk, &tree, &entries));
    let two = committed(&mut desk, &changed, &main);
    let commit = desk.github().commit(&two).expect("it is there").clone();
    let files: Vec<_> = commit.files.iter().map(|(path, bytes)| (path.as_str(), &bytes[..])).collect();
    assert_eq!(files, [("docs/hi", &b"hi"[..]), ("pkg/Cargo.toml", b"2"), ("run.sh", b"#!/bin/sh")]);
    assert_eq!(commit.modes.iter().collect::<Vec<_>>(), [(&"docs/hi".to_owned(), &"100755".to_owned())]);
    assert_eq!(commit.parents, [main]);
    let same = sha(&made(&mut desk, &changed, &[text("pkg/Cargo.toml", "2")]));
    assert_eq!(same, changed, "the same files are the same tree");
}

#[test]
fn objects_show_to_nobody_until_a_branch_leads_to_them() {
    let (mut desk, main, tree) = desk();
    let changed = sha(&made(&mut desk, &tree, &[text("pkg/Cargo.toml", "2")]));
    let two = committed(&mut desk, &changed, &main);
    assert_eq!(desk.get("/commits").each("sha")[0], main);
    let moved = desk.patch("/git/refs/heads/main", &json!({ "sha": two, "force": false }));
    assert_eq!(moved.status(), 200);
    assert_eq!(desk.get("/commits").each("sha")[0], two);
    let raw = "application/vnd.github.raw+json";
    assert_eq!(desk.accepting(raw, &format!("/contents/pkg/Cargo.toml?ref={two}")).text(), "2");
    assert_eq!(desk.get("/commits?path=pkg/Cargo.toml&sha=main").each("sha"), [json!(two), json!(main)]);
    assert_eq!(desk.get("/commits?path=run.sh&sha=main").each("sha"), [json!(main)]);
    assert_eq!(desk.get("/commits?path=pkg&per_page=1").each("sha"), [json!(two)]);
    assert!(desk.get("/commits?path=none").each("sha").is_empty());
}

#[test]
fn the_service_signs_for_a_job_that_names_nobody() {
    let (mut desk, main, tree) = desk();
    let body = json!({ "message": "Two", "tree": tree, "parents": [main] });
    let signed = |reply: Reply| reply.json()["verification"]["verified"].clone();
    assert_eq!(signed(desk.post("/git/commits", &body)), true);
    assert_eq!(signed(desk.send(OWNER, "POST", "/git/commits", &body)), false, "for a person it does not");
    let mut named = body.clone();
    named["author"] = json!({ "name": "Some One", "email": "someone@example.org" });
    named["message"] = json!("By somebody");
    assert_eq!(signed(desk.post("/git/commits", &named)), false);
}

#[test]
fn what_is_no_object_is_refused_in_words() {
    let (mut desk, main, tree) = desk();
    let none = "0".repeat(40);
    let words = |reply: Reply| (reply.status(), reply.message());
    let commit = |tree: &str, parent: &str| json!({ "message": "m", "tree": tree, "parents": [parent] });
    assert_eq!(
        words(desk.post("/git/commits", &commit(&none, &main))),
        (422, "Tree SHA does not exist".to_owned())
    );
    assert_eq!(
        words(desk.post("/git/commits", &commit(&tree, &none))),
        (422, "Parent SHA does not exist or is not a commit object".to_owned())
    );
    assert_eq!(made(&mut desk, &none, &[text("a", "b")]).status(), 422);
    for (path, part) in
        [("", "missing"), ("../a", "malformed"), ("a//b", "malformed"), (".git/config", "malformed")]
    {
        let refused = made(&mut desk, &tree, &[text(path, "b")]);
        assert!(refused.status() == 422 && refused.text().contains(part), "{path}: {}", refused.text());
    }
    let empty = json!({ "path": "a", "mode": "100644", "type": "blob" });
    assert!(made(&mut desk, &tree, &[empty]).message().contains("either tree.sha or tree.content"));
    let unknown = json!({ "path": "a", "mode": "100644", "type": "blob", "sha": none });
    assert!(made(&mut desk, &tree, &[unknown]).message().contains("is not a valid blob"));
    let gone = json!({ "path": "none", "mode": "100644", "type": "blob", "sha": null });
    assert_eq!(made(&mut desk, &tree, &[gone]).message(), "GitRPC::BadObjectState");
    // The description has two forms of this refusal and wants exactly one of them, but each fits the other.
    let not_base64 = json!({ "content": "%", "encoding": "base64" });
    assert_eq!(desk.defy("POST", "/git/blobs", &not_base64).status(), 422);
}

#[test]
fn only_who_may_write_makes_objects_and_workflows_need_more() {
    let (mut desk, _, tree) = desk();
    let plain = json!({ "base_tree": tree, "tree": [text("a", "b")] });
    for (token, status) in [(STRANGER, 401), (NOBODY, 403), (READER, 403), (OWNER, 201)] {
        let reply = desk.send(token, "POST", "/git/trees", &plain);
        assert_eq!(reply.status(), status);
        let accepted = reply.header("x-accepted-github-permissions").unwrap_or_default();
        assert_eq!(accepted.starts_with("contents=write"), status == 403);
    }
    let workflow = json!({ "base_tree": tree, "tree": [text(".github/workflows/ci.yml", "on: push")] });
    let refused = desk.post("/git/trees", &workflow);
    assert_eq!(
        (refused.status(), refused.message().as_str()),
        (403, "Resource not accessible by integration")
    );
    assert_eq!(desk.send(OWNER, "POST", "/git/trees", &workflow).status(), 201);
}

#[test]
fn r31_a_branch_that_somebody_moved_is_no_fast_forward() {
    let (mut desk, main, tree) = desk();
    let changed = sha(&made(&mut desk, &tree, &[text("pkg/Cargo.toml", "2")]));
    let ours = committed(&mut desk, &changed, &main);
    let theirs = desk.github().commit_to("main", "Meanwhile", &[("other", "x")]);
    let refused = desk.patch("/git/refs/heads/main", &json!({ "sha": ours, "force": false }));
    assert_eq!((refused.status(), refused.message().as_str()), (422, "Update is not a fast forward"));
    assert_eq!(desk.github().branch("main"), Some(theirs));
}

#[test]
fn r11_rules_of_branches_are_told_in_the_words_of_their_kind() {
    let (mut desk, main, tree) = desk();
    let changed = sha(&made(&mut desk, &tree, &[text("pkg/Cargo.toml", "2")]));
    let two = committed(&mut desk, &changed, &main);
    let body = json!({ "sha": two, "force": false });
    let rule = |forbids: Forbidden, older: bool| BranchRule { beginning: "ma".to_owned(), forbids, older };
    for (forbids, words) in [
        (Forbidden::Update, "Cannot update this protected ref."),
        (Forbidden::Unreviewed, "Changes must be made through a pull request."),
        (Forbidden::Unchecked("ci".to_owned()), "Required status check \"ci\" is expected."),
    ] {
        for older in [false, true] {
            desk.github().settings.branch_rules = vec![rule(forbids.clone(), older)];
            let refused = desk.patch("/git/refs/heads/main", &body);
            let said = refused.message();
            assert!(refused.status() == 422 && said.contains(words), "{said}");
            assert_eq!(said.starts_with("Repository rule violations found"), !older);
        }
    }
    assert_eq!(desk.github().branch("main"), Some(main.clone()));
    desk.github().settings.branch_rules = vec![rule(Forbidden::Unsigned, false)];
    assert_eq!(desk.patch("/git/refs/heads/main", &body).status(), 200, "the service signed it");
    let new = |name: &str, sha: &str| json!({ "ref": format!("refs/heads/{name}"), "sha": sha });
    assert!(desk.post("/git/refs", &new("main2", &main)).message().contains("verified signatures"));
    desk.github().settings.branch_rules = vec![rule(Forbidden::Creation, false)];
    assert!(desk.post("/git/refs", &new("main3", &two)).message().contains("creations being restricted"));
    desk.github().settings.branch_rules = vec![rule(Forbidden::Creation, true)];
    assert_eq!(desk.post("/git/refs", &new("main3", &two)).message(), "Reference update failed");
    assert_eq!(desk.post("/git/refs", &new("other", &two)).status(), 201);
    assert_eq!(desk.post("/git/refs", &new("other/below", &two)).message(), "Reference update failed");
}
