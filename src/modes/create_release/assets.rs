//! The files of a release: which are there, which are missing, and which must not be sent at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use super::Page;
use super::desired::Desired;
use super::stored_name::stored_name;
use crate::model::artifact::{Artifact, Delta, FileName};
use crate::model::digest::Sha256;
use crate::model::rename::NameGlob;
use crate::remote::error::RemoteError;
use crate::remote::github::read::GithubRead;
use crate::remote::github::{Asset, matching, pacer};
use crate::report::{Report, Rule, Severity};

/// GitHub takes files below 2 GiB.
const LARGEST_BYTES: u64 = (2 << 30) - 1;

/// GitHub takes this many files for a release.
pub(super) const MOST_FILES: usize = 1000;

pub(super) const CONFLICT: Rule = Rule {
    id: "release/asset-conflict",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "The release already holds other bytes under this name",
    explain: "Somebody may have fetched the file that is there, so it is replaced only where `on-conflict: replace` says \
              so, and on a published release only with `allow-published-changes` too. The new file is uploaded under \
              another name and proven before the old one goes.",
    fix: "find out which of the two is right, then set `on-conflict` to `replace` or `keep`, or release a new version",
    sources: &["incident: a re-run deleted and sent everything again, and for a while there was no file"],
    since: "0.1.0",
};

pub(super) const KEPT: Rule = Rule {
    id: "release/asset-kept",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "The release holds other bytes under this name, and they stay",
    explain: "`on-conflict: keep` leaves what is there. `SHA256SUMS` gets the digest of that file; `manifest.json` has \
              the one that was vetted.",
    fix: "find out why the file was built with other bytes; nothing else is to be done if the one there is right",
    sources: &["design: what others made is kept"],
    since: "0.1.0",
};

pub(super) const INCOMPLETE: Rule = Rule {
    id: "release/published-incomplete",
    severity: Severity::Error,
    rejected_by: &[],
    summary: "The release is published, and files are missing from it",
    explain: "A release is filled as a draft and published last. This one was published by somebody else, or before \
              these files were declared; a published release is not changed unless that is asked for.",
    fix: "set `allow-published-changes` if people publish your releases first, else turn it back into a draft by hand",
    sources: &["incident: an action changed a published release and removed a file from it"],
    since: "0.1.0",
};

pub(super) const IMMUTABLE: Rule = Rule {
    id: "release/immutable",
    severity: Severity::Error,
    rejected_by: &["github: immutable releases"],
    summary: "The release is immutable, and its files are not the declared ones",
    explain: "Where a repository or its owner has immutable releases, files and tag are fixed when the release is \
              published, and neither `on-conflict` nor `allow-published-changes` can help. So nothing is tried.",
    fix: "release a new version; the tag of an immutable release cannot be used again even if that is deleted",
    sources: &["GitHub's documentation of immutable releases"],
    since: "0.1.0",
};

pub(super) const AWAITED: Rule = Rule {
    id: "release/awaited-asset",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "A file that `expect-assets` names is not there yet",
    explain: "Several workflows may fill one release. Each attaches what it has, and the one that completes the set \
              publishes it; until then the run ends well with the outcome `not-ready`.",
    fix: "wait for the workflow that attaches it; if none does, correct the line of `expect-assets`",
    sources: &["practice: Python packages and executables of one release come from two workflows"],
    since: "0.1.0",
};

pub(super) const MANY: Rule = Rule {
    id: "release/many-files",
    severity: Severity::Info,
    rejected_by: &[],
    summary: "So many files take a while",
    explain: "GitHub limits how often something may be made in a minute and in an hour. The run keeps to that by \
              itself, and waits when it is told to.",
    fix: "give the job enough time (`timeout-minutes`), or put files together into archives",
    sources: &[
        "GitHub's documentation of rate limits",
        "incident: uploads of some 500 files never came to their end",
    ],
    since: "0.1.0",
};

pub(super) const SIZE: Rule = Rule {
    id: "release/asset-size",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "GitHub takes no empty file and none of 2 GiB or more",
    explain: "GitHub would refuse it in the middle of the release. An empty file usually comes from a build that \
              failed.",
    fix: "leave the file out if it is empty, split it if it is too large",
    sources: &["GitHub's documentation of release assets"],
    since: "0.1.0",
};

pub(super) const COUNT: Rule = Rule {
    id: "release/asset-count",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "A release holds 1000 files at most",
    explain: "GitHub would refuse those beyond the limit, and the release would be short of files. What is on the \
              release already counts too.",
    fix: "put files together into archives",
    sources: &["GitHub's documentation of release assets"],
    since: "0.1.0",
};

pub(super) const RENAMED: Rule = Rule {
    id: "release/asset-renamed",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "GitHub will store the file under another name",
    explain: "GitHub rewrites characters other than letters, digits and `._+@-`, and dots at either end. The original \
              name is kept as the label, which the page shows; addresses, and `SHA256SUMS` on the page, have the \
              rewritten one.",
    fix: "give the file a name of letters, digits and `._+@-`, for instance with `rename`",
    sources: &["GitHub's REST interface for release assets"],
    since: "0.1.0",
};

pub(super) const OTHER_NAME: Rule = Rule {
    id: "release/asset-stored-otherwise",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "GitHub stored the file under a name that was not foreseen",
    explain: "How GitHub rewrites names is not documented, and the estimate was wrong. The bytes are right; a list of \
              digests names the file as it was foreseen.",
    fix: "give the file a name of letters, digits and `._+@-`, for instance with `rename`",
    sources: &["GitHub's REST interface for release assets"],
    since: "0.1.0",
};

pub(super) const COLLISION: Rule = Rule {
    id: "release/asset-collision",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "Two files would be stored under one name",
    explain: "Executables for two systems are often called alike, GitHub rewrites names, and a line of `rename` may give \
              two files one name. Other tools send both, and the last one wins.",
    fix: "give them different names, for instance with `rename: {stem}-{os}-{arch}{ext}`",
    sources: &["incident: executables for two systems had one name, and one of them was never released"],
    since: "0.1.0",
};

/// What to do where the release holds other bytes under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnConflict {
    /// Stop.
    Fail,
    /// Put the new file in its place.
    Replace,
    /// Leave it.
    Keep,
}

/// A text that says nothing of the kind.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is none of `fail`, `replace` and `keep`")]
pub(crate) struct OnConflictError(String);

impl FromStr for OnConflict {
    type Err = OnConflictError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "fail" => Ok(Self::Fail),
            "replace" => Ok(Self::Replace),
            "keep" => Ok(Self::Keep),
            _ => Err(OnConflictError(text.chars().take(60).collect())),
        }
    }
}

impl fmt::Display for OnConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fail => "fail",
            Self::Replace => "replace",
            Self::Keep => "keep",
        })
    }
}

/// How the declared files stand to the stored ones.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// How many are there, with the same bytes or with others that are kept.
    pub(super) there: usize,
    /// Which are not there whole, and may be sent.
    pub(super) missing: Vec<Desired>,
    /// Which are there with other bytes, and take the place of those.
    pub(super) replaced: Vec<Replaced>,
    /// The digests of those that are kept as they are.
    pub(super) kept: BTreeMap<FileName, Sha256>,
}

/// A file that takes the place of another one.
#[derive(Debug)]
pub(super) struct Replaced {
    /// The new one.
    pub(super) file: Desired,
    /// GitHub's number of the old one.
    pub(super) old: u64,
    /// The old one's digest.
    pub(super) theirs: Sha256,
}

/// Whether GitHub takes no file of this size.
pub(super) const fn is_too_large(size_bytes: u64) -> bool {
    size_bytes > LARGEST_BYTES
}

/// What can be said of the files before the release is looked at.
pub(super) fn check_names(files: &[Desired], report: &mut Report) {
    let mut seen: BTreeMap<String, &Desired> = BTreeMap::new();
    for file in files {
        let Artifact { file_name, size_bytes, sha256, .. } = &file.artifact;
        let name = file_name.as_str();
        if *size_bytes == 0 || is_too_large(*size_bytes) {
            report.push(SIZE.finding(format!("it has {size_bytes} bytes")).in_file(file.source()));
        }
        let expected = stored_name(name);
        if expected != name {
            report.push(RENAMED.finding(format!("it will probably be called `{expected}`")).in_file(name));
        }
        if let Some(other) = seen.get(&expected) {
            let message = format!(
                "`{expected}` would be both `{}` (sha256 {}) and `{}` (sha256 {sha256})",
                other.source(),
                other.artifact.sha256,
                file.source()
            );
            report.push(COLLISION.finding(message).in_file(name));
        }
        seen.insert(expected, file);
    }
}

/// How long it takes to send what is left, where that is long.
pub(super) fn foresee(compared: &Compared, report: &mut Report) {
    let left = compared.missing.len() + compared.replaced.len();
    report.extend(pacer::foreseen(left).map(|text| MANY.finding(text)));
}

/// Whether all of them find room on the page beside what is there.
/// So many as `waiting` are there for a while under another name.
pub(super) fn check_count(files: &[Desired], stored: &[Asset], waiting: usize, report: &mut Report) {
    let ours = files.iter().filter_map(|file| place_of(stored, &file.artifact));
    let others = stored.len() - ours.map(|asset| asset.id).collect::<BTreeSet<_>>().len();
    if files.len() + others + waiting > MOST_FILES {
        let message = format!("{} files were declared, and {others} others are on the release", files.len());
        let message = match waiting {
            0 => message,
            _ => format!("{message}; replacing one takes the room of {waiting} more"),
        };
        report.push(COUNT.finding(message));
    }
}

/// Files of a channel are all sent before the first of those that they replace goes.
pub(super) fn check_peak(stored: usize, sent: usize, report: &mut Report) {
    if stored + sent > MOST_FILES {
        let message = format!("{stored} files are on the release, and {sent} are to be sent");
        let hint = "one that changes counts twice until it takes the place of the old one";
        report.push(COUNT.finding(message).hint(hint));
    }
}

/// The asset that is the artifact, or that has the name under which GitHub would store it.
fn place_of<'a>(stored: &'a [Asset], artifact: &Artifact) -> Option<&'a Asset> {
    let expected = stored_name(artifact.file_name.as_str());
    matching(stored, artifact).or_else(|| stored.iter().find(|asset| asset.name == expected))
}

/// Compares a file with what is stored.
#[derive(Clone, Copy)]
pub(super) struct Comparison<'a> {
    pub(super) page: Page<'a>,
    pub(super) stored: &'a [Asset],
    pub(super) on_conflict: OnConflict,
    pub(super) github: &'a GithubRead,
}

impl Comparison<'_> {
    /// Compares by digest; a stored file without a digest is fetched and hashed. What may not be done is a finding.
    pub(super) async fn add(
        self,
        file: Desired,
        compared: &mut Compared,
        report: &mut Report,
    ) -> Result<(), RemoteError> {
        let artifact = &file.artifact;
        let have = place_of(self.stored, artifact).filter(|asset| asset.uploaded);
        let Some(have) = have else {
            self.missing(file, compared, report);
            return Ok(());
        };
        let mut delta = artifact.compare(have.remote_file().as_ref());
        let mut theirs = have.sha256;
        if matches!(delta, Delta::Unproven) || theirs.is_none() {
            let digest = self.github.asset_digest(have).await?;
            theirs = Some(digest);
            delta = if digest == artifact.sha256 { Delta::Same } else { Delta::Differs };
        }
        match (delta, theirs) {
            (Delta::Differs, Some(theirs)) => self.differs(file, (have.id, theirs), compared, report),
            _ => {
                let (name, expected) = (&have.name, stored_name(artifact.file_name.as_str()));
                if *name != expected {
                    let message = format!("it is `{name}` there, and was expected as `{expected}`");
                    report.push(OTHER_NAME.finding(message).in_file(artifact.file_name.as_str()));
                }
                compared.there += 1;
            }
        }
        Ok(())
    }

    fn missing(self, file: Desired, compared: &mut Compared, report: &mut Report) {
        let tag = self.page.tag;
        let rule = if self.is_fixed() {
            IMMUTABLE
        } else if self.page.may_change() {
            compared.missing.push(file);
            return;
        } else {
            INCOMPLETE
        };
        let message =
            format!("the release {tag} is published and does not have it (sha256 {})", file.artifact.sha256);
        report.push(rule.finding(message).in_file(file.artifact.file_name.as_str()));
    }

    fn differs(
        self,
        file: Desired,
        (old, theirs): (u64, Sha256),
        compared: &mut Compared,
        report: &mut Report,
    ) {
        let ours = file.artifact.sha256;
        let message = format!(
            "the release has it with sha256 {theirs}, here it has sha256 {ours} (`{}`)",
            file.source()
        );
        let rule = match self.on_conflict {
            OnConflict::Keep => {
                compared.there += 1;
                compared.kept.insert(file.artifact.file_name.clone(), theirs);
                KEPT
            }
            _ if self.is_fixed() => IMMUTABLE,
            // A file that is only stored as ours would be is another one, whose name somebody chose.
            OnConflict::Replace
                if self.page.may_change() && matching(self.stored, &file.artifact).is_some() =>
            {
                compared.replaced.push(Replaced { file, old, theirs });
                return;
            }
            OnConflict::Fail | OnConflict::Replace => CONFLICT,
        };
        let mut finding = rule.finding(message).in_file(file.artifact.file_name.as_str());
        if self.on_conflict == OnConflict::Replace && rule.id == CONFLICT.id {
            finding = finding.hint(match self.page.may_change() {
                true => "the file there has another name of its own that GitHub would give ours: rename ours",
                false => "the release is published: set `allow-published-changes` to replace the file there",
            });
        }
        report.push(finding);
    }

    fn is_fixed(self) -> bool {
        self.page.release.is_some_and(|release| release.immutable)
    }
}

/// What is expected and neither stored nor about to be: each line as it was written.
pub(super) fn awaited(
    expect: &[NameGlob],
    files: &[Desired],
    stored: &[Asset],
    report: &mut Report,
) -> Vec<String> {
    let there = stored.iter().filter(|asset| asset.uploaded && !asset.is_temporary());
    let names = there.flat_map(|asset| [Some(asset.name.clone()), asset.label.clone()]).flatten();
    let ours = files.iter().map(|file| file.artifact.file_name.as_str());
    let ours = ours.flat_map(|name| [name.to_owned(), stored_name(name)]);
    let names: Vec<_> = names.chain(ours).collect();
    let awaited: Vec<_> = expect.iter().filter(|glob| !names.iter().any(|name| glob.matches(name))).collect();
    for glob in &awaited {
        report.push(AWAITED.finding(format!("no file of the release matches `{glob}`")));
    }
    awaited.into_iter().map(ToString::to_string).collect()
}
