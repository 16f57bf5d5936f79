//! What stands against yanking, and what has to be known about it.

use crate::report::{Rule, Severity};

pub(super) const NO_TAG: Rule = Rule {
    id: "yank/no-tag",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "It is not known which release is meant",
    explain: "Neither the input nor the manifest names a tag, and no tag started the run. The tag tells the release on \
              GitHub and, without a manifest, the version.",
    fix: "give `tag`",
    sources: &["design: what is taken back is named"],
    since: "0.1.0",
};

pub(super) const OTHER_RELEASE: Rule = Rule {
    id: "yank/other-release",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The manifest is of another release than the tag",
    explain: "What would be yanked is not what was asked for. A manifest of another release lies in `manifest-dir`.",
    fix: "fetch the manifest of the release that is meant, or name no folder and the packages in `targets`",
    sources: &["design: one manifest names all files of a release"],
    since: "0.1.0",
};

pub(super) const NOT_NAMED: Rule = Rule {
    id: "yank/not-named",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "It is not known which packages a line of `targets` means",
    explain: "Without a manifest nobody knows what the release consists of, so each line has to name its packages. A \
              package whose version cannot be said in the spelling of its registry cannot be there.",
    fix: "name them (`pypi: NAME`), or put the release's `manifest.json` into `manifest-dir`",
    sources: &["design: what is taken back is named"],
    since: "0.1.0",
};

pub(super) const NOT_IN_MANIFEST: Rule = Rule {
    id: "yank/not-in-manifest",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "A line of `targets` names a package that is not in the manifest",
    explain: "The manifest is what the release consisted of. A name that it lacks is mistyped, or belongs to another \
              release.",
    fix: "compare the names with those in `manifest.json`",
    sources: &["design: one manifest names all files of a release"],
    since: "0.1.0",
};

pub(super) const NOT_TAKEN: Rule = Rule {
    id: "yank/not-taken",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A package of the release is left as it is",
    explain: "No line of `targets` says where it is, or the line is for other kinds of versions. Nothing was looked up, \
              and nothing is changed about it.",
    fix: "add a line for it, if it was published",
    sources: &["design: nothing is left out silently"],
    since: "0.1.0",
};

pub(super) const NOTHING: Rule = Rule {
    id: "yank/nothing",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "There is nothing to take back of this release",
    explain: "No registry that was asked knows any of its packages in this version; or no package is named, and GitHub \
              shows no release of the tag. Taking back nothing must not look like taking back a release.",
    fix: "compare tag, names and registries with what was published",
    sources: &["design: verifying nothing is a failure"],
    since: "0.1.0",
};

pub(super) const ABSENT: Rule = Rule {
    id: "yank/absent",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A registry does not know the package in this version",
    explain: "It was never published there, or deleted, or its name is another one. There is nothing to yank.",
    fix: "none, if it was not published there",
    sources: &["design: state is asked of the registry"],
    since: "0.1.0",
};

pub(super) const NO_RELEASE: Rule = Rule {
    id: "yank/no-release",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "GitHub shows no release of the tag, so none is marked",
    explain: "It may have been deleted, or the tag is spelt in another way. Drafts show only to tokens with \
              `contents: write`.",
    fix: "none, if there is no release on GitHub",
    sources: &["design: a second run finds what the first one did"],
    since: "0.1.0",
};

pub(super) const NO_ROOM: Rule = Rule {
    id: "yank/no-room",
    severity: Severity::Warning,
    rejected_by: &["github"],
    summary: "The release's text leaves no room for the mark that it is yanked",
    explain: "GitHub takes 125,000 characters. The mark stands above the text that is there, which is not cut for it: a \
              person wrote it, or it belongs to what was published. The packages are yanked all the same.",
    fix: "shorten the release's text on its page, and run this again",
    sources: &["GitHub's REST interface for releases"],
    since: "0.1.0",
};

pub(super) const NO_TOKEN: Rule = Rule {
    id: "yank/no-token",
    severity: Severity::Error,
    rejected_by: &["crates.io"],
    summary: "No token was given that may yank a crate",
    explain: "The tokens of trusted publishing may publish and nothing else: crates.io refuses them for yanking and \
              un-yanking. Nothing was changed.",
    fix: "give an API token with the scope `yank`, as a line of `credentials`: `REGISTRY = TOKEN`",
    sources: &["crates.io: trusted publishing's tokens are accepted where crates are published only"],
    since: "0.1.0",
};

pub(super) const BY_HAND: Rule = Rule {
    id: "yank/by-hand",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "A person has to yank this",
    explain: "Python indexes have no API for yanking. The page is where an owner of the project does it; the run says \
              that it is left until the index shows all files of the release as they should be.",
    fix: "open the page, do it there, and run this again to see it confirmed",
    sources: &["PyPI: yanking is done on its pages only", "PEP 592: yanked files in the simple index"],
    since: "0.1.0",
};

/// The rules of this mode.
pub(crate) const RULES: &[Rule] = &[
    NO_TAG,
    OTHER_RELEASE,
    NOT_NAMED,
    NOT_IN_MANIFEST,
    NOT_TAKEN,
    NOTHING,
    ABSENT,
    NO_RELEASE,
    NO_ROOM,
    NO_TOKEN,
    BY_HAND,
];
