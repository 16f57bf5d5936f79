//! The three hosts that GitHub is reached on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sim::{Request, Response, Service};

use super::Github;

/// The REST API, with or without a base path in front of the documented paths.
pub struct Api(Arc<Mutex<Github>>);

/// The host that takes the files of releases.
pub struct Uploads(Arc<Mutex<Github>>);

/// The host that signed addresses lead to.
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

    /// Lists, releases by tag and references lag; a release or an asset asked for by its number never does. // R4
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
