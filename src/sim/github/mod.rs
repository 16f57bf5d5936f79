//! GitHub in memory: one repository with its commits, pull requests, releases, workflow runs and artifacts.
//!
//! It speaks the REST API's version 2022-11-28 on three hosts, as the service does: the API, the host that
//! takes uploads, and the storage that signed addresses lead to; a fourth takes the artifacts of jobs. Numbered rules (`R12`) mark what users found
//! out and the published description does not say; `tests/it/github_rules.rs` has a test for each. It starts no
//! workflows, keeps no git packs and makes up its hashes.

pub mod access;
pub mod checks;
pub mod git;
pub mod limits;
pub mod pulls;
pub mod release;
pub mod runs;
pub mod settings;

mod actions;
mod asset_name;
mod assets;
mod blobs;
mod body;
mod commits;
mod contents;
pub mod dispatches;
mod events;
mod graphql;
mod links;
mod notes;
mod publish;
mod refs;
mod releases;
mod reply;
mod results;
mod route;
mod setup;
mod state;
mod storage;
mod trees;
mod upload;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::clock::Clock;
use super::{Request, Response, Service};

use access::Permissions;
use blobs::Blobs;
use checks::Findings;
use dispatches::Dispatched;
use git::Objects;
use limits::{Limits, Usage};
use links::Links;
use results::Results as Leaving;
use runs::Run;
use settings::{Settings, Troubles};
use state::{Lag, State};
use storage::Signed;

/// The whole service, seen through [`Api`], [`Uploads`], [`Storage`] and [`Results`].
#[derive(Debug)]
pub struct Github {
    /// What holds for the repository.
    pub settings: Settings,
    /// What goes wrong.
    pub troubles: Troubles,
    /// How often one may ask.
    pub limits: Limits,
    base_path: String,
    links: Links,
    clock: Clock,
    last_id: u64,
    requests: u64,
    tokens: BTreeMap<String, Permissions>,
    objects: Objects,
    workflows: Vec<String>,
    runs: Vec<Run>,
    dispatched: Vec<Dispatched>,
    findings: Findings,
    state: Arc<State>,
    before: Option<Arc<State>>,
    lag: Lag,
    burnt_tags: BTreeSet<String>,
    signed: BTreeMap<String, Signed>,
    results: Leaving,
    blobs: Blobs,
    usage: Usage,
}

/// The REST API, with or without a base path in front of the documented paths.
#[derive(Debug)]
pub struct Api(Arc<Mutex<Github>>);

/// The host that takes the files of releases.
#[derive(Debug)]
pub struct Uploads(Arc<Mutex<Github>>);

/// The host that signed addresses lead to.
#[derive(Debug)]
pub struct Storage(Arc<Mutex<Github>>);

/// The host that jobs leave their artifacts with.
#[derive(Debug)]
pub struct Results(Arc<Mutex<Github>>);

impl Api {
    /// The API of `github` under `base_path`: empty, or `/api/v3` as on a server of one's own.
    pub fn new(github: Arc<Mutex<Github>>, base_path: &str) -> Self {
        lock(&github).set_base_path(base_path);
        Self(github)
    }
}

impl Uploads {
    /// The upload host of `github`.
    pub const fn new(github: Arc<Mutex<Github>>) -> Self {
        Self(github)
    }
}

impl Storage {
    /// The storage of `github`.
    pub const fn new(github: Arc<Mutex<Github>>) -> Self {
        Self(github)
    }
}

impl Results {
    /// The artifact service of `github`.
    pub const fn new(github: Arc<Mutex<Github>>) -> Self {
        Self(github)
    }
}

impl Service for Api {
    fn name(&self) -> &'static str {
        "github"
    }

    fn handle(&mut self, request: &Request) -> Response {
        lock(&self.0).api(request)
    }

    /// Lists, releases by tag and references lag; what is asked for by its number never does. // R4
    fn lag(&mut self, reads: u32) {
        lock(&self.0).lag(reads);
    }

    /// Files come by the upload host: this is the same as its own.
    fn corrupt(&mut self, files: u32) {
        lock(&self.0).troubles.corrupt_uploads = files;
    }

    fn limit(&mut self) -> Response {
        lock(&self.0).limit(Host::Api)
    }
}

impl Service for Uploads {
    fn name(&self) -> &'static str {
        "uploads"
    }

    fn handle(&mut self, request: &Request) -> Response {
        lock(&self.0).upload(request)
    }

    /// The upload host answers no look-ups.
    fn lag(&mut self, _reads: u32) {}

    fn corrupt(&mut self, files: u32) {
        lock(&self.0).troubles.corrupt_uploads = files;
    }

    fn limit(&mut self) -> Response {
        lock(&self.0).limit(Host::Uploads)
    }

    fn break_off(&mut self, request: &Request) {
        lock(&self.0).upload_in_part(request);
    }
}

impl Service for Storage {
    fn name(&self) -> &'static str {
        "storage"
    }

    fn handle(&mut self, request: &Request) -> Response {
        lock(&self.0).storage(request)
    }

    /// A signed address leads to its bytes at once.
    fn lag(&mut self, _reads: u32) {}

    /// Nothing is sent here, so the next files are delivered with other bytes than are stored.
    fn corrupt(&mut self, files: u32) {
        lock(&self.0).troubles.corrupt_downloads = files;
    }
}

impl Service for Results {
    fn name(&self) -> &'static str {
        "results"
    }

    fn handle(&mut self, request: &Request) -> Response {
        lock(&self.0).results(request)
    }

    /// What was left shows at once.
    fn lag(&mut self, _reads: u32) {}

    /// No bytes pass here.
    fn corrupt(&mut self, _files: u32) {}
}

/// The hosts that refuse in forms of their own.
#[derive(Clone, Copy, Debug)]
enum Host {
    /// The REST API.
    Api,
    /// The host for uploads.
    Uploads,
}

/// A panic in another test thread leaves the state as it was between two requests.
fn lock(github: &Mutex<Github>) -> MutexGuard<'_, Github> {
    github.lock().unwrap_or_else(PoisonError::into_inner)
}
