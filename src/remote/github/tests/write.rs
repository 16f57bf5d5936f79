use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::world::{Fault, Notes, Shared, artifact, at, file, publication, serve, text, writer_in};
use super::{answer, asked, not_found, ok, reader, run, writer};
use crate::model::digest::Sha256;
use crate::remote::error::RemoteError;
use crate::remote::github::write::GithubWrite;
use crate::remote::github::{MakeLatest, Publication, ReleaseText, marked};
use crate::remote::http::script::{Reply, Script};
use crate::remote::surroundings::Surroundings;

async fn whole(write: &GithubWrite) -> Result<(), RemoteError> {
    let (_first, one) = file(b"one");
    let (_second, two) = file(b"two");
    write.ensure_draft(&text()).await?;
    write.ensure_asset("v1", &artifact("one.whl", b"one"), &at(&one)).await?;
    write.ensure_asset("v1", &artifact("two.whl", b"two"), &at(&two)).await?;
    write.ensure_text(&ReleaseText { title: "1.0!".into(), ..text() }, None).await?;
    write.ensure_published("v1", &publication(false, MakeLatest::Yes)).await
}

/// What matters of a world when all is done.
fn summary(world: &Shared) -> Vec<String> {
    let world = world.lock().expect("no panic inside");
    let releases = world.releases.iter().map(|release| {
        format!("{} {} {} {}", release["tag_name"], release["name"], release["draft"], release["make_latest"])
    });
    let assets = world.assets.iter().map(|asset| format!("{} {}", asset["name"], asset["digest"]));
    releases.chain(assets).collect()
}

#[test]
fn a_release_takes_one_request_for_each_effect_and_few_looks() {
    let world = Shared::default();
    let script = serve(&world);
    run(whole(&writer(&script))).expect("made");
    assert_eq!(
        asked(&script),
        [
            "GET /releases?per_page=100",
            "POST /releases",
            "GET /releases?per_page=100",
            "POST /releases/1/assets?name=one.whl",
            "POST /releases/1/assets?name=two.whl",
            "PATCH /releases/1",
            "GET /releases?per_page=100",
            "GET /releases/1",
            "PATCH /releases/1",
        ]
    );
    let seen = script.seen();
    let sent = |index: usize| serde_json::from_slice::<Value>(&seen[index].body).expect("JSON");
    let draft =
        json!({"tag_name": "v1", "name": "1.0", "body": marked("notes"), "draft": true, "prerelease": false});
    assert_eq!(sent(1), draft);
    assert_eq!(seen[3].header("content-length"), Some("3"));
    assert_eq!(seen[3].header("content-type"), Some("application/octet-stream"));
    assert_eq!(sent(5), json!({"tag_name": "v1", "name": "1.0!", "body": marked("notes")}));
    let publish = json!({"tag_name": "v1", "draft": false, "prerelease": false, "make_latest": "true"});
    assert_eq!(sent(8), publish);
}

#[test]
fn every_fault_at_every_request_ends_in_the_same_world() {
    let good = Shared::default();
    run(whole(&writer(&serve(&good)))).expect("made");
    let requests = good.lock().expect("no panic inside").count;
    let faults = [Fault::Refuse, Fault::Drop, Fault::Lost, Fault::Html, Fault::Slower, Fault::Remains];
    for at in 1..=requests {
        for fault in faults {
            for stale in [0, 2] {
                let world = Shared::default();
                {
                    let mut world = world.lock().expect("no panic inside");
                    world.faults = vec![(at, fault)];
                    world.stale = stale;
                }
                let script = serve(&world);
                // A look-up that got a page of HTML is an error; the next run does the rest.
                if let Err(error) = run(whole(&writer(&script))) {
                    assert!(fault == Fault::Html, "{at} {fault:?} {stale}: {error}");
                    run(whole(&writer(&script))).expect("the second run");
                }
                assert_eq!(summary(&world), summary(&good), "{at} {fault:?} {stale}");
            }
        }
    }
}

#[test]
fn doing_all_again_sends_nothing_that_is_there() {
    let world = Shared::default();
    let script = serve(&world);
    run(whole(&writer(&script))).expect("made");
    let before = asked(&script).len();
    run(whole(&writer(&script))).expect("found");
    let writes =
        |requests: &[String]| requests.iter().filter(|one| !one.starts_with("GET")).cloned().collect();
    let writes: Vec<String> = writes(&asked(&script)[before..]);
    assert_eq!(writes, ["PATCH /releases/1"], "the text is written whenever it is asked for");
}

#[test]
fn a_draft_made_at_the_same_moment_wins_by_its_lower_id() {
    let other = json!({"id": 3, "tag_name": "v1", "draft": true, "name": "theirs", "body": "theirs"});
    for (body, assets, removed) in [
        (marked("notes"), json!([]), true),
        ("changed by hand".into(), json!([]), false),
        (marked("notes"), json!([{"id": 1, "name": "a", "size": 1, "state": "uploaded"}]), false),
    ] {
        let ours = json!({"id": 4, "tag_name": "v1", "draft": true, "name": "1.0", "body": body});
        let script = Script::of([
            ok(&json!([])),
            answer(201, &ours),
            ok(&json!([ours, other])),
            ok(&ours),
            if body.starts_with('<') { ok(&assets) } else { Reply::status(599) },
            Reply::status(204),
        ]);
        assert_eq!(run(writer(&script).ensure_draft(&text())).expect("chosen").id, 3);
        assert_eq!(asked(&script).contains(&"DELETE /releases/4".into()), removed, "{body}");
    }
}

#[test]
fn a_release_or_draft_that_is_there_is_adopted() {
    let draft = |id| json!({"id": id, "tag_name": "v1", "draft": true});
    let script = Script::of([ok(&json!([draft(9), draft(8)]))]);
    assert_eq!(run(writer(&script).ensure_draft(&text())).expect("adopted").id, 8);
    assert_eq!(asked(&script).len(), 1);
}

#[test]
fn other_bytes_under_the_name_are_a_conflict_and_stay() {
    let world = Shared::default();
    let script = serve(&world);
    let (_folder, path) = file(b"mine");
    let write = writer(&script);
    run(async {
        write.ensure_draft(&text()).await.expect("made");
        world.lock().expect("no panic inside").put(1, "a.whl", b"them");
        let error =
            write.ensure_asset("v1", &artifact("a.whl", b"mine"), &at(&path)).await.expect_err("conflict");
        assert!(matches!(error, RemoteError::Conflict { .. }), "{error}");
    });
    assert!(!asked(&script).iter().any(|one| one.starts_with("DELETE")));
    assert_eq!(world.lock().expect("no panic inside").held().len(), 1);
}

#[test]
fn a_name_that_github_rewrites_is_found_again_by_its_label() {
    let world = Shared::default();
    let script = serve(&world);
    let (_folder, path) = file(b"x");
    let write = writer(&script);
    run(async {
        write.ensure_draft(&text()).await.expect("made");
        for _ in 0..2 {
            write.ensure_asset("v1", &artifact("a b+c.bin", b"x"), &at(&path)).await.expect("there");
        }
        // Another process knows only what GitHub shows.
        writer(&script).ensure_asset("v1", &artifact("a b+c.bin", b"x"), &at(&path)).await.expect("there");
        let assets = reader(&script).assets(1).await.expect("listed");
        assert!(assets[0].is_called("a b+c.bin") && assets[0].name == "a.b+c.bin", "{assets:?}");
    });
    let uploads: Vec<_> = asked(&script).into_iter().filter(|one| one.contains("name=")).collect();
    assert_eq!(uploads, ["POST /releases/1/assets?name=a%20b%2Bc.bin&label=a%20b%2Bc.bin"]);
}

#[test]
fn bytes_that_github_stored_wrongly_are_removed_and_sent_again() {
    let release = json!({"id": 1, "tag_name": "v1", "draft": true});
    let digests = Arc::new(Mutex::new(vec![Sha256::of(b"mine"), Sha256::of(b"bent")]));
    let script = Script::answering(move |seen| {
        let upload = format!("http://{}/up{{?name,label}}", seen.header("host").expect("a host"));
        let mut release = release.clone();
        release["upload_url"] = json!(upload);
        match (seen.method.as_str(), seen.target.as_str()) {
            ("POST", "/up?name=a.whl") => {
                let digest = digests.lock().expect("no panic inside").pop().expect("two uploads");
                answer(
                    201,
                    &json!({"id": 5, "name": "a.whl", "size": 4, "state": "uploaded", "digest": format!("sha256:{digest}")}),
                )
            }
            ("DELETE", _) => Reply::status(204),
            ("GET", target) if target.contains("assets") => ok(&json!([])),
            _ => ok(&json!([release])),
        }
    });
    let (_folder, path) = file(b"mine");
    run(writer(&script).ensure_asset("v1", &artifact("a.whl", b"mine"), &at(&path)))
        .expect("the second time");
    let writes: Vec<_> = asked(&script).into_iter().filter(|one| !one.starts_with("GET")).collect();
    assert_eq!(writes, ["POST /up?name=a.whl", "DELETE /releases/assets/5", "POST /up?name=a.whl"]);
}

#[test]
fn the_token_goes_to_no_plain_or_strange_upload_address() {
    for upload in ["http://example.org/up{?name}", "ftp://127.0.0.1/up", "", "http://u:p@127.0.0.1:1/up"] {
        let release = json!({"id": 1, "tag_name": "v1", "draft": true, "upload_url": upload});
        let script = Script::of([ok(&json!([release])), ok(&json!([]))]);
        let (_folder, path) = file(b"x");
        let error =
            run(writer(&script).ensure_asset("v1", &artifact("a", b"x"), &at(&path))).expect_err("refused");
        assert!(error.to_string().contains("may be sent to for uploads"), "{error}");
        assert!(!error.to_string().contains("u:p"), "{error}");
    }
}

#[test]
fn files_that_github_never_takes_are_refused_before_anything_is_asked() {
    let script = Script::of([]);
    let (_folder, path) = file(b"");
    let error = run(writer(&script).ensure_asset("v1", &artifact("a", b""), &at(&path))).expect_err("empty");
    assert!(matches!(error, RemoteError::Missing { .. }), "{error}");
    assert!(script.seen().is_empty());
}

#[test]
fn a_prerelease_is_never_the_latest_and_a_published_release_is_left_alone() {
    let world = Shared::default();
    let script = serve(&world);
    run(async {
        let write = writer(&script);
        write.ensure_draft(&text()).await.expect("made");
        write.ensure_published("v1", &publication(true, MakeLatest::Yes)).await.expect("published");
        write.ensure_published("v1", &publication(true, MakeLatest::Yes)).await.expect("is published");
    });
    let seen = script.seen();
    let patches: Vec<_> = seen.iter().filter(|seen| seen.method == "PATCH").collect();
    assert_eq!(patches.len(), 1);
    let sent: Value = serde_json::from_slice(&patches[0].body).expect("JSON");
    assert_eq!((&sent["make_latest"], &sent["prerelease"]), (&json!("false"), &json!(true)));
}

#[test]
fn a_lost_tag_or_a_draft_that_stays_one_is_an_error() {
    for (said, part) in [
        (json!({"id": 1, "tag_name": "untagged-0a1b", "draft": false}), "untagged"),
        (json!({"id": 1, "tag_name": "v1", "draft": true}), "a draft"),
    ] {
        let draft = json!({"id": 1, "tag_name": "v1", "draft": true});
        let script =
            Script::of([ok(&json!([draft])), ok(&json!([draft])), ok(&draft), ok(&json!([])), ok(&said)]);
        let published = run(writer(&script).ensure_published("v1", &publication(false, MakeLatest::No)));
        let error = published.expect_err("not published").to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn refusals_of_writes_name_the_reason() {
    let hint = |reply: Reply| {
        let script = Script::answering(move |seen| match seen.method.as_str() {
            "GET" => ok(&json!([])),
            _ => reply.clone(),
        });
        let error = run(writer(&script).ensure_draft(&text())).expect_err("refused");
        let posts = asked(&script).iter().filter(|one| one.starts_with("POST")).count();
        (posts, error.hint().unwrap_or_default())
    };
    let workflows =
        not_found().with("x-accepted-github-permissions", "contents=write; contents=write,workflows=write");
    let (posts, said) = hint(workflows);
    assert!(posts == 1 && said.contains("contents: write") && said.contains(".github/workflows"), "{said}");
    let (posts, said) = hint(answer(403, &json!({"message": "Resource not accessible by integration"})));
    assert!(posts == 1 && said.contains("contents: write"), "{said}");
    let burnt = json!([{"field": "tag_name", "message": "tag_name was used by an immutable release"}]);
    let (posts, said) = hint(answer(422, &json!({"message": "Validation Failed", "errors": burnt})));
    assert!(posts == 1 && said.contains("new version"), "{said}");
}

#[test]
fn a_release_that_nobody_made_is_missing_with_a_hint() {
    let script = Script::answering(|_| ok(&json!([])));
    let error =
        run(writer(&script).ensure_published("v1", &publication(false, MakeLatest::No))).expect_err("none");
    assert!(matches!(error, RemoteError::Missing { .. }) && error.hint().is_some(), "{error}");
    assert!(asked(&script).len() > 3, "it is given time to show");
}

#[test]
fn after_a_signal_nothing_is_sent_again() {
    let script = Script::answering(|seen| match seen.method.as_str() {
        "GET" => ok(&json!([])),
        _ => Reply::Close,
    });
    let surroundings = Surroundings::silent();
    surroundings.stop.request();
    let error = run(writer_in(&surroundings, &script).ensure_draft(&text())).expect_err("stopped");
    assert!(matches!(error, RemoteError::Lost { .. }), "{error}");
    assert_eq!(asked(&script).iter().filter(|one| one.starts_with("POST")).count(), 1);
}

#[test]
fn a_draft_whose_answer_was_lost_is_waited_for_and_not_made_twice() {
    let world = Shared::default();
    {
        let mut world = world.lock().expect("no panic inside");
        world.faults = vec![(2, Fault::Lost)];
        // The look before, and two afterwards, do not show it.
        world.stale = 3;
    }
    let script = serve(&world);
    assert_eq!(run(writer(&script).ensure_draft(&text())).expect("found").id, 1);
    assert_eq!(asked(&script).iter().filter(|one| one.starts_with("POST")).count(), 1);
}

#[test]
fn what_a_tag_became_while_files_were_sent_is_not_published() {
    let (built, other) = ("a".repeat(40), "b".repeat(40));
    for (there, target, is_published) in [
        (Some(&built), None, true),
        (Some(&other), None, false),
        (None, None, false),
        (None, Some(built.clone()), true),
        (Some(&other), Some(built.clone()), false),
    ] {
        let draft = json!({"id": 1, "tag_name": "v1", "draft": true});
        let there = there.cloned();
        let script = Script::answering(move |seen| match (seen.method.as_str(), &there) {
            ("GET", Some(commit)) if seen.target.contains("/commits/") => {
                Reply::of(200, "text/plain", commit.as_str())
            }
            ("GET", None) if seen.target.contains("/commits/") => {
                answer(422, &json!({"message": "No commit found for SHA: tags/v1"}))
            }
            ("GET", _) if seen.target.contains("/assets") => ok(&json!([])),
            ("GET", _) if seen.target.contains("per_page") => ok(&json!([draft])),
            ("GET", _) => ok(&draft),
            _ => ok(&json!({"id": 1, "tag_name": "v1", "draft": false})),
        });
        let commit = Some(built.parse().expect("a hash"));
        let wanted = Publication { commit, target, ..publication(false, MakeLatest::Yes) };
        let outcome = run(writer(&script).ensure_published("v1", &wanted));
        assert_eq!(outcome.is_ok(), is_published, "{outcome:?}");
        assert_eq!(asked(&script).iter().any(|one| one.starts_with("PATCH")), is_published);
    }
}

#[test]
fn r09_a_discussion_that_is_refused_does_not_keep_the_release_back() {
    let refusals = [
        Some(not_found()),
        Some(answer(403, &json!({"message": "Resource not accessible by integration"}))),
        None,
    ];
    for refusal in refusals {
        let is_refused = refusal.is_some();
        let draft = json!({"id": 1, "tag_name": "v1", "draft": true});
        let script = Script::answering(move |seen| {
            let sent: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
            match (seen.method.as_str(), seen.target.contains("per_page"), &refusal) {
                ("GET", true, _) if seen.target.contains("assets") => ok(&json!([])),
                ("GET", true, _) => ok(&json!([draft])),
                ("GET", false, _) => ok(&draft),
                (_, _, Some(refusal)) if sent.get("discussion_category_name").is_some() => refusal.clone(),
                _ => ok(&json!({"id": 1, "tag_name": "v1", "draft": false})),
            }
        });
        let notes = Arc::new(Notes::default());
        let surroundings = Surroundings { progress: Arc::clone(&notes) as _, ..Surroundings::silent() };
        let wanted = Publication {
            discussion_category: Some("News".to_owned()),
            ..publication(false, MakeLatest::Yes)
        };
        run(writer_in(&surroundings, &script).ensure_published("v1", &wanted)).expect("published");
        let told = notes.all().iter().any(|note| note.contains("without a discussion"));
        assert_eq!(told, is_refused);
        let changes = asked(&script).iter().filter(|one| one.starts_with("PATCH")).count();
        assert_eq!(changes, if is_refused { 2 } else { 1 });
    }
}

#[test]
fn r09_what_stands_against_the_release_itself_is_told_and_not_the_discussion() {
    let draft = json!({"id": 1, "tag_name": "v1", "draft": true});
    let burnt = json!([{"field": "tag_name", "message": "tag_name was used by an immutable release"}]);
    let script =
        Script::answering(move |seen| match (seen.method.as_str(), seen.target.contains("per_page")) {
            ("GET", true) if seen.target.contains("assets") => ok(&json!([])),
            ("GET", true) => ok(&json!([draft])),
            ("GET", false) => ok(&draft),
            _ => answer(422, &json!({"message": "Validation Failed", "errors": burnt})),
        });
    let wanted =
        Publication { discussion_category: Some("News".to_owned()), ..publication(false, MakeLatest::Yes) };
    let error = run(writer(&script).ensure_published("v1", &wanted)).expect_err("burnt");
    assert!(error.hint().is_some_and(|hint| hint.contains("new version")), "{error:?}");
}
