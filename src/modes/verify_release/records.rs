//! What says which files the release consists of: the manifest, and the page's list of digests.

use super::look::Look;
use super::page::{Page, record, record_bytes};
use super::rules::{BAD_CHECKSUMS, BAD_MANIFEST, NO_MANIFEST, OTHER_COMMIT, OTHER_MANIFEST, OTHER_RELEASE};
use crate::archive::Limits;
use crate::archive::checksums::{self, Checksums};
use crate::model::artifact::Artifact;
use crate::model::manifest::{Manifest, Origin};
use crate::model::revision::CommitSha;
use crate::model::tag::Tag;
use crate::remote::disk::manifest_v1;
use crate::remote::github::read::GithubRead;

/// What the manifest is called on the page.
pub(super) const MANIFEST: &str = "manifest.json";
/// What the list of digests is called on the page.
pub(super) const CHECKSUMS: &str = "SHA256SUMS";

/// What the release is to consist of.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// The manifest that counts.
    pub(super) manifest: Option<Manifest>,
    /// The page's list of digests.
    pub(super) checksums: Option<Checksums>,
}

impl Records {
    /// The manifest is the one on this machine, where there is one, else that of the page.
    pub(super) async fn of(
        local: Option<Manifest>,
        page: Option<&Page>,
        github: &GithubRead,
        look: &mut Look,
    ) -> Self {
        let assets = page.and_then(|page| page.assets.as_ref());
        let (mut theirs, mut checksums) = (None, None);
        if let Some(assets) = assets {
            match record(assets, MANIFEST) {
                Some(asset) => {
                    let bytes = record_bytes(asset, manifest_v1::LIMIT_BYTES, github).await;
                    let bytes = bytes.map(|bytes| look.asked(bytes));
                    theirs = read_manifest(bytes, asset.size_bytes, look);
                }
                None if local.is_none() => {
                    let message = format!("the release has {} files, and no `{MANIFEST}`", assets.len());
                    look.find(NO_MANIFEST.finding(message));
                }
                None => {}
            }
            if let Some(asset) = record(assets, CHECKSUMS) {
                let bytes = record_bytes(asset, manifest_v1::LIMIT_BYTES, github).await;
                let bytes = bytes.map(|bytes| look.asked(bytes));
                checksums = read_checksums(bytes, asset.size_bytes, look);
            }
        }
        if let (Some(ours), Some(theirs)) = (&local, &theirs) {
            compare(ours, theirs, look);
        }
        Self { manifest: local.or(theirs), checksums }
    }
}

/// Reads what came; `None` where it is too large, and `Some(None)` where it could not be had.
fn read_manifest(bytes: Option<Option<bytes::Bytes>>, size_bytes: u64, look: &mut Look) -> Option<Manifest> {
    let read = match bytes {
        None => Err(format!(
            "it has {size_bytes} bytes, and no manifest has more than {}",
            manifest_v1::LIMIT_BYTES
        )),
        Some(bytes) => {
            let bytes = bytes?;
            match std::str::from_utf8(&bytes) {
                Err(error) => Err(format!("it is no UTF-8: {error}")),
                Ok(text) => manifest_v1::from_json(text).map_err(|fault| {
                    let cause = std::error::Error::source(&fault).map(|cause| format!(": {cause}"));
                    format!("{fault}{}", cause.unwrap_or_default())
                }),
            }
        }
    };
    read.map_err(|why| look.find(BAD_MANIFEST.finding(why).in_file(MANIFEST))).ok()
}

fn read_checksums(
    bytes: Option<Option<bytes::Bytes>>,
    size_bytes: u64,
    look: &mut Look,
) -> Option<Checksums> {
    let read = match bytes {
        None => Err(format!("it has {size_bytes} bytes")),
        Some(bytes) => checksums::parse(&bytes?, &Limits::default()).map_err(|error| error.to_string()),
    };
    read.map_err(|why| look.find(BAD_CHECKSUMS.finding(why).in_file(CHECKSUMS))).ok()
}

/// Whether two manifests name the same files. What else they hold may differ: a yanked release says so in its own.
fn compare(ours: &Manifest, theirs: &Manifest, look: &mut Look) {
    let told = |artifact: Option<&Artifact>| {
        artifact.map_or_else(|| "does not name it".to_owned(), |found| format!("has sha256 {}", found.sha256))
    };
    let both = ours.artifacts().iter().chain(theirs.artifacts());
    let mut names: Vec<_> = both.map(|artifact| artifact.file_name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (here, there) = (ours.artifact(name), theirs.artifact(name));
        if here.map(|found| found.sha256) != there.map(|found| found.sha256) {
            let message =
                format!("the one in `manifest-dir` {}, the one on the page {}", told(here), told(there));
            look.find(OTHER_MANIFEST.finding(message).in_file(name));
        }
    }
}

/// Holds the manifest to the tag that is verified, and the commits of both, and the one that was given, to one another.
pub(super) fn hold_to_tag(
    manifest: Option<&Manifest>,
    tag: &Tag,
    found: Option<&CommitSha>,
    given: Option<&CommitSha>,
    look: &mut Look,
) {
    let nowhere = Origin::default();
    let Origin { tag: theirs, commit } = manifest.map_or(&nowhere, Manifest::origin);
    let version = manifest.and_then(Manifest::version);
    if let Some(version) = version.filter(|version| *version != tag.version()) {
        let message =
            format!("the tag `{tag}` says {}, the files of the manifest say {version}", tag.version());
        look.find(OTHER_RELEASE.finding(message));
    }
    let artifacts = manifest.map(Manifest::artifacts).unwrap_or_default();
    for krate in artifacts.iter().filter_map(Artifact::packed_crate).filter(|krate| !tag.names(krate)) {
        let message = format!("the tag `{tag}` says {}, the crate says {}", tag.version(), krate.version());
        look.find(OTHER_RELEASE.finding(message).in_file(krate.to_string()));
    }
    if let Some(theirs) = theirs.as_ref().filter(|theirs| *theirs != tag) {
        look.find(
            OTHER_RELEASE.finding(format!("the manifest was made for the tag `{theirs}`, not for `{tag}`")),
        );
    }
    let Some(found) = found else { return };
    for (wanted, who) in [(commit.as_ref(), "the manifest was made for"), (given, "this run is about")] {
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            look.find(OTHER_COMMIT.finding(format!("`{tag}` points to {found}, and {who} {wanted}")));
        }
    }
}
