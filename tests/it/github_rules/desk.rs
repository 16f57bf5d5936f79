//! A desk to ask the simulator from: four hosts, a few tokens, and the contract check in between.

use std::sync::{Arc, Mutex, MutexGuard};

use release_action::sim::github::access::{Access, Permissions};
use release_action::sim::github::{Api, Github, Results, Storage, Uploads};
use release_action::sim::{Request, Response, Service};
use serde_json::{Value, json};

use crate::support::contract::Contract;

/// Where the API is mounted.
const API: &str = "http://api.localhost:1";
const UPLOADS: &str = "http://uploads.localhost:2";
const STORAGE: &str = "http://storage.localhost:3";

/// The repository of all these tests.
pub(super) const REPO: &str = "/repos/octo-org/sample";

/// A release job's token.
pub(super) const WRITER: Option<&str> = Some("Bearer writer");
/// The token of a job that changes the version: it opens pull requests and starts workflows too.
pub(super) const BUMPER: Option<&str> = Some("Bearer bumper");
/// A token that looks only.
pub(super) const READER: Option<&str> = Some("Bearer reader");
/// A token without any permission.
pub(super) const NOBODY: Option<&str> = Some("Bearer nobody");
/// A person's token that may do everything.
pub(super) const OWNER: Option<&str> = Some("token owner");
/// No token.
pub(super) const STRANGER: Option<&str> = None;

pub(super) struct Desk {
    github: Arc<Mutex<Github>>,
    api: Api,
    uploads: Uploads,
    storage: Storage,
    results: Results,
}

/// An answer, easier to ask.
#[derive(Debug)]
pub(super) struct Reply(pub(super) Response);

impl Desk {
    pub(super) fn new() -> Self {
        Self::under("")
    }

    /// A desk whose API is mounted under a base path.
    pub(super) fn under(base_path: &str) -> Self {
        let mut github = Github::new("octo-org/sample");
        github.add_token("writer", Permissions::writer());
        github.add_token("reader", Permissions::reader());
        github.add_token("nobody", Permissions::default());
        let all = Access::Write;
        let bumper = Permissions { actions: all, pull_requests: all, ..Permissions::writer() };
        github.add_token("bumper", bumper);
        let owner = Permissions {
            contents: all,
            actions: all,
            workflows: all,
            pull_requests: all,
            discussions: all,
            administration: all,
            checks: all,
            statuses: all,
        };
        github.add_token("owner", owner);
        let github = Arc::new(Mutex::new(github));
        let api = Api::new(Arc::clone(&github), base_path);
        let desk = Self {
            api,
            uploads: Uploads::new(Arc::clone(&github)),
            storage: Storage::new(Arc::clone(&github)),
            results: Results::new(Arc::clone(&github)),
            github,
        };
        desk.github().set_origins(API, UPLOADS, STORAGE);
        desk
    }

    /// The simulator itself, to prepare it or to look into it.
    pub(super) fn github(&self) -> MutexGuard<'_, Github> {
        self.github.lock().expect("no test thread panicked with it")
    }

    /// The API as the universe sees it.
    pub(super) fn api(&mut self) -> &mut Api {
        &mut self.api
    }

    /// The storage as the universe sees it.
    pub(super) fn storage(&mut self) -> &mut Storage {
        &mut self.storage
    }

    /// Asks the API as the release job; `target` is behind the repository.
    pub(super) fn get(&mut self, target: &str) -> Reply {
        self.send(WRITER, "GET", target, &Value::Null)
    }

    pub(super) fn post(&mut self, target: &str, body: &Value) -> Reply {
        self.send(WRITER, "POST", target, body)
    }

    pub(super) fn patch(&mut self, target: &str, body: &Value) -> Reply {
        self.send(WRITER, "PATCH", target, body)
    }

    pub(super) fn delete(&mut self, target: &str) -> Reply {
        self.send(WRITER, "DELETE", target, &Value::Null)
    }

    /// Asks the API as anybody.
    pub(super) fn send(&mut self, token: Option<&str>, method: &str, target: &str, body: &Value) -> Reply {
        self.request(request(token, method, &format!("{REPO}{target}"), body))
    }

    /// Asks the API for bytes in the media type `accept`.
    pub(super) fn accepting(&mut self, accept: &str, target: &str) -> Reply {
        let mut request = request(WRITER, "GET", &format!("{REPO}{target}"), &Value::Null);
        request.headers.push(("accept".to_owned(), accept.to_owned()));
        self.request(request)
    }

    /// Sends any request to the API and holds the exchange against the description.
    pub(super) fn request(&mut self, request: Request) -> Reply {
        let response = self.api.handle(&request);
        let violations = Contract::check_parts("github", &request, Some(&response));
        assert!(violations.is_empty(), "{violations:#?}\n{}", String::from_utf8_lossy(&response.body));
        Reply(response)
    }

    /// Sends a request that the description forbids.
    pub(super) fn defy(&mut self, method: &str, target: &str, body: &Value) -> Reply {
        Reply(self.api.handle(&request(WRITER, method, &format!("{REPO}{target}"), body)))
    }

    /// Makes a draft and gives its number.
    pub(super) fn draft(&mut self, tag_name: &str) -> u64 {
        let reply = self.post("/releases", &json!({ "tag_name": tag_name, "draft": true }));
        assert_eq!(reply.status(), 201);
        reply.json()["id"].as_u64().expect("releases have numbers")
    }

    /// Makes a release and publishes it at once; gives its number.
    pub(super) fn published(&mut self, tag_name: &str) -> u64 {
        let reply = self.post("/releases", &json!({ "tag_name": tag_name }));
        assert_eq!(reply.status(), 201);
        reply.json()["id"].as_u64().expect("releases have numbers")
    }

    /// Sends a file to a release; `query` is as it goes over the wire.
    pub(super) fn upload(&mut self, release_id: u64, query: &str, bytes: &'static str) -> Reply {
        let length = ("content-length".to_owned(), bytes.len().to_string());
        self.upload_with(release_id, query, bytes, Some(length))
    }

    /// The same with another header, or none, in the place of the length.
    pub(super) fn upload_with(
        &mut self,
        release_id: u64,
        query: &str,
        bytes: &'static str,
        length: Option<(String, String)>,
    ) -> Reply {
        let target = format!("{REPO}/releases/{release_id}/assets?{query}");
        let mut request = request(WRITER, "POST", &target, &Value::Null);
        request.headers.push(("content-type".to_owned(), "application/octet-stream".to_owned()));
        request.headers.extend(length);
        request.body = bytes.into();
        let response = self.uploads.handle(&request);
        let violations = Contract::check_parts("uploads", &request, Some(&response));
        assert!(violations.is_empty(), "{violations:#?}\n{}", String::from_utf8_lossy(&response.body));
        Reply(response)
    }

    /// Asks a method of the artifact service, by the token that a job was lent.
    pub(super) fn leave(&mut self, token: &str, method: &str, body: &Value) -> Reply {
        let target = format!("/twirp/github.actions.results.api.v1.ArtifactService/{method}");
        let mut request = request(Some(&format!("Bearer {token}")), "POST", &target, body);
        request.headers.push(("content-type".to_owned(), "application/json".to_owned()));
        Reply(self.results.handle(&request))
    }

    /// Sends bytes to the storage host.
    pub(super) fn put(&mut self, address: &str, headers: &[(&str, &str)], bytes: &str) -> Reply {
        let target = address.strip_prefix(STORAGE).expect("the storage is a host of its own");
        let mut request = request(None, "PUT", target, &Value::Null);
        let length = bytes.len().to_string();
        let headers = headers.iter().copied().chain([("content-length", length.as_str())]);
        request.headers.extend(headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
        request.body = bytes.to_owned().into();
        Reply(self.storage.handle(&request))
    }

    /// Follows an address to the storage host.
    pub(super) fn fetch(&mut self, address: &str, token: Option<&str>) -> Reply {
        let target = address.strip_prefix(STORAGE).expect("the storage is a host of its own");
        Reply(self.storage.handle(&request(token, "GET", target, &Value::Null)))
    }
}

/// A request by this token, if any.
pub(super) fn request(token: Option<&str>, method: &str, target: &str, body: &Value) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = [
        ("user-agent", Some("tests")),
        ("x-github-api-version", Some("2022-11-28")),
        ("authorization", token),
    ];
    let headers = headers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers.collect(),
        body: if body.is_null() { String::new() } else { body.to_string() }.into(),
    }
}

impl Reply {
    pub(super) fn status(&self) -> u16 {
        self.0.status
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.0.body).expect("the answer is JSON")
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.body).into_owned()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.0.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// Where a redirection leads.
    pub(super) fn location(&self) -> String {
        self.header("location").expect("a redirection says where").to_owned()
    }

    /// The values of one field over a list.
    pub(super) fn each(&self, field: &str) -> Vec<Value> {
        let all = self.json();
        all.as_array().expect("the answer is a list").iter().map(|one| one[field].clone()).collect()
    }

    /// The code and field of each reason of a refusal.
    pub(super) fn reasons(&self) -> Vec<(String, String)> {
        let body = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| (text(&error["code"]), text(&error["field"]))).collect()
    }

    /// The words of a refusal.
    pub(super) fn message(&self) -> String {
        self.json()["message"].as_str().expect("refusals have a message").to_owned()
    }
}
