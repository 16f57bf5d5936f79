//! publish: wheels, sdists and crates to their registries. The irreversible step.
//!
//! Everything is looked at for every registry before the first byte is sent; then files go out in the order of regret,
//! and each is proven by reading it back. What a registry says of an upload is never believed.

mod answer;
mod apply;
mod attestations;
mod error;
mod lockstep;
mod look;
mod preflight;
pub(crate) mod registry;
mod request;
mod route;
mod rules;
mod run;
mod step;

use std::path::PathBuf;

use super::release_set::ReleaseSet;
use crate::model::manifest::Origin;
use crate::model::minutes::Minutes;
use crate::model::target::{Registry, RegistryName, Target};
use crate::plan::context::Context;
use crate::plan::execute::Looks;
use crate::plan::{Failure as _, Mode, Plan};
use answer::Published;
use error::PublishError;
use registry::{Readers, RegistryWrite, Writers};
pub(crate) use request::{Concurrency, SizeLimit, SkipExisting};
pub(crate) use rules::RULES;
use run::{Run, Sent};
use step::Step;

/// The request.
#[derive(Clone, Debug)]
pub(crate) struct Publish {
    /// Which files.
    pub(crate) set: ReleaseSet,
    /// What is known of where they come from.
    pub(crate) origin: Origin,
    /// Where they go, in the order of publishing.
    pub(crate) targets: Vec<Target>,
    /// What of a file whose name is taken by other bytes.
    pub(crate) skip_existing: SkipExisting,
    /// How many files go to an index at the same time.
    pub(crate) concurrency: Concurrency,
    /// How large a file may be that a public index takes.
    pub(crate) size_limit: SizeLimit,
    /// Where the attestations are.
    pub(crate) attestations: Option<PathBuf>,
    /// Whether trusted publishing is tried out before anything is sent.
    pub(crate) probe: bool,
    /// How long a registry may take to show what was sent.
    pub(crate) patience: Minutes,
    /// What the run remembers.
    pub(crate) run: Run,
}

impl Publish {
    /// The request with what stands for inputs that are not given.
    pub(crate) fn new(set: ReleaseSet, origin: Origin, targets: Vec<Target>) -> Self {
        Self {
            set,
            origin,
            targets,
            skip_existing: SkipExisting::Same,
            // PyPI takes row locks for each project, and uploads to it were designed to run side by side.
            concurrency: Concurrency(4),
            size_limit: SizeLimit::Usual(100 << 20),
            attestations: None,
            probe: false,
            patience: Minutes::of(10),
            run: Run::default(),
        }
    }

    fn registry(&self, name: &RegistryName) -> &Registry {
        let mut registries = self.targets.iter().map(|target| &target.registry);
        registries.find(|registry| registry.name == *name).expect("only lines name registries")
    }
}

impl Mode for Publish {
    const NAME: &'static str = "publish";
    type Step = Step;
    type Output = Published;
    type Error = PublishError;
    type Readers = Readers;
    type Writers = Writers;

    fn concurrency(&self) -> usize {
        self.concurrency.0
    }

    fn looks(&self) -> Looks {
        Looks::within(self.patience.duration())
    }

    async fn plan(&self, cx: &Context, readers: &Readers) -> Result<Plan<Step, Published>, PublishError> {
        let vetting = self.set.vet(&readers.disk, &self.origin, &cx.surroundings.progress)?;
        let mut plan = Plan {
            waves: Vec::new(),
            report: vetting.report,
            present: 0,
            waiting_for: None,
            output: Published { run: self.run.clone(), ..Published::default() },
        };
        for target in &self.targets {
            if !plan.output.indexes.contains(target.registry.index()) {
                plan.output.indexes.push(target.registry.index().clone());
            }
        }
        let Some(bound) = vetting.bound else { return Ok(plan) };
        let (plan, faults) = self.planned(plan, &bound, readers).await?;
        if faults.is_empty() { Ok(plan) } else { Err(PublishError::unsure(plan, faults)) }
    }

    async fn preflight(
        &self,
        _cx: &Context,
        first: Result<Plan<Step, Published>, PublishError>,
        writers: Option<&Writers>,
    ) -> Result<Plan<Step, Published>, PublishError> {
        self.judged(first, writers).await
    }

    async fn leave(&self, _cx: &Context, writers: &Writers) {
        for way in writers.registries.values().flatten() {
            match &way.write {
                RegistryWrite::Cargo(index) => index.revoke().await,
                // Python indexes have no way to give a token back; it ends by itself.
                RegistryWrite::Python(_) => {}
            }
        }
    }

    async fn apply(&self, cx: &Context, step: &Step, writers: &Writers) -> Result<(), PublishError> {
        match step {
            Step::Send(send) => {
                let remember = |sent| self.run.remember(&send.registry, &send.file.artifact, sent);
                // Whoever stops this in the middle must not find the file as one that did not go out.
                remember(Sent::Maybe);
                let sent = self.send(send, writers).await;
                match &sent {
                    Ok(()) => remember(Sent::Taken),
                    Err(error) if error.is_ambiguous() || writers.is_in_doubt(send) => {}
                    Err(_) => self.run.forget(&send.registry, &send.file.artifact),
                }
                sent
            }
            Step::Await(awaited) => self.wait(cx, awaited, &writers.read).await,
        }
    }
}
