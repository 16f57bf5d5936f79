//! One simulated world: every service on its own origin, one journal, one clock, and faults on request.
//!
//! The world runs on a thread of its own and is used from ordinary code: prepare the services, let a client
//! loose on [`Addresses`], then look at the services and at the journal.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::cargo::{self, Crates};
use super::clock::{Clock, START, http_date};
use super::fault::{Fault, FaultKind};
use super::github::{self, Github};
use super::index::Index;
use super::journal::{Entry, Exchange};
use super::oidc::Oidc;
use super::server::{Exchanges, Reply, Server};
use super::{Request, Response, Service};

/// How many look-ups lag after a [`FaultKind::Stale`].
const STALE_READS: u32 = 3;

/// Where an enterprise server takes the files of releases.
const ENTERPRISE_UPLOADS: &str = "/api/uploads";

/// Which listeners are GitHub's API and its host for uploads.
const API: usize = 0;
const UPLOADS: usize = 1;

/// What a world is made of.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The repository that is released, `owner/name`.
    pub repository: String,
    /// Where GitHub's API begins on its origin: empty, or `/api/v3` as on an enterprise server.
    pub github_base_path: String,
    /// The world's first moment, in seconds since the Unix epoch.
    pub now: u64,
    /// How long a slow reply pauses before its head and again in its body, and one that trickles between any two bytes.
    pub slow: Duration,
    /// How long every request is on its way, as over a distance.
    pub distance: Duration,
    /// Whether the files of releases are counted and hashed as they come in, and not kept: of any size, in no memory.
    pub forgets_assets: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            repository: "octo-org/sample".into(),
            github_base_path: String::new(),
            now: START,
            slow: Duration::from_millis(100),
            distance: Duration::ZERO,
            forgets_assets: false,
        }
    }
}

/// Where the services are, as a user would configure them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// `GITHUB_API_URL`.
    pub github_api: String,
    /// `ACTIONS_RESULTS_URL`.
    pub results_url: String,
    /// The index's upload endpoint; ends in `/legacy/`.
    pub repository_url: String,
    /// The index's simple index; ends in `/simple/`.
    pub index_url: String,
    /// The test index's upload endpoint; ends in `/legacy/`.
    pub test_repository_url: String,
    /// The test index's simple index; ends in `/simple/`.
    pub test_index_url: String,
    /// The cargo registry's sparse index; ends in `/`.
    pub crates_index_url: String,
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`; has a query.
    pub oidc_request_url: String,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub oidc_request_token: String,
}

/// The services of one world, on loopback. Dropping it closes every connection.
#[derive(Debug)]
pub struct Universe {
    // Dropped first, so that no request reaches a world that is half gone.
    _server: Server,
    world: Arc<World>,
    addresses: Addresses,
    clock: Clock,
    github: Arc<Mutex<Github>>,
    index: Arc<Mutex<Index>>,
    test_index: Arc<Mutex<Index>>,
    crates: Arc<Mutex<Crates>>,
    oidc: Arc<Mutex<Oidc>>,
}

/// Sees every exchange.
pub type Observer = Arc<dyn Fn(&Exchange) + Send + Sync>;
/// Ends the client, for the faults that kill.
pub type KillHook = Arc<dyn Fn() + Send + Sync>;

/// What all connections share. `services` is locked for a whole request, so that requests take effect in the order
/// of the journal; the other locks are held for moments and never while another one is taken.
struct World {
    services: Mutex<Vec<Box<dyn Service>>>,
    faults: Mutex<Vec<Fault>>,
    journal: Mutex<Vec<Entry>>,
    observers: Mutex<Vec<Observer>>,
    kill: Mutex<Option<KillHook>>,
    clock: Clock,
    slow: Duration,
    forgets_assets: bool,
    /// Where GitHub's API takes the files of releases too, as on an enterprise server; nowhere else.
    uploads_path: Option<String>,
}

impl Universe {
    /// Opens a world.
    ///
    /// # Errors
    /// When no loopback port or no thread is to be had.
    pub fn start(setup: Setup) -> io::Result<Self> {
        let Setup { repository, github_base_path, now, slow, distance, forgets_assets } = setup;
        let clock = Clock::at(now);
        let github = Arc::new(Mutex::new(Github::new(&repository)));
        let oidc = Arc::new(Mutex::new(Oidc::new(&repository, clock.clone())));
        let key = lock(&oidc).key();
        let index = Arc::new(Mutex::new(Index::pypi(clock.clone(), key.clone())));
        let test_index = Arc::new(Mutex::new(Index::test_pypi(clock.clone(), key.clone())));
        let crates = Arc::new(Mutex::new(Crates::new(clock.clone(), key)));
        let services: Vec<Box<dyn Service>> = vec![
            Box::new(github::Api::new(Arc::clone(&github), &github_base_path)),
            Box::new(github::Uploads::new(Arc::clone(&github))),
            Box::new(github::Storage::new(Arc::clone(&github))),
            Box::new(github::Results::new(Arc::clone(&github))),
            Box::new(Shared(Arc::clone(&index))),
            Box::new(Shared(Arc::clone(&test_index))),
            Box::new(Shared(Arc::clone(&crates))),
            Box::new(Shared(Arc::clone(&oidc))),
        ];
        let bound = Server::bind(services.len())?;
        let origins: [String; 8] = bound.origins().try_into().expect("one origin a service");
        let [api, uploads, storage, results, index_origin, test_index_origin, crates_origin, oidc_origin] =
            origins;
        lock(&github).set_clock(clock.clone());
        // An enterprise server is one host for both.
        let is_one_host = !github_base_path.is_empty();
        let uploads = if is_one_host { format!("{api}{ENTERPRISE_UPLOADS}") } else { uploads };
        lock(&github).set_origins(&api, &uploads, &storage);
        let addresses = Addresses {
            github_api: format!("{api}{github_base_path}"),
            results_url: format!("{results}/"),
            repository_url: format!("{index_origin}/legacy/"),
            index_url: format!("{index_origin}/simple/"),
            test_repository_url: format!("{test_index_origin}/legacy/"),
            test_index_url: format!("{test_index_origin}/simple/"),
            crates_index_url: format!("{crates_origin}{}", cargo::INDEX_PATH),
            oidc_request_url: format!("{oidc_origin}{}", lock(&oidc).request_path_and_query()),
            oidc_request_token: lock(&oidc).request_token().to_owned(),
        };
        let world = Arc::new(World {
            services: Mutex::new(services),
            faults: Mutex::default(),
            journal: Mutex::default(),
            observers: Mutex::default(),
            kill: Mutex::default(),
            clock: clock.clone(),
            slow,
            forgets_assets,
            uploads_path: is_one_host.then(|| format!("{ENTERPRISE_UPLOADS}/")),
        });
        let served: Arc<dyn Exchanges> = Arc::<World>::clone(&world);
        Ok(Self {
            _server: bound.serve(served, distance)?,
            world,
            addresses,
            clock,
            github,
            index,
            test_index,
            crates,
            oidc,
        })
    }

    /// Where the services are.
    pub fn addresses(&self) -> Addresses {
        self.addresses.clone()
    }

    /// The time in this world.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Prepares GitHub, or looks at it.
    pub fn github<R>(&self, f: impl FnOnce(&mut Github) -> R) -> R {
        f(&mut lock(&self.github))
    }

    /// Prepares the index, or looks at it.
    pub fn index<R>(&self, f: impl FnOnce(&mut Index) -> R) -> R {
        f(&mut lock(&self.index))
    }

    /// Prepares the test index, or looks at it.
    pub fn test_index<R>(&self, f: impl FnOnce(&mut Index) -> R) -> R {
        f(&mut lock(&self.test_index))
    }

    /// Prepares the cargo registry, or looks at it.
    pub fn crates<R>(&self, f: impl FnOnce(&mut Crates) -> R) -> R {
        f(&mut lock(&self.crates))
    }

    /// Prepares the OIDC provider, or looks at it.
    pub fn oidc<R>(&self, f: impl FnOnce(&mut Oidc) -> R) -> R {
        f(&mut lock(&self.oidc))
    }

    /// Lets one request go wrong; requests are counted from now.
    pub fn inject(&self, fault: Fault) {
        lock(&self.world.faults).push(fault);
    }

    /// Time passes: every look-up shows the latest state again.
    pub fn settle(&self) {
        lock(&self.world.services).iter_mut().for_each(|service| service.lag(0));
    }

    /// From here on nothing goes wrong any more.
    pub fn withdraw_faults(&self) {
        lock(&self.world.faults).clear();
    }

    /// The faults that have not struck yet, each with the requests that are left until it strikes.
    pub fn pending_faults(&self) -> Vec<Fault> {
        lock(&self.world.faults).clone()
    }

    /// Every request so far, in the order in which they took effect.
    pub fn journal(&self) -> Vec<Entry> {
        lock(&self.world.journal).clone()
    }

    /// From here on `observer` sees every exchange, whole.
    pub fn observe(&self, observer: Observer) {
        lock(&self.world.observers).push(observer);
    }

    /// What [`FaultKind::Kill`] and [`FaultKind::KillAfter`] run. Without a hook they close the connection only.
    pub fn on_kill(&self, hook: KillHook) {
        *lock(&self.world.kill) = Some(hook);
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("faults", &self.faults).finish_non_exhaustive()
    }
}

impl Exchanges for World {
    fn keeps_body(&self, listener: usize, path: &str) -> bool {
        !self.forgets_assets || self.service(listener, path) != UPLOADS
    }

    fn exchange(&self, listener: usize, request: Request) -> Reply {
        let mut services = lock(&self.services);
        let service = &mut services[self.service(listener, &request.path)];
        let name = service.name();
        let index = self.record(name, &request);
        let struck = self.struck(name);
        for kind in &struck {
            match kind {
                FaultKind::Stale => service.lag(STALE_READS),
                FaultKind::OtherBytes => service.corrupt(1),
                _ => {}
            }
        }
        let instead = struck.iter().copied().find(|kind| kind.replaces_reply());
        let (response, sent) = answer(service.as_mut(), &request, instead);
        drop(services);
        // Whoever serves says what time it is there: moments in its answers are read against that.
        let response = response.map(|response| response.with("date", http_date(self.clock.now())));
        let status = response.as_ref().filter(|_| sent).map(|response| response.status);
        lock(&self.journal)[usize::try_from(index - 1).expect("the entry exists")].status = status;
        let exchange = Exchange { index, service: name, request, response, faulted: instead.is_some() };
        let observers = lock(&self.observers).clone();
        observers.iter().for_each(|observer| observer(&exchange));
        if matches!(instead, Some(FaultKind::Kill | FaultKind::KillAfter)) {
            let hook = lock(&self.kill).clone();
            if let Some(hook) = hook {
                hook();
            }
        }
        match exchange.response.filter(|_| sent) {
            Some(response) if struck.contains(&FaultKind::Trickle) => Reply::Trickle(response, self.slow),
            Some(response) if struck.contains(&FaultKind::Slow) => Reply::Slow(response, self.slow),
            Some(response) => Reply::Now(response),
            None => Reply::HangUp,
        }
    }
}

impl World {
    /// The service behind a path of a listener.
    fn service(&self, listener: usize, path: &str) -> usize {
        let uploads = self.uploads_path.as_ref().is_some_and(|uploads| path.starts_with(uploads.as_str()));
        if listener == API && uploads { UPLOADS } else { listener }
    }

    /// Gives the request its number.
    fn record(&self, service: &'static str, request: &Request) -> u64 {
        let mut entry = Entry::of(0, service, request);
        let mut journal = lock(&self.journal);
        entry.index = journal.len() as u64 + 1;
        let index = entry.index;
        journal.push(entry);
        index
    }

    /// Counts the request, and takes out the faults whose request it is.
    fn struck(&self, service: &str) -> Vec<FaultKind> {
        let mut faults = lock(&self.faults);
        faults
            .iter_mut()
            .filter(|fault| fault.counts(service))
            .for_each(|fault| fault.at = fault.at.saturating_sub(1));
        faults.extract_if(.., |fault| fault.at == 0).map(|fault| fault.kind).collect()
    }
}

/// What is answered, and whether it goes out.
fn answer(
    service: &mut dyn Service,
    request: &Request,
    instead: Option<FaultKind>,
) -> (Option<Response>, bool) {
    match instead {
        Some(FaultKind::Refuse) => {
            (Some(Response::of(503, "text/plain; charset=utf-8", "503 Service Unavailable")), true)
        }
        Some(FaultKind::Html) => {
            let page = "<!doctype html>\n<html><head><title>Welcome</title></head><body>Sign in to use this network.</body></html>\n";
            (Some(Response::of(200, "text/html; charset=utf-8", page)), true)
        }
        Some(FaultKind::Late) => {
            service.handle(request);
            (Some(bad_gateway()), true)
        }
        Some(FaultKind::Starter) => {
            service.break_off(request);
            (Some(bad_gateway()), true)
        }
        Some(FaultKind::Limit) => (Some(service.limit()), true),
        Some(FaultKind::Drop | FaultKind::Kill) => (None, false),
        Some(FaultKind::Lost | FaultKind::KillAfter) => (Some(service.handle(request)), false),
        Some(FaultKind::Stale | FaultKind::Slow | FaultKind::Trickle | FaultKind::OtherBytes) | None => {
            (Some(service.handle(request)), true)
        }
    }
}

/// What stands in front of a service says so when it gets no answer from behind.
fn bad_gateway() -> Response {
    let page =
        "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
    Response::of(502, "text/html", page)
}

/// Locks, also after a panic elsewhere: a test that failed must not hide behind a poisoned lock.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A service that the world and its owner both reach.
struct Shared<S>(Arc<Mutex<S>>);

impl<S: Service> Service for Shared<S> {
    fn name(&self) -> &'static str {
        lock(&self.0).name()
    }

    fn handle(&mut self, request: &Request) -> Response {
        lock(&self.0).handle(request)
    }

    fn lag(&mut self, reads: u32) {
        lock(&self.0).lag(reads);
    }

    fn corrupt(&mut self, files: u32) {
        lock(&self.0).corrupt(files);
    }

    fn limit(&mut self) -> Response {
        lock(&self.0).limit()
    }

    fn break_off(&mut self, request: &Request) {
        lock(&self.0).break_off(request);
    }
}

#[cfg(test)]
mod tests;
