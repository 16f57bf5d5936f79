use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{TOKEN, answer, asked, endpoint, http, not_found, ok, reader, run};
use crate::model::digest::Sha256;
use crate::model::revision::CommitSha;
use crate::remote::disk::read::DiskRead;
use crate::remote::error::RemoteError;
use crate::remote::github::download::DownloadError;
use crate::remote::github::read::GithubRead;
use crate::remote::github::runs::Sought;
use crate::remote::github::{Asset, Downloaded, RunArtifact};
use crate::remote::http::Http;
use crate::remote::http::script::{Reply, Script};
use crate::remote::surroundings::{Masks, Surroundings};

fn sha(digit: char) -> CommitSha {
    digit.to_string().repeat(40).parse().expect("good")
}

fn of_commit() -> Sought {
    Sought::Commit(sha('1'))
}

fn pointer(name: Option<&str>, kind: &str, sha: &CommitSha) -> Value {
    json!({"ref": name, "object": {"type": kind, "sha": sha.as_str(), "url": "x"}})
}

fn release(id: u64, tag: &str) -> Value {
    json!({"id": id, "tag_name": tag, "draft": false, "prerelease": false, "name": null, "body": null})
}

#[test]
fn requests_carry_the_token_and_the_version_once_below_the_path_of_the_api() {
    let script = Script::of([ok(&json!([]))]);
    run(reader(&script).releases()).expect("answered");
    let seen = &script.seen()[0];
    assert_eq!(seen.target, "/api/v3/repos/owner/name/releases?per_page=100");
    for (name, value) in [
        ("authorization", format!("Bearer {TOKEN}").as_str()),
        ("accept", "application/vnd.github+json"),
        ("x-github-api-version", "2022-11-28"),
    ] {
        let values: Vec<_> = seen.headers.iter().filter(|(have, _)| have == name).collect();
        assert_eq!(values.len(), 1, "{name}: {values:?}");
        assert_eq!(values[0].1, value);
    }
    let agents: Vec<_> = seen.headers.iter().filter(|(name, _)| name == "user-agent").collect();
    assert!(agents.len() == 1 && agents[0].1.starts_with("release-action/"), "{agents:?}");
}

#[test]
fn without_a_token_none_is_sent() {
    let script = Script::of([ok(&json!([]))]);
    let read = GithubRead::new(http(), endpoint(&script, "/"), "o/r".parse().expect("good"), None);
    assert_eq!(run(read.releases()).expect("answered"), []);
    assert_eq!(script.seen()[0].header("authorization"), None);
    assert_eq!(script.seen()[0].target, "/repos/o/r/releases?per_page=100");
}

#[test]
fn debug_shows_no_token() {
    let script = Script::of([ok(&json!([]))]);
    let read = reader(&script);
    run(read.releases()).expect("answered");
    assert!(!format!("{read:?}").contains(TOKEN));
}

#[test]
fn tags_are_followed_through_nested_annotations() {
    let script = Script::of([
        ok(&pointer(Some("refs/tags/a/b c"), "tag", &sha('1'))),
        ok(&pointer(None, "tag", &sha('2'))),
        ok(&pointer(None, "commit", &sha('3'))),
    ]);
    assert_eq!(run(reader(&script).tag_commit_exactly("a/b c")).expect("answered"), Some(sha('3')));
    let one = sha('1');
    assert_eq!(
        asked(&script),
        [
            "GET /git/ref/tags/a/b%20c".into(),
            format!("GET /git/tags/{one}"),
            format!("GET /git/tags/{}", sha('2'))
        ]
    );
}

#[test]
fn the_commit_of_a_tag_takes_one_request() {
    let plain =
        |status, text: &str| Reply::of(status, "application/vnd.github.sha; charset=utf-8", text.to_owned());
    let script = Script::of([plain(200, sha('3').as_str())]);
    assert_eq!(run(reader(&script).tag_commit("a/b c")).expect("answered"), Some(sha('3')));
    assert_eq!(asked(&script), ["GET /commits/tags%2Fa%2Fb%20c"]);
    assert_eq!(script.seen()[0].header("accept"), Some("application/vnd.github.sha"));

    let none = json!({"message": "No commit found for SHA: tags/v1"});
    let script = Script::of([answer(422, &none)]);
    assert_eq!(run(reader(&script).tag_commit("v1")).expect("answered"), None);

    // What is not understood is asked in the longer way.
    for odd in [not_found(), ok(&json!({"sha": 7})), plain(200, "no hash")] {
        let script = Script::of([odd, ok(&pointer(Some("refs/tags/v1"), "commit", &sha('3')))]);
        assert_eq!(run(reader(&script).tag_commit("v1")).expect("answered"), Some(sha('3')));
        assert_eq!(asked(&script)[1], "GET /git/ref/tags/v1");
    }
}

#[test]
fn dates_tags_and_notes_are_read() {
    let script = Script::of([
        ok(&json!({"sha": sha('1').as_str(), "committer": {"date": "2026-11-20T23:59:59Z"}})),
        ok(&json!([{"name": "v2", "commit": {}}, {"name": "nightly", "commit": {}}])),
        answer(502, &json!({})),
        ok(&json!({"name": "v2", "body": "## What's Changed"})),
        ok(&json!({"committer": {"date": "yesterday"}})),
    ]);
    let read = reader(&script);
    run(async {
        assert_eq!(read.commit_date(&sha('1')).await.expect("answered"), (2026, 11, 20));
        assert_eq!(read.tag_names().await.expect("answered"), ["v2", "nightly"]);
        let notes = read.generate_notes("v2", None, Some("v1")).await.expect("the second time");
        assert_eq!((notes.name.as_str(), notes.body.as_str()), ("v2", "## What's Changed"));
        let error = read.commit_date(&sha('1')).await.expect_err("no date");
        assert!(matches!(error, RemoteError::Unexpected { .. }), "{error}");
    });
    let seen = script.seen();
    let sent: Value = serde_json::from_slice(&seen[3].body).expect("JSON");
    assert_eq!(sent, json!({"tag_name": "v2", "previous_tag_name": "v1"}));
    assert_eq!(asked(&script)[3], "POST /releases/generate-notes");
}

#[test]
fn tags_in_a_circle_end_as_an_error() {
    let script = Script::answering(|_| ok(&pointer(Some("refs/tags/v1"), "tag", &sha('1'))));
    let error = run(reader(&script).tag_commit_exactly("v1")).expect_err("endless");
    assert!(matches!(error, RemoteError::Unexpected { .. }), "{error}");
    assert!(asked(&script).len() < 20);
}

#[test]
fn an_absent_tag_and_an_invisible_repository_are_told_apart() {
    let repository = ok(&json!({"id": 1, "full_name": "owner/name"}));
    let script = Script::of([not_found(), repository, not_found()]);
    let read = reader(&script);
    run(async {
        assert_eq!(read.tag_commit_exactly("v1").await.expect("answered"), None);
        assert!(!read.commit(&sha('1')).await.expect("answered"));
    });
    // The repository is looked up once.
    assert_eq!(asked(&script).len(), 3);

    let script = Script::of([not_found(), not_found()]);
    let error = run(reader(&script).tag_commit_exactly("v1")).expect_err("out of sight");
    assert!(matches!(error, RemoteError::Status { status: 404, .. }), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("contents")), "{:?}", error.hint());
}

#[test]
fn an_absent_workflow_has_no_runs_where_the_repository_can_be_seen() {
    let repository = ok(&json!({"id": 1, "full_name": "owner/name"}));
    let script = Script::of([not_found(), repository]);
    assert!(run(reader(&script).runs("b.yml", &of_commit())).expect("answered").is_empty());

    let script = Script::of([not_found(), not_found()]);
    let error = run(reader(&script).runs("b.yml", &of_commit())).expect_err("out of sight");
    assert!(matches!(error, RemoteError::Status { status: 404, .. }), "{error}");
}

#[test]
fn all_pages_are_read_and_links_are_followed_as_given() {
    let script = Script::answering(|seen| match seen.target.as_str() {
        "/api/v3/repos/owner/name/releases?per_page=100" => ok(&json!([release(3, "v3"), release(2, "v2")]))
            .with(
                "link",
                &format!(
                    "<http://{}/api/v3/repositories/9/releases?cursor=x>; rel=\"next\"",
                    seen.header("host").expect("a host")
                ),
            ),
        "/api/v3/repositories/9/releases?cursor=x" => ok(&json!([release(1, "v1")])),
        _ => Reply::status(599),
    });
    let releases = run(reader(&script).releases()).expect("answered");
    assert_eq!(releases.iter().map(|release| release.id).collect::<Vec<_>>(), [3, 2, 1]);
}

#[test]
fn a_link_to_another_host_is_an_error_and_gets_no_request() {
    let other = Script::of([]);
    let link = format!("<{}?token=secret>; rel=\"next\"", other.url("/api/v3/repos/owner/name/releases"));
    let script = Script::of([ok(&json!([release(1, "v1")])).with("link", &link)]);
    let error = run(reader(&script).releases()).expect_err("a foreign page");
    assert!(matches!(error, RemoteError::Unexpected { .. }), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
    assert!(other.seen().is_empty());
}

#[test]
fn an_endless_list_is_cut() {
    let script = Script::answering(|seen| {
        let host = seen.header("host").expect("a host");
        ok(&json!([])).with("link", &format!("<http://{host}/api/v3/again>; rel=\"next\""))
    });
    assert_eq!(run(reader(&script).assets(1)).expect("answered"), []);
    assert_eq!(asked(&script).len(), 400);
}

#[test]
fn look_ups_are_tried_again_and_a_page_of_html_is_no_answer() {
    let script = Script::of([Reply::Close, answer(502, &json!({})), ok(&json!([]))]);
    run(reader(&script).releases()).expect("the third try");
    let script = Script::of([Reply::of(200, "text/html", "<!doctype html><p>hello")]);
    let error = run(reader(&script).releases()).expect_err("a page");
    assert!(matches!(&error, RemoteError::Unexpected { found, .. } if found == "a page of HTML"), "{error}");
}

#[test]
fn refusals_say_what_to_do() {
    let refused = |reply: Reply| {
        let script = Script::answering(move |_| reply.clone());
        run(reader(&script).releases()).expect_err("refused")
    };
    let hint = |reply| refused(reply).hint().unwrap_or_default();
    assert!(hint(answer(401, &json!({"message": "Bad credentials"}))).contains("github-token"));
    let named = answer(403, &json!({"message": "Resource not accessible by integration"}))
        .with("x-accepted-github-permissions", "actions=read; contents=write");
    assert!(hint(named).contains("`actions: read`"));
    let long = refused(answer(400, &json!({"message": "x".repeat(5000)}))).to_string();
    assert!(long.len() < 700, "{}", long.len());
}

#[test]
fn answers_of_another_shape_are_errors_and_never_panics() {
    let whole = json!([release(1, "v1")]).to_string();
    for end in 0..whole.len() {
        let cut = Reply::json(&whole[..end]);
        let script = Script::of([cut]);
        let error = run(reader(&script).releases()).expect_err("cut");
        assert!(matches!(error, RemoteError::Unexpected { .. }), "{error}");
    }
    for odd in ["{}", "null", "[1]", "[{\"id\": -1}]", "\"x\""] {
        let script = Script::answering(move |_| Reply::json(odd));
        assert!(run(reader(&script).releases()).is_err(), "{odd}");
        assert!(run(reader(&script).run_artifacts(1)).is_err(), "{odd}");
    }
}

fn run_wire(id: u64, head: &CommitSha) -> Value {
    json!({"id": id, "head_sha": head.as_str(), "path": ".github/workflows/b.yml", "event": "push",
        "status": "completed", "conclusion": "success", "head_branch": "main", "run_number": id,
        "run_attempt": 1, "html_url": "x", "head_repository": {"full_name": "owner/name"}})
}

#[test]
fn an_empty_search_for_runs_is_doubted() {
    let script = Script::answering(|seen| {
        let runs = match seen.target.contains("head_sha") {
            true => json!([]),
            false => json!([run_wire(7, &sha('2')), run_wire(5, &sha('1')), run_wire(6, &sha('1'))]),
        };
        ok(&json!({"total_count": 0, "workflow_runs": runs}))
    });
    let runs = run(reader(&script).runs(".github/workflows/b.yml", &of_commit())).expect("answered");
    assert_eq!(runs.iter().map(|run| run.id).collect::<Vec<_>>(), [6, 5]);
    let asked = asked(&script);
    assert_eq!(asked[0], format!("GET /actions/workflows/b.yml/runs?head_sha={}&per_page=100", sha('1')));
    assert_eq!(asked[1], "GET /actions/workflows/b.yml/runs?per_page=100");
}

#[test]
fn polling_for_a_run_reads_the_whole_list_once() {
    let script = Script::answering(|seen| {
        let full: Vec<_> = (0..100).map(|id| run_wire(id, &sha('2'))).collect();
        let host = seen.header("host").expect("a host").to_owned();
        match seen.target.contains("head_sha") {
            true => ok(&json!({"workflow_runs": []})),
            false => ok(&json!({"workflow_runs": full}))
                .with("link", &format!("<http://{host}/api/v3/more>; rel=\"next\"")),
        }
    });
    let read = reader(&script);
    run(async {
        assert_eq!(read.runs("b.yml", &of_commit()).await.expect("answered"), []);
        assert_eq!(asked(&script).len(), 1 + 10);
        assert_eq!(read.runs("b.yml", &of_commit()).await.expect("answered"), []);
        assert_eq!(asked(&script).len(), 1 + 10 + 2);
    });
}

#[test]
fn of_a_branch_the_newest_runs_are_enough_when_one_of_them_succeeded() {
    for (conclusion, requests) in [("success", 1), ("failure", 3)] {
        let script = Script::answering(move |seen| {
            let mut newest = run_wire(9, &sha('2'));
            newest["conclusion"] = conclusion.into();
            let host = seen.header("host").expect("a host").to_owned();
            match seen.target.contains("/more") {
                true => ok(&json!({"workflow_runs": [run_wire(1, &sha('1'))]})),
                false => ok(&json!({"workflow_runs": vec![newest; 100]}))
                    .with("link", &format!("<http://{host}/api/v3/more>; rel=\"next\"")),
            }
        });
        let branch = Sought::Branch("main".into());
        let runs = run(reader(&script).runs("b.yml", &branch)).expect("answered");
        assert_eq!(runs[0].id, 9);
        assert_eq!(asked(&script).len(), requests, "{conclusion}");
        assert_eq!(asked(&script)[0], "GET /actions/workflows/b.yml/runs?branch=main&per_page=100");
    }
}

fn artifact(size_bytes: u64) -> RunArtifact {
    RunArtifact { id: 5, name: "wheels".into(), size_bytes, expired: false, sha256: None, created_at: None }
}

#[derive(Default)]
struct Learned(Mutex<Vec<String>>);

impl Masks for Learned {
    fn mask(&self, secret: &str) {
        self.0.lock().expect("no panic inside").push(secret.to_owned());
    }

    fn hide(&self, text: &str) -> String {
        text.to_owned()
    }
}

#[test]
fn artifacts_come_from_a_fresh_signed_address_without_the_token() {
    let store = Script::of([
        answer(503, &json!({})),
        Reply::of(200, "application/octet-stream", "whole")
            .with("content-disposition", "attachment; filename=\"../tool.exe\""),
    ]);
    let place = store.url("/blob/x").to_string();
    let mut count = 0;
    let script = Script::answering(move |_| {
        count += 1;
        Reply::redirect(format!("{place}?sig=signature%3D{count}"))
    });
    let learned = Arc::new(Learned::default());
    let surroundings = Surroundings { masks: Arc::clone(&learned) as _, ..Surroundings::silent() };
    let http = Http::new(&surroundings).expect("a client");
    let read = GithubRead::new(
        http,
        endpoint(&script, "/api/v3"),
        "owner/name".parse().expect("good"),
        Some(crate::model::secret::Secret::new(TOKEN.into())),
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("download");
    let downloaded =
        run(read.download_artifact(&artifact(5), &path, &DiskRead::default())).expect("the second try");
    assert_eq!(std::fs::read(&path).expect("it is there"), b"whole");
    assert_eq!(downloaded.hashes.sha256, Sha256::of(b"whole"));
    assert!(!downloaded.zipped);
    assert_eq!(downloaded.file_name.as_deref(), Some("tool.exe"));
    assert_eq!(asked(&script), ["GET /actions/artifacts/5/zip"; 2]);
    let targets: Vec<_> = store.seen().iter().map(|seen| seen.target.clone()).collect();
    assert_eq!(targets, ["/blob/x?sig=signature%3D1", "/blob/x?sig=signature%3D2"]);
    assert!(store.seen().iter().all(|seen| seen.header("authorization").is_none()));
    let learned = learned.0.lock().expect("no panic inside");
    assert!(
        learned.contains(&"signature%3D2".into()) && learned.contains(&"signature=2".into()),
        "{learned:?}"
    );
}

#[test]
fn the_content_type_or_the_address_says_whether_it_is_a_zip() {
    for (kind, path, zipped) in [
        ("application/zip", "/x", true),
        ("application/x-zip-compressed; q", "/x", true),
        ("application/octet-stream", "/a.ZIP", true),
        ("application/octet-stream", "/x", false),
        ("text/plain", "/zip", false),
    ] {
        let store = Script::of([Reply::of(200, kind, "x")]);
        let script = Script::of([Reply::redirect(store.url(path))]);
        let folder = tempfile::tempdir().expect("a folder");
        let (read, file) = (reader(&script), folder.path().join("x"));
        let downloaded =
            run(read.download_artifact(&artifact(1), &file, &DiskRead::default())).expect("fine");
        assert_eq!(downloaded.zipped, zipped, "{kind} {path}");
    }
}

/// What comes of an artifact when the store answers so; and how often it was asked.
fn downloaded(artifact: &RunArtifact, replies: Vec<Reply>) -> (Result<Downloaded, DownloadError>, usize) {
    let store = Script::of(replies);
    let place = store.url("/blob").to_string();
    let script = Script::answering(move |_| Reply::redirect(&place));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x");
    let outcome = run(reader(&script).download_artifact(artifact, &path, &DiskRead::default()));
    (outcome, store.seen().len())
}

#[test]
fn an_expired_artifact_is_gone_at_once() {
    let (outcome, asked) =
        downloaded(&artifact(1), vec![answer(410, &json!({"message": "Artifact has expired"}))]);
    let error = outcome.expect_err("gone");
    assert!(
        matches!(&error, DownloadError::Gone { message } if message == "Artifact has expired"),
        "{error:?}"
    );
    assert_eq!(asked, 1);
}

#[test]
fn all_causes_share_one_budget_and_the_message_tells_them() {
    let stated = RunArtifact { sha256: Some(Sha256::of(b"right")), size_bytes: 5, ..artifact(1) };
    let wrong = || Reply::of(200, "application/zip", "wrong");
    let page = Reply::of(200, "text/html; charset=utf-8", "<html>Sign in</html>");
    let cut = Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nri".to_vec());
    let replies = vec![answer(503, &json!({})), page, cut, wrong(), wrong()];
    let (outcome, asked) = downloaded(&stated, replies);
    let told = match outcome.expect_err("five tries") {
        DownloadError::NotAsStated { tries } => tries.to_string(),
        error => panic!("{error:?}"),
    };
    assert_eq!(asked, 5);
    let (right, wrong) = (Sha256::of(b"right").to_string(), Sha256::of(b"wrong").to_string());
    for part in ["5 tries (1: ", "503", "2: ", "a page of HTML", "4 to 5: ", &right, &wrong] {
        assert!(told.contains(part), "`{part}`: {told}");
    }
}

#[test]
fn an_address_that_ran_out_is_asked_for_anew() {
    let replies = vec![answer(403, &json!({})), Reply::of(200, "application/zip", "x")];
    let (outcome, asked) = downloaded(&artifact(1), replies);
    assert!(outcome.is_ok() && asked == 2, "{outcome:?}");
}

#[test]
fn a_refusal_of_github_itself_is_final_and_names_the_permission() {
    for status in [401, 403, 404] {
        let script = Script::answering(move |_| answer(status, &json!({"message": "no"})));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x");
        let error = run(reader(&script).download_artifact(&artifact(1), &path, &DiskRead::default()));
        let error = error.expect_err("refused");
        let word = if status == 401 { "github-token" } else { "actions: read" };
        assert!(error.hint().is_some_and(|hint| hint.contains(word)), "{status}: {error:?}");
        assert_eq!(script.seen().len(), 1, "{status}");
    }
}

#[test]
fn an_asset_without_a_digest_is_fetched_and_counted() {
    let asset = |size_bytes| Asset {
        id: 4,
        name: "a".into(),
        label: None,
        size_bytes,
        uploaded: true,
        sha256: None,
        url: String::new(),
    };
    let bytes = || Reply::of(200, "application/octet-stream", "abc");
    let script = Script::of([bytes(), bytes()]);
    let read = reader(&script);
    run(async {
        assert_eq!(read.asset_digest(&asset(3)).await.expect("fetched"), Sha256::of(b"abc"));
        let error = read.asset_digest(&asset(4)).await.expect_err("another length");
        assert!(matches!(error, RemoteError::Unexpected { .. }), "{error}");
    });
    assert_eq!(script.seen()[0].header("accept"), Some("application/octet-stream"));
    assert_eq!(asked(&script)[0], "GET /releases/assets/4");
}
