//! Why publish could not tell, or what did not come about.

use std::path::PathBuf;

use super::answer::Published;
use super::step::Step;
use crate::archive::error::ArchiveError;
use crate::model::target::RegistryName;
use crate::modes::release_set::ReleaseSetError;
use crate::plan::{Failure, Plan};
use crate::remote::error::{DiskError, RemoteError};
use crate::report::Report;

/// Why it could not tell, or what did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    #[error(transparent)]
    Set(#[from] ReleaseSetError),
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error("`{file}` changed after it was checked")]
    Changed { file: PathBuf },
    #[error("`{file}` cannot be published")]
    Crate { file: PathBuf, source: ArchiveError },
    /// Some registries could not be asked; what the others said stands in the plan.
    #[error("{}", all(faults))]
    Unsure { plan: Box<Plan<Step, Published>>, faults: Vec<Fault> },
    #[error("{host} does not show {files} of `{package}` after {minutes} minutes")]
    NotShown { host: String, package: String, files: String, minutes: f64 },
}

/// What kept a registry from being asked.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(super) registry: RegistryName,
    pub(super) error: RemoteError,
}

/// Several registries, each with its own trouble and what to do about it.
fn all(faults: &[Fault]) -> String {
    let one = |Fault { registry, error }: &Fault| {
        let hint = error.hint().map(|hint| format!(" (hint: {hint})")).unwrap_or_default();
        format!("{registry}: {error}{hint}")
    };
    if let [Fault { registry: _, error }] = faults {
        return error.to_string();
    }
    let each: Vec<_> = faults.iter().map(one).collect();
    format!("{} registries could not be asked: {}", faults.len(), each.join("; "))
}

impl PublishError {
    /// Of registries that could not be asked, and `plan`, which is what the others said.
    pub(super) fn unsure(plan: Plan<Step, Published>, faults: Vec<Fault>) -> Self {
        Self::Unsure { plan: Box::new(plan), faults }
    }

    /// One trouble is told as it is.
    pub(super) fn told(plan: Plan<Step, Published>, mut faults: Vec<Fault>) -> Self {
        match faults.pop() {
            Some(Fault { error, .. }) if faults.is_empty() => Self::Remote(error),
            last => Self::unsure(plan, faults.into_iter().chain(last).collect()),
        }
    }
}

impl Failure for PublishError {
    fn is_ambiguous(&self) -> bool {
        match self {
            Self::Remote(error) => error.is_ambiguous(),
            Self::Set(_)
            | Self::Disk(_)
            | Self::Changed { .. }
            | Self::Crate { .. }
            | Self::Unsure { .. }
            | Self::NotShown { .. } => false,
        }
    }

    /// What the registries said that could be asked.
    fn found(&self) -> Report {
        match self {
            Self::Unsure { plan, .. } => plan.report.clone(),
            Self::Set(_)
            | Self::Disk(_)
            | Self::Remote(_)
            | Self::Changed { .. }
            | Self::Crate { .. }
            | Self::NotShown { .. } => Report::default(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Set(error) => error.hint(),
            Self::Remote(error) => error.hint(),
            Self::Disk(error) => error.hint(),
            Self::Changed { .. } => Some("which process writes into this folder during the release?".into()),
            Self::Crate { .. } => {
                Some("pack it again with `cargo package`, and vet it with `validate-wheels`".into())
            }
            Self::Unsure { faults, .. } => match &faults[..] {
                [Fault { error, .. }] => error.hint(),
                _ => Some("nothing was sent that was not sent before: run again when they answer".into()),
            },
            Self::NotShown { .. } => Some(
                "run again later, what is done is found and not repeated; or raise `wait-for-availability`"
                    .into(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::CALLED;
    use super::*;

    #[test]
    fn what_the_others_said_is_not_lost() {
        let report = Report::from_iter([CALLED.finding("a workflow")]);
        let output = Published::default();
        let plan = Plan { waves: Vec::new(), report: report.clone(), present: 0, waiting_for: None, output };
        let error = RemoteError::Missing { what: "it does not answer".into(), hint: "wait".into() };
        let fault = Fault { registry: "pypi".parse().expect("a name"), error };
        assert_eq!(PublishError::unsure(plan, vec![fault]).found(), report);
    }
}
