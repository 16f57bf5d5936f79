//! GitHub in memory: one repository with its commits, releases, workflow runs and artifacts.
//!
//! It speaks the REST API's version 2022-11-28 on three hosts, as the service does: the API, the host that
//! takes uploads, and the storage that signed addresses lead to. Numbered rules (`R12`) mark what users found
//! out and the published description does not say; `tests/it/github_rules.rs` has a test for each. It starts no
//! workflows, keeps no git packs and makes up its hashes.

pub mod access;
pub mod fronts;
pub mod git;
pub mod limits;
pub mod release;
pub mod runs;

mod actions;
mod asset_name;
mod assets;
mod body;
mod clock;
mod commits;
mod contents;
mod links;
mod notes;
mod publish;
mod refs;
mod releases;
mod reply;
mod route;
mod setup;
mod state;
mod storage;
mod upload;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use access::Permissions;
use git::Objects;
use limits::{Limits, Usage};
use links::Links;
use runs::Run;
use state::{Lag, State};
use storage::Signed;

/// What holds for the repository until somebody changes it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether strangers see nothing.
    pub private: bool,
    /// The branch that releases are made from unless told otherwise.
    pub default_branch: String,
    /// Whether publishing fixes a release for ever. // R28
    pub immutable_releases: bool,
    /// Whether a draft loses its tag in every `PATCH` that does not repeat it. // R12
    pub strict_patches: bool,
    /// Whether assets are answered at once, in place of a redirection. // R26
    pub direct_downloads: bool,
    /// Beginnings of tag names that a rule forbids to create, move and delete. // R11
    pub protected_tags: Vec<String>,
    /// The discussion categories there are. // R9
    pub discussion_categories: Vec<String>,
    /// How many assets a release may have. // R19
    pub assets_per_release: usize,
    /// An asset must be smaller than this. // R19
    pub asset_limit_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            private: false,
            default_branch: "main".to_owned(),
            immutable_releases: false,
            strict_patches: true,
            direct_downloads: false,
            protected_tags: Vec::new(),
            discussion_categories: Vec::new(),
            assets_per_release: 1_000,
            asset_limit_bytes: 2 << 30,
        }
    }
}

/// What goes wrong inside the service, each for the next so many requests it could happen to.
#[derive(Clone, Debug, Default)]
pub struct Troubles {
    /// Uploads that end in 502 and leave a `starter` row. // R22
    pub failing_uploads: u32,
    /// Uploads that end in 502 although the file was stored. // R23
    pub ambiguous_uploads: u32,
    /// Uploads that store other bytes than were sent.
    pub corrupt_uploads: u32,
    /// Downloads that deliver other bytes than are stored.
    pub corrupt_downloads: u32,
    /// Asset downloads that end in a web page with status 200. // R26
    pub unicorn_downloads: u32,
    /// Searches for runs by commit that find nothing. // R33
    pub blind_run_searches: u32,
}

/// The whole service, seen through [`fronts`].
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
    now_s: u64,
    last_id: u64,
    requests: u64,
    tokens: BTreeMap<String, Permissions>,
    objects: Objects,
    workflows: Vec<String>,
    runs: Vec<Run>,
    state: Arc<State>,
    before: Option<Arc<State>>,
    lag: Lag,
    burnt_tags: BTreeSet<String>,
    signed: BTreeMap<String, Signed>,
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

/// A panic in another test thread leaves the state as it was between two requests.
fn lock(github: &Mutex<Github>) -> MutexGuard<'_, Github> {
    github.lock().unwrap_or_else(PoisonError::into_inner)
}
