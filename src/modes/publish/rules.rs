//! The rules of publish: what stands against sending, for every registry at once.

use crate::report::{Rule, Severity};

pub(super) const NOTHING: Rule = Rule {
    id: "publish/nothing",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "There is no wheel, no sdist and no crate to publish",
    explain: "Registries take wheels, sdists and crates. A run that published nothing must not look like one that did.",
    fix: "look whether the files were collected into `packages-dir`, and whether that is the right folder",
    sources: &["design: verifying nothing is a failure"],
    since: "0.1.0",
};

pub(super) const OTHER_BYTES: Rule = Rule {
    id: "publish/other-bytes",
    severity: Severity::Error,
    rejected_by: &["pypi"],
    summary: "The index already holds other bytes under this name",
    explain: "A file that is out cannot be replaced: people and lock files may already have its digest. Nothing was \
              sent. A build is rarely the same twice.",
    fix: "publish the bytes that are out, or release a new version",
    sources: &[
        "PyPI: a file name can be used once",
        "incident: a run that skipped by name was green with old bytes on the index",
    ],
    since: "0.1.0",
};

pub(super) const SKIPPED: Rule = Rule {
    id: "publish/skipped-other-bytes",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A file is skipped though the registry holds other bytes under its name",
    explain: "`skip-existing: any` asks for that. What users install is not what this release was checked as.",
    fix: "release a new version, or leave `skip-existing` at `same`",
    sources: &["incident: a run that skipped by name was green with old bytes on the index"],
    since: "0.1.0",
};

pub(super) const LOCAL_VERSION: Rule = Rule {
    id: "publish/local-version",
    severity: Severity::Error,
    rejected_by: &["pypi"],
    summary: "A version with a local part (`+…`) cannot be published",
    explain: "Local versions are for builds that stay at home; public indexes refuse them. Version tools add a local \
              part when the tree is not exactly at the tag. An index of one's own may take them.",
    fix: "build from a clean checkout of the tag",
    sources: &["PEP 440: local version identifiers"],
    since: "0.1.0",
};

pub(super) const OTHER_VERSION: Rule = Rule {
    id: "publish/version-not-of-tag",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The files are of another version than the tag",
    explain: "What would go out is not what was tagged, and its version number could never be used again.",
    fix: "tag the commit that carries the version, or collect the files that were built from the tag",
    sources: &["incident: tags and built files disagreed"],
    since: "0.1.0",
};

pub(super) const UNDECLARED: Rule = Rule {
    id: "publish/undeclared-file",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The index holds a file of this version that is not in the manifest",
    explain: "Somebody else published it, or it was dropped from this build. Installers may choose it.",
    fix: "find out who published it, and yank it on the index if it does not belong to the release",
    sources: &["design: one manifest names all files of a release"],
    since: "0.1.0",
};

pub(super) const YANKED: Rule = Rule {
    id: "publish/yanked",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The registry holds the file, and it is yanked there",
    explain: "The bytes are out and right, but new installations pass them over.",
    fix: "un-yank it there, or release a new version",
    sources: &["PEP 592: yanked releases", "cargo reference: registry index, `yanked`"],
    since: "0.1.0",
};

pub(super) const TOO_LARGE: Rule = Rule {
    id: "publish/too-large",
    severity: Severity::Error,
    rejected_by: &["pypi", "crates.io"],
    summary: "A file is larger than its registry takes",
    explain: "PyPI takes no file above 1 GiB, whatever limit a project has; crates.io takes 10 MiB unless it raised the \
              limit of the crate. It would be refused after others of the release are out.",
    fix: "take data out of the package, or have the limit raised and tell the new one by `file-size-limit`",
    sources: &["PyPI, file size limits", "crates.io: maximum upload size"],
    since: "0.1.0",
};

pub(super) const LARGE: Rule = Rule {
    id: "publish/large",
    severity: Severity::Warning,
    rejected_by: &["pypi"],
    summary: "A file is larger than PyPI takes without a raised limit",
    explain: "Projects have a limit of 100 MiB for a file unless PyPI raised it.",
    fix: "tell the limit of the project by `file-size-limit`",
    sources: &["PyPI, file size limits"],
    since: "0.1.0",
};

pub(super) const NO_TARGET: Rule = Rule {
    id: "publish/no-target",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "No line of `targets` takes a package of the release",
    explain: "It would stay behind, and nobody would notice: a run is green when everything that it was given is out.",
    fix: "add a line for it to `targets`, or take its files out of `packages-dir`",
    sources: &["design: never does a green run hide a missing file"],
    since: "0.1.0",
};

pub(super) const NO_SUCH_PACKAGE: Rule = Rule {
    id: "publish/no-such-package",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "`targets` names a package that the release does not have",
    explain: "It is mistyped, or its files were not collected.",
    fix: "look whether the name is right, and whether its build job left files",
    sources: &["design: never does a green run hide a missing file"],
    since: "0.1.0",
};

pub(super) const NOT_FOR_VERSION: Rule = Rule {
    id: "publish/not-for-version",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "A line of `targets` is for other versions",
    explain: "Its `when` does not fit the version of the release, so it takes nothing.",
    fix: "nothing, if that is what was meant",
    sources: &["design: routing by version"],
    since: "0.1.0",
};

pub(super) const NO_VERSION: Rule = Rule {
    id: "publish/version-unknown",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A line of `targets` is for some versions, and the version of the release is not known",
    explain: "Neither the files nor a tag say one version, so nobody can tell whether the line's `when` fits. A \
              pre-release could end where stable versions go. The line takes nothing.",
    fix: "name the tag, or leave `when` out",
    sources: &["design: routing by version"],
    since: "0.1.0",
};

pub(super) const NEED_NOWHERE: Rule = Rule {
    id: "publish/need-goes-nowhere",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A line of `targets` needs a package that goes nowhere",
    explain: "It is of the release, and no line sends it anywhere at this version, so what needs it would go out without \
              it.",
    fix: "let the line of the package be for the same versions, or take it out of `needs`",
    sources: &["design: order of publishing"],
    since: "0.1.0",
};

pub(super) const NOWHERE: Rule = Rule {
    id: "publish/goes-nowhere",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "No line of `targets` is for this version",
    explain: "Every line has a `when` that does not fit, so nothing goes out.",
    fix: "add a line for versions of this kind, if they are to be published",
    sources: &["design: verifying nothing is a failure"],
    since: "0.1.0",
};

pub(super) const CIRCLE: Rule = Rule {
    id: "publish/needs-circle",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "Packages need one another in a circle",
    explain: "There is no order in which each comes after what it needs.",
    fix: "take one `needs` out of `targets`, or one dependency out of the crates",
    sources: &["design: order of publishing"],
    since: "0.1.0",
};

pub(super) const LOCKSTEP: Rule = Rule {
    id: "publish/lockstep-excluded",
    severity: Severity::Error,
    rejected_by: &["pip", "uv", "cargo"],
    summary: "A package does not admit the version of another one of the same release",
    explain: "Its built metadata asks for versions of the other package that this release's is none of, so the two can \
              never be installed together.",
    fix: "correct the requirement, and build again",
    sources: &["PEP 440: version specifiers", "cargo reference: version requirements"],
    since: "0.1.0",
};

pub(super) const LOCKSTEP_SOMETIMES: Rule = Rule {
    id: "publish/lockstep-conditional",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "Under a condition a package does not admit the version of another one of the same release",
    explain: "The requirement has a marker, such as a version of Python or an extra. Where it holds, the two of this \
              release cannot be installed together. That may be meant, as for an old Python.",
    fix: "look whether it is meant, otherwise correct the requirement and build again",
    sources: &["PEP 508: environment markers", "PEP 440: version specifiers"],
    since: "0.1.0",
};

pub(super) const LOCKSTEP_FLOOR: Rule = Rule {
    id: "publish/lockstep-floor",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A package admits older versions of another one of the same release",
    explain: "They are released together, so most likely they were tested together only. A lower bound at the released \
              version (`coglet>=1.2.0,<2`) keeps installers from an old one.",
    fix: "let the requirement begin at the version that is released",
    sources: &["incident: an umbrella package was installed beside an old part"],
    since: "0.1.0",
};

pub(super) const UNSURE: Rule = Rule {
    id: "publish/registry-not-asked",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A registry could not be asked",
    explain: "What it holds, and whether it would take the files, is not known. Told beside what else stands against \
              the run, so that one run shows everything.",
    fix: "run again when the rest is in order",
    sources: &["design: every problem of every target at once"],
    since: "0.1.0",
};

pub(super) const ATTESTATION: Rule = Rule {
    id: "publish/attestation",
    severity: Severity::Error,
    rejected_by: &["pypi"],
    summary: "An attestation would be refused, and its file with it",
    explain: "An index takes a publish attestation and a provenance for a file, one of each at most, and each about \
              exactly this file.",
    fix: "sign the files that are published, after they were built",
    sources: &["PEP 740", "PyPI: attestations"],
    since: "0.1.0",
};

pub(super) const STRAY_ATTESTATION: Rule = Rule {
    id: "publish/stray-attestation",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A file in `attestations-dir` belongs to no wheel and no sdist of the release",
    explain: "It is called like none of them, with `.publish.attestation` or `.slsa.attestation` behind it, and goes nowhere.",
    fix: "look whether it was made for the files of this release",
    sources: &["PEP 740"],
    since: "0.1.0",
};

pub(super) const ATTESTATION_TOKEN: Rule = Rule {
    id: "publish/attestation-with-token",
    severity: Severity::Error,
    rejected_by: &["pypi"],
    summary: "Attestations go with trusted publishing only",
    explain: "PyPI checks an attestation against the trusted publisher that the upload comes from. With an API token \
              there is none, and the upload is refused.",
    fix: "publish there without a token, or leave `attestations-dir` out",
    sources: &["PyPI: attestations need trusted publishing"],
    since: "0.1.0",
};

pub(super) const REUSABLE: Rule = Rule {
    id: "publish/reusable-workflow",
    severity: Severity::Error,
    rejected_by: &["pypi"],
    summary: "Attestations are not taken from a reusable workflow",
    explain: "PyPI compares the publisher with the workflow that the job stands in, and attestations with the workflow \
              that the run began with. In a reusable workflow these are two, and one of them never fits.",
    fix: "publish from a job of the workflow itself, or leave `attestations-dir` out",
    sources: &["PyPI: trusted publishers, reusable workflows"],
    since: "0.1.0",
};

pub(super) const CALLED: Rule = Rule {
    id: "publish/called-workflow",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "The job stands in a reusable workflow",
    explain: "The trusted publisher at the index has to name the reusable workflow, not the one that calls it.",
    fix: "nothing, if the publisher is configured so",
    sources: &["PyPI: trusted publishers, reusable workflows"],
    since: "0.1.0",
};

pub(super) const EVENT: Rule = Rule {
    id: "publish/refused-event",
    severity: Severity::Error,
    rejected_by: &["crates.io"],
    summary: "crates.io trusts no workflow that this event starts",
    explain: "Runs of `workflow_run` and `pull_request_target` may be started by strangers and have the rights of the \
              repository; crates.io gives them no token.",
    fix: "publish in a workflow that a tag, a release or a person starts, or give an API token in `credentials`",
    sources: &["crates.io: trusted publishing"],
    since: "0.1.0",
};

pub(super) const NEW_CRATE: Rule = Rule {
    id: "publish/new-crate",
    severity: Severity::Error,
    rejected_by: &["crates.io"],
    summary: "A crate's first version cannot be published by trusted publishing",
    explain: "A trusted publisher is configured at a crate that exists.",
    fix: "publish the first version with an API token in `credentials`, then configure the trusted publisher",
    sources: &["crates.io: trusted publishing"],
    since: "0.1.0",
};

pub(super) const NO_PROVENANCE: Rule = Rule {
    id: "publish/no-provenance",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The index shows no provenance for a file that has attestations",
    explain: "The file was there before its attestations, or the index keeps none. They cannot be added later.",
    fix: "nothing for this version; give the attestations with the first upload",
    sources: &["PEP 740", "PyPI: the attestations of a second upload are dropped"],
    since: "0.1.0",
};

/// All of them.
pub(crate) const RULES: &[Rule] = &[
    NOTHING,
    OTHER_BYTES,
    SKIPPED,
    LOCAL_VERSION,
    OTHER_VERSION,
    UNDECLARED,
    YANKED,
    TOO_LARGE,
    LARGE,
    NO_TARGET,
    NO_SUCH_PACKAGE,
    NOT_FOR_VERSION,
    NO_VERSION,
    NEED_NOWHERE,
    NOWHERE,
    CIRCLE,
    LOCKSTEP,
    LOCKSTEP_SOMETIMES,
    LOCKSTEP_FLOOR,
    UNSURE,
    ATTESTATION,
    STRAY_ATTESTATION,
    ATTESTATION_TOKEN,
    REUSABLE,
    CALLED,
    EVENT,
    NEW_CRATE,
    NO_PROVENANCE,
];
