//! What a run of a release does: which phases it plays, and with which files.

use crate::model::rename::{NameGlob, StoredAs};
use crate::model::wanted::Wanted;
use crate::modes::create_release::Attached;

/// A phase of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    VerifyTag,
    Collect,
    Validate,
    Draft,
    /// Before anything goes to a registry.
    VerifyBefore,
    /// A person publishes the draft.
    Approve,
    Publish,
    /// Once everything is out.
    VerifyAfter,
    Release,
}

impl Phase {
    /// What it is called.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::VerifyTag => "verify-tag",
            Self::Collect => "collect-artifacts",
            Self::Validate => "validate-wheels",
            Self::Draft => "create-release (draft)",
            Self::Approve => "a maintainer publishes the draft",
            Self::VerifyBefore => "verify-release (before-publish)",
            Self::Publish => "publish",
            Self::VerifyAfter => "verify-release (after-publish)",
            Self::Release => "create-release (publish)",
        }
    }

    /// Whether it looks and downloads, and writes nothing that anyone else sees.
    const fn gathers(self) -> bool {
        matches!(self, Self::VerifyTag | Self::Collect)
    }
}

/// The phases of a release with packages, in the product's order: nothing public before everything is checked, visible
/// last.
pub(super) const WITH_PACKAGES: &[Phase] =
    &[Phase::VerifyTag, Phase::Collect, Phase::Validate, Phase::Draft, Phase::Publish, Phase::Release];

/// The phases of a release that a person has to approve before anything goes to a registry: a workflow drafts it, the
/// person publishes the draft, and that starts another workflow.
pub(super) const APPROVED: &[Phase] = &[
    Phase::VerifyTag,
    Phase::Collect,
    Phase::Validate,
    Phase::Draft,
    Phase::Approve,
    Phase::VerifyBefore,
    Phase::Publish,
    Phase::VerifyAfter,
];

/// The phases of a release that has no page.
pub(super) const TO_REGISTRIES: &[Phase] = &[Phase::Collect, Phase::Validate, Phase::Publish];

/// The phases of a workflow that adds other files to a release.
pub(super) const WITHOUT_PACKAGES: &[Phase] = &[Phase::Collect, Phase::Release];

/// Where packages are published from: what a registry is told to trust, and what a job's identity states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// The workflow's file name.
    pub(super) workflow: &'static str,
    /// Its environment, if it has one.
    pub(super) environment: Option<&'static str>,
}

impl Job {
    /// The one of a release that nobody else has to do with.
    pub(super) const USUAL: Self = Self { workflow: "release.yml", environment: None };
}

/// What a workflow's file says.
#[derive(Clone, Debug)]
pub(super) struct Script {
    /// The phases, in their order.
    pub(super) phases: &'static [Phase],
    /// Which artifacts are taken, and where their files go.
    pub(super) artifacts: Vec<Wanted>,
    /// Which records the draft gets.
    pub(super) attach_to_draft: Vec<Attached>,
    /// Which records go to the release page in the end.
    pub(super) attach: Vec<Attached>,
    /// Globs of further files for it, from the workspace on.
    pub(super) files: Vec<String>,
    /// How they are called there.
    pub(super) rename: Vec<StoredAs>,
    /// What the whole release holds, whoever attaches it.
    pub(super) expect: Vec<NameGlob>,
    /// Which packages go where; without a line all go to the index.
    pub(super) targets: Vec<String>,
    /// Which job sends them.
    pub(super) publisher: Job,
}

impl Script {
    /// A release of packages, which nobody else fills.
    pub(super) fn of_packages(artifacts: Vec<Wanted>) -> Self {
        Self {
            phases: WITH_PACKAGES,
            artifacts,
            attach_to_draft: vec![Attached::Manifest, Attached::Checksums],
            attach: vec![Attached::Manifest, Attached::Checksums],
            files: Vec::new(),
            rename: Vec::new(),
            expect: Vec::new(),
            targets: Vec::new(),
            publisher: Job::USUAL,
        }
    }

    /// How many phases are played before anything is written that others see.
    pub(super) fn gathering(&self) -> usize {
        self.phases.iter().take_while(|phase| phase.gathers()).count()
    }

    /// Whether it validates packages, so that there is a manifest.
    pub(super) fn has_packages(&self) -> bool {
        self.phases.contains(&Phase::Validate)
    }
}

/// Who releases what the workflows leave.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// A workflow of its own: each end of another one starts it, and the last one finds all complete.
    Gathered(Script),
    /// Each for itself, by its own script: they fill one release.
    Shared(Vec<(&'static str, Script)>),
}

impl Way {
    /// What a run does that is one of this workflow, or was started by the end of one.
    pub(super) fn script(&self, workflow: &str) -> Option<&Script> {
        match self {
            Self::Gathered(script) => Some(script),
            Self::Shared(scripts) => {
                scripts.iter().find(|(name, _)| *name == workflow).map(|(_, script)| script)
            }
        }
    }

    /// Whether several workflows fill the release.
    pub(super) const fn is_shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }
}
