//! A cargo registry that answers as crates.io does: publishing, the sparse index, downloads, yanking, trusted publishing.
//!
//! Its rules follow crates.io's published source. It reads packed crates with the general TAR library, so that our own
//! reader of archives does not vouch for itself. Deliberately absent: accounts beyond one user, teams, search, the
//! index as a git repository, and `GitLab` as an issuer.

mod api;
mod body;
mod index;
mod limits;
mod manifest;
mod package;
mod publish;
mod refusal;
mod store;
mod tokens;
mod trusted;
mod yank;

use bytes::Bytes;
use semver::Version;

use super::clock::Clock;
use super::fault::LIMITED_S;
use super::oidc::jwt::Key;
use super::{Request, Response, Service};
use crate::model::crate_name::{CrateFile, CrateName};
use crate::model::digest::Sha256;
use limits::Limits;
use refusal::{Checked, Refusal, refused};
use store::{Release, Store};
use tokens::{Holder, Tokens};
use trusted::TrustedPublishing;

pub use store::{Publication, PublishedBy};
pub use tokens::{Action, Scope};
pub use trusted::{Publisher, TOKEN_SECONDS};

/// The user whose tokens are issued here.
pub const USER: &str = "release-robot";
/// Where the index begins on the registry's origin.
pub(super) const INDEX_PATH: &str = "/index/";
/// How large a packed crate may be, in bytes.
const CRATE_LIMIT_BYTES: usize = 10 << 20;

/// A cargo registry: index, API and downloads on one origin.
#[derive(Debug)]
pub struct Crates {
    clock: Clock,
    store: Store,
    tokens: Tokens,
    limits: Limits,
    trusted_publishing: TrustedPublishing,
    auth_required: bool,
    api: Option<String>,
    crate_limit_bytes: usize,
    lagging_reads: u32,
    corrupt_files: u32,
}

/// Preparing a registry, and looking at it.
impl Crates {
    /// An empty registry. `key` is that of the trusted issuer.
    pub fn new(clock: Clock, key: Key) -> Self {
        Self {
            clock,
            store: Store::default(),
            tokens: Tokens::default(),
            limits: Limits::default(),
            trusted_publishing: TrustedPublishing::new(key),
            auth_required: false,
            api: None,
            crate_limit_bytes: CRATE_LIMIT_BYTES,
            lagging_reads: 0,
            corrupt_files: 0,
        }
    }

    /// A new API token of the user.
    pub fn issue_token(&mut self, scope: Scope) -> String {
        self.tokens.issue(scope)
    }

    /// Ends a token of either kind.
    pub fn revoke_token(&mut self, token: &str) {
        self.tokens.revoke(token);
    }

    /// Lets a workflow publish a crate. Unlike the real registry's page this does not ask whether the crate is there,
    /// so that the refusal to create one can be met.
    pub fn register(&mut self, publisher: Publisher) {
        self.trusted_publishing.register(publisher);
    }

    /// Switches trusted publishing on or off; off, its address does not exist, as with most registries.
    pub const fn set_trusted_publishing(&mut self, enabled: bool) {
        self.trusted_publishing.enabled = enabled;
    }

    /// Sets how long minted tokens count from here on, in seconds.
    pub const fn set_token_seconds(&mut self, seconds: u64) {
        self.trusted_publishing.token_seconds = seconds;
    }

    /// From here on the crate takes new versions by trusted publishing only; nothing where there is no such crate.
    pub fn set_trusted_publishing_only(&mut self, name: &CrateName, only: bool) -> Option<()> {
        self.store.change(name, |krate| krate.trusted_publishing_only = only)
    }

    /// Names an API in `config.json` that is not the registry's own, as who can write that file might do.
    pub fn name_api(&mut self, api: impl Into<String>) {
        self.api = Some(api.into());
    }

    /// Demands a token for reading too.
    pub const fn set_auth_required(&mut self, required: bool) {
        self.auth_required = required;
    }

    /// Sets how large a packed crate may be, in bytes.
    pub const fn set_crate_limit(&mut self, bytes: usize) {
        self.crate_limit_bytes = bytes;
    }

    /// Sets how many new crates, and how many new versions, may come at once before the limit counts minutes.
    pub const fn set_bursts(&mut self, new_crates: u32, updates: u32) {
        self.limits.set_bursts(new_crates, updates);
    }

    /// Places a packed crate as if it had been published long ago by the user, without any check but that it can be
    /// read.
    ///
    /// # Errors
    /// When it is no packed crate of this name and version.
    pub fn place(&mut self, file: &CrateFile, bytes: impl Into<Bytes>) -> Result<(), String> {
        let bytes = bytes.into();
        let found = package::read(file.name().written(), &file.version().to_string(), &bytes)
            .map_err(|refusal| refusal.to_string())?;
        let release = Release {
            version: file.version().clone(),
            sha256: Sha256::of(&bytes),
            bytes,
            yanked: false,
            published_at: self.clock.now(),
            published_by: PublishedBy::User,
            manifest: found,
        };
        self.store.put(file.name(), release);
        self.store.settle();
        Ok(())
    }

    /// Places a small library of this name and version, made here.
    pub fn place_sample(&mut self, file: &CrateFile) {
        self.place(file, package::sample(file)).expect("the sample is a packed crate");
    }

    /// Creates a crate that another user owns, with one version.
    pub fn create_foreign_crate(&mut self, name: &CrateName) {
        self.place_sample(&CrateFile::new(name.clone(), Version::new(0, 1, 0)));
        // It was placed in the line above.
        let _known = self.store.change(name, |krate| krate.foreign = true);
    }

    /// Yanks a version, or takes that back; nothing where there is no such version.
    pub fn set_yanked(&mut self, name: &CrateName, version: &Version, yanked: bool) -> Option<()> {
        self.store.set_yanked(name, version, yanked)
    }

    /// Every version, by crate and in the order in which they came.
    pub fn published(&self) -> Vec<Publication> {
        self.store.published()
    }

    /// The bytes of one version as users get them.
    pub fn bytes(&self, name: &CrateName, version: &Version) -> Option<Bytes> {
        self.store.krate(name)?.release(version).map(|release| release.bytes.clone())
    }

    /// How many tokens were minted for workflows and not revoked, whatever their age.
    pub fn live_tokens(&self) -> usize {
        self.tokens.minted_and_live()
    }

    /// How many tokens were ever minted for workflows.
    pub const fn minted_tokens(&self) -> usize {
        self.tokens.minted()
    }
}

/// Answering.
impl Crates {
    fn route(&mut self, request: &Request) -> Response {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let method = if request.method == "HEAD" { "GET" } else { request.method.as_str() };
        match (method, &segments[..]) {
            ("GET", ["index", path @ ..]) => refused(self.index(request, path)),
            // The store of packed crates, which is not behind the API: it asks nobody who they are.
            ("GET", ["crates", name, version, "download"]) => refused(self.download(request, name, version)),
            (_, ["api", "v1", ..]) if !names_its_client(request) => nobody(),
            (method, ["api", "v1", rest @ ..]) => refused(self.api(request, method, rest)),
            _ => Refusal::not_found().response(),
        }
    }

    fn api(&mut self, request: &Request, method: &str, path: &[&str]) -> Checked<Response> {
        match (method, path) {
            ("PUT", ["crates", "new"]) => publish::answer(self, request),
            ("GET", ["crates", name]) => api::krate(self, request, name),
            ("GET", ["crates", name, version]) => api::version(self, request, name, version),
            ("GET", ["crates", name, version, "download"]) => {
                self.may_read(request)?;
                Ok(Response::empty(302).with("location", format!("/crates/{name}/{version}/download")))
            }
            ("DELETE", ["crates", name, version, "yank"]) => yank::answer(self, request, name, version, true),
            ("PUT", ["crates", name, version, "unyank"]) => yank::answer(self, request, name, version, false),
            ("POST", ["trusted_publishing", "tokens"]) if self.trusted_publishing.enabled => {
                trusted::exchange(self, request)
            }
            ("DELETE", ["trusted_publishing", "tokens"]) if self.trusted_publishing.enabled => {
                trusted::revoke(self, request)
            }
            (_, ["crates", "new"] | ["crates", _, _, "yank" | "unyank"]) => Err(Refusal::method()),
            (_, ["trusted_publishing", "tokens"]) if self.trusted_publishing.enabled => {
                Err(Refusal::method())
            }
            _ => Err(Refusal::not_found()),
        }
    }

    fn index(&mut self, request: &Request, path: &[&str]) -> Checked<Response> {
        self.may_read(request)?;
        if path == ["config.json"] {
            return Ok(index::config(request, self.api.as_deref(), self.auth_required));
        }
        let lags = self.lagging_reads > 0;
        self.lagging_reads = self.lagging_reads.saturating_sub(1);
        index::file(request, self.store.seen(lags), path)
    }

    fn download(&self, request: &Request, name: &str, version: &str) -> Checked<Response> {
        self.may_read(request)?;
        let release = self.store.find(name, version)?;
        Ok(Response::of(200, "application/gzip", release.bytes.clone()))
    }

    /// Whether this client may look: everybody, unless the registry is closed.
    fn may_read(&self, request: &Request) -> Checked<()> {
        let holder = || self.tokens.holder(request, self.clock.now());
        if !self.auth_required || matches!(holder(), Ok(Holder::User(_) | Holder::Publisher { .. })) {
            return Ok(());
        }
        // Cargo wants a whole address there.
        let page = format!("{}/me", index::origin(request));
        let challenge = format!("Cargo login_url=\"{page}\"");
        Err(Refusal::of(401, "authentication required").with("www-authenticate", challenge))
    }

    /// What is kept of a crate that is sent: its bytes, or others while the registry is broken.
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

    /// The moment up to which `LIMITED_S` keeps everybody out.
    fn close(&mut self) -> Refusal {
        let now = self.clock.now();
        self.limits.close(now + LIMITED_S)
    }
}

fn names_its_client(request: &Request) -> bool {
    request.header("user-agent").is_some_and(|agent| !agent.trim().is_empty())
}

/// What clients without a name are told: not in JSON.
fn nobody() -> Response {
    let text = "Requests must say who they come from: set a `User-Agent` header that names the program and where its \
                authors can be reached.\n";
    Response::of(403, "text/plain; charset=utf-8", text)
}

impl Service for Crates {
    fn name(&self) -> &'static str {
        "crates"
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

    fn limit(&mut self) -> Response {
        self.close().response()
    }
}

#[cfg(test)]
mod tests;
