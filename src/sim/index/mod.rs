//! A Python index: PyPI's legacy upload, its simple index, its files, and trusted publishing.
//!
//! It refuses what PyPI refuses, with the same status and words, as far as that can be known from the upload
//! itself. Deliberately absent: accounts beyond one user, the signatures of attestations, and the JSON API by version.

mod accept;
mod archive;
mod attestations;
mod form;
mod metadata;
mod multipart;
mod platforms;
mod publishing;
mod refusal;
mod simple;
mod store;
mod tokens;
mod upload;

use bytes::Bytes;

use super::clock::Clock;
use super::oidc::jwt::Key;
use super::{Request, Response, Service};
use crate::model::artifact::{Distribution, FileName};
use crate::model::digest::{Blake2b256, Hashes};
use crate::model::name::PackageName;
use publishing::TrustedPublishing;
use refusal::Refusal;
use simple::Fragments;
use store::{Projects, Store};
use tokens::Tokens;

pub use attestations::Provenance;
pub use publishing::{Publisher, Stage, TOKEN_SECONDS, Workflow};
pub use store::File;
pub use tokens::{Scope, USER};

/// How large a file may be, in bytes, until a project is granted more.
const FILE_LIMIT_BYTES: u64 = 100 << 20;

/// Which server the index behaves like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Warehouse, which PyPI runs: every rule, JSON, trusted publishing.
    Warehouse,
    /// The same, for clients that read JSON: there are no pages.
    WarehouseWithoutPages,
    /// pypiserver with SHA-256: pages only, links with digests, no rule but "the name is taken".
    Pypiserver,
    /// The same without digests in the links.
    PypiserverWithoutHashes,
}

/// A Python index.
#[derive(Debug)]
pub struct Index {
    name: &'static str,
    clock: Clock,
    flavour: Flavour,
    store: Store,
    tokens: Tokens,
    trusted_publishing: TrustedPublishing,
    read_only: bool,
    file_limit_bytes: u64,
    new_projects_left: Option<u32>,
    lagging_reads: u32,
    corrupt_files: u32,
}

/// Preparing an index, and looking at it.
impl Index {
    /// An empty index that answers as PyPI does. `key` is that of the trusted issuer.
    pub fn pypi(clock: Clock, key: Key) -> Self {
        Self::new("index", clock, TrustedPublishing::new("pypi", key))
    }

    /// An empty index that answers as TestPyPI does.
    pub fn test_pypi(clock: Clock, key: Key) -> Self {
        Self::new("test-index", clock, TrustedPublishing::new("testpypi", key))
    }

    fn new(name: &'static str, clock: Clock, trusted_publishing: TrustedPublishing) -> Self {
        Self {
            name,
            clock,
            flavour: Flavour::Warehouse,
            store: Store::default(),
            tokens: Tokens::default(),
            trusted_publishing,
            read_only: false,
            file_limit_bytes: FILE_LIMIT_BYTES,
            new_projects_left: None,
            lagging_reads: 0,
            corrupt_files: 0,
        }
    }

    /// From here on it behaves like another server.
    pub const fn set_flavour(&mut self, flavour: Flavour) {
        self.flavour = flavour;
    }

    /// Takes no uploads while it is read-only.
    pub const fn set_read_only(&mut self, read_only: bool) {
        self.read_only = read_only;
    }

    /// Sets how large a file may be, in bytes.
    pub const fn set_file_limit(&mut self, bytes: u64) {
        self.file_limit_bytes = bytes;
    }

    /// Sets how many projects may still be created.
    pub const fn set_new_projects_left(&mut self, projects: u32) {
        self.new_projects_left = Some(projects);
    }

    /// Switches trusted publishing on or off.
    pub const fn set_trusted_publishing(&mut self, enabled: bool) {
        self.trusted_publishing.enabled = enabled;
    }

    /// Sets how long tokens count that are minted from here on, in seconds.
    pub const fn set_token_seconds(&mut self, seconds: u64) {
        self.trusted_publishing.token_seconds = seconds;
    }

    /// Lets a workflow publish. An active publisher's project is created where there is none.
    pub fn register(&mut self, publisher: Publisher) {
        if publisher.stage == Stage::Active {
            self.store.ensure_project(&publisher.project);
        }
        self.trusted_publishing.register(publisher);
    }

    /// A new API token.
    pub fn issue_token(&mut self, scope: Scope) -> String {
        self.tokens.issue(self.name, scope)
    }

    /// Ends an API token.
    pub fn revoke_token(&mut self, token: &str) {
        self.tokens.revoke(token);
    }

    /// Creates a project that another user owns.
    pub fn create_foreign_project(&mut self, name: &PackageName) {
        self.store.ensure_project(name).foreign = true;
    }

    /// Places a wheel or sdist as if it had been uploaded long ago, without any check; none when the name is
    /// neither's.
    pub fn place(&mut self, file_name: &FileName, bytes: impl Into<Bytes>) -> Option<&File> {
        let distribution = Distribution::of_file_name(file_name)?;
        let bytes = bytes.into();
        let project = distribution.name().clone();
        let file = File {
            name: file_name.to_string(),
            hashes: Hashes::of(&bytes),
            blake2b256: Blake2b256::of(&bytes),
            distribution,
            bytes,
            form: Vec::new(),
            metadata: None,
            uploaded_at: self.clock.now(),
            yanked: None,
            provenance: None,
        };
        self.store.put(&project, file);
        self.store.file(file_name.as_str())
    }

    /// Deletes a file, which burns its name; none when there is none.
    pub fn delete(&mut self, file_name: &str) -> Option<File> {
        self.store.delete(file_name)
    }

    /// Yanks a file, with a reason that may be empty; none when there is none.
    pub fn yank(&mut self, file_name: &str, reason: &str) -> Option<()> {
        self.store.change(file_name, |file| file.yanked = Some(reason.to_owned()))
    }

    /// Takes it back that a file is yanked; none when there is none.
    pub fn unyank(&mut self, file_name: &str) -> Option<()> {
        self.store.change(file_name, |file| file.yanked = None)
    }

    /// States the Pythons that a file is for; none when there is none.
    pub fn set_requires_python(&mut self, file_name: &str, text: &str) -> Option<()> {
        let field = ("requires_python".to_owned(), text.to_owned());
        self.store.change(file_name, |file| file.form.push(field))
    }

    /// How many of the next files are stored with other bytes than were sent.
    pub const fn corrupt_files_left(&self) -> u32 {
        self.corrupt_files
    }

    /// Every file, by project and name.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.store.files()
    }

    /// The file called `file_name`.
    pub fn file(&self, file_name: &str) -> Option<&File> {
        self.store.file(file_name)
    }
}

/// Answering.
impl Index {
    fn route(&mut self, request: &Request) -> Response {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let method = if request.method == "HEAD" { "GET" } else { request.method.as_str() };
        match (method, &segments[..], request.path.ends_with('/')) {
            ("POST", ["legacy"], true) => upload::answer(self, request),
            ("POST", ["legacy"], false) => missing_slash(request),
            ("GET", ["simple"], true) => {
                let projects = self.seen_projects();
                simple::root(request, &projects, self.forms())
            }
            ("GET", ["simple"], false) => moved("/simple/"),
            ("GET", ["simple", name], slash) => self.listing(request, name, slash),
            ("GET", ["files", ..], false) => self.download(request, &format!("/{}", segments.join("/"))),
            ("GET", ["_", "oidc", "audience"], false) if self.is_warehouse() => {
                self.trusted_publishing.audience()
            }
            ("POST", ["_", "oidc", "mint-token"], false) if self.is_warehouse() => self.mint(request),
            ("GET", ["integrity", project, version, file_name, "provenance"], false)
                if self.is_warehouse() =>
            {
                self.integrity(project, version, file_name)
            }
            (_, ["legacy" | "simple", ..] | ["_", "oidc", ..], _) if self.is_known(&segments) => {
                Refusal::of(405, "Method Not Allowed").response(request)
            }
            _ => not_found(request),
        }
    }

    fn is_warehouse(&self) -> bool {
        matches!(self.flavour, Flavour::Warehouse | Flavour::WarehouseWithoutPages)
    }

    /// The forms in which it lists files, the usual one first.
    const fn forms(&self) -> &'static [&'static str] {
        match self.flavour {
            Flavour::WarehouseWithoutPages => simple::JSON_ONLY,
            _ => simple::ALL_FORMS,
        }
    }

    /// Whether a path leads anywhere, with another method.
    fn is_known(&self, segments: &[&str]) -> bool {
        match segments {
            ["legacy" | "simple"] | ["simple", _] => true,
            ["_", "oidc", "audience" | "mint-token"] => self.is_warehouse(),
            _ => false,
        }
    }

    /// The projects as this look-up sees them.
    fn seen_projects(&mut self) -> Projects {
        if self.lagging_reads == 0 {
            return self.store.projects.clone();
        }
        self.lagging_reads -= 1;
        self.store.before().clone()
    }

    fn listing(&mut self, request: &Request, name: &str, slash: bool) -> Response {
        let Ok(name) = name.parse::<PackageName>() else { return not_found(request) };
        let normal = name.normal();
        if request.path != format!("/simple/{normal}/") && self.store.projects.contains_key(normal) {
            return moved(&format!("/simple/{normal}/"));
        }
        if !slash {
            return not_found(request);
        }
        let projects = self.seen_projects();
        let Some(project) = projects.get(normal) else { return not_found(request) };
        match self.flavour {
            Flavour::Warehouse | Flavour::WarehouseWithoutPages => {
                simple::project(request, project, self.forms())
            }
            Flavour::Pypiserver => simple::plain_page(request, project, Fragments::Sha256),
            Flavour::PypiserverWithoutHashes => simple::plain_page(request, project, Fragments::Nothing),
        }
    }

    fn download(&self, request: &Request, path: &str) -> Response {
        let found = |path: &str| self.store.files().find(|file| file.path() == path);
        if let Some(file) = found(path) {
            return Response::of(200, "application/octet-stream", file.bytes.clone());
        }
        let metadata = path.strip_suffix(".metadata").and_then(found).and_then(|file| file.metadata.clone());
        match metadata {
            Some(metadata) => Response::of(200, "binary/octet-stream", metadata),
            None => not_found(request),
        }
    }

    /// The attestations of a file, by the address that the listing gives.
    fn integrity(&self, project: &str, version: &str, file_name: &str) -> Response {
        let found = self.store.file(file_name).filter(|file| {
            let normal = project.parse::<PackageName>().is_ok_and(|name| name == *file.distribution.name());
            normal && file.distribution.version().pep440() == version
        });
        match found.and_then(|file| file.provenance.as_ref()) {
            Some(provenance) => {
                Response::of(200, "application/vnd.pypi.integrity.v1+json", provenance.json().to_string())
            }
            None => {
                let message = format!("No provenance available for {file_name}");
                Response::json(404, &serde_json::json!({ "message": message }))
            }
        }
    }

    fn mint(&mut self, request: &Request) -> Response {
        let Self { name, clock, tokens, store, trusted_publishing, .. } = self;
        trusted_publishing.mint(request, clock.now(), store, |scope| tokens.issue(name, scope))
    }

    /// What is kept of a file that is sent: its bytes, or others while the index is broken.
    fn kept(&mut self, sent: &Bytes) -> Bytes {
        if self.corrupt_files == 0 {
            return sent.clone();
        }
        self.corrupt_files -= 1;
        let mut other = sent.to_vec();
        match other.last_mut() {
            Some(last) => *last ^= 0xff,
            None => other.push(0),
        }
        other.into()
    }
}

fn not_found(request: &Request) -> Response {
    Refusal::of(404, "Not Found").response(request)
}

fn moved(path: &str) -> Response {
    Response::empty(301).with("location", path)
}

fn missing_slash(request: &Request) -> Response {
    let text =
        "An upload was attempted to /legacy but the expected upload URL is /legacy/ (with a trailing slash)";
    Refusal::of(308, text).response(request).with("location", "/legacy/")
}

impl Service for Index {
    fn name(&self) -> &'static str {
        self.name
    }

    fn handle(&mut self, request: &Request) -> Response {
        self.route(request)
    }

    fn lag(&mut self, reads: u32) {
        self.lagging_reads = reads;
    }

    fn corrupt(&mut self, files: u32) {
        self.corrupt_files = files;
    }
}

#[cfg(test)]
mod tests;
