//! What is looked at before the first byte is sent, beside the files themselves: whether each registry would let us in.

use std::collections::{BTreeMap, BTreeSet};

use super::Publish;
use super::answer::Published;
use super::error::{Fault, PublishError};
use super::registry::{RegistryWrite, Way, Writers};
use super::route::PackageId;
use super::rules::{ATTESTATION_TOKEN, CALLED, EVENT, NEW_CRATE, REUSABLE, UNSURE};
use super::step::{Send, Step};
use crate::model::target::{CRATES_IO, PYPI, Registry, RegistryName, TEST_PYPI};
use crate::plan::Plan;
use crate::remote::error::RemoteError;
use crate::remote::oidc::Claims;
use crate::remote::pypi::CredentialKind;
use crate::report::{Finding, Report};

/// Events that crates.io gives no token to.
const REFUSED_EVENTS: [&str; 2] = ["workflow_run", "pull_request_target"];

/// A plan and what kept registries from being asked.
pub(super) type Looked = (Plan<Step, Published>, Vec<Fault>);

impl Publish {
    /// Judges a first look. Whatever stands against the run is told at once: where findings do, registries that could
    /// not be asked are told beside them; where nothing else does, the run could not tell.
    pub(super) async fn judged(
        &self,
        first: Result<Plan<Step, Published>, PublishError>,
        writers: Option<&Writers>,
    ) -> Result<Plan<Step, Published>, PublishError> {
        let (mut plan, mut faults) = match first {
            Ok(plan) => (plan, Vec::new()),
            Err(PublishError::Unsure { plan, faults }) => (*plan, faults),
            Err(error) => return Err(error),
        };
        if let Some(writers) = writers {
            self.ask(&mut plan, &mut faults, writers).await;
        }
        if faults.is_empty() {
            return Ok(plan);
        }
        if !plan.report.blocks() {
            return Err(PublishError::told(plan, faults));
        }
        plan.report.extend(faults.iter().map(unsure));
        Ok(plan)
    }

    /// Whether each registry to which something is to be sent would let this job in.
    async fn ask(&self, plan: &mut Plan<Step, Published>, faults: &mut Vec<Fault>, writers: &Writers) {
        let mut sends: BTreeMap<&RegistryName, Vec<&Send>> = BTreeMap::new();
        for send in plan.waves.iter().flatten().filter_map(Step::sent) {
            sends.entry(&send.registry).or_default().push(send);
        }
        let mut report = Report::default();
        for (name, sends) in sends {
            let registry = self.registry(name);
            let asked = match writers.way(name) {
                Ok(way) => self.ask_one(registry, way, &sends, &plan.output, &mut report).await,
                Err(error) => Err(error),
            };
            if let Err(error) = asked {
                faults.push(Fault { registry: name.clone(), error });
            }
        }
        plan.report.merge(report);
    }

    async fn ask_one(
        &self,
        registry: &Registry,
        way: &Way,
        sends: &[&Send],
        output: &Published,
        report: &mut Report,
    ) -> Result<(), RemoteError> {
        let with_attestations = sends.iter().any(|send| send.attestations.is_some());
        match &way.write {
            RegistryWrite::Python(index) => {
                let credential = index.credential_kind();
                if credential != CredentialKind::TrustedPublishing {
                    report.extend(with_credential(credential, registry).filter(|_| with_attestations));
                    return Ok(());
                }
                report.extend(called(&index.identity().await?, registry, with_attestations));
                if self.probe { index.probe().await } else { Ok(()) }
            }
            RegistryWrite::Cargo(index) if way.is_trusted => {
                report.extend(new_crates(registry, sends, output));
                report.extend(refused_event(&index.identity().await?, registry));
                if self.probe { index.probe().await } else { Ok(()) }
            }
            // A token cannot be tried out, but where it would go is known.
            RegistryWrite::Cargo(index) => index.probe().await,
        }
    }
}

/// Attestations that would go to a public index with something else than the job's identity.
fn with_credential(credential: CredentialKind, registry: &Registry) -> Option<Finding> {
    let what = match credential {
        CredentialKind::TrustedPublishing => return None,
        CredentialKind::ApiToken => "a token",
        CredentialKind::Password => "a password",
    };
    let message = format!("`{registry}` would be given {what}, and attestations with it");
    is_public_index(registry).then(|| ATTESTATION_TOKEN.finding(message))
}

fn unsure(Fault { registry, error }: &Fault) -> Finding {
    let finding = UNSURE.finding(format!("`{registry}`: {error}"));
    match error.hint() {
        Some(hint) => finding.hint(hint),
        None => finding,
    }
}

/// The public indexes, by what everybody calls them or by where they are.
pub(super) fn is_public_index(registry: &Registry) -> bool {
    registry.is_python() && (registry.is_pypi() || [PYPI, TEST_PYPI].contains(&registry.name.as_str()))
}

/// crates.io, by what everybody calls it or by where it is.
pub(super) fn is_crates_io(registry: &Registry) -> bool {
    !registry.is_python() && (registry.is_crates_io() || registry.name.as_str() == CRATES_IO)
}

/// A reusable workflow is one for the publisher and another one for attestations.
fn called(claims: &Claims, registry: &Registry, with_attestations: bool) -> Option<Finding> {
    let (job, run) = (claims.job_workflow_file()?, claims.workflow_file()?);
    if job == run {
        return None;
    }
    let message =
        format!("`{registry}` is told that the job stands in `{job}` and that the run began with `{run}`");
    Some(if with_attestations { REUSABLE.finding(message) } else { CALLED.finding(message) })
}

fn refused_event(claims: &Claims, registry: &Registry) -> Option<Finding> {
    let event =
        claims.event_name().filter(|event| REFUSED_EVENTS.contains(event) && is_crates_io(registry))?;
    Some(EVENT.finding(format!("this run was started by `{event}`, and `{registry}` gives it no token")))
}

fn new_crates(registry: &Registry, sends: &[&Send], output: &Published) -> Vec<Finding> {
    let packages: BTreeSet<_> = sends.iter().map(|send| &send.package).collect();
    let is_new = |package: &&&PackageId| output.new.contains(&(registry.name.clone(), (**package).clone()));
    let new = packages.iter().filter(is_new).filter(|_| is_crates_io(registry));
    new.map(|package| NEW_CRATE.finding(format!("`{registry}` knows no crate `{package}` yet"))).collect()
}
