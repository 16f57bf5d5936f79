//! The files of a release: which are there, which are missing, and which must not be sent at all.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::model::artifact::{Artifact, Delta};
use crate::model::tag::Tag;
use crate::remote::error::RemoteError;
use crate::remote::github::read::GithubRead;
use crate::remote::github::{Asset, matching};
use crate::report::{Report, Rule, Severity};

/// GitHub takes files below 2 GiB.
const LARGEST_BYTES: u64 = (2 << 30) - 1;

/// GitHub takes this many files for a release.
const MOST_FILES: usize = 1000;

pub(super) const CONFLICT: Rule = Rule {
    id: "release/asset-conflict",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "The release already holds other bytes under this name",
    explain: "A file on a release is never replaced: somebody may have fetched it.",
    fix: "decide which is right: delete the file there by hand if the release is a draft, or release a new version",
    sources: &["incident: a re-run deleted and sent everything again, and for a while there was no file"],
    since: "0.1.0",
};

pub(super) const INCOMPLETE: Rule = Rule {
    id: "release/published-incomplete",
    severity: Severity::Error,
    rejected_by: &["github: immutable releases"],
    summary: "The release is published, and files are missing from it",
    explain: "A release is filled as a draft and published last. This one was published by somebody else, or before \
              these files were declared; a published release is not changed.",
    fix: "turn the release back into a draft by hand, then run again",
    sources: &["incident: an action changed a published release and removed a file from it"],
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
    explain: "GitHub would refuse those beyond the limit, and the release would be short of files.",
    fix: "put files together into archives",
    sources: &["GitHub's documentation of release assets"],
    since: "0.1.0",
};

pub(super) const RENAMED: Rule = Rule {
    id: "release/asset-renamed",
    severity: Severity::Warning,
    rejected_by: &[],
    summary: "GitHub will store the file under another name",
    explain: "GitHub rewrites characters other than letters, digits and `._+@-`, and leading dots. Checksum files \
              then name a file that is not there. The original name is kept as the label.",
    fix: "give the file a name of letters, digits and `._+@-`, for instance with `rename` in collect-artifacts",
    sources: &["GitHub's REST interface for release assets"],
    since: "0.1.0",
};

pub(super) const COLLISION: Rule = Rule {
    id: "release/asset-collision",
    severity: Severity::Error,
    rejected_by: &["github"],
    summary: "Two files would be stored under one name",
    explain: "GitHub rewrites file names, and these two become the same.",
    fix: "give one of the two another name, for instance with `rename` in collect-artifacts",
    sources: &["GitHub's REST interface for release assets"],
    since: "0.1.0",
};

/// How the declared files stand to the stored ones.
#[derive(Debug)]
pub(super) struct Compared {
    /// How many are there with the same bytes.
    pub(super) same: usize,
    /// Which are not there whole.
    pub(super) missing: Vec<(Artifact, PathBuf)>,
}

/// What can be said of the files before the release is looked at.
pub(super) fn check_names(files: &[(Artifact, PathBuf)], report: &mut Report) {
    if files.len() > MOST_FILES {
        report.push(COUNT.finding(format!("{} files were declared", files.len())));
    }
    let mut stored = BTreeMap::new();
    for (artifact, _) in files {
        let name = artifact.file_name.as_str();
        if artifact.size_bytes == 0 || artifact.size_bytes > LARGEST_BYTES {
            report.push(SIZE.finding(format!("it has {} bytes", artifact.size_bytes)).in_file(name));
        }
        let expected = stored_name(name);
        if expected != name {
            report.push(RENAMED.finding(format!("it will probably be called `{expected}`")).in_file(name));
        }
        if let Some(other) = stored.insert(expected.clone(), name) {
            report.push(
                COLLISION.finding(format!("`{other}` and `{name}` both become `{expected}`")).in_file(name),
            );
        }
    }
}

/// What GitHub has been seen to make of a name: an estimate, for warnings only.
fn stored_name(name: &str) -> String {
    let mut stored = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '@') {
            stored.push(c);
        } else if !stored.ends_with('.') {
            stored.push('.');
        }
    }
    if stored.starts_with('.') { format!("default{stored}") } else { stored }
}

/// Compares by digest; a stored file without a digest is fetched and hashed.
pub(super) async fn compare(
    files: Vec<(Artifact, PathBuf)>,
    stored: &[Asset],
    github: &GithubRead,
    report: &mut Report,
) -> Result<Compared, RemoteError> {
    let mut compared = Compared { same: 0, missing: Vec::new() };
    for (artifact, path) in files {
        let name = artifact.file_name.as_str();
        let have = matching(stored, &artifact);
        let mut delta = artifact.compare(have.and_then(Asset::remote_file).as_ref());
        let mut theirs = have.and_then(|asset| asset.sha256);
        if let (Delta::Unproven, Some(asset)) = (delta, have) {
            let digest = github.asset_digest(asset).await?;
            theirs = Some(digest);
            delta = if digest == artifact.sha256 { Delta::Same } else { Delta::Differs };
        }
        match delta {
            Delta::Same => compared.same += 1,
            Delta::Missing | Delta::Unproven => compared.missing.push((artifact, path)),
            Delta::Differs => {
                let theirs =
                    theirs.map_or_else(|| "another size".to_owned(), |sha256| format!("sha256 {sha256}"));
                let message =
                    format!("the release has it with {theirs}, here it has sha256 {}", artifact.sha256);
                report.push(CONFLICT.finding(message).in_file(name));
            }
        }
    }
    Ok(compared)
}

/// A published release is complete, or it is not ours to complete.
pub(super) fn check_published(compared: &Compared, tag: &Tag, report: &mut Report) {
    for (artifact, _) in &compared.missing {
        let message = format!("the release {tag} is published and does not have it");
        report.push(INCOMPLETE.finding(message).in_file(artifact.file_name.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_estimated_as_they_were_observed() {
        for (name, stored) in [
            ("tool-1.2+local_x@y.whl", "tool-1.2+local_x@y.whl"),
            ("a b.txt", "a.b.txt"),
            ("a~(b).txt", "a.b.txt"),
            (".config", "default.config"),
        ] {
            assert_eq!(stored_name(name), stored, "{name}");
        }
    }
}
