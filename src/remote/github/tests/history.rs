//! Tags, branches, commits, checks and releases: what is asked, and what is made of odd answers.

use serde_json::{Value, json};

use super::{answer, asked, not_found, ok, reader, run};
use crate::model::revision::CommitSha;
use crate::remote::error::RemoteError;
use crate::remote::history::{History, ObjectKind, Relation, TagRef};
use crate::remote::http::script::{Reply, Script};

fn sha(digit: char) -> CommitSha {
    digit.to_string().repeat(40).parse().expect("good")
}

fn reference(name: &str, kind: &str, object: &CommitSha) -> Value {
    json!({"ref": name, "object": {"type": kind, "sha": object.as_str()}})
}

fn repository() -> Reply {
    ok(&json!({"id": 1, "full_name": "owner/name"}))
}

fn tag_object(kind: &str, target: &CommitSha) -> Reply {
    ok(&json!({"tag": "v1", "sha": sha('9').as_str(), "object": {"type": kind, "sha": target.as_str()},
        "tagger": {"name": "Alice", "email": "alice@example.org", "date": "2026-11-20T12:00:00Z"},
        "verification": {"verified": true, "reason": "valid", "signature": "x", "payload": "x"}}))
}

#[test]
fn references_are_asked_for_once_and_their_pages_are_followed_if_there_are_any() {
    let script = Script::answering(|seen| match seen.target.as_str() {
        "/api/v3/repos/owner/name/git/matching-refs/tags/v" => ok(&json!([
            reference("refs/tags/v2", "tag", &sha('2')),
            reference("refs/heads/v9", "commit", &sha('3')),
            reference("refs/tags/w", "commit", &sha('3')),
        ]))
        .with(
            "link",
            &format!("<http://{}/api/v3/more>; rel=\"next\"", seen.header("host").expect("a host")),
        ),
        "/api/v3/more" => ok(&json!([
            reference("refs/tags/v1", "commit", &sha('1')),
            reference("refs/tags/v0", "blob", &sha('4')),
        ])),
        _ => Reply::status(599),
    });
    let tags = run(reader(&script).tags_starting("v")).expect("answered");
    let tag = |name: &str, digit, kind| TagRef { name: name.into(), object: sha(digit), kind };
    assert_eq!(
        tags,
        [
            tag("v0", '4', ObjectKind::Other),
            tag("v1", '1', ObjectKind::Commit),
            tag("v2", '2', ObjectKind::Tag)
        ]
    );
}

#[test]
fn prefixes_with_slashes_and_odd_letters_are_asked_for_as_they_are() {
    for (prefix, target) in [
        ("", "GET /git/matching-refs/heads"),
        ("prerelease/", "GET /git/matching-refs/heads/prerelease/"),
        ("a b/%c+d", "GET /git/matching-refs/heads/a%20b/%25c+d"),
    ] {
        // Whatever GitHub makes of the slash at the end, only what begins so counts.
        let heads = json!([
            reference("refs/heads/prerelease/1", "commit", &sha('1')),
            reference("refs/heads/prerelease2", "commit", &sha('2')),
            reference("refs/headsman/x", "commit", &sha('2')),
        ]);
        let script = Script::of([ok(&heads)]);
        let branches = run(reader(&script).branches_matching(prefix)).expect("answered");
        let names: Vec<_> = branches.iter().map(|branch| branch.name.as_str()).collect();
        let expected: &[&str] = match prefix {
            "" => &["prerelease/1", "prerelease2"],
            "prerelease/" => &["prerelease/1"],
            _ => &[],
        };
        assert_eq!((names.as_slice(), asked(&script)), (expected, vec![target.to_owned()]));
    }
}

#[test]
fn lists_that_are_not_found_are_refusals_and_never_empty() {
    let missing = || Script::answering(|_| not_found());
    let hint = |error: RemoteError| error.hint().unwrap_or_default();
    for error in [
        run(reader(&missing()).tags_starting("v")).expect_err("hidden"),
        run(reader(&missing()).branches_matching("main")).expect_err("hidden"),
    ] {
        assert!(hint(error).contains("contents: read"));
    }
    for error in [
        run(reader(&missing()).release_by_tag("v1")).expect_err("hidden"),
        run(reader(&missing()).latest_release()).expect_err("hidden"),
        run(reader(&missing()).commit_facts(&sha('1'))).map(drop).expect_err("hidden"),
        run(reader(&missing()).compare(&sha('1'), &sha('2'))).map(drop).expect_err("hidden"),
    ] {
        assert!(matches!(error, RemoteError::Status { status: 404, .. }), "{error}");
    }
    // Checks and statuses have permissions of their own, which GitHub names.
    let forbidden = |permission: &str| {
        let body = json!({"message": "Resource not accessible by integration"});
        Script::of([answer(403, &body).with("x-accepted-github-permissions", permission)])
    };
    let checks = run(reader(&forbidden("checks=read")).check_runs(&sha('1'))).expect_err("forbidden");
    assert!(hint(checks).contains("`checks: read`"));
    let statuses =
        run(reader(&forbidden("statuses=read")).combined_status(&sha('1'))).expect_err("forbidden");
    assert!(hint(statuses).contains("`statuses: read`"));
    for error in [
        run(reader(&missing()).check_runs(&sha('1'))).map(drop).expect_err("hidden"),
        run(reader(&missing()).combined_status(&sha('1'))).map(drop).expect_err("hidden"),
    ] {
        assert!(matches!(error, RemoteError::Status { status: 404, .. }), "{error}");
    }
}

#[test]
fn one_commit_stands_to_another_as_github_says() {
    let comparison = |status: &str, ahead: u8, behind: u8| {
        ok(&json!({"status": status, "ahead_by": ahead, "behind_by": behind, "commits": []}))
    };
    for (reply, relation) in [
        (comparison("identical", 0, 0), Relation::Identical),
        (comparison("ahead", 2, 0), Relation::Ahead),
        (comparison("behind", 0, 1), Relation::Behind),
        (comparison("diverged", 3, 1), Relation::Diverged),
        (answer(404, &json!({"message": "No common ancestor between a and b."})), Relation::NoCommonAncestor),
    ] {
        let script = Script::of([reply]);
        assert_eq!(run(reader(&script).compare(&sha('1'), &sha('2'))).expect("answered"), relation);
        assert_eq!(asked(&script), [format!("GET /compare/{}...{}?per_page=1", sha('1'), sha('2'))]);
    }
    // Words that are new, and words that the numbers contradict, decide nothing.
    for reply in [comparison("sideways", 0, 0), comparison("behind", 1, 1), comparison("identical", 0, 3)] {
        let error = run(reader(&Script::of([reply])).compare(&sha('1'), &sha('2'))).expect_err("odd");
        assert!(matches!(error, RemoteError::Unexpected { .. }), "{error}");
    }
}

#[test]
fn a_base_that_is_gone_is_told_apart_from_a_head_that_is() {
    let script = Script::of([not_found(), not_found(), repository()]);
    assert_eq!(run(reader(&script).compare(&sha('1'), &sha('2'))).expect("answered"), Relation::BranchGone);
    assert_eq!(asked(&script)[1], format!("GET /git/commits/{}", sha('1')));
    let script = Script::of([not_found(), ok(&json!({"sha": sha('1').as_str()}))]);
    let error = run(reader(&script).compare(&sha('1'), &sha('2'))).expect_err("no such head");
    assert!(matches!(error, RemoteError::Status { status: 404, .. }), "{error}");
}

#[test]
fn a_tag_is_followed_through_its_objects_and_plain_ones_cost_nothing() {
    let tag = |kind| TagRef { name: "v1".into(), object: sha('9'), kind };
    let script = Script::of([]);
    let plain = run(History::Api(reader(&script)).peeled(&tag(ObjectKind::Commit))).expect("answered");
    assert_eq!((plain.commit, plain.objects.len(), asked(&script).len()), (sha('9'), 0, 0));

    let script = Script::of([tag_object("tag", &sha('8')), tag_object("commit", &sha('1'))]);
    let nested = run(History::Api(reader(&script)).peeled(&tag(ObjectKind::Tag))).expect("answered");
    assert_eq!((nested.commit, nested.objects.len()), (sha('1'), 2));
    assert_eq!(
        asked(&script),
        [format!("GET /git/tags/{}", sha('9')), format!("GET /git/tags/{}", sha('8'))]
    );
    let outer = &nested.objects[0];
    assert_eq!(outer.tagger.as_ref().map(|tagger| tagger.email.as_str()), Some("alice@example.org"));
    assert!(outer.verification.verified && outer.name == "v1");

    for target in ["blob", "tree"] {
        let script = Script::of([tag_object(target, &sha('1'))]);
        let error = run(History::Api(reader(&script)).peeled(&tag(ObjectKind::Tag))).expect_err("no commit");
        assert!(matches!(error, RemoteError::Missing { .. }), "{error}");
    }
    let script = Script::answering(|_| tag_object("tag", &sha('9')));
    run(History::Api(reader(&script)).peeled(&tag(ObjectKind::Tag))).expect_err("a circle");
    assert!(asked(&script).len() < 20);
}

#[test]
fn what_a_server_does_not_say_of_a_signature_is_not_believed() {
    let object = json!({"type": "commit", "sha": sha('1').as_str()});
    for odd in [
        json!({"tag": "v1", "object": object}),
        json!({"tag": "v1", "object": object, "tagger": null, "verification": null}),
        json!({"tag": "v1", "object": object, "tagger": {"name": "x", "email": ""}, "verification": {}}),
    ] {
        let found = run(reader(&Script::of([ok(&odd)])).annotated(&sha('9'))).expect("answered");
        assert!(!found.verification.verified && found.tagger.is_none(), "{odd}");
        assert_eq!(found.verification.reason, "unknown");
    }
    let facts = |value: &Value| run(reader(&Script::of([ok(value)])).commit_facts(&sha('1')));
    let bare =
        facts(&json!({"committer": {"date": "2026-11-20T12:00:00Z"}})).expect("answered").expect("there");
    assert_eq!((bare.date, bare.parents.len(), bare.verification.verified), ((2026, 11, 20), 0, false));
    let whole = json!({"committer": {"date": "2026-11-20T12:00:00Z"}, "parents": [{"sha": sha('2').as_str()}],
        "verification": {"verified": true, "reason": "valid"}});
    let whole = facts(&whole).expect("answered").expect("there");
    assert_eq!((whole.parents, whole.verification.verified), (vec![sha('2')], true));
    for odd in [json!({"committer": {"date": "yesterday"}}), json!({}), json!([])] {
        assert!(matches!(facts(&odd), Err(RemoteError::Unexpected { .. })), "{odd}");
    }
}

#[test]
fn only_a_release_of_that_very_tag_counts() {
    let release =
        |tag: &str, draft: bool| ok(&json!({"id": 7, "tag_name": tag, "draft": draft, "immutable": true}));
    let found =
        |reply| run(reader(&Script::of([reply, repository()])).release_by_tag("pkg/v1")).expect("answered");
    assert!(found(release("pkg/v1", false)).is_some_and(|release| release.immutable));
    for reply in [release("pkg/v10", false), release("pkg/v1", true), not_found()] {
        assert_eq!(found(reply), None);
    }
    let script = Script::of([release("pkg/v1", false), release("v9", false)]);
    let read = reader(&script);
    run(async {
        read.release_by_tag("pkg/v1").await.expect("answered");
        let latest = read.latest_release().await.expect("answered").expect("there is one");
        assert_eq!(latest.tag_name, "v9");
    });
    assert_eq!(asked(&script), ["GET /releases/tags/pkg/v1", "GET /releases/latest"]);
}

#[test]
fn what_passed_is_over_and_did_not_fail() {
    let check = |status: &str, conclusion: Value| {
        let list = json!({"total_count": 1, "check_runs": [{"id": 1, "name": "test", "status": status,
            "conclusion": conclusion, "app": {"slug": "github-actions"}, "html_url": null}]});
        let found = run(reader(&Script::of([ok(&list)])).check_runs(&sha('1'))).expect("answered");
        assert_eq!(found[0].app.as_deref(), Some("github-actions"));
        found[0].passed()
    };
    for good in ["success", "skipped", "neutral"] {
        assert!(check("completed", json!(good)), "{good}");
        assert!(!check("in_progress", json!(good)), "{good}: not over");
    }
    for bad in [json!("failure"), json!("cancelled"), json!("stale"), json!("timed_out"), Value::Null] {
        assert!(!check("completed", bad.clone()), "{bad}");
    }
    let states =
        ["success", "pending", "failure", "error"].map(|state| json!({"context": state, "state": state}));
    let script = Script::of([ok(&json!({"state": "failure", "statuses": states}))]);
    let found = run(reader(&script).combined_status(&sha('1'))).expect("answered");
    assert_eq!(
        found.iter().map(super::super::CommitStatus::passed).collect::<Vec<_>>(),
        [true, false, false, false]
    );
    assert_eq!(asked(&script), [format!("GET /commits/{}/status?per_page=100", sha('1'))]);
}

#[test]
fn cut_and_odd_answers_are_errors_and_never_panics() {
    let whole = json!([reference("refs/tags/v1", "commit", &sha('1'))]).to_string();
    for end in 0..whole.len() {
        let error =
            run(reader(&Script::of([Reply::json(&whole[..end])])).tags_starting("v")).expect_err("cut");
        assert!(matches!(error, RemoteError::Unexpected { .. }), "{error}");
    }
    for odd in [
        "{}",
        "null",
        "[1]",
        "[{\"ref\": 1}]",
        "\"x\"",
        "[{\"ref\": \"refs/tags/v\", \"object\": {\"type\": \"commit\", \"sha\": \"x\"}}]",
    ] {
        let script = || Script::answering(move |_| Reply::json(odd));
        assert!(run(reader(&script()).tags_starting("v")).is_err(), "{odd}");
        assert!(run(reader(&script()).check_runs(&sha('1'))).is_err(), "{odd}");
        assert!(run(reader(&script()).compare(&sha('1'), &sha('2'))).is_err(), "{odd}");
        assert!(run(reader(&script()).annotated(&sha('1'))).is_err(), "{odd}");
    }
}
