//! What a verified release can lack.

use crate::report::{Rule, Severity};

/// The design that most of these rows follow.
const WHOLE: &[&str] = &["design: a release is the same set of files everywhere"];

pub(super) const NOT_ASKED: Rule = Rule {
    id: "verify/not-asked",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A place could not be asked, so nothing is known of what it holds",
    explain: "The other places were asked all the same, and what was found there is told. The run ends with exit code 2: it \
              could not tell.",
    fix: "run again when the service answers; nothing was changed",
    sources: &["design: one service that is out of reach hides nothing about another"],
    since: "0.1.0",
};

pub(super) const NO_TAG: Rule = Rule {
    id: "verify/no-tag",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The repository has no such tag",
    explain: "The release page may be there all the same: a draft can name a tag that nobody pushed, and a tag can be deleted \
              under a release. What was released can then not be found in the history.",
    fix: "compare the tag with those of the repository, and push it where the release was built from it",
    sources: &["GitHub's REST interface for references"],
    since: "0.1.0",
};

pub(super) const OTHER_COMMIT: Rule = Rule {
    id: "verify/other-commit",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The tag points to another commit than the one that was built",
    explain: "The manifest says which commit the files were built from, and `commit` or the event that started the run says \
              which one is meant. A tag that was moved afterwards names sources that nobody released.",
    fix: "find out who moved the tag, and put it back, or release a new version from the commit that is meant",
    sources: &["incident: a tag was moved between the build and the release"],
    since: "0.1.0",
};

pub(super) const NO_RELEASE: Rule = Rule {
    id: "verify/no-release",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "There is no release of the tag",
    explain: "Neither a published release nor a draft was found. Drafts show only to tokens with `contents: write`.",
    fix: "compare the tag with those on the page of the releases; for a draft, give the job `contents: write`",
    sources: &["GitHub's REST interface for releases"],
    since: "0.1.0",
};

pub(super) const RELEASE_STATE: Rule = Rule {
    id: "verify/release-state",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The release is a draft and should be published, or the other way round",
    explain: "`release-state` says what is expected: `published`, unless it says otherwise. Where publishing the draft is the \
              approval, nothing may go to a registry while it is one.",
    fix: "publish the release, or say by `release-state` what it is to be at this moment",
    sources: &[
        "practice: the draft of a release is its approval, and a second workflow publishes to the registries",
    ],
    since: "0.1.0",
};

pub(super) const SECOND_RELEASE: Rule = Rule {
    id: "verify/second-release",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The tag has more than one release",
    explain: "A tag has one published release at most, and any number of drafts. The published one is verified, or else the \
              oldest draft; a person who publishes another draft publishes other files.",
    fix: "delete the drafts that are not wanted",
    sources: &["GitHub's REST interface for releases"],
    since: "0.1.0",
};

pub(super) const NOT_IMMUTABLE: Rule = Rule {
    id: "verify/not-immutable",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "The release is not immutable: its files and its tag can still be changed",
    explain: "What was verified now can be replaced later by anybody who may write. Where a repository or its owner has \
              immutable releases, GitHub fixes files and tag when a release is published.",
    fix: "switch immutable releases on in the settings of the repository, for the releases to come",
    sources: &["GitHub's documentation of immutable releases"],
    since: "0.1.0",
};

pub(super) const NO_MANIFEST: Rule = Rule {
    id: "verify/no-manifest",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "Nothing says which files the release consists of",
    explain: "There is no manifest in `manifest-dir`, and the release has no `manifest.json` among its files. Verifying nothing \
              is a failure.",
    fix: "give the folder of the manifest as `manifest-dir`, or let `create-release` attach it (`attach: manifest, checksums`)",
    sources: &["design: verifying nothing is a failure"],
    since: "0.1.0",
};

pub(super) const BAD_MANIFEST: Rule = Rule {
    id: "verify/bad-manifest",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The release's `manifest.json` is no manifest that this program can take",
    explain: "It is larger than any manifest, or damaged, or somebody edited it, or a later version of this program wrote it. \
              A manifest is read strictly: what is passed over proves nothing.",
    fix: "give the folder of the manifest that was released as `manifest-dir`, and find out who changed the one on the page",
    sources: &["docs/manifest.md"],
    since: "0.1.0",
};

pub(super) const OTHER_MANIFEST: Rule = Rule {
    id: "verify/other-manifest",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The manifest on the release page is not the one in `manifest-dir`",
    explain: "The one in `manifest-dir` counts. Whoever verifies the release by its own manifest would be told something else.",
    fix: "find out which of the two was vetted, and who changed the other one",
    sources: WHOLE,
    since: "0.1.0",
};

pub(super) const OTHER_RELEASE: Rule = Rule {
    id: "verify/manifest-of-other-release",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The manifest is that of another release",
    explain: "Its version, that of one of its crates, or its tag is not the one that is verified. All of its files may be where they belong, and still this \
              says nothing about the release of this tag.",
    fix: "give the manifest that was made for this tag, or the tag that the manifest was made for",
    sources: WHOLE,
    since: "0.1.0",
};

pub(super) const BAD_CHECKSUMS: Rule = Rule {
    id: "verify/bad-checksums",
    severity: Severity::Error,
    rejected_by: &["sha256sum"],
    summary: "The release's `SHA256SUMS` cannot be read",
    explain: "People check what they fetched by this list. Every line of it has to be understood, or it proves nothing.",
    fix: "find out who changed the list, and attach the one that was made with the release",
    sources: &["the format of `sha256sum`"],
    since: "0.1.0",
};

pub(super) const CHECKSUMS_DISAGREE: Rule = Rule {
    id: "verify/checksums-disagree",
    severity: Severity::Error,
    rejected_by: &["sha256sum"],
    summary: "The release's `SHA256SUMS` has another digest than the manifest or the page",
    explain: "The list and the manifest were made of the same files at the same moment. Where they disagree, one of them, or \
              the file, was changed afterwards.",
    fix: "find out which of them is right by the files that were vetted, and who changed the other",
    sources: WHOLE,
    since: "0.1.0",
};

pub(super) const CHECKSUMS_INCOMPLETE: Rule = Rule {
    id: "verify/checksums-incomplete",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The release's `SHA256SUMS` does not list a file of the manifest",
    explain: "People who check what they fetched by the list cannot check this file.",
    fix: "let `create-release` attach the list (`attach: manifest, checksums`), which has all files",
    sources: WHOLE,
    since: "0.1.0",
};

pub(super) const ASSET_MISSING: Rule = Rule {
    id: "verify/asset-missing",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A file of the release is not on the release page",
    explain: "The manifest or the page's own `SHA256SUMS` names it. It was never attached, its upload failed, or somebody \
              removed it.",
    fix: "run `create-release` again, which sends what is missing (`allow-published-changes` where the release is out)",
    sources: &["incident: a run went green with files missing from the release"],
    since: "0.1.0",
};

pub(super) const ASSET_DIFFERS: Rule = Rule {
    id: "verify/asset-differs",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The release page holds other bytes than the manifest says",
    explain: "The digest that GitHub states of the file is not the one that was vetted; where it states none, the file was \
              fetched and hashed. Users of the page get something else than what was tested, or than what is on the index.",
    fix: "find out who replaced the file; take the release back (`undo: draft`) if that cannot be told",
    sources: &["incident: assets of a release were replaced after it was published"],
    since: "0.1.0",
};

pub(super) const ASSET_UNFINISHED: Rule = Rule {
    id: "verify/asset-unfinished",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A file on the release page is the remains of an upload",
    explain: "Its bytes never arrived whole, or it waits under another name for its turn. Somebody is still filling the \
              release, or a run was cut off.",
    fix: "wait for the job that fills the release, or run `create-release` again, which clears up after itself",
    sources: &["GitHub's REST interface for release assets"],
    since: "0.1.0",
};

pub(super) const ASSET_UNDECLARED: Rule = Rule {
    id: "verify/asset-undeclared",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The release page holds a file that neither the manifest nor its list of digests names",
    explain: "Nobody vetted it, and nothing says which bytes it should have. Another workflow may have attached it, or somebody \
              who should not have.",
    fix: "find out who attached it; let `create-release` attach what belongs to the release (`files`), so that the list has it",
    sources: WHOLE,
    since: "0.1.0",
};

pub(super) const ASSET_RENAMED: Rule = Rule {
    id: "verify/asset-renamed",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "A file has another name on the release page than in the manifest",
    explain: "It was found by its digest. `rename` gives files other names for the page, and GitHub rewrites some characters.",
    fix: "nothing is to be done if the name is the one that was meant",
    sources: WHOLE,
    since: "0.1.0",
};

pub(super) const PACKAGE_RENAMED: Rule = Rule {
    id: "verify/package-renamed",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A wheel, an sdist or a crate has another name on the release page than in the manifest",
    explain: "It was found by its digest. Installers read project, version and platform from the name, so a package that is \
              called otherwise cannot be installed from the page, or is taken for another one.",
    fix: "give it the name that the manifest has",
    sources: WHOLE,
    since: "0.1.0",
};

pub(super) const NO_TARGET: Rule = Rule {
    id: "verify/no-target",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A file is for a registry, and no target takes it",
    explain: "It was looked for nowhere. A wheel, an sdist or a crate that is released and that nobody looks for is not \
              verified.",
    fix: "give the same `targets` as to `publish`",
    sources: &["design: verifying nothing is a failure"],
    since: "0.1.0",
};

pub(super) const NOWHERE: Rule = Rule {
    id: "verify/no-registry-asked",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The release has packages, and no target is for its version",
    explain: "Each line that takes them has a `when` that this version does not fit, so that no registry was asked for any of \
              them.",
    fix: "give the same `targets` as to `publish`, with a line for versions of this kind",
    sources: &["design: verifying nothing is a failure"],
    since: "0.1.0",
};

pub(super) const TOOK_NOTHING: Rule = Rule {
    id: "verify/line-took-nothing",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "A line of `targets` is about no file of the release",
    explain: "The packages that it names are not in the manifest, or other lines name them, or its `when` does not fit the \
              version. Nothing was looked for there.",
    fix: "nothing, if that is what was meant; else compare the names with those in `manifest.json`",
    sources: &["design: nothing is left out silently"],
    since: "0.1.0",
};

pub(super) const NOT_THERE: Rule = Rule {
    id: "verify/not-on-registry",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A file of the release is not on its registry",
    explain: "The manifest names it, and the registry does not list it. It was not published, or not yet, or it was deleted.",
    fix: "run `publish` again with the same manifest: it sends what is missing and nothing else",
    sources: &["incident: a wheel of a release was missing on the index, and nobody knew"],
    since: "0.1.0",
};

pub(super) const OTHER_BYTES: Rule = Rule {
    id: "verify/other-bytes",
    severity: Severity::Error,
    rejected_by: &["pip: hash-checking mode", "cargo"],
    summary: "The registry holds other bytes than the manifest says",
    explain: "What users install is not what was vetted, nor what the release page has. A name on a registry can be used \
              once, so this cannot be mended by sending the right file.",
    fix: "find out who published it; yank the version if it was not you, and release a new one",
    sources: &["incident: a run that skipped by name was green with old bytes on the index"],
    since: "0.1.0",
};

pub(super) const UNDECLARED: Rule = Rule {
    id: "verify/undeclared-file",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The index holds a file of this version that is not in the manifest",
    explain: "Installers may choose it. Somebody else published it, or it was built and published later, or it was dropped from \
              the release.",
    fix: "find out who published it, and yank the file on the index if it does not belong to the release",
    sources: WHOLE,
    since: "0.1.0",
};

pub(super) const YANKED: Rule = Rule {
    id: "verify/yanked",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A file of the release is yanked",
    explain: "Installers pass it over unless exactly this version is asked for. It is still there, with the right bytes.",
    fix: "find out why it was yanked; un-yank it if that was a mistake",
    sources: &["PEP 592", "the registry index format of cargo"],
    since: "0.1.0",
};

pub(super) const NO_PROVENANCE: Rule = Rule {
    id: "verify/no-provenance",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "Some files have a provenance on the index, and others of the same release have none",
    explain: "Where attestations were sent, the index shows where they can be read. Those who check them can check a part of \
              the release only.",
    fix: "give `publish` the attestations of all files; what is out cannot get them afterwards",
    sources: &["PEP 740"],
    since: "0.1.0",
};

pub(super) const PROVENANCE_REQUIRED: Rule = Rule {
    id: "verify/provenance-required",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A file has no provenance on the index, and `require-provenance` asks for it",
    explain: "The index shows no address of attestations for it: none were sent, or the index does not keep them.",
    fix: "give `publish` the attestations with the next release; what is out cannot get them afterwards",
    sources: &["PEP 740"],
    since: "0.1.0",
};

pub(super) const NOT_TRIED: Rule = Rule {
    id: "verify/nothing-installs-here",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "No Python of this machine takes any file of the project, so `install-check` proved nothing",
    explain: "It needs an interpreter on `PATH` that one of the project's wheels is for, or an sdist, and that can make virtual \
              environments. From an index that wants a password only wheels are installed: what builds an sdist would \
              see the password.",
    fix: "run it on a system that the project has a wheel for, with Python and `venv` installed",
    sources: &["design: verifying nothing is a failure"],
    since: "0.1.0",
};

pub(super) const NOT_INSTALLED: Rule = Rule {
    id: "verify/not-installed",
    severity: Severity::Error,
    rejected_by: &["pip"],
    summary: "The released version cannot be installed from the index",
    explain: "It was installed by name and version, with what it depends on, into an environment with nothing else in it, as a \
              user would.",
    fix: "read the last lines of what the installer said",
    sources: &["practice: a job after the release installs it from the index"],
    since: "0.1.0",
};

pub(super) const NOT_IMPORTED: Rule = Rule {
    id: "verify/not-imported",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The released version was installed from the index and cannot be imported",
    explain: "Each top-level module was imported in an empty folder. Users who install the release meet the same.",
    fix: "read the last lines of what Python said; yank the version if it works for nobody",
    sources: &["practice: a job after the release installs it from the index"],
    since: "0.1.0",
};

/// The rules of this mode.
pub(crate) const RULES: &[Rule] = &[
    NOT_ASKED,
    NO_TAG,
    OTHER_COMMIT,
    NO_RELEASE,
    RELEASE_STATE,
    SECOND_RELEASE,
    NOT_IMMUTABLE,
    NO_MANIFEST,
    BAD_MANIFEST,
    OTHER_MANIFEST,
    OTHER_RELEASE,
    BAD_CHECKSUMS,
    CHECKSUMS_DISAGREE,
    CHECKSUMS_INCOMPLETE,
    ASSET_MISSING,
    ASSET_DIFFERS,
    ASSET_UNFINISHED,
    ASSET_UNDECLARED,
    ASSET_RENAMED,
    PACKAGE_RENAMED,
    NO_TARGET,
    NOT_THERE,
    OTHER_BYTES,
    UNDECLARED,
    YANKED,
    NO_PROVENANCE,
    PROVENANCE_REQUIRED,
    NOWHERE,
    TOOK_NOTHING,
    NOT_TRIED,
    NOT_INSTALLED,
    NOT_IMPORTED,
];
