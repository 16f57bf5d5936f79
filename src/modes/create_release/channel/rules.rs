//! What stands against a channel's release.

use super::notes;
use crate::report::{Rule, Severity};

pub(super) const IMMUTABLE: Rule = Rule {
    id: "release/channel-immutable",
    severity: Severity::Error,
    rejected_by: &["github: immutable releases"],
    summary: "The channel's release cannot be changed: the repository's releases are immutable",
    explain: "GitHub fixes files and tag of a release for good when it is published, if the repository is set so. A tag \
              that moves is impossible there, and the name of the tag is used up even if the release is deleted.",
    fix: "set `channel-tags: dated`, which makes a release of its own for each day",
    sources: &["GitHub's documentation of immutable releases"],
    since: "0.1.0",
};

pub(super) const NOT_OURS: Rule = Rule {
    id: "release/channel-not-ours",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The channel's tag has a release that somebody else made",
    explain: "The files of a channel's release are replaced for each commit. A release whose text has no mark of ours was \
              made by a person or another tool, and its files may be wanted. An empty text hands it over only where it \
              holds no files: most tools leave the text empty.",
    fix: "choose another `channel`; or hand it over: remove its files and empty its text, or write the lines of our mark \
          into the text",
    sources: &["design: what others made is kept"],
    since: "0.1.0",
};

pub(super) const FILE_NOT_OURS: Rule = Rule {
    id: "release/channel-file-not-ours",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The channel's release holds other bytes under this name, and they are not ours",
    explain: "Before a file of ours is sent, the text of the release says that it is ours. One that the text does not name \
              was attached by a person or another tool and is never replaced.",
    fix: "remove or rename the file on the release, or give yours another name with `rename`",
    sources: &["design: what others made is kept"],
    since: "0.1.0",
};

pub(super) const TAG_NOT_OURS: Rule = Rule {
    id: "release/channel-tag-not-ours",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The channel's tag is at another commit and has no release",
    explain: "Only a release says that a tag is ours to move. A tag without one was made by a person or another tool, or is \
              what `undo: delete` left. Drafts show only to tokens with `contents: write`.",
    fix: "delete the tag by `git push --delete origin TAG` if nobody wants it, or choose another `channel`",
    sources: &["design: what others made is kept"],
    since: "0.1.0",
};

pub(super) const OTHER_COMMIT: Rule = Rule {
    id: "release/channel-other-commit",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The files were built from another commit than the channel's",
    explain: "The manifest states the commit that the files were collected for, and the channel would say another one: the \
              tag would lead to a source that these files were not built from.",
    fix: "give the commit that was built as `commit`, here and to validate-wheels",
    sources: &["design: one manifest binds every byte from the build job to the registry"],
    since: "0.1.0",
};

pub(super) const IMMUTABLE_STAYS: Rule = Rule {
    id: "release/channel-immutable-stays",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "A release is older than those that are kept, and stays because it is immutable",
    explain: "A tag that belonged to an immutable release is used up for good, so such a release is never deleted here.",
    fix: "delete it by hand if it has to go",
    sources: &["GitHub's documentation of immutable releases"],
    since: "0.1.0",
};

/// The rules of this mode.
pub(crate) const RULES: &[Rule] =
    &[IMMUTABLE, NOT_OURS, FILE_NOT_OURS, TAG_NOT_OURS, OTHER_COMMIT, IMMUTABLE_STAYS, notes::NOTES];
