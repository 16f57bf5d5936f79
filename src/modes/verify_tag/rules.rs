//! What verify-tag finds fault with.

use crate::report::{Rule, Severity};

pub(super) const NO_VERSION: Rule = Rule {
    id: "tag/not-a-version",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The tag names no version",
    explain: "A release tag is a version in SemVer or PEP 440 spelling, with the prefix of the project before it: an \
              optional `v` unless `tag-prefix` says otherwise. A SemVer pre-release that PEP 440 cannot say \
              (`-nightly`, `-1`) is refused too, and so are leading zeros: a guess would become a version that can \
              never be taken back.",
    fix: "tag releases as `v1.2.0`, `v1.2.0-rc1` or `v1.2.0rc1`",
    sources: &["PEP 440", "Semantic Versioning 2.0"],
    since: "0.1.0",
};

pub(super) const MISMATCH: Rule = Rule {
    id: "tag/version-mismatch",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A file of the project states another version than the tag",
    explain: "What is built carries the version of the sources, not that of the tag.",
    fix: "change the version there, commit, and tag that commit",
    sources: &["incident: a tag without a version bump left holes in the version numbers, twice"],
    since: "0.1.0",
};

pub(super) const STALE_LOCK: Rule = Rule {
    id: "tag/stale-lock",
    severity: Severity::Error,
    rejected_by: &["cargo --locked", "uv --locked"],
    summary: "A lock file has another version of the project's own package than the tag",
    explain: "The manifest was changed and the lock file was not. A build that insists on the lock file stops there; \
              any other one changes the file, and builds from what was never committed.",
    fix: "let the package manager write the lock file again, commit it, and tag that commit",
    sources: &["cargo's documentation of `--locked`"],
    since: "0.1.0",
};

pub(super) const UNSAYABLE: Rule = Rule {
    id: "tag/unsayable-version",
    severity: Severity::Error,
    rejected_by: &["cargo", "npm", "pip"],
    summary: "A file of the project is in a spelling that cannot say the tag's version",
    explain: "SemVer has no epochs, no post releases, no more than three numbers and no development releases of \
              pre-releases, and PEP 440 knows few words for pre-releases. A project whose files need both spellings \
              has only the versions that both can say.",
    fix: "choose a version that SemVer and PEP 440 can say, such as `1.2.1` instead of `1.2.0.post1`",
    sources: &["PEP 440", "Semantic Versioning 2.0"],
    since: "0.1.0",
};

pub(super) const PIN_REFUSES: Rule = Rule {
    id: "tag/pin-refuses",
    severity: Severity::Error,
    rejected_by: &["pip", "cargo"],
    summary: "A package requires another version of a package that is released with it",
    explain: "The two are released together with the tag's version, and one of them cannot be installed beside the \
              other: no installer finds a version that fits, or it takes an older one.",
    fix: "let the requirement admit the tag's version, commit, and tag that commit",
    sources: &["Cog's releases: the SDK pins the native module that it was built with"],
    since: "0.1.0",
};

pub(super) const PIN_BEHIND: Rule = Rule {
    id: "tag/pin-behind",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A package admits older versions of a package that is released with it",
    explain: "Whoever has an older version of the one keeps it when they install the other. Together they were never \
              tried.",
    fix: "raise the lower bound of the requirement to the tag's version, commit, and tag that commit",
    sources: &["Cog's releases: the SDK pins the native module that it was built with"],
    since: "0.1.0",
};

pub(super) const UNREADABLE: Rule = Rule {
    id: "tag/unreadable-source",
    severity: Severity::Error,
    rejected_by: &["cargo", "pip"],
    summary: "A project file cannot be read, or states no readable version",
    explain: "Manifests must be what their format says, and their version a SemVer or PEP 440 version. A file that is \
              named in `version-files` must be there and state a version where it is said to.",
    fix: "correct the file, commit, and tag that commit",
    sources: &["the manifest format of cargo", "the pyproject.toml specification"],
    since: "0.1.0",
};

pub(super) const NO_SOURCE: Rule = Rule {
    id: "tag/no-version-source",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "No file of the project states a version to compare the tag with",
    explain: "Verifying nothing is a failure. The sources were not checked out, or the project is in another folder.",
    fix: "check the sources out before this step, and set `project-dir` to the folder of the manifest, or name its `version-files`",
    sources: &["design: verifying nothing is a failure"],
    since: "0.1.0",
};

pub(super) const DYNAMIC: Rule = Rule {
    id: "tag/dynamic-version",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The project's version is computed when it is built, so the sources prove nothing",
    explain: "`dynamic = [\"version\"]` leaves the version to the build backend. Only the built files show which \
              version it is.",
    fix: "give validate-wheels the `tag` input, so that the built files are compared with the tag",
    sources: &["the pyproject.toml specification"],
    since: "0.1.0",
};

pub(super) const NO_SECTION: Rule = Rule {
    id: "tag/no-changelog-section",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The changelog has no section about the version",
    explain: "The section becomes the release notes. For a prerelease the section of what is not released yet does, \
              too.",
    fix: "give the version a section, commit, and tag that commit",
    sources: &["Keep a Changelog"],
    since: "0.1.0",
};

pub(super) const MISSING: Rule = Rule {
    id: "tag/missing",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The repository has no such tag",
    explain: "GitHub would create the tag when the release is published, at a commit nobody chose.",
    fix: "push the tag, then run again",
    sources: &["GitHub's REST interface for references"],
    since: "0.1.0",
};

pub(super) const OTHER_COMMIT: Rule = Rule {
    id: "tag/other-commit",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The tag points to another commit than the one that is released",
    explain: "The tag was moved after the build began, or the wrong commit was given. What would be released is not \
              what was built.",
    fix: "find out who moved the tag, and start the release from the tag again",
    sources: &["GitHub's REST interface for references"],
    since: "0.1.0",
};

pub(super) const NO_COMMIT: Rule = Rule {
    id: "tag/no-commit",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The repository has no such commit",
    explain: "The commit was given by hand or came with an event, and the repository does not know it.",
    fix: "push the commit, or give the commit that the tag points to",
    sources: &["GitHub's REST interface for commits"],
    since: "0.1.0",
};

pub(super) const OTHER_CHECKOUT: Rule = Rule {
    id: "tag/other-checkout",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The files that were compared are those of another commit than the tagged one",
    explain: "A workflow that the end of another one starts, or that a person starts on a branch, checks that branch \
              out unless it is told otherwise. What its files say proves nothing about the tag.",
    fix: "check out the tag before this step: give `actions/checkout` the tag as `ref`",
    sources: &["GitHub's documentation of the event `workflow_run`"],
    since: "0.1.0",
};

pub(super) const TWO_SPELLINGS: Rule = Rule {
    id: "tag/two-spellings",
    severity: Severity::Error,
    rejected_by: &["PyPI"],
    summary: "Another tag names the same version in another spelling",
    explain: "`v1.2.0-rc1`, `v1.2.0rc1` and `1.2.0-rc.1` are one version, of which a registry takes one release. A tag \
              of one number, such as `v1`, is taken for a name that moves, and left aside.",
    fix: "delete the tag that is not to be released",
    sources: &["PEP 440: normalization"],
    since: "0.1.0",
};

pub(super) const LOWER: Rule = Rule {
    id: "tag/lower-than-latest",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A higher stable version is released already",
    explain: "A lower version after a higher one is either a slip or a back-port. Registries take both, and nothing \
              that they took comes back.",
    fix: "correct the version, or allow back-ports by `ignore: tag/lower-than-latest`",
    sources: &["design: a version is higher than the one before it"],
    since: "0.1.0",
};

pub(super) const RELEASED: Rule = Rule {
    id: "tag/already-released",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "GitHub has a published release of the tag already",
    explain: "Either the release was made before and this run finds nothing to do, or the version is used up. Where \
              every run is to make a new release, name this rule in `fail-on`.",
    fix: "go on if this run repeats an earlier one, else choose the next version",
    sources: &["GitHub's REST interface for releases"],
    since: "0.1.0",
};

pub(super) const IMMUTABLE: Rule = Rule {
    id: "tag/immutable-release",
    severity: Severity::Warning,
    rejected_by: &["GitHub"],
    summary: "GitHub has fixed the published release of the tag for good",
    explain: "Files can neither be added to it nor taken away, and its tag can neither be moved nor used again, not \
              even after the release was deleted. A run that repeats the one that made it finds nothing to do; any \
              other one can release nothing under this tag.",
    fix: "go on if this run repeats an earlier one, else choose the next version",
    sources: &["GitHub's documentation of immutable releases"],
    since: "0.1.0",
};

pub(super) const OFF_BRANCH: Rule = Rule {
    id: "tag/off-branch",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The tagged commit is on none of the branches that its version may be released from",
    explain: "`branch-rules` says from which branches versions of this kind come. A commit that is on none of them was \
              not merged, was rewritten, or is a fork's: GitHub shows those under the repository's own address.",
    fix: "merge the commit into such a branch, or tag a commit that is on one",
    sources: &["Cog's releases: stable tags on `main` only"],
    since: "0.1.0",
};

pub(super) const NO_BRANCH: Rule = Rule {
    id: "tag/no-such-branch",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "There is no branch that the tag's version may be released from",
    explain: "No name of a branch fits the line of `branch-rules` that is about versions of this kind: the branch was \
              deleted or renamed, or the pattern is wrong.",
    fix: "correct the pattern in `branch-rules`, or push the branch",
    sources: &["GitHub's REST interface for references"],
    since: "0.1.0",
};

pub(super) const BUDGET: Rule = Rule {
    id: "tag/branch-budget",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "More branches fit than are compared, and the tagged commit is on none of the first",
    explain: "Each comparison is a request, and a job has a thousand of them in an hour. So many branches as \
              `branch-budget` says are looked at: those with the commit as their newest first, then those that are \
              named without `*`, then those with the version's numbers in their name, then the rest from the highest \
              name down.",
    fix: "narrow the pattern in `branch-rules`, or raise `branch-budget`",
    sources: &["GitHub's limits of requests"],
    since: "0.1.0",
};

pub(super) const UNSIGNED: Rule = Rule {
    id: "tag/not-signed",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The tag has no signature that GitHub could verify",
    explain: "`require-signed-tag` and `allowed-taggers` ask for an annotated tag with a signature whose key GitHub \
              knows as the tagger's. Without one anybody who can push may have made it, under any name.",
    fix: "delete the tag and make it anew with `git tag -s`, with a key that GitHub has for that address",
    sources: &["GitHub's documentation of signature verification"],
    since: "0.1.0",
};

pub(super) const OTHER_NAME: Rule = Rule {
    id: "tag/signed-as-another",
    severity: Severity::Error,
    rejected_by: &["git verify-tag"],
    summary: "The tag's signed object was made for a tag of another name",
    explain: "A signature is about the name that stands in the object. Whoever can push may let a new tag point to the \
              signed object of an old one, and the signature stays good.",
    fix: "delete the tag and make it anew with `git tag -s`",
    sources: &["the format of git's tag objects"],
    since: "0.1.0",
};

pub(super) const TAGGER: Rule = Rule {
    id: "tag/other-tagger",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The tag was made by somebody who is not among the allowed taggers",
    explain: "`allowed-taggers` names the addresses whose tags are released. The address is the one in the signed tag.",
    fix: "let one of the allowed taggers make the tag, or add the address to `allowed-taggers`",
    sources: &["GitHub's documentation of signature verification"],
    since: "0.1.0",
};

pub(super) const CHECK_FAILED: Rule = Rule {
    id: "tag/check-failed",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A check that `require-checks` names did not pass for the tagged commit",
    explain: "What would be released was tried, and it failed. Of several runs the newest counts; those of pull \
              requests and of forks do not.",
    fix: "mend what failed and tag the commit that passes, or run the check again if it failed by accident",
    sources: &["GitHub's REST interface for checks"],
    since: "0.1.0",
};

pub(super) const CHECK_PENDING: Rule = Rule {
    id: "tag/check-pending",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A check that `require-checks` names is still running for the tagged commit",
    explain: "Whether what would be released works is not known yet.",
    fix: "run this again when the check is done",
    sources: &["GitHub's REST interface for checks"],
    since: "0.1.0",
};

pub(super) const CHECK_MISSING: Rule = Rule {
    id: "tag/check-missing",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A check that `require-checks` names never ran for the tagged commit",
    explain: "What would be released was not tried. Checks belong to a commit: those of the commit before it, or of \
              the pull request that it was merged from, say nothing about this one.",
    fix: "correct the name of the check, or push the commit to a branch for which it runs",
    sources: &["GitHub's REST interface for checks"],
    since: "0.1.0",
};

/// The rules of this mode.
pub(crate) const RULES: &[Rule] = &[
    NO_VERSION,
    MISMATCH,
    STALE_LOCK,
    UNSAYABLE,
    PIN_REFUSES,
    PIN_BEHIND,
    UNREADABLE,
    NO_SOURCE,
    DYNAMIC,
    NO_SECTION,
    MISSING,
    OTHER_COMMIT,
    NO_COMMIT,
    OTHER_CHECKOUT,
    TWO_SPELLINGS,
    LOWER,
    RELEASED,
    IMMUTABLE,
    OFF_BRANCH,
    NO_BRANCH,
    BUDGET,
    UNSIGNED,
    OTHER_NAME,
    TAGGER,
    CHECK_FAILED,
    CHECK_PENDING,
    CHECK_MISSING,
];

/// Whether nothing may be released in spite of a finding of this rule, whatever a policy says: there is no version, no
/// tag, no proof, or what the user asked for in so many words does not hold.
pub(crate) fn is_vital(id: &str) -> bool {
    const VITAL: &[Rule] = &[
        NO_VERSION,
        NO_SOURCE,
        MISSING,
        OTHER_COMMIT,
        NO_COMMIT,
        UNSIGNED,
        OTHER_NAME,
        TAGGER,
        CHECK_FAILED,
        CHECK_PENDING,
        CHECK_MISSING,
        OFF_BRANCH,
        NO_BRANCH,
        BUDGET,
    ];
    VITAL.iter().any(|rule| rule.id == id)
}
