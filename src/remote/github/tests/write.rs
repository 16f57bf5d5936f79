use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{TOKEN, answer, asked, endpoint, not_found, ok, reader, run, writer};
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::digest::{Hashes, Sha256};
use crate::model::secret::Secret;
use crate::remote::error::RemoteError;
use crate::remote::github::write::GithubWrite;
use crate::remote::github::{MakeLatest, ReleaseText, marked};
use crate::remote::http::Http;
use crate::remote::http::script::{Reply, Script, Seen};
use crate::remote::surroundings::{Pace, Surroundings};

/// A release page of our own making: just enough to see what the writer makes of it.
#[derive(Default)]
struct World {
    releases: Vec<Value>,
    assets: Vec<Value>,
    next_id: u64,
    /// Requests so far.
    count: usize,
    faults: Vec<(usize, Fault)>,
    /// So many lists do not show the newest release or asset yet.
    stale: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// 502, nothing done.
    Refuse,
    /// Connection closed, nothing done.
    Drop,
    /// Done, connection closed.
    Lost,
    /// A page for people with status 200, nothing done.
    Html,
    /// The pace is refused, nothing done.
    Slower,
    /// 502, and an upload leaves a row without bytes.
    Remains,
}

type Shared = Arc<Mutex<World>>;

/// A server that shows `world`.
fn serve(world: &Shared) -> Script {
    let world = Arc::clone(world);
    Script::answering(move |seen| world.lock().expect("no panic inside").answer(seen))
}

impl World {
    fn answer(&mut self, seen: &Seen) -> Reply {
        self.count += 1;
        let fault = self.faults.iter().find(|(at, _)| *at == self.count).map(|(_, fault)| *fault);
        match fault {
            Some(Fault::Refuse) => answer(502, &json!({"message": "Server Error"})),
            Some(Fault::Drop) => Reply::Close,
            Some(Fault::Html) => Reply::of(200, "text/html", "<html>Unicorn</html>"),
            Some(Fault::Slower) => {
                answer(403, &json!({"message": "You have exceeded a secondary rate limit."}))
                    .with("retry-after", "30")
            }
            Some(Fault::Remains) => {
                if seen.target.contains("/assets?name=") {
                    let name = seen.target.split("name=").nth(1).expect("a name").to_owned();
                    let remains = json!({"id": self.id(), "name": name, "label": "", "state": "starter", "size": 0, "digest": null});
                    self.assets.push(remains);
                }
                answer(502, &json!({"message": "Server Error"}))
            }
            Some(Fault::Lost) => {
                self.act(seen);
                Reply::Close
            }
            None => self.act(seen),
        }
    }

    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn shown(&mut self, all: &[Value]) -> Reply {
        let lag = self.stale > 0;
        self.stale = self.stale.saturating_sub(1);
        ok(&json!(all[..all.len().saturating_sub(usize::from(lag))]))
    }

    fn act(&mut self, seen: &Seen) -> Reply {
        let path = seen.target.split('?').next().expect("a path");
        let path = path.strip_prefix("/api/v3/repos/owner/name/releases").expect("a route of releases");
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        let id = parts.iter().find_map(|part| part.parse::<u64>().ok());
        match (seen.method.as_str(), parts.as_slice()) {
            ("GET", []) => self.shown(&self.releases.clone()),
            ("POST", []) => self.make(seen, body),
            ("GET", [_, "assets"]) => self.shown(&self.assets.clone()),
            ("POST", [_, "assets"]) => self.store(seen),
            ("DELETE", ["assets", _]) => {
                self.assets.retain(|asset| asset["id"].as_u64() != id);
                Reply::status(204)
            }
            ("DELETE", [_]) => {
                self.releases.retain(|release| release["id"].as_u64() != id);
                Reply::status(204)
            }
            (method, [_]) => {
                let Some(release) = self.releases.iter_mut().find(|release| release["id"].as_u64() == id)
                else {
                    return not_found();
                };
                if method == "PATCH" {
                    // R12: without its name the tag is taken away.
                    let tag = body.get("tag_name").cloned().unwrap_or_else(|| json!("untagged-1"));
                    for (name, value) in body.as_object().expect("an object") {
                        release[name] = value.clone();
                    }
                    release["tag_name"] = tag;
                }
                ok(release)
            }
            _ => not_found(),
        }
    }

    fn make(&mut self, seen: &Seen, mut body: Value) -> Reply {
        let id = self.id();
        let host = seen.header("host").expect("a host");
        let upload = format!("http://{host}/api/v3/repos/owner/name/releases/{id}/assets{{?name,label}}");
        body["id"] = json!(id);
        body["upload_url"] = json!(upload);
        self.releases.push(body.clone());
        answer(201, &body)
    }

    fn store(&mut self, seen: &Seen) -> Reply {
        let query = seen.target.split_once('?').expect("a query").1;
        let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)).map(str::to_owned);
        let name = value("name=").expect("a name").replace("%2B", "+").replace("%20", ".");
        if self.assets.iter().any(|asset| asset["name"] == name.as_str()) {
            let errors = json!([{"resource": "ReleaseAsset", "code": "already_exists", "field": "name"}]);
            return answer(422, &json!({"message": "Validation Failed", "errors": errors}));
        }
        let label = value("label=").unwrap_or_default().replace("%2B", "+").replace("%20", " ");
        let asset = json!({"id": self.id(), "name": name, "label": label, "state": "uploaded",
            "size": seen.body.len(), "digest": format!("sha256:{}", Sha256::of(&seen.body))});
        self.assets.push(asset.clone());
        answer(201, &asset)
    }
}

fn text() -> ReleaseText {
    ReleaseText {
        tag: "v1".into(),
        commit: None,
        title: "1.0".into(),
        body: marked("notes"),
        prerelease: false,
    }
}

fn artifact(name: &str, bytes: &[u8]) -> Artifact {
    Artifact::new(name.parse().expect("good"), Hashes::of(bytes), ArtifactKind::Other)
}

/// A file in a folder that stays until the test ends.
fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    std::fs::File::create(&path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, bytes))
        .expect("written");
    (folder, path)
}

async fn whole(write: &GithubWrite) -> Result<(), RemoteError> {
    let (_first, one) = file(b"one");
    let (_second, two) = file(b"two");
    write.ensure_draft(&text()).await?;
    write.ensure_asset("v1", &artifact("one.whl", b"one"), &one).await?;
    write.ensure_asset("v1", &artifact("two.whl", b"two"), &two).await?;
    write.ensure_text(&ReleaseText { title: "1.0!".into(), ..text() }).await?;
    write.ensure_published("v1", false, MakeLatest::Yes).await
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
            "GET /releases/1/assets?per_page=100",
            "POST /releases/1/assets?name=one.whl",
            "POST /releases/1/assets?name=two.whl",
            "PATCH /releases/1",
            "GET /releases/1",
            "PATCH /releases/1",
        ]
    );
    let seen = script.seen();
    let sent = |index: usize| serde_json::from_slice::<Value>(&seen[index].body).expect("JSON");
    let draft =
        json!({"tag_name": "v1", "name": "1.0", "body": marked("notes"), "draft": true, "prerelease": false});
    assert_eq!(sent(1), draft);
    assert_eq!(seen[4].header("content-length"), Some("3"));
    assert_eq!(seen[4].header("content-type"), Some("application/octet-stream"));
    assert_eq!(sent(6), json!({"tag_name": "v1", "name": "1.0!", "body": marked("notes")}));
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
        let theirs = json!({"id": 77, "name": "a.whl", "label": "", "state": "uploaded", "size": 4,
            "digest": format!("sha256:{}", Sha256::of(b"them"))});
        world.lock().expect("no panic inside").assets.push(theirs);
        let error = write.ensure_asset("v1", &artifact("a.whl", b"mine"), &path).await.expect_err("conflict");
        assert!(matches!(error, RemoteError::Conflict { .. }), "{error}");
    });
    assert!(!asked(&script).iter().any(|one| one.starts_with("DELETE") || one.contains("name=")));
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
            write.ensure_asset("v1", &artifact("a b+c.bin", b"x"), &path).await.expect("there");
        }
        // Another process knows only what GitHub shows.
        writer(&script).ensure_asset("v1", &artifact("a b+c.bin", b"x"), &path).await.expect("there");
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
    run(writer(&script).ensure_asset("v1", &artifact("a.whl", b"mine"), &path)).expect("the second time");
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
            run(writer(&script).ensure_asset("v1", &artifact("a", b"x"), &path)).expect_err("refused");
        assert!(error.to_string().contains("may be sent to for uploads"), "{error}");
        assert!(!error.to_string().contains("u:p"), "{error}");
    }
}

#[test]
fn files_that_github_never_takes_are_refused_before_anything_is_asked() {
    let script = Script::of([]);
    let (_folder, path) = file(b"");
    let error = run(writer(&script).ensure_asset("v1", &artifact("a", b""), &path)).expect_err("empty");
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
        write.ensure_published("v1", true, MakeLatest::Yes).await.expect("published");
        write.ensure_published("v1", true, MakeLatest::Yes).await.expect("is published");
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
        let script = Script::of([ok(&json!([draft])), ok(&draft), ok(&said)]);
        let published = run(writer(&script).ensure_published("v1", false, MakeLatest::No));
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
    let error = run(writer(&script).ensure_published("v1", false, MakeLatest::No)).expect_err("none");
    assert!(matches!(error, RemoteError::Missing { .. }) && error.hint().is_some(), "{error}");
    assert!(asked(&script).len() > 3, "it is given time to show");
}

/// Remembers for how long it was asked to wait, and does not wait.
#[derive(Default)]
struct Counted(Mutex<Vec<Duration>>);

impl Pace for Counted {
    fn sleep(&self, delay: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.lock().expect("no panic inside").push(delay);
        Box::pin(tokio::task::yield_now())
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}

fn writer_in(surroundings: &Surroundings, script: &Script) -> GithubWrite {
    let http = Http::new(surroundings).expect("a client");
    let repository = "owner/name".parse().expect("good");
    GithubWrite::new(http, endpoint(script, "/api/v3"), repository, Secret::new(TOKEN.into()))
}

#[test]
fn many_uploads_are_paced() {
    let world = Shared::default();
    let script = serve(&world);
    let pace = Arc::new(Counted::default());
    let surroundings = Surroundings { pace: Arc::clone(&pace) as _, ..Surroundings::silent() };
    let write = writer_in(&surroundings, &script);
    let (_folder, path) = file(b"x");
    run(async {
        write.ensure_draft(&text()).await.expect("made");
        for count in 0..23 {
            write.ensure_asset("v1", &artifact(&format!("{count}"), b"x"), &path).await.expect("sent");
        }
    });
    assert_eq!(*pace.0.lock().expect("no panic inside"), [Duration::from_secs(1); 3]);
}

#[test]
fn a_wait_of_an_hour_is_told_and_not_waited_out() {
    let script = Script::answering(|seen| match seen.method.as_str() {
        "GET" => ok(&json!([])),
        _ => answer(403, &json!({"message": "API rate limit exceeded"})).with("retry-after", "3600"),
    });
    let error = run(writer(&script).ensure_draft(&text())).expect_err("too long");
    assert!(error.hint().is_some_and(|hint| hint.contains("run again later")), "{error:?}");
    assert_eq!(asked(&script).len(), 2);
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
