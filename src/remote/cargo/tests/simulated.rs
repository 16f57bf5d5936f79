//! The registry against the simulator: whatever breaks at whichever request, running again ends in the same world.

use std::pin::Pin;
use std::time::SystemTime;

use super::*;
use crate::archive::build::CrateBuilder;
use crate::archive::packed_crate;
use crate::remote::surroundings::{Pace, Patience, Stop};
use crate::sim::cargo::{Publisher, Scope};
use crate::sim::clock::Clock;
use crate::sim::fault::{Fault, FaultKind};
use crate::sim::journal::Entry;
use crate::sim::universe::{Setup, Universe};

const REPOSITORY: &str = "octo-org/sample";

/// A pace that lets the simulated clock run.
struct Simulated(Clock);

impl Pace for Simulated {
    fn sleep(&self, delay: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.advance(delay.as_secs().max(1));
        Box::pin(tokio::task::yield_now())
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.0.now())
    }
}

/// How the job proves that it may publish.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Token,
    Identity,
}

/// A packed crate on this machine.
struct Packed {
    folder: tempfile::TempDir,
    artifact: Artifact,
    file: CrateFile,
}

impl Packed {
    fn new(builder: &CrateBuilder) -> Self {
        let (name, bytes) = builder.build();
        let file = CrateFile::of_file_name(&name).expect("a crate's name");
        let folder = tempfile::tempdir().expect("a folder");
        let artifact = Artifact::new(name, Hashes::of(&bytes), ArtifactKind::Crate(file.clone()));
        let path = folder.path().join(artifact.file_name.as_str());
        crate::remote::disk::write::DiskWrite.ensure_file(&path, &bytes).expect("written");
        Self { folder, artifact, file }
    }

    async fn ensure(&self, write: &CargoWrite) -> Result<(), RemoteError> {
        let path = self.folder.path().join(self.artifact.file_name.as_str());
        let source = crate::remote::disk::read::open(&path).expect("it is there");
        let packed = packed_crate(&source, &self.artifact).expect("a packed crate");
        let readme = packed.readme.as_ref().map(|readme| (readme.path.as_str(), readme.text.as_str()));
        let (artifact, file, manifest) = (&self.artifact, &self.file, &packed.manifest);
        write.ensure_published(&CrateUpload { file, artifact, path: &path, manifest, readme }).await
    }

    /// Whether the index shows exactly this; an error when it shows something else.
    async fn is_shown(&self, read: &CargoRead) -> Result<bool, RemoteError> {
        let versions = read.versions(self.file.name()).await?;
        let found = versions.into_iter().find(|one| one.version == *self.file.version());
        match found.map(|one| one.sha256) {
            None => Ok(false),
            Some(found) if found == Some(self.artifact.sha256) => Ok(true),
            Some(_) => Err(RemoteError::Missing { what: "other bytes".into(), hint: String::new() }),
        }
    }
}

/// A world, and a release of two crates of which one needs the other.
struct Stage {
    universe: Universe,
    by: By,
    token: String,
    crates: Vec<Packed>,
    stop: Arc<Mutex<Stop>>,
    watch: Arc<Watch>,
}

impl Stage {
    fn new(by: By) -> Self {
        let setup = Setup { slow: Duration::from_millis(5), ..Setup::default() };
        let universe = Universe::start(setup).expect("a world");
        let names = ["first", "second"].map(|name| name.parse::<CrateName>().expect("good"));
        let token = universe.crates(|registry| {
            for name in names.into_iter().filter(|_| by == By::Identity) {
                registry.place_sample(&CrateFile::new(name.clone(), Version::new(0, 1, 0)));
                registry.register(Publisher::new(name, REPOSITORY, "release.yml"));
            }
            registry.issue_token(Scope::default())
        });
        let mut second = CrateBuilder::new("second", "1.0.0-rc.1+build.5");
        second.dependency("first", "^1.0.0-rc.1");
        let crates = vec![Packed::new(&CrateBuilder::new("first", "1.0.0-rc.1")), Packed::new(&second)];
        let stop = Arc::new(Mutex::new(Stop::default()));
        let ends = Arc::clone(&stop);
        // A client that is told to stop, by a signal, in the middle of a request.
        universe.on_kill(Arc::new(move || ends.lock().expect("unshared").request()));
        Self { universe, by, token, crates, stop, watch: Arc::default() }
    }

    fn http(&self) -> Http {
        let stop = Stop::default();
        *self.stop.lock().expect("unshared") = stop.clone();
        let surroundings = Surroundings {
            pace: Arc::new(Simulated(self.universe.clock().clone())),
            patience: Patience::rehearsed(),
            masks: Arc::clone(&self.watch) as _,
            progress: Arc::clone(&self.watch) as _,
            stop,
        };
        Http::new(&surroundings).expect("a client")
    }

    fn clients(&self) -> (CargoRead, CargoWrite) {
        let (http, addresses) = (self.http(), self.universe.addresses());
        let token = Secret::new(self.token.clone());
        let index = addresses.crates_index_url.parse().expect("an address");
        let read = CargoRead::new(http.clone(), index, Some(token.clone()));
        let credential = match self.by {
            By::Token => CargoCredential::Token(token),
            By::Identity => CargoCredential::TrustedPublishing(AmbientIdentity {
                request_url: addresses.oidc_request_url,
                request_token: Secret::new(addresses.oidc_request_token),
            }),
        };
        (read.clone(), CargoWrite::new(http, read, credential))
    }

    /// One run of a client, as a process of its own.
    async fn run(&self) -> Result<(), RemoteError> {
        let (read, write) = self.clients();
        let outcome = self.publish(&read, &write).await;
        write.revoke().await;
        outcome
    }

    async fn publish(&self, read: &CargoRead, write: &CargoWrite) -> Result<(), RemoteError> {
        for packed in &self.crates {
            if !packed.is_shown(read).await? {
                packed.ensure(write).await?;
            }
            let mut looks = 1;
            while !packed.is_shown(read).await? {
                looks += 1;
                assert!(looks < 9, "the index shows it some time");
            }
        }
        Ok(())
    }

    /// Runs until a run is good.
    async fn converge(&self) -> usize {
        let mut errors = Vec::new();
        for run in 1..=3 {
            match self.run().await {
                Ok(()) => return run,
                Err(error) => errors.push(error),
            }
        }
        panic!("{errors:?}")
    }

    fn journal(&self, method: &str) -> Vec<Entry> {
        self.universe.journal().into_iter().filter(|entry| entry.method == method).collect()
    }

    /// What the registry holds of this release.
    fn published(&self) -> Vec<(String, Sha256)> {
        let all = self.universe.crates(|registry| registry.published());
        let new = all.into_iter().filter(|one| one.version >= Version::new(0, 2, 0));
        new.map(|one| (format!("{}-{}.crate", one.name, one.version), one.sha256)).collect()
    }

    fn wanted(&self) -> Vec<(String, Sha256)> {
        self.crates.iter().map(|one| (one.artifact.file_name.to_string(), one.artifact.sha256)).collect()
    }

    fn live_tokens(&self) -> usize {
        self.universe.crates(|registry| registry.live_tokens())
    }
}

/// Kinds of faults after which the world ends as it does without.
const KINDS: [FaultKind; 10] = [
    FaultKind::Refuse,
    FaultKind::Drop,
    FaultKind::Lost,
    FaultKind::Late,
    FaultKind::Starter,
    FaultKind::Limit,
    FaultKind::Stale,
    FaultKind::Slow,
    FaultKind::Html,
    FaultKind::Kill,
];

async fn every_fault(by: By) {
    let good = Stage::new(by);
    assert_eq!(good.converge().await, 1);
    assert_eq!((good.published(), good.live_tokens()), (good.wanted(), 0));
    let requests = good.universe.journal().len() as u64;
    let puts = good.journal("PUT").len();
    assert_eq!((requests >= 7, puts, good.converge().await), (true, 2, 1));
    assert_eq!(good.journal("PUT").len(), 2, "a run that finds all done sends nothing");
    for kind in KINDS.into_iter().chain([FaultKind::KillAfter]) {
        for at in 1..=requests {
            let stage = Stage::new(by);
            stage.universe.inject(Fault { kind, service: None, at });
            stage.converge().await;
            assert_eq!(stage.published(), stage.wanted(), "{kind}@{at}");
            let struck = &stage.universe.journal()[usize::try_from(at - 1).expect("small")];
            let may_send = 2 + usize::from(struck.method == "PUT");
            assert!(stage.journal("PUT").len() <= may_send, "{kind}@{at}: {:#?}", stage.universe.journal());
            // A token that nobody told us of cannot be given back.
            let is_lost = matches!(kind, FaultKind::Lost | FaultKind::Late | FaultKind::KillAfter);
            let left = usize::from(is_lost && struck.method == "POST");
            assert_eq!(stage.live_tokens(), left, "{kind}@{at}: {:#?}", stage.universe.journal());
            assert!(!stage.watch.notes().iter().any(|note| note.contains("cio")));
        }
    }
}

#[tokio::test]
async fn every_fault_at_every_request_converges_with_an_api_token() {
    every_fault(By::Token).await;
}

#[tokio::test]
async fn every_fault_at_every_request_converges_with_an_identity_and_tokens_are_given_back() {
    every_fault(By::Identity).await;
}

#[tokio::test]
async fn a_reply_that_trickles_is_no_reason_to_send_again() {
    let stage = Stage::new(By::Token);
    let publication = 3;
    stage.universe.inject(Fault {
        kind: FaultKind::Trickle,
        service: Some("crates".into()),
        at: publication,
    });
    stage.converge().await;
    assert_eq!((stage.published(), stage.journal("PUT").len()), (stage.wanted(), 2));
    assert_eq!(stage.journal("PUT")[0].index, publication);
}

#[tokio::test]
async fn other_bytes_are_never_called_done() {
    let stage = Stage::new(By::Token);
    stage.universe.inject(Fault { kind: FaultKind::OtherBytes, service: Some("crates".into()), at: 1 });
    assert!(stage.run().await.is_err());
    let (_, write) = stage.clients();
    let error = stage.crates[0].ensure(&write).await.expect_err("other bytes are there");
    assert!(matches!(error, RemoteError::Conflict { .. }), "{error:?}");
    assert_eq!(stage.published().len(), 1);
}

#[tokio::test]
async fn the_pace_of_a_registry_is_kept() {
    let stage = Stage::new(By::Token);
    stage.universe.crates(|registry| registry.set_bursts(1, 30));
    let before = stage.universe.clock().now();
    assert_eq!(stage.converge().await, 1, "one run waits for it");
    assert_eq!(stage.published(), stage.wanted());
    assert!(stage.universe.clock().now() >= before + 600);
    assert!(stage.watch.waits().contains(&600), "{:?}", stage.watch.waits());
    assert_eq!(stage.journal("PUT").len(), 3);
}

#[tokio::test]
async fn a_token_that_ends_between_two_crates_is_replaced() {
    let stage = Stage::new(By::Identity);
    stage.universe.crates(|registry| registry.set_token_seconds(60));
    let (_, write) = stage.clients();
    stage.crates[0].ensure(&write).await.expect("taken");
    stage.universe.clock().advance(120);
    stage.crates[1].ensure(&write).await.expect("taken");
    write.revoke().await;
    assert_eq!((stage.published(), stage.live_tokens()), (stage.wanted(), 0));
    assert_eq!(stage.universe.crates(|registry| registry.minted_tokens()), 2);
}

#[tokio::test]
async fn a_registry_that_is_closed_to_strangers_is_read_and_filled() {
    let stage = Stage::new(By::Token);
    stage.universe.crates(|registry| registry.set_auth_required(true));
    assert_eq!(stage.converge().await, 1);
    assert_eq!(stage.published(), stage.wanted());
}

/// What the client says of a registry's refusal to take the first crate.
async fn refused(by: By, prepare: impl FnOnce(&Stage)) -> (String, String) {
    let stage = Stage::new(by);
    prepare(&stage);
    let (_, write) = stage.clients();
    let error = stage.crates[0].ensure(&write).await.expect_err("refused");
    write.revoke().await;
    assert_eq!((stage.journal("PUT").len(), stage.live_tokens()), (1, 0));
    (error.to_string(), error.hint().unwrap_or_default())
}

#[tokio::test]
async fn refusals_are_told_in_the_registrys_words_and_ours() {
    let first: CrateName = "first".parse().expect("good");
    let name = first.clone();
    let told =
        refused(By::Token, |stage| stage.universe.crates(|registry| registry.create_foreign_crate(&name)));
    let (said, hint) = told.await;
    assert!(said.contains("don't seem to be an owner") && hint.contains("an owner of `first`"), "{hint}");

    let told = refused(By::Token, |stage| {
        stage.universe.crates(|registry| registry.revoke_token(&stage.token));
    });
    let (said, hint) = told.await;
    assert!(said.contains("403") && hint.contains("is the token right"), "{said} {hint}");

    let told = refused(By::Token, |stage| stage.universe.crates(|registry| registry.set_crate_limit(10)));
    let (said, hint) = told.await;
    assert!(said.contains("max upload size") && hint.contains("exclude from `first`"), "{said} {hint}");

    let name = first.clone();
    let told = refused(By::Token, |stage| {
        stage.universe.crates(|registry| {
            registry.place_sample(&CrateFile::new(name.clone(), Version::new(0, 1, 0)));
            registry.set_trusted_publishing_only(&name, true).expect("it is there");
        });
    });
    let (said, hint) = told.await;
    assert!(said.contains("only be published using") && hint.contains("takes no API tokens"), "{hint}");
}

#[tokio::test]
async fn an_identity_creates_no_crate() {
    let mut stage = Stage::new(By::Identity);
    let name: CrateName = "brand-new".parse().expect("good");
    stage.universe.crates(|registry| registry.register(Publisher::new(name, REPOSITORY, "release.yml")));
    stage.crates = vec![Packed::new(&CrateBuilder::new("brand-new", "1.0.0"))];
    let (_, write) = stage.clients();
    write.probe().await.expect("trusted");
    assert_eq!(write.identity().await.expect("claims").get("repository"), Some(REPOSITORY));
    let error = stage.crates[0].ensure(&write).await.expect_err("refused");
    assert!(error.hint().is_some_and(|hint| hint.contains("first version of `brand-new`")), "{error:?}");
    write.revoke().await;
    assert_eq!(stage.live_tokens(), 0);
}

#[tokio::test]
async fn yanking_converges_after_every_fault_at_every_request() {
    let version = Version::new(0, 1, 0);
    let name: CrateName = "old".parse().expect("good");
    for kind in KINDS {
        for at in 1..=4 {
            let stage = Stage::new(By::Token);
            let file = CrateFile::new(name.clone(), version.clone());
            let other = CrateFile::new("other".parse().expect("good"), version.clone());
            stage.universe.crates(|registry| {
                registry.place_sample(&file);
                // What lags behind lacks the latest only, and that is not what is yanked.
                registry.place_sample(&other);
            });
            for yanked in [true, false] {
                stage.universe.inject(Fault { kind, service: None, at });
                let mut left = 3;
                while let Err(error) = stage.clients().1.ensure_yanked(&name, &version, yanked).await {
                    left -= 1;
                    assert!(left > 0, "{kind}@{at}: {error:?}");
                }
                let found = stage.universe.crates(|registry| registry.published());
                let found = found.into_iter().find(|one| one.name == name).map(|one| one.yanked);
                assert_eq!(found, Some(yanked), "{kind}@{at}");
                stage.universe.withdraw_faults();
                stage.universe.settle();
            }
        }
    }
}
