//! What others found out about a commit, and signatures: R30 to R33 as far as they say who may be believed.

use release_action::sim::github::checks::NewCheck;
use release_action::sim::github::git::Verification;
use serde_json::{Value, json};

use super::desk::{Desk, NOBODY, OWNER, STRANGER};

fn check(sha: &str, name: &str) -> NewCheck {
    NewCheck { head_sha: sha.to_owned(), name: name.to_owned(), ..NewCheck::default() }
}

fn runs(desk: &mut Desk, target: &str) -> Vec<(String, Value)> {
    let answer = desk.get(target).json();
    let runs = answer["check_runs"].as_array().expect("a list").clone();
    runs.iter()
        .map(|run| (run["name"].as_str().unwrap_or_default().to_owned(), run["conclusion"].clone()))
        .collect()
}

#[test]
fn of_a_suite_the_newest_check_of_each_name_is_shown() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    let other = desk.github().commit_to("main", "Two", &[("a", "2")]);
    desk.github().add_check(NewCheck { conclusion: Some("failure".to_owned()), ..check(&main, "test") });
    desk.github().add_check(check(&main, "lint"));
    desk.github().add_check(check(&main, "test"));
    desk.github().add_check(NewCheck {
        suite: 2,
        conclusion: Some("failure".to_owned()),
        ..check(&main, "test")
    });
    desk.github().add_check(check(&other, "test"));
    let [good, bad] = ["success", "failure"].map(|word| json!(word));
    let name = |name: &str, conclusion: &Value| (name.to_owned(), conclusion.clone());
    let at = format!("/commits/{main}/check-runs");
    assert_eq!(
        runs(&mut desk, &at),
        [name("test", &bad), name("test", &good), name("lint", &good)],
        "another suite has its own `test`"
    );
    assert_eq!(runs(&mut desk, &format!("{at}?filter=all")).len(), 4);
    assert_eq!(runs(&mut desk, &format!("{at}?check_name=lint")), [name("lint", &good)]);
    assert_eq!(runs(&mut desk, &format!("{at}?status=queued")), []);
    let first = desk.get(&format!("{at}?per_page=2"));
    assert_eq!(first.json()["total_count"], 3);
    assert!(first.header("link").is_some_and(|link| link.contains("per_page=2&page=2>; rel=\"next\"")));
    assert_eq!(runs(&mut desk, &format!("{at}?per_page=2&page=2")), [name("lint", &good)]);
}

#[test]
fn a_check_that_is_not_over_has_no_conclusion() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    let under_way = NewCheck { status: "in_progress".to_owned(), conclusion: None, ..check(&main, "test") };
    let id = desk.github().add_check(under_way);
    desk.github().set_branch("prerelease/1.2", &main);
    let at = "/commits/prerelease/1.2/check-runs";
    assert_eq!(runs(&mut desk, at), [("test".to_owned(), Value::Null)], "by a branch with a slash");
    desk.github().end_check(id, "cancelled");
    assert_eq!(runs(&mut desk, at), [("test".to_owned(), json!("cancelled"))]);
    let unknown = desk.get("/commits/none/check-runs");
    assert_eq!((unknown.status(), unknown.message().as_str()), (422, "No commit found for SHA: none"));
}

#[test]
fn the_newest_status_of_each_context_counts() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    let at = format!("/commits/{main}/status");
    assert_eq!(desk.get(&at).json()["state"], "pending", "nobody has said anything");
    for (context, state, all) in [
        ("ci", "pending", "pending"),
        ("ci", "success", "success"),
        ("docs", "error", "failure"),
        ("docs", "success", "success"),
    ] {
        desk.github().add_status(&main, context, state);
        assert_eq!(desk.get(&at).json()["state"], all, "{context} {state}");
    }
    let statuses = desk.get(&at).json()["statuses"].clone();
    let contexts: Vec<_> =
        statuses.as_array().into_iter().flatten().map(|one| one["context"].clone()).collect();
    assert_eq!(contexts, ["ci", "docs"]);
    assert_eq!(desk.get(&format!("{at}?per_page=1")).json()["statuses"].as_array().map(Vec::len), Some(1));
}

#[test]
fn findings_take_a_permission_in_a_private_repository_only() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    for (kind, accepted) in [("check-runs", "checks=read"), ("status", "statuses=read")] {
        let at = format!("/commits/{main}/{kind}");
        for (private, token, status) in [
            (false, NOBODY, 200),
            (false, STRANGER, 200),
            (true, NOBODY, 403),
            (true, STRANGER, 404),
            (true, OWNER, 200),
        ] {
            desk.github().settings.private = private;
            let reply = desk.send(token, "GET", &at, &Value::Null);
            assert_eq!(reply.status(), status, "{kind} {private} {token:?}");
            if status == 403 {
                assert_eq!(reply.header("x-accepted-github-permissions"), Some(accepted));
            }
        }
    }
}

#[test]
fn r30_a_tags_object_says_who_made_it_and_whether_that_is_proven() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    let object = desk.github().annotate("v1", &main);
    let plain = desk.get(&format!("/git/tags/{object}")).json();
    assert_eq!(
        (&plain["verification"]["verified"], &plain["verification"]["reason"]),
        (&json!(false), &json!("unsigned"))
    );
    assert_eq!(plain["verification"]["signature"], Value::Null);
    desk.github().tagged_by(&object, "Alice", "alice@example.org");
    desk.github().vouch(&object, Verification::valid());
    let signed = desk.get(&format!("/git/tags/{object}")).json();
    assert_eq!(signed["tagger"]["email"], "alice@example.org");
    assert_eq!(
        (&signed["verification"]["verified"], &signed["verification"]["reason"]),
        (&json!(true), &json!("valid"))
    );
    desk.github().set_tag("v2", &object);
    assert_eq!(desk.get("/git/ref/tags/v2").json()["object"]["sha"], json!(object));
    assert_eq!(signed["tag"], "v1", "under any other name it stays the object of `v1`");
}

#[test]
fn a_commits_signature_is_told_by_both_views_of_it() {
    let mut desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().vouch(&main, Verification::refused("unknown_key"));
    let as_git = desk.get(&format!("/git/commits/{main}")).json()["verification"].clone();
    let as_page = desk.get(&format!("/commits/{main}")).json()["commit"]["verification"].clone();
    assert_eq!((&as_git["reason"], &as_git["verified"]), (&json!("unknown_key"), &json!(false)));
    assert_eq!(as_git, as_page);
}
