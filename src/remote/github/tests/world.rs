//! A GitHub of our own making: just enough of it to see what the writer makes of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{TOKEN, answer, endpoint, not_found, ok};
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::digest::{Hashes, Sha256};
use crate::model::secret::Secret;
use crate::remote::github::upload::Content;
use crate::remote::github::write::GithubWrite;
use crate::remote::github::{MakeLatest, Publication, ReleaseText, marked};
use crate::remote::http::Http;
use crate::remote::http::script::{Reply, Script, Seen};
use crate::remote::surroundings::{Event, Pace, Progress, Surroundings};

/// What there is, and what goes wrong.
#[derive(Default)]
pub(super) struct World {
    pub(super) releases: Vec<Value>,
    pub(super) assets: Vec<Value>,
    /// Commits by tag.
    pub(super) tags: BTreeMap<String, String>,
    next_id: u64,
    /// Requests so far.
    pub(super) count: usize,
    pub(super) faults: Vec<(usize, Fault)>,
    /// From this request on nothing reaches the service: whoever asked is gone.
    pub(super) down_from: Option<usize>,
    /// So many lists do not show the newest release or asset yet.
    pub(super) stale: usize,
    /// Releases that so many lists do not show yet.
    pub(super) late: Vec<(u64, usize)>,
    /// So many lists do not show a release that was just made.
    pub(super) lag: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
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

pub(super) type Shared = Arc<Mutex<World>>;

/// A server that shows `world`.
pub(super) fn serve(world: &Shared) -> Script {
    let world = Arc::clone(world);
    Script::answering(move |seen| world.lock().expect("no panic inside").answer(seen))
}

impl World {
    fn answer(&mut self, seen: &Seen) -> Reply {
        self.count += 1;
        if self.down_from.is_some_and(|from| self.count >= from) {
            return Reply::Close;
        }
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
                    let release: u64 =
                        seen.target.split('/').nth_back(1).and_then(|id| id.parse().ok()).expect("a number");
                    let remains = json!({"id": self.id(), "release": release, "name": name, "label": "", "state": "starter", "size": 0, "digest": null});
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

    pub(super) fn id(&mut self) -> u64 {
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
        let path = path.strip_prefix("/api/v3/repos/owner/name").expect("a route of the repository");
        if path.is_empty() {
            return ok(&json!({"id": 1, "full_name": "owner/name"}));
        }
        if let Some(path) = path.strip_prefix("/git/") {
            return self.refer(seen, path);
        }
        let path = path.strip_prefix("/releases").expect("a route of releases");
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        let id = parts.iter().find_map(|part| part.parse::<u64>().ok());
        match (seen.method.as_str(), parts.as_slice()) {
            ("GET", []) => self.list(),
            ("POST", []) => self.make(seen, body),
            (_, [_, "assets"]) if !self.releases.iter().any(|release| release["id"].as_u64() == id) => {
                not_found()
            }
            ("GET", [_, "assets"]) => {
                let of_release = |asset: &&Value| asset["release"].as_u64() == id;
                let assets: Vec<Value> = self.assets.iter().filter(of_release).cloned().collect();
                self.shown(&assets)
            }
            ("POST", [release, "assets"]) => self.store(seen, release),
            (method @ ("GET" | "PATCH"), ["assets", _]) => {
                let taken = self
                    .assets
                    .iter()
                    .any(|asset| asset["id"].as_u64() != id && asset["name"] == body["name"]);
                let Some(asset) = self.assets.iter_mut().find(|asset| asset["id"].as_u64() == id) else {
                    return not_found();
                };
                if method == "PATCH" && taken {
                    return taken_name();
                }
                for (name, value) in body.as_object().into_iter().flatten() {
                    asset[name] = value.clone();
                }
                asset["name"] = json!(asset["name"].as_str().expect("a text").replace(' ', "."));
                ok(asset)
            }
            ("DELETE", ["assets", _]) => {
                self.assets.retain(|asset| asset["id"].as_u64() != id);
                Reply::status(204)
            }
            ("DELETE", [_]) => {
                self.assets.retain(|asset| asset["release"].as_u64() != id);
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

    fn list(&mut self) -> Reply {
        let late: Vec<u64> = self.late.iter().filter(|(_, lists)| *lists > 0).map(|(id, _)| *id).collect();
        self.late.iter_mut().for_each(|(_, lists)| *lists = lists.saturating_sub(1));
        let is_shown = |release: &&Value| release["id"].as_u64().is_none_or(|id| !late.contains(&id));
        let releases: Vec<Value> = self.releases.iter().filter(is_shown).cloned().collect();
        self.shown(&releases)
    }

    /// References: made, moved, deleted and looked up.
    fn refer(&mut self, seen: &Seen, path: &str) -> Reply {
        let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        let sha = body["sha"].as_str().unwrap_or_default().to_owned();
        let name = body["ref"].as_str().unwrap_or(path).rsplit('/').next().expect("a name").to_owned();
        let shown =
            |sha: &str| json!({"ref": format!("refs/tags/{name}"), "object": {"type": "commit", "sha": sha}});
        match (seen.method.as_str(), self.tags.get(&name).cloned()) {
            ("GET", None) => not_found(),
            ("GET", Some(sha)) => ok(&shown(&sha)),
            ("POST", Some(_)) => answer(422, &json!({"message": "Reference already exists"})),
            ("PATCH" | "DELETE", None) => answer(422, &json!({"message": "Reference does not exist"})),
            ("DELETE", Some(_)) => {
                self.tags.remove(&name);
                Reply::status(204)
            }
            (method, _) => {
                let reply = shown(&sha);
                self.tags.insert(name, sha);
                answer(if method == "POST" { 201 } else { 200 }, &reply)
            }
        }
    }

    /// Puts an asset there that nobody sent.
    pub(super) fn put(&mut self, release: u64, name: &str, bytes: &[u8]) -> u64 {
        let id = self.id();
        self.assets
            .push(json!({"id": id, "release": release, "name": name, "label": "", "state": "uploaded",
            "size": bytes.len(), "digest": format!("sha256:{}", Sha256::of(bytes))}));
        id
    }

    /// `release name digest` of all assets.
    pub(super) fn held(&self) -> Vec<String> {
        let told = |asset: &Value| {
            format!("{} {} {}", asset["release"], asset["name"], asset["digest"]).replace('"', "")
        };
        let mut held: Vec<String> = self.assets.iter().map(told).collect();
        held.sort();
        held
    }

    fn make(&mut self, seen: &Seen, mut body: Value) -> Reply {
        let id = self.id();
        let host = seen.header("host").expect("a host");
        let upload = format!("http://{host}/api/v3/repos/owner/name/releases/{id}/assets{{?name,label}}");
        body["id"] = json!(id);
        body.as_object_mut().expect("an object").entry("prerelease").or_insert(json!(false));
        body["upload_url"] = json!(upload);
        self.releases.push(body.clone());
        if self.lag > 0 {
            self.late.push((id, self.lag));
        }
        answer(201, &body)
    }

    fn store(&mut self, seen: &Seen, release: &str) -> Reply {
        let release: u64 = release.parse().expect("a number");
        let query = seen.target.split_once('?').expect("a query").1;
        let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)).map(str::to_owned);
        let name = value("name=").expect("a name").replace("%2B", "+").replace("%20", ".");
        if self.assets.iter().any(|asset| asset["name"] == name.as_str() && asset["release"] == release) {
            return taken_name();
        }
        let label = value("label=").unwrap_or_default().replace("%2B", "+").replace("%20", " ");
        let asset = json!({"id": self.id(), "name": name, "label": label, "state": "uploaded", "release": release,
            "size": seen.body.len(), "digest": format!("sha256:{}", Sha256::of(&seen.body))});
        self.assets.push(asset.clone());
        answer(201, &asset)
    }
}

pub(super) fn text() -> ReleaseText {
    ReleaseText {
        tag: "v1".into(),
        target: None,
        title: "1.0".into(),
        body: marked("notes"),
        prerelease: false,
    }
}

pub(super) fn artifact(name: &str, bytes: &[u8]) -> Artifact {
    Artifact::new(name.parse().expect("good"), Hashes::of(bytes), ArtifactKind::Other)
}

/// A file in a folder that stays until the test ends.
pub(super) fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    std::fs::File::create(&path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, bytes))
        .expect("written");
    (folder, path)
}

pub(super) fn at(path: &Path) -> Content {
    Content::File(path.to_owned())
}

pub(super) fn publication(prerelease: bool, latest: MakeLatest) -> Publication {
    Publication { prerelease, latest, discussion_category: None, target: None, commit: None }
}

fn taken_name() -> Reply {
    let errors = json!([{"resource": "ReleaseAsset", "code": "already_exists", "field": "name"}]);
    answer(422, &json!({"message": "Validation Failed", "errors": errors}))
}

/// Its clock goes on by what it is asked to wait for, and by nothing else.
#[derive(Default)]
pub(super) struct Clocked(Mutex<Duration>);

impl Clocked {
    /// How long was waited so far.
    pub(super) fn waited(&self) -> Duration {
        *self.0.lock().expect("no panic inside")
    }
}

impl Pace for Clocked {
    fn sleep(&self, delay: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        *self.0.lock().expect("no panic inside") += delay;
        Box::pin(tokio::task::yield_now())
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.waited()
    }
}

/// Keeps what was noted.
#[derive(Default)]
pub(super) struct Notes(Mutex<Vec<String>>);

impl Notes {
    pub(super) fn all(&self) -> Vec<String> {
        self.0.lock().expect("no panic inside").clone()
    }
}

impl Progress for Notes {
    fn event(&self, event: Event<'_>) {
        if let Event::Note(note) = event {
            self.0.lock().expect("no panic inside").push(note.to_owned());
        }
    }
}

pub(super) fn writer_in(surroundings: &Surroundings, script: &Script) -> GithubWrite {
    let http = Http::new(surroundings).expect("a client");
    let repository = "owner/name".parse().expect("good");
    GithubWrite::new(http, endpoint(script, "/api/v3"), repository, Secret::new(TOKEN.into()))
}
