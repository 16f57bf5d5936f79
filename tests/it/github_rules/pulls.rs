//! Pull requests between branches of the repository.

use serde_json::{Value, json};

use super::desk::{BUMPER, Desk, OWNER, READER, Reply, STRANGER, WRITER};

/// A desk with a branch that is one commit ahead.
fn desk() -> Desk {
    let desk = Desk::new();
    let main = desk.github().branch("main").expect("there is one");
    desk.github().set_branch("release/v1", &main);
    desk.github().commit_to("release/v1", "Release", &[("VERSION", "1")]);
    desk
}

fn wanted() -> Value {
    json!({ "head": "release/v1", "base": "main", "title": "Release 1", "body": "All of it." })
}

fn opened(desk: &mut Desk) -> Reply {
    desk.send(BUMPER, "POST", "/pulls", &wanted())
}

fn numbers(desk: &mut Desk, query: &str) -> Vec<Value> {
    desk.get(&format!("/pulls{query}")).each("number")
}

#[test]
fn one_that_is_open_is_found_by_its_branches_and_refused_a_second_time() {
    let mut desk = desk();
    let made = opened(&mut desk);
    assert_eq!(
        (made.status(), &made.json()["state"], &made.json()["commits"]),
        (201, &json!("open"), &json!(1))
    );
    let again = opened(&mut desk);
    assert_eq!((again.status(), again.reasons()), (422, vec![("custom".to_owned(), String::new())]));
    assert_eq!(
        again.json()["errors"][0]["message"],
        "A pull request already exists for octo-org:release/v1."
    );
    for (query, found) in [
        ("", 1),
        ("?head=octo-org:release/v1&base=main", 1),
        ("?head=octo-org:release/v2", 0),
        ("?head=somebody:release/v1", 0),
        ("?base=other", 0),
        ("?state=closed", 0),
        // Without its owner it filters nothing.
        ("?head=release/v2", 1),
    ] {
        assert_eq!(numbers(&mut desk, query).len(), found, "{query}");
    }
    assert_eq!(desk.get("/pulls/1").json()["html_url"], made.json()["html_url"]);
    assert_eq!(desk.get("/pulls/2").status(), 404);
}

#[test]
fn it_follows_its_branch_and_ends_closed_or_merged() {
    let mut desk = desk();
    opened(&mut desk);
    let newer = desk.github().commit_to("release/v1", "More", &[("VERSION", "2")]);
    assert_eq!(desk.get("/pulls/1").json()["head"]["sha"], newer);
    desk.github().close_pull(1);
    desk.github().commit_to("release/v1", "Later", &[("VERSION", "3")]);
    let closed = desk.get("/pulls/1").json();
    assert_eq!(
        (&closed["state"], &closed["merged"], &closed["head"]["sha"]),
        (&json!("closed"), &json!(false), &json!(newer))
    );
    assert_eq!(opened(&mut desk).json()["number"], 2);
    let merged = desk.github().merge_pull(2);
    assert_eq!(desk.get("/pulls/2").json()["merged"], true);
    assert_eq!(desk.get("/contents/VERSION").json()["content"], "Mw==\n");
    assert_eq!(desk.github().branch("main"), Some(merged));
    assert_eq!(numbers(&mut desk, "?state=all"), [json!(2), json!(1)]);
    assert_eq!(numbers(&mut desk, "?state=all&direction=asc"), [json!(1), json!(2)]);
}

#[test]
fn branches_that_are_not_there_or_hold_nothing_new_are_refused() {
    let mut desk = desk();
    for (field, value, reason) in [
        ("head", "none", ("invalid", "head")),
        ("base", "none", ("invalid", "base")),
        ("title", "", ("missing_field", "title")),
        ("head", "main", ("custom", "")),
    ] {
        let mut body = wanted();
        body[field] = json!(value);
        let refused = desk.send(BUMPER, "POST", "/pulls", &body);
        let (code, of) = reason;
        assert_eq!(refused.reasons(), [(code.to_owned(), of.to_owned())], "{field}: {value}");
    }
    let mut same = wanted();
    same["head"] = json!("main");
    let refused = desk.send(BUMPER, "POST", "/pulls", &same);
    assert_eq!(refused.json()["errors"][0]["message"], "No commits between main and main");
}

#[test]
fn opening_takes_its_own_permission_and_the_repositorys_leave() {
    let mut desk = desk();
    for (token, status) in [(STRANGER, 401), (READER, 403), (WRITER, 403)] {
        let refused = desk.send(token, "POST", "/pulls", &wanted());
        assert_eq!(refused.status(), status);
        let names = refused.header("x-accepted-github-permissions");
        assert_eq!(names, (status == 403).then_some("pull_requests=write"));
    }
    desk.github().settings.jobs_open_no_pulls = true;
    let refused = opened(&mut desk);
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.message(), "GitHub Actions is not permitted to create or approve pull requests.");
    assert_eq!(desk.send(OWNER, "POST", "/pulls", &wanted()).status(), 201, "a person may");
    desk.github().settings.private = true;
    for (token, status) in [(STRANGER, 404), (WRITER, 403), (BUMPER, 200)] {
        assert_eq!(desk.send(token, "GET", "/pulls", &Value::Null).status(), status);
    }
}
